"""Which test walks which table, and whether it truly does.

A table is covered when the test named here loops over all of its rows, so that a new row is tested
by being written.
"""

import ast
from typing import NamedTuple

from tests.house.files import Source


class Walk(NamedTuple):
    """One table of the product and the test that takes every row of it."""

    module: str
    table: str
    test: str  # path::function


WALKS = (
    Walk("controller.interlocks", "INTERLOCKS",
         "tests/controller/test_interlocks.py::"
         "test_every_row_trips_when_its_grace_is_over_and_not_before"),
    Walk("controller.orders", "ORDERS",
         "tests/controller/test_orders.py::test_every_order_is_known"),
    Walk("controller.precheck", "STEPS",
         "tests/controller/test_precheck.py::"
         "test_a_course_asks_for_no_temperature_and_heats_only_in_the_thaw"),
    Walk("controller.modes", "TRANSITIONS",
         "tests/controller/test_modes.py::test_every_transition_leads_where_the_table_says"),
    Walk("controller.limits", "LIMITS",
         "tests/controller/test_limits.py::test_no_limit_can_be_set_outside_its_hard_range"),
    Walk("controller.signals", "SIGNALS",
         "tests/controller/test_signals.py::test_the_lamp_flashes_as_asked"),
    Walk("controller.console", "COMMANDS",
         "tests/controller/test_console.py::test_every_command_answers"),
    Walk("sim_hardware.faults", "FAULTS",
         "tests/sim_hardware/test_faults.py::test_every_fault_can_be_done_and_undone"),
)


def walk_problem(walk: Walk, files: list[Source]) -> str:
    """Return "" when the named test exists and loops over the whole table, else what is wrong."""
    path, _, name = walk.test.partition("::")
    for file in files:
        if file.path == path:
            for node in ast.walk(file.tree):
                if isinstance(node, ast.FunctionDef) and node.name == name:
                    if iterates(node, walk.table):
                        return ""
                    return f"{walk.test} does not loop over all of {walk.table}"
    return f"no such test: {walk.test}; it shall walk {walk.module}.{walk.table}"


def iterates(function: ast.AST, table: str) -> bool:
    """Return whether the test takes every row of `table`: as its parameters, or in a loop."""
    for node in ast.walk(function):
        if isinstance(node, ast.For) and _is_whole(node.iter, table):
            return True
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "parametrize":
            if len(node.args) > 1 and _is_whole(node.args[1], table):
                return True
    return False


def _is_whole(node: ast.AST, table: str) -> bool:
    if isinstance(node, ast.Name):
        return node.id == table
    if isinstance(node, ast.Attribute):
        return node.attr == table
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in (
            "enumerate", "list", "tuple", "sorted", "reversed", "zip"):
        return any(_is_whole(arg, table) for arg in node.args)
    if isinstance(node, ast.ListComp | ast.GeneratorExp):
        first = node.generators[0]
        return not any(part.ifs for part in node.generators) and _is_whole(first.iter, table)
    return False
