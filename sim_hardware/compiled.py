"""The one door to Numba: `compiled` turns a plain function of numbers and arrays into machine code.

It does not know what it compiles. Without Numba's fast-math every result is that of the same
function run as plain Python (NUMBA_DISABLE_JIT=1), bit for bit.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])
ROOM = Path(__file__).resolve().parent


def _shelf() -> str:
    """Return a folder for machine code that belongs to exactly the sources of this room.

    Numba's own cache looks only at the file of the outermost function: after a change in a
    function that is called from another file, it would go on running the old one.
    """
    digest = hashlib.sha256(numba.__version__.encode())
    for source in sorted(ROOM.rglob("*.py")):
        digest.update(source.read_bytes())
    name = f"cryoprobe-{digest.hexdigest()[:16]}"
    for home in (ROOM / "__pycache__", Path.home() / ".cache"):
        try:
            (home / name).mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(home / name, os.W_OK):
            return str(home / name)
    return ""  # nowhere to write: compiled anew in every process


SHELF = _shelf()


def compiled(function: Function) -> Function:
    """Return `function` as machine code, compiled when it is first called; kept on disk if we can.

    It runs without holding Python's lock. Division by zero gives infinity or NaN, as in numpy;
    whoever divides proves his divisor.
    """
    config: Any = numba.config
    before = config.CACHE_DIR
    config.CACHE_DIR = SHELF
    try:
        return cast(Function, numba.njit(cache=bool(SHELF), error_model="numpy",
                                         nogil=True)(function))
    finally:
        config.CACHE_DIR = before


def plain(function: Function) -> Function:
    """Return the Python that a compiled function was made of: for what is called only once."""
    return cast(Function, getattr(function, "py_func", function))
