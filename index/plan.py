"""From the tree that a user typed to the tree that an engine runs."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from ..nlp.errors import QueryError, UnknownNameError, quoted
from ..nlp.fold import fold, squeeze
from ..nlp.records import UNSURE
from ..nlp.taxonomy import Taxonomy
from ..nlp.years import YEAR, year_number
from .cut import cut_run
from .engine import Engine
from .query import And, Filter, Node, Not, Or, Run

_UNSURE = (UNSURE, "不确定")
NO_BOILERPLATE = Not(Filter("kind", ("boilerplate",)))
KINDS = ("title", "heading", "sentence", "boilerplate")

_YEARS = re.compile(
    rf"({YEAR})?\s{{0,9}}(?:年\s{{0,9}})?(\.\.|--?|~|…{{1,2}}|至|到)\s{{0,9}}(?:({YEAR})\s{{0,9}})?年?"
    rf"|({YEAR})\s{{0,9}}年?"
)


class Planner:
    """Resolves the names in filters and cuts runs into words.

    Args:
        engine: whose vocabulary cuts the runs.
        taxonomy: gives the topics and roles; called when a filter names one.
        report: turns what a user typed for a report into its id; raises when there is none.
    """

    def __init__(
        self, engine: Engine, taxonomy: Callable[[], Taxonomy], report: Callable[[str], str]
    ) -> None:
        self._engine = engine
        self._taxonomy = taxonomy
        self._report = report

    def plan(self, node: Node) -> Node:
        """Return ``node`` ready to run; boilerplate is left out unless a filter asks for a kind.

        Raises:
            UnknownNameError: a filter names a topic, role, kind or report that does not exist.
            QueryError: a filter's year cannot be read.
        """
        planned = self._plan(node)
        return planned if _asks_for_kind(planned) else And((planned, NO_BOILERPLATE))

    def _plan(self, node: Node) -> Node:
        match node:
            case Run():
                words = cut_run(node.text, self._engine.frequency, self._engine.total_words)
                return replace(node, words=tuple((word,) for word in words))
            case Filter():
                return replace(node, values=tuple(self.value(node.field, v) for v in node.values))
            case And(parts=parts):
                return And(tuple(self._plan(part) for part in dict.fromkeys(parts)))
            case Or(parts=parts):
                return Or(tuple(self._plan(part) for part in dict.fromkeys(parts)))
            case Not(part=part):
                return Not(self._plan(part))
            case _:
                return node

    def value(self, field: str, value: str) -> str:
        """Return the form in which an engine knows the ``value`` of a filter."""
        if field == "topic" and squeeze(value) in _UNSURE:
            return UNSURE
        if field == "topic":
            return self._taxonomy().topics.resolve(value)
        if field == "role":
            return self._taxonomy().roles.resolve(value)
        if field == "year":
            return years(value)
        if field == "report":
            return self._report(value)
        if field == "kind":
            if value not in KINDS:
                raise UnknownNameError("kind", value, KINDS)
            return value
        return value


def without_boilerplate(node: Node) -> Node | None:
    """Return what a planned tree asks for besides leaving out boilerplate, ``None`` if it is in."""
    match node:
        case And(parts=(part, other)) if other == NO_BOILERPLATE:
            return part
        case _:
            return None


def years(value: str) -> str:
    """Return ``"2018..2021"`` for what a user typed: 2020, 2018..2021, 2018-2021, 2018.., ..2021.

    Raises:
        QueryError: it is not a year or a span of years.
    """
    match = _YEARS.fullmatch(fold(value.strip()))
    if not match or not (match[4] or match[1] or match[3]):
        raise QueryError(f"year {quoted(value)} is not a year; write 2020 or 2018..2021")
    if match[4]:
        year = year_number(match[4])
        return f"{year}..{year}"
    first = str(year_number(match[1])) if match[1] else ""
    last = str(year_number(match[3])) if match[3] else ""
    if first and last and first > last:
        raise QueryError(
            f"year {quoted(value)} ends before it begins; write the earlier year first"
        )
    return f"{first}..{last}"


def filters(node: Node) -> list[Filter]:
    """Return every filter in the tree, excluded ones too."""
    match node:
        case Filter():
            return [node]
        case And(parts=parts) | Or(parts=parts):
            return [found for part in parts for found in filters(part)]
        case Not(part=part):
            return filters(part)
        case _:
            return []


def _asks_for_kind(node: Node) -> bool:
    match node:
        case Filter(field=field):
            return field == "kind"
        case And(parts=parts) | Or(parts=parts):
            return any(map(_asks_for_kind, parts))
        case _:
            return False


def runs(node: Node) -> list[Run]:
    """Return every run in the tree that is not excluded."""
    match node:
        case Run():
            return [node]
        case And(parts=parts) | Or(parts=parts):
            return [found for part in parts for found in runs(part)]
        case _:
            return []
