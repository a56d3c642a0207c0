"""Where operators attach: TCP, ptys, serial lines, stdin: each a stream of bytes to a session.

It does not read what they say: front.py gives it to controller/console.py.
"""

import asyncio
import os
import select
import sys
import termios
import tty
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from controller.console import Session
from hal.errors import NotConnected

CONNECTIONS_MAX = 16
SERIAL_BAUD = termios.B115200
PIECE_BYTES = 512  # POSIX: a pipe that takes anything takes this much


class Peer(Protocol):
    """The operator's side of one connection."""

    def write(self, data: bytes) -> None:
        """Send; never waits. Who does not read is let go."""


class Hearer(Protocol):
    """What the ends need of the front."""

    def attach(self, peer: Peer, kind: str) -> Session:
        """Return a session for a new connection."""

    def detach(self, session: Session) -> None:
        """Forget it."""

    def hear(self, session: Session, data: bytes) -> None:
        """Take what the operator typed."""


class _TcpPeer:
    def __init__(self, writer: asyncio.StreamWriter, unsent_max: int) -> None:
        self._writer = writer
        self._unsent_max = unsent_max

    def write(self, data: bytes) -> None:
        if self._writer.transport.get_write_buffer_size() > self._unsent_max:
            self._writer.transport.abort()
        elif data and not self._writer.is_closing():
            self._writer.write(data)


class _FdPeer:
    def __init__(self, fd: int) -> None:
        self._fd = fd

    def write(self, data: bytes) -> None:
        with suppress(OSError):  # full or gone: a console that does not read loses its text
            os.write(self._fd, data)


class _StdoutPeer:
    """Standard output, which somebody else may also use: it is not made non-blocking."""

    def write(self, data: bytes) -> None:
        for begin in range(0, len(data), PIECE_BYTES):
            if select.select([], [sys.stdout.fileno()], [], 0)[1]:
                with suppress(OSError):
                    os.write(sys.stdout.fileno(), data[begin:begin + PIECE_BYTES])


def check_address(address: str) -> None:
    """Raise ValueError for what is none of tcp:HOST:PORT, pty:LINK, serial:DEVICE and stdin."""
    kind, _, rest = address.partition(":")
    if kind == "tcp":
        host, _, port = rest.rpartition(":")
        if host and port.isdecimal() and int(port) < 65536:
            return
    elif address == "stdin" or (kind in ("pty", "serial") and rest):
        return
    raise ValueError(f"console {address!r}: is none of tcp:HOST:PORT, pty:LINK, serial:DEVICE and "
                     "stdin")


class Ends:
    """The open consoles of one front."""

    def __init__(self, front: Hearer, piece_bytes: int, unsent_max: int) -> None:
        self._front = front
        self._piece_bytes = piece_bytes
        self._unsent_max = unsent_max
        self._connections = 0
        self._undo: list[Callable[[], object]] = []

    async def open(self, address: str) -> None:
        """Open a console and say where; raises ValueError, and NotConnected when it cannot be
        had."""
        check_address(address)
        try:
            address = await self._open(address)
        except OSError as error:
            raise NotConnected(f"console {address}: {error.strerror or error}") from None
        sys.stdout.write(f"console {address}\n")
        sys.stdout.flush()

    async def _open(self, address: str) -> str:
        kind, _, rest = address.partition(":")
        if kind == "tcp":
            host, _, port = rest.rpartition(":")
            server = await asyncio.start_server(self._talk, host, int(port))
            self._undo.append(server.close)
            host, bound = server.sockets[0].getsockname()[:2]
            return f"tcp:{host}:{bound}"
        if kind == "pty":
            self._open_pty(Path(rest))
        elif kind == "serial":
            self._open_serial(rest)
        else:
            self._listen(sys.stdin.fileno(), _StdoutPeer(), "stdin")
        return address

    def close(self) -> None:
        """Close them all and remove the links."""
        while self._undo:
            with suppress(OSError):
                self._undo.pop()()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._connections >= CONNECTIONS_MAX:
            writer.close()
            return
        self._connections += 1
        session = self._front.attach(_TcpPeer(writer, self._unsent_max), "tcp")
        try:
            while data := await reader.read(self._piece_bytes):
                self._front.hear(session, data)
                await asyncio.sleep(0)  # everybody has a turn
        except ConnectionError:
            pass
        finally:
            self._connections -= 1
            self._front.detach(session)
            writer.close()

    def _open_pty(self, link: Path) -> None:
        if link.exists() and not link.is_symlink():
            raise FileExistsError(f"{link} is in the way and is not a link")
        master, slave = os.openpty()
        tty.setraw(slave)  # held open here, so that operators may come and go
        link.unlink(missing_ok=True)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(os.ttyname(slave))
        self._undo += [lambda: os.close(slave), lambda: link.unlink(missing_ok=True)]
        self._attach_fd(master, "pty")

    def _open_serial(self, device: str) -> None:
        fd = os.open(device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(fd)
        modes = termios.tcgetattr(fd)
        modes[4] = modes[5] = SERIAL_BAUD
        termios.tcsetattr(fd, termios.TCSANOW, modes)
        self._attach_fd(fd, "serial")

    def _attach_fd(self, fd: int, kind: str) -> None:
        os.set_blocking(fd, False)
        self._undo.append(lambda: os.close(fd))
        self._listen(fd, _FdPeer(fd), kind)

    def _listen(self, fd: int, peer: Peer, kind: str) -> None:
        session = self._front.attach(peer, kind)
        loop = asyncio.get_running_loop()

        def readable() -> None:
            try:
                data = os.read(fd, self._piece_bytes)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if data:
                self._front.hear(session, data)
            else:
                loop.remove_reader(fd)
                self._front.detach(session)

        try:
            loop.add_reader(fd, readable)
        except PermissionError:  # a file, or /dev/null: nothing to wait for
            self._front.detach(session)
            return
        self._undo.append(lambda: loop.remove_reader(fd))
