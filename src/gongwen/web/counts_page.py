"""The page that counts sentences by region, year, topic and other facets, as table and chart."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from ..catalog import _, in_brackets
from ..conditions import FACET_NAMES, facets_named
from ..nlp.errors import QueryError
from ..render.count_tables import (
    count_notes,
    count_sheets,
    count_summary,
    facet_title,
    percent_text,
    wide_rows,
)
from ..render.delimited import csv_text, json_text, jsonl_text
from ..research.crosstab import CountTable
from .charts import SERIES, Bar, Line, Point, all_years, bar_chart, largest, line_chart
from .count_links import CountLinks
from .downloads import FORMATS, download, file_name, workbook
from .filters import Filters, choice, number, switch, values
from .page_messages import page_message
from .pages import page, render, written
from .site import site_of

MOST_FACETS = 3
_SHADES = 5
"""Steps of the shades of a table."""
_BARS = 40
"""Bars that a chart shows; the table has all rows."""
_MOST_ROWS = 500


def routes() -> list[BaseRoute]:
    """Return the routes of this file."""
    return [page("/counts", _show), *(page(f"/counts.{one}", _file) for one in FORMATS)]


def _asked(request: Request) -> tuple[Filters, tuple[str, ...], dict[str, Any], int]:
    """Return what an address asks for: filters, facets, further arguments, and rows to keep."""
    params = request.query_params
    filters = Filters.of(params)
    by = facets_named([one for one in values(params, "by") if one])
    if len(by) > MOST_FACETS:
        raise QueryError(_("name one to three facets, as 地区,年份"))
    more = {
        "share": switch(params, "share"),
        "distinct": switch(params, "distinct"),
        "sort": choice(params, "sort", ("name", "count")),
    }
    return filters, by, more, number(params, "rows", 100, 1, _MOST_ROWS)


async def _found(request: Request) -> CountTable | None:
    site = site_of(request)
    filters, by, more, _rows = _asked(request)
    if not by:
        return None
    return await site.work(site.library.counts, filters.query, by=by, **more, **filters.arguments())


async def _show(request: Request) -> Response:
    site = site_of(request)
    problem, found, filters, by = "", None, Filters(), tuple[str, ...]()
    more, rows = dict[str, Any](share=False, distinct=False, sort="name"), 100
    try:
        filters = Filters.of(request.query_params)
        filters, by, more, rows = _asked(request)
        found = await _found(request)
    except QueryError as error:
        problem = page_message(str(error))
    shown = found.largest(rows) if found else None
    blocks = list[Block]()
    if shown and shown.total:
        reports = await site.work(site.library.reports)
        blocks = await site.work(_blocks, shown, CountLinks(shown, filters, reports))
    return render(
        request,
        "counts.html",
        400 if problem else 200,
        filters=filters,
        by=by,
        asked=more,
        rows=rows,
        found=shown,
        problem=problem,
        facets=list(dict.fromkeys(FACET_NAMES.values())),
        facet_title=facet_title,
        summary=count_summary(found) if found else "",
        notes=list(count_notes(shown)) if shown else [],
        blocks=blocks,
        chart=_chart(shown) if shown and shown.total else None,
        drawn=_drawn(shown) if shown else 0,
        taxonomy=await site.search(lambda: site.library.taxonomy),
        formats=FORMATS,
    )


def _name(found: CountTable, axis: int, value: str) -> str:
    return written(found.name(axis, value))


@dataclass(frozen=True, slots=True)
class Block:
    """A table of a page of counts.

    Attributes:
        title: the value of the third facet, ``""`` without one.
        heads: names of the columns.
        rows: the name of each row and its cells: text, class of the shade, and the address of the
            search that finds the sentences, ``""`` for none.
    """

    title: str
    heads: list[str]
    rows: list[tuple[str, list[tuple[str, str, str]]]]


def _blocks(found: CountTable, links: CountLinks) -> list[Block]:
    """Return tables of texts with shades: one, or with three facets one for each value of these.

    The last row is the sum of the rows that are shown or not, each sentence once.
    """

    def cell(at: tuple[str | None, ...], most: int = 0) -> tuple[str, str, str]:
        text, shade = _cell(found, at, most)
        return text, shade, links.to(at) if found.measured(at) else ""

    whole: tuple[str, None] = (_("Total"), None)
    if len(found.by) == 1:
        known = [(_name(found, 0, v), v) for v in found.labels[0] if (v,) in found.cells]
        rows = [(name, [cell((value,))]) for name, value in (*known, whole)]
        return [Block("", [_("Sentences")], rows)]
    ends: list[tuple[str | None, ...]] = [()]
    if len(found.by) == MOST_FACETS:
        ends = [(value,) for value in found.labels[2] if found.measured((None, None, value))]
    blocks = []
    for end in ends:
        heads = [v for v in found.labels[1] if _drawable(found, 1, v, (None, v, *end))]
        if found.by[1] == "year":  # the newest in front, for the last may lie out of sight
            heads.sort(key=lambda value: value.isdecimal() and -int(value))
        lines = [v for v in found.labels[0] if _drawable(found, 0, v, (v, None, *end))]
        most = max((found.measured((r, h, *end)) for r in lines for h in heads), default=0)
        rows = [
            (name, [*(cell((row, h, *end), most if row else 0) for h in heads),
                    cell((row, None, *end))])
            for name, row in (*((_name(found, 0, row), row) for row in lines), whole)
        ]  # fmt: skip
        title = _name(found, 2, end[0] or "") if end else ""
        names = [*(_name(found, 1, head) for head in heads), _("Total")]
        blocks.append(Block(title, names, rows))
    return blocks


def _drawable(found: CountTable, axis: int, value: str, at: tuple[str | None, ...]) -> bool:
    """Say whether a row or column is shown: it has sentences, or is a year of the charts' axis."""
    return bool(found.measured(at)) or (found.by[axis] == "year" and value.isdecimal())


def _cell(found: CountTable, at: tuple[str | None, ...], most: int) -> tuple[str, str]:
    """Return a cell's text and the class of its shade.

    Args:
        found: the table.
        at: the cell.
        most: the largest number of the table, 0 for no shade.
    """
    cell = found[at]
    if cell is None:
        return "", "none"
    text = f"{cell.measured}"
    if found.share:
        text = percent_text(cell) + in_brackets(f"{cell.measured}/{cell.of}")
    # By the square root: one value that is far above the others does not make them all pale.
    shade = ceil(sqrt(cell.measured / most) * _SHADES) if most else 0
    return text, f"h{shade}"


def _chart(found: CountTable) -> Any:
    """Return a chart of one facet, or of years and one other; else ``None``."""
    title = " × ".join(map(facet_title, found.by))
    if found.by == ("year",) or (len(found.by) == 2 and "year" in found.by):
        return _lines(found, title)
    if len(found.by) == 1:
        ranked = sorted(found.cells.values(), key=lambda cell: -_height(found, cell))[:_BARS]
        kept = {cell.values for cell in ranked}
        bars = [
            Bar(_name(found, 0, at[0] or ""), _height(found, cell), _cell(found, at, 0)[0])
            for at, cell in found.cells.items()
            if cell.values in kept
        ]
        return bar_chart(title, bars)
    return None


def _height(found: CountTable, cell: Any) -> float:
    return float(cell.share or 0) if found.share else float(cell.measured)


def _lines(found: CountTable, title: str) -> Any:
    """Return lines over the years; of many, those with most sentences."""
    axis = found.by.index("year")
    known = [value for value in found.labels[axis] if value.isdecimal()]
    if not known:
        return None
    years = all_years(known)
    others = (
        [v for v in found.labels[1 - axis] if found.measured(_at(axis, None, v))]
        if (len(found.by) > 1)
        else [None]
    )
    lines = []
    for other in others:
        name = _("Sentences") if other is None else _name(found, 1 - axis, other)
        at = {year: (year,) if other is None else _at(axis, year, other) for year in known}
        points = tuple(
            Point(years.index(year), _height(found, cell), _cell(found, at[year], 0)[0])
            for year in known
            if (cell := found[at[year]]) is not None
        )
        lines.append(
            Line(name, points, found.measured(_at(axis, None, other) if other else (None,)))
        )
    return line_chart(title, years, largest(lines)) if lines else None


def _drawn(found: CountTable) -> int:
    """Return how many bars or lines the chart has, 0 when it has all that the table has."""
    if found.by == ("year",) or len(found.by) > 2:
        return 0
    if len(found.by) == 1:
        return _BARS if len(found.cells) > _BARS else 0
    if "year" not in found.by:
        return 0
    axis = found.by.index("year")
    lines = sum(bool(found.measured(_at(axis, None, v))) for v in found.labels[1 - axis])
    return SERIES if lines > SERIES else 0


def _at(axis: int, year: str | None, other: str | None) -> tuple[str | None, ...]:
    return (year, other) if axis == 0 else (other, year)


async def _file(request: Request) -> Response:
    """Return the whole table as a file."""
    found = await _found(request)
    if found is None:
        raise QueryError(_("name one to three facets, as 地区,年份"))
    form = request.url.path.rpartition(".")[2]
    by, words = map(facet_title, found.by), Filters.of(request.query_params).query
    name = file_name(form, _("Counts"), words, *by)
    if form == "xlsx":
        return await workbook(request, name, count_sheets(found))
    if form == "csv":
        rows, heads = wide_rows(found)
        texts = [{str(head): value for head, value in row.items()} for row in rows]
        return download(csv_text(texts, list(map(str, heads))), name)
    if form == "json":
        return download(json_text(found.to_dict(), indent=2), name)
    return download(jsonl_text(found.to_dicts()), name)
