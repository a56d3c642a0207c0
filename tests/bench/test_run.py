"""`cryoprobe run` on the simulated probe: as a user meets it, right and wrong."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.bench.cli import ROOT, Cli

INTERCOSTAL = str(ROOT / "plans" / "intercostal.toml")
SHORT = str(ROOT / "plans" / "short.toml")
PLAN = """name = "mine"
[[cycle]]
target_c = -30.0
hold_s = 2.0
thaw_to_c = -20.0
"""
RIG = (ROOT / "rigs" / "sim.toml").read_text()
BENCH_RIG = (ROOT / "rigs" / "bench.toml").read_text()


def rows(log: Path, query: str) -> list[Any]:
    with sqlite3.connect(log) as db:
        found = db.execute(query).fetchall()
    db.close()
    return found


def test_two_cycles_are_completed_and_the_report_is_where_it_says(cli: Cli) -> None:
    said = cli("run", INTERCOSTAL)
    assert said.code == 0, said.err
    assert "completed in mode done" in said.out
    assert "hold 2/2" in said.out
    log = re.search(r"^log +(\S+)$", said.out, re.M)
    plot = re.search(r"^report +(\S+)$", said.out, re.M)
    assert log
    assert plot
    assert (cli.folder / plot[1]).read_bytes().startswith(b"\x89PNG")
    outcome, = rows(cli.folder / log[1], "SELECT value FROM run WHERE key = 'outcome'")
    assert outcome[0].startswith("done")


def test_json_is_for_programs(cli: Cli) -> None:
    said = cli("run", SHORT, "--json")
    report = json.loads(said.out)
    assert report["completed"] is True
    assert [cycle["cycle"] for cycle in report["cycles"]] == [1, 2]
    assert said.err == ""


    assert [alarm["name"] for alarm in report["alarms"]] == ["do_not_pull"]
    for cycle in report["cycles"]:
        assert cycle["ice_radius_mm"] > cycle["ice_m20_radius_mm"] > 1.0


def test_a_rig_with_every_sensor_is_run_with_a_foot_on_its_pedal_and_lacks_nothing(cli: Cli
                                                                                   ) -> None:
    said = cli("run", SHORT, "--rig", str(ROOT / "rigs" / "full.toml"))
    assert (said.code, said.err) == (0, "")


def test_what_happens_is_told_step_by_step_and_summed_up(cli: Cli) -> None:
    said = cli("run", SHORT)
    assert said.err == ("rig sim has no skin_c, so not: skin_sensor, skin_cold, skin_predicted, "
                        "skin_low, skin_falling; no pedal, so not: pedal, pedal_stuck\n")
    steps = re.findall(r"^ +[\d.]+ s  precheck (\w+)", said.out, re.M)
    assert steps == ["sensors", "leak", "isolator", "freeze", "shut", "thaw", "vent", "signals"]
    assert len(re.findall(r"^│ \d ", said.out, re.M)) == 2
    assert re.search(r"^  info     do_not_pull: .* \(2 times\)$", said.out, re.M)
    assert re.search(r"of 0 °C and of -20 °C after the freeze: cycle 1: [\d.]+ mm, [\d.]+ mm; "
                     r"cycle 2: [\d.]+ mm, [\d.]+ mm$", said.out, re.M)


def test_the_same_seed_gives_the_same_log(cli: Cli) -> None:
    logs = []
    for name, seed in (("a", "5"), ("b", "5"), ("c", "6")):
        log = cli.folder / f"{name}.sqlite"
        assert cli("run", SHORT, "--seed", seed, "--log", str(log)).code == 0
        with sqlite3.connect(log) as db:
            logs.append([line for line in db.iterdump() if "'seed'" not in line])
        db.close()
    assert logs[0] == logs[1]
    assert logs[0] != logs[2]


@pytest.mark.requirement("H-01")
@pytest.mark.parametrize(("fault", "reason"), [
    ("tip_open", "tip"), ("supply_loss", "supply"), ("estop", "stop"),
    ("tip_nan", "tip"), ("tip_value@20,value=1e38", "tip"),
])
def test_a_fault_shuts_the_valve_in_the_next_tick_and_is_named(cli: Cli, fault: str,
                                                               reason: str) -> None:
    text = fault if "@" in fault else fault + "@20"
    log = cli.folder / "log.sqlite"
    said = cli("run", INTERCOSTAL, "--fault", text, "--log", str(log))
    assert said.code == 3, said.err
    stopped = re.search(r"^stopped in mode fault: (.*)$", said.out, re.M)
    assert stopped
    assert reason in stopped[1]
    after = rows(log, "SELECT now_ms, valve_fraction, mode FROM ticks WHERE now_ms > 19900")
    assert after[-1][1:] == (0.0, "fault")
    assert after[-1][0] <= 20100, "later than the tick after the fault"
    assert all(valve > 0.0 and mode == "freeze" for _, valve, mode in after[:-1])
    assert rows(log, "SELECT count(*) FROM trips")[0][0] >= 1


# What is wrong with a file -> what the message must have.
BAD_PLANS = (
    ("unknown key", PLAN + "speed = 3\n", ["cycle.0.speed", "3", "unknown key"]),
    ("wrong type", PLAN.replace("2.0", '"long"'), ["cycle.0.hold_s", "long", "number"]),
    ("target below floor", PLAN.replace("-30.0", "-120.0"),
     ["cycle.0.target_c", "-120", "-95"]),
    ("target of the rig", PLAN.replace("-30.0", "-88.0"), ["-88.0", "-80.0..-10.0"]),
    ("NaN", PLAN.replace("-30.0", "nan"), ["cycle.0.target_c", "nan"]),
    ("infinite", PLAN.replace("2.0", "inf"), ["cycle.0.hold_s", "inf"]),
    ("hold too long", PLAN.replace("2.0", "9999.0"), ["cycle.0.hold_s", "9999"]),
    ("not UTF-8", b"name = \"\xff\xfe\"\n", ["UTF-8"]),
    ("not TOML", "name = \n", ["TOML", "line 1"]),
    ("no cycle", "name = \"mine\"", ["cycle", "missing"]),
)
BAD_RIGS = (
    ("unknown key", RIG + "[spaceship]\nx = 1\n", ["spaceship", "unknown key"]),
    ("unknown device", RIG.replace('tip = { device = "probe" }', 'tip = { device = "moon" }'),
     ["role.tip", "moon", "probe"]),
    ("two roles on one channel", BENCH_RIG.replace('tip_b = { device = "thermometer", channel = '
                                                   '"B"', 'tip_b = { device = "thermometer", '
                                                   'channel = "A"'),
     ["role.tip_b", "'A'", "tip"]),
    ("two devices on one port", BENCH_RIG.replace("ports/gas", "ports/thermometer"),
     ["port", "ports/thermometer", "one device per port"]),
    ("a gauge as thermometer", BENCH_RIG.replace('tip_b = { device = "thermometer", channel = '
                                                 '"B"', 'tip_b = { device = "gas", channel = "D"'),
     ["role.tip_b", "gas", "alicat"]),
    ("an input it has not", BENCH_RIG.replace('channel = "B" }', 'channel = "Z" }'),
     ["thermometer", "Z", "A, B, C, D"]),
    ("wrong type", RIG.replace("tick_ms = 100", "tick_ms = true"), ["tick_ms", "True"]),
    ("no valve", RIG.replace("valve =", "# valve ="), ["role.valve", "missing"]),
    ("floor beyond the hard one", RIG + "[limits]\ntip_c_min = -150.0\n",
     ["tip_c_min", "-150"]),
    ("unknown limit", RIG + "[limits]\ncoffee = 1.0\n", ["limits.coffee", "unknown key"]),
)


def one_clear_message(said: Any, parts: list[str], path: Path) -> None:
    assert said.code == 2, said.out + said.err
    assert "Traceback" not in said.err
    assert len(said.err.strip().splitlines()) == 1, said.err
    for part in [str(path), *parts]:
        assert part in said.err, said.err


@pytest.mark.timeout(20)
@pytest.mark.parametrize("fault", ["tip_open", "supply_loss", "estop", "flow_silent"])
def test_a_fault_from_the_very_beginning_ends_the_run(cli: Cli, fault: str) -> None:
    ended = cli("run", str(ROOT / "plans" / "short.toml"), "--fault", fault)
    assert ended.code == 3
    assert "stopped in mode" in ended.out


@pytest.mark.parametrize(("content", "parts"), [row[1:] for row in BAD_PLANS],
                         ids=[row[0] for row in BAD_PLANS])
def test_a_bad_plan_is_one_clear_message(cli: Cli, content: str | bytes,
                                         parts: list[str]) -> None:
    path = cli.file("mine.toml", content)
    one_clear_message(cli("run", str(path)), parts, path)


def test_every_problem_of_a_file_is_told(cli: Cli) -> None:
    path = cli.file("mine.toml", PLAN.replace("2.0", '"long"') + "speed = 3\n")
    said = cli("run", str(path))
    assert said.code == 2
    assert [line.split(": ")[1] for line in said.err.splitlines()] == [
        "cycle.0.hold_s", "cycle.0.speed"]


@pytest.mark.parametrize(("content", "parts"), [row[1:] for row in BAD_RIGS],
                         ids=[row[0] for row in BAD_RIGS])
def test_a_bad_rig_is_one_clear_message(cli: Cli, content: str,
                                        parts: list[str]) -> None:
    path = cli.file("rig.toml", content)
    one_clear_message(cli("run", SHORT, "--rig", str(path)), parts, path)


@pytest.mark.parametrize("option", ["plan", "rig"])
def test_a_file_that_is_not_there_is_one_clear_message(cli: Cli, option: str) -> None:
    path = cli.folder / "nothing.toml"
    words = ("run", str(path)) if option == "plan" else ("run", SHORT, "--rig", str(path))
    one_clear_message(cli(*words), ["no such file"], path)
    one_clear_message(cli(*[str(cli.folder) if word == str(path) else word for word in words]),
                      ["cannot be read"], cli.folder)


@pytest.mark.parametrize(("words", "parts"), [
    (("--fault", "tip_melted"), ["--fault", "tip_melted", "tip_open"]),
    (("--fault", "tip_open@soon"), ["--fault", "soon"]),
    (("--pace", "lazy"), ["--pace", "lazy", "fast or real"]),
    (("--rig", str(ROOT / "rigs" / "bench.toml"), "--fault", "tip_open"), ["--fault", "bench"]),
    (("--rig", str(ROOT / "rigs" / "bench.toml"), "--pace", "fast"), ["--pace", "bench"]),
    (("--rig", str(ROOT / "rigs" / "bench.toml"), "--seed", "1"), ["--seed", "bench"]),
])
def test_a_wish_that_cannot_be_had_is_one_clear_message(cli: Cli,
                                                        words: tuple[str, ...],
                                                        parts: list[str]) -> None:
    said = cli("run", SHORT, *words)
    assert said.code == 2
    assert len(said.err.strip().splitlines()) == 1
    assert all(part in said.err for part in parts), said.err


def test_a_log_is_never_overwritten(cli: Cli) -> None:
    log = cli.file("log.sqlite", "precious")
    one_clear_message(cli("run", SHORT, "--log", str(log)), ["exists"], log)
    assert log.read_text() == "precious"


def test_ports_that_are_not_there_are_exit_4(cli: Cli) -> None:
    rig = cli.file("rig.toml", BENCH_RIG)
    said = subprocess.run([sys.executable, "-m", "bench", "run", SHORT, "--rig", str(rig)],
                          cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
                          capture_output=True, text=True, check=False, timeout=30)
    assert said.returncode == 4, said.stderr
    assert "ports/thermometer" in said.stderr
    assert "Traceback" not in said.stderr


@pytest.mark.requirement("H-01")
@pytest.mark.parametrize(("number", "when", "open_then"), [
    (signal.SIGINT, "approach", ("freeze", 1.0)),
    (signal.SIGTERM, "precheck freeze", ("precheck", 0.3))])
def test_ctrl_c_while_gas_flows_shuts_the_valve_and_closes_the_log(
        tmp_path: Path, number: signal.Signals, when: str, open_then: tuple[str, float]) -> None:
    log = tmp_path / "log.sqlite"
    run = subprocess.Popen([sys.executable, "-m", "bench", "run", INTERCOSTAL, "--pace", "real",
                            "--log", str(log)], cwd=ROOT, stdout=subprocess.PIPE, text=True,
                           env={**os.environ, "PYTHONUNBUFFERED": "1"})
    assert run.stdout
    for line in run.stdout:
        if when in line:
            break
    run.send_signal(number)
    rest = run.stdout.read()
    assert run.wait(20) == 3
    assert "stop" in rest
    assert not log.with_name(log.name + "-wal").exists()
    modes = rows(log, "SELECT mode, valve_fraction FROM ticks ORDER BY tick")
    assert open_then in modes
    assert modes[-1] == ("standby", 0.0)


def test_a_report_that_cannot_be_drawn_takes_nothing_from_the_outcome(cli: Cli) -> None:
    log = cli.folder / "log.sqlite"
    log.with_suffix(".png").mkdir()  # in the way of the plot
    said = cli("run", SHORT, "--log", str(log))
    assert said.code == 0
    assert "no report" in said.err
    assert "Traceback" not in said.err
