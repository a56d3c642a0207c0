"""The estimator: best of two sensors, slope, and a jump that no tip can make."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.estimator import Estimator
from controller.records import Estimate, Reading, Sample
from tests.controller.given import FITTED, LIMITS_IN_FORCE, reading

ONE_SENSOR = ("tip_c", "supply_kpa")
BAD = "open thermocouple"


def ramp(start_c: float, slope_c_per_s: float, now_ms: int) -> Reading:
    value_c = start_c + slope_c_per_s * now_ms * 0.001
    return reading(now_ms, tip_c=value_c, tip_b_c=value_c)


def after(*readings: Reading, fitted: tuple[str, ...] = FITTED) -> Estimate:
    """Return the estimate after `readings`, all of them without a declared fault."""
    estimator = Estimator(LIMITS_IN_FORCE, fitted)
    for one in readings:
        estimate = estimator.update(one, "", "")
    return estimate


def test_one_sensor_is_believed() -> None:
    assert after(reading(tip_c=-60.0), fitted=ONE_SENSOR).tip_c == -60.0


def test_one_sensor_does_not_disagree() -> None:
    assert after(reading(tip_c=-60.0), fitted=ONE_SENSOR).ab_difference_c == 0.0


def test_two_sensors_that_agree_are_averaged() -> None:
    assert after(reading(tip_c=-60.0, tip_b_c=-61.0)).tip_c == -60.5


@pytest.mark.requirement("H-06")
@pytest.mark.parametrize(("a_c", "b_c"), [(-60.0, -70.0), (-70.0, -60.0)])
def test_of_two_that_disagree_the_colder_is_believed(a_c: float, b_c: float) -> None:
    assert after(reading(tip_c=a_c, tip_b_c=b_c)).tip_c == -70.0


def test_the_difference_of_the_sensors_is_told_without_sign() -> None:
    assert after(reading(tip_c=-60.0, tip_b_c=-58.0)).ab_difference_c == 2.0


@pytest.mark.requirement("H-03")
@pytest.mark.parametrize(("fault_a", "fault_b", "tip_c"), [(BAD, "", -61.0), ("", BAD, -60.0)])
def test_with_one_sensor_failed_the_other_is_used(fault_a: str, fault_b: str,
                                                  tip_c: float) -> None:
    estimator = Estimator(LIMITS_IN_FORCE, FITTED)
    assert estimator.update(reading(tip_c=-60.0, tip_b_c=-61.0), fault_a, fault_b).tip_c == tip_c


@pytest.mark.requirement("H-03")
def test_with_one_sensor_failed_agreement_is_unknown() -> None:
    estimator = Estimator(LIMITS_IN_FORCE, FITTED)
    assert math.isnan(estimator.update(reading(), BAD, "").ab_difference_c)


@pytest.mark.requirement("H-03")
def test_with_both_sensors_failed_there_is_no_estimate() -> None:
    estimator = Estimator(LIMITS_IN_FORCE, FITTED)
    estimator.update(reading(0), "", "")
    gone = estimator.update(reading(100), BAD, BAD)
    assert math.isnan(gone.tip_c)
    assert math.isnan(gone.slope_c_per_s)


@pytest.mark.requirement("H-03")
def test_a_jump_that_no_tip_can_make_is_not_used() -> None:
    jumped = after(reading(0, tip_c=-60.0), reading(100, tip_c=24.0), fitted=ONE_SENSOR)
    assert math.isnan(jumped.tip_c)


@pytest.mark.requirement("H-03")
def test_a_jump_is_told_as_a_slope() -> None:
    jumped = after(reading(0, tip_c=-60.0), reading(100, tip_c=24.0), fitted=ONE_SENSOR)
    assert jumped.tip_step_c_per_s == pytest.approx(840.0)


def test_a_jump_of_one_sensor_leaves_the_other_in_charge() -> None:
    jumped = after(reading(0, tip_c=-60.0, tip_b_c=-60.0), reading(100, tip_c=24.0, tip_b_c=-60.0))
    assert jumped.tip_c == -60.0


def test_after_one_bad_sample_the_next_good_one_is_used() -> None:
    back = after(reading(0, tip_c=-60.0), reading(100, tip_c=24.0), reading(200, tip_c=-60.1),
                 fitted=ONE_SENSOR)
    assert back.tip_c == -60.1


def test_samples_that_were_passed_over_are_counted() -> None:
    back = after(reading(0, tip_c=-60.0), reading(100, tip_c=24.0), reading(200, tip_c=-60.1),
                 fitted=ONE_SENSOR)
    assert back.distrusted == 1


def test_after_a_declared_fault_the_next_value_is_compared_with_nothing() -> None:
    estimator = Estimator(LIMITS_IN_FORCE, ONE_SENSOR)
    estimator.update(reading(0, tip_c=-60.0), "", "")
    estimator.update(reading(100), BAD, "")
    assert estimator.update(reading(200, tip_c=24.0), "", "").tip_step_c_per_s == 0.0


@given(st.floats(-100.0, 40.0), st.floats(-60.0, 60.0))
def test_the_slope_of_a_straight_line_is_found(start_c: float, slope_c_per_s: float) -> None:
    line = [ramp(start_c, slope_c_per_s, now_ms) for now_ms in range(0, 1500, 100)]
    assert after(*line).slope_c_per_s == pytest.approx(slope_c_per_s, abs=1e-6)


def test_two_samples_make_no_slope() -> None:
    assert math.isnan(after(ramp(30.0, -5.0, 0), ramp(30.0, -5.0, 100)).slope_c_per_s)


def test_a_slope_looks_back_one_second_only() -> None:
    line = [ramp(30.0, -5.0, now_ms) for now_ms in range(0, 2100, 100)]
    flat = [reading(now_ms, tip_c=20.0, tip_b_c=20.0) for now_ms in range(2100, 3300, 100)]
    assert after(*line, *flat).slope_c_per_s == pytest.approx(0.0, abs=1e-9)


def test_a_sample_seen_twice_counts_once() -> None:
    old = [reading(now_ms, tip_c=Sample(20.0, now_ms, "")) for now_ms in (0, 100, 200)]
    assert math.isnan(after(*old, fitted=ONE_SENSOR).slope_c_per_s)


def test_a_clock_that_goes_back_gives_no_infinite_slope() -> None:
    back = after(ramp(30.0, 0.0, 0), ramp(30.0, 0.0, 500), ramp(30.0, 0.0, 100),
                 ramp(30.0, 0.0, 600))
    assert math.isfinite(back.slope_c_per_s)
