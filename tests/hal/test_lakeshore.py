"""The Lake Shore driver: its bytes, and what it makes of bytes that it should not get."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.errors import BadReply, HalError, NoReply, OutOfRange, WrongDevice
from hal.instruments.lakeshore import MODELS, STATUS_BITS, LakeShore, Model
from hal.instruments.line import Line
from tests.hal.wire import ScriptClock, Transcript

IDENTITY = b"LSCI,MODEL336,LSA22LU/LSA217G,2.8\r\n"


def polled(reply: bytes) -> LakeShore:
    clock = ScriptClock()
    device = LakeShore("336", {"A": "tip"}, clock)
    stream = Transcript(clock, (b"CRDG? A;RDGST? A\n", reply))
    device.poll(Line("port", stream, device.dialect, clock))
    return device


def hailed(reply: bytes) -> None:
    clock = ScriptClock()
    device = LakeShore("336", {"A": "tip"}, clock)
    device.hail(Line("port", Transcript(clock, (b"*IDN?\n", reply)), device.dialect, clock))


def test_a_value_comes_with_its_status_in_one_message() -> None:
    assert polled(b"-60.250;0\r\n").sensor("tip").read().value == -60.25


def test_two_inputs_are_read_in_one_message() -> None:
    clock = ScriptClock()
    device = LakeShore("336", {"A": "tip", "B": "tip_b"}, clock)
    stream = Transcript(clock, (b"CRDG? A;RDGST? A;CRDG? B;RDGST? B\n", b"-60.25;0;+0.000;128\r\n"))
    device.poll(Line("port", stream, device.dialect, clock))
    assert device.sensor("tip").read().value == -60.25
    with pytest.raises(OutOfRange, match=r"tip_b, Lake Shore 336 input B.*open"):
        device.sensor("tip_b").read()


@pytest.mark.parametrize(("bit", "words"), STATUS_BITS)
def test_every_status_bit_is_a_fault_although_a_number_came(bit: int, words: str) -> None:
    with pytest.raises(OutOfRange, match=words.rstrip("?")):
        polled(f"+26.500;{bit}\r\n".encode()).sensor("tip").read()


def test_a_status_that_nobody_knows_is_a_fault() -> None:
    with pytest.raises(OutOfRange, match="status 2"):
        polled(b"+26.500;002\r\n").sensor("tip").read()


def test_the_age_counts_from_the_question_and_the_conversion_before_it() -> None:
    clock = ScriptClock()
    device = LakeShore("336", {"A": "tip"}, clock)
    device.poll(Line("port", Transcript(clock, (b"CRDG? A;RDGST? A\n", b"+1.0;0\r\n")),
                     device.dialect, clock))
    clock.ms += 30
    assert device.sensor("tip").read().age_ms == 130


@pytest.mark.parametrize("reply", [
    b"NAN;0\r\n", b"inf;0\r\n", b"+9.91E+37;0\r\n", b"+9999.0;0\r\n", b"-300.0;0\r\n", b";0\r\n",
    b"+26.500\r\n", b"+26.500;0;0\r\n", b"+26.500;-1\r\n", b"+26.500;256\r\n", b"+26.500;\r\n",
    b"+26,500;0\r\n", b"1_0;0\r\n", b"\xff\xfe;0\r\n", b"+26 .5;0\r\n", b"LSCI,MODEL336,x,2\r\n",
    b"+OVER;0\r\n", b"+26\x00500;0\r\n", b"6.500;0\r\n",
])
def test_text_that_the_protocol_does_not_allow_is_a_bad_reply(reply: bytes) -> None:
    with pytest.raises(BadReply):
        polled(reply)


def test_half_a_reply_is_no_reply() -> None:
    with pytest.raises(NoReply, match="CRDG"):
        polled(b"+26.5")


@given(st.one_of(st.binary(max_size=80), st.text("+-0123456789.;E \r\n", max_size=30).map(
    lambda text: text.encode() + b"\r\n")))
def test_no_bytes_yield_a_value_that_was_not_in_them(reply: bytes) -> None:
    try:
        value = polled(reply).sensor("tip").read().value
    except HalError:
        return
    text, _, rest = reply.partition(b";")
    assert float(text) == value
    assert int(rest.split(b"\r\n")[0]) == 0
    assert -273.15 <= value <= 1300.0


def test_the_model_of_the_rig_is_taken() -> None:
    hailed(IDENTITY)


@pytest.mark.parametrize("reply", [
    b"LSCI,MODEL335,LSA22LU/#######,2.8\r\n",
    b"LSCI,MODEL3360,LSA22LU,2.8\r\n",
    b"KEITHLEY INSTRUMENTS,MODEL336,1,1\r\n",
])
def test_another_maker_or_model_is_the_wrong_device(reply: bytes) -> None:
    with pytest.raises(WrongDevice, match="expected LSCI,MODEL336"):
        hailed(reply)


def test_a_late_reading_is_no_identity() -> None:
    with pytest.raises(BadReply):
        hailed(b"+26.500;0\r\n")


def test_a_218_is_left_alone_for_50_ms_after_each_message() -> None:
    clock = ScriptClock()
    device = LakeShore("218", {"1": "tip"}, clock)
    stream = Transcript(clock, (b"*IDN?\r\n", b"LSCI,MODEL218S,0,1\r\n"),
                        (b"CRDG? 1\r\n", b"+1.0\r\n"), (b"RDGST? 1\r\n", b"000\r\n"))
    line = Line("port", stream, device.dialect, clock)
    before_ms = clock.ms
    device.hail(line)
    device.poll(line)
    assert clock.ms - before_ms >= 2 * 50


@pytest.mark.parametrize("row", MODELS, ids=lambda row: row.name)
def test_every_model_asks_within_64_characters(row: Model) -> None:
    clock = ScriptClock()
    device = LakeShore(row.name, dict(zip(row.inputs[:3], ("tip", "tip_b", "skin"))), clock)
    sent: list[bytes] = []
    stream = Transcript(clock)
    stream.write = sent.append  # type: ignore[method-assign]
    with pytest.raises(NoReply):
        device.poll(Line("port", stream, device.dialect, clock))
    assert len(sent[0]) <= 64


@pytest.mark.parametrize(("model", "roles"), [
    ("336", {"1": "tip"}), ("336", {}), ("218", {"9": "tip"}), ("337", {"A": "tip"}),
    ("336", {"A": "a", "B": "b", "C": "c", "D": "d"}),
])
def test_inputs_that_the_model_has_not_are_refused(model: str, roles: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="Lake Shore"):
        LakeShore(model, roles, ScriptClock())
