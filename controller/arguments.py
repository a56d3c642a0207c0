"""What follows a word or a header: the kinds of argument, how each is read, how it is explained.

It does not decide which commands there are: console.py lists them as Rows.
"""

from typing import NamedTuple

from controller.records import NAN, Refused
from controller.scpi import QUOTES, header_fits, lower, spelled, split_unquoted, upper
from controller.text import number

Row = NamedTuple(
    "Row",
    [
        ("word", str),  # for people, lower case; "" when only programs need it
        ("order", str),  # SCPI header that orders or sets, capitals are the short form; "" for none
        ("query", str),  # SCPI header that asks; "" for none
        ("command", str),  # Command.name that is put to the controller; "" when none is
        ("argument", str),  # NONE, CHOICE, DEGREES, SECONDS, NAME, FAULT, COUNT, MASK or WORD
        ("choices", "tuple[str, ...]"),  # of CHOICE, capitals are the short form
        ("help", str),
    ],
)

# What an argument is, as a person is told it. An order needs its argument. A question may have
# one, unless the row has an order as well: then the word with an argument orders, without it asks.
NONE = ""
CHOICE = "CHANNEL"
DEGREES = "°C"
SECONDS = "SECONDS"
NAME = "NAME"
FAULT = "NAME[,key=value...]|clear"
COUNT = "N"
MASK = "0..255"
WORD = "WORD"

COUNT_MAX = 100
MASK_MAX = 255
ECHO_MAX = 40
NUMERALS = "0123456789.+-eE"
DEGREE_UNITS = ("°C", "CEL", "C")
SECOND_UNITS = ("S",)


def read_argument(row: Row, asks: bool, given: str) -> "tuple[str, float]":
    """Return the argument as text, "" for none, and as a number, NaN for none.

    Raises Refused when it is missing, too much, or not of the row's kind.
    """
    kind = row.argument if not (asks and row.order) else NONE
    name = row.word or row.order or row.query
    if not given:
        if kind != NONE and not asks:
            raise Refused(name + " needs " + kind, -109)
        return "", NAN
    if kind == NONE:
        raise Refused(name + " takes nothing, but was given " + echo(given), -108)
    if kind != FAULT and len(split_unquoted(given, ",")) > 1:
        raise Refused(name + " takes one " + kind + ", but was given " + echo(given), -108)
    if kind == CHOICE:
        return _choice(row, given), NAN
    if kind == DEGREES:
        return "", _number(given, name, kind, DEGREE_UNITS)
    if kind == SECONDS:
        return "", _number(given, name, kind, SECOND_UNITS)
    if kind == COUNT:
        return str(_whole(given, name, kind, 1, COUNT_MAX)), NAN
    if kind == MASK:
        return "", float(_whole(given, name, kind, 0, MASK_MAX))
    return _string(given, name, kind), NAN


def echo(text: str) -> str:
    """What was typed, short enough to be shown again."""
    return text if len(text) <= ECHO_MAX else text[:ECHO_MAX] + "..."


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
        headers = [name for name in (row.order, row.query) if name]
        if lower(asked) == row.word or any([header_fits(asked, name) for name in headers]):
            start = usage(row) + ": " if row.word else ""
            return start + row.help + "; for programs " + " and ".join(headers)
    return None


def _choice(row: Row, given: str) -> str:
    for choice in row.choices:
        if spelled(_unquoted(given), choice):
            return lower(choice)
    raise Refused(row.word + " knows " + ", ".join([lower(choice) for choice in row.choices])
                  + ", not " + echo(given), -104)


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
    raise Refused(name + " takes " + kind + ", not " + echo(given), -104)


def _whole(given: str, name: str, kind: str, low: int, high: int) -> int:
    value = _number(given, name, kind, ())
    if not (low <= value <= high):
        raise Refused(name + " " + number(value, 0) + " is outside " + str(low) + ".." + str(high),
                      -222)
    return int(value + 0.5)  # IEEE 488.2, 10.10: rounded to a whole number


def _string(given: str, name: str, kind: str) -> str:
    text = _unquoted(given)
    if not text or any([quote in text for quote in QUOTES]) or (kind == NAME and " " in text):
        raise Refused(name + " takes " + kind + ", not " + echo(given), -104)
    return text


def _unquoted(text: str) -> str:
    if len(text) >= 2 and text[0] in QUOTES and text[-1] == text[0]:
        return text[1:-1]
    return text
