"""Raw tip samples -> best estimate, slope, A/B agreement and how far a sample jumped.

It does not decide what a jump or a difference means: interlocks.py does. With two sensors one bad
sample is ridden through, and counted.
"""

from controller.limits import Limits
from controller.records import NAN, Estimate, Reading, Sample
from controller.slope import Slope

SLOPE_WINDOW_MS = 1000  # ten samples at 10 Hz halve the noise of a slope to about 0.15 °C/s
STAMP_MS = 100  # what a value with an old stamp is taken to be younger by
RIDDEN_MAX = 5  # bad samples of one sensor that may be ridden through
RIDDEN_MS = 60000  # within so long; a wire that breaks does so more and more often


class TipSensor:
    """What is remembered of one tip sensor: its last trusted value, and its bad samples."""

    def __init__(self) -> None:
        self.value_c = NAN
        self.taken_ms = -1
        self.is_bad = False  # in the last tick
        self.ridden_ms: "list[int]" = []  # when its bad samples were ridden through

    def step_c_per_s(self, value_c: float, taken_ms: int) -> float:
        """Return the slope (0..) that a value taken at `taken_ms` would need since the last."""
        if self.taken_ms < 0 or value_c == self.value_c:
            return 0.0
        passed_ms = taken_ms - self.taken_ms
        if passed_ms <= 0:  # another value of the same moment: its stamp is not believed
            passed_ms = STAMP_MS
        return abs(value_c - self.value_c) * 1000.0 / passed_ms

    def keep(self, value_c: float, taken_ms: int) -> None:
        """Take this one as trusted."""
        self.value_c = value_c
        self.taken_ms = taken_ms

    def forget(self) -> None:
        """Start anew: after a declared fault the next value is compared with nothing."""
        self.taken_ms = -1

    def may_ride(self, now_ms: int) -> bool:
        """Count a bad sample; True when it is the first in a row and there were few of late."""
        self.ridden_ms = [ms for ms in self.ridden_ms if now_ms - ms < RIDDEN_MS]
        if self.is_bad or len(self.ridden_ms) >= RIDDEN_MAX:
            return False
        self.ridden_ms.append(now_ms)
        return True


class Estimator:
    """Best tip estimate from one or two sensors, with its slope."""

    def __init__(self, limits: Limits, fitted: "tuple[str, ...]") -> None:
        self.limits = limits
        self.two_sensors = "tip_b_c" in fitted
        self.a = TipSensor()
        self.b = TipSensor()
        self.agreed = False  # when they were last compared
        self.slope = Slope(SLOPE_WINDOW_MS, 1)
        self.distrusted = 0

    def update(self, reading: Reading, tip_fault: str, tip_b_fault: str) -> Estimate:
        """Return the estimate of this tick, from samples whose faults are already known."""
        a_c, step_a = self._trusted(self.a, reading.tip_c, tip_fault, reading.now_ms)
        b_c, step_b = NAN, 0.0
        if self.two_sensors:
            b_c, step_b = self._trusted(self.b, reading.tip_b_c, tip_b_fault, reading.now_ms)
        ridden = self._ridden(a_c, b_c, reading.now_ms)
        if ridden == "tip_c":
            step_a = 0.0
        elif ridden == "tip_b_c":
            step_b = 0.0
        difference_c = abs(a_c - b_c) if self.two_sensors else 0.0
        if difference_c == difference_c:
            self.agreed = difference_c <= self.limits.ab_difference_c_max
        tip_c = self._best(a_c, b_c)
        believed = reading.tip_c if a_c == a_c else reading.tip_b_c
        self.slope.update(tip_c, reading.now_ms - believed.age_ms)
        return Estimate(tip_c, self.slope.per_s(), difference_c, max(step_a, step_b),
                        self.distrusted, ridden)

    def _trusted(self, sensor: TipSensor, sample: Sample, fault: str,
                 now_ms: int) -> "tuple[float, float]":
        if fault:
            sensor.forget()
            return NAN, 0.0
        taken_ms = now_ms - sample.age_ms
        step = sensor.step_c_per_s(sample.value, taken_ms)
        if step > self.limits.slope_c_per_s_max:
            return NAN, step
        if taken_ms > sensor.taken_ms:
            sensor.keep(sample.value, taken_ms)
        return sample.value, step

    def _ridden(self, a_c: float, b_c: float, now_ms: int) -> str:
        """Return whose bad sample is passed over: one in a row, and only on the word of the other
        sensor, which agreed with it before."""
        bad_a = a_c != a_c
        bad_b = self.two_sensors and b_c != b_c
        self.distrusted += int(bad_a) + int(bad_b)
        vouched = self.two_sensors and self.agreed and bad_a != bad_b
        ridden = ""
        if vouched and bad_a and self.a.may_ride(now_ms):
            ridden = "tip_c"
        elif vouched and bad_b and self.b.may_ride(now_ms):
            ridden = "tip_b_c"
        self.a.is_bad = bad_a
        self.b.is_bad = bad_b
        return ridden

    def _best(self, a_c: float, b_c: float) -> float:
        if a_c != a_c:
            return b_c
        if b_c != b_c:
            return a_c
        if abs(a_c - b_c) <= self.limits.ab_difference_c_max:
            return 0.5 * (a_c + b_c)
        return a_c if a_c < b_c else b_c  # believe the colder until shut
