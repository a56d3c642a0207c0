"""Target and estimate -> valve demand. simple_pid inside, with explicit time and no NaN.

From afar: full open until a slope look-ahead hands over without a bump. Then, and from nearby at
once: PI on the distance to an exponential reference, D on the filtered slope, and a feed-forward
for the tissue's fading load. It does not decide whether gas may flow at all: core.py does.
"""

import math
from typing import NamedTuple

from simple_pid import PID

from controller.records import NAN, Estimate

# Tuned on the nominal N2O plant, 10 Hz, noise 0.15 °C: docs/decisions/0005-regulator.md.
KP_PER_C = -0.019  # valve fraction per °C of error: colder needs more gas, hence negative
KI_PER_C_S = -0.015
KD_S_PER_C = 0.016  # valve fraction per °C/s of slope error: falling too fast shuts earlier
LEAD_S = 1.15  # how far the look-ahead sees
LOAD_FRACTION = 0.45  # what the fresh tissue asks for on top at first
LOAD_S = 3.7  # and how fast that fades
LOAD_C = 15.0  # a start from less far meets tissue that is still cold, and asks for less
NEAR_C = 30.0  # from here on a full opening has not shown its slope before it is too much

# How the regulated part of an approach begins.
Way = NamedTuple(
    "Way",
    [
        ("gain", float),  # on all three gains: frozen tissue takes less gas per degree
        ("wait_s", float),  # the reference stands still for the valve's and the line's delay
        ("reference_s", float),  # time constant of the reference
        ("preset_fraction", float),  # the integral; from afar it fills while the load fades
    ],
)
FAR = Way(1.0, 0.0, LEAD_S, 0.11)
NEAR = Way(0.8, 0.75, 6.0, 0.0)
REGULATED_FRACTION_MAX = 0.5  # beyond it more gas warms the tip (exhaust back pressure)
APPROACH_MS_MAX = 60000  # full open no longer than this: an unreachable target must not stay there
HEAT_TO_C = 33.0  # body warm, well below the 41 °C ceiling
HEAT_FADE_C = 8.0
HEAT_LEAD_S = 0.5
DT_S_MAX = 0.5  # a longer pause must not move the integral by its whole length


def clamp_fraction(value: float, high: float = 1.0) -> float:
    """Return `value` within 0..`high`; NaN gives 0 (shut). The only clamp of an actuator value."""
    if value != value:
        return 0.0
    return min(high, max(0.0, value))


def heat_fraction(estimate: Estimate) -> float:
    """Return the heater fraction 0..1 of an active thaw: full power, fading out where the tip
    will be HEAT_TO_C in HEAT_LEAD_S; a light tip would shoot beyond it, its sensor is late."""
    slope = estimate.slope_c_per_s
    ahead_c = slope * HEAT_LEAD_S if slope > 0.0 else 0.0
    return clamp_fraction((HEAT_TO_C - estimate.tip_c - ahead_c) / HEAT_FADE_C)


class Regulator:
    """Holds one tip temperature by the valve fraction."""

    def __init__(self) -> None:
        self.pid = PID(KP_PER_C, KI_PER_C_S, 0.0, setpoint=0.0, sample_time=None,
                       output_limits=(0.0, REGULATED_FRACTION_MAX), auto_mode=False,
                       time_fn=_no_clock)
        self.approach_ms = 0
        self.regulating_ms = -1  # since the handover; -1 before it
        self.start_c = NAN
        self.handover_c = NAN
        self.way = FAR

    def start(self) -> None:
        """Forget the past: a freeze begins."""
        self.approach_ms = 0
        self.regulating_ms = -1
        self.start_c = NAN
        self.pid.set_auto_mode(False)

    def update(self, target_c: float, estimate: Estimate, dt_ms: int) -> float:
        """Return the valve fraction 0..1; 0 when the estimate is not trusted.

        `dt_ms`: since the last tick, 0.. .
        """
        tip_c = estimate.tip_c
        if not (-300.0 < tip_c < 300.0) or not (-300.0 < target_c < 300.0):
            return 0.0
        slope = estimate.slope_c_per_s
        if slope != slope:
            slope = 0.0
        if self.regulating_ms < 0:
            if self.start_c != self.start_c:
                self.start_c = tip_c
            is_far = self.start_c - target_c > NEAR_C
            self.approach_ms += dt_ms
            if is_far and (tip_c + slope * LEAD_S > target_c
                           and self.approach_ms < APPROACH_MS_MAX):
                return 1.0
            self._hand_over(tip_c, FAR if is_far else NEAR)
        return self._regulate(target_c, tip_c, slope, dt_ms)

    def _hand_over(self, tip_c: float, way: Way) -> None:
        self.regulating_ms = 0
        self.handover_c = tip_c
        self.way = way
        self.pid.tunings = (KP_PER_C * way.gain, KI_PER_C_S * way.gain, 0.0)
        self.pid.set_auto_mode(True, last_output=way.preset_fraction)

    def _regulate(self, target_c: float, tip_c: float, slope: float, dt_ms: int) -> float:
        self.regulating_ms += dt_ms
        since_s = self.regulating_ms * 0.001
        ahead_c, ahead_c_per_s = self._reference(target_c, since_s)
        self.pid.setpoint = target_c + ahead_c
        held = self.pid(tip_c, dt=min(DT_S_MAX, max(1, dt_ms) * 0.001))
        damping = KD_S_PER_C * self.way.gain * (slope - ahead_c_per_s)
        fresh = clamp_fraction((self.start_c - target_c) / LOAD_C)
        load = LOAD_FRACTION * fresh * math.exp(-since_s / LOAD_S)
        return clamp_fraction((held or 0.0) + damping + load, REGULATED_FRACTION_MAX)

    def _reference(self, target_c: float, since_s: float) -> "tuple[float, float]":
        """Return how far the reference is from the target, and its slope."""
        moving_s = since_s - self.way.wait_s
        from_c = self.handover_c - target_c
        if moving_s <= 0.0:
            return from_c, 0.0
        ahead_c = from_c * math.exp(-moving_s / self.way.reference_s)
        return ahead_c, -ahead_c / self.way.reference_s


def _no_clock() -> float:
    return 0.0  # every call carries its own dt
