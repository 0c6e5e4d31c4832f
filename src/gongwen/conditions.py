"""Conditions of a question: filters by fields of reports and tags, facets, and names of reports."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, TypedDict, cast, get_args

from .catalog import _, choice_names, cited, current_language, ngettext
from .nlp.errors import QueryError, UnknownNameError, quoted
from .nlp.fields import FIELDS, LEVELS, UNIT_NAMES
from .nlp.records import Kind
from .nlp.text.dates import stored_year, year_span
from .nlp.text.normalize import fold, squeeze

if TYPE_CHECKING:
    from .index.query import Filter, WithoutFilters
    from .index.requests import Facet
    from .nlp.topics.taxonomy import Taxonomy
    from .results import Report
    from .storage.store import Store

Years = Sequence[int | None] | int | str | None
"""A year, ``(first, last)`` with ``None`` for open, ``"2018..2021"``, or no condition."""


def reports_with(name: str, titles: Mapping[str, str]) -> list[str]:
    """Return the ids of the reports whose id or title holds ``name``, however it is written.

    Args:
        name: a part of an id or a title.
        titles: titles of the reports by id.
    """
    wanted = squeeze(name)
    return [id_ for id_, title in titles.items() if wanted and wanted in squeeze(f"{id_} {title}")]


def only_report_with(name: str, titles: Mapping[str, str]) -> str:
    """Return the id of the only report whose id or title holds ``name``.

    Args:
        name: a part of an id or a title.
        titles: titles of the reports by id.

    Raises:
        UnknownNameError: there is none, or several.
    """
    close = reports_with(name, titles)
    if len(close) == 1:
        return close[0]
    from difflib import get_close_matches  # late: for errors alone

    near = close or get_close_matches(name, titles, n=3, cutoff=0.3)
    raise UnknownNameError("report", name, near[:3], "gongwen reports lists them")


def counts_of(reports: Iterable[Report], field: str) -> dict[str, int]:
    """Return how many of ``reports`` have each value of a field, most frequent first."""
    return _most_first(Counter(str(getattr(report, field)) for report in reports))


def _most_first(total: Mapping[str, int]) -> dict[str, int]:
    known = ((value, n) for value, n in total.items() if value)
    return dict(sorted(known, key=lambda item: (-item[1], item[0])))


class ReportFields:
    """What the reports of a library are, for filters and facets; read once, when first needed.

    Args:
        store: has the reports.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._read: Mapping[str, Mapping[str, str]] | None = None

    @property
    def _rows(self) -> Mapping[str, Mapping[str, str]]:
        # Not a cached_property: in Python 3.11 all threads wait for the one that reads.
        if self._read is None:
            self._read = self._store.report_fields([one.name for one in FIELDS if one.matching])
        return self._read

    def rows(self, with_codes: bool = False) -> Mapping[str, Mapping[str, str]]:
        """Return the fields of all reports by id, those that are filters.

        Args:
            with_codes: add the administrative code, which is read from the reports themselves.
        """
        if not with_codes:
            return self._rows
        codes = self._store.report_fields(["adcode"])
        return {id_: {**row, **codes.get(id_, {})} for id_, row in self._rows.items()}

    def reports_where(self, field: str, value: str) -> list[str]:
        """Return the ids of the reports whose ``field`` is what a user typed as ``value``.

        Text is compared folded, so in any width and in Traditional characters too. A part of a
        name will do; behind ``=`` the whole name is meant (``=国务院`` is not 国务院办公厅).

        Raises:
            UnknownNameError: there is no such level, or no such kind of document.
            QueryError: a year cannot be read.

        Example:
            ``reports_where("agency", "司法局")`` finds those of 武功县司法局.
        """
        matches = _matcher(field, value, cache(squeeze))
        found = [id_ for id_, row in self._rows.items() if matches(row)]
        if not found and field == "kind":
            self._check_kind(value)
        return found

    def meeting(self, filters: Sequence[Filter]) -> list[str]:
        """Return the ids of the reports that meet all ``filters``, in order."""
        found = list(self._rows)
        for one in filters:
            having = {id_ for value in one.values for id_ in self.reports_where(one.field, value)}
            found = [id_ for id_ in found if id_ in having]
        return found

    def _check_kind(self, value: str) -> None:
        from .nlp.document import document_kind as known  # late: a search seldom needs it

        value = value.removeprefix(_EXACTLY)
        here = (row["kind"] for row in self._rows.values())
        if not known.is_document_kind(value) and not any(squeeze(value) in kind for kind in here):
            units = UNIT_KINDS if current_language() == "en" else _CHINESE_UNITS
            raise UnknownNameError("kind", value, (*known.document_kinds(), *units))

    def totals(self, field: str, of_reports: Mapping[str, int]) -> dict[str, int]:
        """Add up counts of reports by the value of a field, most frequent first."""
        rows = self._rows
        total: dict[str, int] = {}
        for id_, count in of_reports.items():
            value = rows[id_][field]
            total[value] = total.get(value, 0) + count
        return _most_first(total)


_EXACTLY = "="
"""Stands in front of a value of a filter that is a whole name, not a part of one."""


def _matcher(
    field: str, value: str, folded: Callable[[str], str]
) -> Callable[[Mapping[str, str]], bool]:
    """Return the test of a filter on the fields of a report; nothing matches an empty value."""
    [matching] = [one.matching for one in FIELDS if one.name == field]
    exactly = matching == "contains" and value.startswith(_EXACTLY)
    wanted = squeeze(value.removeprefix(_EXACTLY) if exactly else value)
    if not wanted:
        return lambda row: False
    if matching == "year":
        from .index.planner import years  # late: ``show`` needs no index

        low, _, high = years(value).partition("..")
        return lambda row: _meets(row["year"], int(low or 0), int(high or 9999))
    if matching == "equals":
        level = _level(value)
        return lambda row: row[field] == level
    if matching == "place":
        if wanted in LEVELS["national"]:
            return lambda row: (
                row["level"] == "national" or folded(row["region"]) in LEVELS["national"]
            )
        places = ("province", "city", "county", "region")
        return lambda row: _lies_in([folded(row[name]) for name in places if row[name]], wanted)
    if exactly:
        return lambda row: wanted == folded(row[field])
    if field == "city":  # a municipality is its own city
        return lambda row: wanted in folded(row["city"] or _municipality(row["province"]))
    return lambda row: wanted in folded(row[field])


def _municipality(province: str) -> str:
    return province if province.endswith("市") else ""


def _lies_in(places: Sequence[str], wanted: str) -> bool:
    """Return whether ``wanted`` names one of ``places`` or a part of it, or several in order.

    Args:
        places: a place and those that it lies in, the largest first.
        wanted: a part of a name (``武功``), or the beginnings of several (``陕西咸阳武功县``).
    """
    return any(wanted in place for place in places) or _spells(places, wanted)


def _spells(places: Sequence[str], wanted: str) -> bool:
    """Return whether ``wanted`` is the beginnings of ``places``, one behind the other."""
    if not wanted:
        return True
    for n, place in enumerate(places):
        for size in range(min(len(place), len(wanted)), 1, -1):
            if place.startswith(wanted[:size]) and _spells(places[n + 1 :], wanted[size:]):
                return True
    return False


def _meets(year: str, low: int, high: int) -> bool:
    span = year_span(stored_year(year))
    return span is not None and span[0] <= high and span[1] >= low


def _level(value: str) -> str:
    named = squeeze(value)
    for level, names in LEVELS.items():
        if named == level or named in names:
            return level
    raise UnknownNameError(
        "level",
        value,
        [
            f"{level} {names[0]}" if current_language() == "en" else names[0]
            for level, names in LEVELS.items()
        ],
    )


UNIT_KINDS: tuple[str, ...] = get_args(Kind)
"""Kinds of units of text, which ``kind`` filters too."""
_CHINESE_UNITS = tuple(
    next(name for name, kinds in UNIT_NAMES.items() if kinds == (one,)) for one in UNIT_KINDS
)
"""The same by their Chinese names."""
COUNTED_BY_REPORT = tuple(
    one.name for one in FIELDS if one.facet and one.name not in ("region", "year")
)
"""Facets that are counted by the fields of the reports; an engine counts the others itself."""
FACET_NAMES: Mapping[str, str] = {
    "topic": "topic", "主题": "topic", "role": "role", "作用": "role", "角色": "role",
    "report": "report", "报告": "report", "unit": "unit", "句类": "unit",
    **{name: one.name for one in FIELDS if one.facet for name in (one.name, *one.chinese)},
}  # fmt: skip
"""The facet of each name; ``unit`` is title, heading, sentence or boilerplate."""


def facet_name(facet: str) -> str:
    """Return the Chinese name of a facet.

    Example:
        >>> facet_name("province"), facet_name("topic")
        ('省', '主题')
    """
    return next(name for name, of in FACET_NAMES.items() if of == facet and not name.isascii())


def filters_text(filters: Iterable[Filter], taxonomy: Taxonomy) -> str:
    """Return filters as they stand in a query, in the language of the user.

    Args:
        filters: the filters.
        taxonomy: names topics and roles.

    Example: ``主题:行政执法 年份:2020``
    """
    said = []
    for one in filters:
        labels = {"topic": taxonomy.topics, "role": taxonomy.roles}.get(one.field)
        values = [labels.zh(labels.find(v) or v) if labels else v for v in one.values]
        english = current_language() == "en"
        name = one.field if english else _CHINESE_FILTERS.get(one.field, one.field)
        said.append(f"{name}:{'、'.join(value.removeprefix(_EXACTLY) for value in values)}")
    return " ".join(said)


_CHINESE_FILTERS: Mapping[str, str] = {
    "topic": "主题", "role": "作用", "report": "报告", "probability": "概率",
    **{one.name: one.chinese[0] for one in FIELDS},
}  # fmt: skip


def without_text(one: WithoutFilters, taxonomy: Taxonomy) -> str:
    """Return what would be found with fewer filters, as a sentence."""
    message = ngettext(
        "without {filters} there is {count} sentence",
        "without {filters} there are {count} sentences",
        one.total,
    )
    return message.format(filters=filters_text(one.dropped, taxonomy), count=one.total)


def engine_facet(facet: str) -> Facet:
    """Return the facet of an engine by which ``facet`` is counted."""
    if facet in COUNTED_BY_REPORT:
        return "report"
    return cast("Facet", "kind" if facet == "unit" else facet)


def facets_named(names: Sequence[str]) -> tuple[str, ...]:
    """Return the facets that are called so, in Chinese or English; a name may be a list of them.

    Raises:
        QueryError: there is no such facet.
    """
    listed = (re.split("[,，、;；]", one) for one in several(names))
    called = [fold(name.strip()) for some in listed for name in some if name.strip()]
    for name in called:
        if name not in FACET_NAMES:
            facets = choice_names("by", dict.fromkeys(FACET_NAMES.values()))
            message = _("counts must be {names}, not {value}")
            raise QueryError(message.format(names=facets, value=cited(name)))
    return tuple(dict.fromkeys(FACET_NAMES[name] for name in called))


class Conditions(TypedDict, total=False):
    """Which sentences are wanted, besides by a query; see :func:`filters_of`."""

    topics: str | Sequence[str]
    roles: str | Sequence[str]
    years: Years
    reports: str | Sequence[str]
    regions: str | Sequence[str]
    kinds: str | Sequence[str]
    min_probability: float
    fields: Mapping[str, str | Sequence[str]] | None


def filters_of(
    *,
    topics: str | Sequence[str] = (),
    roles: str | Sequence[str] = (),
    years: Years = None,
    reports: str | Sequence[str] = (),
    regions: str | Sequence[str] = (),
    kinds: str | Sequence[str] = (),
    min_probability: float = 0.0,
    fields: Mapping[str, str | Sequence[str]] | None = None,
) -> tuple[Filter, ...]:
    """Return the conditions that are given.

    Args:
        topics: slugs or Chinese names; any of them.
        roles: likewise.
        years: a year, ``(first, last)`` with ``None`` for open, or ``"2018..2021"``.
        reports: ids of reports.
        regions: parts of names of places.
        kinds: kinds of documents or of units.
        min_probability: the least probability of the topic, 0 to 1.
        fields: values of report fields by their name, in English or Chinese; any value of one.

    Raises:
        QueryError: a field is no filter, or a value cannot be used.
    """
    from .index.query import FILTER_NAMES, Filter  # late: ``show`` needs no index

    given: dict[str, Sequence[str]] = {
        "topic": several(topics),
        "role": several(roles),
        "report": several(reports),
        "probability": _least(min_probability),
        "year": [span] if (span := _span(years)) else [],
        "region": several(regions),
        "kind": several(kinds),
    }
    if not isinstance(fields or {}, Mapping):
        raise QueryError("fields must be given by name, as {'province': '陕西省'}")
    for name, values in (fields or {}).items():
        field = FILTER_NAMES.get(fold(str(name)))
        if field is None:
            known = ", ".join(one.name for one in FIELDS if one.matching)
            raise QueryError(f"no filter {quoted(str(name))}; the fields of reports are {known}")
        given[field] = [*given.get(field, ()), *several(values)]
    return tuple(Filter(name, tuple(v)) for name, v in given.items() if v)


def several(values: object) -> list[str]:
    """Return ``values`` as a list of strings; a lone one is one of them, an empty one none.

    Raises:
        QueryError: they are neither strings nor numbers.
    """
    if isinstance(values, str | int):
        values = [values]
    if not isinstance(values, Iterable) or not all(isinstance(v, str | int) for v in values):
        raise QueryError(f"{quoted(str(values))} is no text and no list of texts")
    return [str(value) for value in values if value != ""]


def _least(probability: float) -> list[str]:
    if not isinstance(probability, int | float) or not 0 <= probability <= 1:
        raise QueryError(f"min_probability must be from 0 to 1, not {quoted(str(probability))}")
    return [str(probability)] if probability else []


def _span(years: Years) -> str:
    """Return a span as the query language has it, ``""`` for no condition."""
    if years is None or isinstance(years, str | int):
        return "" if years is None else str(years)
    try:
        first, last = years
    except (TypeError, ValueError):
        raise QueryError(
            f"years {quoted(str(years))} are none; give 2020, (2018, 2021) or '2018..2021'"
        ) from None
    if first is None and last is None:
        return ""
    return f"{'' if first is None else first}..{'' if last is None else last}"
