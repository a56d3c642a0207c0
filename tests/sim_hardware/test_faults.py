"""Every fault is seen from outside and undone by clear(); faults are asked for in one grammar."""

import copy
from collections.abc import Callable
from math import inf, isnan, nan
from pathlib import Path
from statistics import mean, stdev

import pytest

from hal.errors import NoReply, OutOfRange
from sim_hardware.fault_orders import FaultOrder, parse_fault
from sim_hardware.faults import FAULTS
from sim_hardware.probe import CHANNELS, SimProbe

Symptom = Callable[[SimProbe], bool]


def holding() -> SimProbe:
    """Return a probe that has been freezing for a while."""
    probe = SimProbe(3)
    probe.demand_isolator(True, None)
    probe.demand_valve(0.3, None)
    probe.advance(30_000)
    return probe


def says_open(channel: str) -> Symptom:
    def is_seen(probe: SimProbe) -> bool:
        try:
            probe.sense(channel)
        except OutOfRange as error:
            return str(error) == channel + ": open thermocouple"
        return False

    return is_seen


def is_silent(channel: str) -> Symptom:
    def is_seen(probe: SimProbe) -> bool:
        try:
            probe.sense(channel)
        except NoReply as error:
            return str(error) == channel + ": does not answer"
        return False

    return is_seen


def departs(kelvin: float) -> Symptom:
    return lambda probe: probe.sense("tip").value - probe.sense("tip_b").value > kelvin


def repeats(probe: SimProbe) -> bool:
    values = set()
    for _ in range(20):
        probe.advance(50)
        values.add(probe.sense("tip").value)
    return len(values) == 1


def pressed_without_a_foot(probe: SimProbe) -> bool:
    probe.press_pedal(False)
    return probe.sense("pedal").value == 1.0


def released_under_a_foot(probe: SimProbe) -> bool:
    probe.press_pedal(True)
    return probe.sense("pedal").value == 0.0


def is_value(probe: SimProbe) -> bool:
    return probe.sense("tip").value == 1e38


def above(channel: str, value: float) -> Symptom:
    return lambda probe: probe.sense(channel).value > value


def below(channel: str, value: float) -> Symptom:
    return lambda probe: probe.sense(channel).value < value


def unplugged(probe: SimProbe) -> bool:
    return says_open("tip")(probe) and says_open("tip_b")(probe) and below("flow", 0.5)(probe)


def flows_although_shut(probe: SimProbe) -> bool:
    probe.demand_valve(0.0, None)
    probe.advance(5000)
    flows = probe.sense("flow").value > 4.0
    probe.demand_valve(0.3, None)
    probe.advance(5000)
    return flows


def stops(probe: SimProbe) -> bool:
    return probe.sense("estop").value == 0.0 and probe.sense("flow").value < 0.5


def scatters(probe: SimProbe) -> bool:
    values = []
    for _ in range(40):
        probe.advance(50)
        values.append(probe.sense("tip").value - probe.truth().tip_c)
    return stdev(values) > 1.0


def comes_and_goes(probe: SimProbe) -> bool:
    seen = set()
    for _ in range(40):
        probe.advance(50)
        seen.add(says_open("tip")(probe))
    return seen == {True, False}


def chokes(probe: SimProbe) -> bool:
    def mean_slpm() -> float:
        values = []
        for _ in range(20):
            probe.advance(50)
            values.append(probe.sense("flow").value)
        return mean(values)

    before = mean_slpm()
    probe.advance(2000)
    return before - mean_slpm() > 0.05


def runs_out(probe: SimProbe) -> bool:
    before_kpa = probe.truth().supply_kpa
    probe.advance(10_000)
    return before_kpa - probe.truth().supply_kpa > 50.0


def lags(probe: SimProbe) -> bool:
    probe.demand_valve(0.0, None)
    probe.advance(1000)
    stands = probe.truth().valve_open_fraction > 0.1
    probe.demand_valve(0.3, None)
    probe.advance(5000)
    return stands


def leaks(probe: SimProbe) -> bool:
    probe.demand_valve(0.0, None)
    probe.advance(3000)
    flows = probe.sense("flow").value > 0.5
    probe.demand_valve(0.3, None)
    probe.advance(5000)
    return flows


def freezes_otherwise(probe: SimProbe) -> bool:
    sound, broken = copy.deepcopy(probe), copy.deepcopy(probe)
    sound.clear()
    for each in (sound, broken):
        each.advance(10_000)
    return sound.truth().ice_radius_0c_mm - broken.truth().ice_radius_0c_mm > 0.02


# What each fault looks like from outside, ten seconds after it began, in a probe that freezes.
SYMPTOMS: dict[str, tuple[dict[str, float], Symptom]] = {
    "tip_open": ({}, says_open("tip")),
    "tip_short": ({}, lambda probe: abs(probe.sense("tip").value - 24.0) < 2.0),
    "tip_stuck": ({}, repeats),
    "tip_drift": ({"rate_c_per_s": 0.5}, departs(4.0)),
    "tip_offset": ({"offset_c": 8.0}, departs(6.0)),
    "tip_value": ({"value": 1e38}, is_value),
    "tip_nan": ({}, lambda probe: isnan(probe.sense("tip").value)),
    "tip_b_open": ({}, says_open("tip_b")),
    "tip_noisy": ({"times": 20.0}, scatters),
    "tip_late": ({"delay_s": 2.0}, lambda probe: probe.sense("tip").age_ms >= 2000),
    "tip_intermittent": ({}, comes_and_goes),
    "tip_wrong_type": ({"type": 2.0}, departs(10.0)),
    "tip_cold_junction": ({}, departs(6.0)),
    "tip_amplifier": ({"gain": 0.8}, departs(6.0)),
    "tip_b_drift": ({}, lambda probe: not departs(-4.0)(probe)),
    "skin_open": ({}, says_open("skin")),
    "skin_drift": ({}, above("skin", 36.0)),
    "cold_junction_silent": ({}, is_silent("cold_junction")),
    "supply_silent": ({}, is_silent("supply")),
    "exhaust_silent": ({}, is_silent("exhaust")),
    "flow_silent": ({}, is_silent("flow")),
    "pedal_stuck": ({}, pressed_without_a_foot),
    "pedal_released": ({}, released_under_a_foot),
    "supply_empty": ({}, runs_out),
    "wrong_cylinder": ({}, above("flow", 4.8)),
    "moisture": ({}, chokes),
    "valve_slow": ({"times": 30.0}, lags),
    "valve_leak": ({}, leaks),
    "tube_burst": ({}, above("flow", 15.0)),
    "probe_out_of_tissue": ({}, below("tip", -69.0)),
    "probe_swapped": ({}, below("flow", 2.4)),
    "heater_stuck": ({}, lambda probe: probe.truth().heater_w > 1.0),
    "perfusion_jump": ({"times": 50.0}, freezes_otherwise),
    "supply_loss": ({}, below("supply", 1600.0)),
    "supply_high": ({}, above("supply", 6500.0)),
    "exhaust_blocked": ({}, above("exhaust", 150.0)),
    "valve_stuck_open": ({}, flows_although_shut),
    "valve_stuck_shut": ({}, below("flow", 0.5)),
    "nozzle_clog": ({}, below("flow", 0.6)),
    "probe_unplugged": ({}, unplugged),
    "estop": ({}, stops),
}


def test_every_fault_has_a_symptom_to_look_for() -> None:
    assert {fault.name for fault in FAULTS} == set(SYMPTOMS)


def test_the_page_lists_every_fault_as_the_table_has_it() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "simulated_probe.md"
    listed = page.read_text(encoding="utf-8").split("<!-- faults -->")[1].split("<!-- /faults")[0]
    rows = [line.strip("| ").split(" | ") for line in listed.strip().splitlines()[2:]]
    assert [row[0] for row in rows] == [f"`{fault.name}`" for fault in FAULTS]
    for row, fault in zip(rows, FAULTS):
        assert row[1] == fault.does
        assert all(f"`{key.name}` {key.default:g} (" in row[2] for key in fault.keys)
        assert row[3] == fault.undone.removeprefix("clear: ")


@pytest.mark.parametrize("name", [fault.name for fault in FAULTS])
def test_every_fault_can_be_done_and_undone(name: str) -> None:
    values, is_seen = SYMPTOMS[name]
    probe = holding()
    assert not is_seen(probe)
    probe.inject(name, values)
    probe.advance(10_000)
    assert is_seen(probe)
    assert probe.active_faults() == (name,)
    probe.clear(name)
    probe.advance(10_000)
    assert not is_seen(probe)
    assert probe.active_faults() == ()


def test_a_blocked_exhaust_warms_the_tip() -> None:
    blocked, free = holding(), holding()
    blocked.inject("exhaust_blocked")
    for probe in (blocked, free):
        probe.advance(20_000)
    assert blocked.truth().tip_c > free.truth().tip_c + 3.0


def test_a_sudden_block_at_full_flow_lifts_the_back_pressure_no_further_than_it_can_be_pushed(
) -> None:
    probe = holding()
    probe.demand_valve(1.0, None)
    probe.advance(3000)
    probe.inject("exhaust_blocked", {"times": 10_000.0})
    for _ in range(100):
        probe.advance(10)
        assert probe.truth().exhaust_kpa <= probe.truth().supply_kpa


def test_the_isolator_stops_the_gas_of_a_stuck_valve() -> None:
    probe = holding()
    probe.inject("valve_stuck_open")
    probe.demand_isolator(False, None)
    probe.advance(5000)
    assert probe.sense("flow").value < 0.1


@pytest.mark.parametrize("is_stuck", [False, True])
def test_an_emergency_stop_takes_power_from_the_heater_also_from_one_that_is_stuck(
    is_stuck: bool
) -> None:
    probe = SimProbe()
    probe.demand_heater(1.0, None)
    if is_stuck:
        probe.inject("heater_stuck")
    probe.advance(1000)
    assert probe.truth().heater_w > 1.0
    probe.inject("estop")
    probe.advance(1000)
    assert probe.truth().heater_w == 0.0
    probe.clear("estop")
    probe.advance(1000)
    assert probe.truth().heater_w > 1.0


def test_an_emergency_stop_with_an_onset_takes_the_power_when_its_loop_opens() -> None:
    probe = holding()
    probe.inject("estop", {"onset_s": 5.0})
    probe.advance(4999)
    assert probe.sense("estop").value == 1.0
    assert probe.truth().flow_g_per_s > 0.1
    probe.advance(5001)
    assert probe.sense("estop").value == 0.0
    assert probe.truth().flow_g_per_s < 0.01


def test_a_supply_falls_within_a_few_tenths_of_a_second_and_comes_back_in_two() -> None:
    probe = holding()
    probe.inject("supply_loss")
    probe.advance(300)
    assert probe.sense("supply").value < 1600.0
    probe.clear("supply_loss")
    probe.advance(2000)
    assert probe.sense("supply").value > 4800.0


def test_a_cylinder_that_runs_out_begins_above_the_lowest_supply_and_falls_below_it() -> None:
    probe = holding()
    probe.inject("supply_empty")
    probe.advance(3000)
    assert probe.truth().supply_kpa > 3600.0
    probe.advance(120_000)
    assert probe.truth().supply_kpa < 3400.0


def test_clear_without_a_name_undoes_all_and_what_is_scheduled() -> None:
    probe = SimProbe()
    probe.inject("tip_open")
    probe.inject("estop")
    probe.schedule(100, "tip_nan")
    probe.clear()
    probe.advance(200)
    assert probe.active_faults() == ()


def test_a_scheduled_fault_begins_at_its_exact_millisecond() -> None:
    probe = SimProbe()
    probe.schedule(1234, "tip_open")
    probe.advance(1233)
    assert probe.active_faults() == ()
    probe.advance(1)
    assert probe.active_faults() == ("tip_open",)


@pytest.mark.parametrize("value", [nan, inf, -inf, 1e38, -273.15])
def test_a_tip_value_is_returned_exactly_and_unflagged(value: float) -> None:
    probe = SimProbe()
    probe.inject("tip_value", {"value": value})
    read = probe.sense("tip").value
    assert read == value or (isnan(read) and isnan(value))


def test_a_drift_grows_with_time() -> None:
    probe = SimProbe()
    probe.inject("tip_drift", {"rate_c_per_s": 2.0})
    probe.advance(5000)
    assert probe.sense("tip").value - probe.truth().tip_c == pytest.approx(10.0, abs=1.0)


def test_a_fault_with_an_onset_grows_evenly() -> None:
    probe = holding()
    probe.inject("tip_offset", {"offset_c": 40.0, "onset_s": 20.0})
    for seconds in (5, 10, 15):
        probe.advance(5000)
        wrong_k = probe.sense("tip").value - probe.sense("tip_b").value
        assert wrong_k == pytest.approx(2.0 * seconds, abs=1.5)
    probe.advance(60_000)
    assert departs(38.0)(probe)
    assert not departs(42.0)(probe)


def test_damage_with_an_onset_grows_as_well() -> None:
    probe = holding()
    before = probe.truth().flow_g_per_s
    probe.inject("nozzle_clog", {"fraction": 0.8, "onset_s": 20.0})
    probe.advance(10_000)
    assert probe.truth().flow_g_per_s == pytest.approx(0.6 * before, rel=0.06)
    probe.advance(20_000)
    assert probe.truth().flow_g_per_s == pytest.approx(0.2 * before, rel=0.06)


def test_what_cannot_grow_comes_when_its_onset_is_over() -> None:
    probe = holding()
    probe.inject("tip_open", {"onset_s": 3.0})
    probe.advance(2999)
    assert not says_open("tip")(probe)
    probe.advance(1)
    assert says_open("tip")(probe)


def test_a_drift_with_an_onset_begins_from_the_truth_when_it_is_over() -> None:
    probe = holding()
    probe.inject("tip_drift", {"rate_c_per_s": 2.0, "onset_s": 20.0})
    probe.advance(20_000)
    assert probe.sense("tip").value - probe.sense("tip_b").value == pytest.approx(0.0, abs=1.5)
    probe.advance(5000)
    assert departs(7.0)(probe)
    assert not departs(12.0)(probe)


@pytest.mark.parametrize("cut_ms", [10, 37, 5000])
def test_a_sensor_that_gets_stuck_after_an_onset_repeats_what_it_said_last(cut_ms: int) -> None:
    probe = holding()
    probe.inject("tip_stuck", {"onset_s": 5.0})
    before = probe.sense("tip").value
    probe.advance(4999)
    last = probe.sense("tip").value
    assert last < before - 1.0
    while probe.now_ms < 40_000:
        probe.advance(min(cut_ms, 40_000 - probe.now_ms))
    assert probe.sense("tip").value == pytest.approx(last, abs=1.0)


def test_a_sensor_that_is_wrong_and_gets_stuck_stays_as_wrong_as_it_was() -> None:
    probe = holding()
    probe.inject("tip_offset", {"offset_c": 50.0})
    said = probe.sense("tip").value
    probe.inject("tip_stuck")
    probe.advance(1000)
    assert probe.sense("tip").value == said
    probe.clear("tip_offset")
    assert probe.sense("tip").value == said


@pytest.mark.parametrize("names", [("tip_offset", "tip_late"), ("tip_late", "tip_offset")])
def test_a_sensor_that_is_late_and_wrong_is_both_whichever_came_first(
    names: tuple[str, str]
) -> None:
    probe = holding()
    for name in names:
        probe.inject(name)
    probe.advance(3000)
    assert probe.sense("tip").age_ms >= 1000
    assert departs(3.5)(probe)


def test_a_fault_that_lasts_is_undone_at_its_exact_millisecond() -> None:
    probe = SimProbe()
    probe.inject("tip_nan", {"lasts_s": 1.234})
    probe.advance(1233)
    assert probe.active_faults() == ("tip_nan",)
    probe.advance(1)
    assert probe.active_faults() == ()


def test_two_faults_at_once_both_show() -> None:
    probe = holding()
    probe.inject("tip_offset", {"offset_c": 8.0})
    probe.inject("tip_drift", {"rate_c_per_s": 1.0})
    probe.inject("nozzle_clog")
    probe.advance(10_000)
    assert departs(15.0)(probe)
    assert below("flow", 0.6)(probe)


@pytest.mark.parametrize("cut_ms", [10, 37, 1000])
def test_how_time_is_cut_does_not_change_a_fault_that_grows(cut_ms: int) -> None:
    whole, cut = SimProbe(5), SimProbe(5)
    for probe in (whole, cut):
        probe.demand_isolator(True, None)
        probe.demand_valve(0.5, None)
        probe.schedule(2345, "exhaust_blocked", {"times": 50.0, "onset_s": 2.0, "lasts_s": 3.0})
        probe.schedule(1111, "tip_cold_junction", {"onset_s": 4.0})
    whole.advance(8000)
    while cut.now_ms < 8000:
        cut.advance(min(cut_ms, 8000 - cut.now_ms))
    assert cut.truth() == whole.truth()
    assert [cut.sense(channel) for channel in CHANNELS] == [
        whole.sense(channel) for channel in CHANNELS]


def test_parse_fault_reads_time_and_values() -> None:
    assert parse_fault("tip_drift@40.5,rate_c_per_s=-0.25") == FaultOrder(
        "tip_drift", 40_500, {"rate_c_per_s": -0.25, "onset_s": 0.0, "lasts_s": inf})


def test_parse_fault_fills_in_time_and_defaults() -> None:
    assert parse_fault("supply_loss") == FaultOrder(
        "supply_loss", 0, {"kpa": 1500.0, "onset_s": 0.0, "lasts_s": inf})


def test_parse_fault_takes_nan_where_any_float_is_taken() -> None:
    assert isnan(parse_fault("tip_value,value=nan").values["value"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tip_opne", "no fault is called 'tip_opne'; there are: tip_open, "),
        ("", "no fault is called ''; there are: "),
        ("tip_drift,rate=1", "tip_drift has no key 'rate'; it takes: rate_c_per_s"),
        ("estop,x=1", "estop has no key 'x'; it takes: onset_s, lasts_s"),
        ("tip_drift,rate_c_per_s=fast", "tip_drift: rate_c_per_s 'fast' is not a number"),
        ("tip_drift,rate_c_per_s", "tip_drift: 'rate_c_per_s' is not key=value"),
        ("tip_drift,rate_c_per_s=1,rate_c_per_s=2", "tip_drift: rate_c_per_s is given twice"),
        ("nozzle_clog,fraction=1.5", "nozzle_clog: fraction 1.5 is outside 0..1"),
        ("tip_wrong_type,type=1.5", "tip_wrong_type: type 1.5 is not a whole number"),
        ("nozzle_clog,fraction=nan", "nozzle_clog: fraction nan is outside 0..1"),
        ("estop@soon", "estop: seconds 'soon' is not a number"),
        ("estop@-1", "estop: seconds -1 is outside 0.."),
        ("estop@nan", "estop: seconds nan is outside 0.."),
        ("estop@", "estop: seconds '' is not a number"),
    ],
)
def test_parse_fault_says_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_fault(text)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_injecting_nonsense_is_refused_with_what_exists() -> None:
    probe = SimProbe()
    with pytest.raises(ValueError, match="there are: tip_open"):
        probe.inject("gremlin")
    with pytest.raises(ValueError, match="it takes: kpa"):
        probe.inject("supply_loss", {"bar": 3.0})
    with pytest.raises(ValueError, match="there are: tip_open"):
        probe.clear("gremlin")
    with pytest.raises(ValueError, match="outside"):
        probe.schedule(5, "nozzle_clog", {"fraction": 2.0})
    assert probe.active_faults() == ()
