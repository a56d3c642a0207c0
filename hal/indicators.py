"""An alarm lamp of Linux LEDs and a buzzer that is a Linux beeper, as the kernel offers them.

It does not decide what is shown. The kernel's beepers sound a square wave, which has not the four
harmonics that are asked of an alarm: for that the buzzer needs a driver of its own.
"""

import os
import struct
from contextlib import suppress

from hal.errors import HalError, NotConnected, WrongDevice
from hal.interface import COLOURS, Indicator

# struct input_event of <linux/input.h>: seconds and microseconds (not read), type, code, value
INPUT_EVENT = struct.Struct("@LLHHi")
EV_SND = 0x12
SND_TONE = 0x02  # its value is the frequency in Hz, 0 for silence
TONE_HZ_MAX = 20000.0


class LinuxIndicator(Indicator):
    """`leds`: (directory like /sys/class/leds/NAME, the colours it takes part in); a red and a
    green one make yellow. `beeper`: event device like /dev/input/by-path/NAME-event, "" for none.

    Writing there never waits: drivers that need time do their work later. Raises NotConnected,
    WrongDevice when a colour has no LED.
    """

    def __init__(self, leds: tuple[tuple[str, tuple[str, ...]], ...], beeper: str) -> None:
        for colour in COLOURS:
            if not any(colour in colours for _, colours in leds):
                raise WrongDevice(f"lamp: none of its LEDs lights for {colour}")
        self._files: list[_File] = []
        self._beeper: _File | None = None
        self._leds: list[tuple[_File, bytes, tuple[str, ...]]] = []
        try:
            for directory, colours in leds:
                full = _brightest(directory)
                self._leds.append((self._opened(directory + "/brightness"), full, colours))
            if beeper:
                self._beeper = self._opened(beeper)
            self.show("", False, 0.0)
        except HalError:
            self.close()
            raise

    def show(self, colour: str, is_lit: bool, tone_hz: float) -> None:
        """Write what has changed; raises NotConnected, after all the others were written."""
        faults = [file.write(full if is_lit and colour in colours else b"0\n")
                  for file, full, colours in self._leds]
        if self._beeper is not None:
            hz = round(tone_hz) if 0.0 < tone_hz <= TONE_HZ_MAX else 0
            faults.append(self._beeper.write(INPUT_EVENT.pack(0, 0, EV_SND, SND_TONE, hz)))
        for fault in faults:
            if fault:
                raise NotConnected(fault)

    def close(self) -> None:
        """Dark and silent, if it still can be; never raises."""
        with suppress(HalError):
            self.show("", False, 0.0)
        for file in self._files:
            file.close()
        self._files = []

    def _opened(self, path: str) -> "_File":
        file = _File(path)
        self._files.append(file)
        return file


class _File:
    """One file of the kernel, written when the value is another than before."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._written = b""
        try:
            self._fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
        except OSError as error:
            raise NotConnected(f"{path}: {error.strerror}") from error

    def write(self, data: bytes) -> str:
        """Return "" or why it failed; then the next call tries again."""
        if data == self._written:
            return ""
        try:
            os.write(self._fd, data)
        except OSError as error:
            self._written = b""
            return f"{self._path}: {error.strerror}"
        self._written = data
        return ""

    def close(self) -> None:
        with suppress(OSError):
            os.close(self._fd)


def _brightest(directory: str) -> bytes:
    """Return what to write for full light: on some LEDs 1 is all there is, on others next to
    nothing."""
    path = directory + "/max_brightness"
    try:
        with open(path, encoding="ascii") as file:
            return b"%d\n" % int(file.read())
    except OSError as error:
        raise NotConnected(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise WrongDevice(f"{path}: {error}") from error
