"""The operator's side of a connection: where answers go and what becomes of those not read, and
where words come from.

It does not decide what is said (controller/console.py) nor who may attach (ends.py).
"""

import asyncio
import os
import select
import socket
from contextlib import suppress
from typing import Protocol

PIECE_BYTES = 512  # POSIX: a pipe that takes anything takes this much
# A peer whose cable was cut is let go after a minute and a half; it holds one of few connections.
KEEPALIVE = ((socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
             (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30),
             (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 15),
             (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 4))


class Peer(Protocol):
    """The operator's side of one connection."""

    def write(self, data: bytes) -> None:
        """Send; never waits. Who does not read is let go, or loses what does not fit."""


class TcpPeer:
    """A TCP connection. Who does not read is let go."""

    def __init__(self, writer: asyncio.StreamWriter, unsent_max: int) -> None:
        for option in KEEPALIVE:
            with suppress(OSError):  # it may be gone already
                writer.get_extra_info("socket").setsockopt(*option)
        self._writer = writer
        self._unsent_max = unsent_max

    def write(self, data: bytes) -> None:
        """Send, or hang up when too much is unread."""
        if self._writer.transport.get_write_buffer_size() > self._unsent_max:
            self._writer.transport.abort()
        elif data and not self._writer.is_closing():
            self._writer.write(data)


class FdPeer:
    """A pty or a serial line. What does not fit is lost in whole answers."""

    def __init__(self, fd: int, unsent_max: int) -> None:
        self._fd = fd
        self._unsent_max = unsent_max
        self._unsent = bytearray()

    def write(self, data: bytes) -> None:
        """Send; what the line does not take now waits."""
        if len(self._unsent) + len(data) <= self._unsent_max:
            self._unsent += data
        self._send()

    def _send(self) -> None:
        try:
            del self._unsent[:os.write(self._fd, self._unsent)]
        except BlockingIOError:
            pass
        except OSError:
            self._unsent.clear()
        if self._unsent:
            asyncio.get_running_loop().add_writer(self._fd, self._send)
        else:
            self.forget()

    def forget(self) -> None:
        """Nobody waits for the rest."""
        self._unsent.clear()
        asyncio.get_running_loop().remove_writer(self._fd)


class StdoutPeer:
    """Standard output, which others use, too: it is neither made non-blocking nor waited for."""

    def write(self, data: bytes) -> None:
        """Send what it takes at once; the rest is lost."""
        for begin in range(0, len(data), PIECE_BYTES):
            with suppress(OSError):
                if select.select([], [1], [], 0)[1]:
                    os.write(1, data[begin:begin + PIECE_BYTES])


async def read_some(fd: int, bytes_max: int) -> bytes:
    """Return what has come, b"" when nothing will come any more."""
    while True:
        await _readable(fd)
        try:
            return os.read(fd, bytes_max)
        except BlockingIOError:
            continue
        except OSError:
            return b""


async def _readable(fd: int) -> None:
    loop = asyncio.get_running_loop()
    has_come = asyncio.Event()
    try:
        loop.add_reader(fd, has_come.set)
    except PermissionError:  # a file, or /dev/null: never to be waited for
        return
    try:
        await has_come.wait()
    finally:
        loop.remove_reader(fd)
