"""Rig and plan files: TOML in, checked whole, every problem named with file, key, value and range.

It does not decide what is opened (assembly.py) nor what a plan does (controller/treatment.py).
"""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from controller.limits import LIMITS, Limits, limit_row, limits_from
from controller.records import Cycle, Plan, Refused
from controller.treatment import CYCLES_MAX, Treatment

_TARGET = limit_row("target_c_min")
_HOLD = limit_row("freeze_s_max")
_THAW = limit_row("thaw_s_max")

RoleName = Literal["tip", "tip_b", "skin", "supply", "exhaust", "flow", "valve", "isolator",
                   "heater", "estop"]


class ConfigError(Exception):
    """A file cannot be used. `problems` has one line per problem, ready for a person."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


_Model = TypeVar("_Model", bound=BaseModel)


class ProbeEntry(_Strict):
    """What probe the rig carries."""

    cryogen: Literal["N2O"]
    outer_diameter_mm: Annotated[float, Field(ge=0.5, le=5.0)]
    active_length_mm: Annotated[float, Field(ge=2.0, le=30.0)]
    identity: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")]


class SimDevice(_Strict):
    """The in-process simulated probe."""

    kind: Literal["sim"]
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 1


class WireDevice(_Strict):
    """An instrument, or a bus of them, on one port."""

    kind: Literal["lakeshore218", "lakeshore336", "alicat"]
    port: Annotated[str, Field(min_length=1, max_length=200)]
    baud: Annotated[int, Field(ge=300, le=921600)]
    framing: Annotated[str, Field(pattern=r"^[78][NEO][12]$")] = "8N1"


class RoleEntry(_Strict):
    """Which channel of which device plays a role."""

    device: str
    channel: Annotated[str, Field(min_length=1, max_length=8)] = ""
    full_scale_slpm: Annotated[float, Field(gt=0.0, le=500.0)] | None = None
    full_open_slpm: Annotated[float, Field(gt=0.0, le=500.0)] | None = None


class RigFile(_Strict):
    """A rig file as it is written."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
    tick_ms: Annotated[int, Field(ge=20, le=200)] = 100
    probe: ProbeEntry
    limits: dict[str, float] = {}
    device: dict[str, Annotated[SimDevice | WireDevice, Field(discriminator="kind")]]
    role: dict[RoleName, RoleEntry]


class CycleEntry(_Strict):
    """One cycle of a plan file. The ranges are the hard ones; a rig may allow less."""

    target_c: Annotated[float, Field(ge=_TARGET.low, le=0.0)]
    hold_s: Annotated[float, Field(ge=1.0, le=_HOLD.high)]
    thaw: Literal["passive", "active"] = "passive"
    thaw_s: Annotated[float, Field(ge=0.0, le=_THAW.high)] = 0.0
    thaw_to_c: Annotated[float, Field(ge=-60.0, le=35.0)]


class PlanFile(_Strict):
    """A plan file as it is written."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
    about: Annotated[str, Field(max_length=400)] = ""
    cycle: Annotated[list[CycleEntry], Field(min_length=1, max_length=CYCLES_MAX)]


class Rig:
    """A rig that was checked: the file's entries, its limits and where it was read from."""

    def __init__(self, path: Path, text: str, entries: RigFile, limits: Limits) -> None:
        self.path = path
        self.text = text
        self.entries = entries
        self.limits = limits

    @property
    def simulated(self) -> bool:
        """True when the probe is the in-process simulated one."""
        return all(isinstance(device, SimDevice) for device in self.entries.device.values())

    @property
    def has_heater(self) -> bool:
        """True when an active thaw is possible."""
        return "heater" in self.entries.role

    def port_of(self, device: WireDevice) -> str:
        """Return the port's address; a relative path counts from the rig file's folder."""
        if "://" in device.port:
            return device.port
        return str(self.path.resolve().parent / device.port)


def load_rig(path: Path) -> Rig:
    """Return the checked rig of the TOML file at `path`; raises ConfigError with every problem."""
    text, table = _read_toml(path)
    entries = _validated(RigFile, path, table)
    problems = [f"{path}: {problem}" for problem in _rig_problems(entries)]
    known = [row.name for row in LIMITS]
    limits = limits_from()
    try:
        limits = limits_from(tuple(pair for pair in entries.limits.items() if pair[0] in known))
    except Refused as refusal:
        problems.append(f"{path}: limits: {refusal.text}")
    if problems:
        raise ConfigError(problems)
    return Rig(path, text, entries, limits)


def load_plan(path: Path, limits: Limits, heater: bool) -> tuple[Plan, str]:
    """Return the plan of the TOML file at `path` and its text, checked against the rig's `limits`;
    raises ConfigError with every problem."""
    text, table = _read_toml(path)
    entries = _validated(PlanFile, path, table)
    plan = Plan(entries.name, tuple(
        Cycle(c.target_c, c.hold_s, c.thaw, c.thaw_s, c.thaw_to_c) for c in entries.cycle))
    try:
        Treatment(limits, heater).check(plan)
    except Refused as refusal:
        raise ConfigError([f"{path}: {refusal.text}"]) from None
    return plan, text


def _read_toml(path: Path) -> tuple[str, dict[str, Any]]:
    try:
        text = path.read_bytes().decode("utf-8")
        return text, tomllib.loads(text)
    except FileNotFoundError:
        raise ConfigError([f"{path}: there is no such file"]) from None
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read: {error.strerror}"]) from None
    except UnicodeDecodeError as error:
        raise ConfigError([f"{path}: is not UTF-8 text (byte {error.start})"]) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"{path}: is not TOML: {error}"]) from None


def _validated(model: type[_Model], path: Path, table: dict[str, Any]) -> _Model:
    try:
        return model.model_validate(table)
    except ValidationError as error:
        raise ConfigError([_problem(path, problem) for problem in error.errors()]) from None


def _problem(path: Path, problem: Any) -> str:
    key = ".".join(str(part) for part in problem["loc"]) or "file"
    message = problem["msg"][0].lower() + problem["msg"][1:]
    if problem["type"] == "missing":
        return f"{path}: {key}: is missing"
    if problem["type"] == "extra_forbidden":
        return f"{path}: {key}: unknown key (value {problem['input']!r})"
    return f"{path}: {key}: {problem['input']!r} is wrong: {message}"


def _rig_problems(rig: RigFile) -> Iterable[str]:
    for name in rig.limits:
        if name not in [row.name for row in LIMITS]:
            yield (f"limits.{name}: unknown key (value {rig.limits[name]!r}); `cryoprobe limits` "
                   "lists them")
    if "valve" not in rig.role:
        yield "role.valve: is missing; without a valve there is nothing to control"
    kinds = {type(device) for device in rig.device.values()}
    if len(kinds) > 1:
        yield "device: simulated and real devices cannot be mixed in one rig"
    ports: dict[str, str] = {}
    for name, device in rig.device.items():
        if isinstance(device, WireDevice) and device.port in ports:
            yield (f"device.{name}.port: {device.port!r} is already the port of device "
                   f"{ports[device.port]}; one device per port")
        elif isinstance(device, WireDevice):
            ports[device.port] = name
    seen: dict[tuple[str, str], str] = {}
    for role, entry in rig.role.items():
        yield from _role_problems(rig, role, entry, seen)


# One Alicat flow controller is both the valve and the flow sensor.
_MAY_SHARE = {"valve", "flow"}

# What each kind of device can play; `sim` plays everything.
_THERMOMETER = ("tip", "tip_b", "skin")
_PLAYS: dict[str, tuple[str, ...]] = {
    "lakeshore218": _THERMOMETER,
    "lakeshore336": _THERMOMETER,
    "alicat": ("valve", "flow", "supply", "exhaust"),
}


def _role_problems(rig: RigFile, role: str, entry: RoleEntry,
                   seen: dict[tuple[str, str], str]) -> Iterable[str]:
    device = rig.device.get(entry.device)
    if device is None:
        yield (f"role.{role}.device: {entry.device!r} is not a device; there are: "
               + ", ".join(rig.device))
        return
    if isinstance(device, SimDevice):
        return
    if role not in _PLAYS[device.kind]:
        yield (f"role.{role}.device: {entry.device!r} is of kind {device.kind!r}, which can be: "
               + ", ".join(_PLAYS[device.kind]))
    if not entry.channel:
        yield f"role.{role}.channel: is missing; device {entry.device} has several"
    channel = (entry.device, entry.channel)
    other = seen.setdefault(channel, role)
    if other != role and {other, role} != _MAY_SHARE:
        yield (f"role.{role}: channel {entry.channel!r} of device {entry.device} already plays "
               f"role {other}; one role per channel")
    if role == "valve" and (entry.full_scale_slpm is None or entry.full_open_slpm is None):
        yield "role.valve: full_scale_slpm and full_open_slpm are missing; an Alicat needs both"
    valve = rig.role.get("valve", entry)
    if role == "flow" and (valve.device, valve.channel) != channel:
        yield (f"role.flow: {entry.device} {entry.channel!r} is not the valve's "
               f"{valve.device} {valve.channel!r}; the flow is what the valve's Alicat measures")
