"""Print results: tables that fit the terminal, JSON, CSV, wrapped Chinese text, progress bars.

The whole command line prints through this file. Characters that would control the terminal are
escaped (:func:`~gongwen.nlp.validation.visible`) in text for people and in anything that goes to a
terminal; data that goes to a file or a pipe stays as it is. Text is escaped before its width is
measured.
"""

from __future__ import annotations

import contextlib
import csv
import errno
import io
import json
import os
import re
import shutil
import sys
import time
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from ..catalog import _
from ..nlp.atomic_write import write_whole
from ..nlp.validation import UNPRINTABLE, escape_formula, json_visible, visible
from ..translation import in_language

if TYPE_CHECKING:
    from rich.text import Text


_NO_LINE_START = frozenset(",.;:!?)]}%，。；：！？、）】》〉”’」』…％·—～~")
_NO_LINE_END = frozenset("([{（【《〈“‘「『#$￥")
"""Characters that must not begin, and must not end a line of Chinese text."""


@lru_cache(maxsize=4096)
def cells(char: str) -> int:
    """Return the columns that a character takes on a terminal: 0, 1 or 2."""
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def columns(text: str) -> int:
    """Return the columns that a text takes on a terminal.

    Example:
        >>> columns("2020年")
        6
    """
    return sum(map(cells, text))


def line_breaks(text: str, width: int) -> list[int]:
    """Return the offsets in a text at which new lines begin, for lines of ``width`` columns.

    Example:
        >>> line_breaks("办理复议案件", 8)
        [4]
    """
    column = list(accumulate(map(cells, text), initial=0))
    breaks, start = list[int](), 0
    while True:
        over = max(start + 1, bisect_right(column, column[start] + width) - 1)
        if over >= len(text):
            return breaks
        # Without a permitted break in the line, as in a long address, break anywhere.
        start = next((i for i in range(over, start, -1) if _may_break(text[i - 1], text[i])), over)
        breaks.append(start)


def folded(text: str, width: int) -> list[str]:
    """Return the lines of a text that is folded to ``width`` columns.

    Example:
        >>> folded("办理复议案件", 8)
        ['办理复议', '案件']
    """
    edges = [0, *line_breaks(text, width), len(text)]
    return [text[start:end].strip() for start, end in pairwise(edges)]


def _may_break(before: str, after: str) -> bool:
    """Return whether a line may break between two characters."""
    if after in _NO_LINE_START or before in _NO_LINE_END:
        return False
    return not (before.isascii() and after.isascii() and before != " " and after != " ")


def wrapped(text: Text, width: int) -> Text:
    """Return a text broken into lines of ``width`` columns; styles are kept."""
    from rich.text import Text  # late: heavy

    text = _escaped(text)
    lines = text.divide(line_breaks(text.plain, width))
    return Text("\n").join(lines)


def plain(text: str, style: str = "") -> Text:
    """Return an escaped text in one style."""
    from rich.text import Text  # late: heavy

    return Text(visible(text), style=style)


def marked(text: str, styles: Iterable[tuple[int, int, str]]) -> Text:
    """Return an escaped text with styles.

    Args:
        text: the text before escaping.
        styles: ``(start, end, style)`` with offsets in ``text``.
    """
    escaped = plain(text)
    unchanged = escaped.plain == text
    for start, end, style in styles:
        first, last = (start, end) if unchanged else (len(visible(text[:i])) for i in (start, end))
        escaped.stylize(style, first, last)
    return escaped


def _escaped(text: Text) -> Text:
    """Return a text with control characters escaped; styles are kept."""
    if not UNPRINTABLE.search(text.plain) or visible(text.plain) == text.plain:
        return text
    from rich.text import Text  # late: heavy

    offsets = [i for match in UNPRINTABLE.finditer(text.plain) for i in match.span()]
    escaped = Text(style=text.style, justify=text.justify, overflow=text.overflow)
    for part in text.divide(offsets):
        piece = Text(visible(part.plain))
        for span in part.spans:
            piece.stylize(span.style)
        escaped.append_text(piece)
    return escaped


NOT_INDEXED = "stored, but not indexed yet; the next search does it, once there is room to write"
"""Note of a command that changed the store when the index could not follow."""


class Sink(Protocol):
    """An object to which text can be written."""

    def write(self, text: str, /) -> int:
        """Write a text and return the number of characters."""


class _Terminal:
    """Standard output on a terminal, where data is escaped."""

    def write(self, text: str, /) -> int:
        return sys.stdout.write(visible(text.replace("\r\n", "\n")))


def stdout() -> Sink:
    """Return standard output for data, which is escaped only on a terminal."""
    return _Terminal() if sys.stdout.isatty() else sys.stdout


def say(text: str = "") -> None:
    """Print text for people to standard output, escaped, with a line feed."""
    sys.stdout.write(visible(text) + "\n")


def note(message: str) -> None:
    """Print a message that is not a result to standard error, in the language of the user."""
    sys.stderr.write(visible(in_language(message)) + "\n")


def print_json(value: Any) -> None:
    """Print a value as indented JSON."""
    write(json_text(value, indent=2) + "\n", None)


def print_jsonl(rows: Iterable[Mapping[str, Any]]) -> None:
    """Print one JSON object per line."""
    write(jsonl_text(rows), None)


def json_text(value: Any, indent: int | None = None) -> str:
    """Return JSON in which lone surrogates and control characters are escaped."""
    return json_visible(json.dumps(value, ensure_ascii=False, indent=indent))


def jsonl_text(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return one JSON object per line."""
    return "".join(json_text(row) + "\n" for row in rows)


def csv_text(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """Return CSV for Excel: with a byte order mark, and with formulas escaped.

    Args:
        rows: the rows by column; a missing column is empty.
        columns: the columns in order.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(map(cell, columns))
    for row in rows:
        writer.writerow([cell(row.get(column, "")) for column in columns])
    return "\ufeff" + out.getvalue()


def cell(value: Any) -> Any:
    """Return a value as a cell of a CSV file: lists joined by ``;``, formulas escaped.

    Example:
        >>> cell(["a", "b"]), cell("=1+1")
        ('a;b', "'=1+1")
    """
    if isinstance(value, list | tuple):
        value = ";".join(map(str, value))
    return escape_formula(value) if isinstance(value, str) else value


def write(text: str, output: Path | None, errors: str = "backslashreplace") -> None:
    """Write a text to a file in one step, or print it.

    Args:
        text: the text.
        output: the file, ``None`` for standard output.
        errors: the error handler of ``str.encode`` for lone surrogates, which label files may have.
    """
    if output is None:
        stdout().write(text)
    else:
        write_whole(output, text.encode("utf-8", errors))


def nothing_to_write(output: Path | None) -> bool:
    """Say that there is nothing to write to a file, and return whether a file was asked for.

    A command calls it before it would write a table without rows. A file that is there stays as
    it is.
    """
    if output is None:
        return False
    if output.exists():
        message = _("nothing to write; {path} is left as it was")
    else:
        message = _("nothing to write; there is no {path}")
    note(message.format(path=output))
    return True


def write_page(html: str, output: Path) -> None:
    """Write a page of HTML to a file in one step."""
    write(html, output, "xmlcharrefreplace")


def target_file(path: Path) -> Path:
    """Return a path if a file can be created there; called before long work.

    Raises:
        IsADirectoryError: the path is a folder.
        FileNotFoundError: its folder does not exist.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "a folder; name a file to write", str(path))
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "no such folder; make it first", str(path.parent))
    return path


@dataclass
class Column:
    """A column of a table: its head, ``left`` or ``right``, and whether its text may wrap."""

    header: str
    justify: Literal["left", "right"] = "left"
    flows: bool = False


class ResultTable:
    """A table with a header row and no frame, whose cells are escaped.

    Args:
        columns: the columns.
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = list(columns)
        self._rows: list[list[Any]] = []
        self._ends: set[int] = set()

    def add_row(self, *cells: Any) -> None:
        """Add a row of cells, each a ``str`` or a rich ``Text`` of one or more lines."""
        self._rows.append([visible(c) if isinstance(c, str) else _escaped(c) for c in cells])

    def add_section(self) -> None:
        """Leave a line free behind the last row, if another follows."""
        self._ends.add(len(self._rows))

    def plainly(self, space: int) -> str | None:
        """Return the lines of the table when nothing in it has to be wrapped or coloured.

        They are those of :meth:`richly`, which takes many times as long.

        Args:
            space: the columns of the terminal.

        Returns:
            The text; ``None`` when it is wider, or has a character whose width rich may see
            otherwise.
        """
        heads = [column.header for column in self.columns]
        rows = [
            [(cell if isinstance(cell, str) else cell.plain).split("\n") for cell in row]
            for row in (heads, *self._rows)
        ]
        if not all(_SIMPLE.fullmatch(line) for row in rows for cell in row for line in cell):
            return None
        widths = [
            max(columns(line) for row in rows for line in row[i]) for i in range(len(self.columns))
        ]
        total = sum(widths) + _GAP * (len(widths) - 1)
        if total > space:
            return None
        done = list[str]()
        for n, row in enumerate(rows):
            for i in range(max(map(len, row))):
                parts = list[str]()
                for column, cell, wide in zip(self.columns, row, widths, strict=True):
                    line = cell[i].rstrip() if i < len(cell) else ""
                    gap = " " * (wide - columns(line))
                    parts.append(gap + line if column.justify == "right" else line + gap)
                done.append((" " * _GAP).join(parts).rstrip())
            if not n:
                done.append("─" * total)
            elif n in self._ends and n < len(rows) - 1:
                done.append("")
        return "\n".join(done) + "\n"

    def richly(self) -> Any:
        """Return the table for rich, which wraps and colours it."""
        from rich import box  # late: heavy
        from rich.table import Column, Table  # late: heavy

        made = (
            Column(one.header, justify=one.justify, overflow="fold", no_wrap=not one.flows)
            for one in self.columns
        )
        shown = Table(
            *made, box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False, show_edge=False
        )
        for n, row in enumerate(self._rows, 1):
            shown.add_row(*row, end_section=n in self._ends)
        return shown


_GAP = 3
"""Columns between two columns of a table."""
_SIMPLE = re.compile(
    "[ -~·×\u2014\u2018\u2019\u201c\u201d\u2026\u3000-\u3029\u4e00-\u9fff\uff01-\uff60]*"
)
"""Text whose width nobody doubts."""


def table(*columns: str, flowing: int = -1) -> ResultTable:
    """Return an empty table with a header row and no frame.

    Args:
        columns: the names of the columns, in English or in the language of the user.
        flowing: the index of the column whose text may wrap between words; the others only fold.
    """
    flows = columns[flowing]
    return ResultTable([Column(visible(_(name)), flows=name == flows) for name in columns])


def print_table(table_or_text: Any) -> None:
    """Print a table or a text, with colours if the terminal has them."""
    if isinstance(table_or_text, ResultTable):
        # These variables ask rich for colours where there is no terminal.
        asked = os.environ.get("FORCE_COLOR") or os.environ.get("TTY_COMPATIBLE")
        if not asked and not sys.stdout.isatty():
            lines = table_or_text.plainly(width())
            if lines is not None:
                sys.stdout.write(lines)
                return
        table_or_text = table_or_text.richly()

    from rich.console import Console  # late: heavy
    from rich.text import Text  # late: heavy

    if isinstance(table_or_text, Text):
        table_or_text = _escaped(table_or_text)
    console = Console(width=width(), highlight=False, soft_wrap=False, emoji=False, markup=False)
    with console.capture() as capture:
        console.print(table_or_text)
    # rich pads cells to the right edge, which is invisible on a terminal and unwanted in a pipe.
    text = "\n".join(line.rstrip() for line in capture.get().splitlines())
    sys.stdout.write(text + "\n")


@contextlib.contextmanager
def progress_bar(units: dict[str, str]) -> Iterator[Callable[[str, int, int], None]]:
    """Show progress bars on standard error, if it is a terminal.

    Args:
        units: what is counted, by the name of the task.

    Yields:
        A function that is called with ``(task, done, total)``.
    """
    if not sys.stderr.isatty():
        yield lambda task, done, total: None
        return
    from rich.console import Console  # late: heavy

    # late: heavy
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    with Progress(
        TextColumn("{task.description:<9}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total} {task.fields[unit]}"),
        TextColumn("{task.fields[more]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        ids: dict[str, TaskID] = {}
        started = time.monotonic()

        def tell(task: str, done: int, total: int) -> None:
            if task == "sentences":  # shown in the bar of the files that they come from
                rate = done / max(time.monotonic() - started, 0.1)
                bar.update(ids["reading"], more=in_language(f"{done} sentences, {rate:.0f}/s"))
                return
            if task not in ids:
                ids[task] = bar.add_task(
                    _(task), total=total, unit=_(units.get(task, "") or " "), more=""
                )
            bar.update(ids[task], completed=done, total=total)

        yield tell


@contextlib.contextmanager
def update_note() -> Iterator[Callable[[str, int, int], None]]:
    """Report the reports that opening a library of an older version recomputes.

    Yields:
        A function for the argument ``progress`` of :class:`~gongwen.Library`.
    """
    with contextlib.ExitStack() as stack:
        bar: Callable[[str, int, int], None] | None = None

        def tell(task: str, done: int, total: int) -> None:
            nonlocal bar
            if bar is None:  # only when it is needed, as it loads rich
                note(f"bringing {total} report{'s' if total > 1 else ''} up to date")
                bar = stack.enter_context(progress_bar({task: "reports"}))
            bar(task, done, total)

        yield tell


def width() -> int:
    """Return the columns of the terminal or of ``COLUMNS``, else 100; at least 40."""
    return max(40, shutil.get_terminal_size((100, 24)).columns)
