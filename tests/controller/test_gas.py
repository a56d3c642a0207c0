"""Gas: flow and supply against what the valve was asked for."""

import math

import pytest

from controller.gas import (
    ASKED_MIN,
    BURST_KPA,
    BURST_MS,
    BURST_SHARE,
    BURST_SLPM,
    FLOOR_SLPM,
    RESERVE_MS,
    SETTLE_MS,
    Gas,
    GasFacts,
)
from controller.records import NOTHING_ASKED, Asked
from tests.controller.given import FITTED, LIMITS_IN_FORCE, PROBE

FULL_SLPM = PROBE.full_flow_slpm
SUPPLY_KPA = 5000.0


class Line:
    """A gas line with its time, one tick of 100 ms per call."""

    def __init__(self, fitted: tuple[str, ...] = FITTED) -> None:
        self.gas = Gas(LIMITS_IN_FORCE, fitted, PROBE)
        self.now_ms = 0
        self.asked = NOTHING_ASKED

    def tick(self, fraction: float = 0.0, flow_slpm: float | None = None,
             supply_kpa: float = SUPPLY_KPA, count: int = 1) -> GasFacts:
        """Return the facts of the last of `count` ticks after the valve was asked for `fraction`;
        without a flow there is what that opening should pass."""
        for _ in range(count):
            self.now_ms += 100
            flow = FULL_SLPM * fraction if flow_slpm is None else flow_slpm
            facts = self.gas.update(self.now_ms, flow, supply_kpa,
                                    self.asked._replace(valve_fraction=fraction))
        return facts


def test_the_constants_are_those_of_the_table() -> None:
    assert (SETTLE_MS, ASKED_MIN, FLOOR_SLPM) == (2500, 0.15, 0.2)
    assert (BURST_SHARE, BURST_SLPM, BURST_KPA, BURST_MS, RESERVE_MS) == (
        1.2, 1.0, 20.0, 1000, 20_000)


def test_a_rig_without_a_flow_meter_has_no_fault_of_flow() -> None:
    line = Line(tuple(name for name in FITTED if name != "flow_slpm"))
    assert line.tick(0.0, math.nan) == GasFacts(1.0, 0.0, 0.0, "", SUPPLY_KPA)
    assert line.tick(1.0, math.nan, count=40) == GasFacts(1.0, 0.0, 0.0, "", SUPPLY_KPA)


# Too little.


@pytest.mark.requirement("blockage")
def test_the_low_share_is_flow_by_the_least_that_was_asked_for() -> None:
    line = Line()
    line.tick(0.5, count=30)
    line.tick(1.0, count=3)
    assert line.tick(1.0, 3.0).flow_share_low == pytest.approx(3.0 / (FULL_SLPM * 0.5))
    assert line.tick(1.0, 3.0, count=30).flow_share_low == pytest.approx(3.0 / FULL_SLPM)


def test_the_low_share_waits_until_the_flow_has_settled() -> None:
    line = Line()
    assert line.tick(1.0, 0.0, count=23).flow_share_low == 1.0
    assert line.tick(1.0, 0.0).flow_share_low == 0.0  # nine tenths of the window: 2.3 s


def test_a_valve_that_was_shut_within_the_window_expects_nothing() -> None:
    line = Line()
    line.tick(0.0, 0.0)
    assert line.tick(1.0, 0.0, count=25).flow_share_low == 1.0
    assert line.tick(1.0, 0.0).flow_share_low == 0.0


@pytest.mark.parametrize(("fraction", "judged"), [(0.149, False), (0.15, True)])
def test_a_small_opening_is_not_judged(fraction: float, judged: bool) -> None:
    assert (Line().tick(fraction, 0.0, count=30).flow_share_low == 0.0) is judged


@pytest.mark.requirement("flow_sensor")
def test_an_unknown_flow_proves_no_share() -> None:
    facts = Line().tick(1.0, math.nan, count=30)
    assert math.isnan(facts.flow_share_low)
    assert math.isnan(facts.flow_share_high)


@pytest.mark.requirement("shut_flow")
def test_an_unknown_flow_does_not_prove_a_shut_valve() -> None:
    assert math.isnan(Line().tick(0.0, math.nan).shut_flow_slpm)


# Too much.


@pytest.mark.requirement("flow_high")
def test_the_high_share_is_flow_by_the_most_that_was_asked_for_and_a_floor() -> None:
    line = Line()
    line.tick(1.0, count=3)
    assert line.tick(0.1, 25.0).flow_share_high == pytest.approx(25.0 / (FULL_SLPM + 0.2))
    assert line.tick(0.1, 25.0, count=26).flow_share_high == pytest.approx(
        25.0 / (FULL_SLPM * 0.1 + 0.2))


def test_a_shut_valve_has_no_high_share() -> None:
    assert Line().tick(0.0, 25.0).flow_share_high == 0.0


def test_the_flow_of_the_check_is_the_measure_once_it_is_known() -> None:
    line = Line()
    line.gas.full_flow_slpm = 6.0
    facts = line.tick(1.0, 6.0, count=30)
    assert facts.flow_share_low == 1.0
    assert facts.flow_share_high == pytest.approx(6.0 / 6.2)


# Without leave.


@pytest.mark.requirement("shut_flow")
def test_flow_counts_as_without_leave_when_the_valve_was_shut_for_the_whole_window() -> None:
    line = Line()
    line.tick(0.5)
    assert line.tick(0.0, 0.7, count=25).shut_flow_slpm == 0.0
    assert line.tick(0.0, 0.7).shut_flow_slpm == 0.7


@pytest.mark.requirement("shut_flow")
def test_flow_counts_as_without_leave_from_the_first_tick() -> None:
    assert Line().tick(0.0, 0.7).shut_flow_slpm == 0.7


# Burst.


@pytest.mark.requirement("burst")
def test_a_burst_needs_flow_beyond_the_valve_and_a_supply_that_fell() -> None:
    line = Line()
    line.tick(1.0, count=30)
    assert line.tick(1.0, 15.5, SUPPLY_KPA - 20.1).burst_fault == (
        "flow 15.5 L/min, not at most 15.4 L/min, while the supply fell by 20 kPa")


@pytest.mark.parametrize(("flow_slpm", "fallen_kpa"), [(15.39, 100.0), (100.0, 20.0)])
def test_at_its_limits_there_is_no_burst(flow_slpm: float, fallen_kpa: float) -> None:
    line = Line()
    line.tick(1.0, count=30)
    assert line.tick(1.0, flow_slpm, SUPPLY_KPA - fallen_kpa).burst_fault == ""


@pytest.mark.requirement("burst")
def test_a_burst_is_seen_with_the_valve_shut_too() -> None:
    line = Line()
    line.tick(0.0, count=30)
    assert line.tick(0.0, 1.1, SUPPLY_KPA - 21.0).burst_fault
    assert not line.tick(0.0, 1.0, SUPPLY_KPA - 21.0).burst_fault


def test_the_supply_is_compared_with_its_mean_of_one_to_two_seconds_ago() -> None:
    line = Line()
    for supply_kpa in range(100, 131):  # 100..130 kPa, one more in each tick of 100 ms
        line.tick(0.0, 0.0, float(supply_kpa))
    # 1.0..2.0 s before the last it was 110..120
    assert line.gas._fallen_kpa(131.0, line.now_ms + 100) == pytest.approx(116.0 - 131.0)


@pytest.mark.parametrize(("after_ms", "fallen_kpa"), [(999, 0.0), (1000, 30.0)])
def test_a_supply_younger_than_a_second_is_compared_with_nothing(after_ms: int,
                                                                 fallen_kpa: float) -> None:
    gas = Gas(LIMITS_IN_FORCE, FITTED, PROBE)
    assert gas._fallen_kpa(5000.0, 0) == 0.0
    assert gas._fallen_kpa(4970.0, after_ms) == fallen_kpa


@pytest.mark.parametrize(("after_ms", "fallen_kpa"), [(2000, 30.0), (2001, 0.0)])
def test_a_supply_older_than_two_seconds_is_forgotten(after_ms: int, fallen_kpa: float) -> None:
    gas = Gas(LIMITS_IN_FORCE, FITTED, PROBE)
    gas._fallen_kpa(5000.0, 0)
    assert gas._fallen_kpa(4970.0, after_ms) == fallen_kpa


@pytest.mark.requirement("supply_sensor")
def test_an_unknown_supply_begins_anew() -> None:
    line = Line()
    line.tick(1.0, count=30)
    assert math.isnan(line.tick(1.0, supply_kpa=math.nan).supply_end_kpa)
    assert line.tick(1.0, 100.0, SUPPLY_KPA - 100.0).burst_fault == ""


# The reserve.


def freezing(left_s: float) -> Line:
    line = Line()
    line.asked = Asked("freeze", "hold", -60.0, left_s, 0.0, 0.0)
    return line


@pytest.mark.requirement("supply_reserve")
def test_the_supply_at_the_end_is_its_slope_over_what_the_plan_still_holds() -> None:
    line = freezing(60.0)
    for tick in range(200):
        facts = line.tick(1.0, supply_kpa=5000.0 - tick)  # 10 kPa/s
    assert facts.supply_end_kpa == pytest.approx(5000.0 - 199.0 - 600.0)


def test_a_supply_that_rises_is_not_counted_on() -> None:
    line = freezing(60.0)
    for tick in range(200):
        facts = line.tick(1.0, supply_kpa=5000.0 + tick)
    assert facts.supply_end_kpa == 5199.0


def test_before_its_window_is_full_the_supply_stands_for_itself() -> None:
    line = freezing(60.0)
    for tick in range(180):
        facts = line.tick(1.0, supply_kpa=5000.0 - tick)
    assert facts.supply_end_kpa == 4821.0
    assert line.tick(1.0, supply_kpa=4820.0).supply_end_kpa < 4300.0


def test_outside_a_freeze_the_supply_stands_for_itself_and_its_slope_is_forgotten() -> None:
    line = freezing(60.0)
    for tick in range(200):
        line.tick(1.0, supply_kpa=5000.0 - tick)
    line.asked = line.asked._replace(mode="thaw")
    assert line.tick(0.0, supply_kpa=4800.0).supply_end_kpa == 4800.0
    line.asked = line.asked._replace(mode="freeze")
    assert line.tick(1.0, supply_kpa=4790.0).supply_end_kpa == 4790.0
