"""How the tip follows what is asked: stuck, the wrong way, not at all, off target, swinging.

It does not decide what follows from it: interlocks.py does. Times count from ticks. A tip that is
not known is judged by its own row; what was seen of a shut valve before is kept meanwhile.
"""

from typing import NamedTuple

from controller.records import NAN, Asked, Estimate, Reading

OPEN_MIN = 0.25  # an opening that must cool, in any phase
DRIVEN_MS = 6000  # it must have lasted so long: a weak probe goes on warming for 4 s
LESS_OPEN = 0.1  # a valve that is closed by so much may let the tip warm
RISE_MS = 3000  # rise of the tip over this time
UNCOOLED_OPEN = 0.5
UNCOOLED_FALL_C = 5.0
DIP_MS = 10000  # after gas-off the residue boils on for so long
DIP_C = 15.0  # and may cool by this; argon: 16 °C in 8 s
UNWARMED_C = -20.0  # above it the ice that melts may hold a sound tip
WARMED_C = 5.0
COLD_C = 5.0  # a warmer tip that cools without gas was taken out of the body
SWING_MS = 20000
SETTLING_MS = 15000  # of a hold; one undershoot is no swing
SWING_EVERY_MS = 500
PREDICT_S = 1.0  # a shut valve's gas arrives for about so long
# What a rising tip is ahead of its slope's sensor: its lag of 0.25 s, a conversion, two ticks.
WARM_S = 0.5

ProgressFacts = NamedTuple(
    "ProgressFacts",
    [
        ("tip_flat_s", float),  # 0..; the raw value is the same, while gas should flow or heat
        ("tip_b_flat_s", float),
        ("wrong_way_c", float),  # rise in RISE_MS while the valve is open; 0 while it is not
        ("uncooled_s", float),  # 0..; half open without a fall, in this approach
        ("approach_s", float),  # 0..; in this approach
        ("shut_fall_c", float),  # fall of a cold tip without gas, beyond what is normal
        ("unwarmed_s", float),  # 0..; a cold tip without gas that does not get warmer
        ("off_target_c", float),  # 0..; in the hold
        ("swing_c", float),  # 0..; in the hold
        ("tip_predicted_c", float),  # the tip in PREDICT_S, if it falls
        ("tip_warming_c", float),  # the tip in WARM_S, if it rises
    ],
)


class Flat:
    """For how long one sensor has said exactly the same."""

    def __init__(self) -> None:
        self.value = NAN
        self.since_ms = -1

    def update_s(self, value: float, counts: bool, now_ms: int) -> float:
        """Return the seconds since it changed, counted only while `counts`."""
        if value != self.value or not counts or self.since_ms < 0:
            self.value = value
            self.since_ms = now_ms
        return (now_ms - self.since_ms) * 0.001


class Progress:
    """Watches the tip against the valve. Call `update` in every tick."""

    def __init__(self) -> None:
        self.tip_flat = Flat()
        self.tip_b_flat = Flat()
        self.driven_since_ms = -1
        self.driven_most = 0.0
        self.recent_ms: "list[int]" = []
        self.recent_c: "list[float]" = []
        self.hold_since_ms = 0
        self.hold_ms: "list[int]" = []
        self.hold_c: "list[float]" = []
        self.approach_since_ms = -1
        self.approach_from_c = NAN
        self.open_since_ms = -1
        self.shut_since_ms = -1
        self.warmest_shut_c = NAN
        self.is_dip_over = False
        self.fallen_c = 0.0
        self.coldest_thaw_c = NAN
        self.unwarmed_since_ms = -1

    def update(self, reading: Reading, estimate: Estimate, asked: Asked) -> ProgressFacts:
        """Return what is to be judged in this tick."""
        now_ms = reading.now_ms
        tip_c = estimate.tip_c
        is_open = asked.valve_fraction > 0.0
        is_driven = is_open or asked.heater_fraction > 0.0
        slope = estimate.slope_c_per_s
        predicted_c = tip_c + slope * PREDICT_S if slope < 0.0 else tip_c
        warming_c = tip_c + slope * WARM_S if slope > 0.0 else tip_c
        return ProgressFacts(
            self.tip_flat.update_s(reading.tip_c.value, is_driven, now_ms),
            self.tip_b_flat.update_s(reading.tip_b_c.value, is_driven, now_ms),
            self._wrong_way_c(tip_c, asked.valve_fraction, now_ms),
            self._uncooled_s(tip_c, asked, now_ms),
            (now_ms - self.approach_since_ms) * 0.001 if self.approach_since_ms >= 0 else 0.0,
            self._shut_fall_c(tip_c, is_open, now_ms),
            self._unwarmed_s(tip_c, is_open, now_ms),
            abs(tip_c - asked.target_c) if asked.phase == "hold" else 0.0,
            self._swing_c(tip_c, asked.phase, now_ms),
            predicted_c,
            warming_c)

    def _wrong_way_c(self, tip_c: float, valve_fraction: float, now_ms: int) -> float:
        if not (valve_fraction >= OPEN_MIN) or tip_c != tip_c:
            self.driven_since_ms = -1
            self.recent_ms.clear()
            self.recent_c.clear()
            return 0.0
        if self.driven_since_ms < 0 or valve_fraction < self.driven_most - LESS_OPEN:
            self.driven_since_ms = now_ms
            self.driven_most = valve_fraction
        self.driven_most = max(self.driven_most, valve_fraction)
        self.recent_ms.append(now_ms)
        self.recent_c.append(tip_c)
        while self.recent_ms[0] < now_ms - RISE_MS:
            self.recent_ms.pop(0)
            self.recent_c.pop(0)
        driven = now_ms - self.driven_since_ms >= DRIVEN_MS
        return tip_c - min(self.recent_c) if driven else 0.0

    def _uncooled_s(self, tip_c: float, asked: Asked, now_ms: int) -> float:
        """Seconds of a half open valve, in the approach, while the tip has not fallen."""
        if asked.phase != "approach":
            self.approach_since_ms = -1
            self.open_since_ms = -1
            return 0.0
        if self.approach_since_ms < 0:
            self.approach_since_ms = now_ms
            self.approach_from_c = tip_c
        fallen = tip_c <= self.approach_from_c - UNCOOLED_FALL_C
        if fallen or not (asked.valve_fraction >= UNCOOLED_OPEN):
            self.open_since_ms = -1
            return 0.0
        if self.open_since_ms < 0:
            self.open_since_ms = now_ms
        return (now_ms - self.open_since_ms) * 0.001

    def _shut_fall_c(self, tip_c: float, is_open: bool, now_ms: int) -> float:
        """Fall below the warmest since gas-off, less the dip while that may last."""
        if tip_c != tip_c:
            return 0.0 if is_open else self.fallen_c  # what was seen before is kept
        self.fallen_c = 0.0
        if is_open or not (tip_c < COLD_C):
            self.shut_since_ms = -1
            return 0.0
        if self.shut_since_ms < 0:
            self.shut_since_ms = now_ms
            self.warmest_shut_c = tip_c
            self.is_dip_over = False
        if not self.is_dip_over and now_ms - self.shut_since_ms >= DIP_MS:
            self.is_dip_over = True
            self.warmest_shut_c = tip_c
        self.warmest_shut_c = max(self.warmest_shut_c, tip_c)
        self.fallen_c = self.warmest_shut_c - tip_c - (0.0 if self.is_dip_over else DIP_C)
        return self.fallen_c

    def _unwarmed_s(self, tip_c: float, is_open: bool, now_ms: int) -> float:
        """Seconds without gas in which a tip below UNWARMED_C has not risen by WARMED_C."""
        if tip_c != tip_c and self.unwarmed_since_ms >= 0 and not is_open:
            return (now_ms - self.unwarmed_since_ms) * 0.001
        if is_open or not (tip_c < UNWARMED_C):
            self.unwarmed_since_ms = -1
            return 0.0
        if self.unwarmed_since_ms < 0 or tip_c >= self.coldest_thaw_c + WARMED_C:
            self.unwarmed_since_ms = now_ms
            self.coldest_thaw_c = tip_c
        self.coldest_thaw_c = min(self.coldest_thaw_c, tip_c)
        return (now_ms - self.unwarmed_since_ms) * 0.001

    def _swing_c(self, tip_c: float, phase: str, now_ms: int) -> float:
        if phase != "hold":
            self.hold_since_ms = now_ms
        if now_ms - self.hold_since_ms < SETTLING_MS or tip_c != tip_c:
            self.hold_ms.clear()
            self.hold_c.clear()
            return 0.0
        if not self.hold_ms or now_ms >= self.hold_ms[-1] + SWING_EVERY_MS:
            self.hold_ms.append(now_ms)
            self.hold_c.append(tip_c)
        while self.hold_ms[0] < now_ms - SWING_MS:
            self.hold_ms.pop(0)
            self.hold_c.pop(0)
        return max(self.hold_c) - min(self.hold_c)
