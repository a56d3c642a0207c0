"""The treatment: what a plan may ask for, and how its phases follow each other."""

import math

import pytest

from controller.limits import limits_from
from controller.records import Cycle, Plan, Refused
from controller.treatment import CYCLES_MAX, THAW_TO_C, Treatment, plan_text, target_fault
from tests.controller.given import LIMITS_IN_FORCE, NUMBERS_THAT_ARE_NONE, TWO_CYCLES

GOOD = Cycle(-60.0, 90.0, "passive", 30.0, -20.0)


def treatment(plan: Plan = TWO_CYCLES, heater: bool = True) -> Treatment:
    loaded = Treatment(LIMITS_IN_FORCE, heater)
    loaded.load(plan)
    return loaded


def freezing(now_ms: int = 0) -> Treatment:
    running = treatment()
    running.begin()
    running.enter("freeze", now_ms)
    return running


def thawing(cycle: Cycle, now_ms: int = 0) -> Treatment:
    running = treatment(Plan("p", (cycle, GOOD)))
    running.begin()
    running.enter("freeze", 0)
    running.enter("thaw", now_ms)
    return running


@pytest.mark.requirement("H-06")
@pytest.mark.parametrize("target_c", [-80.1, -9.9, 37.0, *NUMBERS_THAT_ARE_NONE])
def test_a_target_outside_the_limits_is_refused_with_them(target_c: float) -> None:
    assert "outside -80.0..-10.0 °C" in target_fault(target_c, LIMITS_IN_FORCE)


@pytest.mark.parametrize("target_c", [-80.0, -10.0, -60.0])
def test_a_target_within_the_limits_is_granted(target_c: float) -> None:
    assert target_fault(target_c, LIMITS_IN_FORCE) == ""


BAD_CYCLES = (
    (GOOD._replace(target_c=-95.0), "target -95.0 °C is outside -80.0..-10.0 °C"),
    (GOOD._replace(hold_s=0.5), "hold 0.5 s is outside 1.0..240.0 s"),
    (GOOD._replace(hold_s=241.0), "hold 241.0 s is outside 1.0..240.0 s"),
    (GOOD._replace(hold_s=math.nan), "hold nan s"),
    (GOOD._replace(thaw_s=-1.0), "thaw -1.0 s is outside 0.0..600.0 s"),
    (GOOD._replace(thaw_s=601.0), "thaw 601.0 s"),
    (GOOD._replace(thaw_s=math.nan), "thaw nan s"),
    (GOOD._replace(thaw_to_c=36.0), "thaw to 36.0 °C is outside -60.0..35.0 °C"),
    (GOOD._replace(thaw_to_c=math.nan), "thaw to nan °C"),
    (GOOD._replace(thaw="quick"), "thaw is passive or active, not quick"),
)


@pytest.mark.parametrize(("cycle", "why"), BAD_CYCLES, ids=lambda part: part if isinstance(
    part, str) else "")
def test_a_cycle_that_breaks_a_limit_is_refused_with_its_number(cycle: Cycle, why: str) -> None:
    with pytest.raises(Refused) as refusal:
        treatment(Plan("p", (GOOD, cycle)))
    assert refusal.value.text.startswith("cycle 2: " + why)


def test_an_active_thaw_needs_a_heater() -> None:
    with pytest.raises(Refused, match="needs a heater"):
        treatment(Plan("p", (GOOD._replace(thaw="active"),)), heater=False)


@pytest.mark.parametrize("count", [0, CYCLES_MAX + 1])
def test_a_plan_with_no_or_too_many_cycles_is_refused(count: int) -> None:
    with pytest.raises(Refused, match=r"1\.\.8 cycles"):
        treatment(Plan("p", (GOOD._replace(hold_s=1.0),) * count))


@pytest.mark.requirement("H-08")
def test_holds_that_add_up_to_too_much_are_refused() -> None:
    with pytest.raises(Refused, match=r"add up to 630\.0 s, not at most 600\.0 s"):
        treatment(Plan("p", (GOOD,) * 7))


def test_a_refused_plan_leaves_the_loaded_one() -> None:
    loaded = treatment()
    with pytest.raises(Refused):
        loaded.load(Plan("p", ()))
    assert loaded.plan == TWO_CYCLES


def test_a_freeze_begins_with_the_approach() -> None:
    course = freezing().update("freeze", 30.0, 100)
    assert (course.phase, course.cycle, course.cycles, course.target_c) == (
        "approach", 1, 2, -60.0)


def test_the_hold_begins_within_one_degree_of_the_target() -> None:
    running = freezing()
    assert running.update("freeze", -58.9, 100).phase == "approach"
    assert running.update("freeze", -59.0, 200).phase == "hold"


def test_a_hold_goes_on_when_the_tip_warms_again() -> None:
    running = freezing()
    running.update("freeze", -60.0, 100)
    assert running.update("freeze", -50.0, 200).phase == "hold"


def test_a_hold_counts_from_its_first_sample() -> None:
    running = freezing()
    running.update("freeze", -60.0, 100)
    assert running.update("freeze", -60.0, 2100).time_left_s == 3.0


def test_a_hold_ends_when_its_time_is_over() -> None:
    running = freezing()
    running.update("freeze", -60.0, 100)
    assert running.update("freeze", -60.0, 5099).event == ""
    assert running.update("freeze", -60.0, 5100).event == "frozen"


@pytest.mark.requirement("H-03")
def test_an_unknown_tip_begins_no_hold() -> None:
    assert freezing().update("freeze", math.nan, 100).phase == "approach"


@pytest.mark.requirement("H-03")
def test_an_unknown_tip_ends_no_thaw() -> None:
    assert thawing(GOOD).update("thaw", math.nan, 599_999).event == ""


@pytest.mark.parametrize(("tip_c", "now_ms", "event"), [
    (-19.0, 29_999, ""), (-21.0, 30_000, ""), (-20.0, 30_000, "thawed")])
def test_a_thaw_ends_by_time_and_temperature(tip_c: float, now_ms: int, event: str) -> None:
    assert thawing(GOOD).update("thaw", tip_c, now_ms).event == event


def test_a_thaw_that_lasts_too_long_ends_the_plan() -> None:
    assert thawing(GOOD).update("thaw", -30.0, 600_000).event == "finished"


def test_the_last_thaw_finishes_the_plan() -> None:
    running = treatment(Plan("p", (GOOD,)))
    running.begin()
    running.enter("freeze", 0)
    running.enter("thaw", 0)
    assert running.update("thaw", 0.0, 30_000).event == "finished"


@pytest.mark.parametrize(("thaw", "heat"), [("active", True), ("passive", False)])
def test_only_an_active_thaw_heats(thaw: str, heat: bool) -> None:
    assert thawing(GOOD._replace(thaw=thaw)).update("thaw", -30.0, 100).heat is heat


@pytest.mark.parametrize("heater", [True, False])
def test_a_thaw_by_hand_heats_when_there_is_a_heater(heater: bool) -> None:
    by_hand = Treatment(LIMITS_IN_FORCE, heater)
    by_hand.enter("thaw", 0)
    course = by_hand.update("thaw", -30.0, 100)
    assert (course.heat, course.target_c) == (heater, THAW_TO_C)


@pytest.mark.parametrize("mode", ["standby", "precheck", "ready", "done", "fault"])
def test_outside_freeze_and_thaw_nothing_is_wanted(mode: str) -> None:
    course = freezing().update(mode, -60.0, 100)
    assert (course.phase, course.heat, course.event) == ("", False, "")
    assert math.isnan(course.target_c)


def test_a_new_target_holds_for_every_cycle() -> None:
    loaded = treatment()
    loaded.retarget(-50.0)
    assert [cycle.target_c for cycle in loaded.plan.cycles] == [-50.0, -50.0]


def test_an_operator_is_shown_every_cycle_and_the_revision() -> None:
    assert plan_text(treatment().plan, 7) == (
        "plan two, revision 7, cycle 1: -60.0 °C for 5 s, passive thaw; "
        "cycle 2: -60.0 °C for 5 s, active thaw")


def test_without_a_plan_that_is_said() -> None:
    assert plan_text(Treatment(limits_from(), True).plan, 0) == "no plan"
