"""MODES, EVENTS and TRANSITIONS: the state machine as tables, and `next_mode`.

It does not decide which event happens: interlocks, commands and the treatment do.
"""

from typing import NamedTuple

Mode = NamedTuple(
    "Mode",
    [
        ("name", str),
        ("valve", bool),  # may the supply valve and its isolator be open?
        ("heater", bool),  # may the heater be on?
        ("meaning", str),
    ],
)

MODES = (
    Mode("standby", False, False, "waiting; everything shut"),
    Mode("precheck", True, True, "the check before use: a short freeze and thaw, step by step"),
    Mode("ready", False, False, "every interlock proven; a freeze may be started"),
    Mode("freeze", True, False, "cooling to the target, then holding it"),
    Mode("thaw", False, True, "supply shut; warming passively or by the heater"),
    Mode("done", False, False, "the plan ran to its end; do not pull the probe until thawed"),
    Mode("fault", False, False, "an interlock tripped; latched until acknowledged, gone and reset"),
)
MODE_NAMES = tuple(mode.name for mode in MODES)

EVENTS = (
    ("trip", "an armed interlock could not prove the situation safe"),
    ("stop", "the operator says stop"),
    ("precheck", "the operator asks for the check before use"),
    ("proven", "every interlock was proven for the whole check"),
    ("unproven", "an interlock that inhibits a start is not proven"),
    ("freeze", "the operator starts the treatment"),
    ("frozen", "the hold is over"),
    ("spoiled", "an interlock ends the freeze and lets the tip warm"),
    ("thawed", "the thaw is over and another cycle follows"),
    ("finished", "the last thaw is over"),
    ("thaw", "the operator asks to warm the tip"),
    ("reset", "the operator resets acknowledged trips whose cause is gone"),
)
EVENT_NAMES = tuple(event[0] for event in EVENTS)

# (mode, event, next mode). A pair that is not here is refused.
TRANSITIONS = (
    ("standby", "trip", "fault"),
    ("precheck", "trip", "fault"),
    ("ready", "trip", "fault"),
    ("freeze", "trip", "fault"),
    ("thaw", "trip", "fault"),
    ("done", "trip", "fault"),
    ("fault", "trip", "fault"),
    ("standby", "stop", "standby"),
    ("precheck", "stop", "standby"),
    ("ready", "stop", "standby"),
    ("freeze", "stop", "standby"),
    ("thaw", "stop", "standby"),
    ("done", "stop", "standby"),
    ("fault", "stop", "fault"),
    ("standby", "precheck", "precheck"),
    ("done", "precheck", "precheck"),
    ("precheck", "proven", "ready"),
    ("precheck", "unproven", "standby"),
    ("ready", "unproven", "standby"),
    ("ready", "freeze", "freeze"),
    ("freeze", "frozen", "thaw"),
    ("freeze", "spoiled", "thaw"),
    ("precheck", "spoiled", "thaw"),
    ("freeze", "thaw", "thaw"),
    ("thaw", "thawed", "freeze"),
    ("thaw", "finished", "done"),
    ("standby", "thaw", "thaw"),
    ("ready", "thaw", "thaw"),
    ("done", "thaw", "thaw"),
    ("fault", "reset", "standby"),
)


def next_mode(mode: str, event: str) -> str:
    """Return the mode that `event` leads to from `mode`, or "" when the table has no such row."""
    for row_mode, row_event, row_next in TRANSITIONS:
        if row_mode == mode and row_event == event:
            return row_next
    return ""


def mode_row(name: str) -> Mode:
    """Return the row of MODES called `name`; an unknown name is a programming error."""
    for mode in MODES:
        if mode.name == name:
            return mode
    raise AssertionError("no mode " + name)
