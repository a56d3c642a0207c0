"""LIMITS: every protecting number with its hard range and source; `limits_from` builds a set.

It does not decide what happens at a limit: interlocks.py does. Marks: [S] published source,
[G] general knowledge, a placeholder that a person must confirm, [P] this project's choice.
"""

from typing import NamedTuple

from controller.records import Refused
from controller.text import number

# The numbers in force. A rig may set them inside the hard range of the row below.
Limits = NamedTuple(
    "Limits",
    [
        ("tip_c_min", float),
        ("target_c_min", float),
        ("target_c_max", float),
        ("freeze_s_max", float),
        ("total_freeze_s_max", float),
        ("slope_c_per_s_max", float),
        ("ab_difference_c_max", float),
        ("sensor_c_min", float),
        ("sensor_c_max", float),
        ("start_tip_c_min", float),
        ("supply_kpa_min", float),
        ("supply_kpa_max", float),
        ("exhaust_kpa_max", float),
        ("thaw_c_max", float),
        ("thaw_s_max", float),
        ("age_ms_max", float),
        ("late_ms_max", float),
        ("slips_max", float),
    ],
)

Limit = NamedTuple(
    "Limit",
    [
        ("name", str),  # the field of Limits
        ("default", float),
        ("low", float),  # hard: no configuration goes below
        ("high", float),  # hard: no configuration goes above
        ("unit", str),
        ("meaning", str),
        ("source", str),
    ],
)

LIMITS = (
    Limit("tip_c_min", -90.0, -100.0, -20.0, "°C", "tip floor",
          "[S] reversible zone -20..-100 °C, J Clin Med 2024 13:3304; N2O boils at -88.5 °C"),
    Limit("target_c_min", -80.0, -95.0, -20.0, "°C", "coldest target that may be asked for",
          "[S] freeze protocols -60..-80 °C; above the floor by the gas-off dip"),
    Limit("target_c_max", -10.0, -80.0, 0.0, "°C", "warmest target of a freeze",
          "[P] tissue freezes below -0.55 °C; warmer is not a freeze"),
    Limit("freeze_s_max", 240.0, 5.0, 480.0, "s", "freeze time of one cycle",
          "[S] protocols 60 s to 8 min, intercostal 2..8 min"),
    Limit("total_freeze_s_max", 600.0, 5.0, 960.0, "s", "freeze time since the plan was loaded",
          "[P] three cycles of 3 min with their approach; hard: two of 8 min"),
    Limit("slope_c_per_s_max", 80.0, 20.0, 100.0, "°C/s", "fastest change a tip can make",
          "[S] steepest measured argon tip -61 °C/s, with margin"),
    Limit("ab_difference_c_max", 3.0, 0.5, 8.0, "°C", "difference of the two tip sensors",
          "[P] Opentrons 4 °C after 30 s; two lags of 20 % spread differ by 0.4 °C at 7 °C/s"),
    Limit("sensor_c_min", -150.0, -200.0, -100.0, "°C", "coldest reading that is believed",
          "[P] below any supported cryogen's tip, above the end of type T"),
    Limit("sensor_c_max", 100.0, 45.0, 150.0, "°C", "warmest reading that is believed",
          "[P] above the thaw ceiling, below a shorted or wrong channel's nonsense"),
    Limit("start_tip_c_min", 5.0, 0.0, 30.0, "°C", "tip temperature a start needs",
          "[P] reads cold before the gas is on: biased (nMARQ recall) or not yet thawed"),
    Limit("supply_kpa_min", 3500.0, 1000.0, 5500.0, "kPa", "supply pressure",
          "[S] low supply under-doses silently (PMC4347794); 600..800 psi normal"),
    Limit("supply_kpa_max", 6000.0, 2000.0, 6500.0, "kPa", "supply pressure",
          "[S] 600..800 psi (4137..5516 kPa) normal, N2O 63 bar at 30 °C"),
    Limit("exhaust_kpa_max", 150.0, 20.0, 300.0, "kPa", "exhaust back pressure",
          "[S] 10..15 psi (69..103 kPa) return is normal"),
    Limit("thaw_c_max", 41.0, 30.0, 43.0, "°C", "tip ceiling while warming",
          "[S] applied heated part 41 °C, IEC 60601-1; [G] 43 °C for less than 10 min"),
    Limit("thaw_s_max", 600.0, 10.0, 900.0, "s", "a thaw that lasts longer is given up",
          "[P] measured passive thaw reaches 0 °C in 125 s"),
    Limit("age_ms_max", 300.0, 50.0, 500.0, "ms", "age of a sample that is still used",
          "[P] three ticks of 10 Hz; 2.2 °C at the N2O pull-down of 7.4 °C/s"),
    Limit("late_ms_max", 200.0, 20.0, 250.0, "ms", "lateness of one tick",
          "[S] ArduPilot disarms 200 ms after a lock-up"),
    Limit("slips_max", 2.0, 0.0, 5.0, "ticks", "slipped ticks in a row",
          "[P] the third in a row trips; F' counts a slip at the first"),
)


def limit_row(name: str) -> Limit:
    """Return the row of LIMITS called `name`; raises KeyError for an unknown name."""
    for row in LIMITS:
        if row.name == name:
            return row
    raise KeyError(name)


def limits_from(changes: "tuple[tuple[str, float], ...]" = ()) -> Limits:
    """Return the default limits with `changes` (name, value) applied.

    Raises Refused when a name is unknown, a value is outside its row's hard range (NaN is), or
    the set contradicts itself.
    """
    values = [row.default for row in LIMITS]
    names = [row.name for row in LIMITS]
    for name, value in changes:
        if name not in names:
            raise Refused("no limit is called " + name, -222)
        row = limit_row(name)
        if not (row.low <= value <= row.high):
            raise Refused(
                name + " " + number(value) + " " + row.unit + " is outside the hard range "
                + number(row.low) + ".." + number(row.high) + " " + row.unit, -222)
        values[names.index(name)] = float(value)
    limits = Limits(*values)
    for low, high in (("tip_c_min", "target_c_min"), ("target_c_min", "target_c_max"),
                      ("supply_kpa_min", "supply_kpa_max"), ("sensor_c_min", "tip_c_min")):
        if not (getattr(limits, low) < getattr(limits, high)):
            raise Refused(low + " " + number(getattr(limits, low)) + " must be below " + high
                          + " " + number(getattr(limits, high)), -222)
    return limits
