"""Lake Shore 218 and 336 as they answer on their serial port, with the probe's sensors attached.

An input that is open, or that nothing is connected to, still yields a number, +0.000, and says its
fault only in RDGST?, as the real ones do. What is not understood is not answered; it leaves a bit
that *ESR? shows and clears. The 50 ms that a 218 needs between messages are not modelled.
"""

from collections.abc import Mapping
from typing import NamedTuple

from hal.errors import OutOfRange
from sim_hardware.instruments.wire import LineInstrument
from sim_hardware.probe import SimProbe

MESSAGE_BYTES_MAX = 64  # 218 manual p. 6-9
ESR_POWER_ON = 128  # IEEE 488.2
ESR_COMMAND = 32  # the command is not understood
ESR_EXECUTION = 16  # its parameter is impossible
SENSOR_OVER = 128
KELVIN = 273.15


class Model(NamedTuple):
    """What differs between the two."""

    name: str
    inputs: str
    identity: str
    status_digits: int


MODELS = (
    Model("218", "12345678", "LSCI,MODEL218S,21A0001,010599", 3),
    Model("336", "ABCD", "LSCI,MODEL336,LSA22LU/LSA217G,2.8", 1),
)


class VirtualLakeShore(LineInstrument):
    """`channels` says which input carries which channel of the probe: {"A": "tip"}. Raises
    ValueError for an input that the model has not."""

    def __init__(self, probe: SimProbe, model: str, channels: Mapping[str, str]) -> None:
        super().__init__(b"\n", MESSAGE_BYTES_MAX)
        self._probe = probe
        self._model = next(each for each in MODELS if each.name == model)
        for letter in channels:
            if letter not in self._model.inputs:
                raise ValueError(f"a Lake Shore {model} has no input {letter}; "
                                 f"there are: {', '.join(self._model.inputs)}")
        self._channels = dict(channels)
        self._esr = ESR_POWER_ON

    def answer(self, line: str) -> bytes:
        """Return the replies to a chain of queries, joined by ';'."""
        replies = [self._one(each.strip()) for each in line.split(";")]
        spoken = ";".join(reply for reply in replies if reply)
        return spoken.encode("ascii") + b"\r\n" if spoken else b""

    def refuse_long_line(self) -> bytes:
        """Remember it; say nothing."""
        self._esr |= ESR_COMMAND
        return b""

    def _one(self, query: str) -> str:
        word, _, parameter = query.partition(" ")
        word, parameter = word.upper(), parameter.strip().upper()
        if word == "*IDN?":
            return self._model.identity
        if word == "*ESR?":
            esr, self._esr = self._esr, 0
            return f"{esr:03d}"
        if word == "*CLS":
            self._esr = 0
        elif word in ("CRDG?", "KRDG?", "RDGST?"):
            return self._reading(word, parameter)
        elif word:
            self._esr |= ESR_COMMAND
        return ""

    def _reading(self, word: str, parameter: str) -> str:
        if self._model.name == "218" and parameter == "0" and word != "RDGST?":
            return ",".join(self._shown(word, letter) for letter in self._model.inputs)
        if len(parameter) != 1 or parameter not in self._model.inputs:
            self._esr |= ESR_EXECUTION
            return ""
        return self._shown(word, parameter)

    def _shown(self, word: str, letter: str) -> str:
        status = 0
        value = 0.0
        try:
            value = self._probe.sense(self._channels[letter]).value
            value += KELVIN if word == "KRDG?" else 0.0
        except (KeyError, OutOfRange):
            status = SENSOR_OVER
        if word == "RDGST?":
            return f"{status:0{self._model.status_digits}d}"
        return f"{value:+.3f}" if abs(value) < 1e6 else f"{value:+.3g}"
