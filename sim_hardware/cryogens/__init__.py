"""Properties of the cryogens, baked from CoolProp by bake.py into tables that need no CoolProp."""
