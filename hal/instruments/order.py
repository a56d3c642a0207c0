"""The newest order for one actuator: its lease, what of it has arrived, and what went wrong.

It does not decide how an order is written (the instrument) nor when (the port). Used by two
threads: the loop gives and asks for complaints, the port's thread takes and reports.
"""

import threading

from hal.interface import Clock

TRIES_MAX = 2  # one lost byte is asked again; two in a row are a fault


class Order:
    """0 is the safe order. What is not known to have arrived is not in force."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._wanted = 0.0
        self._until_ms = 0
        self._in_force: float | None = None  # None: nobody knows
        self._failures = 0
        self._reported: str = ""  # told once, then forgotten
        self._standing: str = ""  # true for as long as the device says so

    def give(self, value: float, lease_ms: int) -> None:
        """Want `value` for `lease_ms` from now."""
        with self._lock:
            self._wanted = value
            self._until_ms = self._clock.now_ms() + lease_ms

    def next_to_send(self) -> float | None:
        """Return what the device must be told now, None when it knows."""
        with self._lock:
            if self._clock.now_ms() >= self._until_ms:
                self._wanted = 0.0
            return None if self._in_force == self._wanted else self._wanted

    @property
    def in_force(self) -> float | None:
        """Return what the device confirmed last; None when that is not known."""
        return self._in_force

    def arrived(self, value: float) -> None:
        """Note that the device confirmed `value`."""
        with self._lock:
            self._in_force = value
            self._failures = 0

    def failed(self, reason: str) -> None:
        """Note that the device did not confirm; after the second time the order is dropped,
        safe is wanted, and the giver is told."""
        with self._lock:
            self._in_force = None
            self._failures += 1
            if self._failures >= TRIES_MAX:
                self._drop(reason)

    def broken(self, reason: str) -> None:
        """Note that the device no longer does what it confirmed: drop the order, want safe."""
        with self._lock:
            self._in_force = None
            self._drop(reason)

    def lost(self, reason: str) -> None:
        """Note that the port is gone. The giver is told when an order other than 0 was given."""
        with self._lock:
            if self._in_force != 0.0 or self._wanted != 0.0:
                self._drop(reason)
            self._in_force = None
            self._failures = 0
            self._standing = ""

    def stands(self, reason: str) -> None:
        """Note what the device says about itself: "" or why it does not obey. Then safe is
        wanted."""
        with self._lock:
            self._standing = reason
            if reason:
                self._wanted = 0.0

    def complaint(self) -> str:
        """Return why an earlier order did not arrive or will not be obeyed; "" when all is well."""
        with self._lock:
            told = self._reported or self._standing
            self._reported = ""
            return told

    def _drop(self, reason: str) -> None:
        self._wanted = 0.0
        self._reported = reason
