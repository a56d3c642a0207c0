"""Storms: random faults, operators and timing, on probes that differ; nothing may break.

Each run is a whole machine in virtual time: rig rigs/full.toml, a drawn probe, console sessions
that are fed any bytes at any tick, faults that come and go together, a foot on and off the pedal,
ticks that come late. After every tick the invariants below are looked at. `--hours H` of simulated
time (1), `--first N` the first seed; a seed that fails is printed with the command that replays it.
"""

from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

from _form import Figure, main, option
from _storm import Storm

RUN_S = 900.0
PROCESSES = 2
REPLAYED_EVERY = 8  # runs; a replay takes as long as a run


class Weathered(NamedTuple):
    """What a run came to."""

    seed: int
    seconds: float
    ticks: int
    lines: int  # answered by consoles
    trips: int
    freezes: int
    broken: str


def weathered(seed: int) -> Weathered:
    """Return what became of one seed."""
    storm, broken = Storm(seed), ""
    try:
        storm.run(RUN_S)
        if seed % REPLAYED_EVERY == 0:
            storm.replayed()
    except Exception as error:  # whatever it is: it should not have been raised
        broken = f"{type(error).__name__}: {error}"
    decisions = [row[2] for row in storm.ticks.rows]
    pairs = list(zip(decisions, decisions[1:]))
    return Weathered(seed, storm.probe.now_ms / 1000.0, len(decisions), storm.lines,
                     sum(bool(b.tripped) and not a.tripped for a, b in pairs),
                     sum(b.mode == "freeze" and a.mode != "freeze" for a, b in pairs), broken)


HOURS, FIRST = option("--hours", 1.0), int(option("--first", 1))


def measure(pictures: Path | None) -> tuple[list[Figure], str]:
    """Return what HOURS of storms came to."""
    seeds = range(FIRST, FIRST + max(1, round(HOURS * 3600.0 / RUN_S)))
    with ProcessPoolExecutor(PROCESSES) as pool:
        runs = list(pool.map(weathered, seeds, chunksize=4))
    for run in runs:
        if run.broken:
            print(f"seed {run.seed}: {run.broken}   (benchmarks/storm.py --hours 0.25 "
                  f"--first {run.seed})")
    hours = sum(run.seconds for run in runs) / 3600.0
    broken = sum(bool(run.broken) for run in runs)
    return [
        Figure("simulated hours", hours, "h"),
        Figure("ticks with every invariant looked at", sum(run.ticks for run in runs), ""),
        Figure("lines answered by consoles", sum(run.lines for run in runs), ""),
        Figure("freezes begun", sum(run.freezes for run in runs), ""),
        Figure("times that something tripped", sum(run.trips for run in runs), ""),
        Figure("runs replayed bit for bit", sum(s % REPLAYED_EVERY == 0 for s in seeds), ""),
        Figure("runs that broke an invariant", broken, "", 0.0),
    ], f"{broken} invariants broken in {hours:.0f} simulated hours of storms"


if __name__ == "__main__":
    main(measure)
