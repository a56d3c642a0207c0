"""The log: one SQLite file per run with every tick, command, trip, configuration and version.

It does not decide what a log is read for. Times in it are the loop's own milliseconds; wall-clock
time stands in `run` only where the run had one, so a simulated run's log depends on nothing but
its inputs.
"""

import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing, suppress
from pathlib import Path

from controller.records import CHANNELS, Command, Decision, Reading
from firmware.loop import Recorder

SCHEMA_VERSION = 2
LOCKED_MS_MAX = 20  # another writer's lock is not waited for longer: a tick may wait for this one
LOCKED_AT_END_MS_MAX = 2000
PENDING_ROWS_MAX = 20000  # half an hour at 10 Hz that nothing could be written; then the oldest go
ROWS_AT_ONCE = 1000  # a few ms, should a disk that was full take rows again
ROWS_PER_COMMIT = 100  # ten seconds of ticks in one transaction of a fast run

_CHANNEL_COLUMNS = tuple(
    f"{channel}{suffix}" for channel in CHANNELS for suffix in ("", "_age_ms", "_fault"))

TICK_COLUMNS = ("tick", "now_ms", "late_ms", "slips", *_CHANNEL_COLUMNS, "actuator_fault",
                "log_fault", "indicator_fault", "mode", "phase", "cycle", "target_c",
                "estimate_c", "slope_c_per_s", "time_left_s", "valve_fraction", "heater_fraction",
                "isolator_open", "heater_enabled", "lease_ms", "freeze_s", "total_freeze_s",
                "cold_s", "ice_radius_mm", "ice_m20_radius_mm", "distrusted", "revision",
                "tripped", "alarms", "lamp", "sound", "paused_ms", "reason")

# table, columns
TABLES = (
    ("run", ("key", "value")),
    ("ticks", TICK_COLUMNS),
    ("commands", ("tick", "session", "number", "name", "text", "value", "shown_revision",
                  "issued_ms", "reply_code", "reply")),
    ("trips", ("tick", "now_ms", "name", "reason")),
    ("alarms", ("tick", "now_ms", "what", "name", "priority", "reason")),
)


class LogError(Exception):
    """The log cannot be written; the text names the file and why."""


def run_fact(path: Path, key: str) -> str:
    """Return one fact of the log at `path`, "" when it has none or is no log."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
            row = db.execute("SELECT value FROM run WHERE key = ?", (key,)).fetchone()
    except sqlite3.Error:
        return ""
    return str(row[0]) if row else ""


class SqliteRecorder(Recorder):
    """Writes a new SQLite file at `path`; raises LogError when it cannot or the file exists.

    `tick` is the number that the next tick gets; a front sets it to control's own count.
    """

    def __init__(self, path: Path, facts: Iterable[tuple[str, str]],
                 rows_per_commit: int = ROWS_PER_COMMIT, resume: bool = False) -> None:
        self.path = path
        self.tick = 0
        self.fault = ""  # why rows could not be kept, "" while all is well
        self._lost = 0
        self._latched: set[str] = set()
        self._pending: list[tuple[str, tuple[object, ...]]] = []
        self._rows_per_commit = rows_per_commit
        self._due_rows = rows_per_commit  # a commit is due when so many are pending
        if path.exists() and not resume:
            raise LogError(f"{path}: exists already; a log is never overwritten")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, LOCKED_MS_MAX / 1000.0, isolation_level=None,
                                       check_same_thread=False)
            # WAL with FULL loses no acknowledged row at a power cut; NORMAL does.
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
            for table, columns in TABLES:
                self._db.execute(f"CREATE TABLE IF NOT EXISTS {table} ({', '.join(columns)})")
            self._go_on_after_last()
            self._file = path.stat()
        except (OSError, sqlite3.Error) as error:
            raise LogError(f"{path}: cannot be written: {error}") from error
        self.note(facts)

    def _go_on_after_last(self) -> None:
        last = self._db.execute("SELECT tick, tripped FROM ticks ORDER BY tick DESC LIMIT 1")
        for tick, tripped in last:
            self.tick = tick + 1
            self._latched = set(tripped.split(","))

    def note(self, facts: Iterable[tuple[str, str]]) -> None:
        """Keep facts about the whole run: configuration, versions, how it ended."""
        self._pending += [("run", fact) for fact in facts]
        self.commit()

    def write(self, reading: Reading, commands: tuple[Command, ...], decision: Decision) -> None:
        """Keep one tick; the database is touched once per ROWS_PER_COMMIT."""
        self._pending.append(("ticks", tick_row(self.tick, reading, decision)))
        for command, reply in zip(commands, decision.replies, strict=True):
            self._pending.append(("commands", (
                self.tick, command.session, command.number, command.name, command.text,
                _finite(command.value), command.revision, command.issued_ms, reply.code,
                reply.text)))
        for trip in decision.tripped:
            if trip.name not in self._latched:
                self._pending.append(("trips", (self.tick, decision.now_ms, *trip)))
        self._latched = {trip.name for trip in decision.tripped}
        for event in decision.alarm_events:
            self._pending.append(("alarms", (self.tick, *event)))
        self.tick += 1
        if len(self._pending) >= self._due_rows:
            self.commit()

    def commit(self) -> None:
        """Put what is pending on the disk. A failure is kept in `fault`; rows stay pending, as many
        as PENDING_ROWS_MAX."""
        faults = [] if self._is_there() else ["the file was removed or replaced"]
        try:
            while self._pending:
                self._insert(self._pending[:ROWS_AT_ONCE])
                del self._pending[:ROWS_AT_ONCE]
        except sqlite3.Error as error:
            faults.append(str(error))
            self._lost += max(0, len(self._pending) - PENDING_ROWS_MAX)
            del self._pending[:-PENDING_ROWS_MAX]
        if self._lost:
            faults.append(f"{self._lost} rows lost")
        self.fault = f"{self.path}: {'; '.join(faults)}" if faults else ""
        self._due_rows = len(self._pending) + self._rows_per_commit

    def _insert(self, rows: list[tuple[str, tuple[object, ...]]]) -> None:
        try:
            self._db.execute("BEGIN")
            for table, row in rows:
                self._db.execute(_INSERT[table], row)
            self._db.execute("COMMIT")
        except sqlite3.Error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def _is_there(self) -> bool:
        try:
            return os.path.samestat(self.path.stat(), self._file)
        except OSError:
            return False

    def close(self, outcome: str) -> None:
        """Keep how the run ended, and leave one plain file without its WAL. Never raises."""
        with suppress(sqlite3.Error):
            self._db.execute(f"PRAGMA busy_timeout={LOCKED_AT_END_MS_MAX}")
        self.note((("outcome", outcome),))
        # Out of WAL mode, so that no reader leaves a -wal beside it; not while somebody reads.
        with suppress(sqlite3.Error):
            self._db.execute("PRAGMA journal_mode=DELETE")
        self._db.close()


def control_log(path: Path, control_id: str, facts: Iterable[tuple[str, str]],
                rows_per_commit: int) -> SqliteRecorder:
    """Return the log of one control process: the file that an earlier front began for it, else a
    new one at `path` or the next free name beside it. Raises LogError."""
    number = 1
    candidate = path
    while candidate.exists():
        if run_fact(candidate, "control_id") == control_id:
            return SqliteRecorder(candidate, (), rows_per_commit, resume=True)
        number += 1
        candidate = path.with_stem(f"{path.stem}-{number}")
    return SqliteRecorder(candidate, (("control_id", control_id), *facts), rows_per_commit)


_INSERT = {table: f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})"
           for table, columns in TABLES}


def tick_row(tick: int, reading: Reading, decision: Decision) -> tuple[object, ...]:
    """Return the row of table ticks, in the order of TICK_COLUMNS. NaN is written as NULL, infinite
    values as they are."""
    row: list[object] = [tick, reading.now_ms, reading.late_ms, reading.slips]
    for channel in CHANNELS:
        sample = getattr(reading, channel)
        row += [_finite(sample.value), sample.age_ms, sample.fault]
    course = decision.course
    row += [reading.actuator_fault, reading.log_fault, reading.indicator_fault, decision.mode,
            course.phase, course.cycle, _finite(course.target_c), _finite(decision.tip_c),
            _finite(decision.slope_c_per_s), _finite(course.time_left_s),
            decision.valve_fraction, decision.heater_fraction, int(decision.isolator_open),
            int(decision.heater_enabled), decision.lease_ms, decision.freeze_s,
            decision.total_freeze_s, decision.cold_s, decision.ice_radius_mm,
            decision.ice_m20_radius_mm, decision.distrusted, decision.revision,
            ",".join(trip.name for trip in decision.tripped),
            ",".join(f"{alarm.priority}:{alarm.name}{'' if alarm.acknowledged else '!'}"
                     for alarm in decision.alarms),
            decision.signal.priority, decision.signal.sound, decision.signal.paused_ms,
            decision.reason]
    return tuple(row)


def _finite(value: float) -> float | None:
    return None if value != value else value
