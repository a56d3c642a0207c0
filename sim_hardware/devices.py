"""The contracts of hal on a SimProbe in the same process, without a wire between.

It does not model instruments: sim_hardware/instruments does, at the level of bytes.
"""

from hal.interface import Heater, Measured, Sensor, Switch, Valve
from sim_hardware.probe import SimProbe

CHANNEL_UNITS = (
    ("tip", "degC"),
    ("tip_b", "degC"),
    ("skin", "degC"),
    ("supply", "kPa"),
    ("exhaust", "kPa"),
    ("flow", "slpm"),
    ("estop", "closed"),
)


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
    """The isolator before the valve."""

    def __init__(self, probe: SimProbe) -> None:
        self._probe = probe

    def set_open(self, is_open: bool, lease_ms: int) -> None:
        """Let gas through for `lease_ms`, or not."""
        self._probe.demand_isolator(is_open, lease_ms)
