"""Read label files (own JSONL, doccano, Label Studio, fastText, CSV, TSV, XLSX) to entries.

The format is detected from the content, except for CSV and TSV, which have their file name suffix.
:mod:`.label_entries` has the entries, and those of JSON and fastText.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from itertools import chain
from pathlib import Path, PurePath
from typing import Any

from ..errors import ReadError, SeedError
from ..text.normalize import squeeze
from ..validation import unescape_formula
from .label_entries import (
    ALL_FIELD_NAMES,
    FASTTEXT_LABEL,
    FIELD_NAMES,
    FURTHER_NAMES,
    LABEL_STUDIO_FIELDS,
    MODEL_TOPICS,
    Entry,
    Location,
    document_entries,
    fasttext_entries,
    has_model_topics,
    is_fasttext,
    last_annotations,
    line_entries,
    parse_document,
    rename_fields,
)

MAX_BYTES = 64 << 20
"""Largest label file in bytes, compressed or not: some hundred thousand sentences."""
_MAX_ROWS = 100_000
_MAX_ROW_NUMBER = 1 << 20  # the maximum of Excel; blank rows are counted
_MAX_COLUMN = 64
_MAX_TAGS = 1_000_000
_MAX_TAGS_PER_PART = 100_000
"""Most ``<`` characters in the sheets and texts of a workbook, and in each of its other parts.
openpyxl needs up to some kilobytes for each, so a limit of bytes alone does not bound the memory.
"""
_CONTENT_PARTS = ("xl/worksheets/", "xl/sharedStrings.xml")
_DELIMITERS = ",\t;"
_HEAD_ROWS = 10
"""Number of rows at the top in which the row with the names of the columns is looked for."""
Row = tuple[int, Sequence[str]]
"""The number of a line or row, counted from 1, and its cells."""
_ZIP_MAGIC = b"PK\x03\x04"
_OLE_MAGIC = b"\xd0\xcf\x11\xe0"
_WORKBOOK_SUFFIXES = (".xlsx", ".xlsm", ".xls", ".et")
_TABLE_SUFFIXES = (".csv", ".tsv")
_TEXT_SUFFIXES = (".txt", ".md", ".html", ".htm")


# -- Files -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LabelFile:
    """The content of a label file.

    Attributes:
        entries: lazily read entries in file order.
        to_fill: advice for the error message when no entry is labelled.
    """

    entries: Iterator[Entry]
    to_fill: str


def read_label_file(path: Path | Traversable) -> LabelFile:
    """Read a label file, detecting workbooks and JSON by content, CSV and TSV by file name.

    Raises:
        ReadError: the file is missing, empty, too large, in an unknown encoding, or an unreadable
            workbook.
        SeedError: the file is not valid JSON or CSV; names the file and line. Iteration over
            ``entries`` can raise it too.

    Example:
        A JSONL file with the line ``{"text": "办案。", "label": "执法"}`` has one entry, with the
        fields ``{"text": "办案。", "topic": "执法"}``.
    """
    data = _read_bytes(path)
    suffix = PurePath(path.name).suffix.lower()
    if data.startswith(_ZIP_MAGIC):
        sheets = xlsx_sheets(path, data)
        entries: Iterator[Entry] = chain.from_iterable(
            table_entries(rows, f"{path.name} ({title})" if title else path.name, "row")
            for title, rows in sheets
        )
        return LabelFile(entries, "fill in the topic column")
    if data.startswith(_OLE_MAGIC):
        raise ReadError(f"{path}: an old or protected Excel file; save it as .xlsx, unprotected")
    if suffix in _WORKBOOK_SUFFIXES:
        raise ReadError(f"{path}: not an Excel workbook but for its name; save it as .xlsx again")
    text = _decode(path, data, suffix)
    if suffix in _TABLE_SUFFIXES:
        entries = table_entries(csv_rows(text, path.name), path.name, "line")
        return LabelFile(entries, "fill in the topic column")
    if is_fasttext(text):
        return LabelFile(fasttext_entries(text, path.name), f"begin a line with {FASTTEXT_LABEL}")
    if suffix in _TEXT_SUFFIXES and text.lstrip()[:1] not in ("{", "[", "#"):
        raise ReadError(
            f"{path}: no label file; give .xlsx or .csv with the columns text and topic, or .jsonl"
        )
    document = parse_document(text, path.name)
    entries = (
        line_entries(text, path.name) if document is None else document_entries(document, path.name)
    )
    return LabelFile(entries, "give the entries a topic or label")


def _read_bytes(path: Path | Traversable) -> bytes:
    """Return the content of the file."""
    try:
        if path.is_dir():
            raise ReadError(f"{path}: a folder; give the label files in it by name")
        with path.open("rb") as file:
            data: bytes = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise ReadError(f"{path}: no such file") from None
    except OSError as error:
        raise ReadError(f"{path}: cannot be read ({error.strerror or error})") from None
    if len(data) > MAX_BYTES:
        raise ReadError(f"{path}: larger than {MAX_BYTES >> 20} MB; split it first")
    if not data.removeprefix(codecs.BOM_UTF8).strip():
        raise ReadError(f"{path}: the file is empty; give sentences with their topics")
    return data


def _decode(path: Path | Traversable, data: bytes, suffix: str) -> str:
    """Return the content as text, without a byte order mark.

    The text is UTF-8, UTF-16 with a byte order mark, or GB18030, in which Excel in China saves CSV.
    """
    marked = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text
    else:
        how = ", in Excel “CSV UTF-8”" if suffix in _TABLE_SUFFIXES else " first"
        raise ReadError(f"{path}: not UTF-8 or GB18030; save it as UTF-8{how}")
    raise ReadError(f"{path}: a binary file, not labels; give JSONL, JSON, CSV, TSV or XLSX")


# -- Tables: CSV, TSV, XLSX ------------------------------------------------------------------------


def table_entries(rows: Iterable[Row], file: str, unit: str) -> Iterator[Entry]:
    """Yield the entries of a table with a header, above which there may be a title.

    Args:
        rows: rows with their numbers.
        file: name of the file, for messages.
        unit: unit of the row numbers, ``line`` or ``row``.

    Raises:
        SeedError: there is no column for the text or the topic, or the topics are the model's;
            names the file and line.
    """
    rows = iter(rows)
    top: list[Row] = []
    for row in rows:
        top.append(row)
        if _is_head(row[1]) or len(top) == _HEAD_ROWS:
            break
    if not top or not _is_head(top[-1][1]):
        head = next((row for row in top if _named(row[1])), top[0] if top else (0, ()))
        raise _no_column(head, file)
    if has_model_topics(map(squeeze, top[-1][1])):
        raise SeedError(file, top[-1][0], MODEL_TOPICS)
    names = _with_other_control(top[-1][1])
    annotated = {"id", "annotation_id"} <= set(names)
    tasks: list[dict[str, Any]] = []
    entries: list[Entry] = []
    for number, cells in rows:
        pairs = reversed(list(zip(names, map(_cell_text, cells), strict=False)))
        given: dict[str, Any] = {name: cell for name, cell in pairs if name}
        fields = rename_fields(given)
        fields.pop("hard", None)
        for field in ("topic", "also"):  # a cell may contain several names
            fields[field] = _cell_names(fields.get(field, ""))
        entry = Entry(Location(file, unit, number), fields)
        if annotated:
            tasks.append(given)
            entries.append(entry)
        else:
            yield entry
    for number, _ in last_annotations(tasks):
        yield entries[number - 1]


def _column_names(cells: Sequence[str]) -> list[str]:
    """Return the names of columns in the form of :data:`FIELD_NAMES`; others squeezed."""
    all_names = (*FURTHER_NAMES.values(), *FIELD_NAMES.values())
    known = {squeeze(name): name for names in all_names for name in names}
    return [known.get(squeezed := squeeze(cell), squeezed) for cell in cells]


def _named(cells: Sequence[str]) -> set[str]:
    """Return which of the fields ``text`` and ``topic`` these names of columns have."""
    names = _with_other_control(cells)
    return {field for field in ("text", "topic") if _names_of(field) & set(names)}


def _names_of(field: str) -> set[str]:
    return {*FIELD_NAMES[field], *FURTHER_NAMES[field]}


def _is_head(cells: Sequence[str]) -> bool:
    """Return whether a row names a column of texts and one of topics."""
    return len(_named(cells)) == 2


def _with_other_control(cells: Sequence[str]) -> list[str]:
    """Return the names of columns, with ``topic`` for the choices of Label Studio by another name.

    In its CSV the columns of the data come first, then those of the choices and its own, by name.
    """
    names = _column_names(cells)
    if "annotation_id" in names and not _names_of("topic") & set(names):
        others = [n for n in names if n and n not in ALL_FIELD_NAMES | LABEL_STUDIO_FIELDS]
        if len(others) == 1:
            names[names.index(others[0])] = "topic"
    return names


def _no_column(head: Row, file: str) -> SeedError:
    """Return the error for a table without a column for the text or the topic."""
    field = next(field for field in ("text", "topic") if field not in _named(head[1]))
    chinese = next(name for name in FIELD_NAMES[field] if not name.isascii())
    problem = f"no {field} column; call one {field} or {chinese} in the first row"
    return SeedError(file, head[0], problem)


def _cell_names(cell: str) -> list[Any]:
    """Return the names in a cell: one string, or those of ``{"choices": […]}`` or ``["…"]``.

    Example:
        >>> _cell_names('{"choices": ["执法", "公开"]}'), _cell_names("执法；公开"), _cell_names("")
        (['执法', '公开'], ['执法；公开'], [])
    """
    if not cell.startswith(("{", "[")):
        return [cell] if cell else []
    try:
        found = json.loads(cell)
    except (ValueError, RecursionError):
        return [cell]
    parts = found if isinstance(found, list) else [found]
    names: list[Any] = []
    for part in parts:
        chosen = part.get("choices", part) if isinstance(part, dict) else part
        names += chosen if isinstance(chosen, list) else [chosen]
    return names


def _cell_text(cell: str) -> str:
    """Return the text of a cell without the escape of :func:`unescape_formula` and outer space."""
    return unescape_formula(cell).strip()


def csv_rows(text: str, file: str) -> Iterator[Row]:
    r"""Yield the non-blank rows of CSV text, with the delimiter detected from the first line.

    Raises:
        SeedError: a quote is not closed, or a row has more cells than the header.

    Example:
        >>> list(csv_rows("text;topic\n办案。;执法\n", "a.csv"))
        [(1, ['text', 'topic']), (2, ['办案。', '执法'])]
    """
    delimiter = _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    width, headed = 0, False  # above the names of columns there may be a title
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
        width = max(width, len(cells)) if not headed else width
        headed = headed or _is_head(cells)
        if any(cell.strip() for cell in cells[width:]):
            problem = f"{len(cells)} cells under {width} columns; put a text with {delimiter!r}"
            raise SeedError(file, line, f"{problem} in double quotes")
        yield line, cells


def _delimiter(text: str) -> str:
    """Return the delimiter of the line with the names of columns, which a title may precede."""
    lines = text.lstrip().split("\n", _HEAD_ROWS)[:_HEAD_ROWS]
    for line in lines:
        for delimiter in sorted(_DELIMITERS, key=line.count, reverse=True):
            if _is_head([cell.strip(' "\r') for cell in line.split(delimiter)]):
                return delimiter
    return max(_DELIMITERS, key=lines[0].count)


def xlsx_sheets(path: Path | Traversable, data: bytes) -> list[tuple[str, list[Row]]]:
    """Return the visible sheets of a workbook that name columns of labels, else the first one.

    Returns:
        The title of each, ``""`` for the first sheet, and its rows that are not blank.

    Args:
        path: the file, for messages.
        data: content of the file.

    Raises:
        ReadError: openpyxl is not installed, or the file is not a workbook or too large.
    """
    try:
        # late: heavy, only for workbooks
        from openpyxl import load_workbook
    except ImportError:
        raise ReadError(
            f"{path}: reading XLSX needs openpyxl: pip install openpyxl, or save it as CSV"
        ) from None
    sheets: list[tuple[str, list[Row]]] = []
    try:
        _check_size(path, data)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about features that openpyxl ignores
            book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
            visible = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
            left = _MAX_ROWS
            for sheet in visible:
                rows = _sheet_rows(sheet, left, path)
                left -= len(rows)
                sheets.append((sheet.title if sheets else "", rows))
            first = sheets[0]
    except ReadError:
        raise
    except Exception:  # openpyxl raises many types of error for damaged files
        problem = "not an Excel workbook, or a damaged or protected one; save it as .xlsx again"
        raise ReadError(f"{path}: {problem}") from None
    headed = [one for one in sheets if any(_is_head(cells) for _, cells in one[1][:_HEAD_ROWS])]
    return headed or [first]


def _sheet_rows(sheet: Any, most: int, path: Path | Traversable) -> list[Row]:
    """Return the rows of a sheet that are not blank; more than ``most`` are an error."""
    rows: list[Row] = []
    # Explicit limits replace the dimensions stored in the sheet, which may be wrong.
    values = sheet.iter_rows(max_row=_MAX_ROW_NUMBER, max_col=_MAX_COLUMN, values_only=True)
    for number, row in enumerate(values, 1):
        cells = [_value_to_text(value) for value in row]
        if any(cells):
            rows.append((number, cells))
        if len(rows) > most:
            raise _too_large(path)
    return rows


def _check_size(path: Path | Traversable, data: bytes) -> None:
    """Raise an error if a workbook is too large to be parsed."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
        # zipfile never returns more bytes of a part than its declared size, so check that.
        if sum(part.file_size for part in parts) > MAX_BYTES:
            raise _too_large(path)
        tags = 0
        for part in parts:
            with archive.open(part) as file:
                count = sum(block.count(b"<") for block in iter(lambda: file.read(1 << 16), b""))
            if part.filename.startswith(_CONTENT_PARTS):
                tags += count
            elif count > _MAX_TAGS_PER_PART:
                raise _too_large(path)
        if tags > _MAX_TAGS:
            raise _too_large(path)


def _too_large(path: Path | Traversable) -> ReadError:
    """Return the error for a workbook that is too large."""
    return ReadError(f"{path}: too large for a sheet of labels; split it, or save it as CSV UTF-8")


def _value_to_text(value: Any) -> str:
    """Return the value of a cell as text, ``""`` for an empty one."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).replace("_x000D_", "").strip()  # Excel's escape of a carriage return
