"""Rows as a workbook has them for people: values by their names, and useful columns first.

CSV and JSON are for programs: they have every column, under its English name, and the slugs of
topics and roles. A workbook is read by people. Here its rows get the Chinese names of topics and
roles, and the words of the user's language for all other values that programs read; columns that
only programs use are left out, and what is looked up seldom stands last.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..catalog import _, gettext_noop
from ..nlp.fields import FIELDS, REPORT_COLUMNS
from ..translation import in_language
from .xlsx import Sheet

if TYPE_CHECKING:
    from ..nlp.topics.taxonomy import Taxonomy
    from ..research.concordance import Concordance
    from ..results import Report, Results

_SHIPPED_LABELS = "seeds/labels.jsonl"
_CORRECTIONS = re.compile(r"corrections \(([0-9]+)\)")
_NAMES: Mapping[str, Mapping[str, str]] = {
    "kind": {
        "title": gettext_noop("Title"), "heading": gettext_noop("Heading"),
        "sentence": gettext_noop("Sentence"), "boilerplate": gettext_noop("Boilerplate"),
        "quantity": gettext_noop("quantity"), "percent": gettext_noop("percentage"),
        "ratio": gettext_noop("ratio"), "money": gettext_noop("sum of money"),
        "rank": gettext_noop("rank among others"), "change": gettext_noop("change"),
        "range": gettext_noop("range of values"), "date": gettext_noop("date of a figure"),
    },
    "role": {
        "from": gettext_noop("before the change"), "to": gettext_noop("after the change"),
        "total": gettext_noop("whole"), "part": gettext_noop("part of the whole"),
        "change": gettext_noop("change"),
    },
    "level": {
        "national": gettext_noop("national"), "province": gettext_noop("province"),
        "city": gettext_noop("city"), "county": gettext_noop("county"),
        "town": gettext_noop("town"),
    },
    "status": {
        "result": gettext_noop("result"), "plan": gettext_noop("plan"),
        "forecast": gettext_noop("forecast"), "standard": gettext_noop("standard"),
    },
    "period_kind": {
        "year": gettext_noop("one year"), "span": gettext_noop("several years"),
        "part": gettext_noop("part of a year"), "until": gettext_noop("up to a date"),
        "cumulative": gettext_noop("cumulative"),
    },
    "measure": {
        "level": gettext_noop("amount"), "change": gettext_noop("change"),
        "share": gettext_noop("share"),
    },
    "direction": {"up": gettext_noop("increase"), "down": gettext_noop("decrease")},
    "verdict": {
        "agrees": gettext_noop("agrees"), "contradicts": gettext_noop("contradicts"),
        "uncertain": gettext_noop("uncertain"), "unchecked": gettext_noop("unchecked"),
    },
}  # fmt: skip
"""The names of values by column; a value without one, as a kind of document, stands as it is."""
_YES_OR_NO = frozenset({"corrected", "approximate"})
_TOPICS = frozenset({"topic", "also"})
_MESSAGES = frozenset({"notes", "reason", "doubts"})
"""Columns with messages that are stored in English."""
_TIMES = frozenset({"added"})
_NUMBERS = frozenset({"value", "normalized_value", "value_before"})
"""Columns whose lists are the ends of a range."""
_LEFT_OUT = frozenset(
    {"start", "end", "score", "report_score", "highlight", "sha256", "adcode", "kind_as_written"}
    | {"period_start", "period_end", "period_source"}
)
"""Columns that only programs use."""
_SELDOM = (
    "n", "probability", "corrected", "kind", "item", "normalized_value", "normalized_unit",
    "period_kind", "measure", "role", "part_of", "direction", "qualifier", "approximate",
    "copies", "copies_reports", "source", "address", "added",
)  # fmt: skip
"""Columns that stand last, in the order that they have among the others."""
_NARROW = frozenset({"also", "section", "title", "citation", "source", "notes", "part_of"})
"""Columns beside which the sentence is to have room."""
_ALWAYS = frozenset({"text", "topic"})
"""Columns without which a workbook of sentences is not read as labels; they may be empty."""


def readable_sheet(
    name: str,
    rows: Iterable[Mapping[str, Any]],
    columns: Sequence[str],
    taxonomy: Taxonomy | None = None,
    *,
    first: Sequence[str] = (),
    heads: Mapping[str, str] | None = None,
    counted: Collection[str] = (),
    frozen: int = 0,
) -> Sheet:
    """Return rows for programs as a sheet for people.

    Columns in which no row has a value are left out too, and what stands last is not printed.
    ``load_labels`` reads a sheet of sentences as it reads CSV: topics, roles and kinds of units by
    the names that stand in it.

    Args:
        name: name of the sheet.
        rows: the rows as CSV has them.
        columns: the columns of CSV in their order.
        taxonomy: names topics and roles; ``None`` for rows that have none.
        first: columns that are never among the last.
        heads: headings in place of the Chinese names of columns.
        counted: columns whose numbers are shown with separators of thousands.
        frozen: the number of columns at the left that stay when the rest is moved.

    Example: ``readable_sheet("句子", results.to_dicts(), results.table_columns(), taxonomy)``
    """
    kept = [column for column in columns if column not in _LEFT_OUT]
    named = {column: _naming(column, taxonomy) for column in kept}
    cells = [{column: named[column](row.get(column)) for column in kept} for row in rows]
    filled = {c for c in kept for cell in cells if not _is_empty(cell[c])} | _ALWAYS
    # The id of a report is what it is called by, but of a sentence what one looks up.
    last = {*_SELDOM, *(("report",) if "n" in kept else ())} - set(first)
    if taxonomy is not None:
        last -= {"role"}  # of a sentence, not of a figure
    shown = [column for column in kept if column in filled]
    order = [c for c in shown if c not in last] + [c for c in shown if c in last]
    return Sheet(
        name,
        cells,
        order,
        counted=counted,
        frozen=frozen,
        heads=heads or {},
        narrow=_NARROW,
        printed=sum(column not in last for column in order),
    )


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str | list | tuple) and not value)


def _naming(column: str, taxonomy: Taxonomy | None) -> Callable[[Any], Any]:
    """Return what gives the values of a column their names."""
    if column in _YES_OR_NO:
        return lambda value: _("yes") if value else ""
    if column in _TOPICS and taxonomy is not None:
        return _each(taxonomy.topics.zh)
    if column == "role" and taxonomy is not None:
        return _each(taxonomy.roles.zh)
    if column in _MESSAGES:
        return _each(in_language)
    if column in _TIMES:
        return local_time
    if column in _NUMBERS:
        return range_text
    names = _NAMES.get(column)
    if names is None:
        return lambda value: value
    return _each(lambda value: _(names[value]) if value in names else value)


def _each(name: Callable[[str], str]) -> Callable[[Any], Any]:
    """Return a function that names a value, or each value of a list; an empty one stays empty."""

    def named(value: Any) -> Any:
        if isinstance(value, list | tuple):
            return [name(one) for one in value]
        return name(value) if value else value

    return named


def range_text(value: Any) -> Any:
    """Return the ends of a range as text, and any other value as it is.

    Example:
        >>> range_text([4.5, 5]), range_text(4)
        ('4.5–5', 4)
    """
    return "–".join(map(str, value)) if isinstance(value, list | tuple) else value


def local_time(moment: str) -> str:
    """Return a moment to the minute by the clock of this machine.

    Args:
        moment: ISO 8601 in UTC, as it is stored; any other text is returned as it is.

    Example: in China ``local_time("2026-01-05T02:03:04+00:00")`` is ``2026-01-05 10:03``.
    """
    try:
        return f"{datetime.fromisoformat(moment).astimezone():%Y-%m-%d %H:%M}"
    except ValueError:
        return moment


def source_name(source: str) -> str:
    """Return what a model was trained on in words: a file has its name.

    Args:
        source: as a model keeps it.

    Example:
        >>> source_name("seeds/labels.jsonl"), source_name("corrections (10)")
        ('shipped labels', 'corrections: 10')
    """
    if source == _SHIPPED_LABELS:
        return _("shipped labels")
    if found := _CORRECTIONS.fullmatch(source):
        return _("corrections: {count}").format(count=found[1])
    return source


def hit_sheet(found: Results | Concordance, taxonomy: Taxonomy) -> Sheet:
    """Return what a search found as the sheet of a workbook.

    Args:
        found: hits, or the occurrences of a concordance.
        taxonomy: names topics and roles.
    """
    rows = found.to_dicts()
    for row in rows:
        if row.get("copies") == 1:  # itself
            row["copies"] = row["copies_reports"] = None
    return readable_sheet(_("Sentences found"), rows, found.table_columns(), taxonomy)


def report_sheet(reports: Iterable[Report]) -> Sheet:
    """Return reports as the sheet of a workbook."""
    heads = {one.name: one.chinese[0] for one in FIELDS if one.name in ("title", "kind")}
    return readable_sheet(
        _("reports"), report_rows(reports), REPORT_COLUMNS, first=("kind",), heads=heads, frozen=1
    )


def report_rows(reports: Iterable[Report]) -> list[dict[str, Any]]:
    """Return reports as rows of CSV, with the columns of ``REPORT_COLUMNS``."""
    rows = map(report_dict, reports)
    return [row | {"similar": [one["report"] for one in row["similar"]]} for row in rows]


def report_dict(report: Report) -> dict[str, Any]:
    """Return a report as a JSON object, with its notes in the language of the user."""
    return report.to_dict() | {"notes": list(map(in_language, report.notes))}
