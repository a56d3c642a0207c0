"""The control process: its watchdog, its lifeline, and faults that an operator asks for."""

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware.control import PipeWatchdog, guardian_gone
from tests.scenarios.wires import ROOT, BenchRig, Operator, line_with, program


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """The reading and the writing end of a pipe; a test may close either."""
    ends = os.pipe()
    yield ends
    for end in ends:
        try:
            os.close(end)
        except OSError:
            continue


def test_each_tick_is_one_byte(pipe: tuple[int, int]) -> None:
    watchdog = PipeWatchdog(pipe[1])
    for _ in range(3):
        watchdog.feed()
    assert os.read(pipe[0], 100) == b"..."


def test_a_guardian_that_sleeps_is_not_waited_for(pipe: tuple[int, int]) -> None:
    watchdog = PipeWatchdog(pipe[1])
    for _ in range(100_000):
        watchdog.feed()
    assert os.read(pipe[0], 10) == b"." * 10


def test_a_guardian_that_is_gone_does_not_end_a_tick(pipe: tuple[int, int]) -> None:
    os.close(pipe[0])
    PipeWatchdog(pipe[1]).feed()


def test_the_lifeline_tells_whether_the_guardian_lives(pipe: tuple[int, int]) -> None:
    assert not guardian_gone(pipe[0])
    os.close(pipe[1])
    assert guardian_gone(pipe[0])


@pytest.mark.wires
def test_a_fault_is_done_and_undone_on_a_simulated_rig(tmp_path: Path) -> None:
    log = tmp_path / "log.sqlite"
    with program("serve", "--rig", str(ROOT / "rigs" / "sim.toml"), "--console",
                 "tcp:127.0.0.1:0", "--log", str(log)) as serve:
        with Operator(line_with(serve, "console tcp:")) as operator:
            operator.until("mode", "standby")
            assert operator.ask("plan short").startswith("OK")
            assert operator.ask("fault rust").startswith("ERR -222")
            assert operator.ask("fault estop").startswith("OK")
            operator.until("mode", "fault")
            assert "estop" in operator.ask("trips")
            assert operator.ask("ack").startswith("OK")
            assert operator.ask("reset").startswith("ERR -221 cause present")
            assert operator.ask("fault clear").startswith("OK")
            operator.until("reset", "OK")
            operator.until("mode", "standby")
        serve.terminate()
        assert serve.wait(10) == 0
    with sqlite3.connect(log) as db:
        facts = dict(db.execute("SELECT key, value FROM run").fetchall())
        faults = [text.split(": ")[1] for text, in db.execute(
            "SELECT value FROM run WHERE key = 'fault'")]
        trips = [name for name, in db.execute("SELECT name FROM trips")]
        orders = [name for name, in db.execute("SELECT name FROM commands")]
    db.close()
    assert trips == ["estop"]
    assert faults == ["estop", "clear"]
    assert orders[:3] == ["plan", "ack", "reset"]
    assert 'name = "sim"' in facts["rig"]
    assert facts["version"]
    assert facts["outcome"]


@pytest.mark.wires
def test_a_fault_is_refused_on_a_real_rig(tmp_path: Path) -> None:
    rig = BenchRig(tmp_path)
    try:
        with (program("serve", "--rig", str(rig.path), "--plans", str(rig.plans), "--console",
                      "tcp:127.0.0.1:0", "--log", str(tmp_path / "log.sqlite")) as serve,
              Operator(line_with(serve, "console tcp:")) as operator):
            operator.until("mode", "standby")
            assert "this one is real" in operator.ask("fault tip_open")
    finally:
        rig.unplug()
