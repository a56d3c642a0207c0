"""What a rig file says of the simulated probe is what is simulated."""

from pathlib import Path
from typing import get_args

import pytest

from firmware.assembly import NoWatchdog, open_simulated
from firmware.config import SimDevice, load_rig
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
