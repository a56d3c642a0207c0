"""Lake Shore 218 and 336 thermometers: dialogue and what their words mean.

It does not decide which sensor curve an input uses: that is set on the front panel.

No value counts without its status, because an open sensor still yields a number. A 336 is asked for
all inputs of the rig in one message, so that the reply of one can never pass for that of another; a
218 allows one query in a message. At 9600 baud one input of a 218 is then up to 350 ms old, two up
to 700 ms: raise the rig's age limit for one, and do not close a loop over two. Celsius comes from
CRDG, whatever the display shows.

Sources. Lake Shore 218 manual pp. 6-9, 6-10, 6-22, 6-29 (verified): 7 data bits, odd parity, 9600
baud; at most 64 characters and one query in a message; no new message for 50 ms after the last
character; readings are signed; status bits.
Lake Shore's own Python driver (verified): 57600 7O1 and TCP port 7777 of the 336, the *IDN? reply,
RDGST bits. General knowledge, check with the device: TCP replies end with CR LF, as USB; a 336
converts each input 10 times a second, a 218 shares 16 readings a second among the inputs that are
switched on (switch off those that the rig does not use); a 336 needs no pause between messages.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from hal.errors import BadReply, OutOfRange, WrongDevice
from hal.instruments.channel import Channel
from hal.instruments.instrument import Instrument
from hal.instruments.line import Dialect, Line
from hal.interface import Clock, Sensor


class Model(NamedTuple):
    """What differs between two models."""

    name: str
    inputs: tuple[str, ...]
    baud: int
    framing: str
    conversion_ms: int  # per input; what a reading may already have aged inside the device
    is_shared: bool  # one converter for all inputs
    is_chaining: bool  # several queries in one message
    poll_ms: int
    dialect: Dialect


# 52: the 50 ms of the manual, and a millisecond of rounding at either end.
MODELS = (
    Model("218", tuple("12345678"), 9600, "7O1", 63, True, False, 0,
          Dialect(b"\r\n", b"\r\n", reply_ms=200, pace_ms=52)),
    Model("336", tuple("ABCD"), 57600, "7O1", 100, False, True, 50,
          Dialect(b"\n", b"\r\n", reply_ms=150)),
)
INPUTS_MAX = 3  # whose questions fit the 64 characters of one message

STATUS_BITS = (
    (1, "invalid reading"),
    (16, "temperature under range"),
    (32, "temperature over range"),
    (64, "sensor units zero: shorted?"),
    (128, "sensor units over range: open?"),
)
# Signed: what is left of a reply that lost its head is no reading.
NUMBER = re.compile(r"[+-]\d{1,4}(\.\d{1,6})?")
STATUS = re.compile(r"\d{1,3}")
COLDEST_C = -273.15
WARMEST_C = 1300.0  # no sensor of these models goes further


class LakeShore(Instrument):
    """`roles` says which input is what: {"A": "tip", "B": "tip_b"}. Raises ValueError."""

    def __init__(self, model: str, roles: Mapping[str, str], clock: Clock) -> None:
        self.name = "Lake Shore " + model
        self._model = _model(model)
        self._clock = clock
        self.dialect = self._model.dialect
        self.poll_ms = self._model.poll_ms
        if not 1 <= len(roles) <= INPUTS_MAX or not set(roles) <= set(self._model.inputs):
            raise ValueError(f"{self.name}: inputs {', '.join(roles) or 'none'}; expected 1 to "
                             f"{INPUTS_MAX} of {', '.join(self._model.inputs)}")
        self.channels = tuple(Channel(role, "degC", f"{self.name} input {letter}", clock)
                              for letter, role in roles.items())
        queries = [query for each in roles for query in (f"CRDG? {each}", f"RDGST? {each}")]
        self._questions = [";".join(queries)] if self._model.is_chaining else queries
        self._converted_ms = (self._model.conversion_ms
                              * (len(roles) if self._model.is_shared else 1))

    def sensor(self, role: str) -> Sensor:
        """Return the sensor of `role`, °C. Raises KeyError."""
        return {channel.role: channel for channel in self.channels}[role]

    def hail(self, line: Line) -> None:
        """Ask who is there. Raises WrongDevice when it is another maker or model."""
        reply = line.ask("*IDN?")
        words = [word.strip() for word in reply.split(",")]
        if len(words) != 4:
            raise BadReply(f"{self.name}: {reply[:80]!r} came for *IDN?, "
                           "expected maker, model, serial number and version")
        # 218S and 218E are the same instrument with fewer options.
        if words[0] != "LSCI" or not re.fullmatch(f"MODEL{self._model.name}[SE]?", words[1]):
            raise WrongDevice(f"{self.name}: {reply[:80]!r} answers, "
                              f"expected LSCI,MODEL{self._model.name}")

    def identify(self, line: Line) -> None:
        """Nothing beyond the hail: CRDG is in °C by itself."""

    def poll(self, line: Line) -> None:
        """Read every input with its status."""
        asked_ms = self._clock.now_ms()
        words: list[str] = []
        for question in self._questions:
            reply = line.ask(question)
            words += reply.split(";")
            if reply.count(";") != question.count(";"):
                raise BadReply(f"{self.name}: {reply[:80]!r} came for {question!r}, "
                               f"expected {question.count(';') + 1} fields")
        readings = [self._reading(value, status) for value, status in zip(words[::2], words[1::2])]
        for channel, reading in zip(self.channels, readings):
            if isinstance(reading, OutOfRange):
                channel.fault(reading)
            else:
                channel.fresh(reading, asked_ms - self._converted_ms)

    def _reading(self, value: str, status: str) -> float | OutOfRange:
        """Return °C, or the fault that the device declares. Raises BadReply for neither."""
        if not STATUS.fullmatch(status) or int(status) > 255:
            raise BadReply(f"{self.name}: {status[:40]!r} came as a status, expected 0..255")
        bits = int(status)
        if bits:
            known = [words for bit, words in STATUS_BITS if bits & bit]
            return OutOfRange(f"{', '.join(known) or 'unknown fault'} (status {bits}, "
                              f"reading {value[:40]!r})")
        value_c = float(value) if NUMBER.fullmatch(value) else None
        if value_c is None or not COLDEST_C <= value_c <= WARMEST_C:
            raise BadReply(f"{self.name}: {value[:40]!r} came as a temperature, expected one like "
                           f"+26.500 from {COLDEST_C} to {WARMEST_C} °C")
        return value_c


def _model(name: str) -> Model:
    for model in MODELS:
        if model.name == name:
            return model
    raise ValueError(f"no Lake Shore {name} here; "
                     f"there is {', '.join(model.name for model in MODELS)}")
