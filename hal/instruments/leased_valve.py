"""LeasedValve: an opening that expires, for a device that would hold it for ever.

It does not send anything: the port's thread asks it what is wanted and tells it what arrived.
"""

import threading
from collections.abc import Callable
from typing import NamedTuple

from hal.errors import HalError, NotConnected
from hal.interface import Clock, Valve


class _Order(NamedTuple):
    fraction: float  # 0..1
    ends_ms: int


SHUT = _Order(0.0, 0)


class LeasedValve(Valve):
    """The loop's side is Valve; the other methods are for the port that adopts it.

    A failure is raised by the next open_to, and by every one until the device has confirmed that
    it is shut; it forgets what was ordered, so that a cable plugged in again opens nothing.
    """

    silence = "holds"

    def __init__(self, name: str, clock: Clock) -> None:
        self._name = name
        self._clock = clock
        self._lock = threading.Lock()  # held for a few lines, never while anybody waits
        self._order = SHUT
        self._delivered: float | None = None  # None: nobody knows how the device stands
        self._failure: HalError | None = NotConnected("not connected yet")
        self._is_told = True  # the first connection is no failure to report
        self._wake: Callable[[], None] = lambda: None
        self._shut_now: Callable[[], None] | None = None

    def open_to(self, fraction: float, lease_ms: int) -> None:
        """Order an opening for `lease_ms`; 0, NaN and nonsense shut. Never waits.

        Raises HalError when an earlier order did not arrive; then only the shutting is kept.
        """
        wanted = float(fraction) if 0.0 <= fraction <= 1.0 else 0.0
        with self._lock:
            failure = self._failure
            if failure is None:
                self._order = _Order(wanted, self._clock.now_ms() + lease_ms)
            else:
                self._order = SHUT
                self._is_told = True
                if self._delivered == 0.0:
                    self._failure = None
        self._wake()
        if failure is not None:
            raise type(failure)(f"{self._name}: {failure}")

    def shut(self) -> None:
        """Shut now and wait until the device confirms it. Raises HalError when it does not."""
        if self._shut_now is None:
            raise NotConnected(f"{self._name}: belongs to no port")
        with self._lock:
            self._order = SHUT
        try:
            self._shut_now()
        except HalError as error:
            raise type(error)(f"{self._name}: {error}") from error

    def adopt(self, wake: Callable[[], None], shut_now: Callable[[], None]) -> None:
        """Take the port's ways to say that an order waits, and to shut without its thread."""
        self._wake = wake
        self._shut_now = shut_now

    def wanted(self) -> float:
        """Return the opening that is in force now; a lease that ends now has ended."""
        order = self._order
        return order.fraction if self._clock.now_ms() < order.ends_ms else 0.0

    def is_pending(self) -> bool:
        """Return whether the device must be told something."""
        return self.wanted() != self._delivered

    def ends_ms(self) -> int | None:
        """Return when the lease in force ends; None when the valve is shut."""
        order = self._order
        return order.ends_ms if order.fraction > 0.0 and self.wanted() > 0.0 else None

    def delivered(self) -> float | None:
        """Return the opening that the device confirmed last; None when nobody knows."""
        return self._delivered

    def confirm(self, fraction: float) -> None:
        """Note that the device stands at `fraction` and obeys."""
        with self._lock:
            self._delivered = fraction
            if fraction == 0.0 and self._is_told:
                self._failure = None

    def lose(self) -> None:
        """Note that nobody knows how the device stands: the order in force is sent again."""
        self._delivered = None

    def fail(self, error: HalError) -> None:
        """Note that the device does not obey: its order is forgotten, the loop shall know."""
        with self._lock:
            self._order = SHUT
            self._failure = error
            self._is_told = False
