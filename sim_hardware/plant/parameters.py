"""Every number of the simulated probe, with unit, source and the range that is allowed.

It does not compute: the equations are in the files named after what they describe.
Sources: [M] Micromachines 2025, 16, 1321; [P] computed with CoolProp 8; (a) an engineering
assumption, because no published transient of a nitrous oxide tip states all that is needed.
"""

from typing import NamedTuple


class Parameters(NamedTuple):
    """One probe, one cylinder, one patient. Vary it with `NOMINAL._replace(...)`."""

    # supply
    cryogen: float = 0.0  # 0 N2O, 1 CO2, 2 argon: sim_hardware.gases.properties
    liquid_feed: float = 0.0  # 0 drawn as vapour, 1 through a dip tube
    room_c: float = 20.0  # °C; (a)
    atmosphere_bar: float = 1.01325  # bar absolute
    cylinder_l: float = 8.0  # L; (a)
    cylinder_g: float = 5000.0  # g when new; (a)
    cylinder_w_per_k: float = 2.0  # W/K, wall to room; (a)
    hose_bar_s2_per_g2: float = 0.5  # bar/(g/s)², pressure lost on the way to the valve; (a)
    supply_lag_s: float = 0.4  # s, line follows its source; (a)
    supply_break_lag_s: float = 0.05  # s, line follows a hose that came off; (a)
    # valve and line
    nozzle_mm2: float = 0.02353  # mm², Cd times area: 0.40 g/s of N2O vapour at 20 °C; (a)
    dead_ms: float = 400.0  # ms, transport delay; (a)
    valve_lag_s: float = 0.1  # s; (a)
    valve_slew_per_s: float = 10.0  # 1/s, of full stroke; (a)
    valve_stiction: float = 0.002  # of full stroke that the stem sticks; shutting frees it; (a)
    valve_resolution: float = 1.0 / 4096.0  # of full stroke; (a) 12 bit
    valve_leak: float = 0.0  # of full opening that a shut valve lets through; (a)
    plenum_lag_s: float = 0.3  # s; (a)
    # gas side of the tip
    exhaust_bar_s2_per_g2: float = 3.0  # bar/(g/s)², back pressure by flow; (a)
    recuperator_max: float = 0.85  # 0..1, effectiveness; (a)
    leak_w_per_k: float = 0.014  # W/K, room to the cold end of the shaft; (a), see static tips
    recuperator_lag_s: float = 4.0  # s; (a), see the time to -59 °C
    tip_w_per_k: float = 0.55  # W/K, boiling cryogen to wall; (a)
    dry_share: float = 0.03  # of that where only gas touches the wall; (a)
    residue_share: float = 0.10  # 0..1 of unused capacity that stays as liquid; (a)
    residue_max_j: float = 12.0  # J; (a) 60 mg of liquid, for a dip of several K
    dry_ice_per_g: float = 0.05  # of the nozzle, by gram of solid CO2 that passes; (a)
    dry_ice_clears_per_s: float = 0.2  # 1/s, share that sublimes while no solid comes; (a)
    moisture_ppm: float = 0.0  # water in the gas, by mass; 0: there is a drier
    moisture_per_g: float = 100.0  # of the nozzle, by gram of water that freezes in it; (a)
    moisture_clears_per_s: float = 0.1  # 1/s, share that melts off above 0 °C; (a)
    # tip and shaft
    tip_j_per_k: float = 0.35  # J/K; (a)
    shaft_j_per_k: float = 2.0  # J/K; (a)
    tip_shaft_w_per_k: float = 0.005  # W/K; (a)
    shaft_body_w_per_k: float = 0.05  # W/K; (a)
    tip_b_share: float = 0.006  # 0..1 of the way from tip to shaft, second sensor; (a)
    heater_w: float = 10.0  # W; (a)
    heater_ends_c: float = 90.0  # °C, self-limiting element is off; (a)
    heater_fades_k: float = 20.0  # K below that over which it fades; (a)
    # geometry
    outer_diameter_mm: float = 2.0  # mm; (a)
    active_length_mm: float = 10.0  # mm; (a)
    contact_w_per_m2k: float = 8000.0  # W/(m² K), tip to tissue; (a)
    air_w_per_m2k: float = 12.0  # W/(m² K), still air by convection and radiation; (a) textbook
    cell_mm: float = 0.26  # mm, shells near the tip; 0.25 would need a step below 20 ms
    tissue_ms: float = 20.0  # ms, step of the tissue; its stability is proven at construction
    # tissue: replaced as a whole by a row of media.py
    body_c: float = 37.0  # °C
    unfrozen_w_per_mk: float = 0.5  # W/(m K); [M]
    frozen_w_per_mk: float = 2.0  # W/(m K) where freezing ends; [M]
    frozen_w_per_mk2: float = 0.0  # W/(m K²), by how much more it conducts for each K colder
    unfrozen_j_per_m3k: float = 3.6e6  # J/(m³ K), 1000 kg/m³ of 3600 J/(kg K); [M]
    frozen_j_per_m3k: float = 1.7964e6  # J/(m³ K), 998 kg/m³ of 1800 J/(kg K); [M]
    latent_j_per_m3: float = 250e6  # J/m³; [M]
    freezing_begins_c: float = -1.0  # °C; [M]
    freezing_ends_c: float = -8.0  # °C; [M]
    perfusion_per_s: float = 5e-4  # 1/s; [M]
    blood_j_per_m3k: float = 3.6e6  # J/(m³ K), 3600 J/(kg K) [M] at 1000 kg/m³ (a)
    metabolism_w_per_m3: float = 4200.0  # W/m³; [M]
    stasis: float = 0.0  # 1: vessels that froze once stay shut; 0: they open on thawing
    # sensors
    convert_ms: float = 50.0  # ms between conversions; (a)
    thermocouple_type: float = 1.0  # 0 K, 1 T, 2 E, 3 N: thermocouple.py
    thermocouple_lag_s: float = 0.25  # s; (a)
    thermocouple_noise_c: float = 0.15  # K, one sigma; (a)
    thermocouple_lsb_c: float = 1.0 / 128.0  # K; 19-bit thermocouple converter
    cold_junction_c: float = 24.0  # °C, of the converter; (a)
    skin_depth_mm: float = 15.0  # mm of tissue between the skin and what the ice can reach; (a)
    skin_lag_s: float = 1.0  # s, a disc thermocouple under a dressing; (a)
    supply_noise_kpa: float = 3.0  # kPa, one sigma; (a)
    exhaust_noise_kpa: float = 0.3  # kPa, one sigma; (a)
    flow_noise_slpm: float = 0.02  # standard L/min, one sigma; (a)


NOMINAL = Parameters()


class Range(NamedTuple):
    """What a parameter may be; inside, nothing that the plant computes is nonsense."""

    name: str
    low: float
    high: float


RANGES = (
    Range("cryogen", 0.0, 2.0),
    Range("liquid_feed", 0.0, 1.0),
    Range("room_c", 10.0, 28.0),
    Range("atmosphere_bar", 0.95, 1.1),
    Range("cylinder_l", 0.2, 50.0),
    Range("cylinder_g", 10.0, 40_000.0),
    Range("cylinder_w_per_k", 0.0, 20.0),
    Range("hose_bar_s2_per_g2", 0.0, 10.0),
    Range("supply_lag_s", 0.02, 10.0),
    Range("supply_break_lag_s", 0.02, 10.0),
    Range("nozzle_mm2", 0.001, 0.1),
    Range("dead_ms", 0.0, 2000.0),
    Range("valve_lag_s", 0.02, 5.0),
    Range("valve_slew_per_s", 0.05, 100.0),
    Range("valve_stiction", 0.0, 0.1),
    Range("valve_resolution", 1e-6, 0.1),
    Range("valve_leak", 0.0, 1.0),
    Range("plenum_lag_s", 0.02, 5.0),
    Range("exhaust_bar_s2_per_g2", 1e-6, 50.0),
    Range("recuperator_max", 0.0, 0.97),
    Range("leak_w_per_k", 0.0, 0.1),
    Range("recuperator_lag_s", 0.1, 30.0),
    Range("tip_w_per_k", 0.05, 2.0),
    Range("dry_share", 0.01, 1.0),
    Range("residue_share", 0.0, 0.5),
    Range("residue_max_j", 0.0, 100.0),
    Range("dry_ice_per_g", 0.0, 1.0),
    Range("dry_ice_clears_per_s", 0.001, 5.0),
    Range("moisture_ppm", 0.0, 5000.0),
    Range("moisture_per_g", 0.0, 1000.0),
    Range("moisture_clears_per_s", 0.001, 5.0),
    Range("tip_j_per_k", 0.1, 5.0),
    Range("shaft_j_per_k", 0.2, 50.0),
    Range("tip_shaft_w_per_k", 0.0, 0.1),
    Range("shaft_body_w_per_k", 0.0, 1.0),
    Range("tip_b_share", 0.0, 1.0),
    Range("heater_w", 0.0, 30.0),
    Range("heater_ends_c", 45.0, 120.0),
    Range("heater_fades_k", 5.0, 50.0),
    Range("outer_diameter_mm", 0.5, 6.0),
    Range("active_length_mm", 2.0, 40.0),
    Range("contact_w_per_m2k", 1.0, 1e9),
    Range("air_w_per_m2k", 1.0, 100.0),
    Range("cell_mm", 0.2, 0.6),
    Range("tissue_ms", 10.0, 50.0),
    Range("body_c", 5.0, 42.0),
    Range("unfrozen_w_per_mk", 0.1, 1.0),
    Range("frozen_w_per_mk", 0.1, 2.5),
    Range("frozen_w_per_mk2", 0.0, 0.02),
    Range("unfrozen_j_per_m3k", 1.5e6, 4.5e6),
    Range("frozen_j_per_m3k", 1.2e6, 2.5e6),
    Range("latent_j_per_m3", 1e6, 340e6),
    Range("freezing_begins_c", -10.0, 0.0),
    Range("freezing_ends_c", -30.0, -0.2),
    Range("perfusion_per_s", 0.0, 0.02),
    Range("blood_j_per_m3k", 3e6, 4.5e6),
    Range("metabolism_w_per_m3", 0.0, 50_000.0),
    Range("stasis", 0.0, 1.0),
    Range("convert_ms", 10.0, 1000.0),
    Range("thermocouple_type", 0.0, 3.0),
    Range("thermocouple_lag_s", 0.02, 10.0),
    Range("thermocouple_noise_c", 0.0, 5.0),
    Range("thermocouple_lsb_c", 1e-4, 1.0),
    Range("cold_junction_c", 0.0, 60.0),
    Range("skin_depth_mm", 2.0, 25.0),
    Range("skin_lag_s", 0.02, 30.0),
    Range("supply_noise_kpa", 0.0, 100.0),
    Range("exhaust_noise_kpa", 0.0, 100.0),
    Range("flow_noise_slpm", 0.0, 5.0),
)

WHOLE = ("cryogen", "liquid_feed", "stasis", "thermocouple_type")
WHOLE_STEPS_MS = ("dead_ms", "tissue_ms", "convert_ms")
STEP_MS = 10  # of the gas and the tip
FULLEST_G_PER_L = 640.0  # a fuller cylinder would be all liquid in a warm room
SHARP_K = 1.0  # a freezing range this narrow is treated as a front within a shell


def checked(p: Parameters) -> Parameters:
    """Return `p` when every number is in its range; raises ValueError that lists what is not."""
    wrong = [
        f"{row.name} {getattr(p, row.name):g} is outside {row.low:g}..{row.high:g}"
        for row in RANGES if not (row.low <= getattr(p, row.name) <= row.high)
    ]
    wrong += [f"{name} {getattr(p, name):g} is not a whole number"
              for name in WHOLE if getattr(p, name) % 1.0 != 0.0]
    wrong += [f"{name} {getattr(p, name):g} is not a multiple of {STEP_MS} ms"
              for name in WHOLE_STEPS_MS if getattr(p, name) % STEP_MS != 0.0]
    if not (p.freezing_ends_c <= p.freezing_begins_c - 0.2):
        wrong.append(f"freezing_ends_c {p.freezing_ends_c:g} is not 0.2 K below "
                     f"freezing_begins_c {p.freezing_begins_c:g}")
    if not (p.cylinder_g <= FULLEST_G_PER_L * p.cylinder_l):
        wrong.append(f"cylinder_g {p.cylinder_g:g} is more than {FULLEST_G_PER_L:g} g for each "
                     f"litre of {p.cylinder_l:g}")
    if wrong:
        raise ValueError("; ".join(wrong))
    return p
