"""The form of every benchmark: a table, `--json FILE`, `--check`, and the one figure to quote last.

It does not measure.
"""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import NamedTuple


class Figure(NamedTuple):
    """One measured number, and the bar that the documentation states for it."""

    name: str
    value: float
    unit: str
    bar: float | None = None  # None: told, not claimed
    is_floor: bool = False  # the value shall be at least the bar, else at most

    def holds(self) -> bool:
        """Return whether the bar is met; NaN meets none."""
        if self.bar is None:
            return True
        return self.value >= self.bar if self.is_floor else self.value <= self.bar


def spread(values: list[float]) -> str:
    """Return the median of several rounds, with the lowest and the highest."""
    return f"{median(values):.4g} ({min(values):.4g}..{max(values):.4g})"


def option(name: str, otherwise: float) -> float:
    """Take `name N` out of the command line: a number that only one script has."""
    if name not in sys.argv:
        return otherwise
    at = sys.argv.index(name)
    value = float(sys.argv[at + 1])
    del sys.argv[at:at + 2]
    return value


def main(measure: Callable[[Path | None], tuple[list[Figure], str]]) -> None:
    """Run `measure`, which returns figures and the line to quote; leave with 1 if it fell short.

    It is handed the folder for its pictures, or None.
    """
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON")
    parser.add_argument("--check", action="store_true", help="exit 1 when a stated bar is missed")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="draw what there is to see")
    asked = parser.parse_args()
    if asked.pictures is not None:
        asked.pictures.mkdir(parents=True, exist_ok=True)
    figures, quote = measure(asked.pictures)
    for figure in figures:
        print(_line(figure))
    if asked.json is not None:
        asked.json.write_text(json.dumps([figure._asdict() for figure in figures], indent=1) + "\n",
                              encoding="utf-8")
    short = [figure for figure in figures if not figure.holds()]
    if asked.check and short:
        print("fell short: " + "; ".join(_line(figure) for figure in short))
        sys.exit(1)
    print(quote)


def _line(figure: Figure) -> str:
    bar = ""
    if figure.bar is not None:
        sign = ">=" if figure.is_floor else "<="
        bar = f"  {sign} {figure.bar:g}{'' if figure.holds() else '  MISSED'}"
    return f"{figure.name:<66} {figure.value:>12.5g} {figure.unit:<8}{bar}"
