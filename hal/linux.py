"""Time and scheduling on Linux: a monotonic clock with absolute deadlines, real-time priority.

It does not decide what a late tick means: the loop counts it, an interlock judges it.
"""

import ctypes
import gc
import os
import time

from hal.interface import Clock

FIFO_PRIORITY = 50
_MCL_CURRENT_AND_FUTURE = 3


class LinuxClock(Clock):
    """CLOCK_MONOTONIC in whole milliseconds, the same for every process of the machine."""

    def now_ms(self) -> int:
        """Return ms since boot."""
        return time.monotonic_ns() // 1_000_000

    def wait_until_ms(self, deadline_ms: int) -> None:
        """Sleep until the deadline; an early wake-up sleeps again."""
        while True:
            left_ns = deadline_ms * 1_000_000 - time.monotonic_ns()
            if left_ns <= 0:
                return
            time.sleep(left_ns * 1e-9)


def become_real_time() -> tuple[str, ...]:
    """Ask for FIFO priority, locked memory and no garbage collection in the loop; return a plain
    sentence for each that was not permitted."""
    refused = []
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(FIFO_PRIORITY))
    except OSError as error:
        refused.append(f"no real-time priority ({error.strerror}): ticks may be late under load")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mlockall(_MCL_CURRENT_AND_FUTURE) != 0:
        refused.append(f"memory not locked ({os.strerror(ctypes.get_errno())})")
    gc.collect()
    gc.freeze()
    gc.disable()
    return tuple(refused)
