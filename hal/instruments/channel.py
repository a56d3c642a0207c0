"""One channel of an instrument as a Sensor: the newest stamped sample, or what the device said.

It does not decide how old a sample may be (the controller's age limit), except that one nobody
would use any more is named as missing.
"""

from hal.errors import HalError, NoReply
from hal.interface import Clock, Measured, Sensor

FORGET_MS = 1000  # twice the highest age limit that a rig may set


class Channel(Sensor):
    """Written by the port's thread, read by the loop; one tuple at a time, so no lock."""

    def __init__(self, clock: Clock, name: str, unit: str) -> None:
        """`name` is for people: role, device, channel."""
        self.unit = unit
        self.name = name
        self._clock = clock
        self._sample: tuple[float, int] | None = None
        self._fault: HalError | None = None  # said by the device, or the port is down
        self._trouble = "has not been read yet"

    def read(self) -> Measured:
        """Return the newest value and its age. Raises what the device or the port declared, and
        NoReply when there was no sample for a second."""
        fault = self._fault
        if fault is not None:
            raise type(fault)(str(fault))
        sample = self._sample
        if sample is None:
            raise NoReply(f"{self.name}: {self._trouble}")
        age_ms = max(0, self._clock.now_ms() - sample[1])
        if age_ms > FORGET_MS:
            raise NoReply(f"{self.name}: no sample for {age_ms} ms; {self._trouble}")
        return Measured(sample[0], age_ms)

    def keep(self, value: float, taken_ms: int) -> None:
        """Take a good sample; `taken_ms` is when it was asked for, the oldest that it can be."""
        self._trouble = "then silence"
        self._sample = (value, taken_ms)
        self._fault = None

    def declare(self, fault: HalError) -> None:
        """Take the device's word that there is nothing to be trusted."""
        self._sample = None
        self._fault = fault

    def missed(self, failure: HalError) -> None:
        """Note a failed reading; the last sample stays and ages."""
        self._trouble = str(failure)

    def forget(self) -> None:
        """The port is open again: nothing from before counts."""
        self._sample = None
        self._fault = None
        self._trouble = "has not been read since the port was opened"
