"""One line of bytes -> what was said: rows of a command table with their arguments, or why not.

It does not decide what is done about it: console.py does. It knows no command but stop.
"""

from typing import NamedTuple

from controller.records import NAN, Refused
from controller.scpi import (
    QUOTES,
    header_fits,
    lower,
    short,
    spelled,
    split_unquoted,
    upper,
)
from controller.text import number

Row = NamedTuple(
    "Row",
    [
        ("word", str),  # for people, lower case; "" when only programs need it
        ("order", str),  # SCPI header that orders or sets, capitals are the short form; "" for none
        ("query", str),  # SCPI header that asks; "" for none
        ("command", str),  # Command.name that is put to the controller; "" when none is
        ("argument", str),  # NONE, CHOICE, DEGREES, NAME, FAULT, COUNT, MASK or WORD
        ("choices", "tuple[str, ...]"),  # of CHOICE, capitals are the short form
        ("help", str),
    ],
)

# What an argument is, as a person is told it. An order needs its argument. A question may have
# one, unless the row has an order as well: then the word with an argument orders, without it asks.
NONE = ""
CHOICE = "CHANNEL"
DEGREES = "°C"
NAME = "NAME"
FAULT = "NAME[,key=value...]|clear"
COUNT = "N"
MASK = "0..255"
WORD = "WORD"

# How something was said, and so how it is answered.
WORDS = "words"  # one line, OK or ERR
SCPI = "scpi"  # a value for a question; errors into the queue
BOTH = "both"  # who wrote it cannot be told: a line and an entry in the queue

# Where an item is on its way.
WAITING = "waiting"
SENT = "sent"
DONE = "done"

COUNT_MAX = 100
MASK_MAX = 255
ECHO_MAX = 40
NUMERALS = "0123456789.+-eE"
DEGREE_UNITS = ("°C", "CEL", "C")


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
    said = line[start:start + 4].lower()
    if said == b"stop":
        return WORDS
    return SCPI if said == b"abor" else ""


def stop_item(rows: "tuple[Row, ...]", dialect: str) -> Item:
    """Return a stop."""
    for row in rows:
        if row.word == "stop":
            return Item(dialect, row, False)
    raise AssertionError("the table has no stop")


def read_line(rows: "tuple[Row, ...]", line: bytes) -> "list[Item]":
    """Return what is said in `line` (without its end), nothing for an empty one; never raises."""
    dialect = stop_dialect(line)
    text = _text(line)
    if dialect == WORDS or (dialect and not text):
        return [stop_item(rows, dialect)]
    if text is None:
        return [failed(BOTH, -101, "a line must be UTF-8 text without control characters")]
    if not text:
        return []
    token, rest = _cut(text)
    word = _word_row(rows, token)
    if word is not None:
        return [_understood(WORDS, word, bool(rest) or not word.query, rest)]
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
        item = _scpi_unit(rows, header, rest, path)
        items.append(item)
        if not header.startswith("*"):  # IEEE 488.2 headers leave the path as it is
            whole = header if header.startswith(":") else path + header
            path = whole[:whole.rfind(":") + 1]
    for item in items[:-1]:
        item.last = False
    return items


def _scpi_unit(rows: "tuple[Row, ...]", header: str, rest: str, path: str) -> Item:
    # After a semicolon a header goes on from the one before (SCPI-99 volume 1, 6.2.4); one that
    # does not is taken from the top.
    tried = [header] if header.startswith(("*", ":")) else [path + header, header]
    for whole in tried:
        bare = whole[1:] if whole.startswith(":") else whole
        for row in rows:
            if row.order and header_fits(bare, row.order):
                return _understood(SCPI, row, True, rest)
            if row.query and header_fits(bare, row.query):
                return _understood(SCPI, row, False, rest)
    programs = header == upper(header) or any([mark in header for mark in (":", "*", "?")])
    return failed(SCPI if programs else BOTH, -113,
                  "no command is called " + _echo(header) + "; help lists them")


def _understood(dialect: str, row: Row, orders: bool, given: str) -> Item:
    item = Item(dialect, row, not orders)
    try:
        _take_argument(item, row, given)
    except Refused as refusal:
        return failed(dialect, refusal.code, refusal.text)
    return item


def _take_argument(item: Item, row: Row, given: str) -> None:
    kind = row.argument if not (item.asks and row.order) else NONE
    name = row.word or row.order or row.query
    if not given:
        if kind != NONE and not item.asks:
            raise Refused(name + " needs " + kind, -109)
        return
    if kind == NONE:
        raise Refused(name + " takes nothing, but was given " + _echo(given), -108)
    if kind != FAULT and len(split_unquoted(given, ",")) > 1:
        raise Refused(name + " takes one " + kind + ", but was given " + _echo(given), -108)
    if kind == CHOICE:
        item.argument = _choice(row, given)
    elif kind == DEGREES:
        item.value = _number(given, name, kind, DEGREE_UNITS)
    elif kind == COUNT:
        item.argument = str(_whole(given, name, kind, 1, COUNT_MAX))
    elif kind == MASK:
        item.value = float(_whole(given, name, kind, 0, MASK_MAX))
    else:
        item.argument = _string(given, name, kind)


def _choice(row: Row, given: str) -> str:
    for choice in row.choices:
        if spelled(_unquoted(given), choice):
            return lower(choice)
    raise Refused(row.word + " knows " + ", ".join([lower(choice) for choice in row.choices])
                  + ", not " + _echo(given), -104)


def _number(given: str, name: str, kind: str, units: "tuple[str, ...]") -> float:
    """Return the number; float() alone would take nan, 1_0 and the digits of every script."""
    text = given
    for unit in units:
        if upper(text).endswith(unit):
            text = text[:-len(unit)].strip(" ")
            break
    if all([letter in NUMERALS for letter in text]):
        try:
            return float(text)
        except ValueError:
            pass
    raise Refused(name + " takes " + kind + ", not " + _echo(given), -104)


def _whole(given: str, name: str, kind: str, low: int, high: int) -> int:
    value = _number(given, name, kind, ())
    if not (low <= value <= high):
        raise Refused(name + " " + number(value, 0) + " is outside " + str(low) + ".." + str(high),
                      -222)
    return int(value + 0.5)  # IEEE 488.2, 10.10: rounded to a whole number


def _string(given: str, name: str, kind: str) -> str:
    text = _unquoted(given)
    if not text or any([quote in text for quote in QUOTES]) or (kind == NAME and " " in text):
        raise Refused(name + " takes " + kind + ", not " + _echo(given), -104)
    return text


def _unquoted(text: str) -> str:
    if len(text) >= 2 and text[0] in QUOTES and text[-1] == text[0]:
        return text[1:-1]
    return text


def _echo(text: str) -> str:
    """What was typed, short enough to be shown again."""
    return text if len(text) <= ECHO_MAX else text[:ECHO_MAX] + "..."


def one_line(text: str) -> str:
    """Return `text` with nothing in it that could end or hide a line."""
    return "".join([" " if letter < " " or "\x7f" <= letter <= "\x9f" else letter
                    for letter in text])


def usage(row: Row) -> str:
    """Return how the word is said: "temp [tip|tip_b|skin]"."""
    if row.argument == NONE:
        return row.word
    what = "|".join([lower(choice) for choice in row.choices]) or row.argument
    # Only an order that cannot be a question needs its argument.
    return row.word + (" [" + what + "]" if row.query else " " + what)


def help_text(rows: "tuple[Row, ...]", asked: str) -> "str | None":
    """Return every word, or what the one asked for does; None when there is none such."""
    if not asked:
        words = [usage(row) for row in rows if row.word]
        return "; ".join(words) + "; help WORD says what it does"
    for row in rows:
        names = [lower(name) for name in (row.word, row.order, row.query) if name]
        names += [lower(short(name)) for name in (row.order, row.query) if name]
        if lower(asked) in names:
            headers = " and ".join([name for name in (row.order, row.query) if name])
            start = usage(row) + ": " if row.word else ""
            return start + row.help + "; for programs " + headers
    return None
