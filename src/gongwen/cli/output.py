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
import shutil
import sys
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ..catalog import _
from ..nlp.atomic_write import write_whole
from ..nlp.validation import UNPRINTABLE, escape_formula, json_visible, visible

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text


_NO_LINE_START = frozenset(",.;:!?)]}%，。；：！？、）】》〉”’」』…％·—～~")
_NO_LINE_END = frozenset("([{（【《〈“‘「『#$￥")
"""Characters that must not begin, and must not end a line of Chinese text."""


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
    breaks: list[int] = []
    start = last_break = column = 0
    for i, char in enumerate(text):
        if i > start and _may_break(text[i - 1], char):
            last_break = i
        column += cells(char)
        if column > width and i > start:
            # Without a permitted break in the line, as in a long address, break anywhere.
            start = last_break if last_break > start else i
            breaks.append(start)
            column = columns(text[start : i + 1])
    return breaks


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
    """Print a message that is not a result to standard error."""
    sys.stderr.write(visible(message) + "\n")


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


def _escaping_table() -> type[Table]:
    """Return a subclass of rich's table that escapes its cells."""
    from rich.table import Table  # late: heavy
    from rich.text import Text  # late: heavy

    class EscapingTable(Table):
        def add_row(self, *cells: Any, **options: Any) -> None:
            escaped = (visible(c) if isinstance(c, str) else c for c in cells)
            texts = (_escaped(c) if isinstance(c, Text) else c for c in escaped)
            super().add_row(*texts, **options)

    return EscapingTable


def table(*columns: str, flowing: int = -1) -> Table:
    """Return an empty table with a header row and no frame.

    Args:
        columns: the names of the columns.
        flowing: the index of the column whose text may wrap between words; the others only fold.
    """
    from rich import box  # late: heavy
    from rich.table import Column  # late: heavy

    flows = columns[flowing]
    made = (Column(visible(n), overflow="fold", no_wrap=n != flows) for n in columns)
    return _escaping_table()(
        *made, box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False, show_edge=False
    )


def print_table(table_or_text: Any) -> None:
    """Print a table or a text, with colours if the terminal has them."""
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
                bar.update(ids["reading"], more=f"{done} sentences, {rate:.0f}/s")
                return
            if task not in ids:
                ids[task] = bar.add_task(task, total=total, unit=units.get(task, ""), more="")
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
