"""The regulator: never more than it may, nothing from nonsense, no bump, no stuck full valve."""

import copy
import math
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.regulator import (
    APPROACH_MS_MAX,
    LEAD_S,
    NEAR_C,
    REGULATED_FRACTION_MAX,
    Regulator,
    clamp_fraction,
    heat_fraction,
)
from tests.controller.given import NUMBERS_THAT_ARE_NONE, estimate

TICK_MS = 100
ANY = st.floats(width=64)
TICK = st.tuples(ANY, ANY, ANY, st.integers(0, 10**7))


def holding() -> Regulator:
    """Return a regulator of its own that approached -60 °C and regulates."""
    return copy.deepcopy(_held())


@cache
def _held() -> Regulator:
    regulator = Regulator()
    regulator.start()
    tip_c = 34.0
    while tip_c > -60.0:
        regulator.update(-60.0, estimate(tip_c, -7.0), TICK_MS)
        tip_c -= 0.7
    for _ in range(100):
        regulator.update(-60.0, estimate(-60.0), TICK_MS)
    return regulator


@pytest.mark.requirement("H-03")
@pytest.mark.parametrize("value", NUMBERS_THAT_ARE_NONE)
@pytest.mark.parametrize("regulator", [Regulator, holding], ids=["fresh", "holding"])
def test_a_tip_that_is_no_number_shuts(value: float, regulator: type[Regulator]) -> None:
    assert regulator().update(-60.0, estimate(value), TICK_MS) == 0.0


@pytest.mark.requirement("H-03")
@pytest.mark.parametrize("value", NUMBERS_THAT_ARE_NONE)
@pytest.mark.parametrize("regulator", [Regulator, holding], ids=["fresh", "holding"])
def test_a_target_that_is_no_number_shuts(value: float, regulator: type[Regulator]) -> None:
    assert regulator().update(value, estimate(-60.0), TICK_MS) == 0.0


@pytest.mark.requirement("H-03")
@pytest.mark.parametrize("value", NUMBERS_THAT_ARE_NONE)
def test_what_is_no_number_leaves_no_trace(value: float) -> None:
    disturbed, calm = holding(), holding()
    disturbed.update(-60.0, estimate(value), TICK_MS)
    assert disturbed.update(-60.0, estimate(-60.0), TICK_MS) == calm.update(
        -60.0, estimate(-60.0), TICK_MS)


@pytest.mark.requirement("H-01")
@given(st.lists(TICK, max_size=30))
def test_the_demand_is_always_within_0_and_1(
        ticks: list[tuple[float, float, float, int]]) -> None:
    regulator = Regulator()
    regulator.start()
    for target_c, tip_c, slope_c_per_s, dt_ms in ticks:
        assert 0.0 <= regulator.update(target_c, estimate(tip_c, slope_c_per_s), dt_ms) <= 1.0


@pytest.mark.requirement("H-01")
@given(st.lists(TICK, max_size=30))
def test_the_demand_is_within_0_and_1_while_holding(
        ticks: list[tuple[float, float, float, int]]) -> None:
    regulator = holding()
    for target_c, tip_c, slope_c_per_s, dt_ms in ticks:
        assert 0.0 <= regulator.update(target_c, estimate(tip_c, slope_c_per_s), dt_ms) <= 1.0


@given(st.lists(TICK, max_size=30))
def test_whatever_comes_the_integral_stays_finite(
        ticks: list[tuple[float, float, float, int]]) -> None:
    regulator = holding()
    for target_c, tip_c, slope_c_per_s, dt_ms in ticks:
        regulator.update(target_c, estimate(tip_c, slope_c_per_s), dt_ms)
    assert all(math.isfinite(part) for part in regulator.pid.components)


def test_a_warm_tip_gets_full_gas() -> None:
    regulator = Regulator()
    regulator.start()
    assert regulator.update(-60.0, estimate(34.0), TICK_MS) == 1.0


def test_a_start_from_nearby_never_opens_fully() -> None:
    regulator = Regulator()
    regulator.start()
    demands = [regulator.update(-60.0, estimate(-60.0 + NEAR_C), TICK_MS) for _ in range(20)]
    assert max(demands) <= REGULATED_FRACTION_MAX


def test_the_gas_is_throttled_before_the_target_is_reached() -> None:
    regulator = Regulator()
    regulator.start()
    soon_c = -60.0 + 7.0 * LEAD_S * 0.9
    assert regulator.update(-60.0, estimate(soon_c, -7.0), TICK_MS) < 1.0


@pytest.mark.requirement("H-06")
def test_a_tip_far_below_its_target_gets_no_gas() -> None:
    regulator = holding()
    for _ in range(100):
        demand = regulator.update(-60.0, estimate(-70.0), TICK_MS)
    assert demand < 0.01


def test_an_unreachable_target_does_not_stay_full_open() -> None:
    regulator = Regulator()
    regulator.start()
    for _ in range(APPROACH_MS_MAX // TICK_MS + 300):
        demand = regulator.update(-80.0, estimate(-40.0), TICK_MS)
    assert demand < 1.0


def test_after_the_handover_the_demand_has_no_bump() -> None:
    regulator = Regulator()
    regulator.start()
    tip_c, slope = 34.0, -7.0
    demands = []
    for _ in range(600):
        demands.append(regulator.update(-60.0, estimate(tip_c, slope), TICK_MS))
        slope = max(-7.0, (-60.0 - tip_c) / (0.8 * LEAD_S))  # a tip that follows a smooth reference
        tip_c += slope * TICK_MS * 0.001
    regulated = demands[demands.index(next(d for d in demands if d < 1.0)):]
    assert max(abs(b - a) for a, b in zip(regulated, regulated[1:], strict=False)) < 0.05


def test_a_start_forgets_the_past() -> None:
    used, fresh = holding(), Regulator()
    used.start()
    fresh.start()
    ticks = [(-60.0, -7.0), (-59.0, -2.0), (-59.5, 0.0)]
    assert [used.update(-60.0, estimate(*tick), TICK_MS) for tick in ticks] == [
        fresh.update(-60.0, estimate(*tick), TICK_MS) for tick in ticks]


def test_a_long_pause_moves_the_demand_by_no_more_than_a_short_one() -> None:
    paused, prompt = holding(), holding()
    assert paused.update(-60.0, estimate(-58.0), 600_000) <= prompt.update(
        -60.0, estimate(-58.0), 500) + 0.01


@pytest.mark.requirement("H-01")
@pytest.mark.parametrize(("value", "fraction"), [
    (math.nan, 0.0), (-math.inf, 0.0), (math.inf, 1.0), (-0.1, 0.0), (0.3, 0.3), (1.1, 1.0)])
def test_the_clamp_shuts_on_nan(value: float, fraction: float) -> None:
    assert clamp_fraction(value) == fraction


@pytest.mark.requirement("H-07")
@pytest.mark.parametrize("tip_c", [33.0, 41.0, 1e38, math.inf, math.nan])
def test_a_warm_or_unknown_tip_is_not_heated(tip_c: float) -> None:
    assert heat_fraction(estimate(tip_c)) == 0.0


def test_a_cold_tip_is_heated_fully() -> None:
    assert heat_fraction(estimate(-60.0)) == 1.0


@pytest.mark.requirement("H-07")
def test_a_tip_that_warms_fast_is_heated_less_before_it_is_warm() -> None:
    assert heat_fraction(estimate(27.0)) == 0.75
    assert heat_fraction(estimate(27.0, 4.0)) == 0.5
    assert heat_fraction(estimate(27.0, 14.0)) == 0.0


@pytest.mark.parametrize("slope", [-10.0, math.nan])
def test_a_tip_that_falls_or_of_which_no_slope_is_known_is_heated_as_it_is(slope: float) -> None:
    assert heat_fraction(estimate(27.0, slope)) == 0.75
