"""One tick of the real controller -> the Step that the rules look at, with a clock of our own.

It does not judge.
"""

from controller.interlocks import Interlock, row_named

from .given import Act, Watched
from .rules import Step


def tick(controller: Watched, since: dict[str, int], act: Act) -> Step:
    """Let `act` happen to `controller`, and return it with what the rules look at; `since` is
    brought up to date."""
    was, mode_since_ms = controller.mode, controller.mode_since_ms
    was_tripped = tuple(trip.name for trip in controller.alarms.tripped())
    was_unseen = tuple(trip.name for trip in controller.alarms.unacknowledged())
    was_cycle = controller.treatment.index
    names = (*act.broken, *(("unclean_stop",) if controller.unclean else ()))
    unproven = tuple(row_named(name) for name in dict.fromkeys(names)
                     if name != "unclean_stop" or controller.unclean)
    decision = controller.do(act)
    overdue = _overdue(unproven, since, was, controller.now_ms - mode_since_ms, controller.now_ms)
    if controller.mode != was:  # a row that arms later arms anew
        for row in unproven:
            if row.arms_after_ms:
                since.pop(row.name, None)
    exposed = [row for row in unproven if controller.mode != was and controller.mode in row.armed
               and not (row.grace_ms or row.arms_after_ms)]
    return Step(was, was_tripped, was_unseen, was_cycle, act, decision, tuple(controller.taken),
                unproven, tuple(overdue), tuple(exposed), len(controller.treatment.plan.cycles))


def _overdue(unproven: tuple[Interlock, ...], since: dict[str, int], mode: str, in_mode_ms: int,
             now_ms: int) -> list[Interlock]:
    armed = [row for row in unproven if mode in row.armed and in_mode_ms >= row.arms_after_ms]
    for name in set(since) - {row.name for row in armed}:
        del since[name]
    for row in armed:
        since.setdefault(row.name, now_ms)
    return [row for row in armed if now_ms - since[row.name] >= row.grace_ms]
