"""Print results: tables that fit the terminal, JSON, CSV, wrapped Chinese text, progress bars.

The whole command line prints through this file. Characters that would control the terminal are
escaped (:func:`~gongwen.nlp.validation.visible`) in text for people and in anything that goes to a
terminal; data that goes to a file or a pipe stays as it is. Text is escaped before its width is
measured.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ..catalog import _, current_language
from ..nlp.atomic_write import write_whole
from ..nlp.validation import visible
from ..render.delimited import json_text, jsonl_text
from .result_table import Column, ResultTable, escaped
from .styled_lines import text_of
from .text_width import folded

if TYPE_CHECKING:
    from rich.text import Text

    from .styled_lines import Line

_UNLIMITED = 1 << 30
"""The width of a pipe."""
_BAR = 20
"""Columns of a progress bar, so that the name of a file has room beside it."""


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
    shown = plain(text)
    unchanged = shown.plain == text
    for start, end, style in styles:
        first, last = (start, end) if unchanged else (len(visible(text[:i])) for i in (start, end))
        shown.stylize(style, first, last)
    return shown


def note_not_indexed(why: str) -> None:
    """Say that a command has changed the store, and that the index could not follow."""
    note(f"stored, but not indexed yet ({why}); the next search does it, once it can")


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
    if current_language() != "en":
        from ..translation import in_language  # late: English needs none

        message = in_language(message)
    sys.stderr.write(visible(message) + "\n")


def note_cut() -> None:
    """Say how to see in full what a table has cut."""
    sys.stdout.flush()
    note(_("what ends in … is cut; --wide shows it whole"))


def print_json(value: Any) -> None:
    """Print a value as indented JSON."""
    write(json_text(value, indent=2) + "\n", None)


def print_jsonl(rows: Iterable[Mapping[str, Any]]) -> None:
    """Print one JSON object per line."""
    write(jsonl_text(rows), None)


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


def table(*columns: str, flowing: int = -1) -> ResultTable:
    """Return an empty table with a header row and no frame.

    Args:
        columns: the names of the columns, in English or in the language of the user.
        flowing: the index of the column whose text may wrap between words; the others only fold.
    """
    flows = columns[flowing]
    return ResultTable([Column(visible(_(name)), flows=name == flows) for name in columns])


def print_table(table_or_text: Any) -> None:
    """Print a table or a rich text, with colours if the terminal has them.

    A table fits the terminal; in a pipe it has one record a line (:func:`piped`).
    """
    if not isinstance(table_or_text, ResultTable):
        _print_rich(escaped(table_or_text))
    elif piped():
        sys.stdout.write(table_or_text.records())
    elif not _in_colour():
        lines = table_or_text.laid_out(width())
        parts = ((p if isinstance(p, str) else p.plain for p in line) for line in lines)
        sys.stdout.write("".join("".join(line).rstrip() + "\n" for line in parts))
    else:
        from rich.text import Text  # late: heavy

        whole, style = Text(), "bold"
        for line in table_or_text.laid_out(width()):
            if line[:1] and str(line[0]).startswith("─"):
                style = ""
            for part in line:
                whole.append_text(Text(part, style) if isinstance(part, str) else part)
            whole.append("\n")
        _print_rich(whole[:-1])


def fold_cell(text: str, space: int) -> str:
    """Return the text of a cell folded to ``space`` columns; in a pipe it stays one line."""
    return text if piped() else "\n".join(folded(text, space))


def print_lines(lines: Iterable[Line]) -> None:
    """Print lines that are laid out already, with colours if the terminal has them."""
    if not _in_colour():
        for line in lines:
            say(text_of(line).rstrip())
        return
    from rich.text import Text  # late: heavy

    if made := [Text.assemble(*((visible(part), of) for part, of in line)) for line in lines]:
        _print_rich(Text("\n").join(made))


def _in_colour() -> bool:
    """Return whether lines go to a terminal, or colours are asked for where there is none."""
    return sys.stdout.isatty() or _asked_for_colour()


def _asked_for_colour() -> bool:
    # The variables that rich looks at.
    return bool(os.environ.get("FORCE_COLOR") or os.environ.get("TTY_COMPATIBLE"))


def _print_rich(text: Text) -> None:
    from rich.console import Console  # late: heavy

    console = Console(width=width(), highlight=False, emoji=False, markup=False)
    with console.capture() as capture:
        console.print(text, soft_wrap=True)
    sys.stdout.write("\n".join(line.rstrip() for line in capture.get().split("\n")))


@contextlib.contextmanager
def progress_bar(
    units: Mapping[str, str], names: Sequence[str] = ()
) -> Iterator[Callable[[str, int, int], None]]:
    """Show one progress bar on standard error, if it is a terminal.

    The bar counts the files when files are read. What else is done meanwhile, as indexing, is said
    behind it.

    Args:
        units: what is counted, by the name of the task.
        names: of the files that are read, in their order; the one that is read stands at the end.

    Yields:
        A function that is called with ``(task, done, total)``.
    """
    if not sys.stderr.isatty():
        yield lambda task, done, total: None
        return
    from rich.console import Console  # late: heavy

    # late: heavy
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
    from rich.table import Column as Place  # late: heavy

    last = Place(ratio=1, no_wrap=True, overflow="ellipsis")
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=_BAR),
        TextColumn("{task.completed}/{task.total} {task.fields[unit]}"),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[more]}", markup=False, table_column=last),
        console=Console(stderr=True),
        transient=True,
        expand=True,
    ) as bar:
        ids: dict[str, TaskID] = {}

        def tell(task: str, done: int, total: int) -> None:
            first = next(iter(ids), task)
            if task == "sentences" or (task != first and first == "reading"):
                if task == "indexing":
                    said = _("indexing {done} of {total} sentences").format(done=done, total=total)
                    bar.update(ids[first], more=said)
                return
            name = visible(names[done]) if task == "reading" and done < len(names) else ""
            if task not in ids:
                unit = _(units.get(task, "") or " ")
                ids[task] = bar.add_task(_(task), total=total, unit=unit, more=name)
            bar.update(ids[task], completed=done, total=total, more=name)

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


def piped() -> bool:
    """Return whether standard output is read by a program: tables have one record a line then.

    That is so when it is no terminal, unless ``COLUMNS`` says how wide a table is to be, or
    ``FORCE_COLOR`` asks for what a terminal gets.
    """
    stated = os.environ.get("COLUMNS", "").strip()
    wanted = stated.isdecimal() and int(stated) > 0
    return not (wanted or _in_colour())


def width() -> int:
    """Return the columns of the terminal or of ``COLUMNS``, at least 40; in a pipe no limit."""
    if piped():
        return _UNLIMITED
    return max(40, shutil.get_terminal_size((100, 24)).columns)
