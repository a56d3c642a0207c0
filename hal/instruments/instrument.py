"""What a port asks of each instrument on it.

It does not decide what an instrument says: lakeshore.py and alicat.py do.
"""

from hal.instruments.channel import Channel
from hal.instruments.line import Line
from hal.instruments.order import Order


class Instrument:
    """One address on one port. All but `channels` is called under the port's lock."""

    name = ""
    channels: tuple[Channel, ...] = ()
    order: Order | None = None  # None: it moves nothing

    def check(self, line: Line) -> None:
        """Ask who it is and how it is set. Raises WrongDevice or any other HalError."""
        raise NotImplementedError

    def poll(self, line: Line) -> None:
        """Read every channel once into `channels`. Raises HalError."""
        raise NotImplementedError

    def tell_safe(self, line: Line) -> None:
        """Send the safe order without waiting. An instrument that moves nothing does nothing."""

    def make_safe(self, line: Line) -> None:
        """Send the safe order and return when it is confirmed. Raises HalError."""

    def send(self, line: Line, value: float) -> None:
        """Send an order other than the safe one and return when it is confirmed."""
        raise NotImplementedError
