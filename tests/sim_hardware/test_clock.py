"""Simulated time: it moves while somebody waits, or with a real clock."""

from hal.interface import Clock
from sim_hardware.clock import SimClock, SteppedClock
from sim_hardware.probe import SimProbe


class LateClock(Clock):
    """A real clock that oversleeps by 7 ms."""

    def __init__(self) -> None:
        self.time_ms = 50_000

    def now_ms(self) -> int:
        return self.time_ms

    def wait_until_ms(self, deadline_ms: int) -> None:
        self.time_ms = max(self.time_ms, deadline_ms + 7)


def test_simulated_time_moves_only_while_somebody_waits() -> None:
    probe = SimProbe()
    clock = SimClock(probe)
    assert clock.now_ms() == 0
    clock.wait_until_ms(250)
    assert clock.now_ms() == probe.now_ms == 250


def test_a_passed_deadline_returns_at_once() -> None:
    clock = SimClock(SimProbe())
    clock.wait_until_ms(250)
    clock.wait_until_ms(100)
    assert clock.now_ms() == 250


def test_a_scheduled_fault_happens_while_somebody_waits() -> None:
    probe = SimProbe()
    probe.schedule(120, "estop")
    SimClock(probe).wait_until_ms(200)
    assert probe.active_faults() == ("estop",)


def test_the_stepped_probe_lives_the_time_that_really_passed() -> None:
    real, probe = LateClock(), SimProbe()
    clock = SteppedClock(real, probe)
    clock.wait_until_ms(50_100)
    assert clock.now_ms() == 50_107
    assert probe.now_ms == 107
