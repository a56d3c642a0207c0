"""Raw tip samples -> best estimate, slope, A/B agreement and how far a sample jumped.

It does not decide what a jump or a difference means: interlocks.py does.
"""

from controller.limits import Limits
from controller.records import NAN, Estimate, Reading, Sample

SLOPE_WINDOW_MS = 1000  # ten samples at 10 Hz halve the noise of a slope to about 0.15 °C/s


class GoodSample:
    """The last trusted value of one tip sensor, to judge the next one's jump."""

    def __init__(self) -> None:
        self.value_c = NAN
        self.taken_ms = -1

    def step_c_per_s(self, value_c: float, taken_ms: int) -> float:
        """Return the slope (0..) that a value taken at `taken_ms` would need since then."""
        if self.taken_ms < 0 or taken_ms <= self.taken_ms:
            return 0.0
        return abs(value_c - self.value_c) * 1000.0 / (taken_ms - self.taken_ms)

    def keep(self, value_c: float, taken_ms: int) -> None:
        """Take this one as trusted."""
        self.value_c = value_c
        self.taken_ms = taken_ms

    def forget(self) -> None:
        """Start anew: after a declared fault the next value is compared with nothing."""
        self.taken_ms = -1


class Estimator:
    """Best tip estimate from one or two sensors, with its slope."""

    def __init__(self, limits: Limits, fitted: "tuple[str, ...]") -> None:
        self.limits = limits
        self.two_sensors = "tip_b_c" in fitted
        self.last_a = GoodSample()
        self.last_b = GoodSample()
        self.window_ms: "list[int]" = []
        self.window_c: "list[float]" = []
        self.distrusted = 0

    def update(self, reading: Reading, tip_fault: str, tip_b_fault: str) -> Estimate:
        """Return the estimate of this tick, from samples whose faults are already known."""
        a_c, step_a = self._trusted(self.last_a, reading.tip_c, tip_fault, reading.now_ms)
        b_c, step_b = NAN, 0.0
        if self.two_sensors:
            b_c, step_b = self._trusted(self.last_b, reading.tip_b_c, tip_b_fault, reading.now_ms)
        difference_c = abs(a_c - b_c) if self.two_sensors else 0.0
        tip_c = self._best(a_c, b_c)
        self._extend_window(tip_c, reading)
        return Estimate(tip_c, self._slope_c_per_s(), difference_c, max(step_a, step_b),
                        self.distrusted)

    def _trusted(self, last: GoodSample, sample: Sample, fault: str,
                 now_ms: int) -> "tuple[float, float]":
        if fault:
            last.forget()
            return NAN, 0.0
        taken_ms = now_ms - sample.age_ms
        step = last.step_c_per_s(sample.value, taken_ms)
        if step > self.limits.slope_c_per_s_max:
            self.distrusted += 1
            return NAN, step
        if taken_ms > last.taken_ms:
            last.keep(sample.value, taken_ms)
        return sample.value, step

    def _best(self, a_c: float, b_c: float) -> float:
        if a_c != a_c:
            return b_c
        if b_c != b_c:
            return a_c
        if abs(a_c - b_c) <= self.limits.ab_difference_c_max:
            return 0.5 * (a_c + b_c)
        return a_c if a_c < b_c else b_c  # believe the colder until shut

    def _extend_window(self, tip_c: float, reading: Reading) -> None:
        taken_ms = reading.now_ms - reading.tip_c.age_ms
        if tip_c != tip_c:
            self.window_ms.clear()
            self.window_c.clear()
            return
        if self.window_ms and taken_ms <= self.window_ms[-1]:
            return
        self.window_ms.append(taken_ms)
        self.window_c.append(tip_c)
        while self.window_ms[0] < taken_ms - SLOPE_WINDOW_MS:
            self.window_ms.pop(0)
            self.window_c.pop(0)

    def _slope_c_per_s(self) -> float:
        """Least squares over the window; NaN below three samples."""
        count = len(self.window_ms)
        if count < 3:
            return NAN
        newest_ms = self.window_ms[-1]
        mean_s = sum([(ms - newest_ms) * 0.001 for ms in self.window_ms]) / count
        mean_c = sum(self.window_c) / count
        top = 0.0
        bottom = 0.0
        for index in range(count):
            off_s = (self.window_ms[index] - newest_ms) * 0.001 - mean_s
            top += off_s * (self.window_c[index] - mean_c)
            bottom += off_s * off_s
        return top / bottom if bottom > 0.0 else NAN
