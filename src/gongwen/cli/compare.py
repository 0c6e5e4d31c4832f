"""The compare command: two reports, or the reports of two years, sentence by sentence."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..catalog import _, cited, listed
from ..nlp.validation import visible
from ..render.delimited import csv_text, json_text, jsonl_text
from .options import (
    FIELDS_NONE,
    FieldsOption,
    LibraryOption,
    PageFormat,
    chosen_format,
    open_library,
    takes_fields,
)
from .output import (
    note,
    nothing_to_write,
    piped,
    print_lines,
    print_table,
    say,
    table,
    width,
    write,
    write_page,
)
from .styled_lines import Line
from .text_width import columns, folded, line_breaks

if TYPE_CHECKING:
    from ..research.compare_reports import ReportComparison
    from ..research.sentence_pairs import SentencePair

_STYLES = {"changed": "yellow", "new": "green", "dropped": "red", "kept": "dim"}
_MARKS = {"out": ("[-", "-]", "red"), "in": ("{+", "+}", "green")}
"""What stands around characters that were taken out or put in, and their colour."""
_OPENING = tuple(opening for opening, _closing, _style in _MARKS.values())
_CLOSING = tuple(closing for _opening, closing, _style in _MARKS.values())
_MARK = re.compile(r"\[-|-\]|\{\+|\+\}")
_MARK_COLUMNS = 4
"""Columns by which a line may grow when its end is moved in front of a mark."""
_GAP = 2
"""Columns between two columns of a table."""
_LEAST_NAME = 16
"""Columns that the names at the left of a table have at least."""


class Kind(StrEnum):
    """The kinds of pairs that can be selected with ``--only``, in English and in Chinese."""

    kept = "kept"
    changed = "changed"
    new = "new"
    dropped = "dropped"


_CHINESE_KINDS = {"保留": "kept", "改动": "changed", "新增": "new", "删去": "dropped"}


@takes_fields
def compare(
    context: typer.Context,
    reports: Annotated[
        list[str] | None,
        typer.Argument(metavar="[A B]", help="The earlier and the later report."),
    ] = None,
    year: Annotated[
        tuple[str, str] | None,
        typer.Option(
            "--year",
            metavar="A B",
            help="In place of two reports all reports of two years, as 2019 2020 or 2016..2018 "
            "2019..2021; with conditions on the reports.",
        ),
    ] = None,
    fields: FieldsOption = FIELDS_NONE,
    kind: Annotated[
        list[str] | None, typer.Option("--kind", help="文种, as 工作总结; repeatable.")
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            metavar="KIND",
            help="Show only these: kept 保留, changed 改动, new 新增, dropped 删去; repeatable or "
            "with commas between. The totals count all.",
        ),
    ] = None,
    format: Annotated[
        PageFormat | None,
        typer.Option("--format", help="Output; by the name of the file, else a table."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write to this file.")
    ] = None,
    library: LibraryOption = None,
) -> None:
    """Compare two reports sentence by sentence: what was kept, changed, is new or was dropped.

    Sentences are listed by topic, in the order of the later report. Of a changed one [-…-] was
    taken out and {+…+} put in. Marks, width, traditional characters and the numbers of lists do not
    matter: a sentence that differs only in these is kept. The numbers that changed follow with
    their indicator, difference and status, and the totals by topic.

    With --year all reports of a year are one side, as far as the conditions on reports allow.

    Example: gongwen compare wugong-2019 wugong-2020

    Example: gongwen compare --year 2019 2020 --region 武功县 -o 对比.html

    Example: gongwen compare 2019-国务院 2021-国务院 --only changed,new -o 对比.xlsx
    """
    format = chosen_format(format, output, PageFormat)
    kinds = _kinds(only)
    names = list(reports or ())
    conditions = {**fields, "kind": kind or ()}
    given = any(conditions.values())
    if year is not None and names:
        raise typer.BadParameter(_("name two reports or two years, not both"), param_hint="A B")
    if year is None and (len(names) != 2 or given):
        if given:
            message = _("conditions on reports go with --year A B")
        else:
            message = _("name two reports, or two years with --year A B")
        raise typer.BadParameter(message, param_hint="A B")
    with open_library(context, library) as opened:
        if year is None:
            found = opened.compare(*names)
        else:
            found = opened.compare(years=year, fields=conditions)
    for line in found.notes:
        note(line)
    if format is PageFormat.table:
        _print(found, kinds)
    elif not _write(found, kinds, format, output):
        return
    sys.stdout.flush()
    if format in (PageFormat.csv, PageFormat.jsonl):
        note(_("figures and totals are shown with the other formats only"))
    if output is not None:
        note(_("wrote {file}").format(file=output))


def _kinds(only: Sequence[str] | None) -> list[str]:
    """Return the kinds of pairs that are asked for, by default all.

    Raises:
        typer.BadParameter: there is no such kind.
    """
    # late: only this command needs them
    from ..render.comparison_page import kind_name
    from ..research.sentence_pairs import PAIR_KINDS

    asked = [one.strip() for value in only or () for one in value.split(",") if one.strip()]
    asked = [one.strip() for value in asked for one in value.split("，") if one.strip()]
    kinds = [_CHINESE_KINDS.get(one, one) for one in asked]
    for one in kinds:
        if one not in PAIR_KINDS:
            known = listed(map(kind_name, PAIR_KINDS))
            message = _("{what} is none of {names}").format(what=cited(one), names=known)
            raise typer.BadParameter(message, param_hint="--only")
    return [one for one in PAIR_KINDS if one in kinds] if kinds else list(PAIR_KINDS)


# -- files -----------------------------------------------------------------------------------------


def _write(
    found: ReportComparison, kinds: Sequence[str], format: PageFormat, output: Path | None
) -> bool:
    """Write a comparison in any format but a table, or print it; return whether there was any."""
    from ..research.sentence_pairs import PAIR_COLUMNS  # late: only this command needs it

    if format is PageFormat.json:
        whole = found.to_dict()
        whole["sentences"] = [one for one in whole["sentences"] if one["kind"] in kinds]
        write(json_text(whole, indent=2) + "\n", output)
    elif format in (PageFormat.csv, PageFormat.jsonl):
        rows = [row for row in found.to_dicts() if row["kind"] in kinds]
        if not rows and nothing_to_write(output):
            return False
        text = csv_text(rows, PAIR_COLUMNS) if format is PageFormat.csv else jsonl_text(rows)
        write(text, output)
    elif format is PageFormat.html:
        from ..render.comparison_page import comparison_page  # late: only this format needs it

        page = comparison_page(found, kinds)
        if output is None:
            write(page, None)
        else:
            write_page(page, output)
    elif output is not None:
        # late: only this format needs it
        from ..render.comparison_page import write_comparison_book

        write_comparison_book(output, found, kinds)
    return True


# -- a table ---------------------------------------------------------------------------------------


def _print(found: ReportComparison, kinds: Sequence[str]) -> None:
    # late: only this command needs it
    from ..render.comparison_page import share_text, side_text

    if piped():
        _print_records(found, kinds)
        return
    lines: list[Line] = []
    for name, side in ((_("Earlier"), found.before), (_("Later"), found.after)):
        lines += _wrapped([(f"{name}  ", "bold"), (side_text(side), "")], columns(name) + 2)
    for topic in found.topics:
        pairs = [pair for pair in found if pair.topic == topic and pair.kind in kinds]
        if pairs:
            lines += _topic_lines(found, topic, pairs)
    print_lines(lines)
    _print_figures(found)
    _print_totals(found)
    print_lines([[], *_wrapped([(share_text(found), "bold")], 0)])


def _print_records(found: ReportComparison, kinds: Sequence[str]) -> None:
    """Print a comparison for a pipe: one pair a line, then the numbers and the totals."""
    # late: only this command needs it
    from ..render.comparison_page import kind_name, remarks, share_text, topic_name

    rows = table(_("Topic"), _("Kind"), _("Place"), _("Sentence"), _("Remark"))
    for pair in found:
        if pair.kind in kinds:
            parts = (_marks(how, text, pair.kind) for how, text in pair.parts())
            said = _(", ").join(remarks(pair))
            rows.add_row(
                topic_name(found, pair.topic), kind_name(pair.kind), _place(found, pair),
                "".join(parts), said,
            )  # fmt: skip
    print_table(rows)
    _print_figures(found)
    _print_totals(found)
    say(share_text(found))


def _marks(how: str, text: str, kind: str) -> str:
    """Return a part of a sentence, with marks around it when it was taken out or put in."""
    if how == "same" or kind in ("new", "dropped"):
        return text
    opening, closing, _style = _MARKS[how]
    return f"{opening}{text}{closing}"


def _topic_lines(
    found: ReportComparison, topic: str, pairs: Sequence[SentencePair]
) -> Iterator[Line]:
    """Yield the lines of a topic: its name with the counts, then the sentences."""
    # late: only this command needs it
    from ..render.comparison_page import KIND_NAMES, kind_name, remarks, topic_name
    from ..research.sentence_pairs import PAIR_KINDS

    counts = found.totals(topic)
    said = "  ".join(f"{kind_name(kind)} {counts[kind]}" for kind in PAIR_KINDS if counts[kind])
    yield []
    yield from _wrapped([(topic_name(found, topic), "bold underline"), (f"  {said}", "")], 2)
    left = 2 + max(columns(kind_name(kind)) for kind in list(KIND_NAMES)[: len(PAIR_KINDS)])
    for pair in pairs:
        name = kind_name(pair.kind)
        line: Line = [(name + " " * (left - columns(name)), _STYLES[pair.kind])]
        for how, text in pair.parts():
            text = " ".join(text.split()) if "\n" in text else text
            if how == "same" or pair.kind in ("new", "dropped"):
                line.append((text, _STYLES[pair.kind] if pair.kind != "changed" else ""))
            else:
                opening, closing, style = _MARKS[how]
                line.append((f"{opening}{text}{closing}", style))
        about = _(", ").join([_place(found, pair), *remarks(pair)])
        line.append((f"  {about}", "dim"))
        yield from _wrapped(line, left)


def _place(found: ReportComparison, pair: SentencePair) -> str:
    """Return the numbers of the sentences, with their reports where a side has several."""
    from ..research.sentence_pairs import places_of  # late: only this command needs it

    several = max(len(found.before), len(found.after)) > 1
    sides = [
        places_of(side) if several else " ".join(str(s.n) for s in side)
        for side in (pair.before, pair.after)
        if side
    ]
    return " → ".join(sides)


def _wrapped(line: Line, indent: int) -> list[Line]:
    """Return the lines of a long line that is folded to the terminal, all but the first indented.

    Control characters are escaped before the width is measured.
    """
    parts = [(visible(text, lines=False), style) for text, style in line]
    whole = "".join(text for text, _style in parts)
    if 2 * len(whole) <= width():  # as most; no character takes more than two columns
        return [parts]
    head = min(indent, len(parts[0][0])) if indent else 0
    room = max(20, width() - columns(whole[:head]))
    text = whole[head:]
    breaks = line_breaks(text, room)
    if breaks and _MARK.search(text):
        breaks = [_before_mark(text, at) for at in line_breaks(text, room - _MARK_COLUMNS)]
    if not breaks:
        return [parts]
    lines: list[Line] = []
    for n, (start, end) in enumerate(pairwise([0, *(head + at for at in breaks), len(whole)])):
        made: Line = [(" " * indent, "")] if n else []
        at = 0
        for text, style in parts:
            piece = text[max(start - at, 0) : max(end - at, 0)]
            if n and len(made) == 1:
                piece = piece.lstrip()  # a line does not begin with a space
            if piece:
                made.append((piece, style))
            at += len(text)
        lines.append(made)
    return lines


def _before_mark(text: str, at: int) -> int:
    """Return where a line may end at or before ``at``, so that no mark is parted from its text."""
    if text[at - 2 : at] in _OPENING:
        return at - 2
    if text[at - 1 : at + 1] in (*_OPENING, *_CLOSING):
        return at - 1 if text[at - 1 : at + 1] in _OPENING else at - 2
    return at - 1 if text[at : at + 2] in _CLOSING else at


def _print_figures(found: ReportComparison) -> None:
    """Print the numbers that changed."""
    if not found.figures:
        say("\n" + _("No figures changed."))
        return
    # late: only this command needs it
    from ..render.comparison_page import figure_cells

    heads = [
        _("Figures that changed"), _("Earlier"), _("Later"), _("Difference"), _("Change in %"),
    ]  # fmt: skip
    rows = []
    for one in found.figures:
        name, *values, status = figure_cells(one).values()
        rows.append(([name, *values], status))
    _print_grid(heads, rows)


def _print_totals(found: ReportComparison) -> None:
    """Print how many pairs of each kind each topic has."""
    # late: only this command needs it
    from ..render.comparison_page import total_rows

    rows, names = total_rows(found)
    _print_grid(names, [([str(row[name]) for name in names], "") for row in rows])


def _print_grid(heads: Sequence[str], rows: Sequence[tuple[Sequence[str], str]]) -> None:
    """Print a table of names with values at the right; the names are folded to what is left.

    Args:
        heads: names of the columns.
        rows: for each row its cells, and what stands below its name in small print.
    """
    if piped():
        rows_of = table(*heads, _("Status")) if any(below for _cells, below in rows) else None
        shown = rows_of or table(*heads)
        for cells, below in rows:
            shown.add_row(*cells, *([below] if rows_of else []))
        print_table(shown)
        return
    widths = [
        max(columns(visible(cells[n])) for cells in (heads, *(cells for cells, _below in rows)))
        for n in range(1, len(heads))
    ]
    space = max(_LEAST_NAME, width() - sum(widths) - _GAP * len(widths))
    lines: list[Line] = [[]]
    for row, (cells, below) in enumerate([(heads, ""), *rows]):
        name, *values = map(visible, cells)
        names = [(line, "" if row else "bold") for line in folded(name, space)]
        names += [(f"  {line}", "dim") for line in folded(visible(below), space - 2) if line]
        behind = "".join(
            " " * (_GAP + size - columns(value)) + value
            for value, size in zip(values, widths, strict=True)
        )
        for n, (text, style) in enumerate(names):
            gap = " " * (space - columns(text))
            lines.append(
                [(text, style), *([(gap + behind, "" if row else "bold")] if not n else [])]
            )
        if not row:
            lines.append([("─" * min(width(), space + sum(widths) + _GAP * len(widths)), "dim")])
    print_lines(lines)
