"""The tests: the same tree as the product, scenarios for whole runs, and the house rules."""
