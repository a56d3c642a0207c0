"""The front among operators who type, flood, vanish: control is not disturbed, others not kept
waiting."""

import json
import os
import select
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.records import Command
from firmware.config import load_rig
from firmware.control import hello
from firmware.front import ROWS_PER_COMMIT, Front
from firmware.link import ControlLink, encoded
from tests.controller.given import Desk, reading
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
        serve.terminate()
        assert serve.wait(10) == 0
    with sqlite3.connect(log) as db:
        late_ms, slips = db.execute("SELECT max(late_ms), max(slips) FROM ticks").fetchone()
        trips = db.execute("SELECT name FROM trips").fetchall()
    db.close()
    assert slips <= 2, f"a tick was {late_ms} ms late"
    assert trips == []


def connected(service: Service) -> socket.socket:
    return socket.create_connection(("127.0.0.1", service.port), 10)


def freezing(operator: Operator) -> None:
    """Start a treatment unless one is going on: its check takes ten seconds."""
    if "mode freeze" not in operator.ask("status"):
        operator.ask("stop")
        operator.freeze("intercostal")


@pytest.mark.parametrize("junk", JUNK, ids=["garbage", "binary", "1 MB line", "empty lines",
                                            "5000 questions", "half a line"])
def test_junk_disturbs_neither_a_freeze_nor_another_operator(service: Service, junk: bytes) -> None:
    with Operator(service.tcp) as operator:
        freezing(operator)
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


@pytest.mark.requirement("H-01")
def test_a_stop_after_junk_on_the_same_line_still_stops(service: Service) -> None:
    with Operator(service.tcp) as operator:
        freezing(operator)
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


def test_questions_from_a_file_are_answered_and_its_end_ends_nothing(tmp_path: Path) -> None:
    questions = tmp_path / "questions"
    questions.write_text("id\nhelp stop\n")
    with (questions.open() as stdin,
          subprocess.Popen([sys.executable, "-m", "bench", "serve", "--rig",
                            str(ROOT / "rigs" / "sim.toml"), "--console", "tcp:127.0.0.1:0",
                            "--console", "stdin", "--log", str(tmp_path / "log.sqlite")],
                           cwd=ROOT, text=True, stdin=stdin, stdout=subprocess.PIPE) as serve):
        try:
            tcp = line_with(serve, "console tcp:")
            line_with(serve, "OK cryoprobe,sim,")
            line_with(serve, "OK stop")
            with Operator(tcp) as operator:
                assert operator.ask("id").startswith("OK")
        finally:
            serve.terminate()
        assert serve.wait(10) == 0


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


def test_a_port_that_is_taken_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"tcp:127.0.0.1:{other.getsockname()[1]}"
        said = front("--console", address, folder=tmp_path)
        assert (said.returncode, said.stderr) == (
            4, f"front: console {address}: Address already in use\n")


def test_an_address_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    said = front("--console", "tcp:here", folder=tmp_path)
    assert said.returncode == 2
    assert said.stderr.count("\n") == 1
    assert "write tcp:HOST:PORT" in said.stderr


class Heard:
    """What a front said to control."""

    def __init__(self) -> None:
        self.messages: list[dict[str, object]] = []

    def write(self, line: bytes) -> None:
        self.messages.append(json.loads(line))


@pytest.mark.requirement("H-14")
def test_a_log_that_vanishes_is_told_to_control_once(tmp_path: Path) -> None:
    rig = load_rig(ROOT / "rigs" / "sim.toml")
    front_end, heard = Front(tmp_path / "none.sock", tmp_path / "log.sqlite", True), Heard()
    front_end._control = heard  # type: ignore[assignment]
    front_end._meet(json.loads(encoded(hello(rig, (), "", ()))))
    decision = Desk().tick()
    (tmp_path / "log.sqlite").unlink()
    for number in range(3 * ROWS_PER_COMMIT):
        front_end._take((number, reading(100 * number), (), decision))
    front_end.close()
    assert [message for message in heard.messages if "log_fault" in message] == [
        {"log_fault": ""},
        {"log_fault": f"{tmp_path / 'log.sqlite'}: the file was removed or replaced"}]


@pytest.mark.requirement("H-01")
def test_a_stop_reaches_a_control_that_has_not_reported_yet(tmp_path: Path) -> None:
    rig = load_rig(ROOT / "rigs" / "sim.toml")
    link = ControlLink(tmp_path / "control.sock", hello(rig, (), "", ()))
    guardians_end, ours = os.pipe()
    with subprocess.Popen(
            [sys.executable, "-m", "firmware", "front", "--socket", str(tmp_path / "control.sock"),
             "--log", str(tmp_path / "log.sqlite"), "--lifeline", str(guardians_end),
             "--console", "tcp:127.0.0.1:0"], cwd=ROOT, text=True, stdout=subprocess.PIPE,
            pass_fds=(guardians_end,)) as process:
        orders: list[Command] = []

        def heard() -> bool:
            orders.extend(link.receive())
            link.flush()
            return bool(orders)

        with Operator(line_with(process, "console tcp:")) as operator:
            eventually(lambda: heard() or link.fronts_ever, "the front")
            assert operator.ask("stop").startswith("ERR -221 control has not reported yet")
            eventually(heard, "the stop")
        assert orders[0].name == "stop"
        os.close(guardians_end)
        os.close(ours)  # the guardian is gone: the front ends
        assert process.wait(10) == 0
    link.close()
