"""The figures command: the numbers in the reports, as a list or a pivot table."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..nlp.atomic_write import write_whole
from .options import FIELDS_NONE, FieldsOption, LibraryOption, open_library, takes_fields
from .output import (
    csv_text,
    json_text,
    jsonl_text,
    marked,
    note,
    plain,
    print_table,
    say,
    table,
    target_file,
    width,
    wrapped,
    write,
)
from .search import (
    FormatOption,
    HitFormat,
    OutputOption,
    RoleOption,
    TopicOption,
    YearOption,
    chosen_format,
)

if TYPE_CHECKING:
    from rich.text import Text

    from ..figures.figure_table import FigureRow
    from ..figures.pivot import Pivot


_COLUMNS = (
    "report", "n", "indicator", "value", "unit", "kind", "qualifier", "approximate", "raw", "year",
    "period", "role", "direction", "part_of", "title", "region", "sentence", "citation", "start",
    "end",
)  # fmt: skip
_SHOWN = 50
_ARROWS = {"up": "↑", "down": "↓", "": ""}


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
        list[str] | None, typer.Option(help="Unit, as 件, 元 or %; repeatable.")
    ] = None,
    topic: TopicOption = None,
    role: RoleOption = None,
    fields: FieldsOption = FIELDS_NONE,
    year: YearOption = None,
    report: Annotated[list[str] | None, typer.Option(help="Id of a report; repeatable.")] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            help="quantity, percent, ratio, money, rank, change, range or date, all but dates by "
            "default; or the kind of document, as 政府工作报告."
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", "-n", min=0, help=f"Figures; in a table {_SHOWN}, else all."),
    ] = None,
    format: FormatOption = None,
    output: OutputOption = None,
    pivot: Annotated[
        str | None,
        typer.Option(metavar="ROWS,COLUMNS", help="One indicator by region, year or report."),
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

    Example: gongwen figures 行政复议 --unit 件

    Example: gongwen figures --indicator 城镇新增就业 --pivot region,year -o 就业.xlsx
    """
    format = chosen_format(format, output)
    matrix = pivot is not None or plot is not None
    if merges is not None and not matrix:
        raise typer.BadParameter("goes with --pivot region,year", param_hint="--merges")
    if limit is not None and matrix:
        raise typer.BadParameter("goes with a list, not with --pivot", param_hint="--limit")
    for path in (plot, merges):
        if path is not None:
            target_file(path)
    if plot is not None:
        # late: only this option needs it
        from ..render.plot import check_plot

        check_plot(plot)
    if matrix:
        # late: only this command needs it
        from ..figures.pivot import check_dimensions

        dimensions = [name.strip() for name in (pivot or "region,year").split(",")]
        check_dimensions(dimensions)
    # late: a search must not load the gazetteer
    from ..nlp.document.document_kind import is_document_kind

    documents = [one for one in kind or () if is_document_kind(one)]
    with open_library(context, library) as opened:
        rows = opened.figures(
            " ".join(query or ()),
            indicators=indicator or (),
            units=unit or (),
            topics=topic or (),
            roles=role or (),
            years=year,
            reports=report or (),
            kinds=[one for one in kind or () if one not in documents],
            fields={**fields, "kind": documents},
        )
    if matrix:
        _show_matrix(rows, dimensions, indicator or (), merges, plot, format, output)
    else:
        if limit is None and format is HitFormat.table:
            limit = _SHOWN
        _show_list(rows, limit, format, output)


# -- a list --------------------------------------------------------------------------------------


def _show_list(
    found: Sequence[FigureRow], limit: int | None, format: HitFormat, output: Path | None
) -> None:
    shown = found[:limit]
    if format is HitFormat.table:
        if shown:
            _print_list(shown)
        part = f"{len(shown)} of " if len(shown) < len(found) else ""
        note(f"{part}{len(found)} figures" if found else "no figures found")
        return
    rows = [row.to_dict() for row in shown]
    if format is HitFormat.json:
        whole = {"total": len(found), "figures": rows}
        write(json_text(whole, indent=2) + "\n", output)
    else:
        _write_rows(rows, _COLUMNS, format, output)
    if output is not None:
        note(f"wrote {len(shown)} figures to {output}")


def _print_list(rows: Sequence[FigureRow]) -> None:
    # late: heavy; JSON and CSV do without
    from rich.text import Text

    # late: only this command needs it
    from ..figures.figure_table import readable

    space = max(20, width() // 2)
    lines = table("Indicator 指标", "Value 值", "Year 年", "Sentence 句子")
    for row in rows:
        f = row.figure
        value = _ARROWS[f.direction] + readable(f.value, f.unit)
        if f.qualifier:  # 近3000 and 3000以上
            ahead = f.raw.startswith(f.qualifier)
            value = f.qualifier + value if ahead else value + f.qualifier
        when = "\n".join(str(part) for part in (f.year, f.period) if part)
        sentence = Text("\n").join(
            (
                wrapped(_marked(row), space),
                wrapped(plain(f"{row.place} {row.citation}", "dim"), space),
            )
        )
        lines.add_row(wrapped(plain(f.indicator), 24), value, when, sentence)
        lines.add_section()
    print_table(lines)


def _marked(row: FigureRow) -> Text:
    return marked(row.sentence.replace("\n", " "), [(*row.span, "bold yellow")])


# -- a matrix ------------------------------------------------------------------------------------


def _show_matrix(
    rows: Sequence[FigureRow],
    dimensions: Sequence[str],
    indicators: Sequence[str],
    merges: Path | None,
    plot: Path | None,
    format: HitFormat,
    output: Path | None,
) -> None:
    # late: only this command needs it
    from ..figures.pivot import merges_text, pivot, read_merges

    known = read_merges(merges) if merges and merges.exists() else None
    found = pivot(rows, dimensions, indicators, known)
    if found is None:
        if format is HitFormat.json:
            write('{"cells": []}\n', output)
        note("no figures found")
        return
    if format is HitFormat.table:
        _print_matrix(found)
    elif format is HitFormat.json:
        write(json_text(found.to_dict(), indent=2) + "\n", output)
    elif format is HitFormat.jsonl:
        write(jsonl_text([_long(found, cell.to_dict()) for cell in found.cells]), output)
    else:
        _write_rows(*_matrix(found), format, output)
    sys.stdout.flush()
    if plot is not None:
        # late: only this command needs it
        from ..render.plot import draw

        content, said = draw(found, plot.suffix)
        write_whole(plot, content)
        for line in said:
            note(line)
    if merges and known is None:
        write(merges_text(found.indicator, [name for name, _ in found.merged]), merges)
    _print_notes(found, merges if known is None else None, [output, plot])


def _long(found: Pivot, cell: dict[str, Any]) -> dict[str, Any]:
    """Return a cell by itself: the row and the column by the names of what they are."""
    places = dict(zip(found.dimensions, (cell.pop("row"), cell.pop("column")), strict=False))
    return {"of": found.indicator, **{f"by_{name}": at for name, at in places.items()}, **cell}


def _matrix(found: Pivot) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the rows and columns of the matrix; its corner says what is counted."""
    rows: dict[str, dict[str, Any]] = {name: {found.title: name} for name in found.rows}
    # An empty name is no column of a sheet; a column must not be called as the corner is.
    named = {name: name or "value" for name in found.columns}
    for cell in found.cells:
        rows[cell.row][named[cell.column]] = cell.value
    return list(rows.values()), [found.title, *named.values()]


def _print_matrix(found: Pivot) -> None:
    # late: only this command needs it
    from ..figures.figure_table import readable
    from .output import columns

    cells = {}
    for cell in found.cells:
        more = f" +{cell.more}" if cell.more else ""
        mark = " 计划" if cell.planned else ""
        if cell.shown.figure.period:
            mark += f" {cell.shown.figure.period}"
        cells[cell.row, cell.column] = readable(cell.value) + mark + more
    first = max(map(columns, (found.title, *found.rows)))
    left = list(found.columns)
    while left:
        space = width() - first
        part: list[str] = []
        while left:
            shown = [cells.get((row, left[0]), "") for row in found.rows]
            space -= 3 + max(map(columns, (left[0], *shown)))
            if space < 0 and part:
                break
            part.append(left.pop(0))
        lines = table(found.title, *(name or "Value 值" for name in part), flowing=0)
        for column in lines.columns[1:]:
            column.justify = "right"
        for row in found.rows:
            values = [cells.get((row, column), "") for column in part]
            if any(values):
                lines.add_row(row, *values)
        print_table(lines)
        if left:
            say()


def _print_notes(found: Pivot, wrote: Path | None, files: Sequence[Path | None]) -> None:
    reports = {cell.shown.report.id for cell in found.cells}
    note(f"{found.title}: {len(found.cells)} cells from {len(reports)} reports")
    if len(found.merged) > 1:
        names = "、".join(f"{name} ({count})" for name, count in found.merged)
        hint = "" if wrote else "; --merges FILE.toml lets you change that"
        note(f"taken for one (合并): {names}{hint}")
    if wrote:
        note(f"wrote {wrote}: take a name out of its list to keep it apart, then run this again")
    if planned := sum(cell.planned for cell in found.cells):
        note(f"{planned} of the cells are planned (计划); --role achievement leaves them out")
    if any(cell.more for cell in found.cells):
        note("+ marks cells with other values; --format json has them all")
    if found.also:
        names = "、".join(f"{name} {unit} ({n})" for name, unit, n in found.also)
        note(f"not shown: {names}; choose with --indicator, --unit and --kind")
    for path in files:
        if path is not None:
            note(f"wrote {path}")


def _write_rows(
    rows: list[dict[str, Any]], columns: Sequence[str], format: HitFormat, output: Path | None
) -> None:
    if format is HitFormat.jsonl:
        write(jsonl_text(rows), output)
    elif format is HitFormat.csv:
        write(csv_text(rows, columns), output)
    elif output is not None:
        # late: only this command needs it
        from ..render.xlsx import write_sheet

        write_sheet(output, rows, columns)
