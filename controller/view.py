"""View: all that an answer may be made of, and what of it may be shown as the present.

It does not decide how an answer reads: replies.py does.
"""

from typing import NamedTuple

from controller.limits import Limits
from controller.records import Decision, Plan, Reading, Sample
from controller.scpi import NOT_A_NUMBER
from controller.text import number

# All that a reply may be made of. Reading, decision, plan and its text are of the same tick.
View = NamedTuple(
    "View",
    [
        ("now_ms", int),  # when it was taken, on the clock that feeds the sessions
        ("reading", Reading),  # the newest
        ("decision", Decision),  # the newest
        ("limits", Limits),  # in force
        ("fitted", "tuple[str, ...]"),  # as the controller was given them
        ("plans", "tuple[str, ...]"),  # names that may be loaded
        ("plan", Plan),  # loaded, with its targets as they are now; Plan("", ()) for none
        ("plan_text", str),  # treatment.plan_text() of it
        ("body", str),  # "sim", "bench", a board's name
        ("serial", str),
        ("version", str),
        ("simulated", bool),  # faults may be asked for
        ("recent", "tuple[str, ...]"),  # reasons that differed from the one before, newest last
    ],
)

STALE_MS = 1000  # an older value is not shown as if it were now
VALUE_MAX = 1e9  # no channel comes near


def stale(view: View, now_ms: int) -> str:
    """Return "" when `view` may be shown as the present, else why not."""
    age_ms = now_ms - min(view.now_ms, view.reading.now_ms, view.decision.now_ms)
    if age_ms <= STALE_MS:
        return ""
    return "no fresh data, control has been silent for " + str(age_ms) + " ms"


def why_unknown(sample: Sample, limits: Limits) -> str:
    """Return "" when the sample has a value of now, else what is wrong with it."""
    if sample.fault:
        return sample.fault
    if not (0 <= sample.age_ms <= limits.age_ms_max):
        return "the last value is " + str(sample.age_ms) + " ms old"
    return "" if is_known(sample.value) else "no value"


def bare(value: float, digits: int) -> str:
    """Return a number as SCPI writes it; what is not finite as "not a number"."""
    return number(value, digits) if is_known(value) else NOT_A_NUMBER


def is_known(value: float) -> bool:
    """False for NaN, infinity and the huge numbers that instruments send in their place."""
    return -VALUE_MAX < value < VALUE_MAX
