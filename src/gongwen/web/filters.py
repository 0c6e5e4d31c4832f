"""The conditions that the address of a page or of an answer to programs can have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import QueryParams

from ..nlp.errors import QueryError, quoted
from ..nlp.fields import FIELDS

FIELD_FILTERS = tuple(
    one.name for one in FIELDS if one.matching and one.name not in ("year", "kind")
)
"""Fields of reports that are filters by themselves: region, province, city, county, level, ..."""
_LISTS = {"topic": "topics", "role": "roles", "report": "reports", "kind": "kinds"}
"""Parameters that may be repeated, and the arguments of the library that they become."""
_LONGEST, MOST_VALUES = 2_000, 200
"""Characters of a value, and values of a parameter."""


@dataclass(frozen=True, slots=True)
class Filters:
    """The words and conditions of a question.

    Attributes:
        query: in the query language, the parameter ``q``.
        lists: values of topic, role, report and kind.
        years: ``"2018..2021"``, ``""`` for all.
        fields: conditions on fields of the reports; several years that were chosen one by one are
            among them, as ``year``.
    """

    query: str = ""
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    years: str = ""
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, params: QueryParams) -> Filters:
        """Read them from the query of an address.

        Raises:
            QueryError: a value is too long, or there are too many.

        Example:
            >>> Filters.of(QueryParams("q=复议&topic=enforcement&year=2020")).years
            '2020'
        """
        query = checked(params.get("q", "")).strip()
        lists = {name: found for name in _LISTS if (found := values(params, name))}
        fields = {name: found for name in FIELD_FILTERS if (found := values(params, name))}
        years = values(params, "year")
        if len(years) > 1:
            return cls(query, lists, "", {**fields, "year": years})
        return cls(query, lists, years[0] if years else "", fields)

    def __bool__(self) -> bool:
        """Return whether there is anything to look for."""
        return bool(self.query or self.conditions)

    @property
    def conditions(self) -> list[tuple[str, str]]:
        """The conditions without the words, as parameter and value."""
        both = {**self.lists, **self.fields}
        found = [(name, value) for name, given in both.items() for value in given]
        return [*found, *([("year", self.years)] if self.years else [])]

    def without(self, parameter: str) -> Filters:
        """Return them without the conditions of one parameter."""
        lists = {name: given for name, given in self.lists.items() if name != parameter}
        fields = {name: given for name, given in self.fields.items() if name != parameter}
        return Filters(self.query, lists, "" if parameter == "year" else self.years, fields)

    def arguments(self) -> dict[str, Any]:
        """Return them as keyword arguments of :meth:`Library.search` and its like."""
        return {
            **{_LISTS[name]: list(given) for name, given in self.lists.items()},
            "years": self.years or None,
            "fields": {name: list(given) for name, given in self.fields.items()},
        }


def values(params: QueryParams, name: str) -> tuple[str, ...]:
    """Return the values of a parameter that may be repeated, empty ones left out.

    Raises:
        QueryError: a value is too long, or there are too many.
    """
    found = params.getlist(name)
    if len(found) > MOST_VALUES:
        raise QueryError(f"too many values of {name}; at most {MOST_VALUES}")
    return tuple(dict.fromkeys(one.strip() for one in map(checked, found) if one.strip()))


def checked(value: str) -> str:
    """Return a value of an address.

    Raises:
        QueryError: it is too long.
    """
    if len(value) > _LONGEST:
        raise QueryError(f"a value of the address is too long; at most {_LONGEST} characters")
    return value


def number(params: QueryParams, name: str, default: int, least: int = 0, most: int = 10_000) -> int:
    """Return a whole number of an address.

    Args:
        params: the query of the address.
        name: the parameter.
        default: when it is missing or empty.
        least: the smallest that is allowed.
        most: the largest.

    Raises:
        QueryError: it is no number, or out of range.
    """
    given = params.get(name, "").strip()
    if not given:
        return default
    if not (given.isascii() and given.isdecimal() and len(given) < 10):
        raise QueryError(f"{name} must be a number from {least} to {most}, not {quoted(given)}")
    if not least <= int(given) <= most:
        raise QueryError(f"{name} must be a number from {least} to {most}, not {quoted(given)}")
    return int(given)


def choice(params: QueryParams, name: str, choices: Sequence[str], default: str = "") -> str:
    """Return a value of an address that is one of several, the first of them by default.

    Raises:
        QueryError: it is none of them.
    """
    given = params.get(name, "").strip() or default or choices[0]
    if given not in choices:
        raise QueryError(f"{name} must be one of {', '.join(choices)}, not {quoted(given)}")
    return given


def switch(params: QueryParams, name: str) -> bool:
    """Return whether a switch of an address is on (``1``, ``on``, ``true``).

    Raises:
        QueryError: it is neither on nor off.
    """
    given = params.get(name, "").strip().lower()
    if given in ("1", "on", "true"):
        return True
    if given in ("", "0", "off", "false"):
        return False
    raise QueryError(f"{name} must be 1 or 0, not {quoted(given)}")
