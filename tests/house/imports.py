"""Who may import whom, from the syntax tree alone.

The same directions as the contracts in setup.cfg, and what those cannot say: the clock files, the
home of each library, imports hidden in strings.
"""

import ast
import sys
from typing import NamedTuple

from tests.house.files import ROOMS, STAND_IN, Source


class Room(NamedTuple):
    """What the files under `prefix` may import of the project."""

    prefix: str
    may: tuple[str, ...]  # modules, with everything inside them


# First match wins: put the narrow before the wide.
DIRECTIONS = (
    Room("controller/", ("controller",)),
    Room("hal/", ("hal",)),
    Room("sim_hardware/", ("sim_hardware", "hal.interface", "hal.errors")),
    Room("firmware/assembly/", ("firmware", "controller", "hal", "sim_hardware")),
    Room("firmware/board/", ("firmware.board", "firmware.loop", "controller", "hal.interface",
                             "hal.errors", "hal.board")),
    Room("firmware/", ("firmware", "controller", "hal.interface", "hal.errors", "hal.linux")),
    Room("bench/", ("bench", "firmware", "sim_hardware", "hal", "controller")),
    Room("benchmarks/", ("benchmarks", "bench", "firmware", "sim_hardware", "hal", "controller")),
    Room("tests/", ROOMS),
)

# Inside the controller: a file imports only from rows below its own.
FLOORS = (
    ("core",),
    ("orders",),
    ("machine",),
    ("console",),
    ("line",),
    ("grammar", "replies"),  # replies lists the tables of the stages
    ("alarms", "treatment", "regulator", "precheck", "senses", "arguments", "view"),
    ("interlocks",),
    ("facts",),
    ("estimator", "dose", "gas", "progress"),
    ("iceball", "slope"),
    ("modes",),  # the words that every stage uses
    ("limits",),
    ("records",),
    ("text", "scpi", "signals"),
)

# Libraries that are not Python's own, and where they live. Elsewhere: tests and benchmarks only.
THIRD_PARTY = (
    ("simple_pid", ("controller/regulator.py",)),
    ("serial", ("hal/streams/serial_port.py",)),
    ("pyvisa", ("hal/streams/visa.py",)),
    ("pydantic", ("firmware/",)),
    ("numpy", ("sim_hardware/plant/", "sim_hardware/judges/", "sim_hardware/cryogens/",
               "bench/")),
    ("numba", ("sim_hardware/compiled.py",)),
    ("CoolProp", ("sim_hardware/cryogens/bake.py",)),
    ("matplotlib", ("bench/",)),
    ("typer", ("bench/",)),
    ("rich", ("bench/",)),
    ("prompt_toolkit", ("bench/",)),
)

BOARD_ONLY = ("machine", "micropython", "rp2", "uctypes", "esp32", "vfs")
BOARD = ("hal/board/", "firmware/board/")
CLOCK_FILES = ("hal/linux.py", "hal/board/clock.py", "benchmarks/", "tests/")
CONTROLLER_STDLIB = ("math", "typing")


class Import(NamedTuple):
    """One imported module, with the name taken from it ("" for the module itself)."""

    line: int
    module: str
    name: str


def imports(file: Source) -> list[Import]:
    """Return every import of the file, at whatever depth; relative ones made absolute."""
    found = []
    package = file.path.removesuffix(".py").split("/")[:-1]
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Import):
            found += [Import(node.lineno, alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[:len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, node.module] if node.module else base)
            found += [Import(node.lineno, module, alias.name) for alias in node.names]
    return found


def check_imports(file: Source) -> list[str]:
    """Return one sentence per import of `file` that goes the wrong way."""
    if file.path.startswith(STAND_IN):
        return []
    found = []
    for item in imports(file):
        reason = (_project(file.path, item) if item.module.split(".")[0] in ROOMS
                  else _library(file.path, item))
        if reason:
            found.append(f"{file.path}:{item.line}: {reason}")
    return found + _hidden(file)


def _project(path: str, item: Import) -> str:
    full = item.module + "." + item.name if item.name else item.module
    room = next((room for room in DIRECTIONS if path.startswith(room.prefix)), None)
    if room is None:
        return f"imports {item.module}, but no row of DIRECTIONS covers this file"
    # `from hal import interface` names a module that `hal` alone would not allow.
    if not any(_inside(item.module, may) or _inside(full, may) for may in room.may):
        return f"imports {full}; {room.prefix} may import only {', '.join(room.may)}"
    if path.startswith("controller/"):
        return _floor(path, full)
    return ""


def _floor(path: str, full: str) -> str:
    own = path.removeprefix("controller/").removesuffix(".py")
    if own == "__init__":
        return ""
    other = full.split(".")[1] if "." in full else ""
    level = {name: index for index, row in enumerate(FLOORS) for name in row}
    for name in (own, other):
        if name not in level:
            return f"controller.{name} has no row in FLOORS"
    if level[other] <= level[own]:
        return f"controller.{own} imports controller.{other}, which is not below it"
    return ""


def _library(path: str, item: Import) -> str:
    top = item.module.split(".")[0]
    if path == "tests/portable/replay.py":
        return ""  # the portable subset decides there
    if top in ("time", "utime"):
        return "" if _under(path, CLOCK_FILES) else "imports time; only the clock files may"
    if top in BOARD_ONLY:
        return "" if _under(path, BOARD) else f"imports {top}, which only a board has"
    if top in sys.stdlib_module_names:
        if path.startswith("controller/") and top not in CONTROLLER_STDLIB:
            return f"imports {top}; the controller is pure"
        return ""
    if path.startswith(("tests/", "benchmarks/")):
        return ""
    homes = dict(THIRD_PARTY).get(top)
    if homes is None:
        return f"imports {top}, which has no home in THIRD_PARTY"
    return "" if _under(path, homes) else f"imports {top}, which lives only in {', '.join(homes)}"


def _hidden(file: Source) -> list[str]:
    if file.path.startswith(("tests/", "bench/", "benchmarks/")):
        return []
    found = []
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Name) and node.id == "__import__":
            found.append(f"{file.path}:{node.lineno}: __import__ hides a direction")
        elif isinstance(node, ast.Attribute) and node.attr == "import_module":
            found.append(f"{file.path}:{node.lineno}: import_module hides a direction")
    return found


def _inside(module: str, may: str) -> bool:
    return module == may or module.startswith(may + ".")


def _under(path: str, homes: tuple[str, ...]) -> bool:
    return any(path.startswith(home) if home.endswith("/") else path == home for home in homes)
