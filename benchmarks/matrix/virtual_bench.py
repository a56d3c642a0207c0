"""The wire bench of rigs/bench.toml in one process and in virtual time: loop, ports and twins.

Each port has its thread, as in the product; a baton lets one of them run at a time, and time
moves to whoever waits the shortest. So a run is the same every time, and takes no time to wait.
It does not say what ought to happen.
"""

import threading
from collections.abc import Callable

from controller.core import Controller
from controller.records import CHANNELS, NAN, Command, Cycle, Decision, Plan
from firmware.assembly import NoWatchdog, simulated, wires
from firmware.config import load_rig
from firmware.entries import WireDevice
from firmware.loop import Hardware, Loop
from firmware.roles import SENSOR_ROLES, fitted, probe_of
from hal.errors import BadReply, NoReply, NotConnected
from hal.instruments.port import Port
from hal.interface import ByteStream, Clock
from sim_hardware.instruments.wire import LineInstrument
from sim_hardware.probe import SimProbe

from .machine import ROOT, NoRecorder, Row

STEP_MS = 10  # the instruments regulate as often, and a port's thread wakes for an order
WIRE_MS = 3  # a message on the wire
REPLY_BYTES_MAX = 4096
PLAN = Plan("wires", (Cycle(-40.0, 20.0, "passive", 6.0, 0.0),))


class Baton(Clock):
    """Virtual time for several threads; `advance` moves the world."""

    def __init__(self, advance: Callable[[int], None]) -> None:
        self._advance = advance
        self._now_ms = 0
        self._turn = threading.Condition()
        self._due_ms: dict[int, int] = {}  # thread -> when it goes on
        self._running = threading.get_ident()
        self._due_ms[self._running] = 0
        self.is_over = False

    def now_ms(self) -> int:
        """Return the virtual time."""
        return self._now_ms

    def wait_until_ms(self, deadline_ms: int) -> None:
        """Give the baton on, and take it when the time has come."""
        me = threading.get_ident()
        with self._turn:
            self._due_ms[me] = max(deadline_ms, self._now_ms)
            self._pass_on()
            while self._running != me and not self.is_over:
                self._turn.wait()

    def join(self, run: Callable[[], None]) -> threading.Thread:
        """Start a thread that takes part until it returns."""
        ready = threading.Event()

        def body() -> None:
            with self._turn:
                self._due_ms[threading.get_ident()] = self._now_ms
                ready.set()
                while self._running != threading.get_ident() and not self.is_over:
                    self._turn.wait()
            run()

        thread = threading.Thread(target=body, daemon=True)
        thread.start()
        ready.wait()
        return thread

    def end(self) -> None:
        """Let everybody run out."""
        with self._turn:
            self.is_over = True
            self._turn.notify_all()

    def _pass_on(self) -> None:
        # The order of entry decides between equals, so that every run is the same.
        self._running = min(self._due_ms, key=lambda thread: self._due_ms[thread])
        if self._due_ms[self._running] > self._now_ms:
            self._now_ms = self._due_ms[self._running]
            self._advance(self._now_ms)
        self._turn.notify_all()


class TwinStream(ByteStream):
    """A wire to a virtual instrument."""

    def __init__(self, twin: LineInstrument, clock: Baton) -> None:
        self._twin = twin
        self._clock = clock
        self._coming: list[tuple[int, bytes]] = []
        self._rest = b""

    def write(self, data: bytes) -> None:
        now_ms = self._clock.now_ms()
        self._coming += [(reply.due_ms + WIRE_MS, reply.data)
                         for reply in self._twin.feed(data, now_ms)]

    def read_until(self, end: bytes, timeout_ms: int) -> bytes:
        deadline_ms = self._clock.now_ms() + timeout_ms
        while end not in self._rest:
            if self._clock.is_over:
                raise NotConnected("over")
            if len(self._rest) > REPLY_BYTES_MAX:
                self._rest = b""
                raise BadReply("too long")
            due_ms = min((due_ms for due_ms, _ in self._coming), default=deadline_ms)
            self._clock.wait_until_ms(min(due_ms, deadline_ms))
            self._take()
            if end not in self._rest and self._clock.now_ms() >= deadline_ms:
                came, self._rest = self._rest, b""
                raise NoReply(f"no whole reply in {timeout_ms} ms; {came[:40]!r} came")
        message, _, self._rest = self._rest.partition(end)
        return message + end

    def discard_input(self) -> None:
        self._take()
        self._rest = b""

    def close(self) -> None:
        self._coming = []

    def _take(self) -> None:
        now_ms = self._clock.now_ms()
        self._rest += b"".join(data for due_ms, data in self._coming if due_ms <= now_ms)
        self._coming = [each for each in self._coming if each[0] > now_ms]


class VirtualBench:
    """The rig, its twins and an operator. Use it as a context; `twins` are called as devices."""

    def __init__(self, plan: Plan = PLAN) -> None:
        rig = load_rig(ROOT / "rigs" / "bench.toml")
        self.probe: SimProbe = simulated.probe_for(rig, 1, ())
        self.twins: dict[str, LineInstrument] = {}
        self.clock = Baton(self._advance)
        self._ports: list[Port] = []
        sensors, valve = [], None
        for name, device in rig.entries.device.items():
            assert isinstance(device, WireDevice)
            roles = wires.roles_on(rig, name)
            twin = self.twins[name] = simulated._virtual(device, roles, self.probe)
            members, here, valve_here = wires._instruments(device, roles, self.clock)
            sensors += [(dict(SENSOR_ROLES)[role], sensor) for role, sensor in here]
            valve = valve_here or valve
            self._ports.append(Port(name, self._opener(twin), members, self.clock))
        assert valve is not None
        assert {channel for channel, _ in sensors} <= set(CHANNELS)
        self.plan = plan
        self.controller = Controller(rig.limits, fitted(rig), (plan,),
                                     probe_of(rig))
        hardware = Hardware(self.clock, tuple(sensors), valve, None, None, None, None,
                            NoWatchdog())
        self.rows: list[Row] = []
        self.loop = Loop(hardware, self.controller, NoRecorder(), rig.entries.tick_ms)
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> "VirtualBench":
        for port in self._ports:
            port.open()
        self.loop.deadline_ms = self.clock.now_ms() + self.loop.tick_ms
        for port in self._ports:
            self._threads.append(self.clock.join(lambda port=port: self._poll(port)))
        return self

    def __exit__(self, *_error: object) -> None:
        self.clock.end()
        for thread in self._threads:
            thread.join(5.0)

    def tick(self, name: str = "", text: str = "") -> Decision:
        """Wait for the next tick and do it, with at most one command."""
        self.loop.wait()
        now_ms = self.clock.now_ms()
        command = Command(name, text, NAN, "operator", len(self.rows), self.controller.revision,
                          now_ms)
        seen: list[Row] = []
        step = self.controller.step

        def kept(reading, commands):  # type: ignore[no-untyped-def]
            decision = step(reading, commands)
            seen.append(Row(reading, decision, self.probe.truth()))
            return decision

        self.controller.step = kept  # type: ignore[method-assign]
        try:
            decision = self.loop.tick((command,) if name else ())
        finally:
            self.controller.step = step  # type: ignore[method-assign]
        self.rows += seen
        return decision

    def run(self, ms: int) -> Decision:
        """Let `ms` pass."""
        end_ms = self.clock.now_ms() + ms
        while self.clock.now_ms() < end_ms:
            decision = self.tick()
        return decision

    def to(self, mode: str, phase: str) -> None:
        """Treat, until mode and phase have come and have lasted a second."""
        self.run(500)
        self.tick("plan", self.plan.name)
        self.tick("precheck")
        while self.controller.mode == "precheck":
            self.tick()
        self.tick("freeze")
        while self.rows[-1].decision.mode in ("freeze", "thaw"):
            decision = self.tick()
            if (decision.mode, decision.course.phase) == (mode, phase):
                self.run(1000)
                return
        raise AssertionError(self.rows[-1].decision.reason)

    def _poll(self, port: Port) -> None:
        while not self.clock.is_over:
            due_ms = port.step()
            now_ms = self.clock.now_ms()
            self.clock.wait_until_ms(min(max(due_ms, now_ms + 1), now_ms + STEP_MS))

    def _opener(self, twin: LineInstrument) -> Callable[[], ByteStream]:
        return lambda: TwinStream(twin, self.clock)

    def _advance(self, now_ms: int) -> None:
        while self.probe.now_ms < now_ms:
            self.probe.advance_to(min(now_ms, self.probe.now_ms + STEP_MS))
            for twin in self.twins.values():
                twin.regulate()
