"""The state machine: the table against a machine that runs, and what the table must never allow."""

import pytest

from controller.modes import (
    EVENT_NAMES,
    MODE_NAMES,
    MODES,
    TRANSITIONS,
    mode_row,
    next_mode,
)

SHUT_MODES = tuple(mode.name for mode in MODES if not mode.valve and not mode.heater)


@pytest.mark.parametrize("row", TRANSITIONS, ids="-".join)
def test_every_transition_leads_where_the_table_says(row: tuple[str, str, str]) -> None:
    mode, event, following = row
    assert next_mode(mode, event) == following
    assert {mode, following} <= set(MODE_NAMES)
    assert event in EVENT_NAMES


def test_no_pair_of_mode_and_event_stands_twice() -> None:
    pairs = [row[:2] for row in TRANSITIONS]
    assert len(pairs) == len(set(pairs))


def test_a_pair_that_is_not_in_the_table_leads_nowhere() -> None:
    pairs = {row[:2] for row in TRANSITIONS}
    for mode in MODE_NAMES:
        for event in EVENT_NAMES:
            assert bool(next_mode(mode, event)) == ((mode, event) in pairs)


@pytest.mark.requirement("H-01")
@pytest.mark.parametrize("mode", MODE_NAMES)
def test_stop_reaches_a_shut_mode_from_every_mode(mode: str) -> None:
    assert next_mode(mode, "stop") in SHUT_MODES


@pytest.mark.requirement("H-01")
@pytest.mark.parametrize("mode", MODE_NAMES)
def test_a_trip_reaches_fault_from_every_mode(mode: str) -> None:
    assert next_mode(mode, "trip") == "fault"


def test_only_the_check_and_a_freeze_may_open_the_valve() -> None:
    assert [mode.name for mode in MODES if mode.valve] == ["precheck", "freeze"]


def test_only_the_check_and_a_thaw_may_heat() -> None:
    assert [mode.name for mode in MODES if mode.heater] == ["precheck", "thaw"]


def test_only_the_check_may_cool_and_heat_in_its_steps() -> None:
    assert [mode.name for mode in MODES if mode.valve and mode.heater] == ["precheck"]


def test_a_freeze_that_is_given_up_leads_to_a_thaw() -> None:
    assert {row[0] for row in TRANSITIONS if row[1] == "spoiled"} == {"freeze", "precheck"}
    assert {row[2] for row in TRANSITIONS if row[1] == "spoiled"} == {"thaw"}


def test_a_freeze_begins_only_by_its_order_or_after_a_thaw_of_the_same_plan() -> None:
    assert {row[:2] for row in TRANSITIONS if row[2] == "freeze"} == {
        ("ready", "freeze"), ("thaw", "thawed")}


def test_only_the_proof_leads_to_ready() -> None:
    assert {row[:2] for row in TRANSITIONS if row[2] == "ready"} == {("precheck", "proven")}


def test_only_reset_leaves_fault_and_only_to_standby() -> None:
    assert [row for row in TRANSITIONS if row[0] == "fault" and row[2] != "fault"] == [
        ("fault", "reset", "standby")]


def test_every_mode_can_be_reached_from_standby() -> None:
    reached = {"standby"}
    while more := {row[2] for row in TRANSITIONS if row[0] in reached} - reached:
        reached |= more
    assert reached == set(MODE_NAMES)


def test_an_unknown_mode_is_a_programming_error() -> None:
    with pytest.raises(AssertionError):
        mode_row("service")
