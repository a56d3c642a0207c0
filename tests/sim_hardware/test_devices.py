"""hal's contracts, met by a simulated probe in the same process."""

from math import nan

import pytest

from hal.errors import HalError
from hal.interface import UNITS
from sim_hardware.devices import CHANNEL_UNITS, SimHeater, SimSensor, SimSwitch, SimValve
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
        SimSensor(SimProbe(), "pedal")


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
    SimSwitch(probe).set_open(True, 300)
    assert probe.demanded().isolator_open
    probe.advance(300)
    assert not probe.demanded().isolator_open
