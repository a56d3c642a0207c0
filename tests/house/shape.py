"""Shape: length of functions, modules and lines; docstrings; asserts where a rule belongs."""

import ast

from tests.house.files import Source

FUNCTION_LINES_MAX = 70
MODULE_LINES_MAX = 250  # data tables aside
LINE_MAX = 100
PRODUCT = ("controller/", "hal/", "sim_hardware/", "firmware/", "bench/", "benchmarks/")

# Where an assert would be an interlock that `python -O` switches off.
NO_ASSERT = ("controller/interlocks.py", "controller/alarms.py", "controller/limits.py",
             "firmware/loop.py", "firmware/guardian.py")


def check_shape(file: Source) -> list[str]:
    """Return one sentence per function, module or line of `file` that is too long or mute."""
    if file.fault:
        return [file.fault]
    found = []
    for number, line in enumerate(file.text.splitlines(), 1):
        if len(line) > LINE_MAX:
            found.append(f"{file.path}:{number}: {len(line)} characters, at most {LINE_MAX}")
    for node in ast.walk(file.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            if lines > FUNCTION_LINES_MAX:
                found.append(f"{file.path}:{node.lineno}: {node.name} has {lines} lines, "
                             f"at most {FUNCTION_LINES_MAX}")
    lines = len(file.text.splitlines()) - table_lines(file.tree)
    if file.path.startswith(PRODUCT) and lines > MODULE_LINES_MAX:
        found.append(f"{file.path}: {lines} lines without its tables, at most {MODULE_LINES_MAX}")
    if not ast.get_docstring(file.tree):
        found.append(f"{file.path}:1: no docstring: say in one sentence what it is for")
    return found


def table_lines(tree: ast.Module) -> int:
    """Return how many lines are tuples assigned at the top of the module."""
    total = 0
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Tuple):
            total += (node.end_lineno or 0) - node.lineno + 1
    return total


def check_asserts(file: Source) -> list[str]:
    """Return one sentence per assert in a file whose rules must hold under `python -O` too."""
    if file.path not in NO_ASSERT:
        return []
    return [f"{file.path}:{node.lineno}: an interlock is never an assert"
            for node in ast.walk(file.tree) if isinstance(node, ast.Assert)]
