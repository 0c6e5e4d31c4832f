"""Lead from a cell of a table of counts to the search that finds exactly its sentences.

A cell is the question of its table with a condition for each facet. Most values are a value of the
filter of the same name. Where that filter would find more or fewer sentences - a year that lies in
the several years of another report, an unknown place, a second topic - the condition is written
otherwise: as a list of the reports that have the value, or as a filter in the words of the query.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..nlp.text.dates import year_span
from ..nlp.text.normalize import squeeze
from ..research.crosstab import CountTable
from ..results import Report
from .facets import filter_value
from .filters import MOST_VALUES, Filters
from .search_question import address_of

_EVERYTHING = (("kind", "title"), ("kind", "heading"), ("kind", "sentence"))
"""Conditions that all sentences meet, for a search must have one."""
_EXACT = ("province", "city", "county", "kind", "agency", "level")
"""Filters of reports that find a whole name; that of regions finds what lies in them too."""
_PLACES = ("region", "province", "city", "county")


@dataclass(frozen=True, slots=True)
class _Condition:
    """What a value of a facet is looked for with.

    Attributes:
        parameter: the parameter of the address and its value, empty without one.
        words: what is added to the query.
        reports: the reports it is limited to, ``None`` for no such limit.
    """

    parameter: tuple[tuple[str, str], ...] = ()
    words: str = ""
    reports: frozenset[str] | None = None


class CountLinks:
    """The addresses of the searches behind the cells of one table.

    Args:
        found: the table.
        filters: the question that it answers.
        reports: all reports of the library.

    Example:
        ``CountLinks(table, filters, library.reports()).to(("陕西省", "2020"))``
    """

    def __init__(self, found: CountTable, filters: Filters, reports: Sequence[Report]) -> None:
        self._found = found
        self._filters = filters
        self._reports = reports
        self._known: dict[tuple[int, str], _Condition] = {}
        self._groups: dict[str, dict[str, set[str]]] = {}

    def to(self, at: Sequence[str | None]) -> str:
        """Return the address of the search that finds the sentences of a cell.

        Args:
            at: its values, ``None`` for all of a facet.

        Returns:
            The address, ``""`` when it would have to name more reports than an address can.
        """
        given = [self._condition(i, value) for i, value in enumerate(at) if value is not None]
        parameters = {pair[0]: pair for one in given for pair in one.parameter}
        kept = [pair for pair in self._filters.conditions if pair[0] not in parameters]
        limits = [one.reports for one in given if one.reports is not None]
        if limits:
            asked = set(self._filters.lists.get("report", ())) or set(limits[0])
            common = sorted(asked.intersection(*limits))
            if len(common) > MOST_VALUES:
                return ""
            kept = [pair for pair in kept if pair[0] != "report"]
            kept += [("report", id_) for id_ in common]
        words = " ".join(filter(None, (*(one.words for one in given), self._filters.query)))
        asked_for = [*([("q", words)] if words else []), *kept, *parameters.values()]
        more = [("synonyms", "never"), *([] if self._found.distinct else [("group", "0")])]
        return address_of("/search", [*(asked_for or _EVERYTHING), *more])

    def _condition(self, facet: int, value: str) -> _Condition:
        if (facet, value) not in self._known:
            self._known[facet, value] = self._condition_of(self._found.by[facet], value)
        return self._known[facet, value]

    def _condition_of(self, facet: str, value: str) -> _Condition:
        asked = self._filters.lists.get(facet, ())
        if facet == "topic" and asked and asked != (value,):
            return _Condition(words=f"topic:{value}")  # a sentence may have several topics
        if facet in ("topic", "role"):
            return _Condition(((facet, value),))
        if facet == "unit":
            kinds = self._filters.lists.get("kind", ())
            if any(kind not in self._found.labels[self._found.by.index("unit")] for kind in kinds):
                return _Condition(words=f"句类:{value}")  # kinds of documents are asked for
            return _Condition((("kind", value),))
        own = frozenset(self._own(facet).get(value, ()))
        asked_before = facet == "report" or any(
            name == facet for name, _value in self._filters.conditions
        )
        if not asked_before and value and self._matched(facet, value) == own:
            return _Condition(((facet, filter_value(facet, value)),))
        return _Condition(reports=own)

    def _matched(self, facet: str, value: str) -> set[str]:
        """Return the reports that the filter of a facet finds by a value."""
        wanted = squeeze(value)
        if facet == "year":
            span = year_span(value)
            known = ((ids, year_span(other)) for other, ids in self._own("year").items())
            met = (
                ids for ids, of in known if span and of and of[0] <= span[1] and of[1] >= span[0]
            )
            return set().union(*met)
        if facet == "region":
            named = (self._having(place).items() for place in _PLACES)
            return set().union(*(ids for each in named for name, ids in each if wanted in name))
        return set(self._having(facet).get(wanted, ())) if facet in _EXACT else set()

    def _own(self, facet: str) -> Mapping[str, set[str]]:
        """Return the reports that count for each value of a facet."""
        return self._grouped(f"by {facet}", self._found.reports[facet].items())

    def _having(self, field: str) -> Mapping[str, set[str]]:
        """Return the reports with each value of a field, as a filter compares it."""
        values = ((one.id, squeeze(str(getattr(one, field)))) for one in self._reports)
        return self._grouped(field, values)

    def _grouped(self, name: str, pairs: Iterable[tuple[str, str]]) -> Mapping[str, set[str]]:
        """Return the ids of ``pairs`` by their values; a name is grouped once."""
        if name not in self._groups:
            found: dict[str, set[str]] = {}
            for id_, value in pairs:
                found.setdefault(value, set()).add(id_)
            self._groups[name] = found
        return self._groups[name]
