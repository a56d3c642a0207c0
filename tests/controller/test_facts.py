"""Facts: how one sample and one contact are judged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.facts import contact_fault, sample_fault
from controller.records import NOT_FITTED, Sample
from tests.controller.given import NUMBERS_THAT_ARE_NONE


def judged(sample: Sample) -> str:
    return sample_fault("tip", sample, -150.0, 100.0, 300.0)


def test_a_fresh_sample_in_range_has_no_fault() -> None:
    assert judged(Sample(-60.0, 300, "")) == ""


@pytest.mark.requirement("H-03")
@pytest.mark.parametrize("value", NUMBERS_THAT_ARE_NONE)
def test_what_is_no_number_is_a_fault(value: float) -> None:
    assert "not a number" in judged(Sample(value, 0, ""))


@pytest.mark.parametrize("value", [9.9e37, -9.9e37, 9.91e37])
def test_an_instruments_overload_word_is_a_fault(value: float) -> None:
    assert "not a number" in judged(Sample(value, 0, ""))


@pytest.mark.parametrize("value", [-150.1, 100.1, 1e6])
def test_a_value_out_of_range_is_a_fault_that_names_the_range(value: float) -> None:
    assert "outside -150.0..100.0" in judged(Sample(value, 0, ""))


@pytest.mark.requirement("H-03")
@pytest.mark.parametrize("age_ms", [301, 10**9, -1])
def test_a_sample_of_the_wrong_age_is_a_fault_that_names_it(age_ms: int) -> None:
    assert f"{age_ms} ms old, not at most 300 ms" in judged(Sample(-60.0, age_ms, ""))


def test_what_the_device_says_comes_first() -> None:
    assert judged(Sample(float("nan"), 9999, "open thermocouple")) == "tip: open thermocouple"


@given(st.floats(), st.integers(-1000, 1000))
def test_whatever_passes_is_in_range_and_fresh(value: float, age_ms: int) -> None:
    if not judged(Sample(value, age_ms, "")):
        assert -150.0 <= value <= 100.0
        assert 0 <= age_ms <= 300


@pytest.mark.parametrize("value", [-150.0, 100.0])
@pytest.mark.parametrize("age_ms", [0, 300])
def test_the_ends_of_range_and_age_are_trusted(value: float, age_ms: int) -> None:
    assert judged(Sample(value, age_ms, "")) == ""


@pytest.mark.parametrize("value", [9.8e37, -9.8e37])
def test_a_huge_number_below_the_overload_word_is_out_of_range(value: float) -> None:
    assert "outside" in judged(Sample(value, 0, ""))


def contact(sample: Sample, wanted: float = 1.0) -> str:
    return contact_fault("e-stop", sample, 300.0, wanted, "otherwise")


@pytest.mark.requirement("estop")
@pytest.mark.parametrize("sample", [
    Sample(0.0, 0, ""), Sample(0.999, 0, ""), Sample(float("nan"), 0, ""), Sample(1.0, 301, ""),
    Sample(1.0, 0, "wire cut"), Sample(2.0, 0, ""), NOT_FITTED], ids=str)
def test_a_contact_is_closed_only_when_that_is_proven(sample: Sample) -> None:
    assert contact(sample)


@pytest.mark.parametrize("state", [0.0, 1.0])
def test_a_contact_that_is_as_wanted_has_no_fault(state: float) -> None:
    assert contact(Sample(state, 300, ""), state) == ""
    assert contact(Sample(state, 300, ""), 1.0 - state) == "otherwise"


@pytest.mark.parametrize("value", [-0.1, 1.1])
def test_a_contact_beyond_open_and_closed_is_out_of_range(value: float) -> None:
    assert contact(Sample(value, 0, "")).startswith("e-stop sensor reads")
