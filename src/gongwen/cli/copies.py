"""The copies command: what is copied where, and which sentences of a report are not its own."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..catalog import _
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
    marked,
    note,
    nothing_to_write,
    piped,
    plain,
    print_table,
    table,
    width,
    write,
)
from .result_table import wrapped
from .search import (
    FormatOption,
    OutputOption,
    RoleOption,
    TopicOption,
    YearOption,
)
from .text_width import columns

if TYPE_CHECKING:
    from rich.text import Text

    from ..research.copies import CopiedSentence, Copies, Place, ReportCopies, TakenSentence

SHOWN = 20
"""Sentences that a table shows unless another number is asked for."""


@takes_fields
def copies(
    context: typer.Context,
    report: Annotated[
        str | None,
        typer.Argument(metavar="[REPORT]", help="Which sentences of this report are not its own?"),
    ] = None,
    topic: TopicOption = None,
    role: RoleOption = None,
    fields: FieldsOption = FIELDS_NONE,
    year: YearOption = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            help="Kind of document, as 工作总结, or of unit: sentence (the default), heading, "
            "title or boilerplate; repeatable."
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", "-n", min=0, help=f"Sentences; in a table {SHOWN}, else all."),
    ] = None,
    format: FormatOption = None,
    output: OutputOption = None,
    library: LibraryOption = None,
) -> None:
    """List what is copied where: sentences that stand in several reports, with when and where each
    stood first.

    Two sentences are copies when they differ in numbers, names of places and persons, or marks
    only. With REPORT its sentences are listed that stand in another report of the same year or an
    earlier one, or are like one there (from 0.75 on: a clause was added), and how many are its own;
    year, region and other fields then choose the other reports.

    Example: gongwen copies --topic 行政执法

    Example: gongwen copies wugong-2020

    Example: gongwen copies wugong-2020 --region 陕西省 -o 照抄.xlsx
    """
    format = chosen_format(format, output, HitFormat)
    if limit is None and format is HitFormat.table:
        limit = SHOWN
    with open_library(context, library) as opened:
        found = opened.copies(
            report or "",
            topics=topic or (),
            roles=role or (),
            years=year,
            kinds=kind or (),
            fields=fields,
            limit=limit,
        )
    rows, head = found.to_dicts(), found.table_columns()
    if format not in (HitFormat.table, HitFormat.json) and not rows and nothing_to_write(output):
        for line in _summary(found):
            note(line)
        return
    if format is HitFormat.table:
        _print(found)
    elif format is HitFormat.json:
        write(json_text(found.to_dict(), indent=2) + "\n", output)
    elif format is HitFormat.jsonl:
        write(jsonl_text(rows), output)
    elif format is HitFormat.csv:
        write(csv_text(rows, head), output)
    elif output is not None:
        # late: only this format needs it
        from ..render.readable_rows import readable_sheet
        from ..render.xlsx import write_book

        write_book(output, [readable_sheet(_("Copies"), rows, head)])
    sys.stdout.flush()
    for line in _summary(found):
        note(line)
    if output is not None:
        note(_("wrote {file}").format(file=output))


def _print(found: Copies | ReportCopies) -> None:
    # late: other formats do without
    from ..research.copies import ReportCopies

    if not found.rows:
        return
    if piped():
        _print_records(found)
        return
    if isinstance(found, ReportCopies):
        lines = [(str(row.n), _taken(row)) for row in found.rows]
        head = (_("No."), _("Sentence, and where it stood before"))
    else:
        lines = [(str(len(row.reports)), _copied(row)) for row in found.rows]
        head = (_("Reports"), _("Sentence, and where it stood first"))
    space = width() - max(columns(cell) for cell in (head[0], *(n for n, _lines in lines))) - 3
    rows = table(*head)
    for number, texts in lines:
        rows.add_row(number, _joined([wrapped(text, space) for text in texts]))
    print_table(rows)


def _print_records(found: Copies | ReportCopies) -> None:
    """Print copies for a pipe, one a line."""
    # late: other formats do without
    from ..research.copies import ReportCopies

    if isinstance(found, ReportCopies):
        rows = table(
            _("No."), _("Sentence"), _("Likeness"), _("Reports"), _("First"), _("Sentence there")
        )
        for one in found.rows:
            first = f"{one.first.report.id}:{one.first.n}"
            rows.add_row(
                str(one.n), one.text, f"{one.likeness:.2f}", str(one.reports), first,
                one.first.text,
            )  # fmt: skip
    else:
        rows = table(_("Reports"), _("Sentences"), _("Years"), _("First"), _("Sentence"))
        for row in found.rows:
            first = f"{row.first.report.id}:{row.first.n}"
            rows.add_row(
                str(len(row.reports)), str(row.sentences), _years(row.years), first,
                row.first.text,
            )  # fmt: skip
    print_table(rows)


def _copied(row: CopiedSentence) -> list[Text]:
    years = _years(row.years) or _("unknown year")
    if row.undated and row.years:
        years += _(" and {undated} of unknown year").format(undated=row.undated)
    first = _("{sentences} times; {years}; first {place}").format(
        sentences=row.sentences, years=years, place=_place(row.first)
    )
    return [plain(" ".join(row.first.text.split())), plain(first, "dim")]


def _years(years: Sequence[str]) -> str:
    """Return years for a line, those in a row as one span.

    Example:
        >>> _years(["2017", "2018", "2019", "2021"])
        '2017-2019、2021'
    """
    spans: list[list[str]] = []
    for year in years:
        last = spans[-1][-1] if spans else ""
        if year.isdigit() and last.isdigit() and int(year) == int(last) + 1:
            spans[-1].append(year)
        else:
            spans.append([year])
    return "、".join(f"{s[0]}-{s[-1]}" if len(s) > 1 else s[0] for s in spans)


def _taken(row: TakenSentence) -> list[Text]:
    # late: other commands do not need it
    from ..search import differing

    own, other = (" ".join(text.split()) for text in (row.text, row.first.text))
    styles = [(start, end, "bold yellow") for start, end in differing(other, own)]
    where = _("first {place}").format(place=_place(row.first))
    if row.reports > 1:
        where += _("; {reports} reports").format(reports=row.reports)
    lines = [marked(own, styles)]
    if row.likeness < 1:
        where = f"≈ {row.likeness:.2f} {where}"
    lines.append(plain(where, "dim"))
    if own != other:
        lines.append(marked(other, [(s, e, "bold") for s, e in differing(own, other)]))
    return lines


def _place(place: Place) -> str:
    year = str(place.report.year) or _("unknown year")
    known = " ".join(part for part in (place.report.region, year) if part)
    return f"{known} {place.report.id}:{place.n}"


def _joined(texts: list[Any]) -> Text:
    from rich.text import Text  # late: heavy; JSON and CSV do without

    return Text("\n").join(texts)


def _summary(found: Copies | ReportCopies) -> list[str]:
    # late: other commands do not need it
    from ..research.copies import ReportCopies

    if not isinstance(found, ReportCopies):
        return [
            _("{shown} of {total} sentences that stand in several reports; {sentences} looked at")
            .format(shown=len(found), total=found.total, sentences=found.sentences)
        ]  # fmt: skip
    if not found.sentences:
        return [_("the report has no such sentence")]
    lines = [
        _(
            "{own} of {sentences} sentences are its own ({share}); {copied} stand in a report of "
            "the same year or before, {alike} are like one there"
        ).format(
            own=found.own,
            sentences=found.sentences,
            share=f"{found.share_own or 0:.1%}",
            copied=found.copied,
            alike=found.alike,
        )
    ]
    listed = found.copied + found.alike + found.undated
    if len(found) < listed:
        lines.append(_("{shown} of {listed} shown").format(shown=len(found), listed=listed))
    if found.undated:
        lines.append(
            _("{undated} more stand only in reports of unknown year, which may be later").format(
                undated=found.undated
            )
        )
    if not found.report.year:
        lines.append(
            _("the year of the report is unknown: it was compared with all others, also later ones")
        )
    return lines
