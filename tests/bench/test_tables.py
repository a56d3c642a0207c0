"""`cryoprobe limits` and `cryoprobe interlocks`: the tables that the running code uses."""

import json

import pytest

from controller.interlocks import INTERLOCKS
from controller.limits import LIMITS
from tests.bench.cli import ROOT, Cli


@pytest.mark.parametrize(("command", "names"), [
    ("limits", [row.name for row in LIMITS]), ("interlocks", [row.name for row in INTERLOCKS])])
def test_every_row_is_told_to_people_programs_and_documents(cli: Cli, command: str,
                                                            names: list[str]) -> None:
    rows = json.loads(cli(command, "--json").out)
    assert [next(iter(row.values())) for row in rows] == names
    lines = cli(command, "--markdown").out.splitlines()
    assert [line.split("|")[1].strip() for line in lines[2:]] == names
    assert all(line.count("|") == lines[0].count("|") for line in lines)
    told = cli(command)
    assert told.code == 0
    assert max(len(line) for line in told.out.splitlines()) <= 80
    assert {line.split("│")[1].strip() for line in told.out.splitlines() if "│" in line} == {
        "", *names}


def test_limits_are_those_of_the_rig(cli: Cli) -> None:
    sim_rig = (ROOT / "rigs" / "sim.toml").read_text()
    rig = cli.file("rig.toml", sim_rig + "[limits]\nfreeze_s_max = 111.0\n")
    rows = {row["limit"]: row["value"] for row in json.loads(
        cli("limits", "--rig", str(rig), "--json").out)}
    assert rows["freeze_s_max"] == "111.0"


def test_help_lists_only_what_is_built(cli: Cli) -> None:
    text = cli("--help").out
    for word in ("run", "serve", "sim", "console", "limits", "interlocks"):
        assert f" {word} " in text
    for word in ("tune", "flash", "campaign", "replay", "discover"):
        assert f" {word} " not in text
