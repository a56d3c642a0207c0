"""Lines in, replies out: what every virtual instrument shares, and WIRE_FAULTS, what a wire can do.

It does not know any dialogue (the instruments do) and moves no bytes (sim_hardware/server.py does).
"""

import re
from collections.abc import Callable
from typing import NamedTuple

GARBAGE = b"\x00\xff\x8a~\x15"  # as a wrong baud rate looks: no digits, no line end


SHOWN = re.compile(rb"[+-]\d+\.\d+")  # a reading, as both makers write it


class Reply(NamedTuple):
    """Bytes that leave the instrument, and when."""

    due_ms: int
    data: bytes


class WireFault(NamedTuple):
    """One thing that can befall a reply on its way."""

    name: str
    does: str
    spoil: Callable[[bytes], bytes]  # the reply with its line end -> what comes out of the wire
    is_late: bool = False


def _read(change: Callable[[float], float]) -> Callable[[bytes], bytes]:
    """Return what replaces every reading in a reply, written as long as before."""
    def spoil(reply: bytes) -> bytes:
        return SHOWN.sub(lambda shown: _written(change(float(shown[0])), shown[0]), reply)
    return spoil


def _written(value: float, like: bytes) -> bytes:
    decimals = len(like) - like.index(b".") - 1
    return f"{value:+0{len(like)}.{decimals}f}".encode("ascii")


def _wrong_digit(reply: bytes) -> bytes:
    """Return it with the first digit of its first reading changed: without a checksum nobody
    can tell."""
    found = SHOWN.search(reply)
    if found is None:
        return reply
    at = found.start() + 1
    return reply[:at] + bytes([reply[at] ^ 1]) + reply[at + 1:]


WIRE_FAULTS = (
    WireFault("silence", "no reply comes", lambda reply: b""),
    WireFault("garbage", "bytes of a wrong baud rate come, without a line end",
              lambda reply: GARBAGE),
    WireFault("late", "the reply comes whole, late_ms too late", lambda reply: reply,
              is_late=True),
    WireFault("half", "the reply breaks off in its middle", lambda reply: reply[:len(reply) // 2]),
    WireFault("twice", "the reply comes two times", lambda reply: reply * 2),
    WireFault("digit", "the first digit of the first reading is another", _wrong_digit),
    WireFault("kelvin", "every reading is in kelvin, not in °C",
              _read(lambda value: value + 273.15)),
    WireFault("psi", "every reading is in psi, not in kPa", _read(lambda value: value / 6.894757)),
)


class LineInstrument:
    """An instrument that answers line by line. A line ends with the byte `line_end`; what is
    longer than `line_bytes_max` is lost up to its end, so that nobody can fill the memory."""

    def __init__(self, line_end: bytes, line_bytes_max: int) -> None:
        self._line_end = line_end
        self._line_bytes_max = line_bytes_max
        self._half = b""
        self._last_due_ms = 0
        # fault, lateness in ms, replies left to spoil: one tuple, so that another thread may set it
        self._spoiled: tuple[WireFault, int, int | None] | None = None

    def feed(self, data: bytes, now_ms: int) -> list[Reply]:
        """Return the replies to the lines that `data` completes, in the order of the wire."""
        replies = []
        *ended, rest = data.split(self._line_end)
        for part in ended:
            self._gather(part)
            answer = self._answer_gathered()
            if answer:
                replies.append(self._sent(answer, now_ms))
        self._gather(rest)
        return [reply for reply in replies if reply.data]

    def hang_up(self) -> None:
        """Forget a half line: its writer is gone. Kinder than a UART, which would keep it."""
        self._half = b""

    def regulate(self) -> None:
        """Do what the instrument does by itself, without being asked."""

    def inject(self, name: str, late_ms: int = 300, replies: int | None = None) -> None:
        """Spoil the next `replies` replies, None for all; raises ValueError for no such fault."""
        for fault in WIRE_FAULTS:
            if fault.name == name:
                self._spoiled = (fault, late_ms if fault.is_late else 0, replies)
                return
        known = ", ".join(fault.name for fault in WIRE_FAULTS)
        raise ValueError(f"no wire fault is called {name!r}; there are: {known}")

    def clear(self) -> None:
        """Make the wire sound again."""
        self._spoiled = None

    def answer(self, line: str) -> bytes:
        """Return the reply to one line with its end, b"" for silence."""
        raise NotImplementedError

    def refuse_long_line(self) -> bytes:
        """Return the reply to a line that was too long, b"" for silence."""
        return b""

    def _gather(self, part: bytes) -> None:
        # One byte more than allowed is kept: it tells that the line was too long.
        self._half += part[:self._line_bytes_max + 1 - len(self._half)]

    def _answer_gathered(self) -> bytes:
        line, self._half = self._half, b""
        if len(line) > self._line_bytes_max:
            return self.refuse_long_line()
        return self.answer(line.decode("ascii", "replace"))

    def _sent(self, answer: bytes, now_ms: int) -> Reply:
        delay_ms = 0
        spoiled = self._spoiled
        if spoiled is not None:
            fault, delay_ms, left = spoiled
            answer = fault.spoil(answer)
            if left is not None:
                self._spoiled = (fault, delay_ms, left - 1) if left > 1 else None
        # One wire: what is said later never overtakes what was said before.
        self._last_due_ms = max(self._last_due_ms, now_ms + delay_ms)
        return Reply(self._last_due_ms, answer)
