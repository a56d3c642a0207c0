"""The bench rig as a fixture."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenarios.wires import BenchRig


@pytest.fixture
def bench_rig(tmp_path: Path) -> Iterator[BenchRig]:
    """The bench rig with virtual instruments, unplugged at the end."""
    rig = BenchRig(tmp_path)
    yield rig
    rig.unplug()
