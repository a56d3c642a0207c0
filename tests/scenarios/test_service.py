"""`cryoprobe serve` on the wire rig: what is killed, and what the valve and the operator see."""

import os
import signal
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenarios.wires import BenchRig, Operator, child, eventually, line_with, program

pytestmark = pytest.mark.wires

SHUT_S_MAX = 1.0
PLAN = 'name = "long"\n[[cycle]]\ntarget_c = -40.0\nhold_s = 90.0\nthaw_to_c = 0.0\n'


class Service:
    """A served bench rig."""

    def __init__(self, rig: BenchRig, pid: int, address: str, log: Path) -> None:
        self.rig = rig
        self.pid = pid
        self.address = address
        self.log = log

    def pid_of(self, role: str) -> int:
        found = child(self.pid, role)
        assert found, f"no {role} process"
        return found

    def freezes(self) -> "Service":
        """Go on to a freeze."""
        with Operator(self.address) as operator:
            operator.freeze("long")
        eventually(self.rig.valve_is_open, "gas")
        return self

    def checks(self) -> "Service":
        """Go on to the check's short freeze."""
        with Operator(self.address) as operator:
            operator.check("long")
        eventually(self.rig.valve_is_open, "gas")
        return self


@pytest.fixture
def service(bench_rig: BenchRig) -> Iterator[Service]:
    bench_rig.plan.write_text(PLAN)
    log = bench_rig.folder / "log.sqlite"
    with program("serve", "--rig", str(bench_rig.path), "--plans", str(bench_rig.plans),
                 "--console", f"tcp:127.0.0.1:{free_port()}", "--log", str(log)) as serve:
        yield Service(bench_rig, serve.pid, line_with(serve, "console tcp:"), log)
    assert not bench_rig.valve_is_open()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.mark.requirement("H-01")
@pytest.mark.requirement("H-02")
def test_killing_control_shuts_the_valve_and_the_next_one_goes_on_only_when_told(service: Service
                                                                                 ) -> None:
    os.kill(service.freezes().pid_of("control"), signal.SIGKILL)
    assert eventually(lambda: not service.rig.valve_is_open(), "shut") < SHUT_S_MAX
    with Operator(service.address) as operator:
        operator.until("mode", "fault")
        assert "unclean" in operator.ask("trips")
        assert operator.ask("freeze").startswith("ERR -221")
        assert operator.ask("reset").startswith("ERR -221")
        assert operator.ask("ack").startswith("OK")
        operator.until("reset", "OK")
        operator.until("mode", "standby")
        assert not service.rig.valve_is_open()
    service.checks()


@pytest.mark.requirement("H-01")
def test_a_front_that_hangs_or_is_killed_leaves_the_treatment_running_and_a_new_one_attaches(
        service: Service) -> None:
    front = service.freezes().pid_of("front")
    os.kill(front, signal.SIGSTOP)
    before_ms = service.rig.probe.now_ms
    eventually(lambda: service.rig.probe.now_ms - before_ms > 1500, "time")
    assert service.rig.valve_is_open()
    os.kill(front, signal.SIGCONT)
    with Operator(service.address) as operator:
        operator.until("mode", "freeze")
    os.kill(front, signal.SIGKILL)
    eventually(lambda: child(service.pid, "front") not in (0, front), "a new front")
    assert service.rig.valve_is_open()
    eventually(lambda: can_attach(service.address), "a console")
    with Operator(service.address) as operator:
        operator.until("mode", "freeze")
        assert service.rig.valve_is_open()
        assert operator.ask("stop").startswith("OK")
    eventually(lambda: not service.rig.valve_is_open(), "shut")
    with sqlite3.connect(f"file:{service.log}?mode=ro", uri=True) as db:
        ticks = [tick for tick, in db.execute("SELECT tick FROM ticks ORDER BY tick")]
    db.close()
    assert ticks == list(range(ticks[0], ticks[-1] + 1)), "a tick is missing in the log"


def can_attach(address: str) -> bool:
    try:
        with Operator(address):
            return True
    except OSError:
        return False


@pytest.mark.requirement("H-14")
@pytest.mark.requirement("H-01")
def test_a_log_that_vanishes_is_an_alarm_in_a_treatment_that_goes_on_until_its_guardian_is_killed(
        service: Service) -> None:
    below = [service.freezes().pid_of("control"), service.pid_of("front")]
    service.log.unlink()
    with Operator(service.address) as operator:
        operator.until("alarms", "log")
        assert "medium" in operator.ask("alarms")
        assert "freeze" in operator.ask("mode")
    os.kill(service.pid, signal.SIGKILL)
    assert eventually(lambda: not service.rig.valve_is_open(), "shut") < SHUT_S_MAX
    eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in below), "their ends")


@pytest.mark.requirement("H-01")
def test_a_hanging_control_is_killed_and_the_valve_shut(service: Service) -> None:
    control = service.checks().pid_of("control")
    os.kill(control, signal.SIGSTOP)
    shut_s = eventually(lambda: not service.rig.valve_is_open(), "shut")
    assert shut_s < SHUT_S_MAX + 0.5  # half a second until silence counts as a hang
    eventually(lambda: child(service.pid, "control") not in (0, control), "a new control")
