"""SimProbe: plant, sensors, faults and leased outputs under one integer time.

It reads no clock and never waits: time moves only in advance(). What is asked of it, in which
millisecond, and the seed decide every bit; how the time is cut into advances does not.
"""

from collections import deque
from contextlib import suppress
from math import ceil, inf
from random import Random
from types import MappingProxyType

from hal.errors import HalError
from hal.interface import Measured
from sim_hardware import faults
from sim_hardware.active_faults import Active, Conversion, said
from sim_hardware.fault_orders import FaultOrder
from sim_hardware.plant import sensors
from sim_hardware.plant.parameters import NOMINAL, STEP_MS, Parameters
from sim_hardware.plant.plant import Plant
from sim_hardware.plant.records import NOTHING, SOUND, Demand
from sim_hardware.truth import Truth, truth_of

CHANNELS = ("tip", "tip_b", "skin", "supply", "exhaust", "flow", "estop", "cold_junction", "pedal",
            "probe_id")
CHIP = 1.0  # what the probe's own chip says
PAST_S = 5.0  # as late as a sensor can be made
NO_VALUES: faults.Values = MappingProxyType({})


class SimProbe:
    """One simulated probe. Without `isolator_fitted` gas always comes as far as the valve; without
    `heater_relay_fitted` power always comes as far as the heater."""

    def __init__(self, seed: int = 1, parameters: Parameters = NOMINAL,
                 isolator_fitted: bool = True, heater_relay_fitted: bool = False) -> None:
        self.now_ms = 0
        self._parameters = parameters
        self._plant = Plant(parameters)
        self._random = Random(seed)
        self._isolator_fitted = isolator_fitted
        self._heater_relay_fitted = heater_relay_fitted
        self._idle = NOTHING._replace(isolator_open=float(not isolator_fitted),
                                      heater_cut=float(heater_relay_fitted))
        self._demand = self._idle
        self._pedal = 0.0  # 1: pressed
        self._lease_ends_ms: dict[str, int] = {}
        self._active: dict[str, Active] = {}
        self._damage = SOUND
        self._wirings: dict[str, sensors.Wiring] = {}
        self._past: deque[sensors.Sensed] = deque(
            maxlen=int(PAST_S * 1000.0 / parameters.convert_ms) + 1)
        self._scheduled: list[FaultOrder] = []
        self._convert()

    def demand_valve(self, fraction: float, lease_ms: int | None) -> None:
        """Ask for an opening, 0..1, anything else shuts; for `lease_ms`, None for ever."""
        self._lease(self._demand._replace(valve_fraction=_fraction(fraction)),
                    "valve_fraction", lease_ms)

    def demand_heater(self, fraction: float, lease_ms: int | None) -> None:
        """Ask for a share of full heat, 0..1, anything else is off; leased likewise."""
        self._lease(self._demand._replace(heater_fraction=_fraction(fraction)),
                    "heater_fraction", lease_ms)

    def demand_isolator(self, is_open: bool, lease_ms: int | None) -> None:
        """Ask for the isolator; without one this does nothing."""
        if self._isolator_fitted:
            self._lease(self._demand._replace(isolator_open=float(bool(is_open))),
                        "isolator_open", lease_ms)

    def demand_heater_relay(self, is_closed: bool, lease_ms: int | None) -> None:
        """Ask for the relay that lets power come to the heater; without one this does nothing."""
        if self._heater_relay_fitted:
            self._lease(self._demand._replace(heater_cut=float(not is_closed)), "heater_cut",
                        lease_ms)

    def press_pedal(self, is_pressed: bool) -> None:
        """Put the foot on the pedal, or take it off."""
        self._pedal = float(is_pressed)

    def demanded(self) -> Demand:
        """Return what is asked for now; a lease that ends now has ended."""
        return self._demand

    def valve_full_flow_slpm(self) -> float:
        """Return the flow of the fully open valve at the present supply, standard L/min."""
        return self._plant.full_flow_g_per_s() * 60.0 / self._plant.standard_g_per_l

    def sense(self, channel: str) -> Measured:
        """Return the newest conversion: °C, kPa gauge, standard L/min, estop 1.0 released.

        Raises HalError when the device itself would say that the value is not to be trusted,
        KeyError for a channel that is not in CHANNELS.
        """
        if channel not in CHANNELS:
            raise KeyError(channel)
        return said(self._sound(channel), self._active.values(), self.now_ms)

    def _sound(self, channel: str) -> Conversion:
        """Return what a channel would say without faults."""
        p = self._parameters
        at_once = {"estop": 1.0, "pedal": self._pedal, "probe_id": CHIP,  # not converted
                   "cold_junction": p.cold_junction_c
                   + self._wirings.get("tip", sensors.RIGHT).cold_junction_k}.get(channel)
        if at_once is not None:
            return Conversion(channel, at_once, 0.0, self.now_ms, lambda delay_s: at_once)
        value: float = getattr(self._sensed, channel)
        return Conversion(channel, value, value - getattr(self._seen, channel),
                          self._converted_ms, lambda delay_s: self._was(channel, delay_s))

    def _was(self, channel: str, delay_s: float) -> float:
        """Return the conversion of so many seconds ago, or the oldest there is."""
        back = min(round(delay_s * 1000.0 / self._parameters.convert_ms), len(self._past) - 1)
        value: float = getattr(self._past[-1 - back], channel)
        return value

    def truth(self) -> Truth:
        """Return what really is."""
        return truth_of(self._plant, self.now_ms)

    def inject(self, name: str, values: faults.Values = NO_VALUES) -> None:
        """Begin a fault now, in place of the same one; raises ValueError as faults.py says."""
        fault = faults.fault_called(name)
        values = faults.completed(fault, values)
        self._active.pop(name, None)
        self._active[name] = Active(fault, values, self.now_ms, False, self._sensed)
        self._come()
        self._take_damage()

    def clear(self, name: str | None = None) -> None:
        """Undo one fault, or all, and what is scheduled of it; raises ValueError for no such."""
        if name is None:
            self._active.clear()
            self._scheduled.clear()
        else:
            self._active.pop(faults.fault_called(name).name, None)
            self._scheduled = [order for order in self._scheduled if order.name != name]
        self._take_damage()

    def active_faults(self) -> tuple[str, ...]:
        """Return the names of the faults at work, oldest first."""
        return tuple(self._active)

    def schedule(self, at_ms: int, name: str, values: faults.Values = NO_VALUES) -> None:
        """Begin a fault exactly at `at_ms`; at once when that has come. Raises ValueError."""
        order = FaultOrder(name, at_ms, faults.completed(faults.fault_called(name), values))
        self._scheduled.append(order)
        self._scheduled.sort(key=lambda waiting: waiting.at_ms)
        self._happen()

    def advance(self, dt_ms: int) -> None:
        """Let `dt_ms` pass."""
        self.advance_to(self.now_ms + dt_ms)

    def advance_to(self, now_ms: int) -> None:
        """Let time pass until `now_ms`; nothing when that is not later."""
        while self.now_ms < now_ms:
            self._run_to(ceil(min(now_ms, self._next_event_ms())))
            self._happen()

    def _run_to(self, end_ms: int) -> None:
        # A step is taken when its end is reached, with what is in force just before that: so it
        # does not matter how the way there was cut.
        plant, demand = self._plant, self._effective()
        convert_ms = int(self._parameters.convert_ms)
        while plant.now_ms + STEP_MS <= end_ms:
            next_ms = min(end_ms, plant.now_ms - plant.now_ms % convert_ms + convert_ms)
            if self._grows():
                self._take_damage(plant.now_ms)
                next_ms = plant.now_ms + STEP_MS
            plant.advance((next_ms - plant.now_ms) // STEP_MS * STEP_MS, demand, self._damage)
            if plant.now_ms % convert_ms == 0:
                self._convert()
        self.now_ms = end_ms

    def _next_event_ms(self) -> float:
        scheduled_ms = self._scheduled[0].at_ms if self._scheduled else inf
        ends_ms = [active.ends_ms() for active in self._active.values()]
        come_ms = [active.comes_ms() for active in self._active.values() if not active.has_come]
        return min(scheduled_ms, *self._lease_ends_ms.values(), *ends_ms, *come_ms, inf)

    def _happen(self) -> None:
        """Do what is due at this very millisecond."""
        for output in [o for o, end_ms in self._lease_ends_ms.items() if end_ms <= self.now_ms]:
            del self._lease_ends_ms[output]
            self._demand = self._demand._replace(**{output: getattr(self._idle, output)})
        for name in [n for n, active in self._active.items() if active.ends_ms() <= self.now_ms]:
            del self._active[name]
            self._take_damage()
        self._come()
        while self._scheduled and self._scheduled[0].at_ms <= self.now_ms:
            order = self._scheduled.pop(0)
            self.inject(order.name, order.values)

    def _come(self) -> None:
        """Let faults whose onset is over take hold of what is read at this very millisecond."""
        for name, active in self._active.items():
            if active.has_come or self.now_ms < active.comes_ms():
                continue
            others = [other for other in self._active.values() if other is not active]
            held = self._sensed
            for channel in set(active.fault.channels) & set(sensors.Sensed._fields):
                with suppress(HalError):  # a silent channel holds what was converted
                    read = said(self._sound(channel), others, self.now_ms)
                    held = held._replace(**{channel: read.value})
            self._active[name] = active._replace(has_come=True, held=held)
            self._take_damage()

    def _lease(self, demand: Demand, output: str, lease_ms: int | None) -> None:
        self._demand = demand
        self._lease_ends_ms.pop(output, None)
        if lease_ms is not None:
            self._lease_ends_ms[output] = self.now_ms + lease_ms
            self._happen()

    def _effective(self) -> Demand:
        """Return what reaches the actuators: a pressed emergency stop takes their power."""
        if not self._is_stopped():
            return self._demand
        return self._idle._replace(heater_cut=1.0)

    def _is_stopped(self) -> bool:
        return "estop" in self._active and self._active["estop"].has_come

    def _grows(self) -> bool:
        """Return whether some fault is still in its onset, or has just left it."""
        return any(self._plant.now_ms - active.since_ms
                   <= active.values["onset_s"] * 1000.0 + STEP_MS
                   for active in self._active.values() if active.values["onset_s"] > 0.0)

    def _take_damage(self, now_ms: int | None = None) -> None:
        """Work out what is broken, from the faults at work and how far they have grown."""
        at_ms = self.now_ms if now_ms is None else now_ms
        grown = [(active.fault, active.grown(at_ms)) for active in self._active.values()]
        self._damage, self._wirings = faults.effect(
            [(fault, values) for fault, values in grown if values is not None])

    def _convert(self) -> None:
        self._seen = self._plant.seen()
        self._sensed = sensors.convert(self._seen, self._wirings, self._random,
                                       self._parameters)
        self._past.append(self._sensed)
        self._converted_ms = self._plant.now_ms


def _fraction(asked: float) -> float:
    """Return `asked` when it is within 0..1, else 0: NaN and nonsense shut."""
    return float(asked) if 0.0 <= asked <= 1.0 else 0.0
