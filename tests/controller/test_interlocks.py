"""INTERLOCKS: every row, by the facts that break it; NaN proves nothing."""

import math

import pytest

from controller.facts import Facts
from controller.interlocks import (
    ALWAYS,
    AT_LEAST,
    AT_MOST,
    CLEAR,
    INTERLOCKS,
    NEVER,
    TITLES,
    Interlock,
    Interlocks,
    missing,
    row_named,
    served,
    unproven,
)
from controller.limits import Limits
from controller.modes import MODE_NAMES
from controller.records import CHANNELS
from controller.text import number
from tests.controller.given import FITTED, LIMITS_IN_FORCE

GOOD = Facts(
    estop_fault="", actuator_fault="", tip_fault="", tip_b_fault="", skin_fault="",
    supply_fault="", exhaust_fault="", flow_fault="", late_ms=0.0, slips=0.0,
    tip_step_c_per_s=0.0, ab_difference_c=0.0, tip_coldest_c=20.0, tip_warmest_c=20.0,
    start_tip_c=20.0, supply_kpa=5000.0, exhaust_kpa=50.0, freeze_s=0.0, total_freeze_s=0.0,
    unclean="")
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


def trips_in_time(row: Interlock, facts: Facts, mode: str, until_ms: int) -> list[list[str]]:
    """Return the names that tripped in each ms step from 0 to `until_ms` by 20."""
    interlocks = Interlocks(LIMITS_IN_FORCE, FITTED)
    return [[trip.name for trip in interlocks.check(facts, mode, now_ms)]
            for now_ms in range(0, until_ms + 1, 20)]


@pytest.mark.requirement("H-01")
@pytest.mark.parametrize("row", INTERLOCKS, ids=lambda row: row.name)
def test_every_row_trips_when_it_is_not_proven(row: Interlock) -> None:
    facts = facts_against(row, broken(row))
    for mode in row.armed:
        *before, last = trips_in_time(row, facts, mode, row.grace_ms)
        assert last == [row.name]
        assert not any(before)
    inhibited = Interlocks(LIMITS_IN_FORCE, FITTED).inhibits(facts)
    assert [trip.name for trip in inhibited] == [row.name]


@pytest.mark.requirement("H-03")
@pytest.mark.parametrize("row", NUMERIC, ids=lambda row: row.name)
def test_nan_proves_no_row(row: Interlock) -> None:
    facts = facts_against(row, math.nan)
    for mode in row.armed:
        assert row.name in trips_in_time(row, facts, mode, row.grace_ms)[-1]
    inhibited = Interlocks(LIMITS_IN_FORCE, FITTED).inhibits(facts)
    assert row.name in [trip.name for trip in inhibited]


@pytest.mark.parametrize("row", NUMERIC, ids=lambda row: row.name)
def test_the_limit_itself_is_still_proven(row: Interlock) -> None:
    facts = facts_against(row, getattr(LIMITS_IN_FORCE, row.limit))
    assert unproven(row, facts, LIMITS_IN_FORCE) == ""


@pytest.mark.parametrize("row", NUMERIC, ids=lambda row: row.name)
def test_a_reason_carries_value_limit_and_unit(row: Interlock) -> None:
    value = broken(row)
    reason = unproven(row, facts_against(row, value), LIMITS_IN_FORCE)
    assert f"{TITLES[row.fact]} {number(value)} {row.unit}, not {row.rule} " in reason
    assert reason.endswith(f"{number(getattr(LIMITS_IN_FORCE, row.limit))} {row.unit}")


@pytest.mark.parametrize("row", [row for row in ARMED if row.grace_ms], ids=lambda row: row.name)
def test_a_trip_after_a_grace_says_how_long(row: Interlock) -> None:
    interlocks = Interlocks(LIMITS_IN_FORCE, FITTED)
    facts = facts_against(row, broken(row))
    interlocks.check(facts, row.armed[0], 0)
    trip = interlocks.check(facts, row.armed[0], row.grace_ms)[0]
    assert trip.reason.endswith(f" for {row.grace_ms} ms")


@pytest.mark.parametrize("row", [row for row in ARMED if row.grace_ms], ids=lambda row: row.name)
def test_one_proven_tick_begins_the_grace_anew(row: Interlock) -> None:
    interlocks = Interlocks(LIMITS_IN_FORCE, FITTED)
    facts = facts_against(row, broken(row))
    interlocks.check(facts, row.armed[0], 0)
    interlocks.check(GOOD, row.armed[0], row.grace_ms - 1)
    assert interlocks.check(facts, row.armed[0], row.grace_ms) == ()


@pytest.mark.parametrize("row", INTERLOCKS, ids=lambda row: row.name)
def test_a_row_never_trips_in_a_mode_where_it_is_not_armed(row: Interlock) -> None:
    facts = facts_against(row, broken(row))
    for mode in MODE_NAMES:
        if mode not in row.armed:
            assert not any(trips_in_time(row, facts, mode, row.grace_ms + 100))


def test_good_facts_trip_nothing_in_any_mode() -> None:
    for mode in MODE_NAMES:
        assert Interlocks(LIMITS_IN_FORCE, FITTED).check(GOOD, mode, 0) == ()


def test_good_facts_inhibit_no_start() -> None:
    assert Interlocks(LIMITS_IN_FORCE, FITTED).inhibits(GOOD) == ()


@pytest.mark.parametrize("row", INTERLOCKS, ids=lambda row: row.name)
def test_a_row_is_complete(row: Interlock) -> None:
    assert row.fact in Facts._fields
    assert row.rule in (CLEAR, AT_LEAST, AT_MOST)
    assert row.limit in (("",) if row.rule == CLEAR else Limits._fields)
    assert row.needs in ("", *CHANNELS)
    assert set(row.armed) <= set(MODE_NAMES)
    assert row.hazard.startswith("H-")
    assert row.source


def test_no_name_stands_twice() -> None:
    names = [row.name for row in INTERLOCKS]
    assert len(names) == len(set(names))


@pytest.mark.requirement("H-01")
@pytest.mark.parametrize("row", [row for row in INTERLOCKS if row.armed != NEVER],
                         ids=lambda row: row.name)
def test_every_row_that_trips_is_armed_while_gas_may_flow(row: Interlock) -> None:
    assert "freeze" in row.armed


def test_the_emergency_stop_is_first_and_armed_always() -> None:
    assert (INTERLOCKS[0].name, INTERLOCKS[0].armed) == ("estop", ALWAYS)


def test_the_trip_that_stands_first_in_the_table_comes_first() -> None:
    facts = GOOD._replace(supply_kpa=0.0, estop_fault="pressed")
    trips = Interlocks(LIMITS_IN_FORCE, FITTED).check(facts, "freeze", 0)
    assert [trip.name for trip in trips] == ["estop", "supply_low"]


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
