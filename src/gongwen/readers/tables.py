"""Read tables of reports, one report a row: CSV, JSON Lines, Excel workbooks."""

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
from ..nlp.text.normalize import squeeze
from .archive import Archive
from .base import Blob, Extract
from .detect import kind_of
from .plain_text import decode

TEXT = ("text", "正文", "全文", "content", "内容", "文本")
"""What tables call the text of a report; the first that a row has counts. Any case and width."""
SAID = {
    "title": ("title", "标题"),
    "region": ("region", "地区", "地域"),
    "year": ("year", "年份", "年度"),
    "kind": ("kind", "文种", "类型"),
    "agency": ("agency", "发文机关", "单位"),
    "date": ("date", "日期", "发布日期"),
    "address": ("address", "url", "网址", "链接", "来源"),
}
"""Likewise what they say of a report, by our names for it."""

_DELIMITERS = ",\t;"
_ONE_COLUMN = "\x1f"
"""The delimiter of a table that has only one column: what no text has."""
_HEAD_ROWS = 10
"""Rows at the top among which that with the names of the columns is looked for."""
_HEAD_CHARACTERS = 1 << 16
_MOST_NAMED = 8
_MOST_ROWS = 100_000
_MOST_MARKS = 4_000_000
_MOST_OTHER_MARKS = 100_000
"""Marks (``<``) in the sheets and texts of a workbook, and in each other part: openpyxl makes up to
some kilobytes of each, so that bytes alone do not bound its memory."""
_SHEETS_AND_TEXTS = ("xl/worksheets/", "xl/sharedStrings.xml")
_LAST_ROW, _LAST_COLUMN = 1 << 20, 256
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)

Row = tuple[int, Sequence[Any]]
"""The number of a line or row as an editor shows it, and its cells."""


def read(blob: Blob) -> Iterator[Extract]:
    """Yield a report for every row with a text; it and what is said of it stand in named columns.

    Raises:
        ReadError: no column has a name of a text, no row has one, a quote is not closed, or it is
            a workbook that is damaged, too large, or cannot be read because openpyxl is missing.
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
    return reports.found()


@dataclass(slots=True)
class _Reports:
    """The reports of a table, and what was left out of it."""

    name: str
    extracts: list[Extract] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    """How the columns of the first table are called, for the message when none has a text."""
    has_texts: bool = False
    without_text: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)

    def add_rows(self, rows: Iterable[Row], unit: str) -> None:
        """Add the rows below the first that names a column of texts."""
        head: list[str] = []
        above = 0
        for number, cells in rows:
            if not head:
                names = [_string(cell) for cell in cells]
                self.columns = self.columns or names
                above += 1
                if set(named := [squeeze(name) for name in names]) & set(TEXT):
                    head = named
                elif above == _HEAD_ROWS:
                    return
            elif any(_string(cell) for cell in cells[len(head) :]):
                problem = f"{len(cells)} cells under {len(head)} columns"
                self.unreadable.append(f"{unit} {number} ({problem})")
            else:
                self._add(f"{unit} {number}", dict(zip(head, cells, strict=False)))

    def add_objects(self, text: str) -> None:
        """Add the objects of JSON Lines."""
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

    def _add(self, place: str, fields: Mapping[str, Any]) -> None:
        self.has_texts = self.has_texts or any(name in fields for name in TEXT)
        text = next((text for name in TEXT if (text := _string(fields.get(name)))), "")
        if not text:
            self.without_text.append(place)
            return
        said = {
            ours: value
            for ours, names in SAID.items()
            if (value := next((v for n in names if (v := _said(ours, fields.get(n)))), ""))
        }
        self.extracts.append(Extract(text, place, said))
        if len(self.extracts) > _MOST_ROWS:
            raise ReadError(f"{self.name}: more than {_MOST_ROWS:,} reports; split it first")

    def found(self) -> Iterator[Extract]:
        """Yield the reports; the notes stand at the first.

        Raises:
            ReadError: there are none.
        """
        if not self.extracts:
            raise ReadError(f"{self.name}: {self._why_none()}")
        for places, what in ((self.without_text, " without text"), (self.unreadable, "")):
            if places:
                count = "1 row" if len(places) == 1 else f"{len(places)} rows"
                first = places[0] if len(places) == 1 else f"the first {places[0]}"
                self.notes.append(f"{count}{what} left out, {first}")
        self.extracts[0] = replace(self.extracts[0], notes=tuple(self.notes))
        yield from self.extracts

    def _why_none(self) -> str:
        if self.columns and not self.has_texts:
            names = ", ".join(quoted(name) for name in self.columns[:_MOST_NAMED] if name)
            return f"no column of texts; call it text or 正文 (columns: {names or 'without names'})"
        return f"no row can be read: {self.unreadable[0]}" if self.unreadable else "no texts in it"


def _string(value: Any) -> str:
    if isinstance(value, datetime) and not (value.hour or value.minute or value.second):
        value = value.date()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip() if isinstance(value, str | int | float | date) else ""


def _said(name: str, value: Any) -> str:
    said = " ".join(_string(value).split())
    if name == "year":
        return re.sub("年度?$", "", said)
    if name == "address" and not _ADDRESS.fullmatch(said):
        return ""  # 来源 is also what calls the one who published it
    return said


# -- CSV -------------------------------------------------------------------------------------------


def _csv_rows(text: str, reports: _Reports) -> Iterator[Row]:
    """Yield the rows that are not blank."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    reader = csv.reader(io.StringIO(text), delimiter=_delimiter(text), strict=True)
    while True:
        number = reader.line_num + 1
        try:
            cells = _next_row(reader, len(text))
        except StopIteration:
            return
        except csv.Error as error:
            if "unexpected end" in str(error):  # the rest of the file is in the quotes
                raise ReadError(
                    f"{reports.name}: line {number}: a quote is not closed; close or double it"
                ) from None
            reports.unreadable.append(f"line {number} ({error})")
            continue
        if any(cell.strip() for cell in cells):
            yield number, cells


def _next_row(reader: Iterator[list[str]], longest: int) -> list[str]:
    """Return the next row; the limit on the length of a cell is one of the whole process."""
    before = csv.field_size_limit(longest)
    try:
        return next(reader)
    finally:
        csv.field_size_limit(before)


def _delimiter(text: str) -> str:
    """Return what stands between the names in the line that has one for texts."""
    for line in text[:_HEAD_CHARACTERS].split("\n")[:_HEAD_ROWS]:
        for delimiter in sorted(_DELIMITERS, key=line.count, reverse=True):
            if any(squeeze(name.strip('" ')) in TEXT for name in line.split(delimiter)):
                return delimiter if delimiter in line else _ONE_COLUMN
    return _DELIMITERS[0]


# -- workbooks -------------------------------------------------------------------------------------


def _sheets(blob: Blob) -> Iterator[tuple[str, Iterator[Row]]]:
    """Yield the visible sheets: what to put before ``row`` when there are several, and the rows."""
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise ReadError(
            f"{blob.name}: reading .xlsx needs openpyxl: pip install openpyxl, or save it as CSV"
        ) from None
    marks = Archive(partial(io.BytesIO, blob.data), blob.name, blob.limits).check()
    other = {path: n for path, n in marks.items() if not path.startswith(_SHEETS_AND_TEXTS)}
    if sum(marks.values()) > _MOST_MARKS or any(n > _MOST_OTHER_MARKS for n in other.values()):
        raise ReadError(f"{blob.name}: too many cells or styles; split it, or save it as CSV UTF-8")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what it does not read, such as drop-down lists
            book = load_workbook(io.BytesIO(blob.data), read_only=True, data_only=True)
            sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
            for sheet in sheets:
                yield f"{sheet.title} " if len(sheets) > 1 else "", _sheet_rows(sheet)
    except ReadError:
        raise
    except Exception:  # whatever openpyxl stumbles over
        raise ReadError(
            f"{blob.name}: a damaged or protected workbook; save it as .xlsx again"
        ) from None


def _sheet_rows(sheet: Any) -> Iterator[Row]:
    # The limits also stand in for what the sheet says of its size, which may be wrong.
    rows = sheet.iter_rows(max_row=_LAST_ROW, max_col=_LAST_COLUMN, values_only=True)
    for number, cells in enumerate(rows, 1):
        if any(cell not in (None, "") for cell in cells):
            plain = [c.replace("_x000D_", "") if isinstance(c, str) else c for c in cells]
            yield number, plain
