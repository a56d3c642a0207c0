"""What the page on the simulated probe quotes is what the scripts print, and every bar is met."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "simulated_probe.md"
NUMBER = re.compile(r"-?\d+\.?\d*(?:e[+-]\d+)?")


def said(script: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Return how a script ended and what it printed."""
    return subprocess.run([sys.executable, str(ROOT / "benchmarks" / f"{script}.py"), *options],
                          capture_output=True, text=True, check=False, timeout=1200)


def quoted(script: str) -> str:
    """Return what the page says that a script prints."""
    found = re.search(rf"<!-- {script} -->\n```text\n(.*?)```", PAGE.read_text(), re.S)
    assert found, script
    return found[1]


def assert_quoted(script: str, folder: Path) -> None:
    ran = said(script, "--check", "--json", str(folder / "figures.json"))
    assert ran.returncode == 0, ran.stdout[-500:] + ran.stderr[-2000:]
    told = quoted(script)
    assert NUMBER.sub("#", told).split() == NUMBER.sub("#", ran.stdout).split()
    for one, other in zip(NUMBER.findall(told), NUMBER.findall(ran.stdout), strict=True):
        assert float(one) == pytest.approx(float(other), rel=0.02, abs=2e-3), (one, other)
    assert len(json.loads((folder / "figures.json").read_text())) > 5


def test_the_validation_is_as_quoted_and_meets_its_bars(tmp_path: Path) -> None:
    assert_quoted("validation", tmp_path)


def test_the_tables_are_as_quoted_and_meet_their_bars(tmp_path: Path) -> None:
    assert_quoted("tables", tmp_path)


@pytest.mark.slow
def test_the_verification_is_as_quoted_and_meets_its_bars(tmp_path: Path) -> None:
    assert_quoted("verification", tmp_path)


@pytest.mark.slow
def test_the_ice_ball_is_within_a_tenth_of_two_dimensions_for_every_probe_and_course() -> None:
    ran = said("dose", "--check")
    assert ran.returncode == 0, ran.stdout[-500:] + ran.stderr[-2000:]


@pytest.mark.slow
def test_the_speed_script_prints_what_the_page_shows() -> None:
    # One round, and no --check: what is claimed is the form; a busy machine is no failure of code.
    one_round = ("import sys\n"
                 f"sys.path.insert(0, {str(ROOT / 'benchmarks')!r})\n"
                 "import _form, sim_speed\n"
                 "sim_speed.ROUNDS = 1\n"
                 "_form.main(sim_speed.measure)\n")
    ran = subprocess.run([sys.executable, "-c", one_round], capture_output=True, text=True,
                         check=False, timeout=600)
    assert ran.returncode == 0, ran.stderr[-2000:]
    printed = ran.stdout.replace("MISSED", "")
    assert NUMBER.sub("#", quoted("sim_speed")).split() == NUMBER.sub("#", printed).split()


def test_a_missed_bar_is_told_last_and_by_the_exit_code(tmp_path: Path) -> None:
    script = tmp_path / "short.py"
    script.write_text(
        "import sys\n"
        f"sys.path.insert(0, {str(ROOT / 'benchmarks')!r})\n"
        "from _form import Figure, main\n"
        "main(lambda pictures: ([Figure('a', float('nan'), 's', 1.0)], 'quote'))\n")
    told = subprocess.run([sys.executable, str(script)], capture_output=True, text=True,
                          check=True)
    assert told.stdout.splitlines()[-1] == "quote"
    short = subprocess.run([sys.executable, str(script), "--check"], capture_output=True,
                           text=True, check=False)
    assert short.returncode == 1
    assert short.stdout.splitlines()[-1].startswith("fell short: a ")
