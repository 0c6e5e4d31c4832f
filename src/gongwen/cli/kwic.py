"""Print a concordance, one aligned line an occurrence, or write it to a file."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ..catalog import _
from ..nlp.validation import visible
from ..render.delimited import csv_text, json_text, jsonl_text
from .options import limit_given
from .output import (
    note,
    nothing_to_write,
    piped,
    print_table,
    say,
    table,
    width,
    write,
)
from .text_width import cells, columns

if TYPE_CHECKING:
    from ..nlp.topics.taxonomy import Taxonomy
    from ..research.concordance import Concordance, ConcordanceLine
    from ..results import Report

SHOWN = 50
"""Lines of a concordance in the terminal."""
_WIDE = 110
"""Columns of a terminal from which on the place of the sentence is shown as well."""
_LONGEST_NODE, _LONGEST_REGION, _LONGEST_PLACE = 24, 16, 34
_GAP = "  "


def check_kwic(kwic: bool, sort: str, window: int | None, others: Mapping[str, bool]) -> None:
    """Refuse options of a search that do not go together.

    Args:
        kwic: whether a concordance is asked for.
        sort: the order.
        window: characters on either side, if they were given.
        others: whether each option was given that a concordance does not have.

    Raises:
        typer.BadParameter: names the option.
    """
    if not kwic:
        if sort in ("left", "right"):
            raise typer.BadParameter(_("left and right go with --kwic"), param_hint="--sort")
        if window is not None:
            raise typer.BadParameter(_("goes with --kwic"), param_hint="--window")
    elif given := next((name for name, used in others.items() if used), ""):
        raise typer.BadParameter(_("goes without --kwic"), param_hint=given)


def lines_shown(context: typer.Context, limit: int, format: str) -> int | None:
    """Return how many lines are wanted: those of --limit, else what fits a table, else all."""
    if limit_given(context):
        return limit
    return SHOWN if format == "table" else None


def show_concordance(
    found: Concordance, taxonomy: Taxonomy, format: str, output: Path | None, offset: int
) -> None:
    """Print or write a concordance.

    Args:
        found: the page.
        taxonomy: names topics and roles.
        format: table, json, jsonl, csv or xlsx.
        output: a file, ``None`` for standard output.
        offset: occurrences in front of the page.
    """
    rows = found.to_dicts() if format != "table" else []
    if format not in ("table", "json") and not rows and nothing_to_write(output):
        return
    if format == "json":
        write(json_text(found.to_dict(), indent=2) + "\n", output)
    elif format == "jsonl":
        write(jsonl_text(rows), output)
    elif format == "csv":
        write(csv_text(rows, found.table_columns()), output)
    elif format == "xlsx" and output is not None:
        # late: only this format needs it
        from ..render.readable_rows import hit_sheet
        from ..render.xlsx import write_book

        write_book(output, [hit_sheet(found, taxonomy)])
    else:
        if piped():
            _print_records(found.lines)
        else:
            _print(aligned(found.lines, width()))
        if found.suggestions:
            said = _(", ").join(found.suggestions)
            note(_("did you mean: {queries}").format(queries=said))
    if output is not None:
        message = _("wrote {count} occurrences to {path}")
        note(message.format(count=len(found), path=output))
    elif not found.total:
        note(_("nothing found"))
    else:
        message = _("{first}-{last} of {total} occurrences, in {sentences} sentences of {reports} "
                    "reports")  # fmt: skip
        if not len(found):
            message = found.summary()
        note(
            message.format(
                first=offset + 1,
                last=offset + len(found),
                total=found.total,
                sentences=found.sentences,
                reports=found.reports,
            )
        )
        if found.apart:
            message = _('{count} of the sentences have the words only apart; "…" leaves them out')
            note(message.format(count=found.apart))


def aligned(lines: Sequence[ConcordanceLine], width: int) -> list[tuple[str, str, str]]:
    """Return the lines of a concordance as text before the node, the node, and text behind it.

    All nodes begin in one column, the region and year in another; full-width characters take two
    columns. No line is longer than ``width`` columns.
    """
    parts = [tuple(map(_plain, (line.left, line.node, line.right))) for line in lines]
    tails = _tails(lines, width)
    tail = max(map(columns, tails), default=0)
    node = min(max((columns(node) for _left, node, _right in parts), default=0), _LONGEST_NODE)
    space = max(width - tail - 2 * len(_GAP) - 1, 2)
    left_space = max((space - node) // 2, 0)
    found = []
    for (left, node_text, right), end in zip(parts, tails, strict=True):
        front = _clipped(left[::-1], left_space)[::-1]
        shown = _clipped(node_text, max(space - left_space, 1))
        behind = _clipped(right, space - left_space - columns(shown) - 1)
        padding = space - left_space - columns(shown) - columns(behind)
        found.append(
            (
                " " * (left_space - columns(front)) + front + " ",
                shown,
                f" {behind}{' ' * (padding - 1)}{_GAP}{end}".rstrip(),
            )
        )
    return found


def _tails(lines: Sequence[ConcordanceLine], width: int) -> list[str]:
    """Return what stands at the end of each line: region, year and, where it fits, the place."""
    regions = [_clipped(_plain(_region(line.report)), _LONGEST_REGION) for line in lines]
    years = [_plain(str(line.report.year)) for line in lines]
    widest = max(map(columns, regions), default=0)
    found = [
        f"{region}{' ' * (widest - columns(region))} {year}".rstrip()
        for region, year in zip(regions, years, strict=True)
    ]
    if width < _WIDE:
        return found
    longest = max(map(columns, found), default=0)
    return [
        f"{tail}{' ' * (longest - columns(tail))} {_clipped(_plain(line.place), _LONGEST_PLACE)}"
        for tail, line in zip(found, lines, strict=True)
    ]


def _region(report: Report) -> str:
    return report.region or ("全国" if report.level == "national" else report.id)


def _plain(text: str) -> str:
    return visible(" ".join(text.split()))


def _clipped(text: str, space: int) -> str:
    """Return the beginning of a text that fits into ``space`` columns."""
    used = 0
    for i, char in enumerate(text):
        used += cells(char)
        if used > space:
            return text[:i]
    return text


def _print_records(lines: Sequence[ConcordanceLine]) -> None:
    """Print occurrences for a pipe, one a line, with the whole text around each."""
    if not lines:
        return
    rows = table(
        _("Place"), _("Region"), _("Year"), _("Left"), _("Occurrence"), _("Right"),
    )  # fmt: skip
    for one in lines:
        year = str(one.report.year)
        rows.add_row(one.place, one.report.region, year, one.left, one.node, one.right)
    print_table(rows)


def _print(lines: Sequence[tuple[str, str, str]]) -> None:
    if not sys.stdout.isatty():
        for line in lines:
            say("".join(line))
        return
    # late: heavy, and only colours need it
    from rich.text import Text

    styled = [Text.assemble(left, (node, "bold yellow"), right) for left, node, right in lines]
    if styled:
        print_table(Text("\n").join(styled))
    sys.stdout.flush()
