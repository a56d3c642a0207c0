"""Which files the rules look at. It judges nothing."""

import ast
import subprocess
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("controller", "hal", "sim_hardware", "firmware", "bench", "benchmarks", "tests")

# The files that run unchanged on MicroPython; a name with / at its end is a whole folder.
PORTABLE = (
    "controller/",
    "hal/interface.py",
    "hal/errors.py",
    "hal/board/",
    "firmware/loop.py",
    "firmware/board/",
    "tests/portable/replay.py",
)
STAND_IN = "hal/board/lib/"  # replaces CPython's library on the board, never runs beside it


class Source(NamedTuple):
    """One Python file, parsed."""

    path: str  # from the root, with /
    text: str
    tree: ast.Module  # empty when the text is not Python
    fault: str = ""  # why it is not


def source(path: str, text: str) -> Source:
    """Return `text` parsed as the file `path`."""
    try:
        return Source(path, text, ast.parse(text, path))
    except SyntaxError as error:
        return Source(path, text, ast.Module(body=[], type_ignores=[]),
                      f"{path}:{error.lineno}: {error.msg}")


def sources() -> list[Source]:
    """Return every Python file of the project that git would keep, tracked or not yet."""
    return [source(path, (ROOT / path).read_text(encoding="utf-8")) for path in _paths()]


def portable(files: list[Source]) -> list[Source]:
    """Return those that must also run on MicroPython."""
    return [file for file in files if is_portable(file.path)]


def is_portable(path: str) -> bool:
    """Return whether the file must also run on MicroPython."""
    if path.startswith(STAND_IN):
        return False
    return any(path.startswith(p) if p.endswith("/") else path == p for p in PORTABLE)


def _paths() -> list[str]:
    kept = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "*.py"],
        cwd=ROOT, capture_output=True, check=False)
    if kept.returncode == 0:
        names = set(kept.stdout.decode().split("\0")) - {""}
    else:  # a source archive without git
        names = {found.relative_to(ROOT).as_posix()
                 for room in ROOMS for found in ROOT.glob(room + "/**/*.py")}
    return sorted(name for name in names if (ROOT / name).is_file())
