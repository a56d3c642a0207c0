"""A whole treatment of an intercostal nerve: two freezes, as cold as asked and no colder."""

from functools import cache
from pathlib import Path

import pytest

from benchmarks.matrix.machine import Machine, Row
from controller.records import Cycle, Plan
from firmware.recorder import SqliteRecorder

SEEDS = (1, 2, 3)
TARGET_C = -60.0
SETTLED_MS = 25_000
CYCLES = (1, 2)


@pytest.fixture(scope="module", params=SEEDS)
def seed(request: pytest.FixtureRequest) -> int:
    """Return each seed in turn; of module scope, so that tests of one seed stand together."""
    return int(request.param)


@cache
def treated(seed: int) -> Machine:
    machine = Machine(seed=seed).start()
    machine.finish()
    return machine


def holds(seed: int, cycle: int) -> list[Row]:
    """Return the ticks of one hold."""
    return [row for row in treated(seed).rows
            if row.decision.course.phase == "hold" and row.decision.course.cycle == cycle]


def test_the_intercostal_plan_runs_to_its_end(seed: int) -> None:
    assert treated(seed).rows[-1].decision.mode == "done"


def test_both_cycles_are_held_for_as_long_as_the_plan_says(seed: int) -> None:
    lengths_ms = [rows[-1].decision.now_ms - rows[0].decision.now_ms
                  for rows in (holds(seed, cycle) for cycle in CYCLES)]
    assert lengths_ms == [89_900, 89_900]


def test_the_true_tip_is_within_one_degree_from_25_s_after_the_hold_began(seed: int) -> None:
    for cycle in CYCLES:
        rows = holds(seed, cycle)
        begun_ms = rows[0].decision.now_ms
        off_c = [abs(row.truth.tip_c - TARGET_C) for row in rows
                 if row.decision.now_ms >= begun_ms + SETTLED_MS]
        assert max(off_c) <= 1.0


@pytest.mark.requirement("H-06")
def test_the_true_tip_undershoots_by_two_degrees_at_most(seed: int) -> None:
    assert min(row.truth.tip_c for row in treated(seed).rows) >= TARGET_C - 2.0


@pytest.mark.requirement("H-06")
@pytest.mark.parametrize("target_c", [-20.0, -30.0, -45.0, -60.0])
@pytest.mark.parametrize("warmed_c", [3.0, 10.0, 25.0, 35.0])
def test_a_freeze_begun_in_tissue_that_is_still_cold_undershoots_by_two_degrees_at_most(
        target_c: float, warmed_c: float) -> None:
    cycle = Cycle(target_c, 20.0, "passive", 0.0, target_c + warmed_c)
    machine = Machine(Plan("again", (cycle, cycle))).start()
    assert machine.finish().mode == "done"
    coldest_c = min(row.truth.tip_c for row in machine.rows
                    if row.decision.mode == "freeze" and row.decision.course.cycle == 2)
    assert coldest_c >= target_c - 2.0


def test_the_probe_is_thawed_when_the_plan_is_done() -> None:
    assert treated(1).rows[-1].truth.tip_c >= 4.0


def test_nothing_is_late_in_virtual_time() -> None:
    assert all(row.reading.late_ms == 0 for row in treated(1).rows)


@pytest.mark.requirement("H-01")
def test_gas_flows_only_in_a_freeze_and_in_the_checks_short_one() -> None:
    where = {(row.decision.mode, row.decision.course.phase) for row in treated(1).rows
             if row.decision.valve_fraction > 0.0 and row.decision.isolator_open}
    assert where == {("precheck", "freeze"), ("freeze", "approach"), ("freeze", "hold")}


def test_an_active_thaw_heats_and_stays_below_the_ceiling() -> None:
    machine = Machine("active").start()
    assert machine.finish().mode == "done"
    thaw = [row for row in machine.rows if row.decision.mode == "thaw"]
    assert max(row.decision.heater_fraction for row in thaw) > 0.0
    assert max(row.truth.tip_c for row in machine.rows) <= 41.0


@pytest.mark.requirement("H-01")
def test_a_stop_in_a_freeze_ends_the_flow_within_a_second() -> None:
    machine = Machine().start()
    machine.run(5000)
    machine.tick("stop")
    machine.run(1500)
    assert machine.probe.truth().flow_g_per_s < 0.01


def logged(path: Path, seed: int) -> list[str]:
    """Return the log of a whole short treatment as SQL."""
    recorder = SqliteRecorder(path, (("seed", str(seed)),))
    Machine("short", seed, also=recorder).start().finish()
    recorder.commit()
    lines = list(recorder._db.iterdump())
    recorder.close("done")
    return lines


def test_the_same_seed_gives_the_same_log_to_the_last_bit(tmp_path: Path) -> None:
    assert logged(tmp_path / "a.sqlite", 7) == logged(tmp_path / "b.sqlite", 7)


def test_another_seed_gives_another_log(tmp_path: Path) -> None:
    assert logged(tmp_path / "a.sqlite", 7) != logged(tmp_path / "b.sqlite", 8)
