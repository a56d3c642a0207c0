"""Time on Linux, and what makes its ticks come when they are due.

It does not decide how often the loop runs, nor what a late tick means.
"""

import ctypes
import gc
import os
import time

from hal.interface import Clock

PRIORITY = 50  # above every ordinary process, below the kernel's interrupt threads
MCL_CURRENT = 1  # <sys/mman.h>, the same number on every Linux but alpha, powerpc and sparc
MCL_FUTURE = 2


class LinuxClock(Clock):
    """CLOCK_MONOTONIC: steps of the wall clock do not touch it."""

    def now_ms(self) -> int:
        """Return the time since boot; never goes back, never wraps."""
        return time.monotonic_ns() // 1_000_000

    def wait_until_ms(self, deadline_ms: int) -> None:
        """Return at `deadline_ms`, never before it; at once when it has passed.

        Since Python 3.11 time.sleep is clock_nanosleep to an absolute deadline, so an interrupted
        sleep does not drift; the loop takes what rounding leaves.
        """
        while True:
            left_ns = deadline_ms * 1_000_000 - time.monotonic_ns()
            if left_ns <= 0:
                return
            time.sleep(left_ns / 1e9)


def become_real_time() -> tuple[str, ...]:
    """Ask for real-time priority, locked memory and no garbage collection, for this process.

    Returns one plain sentence for each that was not permitted. Threads started later inherit the
    priority. After this the collector runs only when somebody calls gc.collect().
    """
    problems = []
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))
    except OSError as error:
        problems.append(f"real-time priority was not permitted ({error.strerror}): "
                        "ticks may be late on a busy machine")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mlockall(MCL_CURRENT | MCL_FUTURE) != 0:
        problems.append(f"locking memory was not permitted ({os.strerror(ctypes.get_errno())}): "
                        "a tick may wait for a page from disk")
    gc.collect()
    gc.freeze()  # what lives now lives for the whole run: never look at it again
    gc.disable()
    return tuple(problems)
