"""One port: its I/O thread, its lock, its turn of instruments, and its way back after a loss.

It does not decide what is said to an instrument nor what a missing sample means.
"""

import threading
from collections.abc import Callable

from hal.errors import BadReply, HalError, NoReply, NotConnected, OutOfRange
from hal.instruments.instrument import Instrument
from hal.instruments.line import Line, Manner
from hal.interface import ByteStream, Clock

BACKOFF_MS_MIN = 100
BACKOFF_MS_MAX = 2000
FAILURES_MAX = 5  # in a row on the whole port: as good as unplugged
RECHECK_AFTER = 3  # failures of one instrument: it may be another one now
REST_MS = 300  # a silent instrument on a bus waits, so that its neighbours stay fresh
STUCK_MS_MAX = 1500  # the I/O thread without a sign: longer than any drain
OPEN_MS_MAX = 800  # a killed program gives its port back within this
OPEN_RETRY_MS = 50


class Seat:
    """An instrument's place in the turn."""

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.due_ms = 0
        self.failures = 0


class Port:
    """Instruments that share one wire. Orders go before readings."""

    def __init__(self, name: str, open_stream: Callable[[], ByteStream], clock: Clock,
                 manner: Manner) -> None:
        """`name` is for people. Nothing is opened yet; give it instruments with `add`."""
        self.name = name
        self.clock = clock
        self._open_stream = open_stream
        self._manner = manner
        self._seats: list[Seat] = []
        self._lock = threading.RLock()
        self._line: Line | None = None
        self._down: HalError = NotConnected(f"{name}: not opened yet")
        self._failures = 0
        self._backoff_ms = BACKOFF_MS_MIN
        self._retry_ms = 0
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._sign_ms = 0

    def add(self, instrument: Instrument) -> None:
        """Seat an instrument. Only before `open`."""
        self._seats.append(Seat(instrument))

    def open(self) -> None:
        """Open the port, make its actuators safe, check every instrument. Raises HalError: the
        port is then closed again."""
        with self._lock:
            self._connect()

    def start(self) -> None:
        """Start the I/O thread of an open port."""
        self._sign_ms = self.clock.now_ms()
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop the thread, shut what can be shut, give the port back. Never raises."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(STUCK_MS_MAX / 1000)
        held = self._lock.acquire(timeout=self._manner.shut_ms / 1000)
        try:
            self._shut_all()
            if self._line is not None:
                self._line.close()
            self._line = None
            self._down = NotConnected(f"{self.name}: closed")
        finally:
            if held:
                self._lock.release()

    def wake(self) -> None:
        """Say that an order waits."""
        self._wake.set()

    def trouble(self) -> HalError | None:
        """Return why no order can arrive now, None when it can."""
        if self._line is None:
            return self._down
        if self._thread is not None:
            silent_ms = self.clock.now_ms() - self._sign_ms
            if silent_ms > STUCK_MS_MAX:
                return NotConnected(f"{self.name}: its thread gave no sign for {silent_ms} ms")
        return None

    def shut(self, instrument: Instrument) -> None:
        """Return when `instrument` confirmed its safe state; opens the port when it is not open.
        Raises HalError when it does not confirm in time."""
        if not self._lock.acquire(timeout=self._manner.shut_ms / 1000):
            raise NoReply(f"{self.name}: busy for {self._manner.shut_ms} ms; not shut")
        try:
            self._shut(instrument)
        finally:
            self._lock.release()

    def cycle(self) -> None:
        """Do one turn: every order that waits, then one reading; or try to connect."""
        with self._lock:
            self._sign_ms = self.clock.now_ms()
            line = self._line
            if line is None:
                self._reconnect()
                return
            try:
                self._send_orders(line)
                seat = self._next_seat()
                if seat is not None:
                    self._take_turn(line, seat)
            except NotConnected as error:
                self._lose(error)

    def _send_orders(self, line: Line) -> None:
        for seat in self._seats:
            order = seat.instrument.order
            value = None if order is None else order.next_to_send()
            if order is None or value is None:
                continue
            try:
                if value == 0.0:
                    seat.instrument.make_safe(line)
                else:
                    seat.instrument.send(line, value)
                order.arrived(value)
                self._failures = 0
            except NotConnected:
                raise
            except HalError as error:
                order.failed(str(error))
                self._note_failure(line, error)

    def _next_seat(self) -> Seat | None:
        now_ms = self.clock.now_ms()
        due = [seat for seat in self._seats if seat.due_ms <= now_ms]
        return min(due, key=lambda seat: seat.due_ms, default=None)

    def _take_turn(self, line: Line, seat: Seat) -> None:
        seat.due_ms = self.clock.now_ms() + self._manner.poll_ms
        try:
            if seat.failures >= RECHECK_AFTER:
                self._settle_in(line, seat.instrument)
            seat.instrument.poll(line)
            seat.failures = 0
            self._failures = 0
        except NotConnected:
            raise
        except HalError as error:
            seat.failures += 1
            if len(self._seats) > 1:
                seat.due_ms = self.clock.now_ms() + REST_MS
            for channel in seat.instrument.channels:
                channel.missed(error)
            self._note_failure(line, error)

    def _note_failure(self, line: Line, error: HalError) -> None:
        line.doubt()
        self._failures += 1
        if self._failures >= FAILURES_MAX:
            raise NotConnected(f"{self.name}: {self._failures} failures in a row; last: {error}")

    def _settle_in(self, line: Line, instrument: Instrument) -> None:
        """Safe first, then the questions; a device that is not the right one says so first."""
        unsafe: HalError | None = None
        try:
            instrument.make_safe(line)
            if instrument.order is not None:
                instrument.order.arrived(0.0)
        except (NoReply, BadReply, OutOfRange) as error:
            line.doubt()
            unsafe = error
        try:
            instrument.check(line)
        except (NoReply, BadReply):
            line.doubt()  # the first question may have met half a line of somebody else
            instrument.check(line)
        if unsafe is not None:
            raise unsafe

    def _connect(self) -> None:
        line = Line(self._open_stream(), self.clock, self._manner, self.name)
        try:
            for seat in self._seats:
                seat.instrument.tell_safe(line)  # before the port is even quiet
            for seat in self._seats:
                self._settle_in(line, seat.instrument)
                seat.failures = 0
                seat.due_ms = 0
                for channel in seat.instrument.channels:
                    channel.forget()
        except HalError:
            line.close()
            raise
        self._failures = 0
        self._backoff_ms = BACKOFF_MS_MIN
        self._line = line

    def _reconnect(self) -> None:
        if self.clock.now_ms() < self._retry_ms:
            return
        try:
            self._connect()
        except HalError as error:
            self._declare_down(error)
            self._retry_ms = self.clock.now_ms() + self._backoff_ms
            self._backoff_ms = min(BACKOFF_MS_MAX, 2 * self._backoff_ms)

    def _lose(self, error: HalError) -> None:
        if self._line is not None:
            self._line.close()
        self._line = None
        self._declare_down(error)
        self._retry_ms = self.clock.now_ms() + self._backoff_ms
        for seat in self._seats:
            if seat.instrument.order is not None:
                seat.instrument.order.lost(str(error))

    def _declare_down(self, error: HalError) -> None:
        self._down = error
        for seat in self._seats:
            for channel in seat.instrument.channels:
                channel.declare(error)

    def _shut(self, instrument: Instrument) -> None:
        if self._line is None:
            self._open_bare()
        line = self._line
        assert line is not None
        deadline_ms = self.clock.now_ms() + self._manner.shut_ms
        while True:
            try:
                if line.in_doubt:
                    instrument.tell_safe(line)  # the gas does not wait for a quiet line
                instrument.make_safe(line)
                if instrument.order is not None:
                    instrument.order.arrived(0.0)
                return
            except NotConnected as error:
                self._lose(error)
                raise
            except HalError:
                line.doubt()
                if self.clock.now_ms() >= deadline_ms:
                    raise

    def _open_bare(self) -> None:
        """Open without questions: only to shut. Whoever held the port may just be dying."""
        deadline_ms = self.clock.now_ms() + OPEN_MS_MAX
        while self._line is None:
            try:
                self._line = Line(self._open_stream(), self.clock, self._manner, self.name)
            except NotConnected:
                if self.clock.now_ms() >= deadline_ms:
                    raise
                self.clock.wait_until_ms(self.clock.now_ms() + OPEN_RETRY_MS)

    def _shut_all(self) -> None:
        for seat in self._seats:
            if seat.instrument.order is not None and self._line is not None:
                try:
                    self._shut(seat.instrument)
                except HalError as error:
                    seat.instrument.order.broken(str(error))

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.cycle()
            except Exception as error:  # a thread that died would leave the valve as it is
                with self._lock:
                    self._lose(NotConnected(f"{self.name}: fault in the driver: {error!r}"))
            self._wake.wait(self._idle_ms() / 1000)
            self._wake.clear()

    def _idle_ms(self) -> int:
        due_ms = min((seat.due_ms for seat in self._seats), default=0)
        if self._line is None:
            due_ms = self._retry_ms
        # Orders wake the thread; a lease that runs out does not, hence the upper end.
        return min(20, max(0, due_ms - self.clock.now_ms()))
