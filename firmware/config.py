"""Rig and plan files: TOML in, checked whole, every problem named with file, key, value and range.

It does not decide what is opened (assembly/) nor what a plan does (controller/treatment.py).
"""

import os
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from controller.limits import LIMITS, Limits, limit_row, limits_from
from controller.records import Cycle, Plan, Refused
from controller.treatment import CYCLES_MAX, Treatment, cycle_fault
from firmware.entries import (
    PanelDevice,
    PlanFile,
    RigFile,
    RoleEntry,
    SimDevice,
    WireDevice,
)

__all__ = ["ConfigError", "PanelDevice", "Rig", "RoleEntry", "SimDevice", "WireDevice",
           "load_plan", "load_rig"]

_Model = TypeVar("_Model", bound=BaseModel)


class ConfigError(Exception):
    """A file cannot be used. `problems` has one line per problem, ready for a person."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


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

    @property
    def wires(self) -> dict[str, WireDevice]:
        """The devices that are instruments on ports."""
        return {name: device for name, device in self.entries.device.items()
                if isinstance(device, WireDevice)}

    def port_of(self, device: WireDevice) -> str:
        """Return the port's address; a relative path counts from the rig file's folder."""
        if "://" in device.port:
            return device.port
        return str(self.path.resolve().parent / device.port)


def load_rig(path: Path) -> Rig:
    """Return the checked rig of the TOML file at `path`; raises ConfigError with every problem."""
    text, table = _read_toml(path)
    entries = _validated(RigFile, path, table)
    problems = [*_limit_problems(entries.limits), *_rig_problems(entries)]
    limits = limits_from()
    if not problems:
        try:
            limits = limits_from(tuple(entries.limits.items()))
        except Refused as refusal:
            problems = [f"limits: {refusal.text}"]
    if problems:
        raise ConfigError(f"{path}: {problem}" for problem in problems)
    return Rig(path, text, entries, limits)


def load_plan(path: Path, limits: Limits, heater: bool) -> tuple[Plan, str]:
    """Return the plan of the TOML file at `path` and its text, checked against the rig's `limits`;
    raises ConfigError with every problem."""
    text, table = _read_toml(path)
    entries = _validated(PlanFile, path, table)
    plan = Plan(entries.name, tuple(
        Cycle(c.target_c, c.hold_s, c.thaw, c.thaw_s, c.thaw_to_c) for c in entries.cycle))
    faults = [(number, cycle_fault(cycle, limits, heater))
              for number, cycle in enumerate(plan.cycles, 1)]
    problems = [f"{path}: cycle {number}: {fault}" for number, fault in faults if fault]
    if problems:
        raise ConfigError(problems)
    try:
        Treatment(limits, heater).check(plan)
    except Refused as refusal:
        raise ConfigError([f"{path}: {refusal.text}"]) from None
    return plan, text


def _read_toml(path: Path) -> tuple[str, dict[str, Any]]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
        return text, tomllib.loads(text)
    except FileNotFoundError:
        raise ConfigError([f"{path}: there is no such file"]) from None
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read: {error.strerror}"]) from None
    except UnicodeDecodeError as error:
        raise ConfigError([f"{path}: is not UTF-8 text (byte {error.start})"]) from None
    except (ValueError, RecursionError) as error:
        raise ConfigError([f"{path}: is not TOML: {error}"]) from None


def _validated(model: type[_Model], path: Path, table: dict[str, Any]) -> _Model:
    try:
        return model.model_validate(table)
    except ValidationError as error:
        raise ConfigError([_problem(path, problem) for problem in error.errors()]) from None


# what pydantic calls it, our sentence
_SENTENCES = {
    "missing": "is missing",
    "value_error": "{value!r} is not {error}",
    "literal_error": "{value!r} is not {expected}",
    "union_tag_invalid": "kind: {tag!r} is not one of {expected_tags}",
    "union_tag_not_found": "kind: is missing",
    "extra_forbidden": "unknown key (value {value!r})",
    "model_type": "{value!r} is not a table",
    "model_attributes_type": "{value!r} is not a table",
    "dict_type": "{value!r} is not a table",
    "list_type": "{value!r} is not a list of tables",
    "string_type": "{value!r} is not a text",
    "too_short": "has {actual_length} entries, not 1.." + str(CYCLES_MAX),
    "too_long": "has more than {max_length} entries",
}


def _problem(path: Path, problem: Any) -> str:
    place = list(problem["loc"])
    if place[0] == "device" and len(place) > 3:
        del place[2]  # the kind, which nobody wrote as a key
    key = ".".join(str(part) for part in place if part != "[key]")
    sentence: str = _SENTENCES.get(problem["type"], "{value!r} is wrong: " + problem["msg"])
    return f"{path}: {key}: " + sentence.format(value=problem["input"], **problem.get("ctx", {}))


def _limit_problems(limits: dict[str, Any]) -> Iterable[str]:
    for name, value in limits.items():
        if name not in [row.name for row in LIMITS]:
            yield f"limits.{name}: unknown key (value {value!r}); `cryoprobe limits` lists them"
            continue
        row = limit_row(name)
        if type(value) not in (int, float) or not (row.low <= value <= row.high):
            yield (f"limits.{name}: {value!r} is not a number of {row.low}..{row.high} "
                   f"{row.unit}")


def _rig_problems(rig: RigFile) -> Iterable[str]:
    if "valve" not in rig.role:
        yield "role.valve: is missing; without a valve there is nothing to control"
    if rig.estop_test and "estop" not in rig.role:
        yield "estop_test: is true, but no role is called estop"
    kinds = {type(device) for device in rig.device.values()}
    if SimDevice in kinds and len(kinds) > 1:
        yield "device: simulated and real devices cannot be mixed in one rig"
    ports: dict[str, str] = {}
    for name, device in rig.device.items():
        if isinstance(device, WireDevice):
            other = ports.setdefault(os.path.normpath(device.port), name)
            if other != name:
                yield (f"device.{name}.port: {device.port!r} is already the port of device "
                       f"{other}; one device per port")
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
    "panel": ("indicator",),
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
    if isinstance(device, PanelDevice):
        return
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
