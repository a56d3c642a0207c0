"""What the controller's tests start from: a sound reading, commands, a machine in some mode."""

from controller.core import Controller
from controller.interlocks import row_named
from controller.limits import limits_from
from controller.records import (
    CHANNELS,
    NAN,
    Command,
    Cycle,
    Decision,
    Estimate,
    Plan,
    Probe,
    Reading,
    Reply,
    Sample,
)

LIMITS_IN_FORCE = limits_from()
PROBE = Probe(2.0, 10.0, 12.0, 1)
# Without a pedal, which has to be pressed in its time.
FITTED = (*[channel for channel in CHANNELS if channel != "pedal"], "heater", "isolator")
TICK_MS = 100
WARM_C = 34.0
SOUND = {"tip_c": WARM_C, "tip_b_c": WARM_C, "skin_c": 33.0, "supply_kpa": 5000.0,
         "exhaust_kpa": 10.0, "flow_slpm": 0.0, "estop": 1.0, "cold_junction_c": 24.0, "pedal": 0.0,
         "probe_id": 1.0}
NUMBERS_THAT_ARE_NONE = (float("nan"), float("inf"), float("-inf"), 1e38, -1e38)
TWO_CYCLES = Plan("two", (Cycle(-60.0, 5.0, "passive", 1.0, -20.0),
                          Cycle(-60.0, 5.0, "active", 1.0, 5.0)))
ONE_CYCLE = Plan("one", (Cycle(-40.0, 100.0, "passive", 0.0, 0.0),))
PLANS = (TWO_CYCLES, ONE_CYCLE)


def reading(now_ms: int = 0, **changes: object) -> Reading:
    """Return a sound reading; a number in `changes` becomes a fresh sample of its channel."""
    samples = {channel: Sample(value, 0, "") for channel, value in SOUND.items()}
    sound = Reading(now_ms, 0, 0, *[samples[channel] for channel in CHANNELS], "", "", "")
    for name, value in changes.items():
        is_channel = name in CHANNELS and not isinstance(value, Sample)
        sound = sound._replace(**{name: Sample(value, 0, "") if is_channel else value})
    return sound


def both_tips(value_c: float) -> dict[str, float]:
    """Return the changes for a reading whose two tip sensors say the same."""
    return {"tip_c": value_c, "tip_b_c": value_c}


def estimate(tip_c: float, slope_c_per_s: float = 0.0) -> Estimate:
    """Return an estimate as the regulator takes it."""
    return Estimate(tip_c, slope_c_per_s, 0.0, 0.0, 0, "")


class Desk:
    """An operator's desk: a controller with its time, one tick per call.

    Its rig is a puppet: the tip is where the test puts it, but trembles as a sensor does, and dips
    while the check lets gas flow; the flow is what the valve was told.
    """

    def __init__(self, fitted: tuple[str, ...] = FITTED, plans: tuple[Plan, ...] = PLANS,
                 unclean: str = "", **limits: float) -> None:
        self.limits = limits_from(tuple(limits.items()))
        self.controller = Controller(self.limits, fitted, plans, PROBE, unclean)
        self.now_ms = 0
        self.tip_c = WARM_C
        self.dip_c = 0.0
        self.last: Decision | None = None

    def command(self, name: str, text: str = "", value: float = NAN, **changes: int) -> Command:
        """Return a command that is issued in the coming tick by one who saw the last decision."""
        command = Command(name, text, value, "desk", 0, self.controller.revision,
                          self.now_ms + TICK_MS)
        return command._replace(**changes)

    def tick(self, *commands: Command, **changes: object) -> Decision:
        """Return the decision of one tick later."""
        self.now_ms += TICK_MS
        passes = self.last.valve_fraction if self.last and self.last.isolator_open else 0.0
        checking = passes > 0.0 and self.last is not None and self.last.mode == "precheck"
        self.dip_c = min(5.0, self.dip_c + 0.5) if checking else max(0.0, self.dip_c - 0.5)
        trembling_c = 0.01 * (self.now_ms // TICK_MS % 2)
        seen = {**both_tips(self.tip_c - self.dip_c + trembling_c),
                "flow_slpm": PROBE.full_flow_slpm * passes, **changes}
        self.last = self.controller.step(reading(self.now_ms, **seen), commands)
        return self.last

    def order(self, name: str, text: str = "", value: float = NAN, **changes: int) -> Reply:
        """Return what a sound tick answers to one command."""
        return self.tick(self.command(name, text, value, **changes)).replies[0]

    def ticks(self, count: int, **changes: object) -> Decision:
        """Return the last decision of `count` equal ticks."""
        for _ in range(count):
            decision = self.tick(**changes)
        return decision

    def ramp_to(self, tip_c: float, step_c: float = 2.0, **changes: object) -> Decision:
        """Let the tip go to `tip_c` by `step_c` a tick, and return the last decision."""
        while self.tip_c != tip_c:
            self.tip_c += min(step_c, max(-step_c, tip_c - self.tip_c))
            decision = self.tick(**changes)
        return decision

    def checked(self, **changes: object) -> Decision:
        """Return the decision that ends a check before use, passed or not."""
        decision = self.tick(self.command("precheck"), **changes)
        while decision.mode == "precheck":
            decision = self.tick(**changes)
        return decision

    def ready(self, plan: str = "two") -> "Desk":
        """Load a plan and prove everything."""
        self.order("plan", plan)
        self.checked()
        assert self.controller.mode == "ready", self.controller.why
        self.ticks(10)  # the dip of the check is over
        return self

    def freezing(self, plan: str = "two") -> "Desk":
        """Go on to the start of a freeze."""
        self.ready(plan)
        self.order("freeze")
        return self

    def holding(self, plan: str = "one") -> "Desk":
        """Go on to the hold, with the tip at its target."""
        self.freezing(plan)
        target_c = self.controller.treatment.plan.cycles[0].target_c
        self.ramp_to(target_c + 15.0)
        self.ramp_to(target_c, 0.5)
        assert self.last is not None
        assert self.last.course.phase == "hold", self.controller.why
        return self

    def names(self) -> list[str]:
        """Return the names of the alarms of the last decision."""
        return [alarm.name for alarm in self.last.alarms] if self.last else []


def is_shut(decision: Decision) -> bool:
    """Valve, heater and isolator are shut, and the heater's relay is off."""
    return (decision.valve_fraction, decision.heater_fraction, decision.isolator_open,
            decision.heater_enabled) == (0.0, 0.0, False, False)


def found(desk: Desk, name: str, **changes: object) -> Decision:
    """Return the decision in which row `name` is told, after `changes` came; it must be within the
    time that the row promises."""
    since_ms = desk.now_ms + TICK_MS
    while True:
        decision = desk.tick(**changes)
        if name in desk.names():
            return decision
        assert decision.now_ms - since_ms < row_named(name).detect_ms, desk.controller.why


def desk_in(mode: str) -> Desk:
    """Return a desk whose controller came to `mode` by commands and readings alone."""
    desk = Desk()
    if mode == "precheck":
        desk.order("precheck")
    elif mode == "ready":
        desk.ready()
    elif mode == "freeze":
        desk.freezing()
    elif mode == "thaw":
        desk.tip_c = -20.0
        desk.order("thaw")
    elif mode == "done":
        desk.order("thaw")
        desk.tick()
    elif mode == "fault":
        desk.tick(estop=0.0)
    assert desk.controller.mode == mode
    return desk
