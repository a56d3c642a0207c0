"""Progress: how the tip follows the valve, each watch at its edges."""

import math

import pytest

from controller.progress import (
    COLD_C,
    DIP_C,
    DIP_MS,
    DRIVEN_MS,
    OPEN_MIN,
    PREDICT_S,
    RISE_MS,
    SETTLING_MS,
    SWING_EVERY_MS,
    SWING_MS,
    UNCOOLED_FALL_C,
    UNCOOLED_OPEN,
    Progress,
    ProgressFacts,
)
from controller.records import NOTHING_ASKED
from tests.controller.given import both_tips, estimate, reading


class Way:
    """A tip on its way, one tick of 100 ms per call."""

    def __init__(self) -> None:
        self.progress = Progress()
        self.now_ms = 0
        self.facts: ProgressFacts | None = None

    def tick(self, tip_c: float, fraction: float = 0.0, phase: str = "", count: int = 1,
             target_c: float = -60.0, slope: float = 0.0, dt_ms: int = 100) -> ProgressFacts:
        """Return the facts of the last of `count` equal ticks."""
        for _ in range(count):
            self.now_ms += dt_ms
            asked = NOTHING_ASKED._replace(valve_fraction=fraction, phase=phase,
                                           target_c=target_c)
            self.facts = self.progress.update(reading(self.now_ms, **both_tips(tip_c)),
                                              estimate(tip_c, slope), asked)
        assert self.facts is not None
        return self.facts


def test_the_constants_are_those_of_the_table() -> None:
    assert (OPEN_MIN, DRIVEN_MS, RISE_MS, UNCOOLED_OPEN, UNCOOLED_FALL_C) == (
        0.25, 6000, 3000, 0.5, 5.0)
    assert (DIP_MS, DIP_C, COLD_C, SWING_MS, SETTLING_MS, SWING_EVERY_MS, PREDICT_S) == (
        10_000, 15.0, 5.0, 20_000, 15_000, 500, 1.0)


def test_a_tip_of_which_nothing_is_asked_is_at_rest() -> None:
    assert Way().tick(34.0, count=5) == ProgressFacts(0, 0, 0, 0, 0, 0, 0, 0, 0, 34.0, 34.0)


# Stuck.


@pytest.mark.requirement("tip_stuck")
def test_the_time_of_the_same_value_counts_from_its_first_sample_while_gas_flows() -> None:
    way = Way()
    assert way.tick(20.0, 0.1).tip_flat_s == 0.0
    facts = way.tick(20.0, 0.1, count=20)
    assert (facts.tip_flat_s, facts.tip_b_flat_s) == (2.0, 2.0)


def test_the_same_value_without_gas_is_not_counted() -> None:
    way = Way()
    way.tick(20.0, 0.0, count=20)
    assert way.tick(20.0, 0.1).tip_flat_s == pytest.approx(0.1)
    assert way.tick(20.0, 0.0).tip_flat_s == 0.0


def test_a_changed_value_begins_anew() -> None:
    way = Way()
    way.tick(20.0, 0.1, count=20)
    assert way.tick(20.01, 0.1).tip_flat_s == 0.0


@pytest.mark.parametrize("stuck", ["tip_c", "tip_b_c"])
def test_each_sensor_is_watched_by_itself_and_raw(stuck: str) -> None:
    progress = Progress()
    for tick in range(11):
        seen = {**both_tips(20.0 + tick), stuck: 20.0}
        facts = progress.update(reading(tick * 100, **seen), estimate(0.0),
                                NOTHING_ASKED._replace(valve_fraction=0.1))
    assert (facts.tip_flat_s, facts.tip_b_flat_s) == (
        (1.0, 0.0) if stuck == "tip_c" else (0.0, 1.0))


def test_an_unknown_value_is_never_flat() -> None:
    assert Way().tick(math.nan, 1.0, count=30).tip_flat_s == 0.0


# The wrong way.


@pytest.mark.requirement("wrong_way")
def test_a_rise_counts_only_when_the_valve_was_open_for_six_seconds() -> None:
    way = Way()
    way.tick(20.0, 0.25, count=60)
    assert way.facts.wrong_way_c == 0.0
    assert way.tick(26.0, 0.25).wrong_way_c == 6.0


def test_a_rise_just_before_six_seconds_does_not_count() -> None:
    way = Way()
    way.tick(20.0, 0.25, count=59)
    assert way.tick(26.0, 0.25).wrong_way_c == 0.0


def test_a_rise_with_a_small_opening_does_not_count() -> None:
    way = Way()
    way.tick(20.0, 0.24, count=80)
    assert way.tick(26.0, 0.24).wrong_way_c == 0.0


def test_a_small_opening_begins_the_six_seconds_anew() -> None:
    way = Way()
    way.tick(20.0, 0.25, count=70)
    way.tick(20.0, 0.24)
    assert way.tick(26.0, 0.25, count=60).wrong_way_c == 0.0


@pytest.mark.requirement("wrong_way")
def test_a_valve_that_closes_by_a_tenth_begins_the_six_seconds_anew() -> None:
    way = Way()
    way.tick(20.0, 1.0, count=70)
    way.tick(20.0, 0.89)
    assert way.tick(26.0, 0.89, count=59).wrong_way_c == 0.0


def test_a_valve_that_closes_by_less_goes_on_being_judged() -> None:
    way = Way()
    way.tick(20.0, 1.0, count=70)
    assert way.tick(26.0, 0.9).wrong_way_c == 6.0


def test_a_rise_is_against_the_coldest_of_the_last_three_seconds() -> None:
    way = Way()
    way.tick(20.0, 1.0, count=60)
    way.tick(18.0, 1.0)
    assert way.tick(21.0, 1.0, count=30).wrong_way_c == 3.0
    assert way.tick(21.0, 1.0).wrong_way_c == 0.0


def test_an_unknown_tip_begins_the_six_seconds_anew() -> None:
    way = Way()
    way.tick(20.0, 1.0, count=50)
    assert way.tick(math.nan, 1.0).wrong_way_c == 0.0
    way.tick(20.0, 1.0, count=59)
    assert way.tick(26.0, 1.0).wrong_way_c == 0.0
    assert way.tick(26.0, 1.0).wrong_way_c == 6.0


def test_a_tip_that_falls_goes_no_wrong_way() -> None:
    way = Way()
    way.tick(20.0, 1.0, count=50)
    assert way.tick(10.0, 1.0).wrong_way_c == 0.0


# No cooling, slow approach.


@pytest.mark.requirement("no_cooling")
def test_the_time_without_cooling_counts_half_open_in_the_approach() -> None:
    way = Way()
    assert way.tick(34.0, 0.5, "approach").uncooled_s == 0.0
    assert way.tick(34.0, 0.5, "approach", count=10).uncooled_s == 1.0


@pytest.mark.parametrize(("fraction", "phase"), [(0.49, "approach"), (1.0, "hold"),
                                                 (1.0, "freeze")])
def test_less_than_half_open_or_outside_the_approach_nothing_counts(fraction: float,
                                                                   phase: str) -> None:
    assert Way().tick(34.0, fraction, phase, count=20).uncooled_s == 0.0


@pytest.mark.parametrize(("tip_c", "uncooled_s"), [(29.1, 1.0), (29.0, 0.0)])
def test_a_fall_of_five_degrees_is_cooling(tip_c: float, uncooled_s: float) -> None:
    way = Way()
    way.tick(34.0, 1.0, "approach", count=10)
    assert way.tick(tip_c, 1.0, "approach").uncooled_s == uncooled_s


def test_a_smaller_opening_begins_the_time_without_cooling_anew() -> None:
    way = Way()
    way.tick(34.0, 1.0, "approach", count=20)
    way.tick(34.0, 0.4, "approach")
    assert way.tick(34.0, 1.0, "approach").uncooled_s == 0.0
    assert way.tick(34.0, 1.0, "approach").uncooled_s == pytest.approx(0.1)


@pytest.mark.requirement("slow_approach")
def test_the_time_of_an_approach_counts_whatever_the_valve_does() -> None:
    way = Way()
    assert way.tick(34.0, 0.0, "approach").approach_s == 0.0
    assert way.tick(0.0, 0.0, "approach", count=20).approach_s == 2.0
    assert way.tick(0.0, 0.0, "hold").approach_s == 0.0


def test_each_approach_counts_by_itself_and_from_its_own_tip() -> None:
    way = Way()
    way.tick(34.0, 1.0, "approach", count=20)
    way.tick(20.0, 1.0, "hold")
    facts = way.tick(20.0, 1.0, "approach")
    assert (facts.uncooled_s, facts.approach_s) == (0.0, 0.0)
    assert way.tick(20.0, 1.0, "approach").uncooled_s == pytest.approx(0.1)


@pytest.mark.requirement("no_cooling")
def test_an_unknown_tip_has_not_cooled() -> None:
    assert Way().tick(math.nan, 1.0, "approach", count=21).uncooled_s == 2.0


# Shut, and still cooling.


@pytest.mark.requirement("shut_cooling")
def test_a_fall_without_gas_counts_beyond_the_dip() -> None:
    way = Way()
    way.tick(0.0)
    assert way.tick(-16.0).shut_fall_c == 1.0


@pytest.mark.requirement("shut_cooling")
def test_after_ten_seconds_every_fall_counts_from_where_the_tip_is_then() -> None:
    way = Way()
    way.tick(0.0)
    assert way.tick(-10.0, count=99).shut_fall_c == -5.0
    assert way.tick(-10.0).shut_fall_c == 0.0
    assert way.tick(-12.0).shut_fall_c == 2.0


def test_a_fall_is_against_the_warmest_since_gas_off() -> None:
    way = Way()
    way.tick(-20.0)
    way.tick(-10.0)
    assert way.tick(-26.0).shut_fall_c == 1.0
    way.tick(-26.0, count=100)
    way.tick(-20.0)
    assert way.tick(-23.0).shut_fall_c == 3.0


@pytest.mark.parametrize(("tip_c", "counts"), [(5.0, False), (4.9, True)])
def test_a_warm_tip_that_cools_was_taken_out_of_the_body(tip_c: float, counts: bool) -> None:
    way = Way()
    way.tick(tip_c)
    assert (way.progress.shut_since_ms >= 0) is counts


def test_gas_begins_the_dip_anew() -> None:
    way = Way()
    way.tick(0.0, count=120)
    assert way.tick(-40.0, 0.1).shut_fall_c == 0.0
    way.tick(-40.0)
    assert way.tick(-50.0).shut_fall_c == -5.0


def test_an_unknown_tip_keeps_the_fall_that_was_seen() -> None:
    way = Way()
    way.tick(-60.0, 0.3)
    way.tick(-60.0)
    seen = way.tick(-70.0).shut_fall_c
    assert way.tick(math.nan).shut_fall_c == seen == -5.0
    assert way.tick(-80.0).shut_fall_c == 5.0


# The hold.


@pytest.mark.requirement("off_target")
@pytest.mark.parametrize("tip_c", [-57.0, -63.0])
def test_the_distance_from_the_target_has_no_sign_and_counts_in_the_hold(tip_c: float) -> None:
    assert Way().tick(tip_c, phase="hold").off_target_c == 3.0
    assert Way().tick(tip_c, phase="approach").off_target_c == 0.0


@pytest.mark.requirement("off_target")
def test_an_unknown_tip_is_not_on_its_target() -> None:
    assert math.isnan(Way().tick(math.nan, phase="hold").off_target_c)


@pytest.mark.requirement("swing")
def test_a_swing_is_the_range_within_the_hold_once_it_has_settled() -> None:
    way = Way()
    way.tick(-60.0, phase="approach")
    way.tick(-50.0, phase="hold", count=149)
    assert way.facts.swing_c == 0.0
    way.tick(-58.0, phase="hold")  # 15.0 s: the first that counts
    assert way.tick(-62.0, phase="hold", count=5).swing_c == 4.0
    assert way.tick(-55.0, phase="hold", count=5).swing_c == 7.0


def test_a_swing_is_of_the_last_twenty_seconds() -> None:
    way = Way()
    way.tick(-60.0, phase="approach")
    way.tick(-60.0, phase="hold", count=149)
    way.tick(-70.0, phase="hold")
    assert way.tick(-60.0, phase="hold", count=200).swing_c == 10.0
    assert way.tick(-60.0, phase="hold", count=5).swing_c == 0.0


def test_a_swing_takes_a_sample_each_half_second() -> None:
    way = Way()
    way.tick(-60.0, phase="approach")
    way.tick(-60.0, phase="hold", count=150)
    assert way.tick(-70.0, phase="hold", count=4).swing_c == 0.0
    assert way.tick(-70.0, phase="hold").swing_c == 10.0


@pytest.mark.parametrize("broken", [math.nan, -60.0])
def test_an_unknown_tip_or_another_phase_begins_the_swing_anew(broken: float) -> None:
    way = Way()
    way.tick(-60.0, phase="approach")
    way.tick(-70.0, phase="hold", count=155)
    way.tick(broken, phase="hold" if math.isnan(broken) else "thaw")
    assert way.tick(-60.0, phase="hold", count=10).swing_c == 0.0


# What is coming.


@pytest.mark.requirement("tip_predicted")
def test_a_tip_that_falls_is_expected_where_its_slope_leads_in_a_second() -> None:
    assert Way().tick(-80.0, slope=-12.0).tip_predicted_c == -92.0


@pytest.mark.parametrize("slope", [0.0, 12.0, math.nan])
def test_a_tip_that_does_not_fall_is_expected_where_it_is(slope: float) -> None:
    assert Way().tick(-80.0, slope=slope).tip_predicted_c == -80.0


@pytest.mark.requirement("tip_predicted")
def test_an_unknown_tip_is_expected_nowhere() -> None:
    assert math.isnan(Way().tick(math.nan).tip_predicted_c)
