"""Nitrous oxide from the valve through recuperator, tip and exhaust, as pure functions.

It does not hold state and does not know the tissue. The gain reversal comes from here: flow
raises the back pressure, and back pressure the boiling point, until more flow makes it warmer.
"""

from math import expm1, sqrt

from sim_hardware.plant.parameters import Parameters


def flow_asked_g_per_s(opening: float, supply_bar: float, p: Parameters) -> float:
    """Return the mass flow of an unhindered nozzle: choked, so proportional to supply."""
    return p.full_flow_g_per_s * opening * supply_bar / p.nominal_supply_bar


def flow_choked_g_per_s(supply_bar: float, exhaust_times: float, p: Parameters) -> float:
    """Return the flow whose back pressure is as high as the nozzle can push against."""
    lift_bar = p.choked_ratio * supply_bar - p.atmosphere_bar
    return sqrt(max(lift_bar, 0.0) / (p.exhaust_bar_s2_per_g2 * exhaust_times))


def back_pressure_bar(flow_g_per_s: float, exhaust_times: float, p: Parameters) -> float:
    """Return the absolute pressure in the tip: turbulent exhaust, so by the flow squared."""
    resistance = p.exhaust_bar_s2_per_g2 * exhaust_times
    return p.atmosphere_bar + resistance * flow_g_per_s * flow_g_per_s


def recuperator_goal(tip_c: float, is_flowing: bool, p: Parameters) -> float:
    """Return the effectiveness the recuperator tends to: it is only as cold as what returns."""
    if not is_flowing:
        return 0.0
    return p.recuperator_max * min(1.0, max(0.0, (p.room_c - tip_c) / p.recuperator_span_k))


def cooling_j_per_g(chi: float, excess_k: float, p: Parameters) -> float:
    """Return what one gram can take up at a tip `excess_k` above the boiling point; never below 0.

    The vapour part is what the gas takes by warming to the tip, of which the recuperator loses
    the share `chi`, since gas that leaves warmer cools the feed less.
    """
    wet = p.throttled_j_per_g + p.recuperated_j_per_g * chi
    dry = (1.0 - chi) * p.gas_j_per_gk * p.warmed_share * excess_k
    return max(wet + dry, 0.0)


def taken_w(capacity_w: float, excess_k: float, p: Parameters) -> float:
    """Return the heat that a flow of `capacity_w` takes through the wall; at most UA times excess.

    One stream at constant temperature against a wall: capacity (1 - exp(-NTU)).
    """
    if capacity_w <= 0.0 or excess_k <= 0.0:
        return 0.0
    return -capacity_w * expm1(-p.tip_w_per_k * excess_k / capacity_w)


def residue_w(residue_j: float, taken: float, excess_k: float, dt_s: float,
              p: Parameters) -> float:
    """Return the heat taken by liquid left in the tip: it boils on the wall the flow leaves free,
    so that both together never pass UA times excess."""
    free_w = p.tip_w_per_k * excess_k - taken
    return min(max(free_w, 0.0), residue_j / dt_s)
