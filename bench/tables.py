"""The tables that the running code uses, for the terminal, for programs and for the documentation.

It does not decide what stands in them: controller/limits.py and controller/interlocks.py do.
"""

from collections.abc import Sequence
from typing import Any

from rich.table import Table

from controller.interlocks import ALWAYS, INTERLOCKS, Interlock
from controller.limits import LIMITS, Limits
from controller.text import number

# What fits a terminal of 80 columns; --markdown and --json have all.
LIMIT_SHOWN = ("limit", "value", "hard range", "unit", "protects")
INTERLOCK_SHOWN = ("interlock", "proven while", "grace", "response", "priority")

LIMIT_HEADS = ("limit", "value", "hard range", "unit", "protects", "source")
INTERLOCK_HEADS = ("interlock", "needs", "proven while", "arms after", "grace", "trips in",
                   "response", "priority", "latched", "found within", "hazard", "source")


def limit_rows(limits: Limits) -> list[tuple[str, ...]]:
    """Return the rows of LIMITS with the values of `limits`, as text."""
    return [(row.name, number(getattr(limits, row.name)),
             f"{number(row.low)} .. {number(row.high)}", row.unit, row.meaning, row.source)
            for row in LIMITS]


def interlock_rows(limits: Limits,
                   rows: Sequence[Interlock] = INTERLOCKS) -> list[tuple[str, ...]]:
    """Return `rows` with the numbers of `limits`, as text."""
    return [(row.name, row.needs + (" (mandatory)" if row.mandatory else ""),
             _proven(row, limits), f"{row.arms_after_ms} ms", f"{row.grace_ms} ms",
             "all modes" if row.armed == ALWAYS else ", ".join(row.armed) or "never",
             row.response, row.priority, "yes" if row.latched else "no",
             f"{row.detect_ms} ms" if row.armed else "at the start", row.hazard, row.source)
            for row in rows]


def _proven(row: Interlock, limits: Limits) -> str:
    if not row.limit:
        return f"{row.fact} {row.rule}"
    return f"{row.fact} {row.rule} {number(getattr(limits, row.limit))} {row.unit}"


def markdown(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Return a Markdown table."""
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def terminal(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]],
             shown: Sequence[str] = ()) -> Table:
    """Return the table for a terminal: the columns `shown`, or all. The first is never cut."""
    columns = [heads.index(head) for head in shown or heads]
    table = Table(header_style="bold", expand=False)
    for column in columns:
        table.add_column(heads[column], no_wrap=column == 0)
    for row in rows:
        table.add_row(*(row[column] for column in columns))
    return table


def plain(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Return aligned lines that nothing wraps or cuts: paths in them can be copied."""
    widths = [max(len(row[column]) for row in (heads, *rows)) for column in range(len(heads))]
    return "".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)
                             ).rstrip() + "\n" for row in (heads, *rows))


def as_json(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[dict[str, Any]]:
    """Return one object per row."""
    return [dict(zip(heads, row, strict=True)) for row in rows]
