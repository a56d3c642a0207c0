"""SIGNALS: how each priority of alarm looks and sounds; `lamp` and `tone_hz` say it for a moment.

It does not decide which priority is shown nor whether it sounds: alarms.py does. How loud it is,
and what lamp and buzzer are made of, is the rig's.
"""

from typing import NamedTuple

Pulse = NamedTuple(
    "Pulse",
    [
        ("start_ms", int),  # 0..; after the burst began
        ("length_ms", int),  # 1..
        ("tone", int),  # index into the row's tones_hz
    ],
)

Pattern = NamedTuple(
    "Pattern",
    [
        ("priority", str),
        ("colour", str),
        ("flash_ms", int),  # 1..; from one flash to the next
        ("lit_ms", int),  # 1..flash_ms; as long as flash_ms: constant
        ("tones_hz", "tuple[float, ...]"),  # fundamentals, 150..1000
        ("burst", "tuple[Pulse, ...]"),  # in order of time; () makes no sound
        ("repeat_ms", int),  # from the start of one burst to the start of the next; 0 without one
        ("source", str),
    ],
)

# What is to be seen and heard, as alarms.py found it in this tick.
Signal = NamedTuple(
    "Signal",
    [
        ("priority", str),  # of SIGNALS; the lamp's; "" when nothing is wrong
        ("since_ms", int),  # when this priority began; its flashes are counted from here
        ("sound", str),  # of SIGNALS; the buzzer's; "" for silence
        ("sound_since_ms", int),  # when sound or silence began; bursts are counted from here
        ("paused_ms", int),  # 0..; what is left of an audio pause; 0 for none
    ],
)

# Marks as in limits.py. All of this must be read again in IEC 60601-1-8 itself before it is
# claimed: the numbers marked [S] come from makers' and teachers' summaries of it, those marked
# [G] (length and spacing of pulses, 15 s between low bursts) from memory. Its 2020 amendment
# prefers other sounds than melodies.
#
# Times are multiples of 100 ms, lamps of 200 ms: a tick of 20, 25, 50 or 100 ms shows every row
# exactly, one of 40 or 200 ms still every lamp. Between bursts there is the stated pause whether
# one counts from start to start or from end to start; the summaries do not say which.
SIGNALS = (
    Pattern("high", "red", 600, 200, (523.25,), (
        Pulse(0, 100, 0), Pulse(200, 100, 0), Pulse(400, 100, 0),
        Pulse(800, 100, 0), Pulse(1000, 100, 0),
        Pulse(1600, 100, 0), Pulse(1800, 100, 0), Pulse(2000, 100, 0),
        Pulse(2400, 100, 0), Pulse(2600, 100, 0)), 6000,
        "[S] 1.4..2.8 Hz, 20..60 % lit, 10 pulses as c c c - c c twice, again after 2.5..15 s; "
        "[G] pulses 75..200 ms, apart 50..125 ms, halves apart 350..1300 ms"),
    Pattern("medium", "yellow", 2000, 800, (523.25,), (
        Pulse(0, 200, 0), Pulse(400, 200, 0), Pulse(800, 200, 0)), 10000,
        "[S] 0.4..0.8 Hz, 3 pulses, again after 2.5..30 s; "
        "[G] 20..60 % lit, pulses 125..250 ms, apart 125..250 ms"),
    Pattern("low", "yellow", 1000, 1000, (659.25, 523.25), (
        Pulse(0, 200, 0), Pulse(400, 200, 1)), 20000,
        "[S] constant; [G] yellow or cyan, 1 or 2 pulses, again after more than 15 s or never"),
    # Not red, yellow or cyan, which are alarms, nor green, which is ready; and no sound, because
    # a sound that asks for nothing teaches people not to listen.
    Pattern("info", "white", 1000, 1000, (), (), 0,
            "[P] information is not an alarm; [G] its signal must not look like one"),
)
PRIORITIES = tuple([row.priority for row in SIGNALS])  # the most urgent first

# How a buzzer gets its harmonics: a pulse wave that is high for this part of each period has them
# as below, (multiple of the fundamental, dB against it), before the transducer bends them. Four
# within 15 dB are asked for [S]; a square wave has only 3 (-9.5 dB) and 5 (-14.0 dB).
DRIVE_FRACTION = 0.125
HARMONICS_DB = ((2, -0.7), (3, -1.9), (4, -3.7), (5, -6.3))

DARK = ("", False)


def pattern(priority: str) -> Pattern:
    """Return the row of SIGNALS called `priority`; raises KeyError for an unknown one."""
    for row in SIGNALS:
        if row.priority == priority:
            return row
    raise KeyError(priority)


def lamp(signal: Signal, now_ms: int) -> "tuple[str, bool]":
    """Return the lamp's colour, "" for none, and whether it is lit at `now_ms`.

    Neither an acknowledgement nor a pause changes it.
    """
    if not signal.priority:
        return DARK
    row = pattern(signal.priority)
    return row.colour, (now_ms - signal.since_ms) % row.flash_ms < row.lit_ms


def tone_hz(signal: Signal, now_ms: int) -> float:
    """Return the fundamental that sounds at `now_ms`, 0.0 between pulses and in silence."""
    if not signal.sound:
        return 0.0
    row = pattern(signal.sound)
    for pulse in row.burst:
        if 0 <= (now_ms - signal.sound_since_ms) % row.repeat_ms - pulse.start_ms < pulse.length_ms:
            return row.tones_hz[pulse.tone]
    return 0.0
