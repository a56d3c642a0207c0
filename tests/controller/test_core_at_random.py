"""The core under random readings and commands: what may be open, whatever happens."""

import math
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simple_pid import PID

from controller.interlocks import THAW, row_named
from controller.orders import ORDERS
from controller.records import CHANNELS, Decision, Sample
from tests.controller.given import SOUND, Desk

WILD = st.one_of(st.sampled_from([math.nan, math.inf, -math.inf, 1e38, -1e38, 9.91e37]),
                 st.floats())
COMMANDS = [name for name, _ in ORDERS] + ["warp"]
STARTS = ["standby", "checking", "ready", "freezing", "holding", "thawing"]


def sample_of(channel: str) -> st.SearchStrategy[Sample]:
    """Return samples that are mostly sound: wild values, stale ones and declared faults."""
    sound = SOUND[channel]
    value = st.one_of(st.just(sound), st.floats(-100.0, 100.0), WILD)
    return st.one_of(
        st.just(Sample(sound, 0, "")),
        st.builds(Sample, value, st.sampled_from([0, 0, 50, 300, 301, 10**6, -1]),
                  st.sampled_from(["", "", "", "broken"])))


CHANGES = st.dictionaries(st.sampled_from(CHANNELS), st.just(None), max_size=2).flatmap(
    lambda chosen: st.fixed_dictionaries({channel: sample_of(channel) for channel in chosen}))
ORDER = st.tuples(st.sampled_from(COMMANDS), st.sampled_from(["two", "one", "none"]),
                  st.one_of(st.sampled_from([-60.0, -30.0]), WILD),
                  st.sampled_from([0, 0, 0, -3000, 500]), st.sampled_from([0, 0, 0, -1]))
TICK = st.tuples(st.sampled_from([100, 100, 100, 100, 0, -500, 3000]), st.floats(-95.0, 42.0),
                 CHANGES, st.lists(ORDER, max_size=3), st.sampled_from(["", "", "", "valve: gone"]))


def begun(start: str) -> Desk:
    desk = Desk()
    if start == "checking":
        desk.order("precheck")
        desk.ticks(50)  # gas flows
    elif start == "ready":
        desk.ready()
    elif start == "holding":
        desk.holding("two")
    elif start == "freezing":
        desk.freezing()
    elif start == "thawing":
        desk.tip_c = -20.0
        desk.order("thaw")
    return desk


def follow(desk: Desk, ticks: list[tuple]) -> Iterator[Decision]:
    """Yield what the controller decides in each of `ticks`."""
    for dt_ms, tip_c, changes, orders, actuator_fault in ticks:
        desk.now_ms += dt_ms - 100
        commands = [desk.command(name, text, value, issued_ms=desk.now_ms + 100 + age_ms,
                                 revision=desk.controller.revision + off)
                    for name, text, value, age_ms, off in orders]
        desk.tip_c += min(7.0, max(-7.0, tip_c - desk.tip_c))
        yield desk.tick(*commands, actuator_fault=actuator_fault, **changes)


def decisions(start: str, ticks: list[tuple]) -> list[Decision]:
    """Return what the controller decides when `ticks` happen to it after `start`."""
    return list(follow(begun(start), ticks))


RUNS = given(st.sampled_from(STARTS), st.lists(TICK, min_size=1, max_size=12))


@pytest.mark.requirement("H-01")
@settings(max_examples=50)
@RUNS
def test_gas_may_flow_only_in_a_check_or_a_freeze_without_a_trip(start: str,
                                                                 ticks: list[tuple]) -> None:
    for decision in decisions(start, ticks):
        if decision.valve_fraction > 0.0 or decision.isolator_open:
            assert decision.mode in ("precheck", "freeze")
            assert decision.tripped == ()


@pytest.mark.requirement("H-07")
@settings(max_examples=50)
@RUNS
def test_the_heater_is_on_only_while_the_tip_may_warm_and_nothing_says_shut(
        start: str, ticks: list[tuple]) -> None:
    for decision in decisions(start, ticks):
        if decision.heater_fraction > 0.0 or decision.heater_enabled:
            assert decision.course.phase == "thaw"
            assert not decision.isolator_open
            assert all(row_named(trip.name).response == THAW for trip in decision.tripped)


@pytest.mark.requirement("H-08")
@settings(max_examples=50)
@RUNS
def test_while_a_trip_is_latched_there_is_only_thaw_and_fault(start: str,
                                                              ticks: list[tuple]) -> None:
    for decision in decisions(start, ticks):
        assert decision.tripped == () or decision.mode in ("thaw", "fault")


@pytest.mark.requirement("H-01")
@settings(max_examples=50)
@RUNS
def test_every_output_is_a_leased_fraction(start: str, ticks: list[tuple]) -> None:
    for decision in decisions(start, ticks):
        assert 0.0 <= decision.valve_fraction <= 1.0
        assert 0.0 <= decision.heater_fraction <= 1.0
        assert 0 < decision.lease_ms <= 500


@pytest.mark.requirement("H-03")
@settings(max_examples=50)
@RUNS
def test_gas_flows_only_at_a_tip_that_was_believed_and_above_the_floor(
        start: str, ticks: list[tuple]) -> None:
    for decision in decisions(start, ticks):
        if decision.valve_fraction > 0.0:
            assert -90.0 <= decision.tip_c <= 41.0


class WatchedPid:
    """A PID that refuses to be fed what is no number."""

    def __init__(self, pid: PID) -> None:
        self._pid = pid

    def __call__(self, tip_c: float, dt: float) -> float | None:
        assert -300.0 < tip_c < 300.0
        assert 0.0 < dt < 1.0
        return self._pid(tip_c, dt=dt)

    def __getattr__(self, name: str) -> object:
        return getattr(self._pid, name)

    def __setattr__(self, name: str, value: object) -> None:
        if name == "_pid":
            object.__setattr__(self, name, value)
        else:
            assert name != "setpoint" or -300.0 < value < 300.0
            setattr(self._pid, name, value)


@pytest.mark.requirement("H-03")
@settings(max_examples=50)
@RUNS
def test_nothing_but_numbers_of_a_tip_reaches_the_pid(start: str, ticks: list[tuple]) -> None:
    desk = begun(start)
    desk.controller.regulator.pid = WatchedPid(desk.controller.regulator.pid)
    for _ in follow(desk, ticks):
        assert all(math.isfinite(part) for part in desk.controller.regulator.pid.components)


@pytest.mark.requirement("H-02")
@settings(max_examples=50)
@RUNS
def test_without_the_word_freeze_nothing_begins(start: str, ticks: list[tuple]) -> None:
    quiet = [(dt_ms, tip_c, changes, [order for order in orders if order[0] != "freeze"], fault)
             for dt_ms, tip_c, changes, orders, fault in ticks]
    desk = begun(start)
    was_off = desk.controller.mode not in ("freeze", "thaw")
    for decision in follow(desk, quiet):
        # A thaw inside a plan goes on to the next freeze; nothing else leads to one.
        was_off = was_off or decision.mode not in ("freeze", "thaw")
        assert not (was_off and decision.mode == "freeze")


@pytest.mark.requirement("H-01")
@settings(max_examples=40)
@RUNS
def test_a_stop_at_the_end_of_anything_shuts(start: str, ticks: list[tuple]) -> None:
    last = (100, 34.0, {}, [("stop", "", math.nan, 0, 0)], "")
    decision = decisions(start, [*ticks, last])[-1]
    assert decision.replies[-1].code == 0
    assert (decision.valve_fraction, decision.heater_fraction) == (0.0, 0.0)
