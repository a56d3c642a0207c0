"""Thermocouples by ITS-90, and what a converter makes of a wrong type or a wrong cold junction."""

import numpy as np
import pytest
import thermocouples_reference
from hypothesis import given
from hypothesis import strategies as st

from sim_hardware.compiled import plain
from sim_hardware.plant.emf import TYPES, E, K, N, T, emf_mv, reading_c, temperature_of

KINDS = st.sampled_from([K, T, E, N])
# NIST Monograph 175, tables, mV.
AT_C = (-200.0, -100.0, -50.0, 0.0, 25.0, 100.0, 200.0)
TABLE_MV = (
    (K, (-5.891, -3.554, -1.889, 0.0, 1.000, 4.096, 8.138)),
    (T, (-5.603, -3.379, -1.819, 0.0, 0.992, 4.279, 9.288)),
    (E, (-8.825, -5.237, -2.787, 0.0, 1.495, 6.319, 13.421)),
    (N, (-3.990, -2.407, -1.269, 0.0, 0.659, 2.774, 5.913)),
)


@pytest.mark.parametrize(("kind", "table_mv"), TABLE_MV, ids=TYPES)
def test_the_emf_is_that_of_the_tables_to_their_last_digit(
    kind: int, table_mv: tuple[float, ...]
) -> None:
    assert [emf_mv(kind, at_c) for at_c in AT_C] == pytest.approx(table_mv, abs=5.01e-4)


@pytest.mark.parametrize("kind", [K, T, E, N], ids=TYPES)
def test_the_emf_is_that_of_an_independent_collection(kind: int) -> None:
    for low_c, high_c, powers, bump in thermocouples_reference.thermocouples[
            TYPES[kind]].func.table:
        for at_c in np.arange(max(low_c, -250.0), min(high_c, 400.0), 1.7):
            mv = float(np.polyval(powers, at_c))
            mv += bump[0] * np.exp(bump[1] * (at_c - bump[2]) ** 2) if bump else 0.0
            assert emf_mv(kind, float(at_c)) == pytest.approx(mv, abs=1e-6)


@given(KINDS, st.floats(-250.0, 399.9))
def test_the_inverse_finds_the_temperature_again(kind: int, at_c: float) -> None:
    assert temperature_of(kind, emf_mv(kind, at_c)) == pytest.approx(at_c, abs=1e-6)


@given(KINDS, st.floats(-250.0, 399.0))
def test_the_emf_rises_with_temperature(kind: int, at_c: float) -> None:
    assert emf_mv(kind, at_c + 1.0) > emf_mv(kind, at_c)


@given(KINDS, st.floats(-200.0, 100.0), st.floats(0.0, 60.0))
def test_a_sound_chain_reads_its_junction(kind: int, at_c: float, cold_c: float) -> None:
    assert reading_c(kind, kind, at_c, cold_c, cold_c, 1.0, 0.0, 0.0) == pytest.approx(
        at_c, abs=1e-6)


@given(KINDS, st.floats(0.0, 60.0))
def test_a_short_reads_the_cold_junction(kind: int, cold_c: float) -> None:
    assert reading_c(kind, kind, cold_c, cold_c, cold_c, 1.0, 0.0, 0.0) == pytest.approx(
        cold_c, abs=1e-6)


def test_a_type_t_wire_on_a_type_k_converter_reads_what_the_tables_say() -> None:
    # NIST tables: T gives -2.153 mV at -60 °C, and K -2.153 mV between -57 (-2.138) and -58 °C
    assert reading_c(T, K, -60.0, 0.0, 0.0, 1.0, 0.0, 0.0) == pytest.approx(-57.4, abs=0.1)


def test_an_error_of_the_cold_junction_counts_more_at_a_cold_tip() -> None:
    # T: 40.8 µV/K near 25 °C, 32.6 µV/K near -55 °C.
    wrong_k = reading_c(T, T, -60.0, 24.0, 34.0, 1.0, 0.0, 0.0) + 60.0
    assert wrong_k == pytest.approx(10.0 * 40.8 / 33.3, abs=0.4)


def test_an_amplifier_that_gains_too_much_reads_too_cold() -> None:
    assert reading_c(T, T, -60.0, 24.0, 24.0, 1.05, 0.0, 0.0) < -64.0


def test_the_converter_steps_by_its_least_bit() -> None:
    read = {reading_c(T, T, -60.0 + 0.001 * i, 24.0, 24.0, 1.0, 0.0, 0.1) for i in range(1000)}
    assert len(read) < 5


def test_nan_gives_nan_both_ways() -> None:
    assert np.isnan(emf_mv(K, float("nan")))
    assert np.isnan(temperature_of(K, float("nan")))


@given(KINDS, st.floats(-300.0, 500.0))
def test_compiled_and_plain_agree(kind: int, at_c: float) -> None:
    assert plain(emf_mv)(kind, at_c) == pytest.approx(emf_mv(kind, at_c), rel=1e-14, abs=1e-14)
