"""The lamp of LEDs and the beeper, as the bytes that reach the kernel's files.

The files here are plain ones: that a real LED lights is for the bench.
"""

import os
import struct
from collections.abc import Callable
from math import inf, nan
from pathlib import Path

import pytest

from controller.signals import SIGNALS, Signal, lamp, tone_hz
from hal.errors import NotConnected, WrongDevice
from hal.indicators import LinuxIndicator
from hal.interface import COLOURS

LEDS = (("red", "255", ("red", "yellow", "white")), ("green", "1", ("yellow", "white")),
        ("blue", "1", ("white",)))


class Panel:
    """A directory that looks like the kernel's, with a full-colour lamp and a beeper."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name, brightest, _ in LEDS:
            (root / name).mkdir()
            (root / name / "max_brightness").write_text(brightest + "\n")
            (root / name / "brightness").write_text("")
        (root / "beeper").write_bytes(b"")

    def indicator(self) -> LinuxIndicator:
        return LinuxIndicator(tuple((str(self.root / name), colours) for name, _, colours in LEDS),
                              str(self.root / "beeper"))

    def led(self, name: str) -> list[str]:
        """Return all that was written to it."""
        return (self.root / name / "brightness").read_text().splitlines()

    def lit(self) -> list[str]:
        return [name for name, _, _ in LEDS if self.led(name)[-1] != "0"]

    def tones(self) -> list[int]:
        data = (self.root / "beeper").read_bytes()
        events = [struct.unpack("@LLHHi", data[at:at + 24]) for at in range(0, len(data), 24)]
        assert {event[:4] for event in events} <= {(0, 0, 0x12, 0x02)}
        return [event[4] for event in events]


@pytest.fixture
def panel(tmp_path: Path) -> Panel:
    return Panel(tmp_path)


@pytest.mark.skipif(struct.calcsize("@L") != 8, reason="the transcript is of a 64-bit kernel")
def test_a_tone_is_an_input_event_of_24_bytes(panel: Panel) -> None:
    panel.indicator().show("", False, 523.25)
    data = (panel.root / "beeper").read_bytes()
    assert data[24:] == bytes(16) + b"\x12\x00\x02\x00\x0b\x02\x00\x00"


def test_it_begins_dark_and_silent(panel: Panel) -> None:
    panel.indicator()
    assert panel.lit() == []
    assert panel.tones() == [0]


@pytest.mark.parametrize(("colour", "leds"), [
    ("red", ["red"]), ("yellow", ["red", "green"]), ("white", ["red", "green", "blue"])])
def test_a_colour_lights_its_leds_and_no_others(panel: Panel, colour: str,
                                                 leds: list[str]) -> None:
    indicator = panel.indicator()
    indicator.show("white", True, 0.0)
    indicator.show(colour, True, 0.0)
    assert panel.lit() == leds
    indicator.show(colour, False, 0.0)
    assert panel.lit() == []


def test_a_led_is_as_bright_as_it_can_be(panel: Panel) -> None:
    panel.indicator().show("white", True, 0.0)
    assert [panel.led(name)[-1] for name, _, _ in LEDS] == ["255", "1", "1"]


def test_only_changes_are_written(panel: Panel) -> None:
    indicator = panel.indicator()
    for _ in range(100):
        indicator.show("red", True, 523.25)
    assert panel.led("red") == ["0", "255"]
    assert panel.tones() == [0, 523]


@pytest.mark.parametrize("tone", [0.0, nan, inf, -inf, -440.0])
def test_what_is_no_tone_is_silence(panel: Panel, tone: float) -> None:
    indicator = panel.indicator()
    indicator.show("red", True, 523.25)
    indicator.show("red", True, tone)
    assert panel.tones() == [0, 523, 0]


@pytest.mark.parametrize("row", SIGNALS, ids=lambda row: row.priority)
def test_every_priority_reaches_lamp_and_beeper(panel: Panel, row) -> None:
    indicator = panel.indicator()
    signal = Signal(row.priority, 0, row.priority, 0, 0)
    span_ms = row.repeat_ms or 6000
    for now_ms in range(0, span_ms, 100):
        indicator.show(*lamp(signal, now_ms), tone_hz(signal, now_ms))
    assert row.colour in COLOURS
    flashes = -(-span_ms // row.flash_ms) if row.lit_ms < row.flash_ms else 1
    assert panel.led("red").count("255") == flashes
    assert [hz for hz in panel.tones() if hz] == [
        round(row.tones_hz[pulse.tone]) for pulse in row.burst]


def test_closing_leaves_it_dark_and_silent(panel: Panel) -> None:
    indicator = panel.indicator()
    indicator.show("white", True, 523.25)
    indicator.close()
    indicator.close()
    assert panel.lit() == []
    assert panel.tones()[-1] == 0


def test_without_a_beeper_the_lamp_works(panel: Panel) -> None:
    LinuxIndicator(tuple((str(panel.root / name), colours) for name, _, colours in LEDS),
                   "").show("red", True, 523.25)
    assert panel.lit() == ["red"]
    assert panel.tones() == []


def test_a_colour_without_a_led_is_refused(panel: Panel) -> None:
    with pytest.raises(WrongDevice, match="none of its LEDs lights for yellow"):
        LinuxIndicator(((str(panel.root / "red"), ("red",)),), "")


@pytest.mark.parametrize(("spoil", "error", "words"), [
    (lambda root: (root / "beeper").unlink(), NotConnected, "beeper: No such file"),
    (lambda root: (root / "blue" / "brightness").unlink(), NotConnected, "brightness: No such"),
    (lambda root: (root / "blue" / "max_brightness").unlink(), NotConnected, "max_brightness: No"),
    (lambda root: (root / "blue" / "max_brightness").write_text("much"), WrongDevice, "invalid"),
])
def test_what_cannot_be_opened_is_told_and_the_rest_given_back(
        panel: Panel, spoil: Callable[[Path], None], error: type, words: str) -> None:
    spoil(panel.root)
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(error, match=words):
        panel.indicator()
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_led_that_fails_is_told_and_stops_no_other(panel: Panel) -> None:
    (panel.root / "red" / "brightness").unlink()
    (panel.root / "red" / "brightness").symlink_to("/dev/full")
    with pytest.raises(NotConnected, match="brightness: No space left"):
        panel.indicator()
    assert panel.tones()[-1] == 0
    assert panel.led("blue")[-1] == "0"


def test_a_failed_write_is_tried_again(panel: Panel) -> None:
    indicator = panel.indicator()
    fd = indicator._leds[0][0]._fd
    good, full = os.dup(fd), os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, fd)  # the LED is gone
    for _ in range(3):
        with pytest.raises(NotConnected):
            indicator.show("yellow", True, 523.25)
    assert panel.lit() == ["green"]
    assert panel.tones()[-1] == 523
    os.dup2(good, fd)  # and there again
    indicator.show("yellow", True, 523.25)
    assert panel.lit() == ["red", "green"]
    os.close(good)
    os.close(full)
