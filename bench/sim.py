"""`cryoprobe sim`: a rig's instruments as virtual ones, in a process of their own.

It does not model anything: sim_hardware does.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from firmware.assembly import virtual_server
from firmware.config import ConfigError, Rig
from hal.errors import NotConnected


class RoleRow(NamedTuple):
    """Where a role of the rig is reached."""

    role: str
    address: str
    protocol: str


ROLE_HEADS = RoleRow._fields


def simulate(rig: Rig, folder: Path | None, seed: int | None, faults: tuple[str, ...],
             show: Callable[[list[RoleRow]], None], ending: Callable[[], bool]) -> None:
    """Answer as the rig's instruments until `ending()`. `folder` is where the ports are linked,
    None for the rig's own. `show` is called once, when they can be opened.

    Raises ConfigError for a rig without wires, NotConnected when a port cannot be put there.
    """
    if rig.simulated:
        raise ConfigError([f"{rig.path}: rig {rig.entries.name} has no instrument on a wire; "
                           "its probe is simulated inside `run` and `serve`"])
    server = virtual_server(rig, seed, faults, folder)
    try:
        places = {row.name: row for row in server.open()}
    except (OSError, ValueError) as error:
        raise NotConnected(f"{rig.path}: {error}") from None
    show([RoleRow(role, places[entry.device].address,
                  f"{places[entry.device].protocol}, channel {entry.channel}")
          for role, entry in rig.entries.role.items()])
    try:
        server.serve(ending)
    finally:
        server.close()
