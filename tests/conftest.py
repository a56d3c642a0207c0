"""What every test may use: the MicroPython interpreter, and how a random test is replayed.

`make test` runs what is not marked slow. A test says which requirement it verifies with
`@pytest.mark.requirement("SR-03")`.
"""

import os
import shutil
import sys
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("house", deadline=None, print_blob=True)
settings.register_profile("ci", parent=settings.get_profile("house"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "house")


def tool(name: str) -> str:
    """Return the path of a program of this environment; without it skip, but fail in CI."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found:
        return found
    reason = f"{name} is not installed: its wheels exist only for some machines (setup.cfg)"
    if os.environ.get("CI"):
        pytest.fail(reason + "; in CI that is a failure", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def micropython() -> str:
    """Return the path of the MicroPython interpreter."""
    return tool("micropython")


@pytest.fixture(scope="session")
def mpy_cross() -> str:
    """Return the path of the MicroPython compiler."""
    return tool("mpy-cross")
