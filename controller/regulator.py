"""Target and estimate -> valve demand. simple_pid inside, with explicit time and no NaN.

Full open until a slope look-ahead hands over without a bump; then PI on the distance to an
exponential reference, D on the filtered slope, and a feed-forward for the tissue's fading load.
It does not decide whether gas may flow at all: core.py does.
"""

import math

from simple_pid import PID

from controller.records import NAN, Estimate

# Tuned on the nominal N2O plant, 10 Hz, noise 0.15 °C: docs/decisions/0005-regulator.md.
KP_PER_C = -0.019  # valve fraction per °C of error: colder needs more gas, hence negative
KI_PER_C_S = -0.027
KD_S_PER_C = 0.016  # valve fraction per °C/s of slope error: falling too fast shuts earlier
LEAD_S = 1.15  # time constant of the reference; also how far the look-ahead sees
HANDOVER_FRACTION = 0.11  # the integral at the handover; it fills while the load fades
LOAD_FRACTION = 0.45  # what the fresh tissue asks for on top at first
LOAD_S = 3.7  # and how fast that fades
REGULATED_FRACTION_MAX = 0.5  # beyond it more gas warms the tip (exhaust back pressure)
APPROACH_MS_MAX = 60000  # full open no longer than this: an unreachable target must not stay there
HEAT_TO_C = 33.0  # body warm, well below the 41 °C ceiling
HEAT_FADE_C = 8.0
DT_S_MAX = 0.5  # a longer pause must not move the integral by its whole length


def clamp_fraction(value: float, high: float = 1.0) -> float:
    """Return `value` within 0..`high`; NaN gives 0 (shut). The only clamp of an actuator value."""
    if value != value:
        return 0.0
    return min(high, max(0.0, value))


def heat_fraction(tip_c: float) -> float:
    """Return the heater fraction 0..1 of an active thaw: full power, fading out at HEAT_TO_C."""
    return clamp_fraction((HEAT_TO_C - tip_c) / HEAT_FADE_C)


class Regulator:
    """Holds one tip temperature by the valve fraction."""

    def __init__(self) -> None:
        self.pid = PID(KP_PER_C, KI_PER_C_S, 0.0, setpoint=0.0, sample_time=None,
                       output_limits=(0.0, REGULATED_FRACTION_MAX), auto_mode=False,
                       time_fn=_no_clock)
        self.approach_ms = 0
        self.regulating_ms = -1  # since the handover; -1 before it
        self.handover_c = NAN

    def start(self) -> None:
        """Forget the past: a freeze begins."""
        self.approach_ms = 0
        self.regulating_ms = -1
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
            self.approach_ms += dt_ms
            if tip_c + slope * LEAD_S > target_c and self.approach_ms < APPROACH_MS_MAX:
                return 1.0
            self._hand_over(tip_c)
        return self._regulate(target_c, tip_c, slope, dt_ms)

    def _hand_over(self, tip_c: float) -> None:
        self.regulating_ms = 0
        self.handover_c = tip_c
        self.pid.set_auto_mode(True, last_output=HANDOVER_FRACTION)

    def _regulate(self, target_c: float, tip_c: float, slope: float, dt_ms: int) -> float:
        self.regulating_ms += dt_ms
        since_s = self.regulating_ms * 0.001
        ahead_c = (self.handover_c - target_c) * math.exp(-since_s / LEAD_S)
        self.pid.setpoint = target_c + ahead_c
        held = self.pid(tip_c, dt=min(DT_S_MAX, max(1, dt_ms) * 0.001))
        damping = KD_S_PER_C * (slope + ahead_c / LEAD_S)
        load = LOAD_FRACTION * math.exp(-since_s / LOAD_S)
        return clamp_fraction((held or 0.0) + damping + load, REGULATED_FRACTION_MAX)


def _no_clock() -> float:
    return 0.0  # every call carries its own dt
