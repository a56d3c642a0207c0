"""ORDERS: what an operator may order, and what each order does or why it is refused.

It does not decide what is safe: the interlocks that it asks do.
"""

from controller.facts import Facts
from controller.interlocks import ENDING, SHUTTING
from controller.machine import Machine
from controller.records import Command, Refused
from controller.text import number
from controller.treatment import plan_text, target_fault

START_LIFE_MS = 2000  # an older start was queued or replayed, and is refused
BEGINNING = ("precheck", "freeze", "thaw")  # orders that a stop in the same tick refuses
PLANNING = ("standby", "precheck", "ready", "done")  # modes that take a plan or a target


def _stop(machine: Machine, command: Command, facts: Facts) -> str:
    if machine.mode == "fault":
        return "shut; fault: " + machine.why
    return machine.enter("stop", "stopped by the operator in mode " + machine.mode)


def _load(machine: Machine, command: Command, facts: Facts) -> str:
    if machine.mode not in PLANNING:
        raise Refused("a plan cannot be loaded in mode " + machine.mode)
    for plan in machine.plans:
        if plan.name == command.text:
            machine.treatment.load(plan)
            machine.dose.new_site()
            machine.revision += 1
            return _plan_shown(machine)
    raise Refused("no plan is called " + command.text + "; there are: "
                  + ", ".join([plan.name for plan in machine.plans]), -222)


def _retarget(machine: Machine, command: Command, facts: Facts) -> str:
    why = target_fault(command.value, machine.limits)
    if why:
        raise Refused(why, -222)
    if machine.mode not in PLANNING:
        raise Refused("the target cannot be changed in mode " + machine.mode)
    if not machine.treatment.plan.cycles:
        raise Refused("no plan is loaded, so there is no target to set")
    machine.treatment.retarget(command.value)
    machine.revision += 1
    return _plan_shown(machine)


def _plan_shown(machine: Machine) -> str:
    return plan_text(machine.treatment.plan, machine.revision)


def _precheck(machine: Machine, command: Command, facts: Facts) -> str:
    return machine.enter("precheck", "checking before use: a short freeze and thaw")


def _start(machine: Machine, command: Command, facts: Facts) -> str:
    if machine.mode != "ready":
        then = "; wait for ready" if machine.mode == "precheck" else "; precheck first"
        raise Refused("freeze is not possible in mode " + machine.mode + then)
    age_ms = machine.now_ms - command.issued_ms
    if not (0 <= age_ms <= START_LIFE_MS):
        raise Refused("this start is " + str(age_ms)
                      + " ms old, not at most " + str(START_LIFE_MS) + " ms; say it again")
    if not machine.treatment.plan.cycles:
        raise Refused("no plan is loaded")
    if command.revision != machine.revision:
        raise Refused("you were last shown revision " + str(command.revision) + ", now it is "
                      + _plan_shown(machine) + "; look at it and start again")
    unproven = machine.interlocks.inhibits(facts)
    if unproven:
        raise Refused("start inhibited: " + unproven[0].reason)
    total_s = facts.total_freeze_s + sum([cycle.hold_s for cycle in machine.treatment.plan.cycles])
    if not (total_s <= machine.limits.total_freeze_s_max):
        raise Refused("freeze time in total would be " + number(total_s) + " s, not at most "
                      + number(machine.limits.total_freeze_s_max)
                      + " s; load a plan for another site", -222)
    machine.treatment.begin()
    return machine.enter("freeze", _plan_shown(machine))


def _thaw(machine: Machine, command: Command, facts: Facts) -> str:
    unproven = machine.interlocks.inhibits(facts, "thaw", (), SHUTTING)
    if unproven:
        raise Refused("thaw inhibited: " + unproven[0].reason)
    said = machine.enter("thaw", "warming on the operator's word")
    machine.treatment.begin()  # a plan that was under way is given up
    return said


def _acknowledge(machine: Machine, command: Command, facts: Facts) -> str:
    machine.alarms.acknowledge()
    machine.unclean = ""
    return str(len(machine.alarms.alarms())) + " alarms acknowledged"


def _pause(machine: Machine, command: Command, facts: Facts) -> str:
    value_s = command.value
    machine.alarms.pause(int(value_s * 1000.0 + 0.5) if 0.0 < value_s < 1e6 else 0)
    return "sound paused for " + number(value_s) + " s; a new alarm ends it"


def _reset(machine: Machine, command: Command, facts: Facts) -> str:
    if machine.mode != "fault":
        raise Refused("nothing to reset in mode " + machine.mode)
    present = (machine.interlocks.inhibits(facts, "fault", (), ENDING)
               or machine.alarms.present())
    if present:
        raise Refused("cause present: " + present[0].reason)
    unseen = machine.alarms.unacknowledged()
    if unseen:
        raise Refused("acknowledge first: " + unseen[0].name + ", " + unseen[0].reason)
    machine.alarms.clear()
    return machine.enter("reset", "reset by the operator; nothing was started")


# What each Command of that name does. Every one answers in a sentence or raises Refused.
ORDERS = (
    ("stop", _stop),
    ("plan", _load),
    ("target", _retarget),
    ("precheck", _precheck),
    ("freeze", _start),
    ("thaw", _thaw),
    ("ack", _acknowledge),
    ("pause", _pause),
    ("reset", _reset),
)


def obey(machine: Machine, command: Command, facts: Facts) -> str:
    """Do what `command` asks and say so; raises Refused."""
    for name, order in ORDERS:
        if name == command.name:
            return order(machine, command, facts)
    raise Refused("no order is called " + command.name, -113)
