"""One treatment from start to finish: plan, precheck, freeze, and watch until it ends.

It does not regulate anything; it is the operator who says the words and reads the answers.
"""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from controller.core import Controller
from controller.records import NAN, Command, Decision, Plan, Reading
from firmware.assembly import NoWatchdog, fault_orders, open_simulated
from firmware.config import Rig
from firmware.loop import Loop, Recorder
from firmware.roles import fitted, probe_of
from sim_hardware.plant.parameters import Parameters

SESSION = "run"


class Outcome(NamedTuple):
    """How it ended."""

    mode: str
    reason: str


class Machine(Protocol):
    """A running controller, seen by its operator."""

    def now_ms(self) -> int:
        """Return the controller's time."""

    def next(self, orders: tuple[Command, ...]) -> tuple[Reading, Decision]:
        """Give the orders, then return the next tick. Raises MachineFailed."""


class MachineFailed(Exception):
    """The controller itself has ended; the text says why and what became of the valve."""


class Operator:
    """Says `plan`, `precheck` and `freeze`, each when its time has come, and `stop` on request."""

    def __init__(self, plan: str) -> None:
        self._plan = plan
        self._number = 0
        self._revision = 0
        self._check = -1  # number of the order to check
        self._checked = False  # it was answered: standby is from now on how it ended
        self._started = False
        self.wants_stop = False
        self.refusal = ""

    def says(self, before: Decision | None, now_ms: int) -> tuple[Command, ...]:
        """Return the orders for the next tick, having seen the decision `before` it."""
        if self.wants_stop:
            return (self._command("stop", "", now_ms),)
        if before is None:
            orders = (self._command("plan", self._plan, now_ms),
                      self._command("precheck", "", now_ms))
            self._check = self._number
            return orders
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
                # Not by its mode: a check may begin and fail in one tick.
                self._checked = self._checked or reply.number == self._check
        idle = decision.mode == "standby" and (self._checked or self.wants_stop)
        return bool(self.refusal) or idle or decision.mode in ("done", "fault")

    def _command(self, word: str, text: str, now_ms: int) -> Command:
        self._number += 1
        return Command(word, text, NAN, SESSION, self._number, self._revision, now_ms)


def treat(machine: Machine, plan: str, watch: Callable[[Reading, Decision], None],
          ending: Callable[[], bool]) -> Outcome:
    """Run the loaded `plan` by name; `watch` sees each tick. When `ending()` says so, stop."""
    operator = Operator(plan)
    decision: Decision | None = None
    try:
        while decision is None or not operator.is_over(decision):
            operator.wants_stop = ending()
            reading, decision = machine.next(operator.says(decision, machine.now_ms()))
            watch(reading, decision)
    except MachineFailed as failure:
        return Outcome("fault", str(failure))
    return Outcome(decision.mode, operator.refusal or decision.reason)


class SimulatedMachine:
    """Controller and simulated probe in this process. Use as a context: all is shut at its end."""

    def __init__(self, rig: Rig, plan: Plan, seed: int | None, faults: tuple[str, ...],
                 recorder: Recorder, real_time: bool,
                 parameters: Parameters | None = None) -> None:
        controller = Controller(rig.limits, fitted(rig), (plan,), probe_of(rig))
        self._bench = open_simulated(rig, seed, real_time, NoWatchdog(), fault_orders(faults),
                                     parameters)
        self._recorder = _LastReading(recorder)
        self._loop = Loop(self._bench.hardware, controller, self._recorder, rig.entries.tick_ms)

    def __enter__(self) -> "SimulatedMachine":
        return self

    def __exit__(self, *_error: object) -> None:
        self._bench.close()

    def now_ms(self) -> int:
        """Return the simulated time."""
        return self._bench.hardware.clock.now_ms()

    def next(self, orders: tuple[Command, ...]) -> tuple[Reading, Decision]:
        """Wait for the next tick and do it. Who starts a freeze has a foot on the pedal."""
        self._loop.wait()
        if any(order.name == "freeze" for order in orders):
            assert self._bench.probe is not None, "a simulated bench has a probe"
            self._bench.probe.press_pedal(True)
        decision = self._loop.tick(orders)
        return self._recorder.reading, decision


class _LastReading(Recorder):
    """A recorder that remembers what it was given last, and knows how the real one fares."""

    reading: Reading

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def write(self, reading: Reading, commands: tuple[Command, ...], decision: Decision) -> None:
        self._recorder.write(reading, commands, decision)
        self.fault = self._recorder.fault
        self.reading = reading
