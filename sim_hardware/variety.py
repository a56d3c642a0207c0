"""Probes and patients that differ from the nominal one, as far as real ones do.

It does not run them. Spreads are assumptions of this project (a), but for supply, recuperator and
tissue, whose ranges are published.
"""

from random import Random

from sim_hardware.plant.parameters import NOMINAL, RANGES, Parameters

# parameter, standard deviation of the logarithm of its factor
LOG_NORMAL = (
    ("nozzle_mm2", 0.12),
    ("tip_w_per_k", 0.15),
    ("tip_j_per_k", 0.15),
    ("dead_ms", 0.20),
    ("contact_w_per_m2k", 0.30),
    ("exhaust_bar_s2_per_g2", 0.20),
    ("thermocouple_lag_s", 0.20),
    ("valve_lag_s", 0.20),
    ("plenum_lag_s", 0.20),
)
# parameter, lowest, highest
UNIFORM = (
    ("room_c", 17.0, 25.0),  # 46..56 bar in a cylinder of nitrous oxide
    ("recuperator_max", 0.78, 0.90),
    ("perfusion_per_s", 0.0, 3e-3),  # none to six times the nominal
    ("frozen_w_per_mk", 1.6, 2.3),
    ("latent_j_per_m3", 200e6, 300e6),
    ("residue_share", 0.05, 0.5),
    ("residue_max_j", 0.0, 100.0),  # a dip after gas-off of up to 16 K and more
    ("thermocouple_noise_c", 0.05, 0.3),
)


def varied(source: Random, base: Parameters = NOMINAL) -> Parameters:
    """Return `base` with every number above drawn anew, kept inside its documented range."""
    drawn = {name: getattr(base, name) * source.lognormvariate(0.0, sigma)
             for name, sigma in LOG_NORMAL}
    drawn.update((name, source.uniform(low, high)) for name, low, high in UNIFORM)
    drawn["dead_ms"] = round(drawn["dead_ms"] / 10.0) * 10.0
    for row in RANGES:
        if row.name in drawn:
            drawn[row.name] = min(row.high, max(row.low, drawn[row.name]))
    return base._replace(**drawn)
