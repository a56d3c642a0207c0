"""Rig -> open hardware, and rig -> virtual instruments. The only room that chooses hardware.

It does not decide what the hardware does.
"""

from collections.abc import Callable, Iterator

from firmware.assembly.simulated import fault_orders, probe_for, virtual_server
from firmware.assembly.wires import panel_of, wires_of
from firmware.config import Rig
from firmware.loop import Hardware
from firmware.roles import SENSOR_ROLES
from hal.errors import HalError
from hal.instruments.port import Port
from hal.interface import Clock, Watchdog
from hal.linux import LinuxClock
from sim_hardware.clock import SimClock, SteppedClock
from sim_hardware.devices import SimHeater, SimIndicator, SimSensor, SimSwitch, SimValve
from sim_hardware.fault_orders import FaultOrder
from sim_hardware.plant.parameters import Parameters
from sim_hardware.probe import SimProbe

__all__ = ["Bench", "NoWatchdog", "checked", "fault_orders", "open_bench", "open_simulated",
           "shut_freshly", "virtual_server"]


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
        wires_of(rig, LinuxClock())
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
    roles, probe = rig.entries.role, probe_for(rig, seed, faults, parameters)
    clock: Clock = SteppedClock(LinuxClock(), probe) if real_time else SimClock(probe)
    sensors = tuple((channel, SimSensor(probe, role))
                    for role, channel in SENSOR_ROLES if role in roles)
    hardware = Hardware(clock, sensors, SimValve(probe),
                        SimSwitch(probe.demand_isolator) if "isolator" in roles else None,
                        SimHeater(probe) if "heater" in roles else None,
                        SimSwitch(probe.demand_heater_relay) if "heater_relay" in roles else None,
                        SimIndicator(probe) if "indicator" in roles else None, watchdog)
    return Bench(hardware, probe, ())


def _open_wires(rig: Rig, watchdog: Watchdog) -> Bench:
    wires = wires_of(rig, clock := LinuxClock())
    panel = panel_of(rig)
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
    hardware = Hardware(clock, sensors, wires.valve, None, None, None, panel, watchdog)
    return Bench(hardware, None, wires.ports)


def shut_freshly(rig: Rig) -> str:
    """Open the ports anew, shut every actuator, close; return what was done. Raises HalError when
    it is not confirmed. Whoever held the ports must be gone."""
    if rig.simulated:
        return "the simulated probe ended with its process; nothing is left open"
    wires = wires_of(rig, LinuxClock())
    try:
        wires.valve.shut()
    finally:
        for port in wires.ports:
            port.stop()
    return "valve shut through a freshly opened port, and confirmed"
