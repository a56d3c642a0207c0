"""What the probe's sensors make of the truth: noise and steps of the converter.

It does not know faults. Every conversion draws from the one seeded source in the same order,
whether anyone reads or not, so reading more often changes nothing.
"""

from random import Random
from typing import NamedTuple

from sim_hardware.plant.parameters import Parameters

PRESSURE_LSB_KPA = 0.1
FLOW_LSB_SLPM = 0.001


class Sensed(NamedTuple):
    """One conversion of all channels."""

    tip: float  # °C
    tip_b: float  # °C
    skin: float  # °C
    supply: float  # kPa gauge
    exhaust: float  # kPa gauge
    flow: float  # standard L/min


def quantised(value: float, lsb: float) -> float:
    """Return the nearest whole number of `lsb`."""
    return round(value / lsb) * lsb


def convert(true: Sensed, source: Random, p: Parameters) -> Sensed:
    """Return one conversion; draws exactly six numbers from `source`."""
    gauss = source.gauss
    noise_c, lsb_c = p.thermocouple_noise_c, p.thermocouple_lsb_c
    return Sensed(
        quantised(true.tip + gauss(0.0, noise_c), lsb_c),
        quantised(true.tip_b + gauss(0.0, noise_c), lsb_c),
        quantised(true.skin + gauss(0.0, noise_c), lsb_c),
        quantised(true.supply + gauss(0.0, p.supply_noise_kpa), PRESSURE_LSB_KPA),
        quantised(true.exhaust + gauss(0.0, p.exhaust_noise_kpa), PRESSURE_LSB_KPA),
        quantised(max(true.flow + gauss(0.0, p.flow_noise_slpm), 0.0), FLOW_LSB_SLPM),
    )
