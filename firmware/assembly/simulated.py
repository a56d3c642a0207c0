"""A rig -> its simulated probe, and its instruments as virtual ones on it.

It does not decide whether they are used.
"""

from pathlib import Path

from firmware.assembly.wires import roles_on
from firmware.config import Rig, RoleEntry, SimDevice, WireDevice
from hal.linux import LinuxClock
from sim_hardware.fault_orders import FaultOrder, parse_fault
from sim_hardware.instruments.alicat import VirtualBus, VirtualController, VirtualGauge
from sim_hardware.instruments.lakeshore import VirtualLakeShore
from sim_hardware.instruments.wire import LineInstrument
from sim_hardware.plant.media import probe_in
from sim_hardware.plant.parameters import Parameters
from sim_hardware.probe import SimProbe
from sim_hardware.server import Seat, Server


def fault_orders(texts: tuple[str, ...]) -> tuple[FaultOrder, ...]:
    """Return the faults that `--fault` texts ask for; raises ValueError with one clear message."""
    return tuple(parse_fault(text) for text in texts)


def virtual_server(rig: Rig, seed: int | None, faults: tuple[str, ...],
                   folder: Path | None) -> Server:
    """Return the instruments of a wire rig as virtual ones on one simulated probe, not yet open.
    With `folder` each pty is linked there under its device's name, else at the rig's own port.
    Raises ValueError for a fault text that is none."""
    probe = probe_for(rig, seed, fault_orders(faults))
    seats = []
    for name, device in rig.wires.items():
        address = rig.port_of(device)
        if folder is not None and "://" not in address:
            address = str(folder.resolve() / name)
        seats.append(Seat(name, address, f"{device.kind} {device.baud} {device.framing}",
                          _virtual(device, roles_on(rig, name), probe)))
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


def probe_for(rig: Rig, seed: int | None, faults: tuple[FaultOrder, ...],
              parameters: Parameters | None = None) -> SimProbe:
    """Return the simulated probe that the rig file describes, or one with other `parameters`."""
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
