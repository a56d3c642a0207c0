"""The valve is a lease that the port keeps: orders, failures, shutting, with scripted bytes."""

import contextlib
import threading
from random import Random

import pytest

from hal.errors import HalError, NoReply, NotConnected, WrongDevice
from hal.instruments.leased_valve import LeasedValve
from hal.instruments.port import Port
from tests.hal.bench import GasBench
from tests.hal.wire import ScriptStream


@pytest.fixture
def gas() -> GasBench:
    return GasBench()


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


def test_a_valve_that_opened_by_itself_is_told_again(gas: GasBench) -> None:
    gas.port.open()
    gas.run(200)
    gas.wire.set_point = 9.0  # somebody at the front panel
    gas.run(300)
    assert gas.wire.set_point == 0.0


def test_an_order_that_fails_once_is_sent_again_within_its_lease(gas: GasBench) -> None:
    gas.port.open()
    gas.run(200)
    gas.wire.is_silent = True
    gas.valve.open_to(0.5, 2000)
    gas.run(20)
    gas.wire.is_silent = False
    gas.run(600)
    assert gas.wire.set_point == 6.0
    gas.valve.open_to(0.5, 2000)


def test_a_loop_that_orders_on_through_an_outage_finds_the_valve_shut_first(gas: GasBench) -> None:
    gas.port.open()
    gas.valve.open_to(0.5, 500)
    gas.run(50)
    gas.wire.pull()
    for _ in range(20):
        gas.run(100)
        with pytest.raises(HalError):
            gas.valve.open_to(0.5, 500)
    gas.wire.plug()
    told = 0
    while gas.wire.set_point != 6.0 or len(gas.wire.streams) == 1:
        gas.run(100)
        try:
            gas.valve.open_to(0.5, 500)
        except HalError:
            told += 1
        assert told < 40
    assert told > 0
    orders = [question for question in gas.wire.sent if question.startswith("AS ")]
    assert orders[0] == gas.wire.sent[0] == "AS 0.000"
    assert orders[:2] == ["AS 0.000", "AS 0.000"]  # unheard, then confirmed after the identity


def test_another_device_after_a_reconnect_is_never_opened(gas: GasBench) -> None:
    gas.port.open()
    gas.wire.pull()
    gas.run(200)
    gas.wire.says["AFPF 5"] = "A +500.00 7 SLPM"
    gas.wire.plug()
    for _ in range(50):
        gas.run(100)
        with contextlib.suppress(HalError):
            gas.valve.open_to(0.5, 500)
    assert not [question for question in gas.wire.sent
                if question.startswith("AS ") and question != "AS 0.000"]
    with pytest.raises(WrongDevice, match="full scale 500"):
        gas.valve.open_to(0.5, 500)


@pytest.mark.parametrize("seed", range(10))
def test_the_lease_ends_whatever_the_line_does_meanwhile(seed: int) -> None:
    gas = GasBench()
    random = Random(seed)
    gas.port.open()
    for _ in range(30):
        gas.wire.delay_ms = random.choice([2, 2, 30, 99, 101, 250, 400])
        gas.wire.is_silent = random.random() < 0.1
        with contextlib.suppress(HalError):
            gas.valve.open_to(random.random(), 300)
        gas.run(random.randrange(400))
    gas.wire.delay_ms, gas.wire.is_silent = 2, False
    gas.run(300 + 2500)  # the lease, and the longest way back to a device that was given up
    assert gas.wire.set_point == 0.0


def test_shut_says_when_the_port_is_gone_and_opens_it_when_it_is_back(gas: GasBench) -> None:
    gas.port.open()
    gas.valve.open_to(0.5, 60_000)
    gas.run(50)
    gas.wire.pull()
    for _ in range(2):
        with pytest.raises(NotConnected, match="valve"):
            gas.valve.shut()
    gas.wire.plug()
    gas.valve.shut()
    assert gas.wire.set_point == 0.0


def test_shut_hails_past_the_late_reply_of_an_earlier_order(gas: GasBench) -> None:
    gas.port.open()
    gas.valve.open_to(0.5, 60_000)
    gas.wire.delay_ms = 150
    gas.run(1)
    gas.wire.delay_ms = 2
    gas.valve.shut()
    assert gas.wire.set_point == 0.0
    assert gas.valve.delivered() == 0.0


@pytest.mark.parametrize("token", ["HLD", "EXH", "ADC"])
def test_shut_is_not_confirmed_by_a_device_that_may_stay_open(gas: GasBench, token: str) -> None:
    gas.port.open()
    gas.wire.tokens = " " + token
    with pytest.raises(HalError, match=f"{token}.*may be open"):
        gas.valve.shut()
    assert gas.wire.set_point == 0.0


def test_shut_does_not_wait_for_ever_for_a_port_that_is_busy(gas: GasBench) -> None:
    is_held, is_over = threading.Event(), threading.Event()

    def opener() -> ScriptStream:
        is_held.set()
        is_over.wait(10)
        raise NotConnected("no such port")

    port = Port("gas", opener, (gas.controller,), gas.clock)
    port.start()
    assert is_held.wait(10)
    with pytest.raises(NoReply, match="busy for 300 ms"):
        gas.valve.shut()
    is_over.set()
    port.stop()


def test_a_valve_without_a_port_says_so(gas: GasBench) -> None:
    valve = LeasedValve("valve", gas.clock)
    with pytest.raises(NotConnected, match="no port"):
        valve.shut()
    with pytest.raises(NotConnected, match="not connected yet"):
        valve.open_to(0.5, 500)


def test_nothing_is_opened_after_the_port_was_stopped(gas: GasBench) -> None:
    gas.port.open()
    gas.port.stop()
    with pytest.raises(NotConnected, match="closed"):
        gas.valve.open_to(0.5, 500)
    with pytest.raises(NotConnected):
        gas.valve.shut()
    assert len(gas.wire.streams) == 1
