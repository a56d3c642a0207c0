"""Bake the tables of the cryogens from CoolProp: `python -m sim_hardware.cryogens.bake`.

It does not run with the product: the tables stay in the repository, and a slow test bakes anew.
Below its triple point carbon dioxide sublimes, where CoolProp ends: there the sublimation curve is
that of Span and Wagner (J. Phys. Chem. Ref. Data 25, 1996, eq. 3.12), the vapour is carried on
with its heat capacity at the triple temperature, and the solid is a heat of sublimation below it,
by Clapeyron.
"""

from math import exp, log, sqrt
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from CoolProp.CoolProp import (
    PQ_INPUTS,
    PT_INPUTS,
    QT_INPUTS,
    AbstractState,
    DmassT_INPUTS,
    PSmass_INPUTS,
    iP_triple,
)
from numpy.typing import NDArray

from sim_hardware.cryogens.properties import COLUMNS, GAS_COLUMNS, KELVIN

Floats = NDArray[np.float64]
ROWS = 512
GRID = 48
FOLDER = Path(__file__).resolve().parent
CO2_TRIPLE_K, CO2_TRIPLE_PA = 216.592, 517_964.0  # CoolProp 8
ICE_KG_PER_M3 = 1560.0  # dry ice
CRITICAL_SHARE = 0.97  # of the critical pressure, where tables end: beyond, lines are too coarse


class Baked(NamedTuple):
    """One cryogen and the range of its tables."""

    name: str
    coolprop: str
    bar_first: float
    gas_c_first: float
    gas_c_last: float
    density_limit_kg_per_m3: float  # of the gas table; 0: that of saturated vapour


CRYOGENS = (
    Baked("nitrous_oxide", "NitrousOxide", 0.9, -60.0, 30.0, 0.0),
    Baked("carbon_dioxide", "CarbonDioxide", 0.9, -50.0, 28.0, 0.0),
    Baked("argon", "Argon", 0.7, -80.0, 50.0, 620.0),
)


def sublimes_k(pressure_pa: float) -> float:
    """Return the temperature at which solid carbon dioxide has this vapour pressure, K."""
    def pressure_of(kelvin: float) -> float:
        below = 1.0 - kelvin / CO2_TRIPLE_K
        series = (-14.740846 * below + 2.4327015 * below**1.9 - 5.3061778 * below**2.9)
        return CO2_TRIPLE_PA * exp(CO2_TRIPLE_K / kelvin * series)
    low, high = 150.0, CO2_TRIPLE_K
    for _ in range(80):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if pressure_of(middle) < pressure_pa else (low, middle)
    return 0.5 * (low + high)


def critical_flux(state: Any, pressure_pa: float, enthalpy: float, entropy: float,
                  lowest_pa: float) -> tuple[float, float]:
    """Return the largest mass flux of an ideal nozzle, kg/(m² s), and the pressure ratio there.

    Homogeneous equilibrium: along constant entropy rho sqrt(2 (h0 - h)), by golden section.
    """
    def flux(pressure: float) -> float:
        try:
            state.update(PSmass_INPUTS, pressure, entropy)
        except ValueError:  # it would freeze: not where the flux is largest
            return 0.0
        return float(state.rhomass() * sqrt(max(2.0 * (enthalpy - state.hmass()), 0.0)))
    low, high = max(0.3 * pressure_pa, lowest_pa), 0.999999 * pressure_pa
    golden = 0.5 * (sqrt(5.0) - 1.0)
    for _ in range(45):
        left, right = high - golden * (high - low), low + golden * (high - low)
        low, high = (low, right) if flux(left) > flux(right) else (left, high)
    best = 0.5 * (low + high)
    return flux(best), best / pressure_pa


def saturation_row(state: Any, cryogen: Baked, pressure_pa: float) -> list[float]:
    """Return COLUMNS at one pressure; fluxes by bar of it, from 10.4 bar: below, as there."""
    if cryogen.name == "carbon_dioxide" and pressure_pa < CO2_TRIPLE_PA:
        boiling_k = sublimes_k(pressure_pa)
        solid, vapour, density = _sublimation(state, pressure_pa, boiling_k)
        liquid, thick = solid, ICE_KG_PER_M3
    else:
        state.update(PQ_INPUTS, pressure_pa, 0.0)
        boiling_k, liquid, thick = state.T(), state.hmass() / 1e3, state.rhomass()
        state.update(PQ_INPUTS, pressure_pa, 1.0)
        vapour, density = state.hmass() / 1e3, state.rhomass()
    boiling_c = boiling_k - KELVIN
    capacity_pa = pressure_pa
    if boiling_c > 0.0:
        state.update(QT_INPUTS, 1.0, KELVIN)
        capacity_pa = state.p()
    state.update(PT_INPUTS, capacity_pa, KELVIN + 20.0)
    warm = state.hmass() / 1e3
    from_k, from_j_per_g = boiling_k, vapour
    if boiling_c > 0.0:
        state.update(QT_INPUTS, 1.0, KELVIN)
        from_k, from_j_per_g = KELVIN, state.hmass() / 1e3
    flux_pa = max(pressure_pa, 2.0 * CO2_TRIPLE_PA)
    fluxes = []
    for quality in (1.0, 0.0):
        state.update(PQ_INPUTS, flux_pa, quality)
        lowest_pa = 1.001 * state.trivial_keyed_output(iP_triple)
        flux, ratio = critical_flux(state, flux_pa, state.hmass(), state.smass(), lowest_pa)
        fluxes += [flux / flux_pa * 1e5, ratio]
    return [boiling_c, liquid, vapour, thick, density,
            liquid - pressure_pa / thick / 1e3, vapour - pressure_pa / density / 1e3,
            (warm - from_j_per_g) / (KELVIN + 20.0 - from_k), *fluxes]


def _sublimation(state: Any, pressure_pa: float, boiling_k: float) -> tuple[float, float, float]:
    """Return the enthalpies, J/g, of solid and vapour carbon dioxide, and the vapour's density."""
    state.update(PT_INPUTS, 0.9999 * pressure_pa, CO2_TRIPLE_K + 0.01)
    compressibility = state.p() / (state.rhomass() * state.gas_constant() / state.molar_mass()
                                   * CO2_TRIPLE_K)
    vapour = (state.hmass() - state.cpmass() * (CO2_TRIPLE_K - boiling_k)) / 1e3
    density = pressure_pa / (compressibility * state.gas_constant() / state.molar_mass()
                             * boiling_k)
    slope = (sublimes_k(1.001 * pressure_pa) - sublimes_k(0.999 * pressure_pa)) / 0.002
    heat = boiling_k * (1.0 / density - 1.0 / ICE_KG_PER_M3) * pressure_pa / slope / 1e3
    return vapour - heat, vapour, density


def gas_cell(state: Any, density: float, kelvin: float, lowest_pa: float) -> list[float]:
    """Return GAS_COLUMNS at one density, kg/m³, and temperature."""
    state.update(DmassT_INPUTS, density, kelvin)
    pressure = state.p()
    gas_constant = state.gas_constant() / state.molar_mass()
    row = [pressure / (density * gas_constant * kelvin), state.umass() / 1e3]
    flux, ratio = critical_flux(state, pressure, state.hmass(), state.smass(), lowest_pa)
    return [*row, flux / sqrt(density * pressure), ratio]


def bake(cryogen: Baked, every: int = 1) -> dict[str, Floats]:
    """Return the tables of one cryogen, named as in properties.load; or only one row of `every`."""
    state = AbstractState("HEOS", cryogen.coolprop)
    critical_pa = CRITICAL_SHARE * state.p_critical()
    ln_bar = np.linspace(log(cryogen.bar_first), log(critical_pa / 1e5), ROWS)
    saturation = [saturation_row(state, cryogen, exp(x) * 1e5) for x in ln_bar[::every]]
    gas_c = np.linspace(cryogen.gas_c_first, cryogen.gas_c_last, GRID)
    shares = np.linspace(0.0, 1.0, GRID)
    limits, gas = [], []
    lowest_pa = 1.001 * state.trivial_keyed_output(iP_triple)
    for kelvin in gas_c[::every] + KELVIN:
        limit = cryogen.density_limit_kg_per_m3
        if limit == 0.0:
            state.update(QT_INPUTS, 1.0, kelvin)
            limit = state.rhomass()
        limits.append(limit)
        gas.append([gas_cell(state, max(share, 0.003) * limit * (1.0 - 1e-9), kelvin,
                             min(lowest_pa, 1e3)) for share in shares])
    state.update(PT_INPUTS, 101_325.0, KELVIN)
    standard = state.rhomass()
    table = np.array(gas)
    table[:, 0, 0] = 1.0  # an ideal gas at no density
    assert table.shape[1:] == (GRID, len(GAS_COLUMNS))
    assert len(saturation[0]) == len(COLUMNS)
    return {
        "saturation": np.array(saturation), "gas": table, "limit_kg_per_m3": np.array(limits),
        "scales": np.array([ln_bar[0], ln_bar[1] - ln_bar[0], gas_c[0], gas_c[1] - gas_c[0],
                            state.gas_constant() / state.molar_mass() / 1e3, standard]),
    }


def write(path: Path, tables: dict[str, Floats]) -> None:
    """Store tables, named."""
    arrays: dict[str, Any] = dict(tables)
    np.savez_compressed(path, **arrays)


def main() -> None:
    """Write the tables of every cryogen beside this file."""
    for cryogen in CRYOGENS:
        write(FOLDER / (cryogen.name + ".npz"), bake(cryogen))


if __name__ == "__main__":
    main()
