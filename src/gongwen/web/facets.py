"""The facets at the side of a search: values with counts, each a link that adds or removes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..catalog import _, current_language, gettext_noop
from ..nlp.fields import LEVELS
from ..nlp.text.dates import year_span
from ..nlp.topics.taxonomy import Taxonomy
from .filters import Filters
from .pages import topic_class, written
from .search_question import Question

FACETS = ("topic", "role", "year", "province", "city", "county", "kind", "agency", "level")
"""The facets in their order; each is also the parameter of its filter."""
NAMES: Mapping[str, str] = {
    "topic": gettext_noop("Topic"),
    "role": gettext_noop("Role"),
    "year": gettext_noop("Year"),
    "region": gettext_noop("Region"),
    "province": gettext_noop("Province"),
    "city": gettext_noop("City"),
    "county": gettext_noop("County"),
    "kind": gettext_noop("Kind of document"),
    "agency": gettext_noop("Issuer"),
    "level": gettext_noop("Level"),
    "report": gettext_noop("Report"),
}
"""Names of the filters."""
_LEVEL_NAMES: Mapping[str, str] = {
    "national": gettext_noop("national"),
    "province": gettext_noop("province"),
    "city": gettext_noop("city"),
    "county": gettext_noop("county"),
    "town": gettext_noop("town"),
}
_UNIT_NAMES: Mapping[str, str] = {
    "title": gettext_noop("Title"),
    "heading": gettext_noop("Heading"),
    "sentence": gettext_noop("Sentence"),
    "boilerplate": gettext_noop("Boilerplate"),
}
_SHOWN = 6
"""Values of a facet that are shown until all are asked for."""
_MOST_SHOWN = 2_000
_WHOLE = ("province", "city", "county", "kind", "agency")
"""Filters that take parts of names; ``=`` in front says that a value is a whole one."""


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value of a facet.

    Attributes:
        text: its name.
        count: sentences that have it; ``None`` when it is chosen and was not counted.
        href: address that adds the filter, or removes it when it is chosen.
        chosen: whether it is.
        colour: CSS class of a topic, else ``""``.
    """

    text: str
    count: int | None
    href: str
    chosen: bool
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Facet:
    """A facet.

    Attributes:
        name: its parameter.
        title: its name.
        values: those that are shown.
        hidden: how many are not.
        toggle: address that shows all of them, or the first only; ``""`` when all fit.
    """

    name: str
    title: str
    values: tuple[FacetValue, ...]
    hidden: int
    toggle: str


@dataclass(frozen=True, slots=True)
class Chip:
    """A condition that is set: what it is, its value, and the address without it."""

    name: str
    text: str
    href: str


def filter_value(facet: str, value: str) -> str:
    """Return the value of a filter that has what is counted as ``value``, and nothing else.

    Example:
        >>> filter_value("agency", "国务院"), filter_value("year", "2018-2020")
        ('=国务院', '2018..2020')
    """
    if facet == "year":
        return value.replace("-", "..")
    return f"={value}" if facet in _WHOLE else value


def value_name(name: str, value: str, taxonomy: Taxonomy) -> str:
    """Return how a value of a filter is shown."""
    if name == "topic":
        return written(taxonomy.topics.zh(value))
    if name == "role":
        return taxonomy.roles.zh(value)
    if name == "level" and value in _LEVEL_NAMES:
        return LEVELS[value][0] if current_language() == "zh" else _(_LEVEL_NAMES[value])
    if name == "kind" and value in _UNIT_NAMES:
        return _(_UNIT_NAMES[value])
    if name == "year":
        return value.replace("..", "–") if value.replace("..", "").isdecimal() else value
    return value.removeprefix("=") if name in _WHOLE else value


def chips(question: Question, taxonomy: Taxonomy) -> list[Chip]:
    """Return the conditions that are set, without the words."""
    return [
        Chip(
            _(NAMES.get(name, name)),
            value_name(name, value, taxonomy),
            question.link(take=((name, value),)),
        )
        for name, value in question.filters.conditions
    ]


def facets_of(
    question: Question, counts: Mapping[str, Mapping[str, int]], taxonomy: Taxonomy
) -> list[Facet]:
    """Return the facets that have values.

    Args:
        question: the search.
        counts: sentences by value, of each facet; of one with chosen values those that there are
            without that condition, so that more can be chosen.
        taxonomy: names topics and roles.
    """
    found = []
    chosen = _chosen(question.filters)
    for name in FACETS:
        counted = counts.get(name, {})
        if name == "year":
            counted = years_met(counted)
        values = _values(name, counted, chosen.get(name, ()), question, taxonomy)
        if not values:
            continue
        hidden, toggle = len(values) - _SHOWN, ""
        if hidden > 1:  # one more takes no more room than the link
            if name in question.opened:
                toggle = question.link(take=(("open", name),))
                hidden = max(len(values) - _MOST_SHOWN, 0)
            else:
                toggle = question.link(add=(("open", name),))
            values = values[: len(values) - hidden] if hidden else values
        else:
            hidden = 0
        found.append(Facet(name, _(NAMES[name]), tuple(values), hidden, toggle))
    return found


def chosen_facets(filters: Filters) -> list[str]:
    """Return the facets of which values are chosen."""
    return list(_chosen(filters))


def _chosen(filters: Filters) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in filters.conditions:
        if name in FACETS:
            found.setdefault(name, []).append(value)
    return found


def _values(
    name: str,
    counted: Mapping[str, int],
    chosen: Sequence[str],
    question: Question,
    taxonomy: Taxonomy,
) -> list[FacetValue]:
    """Return the values of a facet, chosen ones first."""
    left = {filter_value(name, value): count for value, count in counted.items()}
    values = [
        FacetValue(
            value_name(name, value, taxonomy),
            left.pop(_slug(name, value, taxonomy), None),
            question.link(take=((name, value),)),
            True,
            topic_class(taxonomy, _slug(name, value, taxonomy)) if name == "topic" else "",
        )
        for value in chosen
    ]
    # A link is made only for what is shown: there may be thousands of issuers.
    room = _MOST_SHOWN if name in question.opened else max(_SHOWN + 1 - len(values), 0)
    for place, (value, count) in enumerate(left.items()):
        shown = place < room
        values.append(
            FacetValue(
                value_name(name, value, taxonomy) if shown else "",
                count,
                question.link(add=((name, value),)) if shown else "",
                False,
                topic_class(taxonomy, value) if shown and name == "topic" else "",
            )
        )
    return values


def _slug(name: str, value: str, taxonomy: Taxonomy) -> str:
    """Return the slug of a topic or role that an address may call by its Chinese name."""
    labels = {"topic": taxonomy.topics, "role": taxonomy.roles}.get(name)
    return (labels.find(value) if labels else "") or value


def years_met(counted: Mapping[str, int]) -> dict[str, int]:
    """Return how many sentences a filter on each year or span of years finds, the latest first.

    A report on several years is found by each of them.

    Example:
        >>> years_met({"2019": 5, "2018-2020": 3, "2021": 2})
        {'2021': 2, '2019': 8, '2018-2020': 8}
    """
    spans = {value: span for value in counted if (span := year_span(value))}
    latest = sorted(spans, key=lambda value: (-spans[value][1], -spans[value][0]))
    if not any("-" in value for value in spans):
        return {value: counted[value] for value in latest}
    return {
        value: sum(
            counted[other]
            for other, (first, last) in spans.items()
            if first <= spans[value][1] and last >= spans[value][0]
        )
        for value in sorted(latest, key=lambda value: -spans[value][0])
    }
