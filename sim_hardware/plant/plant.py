"""The whole plant: supply, valve, gas, tip, shaft, tissue and beads, stepped through time.

It does not decide anything and reads no clock; demands and damage are handed in for each step.
"""

from collections import deque
from math import exp
from typing import NamedTuple

import numpy as np

from sim_hardware.plant import gas, saturation, supply, tissue
from sim_hardware.plant.parameters import NOMINAL, Parameters
from sim_hardware.plant.sensors import Sensed

STEP_MS = 10
STEP_S = STEP_MS / 1000.0
TISSUE_MS = 20  # tissue is slower than gas and dearer to compute
TISSUE_S = TISSUE_MS / 1000.0
ICE_EDGE_C = -4.5  # middle of the range in which tissue freezes, -1..-8 °C


class Damage(NamedTuple):
    """What is broken in the plant; the defaults are a sound one."""

    valve_stuck_at: float | None = None  # 0..1
    clog_fraction: float = 0.0  # 0..1 of the nozzle
    exhaust_times: float = 1.0  # 1..; resistance of the exhaust by that of a free one
    supply_kpa: float | None = None  # gauge; in place of the cylinder's
    is_unplugged: bool = False


class Demand(NamedTuple):
    """What the outputs ask for."""

    valve_fraction: float  # 0..1
    heater_fraction: float  # 0..1
    isolator_open: bool


SOUND = Damage()
NOTHING = Demand(0.0, 0.0, False)


class Plant:
    """A probe in warm tissue, all at rest, at time 0."""

    def __init__(self, parameters: Parameters = NOMINAL) -> None:
        p = parameters
        self.parameters = p
        self.now_ms = 0
        self.shells = tissue.shells(p)
        self.material = tissue.knots(p)
        assert tissue.step_s_max(self.shells, p) >= TISSUE_S, "tissue step is unstable"
        assert p.dead_ms % STEP_MS == 0, "the dead time is whole steps"
        self.cylinder_c = p.room_c
        self.supply_bar = saturation.pressure_bar(p.room_c)
        self.opening = 0.0
        self.flow_g_per_s = 0.0
        self.back_bar = p.atmosphere_bar
        self.chi = 0.0
        self.residue_j = 0.0
        self.tip_c = p.body_c
        self.shaft_c = p.body_c
        self.heater_w = 0.0
        self.drawn_w = 0.0
        self.bead_c = p.body_c
        self.bead_b_c = p.body_c
        self.enthalpy = np.full(
            self.shells.volume_m3.size,
            float(np.interp(p.body_c, self.material.temperature_c,
                            self.material.enthalpy_j_per_m3)),
        )
        self._per_volume = TISSUE_S / self.shells.volume_m3
        self._body_w_per_m = tissue.conducted_w_per_m(p.body_c, p)
        self._skin_cell = int(np.searchsorted(self.shells.radius_mm, p.skin_depth_mm))
        self._line = deque([0.0] * (p.dead_ms // STEP_MS))
        self._supply_gain = _gain(p.supply_lag_s)
        self._supply_break_gain = _gain(p.supply_break_lag_s)
        self._valve_gain = _gain(p.valve_lag_s)
        self._plenum_gain = _gain(p.plenum_lag_s)
        self._chi_gain = _gain(p.recuperator_lag_s)
        self._bead_gain = _gain(p.thermocouple_lag_s)

    def step(self, demand: Demand, damage: Damage = SOUND) -> None:
        """Advance by STEP_MS under one demand and one damage."""
        self._advance_supply(damage)
        self._advance_flow(demand, damage)
        if self.now_ms % TISSUE_MS == 0:
            self._advance_tissue()
        self._advance_tip(self._cooling_w(damage), demand, damage)
        self.bead_c += self._bead_gain * (self.tip_c - self.bead_c)
        self.bead_b_c += self._bead_gain * (self.tip_b_c - self.bead_b_c)
        self.now_ms += STEP_MS

    @property
    def tip_b_c(self) -> float:
        """Where the second sensor sits, a little towards the shaft."""
        return self.tip_c + self.parameters.tip_b_share * (self.shaft_c - self.tip_c)

    def full_flow_g_per_s(self) -> float:
        """Return the flow of a sound, fully open valve at the present supply pressure."""
        return gas.flow_asked_g_per_s(1.0, self.supply_bar, self.parameters)

    def seen(self) -> Sensed:
        """Return what perfect sensors would show now."""
        p = self.parameters
        skin_c = tissue.temperature_c(float(self.enthalpy[self._skin_cell]), p) - p.skin_cooler_k
        return Sensed(
            self.bead_c, self.bead_b_c, skin_c,
            supply.gauge_kpa(self.supply_bar, p), supply.gauge_kpa(self.back_bar, p),
            self.flow_g_per_s * 60.0 / p.standard_g_per_l,
        )

    def ice_radii_mm(self) -> tuple[float, float]:
        """Return the radii, mm across the shaft, of the ice edge and of -20 °C."""
        temperatures_c = np.interp(self.enthalpy, self.material.enthalpy_j_per_m3,
                                   self.material.temperature_c)
        return (tissue.isotherm_mm(temperatures_c, ICE_EDGE_C, self.shells),
                tissue.isotherm_mm(temperatures_c, -20.0, self.shells))

    def _advance_supply(self, damage: Damage) -> None:
        p = self.parameters
        self.cylinder_c += STEP_S * supply.cylinder_rate_c_per_s(
            self.cylinder_c, self.flow_g_per_s, p)
        if damage.supply_kpa is None:
            source_bar, gain = saturation.pressure_bar(self.cylinder_c), self._supply_gain
        else:
            source_bar = supply.absolute_bar(damage.supply_kpa, p)
            gain = self._supply_break_gain
        self.supply_bar += gain * (source_bar - self.supply_bar)

    def _advance_flow(self, demand: Demand, damage: Damage) -> None:
        p = self.parameters
        self._line.append(demand.valve_fraction)
        goal = self._line.popleft()
        if damage.valve_stuck_at is not None:
            goal = damage.valve_stuck_at
        self.opening += self._valve_gain * (goal - self.opening)
        asked = 0.0
        if demand.isolator_open and not damage.is_unplugged:
            asked = gas.flow_asked_g_per_s(self.opening, self.supply_bar, p)
            asked *= 1.0 - damage.clog_fraction
        flow = self.flow_g_per_s + self._plenum_gain * (asked - self.flow_g_per_s)
        choked = gas.flow_choked_g_per_s(self.supply_bar, damage.exhaust_times, p)
        self.flow_g_per_s = min(flow, choked)

    def _cooling_w(self, damage: Damage) -> float:
        """Return the heat that leaves the tip with the gas, and keep account of the residue."""
        p = self.parameters
        flow = self.flow_g_per_s
        self.back_bar = gas.back_pressure_bar(flow, damage.exhaust_times, p)
        excess_k = max(self.tip_c - saturation.boiling_c(self.back_bar), 0.0)
        goal = gas.recuperator_goal(self.tip_c, flow > 0.01 * p.full_flow_g_per_s, p)
        self.chi += self._chi_gain * (goal - self.chi)
        capacity_w = flow * gas.cooling_j_per_g(self.chi, excess_k, p)
        taken = gas.taken_w(capacity_w, excess_k, p)
        boiled = gas.residue_w(self.residue_j, taken, excess_k, STEP_S, p)
        left_w = p.residue_share * (capacity_w - taken) - boiled
        self.residue_j = min(max(self.residue_j + STEP_S * left_w, 0.0), p.residue_max_j)
        return taken + boiled

    def _advance_tissue(self) -> None:
        """Advance by TISSUE_MS; the tip draws the same heat until the next time."""
        first_c = tissue.temperature_c(float(self.enthalpy[0]), self.parameters)
        self.drawn_w = tissue.drawn_w(self.tip_c, first_c, self.shells, self.parameters)
        gains = tissue.gains_w(self.enthalpy, self.drawn_w, self._body_w_per_m, self.shells,
                               self.material)
        gains *= self._per_volume
        self.enthalpy += gains

    def _advance_tip(self, cooling_w: float, demand: Demand, damage: Damage) -> None:
        p = self.parameters
        fade = min(1.0, max(0.0, (p.heater_ends_c - self.tip_c) / p.heater_fades_k))
        self.heater_w = 0.0 if damage.is_unplugged else demand.heater_fraction * p.heater_w * fade
        shaft_w = p.tip_shaft_w_per_k * (self.shaft_c - self.tip_c)
        gained_w = self.drawn_w + shaft_w + self.heater_w - cooling_w
        self.tip_c += STEP_S / p.tip_j_per_k * gained_w
        body_w = p.shaft_body_w_per_k * (p.body_c - self.shaft_c)
        self.shaft_c += STEP_S / p.shaft_j_per_k * (body_w - shaft_w)


def _gain(lag_s: float) -> float:
    """Return the share of a difference that a first-order lag closes in one step."""
    return 1.0 - exp(-STEP_S / lag_s)
