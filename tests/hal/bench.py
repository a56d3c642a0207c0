"""The bench of rigs/bench.toml on scripted wires: what captures answer, and levers to break it."""

from hal.errors import NotConnected
from hal.instruments.alicat import AlicatController, AlicatGauge
from hal.instruments.lakeshore import LakeShore
from hal.instruments.port import Port
from tests.hal.wire import ScriptClock, ScriptStream

FRAME = "A +014.62 +021.89 +000.00 +003.25 {set_point:+07.2f}     N2O{tokens}"


class Wire:
    """One port: counts its openings, and can be pulled out."""

    end_out = b"\r"
    end_in = b"\r"

    def __init__(self, clock: ScriptClock) -> None:
        self.clock = clock
        self.streams: list[ScriptStream] = []
        self.is_there = True
        self.is_silent = False
        self.delay_ms = 2

    def open(self) -> ScriptStream:
        if not self.is_there:
            raise NotConnected("port ports/x: there is no such port")
        self.streams.append(ScriptStream(self._answer, self.clock, self.end_out))
        return self.streams[-1]

    def pull(self) -> None:
        self.is_there = False
        self.streams[-1].is_plugged = False

    def plug(self) -> None:
        self.is_there = True

    @property
    def sent(self) -> list[str]:
        return [question.decode() for question in self.streams[-1].sent]

    def _answer(self, question: bytes) -> list[tuple[int, bytes]]:
        text = self.answer(question.decode())
        if self.is_silent or text is None:
            return []
        raw = text if isinstance(text, bytes) else text.encode()
        return [(self.delay_ms, raw + self.end_in)]

    def answer(self, question: str) -> str | bytes | None:
        raise NotImplementedError


class Gas(Wire):
    """A controller A and gauges B and C. `says` replaces the answer to one question."""

    def __init__(self, clock: ScriptClock) -> None:
        super().__init__(clock)
        self.set_point = 0.0
        self.tokens = ""
        self.obeys = True
        self.dead_units = ""
        self.says: dict[str, str | bytes | None] = {}

    def answer(self, question: str) -> str | bytes | None:
        if question[:1] in self.dead_units:
            return None
        if question in self.says:
            return self.says[question]
        unit, command = question[:1], question[1:]
        if unit == "A" and command[:2] == "S ":
            self.set_point = float(command[2:]) if self.obeys else self.set_point
        if unit == "A" and (not command or command[:2] == "S "):
            return FRAME.format(set_point=self.set_point, tokens=self.tokens)
        if unit in "BC" and not command:
            return unit + (" +5050.0" if unit == "B" else " +0012.5")
        fixed = {"ALSS": "A S", "AVE": "A   10v20.0-R24 Jan  9 2025,15:04:07",
                 "ADCU 5": "A 7 SLPM", "AFPF 5": "A +020.00 7 SLPM"}
        if unit in "BC":
            fixed = {f"{unit}VE": f"{unit}   10v20.0-R24 Jan  9 2025,15:04:07"}
            for statistic in "26":
                fixed[f"{unit}DCU {statistic}"] = f"{unit} 10 kPaG"
                fixed[f"{unit}FPF {statistic}"] = f"{unit} +7000.0 10 kPaG"
        return fixed.get(question, "?")


class Thermometer(Wire):
    """A Lake Shore with the same reading on every input."""

    end_out = b"\n"
    end_in = b"\r\n"

    def __init__(self, clock: ScriptClock, model: str = "336") -> None:
        super().__init__(clock)
        self.identity = {"336": "LSCI,MODEL336,LSA22LU/LSA217G,2.8",
                         "218": "LSCI,MODEL218S,LSA1234,110504"}[model]
        self.end_out = b"\n" if model == "336" else b"\r\n"
        self.reading: str | bytes = "+26.500"
        self.status: str | bytes = "0"

    def answer(self, question: str) -> str | bytes | None:
        if question == "*IDN?":
            return self.identity
        parts = [self.reading if query.startswith("CRDG?") else self.status
                 for query in question.split(";")]
        return b";".join(part if isinstance(part, bytes) else part.encode() for part in parts)


class GasBench:
    """Controller and gauges on one port in virtual time; drive it with `run`."""

    def __init__(self) -> None:
        self.clock = ScriptClock()
        self.wire = Gas(self.clock)
        self.controller = AlicatController("A", 20.0, 12.0, self.clock)
        self.supply = AlicatGauge("B", "supply", self.clock)
        self.exhaust = AlicatGauge("C", "exhaust", self.clock)
        self.port = Port("gas", self.wire.open, (self.controller, self.supply, self.exhaust),
                         self.clock)
        self.valve = self.controller.valve

    def run(self, ms: int) -> None:
        run(self.port, self.clock, ms)


class TipBench:
    """A thermometer with a tip on input A (1 of a 218)."""

    def __init__(self, model: str = "336") -> None:
        self.clock = ScriptClock()
        self.wire = Thermometer(self.clock, model)
        self.thermometer = LakeShore(model, {"A" if model == "336" else "1": "tip"}, self.clock)
        self.port = Port("thermometer", self.wire.open, (self.thermometer,), self.clock)
        self.tip = self.thermometer.sensor("tip")

    def run(self, ms: int) -> None:
        run(self.port, self.clock, ms)


def run(port: Port, clock: ScriptClock, ms: int) -> None:
    """Let the port do its steps as its thread would, for `ms`."""
    end_ms = clock.now_ms() + ms
    while clock.now_ms() < end_ms:
        due_ms = port.step()
        clock.wait_until_ms(min(end_ms, max(due_ms, clock.now_ms())))
        if due_ms <= clock.now_ms() < end_ms:
            clock.ms += 1  # what a real step costs at least
