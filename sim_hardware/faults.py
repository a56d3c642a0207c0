"""FAULTS: one row per fault, what it does to what, and how it is undone.

It does not decide when: SimProbe injects, clears and schedules. `parse_fault` reads the command
line's NAME[@SECONDS][,key=value...].
"""

from collections.abc import Callable, Mapping
from math import inf, nan
from typing import NamedTuple

from hal.errors import OutOfRange
from sim_hardware.plant.plant import Damage

Values = Mapping[str, float]


class Key(NamedTuple):
    """A number that a fault takes."""

    name: str
    default: float
    unit: str  # "" for a share of 1
    low: float  # NaN: any float is taken, NaN and infinity too
    high: float


class Sample(NamedTuple):
    """What a sound channel would say, and what a broken one makes its answer from."""

    channel: str
    value: float  # of the newest conversion
    held: float  # of the last conversion before the fault began
    noise: float  # of the newest conversion
    faulty_s: float  # since the fault began, at the newest conversion
    cold_junction_c: float


def _sound(damage: Damage, values: Values) -> Damage:
    return damage


def _honest(sample: Sample, values: Values) -> float:
    return sample.value


class Fault(NamedTuple):
    """One thing that can break."""

    name: str
    does: str
    undone: str
    keys: tuple[Key, ...] = ()
    damage: Callable[[Damage, Values], Damage] = _sound
    channels: tuple[str, ...] = ()
    read: Callable[[Sample, Values], float] = _honest


class FaultOrder(NamedTuple):
    """A fault and when it begins."""

    name: str
    at_ms: int  # 0..; from the probe's birth
    values: dict[str, float]  # of every key of the fault


def _open(sample: Sample, values: Values) -> float:
    raise OutOfRange(sample.channel + ": open thermocouple")


def _short(sample: Sample, values: Values) -> float:
    return sample.cold_junction_c + sample.noise


def _stuck(sample: Sample, values: Values) -> float:
    return sample.held


def _drifted(sample: Sample, values: Values) -> float:
    return sample.value + values["rate_c_per_s"] * sample.faulty_s


def _offset(sample: Sample, values: Values) -> float:
    return sample.value + values["offset_c"]


def _value(sample: Sample, values: Values) -> float:
    return values["value"]


def _nan(sample: Sample, values: Values) -> float:
    return nan


def _pressed(sample: Sample, values: Values) -> float:
    return 0.0


TIP = ("tip",)
AT_ONCE = "clear: the next reading is sound"

FAULTS = (
    Fault("tip_open", "the tip thermocouple breaks; the device says open", AT_ONCE,
          channels=TIP, read=_open),
    Fault("tip_short", "the tip thermocouple's wires touch; it reads the cold junction, unflagged",
          AT_ONCE, channels=TIP, read=_short),
    Fault("tip_stuck", "the tip sensor repeats its last value, with a fresh age", AT_ONCE,
          channels=TIP, read=_stuck),
    Fault("tip_drift", "the tip sensor departs from the truth steadily", AT_ONCE,
          (Key("rate_c_per_s", 0.5, "°C/s", -100.0, 100.0),), channels=TIP, read=_drifted),
    Fault("tip_offset", "the tip sensor is wrong by a constant", AT_ONCE,
          (Key("offset_c", 5.0, "°C", -200.0, 200.0),), channels=TIP, read=_offset),
    Fault("tip_value", "the tip sensor returns exactly this float, unflagged", AT_ONCE,
          (Key("value", nan, "°C", nan, nan),), channels=TIP, read=_value),
    Fault("tip_nan", "the tip sensor returns NaN, unflagged", AT_ONCE, channels=TIP, read=_nan),
    Fault("tip_b_open", "the second tip thermocouple breaks; the device says open", AT_ONCE,
          channels=("tip_b",), read=_open),
    Fault("supply_loss", "the supply falls to a pressure within a few tenths of a second",
          "clear: the cylinder's pressure comes back within two seconds",
          (Key("kpa", 1500.0, "kPa", 0.0, 7000.0),),
          lambda damage, values: damage._replace(supply_kpa=values["kpa"])),
    Fault("supply_high", "the supply rises to a pressure within a few tenths of a second",
          "clear: the cylinder's pressure comes back within two seconds",
          (Key("kpa", 6600.0, "kPa", 0.0, 7000.0),),
          lambda damage, values: damage._replace(supply_kpa=values["kpa"])),
    Fault("exhaust_blocked", "the exhaust resists this many times more; back pressure rises",
          "clear: the exhaust is free", (Key("times", 100.0, "times", 1.0, 10000.0),),
          lambda damage, values: damage._replace(exhaust_times=values["times"])),
    Fault("valve_stuck_open", "the valve stands at this opening, whatever is asked",
          "clear: the valve follows again", (Key("fraction", 0.6, "", 0.0, 1.0),),
          lambda damage, values: damage._replace(valve_stuck_at=values["fraction"])),
    Fault("valve_stuck_shut", "the valve stays shut, whatever is asked",
          "clear: the valve follows again",
          damage=lambda damage, values: damage._replace(valve_stuck_at=0.0)),
    Fault("nozzle_clog", "this share of the nozzle is blocked; flow falls by it",
          "clear: the nozzle is free", (Key("fraction", 0.9, "", 0.0, 1.0),),
          lambda damage, values: damage._replace(clog_fraction=values["fraction"])),
    Fault("probe_unplugged", "no gas, no heater power; both tip thermocouples read open",
          "clear: the probe is plugged in again",
          damage=lambda damage, values: damage._replace(is_unplugged=True),
          channels=("tip", "tip_b"), read=_open),
    Fault("estop", "the emergency stop is pressed; its loop takes the power from valve, isolator "
          "and heater", "clear: released; the outputs follow what is asked again",
          channels=("estop",), read=_pressed),
)


def fault_called(name: str) -> Fault:
    """Return the row of FAULTS; raises ValueError that lists the names there are."""
    for fault in FAULTS:
        if fault.name == name:
            return fault
    known = ", ".join(fault.name for fault in FAULTS)
    raise ValueError(f"no fault is called {name!r}; there are: {known}")


def completed(fault: Fault, values: Values) -> dict[str, float]:
    """Return a value for every key of `fault`, defaults where `values` has none.

    Raises ValueError for an unknown key, which lists the known ones, and for a value outside
    its key's range (NaN is, unless any float is taken).
    """
    known = [key.name for key in fault.keys]
    for name in values:
        if name not in known:
            takes = "takes: " + ", ".join(known) if known else "takes no values"
            raise ValueError(f"{fault.name} has no key {name!r}; it {takes}")
    chosen = {key.name: float(values.get(key.name, key.default)) for key in fault.keys}
    for key in fault.keys:
        value = chosen[key.name]
        if key.low == key.low and not (key.low <= value <= key.high):
            raise ValueError(f"{fault.name}: {key.name} {value:g} is outside "
                             f"{key.low:g}..{key.high:g} {key.unit}".rstrip())
    return chosen


def parse_fault(text: str) -> FaultOrder:
    """Return the order in NAME[@SECONDS][,key=value...]; raises ValueError with one message."""
    head, *pairs = [part.strip() for part in text.split(",")]
    name, _, seconds = head.partition("@")
    fault = fault_called(name.strip())
    begins_s = _number(seconds, f"{fault.name}: seconds") if "@" in head else 0.0
    if not (0.0 <= begins_s < inf):
        raise ValueError(f"{fault.name}: seconds {begins_s:g} is outside 0..")
    values: dict[str, float] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise ValueError(f"{fault.name}: {pair!r} is not key=value")
        if key.strip() in values:
            raise ValueError(f"{fault.name}: {key.strip()} is given twice")
        values[key.strip()] = _number(value, f"{fault.name}: {key.strip()}")
    return FaultOrder(fault.name, round(begins_s * 1000.0), completed(fault, values))


def _number(text: str, what: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{what} {text.strip()!r} is not a number") from None
