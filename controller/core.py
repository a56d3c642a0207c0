"""Controller.step: one reading and the commands since the last one -> one Decision.

A pure function of (its state, reading, commands): no I/O, no clock, so a recorded run can be
replayed bit for bit. It does not decide how an output reaches its actuator: firmware/loop.py does.
"""

from controller.alarms import Cause
from controller.facts import Facts
from controller.interlocks import ENDING, SHUTTING
from controller.machine import Machine
from controller.modes import mode_row, next_mode
from controller.orders import BEGINNING, obey
from controller.records import Asked, Command, Course, Decision, Estimate, Reading, Refused, Reply
from controller.regulator import clamp_fraction, heat_fraction
from controller.signals import Signal
from controller.text import number
from controller.treatment import IDLE

LEASE_MS = 500  # five ticks at 10 Hz, above the worst lateness measured on a busy host (144 ms)
COMMANDS_PER_TICK = 32  # more are refused; `stop` is looked for in all of them

# Rows that need not be proven yet: the pedal is pressed for the start, the check is under way.
NOT_IN_READY = ("pedal",)
NOT_IN_CHECK = ("pedal", "check", "check_age")


class Controller(Machine):
    """Decides, tick by tick. Build it once per run, with what Machine takes."""

    def step(self, reading: Reading, commands: "tuple[Command, ...]") -> Decision:
        """Return what to do in this tick and why."""
        dt_ms = self._time_passed(reading.now_ms)
        self.dose.update(self.mode == "freeze", self.tip_c, dt_ms)
        facts, estimate = self.senses.update(reading, self.dose, self.asked, self.unclean)
        self._judge(facts)
        stopped = any([command.name == "stop" for command in commands])
        replies = tuple([self._reply(index, command, facts, stopped)
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
        found = self.interlocks.check(facts, self.mode, self.now_ms)
        self.alarms.update(self.now_ms, tuple([
            Cause(finding.row.name, finding.row.priority, finding.row.latched, finding.reason)
            for finding in found]))
        ending = [finding for finding in found if finding.row.response in ENDING]
        shutting = [finding for finding in ending if finding.row.response in SHUTTING]
        if shutting and self.mode != "fault":
            self.enter("trip", shutting[0].reason)
        elif ending and next_mode(self.mode, "spoiled"):
            self.enter("spoiled", ending[0].reason)
            self.treatment.begin()  # the plan is given up; what follows is a thaw by itself

    def _reply(self, index: int, command: Command, facts: Facts, stopped: bool) -> Reply:
        """Obey or refuse. `stopped`: somebody says stop in this tick, before or after."""
        try:
            if index >= COMMANDS_PER_TICK and command.name != "stop":
                raise Refused("more than " + str(COMMANDS_PER_TICK) + " commands in one tick")
            if stopped and command.name in BEGINNING:
                raise Refused("stopped in the same tick; say it again")
            text, code = obey(self, command, facts), 0
        except Refused as refusal:
            text, code = refusal.text, refusal.code
        return Reply(command.session, command.number, code, text, self.revision)

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
            self.enter("unproven", self.mode + " failed: " + unproven[0].reason)

    def _follow(self, reading: Reading, facts: Facts, estimate: Estimate) -> Course:
        """Return what the check or the plan wants now, and go where its event leads."""
        if self.mode == "precheck":
            return self._follow_check(reading, facts, estimate)
        course = self.treatment.update(self.mode, estimate.tip_c, self.now_ms)
        if not course.event:
            return course
        self.enter(course.event, course.phase + " over in cycle " + str(course.cycle)
                   + ": tip " + number(estimate.tip_c) + " °C")
        self._judge(facts)  # the next freeze arms rows that the thaw did not
        return self.treatment.update(self.mode, estimate.tip_c, self.now_ms)

    def _follow_check(self, reading: Reading, facts: Facts, estimate: Estimate) -> Course:
        course = self.precheck.update(reading, facts, estimate.tip_c)
        if not course.event:
            return course
        if course.event == "proven":
            self.senses.check_passed(reading, self.precheck.measured_slpm)
        self.enter(course.event, self.precheck.fault or self.precheck.passed())
        return IDLE

    def _decide(self, course: Course, estimate: Estimate, dt_ms: int,
                replies: "tuple[Reply, ...]") -> Decision:
        valve_fraction, isolator_open = self._gas(course, estimate, dt_ms)
        heated = mode_row(self.mode).heater and course.heat
        heater_fraction = heat_fraction(estimate) if heated else 0.0
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
