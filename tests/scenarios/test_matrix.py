"""The fault matrix, thinned: every fault in the hold and in one other mode; the whole is slow."""

import re
import subprocess
import sys

import pytest

from benchmarks.matrix.cells import FULL, REDUCED, SEVERITIES, STAGES, Cell, cells, played
from benchmarks.matrix.expected import EXPECTED, UNPROTECTED, expected_of, judged, outside
from benchmarks.matrix.machine import ROOT
from benchmarks.matrix.virtual_bench import VirtualBench
from controller.interlocks import INTERLOCKS
from sim_hardware.faults import FAULTS
from sim_hardware.instruments.wire import WIRE_FAULTS

PAGE = ROOT / "docs" / "safety" / "fault_matrix.md"
OTHER = ("thaw", "approach", "ready", "done", "precheck freeze")  # in turn
IN_HOLD = cells(stages=("hold",), rigs=(FULL,), only_default=True)
ELSEWHERE = [Cell(fault.name, (), OTHER[i % len(OTHER)], FULL) for i, fault in enumerate(FAULTS)]
LEASE_MS = 500
AGE_MS = 300


def named(cell: Cell) -> str:
    return f"{cell.fault}-{cell.stage.replace(' ', '_')}{cell.severity()}"


@pytest.mark.requirement("H-01")
@pytest.mark.parametrize("cell", [*IN_HOLD, *ELSEWHERE], ids=named)
def test_a_fault_ends_by_its_row_in_its_time_or_is_proven_harmless(cell: Cell) -> None:
    verdict = judged(played(cell))
    assert verdict.word in ("row", "harmless"), verdict.why


@pytest.mark.slow
@pytest.mark.requirement("H-01")
@pytest.mark.parametrize("stage", STAGES)
def test_the_whole_matrix_of_the_full_rig(stage: str) -> None:
    wrong = [(named(cell), verdict.why) for cell in cells(stages=(stage,), rigs=(FULL,))
             if (verdict := judged(played(cell))).word not in ("row", "harmless")]
    assert not wrong


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["ready", "approach", "hold", "thaw"])
def test_the_reduced_rig_is_as_the_page_says_it_is(stage: str) -> None:
    wrong = [(named(cell), verdict.why) for cell in cells(stages=(stage,), rigs=(REDUCED,))
             if (verdict := judged(played(cell))).word == "WRONG"]
    assert not wrong


def test_every_fault_is_expected_and_every_expected_row_exists() -> None:
    assert [row.fault for row in EXPECTED] == [fault.name for fault in FAULTS]
    names = {row.name for row in INTERLOCKS} | {"check"}
    assert all(set(row.rows) <= names for row in EXPECTED)
    assert set(SEVERITIES) <= {fault.name for fault in FAULTS}
    assert all(expected_of(row.fault).rows for row in UNPROTECTED)


# What the matrix has found, and what was mended for it.

@pytest.mark.requirement("H-07")
@pytest.mark.parametrize("share", [0.5, 0.7, 1.0])
def test_a_stuck_heater_is_off_before_the_tip_is_too_hot(share: float) -> None:
    outcome = played(Cell("heater_stuck", (("fraction", share),), "thaw", FULL))
    assert outcome.row == "thaw_predicted"
    assert not outside(outcome)


@pytest.mark.requirement("H-07")
def test_a_single_tip_sensor_that_is_stuck_ends_the_heating() -> None:
    outcome = played(Cell("tip_stuck", (), "thaw", REDUCED))
    assert outcome.row == "tip_stuck"
    assert outcome.since_ms <= 2300


@pytest.mark.requirement("H-01")
def test_a_valve_stuck_open_shows_in_a_thaw_without_a_flow_meter() -> None:
    outcome = played(Cell("valve_stuck_open", (("fraction", 1.0),), "thaw", REDUCED))
    assert outcome.row in ("no_warming", "shut_cooling")


def test_a_silent_flow_meter_is_named_in_a_thaw() -> None:
    assert played(Cell("flow_silent", (), "thaw", FULL)).row == "flow_sensor"


# On the wires: rigs/bench.toml in virtual time.

# what a wire does -> the rows that may find it, by device; () when nothing may come of it
ON_WIRES = {
    "silence": {"thermometer": ("tip_sensor",), "gas": ("supply_sensor", "actuator")},
    "garbage": {"thermometer": ("tip_sensor",), "gas": ("supply_sensor", "actuator")},
    "late": {"thermometer": ("tip_sensor",), "gas": ("supply_sensor", "actuator")},
    "half": {"thermometer": ("tip_sensor",), "gas": ("supply_sensor", "actuator")},
    "twice": {"thermometer": (), "gas": ()},
    "digit": {"thermometer": ("tip_step", "tip_disagree", "tip_cold"),
              "gas": ("exhaust_high", "supply_low", "supply_high", "actuator")},
    "kelvin": {"thermometer": ("tip_sensor",), "gas": ("flow_sensor", "actuator")},
    "psi": {"thermometer": ("tip_cold", "tip_step"), "gas": ("supply_low", "actuator")},
}
WIRED = [(fault, device) for fault in ON_WIRES for device in ("thermometer", "gas")]
FOUND_MS = {"digit": 1500}  # until the digit differs much; a gauge ages, or three replies fail
PLANT_MS = 900  # line and valve


def on_wires(fault: str, device: str, mode: str, phase: str) -> tuple[list[str], int, int, float]:
    """Return the trips, ms until the first, ms until the order to shut came, and the coldest."""
    with VirtualBench() as bench:
        bench.to(mode, phase)
        first, begun_ms = len(bench.rows), bench.clock.now_ms()
        bench.twins[device].inject(fault)
        shut_ms = -1
        while bench.clock.now_ms() < begun_ms + 4000:
            bench.tick()
            if shut_ms < 0 and bench.probe.demanded().valve_fraction == 0.0:
                shut_ms = bench.clock.now_ms() - begun_ms
        rows = bench.rows[first:]
    tripped = [row for row in rows if row.decision.tripped]
    found_ms = tripped[0].reading.now_ms - begun_ms if tripped else -1
    names = [tripped[0].decision.tripped[0].name] if tripped else []
    return names, found_ms, shut_ms, min(row.truth.tip_c for row in rows)


@pytest.mark.requirement("H-04")
@pytest.mark.parametrize(("fault", "device"), WIRED)
def test_a_wire_fault_in_the_hold_shuts_within_age_and_lease(fault: str, device: str) -> None:
    names, found_ms, shut_ms, coldest_c = on_wires(fault, device, "freeze", "hold")
    assert coldest_c > -90.0
    expected = ON_WIRES[fault][device]
    assert set(names) <= set(expected)
    if expected:
        assert names
        assert found_ms <= FOUND_MS.get(fault, AGE_MS + 200)
        assert 0 <= shut_ms <= found_ms + LEASE_MS


@pytest.mark.slow
@pytest.mark.parametrize(("mode", "phase"), [("freeze", "approach"), ("thaw", "thaw")])
@pytest.mark.parametrize(("fault", "device"), WIRED)
def test_a_wire_fault_elsewhere_leaves_no_gas(fault: str, device: str, mode: str,
                                              phase: str) -> None:
    names, _, shut_ms, coldest_c = on_wires(fault, device, mode, phase)
    assert coldest_c > -90.0
    assert not names or shut_ms >= 0


def test_every_wire_fault_is_tried() -> None:
    assert [fault.name for fault in WIRE_FAULTS] == list(ON_WIRES)


@pytest.mark.slow
def test_the_page_shows_what_the_script_prints() -> None:
    ran = subprocess.run([sys.executable, str(ROOT / "benchmarks" / "fault_matrix.py"), "--check"],
                         capture_output=True, text=True, check=False, timeout=1500)
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-2000:]
    assert without_times(shown_on_the_page()) == without_times(ran.stdout)


def shown_on_the_page() -> str:
    found = re.search(r"<!-- fault_matrix -->\n```text\n(.*?)```", PAGE.read_text(), re.S)
    assert found
    return found[1]


def without_times(text: str) -> list[str]:
    """Return the lines of faults and modes with the names of their rows."""
    return [re.sub(r" [\d.]+", "", line).rstrip() for line in text.splitlines()
            if line.startswith("  ")]


def test_the_page_has_every_fault_in_the_hold() -> None:
    lines = without_times(shown_on_the_page())
    for row in EXPECTED:
        assert any(line.split()[:2] == [row.fault, "hold"] for line in lines), row.fault
