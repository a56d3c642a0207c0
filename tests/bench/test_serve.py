"""`cryoprobe serve`: what a user sees when it begins, cannot begin, and ends."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bench.serve import usable_plans
from firmware.config import load_rig
from tests.bench.cli import ROOT, Cli
from tests.scenarios.wires import Operator, line_with, program

SIM_RIG = ROOT / "rigs" / "sim.toml"


@pytest.mark.wires
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_its_consoles_are_and_ends_when_asked(tmp_path: Path,
                                                            number: signal.Signals) -> None:
    link = tmp_path / "operator"
    with program("serve", "--rig", str(SIM_RIG), "--console", "tcp:127.0.0.1:0", "--console",
                 f"pty:{link}", "--log", str(tmp_path / "log.sqlite")) as serve:
        with Operator(line_with(serve, "console tcp:")) as operator:
            operator.until("plan", "no plan")
        assert serve.stderr
        assert serve.stderr.readline().startswith("rig sim has no skin_c, so not: skin_sensor, ")
        line_with(serve, f"console pty:{link}")
        serve.send_signal(number)
        assert serve.wait(10) == 0
    assert not link.is_symlink()


@pytest.mark.wires
def test_a_console_on_stdin_answers_on_stdout(tmp_path: Path) -> None:
    serve = subprocess.Popen(
        [sys.executable, "-m", "bench", "serve", "--rig", str(SIM_RIG), "--console", "stdin",
         "--log", str(tmp_path / "log.sqlite")], cwd=ROOT, text=True, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    assert serve.stdin
    assert serve.stdout
    try:
        line_with(serve, "console stdin")
        for _ in range(50):
            serve.stdin.write("id\n")
            serve.stdin.flush()
            answer = serve.stdout.readline()
            if answer.startswith("OK"):
                break
        assert answer.startswith("OK cryoprobe,sim,")
    finally:
        serve.terminate()
        assert serve.wait(10) == 0
        serve.stdin.close()
        serve.stdout.close()


@pytest.mark.wires
def test_a_console_port_that_is_taken_ends_it_with_one_clear_message(tmp_path: Path) -> None:
    with (socket.create_server(("127.0.0.1", 0)) as other,
          program("serve", "--rig", str(SIM_RIG), "--console",
                  f"tcp:127.0.0.1:{other.getsockname()[1]}", "--log",
                  str(tmp_path / "log.sqlite")) as serve):
        assert serve.wait(15) == 4
        assert serve.stderr
        said = serve.stderr.read()
    assert "in use" in said
    assert "Traceback" not in said


def test_plans_that_the_rig_may_not_run_are_not_offered_and_told(tmp_path: Path) -> None:
    for name, target in (("good", -40.0), ("bad", -120.0)):
        (tmp_path / f"{name}.toml").write_text(
            f'name = "{name}"\n[[cycle]]\ntarget_c = {target}\nhold_s = 5.0\nthaw_to_c = 0.0\n')
    usable, refused = usable_plans(load_rig(SIM_RIG), tmp_path)
    assert [path.name for path in usable] == ["good.toml"]
    assert len(refused) == 1
    assert "-120" in refused[0]


def test_a_bad_rig_is_one_clear_message(cli: Cli) -> None:
    said = cli("serve", "--rig", "nothing.toml")
    assert said.code == 2
    assert said.err == "nothing.toml: there is no such file\n"


def test_an_address_that_is_no_console_is_one_clear_message(cli: Cli) -> None:
    said = cli("serve", "--rig", str(SIM_RIG), "--console", "moon:1")
    assert said.code == 2
    assert "moon:1" in said.err
