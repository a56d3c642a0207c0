"""Rig and plan files: what is wrong is told in one line each, with file, key, value and range."""

import os
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.limits import LIMITS, Limit, limits_from
from controller.treatment import CYCLES_MAX
from firmware.config import ConfigError, WireDevice, load_plan, load_rig

ROOT = Path(__file__).parents[2]
SIM = (ROOT / "rigs" / "sim.toml").read_text()
BENCH = (ROOT / "rigs" / "bench.toml").read_text()
PLAN = """name = "brief"
about = "for a test"
[[cycle]]
target_c = -40.0
hold_s = 30.0
thaw_s = 2.0
thaw_to_c = 5.0
[[cycle]]
target_c = -50.0
hold_s = 30.0
thaw = "passive"
thaw_to_c = 5.0
"""
CYCLE = "[[cycle]]\ntarget_c = -40.0\nhold_s = 100.0\nthaw_to_c = 5.0\n"
LIMITS_IN_FORCE = limits_from()


class Edit(NamedTuple):
    """What is changed in a sound file, and the one problem that comes of it."""

    old: str
    new: str
    problem: str  # after the file's name


def edited(sound: str, edit: Edit) -> str:
    assert edit.old in sound
    return sound.replace(edit.old, edit.new, 1)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file.toml"


def rig_problems(file: Path, text: str) -> tuple[str, ...]:
    file.write_text(text)
    with pytest.raises(ConfigError) as refused:
        load_rig(file)
    return refused.value.problems


def plan_problems(file: Path, text: str, heater: bool = False) -> tuple[str, ...]:
    file.write_text(text)
    with pytest.raises(ConfigError) as refused:
        load_plan(file, LIMITS_IN_FORCE, heater)
    return refused.value.problems


# Sound files.


@pytest.mark.parametrize("path", sorted((ROOT / "rigs").glob("*.toml")), ids=lambda path: path.stem)
def test_every_shipped_rig_is_sound(path: Path) -> None:
    assert load_rig(path).entries.name == path.stem


@pytest.mark.parametrize("path", sorted((ROOT / "plans").glob("*.toml")),
                         ids=lambda path: path.stem)
def test_every_shipped_plan_is_sound(path: Path) -> None:
    plan, text = load_plan(path, LIMITS_IN_FORCE, True)
    assert plan.name == path.stem
    assert text == path.read_text()


def test_a_whole_number_may_stand_for_a_number(file: Path) -> None:
    file.write_text(PLAN.replace("-40.0", "-40"))
    plan, _ = load_plan(file, LIMITS_IN_FORCE, False)
    assert plan.cycles[0].target_c == -40.0


def test_a_mark_at_the_beginning_that_an_editor_left_does_not_matter(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbf" + PLAN.encode())
    load_plan(file, LIMITS_IN_FORCE, False)


def test_a_relative_port_counts_from_the_rig_files_folder(file: Path) -> None:
    file.write_text(BENCH)
    rig = load_rig(file)
    device = rig.entries.device["gas"]
    assert isinstance(device, WireDevice)
    assert rig.port_of(device) == str(file.parent / "ports" / "gas")
    url = device.model_copy(update={"port": "socket://gas:4001"})
    assert rig.port_of(url) == "socket://gas:4001"


# Files that are none.


@pytest.mark.parametrize(("content", "why"), [
    (None, "there is no such file"),
    (b"", "name: is missing"),
    (b"name = 'caf\xe9'", "is not UTF-8 text (byte 11)"),
    (b"name", "is not TOML: Expected '='"),
    (b"\x00\x01\x02", "is not TOML: "),
    (b"a = " + b"[" * 5000, "is not TOML: "),
    (b"a = 1\na = 2", "is not TOML: Cannot overwrite a value"),
    (b"a = " + b"9" * 5000, "is not TOML: "),
], ids=["missing", "empty", "not UTF-8", "not TOML", "binary", "deep", "twice", "endless number"])
def test_a_file_that_is_no_configuration_is_told_with_its_name(file: Path, content: bytes | None,
                                                               why: str) -> None:
    if content is not None:
        file.write_bytes(content)
    for load in (load_rig, lambda path: load_plan(path, LIMITS_IN_FORCE, False)):
        with pytest.raises(ConfigError) as refused:
            load(file)
        assert refused.value.problems[0].startswith(f"{file}: {why}")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load_rig(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_told(file: Path) -> None:
    file.write_text(SIM)
    file.chmod(0)
    with pytest.raises(ConfigError, match="cannot be read: Permission denied"):
        load_rig(file)


# Rigs.

SIM_EDITS = (
    Edit("[role]", "[rôle]", "is not TOML: Expected ']' at the end of a table"),
    Edit("tick_ms = 100", "tick_hz = 10", "tick_hz: unknown key (value 10)"),
    Edit("seed = 1", "sead = 1", "device.probe.sead: unknown key (value 1)"),
    Edit('tip = { device = "probe" }', 'tip = { device = "probe", gain = 2 }',
         "role.tip.gain: unknown key (value 2)"),
    Edit("tip =", "brain =", "role.brain: 'brain' is not 'tip', 'tip_b',"),
    Edit('name = "sim"', "name = 5", "name: 5 is not 1..32 letters, digits, - and _"),
    Edit('name = "sim"', 'name = "a b"', "name: 'a b' is not 1..32 letters, digits, - and _"),
    Edit('"N2O"', '"CO2"', "probe.cryogen: 'CO2' is not 'N2O'"),
    Edit("outer_diameter_mm = 2.0", "", "probe.outer_diameter_mm: is missing"),
    Edit("seed = 1", "seed = -1", "device.probe.seed: -1 is not a whole number of 0..2147483647"),
    Edit('medium = "muscle"', 'medium = "jelly"', "device.probe.medium: 'jelly' is not 'muscle', "),
    Edit('kind = "sim"', 'kind = "arduino"',
         "device.probe: kind: 'arduino' is not one of 'sim', 'lakeshore218', "),
    Edit('kind = "sim"', "", "device.probe: kind: is missing"),
    Edit('tip = { device = "probe" }', 'tip = "probe"', "role.tip: 'probe' is not a table"),
    Edit('tip = { device = "probe" }', 'tip = { device = "prob" }',
         "role.tip.device: 'prob' is not a device; there are: probe"),
    Edit('valve = { device = "probe" }', "",
         "role.valve: is missing; without a valve there is nothing to control"),
    Edit("[role]", "[limits]\nnerve_c_min = 1\n[role]",
         "limits.nerve_c_min: unknown key (value 1); `cryoprobe limits` lists them"),
    Edit("[role]", "[limits]\ntip_c_min = -50\n[role]",
         "limits: tip_c_min -50.0 must be below target_c_min -80.0"),
    Edit("tick_ms = 100", "tick_ms = 100\nlimits = 5", "limits: 5 is not a table"),
    *(Edit('cryogen = "N2O"', f'cryogen = "N2O"\nfull_flow_slpm = {wrong}',
           f"probe.full_flow_slpm: {said} is not a number of 0.5..50.0 slpm")
      for wrong, said in (("0.49", "0.49"), ("50.1", "50.1"), ("nan", "nan"), ("true", "True"))),
    *(Edit('cryogen = "N2O"', f'cryogen = "N2O"\nchip = {wrong}',
           f"probe.chip: {said} is not a whole number of 0..1000000000")
      for wrong, said in (("-1", "-1"), ("1.0", "1.0"), ("1000000001", "1000000001"))),
    Edit("tick_ms = 100", "tick_ms = 100\nestop_test = 1", "estop_test: 1 is wrong"),
)
ON_WIRES = ("heater", "heater_relay", "isolator", "estop", "cold_junction", "pedal", "probe_id",
            "indicator")
BENCH_EDITS = (
    *(Edit("[role]", f'[role]\n{role} = {{ device = "gas", channel = "D" }}',
           f"role.{role}.device: 'gas' is of kind 'alicat', which can be: valve, flow, supply, "
           "exhaust") for role in ON_WIRES),
    Edit('"7O1"', '"9X9"', "device.thermometer.framing: '9X9' is not data bits 7 or 8, parity"),
    Edit("baud = 57600", "baud = 1",
         "device.thermometer.baud: 1 is not a whole number of 300..921600 baud"),
    Edit('port = "ports/gas"', 'port = ""',
         "device.gas.port: '' is not a text of 1..200 characters"),
    Edit('port = "ports/gas"', 'port = "a\\u0000b"', "device.gas.port: 'a\\x00b' is not a text"),
    Edit('port = "ports/gas"', 'port = "ports/./thermometer"',
         "device.gas.port: 'ports/./thermometer' is already the port of device thermometer; one "
         "device per port"),
    Edit('tip_b = { device = "thermometer", channel = "B" }',
         'tip_b = { device = "thermometer", channel = "A" }',
         "role.tip_b: channel 'A' of device thermometer already plays role tip; one role per "
         "channel"),
    Edit('exhaust = { device = "gas", channel = "C" }',
         'exhaust = { device = "gas", channel = "A" }',
         "role.exhaust: channel 'A' of device gas already plays role valve"),
    Edit('tip_b = { device = "thermometer", channel = "B" }', 'tip_b = { device = "thermometer" }',
         "role.tip_b.channel: is missing; device thermometer has several"),
    Edit('exhaust = { device = "gas"', 'exhaust = { device = "thermometer"',
         "role.exhaust.device: 'thermometer' is of kind 'lakeshore336', which can be: tip, tip_b, "
         "skin"),
    Edit("full_scale_slpm = 20.0, full_open_slpm = 12.0", "full_scale_slpm = 20.0",
         "role.valve: full_scale_slpm and full_open_slpm are missing; an Alicat needs both"),
    Edit("full_scale_slpm = 20.0", "full_scale_slpm = 0",
         "role.valve.full_scale_slpm: 0 is not a number above 0, at most 500 slpm"),
    Edit('flow = { device = "gas", channel = "A" }', 'flow = { device = "gas", channel = "D" }',
         "role.flow: gas 'D' is not the valve's gas 'A'; the flow is what the valve's Alicat "
         "measures"),
    Edit("[role]", '[device.pretended]\nkind = "sim"\n[role]',
         "device: simulated and real devices cannot be mixed in one rig"),
)


@pytest.mark.parametrize(("sound", "edit"),
                         [(SIM, edit) for edit in SIM_EDITS] + [(BENCH, e) for e in BENCH_EDITS],
                         ids=lambda given: given.problem[:40] if isinstance(given, Edit) else "")
def test_what_is_wrong_in_a_rig_is_one_line(file: Path, sound: str, edit: Edit) -> None:
    problems = rig_problems(file, edited(sound, edit))
    assert len(problems) == 1
    assert problems[0].startswith(f"{file}: {edit.problem}")
    assert "\n" not in problems[0]


@pytest.mark.parametrize("wrong", ["true", '"2"', "nan", "inf", "-inf", "0.49", "5.01", "[2.0]",
                                   "2026-01-01", "{ mm = 2 }", "1e400"])
def test_what_is_no_number_of_the_range_is_told_with_the_range(file: Path, wrong: str) -> None:
    problem, = rig_problems(file, SIM.replace("outer_diameter_mm = 2.0",
                                              f"outer_diameter_mm = {wrong}"))
    assert problem.startswith(f"{file}: probe.outer_diameter_mm: ")
    assert problem.endswith(" is not a number of 0.5..5.0 mm")


@pytest.mark.parametrize("wrong", ["true", '"100"', "100.0", "nan", "19", "201", "1_000_000"])
def test_what_is_no_whole_number_of_the_range_is_told_with_it(file: Path, wrong: str) -> None:
    problem, = rig_problems(file, SIM.replace("tick_ms = 100", f"tick_ms = {wrong}"))
    assert problem.startswith(f"{file}: tick_ms: ")
    assert problem.endswith(" is not a whole number of 20..200 ms")


@pytest.mark.requirement("H-01")
@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.name)
def test_no_rig_sets_a_limit_outside_its_hard_range(file: Path, limit: Limit) -> None:
    for wrong in (limit.low - 1, limit.high + 1, "nan", "inf", "-inf", "true", '"1"'):
        problem, = rig_problems(file, SIM.replace(
            "[role]", f"[limits]\n{limit.name} = {wrong}\n[role]"))
        assert problem.startswith(f"{file}: limits.{limit.name}: ")
        assert problem.endswith(f" is not a number of {limit.low}..{limit.high} {limit.unit}")


def test_every_problem_of_a_rig_is_told_at_once(file: Path) -> None:
    text = SIM.replace("tick_ms = 100", "tick_ms = 5").replace('"N2O"', '"CO2"').replace(
        "active_length_mm = 10.0", "")
    assert len(rig_problems(file, text)) == 3
    text = BENCH.replace("[role]", "[limits]\ntip_c_min = 5\nage_ms_max = 5\n[role]").replace(
        "ports/gas", "ports/thermometer")
    assert len(rig_problems(file, text)) == 3


@pytest.mark.requirement("H-01")
def test_a_test_of_the_emergency_stop_needs_one(file: Path) -> None:
    text = SIM.replace("tick_ms = 100", "tick_ms = 100\nestop_test = true")
    file.write_text(text)
    assert load_rig(file).entries.estop_test
    assert rig_problems(file, text.replace('estop = { device = "probe" }', "")) == (
        f"{file}: estop_test: is true, but no role is called estop",)


# Plans.

PLAN_EDITS = (
    Edit("target_c = -40.0", "target_c = -120.0",
         "cycle.0.target_c: -120.0 is not a number of -95.0..0.0 °C"),
    Edit("target_c = -40.0", "target_c = -90.0",
         "cycle 1: target -90.0 °C is outside -80.0..-10.0 °C"),
    Edit("target_c = -40.0", "target_c = nan",
         "cycle.0.target_c: nan is not a number of -95.0..0.0 °C"),
    Edit("target_c = -50.0", "target_c = true",
         "cycle.1.target_c: True is not a number of -95.0..0.0 °C"),
    Edit("hold_s = 30.0", "hold_s = inf", "cycle.0.hold_s: inf is not a number of 1.0..480.0 s"),
    Edit("hold_s = 30.0", "hold_s = 300", "cycle 1: hold 300.0 s is outside 1.0..240.0 s"),
    Edit("thaw_s = 2.0", "thaw_s = -1", "cycle.0.thaw_s: -1 is not a number of 0.0..900.0 s"),
    Edit("thaw_to_c = 5.0", "thaw_to_c = 90",
         "cycle.0.thaw_to_c: 90 is not a number of -60.0..35.0 °C"),
    Edit("thaw_to_c = 5.0", "", "cycle.0.thaw_to_c: is missing"),
    Edit('thaw = "passive"', 'thaw = "fast"', "cycle.1.thaw: 'fast' is not 'passive' or 'active'"),
    Edit('thaw = "passive"', 'thaw = "active"',
         "cycle 2: active thaw needs a heater, and the rig has none"),
    Edit("thaw_s =", "thaw_min =", "cycle.0.thaw_min: unknown key (value 2.0)"),
    Edit('about = "for a test"', "about = 1", "about: 1 is not a text of at most 400 characters"),
    Edit('name = "brief"', 'name = ""', "name: '' is not 1..32 letters, digits, - and _"),
)


@pytest.mark.parametrize("edit", PLAN_EDITS, ids=lambda edit: edit.problem[:40])
def test_what_is_wrong_in_a_plan_is_one_line(file: Path, edit: Edit) -> None:
    assert plan_problems(file, edited(PLAN, edit)) == (f"{file}: {edit.problem}",)


@pytest.mark.parametrize(("cycles", "problem"), [
    ("", "cycle: is missing"),
    ("cycle = []", "cycle: has 0 entries, not 1..8"),
    ("cycle = 5", "cycle: 5 is not a list of tables"),
    ("cycle = [5]", "cycle.0: 5 is not a table"),
    (CYCLE * (CYCLES_MAX + 1), "cycle: has more than 8 entries"),
    (CYCLE * 7, "the holds add up to 700.0 s, not at most 600.0 s"),
])
def test_a_plan_with_too_few_or_too_many_cycles_is_refused(file: Path, cycles: str,
                                                           problem: str) -> None:
    assert plan_problems(file, f'name = "x"\n{cycles}') == (f"{file}: {problem}",)


def test_every_cycle_that_the_rig_may_not_run_is_told(file: Path) -> None:
    text = PLAN.replace("target_c = -40.0", "target_c = -5.0").replace("= -50.0", "= -85.0")
    assert [problem.split(": ")[1] for problem in plan_problems(file, text)] == [
        "cycle 1", "cycle 2"]


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(
    alphabet="abc{}%\"\\\n\x00é", max_size=8)


@given(VALUES)
def test_no_value_is_more_than_one_clear_problem(tmp_path_factory: pytest.TempPathFactory,
                                                 value: object) -> None:
    file = tmp_path_factory.getbasetemp() / "any.toml"
    for key in ("name", "tick_ms", "probe", "device", "role", "limits"):
        file.write_text(f"{key} = {toml(value)}", encoding="utf-8")
        with pytest.raises(ConfigError) as refused:
            load_rig(file)
        assert all(line.startswith(f"{file}: ") for line in refused.value.problems)
        assert all("\n" not in line for line in refused.value.problems)


def toml(value: object) -> str:
    """Return the value as TOML writes it."""
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(letter):08X}" for letter in value) + '"'
    return "[]" if value is None else str(value).lower()
