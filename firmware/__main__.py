"""`python -m firmware ROLE`: the processes of a running controller. `cryoprobe` starts them.

It does not decide what they do: control.py, front.py and guardian.py.
"""

import argparse
import os
import select
import signal
import sys
from contextlib import suppress
from pathlib import Path

from controller.records import Plan, Refused
from firmware.config import ConfigError, Rig, load_plan, load_rig
from firmware.control import run_control
from firmware.guardian import Guardian
from hal.errors import HalError
from hal.linux import LinuxClock

EXIT_CONFIG = 2
EXIT_HARDWARE = 4


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m firmware", description=__doc__)
    roles = parser.add_subparsers(dest="role", required=True)
    control = roles.add_parser("control")
    control.add_argument("--heartbeat", type=int, required=True)
    control.add_argument("--lifeline", type=int, required=True)
    control.add_argument("--unclean", default="")
    guardian = roles.add_parser("guardian")
    guardian.add_argument("--owner", type=int, required=True)
    for role in (control, guardian):
        role.add_argument("--rig", type=Path, required=True)
        role.add_argument("--socket", type=Path, required=True)
        role.add_argument("--plan", type=Path, action="append", default=[])
        role.add_argument("--fault", action="append", default=[])
        role.add_argument("--seed", type=int)
    front = roles.add_parser("front")
    front.add_argument("--lifeline", type=int, required=True)
    front.add_argument("--again", action="store_true")
    front.add_argument("--socket", type=Path, required=True)
    front.add_argument("--log", type=Path, required=True)
    front.add_argument("--console", action="append", default=[])
    return parser


def control_arguments(rig: Path, socket: Path, plans: list[Path], faults: list[str],
                      seed: int | None) -> list[str]:
    """Return the command line words that control and guardian share."""
    words = ["--rig", str(rig), "--socket", str(socket)]
    for plan in plans:
        words += ["--plan", str(plan)]
    for fault in faults:
        words += ["--fault", fault]
    return words if seed is None else [*words, "--seed", str(seed)]


def _load(options: argparse.Namespace) -> tuple[Rig, tuple[Plan, ...]]:
    rig = load_rig(options.rig)
    return rig, tuple(load_plan(path, rig.limits, rig.has_heater)[0] for path in options.plan)


def _owner_gone(fd: int) -> bool:
    readable, _, _ = select.select([fd], [], [], 0)
    return bool(readable) and os.read(fd, 1) == b""


def say(text: str) -> None:
    """Tell whoever watches the service."""
    with suppress(OSError):  # nobody reads it any more
        sys.stderr.write(text + "\n")
        sys.stderr.flush()


def _run(options: argparse.Namespace) -> int:
    if options.role == "control":
        rig, plans = _load(options)
        run_control(rig, plans, options.socket, options.heartbeat, options.lifeline,
                    options.unclean, options.seed, tuple(options.fault))
        return 0
    if options.role == "guardian":
        rig, _ = _load(options)
        words = control_arguments(options.rig, options.socket, options.plan, options.fault,
                                  options.seed)
        return Guardian(rig, words, (), LinuxClock(), say).run(
            lambda: _owner_gone(options.owner))
    from firmware.front import run_front  # noqa: PLC0415  control shall not carry asyncio

    run_front(options.socket, options.log, options.console, options.lifeline,
              not options.again)
    return 0


def main() -> int:
    """Return the exit code of one process; every expected failure is one line on stderr."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever started us
    options = _parser().parse_args()
    try:
        return _run(options)
    except (ConfigError, Refused) as error:
        say(f"{options.role}: {error}")
        return EXIT_CONFIG
    except HalError as error:
        say(f"{options.role}: {error}")
        return EXIT_HARDWARE


if __name__ == "__main__":
    sys.exit(main())
