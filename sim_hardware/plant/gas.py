"""Cryogen from the valve through nozzle, recuperator, tip and exhaust, one step at a time.

It does not know the tissue. The gain reversal comes from here: flow raises the back pressure, and
back pressure the boiling point, until more flow makes it warmer.
"""

from math import exp, sqrt

from sim_hardware.compiled import compiled
from sim_hardware.cryogens.properties import (
    BOILING_C,
    CARBON_DIOXIDE,
    CO2_TRIPLE_BAR,
    LIQUID_J_PER_G,
    VAPOUR_J_PER_G,
    VAPOUR_J_PER_GK,
    Tables,
    place_of,
    saturated,
)
from sim_hardware.plant.parameters import STEP_MS, Parameters
from sim_hardware.plant.records import Damage, Gains, State

STEP_S = STEP_MS / 1000.0
LEAST_G_PER_S = 1e-6  # less flow neither cools nor precools
MOST_WARMED_J_PER_G = 20.0  # a feed that creeps comes in no warmer than its surroundings
BLOCKED = 0.99  # ice leaves this share of the nozzle shut at most


@compiled
def turn_valve(s: State, goal: float, damage: Damage, p: Parameters, gains: Gains) -> None:
    """Let the valve's stem follow what arrives at it: sticking, in steps, with a lag and a slew.

    A spring shuts: an order to shut always frees the stem.
    """
    if damage.valve_stuck_at >= 0.0:
        s.stem = damage.valve_stuck_at
    elif goal <= 0.0:
        s.stem = 0.0
    elif abs(goal - s.stem) > p.valve_stiction:
        s.stem = min(round(goal / p.valve_resolution) * p.valve_resolution, 1.0)
    slow = max(damage.valve_slow_times, 1.0)
    most = STEP_S * p.valve_slew_per_s / slow
    way = gains.valve / slow * (s.stem - s.opening)
    s.opening = min(max(s.opening + min(max(way, -most), most), 0.0), 1.0)


@compiled
def passed_g_per_s(free_g_per_s: float, supply_bar: float, choke_share: float,
                   resistance: float, p: Parameters) -> float:
    """Return the flow at which nozzle and exhaust agree on the pressure between them.

    The nozzle is choked up to a back pressure of `choke_share` of the supply; beyond that its flow
    falls as an ellipse, to nothing at equal pressures (de Saint-Venant's curve, as usual for
    nozzles). The exhaust takes `resistance` bar/(g/s)². With y the flow squared this is
    y / free² = 1 - ((bar_out + resistance y - choke) / (supply - choke))², solved for y.
    """
    if free_g_per_s <= 0.0 or supply_bar <= p.atmosphere_bar:
        return 0.0
    choke_bar = choke_share * supply_bar
    most = free_g_per_s * free_g_per_s
    if p.atmosphere_bar + resistance * most <= choke_bar:
        return free_g_per_s
    width_bar = supply_bar - choke_bar
    slope = resistance / width_bar
    start = (p.atmosphere_bar - choke_bar) / width_bar
    half = slope * start + 0.5 / most
    rest = start * start - 1.0
    root = sqrt(max(half * half - slope * slope * rest, 0.0))
    squared = -rest / (half + root) if half > 0.0 else (root - half) / (slope * slope)
    return sqrt(min(max(squared, 0.0), most))


@compiled
def flow(s: State, is_open: float, damage: Damage, p: Parameters, gains: Gains) -> None:
    """Advance flow and back pressure."""
    leak = max(p.valve_leak, damage.valve_leak)
    opening = leak + (1.0 - leak) * s.opening
    blocked = min(damage.clog_fraction + s.dry_ice + s.moisture, 1.0)
    if is_open <= 0.0 or damage.is_unplugged > 0.0:
        opening = 0.0
    # mm² times kg/(m² s bar) times bar is mg/s
    before_nozzle = 1e-3 * p.nozzle_mm2 * s.flux_per_bar * s.supply_bar * opening
    resistance = p.exhaust_bar_s2_per_g2 * damage.exhaust_times
    goal = passed_g_per_s(before_nozzle * (1.0 - blocked) * damage.swapped_times, s.supply_bar,
                          s.choke_share, resistance, p)
    s.flow_g_per_s += gains.plenum * (goal - s.flow_g_per_s)
    s.lost_g_per_s += gains.plenum * (before_nozzle * damage.burst_times - s.lost_g_per_s)
    highest = sqrt(max(s.supply_bar - p.atmosphere_bar, 0.0) / resistance)
    s.flow_g_per_s = min(s.flow_g_per_s, highest)
    s.back_bar = p.atmosphere_bar + resistance * s.flow_g_per_s * s.flow_g_per_s


@compiled
def cool(s: State, damage: Damage, p: Parameters, gains: Gains, t: Tables) -> float:
    """Return the heat, W, that leaves the tip with the gas; advance recuperator and residue.

    What is liquid boils against a wall at constant temperature: capacity (1 - exp(-NTU)); gas
    warms on the wall that is not wet. The recuperator gives the feed what the leaving gas can
    take up on its way to room temperature; liquid that the tip did not boil is lost to it. What
    leaks into the shaft warms the feed, the more the less flows.
    """
    cryogen = int(p.cryogen)
    place = place_of(s.back_bar, cryogen, t)
    boiling_c = saturated(BOILING_C, place, cryogen, t)
    vapour = saturated(VAPOUR_J_PER_G, place, cryogen, t)
    liquid = saturated(LIQUID_J_PER_G, place, cryogen, t)
    j_per_gk = saturated(VAPOUR_J_PER_GK, place, cryogen, t)
    wall_w_per_k = p.tip_w_per_k * damage.swapped_times
    taken, unused_w = 0.0, 0.0
    through = s.flow_g_per_s
    if through > LEAST_G_PER_S:
        arriving = max(s.feed_j_per_g - s.precool_j_per_g, liquid)
        gas_c = boiling_c + max(arriving - vapour, 0.0) / j_per_gk
        excess_k = s.tip_c - gas_c
        capacity_w = through * max(vapour - arriving, 0.0)
        boiled = 0.0
        if excess_k > 0.0 and capacity_w > 0.0:
            boiled = capacity_w * (1.0 - exp(-wall_w_per_k * excess_k / capacity_w))
        unused_w = capacity_w - boiled
        wet_w_per_k = boiled / excess_k if boiled > 0.0 else 0.0
        rate = through * j_per_gk
        dry = p.dry_share * max(wall_w_per_k - wet_w_per_k, 0.0)
        taken = boiled + rate * excess_k * (1.0 - exp(-dry / rate))
        leaving = max(arriving + taken / through, vapour)
        at_room = vapour + j_per_gk * (p.room_c - boiling_c)
        goal = p.recuperator_max * max(at_room - leaving, 0.0)
        goal -= p.leak_w_per_k * (p.room_c - boiling_c) / through
        goal = min(max(goal, -MOST_WARMED_J_PER_G), max(s.feed_j_per_g - liquid, 0.0))
        _deposit(s, through * min(max((vapour - arriving) / (vapour - liquid), 0.0), 1.0),
                 damage, p)
    else:
        goal = 0.0
        _deposit(s, 0.0, damage, p)
    s.precool_j_per_g += gains.recuperator * (goal - s.precool_j_per_g)
    free_w = wall_w_per_k * max(s.tip_c - boiling_c, 0.0) - taken
    boiled_off = min(max(free_w, 0.0), s.residue_j / STEP_S)
    left_w = p.residue_share * unused_w - boiled_off
    s.residue_j = min(max(s.residue_j + STEP_S * left_w, 0.0), p.residue_max_j)
    return taken + boiled_off


@compiled
def _deposit(s: State, wet_g_per_s: float, damage: Damage, p: Parameters) -> None:
    """Advance what blocks the nozzle: solid carbon dioxide, and water that came with the gas."""
    solid_g_per_s = 0.0
    if int(p.cryogen) == CARBON_DIOXIDE and s.back_bar < CO2_TRIPLE_BAR:
        solid_g_per_s = wet_g_per_s
    if solid_g_per_s > LEAST_G_PER_S:
        s.dry_ice += STEP_S * p.dry_ice_per_g * solid_g_per_s
    else:
        s.dry_ice -= STEP_S * p.dry_ice_clears_per_s * s.dry_ice
    water_g_per_s = 1e-6 * (p.moisture_ppm + damage.moisture_ppm) * s.flow_g_per_s
    if s.tip_c < 0.0:
        s.moisture += STEP_S * p.moisture_per_g * water_g_per_s
    else:
        s.moisture -= STEP_S * p.moisture_clears_per_s * s.moisture
    s.dry_ice = min(s.dry_ice, BLOCKED)
    s.moisture = min(s.moisture, BLOCKED)
