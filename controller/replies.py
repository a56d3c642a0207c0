"""What is answered to a question: a sentence for a person and the bare value for a program.

It does not decide who is answered when: console.py does. It reads one View and changes nothing.
"""

import math

from controller.interlocks import CLEAR, TITLES, Interlock, missing, served
from controller.limits import LIMITS, Limits
from controller.records import NAN
from controller.scpi import NOT_A_NUMBER
from controller.text import number
from controller.view import View, bare, is_known, why_unknown

RECENT_SHOWN = 10
SCPI_VERSION = "1999.0"

# (argument, field of Reading, unit, decimals for a person, decimals for a program)
CHANNELS_SHOWN = (
    ("tip", "tip_c", "°C", 1, 2),
    ("tip_b", "tip_b_c", "°C", 1, 2),
    ("skin", "skin_c", "°C", 1, 2),
    ("supply", "supply_kpa", "kPa", 0, 1),
    ("exhaust", "exhaust_kpa", "kPa", 1, 1),
    ("flow", "flow_slpm", "L/min", 2, 2),
)


def measured(view: View, argument: str) -> "tuple[str, str]":
    """Return one channel of CHANNELS_SHOWN as it was sensed."""
    for name, field, unit, digits, digits_bare in CHANNELS_SHOWN:
        if name == argument:
            sample = getattr(view.reading, field)
            fault = why_unknown(sample, view.limits)
            if fault:
                return name + " " + NOT_A_NUMBER + " (" + fault + ")", NOT_A_NUMBER
            return (name + " " + number(sample.value, digits) + " " + unit,
                    bare(sample.value, digits_bare))
    raise AssertionError("no channel " + argument)


def temperature(view: View, argument: str) -> "tuple[str, str]":
    """Return a temperature, of the tip unless another sensor is named."""
    return measured(view, argument or "tip")


def pressure(view: View, argument: str) -> "tuple[str, str]":
    """Return a pressure, of the supply unless the exhaust is named."""
    return measured(view, argument or "supply")


def flow(view: View, argument: str) -> "tuple[str, str]":
    """Return the gas flow."""
    return measured(view, "flow")


def identity(view: View, argument: str) -> "tuple[str, str]":
    """Return maker, body, serial number and version."""
    return _both("cryoprobe," + view.body + "," + view.serial + "," + view.version)


def mode(view: View, argument: str) -> "tuple[str, str]":
    """Return the mode."""
    return _both(view.decision.mode)


def target(view: View, argument: str) -> "tuple[str, str]":
    """Return the target of this cycle for a program, of every cycle for a person."""
    cycles = view.plan.cycles
    if not cycles:
        return "no target, " + _plan_name(view), NOT_A_NUMBER
    texts = [number(cycle.target_c) + " °C" for cycle in cycles]
    if all([text == texts[0] for text in texts]):
        texts = texts[:1]
    return ("target " + ", then ".join(texts) + ", " + _plan_name(view),
            bare(_target_c(view), 2))


def plan(view: View, argument: str) -> "tuple[str, str]":
    """Return the loaded plan as it must be shown before a start."""
    if view.plan.cycles:
        return _both(view.plan_text)
    return _both("no plan; there are: " + ", ".join(view.plans))


def status(view: View, argument: str) -> "tuple[str, str]":
    """Return everything an operator watches, in one line."""
    decision = view.decision
    course = decision.course
    words = ["mode " + decision.mode]
    if course.phase:
        words.append("phase " + course.phase + (
            " " + str(course.cycle) + "/" + str(course.cycles) if course.cycle else ""))
    words.append("tip " + _known(decision.tip_c, 1, " °C"))
    target_c = course.target_c if course.phase else _target_c(view)
    if is_known(target_c):
        words.append("target " + number(target_c) + " °C")
    if is_known(course.time_left_s):
        # Rounded up: "0 s left" is said when none is left.
        words.append(str(int(math.ceil(course.time_left_s))) + " s left")
    words.append("valve " + number(decision.valve_fraction, 2))
    if decision.heater_fraction > 0.0:
        words.append("heater " + number(decision.heater_fraction, 2))
    supply = view.reading.supply_kpa
    supply_kpa = NAN if why_unknown(supply, view.limits) else supply.value
    words.append("supply " + _known(supply_kpa, 0, " kPa"))
    words.append(_plan_name(view))
    names = [trip.name for trip in decision.tripped]
    words.append("tripped: " + ", ".join(names) if names else "no trips")
    words += [alarm.priority + " alarm " + alarm.name for alarm in decision.alarms[:1]]
    if decision.signal.paused_ms:
        words.append(pause(view, "")[0])
    return _both(", ".join(words))


def trips(view: View, argument: str) -> "tuple[str, str]":
    """Return what is latched, with its first reason and whether somebody has seen it."""
    seen = [alarm.name for alarm in view.decision.alarms if alarm.acknowledged]
    texts = [trip.name + ": " + trip.reason
             + (", acknowledged" if trip.name in seen else ", not acknowledged")
             for trip in view.decision.tripped]
    return _both("; ".join(texts) if texts else "no trips")


def alarms(view: View, argument: str) -> "tuple[str, str]":
    """Return every alarm, the most urgent first, and what is left of an audio pause."""
    texts = [alarm.priority + " " + alarm.name + ": " + alarm.reason
             + (", acknowledged" if alarm.acknowledged else ", not acknowledged")
             for alarm in view.decision.alarms]
    if view.decision.signal.paused_ms:
        texts.append(pause(view, "")[0])
    return _both("; ".join(texts) if texts else "no alarms")


def pause(view: View, argument: str) -> "tuple[str, str]":
    """Return what is left of an audio pause."""
    left_s = number(view.decision.signal.paused_ms * 0.001)
    if not view.decision.signal.paused_ms:
        return "sound not paused", left_s
    return "sound paused, " + left_s + " s left", left_s


def dose(view: View, argument: str) -> "tuple[str, str]":
    """Return what the tissue has had since the plan was loaded; radii are estimates."""
    decision = view.decision
    values = (("freeze time ", decision.total_freeze_s, " s"),
              ("below -20 °C ", decision.cold_s, " s"),
              ("ice radius ", decision.ice_radius_mm, " mm"),
              ("-20 °C radius ", decision.ice_m20_radius_mm, " mm"))
    return (", ".join([title + number(value) + unit for title, value, unit in values]),
            ",".join([number(value, 2) for _, value, _ in values]))


def limits(view: View, argument: str) -> "tuple[str, str]":
    """Return every protecting number in force."""
    return _both("; ".join([
        row.name + " " + number(getattr(view.limits, row.name)) + " " + row.unit + ", "
        + row.meaning for row in LIMITS]))


def interlocks(view: View, argument: str) -> "tuple[str, str]":
    """Return every rule that this rig can serve, then those it cannot."""
    texts = [_rule(row, view.limits) for row in served(view.fitted)]
    texts += [row.name + ": not served, the rig has no " + row.needs
              for row in missing(view.fitted)]
    return _both("; ".join(texts))


def log(view: View, argument: str) -> "tuple[str, str]":
    """Return the last reasons, newest last."""
    count = int(argument) if argument else RECENT_SHOWN
    return _both("; ".join(view.recent[-count:]) if view.recent else "nothing yet")


def self_test(view: View, argument: str) -> "tuple[str, str]":
    """Return how many interlocks are tripped: IEEE 488.2 calls 0 a passed self-test."""
    return _both(str(len(view.decision.tripped)))


def scpi_version(view: View, argument: str) -> "tuple[str, str]":
    """Return the year of the SCPI that headers, registers and errors follow."""
    return _both(SCPI_VERSION)


# What a stale view leaves of an answer.
TIMELESS = "timeless"  # does not change during a run: answered all the same
VALUE = NOT_A_NUMBER
TEXT = '""'
FAILED = "-1"  # a self-test that cannot be known has not been passed

# (word, or the header of a query without a word; the answer; what is left when the view is stale)
ANSWERS = (
    ("id", identity, TIMELESS),
    ("status", status, TEXT),
    ("temp", temperature, VALUE),
    ("pressure", pressure, VALUE),
    ("flow", flow, VALUE),
    ("target", target, VALUE),
    ("plan", plan, TEXT),
    ("mode", mode, TEXT),
    ("trips", trips, TEXT),
    ("alarms", alarms, TEXT),
    ("pause", pause, VALUE),
    ("dose", dose, VALUE),
    ("limits", limits, TIMELESS),
    ("interlocks", interlocks, TIMELESS),
    ("log", log, TEXT),
    ("*TST?", self_test, FAILED),
    ("SYSTem:VERSion?", scpi_version, TIMELESS),
)


def _both(text: str) -> "tuple[str, str]":
    return text, text


def _known(value: float, digits: int, unit: str) -> str:
    return number(value, digits) + unit if is_known(value) else "not known"


def _plan_name(view: View) -> str:
    name = view.plan.name
    return ("plan " + name if name else "no plan") + " rev " + str(view.decision.revision)


def _target_c(view: View) -> float:
    """The freeze target of this cycle; of the first when none runs."""
    cycles = view.plan.cycles
    if not cycles:
        return NAN
    index = view.decision.course.cycle - 1
    return cycles[index if 0 <= index < len(cycles) else 0].target_c


def _rule(row: Interlock, limits: Limits) -> str:
    text = row.name + ": " + TITLES.get(row.fact, row.fact.replace("_", " ")) + " " + row.rule
    if row.rule != CLEAR:
        text += " " + number(getattr(limits, row.limit)) + " " + row.unit
    if row.grace_ms:
        text += " for " + str(row.grace_ms) + " ms"
    return text + ", else " + row.response
