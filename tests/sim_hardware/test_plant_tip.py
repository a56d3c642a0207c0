"""The whole plant: static tips, gain reversal, pull-down, gas-off, thaw, and its bounds."""

from math import isfinite
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from sim_hardware.plant.kernel import held_s_max
from sim_hardware.plant.media import MEDIA, in_medium
from sim_hardware.plant.parameters import NOMINAL, RANGES, Parameters, checked
from sim_hardware.plant.plant import Plant, Plants
from sim_hardware.plant.records import NOTHING, SOUND, STATE, Damage, Demand
from sim_hardware.plant.shells import around_tip
from sim_hardware.plant.tissue import step_s_max

BOILING_AT_1_ATM_C = -88.47
# Static tips, °C at 180 s, of the prototype that the parameters were chosen to come near.
PROTOTYPE = ((0.3, -72.0), (0.4, -74.0), (0.5, -74.4), (0.7, -73.8), (1.0, -71.6))


def run(plant: Plant, valve_fraction: float, seconds: float, heater_fraction: float = 0.0) -> None:
    plant.advance(round(seconds * 100.0) * 10, Demand(valve_fraction, heater_fraction, 1.0))


def coldest_c(plant: Plant, seconds: float) -> float:
    """Return the coldest tip while the gas is off for `seconds`."""
    coldest = plant.state.tip_c
    for _ in range(round(seconds * 10.0)):
        plant.advance(100, NOTHING)
        coldest = min(coldest, plant.state.tip_c)
    return float(coldest)


@pytest.fixture(scope="module")
def static_tips() -> dict[float, float]:
    tips = {}
    for fraction in (0.15, 0.2, *(valve for valve, _ in PROTOTYPE)):
        plant = Plant()
        run(plant, fraction, 180.0)
        tips[fraction] = float(plant.state.tip_c)
    return tips


@pytest.mark.parametrize(("fraction", "tip_c"), PROTOTYPE)
def test_the_static_tip_comes_near_the_prototype(
    static_tips: dict[float, float], fraction: float, tip_c: float
) -> None:
    assert static_tips[fraction] == pytest.approx(tip_c, abs=5.0)


def test_the_tip_is_colder_half_open_than_fully_open(static_tips: dict[float, float]) -> None:
    assert static_tips[0.5] < static_tips[1.0] - 2.0


def test_little_flow_leaves_the_tip_warm(static_tips: dict[float, float]) -> None:
    assert static_tips[0.15] > static_tips[0.2] + 15.0 > static_tips[0.3] + 30.0


def test_without_exhaust_resistance_the_gain_does_not_reverse() -> None:
    p = NOMINAL._replace(exhaust_bar_s2_per_g2=1e-6)
    half, full = Plant(p), Plant(p)
    run(half, 0.5, 120.0)
    run(full, 1.0, 120.0)
    assert full.state.tip_c < half.state.tip_c


def test_a_fully_open_valve_reaches_minus_59_c_in_7_to_15_s() -> None:
    plant = Plant()
    while plant.state.tip_c > -59.0:
        run(plant, 1.0, 0.1)
    assert 7_000 <= plant.now_ms <= 15_000


def test_nothing_happens_at_the_tip_before_the_dead_time_is_over() -> None:
    plant = Plant()
    run(plant, 1.0, NOMINAL.dead_ms / 1000.0)
    assert plant.state.opening == 0.0
    run(plant, 1.0, 0.1)
    assert plant.state.opening > 0.5


def test_after_full_flow_the_tip_falls_further_before_it_rewarms() -> None:
    plant = Plant()
    run(plant, 1.0, 120.0)
    before_c = plant.state.tip_c
    assert 3.0 <= before_c - coldest_c(plant, 30.0) <= 10.0
    assert plant.state.tip_c > before_c


def test_after_a_hold_at_minus_60_c_the_dip_is_small() -> None:
    plant = Plant()
    run(plant, 0.26, 150.0)
    before_c = plant.state.tip_c
    assert -66.0 < before_c < -54.0
    assert before_c - coldest_c(plant, 30.0) <= 2.5


def test_a_full_open_approach_stops_within_2_k_of_a_handover_at_minus_60_c() -> None:
    plant = Plant()
    while plant.state.tip_c > -60.0:
        run(plant, 1.0, 0.1)
    coldest = plant.state.tip_c
    for _ in range(200):
        run(plant, 0.2, 0.1)
        coldest = min(coldest, plant.state.tip_c)
    assert coldest >= -62.0


LIGHT = NOMINAL._replace(tip_j_per_k=0.1, outer_diameter_mm=6.0, active_length_mm=40.0,
                         contact_w_per_m2k=1e9, cell_mm=0.4)


def test_a_light_tip_in_wide_contact_is_refused_where_it_would_swing() -> None:
    with pytest.raises(ValueError, match="tissue_ms 40 is longer than this tip and its contact"):
        Plant(LIGHT._replace(tissue_ms=40.0))


def test_at_the_longest_step_that_is_borne_a_light_tip_does_not_swing() -> None:
    p = LIGHT._replace(contact_w_per_m2k=2500.0)
    longest_s = min(step_s_max(around_tip(p), p), held_s_max(around_tip(p), p))
    plant = Plant(p._replace(tissue_ms=10.0 * int(100.0 * longest_s)))
    plant.advance(3000, Demand(1.0, 0.0, 1.0))
    before_c = plant.state.tip_c
    for _ in range(100):
        plant.advance(10, Demand(1.0, 0.0, 1.0))
        assert abs(plant.state.tip_c - before_c) < 1.0
        before_c = plant.state.tip_c


def test_the_tip_rewarms_passively_and_the_heater_is_faster() -> None:
    passive, heated = Plant(), Plant()
    for plant, heater_fraction in ((passive, 0.0), (heated, 0.5)):
        run(plant, 1.0, 60.0)
        run(plant, 0.0, 20.0, heater_fraction)
    assert heated.state.tip_c > passive.state.tip_c + 20.0
    run(passive, 0.0, 600.0)
    assert passive.state.tip_c > 30.0


def test_drawing_gas_lowers_the_supply_slowly() -> None:
    plant = Plant()
    before_bar = plant.state.supply_bar
    run(plant, 1.0, 120.0)
    assert 0.2 < before_bar - plant.state.supply_bar < 5.0


def test_a_probe_at_rest_stays_at_body_temperature() -> None:
    plant = Plant()
    run(plant, 0.0, 60.0)
    assert plant.state.tip_c == pytest.approx(37.0, abs=0.2)


DEMANDS = st.builds(Demand, st.floats(0.0, 1.0), st.floats(0.0, 1.0),
                    st.sampled_from([0.0, 1.0]))
DAMAGES = st.builds(
    Damage,
    valve_stuck_at=st.just(-1.0) | st.floats(0.0, 1.0),
    valve_leak=st.floats(0.0, 1.0),
    valve_slow_times=st.floats(1.0, 1000.0),
    clog_fraction=st.floats(0.0, 1.0),
    exhaust_times=st.floats(1.0, 10_000.0),
    supply_bar=st.just(-1.0) | st.floats(0.0, 71.0),
    liquid_share=st.floats(0.0, 1.0),
    spare_g=st.just(-1.0) | st.floats(0.0, 1000.0),
    burst_times=st.floats(0.0, 20.0),
    is_unplugged=st.sampled_from([0.0, 1.0]),
    out_share=st.floats(0.0, 1.0),
    swapped_times=st.floats(0.1, 3.0),
    heater_stuck_at=st.just(-1.0) | st.floats(0.0, 1.0),
    perfusion_times=st.floats(0.0, 50.0),
    moisture_ppm=st.floats(0.0, 100_000.0),
)
COURSE = st.lists(st.tuples(DEMANDS, st.just(SOUND) | DAMAGES, st.integers(1, 1000)),
                  min_size=1, max_size=6)
GAS_C = {0.0: -90.5, 1.0: -80.0, 2.0: -190.0}  # where the tables begin: as cold as it can be


def assert_physical(plant: Plant) -> None:
    p, s = plant.parameters, plant.state
    coldest_c, warmest_c = GAS_C[p.cryogen], max(p.heater_ends_c, p.body_c, p.room_c) + 0.5
    assert all(isfinite(value) for value in s.item())
    assert all(isfinite(value) for value in (*plant.seen(), *plant.ice()))
    for value in (s.tip_c, s.bead_c, s.bead_b_c, *plant.temperatures_c()):
        assert coldest_c <= value <= warmest_c
    assert min(s.cylinder_g, s.flow_g_per_s, s.lost_g_per_s, s.residue_j, s.supply_bar) >= 0.0
    assert min(s.spare_g + 1.0, s.cylinder_bar, s.back_bar - 0.9) > -1e-9
    assert 0.0 <= s.opening <= 1.0
    assert max(s.dry_ice, s.moisture) < 1.0


@settings(max_examples=40, deadline=None)
@given(COURSE)
def test_no_sequence_of_demands_and_damages_leaves_the_physical_range(
    course: list[tuple[Demand, Damage, int]],
) -> None:
    plant = Plant()
    for demand, damage, steps in course:
        plant.advance(10 * steps, demand, damage)
        assert_physical(plant)


@st.composite
def any_parameters(draw: st.DrawFn) -> Parameters:
    """Draw parameters from their whole ranges; a step that the shells do not bear is shortened."""
    chosen = {row.name: draw(st.floats(row.low, row.high)) for row in RANGES}
    for name in ("cryogen", "liquid_feed", "stasis", "thermocouple_type"):
        chosen[name] = float(round(chosen[name]))
    for name in ("dead_ms", "convert_ms"):
        chosen[name] = 10.0 * round(chosen[name] / 10.0)
    chosen["tissue_ms"] = 10.0  # replaced by the longest that is borne
    chosen["freezing_ends_c"] = min(chosen["freezing_ends_c"], chosen["freezing_begins_c"] - 0.2)
    chosen["cylinder_g"] = min(chosen["cylinder_g"], 500.0 * chosen["cylinder_l"])
    return Parameters(**chosen)


@settings(max_examples=60, deadline=None,
          suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(any_parameters(), COURSE)
def test_no_parameters_within_their_ranges_leave_the_physical_range(
    p: Parameters, course: list[tuple[Demand, Damage, int]]
) -> None:
    longest_s = min(step_s_max(around_tip(p), p), held_s_max(around_tip(p), p))
    assume(longest_s >= 0.01)
    plant = Plant(p._replace(tissue_ms=min(10.0 * int(100.0 * longest_s), 50.0)))
    for demand, damage, steps in course:
        plant.advance(10 * steps, demand, damage)
        assert_physical(plant)


@pytest.mark.parametrize("row", RANGES, ids=lambda row: row.name)
def test_every_parameter_outside_its_range_is_refused_by_name(row: Any) -> None:
    for value in (row.low - 1.0, row.high * 2.0 + 1.0, float("nan")):
        with pytest.raises(ValueError, match=row.name):
            checked(NOMINAL._replace(**{row.name: value}))


def test_every_parameter_has_a_range_and_the_nominal_ones_are_within() -> None:
    assert tuple(sorted(row.name for row in RANGES)) == tuple(sorted(Parameters._fields))
    checked(NOMINAL)


@pytest.mark.parametrize("row", MEDIA, ids=lambda row: row.name)
def test_every_medium_is_within_the_ranges(row: Any) -> None:
    checked(in_medium(row.name, NOMINAL))


def test_what_the_gas_takes_is_what_tip_shaft_tissue_and_heater_give() -> None:
    p = NOMINAL._replace(perfusion_per_s=0.0, metabolism_w_per_m3=0.0)
    plant = Plant(p)

    def held_j() -> float:
        s = plant.state
        return plant.tissue_j() + p.tip_j_per_k * s.tip_c + p.shaft_j_per_k * s.shaft_c

    before_j = held_j()
    plant.advance(60_000, Demand(0.6, 0.1, 1.0))
    s = plant.state
    given_j = before_j - held_j() + s.heated_j + s.leaked_j
    assert s.taken_j == pytest.approx(given_j, rel=1e-9)


def test_each_of_a_batch_is_the_probe_that_it_would_be_alone_to_the_last_bit() -> None:
    rows = [NOMINAL._replace(active_length_mm=4.0 + 0.5 * i, tip_w_per_k=0.4 + 0.01 * i,
                             dead_ms=10.0 * i) for i in range(37)]
    plants = Plants(rows)
    demands = [Demand(i / 36.0, 0.0, 1.0) for i in range(37)]
    damages = [Damage(clog_fraction=0.01 * i, perfusion_times=1.0 + i) for i in range(37)]
    for i in range(37):
        plants.demands[i], plants.damages[i] = demands[i], damages[i]
    plants.advance(20_000)
    for i in (0, 1, 15, 16, 36):
        alone = Plant(rows[i])
        alone.advance(20_000, demands[i], damages[i])
        assert plants.states[i].item() == alone.state.item()
        assert (plants.enthalpy_j_per_m3(i) == alone.enthalpy_j_per_m3()).all()


def test_split_steps_equal_whole_steps_to_the_last_bit() -> None:
    whole, split = Plant(), Plant()
    whole.advance(30_000, Demand(0.7, 0.0, 1.0))
    for _ in range(300):
        split.advance(30, Demand(0.7, 0.0, 1.0))
        split.advance(70, Demand(0.7, 0.0, 1.0))
    assert whole.state.item() == split.state.item()


def test_probes_of_one_batch_must_share_their_step_and_their_kind_of_freezing() -> None:
    with pytest.raises(ValueError, match="share tissue_ms"):
        Plants([NOMINAL, in_medium("agar", NOMINAL)])


def test_the_state_of_one_probe_is_small() -> None:
    assert Plants([NOMINAL], lanes=1).bytes_per_probe() <= 65_536
    assert Plants([NOMINAL] * 32).bytes_per_probe() <= 65_536
    assert STATE.itemsize < 1000
