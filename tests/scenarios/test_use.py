"""What an operator meets before and beside a treatment: e-stop test, pedal, a log that fails."""

from pathlib import Path

import pytest

from bench.treat import Outcome, SimulatedMachine, treat
from benchmarks.matrix.machine import ROOT, Machine
from controller.records import Decision, Reading
from firmware.assembly import Bench
from firmware.config import Rig, load_plan, load_rig
from firmware.control import inject
from firmware.recorder import SqliteRecorder

FULL = ROOT / "rigs" / "full.toml"


@pytest.fixture
def careful(tmp_path: Path) -> Rig:
    """A rig that asks for a test of its e-stop."""
    path = tmp_path / "careful.toml"
    path.write_text(FULL.read_text().replace("tick_ms", "estop_test = true\ntick_ms"))
    return load_rig(path)


@pytest.mark.requirement("H-01")
def test_without_a_test_of_the_emergency_stop_the_check_before_use_is_not_passed(careful: Rig
                                                                                 ) -> None:
    decision = Machine("short", rig=careful).check()
    assert decision.mode == "standby"
    assert "e-stop was not pressed and released since power-up" in decision.reason


@pytest.mark.requirement("H-01")
def test_an_emergency_stop_that_was_pressed_and_released_once_lets_a_treatment_start(careful: Rig
                                                                                     ) -> None:
    machine = Machine("short", rig=careful)
    machine.tick()
    machine.probe.inject("estop")
    assert machine.tick().mode == "fault"
    machine.probe.clear("estop")
    machine.tick("ack")
    assert machine.tick("reset").mode == "standby"
    assert machine.start().finish().mode == "done"


def at_full_rig() -> Machine:
    return Machine("short", rig=load_rig(FULL))


@pytest.mark.requirement("H-01")
def test_nothing_starts_without_a_foot_on_the_pedal() -> None:
    machine = at_full_rig()
    assert machine.check().mode == "ready"
    decision = machine.tick("freeze")
    assert decision.mode == "ready"
    assert "pedal released" in decision.replies[0].text


@pytest.mark.requirement("H-01")
def test_a_pedal_that_is_released_in_a_freeze_shuts() -> None:
    machine = at_full_rig().start()
    machine.run(1000)
    machine.probe.press_pedal(False)
    decision = machine.tick()
    assert (decision.mode, decision.valve_fraction) == ("fault", 0.0)
    assert decision.tripped[0].name == "pedal"


def test_an_operator_of_a_served_simulated_rig_holds_its_pedal_by_a_fault() -> None:
    machine = at_full_rig()
    assert machine.check().mode == "ready"
    inject(Bench(machine.loop.hardware, machine.probe, ()), ["pedal_stuck"])
    assert machine.tick("freeze").mode == "freeze"


@pytest.mark.requirement("H-01")
def test_a_pedal_that_is_stuck_from_power_up_starts_nothing() -> None:
    machine = at_full_rig()
    machine.probe.inject("pedal_stuck")
    decision = machine.check()
    assert decision.mode == "standby"
    assert "not seen released" in decision.reason


class Run:
    """A short treatment on the simulated probe whose log is removed under way."""

    def __init__(self, log: Path, removed_in: str) -> None:
        self._log = log
        self._removed_in = removed_in
        self.decisions: list[Decision] = []

    def watch(self, reading: Reading, decision: Decision) -> None:
        self.decisions.append(decision)
        if decision.mode == self._removed_in:
            self._log.unlink(missing_ok=True)

    def treated(self) -> Outcome:
        rig = load_rig(FULL)
        plan, _ = load_plan(ROOT / "plans" / "short.toml", rig.limits, rig.has_heater)
        recorder = SqliteRecorder(self._log, (), rows_per_commit=1)
        with SimulatedMachine(rig, plan, None, (), recorder, False) as machine:
            return treat(machine, plan.name, self.watch, lambda: False)


@pytest.mark.requirement("H-14")
def test_a_log_that_vanishes_in_a_treatment_is_a_medium_alarm_and_the_treatment_goes_on(
        tmp_path: Path) -> None:
    run = Run(tmp_path / "log.sqlite", "freeze")
    assert run.treated().mode == "done"
    alarms = {(alarm.name, alarm.priority) for decision in run.decisions
              for alarm in decision.alarms}
    assert ("log", "medium") in alarms
    assert run.decisions[-1].tripped == ()


@pytest.mark.requirement("H-14")
def test_a_log_that_vanishes_before_a_treatment_keeps_it_from_starting(tmp_path: Path) -> None:
    run = Run(tmp_path / "log.sqlite", "precheck")
    outcome = run.treated()
    assert outcome.mode == "standby"
    assert "removed" in outcome.reason
    assert all(decision.mode != "freeze" for decision in run.decisions)
