"""The campaigns: short ones here, long ones by `make storm` and by hand; and that they can fail."""

import sys
from types import ModuleType

import pytest

from controller.core import Controller
from controller.records import Command, Decision, Reading
from tests.benchmarks.test_benchmarks import ROOT, said


@pytest.fixture(scope="module")
def storm() -> ModuleType:
    """Return benchmarks/_storm.py, which is in no package."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        import _storm as script
    finally:
        sys.path.pop(0)
    return script


class Deaf(Controller):
    """A broken twin: it opens the valve again when something has tripped."""

    def step(self, reading: Reading, commands: tuple[Command, ...]) -> Decision:
        decision = super().step(reading, commands)
        return decision._replace(valve_fraction=0.3) if decision.tripped else decision


class Forgetful(Controller):
    """A broken twin: a latch is gone when its cause is."""

    def step(self, reading: Reading, commands: tuple[Command, ...]) -> Decision:
        for held in self.alarms.held:
            held.is_acknowledged = True
        self.alarms.clear()
        return super().step(reading, commands)


@pytest.mark.timeout(120)
def test_a_short_storm_breaks_nothing() -> None:
    ran = said("storm", "--hours", "0.5", "--check")
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-2000:]
    assert ran.stdout.splitlines()[-1].startswith("0 invariants broken")


@pytest.mark.parametrize("twin", [Deaf, Forgetful])
def test_a_storm_finds_a_broken_controller(storm: ModuleType, twin: type[Controller]) -> None:
    def rage() -> None:
        for seed in range(1, 20):
            storm.Storm(seed, twin).run(300.0)

    with pytest.raises(storm.Broken):
        rage()


def test_a_storm_is_the_same_again(storm: ModuleType) -> None:
    runs = [storm.Storm(3), storm.Storm(3)]
    for run in runs:
        run.run(60.0)
    assert repr(runs[0].ticks.rows) == repr(runs[1].ticks.rows)


def test_a_run_is_replayed_bit_for_bit(storm: ModuleType) -> None:
    run = storm.Storm(2)
    run.run(120.0)
    run.replayed()


@pytest.mark.timeout(120)
def test_nominal_treatments_do_not_trip() -> None:
    ran = said("false_trips", "--runs", "24", "--check")
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-2000:]
    assert ran.stdout.splitlines()[-1] == "0 of 24 nominal treatments tripped"
