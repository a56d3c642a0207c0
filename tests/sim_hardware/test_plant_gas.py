"""The gas side: boiling curve, back pressure, and heat that never passes the wall."""

from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim_hardware.plant import gas, saturation
from sim_hardware.plant.parameters import NOMINAL

EXCESS_K = st.floats(0.0, 160.0)


def test_nitrous_oxide_boils_at_minus_88_5_c_under_one_atmosphere() -> None:
    assert saturation.boiling_c(1.01325) == pytest.approx(-88.47, abs=0.01)


def test_the_boiling_curve_would_hit_a_point_that_was_left_out() -> None:
    # A straight line in 1/T over 10 K; the real gaps below -60 °C are half as wide.
    (low_c, low_bar), (middle_c, middle_bar), (high_c, high_bar) = saturation.POINTS[3:6]
    per_k = [1.0 / (tip_c + saturation.KELVIN) for tip_c in (low_c, high_c)]
    share = log(middle_bar / low_bar) / log(high_bar / low_bar)
    met_c = 1.0 / (per_k[0] + share * (per_k[1] - per_k[0])) - saturation.KELVIN
    assert met_c == pytest.approx(middle_c, abs=0.1)


@given(st.floats(-88.0, 29.9))
def test_the_boiling_curve_and_its_inverse_agree(boiling_point_c: float) -> None:
    bar = saturation.pressure_bar(boiling_point_c)
    assert saturation.boiling_c(bar) == pytest.approx(boiling_point_c, abs=1e-6)


def test_the_curve_is_clamped_below_one_atmosphere() -> None:
    assert saturation.boiling_c(0.2) == saturation.boiling_c(1.0)


def test_twice_the_flow_lifts_the_back_pressure_fourfold() -> None:
    def lift_bar(flow_g_per_s: float) -> float:
        return gas.back_pressure_bar(flow_g_per_s, 1.0, NOMINAL) - NOMINAL.atmosphere_bar

    assert lift_bar(0.4) == pytest.approx(4.0 * lift_bar(0.2))


@given(EXCESS_K, st.floats(0.0, 0.85))
def test_a_gram_of_gas_never_heats_the_tip(excess_k: float, chi: float) -> None:
    assert gas.cooling_j_per_g(chi, excess_k, NOMINAL) >= 0.0


@given(EXCESS_K, st.floats(0.0, 60.0), st.floats(0.0, 12.0))
def test_flow_and_residue_together_never_pass_the_wall(
    excess_k: float, capacity_w: float, residue_j: float
) -> None:
    taken = gas.taken_w(capacity_w, excess_k, NOMINAL)
    both = taken + gas.residue_w(residue_j, taken, excess_k, 0.01, NOMINAL)
    assert 0.0 <= both <= NOMINAL.tip_w_per_k * excess_k + 1e-12


def test_a_residue_gives_no_more_heat_than_it_has() -> None:
    assert gas.residue_w(0.001, 0.0, 50.0, 0.01, NOMINAL) == pytest.approx(0.1)
