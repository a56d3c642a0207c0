"""STEPS: the check before use, in which gas flows for the first time; Precheck goes through them.

It does not decide the mode: core.py offers its events to modes.py. Rows that are armed in precheck
watch over it as over a freeze.
"""

from typing import NamedTuple

from controller.facts import Facts
from controller.limits import Limits
from controller.records import NAN, Course, Probe, Reading
from controller.text import number

PULSE = 0.3  # opening of the short freeze: far from freezing tissue, well above stiction
RISE_C = 1.5  # ten times the noise of a tip sensor
FALL_C = 3.0  # a tip that falls by so much is cooled by gas; ice that is left takes 1.5 °C
HOLD_KPA = 100.0  # the supply may fall by so much with everything shut: not tight otherwise

Step = NamedTuple(
    "Step",
    [
        ("name", str),
        ("needs", str),  # a word of `fitted`, without which the step is left out; "" for none
        ("valve_fraction", float),  # 0..1
        ("isolator_open", bool),
        ("ms_min", int),  # it lasts at least so long
        ("ms_max", int),  # and fails when it has not proven its point by then
        ("proves", str),
    ],
)

STEPS = (
    Step("sensors", "", 0.0, False, 1000, 1000, "every interlock proven; tip sensors agree, and "
         "say what a body or a room can be"),
    Step("leak", "", 0.0, True, 2000, 2000, "isolator open, valve shut: no flow, no cooling, "
         "the supply holds"),
    Step("isolator", "isolator", PULSE, False, 1500, 1500, "isolator shut, valve open: no flow, "
         "no cooling"),
    Step("freeze", "", PULSE, True, 2500, 8000, "both open: flow as the probe's, the tip falls"),
    Step("shut", "", 0.0, True, 3000, 3000, "valve shut: no flow, isolator still open"),
    Step("thaw", "", 0.0, False, 0, 300000, "the tip warms"),
    Step("vent", "exhaust_kpa", 0.0, False, 0, 5000, "the exhaust is free: no pressure is left"),
    Step("signals", "", 0.0, False, 1200, 1200, "lamp and buzzer are shown once"),
)
FAILS_AT_ONCE = ("leak", "isolator")  # what must not happen in them must not happen for a tick


class Precheck:
    """Goes through STEPS. Call `update` in every tick of mode precheck."""

    def __init__(self, limits: Limits, fitted: "tuple[str, ...]", probe: Probe) -> None:
        self.limits = limits
        self.fitted = fitted
        self.probe = probe
        self.steps = tuple([step for step in STEPS if not step.needs or step.needs in fitted])
        self.heats = "heater" in fitted
        self.index = 0
        self.step_since_ms = 0
        self.from_c = NAN  # tip when the step began
        self.coldest_c = NAN
        self.from_kpa = NAN  # supply when the step began
        self.measured_slpm = NAN  # full flow, from the short freeze
        self.cooled_c = NAN
        self.fault = ""  # of the step that failed

    def begin(self, now_ms: int) -> None:
        """Start over."""
        self.index = 0
        self.fault = ""
        self.measured_slpm = NAN
        self._enter(now_ms)

    def step(self) -> Step:
        """Return the step that is going on."""
        return self.steps[self.index]

    def update(self, reading: Reading, facts: Facts, tip_c: float) -> Course:
        """Return what goes on, with the event that ends the check: "proven", "unproven" or ""."""
        now_ms = reading.now_ms
        step = self.step()
        if self.from_c != self.from_c:
            self.from_c = self.coldest_c = tip_c
            self.from_kpa = reading.supply_kpa.value
        if step.name in ("isolator", "freeze", "shut", "thaw") and tip_c < self.coldest_c:
            self.coldest_c = tip_c
        in_step_ms = now_ms - self.step_since_ms
        lacking = self._lacking(step.name, reading, facts, tip_c)
        event = ""
        if lacking and (step.name in FAILS_AT_ONCE or in_step_ms >= step.ms_max):
            self.fault = "check failed at " + step.name + ": " + lacking
            event = "unproven"
        elif not lacking and in_step_ms >= step.ms_min:
            if self.index + 1 == len(self.steps):
                event = "proven"
            else:
                self.index += 1
                self._enter(now_ms)
        return Course(self.step().name, 0, 0, NAN, self.step().name == "thaw" and self.heats, NAN,
                      event)

    def passed(self) -> str:
        """Return what the check has found, once it is passed."""
        told = "check passed: tip fell by " + number(self.cooled_c) + " °C and warmed again"
        if self.measured_slpm == self.measured_slpm:
            told += ", full flow " + number(self.measured_slpm) + " L/min"
        return told

    def _enter(self, now_ms: int) -> None:
        self.step_since_ms = now_ms
        if self.step().name != "thaw":  # it is judged by how cold it became before
            self.from_c = NAN

    def _lacking(self, name: str, reading: Reading, facts: Facts, tip_c: float) -> str:
        """Return "" when the step's point is proven in this tick, else what is lacking."""
        if name in ("leak", "isolator"):
            return self._not_tight(reading, tip_c)
        if name == "freeze":
            return self._not_freezing(reading, tip_c)
        if name == "shut":
            return self._flowing(reading)
        if name == "thaw":
            return self._not_thawed(facts, tip_c)
        if name == "vent":
            return self._not_vented(reading)
        return ""

    def _flowing(self, reading: Reading) -> str:
        flow_slpm = reading.flow_slpm.value
        if "flow_slpm" not in self.fitted or flow_slpm <= self.limits.leak_slpm_max:
            return ""
        return ("flow " + number(flow_slpm) + " L/min, not at most "
                + number(self.limits.leak_slpm_max) + " L/min")

    def _not_tight(self, reading: Reading, tip_c: float) -> str:
        flowing = self._flowing(reading)
        if flowing:
            return flowing
        if not (tip_c >= self.from_c - FALL_C):
            return "tip fell from " + number(self.from_c) + " to " + number(tip_c) + " °C"
        supply_kpa = reading.supply_kpa.value
        if not (supply_kpa >= self.from_kpa - HOLD_KPA):
            return ("supply fell from " + number(self.from_kpa, 0) + " to "
                    + number(supply_kpa, 0) + " kPa")
        return ""

    def _not_freezing(self, reading: Reading, tip_c: float) -> str:
        self.cooled_c = self.from_c - tip_c
        if not (self.cooled_c >= self.limits.check_fall_c_min):
            return ("tip fell by " + number(self.cooled_c) + " °C, not at least "
                    + number(self.limits.check_fall_c_min) + " °C")
        if "flow_slpm" not in self.fitted:
            return ""
        self.measured_slpm = reading.flow_slpm.value / PULSE
        share = self.measured_slpm / self.probe.full_flow_slpm
        if self.limits.check_flow_share_min <= share <= self.limits.check_flow_share_max:
            return ""
        return ("flow is " + number(share, 2) + " times the probe's, not "
                + number(self.limits.check_flow_share_min, 2) + ".."
                + number(self.limits.check_flow_share_max, 2))

    def _not_thawed(self, facts: Facts, tip_c: float) -> str:
        if tip_c >= self.coldest_c + RISE_C and facts.start_tip_c >= self.limits.start_tip_c_min:
            return ""
        return "tip " + number(tip_c) + " °C, coldest " + number(self.coldest_c) + " °C"

    def _not_vented(self, reading: Reading) -> str:
        exhaust_kpa = reading.exhaust_kpa.value
        if exhaust_kpa <= self.limits.vent_kpa_max:
            return ""
        return ("exhaust " + number(exhaust_kpa) + " kPa, not at most "
                + number(self.limits.vent_kpa_max) + " kPa")
