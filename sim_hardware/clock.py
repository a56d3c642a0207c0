"""Clocks that carry a SimProbe along: as fast as it goes, or in step with a real clock.

They do not decide the pace of the control loop: its deadlines do.
"""

from hal.interface import Clock
from sim_hardware.probe import SimProbe


class SimClock(Clock):
    """The probe's own time: it moves only while somebody waits for it."""

    def __init__(self, probe: SimProbe) -> None:
        self._probe = probe

    def now_ms(self) -> int:
        """Return the probe's time."""
        return self._probe.now_ms

    def wait_until_ms(self, deadline_ms: int) -> None:
        """Let the probe live until `deadline_ms`."""
        self._probe.advance_to(deadline_ms)


class SteppedClock(Clock):
    """A real clock; after each wait the probe is brought to the time that has really passed."""

    def __init__(self, clock: Clock, probe: SimProbe) -> None:
        self._clock = clock
        self._probe = probe
        self._start_ms = clock.now_ms() - probe.now_ms

    def now_ms(self) -> int:
        """Return the real clock's time."""
        return self._clock.now_ms()

    def wait_until_ms(self, deadline_ms: int) -> None:
        """Wait on the real clock, then let the probe catch up."""
        self._clock.wait_until_ms(deadline_ms)
        self._probe.advance_to(self._clock.now_ms() - self._start_ms)
