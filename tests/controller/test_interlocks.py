"""INTERLOCKS: every row, by the facts that break it; NaN proves nothing."""

import math

import pytest

from controller.dose import Dose
from controller.facts import Facts
from controller.interlocks import (
    ALWAYS,
    AT_LEAST,
    AT_MOST,
    CLEAR,
    ENDING,
    INHIBIT,
    INTERLOCKS,
    ISOLATE,
    NEVER,
    RESPONSE_NAMES,
    RESPONSES,
    SHUT,
    SHUTTING,
    THAW,
    TITLES,
    WARN,
    Finding,
    Interlock,
    Interlocks,
    missing,
    row_named,
    served,
    unproven,
)
from controller.limits import Limits
from controller.modes import MODE_NAMES
from controller.records import CHANNELS, NOTHING_ASKED
from controller.senses import Senses
from controller.signals import PRIORITIES
from controller.text import number
from tests.controller.given import FITTED, LIMITS_IN_FORCE, PROBE, TICK_MS, reading

GOOD = Senses(LIMITS_IN_FORCE, FITTED, PROBE).update(
    reading(), Dose(PROBE), NOTHING_ASKED, "")[0]._replace(
        check_fault="", check_age_s=0.0)  # as after the check before use
ALL = (*CHANNELS, "heater", "isolator", "estop_test")
NUMERIC = tuple(row for row in INTERLOCKS if row.rule != CLEAR)
ARMED = tuple(row for row in INTERLOCKS if row.armed)


def broken(row: Interlock) -> object:
    """Return a value of the row's fact that breaks this row and no other."""
    if row.rule == CLEAR:
        return "the wire is cut"
    limit = getattr(LIMITS_IN_FORCE, row.limit)
    return limit - 1.0 if row.rule == AT_LEAST else limit + 1.0


def facts_against(row: Interlock, value: object) -> Facts:
    return GOOD._replace(**{row.fact: value})


def names(found: tuple[Finding, ...]) -> list[str]:
    return [finding.row.name for finding in found]


def armed_for_long(row: Interlock, mode: str) -> tuple[Interlocks, int]:
    """Return interlocks that have seen good facts in `mode`, and when the row is armed."""
    interlocks = Interlocks(LIMITS_IN_FORCE, ALL)
    interlocks.check(GOOD, mode, 0)
    return interlocks, row.arms_after_ms


def trips_in_time(row: Interlock, facts: Facts, mode: str, for_ms: int) -> list[list[str]]:
    """Return what tripped in each step of 20 ms, once the row is armed, until `for_ms`."""
    interlocks, from_ms = armed_for_long(row, mode)
    return [names(interlocks.check(facts, mode, now_ms))
            for now_ms in range(from_ms, from_ms + for_ms + 1, 20)]


@pytest.mark.requirement("H-01")
@pytest.mark.parametrize("row", INTERLOCKS, ids=lambda row: row.name)
def test_every_row_trips_when_its_grace_is_over_and_not_before(row: Interlock) -> None:
    facts = facts_against(row, broken(row))
    for mode in row.armed:
        *before, last = trips_in_time(row, facts, mode, row.grace_ms)
        assert last == [row.name]
        assert not any(before)


@pytest.mark.requirement("H-01")
@pytest.mark.parametrize("row", INTERLOCKS, ids=lambda row: row.name)
def test_every_row_inhibits_a_start_at_once(row: Interlock) -> None:
    inhibited = Interlocks(LIMITS_IN_FORCE, ALL).inhibits(facts_against(row, broken(row)))
    assert [trip.name for trip in inhibited] == [row.name]


@pytest.mark.requirement("H-03")
@pytest.mark.parametrize("row", NUMERIC, ids=lambda row: row.name)
def test_nan_proves_no_row(row: Interlock) -> None:
    facts = facts_against(row, math.nan)
    for mode in row.armed:
        assert row.name in trips_in_time(row, facts, mode, row.grace_ms)[-1]
    inhibited = Interlocks(LIMITS_IN_FORCE, ALL).inhibits(facts)
    assert row.name in [trip.name for trip in inhibited]


@pytest.mark.requirement("H-03")
@pytest.mark.parametrize("row", NUMERIC, ids=lambda row: row.name)
def test_a_hair_beyond_the_limit_is_not_proven(row: Interlock) -> None:
    limit = getattr(LIMITS_IN_FORCE, row.limit)
    beyond = math.nextafter(limit, -math.inf if row.rule == AT_LEAST else math.inf)
    assert unproven(row, facts_against(row, beyond), LIMITS_IN_FORCE)


@pytest.mark.parametrize("row", NUMERIC, ids=lambda row: row.name)
def test_the_limit_itself_is_still_proven(row: Interlock) -> None:
    facts = facts_against(row, getattr(LIMITS_IN_FORCE, row.limit))
    assert unproven(row, facts, LIMITS_IN_FORCE) == ""


@pytest.mark.parametrize("row", NUMERIC, ids=lambda row: row.name)
def test_a_reason_carries_value_limit_and_unit(row: Interlock) -> None:
    value = broken(row)
    reason = unproven(row, facts_against(row, value), LIMITS_IN_FORCE)
    digits = 2 if row.unit in ("times", "L/min") else 1
    assert f"{TITLES[row.fact]} {number(value, digits)} {row.unit}, not {row.rule} " in reason
    assert reason.endswith(f"{number(getattr(LIMITS_IN_FORCE, row.limit), digits)} {row.unit}")


@pytest.mark.parametrize("row", [row for row in ARMED if row.grace_ms], ids=lambda row: row.name)
def test_a_trip_after_a_grace_says_how_long(row: Interlock) -> None:
    interlocks, now_ms = armed_for_long(row, row.armed[0])
    facts = facts_against(row, broken(row))
    interlocks.check(facts, row.armed[0], now_ms)
    finding = interlocks.check(facts, row.armed[0], now_ms + row.grace_ms)[0]
    assert f" for {row.grace_ms} ms" in finding.reason


@pytest.mark.parametrize("row", [row for row in ARMED if not row.grace_ms],
                         ids=lambda row: row.name)
def test_a_trip_without_grace_names_no_time(row: Interlock) -> None:
    interlocks, now_ms = armed_for_long(row, row.armed[0])
    finding = interlocks.check(facts_against(row, broken(row)), row.armed[0], now_ms)[0]
    assert " for 0 ms" not in finding.reason


@pytest.mark.requirement("H-01")
@pytest.mark.parametrize("row", ARMED, ids=lambda row: row.name)
def test_only_what_software_may_be_unable_to_shut_asks_for_the_cylinder(row: Interlock) -> None:
    interlocks, now_ms = armed_for_long(row, row.armed[0])
    facts = facts_against(row, broken(row))
    interlocks.check(facts, row.armed[0], now_ms)
    finding = interlocks.check(facts, row.armed[0], now_ms + row.grace_ms)[0]
    asks = finding.reason.endswith("; close the cylinder by hand")
    assert asks is (row.response == ISOLATE)


@pytest.mark.parametrize("row", [row for row in ARMED if row.grace_ms], ids=lambda row: row.name)
def test_one_proven_tick_begins_the_grace_anew(row: Interlock) -> None:
    interlocks, now_ms = armed_for_long(row, row.armed[0])
    facts = facts_against(row, broken(row))
    interlocks.check(facts, row.armed[0], now_ms)
    interlocks.check(GOOD, row.armed[0], now_ms + row.grace_ms - 1)
    assert interlocks.check(facts, row.armed[0], now_ms + row.grace_ms) == ()


@pytest.mark.parametrize("row", INTERLOCKS, ids=lambda row: row.name)
def test_a_row_never_trips_in_a_mode_where_it_is_not_armed(row: Interlock) -> None:
    facts = facts_against(row, broken(row))
    for mode in MODE_NAMES:
        if mode not in row.armed:
            assert not any(trips_in_time(row, facts, mode, row.grace_ms + 100))


def test_good_facts_trip_nothing_in_any_mode() -> None:
    for mode in MODE_NAMES:
        assert Interlocks(LIMITS_IN_FORCE, ALL).check(GOOD, mode, 0) == ()


def test_good_facts_inhibit_no_start() -> None:
    assert Interlocks(LIMITS_IN_FORCE, ALL).inhibits(GOOD) == ()


@pytest.mark.parametrize("row", INTERLOCKS, ids=lambda row: row.name)
def test_a_row_is_complete(row: Interlock) -> None:
    assert row.fact in Facts._fields
    assert row.rule in (CLEAR, AT_LEAST, AT_MOST)
    assert row.limit in (("",) if row.rule == CLEAR else Limits._fields)
    assert row.needs in ("", *CHANNELS)
    assert set(row.armed) <= set(MODE_NAMES)
    assert row.response in RESPONSE_NAMES
    assert row.priority in PRIORITIES
    assert row.rule == CLEAR or row.fact in TITLES
    assert row.hazard.startswith("H-")
    assert row.source


def test_no_name_stands_twice() -> None:
    names = [row.name for row in INTERLOCKS]
    assert len(names) == len(set(names))


@pytest.mark.requirement("H-01")
@pytest.mark.parametrize("row", [row for row in INTERLOCKS if row.response in ENDING],
                         ids=lambda row: row.name)
def test_every_row_that_ends_a_freeze_is_armed_in_it_and_latched(row: Interlock) -> None:
    assert "freeze" in row.armed or row.name in ("thaw_predicted", "no_warming")
    assert row.latched


@pytest.mark.parametrize("row", [row for row in INTERLOCKS if row.response not in ENDING],
                         ids=lambda row: row.name)
def test_a_row_that_ends_nothing_is_not_latched(row: Interlock) -> None:
    assert not row.latched


def test_a_row_that_only_inhibits_a_start_is_never_armed() -> None:
    assert {row.name for row in INTERLOCKS if row.armed == NEVER} == {
        row.name for row in INTERLOCKS if row.response == INHIBIT}


@pytest.mark.parametrize("row", ARMED, ids=lambda row: row.name)
def test_what_is_promised_leaves_a_tick_after_the_grace(row: Interlock) -> None:
    assert row.detect_ms >= row.grace_ms + TICK_MS


@pytest.mark.parametrize("row", [row for row in INTERLOCKS if row.armed == NEVER],
                         ids=lambda row: row.name)
def test_a_row_that_never_trips_promises_nothing(row: Interlock) -> None:
    assert (row.detect_ms, row.grace_ms, row.arms_after_ms) == (0, 0, 0)


def test_the_words_of_the_responses_are_told_apart() -> None:
    assert RESPONSE_NAMES == (SHUT, ISOLATE, THAW, INHIBIT, WARN)
    assert (SHUTTING, ENDING) == ((SHUT, ISOLATE), (SHUT, ISOLATE, THAW))
    assert all(meaning for _, meaning in RESPONSES)


def test_every_title_belongs_to_a_row() -> None:
    assert set(TITLES) <= {row.fact for row in INTERLOCKS}


# When a row is armed.

LATE = tuple(row for row in INTERLOCKS if row.arms_after_ms)
by_row = pytest.mark.parametrize("row", LATE, ids=lambda row: row.name)


@by_row
def test_a_row_does_not_trip_before_it_is_armed(row: Interlock) -> None:
    facts = facts_against(row, broken(row))
    for mode in row.armed:
        interlocks = Interlocks(LIMITS_IN_FORCE, ALL)
        trips_ms = [now_ms for now_ms in range(0, row.arms_after_ms + row.grace_ms + 1, 10)
                    if interlocks.check(facts, mode, now_ms)]
        assert trips_ms == [row.arms_after_ms + row.grace_ms]


@by_row
def test_going_on_to_another_armed_mode_does_not_disarm(row: Interlock) -> None:
    interlocks, now_ms = armed_for_long(row, row.armed[0])
    facts = facts_against(row, broken(row))
    interlocks.check(facts, row.armed[0], now_ms)
    assert names(interlocks.check(facts, row.armed[1], now_ms + row.grace_ms)) == [row.name]


def test_a_row_is_armed_anew_after_a_mode_in_which_it_was_not() -> None:
    row = LATE[0]._replace(armed=("freeze",))
    interlocks = Interlocks(LIMITS_IN_FORCE, ALL)
    interlocks.rows = (row,)
    facts = facts_against(row, broken(row))
    interlocks.check(GOOD, "freeze", 0)
    interlocks.check(GOOD, "thaw", 5000)
    assert interlocks.check(facts, "freeze", 6000) == ()
    assert interlocks.check(facts, "freeze", 6000 + row.arms_after_ms - 1) == ()
    interlocks.check(facts, "freeze", 6000 + row.arms_after_ms)
    assert interlocks.check(facts, "freeze", 6000 + row.arms_after_ms + row.grace_ms)


@pytest.mark.requirement("H-11")
@pytest.mark.parametrize("row", ARMED, ids=lambda row: row.name)
def test_a_clock_that_went_back_disarms_nothing(row: Interlock) -> None:
    interlocks = Interlocks(LIMITS_IN_FORCE, ALL)
    facts = facts_against(row, broken(row))
    interlocks.check(GOOD, row.armed[0], 10_000)
    interlocks.check(facts, row.armed[0], 5_000)
    assert names(interlocks.check(facts, row.armed[0], 5_000 + row.grace_ms)) == [row.name]


# Which rows are asked.


def test_inhibits_of_a_mode_are_the_rows_armed_in_it() -> None:
    interlocks = Interlocks(LIMITS_IN_FORCE, ALL)
    for row in INTERLOCKS:
        facts = facts_against(row, broken(row))
        for mode in MODE_NAMES:
            found = [trip.name for trip in interlocks.inhibits(facts, mode)]
            assert found == ([row.name] if mode in row.armed else [])


def test_inhibits_leaves_out_what_is_named() -> None:
    facts = GOOD._replace(pedal_fault="released", check_fault="not passed")
    found = Interlocks(LIMITS_IN_FORCE, ALL).inhibits(facts, "", ("pedal",))
    assert [trip.name for trip in found] == ["check"]


def test_inhibits_leaves_out_other_responses() -> None:
    facts = GOOD._replace(pedal_fault="released", log_fault="full", check_fault="not passed")
    found = Interlocks(LIMITS_IN_FORCE, ALL).inhibits(facts, "", (), SHUTTING)
    assert [trip.name for trip in found] == ["pedal"]


def test_an_inhibit_says_neither_grace_nor_cylinder() -> None:
    facts = GOOD._replace(shut_flow_slpm=1.0)
    found = Interlocks(LIMITS_IN_FORCE, ALL).inhibits(facts)
    assert [trip.reason for trip in found] == [
        "flow with the valve shut 1.00 L/min, not at most 0.30 L/min"]


def test_a_clear_row_gives_its_own_text() -> None:
    facts = GOOD._replace(tip_fault="tip: open")
    assert unproven(row_named("tip_sensor"), facts, LIMITS_IN_FORCE) == "tip: open"


def test_the_emergency_stop_is_first_and_armed_always() -> None:
    assert (INTERLOCKS[0].name, INTERLOCKS[0].armed) == ("estop", ALWAYS)


def test_the_trip_that_stands_first_in_the_table_comes_first() -> None:
    facts = GOOD._replace(supply_kpa=0.0, estop_fault="pressed")
    trips = Interlocks(LIMITS_IN_FORCE, ALL).check(facts, "freeze", 0)
    assert names(trips) == ["estop", "supply_low"]


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_row_is_either_served_or_missing(channel: str) -> None:
    fitted = tuple(name for name in CHANNELS if name != channel)
    assert {row.needs for row in missing(fitted)} <= {channel}
    assert sorted((*served(fitted), *missing(fitted))) == sorted(INTERLOCKS)


def test_a_row_is_found_by_its_name() -> None:
    assert [row_named(row.name) for row in INTERLOCKS] == list(INTERLOCKS)


def test_an_unknown_row_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        row_named("tip_hot")
