"""Controller.step: what each response does to mode and outputs, what a latch holds, and time."""

import math

import pytest

from controller.core import LEASE_MS, Controller
from controller.interlocks import ENDING, INTERLOCKS, RESPONSE_NAMES
from controller.limits import limits_from
from controller.modes import MODE_NAMES
from controller.precheck import PULSE, STEPS
from controller.records import CHANNELS, Cycle, Plan, Reading, Sample
from tests.controller.given import (
    FITTED,
    NUMBERS_THAT_ARE_NONE,
    PLANS,
    PROBE,
    Desk,
    both_tips,
    desk_in,
    is_shut,
    reading,
)

BROKEN = Sample(math.nan, 0, "open circuit")
ONE_SENSOR = tuple(name for name in FITTED if name != "tip_b_c")


def outputs(desk: Desk) -> tuple[float, float, bool, bool]:
    decision = desk.last
    return (decision.valve_fraction, decision.heater_fraction, decision.isolator_open,
            decision.heater_enabled)


# What is open in which mode.


def test_a_freeze_opens_valve_and_isolator_with_a_lease_and_heats_nothing() -> None:
    desk = Desk().freezing()
    assert outputs(desk) == (1.0, 0.0, True, False)
    assert desk.last.lease_ms == LEASE_MS == 500


def test_a_thaw_by_hand_opens_the_heater_and_its_relay_alone() -> None:
    assert outputs(desk_in("thaw")) == (0.0, 1.0, False, True)


def test_a_passive_thaw_keeps_the_relay_off() -> None:
    desk = Desk().holding("one")
    while desk.tick().mode == "freeze":
        pass
    assert desk.last.mode == "thaw"
    assert outputs(desk) == (0.0, 0.0, False, False)


@pytest.mark.parametrize("mode", ["standby", "ready", "done", "fault"])
def test_every_other_mode_is_shut(mode: str) -> None:
    assert is_shut(desk_in(mode).tick())


@pytest.mark.parametrize("channel", ["heater", "isolator", "flow_slpm", "exhaust_kpa"])
def test_a_rig_that_lacks_something_can_be_checked_and_frozen(channel: str) -> None:
    desk = Desk(tuple(name for name in FITTED if name != channel), (PLANS[1],))
    assert desk.freezing("one").last.mode == "freeze"
    assert desk.ticks(20).mode == "freeze"


# The check before use, as the core leads it.


def test_the_check_goes_through_every_step_and_opens_what_the_step_says() -> None:
    desk = Desk()
    desk.order("precheck")
    seen = []
    while desk.last.mode == "precheck":
        step = next(step for step in STEPS if step.name == desk.last.course.phase)
        assert outputs(desk)[::2] == (step.valve_fraction, step.isolator_open)
        assert desk.last.heater_enabled is (step.name == "thaw")
        if step.name not in seen:
            seen.append(step.name)
        desk.tick()
    assert desk.last.mode == "ready"
    assert seen == [step.name for step in STEPS]


def test_a_check_that_is_passed_says_what_it_found_and_shuts() -> None:
    desk = Desk()
    assert desk.checked().reason == (
        "check passed: tip fell by 4.5 °C and warmed again, full flow 12.0 L/min")
    assert is_shut(desk.last)


def test_a_check_warms_the_tip_with_the_heater() -> None:
    desk = Desk()
    desk.tip_c = 20.0
    desk.order("precheck")
    while desk.last.course.phase != "thaw":
        desk.tick()
    assert desk.last.heater_fraction == 1.0


def test_without_the_whole_check_there_is_no_ready() -> None:
    desk = Desk()
    desk.order("precheck")
    while desk.last.course.phase != "signals":
        desk.tick()
    desk.order("stop")
    assert desk.last.mode == "standby"
    assert desk.order("freeze").code == -221


def test_a_check_that_fails_says_at_which_step_and_shuts() -> None:
    desk = Desk()
    desk.order("precheck")
    while desk.last.course.phase != "leak":
        desk.tick()
    desk.tick()
    decision = desk.tick(supply_kpa=4899.0)
    assert (decision.mode, decision.reason) == (
        "standby", "check failed at leak: supply fell from 5000 to 4899 kPa")
    assert is_shut(decision)


@pytest.mark.requirement("tip_disagree")
def test_the_check_waits_for_no_grace() -> None:
    desk = Desk()
    desk.order("precheck")
    desk.ticks(20)
    decision = desk.tick(tip_b_c=30.0)
    assert (decision.mode, decision.reason) == (
        "standby", "precheck failed: tip sensors differ by 4.0 °C, not at most 3.0 °C")


def test_the_first_step_needs_every_row_even_those_that_are_not_armed() -> None:
    desk = Desk()
    desk.order("precheck")
    assert desk.tick(log_fault="no space left").reason == "precheck failed: no space left"


def test_later_steps_need_the_rows_of_the_check_alone() -> None:
    desk = Desk()
    desk.order("precheck")
    desk.ticks(20)
    assert desk.tick(log_fault="no space left").mode == "precheck"


@pytest.mark.requirement("supply_low")
def test_a_trip_in_the_check_is_a_fault() -> None:
    desk = Desk()
    desk.order("precheck")
    desk.ticks(20)
    assert desk.tick(supply_kpa=3000.0).mode == "fault"
    assert is_shut(desk.last)


def test_the_check_shows_the_gravest_signal_once() -> None:
    desk = Desk()
    desk.order("precheck")
    while desk.last.course.phase != "signals":
        assert desk.last.signal.priority == ""
        desk.tick()
    since_ms = desk.now_ms
    while desk.last.mode == "precheck":
        assert desk.last.signal == ("high", since_ms, "high", since_ms, 0)
        desk.tick()
    assert desk.now_ms - since_ms == 1200
    assert desk.last.signal.priority == ""


def test_the_shown_signal_does_not_hide_an_alarm() -> None:
    desk = Desk(check_fall_c_min=1.0, start_tip_c_min=5.0)
    desk.order("precheck")
    while desk.last.course.phase != "signals":
        desk.tick()
    assert desk.tick(estop=0.0).signal.since_ms == desk.now_ms


def test_a_second_check_begins_at_the_first_step() -> None:
    desk = Desk()
    desk.order("precheck")
    desk.ticks(40)
    desk.order("stop")
    desk.ticks(30)
    desk.order("precheck")
    assert desk.last.course.phase == "sensors"
    assert desk.ticks(10).course.phase == "leak"


# Ready.


@pytest.mark.requirement("exhaust_high")
def test_ready_waits_for_no_grace() -> None:
    decision = Desk().ready().tick(exhaust_kpa=150.1)
    assert (decision.mode, decision.reason) == (
        "standby", "ready failed: exhaust 150.1 kPa, not at most 150.0 kPa")


@pytest.mark.requirement("pedal")
def test_ready_needs_no_pedal() -> None:
    assert Desk((*FITTED, "pedal")).ready().ticks(5).mode == "ready"


@pytest.mark.requirement("probe")
def test_another_probe_in_ready_asks_for_another_check() -> None:
    desk = Desk().ready()
    assert desk.tick(probe_id=2.0).reason == (
        "ready failed: probe 2 is plugged in, the rig is for 1")
    assert desk.tick().mode == "standby"


@pytest.mark.requirement("start_cold")
def test_a_tip_that_becomes_cold_in_ready_inhibits_the_start() -> None:
    desk = Desk().ready()
    desk.ramp_to(4.9)
    assert desk.last.mode == "standby"
    assert desk.last.reason == "ready failed: tip 4.9 °C, not at least 5.0 °C"


# What the responses do.


@pytest.mark.parametrize("mode", MODE_NAMES)
@pytest.mark.requirement("estop")
def test_shut_leads_to_fault_from_every_mode(mode: str) -> None:
    decision = desk_in(mode).tick(estop=0.0)
    assert decision.mode == "fault"
    assert is_shut(decision)


@pytest.mark.parametrize("mode", MODE_NAMES)
@pytest.mark.requirement("actuator")
def test_isolate_leads_to_fault_from_every_mode_and_asks_for_the_cylinder(mode: str) -> None:
    decision = desk_in(mode).tick(actuator_fault="valve: no reply")
    assert decision.mode == "fault"
    assert is_shut(decision)
    assert [trip.reason for trip in decision.tripped][-1] == (
        "valve: no reply; close the cylinder by hand")


def test_a_trip_shuts_in_its_own_tick_and_says_why() -> None:
    decision = Desk().freezing().tick(supply_kpa=3000.0)
    assert is_shut(decision)
    assert decision.reason == "supply 3000.0 kPa, not at least 3500.0 kPa"


def test_a_trip_ends_the_heating_in_its_own_tick() -> None:
    decision = desk_in("thaw").tick(cold_junction_c=BROKEN)
    assert is_shut(decision)
    assert decision.mode == "fault"


def test_a_trip_beats_a_start_in_the_same_tick() -> None:
    desk = Desk().ready()
    decision = desk.tick(desk.command("freeze"), estop=0.0)
    assert decision.mode == "fault"
    assert is_shut(decision)


def test_a_second_trip_does_not_replace_the_first_reason() -> None:
    desk = Desk().freezing()
    first = desk.tick(supply_kpa=3000.0).reason
    later = desk.tick(estop=0.0)
    assert later.reason == first
    assert [trip.name for trip in later.tripped] == ["supply_low", "estop"]


def test_of_two_trips_in_a_tick_the_first_of_the_table_is_the_reason() -> None:
    decision = Desk().freezing().tick(supply_kpa=3000.0, exhaust_kpa=BROKEN)
    assert decision.reason == "exhaust: open circuit"
    assert [trip.name for trip in decision.tripped] == ["exhaust_sensor", "supply_low"]


def test_a_trip_stays_when_its_cause_is_gone() -> None:
    desk = Desk()
    desk.tick(estop=0.0)
    assert desk.ticks(100).mode == "fault"


def spoiled(plan: str = "two") -> Desk:
    """Return a desk whose freeze was given up for a cold skin, with a frozen tip."""
    desk = Desk().holding(plan)
    desk.ticks(3, skin_c=1.0)
    assert [trip.name for trip in desk.last.tripped] == ["skin_cold"]
    return desk


@pytest.mark.requirement("skin_cold")
def test_thaw_shuts_the_gas_and_lets_the_tip_warm() -> None:
    desk = spoiled()
    assert desk.last.mode == "thaw"
    assert outputs(desk) == (0.0, 1.0, False, True)
    assert desk.last.reason.endswith("skin 1.0 °C, not at least 2.0 °C for 200 ms")


def test_thaw_without_a_heater_warms_passively() -> None:
    desk = Desk(tuple(name for name in FITTED if name != "heater"), (PLANS[1],)).holding()
    desk.ticks(3, skin_c=1.0)
    assert desk.last.mode == "thaw"
    assert is_shut(desk.last)


def test_a_latched_thaw_goes_on_until_the_tip_is_warm_then_it_is_a_fault() -> None:
    desk = spoiled()
    desk.ramp_to(4.0)
    assert desk.last.mode == "thaw"
    desk.ramp_to(6.0)
    assert desk.last.mode == "fault"
    assert is_shut(desk.last)
    assert desk.last.reason == "skin 1.0 °C, not at least 2.0 °C for 200 ms"


def test_a_latched_thaw_never_leads_to_the_second_freeze_of_its_plan() -> None:
    desk = spoiled("two")
    desk.order("ack")
    modes = set()
    for _ in range(100):
        desk.tip_c = min(30.0, desk.tip_c + 1.0)
        modes.add(desk.tick().mode)
        assert desk.last.valve_fraction == 0.0
    assert modes == {"thaw", "fault"}


def test_a_thaw_response_in_the_thaw_of_a_plan_leads_to_no_second_freeze() -> None:
    desk = Desk().holding("two")
    while desk.last.mode == "freeze":
        desk.tick()
    desk.ticks(3, skin_c=1.0)
    assert (desk.last.mode, desk.last.course.cycle) == ("thaw", 1)
    desk.ramp_to(-15.0)  # where the plan would freeze again
    assert desk.last.mode == "fault"
    assert is_shut(desk.last)


@pytest.mark.requirement("H-01")
def test_stop_in_a_latched_thaw_leads_to_fault() -> None:
    desk = spoiled()
    reply = desk.order("stop")
    assert (reply.code, reply.text) == (0, "fault: skin 1.0 °C, not at least 2.0 °C for 200 ms")
    assert desk.last.mode == "fault"
    assert is_shut(desk.last)


@pytest.mark.requirement("estop")
def test_a_shut_in_a_latched_thaw_leads_to_fault_with_its_own_reason() -> None:
    decision = spoiled().tick(estop=0.0)
    assert (decision.mode, decision.reason) == ("fault", "e-stop pressed or its wire cut")
    assert is_shut(decision)


def test_a_shut_beats_a_thaw_in_the_same_tick() -> None:
    desk = Desk().holding()
    desk.ticks(2, skin_c=1.0)
    decision = desk.tick(skin_c=1.0, supply_kpa=3000.0)
    assert decision.mode == "fault"
    assert decision.reason == "supply 3000.0 kPa, not at least 3500.0 kPa"
    assert is_shut(decision)


def test_a_latched_thaw_is_reset_like_any_trip() -> None:
    desk = spoiled()
    assert desk.order("reset").text == "nothing to reset in mode thaw"
    desk.order("ack")
    desk.order("stop")
    assert desk.order("reset").code == 0
    assert desk.last.tripped == ()


@pytest.mark.requirement("skin_low")
def test_a_warning_leaves_the_freeze_alone_and_inhibits_the_next_start() -> None:
    desk = Desk().freezing()
    assert desk.ticks(10, skin_c=3.9).mode == "freeze"
    assert desk.names() == ["skin_low"]
    assert desk.last.tripped == ()
    assert Desk().ready().tick(skin_c=3.9).mode == "standby"


@pytest.mark.requirement("pedal_stuck")
def test_an_inhibit_never_trips() -> None:
    desk = Desk((*FITTED, "pedal"))
    decision = desk.ticks(30, pedal=1.0)
    assert (decision.mode, decision.alarms) == ("standby", ())


def test_every_response_of_the_table_has_a_test_here() -> None:
    assert {row.response for row in INTERLOCKS} == set(RESPONSE_NAMES)
    assert set(ENDING) < set(RESPONSE_NAMES)


# What is no number.

TITLES = {"skin_c": "skin", "supply_kpa": "supply", "exhaust_kpa": "exhaust",
          "flow_slpm": "flow", "estop": "e-stop", "cold_junction_c": "cold junction",
          "probe_id": "probe"}
TIPS = {"tip_c": "tip", "tip_b_c": "tip_b"}


@pytest.mark.requirement("H-03")
@pytest.mark.parametrize("value", NUMBERS_THAT_ARE_NONE)
@pytest.mark.parametrize("channel", TITLES)
def test_what_is_no_number_shuts_a_freeze_in_its_own_tick_and_names_the_channel(
        channel: str, value: float) -> None:
    decision = Desk().freezing().tick(**{channel: value})
    assert is_shut(decision)
    assert decision.mode == "fault"
    assert decision.reason.startswith(TITLES[channel] + " sensor reads ")


@pytest.mark.requirement("H-03")
@pytest.mark.parametrize("value", NUMBERS_THAT_ARE_NONE)
@pytest.mark.parametrize("channel", TIPS)
def test_what_is_no_number_twice_in_a_row_shuts_and_names_the_tip_sensor(
        channel: str, value: float) -> None:
    desk = Desk().freezing()
    assert desk.tick(**{channel: value}).mode == "freeze"
    decision = desk.tick(**{channel: value})
    assert is_shut(decision)
    assert decision.reason.startswith(TIPS[channel] + " sensor reads ")


@pytest.mark.requirement("pedal")
@pytest.mark.parametrize("value", NUMBERS_THAT_ARE_NONE)
def test_a_pedal_that_says_no_number_shuts(value: float) -> None:
    desk = Desk((*FITTED, "pedal")).ready()
    desk.tick(desk.command("freeze"), pedal=1.0)
    decision = desk.tick(pedal=value)
    assert is_shut(decision)
    assert decision.reason.startswith("pedal sensor reads ")


@pytest.mark.requirement("H-03")
@pytest.mark.parametrize("value", NUMBERS_THAT_ARE_NONE)
@pytest.mark.parametrize("channel", TITLES)
def test_what_is_no_number_inhibits_the_start_and_names_the_channel(
        channel: str, value: float) -> None:
    desk = Desk().ready()
    decision = desk.tick(desk.command("freeze"), **{channel: value})
    assert is_shut(decision)
    assert f"{TITLES[channel]} sensor reads " in decision.replies[0].text + decision.reason


@pytest.mark.requirement("H-03")
@pytest.mark.parametrize("value", NUMBERS_THAT_ARE_NONE)
@pytest.mark.parametrize("channel", TIPS)
def test_a_tip_sensor_that_says_no_number_is_not_ridden_through_at_a_start(
        channel: str, value: float) -> None:
    desk = Desk().ready()
    decision = desk.tick(desk.command("freeze"), **{channel: value})
    assert decision.mode == "standby"
    assert decision.replies[0].text == (
        "start inhibited: tip sensors differ by unknown, not at most 3.0 °C")


# One bad sample of a tip sensor.


@pytest.mark.requirement("tip_sensor")
@pytest.mark.parametrize("bad", [24.0, BROKEN, Sample(-40.0, 301, ""), math.nan, -200.0], ids=str)
def test_one_bad_sample_is_ridden_through_on_the_word_of_the_other_sensor(bad: object) -> None:
    desk = Desk().holding()
    desk.tick(tip_c=bad)
    assert desk.last.mode == "freeze"
    assert desk.last.distrusted == 1
    assert desk.ticks(12).mode == "freeze"


@pytest.mark.requirement("tip_step")
def test_a_jump_that_stays_shuts_in_the_second_tick() -> None:
    desk = Desk().holding()
    assert desk.tick(tip_c=24.0).mode == "freeze"
    assert "tip changes by" in desk.tick(tip_c=24.0).reason
    assert is_shut(desk.last)


@pytest.mark.requirement("tip_sensor")
@pytest.mark.parametrize("bad", [BROKEN, math.nan, 24.0, Sample(-40.0, 301, "")], ids=str)
def test_one_bad_sample_of_the_only_sensor_shuts_at_once(bad: object) -> None:
    desk = Desk(ONE_SENSOR).holding()
    assert desk.tick(tip_c=bad).mode == "fault"
    assert is_shut(desk.last)


@pytest.mark.requirement("tip_sensor")
def test_the_sixth_bad_sample_in_a_minute_shuts() -> None:
    desk = Desk().holding()
    for _ in range(5):
        assert desk.tick(tip_c=BROKEN).mode == "freeze"
        desk.ticks(20)
    assert desk.tick(tip_c=BROKEN).mode == "fault"
    assert desk.last.reason == "tip: open circuit"


@pytest.mark.requirement("tip_sensor")
def test_a_stale_tip_shuts_in_the_second_tick() -> None:
    desk = Desk().freezing()
    desk.tick(tip_c=Sample(34.0, 301, ""))
    assert desk.tick(tip_c=Sample(34.0, 301, "")).reason == (
        "tip sample is 301 ms old, not at most 300 ms")


@pytest.mark.requirement("H-03")
def test_a_bad_sample_of_both_sensors_shuts_at_once() -> None:
    desk = Desk().freezing()
    assert desk.tick(tip_c=BROKEN, tip_b_c=BROKEN).mode == "fault"


# Doses over cycles.


def second_freeze() -> Desk:
    """Return a desk at the first tick of the second cycle, with the tip warm again."""
    desk = Desk(plans=(Plan("two", (Cycle(-60.0, 5.0, "passive", 1.0, 20.0),) * 2),)).holding("two")
    desk.ticks(50)
    desk.ramp_to(20.0)
    assert (desk.last.mode, desk.last.course.cycle) == ("freeze", 2)
    return desk


@pytest.mark.requirement("freeze_time")
def test_each_cycle_has_its_own_freeze_time_and_the_total_goes_on() -> None:
    decision = second_freeze().last
    assert decision.freeze_s == 0.0
    assert decision.total_freeze_s > 5.0


def test_each_cycle_is_approached_anew_with_full_gas() -> None:
    assert second_freeze().last.valve_fraction == 1.0


@pytest.mark.requirement("total_freeze_time")
def test_a_stop_does_not_forget_the_total_dose() -> None:
    desk = Desk().freezing()
    desk.ticks(50)
    desk.order("stop")
    assert desk.tick().total_freeze_s == pytest.approx(5.1)


@pytest.mark.requirement("H-04")
@pytest.mark.parametrize(("change", "reason"), [
    ({"supply_kpa": 3000.0}, "supply 3000.0 kPa, not at least 3500.0 kPa"),
    ({"supply_kpa": math.nan}, "supply sensor reads nan, not a number"),
    ({"exhaust_kpa": math.nan}, "exhaust sensor reads nan, not a number"),
], ids=str)
def test_the_next_freeze_of_a_plan_opens_nothing_that_is_not_proven(
        change: dict[str, float], reason: str) -> None:
    desk = Desk().holding("two")
    while desk.last.mode == "freeze":
        desk.tick()
    assert desk.ticks(5, **change).mode == "thaw"  # gas is off: low pressure harms nobody
    while desk.last.mode == "thaw":
        desk.tip_c += 3.0
        decision = desk.tick(**change)
    assert is_shut(decision)
    assert decision.reason == reason


# What is told.


def test_a_running_freeze_says_phase_tip_target_and_plan() -> None:
    assert Desk().holding("one").last.reason == (
        "hold: tip -40.0 °C, target -40.0 °C, plan one, revision 1, "
        "cycle 1: -40.0 °C for 100 s, passive thaw")


def test_the_end_of_a_phase_says_which_cycle_and_how_cold() -> None:
    desk = Desk().holding("two")
    while desk.last.mode == "freeze":
        desk.tick()
    assert desk.last.reason == (
        "thaw: tip -60.0 °C, target -20.0 °C, hold over in cycle 1: tip -60.0 °C")


def test_a_decision_carries_what_the_stages_found() -> None:
    desk = Desk().holding("one")
    desk.ticks(100)
    decision = desk.tick(tip_c=BROKEN)
    controller = desk.controller
    assert decision.now_ms == desk.now_ms
    assert decision.tip_c == pytest.approx(-40.0, abs=0.02)
    assert decision.slope_c_per_s == pytest.approx(0.0, abs=0.1)
    assert decision.freeze_s == controller.dose.cycle_ms * 0.001
    assert decision.total_freeze_s == controller.dose.total_ms * 0.001
    assert decision.cold_s == controller.dose.ice.cold_ms * 0.001
    assert decision.ice_radius_mm == controller.dose.ice.radius_0c_mm > 1.0
    assert decision.ice_m20_radius_mm == controller.dose.ice.radius_m20c_mm > 1.0
    assert (decision.distrusted, decision.plan.name, decision.revision) == (1, "one", 1)


def test_an_alarm_comes_with_its_event_once() -> None:
    desk = Desk()
    decision = desk.tick(estop=0.0)
    assert [(event.what, event.name) for event in decision.alarm_events] == [("raised", "estop")]
    assert desk.tick(estop=0.0).alarm_events == ()
    assert [alarm.priority for alarm in desk.last.alarms] == ["high"]


def asked(desk: Desk) -> tuple[str, str, float, float]:
    said = desk.controller.asked
    return said.mode, said.phase, said.valve_fraction, said.heater_fraction


def test_what_was_asked_for_is_remembered_for_the_next_tick() -> None:
    desk = Desk().freezing("one")
    assert asked(desk) == ("freeze", "approach", 1.0, 0.0)
    assert (desk.controller.asked.target_c, desk.controller.asked.left_s) == (-40.0, 100.0)
    assert asked(desk_in("thaw")) == ("thaw", "thaw", 0.0, 1.0)


@pytest.mark.parametrize(("fitted", "passes"), [
    (FITTED, 0.0), (tuple(name for name in FITTED if name != "isolator"), 0.0)])
def test_a_shut_isolator_passes_nothing(fitted: tuple[str, ...], passes: float) -> None:
    desk = Desk(fitted)
    desk.order("precheck")
    seen = {}
    while desk.last.mode == "precheck":
        seen[desk.last.course.phase] = desk.controller.asked.valve_fraction
        desk.tick()
    assert seen.get("isolator", passes) == passes
    assert seen["freeze"] == PULSE


# Time.


@pytest.mark.requirement("H-08")
def test_a_clock_that_goes_back_adds_no_dose_and_takes_none() -> None:
    desk = Desk().freezing()
    desk.ticks(10)
    desk.now_ms -= 600
    assert desk.tick().total_freeze_s == pytest.approx(1.0)


@pytest.mark.requirement("clock")
def test_a_clock_that_stands_still_is_no_fault() -> None:
    desk = Desk().freezing()
    desk.now_ms -= 100
    assert desk.tick().mode == "freeze"


def test_the_first_tick_takes_no_time() -> None:
    controller = Controller(limits_from(), FITTED, PLANS, PROBE)
    controller.step(reading(10**9), ())
    controller.mode = "freeze"
    controller.treatment.index = 0
    controller.treatment.load(PLANS[0])
    controller.treatment.enter("freeze", 10**9)
    assert controller.step(reading(10**9 + 100), ()).freeze_s == pytest.approx(0.1)


def test_the_same_readings_and_commands_give_the_same_decisions() -> None:
    def decisions() -> list[str]:
        desk = Desk().freezing()
        return [repr(desk.tick(**both_tips(34.0 - tick * 0.7))) for tick in range(100)]

    assert decisions() == decisions()


@pytest.mark.parametrize("channel", [name for name in CHANNELS
                                     if name not in ("tip_c", "supply_kpa")])
def test_an_unfitted_channel_may_say_anything(channel: str) -> None:
    desk = Desk(tuple(name for name in FITTED if name != channel))
    for value in (math.nan, 1e38, 0.5):
        assert desk.tick(**{channel: value}).mode == "standby"
        assert desk.names() == []


def test_a_reading_of_the_minimal_rig_is_enough() -> None:
    controller = Controller(limits_from(), ("tip_c", "supply_kpa"), (PLANS[1],), PROBE)
    sound = reading(100)
    bare = Reading(*[part if name not in CHANNELS or name in ("tip_c", "supply_kpa")
                     else Sample(math.nan, 0, "not fitted")
                     for name, part in zip(Reading._fields, sound, strict=True)])
    assert controller.step(bare, ()).alarms == ()
