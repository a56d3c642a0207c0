"""Tissue: energy is conserved, geometry is right, and ice is as large as two dimensions say."""

from math import pi

import numpy as np
import pytest

from sim_hardware.plant import shells, tissue
from sim_hardware.plant.media import MEDIA, Named, in_medium
from sim_hardware.plant.parameters import NOMINAL, Parameters
from sim_hardware.plant.plant import Plant
from sim_hardware.plant.records import PARAMETERS, Damage, Demand

IDEAL_CONTACT = NOMINAL._replace(contact_w_per_m2k=1e9, tissue_ms=10.0)


def record(p: Parameters) -> Parameters:
    """Return `p` as compiled code takes it."""
    row: Parameters = np.array([tuple(p)], dtype=PARAMETERS)[0]
    return row


def held(p: Parameters, grid: shells.Shells, tip_c: float, seconds: float
         ) -> tuple[tissue.Body, float]:
    """Return tissue around a tip held at `tip_c`, and the heat, J, that it drew."""
    body, row = tissue.body([grid], [p]), record(p)
    step_s, drawn_j = p.tissue_ms / 1000.0, 0.0
    for _ in range(round(seconds / step_s)):
        drawn_w = tissue.drawn_w(tip_c, body.enthalpy_j_per_m3[0], float(grid.inner_per_m[0]),
                                 p.contact_w_per_m2k * grid.surface_m2, row)
        tissue.advance(body, 1, step_s, tissue.is_sharp(p))
        body.enthalpy_j_per_m3[0] -= drawn_w * body.step_s_per_m3[0]
        drawn_j += drawn_w * step_s
    return body, drawn_j


def diameters_mm(p: Parameters, tip_c: float, seconds: float) -> tuple[float, float]:
    """Return the diameters of 0 and of -20 °C around a tip held at `tip_c`."""
    grid = shells.around_tip(p)
    body, row = held(p, grid, tip_c, seconds)[0], record(p)
    temperatures_c = np.array([tissue.temperature_c(h, row) for h in body.enthalpy_j_per_m3])
    return (2.0 * shells.isotherm_mm(temperatures_c, 0.0, grid.radius_mm),
            2.0 * shells.isotherm_mm(temperatures_c, -20.0, grid.radius_mm))


def test_the_shells_start_at_the_probe_and_have_its_surface() -> None:
    grid = shells.around_tip(NOMINAL)
    cylinder_m2 = pi * NOMINAL.outer_diameter_mm * NOMINAL.active_length_mm * 1e-6
    assert grid.surface_m2 == pytest.approx(cylinder_m2, rel=1e-9)
    assert grid.radius_mm[0] == pytest.approx(1.0 + NOMINAL.cell_mm / 2.0)


@pytest.mark.parametrize(
    ("cut", "volume", "resistance"),
    [(shells.slab, 0.01, 0.01),
     (shells.cylinder, pi * (0.011**2 - 0.001**2), np.log(11.0) / pi / 2),
     (shells.sphere, 4 / 3 * pi * (0.011**3 - 0.001**3), (1000 - 1 / 0.011) / 4 / pi)],
)
def test_shells_add_up_to_the_body_they_are_cut_from(
    cut: object, volume: float, resistance: float
) -> None:
    assert callable(cut)
    grid = cut([0.001 * i for i in range(1, 12)])
    assert np.sum(grid.volume_m3) == pytest.approx(volume)
    assert np.sum(grid.inner_per_m) + np.sum(grid.outer_per_m) == pytest.approx(resistance)


@pytest.mark.parametrize("row", MEDIA, ids=lambda row: row.name)
def test_enthalpy_and_temperature_are_each_others_inverse_in_every_medium(row: Named) -> None:
    p = in_medium(row.name, NOMINAL)
    for at_c in (-90.0, p.freezing_ends_c, 0.5 * (p.freezing_ends_c + p.freezing_begins_c),
                 p.freezing_begins_c, 20.0, 45.0):
        back_c = tissue.temperature_c(tissue.enthalpy_j_per_m3(at_c, p), record(p))
        assert back_c == pytest.approx(at_c, abs=1e-9)


@pytest.mark.parametrize("row", MEDIA, ids=lambda row: row.name)
def test_a_probe_freezes_what_can_freeze_in_every_medium(row: Named) -> None:
    plant = Plant(in_medium(row.name, NOMINAL))
    plant.advance(60_000, Demand(1.0, 0.0, 1.0))
    assert plant.state.tip_c < -55.0
    is_air = "air" in row.name
    assert (plant.ice().radius_0c_mm > 2.5) != is_air


def test_an_unknown_medium_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="no medium is called 'jelly'; there are: muscle, fat"):
        in_medium("jelly", NOMINAL)


@pytest.mark.parametrize("p", [IDEAL_CONTACT, in_medium("water_gel", NOMINAL)],
                         ids=["mushy", "sharp"])
def test_the_energy_balance_closes(p: Parameters) -> None:
    p = p._replace(perfusion_per_s=0.0, metabolism_w_per_m3=0.0)
    grid = shells.around_tip(p)
    body, drawn_j = held(p, grid, -60.0, 60.0)
    start_j_per_m3 = tissue.enthalpy_j_per_m3(p.body_c, p)
    lost_j = float(np.sum((start_j_per_m3 - body.enthalpy_j_per_m3) * grid.volume_m3))
    assert lost_j == pytest.approx(drawn_j, rel=1e-10)  # the rim is still warm: nothing entered


def test_perfusion_warms_what_is_not_frozen_and_stops_where_it_is() -> None:
    perfused, still = Plant(NOMINAL._replace(perfusion_per_s=0.01)), Plant(
        NOMINAL._replace(perfusion_per_s=0.0, metabolism_w_per_m3=0.0))
    for plant in (perfused, still):
        plant.advance(180_000, Demand(0.5, 0.0, 1.0))
    assert perfused.ice().radius_0c_mm < still.ice().radius_0c_mm - 0.3


def test_vessels_that_froze_stay_shut_when_stasis_is_asked_for() -> None:
    plants = [Plant(NOMINAL._replace(perfusion_per_s=0.01, stasis=stasis))
              for stasis in (0.0, 1.0)]
    for plant in plants:
        plant.advance(180_000, Demand(0.5, 0.0, 1.0))
        plant.advance(240_000, Demand())
    assert plants[0].state.tip_c > plants[1].state.tip_c + 0.2


def test_blood_that_flows_faster_keeps_the_ice_smaller() -> None:
    jumped, calm = Plant(), Plant()
    jumped.advance(180_000, Demand(0.5, 0.0, 1.0), Damage(perfusion_times=20.0))
    calm.advance(180_000, Demand(0.5, 0.0, 1.0))
    assert jumped.ice().edge_mm < calm.ice().edge_mm - 0.3


# Mid-plane diameters, mm, by sim_hardware/judges/axisymmetric.py at 1/6 mm: tip held at once.
IN_TWO_DIMENSIONS = (
    (4.0, -60.0, 60.0, 8.326, 4.985),
    (4.0, -85.0, 300.0, 13.508, 7.441),
    (4.0, -40.0, 30.0, 6.171, 3.537),
)


@pytest.mark.parametrize(("active_mm", "tip_c", "seconds", "edge_mm", "cold_mm"),
                         IN_TWO_DIMENSIONS)
def test_the_ice_is_as_wide_as_two_dimensions_say(
    active_mm: float, tip_c: float, seconds: float, edge_mm: float, cold_mm: float
) -> None:
    p = IDEAL_CONTACT._replace(active_length_mm=active_mm)
    assert diameters_mm(p, tip_c, seconds) == pytest.approx((edge_mm, cold_mm), rel=0.03)


@pytest.mark.parametrize("cell_mm", [0.2, 0.21])
def test_a_step_that_would_be_unstable_is_refused(cell_mm: float) -> None:
    with pytest.raises(ValueError, match="tissue_ms 20 is longer than"):
        Plant(NOMINAL._replace(cell_mm=cell_mm))
    p = NOMINAL._replace(cell_mm=cell_mm)
    with pytest.raises(AssertionError, match="unstable"):
        tissue.body([shells.around_tip(p)], [p])


def test_blood_shortens_the_longest_step_where_it_is_what_moves_most_heat() -> None:
    p = NOMINAL._replace(frozen_w_per_mk=0.1)
    grid = shells.around_tip(p)
    rich_s = tissue.step_s_max(grid, p._replace(perfusion_per_s=0.02))
    assert 1.0 / rich_s == pytest.approx(
        1.0 / tissue.step_s_max(grid, p._replace(perfusion_per_s=0.0)) + 0.02, rel=1e-9)


def test_shells_around_a_line_have_a_longest_step_as_well() -> None:
    assert tissue.step_s_max(shells.cylinder([0.0, 0.001, 0.002, 0.003]), NOMINAL) > 0.01
