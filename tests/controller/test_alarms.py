"""Latches: what stays, what was seen, and in which order it is shown."""

import pytest

from controller.alarms import Latches
from controller.records import Trip

COLD = Trip("tip_cold", "tip -91.2 °C, not at least -90.0 °C")
LOW = Trip("supply_low", "supply 3000.0 kPa, not at least 3500.0 kPa")
ESTOP = Trip("estop", "e-stop pressed or its wire cut")


def latched(*trips: Trip) -> Latches:
    latches = Latches()
    for trip in trips:
        latches.hold((trip,))
    return latches


def test_a_trip_stays_when_its_cause_is_gone() -> None:
    latches = latched(COLD)
    latches.hold(())
    assert latches.tripped() == (COLD,)


def test_the_first_cause_stays_first() -> None:
    assert latched(LOW, ESTOP).tripped() == (LOW, ESTOP)


def test_a_trip_that_comes_again_keeps_its_first_reason() -> None:
    again = COLD._replace(reason="tip -95.0 °C, not at least -90.0 °C")
    assert latched(COLD, again).tripped() == (COLD,)


def test_a_fresh_trip_is_unacknowledged() -> None:
    assert latched(COLD).unacknowledged() == (COLD,)


@pytest.mark.requirement("H-01")
def test_acknowledging_clears_nothing() -> None:
    latches = latched(COLD)
    latches.acknowledge()
    assert latches.tripped() == (COLD,)
    assert latches.unacknowledged() == ()


def test_a_trip_after_the_acknowledgement_is_unacknowledged() -> None:
    latches = latched(COLD)
    latches.acknowledge()
    latches.hold((LOW,))
    assert latches.unacknowledged() == (LOW,)


def test_an_acknowledgement_does_not_outlive_a_reset() -> None:
    latches = latched(COLD)
    latches.acknowledge()
    latches.clear()
    latches.hold((COLD,))
    assert latches.unacknowledged() == (COLD,)


def test_alarms_come_by_priority() -> None:
    shown = [(alarm.name, alarm.priority) for alarm in latched(LOW, COLD, ESTOP).alarms()]
    assert shown == [("tip_cold", "high"), ("estop", "high"), ("supply_low", "medium")]


def test_an_alarm_says_its_reason_and_whether_it_was_seen() -> None:
    latches = latched(COLD)
    latches.acknowledge()
    alarm, = latches.alarms()
    assert (alarm.reason, alarm.acknowledged) == (COLD.reason, True)
