"""Where a virtual instrument sits: a pty behind a symlink, or a TCP port.

It does not decide when anything happens: sim_hardware/server.py waits for all of them. Linux only.
"""

import contextlib
import os
import select
import socket
import termios

from sim_hardware.instruments.wire import LineInstrument, Reply

READ_BYTES = 4096
UNSENT_BYTES_MAX = 65536  # replies that the client does not fetch; more are lost, as on a UART
DUE_MAX = 1000  # replies that wait for their time
TCP = "socket://"


class Place:
    """A seat that is open: its replies wait here until they are due, then until they fit."""

    def __init__(self, instrument: LineInstrument, poller: select.epoll) -> None:
        self.instrument = instrument
        self.poller = poller
        self.address = ""
        self._due: list[Reply] = []
        self._unsent = b""

    def descriptors(self) -> tuple[int, ...]:
        """Return what is to be watched for it."""
        raise NotImplementedError

    def happened(self, descriptor: int, events: int, now_ms: int) -> None:
        """Take what came."""
        raise NotImplementedError

    def write(self, data: bytes) -> int:
        """Send some of `data` without waiting and return how many bytes; raises OSError."""
        raise NotImplementedError

    def close(self) -> None:
        """Give everything back."""
        raise NotImplementedError

    def next_due_ms(self, otherwise_ms: int) -> int:
        """Return when the next reply is due, `otherwise_ms` when none waits."""
        return self._due[0].due_ms if self._due else otherwise_ms

    def answer(self, data: bytes, now_ms: int) -> None:
        """Let the instrument answer; what is due goes out at once."""
        self._due = (self._due + self.instrument.feed(data, now_ms))[:DUE_MAX]
        self.send(now_ms)

    def send(self, now_ms: int) -> None:
        """Send what is due and fits; the rest waits for the next turn."""
        if self._due and self._due[0].due_ms <= now_ms:
            ready = b"".join(reply.data for reply in self._due if reply.due_ms <= now_ms)
            self._due = [reply for reply in self._due if reply.due_ms > now_ms]
            self._unsent = (self._unsent + ready)[:UNSENT_BYTES_MAX]
        if self._unsent:
            # A client that is not there, or does not read, is no fault of the instrument.
            with contextlib.suppress(OSError):
                self._unsent = self._unsent[self.write(self._unsent):]

    def hang_up(self) -> None:
        """Forget what was meant for a client that is gone."""
        self._due, self._unsent = [], b""
        self.instrument.hang_up()


class PtyPlace(Place):
    """A pty behind a symlink. Its line settings are kept apart from those of every client."""

    def __init__(self, instrument: LineInstrument, poller: select.epoll, link: str) -> None:
        super().__init__(instrument, poller)
        self.address = link
        os.makedirs(os.path.dirname(link), exist_ok=True)
        if os.path.lexists(link):
            if not _is_ours(link):
                raise FileExistsError(f"{link} is in the way: it is no link to a pty")
            os.unlink(link)
        self._master, slave = os.openpty()
        self._device = os.ttyname(slave)
        os.set_blocking(self._master, False)
        self._armed = _armed(slave)
        termios.tcsetattr(slave, termios.TCSANOW, self._armed)
        self._armed = termios.tcgetattr(slave)  # as the kernel took it
        os.close(slave)
        try:
            os.symlink(self._device, link)
        except OSError:
            os.close(self._master)
            raise
        self._has_client = False
        poller.register(self._master, select.EPOLLIN | select.EPOLLET)

    def descriptors(self) -> tuple[int, ...]:
        """Return the master side."""
        return (self._master,)

    def happened(self, descriptor: int, events: int, now_ms: int) -> None:
        """Answer what came; when nobody holds the other side, tidy up after the last who did."""
        data = b""
        if events & select.EPOLLIN:
            with contextlib.suppress(OSError):  # it hung up and left nothing
                data = os.read(self._master, READ_BYTES)
        self._arm()
        if data:
            self._watch(True)
            self.answer(data, now_ms)
        elif events & select.EPOLLHUP:
            if self._has_client:
                self._drop_unread()
            self.hang_up()
            self._watch(False)

    def write(self, data: bytes) -> int:
        """Send to whoever holds the other side."""
        return os.write(self._master, data)

    def close(self) -> None:
        """Close the pty, and remove the link unless it is somebody else's by now."""
        with contextlib.suppress(OSError):
            if os.readlink(self.address) == self._device:
                os.unlink(self.address)
        self.poller.unregister(self._master)
        os.close(self._master)

    def _watch(self, has_client: bool) -> None:
        # Without a client EPOLLHUP is true all the time: watch its edges then, or the loop spins.
        if has_client != self._has_client:
            self._has_client = has_client
            self.poller.modify(self._master,
                               select.EPOLLIN | (0 if has_client else select.EPOLLET))

    def _arm(self) -> None:
        """Bring the line settings back to those that no client leaves as they are. A pty has no
        parity; the C library calls a request for parity that changes nothing else EINVAL, so the
        second client of the same settings would not get in."""
        # Through the master, at the first byte: before the client can be gone and back.
        if termios.tcgetattr(self._master) != self._armed:
            termios.tcsetattr(self._master, termios.TCSANOW, self._armed)

    def _drop_unread(self) -> None:
        """Throw away replies that the last client did not read: the next one did not ask."""
        with contextlib.suppress(OSError, termios.error):  # somebody holds it for himself alone
            slave = os.open(self._device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
            try:
                termios.tcflush(slave, termios.TCIFLUSH)
            finally:
                os.close(slave)


class TcpPlace(Place):
    """A TCP port with one client at a time; the next one waits in the queue of the kernel."""

    def __init__(self, instrument: LineInstrument, poller: select.epoll, host: str,
                 port: int) -> None:
        super().__init__(instrument, poller)
        self._listener = socket.create_server((host, port))
        self._listener.setblocking(False)
        self._client: socket.socket | None = None
        self.address = f"{TCP}{host}:{self._listener.getsockname()[1]}"
        poller.register(self._listener, select.EPOLLIN)

    def descriptors(self) -> tuple[int, ...]:
        """Return the client's, or the listener's without one."""
        return ((self._client or self._listener).fileno(),)

    def happened(self, descriptor: int, events: int, now_ms: int) -> None:
        """Let a client in, answer it, or see it off."""
        if self._client is None:
            with contextlib.suppress(OSError):  # it has gone again
                self._client, _ = self._listener.accept()
                self._client.setblocking(False)
                self._client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.poller.unregister(self._listener)
                self.poller.register(self._client, select.EPOLLIN)
            return
        try:
            data = self._client.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self.answer(data, now_ms)
        else:
            self._see_off(self._client)

    def write(self, data: bytes) -> int:
        """Send to the client."""
        return self._client.send(data) if self._client else len(data)

    def close(self) -> None:
        """Close the client's connection and the port."""
        if self._client:
            self._client.close()
        self._listener.close()

    def _see_off(self, client: socket.socket) -> None:
        self.poller.unregister(client)
        client.close()
        self._client = None
        self.hang_up()
        self.poller.register(self._listener, select.EPOLLIN)


def opened(address: str, instrument: LineInstrument, poller: select.epoll) -> Place:
    """Return the open place at "/absolute/link" or "socket://HOST:PORT". Raises ValueError for
    any other address, FileExistsError when the link would replace anything but a link to a
    pty, OSError."""
    if address.startswith(TCP):
        host, _, port = address.removeprefix(TCP).rpartition(":")
        if host and port.isdecimal() and int(port) < 65536:
            return TcpPlace(instrument, poller, host, int(port))
    elif os.path.isabs(address):
        return PtyPlace(instrument, poller, address)
    raise ValueError(f"{address!r} is neither an absolute path nor socket://HOST:PORT")


def _is_ours(link: str) -> bool:
    """True for a link to a pty, there or gone: a real port's link must not be replaced."""
    return os.path.islink(link) and os.readlink(link).startswith("/dev/pts/")


def _armed(slave: int) -> list[int | list[bytes | int]]:
    """Return raw line settings with a mark (ECHOE, which acts only beside ECHO) that every
    client's raw mode takes away: so each client changes something."""
    settings = termios.tcgetattr(slave)
    settings[0] = 0  # input as it comes
    settings[1] = 0  # output likewise
    settings[2] = termios.CS8 | termios.CREAD | termios.CLOCAL
    settings[3] = termios.ECHOE | termios.ECHOK
    settings[4] = settings[5] = termios.B9600
    settings[6][termios.VMIN], settings[6][termios.VTIME] = 1, 0
    return settings
