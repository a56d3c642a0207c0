"""A serial port, a pseudo-terminal or a serial-to-TCP bridge as a ByteStream.

It does not decide what is said on it (hal/instruments) nor when a lost port is opened again
(hal/instruments/port.py). The only file that imports pyserial.
"""

import contextlib
import errno
import os
import select
import termios

import serial

from hal.errors import BadReply, NoReply, NotConnected
from hal.interface import ByteStream, Clock

REPLY_BYTES_MAX = 4096
WRITE_S_MAX = 0.2  # our longest message needs 70 ms at 9600 baud
READ_CALLS_MAX = 64  # a device that never stops cannot hold discard_input

# What the system says -> what a person can do about it.
PORT_ERRORS = (
    (errno.ENOENT, "there is no such port; is the cable plugged in?"),
    (errno.ENXIO, "there is no such port; is the cable plugged in?"),
    (errno.ENODEV, "there is no such port; is the cable plugged in?"),
    (errno.EACCES, "no permission; the user must be in the group of the port (often dialout)"),
    (errno.EPERM, "no permission; the user must be in the group of the port (often dialout)"),
    (errno.EAGAIN, "in use by another program"),
    (errno.EBUSY, "in use by another program"),
    (errno.EIO, "unplugged, or its other end is gone"),
    (errno.EINVAL, "the port cannot do this baud rate or framing"),
    (errno.ENOTTY, "this is not a serial port"),
)

# termios.error is not an OSError; a closed pyserial port may also raise TypeError or ValueError.
_FAILURES = (serial.SerialException, OSError, termios.error, TypeError, ValueError)


class SerialStream(ByteStream):
    """One open port: `/dev/...`, a link to one, or `socket://host:port`."""

    def __init__(self, port: str, baud: int, framing: str, clock: Clock) -> None:
        """Open `port` for this program alone. `framing` is data bits, parity, stop bits: "7O1".
        Raises NotConnected naming the port and why."""
        self._port = port
        self._clock = clock
        self._rest = b""
        framing = _framing_of(port, framing)
        try:
            self._serial = serial.serial_for_url(
                port, baudrate=baud, bytesize=int(framing[0]), parity=framing[1],
                stopbits=int(framing[2]), timeout=0, write_timeout=WRITE_S_MAX, exclusive=True)
        except _FAILURES as error:
            raise NotConnected(f"port {port}: {_reason(error)}") from None
        # A TCP bridge has no parity, and a driver may refuse.
        with contextlib.suppress(*_FAILURES):
            _check_parity(self._serial.fileno())
        # An FTDI chip else keeps each reply back for 16 ms (pyserial pull request 290).
        with contextlib.suppress(*_FAILURES, AttributeError, NotImplementedError):
            self._serial.set_low_latency_mode(True)

    def write(self, data: bytes) -> None:
        """Send all of `data`. Raises NotConnected."""
        try:
            self._serial.write(data)
        except _FAILURES as error:
            raise self._gone(error) from None

    def read_until(self, end: bytes, timeout_ms: int) -> bytes:
        """Return what came up to and with `end`; the time is for the whole message. Raises
        NoReply, BadReply after 4096 bytes without `end`, NotConnected."""
        deadline_ms = self._clock.now_ms() + timeout_ms
        came = self._rest
        self._rest = b""
        while end not in came:
            if len(came) > REPLY_BYTES_MAX:
                raise BadReply(f"port {self._port}: {len(came)} bytes without an end: "
                               f"{came[:40]!r}...")
            left_ms = deadline_ms - self._clock.now_ms()
            more = self._read_some(left_ms) if left_ms > 0 else b""
            if not more and left_ms <= 0:
                raise NoReply(f"port {self._port}: no whole reply in {timeout_ms} ms; "
                              f"{came[:40]!r} came")
            came += more
        cut = came.index(end) + len(end)
        self._rest = came[cut:]
        return came[:cut]

    def discard_input(self) -> None:
        """Throw away what came and was not read. Raises NotConnected."""
        self._rest = b""
        for _ in range(READ_CALLS_MAX):
            if not self._read_some(0):
                return

    def close(self) -> None:
        """Give the port back; never raises."""
        self._rest = b""
        with contextlib.suppress(*_FAILURES):
            self._serial.close()

    def _read_some(self, wait_ms: int) -> bytes:
        """Return what is there, waiting at most `wait_ms` for the first byte. pyserial's own
        timeout is not used: setting it writes the line settings again each time."""
        try:
            ready, _, _ = select.select([self._serial.fileno()], [], [], wait_ms / 1000)
            return bytes(self._serial.read(REPLY_BYTES_MAX)) if ready else b""
        except _FAILURES as error:
            raise self._gone(error) from None

    def _gone(self, error: Exception) -> NotConnected:
        return NotConnected(f"port {self._port}: {_reason(error)}")


def _check_parity(fd: int) -> None:
    """Let a byte of wrong parity come as NUL, which is in no reply; pyserial takes it as sent."""
    attributes = termios.tcgetattr(fd)
    attributes[0] = attributes[0] & ~(termios.IGNPAR | termios.PARMRK) | termios.INPCK
    termios.tcsetattr(fd, termios.TCSANOW, attributes)


def _framing_of(port: str, framing: str) -> str:
    # A pseudo-terminal has no wire and no parity; Linux refuses 7O1 at its second opening.
    return "8N1" if os.path.realpath(port).startswith("/dev/pts/") else framing


def _reason(error: Exception) -> str:
    number = getattr(error, "errno", None)
    if number is None and error.args and isinstance(error.args[0], int):
        number = error.args[0]  # termios.error has no errno of its own
    for row, words in PORT_ERRORS:
        if row == number:
            return words
    text = str(error)
    if "refused" in text:
        return "nobody listens there"
    if "disconnected" in text or "returned no data" in text or "Bad file" in text:
        return "unplugged, or its other end is gone"
    return text or type(error).__name__
