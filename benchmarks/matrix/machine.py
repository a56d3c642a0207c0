"""A whole machine on the simulated probe, in virtual time: loop, controller, plant and a record."""

from pathlib import Path
from typing import NamedTuple

from controller.core import Controller
from controller.records import NAN, Command, Decision, Plan, Reading
from firmware.assembly import NoWatchdog, open_simulated
from firmware.config import Rig, load_plan, load_rig
from firmware.loop import Loop, Recorder
from firmware.roles import fitted, probe_of
from sim_hardware.truth import Truth

ROOT = Path(__file__).parents[2]
RIG = load_rig(ROOT / "rigs" / "sim.toml")
TICKS_MAX = 9000  # fifteen minutes


class Row(NamedTuple):
    """One tick, with what really was when it began."""

    reading: Reading
    decision: Decision
    truth: Truth


class NoRecorder(Recorder):
    """Keeps nothing."""

    def write(self, reading: Reading, commands: tuple[Command, ...],
              decision: Decision) -> None:
        """Nothing."""


class Machine(Recorder):
    """Plays the operator too: it loads a plan, proves and starts it, and keeps every tick."""

    def __init__(self, plan: str | Plan = "intercostal", seed: int = 1, rig: Rig = RIG,
                 also: Recorder | None = None) -> None:
        bench = open_simulated(rig, seed, False, NoWatchdog())
        assert bench.probe is not None
        self.probe = bench.probe
        self.plan = plan if isinstance(plan, Plan) else load_plan(
            ROOT / "plans" / f"{plan}.toml", rig.limits, rig.has_heater)[0]
        self.controller = Controller(rig.limits, fitted(rig), (self.plan,), probe_of(rig))
        self.rows: list[Row] = []
        self.also = also or NoRecorder()
        self.loop = Loop(bench.hardware, self.controller, self, rig.entries.tick_ms)

    def write(self, reading: Reading, commands: tuple[Command, ...],
              decision: Decision) -> None:
        """Keep the tick."""
        self.rows.append(Row(reading, decision, self.probe.truth()))
        self.also.write(reading, commands, decision)

    def tick(self, name: str = "", text: str = "") -> Decision:
        """Wait for the next tick and do it, with at most one command."""
        self.loop.wait()
        command = Command(name, text, NAN, "operator", len(self.rows), self.controller.revision,
                          self.probe.now_ms)
        return self.loop.tick((command,) if name else ())

    def run(self, ms: int) -> Decision:
        """Let `ms` pass."""
        end_ms = self.probe.now_ms + ms
        while self.probe.now_ms < end_ms:
            decision = self.tick()
        return decision

    def check(self) -> Decision:
        """Load the plan and go through the check before use, passed or not."""
        self.tick("plan", self.plan.name)
        decision = self.tick("precheck")
        while decision.mode == "precheck":
            decision = self.tick()
        return decision

    def start(self) -> "Machine":
        """Load, prove and start the plan."""
        self.check()
        self.probe.press_pedal(True)  # of a rig that has one
        assert self.tick("freeze").mode == "freeze", self.rows[-1].decision.reason
        return self

    def hold(self) -> "Machine":
        """Go on until the hold of a cycle has begun."""
        while self.tick().course.phase != "hold":
            assert len(self.rows) < TICKS_MAX
        return self

    def finish(self) -> Decision:
        """Go on to the end, good or bad."""
        while (decision := self.tick()).mode not in ("done", "fault", "standby"):
            assert len(self.rows) < TICKS_MAX
        return decision
