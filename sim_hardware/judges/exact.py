"""Exact solutions of freezing, to which the tissue's error is measured.

It does not know the plant. Carslaw and Jaeger, Conduction of Heat in Solids (1959), chapter 11:
Neumann's plane, and a line sink; a sink in a medium that freezes over a range, by its similarity
equation; and the steady radius at which blood brings what the wall takes.
"""

from collections.abc import Callable, Sequence
from math import erf, erfc, exp, log, pi, sqrt
from typing import NamedTuple

from sim_hardware.compiled import compiled


class Sharp(NamedTuple):
    """A medium that freezes at one temperature."""

    frozen_w_per_mk: float
    unfrozen_w_per_mk: float
    frozen_j_per_m3k: float
    unfrozen_j_per_m3k: float
    latent_j_per_m3: float
    freezing_c: float
    start_c: float


class Mushy(NamedTuple):
    """A medium that freezes over a range; conductivity and heat capacity are mixed by share."""

    frozen_w_per_mk: float
    unfrozen_w_per_mk: float
    frozen_j_per_m3k: float
    unfrozen_j_per_m3k: float
    latent_j_per_m3: float
    freezing_begins_c: float
    freezing_ends_c: float
    start_c: float


def _root(rising: Callable[[float], float], low: float, high: float) -> float:
    """Return where a rising function crosses 0, by bisection."""
    for _ in range(200):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if rising(middle) < 0.0 else (low, middle)
    return 0.5 * (low + high)


def plane_front_m(m: Sharp, wall_c: float, time_s: float) -> float:
    """Return how far ice has come from a wall held at `wall_c`: Neumann, 2 lambda sqrt(a t)."""
    ratio = (m.frozen_w_per_mk / m.frozen_j_per_m3k) / (m.unfrozen_w_per_mk / m.unfrozen_j_per_m3k)
    below_k, above_k = m.freezing_c - wall_c, m.start_c - m.freezing_c
    warm = m.unfrozen_w_per_mk / m.frozen_w_per_mk * sqrt(ratio) * above_k / below_k
    stefan = sqrt(pi) * m.latent_j_per_m3 / (m.frozen_j_per_m3k * below_k)

    def balance(x: float) -> float:
        given = warm * exp(-x * x * ratio) / erfc(x * sqrt(ratio)) + stefan * x
        return given - exp(-x * x) / erf(x)

    return 2.0 * _root(balance, 1e-6, 3.0) * sqrt(m.frozen_w_per_mk / m.frozen_j_per_m3k * time_s)


def e1(x: float) -> float:
    """Return the exponential integral E1, by series or continued fraction; x above 0."""
    if x <= 1.0:
        term, total = -1.0, -0.5772156649015329 - log(x)
        for n in range(1, 60):
            term *= -x / n
            total += term / n
        return total
    fraction = 0.0
    for n in range(120, 0, -1):
        fraction = n / (1.0 + n / (x + fraction))
    return exp(-x) / (x + fraction)


def line_front_m(m: Sharp, sink_w_per_m: float, time_s: float) -> float:
    """Return the radius of ice around a line that takes `sink_w_per_m` from the start."""
    per_s = m.frozen_w_per_mk / m.frozen_j_per_m3k
    ratio = per_s / (m.unfrozen_w_per_mk / m.unfrozen_j_per_m3k)
    above_k = m.start_c - m.freezing_c

    def balance(x: float) -> float:
        square = x * x
        warm = m.unfrozen_w_per_mk * above_k * exp(-square * ratio) / e1(square * ratio)
        return warm + square * per_s * m.latent_j_per_m3 - sink_w_per_m / (4.0 * pi) * exp(-square)

    return 2.0 * _root(balance, 1e-6, 3.0) * sqrt(per_s * time_s)


@compiled
def _capacity(at_c: float, m: Mushy) -> float:
    if at_c <= m.freezing_ends_c:
        return m.frozen_j_per_m3k
    if at_c >= m.freezing_begins_c:
        return m.unfrozen_j_per_m3k
    return (m.latent_j_per_m3 / (m.freezing_begins_c - m.freezing_ends_c)
            + 0.5 * (m.frozen_j_per_m3k + m.unfrozen_j_per_m3k))


@compiled
def _conductivity(at_c: float, m: Mushy) -> float:
    share = (at_c - m.freezing_ends_c) / (m.freezing_begins_c - m.freezing_ends_c)
    share = min(max(share, 0.0), 1.0)
    return m.frozen_w_per_mk + share * (m.unfrozen_w_per_mk - m.frozen_w_per_mk)


@compiled
def _crossing(first_c: float, sink_w_per_m: float, isotherm_c: float, m: Mushy
              ) -> tuple[float, float]:
    """Follow T and q = eta k dT/d(eta) outwards, eta = r / sqrt(t), in even steps of its logarithm.

    Energy: dq/d(ln eta) = -(eta² / 2) (C / k) q. Returns the temperature far out and the eta of the
    isotherm; by the midpoint rule.
    """
    step = 2e-5
    place = -14.0
    at_c, q, crossed = first_c, sink_w_per_m / (2.0 * pi), 0.0
    while place < -3.0:
        eta = exp(place)
        slope_c = q / _conductivity(at_c, m)
        slope_q = -0.5 * eta * eta * _capacity(at_c, m) / _conductivity(at_c, m) * q
        middle_c, middle_q, eta = at_c + 0.5 * step * slope_c, q + 0.5 * step * slope_q, exp(
            place + 0.5 * step)
        slope_c = middle_q / _conductivity(middle_c, m)
        slope_q = -0.5 * eta * eta * _capacity(middle_c, m) / _conductivity(middle_c, m) * middle_q
        if at_c < isotherm_c <= at_c + step * slope_c:
            crossed = exp(place + (isotherm_c - at_c) / slope_c)
        at_c += step * slope_c
        q += step * slope_q
        place += step
    return at_c, crossed


def mushy_isotherms_m(m: Mushy, sink_w_per_m: float, isotherms_c: Sequence[float], time_s: float
                      ) -> list[float]:
    """Return the radii of isotherms around a line sink in a medium that freezes over a range."""
    low_c, high_c = -20_000.0, 0.0
    for _ in range(60):
        middle_c = 0.5 * (low_c + high_c)
        far_c = _crossing(middle_c, sink_w_per_m, 0.0, m)[0]
        low_c, high_c = (middle_c, high_c) if far_c < m.start_c else (low_c, middle_c)
    first_c = 0.5 * (low_c + high_c)
    return [_crossing(first_c, sink_w_per_m, at_c, m)[1] * sqrt(time_s) for at_c in isotherms_c]


def bessel_ratio(x: float) -> float:
    """Return K1(x) / K0(x) of the modified Bessel functions, by their integrals; x above 0.

    K_n(x) = integral of exp(-x cosh u) cosh(n u) du from 0 to infinity (Abramowitz, Stegun 9.6.24).
    """
    step, k0, k1 = 1e-3, 0.5 * exp(-x), 0.5 * exp(-x)
    for i in range(1, 20_000):
        hyperbolic = 0.5 * (exp(i * step) + exp(-i * step))
        if x * hyperbolic > 700.0:
            break
        k0 += exp(-x * hyperbolic)
        k1 += exp(-x * hyperbolic) * hyperbolic
    return k1 / k0


def steady_radius_m(m: Sharp, wall_c: float, wall_m: float, perfusion_w_per_m3k: float,
                    is_sphere: bool) -> float:
    """Return where ice stops around a wall held at `wall_c`, in blood at `start_c`."""
    per_m = sqrt(perfusion_w_per_m3k / m.unfrozen_w_per_mk)
    below_k, above_k = m.freezing_c - wall_c, m.start_c - m.freezing_c

    def balance(radius_m: float) -> float:
        if is_sphere:
            cold = m.frozen_w_per_mk * below_k / (1.0 / wall_m - 1.0 / radius_m)
            warm = m.unfrozen_w_per_mk * above_k * radius_m * radius_m * (per_m + 1.0 / radius_m)
        else:
            cold = m.frozen_w_per_mk * below_k / log(radius_m / wall_m)
            warm = (m.unfrozen_w_per_mk * above_k * radius_m * per_m
                    * bessel_ratio(per_m * radius_m))
        return warm - cold

    return _root(balance, wall_m * (1.0 + 1e-9), 1000.0 * wall_m)
