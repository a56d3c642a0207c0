"""The line between control and its fronts: nothing is lost on it, nobody is waited for."""

import math
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.records import NAN, Command, Decision, Reading, Sample
from firmware.link import (
    BACKLOG_TICKS,
    COMMANDS_MAX,
    FRONTS_MAX,
    MESSAGE_BYTES_MAX,
    ControlLink,
    LineBuffer,
    encoded,
    tick_message,
    tick_of,
)
from tests.controller.given import TWO_CYCLES, Desk, reading

NUMBERS = st.floats(allow_nan=False)
TEXTS = st.text(max_size=40)
COMMAND = Command("freeze", "", NAN, "tcp-1", 7, 3, 1000)


def decided() -> Decision:
    """Return a decision with everything in it and no NaN, which equals nothing."""
    desk = Desk().freezing()
    assert desk.last is not None
    return desk.last._replace(course=desk.last.course._replace(time_left_s=4.0))


DECISION = decided()


class FakeFront:
    """A front's end of the socket."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(str(path))
        self.socket.settimeout(0.2)
        self.lines = LineBuffer()
        self.messages: list[dict[str, object]] = []

    def say(self, *messages: dict[str, object]) -> None:
        self.socket.sendall(b"".join(encoded(message) for message in messages))

    def hear(self, link: ControlLink) -> list[dict[str, object]]:
        """Let control flush until nothing more comes; return what came."""
        link.receive()
        try:
            while True:
                link.flush()
                data = self.socket.recv(1 << 20)
                if not data:
                    break
                self.messages.extend(self.lines.feed(data))
        except TimeoutError:
            pass
        heard, self.messages = self.messages, []
        return heard


def was_let_go(end: socket.socket) -> bool:
    """True when the other end was closed; what it still said is passed over."""
    try:
        while end.recv(1 << 16):
            pass
    except TimeoutError:
        return False
    except ConnectionError:
        pass
    return True


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "control.sock"


@pytest.fixture
def link(path: Path) -> Iterator[ControlLink]:
    link = ControlLink(path, {"rig": "sim"})
    yield link
    link.close()


def ticks(link: ControlLink, count: int) -> None:
    for _ in range(count):
        link.write(reading(), (), DECISION)


@given(NUMBERS | st.sampled_from((math.inf, -math.inf)), TEXTS, st.integers(0, 2**40))
def test_every_record_comes_over_as_it_was(value: float, text: str, now_ms: int) -> None:
    sensed = reading(now_ms, tip_c=Sample(value, 5, text), actuator_fault=text)
    ordered = (COMMAND._replace(text=text, value=value),)
    decision = DECISION._replace(tip_c=value, reason=text, now_ms=now_ms)
    message, = LineBuffer().feed(tick_message(3, sensed, ordered, decision))
    assert tick_of(message["tick"]) == (3, sensed, ordered, decision)


def test_nan_comes_over_as_nan() -> None:
    message, = LineBuffer().feed(tick_message(0, reading(tip_c=NAN), (COMMAND,), DECISION))
    _, sensed, commands, _ = tick_of(message["tick"])
    assert math.isnan(sensed.tip_c.value)
    assert math.isnan(commands[0].value)


@given(st.binary(max_size=200), st.integers(1, 7))
def test_no_bytes_make_the_buffer_fail(data: bytes, size: int) -> None:
    lines = LineBuffer()
    for begin in range(0, len(data), size):
        assert all(isinstance(message, dict) for message in lines.feed(data[begin:begin + size]))
    assert {"a": 1} in list(lines.feed(b'\n{"a":1}\n'))


def test_a_line_of_brackets_does_not_end_control() -> None:
    assert list(LineBuffer().feed(b"[" * 60_000 + b'\n{"a":1}\n')) == [{"a": 1}]


def test_a_front_is_greeted_and_gets_the_ticks_it_asks_for(link: ControlLink, path: Path) -> None:
    ticks(link, 5)
    front = FakeFront(path)
    assert front.hear(link) == [{"hello": {"rig": "sim"}}]
    front.say({"ticks_from": 3})
    assert [message["tick"][0] for message in front.hear(link)] == [3, 4]  # type: ignore[index]


def test_a_front_that_was_away_gets_what_it_missed_and_no_more_than_is_kept(link: ControlLink,
                                                                            path: Path) -> None:
    ticks(link, BACKLOG_TICKS + 10)
    front = FakeFront(path)
    front.say({"ticks_from": 0})
    numbers = [message["tick"][0] for message in front.hear(link)  # type: ignore[index]
               if "tick" in message]
    assert numbers == list(range(10, BACKLOG_TICKS + 10))


def test_a_front_that_does_not_read_is_not_waited_for(link: ControlLink, path: Path) -> None:
    slow, quick = FakeFront(path), FakeFront(path)
    for front in (slow, quick):
        front.say({"ticks_from": 0})
    link.receive()
    for _ in range(2000):
        ticks(link, 1)
        link.flush()
    assert len([message for message in quick.hear(link) if "tick" in message]) == 2000


def test_orders_come_in_their_order_with_all_they_say(link: ControlLink, path: Path) -> None:
    front = FakeFront(path)
    front.say({"order": COMMAND._replace(value=-60.0)}, {"order": COMMAND._replace(name="stop",
                                                                                   value=1.0)})
    assert link.receive() == (COMMAND._replace(value=-60.0),
                              COMMAND._replace(name="stop", value=1.0))
    assert link.receive() == ()


@pytest.mark.requirement("H-01")
def test_a_stop_is_never_among_those_that_are_too_many(link: ControlLink, path: Path) -> None:
    front = FakeFront(path)
    front.say(*[{"order": COMMAND}] * (COMMANDS_MAX + 50), {"order": COMMAND._replace(name="stop")})
    names = [command.name for command in link.receive()]
    assert names.count("freeze") == COMMANDS_MAX
    assert names[-1] == "stop"


@pytest.mark.parametrize("nonsense", [
    b'{"order": 5}\n', b'{"order": ["freeze"]}\n', b'{"order": [1,2,3,4,5,6,"x"]}\n',
    b'{"order": ["stop","",null,"a",1,1,1]}\n', b'{"ticks_from": "x"}\n',
    b'{"order": ["stop","",1,"a",1e999,1,1]}\n', b"x" * (2 * MESSAGE_BYTES_MAX),
    b'{"order": ["stop","",1,"a",1,1,9223372036854775808]}\n',
    b'{"order": ["stop","\\ud800",1,"a",1,1,1]}\n',
])
def test_a_front_that_talks_nonsense_is_let_go_and_the_others_stay(link: ControlLink, path: Path,
                                                                   nonsense: bytes) -> None:
    good, bad = FakeFront(path), FakeFront(path)
    bad.socket.setblocking(False)
    bad.socket.send(nonsense)
    for _ in range(4):
        assert link.receive() == ()
    bad.socket.settimeout(0.5)
    good.say({"order": COMMAND._replace(value=1.0)})
    assert len(link.receive()) == 1
    assert was_let_go(bad.socket)


@pytest.mark.requirement("H-14")
def test_a_front_tells_control_that_its_log_fails_and_that_it_is_well_again(link: ControlLink,
                                                                            path: Path) -> None:
    front = FakeFront(path)
    told = []
    for fault in ("disk full", ""):
        front.say({"log_fault": fault})
        link.receive()
        told.append(link.fault)
    assert told == ["disk full", ""]


def test_more_fronts_than_there_is_room_for_are_turned_away(link: ControlLink, path: Path) -> None:
    fronts = [FakeFront(path)]
    for _ in range(FRONTS_MAX):
        link.receive()
        fronts.append(FakeFront(path))
    link.receive()
    assert fronts[-1].socket.recv(100) == b""
    assert fronts[0].hear(link)


def test_a_front_that_vanishes_is_forgotten(link: ControlLink, path: Path) -> None:
    front = FakeFront(path)
    front.say({"ticks_from": 0})
    link.receive()
    front.socket.close()
    for _ in range(3):
        ticks(link, 1)
        link.flush()
        assert link.receive() == ()


def test_the_socket_is_for_this_user_alone_and_removed_at_the_end(path: Path) -> None:
    path.write_text("of a process that was killed")
    link = ControlLink(path, {"plan": TWO_CYCLES})
    assert path.stat().st_mode & 0o777 == 0o600
    link.close()
    assert not path.exists()


def test_a_reading_is_the_record_that_was_sent() -> None:
    message, = LineBuffer().feed(tick_message(0, reading(), (), DECISION))
    _, sensed, _, decision = tick_of(message["tick"])
    assert isinstance(sensed, Reading)
    assert decision.plan == TWO_CYCLES
    assert decision.replies == DECISION.replies
