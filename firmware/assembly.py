"""Rig -> open hardware, and rig -> virtual instruments. The only file that chooses hardware.

It does not decide what the hardware does.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from firmware.config import ConfigError, Rig, RoleEntry, SimDevice, WireDevice
from firmware.loop import Hardware
from firmware.roles import SENSOR_ROLES
from hal.errors import HalError
from hal.instruments.alicat import AlicatController, AlicatGauge
from hal.instruments.instrument import Instrument
from hal.instruments.lakeshore import LakeShore
from hal.instruments.port import Port
from hal.interface import Clock, Sensor, Valve, Watchdog
from hal.linux import LinuxClock
from hal.streams.serial_port import SerialStream
from sim_hardware.clock import SimClock, SteppedClock
from sim_hardware.devices import SimHeater, SimIndicator, SimSensor, SimSwitch, SimValve
from sim_hardware.fault_orders import FaultOrder, parse_fault
from sim_hardware.instruments.alicat import VirtualBus, VirtualController, VirtualGauge
from sim_hardware.instruments.lakeshore import VirtualLakeShore
from sim_hardware.instruments.wire import LineInstrument
from sim_hardware.plant.media import probe_in
from sim_hardware.plant.parameters import Parameters
from sim_hardware.probe import SimProbe
from sim_hardware.server import Seat, Server


class NoWatchdog(Watchdog):
    """For a run that nobody watches: the simulated probe in one process."""

    def feed(self) -> None:
        """Nobody is told."""


class Bench:
    """Open hardware of one rig. `probe` is the simulated probe, None on real wires."""

    def __init__(self, hardware: Hardware, probe: SimProbe | None,
                 ports: tuple[Port, ...]) -> None:
        self.hardware = hardware
        self.probe = probe
        self._ports = ports

    def close(self) -> str:
        """Shut everything and give the ports back; return "" or what was not confirmed."""
        unconfirmed = ""
        for shut in self._shutters():
            try:
                shut()
            except HalError as error:
                unconfirmed = unconfirmed or str(error)
        for port in self._ports:
            port.stop()
        return unconfirmed

    def _shutters(self) -> Iterator[Callable[[], None]]:
        yield self.hardware.valve.shut
        isolator, heater = self.hardware.isolator, self.hardware.heater
        relay = self.hardware.heater_relay
        if isolator is not None:
            yield lambda: isolator.set_open(False, 0)
        if heater is not None:
            yield lambda: heater.heat_at(0.0, 0)
        if relay is not None:
            yield lambda: relay.set_open(False, 0)


def checked(rig: Rig) -> Rig:
    """Return the rig. Raises ConfigError when an instrument cannot be what the rig says."""
    if not rig.simulated:
        _wires(rig, LinuxClock())
    return rig


def open_bench(rig: Rig, watchdog: Watchdog, seed: int | None = None,
               faults: tuple[FaultOrder, ...] = ()) -> Bench:
    """Return the rig's hardware, open and in real time. Raises HalError."""
    if rig.simulated:
        return open_simulated(rig, seed, True, watchdog, faults)
    return _open_wires(rig, watchdog)


def open_simulated(rig: Rig, seed: int | None, real_time: bool, watchdog: Watchdog,
                   faults: tuple[FaultOrder, ...] = (),
                   parameters: Parameters | None = None) -> Bench:
    """Return the rig's simulated probe: in real time, or as fast as it goes. With `parameters` it
    is another one than the rig file describes, as real ones are."""
    roles, probe = rig.entries.role, _probe(rig, seed, faults, parameters)
    clock: Clock = SteppedClock(LinuxClock(), probe) if real_time else SimClock(probe)
    sensors = tuple((channel, SimSensor(probe, role))
                    for role, channel in SENSOR_ROLES if role in roles)
    hardware = Hardware(clock, sensors, SimValve(probe),
                        SimSwitch(probe.demand_isolator) if "isolator" in roles else None,
                        SimHeater(probe) if "heater" in roles else None,
                        SimSwitch(probe.demand_heater_relay) if "heater_relay" in roles else None,
                        SimIndicator(probe) if "indicator" in roles else None, watchdog)
    return Bench(hardware, probe, ())


def fault_orders(texts: tuple[str, ...]) -> tuple[FaultOrder, ...]:
    """Return the faults that `--fault` texts ask for; raises ValueError with one clear message."""
    return tuple(parse_fault(text) for text in texts)


class _Wires(NamedTuple):
    """What the instruments of a rig are, before their ports are open."""

    ports: tuple[Port, ...]
    sensors: tuple[tuple[str, Sensor], ...]  # (role, sensor)
    valve: Valve


def _open_wires(rig: Rig, watchdog: Watchdog) -> Bench:
    wires = _wires(rig, clock := LinuxClock())
    try:
        for port in wires.ports:
            port.open()
    except HalError:
        for port in wires.ports:
            port.stop()
        raise
    for port in wires.ports:
        port.start()
    sensors = tuple((dict(SENSOR_ROLES)[role], sensor) for role, sensor in wires.sensors)
    hardware = Hardware(clock, sensors, wires.valve, None, None, None, None, watchdog)
    return Bench(hardware, None, wires.ports)


def shut_freshly(rig: Rig) -> str:
    """Open the ports anew, shut every actuator, close; return what was done. Raises HalError when
    it is not confirmed. Whoever held the ports must be gone."""
    if rig.simulated:
        return "the simulated probe ended with its process; nothing is left open"
    wires = _wires(rig, LinuxClock())
    try:
        wires.valve.shut()
    finally:
        for port in wires.ports:
            port.stop()
    return "valve shut through a freshly opened port, and confirmed"


def _wires(rig: Rig, clock: Clock) -> _Wires:
    ports: list[Port] = []
    sensors: list[tuple[str, Sensor]] = []
    valve: Valve | None = None
    for name, device in rig.entries.device.items():
        assert isinstance(device, WireDevice), "config.py admits no mixed rig"
        try:
            members, sensors_here, valve_here = _instruments(device, _roles_on(rig, name), clock)
        except ValueError as error:
            raise ConfigError([f"{rig.path}: device.{name}: {error}"]) from None
        sensors += sensors_here
        valve = valve_here or valve
        ports.append(Port(name, _opener(rig, device, clock), members, clock))
    assert valve is not None, "config.py demands a valve"
    return _Wires(tuple(ports), tuple(sensors), valve)


def _roles_on(rig: Rig, device: str) -> dict[str, RoleEntry]:
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


def virtual_server(rig: Rig, seed: int | None, faults: tuple[str, ...],
                   folder: Path | None) -> Server:
    """Return the instruments of a wire rig as virtual ones on one simulated probe, not yet open.
    With `folder` each pty is linked there under its device's name, else at the rig's own port.
    Raises ValueError for a fault text that is none."""
    probe = _probe(rig, seed, fault_orders(faults))
    seats = []
    for name, device in rig.entries.device.items():
        assert isinstance(device, WireDevice), "config.py admits no mixed rig"
        address = rig.port_of(device)
        if folder is not None and "://" not in address:
            address = str(folder.resolve() / name)
        seats.append(Seat(name, address, f"{device.kind} {device.baud} {device.framing}",
                          _virtual(device, _roles_on(rig, name), probe)))
    return Server(probe, tuple(seats), LinuxClock())


def _virtual(device: WireDevice, roles: dict[str, RoleEntry], probe: SimProbe) -> LineInstrument:
    if device.kind != "alicat":
        return VirtualLakeShore(probe, device.kind.removeprefix("lakeshore"),
                                {entry.channel: role for role, entry in roles.items()})
    units: list[VirtualController | VirtualGauge] = []
    for role, entry in roles.items():
        if role == "valve":
            assert entry.full_scale_slpm is not None
            units.append(VirtualController(probe, entry.channel, entry.full_scale_slpm))
        elif role != "flow":
            units.append(VirtualGauge(probe, entry.channel, role))
    return VirtualBus(tuple(units))


def _probe(rig: Rig, seed: int | None, faults: tuple[FaultOrder, ...],
           parameters: Parameters | None = None) -> SimProbe:
    own = [device for device in rig.entries.device.values() if isinstance(device, SimDevice)]
    simulated, entry = (own or [SimDevice(kind="sim")])[0], rig.entries.probe
    parameters = parameters or probe_in(simulated.medium, entry.outer_diameter_mm,
                                        entry.active_length_mm)
    chosen = simulated.seed if seed is None else seed
    roles = rig.entries.role
    probe = SimProbe(chosen, parameters, "isolator" in roles, "heater_relay" in roles)
    for order in faults:
        probe.schedule(order.at_ms, order.name, order.values)
    return probe
