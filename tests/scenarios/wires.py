"""The bench rig of rigs/bench.toml with virtual instruments in this process, so that a test sees
what really reaches the valve; and the programs that are driven against it, as processes."""

import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from firmware.assembly import virtual_server
from firmware.config import Rig, load_rig
from sim_hardware.probe import SimProbe

ROOT = Path(__file__).parents[2]
PATIENCE_S = 20.0
PLAN = """name = "brief"
[[cycle]]
target_c = -20.0
hold_s = 1.0
thaw_to_c = -15.0
"""


def eventually(true: Callable[[], object], what: str, within_s: float = PATIENCE_S,
               every_s: float = 0.005) -> float:
    """Ask again and again until it is so; return how many seconds that took."""
    begun = time.monotonic()
    while not true():
        assert time.monotonic() - begun < within_s, f"{what} within {within_s} s"
        select.select([], [], [], every_s)
    return time.monotonic() - begun


class BenchRig:
    """A copy of the bench rig in a folder, with its virtual instruments served by a thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "bench.toml"
        self.path.write_text((ROOT / "rigs" / "bench.toml").read_text())
        self.plans = folder / "plans"
        self.plans.mkdir()
        self.plan = self.plans / "brief.toml"
        self.plan.write_text(PLAN)
        self.rig: Rig = load_rig(self.path)
        self._server = virtual_server(self.rig, 1, (), None)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._server.serve, args=(self._stop.is_set,))
        self._server.open()
        self._thread.start()

    @property
    def probe(self) -> SimProbe:
        """The probe behind the instruments."""
        return self._server.probe

    def valve_is_open(self) -> bool:
        """True when the virtual flow controller lets gas through."""
        return self.probe.demanded().valve_fraction > 0.0

    def unplug(self) -> None:
        """All instruments vanish."""
        if not self._stop.is_set():
            self._stop.set()
            self._thread.join()
            self._server.close()


@contextmanager
def program(*words: str) -> Iterator[subprocess.Popen[str]]:
    """Run a `cryoprobe` command; it is ended with the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench", *words], cwd=ROOT, text=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"})
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdout, process.stderr):
            assert pipe is not None
            pipe.close()


def line_with(process: "subprocess.Popen[str]", word: str) -> str:
    """Return the next line of its output that has `word`."""
    assert process.stdout is not None
    for line in process.stdout:
        if word in line:
            return line
    raise AssertionError(f"no {word!r} came: {process.stderr.read() if process.stderr else ''}")


def child(parent: int, role: str) -> int:
    """Return the process id of the `python -m firmware ROLE` below `parent`; 0 for none."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
                ppid = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if ppid == parent and role.encode() in words and b"firmware" in words:
                return int(entry.name)
    return 0


class Operator:
    """Somebody at a console over TCP."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rsplit(maxsplit=1)[-1].removeprefix("tcp:").rpartition(":")
        self._socket = socket.create_connection((host, int(port)), PATIENCE_S)
        self._socket.settimeout(PATIENCE_S)
        self._file = self._socket.makefile("rw", newline="\n")

    def __enter__(self) -> "Operator":
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()
        self._socket.close()

    def ask(self, line: str) -> str:
        """Say one line; return the answer."""
        self._file.write(line + "\n")
        self._file.flush()
        return self._file.readline().rstrip("\n")

    def until(self, word: str, part: str) -> None:
        """Ask `word` until the answer has `part`."""
        eventually(lambda: part in self.ask(word), f"{part!r} in the answer to {word!r}",
                   every_s=0.05)

    def check(self, plan: str) -> None:
        """Load a plan and begin the check before use."""
        self.until("mode", "standby")
        assert self.ask(f"plan {plan}").startswith("OK")
        assert self.ask("precheck").startswith("OK")

    def freeze(self, plan: str) -> None:
        """Load, prove and start a plan."""
        self.check(plan)
        self.until("mode", "ready")
        assert self.ask("freeze").startswith("OK")
