"""Dose: freeze time, of this cycle and in total, cold time and ice, since the plan was loaded.

It does not decide how much is too much: interlocks.py does.
"""

from controller.iceball import IceBall
from controller.records import Probe


class Dose:
    """Running totals in whole milliseconds, so that they are exact on a board's small floats."""

    def __init__(self, probe: Probe) -> None:
        self.cycle_ms = 0
        self.total_ms = 0
        self.ice = IceBall(probe.outer_diameter_mm, probe.active_length_mm)

    def new_site(self) -> None:
        """Start from zero: a plan was loaded, so another nerve is treated."""
        self.cycle_ms = 0
        self.total_ms = 0
        self.ice.rest()

    def new_cycle(self) -> None:
        """Start a cycle; the totals go on."""
        self.cycle_ms = 0

    def update(self, freezing: bool, tip_c: float, dt_ms: int) -> None:
        """Add the `dt_ms` (0..) since the last tick: gas was allowed to flow or not, and the tip
        was at `tip_c`."""
        self.ice.update(tip_c, dt_ms)
        if freezing:
            self.cycle_ms += dt_ms
            self.total_ms += dt_ms
