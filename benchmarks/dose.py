"""How far the controller's ice ball is from two dimensions, and what one tick of it costs.

Judge: sim_hardware/judges/axisymmetric.py in muscle, the same tip temperatures to both. Judged
every 5 s from 15 s on: the edge (-4.5 °C) where the judge has more than 2 mm from the axis, -20 °C
where it is 0.3 probe radii beyond the surface or more. What is thinner counts in mm only.
"""

import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from _form import Figure, main

from controller.iceball import IceBall
from sim_hardware.judges import axisymmetric, history
from sim_hardware.judges.history import Leg
from sim_hardware.plant.media import in_medium
from sim_hardware.plant.parameters import NOMINAL

ROOT = Path(__file__).resolve().parents[1]
ELSEWHERE = ("nerve_bundle", "fat")  # the controller reckons with muscle wherever the probe is
CELL_MM = 0.3  # the judge's own error against 0.15 mm: below 1 %
TICK_MS = 100
EVERY = 50  # ticks
JUDGED_FROM_S = 15.0
EDGE_MM_MIN = 2.0
ISOTHERMS_C = (-4.5, -20.0)
RADII = ("edge", "-20 °C")
PROBES_MM = ((1.3, 7.0), (2.0, 10.0), (2.0, 4.0), (2.0, 20.0))  # diameter, active length
SLOWER = 150.0  # an RP2040 at 125 MHz by the interpreter on a PC
BOARD_MS_MAX = 8.0
BYTES_MAX = 1024.0
ON_THE_BOARD = """
import gc, time
from controller.iceball import IceBall
ball = IceBall(2.0, 10.0)
def run(ticks):
    for _ in range(ticks):
        ball.update(-60.0, 100)
run(600)
gc.collect()
gc.disable()
bytes_before, before_us = gc.mem_alloc(), time.ticks_us()
run(1000)
print(time.ticks_us() - before_us, gc.mem_alloc() - bytes_before)
"""


class Course(NamedTuple):
    """What the tip does, by name."""

    name: str
    legs: tuple[Leg, ...]


def freeze(seconds: float, target_c: float) -> tuple[Leg, ...]:
    """Return a pull-down as of nitrous oxide, -59 °C after 13 s or so, and its hold."""
    return (Leg(seconds, target_c, 4.0),)


def passive(seconds: float, target_c: float) -> tuple[Leg, ...]:
    """Return a thaw with the gas shut: first up to 6 K colder, then held back by its ice."""
    return (Leg(5.0, target_c - 8.0, 4.0), Leg(seconds - 5.0, 2.0, 10.0))


def active(seconds: float) -> tuple[Leg, ...]:
    """Return a thaw with the heater on."""
    return (Leg(seconds, 30.0, 8.0),)


# As is usual: 60 to 90 s, thaw 20 to 30 s, again; 3 min two or three times; 2 to 8 min at once.
COURSES = (
    *(Course(f"60 s at {at_c:g} °C twice", freeze(60.0, at_c) + active(20.0) + freeze(60.0, at_c))
      for at_c in (-60.0, -70.0, -80.0)),
    *(Course(f"90 s at {at_c:g} °C twice",
             freeze(90.0, at_c) + passive(30.0, at_c) + freeze(90.0, at_c))
      for at_c in (-60.0, -70.0, -80.0)),
    Course("3 min at -70 °C three times",
           freeze(180.0, -70.0) + passive(30.0, -70.0) + freeze(180.0, -70.0) + active(30.0)
           + freeze(180.0, -70.0)),
    Course("8 min at -70 °C and a thaw", freeze(480.0, -70.0) + passive(60.0, -70.0)),
)


class Pair(NamedTuple):
    """Radii, mm, by the judge and by the controller at one time."""

    time_s: float
    judged_mm: tuple[float, ...]
    told_mm: tuple[float, ...]


def medium(name: str) -> axisymmetric.Medium:
    """Return a medium of the simulated probe for the judge."""
    p = in_medium(name, NOMINAL)
    return axisymmetric.Medium(
        p.unfrozen_w_per_mk, p.frozen_w_per_mk, p.unfrozen_j_per_m3k, p.frozen_j_per_m3k,
        p.latent_j_per_m3, p.freezing_begins_c, p.freezing_ends_c,
        p.perfusion_per_s * p.blood_j_per_m3k, p.metabolism_w_per_m3, p.body_c)


def pairs(probe_mm: tuple[float, float], course: Course, m: axisymmetric.Medium) -> list[Pair]:
    """Return both along the course."""
    course_c = history.tips_c(course.legs, m.body_c, TICK_MS / 1000.0)
    samples = history.followed(axisymmetric.grid(*probe_mm, "shaft", CELL_MM), m, course_c,
                               TICK_MS / 1000.0, ISOTHERMS_C, EVERY)
    ball, told = IceBall(*probe_mm), []
    for tick, tip_c in enumerate(course_c, 1):
        ball.update(tip_c, TICK_MS)
        if tick % EVERY == 0:
            told.append((ball.radius_0c_mm, ball.radius_m20c_mm))
    return [Pair(sample.time_s, tuple(0.5 * mm for mm in sample.diameters_mm), radii_mm)
            for sample, radii_mm in zip(samples, told)]


def worst(seen: list[Pair], which: int, least_mm: float) -> float:
    """Return the worst error of one radius, %, with its sign; NaN when none was judged."""
    errors = [100.0 * (pair.told_mm[which] / pair.judged_mm[which] - 1.0) for pair in seen
              if pair.time_s > JUDGED_FROM_S - 0.01 and pair.judged_mm[which] > least_mm]
    return max(errors, key=abs, default=float("nan"))


def cost() -> list[Figure]:
    """Return what one tick takes, here and by MicroPython where there is one."""
    ball = IceBall(2.0, 10.0)
    rounds_us = []
    for _ in range(5):
        before_ns = time.perf_counter_ns()
        for _ in range(1000):
            ball.update(-60.0, TICK_MS)
        rounds_us.append((time.perf_counter_ns() - before_ns) * 1e-6)
    figures = [Figure("one tick, CPython", min(rounds_us), "µs")]
    program = Path(sys.executable).parent / "micropython"
    if not program.exists():
        return figures
    ran = subprocess.run([program, "-X", "heapsize=16m", "-c", ON_THE_BOARD], check=True,
                         capture_output=True, text=True,
                         env={"MICROPYPATH": f"{ROOT / 'hal/board/lib'}:{ROOT}"})
    tick_us, tick_bytes = (0.001 * float(word) for word in ran.stdout.split())
    return [*figures, Figure("one tick, MicroPython here", tick_us, "µs"),
            Figure("one tick, memory asked for", tick_bytes, "bytes", BYTES_MAX),
            Figure(f"one tick, an RP2040 {SLOWER:g} times slower, reckoned",
                   tick_us * SLOWER * 1e-3, "ms", BOARD_MS_MAX)]


def measure(pictures: Path | None) -> tuple[list[Figure], str]:
    """Return every error, and the cost."""
    figures, signed, off_mm = [], [], 0.0
    drawn = {}
    for probe_mm in PROBES_MM:
        for course in COURSES:
            seen = drawn[probe_mm, course.name] = pairs(probe_mm, course, medium("muscle"))
            for which, least_mm in enumerate((EDGE_MM_MIN, 0.65 * probe_mm[0])):
                error = worst(seen, which, least_mm)
                signed.append((error, which))
                figures.append(Figure(
                    f"{probe_mm[0]:g} x {probe_mm[1]:g} mm, {course.name}, {RADII[which]}, "
                    + ("over" if error > 0.0 else "under"), abs(error), "%", 10.0))
            off_mm = max([off_mm] + [abs(told - judged) for pair in seen
                                     for told, judged in zip(pair.told_mm, pair.judged_mm)])
    figures.append(Figure("worst of any radius at any time", off_mm, "mm", 0.5))
    figures += [Figure(f"2 x 10 mm, 90 s at -70 °C twice, but in {name}, {RADII[which]}, signed",
                       worst(seen, which, 2.0), "%")
                for name in ELSEWHERE for seen in [pairs((2.0, 10.0), COURSES[4], medium(name))]
                for which in (0, 1)]
    if pictures is not None:
        draw(pictures, drawn)
    edge, cold = ([error for error, of in signed if of == which] for which in (0, 1))
    return figures + cost(), (
        f"worst against two dimensions: edge {min(edge):+.1f} to {max(edge):+.1f} %, -20 °C "
        f"{min(cold):+.1f} to {max(cold):+.1f} %, of the radius")


def draw(folder: Path, seen: dict[tuple[tuple[float, float], str], list[Pair]]) -> None:
    """Draw both radii over time for the three courses of most different length."""
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot as plt
    chosen = (COURSES[1].name, COURSES[-2].name, COURSES[-1].name)
    figure, panels = plt.subplots(1, 3, figsize=(13, 4), layout="constrained", sharey=True)
    for panel, name in zip(panels, chosen):
        for colour, probe_mm in enumerate(PROBES_MM):
            rows = seen[probe_mm, name]
            for which, style in ((0, "-"), (1, "--")):
                panel.plot([row.time_s for row in rows], [row.told_mm[which] for row in rows],
                           style, color=f"C{colour}",
                           label=f"{probe_mm[0]:g} x {probe_mm[1]:g} mm" if not which else None)
                panel.plot([row.time_s for row in rows], [row.judged_mm[which] for row in rows],
                           ".", color=f"C{colour}", markersize=3)
        panel.set(title=name, xlabel="s")
    panels[0].set(ylabel="radius of the edge and of -20 °C (dashed), mm")
    panels[0].legend(title="controller (lines), 2-D (dots)", fontsize=8)
    figure.savefig(folder / "dose.png", dpi=110)


if __name__ == "__main__":
    main(measure)
