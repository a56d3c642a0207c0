"""The judges are right themselves: others' figures, known limits, energy, convergence."""

from math import log, pi

import pytest

from sim_hardware.judges import axisymmetric, exact, history
from sim_hardware.plant.parameters import NOMINAL

WATER = exact.Sharp(2.2, 0.6, 2.05e6, 4.18e6, 334e6, 0.0, 37.0)
TISSUE = axisymmetric.Medium(0.5, 2.0, 3.6e6, 1.7964e6, 250e6, -1.0, -8.0, 1800.0, 4200.0, 37.0)


def test_neumanns_front_and_that_of_a_line_are_where_others_found_them() -> None:
    # 11.604 and 4.123 mm, for constants of water that differ in the third digit.
    assert exact.plane_front_m(WATER, -60.0, 300.0) == pytest.approx(11.604e-3, rel=1e-3)
    assert exact.line_front_m(WATER, 200.0, 300.0) == pytest.approx(4.123e-3, rel=1e-3)


@pytest.mark.parametrize("time_s", [10.0, 300.0])
def test_fronts_go_by_the_square_root_of_time(time_s: float) -> None:
    for front_m in (lambda at_s: exact.plane_front_m(WATER, -60.0, at_s),
                    lambda at_s: exact.line_front_m(WATER, 200.0, at_s)):
        assert front_m(4.0 * time_s) == pytest.approx(2.0 * front_m(time_s), rel=1e-9)


def test_the_mushy_isotherms_are_those_of_others_who_count_only_latent_heat_there() -> None:
    span_k, mean = 7.0, 0.5 * (1.7964e6 + 3.6e6)
    m = exact.Mushy(2.0, 0.5, 1.7964e6, 3.6e6, 250e6 - span_k * mean, -1.0, -8.0, 37.0)
    radii_m = exact.mushy_isotherms_m(m, 600.0, (-1.0, -8.0, -20.0, -40.0), 300.0)
    assert radii_m == pytest.approx([10.461e-3, 9.266e-3, 7.115e-3, 4.630e-3], abs=1e-6)


@pytest.mark.parametrize(("x", "value"), [(0.1, 1.8229240), (1.0, 0.2193839), (3.0, 0.0130484)])
def test_the_exponential_integral_is_that_of_the_tables(x: float, value: float) -> None:
    assert exact.e1(x) == pytest.approx(value, abs=5e-8)  # Abramowitz and Stegun, table 5.1


@pytest.mark.parametrize(("x", "ratio"), [(1.0, 0.6019072 / 0.4210244),
                                          (0.1, 9.8538448 / 2.4270690)])
def test_the_bessel_functions_are_those_of_the_tables(x: float, ratio: float) -> None:
    assert exact.bessel_ratio(x) == pytest.approx(ratio, rel=1e-6)  # table 9.8


def test_blood_that_flows_four_times_as_fast_keeps_the_ice_smaller() -> None:
    wide_m = exact.steady_radius_m(WATER, -60.0, 1e-3, 1000.0, True)
    assert 1e-3 < exact.steady_radius_m(WATER, -60.0, 1e-3, 4000.0, True) < wide_m


def grid(cell_mm: float = 0.4) -> axisymmetric.Grid:
    return axisymmetric.grid(2.0, 4.0, "shaft", cell_mm, 20.0)


def test_two_dimensions_keep_their_energy() -> None:
    import numpy as np
    g, tip = grid(), axisymmetric.Tip(-60.0, 2.0)
    h = axisymmetric.at_rest(g, TISSUE)
    inside = np.zeros(h.size, bool).reshape(-1, g.stride)
    inside[1:-1, 1:-1] = True
    held = inside.reshape(-1)
    before_j = float(np.sum((h * g.volume_m3)[held]))
    step_s = 0.5 * axisymmetric.step_s_max(g, TISSUE)
    drawn_j, afar_j, sources_j = axisymmetric.advance(g, h, TISSUE, tip, 0.0, 400, step_s)
    lost_j = before_j - float(np.sum((h * g.volume_m3)[held]))
    assert lost_j == pytest.approx(drawn_j - afar_j - sources_j, rel=1e-9)


def test_a_step_that_is_too_long_is_refused() -> None:
    g = grid()
    with pytest.raises(AssertionError, match="unstable"):
        axisymmetric.advance(g, axisymmetric.at_rest(g, TISSUE), TISSUE,
                             axisymmetric.Tip(-60.0, 0.0), 0.0, 1,
                             1.01 * axisymmetric.step_s_max(g, TISSUE))


def test_finer_cells_change_the_ice_by_less_and_less() -> None:
    coarse, middle, fine = (
        axisymmetric.diameters_mm(grid(cell_mm), TISSUE, axisymmetric.Tip(-60.0, 0.0), (0.0,),
                                  (30.0,))[0].diameters_mm[0] for cell_mm in (0.8, 0.4, 0.2))
    assert abs(fine - middle) < abs(middle - coarse)
    assert abs(fine / middle - 1.0) < 0.02


def test_a_tip_that_follows_a_course_freezes_as_one_that_is_held() -> None:
    held = axisymmetric.diameters_mm(grid(), TISSUE, axisymmetric.Tip(-60.0, 4.0), (0.0, -20.0),
                                     (30.0,))[0]
    course_c = history.tips_c((history.Leg(30.0, -60.0, 4.0),), 37.0, 0.1)
    led = history.followed(grid(), TISSUE, course_c, 0.1, (0.0, -20.0), 300)[0]
    assert led.time_s == pytest.approx(held.time_s)
    assert led.diameters_mm == pytest.approx(held.diameters_mm, rel=1e-3)


def test_ice_melts_in_a_thaw_and_grows_further_in_a_second_freeze() -> None:
    freeze, thaw = history.Leg(30.0, -60.0, 4.0), history.Leg(60.0, 30.0, 4.0)
    course_c = history.tips_c((freeze, thaw, freeze), 37.0, 0.1)
    first, _, thawed, second = (sample.diameters_mm[0] for sample in history.followed(
        grid(), TISSUE, course_c, 0.1, (-4.5,), 300))
    assert thawed == 0.0
    assert second > 1.02 * first


def test_a_long_active_part_draws_what_a_cylinder_does_in_steady_conduction() -> None:
    # No phase change, no blood: between 1 mm and where the grid ends, 2 pi k L dT / ln(R / r).
    p = NOMINAL
    m = axisymmetric.Medium(0.5, 0.5, 3.6e5, 3.6e5, 1.0, -199.0, -200.0, 0.0, 0.0, p.body_c)
    g = axisymmetric.grid(2.0, 400.0, "shaft", 1.0, 6.0)
    sample = axisymmetric.diameters_mm(g, m, axisymmetric.Tip(0.0, 0.0), (10.0,), (60.0,))[0]
    outer_m = g.radius_m[-1] + (g.radius_m[-1] - g.radius_m[-2]) / 2.2
    expected_w = 2.0 * pi * 0.5 * 0.4 * 37.0 / log(outer_m / 1e-3)
    assert sample.drawn_w == pytest.approx(expected_w, rel=0.05)
