"""Which fault begins when, and how the command line asks for one: NAME[@SECONDS][,key=value...].

It does not know what a fault does: sim_hardware/faults.py does.
"""

from math import inf
from typing import NamedTuple

from sim_hardware.faults import completed, fault_called


class FaultOrder(NamedTuple):
    """A fault and when it begins."""

    name: str
    at_ms: int  # 0..; from the probe's birth
    values: dict[str, float]  # of every key of the fault


def parse_fault(text: str) -> FaultOrder:
    """Return the order in NAME[@SECONDS][,key=value...]; raises ValueError with one message."""
    head, *pairs = [part.strip() for part in text.split(",")]
    name, _, seconds = head.partition("@")
    fault = fault_called(name.strip())
    begins_s = _number(seconds, f"{fault.name}: seconds") if "@" in head else 0.0
    if not (0.0 <= begins_s < inf):
        raise ValueError(f"{fault.name}: seconds {begins_s:g} is outside 0..")
    values: dict[str, float] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise ValueError(f"{fault.name}: {pair!r} is not key=value")
        if key.strip() in values:
            raise ValueError(f"{fault.name}: {key.strip()} is given twice")
        values[key.strip()] = _number(value, f"{fault.name}: {key.strip()}")
    return FaultOrder(fault.name, round(begins_s * 1000.0), completed(fault, values))


def _number(text: str, what: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{what} {text.strip()!r} is not a number") from None
