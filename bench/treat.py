"""One treatment from start to finish: plan, precheck, freeze, and watch until it ends.

It does not regulate anything; it is the operator who says the words and reads the answers.
"""

from collections.abc import Callable
from typing import NamedTuple

from controller.core import Controller
from controller.records import NAN, Command, Decision, Plan, Reading
from firmware.assembly import NoWatchdog, fault_orders, fitted, open_simulated
from firmware.config import Rig
from firmware.loop import Loop, Recorder

Watch = Callable[[Reading, Decision], None]
SESSION = "run"


class Outcome(NamedTuple):
    """How it ended."""

    mode: str
    reason: str


class Operator:
    """Says `plan`, `precheck` and `freeze`, each when its time has come, and `stop` on request."""

    def __init__(self, plan: str) -> None:
        self._plan = plan
        self._number = 0
        self._revision = 0
        self._checking = False
        self._started = False
        self.wants_stop = False
        self.refusal = ""

    def says(self, before: Decision | None, now_ms: int) -> tuple[Command, ...]:
        """Return the orders for the next tick, having seen the decision `before` it."""
        if self.wants_stop:
            return (self._command("stop", "", now_ms),)
        if before is None:
            return (self._command("plan", self._plan, now_ms),
                    self._command("precheck", "", now_ms))
        if before.mode == "ready" and not self._started:
            self._started = True
            return (self._command("freeze", "", now_ms),)
        return ()

    def is_over(self, decision: Decision) -> bool:
        """Hear the replies; True when nothing more will happen."""
        for reply in decision.replies:
            if reply.session == SESSION:
                self._revision = reply.revision
                self.refusal = self.refusal or (reply.text if reply.code else "")
        self._checking = self._checking or decision.mode == "precheck"
        idle = decision.mode == "standby" and (self._checking or self.wants_stop)
        return bool(self.refusal) or idle or decision.mode in ("done", "fault")

    def _command(self, word: str, text: str, now_ms: int) -> Command:
        self._number += 1
        return Command(word, text, NAN, SESSION, self._number, self._revision, now_ms)


class _Watched(Recorder):
    """A recorder with somebody looking over its shoulder."""

    def __init__(self, recorder: Recorder, watch: Watch) -> None:
        self._recorder = recorder
        self._watch = watch

    def write(self, reading: Reading, commands: tuple[Command, ...], decision: Decision) -> None:
        self._recorder.write(reading, commands, decision)
        self._watch(reading, decision)


def treat_simulated(rig: Rig, plan: Plan, seed: int | None, faults: tuple[str, ...],
                    recorder: Recorder, watch: Watch, real_time: bool) -> Outcome:
    """Treat the simulated probe in this process; Ctrl-C stops it and shuts everything."""
    controller = Controller(rig.limits, fitted(rig), (plan,))
    bench = open_simulated(rig, seed, real_time, NoWatchdog(), fault_orders(faults))
    loop = Loop(bench.hardware, controller, _Watched(recorder, watch), rig.entries.tick_ms)
    operator = Operator(plan.name)
    decision: Decision | None = None
    try:
        while decision is None or not operator.is_over(decision):
            try:
                loop.wait()
                decision = loop.tick(operator.says(decision, bench.hardware.clock.now_ms()))
            except KeyboardInterrupt:
                operator.wants_stop = True
    finally:
        bench.close()
    return Outcome(decision.mode, operator.refusal or decision.reason)
