"""What may stand in a rig file and a plan file: one field per line, with its range.

It does not judge how entries fit together, nor say what is wrong with one: config.py does.
"""

import re
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, WrapValidator

from controller.limits import limit_row
from controller.treatment import CYCLES_MAX

_TARGET = limit_row("target_c_min")
_HOLD = limit_row("freeze_s_max")
_THAW = limit_row("thaw_s_max")

RoleName = Literal["tip", "tip_b", "skin", "supply", "exhaust", "flow", "valve", "isolator",
                   "heater", "heater_relay", "estop", "cold_junction", "pedal", "probe_id",
                   "indicator"]


def _must_be(what: str, allows: Callable[[Any], object]) -> WrapValidator:
    """One sentence for a wrong type and a wrong value, so that the range is always told."""
    def judged(value: Any, typed: Callable[[Any], Any]) -> Any:
        try:
            sound = typed(value)
        except ValidationError:
            sound = None
        if sound is None or not allows(sound):
            raise ValueError(what)
        return sound

    return WrapValidator(judged)


def _number(low: float, high: float, unit: str) -> WrapValidator:
    return _must_be(f"a number of {low}..{high} {unit}", lambda value: low <= value <= high)


def _whole(low: int, high: int, unit: str) -> WrapValidator:
    return _must_be(f"a whole number of {low}..{high} {unit}".rstrip(),
                    lambda value: low <= value <= high)


def _text(pattern: str, what: str) -> WrapValidator:
    return _must_be(what, lambda value: re.fullmatch(pattern, value))


_Name = Annotated[str, _text(r"[A-Za-z0-9_-]{1,32}", "1..32 letters, digits, - and _")]
_Channel = Annotated[str, _text(r"[^\x00-\x1f]{1,8}", "a text of 1..8 characters")]
_Flow = Annotated[float, _must_be("a number above 0, at most 500 slpm",
                                  lambda value: 0.0 < value <= 500.0)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ProbeEntry(_Strict):
    """What probe the rig carries."""

    cryogen: Literal["N2O"]
    outer_diameter_mm: Annotated[float, _number(0.5, 5.0, "mm")]
    active_length_mm: Annotated[float, _number(2.0, 30.0, "mm")]
    identity: _Name
    # of the sound probe, its valve fully open at the usual supply
    full_flow_slpm: Annotated[float, _number(0.5, 50.0, "slpm")] = 12.0
    chip: Annotated[int, _whole(0, 10**9, "")] = 1  # what its probe_id says


class SimDevice(_Strict):
    """The in-process simulated probe."""

    kind: Literal["sim"]
    seed: Annotated[int, _whole(0, 2**31 - 1, "")] = 1
    medium: Literal["muscle", "fat", "nerve_bundle", "water_gel", "agar", "air",
                    "dry_in_air"] = "muscle"


class WireDevice(_Strict):
    """An instrument, or a bus of them, on one port."""

    kind: Literal["lakeshore218", "lakeshore336", "alicat"]
    port: Annotated[str, _text(r"[^\x00-\x1f]{1,200}", "a text of 1..200 characters")]
    baud: Annotated[int, _whole(300, 921600, "baud")]
    framing: Annotated[str, _text(r"[78][NEO][12]", "data bits 7 or 8, parity N, E or O, stop bits "
                                                    "1 or 2, as 8N1")] = "8N1"


class PanelDevice(_Strict):
    """An alarm lamp of Linux LEDs, and a beeper: hal/indicators.py."""

    kind: Literal["panel"]
    # directory below /sys/class/leds -> the colours it takes part in; together all three
    leds: dict[str, list[Literal["red", "yellow", "white"]]]
    beeper: str = ""  # event device, "" for none


class RoleEntry(_Strict):
    """Which channel of which device plays a role."""

    device: str
    channel: _Channel = ""
    full_scale_slpm: _Flow | None = None
    full_open_slpm: _Flow | None = None


class RigFile(_Strict):
    """A rig file as it is written."""

    name: _Name
    estop_test: bool = False  # a start needs the e-stop to have been pressed since power-up
    tick_ms: Annotated[int, _whole(20, 200, "ms")] = 100
    probe: ProbeEntry
    limits: dict[str, Any] = {}  # judged by the rows of LIMITS
    device: dict[str, Annotated[SimDevice | WireDevice | PanelDevice, Field(discriminator="kind")]]
    role: dict[RoleName, RoleEntry]


class CycleEntry(_Strict):
    """One cycle of a plan file. The ranges are the hard ones; a rig may allow less."""

    target_c: Annotated[float, _number(_TARGET.low, 0.0, "°C")]
    hold_s: Annotated[float, _number(1.0, _HOLD.high, "s")]
    thaw: Literal["passive", "active"] = "passive"
    thaw_s: Annotated[float, _number(0.0, _THAW.high, "s")] = 0.0
    thaw_to_c: Annotated[float, _number(-60.0, 35.0, "°C")]


class PlanFile(_Strict):
    """A plan file as it is written."""

    name: _Name
    about: Annotated[str, _text(r"(?s).{0,400}", "a text of at most 400 characters")] = ""
    cycle: Annotated[list[CycleEntry], Field(min_length=1, max_length=CYCLES_MAX)]
