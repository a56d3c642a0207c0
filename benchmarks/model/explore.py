"""Breadth first through every abstract state of the real controller, with the rules in every tick.

It does not decide what is wrong (rules.py does) nor how a tick is made (given.py does).
"""

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from controller.modes import TRANSITIONS

from .given import (
    LATER_MS,
    MUCH_LATER_MS,
    PLANTS,
    TICK_MS,
    WORD_NAMES,
    YOUNG_MS,
    Act,
    Watched,
    branch,
    representatives,
)
from .rules import broken_rules
from .ticks import tick

JUMPS_MS = (TICK_MS, LATER_MS, MUCH_LATER_MS)
MAIN_WORDS = ("stop", "plan", "precheck", "freeze", "thaw", "ack", "reset")
BATCHES = (("ack", "reset"), ("reset", "ack"), ("reset", "precheck"), ("precheck", "freeze"),
           ("ack", "reset", "precheck", "freeze"), ("ack",) * 20, ("ack",) * 40 + ("stop",),
           *[("stop", word) for word in MAIN_WORDS], *[(word, "stop") for word in MAIN_WORDS])

# Rows of TRANSITIONS that nothing takes today, and why they may stay.
DEAD = (
    (("fault", "trip", "fault"), "a trip in fault changes nothing, so no code enters it"),
    (("fault", "stop", "fault"), "a stop in fault is answered without entering it"),
    (("precheck", "spoiled", "thaw"), "the check fails at the first tick that a row is not proven, "
     "before the grace of its one row that lets warm is over"),
)


class Product(NamedTuple):
    """What is multiplied with what."""

    rows: tuple[str, ...]  # of INTERLOCKS; each alone
    pairs: tuple[tuple[str, str], ...]  # and these together
    all_pairs_of_words: bool  # where all is proven; else BATCHES only
    unclean: bool  # begin after a crash as well


# Two at once: one that lets warm with one that shuts, graces that end at different times, rows that
# only warn, the pedal, and what an acknowledgement ends.
PAIRS = (("estop", "skin_cold"), ("freeze_time", "skin_cold"), ("skin_cold", "tip_step"),
         ("supply_high", "unclean_stop"), ("blockage", "skin_predicted"), ("log", "pedal"),
         ("check", "heater_stuck"), ("burst", "do_not_pull"), ("shut_flow", "skin_cold"),
         ("skin_cold", "skin_low"))
WHOLE = Product(tuple(row.name for row in representatives()), PAIRS, True, True)
SMALL = Product(("estop", "skin_cold"), (), False, False)


class Node:
    """One abstract state, with the first controller that came to it."""

    def __init__(self, controller: Watched, since: dict[str, int], parent: "Node | None",
                 act: Act | None) -> None:
        self.controller: Watched | None = controller
        self.since = since  # from when on a row is unproven and armed, by our own clock
        self.parent = parent
        self.act = act
        self.touched = touched(controller, since)
        self.following: set[tuple[int, bool, bool]] = set()  # state, gas flowed, check ordered
        self.is_after_stop = False  # or reset, without a check ordered in that tick

    def path(self) -> list[Act]:
        """Return the shortest way here."""
        acts, node = [], self
        while node.parent is not None:
            assert node.act is not None
            acts.append(node.act)
            node = node.parent
        return acts[::-1]


class Found(NamedTuple):
    """What an exploration has found."""

    states: int
    transitions: int
    depth: int  # of the state farthest from the start, in ticks
    taken: frozenset[tuple[str, str, str]]
    alarmed: frozenset[str]  # rows
    modes: frozenset[str]
    fault: str  # "" or what is wrong
    path: tuple[Act, ...]  # the shortest to it

    def told(self) -> str:
        """Return the counter-example, one tick a line."""
        return "\n".join([self.fault, *["  " + act.told() for act in self.path]])


def key(controller: Watched, since: dict[str, int]) -> tuple:
    """Return all of a state that can decide what comes next; times only as over or not."""
    now_ms, check = controller.now_ms, controller.precheck
    treatment = controller.treatment

    def is_old(then_ms: int) -> bool:
        return now_ms - then_ms >= YOUNG_MS

    in_check = controller.mode == "precheck"
    interlocks = controller.interlocks
    return (
        controller.mode, is_old(treatment.mode_since_ms), controller.unclean,
        (check.index, is_old(check.step_since_ms), check.from_c != check.from_c,
         check.coldest_c < 30.0) if in_check else None,
        treatment.index, len(treatment.plan.cycles),
        is_old(treatment.held_since_ms) if treatment.held_since_ms >= 0 else None,
        tuple(sorted((held.cause.name, held.is_present, held.is_acknowledged)
                     for held in controller.alarms.held)),
        tuple((interlocks.rows[index].name, is_old(then_ms))
              for index, then_ms in enumerate(interlocks.unproven_since_ms) if then_ms >= 0),
        tuple((row.name, is_old(then_ms)) for row, then_ms
              in zip(interlocks.rows, interlocks.armed_since_ms, strict=True)
              if row.arms_after_ms and then_ms >= 0),
        tuple(sorted((name, is_old(then_ms)) for name, then_ms in since.items())),
    )


def touched(controller: Watched, since: dict[str, int]) -> frozenset[str]:
    """Return the rows that the state remembers something of."""
    interlocks = controller.interlocks
    names = {interlocks.rows[index].name
             for index, then_ms in enumerate(interlocks.unproven_since_ms) if then_ms >= 0}
    names |= {held.cause.name for held in controller.alarms.held} | set(since)
    return frozenset(names | ({"unclean_stop"} if controller.unclean else set()))


def explore(product: Product, controllers: type[Watched] = Watched) -> Found:
    """Return what there is to be found; the first broken rule ends the search."""
    return _Search(product, controllers).run()


class _Search:
    def __init__(self, product: Product, controllers: type[Watched]) -> None:
        self.product = product
        self.numbers: dict[tuple, int] = {}
        self.nodes: list[Node] = []
        self.queue: deque[int] = deque()
        self.transitions = 0
        self.taken: set[tuple[str, str, str]] = set()
        self.alarmed: set[str] = set()
        self.families = {frozenset[str]()} | {frozenset([name]) for name in product.rows}
        self.families |= {frozenset(pair) for pair in product.pairs}
        self.options: dict[frozenset[str], list[tuple[str, ...]]] = {}
        for unclean in ("", "killed") if product.unclean else ("",):
            self._number(Node(controllers(unclean), {}, None, None))

    def run(self) -> Found:
        while self.queue:
            node = self.nodes[self.queue.popleft()]
            for act in self._acts(node):
                fault = self._try(node, act)
                if fault:
                    return self._found(fault, (*node.path(), act))
            node.controller = None  # all that follows from it is known
        fault, path = self._gas_after_stop()
        return self._found(fault, path)

    def _found(self, fault: str, path: tuple[Act, ...]) -> Found:
        return Found(len(self.nodes), self.transitions, len(self.nodes[-1].path()),
                     frozenset(self.taken), frozenset(self.alarmed),
                     frozenset(state[0] for state in self.numbers), fault, path)

    def _number(self, node: Node) -> int:
        assert node.controller is not None
        state = key(node.controller, node.since)
        if state not in self.numbers:
            self.numbers[state] = len(self.nodes)
            self.queue.append(len(self.nodes))
            self.nodes.append(node)
        return self.numbers[state]

    def _try(self, node: Node, act: Act) -> str:
        """Do one tick, remember where it leads, and return what is wrong with it."""
        self.transitions += 1
        assert node.controller is not None
        controller, since = branch(node.controller), dict(node.since)
        try:
            step = tick(controller, since, act)
        except Exception as error:
            return f"it raised {error!r}"
        self.taken |= {row[:3] for row in step.taken if row[:3] in TRANSITIONS}
        self.alarmed |= set(step.tripped) | {alarm.name for alarm in step.decision.alarms}
        wrong = broken_rules(step)
        if wrong:
            return wrong[0]
        checks = "precheck" in act.words
        then = self._number(Node(controller, since, node, act))
        node.following.add((then, step.is_open, checks))
        if not checks and ("stop" in act.words or step.did("reset")):
            self.nodes[then].is_after_stop = True
        return ""

    def _acts(self, node: Node) -> Iterator[Act]:
        for broken in self._broken(node.touched):
            many = len(node.touched | set(broken)) > 1
            if not node.touched and not broken:
                yield from _acts_when_all_is_proven(self.product.all_pairs_of_words)
                continue
            for words in ((), *[(word,) for word in MAIN_WORDS]):
                for plant in PLANTS[:1] if many else PLANTS:
                    yield Act(TICK_MS, broken, plant, words)
                for jump_ms in JUMPS_MS[1:]:
                    yield Act(jump_ms, broken, "does", words)
            if not many:
                for words in BATCHES:
                    yield Act(TICK_MS, broken, "does", words)

    def _broken(self, remembered: frozenset[str]) -> list[tuple[str, ...]]:
        """Return the sets of rows that may be unproven where `remembered` already are."""
        if remembered not in self.options:
            self.options[remembered] = [tuple(sorted(rows)) for rows in sorted(
                self.families, key=sorted) if (rows | remembered) in self.families]
        return self.options[remembered]

    def _gas_after_stop(self) -> tuple[str, tuple[Act, ...]]:
        """After a stop or a reset no gas may flow until a check is ordered."""
        reached = [number for number, node in enumerate(self.nodes) if node.is_after_stop]
        seen = set(reached)
        for number in reached:
            for then, is_open, checks in self.nodes[number].following:
                if is_open and not checks:
                    return ("stopped: gas after a stop or a reset without a check in between",
                            tuple(self.nodes[then].path()))
                if not checks and then not in seen:
                    seen.add(then)
                    reached.append(then)
        return "", ()


def _acts_when_all_is_proven(all_pairs: bool) -> Iterator[Act]:
    for words in ((), *[(word,) for word in WORD_NAMES]):
        for jump_ms in JUMPS_MS:
            for plant in PLANTS:
                yield Act(jump_ms, (), plant, words)
    pairs = [(one, other) for one in WORD_NAMES for other in WORD_NAMES]
    for words in (*BATCHES, *(pairs if all_pairs else ())):
        yield Act(TICK_MS, (), "does", words)
