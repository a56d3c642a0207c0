"""The guardian: who fails too often is not started again, and what is not confirmed is told."""

import os
import signal
import sqlite3
from pathlib import Path

import pytest

from tests.scenarios.wires import ROOT, BenchRig, child, eventually, line_with, program

pytestmark = pytest.mark.wires


def test_a_control_that_fails_again_and_again_is_given_up(tmp_path: Path) -> None:
    with program("serve", "--rig", str(ROOT / "rigs" / "sim.toml"), "--console",
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
            line_with(run, "approach")
            rig.unplug()
            assert run.wait(30) == 3
            assert run.stderr
            assert "NOT CONFIRMED SHUT" in run.stderr.read()
    finally:
        rig.unplug()
