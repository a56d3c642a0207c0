"""INTERLOCKS, one by one: readings that break a row, and what is made of it in time."""

import math

import pytest

from controller.dose import Dose
from controller.interlocks import INTERLOCKS, Interlocks
from controller.records import NOTHING_ASKED, Cycle, Plan, Sample
from controller.senses import Senses
from tests.controller.given import (
    FITTED,
    LIMITS_IN_FORCE,
    PLANS,
    PROBE,
    Desk,
    both_tips,
    desk_in,
    found,
    is_shut,
    reading,
)

BROKEN = Sample(math.nan, 0, "open circuit")
DEEP = Plan("deep", (Cycle(-80.0, 100.0, "passive", 0.0, 0.0),))
SLOW_THAW = Plan("slow", (Cycle(-40.0, 1.0, "active", 60.0, 20.0),))


def shuts(desk: Desk, name: str, **changes: object) -> str:
    """Return the reason why `changes` shut everything in the time that row `name` promises."""
    decision = found(desk, name, **changes)
    assert is_shut(decision)
    assert decision.mode == "fault"
    assert name in [trip.name for trip in decision.tripped]
    return decision.reason


def thaws(desk: Desk, name: str, **changes: object) -> str:
    """Return the reason why `changes` make it give up the freeze in the promised time."""
    decision = found(desk, name, **changes)
    assert (decision.valve_fraction, decision.isolator_open) == (0.0, False)
    assert decision.mode == "thaw"
    assert name in [trip.name for trip in decision.tripped]
    return decision.tripped[0].reason


def warns(desk: Desk, name: str, **changes: object) -> str:
    """Return what is told while the mode stays, in the promised time; it ends with its cause."""
    mode = desk.controller.mode
    decision = found(desk, name, **changes)
    assert decision.mode == mode
    assert name not in [trip.name for trip in decision.tripped]
    return next(alarm.reason for alarm in decision.alarms if alarm.name == name)


# Stopping, crashing, time.


@pytest.mark.requirement("estop")
def test_an_open_emergency_stop_loop_shuts() -> None:
    assert shuts(Desk().freezing(), "estop", estop=0.0) == "e-stop pressed or its wire cut"


@pytest.mark.requirement("estop")
def test_an_emergency_stop_that_says_nothing_shuts() -> None:
    assert shuts(Desk().freezing(), "estop", estop=Sample(1.0, 301, "")).startswith("e-stop sample")


@pytest.mark.requirement("actuator")
def test_an_output_that_did_not_arrive_shuts() -> None:
    assert shuts(Desk().freezing(), "actuator", actuator_fault="valve: no reply") == (
        "valve: no reply; close the cylinder by hand")


@pytest.mark.requirement("unclean_stop")
def test_an_unclean_end_of_the_last_run_is_a_fault() -> None:
    assert shuts(Desk(unclean="killed"), "unclean_stop") == "killed"


@pytest.mark.requirement("limits_changed")
def test_limits_that_were_damaged_in_memory_shut() -> None:
    desk = Desk().freezing()
    desk.controller.senses.limits = desk.limits._replace(tip_c_min=-99.0)
    assert shuts(desk, "limits_changed") == "the limits are not those of the start any more"


@pytest.mark.requirement("clock")
def test_a_clock_that_goes_back_shuts_and_stays_a_fault() -> None:
    desk = Desk().freezing()
    desk.now_ms -= 101
    assert shuts(desk, "clock") == "the clock went back"
    desk.order("ack")
    assert desk.order("reset").text == "cause present: the clock went back"


@pytest.mark.requirement("late_tick")
def test_a_tick_that_is_too_late_shuts() -> None:
    assert Desk().freezing().tick(late_ms=200).mode == "freeze"
    assert shuts(Desk().freezing(), "late_tick", late_ms=201).startswith("tick late by 201.0 ms")


@pytest.mark.requirement("slipped_ticks")
def test_the_third_slipped_tick_shuts() -> None:
    assert Desk().freezing().tick(slips=2).mode == "freeze"
    assert shuts(Desk().freezing(), "slipped_ticks", slips=3).startswith("slipped ticks in a row 3")


# Sensors.


@pytest.mark.requirement("tip_sensor")
def test_a_broken_tip_sensor_shuts() -> None:
    assert shuts(Desk().freezing(), "tip_sensor", tip_c=BROKEN) == "tip: open circuit"


@pytest.mark.requirement("tip_b_sensor")
def test_a_broken_second_tip_sensor_shuts() -> None:
    assert shuts(Desk().freezing(), "tip_b_sensor", tip_b_c=BROKEN) == "tip_b: open circuit"


@pytest.mark.requirement("supply_sensor")
def test_a_broken_supply_gauge_shuts() -> None:
    assert shuts(Desk().freezing(), "supply_sensor", supply_kpa=BROKEN) == "supply: open circuit"


@pytest.mark.requirement("exhaust_sensor")
def test_a_broken_exhaust_gauge_shuts() -> None:
    assert shuts(Desk().freezing(), "exhaust_sensor", exhaust_kpa=BROKEN) == (
        "exhaust: open circuit")


@pytest.mark.requirement("flow_sensor")
def test_a_broken_flow_meter_shuts() -> None:
    assert shuts(Desk().freezing(), "flow_sensor", flow_slpm=BROKEN) == "flow: open circuit"


@pytest.mark.requirement("skin_sensor")
def test_a_broken_skin_sensor_shuts() -> None:
    assert shuts(Desk().freezing(), "skin_sensor", skin_c=BROKEN) == "skin: open circuit"


@pytest.mark.requirement("cold_junction_sensor")
def test_a_broken_cold_junction_shuts() -> None:
    assert shuts(Desk().freezing(), "cold_junction_sensor", cold_junction_c=BROKEN) == (
        "cold junction: open circuit")


@pytest.mark.requirement("cold_junction_low")
def test_a_cold_junction_below_its_range_shuts() -> None:
    assert shuts(Desk().freezing(), "cold_junction_low", cold_junction_c=4.9).startswith(
        "cold junction 4.9 °C, not at least 5.0 °C")


@pytest.mark.requirement("cold_junction_high")
def test_a_cold_junction_above_its_range_shuts() -> None:
    assert shuts(Desk().freezing(), "cold_junction_high", cold_junction_c=45.1).startswith(
        "cold junction 45.1 °C, not at most 45.0 °C")


@pytest.mark.requirement("probe")
def test_another_probe_in_a_freeze_shuts() -> None:
    assert shuts(Desk().freezing(), "probe", probe_id=2.0) == (
        "probe 2 is plugged in, the rig is for 1")


@pytest.mark.requirement("probe")
def test_a_probe_that_is_pulled_out_shuts() -> None:
    assert shuts(Desk().freezing(), "probe", probe_id=BROKEN) == "probe: open circuit"


@pytest.mark.requirement("tip_step")
def test_a_jump_that_stays_shuts() -> None:
    assert shuts(Desk().holding(), "tip_step", tip_c=24.0).startswith("tip changes by ")


@pytest.mark.requirement("tip_disagree")
def test_two_sensors_that_go_on_disagreeing_shut() -> None:
    assert shuts(Desk().freezing(), "tip_disagree", tip_b_c=30.0).startswith(
        "tip sensors differ by 4.0 °C, not at most 3.0 °C for 1000 ms")


@pytest.mark.requirement("tip_stuck")
def test_a_tip_sensor_that_says_the_same_while_gas_flows_shuts() -> None:
    assert shuts(Desk().freezing(), "tip_stuck", tip_c=34.0).startswith(
        "tip has said the same for 2.1 s")


@pytest.mark.requirement("tip_b_stuck")
def test_a_second_tip_sensor_that_says_the_same_while_gas_flows_shuts() -> None:
    assert shuts(Desk().freezing(), "tip_b_stuck", tip_b_c=34.0).startswith(
        "tip_b has said the same for 2.1 s")


# Tip.


@pytest.mark.requirement("tip_cold")
def test_a_tip_below_the_floor_shuts() -> None:
    desk = Desk(plans=(DEEP,)).holding("deep")
    desk.ticks(10)
    desk.ramp_to(-86.0, 0.25)
    assert shuts(desk, "tip_cold", **both_tips(-91.2)) == "tip -91.2 °C, not at least -90.0 °C"


@pytest.mark.requirement("tip_cold")
def test_one_sensor_below_the_floor_shuts() -> None:
    desk = Desk(plans=(DEEP,)).holding("deep")
    desk.ticks(10)
    desk.ramp_to(-88.0, 0.25)
    assert shuts(desk, "tip_cold", tip_b_c=-90.1) == "tip -90.1 °C, not at least -90.0 °C"


@pytest.mark.requirement("tip_predicted")
def test_a_tip_that_will_pass_the_floor_shuts_before_it_does() -> None:
    desk = Desk(plans=(DEEP,)).freezing("deep")
    desk.ramp_to(-84.0, 2.0)
    assert "tip_predicted" in [trip.name for trip in desk.last.tripped]
    assert "tip_cold" not in desk.names()
    assert is_shut(desk.last)


@pytest.mark.requirement("thaw_hot")
def test_a_tip_above_the_ceiling_ends_the_heating() -> None:
    desk = Desk(plans=(SLOW_THAW,)).holding("slow")
    desk.ticks(11)
    desk.ramp_to(30.0)
    desk.ticks(11)
    desk.tip_c = 32.0
    assert desk.ticks(11).mode == "thaw"
    assert shuts(desk, "thaw_hot", tip_b_c=41.1) == "tip 41.1 °C, not at most 41.0 °C"


@pytest.mark.requirement("thaw_predicted")
def test_a_tip_that_rises_towards_the_ceiling_ends_the_heating_before_it_is_there() -> None:
    desk = Desk(plans=(SLOW_THAW,)).holding("slow")
    desk.ticks(11)
    desk.ramp_to(20.0)
    while desk.last.mode == "thaw":
        desk.tip_c += 1.4  # 14 °C/s: a heater that is stuck
        desk.tick()
    assert is_shut(desk.last)
    assert desk.last.tripped[0].name == "thaw_predicted"
    assert desk.tip_c < 39.0


@pytest.mark.requirement("thaw_predicted")
def test_a_thaw_that_ends_below_the_ceiling_is_no_danger() -> None:
    desk = Desk(plans=(SLOW_THAW,)).holding("slow")
    desk.ticks(11)
    desk.ramp_to(20.0)
    for _ in range(20):
        desk.tip_c += 0.5
        assert desk.tick().mode == "thaw"


@pytest.mark.requirement("no_warming")
def test_a_cold_tip_that_does_not_warm_in_a_thaw_closes_the_cylinder() -> None:
    desk = Desk(plans=(SLOW_THAW,)).holding("slow")
    while desk.last.mode == "freeze":
        desk.tick()
    reason = shuts(desk, "no_warming")
    assert reason.startswith("valve shut and tip no warmer for 30.1 s, not at most 30.0 s")
    assert reason.endswith("close the cylinder by hand")


@pytest.mark.requirement("no_warming")
def test_a_cold_tip_that_warms_slowly_is_left_to_it() -> None:
    desk = Desk(plans=(SLOW_THAW,)).holding("slow")
    while desk.last.mode == "freeze":
        desk.tick()
    for _ in range(310):
        desk.tip_c += 0.018  # 5.5 °C in 30 s
        assert desk.tick().mode == "thaw"


@pytest.mark.requirement("heater_stuck")
def test_a_tip_that_is_hot_with_the_heater_off_shuts_and_asks_for_the_cylinder() -> None:
    desk = Desk()
    desk.ramp_to(41.0, 1.0)
    assert shuts(desk, "heater_stuck", **both_tips(41.1)) == (
        "tip 41.1 °C, above 41.0 °C, with the heater off for 200 ms; close the cylinder by hand")


@pytest.mark.requirement("shut_cooling")
def test_a_tip_that_goes_on_cooling_after_a_stop_shuts_and_asks_for_the_cylinder() -> None:
    desk = Desk().holding()
    desk.order("stop")
    desk.ramp_to(-59.9, 0.5)
    assert desk.last.mode == "standby"
    assert shuts(desk, "shut_cooling", **both_tips(-60.7)).startswith(
        "valve shut and tip colder by 5.2 °C, not at most 5.0 °C for 500 ms; close the cylinder")


@pytest.mark.requirement("wrong_way")
def test_a_tip_that_warms_while_the_valve_is_open_shuts() -> None:
    desk = Desk().freezing()
    desk.ticks(40)
    desk.ramp_to(38.9, 0.5)
    assert desk.last.mode == "freeze"
    assert shuts(desk, "wrong_way", **both_tips(39.2)).startswith(
        "valve open and tip warmer by 5.2 °C, not at most 5.0 °C")


# Doses.


@pytest.mark.requirement("freeze_time")
def test_the_freeze_time_of_a_cycle_is_limited() -> None:
    desk = Desk(freeze_s_max=100.0).holding("one")
    while desk.now_ms - desk.controller.treatment.mode_since_ms < 100_000:
        desk.tick()
    assert desk.last.mode == "freeze"
    assert thaws(desk, "freeze_time") == "freeze time of this cycle 100.1 s, not at most 100.0 s"


@pytest.mark.requirement("total_freeze_time")
def test_the_total_freeze_time_is_limited() -> None:
    desk = Desk(total_freeze_s_max=100.0).holding("one")
    while desk.last.total_freeze_s < 99.95:
        desk.tick()
    assert desk.last.mode == "freeze"
    assert thaws(desk, "total_freeze_time") == "freeze time in total 100.1 s, not at most 100.0 s"


@pytest.mark.requirement("cold_dose")
def test_the_time_below_the_effective_temperature_is_limited() -> None:
    desk = Desk(cold_s_max=20.0).holding()
    while desk.last.cold_s < 19.95:
        desk.tick()
    assert desk.last.mode == "freeze"
    assert thaws(desk, "cold_dose") == "time below -20 °C 20.1 s, not at most 20.0 s"


@pytest.mark.requirement("ice_ball")
def test_the_estimated_ice_is_limited() -> None:
    desk = Desk(ice_m20_radius_mm_max=1.9, ice_radius_mm_max=2.0).freezing("one")
    desk.ramp_to(-40.0)
    while desk.last.mode == "freeze":
        assert desk.last.ice_radius_mm <= 2.0
        desk.tick()
    assert desk.last.ice_radius_mm > 2.0
    assert thaws(desk, "ice_ball").startswith("estimated ice radius 2.0 mm, not at most 2.0 mm")


@pytest.mark.requirement("ice_ball_m20")
def test_the_estimated_isotherm_of_effect_is_limited() -> None:
    desk = Desk(ice_m20_radius_mm_max=1.5).freezing("one")
    desk.ramp_to(-40.0)
    while desk.last.mode == "freeze":
        assert desk.last.ice_m20_radius_mm <= 1.5
        desk.tick()
    assert desk.last.ice_m20_radius_mm > 1.5
    assert thaws(desk, "ice_ball_m20").startswith("estimated -20 °C radius 1.5 mm, not at most 1.5")


# Skin.


@pytest.mark.requirement("skin_cold")
def test_a_cold_skin_ends_the_freeze() -> None:
    assert thaws(Desk().holding(), "skin_cold", skin_c=1.9).startswith(
        "skin 1.9 °C, not at least 2.0 °C for 200 ms")


@pytest.mark.requirement("skin_predicted")
def test_a_skin_that_will_be_cold_ends_the_freeze() -> None:
    desk = Desk().holding()
    skin_c = 33.0
    while not desk.last.tripped:
        skin_c -= 0.05
        desk.tick(skin_c=skin_c)
        assert skin_c > 10.0
    assert desk.last.tripped[0].name == "skin_predicted"
    assert desk.last.mode == "thaw"
    assert skin_c == pytest.approx(12.0 - 0.05 * 10, abs=0.2)  # -0.5 °C/s for 20 s, and a second


@pytest.mark.requirement("skin_low")
def test_a_cool_skin_is_told_beforehand_and_ends_by_itself() -> None:
    desk = Desk().freezing()
    assert warns(desk, "skin_low", skin_c=3.9).startswith("skin 3.9 °C, not at least 4.0 °C for")
    desk.tick()
    assert desk.names() == []


@pytest.mark.requirement("skin_falling")
def test_a_skin_that_falls_fast_is_told_beforehand() -> None:
    desk = Desk().holding()
    skin_c = 33.0
    while "skin_falling" not in desk.names():
        skin_c -= 0.015  # 9 °C/min
        desk.tick(skin_c=skin_c)
        assert skin_c > 30.0
    assert desk.last.mode == "freeze"


# Gas.


@pytest.mark.requirement("supply_low")
def test_a_low_supply_shuts() -> None:
    assert shuts(Desk().freezing(), "supply_low", supply_kpa=3499.9) == (
        "supply 3499.9 kPa, not at least 3500.0 kPa")


@pytest.mark.requirement("supply_high")
def test_a_high_supply_shuts() -> None:
    assert shuts(Desk().freezing(), "supply_high", supply_kpa=6000.1).startswith(
        "supply 6000.1 kPa, not at most 6000.0 kPa")


@pytest.mark.requirement("exhaust_high")
def test_a_blocked_exhaust_shuts() -> None:
    assert shuts(Desk().freezing(), "exhaust_high", exhaust_kpa=150.1).startswith(
        "exhaust 150.1 kPa, not at most 150.0 kPa")


@pytest.mark.requirement("burst")
def test_a_flow_that_jumps_while_the_supply_falls_shuts() -> None:
    desk = Desk().freezing()
    desk.ticks(30)
    assert shuts(desk, "burst", flow_slpm=20.0, supply_kpa=4970.0) == (
        "flow 20.0 L/min, not at most 15.4 L/min, while the supply fell by 30 kPa"
        "; close the cylinder by hand")


@pytest.mark.requirement("shut_flow")
@pytest.mark.parametrize("mode", ["standby", "ready", "thaw", "done"])
def test_a_flow_without_leave_shuts_and_asks_for_the_cylinder(mode: str) -> None:
    desk = desk_in(mode)
    desk.ticks(31)  # since power-up: what a flow meter may take to say its first word
    reason = shuts(desk, "shut_flow", flow_slpm=0.31)
    assert reason.startswith(
        "flow with the valve shut 0.31 L/min, not at most 0.30 L/min for 300 ms")
    assert reason.endswith("close the cylinder by hand")


@pytest.mark.requirement("shut_flow")
def test_a_valve_that_stays_open_is_found_in_time_whatever_modes_follow() -> None:
    desk = Desk().freezing()
    desk.ticks(20)
    desk.order("thaw")
    shut_ms = desk.now_ms
    desk.tick(flow_slpm=12.0)  # a warm tip: the thaw is over at once
    assert desk.controller.mode == "done"
    desk.ticks(15, flow_slpm=12.0)
    desk.tick(desk.command("stop"), flow_slpm=12.0)
    shuts(desk, "shut_flow", flow_slpm=12.0)
    assert desk.now_ms - shut_ms <= 3100


@pytest.mark.requirement("flow_high")
def test_liquid_in_the_line_shuts() -> None:
    desk = Desk().freezing()
    desk.ticks(30)
    assert shuts(desk, "flow_high", flow_slpm=18.2).startswith(
        "flow by what the valve should pass 1.49 times, not at most 1.45 times for 500 ms")


@pytest.mark.requirement("blockage")
def test_a_blocked_nozzle_ends_the_freeze() -> None:
    desk = Desk().freezing()
    desk.ramp_to(0.0)
    assert thaws(desk, "blockage", flow_slpm=5.9).startswith(
        "flow by what the valve should pass 0.49 times, not at least 0.50 times for 1000 ms")


@pytest.mark.requirement("no_cooling")
def test_a_tip_that_does_not_cool_ends_the_freeze() -> None:
    assert shuts(Desk().freezing(), "no_cooling") == (  # a warm tip needs no thaw
        "valve open and no cooling for 8.1 s, not at most 8.0 s")


@pytest.mark.requirement("slow_approach")
def test_a_target_that_is_not_reached_ends_the_freeze() -> None:
    desk = Desk(approach_s_max=10.0).freezing()
    desk.ramp_to(0.0)
    while desk.last.freeze_s < 9.95:
        assert desk.tick().mode == "freeze"
    assert thaws(desk, "slow_approach") == "target not reached for 10.1 s, not at most 10.0 s"


@pytest.mark.requirement("off_target")
def test_a_tip_off_its_target_is_told() -> None:
    desk = Desk().holding()
    desk.ramp_to(-45.1)
    assert warns(desk, "off_target").startswith(
        "tip off its target by 5.1 °C, not at most 5.0 °C for 10000 ms")


@pytest.mark.requirement("swing")
def test_a_tip_that_swings_in_the_hold_is_told() -> None:
    desk = Desk().holding()
    desk.ticks(150)
    for _ in range(5):
        desk.ramp_to(-35.9, 0.5)
        desk.ramp_to(-44.1, 0.5)
    assert "swing" in desk.names()
    assert desk.last.mode == "freeze"


@pytest.mark.requirement("supply_reserve")
def test_a_supply_that_will_not_last_is_told() -> None:
    desk = Desk().holding()
    supply_kpa = 5000.0
    while "supply_reserve" not in desk.names():
        supply_kpa -= 2.0
        assert desk.tick(supply_kpa=supply_kpa).mode == "freeze"
        assert supply_kpa > 4000.0
    assert desk.last.mode == "freeze"


# The person.


@pytest.mark.requirement("pedal")
def test_a_released_pedal_shuts_a_freeze() -> None:
    desk = Desk((*FITTED, "pedal")).ready()
    assert desk.tick(desk.command("freeze"), pedal=1.0).mode == "freeze"
    assert shuts(desk, "pedal", pedal=0.0) == "pedal released"


@pytest.mark.requirement("pedal_stuck")
def test_a_pedal_that_was_never_seen_released_inhibits_the_check() -> None:
    decision = Desk((*FITTED, "pedal")).checked(pedal=1.0)
    assert (decision.mode, decision.reason) == (
        "standby",
        "precheck failed: pedal pressed, and not seen released since the check")


@pytest.mark.requirement("estop_test")
def test_an_emergency_stop_that_was_never_tried_inhibits_the_check() -> None:
    decision = Desk((*FITTED, "estop_test")).checked()
    assert (decision.mode, decision.reason) == (
        "standby", "precheck failed: e-stop was not pressed and released since power-up")


@pytest.mark.requirement("estop_test")
def test_an_emergency_stop_that_was_tried_allows_the_check() -> None:
    desk = Desk((*FITTED, "estop_test"))
    desk.tick(estop=0.0)
    desk.order("ack")
    desk.order("reset")
    assert desk.checked().mode == "ready"


@pytest.mark.requirement("start_cold")
def test_a_tip_that_is_cold_before_any_gas_inhibits_the_check() -> None:
    decision = Desk().checked(**both_tips(4.9))
    assert (decision.mode, decision.reason) == (
        "standby", "precheck failed: tip 4.9 °C, not at least 5.0 °C")


@pytest.mark.requirement("check")
def test_without_the_check_before_use_a_start_is_inhibited() -> None:
    facts = Senses(LIMITS_IN_FORCE, FITTED, PROBE).update(
        reading(), Dose(PROBE), NOTHING_ASKED, "")[0]
    inhibited = Interlocks(LIMITS_IN_FORCE, FITTED).inhibits(facts)
    assert ("check", "the check before use was not passed") in inhibited


@pytest.mark.requirement("check_age")
def test_a_check_that_grew_old_inhibits_the_start() -> None:
    desk = Desk(check_s_max=30.0)
    desk.checked()
    assert desk.ticks(300).mode == "ready"
    assert desk.tick().mode == "standby"
    assert desk.last.reason == "ready failed: check passed 30.1 s, not at most 30.0 s"


@pytest.mark.requirement("log")
@pytest.mark.parametrize("mode", ["freeze", "thaw"])
def test_a_log_that_is_full_is_told_and_what_runs_goes_on(mode: str) -> None:
    desk = desk_in(mode)
    assert warns(desk, "log", log_fault="no space left") == "no space left"
    desk.tick()
    assert "log" not in desk.names()


@pytest.mark.requirement("log")
def test_a_log_that_is_full_inhibits_the_start() -> None:
    assert Desk().ready().tick(log_fault="no space left").reason == "ready failed: no space left"


@pytest.mark.requirement("indicator")
def test_a_lamp_that_does_not_answer_is_told_and_what_runs_goes_on() -> None:
    assert warns(desk_in("freeze"), "indicator", indicator_fault="lamp: no reply") == (
        "lamp: no reply")


@pytest.mark.requirement("do_not_pull")
@pytest.mark.parametrize("mode", ["standby", "thaw", "done"])
def test_a_frozen_tip_is_told_while_it_may_be_pulled(mode: str) -> None:
    desk = Desk()
    desk.ramp_to(4.9)
    if mode == "thaw":
        desk.order("thaw")
    elif mode == "done":
        desk.tick(desk.command("thaw"), **both_tips(5.1))
        desk.tick(**both_tips(5.1))
    assert warns(desk, "do_not_pull", **both_tips(4.9)) == (
        "do not pull the probe: tip 4.9 °C, not at least 5.0 °C")


@pytest.mark.requirement("do_not_pull")
def test_a_freeze_that_was_stopped_says_do_not_pull() -> None:
    desk = Desk().holding()
    desk.order("stop")
    desk.tick()
    assert desk.names() == ["do_not_pull"]
    desk.ramp_to(5.0)
    assert desk.names() == []


def test_every_row_has_its_test_here(request: pytest.FixtureRequest) -> None:
    named = {mark.args[0] for name, test in vars(request.module).items()
             if name.startswith("test_") for mark in getattr(test, "pytestmark", ())
             if mark.name == "requirement"}
    assert {row.name for row in INTERLOCKS} <= named


def test_the_plans_of_the_rows_can_be_loaded() -> None:
    assert [Desk(plans=(*PLANS, DEEP, SLOW_THAW)).order("plan", plan.name).code
            for plan in (DEEP, SLOW_THAW)] == [0, 0]


@pytest.mark.requirement("shut_flow")
@pytest.mark.parametrize("mode", ["standby", "done"])
def test_a_flow_meter_that_is_silent_proves_no_shut_valve(mode: str) -> None:
    desk = desk_in(mode)
    desk.ticks(31)
    reason = shuts(desk, "shut_flow", flow_slpm=Sample(0.0, 0, "does not answer"))
    assert reason.startswith("flow with the valve shut unknown, not at most")


@pytest.mark.requirement("pedal_stuck")
def test_a_pedal_that_stays_pressed_after_a_stop_begins_no_other_check() -> None:
    desk = Desk((*FITTED, "pedal")).ready()
    desk.tick(desk.command("freeze"), pedal=1.0)
    assert desk.tick(desk.command("stop"), pedal=1.0).mode == "standby"
    desk.tip_c = 30.0
    desk.ticks(20, pedal=1.0)
    decision = desk.checked(pedal=1.0)
    assert decision.mode == "standby"
    assert "not seen released since the check" in decision.reason


# What a reviewer tried.


@pytest.mark.requirement("heater_stuck")
def test_a_broken_sensor_does_not_hide_what_the_other_says_of_a_heater() -> None:
    desk = Desk()
    desk.ticks(60)
    decision = desk.ticks(5, tip_c=44.0, tip_b_c=Sample(math.nan, 0, "open circuit"))
    assert decision.mode == "fault"
    assert "heater_stuck" in [trip.name for trip in decision.tripped]


@pytest.mark.requirement("probe")
@pytest.mark.parametrize("probe_id", [7.0, Sample(math.nan, 0, "no probe")])
def test_a_probe_that_is_changed_in_a_thaw_ends_the_plan(probe_id: object) -> None:
    desk = Desk().holding("two")
    while desk.last.mode == "freeze":
        desk.tick()
    assert is_shut(desk.tick(probe_id=probe_id))
    assert (desk.last.mode, desk.last.tripped[0].name) == ("fault", "probe")


@pytest.mark.requirement("skin_cold")
def test_a_skin_that_freezes_in_the_check_ends_it() -> None:
    desk = Desk()
    desk.order("plan", "one")
    desk.order("precheck")
    while desk.last.course.phase != "freeze":
        desk.tick()
    decision = desk.tick(skin_c=-5.0)
    assert (decision.valve_fraction, decision.isolator_open) == (0.0, False)
    assert decision.mode != "precheck"


@pytest.mark.requirement("tip_step")
def test_jumps_between_good_samples_are_not_ridden_through_for_ever() -> None:
    desk = Desk().holding("one")
    for ridden in range(5):
        assert desk.tick(tip_c=desk.tip_c + 25.0).mode == "freeze", ridden
        assert desk.tick().mode == "freeze"
    assert is_shut(desk.tick(tip_c=desk.tip_c + 25.0))
    assert desk.last.tripped[0].name == "tip_step"


@pytest.mark.requirement("tip_step")
def test_one_sensor_that_repeats_its_stamp_is_not_believed() -> None:
    one = tuple(name for name in FITTED if name != "tip_b_c")
    desk = Desk(one).holding("one")
    assert is_shut(desk.tick(tip_c=Sample(10.0, 100, "")))


@pytest.mark.requirement("clock")
def test_a_clock_that_stands_still_shuts() -> None:
    desk = Desk().holding("one")
    for _ in range(4):
        desk.now_ms -= 100
        desk.tick()
    assert is_shut(desk.last)
    assert desk.last.tripped[0].reason == "the clock stands still"


@pytest.mark.requirement("no_warming")
def test_a_valve_that_stays_open_after_a_stop_is_told_on_a_rig_without_a_flow_meter() -> None:
    bare = tuple(name for name in FITTED if name not in ("flow_slpm", "isolator"))
    desk = Desk(bare).holding("one")
    desk.order("stop")
    for _ in range(8):  # changing the mode does not begin its time anew
        desk.ticks(40)
        desk.order("thaw" if desk.last.mode == "standby" else "stop")
    assert desk.last.mode == "fault"
    assert desk.last.tripped[0].name == "no_warming"


@pytest.mark.requirement("shut_cooling")
def test_a_tip_that_is_not_known_for_a_tick_does_not_begin_the_dip_anew() -> None:
    bare = tuple(name for name in FITTED if name not in ("flow_slpm", "isolator"))
    desk = Desk(bare).holding("one")
    desk.order("stop")
    desk.ticks(110)
    unknown = Sample(math.nan, 0, "open circuit")
    for _ in range(60):
        desk.tick(tip_c=unknown, tip_b_c=unknown)
        desk.tip_c -= 0.8
        if desk.tick().mode == "fault":
            break
    assert desk.last.mode == "fault"
    assert desk.tip_c > -60.0


@pytest.mark.requirement("exhaust_high")
@pytest.mark.parametrize("changes", [{"supply_kpa": 9000.0}, {"exhaust_kpa": 1900.0},
                                     {"cold_junction_c": 90.0}])
def test_what_is_unproven_every_second_tick_shuts(changes: dict[str, float]) -> None:
    desk = Desk().holding("one")
    for _ in range(40):
        desk.tick(**changes)
        if desk.tick().mode == "fault":
            break
    assert is_shut(desk.last)
    assert desk.last.mode == "fault"


@pytest.mark.requirement("exhaust_high")
def test_one_bad_tick_in_three_of_a_row_with_a_grace_is_borne() -> None:
    desk = Desk().holding("one")
    for _ in range(100):
        desk.tick(exhaust_kpa=151.0)
        assert desk.ticks(2).mode == "freeze"
