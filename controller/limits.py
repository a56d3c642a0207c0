"""LIMITS: every protecting number with its hard range and source; `limits_from` builds a set.

It does not decide what happens at a limit: interlocks.py does. Marks: [S] published source,
[G] general knowledge, a placeholder that a person must confirm, [P] this project's choice, [C]
computed.
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
        ("approach_s_max", float),
        ("cold_s_max", float),
        ("ice_radius_mm_max", float),
        ("ice_m20_radius_mm_max", float),
        ("flat_s_max", float),
        ("wrong_way_c_max", float),
        ("uncooled_s_max", float),
        ("off_target_c_max", float),
        ("swing_c_max", float),
        ("flow_share_min", float),
        ("flow_share_max", float),
        ("leak_slpm_max", float),
        ("shut_fall_c_max", float),
        ("reserve_kpa_min", float),
        ("skin_c_min", float),
        ("skin_warn_c", float),
        ("skin_fall_c_per_min_max", float),
        ("cold_junction_c_min", float),
        ("cold_junction_c_max", float),
        ("check_s_max", float),
        ("check_fall_c_min", float),
        ("check_flow_share_min", float),
        ("check_flow_share_max", float),
        ("vent_kpa_max", float),
        ("unwarmed_s_max", float),
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
    Limit("approach_s_max", 120.0, 10.0, 300.0, "s", "time in which the target must be reached",
          "[P] nine times the nominal approach of 13 s; a tip that takes longer under-doses"),
    Limit("cold_s_max", 600.0, 5.0, 960.0, "s", "time at or below -20 °C since the plan was loaded",
          "[S] -20 °C is the nerve-effective temperature; [P] as total_freeze_s_max"),
    Limit("ice_radius_mm_max", 10.0, 2.0, 15.0, "mm", "estimated edge of the ice",
          "[C] 7.8 mm after 8 min at -70 °C with a 2 mm probe; [P] structures nearer than"
          " that need less"),
    Limit("ice_m20_radius_mm_max", 6.0, 1.5, 10.0, "mm", "estimated -20 °C isotherm",
          "[C] 3.8 mm after 3 min at -70 °C with a 2 mm probe"),
    Limit("flat_s_max", 2.0, 1.0, 10.0, "s",
          "time in which a tip sensor must change while gas flows",
          "[S] faults.csv S03: noise of .15..3 °C makes 2 s of identical codes impossible"),
    Limit("wrong_way_c_max", 5.0, 2.0, 15.0, "°C", "rise of the tip in 3 s while the valve is open",
          "[P] six times the ripple of a hold; the literature's bound is 3 s"),
    Limit("uncooled_s_max", 8.0, 3.0, 20.0, "s",
          "time half open in which the tip must fall by 5 °C",
          "[S] faults.csv V02: a probe cools 10 °C in less than 2 s, so 10 s are mild"),
    Limit("off_target_c_max", 5.0, 2.0, 15.0, "°C", "distance from the target in the hold",
          "[S] Klipper: 5 °C"),
    Limit("swing_c_max", 8.0, 3.0, 20.0, "°C", "swing of the tip within 20 s of a hold",
          "[P] sixteen times the ±0.5 °C of Budman, Dayan and Shitzer 1991"),
    Limit("flow_share_min", 0.5, 0.2, 0.8, "", "flow by that which the valve's opening lets expect",
          "[P] the nozzle half blocked; supply pressure may fall by a third without it"),
    Limit("flow_share_max", 1.45, 1.1, 3.0, "", "likewise",
          "[C] liquid passes 1.7 times as much as vapour (29100 by 17000 kg/m²s)"),
    Limit("leak_slpm_max", 0.3, 0.05, 1.0, "L/min", "flow 2 s after the valve was told to shut",
          "[P] 2.5 % of full flow, fifteen times a flow meter's noise"),
    Limit("shut_fall_c_max", 5.0, 2.0, 15.0, "°C",
          "fall of a cold tip beyond the dip after gas-off",
          "[S] argon data: 16 °C in 8 s is normal, and allowed for"),
    Limit("reserve_kpa_min", 3500.0, 1000.0, 5500.0, "kPa",
          "supply expected at the end of the plan",
          "[P] as supply_kpa_min; 0.5 kg of N2O lose 1350 kPa in 300 s"),
    Limit("skin_c_min", 2.0, 0.5, 15.0, "°C", "skin",
          "[S] K203661: below 2 °C withdraw; skin freezes from -0.55 °C"),
    Limit("skin_warn_c", 4.0, 1.0, 20.0, "°C", "skin, told beforehand",
          "[S] K203661: above 4 °C fine, 2..4 °C working band"),
    Limit("skin_fall_c_per_min_max", 8.5, 1.0, 30.0, "°C/min", "fall of the skin, told beforehand",
          "[S] protected sensor: warn when falling faster than 8.5 °C/min"),
    Limit("cold_junction_c_min", 5.0, -20.0, 15.0, "°C", "cold junction of the tip's converter",
          "[P] a room; an error here passes one to one into the tip"),
    Limit("cold_junction_c_max", 45.0, 30.0, 70.0, "°C", "likewise",
          "[P] a room, and a warm box in it"),
    Limit("check_s_max", 600.0, 30.0, 3600.0, "s", "age of the check before use at a start",
          "[P] ten minutes; what was proven longer ago has to be proven again"),
    Limit("check_fall_c_min", 3.0, 1.0, 10.0, "°C", "fall of the tip in the check's short freeze",
          "[P] twenty times the sensor's noise; it stays far from freezing"),
    Limit("check_flow_share_min", 0.55, 0.2, 0.9, "",
          "measured full flow by the rig file's, in the check",
          "[P] nozzles differ by 12 %; a clog by more"),
    Limit("check_flow_share_max", 1.6, 1.1, 3.0, "", "likewise",
          "[C] liquid passes 1.7 times as much as vapour"),
    Limit("vent_kpa_max", 30.0, 5.0, 100.0, "kPa", "exhaust after the check's short freeze",
          "[S] Medsafe: check that exhaust is vented"),
    Limit("unwarmed_s_max", 30.0, 15.0, 120.0, "s",
          "time of a thaw in which a tip below -20 °C must rise by 5 °C",
          "[S] argon dips for 8 s; [P] a sound passive thaw rises by 5 °C in 3 s"),
)


# Pairs of which the first must be below the second.
ORDERED = (
    ("tip_c_min", "target_c_min"),
    ("target_c_min", "target_c_max"),
    ("supply_kpa_min", "supply_kpa_max"),
    ("sensor_c_min", "tip_c_min"),
    ("skin_c_min", "skin_warn_c"),
    ("ice_m20_radius_mm_max", "ice_radius_mm_max"),
    ("vent_kpa_max", "exhaust_kpa_max"),
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
    for low, high in ORDERED:
        if not (getattr(limits, low) < getattr(limits, high)):
            raise Refused(low + " " + number(getattr(limits, low)) + " must be below " + high
                          + " " + number(getattr(limits, high)), -222)
    return limits


def limits_fault(limits: Limits, kept: Limits, index: int) -> str:
    """Return "" when `limits` still are what was `kept` apart from them at the start, and row
    `index` is inside its hard range; else what changed. One row a tick is enough."""
    row = LIMITS[index % len(LIMITS)]
    value = getattr(limits, row.name)
    if limits != kept:
        return "the limits are not those of the start any more"
    if not (row.low <= value <= row.high):
        return "limit " + row.name + " is " + number(value) + " " + row.unit
    return ""
