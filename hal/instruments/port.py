"""Port: one physical port, its lock, its I/O thread, and the instruments that share it.

It does not know any protocol, and it does not decide what a missing sample means. Orders go ahead
of polls, but two openings never follow each other while a poll is due. After a silence or nonsense
the line is drained and the device hailed before anything it says is believed again. A port that
failed is opened again, later and later, and its actuators are shut before anything else is said on
it. A lease's end waits for the dialogue under way, and for the draining when that one failed.
"""

import contextlib
import threading
from collections.abc import Callable

from hal.errors import HalError, NoReply, NotConnected
from hal.instruments.instrument import Instrument
from hal.instruments.line import Line
from hal.instruments.member import RETRY_MS_MAX, RETRY_MS_MIN, Member
from hal.interface import ByteStream, Clock

SHUT_MS = 300  # for a confirmed shut
STOP_S = 10.0  # a thread may sit in a TCP connect for 5 s


class Port:
    """`name` is for error texts; `open_stream` opens the port or raises NotConnected."""

    def __init__(self, name: str, open_stream: Callable[[], ByteStream],
                 instruments: tuple[Instrument, ...], clock: Clock) -> None:
        self.name = name
        self._open_stream = open_stream
        self._dialect = instruments[0].dialect
        assert all(each.dialect == self._dialect for each in instruments), "one dialect per port"
        self._clock = clock
        self._members = [Member(instrument, clock) for instrument in instruments]
        self._line: Line | None = None
        self._retry_ms = RETRY_MS_MIN
        self._open_due_ms = 0
        self._lock = threading.RLock()
        self._wake = threading.Event()
        self._is_stopping = False
        self._is_polls_turn = False
        self._thread: threading.Thread | None = None
        for member in self._members:
            self._adopt(member)

    def _adopt(self, member: Member) -> None:
        if member.valve is not None:
            member.valve.adopt(self._wake.set, lambda: self._shut_now(member))

    def open(self) -> None:
        """Connect, shut the actuators and identify every instrument, in the caller's thread.

        Tries them all, then raises the first HalError.
        """
        with self._lock:
            error = self._connect() if self._line is None else None
        if error is not None:
            raise type(error)(str(error))

    def start(self) -> None:
        """Begin to poll, in a thread that also connects again by itself."""
        assert self._thread is None, "a port has one thread"
        self._thread = threading.Thread(target=self._run, name="port " + self.name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Shut the actuators, end the thread, give the port back. Never raises."""
        self._is_stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(STOP_S)
        self._finish()

    def step(self) -> int:
        """Do the one thing that is most urgent; return when the next is due. Never raises.

        The thread calls this for ever; a test in virtual time calls it by hand.
        """
        with self._lock:
            now_ms = self._clock.now_ms()
            if self._line is None:
                if now_ms >= self._open_due_ms:
                    self._connect()
            elif (member := self._ordered(now_ms)) is not None:
                self._is_polls_turn = True
                self._attend(member, member.deliver)
            elif (member := self._next()).due_ms <= now_ms:
                self._is_polls_turn = False
                self._attend(member, member.poll if member.is_ready else member.readmit)
            return self._due_ms()

    def _run(self) -> None:
        try:
            while not self._is_stopping:
                due_ms = self.step()
                self._wake.wait(max(0, due_ms - self._clock.now_ms()) / 1000.0)
                self._wake.clear()
        finally:
            self._finish()  # also when a driver is at fault: the valve must not stay open

    def _finish(self) -> None:
        with self._lock:
            try:
                for member in self._members:
                    if self._line is not None and member.valve is not None:
                        with contextlib.suppress(HalError):
                            member.valve.shut()
            finally:
                self._drop(NotConnected(f"{self.name}: the port was closed"))

    def _connect(self) -> HalError | None:
        """Open the port and admit every instrument; return the first error."""
        try:
            line = self._open()
            for member in self._members:
                member.shut_unheard(line)
            line.resync()
        except HalError as error:
            self._drop(error)
            return error
        found = [self._try(member, member.admit) for member in self._members]
        errors = [error for error in found if error is not None]
        if any(member.is_ready for member in self._members):
            self._retry_ms = RETRY_MS_MIN
        elif self._line is not None:
            self._close()
        return errors[0] if errors else None

    def _open(self) -> Line:
        self._line = Line(self.name, self._open_stream(), self._dialect, self._clock)
        return self._line

    def _attend(self, member: Member, act: Callable[[Line], None]) -> None:
        """Do one thing with one instrument, and clean the line after a failure."""
        if self._try(member, act) is None or self._line is None:
            return
        if not any(each.is_ready for each in self._members):
            self._close()  # a connection that is dead looks like devices that are silent
            return
        try:
            self._line.resync()
        except HalError as error:
            self._drop(error)

    def _try(self, member: Member, act: Callable[[Line], None]) -> HalError | None:
        """Do one thing with one instrument; count and return its failure."""
        try:
            act(self._open_line())
        except NotConnected as error:
            if self._line is not None:
                self._drop(error)
            return error
        except HalError as error:
            member.miss(error)
            return error
        member.hit()
        return None

    def _drop(self, error: HalError) -> None:
        """Forget everybody on the port, and give it back."""
        for member in self._members:
            member.lose(error)
        self._close()

    def _close(self) -> None:
        if self._line is not None:
            self._line.close()
        self._line = None
        self._open_due_ms = self._clock.now_ms() + self._retry_ms
        self._retry_ms = min(RETRY_MS_MAX, self._retry_ms * 2)

    def _shut_now(self, member: Member) -> None:
        """Confirm the shut valve in the caller's thread; opens a port that is not, or was lost."""
        deadline_ms = self._clock.now_ms() + SHUT_MS
        if not self._lock.acquire(timeout=SHUT_MS / 1000.0):
            raise NoReply(f"{self.name}: the port was busy for {SHUT_MS} ms")
        try:
            if self._line is None and not self._is_stopping:
                self._open()
                member.is_doubtful = True
            line = self._open_line()
            while not self._is_shut(member, line, deadline_ms):
                pass
        except NotConnected as error:
            if self._line is not None:
                self._drop(error)
            raise
        finally:
            self._lock.release()

    def _is_shut(self, member: Member, line: Line, deadline_ms: int) -> bool:
        """Try once; raise when there is no time to try again."""
        try:
            if member.is_doubtful:
                member.shut_unheard(line)
                line.resync()
                member.settle(line)
            member.instrument.obey(line, 0.0)
        except NotConnected:
            raise
        except HalError:
            member.is_doubtful = True
            if self._clock.now_ms() >= deadline_ms:
                raise
            return False
        trouble = member.instrument.trouble()
        if trouble is not None:
            raise trouble
        return True

    def _open_line(self) -> Line:
        if self._line is None:
            raise NotConnected(f"{self.name}: the port is not open")
        return self._line

    def _ordered(self, now_ms: int) -> Member | None:
        """Return whom to give an order now: to shut at once, to open when it is its turn."""
        polls_turn = self._is_polls_turn and self._next().due_ms <= now_ms
        return next((member for member in self._members
                     if member.is_ordered(only_to_shut=polls_turn)), None)

    def _next(self) -> Member:
        return min(self._members, key=lambda member: member.due_ms)

    def _due_ms(self) -> int:
        """Return when something is due: a poll, a lease's end, another try; now for an order."""
        if self._line is None:
            return self._open_due_ms
        now_ms = self._clock.now_ms()
        if self._ordered(now_ms) is not None:
            return now_ms
        ends = [member.valve.ends_ms() for member in self._members if member.valve is not None]
        return min([self._next().due_ms, *[end_ms for end_ms in ends if end_ms is not None]])
