"""What a treatment came to: a summary for a person or a program, and a plot.

It reads the log and nothing else, so it can be made again at any time.
"""

import sqlite3
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib
from matplotlib.figure import Figure

SETTLED_C = 1.0

matplotlib.use("Agg")


class CycleSummary(NamedTuple):
    """One freeze and its thaw, judged by the controller's own estimate."""

    cycle: int
    target_c: float
    approach_s: float
    hold_s: float
    coldest_c: float
    mean_hold_c: float
    thaw_s: float
    ice_radius_mm: float  # estimated edge of the ice when the freeze ended
    ice_m20_radius_mm: float  # estimated -20 °C isotherm, likewise


class AlarmSummary(NamedTuple):
    """One cause of alarm."""

    name: str
    priority: str
    reason: str  # the first time
    at_s: float  # likewise; since the start of the run
    times: int  # that it was raised


class Summary(NamedTuple):
    """One run."""

    outcome: str  # mode at the end
    reason: str
    trips: tuple[str, ...]
    alarms: tuple[AlarmSummary, ...]  # in the order of their first time
    cycles: tuple[CycleSummary, ...]
    total_freeze_s: float
    treatment_s: float
    log: str
    plot: str


def summary_of(log: Path, plot: Path) -> Summary:
    """Return the summary of the run recorded in `log`. Raises sqlite3.Error for a damaged file."""
    with sqlite3.connect(f"file:{log}?mode=ro", uri=True) as db:
        last = db.execute("SELECT mode, reason, total_freeze_s, now_ms FROM ticks"
                          " ORDER BY tick DESC LIMIT 1").fetchone() or ("", "no tick", 0.0, 0)
        first_ms = (db.execute("SELECT min(now_ms) FROM ticks").fetchone()[0]) or 0
        trips = tuple(f"{name}: {reason}" for name, reason in
                      db.execute("SELECT name, reason FROM trips ORDER BY tick"))
        # SQLite takes the bare columns from the row that has the minimum.
        alarms = tuple(AlarmSummary(name, priority, reason, (at_ms - first_ms) / 1000.0, times)
                       for name, priority, reason, at_ms, times in db.execute(
                           "SELECT name, priority, reason, min(now_ms), count(*) FROM alarms"
                           " WHERE what = 'raised' GROUP BY name, priority ORDER BY min(rowid)"))
        numbers = [row[0] for row in db.execute(
            "SELECT DISTINCT cycle FROM ticks WHERE cycle > 0 ORDER BY cycle")]
        cycles = tuple(_cycle(db, number) for number in numbers)
    db.close()
    return Summary(last[0], last[1], trips, alarms, cycles, last[2], (last[3] - first_ms) / 1000.0,
                   str(log), str(plot))


def _cycle(db: sqlite3.Connection, number: int) -> CycleSummary:
    spans = {phase: (seconds, mean) for phase, seconds, mean in db.execute(
        "SELECT phase, (max(now_ms) - min(now_ms)) / 1000.0, avg(estimate_c) FROM ticks"
        " WHERE cycle = ? GROUP BY phase", (number,))}
    target, coldest = db.execute(
        "SELECT min(target_c), min(estimate_c) FROM ticks WHERE cycle = ? AND mode = 'freeze'",
        (number,)).fetchone()
    ice, ice_m20 = db.execute(
        "SELECT ice_radius_mm, ice_m20_radius_mm FROM ticks WHERE cycle = ?"
        " AND phase IN ('approach', 'hold') ORDER BY tick DESC LIMIT 1", (number,)).fetchone()
    nothing = (0.0, float("nan"))
    return CycleSummary(number, _number(target), spans.get("approach", nothing)[0],
                        spans.get("hold", nothing)[0], _number(coldest),
                        _number(spans.get("hold", nothing)[1]), spans.get("thaw", nothing)[0],
                        ice, ice_m20)


def _number(value: float | None) -> float:
    return float("nan") if value is None else value


def as_json(summary: Summary) -> dict[str, Any]:
    """Return the summary for a program; NaN becomes null."""
    def plain(value: Any) -> Any:
        return None if value != value else value
    return {**summary._asdict(), "cycles": [
        {key: plain(value) for key, value in cycle._asdict().items()}
        for cycle in summary.cycles],
        "alarms": [alarm._asdict() for alarm in summary.alarms]}


def draw(log: Path, plot: Path) -> None:
    """Write the run in `log` as a PNG: temperatures, valve and heater, supply pressure."""
    with sqlite3.connect(f"file:{log}?mode=ro", uri=True) as db:
        begun_ms = db.execute("SELECT min(now_ms) FROM ticks").fetchone()[0] or 0
        rows = db.execute(
            "SELECT (now_ms - ?) / 1000.0, estimate_c, tip_b_c,"
            " CASE WHEN phase IN ('approach', 'hold') THEN target_c END,"
            " valve_fraction, heater_fraction, supply_kpa, exhaust_kpa, mode"
            " FROM ticks ORDER BY tick", (begun_ms,)).fetchall()
        checks = db.execute(
            "SELECT (min(now_ms) - ?) / 1000.0, (max(now_ms) - ?) / 1000.0 FROM ticks"
            " WHERE mode = 'precheck'", (begun_ms, begun_ms)).fetchone()
        trips = db.execute("SELECT (now_ms - ?) / 1000.0, name FROM trips ORDER BY tick",
                           (begun_ms,)).fetchall()
    db.close()
    figure = Figure(figsize=(10, 7), layout="constrained")
    tip, valve, gas = figure.subplots(3, 1, sharex=True, height_ratios=(3, 1, 1))
    columns = list(zip(*rows, strict=True)) or [()] * 9
    at_s = columns[0]
    for column, name, style in ((1, "tip", "-"), (2, "tip B", ":"), (3, "target", "--")):
        tip.plot(at_s, [_number(v) for v in columns[column]], style, label=name, linewidth=1.2)
    valve.step(at_s, columns[4], label="valve", linewidth=1.0)
    valve.step(at_s, columns[5], label="heater", linewidth=1.0)
    gas.plot(at_s, [_number(v) for v in columns[6]], label="supply", linewidth=1.0)
    gas.plot(at_s, [_number(v) for v in columns[7]], label="exhaust", linewidth=1.0)
    if checks[0] is not None:
        tip.axvspan(*checks, color="0.9", label="check before use")
    for at, name in trips[:1]:
        tip.axvline(at, color="red")
        tip.annotate(f" {name}", (at, 0), color="red")
    for axes, unit in ((tip, "°C"), (valve, "fraction"), (gas, "kPa gauge")):
        axes.set_ylabel(unit)
        axes.legend(loc="upper right", fontsize="small")
        axes.grid(alpha=0.3)
    gas.set_xlabel("s since the start of the run")
    figure.suptitle(log.stem)
    figure.savefig(plot, dpi=110)
