"""The cylinder and the hose: what comes to the valve, at what pressure, and how it cools.

It does not decide how much is drawn. Mass and inner energy are what is kept account of; temperature
and pressure are solved from both, so a cylinder neither makes nor loses energy. One temperature
for all that is in it.
"""

from sim_hardware.compiled import compiled
from sim_hardware.cryogens.properties import (
    ARGON,
    BOILING_C,
    CHOKE,
    FLUX,
    INNER_J_PER_G,
    LIQUID_CHOKE,
    LIQUID_FLUX,
    LIQUID_INNER_J_PER_G,
    LIQUID_J_PER_G,
    LIQUID_KG_PER_M3,
    VAPOUR_CHOKE,
    VAPOUR_FLUX,
    VAPOUR_INNER_J_PER_G,
    VAPOUR_J_PER_G,
    VAPOUR_KG_PER_M3,
    Tables,
    bar_at,
    gas_bar,
    gaseous,
    limit_kg_per_m3,
    place_at_c,
    place_of,
    saturated,
)
from sim_hardware.plant.parameters import FULLEST_G_PER_L, Parameters
from sim_hardware.plant.records import Damage, Gains, State

DIP_TUBE_SHARE = 0.02  # of the mass: with less liquid a dip tube draws vapour
SPARE_L = 0.4  # of the small cylinder that is put in place of ours: it runs out within minutes
EMPTY_G = 1e-3  # less than this is not drawn
MOST_PER_STEP = 0.01  # of the content; who draws more finds the line empty
MOST_J_PER_GK = 0.05  # by step: a tenth of the heat capacity of gas, which is settled every tenth
TOLERANCE_J_PER_G = 1e-7


@compiled
def liquid_share_of(kg_per_m3: float, place: float, cryogen: int, t: Tables) -> float:
    """Return how much of the mass is liquid at one place on the boiling curve; below 0 for none."""
    thin = 1.0 / saturated(VAPOUR_KG_PER_M3, place, cryogen, t)
    thick = 1.0 / saturated(LIQUID_KG_PER_M3, place, cryogen, t)
    return min((thin - 1.0 / kg_per_m3) / (thin - thick), 1.0)


@compiled
def boiling_j_per_g(kg_per_m3: float, place: float, cryogen: int, t: Tables) -> float:
    """Return the inner energy of liquid and vapour together."""
    share = liquid_share_of(kg_per_m3, place, cryogen, t)
    vapour = saturated(VAPOUR_INNER_J_PER_G, place, cryogen, t)
    return vapour + share * (saturated(LIQUID_INNER_J_PER_G, place, cryogen, t) - vapour)


@compiled
def filled_j(grams: float, litres: float, temperature_c: float, cryogen: int, t: Tables) -> float:
    """Return the inner energy of a cylinder at rest at one temperature."""
    kg_per_m3 = grams / litres
    if cryogen != ARGON and kg_per_m3 > limit_kg_per_m3(temperature_c, cryogen, t):
        return grams * boiling_j_per_g(kg_per_m3, place_at_c(temperature_c, cryogen, t),
                                       cryogen, t)
    return grams * gaseous(INNER_J_PER_G, kg_per_m3, temperature_c, cryogen, t)


@compiled
def solved(kg_per_m3: float, j_per_g: float, is_boiling: bool, guess: float, cryogen: int,
           t: Tables) -> float:
    """Return the place (boiling) or the temperature, °C (gas), that has this inner energy.

    Inner energy rises with both; regula falsi by chords, halved when a chord leads outside.
    """
    low, high = -150.0, 60.0
    if is_boiling:
        low, high = 0.0, t.saturation.shape[1] - 1.000001
    at, before, wrong_before = min(max(guess, low), high), 0.0, 0.0
    for turn in range(60):
        if is_boiling:
            wrong = boiling_j_per_g(kg_per_m3, at, cryogen, t) - j_per_g
        else:
            wrong = gaseous(INNER_J_PER_G, kg_per_m3, at, cryogen, t) - j_per_g
        if abs(wrong) < TOLERANCE_J_PER_G or high - low < 1e-10:
            break
        if wrong > 0.0:
            high = at
        else:
            low = at
        chord = at + 0.05 if turn == 0 else at
        if turn > 0 and wrong != wrong_before:
            chord = at - wrong * (at - before) / (wrong - wrong_before)
        before, wrong_before = at, wrong
        at = chord if low < chord < high else 0.5 * (low + high)
    return at


@compiled
def settle(s: State, damage: Damage, p: Parameters, t: Tables) -> None:
    """Bring temperature, pressure and feed of the cylinder in line with its mass and energy."""
    cryogen = int(p.cryogen)
    if damage.spare_g < 0.0:
        s.spare_g = -1.0
    elif s.spare_g < 0.0:  # the cylinder has just been changed for a nearly empty one
        s.spare_g = min(max(damage.spare_g, EMPTY_G), FULLEST_G_PER_L * SPARE_L)
        s.spare_j = filled_j(s.spare_g, SPARE_L, p.room_c, cryogen, t)
    grams, joules, litres = s.cylinder_g, s.cylinder_j, p.cylinder_l
    if s.spare_g >= 0.0:
        grams, joules, litres = s.spare_g, s.spare_j, SPARE_L
    kg_per_m3 = max(grams, EMPTY_G) / litres
    j_per_g = joules / max(grams, EMPTY_G)
    place, share = 0.0, -1.0
    if cryogen != ARGON:
        place = solved(kg_per_m3, j_per_g, True, place_of(s.cylinder_bar, cryogen, t), cryogen, t)
        share = liquid_share_of(kg_per_m3, place, cryogen, t)
    if share > 0.0:
        s.liquid_share = share
        s.cylinder_c = saturated(BOILING_C, place, cryogen, t)
        s.cylinder_bar = bar_at(place, cryogen, t)
        tube = max(p.liquid_feed, damage.liquid_share) if share > DIP_TUBE_SHARE else 0.0
        vapour = saturated(VAPOUR_J_PER_G, place, cryogen, t)
        s.feed_j_per_g = vapour + tube * (saturated(LIQUID_J_PER_G, place, cryogen, t) - vapour)
        flux = saturated(VAPOUR_FLUX, place, cryogen, t)
        s.flux_per_bar = flux + tube * (saturated(LIQUID_FLUX, place, cryogen, t) - flux)
        choke = saturated(VAPOUR_CHOKE, place, cryogen, t)
        s.choke_share = choke + tube * (saturated(LIQUID_CHOKE, place, cryogen, t) - choke)
    else:
        s.liquid_share = 0.0
        s.cylinder_c = solved(kg_per_m3, j_per_g, False, s.cylinder_c, cryogen, t)
        s.cylinder_bar = gas_bar(kg_per_m3, s.cylinder_c, cryogen, t)
        inner = gaseous(INNER_J_PER_G, kg_per_m3, s.cylinder_c, cryogen, t)
        s.feed_j_per_g = inner + 100.0 * s.cylinder_bar / kg_per_m3
        normal = gaseous(FLUX, kg_per_m3, s.cylinder_c, cryogen, t)
        s.flux_per_bar = normal * (1e5 * kg_per_m3 / s.cylinder_bar) ** 0.5
        s.choke_share = gaseous(CHOKE, kg_per_m3, s.cylinder_c, cryogen, t)


@compiled
def draw(s: State, p: Parameters, step_s: float) -> None:
    """Take what flows out of the cylinder, with the enthalpy it carries, and warm it by the room.

    J/g of enthalpy leave with each gram: what pushes it out is work of what stays.
    """
    grams = s.spare_g if s.spare_g >= 0.0 else s.cylinder_g
    drawn_g = step_s * (s.flow_g_per_s + s.lost_g_per_s)
    drawn_g = min(drawn_g, MOST_PER_STEP * grams, max(grams - EMPTY_G, 0.0))
    # the little gas in a nearly empty cylinder is as warm as the wall before it is warmer
    warmed_j = min(step_s * p.cylinder_w_per_k, MOST_J_PER_GK * grams) * (p.room_c - s.cylinder_c)
    gained_j = warmed_j - drawn_g * s.feed_j_per_g
    if s.spare_g >= 0.0:
        s.spare_g -= drawn_g
        s.spare_j += gained_j
    else:
        s.cylinder_g -= drawn_g
        s.cylinder_j += gained_j


@compiled
def follow(s: State, damage: Damage, p: Parameters, gains: Gains) -> None:
    """Let the pressure before the valve follow the cylinder, or what took its place."""
    if damage.supply_bar >= 0.0:
        s.supply_bar += gains.supply_break * (damage.supply_bar - s.supply_bar)
    else:
        through = s.flow_g_per_s + s.lost_g_per_s
        source = max(s.cylinder_bar - p.hose_bar_s2_per_g2 * through * through, 0.0)
        s.supply_bar += gains.supply * (source - s.supply_bar)


def gauge_kpa(absolute_bar: float, p: Parameters) -> float:
    """Return what a gauge shows, kPa, at an absolute pressure in bar."""
    return (absolute_bar - p.atmosphere_bar) * 100.0


def absolute_bar(gauge: float, p: Parameters) -> float:
    """Return the absolute pressure, bar, at a gauge reading in kPa."""
    return gauge / 100.0 + p.atmosphere_bar
