"""ORDERS: what an operator gets, and what is refused with its reason, in which mode."""

import math

import pytest

from controller.alarms import PAUSE_MS_MAX
from controller.core import COMMANDS_PER_TICK
from controller.modes import MODE_NAMES
from controller.orders import ORDERS, PLANNING, START_LIFE_MS
from controller.records import Cycle, Plan, Sample
from tests.controller.given import FITTED, Desk, both_tips, desk_in, is_shut

BROKEN = Sample(math.nan, 0, "open circuit")


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order[0])
def test_every_order_is_known(order: tuple[str, str]) -> None:
    assert Desk().order(order[0]).code != -113


def test_an_unknown_order_is_refused_by_name() -> None:
    reply = Desk().order("warp")
    assert (reply.code, reply.text) == (-113, "no order is called warp")


# Starting.


def test_a_start_is_granted_when_everything_is_proven() -> None:
    reply = Desk().ready().order("freeze")
    assert (reply.code, reply.text[:25]) == (0, "freeze: plan two, revisio")


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
    assert (reply.code, reply.text) == (
        -221, "this start is 2001 ms old, not at most 2000 ms; say it again")
    assert desk.controller.mode == "ready"


@pytest.mark.requirement("H-02")
def test_a_start_from_the_future_is_refused() -> None:
    desk = Desk().ready()
    desk.order("freeze", issued_ms=desk.now_ms + 101)
    assert desk.controller.mode == "ready"


def test_a_start_without_a_plan_is_refused() -> None:
    desk = Desk()
    desk.checked()
    assert desk.order("freeze").text == "no plan is loaded"


@pytest.mark.requirement("H-02")
@pytest.mark.parametrize("mode", [mode for mode in MODE_NAMES if mode != "ready"])
def test_a_freeze_starts_only_from_ready(mode: str) -> None:
    reply = desk_in(mode).order("freeze")
    assert reply.code == -221
    then = "wait for ready" if mode == "precheck" else "precheck first"
    assert reply.text == f"freeze is not possible in mode {mode}; {then}"


def test_the_tick_that_is_not_proven_refuses_the_start_in_it() -> None:
    desk = Desk().ready()
    decision = desk.tick(desk.command("freeze"), supply_kpa=3000.0)
    assert decision.mode == "standby"
    assert decision.replies[0].text == (
        "start inhibited: supply 3000.0 kPa, not at least 3500.0 kPa")


@pytest.mark.requirement("pedal")
def test_a_start_needs_its_pedal_pressed() -> None:
    desk = Desk((*FITTED, "pedal")).ready()
    assert desk.order("freeze").text == "start inhibited: pedal released"
    assert desk.last.mode == "ready"
    assert desk.tick(desk.command("freeze"), pedal=1.0).mode == "freeze"


def stopped(total_s_max: float) -> Desk:
    """Return a desk that froze for 7.1 s, was stopped, and is ready again with the same plan."""
    desk = Desk(total_freeze_s_max=total_s_max).freezing("one")
    desk.ticks(70)
    desk.order("stop")
    assert desk.last.total_freeze_s == pytest.approx(7.1)
    desk.ticks(30)
    assert desk.checked().mode == "ready", desk.controller.why
    desk.ticks(10)
    return desk


@pytest.mark.requirement("total_freeze_time")
def test_a_start_that_would_pass_the_total_dose_is_refused() -> None:
    reply = stopped(107.0).order("freeze")
    assert (reply.code, reply.text) == (
        -222, "freeze time in total would be 107.1 s, not at most 107.0 s; "
        "load a plan for another site")


def test_a_start_that_just_keeps_the_total_dose_is_granted() -> None:
    assert stopped(107.2).order("freeze").code == 0


def test_all_holds_of_a_plan_count_for_the_total_dose() -> None:
    desk = Desk(total_freeze_s_max=10.0).freezing("two")
    desk.ticks(1)
    desk.order("stop")
    desk.ticks(30)
    desk.checked()
    assert "would be 10.2 s, not at most 10.0 s" in desk.order("freeze").text


def test_a_start_begins_the_plan_at_its_first_cycle() -> None:
    desk = Desk().freezing()
    desk.order("stop")
    desk.ticks(30)
    desk.checked()
    desk.order("freeze")
    assert (desk.last.mode, desk.last.course.cycle) == ("freeze", 1)


# Stopping.


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


def test_stop_says_in_which_mode_it_came() -> None:
    assert Desk().freezing().order("stop").text == (
        "standby: stopped by the operator in mode freeze")


def test_stop_in_a_fault_says_what_the_fault_is() -> None:
    assert desk_in("fault").order("stop").text == "shut; fault: e-stop pressed or its wire cut"


@pytest.mark.requirement("H-01")
def test_a_stop_after_a_start_in_one_tick_wins() -> None:
    desk = Desk().ready()
    decision = desk.tick(desk.command("freeze"), desk.command("stop"))
    assert decision.mode == "standby"
    assert is_shut(decision)


@pytest.mark.requirement("H-01")
def test_a_stop_behind_too_many_commands_is_obeyed() -> None:
    desk = Desk().freezing()
    decision = desk.tick(*[desk.command("ack")] * 1000, desk.command("stop"))
    assert decision.replies[-1].code == 0
    assert is_shut(decision)


def test_more_commands_than_a_tick_takes_are_refused() -> None:
    desk = Desk()
    decision = desk.tick(*[desk.command("ack")] * (COMMANDS_PER_TICK + 3))
    assert [reply.code for reply in decision.replies] == [0] * COMMANDS_PER_TICK + [-221] * 3
    assert decision.replies[-1].text == "more than 32 commands in one tick"


def test_every_command_gets_its_own_reply_in_order() -> None:
    desk = Desk()
    commands = [desk.command("ack")._replace(session=session, number=number)
                for session, number in (("a", 3), ("b", 1), ("a", 4))]
    decision = desk.tick(*commands)
    assert [(reply.session, reply.number) for reply in decision.replies] == [
        ("a", 3), ("b", 1), ("a", 4)]


# Plan and target.


def test_an_unknown_plan_is_refused_with_the_known_ones() -> None:
    reply = Desk().order("plan", "three")
    assert (reply.code, reply.text) == (-222, "no plan is called three; there are: two, one")


def test_a_plan_is_shown_when_it_is_loaded() -> None:
    assert Desk().order("plan", "one").text == (
        "plan one, revision 1, cycle 1: -40.0 °C for 100 s, passive thaw")


def test_a_plan_that_breaks_a_limit_is_not_loaded() -> None:
    desk = Desk(plans=(Plan("bad", (Cycle(-95.0, 5.0, "passive", 0.0, 0.0),)),))
    assert desk.order("plan", "bad").code == -222
    assert (desk.last.plan.name, desk.last.revision) == ("", 0)


@pytest.mark.parametrize("mode", MODE_NAMES)
def test_plan_and_target_may_change_only_while_nothing_runs(mode: str) -> None:
    allowed = mode in ("standby", "precheck", "ready", "done")
    assert allowed is (mode in PLANNING)
    desk = desk_in(mode)
    reply = desk.order("plan", "one")
    assert reply.code == (0 if allowed else -221)
    assert allowed or reply.text == f"a plan cannot be loaded in mode {mode}"
    reply = desk.order("target", value=-50.0)
    assert reply.code == (0 if allowed else -221)
    assert allowed or reply.text == f"the target cannot be changed in mode {mode}"


@pytest.mark.requirement("H-06")
@pytest.mark.parametrize("target_c", [-120.0, math.nan, math.inf, -math.inf, 0.0])
def test_a_target_outside_the_limits_changes_nothing(target_c: float) -> None:
    desk = Desk().ready()
    before = desk.controller.treatment.plan
    assert desk.order("target", value=target_c).code == -222
    assert desk.controller.treatment.plan == before
    assert desk.last.revision == 1


def test_a_new_target_is_shown_and_in_force() -> None:
    desk = Desk().ready("one")
    assert desk.order("target", value=-50.0).text == (
        "plan one, revision 2, cycle 1: -50.0 °C for 100 s, passive thaw")
    assert desk.last.plan.cycles[0].target_c == -50.0


def test_a_target_needs_a_plan() -> None:
    assert Desk().order("target", value=-50.0).text == (
        "no plan is loaded, so there is no target to set")


def test_every_change_of_plan_or_target_makes_a_new_revision() -> None:
    desk = Desk()
    revisions = [desk.order("plan", "two").revision, desk.order("target", value=-50.0).revision,
                 desk.order("plan", "two").revision]
    assert revisions == [1, 2, 3]


def test_a_plan_for_another_site_forgets_the_total_dose() -> None:
    desk = Desk().freezing()
    desk.ticks(50)
    desk.order("stop")
    assert desk.tick().total_freeze_s == pytest.approx(5.1)
    desk.order("plan", "one")
    assert (desk.last.freeze_s, desk.last.total_freeze_s) == (0.0, 0.0)


# The check before use.


@pytest.mark.parametrize("mode", MODE_NAMES)
def test_the_check_is_asked_for_from_standby_or_done(mode: str) -> None:
    allowed = mode in ("standby", "done")
    reply = desk_in(mode).order("precheck")
    assert reply.text == ("precheck: checking before use: a short freeze and thaw" if allowed
                          else f"precheck is not possible in mode {mode}")


# Warming.


def test_a_thaw_by_hand_heats_a_cold_tip() -> None:
    desk = Desk()
    decision = desk.tick(desk.command("thaw"), **both_tips(-20.0))
    assert decision.mode == "thaw"
    assert (decision.heater_fraction, decision.heater_enabled) == (1.0, True)
    assert decision.replies[0].text == "thaw: warming on the operator's word"


def test_a_thaw_by_hand_gives_up_the_plan_that_was_under_way() -> None:
    desk = Desk().freezing()
    desk.order("thaw")
    assert desk.tick().mode == "done"


@pytest.mark.parametrize("mode", ["thaw", "fault", "precheck"])
def test_a_thaw_is_refused_where_the_table_has_none(mode: str) -> None:
    assert desk_in(mode).order("thaw").text == f"thaw is not possible in mode {mode}"


@pytest.mark.requirement("H-07")
def test_a_thaw_with_an_untrusted_tip_is_refused() -> None:
    desk = Desk(tuple(channel for channel in FITTED if channel != "tip_b_c"))
    decision = desk.tick(desk.command("thaw"), tip_c=math.nan)
    assert decision.replies[0].text == "thaw inhibited: tip sensor reads nan, not a number"
    assert decision.mode == "standby"


def test_a_thaw_is_granted_with_a_supply_that_is_low_or_a_skin_that_is_cold() -> None:
    desk = Desk()
    desk.tip_c = -20.0
    desk.tick(desk.command("thaw"), supply_kpa=0.0, skin_c=1.0)
    assert desk.last.mode == "thaw"


# Acknowledging, pausing, resetting.


def test_an_acknowledgement_says_how_many_alarms_it_saw() -> None:
    desk = desk_in("fault")
    assert desk.order("ack").text == "1 alarms acknowledged"
    assert [alarm.acknowledged for alarm in desk.last.alarms] == [True]


@pytest.mark.requirement("unclean_stop")
def test_an_unclean_stop_is_over_when_it_was_acknowledged_and_reset() -> None:
    desk = Desk(unclean="the control process was killed")
    assert desk.tick().mode == "fault"
    assert desk.order("reset").text == "cause present: the control process was killed"
    desk.order("ack")
    assert desk.order("reset").code == 0
    assert desk.ticks(3).mode == "standby"


def test_an_acknowledgement_and_a_reset_in_one_tick_find_the_unclean_stop_present() -> None:
    desk = Desk(unclean="killed")
    desk.tick()
    assert desk.tick(desk.command("ack"), desk.command("reset")).replies[1].text == (
        "cause present: killed")


def test_a_reset_without_acknowledgement_is_refused() -> None:
    reply = desk_in("fault").order("reset")
    assert (reply.code, reply.text) == (
        -221, "acknowledge first: estop, e-stop pressed or its wire cut")


@pytest.mark.requirement("estop")
def test_a_reset_while_the_cause_is_present_is_refused() -> None:
    desk = desk_in("fault")
    desk.tick(desk.command("ack"), estop=0.0)
    decision = desk.tick(desk.command("reset"), estop=0.0)
    assert decision.replies[0].text == "cause present: e-stop pressed or its wire cut"
    assert decision.mode == "fault"


@pytest.mark.requirement("supply_high")
def test_a_reset_is_refused_while_a_row_is_not_proven_though_its_grace_runs() -> None:
    desk = desk_in("fault")
    desk.order("ack")
    decision = desk.tick(desk.command("reset"), supply_kpa=6000.1)
    assert decision.replies[0].text == (
        "cause present: supply 6000.1 kPa, not at most 6000.0 kPa")


def test_a_reset_does_not_wait_for_what_only_warns() -> None:
    desk = Desk().holding()
    desk.tick(estop=0.0)
    desk.order("ack")
    assert "do_not_pull" in desk.names()
    assert desk.order("reset").code == 0


def test_a_reset_after_both_is_granted() -> None:
    desk = desk_in("fault")
    desk.order("ack")
    reply = desk.order("reset")
    assert (reply.code, reply.text) == (
        0, "standby: reset by the operator; nothing was started")
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


@pytest.mark.parametrize("mode", [mode for mode in MODE_NAMES if mode != "fault"])
def test_a_reset_outside_fault_is_refused(mode: str) -> None:
    assert desk_in(mode).order("reset").text == f"nothing to reset in mode {mode}"


def test_a_pause_silences_and_says_for_how_long() -> None:
    desk = desk_in("fault")
    assert desk.last.signal.sound == "high"
    reply = desk.order("pause", value=20.0)
    assert (reply.code, reply.text) == (0, "sound paused for 20.0 s; a new alarm ends it")
    assert (desk.last.signal.sound, desk.last.signal.paused_ms) == ("", 20_000)
    assert desk.last.signal.priority == "high"


def test_a_pause_ends_after_its_time() -> None:
    desk = desk_in("fault")
    desk.order("pause", value=2.0)
    assert desk.ticks(19).signal.sound == ""
    assert desk.tick().signal.sound == "high"


@pytest.mark.parametrize(("value_s", "paused_ms"), [
    (0.0014, 1), (0.0016, 2), (120.0, PAUSE_MS_MAX), (0.0006, 1)])
def test_a_pause_is_rounded_to_a_millisecond(value_s: float, paused_ms: int) -> None:
    desk = desk_in("fault")
    desk.order("pause", value=value_s)
    assert desk.last.signal.paused_ms == paused_ms


@pytest.mark.parametrize("value_s", [0.0, -1.0, 0.0004, 120.001, 1e6, 1e38, math.nan, math.inf])
def test_a_pause_of_no_time_or_too_much_is_refused(value_s: float) -> None:
    desk = desk_in("fault")
    assert desk.order("pause", value=value_s).code == -222
    assert desk.last.signal.paused_ms == 0


def test_silence_cannot_be_paused() -> None:
    assert Desk().order("pause", value=20.0).text == (
        "nothing sounds, so there is nothing to pause")


def test_a_dose_that_was_too_much_does_not_keep_its_latch_and_inhibits_the_next_start() -> None:
    desk = Desk(freeze_s_max=6.0).freezing()
    while desk.last.mode != "fault":
        desk.tip_c += 1.0 if desk.last.mode == "thaw" else 0.0
        desk.tick()
        assert desk.now_ms < 300_000
    desk.tip_c = 30.0
    desk.ticks(20)
    assert [trip.name for trip in desk.last.tripped] == ["freeze_time"]
    assert desk.order("ack").code == 0
    assert desk.order("reset").code == 0
    assert desk.controller.mode == "standby"


def test_a_pause_that_is_too_long_says_what_may_be_paused() -> None:
    desk = desk_in("fault")
    reply = desk.order("pause", value=121.0)
    assert reply.code == -222
    assert reply.text == "the sound pauses for up to 120.0 s, not for 121.0 s"


def test_a_target_outside_its_limits_is_refused_with_them() -> None:
    reply = desk_in("standby").order("target", value=-120.0)
    assert (reply.code, reply.text) == (-222, "target -120.0 °C is outside -80.0..-10.0 °C")
