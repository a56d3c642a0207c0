"""Every state that the real controller can come to: modes x trips x orders x latches, rule by rule.

What is enumerated and why that is enough: docs/safety/model.md. A broken rule ends the search with
the shortest way to it, and the exit code is 1 with `--check`. No solver beside it: z3 would prove
"open implies permitted and nothing latched" by induction over TRANSITIONS alone, but here the code
around the table is driven as well, and the states are few enough to visit them all.
"""

from pathlib import Path

from _form import Figure, main
from model.explore import DEAD, WHOLE, explore
from model.rules import RULES

from controller.interlocks import INTERLOCKS, RESPONSE_NAMES, row_named
from controller.modes import MODE_NAMES, TRANSITIONS


def measure(pictures: Path | None) -> tuple[list[Figure], str]:
    """Return what was enumerated, and the counter-example if there is one."""
    found = explore(WHOLE)
    if found.fault:
        print(found.told())
    dead = {row for row, _ in DEAD}
    responses = {row_named(name).response for name in (*WHOLE.rows, *sum(WHOLE.pairs, ()))}
    figures = [
        Figure("rules, looked at in every transition", len(RULES), ""),
        Figure("rules broken", 1.0 if found.fault else 0.0, "", 0.0),
        Figure("states", found.states, "", 1000.0, True),
        Figure("transitions: real calls of Controller.step", found.transitions, "", 100000.0, True),
        Figure("the state farthest from the start", found.depth, "ticks"),
        Figure("modes come to", len(found.modes), "", float(len(MODE_NAMES)), True),
        Figure("rows of TRANSITIONS taken", len(found.taken), "",
               float(len(TRANSITIONS) - len(dead)), True),
        Figure("rows of TRANSITIONS not taken, each with its reason",
               len(set(TRANSITIONS) - found.taken), "", float(len(dead))),
        Figure(f"interlocks broken, standing for all {len(INTERLOCKS)}", len(WHOLE.rows), ""),
        Figure("pairs of interlocks broken together", len(WHOLE.pairs), ""),
        Figure("interlocks that came to an alarm", len(found.alarmed), ""),
        Figure("responses exercised", len(responses), "", float(len(RESPONSE_NAMES)), True),
    ]
    verdict = "a rule is broken" if found.fault else "no rule broken"
    return figures, (f"model check: {found.states} states, {found.transitions} transitions, "
                     f"{len(RULES)} rules, {verdict}")


if __name__ == "__main__":
    main(measure)
