"""Thermocouples by ITS-90: emf of types K, T, E and N, its inverse, and a chain that measures it.

It does not know where a junction sits. Coefficients: NIST Monograph 175 (1993), mV by powers of
the temperature in °C, highest first.
"""

from math import exp, isnan

import numpy as np

from sim_hardware.compiled import compiled

TYPES = ("K", "T", "E", "N")
K, T, E, N = range(4)
ORDER = 15
COLDEST_C, WARMEST_C = -250.0, 400.0  # colder, the types hardly differ from wire to wire


def _padded(*coefficients: float) -> list[float]:
    return [0.0] * (ORDER - len(coefficients)) + list(coefficients)


# two rows for each type: below and above 0 °C
_MV = np.array([
    _padded(
        -1.6322697486e-23, -1.9889266878e-20, -1.0451609365e-17, -3.1088872894e-15,
        -5.7410327428e-13, -6.7509059173e-11, -4.9904828777e-09, -3.2858906784e-07,
        2.3622373598e-05, 0.039450128025, 0.0),
    _padded(
        -1.2104721275e-26, 9.7151147152e-23, -3.2020720003e-19, 5.6075059059e-16,
        -5.6072844889e-13, 3.1840945719e-10, -9.9457592874e-08, 1.8558770032e-05,
        0.038921204975, -0.017600413686),
    _padded(
        7.9795153927e-31, 1.3945027062e-27, 1.079553927e-24, 4.8768662286e-22,
        1.4251594779e-19, 2.8213521925e-17, 3.8493939883e-15, 3.6071154205e-13,
        2.2651156593e-11, 9.0138019559e-10, 2.0032973554e-08, 1.1844323105e-07,
        4.4194434347e-05, 0.038748106364, 0.0),
    _padded(
        -2.7512901673e-20, 4.547913529e-17, -3.0815758772e-14, 1.0996880928e-11,
        -2.1882256846e-09, 2.0618243404e-07, 3.329222788e-05, 0.038748106364, 0.0),
    _padded(
        -3.4657842013e-29, -5.5827328721e-26, -3.9673619516e-23, -1.6414776355e-20,
        -4.3979497391e-18, -8.0370123621e-16, -1.0287605534e-13, -9.3214058667e-12,
        -5.9452583057e-10, -2.5800160843e-08, -7.7998048686e-07, 4.5410977124e-05,
        0.058665508708, 0.0),
    _padded(
        3.5960899481e-28, -1.4388041782e-24, 2.1489217569e-21, -1.2536600497e-18,
        -1.9197495504e-16, 6.502440327e-13, -3.3056896652e-10, 2.8908407212e-08,
        4.5032275582e-05, 0.05866550871, 0.0),
    _padded(
        -9.3419667835e-20, -7.6089300791e-17, -2.2653438003e-14, -2.6303357716e-12,
        -4.6412039759e-11, -9.3841111554e-08, 1.0957484228e-05, 0.026159105962, 0.0),
    _padded(
        -3.0682196151e-29, 2.0849229339e-25, -6.0863245607e-22, 9.9745338992e-19,
        -1.0063471519e-15, 6.4311819339e-13, -2.5261169794e-10, 4.3825627237e-08,
        1.571014188e-05, 0.025929394601, 0.0),
])
# type K above 0 °C has a bump besides, of magnetic order in its alloys
K_BUMP_MV, K_BUMP_PER_K2, K_BUMP_C = 0.1185976, -0.0001183432, 126.9686


@compiled
def emf_mv(kind: int, temperature_c: float) -> float:
    """Return the emf against a junction at 0 °C; clamped to -250..400 °C, NaN for NaN."""
    if isnan(temperature_c):
        return temperature_c
    at_c = min(max(temperature_c, COLDEST_C), WARMEST_C)
    row = _MV[2 * kind + (1 if at_c >= 0.0 else 0)]
    mv = 0.0
    for coefficient in row:
        mv = mv * at_c + coefficient
    if kind == K and at_c >= 0.0:
        mv += K_BUMP_MV * exp(K_BUMP_PER_K2 * (at_c - K_BUMP_C) ** 2)
    return mv


@compiled
def temperature_of(kind: int, mv: float) -> float:
    """Return the temperature, °C, that has this emf: `emf_mv` undone to 1e-9 K; clamped likewise.

    The emf rises with temperature, so chords between two bounds cannot miss it.
    """
    if isnan(mv):
        return mv
    low, high = COLDEST_C, WARMEST_C
    low_mv, high_mv = emf_mv(kind, low), emf_mv(kind, high)
    if mv <= low_mv or mv >= high_mv:
        return low if mv <= low_mv else high
    at, before, before_mv = 25.0 * mv, 0.0, 0.0  # 40 µV/K, and 0 mV at 0 °C
    for _ in range(80):
        at = at if low < at < high else 0.5 * (low + high)
        at_mv = emf_mv(kind, at)
        if at_mv > mv:
            high = at
        else:
            low = at
        if abs(at - before) < 1e-9 or at_mv == before_mv:
            break
        chord = at + (mv - at_mv) * (at - before) / (at_mv - before_mv)
        before, before_mv, at = at, at_mv, chord
    return at


@compiled
def reading_c(wire: int, converter: int, junction_c: float, cold_c: float, cold_seen_c: float,
              gain: float, offset_mv: float, lsb_mv: float) -> float:
    """Return what a converter for type `converter` makes of a thermocouple of type `wire`.

    The wire gives the emf between its junction and the cold end at `cold_c`; an amplifier with
    `gain` (1 is right) and `offset_mv` and an ADC in steps of `lsb_mv` (0: none) measure it; the
    converter adds what its own type would give at the cold junction it sees, and looks up its type.
    """
    mv = gain * (emf_mv(wire, junction_c) - emf_mv(wire, cold_c)) + offset_mv
    if lsb_mv > 0.0:
        mv = round(mv / lsb_mv) * lsb_mv
    return temperature_of(converter, mv + emf_mv(converter, cold_seen_c))
