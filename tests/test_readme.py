"""The README is true: its commands run, its tables and its output are those of the code.

`python -m tests.test_readme` writes the generated parts anew.
"""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bench.tables import INTERLOCK_HEADS, interlock_rows, markdown
from controller.limits import limits_from
from tests.scenarios.wires import Operator, line_with, program

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
REGENERATE = "run `python -m tests.test_readme`"
CRYOPROBE = [sys.executable, "-m", "bench"]


def blocks(kind: str) -> list[str]:
    """Return the fenced blocks of one kind."""
    return re.findall(rf"^```{kind}\n(.*?)^```", README.read_text(), re.M | re.S)


def part(name: str) -> str:
    """Return what stands between the marks of a generated part."""
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", README.read_text(), re.S)
    assert found, name
    return found[1]


def run_output(folder: Path) -> str:
    """Return what `make run` prints of the treatment, its files named as in a fresh clone."""
    said = subprocess.run([*CRYOPROBE, "run", str(ROOT / "plans" / "intercostal.toml")],
                          cwd=folder, env={"PYTHONPATH": str(ROOT), "COLUMNS": "80"},
                          capture_output=True, text=True, check=True, timeout=60)
    return f"```text\n{said.stdout}```\n"


# What the README tells people to type -> exit code and a part of the output. Those of make are
# run by .ci/run and by whoever runs this test.
BY_CI = ("make run", "make test", "source .venv/bin/activate")
COMMANDS = {
    "cryoprobe run plans/intercostal.toml --seed 7": (0, "completed in mode done"),
    "cryoprobe run plans/intercostal.toml --fault tip_open@40": (3, "tip_sensor"),
    "cryoprobe run plans/short.toml --json": (0, '"completed": true'),
    "cryoprobe limits": (0, "tip_c_min"),
    "cryoprobe interlocks": (0, "tip_cold"),
}
SIM = "cryoprobe sim --rig rigs/bench.toml"
ON_WIRES = "cryoprobe run plans/short.toml --rig rigs/bench.toml"
SERVE = ("cryoprobe serve --rig rigs/sim.toml --console tcp:127.0.0.1:5025 "
         "--console pty:runs/operator")
CONSOLE = "cryoprobe console tcp:127.0.0.1:5025"


def test_no_command_of_the_readme_is_left_out_here() -> None:
    told = [line for block in blocks("sh") for line in block.splitlines()]
    assert told == [*BY_CI, *COMMANDS, SIM, ON_WIRES, SERVE, CONSOLE]
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"`make\s([\w-]+)`", README.read_text()):
        assert f"\n{target}:" in makefile


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_does_what_the_readme_says(command: str, tmp_path: Path) -> None:
    code, expected = COMMANDS[command]
    words = [str(ROOT / word) if word.startswith(("plans/", "rigs/")) else word
             for word in command.split()[1:]]
    said = subprocess.run([*CRYOPROBE, *words], cwd=tmp_path, capture_output=True, text=True,
                          env={"PYTHONPATH": str(ROOT), "COLUMNS": "200"}, check=False, timeout=60)
    assert said.returncode == code, said.stderr
    assert expected in said.stdout


@pytest.mark.wires
def test_the_bench_rig_is_simulated_and_treated_as_told(tmp_path: Path) -> None:
    # Beside the rig file of the repository, so that two runs of the tests do not meet there.
    rig = tmp_path / "bench.toml"
    rig.write_text((ROOT / "rigs" / "bench.toml").read_text())
    sim_words = SIM.replace("rigs/bench.toml", str(rig)).split()[1:]
    run_words = ON_WIRES.replace("rigs/bench.toml", str(rig)).split()[1:]
    with program(*sim_words) as sim:
        line_with(sim, "exhaust")
        with program(*run_words, "--log", str(tmp_path / "log.sqlite")) as run:
            line_with(run, "hold 1/2")  # test_wires.py has a whole one, of a shorter plan
            run.send_signal(signal.SIGINT)
            assert run.wait(20) == 3


@pytest.mark.wires
def test_a_service_is_attached_to_as_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]
                                          ) -> None:
    words = SERVE.replace("5025", "0").replace("runs/", f"{tmp_path}/").split()[1:]
    with program(*words, "--log", str(tmp_path / "log.sqlite")) as serve:
        address = line_with(serve, "console tcp:")
        with Operator(address) as operator:
            operator.until("mode", "standby")
        console = CONSOLE.replace("tcp:127.0.0.1:5025", address.split()[1]).split()[1:]
        said = subprocess.run([*CRYOPROBE, *console], input="stop\n", cwd=ROOT, timeout=20,
                              capture_output=True, text=True, check=False)
        assert said.stdout.startswith("OK ")
        script, = blocks("python")
        exec(compile(script.replace("5025", address.strip().rpartition(":")[2]),
                     "README.md", "exec"), {})
    identity, values, error = capsys.readouterr().out.splitlines()
    assert identity.startswith("cryoprobe,sim,")
    assert values.endswith(" standby")
    assert error.startswith("-222,")


NUMBER = re.compile(r"-?\d+\.?\d*")


def test_the_output_is_that_of_make_run(tmp_path: Path) -> None:
    # Another processor may round the last bit of a logarithm otherwise: a tick, a tenth of a
    # degree. The words must be the same.
    told, said = part("run"), run_output(tmp_path)
    assert NUMBER.sub("#", told).split() == NUMBER.sub("#", said).split(), REGENERATE
    for told_number, said_number in zip(NUMBER.findall(told), NUMBER.findall(said), strict=True):
        assert float(told_number) == pytest.approx(float(said_number), rel=0.01, abs=0.5)


def test_the_interlock_table_is_the_one_that_runs() -> None:
    assert part("interlocks") == markdown(INTERLOCK_HEADS, interlock_rows(limits_from())), (
        REGENERATE)


def test_every_place_it_names_exists() -> None:
    rows = re.findall(r"^\| [^|]+ \| `([\w/.]+)`(?:, `(\w+)`)? \|$", README.read_text(), re.M)
    assert len(rows) >= 15
    for place, name in rows:
        assert (ROOT / place).exists(), place
        assert not name or re.search(rf"^\s*(def |class )?{name}\b",
                                     (ROOT / place).read_text(), re.M), f"{place}: {name}"
    for link in re.findall(r"\]\(([\w/.]+)\)", README.read_text()):
        assert (ROOT / link).exists(), link


def main(folder: Path) -> None:
    """Write the generated parts of the README anew."""
    text = README.read_text()
    for name, fresh in (("run", run_output(folder)),
                        ("interlocks", markdown(INTERLOCK_HEADS, interlock_rows(limits_from())))):
        text = text.replace(f"<!-- {name} -->\n{part(name)}", f"<!-- {name} -->\n{fresh}")
    README.write_text(text)


if __name__ == "__main__":
    import tempfile
    with tempfile.TemporaryDirectory() as folder:
        main(Path(folder))
