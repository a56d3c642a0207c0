"""Freezing in two dimensions under a tip that follows a course: freeze, thaw, freeze again.

It does not say which courses matter.
"""

from collections.abc import Sequence
from math import ceil, exp
from typing import NamedTuple

from sim_hardware.judges import axisymmetric
from sim_hardware.judges.axisymmetric import Grid, Sample, Tip
from sim_hardware.judges.curves import Medium


class Leg(NamedTuple):
    """A part of a course: first order from where the tip is."""

    seconds: float
    towards_c: float
    lag_s: float  # time constant, above 0


def tips_c(legs: Sequence[Leg], start_c: float, tick_s: float) -> list[float]:
    """Return the tip at the end of each tick."""
    course, now_c = [], start_c
    for leg in legs:
        for _ in range(round(leg.seconds / tick_s)):
            now_c = leg.towards_c + (now_c - leg.towards_c) * exp(-tick_s / leg.lag_s)
            course.append(now_c)
    return course


def followed(g: Grid, m: Medium, course_c: Sequence[float], tick_s: float,
             isotherms_c: tuple[float, ...], every: int) -> list[Sample]:
    """Return what is seen after each `every` ticks, the surface at `course_c[i]` during tick i."""
    enthalpy, samples = axisymmetric.at_rest(g, m), []
    steps = ceil(tick_s / (axisymmetric.STEP_SHARE * axisymmetric.step_s_max(g, m)))
    for tick, tip_c in enumerate(course_c, 1):
        axisymmetric.advance(g, enthalpy, m, Tip(tip_c, 0.0), 0.0, steps, tick_s / steps)
        if tick % every == 0:
            samples.append(axisymmetric.seen(g, enthalpy, m, tip_c, isotherms_c, tick * tick_s))
    return samples
