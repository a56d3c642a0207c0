"""LIMITS: hard ranges that no configuration passes, and sets that do not contradict themselves."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.limits import LIMITS, Limit, Limits, limit_row, limits_fault, limits_from
from controller.records import Refused


@pytest.mark.requirement("H-06")
@pytest.mark.parametrize("row", LIMITS, ids=lambda row: row.name)
def test_no_limit_can_be_set_outside_its_hard_range(row: Limit) -> None:
    for value in (row.low - 0.1, row.high + 0.1, math.nan, math.inf, -math.inf, 1e38, -1e38):
        with pytest.raises(Refused, match=row.name):
            limits_from(((row.name, value),))


@pytest.mark.parametrize("row", LIMITS, ids=lambda row: row.name)
def test_every_default_is_within_its_hard_range(row: Limit) -> None:
    assert row.low <= row.default <= row.high


@pytest.mark.parametrize("row", LIMITS, ids=lambda row: row.name)
def test_every_limit_says_unit_meaning_and_source(row: Limit) -> None:
    assert bool(row.unit) is ("share" not in row.name)  # a share has none
    assert row.meaning
    assert row.source[:3] in ("[S]", "[G]", "[P]", "[C]")


def test_the_table_and_the_record_have_the_same_names_in_the_same_order() -> None:
    assert tuple(row.name for row in LIMITS) == Limits._fields


def test_without_changes_the_defaults_are_in_force() -> None:
    assert limits_from() == Limits(*[row.default for row in LIMITS])


def test_a_change_within_its_range_is_taken() -> None:
    assert limits_from((("tip_c_min", -95.0),)).tip_c_min == -95.0


def test_a_change_leaves_every_other_limit_alone() -> None:
    assert limits_from((("freeze_s_max", 300.0),)) == limits_from()._replace(freeze_s_max=300.0)


def test_an_unknown_limit_is_refused_by_name() -> None:
    with pytest.raises(Refused, match="no limit is called tip_floor"):
        limits_from((("tip_floor", -90.0),))


def test_a_refusal_says_value_unit_and_range() -> None:
    with pytest.raises(Refused, match=r"tip_c_min -120\.0 °C .* -100\.0\.\.-20\.0 °C") as refusal:
        limits_from((("tip_c_min", -120.0),))
    assert refusal.value.code == -222


@pytest.mark.parametrize("changes", [
    (("target_c_min", -94.0),),  # below the floor of -90
    (("tip_c_min", -50.0),),  # the floor above the coldest target
    (("target_c_max", -80.0),),
    (("supply_kpa_min", 5500.0), ("supply_kpa_max", 5500.0)),
    (("sensor_c_min", -100.0), ("tip_c_min", -100.0)),
    (("skin_c_min", 4.0),),
    (("ice_radius_mm_max", 6.0),),
    (("vent_kpa_max", 100.0), ("exhaust_kpa_max", 100.0)),
], ids=str)
def test_a_set_that_contradicts_itself_is_refused(changes: tuple[tuple[str, float], ...]) -> None:
    with pytest.raises(Refused, match="must be below"):
        limits_from(changes)


@given(st.sampled_from(LIMITS), st.floats())
def test_whatever_is_granted_is_within_its_hard_range(row: Limit, value: float) -> None:
    try:
        granted = getattr(limits_from(((row.name, value),)), row.name)
    except Refused:
        return
    assert row.low <= granted <= row.high


def test_a_row_that_does_not_exist_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        limit_row("tip_floor")


# Whether the limits in force are those of the start.


@pytest.mark.parametrize("index", range(2 * len(LIMITS)))
def test_limits_that_nobody_changed_have_no_fault(index: int) -> None:
    assert limits_fault(limits_from(), limits_from(), index) == ""


@pytest.mark.requirement("limits_changed")
@pytest.mark.parametrize("row", LIMITS, ids=lambda row: row.name)
def test_a_limit_that_changed_is_seen_whichever_row_is_looked_at(row: Limit) -> None:
    changed = limits_from()._replace(**{row.name: row.default + 0.001})
    assert limits_fault(changed, limits_from(), 0) == (
        "the limits are not those of the start any more")


@pytest.mark.requirement("limits_changed")
@pytest.mark.parametrize("index", range(len(LIMITS)))
def test_a_limit_outside_its_hard_range_is_found_in_its_turn(index: int) -> None:
    row = LIMITS[index]
    for value in (row.low - 0.5, row.high + 0.5):
        both = limits_from()._replace(**{row.name: value})  # the copy is damaged alike
        assert limits_fault(both, both, index) == f"limit {row.name} is {value:.1f} {row.unit}"
        assert limits_fault(both, both, index + 1) == ""
        assert limits_fault(both, both, index + len(LIMITS))


@pytest.mark.parametrize("row", LIMITS, ids=lambda row: row.name)
def test_both_ends_of_a_hard_range_are_no_fault(row: Limit) -> None:
    for value in (row.low, row.high):
        edge = limits_from()._replace(**{row.name: value})
        assert limits_fault(edge, edge, LIMITS.index(row)) == ""
