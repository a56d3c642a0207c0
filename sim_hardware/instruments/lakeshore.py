"""Lake Shore 336 and 218 temperature monitors: commands in, temperatures of a SimProbe out.

It does not model heater outputs, curves, settings or the pauses that a 218 needs. Source: Lake
Shore 218 manual pages 6-9 and following, the vendor's Python driver, pyvisa-py issue 156.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from hal.errors import HalError
from sim_hardware.instruments.wire import LineInstrument
from sim_hardware.probe import SimProbe

MESSAGE_BYTES_MAX = 64  # 218 manual; the 336 is held to it too
ZERO_C_K = 273.15
OPEN = 128  # RDGST? bit 7: sensor units over range
# Bits of *ESR?, IEEE 488.2
POWER_ON = 128
COMMAND_ERROR = 32
EXECUTION_ERROR = 16


class Model(NamedTuple):
    """What differs between the models."""

    name: str
    identity: str  # reply to *IDN?
    inputs: str  # one letter or digit each
    status_format: str
    takes_all: bool  # input 0 means all inputs


MODELS = (
    Model("336", "LSCI,MODEL336,LSA22LU/LSA217G,2.8", "ABCD", "d", False),
    Model("218", "LSCI,MODEL218S,LSA1234,110504", "12345678", "03d", True),
)


class _Bad(Exception):
    """A command that is understood, but not possible."""


class VirtualLakeShore(LineInstrument):
    """One monitor. `channels`: its input -> channel of the probe; other inputs are open."""

    def __init__(self, probe: SimProbe, model: str, channels: Mapping[str, str]) -> None:
        super().__init__(b"\n", MESSAGE_BYTES_MAX)
        self._model = {row.name: row for row in MODELS}[model]
        unknown = set(channels) - set(self._model.inputs)
        if unknown:
            raise ValueError(f"Lake Shore {model} has no input {sorted(unknown)}; "
                             f"it has {', '.join(self._model.inputs)}")
        self._probe = probe
        self._channels = dict(channels)
        self._events = POWER_ON
        self._queries: dict[str, Callable[[str], str]] = {
            "*IDN?": lambda which: self._model.identity,
            "*ESR?": self._taken_events,
            "*OPC?": lambda which: "1",
            "CRDG?": lambda which: self._each(which, self._celsius),
            "KRDG?": lambda which: self._each(which, self._kelvin),
            "RDGST?": lambda which: self._each(which, self._status),
        }

    def answer(self, line: str) -> bytes:
        """Return the replies to all queries of one message, joined by ";". What is not
        understood is silent and leaves its trace in *ESR?."""
        replies = []
        for command in line.rstrip("\r").split(";"):
            words = command.strip().upper().split(None, 1)
            if not words:
                continue
            if words[0] == "*CLS":
                self._events = 0
            elif words[0] not in self._queries:
                self._events |= COMMAND_ERROR
            else:
                try:
                    replies.append(self._queries[words[0]]((words + [""])[1]))
                except _Bad:
                    self._events |= EXECUTION_ERROR
        return ";".join(replies).encode("ascii") + b"\r\n" if replies else b""

    def refuse_long_line(self) -> bytes:
        """Say nothing; the trace is in *ESR?."""
        self._events |= COMMAND_ERROR
        return b""

    def _taken_events(self, which: str) -> str:
        events, self._events = self._events, 0
        return f"{events:03d}"

    def _each(self, which: str, read: Callable[[str], str]) -> str:
        if which == "0" and self._model.takes_all:
            return ",".join(read(name) for name in self._model.inputs)
        if len(which) != 1 or which not in self._model.inputs:
            raise _Bad
        return read(which)

    def _celsius(self, name: str) -> str:
        return self._number(name, 0.0)

    def _kelvin(self, name: str) -> str:
        return self._number(name, ZERO_C_K)

    def _number(self, name: str, zero: float) -> str:
        try:
            value = self._probe.sense(self._channels[name]).value + zero
        except (KeyError, HalError):
            return "+0.000"  # an open sensor still yields a number: only RDGST? tells
        # The digits of the real one; beyond them only injected nonsense, which has to pass too.
        return f"{value:+.3f}" if abs(value) < 1e4 else f"{value:+.5E}"

    def _status(self, name: str) -> str:
        status = 0
        try:
            self._probe.sense(self._channels[name])
        except (KeyError, HalError):
            status = OPEN
        return format(status, self._model.status_format)
