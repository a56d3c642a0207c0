"""The gas side: nozzle and exhaust agree, the cylinder keeps account, ice blocks and clears."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim_hardware.cryogens.properties import ARGON, CARBON_DIOXIDE
from sim_hardware.plant import gas
from sim_hardware.plant.parameters import NOMINAL, Parameters
from sim_hardware.plant.plant import Plant, Plants
from sim_hardware.plant.records import NOTHING, SOUND, Damage, Demand

OPEN = Demand(1.0, 0.0, 1.0)
CARBON = NOMINAL._replace(cryogen=float(CARBON_DIOXIDE), liquid_feed=1.0)
ARGON_250_BAR = NOMINAL._replace(cryogen=float(ARGON), cylinder_l=10.0, cylinder_g=4180.0,
                                 nozzle_mm2=0.008)


def after(p: Parameters, seconds: float, demand: Demand = OPEN,
          damage: Damage = SOUND) -> Plant:
    plant = Plant(p)
    plant.advance(round(seconds * 1000.0), demand, damage)
    return plant


@given(st.floats(0.0, 2.0), st.floats(1.1, 70.0), st.floats(0.4, 0.9), st.floats(1e-6, 500.0))
def test_nozzle_and_exhaust_agree_on_the_pressure_between_them(
    free: float, supply_bar: float, choke: float, resistance: float
) -> None:
    through = gas.passed_g_per_s(free, supply_bar, choke, resistance, NOMINAL)
    back_bar = NOMINAL.atmosphere_bar + resistance * through**2
    assert 0.0 <= through <= free
    assert back_bar <= supply_bar * (1.0 + 1e-9)
    beyond = max((back_bar - choke * supply_bar) / (supply_bar * (1.0 - choke)), 0.0)
    if free > 1e-6:
        assert (through / free) ** 2 + beyond**2 == pytest.approx(1.0, abs=1e-6)


def test_no_gas_comes_from_a_supply_at_atmospheric_pressure() -> None:
    assert gas.passed_g_per_s(1.0, NOMINAL.atmosphere_bar, 0.5, 3.0, NOMINAL) == 0.0


@pytest.mark.parametrize(
    ("liquid_feed", "cylinder_c", "bar"), [(0.0, 0.36, 31.51), (1.0, 16.75, 46.8)])
def test_a_small_cylinder_cools_as_thermodynamics_say(
    liquid_feed: float, cylinder_c: float, bar: float
) -> None:
    # 0.5 kg in 0.8 L, 90 g drawn, no heat from the room: integrated with CoolProp 8 itself.
    p = NOMINAL._replace(liquid_feed=liquid_feed, cylinder_l=0.8, cylinder_g=500.0,
                         cylinder_w_per_k=0.0, nozzle_mm2=0.0255 if liquid_feed == 0.0 else 0.012,
                         exhaust_bar_s2_per_g2=1e-6)
    plant = Plant(p)
    while plant.state.cylinder_g > 410.0:
        plant.advance(100, OPEN)
    assert plant.state.cylinder_c == pytest.approx(cylinder_c, abs=0.05)
    assert plant.state.cylinder_bar == pytest.approx(bar, rel=0.005)


def test_a_nearly_empty_cylinder_loses_its_pressure_and_never_its_sign() -> None:
    plant = after(NOMINAL, 900.0, damage=Damage(spare_g=20.0))
    assert 0.0 <= plant.state.spare_g < 1.5
    assert plant.state.supply_bar < 1.5
    assert plant.state.cylinder_g == NOMINAL.cylinder_g


def test_a_dip_tube_brings_more_cold_for_each_opening() -> None:
    vapour, liquid = after(NOMINAL, 60.0), after(NOMINAL, 60.0, damage=Damage(liquid_share=1.0))
    assert liquid.state.flow_g_per_s > 1.4 * vapour.state.flow_g_per_s
    assert liquid.state.residue_j >= vapour.state.residue_j


def test_solid_carbon_dioxide_blocks_the_nozzle_and_sublimes_when_the_gas_is_off() -> None:
    plant = after(CARBON, 60.0)
    blocked = plant.state.dry_ice
    assert blocked > 0.1
    plant.advance(30_000, NOTHING)
    assert plant.state.dry_ice < 0.1 * blocked


def test_above_its_triple_point_carbon_dioxide_does_not_block() -> None:
    plant = after(CARBON._replace(exhaust_bar_s2_per_g2=40.0), 60.0)
    assert plant.state.back_bar > 5.2
    assert plant.state.dry_ice < 0.02  # from the first moments


def test_argon_is_colder_from_a_fuller_cylinder_and_its_ice_larger() -> None:
    plants = Plants([ARGON_250_BAR._replace(cylinder_g=grams)
                     for grams in (3470.0, 4270.0, 4990.0)])
    assert plants.states["cylinder_bar"][:3] == pytest.approx([200.0, 250.0, 300.0], rel=0.03)
    plants.demands[:] = np.array(tuple(OPEN), dtype=plants.demands.dtype)
    plants.advance(180_000)
    tips_c = list(plants.states["tip_c"][:3])
    ice_mm = [plants.ice(probe).radius_0c_mm for probe in range(3)]
    assert tips_c == sorted(tips_c, reverse=True)
    assert ice_mm == sorted(ice_mm)


def test_moist_gas_blocks_a_cold_nozzle_until_it_is_warm() -> None:
    plant = after(NOMINAL, 60.0, damage=Damage(moisture_ppm=1000.0))
    assert plant.state.moisture > 0.3
    plant.advance(300_000, NOTHING)
    assert plant.state.moisture < 0.1


def test_a_burst_tube_shows_as_flow_up_and_supply_down() -> None:
    sound, burst = after(NOMINAL, 10.0), after(NOMINAL, 10.0, damage=Damage(burst_times=5.0))
    assert burst.seen().flow > 3.0 * sound.seen().flow
    assert burst.state.supply_bar < sound.state.supply_bar - 1.0


def test_a_sticking_valve_moves_only_for_more_than_its_stiction_but_always_shuts() -> None:
    plant = Plant(NOMINAL._replace(valve_stiction=0.05))
    plant.advance(2000, Demand(0.5, 0.0, 1.0))
    opened = plant.state.opening
    plant.advance(2000, Demand(0.53, 0.0, 1.0))
    assert plant.state.opening == pytest.approx(opened, abs=1e-6)
    plant.advance(2000, Demand(0.56, 0.0, 1.0))
    assert plant.state.opening > opened + 0.05
    plant.advance(2000, Demand(0.04, 0.0, 1.0))
    plant.advance(3000, NOTHING)
    assert plant.state.opening < 1e-6
