"""tick(): sense -> step -> act -> record -> feed the watchdog. The same on desk, bench and board.

It does not decide anything: the controller does. Portable.
"""

from typing import NamedTuple

from controller.core import Controller
from controller.records import CHANNELS, NAN, NOT_FITTED, Command, Decision, Reading, Sample
from hal.errors import HalError
from hal.interface import Clock, Heater, Sensor, Switch, Valve, Watchdog

# What a rig is made of, once it is open.
Hardware = NamedTuple(
    "Hardware",
    [
        ("clock", Clock),
        ("sensors", "tuple[tuple[str, Sensor], ...]"),  # (channel of records.CHANNELS, sensor)
        ("valve", Valve),
        ("isolator", "Switch | None"),
        ("heater", "Heater | None"),
        ("watchdog", Watchdog),
    ],
)


class Recorder:
    """Takes what happened in each tick. `write` never waits and never raises."""

    def write(self, reading: Reading, commands: "tuple[Command, ...]",
              decision: Decision) -> None:
        """Keep one tick."""
        raise NotImplementedError


def sense(hardware: Hardware, now_ms: int, late_ms: int, slips: int,
          actuator_fault: str) -> Reading:
    """Read every sensor once. A failed read is NaN with the fault's text; only here."""
    samples = []
    for channel in CHANNELS:
        sample = NOT_FITTED
        for name, sensor in hardware.sensors:
            if name == channel:
                sample = _sample(sensor)
        samples.append(sample)
    tip, tip_b, skin, supply, exhaust, flow, estop = samples
    return Reading(now_ms, late_ms, slips, tip, tip_b, skin, supply, exhaust, flow, estop,
                   actuator_fault)


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
                     decision.isolator_open, decision.lease_ms)
    if fault:
        _put_out(hardware, 0.0, 0.0, False, decision.lease_ms)
    return fault


def _put_out(hardware: Hardware, valve_fraction: float, heater_fraction: float,
             isolator_open: bool, lease_ms: int) -> str:
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
        self.actuator_fault = ""

    def wait(self) -> None:
        """Return when the next tick is due."""
        self.hardware.clock.wait_until_ms(self.deadline_ms)

    def tick(self, commands: "tuple[Command, ...]") -> Decision:
        """Do one whole tick: the way of one sample, read top to bottom."""
        now_ms = self.hardware.clock.now_ms()
        late_ms = self._note_lateness(now_ms)
        reading = sense(self.hardware, now_ms, late_ms, self.slips, self.actuator_fault)
        decision = self.controller.step(reading, commands)
        self.actuator_fault = act(self.hardware, decision)
        self.recorder.write(reading, commands, decision)
        self.hardware.watchdog.feed()
        return decision

    def _note_lateness(self, now_ms: int) -> int:
        late_ms = max(0, now_ms - self.deadline_ms)
        self.slips = self.slips + 1 if late_ms >= self.tick_ms else 0
        self.deadline_ms += self.tick_ms * (1 + late_ms // self.tick_ms)
        return late_ms
