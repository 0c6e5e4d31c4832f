"""The page of figures: a list, a pivot with chart, and comparisons; plans and results apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from ..catalog import _
from ..figures.comparison import CompareBy, point_unit
from ..figures.figure_table import (
    COLUMNS,
    FigureRow,
    period_words,
    status_name,
)
from ..figures.find_figures import PERIODS, STATUSES
from ..figures.pivot import Pivot, pivot
from ..library import Library
from ..nlp.errors import QueryError
from ..nlp.records import FIGURE_KINDS
from ..render.delimited import csv_text, json_text, jsonl_text
from ..render.figure_texts import (
    REGION_COLUMNS,
    YEAR_COLUMNS,
    comparison_row,
    difference_text,
    figure_sheet,
    matrix_rows,
    pivot_sheets,
    value_text,
    verdict_name,
)
from .charts import SERIES, Line, Point, all_years, largest, line_chart
from .downloads import FORMATS, download, file_name, workbook
from .filters import Filters, choice, number, values
from .indicator_choice import Offer, frequent_indicators, near_indicators
from .page_messages import page_message
from .pages import page, render
from .site import site_of

_PAGE = 50
VIEWS = ("list", "pivot", "year", "region")
DIMENSIONS = ("region,year", "year,region", "report,year", "year", "region")


def routes() -> list[BaseRoute]:
    """Return the routes of this file."""
    return [page("/figures", _show), *(page(f"/figures.{one}", _file) for one in FORMATS)]


def _asked(request: Request) -> dict[str, Any]:
    """Return the arguments of :meth:`Library.figures` that an address has."""
    params = request.query_params
    filters = Filters.of(params)
    given = filters.arguments()
    kinds = given.pop("kinds", [])
    fields = {**given.pop("fields"), "kind": [one for one in kinds if one not in FIGURE_KINDS]}
    return {
        "query": filters.query,
        **{name: value for name, value in given.items() if value},
        "kinds": [one for one in kinds if one in FIGURE_KINDS],
        "fields": {name: value for name, value in fields.items() if value},
        "indicators": values(params, "indicator"),
        "units": values(params, "unit"),
        "statuses": [one for one in values(params, "status") if one != "all"],
        "periods": [one for one in values(params, "period") if one != "all"],
    }


async def _show(request: Request) -> Response:
    site, params = site_of(request), request.query_params
    view = choice(params, "view", VIEWS)
    at = number(params, "page", 1, 1)
    dimensions = choice(params, "pivot", DIMENSIONS)
    problem, found, compared = "", None, None
    rows: Sequence[FigureRow] = ()
    offers, unknown = list[Offer](), ""
    try:
        asked = _asked(request)
        offers, unknown = await site.work(_offers, site.library, view, asked)
        if offers or unknown:
            pass  # nothing is shown until an indicator is chosen
        elif view in ("year", "region"):
            compared = await site.work(site.library.compare_figures, _by(view), **asked)
        else:
            rows = await site.work(site.library.figures, **asked)
            if view == "pivot":
                found = await site.work(_pivot, rows, dimensions, asked)
    except QueryError as error:
        problem = page_message(str(error))
    years, lines = _lines(found) if found else ([], [])
    return render(
        request,
        "figures.html",
        400 if problem else 200,
        filters=Filters.of(params),
        view=view,
        views=VIEWS,
        dimensions=dimensions,
        all_dimensions=DIMENSIONS,
        problem=problem,
        total=len(rows),
        rows=[_row(one) for one in rows[(at - 1) * _PAGE : at * _PAGE]] if view == "list" else [],
        page=at,
        pages=-(-len(rows) // _PAGE),
        pivot=found,
        columns=_columns(found) if found else [],
        matrix=_matrix(found) if found else None,
        chart=line_chart(found.title, years, largest(lines)) if found and lines else None,
        drawn=SERIES if len(lines) > SERIES else 0,
        offers=offers,
        unknown=unknown,
        compared=compared,
        share_of=_("Share of the regions compared"),
        point_unit=point_unit,
        difference_text=difference_text,
        changes=compared.rows if compared else (),
        verdict_name=verdict_name,
        statuses=[one for one in STATUSES if one != "all"],
        periods=[one for one in PERIODS if one != "all"],
        kinds=FIGURE_KINDS,
        status_name=status_name,
        formats=FORMATS,
        taxonomy=await site.search(lambda: site.library.taxonomy),
    )


def _pivot(rows: Sequence[FigureRow], dimensions: str, asked: dict[str, Any]) -> Pivot | None:
    return pivot(rows, dimensions.split(","), asked["indicators"], None, asked["units"])


def _offers(library: Library, view: str, asked: dict[str, Any]) -> tuple[list[Offer], str]:
    """Return the indicators to choose from, and the names asked for when no figure has them.

    There are none when a list is asked for, an indicator that figures have, or the only one.
    """
    wanted = asked["indicators"]
    if not wanted and view == "list":
        return [], ""
    if wanted and library.figures(indicators=wanted):
        return [], ""
    if wanted:
        return near_indicators(library.figures(), wanted), "、".join(wanted)
    offers = frequent_indicators(library.figures(**asked))
    return (offers, "") if len(offers) > 1 else ([], "")


def _row(row: FigureRow) -> dict[str, Any]:
    """Return what the list shows of a figure."""
    start, end = row.span
    return {
        "row": row,
        "value": value_text(row.figure),
        "when": [str(row.figure.year), period_words(row.figure), status_name(row.status)],
        "planned": row.status in ("plan", "forecast", "standard"),
        "unknown": row.status not in ("result", "plan", "forecast", "standard"),
        "parts": (row.sentence[:start], row.sentence[start:end], row.sentence[end:]),
    }


def _matrix(found: Pivot) -> list[tuple[str, list[Any]]]:
    """Return the rows of the pivot with their cells in the order of its columns."""
    cells = {(cell.row, cell.column): cell for cell in found.cells}
    columns = _columns(found)
    return [(row, [cells.get((row, column)) for column in columns]) for row in found.rows]


def _columns(found: Pivot) -> list[str]:
    """Return the columns as the page shows them: of years the newest first."""
    if found.dimensions[1:] != ("year",):
        return list(found.columns)
    single = [name for name in found.columns if name.isdecimal()]
    return [*reversed(single), *(name for name in found.columns if not name.isdecimal())]


def _lines(found: Pivot) -> tuple[list[str], list[Line]]:
    """Return the years and a line for each region or report; none without years."""
    if "year" not in found.dimensions:
        return [], []
    by_year = found.dimensions.index("year")
    names = found.columns if by_year == 0 else found.rows
    known = [one for one in (found.rows, found.columns)[by_year] if one.isdecimal()]
    if not known:
        return [], []
    years = all_years(known)
    points: dict[str, list[Point]] = {name: [] for name in names}
    for cell in found.cells:
        year, name = (cell.row, cell.column) if by_year == 0 else (cell.column, cell.row)
        first = cell.values[0]
        if year in years and isinstance(first.value, int | float):
            whole = cell.shown.status == "result" and not first.marks
            points[name].append(Point(years.index(year), first.value, first.text, whole))
    return years, [
        Line(
            name or found.indicator,
            tuple(sorted(marks, key=lambda one: one.at)),
            max(abs(one.value) for one in marks),
        )
        for name, marks in points.items()
        if marks
    ]


def _by(view: str) -> CompareBy:
    return "year" if view == "year" else "region"


async def _file(request: Request) -> Response:
    """Return all figures, the pivot, or the comparison as a file."""
    site, params = site_of(request), request.query_params
    form, view = request.url.path.rpartition(".")[2], choice(params, "view", VIEWS)
    asked = _asked(request)
    name = file_name(form, _("Figures"), *asked["indicators"][:3], asked["query"])
    if view in ("year", "region"):
        compared = await site.work(site.library.compare_figures, _by(view), **asked)
        whole = compared.to_dict() if compared else {"rows": []}
        if form == "json":
            return download(json_text(whole, indent=2), name)
        heads = YEAR_COLUMNS if view == "year" else REGION_COLUMNS
        rows_of = compared.rows if compared else ()
        named = compared.pivot.indicator if compared else ""
        flat = [{"indicator": named, **comparison_row(one)} for one in rows_of]
        return await _rows_file(request, form, name, flat, ("indicator", *heads))
    rows = await site.work(site.library.figures, **asked)
    if view == "pivot":
        found = await site.work(_pivot, rows, choice(params, "pivot", DIMENSIONS), asked)
        if found is None:
            raise QueryError(_("no figures found"))
        if form == "json":
            return download(json_text(found.to_dict(), indent=2), name)
        if form == "xlsx":
            return await workbook(request, name, pivot_sheets(found))
        if form == "csv":
            return download(csv_text(*matrix_rows(found)), name)
        return download(jsonl_text(found.to_dict()["cells"]), name)
    listed = [row.to_dict() for row in rows]
    if form == "json":
        return download(json_text({"total": len(listed), "figures": listed}, indent=2), name)
    return await _rows_file(request, form, name, listed, COLUMNS)


async def _rows_file(
    request: Request, form: str, name: str, rows: list[dict[str, Any]], columns: Sequence[str]
) -> Response:
    if form == "csv":
        return download(csv_text(rows, columns), name)
    if form == "jsonl":
        return download(jsonl_text(rows), name)
    return await workbook(request, name, [figure_sheet(rows, columns)])
