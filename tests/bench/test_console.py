"""`cryoprobe console`: an operator's terminal on a pty, and a pipe."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from tests.scenarios.wires import ROOT, line_with, program

pytestmark = pytest.mark.wires


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The addresses of a served simulated rig: TCP and pty."""
    folder = tmp_path_factory.mktemp("served")
    with program("serve", "--rig", str(ROOT / "rigs" / "sim.toml"), "--console",
                 "tcp:127.0.0.1:0", "--console", f"pty:{folder / 'operator'}",
                 "--log", str(folder / "log.sqlite")) as serve:
        tcp = line_with(serve, "console tcp:").split()[1]
        pty = line_with(serve, "console pty:").split()[1]
        yield tcp, pty


@pytest.fixture
def terminal(served: tuple[str, str], tmp_path: Path,
             monkeypatch: pytest.MonkeyPatch) -> Iterator[pexpect.spawn]:
    """A person's terminal."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("TERM", "xterm")
    child = pexpect.spawn(sys.executable, ["-m", "bench", "console", served[0]], cwd=str(ROOT),
                          encoding="utf-8", timeout=15, dimensions=(30, 120))
    child.expect_exact("\x1b[6n")  # where is the cursor? A terminal that says so gets a status line
    child.send("\x1b[1;1R")
    yield child
    child.close(force=True)


def test_a_person_sees_the_status_without_asking(terminal: pexpect.spawn) -> None:
    terminal.expect("standby.*tip.*°C.*supply.*kPa.*no.*trips")


def test_lines_are_answered_remembered_and_completed(terminal: pexpect.spawn,
                                                     tmp_path: Path) -> None:
    terminal.send("id\r")
    terminal.expect("OK cryoprobe,sim,SIM-0001")
    terminal.send("coffee\r")
    terminal.expect("ERR -113")
    terminal.send("interl\t\t")
    terminal.expect("interlocks")
    terminal.sendintr()
    assert "+id" in (tmp_path / "cryoprobe" / "console_history").read_text()


@pytest.mark.requirement("H-01")
def test_ctrl_c_says_stop(terminal: pexpect.spawn) -> None:
    terminal.sendintr()
    terminal.expect("Ctrl-C: stop")
    terminal.expect("OK ")


def test_ctrl_d_detaches_and_says_that_all_goes_on(terminal: pexpect.spawn) -> None:
    terminal.sendeof()
    terminal.expect("detached; what runs goes on")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0


@pytest.mark.parametrize("which", [0, 1], ids=["tcp", "pty"])
def test_a_pipe_is_answered_line_by_line(served: tuple[str, str], which: int) -> None:
    said = subprocess.run([sys.executable, "-m", "bench", "console", served[which]], cwd=ROOT,
                          input="id\ntarget -999\n", capture_output=True, text=True, timeout=20,
                          check=False)
    assert said.returncode == 0, said.stderr
    first, second = said.stdout.splitlines()
    assert first.startswith("OK cryoprobe,sim,")
    assert second.startswith("ERR -222")


@pytest.mark.parametrize("address", ["tcp:127.0.0.1:1", "pty:/no/such", "moon", "tcp:nowhere"])
def test_nobody_at_the_address_is_one_clear_message_and_exit_4(address: str) -> None:
    said = subprocess.run([sys.executable, "-m", "bench", "console", address], cwd=ROOT,
                          capture_output=True, text=True, timeout=20, check=False)
    assert said.returncode == 4
    assert address in said.stderr
    assert len(said.stderr.splitlines()) == 1


def test_a_controller_that_ends_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        child = pexpect.spawn(sys.executable, [
            "-m", "bench", "console", f"tcp:127.0.0.1:{server.getsockname()[1]}"], cwd=str(ROOT),
            encoding="utf-8", timeout=15)
        peer, _ = server.accept()
        child.expect("cryoprobe>")
        peer.close()
        child.expect("connection lost")
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 4
