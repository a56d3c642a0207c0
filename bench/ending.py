"""How a command learns that its user wants it to end: Ctrl-C, or a SIGTERM.

It ends nothing itself: what was begun is ended by who began it, in order.
"""

import signal
from collections.abc import Callable


def asked_to_end() -> Callable[[], bool]:
    """From now on SIGINT and SIGTERM interrupt nothing; the returned function says whether one
    has come."""
    came: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda signum, _frame: came.append(signum))
    return lambda: bool(came)
