"""The virtual Lake Shore talks as the real one: bytes in, bytes out, temperatures of a SimProbe."""

import re

import pytest

from sim_hardware.instruments.lakeshore import MODELS, VirtualLakeShore
from sim_hardware.probe import SimProbe

CHANNELS = {"A": "tip", "B": "tip_b"}


def said(twin: VirtualLakeShore, data: bytes) -> bytes:
    return b"".join(reply.data for reply in twin.feed(data, 0))


@pytest.fixture
def probe() -> SimProbe:
    return SimProbe(isolator_fitted=False)


@pytest.fixture
def twin(probe: SimProbe) -> VirtualLakeShore:
    return VirtualLakeShore(probe, "336", CHANNELS)


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_identity_is_that_of_a_real_336(twin: VirtualLakeShore, end: bytes) -> None:
    assert said(twin, b"*IDN?" + end) == b"LSCI,MODEL336,LSA22LU/LSA217G,2.8\r\n"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_every_model_identifies_itself_and_reads_every_input(model) -> None:
    twin = VirtualLakeShore(SimProbe(), model.name, {})
    assert said(twin, b"*IDN?\r\n").startswith(b"LSCI,MODEL" + model.name.encode())
    for name in model.inputs:
        assert said(twin, f"CRDG? {name}\r\n".encode()) == b"+0.000\r\n"


def test_value_and_status_come_in_one_reply(twin: VirtualLakeShore, probe: SimProbe) -> None:
    value = probe.sense("tip").value
    assert said(twin, b"CRDG? A;RDGST? A\n") == f"{value:+.3f};0\r\n".encode()


def test_below_zero_has_its_sign(twin: VirtualLakeShore, probe: SimProbe) -> None:
    probe.inject("tip_value", {"value": -60.4125})
    assert said(twin, b"CRDG? A\n") == b"-60.413\r\n"


def test_kelvin_is_celsius_moved(twin: VirtualLakeShore, probe: SimProbe) -> None:
    probe.inject("tip_value", {"value": -60.0})
    assert said(twin, b"KRDG? A\n") == b"+213.150\r\n"


def test_each_input_reads_its_own_channel(twin: VirtualLakeShore, probe: SimProbe) -> None:
    probe.inject("tip_value", {"value": 1.0})
    b = probe.sense("tip_b").value
    assert said(twin, b"CRDG? A;CRDG? B\n") == f"+1.000;{b:+.3f}\r\n".encode()


def test_an_open_sensor_gives_a_number_and_status_128(twin: VirtualLakeShore, probe: SimProbe
                                                      ) -> None:
    probe.inject("tip_open")
    assert said(twin, b"CRDG? A;RDGST? A\n") == b"+0.000;128\r\n"
    probe.clear("tip_open")
    assert said(twin, b"RDGST? A\n") == b"0\r\n"


def test_an_input_without_a_sensor_is_open(twin: VirtualLakeShore) -> None:
    assert said(twin, b"CRDG? C;RDGST? C\n") == b"+0.000;128\r\n"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e300, -1e300])
def test_injected_nonsense_passes_unflagged_and_short(twin: VirtualLakeShore, probe: SimProbe,
                                                      value: float) -> None:
    probe.inject("tip_value", {"value": value})
    reply = said(twin, b"CRDG? A;RDGST? A\n")
    assert len(reply) < 20
    assert reply.endswith(b";0\r\n")


def test_what_is_not_understood_is_silent_and_leaves_its_trace(twin: VirtualLakeShore) -> None:
    assert said(twin, b"*ESR?\n") == b"128\r\n"  # power was switched on
    assert said(twin, b"FOO? A\n") == b""
    assert said(twin, b"*ESR?\n") == b"032\r\n"
    assert said(twin, b"CRDG? Z\n") == b""
    assert said(twin, b"*ESR?\n") == b"016\r\n"
    assert said(twin, b"*ESR?\n") == b"000\r\n"


def test_clearing_the_status_forgets_the_trace(twin: VirtualLakeShore) -> None:
    assert said(twin, b"FOO\n*CLS;*ESR?\n") == b"000\r\n"


def test_the_218_reads_all_inputs_at_once_and_pads_its_status() -> None:
    probe = SimProbe()
    twin = VirtualLakeShore(probe, "218", {"1": "tip"})
    assert re.fullmatch(rb"\+37\.\d{3}(,\+0\.000){7}\r\n", said(twin, b"CRDG? 0\r\n"))
    assert said(twin, b"RDGST? 1\r\n") == b"000\r\n"
    assert said(twin, b"RDGST? 2\r\n") == b"128\r\n"


def test_a_message_may_come_in_pieces(twin: VirtualLakeShore) -> None:
    assert said(twin, b"RDG") == b""
    assert said(twin, b"ST? A\nRDGST? B\n") == b"0\r\n0\r\n"


def test_a_flood_without_an_end_is_one_lost_message(twin: VirtualLakeShore) -> None:
    for _ in range(100):
        assert said(twin, b"x" * 10_000) == b""
    assert said(twin, b"\n") == b""
    assert said(twin, b"RDGST? A;*ESR?\n") == b"0;160\r\n"


@pytest.mark.parametrize("junk", [bytes(range(256)), b"\n" * 50, b";;;\n", b"? ?\n", b"CRDG?\n"])
def test_garbage_is_never_answered(twin: VirtualLakeShore, junk: bytes) -> None:
    assert said(twin, junk + b"\n") == b""
    assert said(twin, b"RDGST? A\n") == b"0\r\n"


def test_an_input_that_the_model_has_not_is_refused() -> None:
    with pytest.raises(ValueError, match="no input"):
        VirtualLakeShore(SimProbe(), "336", {"E": "tip"})
