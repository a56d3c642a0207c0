"""What the gas does against what the valve was asked for: too much, too little, or without leave.

It does not decide what follows from it: interlocks.py does. Flow follows the valve with a dead
time and lags, so it is judged against the least and the most that was asked for in SETTLE_MS,
never against the present moment.
"""

from typing import NamedTuple

from controller.limits import Limits
from controller.records import Asked, Probe
from controller.slope import Slope
from controller.text import number

SETTLE_MS = 2500  # dead time 0.4 s, valve 0.1 s, and five times the plenum's 0.3 s, with margin
ASKED_MIN = 0.15  # a smaller opening tells nothing: stiction and noise are as large
FLOOR_SLPM = 0.2  # keeps the share of a small flow from being all noise; ten times that
BURST_SHARE = 1.2  # of the most that the valve could pass
BURST_SLPM = 1.0
BURST_KPA = 20.0  # fall of the supply with it; five times a gauge's noise
BURST_MS = 1000  # against the supply of so long before
RESERVE_MS = 20000  # window of the supply's slope

GasFacts = NamedTuple(
    "GasFacts",
    [
        ("flow_share_low", float),  # 0..; flow by the least expected; 1 when nothing is
        ("flow_share_high", float),  # 0..; flow by the most expected
        ("shut_flow_slpm", float),  # 0..; flow although the valve is shut; 0 while it is not
        ("burst_fault", str),  # "" or what jumped and what fell
        ("supply_end_kpa", float),  # supply expected when the plan is over
    ],
)


class Gas:
    """Watches flow and supply. `full_flow_slpm` is the rig file's until the check measured it."""

    def __init__(self, limits: Limits, fitted: "tuple[str, ...]", probe: Probe) -> None:
        self.limits = limits
        self.has_flow = "flow_slpm" in fitted
        self.full_flow_slpm = probe.full_flow_slpm
        self.asked_ms: "list[int]" = []
        self.asked: "list[float]" = []
        self.supply_ms: "list[int]" = []
        self.supply_kpa: "list[float]" = []
        self.reserve = Slope(RESERVE_MS, 1000)

    def update(self, now_ms: int, flow_slpm: float, supply_kpa: float, asked: Asked) -> GasFacts:
        """Return what is to be judged in this tick. A flow or a pressure that is not to be
        believed comes as NaN, and so does what follows from it."""
        least, most = self._asked(asked.valve_fraction, now_ms)
        fallen_kpa = self._fallen_kpa(supply_kpa, now_ms)
        supply_end_kpa = self._supply_end_kpa(supply_kpa, asked, now_ms)
        if not self.has_flow:
            return GasFacts(1.0, 0.0, 0.0, "", supply_end_kpa)
        low = 1.0
        if least >= ASKED_MIN:
            low = flow_slpm / (self.full_flow_slpm * least)
        high = 0.0
        shut_slpm = flow_slpm
        if most > 0.0:
            high = flow_slpm / (self.full_flow_slpm * most + FLOOR_SLPM)
            shut_slpm = 0.0
        burst = ""
        expected_slpm = self.full_flow_slpm * most * BURST_SHARE + BURST_SLPM
        if flow_slpm > expected_slpm and fallen_kpa > BURST_KPA:
            burst = ("flow " + number(flow_slpm) + " L/min, not at most " + number(expected_slpm)
                     + " L/min, while the supply fell by " + number(fallen_kpa, 0) + " kPa")
        return GasFacts(low, high, shut_slpm, burst, supply_end_kpa)

    def _asked(self, fraction: float, now_ms: int) -> "tuple[float, float]":
        """Return the least and the most that was asked for in the last SETTLE_MS."""
        self.asked_ms.append(now_ms)
        self.asked.append(fraction)
        while self.asked_ms[0] < now_ms - SETTLE_MS:
            self.asked_ms.pop(0)
            self.asked.pop(0)
        whole = now_ms - self.asked_ms[0] >= SETTLE_MS * 0.9
        return (min(self.asked) if whole else 0.0), max(self.asked)

    def _fallen_kpa(self, supply_kpa: float, now_ms: int) -> float:
        """Return by how much the supply is below its mean of one to two seconds ago; NaN when not
        known."""
        if supply_kpa != supply_kpa:
            self.supply_ms.clear()
            self.supply_kpa.clear()
            return supply_kpa
        self.supply_ms.append(now_ms)
        self.supply_kpa.append(supply_kpa)
        while self.supply_ms[0] < now_ms - 2 * BURST_MS:
            self.supply_ms.pop(0)
            self.supply_kpa.pop(0)
        before = [kpa for ms, kpa in zip(self.supply_ms, self.supply_kpa)
                  if ms <= now_ms - BURST_MS]
        return sum(before) / len(before) - supply_kpa if before else 0.0

    def _supply_end_kpa(self, supply_kpa: float, asked: Asked, now_ms: int) -> float:
        if asked.mode != "freeze":
            self.reserve.forget()
            return supply_kpa
        self.reserve.update(supply_kpa, now_ms)
        if not self.reserve.is_full():
            return supply_kpa
        return supply_kpa + min(0.0, self.reserve.per_s()) * asked.left_s
