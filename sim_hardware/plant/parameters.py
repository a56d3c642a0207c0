"""Every number of the simulated probe, with unit and source.

It does not compute: the equations are in the files named after what they describe.
Sources: [M] Micromachines 2025, 16, 1321; [P] computed with CoolProp 8; (a) an engineering
assumption, because no published transient of a nitrous oxide tip states all that is needed.
"""

from typing import NamedTuple


class Parameters(NamedTuple):
    """One probe, one cylinder, one patient. Vary it with `NOMINAL._replace(...)`."""

    # supply: saturated nitrous oxide, drawn as vapour
    room_c: float = 20.0  # °C; (a)
    atmosphere_bar: float = 1.01325  # bar absolute
    cylinder_j_per_k: float = 12300.0  # J/K; [P] 0.5 kg cools 13.2 K by 90 g; ten of these (a)
    cylinder_w_per_k: float = 2.0  # W/K, wall to room; (a)
    vaporisation_j_per_g: float = 180.0  # J/g near 20 °C; (a) textbook, not looked up
    supply_lag_s: float = 0.4  # s, line follows its source; (a)
    supply_break_lag_s: float = 0.05  # s, line follows a hose that came off; (a)
    # valve and line
    nominal_supply_bar: float = 50.53  # bar absolute, saturation at 20 °C; [P]
    full_flow_g_per_s: float = 0.40  # g/s, full open at nominal supply; (a)
    dead_ms: int = 400  # ms, transport delay; (a)
    valve_lag_s: float = 0.1  # s; (a)
    plenum_lag_s: float = 0.3  # s; (a)
    choked_ratio: float = 0.5  # back pressure over supply that the nozzle can still push; (a)
    standard_g_per_l: float = 1.977  # g/L, N2O at 0 °C and 1 atm; (a) textbook, not looked up
    # gas side of the tip
    exhaust_bar_s2_per_g2: float = 3.0  # bar/(g/s)², back pressure by flow; (a)
    throttled_j_per_g: float = -10.0  # J/g, vapour throttled without recuperator; [P]
    recuperated_j_per_g: float = 89.8  # J/g, more by a perfect recuperator; [P] 79.8 net
    gas_j_per_gk: float = 0.83  # J/(g K), vapour boiling point to room; [P] 89.8 J/g by 108 K
    warmed_share: float = 0.25  # 0..1 of the excess by which leaving vapour is warmed; (a)
    recuperator_max: float = 0.85  # 0..1; (a)
    recuperator_lag_s: float = 2.0  # s; (a)
    recuperator_span_k: float = 80.0  # K below the room at which it works fully; (a)
    tip_w_per_k: float = 0.55  # W/K, gas to wall; (a)
    residue_share: float = 0.10  # 0..1 of unused capacity that stays as liquid; (a)
    residue_max_j: float = 12.0  # J; (a) 60 mg of liquid, for a dip of several K
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
    cell_mm: float = 0.26  # mm, shells near the tip; 0.25 would need a step below 20 ms
    fine_to_mm: float = 6.0  # mm radius up to which they are that thin
    cell_growth: float = 1.12  # each further shell by the one before
    outer_mm: float = 30.0  # mm radius that stays at body temperature
    # tissue
    body_c: float = 37.0  # °C
    unfrozen_w_per_mk: float = 0.5  # W/(m K); [M]
    frozen_w_per_mk: float = 2.0  # W/(m K); [M]
    unfrozen_j_per_m3k: float = 3.6e6  # J/(m³ K), 1000 kg/m³ of 3600 J/(kg K); [M]
    frozen_j_per_m3k: float = 1.7964e6  # J/(m³ K), 998 kg/m³ of 1800 J/(kg K); [M]
    latent_j_per_m3: float = 250e6  # J/m³; [M]
    freezing_begins_c: float = -1.0  # °C; [M]
    freezing_ends_c: float = -8.0  # °C; [M]
    perfusion_per_s: float = 5e-4  # 1/s; [M]
    blood_j_per_m3k: float = 3.6e6  # J/(m³ K), 3600 J/(kg K) [M] at 1000 kg/m³ (a)
    metabolism_w_per_m3: float = 4200.0  # W/m³; [M]
    # sensors
    convert_ms: int = 50  # ms between conversions; (a)
    thermocouple_lag_s: float = 0.25  # s; (a)
    thermocouple_noise_c: float = 0.15  # K, one sigma; (a)
    thermocouple_lsb_c: float = 1.0 / 128.0  # K; 19-bit thermocouple converter
    cold_junction_c: float = 24.0  # °C, what a shorted thermocouple reads; (a)
    skin_depth_mm: float = 15.0  # mm radius in tissue that the skin sensor follows; (a)
    skin_cooler_k: float = 4.0  # K, skin below deep tissue; (a)
    supply_noise_kpa: float = 3.0  # kPa, one sigma; (a)
    exhaust_noise_kpa: float = 0.3  # kPa, one sigma; (a)
    flow_noise_slpm: float = 0.02  # standard L/min, one sigma; (a)


NOMINAL = Parameters()
