"""Live progress of a treatment on a terminal: phase, tip, target, time left, valve, supply.

It shows what a decision says and decides nothing. Without a terminal it prints a line per phase.
"""

from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.table import Table

from controller.records import Decision, Reading
from controller.text import number

SHOW_EVERY_TICKS = 5


class Progress:
    """Use as a context; call `watch` once per tick."""

    def __init__(self, console: Console, quiet: bool, begun_ms: int) -> None:
        self._console = console
        self._quiet = quiet
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._ticks = 0
        self._phase = ""
        self._begun_ms = begun_ms

    def __enter__(self) -> "Progress":
        if not self._quiet and self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._live.stop()

    def watch(self, reading: Reading, decision: Decision) -> None:
        """Show this tick, if it is its turn."""
        if self._quiet:
            return
        self._ticks += 1
        phase = f"{decision.mode} {decision.course.phase} {decision.course.cycle}"
        changed = phase != self._phase
        self._phase = phase
        if self._live.is_started and (changed or self._ticks % SHOW_EVERY_TICKS == 0):
            self._live.update(_panel(reading, decision), refresh=True)
        elif changed and not self._live.is_started:
            self._console.print(line_of(reading, decision, self._begun_ms), soft_wrap=True)


def line_of(reading: Reading, decision: Decision, begun_ms: int) -> str:
    """Return one line for a log file or a dumb terminal, its time counted from `begun_ms`."""
    at_s = number((decision.now_ms - begun_ms) / 1000.0)
    return f"{at_s:>7} s  {_where(decision):<22} {_numbers(decision)}" \
        f"  supply {number(reading.supply_kpa.value, 0)} kPa"


def _where(decision: Decision) -> str:
    course = decision.course
    if not course.phase:
        return decision.mode
    if not course.cycle:
        return f"{decision.mode} {course.phase}" if course.phase != decision.mode else course.phase
    return f"{course.phase} {course.cycle}/{course.cycles}"


def _numbers(decision: Decision) -> str:
    course = decision.course
    text = f"tip {number(decision.tip_c)} °C"
    if course.target_c == course.target_c:
        text += f", target {number(course.target_c)} °C"
    if course.time_left_s == course.time_left_s:
        text += f", {number(course.time_left_s, 0)} s left"
    return text + f", valve {number(decision.valve_fraction * 100.0, 0)} %"


def _panel(reading: Reading, decision: Decision) -> Table:
    course = decision.course
    table = Table("phase", "tip", "target", "left", "valve", "heater", "supply", box=None)
    table.add_row(
        _where(decision), f"{number(decision.tip_c)} °C", f"{number(course.target_c)} °C",
        f"{number(course.time_left_s, 0)} s", f"{number(decision.valve_fraction * 100.0, 0)} %",
        f"{number(decision.heater_fraction * 100.0, 0)} %",
        f"{number(reading.supply_kpa.value, 0)} kPa")
    return table
