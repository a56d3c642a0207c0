"""What a rig file says that the rig has: the words and numbers that the controller is built from.

It opens nothing and chooses no hardware: assembly/ does.
"""

from controller.interlocks import missing
from controller.records import CHANNELS, Probe
from firmware.config import Rig

# role of the rig file -> channel of records.CHANNELS
SENSOR_ROLES = tuple(zip(("tip", "tip_b", "skin", "supply", "exhaust", "flow", "estop",
                          "cold_junction", "pedal", "probe_id"), CHANNELS, strict=True))


def fitted(rig: Rig) -> tuple[str, ...]:
    """Return what the controller is told the rig has and asks for: its channels, and words."""
    roles = rig.entries.role
    channels = tuple(channel for role, channel in SENSOR_ROLES if role in roles)
    words = tuple(role for role in ("heater", "isolator") if role in roles)
    return (*channels, *words, "estop_test") if rig.entries.estop_test else (*channels, *words)


def probe_of(rig: Rig) -> Probe:
    """Return what probe the rig file says it carries."""
    entry = rig.entries.probe
    return Probe(entry.outer_diameter_mm, entry.active_length_mm, entry.full_flow_slpm, entry.chip)


def lacking(rig: Rig) -> str:
    """Return one sentence on the interlocks that the rig has no sensor for, "" when it has all."""
    rows = missing(fitted(rig))
    channels = dict.fromkeys(row.needs for row in rows)
    return "; ".join(f"no {channel}, so not: "
                     + ", ".join(row.name for row in rows if row.needs == channel)
                     for channel in channels)
