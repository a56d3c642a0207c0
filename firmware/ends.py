"""Where operators attach: TCP, ptys, serial lines, stdin: each a stream of bytes to a session.

It does not read what they say: front.py gives it to controller/console.py.
"""

import asyncio
import os
import select
import termios
import tty
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from controller.console import Session
from firmware.peers import FdPeer, Peer, StdoutPeer, TcpPeer, read_some
from hal.errors import NotConnected

CONNECTIONS_MAX = 16
SERIAL_BAUD = termios.B115200
PTY_LOOK_S = 0.05  # a pty without a client tells nobody when the next one comes
RETRY_S_MIN = 0.5
RETRY_S_MAX = 30.0


class Hearer(Protocol):
    """What the ends need of the front."""

    def attach(self, peer: Peer, kind: str) -> Session:
        """Return a session for a new connection."""

    def detach(self, session: Session) -> None:
        """Forget it."""

    def hear(self, session: Session, data: bytes) -> None:
        """Take what the operator typed."""


def check_address(address: str) -> None:
    """Raise ValueError for what is none of tcp:HOST:PORT, pty:LINK, serial:DEVICE and stdin."""
    kind, _, rest = address.partition(":")
    if kind == "tcp":
        host, _, port = rest.rpartition(":")
        if not host:
            raise ValueError(f"console {address!r}: write tcp:HOST:PORT, as tcp:127.0.0.1:5025")
        if not (port.isdecimal() and int(port) <= 65535):
            raise ValueError(f"console {address!r}: port {port!r} is not a number of 0..65535")
    elif not (address == "stdin" or (kind in ("pty", "serial") and rest)):
        raise ValueError(f"console {address!r}: is none of tcp:HOST:PORT, pty:LINK, serial:DEVICE "
                         "and stdin")


class Ends:
    """The open consoles of one front. `say` tells whoever watches the service."""

    def __init__(self, front: Hearer, piece_bytes: int, unsent_max: int,
                 say: Callable[[str], None]) -> None:
        self._front = front
        self._piece_bytes = piece_bytes
        self._unsent_max = unsent_max
        self._say = say
        self._connections = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._undo: list[Callable[[], object]] = []

    async def open(self, address: str) -> None:
        """Open a console and print where; raises NotConnected when it cannot be had."""
        try:
            opened = await self._open(address)
        except (OSError, UnicodeError, termios.error) as error:
            raise NotConnected(f"console {address}: {_why(error)}") from None
        StdoutPeer().write(f"console {opened}\n".encode())

    def open_when_possible(self, address: str) -> None:
        """Try to open a console, later and later, until it can be had."""
        self._begin(self._open_patiently(address))

    async def close(self) -> None:
        """Close them all and remove the links."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        while self._undo:
            with suppress(OSError):
                self._undo.pop()()

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._say(f"a console ended: {task.exception()!r}")

    async def _open_patiently(self, address: str) -> None:
        pause_s = RETRY_S_MIN
        told = ""
        while True:
            try:
                return await self.open(address)
            except NotConnected as error:
                if str(error) != told:
                    told = str(error)
                    self._say(f"{told}; tried again and again")
            await asyncio.sleep(pause_s)
            pause_s = min(RETRY_S_MAX, 2.0 * pause_s)

    async def _open(self, address: str) -> str:
        kind, _, rest = address.partition(":")
        if kind == "tcp":
            return await self._open_tcp(*rest.rsplit(":", 1))
        if kind == "pty":
            self._open_pty(Path(rest))
        elif kind == "serial":
            self._begin(self._attend_serial(_serial(rest), address))
        else:
            self._begin(self._listen(0, StdoutPeer(), "stdin"))
        return address

    async def _open_tcp(self, host: str, port: str) -> str:
        server = await asyncio.start_server(self._talk, host.strip("[]"), int(port))
        self._undo.append(server.close)
        bound, number = server.sockets[0].getsockname()[:2]
        return f"tcp:[{bound}]:{number}" if ":" in bound else f"tcp:{bound}:{number}"

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._connections >= CONNECTIONS_MAX:
            writer.close()
            return
        self._connections += 1
        session = self._front.attach(TcpPeer(writer, self._unsent_max), "tcp")
        try:
            while data := await reader.read(self._piece_bytes):
                self._front.hear(session, data)
                await asyncio.sleep(0)  # everybody has a turn
        except OSError:
            pass
        finally:
            self._connections -= 1
            self._front.detach(session)
            writer.close()

    def _open_pty(self, link: Path) -> None:
        if link.exists() and not link.is_symlink():
            raise FileExistsError(f"{link} is in the way and is not a link")
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        master, slave = os.openpty()
        name = os.ttyname(slave)
        os.close(slave)
        _make_new(name)
        os.set_blocking(master, False)
        try:
            link.symlink_to(name)
        except OSError:
            os.close(master)
            raise
        self._undo += [lambda: os.close(master), lambda: link.unlink(missing_ok=True)]
        self._begin(self._attend_pty(master, name))

    async def _attend_pty(self, master: int, name: str) -> None:
        """One client after the other, each with a session of its own."""
        waiting = select.poll()
        waiting.register(master, select.POLLIN)
        while True:
            while waiting.poll(0) == [(master, select.POLLHUP)]:  # nobody there, nothing left
                await asyncio.sleep(PTY_LOOK_S)
            peer = FdPeer(master, self._unsent_max)
            await self._listen(master, peer, "pty")
            peer.forget()
            _make_new(name)

    async def _attend_serial(self, fd: int, address: str) -> None:
        try:
            peer = FdPeer(fd, self._unsent_max)
            await self._listen(fd, peer, "serial")
            peer.forget()
        finally:
            os.close(fd)
        self._say(f"console {address}: is gone")
        await asyncio.sleep(RETRY_S_MIN)
        self.open_when_possible(address)

    async def _listen(self, fd: int, peer: Peer, kind: str) -> None:
        """Hear one operator; return when he is gone."""
        session = self._front.attach(peer, kind)
        try:
            while data := await read_some(fd, self._piece_bytes):
                self._front.hear(session, data)
                await asyncio.sleep(0)  # everybody has a turn
        finally:
            self._front.detach(session)


def _make_new(pty: str) -> None:
    """Make a pty raw, and drop the answers that its last client did not read."""
    fd = os.open(pty, os.O_RDWR | os.O_NOCTTY)
    try:
        tty.setraw(fd)
        termios.tcflush(fd, termios.TCIFLUSH)
    finally:
        os.close(fd)


def _serial(device: str) -> int:
    fd = os.open(device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        tty.setraw(fd)
        modes = termios.tcgetattr(fd)
        modes[2] |= termios.CLOCAL | termios.CREAD  # three wires are enough
        modes[4] = modes[5] = SERIAL_BAUD
        termios.tcsetattr(fd, termios.TCSANOW, modes)
    except termios.error:
        os.close(fd)
        raise
    return fd


def _why(error: Exception) -> str:
    if isinstance(error, UnicodeError):
        return "that is no host's name"
    number = error.args[0] if error.args else 0
    if isinstance(number, int) and number > 0:
        return os.strerror(number)
    return str(getattr(error, "strerror", None) or error)
