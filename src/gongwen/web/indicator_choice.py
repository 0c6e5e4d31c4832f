"""Offer indicators to choose from: the most frequent ones, or those with a name like one typed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from ..figures.figure_table import FigureRow
from ..figures.pivot import Merges, chosen_unit, indicator_groups

MOST_OFFERED = 20
"""Indicators that are offered at once."""
_NEAR = 8
"""Names like the one typed that are offered."""
_LEAST_LIKE = 0.4
"""How like a name must be, 0 to 1, if it does not hold the one typed."""


@dataclass(frozen=True, slots=True)
class Offer:
    """An indicator to choose.

    Attributes:
        name: its name.
        unit: its most frequent unit.
        count: its figures.
    """

    name: str
    unit: str
    count: int


def frequent_indicators(rows: Iterable[FigureRow]) -> list[Offer]:
    """Return the indicators with most figures; similar names are one, increases by themselves not.

    Args:
        rows: the figures.
    """
    found: dict[str, Offer] = {}
    for (_group, _dimension, change), figures in indicator_groups(rows, Merges()).items():
        names = Counter(row.figure.indicator for row in figures)
        name = min(names, key=lambda one: (-names[one], one))
        offer = Offer(name, chosen_unit(Counter(row.figure.unit for row in figures)), len(figures))
        if not change and (name not in found or found[name].count < offer.count):
            found[name] = offer
    return sorted(found.values(), key=lambda one: (-one.count, one.name))[:MOST_OFFERED]


def near_indicators(rows: Iterable[FigureRow], wanted: Sequence[str]) -> list[Offer]:
    """Return the indicators with names like those wanted, the most like first.

    Args:
        rows: figures of all indicators.
        wanted: the names that no figure has.
    """
    figures: dict[str, list[FigureRow]] = {}
    for row in rows:
        if row.figure.indicator:
            figures.setdefault(row.figure.indicator, []).append(row)
    names: dict[str, None] = {}
    for one in wanted:
        holding = [name for name in figures if one in name or (len(name) > 1 and name in one)]
        names |= dict.fromkeys(sorted(holding, key=lambda name: (len(name), name)))
        names |= dict.fromkeys(get_close_matches(one, figures, _NEAR, _LEAST_LIKE))
    return [
        Offer(name, chosen_unit(Counter(row.figure.unit for row in of)), len(of))
        for name in list(names)[:_NEAR]
        if (of := figures[name])
    ]
