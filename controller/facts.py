"""Facts: what the interlocks look at, made from one reading, the estimate and the dose.

It judges each sample (declared fault, NaN, range, age); what a fault leads to is decided by
interlocks.py.
"""

from typing import NamedTuple

from controller.dose import Dose
from controller.estimator import Estimator
from controller.limits import Limits
from controller.records import Estimate, Reading, Sample
from controller.text import number

SENTINEL = 9.9e37  # SCPI instruments say "overload" or "no value" with +-9.9E37 or 9.91E37

# Plausible range per channel; the tip's comes from the limits.
SKIN_C = (-50.0, 60.0)
SUPPLY_KPA = (-100.0, 10000.0)
EXHAUST_KPA = (-100.0, 2000.0)
FLOW_SLPM = (-1.0, 100.0)

# Everything the rows look at: raw values, judged sensors and running totals of this tick.
Facts = NamedTuple(
    "Facts",
    [
        ("estop_fault", str),  # "" when the loop is proven closed
        ("actuator_fault", str),  # "" when the last outputs arrived
        ("tip_fault", str),  # "" when the sensor is present, fresh, finite and in range
        ("tip_b_fault", str),
        ("skin_fault", str),
        ("supply_fault", str),
        ("exhaust_fault", str),
        ("flow_fault", str),
        ("late_ms", float),  # 0..
        ("slips", float),  # 0..; in a row
        ("tip_step_c_per_s", float),  # 0..; of the worse sensor against its last good sample
        ("ab_difference_c", float),  # 0..
        ("tip_coldest_c", float),  # coldest of both raw values and the estimate
        ("tip_warmest_c", float),  # warmest of both raw values and the estimate
        ("start_tip_c", float),  # coldest again, watched only before a start
        ("supply_kpa", float),
        ("exhaust_kpa", float),
        ("freeze_s", float),  # 0..; freeze time of this cycle
        ("total_freeze_s", float),  # 0..; since the plan was loaded
        ("unclean", str),  # "" or how the last run of the control process ended
    ],
)


def sample_fault(title: str, sample: Sample, low: float, high: float, age_ms_max: float) -> str:
    """Return "" when `sample` can be trusted, else why not: declared, not finite, range, age."""
    if sample.fault:
        return title + ": " + sample.fault
    if not (-SENTINEL < sample.value < SENTINEL):
        return title + " sensor reads " + number(sample.value) + ", not a number"
    if not (low <= sample.value <= high):
        return (title + " sensor reads " + number(sample.value) + ", outside " + number(low)
                + ".." + number(high))
    if not (0 <= sample.age_ms <= age_ms_max):
        return (title + " sample is " + str(sample.age_ms) + " ms old, not at most "
                + number(age_ms_max, 0) + " ms")
    return ""


def estop_fault(sample: Sample, age_ms_max: float) -> str:
    """Return "" when the e-stop loop is proven closed, else why not."""
    fault = sample_fault("e-stop", sample, 0.0, 1.0, age_ms_max)
    if fault:
        return fault
    return "" if sample.value == 1.0 else "e-stop pressed or its wire cut"


class Senses:
    """Judges every channel that the rig has and keeps the estimator."""

    def __init__(self, limits: Limits, fitted: "tuple[str, ...]") -> None:
        self.limits = limits
        self.fitted = fitted
        self.estimator = Estimator(limits, fitted)

    def update(self, reading: Reading, dose: Dose, unclean: str) -> "tuple[Facts, Estimate]":
        """Return the facts and the tip estimate of this tick."""
        tip_range = (self.limits.sensor_c_min, self.limits.sensor_c_max)
        tip = self._fault("tip_c", "tip", reading, tip_range)
        tip_b = self._fault("tip_b_c", "tip_b", reading, tip_range)
        estimate = self.estimator.update(reading, tip, tip_b)
        seen = [reading.tip_c.value, estimate.tip_c]
        if "tip_b_c" in self.fitted:
            seen.append(reading.tip_b_c.value)
        coldest, warmest = _coldest_and_warmest(seen)
        facts = Facts(
            estop_fault(reading.estop, self.limits.age_ms_max) if "estop" in self.fitted else "",
            reading.actuator_fault,
            tip,
            tip_b,
            self._fault("skin_c", "skin", reading, SKIN_C),
            self._fault("supply_kpa", "supply", reading, SUPPLY_KPA),
            self._fault("exhaust_kpa", "exhaust", reading, EXHAUST_KPA),
            self._fault("flow_slpm", "flow", reading, FLOW_SLPM),
            float(reading.late_ms),
            float(reading.slips),
            estimate.tip_step_c_per_s,
            estimate.ab_difference_c,
            coldest,
            warmest,
            coldest,
            reading.supply_kpa.value,
            reading.exhaust_kpa.value,
            dose.cycle_ms * 0.001,
            dose.total_ms * 0.001,
            unclean,
        )
        return facts, estimate

    def _fault(self, channel: str, title: str, reading: Reading,
               plausible: "tuple[float, float]") -> str:
        if channel not in self.fitted:
            return ""
        return sample_fault(title, getattr(reading, channel), plausible[0], plausible[1],
                            self.limits.age_ms_max)


def _coldest_and_warmest(values: "list[float]") -> "tuple[float, float]":
    """Smallest and largest; NaN for both as soon as one value is NaN."""
    coldest = warmest = values[0]
    for value in values:
        if value != value:
            return value, value
        coldest = min(coldest, value)
        warmest = max(warmest, value)
    return coldest, warmest
