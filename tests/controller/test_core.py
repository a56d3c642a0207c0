"""Controller.step: starts, stops, latches and doses, as an operator and a reading bring them."""

import math

import pytest

from controller.core import COMMANDS_PER_TICK, LEASE_MS, Controller
from controller.interlocks import INTERLOCKS
from controller.limits import limits_from
from controller.modes import MODE_NAMES
from controller.orders import ORDERS, START_LIFE_MS
from controller.records import CHANNELS, Cycle, Decision, Plan, Refused, Sample
from tests.controller.given import (
    FITTED,
    NUMBERS_THAT_ARE_NONE,
    PLANS,
    PROBE,
    Desk,
    both_tips,
    desk_in,
    reading,
)

MANDATORY = sorted({row.needs for row in INTERLOCKS if row.mandatory})


def is_shut(decision: Decision) -> bool:
    return (decision.valve_fraction, decision.heater_fraction, decision.isolator_open) == (
        0.0, 0.0, False)


# What a rig must have


@pytest.mark.requirement("H-03")
@pytest.mark.parametrize("channel", MANDATORY)
def test_a_rig_without_a_mandatory_channel_is_refused(channel: str) -> None:
    fitted = tuple(name for name in CHANNELS if name != channel)
    with pytest.raises(Refused, match=f"the rig has no {channel}"):
        Controller(limits_from(), fitted, PLANS, PROBE)


def test_a_rig_with_only_the_mandatory_channels_is_taken() -> None:
    assert Controller(limits_from(), tuple(MANDATORY), PLANS, PROBE).mode == "standby"


# Starting


def test_a_start_is_granted_when_everything_is_proven() -> None:
    assert Desk().freezing().last.mode == "freeze"


def test_a_start_opens_the_valve_with_a_lease() -> None:
    decision = Desk().freezing().last
    assert decision.valve_fraction > 0.0
    assert decision.isolator_open
    assert decision.lease_ms == LEASE_MS


def test_a_precheck_takes_two_seconds() -> None:
    desk = Desk()
    desk.order("precheck")
    assert desk.ticks(19).mode == "precheck"
    assert desk.ticks(1).mode == "ready"


@pytest.mark.requirement("H-02")
def test_a_start_that_names_another_revision_is_refused() -> None:
    desk = Desk().ready()
    reply = desk.order("freeze", revision=desk.controller.revision - 1)
    assert reply.code == -221
    assert "you were last shown revision 0, now it is plan two, revision 1" in reply.text


@pytest.mark.requirement("H-02")
@pytest.mark.parametrize(("change", "argument"), [
    (("plan", "one"), math.nan), (("plan", "two"), math.nan), (("target",), -50.0)], ids=str)
def test_a_changed_plan_refuses_the_start_of_the_old_one(change: tuple[str, ...],
                                                         argument: float) -> None:
    desk = Desk().ready()
    shown = desk.controller.revision
    desk.order(*change, value=argument)
    assert desk.order("freeze", revision=shown).code == -221
    assert desk.controller.mode == "ready"


@pytest.mark.requirement("H-02")
def test_a_start_that_is_two_seconds_old_is_granted() -> None:
    desk = Desk().ready()
    assert desk.order("freeze", issued_ms=desk.now_ms + 100 - START_LIFE_MS).code == 0


@pytest.mark.requirement("H-02")
def test_a_start_that_is_older_than_two_seconds_is_refused() -> None:
    desk = Desk().ready()
    reply = desk.order("freeze", issued_ms=desk.now_ms + 99 - START_LIFE_MS)
    assert "2001 ms old, not at most 2000 ms" in reply.text
    assert desk.controller.mode == "ready"


@pytest.mark.requirement("H-02")
def test_a_start_from_the_future_is_refused() -> None:
    desk = Desk().ready()
    desk.order("freeze", issued_ms=desk.now_ms + 101)
    assert desk.controller.mode == "ready"


def test_a_start_without_a_plan_is_refused() -> None:
    desk = Desk()
    desk.order("precheck")
    desk.ticks(20)
    assert desk.order("freeze").text == "no plan is loaded"


@pytest.mark.requirement("H-02")
@pytest.mark.parametrize("mode", [mode for mode in MODE_NAMES if mode != "ready"])
def test_a_freeze_starts_only_from_ready(mode: str) -> None:
    desk = desk_in(mode)
    reply = desk.order("freeze")
    assert reply.code == -221
    assert f"not possible in mode {mode}" in reply.text


def test_a_tip_that_is_cold_before_the_gas_inhibits_the_start() -> None:
    desk = Desk().ready()
    desk.ramp_to(4.0)
    assert desk.last.mode == "standby"
    assert "tip 4.0 °C, not at least 5.0 °C" in desk.last.reason


def test_the_tick_that_is_not_proven_refuses_the_start_in_it() -> None:
    desk = Desk().ready()
    decision = desk.tick(desk.command("freeze"), supply_kpa=3000.0)
    assert decision.mode == "standby"
    assert "start inhibited: supply 3000.0 kPa, not at least 3500.0 kPa" in (
        decision.replies[0].text)


@pytest.mark.requirement("H-08")
def test_a_start_that_would_pass_the_total_dose_is_refused() -> None:
    desk = Desk(total_freeze_s_max=110.0).freezing("one")
    desk.ticks(150)
    desk.order("stop")
    desk.order("precheck")
    desk.ticks(20)
    reply = desk.order("freeze")
    assert reply.code == -222
    assert "freeze time in total would be 115.1 s, not at most 110.0 s" in reply.text


# Stopping


@pytest.mark.requirement("H-01")
@pytest.mark.parametrize("mode", MODE_NAMES)
def test_stop_is_granted_in_every_mode(mode: str) -> None:
    assert desk_in(mode).order("stop").code == 0


@pytest.mark.requirement("H-01")
@pytest.mark.parametrize("mode", MODE_NAMES)
def test_stop_shuts_in_its_own_tick(mode: str) -> None:
    desk = desk_in(mode)
    desk.order("stop")
    assert is_shut(desk.last)


@pytest.mark.requirement("H-01")
@pytest.mark.parametrize("mode", MODE_NAMES)
def test_stop_leads_to_standby_and_out_of_no_fault(mode: str) -> None:
    desk = desk_in(mode)
    desk.order("stop")
    assert desk.last.mode == ("fault" if mode == "fault" else "standby")


@pytest.mark.requirement("H-01")
def test_a_stop_after_a_start_in_one_tick_wins() -> None:
    desk = Desk().ready()
    decision = desk.tick(desk.command("freeze"), desk.command("stop"))
    assert decision.mode == "standby"
    assert is_shut(decision)


# Tripping, acknowledging, resetting


@pytest.mark.requirement("H-01")
@pytest.mark.parametrize("mode", MODE_NAMES)
def test_the_emergency_stop_leads_to_fault_from_every_mode(mode: str) -> None:
    decision = desk_in(mode).tick(estop=0.0)
    assert decision.mode == "fault"
    assert is_shut(decision)


@pytest.mark.requirement("H-01")
def test_a_trip_shuts_in_its_own_tick_and_says_why() -> None:
    decision = Desk().freezing().tick(supply_kpa=3000.0)
    assert is_shut(decision)
    assert decision.reason == "supply 3000.0 kPa, not at least 3500.0 kPa"


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


def test_a_trip_stays_when_its_cause_is_gone() -> None:
    desk = Desk()
    desk.tick(estop=0.0)
    assert desk.ticks(100).mode == "fault"


def test_a_reset_without_acknowledgement_is_refused() -> None:
    reply = desk_in("fault").order("reset")
    assert reply.code == -221
    assert reply.text.startswith("acknowledge first: estop")


@pytest.mark.requirement("H-01")
def test_a_reset_while_the_cause_is_present_is_refused() -> None:
    desk = desk_in("fault")
    desk.tick(desk.command("ack"), estop=0.0)
    decision = desk.tick(desk.command("reset"), estop=0.0)
    assert decision.replies[0].text == "cause present: e-stop pressed or its wire cut"
    assert decision.mode == "fault"


def test_a_reset_after_both_is_granted() -> None:
    desk = desk_in("fault")
    desk.order("ack")
    assert desk.order("reset").code == 0
    assert desk.last.mode == "standby"
    assert desk.last.tripped == ()


@pytest.mark.requirement("H-02")
def test_a_reset_never_starts_anything() -> None:
    desk = Desk().freezing()
    desk.tick(estop=0.0)
    desk.order("ack")
    desk.order("reset")
    for _ in range(100):
        assert is_shut(desk.tick())
    assert desk.last.mode == "standby"


def test_a_trip_that_comes_after_the_acknowledgement_holds_the_reset() -> None:
    desk = desk_in("fault")
    desk.order("ack")
    desk.tick(actuator_fault="valve: no reply")
    assert "acknowledge first: actuator" in desk.order("reset").text


def test_a_reset_outside_fault_is_refused() -> None:
    assert Desk().order("reset").text == "nothing to reset in mode standby"


@pytest.mark.requirement("H-02")
def test_an_unclean_end_of_the_last_run_is_a_fault_until_acknowledged() -> None:
    desk = Desk(unclean="the control process was killed")
    assert desk.tick().mode == "fault"
    desk.order("ack")
    assert desk.order("reset").code == 0


@pytest.mark.requirement("H-01")
def test_an_output_that_did_not_arrive_is_a_fault() -> None:
    decision = Desk().freezing().tick(actuator_fault="valve: no reply")
    assert decision.mode == "fault"
    assert "valve: no reply" in decision.reason


# What is no number

TITLES = {"tip_c": "tip", "tip_b_c": "tip_b", "skin_c": "skin", "supply_kpa": "supply",
          "exhaust_kpa": "exhaust", "flow_slpm": "flow", "estop": "e-stop"}


@pytest.mark.requirement("H-03")
@pytest.mark.parametrize("value", NUMBERS_THAT_ARE_NONE)
@pytest.mark.parametrize("channel", CHANNELS)
def test_what_is_no_number_shuts_a_freeze_in_its_own_tick_and_names_the_channel(
        channel: str, value: float) -> None:
    decision = Desk().freezing().tick(**{channel: value})
    assert is_shut(decision)
    assert decision.mode == "fault"
    assert decision.reason.startswith(TITLES[channel] + " sensor reads ")


@pytest.mark.requirement("H-03")
@pytest.mark.parametrize("value", NUMBERS_THAT_ARE_NONE)
@pytest.mark.parametrize("channel", CHANNELS)
def test_what_is_no_number_inhibits_the_start_and_names_the_channel(
        channel: str, value: float) -> None:
    desk = Desk().ready()
    decision = desk.tick(desk.command("freeze"), **{channel: value})
    assert is_shut(decision)
    assert f"{TITLES[channel]} sensor reads " in decision.replies[0].text + decision.reason


# Doses and thaws


@pytest.mark.requirement("H-08")
def test_the_freeze_time_of_a_cycle_is_limited() -> None:
    desk = Desk(freeze_s_max=100.0).freezing("one")
    desk.ticks(1000)
    assert desk.last.mode == "freeze"
    assert desk.tick().reason == "freeze time of this cycle 100.1 s, not at most 100.0 s"


@pytest.mark.requirement("H-08")
def test_the_total_freeze_time_is_limited() -> None:
    desk = Desk(total_freeze_s_max=100.0).freezing("one")
    assert "freeze time in total 100.1 s, not at most 100.0 s" in desk.ticks(1001).reason


def second_freeze() -> Desk:
    """Return a desk at the first tick of the second cycle, with the tip warm again."""
    desk = Desk(plans=(Plan("two", (Cycle(-60.0, 5.0, "passive", 1.0, 20.0),) * 2),)).freezing()
    desk.ramp_to(-60.0)
    desk.ticks(51)
    desk.ramp_to(20.0)
    assert (desk.last.mode, desk.last.course.cycle) == ("freeze", 2)
    return desk


@pytest.mark.requirement("H-08")
def test_each_cycle_has_its_own_freeze_time_and_the_total_goes_on() -> None:
    decision = second_freeze().last
    assert decision.freeze_s == 0.0
    assert decision.total_freeze_s > 5.0


def test_each_cycle_is_approached_anew_with_full_gas() -> None:
    assert second_freeze().last.valve_fraction == 1.0


@pytest.mark.requirement("H-08")
def test_a_stop_does_not_forget_the_total_dose() -> None:
    desk = Desk().freezing()
    desk.ticks(50)
    desk.order("stop")
    assert desk.tick().total_freeze_s == pytest.approx(5.1)


def test_a_plan_for_another_site_forgets_the_total_dose() -> None:
    desk = Desk().freezing()
    desk.ticks(50)
    desk.order("stop")
    desk.order("plan", "one")
    assert desk.last.total_freeze_s == 0.0


def test_a_thaw_by_hand_heats_a_cold_tip() -> None:
    desk = Desk()
    decision = desk.tick(desk.command("thaw"), **both_tips(-20.0))
    assert decision.mode == "thaw"
    assert decision.heater_fraction == 1.0


def test_a_thaw_by_hand_gives_up_the_plan_that_was_under_way() -> None:
    desk = Desk().freezing()
    desk.order("thaw")
    assert desk.tick().mode == "done"


def test_a_thaw_is_refused_where_the_table_has_none() -> None:
    desk = desk_in("thaw")
    assert desk.order("thaw").text == "thaw is not possible in mode thaw"


@pytest.mark.requirement("H-04")
@pytest.mark.parametrize(("change", "reason"), [
    ({"supply_kpa": 3000.0}, "supply 3000.0 kPa, not at least 3500.0 kPa"),
    ({"supply_kpa": math.nan}, "supply sensor reads nan, not a number"),
    ({"flow_slpm": math.nan}, "flow sensor reads nan, not a number"),
], ids=str)
def test_the_next_freeze_of_a_plan_opens_nothing_that_is_not_proven(
        change: dict[str, float], reason: str) -> None:
    desk = Desk().freezing()
    desk.ramp_to(-60.0)
    desk.ticks(51)
    assert desk.last.mode == "thaw"
    assert desk.ticks(5, **change).mode == "thaw"  # gas is off: low pressure harms nobody
    desk.tip_c = -57.0
    while desk.last.mode == "thaw":
        desk.tip_c += 3.0
        decision = desk.tick(**change)
    assert is_shut(decision)
    assert decision.reason == reason


@pytest.mark.requirement("H-07")
def test_a_thaw_with_an_untrusted_tip_is_refused() -> None:
    desk = Desk()
    decision = desk.tick(desk.command("thaw"), tip_c=math.nan)
    assert decision.replies[0].text.startswith("thaw inhibited: tip sensor reads nan")


@pytest.mark.requirement("H-07")
def test_a_tip_above_the_ceiling_ends_the_heating() -> None:
    decision = desk_in("thaw").tick(tip_b_c=41.1)
    assert "thaw_hot" in [trip.name for trip in decision.tripped]
    assert is_shut(decision)


@pytest.mark.requirement("H-06")
def test_a_tip_below_the_floor_shuts() -> None:
    desk = Desk().freezing()
    desk.ramp_to(-89.0)
    decision = desk.tick(**both_tips(-91.2))
    assert "tip -91.2 °C, not at least -90.0 °C" in decision.reason
    assert is_shut(decision)


@pytest.mark.requirement("H-03")
def test_one_bad_sample_is_ridden_through_on_the_other_sensor() -> None:
    desk = Desk().freezing()
    desk.ramp_to(-40.0)
    desk.tick(tip_c=24.0)
    assert desk.ticks(5).mode == "freeze"


@pytest.mark.requirement("H-03")
def test_one_bad_sample_of_the_only_sensor_shuts() -> None:
    desk = Desk(tuple(name for name in FITTED if name != "tip_b_c")).freezing()
    desk.ramp_to(-40.0)
    assert desk.tick(tip_c=24.0).mode == "fault"
    assert is_shut(desk.last)


@pytest.mark.requirement("H-03")
def test_a_jump_that_stays_shuts_and_says_how_fast_it_was() -> None:
    desk = Desk().freezing()
    desk.ramp_to(-40.0)
    assert desk.ticks(2, tip_c=24.0).mode == "freeze"
    assert "tip changes by" in desk.tick(tip_c=24.0).reason
    assert is_shut(desk.last)


@pytest.mark.requirement("H-03")
def test_two_sensors_that_disagree_for_a_second_shut() -> None:
    desk = Desk().freezing()
    assert desk.ticks(10, tip_b_c=30.0).mode == "freeze"
    assert desk.tick(tip_b_c=30.0).mode == "fault"


# Commands


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order[0])
def test_every_order_is_known(order: tuple[str, str]) -> None:
    assert Desk().order(order[0]).code != -113


def test_an_unknown_order_is_refused_by_name() -> None:
    reply = Desk().order("warp")
    assert (reply.code, reply.text) == (-113, "no order is called warp")


def test_more_commands_than_a_tick_takes_are_refused() -> None:
    desk = Desk()
    decision = desk.tick(*[desk.command("ack")] * (COMMANDS_PER_TICK + 3))
    assert [reply.code for reply in decision.replies] == [0] * COMMANDS_PER_TICK + [-221] * 3


@pytest.mark.requirement("H-01")
def test_a_stop_behind_too_many_commands_is_obeyed() -> None:
    desk = Desk().freezing()
    decision = desk.tick(*[desk.command("ack")] * 1000, desk.command("stop"))
    assert decision.replies[-1].code == 0
    assert is_shut(decision)


def test_every_command_gets_its_own_reply_in_order() -> None:
    desk = Desk()
    commands = [desk.command("ack")._replace(session=session, number=number)
                for session, number in (("a", 3), ("b", 1), ("a", 4))]
    decision = desk.tick(*commands)
    assert [(reply.session, reply.number) for reply in decision.replies] == [
        ("a", 3), ("b", 1), ("a", 4)]


def test_an_unknown_plan_is_refused_with_the_known_ones() -> None:
    reply = Desk().order("plan", "three")
    assert (reply.code, reply.text) == (-222, "no plan is called three; there are: two, one")


@pytest.mark.parametrize("mode", ["freeze", "thaw", "fault"])
def test_plan_and_target_are_fixed_in_a_running_or_failed_treatment(mode: str) -> None:
    desk = desk_in(mode)
    assert desk.order("plan", "one").code == -221
    assert desk.order("target", value=-50.0).code == -221


@pytest.mark.requirement("H-06")
@pytest.mark.parametrize("target_c", [-120.0, math.nan, math.inf, -math.inf, 0.0])
def test_a_target_outside_the_limits_changes_nothing(target_c: float) -> None:
    desk = Desk().ready()
    before = desk.controller.treatment.plan
    assert desk.order("target", value=target_c).code == -222
    assert desk.controller.treatment.plan == before


def test_a_target_needs_a_plan() -> None:
    assert "no plan is loaded" in Desk().order("target", value=-50.0).text


def test_every_change_of_plan_or_target_makes_a_new_revision() -> None:
    desk = Desk()
    revisions = [desk.order("plan", "two").revision, desk.order("target", value=-50.0).revision,
                 desk.order("plan", "two").revision]
    assert revisions == [1, 2, 3]


# Time


@pytest.mark.requirement("H-08")
def test_a_clock_that_goes_back_adds_no_dose_and_takes_none() -> None:
    desk = Desk().freezing()
    desk.ticks(10)
    desk.now_ms -= 600
    assert desk.tick().total_freeze_s == pytest.approx(1.0)


@pytest.mark.requirement("H-11")
def test_a_clock_that_goes_back_gives_a_demand_within_its_range() -> None:
    desk = Desk().freezing()
    desk.now_ms = 0
    assert 0.0 <= desk.tick().valve_fraction <= 1.0


@pytest.mark.requirement("H-11")
@pytest.mark.parametrize("late", [{"late_ms": 201}, {"slips": 3}], ids=str)
def test_a_loop_that_does_not_keep_time_shuts(late: dict[str, int]) -> None:
    assert Desk().freezing().tick(**late).mode == "fault"


@pytest.mark.requirement("H-03")
def test_a_stale_sample_shuts() -> None:
    decision = Desk().freezing().tick(tip_c=Sample(34.0, 301, ""))
    assert "tip sample is 301 ms old, not at most 300 ms" in decision.reason


def test_the_same_readings_and_commands_give_the_same_decisions() -> None:
    def decisions() -> list[str]:
        desk = Desk().freezing()
        return [repr(desk.tick(**both_tips(34.0 - tick * 0.7))) for tick in range(200)]

    assert decisions() == decisions()


def test_an_unfitted_channel_may_say_anything() -> None:
    controller = Controller(limits_from(), tuple(c for c in FITTED if c != "skin_c"), PLANS, PROBE)
    assert controller.step(reading(100, skin_c=math.nan), ()).mode == "standby"
