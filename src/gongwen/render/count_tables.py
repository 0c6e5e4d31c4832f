"""Counts as what people read: what is said of a table, its rows for files, and its workbook."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ..catalog import _, current_language
from ..conditions import facet_name

if TYPE_CHECKING:
    from ..research.crosstab import CountCell, CountTable
    from .xlsx import Sheet

MOST_FACETS = 3
"""Facets by which a table counts at most."""
_TOTAL = "合计"
_COUNT, _EXACT, _DISTINCT, _OF, _SHARE = "句数", "连写句数", "不同句数", "全部句数", "占比%"
_MEASURES = {
    _COUNT: "count", _EXACT: "exact", _DISTINCT: "distinct", _OF: "of", _SHARE: "share",
}  # fmt: skip
"""Heads of the columns of files, and what is in them."""


def count_summary(found: CountTable) -> str:
    """Return how many sentences there are in all."""
    total, exact, distinct = found.total, found.total_exact, found.total_distinct
    numbers = {"total": total, "exact": exact, "distinct": distinct}
    if not found.worded:
        return _("{total} sentences, {distinct} of them distinct").format(**numbers)
    if not found.total:
        return _("no sentence has all of these words; counts are never widened to other words")
    if found.total_exact == found.total:
        return _("{total} sentences with all of the words, {distinct} of them distinct").format(
            **numbers
        )
    return _(
        "{total} sentences with all of the words, {exact} of them unbroken, {distinct} distinct"
    ).format(**numbers)


def count_notes(found: CountTable) -> Iterator[str]:
    """Yield what has to be known to read the table."""
    if found.distinct:
        yield _("copies of one sentence count once in each cell and each total")
    if "topic" in found.by:
        yield _("a sentence with several topics counts for each of them, and once in the totals")
    if found.share:
        yield {
            "cell": _("percent of all sentences of the cell that meet the same filters"),
            "reports": _(
                "percent of all sentences of the same reports, whatever their topic and role"
            ),
            "all": _("percent of all sentences that are counted"),
        }[found.share_of]
    rows, count = found.left_out
    if rows:
        yield _("{rows} rows with {count} sentences are left out (--limit)").format(
            rows=rows, count=count
        )


def facet_title(facet: str) -> str:
    """Return the name of a facet for people."""
    return facet_name(facet) if current_language() == "zh" else facet.capitalize()


def percent_text(cell: CountCell) -> str:
    """Return the share of a cell for people: ``12.5%``, ``""`` where there is none."""
    share = cell.share
    if share is None:
        return ""
    digits = 0 if share in (0, 100) else 1 if share >= 1 else 2
    return f"{share:.{digits}f}%"


def wide_rows(
    found: CountTable, measures: Sequence[str] = ()
) -> tuple[list[dict[str | int, Any]], list[str | int]]:
    """Return rows and columns of the table, with totals.

    Args:
        found: the table.
        measures: what the cells are, one or more of the heads of columns; by default counts, and
            shares with their denominators when these are asked for.
    """
    heads: list[str | int] = [facet_name(found.by[0])]
    rows: list[dict[str | int, Any]] = []
    if len(found.by) == 1:
        own = [_COUNT, _EXACT, _DISTINCT, *([_OF, _SHARE] if found.share else [])]
        for value in (*found.labels[0], None):
            cell = found[value,]
            if cell is not None:
                rows.append({heads[0]: _in_file(found, 0, value)})
                rows[-1].update({one: getattr(cell, _MEASURES[one]) for one in own})
        return rows, [*heads, *own]
    measured = _DISTINCT if found.distinct else _COUNT
    measures = measures or ([measured, _OF, _SHARE] if found.share else [measured])
    blocks: list[tuple[str | None, ...]] = [()]
    if len(found.by) == MOST_FACETS:
        heads = [facet_name(found.by[2]), *heads]
        blocks = [(value,) for value in (*found.labels[2], None)]
    columns = {
        (value, one): f"{name} {one}" if len(measures) > 1 else name
        for value in (*found.labels[1], None)
        for name in [_in_file(found, 1, value)]
        for one in measures
    }
    for block in blocks:
        for row in (*found.labels[0], None):
            if found[(row, None, *block)] is None:
                continue
            names = [_in_file(found, 0, row)]
            if block:
                names.insert(0, _in_file(found, 2, block[0]))
            line: dict[str | int, Any] = dict(zip(heads, names, strict=True))
            for (value, one), head in columns.items():
                if (cell := found[(row, value, *block)]) is not None:
                    line[head] = getattr(cell, _MEASURES[one])
            rows.append(line)
    return rows, [*heads, *columns.values()]


def _in_file(found: CountTable, i: int, value: str | None) -> str | int:
    """Return the name of a value in a file: a single year is a number, as spreadsheets sort it."""
    if value is None:
        return _TOTAL
    if found.by[i] == "year" and value.isdecimal():
        return int(value)
    return found.name(i, value)


def count_sheets(found: CountTable) -> list[Sheet]:
    """Return the sheets of a workbook: the table, a row for each cell, and what is to be known."""
    from .xlsx import Sheet  # late: most counts are not written to a workbook

    fixed = 2 if len(found.by) == MOST_FACETS else 1
    measured = _DISTINCT if found.distinct else _COUNT
    sheets = []
    measures: list[tuple[str, ...]] = [()]
    if len(found.by) > 1:
        measures = [(measured,), *([(_SHARE,), (_OF,)] if found.share else [])]
    for own in measures:
        rows, columns = wide_rows(found, own)
        numbers = columns[fixed:]
        name = own[0] if own else measured
        sheets.append(Sheet(name, rows, columns, counted=numbers, frozen=fixed))
    heads = {name: head for head, name in _MEASURES.items()} | {f: facet_name(f) for f in found.by}
    cells = []
    for row in found.to_dicts():
        for i, name in enumerate(found.by):
            if name != "year" or not row[name]:
                row[name] = found.name(i, row[name])
        cells.append(row)
    long, n = found.table_columns(), len(found.by)
    sheets.append(Sheet("明细", cells, long, counted=long[n:], frozen=n, heads=heads))
    said = [{"说明": line} for line in (count_summary(found), *count_notes(found))]
    query = [{"说明": _("query: {query}").format(query=found.query)}] if found.query else []
    sheets.append(Sheet("说明", [*query, *said], ["说明"]))
    return sheets
