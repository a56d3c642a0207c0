"""The Alicat drivers: their bytes, and what they make of bytes that they should not get."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.errors import BadReply, HalError, OutOfRange, WrongDevice
from hal.instruments.alicat import (
    DIALECT,
    DISOBEDIENT,
    NO_FLOW,
    NO_PRESSURE,
    STAYS_OPEN,
    AlicatController,
    AlicatGauge,
)
from hal.instruments.alicat_frames import controller_frame
from hal.instruments.line import Line
from tests.hal.wire import ScriptClock, Transcript

FRAME = b"A +014.62 +021.89 +003.00 +003.10 +006.00    N2O"
VERSION = (b"AVE\r", b"A   10v20.0-R24 Jan  9 2025,15:04:07\r")
SERIAL = (b"ALSS\r", b"A S\r")
UNIT = (b"ADCU 5\r", b"A 7 SLPM\r")
FULL = (b"AFPF 5\r", b"A +020.00 7 SLPM\r")


def controller(clock: ScriptClock) -> AlicatController:
    return AlicatController("A", 20.0, 12.0, clock)


def line(clock: ScriptClock, *lines: tuple[bytes, bytes]) -> Line:
    return Line("gas", Transcript(clock, *lines), DIALECT, clock)


def polled(reply: bytes) -> AlicatController:
    clock = ScriptClock()
    device = controller(clock)
    device.poll(line(clock, (b"A\r", reply)))
    return device


def gauge(*lines: tuple[bytes, bytes]) -> AlicatGauge:
    clock = ScriptClock()
    device = AlicatGauge("B", "supply", clock)
    wire = line(clock, (b"BDCU 2\r", b"B 10 kPaG\r"), (b"BFPF 2\r", b"B +7000.0 10 kPaG\r"), *lines)
    device.identify(wire)
    for _ in lines:
        device.poll(wire)
    return device


def test_the_mass_flow_is_the_fourth_number() -> None:
    assert polled(FRAME + b"\r").flow.read().value == 3.1


@pytest.mark.parametrize(("frame", "flow", "set_point"), [
    ("A +014.62 +021.89 +000.00 +000.01 +078.95     N2", 0.01, 78.95),
    ("A +014.52 +021.50 +0000.1 +0000.2 0116.3      N2", 0.2, 116.3),
    ("A +014.62 +021.89 +000.00 +000.01 +078.95     N2 HLD LCK", 0.01, 78.95),
])
def test_captured_frames_are_understood(frame: str, flow: float, set_point: float) -> None:
    fields = controller_frame("A", frame)
    assert (fields.flow_slpm, fields.set_point_slpm, fields.gas) == (flow, set_point, "N2")


@pytest.mark.parametrize(("token", "words"), NO_FLOW)
def test_every_token_that_spoils_the_flow_is_a_fault(token: str, words: str) -> None:
    with pytest.raises(OutOfRange, match=words):
        polled(FRAME + b" " + token.encode() + b"\r").flow.read()


@pytest.mark.parametrize(("token", "words"), DISOBEDIENT)
def test_every_token_of_a_valve_that_does_not_obey_is_a_fault(token: str, words: str) -> None:
    valve = polled(FRAME + b" " + token.encode() + b"\r").valve
    with pytest.raises(HalError, match=token):
        valve.open_to(0.5, 500)


@pytest.mark.parametrize(("token", "words"), STAYS_OPEN)
def test_every_token_that_may_keep_it_open_is_trouble(token: str, words: str) -> None:
    trouble = polled(FRAME + b" " + token.encode() + b"\r").trouble()
    assert token in str(trouble)
    assert words in str(trouble)


@pytest.mark.parametrize("token", [b"LCK", b"TMF", b"OVR"])
def test_a_lock_or_a_totaliser_changes_nothing(token: bytes) -> None:
    device = polled(FRAME + b" " + token + b"\r")
    assert device.flow.read().value == 3.1
    assert device.trouble() is None


def test_a_missing_value_is_out_of_range() -> None:
    with pytest.raises(OutOfRange, match="no value"):
        polled(b"A +014.62 +021.89 -- -- +006.00    N2O\r").flow.read()


@pytest.mark.parametrize("reply", [
    b"?\r", b"A ?\r", b"\r", b"A\r", FRAME[1:] + b"\r", b"B" + FRAME[1:] + b"\r",
    b"A +014.62 +021.89 +003.00 N2O\r", b"A +014.62 +021.89 +003.00 +nan +006.00 N2O\r",
    b"A +014.62 +021.89 +003.00 +1e3 +006.00 N2O\r", FRAME + b" held\r",
    b"A +014.62 +021.89 +003.00 +999.00 +006.00 N2O\r", FRAME + b" +000.00\r", b"A S\r",
])
def test_text_that_is_no_frame_is_a_bad_reply(reply: bytes) -> None:
    with pytest.raises(BadReply):
        polled(reply)


def test_another_gas_is_the_wrong_device() -> None:
    with pytest.raises(WrongDevice, match="gas N2, expected N2O"):
        polled(FRAME.replace(b"N2O", b"N2") + b"\r")


@given(st.one_of(st.binary(max_size=80), st.text("A +-0123456789.N2OHLD\r", max_size=70).map(
    lambda text: text.encode() + b"\r")))
def test_no_bytes_yield_a_flow_that_was_not_in_them(reply: bytes) -> None:
    try:
        value = polled(reply).flow.read().value
    except HalError:
        return
    assert value in [float(word) for word in reply.split(b"\r")[0].split()[1:6]]


@given(st.one_of(st.binary(max_size=40), st.text("B +-0123456789.POV\r", max_size=30).map(
    lambda text: text.encode() + b"\r")))
def test_no_bytes_yield_a_pressure_that_was_not_in_them(reply: bytes) -> None:
    try:
        value = gauge((b"B\r", reply)).pressure.read().value
    except HalError:
        return
    assert value == float(reply.split(b"\r")[0].split()[1])


def test_a_set_point_is_a_share_of_full_open_and_is_verified() -> None:
    clock = ScriptClock()
    device = controller(clock)
    device.obey(line(clock, (b"AS 6.000\r", FRAME + b"\r")), 0.5)
    assert device.valve.delivered() == 0.5


def test_a_set_point_that_is_not_taken_is_a_bad_reply() -> None:
    clock = ScriptClock()
    with pytest.raises(BadReply, match=r"set point 6 SLPM after AS 7\.200"):
        controller(clock).obey(line(clock, (b"AS 7.200\r", FRAME + b"\r")), 0.6)


def test_nearly_shut_is_not_shut() -> None:
    clock = ScriptClock()
    frame = FRAME.replace(b"+006.00", b"+000.01")
    with pytest.raises(BadReply, match=r"AS 0\.000"):
        controller(clock).obey(line(clock, (b"AS 0.000\r", frame + b"\r")), 0.0)


def test_the_frame_that_answers_an_order_is_no_flow_sample() -> None:
    clock = ScriptClock()
    device = controller(clock)
    device.obey(line(clock, (b"AS 6.000\r", FRAME + b"\r")), 0.5)
    with pytest.raises(HalError, match="has not been read yet"):
        device.flow.read()


def test_a_controller_as_the_rig_says_is_taken() -> None:
    clock = ScriptClock()
    wire = line(clock, VERSION, SERIAL, UNIT, FULL, (b"A\r", FRAME + b"\r"))
    controller(clock).hail(wire)
    controller(clock).identify(wire)


@pytest.mark.parametrize(("lines", "words"), [
    (((b"ALSS\r", b"A A\r"),), "set point from 'A', expected 'S'"),
    ((SERIAL, (b"ADCU 5\r", b"A 12 SCCM\r"), FULL), "measures in SCCM, expected SLPM"),
    ((SERIAL, UNIT, (b"AFPF 5\r", b"A +500.00 12 SCCM\r")), "measures in SCCM, expected SLPM"),
    ((SERIAL, UNIT, (b"AFPF 5\r", b"A +500.00 7 SLPM\r")), "full scale 500 SLPM, expected 20"),
])
def test_a_controller_set_otherwise_is_the_wrong_device(
        lines: tuple[tuple[bytes, bytes], ...], words: str) -> None:
    clock = ScriptClock()
    with pytest.raises(WrongDevice, match=words):
        controller(clock).identify(line(clock, *lines))


def test_a_gauge_reads_kpa() -> None:
    assert gauge((b"B\r", b"B +5050.0\r")).pressure.read().value == 5050.0


@pytest.mark.parametrize(("token", "words"), NO_PRESSURE)
def test_every_token_that_spoils_the_pressure_is_a_fault(token: str, words: str) -> None:
    with pytest.raises(OutOfRange, match=words):
        gauge((b"B\r", b"B +5050.0 " + token.encode() + b"\r")).pressure.read()


def test_an_absurd_pressure_is_a_bad_reply() -> None:
    with pytest.raises(BadReply):
        gauge((b"B\r", b"B +99999.0\r"))


@pytest.mark.parametrize("label", [b"PSIG", b"barG", b"kPaA", b"kPa"])
def test_a_gauge_in_another_unit_or_against_vacuum_is_the_wrong_device(label: bytes) -> None:
    clock = ScriptClock()
    wire = line(clock, (b"BDCU 2\r", b"B 10 " + label + b"\r"),
                (b"BFPF 2\r", b"B +1000.0 10 " + label + b"\r"))
    with pytest.raises(WrongDevice, match=f"measures in {label.decode()}, expected kPaG"):
        AlicatGauge("B", "supply", clock).identify(wire)


@pytest.mark.parametrize("reply", [
    b"B\r", b"B --\r", b"B +5050.0 100\r", b"B +50\x0050.0\r", b"B +OVER\r", b"B inf\r",
    b"B 1e38\r", b"C +5050.0\r", b"+5050.0\r", b"5050.0\r", b"B +5050.0 +001.0\r",
])
def test_no_pressure_comes_of_what_is_no_gauge_frame(reply: bytes) -> None:
    clock = ScriptClock()
    device = AlicatGauge("B", "supply", clock)
    wire = line(clock, (b"BDCU 2\r", b"B 10 kPaG\r"), (b"BFPF 2\r", b"B +7000.0 10 kPaG\r"),
                (b"B\r", reply))
    device.identify(wire)
    with contextlib.suppress(HalError):
        device.poll(wire)
    with pytest.raises(HalError):
        device.pressure.read()


@pytest.mark.parametrize("reply", [
    (b"ALSS\r", b"A X\r"), (b"ALSS\r", b"A 10v20.0-R24 Jan  9 2025,15:04:07\r"),
    (b"ALSS\r", b"?\r"),
])
def test_a_late_answer_is_no_setting(reply: tuple[bytes, bytes]) -> None:
    clock = ScriptClock()
    with pytest.raises(BadReply):
        controller(clock).identify(line(clock, reply))


@pytest.mark.parametrize("reply", [b"A S\r", b"A ++7 SLPM\r", b"A x SLPM\r",
                                   b"A +020.00 7 SLPM\r"])
def test_what_is_no_unit_is_a_bad_reply(reply: bytes) -> None:
    clock = ScriptClock()
    with pytest.raises(BadReply):
        controller(clock).identify(line(clock, SERIAL, (b"ADCU 5\r", reply)))


@pytest.mark.parametrize("reply", [b"A 7 SLPM\r", b"A -- 7 SLPM\r", b"A +000.00 7 SLPM\r",
                                   b"A -20.00 7 SLPM\r", b"A +020.00 x SLPM\r"])
def test_what_is_no_full_scale_is_a_bad_reply(reply: bytes) -> None:
    clock = ScriptClock()
    with pytest.raises(BadReply):
        controller(clock).identify(line(clock, SERIAL, UNIT, (b"AFPF 5\r", reply)))


@pytest.mark.parametrize("reply", [FRAME + b"\r", b"A S\r", b"A 7 SLPM\r", b"?\r",
                                   b"A +020.00 7 SLPM\r", b"B   10v20.0-R24\r"])
def test_a_firmware_looks_like_no_other_answer(reply: bytes) -> None:
    clock = ScriptClock()
    with pytest.raises(BadReply):
        controller(clock).hail(line(clock, (b"AVE\r", reply)))


def test_a_rejected_command_is_named() -> None:
    clock = ScriptClock()
    with pytest.raises(BadReply, match="unit A rejects the command"):
        controller(clock).hail(line(clock, (b"AVE\r", b"A ?\r")))


def test_a_rig_that_names_no_gas_takes_any() -> None:
    clock = ScriptClock()
    device = AlicatController("A", 20.0, 12.0, clock, gas=None)
    device.poll(line(clock, (b"A\r", FRAME.replace(b"N2O", b"N2") + b"\r")))
    assert device.flow.read().value == 3.1


@pytest.mark.parametrize("unit_id", ["", "a", "AB", "1"])
def test_a_unit_id_is_one_letter(unit_id: str) -> None:
    with pytest.raises(ValueError, match="one letter"):
        AlicatGauge(unit_id, "supply", ScriptClock())


def test_full_open_beyond_full_scale_is_refused() -> None:
    with pytest.raises(ValueError, match="full scale of 20"):
        AlicatController("A", 20.0, 21.0, ScriptClock())
