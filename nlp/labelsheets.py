"""Label files that are tables: CSV, TSV, and the first sheet of an XLSX."""

from __future__ import annotations

import csv
import io
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from .errors import ReadError, SeedError
from .fold import squeeze
from .formulas import as_written
from .labelentries import NAMES, Entry, Place, pick

LARGEST = 64 << 20
"""Bytes of a label file, packed or unpacked: some hundred thousand sentences."""

_MOST_ROWS = 100_000
_LAST_ROW = 1 << 20  # of what Excel can have; rows that are left out count too
_LAST_COLUMN = 64
_MOST_TAGS = 1_000_000
_MOST_OTHER_TAGS = 100_000
"""Angle brackets in a workbook's sheets and texts, and in each other part. openpyxl makes up to
some kilobytes of each, so that a limit on bytes alone does not bound the memory."""
_SHEETS_AND_TEXTS = ("xl/worksheets/", "xl/sharedStrings.xml")

_DELIMITERS = ",\t;"

Row = tuple[int, Sequence[str]]
"""The number of a line or row, and its cells."""


def sheet_entries(rows: Iterable[Row], file: str, unit: str) -> Iterator[Entry]:
    """Yield the entries of a table whose first row names its columns.

    Raises:
        SeedError: there is no column of texts or of topics; names the file and line.
    """
    rows = iter(rows)
    number, head = next(rows, (0, ()))
    known = {squeeze(name): name for names in NAMES.values() for name in names}
    columns = [known.get(squeeze(cell)) for cell in head]
    for field in ("text", "topic"):
        if not set(NAMES[field]) & set(columns):
            chinese = next(name for name in NAMES[field] if not name.isascii())
            problem = f"no {field} column; call one {field} or {chinese} in the first row"
            raise SeedError(file, number, problem)
    for number, cells in rows:
        row = reversed(list(zip(columns, map(_plain, cells), strict=False)))
        fields: dict[str, Any] = pick({name: cell for name, cell in row if name})
        fields.pop("hard", None)
        for field in ("topic", "also"):  # a cell may name several
            fields[field] = [fields[field]] if fields.get(field) else []
        yield Entry(Place(file, unit, number), fields)


def _plain(cell: str) -> str:
    """Return a cell without the quote that keeps a spreadsheet from running its text."""
    return as_written(cell).strip()


def csv_rows(text: str, file: str) -> Iterator[Row]:
    """Yield the rows of CSV that are not blank; the first line shows what stands between cells.

    Raises:
        SeedError: a quote is not closed, or a row has more cells than the first.
    """
    head = text.lstrip().partition("\n")[0]
    delimiter = max(_DELIMITERS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    width = 0
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise SeedError(file, line, f"not CSV ({error}); is a quote missing?") from None
        if not any(cell.strip() for cell in cells):
            continue
        width = width or len(cells)
        if any(cell.strip() for cell in cells[width:]):
            problem = f"{len(cells)} cells under {width} columns; put a text with {delimiter!r}"
            raise SeedError(file, line, f"{problem} in double quotes")
        yield line, cells


def xlsx_rows(path: Path | Traversable, data: bytes) -> list[Row]:
    """Return the rows of the first visible sheet of a workbook that are not blank.

    Raises:
        ReadError: openpyxl is not installed, it is not a workbook, or it is too large.
    """
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise ReadError(
            f"{path}: reading XLSX needs openpyxl: pip install 'gongwen[files]'"
        ) from None
    rows: list[Row] = []
    try:
        _check_size(path, data)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what it does not read, such as drop-downs
            book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
            sheet = next(s for s in book.worksheets if s.sheet_state == "visible")
            # The limits also stand in for the sheet's own word on its size, which may be wrong.
            values = sheet.iter_rows(max_row=_LAST_ROW, max_col=_LAST_COLUMN, values_only=True)
            for number, row in enumerate(values, 1):
                cells = [_string(value) for value in row]
                if any(cells):
                    rows.append((number, cells))
                if len(rows) > _MOST_ROWS:
                    raise _too_large(path)
    except ReadError:
        raise
    except Exception:  # whatever openpyxl stumbles over in a damaged file
        problem = "not an Excel workbook, or a damaged or protected one; save it as .xlsx again"
        raise ReadError(f"{path}: {problem}") from None
    return rows


def _check_size(path: Path | Traversable, data: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
        # A part gives no more bytes than it says, so what it says can be trusted as a limit.
        if sum(part.file_size for part in parts) > LARGEST:
            raise _too_large(path)
        tags = 0
        for part in parts:
            with archive.open(part) as file:
                count = sum(block.count(b"<") for block in iter(lambda: file.read(1 << 16), b""))
            if part.filename.startswith(_SHEETS_AND_TEXTS):
                tags += count
            elif count > _MOST_OTHER_TAGS:
                raise _too_large(path)
        if tags > _MOST_TAGS:
            raise _too_large(path)


def _too_large(path: Path | Traversable) -> ReadError:
    return ReadError(f"{path}: too large for a sheet of labels; split it, or save it as CSV UTF-8")


def _string(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).replace("_x000D_", "").strip()  # how Excel writes a carriage return
