"""MEDIA: what the probe can be put into, by name.

It does not conduct heat. Every row replaces the tissue fields of the parameters.
[M] Micromachines 2025, 16, 1321; [W] water and ice at 0 °C, textbook; (a) an assumption: water
share times the latent heat of water, and values usual in the literature, not looked up one by one.
"""

from typing import NamedTuple

from sim_hardware.plant.parameters import NOMINAL, Parameters


class Medium(NamedTuple):
    """One medium; fields as in Parameters."""

    body_c: float
    unfrozen_w_per_mk: float
    frozen_w_per_mk: float
    frozen_w_per_mk2: float
    unfrozen_j_per_m3k: float
    frozen_j_per_m3k: float
    latent_j_per_m3: float
    freezing_begins_c: float
    freezing_ends_c: float
    perfusion_per_s: float
    metabolism_w_per_m3: float
    contact_w_per_m2k: float
    tissue_ms: float


class Named(NamedTuple):
    """A medium and where its numbers are from."""

    name: str
    medium: Medium
    source: str


MEDIA = (
    Named("muscle", Medium(37.0, 0.5, 2.0, 0.0, 3.6e6, 1.7964e6, 250e6, -1.0, -8.0, 5e-4, 4200.0,
                           8000.0, 20.0), "[M]"),
    Named("fat", Medium(37.0, 0.21, 0.30, 0.0, 2.1e6, 1.6e6, 50e6, -1.0, -8.0, 5e-4, 500.0,
                        8000.0, 20.0), "(a) 15 % water"),
    Named("nerve_bundle", Medium(37.0, 0.49, 1.9, 0.0, 3.8e6, 1.85e6, 225e6, -1.0, -8.0, 2.8e-3,
                                 4200.0, 8000.0, 20.0), "(a) 68 % water, well perfused"),
    Named("water_gel", Medium(37.0, 0.6, 2.2, 0.0, 4.18e6, 1.88e6, 306e6, 0.0, -0.5, 0.0, 0.0,
                              8000.0, 10.0), "[W] gelled water, frozen 0 to -0.5 °C"),
    Named("agar", Medium(22.0, 0.6, 2.2, 0.0, 4.14e6, 1.88e6, 300e6, -0.1, -0.6, 0.0, 0.0,
                         8000.0, 10.0), "[W] 2 % agar in water (a), at room temperature"),
    Named("air", Medium(20.0, 1.0, 1.0, 0.0, 4.5e6, 2.5e6, 340e6, -10.0, -30.0, 0.0, 0.0,
                        18.0, 20.0), "(a) humid room air: film 12 and frost 6 W/(m² K)"),
    Named("dry_in_air", Medium(20.0, 1.0, 1.0, 0.0, 4.5e6, 2.5e6, 340e6, -10.0, -30.0, 0.0, 0.0,
                               10.0, 20.0), "(a) the probe alone in dry air: film only"),
)
# In air the film is all the resistance: behind it stands a mass that hardly cools.


def in_medium(name: str, p: Parameters) -> Parameters:
    """Return `p` with its tip in the medium called `name`; raises ValueError with the names."""
    for row in MEDIA:
        if row.name == name:
            return p._replace(**row.medium._asdict())
    known = ", ".join(row.name for row in MEDIA)
    raise ValueError(f"no medium is called {name!r}; there are: {known}")


def probe_in(medium: str, outer_diameter_mm: float, active_length_mm: float) -> Parameters:
    """Return the nominal probe, but of this size and in this medium; raises ValueError likewise."""
    return in_medium(medium, NOMINAL)._replace(outer_diameter_mm=outer_diameter_mm,
                                               active_length_mm=active_length_mm)
