"""The dose: whole milliseconds of freezing, per cycle and per site."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.dose import Dose
from tests.controller.given import PROBE


def dose_of(*parts_ms: int) -> Dose:
    dose = Dose(PROBE)
    for part_ms in parts_ms:
        dose.update(True, -60.0, part_ms)
    return dose


@pytest.mark.requirement("H-08")
@given(st.lists(st.integers(0, 10**6)))
def test_the_dose_is_the_exact_sum_of_the_freezing_time(parts_ms: list[int]) -> None:
    assert dose_of(*parts_ms).total_ms == sum(parts_ms)


def test_time_without_gas_adds_nothing() -> None:
    dose = dose_of(500)
    dose.update(False, -60.0, 10000)
    assert (dose.cycle_ms, dose.total_ms) == (500, 500)


@pytest.mark.requirement("H-08")
def test_a_new_cycle_keeps_the_total() -> None:
    dose = dose_of(500)
    dose.new_cycle()
    dose.update(True, -60.0, 100)
    assert (dose.cycle_ms, dose.total_ms) == (100, 600)


def test_a_new_site_begins_at_zero() -> None:
    dose = dose_of(500)
    dose.new_site()
    assert (dose.cycle_ms, dose.total_ms) == (0, 0)
