"""The front among operators who type, flood, vanish: control is not disturbed, others not kept."""

import os
import select
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenarios.wires import ROOT, Operator, eventually, line_with, program

pytestmark = pytest.mark.wires

JUNK = (
    b"\x00\xff\xfe\x80 garbage \r\n",
    b"freeze\x00\n" + bytes(range(256)),
    b"x" * 1_000_000 + b"\n",
    b"\n" * 100_000,
    b"status\n" * 5000,
    b"half a lin",
)


class Service:
    """A served simulated rig."""

    def __init__(self, tcp: str, pty: str, log: Path) -> None:
        self.tcp = tcp
        self.pty = pty
        self.log = log
        self.port = int(tcp.rpartition(":")[2])


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("front")
    log = folder / "log.sqlite"
    with program("serve", "--rig", str(ROOT / "rigs" / "sim.toml"), "--console",
                 "tcp:127.0.0.1:0", "--console", f"pty:{folder / 'operator'}",
                 "--log", str(log)) as serve:
        tcp = line_with(serve, "console tcp:").split()[1]
        pty = line_with(serve, "console pty:").split()[1].removeprefix("pty:")
        yield Service(tcp, pty, log)
        with Operator(tcp) as operator:
            operator.ask("stop")
    with sqlite3.connect(log) as db:
        late_ms, slips = db.execute("SELECT max(late_ms), max(slips) FROM ticks").fetchone()
        trips = db.execute("SELECT name FROM trips").fetchall()
    db.close()
    assert slips <= 2, f"a tick was {late_ms} ms late"
    assert trips == []


def connected(service: Service) -> socket.socket:
    return socket.create_connection(("127.0.0.1", service.port), 10)


@pytest.mark.parametrize("junk", JUNK, ids=["garbage", "binary", "1 MB line", "empty lines",
                                            "5000 questions", "half a line"])
def test_junk_disturbs_neither_a_freeze_nor_another_operator(service: Service, junk: bytes) -> None:
    with Operator(service.tcp) as operator:
        operator.ask("stop")
        operator.freeze("intercostal")
        with connected(service) as rude:
            rude.settimeout(0.05)
            left = memoryview(junk)
            while left:
                try:
                    left = left[rude.send(left):]
                except TimeoutError:  # the front holds back whoever does not read
                    rude.recv(1 << 20)
            for _ in range(3):
                assert "mode freeze" in operator.ask("status")
        assert "mode freeze" in operator.ask("status"), "a dropped connection ends nothing"
        assert operator.ask("stop").startswith("OK")


@pytest.mark.requirement("H-01")
def test_a_stop_after_junk_on_the_same_line_still_stops(service: Service) -> None:
    with Operator(service.tcp) as operator:
        operator.ask("stop")
        operator.freeze("intercostal")
        with connected(service) as rude:
            rude.sendall(b"\x00\xff" * 100 + b"x" * 2000 + b"\nstop\n")
            operator.until("mode", "standby")


def test_a_question_and_its_answer_may_come_in_pieces(service: Service) -> None:
    with connected(service) as peer:
        for piece in (b"i", b"d", b"\r", b"\n"):
            peer.sendall(piece)
        assert peer.recv(200).startswith(b"OK cryoprobe,sim,")


def test_a_pty_is_raw_and_forgets_who_left(service: Service) -> None:
    first = os.open(service.pty, os.O_RDWR | os.O_NOCTTY)
    os.write(first, b"nonsense without an e")
    os.close(first)
    second = os.open(service.pty, os.O_RDWR | os.O_NOCTTY)
    try:
        os.write(second, b"\nid\r\n")
        said = b""
        while b"cryoprobe" not in said:
            assert select.select([second], [], [], 10)[0]
            said += os.read(second, 4096)
        assert b"id" not in said.split(b"cryoprobe")[0].replace(b"OK ", b""), "an echo"
    finally:
        os.close(second)


def test_consoles_beyond_the_limit_are_turned_away_and_room_is_made_again(service: Service) -> None:
    peers = [connected(service) for _ in range(20)]
    peers[-1].settimeout(5)
    assert peers[-1].recv(10) == b""
    for peer in peers:
        peer.close()

    def answers() -> bool:
        try:
            with Operator(service.tcp) as operator:
                return operator.ask("id").startswith("OK")
        except OSError:
            return False

    eventually(answers, "room for another")


def front(*words: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    guardians_end, ours = os.pipe()
    try:
        return subprocess.run(
            [sys.executable, "-m", "firmware", "front", "--socket", str(folder / "none.sock"),
             "--log", str(folder / "log.sqlite"), "--lifeline", str(guardians_end), *words],
            cwd=ROOT, capture_output=True, text=True, timeout=20, check=False,
            pass_fds=(guardians_end,))
    finally:
        os.close(guardians_end)
        os.close(ours)


@pytest.mark.parametrize("address", ["serial:/dev/none", "pty:/proc/x", "tcp:256.1.1.1:5025"])
def test_a_console_that_cannot_be_had_is_one_clear_message(tmp_path: Path, address: str) -> None:
    said = front("--console", address, folder=tmp_path)
    assert said.returncode == 4
    assert said.stderr.startswith(f"front: console {address}: ")
    assert said.stderr.count("\n") == 1
