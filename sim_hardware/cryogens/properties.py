"""Look-up of the baked tables, compiled: saturation by pressure, gas by density and temperature.

It does not know tanks or nozzles. Pressures are absolute; enthalpies are relative to one state per
cryogen, the same in both tables.
"""

from math import exp, log
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim_hardware.compiled import compiled

Floats = NDArray[np.float64]
KELVIN = 273.15
NAMES = ("nitrous_oxide", "carbon_dioxide", "argon")
NITROUS_OXIDE, CARBON_DIOXIDE, ARGON = range(3)

COLUMNS = (BOILING_C, LIQUID_J_PER_G, VAPOUR_J_PER_G, LIQUID_KG_PER_M3, VAPOUR_KG_PER_M3,
           LIQUID_INNER_J_PER_G, VAPOUR_INNER_J_PER_G,
           VAPOUR_J_PER_GK,  # mean from the boiling point to 20 °C
           VAPOUR_FLUX, VAPOUR_CHOKE,  # kg/(m² s) by bar; back pressure by pressure where choked
           LIQUID_FLUX, LIQUID_CHOKE) = range(12)
GAS_COLUMNS = (COMPRESSIBILITY, INNER_J_PER_G,
               FLUX,  # by the square root of density times pressure
               CHOKE) = range(4)
(LN_BAR_FIRST, LN_BAR_STEP, GAS_C_FIRST, GAS_C_STEP, J_PER_GK, STANDARD_G_PER_L) = range(6)
CO2_TRIPLE_BAR = 5.1795  # below this what does not boil is solid


class Tables(NamedTuple):
    """All cryogens, by the codes above."""

    saturation: Floats  # (3, rows, columns) rows even in the logarithm of the pressure
    gas: Floats  # (3, temperatures, densities, columns) densities even from 0 to the limit
    limit_kg_per_m3: Floats  # (3, temperatures)
    scales: Floats  # (3, 6)


def load() -> Tables:
    """Return the tables that lie beside this file."""
    folder = Path(__file__).resolve().parent
    parts: dict[str, list[Floats]] = {field: [] for field in Tables._fields}
    for name in NAMES:
        with np.load(folder / (name + ".npz")) as stored:
            for field, part in parts.items():
                part.append(stored[field])
    return Tables(*(np.ascontiguousarray(np.stack(parts[field])) for field in Tables._fields))


@compiled
def place_of(bar: float, cryogen: int, tables: Tables) -> float:
    """Return where a pressure lies in the saturation table, in rows; clamped to its ends."""
    scales = tables.scales[cryogen]
    place = (log(max(bar, 1e-9)) - scales[LN_BAR_FIRST]) / scales[LN_BAR_STEP]
    return float(min(max(place, 0.0), tables.saturation.shape[1] - 1.000001))


@compiled
def bar_at(place: float, cryogen: int, tables: Tables) -> float:
    """Return the pressure at a place."""
    scales = tables.scales[cryogen]
    return exp(float(scales[LN_BAR_FIRST] + place * scales[LN_BAR_STEP]))


@compiled
def saturated(column: int, place: float, cryogen: int, tables: Tables) -> float:
    """Return one column of the saturation table at a place."""
    row = int(place)
    low = tables.saturation[cryogen, row, column]
    return float(low + (place - row) * (tables.saturation[cryogen, row + 1, column] - low))


@compiled
def place_at_c(boiling_c: float, cryogen: int, tables: Tables) -> float:
    """Return the place at which the cryogen boils at a temperature; clamped likewise."""
    low, high = 0.0, float(tables.saturation.shape[1] - 1.000001)
    for _ in range(50):
        middle = 0.5 * (low + high)
        if saturated(BOILING_C, middle, cryogen, tables) < boiling_c:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


@compiled
def limit_kg_per_m3(temperature_c: float, cryogen: int, tables: Tables) -> float:
    """Return the density at which the gas table ends: saturated vapour's, where there is such."""
    scales, limits = tables.scales[cryogen], tables.limit_kg_per_m3[cryogen]
    at = (temperature_c - scales[GAS_C_FIRST]) / scales[GAS_C_STEP]
    at = min(max(at, 0.0), limits.size - 1.000001)
    i = int(at)
    return float(limits[i] + (at - i) * (limits[i + 1] - limits[i]))


@compiled
def gaseous(column: int, kg_per_m3: float, temperature_c: float, cryogen: int,
            tables: Tables) -> float:
    """Return one column of the gas table, bilinear; clamped to its edges."""
    scales, table = tables.scales[cryogen], tables.gas[cryogen]
    at = (temperature_c - scales[GAS_C_FIRST]) / scales[GAS_C_STEP]
    at = min(max(at, 0.0), table.shape[0] - 1.000001)
    i = int(at)
    share = kg_per_m3 / limit_kg_per_m3(temperature_c, cryogen, tables) * (table.shape[1] - 1)
    share = min(max(share, 0.0), table.shape[1] - 1.000001)
    j = int(share)
    up, right = at - i, share - j
    low = table[i, j, column] + right * (table[i, j + 1, column] - table[i, j, column])
    high = table[i + 1, j, column] + right * (table[i + 1, j + 1, column]
                                              - table[i + 1, j, column])
    return float(low + up * (high - low))


@compiled
def gas_bar(kg_per_m3: float, temperature_c: float, cryogen: int, tables: Tables) -> float:
    """Return the pressure of gas, bar absolute."""
    ideal_kpa = kg_per_m3 * tables.scales[cryogen, J_PER_GK] * (temperature_c + KELVIN)
    real = gaseous(COMPRESSIBILITY, kg_per_m3, temperature_c, cryogen, tables)
    return float(ideal_kpa * real / 100.0)
