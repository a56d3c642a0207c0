"""The portable files compile for a board, and both interpreters decide alike to the last bit."""

import os
import random
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
import simple_pid

from controller.core import Controller
from controller.limits import limits_from
from controller.records import (
    CHANNELS,
    NOT_FITTED,
    Command,
    Cycle,
    Decision,
    Plan,
    Probe,
    Reading,
    Sample,
)
from tests.house.files import ROOT, STAND_IN, is_portable
from tests.portable import replay

PORTABLE = sorted(
    path.relative_to(ROOT).as_posix()
    for room in ("controller", "hal", "firmware") for path in (ROOT / room).rglob("*.py")
    if is_portable(path.relative_to(ROOT).as_posix())
    or path.relative_to(ROOT).as_posix().startswith(STAND_IN))
REPLAY = ROOT / "tests" / "portable" / "replay.py"
TICK_MS = 100
PLAN = Plan("short", (
    Cycle(target_c=-60.0, hold_s=4.0, thaw="passive", thaw_s=3.0, thaw_to_c=5.0),
    Cycle(target_c=-45.0, hold_s=2.0, thaw="active", thaw_s=2.0, thaw_to_c=15.0),
))


@pytest.mark.micropython
@pytest.mark.parametrize("path", PORTABLE)
def test_a_portable_file_compiles_for_the_board(mpy_cross: str, tmp_path: Path, path: str) -> None:
    done = subprocess.run([mpy_cross, "-o", str(tmp_path / "x.mpy"), str(ROOT / path)],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


PROBE = Probe(outer_diameter_mm=2.0, active_length_mm=10.0, full_flow_slpm=12.0, chip=1)
FITTED = (*CHANNELS, "heater", "isolator")


class Scenario(NamedTuple):
    """What happens to the simulated tip, by tick."""

    name: str
    orders: tuple[tuple[int, str], ...]  # (tick, word)
    faults: tuple[tuple[int, int, str], ...] = ()  # (first tick, last tick, what)
    fitted: tuple[str, ...] = FITTED
    unclean: str = ""
    ticks: int = 900


PEDAL_TICK = 150  # pressed from here on; before, it must be seen released
START = ((5, "plan"), (10, "precheck"), (160, "freeze"))
RECOVER = ((320, "ack"), (325, "reset"), (330, "thaw"), (400, "stop"), (410, "precheck"))
SCENARIOS = (
    Scenario("whole treatment", START),
    Scenario("one sensor", START, fitted=("tip_c", "supply_kpa", "heater")),
    Scenario("another target", (*START, (7, "target")), ticks=400),
    Scenario("refusals", ((3, "freeze"), (4, "reset"), *START, (170, "freeze"), (175, "target"),
                          (180, "nonsense"), (190, "thaw"), (195, "stop"), (199, "plan")),
             ticks=300),
    Scenario("open thermocouple", START + RECOVER, ((220, 225, "tip_c nan"),), ticks=500),
    Scenario("one bad sample", START, ((220, 220, "tip_c nan"),), ticks=300),
    Scenario("stale", START + RECOVER, ((220, 230, "tip_c stale"),), ticks=500),
    Scenario("drift", START + RECOVER, ((200, 300, "tip_b_c drift"),), ticks=500),
    Scenario("stuck", START + RECOVER, ((200, 300, "tip_c stuck"),), ticks=500),
    Scenario("infinite", START + RECOVER, ((220, 230, "tip_c inf"),), ticks=500),
    Scenario("exhaust", START + RECOVER, ((220, 230, "exhaust_kpa high"),), ticks=500),
    Scenario("supply", START + RECOVER, ((220, 250, "supply_kpa low"),), ticks=500),
    Scenario("skin", START + RECOVER, ((220, 230, "skin_c nan"),), ticks=500),
    Scenario("blocked", START + RECOVER, ((220, 260, "flow_slpm low"),), ticks=500),
    Scenario("leak", START + RECOVER, ((340, 380, "flow_slpm high"),), ticks=500),
    Scenario("another probe", START, ((140, 145, "probe_id high"),), ticks=200),
    Scenario("e-stop", START + RECOVER, ((220, 230, "estop open"),), ticks=500),
    Scenario("pedal", START + RECOVER, ((220, 230, "pedal open"),), ticks=500),
    Scenario("late", START + RECOVER, ((220, 221, "late"),), ticks=500),
    Scenario("valve refuses", START + RECOVER, ((220, 223, "actuator"),), ticks=500),
    Scenario("log and lamp", (*START, (300, "pause")), ((220, 230, "log"), (240, 250, "indicator")),
             ticks=350),
    Scenario("after a crash", ((5, "ack"), (10, "reset"), (15, "plan"), (20, "precheck")),
             unclean="killed while the valve was open", ticks=100),
)


class Tip:
    """A first-order tip and its gauges, with noise: enough to walk through every mode."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.tip_c = 34.0
        self.stuck_c = 34.0

    def advance(self, valve_fraction: float, heater_fraction: float) -> None:
        """Go on by one tick."""
        ends_c = 34.0 - 120.0 * min(1.0, 2.8 * valve_fraction) + 20.0 * heater_fraction
        self.tip_c += (ends_c - self.tip_c) * (TICK_MS / 3000.0)

    def sense(self, tick: int, valve_fraction: float) -> dict[str, float]:
        """Return the value of each channel."""
        noise = self.random.gauss
        return {
            "tip_c": self.tip_c + noise(0.0, 0.1),
            "tip_b_c": self.tip_c + noise(0.0, 0.1),
            "skin_c": 31.0 + noise(0.0, 0.1),
            "supply_kpa": 4800.0 - 300.0 * valve_fraction + noise(0.0, 5.0),
            "exhaust_kpa": 80.0 * valve_fraction + noise(0.0, 0.5),
            "flow_slpm": 12.0 * valve_fraction + noise(0.0, 0.05),
            "estop": 1.0,
            "cold_junction_c": 24.0 + noise(0.0, 0.1),
            "pedal": float(tick >= PEDAL_TICK),
            "probe_id": float(PROBE.chip),
        }


def reading_at(tick: int, tip: Tip, valve_fraction: float, scenario: Scenario) -> Reading:
    """Return what is sensed in this tick, with the faults of the scenario."""
    values = tip.sense(tick, valve_fraction)
    samples = {name: Sample(value, 10 + tick % 7, "") for name, value in values.items()}
    wrong = [what for first, last, what in scenario.faults if first <= tick <= last]
    for what in wrong:
        channel, _, how = what.partition(" ")
        if channel not in samples:
            continue
        value = samples[channel].value
        samples[channel] = {
            "nan": Sample(float("nan"), 10, "open circuit"),
            "inf": Sample(float("-inf"), 10, ""),
            "stale": Sample(value, 2000, ""),
            "drift": Sample(value + 0.2 * (tick - 200), 10, ""),
            "stuck": Sample(tip.stuck_c, 10, ""),
            "high": Sample(90.0 if channel == "flow_slpm" else 900.0, 10, ""),
            "low": Sample(0.21 * value, 10, ""),
            "open": Sample(0.0, 10, ""),
        }[how]
    if "tip_c stuck" not in wrong:
        tip.stuck_c = values["tip_c"]
    late_ms = 230 if "late" in wrong else tick % 3
    return Reading(1000 + tick * TICK_MS, late_ms, 2 if late_ms > TICK_MS else 0,
                   *(samples[name] if name in scenario.fitted else NOT_FITTED
                     for name in CHANNELS),
                   "valve: no reply" if "actuator" in wrong else "",
                   "no space left" if "log" in wrong else "",
                   "lamp: no reply" if "indicator" in wrong else "")


def command(word: str, number: int, now_ms: int, revision: int) -> Command:
    """Return the command as an operator's session would send it."""
    value = {"target": -51.3, "pause": 20.0}.get(word, float("nan"))
    return Command(word, PLAN.name if word == "plan" else "", value, "test", number, revision,
                   now_ms)


def record(scenario: Scenario, seed: int, path: Path) -> list[Decision]:
    """Run the scenario here, write what entered the controller, return what it decided."""
    out = replay.Writer()
    changes = (("freeze_s_max", 60.0),)
    replay.write_setup(out, changes, scenario.fitted, (PLAN,), PROBE, scenario.unclean)
    controller = Controller(limits_from(changes), scenario.fitted, (PLAN,), PROBE,
                            scenario.unclean)
    tip = Tip(seed)
    decisions: list[Decision] = []
    valve_fraction = 0.0
    revision = 0
    for tick in range(scenario.ticks):
        reading = reading_at(tick, tip, valve_fraction, scenario)
        commands = tuple(command(word, number, reading.now_ms, revision)
                         for number, (at, word) in enumerate(scenario.orders) if at == tick)
        replay.write_tick(out, reading, commands)
        decision = controller.step(reading, commands)
        decisions.append(decision)
        revision = decision.revision
        valve_fraction = decision.valve_fraction if decision.isolator_open else 0.0
        tip.advance(valve_fraction, decision.heater_fraction)
    path.write_bytes(out.data)
    return decisions


def replayed(program: str, paths: list[str], variable: str, path: Path) -> list[str]:
    """Return the lines that another interpreter prints for the recording."""
    done = subprocess.run([program, str(REPLAY), str(path)], capture_output=True, text=True,
                          check=False, env={**os.environ, variable: os.pathsep.join(paths)})
    assert done.returncode == 0, done.stderr + done.stdout[-2000:]
    return done.stdout.splitlines()


def same(expected: list[str], got: list[str]) -> str:
    """Return "" or the first tick that differs."""
    for tick, (one, other) in enumerate(zip(expected, got, strict=False)):
        if one != other:
            return f"tick {tick}:\n  {one}\n  {other}"
    return "" if len(expected) == len(got) else f"{len(expected)} lines, but {len(got)}"


LIBRARIES = str(Path(simple_pid.__file__).parents[1])


@pytest.mark.micropython
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_micropython_decides_alike(micropython: str, tmp_path: Path, scenario: Scenario) -> None:
    path = tmp_path / "run.bin"
    expected = [replay.line(decision) for decision in record(scenario, 1, path)]
    got = replayed(micropython, [str(ROOT / STAND_IN), str(ROOT), LIBRARIES], "MICROPYPATH", path)
    assert not same(expected, got)


@pytest.mark.parametrize("scenario", SCENARIOS[:2], ids=lambda scenario: scenario.name)
def test_a_replay_in_another_process_decides_alike(tmp_path: Path, scenario: Scenario) -> None:
    path = tmp_path / "run.bin"
    expected = [replay.line(decision) for decision in record(scenario, 2, path)]
    assert not same(expected, replayed(sys.executable, [str(ROOT)], "PYTHONPATH", path))


def random_scenario(seed: int) -> Scenario:
    """Return orders and faults in any order and at any time."""
    rng = random.Random(seed)
    words = ("plan", "precheck", "freeze", "stop", "thaw", "ack", "reset", "target", "pause")
    faults = sorted({what for scenario in SCENARIOS for _, _, what in scenario.faults})
    orders = [*START, *((rng.randrange(700), rng.choice(words)) for _ in range(30))]
    wrong = [(at, at + rng.choice((0, 1, 3, 20)), rng.choice(faults))
             for at in (rng.randrange(100, 700) for _ in range(4))]
    return Scenario(f"seed {seed}", tuple(orders), tuple(wrong), ticks=700)


@pytest.mark.micropython
@pytest.mark.parametrize("seed", [*range(4), *(pytest.param(seed, marks=pytest.mark.slow)
                                               for seed in range(4, 104))])
def test_micropython_decides_alike_at_random(micropython: str, tmp_path: Path, seed: int) -> None:
    path = tmp_path / "run.bin"
    expected = [replay.line(decision) for decision in record(random_scenario(seed), seed, path)]
    got = replayed(micropython, [str(ROOT / STAND_IN), str(ROOT), LIBRARIES], "MICROPYPATH", path)
    assert not same(expected, got)


def test_the_scenarios_reach_every_mode(tmp_path: Path) -> None:
    seen = {decision.mode for scenario in SCENARIOS
            for decision in record(scenario, 1, tmp_path / "run.bin")}
    assert seen >= {"standby", "precheck", "ready", "freeze", "thaw", "done", "fault"}


def test_a_difference_is_seen() -> None:
    assert same(["a", "b"], ["a", "c"]).startswith("tick 1")
    assert same(["a", "b"], ["a"])
    assert replay.bits(0.0) != replay.bits(-0.0)
    assert replay.bits(float("nan")) == replay.bits(-float("nan"))
