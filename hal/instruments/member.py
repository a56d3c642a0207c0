"""Member: one instrument on a port, and how far it is trusted.

It does not decide when to act, nor what becomes of the port: port.py does.
"""

from hal.errors import HalError, NotConnected
from hal.instruments.instrument import Instrument
from hal.instruments.line import Line
from hal.interface import Clock

MISSES_MAX = 3  # failed dialogues in a row, then the device counts as gone
RETRY_MS_MIN = 100
RETRY_MS_MAX = 2000


class Member:
    """`is_ready` once identified; `is_doubtful` while a late reply may be under way."""

    def __init__(self, instrument: Instrument, clock: Clock) -> None:
        self.instrument = instrument
        self.valve = instrument.valve
        self.is_ready = False
        self.is_doubtful = True
        self.due_ms = 0  # of the next poll, or of the next try to identify
        self._clock = clock
        self._misses = 0
        self._retry_ms = RETRY_MS_MIN

    def shut_unheard(self, line: Line) -> None:
        """Order the valve shut, whatever the device answers; the confirmation comes later.

        Raises NotConnected.
        """
        self.is_doubtful = True
        if self.valve is not None:
            try:
                self.instrument.obey(line, 0.0)
            except NotConnected:
                raise
            except HalError:
                pass  # it may be the reply to somebody who is gone

    def admit(self, line: Line) -> None:
        """Let the instrument take part: known, and confirmed shut. Raises HalError."""
        self.instrument.hail(line)
        self.instrument.identify(line)
        if self.valve is not None:
            self.instrument.obey(line, 0.0)
        self.is_ready = True
        self._retry_ms = RETRY_MS_MIN

    def readmit(self, line: Line) -> None:
        """Shut it before anything else, then let it take part again. Raises HalError."""
        self.shut_unheard(line)
        self.admit(line)

    def deliver(self, line: Line) -> None:
        """Send what is wanted of the valve now. Raises HalError."""
        assert self.valve is not None
        if self.is_doubtful and self.valve.wanted() == 0.0:
            self.shut_unheard(line)  # a device that is not heard may hear
            self.valve.lose()  # what came back may be a late frame
        self.settle(line)
        self.instrument.obey(line, self.valve.wanted())

    def poll(self, line: Line) -> None:
        """Take a sample of everything it measures. Raises HalError."""
        self.due_ms = self._clock.now_ms() + self.instrument.poll_ms
        self.settle(line)
        self.instrument.poll(line)

    def settle(self, line: Line) -> None:
        """Make sure that no late reply of this device is under way. Raises HalError."""
        if self.is_doubtful:
            self.instrument.hail(line)
            self.is_doubtful = False

    def is_ordered(self, only_to_shut: bool) -> bool:
        """Return whether an order waits for it."""
        return (self.is_ready and self.valve is not None and self.valve.is_pending()
                and (self.valve.wanted() == 0.0 or not only_to_shut))

    def hit(self) -> None:
        """Count a dialogue that went well."""
        self.is_doubtful = False
        self._misses = 0

    def miss(self, error: HalError) -> None:
        """Count a dialogue that failed. Samples go on ageing until it is one too many."""
        self._misses += 1
        self.is_doubtful = True
        if self.valve is not None and self.valve.is_pending():
            self.valve.lose()
            if self._misses > 1:  # an order that failed once is sent again
                self.valve.fail(error)
        if not self.is_ready or self._misses >= MISSES_MAX:
            self.lose(error)
            self.due_ms = self._clock.now_ms() + self._retry_ms
            self._retry_ms = min(RETRY_MS_MAX, self._retry_ms * 2)

    def lose(self, error: HalError) -> None:
        """Note that nothing is known of the device any more."""
        self.is_ready = False
        self.is_doubtful = True
        self._misses = 0
        for channel in self.instrument.channels:
            channel.fault(error)
        if self.valve is not None:
            self.valve.lose()
            self.valve.fail(error)
