"""An Alicat bus: a mass flow controller that opens the SimProbe's valve, and pressure gauges.

It does not model streaming, registers, other gases, ramps or the tuning of the flow loop: the flow
is what the plant makes of the opening. Source: Alicat serial primer and public captures of 10v20.
"""

from collections.abc import Callable, Sequence
from math import isfinite

from hal.errors import HalError
from sim_hardware.instruments.wire import LineInstrument
from sim_hardware.probe import SimProbe

LINE_BYTES_MAX = 64  # the longest command known has 20; an assumption
REJECTED = "?"
MISSING = "--"
KPA_PER_PSI = 6.894757
ATMOSPHERE_KPA = 101.325
GAS_C = 21.89  # the flow body stays at the room's temperature
MASS_FLOW_STATISTIC = "5"
PRESSURE_STATISTIC = "2"
SLPM = "7 SLPM"  # unit code and label
KPA_GAUGE = "10 kPaG"  # the code as in our driver's dialogue; the driver judges the label alone


class VirtualController:
    """An MC mass flow controller with an inlet at the supply. Its set point stays when the host
    falls silent; a `source` other than "S" (serial) ignores serial set points, as the real one."""

    def __init__(self, probe: SimProbe, letter: str, full_scale_slpm: float = 20.0,
                 gas: str = "N2O", source: str = "S") -> None:
        self.letter = letter
        self._probe = probe
        self._full_scale_slpm = full_scale_slpm
        self._gas = gas
        self._source = source
        self._set_point_slpm = 0.0
        self._is_held_closed = False
        self._commands: dict[str, Callable[[str], str]] = {
            "": self._frame,
            "S": self._set,
            "LS": self._set_and_report,
            "LSS": lambda rest: self._source,
            "VE": lambda rest: "10v20.0-R24 Jan  9 2025,15:04:07",
            "FPF": lambda rest: _statistic(rest, MASS_FLOW_STATISTIC,
                                           f"{full_scale_slpm:+07.2f} {SLPM}"),
            "DCU": lambda rest: _statistic(rest, MASS_FLOW_STATISTIC, SLPM),
            "HC": self._hold_closed,
            "C": self._cancel_hold,
        }

    def answer(self, command: str) -> str:
        """Return the reply without the letter; REJECTED for what is not understood."""
        return _run(self._commands, command)

    def regulate(self) -> None:
        """Bring the valve to the opening that gives the set point at the present supply."""
        full_slpm = self._probe.valve_full_flow_slpm()
        wanted_slpm = 0.0 if self._is_held_closed else self._set_point_slpm
        opening = min(1.0, wanted_slpm / full_slpm) if full_slpm > 0.0 else 0.0
        # For ever: the real one holds its set point when the host falls silent.
        self._probe.demand_valve(opening, None)

    def _frame(self, rest: str = "") -> str:
        absolute_kpa = _sensed(self._probe, "supply") + ATMOSPHERE_KPA
        mass_slpm = _sensed(self._probe, "flow")
        # Ideal gas: standard is 0 °C and 1 atm, as the probe counts its litres.
        volume_lpm = mass_slpm * ATMOSPHERE_KPA / absolute_kpa * (GAS_C + 273.15) / 273.15
        numbers = (absolute_kpa / KPA_PER_PSI, GAS_C, volume_lpm, mass_slpm, self._set_point_slpm)
        fields = " ".join(_field(number) for number in numbers)
        return f"{fields} {self._gas:>7}" + (" HLD" if self._is_held_closed else "")

    def _set(self, rest: str) -> str:
        return self._frame() if self._ordered(rest) else REJECTED

    def _set_and_report(self, rest: str) -> str:
        if rest and not self._ordered(rest):
            return REJECTED
        flow = _field(_sensed(self._probe, "flow"))
        return f"{flow} {_field(self._set_point_slpm)} {SLPM}"

    def _ordered(self, rest: str) -> bool:
        """Take the set point; return whether it is one."""
        try:
            wanted_slpm = float(rest)
        except ValueError:
            return False
        if not 0.0 <= wanted_slpm <= self._full_scale_slpm:
            return False
        if self._source == "S":
            self._set_point_slpm = wanted_slpm
            self.regulate()
        return True

    def _hold_closed(self, rest: str) -> str:
        self._is_held_closed = True
        self.regulate()
        return self._frame()

    def _cancel_hold(self, rest: str) -> str:
        self._is_held_closed = False
        self.regulate()
        return self._frame()


class VirtualGauge:
    """A P-series gauge on one pressure of the probe: "supply" or "exhaust", kPa gauge."""

    def __init__(self, probe: SimProbe, letter: str, channel: str,
                 full_scale_kpa: float = 7000.0) -> None:
        self.letter = letter
        self._probe = probe
        self._channel = channel
        self._full_scale_kpa = full_scale_kpa
        self._commands: dict[str, Callable[[str], str]] = {
            "": self._frame,
            "VE": lambda rest: "10v20.0-R24 Jan  9 2025,15:04:07",
            "FPF": lambda rest: _statistic(rest, PRESSURE_STATISTIC,
                                           f"{full_scale_kpa:+07.1f} {KPA_GAUGE}"),
            "DCU": lambda rest: _statistic(rest, PRESSURE_STATISTIC, KPA_GAUGE),
        }

    def answer(self, command: str) -> str:
        """Return the reply without the letter; REJECTED for what is not understood."""
        return _run(self._commands, command)

    def regulate(self) -> None:
        """A gauge acts on nothing."""

    def _frame(self, rest: str) -> str:
        kpa = _sensed(self._probe, self._channel)
        if not isfinite(kpa):
            return MISSING
        if kpa > self._full_scale_kpa:
            return f"{self._full_scale_kpa:+07.1f} POV"
        return f"{kpa:+07.1f}"


class VirtualBus(LineInstrument):
    """Units on one wire. A letter that is not among them is silent."""

    def __init__(self, units: Sequence[VirtualController | VirtualGauge]) -> None:
        super().__init__(b"\r", LINE_BYTES_MAX)
        self._units = {unit.letter: unit for unit in units}
        assert len(self._units) == len(units), "two units of one letter talk over each other"

    def answer(self, line: str) -> bytes:
        """Return what the unit called by the first letter says."""
        line = line.upper()
        if line[:1] not in self._units:
            return b""
        reply = self._units[line[0]].answer(line[1:])
        return (reply if reply == REJECTED else f"{line[0]} {reply}").encode("ascii") + b"\r"

    def regulate(self) -> None:
        """Let each controller do its work."""
        for unit in self._units.values():
            unit.regulate()


def _run(commands: dict[str, Callable[[str], str]], command: str) -> str:
    """Return the reply of the command: its word, then what it is given, blank or not between."""
    text = command.strip()
    word = text[:len(text) - len(text.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))]
    rest = text[len(word):].strip()
    if word not in commands or (not word and rest):
        return REJECTED
    return commands[word](rest)


def _statistic(asked: str, known: str, reply: str) -> str:
    return reply if asked == known else REJECTED


def _sensed(probe: SimProbe, channel: str) -> float:
    try:
        return probe.sense(channel).value
    except HalError:
        return float("nan")


def _field(number: float) -> str:
    return f"{number:+07.2f}" if isfinite(number) else MISSING
