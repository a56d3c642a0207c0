"""SimProbe from outside: same bits however time is cut, leases to the millisecond, sensing."""

from math import inf, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim_hardware.plant.parameters import NOMINAL
from sim_hardware.probe import CHANNELS, SimProbe

CUTS = st.lists(st.integers(1, 700), min_size=1, max_size=12)


def freezing(seed: int = 1) -> SimProbe:
    probe = SimProbe(seed)
    probe.demand_isolator(True, None)
    probe.demand_valve(0.6, 1733)
    probe.schedule(997, "tip_offset", {"offset_c": 3.0})
    return probe


def bits(probe: SimProbe) -> list[str]:
    """Return everything that can be seen of the probe, exactly."""
    return [*(float(value).hex() for value in probe.truth()),
            *(probe.sense(channel).value.hex() for channel in CHANNELS)]


@settings(max_examples=40, deadline=None)
@given(CUTS)
def test_split_advances_equal_a_whole_one_bit_for_bit(cuts: list[int]) -> None:
    split, whole = freezing(), freezing()
    for dt_ms in cuts:
        split.advance(dt_ms)
    whole.advance(sum(cuts))
    assert bits(split) == bits(whole)


def test_the_same_seed_gives_the_same_bits() -> None:
    one, other = freezing(7), freezing(7)
    one.advance(3000)
    other.advance(3000)
    assert bits(one) == bits(other)


def test_another_seed_gives_another_noise_and_the_same_truth() -> None:
    one, other = freezing(7), freezing(8)
    one.advance(3000)
    other.advance(3000)
    assert one.sense("tip") != other.sense("tip")
    assert one.truth() == other.truth()


def test_reading_more_often_changes_nothing() -> None:
    greedy, lazy = freezing(), freezing()
    for _ in range(300):
        greedy.advance(10)
        for channel in CHANNELS:
            greedy.sense(channel)
    lazy.advance(3000)
    assert bits(greedy) == bits(lazy)


def test_a_sensor_fault_does_not_shift_the_noise_of_later_readings() -> None:
    broken, sound = freezing(), freezing()
    broken.inject("tip_b_open")
    for probe in (broken, sound):
        probe.advance(2000)
    broken.clear("tip_b_open")
    assert bits(broken) == bits(sound)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 3000), st.integers(1, 500))
def test_a_lease_ends_at_its_exact_millisecond(lease_ms: int, cut_ms: int) -> None:
    probe = SimProbe()
    probe.demand_valve(0.5, lease_ms)
    while probe.now_ms + cut_ms < lease_ms:
        probe.advance(cut_ms)
    probe.advance_to(lease_ms - 1)
    assert probe.demanded().valve_fraction == 0.5
    probe.advance(1)
    assert probe.demanded().valve_fraction == 0.0


def test_a_renewed_lease_counts_from_its_renewal() -> None:
    probe = SimProbe()
    probe.demand_heater(1.0, 500)
    probe.advance(400)
    probe.demand_heater(1.0, 500)
    probe.advance(499)
    assert probe.demanded().heater_fraction == 1.0
    probe.advance(1)
    assert probe.demanded().heater_fraction == 0.0


def test_an_output_without_a_lease_holds() -> None:
    probe = SimProbe()
    probe.demand_valve(0.4, 500)
    probe.demand_valve(0.4, None)
    probe.advance(5000)
    assert probe.demanded().valve_fraction == 0.4


def test_a_lease_of_nothing_has_ended() -> None:
    probe = SimProbe()
    probe.demand_isolator(True, 0)
    assert not probe.demanded().isolator_open


@pytest.mark.parametrize("fraction", [nan, inf, -inf, -0.1, 1.0001])
def test_a_nonsense_fraction_shuts(fraction: float) -> None:
    probe = SimProbe()
    probe.demand_valve(0.5, None)
    probe.demand_heater(0.5, None)
    probe.demand_valve(fraction, None)
    probe.demand_heater(fraction, None)
    assert probe.demanded().valve_fraction == 0.0
    assert probe.demanded().heater_fraction == 0.0


def test_no_gas_passes_a_shut_isolator() -> None:
    probe = SimProbe()
    probe.demand_valve(1.0, None)
    probe.advance(3000)
    assert probe.truth().valve_open_fraction == pytest.approx(1.0)
    assert probe.truth().flow_g_per_s == 0.0


def test_without_an_isolator_the_valve_alone_lets_gas_pass() -> None:
    probe = SimProbe(isolator_fitted=False)
    probe.demand_isolator(False, None)
    probe.demand_valve(1.0, None)
    probe.advance(3000)
    assert probe.truth().flow_g_per_s == pytest.approx(0.4, rel=0.02)


def test_the_age_of_a_sample_is_the_time_since_its_conversion() -> None:
    probe = SimProbe()
    probe.advance(NOMINAL.convert_ms + 33)
    assert probe.sense("tip").age_ms == 33


def test_a_value_stands_between_two_conversions() -> None:
    probe = SimProbe()
    probe.advance(60)
    early = probe.sense("tip").value
    probe.advance(39)
    assert probe.sense("tip").value == early


def test_the_thermocouple_steps_by_its_last_bit() -> None:
    assert (SimProbe().sense("tip").value * 128.0).is_integer()


def test_the_thermocouple_has_its_stated_noise() -> None:
    probe = SimProbe(parameters=NOMINAL._replace(thermocouple_noise_c=0.15))
    errors = []
    for _ in range(400):
        probe.advance(50)
        errors.append(probe.sense("tip").value - probe.truth().tip_c)
    sigma_c = (sum(error**2 for error in errors) / len(errors)) ** 0.5
    assert sigma_c == pytest.approx(0.15, rel=0.2)


def test_the_thermocouple_lags_behind_a_falling_tip() -> None:
    probe = SimProbe(parameters=NOMINAL._replace(thermocouple_noise_c=0.0))
    probe.demand_isolator(True, None)
    probe.demand_valve(1.0, None)
    probe.advance(5000)
    assert probe.sense("tip").value > probe.truth().tip_c + 1.0


def test_at_rest_every_channel_reads_what_a_warm_sound_probe_has() -> None:
    read = {channel: SimProbe().sense(channel).value for channel in CHANNELS}
    assert read["tip"] == pytest.approx(37.0, abs=1.0)
    assert read["tip_b"] == pytest.approx(37.0, abs=1.0)
    assert read["skin"] == pytest.approx(33.0, abs=1.0)
    assert read["supply"] == pytest.approx(4952.0, abs=20.0)
    assert read["exhaust"] == pytest.approx(0.0, abs=2.0)
    assert read["flow"] == pytest.approx(0.0, abs=0.2)
    assert read["estop"] == 1.0


def test_the_flow_of_the_open_valve_is_told_for_the_present_supply() -> None:
    probe = SimProbe()
    nominal_slpm = 0.4 * 60.0 / 1.977
    assert probe.valve_full_flow_slpm() == pytest.approx(nominal_slpm, rel=0.01)
    probe.inject("supply_loss", {"kpa": 1500.0})
    probe.advance(5000)
    assert probe.valve_full_flow_slpm() == pytest.approx(nominal_slpm * 16.01 / 50.53, rel=0.01)


def test_time_never_goes_back() -> None:
    probe = SimProbe()
    probe.advance(1000)
    probe.advance_to(400)
    assert probe.now_ms == 1000


def test_ice_grows_and_the_skin_stays_warm() -> None:
    probe = freezing()
    probe.demand_valve(0.6, None)
    probe.advance(60_000)
    truth = probe.truth()
    assert 1.0 < truth.ice_radius_m20c_mm < truth.ice_radius_0c_mm < 8.0
    assert probe.sense("skin").value > 20.0


def test_an_unknown_channel_is_a_programmers_mistake() -> None:
    with pytest.raises(KeyError):
        SimProbe().sense("tip_c")
