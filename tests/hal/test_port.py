"""Drivers and port against scripted bytes: what is believed, what is refused, and what is sent."""

import contextlib
import threading
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hal.errors import BadReply, HalError, NoReply, NotConnected, WrongDevice
from hal.instruments.alicat import AlicatController
from hal.instruments.line import Line
from hal.instruments.port import Port
from hal.interface import Sensor
from hal.linux import LinuxClock
from tests.hal.bench import Gas, GasBench, TipBench, Wire
from tests.hal.wire import ScriptStream

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


# What is refused


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


def _lag(wire: Wire, random: Random) -> None:
    """Let replies come in order but late at will, sometimes not, sometimes without their head."""
    answer, last_ms = wire.answer, 0

    def late(question: bytes) -> list[tuple[int, bytes]]:
        nonlocal last_ms
        reply = answer(question.decode())
        assert isinstance(reply, str | bytes)
        raw = (reply if isinstance(reply, bytes) else reply.encode()) + wire.end_in
        luck = random.random()
        delay_ms = random.randrange(600) if luck < 0.2 else random.randrange(1, 20)
        last_ms = max(last_ms, wire.clock.ms + delay_ms)
        if luck > 0.97:
            return []
        return [(last_ms - wire.clock.ms, raw[3:] if luck > 0.94 else raw)]

    wire._answer = late  # type: ignore[method-assign]


@pytest.mark.parametrize("seed", range(12))
def test_no_sample_is_older_than_it_says_however_late_replies_come(seed: int) -> None:
    tip, gas = TipBench("336" if seed % 2 else "218"), GasBench()
    tip_answer, gas_answer = tip.wire.answer, gas.wire.answer

    def tell_tip_the_time(question: str) -> str | bytes | None:
        tip.wire.reading = f"+{tip.clock.ms / 1000:.3f}"
        return tip_answer(question)

    def tell_gas_the_time(question: str) -> str | bytes | None:
        gas.wire.says["B"] = f"B +{gas.clock.ms / 10:.1f}"
        return gas_answer(question)

    tip.wire.answer = tell_tip_the_time  # type: ignore[method-assign]
    gas.wire.answer = tell_gas_the_time  # type: ignore[method-assign]
    for bench, sensor, ms_per_unit in ((tip, tip.tip, 1000), (gas, gas.supply.pressure, 10)):
        bench.port.open()
        _lag(bench.wire, Random(seed))
        believed = 0
        for _ in range(1500):
            bench.run(20)
            with contextlib.suppress(HalError):
                measured = sensor.read()
                assert measured.value * ms_per_unit > bench.clock.ms - measured.age_ms - 1
                believed += measured.age_ms < AGE_MS_MAX
        assert believed > 100  # it is worth nothing when nothing was believed


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


@pytest.mark.parametrize("pulled_at", ["AS 0.000", "AVE", "ALSS", "BVE", "CFPF 2"])
def test_a_cable_pulled_in_the_middle_of_a_connection_is_tried_again(gas: GasBench,
                                                                     pulled_at: str) -> None:
    answer = gas.wire.answer

    def cut(question: str) -> str | bytes | None:
        if question == pulled_at:
            gas.wire.pull()
        return answer(question)

    gas.wire.answer = cut  # type: ignore[method-assign]
    with pytest.raises(NotConnected):
        gas.port.open()
    assert gas.wire.streams[-1].is_closed
    gas.wire.answer = answer  # type: ignore[method-assign]
    gas.wire.plug()
    gas.run(1000)
    assert gas.supply.pressure.read().value == 5050.0


def test_a_port_that_talks_without_being_asked_is_refused(gas: GasBench) -> None:
    opener = gas.wire.open

    def streaming() -> ScriptStream:
        stream = opener()
        for delay_ms in range(0, 10_000, 40):
            stream.say(b"A +014.62 +021.89 +000.00 +003.25 +000.00     N2O\r", delay_ms)
        return stream

    port = Port("gas", streaming, (gas.controller,), gas.clock)
    with pytest.raises(BadReply, match="is a device streaming"):
        port.open()
    assert gas.wire.streams[-1].is_closed


def test_a_device_that_begins_to_stream_is_dropped_and_its_samples_with_it(gas: GasBench) -> None:
    gas.port.open()
    gas.run(200)
    for delay_ms in range(0, 3000):
        gas.wire.streams[-1].say(b"Z\r", delay_ms)
    gas.run(700)
    for sensor in (gas.controller.flow, gas.supply.pressure):
        with pytest.raises(HalError):
            sensor.read()
    with pytest.raises(HalError):
        gas.valve.open_to(0.5, 500)
    assert gas.wire.streams[0].is_closed


def test_noise_without_an_end_does_not_stop_the_resynchronising(tip: TipBench) -> None:
    tip.port.open()
    tip.run(200)
    tip.wire.reading = b"x" * 9000
    tip.run(20)
    tip.wire.reading = "+26.500"
    tip.run(1000)
    assert is_believed(tip.tip)


def test_a_thermometer_that_is_silent_at_first_is_found_later(tip: TipBench) -> None:
    tip.wire.is_silent = True
    with pytest.raises(NoReply):
        tip.port.open()
    tip.wire.is_silent = False
    tip.run(1000)
    assert is_believed(tip.tip)


def test_a_unit_that_comes_back_is_identified_again(gas: GasBench) -> None:
    gas.port.open()
    gas.run(200)
    gas.wire.dead_units = "B"
    gas.run(1500)
    gas.wire.dead_units = ""
    gas.wire.says["BDCU 2"] = "B 10 PSIG"  # another gauge was put there
    gas.run(3000)
    with pytest.raises(WrongDevice, match="PSIG"):
        gas.supply.pressure.read()
    del gas.wire.says["BDCU 2"]
    gas.run(3000)
    assert is_believed(gas.supply.pressure)


def test_orders_that_never_end_leave_the_polls_their_turn(gas: GasBench) -> None:
    gas.port.open()
    gas.wire.delay_ms = 60  # an order takes longer than a tick at 50 Hz
    gas.run(500)
    for n in range(200):
        gas.valve.open_to(0.3 + 0.2 * (n % 2), 500)
        gas.run(20)
        for sensor in (gas.controller.flow, gas.supply.pressure, gas.exhaust.pressure):
            assert sensor.read().age_ms < 500
    assert gas.wire.set_point > 0.0
    gas.valve.open_to(0.0, 500)
    gas.run(125)  # the dialogue under way, and its own: no poll comes between
    assert gas.wire.set_point == 0.0


def test_stopping_shuts_and_closes(gas: GasBench) -> None:
    gas.port.open()
    gas.valve.open_to(0.5, 60_000)
    gas.run(50)
    gas.port.stop()
    assert gas.wire.set_point == 0.0
    assert gas.wire.streams[-1].is_closed


def test_the_thread_shuts_when_the_control_loop_stalls() -> None:
    is_open, is_shut = threading.Event(), threading.Event()
    clock = LinuxClock()
    gas = Gas(clock)
    gas.delay_ms = 0
    controller = AlicatController("A", 20.0, 12.0, clock)
    port = Port("gas", gas.open, (controller,), clock)
    answer = gas.answer

    def watched(question: str) -> str | bytes | None:
        if question == "AS 6.000":
            is_open.set()
        elif question == "AS 0.000" and is_open.is_set():
            is_shut.set()
        return answer(question)

    gas.answer = watched  # type: ignore[method-assign]
    port.open()
    port.start()
    ordered_ms = clock.now_ms()
    controller.valve.open_to(0.5, 200)
    assert is_open.wait(10)
    assert is_shut.wait(10)  # nobody ordered that
    assert clock.now_ms() - ordered_ms >= 200
    port.stop()
    assert gas.streams[-1].is_closed


def test_a_thread_that_dies_of_a_bug_shuts_the_valve_first(gas: GasBench) -> None:
    gas.port.open()
    gas.valve.open_to(0.5, 60_000)
    gas.run(20)
    assert gas.wire.set_point == 6.0

    def broken(line: Line) -> None:
        raise ZeroDivisionError

    gas.supply.poll = broken  # type: ignore[method-assign]
    gas.clock.ms += 100  # all are due
    with pytest.raises(ZeroDivisionError):
        gas.port._run()  # what the thread runs
    assert gas.wire.set_point == 0.0
    assert gas.wire.streams[-1].is_closed
    with pytest.raises(NotConnected):
        gas.controller.flow.read()


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
