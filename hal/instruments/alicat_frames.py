"""What Alicat's data frames and answers say, as text in and values out.

It does not decide what a status token means for a treatment.

Verified with captures from real instruments: the two frames below, the tokens, `?` for a rejected
command, `--` for a value that is missing, full scale as `A +500.00 12 SCCM`, unit as `A 12 SCCM`.

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
VERSION = re.compile(r"\d+v\d+.*")
GAS = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,7}")
TOKEN = re.compile(r"[A-Z][A-Z0-9]{2}")  # a bare 100 is a number that slipped


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


class FullScale(NamedTuple):
    """What FPF answers."""

    value: float  # more than 0, in `unit`
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


def unit_label(unit_id: str, text: str) -> str:
    """Return the label in what DCU says: `A 12 SCCM`. Raises BadReply."""
    words = _words(unit_id, text, "a unit")
    if len(words) != 2 or not words[0].isdigit():
        raise _bad(text, "id, a unit's number and its label")
    return words[1]


def full_scale(unit_id: str, text: str) -> FullScale:
    """Return what FPF says: `A +500.00 12 SCCM`. Raises BadReply."""
    words = _words(unit_id, text, "a full scale")
    if len(words) != 3 or not words[1].isdigit() or not _number(words[0], text) > 0.0:
        raise _bad(text, "id, a number more than 0, a unit's number and its label")
    return FullScale(_number(words[0], text), words[2])


def source(unit_id: str, text: str) -> str:
    """Return where the set point comes from, as LSS says: S, A or U. Raises BadReply."""
    words = _words(unit_id, text, "S, A or U")
    if words not in (["S"], ["A"], ["U"]):
        raise _bad(text, "id and S, A or U")
    return words[0]


def check_version(unit_id: str, text: str) -> None:
    """Accept what VE says, which no other answer looks like. Raises BadReply."""
    if not VERSION.fullmatch(_words(unit_id, text, "a firmware version")[0]):
        raise _bad(text, f"the firmware of unit {unit_id}, like 10v20.0-R24")


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
