"""The `cryoprobe` command line: words and exit codes that people and scripts rely on.

It decides nothing about a treatment; each command lives in a file of its own.
"""

import json
import platform
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from bench import report, tables
from bench.progress import Progress
from bench.treat import Outcome, treat_simulated
from controller.limits import limits_from
from controller.records import Refused
from controller.text import number
from firmware.assembly import fault_orders
from firmware.config import ConfigError, Rig, load_plan, load_rig
from firmware.recorder import LogError, SqliteRecorder
from hal.errors import HalError

EXIT_DONE = 0
EXIT_CONFIG = 2
EXIT_STOPPED = 3
EXIT_HARDWARE = 4

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_RIG = ROOT / "rigs" / "sim.toml"
RUNS = Path("runs")

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False,
                  help="A controller for a cryoanalgesia probe: bench, research, education.")
out = Console(highlight=False)

RigOption = Annotated[Path, typer.Option("--rig", help="The rig file (TOML).")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
MarkdownOption = Annotated[bool, typer.Option("--markdown", help="Print Markdown.")]


@app.command()
def run(plan: Annotated[Path, typer.Argument(help="The treatment file (TOML).")],
        rig: RigOption = DEFAULT_RIG,
        log: Annotated[Path | None, typer.Option(help="Where the log goes.")] = None,
        pace: Annotated[str, typer.Option(help="fast (simulated rigs only) or real.")] = "",
        seed: Annotated[int | None, typer.Option(help="Of the simulated probe.")] = None,
        fault: Annotated[list[str] | None, typer.Option(
            help='Simulated rigs: "NAME[@SECONDS][,key=value]".')] = None,
        as_json: JsonOption = False) -> None:
    """Run one treatment, start to finish."""
    bench_rig = load_rig(rig)
    treatment, plan_text = load_plan(plan, bench_rig.limits, bench_rig.has_heater)
    faults = _checked_faults(bench_rig, fault or [])
    real_time = _real_time(bench_rig, pace)
    path = log or free_log(RUNS, treatment.name)
    recorder = SqliteRecorder(path, (
        ("version", version("cryoprobe")), ("python", platform.python_version()),
        ("rig", bench_rig.text), ("plan", plan_text),
        ("limits", json.dumps(bench_rig.limits._asdict())),
        ("seed", str(seed)), ("faults", "; ".join(faults))))
    with Progress(out, quiet=as_json) as progress:
        outcome = treat_simulated(bench_rig, treatment, seed, faults, recorder, progress.watch,
                                  real_time)
    recorder.close(f"{outcome.mode}: {outcome.reason}")
    _finish(path, outcome, as_json)


def _checked_faults(rig: Rig, texts: list[str]) -> tuple[str, ...]:
    if texts and not rig.simulated:
        raise ConfigError([f"--fault: rig {rig.entries.name} is real; faults are for simulated"
                           " rigs"])
    try:
        fault_orders(tuple(texts))
    except ValueError as error:
        raise ConfigError([f"--fault: {error}"]) from None
    return tuple(texts)


def _real_time(rig: Rig, pace: str) -> bool:
    if pace not in ("", "fast", "real"):
        raise ConfigError([f"--pace: {pace!r} is wrong: fast or real"])
    if pace == "fast" and not rig.simulated:
        raise ConfigError([f"--pace: fast is for simulated rigs; {rig.entries.name} has wires"])
    return pace == "real" or not rig.simulated


def free_log(folder: Path, plan: str) -> Path:
    """Return the first free name FOLDER/PLAN-NNN.sqlite."""
    taken = 1
    while (path := folder / f"{plan}-{taken:03d}.sqlite").exists():
        taken += 1
    return path


def _finish(log: Path, outcome: Outcome, as_json: bool) -> None:
    plot = log.with_suffix(".png")
    report.draw(log, plot)
    summary = report.summary_of(log, plot)
    completed = outcome.mode == "done"
    if as_json:
        _print_json({"completed": completed, **report.as_json(summary)})
    else:
        _print_summary(summary, outcome, completed)
    raise typer.Exit(EXIT_DONE if completed else EXIT_STOPPED)


def _print_summary(summary: report.Summary, outcome: Outcome, completed: bool) -> None:
    out.print("[bold green]completed[/]" if completed else "[bold red]stopped[/]",
              f"in mode {outcome.mode}: {outcome.reason}", soft_wrap=True)
    for trip in summary.trips:
        out.print(f"  tripped  {trip}", soft_wrap=True)
    heads = ("cycle", "target", "approach", "hold", "mean of hold", "coldest", "thaw")
    rows = [(str(c.cycle), f"{number(c.target_c)} °C", f"{number(c.approach_s)} s",
             f"{number(c.hold_s)} s", f"{number(c.mean_hold_c, 2)} °C",
             f"{number(c.coldest_c, 2)} °C", f"{number(c.thaw_s)} s") for c in summary.cycles]
    if rows:
        out.print(tables.terminal(heads, rows))
    out.print(f"freeze time {number(summary.total_freeze_s)} s in {number(summary.treatment_s)} s")
    out.print(f"log    {summary.log}\nreport {summary.plot}", soft_wrap=True)


def _print_json(value: Any) -> None:
    out.file.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


@app.command()
def limits(rig: RigOption = DEFAULT_RIG, as_json: JsonOption = False,
           markdown: MarkdownOption = False) -> None:
    """Print every protecting number, its hard range and its source."""
    _show(tables.LIMIT_HEADS, tables.limit_rows(load_rig(rig).limits), as_json, markdown)


@app.command()
def interlocks(as_json: JsonOption = False, markdown: MarkdownOption = False) -> None:
    """Print the interlock table the running code uses."""
    _show(tables.INTERLOCK_HEADS, tables.interlock_rows(limits_from()), as_json, markdown)


def _show(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]], as_json: bool,
          markdown: bool) -> None:
    if as_json:
        _print_json(tables.as_json(heads, rows))
    elif markdown:
        out.file.write(tables.markdown(heads, rows))
    else:
        out.print(tables.terminal(heads, rows))


def main() -> None:
    """Run one command; every expected failure is one clear message on stderr, no traceback."""
    try:
        app(standalone_mode=True)
    except (ConfigError, LogError, Refused) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(EXIT_CONFIG)
    except HalError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(EXIT_HARDWARE)


if __name__ == "__main__":
    main()
