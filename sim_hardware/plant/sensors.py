"""What the probe's sensors make of the truth: emf, cold junction, noise, steps of the converter.

It does not know faults by name; it takes how the thermocouples are wired. Every conversion draws
from the one seeded source in the same order, whether anyone reads or not, so reading more often
changes nothing.
"""

from random import Random
from typing import NamedTuple

from sim_hardware.plant.emf import reading_c
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


class Wiring(NamedTuple):
    """How one thermocouple is connected; the defaults are as it should be."""

    is_short: bool = False  # its wires touch at the cold end: no emf
    converter_type: int = -1  # what the converter takes it for; -1: what it is
    cold_junction_k: float = 0.0  # by how much the converter mistakes its own temperature
    gain: float = 1.0  # of the amplifier, 1 is right
    offset_mv: float = 0.0  # of the amplifier


RIGHT = Wiring()


def quantised(value: float, lsb: float) -> float:
    """Return the nearest whole number of `lsb`."""
    return round(value / lsb) * lsb


def thermocouple_c(junction_c: float, wiring: Wiring, p: Parameters) -> float:
    """Return what the converter says of a junction, before noise and steps."""
    wire = int(p.thermocouple_type)
    cold_c = p.cold_junction_c
    return reading_c(
        wire, wire if wiring.converter_type < 0 else wiring.converter_type,
        cold_c if wiring.is_short else junction_c, cold_c, cold_c + wiring.cold_junction_k,
        wiring.gain, wiring.offset_mv, 0.0)


def convert(true: Sensed, wirings: dict[str, Wiring], source: Random, p: Parameters) -> Sensed:
    """Return one conversion; draws exactly six numbers from `source`.

    `wirings` has those of the channels tip, tip_b and skin that are not RIGHT: a thermocouple that
    is connected as it should be reads its junction.
    """
    def read(channel: str, junction_c: float) -> float:
        if channel in wirings:
            junction_c = thermocouple_c(junction_c, wirings[channel], p)
        return quantised(junction_c + gauss(0.0, p.thermocouple_noise_c), p.thermocouple_lsb_c)

    gauss = source.gauss
    return Sensed(
        read("tip", true.tip),
        read("tip_b", true.tip_b),
        read("skin", true.skin),
        quantised(true.supply + gauss(0.0, p.supply_noise_kpa), PRESSURE_LSB_KPA),
        quantised(true.exhaust + gauss(0.0, p.exhaust_noise_kpa), PRESSURE_LSB_KPA),
        quantised(max(true.flow + gauss(0.0, p.flow_noise_slpm), 0.0), FLOW_LSB_SLPM),
    )
