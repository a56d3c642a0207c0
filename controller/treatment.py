"""A plan -> what should happen now: phase, target, time left, and the event that ends a phase.

It does not decide the mode: core.py offers its events to modes.py.
"""

from controller.limits import Limits
from controller.records import NAN, Course, Cycle, Plan, Refused
from controller.text import number

SETTLED_C = 1.0  # the hold is counted from the first sample this close to the target
THAWS = ("passive", "active")
CYCLES_MAX = 8
IDLE = Course("", 0, 0, NAN, False, NAN, "")
# What a thaw by the operator's word does: warm until the probe can be let go.
THAW_TO_C = 5.0


def target_fault(target_c: float, limits: Limits) -> str:
    """Return "" when `target_c` may be asked for, else why not, with the limits."""
    if limits.target_c_min <= target_c <= limits.target_c_max:
        return ""
    return ("target " + number(target_c) + " °C is outside " + number(limits.target_c_min) + ".."
            + number(limits.target_c_max) + " °C")


def cycle_fault(cycle: Cycle, limits: Limits, heater: bool) -> str:
    """Return "" when the rig may run `cycle`, else why not."""
    why = target_fault(cycle.target_c, limits)
    if why:
        return why
    if not (1.0 <= cycle.hold_s <= limits.freeze_s_max):
        return ("hold " + number(cycle.hold_s) + " s is outside 1.0.."
                + number(limits.freeze_s_max) + " s")
    if not (0.0 <= cycle.thaw_s <= limits.thaw_s_max):
        return ("thaw " + number(cycle.thaw_s) + " s is outside 0.0.."
                + number(limits.thaw_s_max) + " s")
    if not (-60.0 <= cycle.thaw_to_c <= 35.0):
        return "thaw to " + number(cycle.thaw_to_c) + " °C is outside -60.0..35.0 °C"
    if cycle.thaw not in THAWS:
        return "thaw is passive or active, not " + cycle.thaw
    if cycle.thaw == "active" and not heater:
        return "active thaw needs a heater, and the rig has none"
    return ""


def plan_text(plan: Plan, revision: int) -> str:
    """Return `plan` as an operator is shown it before a start."""
    if not plan.cycles:
        return "no plan"
    cycles = ["cycle " + str(index + 1) + ": " + number(cycle.target_c) + " °C for "
              + number(cycle.hold_s, 0) + " s, " + cycle.thaw + " thaw"
              for index, cycle in enumerate(plan.cycles)]
    return "plan " + plan.name + ", revision " + str(revision) + ", " + "; ".join(cycles)


class Treatment:
    """Where the running plan is. Time is handed in."""

    def __init__(self, limits: Limits, heater: bool) -> None:
        self.limits = limits
        self.heater = heater
        self.plan = Plan("", ())
        self.index = -1  # of the running cycle
        self.mode_since_ms = 0
        self.held_since_ms = -1

    def check(self, plan: Plan) -> None:
        """Raise Refused (with the number of the cycle) when `plan` breaks a limit or needs a
        heater that the rig does not have."""
        if not (1 <= len(plan.cycles) <= CYCLES_MAX):
            raise Refused("a plan has 1.." + str(CYCLES_MAX) + " cycles", -222)
        total_s = 0.0
        for index, cycle in enumerate(plan.cycles):
            why = cycle_fault(cycle, self.limits, self.heater)
            if why:
                raise Refused("cycle " + str(index + 1) + ": " + why, -222)
            total_s += cycle.hold_s
        if not (total_s <= self.limits.total_freeze_s_max):
            raise Refused("the holds add up to " + number(total_s) + " s, not at most "
                          + number(self.limits.total_freeze_s_max) + " s", -222)

    def load(self, plan: Plan) -> None:
        """Take `plan` and forget any progress. Raises Refused as `check` does."""
        self.check(plan)
        self.plan = plan
        self.index = -1

    def retarget(self, target_c: float) -> None:
        """Ask for `target_c` in every cycle of the loaded plan."""
        cycles = [Cycle(target_c, c.hold_s, c.thaw, c.thaw_s, c.thaw_to_c)
                  for c in self.plan.cycles]
        self.plan = Plan(self.plan.name, tuple(cycles))

    def begin(self) -> None:
        """Before the first freeze."""
        self.index = -1

    def enter(self, mode: str, now_ms: int) -> None:
        """The mode became `mode` in this tick."""
        self.mode_since_ms = now_ms
        self.held_since_ms = -1
        if mode == "freeze":
            self.index += 1

    def update(self, mode: str, tip_c: float, now_ms: int) -> Course:
        """Return what should happen now; a `tip_c` of NaN starts no hold and ends no thaw."""
        if mode == "freeze":
            return self._freeze(tip_c, now_ms)
        if mode == "thaw":
            return self._thaw(tip_c, now_ms)
        return IDLE

    def freeze_left_s(self, course: Course) -> float:
        """Return the holding time, 0.. s, that the plan still has after `course` was followed."""
        if course.phase not in ("approach", "hold"):
            return 0.0
        left_s = sum([cycle.hold_s for cycle in self.plan.cycles[self.index + 1:]])
        running_s = course.time_left_s if course.phase == "hold" else (
            self.plan.cycles[self.index].hold_s)
        return left_s + running_s

    def _freeze(self, tip_c: float, now_ms: int) -> Course:
        cycle = self.plan.cycles[self.index]
        if self.held_since_ms < 0 and tip_c <= cycle.target_c + SETTLED_C:
            self.held_since_ms = now_ms
        if self.held_since_ms < 0:
            return self._course("approach", cycle.target_c, False, NAN, "")
        left_s = cycle.hold_s - (now_ms - self.held_since_ms) * 0.001
        event = "frozen" if left_s <= 0.0 else ""
        return self._course("hold", cycle.target_c, False, max(0.0, left_s), event)

    def _thaw(self, tip_c: float, now_ms: int) -> Course:
        elapsed_s = (now_ms - self.mode_since_ms) * 0.001
        by_hand = self.index < 0  # the operator's own thaw, outside a plan
        heat, least_s, to_c = self.heater, 0.0, THAW_TO_C
        if not by_hand:
            cycle = self.plan.cycles[self.index]
            heat, least_s, to_c = cycle.thaw == "active", cycle.thaw_s, cycle.thaw_to_c
        over = elapsed_s >= least_s and tip_c >= to_c
        event = ""
        if over or elapsed_s >= self.limits.thaw_s_max:
            last = by_hand or self.index + 1 >= len(self.plan.cycles)
            event = "finished" if last or not over else "thawed"
        left_s = least_s - elapsed_s if least_s > elapsed_s else NAN
        return self._course("thaw", to_c, heat, left_s, event)

    def _course(self, phase: str, target_c: float, heat: bool, left_s: float,
                event: str) -> Course:
        return Course(phase, self.index + 1, len(self.plan.cycles), target_c, heat, left_s, event)
