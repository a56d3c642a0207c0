"""The estimator: best of two sensors, slope, and a jump that no tip can make."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.estimator import RIDDEN_MAX, RIDDEN_MS, Estimator, TipSensor
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


# The vote: whose bad sample is passed over.


class Watch:
    """An estimator with its time; a fault is given as the judged text of its sensor."""

    def __init__(self, fitted: tuple[str, ...] = FITTED) -> None:
        self.estimator = Estimator(LIMITS_IN_FORCE, fitted)
        self.now_ms = 0

    def see(self, a_c: float = -60.0, b_c: float = -60.0, fault_a: str = "", fault_b: str = "",
            dt_ms: int = 100) -> Estimate:
        self.now_ms += dt_ms
        return self.estimator.update(reading(self.now_ms, tip_c=a_c, tip_b_c=b_c), fault_a,
                                     fault_b)


def watch(fitted: tuple[str, ...] = FITTED) -> Watch:
    """Return a watch whose sensors have just agreed."""
    one = Watch(fitted)
    one.see()
    return one


@pytest.mark.requirement("tip_sensor")
def test_a_declared_fault_of_one_sensor_is_ridden_through_once() -> None:
    one = watch()
    ridden = one.see(fault_a=BAD)
    assert (ridden.ridden, ridden.tip_c, ridden.distrusted) == ("tip_c", -60.0, 1)
    assert one.see(fault_a=BAD).ridden == ""


@pytest.mark.requirement("tip_b_sensor")
def test_a_declared_fault_of_the_other_sensor_is_ridden_through_once() -> None:
    one = watch()
    assert one.see(fault_b=BAD).ridden == "tip_b_c"
    assert one.see(fault_b=BAD).ridden == ""


@pytest.mark.requirement("tip_step")
@pytest.mark.parametrize(("seen", "channel"), [({"a_c": 24.0}, "tip_c"),
                                               ({"b_c": 24.0}, "tip_b_c")])
def test_a_jump_of_one_sensor_is_ridden_through_once_and_is_no_step(
        seen: dict[str, float], channel: str) -> None:
    one = watch()
    ridden = one.see(**seen)
    assert (ridden.ridden, ridden.tip_step_c_per_s) == (channel, 0.0)
    again = one.see(**seen)
    assert (again.ridden, again.tip_step_c_per_s) == ("", pytest.approx(420.0))


def test_a_good_sample_between_two_bad_ones_allows_the_second() -> None:
    one = watch()
    one.see(fault_a=BAD)
    one.see()
    assert one.see(fault_a=BAD).ridden == "tip_c"


def test_after_a_bad_sample_of_one_the_other_may_be_ridden_through() -> None:
    one = watch()
    one.see(fault_a=BAD)
    one.see()
    assert one.see(fault_b=BAD).ridden == "tip_b_c"


@pytest.mark.requirement("tip_sensor")
def test_a_bad_sample_of_the_only_sensor_is_never_ridden_through() -> None:
    one = watch(ONE_SENSOR)
    assert one.see(fault_a=BAD).ridden == ""
    assert one.see(a_c=24.0).ridden == ""


@pytest.mark.requirement("tip_sensor")
def test_two_bad_samples_at_once_are_not_ridden_through() -> None:
    one = watch()
    gone = one.see(fault_a=BAD, fault_b=BAD)
    assert (gone.ridden, gone.distrusted) == ("", 2)


@pytest.mark.requirement("tip_disagree")
def test_a_sensor_that_disagreed_before_is_no_witness() -> None:
    one = watch()
    one.see(b_c=-56.9)
    assert one.see(fault_a=BAD, b_c=-56.9).ridden == ""


def test_a_difference_just_at_the_limit_is_still_agreement() -> None:
    one = watch()
    agreed = one.see(b_c=-57.0)
    assert (agreed.ab_difference_c, agreed.tip_c) == (3.0, -58.5)
    assert one.see(fault_a=BAD, b_c=-57.0).ridden == "tip_c"


def test_sensors_that_were_never_compared_vouch_for_nothing() -> None:
    assert Watch().see(fault_a=BAD).ridden == ""


@pytest.mark.requirement("tip_sensor")
def test_five_bad_samples_of_a_sensor_in_a_minute_are_ridden_through_and_no_sixth() -> None:
    one = watch()
    for _ in range(RIDDEN_MAX):
        assert one.see(fault_a=BAD).ridden == "tip_c"
        one.see()
    assert one.see(fault_a=BAD).ridden == ""
    one.see()
    assert one.see(fault_b=BAD).ridden == "tip_b_c"  # each sensor has its own count


def test_after_a_minute_a_bad_sample_is_forgotten() -> None:
    sensor = TipSensor()
    assert [sensor.may_ride(now_ms) for now_ms in (0, 1, 2, 3, 4, 5)] == [True] * 5 + [False]
    assert not sensor.may_ride(RIDDEN_MS - 1)
    assert sensor.may_ride(RIDDEN_MS)
    assert not sensor.may_ride(RIDDEN_MS)


def test_the_numbers_of_riding_through_are_five_in_a_minute() -> None:
    assert (RIDDEN_MAX, RIDDEN_MS) == (5, 60_000)


@pytest.mark.parametrize("age_ms", [2000, -10_000], ids=str)
def test_a_ridden_sample_of_any_age_does_not_stop_the_slope(age_ms: int) -> None:
    estimator = Estimator(LIMITS_IN_FORCE, FITTED)
    for now_ms in range(0, 2000, 100):
        one = ramp(30.0, -5.0, now_ms)
        if now_ms == 1000:
            estimator.update(one._replace(tip_c=Sample(20.0, age_ms, "")), BAD, "")
        else:
            seen = estimator.update(one, "", "")
    assert seen.slope_c_per_s == pytest.approx(-5.0)
    assert estimator.slope.at_ms[-1] == 1900
    assert 1000 in estimator.slope.at_ms


# The limits of a step.


def test_a_step_just_at_the_limit_is_believed() -> None:
    seen = after(reading(0, tip_c=0.0), reading(100, tip_c=-8.0), fitted=ONE_SENSOR)
    assert (seen.tip_c, seen.tip_step_c_per_s, seen.distrusted) == (-8.0, 80.0, 0)


def test_a_step_beyond_the_limit_is_not() -> None:
    seen = after(reading(0, tip_c=0.0), reading(100, tip_c=-8.1), fitted=ONE_SENSOR)
    assert math.isnan(seen.tip_c)
    assert (seen.tip_step_c_per_s, seen.distrusted) == (pytest.approx(81.0), 1)


@pytest.mark.parametrize("steps", [(-2.0, -4.0), (-4.0, -2.0)])
def test_the_step_is_that_of_the_worse_sensor(steps: tuple[float, float]) -> None:
    seen = after(reading(0, tip_c=0.0, tip_b_c=0.0),
                 reading(100, tip_c=steps[0], tip_b_c=steps[1]))
    assert seen.tip_step_c_per_s == pytest.approx(40.0)


def test_a_step_counts_the_age_of_the_samples() -> None:
    seen = after(reading(100, tip_c=Sample(0.0, 50, "")), reading(200, tip_c=Sample(-8.0, 100, "")),
                 fitted=ONE_SENSOR)
    assert seen.tip_step_c_per_s == pytest.approx(160.0)  # -8 °C in 50 ms


def test_another_value_with_an_old_stamp_counts_as_a_tick_younger_and_is_not_kept() -> None:
    sensor = TipSensor()
    sensor.keep(-60.0, 100)
    assert sensor.step_c_per_s(-60.0, 100) == 0.0
    assert sensor.step_c_per_s(24.0, 100) == 840.0
    assert sensor.step_c_per_s(24.0, 99) == 840.0
    assert sensor.step_c_per_s(-59.0, 101) == 1000.0
    one = watch(ONE_SENSOR)
    one.see(a_c=-61.0, dt_ms=0)
    assert one.estimator.a.value_c == -60.0


def test_a_sensor_that_was_never_seen_is_compared_with_nothing() -> None:
    assert TipSensor().step_c_per_s(24.0, 0) == 0.0


def test_a_sensor_that_was_first_seen_at_time_zero_is_compared() -> None:
    sensor = TipSensor()
    sensor.keep(-60.0, 0)
    assert sensor.step_c_per_s(-61.0, 1000) == 1.0


def test_after_a_jump_the_last_good_value_stays_the_measure() -> None:
    one = watch(ONE_SENSOR)
    one.see(a_c=24.0)
    assert one.see(a_c=-60.0).tip_step_c_per_s == 0.0
