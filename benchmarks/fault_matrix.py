"""Every fault in every mode at several severities: which interlock finds it, how fast, and what
really was.

Each cell is a fault on the hardware's side of the whole loop in virtual time; the operator goes on
as if nothing were wrong. It must end by a row that is expected of that fault, within the time that
the row promises, or be harmless for a reason that the run proves; and what really was must stay
inside the limits. `--all` (before the other options) prints every cell.
"""

import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from _form import Figure, main
from matrix.cells import (
    FULL,
    REDUCED,
    STAGES,
    Cell,
    Outcome,
    cells,
    played,
)
from matrix.expected import (
    EXPECTED,
    TRUTHS,
    UNPROTECTED,
    Verdict,
    judged,
)

from controller.interlocks import row_named

PROCESSES = 2
CHUNK = 40  # cells of neighbouring stages, so that a process prepares few machines
REDUCED_STAGES = ("ready", "approach", "hold", "thaw")  # where something moves
COLUMNS = ("standby", "precheck", "ready", "approach", "hold", "thaw", "done", "fault")
WORDS = ("row", "harmless", "unprotected", "WRONG")  # the later, the worse


def play(some: list[Cell]) -> list[Outcome]:
    """Return what becomes of them."""
    return [played(cell) for cell in some]


def outcomes() -> list[Outcome]:
    """Return what becomes of every cell."""
    wanted = cells(rigs=(FULL,)) + cells(stages=REDUCED_STAGES, rigs=(REDUCED,))
    chunks = [wanted[i:i + CHUNK] for i in range(0, len(wanted), CHUNK)]
    with ProcessPoolExecutor(PROCESSES) as pool:
        return [one for some in pool.map(play, chunks) for one in some]


def told(found: Iterable[tuple[Outcome, Verdict]]) -> str:
    """Return the rows that ended the cells, the slowest time of each, and what else there was."""
    slowest: dict[str, float] = {}
    for outcome, verdict in found:
        name = outcome.row if verdict.word == "row" else verdict.word
        shown_s = outcome.shown_ms / 1000.0 if outcome.shown_ms >= 0 else -1.0
        slowest[name] = max(slowest.get(name, -1.0), shown_s if verdict.word == "row" else -1.0)
    return ", ".join(f"{name} {took_s:.1f}" if took_s >= 0.0 else name
                     for name, took_s in sorted(slowest.items()))


def table(found: list[tuple[Outcome, Verdict]]) -> None:
    """Print a block for each fault: mode, and what ends it within how many seconds."""
    for rig in (FULL, REDUCED):
        print(f"rig {rig}: rows that end it, s from what the sensors show (slowest severity)")
        for row in EXPECTED:
            for column in COLUMNS:
                here = [(outcome, verdict) for outcome, verdict in found
                        if outcome.cell.rig == rig and outcome.cell.fault == row.fault
                        and outcome.cell.stage.split()[0] == column]
                if here:
                    print(f"  {row.fault:<20} {column:<9} {told(here)}")


def reasons(found: list[tuple[Outcome, Verdict]]) -> None:
    """Print why nothing is right where nothing comes, and what is not protected."""
    print("harmless, because:")
    for why in dict.fromkeys((outcome.cell.fault, verdict.why) for outcome, verdict in found
                             if verdict.word == "harmless"):
        print(f"  {why[0]:<20} {why[1]}")
    print("unprotected on the reduced rig (none on the full one), and what to wire:")
    for row in UNPROTECTED:
        print(f"  {row.fault:<20} {row.hurts}; wire {row.wire}")


def every(found: list[tuple[Outcome, Verdict]]) -> None:
    """Print every cell."""
    for outcome, verdict in found:
        cell, worst = outcome.cell, outcome.worst
        print(f"{cell.rig:<8} {cell.stage:<18} {cell.fault:<20} {cell.severity():<26} "
              f"{verdict.word:<11} {outcome.row:<20} {outcome.shown_ms:>6.0f} "
              f"{outcome.since_ms:>7.0f} ms  tip {worst.tip_c_min:.1f}..{worst.tip_c_max:.1f} °C "
              f"ice {worst.ice_mm_max:.1f} mm  {' '.join(outcome.warned)} | {verdict.why[:100]}")


def figures_of(found: list[tuple[Outcome, Verdict]]) -> list[Figure]:
    """Return counts, the worst share of a promise, and the worst that really was."""
    full = [(outcome, verdict) for outcome, verdict in found if outcome.cell.rig == FULL]
    count = {word: sum(verdict.word == word for _, verdict in found) for word in WORDS}
    shares = [outcome.shown_ms / row_named(outcome.row).detect_ms for outcome, _ in found
              if outcome.row and outcome.shown_ms >= 0.0 and row_named(outcome.row).detect_ms]
    figures = [
        Figure("cells", len(found), ""),
        Figure("cells that a row ends", count["row"], ""),
        Figure("cells that are harmless, and proven so", count["harmless"], ""),
        Figure("cells unprotected, full rig",
               sum(verdict.word == "unprotected" for _, verdict in full), "", 0.0),
        Figure("cells unprotected, reduced rig", count["unprotected"], ""),
        Figure("cells that are wrong", count["WRONG"], "", 0.0),
        Figure("slowest detection by its promise", max(shares), "", 1.0),
    ]
    for truth in TRUTHS:
        values = [getattr(outcome.worst, truth.field) for outcome, _ in full]
        worst = min(values) if truth.is_floor else max(values)
        bar = truth.limit + (-truth.margin if truth.is_floor else truth.margin)
        figures.append(Figure(f"{truth.name}, truth, full rig", worst, truth.unit, bar,
                              truth.is_floor))
    return figures


def measure(pictures: Path | None) -> tuple[list[Figure], str]:
    """Return the counts and the worst truths."""
    found = [(outcome, judged(outcome)) for outcome in outcomes()]
    if EVERY:
        every(found)
    table(found)
    reasons(found)
    for outcome, verdict in found:
        if verdict.word == "WRONG":
            cell = outcome.cell
            print(f"WRONG: {cell.rig} {cell.stage} {cell.fault} {cell.severity()}: {verdict.why}")
    figures = figures_of(found)
    wrong = sum(verdict.word == "WRONG" for _, verdict in found)
    coldest = min(o.worst.tip_c_min for o, _ in found if o.cell.rig == FULL)
    warmest = max(o.worst.tip_c_max for o, _ in found if o.cell.rig == FULL)
    return figures, (f"fault matrix: {len(found)} cells, {len(STAGES)} stages, {wrong} wrong; on "
                     f"the full rig the tip really was {coldest:.1f}..{warmest:.1f} °C")


EVERY = "--all" in sys.argv
if __name__ == "__main__":
    sys.argv = [word for word in sys.argv if word != "--all"]
    main(measure)
