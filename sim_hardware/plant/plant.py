"""The whole plant: one probe, or thousands advanced together by the same compiled steps.

It does not decide anything and reads no clock; demands and damage are handed in, and hold until
others are.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim_hardware.compiled import plain
from sim_hardware.cryogens import properties
from sim_hardware.plant import kernel, shells, tissue
from sim_hardware.plant.parameters import NOMINAL, STEP_MS, Parameters, checked
from sim_hardware.plant.records import (
    DAMAGE,
    DEMAND,
    GAINS,
    NOTHING,
    PARAMETERS,
    SOUND,
    STATE,
    Damage,
    Demand,
    State,
    gains_of,
)
from sim_hardware.plant.sensors import Sensed
from sim_hardware.plant.supply import filled_j, gauge_kpa, settle

LANES = 16  # probes of a block: they fill the registers, and their tissue the nearest caches
TABLES = properties.load()


# A record as a tuple is read ten times as fast as field by field.
FLOW, LOST, BEAD, BEAD_B, BEAD_SKIN, SUPPLY, BACK = (
    list(State.__annotations__).index(name) for name in (
        "flow_g_per_s", "lost_g_per_s", "bead_c", "bead_b_c", "bead_skin_c", "supply_bar",
        "back_bar"))


class Ice(NamedTuple):
    """How cold the tissue is; radii across the shaft, 0 when there is none."""

    edge_mm: float  # middle of the freezing range
    radius_0c_mm: float
    radius_m20c_mm: float


class Plants:
    """Probes at rest in their medium, at time 0; advanced together.

    Raises ValueError for parameters out of range, for a tissue step that is not stable, and when
    probes differ in what is one for all: `tissue_ms`, and whether the medium freezes sharply.
    """

    def __init__(self, parameters: Sequence[Parameters], lanes: int = LANES) -> None:
        self.parameters = tuple(checked(p) for p in parameters)
        first = self.parameters[0]
        for p in self.parameters:
            if (p.tissue_ms, tissue.is_sharp(p)) != (first.tissue_ms, tissue.is_sharp(first)):
                raise ValueError("probes of one batch share tissue_ms and the kind of freezing")
        self.step = 0
        self._lanes = lanes
        self._tissue_steps = int(first.tissue_ms) // STEP_MS
        self._has_front = tissue.is_sharp(first)
        rows = list(self.parameters)
        rows += [rows[-1]] * (-len(rows) % lanes)  # the last block is filled up
        self.grids = [shells.around_tip(p) for p in rows]
        for grid, p in zip(self.grids, rows):
            for longest_s, who in ((tissue.step_s_max(grid, p), "these shells and this medium"),
                                   (kernel.held_s_max(grid, p), "this tip and its contact")):
                if not (p.tissue_ms <= 1000.0 * longest_s):
                    raise ValueError(f"tissue_ms {p.tissue_ms:g} is longer than {who} bear: "
                                     f"{1000.0 * longest_s:.1f} ms")
        self._blocks = _blocks(rows, self.grids, lanes)
        self._body = _bodies(rows, self.grids, lanes)
        self._cores = min(len(os.sched_getaffinity(0)), self._blocks.states.shape[0])
        self._threads = ThreadPoolExecutor(self._cores) if self._cores > 1 else None
        self._arrays = (*self._blocks, *self._body)

    # Views are made when asked for: one that is kept would not follow a copy of this object.

    @property
    def states(self) -> NDArray[np.void]:
        """The state of each probe, a record with the fields of State."""
        return self._blocks.states.reshape(-1)

    @property
    def demands(self) -> NDArray[np.void]:
        """What is asked of each probe, to be written to: fields of Demand."""
        return self._blocks.demands.reshape(-1)

    @property
    def damages(self) -> NDArray[np.void]:
        """What is broken in each probe, to be written to: fields of Damage."""
        return self._blocks.damages.reshape(-1)

    def advance(self, dt_ms: int) -> None:
        """Let `dt_ms` pass, a multiple of STEP_MS, under the demands and damages in force."""
        assert dt_ms % STEP_MS == 0, "the plant moves in whole steps"
        steps, blocks = dt_ms // STEP_MS, self._blocks.states.shape[0]
        if self._threads is None:
            self._advance(0, blocks, steps)
        else:
            cuts = np.linspace(0, blocks, self._cores + 1).astype(int)
            shares = [self._threads.submit(self._advance, int(first), int(last), steps)
                      for first, last in zip(cuts, cuts[1:])]
            for share in shares:
                share.result()
        self.step += steps

    def _advance(self, first: int, last: int, steps: int) -> None:
        kernel.advance(first, last, steps, self.step, self._tissue_steps, self._has_front,
                       *self._arrays, *TABLES)

    def enthalpy_j_per_m3(self, probe: int) -> NDArray[np.float64]:
        """Return what each shell of one probe holds."""
        block, lane = divmod(probe, self._lanes)
        whole: NDArray[np.float64] = self._body.enthalpy_j_per_m3[block, lane::self._lanes]
        return whole

    def temperatures_c(self, probe: int) -> NDArray[np.float64]:
        """Return the temperature of each shell of one probe, inside to outside."""
        temperature_c, p = plain(tissue.temperature_c), self.parameters[probe]
        return np.array([temperature_c(h, p) for h in self.enthalpy_j_per_m3(probe).tolist()])

    def ice(self, probe: int) -> Ice:
        """Return how far the cold has come around one probe."""
        p, radius_mm = self.parameters[probe], self.grids[probe].radius_mm
        temperatures_c = self.temperatures_c(probe)
        edges_c = (0.5 * (p.freezing_begins_c + p.freezing_ends_c), 0.0, -20.0)
        return Ice(*(shells.isotherm_mm(temperatures_c, edge_c, radius_mm)
                     for edge_c in edges_c))

    def bytes_per_probe(self) -> int:
        """Return the memory that one probe's state takes."""
        arrays = [*self._blocks, *self._body]
        return sum(int(array.nbytes) for array in arrays) // len(self.states)


class Plant:
    """One probe."""

    def __init__(self, parameters: Parameters = NOMINAL) -> None:
        self.parameters = parameters
        self._plants = Plants([parameters], lanes=1)
        self.standard_g_per_l = float(  # of the cryogen at 0 °C and 1 atm
            TABLES.scales[int(parameters.cryogen), properties.STANDARD_G_PER_L])
        self._asked: tuple[Demand, Damage] = (NOTHING, SOUND)

    @property
    def now_ms(self) -> int:
        """Return the time that has passed."""
        return self._plants.step * STEP_MS

    def advance(self, dt_ms: int, demand: Demand, damage: Damage = SOUND) -> None:
        """Let `dt_ms` pass, a multiple of STEP_MS, under one demand and one damage."""
        if self._asked[0] != demand:
            self._plants.demands[0] = demand
        if self._asked[1] != damage:
            self._plants.damages[0] = damage
        self._asked = (demand, damage)
        self._plants.advance(dt_ms)

    @property
    def state(self) -> State:
        """What changes; a record of numpy numbers."""
        record: State = self._plants.states[0]
        return record

    def full_flow_g_per_s(self) -> float:
        """Return the flow of a sound, fully open, choked valve at the present supply."""
        s = self.state
        return float(1e-3 * self.parameters.nozzle_mm2 * s.flux_per_bar * s.supply_bar)

    def seen(self) -> Sensed:
        """Return what perfect sensors would show now."""
        p = self.parameters
        row: tuple[float, ...] = self._plants.states[0].item()
        through = row[FLOW] + row[LOST]
        return Sensed(row[BEAD], row[BEAD_B], row[BEAD_SKIN], gauge_kpa(row[SUPPLY], p),
                      gauge_kpa(row[BACK], p), through * 60.0 / self.standard_g_per_l)

    def ice(self) -> Ice:
        """Return how far the cold has come."""
        return self._plants.ice(0)

    def temperatures_c(self) -> NDArray[np.float64]:
        """Return the temperature of each shell, inside to outside."""
        return self._plants.temperatures_c(0)

    def enthalpy_j_per_m3(self) -> NDArray[np.float64]:
        """Return what each shell holds, inside to outside."""
        return self._plants.enthalpy_j_per_m3(0)

    def tissue_j(self) -> float:
        """Return the enthalpy of all shells."""
        return float(np.sum(self.enthalpy_j_per_m3() * self._plants.grids[0].volume_m3))


def _blocks(rows: list[Parameters], grids: list[shells.Shells], lanes: int) -> kernel.Blocks:
    """Return the records and bodies of all rows, `lanes` to a block."""
    shape = (len(rows) // lanes, lanes)

    def table(values: Sequence[Any], dtype: np.dtype[Any]) -> NDArray[np.void]:
        return np.array([tuple(value) for value in values], dtype=dtype).reshape(shape)

    parameters = table(rows, PARAMETERS)
    states = np.zeros(shape, dtype=STATE)
    for s, p, flat in zip(states.reshape(-1), rows, parameters.reshape(-1)):
        _rest(s, p, flat)
    ring = max(int(max(p.dead_ms for p in rows)) // STEP_MS, 1)
    outside = [int(np.searchsorted(grid.radius_mm, p.skin_depth_mm))
               for grid, p in zip(grids, rows)]
    film = [p.air_w_per_m2k * p.skin_depth_mm * 1e-3 for p in rows]
    return kernel.Blocks(
        states, table([NOTHING] * len(rows), DEMAND), table([SOUND] * len(rows), DAMAGE),
        parameters, table([gains_of(p) for p in rows], GAINS),
        np.zeros((*shape, ring)),
        np.array([grid.surface_m2 for grid in grids]).reshape(shape),
        np.array([x / (p.unfrozen_w_per_mk + x) for x, p in zip(film, rows)]).reshape(shape),
        np.array(outside).reshape(shape),
    )


def _bodies(rows: list[Parameters], grids: list[shells.Shells], lanes: int) -> tissue.Body:
    """Return the tissue of all rows, blocks in front."""
    bodies = [tissue.body(grids[i:i + lanes], rows[i:i + lanes])
              for i in range(0, len(rows), lanes)]
    return tissue.Body(*(np.stack(arrays) for arrays in zip(*bodies)))


def _rest(s: Any, p: Parameters, flat: Any) -> None:
    """Set a state to rest: room, body and cylinder as they are before the first use."""
    s.cylinder_g = p.cylinder_g
    s.cylinder_j = plain(filled_j)(p.cylinder_g, p.cylinder_l, p.room_c, int(p.cryogen), TABLES)
    s.spare_g = -1.0
    s.cylinder_c, s.cylinder_bar = p.room_c, 50.0
    plain(settle)(s, np.array([tuple(SOUND)], dtype=DAMAGE)[0], flat, TABLES)
    s.supply_bar = s.cylinder_bar
    s.back_bar = p.atmosphere_bar
    s.tip_c = s.shaft_c = s.bead_c = s.bead_b_c = p.body_c
    share = p.air_w_per_m2k * p.skin_depth_mm * 1e-3
    share /= p.unfrozen_w_per_mk + share
    s.skin_c = s.bead_skin_c = p.body_c + share * (p.room_c - p.body_c)
