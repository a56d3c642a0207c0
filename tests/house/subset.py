"""The portable subset: what CPython accepts and MicroPython refuses, or silently runs differently.

Every word here was tried on a MicroPython; test_house_rules.py tries them again.
"""

import ast
from collections.abc import Iterator

from tests.house.files import Source

MODULES = (
    "math", "typing", "struct", "binascii", "hashlib", "json", "array", "collections", "sys", "gc",
    "io", "os", "time", "asyncio", "errno", "select", "machine", "micropython", "rp2", "uctypes",
    "esp32", "vfs", "simple_pid", "controller", "hal", "firmware",
)
FROM = (("typing", ("NamedTuple",)), ("collections", ("namedtuple", "deque", "OrderedDict")))
MATH = (
    "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "ceil", "copysign", "cos", "cosh",
    "degrees", "e", "erf", "erfc", "exp", "expm1", "fabs", "factorial", "floor", "fmod", "frexp",
    "gamma", "inf", "isclose", "isfinite", "isinf", "isnan", "ldexp", "lgamma", "log", "log10",
    "log2", "modf", "nan", "pi", "pow", "radians", "sin", "sinh", "sqrt", "tan", "tanh", "tau",
    "trunc",
)
ABSENT_METHODS = (  # as a call: the names are fine for fields
    "hexdigest", "zfill", "ljust", "rjust", "removeprefix", "removesuffix", "casefold", "title",
    "capitalize", "swapcase", "isalnum", "isdecimal", "isnumeric", "isidentifier", "isascii",
    "isprintable", "expandtabs", "translate", "maketrans", "format_map", "bit_length", "bit_count",
    "is_integer", "as_integer_ratio", "tobytes", "tolist", "frombytes",
)
ABSENT_ATTRIBUTES = (
    "_replace", "_asdict", "_fields", "_make", "_field_defaults", "monotonic", "monotonic_ns",
    "perf_counter", "process_time", "__annotations__", "__doc__", "__slots__", "__init_subclass__",
    "__cause__", "__context__", "__mro__",
)
ABSENT_OF_MODULE = (
    ("os", "replace"), ("os", "path"), ("os", "environ"), ("os", "fsync"), ("struct", "Struct"),
    ("struct", "iter_unpack"), ("sys", "implementation"), ("sys", "platform"),
)
ABSENT_NAMES = ("format", "vars", "slice", "ascii", "breakpoint", "__annotations__",
                "ExceptionGroup", "TimeoutError", "ConnectionError", "FileNotFoundError",
                "PermissionError", "BlockingIOError", "InterruptedError", "BrokenPipeError",
                "RecursionError", "FloatingPointError", "Warning", "UserWarning")
# (function or method, keyword): they take it by position or not at all
NO_KEYWORDS = (
    ("sum", "start"), ("zip", "strict"), ("split", "maxsplit"), ("split", "sep"),
    ("rsplit", "maxsplit"), ("rsplit", "sep"), ("encode", "encoding"), ("encode", "errors"),
    ("decode", "encoding"), ("decode", "errors"), ("deque", "maxlen"), ("dumps", "indent"),
    ("dumps", "sort_keys"), ("dump", "indent"), ("dump", "sort_keys"), ("namedtuple", "defaults"),
    ("int", "base"), ("round", "ndigits"), ("pow", "mod"),
)
TYPES = ("int", "float", "str", "bytes", "bytearray", "bool", "tuple", "list", "dict", "set",
         "frozenset", "type", "object", "complex")
UNORDERED_CALLS = ("items", "keys", "values")
CONSUMERS = ("list", "tuple", "iter", "enumerate", "zip", "map", "filter", "join", "reversed")
ROUNDERS = "eEfFgG%"  # a tie rounds differently: controller.text.number is the same on both

Found = Iterator[tuple[ast.AST, str]]


def check_subset(file: Source) -> list[str]:
    """Return one sentence per construct of `file` that a board would refuse or run differently."""
    plain = _without_annotations(file.tree)
    found: list[tuple[ast.AST, str]] = []
    for node in plain:
        for look in LOOKS:
            found += look(node)
    found += _unordered(plain)
    found += _named_tuple_bases(file.tree)
    return sorted({f"{file.path}:{getattr(node, 'lineno', 1)}: {text}" for node, text in found})


def check_constructors(files: list[Source]) -> list[str]:
    """Return one sentence per call with arguments of a class that has no __init__.

    MicroPython swallows the arguments. By bare name, over all `files` together: an approximation.
    """
    classes = {node.name: node for file in files for node in ast.walk(file.tree)
               if isinstance(node, ast.ClassDef)}
    found = []
    for file in files:
        for node in ast.walk(file.tree):
            if isinstance(node, ast.Call) and (node.args or node.keywords):
                name = _called(node)
                if name in classes and not _takes_arguments(classes[name], classes):
                    found.append(f"{file.path}:{node.lineno}: {name} has no __init__ and would "
                                 "swallow its arguments")
    return found


def _takes_arguments(node: ast.ClassDef, classes: dict[str, ast.ClassDef]) -> bool:
    if any(isinstance(item, ast.FunctionDef) and item.name == "__init__" for item in node.body):
        return True
    for base in node.bases:
        name = base.id if isinstance(base, ast.Name) else getattr(base, "attr", "")
        if name not in classes:
            return True  # Exception and its like keep their arguments
        return _takes_arguments(classes[name], classes)
    return False


def _without_annotations(tree: ast.Module) -> list[ast.AST]:
    """Return every node that is evaluated when the program runs: annotations never are."""
    nodes: list[ast.AST] = []
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        nodes.append(node)
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns"):
                continue
            children = value if isinstance(value, list) else [value]
            waiting += [child for child in children if isinstance(child, ast.AST)]
    return nodes


def _syntax(node: ast.AST) -> Found:
    if isinstance(node, ast.Match):
        yield node, "match"
    elif isinstance(node, ast.TryStar):
        yield node, "except*"
    elif isinstance(node, ast.arguments) and node.posonlyargs:
        yield node.posonlyargs[0], "positional-only arguments"
    elif isinstance(node, ast.List | ast.Tuple | ast.Set) and isinstance(
            getattr(node, "ctx", ast.Load()), ast.Load):
        if any(isinstance(item, ast.Starred) for item in node.elts):
            yield node, "[*a] unpacking in a display"
    elif isinstance(node, ast.Dict) and None in node.keys:
        yield node, "{**a} unpacking in a display"
    elif isinstance(node, ast.Raise) and node.cause is not None:
        yield node, "raise ... from drops the cause"
    elif isinstance(node, ast.comprehension) and node.is_async:
        yield node.target, "async comprehension"
    elif type(node).__name__ == "TypeAlias" or getattr(node, "type_params", None):
        yield node, "type parameters"
    elif isinstance(node, ast.Slice) and node.step is not None:
        yield node, "slice with a step"


def _classes(node: ast.AST) -> Found:
    if not isinstance(node, ast.ClassDef):
        return
    if node.keywords:
        yield node, "metaclass or other keyword of a class"
    if len(node.bases) > 1:
        yield node, "multiple inheritance"
    for item in ast.walk(node):
        if isinstance(item, ast.Name) and item.id == "__slots__":
            yield item, "__slots__ is not enforced"
        if isinstance(item, ast.FunctionDef) and item.name in ("__init_subclass__", "__set_name__"):
            yield item, item.name + " is never called"


def _imports(node: ast.AST) -> Found:
    if isinstance(node, ast.Try):
        for item in node.body:
            if isinstance(item, ast.Import | ast.ImportFrom):
                yield item, "try-import: two programs in one file"
    if isinstance(node, ast.Import):
        for alias in node.names:
            if alias.name.split(".")[0] not in MODULES or alias.name == "typing":
                yield node, "import " + alias.name
    elif isinstance(node, ast.ImportFrom) and not node.level:
        module = node.module or ""
        allowed = dict(FROM).get(module)
        for alias in node.names:
            if module.split(".")[0] not in MODULES:
                yield node, "import " + module
            elif allowed and alias.name not in allowed:
                yield node, f"import {module}.{alias.name}"
            elif module == "math" and alias.name not in MATH:
                yield node, "math." + alias.name


def _names(node: ast.AST) -> Found:
    if isinstance(node, ast.Name) and node.id in ABSENT_NAMES:
        yield node, node.id + " does not exist"
    elif isinstance(node, ast.Attribute):
        owner = node.value.id if isinstance(node.value, ast.Name) else ""
        if node.attr in ABSENT_ATTRIBUTES:
            yield node, node.attr + " does not exist"
        elif (owner, node.attr) in ABSENT_OF_MODULE:
            yield node, f"{owner}.{node.attr}"
        elif owner == "math" and node.attr not in MATH:
            yield node, "math." + node.attr


def _calls(node: ast.AST) -> Found:
    if not isinstance(node, ast.Call):
        return
    name = _called(node)
    if isinstance(node.func, ast.Attribute) and name in ABSENT_METHODS:
        yield node, name + " does not exist"
    for keyword in node.keywords:
        if (name, keyword.arg) in NO_KEYWORDS:
            yield node, f"{name} takes no keyword {keyword.arg}"
    if name == "isinstance" and len(node.args) == 2 and isinstance(node.args[1], ast.BinOp):
        yield node, "isinstance with |"
    if name == "round" and isinstance(node.func, ast.Name) and len(node.args) > 1:
        yield node, "round to digits: ties differ; use controller.text.number"


def _types(node: ast.AST) -> Found:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        for side in (node.left, node.right):
            if _is_none(side) or (isinstance(side, ast.Name) and side.id in TYPES):
                yield node, "X | None outside an annotation is evaluated"
    elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        if node.value.id in TYPES:
            yield node, node.value.id + "[...] outside an annotation is evaluated"


def _formats(node: ast.AST) -> Found:
    text = "a float's format rounds ties differently; use controller.text.number"
    if isinstance(node, ast.FormattedValue) and isinstance(node.format_spec, ast.JoinedStr):
        spec = "".join(str(part.value) for part in node.format_spec.values
                       if isinstance(part, ast.Constant))
        if spec and spec[-1] in ROUNDERS:
            yield node, text
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        if isinstance(node.left, ast.Constant) and isinstance(node.left.value, str):
            if any("." in part[:4] for part in node.left.value.split("%")[1:]):
                yield node, text
    elif isinstance(node, ast.Call) and _called(node) == "format" and isinstance(
            node.func, ast.Attribute) and isinstance(node.func.value, ast.Constant):
        if ":." in str(node.func.value.value):
            yield node, text


def _named_tuple_bases(tree: ast.Module) -> Found:
    """Class-syntax NamedTuple, and classes on top of a named tuple: mutable on the board."""
    records = {target.id for node in ast.walk(tree) if isinstance(node, ast.Assign)
               and isinstance(node.value, ast.Call)
               and _called(node.value) in ("NamedTuple", "namedtuple")
               for target in node.targets if isinstance(target, ast.Name)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            for base in node.bases:
                name = base.id if isinstance(base, ast.Name) else getattr(base, "attr", "")
                made = isinstance(base, ast.Call) and _called(base) in ("NamedTuple", "namedtuple")
                if made or name == "NamedTuple" or name in records:
                    yield node, "class on a named tuple: write Name = NamedTuple(\"Name\", [...])"


def _unordered(nodes: list[ast.AST]) -> Found:
    """Loops over a dict or a set: their order is not the order of insertion."""
    names = {_dotted(target) for node in nodes if isinstance(node, ast.Assign | ast.AnnAssign)
             and _is_unordered(node.value, set())
             for target in (node.targets if isinstance(node, ast.Assign) else [node.target])}
    names.discard("")
    text = "loop over a dict or set: the order differs; loop over a tuple"
    sorted_away = {id(arg) for node in nodes if isinstance(node, ast.Call)
                   and _called(node) in ("sorted", "len", "sum", "any", "all", "max", "min")
                   for arg in node.args}
    for node in nodes:
        if isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
            if _is_unordered(node.iter, names) and id(node.iter) not in sorted_away:
                yield node.iter, text
        elif isinstance(node, ast.Call):
            method = isinstance(node.func, ast.Attribute)
            if method and _called(node) in UNORDERED_CALLS and not node.args:
                if id(node) not in sorted_away:
                    yield node, text
            elif _called(node) in CONSUMERS:
                for arg in node.args:
                    if _is_unordered(arg, names):
                        yield arg, text


def _is_unordered(node: ast.AST | None, names: set[str]) -> bool:
    if isinstance(node, ast.Dict | ast.Set | ast.DictComp | ast.SetComp):
        return True
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id in ("dict", "set", "frozenset")
    return node is not None and _dotted(node) in names


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return node.value.id + "." + node.attr
    return ""


def _called(node: ast.Call) -> str:
    if isinstance(node.func, ast.Name):
        return node.func.id
    return node.func.attr if isinstance(node.func, ast.Attribute) else ""


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


LOOKS = (_syntax, _classes, _imports, _names, _calls, _types, _formats)
