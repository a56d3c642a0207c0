"""A rig on wires -> its instruments, drivers and ports.

It opens none: the assembly does.
"""

from collections.abc import Callable
from typing import NamedTuple

from firmware.config import ConfigError, PanelDevice, Rig, RoleEntry, WireDevice
from hal.indicators import LinuxIndicator
from hal.instruments.alicat import AlicatController, AlicatGauge
from hal.instruments.instrument import Instrument
from hal.instruments.lakeshore import LakeShore
from hal.instruments.port import Port
from hal.interface import Clock, Indicator, Sensor, Valve
from hal.streams.serial_port import SerialStream


class Wires(NamedTuple):
    """What the instruments of a rig are, before their ports are open."""

    ports: tuple[Port, ...]
    sensors: tuple[tuple[str, Sensor], ...]  # (role, sensor)
    valve: Valve


def wires_of(rig: Rig, clock: Clock) -> Wires:
    """Return the rig's instruments, nothing open yet; raises ConfigError for one that cannot be
    what the rig says."""
    ports: list[Port] = []
    sensors: list[tuple[str, Sensor]] = []
    valve: Valve | None = None
    for name, device in rig.wires.items():
        try:
            members, sensors_here, valve_here = _instruments(device, roles_on(rig, name), clock)
        except ValueError as error:
            raise ConfigError([f"{rig.path}: device.{name}: {error}"]) from None
        sensors += sensors_here
        valve = valve_here or valve
        ports.append(Port(name, _opener(rig, device, clock), members, clock))
    assert valve is not None, "config.py demands a valve"
    return Wires(tuple(ports), tuple(sensors), valve)


def panel_of(rig: Rig) -> Indicator | None:
    """Return the rig's lamp and buzzer, open and dark; None when it has none. Raises HalError."""
    entry = rig.entries.role.get("indicator")
    if entry is None:
        return None
    panel = rig.entries.device[entry.device]
    assert isinstance(panel, PanelDevice), "config.py lets nothing else be one"
    return LinuxIndicator(tuple((path, tuple(colours)) for path, colours in panel.leds.items()),
                          panel.beeper)


def roles_on(rig: Rig, device: str) -> dict[str, RoleEntry]:
    """Return the roles that one device plays."""
    return {role: entry for role, entry in rig.entries.role.items() if entry.device == device}


def _opener(rig: Rig, device: WireDevice, clock: Clock) -> Callable[[], SerialStream]:
    return lambda: SerialStream(rig.port_of(device), device.baud, device.framing, clock)


class _OnePort(NamedTuple):
    """The instruments behind one port."""

    members: tuple[Instrument, ...]
    sensors: list[tuple[str, Sensor]]
    valve: Valve | None


def _instruments(device: WireDevice, roles: dict[str, RoleEntry], clock: Clock) -> _OnePort:
    if device.kind == "alicat":
        return _alicat_bus(roles, clock)
    thermometer = LakeShore(device.kind.removeprefix("lakeshore"),
                            {entry.channel: role for role, entry in roles.items()}, clock)
    return _OnePort((thermometer,), [(role, thermometer.sensor(role)) for role in roles], None)


def _alicat_bus(roles: dict[str, RoleEntry], clock: Clock) -> _OnePort:
    members: list[Instrument] = []
    sensors: list[tuple[str, Sensor]] = []
    valve: Valve | None = None
    for role, entry in roles.items():
        if role == "valve":
            assert entry.full_scale_slpm is not None, "config.py demands it"
            assert entry.full_open_slpm is not None, "config.py demands it"
            unit = AlicatController(entry.channel, full_scale_slpm=entry.full_scale_slpm,
                                    full_open_slpm=entry.full_open_slpm, clock=clock)
            valve = unit.valve
            members.insert(0, unit)
            if "flow" in roles:
                sensors.append(("flow", unit.flow))
        elif role != "flow":
            gauge = AlicatGauge(entry.channel, role, clock)
            members.append(gauge)
            sensors.append((role, gauge.pressure))
    return _OnePort(tuple(members), sensors, valve)
