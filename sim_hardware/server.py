"""Server: virtual instruments on ptys and TCP ports, the probe in step with a clock.

It does not decide when to end, nor what happens to signals: its caller does. One thread; every
place has one client at a time, as the real ones have.
"""

import select
from collections.abc import Callable
from typing import NamedTuple

from hal.interface import Clock
from sim_hardware.instruments.wire import LineInstrument
from sim_hardware.places import TCP, Place, opened
from sim_hardware.probe import SimProbe

STEP_MS = 20  # the probe is never further behind than this, and the controllers regulate as often


class Seat(NamedTuple):
    """An instrument and where it shall be reached: "/absolute/link" or "socket://HOST:PORT"."""

    name: str
    address: str
    protocol: str  # for people
    instrument: LineInstrument


class Row(NamedTuple):
    """Where an instrument is reached; a TCP port 0 has become the one it got."""

    name: str
    address: str
    protocol: str


class Server:
    """Serves `seats` from open() to close(), with the probe's time tied to `clock`."""

    def __init__(self, probe: SimProbe, seats: tuple[Seat, ...], clock: Clock) -> None:
        self.probe = probe
        self._seats = seats
        self._clock = clock
        self._places: list[Place] = []
        self._poller = select.epoll()
        self._ahead_ms = clock.now_ms() - probe.now_ms

    def open(self) -> tuple[Row, ...]:
        """Open every place and return where they are. When one fails, none stays open.

        Raises ValueError for an address that is none or is given twice, FileExistsError when a
        link would replace what is no symlink, OSError when a place cannot be had.
        """
        taken = [seat.address for seat in self._seats if not _is_any_port(seat.address)]
        for address in taken:
            if taken.count(address) > 1:
                raise ValueError(f"{address}: two instruments at one address")
        self._ahead_ms = self._clock.now_ms() - self.probe.now_ms
        try:
            for seat in self._seats:
                self._places.append(opened(seat.address, seat.instrument, self._poller))
        except (OSError, ValueError):
            self.close()
            raise
        return tuple(Row(seat.name, place.address, seat.protocol)
                     for seat, place in zip(self._seats, self._places, strict=True))

    def serve(self, until: Callable[[], bool]) -> None:
        """Answer until `until()` says so; it is asked at least every 20 ms."""
        while not until():
            self.turn(STEP_MS)

    def turn(self, wait_ms: int) -> None:
        """Wait for bytes, at most `wait_ms` and never past a due reply; then do what there is."""
        now_ms = self.probe.now_ms
        due_ms = min((place.next_due_ms(now_ms + wait_ms) for place in self._places),
                     default=now_ms + wait_ms)
        events = self._poller.poll(max(0, min(wait_ms, due_ms - now_ms)) / 1000.0)
        self._catch_up()
        place_of = {descriptor: place for place in self._places
                    for descriptor in place.descriptors()}
        for descriptor, event in events:
            if descriptor in place_of:
                place_of[descriptor].happened(descriptor, event, self.probe.now_ms)
        for place in self._places:
            place.send(self.probe.now_ms)

    def close(self) -> None:
        """Give every place back and remove the links."""
        for place in self._places:
            place.close()
        self._places = []

    def _catch_up(self) -> None:
        """Bring the probe to the present, the instruments regulating on the way."""
        now_ms = self._clock.now_ms() - self._ahead_ms
        while self.probe.now_ms < now_ms:
            self.probe.advance_to(min(now_ms, self.probe.now_ms + STEP_MS))
            for seat in self._seats:
                seat.instrument.regulate()


def _is_any_port(address: str) -> bool:
    return address.startswith(TCP) and address.endswith(":0")
