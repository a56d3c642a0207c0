"""The baked tables say what CoolProp says, and the figures that the field knows."""

from math import exp, log
from random import Random

import numpy as np
import pytest

from sim_hardware.cryogens import properties as q
from sim_hardware.plant.plant import TABLES

N2O, CO2, AR = q.NITROUS_OXIDE, q.CARBON_DIOXIDE, q.ARGON


def at_bar(column: int, bar: float, cryogen: int) -> float:
    return q.saturated(column, q.place_of(bar, cryogen, TABLES), cryogen, TABLES)


# CoolProp 8.
@pytest.mark.parametrize(
    ("boiling_c", "bar"),
    [(-88.47, 1.01325), (-85.0, 1.241), (-80.0, 1.639), (-75.0, 2.129), (-70.0, 2.726),
     (-60.0, 4.298), (-40.0, 9.39), (-20.0, 17.97), (0.0, 31.2), (20.0, 50.53), (30.0, 63.1)],
)
def test_nitrous_oxide_boils_where_it_boils(boiling_c: float, bar: float) -> None:
    assert at_bar(q.BOILING_C, bar, N2O) == pytest.approx(boiling_c, abs=0.05)


@pytest.mark.parametrize(("at_c", "j_per_g"), [(-88.0, 374.0), (-60.0, 340.0), (-20.0, 277.0)])
def test_boiling_takes_this_much_heat(at_c: float, j_per_g: float) -> None:
    place = q.place_at_c(at_c, N2O, TABLES)
    heat = (q.saturated(q.VAPOUR_J_PER_G, place, N2O, TABLES)
            - q.saturated(q.LIQUID_J_PER_G, place, N2O, TABLES))
    assert heat == pytest.approx(j_per_g, rel=0.005)


def test_nitrous_oxide_vapour_throttles_to_dry_gas_and_liquid_to_57_percent_vapour() -> None:
    in_vapour = at_bar(q.VAPOUR_J_PER_G, 50.525, N2O)
    in_liquid = at_bar(q.LIQUID_J_PER_G, 50.525, N2O)
    vapour, liquid = (at_bar(column, 1.01325, N2O)
                      for column in (q.VAPOUR_J_PER_G, q.LIQUID_J_PER_G))
    assert in_vapour - vapour == pytest.approx(10.0, abs=1.5)  # J/g left to warm the gas
    assert (in_liquid - liquid) / (vapour - liquid) == pytest.approx(0.573, abs=0.003)


def test_liquid_carbon_dioxide_throttles_to_snow() -> None:
    assert at_bar(q.BOILING_C, 1.01325, CO2) == pytest.approx(-78.46, abs=0.05)
    vapour, solid = (at_bar(column, 1.01325, CO2)
                     for column in (q.VAPOUR_J_PER_G, q.LIQUID_J_PER_G))
    assert vapour - solid == pytest.approx(573.0, rel=0.015)
    fed = at_bar(q.LIQUID_J_PER_G, 57.3, CO2)
    assert (vapour - fed) / (vapour - solid) == pytest.approx(0.29, abs=0.03)


@pytest.mark.parametrize(
    ("bar", "cryogen", "flux", "kg_per_m2s"),
    [(50.53, N2O, q.LIQUID_FLUX, 29_100.0), (50.53, N2O, q.VAPOUR_FLUX, 17_000.0),
     (57.3, CO2, q.LIQUID_FLUX, 31_700.0), (57.3, CO2, q.VAPOUR_FLUX, 19_800.0)],
)
def test_the_nozzle_passes_no_more_than_this(
    bar: float, cryogen: int, flux: int, kg_per_m2s: float
) -> None:
    assert at_bar(flux, bar, cryogen) * bar == pytest.approx(kg_per_m2s, rel=0.01)


@pytest.mark.parametrize(
    ("bar", "falls_to_c"), [(200.0, -45.9), (250.0, -56.9), (300.0, -65.3)])
def test_argon_cools_by_throttling_alone(bar: float, falls_to_c: float) -> None:
    low, high = 1.0, 620.0
    for _ in range(60):
        kg_per_m3 = 0.5 * (low + high)
        below = q.gas_bar(kg_per_m3, 20.0, AR, TABLES) < bar
        low, high = (kg_per_m3, high) if below else (low, kg_per_m3)
    inner = q.gaseous(q.INNER_J_PER_G, low, 20.0, AR, TABLES)
    arriving = inner + 100.0 * bar / low
    boiling_c = at_bar(q.BOILING_C, 1.01325, AR)
    over = arriving - at_bar(q.VAPOUR_J_PER_G, 1.01325, AR)
    per_k = at_bar(q.VAPOUR_J_PER_GK, 1.01325, AR)
    assert boiling_c + over / per_k == pytest.approx(falls_to_c, abs=1.5)  # mean heat capacity


def test_pressures_beyond_the_table_are_clamped() -> None:
    assert at_bar(q.BOILING_C, 1e-6, N2O) == at_bar(q.BOILING_C, 0.9, N2O)
    assert at_bar(q.BOILING_C, 500.0, N2O) == pytest.approx(34.98, abs=0.05)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_baking_again_gives_the_stored_tables() -> None:
    # One row of eleven: the boiling curve between is smooth, and the rest near CoolProp, below.
    from sim_hardware.cryogens import bake
    for cryogen in bake.CRYOGENS:
        with np.load(bake.FOLDER / (cryogen.name + ".npz")) as stored:
            assert stored["saturation"].shape[0] == bake.ROWS
            for name, table in bake.bake(cryogen, every=11).items():
                rows = stored[name] if name == "scales" else stored[name][::11]
                np.testing.assert_allclose(table, rows, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(("cryogen", "breaks"), [(N2O, 0), (CO2, 2), (AR, 0)])
def test_no_row_of_the_boiling_curve_stands_out_from_its_neighbours(
    cryogen: int, breaks: int
) -> None:
    table = TABLES.saturation[cryogen]
    bend = np.abs(table[1:-1] - 0.5 * (table[2:] + table[:-2])) / np.ptp(table, axis=0)
    stand_out = np.flatnonzero(np.max(bend, axis=1) > 0.01)
    assert len(stand_out) == breaks  # liquid becomes solid at the triple point, on both its sides


@pytest.mark.slow
@pytest.mark.parametrize(("name", "cryogen"), [("NitrousOxide", N2O), ("CarbonDioxide", CO2),
                                               ("Argon", AR)])
def test_between_the_rows_the_tables_are_within_a_twentieth_kelvin_and_half_a_percent(
    name: str, cryogen: int
) -> None:
    from CoolProp.CoolProp import PropsSI
    random = Random(1)
    triple_bar = PropsSI("ptriple", name) / 1e5
    highest_bar = 0.95 * PropsSI("pcrit", name) / 1e5
    for _ in range(300):
        bar = exp(random.uniform(log(max(triple_bar * 1.01, 0.95)), log(highest_bar)))
        boiling_c = PropsSI("T", "P", bar * 1e5, "Q", 0, name) - q.KELVIN
        assert at_bar(q.BOILING_C, bar, cryogen) == pytest.approx(boiling_c, abs=0.05)
        for column, key, quality, scale in (
                (q.LIQUID_KG_PER_M3, "D", 0, 1.0), (q.VAPOUR_KG_PER_M3, "D", 1, 1.0)):
            true = PropsSI(key, "P", bar * 1e5, "Q", quality, name) * scale
            assert at_bar(column, bar, cryogen) == pytest.approx(true, rel=0.005)
        heat = (PropsSI("H", "P", bar * 1e5, "Q", 1, name)
                - PropsSI("H", "P", bar * 1e5, "Q", 0, name)) / 1e3
        assert at_bar(q.VAPOUR_J_PER_G, bar, cryogen) - at_bar(
            q.LIQUID_J_PER_G, bar, cryogen) == pytest.approx(heat, rel=0.005)
        at_c = random.uniform(-40.0, 25.0)
        kg_per_m3 = random.uniform(0.02, 0.98) * q.limit_kg_per_m3(at_c, cryogen, TABLES)
        pressure_bar = PropsSI("P", "T", at_c + q.KELVIN, "D", kg_per_m3, name) / 1e5
        assert q.gas_bar(kg_per_m3, at_c, cryogen, TABLES) == pytest.approx(
            pressure_bar, rel=0.005)
        inner = PropsSI("U", "T", at_c + q.KELVIN, "D", kg_per_m3, name) / 1e3
        per_k = PropsSI("O", "T", at_c + q.KELVIN, "D", kg_per_m3, name) / 1e3
        assert q.gaseous(q.INNER_J_PER_G, kg_per_m3, at_c, cryogen, TABLES) == pytest.approx(
            inner, abs=max(0.05 * per_k, 0.005 * heat))
