"""INTERLOCKS: one row per rule that must be proven for gas to flow; `Interlocks.check` proves them.

It does not decide the mode (modes.py) nor what an operator may acknowledge (alarms.py).
"""

from typing import NamedTuple

from controller.facts import Facts
from controller.limits import Limits
from controller.modes import MODE_NAMES
from controller.records import Trip
from controller.text import number

Interlock = NamedTuple(
    "Interlock",
    [
        ("name", str),
        ("needs", str),  # channel of records.CHANNELS the rig must have; "" for none
        ("fact", str),  # the field of Facts that is watched
        ("rule", str),  # CLEAR: the text is empty; AT_LEAST, AT_MOST: against the limit
        ("limit", str),  # the field of Limits; "" for CLEAR
        ("unit", str),
        ("grace_ms", int),  # unproven for this long before it trips
        ("armed", "tuple[str, ...]"),  # modes in which it trips; every row inhibits a start
        ("response", str),  # SHUT: valve and isolator shut, heater off, mode fault
        ("priority", str),
        ("mandatory", bool),  # a rig without the channel is refused
        ("hazard", str),
        ("source", str),
    ],
)

CLEAR = "is clear"
AT_LEAST = "at least"
AT_MOST = "at most"
SHUT = "shut"
INHIBIT = "inhibit start"
HIGH = "high"
MEDIUM = "medium"

ALWAYS = MODE_NAMES
# In "fault" a row keeps the latch: reset is refused until it is proven again.
ACTIVE = ("freeze", "thaw", "fault")
COLD = ("freeze", "fault")
FREEZE = ("freeze",)
NEVER = ()  # only inhibits a start

# Order is priority: the first row that trips gives the reason. Every latch is kept until
# acknowledged AND proven again AND reset.
INTERLOCKS = (
    Interlock("estop", "estop", "estop_fault", CLEAR, "", "", 0, ALWAYS, SHUT, HIGH, False,
              "H-01 gas will not stop", "ISO 13850; Medsafe: gas would not stop"),
    Interlock("actuator", "", "actuator_fault", CLEAR, "", "", 0, ALWAYS, SHUT, HIGH, False,
              "H-01 gas will not stop", "a valve that cannot be told to shut"),
    Interlock("unclean_stop", "", "unclean", CLEAR, "", "", 0, ALWAYS, SHUT, HIGH, False,
              "H-02 unknown state after a crash", "a restart never resumes a treatment"),
    Interlock("tip_sensor", "tip_c", "tip_fault", CLEAR, "", "", 0, ACTIVE, SHUT, HIGH, True,
              "H-03 control on a wrong temperature", "kiln-controller 225, reef-pi 2496"),
    Interlock("tip_b_sensor", "tip_b_c", "tip_b_fault", CLEAR, "", "", 0, ACTIVE, SHUT, HIGH, False,
              "H-03 control on a wrong temperature", "never trust one sensor alone (recall 2018)"),
    Interlock("supply_sensor", "supply_kpa", "supply_fault", CLEAR, "", "", 0, COLD, SHUT, HIGH,
              True, "H-04 unknown gas pressure", "missing data is unsafe data"),
    Interlock("exhaust_sensor", "exhaust_kpa", "exhaust_fault", CLEAR, "", "", 0, COLD, SHUT, HIGH,
              False, "H-04 unknown gas pressure", "missing data is unsafe data"),
    Interlock("flow_sensor", "flow_slpm", "flow_fault", CLEAR, "", "", 0, COLD, SHUT, HIGH, False,
              "H-04 unknown gas flow", "missing data is unsafe data"),
    Interlock("skin_sensor", "skin_c", "skin_fault", CLEAR, "", "", 0, ACTIVE, SHUT, HIGH, False,
              "H-05 skin freezes unseen", "missing data is unsafe data"),
    Interlock("tip_step", "tip_c", "tip_step_c_per_s", AT_MOST, "slope_c_per_s_max", "°C/s", 200,
              ACTIVE, SHUT, HIGH, True, "H-03 control on a wrong temperature",
              "steepest measured tip -61 °C/s; one bad sample is ridden through"),
    Interlock("tip_disagree", "tip_b_c", "ab_difference_c", AT_MOST, "ab_difference_c_max", "°C",
              1000, ACTIVE, SHUT, HIGH, False, "H-03 control on a wrong temperature",
              "a thermocouple misled a cooling system (recall 2018)"),
    Interlock("tip_cold", "tip_c", "tip_coldest_c", AT_LEAST, "tip_c_min", "°C", 0, COLD, SHUT,
              HIGH, True, "H-06 nerve beyond repair", "limits: reversible zone"),
    Interlock("thaw_hot", "tip_c", "tip_warmest_c", AT_MOST, "thaw_c_max", "°C", 0, ACTIVE, SHUT,
              HIGH, True, "H-07 burn", "IEC 60601-1, applied heated part 41 °C"),
    Interlock("freeze_time", "", "freeze_s", AT_MOST, "freeze_s_max", "s", 0, FREEZE, SHUT, HIGH,
              False, "H-08 overdose of cold", "limits: protocols"),
    Interlock("total_freeze_time", "", "total_freeze_s", AT_MOST, "total_freeze_s_max", "s", 0,
              FREEZE, SHUT, HIGH, False, "H-08 overdose of cold", "limits: protocols"),
    Interlock("supply_low", "supply_kpa", "supply_kpa", AT_LEAST, "supply_kpa_min", "kPa", 0,
              COLD, SHUT, MEDIUM, True, "H-09 silent underdose", "PMC4347794: 3 times in 8 months"),
    Interlock("supply_high", "supply_kpa", "supply_kpa", AT_MOST, "supply_kpa_max", "kPa", 100,
              COLD, SHUT, HIGH, True, "H-10 burst", "limits: vessel and hose rating"),
    Interlock("exhaust_high", "exhaust_kpa", "exhaust_kpa", AT_MOST, "exhaust_kpa_max", "kPa", 200,
              COLD, SHUT, HIGH, False, "H-10 burst", "10..15 psi return is normal"),
    Interlock("late_tick", "", "late_ms", AT_MOST, "late_ms_max", "ms", 0, ACTIVE, SHUT, HIGH,
              False, "H-11 loop does not keep time", "ArduPilot: 200 ms"),
    Interlock("slipped_ticks", "", "slips", AT_MOST, "slips_max", "ticks", 0, ACTIVE, SHUT, HIGH,
              False, "H-11 loop does not keep time", "F' counts a slip at the first"),
    Interlock("start_cold", "tip_c", "start_tip_c", AT_LEAST, "start_tip_c_min", "°C", 0, NEVER,
              INHIBIT, MEDIUM, True, "H-03 control on a wrong temperature",
              "bias is looked for before freezing (nMARQ recall)"),
)

# How a person calls the watched quantity in a reason.
TITLES = {
    "estop_fault": "e-stop",
    "actuator_fault": "actuator",
    "tip_coldest_c": "tip",
    "tip_warmest_c": "tip",
    "start_tip_c": "tip",
    "tip_step_c_per_s": "tip changes by",
    "ab_difference_c": "tip sensors differ by",
    "supply_kpa": "supply",
    "exhaust_kpa": "exhaust",
    "freeze_s": "freeze time of this cycle",
    "total_freeze_s": "freeze time in total",
    "late_ms": "tick late by",
    "slips": "slipped ticks in a row",
}


def row_named(name: str) -> Interlock:
    """Return the row of INTERLOCKS called `name`; raises KeyError for an unknown name."""
    for row in INTERLOCKS:
        if row.name == name:
            return row
    raise KeyError(name)


def served(fitted: "tuple[str, ...]") -> "tuple[Interlock, ...]":
    """Return the rows that a rig with the channels `fitted` can serve, in table order."""
    return tuple(row for row in INTERLOCKS if not row.needs or row.needs in fitted)


def missing(fitted: "tuple[str, ...]") -> "tuple[Interlock, ...]":
    """Return the rows that such a rig does not have."""
    return tuple(row for row in INTERLOCKS if row.needs and row.needs not in fitted)


def unproven(row: Interlock, facts: Facts, limits: Limits) -> str:
    """Return "" when `facts` prove the row, else why not, with the value and the limit.

    NaN proves nothing.
    """
    value = getattr(facts, row.fact)
    if row.rule == CLEAR:
        return str(value)
    limit = getattr(limits, row.limit)
    proven = value >= limit if row.rule == AT_LEAST else value <= limit
    if proven:
        return ""
    unit = " " + row.unit
    return (TITLES[row.fact] + " " + number(value) + unit + ", not " + row.rule + " "
            + number(limit) + unit)


class Interlocks:
    """The rows a rig can serve, with how long each has been unproven."""

    def __init__(self, limits: Limits, fitted: "tuple[str, ...]") -> None:
        self.limits = limits
        self.rows = served(fitted)
        self.unproven_since_ms = [-1] * len(self.rows)

    def check(self, facts: Facts, mode: str, now_ms: int) -> "tuple[Trip, ...]":
        """Return the rows armed in `mode` that have been unproven for their grace, as Trips."""
        trips = []
        for index in range(len(self.rows)):
            row = self.rows[index]
            reason = unproven(row, facts, self.limits)
            if not reason or mode not in row.armed:
                self.unproven_since_ms[index] = -1
                continue
            if self.unproven_since_ms[index] < 0:
                self.unproven_since_ms[index] = now_ms
            if now_ms - self.unproven_since_ms[index] >= row.grace_ms:
                trips.append(Trip(row.name, _with_grace(reason, row.grace_ms)))
        return tuple(trips)

    def inhibits(self, facts: Facts, mode: str = "") -> "tuple[Trip, ...]":
        """Return the rows not proven now, grace or not: those armed in `mode`, or without a mode
        every row, because a start needs them all."""
        trips = []
        for row in self.rows:
            if mode and mode not in row.armed:
                continue
            reason = unproven(row, facts, self.limits)
            if reason:
                trips.append(Trip(row.name, reason))
        return tuple(trips)


def _with_grace(reason: str, grace_ms: int) -> str:
    return reason + " for " + str(grace_ms) + " ms" if grace_ms else reason
