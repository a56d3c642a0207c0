"""One cell of the fault matrix: a fault of a severity begins at a stage, the operator goes on.

Loop, controller and plant in virtual time. It does not say what ought to happen: expected.py does.
"""

import copy
from functools import cache

from controller.interlocks import row_named
from controller.precheck import STEPS
from controller.records import Cycle, Decision, Plan
from firmware.config import Rig, load_rig
from sim_hardware.faults import FAULTS, fault_called

from . import machine, shown
from .outcomes import Cell, Outcome, Worst
from .severities import SEVERITIES

TICK_MS = 100
BEGINS_MS = 30  # after the tick in which the stage began: between two ticks
INTO_MS = 1700  # of a stage that lasts: not at its very beginning
AFTER_MS = 15_000  # a trip: the dip after gas-off is over
THAWED_MS = 180_000  # until no ice is left that would cool the tip again
WAITS_MS = 1500  # the operator, before the next order
END_MS = 420_000  # no cell lasts longer
NO_FLOW_G_PER_S = 0.01

FULL = "full"
REDUCED = "reduced"
LACKING = ("flow", "tip_b", "isolator", "heater_relay")
HOLD_S = 30.0
PLAN = Plan("matrix", (Cycle(-60.0, HOLD_S, "active", 12.0, 15.0),))

STAGES = ("standby", *("precheck " + step.name for step in STEPS), "ready", "approach", "hold",
          "thaw", "done", "fault")

def cells(faults: tuple[str, ...] = (), stages: tuple[str, ...] = STAGES,
          rigs: tuple[str, ...] = (FULL, REDUCED), only_default: bool = False) -> list[Cell]:
    """Return the cells of the matrix, or those asked for."""
    found = []
    for rig in rigs:
        roles = rig_called(rig).entries.role
        for stage in stages:
            if stage in _left_out(rig):
                continue
            for fault in faults or tuple(fault.name for fault in FAULTS):
                channels = fault_called(fault).channels
                if channels and not any(channel in roles for channel in channels):
                    continue  # nobody reads it
                tried = SEVERITIES.get(fault, ({},))
                if only_default:
                    tried = ({},)
                found += [Cell(fault, tuple(values.items()), stage, rig) for values in tried]
    return found


@cache
def rig_called(name: str) -> Rig:
    """Return rigs/full.toml, or the same with less on it."""
    rig = load_rig(machine.ROOT / "rigs" / "full.toml")
    if name == REDUCED:
        roles = {role: entry for role, entry in rig.entries.role.items() if role not in LACKING}
        rig = Rig(rig.path, rig.text, rig.entries.model_copy(update={"role": roles}), rig.limits)
    return rig


class Operated(machine.Machine):
    """A machine with an operator who goes on as if nothing were wrong, foot on the pedal."""

    def tick(self, name: str = "", text: str = "") -> Decision:
        """As the machine's; the foot is down from the start to the end of a freeze."""
        if name == "freeze" or self.controller.mode in ("done", "standby", "precheck"):
            self.probe.press_pedal(name == "freeze")
        return super().tick(name, text)

    def to_mode(self, mode: str, phase: str = "") -> "Operated":
        """Go on until the mode, and its phase."""
        while True:
            decision = self.tick()
            if decision.mode == mode and phase in ("", decision.course.phase):
                return self
            assert self.probe.now_ms < END_MS, decision.reason

    def go_on(self) -> None:
        """Do what the operator wants to: treat. Return at the end, good or bad, of it all."""
        if self.controller.mode == "standby":
            self.tick("plan", PLAN.name)
            self.tick("precheck")
        while self.controller.mode == "precheck":
            self.tick()
        if self.controller.mode == "ready":
            self.run(WAITS_MS)
            self.tick("freeze")
        while self.controller.mode in ("freeze", "thaw") and self.probe.now_ms < END_MS:
            self.tick()
        self.run(AFTER_MS if self.controller.mode == "fault" else WAITS_MS)
        if self.probe.truth().flow_g_per_s > NO_FLOW_G_PER_S:
            self.run(2 * AFTER_MS)  # a slow valve


@cache
def rigged(rig: str) -> Operated:
    """Return a machine on that rig, just switched on."""
    return Operated(PLAN, 1, rig_called(rig))


@cache
def at(stage: str, rig: str) -> Operated:
    """Return the machine at the beginning of a stage; copy it."""
    way = [each for each in STAGES if each not in _left_out(rig)]
    before = way.index(stage) - 1
    made = at(way[before], rig) if before >= 0 else rigged(rig)
    made = copy.deepcopy(made)
    _lead(made, stage)
    made.rows = made.rows[-40:]
    return made


def _left_out(rig: str) -> list[str]:
    """Return the stages that such a rig has not."""
    steps = [step.name for step in rigged(rig).controller.precheck.steps]
    return ["precheck " + step.name for step in STEPS if step.name not in steps]


def _lead(made: Operated, stage: str) -> None:
    word, _, step = stage.partition(" ")
    if stage == "standby":
        made.run(500)
    elif stage == "precheck sensors":
        made.tick("plan", PLAN.name)
        made.tick("precheck")
    elif word == "precheck":
        made.to_mode("precheck", step)
    elif stage == "ready":
        made.to_mode("ready")
    elif stage == "approach":
        made.tick("freeze")
        assert made.controller.mode == "freeze", made.controller.why
        made.run(INTO_MS)
    elif stage == "hold":
        made.to_mode("freeze", "hold")
        made.run(INTO_MS)
    elif stage == "thaw":
        made.to_mode("thaw")
        made.run(500)
    elif stage == "done":
        made.to_mode("done")
    else:
        made.run(THAWED_MS)
        made.probe.inject("estop")
        made.run(3000)
        made.probe.clear()
        made.run(300)


@cache
def played(cell: Cell) -> Outcome:
    """Return what becomes of a cell."""
    made = copy.deepcopy(at(cell.stage, cell.rig))
    known = {alarm.name for alarm in made.rows[-1].decision.alarms}
    first = len(made.rows)
    mode = made.controller.mode
    since_ms = made.probe.now_ms + BEGINS_MS
    made.probe.schedule(since_ms, cell.fault, dict(cell.values))
    if mode in ("standby", "ready"):
        made.run(WAITS_MS)
    elif mode == "fault":
        made.run(5000)
        made.tick("ack")
        made.tick("reset")
    elif mode == "done":
        made.run(AFTER_MS)
    if mode != "done":
        made.go_on()
    return _outcome(cell, made, first, since_ms, known)


def _outcome(cell: Cell, made: Operated, first: int, since_ms: int, known: set[str]) -> Outcome:
    truths = [row.truth for row in made.rows[first:]]
    worst = Worst(min(truth.tip_c for truth in truths), max(truth.tip_c for truth in truths),
                  max(truth.ice_radius_0c_mm for truth in truths),
                  max(truth.ice_radius_m20c_mm for truth in truths))
    row, says, index = _verdict(made, first, known)
    warned = dict.fromkeys(event.name for each in made.rows[first:]
                           for event in each.decision.alarm_events
                           if event.what == "raised" and event.name
                           and row_named(event.name).response == "warn"
                           and event.name != "do_not_pull")
    shown_ms = float("nan")
    took_ms = float("nan")
    if row:
        # A refusal has no time: it comes when the operator asks.
        is_trip = row in [trip.name for trip in made.rows[index].decision.tripped] and (
            row not in known)
        now_ms = made.rows[index].reading.now_ms
        took_ms = now_ms - since_ms
        begun = shown.onset(row, made.rows, first, index) if is_trip else -1
        if begun >= 0:
            shown_ms = now_ms - made.rows[begun].reading.now_ms
    last = made.rows[-1]
    return Outcome(cell, row, tuple(warned), says, shown_ms, took_ms, last.decision.mode, worst,
                   last.truth.flow_g_per_s > NO_FLOW_G_PER_S)


def _verdict(made: Operated, first: int, known: set[str]) -> tuple[str, str, int]:
    """Return the row that ended it, in words why, and in which tick; ("", ...) for none."""
    for index in range(first, len(made.rows)):
        decision, before = made.rows[index].decision, made.rows[index - 1].decision
        for trip in decision.tripped:
            if trip.name not in known:
                return trip.name, trip.reason, index
        if decision.mode == "standby" and before.mode in ("precheck", "ready"):
            return _row_of(decision.reason), decision.reason, index
        for reply in decision.replies:
            if reply.code:
                return _row_of(reply.text), reply.text, index
    return "", made.rows[-1].decision.reason, len(made.rows) - 1


def _row_of(text: str) -> str:
    """Return which row a refusal is about: "check" for a step of the check."""
    if "check failed at" in text:
        return "check"
    return shown.row_said(text)
