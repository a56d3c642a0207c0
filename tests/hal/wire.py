"""A wire in virtual time: a clock that moves only when somebody waits, a stream with a script.

The device is a function from a question to what comes back and how late: no threads, no sleeps.
"""

from collections.abc import Callable, Iterable

from hal.errors import BadReply, NoReply, NotConnected
from hal.interface import ByteStream, Clock

# question without its end -> (delay in ms, bytes), any number of them
Device = Callable[[bytes], Iterable[tuple[int, bytes]]]


class ScriptClock(Clock):
    """Virtual time."""

    def __init__(self) -> None:
        self.ms = 1000

    def now_ms(self) -> int:
        return self.ms

    def wait_until_ms(self, deadline_ms: int) -> None:
        self.ms = max(self.ms, deadline_ms)


class ScriptStream(ByteStream):
    """What was written is in `sent`; what comes back comes at its time."""

    def __init__(self, device: Device, clock: ScriptClock, end: bytes) -> None:
        self.device = device
        self.sent: list[bytes] = []
        self.is_plugged = True
        self.is_closed = False
        self._clock = clock
        self._end = end
        self._coming: list[tuple[int, bytes]] = []  # (moment, one byte)

    def write(self, data: bytes) -> None:
        self._check()
        question = data.removesuffix(self._end)
        assert question != data, f"{data!r} has no end"
        self.sent.append(question)
        for delay_ms, answer in self.device(question):
            self.say(answer, delay_ms)

    def say(self, data: bytes, delay_ms: int = 0) -> None:
        """Let `data` come, whether asked for or not."""
        due_ms = self._clock.now_ms() + delay_ms
        self._coming += [(due_ms, bytes([byte])) for byte in data]
        self._coming.sort(key=lambda each: each[0])

    def read_until(self, end: bytes, timeout_ms: int) -> bytes:
        self._check()
        deadline_ms = self._clock.now_ms() + timeout_ms
        came = b""
        while not came.endswith(end):
            if len(came) > 4096:
                raise BadReply("too much")
            if not self._coming or self._coming[0][0] > deadline_ms:
                self._clock.wait_until_ms(deadline_ms)
                raise NoReply("silence")
            due_ms, byte = self._coming.pop(0)
            self._clock.wait_until_ms(due_ms)
            came += byte
        return came

    def discard_input(self) -> None:
        self._check()
        self._coming = [each for each in self._coming if each[0] > self._clock.now_ms()]

    def close(self) -> None:
        self.is_closed = True

    def _check(self) -> None:
        if not self.is_plugged or self.is_closed:
            raise NotConnected("unplugged")


class Transcript(ByteStream):
    """Answers from a transcript: (what must be written, what comes), in this order."""

    def __init__(self, clock: ScriptClock, *lines: tuple[bytes, bytes]) -> None:
        self.lines = list(lines)
        self.waiting = b""
        self.is_open = True
        self._clock = clock

    def write(self, data: bytes) -> None:
        assert self.lines, f"nothing more was expected, {data!r} came"
        expected, reply = self.lines.pop(0)
        assert data == expected
        self.waiting += reply

    def read_until(self, end: bytes, timeout_ms: int) -> bytes:
        if len(self.waiting) > 4096:
            self.waiting = b""
            raise BadReply("too long")
        if end not in self.waiting:
            self._clock.ms += timeout_ms
            self.waiting = b""
            raise NoReply("silence")
        message, end, self.waiting = self.waiting.partition(end)
        return message + end

    def discard_input(self) -> None:
        self.waiting = b""

    def close(self) -> None:
        self.is_open = False
