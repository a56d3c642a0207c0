"""Line: questions and answers in text over one ByteStream, one at a time.

It does not know what the words mean, and it does not decide when to ask again: port.py does.
"""

from typing import NamedTuple

from hal.errors import BadReply, NoReply
from hal.interface import ByteStream, Clock

QUIET_WITHIN_MS = 500  # a line that still talks after this talks by itself; a lease waits for it


class Dialect(NamedTuple):
    """How an instrument family frames and times its messages."""

    question_end: bytes
    reply_end: bytes
    reply_ms: int  # longest time from the end of a question to the end of its reply
    pace_ms: int = 0  # silence that the device wants after every message


class Line:
    """One open stream, spoken in one dialect. `name` is the port's, for error texts."""

    def __init__(self, name: str, stream: ByteStream, dialect: Dialect, clock: Clock) -> None:
        self._name = name
        self._stream = stream
        self._dialect = dialect
        self._clock = clock
        self._free_ms = clock.now_ms()

    def ask(self, question: str) -> str:
        """Return the reply to `question`, without its end.

        What came before the question was sent is thrown away. Raises NoReply, BadReply when the
        reply is not ASCII, NotConnected.
        """
        self._clock.wait_until_ms(self._free_ms)
        try:
            self._stream.discard_input()
            self._stream.write(question.encode("ascii") + self._dialect.question_end)
            raw = self._stream.read_until(self._dialect.reply_end, self._dialect.reply_ms)
        except NoReply as error:
            raise NoReply(f"{self._name}: no reply to {question!r} within "
                          f"{self._dialect.reply_ms} ms") from error
        finally:
            self._free_ms = self._clock.now_ms() + self._dialect.pace_ms
        try:
            return raw[:-len(self._dialect.reply_end)].decode("ascii")
        except UnicodeDecodeError as error:
            raise BadReply(f"{self._name}: {raw[:60]!r} came for {question!r}, "
                           "expected ASCII") from error

    def resync(self) -> None:
        """Throw away what still comes, until nothing has come for a whole reply time.

        Raises BadReply when the line does not fall silent, NotConnected.
        """
        deadline_ms = self._clock.now_ms() + QUIET_WITHIN_MS
        while self._clock.now_ms() < deadline_ms:
            try:
                self._stream.read_until(self._dialect.reply_end, self._dialect.reply_ms)
            except BadReply:
                continue
            except NoReply:
                self._stream.discard_input()
                self._free_ms = self._clock.now_ms() + self._dialect.pace_ms
                return
        raise BadReply(f"{self._name}: the line talks without being asked for "
                       f"{QUIET_WITHIN_MS} ms; is a device streaming?")

    def close(self) -> None:
        """Give the port back. Never raises."""
        self._stream.close()
