"""A guarded controller in processes of its own, attended by this one as its only front.

It decides nothing: when this process ends, however it ends, the guardian shuts everything.
"""

import os
import socket
import subprocess
import sys
import tempfile
from collections import deque
from pathlib import Path
from typing import Any

from bench.treat import MachineFailed
from controller.records import Command, Decision, Reading
from firmware.__main__ import control_arguments
from firmware.config import Rig
from firmware.link import LineBuffer, Tick, encoded, tick_of
from firmware.loop import Recorder
from hal.interface import Clock

LOOK_S = 0.05
SILENCE_S_MAX = 5.0  # the guardian acts after 0.5 s; longer means that it is gone, too
END_S_MAX = 20.0  # a guardian that waits for a port which does not answer


class GuardianEnded(Exception):
    """The guardian could not start the controller; it has told why on stderr."""

    def __init__(self, exit_code: int) -> None:
        super().__init__(f"guardian ended, exit {exit_code}")
        self.exit_code = exit_code


class AttendedMachine:
    """Controller on a wire rig. Use as a context: all is shut at its end.

    Raises GuardianEnded when the controller does not come up.
    """

    def __init__(self, rig: Rig, plan: Path, recorder: Recorder, clock: Clock) -> None:
        self._recorder = recorder
        self._told_fault = ""  # of the log, as control knows it
        self._clock = clock
        self._folder = tempfile.TemporaryDirectory(prefix="cryoprobe-")
        self._address = str(Path(self._folder.name) / "control.sock")
        self._messages: deque[dict[str, Any]] = deque()
        self._lines = LineBuffer()
        guardian_end, self._owner = os.pipe()
        self._guardian = subprocess.Popen(
            [sys.executable, "-m", "firmware", "guardian", "--owner", str(guardian_end),
             *control_arguments(rig.path, Path(self._address), [plan], [], None)],
            pass_fds=(guardian_end,), start_new_session=True)
        os.close(guardian_end)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._attach()
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self) -> "AttendedMachine":
        return self

    def __exit__(self, *_error: object) -> None:
        """Let the guardian shut everything and end."""
        self._socket.close()
        os.close(self._owner)
        try:
            self._guardian.wait(END_S_MAX)
        except subprocess.TimeoutExpired:
            self._guardian.kill()
            self._guardian.wait()
        self._folder.cleanup()

    def now_ms(self) -> int:
        """Return the time that control shares with this process."""
        return self._clock.now_ms()

    def next(self, orders: tuple[Command, ...]) -> tuple[Reading, Decision]:
        """Send the orders, wait for the next tick, record it."""
        for order in orders:
            self._send({"order": order})
        _, reading, commands, decision = self._next_tick()
        self._recorder.write(reading, commands, decision)
        if self._recorder.fault != self._told_fault:
            self._told_fault = self._recorder.fault
            self._send({"log_fault": self._told_fault})
        return reading, decision

    def _attach(self) -> None:
        while True:
            try:
                self._socket.connect(self._address)
                break
            except OSError:
                self._look_at_guardian()
                self._clock.wait_until_ms(self._clock.now_ms() + int(LOOK_S * 1000))
        self._socket.settimeout(SILENCE_S_MAX)
        self._next_message("hello")
        self._send({"ticks_from": 0})

    def _look_at_guardian(self) -> None:
        code = self._guardian.poll()
        if code is not None:
            raise GuardianEnded(code)

    def _next_tick(self) -> Tick:
        return tick_of(self._next_message("tick"))

    def _next_message(self, kind: str) -> Any:
        while True:
            while self._messages:
                message = self._messages.popleft()
                if kind in message:
                    return message[kind]
            try:
                data = self._socket.recv(65536)
            except OSError as error:
                raise MachineFailed(f"control does not answer any more: {error}") from None
            if not data:
                raise MachineFailed("the control process has ended; its guardian shuts the valve")
            self._messages.extend(self._lines.feed(data))

    def _send(self, message: dict[str, Any]) -> None:
        try:
            self._socket.sendall(encoded(message))
        except OSError as error:
            raise MachineFailed(f"control does not listen any more: {error}") from None
