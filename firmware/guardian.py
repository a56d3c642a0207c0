"""The guardian: starts control and front, and shuts every actuator itself when control fails.

It decides nothing about a treatment. Control is dead when its process ends, and hangs when its
heartbeat stops; either way it is killed, the ports are opened afresh and everything is shut.
"""

import os
import select
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Sequence

from firmware.assembly import shut_freshly
from firmware.config import Rig
from hal.errors import HalError
from hal.interface import Clock

BEAT_MS_MAX = 500  # five ticks at 10 Hz, as long as an output's lease
START_MS_MAX = 20000  # imports and opening ports on a slow machine
# Its first ticks touch every page for the first time. No gas can flow yet: a precheck takes 2 s.
WARM_UP_MS = 2000
END_MS_MAX = 3000  # for control to shut everything, for a front to close the log
LOOK_MS = 50
FAILURES_MAX = 5  # in
FAILURES_MS = 60000
FRONT_UP_MS = 10000  # a first front that fails earlier was never of use to anybody
FRONT_PAUSE_MS = 1000
EXIT_DONE = 0
EXIT_CONFIG = 2
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
        self.first_beat_ms = -1

    @property
    def has_beaten(self) -> bool:
        """True when it came as far as its first tick."""
        return self.first_beat_ms >= 0

    def look(self, now_ms: int) -> str:
        """Wait a little for a heartbeat; return "" while all is well, else how control failed."""
        readable, _, _ = select.select([self.heartbeat], [], [], LOOK_MS / 1000.0)
        if readable and os.read(self.heartbeat, 4096):
            self.first_beat_ms = self.first_beat_ms if self.has_beaten else now_ms
            self.beat_ms = now_ms
            return ""
        if readable:
            return f"control process ended (exit {self.process.wait()})"
        silent_ms = now_ms - self.beat_ms
        allowed_ms = self._silence_ms_max()
        if silent_ms > allowed_ms:
            return f"control process silent for {silent_ms} ms, not at most {allowed_ms} ms"
        return ""

    def _silence_ms_max(self) -> int:
        if not self.has_beaten:
            return START_MS_MAX
        return BEAT_MS_MAX if self.beat_ms - self.first_beat_ms >= WARM_UP_MS else WARM_UP_MS

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.wait()
        self._close()

    def end(self) -> str:
        """Let go of the lifeline; return "" when control shut everything and ended by itself."""
        os.close(self.lifeline)
        self.lifeline = -1
        try:
            code = self.process.wait(END_MS_MAX / 1000.0)
            failure = f"control process ended (exit {code})" if code else ""
        except subprocess.TimeoutExpired:
            failure = "control process did not end by itself"
        self.kill()
        return failure

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
        self.failures_ms: deque[int] = deque(maxlen=FAILURES_MAX)
        self.front: subprocess.Popen[bytes] | None = None
        self.front_since_ms = 0
        self.front_again: list[str] = []
        self.front_life_end, self.front_lifeline = os.pipe()

    def run(self, stopping: Callable[[], bool]) -> int:
        """Return an exit code: 0 ended as asked, 4 the hardware could not be opened or control
        fails again and again, else that of a control or first front that cannot start."""
        control = Control(self.control_arguments, "", self.clock.now_ms())
        try:
            while not stopping():
                failure = control.look(self.clock.now_ms())
                if not failure:
                    code = self._keep_front(control.has_beaten)
                    if code > 0:
                        return code
                    continue
                control.kill()
                code = control.process.returncode
                if not control.has_beaten and code in (EXIT_CONFIG, EXIT_HARDWARE):
                    return code  # it has said why, and shut what it could open
                self._shut(failure)
                if self._fails_too_often():
                    return EXIT_HARDWARE
                control = Control(self.control_arguments, failure, self.clock.now_ms())
            failure = control.end()
            if failure:
                self._shut(failure)
            return EXIT_DONE
        finally:
            if control.lifeline >= 0:
                failure = control.end()
                if failure:
                    self._shut(failure)
            self._end_front()
            os.close(self.front_life_end)
            os.close(self.front_lifeline)

    def _shut(self, failure: str) -> None:
        try:
            done = shut_freshly(self.rig)
        except HalError as error:
            done = f"NOT CONFIRMED SHUT: {error}. Close the cylinder by hand."
        self.say(f"guardian: {failure}")
        self.say(f"guardian: {done}")

    def _fails_too_often(self) -> bool:
        now_ms = self.clock.now_ms()
        oldest_ms = self.failures_ms[0] if len(self.failures_ms) == FAILURES_MAX else now_ms
        self.failures_ms.append(now_ms)
        if 0 < now_ms - oldest_ms < FAILURES_MS:
            self.say(f"guardian: control failed more than {FAILURES_MAX} times in "
                     f"{FAILURES_MS // 1000} s; giving up, everything is shut")
            return True
        return False

    def _keep_front(self, control_is_up: bool) -> int:
        """Start the front, and again at most once a second when it dies. Return 0, or the exit
        code of a first front that could not begin."""
        if not self.front_arguments or not control_is_up:
            return 0
        now_ms = self.clock.now_ms()
        if self.front is not None:
            code = self.front.poll()
            if code is None:
                return 0
            lived_ms = now_ms - self.front_since_ms
            if not self.front_again and code > 0 and lived_ms < FRONT_UP_MS:
                return code
            if lived_ms < FRONT_PAUSE_MS:
                return 0
            self.say(f"guardian: front ended (exit {code}); starting a new one")
            self.front_again = ["--again"]
        self.front = subprocess.Popen(
            [sys.executable, "-m", "firmware", "front", *self.front_arguments, *self.front_again,
             "--lifeline", str(self.front_life_end)],
            pass_fds=(self.front_life_end,), start_new_session=True)
        self.front_since_ms = now_ms
        return 0

    def _end_front(self) -> None:
        if self.front is None:
            return
        self.front.terminate()
        try:
            self.front.wait(END_MS_MAX / 1000.0)
        except subprocess.TimeoutExpired:
            self.front.kill()
            self.front.wait()
