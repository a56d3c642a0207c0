"""What the model check found: beside a stop, an order of the same tick was obeyed all the same."""

import itertools

import pytest

from tests.controller.given import desk_in

BEGINNING = ("precheck", "freeze", "thaw")


@pytest.mark.requirement("H-01")
@pytest.mark.parametrize("word", BEGINNING)
@pytest.mark.parametrize("mode", ["standby", "precheck", "ready", "freeze", "thaw", "done"])
def test_nothing_begins_in_the_tick_of_a_stop(mode: str, word: str) -> None:
    for words in itertools.permutations(("stop", word)):
        desk = desk_in(mode)
        decision = desk.tick(*[desk.command(name) for name in words])
        assert decision.mode == "standby"
        assert decision.replies[words.index("stop")].code == 0
        assert "stop" in decision.replies[words.index(word)].text
        assert not decision.isolator_open
        assert not decision.heater_enabled
