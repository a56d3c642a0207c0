"""`cryoprobe serve`: the firmware as a service, with this process as its guardian.

It does not decide anything about a treatment: operators and control do.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.run import tell_lacking
from firmware.__main__ import control_arguments, say
from firmware.config import ConfigError, Rig, load_plan
from firmware.ends import check_address
from firmware.guardian import Guardian
from hal.linux import LinuxClock


def usable_plans(rig: Rig, folder: Path) -> tuple[list[Path], list[str]]:
    """Return the plan files in `folder` that `rig` may run, and why it may not run the others."""
    usable: list[Path] = []
    refused: list[str] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            load_plan(path, rig.limits, rig.has_heater)
            usable.append(path)
        except ConfigError as error:
            refused += error.problems
    return usable, refused


def serve(rig: Rig, plans: list[Path], consoles: list[str], log: Path, seed: int | None,
          ending: Callable[[], bool]) -> int:
    """Run until `ending()`; return the exit code. Every actuator is shut at the end. Raises
    ConfigError for what is no console and for a log that cannot be."""
    for console in consoles:
        try:
            check_address(console)
        except ValueError as error:
            raise ConfigError([f"--console: {error}"]) from None
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError([f"--log: {log}: {error.strerror}"]) from None
    tell_lacking(rig)
    with tempfile.TemporaryDirectory(prefix="cryoprobe-") as folder:
        socket = Path(folder) / "control.sock"
        words = control_arguments(rig.path, socket, plans, [], seed)
        front = ["--socket", str(socket), "--log", str(log)]
        for console in consoles:
            front += ["--console", console]
        return Guardian(rig, words, front, LinuxClock(), say).run(ending)
