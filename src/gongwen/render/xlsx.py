"""Write rows to an XLSX workbook, optionally with lists of values to choose from."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

from ..catalog import _
from ..nlp.atomic_write import write_whole
from ..nlp.errors import GongwenError
from ..nlp.validation import is_formula
from ..tabular import column_name

_MIN_WIDTH, _NARROW_WIDTH, _MAX_WIDTH = 8, 30, 60
"""Limits of the width of a column, the second that of a narrow one, in characters."""
_LINE_HEIGHT, _MAX_HEIGHT = 15, 409
"""Height of a line, and the limit of Excel of that of a row, in points."""
_NAMES_SHEET = "列名"
_WIDEST_A4 = 230
"""Width of a sheet, in characters, above which it would be too small to read on A4."""
_MARGIN = 0.4
"""Margins of a printed page, in inches."""
_CHOICES = "可选名称"
"""The hidden sheet of the names that a cell may have."""
_LAST_ROW = 1 << 20
_MAX_CELL_CHARACTERS = 32_767
"""Limits of Excel: rows of a sheet, and characters of a cell."""
_INVALID_IN_XML = re.compile("[\0-\x08\x0b-\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML, and so a sheet, cannot contain."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of a workbook: a fixed heading row with a filter, and rows below it.

    Attributes:
        name: its name, without the characters that Excel forbids there.
        rows: the values of each row by column; a missing value gives an empty cell, and a list is
            joined with ``;``.
        columns: names of the columns, in order; a number is written as one. Their headings are
            the Chinese names of :data:`~gongwen.tabular.COLUMN_NAMES`, where there are any.
        choices: names to choose from in some columns, by the name of the column; after a warning
            another name can be typed.
        counted: columns whose numbers are shown with separators of thousands.
        frozen: the number of columns at the left that stay when the rest is moved.
        heads: headings of columns in place of the Chinese names.
        narrow: columns whose long texts are folded to half of the greatest width.
        printed: the number of columns at the left that are printed, 0 for all.
    """

    name: str
    rows: Iterable[Mapping[Any, Any]]
    columns: Sequence[str | int]
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    counted: Collection[str | int] = ()
    frozen: int = 0
    heads: Mapping[str, str] = field(default_factory=dict)
    narrow: Collection[str] = ()
    printed: int = 0

    def head(self, column: str | int) -> str | int:
        """Return the heading of a column."""
        if not isinstance(column, str):
            return column
        return self.heads.get(column) or column_name(column)


class MarkedText(str):
    """A text for a cell with coloured parts.

    Attributes:
        parts: its parts in order: the text, its colour in hexadecimal (``C53030``, ``""`` for that
            of the sheet), and whether it is struck through; what is coloured and not struck
            through is underlined.

    Example: ``MarkedText.of([("办案", "", False), ("12", "C53030", True), ("件", "", False)])``
    """

    parts: tuple[tuple[str, str, bool], ...]

    @classmethod
    def of(cls, parts: Iterable[tuple[str, str, bool]]) -> MarkedText:
        """Return the text that consists of ``parts``."""
        kept = tuple(part for part in parts if part[0])
        made = cls("".join(text for text, _colour, _struck in kept))
        made.parts = kept
        return made


def write_sheet(
    path: Path,
    rows: Iterable[Mapping[str, Any]],
    columns: Sequence[str],
    choices: Mapping[str, Sequence[str]] | None = None,
    name: str = "Sheet",
) -> None:
    """Write a workbook with one sheet; see :func:`write_book`.

    :func:`~gongwen.nlp.topics.labels.load_labels` reads the same values back, except for control
    characters, which XLSX cannot contain.

    Args:
        path: the file; an existing file is replaced.
        rows: as of a :class:`Sheet`.
        columns: likewise.
        choices: likewise.
        name: name of the sheet.

    Example: ``write_sheet(Path("labels.xlsx"), [{"text": "…", "topic": ""}], ("text", "topic"),
    {"topic": ["普法宣传", "行政执法"]})``.
    """
    write_book(path, [Sheet(name, rows, columns, choices or {})])


def write_book(path: Path, sheets: Sequence[Sheet]) -> None:
    """Write a workbook.

    Columns are as wide as their text. Text that looks like a formula is written as text. Headings
    are Chinese; a last visible sheet has the names that these columns have in JSON and CSV, the
    second one of a workbook with one sheet of rows. Printed, a sheet is as wide as a page.

    Args:
        path: the file; an existing file is replaced.
        sheets: its sheets, at least one; the first is shown when it is opened.

    Raises:
        GongwenError: openpyxl is not installed, or a text is too long for a cell.
        WriteError: the file cannot be written; an existing file is unchanged.
    """
    write_whole(path, book_bytes(path, sheets))


def book_bytes(path: Path, sheets: Sequence[Sheet]) -> bytes:
    """Return the bytes of a workbook, as :func:`write_book` writes it.

    Args:
        path: its name, for messages.
        sheets: its sheets, at least one.

    Raises:
        GongwenError: openpyxl is not installed, or a text is too long for a cell.
    """
    try:
        # late: openpyxl is heavy, and may not be installed
        from openpyxl import Workbook
    except ImportError:
        message = _("{path}: writing XLSX needs openpyxl: pip install openpyxl, or write CSV")
        raise GongwenError(message.format(path=path)) from None
    book = Workbook()
    book.remove(book.active)
    names = _names_sheet(sheets)
    written = [*sheets, names] if names.rows else sheets
    # All are made before they are filled, as that may add a hidden sheet, which comes last.
    for cells, sheet in [(book.create_sheet(sheet.name), sheet) for sheet in written]:
        _fill(path, book, cells, sheet)
    return _workbook_bytes(book)


def _names_sheet(sheets: Sequence[Sheet]) -> Sheet:
    """Return a sheet with the English name of every column that has another heading."""
    rows = [
        {"工作表": sheet.name, "列名": sheet.head(column), "英文名": column}
        for sheet in sheets
        for column in sheet.columns
        if sheet.head(column) != column
    ]
    columns = ("列名", "英文名") if len(sheets) == 1 else ("工作表", "列名", "英文名")
    return Sheet(_NAMES_SHEET, rows, columns)


def _fill(path: Path, book: Any, cells: Any, sheet: Sheet) -> None:
    """Write a sheet into ``cells``, an empty sheet of ``book``."""
    # late: openpyxl is heavy
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter  # late: heavy
    from openpyxl.worksheet.page import PageMargins  # late: heavy
    from openpyxl.worksheet.properties import PageSetupProperties  # late: heavy

    columns = sheet.columns
    heads = {name: sheet.head(name) for name in columns}
    widths = [
        max(map(_display_width, (str(heads[name]), *sheet.choices.get(str(name), ()))))
        for name in columns
    ]
    coloured: list[tuple[Any, MarkedText]] = []
    for n, row in enumerate(chain([heads], sheet.rows), 1):
        for i, name in enumerate(columns):
            value = _cell_value(row.get(name))
            if isinstance(value, str) and len(value) > _MAX_CELL_CHARACTERS:
                message = _("{path}: row {n} is too long for a cell of a sheet; write CSV")
                raise GongwenError(message.format(path=path, n=n))
            cell = cells.cell(n, i + 1, value)
            if isinstance(row.get(name), MarkedText) and any(part[1] for part in row[name].parts):
                coloured.append((cell, row[name]))
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if isinstance(value, str):
                cell.data_type = "s"  # openpyxl reads = as a formula and #N/A as an error
                # Without the prefix Excel reads the text as a formula after an edit.
                cell.quotePrefix = is_formula(value)
                widths[i] = max(widths[i], *map(_display_width, value.split("\n")))
            elif n > 1 and name in sheet.counted and isinstance(value, int | float):
                cell.number_format = "#,##0" if isinstance(value, int) else "#,##0.0###"
                widths[i] = max(widths[i], len(f"{value:,}"))
    most = [_NARROW_WIDTH if name in sheet.narrow else _MAX_WIDTH for name in columns]
    for i, width in enumerate(widths, 1):
        head = cells.cell(1, i)
        head.font = Font(name=head.font.name, size=head.font.size, bold=True)
        # Two more characters for the margins and the button of the filter.
        column = cells.column_dimensions[get_column_letter(i)]
        column.width = min(max(width, _MIN_WIDTH) + 2, most[i - 1])
    for row in cells.iter_rows():
        lines = max(
            _lines(cell.value, min(w, m - 2)) for cell, w, m in zip(row, widths, most, strict=True)
        )
        if lines > 1:  # Excel would set it when the file is opened, other programs do not
            cells.row_dimensions[row[0].row].height = min(lines * _LINE_HEIGHT, _MAX_HEIGHT)
    for cell, text in coloured:  # last, as the cell has no plain text any more
        cell.value = _rich_text(text, cell.font)
    cells.freeze_panes = cells.cell(2, sheet.frozen + 1)
    cells.auto_filter.ref = cells.dimensions
    # Printed across, as wide as the page, with the heading on every page.
    cells.page_setup.orientation = "landscape"
    printed = [get_column_letter(i) for i in range(1, (sheet.printed or len(columns)) + 1)]
    if sheet.printed:
        cells.print_area = f"A1:{printed[-1]}{cells.max_row}"
    total = sum(cells.column_dimensions[letter].width for letter in printed)
    cells.page_setup.paperSize = cells.PAPERSIZE_A3 if total > _WIDEST_A4 else cells.PAPERSIZE_A4
    cells.page_margins = PageMargins(*[_MARGIN] * 6)
    cells.page_setup.fitToWidth = 1
    cells.page_setup.fitToHeight = 0
    cells.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    cells.print_title_rows = "1:1"
    letters = {str(name): get_column_letter(i) for i, name in enumerate(columns, 1)}
    for n, (name, names) in enumerate(sheet.choices.items(), 1):
        _add_choices(book, cells, letters[name], get_column_letter(n), names)


def _workbook_bytes(book: Any) -> bytes:
    """Return the bytes of a workbook without writing temporary files.

    openpyxl's own writer uses a temporary file for every sheet, and cannot be used any more after
    an error in writing it.
    """
    # late: openpyxl is heavy
    from openpyxl.worksheet._writer import WorksheetWriter
    from openpyxl.writer.excel import ExcelWriter  # late: heavy

    class InMemory(ExcelWriter):  # type: ignore[misc]
        def write_worksheet(self, ws: Any) -> None:
            ws._drawing = None
            writer = WorksheetWriter(ws, io.BytesIO())
            writer.write()
            ws._rels = writer._rels
            self._archive.writestr(ws.path[1:], writer.read())
            self.manifest.append(ws)

    whole = io.BytesIO()
    InMemory(book, zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED)).save()
    return whole.getvalue()


def _add_choices(book: Any, cells: Any, column: str, store: str, names: Sequence[str]) -> None:
    """Offer ``names`` in a column of ``cells``, from the column ``store`` of a hidden sheet."""
    # late: openpyxl is heavy
    from openpyxl.worksheet.datavalidation import DataValidation

    # A list inside the rule itself would be limited to 255 characters and names without a comma.
    known = _CHOICES in book.sheetnames
    lists = book[_CHOICES] if known else book.create_sheet(_CHOICES)
    lists.sheet_state = "hidden"
    for n, name in enumerate(names, 1):
        lists[f"{store}{n}"] = _cell_value(name)
        lists[f"{store}{n}"].data_type = "s"
    rule = DataValidation(
        type="list",
        formula1=f"{_CHOICES}!${store}$1:${store}${len(names)}",
        allow_blank=True,
        showErrorMessage=True,
        errorStyle="warning",
        errorTitle="不在列表中",
        error="请从列表中选择，或确认这是另一个可用的名称。",
    )
    rule.add(f"{column}2:{column}{_LAST_ROW}")
    cells.add_data_validation(rule)


def _cell_value(value: Any) -> Any:
    """Return a value as a cell can contain it."""
    if isinstance(value, list | tuple):
        value = ";".join(map(str, value))
    if isinstance(value, str):
        return _INVALID_IN_XML.sub("", value)
    return value


def _rich_text(text: MarkedText, font: Any) -> Any:
    """Return a text in ``font`` with its colours as a cell can contain it."""
    # late: openpyxl is heavy
    from openpyxl.cell.rich_text import CellRichText, TextBlock
    from openpyxl.cell.text import InlineFont  # late: heavy

    return CellRichText(
        *(
            TextBlock(
                InlineFont(
                    rFont=font.name,
                    sz=font.size,
                    color=colour,
                    strike=struck,
                    u=None if struck else "single",
                ),
                _cell_value(part),
            )
            if colour
            else _cell_value(part)
            for part, colour, struck in text.parts
        )
    )


def _lines(value: Any, width: int) -> int:
    """Return the lines that a value takes in a cell of ``width`` characters."""
    if not isinstance(value, str):
        return 1
    return sum(max(1, -(-_display_width(line) // max(width, 1))) for line in value.split("\n"))


def _display_width(text: str) -> int:
    """Return the width of a line in characters; a Chinese character counts 2."""
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)
