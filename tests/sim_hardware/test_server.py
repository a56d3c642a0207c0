"""Virtual instruments on real ptys and TCP ports, talked to as any program would."""

import contextlib
import os
import select
import socket
import termios
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial

from hal.interface import Clock
from hal.linux import LinuxClock
from sim_hardware.instruments.alicat import VirtualBus, VirtualController, VirtualGauge
from sim_hardware.instruments.lakeshore import VirtualLakeShore
from sim_hardware.places import UNSENT_BYTES_MAX
from sim_hardware.probe import SimProbe
from sim_hardware.server import Seat, Server

IDENTITY = b"LSCI,MODEL336,LSA22LU/LSA217G,2.8\r\n"
DEADLINE_S = 5.0


class ScriptedClock(Clock):
    """Time as the test says."""

    def __init__(self) -> None:
        self.now = 5_000_000

    def now_ms(self) -> int:
        return self.now


class Rig:
    """A thermometer on a pty and a gas bus on TCP, around one probe."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.probe = SimProbe(isolator_fitted=False)
        self.thermometer = VirtualLakeShore(self.probe, "336", {"A": "tip", "B": "tip_b"})
        self.gas = VirtualBus((VirtualController(self.probe, "A"),
                               VirtualGauge(self.probe, "B", "supply"),
                               VirtualGauge(self.probe, "C", "exhaust")))
        self.link = folder / "ports" / "thermometer"
        self.server = Server(self.probe, (
            Seat("thermometer", str(self.link), "Lake Shore 336", self.thermometer),
            Seat("gas", "socket://127.0.0.1:0", "Alicat", self.gas)), clock)
        self.rows = self.server.open()

    def thermometer_port(self, timeout_s: float = DEADLINE_S) -> serial.Serial:
        return serial.Serial(str(self.link), 57600, bytesize=7, parity="O", timeout=timeout_s,
                             exclusive=True)

    def gas_port(self, timeout_s: float = DEADLINE_S) -> serial.Serial:
        return serial.serial_for_url(self.rows[1].address, timeout=timeout_s)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """A rig that is served in a thread."""
    built = Rig(tmp_path, LinuxClock())
    stop = threading.Event()
    thread = threading.Thread(target=built.server.serve, args=(stop.is_set,))
    thread.start()
    yield built
    stop.set()
    thread.join(DEADLINE_S)
    built.server.close()
    assert not thread.is_alive()


@pytest.fixture
def still(tmp_path: Path) -> Iterator[tuple[Rig, ScriptedClock]]:
    """A rig whose turns and time the test makes."""
    clock = ScriptedClock()
    built = Rig(tmp_path, clock)
    yield built, clock
    built.server.close()


def ask(port: serial.Serial, query: bytes, end: bytes) -> bytes:
    port.write(query)
    return port.read_until(end)


def until(is_so, what: str) -> None:
    """Ask again and again; fail when it does not become so."""
    deadline = time.monotonic() + DEADLINE_S
    while not is_so():
        assert time.monotonic() < deadline, what
        select.select((), (), (), 0.005)


def test_rows_say_where_everything_is(rig: Rig) -> None:
    assert rig.rows[0] == ("thermometer", str(rig.link), "Lake Shore 336")
    assert rig.rows[1].address.startswith("socket://127.0.0.1:")
    assert not rig.rows[1].address.endswith(":0")


@pytest.mark.wires
def test_both_wires_answer(rig: Rig) -> None:
    with rig.thermometer_port() as thermometer, rig.gas_port() as gas:
        assert ask(thermometer, b"*IDN?\n", b"\n") == IDENTITY
        assert ask(gas, b"ALSS\r", b"\r") == b"A S\r"
        assert ask(thermometer, b"RDGST? A\r\n", b"\n") == b"0\r\n"


@pytest.mark.wires
@pytest.mark.parametrize("baud", [9600, 57600])
def test_a_client_with_odd_parity_gets_in_again_and_again(rig: Rig, baud: int) -> None:
    for _ in range(5):
        with serial.Serial(str(rig.link), baud, bytesize=7, parity="O", timeout=DEADLINE_S,
                           exclusive=True) as port:
            assert ask(port, b"*IDN?\n", b"\n") == IDENTITY


@pytest.mark.wires
def test_a_client_that_said_nothing_does_not_keep_the_next_one_out(still) -> None:
    rig, _ = still
    for _ in range(5):
        rig.thermometer_port().close()
        rig.server.turn(20)


@pytest.mark.wires
def test_nothing_is_echoed_or_translated_before_a_client_sets_raw_mode(rig: Rig) -> None:
    client = os.open(rig.link, os.O_RDWR | os.O_NOCTTY)
    try:
        os.write(client, b"RDGST? A\r\n*IDN?\n\x03\x04\x11\x13RDGST? A\n\n*ESR?\n")
        came = b""
        while came.count(b"\n") < 3:
            assert select.select((client,), (), (), DEADLINE_S)[0]
            came += os.read(client, 4096)
        assert came == b"0\r\n" + IDENTITY + b"160\r\n"
    finally:
        os.close(client)


@pytest.mark.wires
def test_what_a_client_wrote_before_it_hung_up_is_done_and_its_reply_is_for_nobody(still) -> None:
    rig, _ = still
    client = os.open(rig.link, os.O_RDWR | os.O_NOCTTY)
    os.write(client, b"FOO\n*IDN?\nRDG")
    os.close(client)
    place = rig.server._places[0]
    until(lambda: rig.server.turn(5) or place._has_client, "what it wrote never came")
    until(lambda: rig.server.turn(5) or not place._has_client, "its end was not seen")
    client = os.open(rig.link, os.O_RDWR | os.O_NOCTTY)
    os.write(client, b"*ESR?\n")
    until(lambda: rig.server.turn(5) or select.select((client,), (), (), 0)[0], "no reply")
    assert os.read(client, 4096) == b"160\r\n"
    os.close(client)


@pytest.mark.wires
def test_without_a_client_the_loop_does_not_spin(still) -> None:
    rig, _ = still
    with rig.thermometer_port() as port:
        port.write(b"*IDN?\n")
        place = rig.server._places[0]
        until(lambda: rig.server.turn(5) or place._has_client, "what it wrote never came")

    def turn_s() -> float:
        begun = time.monotonic()
        rig.server.turn(50)
        return time.monotonic() - begun

    until(lambda: min(turn_s() for _ in range(3)) > 0.02, "every turn ends at once")


@pytest.mark.wires
def test_tcp_takes_one_client_after_the_other(rig: Rig) -> None:
    for _ in range(3):
        with rig.gas_port() as first:
            assert ask(first, b"ALSS\r", b"\r") == b"A S\r"
            with rig.gas_port(0.05) as second:
                assert ask(second, b"ALSS\r", b"\r") == b""
                first.close()
                second.timeout = DEADLINE_S
                assert second.read_until(b"\r") == b"A S\r"


@pytest.mark.wires
def test_a_set_point_over_the_wire_opens_the_valve_and_flow_comes(rig: Rig) -> None:
    with rig.gas_port() as gas:
        assert b" +012.00 " in ask(gas, b"AS 12.00\r", b"\r")
        until(lambda: float(ask(gas, b"A\r", b"\r").split()[4]) > 5.0, "no flow came")
        assert rig.probe.truth().valve_open_fraction > 0.3


@pytest.mark.wires
def test_an_open_sensor_is_told_over_the_wire(rig: Rig) -> None:
    with rig.thermometer_port() as port:
        rig.probe.inject("tip_open")
        assert ask(port, b"CRDG? A;RDGST? A\n", b"\n") == b"+0.000;128\r\n"


@pytest.mark.wires
@pytest.mark.parametrize(("name", "came"), [
    ("silence", b""), ("garbage", b"\x00\xff\x8a~\x15"), ("half", IDENTITY[:17]),
    ("twice", IDENTITY * 2),
])
def test_a_spoiled_reply_comes_spoiled(rig: Rig, name: str, came: bytes) -> None:
    with rig.thermometer_port(0.1) as port:
        rig.thermometer.inject(name, replies=1)
        port.write(b"*IDN?\n")
        assert port.read(200) == came
        assert ask(port, b"*IDN?\n", b"\n") == IDENTITY


@pytest.mark.wires
def test_a_late_reply_comes_when_it_is_due_and_not_before(still) -> None:
    rig, clock = still
    rig.thermometer.inject("late", late_ms=300, replies=1)
    with rig.thermometer_port(0) as port:
        port.write(b"*IDN?\n")
        until(lambda: rig.server.turn(5) or rig.server._places[0]._due, "the query never came")
        clock.now += 299
        rig.server.turn(1)
        assert port.read(200) == b""
        clock.now += 1
        rig.server.turn(1)
        port.timeout = DEADLINE_S
        assert port.read_until(b"\n") == IDENTITY


def test_the_probe_lives_in_the_time_of_the_clock(still) -> None:
    rig, clock = still
    assert rig.probe.now_ms == 0
    for passed_ms in (7, 20, 1000):
        before_ms = rig.probe.now_ms
        clock.now += passed_ms
        rig.server.turn(0)
        assert rig.probe.now_ms == before_ms + passed_ms


@pytest.mark.wires
def test_the_probe_is_brought_to_the_present_before_the_answer(still) -> None:
    rig, clock = still
    rig.probe.schedule(400, "tip_value", {"value": -42.0})
    with rig.thermometer_port() as port:
        clock.now += 400
        port.write(b"CRDG? A\n")
        until(lambda: rig.server.turn(5) or port.in_waiting >= 9, "no reply")
        assert port.read(9) == b"-42.000\r\n"


@pytest.mark.wires
@pytest.mark.parametrize("junk", [b"x" * 1_000_000, b"\x00\xff\n\r" * 50_000])
def test_a_flood_is_swallowed_and_the_wire_still_answers(rig: Rig, junk: bytes) -> None:
    with rig.gas_port() as gas:
        gas.write(junk + b"\r")
        assert ask(gas, b"ALSS\r", b"\r") == b"A S\r"


@pytest.mark.wires
def test_a_client_that_never_reads_does_not_fill_the_memory(still) -> None:
    rig, _ = still
    place = rig.server._places[0]
    client = os.open(rig.link, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)

    def flooded() -> bool:
        with contextlib.suppress(BlockingIOError):
            os.write(client, b"*IDN?\n" * 200)
        rig.server.turn(5)
        return len(place._unsent) == UNSENT_BYTES_MAX

    until(flooded, "the queue of replies never filled")
    for _ in range(20):
        flooded()
        assert len(place._unsent) <= UNSENT_BYTES_MAX
    os.close(client)
    until(lambda: rig.server.turn(5) or place._unsent == b"", "the queue was never dropped")


# Links.


def seat(link: Path) -> tuple[SimProbe, tuple[Seat, ...]]:
    probe = SimProbe()
    return probe, (Seat("t", str(link), "", VirtualLakeShore(probe, "336", {})),)


def opened(link: Path) -> Server:
    server = Server(*seat(link), LinuxClock())
    server.open()
    return server


def test_links_are_made_with_their_folder_and_removed_at_the_end(tmp_path: Path) -> None:
    link = tmp_path / "a" / "b" / "t"
    server = opened(link)
    assert link.is_char_device()
    server.close()
    assert not link.is_symlink()
    server.close()


def test_a_stale_link_is_replaced(tmp_path: Path) -> None:
    link = tmp_path / "t"
    link.symlink_to("/dev/pts/no-such")
    server = opened(link)
    assert link.is_char_device()
    server.close()


def test_what_is_no_link_is_not_touched(tmp_path: Path) -> None:
    link = tmp_path / "t"
    link.write_text("precious")
    with pytest.raises(FileExistsError, match="in the way"):
        opened(link)
    assert link.read_text() == "precious"


def test_the_link_of_a_real_port_is_not_touched(tmp_path: Path) -> None:
    link = tmp_path / "usb-FTDI-if00-port0"
    link.symlink_to("/dev/null")
    with pytest.raises(FileExistsError, match="in the way"):
        opened(link)
    assert link.readlink() == Path("/dev/null")


def test_a_link_that_somebody_else_has_taken_over_stays(tmp_path: Path) -> None:
    link = tmp_path / "t"
    server = opened(link)
    link.unlink()
    link.symlink_to("/dev/null")
    server.close()
    assert link.readlink() == Path("/dev/null")


@pytest.mark.parametrize("address", ["relative/link", "socket://", "socket://host", "",
                                     "socket://127.0.0.1:70000", "socket://:7777"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    probe = SimProbe()
    with pytest.raises(ValueError, match="neither"):
        Server(probe, (Seat("t", address, "", VirtualLakeShore(probe, "336", {})),),
               LinuxClock()).open()


def test_when_one_seat_fails_nothing_stays_open(tmp_path: Path) -> None:
    probe, seats = seat(tmp_path / "t")
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = f"socket://127.0.0.1:{other.getsockname()[1]}"
        server = Server(probe, (*seats, Seat("g", taken, "", seats[0].instrument)), LinuxClock())
        with pytest.raises(OSError, match="in use"):
            server.open()
    assert not (tmp_path / "t").is_symlink()


def test_two_instruments_at_one_address_are_refused(tmp_path: Path) -> None:
    probe, seats = seat(tmp_path / "t")
    with pytest.raises(ValueError, match="one address"):
        Server(probe, seats * 2, LinuxClock()).open()


def test_the_marks_on_the_line_settings_are_harmless_and_gone_in_raw_mode(rig: Rig) -> None:
    client = os.open(rig.link, os.O_RDWR | os.O_NOCTTY)
    flags = termios.tcgetattr(client)[3]
    os.close(client)
    assert not flags & (termios.ECHO | termios.ICANON | termios.ISIG | termios.IEXTEN)
    assert flags & termios.ECHOE
