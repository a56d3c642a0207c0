"""tick(): sense -> step -> act -> record -> feed the watchdog. The same on desk, bench and board.

It does not decide anything: the controller does. Portable.
"""

from typing import NamedTuple

from controller.core import Controller
from controller.records import CHANNELS, NAN, NOT_FITTED, Command, Decision, Reading, Sample
from controller.signals import lamp, tone_hz
from hal.errors import HalError
from hal.interface import Clock, Heater, Indicator, Sensor, Switch, Valve, Watchdog

# What a rig is made of, once it is open.
Hardware = NamedTuple(
    "Hardware",
    [
        ("clock", Clock),
        ("sensors", "tuple[tuple[str, Sensor], ...]"),  # (channel of records.CHANNELS, sensor)
        ("valve", Valve),
        ("isolator", "Switch | None"),
        ("heater", "Heater | None"),
        ("heater_relay", "Switch | None"),  # in series with the heater: its second path
        ("indicator", "Indicator | None"),
        ("watchdog", Watchdog),
    ],
)


class Recorder:
    """Takes what happened in each tick. `write` never waits and never raises."""

    fault = ""  # why what happens is not being kept; "" while it is

    def write(self, reading: Reading, commands: "tuple[Command, ...]",
              decision: Decision) -> None:
        """Keep one tick."""
        raise NotImplementedError


# What the last tick could not do, each "" or why.
Faults = NamedTuple("Faults", [("actuator", str), ("log", str), ("indicator", str)])
NO_FAULTS = Faults("", "", "")


def sense(hardware: Hardware, now_ms: int, late_ms: int, slips: int, faults: Faults) -> Reading:
    """Read every sensor once. A failed read is NaN with the fault's text; only here."""
    samples = []
    for channel in CHANNELS:
        sample = NOT_FITTED
        for name, sensor in hardware.sensors:
            if name == channel:
                sample = _sample(sensor)
        samples.append(sample)
    (tip, tip_b, skin, supply, exhaust, flow, estop, cold_junction, pedal, probe_id) = samples
    return Reading(now_ms, late_ms, slips, tip, tip_b, skin, supply, exhaust, flow, estop,
                   cold_junction, pedal, probe_id, faults.actuator, faults.log, faults.indicator)


def _sample(sensor: Sensor) -> Sample:
    try:
        measured = sensor.read()
    except HalError as error:
        return Sample(NAN, 0, str(error) or "failed")
    return Sample(measured.value, measured.age_ms, "")


def act(hardware: Hardware, decision: Decision) -> str:
    """Put the decision out; return "" or which output did not arrive. One failure stops no other,
    and after a failure nothing is left open."""
    fault = _put_out(hardware, decision.valve_fraction, decision.heater_fraction,
                     decision.isolator_open, decision.heater_enabled, decision.lease_ms)
    if fault:
        _put_out(hardware, 0.0, 0.0, False, False, decision.lease_ms)
    return fault


def indicate(hardware: Hardware, decision: Decision) -> str:
    """Show and sound what the decision says; return "" or why that was not possible."""
    if hardware.indicator is None:
        return ""
    colour, is_lit = lamp(decision.signal, decision.now_ms)
    try:
        hardware.indicator.show(colour, is_lit, tone_hz(decision.signal, decision.now_ms))
    except HalError as error:
        return "indicator: " + str(error)
    return ""


def _put_out(hardware: Hardware, valve_fraction: float, heater_fraction: float,
             isolator_open: bool, heater_enabled: bool, lease_ms: int) -> str:
    fault = ""
    try:
        hardware.valve.open_to(valve_fraction, lease_ms)
    except HalError as error:
        fault = "valve: " + str(error)
    if hardware.heater is not None:
        try:
            hardware.heater.heat_at(heater_fraction, lease_ms)
        except HalError as error:
            fault = fault or "heater: " + str(error)
    if hardware.heater_relay is not None:
        try:
            hardware.heater_relay.set_open(heater_enabled, lease_ms)
        except HalError as error:
            fault = fault or "heater relay: " + str(error)
    if hardware.isolator is not None:
        try:
            hardware.isolator.set_open(isolator_open, lease_ms)
        except HalError as error:
            fault = fault or "isolator: " + str(error)
    return fault


class Loop:
    """Keeps the ticks on their absolute deadlines; missed ones are skipped and counted."""

    def __init__(self, hardware: Hardware, controller: Controller, recorder: Recorder,
                 tick_ms: int) -> None:
        self.hardware = hardware
        self.controller = controller
        self.recorder = recorder
        self.tick_ms = tick_ms
        self.deadline_ms = hardware.clock.now_ms() + tick_ms
        self.slips = 0
        self.faults = NO_FAULTS

    def wait(self) -> None:
        """Return when the next tick is due."""
        self.hardware.clock.wait_until_ms(self.deadline_ms)

    def tick(self, commands: "tuple[Command, ...]") -> Decision:
        """Do one whole tick: the way of one sample, read top to bottom."""
        now_ms = self.hardware.clock.now_ms()
        late_ms = self._note_lateness(now_ms)
        reading = sense(self.hardware, now_ms, late_ms, self.slips, self.faults)
        decision = self.controller.step(reading, commands)
        actuator_fault = act(self.hardware, decision)
        indicator_fault = indicate(self.hardware, decision)
        self.recorder.write(reading, commands, decision)
        self.faults = Faults(actuator_fault, self.recorder.fault, indicator_fault)
        self.hardware.watchdog.feed()
        return decision

    def _note_lateness(self, now_ms: int) -> int:
        late_ms = max(0, now_ms - self.deadline_ms)
        self.slips = self.slips + 1 if late_ms >= self.tick_ms else 0
        self.deadline_ms += self.tick_ms * (1 + late_ms // self.tick_ms)
        return late_ms
