"""Freezing tissue in shells: enthalpy, conserved to the last bit that a sum can hold.

It does not know where the cold comes from. Conduction is the difference of the conductivity
integral (Kirchhoff), so no face needs a mean conductivity. Enthalpy is counted per volume, from 0
where freezing ends. Arrays are flat, shell by shell and in each shell probe by probe ("lanes"), so
one loop serves one probe as well as many: the next shell is `lanes` further.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim_hardware.compiled import compiled, plain
from sim_hardware.plant.parameters import SHARP_K, Parameters
from sim_hardware.plant.shells import Shells

Floats = NDArray[np.float64]

# rows of Body.material, by what they are at an enthalpy h (J/m³) or in the freezing range
(MUSHY_J_PER_M3,  # h where freezing begins
 MUSHY_K,  # K by J/m³ between
 FROZEN, FROZEN_BEND,  # W/m by J/m³ below 0, and its bend
 ENDS, FALLS,  # W/m by K above the end of freezing, and its bend
 UNFROZEN,  # W/m by J/m³ above the mushy range
 WARMS, WARMS_MUSHY, WARMS_ABOVE,  # W/m³ by K: blood, at full flow, along the range and above it
 METABOLISM,  # W/m³ by K
 KEPT,  # 1 when vessels open on thawing, else 0
 ROWS) = range(13)


class Body(NamedTuple):
    """The tissue of one block of probes; arrays of n shells times lanes."""

    enthalpy_j_per_m3: Floats  # (n lanes,)
    vessels: Floats  # (n lanes,) 1 open, 0 shut for ever
    material: Floats  # (ROWS, n lanes)
    step_s_per_m3: Floats  # (n lanes,) step by volume
    inner_per_m: Floats  # (n lanes,)
    outer_per_m: Floats  # (n lanes,)
    link_m: Floats  # (n lanes + lanes,) through each inner face, 0 for the first; last the rim's
    flow_times: Floats  # (n lanes,) blood, by that of the parameters
    conducted_w_per_m: Floats  # (n lanes + 2 lanes,) scratch, with a rim on both sides
    source_w_per_m3: Floats  # (n lanes,) scratch


def body(grids: list[Shells], parameters: list[Parameters]) -> Body:
    """Return tissue at rest, one lane for each of the equally cut grids.

    Asserts that the step is stable: twice the limit still looks plausible, and is not.
    """
    for grid, p in zip(grids, parameters):
        assert p.tissue_ms / 1000.0 <= step_s_max(grid, p), "tissue step is unstable"
    lanes = len(grids)

    def flat(columns: list[Floats]) -> Floats:
        return np.ascontiguousarray(np.array(columns).T).reshape(-1)

    n = grids[0].volume_m3.size
    inner, outer = flat([g.inner_per_m for g in grids]), flat([g.outer_per_m for g in grids])
    link_m = np.zeros((n + 1) * lanes)
    link_m[lanes:-lanes] = 1.0 / (outer[:-lanes] + inner[lanes:])
    link_m[-lanes:] = 1.0 / outer[-lanes:]
    conducted = np.zeros((n + 2) * lanes)
    conducted[-lanes:] = [plain(conducted_w_per_m)(p.body_c, p) for p in parameters]
    resting = [enthalpy_j_per_m3(p.body_c, p) for p in parameters]
    return Body(
        flat([np.full(n, h) for h in resting]),
        np.ones(n * lanes),
        np.repeat(np.array([_material(p) for p in parameters]).T[:, None, :], n, 1)
        .reshape(ROWS, -1),
        flat([p.tissue_ms / 1000.0 / g.volume_m3 for g, p in zip(grids, parameters)]),
        inner, outer, link_m, np.ones(n * lanes), conducted, np.zeros(n * lanes),
    )


def _material(p: Parameters) -> list[float]:
    span_k = p.freezing_begins_c - p.freezing_ends_c
    mushy_j_per_m3 = p.latent_j_per_m3 + 0.5 * (p.frozen_j_per_m3k + p.unfrozen_j_per_m3k) * span_k
    blood_w_per_m3k = p.perfusion_per_s * p.blood_j_per_m3k / span_k
    return [
        mushy_j_per_m3, span_k / mushy_j_per_m3,
        p.frozen_w_per_mk / p.frozen_j_per_m3k,
        -0.5 * p.frozen_w_per_mk2 / p.frozen_j_per_m3k**2,
        p.frozen_w_per_mk, (p.unfrozen_w_per_mk - p.frozen_w_per_mk) / (2.0 * span_k),
        p.unfrozen_w_per_mk / p.unfrozen_j_per_m3k,
        blood_w_per_m3k * (p.body_c - p.freezing_ends_c), blood_w_per_m3k,
        blood_w_per_m3k / p.unfrozen_j_per_m3k,
        p.metabolism_w_per_m3 / span_k, 1.0 - p.stasis,
    ]


def is_sharp(p: Parameters) -> bool:
    """Return whether freezing is a front, which is then followed within its shell."""
    return p.freezing_begins_c - p.freezing_ends_c <= SHARP_K


def step_s_max(grid: Shells, p: Parameters) -> float:
    """Return the longest stable explicit step, s: no shell may give more than it has, or to blood.

    A front within a shell comes as near as its face, which doubles a neighbour's conductance.
    """
    between_per_m = grid.outer_per_m[:-1] + (0.0 if is_sharp(p) else 1.0) * grid.inner_per_m[1:]
    outward_m = np.append(1.0 / between_per_m, 1.0 / grid.outer_per_m[-1])
    between_per_m = grid.inner_per_m[1:] + grid.outer_per_m[:-1]
    into_first_m = contact_most_w_per_k(grid, p) / _coldest_w_per_mk(p)
    per_m2 = (np.append(into_first_m, 1.0 / between_per_m) + outward_m) / grid.volume_m3
    frozen_m2_per_s = _coldest_w_per_mk(p) / p.frozen_j_per_m3k
    unfrozen_m2_per_s = p.unfrozen_w_per_mk / p.unfrozen_j_per_m3k
    blood_per_s = p.perfusion_per_s * p.blood_j_per_m3k / p.unfrozen_j_per_m3k
    return float(1.0 / np.max(np.maximum(frozen_m2_per_s * per_m2,
                                         unfrozen_m2_per_s * per_m2 + blood_per_s)))


def contact_most_w_per_k(grid: Shells, p: Parameters) -> float:
    """Return what contact and first shell conduct when the tissue is as cold as it gets."""
    contact_w_per_k = p.contact_w_per_m2k * grid.surface_m2
    if contact_w_per_k <= 0.0:  # a line: shells that begin at no radius
        return 0.0
    return 1.0 / (float(grid.inner_per_m[0]) / _coldest_w_per_mk(p) + 1.0 / contact_w_per_k)


def _coldest_w_per_mk(p: Parameters) -> float:
    return p.frozen_w_per_mk + 150.0 * p.frozen_w_per_mk2


@compiled
def conducted_w_per_m(temperature_c: float, p: Parameters) -> float:
    """Return the integral of the conductivity from where freezing ends, W/m."""
    below_k = min(temperature_c - p.freezing_ends_c, 0.0)
    span_k = p.freezing_begins_c - p.freezing_ends_c
    inside_k = min(max(temperature_c - p.freezing_ends_c, 0.0), span_k)
    above_k = max(temperature_c - p.freezing_begins_c, 0.0)
    falls = (p.unfrozen_w_per_mk - p.frozen_w_per_mk) / (2.0 * span_k)
    return (below_k * (p.frozen_w_per_mk - 0.5 * p.frozen_w_per_mk2 * below_k)
            + inside_k * (p.frozen_w_per_mk + falls * inside_k)
            + p.unfrozen_w_per_mk * above_k)


@compiled
def temperature_c(enthalpy: float, p: Parameters) -> float:
    """Return the temperature of tissue at one enthalpy, J/m³."""
    span_k = p.freezing_begins_c - p.freezing_ends_c
    mushy = p.latent_j_per_m3 + 0.5 * (p.frozen_j_per_m3k + p.unfrozen_j_per_m3k) * span_k
    return (p.freezing_ends_c + min(enthalpy, 0.0) / p.frozen_j_per_m3k
            + min(max(enthalpy, 0.0), mushy) / mushy * span_k
            + max(enthalpy - mushy, 0.0) / p.unfrozen_j_per_m3k)


def enthalpy_j_per_m3(at_c: float, p: Parameters) -> float:
    """Return the enthalpy of tissue at one temperature."""
    span_k = p.freezing_begins_c - p.freezing_ends_c
    mushy = p.latent_j_per_m3 + 0.5 * (p.frozen_j_per_m3k + p.unfrozen_j_per_m3k) * span_k
    return (p.frozen_j_per_m3k * min(at_c - p.freezing_ends_c, 0.0)
            + mushy / span_k * min(max(at_c - p.freezing_ends_c, 0.0), span_k)
            + p.unfrozen_j_per_m3k * max(at_c - p.freezing_begins_c, 0.0))


@compiled
def drawn_w(tip_c: float, enthalpy: float, inner_per_m: float, contact_w_per_k: float,
            p: Parameters) -> float:
    """Return the heat that flows from the first shell through the contact into the tip."""
    first_c = temperature_c(enthalpy, p)
    difference_k = first_c - tip_c
    if abs(difference_k) < 1e-9 or contact_w_per_k <= 0.0:
        return 0.0
    conducted = conducted_w_per_m(first_c, p) - conducted_w_per_m(tip_c, p)
    shell_k_per_w = inner_per_m * difference_k / conducted
    return difference_k / (shell_k_per_w + 1.0 / contact_w_per_k)


@compiled
def advance(b: Body, lanes: int, step_s: float, has_front: bool) -> None:
    """Advance every shell by one step, but for the heat through the surface: the caller takes it.

    `has_front` says that the medium freezes sharply, for every lane.
    """
    h, phi, m, vessels, link = (b.enthalpy_j_per_m3, b.conducted_w_per_m, b.material, b.vessels,
                                b.link_m)
    n = h.size
    for i in range(n):
        e, mushy = h[i], m[MUSHY_J_PER_M3, i]
        below = e if e < 0.0 else 0.0
        inside = e if e > 0.0 else 0.0
        inside = (inside if inside < mushy else mushy) * m[MUSHY_K, i]
        above = e - mushy if e > mushy else 0.0
        phi[lanes + i] = (below * (m[FROZEN, i] + m[FROZEN_BEND, i] * below)
                          + inside * (m[ENDS, i] + m[FALLS, i] * inside)
                          + above * m[UNFROZEN, i])
        blood = m[WARMS, i] - m[WARMS_MUSHY, i] * inside - m[WARMS_ABOVE, i] * above
        b.source_w_per_m3[i] = inside * (m[METABOLISM, i] + vessels[i] * b.flow_times[i] * blood)
        vessels[i] = vessels[i] if e > 0.0 else vessels[i] * m[KEPT, i]
    if has_front:
        _follow_fronts(b, lanes)
    for i in range(n):
        outer = link[lanes + i] * (phi[2 * lanes + i] - phi[lanes + i])
        inner = link[i] * (phi[lanes + i] - phi[i])
        h[i] = h[i] + b.step_s_per_m3[i] * (outer - inner) + step_s * b.source_w_per_m3[i]


@compiled
def _follow_fronts(b: Body, lanes: int) -> None:
    """Measure conductances from where the front stands in its shell, not from the shell's centre.

    The mean over a front's way through a shell of one over the distance is not one over the mean
    distance: without this the last shell conducts 10 % too little, and the error is first order.
    """
    h, phi, link = b.enthalpy_j_per_m3, b.conducted_w_per_m, b.link_m
    n = h.size
    before = np.zeros(lanes)  # from the front or centre of the shell before to its outer face
    for i in range(n):
        liquid = min(max(h[i] / b.material[MUSHY_J_PER_M3, i], 0.0), 1.0)
        whole = b.inner_per_m[i] + b.outer_per_m[i]
        is_cold_inside = phi[2 * lanes + i] >= phi[i] if i >= lanes else True
        inner = (1.0 - liquid) * whole if is_cold_inside else liquid * whole
        if liquid <= 0.0 or liquid >= 1.0:
            inner = b.inner_per_m[i]
        lane = i % lanes
        if i >= lanes:
            plain = b.outer_per_m[i - lanes] + b.inner_per_m[i]
            link[i] = 1.0 / max(before[lane] + inner, 0.5 * plain)
        before[lane] = whole - inner
