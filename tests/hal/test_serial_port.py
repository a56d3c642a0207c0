"""SerialStream over real pseudo-terminals and TCP: deadlines, limits, exclusive use, messages."""

import contextlib
import os
import socket
import termios
import time
import tty
from collections.abc import Iterator

import pytest

from hal.errors import BadReply, HalError, NoReply, NotConnected
from hal.linux import LinuxClock
from hal.streams.serial_port import PORT_ERRORS, SerialStream

CLOCK = LinuxClock()


class Pty:
    """A pseudo-terminal: `fd` is the device's end, `path` the port."""

    def __init__(self) -> None:
        self.fd, self.port_fd = os.openpty()
        tty.setraw(self.port_fd)
        self.path = os.ttyname(self.port_fd)

    def say(self, data: bytes) -> None:
        os.write(self.fd, data)

    def close(self) -> None:
        for fd in (self.fd, self.port_fd):
            with contextlib.suppress(OSError):
                os.close(fd)


@pytest.fixture
def pty() -> Iterator[Pty]:
    pair = Pty()
    yield pair
    pair.close()


@pytest.fixture
def stream(pty: Pty) -> Iterator[SerialStream]:
    opened = SerialStream(pty.path, 9600, "8N1", CLOCK)
    yield opened
    opened.close()


def test_bytes_go_both_ways_and_what_follows_the_end_is_kept(pty: Pty, stream: SerialStream):
    stream.write(b"A\r")
    assert os.read(pty.fd, 16) == b"A\r"
    pty.say(b"A +1\rB +2\r")
    assert stream.read_until(b"\r", 200) == b"A +1\r"
    assert stream.read_until(b"\r", 200) == b"B +2\r"


def test_silence_ends_at_the_deadline(stream: SerialStream):
    began = time.monotonic()
    with pytest.raises(NoReply):
        stream.read_until(b"\r", 60)
    assert 0.055 <= time.monotonic() - began < 0.5


def test_half_a_reply_is_dropped_with_its_deadline(pty: Pty, stream: SerialStream):
    pty.say(b"+26.")
    with pytest.raises(NoReply, match=r"\+26\."):
        stream.read_until(b"\r\n", 30)
    pty.say(b"500\r\n")
    assert stream.read_until(b"\r\n", 200) == b"500\r\n"


def test_discarded_input_never_comes_back(pty: Pty, stream: SerialStream):
    pty.say(b"late\rmore\r")
    assert stream.read_until(b"\r", 200) == b"late\r"
    stream.discard_input()
    with pytest.raises(NoReply):
        stream.read_until(b"\r", 30)


def test_a_second_program_is_refused_with_its_reason(pty: Pty, stream: SerialStream):
    with pytest.raises(NotConnected, match="in use by another program") as caught:
        SerialStream(pty.path, 9600, "8N1", CLOCK)
    assert pty.path in str(caught.value)


def test_a_port_that_was_given_back_can_be_opened_again_with_any_framing(pty: Pty):
    for _ in range(3):  # Linux itself refuses 7O1 at the second opening of a pty
        SerialStream(pty.path, 57600, "7O1", CLOCK).close()


def test_a_link_to_a_port_is_a_port(pty: Pty, tmp_path):
    link = tmp_path / "gas"
    link.symlink_to(pty.path)
    SerialStream(str(link), 9600, "7O1", CLOCK).close()


def test_a_byte_of_wrong_parity_shall_come_as_nul(pty: Pty, stream: SerialStream):
    flags = termios.tcgetattr(pty.port_fd)[0]
    assert flags & termios.INPCK
    assert not flags & (termios.IGNPAR | termios.PARMRK)


def test_a_device_that_never_stops_does_not_hold_discarding(stream: SerialStream):
    stream._read_some = lambda wait_ms: b"x"  # type: ignore[method-assign]
    stream.discard_input()


@pytest.mark.parametrize(("number", "words"), PORT_ERRORS)
def test_every_reason_of_the_system_is_told_as_what_to_do(number: int, words: str,
                                                          monkeypatch: pytest.MonkeyPatch):
    def refuse(*args: object, **kwargs: object) -> None:
        raise termios.error(number, "what the system says")

    monkeypatch.setattr("serial.serial_for_url", refuse)
    with pytest.raises(NotConnected) as caught:
        SerialStream("/dev/ttyUSB0", 9600, "8N1", CLOCK)
    assert str(caught.value) == f"port /dev/ttyUSB0: {words}"


def test_a_reason_that_nobody_foresaw_is_passed_on(monkeypatch: pytest.MonkeyPatch):
    def refuse(*args: object, **kwargs: object) -> None:
        raise ValueError("Not a valid baudrate: -1")

    monkeypatch.setattr("serial.serial_for_url", refuse)
    with pytest.raises(NotConnected, match="baudrate: -1"):
        SerialStream("/dev/ttyUSB0", -1, "8N1", CLOCK)


def test_no_such_port_says_so(tmp_path):
    with pytest.raises(NotConnected, match="no such port") as caught:
        SerialStream(str(tmp_path / "nothing"), 9600, "8N1", CLOCK)
    assert "nothing" in str(caught.value)


def test_a_plain_file_is_not_a_port(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(NotConnected, match="file"):
        SerialStream(str(tmp_path / "file"), 9600, "8N1", CLOCK)


def test_a_port_whose_other_end_went_is_not_connected(pty: Pty, stream: SerialStream):
    pty.close()
    for use in (lambda: stream.read_until(b"\r", 30), lambda: stream.write(b"A\r"),
                stream.discard_input):
        with pytest.raises(NotConnected, match=pty.path):
            use()


def test_a_closed_stream_is_not_connected_and_closes_twice(stream: SerialStream):
    stream.close()
    stream.close()
    for use in (lambda: stream.read_until(b"\r", 30), lambda: stream.write(b"A\r"),
                stream.discard_input):
        with pytest.raises(NotConnected):
            use()


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def test_a_bridge_carries_bytes_and_its_end_is_noticed(listener: socket.socket):
    stream = SerialStream(f"socket://127.0.0.1:{listener.getsockname()[1]}", 9600, "7O1", CLOCK)
    peer, _ = listener.accept()
    stream.write(b"*IDN?\n")
    assert peer.recv(16) == b"*IDN?\n"
    peer.sendall(b"LSCI\r\n")
    assert stream.read_until(b"\r\n", 500) == b"LSCI\r\n"
    with pytest.raises(NoReply):
        stream.read_until(b"\r\n", 30)
    peer.close()
    with pytest.raises(NotConnected, match="other end is gone"):
        stream.read_until(b"\r\n", 500)
    stream.close()


def test_a_reply_without_an_end_is_cut_at_the_limit(listener: socket.socket):
    stream = SerialStream(f"socket://127.0.0.1:{listener.getsockname()[1]}", 9600, "8N1", CLOCK)
    peer, _ = listener.accept()
    peer.sendall(b"x" * 5000)
    with pytest.raises(BadReply, match="bytes without an end"):
        stream.read_until(b"\r", 500)
    peer.close()
    stream.close()


def test_a_bridge_where_nobody_listens_says_so(listener: socket.socket):
    port = listener.getsockname()[1]
    listener.close()
    with pytest.raises(HalError, match="nobody listens there"):
        SerialStream(f"socket://127.0.0.1:{port}", 9600, "8N1", CLOCK)
