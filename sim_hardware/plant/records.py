"""The records that the compiled equations share: one row of numbers per probe.

It does not compute. A record is a numpy record with the fields of a class below, all float64, so
compiled code and plain Python read and write `state.tip_c` alike.
"""

from math import expm1
from typing import Any, NamedTuple

import numpy as np

from sim_hardware.plant.parameters import STEP_MS, Parameters

SOUND_VALVE = -1.0  # no opening is forced
SOUND_SUPPLY = -1.0  # no pressure is forced


class State:
    """What changes in one probe, besides its tissue."""

    # cylinder and line
    cylinder_g: float
    cylinder_j: float  # internal energy of what is in it, by the reference of the gas table
    cylinder_c: float
    cylinder_bar: float  # absolute
    liquid_share: float  # 0..1 of the cylinder's mass
    spare_g: float  # of a nearly empty cylinder put in its place; below 0: none is
    spare_j: float
    feed_j_per_g: float  # enthalpy of what comes to the valve
    flux_per_bar: float  # critical mass flux by supply pressure, kg/(m² s bar)
    choke_share: float  # back pressure over supply up to which the nozzle is choked
    supply_bar: float  # absolute, before the valve
    # valve and flow
    ring_at: float  # where in the line's ring the next demand is put
    stem: float  # 0..1, where the stem is driven to
    opening: float  # 0..1, where it stands
    flow_g_per_s: float  # through the tip
    lost_g_per_s: float  # past the tip, out of a burst tube
    back_bar: float  # absolute, in the tip
    dry_ice: float  # 0..1 of the nozzle
    moisture: float  # 0..1 of the nozzle
    # tip
    precool_j_per_g: float  # what the recuperator takes from the feed
    residue_j: float  # liquid left in the tip, by the heat it can take
    tip_c: float
    shaft_c: float
    drawn_w: float  # from the tissue
    skin_c: float
    heater_w: float
    # beads of the thermocouples
    bead_c: float
    bead_b_c: float
    bead_skin_c: float
    # for the energy balance
    taken_j: float  # by the gas, since the start
    heated_j: float  # by the heater
    leaked_j: float  # into shaft and tip from body and room


class Demand(NamedTuple):
    """What the outputs ask for."""

    valve_fraction: float = 0.0  # 0..1
    heater_fraction: float = 0.0  # 0..1
    isolator_open: float = 0.0  # 0 or 1
    heater_cut: float = 0.0  # 1: a relay in series keeps all power from the heater


class Damage(NamedTuple):
    """What is broken in the plant; the defaults are a sound one."""

    valve_stuck_at: float = SOUND_VALVE  # 0..1
    valve_leak: float = 0.0  # 0..1 of full opening that a shut valve lets through, added
    valve_slow_times: float = 1.0  # 1..; lag, by that of a sound one
    clog_fraction: float = 0.0  # 0..1 of the nozzle
    exhaust_times: float = 1.0  # 1..; resistance of the exhaust by that of a free one
    supply_bar: float = SOUND_SUPPLY  # absolute; in place of the cylinder's
    liquid_share: float = 0.0  # 0..1 of the feed that comes through a dip tube nobody asked for
    spare_g: float = -1.0  # 0..; content of the small cylinder that was put in place of ours
    burst_times: float = 0.0  # 0..; flow out of a burst tube by that of the nozzle
    is_unplugged: float = 0.0  # 0 or 1
    out_share: float = 0.0  # 0..1 of the active part that is out of the tissue
    swapped_times: float = 1.0  # 0..; wall and nozzle of another probe, by ours
    heater_stuck_at: float = -1.0  # 0..1
    perfusion_times: float = 1.0  # 0..; by that of the parameters
    moisture_ppm: float = 0.0  # 0..; water in the gas, by mass


class Gains(NamedTuple):
    """Shares of a difference that first-order lags close in one step of STEP_MS."""

    supply: float
    supply_break: float
    valve: float
    plenum: float
    recuperator: float
    bead: float
    skin: float


SOUND = Damage()
NOTHING = Demand()


def _dtype(fields: tuple[str, ...]) -> np.dtype[Any]:
    return np.dtype((np.record, [(name, np.float64) for name in fields]))


STATE = _dtype(tuple(State.__annotations__))
DEMAND = _dtype(Demand._fields)
DAMAGE = _dtype(Damage._fields)
PARAMETERS = _dtype(Parameters._fields)
GAINS = _dtype(Gains._fields)


def gains_of(p: Parameters) -> Gains:
    """Return the gains that belong to the lags of `p`."""
    lags_s = (p.supply_lag_s, p.supply_break_lag_s, p.valve_lag_s, p.plenum_lag_s,
              p.recuperator_lag_s, p.thermocouple_lag_s, p.skin_lag_s)
    return Gains(*(-expm1(-STEP_MS / 1000.0 / lag_s) for lag_s in lags_s))
