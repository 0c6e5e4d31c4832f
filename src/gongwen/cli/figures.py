"""The figures command: the numbers in the reports, as a list, a pivot table or a comparison."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..catalog import _
from ..nlp.fields import english
from ..nlp.text.normalize import fold
from .figure_tables import SHOWN, show_comparison, show_list, show_matrix
from .options import (
    FIELDS_NONE,
    FieldsOption,
    HitFormat,
    LibraryOption,
    chosen_format,
    open_library,
    takes_fields,
)
from .output import (
    target_file,
)
from .search import (
    FormatOption,
    OutputOption,
    ReportOption,
    RoleOption,
    TopicOption,
    YearOption,
)

if TYPE_CHECKING:
    from ..figures.comparison import CompareBy


@takes_fields
def figures(
    context: typer.Context,
    query: Annotated[
        list[str] | None, typer.Argument(metavar="QUERY", help="Words of the sentence.")
    ] = None,
    indicator: Annotated[
        list[str] | None,
        typer.Option(help="What is counted, as 行政复议案件 or a part; repeatable."),
    ] = None,
    unit: Annotated[
        list[str] | None,
        typer.Option(
            help="Unit, as 件, 万吨 or %; finds what can be converted to it, and --pivot and "
            "--compare give all values in it; repeatable."
        ),
    ] = None,
    topic: TopicOption = None,
    role: RoleOption = None,
    fields: FieldsOption = FIELDS_NONE,
    year: YearOption = None,
    report: ReportOption = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            help="quantity, percent, ratio, money, rank, change, range or date, all but dates by "
            "default; or the kind of document, as 政府工作报告."
        ),
    ] = None,
    status: Annotated[
        list[str] | None,
        typer.Option(
            "--status",
            metavar="STATUS",
            help="result, plan, forecast, standard, unknown or all, the default; several with "
            "commas between.",
        ),
    ] = None,
    period: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND",
            help="Kind of period: year, span (several years), part (of a year), until (a date), "
            "cumulative, unknown or all, the default; several with commas between.",
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", "-n", min=0, help=f"Figures; in a table {SHOWN}, else all."),
    ] = None,
    wide: Annotated[
        bool, typer.Option("--wide", help="Show the sentence and the citation of each figure.")
    ] = False,
    format: FormatOption = None,
    output: OutputOption = None,
    pivot: Annotated[
        str | None,
        typer.Option(metavar="ROWS,COLUMNS", help="One indicator by region, year or report."),
    ] = None,
    compare: Annotated[
        str | None,
        typer.Option(
            metavar="year|region",
            help="One indicator beside that of the year before, with what reports say of the "
            "change; or region beside region.",
        ),
    ] = None,
    merges: Annotated[
        Path | None,
        typer.Option(metavar="FILE.toml", help="Names of one indicator; written if not there."),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(metavar="FILE.html|png|svg", help="Draw the matrix (pip install matplotlib)."),
    ] = None,
    library: LibraryOption = None,
) -> None:
    """List the numbers in the reports: indicator, value, unit, and where each stands.

    The year is that of the number, which is the report's unless the text names another. --pivot
    lays out the indicator that is asked for, else the one that most reports have.

    A cell of --pivot has all values that reports state for it. First stands a result before a plan,
    a forecast and a standard; a calendar year before a date, a part of a year, a sum up to a date
    and several years; the value of the report of that year; a total before a part; an exact number.
    --status and --period leave the others out. Whatever is not an exact result of one year is
    marked in every format; in XLSX the sheet "sources" has every value with its sentence.

    --compare year has for each value the one of the year before, the change and its rate, and says
    whether the change that a report states agrees with the earlier report of the same place.
    --compare region ranks the regions of a year.

    Example: gongwen figures 行政复议 --unit 件

    Example: gongwen figures --indicator 城镇新增就业 --pivot region,year -o 就业.xlsx

    Example: gongwen figures --indicator 粮食产量 --unit 万吨 --compare year --status result
    """
    format = chosen_format(format, output, HitFormat)
    matrix = pivot is not None or plot is not None
    _check_options(matrix, compare, merges, limit)
    for path in (plot, merges):
        if path is not None:
            target_file(path)
    if plot is not None:
        # late: only this option needs it
        from ..render.plot import check_plot

        check_plot(plot)
    dimensions: tuple[str, ...] = ()
    if matrix:
        # late: only this command needs it
        from ..figures.pivot import dimensions_named

        dimensions = dimensions_named(pivot or "region,year")
    # late: only this command needs it
    from ..figures.find_figures import FigureFilters
    from ..figures.pivot import read_merges  # late: only this command needs it
    from ..nlp.document.document_kind import is_document_kind  # late: loads the gazetteer

    documents = [one for one in kind or () if is_document_kind(one)]
    filters: FigureFilters = {
        "indicators": indicator or (),
        "units": unit or (),
        "topics": topic or (),
        "roles": role or (),
        "years": year,
        "reports": report or (),
        "kinds": [one for one in kind or () if one not in documents],
        "statuses": status or (),
        "periods": period or (),
        "fields": {**fields, "kind": documents},
    }
    known = read_merges(merges) if merges and merges.exists() else None
    words = " ".join(query or ())
    by = None if compare is None else _by(compare)
    with open_library(context, library) as opened:
        if by is not None:
            found = opened.compare_figures(by, words, merges=known, **filters)
        else:
            rows = opened.figures(words, **filters)
    if by is not None:
        show_comparison(found, format, output)
    elif matrix:
        from ..figures.pivot import pivot as pivoted  # late: only this command needs it

        laid_out = pivoted(rows, dimensions, indicator or (), known, unit or ())
        show_matrix(laid_out, None if known else merges, plot, format, output)
    else:
        if limit is None and format is HitFormat.table:
            limit = SHOWN
        show_list(rows, limit, format, output, wide)


def _check_options(
    matrix: bool, compare: str | None, merges: Path | None, limit: int | None
) -> None:
    """Refuse options that do not go together.

    Raises:
        typer.BadParameter: names the option.
    """
    if compare is not None and matrix:
        raise typer.BadParameter(_("goes without --pivot and --plot"), param_hint="--compare")
    if merges is not None and not matrix and compare is None:
        raise typer.BadParameter(_("goes with --pivot region,year"), param_hint="--merges")
    if limit is not None and (matrix or compare is not None):
        message = _("goes with a list, not with --pivot or --compare")
        raise typer.BadParameter(message, param_hint="--limit")


def _by(compare: str) -> CompareBy:
    by = english("compare", fold(compare.strip()))
    if by == "year":
        return "year"
    if by == "region":
        return "region"
    raise typer.BadParameter(_("compare by year or region"), param_hint="--compare")
