"""The whole plant: static tips, gain reversal, pull-down, gas-off, thaw, and its bounds."""

from math import isfinite

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim_hardware.plant.parameters import NOMINAL
from sim_hardware.plant.plant import NOTHING, SOUND, STEP_MS, Damage, Demand, Plant

BOILING_AT_1_ATM_C = -88.47
# Static tips, °C at 180 s, of the prototype that the parameters were chosen to come near.
PROTOTYPE = ((0.3, -72.0), (0.4, -74.0), (0.5, -74.4), (0.7, -73.8), (1.0, -71.6))


def run(plant: Plant, valve_fraction: float, seconds: float, heater_fraction: float = 0.0) -> None:
    demand = Demand(valve_fraction, heater_fraction, True)
    for _ in range(round(seconds * 1000.0 / STEP_MS)):
        plant.step(demand)


def coldest_c(plant: Plant, seconds: float) -> float:
    """Return the coldest tip while the gas is off for `seconds`."""
    coldest = plant.tip_c
    for _ in range(round(seconds * 1000.0 / STEP_MS)):
        plant.step(NOTHING)
        coldest = min(coldest, plant.tip_c)
    return coldest


@pytest.fixture(scope="module")
def static_tips() -> dict[float, float]:
    tips = {}
    for fraction in (0.15, 0.2, *(valve for valve, _ in PROTOTYPE)):
        plant = Plant()
        run(plant, fraction, 180.0)
        tips[fraction] = plant.tip_c
    return tips


@pytest.mark.parametrize(("fraction", "tip_c"), PROTOTYPE)
def test_the_static_tip_comes_near_the_prototype(
    static_tips: dict[float, float], fraction: float, tip_c: float
) -> None:
    assert static_tips[fraction] == pytest.approx(tip_c, abs=3.5)


def test_the_tip_is_colder_half_open_than_fully_open(static_tips: dict[float, float]) -> None:
    assert static_tips[0.5] < static_tips[1.0] - 2.0


def test_little_flow_leaves_the_tip_warm(static_tips: dict[float, float]) -> None:
    assert static_tips[0.15] > static_tips[0.2] + 15.0 > static_tips[0.3] + 30.0


def test_without_exhaust_resistance_the_gain_does_not_reverse() -> None:
    p = NOMINAL._replace(exhaust_bar_s2_per_g2=1e-6)
    half, full = Plant(p), Plant(p)
    run(half, 0.5, 120.0)
    run(full, 1.0, 120.0)
    assert full.tip_c < half.tip_c


def test_a_fully_open_valve_reaches_minus_59_c_in_9_to_17_s() -> None:
    plant = Plant()
    while plant.tip_c > -59.0:
        run(plant, 1.0, 0.1)
    assert 9_000 <= plant.now_ms <= 17_000


def test_nothing_happens_at_the_tip_before_the_dead_time_is_over() -> None:
    plant = Plant()
    run(plant, 1.0, NOMINAL.dead_ms / 1000.0)
    assert plant.opening == 0.0
    run(plant, 1.0, 0.1)
    assert plant.opening > 0.5


def test_after_full_flow_the_tip_falls_further_before_it_rewarms() -> None:
    plant = Plant()
    run(plant, 1.0, 120.0)
    before_c = plant.tip_c
    assert 3.0 <= before_c - coldest_c(plant, 30.0) <= 10.0
    assert plant.tip_c > before_c


def test_after_a_hold_at_minus_60_c_the_dip_is_small() -> None:
    plant = Plant()
    run(plant, 0.225, 150.0)
    before_c = plant.tip_c
    assert -66.0 < before_c < -54.0
    assert before_c - coldest_c(plant, 30.0) <= 2.5


def test_a_full_open_approach_stops_within_2_k_of_a_handover_at_minus_60_c() -> None:
    plant = Plant()
    while plant.tip_c > -60.0:
        run(plant, 1.0, 0.1)
    coldest = plant.tip_c
    for _ in range(200):
        run(plant, 0.2, 0.1)
        coldest = min(coldest, plant.tip_c)
    assert coldest >= -62.0


def test_the_tip_rewarms_passively_and_the_heater_is_faster() -> None:
    passive, heated = Plant(), Plant()
    for plant, heater_fraction in ((passive, 0.0), (heated, 0.5)):
        run(plant, 1.0, 60.0)
        run(plant, 0.0, 20.0, heater_fraction)
    assert heated.tip_c > passive.tip_c + 20.0
    run(passive, 0.0, 600.0)
    assert passive.tip_c > 30.0


def test_drawing_gas_lowers_the_supply_slowly() -> None:
    plant = Plant()
    before_bar = plant.supply_bar
    run(plant, 1.0, 120.0)
    assert 0.2 < before_bar - plant.supply_bar < 5.0


def test_a_probe_at_rest_stays_at_body_temperature() -> None:
    plant = Plant()
    run(plant, 0.0, 60.0)
    assert plant.tip_c == pytest.approx(37.0, abs=0.2)


DEMANDS = st.builds(Demand, st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.booleans())
DAMAGES = st.builds(
    Damage,
    valve_stuck_at=st.none() | st.floats(0.0, 1.0),
    clog_fraction=st.floats(0.0, 1.0),
    exhaust_times=st.floats(1.0, 10_000.0),
    supply_kpa=st.none() | st.floats(0.0, 7000.0),
    is_unplugged=st.booleans(),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(DEMANDS, st.just(SOUND) | DAMAGES, st.integers(1, 1000)),
                min_size=1, max_size=6))
def test_no_sequence_of_demands_and_damages_leaves_the_physical_range(
    course: list[tuple[Demand, Damage, int]],
) -> None:
    plant = Plant()
    for demand, damage, steps in course:
        for _ in range(steps):
            plant.step(demand, damage)
            assert BOILING_AT_1_ATM_C <= plant.tip_c <= NOMINAL.heater_ends_c
        assert BOILING_AT_1_ATM_C <= plant.bead_c <= NOMINAL.heater_ends_c
        assert all(isfinite(value) for value in (*plant.seen(), *plant.ice_radii_mm()))
