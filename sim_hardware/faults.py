"""FAULTS: one row per fault, what it does to what, and how it is undone.

It does not decide when: SimProbe injects, clears and schedules. `parse_fault` reads the command
line's NAME[@SECONDS][,key=value...].
"""

from collections.abc import Callable, Mapping
from math import inf, nan
from typing import NamedTuple

from hal.errors import NoReply, OutOfRange
from sim_hardware.plant.parameters import NOMINAL
from sim_hardware.plant.records import SOUND, Damage
from sim_hardware.plant.sensors import RIGHT, Wiring
from sim_hardware.plant.supply import absolute_bar

Values = Mapping[str, float]


class Key(NamedTuple):
    """A number that a fault takes."""

    name: str
    default: float
    unit: str  # "" for a share of 1
    low: float  # NaN: any float is taken, NaN and infinity too
    high: float
    sound: float = nan  # where its growth begins; NaN: it does not grow
    is_whole: bool = False  # only whole numbers are taken


class Sample(NamedTuple):
    """What a sound channel would say, and what a broken one makes its answer from."""

    channel: str
    value: float  # of the newest conversion
    held: float  # what was read last before the fault came
    noise: float  # of the newest conversion
    faulty_s: float  # since the fault came, at the newest conversion
    past: Callable[[float], float]  # the conversion of so many seconds before


def _sound(damage: Damage, values: Values) -> Damage:
    return damage


def _right(wiring: Wiring, values: Values) -> Wiring:
    return wiring


def _honest(sample: Sample, values: Values) -> float:
    return sample.value


def _fresh(values: Values) -> float:
    return 0.0


class Fault(NamedTuple):
    """One thing that can break: in the plant, in a thermocouple's wiring, or in what is read."""

    name: str
    does: str
    undone: str
    keys: tuple[Key, ...] = ()
    damage: Callable[[Damage, Values], Damage] = _sound
    channels: tuple[str, ...] = ()
    wire: Callable[[Wiring, Values], Wiring] = _right
    read: Callable[[Sample, Values], float] = _honest
    late_s: Callable[[Values], float] = _fresh  # how much older than it looks is what is read


def _open(sample: Sample, values: Values) -> float:
    raise OutOfRange(sample.channel + ": open thermocouple")


def _silent(sample: Sample, values: Values) -> float:
    raise NoReply(sample.channel + ": does not answer")


def _unplugged(sample: Sample, values: Values) -> float:
    if sample.channel == "probe_id":
        raise NoReply("probe_id: no probe")
    return _open(sample, values)


def _another(sample: Sample, values: Values) -> float:
    return sample.value + 1.0


def _stuck(sample: Sample, values: Values) -> float:
    return sample.held


def _drifted(sample: Sample, values: Values) -> float:
    return sample.value + values["rate_c_per_s"] * sample.faulty_s


def _offset(sample: Sample, values: Values) -> float:
    return sample.value + values["offset_c"]


def _noisy(sample: Sample, values: Values) -> float:
    return sample.value + (values["times"] - 1.0) * sample.noise


def _late(sample: Sample, values: Values) -> float:
    return sample.past(values["delay_s"])


def _intermittent(sample: Sample, values: Values) -> float:
    if sample.faulty_s % values["period_s"] < values["share"] * values["period_s"]:
        return _open(sample, values)
    return sample.value


def _value(sample: Sample, values: Values) -> float:
    return values["value"]


def _nan(sample: Sample, values: Values) -> float:
    return nan


def _one(sample: Sample, values: Values) -> float:
    return 1.0


def _zero(sample: Sample, values: Values) -> float:
    return 0.0


def _breaks(field: str, key: str) -> Callable[[Damage, Values], Damage]:
    """Return what puts one key's number into one field of the damage."""
    return lambda damage, values: damage._replace(**{field: values[key]})


def _supplies(damage: Damage, values: Values) -> Damage:
    return damage._replace(supply_bar=absolute_bar(values["kpa"], NOMINAL))


def _shorted(wiring: Wiring, values: Values) -> Wiring:
    return wiring._replace(is_short=True)


def _mistaken(wiring: Wiring, values: Values) -> Wiring:
    return wiring._replace(converter_type=int(values["type"]))


def _amplified(wiring: Wiring, values: Values) -> Wiring:
    return wiring._replace(gain=values["gain"], offset_mv=values["offset_mv"])


def _cold_junction(wiring: Wiring, values: Values) -> Wiring:
    return wiring._replace(cold_junction_k=values["error_k"])


TIP = ("tip",)
TIP_B = ("tip_b",)
AT_ONCE = "clear: the next reading is sound"
NEXT = "clear: the next conversion is sound"
RATE = Key("rate_c_per_s", 0.5, "°C/s", -100.0, 100.0)
OFFSET = Key("offset_c", 5.0, "°C", -200.0, 200.0, 0.0)
PRESSURE_BACK = "clear: the cylinder's pressure comes back within two seconds"
FOLLOWS = "clear: the valve follows again"

# Every fault takes these as well.
TIMES = (
    Key("onset_s", 0.0, "s", 0.0, 3600.0),  # it grows evenly so long; what cannot grow waits
    Key("lasts_s", inf, "s", 0.001, inf),  # then it is undone
)

FAULTS = (
    Fault("tip_open", "the tip thermocouple breaks; the device says open", AT_ONCE,
          channels=TIP, read=_open),
    Fault("tip_short", "the tip thermocouple's wires touch; it reads the cold junction, unflagged",
          NEXT, channels=TIP, wire=_shorted),
    Fault("tip_stuck", "the tip sensor repeats its last value, with a fresh age", AT_ONCE,
          channels=TIP, read=_stuck),
    Fault("tip_drift", "the tip sensor departs from the truth steadily", AT_ONCE,
          (RATE,), channels=TIP, read=_drifted),
    Fault("tip_offset", "the tip sensor is wrong by a constant", AT_ONCE,
          (OFFSET,), channels=TIP, read=_offset),
    Fault("tip_noisy", "the tip sensor's noise is this many times as large", AT_ONCE,
          (Key("times", 10.0, "times", 1.0, 1000.0, 1.0),), channels=TIP, read=_noisy),
    Fault("tip_late", "the tip sensor's readings come late, and their age says so", AT_ONCE,
          (Key("delay_s", 1.0, "s", 0.05, 5.0),), channels=TIP, read=_late,
          late_s=lambda values: values["delay_s"]),
    Fault("tip_intermittent", "the tip thermocouple is open for a share of each period", AT_ONCE,
          (Key("share", 0.3, "", 0.0, 1.0), Key("period_s", 1.0, "s", 0.1, 60.0)),
          channels=TIP, read=_intermittent),
    Fault("tip_wrong_type", "the tip's converter takes it for another type: 0 K, 1 T, 2 E, 3 N",
          NEXT, (Key("type", 0.0, "", 0.0, 3.0, is_whole=True),), channels=TIP, wire=_mistaken),
    Fault("tip_cold_junction", "the tip's converter mistakes its own temperature by this", NEXT,
          (Key("error_k", 10.0, "K", -60.0, 60.0, 0.0),), channels=TIP, wire=_cold_junction),
    Fault("tip_amplifier", "the tip's amplifier has drifted: gain, and offset of the emf", NEXT,
          (Key("gain", 1.03, "times", 0.5, 2.0, 1.0), Key("offset_mv", 0.0, "mV", -5.0, 5.0, 0.0)),
          channels=TIP, wire=_amplified),
    Fault("tip_value", "the tip sensor returns exactly this float, unflagged", AT_ONCE,
          (Key("value", nan, "°C", nan, nan),), channels=TIP, read=_value),
    Fault("tip_nan", "the tip sensor returns NaN, unflagged", AT_ONCE, channels=TIP, read=_nan),
    Fault("tip_b_open", "the second tip thermocouple breaks; the device says open", AT_ONCE,
          channels=TIP_B, read=_open),
    Fault("tip_b_drift", "the second tip sensor departs from the truth steadily", AT_ONCE,
          (RATE,), channels=TIP_B, read=_drifted),
    Fault("skin_open", "the skin thermocouple breaks; the device says open", AT_ONCE,
          channels=("skin",), read=_open),
    Fault("skin_drift", "the skin's reading departs from the truth steadily", AT_ONCE,
          (RATE,), channels=("skin",), read=_drifted),
    Fault("cold_junction_silent", "the converter does not tell its own temperature", AT_ONCE,
          channels=("cold_junction",), read=_silent),
    Fault("supply_silent", "the supply gauge does not answer", AT_ONCE,
          channels=("supply",), read=_silent),
    Fault("exhaust_silent", "the exhaust gauge does not answer", AT_ONCE,
          channels=("exhaust",), read=_silent),
    Fault("flow_silent", "the flow meter does not answer", AT_ONCE,
          channels=("flow",), read=_silent),
    Fault("pedal_stuck", "the pedal says pressed, whatever the foot does", AT_ONCE,
          channels=("pedal",), read=_one),
    Fault("pedal_released", "the pedal says released: a foot that slips off, a broken wire",
          AT_ONCE, channels=("pedal",), read=_zero),
    Fault("supply_loss", "the supply falls to a pressure within a few tenths of a second",
          PRESSURE_BACK, (Key("kpa", 1500.0, "kPa", 0.0, 7000.0),), _supplies),
    Fault("supply_high", "the supply rises to a pressure within a few tenths of a second",
          PRESSURE_BACK, (Key("kpa", 6600.0, "kPa", 0.0, 7000.0),), _supplies),
    Fault("supply_empty", "a small cylinder of 0.4 L that runs out is put in place of ours; its "
          "pressure fails as it is drawn", "clear: our cylinder is put back",
          (Key("grams", 40.0, "g", 0.0, 250.0),), _breaks("spare_g", "grams")),
    Fault("wrong_cylinder", "a cylinder with a dip tube: this share of the feed is liquid",
          "clear: vapour again within a tenth of a second",
          (Key("share", 1.0, "", 0.0, 1.0, 0.0),), _breaks("liquid_share", "share")),
    Fault("moisture", "water in the gas, by mass; it freezes in the nozzle of a cold tip",
          "clear: the gas is dry; ice in the nozzle melts when the tip is above 0 °C",
          (Key("ppm", 1000.0, "ppm", 0.0, 100_000.0, 0.0),), _breaks("moisture_ppm", "ppm")),
    Fault("exhaust_blocked", "the exhaust resists this many times more; back pressure rises",
          "clear: the exhaust is free", (Key("times", 100.0, "times", 1.0, 10000.0, 1.0),),
          _breaks("exhaust_times", "times")),
    Fault("valve_stuck_open", "the valve stands at this opening, whatever is asked",
          FOLLOWS, (Key("fraction", 0.6, "", 0.0, 1.0),), _breaks("valve_stuck_at", "fraction")),
    Fault("valve_stuck_shut", "the valve stays shut, whatever is asked", FOLLOWS,
          damage=lambda damage, values: damage._replace(valve_stuck_at=0.0)),
    Fault("valve_slow", "the valve takes this many times as long", FOLLOWS,
          (Key("times", 10.0, "times", 1.0, 1000.0, 1.0),), _breaks("valve_slow_times", "times")),
    Fault("valve_leak", "the valve lets this share through when it is shut",
          "clear: it shuts tight", (Key("fraction", 0.1, "", 0.0, 1.0, 0.0),),
          _breaks("valve_leak", "fraction")),
    Fault("nozzle_clog", "this share of the nozzle is blocked; flow falls by it",
          "clear: the nozzle is free", (Key("fraction", 0.9, "", 0.0, 1.0, 0.0),),
          _breaks("clog_fraction", "fraction")),
    Fault("tube_burst", "the tube before the nozzle bursts: this many times the flow escapes, and "
          "the supply falls", "clear: the tube is whole",
          (Key("times", 5.0, "times", 0.0, 20.0, 0.0),), _breaks("burst_times", "times")),
    Fault("probe_unplugged", "no gas, no heater power; both tip thermocouples read open",
          "clear: the probe is plugged in again",
          damage=lambda damage, values: damage._replace(is_unplugged=1.0),
          channels=("tip", "tip_b", "probe_id"), read=_unplugged),
    Fault("probe_out_of_tissue", "this share of the active part hangs in room air",
          "clear: it is in the tissue again", (Key("share", 1.0, "", 0.0, 1.0, 0.0),),
          _breaks("out_share", "share")),
    Fault("probe_swapped", "another probe: wall and nozzle are this many times ours",
          "clear: our probe again", (Key("times", 0.5, "times", 0.1, 3.0, 1.0),),
          _breaks("swapped_times", "times"), channels=("probe_id",), read=_another),
    Fault("heater_stuck", "the heater heats at this share, whatever is asked",
          "clear: the heater follows again", (Key("fraction", 0.5, "", 0.0, 1.0),),
          _breaks("heater_stuck_at", "fraction")),
    Fault("perfusion_jump", "blood flows this many times as fast", "clear: as before",
          (Key("times", 5.0, "times", 0.0, 50.0, 1.0),), _breaks("perfusion_times", "times")),
    Fault("estop", "the emergency stop is pressed; its loop takes the power from valve, isolator "
          "and heater", "clear: released; the outputs follow what is asked again",
          channels=("estop",), read=_zero),
)


def grown(fault: Fault, values: Values, faulty_s: float) -> dict[str, float] | None:
    """Return the values that a fault has reached; None when it cannot grow and waits for its onset.

    Keys with a sound value grow from it in a straight line; a fault without such a key, or whose
    others do not grow either, comes at once when the onset is over.
    """
    share = faulty_s / values["onset_s"] if values["onset_s"] > 0.0 else 1.0
    if share >= 1.0:
        return dict(values)
    growing = [key for key in fault.keys if key.sound == key.sound]
    if not growing:
        return None
    reached = dict(values)
    for key in growing:
        reached[key.name] = key.sound + share * (values[key.name] - key.sound)
    return reached


def effect(active: list[tuple[Fault, dict[str, float]]]) -> tuple[Damage, dict[str, Wiring]]:
    """Return what faults with these values break in the plant, and which channels' wiring."""
    damage, wirings = SOUND, dict.fromkeys(("tip", "tip_b", "skin"), RIGHT)
    for fault, values in active:
        damage = fault.damage(damage, values)
        for channel in fault.channels:
            if channel in wirings:
                wirings[channel] = fault.wire(wirings[channel], values)
    return damage, {channel: wiring for channel, wiring in wirings.items() if wiring != RIGHT}


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
    keys = (*fault.keys, *TIMES)
    known = [key.name for key in keys]
    for name in values:
        if name not in known:
            raise ValueError(f"{fault.name} has no key {name!r}; it takes: {', '.join(known)}")
    chosen = {key.name: float(values.get(key.name, key.default)) for key in keys}
    for key in keys:
        value = chosen[key.name]
        if key.low == key.low and not (key.low <= value <= key.high):
            raise ValueError(f"{fault.name}: {key.name} {value:g} is outside "
                             f"{key.low:g}..{key.high:g} {key.unit}".rstrip())
        if key.is_whole and value % 1.0 != 0.0:
            raise ValueError(f"{fault.name}: {key.name} {value:g} is not a whole number")
    return chosen
