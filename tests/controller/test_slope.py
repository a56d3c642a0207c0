"""Slope: least squares over a window, thinned; what starts it anew and what it passes over."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.slope import Slope


def slope_of(*samples: tuple[float, int], window_ms: int = 1000, every_ms: int = 1) -> Slope:
    slope = Slope(window_ms, every_ms)
    for value, taken_ms in samples:
        slope.update(value, taken_ms)
    return slope


@given(st.floats(-100.0, 100.0), st.floats(-50.0, 50.0))
def test_the_slope_of_a_line_is_found(start: float, per_s: float) -> None:
    line = [(start + per_s * ms * 0.001, ms) for ms in range(0, 1000, 100)]
    assert slope_of(*line).per_s() == pytest.approx(per_s, abs=1e-9)


def test_a_slope_is_that_of_least_squares() -> None:
    assert slope_of((0.0, 0), (0.0, 100), (3.0, 200), (1.0, 400)).per_s() == pytest.approx(
        24.0 / 7.0)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_fewer_than_three_samples_make_no_slope(count: int) -> None:
    assert math.isnan(slope_of(*[(1.0, 100 * index) for index in range(count)]).per_s())


def test_three_samples_make_a_slope() -> None:
    assert slope_of((0.0, 0), (1.0, 100), (2.0, 200)).per_s() == pytest.approx(10.0)


def test_nan_starts_anew() -> None:
    slope = slope_of((0.0, 0), (1.0, 100), (2.0, 200), (math.nan, 300))
    assert (slope.at_ms, slope.values) == ([], [])


def test_forgetting_starts_anew() -> None:
    slope = slope_of((0.0, 0), (1.0, 100))
    slope.forget()
    slope.update(5.0, 50)
    assert (slope.at_ms, slope.values) == ([50], [5.0])


@pytest.mark.parametrize(("taken_ms", "kept"), [(499, False), (500, True), (0, False),
                                                (-1000, False)])
def test_a_sample_that_comes_too_soon_is_passed_over(taken_ms: int, kept: bool) -> None:
    slope = slope_of((0.0, 0), (1.0, taken_ms), window_ms=10_000, every_ms=500)
    assert (len(slope.values) == 2) is kept


def test_a_sample_of_just_the_windows_age_still_counts_and_an_older_one_does_not() -> None:
    slope = slope_of((0.0, 0), (1.0, 1), (2.0, 500), (3.0, 1001))
    assert (slope.at_ms, slope.values) == ([1, 500, 1001], [1.0, 2.0, 3.0])


@pytest.mark.parametrize(("newest_ms", "full"), [(899, False), (900, True), (1000, True)])
def test_it_is_full_from_nine_tenths_of_the_window(newest_ms: int, full: bool) -> None:
    assert slope_of((0.0, 0), (0.0, 500), (0.0, newest_ms)).is_full() is full


def test_two_samples_do_not_fill_it() -> None:
    assert not slope_of((0.0, 0), (0.0, 1000)).is_full()


def test_an_empty_one_is_not_full() -> None:
    assert not Slope(1000, 1).is_full()


def test_samples_of_one_moment_make_no_slope() -> None:
    slope = Slope(1000, 0)
    for value in (1.0, 2.0, 3.0):
        slope.update(value, 100)
    assert math.isnan(slope.per_s())
