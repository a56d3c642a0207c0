"""Instrument: what a driver owes the port that runs it.

It does not decide when it is called, nor what happens after an error: port.py does. Every method
is called under the port's lock, and may raise what Line.ask raises.
"""

from hal.errors import HalError
from hal.instruments.channel import Channel
from hal.instruments.leased_valve import LeasedValve
from hal.instruments.line import Dialect, Line


class Instrument:
    """One device at one address. A driver sets the attributes and writes the methods; the last
    two only when it has a valve."""

    name: str
    dialect: Dialect
    poll_ms: int  # least time from one poll to the next
    channels: tuple[Channel, ...] = ()
    valve: LeasedValve | None = None

    def hail(self, line: Line) -> None:
        """Ask what has an answer unlike any other, so that late replies have passed.

        Raises WrongDevice when somebody else answers, BadReply for anything else.
        """
        raise NotImplementedError

    def identify(self, line: Line) -> None:
        """Check settings and units. Raises WrongDevice."""
        raise NotImplementedError

    def poll(self, line: Line) -> None:
        """Take one sample of every channel, or the fault that the device declares of it."""
        raise NotImplementedError

    def obey(self, line: Line, fraction: float) -> None:
        """Set the valve, 0..1, and see it confirmed. Raises BadReply when it is not."""
        raise NotImplementedError

    def trouble(self) -> HalError | None:
        """Return what may keep the valve open although its set point is 0; None when nothing."""
        raise NotImplementedError
