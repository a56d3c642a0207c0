"""STEPS: what each step of the check before use proves, how long it lasts and how it fails."""

import math

import pytest

from controller.facts import Facts
from controller.precheck import FAILS_AT_ONCE, FALL_C, HOLD_KPA, PULSE, RISE_C, STEPS, Precheck
from controller.records import Course
from tests.controller.given import FITTED, LIMITS_IN_FORCE, PROBE, reading
from tests.controller.test_interlocks import GOOD

FULL_SLPM = PROBE.full_flow_slpm
NAMES = tuple(step.name for step in STEPS)


class Check:
    """A check with its time, one tick of 100 ms per call; readings are as the test puts them."""

    def __init__(self, *lacking: str, at: str = "sensors") -> None:
        fitted = tuple(name for name in FITTED if name not in lacking)
        self.precheck = Precheck(LIMITS_IN_FORCE, fitted, PROBE)
        self.now_ms = 1000
        self.precheck.begin(self.now_ms)
        if at != "sensors":
            self.precheck.index = [step.name for step in self.precheck.steps].index(at)

    def tick(self, tip_c: float = 30.0, count: int = 1, facts: Facts = GOOD,
             **changes: float) -> Course:
        """Return the course of the last of `count` equal ticks."""
        for _ in range(count):
            self.now_ms += 100
            course = self.precheck.update(reading(self.now_ms, **changes), facts, tip_c)
            if course.event:
                break
        return course


def test_the_steps_are_these() -> None:
    assert NAMES == ("sensors", "leak", "isolator", "freeze", "shut", "thaw", "vent", "signals")
    assert [(step.valve_fraction, step.isolator_open) for step in STEPS] == [
        (0.0, False), (0.0, True), (PULSE, False), (PULSE, True), (0.0, True), (0.0, False),
        (0.0, False), (0.0, False)]
    assert [(step.ms_min, step.ms_max) for step in STEPS] == [
        (1000, 1000), (2000, 2000), (1500, 1500), (2500, 8000), (3000, 3000), (0, 300_000),
        (0, 5000), (1200, 1200)]
    assert (PULSE, RISE_C, FALL_C, HOLD_KPA) == (0.3, 1.5, 3.0, 100.0)
    assert FAILS_AT_ONCE == ("leak", "isolator")
    assert all(step.proves for step in STEPS)


@pytest.mark.parametrize(("lacking", "left_out"), [
    ("isolator", ["isolator"]), ("exhaust_kpa", ["vent"]), ("skin_c", [])])
def test_a_step_is_left_out_without_what_it_needs(lacking: str, left_out: list[str]) -> None:
    steps = [step.name for step in Check(lacking).precheck.steps]
    assert steps == [name for name in NAMES if name not in left_out]


@pytest.mark.parametrize(("step", "ticks"), [("sensors", 10), ("leak", 20), ("isolator", 15),
                                             ("shut", 30)])
def test_a_step_lasts_its_time_and_goes_on(step: str, ticks: int) -> None:
    check = Check(at=step)
    assert check.tick(count=ticks - 1).phase == step
    course = check.tick()
    assert (course.phase, course.event) == (NAMES[NAMES.index(step) + 1], "")
    assert check.precheck.step_since_ms == check.now_ms


def test_the_last_step_ends_the_check_as_proven() -> None:
    check = Check(at="signals")
    assert check.tick(count=11).event == ""
    assert check.tick().event == "proven"


def test_a_course_asks_for_no_temperature_and_heats_only_in_the_thaw() -> None:
    for step in STEPS:
        course = Check(at=step.name).tick(tip_c=4.0)
        assert (course.cycle, course.cycles) == (0, 0)
        assert math.isnan(course.target_c)
        assert math.isnan(course.time_left_s)
        assert course.heat is (course.phase == "thaw")


def test_without_a_heater_nothing_heats() -> None:
    assert not Check("heater", at="thaw").tick(tip_c=4.0).heat


# Nothing flows that should not.


@pytest.mark.parametrize("step", FAILS_AT_ONCE)
@pytest.mark.parametrize(("change", "why"), [
    ({"flow_slpm": 0.31}, "flow 0.3 L/min, not at most 0.3 L/min"),
    ({"flow_slpm": math.nan}, "flow nan L/min, not at most 0.3 L/min"),
    ({"tip_c": 26.9}, "tip fell from 30.0 to 26.9 °C"),
    ({"tip_c": math.nan}, "tip fell from 30.0 to nan °C"),
    ({"supply_kpa": 4899.9}, "supply fell from 5000 to 4900 kPa"),
    ({"supply_kpa": math.nan}, "supply fell from 5000 to nan kPa"),
], ids=str)
def test_what_must_not_happen_fails_in_its_tick(step: str, change: dict[str, float],
                                                why: str) -> None:
    check = Check(at=step)
    check.tick()
    assert check.tick(**change).event == "unproven"
    assert check.precheck.fault == f"check failed at {step}: {why}"


@pytest.mark.parametrize("step", FAILS_AT_ONCE)
@pytest.mark.parametrize("change", [{"flow_slpm": 0.3}, {"tip_c": 28.5}, {"supply_kpa": 4900.0}],
                         ids=str)
def test_what_is_just_allowed_fails_nothing(step: str, change: dict[str, float]) -> None:
    check = Check(at=step)
    check.tick()
    assert check.tick(**change).event == ""


def test_each_step_counts_its_falls_from_its_own_beginning() -> None:
    check = Check(at="leak")
    check.tick()
    assert check.tick(28.6, supply_kpa=4910.0, count=19).phase == "isolator"
    check.tick(28.6, supply_kpa=4910.0)
    assert check.tick(27.2, supply_kpa=4820.0).event == ""


def test_without_a_flow_meter_no_flow_is_looked_at() -> None:
    check = Check("flow_slpm", at="leak")
    check.tick()
    assert check.tick(flow_slpm=math.nan).event == ""


# The short freeze.


def frozen(fall_c: float = 4.0, share: float = 1.0, count: int = 25, *lacking: str) -> Check:
    """Return a check whose tip fell by `fall_c` in the freeze with `share` of the probe's flow."""
    check = Check(*lacking, at="freeze")
    check.tick(30.0)
    check.now_ms -= 100
    check.tick(30.0 - fall_c, count=count, flow_slpm=share * FULL_SLPM * PULSE)
    return check


@pytest.mark.parametrize(("count", "phase"), [(24, "freeze"), (25, "shut")])
def test_a_freeze_lasts_two_and_a_half_seconds(count: int, phase: str) -> None:
    assert frozen(count=count).precheck.step().name == phase


@pytest.mark.parametrize(("fall_c", "passed"), [(3.0, True), (2.99, False)])
def test_the_tip_must_fall(fall_c: float, passed: bool) -> None:
    check = frozen(fall_c, count=80)
    assert (check.precheck.step().name == "shut") is passed
    assert check.precheck.fault.startswith("check failed at freeze") is not passed


def test_a_tip_that_does_not_fall_fails_after_eight_seconds_and_no_sooner() -> None:
    assert frozen(1.0, count=79).precheck.fault == ""
    assert frozen(1.0, count=80).precheck.fault == (
        "check failed at freeze: tip fell by 1.0 °C, not at least 3.0 °C")


def test_an_unknown_tip_has_not_fallen() -> None:
    assert "tip fell by nan °C" in frozen(math.nan, count=80).precheck.fault


@pytest.mark.parametrize(("share", "passed"), [
    (0.5501, True), (0.5499, False), (1.5999, True), (1.6001, False), (math.nan, False)])
def test_the_flow_must_be_that_of_the_probe(share: float, passed: bool) -> None:
    assert (frozen(share=share, count=80).precheck.step().name == "shut") is passed


def test_a_wrong_flow_is_told_as_a_share() -> None:
    assert frozen(share=0.3, count=80).precheck.fault == (
        "check failed at freeze: flow is 0.30 times the probe's, not 0.55..1.60")


def test_the_full_flow_is_measured() -> None:
    check = frozen(share=0.9)
    assert check.precheck.measured_slpm == pytest.approx(0.9 * FULL_SLPM)
    assert check.precheck.passed() == (
        "check passed: tip fell by 4.0 °C and warmed again, full flow 10.8 L/min")


def test_without_a_flow_meter_the_full_flow_stays_unknown() -> None:
    check = frozen(4.0, math.nan, 25, "flow_slpm")
    assert check.precheck.step().name == "shut"
    assert math.isnan(check.precheck.measured_slpm)
    assert check.precheck.passed() == "check passed: tip fell by 4.0 °C and warmed again"


# Shut again, warm again, free again.


@pytest.mark.parametrize(("flow_slpm", "phase", "event"), [
    (0.3, "thaw", ""), (0.31, "shut", "unproven"), (math.nan, "shut", "unproven")])
def test_the_flow_must_have_ended_after_three_seconds(flow_slpm: float, phase: str,
                                                      event: str) -> None:
    check = Check(at="shut")
    check.tick(flow_slpm=3.0, count=29)  # may still flow until then
    course = check.tick(flow_slpm=flow_slpm)
    assert (course.phase, course.event) == (phase, event)


@pytest.mark.parametrize(("tip_c", "phase"), [(21.4, "thaw"), (21.5, "vent")])
def test_the_tip_must_warm_from_its_coldest(tip_c: float, phase: str) -> None:
    check = Check(at="shut")
    check.tick(25.0, count=10)
    check.tick(20.0)
    check.tick(21.0, count=19)
    assert check.tick(tip_c).phase == phase


def test_a_tip_that_goes_on_falling_in_the_thaw_must_warm_from_there() -> None:
    check = Check(at="shut")
    check.tick(20.0, count=30)
    check.tick(15.0)
    assert check.tick(16.4).phase == "thaw"
    assert check.tick(16.5).phase == "vent"


@pytest.mark.parametrize(("start_tip_c", "phase"), [
    (4.9, "thaw"), (5.0, "vent"), (math.nan, "thaw")])
def test_every_sensor_must_be_warm_enough_for_a_start(start_tip_c: float, phase: str) -> None:
    check = Check(at="shut")
    check.tick(3.0, count=30)
    assert check.tick(6.0, facts=GOOD._replace(start_tip_c=start_tip_c)).phase == phase


def test_a_tip_that_does_not_warm_fails_after_five_minutes() -> None:
    check = Check(at="shut")
    check.tick(20.0, count=30)
    assert check.tick(20.0, count=2999).event == ""
    assert check.tick(20.0).event == "unproven"
    assert check.precheck.fault == "check failed at thaw: tip 20.0 °C, coldest 20.0 °C"


@pytest.mark.parametrize(("exhaust_kpa", "phase"), [(30.0, "signals"), (30.1, "vent"),
                                                    (math.nan, "vent")])
def test_the_exhaust_must_be_free(exhaust_kpa: float, phase: str) -> None:
    assert Check(at="vent").tick(exhaust_kpa=exhaust_kpa).phase == phase


def test_an_exhaust_that_stays_blocked_fails_after_five_seconds() -> None:
    check = Check(at="vent")
    assert check.tick(exhaust_kpa=31.0, count=49).event == ""
    assert check.tick(exhaust_kpa=31.0).event == "unproven"
    assert check.precheck.fault == (
        "check failed at vent: exhaust 31.0 kPa, not at most 30.0 kPa")


# Anew.


def test_a_new_check_forgets_the_old_one() -> None:
    check = frozen()
    check.precheck.fault = "x"
    check.precheck.begin(9000)
    assert (check.precheck.index, check.precheck.fault, check.precheck.step_since_ms) == (
        0, "", 9000)
    assert math.isnan(check.precheck.measured_slpm)
    assert math.isnan(check.precheck.from_c)
