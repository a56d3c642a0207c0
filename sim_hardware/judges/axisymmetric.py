"""Freezing around a probe of finite active length, in two dimensions: what the plant is judged by.

It does not know the plant, the gas or the contact between tip and tissue: the active surface is
held at a temperature that is handed in. Conservative enthalpy method in finite volumes over (r, z),
explicit in time; conduction by the integral of the conductivity (Kirchhoff). Method: Voller and
Cross, Int. J. Heat Mass Transfer 24 (1981) 545. By symmetry only z > 0, from the middle of the
active part, is computed. Arrays are flat, row by row of equal z, with a rim of ghosts around.
"""

from math import ceil, exp, log, pi
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim_hardware.compiled import compiled
from sim_hardware.judges.curves import (
    Medium,
    conducted_w_per_m,
    enthalpy_j_per_m3,
    mushy_j_per_m3,
    temperature_c,
)

Floats = NDArray[np.float64]
Ends = Literal["shaft", "free"]

FINE_MM = 8.0  # mm around the active part that are cut evenly; ice of 300 s ends within
GROWTH = 1.1  # width of a cell by that of the one before, further out
STEP_SHARE = 0.9  # of the stable step, when none is asked for


class Grid(NamedTuple):
    """Half the space around a probe, cut into rings; arrays of (rows + 2) * stride with ghosts."""

    rows: int  # of cells, along z
    stride: int  # cells of a row and its two ghosts
    radius_m: Floats  # (stride - 2,) middle of the rings
    volume_m3: Floats  # 1 where there is no cell
    inward_m: Floats  # link through the inner face: W by W/m of difference
    downward_m: Floats  # link through the face towards z = 0
    surface_m: Floats  # link to the cold surface, 0 where a cell does not touch it
    probe_m: float  # radius


class Tip(NamedTuple):
    """Temperature of the active surface: first order from body temperature to `tip_c`."""

    tip_c: float
    lag_s: float  # time constant, 0 for at once


class Sample(NamedTuple):
    """What is read off at one time."""

    time_s: float
    drawn_w: float  # heat drawn by the whole probe, both halves
    diameters_mm: tuple[float, ...]  # in the middle plane, one by isotherm; 0 where there is none


def faces_mm(start_mm: float, fine_to_mm: float, end_mm: float, cell_mm: float) -> list[float]:
    """Return faces from start: equal cells of about `cell_mm`, then growing to `end_mm` or more."""
    n = max(1, round((fine_to_mm - start_mm) / cell_mm))
    width_mm = (fine_to_mm - start_mm) / n
    faces = [start_mm + i * width_mm for i in range(n)] + [fine_to_mm]
    while faces[-1] < end_mm:
        width_mm *= GROWTH
        faces.append(faces[-1] + width_mm)
    return faces


def grid(diameter_mm: float, active_mm: float, ends: Ends, cell_mm: float = 0.2,
         reach_mm: float = 30.0) -> Grid:
    """Return the grid around a probe, `reach_mm` beyond its surface or more.

    "shaft": the insulated shaft goes on beyond both ends of the active part; "free": tissue does,
    and the flat end faces are as cold as the side.
    """
    probe_mm, half_mm = 0.5 * diameter_mm, 0.5 * active_mm
    inside = faces_mm(0.0, probe_mm, probe_mm, cell_mm)[:-1] if ends == "free" else []
    outside = faces_mm(probe_mm, probe_mm + FINE_MM, probe_mm + reach_mm, cell_mm)
    beside = faces_mm(0.0, half_mm, half_mm, cell_mm)
    beyond = faces_mm(half_mm, half_mm + FINE_MM, half_mm + reach_mm, cell_mm)
    r, z = np.array(inside + outside) * 1e-3, np.array(beside[:-1] + beyond) * 1e-3
    return _linked(r, z, len(inside), len(beside) - 1)


def _linked(r: Floats, z: Floats, within: int, beside: int) -> Grid:
    """Return the grid with these faces: `within` rings and `beside` rows cross at the probe."""
    middle_r, middle_z = 0.5 * (r[1:] + r[:-1]), 0.5 * (z[1:] + z[:-1])
    ring_m2, height_m = pi * (r[1:] ** 2 - r[:-1] ** 2), z[1:] - z[:-1]
    rows, columns = middle_z.size, middle_r.size
    volume = np.ones((rows + 2, columns + 2))
    inward, downward, surface = np.zeros((3, rows + 2, columns + 2))
    volume[1:-1, 1:-1] = height_m[:, None] * ring_m2[None, :]
    # a ring conducts by the logarithm of its radii: exact in steady state
    between = np.log(np.append(middle_r[1:], r[-1]) / middle_r)
    inward[1:-1, 2:] = 2.0 * pi * height_m[:, None] / between[None, :]
    apart_m = np.append(middle_z[1:], z[-1]) - middle_z
    downward[2:, 1:-1] = ring_m2[None, :] / apart_m[:, None]
    # the probe: no tissue within, cold along the active part and at its free end
    surface[1:beside + 1, within + 1] = (2.0 * pi * height_m[:beside]
                                         / log(middle_r[within] / r[within]))
    if within:
        surface[beside + 1, 1:within + 1] = ring_m2[:within] / (middle_z[beside] - z[beside])
    inward[1:beside + 1, :within + 2] = 0.0
    downward[:beside + 2, 1:within + 1] = 0.0
    return Grid(rows, columns + 2, middle_r, volume.reshape(-1), inward.reshape(-1),
                downward.reshape(-1), surface.reshape(-1), float(r[within]))


def at_rest(g: Grid, m: Medium) -> Floats:
    """Return the enthalpy by volume of all cells and ghosts at body temperature."""
    return np.full(g.volume_m3.size, enthalpy_j_per_m3(m.body_c, m))


def step_s_max(g: Grid, m: Medium) -> float:
    """Return the longest explicit step, s, for which no cell gives more than it has."""
    links = g.inward_m + g.downward_m + g.surface_m
    links[:-1] += g.inward_m[1:]
    links[:-g.stride] += g.downward_m[g.stride:]
    fastest_m2_per_s = max(m.frozen_w_per_mk / m.frozen_j_per_m3k,
                           m.unfrozen_w_per_mk / m.unfrozen_j_per_m3k)
    inside_per_m2 = (links / g.volume_m3).reshape(-1, g.stride)[1:-1, 1:-1]
    blood_per_s = m.perfusion_w_per_m3k / m.unfrozen_j_per_m3k
    return 1.0 / (fastest_m2_per_s * float(np.max(inside_per_m2)) + blood_per_s)


@compiled
def surface_c(tip: Tip, body_c: float, time_s: float) -> float:
    """Return the temperature of the active surface."""
    left = exp(-time_s / tip.lag_s) if tip.lag_s > 0.0 else 0.0
    return tip.tip_c + (body_c - tip.tip_c) * left


def advance(g: Grid, h: Floats, m: Medium, tip: Tip, start_s: float, steps: int,
            step_s: float) -> tuple[float, float, float]:
    """Advance enthalpy `h`; return heat, J, of this half: drawn by probe, from afar, of blood.

    Asserts that the step is stable: twice the limit still looks plausible, and is not.
    """
    assert step_s <= step_s_max(g, m), f"step of {step_s} s is unstable"
    return _advance(g, h, m, tip, start_s, steps, step_s)


@compiled
def _advance(g: Grid, h: Floats, m: Medium, tip: Tip, start_s: float, steps: int,
             step_s: float) -> tuple[float, float, float]:
    phi, up = np.full(h.size, conducted_w_per_m(m.body_c, m)), g.stride  # ghosts stay so
    inward, downward, surface, volume = g.inward_m, g.downward_m, g.surface_m, g.volume_m3
    # Rows as slices, and both curves by their three common parts without a division: this is
    # vectorised, a temperature_c and conducted_w_per_m for each cell is not.
    span_k, mushy = m.freezing_begins_c - m.freezing_ends_c, mushy_j_per_m3(m)
    frozen_k, unfrozen_k = 1.0 / m.frozen_j_per_m3k, 1.0 / m.unfrozen_j_per_m3k
    falls = 0.5 * (m.unfrozen_w_per_mk - m.frozen_w_per_mk) / span_k
    mushy_k, liquid_by_k = span_k / mushy, 1.0 / span_k
    step_s_per_m3, n = step_s / volume, up - 2
    drawn, sources, afar_j = np.zeros(h.size), np.zeros(h.size), 0.0
    for step in range(steps):
        cold = conducted_w_per_m(surface_c(tip, m.body_c, start_s + (step + 1) * step_s), m)
        for row in range(1, g.rows + 1):
            at = row * up + 1
            here, phi_here, sources_here = h[at:at + n], phi[at:at + n], sources[at:at + n]
            for j in range(n):
                below_k = min(here[j], 0.0) * frozen_k
                inside_k = min(max(here[j], 0.0), mushy) * mushy_k
                above_k = max(here[j] - mushy, 0.0) * unfrozen_k
                phi_here[j] = (m.frozen_w_per_mk * below_k + m.unfrozen_w_per_mk * above_k
                               + inside_k * (m.frozen_w_per_mk + falls * inside_k))
                at_c = m.freezing_ends_c + below_k + inside_k + above_k
                source = inside_k * liquid_by_k * (m.metabolism_w_per_m3
                                                   + m.perfusion_w_per_m3k * (m.body_c - at_c))
                here[j] += step_s * source
                sources_here[j] += source
        for row in range(1, g.rows + 1):
            at = row * up + 1
            here, out_here, gain_here = h[at:at + n], drawn[at:at + n], step_s_per_m3[at:at + n]
            cell, below, above = phi[at - 1:], phi[at - up:], phi[at + up:]
            to_in, to_below, to_above = inward[at:], downward[at:], downward[at + up:]
            to_tip = surface[at:]
            for j in range(n):
                out = to_tip[j] * (cell[j + 1] - cold)
                gain = (to_in[j + 1] * (cell[j + 2] - cell[j + 1])
                        - to_in[j] * (cell[j + 1] - cell[j])
                        + to_above[j] * (above[j] - cell[j + 1])
                        - to_below[j] * (cell[j + 1] - below[j]) - out)
                here[j] += gain_here[j] * gain
                out_here[j] += out
            last = row * up + up - 1
            afar_j += step_s * inward[last] * (phi[last] - phi[last - 1])
        for i in range((g.rows + 1) * up + 1, (g.rows + 2) * up - 1):
            afar_j += step_s * downward[i] * (phi[i] - phi[i - up])
    return step_s * np.sum(drawn), afar_j, step_s * np.sum(sources * volume)


def diameters_mm(g: Grid, m: Medium, tip: Tip, isotherms_c: tuple[float, ...],
                 times_s: tuple[float, ...]) -> list[Sample]:
    """Return what is seen in the middle plane, and drawn, at each of the rising times."""
    enthalpy, samples, now_s = at_rest(g, m), [], 0.0
    for time_s in times_s:
        steps = max(1, ceil((time_s - now_s) / (STEP_SHARE * step_s_max(g, m))))
        advance(g, enthalpy, m, tip, now_s, steps, (time_s - now_s) / steps)
        now_s = time_s
        samples.append(seen(g, enthalpy, m, surface_c(tip, m.body_c, now_s), isotherms_c, now_s))
    return samples


def seen(g: Grid, h: Floats, m: Medium, tip_c: float, isotherms_c: tuple[float, ...],
         time_s: float) -> Sample:
    """Return what is read off the enthalpy `h` while the surface is at `tip_c`."""
    at_c, cold = np.array([temperature_c(e, m) for e in h]), conducted_w_per_m(tip_c, m)
    drawn_w = sum(float(g.surface_m[i]) * (conducted_w_per_m(at_c[i], m) - cold)
                  for i in np.flatnonzero(g.surface_m))
    outside = g.radius_m > g.probe_m
    radii_m = np.append(g.probe_m, g.radius_m[outside])
    profile_c = np.append(tip_c, at_c[g.stride + 1:2 * g.stride - 1][outside])
    found = []
    for isotherm_c in isotherms_c:
        last = max(np.flatnonzero(profile_c[:-1] < isotherm_c), default=-1)
        two = slice(last, last + 2)
        edge_m = np.interp(isotherm_c, profile_c[two], radii_m[two]) if last >= 0 else 0.0
        found.append(2e3 * float(edge_m))
    return Sample(time_s, 2.0 * drawn_w, tuple(found))
