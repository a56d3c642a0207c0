"""Alarms: what stays, what was seen, what sounds, and in which order it is shown."""

import pytest

from controller.alarms import PAUSE_MS_MAX, Alarms, Cause
from controller.records import Refused, Trip
from controller.signals import PRIORITIES, lamp, tone_hz

TICK_MS = 100
COLD = Cause("tip_cold", "high", True, "tip -91.2 °C, not at least -90.0 °C")
ESTOP = Cause("estop", "high", True, "e-stop pressed or its wire cut")
SUPPLY = Cause("supply_low", "medium", True, "supply 3000.0 kPa, not at least 3500.0 kPa")
SKIN = Cause("skin_cool", "medium", False, "skin 3.5 °C, not at least 4.0 °C")
FILTER = Cause("filter_due", "low", False, "filter used for 50 h, not at most 40 h")
STUCK = Cause("do_not_withdraw", "info", False, "tip -20.0 °C, not at least 0.0 °C")


def trip(cause: Cause) -> Trip:
    return Trip(cause.name, cause.reason)


class Bench:
    """Alarms with their time, one update per tick."""

    def __init__(self, *causes: Cause) -> None:
        self.alarms = Alarms()
        self.now_ms = 0
        for count in range(len(causes)):  # one after the other
            self.tick(*causes[:count + 1])

    def tick(self, *causes: Cause, dt_ms: int = TICK_MS) -> "Bench":
        self.now_ms += dt_ms
        self.alarms.update(self.now_ms, causes)
        return self

    def names(self) -> list[str]:
        return [alarm.name for alarm in self.alarms.alarms()]

    def sound(self) -> str:
        return self.alarms.signal().sound

    def is_heard_now(self) -> bool:
        return tone_hz(self.alarms.signal(), self.now_ms) > 0.0

    def events(self) -> list[tuple[str, str]]:
        return [(event.what, event.name) for event in self.alarms.take_events()]


# What stays.


def test_a_latched_alarm_stays_when_its_cause_is_gone() -> None:
    assert Bench(COLD).tick().alarms.tripped() == (trip(COLD),)


def test_an_alarm_that_is_not_latched_goes_with_its_cause() -> None:
    bench = Bench(SKIN)
    assert bench.names() == ["skin_cool"]
    assert bench.tick().names() == []
    assert bench.alarms.signal().priority == ""


def test_only_what_is_latched_is_tripped() -> None:
    assert Bench(SKIN, COLD).alarms.tripped() == (trip(COLD),)


def test_the_first_cause_stays_first() -> None:
    assert Bench(SUPPLY, ESTOP).alarms.tripped() == (trip(SUPPLY), trip(ESTOP))


def test_a_latched_alarm_that_comes_again_keeps_its_first_reason() -> None:
    again = COLD._replace(reason="tip -95.0 °C, not at least -90.0 °C")
    assert Bench(COLD).tick().tick(again).alarms.tripped() == (trip(COLD),)


def test_a_rule_that_becomes_more_urgent_is_another_alarm() -> None:
    bench = Bench(SKIN)
    bench.alarms.acknowledge()
    bench.tick(SKIN._replace(priority="high"))
    assert [alarm.priority for alarm in bench.alarms.alarms()] == ["high"]
    assert bench.sound() == "high"


def test_a_cause_given_twice_in_a_tick_is_one_alarm() -> None:
    assert Bench().tick(COLD, COLD).names() == ["tip_cold"]


def test_a_second_update_in_a_tick_takes_no_time() -> None:
    bench = Bench(COLD)
    bench.alarms.pause(1000)
    bench.tick(COLD, dt_ms=0)
    assert bench.alarms.signal().paused_ms == 1000


# What was seen, and how it is forgotten.


def test_a_fresh_trip_is_unacknowledged() -> None:
    assert Bench(COLD).alarms.unacknowledged() == (trip(COLD),)


@pytest.mark.requirement("H-01")
def test_acknowledging_twenty_times_changes_nothing_but_the_sound() -> None:
    bench = Bench(COLD)
    before = bench.alarms.signal()[:2]
    for _ in range(20):
        bench.alarms.acknowledge()
        bench.tick(COLD)
        assert bench.alarms.tripped() == (trip(COLD),)
        assert bench.names() == ["tip_cold"]
        assert bench.alarms.signal()[:2] == before
        assert bench.sound() == ""
    assert bench.alarms.unacknowledged() == ()
    assert bench.events() == [("raised", "tip_cold"), ("acknowledged", "tip_cold")]


def test_a_trip_after_the_acknowledgement_is_unacknowledged() -> None:
    bench = Bench(COLD)
    bench.alarms.acknowledge()
    assert bench.tick(COLD, SUPPLY).alarms.unacknowledged() == (trip(SUPPLY),)


def test_an_alarm_that_is_not_latched_does_not_forbid_a_reset() -> None:
    assert Bench(SKIN).alarms.unacknowledged() == ()


@pytest.mark.requirement("IEC 60601-1-8")
@pytest.mark.parametrize("cause", [COLD, SKIN])
def test_an_acknowledged_alarm_whose_cause_comes_back_sounds_again(cause: Cause) -> None:
    bench = Bench(cause)
    bench.alarms.acknowledge()
    bench.tick(cause)
    assert bench.sound() == ""
    bench.tick().tick(dt_ms=2700)  # on into the silence between two bursts
    bench.tick(cause)
    assert bench.is_heard_now()
    assert [alarm.acknowledged for alarm in bench.alarms.alarms()] == [False]


def test_what_came_back_after_the_acknowledgement_forbids_a_reset() -> None:
    bench = Bench(COLD)
    bench.alarms.acknowledge()
    assert bench.tick().tick(COLD).alarms.unacknowledged() == (trip(COLD),)


@pytest.mark.parametrize(("acknowledged", "gone"), [(False, False), (False, True), (True, False)])
def test_a_reset_forgets_nothing_that_is_present_or_unseen(acknowledged: bool, gone: bool) -> None:
    bench = Bench(COLD)
    if acknowledged:
        bench.alarms.acknowledge()
    bench.tick(*(() if gone else (COLD,)))
    bench.alarms.clear()
    assert bench.alarms.tripped() == (trip(COLD),)
    assert bench.alarms.present() == (() if gone else (trip(COLD),))


def test_a_reset_forgets_what_is_acknowledged_and_gone() -> None:
    bench = Bench(COLD)
    bench.alarms.acknowledge()
    bench.tick().alarms.clear()
    assert bench.alarms.tripped() == ()
    assert bench.alarms.signal().priority == ""
    assert bench.tick(COLD).alarms.unacknowledged() == (trip(COLD),)


def test_a_reset_leaves_what_is_not_latched() -> None:
    bench = Bench(SKIN)
    bench.alarms.acknowledge()
    bench.alarms.clear()
    assert bench.names() == ["skin_cool"]


# What is shown.


@pytest.mark.requirement("IEC 60601-1-8")
def test_alarms_come_by_priority_then_by_age() -> None:
    bench = Bench(STUCK, FILTER, SKIN, COLD, SUPPLY, ESTOP)
    assert bench.names() == ["tip_cold", "estop", "skin_cool", "supply_low", "filter_due",
                             "do_not_withdraw"]


def test_an_alarm_says_its_reason_and_whether_it_was_seen() -> None:
    bench = Bench(COLD)
    bench.alarms.acknowledge()
    alarm, = bench.alarms.alarms()
    assert (alarm.reason, alarm.acknowledged) == (COLD.reason, True)


@pytest.mark.parametrize("low", [STUCK, FILTER, SKIN])
def test_the_lamp_shows_the_highest_priority_and_goes_back_after_it(low: Cause) -> None:
    bench = Bench(low).tick(low, COLD)
    assert (bench.alarms.signal().priority, bench.alarms.signal().since_ms) == ("high", 200)
    bench.alarms.acknowledge()
    bench.tick(low).alarms.clear()
    assert bench.alarms.signal()[:2] == (low.priority, 300)


def test_another_alarm_of_the_same_priority_does_not_disturb_the_flashing() -> None:
    bench = Bench(COLD)
    since_ms = bench.alarms.signal().since_ms
    assert bench.tick(COLD, ESTOP).alarms.signal().since_ms == since_ms


@pytest.mark.parametrize("cause", [COLD, SUPPLY, SKIN, FILTER])
def test_an_alarm_is_seen_and_heard_in_its_own_tick(cause: Cause) -> None:
    bench = Bench(cause)
    assert bench.is_heard_now()
    assert lamp(bench.alarms.signal(), bench.now_ms)[1]


def test_information_is_seen_and_never_heard() -> None:
    bench = Bench(STUCK)
    assert (bench.alarms.signal().priority, bench.sound()) == ("info", "")


def test_a_new_alarm_below_an_acknowledged_one_is_heard_as_what_it_is() -> None:
    bench = Bench(COLD)
    bench.alarms.acknowledge()
    bench.tick(COLD, SKIN)
    signal = bench.alarms.signal()
    assert (signal.priority, signal.sound) == ("high", "medium")
    assert bench.is_heard_now()


@pytest.mark.requirement("IEC 60601-1-8")
def test_another_alarm_of_the_same_priority_begins_the_burst_anew() -> None:
    bench = Bench(COLD).tick(COLD, dt_ms=3000)  # on into the silence between two bursts
    assert not bench.is_heard_now()
    assert bench.tick(COLD, ESTOP).is_heard_now()


def test_a_lower_alarm_begins_its_burst_when_the_higher_ends() -> None:
    bench = Bench(SKIN, FILTER).tick(SKIN, FILTER, dt_ms=3000)
    assert bench.tick(FILTER).sound() == "low"
    assert bench.is_heard_now()


def test_an_alarm_that_rings_rings_on_when_a_lower_one_comes() -> None:
    bench = Bench(COLD)
    before = bench.alarms.signal()
    assert bench.tick(COLD, SKIN).alarms.signal() == before


def test_an_unacknowledged_latched_alarm_whose_cause_is_gone_goes_on_sounding() -> None:
    assert Bench(COLD).tick().sound() == "high"


def test_a_cause_that_flickers_does_not_begin_its_burst_anew() -> None:
    bench = Bench(COLD)
    before = bench.alarms.signal()
    assert bench.tick().tick(COLD).alarms.signal() == before


# The audio pause.


@pytest.mark.requirement("IEC 60601-1-8")
def test_a_pause_silences_and_is_shown_with_its_time_and_the_lamp_stays() -> None:
    bench = Bench(COLD)
    before = bench.alarms.signal()
    bench.alarms.pause(1000)
    for left_ms in range(1000, 0, -TICK_MS):
        signal = bench.alarms.signal()
        assert (signal.sound, signal.paused_ms) == ("", left_ms)
        assert signal[:2] == before[:2]
        bench.tick(COLD)
    assert bench.alarms.signal().paused_ms == 0
    assert bench.is_heard_now()


def test_a_late_tick_does_not_lengthen_a_pause() -> None:
    bench = Bench(COLD)
    bench.alarms.pause(1000)
    assert bench.tick(COLD, dt_ms=60_000).is_heard_now()


def test_a_clock_that_goes_back_does_not_shorten_or_lengthen_a_pause() -> None:
    bench = Bench(COLD).tick(COLD, dt_ms=60_000)
    bench.alarms.pause(1000)
    bench.tick(COLD, dt_ms=-5000)
    assert bench.alarms.signal().paused_ms == 1000
    bench.tick(COLD)
    assert bench.alarms.signal().paused_ms == 900


def test_another_pause_takes_the_place_of_the_first() -> None:
    bench = Bench(COLD)
    bench.alarms.pause(PAUSE_MS_MAX)
    bench.tick(COLD).alarms.pause(1000)
    assert bench.alarms.signal().paused_ms == 1000


@pytest.mark.parametrize("duration_ms", [-1, 0, PAUSE_MS_MAX + 1, 10**9])
def test_a_pause_of_no_length_or_too_long_is_refused(duration_ms: int) -> None:
    bench = Bench(COLD)
    with pytest.raises(Refused, match=r"up to 120\.0 s, not for") as refusal:
        bench.alarms.pause(duration_ms)
    assert refusal.value.code == -222
    assert bench.sound() == "high"


@pytest.mark.parametrize("causes", [(), (STUCK,)])
def test_silence_cannot_be_paused(causes: tuple[Cause, ...]) -> None:
    with pytest.raises(Refused, match="nothing sounds"):
        Bench(*causes).alarms.pause(1000)


@pytest.mark.requirement("IEC 60601-1-8")
@pytest.mark.parametrize("first", [COLD, SUPPLY, SKIN, FILTER])
@pytest.mark.parametrize("then", [ESTOP, SKIN._replace(name="other"),
                                  FILTER._replace(name="another"), STUCK])
def test_a_new_alarm_ends_a_pause_unless_it_is_lower(first: Cause, then: Cause) -> None:
    bench = Bench(first)
    bench.alarms.pause(PAUSE_MS_MAX)
    bench.tick(first, dt_ms=3000).tick(first, then)
    ends = PRIORITIES.index(then.priority) <= PRIORITIES.index(first.priority)
    assert bench.is_heard_now() is ends
    assert (bench.alarms.signal().paused_ms == 0) is ends
    assert bench.sound() == (then.priority if ends else "")


def test_a_lower_alarm_that_came_in_a_pause_sounds_when_the_pause_is_over() -> None:
    bench = Bench(SKIN)
    bench.alarms.pause(1000)
    bench.tick(SKIN, FILTER).tick(FILTER, dt_ms=800)
    assert bench.names() == ["filter_due"]
    assert bench.sound() == ""
    assert bench.tick(FILTER).is_heard_now()


def test_a_paused_alarm_that_flickers_stays_paused() -> None:
    bench = Bench(COLD)
    bench.alarms.pause(1000)
    assert bench.tick().tick(COLD).sound() == ""


@pytest.mark.parametrize("end", ["acknowledged", "gone"])
def test_a_pause_with_nothing_left_to_silence_is_over(end: str) -> None:
    bench = Bench(SKIN)
    bench.alarms.pause(PAUSE_MS_MAX)
    if end == "acknowledged":
        bench.alarms.acknowledge()
        bench.tick(SKIN)
    else:
        bench.tick()
    assert bench.alarms.signal().paused_ms == 0
    assert bench.tick(FILTER).is_heard_now()


# The alarm log.


@pytest.mark.requirement("IEC 60601-1-8")
def test_the_log_tells_a_whole_life() -> None:
    bench = Bench(COLD)
    bench.alarms.pause(500)
    bench.tick(COLD, ESTOP)
    bench.alarms.acknowledge()
    bench.tick()
    bench.alarms.clear()
    assert bench.events() == [
        ("raised", "tip_cold"), ("paused", ""), ("raised", "estop"), ("resumed", ""),
        ("acknowledged", "tip_cold"), ("acknowledged", "estop"), ("ended", "tip_cold"),
        ("ended", "estop"), ("cleared", "tip_cold"), ("cleared", "estop")]
    assert bench.events() == []


def test_an_event_says_when_what_and_why() -> None:
    bench = Bench(COLD)
    bench.alarms.pause(500)
    raised, paused = bench.alarms.take_events()
    assert raised == (100, "raised", "tip_cold", "high", COLD.reason)
    assert paused == (100, "paused", "", "", "for 0.5 s")
    again = COLD._replace(reason="tip -95.0 °C, not at least -90.0 °C")
    bench.tick().tick(again)
    ended, raised = bench.alarms.take_events()
    assert (ended.now_ms, ended.reason) == (200, COLD.reason)
    assert (raised.now_ms, raised.reason) == (300, again.reason)


@pytest.mark.parametrize(("causes", "dt_ms", "why"), [
    ((SKIN,), 500, "its time is over"),
    ((SKIN, ESTOP), 100, "new alarm estop"),
    ((), 100, "nothing is left to sound"),
])
def test_the_end_of_a_pause_says_why(causes: tuple[Cause, ...], dt_ms: int, why: str) -> None:
    bench = Bench(SKIN)
    bench.alarms.pause(500)
    bench.tick(*causes, dt_ms=dt_ms)
    assert [event.reason for event in bench.alarms.take_events()
            if event.what == "resumed"] == [why]


def test_a_tick_in_which_nothing_changes_logs_nothing() -> None:
    bench = Bench(COLD, SKIN)
    bench.alarms.take_events()
    assert bench.tick(COLD, SKIN).events() == []


def test_a_priority_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(KeyError):
        Bench(COLD._replace(priority="urgent"))
