"""The guardian: who dies or hangs is replaced, who cannot start or fails too often is not, and
what is not confirmed is told."""

import os
import signal
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenarios.wires import (
    ROOT,
    BenchRig,
    Operator,
    child,
    eventually,
    line_with,
    program,
)

pytestmark = pytest.mark.wires

SIM_RIG = str(ROOT / "rigs" / "sim.toml")


class Service:
    """A served simulated rig."""

    def __init__(self, process: "subprocess.Popen[str]", log: Path) -> None:
        self.process = process
        self.log = log
        self.address = line_with(process, "console tcp:").split()[1]

    def pid_of(self, role: str) -> int:
        return child(self.process.pid, role)

    def hurt(self, role: str, with_signal: signal.Signals) -> int:
        """Send the child a signal; return its process id."""
        found = self.pid_of(role)
        assert found, f"no {role} process"
        os.kill(found, with_signal)
        return found

    def another(self, role: str, than: int) -> None:
        eventually(lambda: self.pid_of(role) not in (0, than), f"another {role}")

    def answers(self) -> bool:
        try:
            with Operator(self.address) as operator:
                return operator.ask("mode").startswith("OK")
        except OSError:
            return False

    def end(self) -> str:
        """End it as asked; return what it said on stderr."""
        self.process.terminate()
        assert self.process.wait(10) == 0
        assert self.process.stderr
        return self.process.stderr.read()


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    log = tmp_path / "log.sqlite"
    with program("serve", "--rig", SIM_RIG, "--console", f"tcp:127.0.0.1:{free_port()}", "--log",
                 str(log)) as process:
        yield Service(process, log)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def port_of(address: str) -> tuple[str, int]:
    host, port = address.removeprefix("tcp:").split(":")
    return host, int(port)


def can_be_taken(port: tuple[str, int]) -> bool:
    try:
        socket.create_server(port).close()
    except OSError:
        return False
    return True


@pytest.mark.requirement("H-02")
@pytest.mark.parametrize(("with_signal", "why"), [
    (signal.SIGKILL, "control process ended (exit -9)"),
    (signal.SIGSTOP, "control process silent for")], ids=["dies", "hangs"])
def test_a_control_that_fails_is_replaced_by_one_that_starts_latched_and_says_why(
        service: Service, with_signal: signal.Signals, why: str) -> None:
    first = service.hurt("control", with_signal)
    service.another("control", first)
    assert not Path(f"/proc/{first}").exists()
    with Operator(service.address) as operator:
        operator.until("mode", "fault")
        assert why in operator.ask("trips")
    assert f"guardian: {why}" in service.end()


def test_a_front_that_dies_is_replaced_and_goes_on_with_the_same_log(service: Service) -> None:
    first = service.hurt("front", signal.SIGKILL)
    service.another("front", first)
    eventually(service.answers, "the console")
    assert "front ended (exit -9); starting a new one" in service.end()
    assert [path.name for path in service.log.parent.glob("*.sqlite")] == ["log.sqlite"]
    with sqlite3.connect(service.log) as db:
        ticks = [tick for tick, in db.execute("SELECT tick FROM ticks")]
        outcome = db.execute("SELECT value FROM run WHERE key = 'outcome'").fetchone()
    db.close()
    assert ticks == list(range(len(ticks)))
    assert outcome == ("the front ended",)


def test_a_new_front_waits_for_its_port_and_does_not_end_the_service(service: Service) -> None:
    port = port_of(service.address)
    os.kill(service.process.pid, signal.SIGSTOP)  # no new front before the port is ours
    first = service.hurt("front", signal.SIGKILL)
    eventually(lambda: can_be_taken(port), "the port")
    with socket.create_server(port):
        os.kill(service.process.pid, signal.SIGCONT)
        service.another("front", first)
        said = service.process.stderr
        assert said
        eventually(lambda: "tried again and again" in said.readline(), "the complaint")
    eventually(service.answers, "the console")


def test_a_front_that_hangs_at_the_end_is_not_waited_for(service: Service) -> None:
    front = service.hurt("front", signal.SIGSTOP)
    service.end()
    assert not Path(f"/proc/{front}").exists()


@pytest.mark.requirement("H-01")
def test_who_loses_the_guardian_ends(service: Service) -> None:
    below = [service.pid_of("control"), service.pid_of("front")]
    service.process.kill()
    eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in below), "their ends")


def test_a_log_that_cannot_be_written_ends_the_service_with_one_sentence() -> None:
    with program("serve", "--rig", SIM_RIG, "--console", "tcp:127.0.0.1:0", "--log",
                 "/proc/log.sqlite") as serve:
        assert serve.wait(15) == 2
        assert serve.stderr
        assert serve.stderr.read().splitlines()[1:] == [  # the first tells what the rig lacks
            "front: --log: /proc/log.sqlite: cannot be written: unable to open database file"]


def test_a_control_that_fails_again_and_again_is_given_up(tmp_path: Path) -> None:
    with program("serve", "--rig", SIM_RIG, "--console",
                 "tcp:127.0.0.1:0", "--log", str(tmp_path / "log.sqlite")) as serve:
        line_with(serve, "console tcp:")
        seen = {0}
        while serve.poll() is None:
            control = child(serve.pid, "control")
            if control not in seen:
                eventually(lambda: serve.poll() is not None or has_beaten(tmp_path, len(seen)),
                           "the first tick")
                seen.add(control)
                os.kill(control, signal.SIGKILL)
        assert serve.wait(10) == 4
        assert serve.stderr
        assert "giving up, everything is shut" in serve.stderr.read()
        assert len(seen) > 3


def has_beaten(folder: Path, number: int) -> bool:
    """True when the log of the control process of this number has a tick."""
    log = folder / ("log.sqlite" if number == 1 else f"log-{number}.sqlite")
    try:
        with sqlite3.connect(f"file:{log}?mode=ro", uri=True) as db:
            return bool(db.execute("SELECT 1 FROM ticks LIMIT 1").fetchone())
    except sqlite3.Error:
        return False


@pytest.mark.requirement("H-01")
def test_a_valve_that_cannot_be_reached_is_told_to_shut_by_hand(tmp_path: Path) -> None:
    rig = BenchRig(tmp_path)
    try:
        with program("run", str(rig.plan), "--rig", str(rig.path), "--log",
                     str(tmp_path / "log.sqlite")) as run:
            line_with(run, "precheck freeze")  # gas flows
            rig.unplug()
            assert run.wait(30) == 3
            assert run.stderr
            assert "NOT CONFIRMED SHUT" in run.stderr.read()
    finally:
        rig.unplug()
