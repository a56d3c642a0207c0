"""How a number is written for a person or a log.

It does not decide what is said. Own rounding, because `format` of a tie differs between CPython
(-91.25 -> "-91.2") and MicroPython ("-91.3"), and both bodies must give the same reasons.
"""

import math


def number(value: float, digits: int = 1) -> str:
    """Return `value` with `digits` decimals (0..6), ties away from zero; "nan", "inf", "-inf"."""
    if value != value:
        return "nan"
    if math.isinf(value) or abs(value) >= 1e12:
        return "-inf" if value < 0 else "inf"
    scale = 10**digits
    units = int(math.floor(abs(value) * scale + 0.5))
    sign = "-" if value < 0 and units else ""
    whole = str(units // scale)
    if not digits:
        return sign + whole
    fraction = str(units % scale)
    return sign + whole + "." + "0" * (digits - len(fraction)) + fraction
