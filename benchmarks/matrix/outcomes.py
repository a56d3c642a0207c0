"""A cell of the matrix, and what became of it. They hold; they decide nothing."""

from typing import NamedTuple


class Cell(NamedTuple):
    """Where the matrix is looked at."""

    fault: str
    values: tuple[tuple[str, float], ...]
    stage: str
    rig: str

    def severity(self) -> str:
        """Return the numbers of the fault, "" for its own."""
        return " ".join(f"{name}={value:g}" for name, value in self.values)


class Worst(NamedTuple):
    """The extremes of what really was, from the fault's beginning."""

    tip_c_min: float
    tip_c_max: float
    ice_mm_max: float
    ice_m20_mm_max: float


class Outcome(NamedTuple):
    """What became of a cell."""

    cell: Cell
    row: str  # that ended it or refused a start; "check" for a step that failed; "" for none
    warned: tuple[str, ...]  # rows that only warn, in their order
    says: str  # the reason in words
    shown_ms: float  # from the moment when the sensors show it; NaN when not defined
    since_ms: float  # from the fault's beginning
    end: str  # mode at the end
    worst: Worst
    flows: bool  # gas, at the end
