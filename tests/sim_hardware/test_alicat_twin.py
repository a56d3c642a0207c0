"""The virtual Alicat bus talks as the real one, and its set point opens the simulated valve."""

import pytest

from sim_hardware.instruments.alicat import VirtualBus, VirtualController, VirtualGauge
from sim_hardware.instruments.wire import GARBAGE, WIRE_FAULTS, Reply
from sim_hardware.probe import SimProbe


def said(bus: VirtualBus, data: bytes) -> bytes:
    return b"".join(reply.data for reply in bus.feed(data, 0))


@pytest.fixture
def probe() -> SimProbe:
    return SimProbe(isolator_fitted=False)


@pytest.fixture
def bus(probe: SimProbe) -> VirtualBus:
    return VirtualBus((
        VirtualController(probe, "A"),
        VirtualGauge(probe, "B", "supply"),
        VirtualGauge(probe, "C", "exhaust", full_scale_kpa=1000.0),
    ))


def live(probe: SimProbe, bus: VirtualBus, seconds: float) -> None:
    for _ in range(int(seconds * 50)):
        probe.advance(20)
        bus.regulate()


def test_the_frame_has_the_columns_of_a_real_one(probe: SimProbe) -> None:
    real = b"A +014.62 +021.89 +000.00 +000.00 +078.95     N2\r"
    frame = said(VirtualBus((VirtualController(probe, "A", gas="N2"),)), b"A\r")
    assert [len(part) for part in frame.split(b" ")] == [len(part) for part in real.split(b" ")]
    assert frame.endswith(b" +000.00     N2\r")


def test_the_absolute_pressure_is_that_of_the_supply_in_psi(bus: VirtualBus, probe: SimProbe
                                                            ) -> None:
    psi = float(said(bus, b"A\r").split()[1])
    assert psi == pytest.approx((probe.sense("supply").value + 101.325) / 6.894757, abs=0.01)


@pytest.mark.parametrize(("query", "reply"), [
    (b"ALSS\r", b"A S\r"),
    (b"AFPF 5\r", b"A +020.00 7 SLPM\r"),
    (b"ADCU 5\r", b"A 7 SLPM\r"),
    (b"AVE\r", b"A 10v20.0-R24 Jan  9 2025,15:04:07\r"),
    (b"BDCU 2\r", b"B 10 kPaG\r"),
    (b"BFPF 2\r", b"B +7000.0 10 kPaG\r"),
    (b"alss\r", b"A S\r"),
])
def test_transcript(bus: VirtualBus, query: bytes, reply: bytes) -> None:
    assert said(bus, query) == reply


@pytest.mark.parametrize("query", [
    b"AFOO\r", b"AS\r", b"AS x\r", b"AS nan\r", b"AS -1\r", b"AS 20.01\r", b"AS inf\r",
    b"AFPF 2\r", b"A 12\r", b"ALS 99\r", b"BS 1.0\r", b"BDCU 5\r", b"A" + b"x" * 1000 + b"\r",
])
def test_what_is_not_understood_is_rejected_and_opens_nothing(bus: VirtualBus, probe: SimProbe,
                                                              query: bytes) -> None:
    said(bus, b"AS 5.00\r")
    before = probe.demanded()
    # a unit that hears more than it can hold cannot know for whom it was
    assert said(bus, query) == (b"" if len(query) > 100 else b"?\r")
    assert probe.demanded() == before


@pytest.mark.parametrize("query", [b"D\r", b"\r", b"DS 5.00\r", b"\xffA\r", b"\nA\r", b"12\r"])
def test_a_unit_that_is_not_there_is_silent(bus: VirtualBus, query: bytes) -> None:
    assert said(bus, query) == b""
    assert said(bus, b"ALSS\r") == b"A S\r"


@pytest.mark.parametrize("order", [b"AS 12.00\r", b"AS12.00\r", b"ALS 12.00\r"])
def test_a_set_point_opens_the_valve_and_flow_comes(bus: VirtualBus, probe: SimProbe,
                                                    order: bytes) -> None:
    assert b"+012.00" in said(bus, order)
    live(probe, bus, 3.0)
    assert probe.truth().valve_open_fraction == pytest.approx(
        12.0 / probe.valve_full_flow_slpm(), rel=0.02)
    assert float(said(bus, b"A\r").split()[4]) == pytest.approx(12.0, abs=0.5)


def test_more_than_the_valve_can_give_is_a_full_valve(bus: VirtualBus, probe: SimProbe) -> None:
    said(bus, b"AS 20.00\r")
    assert probe.demanded().valve_fraction == 1.0


def test_the_set_point_holds_when_the_host_falls_silent(bus: VirtualBus, probe: SimProbe) -> None:
    said(bus, b"AS 6.00\r")
    live(probe, bus, 20.0)
    assert probe.truth().valve_open_fraction > 0.3
    assert b"+000.00     N2O" in said(bus, b"AS 0.00\r")
    live(probe, bus, 3.0)
    assert probe.truth().valve_open_fraction < 0.001


def test_the_controller_opens_further_when_the_supply_falls(bus: VirtualBus, probe: SimProbe
                                                            ) -> None:
    said(bus, b"AS 4.00\r")
    live(probe, bus, 1.0)
    before = probe.demanded().valve_fraction
    probe.inject("supply_loss", {"kpa": 2500.0})
    live(probe, bus, 5.0)
    assert probe.demanded().valve_fraction > 1.5 * before


def test_hold_closed_shuts_and_cancel_gives_the_set_point_back(bus: VirtualBus, probe: SimProbe
                                                               ) -> None:
    said(bus, b"AS 6.00\r")
    assert said(bus, b"AHC\r").endswith(b" +006.00     N2O HLD\r")
    assert probe.demanded().valve_fraction == 0.0
    assert said(bus, b"AC\r").endswith(b" +006.00     N2O\r")
    assert probe.demanded().valve_fraction > 0.3


def test_another_set_point_source_ignores_the_wire(probe: SimProbe) -> None:
    bus = VirtualBus((VirtualController(probe, "A", source="A"),))
    assert said(bus, b"ALSS\r") == b"A A\r"
    assert said(bus, b"AS 12.00\r").endswith(b" +000.00     N2O\r")
    assert probe.demanded().valve_fraction == 0.0


def test_gauges_tell_gauge_pressure(bus: VirtualBus, probe: SimProbe) -> None:
    assert said(bus, b"B\r") == f"B {probe.sense('supply').value:+07.1f}\r".encode()
    assert said(bus, b"C\r") == f"C {probe.sense('exhaust').value:+07.1f}\r".encode()


def test_a_gauge_beyond_its_scale_says_so(probe: SimProbe) -> None:
    bus = VirtualBus((VirtualGauge(probe, "B", "supply", full_scale_kpa=3000.0),))
    assert said(bus, b"B\r") == b"B +3000.0 POV\r"


# What a wire can do to a reply.

SPOILED = {
    "silence": [],
    "garbage": [Reply(1000, GARBAGE)],
    "late": [Reply(1120, b"A S\r")],
    "half": [Reply(1000, b"A ")],
    "twice": [Reply(1000, b"A S\rA S\r")],
}


MISREAD = ("digit", "kelvin", "psi")


@pytest.mark.parametrize("fault", WIRE_FAULTS, ids=lambda fault: fault.name)
def test_every_wire_fault_spoils_the_reply_and_can_be_undone(bus: VirtualBus, fault) -> None:
    bus.inject(fault.name, late_ms=120)
    spoiled = SPOILED.get(fault.name, [Reply(1000, b"A S\r")])  # no reading, nothing to misread
    for _ in range(2):
        assert bus.feed(b"ALSS\r", 1000) == spoiled
    bus.clear()
    assert bus.feed(b"ALSS\r", 2000) == [Reply(2000, b"A S\r")]


@pytest.mark.parametrize("name", MISREAD)
def test_a_reading_may_be_another_or_in_another_unit(bus: VirtualBus, name: str) -> None:
    right = float(said(bus, b"B\r").split()[1])
    bus.inject(name)
    wrong = float(said(bus, b"B\r").split()[1])
    expected = {"digit": wrong, "kelvin": right + 273.15, "psi": right / 6.894757}[name]
    assert wrong == pytest.approx(expected, abs=0.06)
    assert wrong != right


def test_a_wire_fault_may_heal_by_itself(bus: VirtualBus) -> None:
    bus.inject("silence", replies=2)
    assert [said(bus, b"ALSS\r") for _ in range(3)] == [b"", b"", b"A S\r"]


def test_a_reply_never_overtakes_a_late_one(bus: VirtualBus) -> None:
    bus.inject("late", late_ms=300, replies=1)
    assert bus.feed(b"ALSS\rB\r", 0)[0].due_ms == 300
    assert bus.feed(b"ALSS\r", 10) == [Reply(300, b"A S\r")]


def test_a_spoiled_reply_does_not_undo_the_order(bus: VirtualBus, probe: SimProbe) -> None:
    bus.inject("silence")
    assert said(bus, b"AS 6.00\r") == b""
    assert probe.demanded().valve_fraction > 0.3


def test_a_wire_fault_that_does_not_exist_is_refused(bus: VirtualBus) -> None:
    with pytest.raises(ValueError, match="there are: silence"):
        bus.inject("rust")
