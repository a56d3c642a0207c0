"""Senses: one reading, what was asked for and what is remembered -> the Facts of this tick.

It keeps the stages that watch (estimator, gas, progress, skin). What a fact leads to is decided by
interlocks.py.
"""

from controller.dose import Dose
from controller.estimator import Estimator
from controller.facts import (
    COLD_JUNCTION_C,
    EXHAUST_KPA,
    FLOW_SLPM,
    PROBE_ID,
    SKIN_C,
    SUPPLY_KPA,
    Facts,
    contact_fault,
    sample_fault,
)
from controller.gas import Gas
from controller.limits import Limits, limits_fault
from controller.progress import Progress
from controller.records import NAN, Asked, Estimate, Probe, Reading
from controller.slope import Slope
from controller.text import number

SKIN_WINDOW_MS = 10000  # a skin sensor's noise of 0.15 °C makes 0.7 °C/min of this
SKIN_LEAD_S = 20.0  # a collateral sensor fell up to 6.4 °C after gas-off (PubMed 27170204)
HEAT_LEFT_MS = 5000  # a heater that was just told to go off may still be hot

NEVER_PASSED = -1  # of a check
STANDING_TICKS = 3


class Senses:
    """Judges every channel that the rig has and keeps what watches over time."""

    def __init__(self, limits: Limits, fitted: "tuple[str, ...]", probe: Probe) -> None:
        self.limits = limits
        self.kept = Limits(*limits)  # apart, so that a damaged one is seen
        self.fitted = fitted
        self.probe = probe
        self.estimator = Estimator(limits, fitted)
        self.gas = Gas(limits, fitted, probe)
        self.progress = Progress()
        self.skin = Slope(SKIN_WINDOW_MS, 500)
        self.ticks = 0
        self.estop_opened = "estop_test" not in fitted
        self.pedal_released = False
        self.heated_ms = -HEAT_LEFT_MS
        self.went_back = False
        self.last_ms = -1
        self.standing = 0  # ticks in a row of the same time
        self.passed_ms = NEVER_PASSED  # the check before use
        self.passed_probe = NAN  # with which it was passed

    def check_passed(self, reading: Reading, full_flow_slpm: float) -> None:
        """The check before use was passed in this tick, with the probe that is plugged in; from
        now on flow is judged by what the check measured (NaN: it could not)."""
        if full_flow_slpm == full_flow_slpm:
            self.gas.full_flow_slpm = full_flow_slpm
        self.passed_ms = reading.now_ms
        self.passed_probe = self._chip(reading)

    def update(self, reading: Reading, dose: Dose, asked: Asked,
               unclean: str) -> "tuple[Facts, Estimate]":
        """Return the facts and the tip estimate of this tick."""
        self.ticks += 1
        limits = self.limits
        tip_range = (limits.sensor_c_min, limits.sensor_c_max)
        tip = self._fault("tip_c", "tip", reading, tip_range)
        tip_b = self._fault("tip_b_c", "tip_b", reading, tip_range)
        estimate = self.estimator.update(reading, tip, tip_b)
        coldest, warmest = _coldest_and_warmest(self._seen(reading, estimate))
        skin_c, skin_slope = self._skin(reading)
        supply = self._fault("supply_kpa", "supply", reading, SUPPLY_KPA)
        flow = self._fault("flow_slpm", "flow", reading, FLOW_SLPM)
        gas = self.gas.update(reading.now_ms, NAN if flow else reading.flow_slpm.value,
                              NAN if supply else reading.supply_kpa.value, asked)
        followed = self.progress.update(reading, estimate, asked)
        judged = (
            self._estop(reading),
            "" if self.estop_opened else "e-stop was not pressed and released since power-up",
            reading.actuator_fault,
            unclean,
            limits_fault(limits, self.kept, self.ticks),
            self._clock(reading.now_ms),
            reading.log_fault,
            reading.indicator_fault,
            "" if estimate.ridden == "tip_c" else tip,
            "" if estimate.ridden == "tip_b_c" else tip_b,
            self._fault("skin_c", "skin", reading, SKIN_C),
            supply,
            self._fault("exhaust_kpa", "exhaust", reading, EXHAUST_KPA),
            flow,
            self._fault("cold_junction_c", "cold junction", reading, COLD_JUNCTION_C),
            self._pedal(reading),
            self._pedal_stuck(reading, asked),
            self._probe(reading),
        )
        measured = (
            float(reading.late_ms),
            float(reading.slips),
            estimate.tip_step_c_per_s,
            estimate.ab_difference_c,
            coldest,
            warmest,
            coldest,
            coldest,
            self._heater(reading, asked),
            skin_c,
            skin_c,
            skin_c + min(0.0, skin_slope) * SKIN_LEAD_S,
            max(0.0, -60.0 * skin_slope),
            reading.cold_junction_c.value,
            reading.cold_junction_c.value,
            reading.supply_kpa.value,
            reading.exhaust_kpa.value,
            dose.cycle_ms * 0.001,
            dose.total_ms * 0.001,
            dose.ice.cold_ms * 0.001,
            dose.ice.radius_0c_mm,
            dose.ice.radius_m20c_mm,
        )
        checked = (self._check_age_s(reading.now_ms), self._check_fault(reading))
        return Facts(*(judged + measured + gas + followed + checked)), estimate

    def _clock(self, now_ms: int) -> str:
        """A clock that went back is not believed again; one that stands would stop every time."""
        self.went_back = self.went_back or now_ms < self.last_ms
        self.standing = self.standing + 1 if now_ms == self.last_ms else 0
        self.last_ms = now_ms
        if self.went_back:
            return "the clock went back"
        return "the clock stands still" if self.standing >= STANDING_TICKS else ""

    def _seen(self, reading: Reading, estimate: Estimate) -> "list[float]":
        """Raw tip values but for one that is ridden through, and the estimate."""
        seen = [estimate.tip_c]
        if estimate.ridden != "tip_c":
            seen.append(reading.tip_c.value)
        if "tip_b_c" in self.fitted and estimate.ridden != "tip_b_c":
            seen.append(reading.tip_b_c.value)
        return seen

    def _fault(self, channel: str, title: str, reading: Reading,
               plausible: "tuple[float, float]") -> str:
        if channel not in self.fitted:
            return ""
        return sample_fault(title, getattr(reading, channel), plausible[0], plausible[1],
                            self.limits.age_ms_max)

    def _estop(self, reading: Reading) -> str:
        if "estop" not in self.fitted:
            return ""
        if reading.estop.value == 0.0 and not reading.estop.fault:
            self.estop_opened = True
        return contact_fault("e-stop", reading.estop, self.limits.age_ms_max, 1.0,
                             "e-stop pressed or its wire cut")

    def _pedal(self, reading: Reading) -> str:
        if "pedal" not in self.fitted:
            return ""
        return contact_fault("pedal", reading.pedal, self.limits.age_ms_max, 1.0, "pedal released")

    def _pedal_stuck(self, reading: Reading, asked: Asked) -> str:
        """A start needs the pedal to have been seen released since the check was passed."""
        if "pedal" not in self.fitted:
            return ""
        released = contact_fault("pedal", reading.pedal, self.limits.age_ms_max, 0.0,
                                 "pedal pressed, and not seen released since the check")
        if asked.mode != "ready":
            self.pedal_released = False
        self.pedal_released = self.pedal_released or not released
        return "" if self.pedal_released else released

    def _probe(self, reading: Reading) -> str:
        if "probe_id" not in self.fitted:
            return ""
        fault = self._fault("probe_id", "probe", reading, PROBE_ID)
        if fault or reading.probe_id.value == self.probe.chip:
            return fault
        return ("probe " + number(reading.probe_id.value, 0) + " is plugged in, the rig is for "
                + str(self.probe.chip))

    def _heater(self, reading: Reading, asked: Asked) -> str:
        """Hot by one of the tip sensors although nobody asks for heat. One that says nothing does
        not silence the other; that it says nothing is another row's business."""
        now_ms = reading.now_ms
        known = [sample.value for sample in (reading.tip_c, reading.tip_b_c)
                 if sample.value == sample.value and not sample.fault]
        warmest = max(known) if known else self.limits.thaw_c_max
        if asked.heater_fraction > 0.0:
            self.heated_ms = now_ms
        if now_ms - self.heated_ms < HEAT_LEFT_MS or warmest <= self.limits.thaw_c_max:
            return ""
        return ("tip " + number(warmest) + " °C, above " + number(self.limits.thaw_c_max)
                + " °C, with the heater off")

    def _skin(self, reading: Reading) -> "tuple[float, float]":
        """Skin and its slope in °C/s; the slope is 0 until the window is full."""
        if "skin_c" not in self.fitted:
            return NAN, 0.0
        skin_c = reading.skin_c.value
        self.skin.update(skin_c, reading.now_ms)
        return skin_c, self.skin.per_s() if self.skin.is_full() else 0.0

    def _chip(self, reading: Reading) -> float:
        return reading.probe_id.value if "probe_id" in self.fitted else float(self.probe.chip)

    def _check_age_s(self, now_ms: int) -> float:
        if self.passed_ms == NEVER_PASSED:
            return NAN
        return (now_ms - self.passed_ms) * 0.001

    def _check_fault(self, reading: Reading) -> str:
        if self.passed_ms == NEVER_PASSED:
            return "the check before use was not passed"
        if self._chip(reading) != self.passed_probe:
            return "the check before use was passed with another probe"
        return ""


def _coldest_and_warmest(values: "list[float]") -> "tuple[float, float]":
    """Smallest and largest; NaN for both as soon as one value is NaN."""
    coldest = warmest = values[0]
    for value in values:
        if value != value:
            return value, value
        coldest = min(coldest, value)
        warmest = max(warmest, value)
    return coldest, warmest
