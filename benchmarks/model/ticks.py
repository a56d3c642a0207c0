"""One tick of the real controller -> the Step that the rules look at, with a clock of our own.

It does not judge.
"""

from controller.interlocks import Interlock, row_named

from .given import Act, Watched
from .rules import Step


def tick(controller: Watched, since: dict[str, int], act: Act) -> Step:
    """Let `act` happen to `controller`, and return it with what the rules look at; `since` is
    brought up to date."""
    was = controller.mode
    was_tripped = tuple(trip.name for trip in controller.alarms.tripped())
    was_unseen = tuple(trip.name for trip in controller.alarms.unacknowledged())
    was_cycle = controller.treatment.index
    names = (*act.broken, *(("unclean_stop",) if controller.unclean else ()))
    unproven = tuple(row_named(name) for name in dict.fromkeys(names)
                     if name != "unclean_stop" or controller.unclean)
    decision = controller.do(act)
    overdue = _overdue(unproven, since, was, controller)
    exposed = [row for row in unproven if controller.mode != was and controller.mode in row.armed
               and not (row.grace_ms or row.arms_after_ms)]
    return Step(was, was_tripped, was_unseen, was_cycle, act, decision, tuple(controller.taken),
                unproven, tuple(overdue), tuple(exposed), len(controller.treatment.plan.cycles))


def _overdue(unproven: tuple[Interlock, ...], since: dict[str, int], mode: str,
             controller: Watched) -> list[Interlock]:
    now_ms, interlocks = controller.now_ms, controller.interlocks
    armed_since_ms = {row.name: since_ms for row, since_ms
                      in zip(interlocks.rows, interlocks.armed_since_ms, strict=True)}
    armed = [row for row in unproven if mode in row.armed
             and now_ms - armed_since_ms.get(row.name, now_ms) >= row.arms_after_ms]
    for name in set(since) - {row.name for row in armed}:
        del since[name]
    for row in armed:
        since.setdefault(row.name, now_ms)
    return [row for row in armed if now_ms - since[row.name] >= row.grace_ms]
