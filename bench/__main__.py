"""The `cryoprobe` command line: words and exit codes that people and scripts rely on.

It decides nothing about a treatment; each command lives in a file of its own.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bench import tables
from bench.attend import GuardianEnded
from bench.console import ConsoleError, attach
from bench.ending import asked_to_end
from bench.run import Wish, checked_faults, print_json, run_treatment
from bench.serve import serve as serve_rig
from bench.serve import usable_plans
from bench.sim import ROLE_HEADS, RoleRow, simulate
from controller.limits import limits_from
from controller.records import Refused
from firmware.assembly import checked
from firmware.config import ConfigError, load_rig
from firmware.recorder import LogError
from hal.errors import HalError

EXIT_CONFIG = 2
EXIT_HARDWARE = 4

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_RIG = ROOT / "rigs" / "sim.toml"
PLANS = ROOT / "plans"
RUNS = Path("runs")
DEFAULT_CONSOLE = "tcp:127.0.0.1:5025"  # the port that SCPI over TCP is known by

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False,
                  rich_markup_mode=None,
                  help="A controller for a cryoanalgesia probe: bench, research, education.")
out = Console(highlight=False)

RigOption = Annotated[Path, typer.Option("--rig", help="The rig file (TOML).")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
MarkdownOption = Annotated[bool, typer.Option("--markdown", help="Print Markdown.")]
LogOption = Annotated[Path | None, typer.Option("--log", help="Where the log goes.")]
SeedOption = Annotated[int | None, typer.Option(
    "--seed", min=0, max=2**31 - 1, help="Of the simulated probe.")]
FaultOption = Annotated[list[str] | None, typer.Option(
    "--fault", help='Simulated probes: "NAME[@SECONDS][,key=value…]"; repeat for more.')]


@app.command()
def run(plan: Annotated[Path, typer.Argument(help="The treatment file (TOML).")],
        rig: RigOption = DEFAULT_RIG, log: LogOption = None,
        pace: Annotated[str, typer.Option(help="fast (simulated rigs only) or real.")] = "",
        seed: SeedOption = None, fault: FaultOption = None, as_json: JsonOption = False) -> None:
    """Run one treatment, start to finish. Ctrl-C stops it and shuts everything."""
    path = log or free_log(RUNS, plan.stem)
    wish = Wish(path, pace, seed, tuple(fault or ()))
    bench_rig = checked(load_rig(rig))
    raise typer.Exit(run_treatment(bench_rig, plan, wish, out, as_json, asked_to_end()))


def free_log(folder: Path, stem: str) -> Path:
    """Return the first free name FOLDER/STEM-NNN.sqlite."""
    taken = 1
    while (path := folder / f"{stem}-{taken:03d}.sqlite").exists():
        taken += 1
    return path


@app.command()
def serve(rig: RigOption,
          console: Annotated[list[str] | None, typer.Option(
              help=f"tcp:HOST:PORT, pty:LINK, serial:DEV or stdin; repeat for more. "
                   f"Without: {DEFAULT_CONSOLE}.")] = None,
          log: LogOption = None,
          plans: Annotated[Path, typer.Option(help="Folder of the plans to offer.")] = PLANS,
          seed: SeedOption = None) -> None:
    """Run the firmware as a service; operators attach by console. Ctrl-C ends it, all shut."""
    bench_rig = checked(load_rig(rig))
    usable, refused = usable_plans(bench_rig, plans)
    for line in refused:
        sys.stderr.write(f"not offered: {line}\n")
    path = log or free_log(RUNS, f"serve-{bench_rig.entries.name}")
    raise typer.Exit(serve_rig(bench_rig, usable, console or [DEFAULT_CONSOLE], path, seed,
                               asked_to_end()))


@app.command()
def sim(rig: RigOption,
        link: Annotated[Path | None, typer.Option(
            help="Folder for the ports; without it they are where the rig expects them.")] = None,
        seed: SeedOption = None, fault: FaultOption = None, as_json: JsonOption = False) -> None:
    """Answer as the rig's instruments, with one simulated probe behind them. Ctrl-C ends it."""
    def show(rows: list[RoleRow]) -> None:
        if as_json:
            print_json(out, tables.as_json(ROLE_HEADS, rows))
        else:
            out.file.write(tables.plain(ROLE_HEADS, rows))
        out.file.flush()

    bench_rig = checked(load_rig(rig))
    faults = checked_faults(tuple(fault or ()))
    simulate(bench_rig, link, seed, faults, show, asked_to_end())


@app.command()
def console(address: Annotated[str, typer.Argument(
        help="Where `serve` listens: tcp:HOST:PORT, pty:LINK or serial:DEV.")]) -> None:
    """Attach to a running controller: history, completion, live status. Ctrl-D detaches."""
    attach(address)


@app.command()
def limits(rig: RigOption = DEFAULT_RIG, as_json: JsonOption = False,
           markdown: MarkdownOption = False) -> None:
    """Print every protecting number, its hard range and its source."""
    _show(tables.LIMIT_HEADS, tables.limit_rows(load_rig(rig).limits), tables.LIMIT_SHOWN, as_json,
          markdown)


@app.command()
def interlocks(as_json: JsonOption = False, markdown: MarkdownOption = False) -> None:
    """Print the interlock table the running code uses."""
    _show(tables.INTERLOCK_HEADS, tables.interlock_rows(limits_from()), tables.INTERLOCK_SHOWN,
          as_json, markdown)


def _show(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]], shown: tuple[str, ...],
          as_json: bool, markdown: bool) -> None:
    if as_json:
        print_json(out, tables.as_json(heads, rows))
    elif markdown:
        out.file.write(tables.markdown(heads, rows))
    else:
        out.print(tables.terminal(heads, rows, shown))
        out.print("--markdown and --json have every column")


def main() -> None:
    """Run one command; every expected failure is one clear message on stderr, no traceback."""
    try:
        app(standalone_mode=True)
    except (ConfigError, LogError, Refused) as error:
        _end(error, EXIT_CONFIG)
    except (HalError, ConsoleError) as error:
        _end(error, EXIT_HARDWARE)
    except GuardianEnded as ended:
        sys.exit(ended.exit_code)  # it has said why


def _end(error: Exception, code: int) -> None:
    sys.stderr.write(f"{error}\n")
    sys.exit(code)


if __name__ == "__main__":
    main()
