"""The contracts of hal on a SimProbe in the same process, without a wire between.

It does not model instruments: sim_hardware/instruments does, at the level of bytes.
"""

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from hal.interface import Heater, Indicator, Measured, Sensor, Switch, Valve
from sim_hardware.probe import SimProbe

CHANNEL_UNITS = (
    ("tip", "degC"),
    ("tip_b", "degC"),
    ("skin", "degC"),
    ("supply", "kPa"),
    ("exhaust", "kPa"),
    ("flow", "slpm"),
    ("estop", "closed"),
    ("cold_junction", "degC"),
    ("pedal", "closed"),
    ("probe_id", "number"),
)
SHOWN_MAX = 4096  # changes that are remembered; ten minutes of a high alarm


class Shown(NamedTuple):
    """What lamp and buzzer did from `now_ms` on."""

    now_ms: int
    colour: str  # "" while dark
    tone_hz: float  # 0.0 while silent


class SimSensor(Sensor):
    """One channel of the probe; raises KeyError for one that it has not."""

    def __init__(self, probe: SimProbe, channel: str) -> None:
        self.unit = dict(CHANNEL_UNITS)[channel]
        self._probe = probe
        self._channel = channel

    def read(self) -> Measured:
        """Return the newest conversion with its age; raises OutOfRange."""
        return self._probe.sense(self._channel)


class SimValve(Valve):
    """A valve driver that shuts when its host falls silent."""

    silence = "closes"

    def __init__(self, probe: SimProbe) -> None:
        self._probe = probe

    def open_to(self, fraction: float, lease_ms: int) -> None:
        """Open for `lease_ms`."""
        self._probe.demand_valve(fraction, lease_ms)

    def shut(self) -> None:
        """Shut; the order arrives at once, the gas stops after the line's delay."""
        self._probe.demand_valve(0.0, None)


class SimHeater(Heater):
    """The thaw heater."""

    def __init__(self, probe: SimProbe) -> None:
        self._probe = probe

    def heat_at(self, fraction: float, lease_ms: int) -> None:
        """Heat for `lease_ms`."""
        self._probe.demand_heater(fraction, lease_ms)


class SimSwitch(Switch):
    """The isolator before the valve, or the relay before the heater: what `demand` asks for."""

    def __init__(self, demand: Callable[[bool, int], None]) -> None:
        self._demand = demand

    def set_open(self, is_open: bool, lease_ms: int) -> None:
        """Let through for `lease_ms`, or not."""
        self._demand(is_open, lease_ms)


class SimIndicator(Indicator):
    """A lamp and a buzzer that remember what they did."""

    def __init__(self, probe: SimProbe) -> None:
        self.shown: deque[Shown] = deque([Shown(probe.now_ms, "", 0.0)], maxlen=SHOWN_MAX)
        self._probe = probe

    def show(self, colour: str, is_lit: bool, tone_hz: float) -> None:
        """Remember it with the time, when it is a change."""
        shown = Shown(self._probe.now_ms, colour if is_lit else "",
                      tone_hz if tone_hz > 0.0 else 0.0)
        if shown[1:] != self.shown[-1][1:]:
            self.shown.append(shown)
