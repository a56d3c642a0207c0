"""RULES: what must hold in every tick, whatever came before; each says what is wrong with a Step.

They are written from what was promised, not from the tables of the controller, so that an error in
a table is found. Which ticks are looked at is decided by explore.py.
"""

from typing import NamedTuple

from controller.interlocks import ENDING, SHUTTING, Interlock, row_named
from controller.modes import TRANSITIONS
from controller.records import Decision

from .given import Act

GAS_MODES = ("freeze", "precheck")
HEAT_MODES = ("thaw", "precheck")
AT_ONCE = ("estop", "actuator", "unclean_stop", "limits_changed", "clock")  # in every mode
SHUT_MODES = ("standby", "fault")  # where a stop leads to
GAS_STEPS = ("leak", "isolator", "freeze", "shut")  # of the check


class Step(NamedTuple):
    """One tick, and what was before and after it."""

    was: str  # mode
    was_tripped: tuple[str, ...]
    was_unseen: tuple[str, ...]  # latched, not acknowledged
    was_cycle: int  # index in the plan, -1 outside of it
    act: Act
    decision: Decision
    taken: tuple[tuple[str, str, str, bool], ...]  # mode, event, next mode, anything latched
    unproven: tuple[Interlock, ...]  # in this tick
    overdue: tuple[Interlock, ...]  # unproven and armed for their grace, by a clock of our own
    exposed: tuple[Interlock, ...]  # unproven, without grace, and armed in the mode come to
    cycles: int  # of the loaded plan

    @property
    def is_open(self) -> bool:
        return self.decision.valve_fraction > 0.0 or self.decision.isolator_open

    @property
    def is_hot(self) -> bool:
        return self.decision.heater_fraction > 0.0 or self.decision.heater_enabled

    @property
    def tripped(self) -> tuple[str, ...]:
        return tuple(trip.name for trip in self.decision.tripped)

    def did(self, name: str) -> bool:
        """Return whether an order of that name was obeyed."""
        return any(word.split()[0] == name and reply.code == 0
                   for word, reply in zip(self.act.words, self.decision.replies))


def _gas(step: Step) -> str:
    if not step.is_open:
        return ""
    if step.decision.mode not in GAS_MODES:
        return "gas in mode " + step.decision.mode
    if step.decision.mode == "precheck" and step.decision.course.phase not in GAS_STEPS:
        return "gas in step " + step.decision.course.phase + " of the check"
    if step.tripped:
        return "gas while latched: " + ", ".join(step.tripped)
    late = [row.name for row in step.overdue + step.exposed if row.response in ENDING]
    return "gas although not proven: " + ", ".join(late) if late else ""


def _heat(step: Step) -> str:
    if not step.is_hot:
        return ""
    if step.decision.mode not in HEAT_MODES:
        return "heat in mode " + step.decision.mode
    if step.is_open and step.decision.mode != "precheck":
        return "gas and heat at once"
    late = [row.name for row in step.overdue + step.exposed
            if row.response in SHUTTING]
    latched = [name for name in step.tripped if row_named(name).response in SHUTTING]
    return "heat in spite of " + ", ".join(latched + late) if latched + late else ""


def _latched_modes(step: Step) -> str:
    if step.tripped and step.decision.mode not in ("thaw", "fault"):
        return "mode " + step.decision.mode + " while latched: " + ", ".join(step.tripped)
    shut = [name for name in step.tripped if row_named(name).response in SHUTTING]
    return "mode thaw in spite of " + shut[0] if shut and step.decision.mode == "thaw" else ""


def _stop(step: Step) -> str:
    if "stop" not in step.act.words:
        return ""
    if not step.did("stop"):
        return "stop was refused"
    if step.is_open or step.is_hot:
        return "gas or heat in the tick of a stop"
    return "" if step.decision.mode in SHUT_MODES else "stop led to " + step.decision.mode


def _fault(step: Step) -> str:
    if step.was != "fault" or step.decision.mode == "fault":
        return ""
    if not step.did("reset"):
        return "fault left without a reset"
    seen = "ack" in step.act.words[:step.act.words.index("reset")]
    return "" if seen or not step.was_unseen else "reset although not acknowledged"


def _reset(step: Step) -> str:
    if not step.did("reset"):
        return ""
    held = [row.name for row in step.unproven if row.response in ENDING and "fault" in row.armed]
    if held:
        return "reset with a cause present: " + ", ".join(held)
    if step.is_open or (step.decision.mode in GAS_MODES and "precheck" not in step.act.words):
        return "gas or " + step.decision.mode + " by a reset"
    return ""


def _freeze(step: Step) -> str:
    if step.decision.mode != "freeze" or (step.was == "freeze" and not step.taken):
        return ""
    if step.tripped:
        return "a freeze while latched: " + ", ".join(step.tripped)
    last = step.taken[-1]
    if last[:2] == ("thaw", "thawed"):
        if 0 <= step.was_cycle < step.cycles - 1:
            return ""
        return "a next cycle that the plan does not have"
    if step.was != "ready" or not step.did("freeze"):
        return "a freeze out of " + step.was + ", ordered: " + ", ".join(step.act.words)
    fresh = [reply.code == 0 for word, reply in zip(step.act.words, step.decision.replies)
             if word.startswith("freeze ")]
    if any(fresh):
        return "a start that was old, early or not the shown revision"
    if step.unproven:
        return "a start with " + step.unproven[0].name + " not proven"
    return "" if step.cycles else "a start without a plan"


def _check(step: Step) -> str:
    if step.decision.mode != "precheck" or step.was == "precheck":
        return ""
    return "" if step.did("precheck") else "a check that nobody ordered"


def _latches(step: Step) -> str:
    gone = set(step.was_tripped) - set(step.tripped)
    if gone and not step.did("reset"):
        return "latch lost without a reset: " + ", ".join(gone)
    due = [row.name for row in step.overdue
           if row.latched and row.name not in step.tripped and not step.did("reset")]
    return "not latched although overdue: " + ", ".join(due) if due else ""


def _alarms(step: Step) -> str:
    shown = {alarm.name for alarm in step.decision.alarms}
    mute = [row.name for row in step.overdue
            if row.name not in shown and all(taken[2] in row.armed for taken in step.taken)]
    return "no alarm for " + ", ".join(mute) if mute else ""


def _table(step: Step) -> str:
    mode = step.was
    for before, event, after, latched in step.taken:
        diverted = latched and (before, "trip", after) in TRANSITIONS
        if before != mode or not ((before, event, after) in TRANSITIONS or diverted):
            return "no such transition: " + before + ", " + event + ", " + after
        mode = after
    return "" if mode == step.decision.mode else "mode changed without an event"


def _at_once(step: Step) -> str:
    named = [row.name for row in step.unproven if row.name in AT_ONCE]
    if not named or (step.decision.mode == "fault" and set(named) <= set(step.tripped)):
        return ""
    return named[0] + " not proven, and mode " + step.decision.mode


def _outputs(step: Step) -> str:
    made = step.decision
    leased = 0 < made.lease_ms <= 500
    in_range = 0.0 <= made.valve_fraction <= 1.0 and 0.0 <= made.heater_fraction <= 1.0
    return "" if leased and in_range else "an output out of range or without a lease"


RULES = (
    ("gas", "gas only in freeze and in the check's gas steps, nothing latched, nothing overdue",
     _gas),
    ("heat", "heat only in thaw and in the check, and no latch that shuts", _heat),
    ("latched", "while a trip is latched only thaw and fault exist, and thaw only where the row "
     "lets warm", _latched_modes),
    ("stop", "a stop shuts gas and heat in its tick, whatever else is said in it, in any order",
     _stop),
    ("fault", "fault is left only by a reset, and only when all was acknowledged", _fault),
    ("reset", "no reset while the cause of an armed row is present; a reset opens nothing", _reset),
    ("freeze", "a freeze begins only by a fresh start of the shown revision out of ready with all "
     "proven, or as the plan's next cycle", _freeze),
    ("check", "the check begins only by its order", _check),
    ("latches", "a latch is lost only by a reset, and none is missed", _latches),
    ("alarms", "what is overdue is shown in the same tick", _alarms),
    ("table", "every change of mode is a row of TRANSITIONS, a latched one by its trip", _table),
    ("at once", "e-stop, actuator, a crash, damaged limits and a clock that went back lead to "
     "fault in their tick, from every mode, whatever the table says", _at_once),
    ("outputs", "every output is a fraction with a lease", _outputs),
)


def broken_rules(step: Step) -> list[str]:
    """Return one sentence for each of RULES that `step` breaks."""
    found = []
    for name, _, rule in RULES:
        why = rule(step)
        if why:
            found.append(name + ": " + why)
    return found
