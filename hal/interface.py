"""What hardware can do: one small contract per capability, units in the names.

It does not decide who does it: firmware/assembly/ does. Portable: plain classes, no typing
beyond NamedTuple.
"""

from typing import NamedTuple

# One value as a device took it.
Measured = NamedTuple(
    "Measured",
    [
        ("value", float),  # in the sensor's `unit`
        ("age_ms", int),  # 0..; since the device took it
    ],
)

UNITS = ("degC", "kPa", "slpm", "closed", "number")
COLOURS = ("red", "yellow", "white")


class Sensor:
    """One measured quantity. `unit` is one of UNITS: kPa is gauge, slpm standard litres/min."""

    unit = ""

    def read(self) -> Measured:
        """Return the newest value with its age; never waits. Raises HalError when there is none
        or the device says that it is not to be trusted."""
        raise NotImplementedError


class Valve:
    """The cryogen supply valve. It shuts by itself when its lease is not renewed."""

    silence = "unknown"  # what the hardware does when the host falls silent: closes, holds, unknown

    def open_to(self, fraction: float, lease_ms: int) -> None:
        """Open to `fraction` (0..1; 0 shuts; NaN or anything else shuts) for `lease_ms`.
        Never waits. Raises HalError when an earlier order is known not to have arrived."""
        raise NotImplementedError

    def shut(self) -> None:
        """Shut now and wait until the device confirms it. Raises HalError when it does not."""
        raise NotImplementedError


class Heater:
    """The thaw heater. It goes off by itself when its lease is not renewed."""

    def heat_at(self, fraction: float, lease_ms: int) -> None:
        """Heat at `fraction` (0..1; 0 is off; NaN is off) of full power for `lease_ms`."""
        raise NotImplementedError


class Switch:
    """A normally-closed isolator in series with the valve, or a relay in series with the heater.
    It lets nothing through when its lease ends."""

    def set_open(self, is_open: bool, lease_ms: int) -> None:
        """Let gas or power through (True) for `lease_ms`, or not (False)."""
        raise NotImplementedError


class Indicator:
    """The alarm lamp and the buzzer: what they show, they show until they are told otherwise."""

    def show(self, colour: str, is_lit: bool, tone_hz: float) -> None:
        """Light the lamp in `colour`, one of COLOURS, or leave it dark; sound a tone with this
        fundamental, or none when it is 0 or NaN. Never waits. Raises HalError when it is known
        not to be seen or heard; what still works has been shown then."""
        raise NotImplementedError


class Clock:
    """Monotonic time in whole milliseconds."""

    def now_ms(self) -> int:
        """Return the time since some fixed moment; never goes back, never wraps."""
        raise NotImplementedError

    def wait_until_ms(self, deadline_ms: int) -> None:
        """Return at `deadline_ms`, or at once when it has passed."""
        raise NotImplementedError


class Watchdog:
    """Somebody who shuts everything when feeding stops."""

    def feed(self) -> None:
        """Say that this tick did all of its parts. Called once, as the last line of a tick."""
        raise NotImplementedError


class ByteStream:
    """Bytes to and from one port. One user at a time."""

    def write(self, data: bytes) -> None:
        """Send all of `data`. Raises NotConnected."""
        raise NotImplementedError

    def read_until(self, end: bytes, timeout_ms: int) -> bytes:
        """Return what came up to and with `end`. Raises NoReply after `timeout_ms` (what came
        so far is dropped), BadReply when more than 4096 bytes came without `end`,
        NotConnected when the port is gone."""
        raise NotImplementedError

    def discard_input(self) -> None:
        """Throw away whatever has come and was not read. Raises NotConnected."""
        raise NotImplementedError

    def close(self) -> None:
        """Give the port back. Never raises."""
        raise NotImplementedError
