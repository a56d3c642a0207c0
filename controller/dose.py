"""Freeze time, of this cycle and in total since the plan was loaded.

It does not decide how much is too much: interlocks.py does.
"""


class Dose:
    """Running totals in whole milliseconds, so that they are exact on a board's small floats."""

    def __init__(self) -> None:
        self.cycle_ms = 0
        self.total_ms = 0

    def new_site(self) -> None:
        """Start from zero: a plan was loaded, so another nerve is treated."""
        self.cycle_ms = 0
        self.total_ms = 0

    def new_cycle(self) -> None:
        """Start a cycle; the total goes on."""
        self.cycle_ms = 0

    def update(self, freezing: bool, dt_ms: int) -> None:
        """Add `dt_ms` (0..) when the gas was allowed to flow since the last tick."""
        if freezing:
            self.cycle_ms += dt_ms
            self.total_ms += dt_ms
