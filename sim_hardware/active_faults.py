"""Faults at work: when each comes and ends, and what a channel says with all of them.

It does not begin or end any: SimProbe does, and keeps the time.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from hal.interface import Measured
from sim_hardware import faults
from sim_hardware.plant import sensors


class Active(NamedTuple):
    """A fault at work."""

    fault: faults.Fault
    values: dict[str, float]
    since_ms: int
    has_come: bool  # its onset is over
    held: sensors.Sensed  # what was read last before it came

    def comes_ms(self) -> float:
        """Return when its onset is over."""
        return self.since_ms + self.values["onset_s"] * 1000.0

    def ends_ms(self) -> float:
        """Return when it is undone by itself."""
        return self.since_ms + self.values["lasts_s"] * 1000.0

    def grown(self, at_ms: int) -> dict[str, float] | None:
        """Return the values that it has reached, None while it waits for its onset."""
        return faults.grown(self.fault, self.values, (at_ms - self.since_ms) / 1000.0)


class Conversion(NamedTuple):
    """What one channel would say if it were sound, and what faults make their answer from."""

    channel: str
    value: float
    noise: float  # how much of it is noise
    at_ms: int  # when it was converted
    past: Callable[[float], float]  # the conversion of so many seconds before


def said(sound: Conversion, active: Iterable[Active], now_ms: int) -> Measured:
    """Return what a channel says. Raises HalError when one of the faults makes it say so.

    Lateness comes first: what else is wrong, is wrong with what arrives late. The others follow
    in the order in which they began.
    """
    value, age_ms = sound.value, now_ms - sound.at_ms
    for one in sorted(active, key=lambda one: one.fault.late_s(one.values) == 0.0):
        values = one.grown(now_ms) if sound.channel in one.fault.channels else None
        if values is not None:
            faulty_s = max(sound.at_ms - one.comes_ms(), 0.0) / 1000.0
            value = one.fault.read(faults.Sample(
                sound.channel, value, getattr(one.held, sound.channel, value), sound.noise,
                faulty_s, sound.past), values)
            age_ms += round(one.fault.late_s(values) * 1000.0)
    return Measured(value, age_ms)
