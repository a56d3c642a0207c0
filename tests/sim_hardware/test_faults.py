"""Every fault is seen from outside and undone by clear(); faults are asked for in one grammar."""

from collections.abc import Callable
from math import inf, isnan, nan

import pytest

from hal.errors import OutOfRange
from sim_hardware.faults import FAULTS, FaultOrder, parse_fault
from sim_hardware.probe import SimProbe

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


def departs(kelvin: float) -> Symptom:
    return lambda probe: probe.sense("tip").value - probe.sense("tip_b").value > kelvin


def repeats(probe: SimProbe) -> bool:
    values = set()
    for _ in range(20):
        probe.advance(50)
        values.add(probe.sense("tip").value)
    return len(values) == 1


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
        assert probe.truth().exhaust_kpa < 0.51 * probe.truth().supply_kpa


def test_the_isolator_stops_the_gas_of_a_stuck_valve() -> None:
    probe = holding()
    probe.inject("valve_stuck_open")
    probe.demand_isolator(False, None)
    probe.advance(5000)
    assert probe.sense("flow").value < 0.1


def test_an_emergency_stop_takes_power_from_the_heater() -> None:
    probe = SimProbe()
    probe.demand_heater(1.0, None)
    probe.inject("estop")
    probe.advance(1000)
    assert probe.truth().heater_w == 0.0


def test_a_supply_falls_within_a_few_tenths_of_a_second_and_comes_back_in_two() -> None:
    probe = holding()
    probe.inject("supply_loss")
    probe.advance(300)
    assert probe.sense("supply").value < 1600.0
    probe.clear("supply_loss")
    probe.advance(2000)
    assert probe.sense("supply").value > 4800.0


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


def test_parse_fault_reads_time_and_values() -> None:
    assert parse_fault("tip_drift@40.5,rate_c_per_s=-0.25") == FaultOrder(
        "tip_drift", 40_500, {"rate_c_per_s": -0.25})


def test_parse_fault_fills_in_time_and_defaults() -> None:
    assert parse_fault("supply_loss") == FaultOrder("supply_loss", 0, {"kpa": 1500.0})


def test_parse_fault_takes_nan_where_any_float_is_taken() -> None:
    assert isnan(parse_fault("tip_value,value=nan").values["value"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tip_opne", "no fault is called 'tip_opne'; there are: tip_open, "),
        ("", "no fault is called ''; there are: "),
        ("tip_drift,rate=1", "tip_drift has no key 'rate'; it takes: rate_c_per_s"),
        ("estop,x=1", "estop has no key 'x'; it takes no values"),
        ("tip_drift,rate_c_per_s=fast", "tip_drift: rate_c_per_s 'fast' is not a number"),
        ("tip_drift,rate_c_per_s", "tip_drift: 'rate_c_per_s' is not key=value"),
        ("tip_drift,rate_c_per_s=1,rate_c_per_s=2", "tip_drift: rate_c_per_s is given twice"),
        ("nozzle_clog,fraction=1.5", "nozzle_clog: fraction 1.5 is outside 0..1"),
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
