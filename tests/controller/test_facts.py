"""Facts: how a sample is judged, and what the interlocks get to see of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.dose import Dose
from controller.facts import Facts, Senses, estop_fault, sample_fault
from controller.records import CHANNELS, NOT_FITTED, Sample
from tests.controller.given import (
    FITTED,
    LIMITS_IN_FORCE,
    NUMBERS_THAT_ARE_NONE,
    both_tips,
    reading,
)

FAULTS = (("tip_c", "tip_fault"), ("tip_b_c", "tip_b_fault"), ("skin_c", "skin_fault"),
          ("supply_kpa", "supply_fault"), ("exhaust_kpa", "exhaust_fault"),
          ("flow_slpm", "flow_fault"), ("estop", "estop_fault"))


def facts(fitted: tuple[str, ...] = FITTED, **changes: object) -> Facts:
    return Senses(LIMITS_IN_FORCE, fitted).update(reading(**changes), Dose(), "")[0]


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


@pytest.mark.requirement("H-01")
@pytest.mark.parametrize("sample", [
    Sample(0.0, 0, ""), Sample(0.999, 0, ""), Sample(float("nan"), 0, ""), Sample(1.0, 301, ""),
    Sample(1.0, 0, "wire cut"), NOT_FITTED], ids=str)
def test_the_emergency_stop_is_closed_only_when_that_is_proven(sample: Sample) -> None:
    assert estop_fault(sample, 300.0)


def test_a_closed_emergency_stop_is_no_fault() -> None:
    assert estop_fault(Sample(1.0, 0, ""), 300.0) == ""


@pytest.mark.parametrize(("channel", "fault"), FAULTS)
def test_a_bad_sample_is_the_fault_of_its_own_channel_only(channel: str, fault: str) -> None:
    seen = facts(**{channel: Sample(float("nan"), 0, "cable")})
    assert [name for name in Facts._fields if name.endswith("_fault") and getattr(seen, name)] == [
        fault]


def test_a_sound_reading_has_no_fault() -> None:
    seen = facts()
    assert not [name for name in Facts._fields if name.endswith("_fault") and getattr(seen, name)]


def test_a_channel_that_the_rig_lacks_has_no_fault() -> None:
    missing = dict.fromkeys(CHANNELS[1:], NOT_FITTED)
    seen = facts(("tip_c",), **missing)
    assert not [name for name in Facts._fields if name.endswith("_fault") and getattr(seen, name)]


@pytest.mark.requirement("H-06")
def test_the_coldest_is_the_colder_of_the_raw_sensors() -> None:
    assert facts(tip_c=-60.0, tip_b_c=-62.0).tip_coldest_c == -62.0


@pytest.mark.requirement("H-07")
def test_the_warmest_is_the_warmer_of_the_raw_sensors() -> None:
    assert facts(tip_c=38.0, tip_b_c=40.0).tip_warmest_c == 40.0


@pytest.mark.requirement("H-06")
def test_one_nan_makes_coldest_and_warmest_unknown() -> None:
    seen = facts(tip_c=-60.0, tip_b_c=float("nan"))
    assert seen.tip_coldest_c != seen.tip_coldest_c
    assert seen.tip_warmest_c != seen.tip_warmest_c


def test_the_dose_is_told_in_seconds() -> None:
    dose = Dose()
    dose.update(True, 1500)
    seen, _ = Senses(LIMITS_IN_FORCE, FITTED).update(reading(**both_tips(-60.0)), dose, "")
    assert (seen.freeze_s, seen.total_freeze_s) == (1.5, 1.5)


def test_how_the_last_run_ended_is_passed_on() -> None:
    seen, _ = Senses(LIMITS_IN_FORCE, FITTED).update(reading(), Dose(), "killed")
    assert seen.unclean == "killed"
