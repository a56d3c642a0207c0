"""Truth: what really is in a simulated probe, for tests, campaigns and reports.

The controller never sees it.
"""

from typing import NamedTuple

from sim_hardware.plant.plant import Plant
from sim_hardware.plant.supply import gauge_kpa


class Truth(NamedTuple):
    """What really is at one time."""

    now_ms: int
    tip_c: float
    tip_b_c: float  # where the second sensor sits
    ice_radius_0c_mm: float  # middle of the freezing range, across the shaft; 0 when none
    ice_radius_m20c_mm: float  # -20 °C likewise
    valve_open_fraction: float  # where the valve stands, 0..1
    flow_g_per_s: float
    supply_kpa: float  # gauge
    exhaust_kpa: float  # gauge
    heater_w: float


def truth_of(plant: Plant, now_ms: int) -> Truth:
    """Return what really is in `plant`, said of the time `now_ms`."""
    state, ice, p = plant.state, plant.ice(), plant.parameters
    tip_b_c = state.tip_c + p.tip_b_share * (state.shaft_c - state.tip_c)
    return Truth(
        now_ms, float(state.tip_c), float(tip_b_c), ice.edge_mm,
        ice.radius_m20c_mm, float(state.opening), float(state.flow_g_per_s),
        gauge_kpa(float(state.supply_bar), p), gauge_kpa(float(state.back_bar), p),
        float(state.heater_w))
