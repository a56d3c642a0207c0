"""What a rig file says of the simulated probe is what is simulated."""

from pathlib import Path
from typing import get_args

import pytest

from firmware.assembly import NoWatchdog, open_simulated
from firmware.assembly.wires import panel_of
from firmware.config import ConfigError, SimDevice, load_rig
from hal.errors import NotConnected, WrongDevice
from sim_hardware.plant.media import MEDIA, Named, in_medium, probe_in
from sim_hardware.plant.parameters import NOMINAL
from sim_hardware.probe import SimProbe
from sim_hardware.truth import Truth

ROOT = Path(__file__).parents[2]
SIM = (ROOT / "rigs" / "sim.toml").read_text(encoding="utf-8")


def frozen(folder: Path, *edits: tuple[str, str]) -> Truth:
    """Return the truth after half a minute of full flow in the probe of an edited rig."""
    text = SIM
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    (folder / "rig.toml").write_text(text, encoding="utf-8")
    bench = open_simulated(load_rig(folder / "rig.toml"), 1, False, NoWatchdog())
    probe = bench.probe
    assert isinstance(probe, SimProbe)
    probe.demand_isolator(True, None)
    probe.demand_valve(1.0, None)
    probe.advance(30_000)
    return probe.truth()


def test_a_rig_may_name_every_medium_that_there_is() -> None:
    names = get_args(SimDevice.model_fields["medium"].annotation)
    assert names == tuple(row.name for row in MEDIA)


def test_the_nominal_probe_is_in_muscle() -> None:
    assert in_medium("muscle", NOMINAL) == NOMINAL == probe_in("muscle", 2.0, 10.0)


@pytest.mark.parametrize("row", MEDIA, ids=lambda row: row.name)
def test_the_medium_of_the_rig_is_what_freezes(tmp_path: Path, row: Named) -> None:
    truth = frozen(tmp_path, ('medium = "muscle"', f'medium = "{row.name}"'))
    alone = SimProbe(1, in_medium(row.name, NOMINAL))
    alone.demand_isolator(True, None)
    alone.demand_valve(1.0, None)
    alone.advance(30_000)
    assert truth == alone.truth()


def test_the_size_of_the_rigs_probe_is_that_of_the_simulated_one(tmp_path: Path) -> None:
    short = frozen(tmp_path, ("active_length_mm = 10.0", "active_length_mm = 4.0"))
    thick = frozen(tmp_path, ("outer_diameter_mm = 2.0", "outer_diameter_mm = 4.0"))
    nominal = frozen(tmp_path)
    assert short.tip_c < nominal.tip_c - 1.0
    assert thick.tip_c > nominal.tip_c + 1.0


# Lamp and buzzer of a rig on wires.

BENCH = (ROOT / "rigs" / "bench.toml").read_text(encoding="utf-8")


def panelled(folder: Path, text: str = BENCH, colours: str = '["red", "yellow", "white"]') -> Path:
    """Return a rig file whose lamp is one LED: a directory that looks like the kernel's."""
    led = folder / "led"
    led.mkdir()
    (led / "max_brightness").write_text("255\n")
    (led / "brightness").write_text("")
    path = folder / "rig.toml"
    path.write_text(text.replace("[role]", f'[device.panel]\nkind = "panel"\n'
                                 f'leds = {{ "{led}" = {colours} }}\n\n[role]\n'
                                 'indicator = { device = "panel" }'), encoding="utf-8")
    return path


def test_a_rig_on_wires_may_have_a_panel_that_shows_its_alarms(tmp_path: Path) -> None:
    panel = panel_of(load_rig(panelled(tmp_path)))
    assert panel is not None
    panel.show("red", True, 0.0)
    assert (tmp_path / "led" / "brightness").read_text().split() == ["0", "255"]


def test_a_rig_without_a_panel_has_none() -> None:
    assert panel_of(load_rig(ROOT / "rigs" / "bench.toml")) is None


def test_a_panel_is_no_instrument(tmp_path: Path) -> None:
    rig = load_rig(panelled(tmp_path))
    assert list(rig.wires) == ["thermometer", "gas"]
    assert not rig.simulated


def test_a_panel_whose_led_is_not_there_is_told(tmp_path: Path) -> None:
    rig = load_rig(panelled(tmp_path))
    (tmp_path / "led" / "brightness").unlink()
    with pytest.raises(NotConnected, match="brightness: No such file"):
        panel_of(rig)


def test_a_panel_that_cannot_show_every_colour_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongDevice, match="yellow"):
        panel_of(load_rig(panelled(tmp_path, colours='["red"]')))


@pytest.mark.parametrize(("text", "problem"), [
    (SIM.replace('indicator = { device = "probe" }', ""), "cannot be mixed"),
    (BENCH.replace('tip_b = { device = "thermometer", channel = "B" }',
                   'tip_b = { device = "panel" }'), "'panel', which can be: indicator"),
])
def test_a_panel_that_does_not_fit_the_rig_is_one_clear_problem(tmp_path: Path, text: str,
                                                               problem: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load_rig(panelled(tmp_path, text))
    assert len(refused.value.problems) == 1
    assert problem in refused.value.problems[0]
