"""Channel: one quantity of an instrument as a Sensor: the newest sample, or what the device said.

It does not decide how old a sample may be: the controller's age limit does.
"""

from hal.errors import HalError, NoReply
from hal.interface import Clock, Measured, Sensor


class Channel(Sensor):
    """Written by the port's thread, read by the loop: one reference at a time, so no lock.

    `role` is what the rig uses it for, `where` names device and input; both for error texts.
    """

    def __init__(self, role: str, unit: str, where: str, clock: Clock) -> None:
        self.role = role
        self.unit = unit
        self._where = where
        self._clock = clock
        self._newest: tuple[float, int] | HalError = NoReply("has not been read yet")

    def read(self) -> Measured:
        """Return the newest value and its age. Raises what the device or the port declared."""
        newest = self._newest
        if isinstance(newest, HalError):
            # A new one each time: a stored one would grow a traceback with every tick.
            raise type(newest)(f"{self.role}, {self._where}: {newest}")
        value, taken_ms = newest
        return Measured(value, max(0, self._clock.now_ms() - taken_ms))

    def fresh(self, value: float, taken_ms: int) -> None:
        """Keep a sample; `taken_ms` is the earliest that the device can have taken it."""
        self._newest = (value, taken_ms)

    def fault(self, error: HalError) -> None:
        """Keep why there is nothing to be trusted, until the next good sample."""
        self._newest = error
