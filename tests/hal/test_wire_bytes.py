"""Drivers and port against scripted bytes: what is believed, what is refused, and what is sent."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hal.errors import HalError, NoReply, NotConnected, OutOfRange, WrongDevice
from hal.interface import Sensor
from tests.hal.bench import GasBench, TipBench, Wire

AGE_MS_MAX = 300  # of the default limits


@pytest.fixture
def gas() -> GasBench:
    return GasBench()


@pytest.fixture
def tip() -> TipBench:
    return TipBench()


def is_believed(sensor: Sensor) -> bool:
    """True when the controller would still use what it says."""
    try:
        return sensor.read().age_ms < AGE_MS_MAX
    except HalError:
        return False


# What is believed


@pytest.mark.parametrize("model", ["336", "218"])
def test_a_temperature_comes_with_its_age(model: str) -> None:
    bench = TipBench(model)
    bench.port.open()
    bench.run(400)
    measured = bench.tip.read()
    assert measured.value == 26.5
    assert 0 <= measured.age_ms <= 300
    assert bench.tip.unit == "degC"


def test_a_218_gets_one_query_in_a_message_and_50_ms_of_silence() -> None:
    bench = TipBench("218")
    moments = []
    device = bench.wire._answer
    bench.wire._answer = lambda q: (moments.append((bench.clock.ms, q)), device(q))[1]
    bench.port.open()
    bench.run(1000)
    assert all(question.count(b"?") == 1 for _, question in moments)
    for (before_ms, _), (after_ms, _) in zip(moments, moments[1:]):
        assert after_ms - before_ms >= 50


def test_flow_and_pressures_come_in_their_units(gas: GasBench) -> None:
    gas.port.open()
    gas.run(200)
    for sensor, unit, value in ((gas.controller.flow, "slpm", 3.25),
                                (gas.supply.pressure, "kPa", 5050.0),
                                (gas.exhaust.pressure, "kPa", 12.5)):
        assert sensor.unit == unit
        assert sensor.read().value == value
        assert sensor.read().age_ms < 200


@pytest.mark.parametrize("tokens", [" LCK", " OVR TMF", " LCK OVR"])
def test_harmless_tokens_shift_no_field(gas: GasBench, tokens: str) -> None:
    gas.wire.tokens = tokens
    gas.port.open()
    gas.run(200)
    assert gas.controller.flow.read().value == 3.25
    gas.valve.open_to(0.5, 500)


def test_an_old_frame_with_an_unsigned_set_point_is_read(gas: GasBench) -> None:
    gas.wire.says["A"] = "A +014.52 +021.50 +0000.1 +0000.2 0000.0      N2O"
    gas.port.open()
    gas.run(200)
    assert gas.controller.flow.read().value == 0.2


# What is refused


@pytest.mark.parametrize(("status", "word"), [
    ("1", "invalid"), ("16", "under"), ("32", "over"), ("64", "zero"), ("128", "open"),
])
def test_an_input_that_declares_a_fault_has_no_value(tip: TipBench, status: str, word: str) -> None:
    tip.port.open()
    tip.run(200)
    tip.wire.status = status
    tip.wire.reading = "+0.000"
    tip.run(200)
    with pytest.raises(OutOfRange, match=word) as caught:
        tip.tip.read()
    assert "tip" in str(caught.value)


@pytest.mark.parametrize("reading", ["nan", "inf", "-inf", "1e400", "+9.9E+37", "", "+26.5+26.5",
                                     "+26,5", "OPEN", b"+26.\xff", "--", "0x10", "+2_6.5"])
def test_what_is_no_temperature_leaves_the_last_one_to_age(tip: TipBench, reading) -> None:
    tip.port.open()
    tip.run(200)
    tip.wire.reading = reading
    tip.run(400)
    assert not is_believed(tip.tip)


@pytest.mark.parametrize(("identity", "expected"), [
    ("LSCI,MODEL218S,LSA1234,110504", "336"),
    ("KEITHLEY,MODEL336,1,2", "LSCI"),
    ("HEWLETT-PACKARD,34970A,0,13-2-2", "34970A"),
])
def test_another_thermometer_is_refused(tip: TipBench, identity: str, expected: str) -> None:
    tip.wire.identity = identity
    with pytest.raises(WrongDevice, match=expected):
        tip.port.open()


@pytest.mark.parametrize(("question", "answer", "words"), [
    ("ALSS", "A A", "set point"),
    ("AFPF 5", "A +050.00 7 SLPM", "50"),
    ("AFPF 5", "A +020.00 12 SCCM", "SCCM"),
])
def test_a_controller_set_up_otherwise_is_refused(gas: GasBench, question: str, answer: str,
                                                  words: str) -> None:
    gas.wire.says[question] = answer
    with pytest.raises(WrongDevice, match=words):
        gas.port.open()


@pytest.mark.parametrize("label", ["PSIG", "barG", "kPaA"])
def test_a_gauge_in_another_unit_is_refused(gas: GasBench, label: str) -> None:
    for statistic in "26":
        gas.wire.says[f"BDCU {statistic}"] = f"B 10 {label}"
    with pytest.raises(WrongDevice, match=label):
        gas.port.open()


def test_nobody_at_the_port_says_what_was_asked(tip: TipBench) -> None:
    tip.wire.is_silent = True
    with pytest.raises(NoReply, match=r"\*IDN\?"):
        tip.port.open()
    assert tip.wire.streams[-1].is_closed


def test_no_port_is_not_connected(gas: GasBench) -> None:
    gas.wire.is_there = False
    with pytest.raises(NotConnected, match="no such port"):
        gas.port.open()


# Late, silent, lost


def test_a_late_reply_never_answers_the_next_question(tip: TipBench) -> None:
    tip.port.open()
    tip.run(200)
    for late_ms in range(20, 900, 40):  # before, at and after every timeout
        tip.wire.delay_ms = late_ms
        tip.wire.reading = "-99.000"
        tip.run(60)
        tip.wire.delay_ms = 2
        tip.wire.reading = "+26.500"
        changed_ms = tip.clock.ms
        tip.run(3000)
        measured = tip.tip.read()
        assert measured.value == 26.5
        assert tip.clock.ms - measured.age_ms >= changed_ms - 200


def test_a_reply_of_another_unit_is_not_believed(gas: GasBench) -> None:
    gas.port.open()
    gas.wire.says["B"] = "C +0012.5"
    gas.run(1000)
    assert not is_believed(gas.supply.pressure)


def test_silence_lets_the_age_grow_and_then_is_named(tip: TipBench) -> None:
    tip.port.open()
    tip.run(200)
    tip.wire.is_silent = True
    tip.run(250)
    assert tip.tip.read().age_ms >= 200
    tip.run(5000)
    with pytest.raises(HalError):
        tip.tip.read()


def test_one_dead_unit_leaves_its_neighbours_fresh(gas: GasBench) -> None:
    gas.port.open()
    gas.wire.dead_units = "C"
    gas.run(1000)
    worst_ms = {"flow": 0, "supply": 0}
    for _ in range(300):
        gas.run(10)
        worst_ms["flow"] = max(worst_ms["flow"], gas.controller.flow.read().age_ms)
        worst_ms["supply"] = max(worst_ms["supply"], gas.supply.pressure.read().age_ms)
    assert max(worst_ms.values()) <= 300, worst_ms


def test_a_lost_port_says_so_and_comes_back_shut(gas: GasBench) -> None:
    gas.port.open()
    gas.valve.open_to(0.5, 60_000)
    gas.run(200)
    assert gas.wire.set_point == 6.0
    gas.wire.pull()
    gas.run(300)
    with pytest.raises(NotConnected):
        gas.controller.flow.read()
    with pytest.raises(HalError):
        gas.valve.open_to(0.5, 60_000)
    gas.wire.plug()
    gas.run(5000)
    assert gas.wire.sent[0].startswith("AS 0.0")
    assert gas.wire.set_point == 0.0
    assert gas.controller.flow.read().value == 3.25


def test_a_port_is_tried_again_later_and_later(gas: GasBench) -> None:
    gas.port.open()
    gas.wire.is_there = False
    tries: list[int] = []
    opener = gas.wire.open
    gas.port._open_stream = lambda: (tries.append(gas.clock.ms), opener())[1]
    gas.wire.streams[-1].is_plugged = False
    gas.run(20_000)
    gaps = [after - before for before, after in zip(tries, tries[1:])]
    assert gaps == sorted(gaps)
    assert gaps[0] <= 250
    assert gaps[-1] == pytest.approx(2000, abs=20)


# The valve


def test_an_opening_is_a_share_of_full_open(gas: GasBench) -> None:
    gas.port.open()
    gas.valve.open_to(0.35, 500)
    gas.run(50)
    assert gas.wire.set_point == pytest.approx(4.2, abs=0.005)


def test_an_order_that_is_not_renewed_is_followed_by_shut(gas: GasBench) -> None:
    gas.port.open()
    gas.valve.open_to(0.5, 500)
    gas.run(480)
    assert gas.wire.set_point == 6.0
    gas.run(140)
    assert gas.wire.set_point == 0.0


@pytest.mark.parametrize("fraction", [float("nan"), -0.1, 1.01, float("inf")])
def test_nonsense_shuts(gas: GasBench, fraction: float) -> None:
    gas.port.open()
    gas.valve.open_to(0.5, 500)
    gas.run(50)
    gas.valve.open_to(fraction, 500)
    gas.run(50)
    assert gas.wire.set_point == 0.0


def test_an_order_that_does_not_arrive_is_reported_and_forgotten(gas: GasBench) -> None:
    gas.port.open()
    gas.wire.says["AS 6.000"] = gas.wire.says["AS 6.00"] = None
    gas.valve.open_to(0.5, 60_000)
    gas.run(1500)
    with pytest.raises(HalError, match="AS 6"):
        gas.valve.open_to(0.5, 60_000)
    gas.run(1500)
    assert gas.wire.set_point == 0.0
    assert gas.wire.sent[-1] != "AS 6.00"


@pytest.mark.parametrize("token", ["HLD", "EXH", "ADC", "OPL"])
def test_a_valve_that_says_it_does_not_obey_is_reported(gas: GasBench, token: str) -> None:
    gas.port.open()
    gas.valve.open_to(0.5, 60_000)
    gas.run(50)
    gas.wire.tokens = " " + token
    gas.run(200)
    with pytest.raises(HalError, match=token):
        gas.valve.open_to(0.5, 500)


def test_shut_returns_when_the_device_stands_at_zero(gas: GasBench) -> None:
    gas.port.open()
    gas.valve.open_to(0.5, 60_000)
    gas.run(50)
    gas.valve.shut()
    assert gas.wire.set_point == 0.0


def test_shut_raises_when_the_device_does_not_obey(gas: GasBench) -> None:
    gas.port.open()
    gas.valve.open_to(0.5, 60_000)
    gas.run(50)
    gas.wire.obeys = False
    began_ms = gas.clock.ms
    with pytest.raises(HalError, match="6"):
        gas.valve.shut()
    assert gas.clock.ms - began_ms < 1500


def test_the_guardian_shuts_with_a_fresh_port(gas: GasBench) -> None:
    gas.wire.set_point = 6.0
    gas.valve.shut()
    assert gas.wire.set_point == 0.0
    assert gas.wire.sent[0].startswith("AS 0.0")
    gas.port.stop()
    assert gas.wire.streams[-1].is_closed


def test_the_guardian_shuts_through_the_half_reply_of_a_dead_program(gas: GasBench) -> None:
    gas.wire.set_point = 6.0
    opener = gas.wire.open

    def with_rest():
        stream = opener()
        stream.say(b"22 +021.89 +000.00 +000.00 +000.00     N2O\r", 5)
        return stream

    gas.port._open_stream = with_rest
    gas.valve.shut()
    assert gas.wire.set_point == 0.0


def test_stopping_shuts_and_closes(gas: GasBench) -> None:
    gas.port.open()
    gas.valve.open_to(0.5, 60_000)
    gas.run(50)
    gas.port.stop()
    assert gas.wire.set_point == 0.0
    assert gas.wire.streams[-1].is_closed


# Any bytes


def _value(sensor: Sensor) -> float | None:
    try:
        return sensor.read().value
    except HalError:
        return None


@settings(max_examples=60)
@given(st.lists(st.binary(max_size=40) | st.text("+-.0123456789;AB NE2O?\r\n", max_size=40)
                .map(str.encode), min_size=1, max_size=4))
def test_no_value_that_was_not_in_the_bytes(replies: list[bytes]) -> None:
    tip, gas = TipBench(), GasBench()
    for bench, sensors in ((tip, [tip.tip]),
                           (gas, [gas.controller.flow, gas.supply.pressure])):
        bench.port.open()
        bench.run(100)
        before = [_value(sensor) for sensor in sensors]
        left = list(replies)

        def answer(question: str, wire: Wire = bench.wire, left: list[bytes] = left,
                   usual=bench.wire.answer) -> str | bytes | None:
            return left.pop(0) if left else usual(question)

        bench.wire.answer = answer
        bench.run(3000)
        said = b" ".join(replies)
        for sensor, value in zip(sensors, before):
            now = _value(sensor)
            assert now is None or now == value or f"{abs(now):g}".encode()[:3] in said
