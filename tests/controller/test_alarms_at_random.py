"""Alarms under causes, acknowledgements, pauses and resets in any order: what always holds."""

from typing import NamedTuple

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from controller.alarms import PAUSE_MS_MAX, Alarms, Cause
from controller.records import Refused
from controller.signals import PRIORITIES, lamp, tone_hz

CAUSES = tuple(Cause(f"{priority}_{latched}_{number}", priority, latched, "why")
               for priority in PRIORITIES for latched in (True, False) for number in (1, 2))
AUDIBLE = PRIORITIES[:3]


class Known(NamedTuple):
    """What an attentive operator would remember of one alarm."""

    cause: Cause
    present: bool
    acknowledged: bool


class Watched(RuleBasedStateMachine):
    """Alarms, and an operator who keeps a list of them by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.alarms = Alarms()
        self.now_ms = 1000
        self.known: dict[str, Known] = {}
        self.pause_left_ms = 0  # at most; a new alarm may end it
        self.logged: dict[str, list[str]] = {}

    @rule(causes=st.lists(st.sampled_from(CAUSES), max_size=4, unique=True),
          dt_ms=st.sampled_from([0, 20, 100, 100, 100, 2900, 130_000, -100]))
    def tick(self, causes: list[Cause], dt_ms: int) -> None:
        self.now_ms = max(1000, self.now_ms + dt_ms)
        self.pause_left_ms = max(0, self.pause_left_ms - max(0, dt_ms))
        new = [cause for cause in causes
               if cause.name not in self.known or (self.known[cause.name].acknowledged
                                                   and not self.known[cause.name].present)]
        for cause in causes:
            before = self.known.get(cause.name)
            seen = before is not None and before.acknowledged and before.present
            self.known[cause.name] = Known(cause, True, seen)
        for name, known in list(self.known.items()):
            if known.cause not in causes:
                if known.cause.latched:
                    self.known[name] = known._replace(present=False)
                else:
                    del self.known[name]
        self.alarms.update(self.now_ms, tuple(causes))
        self.a_new_alarm_is_heard_at_once(new)

    def a_new_alarm_is_heard_at_once(self, new: list[Cause]) -> None:
        audible = [priority for priority in AUDIBLE for cause in new if cause.priority == priority]
        unseen = [known.cause.priority for known in self.known.values() if not known.acknowledged]
        if audible and audible[0] == min(unseen, key=PRIORITIES.index):
            signal = self.alarms.signal()
            assert (signal.sound, signal.paused_ms) == (audible[0], 0)
            assert tone_hz(signal, self.now_ms) > 0.0

    @rule(times=st.integers(1, 20))
    def acknowledge(self, times: int) -> None:
        before = [(alarm.name, alarm.priority) for alarm in self.alarms.alarms()]
        seen = self.alarms.signal()[:2]
        for _ in range(times):
            self.alarms.acknowledge()
        self.known = {name: known._replace(acknowledged=True)
                      for name, known in self.known.items()}
        assert [(alarm.name, alarm.priority) for alarm in self.alarms.alarms()] == before
        assert self.alarms.signal()[:2] == seen
        assert self.alarms.signal().sound == ""

    @precondition(lambda self: self.alarms.signal().sound or self.alarms.signal().paused_ms)
    @rule(duration_ms=st.one_of(st.integers(1, 500), st.just(PAUSE_MS_MAX)))
    def pause(self, duration_ms: int) -> None:
        seen = self.alarms.signal()[:2]
        self.alarms.pause(duration_ms)
        self.pause_left_ms = duration_ms
        signal = self.alarms.signal()
        assert (signal.sound, signal.paused_ms) == ("", duration_ms)
        assert signal[:2] == seen

    @precondition(lambda self: not self.alarms.signal().sound)
    @rule()
    def pause_of_silence(self) -> None:
        if not self.alarms.signal().paused_ms:
            try:
                self.alarms.pause(1000)
            except Refused:
                return
            raise AssertionError("silence was paused")

    @rule()
    def reset(self) -> None:
        self.known = {name: known for name, known in self.known.items()
                      if known.present or not known.acknowledged}
        self.alarms.clear()

    @invariant()
    def every_alarm_is_listed_and_none_is_invented(self) -> None:
        assert {alarm.name: alarm.acknowledged for alarm in self.alarms.alarms()} == {
            name: known.acknowledged for name, known in self.known.items()}

    @invariant()
    def a_latched_alarm_leaves_only_acknowledged_and_gone_and_reset(self) -> None:
        assert {trip.name for trip in self.alarms.tripped()} == {
            name for name, known in self.known.items() if known.cause.latched}

    @invariant()
    def the_highest_priority_is_shown(self) -> None:
        ranks = [PRIORITIES.index(alarm.priority) for alarm in self.alarms.alarms()]
        assert ranks == sorted(ranks)
        signal = self.alarms.signal()
        assert signal.priority == (PRIORITIES[ranks[0]] if ranks else "")
        assert bool(lamp(signal, self.now_ms)[0]) is bool(ranks)

    @invariant()
    def a_pause_never_exceeds_its_time(self) -> None:
        assert 0 <= self.alarms.signal().paused_ms <= self.pause_left_ms

    @invariant()
    def without_a_pause_the_highest_that_nobody_acknowledged_sounds(self) -> None:
        signal = self.alarms.signal()
        unseen = [alarm.priority for alarm in self.alarms.alarms()
                  if not alarm.acknowledged and alarm.priority in AUDIBLE]
        assert signal.sound == ("" if signal.paused_ms or not unseen else unseen[0])
        assert not signal.paused_ms or unseen

    @invariant()
    def the_log_tells_the_same(self) -> None:
        for event in self.alarms.take_events():
            assert event.now_ms == self.now_ms
            self.logged.setdefault(event.name, []).append(event.what)
        for cause in CAUSES:
            told = self.logged.get(cause.name, [])
            ends = [what for what in told if what in ("raised", "ended")]
            assert ends == ["raised", "ended"] * (len(ends) // 2) + ["raised"] * (len(ends) % 2)
            known = self.known.get(cause.name)
            assert (len(ends) % 2 == 1) is (known is not None and known.present)
        pauses = self.logged.get("", [])
        running = self.alarms.signal().paused_ms > 0
        assert (bool(pauses) and pauses[-1] == "paused") is running


TestWatched = Watched.TestCase
TestWatched.settings = settings(max_examples=150, stateful_step_count=40)
