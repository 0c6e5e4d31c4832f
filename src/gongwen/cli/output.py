"""Print results: tables that fit the terminal, JSON, CSV that Excel opens."""

from __future__ import annotations

import csv
import errno
import io
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..nlp.outfile import write_whole

if TYPE_CHECKING:
    from rich.table import Table

BEHIND = "stored, but not indexed yet; the next search does it, once there is room to write"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def note(message: str) -> None:
    """Say something that is not a result."""
    print(message, file=sys.stderr)


def print_json(value: Any) -> None:
    """Print one JSON object over several lines."""
    print(json.dumps(value, ensure_ascii=False, indent=2))


def print_jsonl(rows: Iterable[Mapping[str, Any]]) -> None:
    """Print one JSON object a line."""
    sys.stdout.write(jsonl_text(rows))


def jsonl_text(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return one JSON object a line."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


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
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value  # or a spreadsheet would run it
    return value


def write(text: str, output: Path | None, errors: str = "backslashreplace") -> None:
    """Write ``text`` to the file ``output`` in one step, or print it.

    ``errors`` says what becomes of what UTF-8 cannot say: half a surrogate pair, of a label file.
    """
    if output is None:
        sys.stdout.write(text)
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


def table(*columns: str, flowing: int = -1) -> Table:
    """Return an empty table with a head and no frame; the column ``flowing`` gives way first."""
    from rich import box
    from rich.table import Column, Table

    flows = columns[flowing]
    made = (Column(name, overflow="fold", no_wrap=name != flows) for name in columns)
    return Table(*made, box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False, show_edge=False)


def print_table(what: Any) -> None:
    """Print a table or text in colour where the terminal has it."""
    from rich.console import Console

    from .options import width

    console = Console(width=width(), highlight=False, soft_wrap=False, emoji=False, markup=False)
    with console.capture() as capture:
        console.print(what)
    # Cells are padded to the right edge: not wanted in a pipe, and not seen on a terminal.
    text = "\n".join(line.rstrip() for line in capture.get().splitlines())
    sys.stdout.write(text + "\n")
