"""Controller.step: one reading and the commands since the last one -> one Decision.

A pure function of (its state, reading, commands): no I/O, no clock, so a recorded run can be
replayed bit for bit. It does not decide how an output reaches its actuator: firmware/loop.py does.
"""

from controller.alarms import Alarms, Cause
from controller.dose import Dose
from controller.facts import Facts
from controller.interlocks import ENDING, SHUTTING, Interlocks, missing
from controller.limits import Limits
from controller.modes import mode_row, next_mode
from controller.precheck import Precheck
from controller.records import (
    NAN,
    NOTHING_ASKED,
    Asked,
    Command,
    Course,
    Decision,
    Estimate,
    Plan,
    Probe,
    Reading,
    Refused,
    Reply,
)
from controller.regulator import Regulator, clamp_fraction, heat_fraction
from controller.senses import Senses
from controller.signals import Signal
from controller.text import number
from controller.treatment import IDLE, Treatment, plan_text, target_fault

LEASE_MS = 500  # five ticks at 10 Hz, above the worst lateness measured on a busy host (144 ms)
START_LIFE_MS = 2000  # an older start was queued or replayed, and is refused
COMMANDS_PER_TICK = 32  # more are refused; `stop` is looked for in all of them

# Rows that need not be proven yet: the pedal is pressed for the start, the check is under way.
NOT_IN_READY = ("pedal",)
NOT_IN_CHECK = ("pedal", "check", "check_age")

PLANNING = ("standby", "precheck", "ready", "done")  # modes that take a plan or a target


class Controller:
    """The state between ticks. Build it once per run; raises Refused when `fitted` lacks a
    channel that a mandatory interlock needs.

    `fitted`: channels of records.CHANNELS, and "heater", "isolator", "estop_test", that the rig
    has or asks for. `plans`: those that `plan NAME` may load. `unclean`: how the last process
    ended, "" if well.
    """

    def __init__(self, limits: Limits, fitted: "tuple[str, ...]", plans: "tuple[Plan, ...]",
                 probe: Probe, unclean: str = "") -> None:
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
        self.tip_c = NAN  # as estimated in the last tick
        self.asked = NOTHING_ASKED  # by the last Decision
        self.senses = Senses(limits, fitted, probe)
        self.interlocks = Interlocks(limits, fitted)
        self.alarms = Alarms()
        self.dose = Dose(probe)
        self.precheck = Precheck(limits, fitted, probe)
        self.treatment = Treatment(limits, "heater" in fitted)
        self.regulator = Regulator()

    def step(self, reading: Reading, commands: "tuple[Command, ...]") -> Decision:
        """Return what to do in this tick and why."""
        went_back = reading.now_ms < self.now_ms
        dt_ms = self._time_passed(reading.now_ms)
        self.dose.update(self.mode == "freeze", self.tip_c, dt_ms)
        facts, estimate = self.senses.update(reading, self.dose, self.asked, went_back,
                                             self.unclean)
        self._judge(facts)
        replies = tuple([self._reply(index, command, facts)
                         for index, command in enumerate(commands)])
        self._prove_start(facts)
        course = self._follow(reading, facts, estimate)
        self.tip_c = estimate.tip_c
        return self._decide(course, estimate, dt_ms, replies)

    # The stages, in the order of step().

    def _time_passed(self, now_ms: int) -> int:
        """Whole ms since the last tick, 0..; a clock that goes back counts as no time."""
        passed_ms = now_ms - self.now_ms if self.now_ms >= 0 else 0
        self.now_ms = now_ms
        return max(0, passed_ms)

    def _judge(self, facts: Facts) -> None:
        """Let every armed row be proven; the first of the gravest that is not gives the reason."""
        found = self.interlocks.check(facts, self.mode, self.now_ms - self.mode_since_ms,
                                      self.now_ms)
        self.alarms.update(self.now_ms, tuple([
            Cause(finding.row.name, finding.row.priority, finding.row.latched, finding.reason)
            for finding in found]))
        ending = [finding for finding in found if finding.row.response in ENDING]
        shutting = [finding for finding in ending if finding.row.response in SHUTTING]
        if shutting and self.mode != "fault":
            self._enter("trip", shutting[0].reason)
        elif ending and next_mode(self.mode, "spoiled"):
            self._enter("spoiled", ending[0].reason)
            self.treatment.begin()  # the plan is given up; what follows is a thaw by itself

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
        """In precheck and ready everything must be proven in every tick, grace or not."""
        if self.mode == "ready":
            unproven = self.interlocks.inhibits(facts, "", NOT_IN_READY)
        elif self.mode == "precheck" and self.precheck.index == 0:
            unproven = self.interlocks.inhibits(facts, "", NOT_IN_CHECK)
        elif self.mode == "precheck":
            unproven = self.interlocks.inhibits(facts, "precheck")
        else:
            return
        if unproven:
            self._enter("unproven", self.mode + " failed: " + unproven[0].reason)

    def _follow(self, reading: Reading, facts: Facts, estimate: Estimate) -> Course:
        """Return what the check or the plan wants now, and go where its event leads."""
        if self.mode == "precheck":
            return self._follow_check(reading, facts, estimate)
        course = self.treatment.update(self.mode, estimate.tip_c, self.now_ms)
        if not course.event:
            return course
        self._enter(course.event, course.phase + " over in cycle " + str(course.cycle)
                    + ": tip " + number(estimate.tip_c) + " °C")
        self._judge(facts)  # the next freeze arms rows that the thaw did not
        return self.treatment.update(self.mode, estimate.tip_c, self.now_ms)

    def _follow_check(self, reading: Reading, facts: Facts, estimate: Estimate) -> Course:
        course = self.precheck.update(reading, facts, estimate.tip_c)
        if not course.event:
            return course
        if course.event == "proven":
            self.senses.check_passed(reading, self.precheck.measured_slpm)
        self._enter(course.event, self.precheck.fault or self.precheck.passed())
        return IDLE

    def _decide(self, course: Course, estimate: Estimate, dt_ms: int,
                replies: "tuple[Reply, ...]") -> Decision:
        valve_fraction, isolator_open = self._gas(course, estimate, dt_ms)
        heated = mode_row(self.mode).heater and course.heat
        heater_fraction = heat_fraction(estimate.tip_c) if heated else 0.0
        passes = valve_fraction if isolator_open or "isolator" not in self.fitted else 0.0
        self.asked = Asked(self.mode, course.phase, course.target_c,
                           self.treatment.freeze_left_s(course), passes, heater_fraction)
        return Decision(
            self.now_ms, self.mode, course, estimate.tip_c, estimate.slope_c_per_s,
            valve_fraction, heater_fraction, isolator_open, heated, LEASE_MS,
            self.alarms.tripped(), self.alarms.alarms(), self.alarms.take_events(),
            self._signal(course), self.dose.cycle_ms * 0.001, self.dose.total_ms * 0.001,
            self.dose.ice.cold_ms * 0.001, self.dose.ice.radius_0c_mm,
            self.dose.ice.radius_m20c_mm, estimate.distrusted, self.treatment.plan,
            self.revision, self._reason(course, estimate), replies)

    def _gas(self, course: Course, estimate: Estimate, dt_ms: int) -> "tuple[float, bool]":
        """Valve fraction and isolator; shut where the mode does not allow gas."""
        if not mode_row(self.mode).valve:
            return 0.0, False
        if self.mode == "precheck":
            step = self.precheck.step()
            return clamp_fraction(step.valve_fraction), step.isolator_open
        return clamp_fraction(self.regulator.update(course.target_c, estimate, dt_ms)), True

    def _signal(self, course: Course) -> Signal:
        """What is seen and heard; the check shows the gravest alarm once, if nothing is wrong."""
        signal = self.alarms.signal()
        if course.phase != "signals" or signal.priority:
            return signal
        since_ms = self.precheck.step_since_ms
        return Signal("high", since_ms, "high", since_ms, 0)

    def _reason(self, course: Course, estimate: Estimate) -> str:
        if course.target_c != course.target_c:
            return self.why
        return (course.phase + ": tip " + number(estimate.tip_c) + " °C, target "
                + number(course.target_c) + " °C, " + self.why)

    def _enter(self, event: str, why: str) -> str:
        """Change the mode by `event`; raises Refused when the table has no such row.

        While a trip is latched there is nothing but thaw and fault, whatever the event.
        """
        mode = next_mode(self.mode, event)
        if not mode:
            raise Refused(event + " is not possible in mode " + self.mode)
        latched = self.alarms.tripped()
        if latched and mode not in ("thaw", "fault"):
            mode = next_mode(self.mode, "trip")
            why = latched[0].reason
        if mode == "freeze":
            self.dose.new_cycle()
            self.regulator.start()
        if mode == "precheck":
            self.precheck.begin(self.now_ms)
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
        return self._enter("precheck", "checking before use: a short freeze and thaw")

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
        unproven = self.interlocks.inhibits(facts, "thaw", (), SHUTTING)
        if unproven:
            raise Refused("thaw inhibited: " + unproven[0].reason)
        said = self._enter("thaw", "warming on the operator's word")
        self.treatment.begin()  # a plan that was under way is given up
        return said

    def _acknowledge(self, command: Command, facts: Facts) -> str:
        self.alarms.acknowledge()
        self.unclean = ""
        return str(len(self.alarms.alarms())) + " alarms acknowledged"

    def _pause(self, command: Command, facts: Facts) -> str:
        value_s = command.value
        self.alarms.pause(int(value_s * 1000.0 + 0.5) if 0.0 < value_s < 1e6 else 0)
        return "sound paused for " + number(value_s) + " s; a new alarm ends it"

    def _reset(self, command: Command, facts: Facts) -> str:
        if self.mode != "fault":
            raise Refused("nothing to reset in mode " + self.mode)
        present = (self.interlocks.inhibits(facts, "fault", (), ENDING)
                   or self.alarms.present())
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
    ("pause", Controller._pause),
    ("reset", Controller._reset),
)
