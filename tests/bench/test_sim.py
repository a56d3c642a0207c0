"""`cryoprobe sim`: where the virtual instruments are, and what is refused."""

import json
import signal
import socket
from pathlib import Path

import pytest
import serial

from tests.bench.cli import ROOT, Cli
from tests.scenarios.wires import eventually, line_with, program

BENCH_RIG = (ROOT / "rigs" / "bench.toml").read_text()


@pytest.mark.wires
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_instruments_are_where_it_says_until_it_ends(tmp_path: Path,
                                                     number: signal.Signals) -> None:
    rig = tmp_path / "rig.toml"
    rig.write_text(BENCH_RIG)
    link = tmp_path / "elsewhere"
    with program("sim", "--rig", str(rig), "--link", str(link)) as sim:
        row = line_with(sim, "tip_b").split()
        assert row[:4] == ["tip_b", str(link / "thermometer"), "lakeshore336", "57600"]
        with serial.Serial(row[1], 57600, timeout=5) as port:
            port.write(b"*IDN?\n")
            assert port.read_until(b"\n").startswith(b"LSCI,MODEL336")
        sim.send_signal(number)
        assert sim.wait(10) == 0
    assert list(link.iterdir()) == []


@pytest.mark.wires
def test_json_and_faults_and_tcp(tmp_path: Path) -> None:
    rig = tmp_path / "rig.toml"
    rig.write_text(BENCH_RIG.replace('"ports/gas"', '"socket://127.0.0.1:0"'))
    with program("sim", "--rig", str(rig), "--json", "--fault", "supply_loss") as sim:
        text = ""
        while not text.endswith("]\n"):
            text += sim.stdout.readline() if sim.stdout else ""
        rows = {row["role"]: row for row in json.loads(text)}
        host, _, port = rows["supply"]["address"].removeprefix("socket://").rpartition(":")
        with socket.create_connection((host, int(port)), 5) as gas:
            eventually(lambda: asked(gas, b"B\r").startswith(b"B +15"), "the loss of supply")


def asked(instrument: socket.socket, question: bytes) -> bytes:
    instrument.sendall(question)
    return instrument.recv(100)


def test_a_rig_without_wires_is_refused(cli: Cli) -> None:
    said = cli("sim", "--rig", str(ROOT / "rigs" / "sim.toml"))
    assert said.code == 2
    assert "no instrument on a wire" in said.err


def test_what_is_in_the_way_is_exit_4_and_stays(cli: Cli) -> None:
    rig = cli.file("rig.toml", BENCH_RIG)
    (cli.folder / "ports").mkdir()
    precious = cli.file("ports/gas", "precious")
    said = cli("sim", "--rig", str(rig))
    assert said.code == 4
    assert "in the way" in said.err
    assert precious.read_text() == "precious"
    assert not (cli.folder / "ports" / "thermometer").is_symlink()


def test_an_unknown_fault_is_refused(cli: Cli) -> None:
    rig = cli.file("rig.toml", BENCH_RIG)
    said = cli("sim", "--rig", str(rig), "--fault", "rust")
    assert said.code == 2
    assert "rust" in said.err
