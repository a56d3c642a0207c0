"""Which alarms there are, who has seen them, and what is to be seen and heard of them.

It does not decide what is wrong (interlocks.py does), nor how a priority looks and sounds
(signals.py does).
"""

from typing import NamedTuple

from controller.records import Alarm, AlarmEvent, Refused, Trip
from controller.signals import PRIORITIES, Signal, pattern
from controller.text import number

PAUSE_MS_MAX = 120000  # [S] IEC 60601-1-8 as summarised: two minutes; confirm in the standard

# One thing that is wrong now. Its name and priority are its identity: a rule that becomes more
# urgent is another alarm, and sounds.
Cause = NamedTuple(
    "Cause",
    [
        ("name", str),
        ("priority", str),  # of signals.PRIORITIES
        ("latched", bool),  # True: outlives its end until it was acknowledged and reset
        ("reason", str),  # with the value and the limit
    ],
)

QUIET = Signal("", 0, "", 0, 0)


class Alarms:
    """All alarms of one run. Give it the causes of every tick, whether or not there are any.

    Delays: from a cause to its alarm, the grace of its row, which has passed before it is given
    here; from there to lamp and buzzer nothing: signal() of the same tick has it, so at most one
    tick from the moment the grace is over. An audio pause ends with the first tick at its time.
    """

    def __init__(self) -> None:
        self.now_ms = -1  # of the last tick; -1 before the first
        self.held: "list[_Held]" = []  # the oldest first
        self.paused_ms = 0  # what is left of the audio pause
        self.shown = QUIET  # in this tick
        self.events: "list[AlarmEvent]" = []

    def update(self, now_ms: int, causes: "tuple[Cause, ...]") -> None:
        """Take what is wrong now. What is not in `causes` has ended; what was latched stays.

        A clock that goes back counts as no time.
        """
        self._pass_time(now_ms)
        for held in self.held:
            if held.is_present and not any([held.is_of(cause) for cause in causes]):
                held.is_present = False
                self._note("ended", held.cause)
        self.held = [held for held in self.held if held.is_present or held.cause.latched]
        for cause in causes:
            self._take(cause)
        self._settle()

    def acknowledge(self) -> None:
        """The operator has seen all there is now: it falls silent, and nothing else changes."""
        for held in self.held:
            if not held.is_acknowledged:
                held.is_acknowledged = True
                self._note("acknowledged", held.cause)
        self._settle()

    def clear(self) -> None:
        """Forget the latched alarms that were acknowledged and whose cause is gone, no others."""
        kept = []
        for held in self.held:
            if held.is_present or not held.is_acknowledged:
                kept.append(held)
            else:
                self._note("cleared", held.cause)
        self.held = kept
        self._settle()

    def pause(self, duration_ms: int) -> None:
        """Silence what sounds for `duration_ms`, 1..PAUSE_MS_MAX, in place of a running pause.

        A new alarm of the same priority or a higher one ends it, because nobody has heard that
        one yet; a lower one is shown, and sounds when the pause is over. Raises Refused.
        """
        if not (1 <= duration_ms <= PAUSE_MS_MAX):
            raise Refused("the sound pauses for up to " + number(PAUSE_MS_MAX * 0.001)
                          + " s, not for " + number(duration_ms * 0.001) + " s", -222)
        if not self._sounding():
            raise Refused("nothing sounds, so there is nothing to pause")
        self.paused_ms = duration_ms
        self._note_pause("paused", "for " + number(duration_ms * 0.001) + " s")
        self._settle()

    def tripped(self) -> "tuple[Trip, ...]":
        """Return all that is latched, the first cause first."""
        return tuple([held.trip() for held in self.held if held.cause.latched])

    def unacknowledged(self) -> "tuple[Trip, ...]":
        """Return what is latched and nobody has seen since it last began: it forbids a reset."""
        return tuple([held.trip() for held in self.held
                      if held.cause.latched and not held.is_acknowledged])

    def present(self) -> "tuple[Trip, ...]":
        """Return what is latched and whose cause was there in the last update."""
        return tuple([held.trip() for held in self.held
                      if held.cause.latched and held.is_present])

    def alarms(self) -> "tuple[Alarm, ...]":
        """Return every alarm, the highest priority first, then the oldest."""
        shown = []
        for priority in PRIORITIES:
            for held in self.held:
                cause = held.cause
                if cause.priority == priority:
                    shown.append(Alarm(cause.name, priority, cause.reason, held.is_acknowledged))
        return tuple(shown)

    def signal(self) -> Signal:
        """Return what is to be seen and heard in this tick.

        Seen is the highest priority there is; heard the highest that nobody has acknowledged,
        which may be a lower one.
        """
        return self.shown

    def take_events(self) -> "tuple[AlarmEvent, ...]":
        """Return the alarm log since this was last asked for; take it once per tick."""
        events = tuple(self.events)
        self.events = []
        return events

    def _pass_time(self, now_ms: int) -> None:
        passed_ms = max(0, now_ms - self.now_ms) if self.now_ms >= 0 else 0
        self.now_ms = now_ms
        if self.paused_ms:
            self.paused_ms = max(0, self.paused_ms - passed_ms)
            if not self.paused_ms:
                self._resume("its time is over")

    def _take(self, cause: Cause) -> None:
        known = [held for held in self.held if held.is_of(cause)]
        if known and known[0].is_present:
            return
        self._note("raised", cause)
        if known and not known[0].is_acknowledged:
            known[0].is_present = True  # it has never fallen silent, so it is not new
            return
        if known:
            known[0].is_present = True
            known[0].is_acknowledged = False
        else:
            self.held.append(_Held(cause))
        if cause.priority == _highest(self._sounding()):
            self._sound_anew(cause.name)

    def _sounding(self) -> "list[_Held]":
        """What sounds, or would but for the pause."""
        return [held for held in self.held
                if held.is_audible and not held.is_acknowledged]

    def _sound_anew(self, name: str) -> None:
        """Begin a burst in this tick, whether there is a pause or another burst."""
        if self.paused_ms:
            self._resume("new alarm " + name)
        self.shown = Signal(self.shown.priority, self.shown.since_ms, "", 0, 0)

    def _resume(self, why: str) -> None:
        self.paused_ms = 0
        self._note_pause("resumed", why)

    def _settle(self) -> None:
        """Find what is to be seen and heard; what is as before goes on in its rhythm."""
        sounding = self._sounding()
        if self.paused_ms and not sounding:
            # Else it would go on to swallow an alarm that is still to come.
            self._resume("nothing is left to sound")
        was = self.shown
        seen = _highest(self.held)
        since_ms = was.since_ms if seen == was.priority else self.now_ms
        heard = "" if self.paused_ms else _highest(sounding)
        sound_since_ms = was.sound_since_ms if heard == was.sound else self.now_ms
        self.shown = Signal(seen, since_ms, heard, sound_since_ms, self.paused_ms)

    def _note(self, what: str, cause: Cause) -> None:
        self.events.append(AlarmEvent(self.now_ms, what, cause.name, cause.priority, cause.reason))

    def _note_pause(self, what: str, why: str) -> None:
        self.events.append(AlarmEvent(self.now_ms, what, "", "", why))


class _Held:
    """One alarm, with the reason it had first; raises KeyError for an unknown priority."""

    def __init__(self, cause: Cause) -> None:
        self.cause = cause
        self.is_audible = len(pattern(cause.priority).burst) > 0
        self.is_present = True  # its cause is
        self.is_acknowledged = False

    def is_of(self, cause: Cause) -> bool:
        return (self.cause.name, self.cause.priority) == (cause.name, cause.priority)

    def trip(self) -> Trip:
        return Trip(self.cause.name, self.cause.reason)


def _highest(held: "list[_Held]") -> str:
    for priority in PRIORITIES:
        if any([one.cause.priority == priority for one in held]):
            return priority
    return ""
