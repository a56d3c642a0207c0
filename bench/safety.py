"""What is drawn of the safety tables for the documentation.

It does not decide what stands in them: controller/modes.py does.
"""

from controller.modes import MODES, TRANSITIONS


def mode_diagram() -> str:
    """Return MODES and TRANSITIONS as a Mermaid state diagram, in Markdown."""
    lines = ["```mermaid", "stateDiagram-v2", "    [*] --> " + MODES[0].name]
    for mode in MODES:
        may = [word for word, allowed in (("gas", mode.valve), ("heat", mode.heater)) if allowed]
        lines.append(f"    {mode.name}: {mode.name} ({' and '.join(may) or 'all shut'})")
    between = dict.fromkeys((was, following) for was, _, following in TRANSITIONS)
    for was, following in between:
        events = [event for mode, event, other in TRANSITIONS if (mode, other) == (was, following)]
        lines.append(f"    {was} --> {following}: {', '.join(events)}")
    return "\n".join([*lines, "```"]) + "\n"
