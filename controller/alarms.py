"""Which trips are latched, which of them are acknowledged, and the alarms shown for them.

It does not decide what trips: interlocks.py does.
"""

from controller.interlocks import row_named
from controller.records import Alarm, Trip

PRIORITIES = ("high", "medium", "low")


class Latches:
    """Trips that stay until acknowledged AND their cause is gone AND reset."""

    def __init__(self) -> None:
        self.held: "list[Trip]" = []
        self.acknowledged: "list[str]" = []

    def hold(self, trips: "tuple[Trip, ...]") -> None:
        """Latch `trips`; one that is latched already keeps its first reason."""
        names = [trip.name for trip in self.held]
        for trip in trips:
            if trip.name not in names:
                self.held.append(trip)

    def acknowledge(self) -> None:
        """The operator has seen all that is latched now. Nothing is cleared by it."""
        self.acknowledged = [trip.name for trip in self.held]

    def unacknowledged(self) -> "tuple[Trip, ...]":
        """Return what nobody has seen yet."""
        return tuple(trip for trip in self.held if trip.name not in self.acknowledged)

    def clear(self) -> None:
        """Forget all; only for a reset that was granted."""
        self.held = []
        self.acknowledged = []

    def tripped(self) -> "tuple[Trip, ...]":
        """Return all latched trips, the first cause first."""
        return tuple(self.held)

    def alarms(self) -> "tuple[Alarm, ...]":
        """Return an alarm per latched trip, highest priority first."""
        shown = []
        for priority in PRIORITIES:
            for trip in self.held:
                if row_named(trip.name).priority == priority:
                    shown.append(Alarm(trip.name, priority, trip.reason,
                                       trip.name in self.acknowledged))
        return tuple(shown)
