"""Alicat mass-flow controller and pressure gauges as they answer on their bus.

The controller's own loop is not modelled: it opens the probe's valve at once as far as its set
point needs at the present supply, and holds that when the host falls silent. A unit that is not
there says nothing; a command that a unit does not know is answered by `?`.
"""

from math import isfinite

from hal.errors import OutOfRange
from sim_hardware.instruments.wire import LineInstrument
from sim_hardware.probe import SimProbe

COMMAND_BYTES_MAX = 64
FIRMWARE = "10v20.0-R24 Jan  9 2025,15:04:07"
KPA_PER_PSI = 6.894757
ATMOSPHERE_KPA = 101.325
GAS_C = 23.5
MISSING = "--"


class Unit:
    """One device on the bus, spoken to by its letter."""

    def __init__(self, probe: SimProbe, letter: str) -> None:
        self.letter = letter
        self._probe = probe

    def answer(self, command: str) -> str:
        """Return the reply to a command without its letter; "" when it is not understood."""
        raise NotImplementedError

    def regulate(self) -> None:
        """Let the probe feel this unit."""

    def _sense(self, channel: str) -> float | None:
        """Return the value; None when the device has none to show."""
        try:
            value = self._probe.sense(channel).value
        except OutOfRange:
            return None
        return value if isfinite(value) else None


class VirtualController(Unit):
    """A mass-flow controller. `source` is where it takes its set point: S, A or U."""

    def __init__(self, probe: SimProbe, letter: str, full_scale_slpm: float = 20.0,
                 gas: str = "N2O", source: str = "S") -> None:
        super().__init__(probe, letter)
        self._full_scale_slpm = full_scale_slpm
        self._gas = gas
        self._source = source
        self._set_point_slpm = 0.0
        self._is_held = False

    def answer(self, command: str) -> str:
        """Answer poll, set point, hold, source, version, unit and full scale."""
        word = command.replace(" ", "").upper()
        fixed = {
            "VE": f"{self.letter} {FIRMWARE}",
            "LSS": f"{self.letter} {self._source}",
            "DCU5": f"{self.letter} 7 SLPM",
            "FPF5": f"{self.letter} {self._full_scale_slpm:+07.2f} 7 SLPM",
        }
        if word in fixed:
            return fixed[word]
        if word in ("HC", "C"):
            self._is_held = word == "HC"
            self.regulate()
        elif word.startswith("LS"):
            return self._set_modern(word[2:])
        elif word and not (word.startswith("S") and self._set(word[1:])):
            return ""
        return self._frame()

    def regulate(self) -> None:
        """Open the valve as far as the set point needs now."""
        wanted_slpm = 0.0 if self._is_held else self._set_point_slpm
        full_slpm = self._probe.valve_full_flow_slpm()
        fraction = min(1.0, wanted_slpm / full_slpm) if full_slpm > 0.0 else 1.0
        self._probe.demand_valve(fraction if wanted_slpm > 0.0 else 0.0, None)

    def _set(self, text: str) -> bool:
        """Take a set point; False when it is none. From another source it is ignored."""
        try:
            wanted_slpm = float(text)
        except ValueError:
            return False
        if not 0.0 <= wanted_slpm <= self._full_scale_slpm:
            return False
        if self._source == "S":
            self._set_point_slpm = round(wanted_slpm, 2)
            self.regulate()
        return True

    def _set_modern(self, text: str) -> str:
        if text and not self._set(text):
            return ""
        shown = f"{self._set_point_slpm:+07.2f}"
        return f"{self.letter} {shown} {shown} 7 SLPM"

    def _frame(self) -> str:
        supply_kpa = self._sense("supply")
        flow_slpm = self._sense("flow")
        tokens = ["HLD"] if self._is_held else []
        if flow_slpm is not None and abs(flow_slpm) > self._full_scale_slpm:
            tokens.append("MOV")
            flow_slpm = self._full_scale_slpm
        psi = None if supply_kpa is None else (supply_kpa + ATMOSPHERE_KPA) / KPA_PER_PSI
        numbers = (psi, GAS_C, flow_slpm, flow_slpm, self._set_point_slpm)
        return " ".join([self.letter, *(_field(each, 2) for each in numbers),
                         "    " + self._gas, *tokens])


class VirtualGauge(Unit):
    """A pressure gauge on a channel of the probe, kPa gauge."""

    def __init__(self, probe: SimProbe, letter: str, channel: str,
                 full_scale_kpa: float = 7000.0) -> None:
        super().__init__(probe, letter)
        self._channel = channel
        self._full_scale_kpa = full_scale_kpa

    def answer(self, command: str) -> str:
        """Answer poll, version, unit and full scale."""
        word = command.replace(" ", "").upper()
        fixed = {
            "VE": f"{self.letter} {FIRMWARE}",
            "DCU2": f"{self.letter} 10 kPaG",
            "FPF2": f"{self.letter} {self._full_scale_kpa:+07.1f} 10 kPaG",
        }
        return self._frame() if word == "" else fixed.get(word, "")

    def _frame(self) -> str:
        kpa = self._sense(self._channel)
        if kpa is not None and abs(kpa) > self._full_scale_kpa:
            return f"{self.letter} {_field(self._full_scale_kpa, 1)} POV"
        return f"{self.letter} {_field(kpa, 1)}"


class VirtualBus(LineInstrument):
    """Several units on one cable."""

    def __init__(self, units: tuple[Unit, ...]) -> None:
        super().__init__(b"\r", COMMAND_BYTES_MAX)
        self._units = {unit.letter: unit for unit in units}

    def answer(self, line: str) -> bytes:
        """Return what the unit that is spoken to says; b"" when there is none."""
        unit = self._units.get(line[:1].upper())
        return b"" if unit is None else ((unit.answer(line[1:]) or "?") + "\r").encode("ascii")

    def regulate(self) -> None:
        """Let the probe feel every unit."""
        for unit in self._units.values():
            unit.regulate()


def _field(value: float | None, decimals: int) -> str:
    """Return a number of seven characters, as the frames have it."""
    return MISSING if value is None else f"{value:+07.{decimals}f}"
