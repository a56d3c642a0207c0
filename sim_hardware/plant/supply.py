"""The cylinder: liquid nitrous oxide drawn as vapour, which cools what stays behind.

It does not decide how much is drawn. One temperature for the whole cylinder; the liquid never
runs out.
"""

from sim_hardware.plant.parameters import Parameters


def cylinder_rate_c_per_s(cylinder_c: float, flow_g_per_s: float, p: Parameters) -> float:
    """Return how fast the cylinder's temperature changes while vapour is drawn."""
    boiled_w = flow_g_per_s * p.vaporisation_j_per_g
    return ((p.room_c - cylinder_c) * p.cylinder_w_per_k - boiled_w) / p.cylinder_j_per_k


def gauge_kpa(absolute_bar: float, p: Parameters) -> float:
    """Return what a gauge shows, kPa, at an absolute pressure in bar."""
    return (absolute_bar - p.atmosphere_bar) * 100.0


def absolute_bar(gauge: float, p: Parameters) -> float:
    """Return the absolute pressure, bar, at a gauge reading in kPa."""
    return gauge / 100.0 + p.atmosphere_bar
