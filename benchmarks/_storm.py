"""One storm: a whole machine in virtual time, what befalls it, and the invariants after every tick.

It does not count nor repeat: storm.py does.
"""

from collections.abc import Iterator
from math import isfinite
from pathlib import Path
from random import Random

from controller.alarms import PRIORITIES
from controller.console import COMMANDS, Session, View
from controller.core import Controller
from controller.modes import TRANSITIONS
from controller.records import Command, Decision, Reading
from controller.treatment import plan_text
from firmware.assembly import Bench, NoWatchdog, fault_orders, open_simulated
from firmware.config import load_plan, load_rig
from firmware.loop import Loop, Recorder
from firmware.roles import fitted, probe_of
from hal.interface import Clock
from sim_hardware.faults import FAULTS, TIMES
from sim_hardware.variety import varied

ROOT = Path(__file__).parents[1]
RIG = load_rig(ROOT / "rigs" / "full.toml")
PLANS = tuple(load_plan(ROOT / "plans" / f"{name}.toml", RIG.limits, True)[0]
              for name in ("short", "active", "intercostal"))
FLOW_STOPS_MS = 3500  # dead time, valve and plenum, the slowest drawn, after isolator and valve
STILL_G_PER_S = 0.005  # 1 % of full flow


class Broken(Exception):
    """An invariant does not hold; the text says which, when, and in what state."""


class LateClock(Clock):
    """A clock whose ticks begin when they can: mostly in time, now and then late."""

    def __init__(self, inside: Clock, source: Random) -> None:
        self._inside = inside
        self._source = source

    def now_ms(self) -> int:
        """Return the simulated time."""
        return self._inside.now_ms()

    def wait_until_ms(self, deadline_ms: int) -> None:
        """Return at the deadline or later."""
        drawn = self._source.random()
        late_ms = 0
        if drawn > 0.9995:
            late_ms = self._source.randint(200, 3000)
        elif drawn > 0.95:
            late_ms = self._source.randint(1, 150)
        self._inside.wait_until_ms(deadline_ms + late_ms)


class Ticks(Recorder):
    """Keeps what went into the controller and what came out."""

    def __init__(self) -> None:
        self.rows: list[tuple[Reading, tuple[Command, ...], Decision]] = []

    def write(self, reading: Reading, commands: tuple[Command, ...], decision: Decision) -> None:
        """Keep one tick."""
        self.rows.append((reading, commands, decision))


class Storm:
    """One run of one seed."""

    def __init__(self, seed: int, controller_class: type[Controller] = Controller) -> None:
        self.source = Random(seed)
        # As often as not everything is within the usual: else no treatment would ever get far.
        self.fury = self.source.choice((0.0, 0.02, 0.1, 1.0))
        bench: Bench = open_simulated(RIG, seed, False, NoWatchdog(), (), varied(self.source))
        assert bench.probe is not None
        self.probe = bench.probe
        hardware = bench.hardware._replace(clock=LateClock(bench.hardware.clock, self.source))
        self.controller = controller_class(RIG.limits, fitted(RIG), PLANS, probe_of(RIG))
        self.ticks = Ticks()
        self.loop = Loop(hardware, self.controller, self.ticks, RIG.entries.tick_ms)
        self.sessions = [Session(f"console-{number}") for number in range(2)]
        self.view: View | None = None
        self.shut_since_ms = 0
        self.lines = 0

    def run(self, seconds: float) -> None:
        """Let it rage; raises Broken, or whatever the product raises, which it never should."""
        before: Decision | None = None
        while self.probe.now_ms < seconds * 1000.0:
            self._weather()
            commands = tuple(self._commands())
            self.loop.wait()
            decision = self.loop.tick(commands)
            reading = self.ticks.rows[-1][0]
            self._answer(reading, decision)
            for told in self._wrong(before, reading, commands, decision):
                raise Broken(f"at {decision.now_ms} ms, mode {decision.mode}: {told}")
            before = decision

    def replayed(self) -> None:
        """Raise Broken unless a fresh controller decides the same from what was recorded."""
        fresh = type(self.controller)(RIG.limits, fitted(RIG), PLANS, probe_of(RIG))
        for reading, commands, decision in self.ticks.rows:
            again = fresh.step(reading, commands)
            if repr(again) != repr(decision):
                raise Broken(f"at {decision.now_ms} ms: a replay decides otherwise")

    # What happens to it.

    def _weather(self) -> None:
        source = self.source
        if source.random() < 0.004 * self.fury:
            fault = source.choice(FAULTS)
            values = {key.name: source.uniform(key.low, key.high) for key in fault.keys
                      if key.low == key.low and not key.is_whole}
            values["lasts_s"] = source.choice((0.05, 0.3, 2.0, 20.0))
            values["onset_s"] = source.choice((0.0, 0.0, 1.0, 10.0))
            assert {key.name for key in TIMES} <= {*values}
            self.probe.inject(fault.name, values)
        if source.random() < 0.003:
            self.probe.clear()
        if source.random() < 0.01:
            self.probe.press_pedal(source.random() < (0.5 if self.fury else 0.9))

    def _commands(self) -> Iterator[Command]:
        if self.view is None:
            return
        for session in self.sessions:
            for item in session.feed(self._typed(), self.probe.now_ms, self.view):
                if isinstance(item, bytes):
                    self._heard(item)
                elif item.name == "fault":
                    self._injected(item)
                else:
                    yield item

    def _injected(self, item: Command) -> None:
        try:
            if item.text != "clear":
                for order in fault_orders((item.text,)):
                    self.probe.inject(order.name, order.values)
        except ValueError:
            pass

    def _typed(self) -> bytes:
        source, view = self.source, self.view
        assert view is not None
        mode = view.decision.mode
        sensible = {"standby": (b"plan short\n", b"plan active\n", b"precheck\n", b"status\n"),
                    "ready": (b"status\nfreeze\n", b"plan\nfreeze\n", b"stop\n"),
                    "fault": (b"ack\n", b"reset\n", b"ack\nreset\n", b"pause 20\n"),
                    "done": (b"precheck\n", b"plan intercostal\n")}.get(mode, (b"",))
        drawn = source.random()
        if drawn < 0.03:
            if mode == "ready":
                self.probe.press_pedal(True)
            return source.choice(sensible)
        if drawn > 1.0 - 0.01 * (0.2 + self.fury):
            row = source.choice(COMMANDS)
            word = (row.word or row.order or row.query).encode()
            argument = source.choice((b"", b" -30", b" 1e999", b" nan", b" short", b" TIP",
                                      b" -200", b" tip_open,lasts_s=1", b" \xff\x00", b" 60"))
            return word + argument + source.choice((b"\n", b"\r\n", b"", b";stop\n"))
        if drawn > 1.0 - 0.012 * (0.2 + self.fury):
            return source.randbytes(source.randint(1, 400))
        return b""

    def _answer(self, reading: Reading, decision: Decision) -> None:
        self.view = View(
            decision.now_ms, reading, decision, RIG.limits, fitted(RIG),
            tuple(plan.name for plan in PLANS), decision.plan,
            plan_text(decision.plan, decision.revision), "storm", "0", "0", True, ())
        for session in self.sessions:
            for reply in decision.replies:
                self._heard(session.answer(reply))

    def _heard(self, data: bytes) -> None:
        self.lines += data.count(b"\n")
        if data and not data.endswith(b"\n"):
            raise Broken(f"half a line was answered: {data!r}")

    # What must hold.

    def _wrong(self, before: Decision | None, reading: Reading, commands: tuple[Command, ...],
               d: Decision) -> Iterator[str]:
        said = [(command.name, reply.code)
                for command, reply in zip(commands, d.replies, strict=True)]
        stops = [code for name, code in said if name == "stop"]
        is_open = d.valve_fraction > 0.0 or d.isolator_open
        if not all(isfinite(share) and 0.0 <= share <= 1.0
                   for share in (d.valve_fraction, d.heater_fraction)):
            yield f"valve {d.valve_fraction}, heater {d.heater_fraction}"
        if is_open and (d.mode not in ("freeze", "precheck") or d.tripped):
            yield f"open with {[trip.name for trip in d.tripped]}"
        if d.heater_fraction > 0.0 and not d.heater_enabled:
            yield "heat without its relay"
        if d.heater_enabled and d.mode not in ("thaw", "precheck"):
            yield "heat"
        if stops and (is_open or any(stops)):
            yield "stop was refused, or did not shut"
        if d.tripped and d.mode not in ("thaw", "fault"):
            yield f"latched {[trip.name for trip in d.tripped]}"
        if d.freeze_s > RIG.limits.freeze_s_max + 3.5 and is_open:
            yield f"freezes for {d.freeze_s} s"
        if [PRIORITIES.index(alarm.priority) for alarm in d.alarms] != sorted(
                PRIORITIES.index(alarm.priority) for alarm in d.alarms):
            yield "the most urgent alarm is not first"
        if d.mode != "fault" and (reading.estop.value != 1.0 or reading.actuator_fault):
            yield "the emergency stop, or an actuator that failed, is no fault"
        if before is not None:
            yield from self._wrong_change(before, said, d)
        yield from self._wrong_truth(d, is_open)

    def _wrong_change(self, before: Decision, said: list[tuple[str, int]],
                      d: Decision) -> Iterator[str]:
        granted = {name for name, code in said if code == 0}
        gone = {trip.name for trip in before.tripped} - {trip.name for trip in d.tripped}
        if gone and "reset" not in granted:
            yield f"{sorted(gone)} went without a reset"
        if before.mode == "fault" and d.mode != "fault" and "reset" not in granted:
            yield "fault was left without a reset"
        if d.mode != before.mode:
            reachable, frontier = set(), {before.mode}
            for _ in range(len(said) + 3):  # one tick may hold several events
                frontier = {after for mode, _, after in TRANSITIONS if mode in frontier}
                reachable |= frontier
            if d.mode not in reachable:
                yield f"came from {before.mode}"
            if d.mode == "freeze" and before.mode != "thaw" and "freeze" not in granted:
                yield f"began to freeze from {before.mode} by itself"
            if d.mode == "precheck" and "precheck" not in granted:
                yield "began the check by itself"

    def _wrong_truth(self, d: Decision, is_open: bool) -> Iterator[str]:
        truth = self.probe.truth()
        if is_open:
            self.shut_since_ms = self.probe.now_ms
        if (self.probe.now_ms - self.shut_since_ms > FLOW_STOPS_MS
                and truth.flow_g_per_s > STILL_G_PER_S):
            yield f"{truth.flow_g_per_s:.3f} g/s flow although all is shut"
        if truth.heater_w > 0.0 and not d.heater_enabled and not self._just_heated():
            yield f"the heater takes {truth.heater_w:.1f} W without its relay"

    def _just_heated(self) -> bool:
        return any(row[2].heater_enabled for row in self.ticks.rows[-2:])
