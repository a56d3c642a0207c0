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
        ("arms_after_ms", int),  # 0..; in modes of `armed` for so long before it can trip
        ("grace_ms", int),  # 0..; unproven for this long before it trips
        ("armed", "tuple[str, ...]"),  # modes in which it trips; every row inhibits a start
        ("response", str),  # a word of RESPONSES
        ("priority", str),  # of signals.PRIORITIES
        ("latched", bool),  # until acknowledged, gone and reset; else it ends with its cause
        ("mandatory", bool),  # a rig without the channel is refused
        ("detect_ms", int),  # promised: from the moment the sensors show it to the order to shut
        ("hazard", str),
        ("source", str),
    ],
)

# A row that could not be proven, and why, with its numbers.
Finding = NamedTuple(
    "Finding",
    [
        ("row", Interlock),
        ("reason", str),
    ],
)

CLEAR = "is clear"
AT_LEAST = "at least"
AT_MOST = "at most"
SHUT = "shut"
ISOLATE = "shut+isolator"
THAW = "thaw"
INHIBIT = "inhibit start"
WARN = "warn"
HIGH = "high"
MEDIUM = "medium"
INFO = "info"

# What a trip does. Valve and isolator are shut by every one of the first three.
RESPONSES = (
    (SHUT, "valve and isolator shut, heater and its relay off, mode fault"),
    (ISOLATE, "the same, and the operator is told to close the cylinder: what was shut may leak"),
    (THAW, "valve and isolator shut, the freeze is given up, the tip may warm; then fault"),
    (INHIBIT, "no start; precheck and ready go back to standby"),
    (WARN, "an alarm, and no start; what runs goes on"),
)
RESPONSE_NAMES = tuple([response[0] for response in RESPONSES])
SHUTTING = (SHUT, ISOLATE)  # responses that end everything
ENDING = (SHUT, ISOLATE, THAW)  # responses that end a freeze

ALWAYS = MODE_NAMES
# In "fault" a row keeps the latch: reset is refused until it is proven again.
GAS = ("precheck", "freeze")  # modes in which the valve may be open
COLD = ("precheck", "freeze", "fault")
ACTIVE = ("precheck", "freeze", "thaw", "fault")
FREEZE = ("freeze",)
AFTER = ("precheck", "freeze", "thaw", "fault")
WARMING = ("standby", "thaw", "done", "fault")  # standby: a freeze that was stopped
DRIVEN = ("precheck", "freeze", "thaw")  # modes in which gas or heat must move the tip
WARMED = ("precheck", "thaw")  # modes in which the heater may be on
NEVER = ()  # only inhibits a start

H_STOP = "H-01 gas will not stop"
H_CRASH = "H-02 unknown state after a crash"
H_TIP = "H-03 control on a wrong temperature"
H_GAS = "H-04 unknown gas pressure or flow"
H_SKIN = "H-05 skin freezes"
H_COLD = "H-06 nerve beyond repair"
H_BURN = "H-07 burn"
H_DOSE = "H-08 overdose of cold"
H_WEAK = "H-09 silent underdose"
H_BURST = "H-10 burst"
H_LATE = "H-11 loop does not keep time"
H_PULL = "H-12 frozen tissue torn"
H_PROBE = "H-13 not the probe that was checked"
H_BLIND = "H-14 nobody can tell what happened"

# Order is priority: the first row that trips gives the reason. Columns: name, needs | fact, rule,
# limit, unit | arms after, grace, armed | response, priority, latched, mandatory, detect | hazard,
# source.
INTERLOCKS = (
    Interlock("estop", "estop", "estop_fault", CLEAR, "", "", 0, 0, ALWAYS, SHUT, HIGH, True,
              False, 200, H_STOP, "ISO 13850; Medsafe: gas would not stop"),
    Interlock("actuator", "", "actuator_fault", CLEAR, "", "", 0, 0, ALWAYS, ISOLATE, HIGH, True,
              False, 200, H_STOP, "a valve that cannot be told to shut"),
    Interlock("unclean_stop", "", "unclean", CLEAR, "", "", 0, 0, ALWAYS, SHUT, HIGH, True, False,
              200, H_CRASH, "a restart never resumes a treatment"),
    Interlock("limits_changed", "", "limits_fault", CLEAR, "", "", 0, 0, ALWAYS, SHUT, HIGH, True,
              False, 10000, H_CRASH, "reliability: configuration damaged"),
    Interlock("clock", "", "clock_fault", CLEAR, "", "", 0, 0, ALWAYS, SHUT, HIGH, True, False,
              200, H_LATE, "reliability: no counter wraps to safe"),
    Interlock("tip_sensor", "tip_c", "tip_fault", CLEAR, "", "", 0, 0, ACTIVE, SHUT, HIGH, True,
              True, 300, H_TIP, "kiln-controller 225, reef-pi 2496; faults.csv S01"),
    Interlock("tip_b_sensor", "tip_b_c", "tip_b_fault", CLEAR, "", "", 0, 0, ACTIVE, SHUT, HIGH,
              True, False, 300, H_TIP, "never trust one sensor alone (recall 2018)"),
    Interlock("supply_sensor", "supply_kpa", "supply_fault", CLEAR, "", "", 0, 0, COLD, SHUT,
              HIGH, True, True, 200, H_GAS, "missing data is unsafe data"),
    Interlock("exhaust_sensor", "exhaust_kpa", "exhaust_fault", CLEAR, "", "", 0, 0, COLD, SHUT,
              HIGH, True, False, 200, H_GAS, "missing data is unsafe data"),
    Interlock("flow_sensor", "flow_slpm", "flow_fault", CLEAR, "", "", 0, 0, ACTIVE, SHUT, HIGH,
              True, False, 200, H_GAS, "missing data is unsafe data"),
    Interlock("skin_sensor", "skin_c", "skin_fault", CLEAR, "", "", 0, 0, ACTIVE, SHUT, HIGH, True,
              False, 200, H_SKIN, "missing data is unsafe data"),
    Interlock("cold_junction_sensor", "cold_junction_c", "cold_junction_fault", CLEAR, "", "", 0, 0,
              ACTIVE, SHUT, HIGH, True, False, 200, H_TIP, "faults.csv S12"),
    Interlock("probe", "probe_id", "probe_fault", CLEAR, "", "", 0, 0, ACTIVE, SHUT, HIGH, True,
              False, 200, H_PROBE, "faults.csv P01, P02"),
    Interlock("pedal", "pedal", "pedal_fault", CLEAR, "", "", 0, 0, FREEZE, SHUT, HIGH, True,
              False, 200, H_STOP, "a treatment lasts while its pedal is held"),
    Interlock("tip_step", "tip_c", "tip_step_c_per_s", AT_MOST, "slope_c_per_s_max", "°C/s", 0, 0,
              ACTIVE, SHUT, HIGH, True, True, 600, H_TIP,
              "steepest measured tip -61 °C/s; one bad sample is ridden through"),
    Interlock("tip_disagree", "tip_b_c", "ab_difference_c", AT_MOST, "ab_difference_c_max", "°C", 0,
              1000, ACTIVE, SHUT, HIGH, True, False, 1200, H_TIP,
              "a thermocouple misled a cooling system (recall 2018)"),
    Interlock("tip_stuck", "tip_c", "tip_flat_s", AT_MOST, "flat_s_max", "s", 0, 0, DRIVEN, SHUT,
              HIGH, True, True, 2300, H_TIP, "faults.csv S03; oref0 942"),
    Interlock("tip_b_stuck", "tip_b_c", "tip_b_flat_s", AT_MOST, "flat_s_max", "s", 0, 0, DRIVEN,
              SHUT, HIGH, True, False, 2300, H_TIP, "faults.csv S03; oref0 942"),
    Interlock("cold_junction_low", "cold_junction_c", "cold_junction_low_c", AT_LEAST,
              "cold_junction_c_min", "°C", 0, 100, ACTIVE, SHUT, HIGH, True, False, 400, H_TIP,
              "faults.csv S12: the error passes one to one into the tip"),
    Interlock("cold_junction_high", "cold_junction_c", "cold_junction_high_c", AT_MOST,
              "cold_junction_c_max", "°C", 0, 100, ACTIVE, SHUT, HIGH, True, False, 400, H_TIP,
              "faults.csv S12: the error passes one to one into the tip"),
    Interlock("tip_cold", "tip_c", "tip_coldest_c", AT_LEAST, "tip_c_min", "°C", 0, 0, COLD, SHUT,
              HIGH, True, True, 200, H_COLD, "limits: reversible zone"),
    Interlock("tip_predicted", "tip_c", "tip_predicted_c", AT_LEAST, "tip_c_min", "°C", 0, 200, GAS,
              SHUT, HIGH, True, True, 400, H_COLD,
              "faults.csv P04: closing is not the end of cooling, so the limit must lead"),
    Interlock("thaw_hot", "tip_c", "tip_warmest_c", AT_MOST, "thaw_c_max", "°C", 0, 0, ACTIVE, SHUT,
              HIGH, True, True, 200, H_BURN, "IEC 60601-1, applied heated part 41 °C"),
    Interlock("thaw_predicted", "tip_c", "tip_warming_c", AT_MOST, "thaw_c_max", "°C", 0, 100,
              WARMED, SHUT, HIGH, True, True, 300, H_BURN,
              "a stuck heater warms by 14 °C/s, and the sensor is a quarter of a second late"),
    Interlock("heater_stuck", "tip_c", "heater_fault", CLEAR, "", "", 0, 200, ALWAYS, ISOLATE, HIGH,
              True, True, 400, H_BURN, "reliability: off by the second path, the relay"),
    Interlock("freeze_time", "", "freeze_s", AT_MOST, "freeze_s_max", "s", 0, 0, FREEZE, THAW,
              HIGH, True, False, 200, H_DOSE, "limits: protocols"),
    Interlock("total_freeze_time", "", "total_freeze_s", AT_MOST, "total_freeze_s_max", "s", 0, 0,
              FREEZE, THAW, HIGH, True, False, 200, H_DOSE, "limits: protocols"),
    Interlock("cold_dose", "", "cold_s", AT_MOST, "cold_s_max", "s", 0, 0, FREEZE, THAW, HIGH,
              True, False, 200, H_DOSE, "-20 °C is effective: PubMed 7326160"),
    Interlock("ice_ball", "", "ice_radius_mm", AT_MOST, "ice_radius_mm_max", "mm", 0, 0, FREEZE,
              THAW, HIGH, True, False, 200, H_DOSE, "benchmarks/dose.py"),
    Interlock("ice_ball_m20", "", "ice_m20_radius_mm", AT_MOST, "ice_m20_radius_mm_max", "mm", 0, 0,
              FREEZE, THAW, HIGH, True, False, 200, H_DOSE, "benchmarks/dose.py"),
    Interlock("skin_cold", "skin_c", "skin_c", AT_LEAST, "skin_c_min", "°C", 0, 200, AFTER, THAW,
              HIGH, True, False, 400, H_SKIN, "K203661: below 2 °C withdraw"),
    Interlock("skin_predicted", "skin_c", "skin_predicted_c", AT_LEAST, "skin_c_min", "°C", 0, 1000,
              FREEZE, THAW, MEDIUM, True, False, 1200, H_SKIN,
              "PubMed 27170204: a collateral sensor fell 6.4 °C further"),
    Interlock("supply_low", "supply_kpa", "supply_kpa", AT_LEAST, "supply_kpa_min", "kPa", 0, 0,
              COLD, SHUT, MEDIUM, True, True, 200, H_WEAK, "PMC4347794: 3 times in 8 months"),
    Interlock("supply_high", "supply_kpa", "supply_kpa", AT_MOST, "supply_kpa_max", "kPa", 0, 100,
              COLD, SHUT, HIGH, True, True, 300, H_BURST, "limits: vessel and hose rating"),
    Interlock("exhaust_high", "exhaust_kpa", "exhaust_kpa", AT_MOST, "exhaust_kpa_max", "kPa", 0,
              200, COLD, SHUT, HIGH, True, False, 400, H_BURST, "10..15 psi return is normal"),
    Interlock("burst", "flow_slpm", "burst_fault", CLEAR, "", "", 0, 0, GAS, ISOLATE, HIGH, True,
              False, 700, H_BURST, "flexible probes may rupture (recall)"),
    Interlock("shut_flow", "flow_slpm", "shut_flow_slpm", AT_MOST, "leak_slpm_max", "L/min", 3000,
              300, ALWAYS, ISOLATE, HIGH, True, False, 3100, H_STOP,
              "Medsafe: gas would not stop; faults.csv V01"),
    Interlock("shut_cooling", "tip_c", "shut_fall_c", AT_MOST, "shut_fall_c_max", "°C", 0, 500,
              ALWAYS, ISOLATE, HIGH, True, True, 700, H_STOP,
              "faults.csv V01; the dip of P04 is allowed for"),
    Interlock("no_warming", "tip_c", "unwarmed_s", AT_MOST, "unwarmed_s_max", "s", 0, 0, WARMING,
              ISOLATE, HIGH, True, True, 30300, H_STOP,
              "without a flow meter a valve stuck open shows as a thaw that does not warm"),
    Interlock("flow_high", "flow_slpm", "flow_share_high", AT_MOST, "flow_share_max", "times", 0,
              500, GAS, SHUT, HIGH, True, False, 5000, H_BURST,
              "ECRI 8180: liquid in the gas line; or a leak behind the meter"),
    Interlock("blockage", "flow_slpm", "flow_share_low", AT_LEAST, "flow_share_min", "times", 0,
              1000, GAS, THAW, MEDIUM, True, False, 3800, H_WEAK,
              "BMC Women's Health 6:2: ice blocks 55 % of freezes; purge, then freeze anew"),
    Interlock("wrong_way", "tip_c", "wrong_way_c", AT_MOST, "wrong_way_c_max", "°C", 0, 300, FREEZE,
              SHUT, HIGH, True, True, 6500, H_TIP, "reliability: valve open, tip warms"),
    Interlock("no_cooling", "tip_c", "uncooled_s", AT_MOST, "uncooled_s_max", "s", 0, 0, FREEZE,
              THAW, MEDIUM, True, True, 15000, H_WEAK, "faults.csv V02"),
    Interlock("slow_approach", "tip_c", "approach_s", AT_MOST, "approach_s_max", "s", 0, 0, FREEZE,
              THAW, MEDIUM, True, True, 200, H_WEAK, "target not reached: under-dosed"),
    Interlock("late_tick", "", "late_ms", AT_MOST, "late_ms_max", "ms", 0, 0, ACTIVE, SHUT, HIGH,
              True, False, 200, H_LATE, "ArduPilot: 200 ms"),
    Interlock("slipped_ticks", "", "slips", AT_MOST, "slips_max", "ticks", 0, 0, ACTIVE, SHUT, HIGH,
              True, False, 200, H_LATE, "F' counts a slip at the first"),
    Interlock("off_target", "tip_c", "off_target_c", AT_MOST, "off_target_c_max", "°C", 0, 10000,
              FREEZE, WARN, MEDIUM, False, True, 10200, H_WEAK, "Klipper: 5 °C"),
    Interlock("swing", "tip_c", "swing_c", AT_MOST, "swing_c_max", "°C", 0, 1000, FREEZE, WARN,
              MEDIUM, False, True, 21200, H_WEAK, "Budman, Dayan, Shitzer 1991: ±0.5 °C"),
    Interlock("supply_reserve", "supply_kpa", "supply_end_kpa", AT_LEAST, "reserve_kpa_min", "kPa",
              0, 3000, FREEZE, WARN, MEDIUM, False, True, 21200, H_WEAK,
              "supply not enough for the plan (PMC4347794)"),
    Interlock("skin_low", "skin_c", "skin_warn_c", AT_LEAST, "skin_warn_c", "°C", 0, 500, AFTER,
              WARN, MEDIUM, False, False, 700, H_SKIN, "K203661: 2..4 °C working band"),
    Interlock("skin_falling", "skin_c", "skin_fall_c_per_min", AT_MOST, "skin_fall_c_per_min_max",
              "°C/min", 0, 1000, FREEZE, WARN, MEDIUM, False, False, 11000, H_SKIN,
              "warn when falling faster than 8.5 °C/min"),
    Interlock("log", "", "log_fault", CLEAR, "", "", 0, 0, ("freeze", "thaw"), WARN, MEDIUM, False,
              False, 1200, H_BLIND, "faults.csv D01: no new start, what runs goes on"),
    Interlock("indicator", "", "indicator_fault", CLEAR, "", "", 0, 0, ("freeze", "thaw"), WARN,
              MEDIUM, False, False, 200, H_BLIND, "clinical: alarm signals are part of the check"),
    Interlock("start_cold", "tip_c", "start_tip_c", AT_LEAST, "start_tip_c_min", "°C", 0, 0, NEVER,
              INHIBIT, MEDIUM, False, True, 0, H_TIP,
              "bias is looked for before freezing (nMARQ recall)"),
    Interlock("do_not_pull", "tip_c", "pull_tip_c", AT_LEAST, "start_tip_c_min", "°C", 0, 0,
              WARMING, WARN, INFO, False, True, 200, H_PULL, "a probe sticks until thawed"),
    Interlock("estop_test", "estop", "estop_untested", CLEAR, "", "", 0, 0, NEVER, INHIBIT, MEDIUM,
              False, False, 0, H_STOP, "Medsafe: check on and off before each use"),
    Interlock("pedal_stuck", "pedal", "pedal_stuck", CLEAR, "", "", 0, 0, NEVER, INHIBIT, MEDIUM,
              False, False, 0, H_STOP, "clinical: pedal stuck"),
    Interlock("check", "", "check_fault", CLEAR, "", "", 0, 0, NEVER, INHIBIT, MEDIUM, False, False,
              0, H_PROBE, "2020 notice: users skipped the test; make it a gating step"),
    Interlock("check_age", "", "check_age_s", AT_MOST, "check_s_max", "s", 0, 0, NEVER, INHIBIT,
              MEDIUM, False, False, 0, H_PROBE, "a check grows old"),
)

# How a person calls the watched quantity in a reason.
TITLES = {
    "estop_fault": "e-stop",
    "actuator_fault": "actuator",
    "tip_coldest_c": "tip",
    "tip_warmest_c": "tip",
    "start_tip_c": "tip",
    "pull_tip_c": "do not pull the probe: tip",
    "tip_predicted_c": "tip expected within a second",
    "tip_warming_c": "tip expected within half a second",
    "tip_step_c_per_s": "tip changes by",
    "ab_difference_c": "tip sensors differ by",
    "tip_flat_s": "tip has said the same for",
    "tip_b_flat_s": "tip_b has said the same for",
    "wrong_way_c": "valve open and tip warmer by",
    "uncooled_s": "valve open and no cooling for",
    "approach_s": "target not reached for",
    "shut_fall_c": "valve shut and tip colder by",
    "unwarmed_s": "valve shut and tip no warmer for",
    "off_target_c": "tip off its target by",
    "swing_c": "tip swings by",
    "cold_junction_low_c": "cold junction",
    "cold_junction_high_c": "cold junction",
    "skin_c": "skin",
    "skin_warn_c": "skin",
    "skin_predicted_c": "skin expected",
    "skin_fall_c_per_min": "skin falls by",
    "supply_kpa": "supply",
    "supply_end_kpa": "supply expected at the end of the plan",
    "exhaust_kpa": "exhaust",
    "flow_share_low": "flow by what the valve should pass",
    "flow_share_high": "flow by what the valve should pass",
    "shut_flow_slpm": "flow with the valve shut",
    "freeze_s": "freeze time of this cycle",
    "total_freeze_s": "freeze time in total",
    "cold_s": "time below -20 °C",
    "ice_radius_mm": "estimated ice radius",
    "ice_m20_radius_mm": "estimated -20 °C radius",
    "late_ms": "tick late by",
    "slips": "slipped ticks in a row",
    "check_age_s": "check passed",
}
FINE_UNITS = ("times", "L/min")  # of which a tenth is much


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
    digits = 2 if row.unit in FINE_UNITS else 1
    said = number(value, digits) + unit if value == value else "unknown"
    return (TITLES[row.fact] + " " + said + ", not " + row.rule + " " + number(limit, digits)
            + unit)


# A row with a grace that is proven now and then: unproven time counts, proven time takes back half
# as much, and so many times the grace is too much. Unproven every second tick trips; one bad tick
# in three does not.
FLICKER_GRACES = 3
TICK_MS_MAX = 200  # a tick that came later than that says no more


class Interlocks:
    """The rows a rig can serve, with how long each has been unproven, at a stretch and in sum."""

    def __init__(self, limits: Limits, fitted: "tuple[str, ...]") -> None:
        self.limits = limits
        self.rows = served(fitted)
        self.armed_since_ms = [-1] * len(self.rows)
        self.unproven_since_ms = [-1] * len(self.rows)
        self.flicker_ms = [0] * len(self.rows)
        self.last_ms = -1

    def check(self, facts: Facts, mode: str, now_ms: int) -> "tuple[Finding, ...]":
        """Return the rows armed in `mode` that have been unproven for their grace."""
        findings = []
        passed_ms = min(TICK_MS_MAX, max(0, now_ms - self.last_ms)) if self.last_ms >= 0 else 0
        self.last_ms = now_ms
        for index in range(len(self.rows)):
            row = self.rows[index]
            is_armed = self._is_armed(index, mode, now_ms)
            reason = unproven(row, facts, self.limits)
            if not reason or not is_armed:
                self.unproven_since_ms[index] = -1
                self.flicker_ms[index] = max(0, self.flicker_ms[index] - passed_ms // 2)
                continue
            if self.unproven_since_ms[index] < 0:
                self.unproven_since_ms[index] = now_ms
            self.flicker_ms[index] += passed_ms
            at_a_stretch = now_ms - self.unproven_since_ms[index] >= row.grace_ms
            if at_a_stretch or self.flicker_ms[index] > FLICKER_GRACES * row.grace_ms:
                findings.append(Finding(row, _told(row, reason)))
        return tuple(findings)

    def _is_armed(self, index: int, mode: str, now_ms: int) -> bool:
        """Going on to another mode of `armed` keeps a row armed; a clock that went back too."""
        if mode not in self.rows[index].armed:
            self.armed_since_ms[index] = -1
            return False
        if self.armed_since_ms[index] < 0:
            self.armed_since_ms[index] = now_ms
        return not (0 <= now_ms - self.armed_since_ms[index] < self.rows[index].arms_after_ms)

    def inhibits(self, facts: Facts, mode: str = "", but: "tuple[str, ...]" = (),
                 responses: "tuple[str, ...]" = RESPONSE_NAMES) -> "tuple[Trip, ...]":
        """Return the rows not proven now, grace or not: those armed in `mode`, or without a mode
        every row, because a start needs them all. Left out are those named in `but`, and those
        with another response than `responses`."""
        trips = []
        for row in self.rows:
            if row.name in but or row.response not in responses:
                continue
            if mode and mode not in row.armed:
                continue
            reason = unproven(row, facts, self.limits)
            if reason:
                trips.append(Trip(row.name, reason))
        return tuple(trips)


def _told(row: Interlock, reason: str) -> str:
    """What a trip says: for how long, and what the operator must do that software cannot."""
    told = reason + " for " + str(row.grace_ms) + " ms" if row.grace_ms else reason
    return told + "; close the cylinder by hand" if row.response == ISOLATE else told
