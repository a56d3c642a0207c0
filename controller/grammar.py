"""One line of bytes -> what was said: rows of a command table with their arguments, or why not.

It does not decide what is done about it: console.py does. It knows no command but stop.
"""

from controller.arguments import Row, echo, read_argument
from controller.records import NAN, Refused
from controller.scpi import header_fits, lower, split_unquoted, upper

# How something was said, and so how it is answered.
WORDS = "words"  # one line, OK or ERR
SCPI = "scpi"  # a value for a question; errors into the queue
BOTH = "both"  # who wrote it cannot be told: a line and an entry in the queue

STOP_BYTES = 4  # of "stop", and of "abort" in its short form

# Where an item is on its way.
WAITING = "waiting"
SENT = "sent"
DONE = "done"


class Item:
    """One thing said in a session, until it is answered."""

    def __init__(self, dialect: str, row: "Row | None", asks: bool) -> None:
        self.dialect = dialect
        self.row = row  # None: was not understood
        self.asks = asks
        self.argument = ""
        self.value = NAN
        self.last = True  # of its line
        self.state = WAITING
        self.number = -1  # of the Command
        self.revision = -1  # that the session was last shown when this was said
        self.said_ms = 0
        self.sent_ms = 0
        self.code = 0
        self.text = ""  # the answer for a person
        self.bare = ""  # the answer for a program; "" for none
        self.lines = 0  # that this item answers for, when too many wait

    def done(self, code: int, text: str, bare: str = "") -> None:
        """This is the answer."""
        self.state = DONE
        self.code = code
        self.text = text
        self.bare = bare

    def command(self) -> str:
        """Return the name of the Command this asks the controller for, "" when for none."""
        return self.row.command if self.row is not None and not self.asks else ""


def failed(dialect: str, code: int, text: str) -> Item:
    """Return an item that is answered with an error."""
    item = Item(dialect, None, False)
    item.done(code, text)
    return item


def stop_dialect(line: bytes) -> str:
    """Return how a stop is said at the start of `line`, "" when it is none.

    A stop is never refused: neither what follows it nor noise before it counts.
    """
    start = 0
    while start < len(line) and not (0x21 <= line[start] <= 0x7E and line[start:start + 1] != b":"):
        start += 1
    return stop_inside(line[start:start + STOP_BYTES])


def stop_inside(line: bytes) -> str:
    """Return how a stop is said anywhere in `line`, "" when it is not.

    Only for a line that cannot be obeyed: there a stop, however it got in, is what was meant.
    """
    said = line.lower()
    if b"stop" in said:
        return WORDS
    return SCPI if b"abor" in said else ""


def stop_item(rows: "tuple[Row, ...]", dialect: str) -> Item:
    """Return a stop."""
    for row in rows:
        if row.word == "stop":
            return Item(dialect, row, False)
    raise AssertionError("the table has no stop")


def read_line(rows: "tuple[Row, ...]", line: bytes) -> "list[Item]":
    """Return what is said in `line` (without its end), nothing for an empty one; never raises."""
    if stop_dialect(line) == WORDS:
        return [stop_item(rows, WORDS)]
    items = _items(rows, line)
    if any([item.row is None for item in items]) and stop_inside(line) and not any(
            [item.command() == "stop" for item in items]):
        return [stop_item(rows, stop_inside(line))]
    return items


def _items(rows: "tuple[Row, ...]", line: bytes) -> "list[Item]":
    text = _text(line)
    if text is None:
        return [failed(BOTH, -101, "a line must be UTF-8 text without control characters")]
    if not text:
        return []
    token, rest = _cut(text)
    word = _word_row(rows, token)
    if word is not None:
        orders = bool(word.order) and (bool(rest) or not word.query)
        return [_understood(WORDS, word, orders, rest)]
    return _scpi_line(rows, text)


def _text(line: bytes) -> "str | None":
    """The line trimmed; None when it is not plain text. Tabs count as spaces."""
    for byte in line:
        if (byte < 0x20 and byte != 0x09) or byte == 0x7F:
            return None
    try:
        return line.decode().replace("\t", " ").strip(" ")
    except UnicodeError:
        return None


def _cut(text: str) -> "tuple[str, str]":
    first, _, rest = text.partition(" ")
    return first, rest.strip(" ")


def _word_row(rows: "tuple[Row, ...]", token: str) -> "Row | None":
    """The row of a word. FREEZE is the header, as programs write it, freeze and Freeze the word."""
    named = None
    for row in rows:
        if row.word and row.word == lower(token):
            named = row
    if named is None or token == lower(token):
        return named
    return None if _fits_any(rows, token) and token[1:] != lower(token[1:]) else named


def _fits_any(rows: "tuple[Row, ...]", header: str) -> bool:
    return any([header_fits(header, row.order) or header_fits(header, row.query) for row in rows])


def _scpi_line(rows: "tuple[Row, ...]", text: str) -> "list[Item]":
    items = []
    path = ""
    for unit in split_unquoted(text, ";"):
        if not unit:
            continue
        dialect = stop_dialect(unit.encode())
        if dialect:
            items.append(stop_item(rows, SCPI))
            continue
        header, rest = _cut(unit)
        item, whole = _scpi_unit(rows, header, rest, path)
        items.append(item)
        if header[:1] != "*":  # IEEE 488.2 headers leave the path as it is
            path = whole[:whole.rfind(":") + 1]
    for item in items[:-1]:
        item.last = False
    return items


def _scpi_unit(rows: "tuple[Row, ...]", header: str, rest: str, path: str) -> "tuple[Item, str]":
    """What one unit says, and its header from the top."""
    # After a semicolon a header goes on from the one before (SCPI-99 volume 1, 6.2.4); one that
    # does not is taken from the top.
    tried = [path + header, header] if path else [header]
    if header[:1] in (":", "*"):
        tried = [header[1:] if header[0] == ":" else header]
    for whole in tried:
        for row in rows:
            if row.order and header_fits(whole, row.order):
                return _understood(SCPI, row, True, rest), whole
            if row.query and header_fits(whole, row.query):
                return _understood(SCPI, row, False, rest), whole
    programs = header == upper(header) or any([mark in header for mark in (":", "*", "?")])
    return failed(SCPI if programs else BOTH, -113,
                  "no command is called " + echo(header) + "; help lists them"), tried[0]


def _understood(dialect: str, row: Row, orders: bool, given: str) -> Item:
    item = Item(dialect, row, not orders)
    try:
        item.argument, item.value = read_argument(row, item.asks, given)
    except Refused as refusal:
        return failed(dialect, refusal.code, refusal.text)
    return item


def one_line(text: str) -> str:
    """Return `text` with nothing in it that could end or hide a line."""
    return "".join([" " if letter < " " or "\x7f" <= letter <= "\x9f" else letter
                    for letter in text])


def for_program(text: str) -> str:
    """Return `text` as one line of ASCII, which is all that programs expect of SCPI."""
    return "".join([letter if letter < "\x80" else "?"
                    for letter in one_line(text).replace("°C", "degC")])
