"""Write XLSX workbooks."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

from ..nlp.atomic_write import write_whole
from ..nlp.errors import GongwenError
from ..nlp.validation import is_formula

_NARROWEST, _WIDEST = 8, 60
_LAST_ROW = 1 << 20
_LONGEST_CELL = 32_767
_NO_XML = re.compile("[\0-\x08\x0b-\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML, and so a sheet, cannot hold."""


def write_sheet(
    path: Path,
    rows: Iterable[Mapping[str, Any]],
    columns: Sequence[str],
    choices: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Write a sheet whose first row stays in view, with a filter and columns as wide as their text.

    Text that looks like a formula is kept as text. What
    :func:`~gongwen.nlp.topics.labels.load_labels`
    reads it finds again, but for control characters, which XLSX cannot hold.

    Args:
        path: the file; one that is there is replaced.
        rows: the values of each row by column; what is missing is left empty, a list is joined
            by ``;``.
        columns: the columns in order.
        choices: for columns that are to be filled in, the names to choose from; another name may
            be typed, after a warning.

    Raises:
        GongwenError: openpyxl is not installed, or a text is too long for a cell.
        WriteError: the file cannot be written; what was there is as it was.
    """
    try:
        # late: heavy
        from openpyxl import Workbook
        from openpyxl.styles import Alignment, Font
        from openpyxl.utils import get_column_letter
    except ImportError:
        raise GongwenError(
            f"{path}: writing XLSX needs openpyxl: pip install openpyxl, or write CSV"
        ) from None
    book = Workbook()
    sheet = book.active
    offered = choices or {}
    widths = [max(map(_width, (name, *offered.get(name, ())))) for name in columns]
    for n, row in enumerate([dict(zip(columns, columns, strict=True)), *rows], 1):
        for i, name in enumerate(columns):
            value = _value(row.get(name))
            if isinstance(value, str) and len(value) > _LONGEST_CELL:
                raise GongwenError(f"{path}: row {n} is too long for a cell of a sheet; write CSV")
            cell = sheet.cell(n, i + 1, value)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if isinstance(value, str):
                cell.data_type = "s"  # openpyxl takes = for a formula and #N/A for an error
                cell.quotePrefix = is_formula(value)  # and so would Excel after an edit
                widths[i] = max(widths[i], *map(_width, value.split("\n")))
    for i, width in enumerate(widths, 1):
        sheet.cell(1, i).font = Font(bold=True)
        # Two more for the margins and the button of the filter.
        column = sheet.column_dimensions[get_column_letter(i)]
        column.width = min(max(width, _NARROWEST) + 2, _WIDEST)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions
    for n, (name, names) in enumerate(offered.items(), 1):
        _offer(book, get_column_letter(columns.index(name) + 1), get_column_letter(n), names)
    write_whole(path, _saved(book))


def _saved(book: Any) -> bytes:
    """Return the bytes of a workbook, made in memory alone.

    openpyxl itself writes every sheet to a temporary file first, and is left in disorder when that
    cannot be written.
    """
    # late: heavy
    from openpyxl.worksheet._writer import WorksheetWriter
    from openpyxl.writer.excel import ExcelWriter

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


def _offer(book: Any, column: str, store: str, names: Sequence[str]) -> None:
    """Let the cells of ``column`` be chosen from ``names``, kept in a hidden sheet."""
    # late: heavy
    from openpyxl.worksheet.datavalidation import DataValidation

    # A list inside the rule may have 255 characters and no comma in a name.
    lists = book["choices"] if "choices" in book.sheetnames else book.create_sheet("choices")
    lists.sheet_state = "hidden"
    for n, name in enumerate(names, 1):
        lists[f"{store}{n}"] = _value(name)
        lists[f"{store}{n}"].data_type = "s"
    rule = DataValidation(
        type="list",
        formula1=f"choices!${store}$1:${store}${len(names)}",
        allow_blank=True,
        showErrorMessage=True,
        errorStyle="warning",
        errorTitle="不在列表中",
        error="请从列表中选择，或确认这是另一个可用的名称。",
    )
    rule.add(f"{column}2:{column}{_LAST_ROW}")
    book.worksheets[0].add_data_validation(rule)


def _value(value: Any) -> Any:
    """Return what a cell can hold."""
    if isinstance(value, list | tuple):
        value = ";".join(map(str, value))
    if isinstance(value, str):
        return _NO_XML.sub("", value)
    return value


def _width(text: str) -> int:
    """Return how many columns of a terminal a line takes; a sheet counts alike."""
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)
