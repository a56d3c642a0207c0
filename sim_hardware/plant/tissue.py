"""Freezing tissue around the tip: one-dimensional enthalpy in confocal spheroidal shells.

It does not know where the cold comes from. Prolate-spheroidal shells become spheres far from a
short tip and cylinders near a long one. What is conserved is enthalpy per volume; conduction is
the difference of the conductivity integral (Kirchhoff), so no face needs a mean conductivity.
"""

from math import asin, asinh, log, pi, sqrt, tanh
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim_hardware.plant.parameters import Parameters

Floats = NDArray[np.float64]
MUSHY_KNOTS = 29  # every 0.25 K of a 7 K range
COLDEST_C = -200.0
WARMEST_C = 200.0


class Shells(NamedTuple):
    """Geometry of the shells, inside to outside."""

    radius_mm: Floats  # (n,) across the shaft, at shell centres
    volume_m3: Floats  # (n,)
    link_m: Floats  # (n,) conductance by conductivity to the next; the last to the boundary
    surface_link_m: float  # tip surface to the first centre
    surface_m2: float  # of the tip


class Knots(NamedTuple):
    """What tissue is at an enthalpy: straight lines between these."""

    enthalpy_j_per_m3: Floats  # rising; 0 where freezing ends
    temperature_c: Floats
    conducted_w_per_m: Floats  # integral of the conductivity from where freezing ends
    source_w_per_m3: Floats  # perfusion and metabolism, off where frozen


def shells(p: Parameters) -> Shells:
    """Return the shells of a probe: as thick, and with as much surface, as the active part."""
    inner_m = p.outer_diameter_mm * 0.5e-3
    surface_m2 = 2.0 * pi * inner_m * p.active_length_mm * 1e-3
    focus_m = sqrt(_semi_major_m(inner_m, surface_m2) ** 2 - inner_m**2)
    edges_m = [inner_m]
    step_m = p.cell_mm * 1e-3
    while edges_m[-1] < p.outer_mm * 1e-3:
        edges_m.append(edges_m[-1] + step_m)
        if edges_m[-1] >= p.fine_to_mm * 1e-3:
            step_m *= p.cell_growth
    centres_m = [0.5 * (low + high) for low, high in zip(edges_m, edges_m[1:])]

    def within_m3(radius_m: float) -> float:
        return 4.0 / 3.0 * pi * radius_m**2 * sqrt(radius_m**2 + focus_m**2)

    def link_m(low_m: float, high_m: float) -> float:
        low, high = asinh(low_m / focus_m), asinh(high_m / focus_m)
        return 4.0 * pi * focus_m / (log(tanh(high / 2.0)) - log(tanh(low / 2.0)))

    ends_m = [*centres_m, edges_m[-1]]
    return Shells(
        np.array(centres_m) * 1e3,
        np.array([within_m3(high) - within_m3(low) for low, high in zip(edges_m, edges_m[1:])]),
        np.array([link_m(low, high) for low, high in zip(ends_m, ends_m[1:])]),
        link_m(inner_m, centres_m[0]),
        surface_m2,
    )


def _semi_major_m(semi_minor_m: float, surface_m2: float) -> float:
    """Return the other half axis of a prolate spheroid with this surface, by bisection."""
    low, high = semi_minor_m * (1.0 + 1e-9), surface_m2 / semi_minor_m
    for _ in range(80):
        middle = 0.5 * (low + high)
        e = sqrt(1.0 - (semi_minor_m / middle) ** 2)
        area = 2.0 * pi * semi_minor_m**2 * (1.0 + middle / (semi_minor_m * e) * asin(e))
        low, high = (middle, high) if area < surface_m2 else (low, middle)
    return 0.5 * (low + high)


def knots(p: Parameters) -> Knots:
    """Return the material as lines; mushy conductivity is mixed by the frozen share."""
    ends_c, begins_c = p.freezing_ends_c, p.freezing_begins_c
    span_k = begins_c - ends_c
    mushy_c = np.linspace(ends_c, begins_c, MUSHY_KNOTS)
    temperature_c = np.concatenate(([COLDEST_C], mushy_c, [WARMEST_C]))
    below_k = np.minimum(temperature_c - ends_c, 0.0)
    inside_k = np.clip(temperature_c - ends_c, 0.0, span_k)
    above_k = np.maximum(temperature_c - begins_c, 0.0)
    mean_j_per_m3k = 0.5 * (p.frozen_j_per_m3k + p.unfrozen_j_per_m3k)
    falls = (p.unfrozen_w_per_mk - p.frozen_w_per_mk) / (2.0 * span_k)
    perfusion_w_per_m3k = p.perfusion_per_s * p.blood_j_per_m3k
    return Knots(
        p.frozen_j_per_m3k * below_k + p.unfrozen_j_per_m3k * above_k
        + (mean_j_per_m3k + p.latent_j_per_m3 / span_k) * inside_k,
        temperature_c,
        p.frozen_w_per_mk * (below_k + inside_k) + falls * inside_k**2
        + p.unfrozen_w_per_mk * above_k,
        inside_k / span_k
        * (perfusion_w_per_m3k * (p.body_c - temperature_c) + p.metabolism_w_per_m3),
    )


def step_s_max(grid: Shells, p: Parameters) -> float:
    """Return the longest stable explicit step, s. Twice this still looks plausible, and is not."""
    fastest_m2_per_s = max(p.frozen_w_per_mk / p.frozen_j_per_m3k,
                           p.unfrozen_w_per_mk / p.unfrozen_j_per_m3k)
    contact_m = p.contact_w_per_m2k * grid.surface_m2 / p.frozen_w_per_mk
    surface_m = 1.0 / (1.0 / grid.surface_link_m + 1.0 / contact_m)
    inward_m = np.concatenate(([surface_m], grid.link_m[:-1]))
    return float(np.min(grid.volume_m3 / (fastest_m2_per_s * (inward_m + grid.link_m))))


def conducted_w_per_m(temperature_c: float, p: Parameters) -> float:
    """Return the integral of the conductivity at one temperature; as in Knots, exactly."""
    ends_c, begins_c = p.freezing_ends_c, p.freezing_begins_c
    if temperature_c <= ends_c:
        return p.frozen_w_per_mk * (temperature_c - ends_c)
    inside_k = min(temperature_c, begins_c) - ends_c
    falls = (p.unfrozen_w_per_mk - p.frozen_w_per_mk) / (2.0 * (begins_c - ends_c))
    return (p.frozen_w_per_mk * inside_k + falls * inside_k * inside_k
            + p.unfrozen_w_per_mk * max(temperature_c - begins_c, 0.0))


def temperature_c(enthalpy_j_per_m3: float, p: Parameters) -> float:
    """Return the temperature of tissue at one enthalpy."""
    if enthalpy_j_per_m3 <= 0.0:
        return p.freezing_ends_c + enthalpy_j_per_m3 / p.frozen_j_per_m3k
    span_k = p.freezing_begins_c - p.freezing_ends_c
    mushy = (p.latent_j_per_m3
             + 0.5 * (p.frozen_j_per_m3k + p.unfrozen_j_per_m3k) * span_k)
    if enthalpy_j_per_m3 < mushy:
        return p.freezing_ends_c + enthalpy_j_per_m3 / mushy * span_k
    return p.freezing_begins_c + (enthalpy_j_per_m3 - mushy) / p.unfrozen_j_per_m3k


def drawn_w(tip_c: float, first_c: float, grid: Shells, p: Parameters) -> float:
    """Return the heat that flows from the first shell through the contact into the tip."""
    difference_k = first_c - tip_c
    if abs(difference_k) < 1e-9:
        return 0.0
    conducted = conducted_w_per_m(first_c, p) - conducted_w_per_m(tip_c, p)
    shell_w_per_k = conducted / difference_k * grid.surface_link_m
    contact_w_per_k = p.contact_w_per_m2k * grid.surface_m2
    return difference_k / (1.0 / shell_w_per_k + 1.0 / contact_w_per_k)


def gains_w(enthalpy: Floats, drawn: float, body_w_per_m: float, grid: Shells,
            material: Knots) -> Floats:
    """Return the heat (n,) each shell gains while the tip draws `drawn` W from the first one."""
    conducted = np.interp(enthalpy, material.enthalpy_j_per_m3, material.conducted_w_per_m)
    gains = np.interp(enthalpy, material.enthalpy_j_per_m3, material.source_w_per_m3)
    gains *= grid.volume_m3
    inward = np.empty_like(conducted)
    np.subtract(conducted[1:], conducted[:-1], out=inward[:-1])
    inward[-1] = body_w_per_m - conducted[-1]
    inward *= grid.link_m
    gains += inward
    gains[1:] -= inward[:-1]
    gains[0] -= drawn
    return gains


def isotherm_mm(temperatures_c: Floats, edge_c: float, grid: Shells) -> float:
    """Return the outermost radius, mm, that is at `edge_c` or colder; 0 when none is."""
    cold = np.flatnonzero(temperatures_c <= edge_c)
    if cold.size == 0:
        return 0.0
    i = int(cold[-1])
    if i + 1 == temperatures_c.size:
        return float(grid.radius_mm[i])
    low_c, high_c = float(temperatures_c[i]), float(temperatures_c[i + 1])
    share = (edge_c - low_c) / (high_c - low_c)
    return float(grid.radius_mm[i] + share * (grid.radius_mm[i + 1] - grid.radius_mm[i]))
