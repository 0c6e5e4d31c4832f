"""Read the sheets of an Excel workbook: cells as they are shown, merged cells, hidden parts."""

from __future__ import annotations

import io
import mimetypes
import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from typing import Any
from xml.parsers import expat

from ..nlp.errors import ReadError
from .archive import Archive
from .base import Blob
from .report_columns import DateCell

_MAX_TAGS = 4_000_000
_MAX_TAGS_OF_OTHER_PARTS = 100_000
"""Most tags (``<``) in the sheets and shared strings of a workbook, and in each other part.

openpyxl allocates up to some kilobytes for each tag, so a limit in bytes does not bound its memory.
"""
_SHEETS_AND_STRINGS = ("xl/worksheets/", "xl/sharedStrings.xml")
_LAST_ROW, _LAST_COLUMN = 1 << 20, 256
_MAX_MERGED = 10_000
_MAX_NAMED = 8
_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_QUOTED = re.compile(
    r'"([^"]{0,99})"|\\(.)|\[\$([^\]\-]{0,40})(?:-[^\]]{0,40})?\]|\[[^\[\]]{0,60}\]|_.|\*.'
)
_DIGITS = re.compile(r"[0#?,]*[0#?](?:\.([0#?]+))?")
_DATE_PART = re.compile(r"yyyy|yy|mmmm|mmm|mm|m|dd|d|hh|h|ss|s|am/pm|上午/下午", re.IGNORECASE)
_EPOCH = datetime(1899, 12, 30)

Row = tuple[int, Sequence[Any]]
"""The number of a line or row, from 1 as in an editor, and its cells."""
Area = tuple[int, int, int, int]
"""First row, first column, last row and last column of merged cells, from 1."""


@dataclass(slots=True)
class Sheet:
    """A visible sheet of a workbook.

    Attributes:
        title: its name.
        rows: the rows that are not empty; cells as text, those with dates as :class:`DateCell`.
        merged: areas of merged cells.
        without_value: places of formulas without a stored value, by row and column from 1.
        notes: hidden rows and columns, and what else was found.
    """

    title: str
    rows: list[Row] = field(default_factory=list)
    merged: list[Area] = field(default_factory=list)
    without_value: set[tuple[int, int]] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)


def read_sheets(blob: Blob) -> tuple[list[Sheet], list[str]]:
    """Return the visible sheets, and notes about the hidden ones.

    Raises:
        ReadError: the file is damaged or too large, or openpyxl is missing.
    """
    _know_mime_types()
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
            visible = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
            hidden = [s.title for s in book.worksheets if s.sheet_state != "visible"]
            return (
                [_sheet(sheet, blob.data) for sheet in visible],
                [f"hidden sheets left out: {', '.join(hidden[:_MAX_NAMED])}"] if hidden else [],
            )
    except ReadError:
        raise
    except Exception:  # openpyxl raises many types of errors for damaged files
        raise ReadError(
            f"{blob.name}: a damaged or protected workbook; save it as .xlsx again"
        ) from None


def _know_mime_types() -> None:
    """Set up ``mimetypes``, which openpyxl imports, from its own table.

    A confined process may not open the files of the system, such as ``/etc/mime.types``.
    """
    if not mimetypes.inited:
        files = list(mimetypes.knownfiles)
        mimetypes.knownfiles.clear()
        try:
            mimetypes.init()
        finally:
            mimetypes.knownfiles.extend(files)


def _sheet(sheet: Any, data: bytes) -> Sheet:
    """Return the content of a sheet."""
    facts = _Facts()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        facts.parse(archive, str(sheet._worksheet_path))
    return Sheet(sheet.title, list(_rows(sheet)), facts.merged, facts.without_value, facts.notes())


def _rows(sheet: Any) -> Iterator[Row]:
    """Yield the number and the cells of each row of a sheet that is not empty."""
    # The limits also replace the size that the sheet declares, which may be wrong.
    rows = sheet.iter_rows(max_row=_LAST_ROW, max_col=_LAST_COLUMN)
    for number, cells in enumerate(rows, 1):
        shown_cells = [
            "" if cell.value is None else shown(cell.value, cell.number_format) for cell in cells
        ]
        while shown_cells and not shown_cells[-1]:
            shown_cells.pop()
        if shown_cells:
            yield number, shown_cells


class _Facts:
    """What openpyxl does not tell of a sheet when it reads it as a stream."""

    def __init__(self) -> None:
        self.merged: list[Area] = []
        self.without_value: set[tuple[int, int]] = set()
        self.hidden_rows: list[int] = []
        self.hidden_columns: list[int] = []
        self.beyond = 0
        self._row = self._column = 0
        self._formula = self._value = self._inside = False

    def parse(self, archive: zipfile.ZipFile, path: str) -> None:
        """Read a part of the workbook; what is damaged in it is left to openpyxl to say."""
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.EntityDeclHandler = _no_entities
        with archive.open(path.lstrip("/")) as part:
            parser.ParseFile(part)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition(":")[2]
        if tag == "row":
            self._row = int(attributes.get("r", self._row + 1))
            self._column = 0
            if attributes.get("hidden") in ("1", "true"):
                self.hidden_rows.append(self._row)
        elif tag == "c":
            found = _REFERENCE.fullmatch(attributes.get("r", ""))
            self._column = _column_number(found[1]) if found else self._column + 1
            self._formula = self._value = False
        elif tag == "f":
            self._formula = True
        elif tag in ("v", "t"):
            self._inside = True
        elif tag == "col" and attributes.get("hidden") in ("1", "true"):
            first, last = int(attributes.get("min", 1)), int(attributes.get("max", 1))
            self.hidden_columns += range(first, min(last, first + _MAX_NAMED) + 1)
        elif tag == "mergeCell" and len(self.merged) < _MAX_MERGED:
            corners = _REFERENCE.findall(attributes.get("ref", ""))
            if len(corners) == 2:
                (left, top), (right, bottom) = corners
                area = int(top), _column_number(left), int(bottom), _column_number(right)
                self.merged.append(area)

    def _text(self, text: str) -> None:
        self._value = self._value or self._inside

    def _end(self, tag: str) -> None:
        tag = tag.rpartition(":")[2]
        if tag in ("v", "t"):
            self._inside = False
        elif tag == "c":
            self.beyond += self._value and self._column > _LAST_COLUMN
            if self._formula and not self._value:
                self.without_value.add((self._row, self._column))

    def notes(self) -> list[str]:
        """Return what is to be said of the sheet."""
        said = []
        for what, numbers in (("row", self.hidden_rows), ("column", self.hidden_columns)):
            if numbers:
                names = [_letters(n) if what == "column" else str(n) for n in numbers[:_MAX_NAMED]]
                plural = "s" if len(numbers) > 1 else ""
                more = f" and {len(numbers) - _MAX_NAMED} more" * (len(numbers) > _MAX_NAMED)
                said.append(f"hidden {what}{plural} {', '.join(names)}{more} read too")
        if self.without_value:
            count = len(self.without_value)
            places = [f"{_letters(c)}{r}" for r, c in sorted(self.without_value)[:_MAX_NAMED]]
            what = "1 formula has" if count == 1 else f"{count} formulas have"
            said.append(
                f"{what} no stored value ({', '.join(places)}); open and save the file in Excel or"
                " LibreOffice"
            )
        if self.beyond:
            said.append(f"{self.beyond} cells beyond column {_letters(_LAST_COLUMN)} left out")
        return said


def _no_entities(*_: object) -> None:
    raise ValueError("entities are not read")


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _letters(column: int) -> str:
    """Return the name of a column: ``A`` of 1, ``AA`` of 27."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


# -- numbers and dates as they are shown -----------------------------------------------------------


def shown(value: Any, number_format: str = "General") -> str:
    """Return the value of a cell as Excel shows it, within what reports need.

    Percentages, separators of thousands, decimals, words around the number, and dates in figures
    follow the format; colours, conditions and fractions do not.

    Args:
        value: what is stored.
        number_format: the format of the cell, such as ``0.0%``.

    Example:
        >>> shown(0.1234, "0.0%"), shown(1234, "#,##0"), shown(12, '0"件"'), shown(12.0)
        ('12.3%', '1,234', '12件', '12')
    """
    if isinstance(value, str):
        return value.replace("_x000D_", "").strip()
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, timedelta):
        value = _EPOCH + value
    if isinstance(value, date):
        return _shown_date(value, number_format)
    if isinstance(value, time):
        return value.isoformat("minutes")
    return _shown_number(value, number_format) if isinstance(value, int | float) else str(value)


def _shown_number(value: float, number_format: str) -> str:
    """Return a number in its format."""
    sections = number_format.split(";")
    section = sections[1] if value < 0 and len(sections) > 1 and sections[1] else sections[0]
    words: list[str] = []

    def keep(found: re.Match[str]) -> str:
        words.append(found[1] or found[2] or found[3] or "")
        return f"\ue000{len(words) - 1}\ue001" if words[-1] else ""

    bare = _QUOTED.sub(keep, section)
    digits = _DIGITS.search(bare)
    try:
        number = Decimal(repr(value))
        if digits is None or bare.strip().lower() in ("general", "@") or "e+" in bare.lower():
            # Excel shows eleven digits, and more only before the point.
            digits_shown = 11 if abs(value) < 1e11 else 15
            if isinstance(value, float):
                number = Decimal(f"{value:.{digits_shown}g}")
            text = f"{number:f}"
            return text.rstrip("0").rstrip(".") if "." in text else text
        if "%" in bare:
            number *= 100
        places = digits[1] or ""
        number = number.quantize(Decimal(1).scaleb(-len(places)), ROUND_HALF_UP)
        if len(sections) > 1 and value < 0:
            number = abs(number)
        text = f"{number:,f}" if "," in digits[0] else f"{number:f}"
    except ArithmeticError:
        return str(value)
    optional = len(places) - len(places.rstrip("#?"))
    while optional and text.endswith("0"):
        text, optional = text[:-1], optional - 1
    whole = digits[0].partition(".")[0].replace(",", "")
    if (zeros := whole.count("0")) > len(text.partition(".")[0]) and number >= 0:
        text = "0" * (zeros - len(text.partition(".")[0])) + text
    bare = bare[: digits.start()] + text.rstrip(".") + bare[digits.end() :]
    for n, word in enumerate(words):
        bare = bare.replace(f"\ue000{n}\ue001", word)
    return bare.replace("\ue000", "").replace("\ue001", "").strip()


def _shown_date(value: date, number_format: str) -> DateCell:
    """Return a date in its format, in ISO 8601 when that has no figures for it."""
    moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
    bare = _QUOTED.sub(lambda f: f[1] or f[2] or "", number_format.split(";")[0])
    lower = bare.lower()
    iso = moment.date().isoformat()
    clock = "h" in lower and bool(moment.hour or moment.minute or moment.second)
    if "y" not in lower or "mmm" in lower or lower.replace(" ", "").startswith(("m/d", "mm-dd-yy")):
        return DateCell(f"{iso} {moment:%H:%M}" if clock else iso, moment.date())
    if "h" in lower and not clock:  # a time of midnight is none
        bare = re.split("[hH]", bare)[0].rstrip(" :")
    after_hour = False

    def part(found: re.Match[str]) -> str:
        nonlocal after_hour
        token = found[0].lower()
        if token[0] in "ymds" or token[0] == "h":
            minute = token[0] == "m" and after_hour
            after_hour = token[0] == "h" or (after_hour and not minute)
            number = {
                "y": moment.year, "m": moment.minute if minute else moment.month, "d": moment.day,
                "h": moment.hour, "s": moment.second,
            }[token[0]]  # fmt: skip
            number = number % 100 if token == "yy" else number
            return f"{number:0{min(len(token), 4)}d}" if len(token) > 1 else str(number)
        return ""

    return DateCell(_DATE_PART.sub(part, bare).split("@")[0].strip(), moment.date())
