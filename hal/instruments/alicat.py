"""Alicat mass-flow controller (valve and flow) and pressure gauge, several on one RS-485 bus.

It does not decide how far a valve may open: the controller core does.

Sources. Verified with captures from real instruments: 19200 8N1, carriage return both ways, unit
letters, `A` poll, `AS` set point answered by a frame, `ALSS` -> `A S`, `ADCU 5`, `AFPF 5`, `AVE`,
status tokens. From Alicat's serial primer, general knowledge, check with the device: statistic 2
is a gauge's only pressure, and its label kPaG says that it is against the room (an absolute one,
kPaA, is refused); the frame that answers `AS` shows the new set point already; gas `N2O` is
spelled so. Firmware GP (no VE, writes with $$) and streaming are not supported: both are refused.

A controller holds its set point when the host falls silent, so the lease is kept by the port's
thread, and by the guardian when that is dead. A set-point ramp must be off: the frame would show
where the ramp is, and that is refused as a set point that did not arrive.
"""

from math import isnan

from hal.errors import BadReply, HalError, OutOfRange, WrongDevice
from hal.instruments.alicat_frames import (
    ControllerFrame,
    check_version,
    controller_frame,
    full_scale,
    gauge_frame,
    source,
    unit_label,
)
from hal.instruments.channel import Channel
from hal.instruments.instrument import Instrument
from hal.instruments.leased_valve import LeasedValve
from hal.instruments.line import Dialect, Line
from hal.interface import Clock

BAUD = 19200
FRAMING = "8N1"
DIALECT = Dialect(b"\r", b"\r", reply_ms=100)  # a frame takes 30 ms on the wire at 19200
POLL_MS = 40  # three units at 19200 just fit

MASS_FLOW = 5  # statistics, as DCU and FPF number them
PRESSURE = 2
TOLERANCE_OF_FULL_SCALE = 0.005  # a frame rounds; more is another set point
ABSURD_OF_FULL_SCALE = 2.0  # the devices read to about 1.3 before they say over range

STAYS_OPEN = (
    ("ADC", "its converter fails"),
    ("EXH", "its valve vents (exhaust)"),
    ("HLD", "its valve is held"),
)
DISOBEDIENT = (
    *STAYS_OPEN,
    ("MOV", "its flow is over range"),
    ("OPL", "it shut for overpressure"),
)
NO_FLOW = (
    ("ADC", "converter fails"),
    ("MOV", "mass flow over range"),
    ("VOV", "volume flow over range"),
    ("POV", "pressure over range"),
    ("TOV", "temperature over range"),
)
NO_PRESSURE = (
    ("ADC", "converter fails"),
    ("POV", "pressure over range"),
    ("TOV", "temperature over range"),
)


class AlicatController(Instrument):
    """A mass-flow controller as valve and flow sensor.

    Opening 1 is `full_open_slpm`. `gas` is what the device must be set to; None leaves it unasked.
    Raises ValueError.
    """

    dialect = DIALECT
    poll_ms = POLL_MS

    def __init__(self, unit_id: str, full_scale_slpm: float, full_open_slpm: float, clock: Clock,
                 gas: str | None = "N2O") -> None:
        if not 0.0 < full_open_slpm <= full_scale_slpm:
            raise ValueError(f"full open at {full_open_slpm} SLPM, expected more than 0 and at "
                             f"most the full scale of {full_scale_slpm} SLPM")
        self.name = f"Alicat controller {_unit(unit_id)}"
        self.flow = Channel("flow", "slpm", self.name, clock)
        self.valve: LeasedValve = LeasedValve(f"valve ({self.name})", clock)
        self.channels = (self.flow,)
        self._id = unit_id
        self._full_scale_slpm = full_scale_slpm
        self._full_open_slpm = full_open_slpm
        self._gas = gas
        self._clock = clock
        self._tokens: tuple[str, ...] = ()
        # Four digits of the full scale: 20 SLPM is set as 7.350, 500 as 73.50.
        whole = len(str(int(full_scale_slpm)))
        self._decimals = max(1, 5 - whole)

    def hail(self, line: Line) -> None:
        """Ask for the firmware."""
        check_version(self._id, line.ask(self._id + "VE"))

    def identify(self, line: Line) -> None:
        """Check source of the set point, unit and full scale. Raises WrongDevice."""
        taken_from = source(self._id, line.ask(self._id + "LSS"))
        if taken_from != "S":
            raise WrongDevice(f"{self.name}: takes its set point from {taken_from!r}, expected "
                              "'S': set it to serial, or it ignores every order")
        shown = unit_label(self._id, line.ask(f"{self._id}DCU {MASS_FLOW}"))
        full = full_scale(self._id, line.ask(f"{self._id}FPF {MASS_FLOW}"))
        for unit in (shown, full.unit):
            if unit.upper() != "SLPM":
                raise WrongDevice(f"{self.name}: measures in {unit}, expected SLPM")
        if not abs(full.value - self._full_scale_slpm) <= 0.01 * self._full_scale_slpm:
            raise WrongDevice(f"{self.name}: full scale {full.value:g} SLPM, "
                              f"expected {self._full_scale_slpm:g} SLPM")
        self._check_gas(self._frame(line.ask(self._id)))

    def poll(self, line: Line) -> None:
        """Read flow, set point and status in one frame."""
        asked_ms = self._clock.now_ms()
        text = line.ask(self._id)
        frame = self._frame(text)
        self._check_gas(frame)
        if abs(frame.flow_slpm) > ABSURD_OF_FULL_SCALE * self._full_scale_slpm:
            raise BadReply(f"{self.name}: {text[:80]!r} came, expected a flow of at most about "
                           f"{self._full_scale_slpm:g} SLPM")
        words = _said(frame.tokens, NO_FLOW)
        if words or isnan(frame.flow_slpm):
            self.flow.fault(OutOfRange(f"{words or 'no value'} ({text[:80]!r})"))
        else:
            self.flow.fresh(frame.flow_slpm, asked_ms)
        self._report_disobedience()
        delivered = self.valve.delivered()
        if delivered is not None and not self._agrees(frame, delivered):
            self.valve.lose()  # somebody turned it at the front panel: order again

    def obey(self, line: Line, fraction: float) -> None:
        """Write the set point and find it in the answer. Raises BadReply.

        Nothing else in that frame is kept: it may be a late one when nobody listened yet.
        """
        text = f"{fraction * self._full_open_slpm:.{self._decimals}f}"
        frame = self._frame(line.ask(f"{self._id}S {text}"))
        if not self._agrees(frame, fraction):
            raise BadReply(f"{self.name}: set point {frame.set_point_slpm:g} SLPM after "
                           f"{self._id}S {text}, expected {text} SLPM")
        self.valve.confirm(fraction)
        self._report_disobedience()

    def trouble(self) -> HalError | None:
        """Return what may keep the valve open although its set point is 0."""
        words = _said(self._tokens, STAYS_OPEN)
        return HalError(f"{words}, so it may be open") if words else None

    def _report_disobedience(self) -> None:
        words = _said(self._tokens, DISOBEDIENT)
        if words:
            self.valve.fail(HalError(f"{words}; expected to follow its set point"))

    def _agrees(self, frame: ControllerFrame, fraction: float) -> bool:
        if fraction == 0.0:
            return frame.set_point_slpm == 0.0  # a hundredth of the full scale is not shut
        wanted_slpm = fraction * self._full_open_slpm
        tolerance_slpm = TOLERANCE_OF_FULL_SCALE * self._full_scale_slpm
        return abs(frame.set_point_slpm - wanted_slpm) <= tolerance_slpm

    def _frame(self, text: str) -> ControllerFrame:
        frame = controller_frame(self._id, text)
        self._tokens = frame.tokens
        return frame

    def _check_gas(self, frame: ControllerFrame) -> None:
        if self._gas is not None and frame.gas != self._gas:
            raise WrongDevice(f"{self.name}: set to gas {frame.gas}, expected {self._gas}")


class AlicatGauge(Instrument):
    """A pressure gauge, gauge pressure in kPa. Raises ValueError."""

    dialect = DIALECT
    poll_ms = POLL_MS

    def __init__(self, unit_id: str, role: str, clock: Clock) -> None:
        self.name = f"Alicat gauge {_unit(unit_id)}"
        self.pressure = Channel(role, "kPa", self.name, clock)
        self.channels = (self.pressure,)
        self._id = unit_id
        self._clock = clock
        self._full_scale_kpa = 0.0

    def hail(self, line: Line) -> None:
        """Ask for the firmware."""
        check_version(self._id, line.ask(self._id + "VE"))

    def identify(self, line: Line) -> None:
        """Check that it shows gauge pressure in kPa. Raises WrongDevice."""
        shown = unit_label(self._id, line.ask(f"{self._id}DCU {PRESSURE}"))
        full = full_scale(self._id, line.ask(f"{self._id}FPF {PRESSURE}"))
        for unit in (shown, full.unit):
            if unit.lower() != "kpag":  # an absolute one would be wrong by an atmosphere
                raise WrongDevice(f"{self.name}: measures in {unit}, expected kPaG")
        self._full_scale_kpa = full.value

    def poll(self, line: Line) -> None:
        """Read the pressure and its status in one frame."""
        asked_ms = self._clock.now_ms()
        text = line.ask(self._id)
        frame = gauge_frame(self._id, text)
        if abs(frame.pressure) > ABSURD_OF_FULL_SCALE * self._full_scale_kpa:
            raise BadReply(f"{self.name}: {text[:80]!r} came, expected a pressure of at most "
                           f"about {self._full_scale_kpa:g} kPa")
        words = _said(frame.tokens, NO_PRESSURE)
        if words or isnan(frame.pressure):
            self.pressure.fault(OutOfRange(f"{words or 'no value'} ({text[:80]!r})"))
        else:
            self.pressure.fresh(frame.pressure, asked_ms)


def _unit(unit_id: str) -> str:
    if len(unit_id) != 1 or not "A" <= unit_id <= "Z":
        raise ValueError(f"unit id {unit_id!r}, expected one letter A to Z")
    return unit_id


def _said(tokens: tuple[str, ...], meanings: tuple[tuple[str, str], ...]) -> str:
    """Return in words those of `tokens` that have a meaning; "" for none."""
    return ", ".join(f"{words} ({token})" for token, words in meanings if token in tokens)
