"""A medium that freezes over a range: its enthalpy, temperature and conductivity integral.

It does not know the plant's own, and shares no code with it.
"""

from typing import NamedTuple

from sim_hardware.compiled import compiled


class Medium(NamedTuple):
    """What freezes; conductivity, heat and blood change linearly over the mushy range."""

    unfrozen_w_per_mk: float
    frozen_w_per_mk: float
    unfrozen_j_per_m3k: float
    frozen_j_per_m3k: float
    latent_j_per_m3: float
    freezing_begins_c: float  # above freezing_ends_c
    freezing_ends_c: float
    perfusion_w_per_m3k: float  # blood flow times its density and heat capacity
    metabolism_w_per_m3: float
    body_c: float  # at the start, far away, and of the blood


@compiled
def mushy_j_per_m3(m: Medium) -> float:
    """Return the enthalpy where freezing begins: latent and sensible heat of the mushy range."""
    span_k = m.freezing_begins_c - m.freezing_ends_c
    return m.latent_j_per_m3 + 0.5 * (m.frozen_j_per_m3k + m.unfrozen_j_per_m3k) * span_k


def enthalpy_j_per_m3(at_c: float, m: Medium) -> float:
    """Return the enthalpy at one temperature."""
    span_k = m.freezing_begins_c - m.freezing_ends_c
    return (m.frozen_j_per_m3k * min(at_c - m.freezing_ends_c, 0.0)
            + mushy_j_per_m3(m) / span_k * min(max(at_c - m.freezing_ends_c, 0.0), span_k)
            + m.unfrozen_j_per_m3k * max(at_c - m.freezing_begins_c, 0.0))


@compiled
def temperature_c(enthalpy: float, m: Medium) -> float:
    """Return the temperature at one enthalpy."""
    mushy, span_k = mushy_j_per_m3(m), m.freezing_begins_c - m.freezing_ends_c
    return (m.freezing_ends_c + min(enthalpy, 0.0) / m.frozen_j_per_m3k
            + min(max(enthalpy, 0.0), mushy) / mushy * span_k
            + max(enthalpy - mushy, 0.0) / m.unfrozen_j_per_m3k)


@compiled
def conducted_w_per_m(at_c: float, m: Medium) -> float:
    """Return the integral of the conductivity from where freezing ends, W/m."""
    span_k = m.freezing_begins_c - m.freezing_ends_c
    inside_k = min(max(at_c - m.freezing_ends_c, 0.0), span_k)
    falls = 0.5 * (m.unfrozen_w_per_mk - m.frozen_w_per_mk) / span_k
    return (m.frozen_w_per_mk * min(at_c - m.freezing_ends_c, 0.0)
            + inside_k * (m.frozen_w_per_mk + falls * inside_k)
            + m.unfrozen_w_per_mk * max(at_c - m.freezing_begins_c, 0.0))
