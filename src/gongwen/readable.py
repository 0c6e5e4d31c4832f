"""Numbers as people read them: 12.5亿元, 48.91万人, 1.21万亿斤, 5–5.5%; exact, only shorter."""

from __future__ import annotations

from decimal import Decimal

from .nlp.figures.records import Value

_SIZES = ((10**12, "万亿"), (10**8, "亿"), (10**4, "万"))
_LONGEST = 4
"""Decimals behind 万; a number that needs more is written with the smaller unit."""


def readable(value: Value, unit: str = "") -> str:
    """Return a value with its unit; both ends of a range."""
    if isinstance(value, list):
        return f"{'–'.join(_number(v) for v in value)}{unit}"
    return f"{_number(value)}{unit}"


def _number(value: float | str) -> str:
    if isinstance(value, str):
        return value
    exact = Decimal(repr(value))
    for size, name in _SIZES:
        short = exact / size
        if abs(exact) >= size and short == round(short, _LONGEST):
            shown = f"{short.normalize():f}{name}"
            return shown if len(shown) <= len(f"{exact:f}") else f"{exact:f}"
    return f"{exact.normalize():f}"
