"""The counts command: how many sentences there are of each year, region, topic, ... and both."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..catalog import _, in_brackets, labelled
from ..conditions import facets_named
from ..nlp.atomic_write import write_whole
from ..nlp.errors import QueryError
from ..render.count_tables import (
    MOST_FACETS,
    count_notes,
    count_sheets,
    count_summary,
    facet_title,
    percent_text,
    wide_rows,
)
from ..render.delimited import csv_text, json_text, jsonl_text
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
    fold_cell,
    note,
    nothing_to_write,
    print_table,
    say,
    table,
    target_file,
    width,
    write,
)
from .search import (
    FormatOption,
    KindOption,
    MinProbabilityOption,
    OutputOption,
    ReportOption,
    RoleOption,
    TopicOption,
    VerbatimOption,
    YearOption,
)
from .text_width import columns

if TYPE_CHECKING:
    from ..index.requests import Cell
    from ..research.crosstab import CountTable

_GAP = 3
"""Columns between two columns of a table."""
_HEAD, _LABEL = 12, 36
"""Columns of the head of a column, and of the name of a row, which are folded to them."""
_SHORT = 60
"""Rows of a list by one facet up to which those without a sentence are shown too."""


class SortRows(StrEnum):
    """Order of the rows."""

    by_name = "name"
    by_count = "count"


@takes_fields
def counts(
    context: typer.Context,
    query: Annotated[
        list[str] | None, typer.Argument(metavar="QUERY", help="Words of the sentence.")
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            "--by",
            metavar="FACETS",
            help="What to count by, up to three, as 地区,年份,主题: topic, role, report, unit (of "
            "text), or region, province, city, county, level, agency, kind, year.",
        ),
    ] = None,
    share: Annotated[
        bool, typer.Option("--share", help="Share of all sentences of the cell, in percent.")
    ] = False,
    distinct: Annotated[
        bool, typer.Option("--distinct", help="Count copies of one sentence once.")
    ] = False,
    topic: TopicOption = None,
    role: RoleOption = None,
    fields: FieldsOption = FIELDS_NONE,
    year: YearOption = None,
    report: ReportOption = None,
    kind: KindOption = None,
    min_probability: MinProbabilityOption = 0.0,
    verbatim: VerbatimOption = False,
    sort: Annotated[
        SortRows, typer.Option(help="Order of the rows; by count the largest first.")
    ] = SortRows.by_name,
    limit: Annotated[
        int | None,
        typer.Option("--limit", "-n", min=1, help="Rows to keep, those with most sentences."),
    ] = None,
    long: Annotated[
        bool, typer.Option("--long", help="A line for each cell in CSV, in place of a table.")
    ] = False,
    format: FormatOption = None,
    output: OutputOption = None,
    plot: Annotated[
        Path | None,
        typer.Option(metavar="FILE.png|svg", help="Draw one or two (pip install matplotlib)."),
    ] = None,
    library: LibraryOption = None,
) -> None:
    """Count sentences by one facet, by two as a table, or by three as tables one below another.

    Counted are all sentences that have all of the words and meet the filters, without a query all
    sentences; never ones with other words for them, as search may find them. Exact strings and
    filters in the query are those of search.

    A sentence with several topics counts for each of them, and once in the totals. An empty cell
    has no sentences at all; 0 says that it has some, but none of these. An unknown value is the
    last.

    --share has beside it the sentences that it is a share of: those of the cell that meet the same
    filters. Without words in the query it is the share of a topic or role among all sentences of
    the same reports.

    CSV is the table; --long gives a line for each cell, with the names of JSON. XLSX has both.

    Example: gongwen counts 公职律师 --by 县,年份 --year 2020..2021

    Example: gongwen counts 复议 --by 省 --share --sort count

    Example: gongwen counts --by 年份,主题 --province 陕西省 --share -o 主题.xlsx --plot 主题.png
    """
    format = chosen_format(format, output, HitFormat)
    facets = _facets(by)
    if long and format is not HitFormat.csv:
        raise typer.BadParameter(_("goes with CSV; XLSX has it too"), param_hint="--long")
    if plot is not None:
        target_file(plot)
        if len(facets) > 2:
            raise typer.BadParameter(_("draws one facet or two, not three"), param_hint="--plot")
        # late: only this option needs it
        from ..render.plot import COUNT_SUFFIXES, check_plot

        check_plot(plot, COUNT_SUFFIXES)
    with open_library(context, library) as opened:
        found = opened.counts(
            " ".join(query or ()),
            by=facets,
            share=share,
            distinct=distinct,
            sort=sort.value,
            verbatim=verbatim,
            topics=topic or (),
            roles=role or (),
            years=year,
            reports=report or (),
            fields=fields,
            kinds=kind or (),
            min_probability=min_probability,
        )
    if limit is not None:
        found = found.largest(limit)
    _show(found, format, output, long)
    if plot is not None:
        _draw(found, plot)


def _facets(by: Sequence[str] | None) -> tuple[str, ...]:
    """Return the facets that are named.

    Raises:
        typer.BadParameter: there is no such facet, none, or more than three.
    """
    try:
        found = facets_named(by or ())
    except QueryError as error:
        raise typer.BadParameter(str(error), param_hint="--by") from None
    if not 1 <= len(found) <= MOST_FACETS:
        raise typer.BadParameter(_("name one to three facets, as 地区,年份"), param_hint="--by")
    return found


def _show(found: CountTable, format: HitFormat, output: Path | None, long: bool) -> None:
    if not found.total and format is not HitFormat.json and nothing_to_write(output):
        output = None
    elif format is HitFormat.table:
        said = _print(found)
    elif format is not HitFormat.json and not found.cells and nothing_to_write(output):
        note(count_summary(found))
        return
    elif format is HitFormat.json:
        write(json_text(found.to_dict(), indent=2) + "\n", output)
    elif format is HitFormat.jsonl:
        write(jsonl_text(found.to_dicts()), output)
    elif format is HitFormat.csv:
        rows, heads = wide_rows(found)
        if long:
            write(csv_text(found.to_dicts(), list(found.table_columns())), output)
        else:
            texts = [{str(head): value for head, value in row.items()} for row in rows]
            write(csv_text(texts, list(map(str, heads))), output)
    elif output is not None:
        from ..render.xlsx import write_book  # late: only this format needs it

        write_book(output, count_sheets(found))
    sys.stdout.flush()
    for line in [
        count_summary(found),
        *count_notes(found),
        *(said if format is HitFormat.table else ()),
    ]:
        note(line)
    if output is not None:
        note(_("wrote {path}").format(path=output))


def _draw(found: CountTable, path: Path) -> None:
    if not found.total:
        note(_("nothing to draw"))
        return
    # late: only this option needs it
    from ..render.plot import draw_counts

    what = found.query or _("all sentences")
    by = " × ".join(facet_title(facet) for facet in found.by)
    title = _("{query}: share by {facets}") if found.share else _("{query}: sentences by {facets}")
    notes = [count_summary(found), *count_notes(found)]
    content, said = draw_counts(found, path.suffix, title.format(query=what, facets=by), notes)
    write_whole(path, content)
    for line in said:
        note(line)
    note(_("wrote {path}").format(path=path))


# -- in the terminal -----------------------------------------------------------------------------


def _print(found: CountTable) -> list[str]:
    """Print the table, and return what has to be said of how it is printed."""
    if not found.total:
        return []
    if len(found.by) == 1:
        return _print_list(found)
    blocks: list[tuple[str | None, ...]] = [()]
    if len(found.by) == MOST_FACETS:
        blocks = [(value,) for value in (*found.labels[2], None)]
    lost = parts = empty = 0
    for block in blocks:
        rows = _seen(found, 0, block)
        heads = _seen(found, 1, block)
        if not found.measured((None, None, *block)):
            lost += block != (None,)
            continue
        if block:
            name = _("Total") if block[0] is None else _label(found, 2, block[0])
            count = in_brackets(found.measured((None, None, *block)))
            say(labelled(facet_title(found.by[2]), f"{name}{count}"))
        parts = max(parts, _print_block(found, rows, heads, block))
        empty += any((row, head, *block) not in found.cells for row in rows for head in heads)
        lost += len(found.labels[0]) - len(rows) + len(found.labels[1]) - len(heads)
        if block and block[0] is not None:
            say()
    said = []
    if lost:
        said.append(
            _(
                "rows and columns without such a sentence are not shown; JSON, CSV and XLSX have "
                "them"
            )
        )
    if parts > 1:
        said.append(_("the columns are shown in parts, one below the other"))
    if empty:
        said.append(_("an empty cell has no sentences at all, with these words or without"))
    return said


def _seen(found: CountTable, i: int, block: tuple[str | None, ...] = ()) -> list[str]:
    """Return the values of the facet ``i`` that are shown: all of a short list, else those with
    sentences, and years.

    Args:
        found: the table.
        i: 0 for rows, 1 for columns.
        block: of three facets the value of the third.
    """

    def at(value: str) -> Cell:
        rest: tuple[str | None, ...] = (None,) * (len(found.by) - 1 - len(block))
        return (*rest[:i], value, *rest[i:], *block)

    values = [value for value in found.labels[i] if found[at(value)] is not None]
    if found.by[i] == "year" or (len(found.by) == 1 and len(values) <= _SHORT):
        return values
    return [value for value in values if found.measured(at(value))]


def _print_list(found: CountTable) -> list[str]:
    """Print the counts by one facet, with a column for each kind of count."""
    heads = {"count": _("Sentences"), "exact": _("Unbroken"), "distinct": _("Distinct")}
    if found.total_exact == found.total:
        del heads["exact"]
    shares = [_("Share"), _("Of")] if found.share else []
    shown = table(facet_title(found.by[0]), *heads.values(), *shares, flowing=0)
    for column in shown.columns[1:]:
        column.justify = "right"
    rows = _seen(found, 0)
    for row in (*rows, None):
        if (cell := found[row,]) is None:
            continue
        values = [str(getattr(cell, name)) for name in heads]
        values += [percent_text(cell), str(cell.of)] if found.share else []
        name = _("Total") if row is None else _label(found, 0, row)
        shown.add_row(fold_cell(name, max(_LABEL, width() - 60)), *values)
    print_table(shown)
    if len(rows) < len(found.labels[0]):
        return [_("rows without such a sentence are not shown; JSON, CSV and XLSX have them")]
    return []


def _print_block(
    found: CountTable, rows: Sequence[str], heads: Sequence[str], block: tuple[str | None, ...]
) -> int:
    """Print rows and columns, as many columns at a time as fit; return the number of parts."""
    total = _("Total")
    names = [fold_cell(_label(found, 0, row), _LABEL) for row in rows] + [total]
    corner = f"{facet_title(found.by[0])} \\ {facet_title(found.by[1])}"
    lines = [corner, *(line for name in names for line in name.split("\n"))]
    first = max(map(columns, lines))
    shared = _of_rows(found, [*rows, None], [*heads, None], block)
    left: list[tuple[str, list[str]]] = [
        (
            total if head is None else _label(found, 1, head),
            [_value(found, (row, head, *block), not shared) for row in (*rows, None)],
        )
        for head in (*heads, None)
    ]
    left += [(_("Of"), shared)] if shared else []
    parts = 0
    while left:
        space = width() - first
        part: list[tuple[str, list[str]]] = []
        while left:
            name, values = left[0]
            name = fold_cell(name, _HEAD)
            space -= _GAP + max(map(columns, (*name.split("\n"), *values)))
            if space < 0 and part:
                break
            part.append((name, values))
            left.pop(0)
        shown = table(corner, *(name for name, _values in part), flowing=0)
        for column in shown.columns[1:]:
            column.justify = "right"
        for i, name in enumerate(names):
            shown.add_row(name, *(values[i] for _name, values in part))
        print_table(shown)
        parts += 1
        if left:
            say()
    return parts


def _label(found: CountTable, i: int, value: str) -> str:
    return found.name(i, value) if value else _("unknown")


def _of_rows(
    found: CountTable,
    rows: Sequence[str | None],
    heads: Sequence[str | None],
    block: tuple[str | None, ...],
) -> list[str]:
    """Return the denominator of each row when all its cells have the same, else nothing."""
    shared = []
    for row in rows if found.share else ():
        cells = [found[(row, head, *block)] for head in heads]
        of = {cell.of for cell in cells if cell is not None}
        if len(of) != 1:
            return []
        shared.append(str(of.pop()))
    return shared


def _value(found: CountTable, at: Cell, with_of: bool) -> str:
    """Return a cell as text; a share has its numerator beside it, and its denominator if wanted."""
    cell = found[at]
    if cell is None:
        return ""
    if not found.share:
        return str(cell.measured)
    return f"{percent_text(cell)} {cell.measured}{f'/{cell.of}' if with_of else ''}"
