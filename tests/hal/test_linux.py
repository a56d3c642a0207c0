"""The clock of Linux, and what it asks of the system for a process that must be on time."""

import subprocess
import sys

from hal.linux import LinuxClock


def test_time_never_goes_back_and_a_deadline_is_never_early() -> None:
    clock = LinuxClock()
    before_ms = clock.now_ms()
    clock.wait_until_ms(before_ms + 3)
    assert clock.now_ms() >= before_ms + 3
    clock.wait_until_ms(before_ms)  # has passed: returns at once


def test_what_the_system_does_not_permit_is_said_and_the_collector_rests() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "import gc; from hal.linux import become_real_time; "
         "said = become_real_time(); "
         "print(gc.isenabled(), all('not permitted' in each for each in said))"],
        capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["False", "True"]
