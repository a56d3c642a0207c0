"""The front process: consoles on TCP, pty and serial, and the recorder. It may crash or stall
without touching control.

It does not decide what a line means (controller/console.py) nor what happens (control).
"""

import asyncio
import json
import os
import signal
import sys
from collections import deque
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from controller.console import Session, View
from controller.grammar import stop_inside
from controller.limits import Limits
from controller.records import NAN, Command, Decision, Reply
from controller.treatment import plan_text
from firmware.assembly import fault_orders
from firmware.config import ConfigError
from firmware.ends import Ends, check_address
from firmware.link import LineBuffer, Tick, encoded, plan_of, tick_of
from firmware.peers import Peer, StdoutPeer
from firmware.recorder import LogError, SqliteRecorder, control_log
from hal.linux import LinuxClock

PIECE_BYTES = 4096  # one connection's turn
ROWS_PER_COMMIT = 10
RECENT_MAX = 50
FIRST_WORD_S_MAX = 2.0  # consoles open when control has spoken, or then
ATTACH_S = 0.1
LOOK_S = 0.25  # how often waiting sessions are looked after when control is silent
UNSENT_BYTES_MAX = 262144  # a console that does not read is let go


class Front:
    """Everything the front knows: control's last word, the sessions, the log.

    `is_first`: nobody relies on it yet, so without a log it raises ConfigError and ends.
    """

    def __init__(self, socket_path: Path, log: Path, is_first: bool) -> None:
        self._socket_path = socket_path
        self._log = log
        self._needs_log = is_first
        self._clock = LinuxClock()
        self._version = version("cryoprobe")
        self._hello: dict[str, Any] = {}
        self._tick: Tick | None = None
        self._view: View | None = None  # of this tick, once somebody has asked
        self._recent: deque[str] = deque(maxlen=RECENT_MAX)
        self._sessions: dict[Session, Peer] = {}
        self._count = 0
        self._control: asyncio.StreamWriter | None = None
        self._recorder: SqliteRecorder | None = None
        self._logged_id = ""  # of the control process whose log it is
        self._log_fault = ""
        self.heard = asyncio.Event()  # control has spoken

    async def follow_control(self) -> None:
        """Stay attached to control, whichever process it is, for ever. Raises ConfigError."""
        try:
            while True:
                with suppress(OSError):
                    await self._listen()
                self._control = None
                await asyncio.sleep(ATTACH_S)
        finally:
            self.heard.set()  # nobody shall wait for it

    async def _listen(self) -> None:
        reader, self._control = await asyncio.open_unix_connection(str(self._socket_path))
        lines = LineBuffer()
        while data := await reader.read(65536):
            for message in lines.feed(data):
                if "hello" in message:
                    self._meet(message["hello"])
                elif "tick" in message:
                    self._take(tick_of(message["tick"]))

    def _meet(self, hello: dict[str, Any]) -> None:
        """A control process introduced itself: keep its log apart from an earlier one's."""
        self._hello = hello
        self._view = None
        self._recent.extend(hello["not_real_time"])
        if self._recorder is not None and self._logged_id != hello["id"]:
            self._recorder.close("the control process ended")
            self._recorder = None
        if self._recorder is None:
            try:
                self._recorder = control_log(self._log, hello["id"], (
                    ("version", self._version), ("rig", hello["rig_toml"]),
                    ("limits", json.dumps(hello["limits"])), ("plans", json.dumps(hello["plans"])),
                    ("unclean", hello["unclean"])), ROWS_PER_COMMIT)
                StdoutPeer().write(f"log {self._recorder.path}\n".encode())
            except LogError as error:
                if self._needs_log:
                    raise ConfigError([f"--log: {error}"]) from None
                # A console that can say stop is worth more than a log.
                self.complain(f"NOTHING IS LOGGED: {error}")
        self._log_fault = self._recorder.fault if self._recorder else "there is no log"
        self._send({"log_fault": self._log_fault})
        self._logged_id = hello["id"]
        self._needs_log = False
        self._send({"ticks_from": self._recorder.tick if self._recorder else 0})

    def complain(self, text: str) -> None:
        """Tell operators, in their log, and whoever watches the service."""
        self._recent.append(text)
        with suppress(OSError):
            sys.stderr.write(f"front: {text}\n")
            sys.stderr.flush()

    def _take(self, tick: Tick) -> None:
        number, reading, commands, decision = tick
        before = self._tick[3] if self._tick else None
        self._tick = tick
        self._view = None
        self.heard.set()
        if before is None or _stage(before) != _stage(decision):
            self._recent.append(decision.reason)
        if self._recorder is not None:
            self._recorder.tick = number
            self._recorder.write(reading, commands, decision)
            if self._recorder.fault != self._log_fault:
                self._log_fault = self._recorder.fault
                self.complain(self._log_fault or "the log is written again")
                self._send({"log_fault": self._log_fault})
        for session, peer in list(self._sessions.items()):
            for reply in decision.replies:
                peer.write(session.answer(reply))
        self.look_after()

    def look_after(self) -> None:
        """Let waiting queries go on and old ones be given up."""
        for session in list(self._sessions):
            self.hear(session, b"")

    def attach(self, peer: Peer, kind: str) -> Session:
        """Return the session of a new connection."""
        self._count += 1
        session = Session(f"{kind}-{os.getpid()}-{self._count}")
        self._sessions[session] = peer
        return session

    def detach(self, session: Session) -> None:
        """Forget a connection. Nothing that it started stops, nothing it queued starts."""
        self._sessions.pop(session, None)

    def hear(self, session: Session, data: bytes) -> None:
        """Bytes came from a console."""
        view = self._seen()
        if view is None:
            if stop_inside(data):
                self._send({"order": Command("stop", "", NAN, session.name, 0, 0, 0)})
            if data:
                self._sessions[session].write(b"ERR -221 control has not reported yet\n")
            return
        for item in session.feed(data, self._clock.now_ms(), view):
            if isinstance(item, bytes):
                self._sessions[session].write(item)
            elif item.name == "fault":
                self._inject(session, item)
            else:
                self._send({"order": item})

    def _inject(self, session: Session, command: Command) -> None:
        text, code = f"fault {command.text}", 0
        try:
            if command.text != "clear":
                fault_orders((command.text,))
            self._send({"fault": command.text})
            if self._recorder is not None:
                after = f"after tick {self._recorder.tick - 1}"
                self._recorder.note((("fault", f"{after}: {command.text}"),))
        except ValueError as error:
            text, code = str(error), -222
        self._sessions[session].write(session.answer(
            Reply(command.session, command.number, code, text, command.revision)))

    def _send(self, message: dict[str, Any]) -> None:
        if self._control is not None:
            self._control.write(encoded(message))

    def _seen(self) -> View | None:
        if self._tick is not None and self._view is None:
            _, reading, _, decision = self._tick
            hello = self._hello
            self._view = View(
                decision.now_ms, reading, decision, Limits(*hello["limits"]),
                tuple(hello["fitted"]), tuple(plan_of(plan).name for plan in hello["plans"]),
                decision.plan, plan_text(decision.plan, decision.revision), hello["rig"],
                hello["identity"], self._version, hello["simulated"], tuple(self._recent))
        return self._view

    def close(self) -> None:
        """Close the log; the treatment is not ours to stop."""
        if self._recorder is not None:
            self._recorder.close("the front ended")


def _stage(decision: Decision) -> tuple[object, ...]:
    return (decision.mode, decision.course.phase, decision.course.cycle, decision.tripped)


async def _serve(front: Front, consoles: list[str], lifeline_fd: int, is_first: bool) -> None:
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    loop.add_reader(lifeline_fd, stopped.set)  # nothing is ever written: its end is the guardian's
    ends = Ends(front, PIECE_BYTES, UNSENT_BYTES_MAX, front.complain)
    following = asyncio.create_task(front.follow_control())
    try:
        with suppress(TimeoutError):
            await asyncio.wait_for(front.heard.wait(), FIRST_WORD_S_MAX)
        for address in () if following.done() else consoles:
            if is_first:
                await ends.open(address)
            else:
                ends.open_when_possible(address)
        while not (stopped.is_set() or following.done()):
            front.look_after()
            with suppress(TimeoutError):
                await asyncio.wait_for(stopped.wait(), LOOK_S)
        if following.done():
            following.result()  # it never ends by itself: a fault of ours, for the guardian
    finally:
        following.cancel()
        await ends.close()
        front.close()


def run_front(socket_path: Path, log: Path, consoles: list[str], lifeline_fd: int,
              is_first: bool) -> None:
    """Run until SIGTERM or the guardian's end.

    Raises ConfigError for an address that is none. The first front of a service also raises it
    without a log, and NotConnected for a console that cannot be had; a later one does what it can
    and tries again.
    """
    try:
        for address in consoles:
            check_address(address)
    except ValueError as error:
        raise ConfigError([str(error)]) from None
    asyncio.run(_serve(Front(socket_path, log, is_first), consoles, lifeline_fd, is_first))
