"""Senses: what one reading, what was asked for and what is remembered make of the Facts."""

import math

import pytest

from controller.dose import Dose
from controller.facts import Facts
from controller.records import CHANNELS, NOT_FITTED, NOTHING_ASKED, Asked, Estimate, Sample
from controller.senses import HEAT_LEFT_MS, SKIN_LEAD_S, SKIN_WINDOW_MS, Senses
from tests.controller.given import FITTED, LIMITS_IN_FORCE, PROBE, both_tips, reading

ALL = (*CHANNELS, "heater", "isolator", "estop_test")
FAULTS = (("tip_c", "tip_fault", "tip"), ("tip_b_c", "tip_b_fault", "tip_b"),
          ("skin_c", "skin_fault", "skin"), ("supply_kpa", "supply_fault", "supply"),
          ("exhaust_kpa", "exhaust_fault", "exhaust"), ("flow_slpm", "flow_fault", "flow"),
          ("cold_junction_c", "cold_junction_fault", "cold junction"),
          ("probe_id", "probe_fault", "probe"), ("estop", "estop_fault", "e-stop"))
TEXTS = tuple(name for name in Facts._fields if name.endswith("_fault") or name in (
    "unclean", "estop_untested", "pedal_stuck"))


class Watch:
    """Senses with their time and dose, one tick of 100 ms per call."""

    def __init__(self, fitted: tuple[str, ...] = FITTED) -> None:
        self.senses = Senses(LIMITS_IN_FORCE, fitted, PROBE)
        self.dose = Dose(PROBE)
        self.now_ms = 0
        self.estimate: Estimate | None = None

    def see(self, count: int = 1, asked: Asked = NOTHING_ASKED, unclean: str = "",
            **changes: object) -> Facts:
        """Return the facts of the last of `count` equal ticks."""
        for _ in range(count):
            self.now_ms += 100
            facts, self.estimate = self.senses.update(
                reading(self.now_ms, **changes), self.dose, asked, unclean)
        return facts


def told(facts: Facts) -> list[str]:
    return [name for name in TEXTS if getattr(facts, name)]


# Channels.


def test_a_sound_reading_has_no_fault_but_that_nothing_was_checked() -> None:
    assert told(Watch().see()) == ["check_fault"]


@pytest.mark.requirement("H-03")
@pytest.mark.parametrize(("channel", "fault", "title"), FAULTS)
def test_a_bad_sample_is_the_fault_of_its_own_channel_only(channel: str, fault: str,
                                                           title: str) -> None:
    facts = Watch().see(**{channel: Sample(math.nan, 0, "cable")})
    assert told(facts) == sorted([fault, "check_fault"], key=Facts._fields.index)
    assert getattr(facts, fault) == title + ": cable"


def test_a_channel_that_the_rig_lacks_has_no_fault() -> None:
    missing = dict.fromkeys(CHANNELS[1:], NOT_FITTED)
    assert told(Watch(("tip_c",)).see(**missing)) == ["check_fault"]


@pytest.mark.parametrize(("channel", "ends"), [
    ("tip_c", (-150.0, 100.0)), ("tip_b_c", (-150.0, 100.0)), ("skin_c", (-20.0, 45.0)),
    ("supply_kpa", (-100.0, 10_000.0)), ("exhaust_kpa", (-100.0, 2000.0)),
    ("flow_slpm", (-1.0, 100.0)), ("cold_junction_c", (-40.0, 125.0))])
def test_a_value_is_believed_to_the_ends_of_its_range(channel: str,
                                                      ends: tuple[float, float]) -> None:
    fault = next(row[1] for row in FAULTS if row[0] == channel)
    for value in ends:
        assert getattr(Watch().see(**{channel: value}), fault) == ""
    for value in (ends[0] - 0.1, ends[1] + 0.1):
        assert "outside" in getattr(Watch().see(**{channel: value}), fault)


@pytest.mark.parametrize(("field", "channel"), [
    ("supply_kpa", "supply_kpa"), ("exhaust_kpa", "exhaust_kpa"), ("skin_c", "skin_c"),
    ("skin_warn_c", "skin_c"), ("cold_junction_low_c", "cold_junction_c"),
    ("cold_junction_high_c", "cold_junction_c"), ("supply_end_kpa", "supply_kpa")])
def test_a_raw_value_is_passed_on(field: str, channel: str) -> None:
    assert getattr(Watch().see(**{channel: 21.5}), field) == 21.5


@pytest.mark.parametrize("field", ["actuator_fault", "log_fault", "indicator_fault"])
def test_what_the_rig_says_of_itself_is_passed_on(field: str) -> None:
    assert told(Watch().see(**{field: "gone"})) == sorted(
        [field, "check_fault"], key=Facts._fields.index)


def test_lateness_and_slips_are_passed_on() -> None:
    facts = Watch().see(late_ms=7, slips=2)
    assert (facts.late_ms, facts.slips) == (7.0, 2.0)


def test_how_the_last_run_ended_is_passed_on() -> None:
    assert Watch().see(unclean="killed").unclean == "killed"


# Memory and time.


@pytest.mark.requirement("clock")
def test_a_clock_that_went_back_is_never_forgotten() -> None:
    watch = Watch()
    assert watch.see().clock_fault == ""
    watch.now_ms -= 101
    assert watch.see().clock_fault == "the clock went back"
    assert watch.see(count=10).clock_fault == "the clock went back"


@pytest.mark.requirement("limits_changed")
def test_a_limit_that_changes_in_memory_is_seen_in_the_next_tick() -> None:
    watch = Watch()
    assert watch.see().limits_fault == ""
    watch.senses.limits = LIMITS_IN_FORCE._replace(tip_c_min=-99.0)
    assert watch.see().limits_fault


@pytest.mark.requirement("limits_changed")
def test_limits_and_their_copy_damaged_alike_are_found_within_one_round() -> None:
    watch = Watch()
    damaged = LIMITS_IN_FORCE._replace(tip_c_min=-150.0)
    watch.senses.limits = watch.senses.kept = damaged
    faults = [watch.see().limits_fault for _ in damaged]
    assert [fault for fault in faults if fault] == ["limit tip_c_min is -150.0 °C"]


# Tip.


@pytest.mark.requirement("tip_cold")
@pytest.mark.parametrize(("a_c", "b_c"), [(-60.0, -62.0), (-62.0, -60.0)])
def test_coldest_and_warmest_are_of_the_raw_sensors(a_c: float, b_c: float) -> None:
    facts = Watch().see(tip_c=a_c, tip_b_c=b_c)
    assert (facts.tip_coldest_c, facts.tip_warmest_c) == (-62.0, -60.0)
    assert facts.start_tip_c == facts.pull_tip_c == -62.0


def test_a_second_sensor_that_is_not_fitted_is_not_looked_at() -> None:
    facts = Watch(("tip_c",)).see(tip_c=-60.0, tip_b_c=-90.0)
    assert (facts.tip_coldest_c, facts.tip_warmest_c) == (-60.0, -60.0)


@pytest.mark.requirement("tip_cold")
@pytest.mark.parametrize("channel", ["tip_c", "tip_b_c"])
def test_one_nan_makes_coldest_and_warmest_unknown(channel: str) -> None:
    facts = Watch().see(**{channel: math.nan})
    assert math.isnan(facts.tip_coldest_c)
    assert math.isnan(facts.tip_warmest_c)


@pytest.mark.parametrize(("channel", "fault"), [("tip_c", "tip_fault"),
                                                ("tip_b_c", "tip_b_fault")])
def test_a_sample_that_is_ridden_through_is_no_fault_and_no_extreme(channel: str,
                                                                   fault: str) -> None:
    watch = Watch()
    watch.see(**both_tips(-60.0))
    facts = watch.see(**{**both_tips(-60.0), channel: Sample(-100.0, 0, "cable")})
    assert (getattr(facts, fault), facts.tip_coldest_c, facts.tip_warmest_c) == ("", -60.0, -60.0)
    again = watch.see(**{**both_tips(-60.0), channel: Sample(-100.0, 0, "cable")})
    assert getattr(again, fault)
    assert again.tip_coldest_c == -100.0


def test_step_and_difference_are_those_of_the_estimate() -> None:
    watch = Watch()
    watch.see(**both_tips(-60.0))
    facts = watch.see(tip_c=-60.0, tip_b_c=-62.0)
    assert (facts.tip_step_c_per_s, facts.ab_difference_c) == (20.0, 2.0)


# Heater.

HEATING = NOTHING_ASKED._replace(heater_fraction=0.01)


@pytest.mark.requirement("heater_stuck")
def test_a_hot_tip_counts_five_seconds_after_the_last_heat_was_asked_for() -> None:
    watch = Watch()
    assert HEAT_LEFT_MS == 5000
    assert watch.see(asked=HEATING, **both_tips(41.1)).heater_fault == ""
    assert watch.see(count=49, **both_tips(41.1)).heater_fault == ""
    assert watch.see(**both_tips(41.1)).heater_fault == (
        "tip 41.1 °C, above 41.0 °C, with the heater off")


@pytest.mark.requirement("heater_stuck")
def test_a_hot_tip_counts_at_once_when_no_heat_was_ever_asked_for() -> None:
    assert Watch().see(**both_tips(41.1)).heater_fault


@pytest.mark.parametrize("tip_c", [41.0, math.nan])
def test_a_tip_at_the_ceiling_or_unknown_is_no_fault_of_the_heater(tip_c: float) -> None:
    assert Watch().see(**both_tips(tip_c)).heater_fault == ""


# Skin.


def falling_skin(per_tick_c: float, count: int) -> Facts:
    watch = Watch()
    for tick in range(count):
        facts = watch.see(skin_c=30.0 - per_tick_c * tick)
    return facts


@pytest.mark.requirement("skin_predicted")
def test_a_skin_that_falls_is_expected_where_it_leads_in_twenty_seconds() -> None:
    facts = falling_skin(0.05, 101)
    assert (SKIN_LEAD_S, SKIN_WINDOW_MS) == (20.0, 10_000)
    assert facts.skin_predicted_c == pytest.approx(25.0 - 0.5 * 20.0)
    assert facts.skin_c == facts.skin_warn_c == 25.0


@pytest.mark.requirement("skin_falling")
def test_the_fall_of_the_skin_is_told_per_minute() -> None:
    assert falling_skin(0.05, 101).skin_fall_c_per_min == pytest.approx(30.0)


def test_a_skin_that_warms_is_not_counted_on() -> None:
    facts = falling_skin(-0.05, 101)
    assert (facts.skin_fall_c_per_min, facts.skin_predicted_c) == (0.0, 35.0)


def test_before_its_window_is_full_the_skin_stands_for_itself() -> None:
    facts = falling_skin(0.05, 90)
    assert (facts.skin_fall_c_per_min, facts.skin_predicted_c) == (0.0, facts.skin_c)
    assert falling_skin(0.05, 91).skin_fall_c_per_min > 0.0


def test_without_a_skin_sensor_the_skin_is_unknown() -> None:
    facts = Watch(("tip_c",)).see()
    assert math.isnan(facts.skin_c)
    assert facts.skin_fall_c_per_min == 0.0


# Contacts.


@pytest.mark.requirement("estop_test")
def test_the_emergency_stop_must_be_seen_open_where_that_is_asked_for() -> None:
    watch = Watch(ALL)
    assert watch.see(estop=1.0).estop_untested
    assert watch.see(estop=Sample(0.0, 0, "cable")).estop_untested
    assert watch.see(estop=0.0).estop_untested == ""
    assert watch.see(estop=1.0).estop_untested == ""
    assert Watch().see(estop=1.0).estop_untested == ""


def test_without_an_emergency_stop_there_is_none_to_prove() -> None:
    facts = Watch(("tip_c",)).see(estop=0.0)
    assert (facts.estop_fault, facts.estop_untested) == ("", "")


@pytest.mark.requirement("pedal")
def test_a_pedal_is_proven_while_it_is_pressed() -> None:
    watch = Watch(ALL)
    assert watch.see(pedal=1.0).pedal_fault == ""
    assert watch.see(pedal=0.0).pedal_fault == "pedal released"


@pytest.mark.requirement("pedal_stuck")
def test_a_pedal_is_stuck_until_it_was_seen_released_since_the_check() -> None:
    watch = Watch(ALL)
    ready = NOTHING_ASKED._replace(mode="ready")
    stuck = "pedal pressed, and not seen released since the check"
    assert watch.see(pedal=0.0).pedal_stuck == ""
    assert watch.see(pedal=1.0).pedal_stuck == stuck
    assert watch.see(pedal=1.0, asked=ready).pedal_stuck == stuck
    assert watch.see(pedal=Sample(0.0, 301, ""), asked=ready).pedal_stuck.startswith("pedal sample")
    assert watch.see(pedal=0.0, asked=ready).pedal_stuck == ""
    assert watch.see(pedal=1.0, asked=ready).pedal_stuck == ""
    assert watch.see(pedal=1.0).pedal_stuck == stuck


def test_without_a_pedal_there_is_none_to_press() -> None:
    facts = Watch(("tip_c",)).see(pedal=1.0)
    assert (facts.pedal_fault, facts.pedal_stuck) == ("", "")


# Probe and check.


@pytest.mark.requirement("probe")
@pytest.mark.parametrize("chip", [0.0, 2.0, 1e9])
def test_another_chip_is_another_probe(chip: float) -> None:
    assert Watch().see(probe_id=chip).probe_fault == (
        f"probe {chip:.0f} is plugged in, the rig is for 1")


@pytest.mark.requirement("check")
def test_a_check_is_passed_with_the_probe_that_was_plugged_in() -> None:
    watch = Watch()
    facts = watch.see()
    assert facts.check_fault == "the check before use was not passed"
    assert math.isnan(facts.check_age_s)
    watch.senses.check_passed(reading(watch.now_ms), math.nan)
    assert watch.see().check_fault == ""
    assert watch.see(probe_id=2.0).check_fault == (
        "the check before use was passed with another probe")


@pytest.mark.requirement("check")
def test_a_check_of_a_rig_without_chips_is_of_its_one_probe() -> None:
    watch = Watch(tuple(name for name in FITTED if name != "probe_id"))
    watch.senses.check_passed(reading(watch.now_ms, probe_id=7.0), math.nan)
    facts = watch.see(probe_id=3.0)
    assert (facts.check_fault, facts.probe_fault) == ("", "")


@pytest.mark.requirement("check_age")
def test_a_check_grows_old_from_the_tick_in_which_it_was_passed() -> None:
    watch = Watch()
    watch.see(count=10)
    watch.senses.check_passed(reading(watch.now_ms), math.nan)
    assert watch.see().check_age_s == pytest.approx(0.1)
    assert watch.see(count=50).check_age_s == pytest.approx(5.1)


def test_a_check_that_was_passed_at_time_zero_was_passed() -> None:
    watch = Watch()
    watch.senses.check_passed(reading(0), math.nan)
    assert watch.see().check_age_s == pytest.approx(0.1)


@pytest.mark.parametrize(("measured_slpm", "full_slpm"), [(9.0, 9.0), (math.nan, 12.0)])
def test_flow_is_judged_by_what_the_check_measured(measured_slpm: float,
                                                   full_slpm: float) -> None:
    watch = Watch()
    watch.senses.check_passed(reading(0), measured_slpm)
    assert watch.senses.gas.full_flow_slpm == full_slpm


# Totals, gas and progress.


def test_the_dose_is_told_in_seconds_and_millimetres() -> None:
    watch = Watch()
    watch.dose.update(True, -60.0, 1500)
    watch.dose.new_cycle()
    watch.dose.update(True, -60.0, 500)
    watch.dose.ice.radius_0c_mm, watch.dose.ice.radius_m20c_mm = 4.5, 2.5
    facts = watch.see()
    assert (facts.freeze_s, facts.total_freeze_s, facts.cold_s) == (0.5, 2.0, 2.0)
    assert (facts.ice_radius_mm, facts.ice_m20_radius_mm) == (4.5, 2.5)


def test_what_the_gas_did_stands_in_its_fields() -> None:
    watch = Watch()
    asked = NOTHING_ASKED._replace(valve_fraction=1.0)
    facts = watch.see(count=30, asked=asked, flow_slpm=6.0)
    assert facts.flow_share_low == 0.5
    assert facts.flow_share_high == pytest.approx(6.0 / 12.2)
    assert (facts.shut_flow_slpm, facts.burst_fault, facts.supply_end_kpa) == (0.0, "", 5000.0)
    assert watch.see(flow_slpm=0.7, count=30).shut_flow_slpm == 0.7


def test_what_the_tip_did_stands_in_its_fields() -> None:
    watch = Watch()
    asked = Asked("freeze", "approach", -60.0, 0.0, 1.0, 0.0)
    facts = watch.see(count=11, asked=asked, **both_tips(20.0))
    assert (facts.tip_flat_s, facts.tip_b_flat_s, facts.uncooled_s, facts.approach_s) == (
        1.0, 1.0, 1.0, 1.0)
    assert (facts.wrong_way_c, facts.shut_fall_c, facts.off_target_c, facts.swing_c) == (
        0.0, 0.0, 0.0, 0.0)
    assert facts.tip_predicted_c == 20.0
    hold = watch.see(asked=asked._replace(phase="hold"), **both_tips(20.0))
    assert hold.off_target_c == 80.0
