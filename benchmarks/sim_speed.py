"""How many seconds of a probe's life are computed in one second, beside other ways and a peer.

One run, rounds interleaved: the whole plant compiled, one probe in ticks of 100 ms; the same source
as plain Python; the same with its tissue in numpy; a batch on one core and on all; and TCLab's
model (two heaters, four states, no field), the simulator that control courses know. Ratios are
taken within a round; median, lowest and highest of the rounds are told.
"""

import contextlib
import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import tclab
from _form import Figure, main, spread

from sim_hardware.plant.parameters import NOMINAL
from sim_hardware.plant.plant import Plant, Plants
from sim_hardware.plant.records import Demand

ROUNDS = 5
TICK_MS = 100
DEMAND = Demand(0.3, 0.0, 1.0)
BATCH = 1600

SLOW = """
import numpy as np, sys
from time import perf_counter
from sim_hardware.plant import kernel, tissue
from sim_hardware.plant.plant import Plant
from sim_hardware.plant.records import Demand

def advance(b, lanes, step_s, has_front):
    h, phi, m = b.enthalpy_j_per_m3, b.conducted_w_per_m, b.material
    below, mushy = np.minimum(h, 0.0), m[tissue.MUSHY_J_PER_M3]
    inside = np.clip(h, 0.0, mushy) * m[tissue.MUSHY_K]
    above = np.maximum(h - mushy, 0.0)
    phi[lanes:-lanes] = (below * (m[tissue.FROZEN] + m[tissue.FROZEN_BEND] * below)
                         + inside * (m[tissue.ENDS] + m[tissue.FALLS] * inside)
                         + above * m[tissue.UNFROZEN])
    blood = m[tissue.WARMS] - m[tissue.WARMS_MUSHY] * inside - m[tissue.WARMS_ABOVE] * above
    source = inside * (m[tissue.METABOLISM] + b.vessels * b.flow_times * blood)
    through = b.link_m * np.diff(phi)
    h += b.step_s_per_m3 * np.diff(through) + step_s * source

if sys.argv[1] == "numpy":
    tissue.advance = advance
plant, ticks = Plant(), int(sys.argv[2])
plant.advance(100, Demand(0.3, 0.0, 1.0))
begun = perf_counter()
for _ in range(ticks):
    plant.advance(100, Demand(0.3, 0.0, 1.0))
print(ticks * 0.1 / (perf_counter() - begun), float(plant.state.tip_c))
"""
FIRST = """
import sys
from time import perf_counter
begun = perf_counter()
import sim_hardware.compiled as compiled
if len(sys.argv) > 1:
    compiled.SHELF = sys.argv[1]
from sim_hardware.plant.plant import Plant
from sim_hardware.plant.records import NOTHING
Plant().advance(100, NOTHING)
print(perf_counter() - begun)
"""


def rate(seconds: float, work: Callable[[], None]) -> float:
    """Return probe-seconds by second of wall."""
    begun = perf_counter()
    work()
    return seconds / (perf_counter() - begun)


def one_probe() -> float:
    """Return the rate of one compiled probe in ticks."""
    plant = Plant()

    def ticks() -> None:
        for _ in range(3000):
            plant.advance(TICK_MS, DEMAND)

    plant.advance(TICK_MS, DEMAND)
    return rate(300.0, ticks)


def batch(cores: int) -> float:
    """Return the rate of a batch, all its probes counted, in ticks."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, set(sorted(allowed)[:cores]))
    try:
        plants = Plants([NOMINAL] * BATCH)
        plants.demands[:] = np.array(tuple(DEMAND), dtype=plants.demands.dtype)
        plants.advance(TICK_MS)

        def ticks() -> None:
            for _ in range(50):
                plants.advance(TICK_MS)

        return rate(BATCH * 5.0, ticks)
    finally:
        os.sched_setaffinity(0, allowed)


def slow(form: str, ticks: int) -> tuple[float, float]:
    """Return the rate, and the tip, of the same source without the compiler."""
    said = subprocess.run([sys.executable, "-c", SLOW, form, str(ticks)], check=True, text=True,
                          capture_output=True, env={**os.environ, "NUMBA_DISABLE_JIT": "1"})
    speed, tip_c = said.stdout.split()
    return float(speed), float(tip_c)


def peer() -> float:
    """Return the rate of TCLab's model, updated every 100 ms."""
    with contextlib.redirect_stdout(io.StringIO()):
        model = tclab.TCLabModel()
    model.Q1(50)
    model.tlast = 0.0

    def ticks() -> None:
        for tick in range(20_000):
            model.update(0.1 * (tick + 1))

    return rate(2000.0, ticks)


def first_tick_s(shelf: str = "") -> float:
    """Return the time from the start of the import to the end of the first tick."""
    said = subprocess.run([sys.executable, "-c", FIRST, *([shelf] if shelf else [])], check=True,
                          text=True, capture_output=True)
    return float(said.stdout)


def measure(pictures: Path | None) -> tuple[list[Figure], str]:
    """Return rates, ratios and first ticks."""
    cores = len(os.sched_getaffinity(0))
    rounds: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        row = {"one": one_probe(), "batch": batch(1), "batch, all cores": batch(cores),
               "TCLab": peer(), "plain Python": slow("plain", 20)[0],
               "numpy": slow("numpy", 20)[0]}
        for name, value in row.items():
            rounds.setdefault(name, []).append(value)
    reference = Plant()
    for _ in range(21):
        reference.advance(TICK_MS, DEMAND)
    apart_k = max(abs(slow(form, 20)[1] - float(reference.state.tip_c))
                  for form in ("plain", "numpy"))
    with tempfile.TemporaryDirectory() as shelf:
        cold_s = first_tick_s(shelf)
    warm_s = min(first_tick_s() for _ in range(3))
    for name in ("TCLab", "plain Python", "numpy"):
        ratios = [one / other for one, other in zip(rounds["one"], rounds[name])]
        print(f"one compiled probe by {name}: {spread(ratios)}")
    unit = "s/s"
    figures = [
        Figure("one probe, ticks of 100 ms, one core", median(rounds["one"]), unit, 15_000, True),
        Figure("batch of 1600, one core", median(rounds["batch"]), unit),
        Figure(f"batch of 1600, {cores} cores", median(rounds["batch, all cores"]), unit, 100_000,
               True),
        Figure("TCLab's model, four states", median(rounds["TCLab"]), unit),
        Figure("the same source as plain Python", median(rounds["plain Python"]), unit),
        Figure("the same, tissue in numpy", median(rounds["numpy"]), unit),
        Figure("plain, numpy and compiled tips apart", apart_k, "K", 1e-9),
        Figure("first tick, machine code kept from before", warm_s, "s", 0.7),
        Figure("first tick, nothing kept", cold_s, "s"),
        Figure("memory of one probe", Plants([NOMINAL] * 32).bytes_per_probe() / 1024.0, "KiB", 64),
    ]
    ratio = median([one / other for one, other in zip(rounds["one"], rounds["TCLab"])])
    return figures, (f"{median(rounds['one']):.0f} probe-seconds a second for one probe, "
                     f"{ratio:.2f} times TCLab's four-state model in the same run")


if __name__ == "__main__":
    main(measure)
