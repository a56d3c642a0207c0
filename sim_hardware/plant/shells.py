"""Shells around the tip: volumes and conductances of planes, cylinders, spheres and spheroids.

It does not know what fills them. A body of n shells is cut inside to outside; a conductance here is
that of a medium of 1 W/(m K), so it is a length.
"""

from collections.abc import Callable
from math import asin, asinh, log, pi, sqrt, tanh
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim_hardware.plant.parameters import Parameters

Floats = NDArray[np.float64]
FINE_SHELLS = 20
GROWING_SHELLS = 24
GROWTH = 1.12  # each further shell by the one before; the last ends about 30 mm from the tip


class Shells(NamedTuple):
    """Geometry, inside to outside."""

    radius_mm: Floats  # (n,) of the shell centres; for spheroids across the shaft
    volume_m3: Floats  # (n,)
    inner_per_m: Floats  # (n,) resistance from the inner face to the centre
    outer_per_m: Floats  # (n,) and from there to the outer face
    surface_m2: float  # of the innermost face


def cut(edges_m: list[float], volume_m3: Callable[[float], float],
        resistance_per_m: Callable[[float, float], float], surface_m2: float) -> Shells:
    """Return the shells between `edges_m`, given the volume within a radius and the resistance
    between two."""
    pairs = list(zip(edges_m, edges_m[1:]))
    centres_m = [0.5 * (low + high) for low, high in pairs]
    return Shells(
        np.array(centres_m) * 1e3,
        np.array([volume_m3(high) - volume_m3(low) for low, high in pairs]),
        np.array([resistance_per_m(low, centre) for (low, _), centre in zip(pairs, centres_m)]),
        np.array([resistance_per_m(centre, high) for (_, high), centre in zip(pairs, centres_m)]),
        surface_m2,
    )


def slab(edges_m: list[float]) -> Shells:
    """Return planes, for 1 m² of wall."""
    return cut(edges_m, lambda x_m: x_m, lambda low, high: high - low, 1.0)


def cylinder(edges_m: list[float]) -> Shells:
    """Return cylinders, for 1 m of length; the innermost radius may be 0, where nothing enters."""
    def resistance_per_m(low: float, high: float) -> float:
        return log(high / low) / (2.0 * pi) if low > 0.0 else 1.0 / (4.0 * pi)
    return cut(edges_m, lambda r: pi * r * r, resistance_per_m, 2.0 * pi * edges_m[0])


def sphere(edges_m: list[float]) -> Shells:
    """Return spheres."""
    return cut(edges_m, lambda r: 4.0 / 3.0 * pi * r**3,
               lambda low, high: (1.0 / low - 1.0 / high) / (4.0 * pi), 4.0 * pi * edges_m[0] ** 2)


def edges_m(inner_mm: float, cell_mm: float) -> list[float]:
    """Return where the shells of the plant are cut: fine where ice is, coarser outside."""
    edges = [inner_mm * 1e-3]
    step_m = cell_mm * 1e-3
    for shell in range(FINE_SHELLS + GROWING_SHELLS):
        if shell >= FINE_SHELLS:
            step_m *= GROWTH
        edges.append(edges[-1] + step_m)
    return edges


def around_tip(p: Parameters) -> Shells:
    """Return the shells of a probe: confocal spheroids with the active part's surface inside.

    Conductance between two: 4 pi f / ln(tanh(b/2) / tanh(a/2)), sinh a = r / f. Seen across the
    middle a spheroid tapers, so its shell holds less than a cylinder's there. What that misses of
    two dimensions is fitted: FITTED.
    """
    inner_m = p.outer_diameter_mm * 0.5e-3
    surface_m2 = 2.0 * pi * inner_m * p.active_length_mm * 1e-3
    fit = fitted(p.active_length_mm / p.outer_diameter_mm)
    focus_m = fit.stretch * sqrt(_semi_major_m(inner_m, surface_m2) ** 2 - inner_m**2)
    lack_m2 = (1.0 - fit.fullness) * focus_m**2

    def within_m3(radius_m: float) -> float:
        to_pole_m = sqrt(radius_m**2 + focus_m**2)
        return fit.share * 4.0 * pi * (to_pole_m**3 / 3.0 - lack_m2 * to_pole_m)

    def resistance_per_m(low_m: float, high_m: float) -> float:
        low, high = asinh(low_m / focus_m), asinh(high_m / focus_m)
        between = log(tanh(high / 2.0)) - log(tanh(low / 2.0))
        return between / (fit.share * 4.0 * pi * focus_m)

    return cut(edges_m(p.outer_diameter_mm * 0.5, p.cell_mm), within_m3, resistance_per_m,
               surface_m2)


class Fit(NamedTuple):
    """How the shells of a tip of one slenderness differ from those of the spheroid."""

    slenderness: float  # active length by diameter
    stretch: float  # focus by that of the spheroid of equal surface
    fullness: float  # volume across the middle: 2/3 a slender spheroid's, 1 a cylinder's
    share: float  # of volume and conductance alike, so that the heat drawn is right


# Fitted to sim_hardware/judges/axisymmetric.py: 2 mm, active 4, 6, 10, 20 mm, held at -40, -60 and
# -85 °C at once, 0 and -20 °C diameters and heat at 30..300 s. What is left of an error:
# docs/simulated_probe.md.
FITTED = (
    Fit(2.0, 1.124, 0.673, 0.917),
    Fit(3.0, 1.097, 0.777, 0.903),
    Fit(5.0, 1.112, 0.850, 0.857),
    Fit(10.0, 1.321, 0.954, 0.680),
)


def fitted(slenderness: float) -> Fit:
    """Return the fit at one slenderness, straight between the rows over its logarithm."""
    at = [log(row.slenderness) for row in FITTED]
    columns = list(zip(*FITTED))[1:]
    return Fit(slenderness, *(float(np.interp(log(slenderness), at, column))
                              for column in columns))


def _semi_major_m(semi_minor_m: float, surface_m2: float) -> float:
    """Return the other half axis of a prolate spheroid with this surface, by bisection."""
    low, high = semi_minor_m * (1.0 + 1e-9), max(surface_m2 / semi_minor_m, 2.0 * semi_minor_m)
    for _ in range(80):
        middle = 0.5 * (low + high)
        e = sqrt(1.0 - (semi_minor_m / middle) ** 2)
        area = 2.0 * pi * semi_minor_m**2 * (1.0 + middle / (semi_minor_m * e) * asin(e))
        low, high = (middle, high) if area < surface_m2 else (low, middle)
    return 0.5 * (low + high)


def isotherm_mm(temperatures_c: Floats, edge_c: float, radius_mm: Floats) -> float:
    """Return the outermost radius, mm, that is at `edge_c` or colder; 0 when none is."""
    cold = np.flatnonzero(temperatures_c <= edge_c)
    if cold.size == 0:
        return 0.0
    i = int(cold[-1])
    if i + 1 == temperatures_c.size:
        return float(radius_mm[i])
    low_c, high_c = float(temperatures_c[i]), float(temperatures_c[i + 1])
    share = (edge_c - low_c) / (high_c - low_c)
    return float(radius_mm[i] + share * (radius_mm[i + 1] - radius_mm[i]))
