"""From which tick on the sensors show what a row watches for: written anew, not the row's code.

A promise (`detect_ms`) counts from there. It does not judge the promise: expected.py does.
"""

from collections.abc import Callable, Sequence

from controller.interlocks import INTERLOCKS, TITLES, row_named
from controller.records import Reading, Sample

from .machine import RIG, Row

LIMITS = RIG.limits
FULL_FLOW_SLPM = RIG.entries.probe.full_flow_slpm
Shows = Callable[[Sequence[Row], int], bool]  # the ticks, and which


def _bad(sample: Sample, low: float, high: float) -> bool:
    return (bool(sample.fault) or not (low <= sample.value <= high)
            or sample.age_ms > LIMITS.age_ms_max)


def _channel(name: str, low: float, high: float) -> Shows:
    return lambda rows, i: _bad(getattr(rows[i].reading, name), low, high)


def _tips(reading: Reading) -> list[float]:
    return [each.value for each in (reading.tip_c, reading.tip_b_c) if each.fault == ""]


def _same(name: str) -> Shows:
    def is_same(rows: Sequence[Row], i: int) -> bool:
        now, before = (getattr(rows[k].reading, name) for k in (i, i - 1))
        return bool(now.value == before.value and not now.fault and _asked(rows, i) > 0.0)
    return is_same


def _jumped(rows: Sequence[Row], i: int) -> bool:
    for name in ("tip_c", "tip_b_c"):
        now, before = (getattr(rows[k].reading, name) for k in (i, i - 1))
        if abs(now.value - before.value) > LIMITS.slope_c_per_s_max * 0.1:
            return True
    return False


def _differ(rows: Sequence[Row], i: int) -> bool:
    reading = rows[i].reading
    return not abs(reading.tip_c.value - reading.tip_b_c.value) <= LIMITS.ab_difference_c_max


def _asked(rows: Sequence[Row], i: int) -> float:
    """What was asked of the valve before this tick."""
    decision = rows[i - 1].decision
    return decision.valve_fraction if decision.isolator_open else 0.0


def _is_shut_and_flows(rows: Sequence[Row], i: int) -> bool:
    return _asked(rows, i) == 0.0 and rows[i].reading.flow_slpm.value > LIMITS.leak_slpm_max


def _share(rows: Sequence[Row], i: int) -> float:
    return rows[i].reading.flow_slpm.value / (FULL_FLOW_SLPM * max(_asked(rows, i), 0.1))


def _most(rows: Sequence[Row], i: int) -> float:
    """The most that was asked of the valve in the time in which a flow follows it."""
    return max(_asked(rows, k) for k in range(max(1, i - 25), i + 1))


def _is_burst(rows: Sequence[Row], i: int) -> bool:
    return (rows[i].reading.flow_slpm.value > FULL_FLOW_SLPM * _most(rows, i) * 1.2 + 1.0
            and _fallen_kpa(rows, i) > 20.0)


def _fallen_kpa(rows: Sequence[Row], i: int) -> float:
    before = rows[max(0, i - 15)].reading.supply_kpa.value
    return before - rows[i].reading.supply_kpa.value


def _is_cold_heater(rows: Sequence[Row], i: int) -> bool:
    return all(row.decision.heater_fraction == 0.0 for row in rows[max(0, i - 50):i + 1])


def _wrong_way(rows: Sequence[Row], i: int) -> bool:
    recent = [each.decision.tip_c for each in rows[max(0, i - 30):i + 1]]
    return (_asked(rows, i) >= 0.25 and recent[-1] - min(recent) > LIMITS.wrong_way_c_max)


def _is_off_target(rows: Sequence[Row], i: int) -> bool:
    course = rows[i].decision.course
    return (course.phase == "hold" and not
            abs(rows[i].decision.tip_c - course.target_c) <= LIMITS.off_target_c_max)


SHOWS: dict[str, Shows] = {
    "estop": lambda rows, i: rows[i].reading.estop.value != 1.0,
    "tip_sensor": _channel("tip_c", LIMITS.sensor_c_min, LIMITS.sensor_c_max),
    "tip_b_sensor": _channel("tip_b_c", LIMITS.sensor_c_min, LIMITS.sensor_c_max),
    "supply_sensor": _channel("supply_kpa", -100.0, 10_000.0),
    "exhaust_sensor": _channel("exhaust_kpa", -100.0, 2000.0),
    "flow_sensor": _channel("flow_slpm", -1.0, 100.0),
    "skin_sensor": _channel("skin_c", -50.0, 60.0),
    "cold_junction_sensor": _channel("cold_junction_c", -40.0, 125.0),
    "probe": lambda rows, i: rows[i].reading.probe_id.value != 1.0,
    "pedal": lambda rows, i: rows[i].reading.pedal.value != 1.0,
    "tip_step": _jumped,
    "tip_disagree": _differ,
    "tip_stuck": _same("tip_c"),
    "tip_b_stuck": _same("tip_b_c"),
    "cold_junction_low": lambda rows, i: (
        rows[i].reading.cold_junction_c.value < LIMITS.cold_junction_c_min),
    "cold_junction_high": lambda rows, i: (
        rows[i].reading.cold_junction_c.value > LIMITS.cold_junction_c_max),
    "tip_cold": lambda rows, i: min(_tips(rows[i].reading)) < LIMITS.tip_c_min,
    "tip_predicted": lambda rows, i: (
        rows[i].decision.tip_c + rows[i].decision.slope_c_per_s < LIMITS.tip_c_min),
    "thaw_hot": lambda rows, i: max(_tips(rows[i].reading)) > LIMITS.thaw_c_max,
    "heater_stuck": lambda rows, i: (max(_tips(rows[i].reading)) > LIMITS.thaw_c_max
                                     and _is_cold_heater(rows, i)),
    "thaw_predicted": lambda rows, i: (rows[i].decision.tip_c + 0.5
                                       * rows[i].decision.slope_c_per_s > LIMITS.thaw_c_max),
    "supply_low": lambda rows, i: rows[i].reading.supply_kpa.value < LIMITS.supply_kpa_min,
    "supply_high": lambda rows, i: rows[i].reading.supply_kpa.value > LIMITS.supply_kpa_max,
    "exhaust_high": lambda rows, i: rows[i].reading.exhaust_kpa.value > LIMITS.exhaust_kpa_max,
    "burst": _is_burst,
    "shut_flow": _is_shut_and_flows,
    "flow_high": lambda rows, i: _share(rows, i) > LIMITS.flow_share_max,
    "blockage": lambda rows, i: (_asked(rows, i) >= 0.15
                                 and _share(rows, i) < LIMITS.flow_share_min),
    "wrong_way": _wrong_way,
    "no_cooling": lambda rows, i: _asked(rows, i) >= 0.5,
    "no_warming": lambda rows, i: (rows[i].decision.mode == "thaw"
                                   and rows[i].decision.tip_c < -20.0),
    "off_target": _is_off_target,
    "skin_cold": lambda rows, i: rows[i].reading.skin_c.value < LIMITS.skin_c_min,
    "skin_low": lambda rows, i: rows[i].reading.skin_c.value < LIMITS.skin_warn_c,
}
JUMPS = ("tip_step",)  # a jump is one tick, and what follows is not


def onset(name: str, rows: Sequence[Row], first: int, index: int) -> int:
    """Return the tick from which on it was shown without a break until tick `index`; -1 when the
    row is not here, or nothing showed it."""
    shows = SHOWS.get(name)
    if shows is None:
        return -1
    if name in JUMPS:
        while index >= first and not shows(rows, index):
            index -= 1
    begun = -1
    armed = row_named(name).armed
    for i in range(index, first - 1, -1):
        if not shows(rows, i) or rows[i - 1].decision.mode not in armed:
            break
        begun = i
    return begun


PREFIXES = ("precheck failed: ", "ready failed: ", "start inhibited: ", "cause present: ",
            "thaw inhibited: ")
WORDS = (("pedal_stuck", "not seen released"), ("heater_stuck", "with the heater off"),
         ("estop", "e-stop"), ("tip_b_sensor", "tip_b"), ("tip_sensor", "tip"),
         ("skin_sensor", "skin"), ("supply_sensor", "supply"), ("exhaust_sensor", "exhaust"),
         ("flow_sensor", "flow"), ("cold_junction_sensor", "cold junction"), ("pedal", "pedal"),
         ("probe", "probe"), ("check", "the check before use"))


def row_said(text: str) -> str:
    """Return which row a refusal in words is about; "refused" for none."""
    for prefix in PREFIXES:
        text = text.removeprefix(prefix)
    rows = () if " sample is " in text else INTERLOCKS
    for row in rows:
        if row.limit and text.startswith(TITLES[row.fact] + " ") and f"not {row.rule} " in text:
            return row.name
    return next((name for name, word in WORDS if word in text), "refused")
