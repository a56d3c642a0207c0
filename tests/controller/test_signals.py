"""How each priority looks and sounds: what a stopwatch beside the lamp and the buzzer would say."""

import math
import os
import subprocess
import sys
from typing import NamedTuple

import pytest

from controller.signals import (
    DRIVE_FRACTION,
    HARMONICS_DB,
    PRIORITIES,
    SIGNALS,
    Pattern,
    Signal,
    lamp,
    pattern,
    tone_hz,
)
from tests.house.files import ROOT, STAND_IN

SINCE_MS = 12_300  # on some tick of a run
WATCHED_MS = 120_000
EXACT_TICKS_MS = (5, 20, 25, 50, 100)
LAMP_TICKS_MS = (*EXACT_TICKS_MS, 40, 200)


class Asked(NamedTuple):
    """What summaries of IEC 60601-1-8 ask of a priority: least and most, None where nothing is."""

    colour: tuple[str, ...]
    flashes_hz: tuple[float, float] | None  # None: constant
    duty: tuple[float, float] | None
    pulses: tuple[int, ...]
    pulse_ms: tuple[int, int] | None
    apart_ms: tuple[int, int] | None
    repeat_ms: tuple[float, float] | None


ASKED = {
    "high": Asked(("red",), (1.4, 2.8), (0.2, 0.6), (10,), (75, 200), (50, 125), (2500, 15000)),
    "medium": Asked(("yellow",), (0.4, 0.8), (0.2, 0.6), (3,), (125, 250), (125, 250),
                    (2500, 30000)),
    "low": Asked(("yellow", "cyan"), None, None, (1, 2), (125, 250), (125, 250),
                 (15001, math.inf)),
    "info": Asked(("white", "blue"), None, None, (0,), None, None, None),
}

every_row = pytest.mark.parametrize("row", SIGNALS, ids=lambda row: row.priority)


def on(priority: str) -> Signal:
    return Signal(priority, SINCE_MS, priority, SINCE_MS, 0)


def spells(shown: list[tuple[int, object]]) -> list[tuple[object, int, int]]:
    """Return (what, start, length in ms) of each stretch, without the last, which was cut off."""
    starts = [shown[0], *[now for before, now in zip(shown, shown[1:]) if now[1] != before[1]]]
    return [(what, start, end - start) for (start, what), (end, _) in zip(starts, starts[1:])]


def seen(priority: str, tick_ms: int) -> list[tuple[object, int, int]]:
    """Return the stretches of light and dark of a lamp that is set once per tick."""
    return spells([(t, lamp(on(priority), SINCE_MS + t)[1]) for t in range(0, WATCHED_MS, tick_ms)])


def heard(priority: str, tick_ms: int) -> list[tuple[object, int, int]]:
    """Return the stretches of tone and silence of a buzzer that is set once per tick."""
    return spells([(t, tone_hz(on(priority), SINCE_MS + t))
                   for t in range(0, WATCHED_MS, tick_ms)])


def bursts(priority: str, tick_ms: int) -> list[list[tuple[int, int]]]:
    """Return (start, length) of the pulses of each whole burst."""
    groups: list[list[tuple[int, int]]] = []
    end_ms = -math.inf
    for tone, start_ms, length_ms in heard(priority, tick_ms):
        if tone:
            if start_ms - end_ms > 1300:  # the longest pause inside a burst
                groups.append([])
            groups[-1].append((start_ms, length_ms))
            end_ms = start_ms + length_ms
    return groups[:-1]


@pytest.mark.requirement("IEC 60601-1-8")
@pytest.mark.parametrize("tick_ms", LAMP_TICKS_MS)
@pytest.mark.parametrize("row", SIGNALS, ids=lambda row: row.priority)
def test_the_lamp_flashes_as_asked(row: Pattern, tick_ms: int) -> None:
    asked = ASKED[row.priority]
    assert lamp(on(row.priority), SINCE_MS) == (row.colour, True)
    assert row.colour in asked.colour
    lights = [spell for spell in seen(row.priority, tick_ms) if spell[0]]
    if asked.flashes_hz is None or asked.duty is None:
        assert all(lamp(on(row.priority), t)[1] for t in range(0, WATCHED_MS, tick_ms))
        return
    assert len(lights) > 40
    for (_, start_ms, lit_ms), (_, next_ms, _) in zip(lights, lights[1:]):
        assert asked.flashes_hz[0] <= 1000.0 / (next_ms - start_ms) <= asked.flashes_hz[1]
        assert asked.duty[0] <= lit_ms / (next_ms - start_ms) <= asked.duty[1]


@pytest.mark.parametrize("tick_ms", range(20, 201, 10))
@every_row
def test_the_lamp_keeps_its_mean_frequency_at_any_tick(row: Pattern, tick_ms: int) -> None:
    asked = ASKED[row.priority]
    starts = [start_ms for lit, start_ms, _ in seen(row.priority, tick_ms) if lit]
    if asked.flashes_hz is not None:
        mean_hz = (len(starts) - 1) * 1000.0 / (starts[-1] - starts[0])
        assert asked.flashes_hz[0] <= mean_hz <= asked.flashes_hz[1]


@pytest.mark.requirement("IEC 60601-1-8")
@pytest.mark.parametrize("tick_ms", EXACT_TICKS_MS)
@every_row
def test_a_burst_has_the_pulses_that_are_asked(row: Pattern, tick_ms: int) -> None:
    asked = ASKED[row.priority]
    assert len(row.burst) in asked.pulses
    for burst in bursts(row.priority, tick_ms):
        assert [pulse[:2] for pulse in row.burst] == [
            (start_ms - burst[0][0], length_ms) for start_ms, length_ms in burst]
    if asked.pulse_ms is not None:
        assert len(bursts(row.priority, tick_ms)) > 4
        for pulse in row.burst:
            assert asked.pulse_ms[0] <= pulse.length_ms <= asked.pulse_ms[1]


@every_row
def test_the_pauses_within_a_burst_are_those_asked(row: Pattern) -> None:
    asked = ASKED[row.priority]
    gaps = [after.start_ms - before.start_ms - before.length_ms
            for before, after in zip(row.burst, row.burst[1:])]
    if row.priority == "high":
        x, td = gaps[0], row.burst[0].length_ms
        assert gaps == [x, x, 2 * x + td, x, gaps[4], x, x, 2 * x + td, x]  # c c c - c c, twice
        assert 350 <= gaps[4] <= 1300
        gaps = gaps[:1]
    if asked.apart_ms is not None:
        assert all(asked.apart_ms[0] <= gap <= asked.apart_ms[1] for gap in gaps)


@pytest.mark.requirement("IEC 60601-1-8")
@pytest.mark.parametrize("tick_ms", EXACT_TICKS_MS)
@every_row
def test_the_burst_comes_again_in_time(row: Pattern, tick_ms: int) -> None:
    asked = ASKED[row.priority]
    groups = bursts(row.priority, tick_ms)
    if asked.repeat_ms is None:
        assert not groups
        return
    for before, after in zip(groups, groups[1:]):
        between_starts_ms = after[0][0] - before[0][0]
        silence_ms = after[0][0] - sum(before[-1])
        assert between_starts_ms == row.repeat_ms
        assert asked.repeat_ms[0] <= silence_ms < between_starts_ms <= asked.repeat_ms[1]


@every_row
def test_a_burst_begins_in_the_tick_of_its_alarm(row: Pattern) -> None:
    assert (tone_hz(on(row.priority), SINCE_MS) > 0.0) is bool(row.burst)


@every_row
def test_a_burst_is_in_order_and_over_before_it_comes_again(row: Pattern) -> None:
    ends_ms = 0
    for pulse in row.burst:
        assert pulse.start_ms >= ends_ms
        assert pulse.length_ms > 0
        ends_ms = pulse.start_ms + pulse.length_ms
    assert ends_ms < row.repeat_ms or not row.burst


@pytest.mark.requirement("IEC 60601-1-8")
@every_row
def test_every_tone_is_within_the_range_of_fundamentals(row: Pattern) -> None:
    assert {pulse.tone for pulse in row.burst} == set(range(len(row.tones_hz)))
    assert all(150.0 <= tone <= 1000.0 for tone in row.tones_hz)


@pytest.mark.requirement("IEC 60601-1-8")
@every_row
def test_four_harmonics_are_near_the_fundamental_and_in_the_range_of_speech(row: Pattern) -> None:
    for tone in row.tones_hz:
        near = [multiple for multiple, level_db in HARMONICS_DB
                if abs(level_db) <= 15.0 and 300.0 <= multiple * tone <= 4000.0]
        assert len(near) >= 4


def test_the_harmonics_are_those_of_the_drive() -> None:
    def level(multiple: int) -> float:
        return abs(math.sin(multiple * math.pi * DRIVE_FRACTION)) / multiple

    for multiple, level_db in HARMONICS_DB:
        assert 20.0 * math.log10(level(multiple) / level(1)) == pytest.approx(level_db, abs=0.05)


@every_row
def test_times_fit_a_tick_of_100_ms(row: Pattern) -> None:
    times_ms = [row.flash_ms, row.lit_ms, row.repeat_ms]
    times_ms += [ms for pulse in row.burst for ms in (pulse.start_ms, pulse.length_ms)]
    assert all(ms % 100 == 0 for ms in times_ms)


def test_the_more_urgent_of_two_flashing_ones_flashes_faster() -> None:
    assert PRIORITIES == ("high", "medium", "low", "info")
    assert pattern("high").flash_ms < pattern("medium").flash_ms


def test_silence_is_dark_and_quiet() -> None:
    silence = Signal("", 0, "", 0, 0)
    assert {lamp(silence, t) for t in range(3000)} == {("", False)}
    assert {tone_hz(silence, t) for t in range(3000)} == {0.0}


@every_row
def test_a_silenced_alarm_is_still_seen(row: Pattern) -> None:
    for t in range(0, 20_000, 50):
        silenced = on(row.priority)._replace(sound="")
        assert lamp(silenced, t) == lamp(on(row.priority), t)
        assert tone_hz(silenced, t) == 0.0


@every_row
def test_a_clock_before_the_alarm_shows_the_pattern_all_the_same(row: Pattern) -> None:
    ahead_ms = 600 * row.flash_ms * (row.repeat_ms or 1)
    for t in range(0, 20_000, 50):
        assert lamp(on(row.priority), t - ahead_ms) == lamp(on(row.priority), t)
        assert tone_hz(on(row.priority), t - ahead_ms) == tone_hz(on(row.priority), t)


def test_a_priority_that_is_not_in_the_table_is_an_error() -> None:
    with pytest.raises(KeyError):
        lamp(on("urgent"), 0)


SHOWN = """
from controller.signals import SIGNALS, Signal, lamp, tone_hz
for row in SIGNALS:
    for now_ms in range(-5000, 25000, 70):
        signal = Signal(row.priority, 0, row.priority, 30, 0)
        print(row.priority, now_ms, lamp(signal, now_ms), tone_hz(signal, now_ms) * 4)
"""


@pytest.mark.micropython
def test_a_board_shows_the_same(micropython: str) -> None:
    paths = f"{ROOT / STAND_IN}:{ROOT}"
    board, desk = (subprocess.run([program, "-c", SHOWN], capture_output=True, text=True,
                                  check=True, env={**os.environ, name: path}).stdout
                   for program, name, path in ((micropython, "MICROPYPATH", paths),
                                               (sys.executable, "PYTHONPATH", str(ROOT))))
    assert board == desk
    assert len(desk.splitlines()) > 1000
