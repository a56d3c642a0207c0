"""Consoles that come, go, never read, are in use or unplugged: one at a time, and none disturbs
another."""

import asyncio
import os
import pty
import select
import socket
import struct
import termios
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from controller.console import Session
from firmware import ends as module
from firmware.ends import CONNECTIONS_MAX, Ends, check_address
from firmware.peers import Peer
from hal.errors import NotConnected

UNSENT_MAX = 10_000
WORD = 5.0  # s; more than any of this takes


class Listener:
    """A front that repeats what it hears."""

    def __init__(self) -> None:
        self.peers: dict[Session, Peer] = {}
        self.heard: dict[str, bytes] = {}
        self.said: list[str] = []
        self.count = 0
        self.ends = Ends(self, 4096, UNSENT_MAX, self.said.append)

    def attach(self, peer: Peer, kind: str) -> Session:
        self.count += 1
        session = Session(f"{kind}-{self.count}")
        self.peers[session] = peer
        self.heard[session.name] = b""
        return session

    def detach(self, session: Session) -> None:
        del self.peers[session]

    def hear(self, session: Session, data: bytes) -> None:
        self.heard[session.name] += data
        self.peers[session].write(data)

    def names(self) -> list[str]:
        return [session.name for session in self.peers]


def with_ends(act: Callable[[Listener], Coroutine[Any, Any, None]]) -> Listener:
    """Do `act` with a listener whose ends are closed afterwards."""
    async def whole() -> Listener:
        listener = Listener()
        try:
            await asyncio.wait_for(act(listener), WORD)
        finally:
            await listener.ends.close()
        return listener

    return asyncio.run(whole())


async def until(true: Callable[[], object]) -> None:
    """Let the others run until it is so."""
    while not true():
        await asyncio.sleep(0.002)


def received(fd: int) -> bytes:
    """Return what has come so far."""
    data = b""
    while select.select([fd], [], [], 0)[0]:
        data += os.read(fd, 4096)
    return data


# Addresses.


@pytest.mark.parametrize("address", [
    "tcp:127.0.0.1:0", "tcp:localhost:5025", "tcp:[::1]:65535", "pty:operator", "pty:/tmp/a:b",
    "serial:/dev/ttyUSB0", "stdin"])
def test_an_address_that_is_one_is_taken(address: str) -> None:
    check_address(address)


@pytest.mark.parametrize(("address", "why"), [
    ("tcp:5025", "write tcp:HOST:PORT"), ("tcp:localhost", "write tcp:HOST:PORT"),
    ("tcp::5025", "write tcp:HOST:PORT"), ("tcp:", "write tcp:HOST:PORT"),
    ("tcp:localhost:", "port '' is not a number of 0..65535"),
    ("tcp:localhost:scpi", "port 'scpi' is not a number of 0..65535"),
    ("tcp:localhost:65536", "port '65536' is not"), ("tcp:localhost:-1", "port '-1' is not"),
    ("pty:", "is none of"), ("serial:", "is none of"), ("moon:1", "is none of"),
    ("", "is none of"), ("stdin:", "is none of")])
def test_an_address_that_is_none_is_one_clear_sentence(address: str, why: str) -> None:
    with pytest.raises(ValueError, match="console") as refused:
        check_address(address)
    assert str(refused.value).startswith(f"console {address!r}: ")
    assert why in str(refused.value)


@pytest.mark.parametrize(("address", "why"), [
    ("serial:/dev/none", "No such file or directory"),
    ("serial:/dev/null", "Inappropriate ioctl for device"),
    ("pty:/proc/x", ""),
    ("pty:/", "/ is in the way and is not a link"),
    (f"tcp:{'a' * 70}:1", "that is no host's name")])
def test_a_console_that_cannot_be_had_is_one_clear_sentence(address: str, why: str) -> None:
    async def act(listener: Listener) -> None:
        with pytest.raises(NotConnected, match="console") as refused:
            await listener.ends.open(address)
        assert str(refused.value).startswith(f"console {address}: {why}")
        assert "\n" not in str(refused.value)

    with_ends(act)


def test_a_host_that_nobody_knows_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_question: object, **_more: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    async def act(listener: Listener) -> None:
        monkeypatch.setattr(socket, "getaddrinfo", unknown)
        with pytest.raises(NotConnected, match="nobody:1: Name or service not known"):
            await listener.ends.open("tcp:nobody:1")

    with_ends(act)


def test_a_port_that_is_taken_says_so() -> None:
    async def act(listener: Listener) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            address = f"tcp:127.0.0.1:{other.getsockname()[1]}"
            with pytest.raises(NotConnected, match=f"^console {address}: Address already in use$"):
                await listener.ends.open(address)

    with_ends(act)


# TCP.


def tcp_port(capfd: pytest.CaptureFixture[str]) -> int:
    return int(capfd.readouterr().out.rsplit(":", 1)[1])


def test_peers_that_vanish_leave_the_others(capfd: pytest.CaptureFixture[str]) -> None:
    async def act(listener: Listener) -> None:
        await listener.ends.open("tcp:127.0.0.1:0")
        port = tcp_port(capfd)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        rude = socket.create_connection(("127.0.0.1", port))
        rude.sendall(b"half a li")
        await until(lambda: b"half a li" in listener.heard.values())
        rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        rude.close()  # a reset, not a goodbye
        await until(lambda: len(listener.peers) == 1)
        writer.write(b"still here\n")
        assert await reader.readline() == b"still here\n"

    with_ends(act)


def test_a_peer_that_never_reads_is_let_go(capfd: pytest.CaptureFixture[str]) -> None:
    async def act(listener: Listener) -> None:
        await listener.ends.open("tcp:127.0.0.1:0")
        with socket.create_connection(("127.0.0.1", tcp_port(capfd))) as deaf:
            deaf.setblocking(False)
            await until(lambda: listener.peers)
            while listener.peers:
                try:
                    deaf.send(b"x" * 65536)
                except (BlockingIOError, ConnectionError):
                    await asyncio.sleep(0.001)

    with_ends(act)


def test_connections_beyond_the_limit_are_turned_away(capfd: pytest.CaptureFixture[str]) -> None:
    async def act(listener: Listener) -> None:
        await listener.ends.open("tcp:127.0.0.1:0")
        port = tcp_port(capfd)
        writers = [(await asyncio.open_connection("127.0.0.1", port))[1]
                   for _ in range(CONNECTIONS_MAX)]
        await until(lambda: len(listener.peers) == CONNECTIONS_MAX)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await reader.read() == b""
        for each in (*writers, writer):
            each.close()
        await until(lambda: not listener.peers)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"room again\n")
        assert await reader.readline() == b"room again\n"

    with_ends(act)


# Ptys.


def test_a_pty_is_raw_both_ways(tmp_path: Path) -> None:
    link = tmp_path / "operator"
    every_byte = bytes(range(256))

    async def act(listener: Listener) -> None:
        await listener.ends.open(f"pty:{link}")
        client = os.open(link, os.O_RDWR | os.O_NOCTTY)
        os.write(client, every_byte)
        said = b""

        def all_came() -> bool:
            nonlocal said
            said += received(client)
            return len(said) >= 256

        await until(all_came)
        assert said == every_byte, "neither an echo nor a translation"
        os.close(client)

    listener = with_ends(act)
    assert listener.heard == {"pty-1": every_byte}
    assert not link.is_symlink()


def test_a_new_client_of_a_pty_gets_nothing_of_the_last_one(tmp_path: Path) -> None:
    link = tmp_path / "operator"

    async def act(listener: Listener) -> None:
        await listener.ends.open(f"pty:{link}")
        for number, words in ((1, b"an answer that nobody reads\nand half a li"), (2, b"id\n")):
            client = os.open(link, os.O_RDWR | os.O_NOCTTY)
            os.write(client, words)
            await until(lambda n=number: listener.heard.get(f"pty-{n}"))
            if number == 2:
                assert received(client) == b"id\n"
                assert not termios.tcgetattr(client)[3] & termios.ECHO
            os.close(client)
            await until(lambda: not listener.peers)

    assert with_ends(act).heard == {"pty-1": b"an answer that nobody reads\nand half a li",
                                    "pty-2": b"id\n"}


def test_a_stop_written_by_one_who_leaves_at_once_is_heard(tmp_path: Path) -> None:
    link = tmp_path / "operator"

    async def act(listener: Listener) -> None:
        await listener.ends.open(f"pty:{link}")
        await asyncio.sleep(0)
        client = os.open(link, os.O_RDWR | os.O_NOCTTY)
        os.write(client, b"stop\n")
        os.close(client)
        await until(lambda: listener.heard == {"pty-1": b"stop\n"})

    with_ends(act)


def test_a_pty_client_that_never_reads_holds_nobody_up(tmp_path: Path) -> None:
    link = tmp_path / "operator"

    async def act(listener: Listener) -> None:
        await listener.ends.open(f"pty:{link}")
        client = os.open(link, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        sent = 0
        while sent < 20 * UNSENT_MAX:
            try:
                sent += os.write(client, b"status\n" * 100)
            except BlockingIOError:
                await asyncio.sleep(0.001)
        await until(lambda: len(listener.heard["pty-1"]) == sent)
        os.close(client)
        await until(lambda: not listener.peers)

    with_ends(act)


def test_a_file_where_the_link_shall_be_is_kept(tmp_path: Path) -> None:
    precious = tmp_path / "operator"
    precious.write_text("precious")

    async def act(listener: Listener) -> None:
        with pytest.raises(NotConnected, match="is in the way and is not a link"):
            await listener.ends.open(f"pty:{precious}")

    with_ends(act)
    assert precious.read_text() == "precious"


# Serial lines: the other end of a pty plays the cable.


class Cable:
    """A serial device at `path` that can be pulled out and put in again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.plug_in()

    def plug_in(self) -> None:
        self.far, near = pty.openpty()
        self.path.symlink_to(os.ttyname(near))
        os.close(near)

    def pull_out(self) -> None:
        self.path.unlink()
        os.close(self.far)


def test_a_serial_line_that_is_unplugged_is_told_and_opened_again(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RETRY_S_MIN", 0.005)
    address = f"serial:{tmp_path / 'tty'}"

    async def act(listener: Listener) -> None:
        cable = Cable(tmp_path / "tty")
        await listener.ends.open(address)
        os.write(cable.far, b"one\n")
        await until(lambda: listener.heard.get("serial-1") == b"one\n")
        cable.pull_out()
        await until(lambda: len(listener.said) >= 2)
        cable.plug_in()
        await until(lambda: listener.names() == ["serial-2"])
        os.write(cable.far, b"two\n")
        await until(lambda: received(cable.far) == b"two\n")
        cable.pull_out()

    listener = with_ends(act)
    assert listener.said[:2] == [
        f"console {address}: is gone",
        f"console {address}: No such file or directory; tried again and again"]


def test_a_long_answer_waits_for_a_slow_line(tmp_path: Path) -> None:
    answer = b"".join(b"line %d\n" % number for number in range(1000))

    async def act(listener: Listener) -> None:
        cable = Cable(tmp_path / "tty")
        await listener.ends.open(f"serial:{tmp_path / 'tty'}")
        await until(lambda: listener.peers)
        next(iter(listener.peers.values())).write(answer)
        got = b""
        while got != answer:
            got += received(cable.far)
            await asyncio.sleep(0)
        cable.pull_out()

    with_ends(act)
