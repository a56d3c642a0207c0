"""The loop on small fakes of the hardware: sensing, acting, keeping time, feeding the watchdog."""

import pytest

from controller.core import Controller
from controller.limits import limits_from
from controller.records import CHANNELS, NAN, NOT_FITTED, Command, Decision, Probe, Reading
from controller.signals import Signal
from firmware.loop import NO_FAULTS, Faults, Hardware, Loop, Recorder, act, indicate, sense
from hal.errors import BadReply, HalError, NoReply, NotConnected, OutOfRange, WrongDevice
from hal.interface import Clock, Heater, Indicator, Measured, Sensor, Switch, Valve, Watchdog

SOUND = {"tip_c": 34.0, "tip_b_c": 34.0, "skin_c": 33.0, "supply_kpa": 5000.0,
         "exhaust_kpa": 50.0, "flow_slpm": 0.0, "estop": 1.0,
         "cold_junction_c": 24.0, "pedal": 0.0, "probe_id": 1.0}
OUTPUTS = ("valve", "heater", "heater relay", "isolator")
ERRORS = (NotConnected, NoReply, BadReply, OutOfRange, WrongDevice, HalError)


class FakeClock(Clock):
    def __init__(self) -> None:
        self.ms = 0
        self.late_ms = 0  # how much longer than asked the next wait takes

    def now_ms(self) -> int:
        return self.ms

    def wait_until_ms(self, deadline_ms: int) -> None:
        self.ms = max(self.ms, deadline_ms) + self.late_ms
        self.late_ms = 0


class FakeSensor(Sensor):
    def __init__(self, value: float) -> None:
        self.answer = Measured(value, 12)
        self.error: Exception | None = None

    def read(self) -> Measured:
        if self.error:
            raise self.error
        return self.answer


class Diary:
    """What happened, in order, and what the outputs were last told."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.told: dict[str, tuple[float | bool, int]] = {}
        self.broken: dict[str, Exception] = {}

    def enter(self, name: str, value: float | bool = 0.0, lease_ms: int = 0) -> None:
        self.lines.append(name)
        if name in self.broken:
            raise self.broken[name]
        self.told[name] = (value, lease_ms)


class FakeValve(Valve):
    def __init__(self, diary: Diary) -> None:
        self.diary = diary

    def open_to(self, fraction: float, lease_ms: int) -> None:
        self.diary.enter("valve", fraction, lease_ms)


class FakeHeater(Heater):
    def __init__(self, diary: Diary) -> None:
        self.diary = diary

    def heat_at(self, fraction: float, lease_ms: int) -> None:
        self.diary.enter("heater", fraction, lease_ms)


class FakeSwitch(Switch):
    def __init__(self, diary: Diary, name: str) -> None:
        self.diary = diary
        self.name = name

    def set_open(self, is_open: bool, lease_ms: int) -> None:
        self.diary.enter(self.name, is_open, lease_ms)


class FakeIndicator(Indicator):
    def __init__(self, diary: Diary) -> None:
        self.diary = diary
        self.shown: tuple[str, bool, float] = ("", False, 0.0)

    def show(self, colour: str, is_lit: bool, tone_hz: float) -> None:
        self.diary.enter("indicator")
        self.shown = (colour, is_lit, tone_hz)


class FakeWatchdog(Watchdog):
    def __init__(self, diary: Diary) -> None:
        self.diary = diary

    def feed(self) -> None:
        self.diary.enter("watchdog")


class FakeRecorder(Recorder):
    def __init__(self, diary: Diary) -> None:
        self.diary = diary
        self.rows: list[tuple[Reading, tuple[Command, ...], Decision]] = []

    def write(self, reading: Reading, commands: tuple[Command, ...],
              decision: Decision) -> None:
        self.diary.enter("recorder")
        self.rows.append((reading, commands, decision))


class Fakes:
    """A loop among fakes, with everything at hand."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.diary = Diary()
        self.sensors = {channel: FakeSensor(value) for channel, value in SOUND.items()}
        self.recorder = FakeRecorder(self.diary)
        self.indicator = FakeIndicator(self.diary)
        self.hardware = Hardware(
            self.clock, tuple(self.sensors.items()), FakeValve(self.diary),
            FakeSwitch(self.diary, "isolator"), FakeHeater(self.diary),
            FakeSwitch(self.diary, "heater relay"), self.indicator, FakeWatchdog(self.diary))
        self.controller = Controller(limits_from(), (*CHANNELS, "heater"), (),
                                     Probe(2.0, 10.0, 12.0, 1))
        self.loop = Loop(self.hardware, self.controller, self.recorder, 100)

    def tick(self, late_ms: int = 0) -> Decision:
        self.clock.late_ms = late_ms
        self.loop.wait()
        return self.loop.tick(())

    def late_and_slips(self) -> tuple[int, int]:
        reading = self.recorder.rows[-1][0]
        return reading.late_ms, reading.slips

    def decision(self, **changes: object) -> Decision:
        return self.tick()._replace(valve_fraction=0.4, isolator_open=True,
                                    heater_fraction=0.3, heater_enabled=True,
                                    lease_ms=500)._replace(**changes)


# Sensing


@pytest.mark.requirement("H-03")
@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("channel", CHANNELS)
def test_a_failed_read_is_nan_with_the_faults_text(channel: str, error: type[HalError]) -> None:
    fakes = Fakes()
    fakes.sensors[channel].error = error(f"{channel}: broken")
    sample = getattr(sense(fakes.hardware, 0, 0, 0, NO_FAULTS), channel)
    assert sample.value != sample.value
    assert sample.fault == f"{channel}: broken"


def test_a_failure_without_a_text_is_still_a_fault() -> None:
    fakes = Fakes()
    fakes.sensors["tip_c"].error = NoReply()
    assert sense(fakes.hardware, 0, 0, 0, NO_FAULTS).tip_c.fault


def test_one_failed_read_leaves_the_others_alone() -> None:
    fakes = Fakes()
    fakes.sensors["tip_c"].error = NoReply("silent")
    reading = sense(fakes.hardware, 0, 0, 0, NO_FAULTS)
    assert [c for c in CHANNELS if getattr(reading, c).fault] == ["tip_c"]


@pytest.mark.requirement("H-03")
def test_a_failed_read_never_reuses_the_last_value() -> None:
    fakes = Fakes()
    fakes.tick()
    fakes.sensors["tip_c"].error = NoReply("silent")
    fakes.tick()
    assert fakes.recorder.rows[-1][0].tip_c.value != SOUND["tip_c"]


def test_a_read_keeps_its_value_and_age() -> None:
    sample = sense(Fakes().hardware, 0, 0, 0, NO_FAULTS).supply_kpa
    assert (sample.value, sample.age_ms, sample.fault) == (5000.0, 12, "")


def test_a_channel_that_the_rig_lacks_is_not_fitted() -> None:
    hardware = Fakes().hardware
    hardware = hardware._replace(sensors=hardware.sensors[:1])
    assert sense(hardware, 0, 0, 0, NO_FAULTS).skin_c == NOT_FITTED


def test_a_programmers_error_in_a_driver_is_not_hidden() -> None:
    fakes = Fakes()
    fakes.sensors["tip_c"].error = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        fakes.tick()


# Acting


def test_every_output_gets_what_was_decided_with_its_lease() -> None:
    fakes = Fakes()
    assert act(fakes.hardware, fakes.decision()) == ""
    assert {name: fakes.diary.told[name] for name in OUTPUTS} == {
        "valve": (0.4, 500), "heater": (0.3, 500), "heater relay": (True, 500),
        "isolator": (True, 500)}


@pytest.mark.requirement("H-01")
def test_a_valve_that_fails_shuts_isolator_and_heater() -> None:
    fakes = Fakes()
    decision = fakes.decision()
    fakes.diary.broken["valve"] = NoReply("silent")
    assert act(fakes.hardware, decision) == "valve: silent"
    assert (fakes.diary.told["isolator"][0], fakes.diary.told["heater"][0]) == (False, 0.0)


@pytest.mark.requirement("H-01")
def test_a_heater_that_fails_shuts_the_isolator() -> None:
    fakes = Fakes()
    decision = fakes.decision()
    fakes.diary.broken["heater"] = NoReply("silent")
    assert act(fakes.hardware, decision) == "heater: silent"
    assert fakes.diary.told["isolator"][0] is False


@pytest.mark.requirement("H-01")
@pytest.mark.parametrize("broken", OUTPUTS[1:])
def test_after_any_failure_the_valve_is_not_left_open(broken: str) -> None:
    fakes = Fakes()
    decision = fakes.decision()
    fakes.diary.broken[broken] = NoReply("silent")
    act(fakes.hardware, decision)
    assert fakes.diary.told["valve"][0] == 0.0


@pytest.mark.requirement("H-01")
def test_after_a_failed_isolator_the_heater_is_not_left_on() -> None:
    fakes = Fakes()
    decision = fakes.decision()
    fakes.diary.broken["isolator"] = NoReply("silent")
    act(fakes.hardware, decision)
    assert fakes.diary.told["heater"][0] == 0.0


@pytest.mark.requirement("H-01")
@pytest.mark.parametrize("broken", OUTPUTS)
def test_one_failure_stops_no_other_order(broken: str) -> None:
    fakes = Fakes()
    decision = fakes.decision()
    fakes.diary.lines.clear()
    fakes.diary.broken[broken] = NoReply("silent")
    act(fakes.hardware, decision)
    assert set(fakes.diary.lines) == set(OUTPUTS)


@pytest.mark.requirement("H-01")
@pytest.mark.parametrize("broken", OUTPUTS)
def test_a_failed_output_is_a_fault_in_the_next_tick(broken: str) -> None:
    fakes = Fakes()
    fakes.diary.broken[broken] = NoReply("silent")
    fakes.tick()
    decision = fakes.tick()
    assert decision.mode == "fault"
    assert f"{broken}: silent" in decision.reason


def test_the_first_failure_is_the_one_that_is_told() -> None:
    fakes = Fakes()
    decision = fakes.decision()
    fakes.diary.broken = {"valve": NoReply("one"), "isolator": NoReply("two")}
    assert act(fakes.hardware, decision) == "valve: one"


def test_a_rig_without_heater_and_isolator_is_driven_by_its_valve() -> None:
    fakes = Fakes()
    decision = fakes.decision()
    hardware = fakes.hardware._replace(heater=None, heater_relay=None, isolator=None)
    assert act(hardware, decision) == ""


@pytest.mark.requirement("H-07")
@pytest.mark.parametrize("broken", ["valve", "heater", "isolator"])
def test_after_any_failure_the_heaters_relay_is_off(broken: str) -> None:
    fakes = Fakes()
    decision = fakes.decision()
    fakes.diary.broken[broken] = NoReply("silent")
    act(fakes.hardware, decision)
    assert fakes.diary.told["heater relay"][0] is False


# Lamp and buzzer


def test_lamp_and_buzzer_do_what_the_decision_says() -> None:
    fakes = Fakes()
    decision = fakes.decision(now_ms=1000, signal=Signal("high", 1000, "high", 1000, 0))
    assert indicate(fakes.hardware, decision) == ""
    assert fakes.indicator.shown == ("red", True, 523.25)


def test_a_rig_without_lamp_and_buzzer_has_nothing_to_fail() -> None:
    fakes = Fakes()
    assert indicate(fakes.hardware._replace(indicator=None), fakes.decision()) == ""


@pytest.mark.requirement("H-14")
def test_a_lamp_that_fails_is_told_in_the_next_tick_and_shuts_nothing() -> None:
    fakes = Fakes()
    fakes.diary.broken["indicator"] = NoReply("silent")
    fakes.tick()
    fakes.tick()
    reading, _, decision = fakes.recorder.rows[-1]
    assert reading.indicator_fault == "indicator: silent"
    assert reading.actuator_fault == ""
    assert decision.mode == "standby"


# The log


@pytest.mark.requirement("H-14")
def test_what_the_recorder_could_not_keep_is_read_in_the_next_tick_until_it_can() -> None:
    fakes = Fakes()
    told = []
    for fault in ("disk full", "disk full", "", ""):
        fakes.recorder.fault = fault
        fakes.tick()
        told.append(fakes.recorder.rows[-1][0].log_fault)
    assert told == ["", "disk full", "disk full", ""]


def test_each_fault_of_the_last_tick_is_in_its_own_place() -> None:
    reading = sense(Fakes().hardware, 0, 0, 0, Faults("valve", "log", "lamp"))
    assert (reading.actuator_fault, reading.log_fault, reading.indicator_fault) == (
        "valve", "log", "lamp")


# Order of a tick


def test_a_tick_acts_records_and_feeds_in_this_order() -> None:
    fakes = Fakes()
    fakes.tick()
    assert fakes.diary.lines == [*OUTPUTS, "indicator", "recorder", "watchdog"]


@pytest.mark.requirement("H-11")
@pytest.mark.parametrize("broken", [*OUTPUTS, "indicator", "recorder"])
def test_a_tick_that_breaks_off_does_not_feed_the_watchdog(broken: str) -> None:
    fakes = Fakes()
    fakes.diary.broken[broken] = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        fakes.tick()
    assert "watchdog" not in fakes.diary.lines


@pytest.mark.requirement("H-11")
def test_a_read_that_breaks_off_does_not_feed_the_watchdog() -> None:
    fakes = Fakes()
    fakes.sensors["flow_slpm"].error = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        fakes.tick()
    assert "watchdog" not in fakes.diary.lines


def test_every_tick_feeds_the_watchdog_once() -> None:
    fakes = Fakes()
    for _ in range(5):
        fakes.tick()
    assert fakes.diary.lines.count("watchdog") == 5


def test_a_tick_records_what_it_read_was_told_and_decided() -> None:
    fakes = Fakes()
    command = Command("stop", "", NAN, "desk", 7, 0, 100)
    fakes.loop.wait()
    decision = fakes.loop.tick((command,))
    reading, commands, recorded = fakes.recorder.rows[-1]
    assert reading.now_ms == 100
    assert commands == (command,)
    assert recorded is decision


# Time


def test_ticks_come_on_absolute_deadlines() -> None:
    fakes = Fakes()
    for late_ms in (0, 30, 0, 60, 0):
        fakes.tick(late_ms)
    assert [row[0].now_ms for row in fakes.recorder.rows] == [100, 230, 300, 460, 500]


def test_a_tick_that_is_a_little_late_says_so_and_slips_nothing() -> None:
    fakes = Fakes()
    fakes.tick(99)
    assert fakes.late_and_slips() == (99, 0)


@pytest.mark.requirement("H-11")
def test_a_tick_that_is_a_period_late_is_a_slip() -> None:
    fakes = Fakes()
    fakes.tick(100)
    assert fakes.late_and_slips() == (100, 1)


@pytest.mark.requirement("H-11")
def test_missed_ticks_are_skipped_and_not_made_up_for() -> None:
    fakes = Fakes()
    fakes.tick(350)
    fakes.tick()
    assert [row[0].now_ms for row in fakes.recorder.rows] == [450, 500]


@pytest.mark.requirement("H-11")
def test_slips_in_a_row_are_counted() -> None:
    fakes = Fakes()
    counted = []
    for _ in range(3):
        fakes.tick(100)
        counted.append(fakes.late_and_slips()[1])
    assert counted == [1, 2, 3]


@pytest.mark.requirement("H-11")
def test_a_tick_in_time_ends_the_count() -> None:
    fakes = Fakes()
    fakes.tick(100)
    fakes.tick(100)
    fakes.tick()
    assert fakes.late_and_slips() == (0, 0)
