"""A program that talks SCPI through PyVISA, as it would to any bench instrument."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import pyvisa

from tests.scenarios.wires import ROOT, eventually, line_with, program

pytestmark = pytest.mark.wires


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a served simulated rig listens, as VISA writes it."""
    log = tmp_path_factory.mktemp("visa") / "log.sqlite"
    with program("serve", "--rig", str(ROOT / "rigs" / "sim.toml"), "--console",
                 "tcp:127.0.0.1:0", "--log", str(log)) as serve:
        port = line_with(serve, "console tcp:").strip().rpartition(":")[2]
        yield f"TCPIP::127.0.0.1::{port}::SOCKET"
        assert Path(log).exists()


@pytest.fixture
def probe(address: str) -> Iterator[Any]:
    """The controller as a VISA resource, at rest."""
    manager = pyvisa.ResourceManager("@py")
    resource: Any = manager.open_resource(address, read_termination="\n", write_termination="\n")
    resource.timeout = 5000
    eventually(lambda: resource.query("SYSTem:MODE?") == "standby", "standby")
    resource.write("*CLS")
    yield resource
    resource.write("ABORt")
    resource.close()
    manager.close()


def test_it_identifies_itself(probe: Any) -> None:
    maker, body, serial, version = probe.query("*IDN?").split(",")
    assert (maker, body, serial) == ("cryoprobe", "sim", "SIM-0001")
    assert version


def test_temperature_and_mode_are_read(probe: Any) -> None:
    assert 30.0 < probe.query_ascii_values("MEASure:TEMPerature? TIP")[0] < 40.0
    assert probe.query("SYST:MODE?") == "standby"


def test_a_target_is_set(probe: Any) -> None:
    probe.write("PLAN:LOAD \"intercostal\"")
    probe.write("SOURce:TEMPerature -55")
    assert probe.query("SYSTem:ERRor?").startswith("0,")
    assert probe.query_ascii_values("SOUR:TEMP?") == [-55.0]


def test_a_treatment_is_started_and_aborted(probe: Any) -> None:
    probe.write("PLAN:LOAD \"short\"")
    probe.write("PRECheck")
    eventually(lambda: probe.query("SYST:MODE?") == "ready", "ready")
    probe.query("PLAN?")
    probe.write("FREeze")
    assert probe.query("SYSTem:ERRor?").startswith("0,")
    assert probe.query("SYST:MODE?") == "freeze"
    probe.write("ABORt")
    assert probe.query("SYSTem:ERRor?").startswith("0,")
    eventually(lambda: probe.query("SYST:MODE?") == "standby", "standby")


def test_a_target_out_of_range_is_refused_with_the_limits(probe: Any) -> None:
    probe.write("SOUR:TEMP -120")
    code, text = probe.query("SYSTem:ERRor?").split(",", 1)
    assert code == "-222"
    assert "-120" in text
    assert probe.query("SYSTem:ERRor?").startswith("0,")


def test_a_header_that_does_not_exist_is_told(probe: Any) -> None:
    probe.write("COFFee:MAKE")
    assert probe.query("SYST:ERR?").startswith("-113,")
