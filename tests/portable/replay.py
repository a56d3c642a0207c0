"""Step the controller through a recorded run and print every decision, on either interpreter.

usage: replay.py FILE    (the project's root, simple_pid's folder and, on MicroPython,
hal/board/lib must be on the module path). It compares nothing: test_portable.py does.

A file is: limits and fitting, plans, then one record per tick: the reading and its commands. Every
double goes as its eight raw bytes, so that both interpreters step from the same bits.
"""

import struct
import sys

from controller.core import Controller
from controller.limits import limits_from
from controller.records import CHANNELS, Command, Cycle, Plan, Probe, Reading, Sample


class Writer:
    """Collects values as bytes."""

    def __init__(self) -> None:
        self.data = bytearray()

    def whole(self, value: int) -> None:
        """Append an integer of up to 64 bits."""
        self.data.extend(struct.pack("<q", value))

    def real(self, value: float) -> None:
        """Append a double, bit for bit."""
        self.data.extend(struct.pack("<d", value))

    def text(self, value: str) -> None:
        """Append a text with its length before it."""
        encoded = value.encode()
        self.whole(len(encoded))
        self.data.extend(encoded)


class Reader:
    """Takes the values out again, in the same order."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def more(self) -> bool:
        """Return whether anything is left."""
        return self.at < len(self.data)

    def whole(self) -> int:
        """Return the next integer."""
        return int(self._next("<q"))

    def real(self) -> float:
        """Return the next double."""
        return float(self._next("<d"))

    def text(self) -> str:
        """Return the next text."""
        length = self.whole()
        encoded = self.data[self.at:self.at + length]
        self.at += length
        return bytes(encoded).decode()

    def _next(self, form: str) -> float:
        value = struct.unpack_from(form, self.data, self.at)[0]
        self.at += 8
        return value  # type: ignore[no-any-return]


def write_setup(out: Writer, changes, fitted, plans, probe: Probe, unclean: str) -> None:
    """Append what the controller is made from; `changes` are (name, value) for limits_from."""
    out.whole(len(changes))
    for name, value in changes:
        out.text(name)
        out.real(value)
    out.whole(len(fitted))
    for name in fitted:
        out.text(name)
    out.whole(len(plans))
    for plan in plans:
        out.text(plan.name)
        out.whole(len(plan.cycles))
        for cycle in plan.cycles:
            out.real(cycle.target_c)
            out.real(cycle.hold_s)
            out.text(cycle.thaw)
            out.real(cycle.thaw_s)
            out.real(cycle.thaw_to_c)
    out.real(probe.outer_diameter_mm)
    out.real(probe.active_length_mm)
    out.real(probe.full_flow_slpm)
    out.whole(probe.chip)
    out.text(unclean)


def read_controller(data: Reader):
    """Return a Controller made from what write_setup wrote."""
    changes = tuple([(data.text(), data.real()) for _ in range(data.whole())])
    fitted = tuple([data.text() for _ in range(data.whole())])
    plans = []
    for _ in range(data.whole()):
        name = data.text()
        cycles = []
        for _ in range(data.whole()):
            cycles.append(Cycle(data.real(), data.real(), data.text(), data.real(), data.real()))
        plans.append(Plan(name, tuple(cycles)))
    probe = Probe(data.real(), data.real(), data.real(), data.whole())
    return Controller(limits_from(changes), fitted, tuple(plans), probe, data.text())


def write_tick(out: Writer, reading, commands) -> None:
    """Append one tick: the reading and the commands that came with it."""
    out.whole(reading.now_ms)
    out.whole(reading.late_ms)
    out.whole(reading.slips)
    for channel in CHANNELS:
        sample = getattr(reading, channel)
        out.real(sample.value)
        out.whole(sample.age_ms)
        out.text(sample.fault)
    out.text(reading.actuator_fault)
    out.text(reading.log_fault)
    out.text(reading.indicator_fault)
    out.whole(len(commands))
    for command in commands:
        out.text(command.name)
        out.text(command.text)
        out.real(command.value)
        out.text(command.session)
        out.whole(command.number)
        out.whole(command.revision)
        out.whole(command.issued_ms)


def read_tick(data: Reader):
    """Return (reading, commands) of the next tick."""
    now_ms = data.whole()
    late_ms = data.whole()
    slips = data.whole()
    samples = [Sample(data.real(), data.whole(), data.text()) for _ in CHANNELS]
    reading = Reading(now_ms, late_ms, slips, *samples, data.text(), data.text(), data.text())
    commands = []
    for _ in range(data.whole()):
        commands.append(Command(data.text(), data.text(), data.real(), data.text(), data.whole(),
                                data.whole(), data.whole()))
    return reading, tuple(commands)


def bits(value: float) -> str:
    """Return the eight bytes of a double in hex; every NaN alike, its sign says nothing."""
    if value != value:
        return "nan"
    return struct.pack(">d", value).hex()


def line(decision) -> str:
    """Return all of a decision as one line of text."""
    course = decision.course
    parts = [
        str(decision.now_ms), decision.mode, course.phase, str(course.cycle), str(course.cycles),
        bits(course.target_c), str(course.heat), bits(course.time_left_s), course.event,
        "tip", bits(decision.tip_c), bits(decision.slope_c_per_s),
        "valve", bits(decision.valve_fraction), "heater", bits(decision.heater_fraction),
        str(decision.isolator_open), str(decision.heater_enabled), str(decision.lease_ms),
        "dose", bits(decision.freeze_s), bits(decision.total_freeze_s), bits(decision.cold_s),
        "ice", bits(decision.ice_radius_mm), bits(decision.ice_m20_radius_mm),
        "distrusted", str(decision.distrusted),
        "signal", ",".join([str(part) for part in decision.signal]),
        decision.plan.name, str(len(decision.plan.cycles)), str(decision.revision),
        "tripped", ",".join([trip.name + ": " + trip.reason for trip in decision.tripped]),
        "alarms", ",".join([alarm.name + " " + alarm.priority + " " + str(alarm.acknowledged)
                            + ": " + alarm.reason for alarm in decision.alarms]),
        "events", ",".join([" ".join([str(part) for part in event])
                            for event in decision.alarm_events]),
        "replies", ",".join([reply.session + str(reply.number) + " " + str(reply.code) + " "
                             + str(reply.revision) + " " + reply.text
                             for reply in decision.replies]),
        "reason", decision.reason,
    ]
    return "|".join(parts)


def main(path: str) -> None:
    """Replay the file and print one line per tick."""
    with open(path, "rb") as file:
        data = Reader(file.read())
    controller = read_controller(data)
    while data.more():
        reading, commands = read_tick(data)
        print(line(controller.step(reading, commands)))


if __name__ == "__main__":
    main(sys.argv[1])
