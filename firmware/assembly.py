"""Rig -> open hardware. The only file that chooses hardware.

It does not decide what the hardware does.
"""

from controller.records import CHANNELS
from firmware.config import Rig, SimDevice
from firmware.loop import Hardware
from hal.errors import NotConnected
from hal.interface import Clock, Watchdog
from hal.linux import LinuxClock
from sim_hardware.clock import SimClock, SteppedClock
from sim_hardware.devices import SimHeater, SimSensor, SimSwitch, SimValve
from sim_hardware.faults import FaultOrder, parse_fault
from sim_hardware.probe import SimProbe

# role of the rig file -> channel of records.CHANNELS
SENSOR_ROLES = (
    ("tip", "tip_c"),
    ("tip_b", "tip_b_c"),
    ("skin", "skin_c"),
    ("supply", "supply_kpa"),
    ("exhaust", "exhaust_kpa"),
    ("flow", "flow_slpm"),
    ("estop", "estop"),
)
assert tuple(channel for _, channel in SENSOR_ROLES) == CHANNELS


class NoWatchdog(Watchdog):
    """For a run that nobody watches: the simulated probe in one process."""

    def feed(self) -> None:
        """Nobody is told."""


def fitted(rig: Rig) -> tuple[str, ...]:
    """Return what the controller is told the rig has: its channels, and "heater"."""
    roles = rig.entries.role
    channels = tuple(channel for role, channel in SENSOR_ROLES if role in roles)
    return (*channels, "heater") if rig.has_heater else channels


class Bench:
    """Open hardware of one rig. `probe` is the simulated probe, None on real wires."""

    def __init__(self, hardware: Hardware, probe: SimProbe | None) -> None:
        self.hardware = hardware
        self.probe = probe

    def make_safe(self) -> None:
        """Shut everything now. Raises HalError when the valve does not confirm."""
        if self.hardware.heater is not None:
            self.hardware.heater.heat_at(0.0, 0)
        if self.hardware.isolator is not None:
            self.hardware.isolator.set_open(False, 0)
        self.hardware.valve.shut()

    def close(self) -> None:
        """Shut everything and give the ports back."""
        self.make_safe()


def open_simulated(rig: Rig, seed: int | None, real_time: bool, watchdog: Watchdog,
                   faults: tuple[FaultOrder, ...] = ()) -> Bench:
    """Return the rig's simulated probe: in real time, or as fast as it goes."""
    roles = rig.entries.role
    device = next(d for d in rig.entries.device.values() if isinstance(d, SimDevice))
    probe = SimProbe(device.seed if seed is None else seed,
                     isolator_fitted="isolator" in roles)
    for order in faults:
        probe.schedule(order.at_ms, order.name, order.values)
    clock: Clock = SteppedClock(LinuxClock(), probe) if real_time else SimClock(probe)
    sensors = tuple((channel, SimSensor(probe, role))
                    for role, channel in SENSOR_ROLES if role in roles)
    hardware = Hardware(clock, sensors, SimValve(probe),
                        SimSwitch(probe) if "isolator" in roles else None,
                        SimHeater(probe) if "heater" in roles else None, watchdog)
    return Bench(hardware, probe)


def open_bench(rig: Rig, watchdog: Watchdog, seed: int | None = None,
               faults: tuple[FaultOrder, ...] = ()) -> Bench:
    """Return the rig's hardware, open and in real time. Raises HalError."""
    if rig.simulated:
        return open_simulated(rig, seed, True, watchdog, faults)
    raise NotConnected("wires are not built yet")


def shut_freshly(rig: Rig) -> str:
    """Open the ports anew, shut every actuator, close; return what was done. Raises HalError when
    a device does not confirm."""
    if rig.simulated:
        return "the simulated probe ended with its process; nothing is left open"
    raise NotConnected("wires are not built yet")


def fault_orders(texts: tuple[str, ...]) -> tuple[FaultOrder, ...]:
    """Return the faults that `--fault` texts ask for; raises ValueError with one clear message."""
    return tuple(parse_fault(text) for text in texts)
