"""How far the tissue is from exact solutions, and the shells from two dimensions.

The solver is the plant's own; only the shells are cut as planes and cylinders for it. Exact
solutions: sim_hardware/judges/exact.py. Two dimensions: sim_hardware/judges/axisymmetric.py.
"""

from math import log, log2, pi, sqrt
from pathlib import Path

import numpy as np
from _form import Figure, main

from sim_hardware.compiled import compiled
from sim_hardware.judges import axisymmetric, exact
from sim_hardware.plant import shells, tissue
from sim_hardware.plant.media import in_medium
from sim_hardware.plant.parameters import NOMINAL, Parameters
from sim_hardware.plant.records import PARAMETERS

IDEAL = NOMINAL._replace(contact_w_per_m2k=1e9, tissue_ms=10.0)
WATER = in_medium("water_gel", IDEAL)._replace(
    frozen_j_per_m3k=2.05e6, latent_j_per_m3=334e6, freezing_ends_c=-0.01,
    unfrozen_j_per_m3k=4.18e6, contact_w_per_m2k=1e9)
SHARP = exact.Sharp(2.2, 0.6, 2.05e6, 4.18e6, 334e6, 0.0, 37.0)
STILL = IDEAL._replace(perfusion_per_s=0.0, metabolism_w_per_m3=0.0)
MUSHY = exact.Mushy(2.0, 0.5, 1.7964e6, 3.6e6, 250e6, -1.0, -8.0, 37.0)
ISOTHERMS_C = (-1.0, -8.0, -20.0, -40.0)
CELLS_MM = (0.5, 0.25, 0.125)
STEP_MS = {0.5: 20.0, 0.25: 10.0, 0.125: 2.0}  # by what is stable; the plant itself steps by 10
TIMES_S = (30.0, 60.0, 90.0, 180.0, 300.0)
LENGTHS_MM = (4.0, 6.0, 10.0, 20.0)
TIPS_C = (-40.0, -60.0, -85.0)

# What decided no number of the shells: other sizes and temperatures, media, and a tip that falls.
NOT_FITTED = (
    ("muscle", IDEAL, 1.5, 7.0, -50.0, 0.0),
    ("muscle, falling by a lag of 8 s", IDEAL, 2.0, 8.0, -70.0, 8.0),
    ("nerve bundle", in_medium("nerve_bundle", IDEAL)._replace(contact_w_per_m2k=1e9), 3.0, 12.0,
     -55.0, 0.0),
    ("fat", in_medium("fat", IDEAL)._replace(contact_w_per_m2k=1e9), 2.0, 10.0, -60.0, 0.0),
)


@compiled
def hold(body: tissue.Body, p: Parameters, steps: int, step_s: float, surface_c: float,
         sink_w: float, inner_per_m: float, contact_w_per_k: float, has_front: bool) -> float:
    """Advance with the surface held, or with `sink_w` taken when that is above 0; return J."""
    drawn_j = 0.0
    for _ in range(steps):
        drawn_w = sink_w
        if sink_w <= 0.0:
            drawn_w = tissue.drawn_w(surface_c, body.enthalpy_j_per_m3[0], inner_per_m,
                                     contact_w_per_k, p)
        tissue.advance(body, 1, step_s, has_front)
        body.enthalpy_j_per_m3[0] -= drawn_w * body.step_s_per_m3[0]
        drawn_j += step_s * drawn_w
    return drawn_j


class Run:
    """Tissue in shells, held from now on."""

    def __init__(self, grid: shells.Shells, p: Parameters, step_ms: float) -> None:
        self.grid, self.step_s = grid, step_ms / 1000.0
        self.p = p._replace(tissue_ms=step_ms)
        self.row = np.array([tuple(self.p)], dtype=PARAMETERS)[0]
        self.body = tissue.body([grid], [self.p])
        self.start = self.body.enthalpy_j_per_m3.copy()

    def hold(self, seconds: float, surface_c: float, sink_w: float = 0.0) -> float:
        """Hold for `seconds`; return the heat drawn, J."""
        return hold(self.body, self.row, round(seconds / self.step_s), self.step_s, surface_c,
                    sink_w, float(self.grid.inner_per_m[0]), 1e9, tissue.is_sharp(self.p))

    def isotherm_mm(self, edge_c: float) -> float:
        """Return where an isotherm is."""
        at_c = np.array([tissue.temperature_c(h, self.row) for h in self.body.enthalpy_j_per_m3])
        return shells.isotherm_mm(at_c, edge_c, self.grid.radius_mm)

    def frozen_m3(self) -> float:
        """Return the volume of ice."""
        mushy = self.body.material[tissue.MUSHY_J_PER_M3]
        liquid = np.clip(self.body.enthalpy_j_per_m3 / mushy, 0.0, 1.0)
        return float(np.sum((1.0 - liquid) * self.grid.volume_m3))

    def lost_j(self) -> float:
        """Return the enthalpy that the tissue has lost."""
        return float(np.sum((self.start - self.body.enthalpy_j_per_m3) * self.grid.volume_m3))


def even_m(start_mm: float, end_mm: float, cell_mm: float) -> list[float]:
    """Return edges of equal shells."""
    shells_of = round((end_mm - start_mm) / cell_mm)
    return [1e-3 * (start_mm + cell_mm * i) for i in range(shells_of + 1)]


def plane(cell_mm: float) -> float:
    """(A) Return the front's error after 300 s at a wall of -60 °C."""
    run = Run(shells.slab(even_m(0.0, 150.0, cell_mm)), WATER, STEP_MS[cell_mm])
    run.hold(300.0, -60.0)
    return run.frozen_m3() / exact.plane_front_m(SHARP, -60.0, 300.0) - 1.0


def line(cell_mm: float) -> float:
    """(B) Return the error of the ice's radius after 300 s of 200 W/m taken along a line."""
    run = Run(shells.cylinder(even_m(0.0, 80.0, cell_mm)), WATER, STEP_MS[cell_mm])
    run.hold(300.0, 0.0, 200.0)
    return sqrt(run.frozen_m3() / pi) / exact.line_front_m(SHARP, 200.0, 300.0) - 1.0


def mushy(cell_mm: float, radii_m: list[float]) -> float:
    """(C) Return the worst isotherm's error after 300 s of 600 W/m in tissue."""
    run = Run(shells.cylinder(even_m(0.0, 100.0, cell_mm)), STILL, STEP_MS[cell_mm])
    run.hold(300.0, 0.0, 600.0)
    return max((1e-3 * run.isotherm_mm(at_c) / radius_m - 1.0
                for at_c, radius_m in zip(ISOTHERMS_C, radii_m)), key=abs)


def perfused(cut: str, cell_mm: float) -> float:
    """(D) Return the error of the radius at which ice stops in well perfused tissue."""
    p = IDEAL._replace(freezing_begins_c=0.0, freezing_ends_c=-0.2, perfusion_per_s=5e-3,
                       metabolism_w_per_m3=0.0, latent_j_per_m3=20e6)  # little: sooner steady
    run = Run(getattr(shells, cut)(even_m(1.0, 41.0, cell_mm)), p,
              STEP_MS[cell_mm])
    run.hold(2000.0, -60.0)
    # No shell need be half frozen at rest: the front is where the conductivity integral is 0,
    # straight between centres over the resistance.
    radius_m = 1e-3 * run.grid.radius_mm
    way = np.log(radius_m) if cut == "cylinder" else -1.0 / radius_m
    conducted = [tissue.conducted_w_per_m(tissue.temperature_c(h, run.row), run.row)
                 for h in run.body.enthalpy_j_per_m3]
    middle = tissue.conducted_w_per_m(-0.1, run.row)
    at = float(np.interp(middle, conducted, way))
    front_m = np.exp(at) if cut == "cylinder" else -1.0 / at
    m = exact.Sharp(2.0, 0.5, p.frozen_j_per_m3k, p.unfrozen_j_per_m3k, 20e6, -0.1, 37.0)
    return float(front_m / exact.steady_radius_m(m, -60.0, 1e-3, 5e-3 * p.blood_j_per_m3k,
                                                 cut == "sphere")) - 1.0


def balance() -> float:
    """(E) Return what is missing in the energy balance of 60 s, by the heat drawn."""
    run = Run(shells.around_tip(STILL), STILL, 10.0)
    drawn_j = run.hold(60.0, -60.0)
    return run.lost_j() / drawn_j - 1.0


def shells_and_two_dimensions(p: Parameters, diameter_mm: float, active_mm: float, tip_c: float,
                              lag_s: float = 0.0) -> np.ndarray:
    """Return (0 °C, -20 °C) diameters by shells and in 2-D, (2, times, 2)."""
    medium = axisymmetric.Medium(
        p.unfrozen_w_per_mk, p.frozen_w_per_mk, p.unfrozen_j_per_m3k, p.frozen_j_per_m3k,
        p.latent_j_per_m3, p.freezing_begins_c, p.freezing_ends_c,
        p.perfusion_per_s * p.blood_j_per_m3k, p.metabolism_w_per_m3, p.body_c)
    tip = axisymmetric.Tip(tip_c, lag_s)
    samples = axisymmetric.diameters_mm(axisymmetric.grid(diameter_mm, active_mm, "shaft", 0.2),
                                        medium, tip, (0.0, -20.0), TIMES_S)
    q = p._replace(outer_diameter_mm=diameter_mm, active_length_mm=active_mm)
    run, rows, now_s = Run(shells.around_tip(q), q, 10.0), [], 0.0
    for time_s in TIMES_S:
        while now_s < time_s:  # by the second while the tip is falling
            seconds = 1.0 if now_s < 10.0 * lag_s else time_s - now_s
            run.hold(seconds, axisymmetric.surface_c(tip, p.body_c, now_s + 0.5 * seconds))
            now_s += seconds
        rows.append([2.0 * run.isotherm_mm(0.0), 2.0 * run.isotherm_mm(-20.0)])
    return np.array([rows, [sample.diameters_mm for sample in samples]])


def apart_percent(fast: np.ndarray, two: np.ndarray) -> float:
    """Return the worst difference of the diameters that there are."""
    there = two > 0.0
    return 100.0 * float(np.max(np.abs(fast[there] / two[there] - 1.0)))


def measure(pictures: Path | None) -> tuple[list[Figure], str]:
    """Return every error."""
    planes = [100.0 * abs(plane(cell_mm)) for cell_mm in CELLS_MM]
    lines = [100.0 * abs(line(cell_mm)) for cell_mm in CELLS_MM]
    radii_m = exact.mushy_isotherms_m(MUSHY, 600.0, ISOTHERMS_C, 300.0)
    mushies = [100.0 * abs(mushy(cell_mm, radii_m)) for cell_mm in CELLS_MM]
    figures = []
    for name, errors, bar in (("A plane, front at 300 s", planes, 0.5),
                              ("B line sink, front at 300 s", lines, 0.5),
                              ("C mushy line sink, worst isotherm", mushies, 0.8)):
        figures += [Figure(f"{name}, shells of {cell_mm:g} mm", error, "%",
                           bar if cell_mm == 0.25 else None)
                    for cell_mm, error in zip(CELLS_MM, errors)]
    figures.append(Figure("C order of convergence, 0.5 to 0.125 mm",
                          0.5 * log2(mushies[0] / mushies[2]), ""))
    figures += [Figure(f"D perfused, steady radius, {cut}, shells of {cell_mm:g} mm",
                       100.0 * abs(perfused(cut, cell_mm)), "%", 1.0 if cell_mm < 0.2 else None)
                for cut in ("cylinder", "sphere") for cell_mm in (0.25, 0.125)]
    figures.append(Figure("E energy balance", abs(balance()), "", 1e-10))
    both, worst = {}, 0.0
    for active_mm in LENGTHS_MM:
        for tip_c in TIPS_C:
            found = shells_and_two_dimensions(IDEAL, 2.0, active_mm, tip_c)
            both[active_mm, tip_c] = found
            worst = max(worst, apart_percent(*found))
            figures.append(Figure(f"shells and 2-D, {active_mm:g} mm at {tip_c:g} °C, worst of ten "
                                  "diameters", apart_percent(*found), "%", 3.0))
    for name, p, diameter_mm, active_mm, tip_c, lag_s in NOT_FITTED:
        error = apart_percent(*shells_and_two_dimensions(p, diameter_mm, active_mm, tip_c, lag_s))
        figures.append(Figure(f"not fitted: {diameter_mm:g} by {active_mm:g} mm, {tip_c:g} °C, "
                              f"{name}", error, "%", 3.0))
    if pictures is not None:
        draw(pictures, both, {"A": planes, "B": lines, "C": mushies})
    return figures, (f"worst of 120 diameters against two dimensions: {worst:.2f} %; plane "
                     f"{planes[1]:.3f} %, line {lines[1]:.3f} %, mushy {mushies[1]:.2f} % at "
                     "0.25 mm")


def draw(folder: Path, both: dict[tuple[float, float], np.ndarray],
         errors: dict[str, list[float]]) -> None:
    """Draw diameters over time, shells and two dimensions, and the convergence."""
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot as plt
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for active_mm in LENGTHS_MM:
        fast, two = both[active_mm, -60.0]
        for column, style in ((0, "-"), (1, "--")):
            drawn = left.plot(TIMES_S, fast[:, column], style, color=f"C{int(log(active_mm) * 2)}")
            left.plot(TIMES_S, two[:, column], "o", color=drawn[0].get_color(), markersize=4)
        left.annotate(f"{active_mm:g} mm", (TIMES_S[-1], fast[-1, 0]), fontsize=8)
    left.set(title="tip at -60 °C: shells (lines) and 2-D (dots)", xlabel="s",
             ylabel="diameter of 0 °C and -20 °C (dashed), mm")
    for name, row in errors.items():
        right.loglog(CELLS_MM, row, "o-", label=name)
    right.set(title="error and thickness of the shells", xlabel="mm", ylabel="%")
    right.legend()
    figure.savefig(folder / "verification.png", dpi=110)


if __name__ == "__main__":
    main(measure)
