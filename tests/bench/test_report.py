"""The report: what a log came to, told again at any time."""

import sqlite3
from pathlib import Path

import pytest

from bench import report
from controller.core import Controller
from controller.limits import limits_from
from controller.records import CHANNELS
from firmware.recorder import SqliteRecorder
from tests.bench.cli import ROOT, Cli
from tests.controller.given import PROBE, reading

SHORT = str(ROOT / "plans" / "short.toml")


def test_a_whole_run_is_summed_up(cli: Cli) -> None:
    log = cli.folder / "log.sqlite"
    assert cli("run", SHORT, "--log", str(log)).code == 0
    summary = report.summary_of(log, log.with_suffix(".png"))
    assert summary.outcome == "done"
    assert summary.trips == ()
    for cycle in summary.cycles:
        assert cycle.target_c == -30.0
        assert cycle.hold_s == pytest.approx(4.0, abs=0.2)
        assert -32.0 < cycle.coldest_c < -29.0
    assert summary.total_freeze_s == pytest.approx(
        sum(cycle.approach_s + cycle.hold_s for cycle in summary.cycles), abs=0.5)


def test_a_run_that_never_began_has_a_report(tmp_path: Path) -> None:
    log = tmp_path / "log.sqlite"
    SqliteRecorder(log, ()).close("did not start")
    report.draw(log, tmp_path / "log.png")
    summary = report.summary_of(log, tmp_path / "log.png")
    assert (summary.reason, summary.cycles) == ("no tick", ())


def test_a_run_of_one_tick_without_values_has_a_report(tmp_path: Path) -> None:
    log = tmp_path / "log.sqlite"
    recorder = SqliteRecorder(log, ())
    controller = Controller(limits_from(), CHANNELS, (), PROBE)
    silent = reading(100, tip_c=float("nan"), supply_kpa=float("nan"))
    recorder.write(silent, (), controller.step(silent, ()))
    recorder.close("stopped")
    report.draw(log, tmp_path / "log.png")
    assert (tmp_path / "log.png").read_bytes().startswith(b"\x89PNG")
    summary = report.summary_of(log, tmp_path / "log.png")
    assert summary.outcome == "standby"
    assert report.as_json(summary)["cycles"] == []


def test_a_damaged_log_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "log.sqlite").write_text("nonsense" * 100)
    with pytest.raises(sqlite3.Error):
        report.summary_of(tmp_path / "log.sqlite", tmp_path / "log.png")
