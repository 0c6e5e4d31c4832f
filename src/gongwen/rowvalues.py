"""Values of rows, checked when they are read: a damaged byte must not become a wrong answer.

SQLite gives whatever stands in a damaged row: a number where text was written, no value at all, a
list that is none. Reading says so by name, before anything is made of it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, get_args

from .nlp.errors import DamagedError
from .nlp.figures.records import Direction, FigureKind, FigureRole
from .nlp.records import Kind
from .nlp.years import stored_year
from .results import Report

REPORT = (
    "id", "title", "region", "year", "kind", "source", "sentences", "sha256", "added", "province",
    "city", "county", "adcode", "level", "agency", "date", "address", "how", "notes",
)  # fmt: skip
"""Columns that a :class:`~gongwen.results.Report` is made of."""
KINDS = frozenset(get_args(Kind))
SENTENCE = (int, str, int, int, int, str, str, str, str, str, str, float, int)
"""Types of id, report, n, start, end, section, item, role, kind, topic, also, probability,
correction."""
_FIGURE_KINDS = frozenset(get_args(FigureKind))
_FIGURE_ROLES = frozenset(get_args(FigureRole))
_DIRECTIONS = frozenset(get_args(Direction))


def report_of(row: Sequence[Any]) -> Report:
    """Return the report in a row of :data:`REPORT`.

    Raises:
        DamagedError: it cannot be one; names it.
    """
    known: dict[str, Any] = dict(zip(REPORT, row, strict=True))
    name = known["id"]
    if not all(isinstance(v, int if k == "sentences" else str) for k, v in known.items()):
        raise _damaged("what is known", (name,))
    known["year"] = stored_year(known["year"])
    known["how"] = by_name(known["how"], "what is known", name)
    known["notes"] = slugs(known["notes"], "the notes", name)
    return Report(**known)


def checked_sentence(row: Sequence[Any], text: str) -> None:
    """Look whether the row of a sentence can be one of a report with this text.

    Raises:
        DamagedError: it cannot.
    """
    if tuple(map(type, row)) == SENTENCE:
        n, start, end, kind, probability = *row[2:5], row[8], row[11]
        if n > 0 and 0 <= start <= end <= len(text) and kind in KINDS and 0 <= probability <= 1:
            return
    raise _damaged("a sentence", row[1:3])


def slugs(text: Any, what: str, *where: object) -> tuple[str, ...]:
    """Return a list of names that is kept as JSON.

    Raises:
        DamagedError: it is none.
    """
    if text == "[]":
        return ()
    found = from_json(text, what, *where)
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise _damaged(what, where)
    return tuple(found)


def by_name(text: Any, what: str, *where: object) -> dict[str, str]:
    """Return a table of texts that is kept as JSON; raises like :func:`slugs`."""
    found = from_json(text, what, *where)
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise _damaged(what, where)
    return found


def figure_value(text: Any, what: str, *where: object) -> Any:
    """Return the value of a figure; raises like :func:`slugs`."""
    found = from_json(text, what, *where)
    several = found if isinstance(found, list) else [found]
    if not all(isinstance(item, int | float | str) for item in several):
        raise _damaged(what, where)
    return found


def checked_figure(known: dict[str, Any]) -> None:
    """Look whether the columns of a figure can be those of one.

    Raises:
        DamagedError: they cannot.
    """
    numbers = ("n", "start", "end", "approximate")
    sound = all(isinstance(v, int if name in numbers else str) for name, v in known.items())
    if not (
        sound
        and 0 <= known["start"] <= known["end"]
        and known["kind"] in _FIGURE_KINDS
        and known["role"] in _FIGURE_ROLES
        and known["direction"] in _DIRECTIONS
    ):
        raise _damaged("a figure", (known["report"], known["n"]))


def from_json(text: Any, what: str, *where: object) -> Any:
    """Return what is kept as JSON; raises like :func:`slugs`."""
    try:
        return json.loads(text)
    except (ValueError, TypeError, RecursionError):
        raise _damaged(what, where) from None


def _damaged(what: str, where: Sequence[object]) -> DamagedError:
    place = ":".join(map(str, where))
    return DamagedError(
        f"{what} of the report {place} is damaged" if place else f"{what} is damaged"
    )
