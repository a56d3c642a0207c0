"""The controller's ice ball: near two dimensions, sound whatever comes, alike on a board."""

import math
import os
import struct
import subprocess
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller import iceball
from controller.iceball import IceBall
from sim_hardware.judges import axisymmetric, history
from sim_hardware.judges.history import Leg
from tests.house.files import ROOT, STAND_IN

NAN = float("nan")
TISSUE = axisymmetric.Medium(0.5, 2.0, 3.6e6, 1.7964e6, 250e6, -1.0, -8.0, 1800.0, 4200.0, 37.0)
WILD = st.one_of(st.sampled_from([NAN, math.inf, -math.inf, 1e38, -200.0, 150.0]), st.floats())
PROBES = st.tuples(st.floats(0.5, 6.0), st.floats(2.0, 40.0))
STATES = st.lists(st.tuples(st.floats(-90.0, 40.0), st.integers(1, 100)), min_size=1, max_size=5)
TWICE = (Leg(60.0, -70.0, 4.0), Leg(20.0, 30.0, 8.0), Leg(60.0, -70.0, 4.0))


def led(ball: IceBall, states: list[tuple[float, int]]) -> IceBall:
    """Return the ball after a number of ticks at each temperature."""
    for tip_c, ticks in states:
        for _ in range(ticks):
            ball.update(tip_c, 100)
    return ball


def radii_mm(ball: IceBall) -> tuple[float, float]:
    """Return the edge and -20 °C."""
    return ball.radius_0c_mm, ball.radius_m20c_mm


# Near two dimensions. All probes and courses: benchmarks/dose.py.


@pytest.mark.parametrize("probe_mm", [(1.3, 7.0), (2.0, 10.0), (2.0, 4.0)])
def test_two_freezes_with_a_thaw_are_within_a_tenth_of_two_dimensions(
    probe_mm: tuple[float, float]
) -> None:
    course_c = history.tips_c(TWICE, 37.0, 0.1)
    judged = history.followed(axisymmetric.grid(*probe_mm, "shaft", 0.4, 20.0), TISSUE, course_c,
                              0.1, (-4.5, -20.0), 200)
    ball = IceBall(*probe_mm)
    for tick, tip_c in enumerate(course_c, 1):
        ball.update(tip_c, 100)
        if tick % 200 == 0:
            sample = judged[tick // 200 - 1]
            assert radii_mm(ball) == pytest.approx([0.5 * mm for mm in sample.diameters_mm],
                                                   rel=0.1), sample.time_s


# What it does.


def test_at_body_temperature_there_is_no_ice() -> None:
    assert radii_mm(led(IceBall(2.0, 10.0), [(37.0, 3000)])) == (0.0, 0.0)


def test_ice_grows_in_a_freeze_and_is_gone_after_a_long_thaw() -> None:
    ball, before = IceBall(2.0, 10.0), (0.0, 0.0)
    for _ in range(6):
        now = radii_mm(led(ball, [(-60.0, 100)]))
        assert now > before
        before = now
    assert radii_mm(led(ball, [(37.0, 1800)])) == (0.0, 0.0)


def test_a_thaw_leaves_ice_around_a_tip_that_is_warm() -> None:
    ball = led(IceBall(2.0, 10.0), [(-70.0, 900), (20.0, 200)])
    assert ball.radius_0c_mm > 2.0
    assert ball.radius_m20c_mm == 0.0


def test_a_new_site_is_as_a_new_ball() -> None:
    ball = led(IceBall(2.0, 10.0), [(-120.0, 300), (NAN, 3)])
    ball.update(-60.0, 50)  # half a step is owed
    ball.rest()
    new = IceBall(2.0, 10.0)
    assert vars(ball).keys() == vars(new).keys()
    for name in set(vars(ball)) - {"conducted"}:  # written anew before it is read
        assert getattr(ball, name) == getattr(new, name), name
    assert radii_mm(led(ball, [(-60.0, 99), (NAN, 1)])) == radii_mm(
        led(new, [(-60.0, 99), (NAN, 1)]))


def test_cold_is_counted_at_twenty_below_and_when_nothing_is_known() -> None:
    ball = led(IceBall(2.0, 10.0), [(37.0, 5), (-19.9, 5), (-20.0, 3), (-60.0, 4), (NAN, 2)])
    assert ball.cold_ms == 900


@pytest.mark.parametrize("tick_ms", [20, 50, 90, 200])
def test_the_length_of_a_tick_does_not_matter(tick_ms: int) -> None:
    ball = IceBall(2.0, 10.0)
    for _ in range(36_000 // tick_ms):
        ball.update(-60.0, tick_ms)
    assert radii_mm(ball) == radii_mm(led(IceBall(2.0, 10.0), [(-60.0, 360)]))


# What is not known never makes less ice than there is.


@given(tips_c=st.lists(st.floats(-90.0, 40.0), min_size=30, max_size=60),
       lost=st.sets(st.integers(0, 59)))
def test_lost_samples_never_make_the_ice_smaller(tips_c: list[float], lost: set[int]) -> None:
    whole, holed = IceBall(2.0, 10.0), IceBall(2.0, 10.0)
    for tick, tip_c in enumerate(tips_c):
        whole.update(tip_c, 500)
        holed.update(NAN if tick in lost else tip_c, 500)
        assert holed.radius_0c_mm >= whole.radius_0c_mm - 1e-9
        assert holed.radius_m20c_mm >= whole.radius_m20c_mm - 0.01
        assert holed.cold_ms >= whole.cold_ms


def test_a_lost_tip_counts_as_its_coldest_when_that_was_below_the_floor() -> None:
    ball = led(IceBall(2.0, 10.0), [(-95.0, 10), (NAN, 200)])
    assert radii_mm(ball) == radii_mm(led(IceBall(2.0, 10.0), [(-95.0, 210)]))


@given(states=STATES, colder_k=st.floats(0.0, 60.0), probe_mm=PROBES)
def test_a_colder_tip_never_makes_less_ice(states: list[tuple[float, int]], colder_k: float,
                                           probe_mm: tuple[float, float]) -> None:
    warm = led(IceBall(*probe_mm), states)
    cold = led(IceBall(*probe_mm), [(tip_c - colder_k, ticks) for tip_c, ticks in states])
    assert cold.radius_0c_mm >= warm.radius_0c_mm - 0.002  # whole µm and thousandths
    assert cold.radius_m20c_mm >= warm.radius_m20c_mm - 0.01
    assert cold.cold_ms >= warm.cold_ms


# Whatever comes.


@settings(max_examples=300)
@given(probe=st.tuples(WILD, WILD),
       ticks=st.lists(st.tuples(st.one_of(st.floats(-200.0, 150.0), WILD),
                                st.one_of(st.sampled_from([0, -5, 20, 100, 3_600_000, 2**70]),
                                          WILD)), max_size=30))
def test_nothing_raises_and_radii_are_sound(probe: tuple[float, float],
                                            ticks: list[tuple[float, int]]) -> None:
    ball = IceBall(*probe)
    for tip_c, dt_ms in ticks:
        ball.update(tip_c, dt_ms)
        assert 0.0 <= ball.radius_m20c_mm <= ball.radius_0c_mm < 60.0
        assert isinstance(ball.cold_ms, int)
        assert ball.cold_ms >= 0


def test_an_hours_pause_costs_few_steps_and_is_made_up_for_ten_seconds_only() -> None:
    ball = led(IceBall(2.0, 10.0), [(-60.0, 100)])
    ball.update(-60.0, 3_600_000)
    assert radii_mm(ball) == radii_mm(led(IceBall(2.0, 10.0), [(-60.0, 104)]))
    led(ball, [(-60.0, 40)])  # three more steps in each tick, until nothing is owed
    assert radii_mm(ball) == radii_mm(led(IceBall(2.0, 10.0), [(-60.0, 240)]))
    assert ball.cold_ms == 3_600_000 + 14_000


@given(probe_mm=PROBES)
def test_the_step_is_stable_for_every_probe(probe_mm: tuple[float, float]) -> None:
    ball = IceBall(*probe_mm)
    for inward, outward in zip(ball.inward, ball.outward, strict=True):
        assert inward > 0
        assert outward > 0
        assert inward + outward <= iceball.FROZEN - iceball.FROZEN * 1.0 / iceball.BLOOD


@given(probe_mm=PROBES, tips_c=st.lists(st.sampled_from([-200.0, 150.0, -20.0]), max_size=40))
def test_every_sum_fits_a_boards_small_whole_numbers(probe_mm: tuple[float, float],
                                                     tips_c: list[float]) -> None:
    ball = IceBall(*probe_mm)
    for tip_c in tips_c:
        ball.update(tip_c, 400)
        led_by = [*ball.conducted, iceball._conducted(int(1000 * tip_c))]
        span = max(led_by) - min(led_by)
        assert max(map(abs, ball.heat)) + iceball.FROZEN * span < 2**30


class Single(float):
    """A number of a board: every sum, product and quotient is rounded to 24 bits."""

    def __new__(cls, value: float) -> "Single":
        return super().__new__(cls, struct.unpack("f", struct.pack("f", value))[0])


for _name in ("add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "pow", "rpow"):
    def _rounded(self: Single, other: float, name: str = f"__{_name}__") -> Single:
        return Single(getattr(float, name)(self, Single(other)))
    setattr(Single, f"__{_name}__", _rounded)


def in_single(function: Callable[[float], float]) -> Callable[[float], Single]:
    """Return the function with its result rounded."""
    return lambda x: Single(function(x))


@pytest.mark.parametrize("probe_mm", [(1.3, 7.0), (2.0, 4.0), (2.0, 20.0), (0.5, 2.0), (6.0, 40.0)])
def test_single_precision_changes_nothing(monkeypatch: pytest.MonkeyPatch,
                                          probe_mm: tuple[float, float]) -> None:
    course_c = history.tips_c(TWICE, 37.0, 0.1)
    double = IceBall(*probe_mm)
    for name in ("asin", "asinh", "log", "sqrt", "tanh"):
        monkeypatch.setattr(iceball, name, in_single(getattr(math, name)))
    single = IceBall(Single(probe_mm[0]), Single(probe_mm[1]))
    assert single.inward == pytest.approx(double.inward, rel=0.005, abs=1)
    for tip_c in course_c:
        double.update(tip_c, 100)
        single.update(Single(tip_c), 100)
        assert radii_mm(single) == pytest.approx(radii_mm(double), rel=0.02, abs=0.02)


@pytest.mark.micropython
def test_micropython_reckons_alike(micropython: str) -> None:
    program = ("from controller.iceball import IceBall\n"
               "ball = IceBall(1.3, 7.0)\n"
               "for tip_c in (-70.0, 20.0, float('nan'), -45.5):\n"
               "    for _ in range(150):\n"
               "        ball.update(tip_c, 100)\n"
               "told = (ball.heat, ball.radius_0c_mm, ball.radius_m20c_mm, ball.cold_ms)\n")
    here: dict[str, object] = {}
    exec(program, here)
    paths = os.pathsep.join([str(ROOT / STAND_IN), str(ROOT)])
    there = subprocess.run([micropython, "-c", program + "print(told)"], capture_output=True,
                           text=True, check=True, env={**os.environ, "MICROPYPATH": paths})
    assert there.stdout.strip() == str(here["told"])
