"""The boiling curve of nitrous oxide: temperature by pressure, and back.

It does not know what boils where. Points computed with CoolProp 8.
"""

from bisect import bisect_right
from math import exp, log

# boiling point °C, pressure bar absolute
POINTS = (
    (-88.47, 1.01325),
    (-85.0, 1.241),
    (-80.0, 1.639),
    (-75.0, 2.129),
    (-70.0, 2.726),
    (-65.0, 3.444),
    (-60.0, 4.298),
    (-50.0, 6.475),
    (-40.0, 9.39),
    (-20.0, 17.97),
    (0.0, 31.2),
    (10.0, 40.0),
    (20.0, 50.53),
    (30.0, 63.1),
)
KELVIN = 273.15

# ln p is nearly straight in 1/T (Clausius-Clapeyron), so few points are enough.
_LN_BAR = tuple(log(bar) for _, bar in POINTS)
_PER_K = tuple(1.0 / (c + KELVIN) for c, _ in POINTS)
_C = tuple(c for c, _ in POINTS)


def boiling_c(pressure_bar: float) -> float:
    """Return the boiling point, °C, at an absolute pressure; clamped to the table's ends."""
    ln_bar = log(pressure_bar)
    if ln_bar <= _LN_BAR[0]:
        return _C[0]
    if ln_bar >= _LN_BAR[-1]:
        return _C[-1]
    i = bisect_right(_LN_BAR, ln_bar)
    share = (ln_bar - _LN_BAR[i - 1]) / (_LN_BAR[i] - _LN_BAR[i - 1])
    return 1.0 / (_PER_K[i - 1] + share * (_PER_K[i] - _PER_K[i - 1])) - KELVIN


def pressure_bar(boiling_point_c: float) -> float:
    """Return the absolute pressure, bar, over liquid at a temperature; clamped likewise."""
    if boiling_point_c <= _C[0]:
        return POINTS[0][1]
    if boiling_point_c >= _C[-1]:
        return POINTS[-1][1]
    i = bisect_right(_C, boiling_point_c)
    per_k = 1.0 / (boiling_point_c + KELVIN)
    share = (per_k - _PER_K[i - 1]) / (_PER_K[i] - _PER_K[i - 1])
    return exp(_LN_BAR[i - 1] + share * (_LN_BAR[i] - _LN_BAR[i - 1]))
