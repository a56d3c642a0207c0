"""Nominal treatments on probes and patients that differ: none may trip.

Each run draws a probe and a patient (sim_hardware/variety.py), sensor noise of 0.05 to 0.3 °C and
a plan of one to three freezes: targets of -20 to -62 °C, restarts while the tip is still cold and
near its target, passive and active thaws. In one run of ten the operator stops a fully open
freeze of a probe that keeps much liquid: nothing heats it, and the tip dips. `--runs N` (2000),
`--first N` the first seed: `--runs 1 --first 17` is run 17 again.
"""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from math import inf
from pathlib import Path
from random import Random
from typing import NamedTuple

from _form import Figure, main, option

from bench.treat import SESSION, Operator, Outcome, SimulatedMachine
from controller.records import NAN, Command, Cycle, Decision, Plan, Reading
from firmware.config import load_rig
from firmware.loop import Recorder
from sim_hardware.plant.parameters import NOMINAL
from sim_hardware.variety import varied

RIG = load_rig(Path(__file__).parents[1] / "rigs" / "sim.toml")
PROCESSES = 2
STOPPED = 400  # ticks that are watched after the operator stopped


class Run(NamedTuple):
    """What became of one treatment."""

    seed: int
    mode: str
    trips: tuple[str, ...]
    warnings: tuple[str, ...]  # alarms that ended nothing
    refusal: str  # of the check before use
    simulated_s: float
    dip_k: float  # deepest after a gas-off
    restarts_cold: int


class NoLog(Recorder):
    """Keeps nothing."""

    def write(self, reading: Reading, commands: tuple[Command, ...],
              decision: Decision) -> None:
        """Nothing."""


def plan_of(source: Random) -> Plan:
    """Return a plan of one to three freezes that the default limits allow."""
    cycles = []
    for last in [False] * source.randint(0, 2) + [True]:
        target_c = source.uniform(-62.0, -20.0)
        warm_c = 5.0 if last else source.uniform(target_c + 3.0, 5.0)
        cycles.append(Cycle(target_c, source.uniform(3.0, 25.0),
                            "active" if last or source.random() < 0.3 else "passive",
                            source.uniform(0.0, 5.0), warm_c))
    return Plan("random", tuple(cycles))


def operated(machine: SimulatedMachine, plan: str, watch: Callable[[Reading, Decision], None],
             by_hand_s: float) -> Outcome:
    """Run the plan to its end; `by_hand_s` into a freeze the operator stops it, and waits."""
    operator, decision, after = Operator(plan), None, 0
    while decision is None or after or not operator.is_over(decision):
        orders = operator.says(decision, machine.now_ms())
        if decision is not None and decision.mode == "freeze" and decision.freeze_s >= by_hand_s:
            orders, after = (Command("stop", "", NAN, SESSION, 1, 0, machine.now_ms()),), STOPPED
        reading, decision = machine.next(orders)
        watch(reading, decision)
        after = max(0, after - 1)
    return Outcome("done" if by_hand_s < inf and decision.mode == "standby" else decision.mode,
                   operator.refusal or decision.reason)


def treated(seed: int) -> Run:
    """Return what became of the treatment that `seed` draws."""
    source = Random(seed)
    plan, parameters = plan_of(source), varied(source)
    warnings: dict[str, None] = {}
    shut_c, dip_k, restarts = 0.0, 0.0, 0
    seen: list[Decision] = []

    def watch(reading: Reading, decision: Decision) -> None:
        nonlocal shut_c, dip_k, restarts
        for alarm in decision.alarms:
            if alarm.priority != "info":
                warnings[f"{alarm.name}: {alarm.reason}"] = None
        before = seen[-1].mode if seen else "standby"
        if decision.mode in ("thaw", "standby"):
            shut_c = decision.tip_c if before == "freeze" else shut_c
            dip_k = max(dip_k, shut_c - decision.tip_c)
        elif decision.mode == "freeze" and before == "thaw":
            restarts += int(decision.tip_c < 0.0)
        seen[:] = [decision]

    by_hand_s = source.uniform(8.0, 40.0) if source.random() < 0.1 else inf
    if by_hand_s < inf:  # a target that keeps the valve open, and a probe that keeps liquid
        plan = Plan("random", (Cycle(-74.0, 25.0, "active", 20.0, 5.0),))
        parameters = parameters._replace(
            nozzle_mm2=NOMINAL.nozzle_mm2, exhaust_bar_s2_per_g2=source.uniform(3.0, 6.5),
            residue_share=0.5, residue_max_j=100.0, tip_w_per_k=source.uniform(0.5, 2.0),
            contact_w_per_m2k=source.uniform(2000.0, 8000.0))
    with SimulatedMachine(RIG, plan, seed, (), NoLog(), False, parameters) as machine:
        outcome = operated(machine, plan.name, watch, by_hand_s)
    trips = tuple(f"{trip.name}: {trip.reason}" for trip in seen[-1].tripped)
    refusal = outcome.reason if outcome.mode == "standby" else ""
    return Run(seed, outcome.mode, trips,
               tuple(told for told in warnings if told not in trips), refusal,
               seen[-1].now_ms / 1000.0, dip_k, restarts)


RUNS, FIRST = int(option("--runs", 2000)), int(option("--first", 1))


def measure(pictures: Path | None) -> tuple[list[Figure], str]:
    """Return what tripped, warned and was refused in RUNS treatments."""
    with ProcessPoolExecutor(PROCESSES) as pool:
        runs = list(pool.map(treated, range(FIRST, FIRST + RUNS), chunksize=10))
    for run in runs:
        if run.trips or run.refusal or run.warnings or run.mode != "done":
            print(f"seed {run.seed}: {run.mode}; {'; '.join((*run.trips, *run.warnings))}"
                  f"{run.refusal}   (--runs 1 --first {run.seed})")
    names = Counter(told.partition(":")[0] for run in runs for told in run.warnings)
    figures = [
        Figure("treatments", len(runs), ""),
        Figure("simulated hours", sum(run.simulated_s for run in runs) / 3600.0, "h"),
        Figure("treatments that tripped", sum(bool(run.trips) for run in runs), "", 0.0),
        Figure("treatments refused by the check before use",
               sum(bool(run.refusal) for run in runs), ""),
        Figure("treatments completed", sum(run.mode == "done" for run in runs), ""),
        *(Figure(f"treatments with the warning {name}", count, "")
          for name, count in sorted(names.items())),
        Figure("freezes begun on a tip below 0 °C", sum(run.restarts_cold for run in runs), ""),
        Figure("deepest dip after gas-off", max(run.dip_k for run in runs), "K"),
    ]
    tripped = sum(bool(run.trips) for run in runs)
    return figures, f"{tripped} of {len(runs)} nominal treatments tripped"


if __name__ == "__main__":
    main(measure)
