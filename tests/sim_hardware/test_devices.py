"""hal's contracts, met by a simulated probe in the same process."""

from math import nan

import pytest

from controller.alarms import Alarms, Cause
from controller.signals import lamp, tone_hz
from hal.errors import HalError
from hal.interface import COLOURS, UNITS
from sim_hardware.devices import (
    CHANNEL_UNITS,
    SHOWN_MAX,
    Shown,
    SimHeater,
    SimIndicator,
    SimSensor,
    SimSwitch,
    SimValve,
)
from sim_hardware.probe import CHANNELS, SimProbe


def test_every_channel_has_a_unit_of_the_contract() -> None:
    assert tuple(channel for channel, _ in CHANNEL_UNITS) == CHANNELS
    assert {unit for _, unit in CHANNEL_UNITS} <= set(UNITS)


def test_a_sensor_reads_its_channel() -> None:
    probe = SimProbe()
    assert SimSensor(probe, "supply").read() == probe.sense("supply")
    assert SimSensor(probe, "supply").unit == "kPa"


def test_a_sensor_of_no_channel_is_refused() -> None:
    with pytest.raises(KeyError):
        SimSensor(SimProbe(), "nerve")


def test_an_open_thermocouple_is_a_hal_error() -> None:
    probe = SimProbe()
    probe.inject("tip_open")
    with pytest.raises(HalError, match="tip: open thermocouple"):
        SimSensor(probe, "tip").read()


def test_a_valve_that_is_not_renewed_shuts() -> None:
    probe = SimProbe()
    valve = SimValve(probe)
    valve.open_to(0.7, 500)
    assert probe.demanded().valve_fraction == 0.7
    probe.advance(500)
    assert probe.demanded().valve_fraction == 0.0
    assert valve.silence == "closes"


def test_shut_shuts_at_once() -> None:
    probe = SimProbe()
    valve = SimValve(probe)
    valve.open_to(0.7, 500)
    valve.shut()
    assert probe.demanded().valve_fraction == 0.0


def test_nan_shuts_the_valve() -> None:
    probe = SimProbe()
    valve = SimValve(probe)
    valve.open_to(0.7, 500)
    valve.open_to(nan, 500)
    assert probe.demanded().valve_fraction == 0.0


def test_a_heater_warms_the_tip_until_its_lease_ends() -> None:
    probe = SimProbe()
    SimHeater(probe).heat_at(0.2, 500)
    probe.advance(500)
    assert probe.truth().heater_w == pytest.approx(2.0)
    probe.advance(100)
    assert probe.truth().heater_w == 0.0


def test_a_switch_closes_when_its_lease_ends() -> None:
    probe = SimProbe()
    SimSwitch(probe.demand_isolator).set_open(True, 300)
    assert probe.demanded().isolator_open
    probe.advance(300)
    assert not probe.demanded().isolator_open


@pytest.mark.requirement("H-07")
def test_a_heaters_relay_cuts_a_heater_that_is_stuck_and_opens_when_its_lease_ends() -> None:
    probe = SimProbe(heater_relay_fitted=True)
    relay = SimSwitch(probe.demand_heater_relay)
    probe.inject("heater_stuck")
    probe.advance(1000)
    assert probe.truth().heater_w == 0.0
    relay.set_open(True, 500)
    probe.advance(400)
    assert probe.truth().heater_w > 1.0
    probe.advance(500)
    assert probe.truth().heater_w == 0.0


def test_without_a_relay_a_heater_is_never_cut() -> None:
    probe = SimProbe()
    SimSwitch(probe.demand_heater_relay).set_open(False, 500)
    SimHeater(probe).heat_at(0.2, 500)
    probe.advance(400)
    assert probe.truth().heater_w > 1.0


def test_a_pedal_says_what_the_foot_does() -> None:
    probe = SimProbe()
    said = []
    for pressed in (False, True, False):
        probe.press_pedal(pressed)
        said.append(SimSensor(probe, "pedal").read().value)
    assert said == [0.0, 1.0, 0.0]


def test_the_converter_tells_its_own_temperature_and_the_probe_its_number() -> None:
    probe = SimProbe()
    assert SimSensor(probe, "cold_junction").read().value == pytest.approx(24.0, abs=1.0)
    assert SimSensor(probe, "probe_id").read().value == 1.0


def alarmed(priority: str, duration_ms: int, tick_ms: int = 100) -> list[Shown]:
    """Return what a lamp and a buzzer did while one alarm was there."""
    probe = SimProbe()
    indicator = SimIndicator(probe)
    alarms = Alarms()
    for _ in range(0, duration_ms, tick_ms):
        probe.advance(tick_ms)
        alarms.update(probe.now_ms, (Cause("x", priority, False, "why"),))
        signal = alarms.signal()
        indicator.show(*lamp(signal, probe.now_ms), tone_hz(signal, probe.now_ms))
    return list(indicator.shown)


def starts_ms(shown: list[Shown], field: str) -> list[int]:
    """Return when light or tone began."""
    return [now.now_ms for before, now in zip(shown, shown[1:])
            if getattr(now, field) and not getattr(before, field)]


@pytest.mark.requirement("IEC 60601-1-8")
@pytest.mark.parametrize("tick_ms", [20, 50, 100])
@pytest.mark.parametrize(("priority", "colour", "least_hz", "most_hz", "pulses"), [
    ("high", "red", 1.4, 2.8, 10), ("medium", "yellow", 0.4, 0.8, 3)])
def test_the_lamp_was_seen_flashing_and_the_burst_was_heard(
        priority: str, colour: str, least_hz: float, most_hz: float, pulses: int,
        tick_ms: int) -> None:
    shown = alarmed(priority, 12_000, tick_ms)
    assert {spell.colour for spell in shown} == {"", colour}
    lit = starts_ms(shown, "colour")
    for one_ms, next_ms in zip(lit, lit[1:]):
        assert least_hz <= 1000.0 / (next_ms - one_ms) <= most_hz
    dark = [spell.now_ms for before, spell in zip(shown, shown[1:])
            if before.colour and not spell.colour]
    for begins_ms, ends_ms, next_ms in zip(lit, dark, lit[1:]):
        assert 0.2 <= (ends_ms - begins_ms) / (next_ms - begins_ms) <= 0.6
    heard = starts_ms(shown, "tone_hz")
    assert heard[0] == lit[0] == tick_ms
    again_ms = next(b for a, b in zip(heard, heard[1:]) if b - a > 2500)
    assert sum(at < again_ms for at in heard) == pulses
    assert again_ms - heard[0] <= 15_000


def test_low_is_steady() -> None:
    assert starts_ms(alarmed("low", 10_000), "colour") == [100]
    assert {spell.colour for spell in alarmed("low", 10_000)[1:]} == {"yellow"}


def test_the_colours_are_those_of_the_contract() -> None:
    shown = [alarmed(priority, 200)[-1].colour for priority in ("high", "medium", "low", "info")]
    assert set(shown) == set(COLOURS)


def test_an_indicator_is_dark_and_silent_until_it_is_told() -> None:
    assert list(SimIndicator(SimProbe()).shown) == [Shown(0, "", 0.0)]


@pytest.mark.parametrize("tone_hz", [nan, -1.0, 0.0])
def test_what_is_no_tone_is_silence(tone_hz: float) -> None:
    indicator = SimIndicator(SimProbe())
    indicator.show("red", True, tone_hz)
    assert indicator.shown[-1] == Shown(0, "red", 0.0)


def test_what_was_shown_long_ago_is_forgotten() -> None:
    indicator = SimIndicator(SimProbe())
    for _ in range(SHOWN_MAX):
        indicator.show("red", True, 0.0)
        indicator.show("red", False, 0.0)
    assert len(indicator.shown) == SHOWN_MAX
