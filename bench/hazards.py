"""HAZARDS, and the trace from each hazard over interlock and requirement to the tests.

It does not decide anything: the rows of controller/interlocks.py do. What stands between markers
in docs/safety/ is written by `python -m bench.hazards`, and a test holds it equal.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bench.tables import interlock_rows, markdown
from controller.interlocks import INTERLOCKS, RESPONSES, Interlock
from controller.limits import limits_from
from controller.modes import MODES, TRANSITIONS
from controller.signals import SIGNALS

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "docs" / "safety"


class Hazard(NamedTuple):
    """One way to hurt somebody, and what has to be wired against it besides software."""

    number: str
    name: str
    leads_to: str
    wired: str  # what the builder provides, because software cannot


HAZARDS = (
    Hazard("H-01", "gas will not stop", "frostbite; nerve beyond repair",
           "normally-closed valve and a normally-closed isolator in series, both without power "
           "when the emergency stop's loop opens; a cylinder valve within reach"),
    Hazard("H-02", "unknown state after a crash", "a treatment that goes on by itself",
           "outputs that fall back by themselves: leases in the drivers, a watchdog on the board"),
    Hazard("H-03", "control on a wrong temperature", "too cold or not cold at all, unseen",
           "two tip thermocouples on separate inputs of a converter that flags an open one"),
    Hazard("H-04", "unknown gas pressure or flow", "burst, blockage and leak unseen",
           "gauges on supply and exhaust, a flow meter; a relief valve that needs no controller"),
    Hazard("H-05", "skin freezes", "frostbite away from the target",
           "a skin sensor, a warmed shaft or an insulated one"),
    Hazard("H-06", "nerve beyond repair", "permanent palsy: colder than the reversible zone",
           "a cryogen that cannot go below the floor (N2O boils at -88.5 °C at 1 atm)"),
    Hazard("H-07", "burn", "burnt tissue around the tip",
           "a heater that limits itself, and a relay in series with it"),
    Hazard("H-08", "overdose of cold", "ice reaches what it must not",
           "a cylinder that holds little more than the plan needs"),
    Hazard("H-09", "silent underdose", "pain comes back; nobody knows why",
           "a gauge that the operator sees"),
    Hazard("H-10", "burst", "gas and splinters; the room fills",
           "relief valve and burst disc before the probe, restrained hoses, a filter and drier, "
           "scavenging or ventilation"),
    Hazard("H-11", "loop does not keep time", "decisions on old data",
           "a hardware watchdog that takes the power from valve, isolator and heater relay"),
    Hazard("H-12", "frozen tissue torn", "bleeding, torn nerve",
           "the words on the console; nothing mechanical holds the probe"),
    Hazard("H-13", "not the probe that was checked", "another diameter, another flow, no test",
           "a chip in each probe"),
    Hazard("H-14", "nobody can tell what happened", "a fault that is not found again",
           "a disk, and a lamp and a buzzer that are not the computer's screen"),
)


def verified_by(folder: Path) -> dict[str, list[str]]:
    """Return the tests that carry `@pytest.mark.requirement(name)`, by name, as file::function."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                for name in _requirements(node):
                    found.setdefault(name, []).append(
                        f"{path.relative_to(folder).as_posix()}::{node.name}")
    return found


def _requirements(node: ast.FunctionDef) -> Iterator[str]:
    for mark in node.decorator_list:
        if isinstance(mark, ast.Call) and getattr(mark.func, "attr", "") == "requirement":
            for argument in mark.args:
                if isinstance(argument, ast.Constant):
                    yield str(argument.value)


def requirement(row: Interlock) -> str:
    """Return what the row demands, as one sentence."""
    _, _, proven, after, grace, modes, response, *_ = interlock_rows(limits_from(), (row,))[0]
    if not row.armed:
        return f"{proven}, else no start"
    since = f" for {grace}" if row.grace_ms else ""
    later = f", {after} after it was first armed" if row.arms_after_ms else ""
    return (f"in {modes}{later}: unless {proven}{since}: {response}, found within "
            f"{row.detect_ms} ms")


def trace_rows(tests: Path) -> list[tuple[str, ...]]:
    """Return hazard, requirement number, requirement and tests of every interlock."""
    tested = verified_by(tests)
    rows: list[tuple[str, ...]] = []
    for hazard in HAZARDS:
        for row in INTERLOCKS:
            if row.hazard.startswith(hazard.number):
                told = "<br>".join(tested.get(row.name, ["**none**"]))
                rows.append((f"{hazard.number} {hazard.name}", f"SR-{row.name}", requirement(row),
                             row.source, told))
    return rows


def trace() -> str:
    """Return hazards and trace for docs/safety/trace.md."""
    hazards = markdown(("hazard", "harm", "what must be wired against it"),
                       [(f"{h.number} {h.name}", h.leads_to, h.wired) for h in HAZARDS])
    traced = markdown(("hazard", "requirement", "says", "source", "verified by"),
                      trace_rows(ROOT / "tests"))
    return f"## Hazards\n\n{hazards}\n## Trace\n\n{traced}"


def responses() -> str:
    """Return what each response does, for docs/safety/README.md."""
    return markdown(("response", "does"), RESPONSES)


def signals() -> str:
    """Return how each priority looks and sounds, for docs/safety/alarms.md."""
    rows = [(row.priority, row.colour,
             "constant" if row.lit_ms == row.flash_ms else
             f"{1000.0 / row.flash_ms:.2f} Hz, {100 * row.lit_ms // row.flash_ms} % lit",
             f"{len(row.burst)} pulses every {row.repeat_ms / 1000.0:g} s" if row.burst else "none",
             ", ".join(f"{hz:g} Hz" for hz in row.tones_hz) or "-", row.source)
            for row in SIGNALS]
    return markdown(("priority", "lamp", "flashes", "burst", "fundamental", "source"), rows)


def mode_diagram() -> str:
    """Return MODES and TRANSITIONS as a Mermaid state diagram, in Markdown."""
    lines = ["```mermaid", "stateDiagram-v2", "    [*] --> " + MODES[0].name]
    for mode in MODES:
        may = [word for word, allowed in (("gas", mode.valve), ("heat", mode.heater)) if allowed]
        lines.append(f"    {mode.name}: {mode.name} ({' and '.join(may) or 'all shut'})")
    between = dict.fromkeys((was, following) for was, _, following in TRANSITIONS)
    for was, following in between:
        events = [event for mode, event, other in TRANSITIONS if (mode, other) == (was, following)]
        lines.append(f"    {was} --> {following}: {', '.join(events)}")
    return "\n".join([*lines, "```"]) + "\n"


# page of PAGES, marker around the part, what writes it
PARTS = (
    ("trace.md", "trace", trace),
    ("alarms.md", "signals", signals),
    ("README.md", "responses", responses),
    ("modes.md", "mode_diagram", mode_diagram),
)


def main() -> None:
    """Write every generated part into its page."""
    for name, marker, written in PARTS:
        path = PAGES / name
        begin, end = f"<!-- {marker} -->\n", f"<!-- /{marker} -->"
        before, rest = path.read_text(encoding="utf-8").split(begin)
        path.write_text(before + begin + written() + end + rest.split(end)[1], encoding="utf-8")
        sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main()
