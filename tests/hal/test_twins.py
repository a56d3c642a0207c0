"""Our drivers and our virtual instruments speak the same dialogue: in one process, virtual time."""

from hal.instruments.alicat import AlicatController, AlicatGauge
from hal.instruments.lakeshore import LakeShore
from hal.instruments.port import Port
from sim_hardware.instruments.alicat import VirtualBus, VirtualController, VirtualGauge
from sim_hardware.instruments.lakeshore import VirtualLakeShore
from sim_hardware.instruments.wire import LineInstrument
from sim_hardware.probe import SimProbe
from tests.hal.bench import run
from tests.hal.wire import ScriptClock, ScriptStream


def _stream(twin: LineInstrument, clock: ScriptClock, end: bytes) -> ScriptStream:
    def device(question: bytes) -> list[tuple[int, bytes]]:
        replies = twin.feed(question + end, clock.now_ms())
        return [(reply.due_ms - clock.now_ms(), reply.data) for reply in replies]

    return ScriptStream(device, clock, end)


def test_the_gas_bus_opens_reads_opens_the_valve_and_shuts_it() -> None:
    probe, clock = SimProbe(1, isolator_fitted=False), ScriptClock()
    bus = VirtualBus((VirtualController(probe, "A"), VirtualGauge(probe, "B", "supply"),
                      VirtualGauge(probe, "C", "exhaust", 1000.0)))
    controller = AlicatController("A", 20.0, 12.0, clock)
    supply = AlicatGauge("B", "supply", clock)
    exhaust = AlicatGauge("C", "exhaust", clock)
    port = Port("gas", lambda: _stream(bus, clock, b"\r"), (controller, supply, exhaust), clock)
    port.open()
    controller.valve.open_to(0.35, 60_000)
    for _ in range(50):
        run(port, clock, 20)
        bus.regulate()
        probe.advance_to(probe.now_ms + 20)
    run(port, clock, 200)
    assert controller.flow.read().value > 1.0
    assert supply.pressure.read().value > 1000.0
    assert abs(exhaust.pressure.read().value) < 200.0
    controller.valve.open_to(0.35, 500)
    controller.valve.shut()
    assert b" +000.00     N2O" in bus.answer("A")


def test_both_thermometers_are_read() -> None:
    for model, inputs in (("336", {"A": "tip", "B": "tip_b"}), ("218", {"1": "tip"})):
        probe, clock = SimProbe(1, isolator_fitted=False), ScriptClock()
        twin = VirtualLakeShore(probe, model, inputs)
        thermometer = LakeShore(model, inputs, clock)
        end = thermometer.dialect.question_end
        port = Port("thermometer", lambda twin=twin, clock=clock, end=end: _stream(
            twin, clock, end), (thermometer,), clock)
        port.open()
        run(port, clock, 400)
        for role in inputs.values():
            assert 20.0 < thermometer.sensor(role).read().value < 40.0
