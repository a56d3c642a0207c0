"""One step of the whole plant, and many: the order in which the equations follow each other.

It does not hold anything: what changes is in the records and bodies that are handed in. One probe
is a block of one lane; thousands are many blocks.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim_hardware.compiled import compiled
from sim_hardware.cryogens.properties import Tables
from sim_hardware.plant import gas, supply, tissue
from sim_hardware.plant.gas import STEP_S
from sim_hardware.plant.parameters import STEP_MS, Parameters
from sim_hardware.plant.records import Damage, Demand, Gains, State
from sim_hardware.plant.shells import Shells
from sim_hardware.plant.tissue import Body, contact_most_w_per_k

Floats = NDArray[np.float64]
SETTLE_STEPS = 10  # the cylinder changes slowly: its temperature is solved every 100 ms



class Blocks(NamedTuple):
    """Everything of many probes, block by block; records are (blocks, lanes)."""

    states: NDArray[np.void]
    demands: NDArray[np.void]
    damages: NDArray[np.void]
    parameters: NDArray[np.void]
    gains: NDArray[np.void]
    ring: Floats  # (blocks, lanes, steps) demands on their way to the valve
    surface_m2: Floats  # (blocks, lanes)
    skin_share: Floats  # (blocks, lanes) 0..1 of the way from tissue to room where the skin is
    skin_shell: NDArray[np.int64]  # (blocks, lanes) the shell beneath the skin


@compiled
def advance(first: int, last: int, steps: int, step: int, tissue_steps: int, has_front: bool,
            *arrays: Any) -> None:
    """Advance blocks `first` to before `last` by `steps` of STEP_MS; `step` have passed before.

    `arrays` are the fields of Blocks, of Body (each with the blocks in front) and of Tables: one
    by one they reach compiled code three times as fast as in their tuples.
    """
    blocks = Blocks(*arrays[:9])
    bodies = Body(*arrays[9:19])
    t = Tables(*arrays[19:])
    for k in range(first, last):
        _advance_block(k, steps, step, tissue_steps, has_front, blocks, bodies, t)


@compiled
def _advance_block(k: int, steps: int, step: int, tissue_steps: int, has_front: bool,
                   blocks: Blocks, whole: Body, t: Tables) -> None:
    b = Body(whole.enthalpy_j_per_m3[k], whole.vessels[k], whole.material[k],
             whole.step_s_per_m3[k], whole.inner_per_m[k], whole.outer_per_m[k],
             whole.link_m[k], whole.flow_times[k], whole.conducted_w_per_m[k],
             whole.source_w_per_m3[k])
    lanes = blocks.states.shape[1]
    for i in range(b.flow_times.size):
        b.flow_times[i] = blocks.damages[k, i % lanes].perfusion_times
    for now in range(step, step + steps):
        for j in range(lanes):
            s, damage, p = blocks.states[k, j], blocks.damages[k, j], blocks.parameters[k, j]
            gains = blocks.gains[k, j]
            if now % SETTLE_STEPS == 0:
                supply.settle(s, damage, p, t)
            supply.follow(s, damage, p, gains)
            goal = _arrived(s, blocks.demands[k, j].valve_fraction, blocks.ring[k, j], p)
            gas.turn_valve(s, goal, damage, p, gains)
            gas.flow(s, blocks.demands[k, j].isolator_open, damage, p, gains)
            supply.draw(s, p, STEP_S)
            contact_w_per_k = p.contact_w_per_m2k * blocks.surface_m2[k, j]
            contact_w_per_k *= 1.0 - damage.out_share
            if now % tissue_steps == 0:
                s.drawn_w = tissue.drawn_w(s.tip_c, b.enthalpy_j_per_m3[j], b.inner_per_m[j],
                                           contact_w_per_k, p)
                beneath_c = tissue.temperature_c(
                    b.enthalpy_j_per_m3[blocks.skin_shell[k, j] * lanes + j], p)
                s.skin_c = beneath_c + blocks.skin_share[k, j] * (p.room_c - beneath_c)
            taken_w = gas.cool(s, damage, p, gains, t)
            air_w_per_k = p.air_w_per_m2k * blocks.surface_m2[k, j] * damage.out_share
            _warm_tip(s, taken_w, air_w_per_k, blocks.demands[k, j], damage, p)
            _warm_beads(s, p, gains)
        if now % tissue_steps == 0:
            tissue.advance(b, lanes, tissue_steps * STEP_S, has_front)
            for j in range(lanes):
                b.enthalpy_j_per_m3[j] -= blocks.states[k, j].drawn_w * b.step_s_per_m3[j]


def held_s_max(grid: Shells, p: Parameters) -> float:
    """Return how long, s, the tip may take the same heat from the tissue: a step of the tissue.

    No longer than it takes that heat, beside what one step of its own brings, to lead beyond rest:
    a tip that holds little heat and touches much tissue would swing.
    """
    own_w_per_k = p.tip_w_per_k + p.tip_shaft_w_per_k + p.heater_w / p.heater_fades_k
    return (p.tip_j_per_k - STEP_S * own_w_per_k) / contact_most_w_per_k(grid, p)


@compiled
def _arrived(s: State, demanded: float, ring: Floats, p: Parameters) -> float:
    """Put a demand on its way, and return the one that arrives at the valve."""
    length = int(p.dead_ms) // STEP_MS
    if length == 0:
        return demanded
    at = int(s.ring_at)
    arrived = ring[at]
    ring[at] = demanded
    s.ring_at = float((at + 1) % length)
    return float(arrived)


@compiled
def _warm_tip(s: State, taken_w: float, air_w_per_k: float, demand: Demand,
              damage: Damage, p: Parameters) -> None:
    asked = demand.heater_fraction if damage.heater_stuck_at < 0.0 else damage.heater_stuck_at
    fade = min(1.0, max(0.0, (p.heater_ends_c - s.tip_c) / p.heater_fades_k))
    s.heater_w = asked * p.heater_w * fade
    if damage.is_unplugged > 0.0 or demand.heater_cut > 0.0:
        s.heater_w = 0.0
    shaft_w = p.tip_shaft_w_per_k * (s.shaft_c - s.tip_c)
    air_w = air_w_per_k * (p.room_c - s.tip_c)
    body_w = p.shaft_body_w_per_k * (p.body_c - s.shaft_c)
    gained_w = s.drawn_w + shaft_w + air_w + s.heater_w - taken_w
    s.tip_c += STEP_S / p.tip_j_per_k * gained_w
    s.shaft_c += STEP_S / p.shaft_j_per_k * (body_w - shaft_w)
    s.taken_j += STEP_S * taken_w
    s.heated_j += STEP_S * s.heater_w
    s.leaked_j += STEP_S * (air_w + body_w)


@compiled
def _warm_beads(s: State, p: Parameters, gains: Gains) -> None:
    tip_b_c = s.tip_c + p.tip_b_share * (s.shaft_c - s.tip_c)
    s.bead_c += gains.bead * (s.tip_c - s.bead_c)
    s.bead_b_c += gains.bead * (tip_b_c - s.bead_b_c)
    s.bead_skin_c += gains.skin * (s.skin_c - s.bead_skin_c)
