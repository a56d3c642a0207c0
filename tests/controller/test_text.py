"""Numbers for people: own rounding, the same on every body."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.text import number


@pytest.mark.parametrize(("value", "text"), [
    (0.0, "0.0"), (-60.4, "-60.4"), (99.99, "100.0"), (1234.5, "1234.5"), (0.05, "0.1")])
def test_a_number_has_one_decimal_unless_told(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(("value", "text"), [(-91.25, "-91.3"), (91.25, "91.3"), (-0.25, "-0.3")])
def test_a_tie_is_rounded_away_from_zero(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize("value", [-0.0, -0.04])
def test_nothing_is_ever_minus_zero(value: float) -> None:
    assert number(value) == "0.0"


@pytest.mark.parametrize(("value", "text"), [
    (math.nan, "nan"), (math.inf, "inf"), (-math.inf, "-inf"), (1e38, "inf"), (-1e38, "-inf")])
def test_what_is_no_measurement_is_said_in_a_word(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(("digits", "text"), [(0, "3"), (2, "3.14"), (6, "3.141593")])
def test_decimals_can_be_chosen(digits: int, text: str) -> None:
    assert number(math.pi, digits) == text


@given(st.floats(-1e6, 1e6), st.integers(0, 6))
def test_a_written_number_is_within_half_of_its_last_digit(value: float, digits: int) -> None:
    assert abs(float(number(value, digits)) - value) <= 0.5001 * 10.0 ** -digits


@given(st.floats())
def test_every_float_can_be_written(value: float) -> None:
    assert number(value)
