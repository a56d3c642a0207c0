"""Machine: what a rig must have, and how its mode may change while a trip is latched."""

import pytest

from controller.alarms import Cause
from controller.interlocks import INTERLOCKS, row_named
from controller.limits import limits_from
from controller.machine import Machine
from controller.modes import EVENT_NAMES, MODE_NAMES, next_mode
from controller.records import CHANNELS, NOTHING_ASKED, Refused
from tests.controller.given import FITTED, PLANS, PROBE

MANDATORY = tuple(sorted({row.needs for row in INTERLOCKS if row.mandatory}))
TRIP = Cause("skin_cold", "high", True, "skin 1.0 °C")
PASSING = Cause("log", "medium", False, "no space left")


def machine(mode: str = "standby", fitted: tuple[str, ...] = FITTED) -> Machine:
    made = Machine(limits_from(), fitted, PLANS, PROBE)
    made.mode = mode
    made.now_ms = 5000
    made.treatment.load(PLANS[1])
    return made


@pytest.mark.requirement("H-03")
@pytest.mark.parametrize("channel", MANDATORY)
def test_a_rig_without_a_mandatory_channel_is_refused_with_its_row(channel: str) -> None:
    fitted = tuple(name for name in CHANNELS if name != channel)
    row = next(row for row in INTERLOCKS if row.needs == channel and row.mandatory)
    with pytest.raises(Refused) as refusal:
        machine(fitted=fitted)
    assert refusal.value.text == (
        f"the rig has no {channel}, and interlock {row.name} is mandatory")


def test_a_rig_with_only_the_mandatory_channels_is_taken() -> None:
    assert machine(fitted=MANDATORY).mode == "standby"


def test_tip_and_supply_are_mandatory() -> None:
    assert MANDATORY == ("supply_kpa", "tip_c")
    assert not row_named("estop").mandatory


def test_a_new_machine_stands_by_and_has_asked_for_nothing() -> None:
    made = Machine(limits_from(), FITTED, PLANS, PROBE)
    assert (made.mode, made.why, made.revision, made.now_ms) == ("standby", "started", 0, -1)
    assert made.tip_c != made.tip_c
    assert made.asked == NOTHING_ASKED
    assert made.unclean == ""
    assert Machine(limits_from(), FITTED, PLANS, PROBE, "killed").unclean == "killed"


@pytest.mark.parametrize("mode", MODE_NAMES)
@pytest.mark.parametrize("event", EVENT_NAMES)
def test_an_event_leads_where_the_table_says_or_is_refused(mode: str, event: str) -> None:
    following = next_mode(mode, event)
    made = machine(mode)
    if not following:
        with pytest.raises(Refused, match=f"{event} is not possible in mode {mode}"):
            made.enter(event, "why")
        assert made.mode == mode
        return
    assert made.enter(event, "why") == following + ": why"
    assert (made.mode, made.why) == (following, "why")


@pytest.mark.requirement("H-01")
@pytest.mark.parametrize("mode", MODE_NAMES)
@pytest.mark.parametrize("event", [event for event in EVENT_NAMES if event != "reset"])
def test_while_a_trip_is_latched_there_is_only_thaw_and_fault(mode: str, event: str) -> None:
    following = next_mode(mode, event)
    if not following:
        return
    made = machine(mode)
    made.alarms.update(5000, (PASSING, TRIP))
    made.enter(event, "why")
    assert made.mode == (following if following in ("thaw", "fault") else "fault")
    assert made.why == ("why" if following == made.mode else TRIP.reason)


def test_an_alarm_that_is_not_latched_holds_nothing() -> None:
    made = machine("ready")
    made.alarms.update(5000, (PASSING,))
    assert made.enter("freeze", "go") == "freeze: go"


def test_a_freeze_begins_a_cycle_of_the_dose_and_of_the_regulator() -> None:
    made = machine("ready")
    made.dose.cycle_ms = made.dose.total_ms = 700
    made.regulator.approach_ms = 700
    made.enter("freeze", "go")
    assert (made.dose.cycle_ms, made.dose.total_ms, made.regulator.approach_ms) == (0, 700, 0)


def test_no_other_mode_begins_a_cycle() -> None:
    made = machine("freeze")
    made.dose.cycle_ms = 700
    made.regulator.approach_ms = 700
    made.enter("frozen", "over")
    assert (made.dose.cycle_ms, made.regulator.approach_ms) == (700, 700)


def test_a_check_begins_at_its_first_step_and_now() -> None:
    made = machine("standby")
    made.precheck.index = 3
    made.enter("precheck", "go")
    assert (made.precheck.index, made.precheck.step_since_ms) == (0, 5000)


def test_no_other_mode_begins_the_check() -> None:
    made = machine("precheck")
    made.precheck.index = 3
    made.enter("stop", "stopped")
    assert made.precheck.index == 3


def test_the_treatment_hears_of_every_mode_and_when_it_began() -> None:
    made = machine("ready")
    made.enter("freeze", "go")
    assert (made.treatment.index, made.treatment.mode_since_ms) == (0, 5000)


def test_a_heater_that_is_fitted_is_known_to_the_treatment_and_the_check() -> None:
    without = machine(fitted=("tip_c", "supply_kpa"))
    assert (without.treatment.heater, without.precheck.heats) == (False, False)
    assert (machine().treatment.heater, machine().precheck.heats) == (True, True)
