"""Machine: all that the controller remembers between ticks, and the one way to change its mode.

It does not decide which event happens: core.py, orders.py and the interlocks do.
"""

from controller.alarms import Alarms
from controller.dose import Dose
from controller.interlocks import Interlocks, missing
from controller.limits import Limits
from controller.modes import next_mode
from controller.precheck import Precheck
from controller.records import NAN, NOTHING_ASKED, Plan, Probe, Refused
from controller.regulator import Regulator
from controller.senses import Senses
from controller.treatment import Treatment


class Machine:
    """The state between ticks. Raises Refused when `fitted` lacks a channel that a mandatory
    interlock needs.

    `fitted`: channels of records.CHANNELS, and "heater", "isolator", "estop_test", that the rig
    has or asks for. `plans`: those that `plan NAME` may load. `unclean`: how the last process
    ended, "" if well.
    """

    def __init__(self, limits: Limits, fitted: "tuple[str, ...]", plans: "tuple[Plan, ...]",
                 probe: Probe, unclean: str = "") -> None:
        for row in missing(fitted):
            if row.mandatory:
                raise Refused("the rig has no " + row.needs + ", and interlock " + row.name
                              + " is mandatory")
        self.limits = limits
        self.fitted = fitted
        self.plans = plans
        self.unclean = unclean
        self.mode = "standby"
        self.why = "started"
        self.revision = 0
        self.now_ms = -1  # of the last tick; -1 before the first
        self.tip_c = NAN  # as estimated in the last tick
        self.asked = NOTHING_ASKED  # by the last Decision
        self.senses = Senses(limits, fitted, probe)
        self.interlocks = Interlocks(limits, fitted)
        self.alarms = Alarms()
        self.dose = Dose(probe)
        self.precheck = Precheck(limits, fitted, probe)
        self.treatment = Treatment(limits, "heater" in fitted)
        self.regulator = Regulator()

    def enter(self, event: str, why: str) -> str:
        """Change the mode by `event`; raises Refused when the table has no such row.

        While a trip is latched there is nothing but thaw and fault, whatever the event.
        """
        mode = next_mode(self.mode, event)
        if not mode:
            raise Refused(event + " is not possible in mode " + self.mode)
        latched = self.alarms.tripped()
        if latched and mode not in ("thaw", "fault"):
            mode = next_mode(self.mode, "trip")
            why = latched[0].reason
        if mode == "freeze":
            self.dose.new_cycle()
            self.regulator.start()
        if mode == "precheck":
            self.precheck.begin(self.now_ms)
        self.mode = mode
        self.treatment.enter(mode, self.now_ms)
        self.why = why
        return mode + ": " + why
