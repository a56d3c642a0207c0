"""The flight recorder: everything in it, nothing made up, never overwritten, honest about a disk
that fails."""

import math
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from bench.treat import SimulatedMachine, treat
from controller.core import Controller
from controller.limits import limits_from
from controller.records import CHANNELS, NAN, Command, Decision, Probe, Reading, Sample
from firmware import recorder
from firmware.config import load_plan, load_rig
from firmware.recorder import (
    ROWS_PER_COMMIT,
    SCHEMA_VERSION,
    TABLES,
    TICK_COLUMNS,
    LogError,
    SqliteRecorder,
    control_log,
)

ROOT = Path(__file__).parents[2]

WELL = {"tip_c": 34.0, "tip_b_c": 34.0, "skin_c": 33.0, "supply_kpa": 5000.0,
        "exhaust_kpa": 50.0, "flow_slpm": 0.25, "estop": 1.0, "cold_junction_c": 24.0,
        "pedal": 0.0, "probe_id": 1.0}


def read(now_ms: int, **changes: Sample | str) -> Reading:
    samples = [Sample(WELL[channel], 12, "") for channel in CHANNELS]
    return Reading(now_ms, 3, 0, *samples, "", "", "")._replace(**changes)


class Run:
    """A recorder that is fed by a controller."""

    def __init__(self, path: Path, rows_per_commit: int = 1) -> None:
        self.path = path
        self.recorder = SqliteRecorder(path, (("rig", "sim"),), rows_per_commit)
        self.controller = Controller(limits_from(), CHANNELS, (), Probe(2.0, 10.0, 12.0, 1))
        self.now_ms = 0

    def tick(self, *orders: str, value: float = NAN, **changes: Sample | str) -> Decision:
        self.now_ms += 100
        reading = read(self.now_ms, **changes)
        commands = tuple(Command(name, "", value, "desk", number, 0, self.now_ms - 5)
                         for number, name in enumerate(orders))
        decision = self.controller.step(reading, commands)
        self.recorder.write(reading, commands, decision)
        self.decided = decision
        return decision

    def rows(self, question: str) -> list[tuple]:
        """Ask the file itself, as another program would."""
        with sqlite3.connect(self.path) as other:
            return other.execute(question).fetchall()

    def cell(self, column: str) -> object:
        return self.rows(f"SELECT {column} FROM ticks ORDER BY tick DESC LIMIT 1")[0][0]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path / "run.sqlite")


class FullDisk:
    """A database whose disk is full until it is mended."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self.database = database
        self.full = True
        self.refused = 0

    def execute(self, statement: str, row: tuple = ()) -> object:
        if self.full and statement.startswith("INSERT"):
            self.refused += 1
            raise sqlite3.OperationalError("database or disk is full")
        return self.database.execute(statement, row)

    def __getattr__(self, name: str) -> object:
        return getattr(self.database, name)


def fill_disk(run: Run) -> FullDisk:
    disk = FullDisk(run.recorder._db)
    run.recorder._db = disk
    return disk


def test_every_tick_is_a_row(run: Run) -> None:
    for _ in range(7):
        run.tick()
    assert run.rows("SELECT tick, now_ms FROM ticks") == [(n, 100 * (n + 1)) for n in range(7)]


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_sample_is_kept_with_age_and_fault(run: Run, channel: str) -> None:
    run.tick(**{channel: Sample(0.75, 41, "loose")})
    kept = run.rows(f"SELECT {channel}, {channel}_age_ms, {channel}_fault FROM ticks")
    assert kept == [(0.75, 41, "loose")]


@pytest.mark.parametrize("channel", CHANNELS)
def test_nan_is_kept_as_null(run: Run, channel: str) -> None:
    run.tick(**{channel: Sample(math.nan, 0, "")})
    assert run.cell(channel) is None


@pytest.mark.parametrize("value", [math.inf, -math.inf, 1e38])
def test_an_infinite_value_is_kept_as_it_is(run: Run, value: float) -> None:
    run.tick(tip_c=Sample(value, 0, ""))
    assert run.cell("tip_c") == value


@pytest.mark.parametrize(("column", "field"), [
    ("mode", "mode"), ("valve_fraction", "valve_fraction"), ("lease_ms", "lease_ms"),
    ("heater_fraction", "heater_fraction"), ("isolator_open", "isolator_open"),
    ("heater_enabled", "heater_enabled"), ("estimate_c", "tip_c"), ("cold_s", "cold_s"),
    ("ice_radius_mm", "ice_radius_mm"), ("ice_m20_radius_mm", "ice_m20_radius_mm"),
    ("distrusted", "distrusted"), ("revision", "revision"), ("reason", "reason")])
def test_a_decision_is_kept(run: Run, column: str, field: str) -> None:
    decision = run.tick()
    assert run.cell(column) == getattr(decision, field)


def test_every_column_of_a_tick_is_filled(run: Run) -> None:
    run.tick()
    row, = run.rows("SELECT * FROM ticks")
    assert len(row) == len(TICK_COLUMNS)


def test_every_command_is_a_row_with_its_reply(run: Run) -> None:
    decision = run.tick("precheck", "warp")
    assert run.rows("SELECT tick, session, number, name, issued_ms, reply_code, reply "
                    "FROM commands") == [
        (0, "desk", 0, "precheck", 95, 0, decision.replies[0].text),
        (0, "desk", 1, "warp", 95, -113, "no order is called warp")]


def test_a_command_without_a_value_has_null(run: Run) -> None:
    run.tick("stop")
    assert run.rows("SELECT value FROM commands") == [(None,)]


@pytest.mark.requirement("H-01")
def test_a_trip_is_one_row_however_long_it_is_latched(run: Run) -> None:
    for _ in range(5):
        run.tick(estop=Sample(0.0, 0, ""))
    assert run.rows("SELECT * FROM trips") == [
        (0, 100, "estop", "e-stop pressed or its wire cut")]


def test_a_trip_that_comes_again_after_a_reset_is_a_new_row(run: Run) -> None:
    pressed = Sample(0.0, 0, "")
    run.tick(estop=pressed)
    run.tick("ack", "reset")
    run.tick(estop=pressed)
    assert run.rows("SELECT tick, name FROM trips") == [(0, "estop"), (2, "estop")]


def test_facts_about_the_run_are_kept(run: Run) -> None:
    run.recorder.note((("seed", "7"),))
    assert run.rows("SELECT * FROM run") == [("rig", "sim"), ("seed", "7")]


def test_the_outcome_is_kept_at_the_end(run: Run) -> None:
    run.tick()
    run.recorder.close("completed")
    assert run.rows("SELECT value FROM run WHERE key = 'outcome'") == [("completed",)]


def test_after_the_end_one_plain_file_is_left(run: Run) -> None:
    run.tick()
    run.recorder.close("completed")
    assert [path.name for path in run.path.parent.iterdir()] == ["run.sqlite"]


def test_rows_wait_for_a_whole_transaction(tmp_path: Path) -> None:
    run = Run(tmp_path / "run.sqlite", ROWS_PER_COMMIT)
    for _ in range(ROWS_PER_COMMIT - 1):
        run.tick()
    assert run.rows("SELECT count(*) FROM ticks") == [(0,)]
    run.tick()
    assert run.rows("SELECT count(*) FROM ticks") == [(ROWS_PER_COMMIT,)]


def test_the_end_keeps_what_was_waiting(tmp_path: Path) -> None:
    run = Run(tmp_path / "run.sqlite", ROWS_PER_COMMIT)
    run.tick()
    run.recorder.close("stopped")
    assert run.rows("SELECT count(*) FROM ticks") == [(1,)]


def test_an_existing_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "run.sqlite"
    path.write_bytes(b"precious")
    with pytest.raises(LogError, match="exists already"):
        SqliteRecorder(path, ())
    assert path.read_bytes() == b"precious"


def test_missing_folders_are_made(tmp_path: Path) -> None:
    path = tmp_path / "2024" / "may" / "run.sqlite"
    SqliteRecorder(path, ()).close("done")
    assert path.exists()


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LogError, match=r"run\.sqlite: cannot be written"):
        SqliteRecorder(tmp_path / "file" / "run.sqlite", ())


def test_the_log_is_in_wal_mode(run: Run) -> None:
    assert run.rows("PRAGMA journal_mode") == [("wal",)]


def test_every_commit_is_synced(run: Run) -> None:
    assert run.recorder._db.execute("PRAGMA synchronous").fetchone() == (2,)


def test_a_reader_does_not_disturb_the_writer(run: Run) -> None:
    run.tick()
    other = sqlite3.connect(run.path)
    other.execute("BEGIN")
    other.execute("SELECT * FROM ticks").fetchone()
    run.tick()
    other.close()
    assert run.recorder.fault == ""


def test_a_disk_that_fails_is_told_and_raises_nothing(run: Run) -> None:
    fill_disk(run)
    run.tick()
    assert "disk is full" in run.recorder.fault
    assert str(run.path) in run.recorder.fault


def test_rows_that_could_not_be_kept_are_kept_later_and_once(run: Run) -> None:
    disk = fill_disk(run)
    run.tick()
    run.tick()
    disk.full = False
    run.tick()
    assert run.rows("SELECT tick FROM ticks") == [(0,), (1,), (2,)]


def test_a_mended_disk_ends_the_fault(run: Run) -> None:
    disk = fill_disk(run)
    run.tick()
    disk.full = False
    run.tick()
    assert run.recorder.fault == ""


def test_a_failed_transaction_leaves_nothing_by_halves(run: Run) -> None:
    run.tick()
    fill_disk(run)
    run.tick("stop")
    assert run.rows("SELECT count(*) FROM ticks") == [(1,)]
    assert run.rows("SELECT count(*) FROM commands") == [(0,)]


def test_the_file_says_its_version_and_has_every_table(run: Run) -> None:
    assert run.rows("PRAGMA user_version") == [(SCHEMA_VERSION,)]
    names = {name for name, in run.rows("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert names == {name for name, _ in TABLES}


def test_a_reader_does_not_keep_the_log_from_closing(run: Run) -> None:
    run.tick()
    run.recorder.commit()
    reader = sqlite3.connect(run.path)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM ticks").fetchone()
    run.recorder.close("done: well")
    reader.rollback()
    assert reader.execute("SELECT value FROM run WHERE key = 'outcome'").fetchall() == [
        ("done: well",)]
    reader.close()


def test_what_cannot_be_written_for_too_long_is_lost_and_counted(
        run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "PENDING_ROWS_MAX", 5)
    disk = fill_disk(run)
    for _ in range(8):
        run.tick()
        run.recorder.commit()
    assert "3 rows lost" in run.recorder.fault
    disk.full = False
    run.recorder.commit()
    assert run.recorder.fault == f"{run.path}: 3 rows lost"


def test_a_log_is_resumed_where_it_ended(run: Run) -> None:
    for _ in range(3):
        run.tick()
    run.recorder.close("the front ended")
    resumed = SqliteRecorder(run.path, (), resume=True)
    assert resumed.tick == 3
    resumed.close("done")
    assert recorder.run_fact(run.path, "outcome") == "the front ended"


def test_a_file_that_is_no_log_has_no_facts(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("not a database, but long enough to look at" * 10)
    assert recorder.run_fact(tmp_path / "x", "outcome") == ""
    assert recorder.run_fact(tmp_path / "none", "outcome") == ""


def test_half_an_hour_without_a_disk_loses_the_oldest_rows_and_counts_them(
        run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firmware.recorder.PENDING_ROWS_MAX", 3)
    disk = fill_disk(run)
    for _ in range(5):
        run.tick()
    disk.full = False
    run.tick()
    assert run.rows("SELECT tick FROM ticks") == [(2,), (3,), (4,), (5,)]
    assert run.recorder.fault.endswith(": 2 rows lost")


def test_a_disk_that_stays_full_is_not_asked_at_every_tick(tmp_path: Path) -> None:
    run = Run(tmp_path / "run.sqlite", 10)
    disk = fill_disk(run)
    for _ in range(10):
        run.tick()
    asked = disk.refused
    for _ in range(9):
        run.tick()
    assert disk.refused == asked
    run.tick()
    assert disk.refused == asked + 1


def test_another_writer_is_told_and_waited_for_only_a_moment(run: Run) -> None:
    other = sqlite3.connect(run.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    run.tick()
    assert "locked" in run.recorder.fault
    other.execute("COMMIT")
    other.close()
    run.tick()
    assert run.recorder.fault == ""
    assert run.rows("SELECT tick FROM ticks") == [(0,), (1,)]


@pytest.mark.parametrize("replaced", [False, True])
def test_a_file_that_was_removed_is_told(run: Run, replaced: bool) -> None:
    run.tick()
    run.path.unlink()
    if replaced:
        run.path.write_bytes(b"another")
    run.tick()
    assert run.recorder.fault == f"{run.path}: the file was removed or replaced"


def test_the_end_of_a_log_that_failed_raises_nothing(run: Run) -> None:
    fill_disk(run)
    run.tick()
    run.recorder.close("stopped")
    assert "disk is full" in run.recorder.fault


@pytest.mark.requirement("H-01")
def test_a_front_that_goes_on_with_a_log_tells_no_trip_twice(tmp_path: Path) -> None:
    path = tmp_path / "run.sqlite"
    pressed = {"estop": Sample(0.0, 0, "")}
    run = Run(path)
    run.tick(**pressed)
    run.recorder = SqliteRecorder(path, (), 1, resume=True)
    run.tick(**pressed)
    assert run.rows("SELECT tick FROM ticks") == [(0,), (1,)]
    assert run.rows("SELECT tick, name FROM trips") == [(0, "estop")]


@pytest.mark.requirement("H-14")
def test_the_alarms_of_a_run_are_rows_from_raised_to_cleared(run: Run) -> None:
    pressed = {"estop": Sample(0.0, 0, "")}
    run.tick(**pressed)
    run.tick("ack", **pressed)
    run.tick()
    run.tick("reset")
    told = run.decided.alarms, run.cell("alarms"), run.cell("mode")
    assert told == ((), "", "standby")
    assert run.rows("SELECT tick, now_ms, what, name, priority FROM alarms") == [
        (0, 100, "raised", "estop", "high"), (1, 200, "acknowledged", "estop", "high"),
        (2, 300, "ended", "estop", "high"), (3, 400, "cleared", "estop", "high")]
    assert all("e-stop pressed" in reason for reason, in run.rows("SELECT reason FROM alarms"))


def test_an_audio_pause_is_a_row_without_a_cause(run: Run) -> None:
    pressed = {"estop": Sample(0.0, 0, "")}
    run.tick(**pressed)
    run.tick("pause", value=60.0, **pressed)
    assert run.rows("SELECT tick, what, name, priority FROM alarms WHERE name = ''") == [
        (1, "paused", "", "")]
    assert (run.cell("lamp"), run.cell("sound"), run.cell("paused_ms")) == ("high", "", 60000)


def test_lamp_and_sound_and_who_has_not_acknowledged_are_in_every_tick(run: Run) -> None:
    run.tick()
    assert (run.cell("lamp"), run.cell("sound"), run.cell("alarms")) == ("", "", "")
    run.tick(estop=Sample(0.0, 0, ""))
    assert (run.cell("lamp"), run.cell("sound"), run.cell("alarms")) == (
        "high", "high", "high:estop!")


@pytest.mark.parametrize("fault", ["actuator_fault", "log_fault", "indicator_fault"])
def test_what_the_last_tick_could_not_do_is_kept(run: Run, fault: str) -> None:
    run.tick(**{fault: "silent"})
    assert run.cell(fault) == "silent"


def test_each_control_process_has_a_log_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "50% of #1?.sqlite"  # what would mean something in a URI
    names = []
    for control_id in ("a", "b", "b", "a"):
        log = control_log(path, control_id, (), 1)
        log.close("ended")
        names.append(log.path.name)
    assert names == ["50% of #1?.sqlite", "50% of #1?-2.sqlite", "50% of #1?-2.sqlite",
                     "50% of #1?.sqlite"]


def test_a_process_that_is_killed_leaves_every_row_it_had_committed(tmp_path: Path) -> None:
    path = tmp_path / "run.sqlite"
    killed = subprocess.run([sys.executable, "-c", f"""
import os, pathlib
from tests.firmware.test_recorder import Run
run = Run(pathlib.Path({str(path)!r}))
for _ in range(20):
    run.tick()
os.kill(os.getpid(), 9)
"""], cwd=ROOT, check=False)
    assert killed.returncode == -9
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert db.execute("SELECT count(*) FROM ticks").fetchone() == (20,)
    db.close()


def treated(path: Path, seed: int) -> dict[str, list[tuple]]:
    """Return all that one simulated treatment with a fault leaves in its log."""
    rig = load_rig(ROOT / "rigs" / "sim.toml")
    plan, _ = load_plan(ROOT / "plans" / "short.toml", rig.limits, rig.has_heater)
    log = SqliteRecorder(path, ())
    with SimulatedMachine(rig, plan, seed, ("tip_open@15",), log, False) as machine:
        treat(machine, plan.name, lambda _reading, _decision: None, lambda: False)
    log.close("ended")
    with sqlite3.connect(path) as db:
        kept = {table: db.execute(f"SELECT * FROM {table}").fetchall() for table, _ in TABLES}
    db.close()
    return kept


def test_the_same_seed_leaves_the_same_rows_and_another_does_not(tmp_path: Path) -> None:
    first, second, other = (treated(tmp_path / f"{name}.sqlite", seed)
                            for name, seed in (("first", 7), ("second", 7), ("other", 8)))
    assert first == second
    assert first["ticks"] != other["ticks"]
    assert [name for _, _, name, _ in first["trips"]]
    assert len(first["commands"]) == 3
