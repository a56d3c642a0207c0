"""The pages on modes and model show what code and script say."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.model.explore import DEAD
from benchmarks.model.rules import RULES
from controller.interlocks import ENDING, INTERLOCKS

ROOT = Path(__file__).parents[2]
SAFETY = ROOT / "docs" / "safety"


def between(page: str, mark: str) -> str:
    """Return what stands in a page after its mark, to the end of the block."""
    found = re.search(rf"<!-- {mark} -->\n(```\w+\n.*?```\n)", (SAFETY / page).read_text(), re.S)
    assert found, mark
    return found[1]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_model_check_is_as_quoted_and_breaks_no_rule() -> None:
    ran = subprocess.run([sys.executable, str(ROOT / "benchmarks" / "model_check.py"), "--check"],
                         capture_output=True, text=True, check=False, cwd=ROOT,
                         timeout=600, env={"PYTHONPATH": str(ROOT)})
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert between("model.md", "model_check").split() == ["```text", *ran.stdout.split(), "```"]


@pytest.mark.parametrize("row", RULES, ids=lambda row: row[0])
def test_every_rule_is_told(row: tuple) -> None:
    told = " ".join((SAFETY / "model.md").read_text().split())
    assert f"**{row[0]}**: {row[1]}" in told


def test_the_page_counts_the_rows_that_a_reset_does_not_ask() -> None:
    rows = [row for row in INTERLOCKS if row.response in ENDING and "fault" not in row.armed]
    assert f"{len(rows)} rows that end a freeze are not armed in fault" in (
        SAFETY / "model.md").read_text()


def test_every_row_that_nothing_takes_is_told() -> None:
    told = " ".join((SAFETY / "model.md").read_text().split())
    for row, why in DEAD:
        assert f"`{', '.join(row)}`: {why}" in told
