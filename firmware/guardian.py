"""The guardian: starts control and front, and shuts every actuator itself when control fails.

It decides nothing about a treatment. Control is dead when its process ends, and hangs when its
heartbeat stops; either way it is killed, the ports are opened afresh and everything is shut.
"""

import os
import select
import subprocess
import sys
from collections.abc import Callable, Sequence

from firmware.assembly import shut_freshly
from firmware.config import Rig
from hal.errors import HalError
from hal.interface import Clock

BEAT_MS_MAX = 500  # five ticks at 10 Hz, as long as an output's lease
START_MS_MAX = 20000  # imports and opening ports on a slow machine
END_MS_MAX = 3000  # for control to shut everything and close the log line
LOOK_MS = 50
RESTARTS_MAX = 5
EXIT_DONE = 0
EXIT_HARDWARE = 4

Say = Callable[[str], None]


class Control:
    """A running control process with its heartbeat and its lifeline."""

    def __init__(self, arguments: Sequence[str], unclean: str, now_ms: int) -> None:
        self.heartbeat, beat_end = os.pipe()
        life_end, self.lifeline = os.pipe()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "firmware", "control", *arguments, "--unclean", unclean,
             "--heartbeat", str(beat_end), "--lifeline", str(life_end)],
            pass_fds=(beat_end, life_end), start_new_session=True)
        os.close(beat_end)
        os.close(life_end)
        self.beat_ms = now_ms
        self.has_beaten = False

    def look(self, now_ms: int) -> str:
        """Wait a little for a heartbeat; return "" while all is well, else how control failed."""
        readable, _, _ = select.select([self.heartbeat], [], [], LOOK_MS / 1000.0)
        if readable and os.read(self.heartbeat, 4096):
            self.has_beaten = True
            self.beat_ms = now_ms
            return ""
        if readable:
            return f"control process ended (exit {self.process.wait()})"
        silent_ms = now_ms - self.beat_ms
        if silent_ms > (BEAT_MS_MAX if self.has_beaten else START_MS_MAX):
            return f"control process silent for {silent_ms} ms, not at most {BEAT_MS_MAX} ms"
        return ""

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.wait()
        self._close()

    def end(self) -> bool:
        """Let go of the lifeline; True when control shut everything and ended by itself."""
        os.close(self.lifeline)
        self.lifeline = -1
        try:
            well = self.process.wait(END_MS_MAX / 1000.0) == 0
        except subprocess.TimeoutExpired:
            well = False
        self.kill()
        return well

    def _close(self) -> None:
        for fd in (self.heartbeat, self.lifeline):
            if fd >= 0:
                os.close(fd)
        self.heartbeat = self.lifeline = -1


class Guardian:
    """Keeps control and front alive until `stopping` says so."""

    def __init__(self, rig: Rig, control: Sequence[str], front: Sequence[str], clock: Clock,
                 say: Say) -> None:
        self.rig = rig
        self.control_arguments = control
        self.front_arguments = front
        self.clock = clock
        self.say = say
        self.restarts = 0
        self.front: subprocess.Popen[bytes] | None = None
        self.front_since_ms = 0

    def run(self, stopping: Callable[[], bool]) -> int:
        """Return an exit code: 0 ended as asked, 4 the hardware could not be opened."""
        control = Control(self.control_arguments, "", self.clock.now_ms())
        try:
            while not stopping():
                failure = control.look(self.clock.now_ms())
                if not failure:
                    self._keep_front(control.has_beaten)
                    continue
                control.kill()
                code = control.process.returncode
                if not control.has_beaten and code > 0:
                    return code
                self._shut(failure)
                self.restarts += 1
                if self.restarts > RESTARTS_MAX:
                    self.say(f"guardian: {self.restarts} failures; giving up, everything is shut")
                    return EXIT_HARDWARE
                control = Control(self.control_arguments, failure, self.clock.now_ms())
            if not control.end():
                self._shut("control process did not end by itself")
            return EXIT_DONE
        finally:
            if control.lifeline >= 0:
                control.kill()
            if self.front is not None:
                self.front.terminate()
                self.front.wait()

    def _shut(self, failure: str) -> None:
        self.say(f"guardian: {failure}")
        try:
            self.say(f"guardian: {shut_freshly(self.rig)}")
        except HalError as error:
            self.say(f"guardian: NOT CONFIRMED SHUT: {error}. Close the cylinder by hand.")

    def _keep_front(self, control_is_up: bool) -> None:
        """Start the front, and again at most once a second when it dies."""
        if not self.front_arguments or not control_is_up:
            return
        now_ms = self.clock.now_ms()
        if self.front is not None:
            if self.front.poll() is None:
                return
            if now_ms - self.front_since_ms < 1000:
                return
            self.say(f"guardian: front ended (exit {self.front.returncode}); starting a new one")
        self.front = subprocess.Popen(
            [sys.executable, "-m", "firmware", "front", *self.front_arguments],
            start_new_session=True)
        self.front_since_ms = now_ms
