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
    """A served bench rig with a freeze going on."""

    def __init__(self, rig: BenchRig, pid: int, address: str, log: Path) -> None:
        self.rig = rig
        self.pid = pid
        self.address = address
        self.log = log

    def pid_of(self, role: str) -> int:
        found = child(self.pid, role)
        assert found, f"no {role} process"
        return found


@pytest.fixture
def service(bench_rig: BenchRig) -> Iterator[Service]:
    bench_rig.plan.write_text(PLAN)
    log = bench_rig.folder / "log.sqlite"
    with program("serve", "--rig", str(bench_rig.path), "--plans", str(bench_rig.plans),
                 "--console", f"tcp:127.0.0.1:{free_port()}", "--log", str(log)) as serve:
        address = line_with(serve, "console tcp:")
        with Operator(address) as operator:
            operator.freeze("long")
        eventually(bench_rig.valve_is_open, "gas")
        yield Service(bench_rig, serve.pid, address, log)
    assert not bench_rig.valve_is_open()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.mark.requirement("H-01")
def test_killing_control_shuts_the_valve_and_the_next_one_starts_latched(service: Service) -> None:
    os.kill(service.pid_of("control"), signal.SIGKILL)
    assert eventually(lambda: not service.rig.valve_is_open(), "shut") < SHUT_S_MAX
    with Operator(service.address) as operator:
        operator.until("mode", "fault")
        assert "unclean" in operator.ask("trips")
        assert operator.ask("freeze").startswith("ERR -221")


@pytest.mark.requirement("H-01")
def test_killing_the_front_leaves_the_treatment_running_and_a_new_one_attaches(service: Service
                                                                               ) -> None:
    first = service.pid_of("front")
    os.kill(first, signal.SIGKILL)
    eventually(lambda: child(service.pid, "front") not in (0, first), "a new front")
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


@pytest.mark.requirement("H-01")
def test_killing_the_guardian_makes_control_shut_and_end(service: Service) -> None:
    below = [service.pid_of("control"), service.pid_of("front")]
    os.kill(service.pid, signal.SIGKILL)
    assert eventually(lambda: not service.rig.valve_is_open(), "shut") < SHUT_S_MAX
    eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in below), "their ends")


@pytest.mark.requirement("H-01")
def test_a_hanging_control_is_killed_and_the_valve_shut(service: Service) -> None:
    control = service.pid_of("control")
    os.kill(control, signal.SIGSTOP)
    shut_s = eventually(lambda: not service.rig.valve_is_open(), "shut")
    assert shut_s < SHUT_S_MAX + 0.5  # half a second until silence counts as a hang
    eventually(lambda: child(service.pid, "control") not in (0, control), "a new control")


def test_a_hanging_front_holds_nothing_up(service: Service) -> None:
    front = service.pid_of("front")
    os.kill(front, signal.SIGSTOP)
    before_ms = service.rig.probe.now_ms
    eventually(lambda: service.rig.probe.now_ms - before_ms > 1500, "time")
    assert service.rig.valve_is_open()
    os.kill(front, signal.SIGCONT)
    with Operator(service.address) as operator:
        operator.until("mode", "freeze")


@pytest.mark.requirement("H-02")
def test_a_new_control_after_a_crash_goes_on_only_when_acknowledged_and_reset(service: Service
                                                                              ) -> None:
    os.kill(service.pid_of("control"), signal.SIGKILL)
    with Operator(service.address) as operator:
        operator.until("mode", "fault")
        assert operator.ask("reset").startswith("ERR -221")
        assert operator.ask("ack").startswith("OK")
        operator.until("reset", "OK")
        operator.until("mode", "standby")
        assert not service.rig.valve_is_open()
        operator.freeze("long")
        eventually(service.rig.valve_is_open, "gas")
