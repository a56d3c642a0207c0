"""What Alicat's data frames and answers say, as text in and values out.

It does not decide what a status token means for a treatment.

Verified with captures from real instruments: the two frames below, the tokens, `?` for a rejected
command, `--` for a value that is missing, full scale and unit as `A +500.00 12 SCCM`.

    A +014.62 +021.89 +000.00 +000.00 +078.95     N2      controller, firmware 10v20
    A +014.52 +021.50 +0000.1 +0000.2 0116.3      N2      controller, firmware 5v12

General knowledge: a gauge sends id, pressure and tokens only.
"""

import re
from math import nan
from typing import NamedTuple

from hal.errors import BadReply

NUMBER = re.compile(r"[+-]?\d{1,6}(\.\d{1,6})?")
MISSING = re.compile(r"-{2,}(\.-+)?")
GAS = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,7}")
TOKEN = re.compile(r"[A-Z0-9]{3}")


class ControllerFrame(NamedTuple):
    """One answer of a mass-flow controller."""

    flow_slpm: float  # mass flow in the unit checked at the connection; NaN when missing
    set_point_slpm: float  # likewise
    gas: str
    tokens: tuple[str, ...]


class GaugeFrame(NamedTuple):
    """One answer of a gauge."""

    pressure: float  # in the unit checked at the connection; NaN when missing
    tokens: tuple[str, ...]


class Quantity(NamedTuple):
    """A number with its unit, as DCU and FPF give them; DCU gives no number."""

    value: float  # NaN for DCU
    unit: str


def controller_frame(unit_id: str, text: str) -> ControllerFrame:
    """Return the fields of a controller's frame. Raises BadReply."""
    words = _words(unit_id, text, "a data frame")
    if len(words) < 6 or not GAS.fullmatch(words[5]):
        raise _bad(text, "id, five numbers, a gas and status tokens")
    numbers = [_number(word, text) for word in words[:5]]
    return ControllerFrame(numbers[3], numbers[4], words[5], _tokens(words[6:], text))


def gauge_frame(unit_id: str, text: str) -> GaugeFrame:
    """Return the fields of a gauge's frame. Raises BadReply."""
    words = _words(unit_id, text, "a data frame")
    return GaugeFrame(_number(words[0], text), _tokens(words[1:], text))


def quantity(unit_id: str, text: str) -> Quantity:
    """Return what DCU (`A 12 SCCM`) or FPF (`A +500.00 12 SCCM`) says. Raises BadReply."""
    words = _words(unit_id, text, "a unit")
    if len(words) not in (2, 3) or not words[-2].isdigit():
        raise _bad(text, "id, a number for FPF, a unit's number and its label")
    return Quantity(_number(words[0], text) if len(words) == 3 else nan, words[-1])


def words_of(unit_id: str, text: str, count: int, expected: str) -> list[str]:
    """Return at least `count` words after the unit's id. Raises BadReply."""
    words = _words(unit_id, text, expected)
    if len(words) < count:
        raise _bad(text, expected)
    return words


def _words(unit_id: str, text: str, expected: str) -> list[str]:
    words = text.split()
    if text.strip() == "?" or words[1:] == ["?"]:
        raise BadReply(f"unit {unit_id} rejects the command, expected {expected}")
    if len(words) < 2 or words[0] != unit_id:
        raise _bad(text, f"{expected} of unit {unit_id}")
    return words[1:]


def _number(word: str, text: str) -> float:
    if MISSING.fullmatch(word):
        return nan
    if not NUMBER.fullmatch(word):
        raise _bad(text, f"a number where {word[:20]!r} is")
    return float(word)


def _tokens(words: list[str], text: str) -> tuple[str, ...]:
    if not all(TOKEN.fullmatch(word) for word in words):
        raise _bad(text, "status tokens of three letters at the end")
    return tuple(words)


def _bad(text: str, expected: str) -> BadReply:
    return BadReply(f"{text[:80]!r} came, expected {expected}")
