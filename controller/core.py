"""Controller.step: one reading and the commands since the last one -> one Decision.

A pure function of (its state, reading, commands): no I/O, no clock, so a recorded run can be
replayed bit for bit. It does not decide how an output reaches its actuator: firmware/loop.py does.
"""

from controller.alarms import Alarms, Cause
from controller.dose import Dose
from controller.facts import Facts, Senses
from controller.interlocks import Interlocks, missing, row_named
from controller.limits import Limits
from controller.modes import mode_row, next_mode
from controller.records import (
    Command,
    Course,
    Decision,
    Estimate,
    Plan,
    Reading,
    Refused,
    Reply,
)
from controller.regulator import Regulator, clamp_fraction, heat_fraction
from controller.text import number
from controller.treatment import Treatment, plan_text, target_fault

LEASE_MS = 500  # five ticks at 10 Hz, above the worst lateness measured on a busy host (144 ms)
PRECHECK_MS = 2000  # every row proven for twenty ticks
START_LIFE_MS = 2000  # an older start was queued or replayed, and is refused
COMMANDS_PER_TICK = 32  # more are refused; `stop` is looked for in all of them

PLANNING = ("standby", "precheck", "ready", "done")  # modes that take a plan or a target


class Controller:
    """The state between ticks. Build it once per run; raises Refused when `fitted` lacks a
    channel that a mandatory interlock needs.

    `fitted`: channels of records.CHANNELS, and "heater", that the rig has.
    `plans`: those that `plan NAME` may load. `unclean`: how the last process ended, "" if well.
    """

    def __init__(self, limits: Limits, fitted: "tuple[str, ...]", plans: "tuple[Plan, ...]",
                 unclean: str = "") -> None:
        for row in missing(fitted):
            if row.mandatory:
                raise Refused("the rig has no " + row.needs + ", and interlock " + row.name
                              + " is mandatory")
        self.limits = limits
        self.fitted = fitted
        self.plans = plans
        self.unclean = unclean
        self.mode = "standby"
        self.mode_since_ms = 0
        self.why = "started"
        self.revision = 0
        self.now_ms = -1  # of the last tick; -1 before the first
        self.senses = Senses(limits, fitted)
        self.interlocks = Interlocks(limits, fitted)
        self.alarms = Alarms()
        self.dose = Dose()
        self.treatment = Treatment(limits, "heater" in fitted)
        self.regulator = Regulator()

    def step(self, reading: Reading, commands: "tuple[Command, ...]") -> Decision:
        """Return what to do in this tick and why."""
        self.alarms.take_events()  # the Decision has no room for them yet
        dt_ms = self._time_passed(reading.now_ms)
        self.dose.update(self.mode == "freeze", dt_ms)
        facts, estimate = self.senses.update(reading, self.dose, self.unclean)
        self._trip(facts)
        replies = tuple([self._reply(index, command, facts)
                         for index, command in enumerate(commands)])
        self._prove_start(facts)
        course = self._follow_plan(facts, estimate)
        valve_fraction, heater_fraction = self._demand(course, estimate, dt_ms)
        return Decision(self.now_ms, self.mode, course, estimate.tip_c, estimate.slope_c_per_s,
                        valve_fraction, heater_fraction, mode_row(self.mode).valve, LEASE_MS,
                        self.alarms.tripped(), self.alarms.alarms(),
                        self.dose.cycle_ms * 0.001, self.dose.total_ms * 0.001,
                        self.treatment.plan, self.revision, self._reason(course, estimate),
                        replies)

    # The stages, in the order of step().

    def _time_passed(self, now_ms: int) -> int:
        """Whole ms since the last tick, 0..; a clock that goes back counts as no time."""
        passed_ms = now_ms - self.now_ms if self.now_ms >= 0 else 0
        self.now_ms = now_ms
        return max(0, passed_ms)

    def _trip(self, facts: Facts) -> None:
        trips = self.interlocks.check(facts, self.mode, self.now_ms)
        self.alarms.update(self.now_ms, tuple([
            Cause(trip.name, row_named(trip.name).priority, True, trip.reason)
            for trip in trips]))
        if trips and self.mode != "fault":
            self._enter("trip", trips[0].reason)

    def _reply(self, index: int, command: Command, facts: Facts) -> Reply:
        try:
            if index >= COMMANDS_PER_TICK and command.name != "stop":
                raise Refused("more than " + str(COMMANDS_PER_TICK) + " commands in one tick")
            text, code = self._obey(command, facts), 0
        except Refused as refusal:
            text, code = refusal.text, refusal.code
        return Reply(command.session, command.number, code, text, self.revision)

    def _obey(self, command: Command, facts: Facts) -> str:
        for name, obey in ORDERS:
            if name == command.name:
                return obey(self, command, facts)
        raise Refused("no order is called " + command.name, -113)

    def _prove_start(self, facts: Facts) -> None:
        if self.mode not in ("precheck", "ready"):
            return
        unproven = self.interlocks.inhibits(facts)
        if unproven:
            self._enter("unproven", self.mode + " failed: " + unproven[0].reason)
        elif self.mode == "precheck" and self.now_ms - self.mode_since_ms >= PRECHECK_MS:
            self._enter("proven", str(len(self.interlocks.rows)) + " interlocks proven for "
                        + number(PRECHECK_MS * 0.001) + " s")

    def _follow_plan(self, facts: Facts, estimate: Estimate) -> Course:
        course = self.treatment.update(self.mode, estimate.tip_c, self.now_ms)
        if not course.event:
            return course
        self._enter(course.event, course.phase + " over in cycle " + str(course.cycle)
                    + ": tip " + number(estimate.tip_c) + " °C")
        self._trip(facts)  # the next freeze arms rows that the thaw did not
        return self.treatment.update(self.mode, estimate.tip_c, self.now_ms)

    def _demand(self, course: Course, estimate: Estimate, dt_ms: int) -> "tuple[float, float]":
        """Valve and heater fraction; 0 where the mode does not allow them."""
        row = mode_row(self.mode)
        valve = heater = 0.0
        if row.valve:
            valve = self.regulator.update(course.target_c, estimate, dt_ms)
        if row.heater and course.heat:
            heater = heat_fraction(estimate.tip_c)
        return clamp_fraction(valve), clamp_fraction(heater)

    def _reason(self, course: Course, estimate: Estimate) -> str:
        if not course.phase:
            return self.why
        return (course.phase + ": tip " + number(estimate.tip_c) + " °C, target "
                + number(course.target_c) + " °C, " + self.why)

    def _enter(self, event: str, why: str) -> str:
        """Change the mode by `event`; raises Refused when the table has no such row."""
        mode = next_mode(self.mode, event)
        if not mode:
            raise Refused(event + " is not possible in mode " + self.mode)
        if mode == "freeze":
            self.dose.new_cycle()
            self.regulator.start()
        self.mode = mode
        self.mode_since_ms = self.now_ms
        self.treatment.enter(mode, self.now_ms)
        self.why = why
        return mode + ": " + why

    # What an operator may order.

    def _stop(self, command: Command, facts: Facts) -> str:
        if self.mode == "fault":
            return "shut; fault: " + self.why
        return self._enter("stop", "stopped by the operator in mode " + self.mode)

    def _load(self, command: Command, facts: Facts) -> str:
        if self.mode not in PLANNING:
            raise Refused("a plan cannot be loaded in mode " + self.mode)
        for plan in self.plans:
            if plan.name == command.text:
                self.treatment.load(plan)
                self.dose.new_site()
                self.revision += 1
                return self._plan_shown()
        raise Refused("no plan is called " + command.text + "; there are: "
                      + ", ".join([plan.name for plan in self.plans]), -222)

    def _retarget(self, command: Command, facts: Facts) -> str:
        why = target_fault(command.value, self.limits)
        if why:
            raise Refused(why, -222)
        if self.mode not in PLANNING:
            raise Refused("the target cannot be changed in mode " + self.mode)
        if not self.treatment.plan.cycles:
            raise Refused("no plan is loaded, so there is no target to set")
        self.treatment.retarget(command.value)
        self.revision += 1
        return self._plan_shown()

    def _plan_shown(self) -> str:
        return plan_text(self.treatment.plan, self.revision)

    def _precheck(self, command: Command, facts: Facts) -> str:
        return self._enter("precheck", "proving every interlock for "
                           + number(PRECHECK_MS * 0.001) + " s")

    def _start(self, command: Command, facts: Facts) -> str:
        if self.mode != "ready":
            raise Refused("freeze is not possible in mode " + self.mode + "; precheck first")
        age_ms = self.now_ms - command.issued_ms
        if not (0 <= age_ms <= START_LIFE_MS):
            raise Refused("this start is " + str(age_ms)
                          + " ms old, not at most " + str(START_LIFE_MS) + " ms; say it again")
        if not self.treatment.plan.cycles:
            raise Refused("no plan is loaded")
        if command.revision != self.revision:
            raise Refused("you were last shown revision " + str(command.revision) + ", now it is "
                          + self._plan_shown() + "; look at it and start again")
        unproven = self.interlocks.inhibits(facts)
        if unproven:
            raise Refused("start inhibited: " + unproven[0].reason)
        total_s = facts.total_freeze_s + sum([cycle.hold_s for cycle in self.treatment.plan.cycles])
        if not (total_s <= self.limits.total_freeze_s_max):
            raise Refused("freeze time in total would be " + number(total_s) + " s, not at most "
                          + number(self.limits.total_freeze_s_max)
                          + " s; load a plan for another site", -222)
        self.treatment.begin()
        return self._enter("freeze", self._plan_shown())

    def _thaw(self, command: Command, facts: Facts) -> str:
        unproven = self.interlocks.inhibits(facts, "thaw")
        if unproven:
            raise Refused("thaw inhibited: " + unproven[0].reason)
        said = self._enter("thaw", "warming on the operator's word")
        self.treatment.begin()  # a plan that was under way is given up
        return said

    def _acknowledge(self, command: Command, facts: Facts) -> str:
        self.alarms.acknowledge()
        self.unclean = ""
        return str(len(self.alarms.tripped())) + " trips acknowledged"

    def _reset(self, command: Command, facts: Facts) -> str:
        if self.mode != "fault":
            raise Refused("nothing to reset in mode " + self.mode)
        present = self.interlocks.inhibits(facts, "fault") or self.alarms.present()
        if present:
            raise Refused("cause present: " + present[0].reason)
        unseen = self.alarms.unacknowledged()
        if unseen:
            raise Refused("acknowledge first: " + unseen[0].name + ", " + unseen[0].reason)
        self.alarms.clear()
        return self._enter("reset", "reset by the operator; nothing was started")


# What each Command of that name does. Every one answers in a sentence or raises Refused.
ORDERS = (
    ("stop", Controller._stop),
    ("plan", Controller._load),
    ("target", Controller._retarget),
    ("precheck", Controller._precheck),
    ("freeze", Controller._start),
    ("thaw", Controller._thaw),
    ("ack", Controller._acknowledge),
    ("reset", Controller._reset),
)
