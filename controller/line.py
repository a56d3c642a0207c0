"""The line that is coming in: bytes, however they are cut -> what was said; of bounded length.

It does not decide what a whole line says (grammar.py) nor what is done about it (console.py).
"""

from controller.arguments import Row
from controller.grammar import BOTH, STOP_BYTES, Item, failed, read_line, stop_inside, stop_item

LINE_BYTES_MAX = 256


class Line:
    """One line after the other. What is too long is passed over to its end, but for a stop."""

    def __init__(self, rows: "tuple[Row, ...]") -> None:
        self.rows = rows
        self.held = b""  # begun, not ended; at most LINE_BYTES_MAX
        self.too_long = False
        self.stopped = False  # by the line that is too long; once is enough

    def take(self, piece: bytes) -> "list[Item]":
        """Return what `piece`, without a line end, leads to at once; mostly nothing."""
        items = []
        if not self.too_long:
            room = LINE_BYTES_MAX - len(self.held)
            self.held += piece[:room]
            piece = piece[room:]
            if not piece:
                return []
            self.too_long = True
            items = self._stop_in(self.held) or [failed(
                BOTH, -363, "a line is longer than " + str(LINE_BYTES_MAX) + " bytes; dropped")]
        passing = self.held[1 - STOP_BYTES:] + piece  # a stop may be cut in two
        self.held = passing[1 - STOP_BYTES:]
        return items + self._stop_in(passing)

    def end(self) -> "list[Item]":
        """Return what the line said, now that it is over."""
        items = [] if self.too_long else read_line(self.rows, self.held)
        self.held = b""
        self.too_long = False
        self.stopped = False
        return items

    def _stop_in(self, passing: bytes) -> "list[Item]":
        dialect = "" if self.stopped else stop_inside(passing)
        if not dialect:
            return []
        self.stopped = True
        return [stop_item(self.rows, dialect)]
