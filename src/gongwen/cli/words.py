"""The words command: frequent words, keywords, sequences of words, and collocates."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..catalog import _, choice_names, cited
from ..nlp.text.normalize import fold
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
    progress_bar,
    table,
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
    YearOption,
)
from .text_width import columns

if TYPE_CHECKING:
    from ..research.word_statistics import Extent, WordSort, WordTable

SHOWN = 30
"""Rows of a table in the terminal, of keywords in each direction."""
_LEAST_WORD = 12
"""Columns that a word has at least; longer ones are folded."""
_GAP = 3
"""Columns between two columns of a table."""
_MANY = 2000
"""Sentences that are cut from which on their progress is shown."""


@takes_fields
def words(
    context: typer.Context,
    query: Annotated[
        list[str] | None, typer.Argument(metavar="QUERY", help="Words of the sentences; or all.")
    ] = None,
    topic: TopicOption = None,
    role: RoleOption = None,
    fields: FieldsOption = FIELDS_NONE,
    year: YearOption = None,
    report: ReportOption = None,
    kind: KindOption = None,
    min_probability: MinProbabilityOption = 0.0,
    against: Annotated[
        str,
        typer.Option(
            metavar="QUERY",
            help="Compare with the sentences of another query, as 年份:1979..1999, or with all "
            "others: rest.",
        ),
    ] = "",
    ngrams: Annotated[
        str,
        typer.Option(metavar="N-M", help="Sequences of so many words without a mark, as 2-4."),
    ] = "1",
    collocates: Annotated[
        str, typer.Option(metavar="WORD", help="The words near this one, as 营商环境.")
    ] = "",
    window: Annotated[
        int, typer.Option(min=1, help="Words on either side, with --collocates.")
    ] = 5,
    word: Annotated[
        list[str] | None,
        typer.Option(
            "--word",
            metavar="WORD",
            help="Count only this word, also inside longer ones, as 信访; repeatable.",
        ),
    ] = None,
    stop: Annotated[
        bool,
        typer.Option(help="Leave out function and measure words and numbers (虚词、量词、数字)."),
    ] = True,
    min_length: Annotated[int, typer.Option(min=1, help="Fewest characters of a word.")] = 1,
    min_count: Annotated[
        int | None,
        typer.Option(min=1, help="Fewest occurrences; 1, of sequences and collocates 3."),
    ] = None,
    sort: Annotated[
        str | None,
        typer.Option(
            metavar="count|g2|ratio|logdice", help="Order; by default the measure of the list."
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit", "-n", min=0,
            help=f"Words, of keywords in each direction; in a table {SHOWN}, else all.",
        ),
    ] = None,
    format: FormatOption = None,
    output: OutputOption = None,
    library: LibraryOption = None,
) -> None:  # fmt: skip
    """Count the words of the sentences that match, or of all; compare them with others.

    A table of frequencies has occurrences, those of 10,000 words, sentences, reports, and the
    dispersion over reports: DPnorm (Gries 2008), 0 for evenly spread, 1 for all in one report.
    All words count among the 10,000, also those that are not listed (--no-stop lists them).

    --against gives keywords: how sure the difference is (G2, log-likelihood; **** p < 0.0001, ***
    0.001, ** 0.01, * 0.05) and how large (log ratio, Hardie 2014: 1 is twice as frequent). First
    stand words that are more frequent than in the reference, then those that are less.

    --collocates gives the words within --window words of one, with logDice (Rychlý 2008; at most
    14, one more is twice as often), and how many stand left and right.

    Example: gongwen words --year 2026 --against 年份:1979..1999

    Example: gongwen words --topic 行政执法 --against rest -o 关键词.xlsx

    Example: gongwen words --collocates 营商环境 --window 5

    Example: gongwen words 法治政府 --ngrams 2-4

    Example: gongwen words --word 信访 --word 人工智能
    """
    format = chosen_format(format, output, HitFormat)
    sizes = _sizes(ngrams)
    if limit is None and format is HitFormat.table:
        limit = SHOWN
    with open_library(context, library) as opened, _progress() as tell:
        found = opened.words(
            " ".join(query or ()),
            topics=topic or (),
            roles=role or (),
            years=year,
            reports=report or (),
            kinds=kind or (),
            min_probability=min_probability,
            fields=fields,
            against=against,
            collocates=collocates,
            ngrams=sizes,
            stop=stop,
            min_length=min_length,
            min_count=min_count,
            limit=limit,
            sort=_sort(sort),
            window=window,
            only=word or (),
            progress=tell,
        )
    _show(found, format, output)


def _sizes(typed: str) -> tuple[int, int]:
    """Return the fewest and most words of a sequence: 2, 2-4, 2..4 or 2至4."""
    match = re.fullmatch(r"(\d{1,3})(?:\s*(?:-|\.\.|~|至|到)\s*(\d{1,3}))?", fold(typed).strip())
    if not match:
        message = _("sequences have from 1 to {most} words; give 2, or 2-4").format(most=10)
        raise typer.BadParameter(message, param_hint="--ngrams")
    return int(match[1]), int(match[2] or match[1])


def _sort(typed: str | None) -> WordSort:
    # late: only this command needs it
    from ..research.word_statistics import SORTS

    for known in SORTS:
        if typed is not None and fold(typed).strip() == known:
            return known
    if typed is not None:
        message = _("sort must be {choices}, not {given}")
        raise typer.BadParameter(
            message.format(choices=choice_names("sort", SORTS), given=cited(typed)),
            param_hint="--sort",
        )
    return ""


@contextlib.contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """Show how far many sentences are cut; nothing is loaded or shown where that is done."""
    with contextlib.ExitStack() as stack:
        bar: Callable[[str, int, int], None] | None = None

        def tell(task: str, done: int, total: int) -> None:
            nonlocal bar
            if bar is None and total >= _MANY:
                message = _("cutting {total} sentences into words, once for this library")
                note(message.format(total=total))
                bar = stack.enter_context(progress_bar({task: "sentences"}))
            if bar is not None:
                bar(task, done, total)

        yield tell


def _show(found: WordTable, format: HitFormat, output: Path | None) -> None:
    rows = found.to_dicts() if format is not HitFormat.table else []
    heads = found.table_columns()
    rowwise = format not in (HitFormat.table, HitFormat.json)
    if rowwise and not rows and nothing_to_write(output):
        _say_extent(found)
        return
    if format is HitFormat.json:
        write(json_text(found.to_dict(), indent=2) + "\n", output)
    elif format is HitFormat.jsonl:
        write(jsonl_text(rows), output)
    elif format is HitFormat.csv:
        write(csv_text(rows, heads), output)
    elif format is HitFormat.xlsx and output is not None:
        # late: only this command needs it
        from ..render.readable_rows import readable_sheet
        from ..render.xlsx import write_book

        write_book(output, [readable_sheet(_("Words"), rows, heads)])
    elif found.rows:
        _print(found)
    if output is not None:
        note(_("wrote {count} words to {path}").format(count=len(found), path=output))
    _say_extent(found)


def _say_extent(found: WordTable) -> None:
    """Say how large the selections are, and what was left out."""
    if not found.extent.sentences:
        note(_("nothing found"))
        return
    shown = _("{shown} of {total} words; ").format(shown=len(found), total=found.total)
    note(shown + _size(found.extent))
    if found.reference is not None:
        note(_("compared with {size}").format(size=_size(found.reference)))
    if found.shared:
        message = _("{count} sentences are in both selections, which blurs the difference")
        note(message.format(count=found.shared))
    if found.node:
        message = _("{word} stands {count} times as a word")
        note(message.format(word=found.node, count=found.node_count))
    if found.inside:
        message = _("not counted inside longer words: {words}")
        some = _(", ").join(f"{word} {count}" for word, count in found.inside[:5])
        note(message.format(words=some + ("…" if len(found.inside) > 5 else "")))


def _size(extent: Extent) -> str:
    message = _("{words} words in {sentences} sentences of {reports} reports")
    return message.format(words=extent.words, sentences=extent.sentences, reports=extent.reports)


# -- tables --------------------------------------------------------------------------------------


def _print(found: WordTable) -> None:
    """Print the table, without the columns that a narrow terminal has no room for."""
    heads = _heads()
    rows = [row.to_dict() for row in found.rows]
    shown = {
        name: [heads[name], *(_cell(name, row[name]) for row in rows)]
        for name in _SHOWN[found.kind]
    }
    widths = {name: max(map(columns, cells)) for name, cells in shown.items()}
    for name in _SPARED:
        if sum(widths.values()) + _GAP * (len(widths) - 1) > width():
            shown.pop(name, None)
            widths.pop(name, None)
    space = width() - sum(widths.values()) - _GAP * (len(widths) - 1) + widths["word"]
    lines = table(*(heads[name] for name in shown), flowing=0)
    for column in lines.columns[1:]:
        column.justify = "right"
    for n, row in enumerate(rows):
        if n and row.get("direction") != rows[n - 1].get("direction"):
            lines.add_section()
        word, *others = (cells[n + 1] for cells in shown.values())
        lines.add_row(fold_cell(word, max(space, _LEAST_WORD)), *others)
    print_table(lines)


_SHOWN = {
    "words": ("word", "count", "per_10000", "sentences", "reports", "dispersion"),
    "keywords": (
        "word", "g2", "significance", "log_ratio", "count", "per_10000", "reference_count",
        "reference_per_10000", "reports", "dispersion",
    ),
    "collocates": (
        "word", "log_dice", "together", "left", "right", "count", "reports", "dispersion",
    ),
}  # fmt: skip
"""Columns of the tables in the terminal."""
_SPARED = (
    "reference_per_10000", "per_10000", "dispersion", "reports", "sentences", "significance"
)  # fmt: skip
"""Columns that are left out, one after the other, until the table fits."""


def _heads() -> dict[str, str]:
    return {
        "word": _("Word"),
        "count": _("Count"),
        "per_10000": _("Per 10,000"),
        "sentences": _("In sentences"),
        "reports": _("In reports"),
        "dispersion": _("DPnorm"),
        "g2": _("G2"),
        "significance": _("p"),
        "log_ratio": _("Log ratio"),
        "reference_count": _("Reference"),
        "reference_per_10000": _("Ref. per 10,000"),
        "log_dice": _("logDice"),
        "together": _("Together"),
        "left": _("Left"),
        "right": _("Right"),
    }


def _cell(name: str, value: object) -> str:
    if value is None:
        return "—"
    if name == "log_ratio":
        return f"{value:+.2f}"
    if isinstance(value, float):
        return f"{value:.3f}" if name == "dispersion" else f"{value:.2f}"
    return str(value)
