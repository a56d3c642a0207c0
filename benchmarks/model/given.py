"""A real Controller whose facts are chosen by hand, with what the tip does and what is said.

Only what senses is replaced: `Senses` by one that returns the chosen Facts, and the arithmetic of
the ice by none. It judges nothing; rules.py does.
"""

from functools import cache
from types import FunctionType
from typing import Any, NamedTuple

from controller.core import Controller
from controller.facts import Facts
from controller.interlocks import AT_LEAST, AT_MOST, CLEAR, INTERLOCKS, Interlock
from controller.limits import Limits, limits_from
from controller.precheck import PULSE
from controller.records import (
    CHANNELS,
    NAN,
    Asked,
    Command,
    Cycle,
    Decision,
    Estimate,
    Plan,
    Probe,
    Reading,
    Sample,
)
from controller.signals import Signal

TICK_MS = 1  # short: no path is long enough that ticks alone wear a grace out
LATER_MS = 12_000  # every grace (10 s at most) and every short step of the check is over
MUCH_LATER_MS = 700_000  # hold, thaw and the check's thaw are over as well
YOUNG_MS = 100  # the shortest grace; what is younger is told apart from what is not

LIMITS_IN_FORCE = limits_from()
PROBE = Probe(2.0, 10.0, 12.0, 1)
FITTED = (*CHANNELS, "heater", "isolator", "estop_test")
PLAN = Plan("two", (Cycle(-60.0, 100.0, "passive", 1.0, -20.0),
                    Cycle(-60.0, 100.0, "active", 1.0, 5.0)))
WARM_C, COLD_C, CHECKED_C = 34.0, -70.0, 29.0
WELL = {"tip_c": WARM_C, "tip_b_c": WARM_C, "skin_c": 33.0, "supply_kpa": 5000.0,
        "exhaust_kpa": 10.0, "flow_slpm": 0.0, "estop": 1.0, "cold_junction_c": 24.0,
        "pedal": 1.0, "probe_id": 1.0}

# What an operator may say: (word, name, text, value, off by so many revisions, issued ms ago).
WORDS = (
    ("stop", "stop", "", NAN, 0, 0),
    ("plan", "plan", "two", NAN, 0, 0),
    ("plan unknown", "plan", "none", NAN, 0, 0),
    ("target", "target", "", -50.0, 0, 0),
    ("target bad", "target", "", -200.0, 0, 0),
    ("target NaN", "target", "", NAN, 0, 0),
    ("precheck", "precheck", "", NAN, 0, 0),
    ("freeze", "freeze", "", NAN, 0, 0),
    ("freeze unseen", "freeze", "", NAN, -1, 0),
    ("freeze old", "freeze", "", NAN, 0, 3000),
    ("freeze early", "freeze", "", NAN, 0, -500),
    ("thaw", "thaw", "", NAN, 0, 0),
    ("ack", "ack", "", NAN, 0, 0),
    ("pause", "pause", "", 60.0, 0, 0),
    ("pause bad", "pause", "", NAN, 0, 0),
    ("reset", "reset", "", NAN, 0, 0),
    ("warp", "warp", "", NAN, 0, 0),
)
WORD_NAMES = tuple(word[0] for word in WORDS)
PLANTS = ("does", "does not", "unknown")  # what the tip does of what the phase wants


class Act(NamedTuple):
    """One tick: time that passes, rows that are not proven, what the tip does, what is said."""

    dt_ms: int
    broken: tuple[str, ...]
    plant: str  # of PLANTS
    words: tuple[str, ...]  # of WORDS, in their order

    def told(self) -> str:
        """Return the tick as a line of a counter-example."""
        parts = [f"{self.dt_ms} ms later"]
        parts += [f"{name} not proven" for name in self.broken]
        parts.append(f"tip {self.plant}")
        if self.words:
            parts.append("orders: " + ", ".join(self.words))
        return "; ".join(parts)


class ChosenSenses:
    """In place of Senses: returns what it was told to."""

    def __init__(self) -> None:
        self.facts = GOOD
        self.estimate = estimate(WARM_C)

    def check_passed(self, reading: Reading, full_flow_slpm: float) -> None:
        """The facts on the check are chosen like all others."""

    def update(self, reading: Reading, dose: object, asked: object,
               unclean: str) -> tuple[Facts, Estimate]:
        """Return the chosen facts, but what is unclean: an acknowledgement ends that."""
        return self.facts._replace(unclean=unclean), self.estimate


class NoIce:
    """In place of IceBall, which only adds up."""

    cold_ms, radius_0c_mm, radius_m20c_mm = 0, 0.0, 0.0

    def update(self, tip_c: float, dt_ms: int) -> None:
        """Freeze nothing."""

    def rest(self) -> None:
        """Start from nothing."""


# What no copy needs: it never changes, or is set anew in every tick.
FIXED = frozenset([int, float, str, bool, tuple, type(None), FunctionType, Limits, Plan, Probe,
                   Signal, Asked, ChosenSenses, NoIce])


class Watched(Controller):
    """The controller, with a note of every change of mode."""

    def __init__(self, unclean: str = "") -> None:
        super().__init__(LIMITS_IN_FORCE, FITTED, (PLAN,), PROBE, unclean)
        self.senses = ChosenSenses()
        self.dose.ice = NoIce()
        self.taken: list[tuple[str, str, str, bool]] = []  # mode, event, next, latched before

    def enter(self, event: str, why: str) -> str:
        """As Machine does."""
        before, latched = self.mode, bool(self.alarms.tripped())
        said = super().enter(event, why)
        self.taken.append((before, event, self.mode, latched))
        return said

    def do(self, act: Act) -> Decision:
        """Return what the controller decides in the tick `act`."""
        self.taken.clear()
        now_ms = max(0, self.now_ms) + act.dt_ms
        self.senses.facts = facts_with(act.broken)
        tip_c, changes = plant(self, act.plant)
        self.senses.estimate = estimate(tip_c)
        commands = tuple(self._command(word, now_ms, number)
                         for number, word in enumerate(act.words))
        return self.step(reading(now_ms, **changes), commands)

    def _command(self, word: str, now_ms: int, number: int) -> Command:
        _, name, text, value, off, ago_ms = WORDS[WORD_NAMES.index(word)]
        return Command(name, text, value, "desk", number, self.revision + off, now_ms - ago_ms)


def branch(controller: Watched) -> Watched:
    """Return a copy that goes its own way."""
    return _copied(controller)


def _copied(value: Any) -> Any:
    if type(value) is list:
        return [item if type(item) in FIXED else _copied(item) for item in value]
    if isinstance(value, tuple) or not hasattr(value, "__dict__"):
        return value
    twin = object.__new__(type(value))
    parts = twin.__dict__
    for name, part in value.__dict__.items():
        parts[name] = part if type(part) in FIXED else _copied(part)
    return twin


def estimate(tip_c: float) -> Estimate:
    """Return a tip that is still."""
    return Estimate(tip_c, 0.0, 0.0, 0.0, 0, "")


@cache
def samples(changes: tuple[tuple[str, float], ...]) -> tuple[Sample, ...]:
    """Return a fresh sample of every channel, sound but for `changes`."""
    values = {**WELL, **dict(changes)}
    return tuple(Sample(values[channel], 0, "") for channel in CHANNELS)


def reading(now_ms: int, **changes: float) -> Reading:
    """Return a sound reading but for `changes`."""
    return Reading(now_ms, 0, 0, *samples(tuple(changes.items())), "", "", "")


def plant(controller: Controller, does: str) -> tuple[float, dict[str, float]]:
    """Return the tip in °C, and changes of the reading, for a tip that does what is wanted."""
    if does == "unknown":
        return NAN, {}
    well = does == "does"
    if controller.mode != "precheck":
        is_cold = well == (controller.mode == "freeze")
        return COLD_C if is_cold else WARM_C, {}
    step = controller.precheck.step().name
    if step == "freeze":
        if controller.precheck.from_c != controller.precheck.from_c:
            return WARM_C, {}  # the first tick of a step is what the next are compared with
        return (CHECKED_C, {"flow_slpm": PULSE * PROBE.full_flow_slpm}) if well else (WARM_C, {})
    if step == "thaw":
        return WARM_C if well else CHECKED_C, {}
    tip_c = CHECKED_C if step == "shut" else WARM_C
    if step == "vent":
        return tip_c, {} if well else {"exhaust_kpa": 100.0}
    return tip_c, {} if well else {"flow_slpm": 1.0}


def _good() -> Facts:
    """Return facts that prove every row."""
    values: dict[str, float | str] = dict.fromkeys(Facts._fields, 0.0)
    for row in INTERLOCKS:
        values[row.fact] = "" if row.rule == CLEAR else max(
            [0.0, *[getattr(LIMITS_IN_FORCE, low.limit) + 1.0 for low in INTERLOCKS
                    if low.fact == row.fact and low.rule == AT_LEAST]])
    return Facts(**values)


GOOD = _good()


@cache
def facts_with(broken: tuple[str, ...], none: bool = False) -> Facts:
    """Return facts that prove every row but `broken`; `none`: by a NaN, where one can be."""
    changes: dict[str, float | str] = {}
    for row in INTERLOCKS:
        if row.name in broken and row.fact != "unclean":
            changes[row.fact] = broken_value(row, none)
    return GOOD._replace(**changes) if changes else GOOD


def broken_value(row: Interlock, none: bool = False) -> float | str:
    """Return a value that does not prove `row`."""
    if row.rule == CLEAR:
        return "broken"
    if none:
        return NAN
    return getattr(LIMITS_IN_FORCE, row.limit) + (1.0 if row.rule == AT_MOST else -1.0)


# Rows that the code around the table knows by their name or their fact: each is its own kind.
SPECIAL = ("unclean_stop", "pedal", "start_cold", "check", "check_age")


def signature(row: Interlock) -> tuple:
    """Return all of a row that the state machine can see: rows that share it behave alike."""
    named = row.name if row.name in SPECIAL else ""
    return (row.response, row.armed, row.arms_after_ms > 0, row.grace_ms > 0, row.latched,
            row.priority, named)


def representatives() -> tuple[Interlock, ...]:
    """Return one row of every signature, the first in the table."""
    first: dict[tuple, Interlock] = {}
    for row in INTERLOCKS:
        first.setdefault(signature(row), row)
    return tuple(first.values())
