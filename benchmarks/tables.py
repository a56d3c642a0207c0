"""How far the plant's tables are from their sources: cryogens from CoolProp, emf from another's.

Carbon dioxide below its triple point is not in CoolProp, and not in these errors.
"""

from math import exp, log
from pathlib import Path
from random import Random

import numpy as np
import thermocouples_reference
from _form import Figure, main
from CoolProp.CoolProp import PropsSI

from sim_hardware.cryogens import properties as cryogens
from sim_hardware.plant import emf
from sim_hardware.plant.plant import TABLES


def tables() -> list[Figure]:
    """Return the worst errors of the cryogens' tables at 300 random states between their rows."""
    figures = []
    for cryogen, (name, known) in enumerate((("NitrousOxide", "N2O"), ("CarbonDioxide", "CO2"),
                                             ("Argon", "argon"))):
        random, kelvins, shares = Random(2), [0.0], [0.0]
        lowest = log(max(PropsSI("ptriple", name) / 1e5 * 1.01, 0.95))
        highest = log(0.95 * PropsSI("pcrit", name) / 1e5)
        for _ in range(300):
            bar = exp(random.uniform(lowest, highest))
            place = cryogens.place_of(bar, cryogen, TABLES)
            true = [[PropsSI(key, "P", bar * 1e5, "Q", quality, name) for quality in (0, 1)]
                    for key in "TDH"]
            row = [cryogens.saturated(column, place, cryogen, TABLES) for column in (
                cryogens.BOILING_C, cryogens.LIQUID_KG_PER_M3, cryogens.VAPOUR_KG_PER_M3,
                cryogens.LIQUID_J_PER_G, cryogens.VAPOUR_J_PER_G)]
            at_c = random.uniform(-40.0, 25.0)
            dense = random.uniform(0.02, 0.98) * cryogens.limit_kg_per_m3(at_c, cryogen, TABLES)
            gas_bar = PropsSI("P", "T", at_c + cryogens.KELVIN, "D", dense, name) / 1e5
            kelvins.append(abs(row[0] + cryogens.KELVIN - true[0][0]))
            shares += [abs(row[1] / true[1][0] - 1.0), abs(row[2] / true[1][1] - 1.0),
                       abs((row[4] - row[3]) * 1e3 / (true[2][1] - true[2][0]) - 1.0),
                       abs(cryogens.gas_bar(dense, at_c, cryogen, TABLES) / gas_bar - 1.0)]
        figures += [Figure(f"{known}: boiling points off CoolProp by", max(kelvins), "K", 0.05),
                    Figure(f"{known}: densities, heats, gas pressures off CoolProp by",
                           100.0 * max(shares), "%", 0.5)]
    return figures


def thermocouples() -> Figure:
    """Return how far the emf is from an independent collection's, all types, -200 to 400 °C."""
    worst = 0.0
    for kind, name in enumerate(emf.TYPES):
        for low_c, high_c, powers, bump in thermocouples_reference.thermocouples[name].func.table:
            for at_c in np.arange(max(low_c, -200.0), min(high_c, 400.0), 0.7):
                mv = float(np.polyval(powers, at_c))
                mv += bump[0] * exp(bump[1] * (at_c - bump[2]) ** 2) if bump else 0.0
                worst = max(worst, abs(emf.emf_mv(kind, float(at_c)) - mv))
    return Figure("emf of types K, T, E, N off an independent collection's by", worst, "mV", 5e-4)


def measure(pictures: Path | None) -> tuple[list[Figure], str]:
    """Return the worst errors."""
    figures = [*tables(), thermocouples()]
    worst = max(figure.value for figure in figures if figure.unit == "%")
    return figures, f"worst of densities, heats and pressures of three cryogens: {worst:.3f} %"


if __name__ == "__main__":
    main(measure)
