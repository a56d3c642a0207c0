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
from controller.limits import Limits
from controller.records import Command, Decision, Reply
from controller.treatment import plan_text
from firmware.assembly import fault_orders
from firmware.ends import Ends, Peer
from firmware.link import LineBuffer, Tick, encoded, plan_of, tick_of
from firmware.recorder import LogError, SqliteRecorder, run_fact
from hal.linux import LinuxClock

PIECE_BYTES = 4096  # one connection's turn
ROWS_PER_COMMIT = 10
RECENT_MAX = 50
FIRST_WORD_S_MAX = 2.0  # consoles open when control has spoken, or then
LOOK_S = 0.25  # how often waiting sessions are looked after when control is silent
UNSENT_BYTES_MAX = 262144  # a console that does not read is let go


class Front:
    """Everything the front knows: control's last word, the sessions, the log."""

    def __init__(self, socket_path: Path, log: Path) -> None:
        self._socket_path = socket_path
        self._log = log
        self._clock = LinuxClock()
        self._hello: dict[str, Any] = {}
        self._tick: Tick | None = None
        self._recent: deque[str] = deque(maxlen=RECENT_MAX)
        self._sessions: dict[Session, Peer] = {}
        self._count = 0
        self._control: asyncio.StreamWriter | None = None
        self._recorder: _Log | None = None
        self._log_fault = ""
        self.heard = asyncio.Event()  # control has spoken

    async def follow_control(self) -> None:
        """Stay attached to control, whichever process it is, for ever."""
        while True:
            try:
                reader, self._control = await asyncio.open_unix_connection(str(self._socket_path))
                await self._listen(reader)
            except OSError:
                pass
            self._control = None
            await asyncio.sleep(0.1)

    async def _listen(self, reader: asyncio.StreamReader) -> None:
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
        for sentence in hello["not_real_time"]:
            self._recent.append(sentence)
        if self._recorder is not None and self._recorder.pid != hello["pid"]:
            self._recorder.log.close("the control process ended")
            self._recorder = None
        if self._recorder is None:
            try:
                self._recorder = _Log(self._log, hello)
            except LogError as error:  # a console that can say stop is worth more than a log
                self._complain(f"NOTHING IS LOGGED: {error}")
        self._send({"ticks_from": self._recorder.log.tick if self._recorder else 0})

    def _complain(self, text: str) -> None:
        self._recent.append(text)
        sys.stderr.write(f"front: {text}\n")
        sys.stderr.flush()

    def _take(self, tick: Tick) -> None:
        number, reading, commands, decision = tick
        before = self._tick[3] if self._tick else None
        self._tick = tick
        self.heard.set()
        if before is None or _stage(before) != _stage(decision):
            self._recent.append(decision.reason)
        if self._recorder is not None:
            self._recorder.log.tick = number
            self._recorder.log.write(reading, commands, decision)
            if self._recorder.log.fault != self._log_fault:
                self._log_fault = self._recorder.log.fault
                self._complain(self._log_fault or "the log is written again")
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
        view = self._view()
        if view is None:
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
                after = f"after tick {self._recorder.log.tick - 1}"
                self._recorder.log.note((("fault", f"{after}: {command.text}"),))
        except ValueError as error:
            text, code = str(error), -222
        self._sessions[session].write(session.answer(
            Reply(command.session, command.number, code, text, command.revision)))

    def _send(self, message: dict[str, Any]) -> None:
        if self._control is not None:
            self._control.write(encoded(message))

    def _view(self) -> View | None:
        if self._tick is None:
            return None
        _, reading, _, decision = self._tick
        hello = self._hello
        return View(decision.now_ms, reading, decision, Limits(*hello["limits"]),
                    tuple(hello["fitted"]), tuple(plan_of(plan).name for plan in hello["plans"]),
                    decision.plan, plan_text(decision.plan, decision.revision), hello["rig"],
                    hello["identity"], version("cryoprobe"), hello["simulated"],
                    tuple(self._recent))

    def close(self) -> None:
        """Close the log; the treatment is not ours to stop."""
        if self._recorder is not None:
            self._recorder.log.close("the front ended")


class _Log:
    """One control process's log: the file that it began, or the next free one."""

    def __init__(self, path: Path, hello: dict[str, Any]) -> None:
        self.pid = hello["pid"]
        number = 1
        candidate = path
        while candidate.exists() and run_fact(candidate, "control_pid") != str(self.pid):
            number += 1
            candidate = path.with_stem(f"{path.stem}-{number}")
        facts = () if candidate.exists() else (
            ("version", version("cryoprobe")), ("control_pid", str(self.pid)),
            ("rig", hello["rig_toml"]), ("limits", json.dumps(hello["limits"])),
            ("plans", json.dumps(hello["plans"])), ("unclean", hello["unclean"]))
        self.log = SqliteRecorder(candidate, facts, ROWS_PER_COMMIT, resume=candidate.exists())


def _stage(decision: Decision) -> tuple[object, ...]:
    return (decision.mode, decision.course.phase, decision.course.cycle, decision.tripped)


async def _serve(front: Front, consoles: list[str], lifeline_fd: int) -> None:
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    loop.add_reader(lifeline_fd, stopped.set)  # nothing is ever written: its end is the guardian's
    ends = Ends(front, PIECE_BYTES, UNSENT_BYTES_MAX)
    following = asyncio.create_task(front.follow_control())
    try:
        with suppress(TimeoutError):
            await asyncio.wait_for(front.heard.wait(), FIRST_WORD_S_MAX)
        for address in consoles:
            await ends.open(address)
        while not stopped.is_set():
            try:
                await asyncio.wait_for(stopped.wait(), LOOK_S)
            except TimeoutError:
                front.look_after()
            if following.done():
                following.result()  # it never ends by itself: a fault of ours, for the guardian
    finally:
        following.cancel()
        ends.close()
        front.close()


def run_front(socket_path: Path, log: Path, consoles: list[str], lifeline_fd: int) -> None:
    """Run until SIGTERM or the guardian's end. Raises ValueError for an address that is none,
    NotConnected when a console cannot be opened."""
    asyncio.run(_serve(Front(socket_path, log), consoles, lifeline_fd))
