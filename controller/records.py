"""The immutable values that travel through the controller, one field per line with unit and range.

They hold; they decide nothing.
"""

from typing import NamedTuple

from controller.signals import Signal

NAN = float("nan")

# One channel as it was sensed in this tick.
Sample = NamedTuple(
    "Sample",
    [
        ("value", float),  # in the unit of the channel's name; NaN when there is no value
        ("age_ms", int),  # 0..; since the device took it, by the device side's stamp
        ("fault", str),  # "" or what the device or the wire says is wrong
    ],
)

NOT_FITTED = Sample(NAN, 0, "not fitted")

# All that is sensed in one tick. Channels the rig lacks are NOT_FITTED.
Reading = NamedTuple(
    "Reading",
    [
        ("now_ms", int),  # 0..; monotonic
        ("late_ms", int),  # 0..; how long after its deadline this tick began
        ("slips", int),  # 0..; ticks in a row that began a whole period late or more
        ("tip_c", Sample),  # -200..100
        ("tip_b_c", Sample),  # second sensor in the tip; -200..100
        ("skin_c", Sample),  # -50..60
        ("supply_kpa", Sample),  # gauge, 0..7000
        ("exhaust_kpa", Sample),  # gauge, 0..1000
        ("flow_slpm", Sample),  # standard litres per minute, 0..50
        ("estop", Sample),  # 1.0 loop closed (released), 0.0 loop open (pressed or wire cut)
        ("cold_junction_c", Sample),  # of the tip's converter; 0..60
        ("pedal", Sample),  # 1.0 pressed, 0.0 released
        ("probe_id", Sample),  # the number that the probe's own chip says
        ("actuator_fault", str),  # "" or why the last output did not reach its actuator
        ("log_fault", str),  # "" or why what happens is not being kept
        ("indicator_fault", str),  # "" or why lamp or buzzer did not do what they were told
    ],
)

CHANNELS = ("tip_c", "tip_b_c", "skin_c", "supply_kpa", "exhaust_kpa", "flow_slpm", "estop",
            "cold_junction_c", "pedal", "probe_id")

# What probe the rig carries.
Probe = NamedTuple(
    "Probe",
    [
        ("outer_diameter_mm", float),  # 0.5..5
        ("active_length_mm", float),  # 2..30
        ("full_flow_slpm", float),  # 0.5..50; of the sound probe with its valve fully open
        ("chip", int),  # what its probe_id says; 0..
    ],
)

# What the last Decision asked for, seen by the stages that judge what became of it.
Asked = NamedTuple(
    "Asked",
    [
        ("mode", str),
        ("phase", str),  # of its Course
        ("target_c", float),  # deg C; NaN when none
        ("left_s", float),  # 0..; freezing that the plan still holds
        ("valve_fraction", float),  # 0..1; 0 while the isolator is shut
        ("heater_fraction", float),  # 0..1
    ],
)
NOTHING_ASKED = Asked("standby", "", NAN, 0.0, 0.0, 0.0)

# What an operator asks for, as it enters step().
Command = NamedTuple(
    "Command",
    [
        ("name", str),  # a word of core.ORDERS
        ("text", str),  # plan name for "plan", else ""
        ("value", float),  # deg C for "target", else NaN
        ("session", str),  # who asked; the reply goes back there
        ("number", int),  # 0..; the session's own count, for matching the reply
        ("revision", int),  # 0..; the revision this operator was last shown; a start needs it
        ("issued_ms", int),  # when it was asked, on the clock of Reading.now_ms
    ],
)

# What became of a command.
Reply = NamedTuple(
    "Reply",
    [
        ("session", str),
        ("number", int),
        ("code", int),  # 0 done; else a SCPI error number, e.g. -221 not in this mode
        ("text", str),  # for a person, with the numbers
        ("revision", int),  # of plan and target after the command
    ],
)

# A rule that could not prove the situation safe.
Trip = NamedTuple(
    "Trip",
    [
        ("name", str),  # of the row in interlocks.INTERLOCKS
        ("reason", str),  # with the value and the limit
    ],
)

Alarm = NamedTuple(
    "Alarm",
    [
        ("name", str),  # of the row in interlocks.INTERLOCKS
        ("priority", str),  # "high", "medium", "low"
        ("reason", str),
        ("acknowledged", bool),
    ],
)

# One line of the alarm log.
AlarmEvent = NamedTuple(
    "AlarmEvent",
    [
        ("now_ms", int),
        ("what", str),  # "raised", "acknowledged", "ended", "cleared", "paused", "resumed"
        ("name", str),  # of the cause; "" for the audio pause
        ("priority", str),  # of the cause; "" for the audio pause
        ("reason", str),
    ],
)

Cycle = NamedTuple(
    "Cycle",
    [
        ("target_c", float),  # deg C; limits.target_c_min..limits.target_c_max
        ("hold_s", float),  # 1..limits.freeze_s_max; counted from first reaching the target
        ("thaw", str),  # "passive" (valve shut) or "active" (valve shut, heater on)
        ("thaw_s", float),  # 0..600; the thaw lasts at least this long
        ("thaw_to_c", float),  # deg C; and until the tip is at least this warm
    ],
)

Plan = NamedTuple(
    "Plan",
    [
        ("name", str),  # letters, digits, - and _; 1..32 characters
        ("cycles", "tuple[Cycle, ...]"),  # 1..8
    ],
)

# What the treatment wants in this tick.
Course = NamedTuple(
    "Course",
    [
        ("phase", str),  # "", "approach", "hold", "thaw", or a step of precheck.STEPS
        ("cycle", int),  # 1..; 0 when no treatment runs
        ("cycles", int),  # 0..8
        ("target_c", float),  # deg C; NaN when no temperature is asked for
        ("heat", bool),  # True: active thaw
        ("time_left_s", float),  # 0..; of this phase; NaN when it ends by temperature
        ("event", str),  # "" or the event of modes.EVENTS that ends the phase
    ],
)

# What the estimator makes of the tip sensors in one tick.
Estimate = NamedTuple(
    "Estimate",
    [
        ("tip_c", float),  # best estimate; NaN when nothing can be trusted
        ("slope_c_per_s", float),  # least squares over the last second; NaN until known
        ("ab_difference_c", float),  # 0..; NaN unless both sensors are trusted
        ("tip_step_c_per_s", float),  # 0..; jump of either sensor against its last good sample
        ("distrusted", int),  # 0..; samples passed over so far
        ("ridden", str),  # "", "tip_c" or "tip_b_c": its bad sample is passed over in this tick
    ],
)

# What step() answers.
Decision = NamedTuple(
    "Decision",
    [
        ("now_ms", int),
        ("mode", str),  # of modes.MODES
        ("course", Course),
        ("tip_c", float),  # the estimate that was used; NaN when not trusted
        ("slope_c_per_s", float),
        ("valve_fraction", float),  # 0..1
        ("heater_fraction", float),  # 0..1
        ("isolator_open", bool),
        ("heater_enabled", bool),  # the relay in series with the heater
        ("lease_ms", int),  # outputs expire after this unless renewed
        ("tripped", "tuple[Trip, ...]"),  # latched, in table order
        ("alarms", "tuple[Alarm, ...]"),  # highest priority first
        ("alarm_events", "tuple[AlarmEvent, ...]"),  # the alarm log of this tick
        ("signal", Signal),  # what lamp and buzzer do
        ("freeze_s", float),  # 0..; of this cycle
        ("total_freeze_s", float),  # 0..; since the plan was loaded
        ("cold_s", float),  # 0..; tip at or below -20 deg C, since the plan was loaded
        ("ice_radius_mm", float),  # 0..; estimated edge of the ice, across the shaft
        ("ice_m20_radius_mm", float),  # 0..; estimated -20 deg C isotherm, likewise
        ("distrusted", int),  # 0..; samples of the tip sensors passed over so far
        ("plan", Plan),  # the loaded one, with the targets in force; no cycles when none
        ("revision", int),  # grows with every change of plan or target
        ("reason", str),  # why, with numbers
        ("replies", "tuple[Reply, ...]"),  # one per command, in their order
    ],
)


class Refused(Exception):
    """The operator asked for what cannot be granted; the text says why, with the limit."""

    def __init__(self, text: str, code: int = -221) -> None:
        super().__init__(text)
        self.text = text
        self.code = code  # SCPI error number: -221 not in this mode, -222 out of range
