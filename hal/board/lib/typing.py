"""The board's stand-in for `typing`: only what the portable files use."""

from collections import namedtuple


def NamedTuple(name, fields):  # type: ignore[no-untyped-def]  # noqa: N802
    """Return a named tuple class with the given (name, type) fields; the types are not kept."""
    return namedtuple(name, tuple(field[0] for field in fields))
