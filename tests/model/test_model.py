"""The model check holds, sees every kind of row, and finds what is wrong with twelve twins."""

import itertools
import sys
from collections.abc import Callable

import pytest

from benchmarks.model.explore import DEAD, SMALL, WHOLE, Product, explore, key
from benchmarks.model.given import (
    GOOD,
    LATER_MS,
    TICK_MS,
    Act,
    Watched,
    branch,
    broken_value,
    facts_with,
    representatives,
    signature,
)
from benchmarks.model.ticks import tick
from controller import core, interlocks, machine, modes, orders
from controller.alarms import Alarms
from controller.interlocks import INTERLOCKS, RESPONSE_NAMES, WARN, Interlock, row_named, unproven
from controller.modes import MODE_NAMES, TRANSITIONS

Twin = Callable[[pytest.MonkeyPatch], None]


@pytest.mark.requirement("H-01")
def test_no_rule_is_broken_in_the_small_product() -> None:
    found = explore(SMALL)
    assert not found.fault, found.told()
    assert found.modes == set(MODE_NAMES)
    assert found.states > 200


@pytest.mark.slow
@pytest.mark.requirement("H-01")
@pytest.mark.timeout(600)
def test_no_rule_is_broken_in_the_whole_product() -> None:
    found = explore(WHOLE)
    assert not found.fault, found.told()
    assert set(TRANSITIONS) - found.taken == {row for row, _ in DEAD}
    acting = {name for name in WHOLE.rows if row_named(name).armed}
    assert acting <= found.alarmed


# What is enumerated stands for all rows.


def test_every_row_has_one_of_its_kind_in_the_whole_product() -> None:
    kinds = {signature(row_named(name)) for name in WHOLE.rows}
    assert {signature(row) for row in INTERLOCKS} == kinds
    assert {kind[0] for kind in kinds} == set(RESPONSE_NAMES)


@pytest.mark.parametrize("row", INTERLOCKS, ids=lambda row: row.name)
def test_a_row_is_broken_by_its_own_value_or_none_and_by_no_other(row: Interlock) -> None:
    limits = Watched().limits
    assert not unproven(row, GOOD, limits)
    if row.fact == "unclean":  # the controller says so itself, until it is acknowledged
        return
    for none in (False, True):
        facts = facts_with((row.name,), none)
        found = {other.name for other in INTERLOCKS if unproven(other, facts, limits)}
        same = {other.name for other in INTERLOCKS if other.fact == row.fact}
        assert row.name in found
        assert found <= same
    assert broken_value(row) is not None


def states() -> list[Watched]:
    """Return a controller in every mode, and in every step of the check."""
    controller, found = Watched(), []
    ticks = [Act(TICK_MS, (), "does", ("plan",)), Act(TICK_MS, (), "does", ("precheck",))]
    ticks += [Act(dt_ms, (), "does", ()) for dt_ms in (TICK_MS, LATER_MS) * 8]
    ticks += [Act(TICK_MS, (), "does", ("freeze",)), Act(TICK_MS, (), "does not", ()),
              Act(TICK_MS, (), "does", ()), Act(LATER_MS, (), "does", ("thaw",)),
              Act(LATER_MS, (), "does", ()), Act(TICK_MS, ("estop",), "does", ())]
    for act in ticks:
        controller = branch(controller)
        controller.do(act)
        found.append(controller)
    assert {one.mode for one in found} == set(MODE_NAMES)
    return found


STATES = states()


@pytest.mark.parametrize("row", INTERLOCKS, ids=lambda row: row.name)
def test_a_row_leads_where_the_one_of_its_kind_leads(row: Interlock) -> None:
    like = next(other for other in representatives() if signature(other) == signature(row))
    for state, jump_ms in itertools.product(STATES[:-1], (TICK_MS, LATER_MS)):
        ends = []
        for name in (row.name, like.name):
            controller, since = branch(state), {}
            for words in ((), ("ack",), ("reset",), ("thaw",), ("precheck",)):
                tick(controller, since, Act(jump_ms, (name,), "does", words))
            ends.append(repr(key(controller, since)).replace(f"'{name}'", "'it'"))
        assert ends[0] == ends[1]


def test_a_copy_goes_its_own_way() -> None:
    controller = STATES[-1]
    before = key(controller, {})
    twin = branch(controller)
    twin.do(Act(LATER_MS, (), "does", ("ack", "reset", "plan")))
    assert key(twin, {}) != before
    assert key(controller, {}) == before


@pytest.mark.requirement("H-01")
def test_twenty_acknowledgements_with_the_cause_present_change_nothing() -> None:
    for name in WHOLE.rows:
        row = row_named(name)
        if row.response not in interlocks.ENDING or "fault" not in row.armed:
            continue
        controller = branch(STATES[2])  # in the check, where most are armed
        acts = [Act(LATER_MS, (name,), "does", words) for words in ((), ("stop",), ("ack",))]
        for act in acts:
            controller.do(act)
        seen = {repr(key(controller, {}))}
        for _ in range(20):
            made = controller.do(Act(LATER_MS, (name,), "does", ("ack", "reset")))
            assert made.replies[1].code or not made.tripped
            seen.add(repr(key(controller, {})))
        if made.tripped:
            assert made.mode == "fault"
            assert len(seen) <= 2  # the first may have been before the trip


# Broken twins: each must be found, with the way to it.


def _transition(old: tuple[str, str, str] | None, new: tuple[str, str, str]) -> Twin:
    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        rows = tuple(row for row in modes.TRANSITIONS if row != old)
        monkeypatch.setattr(modes, "TRANSITIONS", (*rows, new))
    return patch


def _row(name: str, **changes: object) -> Twin:
    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        rows = tuple(row._replace(**changes) if row.name == name else row for row in INTERLOCKS)
        monkeypatch.setattr(interlocks, "INTERLOCKS", rows)
    return patch


def _order(name: str, order: Callable) -> Twin:
    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(orders, "ORDERS", tuple(
            (word, order if word == name else known) for word, known in orders.ORDERS))
    return patch


def _reset_in_spite_of_causes(machine_, command, facts) -> str:
    machine_.alarms.clear()
    machine_.alarms.held = []
    return machine_.enter("reset", "reset")


def _reset_that_starts(machine_, command, facts) -> str:
    said = orders._reset(machine_, command, facts)
    machine_.enter("precheck", "and on we go")
    return said


def _start_of_any_revision(machine_, command, facts) -> str:
    return orders._start(machine_, command._replace(revision=machine_.revision), facts)


def _start_unproven(machine_, command, facts) -> str:
    return orders._start(machine_, command, GOOD)


def _no_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    def enter(self: machine.Machine, event: str, why: str) -> str:
        tripped, self.alarms.tripped = self.alarms.tripped, tuple
        try:
            return guarded(self, event, why)
        finally:
            del self.alarms.tripped
            assert self.alarms.tripped() == tripped()
    guarded = machine.Machine.enter
    monkeypatch.setattr(machine.Machine, "enter", enter)


def _acknowledging_clears(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Alarms, "acknowledge", lambda self: self.held.clear())


TWINS = (
    ("a thaw that a trip cannot end", _transition(("thaw", "trip", "fault"),
                                                  ("thaw", "trip", "thaw")), "heat: "),
    ("a thaw whose end freezes", _transition(("thaw", "finished", "done"),
                                             ("thaw", "finished", "freeze")), "freeze|it raised"),
    ("a stop that leads to a thaw", _transition(("freeze", "stop", "standby"),
                                                ("freeze", "stop", "thaw")), "stop: "),
    ("no guard against latches", _no_guard, "latched: "),
    ("an e-stop that only warns", _row("estop", response=WARN), "latched: "),
    ("an e-stop that never arms in a freeze", _row("estop", armed=("standby",)),
     "at once: "),
    ("a reset in spite of causes", _order("reset", _reset_in_spite_of_causes), "reset|fault"),
    ("a reset that goes on", _order("reset", _reset_that_starts), "reset: "),
    ("a start of any revision", _order("freeze", _start_of_any_revision), "freeze: "),
    ("a start with something unproven", _order("freeze", _start_unproven), "freeze|gas"),
    ("an acknowledgement that clears", _acknowledging_clears, "latches: "),
    ("a stop beside which a check begins",
     lambda monkeypatch: monkeypatch.setattr(core, "BEGINNING", ()), "stop: "),
)


@pytest.mark.requirement("H-01")
@pytest.mark.parametrize(("twin", "words"), [twin[1:] for twin in TWINS],
                         ids=[twin[0] for twin in TWINS])
def test_a_broken_twin_is_found_with_the_shortest_way_to_it(
        twin: Twin, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    twin(monkeypatch)
    found = explore(SMALL)
    sys.stdout.write(found.told() + "\n")  # `pytest -rP` shows the ways
    assert any(found.fault.startswith(word) for word in words.split("|")), found.told()
    assert 1 <= len(found.path) <= 20


def test_a_row_of_the_table_that_nothing_takes_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    _transition(None, ("fault", "freeze", "freeze"))(monkeypatch)
    found = explore(Product((), (), False, False))
    assert ("fault", "freeze", "freeze") not in found.taken
    assert ("fault", "freeze", "freeze") in set(modes.TRANSITIONS) - {row for row, _ in DEAD}
