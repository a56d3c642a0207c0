"""Slope: least squares over a window of samples, thinned so that a long window stays short.

It does not decide what a slope means.
"""

from controller.records import NAN


class Slope:
    """The slope of one quantity over the last `window_ms`, from a sample each `every_ms`."""

    def __init__(self, window_ms: int, every_ms: int) -> None:
        self.window_ms = window_ms
        self.every_ms = every_ms
        self.at_ms: "list[int]" = []
        self.values: "list[float]" = []

    def forget(self) -> None:
        """Start anew."""
        self.at_ms.clear()
        self.values.clear()

    def update(self, value: float, taken_ms: int) -> None:
        """Take one sample; NaN starts anew, one that is not newer is passed over."""
        if value != value:
            self.forget()
            return
        if self.at_ms and taken_ms < self.at_ms[-1] + self.every_ms:
            return
        self.at_ms.append(taken_ms)
        self.values.append(value)
        while self.at_ms[0] < taken_ms - self.window_ms:
            self.at_ms.pop(0)
            self.values.pop(0)

    def is_full(self) -> bool:
        """True when the samples span nine tenths of the window."""
        return len(self.at_ms) > 2 and self.at_ms[-1] - self.at_ms[0] >= self.window_ms * 0.9

    def per_s(self) -> float:
        """Return the slope in units per second; NaN below three samples."""
        count = len(self.at_ms)
        if count < 3:
            return NAN
        newest_ms = self.at_ms[-1]
        mean_s = sum([(ms - newest_ms) * 0.001 for ms in self.at_ms]) / count
        mean = sum(self.values) / count
        top = 0.0
        bottom = 0.0
        for index in range(count):
            off_s = (self.at_ms[index] - newest_ms) * 0.001 - mean_s
            top += off_s * (self.values[index] - mean)
            bottom += off_s * off_s
        return top / bottom if bottom > 0.0 else NAN
