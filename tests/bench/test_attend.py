"""Who attends a controller in another process keeps its log, and tells it when that fails."""

import json
import socket
from collections import deque

import pytest

from bench.attend import AttendedMachine
from controller.records import Command, Decision, Reading
from firmware.link import LineBuffer, tick_message
from firmware.loop import Recorder
from tests.controller.given import Desk, reading


class Failing(Recorder):
    """Keeps nothing, and says so when it is told to."""

    def write(self, reading: Reading, commands: tuple[Command, ...], decision: Decision) -> None:
        """Nothing."""


@pytest.mark.requirement("H-14")
def test_a_log_that_fails_is_told_to_control_once_and_when_it_is_well_again() -> None:
    ours, control = socket.socketpair()
    machine, recorder = AttendedMachine.__new__(AttendedMachine), Failing()
    machine._recorder, machine._told_fault = recorder, ""
    machine._socket, machine._messages, machine._lines = ours, deque(), LineBuffer()
    decision = Desk().tick()
    for number, fault in enumerate(("", "disk full", "disk full", "")):
        recorder.fault = fault
        control.sendall(tick_message(number, reading(100 * number), (), decision))
        machine.next(())
    ours.close()
    said = b"".join(iter(lambda: control.recv(4096), b""))
    control.close()
    assert [json.loads(line) for line in said.splitlines()] == [
        {"log_fault": "disk full"}, {"log_fault": ""}]
