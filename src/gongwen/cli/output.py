"""Print results: tables that fit the terminal, JSON, CSV, wrapped Chinese text, progress bars.

All that the command line prints goes through here. What is for people to read, and whatever goes
to a terminal, is shown with escapes for the characters that would steer the terminal; data that
goes to a file or a pipe stays as it is.

Text is shown (:func:`~gongwen.nlp.validation.visible`) before it is measured.
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
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ..nlp.atomic_write import write_whole
from ..nlp.validation import UNPRINTABLE, escape_formula, json_visible, visible

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text


_NOT_FIRST = frozenset(",.;:!?)]}%，。；：！？、）】》〉”’」』…％·—～~")
_NOT_LAST = frozenset("([{（【《〈“‘「『#$￥")


def cells(char: str) -> int:
    """Return the columns that ``char`` takes on a terminal."""
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def columns(text: str) -> int:
    """Return the columns that ``text`` takes."""
    return sum(map(cells, text))


def line_breaks(text: str, width: int) -> list[int]:
    """Return the offsets in ``text`` at which a new line begins, for lines of ``width`` columns."""
    breaks: list[int] = []
    start = last_good = column = 0
    for i, char in enumerate(text):
        if i > start and _may_break(text[i - 1], char):
            last_good = i
        column += cells(char)
        if column > width and i > start:
            # Far back is worse than against the rules: a long address is cut.
            start = last_good if last_good > start else i
            breaks.append(start)
            column = columns(text[start : i + 1])
    return breaks


def _may_break(before: str, after: str) -> bool:
    if after in _NOT_FIRST or before in _NOT_LAST:
        return False
    return not (before.isascii() and after.isascii() and before != " " and after != " ")


def wrapped(text: Text, width: int) -> Text:
    """Return ``text`` with line feeds where it must break, its styles kept."""
    # late: heavy; JSON and CSV do without
    from rich.text import Text

    text = as_shown(text)
    lines = text.divide(line_breaks(text.plain, width))
    return Text("\n").join(lines)


def plain(text: str, style: str = "") -> Text:
    """Return ``text`` as it is shown, in one style."""
    # late: heavy; JSON and CSV do without
    from rich.text import Text

    return Text(visible(text), style=style)


def marked(text: str, styles: Iterable[tuple[int, int, str]]) -> Text:
    """Return ``text`` as it is shown, with styles given as ``(start, end, style)`` in ``text``."""
    shown = plain(text)
    clean = shown.plain == text
    for start, end, style in styles:
        before, upto = (start, end) if clean else (len(visible(text[:i])) for i in (start, end))
        shown.stylize(style, before, upto)
    return shown


def as_shown(text: Text) -> Text:
    """Return ``text`` as a terminal may show it, its styles kept."""
    if not UNPRINTABLE.search(text.plain) or visible(text.plain) == text.plain:
        return text
    # late: heavy; JSON and CSV do without
    from rich.text import Text

    places = [i for found in UNPRINTABLE.finditer(text.plain) for i in found.span()]
    shown = Text(style=text.style, justify=text.justify, overflow=text.overflow)
    for part in text.divide(places):
        piece = Text(visible(part.plain))
        for span in part.spans:
            piece.stylize(span.style)
        shown.append_text(piece)
    return shown


BEHIND = "stored, but not indexed yet; the next search does it, once there is room to write"


class Sink(Protocol):
    """What can be written to."""

    def write(self, text: str, /) -> int:
        """Write ``text``."""


class _Terminal:
    """Standard output that is a terminal, for data."""

    def write(self, text: str, /) -> int:
        return sys.stdout.write(visible(text.replace("\r\n", "\n")))


def stdout() -> Sink:
    """Return standard output for data: as it is, but on a terminal shown."""
    return _Terminal() if sys.stdout.isatty() else sys.stdout


def say(text: str = "") -> None:
    """Print a line, or lines, for people to read."""
    sys.stdout.write(visible(text) + "\n")


def note(message: str) -> None:
    """Say something that is not a result."""
    sys.stderr.write(visible(message) + "\n")


def print_json(value: Any) -> None:
    """Print one JSON object over several lines."""
    write(json_text(value, indent=2) + "\n", None)


def print_jsonl(rows: Iterable[Mapping[str, Any]]) -> None:
    """Print one JSON object a line."""
    write(jsonl_text(rows), None)


def json_text(value: Any, indent: int | None = None) -> str:
    """Return JSON that is UTF-8 whatever is in it, and steers no terminal."""
    return json_visible(json.dumps(value, ensure_ascii=False, indent=indent))


def jsonl_text(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return one JSON object a line."""
    return "".join(json_text(row) + "\n" for row in rows)


def csv_text(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """Return CSV with a byte order mark, which Excel needs, and without live formulas."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(map(cell, columns))
    for row in rows:
        writer.writerow([cell(row.get(column, "")) for column in columns])
    return "\ufeff" + out.getvalue()


def cell(value: Any) -> Any:
    """Return ``value`` as a cell of a CSV file holds it."""
    if isinstance(value, list | tuple):
        value = ";".join(map(str, value))
    return escape_formula(value) if isinstance(value, str) else value


def write(text: str, output: Path | None, errors: str = "backslashreplace") -> None:
    """Write ``text`` to the file ``output`` in one step, or print it.

    ``errors`` says what becomes of what UTF-8 cannot say: half a surrogate pair, of a label file.
    """
    if output is None:
        stdout().write(text)
    else:
        write_whole(output, text.encode("utf-8", errors))


def write_page(html: str, output: Path) -> None:
    """Write a page of HTML to the file ``output`` in one step."""
    write(html, output, "xmlcharrefreplace")


def target_file(path: Path) -> Path:
    """Return ``path`` when a file can be made there; asked before long work, not after it."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "a folder; name a file to write", str(path))
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "no such folder; make it first", str(path.parent))
    return path


def _shown_table() -> type[Table]:
    """Return a table that shows what is put into it."""
    # late: heavy; JSON and CSV do without
    from rich.table import Table
    from rich.text import Text

    class ShownTable(Table):
        def add_row(self, *cells: Any, **options: Any) -> None:
            shown = (visible(c) if isinstance(c, str) else c for c in cells)
            super().add_row(*(as_shown(c) if isinstance(c, Text) else c for c in shown), **options)

    return ShownTable


def table(*columns: str, flowing: int = -1) -> Table:
    """Return an empty table with a head and no frame; the column ``flowing`` gives way first."""
    # late: heavy; JSON and CSV do without
    from rich import box
    from rich.table import Column

    flows = columns[flowing]
    made = (Column(visible(n), overflow="fold", no_wrap=n != flows) for n in columns)
    return _shown_table()(
        *made, box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False, show_edge=False
    )


def print_table(what: Any) -> None:
    """Print a table or text in colour where the terminal has it."""
    # late: heavy; JSON and CSV do without
    from rich.console import Console
    from rich.text import Text

    what = as_shown(what) if isinstance(what, Text) else what
    console = Console(width=width(), highlight=False, soft_wrap=False, emoji=False, markup=False)
    with console.capture() as capture:
        console.print(what)
    # Cells are padded to the right edge: not wanted in a pipe, and not seen on a terminal.
    text = "\n".join(line.rstrip() for line in capture.get().splitlines())
    sys.stdout.write(text + "\n")


@contextlib.contextmanager
def progress_bar(units: dict[str, str]) -> Iterator[Callable[[str, int, int], None]]:
    """Give a function that is told ``(what, done, total)``; ``units`` names what is counted."""
    if not sys.stderr.isatty():
        yield lambda what, done, total: None
        return
    # late: heavy; JSON and CSV do without
    from rich.console import Console
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
        tasks: dict[str, TaskID] = {}
        begun = time.monotonic()

        def tell(what: str, done: int, total: int) -> None:
            if what == "sentences":  # beside the files that they come from
                rate = done / max(time.monotonic() - begun, 0.1)
                bar.update(tasks["reading"], more=f"{done} sentences, {rate:.0f}/s")
                return
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total, unit=units.get(what, ""), more="")
            bar.update(tasks[what], completed=done, total=total)

        yield tell


@contextlib.contextmanager
def update_note() -> Iterator[Callable[[str, int, int], None]]:
    """Give a function for :class:`~gongwen.Library` that says what is brought up to date."""
    with contextlib.ExitStack() as stack:
        bar: Callable[[str, int, int], None] | None = None

        def tell(what: str, done: int, total: int) -> None:
            nonlocal bar
            if bar is None:  # late: the bar is heavy to load
                note(f"bringing {total} report{'s' if total > 1 else ''} up to date")
                bar = stack.enter_context(progress_bar({what: "reports"}))
            bar(what, done, total)

        yield tell


def width() -> int:
    """Return the columns to print in: the terminal's, COLUMNS, or 100 when there is none."""
    return max(40, shutil.get_terminal_size((100, 24)).columns)
