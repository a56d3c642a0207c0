"""The line between control and its fronts: one JSON message per line over a local socket.

It carries records, it interprets none. Control never waits for a front: what a front does not
take in time is kept for it, up to BACKLOG_TICKS, and the oldest is dropped and counted.
"""

import json
import os
import socket
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from controller.records import (
    Alarm,
    AlarmEvent,
    Command,
    Course,
    Cycle,
    Decision,
    Plan,
    Reading,
    Reply,
    Sample,
    Trip,
)
from controller.signals import Signal
from firmware.loop import Recorder

BACKLOG_TICKS = 6000  # ten minutes at 10 Hz, should the front be gone so long
MESSAGE_BYTES_MAX = 65536
FRONTS_MAX = 8
WHOLE_MAX = 2**63
COMMANDS_MAX = 32  # kept for one tick; more are dropped, except stop

Tick = tuple[int, Reading, tuple[Command, ...], Decision]


def encoded(message: dict[str, Any]) -> bytes:
    """Return one message as a line."""
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def tick_message(number: int, reading: Reading, commands: tuple[Command, ...],
                 decision: Decision) -> bytes:
    """Return the message of one tick."""
    return encoded({"tick": [number, reading, commands, decision]})


def tick_of(message: list[Any]) -> Tick:
    """Return (number, Reading, Commands, Decision) of a tick message."""
    number, reading, commands, decision = message
    parts_of_reading: list[Any] = [Sample(*part) if isinstance(part, list) else part
                                   for part in reading]
    parts = Decision(*decision)
    ordered = tuple(command_of(part) for part in commands)
    decided = parts._replace(
        course=Course(*parts.course), plan=plan_of(parts.plan),
        tripped=tuple(Trip(*part) for part in parts.tripped),
        alarms=tuple(Alarm(*part) for part in parts.alarms),
        alarm_events=tuple(AlarmEvent(*part) for part in parts.alarm_events),
        signal=Signal(*parts.signal),
        replies=tuple(Reply(*part) for part in parts.replies))
    return number, Reading(*parts_of_reading), ordered, decided


def command_of(parts: Any) -> Command:
    """Return the command that was sent as a list. Raises TypeError or ValueError for what is
    none, so that no front can put nonsense into a step."""
    name, text, value, session, number, revision, issued_ms = parts
    command = Command(str(name), str(text), float(value), str(session), int(number), int(revision),
                      int(issued_ms))
    (command.name + command.text + command.session).encode()  # half a surrogate pair is no text
    if not all(abs(whole) < WHOLE_MAX for whole in command[4:]):
        raise ValueError(f"{command[4:]} is more than a log can keep")
    return command


def plan_of(parts: Any) -> Plan:
    """Return the plan that was sent as lists."""
    name, cycles = parts
    return Plan(name, tuple(Cycle(*cycle) for cycle in cycles))


class LineBuffer:
    """Cuts a byte stream into JSON messages; a line that is none, or too long, is dropped."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, data: bytes) -> Iterable[dict[str, Any]]:
        """Yield the messages that are complete now."""
        self._bytes += data
        while (end := self._bytes.find(b"\n")) >= 0:
            line = bytes(self._bytes[:end])
            del self._bytes[:end + 1]
            try:
                message = json.loads(line)
            except (ValueError, RecursionError):  # the latter for a thousand brackets
                continue
            if isinstance(message, dict):
                yield message

    def overlong(self) -> bool:
        """True when a line grew beyond what a front may send."""
        return len(self._bytes) > MESSAGE_BYTES_MAX


class _Front:
    def __init__(self, peer: socket.socket) -> None:
        self.peer = peer
        self.lines = LineBuffer()
        self.out = bytearray()
        self.next_tick = -1  # of the backlog; -1: wants no ticks


class ControlLink(Recorder):
    """Control's end: a listening local socket, polled once per tick, never waited for."""

    def __init__(self, path: Path, hello: dict[str, Any]) -> None:
        self._path = path
        self._hello = encoded({"hello": hello})
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        path.unlink(missing_ok=True)  # of a control process that was killed
        self._listener.bind(str(path))
        os.chmod(path, 0o600)
        self._listener.listen(FRONTS_MAX)
        self._listener.setblocking(False)
        self._fronts: list[_Front] = []
        self._backlog: deque[bytes] = deque(maxlen=BACKLOG_TICKS)
        self._ticks = 0
        self.fault = ""  # of the log, as the front that keeps it says
        self.faults: list[str] = []  # fault texts that fronts asked for, oldest first
        self.fronts_ever = 0

    def write(self, reading: Reading, commands: tuple[Command, ...], decision: Decision) -> None:
        """Keep one tick for the fronts."""
        self._backlog.append(tick_message(self._ticks, reading, commands, decision))
        self._ticks += 1

    def receive(self) -> tuple[Command, ...]:
        """Return what the fronts ordered since the last tick."""
        self._accept()
        commands: list[Command] = []
        for front in list(self._fronts):
            for message in self._read(front):
                self._take(front, message, commands)
            if front.lines.overlong():
                self._drop(front)
        return tuple(commands)

    def flush(self) -> None:
        """Send what each front will take now."""
        for front in list(self._fronts):
            first = self._ticks - len(self._backlog)
            if front.next_tick >= 0 and len(front.out) < MESSAGE_BYTES_MAX:
                for number in range(max(first, front.next_tick), self._ticks):
                    front.out += self._backlog[number - first]
                    front.next_tick = number + 1
                    if len(front.out) >= 4 * MESSAGE_BYTES_MAX:
                        break
            try:
                sent = front.peer.send(front.out) if front.out else 0
                del front.out[:sent]
            except BlockingIOError:
                continue
            except OSError:
                self._drop(front)

    def close(self) -> None:
        """Say goodbye to every front."""
        self.flush()
        for front in list(self._fronts):
            self._drop(front)
        self._listener.close()
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except BlockingIOError:
                return
            if len(self._fronts) >= FRONTS_MAX:
                peer.close()
                continue
            peer.setblocking(False)
            front = _Front(peer)
            front.out += self._hello
            self._fronts.append(front)
            self.fronts_ever += 1

    def _read(self, front: _Front) -> Iterable[dict[str, Any]]:
        try:
            data = front.peer.recv(MESSAGE_BYTES_MAX)
        except BlockingIOError:
            return ()
        except OSError:
            data = b""
        if not data:
            self._drop(front)
            return ()
        return front.lines.feed(data)

    def _take(self, front: _Front, message: dict[str, Any], commands: list[Command]) -> None:
        try:
            if "order" in message:
                command = command_of(message["order"])
                if len(commands) < COMMANDS_MAX or command.name == "stop":
                    commands.append(command)
            elif "ticks_from" in message:
                front.next_tick = int(message["ticks_from"])
            elif "fault" in message:
                self.faults.append(str(message["fault"]))
            elif "log_fault" in message:
                self.fault = str(message["log_fault"])
        except (TypeError, ValueError, OverflowError):
            self._drop(front)

    def _drop(self, front: _Front) -> None:
        front.peer.close()
        if front in self._fronts:
            self._fronts.remove(front)
