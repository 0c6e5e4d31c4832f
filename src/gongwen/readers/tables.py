"""Read tables with one report per row: CSV, JSON Lines and Excel workbooks."""

from __future__ import annotations

import csv
import io
import json
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from typing import Any

from ..nlp.errors import ReadError, quoted
from ..nlp.fields import FIELDS
from ..nlp.text.normalize import squeeze
from .archive import Archive
from .base import Blob, Extract
from .detect import kind_of
from .plain_text import decode

TEXT_COLUMNS = ("text", "正文", "全文", "content", "内容", "文本")
"""Names of the column with the text of a report; the first one that a row has is used.

Case, and full or half width, make no difference.
"""
METADATA_COLUMNS = {
    one.name: (one.name, *one.chinese)
    for one in FIELDS
    if one.settable and one.name not in ("province", "city", "county", "level")
} | {
    "agency": ("agency", "发文机关", "机关", "单位"),
    "address": ("address", "url", "网址", "链接", "来源"),
}
"""Names of the columns with metadata of a report, by the name of the report's field."""

_DELIMITERS = ",\t;"
_NO_DELIMITER = "\x1f"
"""The delimiter used for a table with only one column: a character that no text contains."""
_HEADER_ROWS = 10
"""Number of rows at the top in which the row with the names of the columns is looked for."""
_HEADER_CHARACTERS = 1 << 16
_MAX_LISTED_COLUMNS = 8
_MAX_REPORTS = 100_000
_MAX_TAGS = 4_000_000
_MAX_TAGS_OF_OTHER_PARTS = 100_000
"""Most tags (``<``) in the sheets and shared strings of a workbook, and in each other part.

openpyxl allocates up to some kilobytes for each tag, so a limit in bytes does not bound its memory.
"""
_SHEETS_AND_STRINGS = ("xl/worksheets/", "xl/sharedStrings.xml")
_LAST_ROW, _LAST_COLUMN = 1 << 20, 256
_WEB_ADDRESS = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)

Row = tuple[int, Sequence[Any]]
"""The number of a line or row, from 1 as in an editor, and its cells."""


def read(blob: Blob) -> Iterator[Extract]:
    r"""Yield a report for every row with a text, with the metadata from its other columns.

    Raises:
        ReadError: no column is named as the text, no row has a text, a quote is not closed, or
            the file is a workbook that is damaged, too large, or cannot be read because
            openpyxl is missing.

    Example:
        >>> data = "text,year\n报告,2023年\n".encode()
        >>> [(extract.text, extract.part, extract.said) for extract in read(Blob("a.csv", data))]
        [('报告', 'line 2', {'year': '2023'})]
    """
    kind = kind_of(blob.data, blob.name)
    reports = _Reports(blob.name)
    if kind == "xlsx":
        for prefix, rows in _sheets(blob):
            reports.add_rows(rows, f"{prefix}row")
    else:
        decoded = decode(blob.data, blob.name, blob.encoding)
        reports.notes += decoded.notes
        if kind == "jsonl":
            reports.add_objects(decoded.text)
        else:
            reports.add_rows(_csv_rows(decoded.text, reports), "line")
    return reports.finish()


@dataclass(slots=True)
class _Reports:
    """Collects the reports of a table and the rows that were omitted."""

    name: str
    extracts: list[Extract] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    """Names of the columns of the first table, for the error message when none has a text."""
    has_texts: bool = False
    without_text: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)

    def add_rows(self, rows: Iterable[Row], unit: str) -> None:
        """Add the rows below the first row that names a column of texts."""
        header: list[str] = []
        rows_above = 0
        for number, cells in rows:
            if not header:
                names = [_cell_text(cell) for cell in cells]
                self.columns = self.columns or names
                rows_above += 1
                if set(squeezed := [squeeze(name) for name in names]) & set(TEXT_COLUMNS):
                    header = squeezed
                elif rows_above == _HEADER_ROWS:
                    return
            elif any(_cell_text(cell) for cell in cells[len(header) :]):
                problem = f"{len(cells)} cells under {len(header)} columns"
                self.unreadable.append(f"{unit} {number} ({problem})")
            else:
                self._add(f"{unit} {number}", dict(zip(header, cells, strict=False)))

    def add_objects(self, text: str) -> None:
        """Add the reports in JSON Lines, one object per line."""
        for number, line in enumerate(text.split("\n"), 1):
            if not line.strip():
                continue
            try:
                item = json.loads(line)
            except (ValueError, RecursionError):
                item = None
            if isinstance(item, dict):
                self.columns = self.columns or list(item)
                self._add(f"line {number}", {squeeze(name): item[name] for name in item})
            else:
                self.unreadable.append(f"line {number} (not a JSON object)")

    def _add(self, part: str, fields: Mapping[str, Any]) -> None:
        """Add the report in a row, given as cells by squeezed names of columns."""
        self.has_texts = self.has_texts or any(name in fields for name in TEXT_COLUMNS)
        text = next((text for name in TEXT_COLUMNS if (text := _cell_text(fields.get(name)))), "")
        if not text:
            self.without_text.append(part)
            return
        metadata = {
            field_name: value
            for field_name, names in METADATA_COLUMNS.items()
            if (value := _first_value(field_name, (fields.get(name) for name in names)))
        }
        self.extracts.append(Extract(text, part, metadata))
        if len(self.extracts) > _MAX_REPORTS:
            raise ReadError(f"{self.name}: more than {_MAX_REPORTS:,} reports; split it first")

    def finish(self) -> Iterator[Extract]:
        """Yield the reports, with the notes of the whole table on the first one.

        Raises:
            ReadError: the table has no reports.
        """
        if not self.extracts:
            raise ReadError(f"{self.name}: {self._reason_for_none()}")
        for places, what in ((self.without_text, " without text"), (self.unreadable, "")):
            if places:
                count = "1 row" if len(places) == 1 else f"{len(places)} rows"
                first = places[0] if len(places) == 1 else f"the first {places[0]}"
                self.notes.append(f"{count}{what} left out, {first}")
        self.extracts[0] = replace(self.extracts[0], notes=tuple(self.notes))
        yield from self.extracts

    def _reason_for_none(self) -> str:
        """Return the error message for a table without reports."""
        if self.columns and not self.has_texts:
            names = ", ".join(quoted(name) for name in self.columns[:_MAX_LISTED_COLUMNS] if name)
            return f"no column of texts; call it text or 正文 (columns: {names or 'without names'})"
        return f"no row can be read: {self.unreadable[0]}" if self.unreadable else "no texts in it"


def _cell_text(value: Any) -> str:
    """Return the text of a cell; dates and whole numbers lose their empty decimals."""
    if isinstance(value, datetime) and not (value.hour or value.minute or value.second):
        value = value.date()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip() if isinstance(value, str | int | float | date) else ""


def _first_value(field_name: str, cells: Iterable[Any]) -> str:
    """Return the first cell that has a valid value of a field, ``""`` if none has."""
    return next(filter(None, (_metadata_value(field_name, cell) for cell in cells)), "")


def _metadata_value(name: str, value: Any) -> str:
    """Return the value of a field in a cell, ``""`` if it is not valid."""
    metadata = " ".join(_cell_text(value).split())
    if name == "year":
        return re.sub("年度?$", "", metadata)
    if name == "address" and not _WEB_ADDRESS.fullmatch(metadata):
        return ""  # 来源 may also name the publisher instead of an address
    return metadata


# -- CSV -------------------------------------------------------------------------------------------


def _csv_rows(text: str, reports: _Reports) -> Iterator[Row]:
    """Yield the rows that are not blank; record invalid ones in ``reports``."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    reader = csv.reader(io.StringIO(text), delimiter=_delimiter(text), strict=True)
    while True:
        number = reader.line_num + 1
        try:
            cells = _next_row(reader, len(text))
        except StopIteration:
            return
        except csv.Error as error:
            if "unexpected end" in str(error):  # the quoted cell extends to the end of the file
                raise ReadError(
                    f"{reports.name}: line {number}: a quote is not closed; close or double it"
                ) from None
            reports.unreadable.append(f"line {number} ({error})")
            continue
        if any(cell.strip() for cell in cells):
            yield number, cells


def _next_row(reader: Iterator[list[str]], longest: int) -> list[str]:
    """Return the next row, with the limit on the length of a cell set to ``longest``.

    The limit is a setting of the whole process, so it is restored.
    """
    before = csv.field_size_limit(longest)
    try:
        return next(reader)
    finally:
        csv.field_size_limit(before)


def _delimiter(text: str) -> str:
    """Return the delimiter of the line that names a column of texts."""
    for line in text[:_HEADER_CHARACTERS].split("\n")[:_HEADER_ROWS]:
        for delimiter in sorted(_DELIMITERS, key=line.count, reverse=True):
            if any(squeeze(name.strip('" ')) in TEXT_COLUMNS for name in line.split(delimiter)):
                return delimiter if delimiter in line else _NO_DELIMITER
    return _DELIMITERS[0]


# -- workbooks -------------------------------------------------------------------------------------


def _sheets(blob: Blob) -> Iterator[tuple[str, Iterator[Row]]]:
    """Yield the visible sheets: a prefix for ``row`` when there are several, and the rows."""
    try:
        from openpyxl import load_workbook  # late: heavy, and optional
    except ImportError:
        raise ReadError(
            f"{blob.name}: reading .xlsx needs openpyxl: pip install openpyxl, or save it as CSV"
        ) from None
    tags = Archive(partial(io.BytesIO, blob.data), blob.name, blob.limits).check()
    others = [n for path, n in tags.items() if not path.startswith(_SHEETS_AND_STRINGS)]
    if sum(tags.values()) > _MAX_TAGS or max(others, default=0) > _MAX_TAGS_OF_OTHER_PARTS:
        raise ReadError(f"{blob.name}: too many cells or styles; split it, or save it as CSV UTF-8")
    try:
        with warnings.catch_warnings():
            # It warns about features that it does not read, such as drop-down lists.
            warnings.simplefilter("ignore")
            book = load_workbook(io.BytesIO(blob.data), read_only=True, data_only=True)
            sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
            for sheet in sheets:
                yield f"{sheet.title} " if len(sheets) > 1 else "", _sheet_rows(sheet)
    except ReadError:
        raise
    except Exception:  # openpyxl raises many types of errors for damaged files
        raise ReadError(
            f"{blob.name}: a damaged or protected workbook; save it as .xlsx again"
        ) from None


def _sheet_rows(sheet: Any) -> Iterator[Row]:
    """Yield the number and the cells of each row of a sheet that is not empty."""
    # The limits also replace the size that the sheet declares, which may be wrong.
    rows = sheet.iter_rows(max_row=_LAST_ROW, max_col=_LAST_COLUMN, values_only=True)
    for number, cells in enumerate(rows, 1):
        if any(cell not in (None, "") for cell in cells):
            plain = [c.replace("_x000D_", "") if isinstance(c, str) else c for c in cells]
            yield number, plain
