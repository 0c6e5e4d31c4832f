"""Which rows match a planned query: every string is looked for in the text itself."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from .query import And, Filter, Node, Not, Or, Run, Text
from .rows import Mask, Rows
from .scan import Places


def lone_text(node: Node) -> Text | None:
    """Return the string when ``node`` asks for one and nothing else."""
    match node:
        case Text():
            return node
        case Run(words=((text,),)):
            return text
        case And(parts=(part,)):
            return lone_text(part)
        case _:
            return None


class Matcher:
    """Matches the queries of one search; a string is looked for once."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._found: dict[Text, Places] = {}

    def occurrences(self, text: Text) -> Places:
        """Return the row of every occurrence of ``text``, ascending, with repeats."""
        key = Text(text.text, text.whole, text.open_end)
        if key not in self._found:
            self._found[key] = self._rows.occurrences(key)
        return self._found[key]

    def mask(self, node: Node) -> Mask:
        """Return which rows match ``node``; deleted ones may."""
        match node:
            case Text():
                mask = np.zeros(len(self._rows), bool)
                mask[self.occurrences(node)] = True
                return mask
            case Run(words=words, any=any_):
                slots = (self._any(alternatives) for alternatives in words)
                return self._any_of(slots) if any_ else self._all_of(slots)
            case Filter(field=field, values=values):
                return self._rows.filter(field, values)
            case And(parts=parts):
                return self._all_of(map(self.mask, parts))
            case Or(parts=parts):
                return self._any(parts)
            case Not(part=part):
                return ~self.mask(part)

    def _any(self, nodes: Iterable[Node]) -> Mask:
        return self._any_of(map(self.mask, nodes))

    def _all_of(self, masks: Iterable[Mask]) -> Mask:
        together = np.ones(len(self._rows), bool)
        for mask in masks:
            together &= mask
        return together

    def _any_of(self, masks: Iterable[Mask]) -> Mask:
        together = np.zeros(len(self._rows), bool)
        for mask in masks:
            together |= mask
        return together
