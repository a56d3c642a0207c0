"""`cryoprobe run` over real serial bytes: it completes, and whatever dies, the valve is shut."""

import os
import signal
import sqlite3
import subprocess
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.wires import PLAN, ROOT, BenchRig, child, eventually, line_with, program

pytestmark = pytest.mark.wires

SHUT_S_MAX = 1.0


def rows(log: Path, query: str) -> list[Any]:
    with sqlite3.connect(log) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        found = db.execute(query).fetchall()
    db.close()
    return found


def running(rig: BenchRig, log: Path) -> AbstractContextManager["subprocess.Popen[str]"]:
    return program("run", str(rig.plan), "--rig", str(rig.path), "--log", str(log))


def freezing(rig: BenchRig, run: "subprocess.Popen[str]") -> None:
    line_with(run, "approach")
    eventually(rig.valve_is_open, "gas")


def checking(rig: BenchRig, run: "subprocess.Popen[str]") -> None:
    """Go on to the check's short freeze: gas flows, and ten seconds are not waited for."""
    line_with(run, "precheck freeze")
    eventually(rig.valve_is_open, "gas")


def test_a_treatment_completes_over_the_ports_that_sim_opens(tmp_path: Path) -> None:
    rig = tmp_path / "bench.toml"
    rig.write_text((ROOT / "rigs" / "bench.toml").read_text())
    plan = tmp_path / "brief.toml"
    plan.write_text(PLAN)
    log = tmp_path / "log.sqlite"
    with program("sim", "--rig", str(rig)) as sim:
        assert "ports/gas" in line_with(sim, "exhaust")
        with program("run", str(plan), "--rig", str(rig), "--log", str(log)) as run:
            assert "completed in mode done" in line_with(run, "completed")
            assert run.wait(20) == 0
        sim.send_signal(signal.SIGINT)
        assert sim.wait(20) == 0
    assert not list((tmp_path / "ports").iterdir()), "a link stays behind"
    assert rows(log, "SELECT max(valve_fraction) FROM ticks") == [(1.0,)]
    assert rows(log, "SELECT valve_fraction FROM ticks ORDER BY tick DESC LIMIT 1") == [(0.0,)]


@pytest.mark.requirement("H-05")
def test_instruments_that_vanish_in_mid_freeze_end_the_run_with_the_reason(bench_rig: BenchRig
                                                                           ) -> None:
    log = bench_rig.folder / "log.sqlite"
    with running(bench_rig, log) as run:
        freezing(bench_rig, run)
        bench_rig.unplug()
        stopped = line_with(run, "stopped")
        assert run.wait(30) == 3
    assert "tip" in stopped
    assert "unplugged" in stopped
    assert rows(log, "SELECT mode, valve_fraction FROM ticks ORDER BY tick DESC LIMIT 1") == [
        ("fault", 0.0)]


@pytest.mark.requirement("H-01")
def test_ctrl_c_shuts_the_valve(bench_rig: BenchRig) -> None:
    log = bench_rig.folder / "log.sqlite"
    with running(bench_rig, log) as run:
        checking(bench_rig, run)
        run.send_signal(signal.SIGINT)
        assert eventually(lambda: not bench_rig.valve_is_open(), "shut") < SHUT_S_MAX
        assert run.wait(20) == 3
    assert rows(log, "SELECT mode FROM ticks ORDER BY tick DESC LIMIT 1") == [("standby",)]


@pytest.mark.requirement("H-01")
def test_a_killed_run_leaves_a_shut_valve_and_nobody_behind(bench_rig: BenchRig) -> None:
    log = bench_rig.folder / "log.sqlite"
    with running(bench_rig, log) as run:
        checking(bench_rig, run)
        guardian = child(run.pid, "guardian")
        assert guardian
        run.kill()
        assert eventually(lambda: not bench_rig.valve_is_open(), "shut") < SHUT_S_MAX
        eventually(lambda: not Path(f"/proc/{guardian}").exists(), "the guardian's end")
    # All but the last half second: what was not committed is not there.
    assert rows(log, "SELECT count(*) FROM ticks WHERE mode = 'precheck'")[0][0] > 10


@pytest.mark.requirement("H-01")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_controller_that_dies_or_hangs_ends_the_run_shut(bench_rig: BenchRig,
                                                           number: signal.Signals) -> None:
    with running(bench_rig, bench_rig.folder / "log.sqlite") as run:
        checking(bench_rig, run)
        control = child(child(run.pid, "guardian"), "control")
        assert control
        os.kill(control, number)
        shut_s = eventually(lambda: not bench_rig.valve_is_open(), "shut")
        assert shut_s < SHUT_S_MAX + (0.5 if number == signal.SIGSTOP else 0.0)
        assert "control" in line_with(run, "stopped")
        assert run.wait(30) == 3
