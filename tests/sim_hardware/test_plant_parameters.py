"""The page about the simulated probe repeats some parameters; it says what the code says."""

import re
from pathlib import Path

import pytest

from sim_hardware.plant.parameters import NOMINAL

PAGE = Path(__file__).resolve().parents[2] / "docs" / "simulated_probe.md"
TABLE = PAGE.read_text(encoding="utf-8").split("## Parameters")[1].split("\n## ")[0]
ROWS = re.findall(r"^\| `(\w+)` \| ([^|]+) \|", TABLE, re.MULTILINE)


@pytest.mark.parametrize(("name", "value"), ROWS)
def test_the_page_states_the_parameters_of_the_code(name: str, value: str) -> None:
    assert getattr(NOMINAL, name) == float(value)


def test_the_page_has_its_table() -> None:
    assert len(ROWS) > 10
