"""Faults in the middle of a freeze, on the hardware's side: the gas stops, the reason is told."""

import copy
import math
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.matrix.machine import RIG, Machine
from controller.interlocks import row_named
from controller.records import Reading
from sim_hardware.faults import FAULTS, Fault

TICK_MS = 100
BEGINS_MS = 730  # after the hold began; between two ticks
PLANT_DELAY_MS = 400 + 500  # the line's transport delay and five time constants of the valve
BELIEVED = (RIG.limits.sensor_c_min, RIG.limits.sensor_c_max)


@cache
def held() -> Machine:
    machine = Machine().start().hold()
    machine.rows.clear()
    return machine


@cache
def readied() -> Machine:
    machine = Machine()
    assert machine.check().mode == "ready"
    machine.rows.clear()
    return machine


def mid_freeze() -> Machine:
    """Return a machine of its own in the first hold."""
    return copy.deepcopy(held())


class Case(NamedTuple):
    """A fault, the interlock that finds it, how a reading shows it and what the reason names."""

    fault: str
    values: tuple[tuple[str, float], ...]
    interlock: str
    shows: Callable[[Reading], bool]
    names: str


def tip_is_not_a_temperature(reading: Reading) -> bool:
    low_c, high_c = BELIEVED
    return bool(reading.tip_c.fault) or not (low_c <= reading.tip_c.value <= high_c)


def tip_jumped(reading: Reading) -> bool:
    return reading.tip_c.value > 0.0


CASES = (
    Case("tip_open", (), "tip_sensor", tip_is_not_a_temperature, "tip: open thermocouple"),
    Case("tip_nan", (), "tip_sensor", tip_is_not_a_temperature, "tip sensor reads nan"),
    *(Case("tip_value", (("value", value),), "tip_sensor", tip_is_not_a_temperature,
           "tip sensor reads " + said)
      for value, said in ((math.nan, "nan"), (math.inf, "inf"), (-math.inf, "-inf"),
                          (1e38, "inf"), (-1e38, "-inf"))),
    Case("tip_short", (), "tip_step", tip_jumped, "tip changes by"),
    Case("tip_b_open", (), "tip_b_sensor", lambda r: bool(r.tip_b_c.fault),
         "tip_b: open thermocouple"),
    Case("probe_unplugged", (), "tip_sensor", tip_is_not_a_temperature, "open thermocouple"),
    Case("supply_loss", (), "supply_low", lambda r: r.supply_kpa.value < 3500.0,
         "kPa, not at least 3500.0 kPa"),
    Case("exhaust_blocked", (), "exhaust_high", lambda r: r.exhaust_kpa.value > 150.0,
         "kPa, not at most 150.0 kPa"),
    Case("estop", (), "estop", lambda r: r.estop.value != 1.0, "e-stop pressed"),
)
EVERY_CASE = pytest.mark.parametrize(
    "case", CASES, ids=lambda case: case.fault + "".join(str(v) for _, v in case.values))


@cache
def struck(case: Case) -> Machine:
    """Return the machine in which the fault began in the hold, some seconds later."""
    machine = mid_freeze()
    machine.probe.schedule(machine.probe.now_ms + BEGINS_MS, case.fault, dict(case.values))
    machine.run(6000)
    return machine


@pytest.mark.requirement("H-01")
@EVERY_CASE
def test_a_fault_shuts_at_the_latest_in_the_tick_after_the_reading_shows_it(case: Case) -> None:
    machine = struck(case)
    shown = next(index for index, row in enumerate(machine.rows) if case.shows(row.reading))
    grace = row_named(case.interlock).grace_ms // TICK_MS
    after = machine.rows[shown + grace + 1:]
    assert len(after) > 10
    assert all(row.decision.valve_fraction == 0.0 for row in after)


@EVERY_CASE
def test_gas_flows_until_the_fault_begins(case: Case) -> None:
    before = struck(case).rows[:BEGINS_MS // TICK_MS]
    assert all(row.decision.mode == "freeze" for row in before)


@EVERY_CASE
def test_a_fault_ends_in_fault_with_a_reason_that_names_it(case: Case) -> None:
    decision = struck(case).rows[-1].decision
    assert decision.mode == "fault"
    assert decision.tripped[0].name == case.interlock
    assert case.names in decision.reason


@pytest.mark.requirement("H-01")
@EVERY_CASE
def test_a_fault_stops_the_flow(case: Case) -> None:
    assert struck(case).probe.truth().flow_g_per_s < 0.01


@pytest.mark.requirement("H-02")
@EVERY_CASE
def test_a_fault_that_goes_away_starts_nothing(case: Case) -> None:
    machine = copy.deepcopy(struck(case))
    machine.probe.clear()
    machine.tick("ack")
    machine.tick("reset")
    machine.run(3000)
    assert machine.rows[-1].decision.mode in ("standby", "fault")
    assert machine.rows[-1].decision.valve_fraction == 0.0


@pytest.mark.parametrize("name", ["tip_drift", "supply_high", "tip_offset"])
def test_a_slow_fault_of_the_tip_or_the_gas_ends_in_fault(name: str) -> None:
    machine = mid_freeze()
    machine.probe.schedule(machine.probe.now_ms + BEGINS_MS, name)
    machine.run(40_000)
    assert machine.rows[-1].decision.mode == "fault"


@pytest.mark.requirement("H-01")
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_no_fault_opens_the_valve_of_a_machine_that_waits(fault: Fault) -> None:
    machine = copy.deepcopy(readied())
    machine.probe.inject(fault.name)
    machine.run(2000)
    assert all(row.decision.valve_fraction == 0.0 for row in machine.rows)


def lied_to(machine: Machine, value: float) -> Machine:
    """Return the machine after its tip sensor said `value` for ten ticks."""
    machine.probe.inject("tip_value", {"value": value})
    machine.run(10 * TICK_MS)
    return machine


@pytest.mark.requirement("H-01")
@settings(max_examples=40)
@given(st.floats())
def test_no_float_from_the_tip_sensor_opens_the_valve(value: float) -> None:
    machine = lied_to(copy.deepcopy(readied()), value)
    assert all(row.decision.valve_fraction == 0.0 for row in machine.rows)


@pytest.mark.requirement("H-03")
@settings(max_examples=40)
@given(st.floats().filter(lambda value: not (BELIEVED[0] <= value <= BELIEVED[1])))
def test_a_float_that_is_no_temperature_shuts_in_the_tick_after_it(value: float) -> None:
    machine = lied_to(mid_freeze(), value)
    # One bad sample is ridden through while the other sensor holds; the second in a row trips.
    assert all(row.decision.valve_fraction == 0.0 for row in machine.rows[1:])


@pytest.mark.requirement("H-03")
@settings(max_examples=40)
@given(st.floats())
def test_no_float_from_the_tip_sensor_spoils_the_pid(value: float) -> None:
    machine = lied_to(mid_freeze(), value)
    assert all(math.isfinite(part) for part in machine.controller.regulator.pid.components)


@pytest.mark.requirement("H-03")
@settings(max_examples=40)
@given(st.floats())
def test_gas_flows_on_a_lie_only_while_the_other_sensor_bears_it_out(value: float) -> None:
    machine = lied_to(mid_freeze(), value)
    for row in machine.rows[4:]:  # the grace of a jump, and one tick
        if row.decision.valve_fraction > 0.0:
            assert BELIEVED[0] <= value <= BELIEVED[1]
            assert row.decision.tripped == ()


@pytest.mark.requirement("H-11")
def test_a_loop_that_stops_leaves_nothing_asked_for_after_the_lease() -> None:
    machine = mid_freeze()
    machine.probe.advance(500)
    demanded = machine.probe.demanded()
    assert (demanded.valve_fraction, demanded.isolator_open) == (0.0, False)


@pytest.mark.requirement("H-11")
def test_until_then_the_order_holds() -> None:
    machine = mid_freeze()
    machine.probe.advance(499)
    assert machine.probe.demanded().valve_fraction > 0.0


@pytest.mark.requirement("H-11")
def test_a_loop_that_stops_has_the_valve_shut_after_lease_and_plant() -> None:
    machine = mid_freeze()
    machine.probe.advance(500 + PLANT_DELAY_MS)
    assert machine.probe.truth().valve_open_fraction < 0.01


@pytest.mark.requirement("H-11")
def test_a_loop_that_comes_back_too_late_is_a_fault() -> None:
    machine = mid_freeze()
    machine.probe.advance(500)
    assert machine.tick().mode == "fault"
