"""EXPECTED: what each fault may lead to, and why where it may lead to nothing; `judged` compares.

A row that is not named here is the wrong row, and nothing is never right without a reason that the
run proves: what really was stayed inside the limits, and the treatment ended, or no gas flowed.
"""

from typing import NamedTuple

from controller.interlocks import row_named

from .cells import FULL, REDUCED, Cell, Outcome
from .machine import RIG

TICK_MS = 100


class Expected(NamedTuple):
    """One fault."""

    fault: str
    rows: tuple[str, ...]  # any of these may end it, or refuse the start
    harmless: str  # why nothing is right as well; "" when it is not


TIP_SIGNAL = ("tip_sensor", "tip_step", "tip_disagree", "tip_stuck", "check", "start_cold")
TIP_ERROR = ("tip_disagree", "tip_step", "tip_cold", "tip_predicted", "thaw_hot",
             "thaw_predicted", "heater_stuck", "shut_cooling", "wrong_way", "check",
             "start_cold", "tip_sensor", "no_cooling", "slow_approach")
GAS_LOW = ("supply_low", "wrong_way", "no_cooling", "blockage", "slow_approach", "check",
           "tip_predicted", "do_not_pull", "start_cold")
GAS_HIGH = ("flow_high", "burst", "shut_flow", "shut_cooling", "check", "tip_predicted",
            "tip_cold", "supply_low", "no_warming", "do_not_pull", "start_cold")
WITHIN_3_K = "an error below 3 K: the tip is the mean of two sensors, and off by half of it"

EXPECTED = (
    Expected("tip_open", TIP_SIGNAL, ""),
    Expected("tip_short", TIP_ERROR, ""),
    Expected("tip_stuck", (*TIP_SIGNAL, *TIP_ERROR),
             "no gas flows, and the tip stands still too"),
    Expected("tip_drift", TIP_ERROR, WITHIN_3_K),
    Expected("tip_offset", TIP_ERROR, WITHIN_3_K),
    Expected("tip_noisy", TIP_ERROR, "the mean of two and a slope over a second hold the noise"),
    Expected("tip_late", TIP_SIGNAL, "a delay below the age limit of 300 ms"),
    Expected("tip_intermittent", (*TIP_SIGNAL, "tip_cold"),
             "fewer than six bad samples a minute, each vouched for by the other sensor"),
    Expected("tip_wrong_type", TIP_ERROR, WITHIN_3_K),
    Expected("tip_cold_junction", (*TIP_ERROR, "cold_junction_low", "cold_junction_high"),
             WITHIN_3_K),
    Expected("tip_amplifier", TIP_ERROR, WITHIN_3_K),
    Expected("tip_value", (*TIP_SIGNAL, *TIP_ERROR), "the value is near the truth"),
    Expected("tip_nan", TIP_SIGNAL, ""),
    Expected("tip_b_open", ("tip_b_sensor", "tip_disagree"), ""),
    Expected("tip_b_drift", (*TIP_ERROR, "tip_b_sensor"), WITHIN_3_K),
    Expected("skin_open", ("skin_sensor",), ""),
    Expected("skin_drift", ("skin_sensor", "skin_cold", "skin_predicted", "skin_low",
                            "skin_falling"),
             "the ice stays 10 mm below the skin; drift is found at 45 °C, or at 2 °C"),
    Expected("cold_junction_silent", ("cold_junction_sensor",), ""),
    Expected("supply_silent", ("supply_sensor",), ""),
    Expected("exhaust_silent", ("exhaust_sensor",), ""),
    Expected("flow_silent", ("flow_sensor", "shut_flow"), ""),
    Expected("pedal_stuck", ("pedal_stuck",),
             "stop, e-stop and the plan's own end are left; before a start it is refused"),
    Expected("pedal_released", ("pedal",), ""),
    Expected("supply_loss", GAS_LOW, ""),
    Expected("supply_high", ("supply_high",), ""),
    Expected("supply_empty", GAS_LOW, "what is in the small cylinder lasts for the plan"),
    Expected("wrong_cylinder", (*GAS_HIGH, "tip_step", "supply_low", "exhaust_high", "wrong_way"),
             "a tenth more flow is inside the valve's own spread; the tip is held"),
    Expected("moisture", GAS_LOW, "too little ice for the plan: the valve makes up for it"),
    Expected("exhaust_blocked", ("exhaust_high", "exhaust_sensor", "check", *GAS_LOW),
             "below 150 kPa the hose holds, and the tip is held"),
    Expected("valve_stuck_open", (*GAS_HIGH, *GAS_LOW, "exhaust_high"),
             "the isolator stops the gas"),
    Expected("valve_stuck_shut", GAS_LOW, "no gas flows"),
    Expected("valve_slow", (*GAS_HIGH, *GAS_LOW), "the tip swings, inside its limits"),
    Expected("valve_leak", GAS_HIGH, "the valve takes it back while open, the isolator when shut"),
    Expected("nozzle_clog", GAS_LOW, "less than half: the valve makes up for it"),
    Expected("tube_burst", GAS_HIGH, "flow within the valve's own spread, and the tip is held"),
    Expected("probe_unplugged", (*TIP_SIGNAL, "probe", "tip_b_sensor"), ""),
    Expected("probe_out_of_tissue", (*GAS_HIGH, *TIP_ERROR, "swing"),
             "what is left in the tissue is held at its temperature"),
    Expected("probe_swapped", ("probe", "check"), ""),
    Expected("heater_stuck", ("thaw_predicted", "thaw_hot", "heater_stuck", *GAS_LOW,
                              "tip_step"), "the relay lets no power to the heater"),
    Expected("perfusion_jump", ("skin_predicted",), "the valve makes up for it"),
    Expected("estop", ("estop",), ""),
)

# Where the sensors of a stage do not matter: no gas can flow, and the next start needs them again.
AT_REST = (
    ("standby", "nothing is open; the check before use comes before a freeze"),
    ("done", "nothing is open, nobody is treated; the next check comes before a freeze"),
    ("fault", "latched, nothing is open; the next check comes before a freeze"),
    ("thaw", "no gas flows in a thaw, and the isolator is shut"),
)


class Truth(NamedTuple):
    """A limit of what really is, and how far beyond it the reaction may let it go."""

    name: str
    field: str  # of matrix.Worst
    limit: float
    margin: float
    unit: str
    why: str
    is_floor: bool = False


TRUTHS = (
    Truth("coldest tip", "tip_c_min", RIG.limits.tip_c_min, 1.0, "°C",
          "tip_predicted leads by a second, gas-off takes 0.1 s of a tick, 0.4 s of line and "
          "0.1 s of valve; left is four times the noise of 0.15 °C, and a slope's", True),
    Truth("warmest tip", "tip_c_max", RIG.limits.thaw_c_max, 1.0, "°C",
          "thaw_predicted leads by 0.5 s: the sensor's 0.25 s, a conversion of 0.05 s, two ticks;"
          " left is four times the noise, and a slope's"),
    Truth("radius of the ice", "ice_mm_max", RIG.limits.ice_radius_mm_max, 0.5, "mm",
          "half a shell of the estimate; a second of gas-off adds 0.1 mm"),
    Truth("radius of -20 °C", "ice_m20_mm_max", RIG.limits.ice_m20_radius_mm_max, 0.5, "mm",
          "likewise"),
)


class Unprotected(NamedTuple):
    """What no software can see or stop on the reduced rig, and what a builder must wire."""

    fault: str
    hurts: str
    wire: str


NO_RELAY = "a relay in series with the heater (heater_relay), or no heater"
NO_ISOLATOR = "an isolator before the valve, and a hand on the cylinder until there is one"
NO_SECOND_TIP = "a second tip sensor (tip_b), or no heater: a passive thaw burns nobody"
UNPROTECTED = (
    Unprotected("heater_stuck", "the tip burns: nothing takes the heater's power", NO_RELAY),
    Unprotected("valve_stuck_open", "gas flows on: seen late or, when little, not at all; and "
                "nothing can stop it", NO_ISOLATOR),
    Unprotected("valve_leak", "likewise", NO_ISOLATOR),
    Unprotected("tip_drift", "the only sensor says too cold, and the heater follows it",
                NO_SECOND_TIP),
    Unprotected("tip_amplifier", "likewise", NO_SECOND_TIP),
)


class Verdict(NamedTuple):
    """How a cell is to be taken."""

    word: str  # "row", "harmless", "unprotected" or "WRONG"
    why: str


def expected_of(fault: str) -> Expected:
    """Return the row of EXPECTED; raises KeyError."""
    for row in EXPECTED:
        if row.fault == fault:
            return row
    raise KeyError(fault)


def outside(outcome: Outcome) -> str:
    """Return "" when what really was stayed inside the limits and margins, else what did not."""
    for truth in TRUTHS:
        value = getattr(outcome.worst, truth.field)
        over = truth.limit - value if truth.is_floor else value - truth.limit
        if not over <= truth.margin:
            return f"{truth.name} {value:.1f} {truth.unit}"
    if outcome.flows:
        return "gas flows on"
    return ""


def judged(outcome: Outcome) -> Verdict:
    """Return what is to be made of a cell."""
    wrong = _wrong(outcome)
    if not wrong:
        if outcome.row:
            return Verdict("row", outcome.says)
        return Verdict("harmless", _harmless(outcome.cell))
    for row in UNPROTECTED:
        if outcome.cell.rig == REDUCED and row.fault == outcome.cell.fault:
            return Verdict("unprotected", wrong)
    return Verdict("WRONG", wrong)


def _harmless(cell: Cell) -> str:
    rest = dict(AT_REST).get(cell.stage, "")
    return expected_of(cell.fault).harmless or rest


def _wrong(outcome: Outcome) -> str:
    """Return "" or what is wrong with a cell."""
    hurt = outside(outcome)
    if hurt:
        return hurt
    if outcome.row:
        if outcome.row not in expected_of(outcome.cell.fault).rows:
            return f"the wrong row, {outcome.row}: {outcome.says}"
        if outcome.row != "check":
            promised_ms = row_named(outcome.row).detect_ms
            if outcome.shown_ms > promised_ms > 0:
                return f"{outcome.row} after {outcome.shown_ms:.0f} ms, not {promised_ms} ms"
        return ""
    if not _harmless(outcome.cell):
        return "never found: " + outcome.says
    if outcome.end not in ("done", "fault", "standby"):
        return "it does not end: " + outcome.end
    return ""


def is_on_full(cell: Cell) -> bool:
    """Return whether the cell is one of the whole rig, on which nothing may be unprotected."""
    return cell.rig == FULL
