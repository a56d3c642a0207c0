"""`cryoprobe run`: one treatment with its log, its progress and its report.

It decides nothing about the treatment: the controller does, in this process on a simulated probe,
in guarded processes on real wires.
"""

import json
import platform
import sqlite3
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from rich.console import Console

from bench import report, tables
from bench.attend import AttendedMachine
from bench.progress import Progress
from bench.treat import Outcome, SimulatedMachine, treat
from controller.records import Plan
from controller.text import number
from firmware.assembly import fault_orders
from firmware.config import ConfigError, Rig, load_plan
from firmware.recorder import ROWS_PER_COMMIT, SqliteRecorder
from firmware.roles import lacking
from hal.linux import LinuxClock

ROWS_PER_COMMIT_IN_REAL_TIME = 5  # half a second of a run that is killed
EXIT_DONE = 0
EXIT_STOPPED = 3


class Wish(NamedTuple):
    """What the command line asked for."""

    log: Path
    pace: str  # "fast", "real" or "" for what the rig can do best
    seed: int | None
    faults: tuple[str, ...]


def plan_for(rig: Rig, path: Path) -> tuple[Plan, str]:
    """Return the plan at `path` and its text. Raises ConfigError when the rig may not run it."""
    return load_plan(path, rig.limits, rig.has_heater)


def check_wish(rig: Rig, wish: Wish) -> None:
    """Raise ConfigError for what this rig cannot do."""
    if wish.pace not in ("", "fast", "real"):
        raise ConfigError([f"--pace: {wish.pace!r} is wrong: fast or real"])
    if not rig.simulated:
        for given, option in ((wish.pace == "fast", "--pace fast"), (wish.faults, "--fault"),
                              (wish.seed is not None, "--seed")):
            if given:
                raise ConfigError([f"{option}: is for simulated rigs; rig {rig.entries.name} "
                                   "has real wires"])
    checked_faults(wish.faults)


def checked_faults(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Return the texts when each is a fault. Raises ConfigError."""
    try:
        fault_orders(texts)
    except ValueError as error:
        raise ConfigError([f"--fault: {error}"]) from None
    return texts


def tell_lacking(rig: Rig) -> None:
    """Say on stderr, in one line, which interlocks the rig has no sensor for."""
    if sentence := lacking(rig):
        sys.stderr.write(f"rig {rig.entries.name} has {sentence}\n")


def run_treatment(rig: Rig, plan_path: Path, wish: Wish, out: Console, as_json: bool,
                  ending: Callable[[], bool]) -> int:
    """Return the exit code. Raises ConfigError, LogError, GuardianEnded."""
    check_wish(rig, wish)
    plan, plan_text = plan_for(rig, plan_path)
    fast = rig.simulated and wish.pace != "real"
    recorder = SqliteRecorder(wish.log, (
        ("version", version("cryoprobe")), ("python", platform.python_version()),
        ("rig", rig.text), ("plan", plan_text), ("limits", json.dumps(rig.limits._asdict())),
        ("seed", str(wish.seed)), ("faults", "; ".join(wish.faults))),
        ROWS_PER_COMMIT if fast else ROWS_PER_COMMIT_IN_REAL_TIME)
    if not as_json:
        tell_lacking(rig)
    outcome = Outcome("fault", "the controller did not start")
    try:
        with (_machine(rig, plan_path, plan, wish, recorder, not fast) as machine,
              Progress(out, as_json, machine.now_ms()) as progress):
            outcome = treat(machine, plan.name, progress.watch, ending)
    finally:
        recorder.close(f"{outcome.mode}: {outcome.reason}")
    return _finish(wish.log, outcome, recorder.fault, out, as_json)


def _machine(rig: Rig, plan_path: Path, plan: Plan, wish: Wish,
             recorder: SqliteRecorder, real_time: bool) -> SimulatedMachine | AttendedMachine:
    if rig.simulated:
        return SimulatedMachine(rig, plan, wish.seed, wish.faults, recorder, real_time)
    return AttendedMachine(rig, plan_path, recorder, LinuxClock())


def _finish(log: Path, outcome: Outcome, log_fault: str, out: Console, as_json: bool) -> int:
    plot = log.with_suffix(".png")
    completed = outcome.mode == "done"
    code = EXIT_DONE if completed else EXIT_STOPPED
    try:
        report.draw(log, plot)
        summary = report.summary_of(log, plot)
    except (OSError, sqlite3.Error) as error:  # a full disk takes nothing from how it ended
        sys.stderr.write(f"{outcome.mode}: {outcome.reason}\nno report: {log}: {error}\n")
        return code
    if as_json:
        print_json(out, {"completed": completed, **report.as_json(summary),
                         "outcome": outcome.mode, "reason": outcome.reason,
                         "log_fault": log_fault})
    else:
        _print_summary(summary, outcome, out)
        if log_fault:
            out.print(f"[bold red]the log is incomplete[/]: {log_fault}", soft_wrap=True)
    return code


def _print_summary(summary: report.Summary, outcome: Outcome, out: Console) -> None:
    out.print("[bold green]completed[/]" if outcome.mode == "done" else "[bold red]stopped[/]",
              f"in mode {outcome.mode}: {outcome.reason}", soft_wrap=True)
    for trip in summary.trips:
        out.print(f"  tripped  {trip}", soft_wrap=True)
    tripped = {trip.partition(":")[0] for trip in summary.trips}
    for alarm in summary.alarms:
        if alarm.name not in tripped:
            often = f" ({alarm.times} times)" if alarm.times > 1 else ""
            out.print(f"  {alarm.priority:<8} {alarm.name}: {alarm.reason}{often}", soft_wrap=True)
    heads = ("cycle", "target", "approach", "hold", "mean of hold", "coldest", "thaw")
    rows = [(str(c.cycle), _with_unit(c.target_c, 1, "°C"), _with_unit(c.approach_s, 1, "s"),
             _with_unit(c.hold_s, 1, "s"), _with_unit(c.mean_hold_c, 2, "°C"),
             _with_unit(c.coldest_c, 2, "°C"), _with_unit(c.thaw_s, 1, "s"))
            for c in summary.cycles]
    if rows:
        out.print(tables.terminal(heads, rows))
        radii = "; ".join(
            f"cycle {c.cycle}: {number(c.ice_radius_mm)} mm, {number(c.ice_m20_radius_mm)} mm"
            for c in summary.cycles)
        out.print(f"estimated radius of 0 °C and of -20 °C after the freeze: {radii}",
                  soft_wrap=True)
    out.print(f"freeze time {number(summary.total_freeze_s)} s in {number(summary.treatment_s)} s")
    out.print(f"log    {summary.log}\nreport {summary.plot}", soft_wrap=True)


def _with_unit(value: float, decimals: int, unit: str) -> str:
    return f"{number(value, decimals)} {unit}" if value == value else "-"


def print_json(out: Console, value: object) -> None:
    """Print one JSON value for programs."""
    out.file.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")
    out.file.flush()
