"""The control process: the loop alone, with real-time priority where that is permitted.

It ends when its guardian is gone (the lifeline closes) and leaves everything shut. It does not
talk to operators: a front does.
"""

import os
import select
import sys
from pathlib import Path

from controller.core import Controller
from controller.records import Plan
from firmware.assembly import Bench, fault_orders, open_bench
from firmware.config import Rig
from firmware.link import ControlLink
from firmware.loop import Loop
from firmware.roles import fitted, probe_of
from hal.errors import HalError
from hal.interface import Watchdog
from hal.linux import become_real_time


class PipeWatchdog(Watchdog):
    """Tells the guardian at the other end of a pipe that this tick is done."""

    def __init__(self, fd: int) -> None:
        os.set_blocking(fd, False)
        self._fd = fd

    def feed(self) -> None:
        """One byte per tick; a full pipe means that the guardian sleeps, and is not waited for."""
        try:
            os.write(self._fd, b".")
        except BlockingIOError:
            pass
        except OSError:
            return  # the lifeline tells that the guardian is gone


def guardian_gone(lifeline_fd: int) -> bool:
    """True when the other end of the lifeline was closed, by intent or by death."""
    readable, _, _ = select.select([lifeline_fd], [], [], 0)
    return bool(readable) and os.read(lifeline_fd, 1) == b""


def run_control(rig: Rig, plans: tuple[Plan, ...], socket_path: Path, heartbeat_fd: int,
                lifeline_fd: int, unclean: str, seed: int | None,
                faults: tuple[str, ...]) -> None:
    """Run until the lifeline closes. Raises HalError when the hardware cannot be opened or does not
    confirm at the end that it is shut, Refused when the rig lacks what a mandatory interlock
    needs."""
    controller = Controller(rig.limits, fitted(rig), plans, probe_of(rig), unclean)
    not_permitted = become_real_time()  # before the threads of the ports, which inherit it
    bench = open_bench(rig, PipeWatchdog(heartbeat_fd), seed, fault_orders(faults))
    try:
        link = ControlLink(socket_path, hello(rig, plans, unclean, not_permitted))
        loop = Loop(bench.hardware, controller, link, rig.entries.tick_ms)
        while not guardian_gone(lifeline_fd):
            loop.wait()
            loop.tick(link.receive())
            inject(bench, link.faults)
            link.flush()
        link.close()
    finally:
        unconfirmed = bench.close()
    if unconfirmed:
        raise HalError(unconfirmed)


def hello(rig: Rig, plans: tuple[Plan, ...], unclean: str,
          not_permitted: tuple[str, ...]) -> dict[str, object]:
    """Return what a front must know of this control process."""
    return {"rig": rig.entries.name, "identity": rig.entries.probe.identity,
            "simulated": rig.simulated, "limits": rig.limits, "fitted": fitted(rig),
            "plans": plans, "unclean": unclean, "id": os.urandom(8).hex(),
            "not_real_time": not_permitted, "tick_ms": rig.entries.tick_ms, "rig_toml": rig.text}


def inject(bench: Bench, texts: list[str]) -> None:
    """Do what `fault` asks of a simulated probe; the front has checked the text."""
    while texts:
        text = texts.pop(0)
        if bench.probe is None:
            continue
        try:
            if text == "clear":
                bench.probe.clear()
            else:
                for order in fault_orders((text,)):
                    bench.probe.inject(order.name, order.values)
        except ValueError as error:
            sys.stderr.write(f"control: {error}\n")
