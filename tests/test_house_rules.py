"""The house rules hold: import directions, portable subset, shape, and every table row is tested.

First the rules over the project's own files; then broken snippets, because a lint that cannot fail
is worth nothing.
"""

import ast
import importlib
import subprocess

import pytest

from tests.house.files import ROOT, Source, is_portable, portable, source, sources
from tests.house.imports import FLOORS, check_imports
from tests.house.shape import check_asserts, check_shape, table_lines
from tests.house.subset import check_constructors, check_subset
from tests.house.tables import WALKS, Walk, iterates, walk_problem

FILES = sources()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.path)
def test_imports_go_down_the_floors(file: Source) -> None:
    assert not check_imports(file)


@pytest.mark.parametrize("file", portable(FILES), ids=lambda file: file.path)
def test_portable_files_keep_to_the_subset(file: Source) -> None:
    assert not check_subset(file)


def test_portable_classes_that_take_arguments_have_an_init() -> None:
    assert not check_constructors(portable(FILES))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.path)
def test_functions_modules_and_lines_are_short_and_modules_say_what_they_are(file: Source) -> None:
    assert not check_shape(file)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.path)
def test_no_interlock_is_an_assert(file: Source) -> None:
    assert not check_asserts(file)


def test_the_rules_see_the_files() -> None:
    paths = [file.path for file in FILES]
    assert "controller/interlocks.py" in paths
    assert len(portable(FILES)) >= 8
    assert not any(path.startswith(".venv") for path in paths)


def test_the_floors_of_setup_cfg_are_those_of_this_test() -> None:
    text = (ROOT / "setup.cfg").read_text(encoding="utf-8")
    inside = text.split("[importlinter:contract:controller-inside]")[1].split("layers =")[1]
    rows = inside.split("exhaustive")[0].strip().splitlines()
    assert [set(row.replace("(", "").replace(")", "").replace(" ", "").split("|"))
            for row in rows] == [set(row) for row in FLOORS]


# Every row of every table is covered by a test.


@pytest.mark.parametrize("walk", WALKS, ids=lambda walk: walk.table)
def test_every_table_is_walked_by_the_test_that_claims_it(walk: Walk) -> None:
    if not (ROOT / (walk.module.replace(".", "/") + ".py")).exists():
        pytest.skip(walk.module + " is not written yet")
    rows = getattr(importlib.import_module(walk.module), walk.table)
    assert len(rows) > 0
    assert not walk_problem(walk, FILES)


@pytest.mark.parametrize(("body", "walked"), [
    ("@pytest.mark.parametrize('row', TABLE)\ndef test_x(row):\n    assert row", True),
    ("@pytest.mark.parametrize('n', [row.name for row in TABLE])\ndef test_x(n):\n    pass", True),
    ("@pytest.mark.parametrize('row', m.TABLE, ids=str)\ndef test_x(row):\n    pass", True),
    ("def test_x():\n    for row in TABLE:\n        assert row", True),
    ("def test_x():\n    for i, row in enumerate(TABLE):\n        assert row", True),
    ("def test_x():\n    assert TABLE", False),
    ("def test_x():\n    assert len(TABLE) == 3", False),
    ("def test_x():\n    for row in TABLE[:2]:\n        assert row", False),
    ("@pytest.mark.parametrize('row', TABLE[1:])\ndef test_x(row):\n    pass", False),
    ("@pytest.mark.parametrize('n', [r for r in TABLE if r.a])\ndef test_x(n):\n    pass",
     False),
    ("def test_x():\n    for row in OTHER:\n        assert TABLE", False),
])
def test_walking_a_table_means_all_its_rows(body: str, walked: bool) -> None:
    assert iterates(ast.parse(body).body[0], "TABLE") is walked


def test_a_claim_to_a_test_that_does_not_exist_is_a_problem() -> None:
    walk = WALKS[0]._replace(test="tests/test_house_rules.py::test_that_nobody_wrote")
    assert "no such test" in walk_problem(walk, FILES)


# The lint itself: each snippet must be found, and told by the words beside it.

BROKEN_IMPORTS = (
    ("controller/dose.py", "import os", "the controller is pure"),
    ("controller/dose.py", "import time", "only the clock files"),
    ("controller/dose.py", "import simple_pid", "lives only in"),
    ("controller/dose.py", "from hal.interface import Sensor", "may import only controller"),
    ("controller/dose.py", "import controller.estimator", "not below it"),
    ("controller/dose.py", "from controller import regulator", "not below it"),
    ("controller/dose.py", "from . import regulator", "not below it"),
    ("controller/interlocks.py", "from controller.alarms import Alarms", "not below it"),
    ("controller/records.py", "from controller.limits import Limits", "not below it"),
    ("controller/records.py", "def f():\n    from controller.core import A", "not below it"),
    ("controller/gadget.py", "from controller.records import Reading", "no row in FLOORS"),
    ("controller/core.py", "__import__('os')", "hides a direction"),
    ("hal/interface.py", "from controller.records import Reading", "may import only hal"),
    ("hal/instruments/x.py", "import serial", "lives only in hal/streams/serial_port.py"),
    ("hal/instruments/x.py", "import requests", "no home"),
    ("hal/instruments/x.py", "from time import monotonic", "only the clock files"),
    ("hal/linux.py", "import machine", "only a board has"),
    ("sim_hardware/devices.py", "from hal.linux import Clock", "may import only sim_hardware"),
    ("sim_hardware/devices.py", "from hal import streams", "may import only sim_hardware"),
    ("sim_hardware/devices.py", "from controller.limits import LIMITS", "may import only"),
    ("firmware/service.py", "import sim_hardware.plant", "may import only"),
    ("firmware/service.py", "from hal.instruments.x import X", "may import only"),
    ("firmware/service.py", "from bench.report import write", "may import only"),
    ("firmware/assembly/wires.py", "import bench", "may import only"),
    ("bench/run.py", "from tests.house import files", "may import only"),
    ("attic/x.py", "import controller", "no row of DIRECTIONS"),
)


@pytest.mark.parametrize(("path", "text", "words"), BROKEN_IMPORTS)
def test_a_wrong_import_is_found(path: str, text: str, words: str) -> None:
    found = check_imports(source(path, text))
    assert len(found) == 1
    assert words in found[0]


@pytest.mark.parametrize(("path", "text"), [
    ("controller/core.py", "import math\nfrom typing import NamedTuple\nimport controller.dose"),
    ("controller/regulator.py", "from simple_pid import PID"),
    ("hal/linux.py", "import time, os, ctypes"),
    ("hal/streams/serial_port.py", "import serial.tools.list_ports"),
    ("sim_hardware/devices.py", "from hal import interface\nfrom hal.errors import HalError"),
    ("firmware/assembly/x.py", "from sim_hardware.plant.tip import Tip\nimport hal.instruments.x"),
    ("bench/run.py", "import numpy, sim_hardware, firmware.loop"),
    ("benchmarks/speed.py", "import time"),
])
def test_a_right_import_is_not(path: str, text: str) -> None:
    assert not check_imports(source(path, text))


# (snippet, words of the finding). MicroPython refuses each of these; a test holds it to that.
LOUD = (
    ("match 1:\n    case 1: pass", "match"),
    ("def f(a, /): pass", "positional-only"),
    ("x = [*[1], 2]", "[*a]"),
    ("x = (*[1], 2)", "[*a]"),
    ("x = {**{}}", "{**a}"),
    ("try: pass\nexcept* ValueError: pass", "except*"),
    ("class A(metaclass=type): pass", "metaclass"),
    ("x = 'abc'[::-1]", "slice with a step"),
    ("isinstance(1, int | str)", "isinstance with |"),
    ("X = int | None", "outside an annotation"),
    ("from collections import namedtuple\nA = [('x', tuple[int, ...])]", "tuple[...]"),
    ("from dataclasses import dataclass", "import dataclasses"),
    ("import enum", "import enum"),
    ("import abc", "import abc"),
    ("import functools", "import functools"),
    ("import logging", "import logging"),
    ("import itertools", "import itertools"),
    ("import contextlib", "import contextlib"),
    ("from datetime import datetime", "import datetime"),
    ("import copy", "import copy"),
    ("import traceback", "import traceback"),
    ("import pathlib", "import pathlib"),
    ("from __future__ import annotations", "import __future__"),
    ("from collections import Counter", "collections.Counter"),
    ("import time\ntime.monotonic()", "monotonic"),
    ("import hashlib\nhashlib.sha256(b'').hexdigest()", "hexdigest"),
    ("import json\njson.dumps({}, indent=1)", "indent"),
    ("import json\njson.dumps({}, sort_keys=True)", "sort_keys"),
    ("'a'.zfill(2)", "zfill"),
    ("'a'.ljust(2)", "ljust"),
    ("'ab'.removeprefix('a')", "removeprefix"),
    ("(5).bit_length()", "bit_length"),
    ("(5.0).is_integer()", "is_integer"),
    ("from collections import namedtuple\nnamedtuple('T', ('a',))(1)._replace(a=2)", "_replace"),
    ("from collections import namedtuple\nnamedtuple('T', ('a',))(1)._asdict()", "_asdict"),
    ("from collections import namedtuple\nnamedtuple('T', ('a',))._fields", "_fields"),
    ("from collections import deque\ndeque((), maxlen=2)", "maxlen"),
    ("import os\nos.replace('a', 'b')", "os.replace"),
    ("import os\nos.path.join('a', 'b')", "os.path"),
    ("b'a'.decode('utf-8', errors='replace')", "errors"),
    ("'a,b'.split(',', maxsplit=1)", "maxsplit"),
    ("sum([1], start=2)", "start"),
    ("list(zip([1], [2], strict=True))", "strict"),
    ("import math\nmath.hypot(1.0, 2.0)", "math.hypot"),
    ("from math import prod", "math.prod"),
    ("format(1.5, '.2f')", "format"),
    ("try: pass\nexcept TimeoutError: pass\nTimeoutError", "TimeoutError"),
    ("class A: pass\nA.__annotations__", "__annotations__"),
    ("async def f():\n    return [x async for x in f()]", "async comprehension"),
)

# (snippet, words). Both interpreters accept these; the board then does something else.
SILENT = (
    ("for k in {'b': 1, 'a': 2}: print(k)", "loop over a dict"),
    ("d = {'b': 1, 'a': 2}\nfor k in d: print(k)", "loop over a dict"),
    ("d = {'b': 1, 'a': 2}\nprint([k for k in d])", "loop over a dict"),
    ("d = {'b': 1, 'a': 2}\nfor k, v in d.items(): print(k)", "loop over a dict"),
    ("d = dict(b=1)\nprint(list(d))", "loop over a dict"),
    ("class A:\n    def __init__(self):\n        self.d = {}\n    def f(self):\n"
     "        return [k for k in self.d]", "loop over a dict"),
    ("s = {3, 1}\nprint(','.join(s))", "loop over a dict"),
    ("def f(d): return d.values()", "loop over a dict"),
    ("class A:\n    __slots__ = ('x',)", "__slots__"),
    ("class A:\n    def __init_subclass__(cls): pass", "never called"),
    ("class A: pass\nclass B: pass\nclass C(A, B): pass", "multiple inheritance"),
    ("try: pass\nexcept ValueError as e: raise KeyError('x') from e", "drops the cause"),
    ("from typing import NamedTuple\nclass R(NamedTuple):\n    x: int", "class on a named tuple"),
    ("from typing import NamedTuple\nR = NamedTuple('R', [('x', int)])\nclass S(R): pass",
     "class on a named tuple"),
    ("try:\n    import json\nexcept ImportError:\n    json = None", "try-import"),
    ("import sys\nif sys.implementation: pass", "sys.implementation"),
    ("x = f'{1.25:.1f}'", "ties"),
    ("x = '%.1f' % 1.25", "ties"),
    ("x = '{:.1f}'.format(1.25)", "ties"),
    ("x = round(1.25, 1)", "ties"),
)


@pytest.mark.parametrize(("text", "words"), LOUD + SILENT)
def test_a_construct_outside_the_subset_is_found(text: str, words: str) -> None:
    found = check_subset(source("controller/x.py", text))
    assert any(words in line for line in found), found


@pytest.mark.micropython
@pytest.mark.parametrize(("text", "words"), LOUD)
def test_micropython_does_refuse_it(micropython: str, text: str, words: str) -> None:
    done = subprocess.run([micropython, "-c", text], capture_output=True, check=False)
    assert done.returncode != 0, f"{words} works now: take it out of the subset's rules"


@pytest.mark.parametrize("text", [
    "from typing import NamedTuple\nR = NamedTuple('R', [('x', 'tuple[int, ...]')])",
    "def f(x: int | None = None) -> tuple[int, ...]:\n    y: list[int] = []\n    return tuple(y)",
    "def f(*a, b=2, **k):\n    return f(*a, **k)",
    "a, *b = (1, 2, 3)",
    "X = 1 | 2",
    "d = {}\nfor k in sorted(d): print(k)\nfor k in sorted(d.items()): print(k)",
    "x = f'{1:>5} {2!r}'\ny = '%d %s' % (1, 2)",
    "class E(Exception): pass\nraise E('x')",
    "import sys\nsys.exit(0)",
    "title = 'x'\nrow = (1,)\nrow.title",
])
def test_what_the_board_can_is_not_found(text: str) -> None:
    assert not check_subset(source("controller/x.py", text))


@pytest.mark.parametrize(("text", "found"), [
    ("class A: pass\nA(1)", 1),
    ("class A:\n    def f(self): pass\nclass B(A): pass\nB(x=1)", 1),
    ("class A:\n    def __init__(self, x): pass\nclass B(A): pass\nB(1)", 0),
    ("class E(Exception): pass\nE('x')", 0),
    ("class A: pass\nA()", 0),
])
def test_a_class_that_would_swallow_its_arguments_is_found(text: str, found: int) -> None:
    assert len(check_constructors([source("controller/x.py", text)])) == found


DOC = '"""A module."""\n'


@pytest.mark.parametrize(("path", "text", "words"), [
    ("controller/x.py", "x = 1", "no docstring"),
    ("controller/__init__.py", "", "no docstring"),
    ("controller/x.py", "def f(:", "invalid syntax"),
    ("controller/x.py", DOC + "x = '" + "a" * 100 + "'", "characters"),
    ("controller/x.py", DOC + "def f():\n" + "    x = 1\n" * 70, "f has 71 lines"),
    ("bench/x.py", DOC + "x = 1\n" * 250, "251 lines without"),
    ("bench/x.py", DOC + "X = [\n" + "    1,\n" * 250 + "]\n", "lines without"),
])
def test_a_bad_shape_is_found(path: str, text: str, words: str) -> None:
    found = check_shape(source(path, text))
    assert len(found) == 1
    assert words in found[0]


def test_a_table_does_not_count_as_module_length() -> None:
    text = DOC + "ROWS = (\n" + "    1,\n" * 400 + ")\n" + "x = 1\n" * 240
    assert table_lines(ast.parse(text)) == 402
    assert not check_shape(source("controller/x.py", text))


def test_an_interlock_written_as_an_assert_is_found() -> None:
    text = "def check(facts, limits):\n    assert facts.tip_c >= limits.tip_c_min"
    assert check_asserts(source("controller/interlocks.py", text))
    assert not check_asserts(source("controller/modes.py", text))


def test_the_stand_in_for_typing_is_not_judged_as_a_portable_file() -> None:
    assert not is_portable("hal/board/lib/typing.py")
    assert is_portable("hal/board/spi.py")
    assert is_portable("firmware/loop.py")
    assert not is_portable("firmware/service.py")
