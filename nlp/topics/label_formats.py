"""Read label files of several tools (own JSONL, doccano, Label Studio, CSV, TSV, XLSX) to entries.

An entry is a mapping of field names to unchecked values; :mod:`.labels` converts it to a label. The
format is detected from the content, except for CSV and TSV, which have their file name suffix.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path, PurePath
from typing import Any

from ..errors import ReadError, SeedError
from ..seeds import numbered_lines
from ..text.normalize import squeeze
from ..validation import unescape_formula

FIELD_NAMES: dict[str, tuple[str, ...]] = {
    "text": ("text", "data", "句子", "文本", "内容"),
    "topic": ("topic", "label", "labels", "cats", "主题", "标签"),
    "also": ("also", "兼"),
    "role": ("role", "作用", "角色"),
    "heading": ("heading", "标题", "section", "章节"),
    "kind": ("kind", "类别"),
    "hard": ("hard", "难句"),
    "group": ("group", "分组", "report", "报告"),
    "id": ("id", "doc_id", "编号"),
}
"""The names of each field in files; the first that is present is used.

doccano's names: ``data`` for the text before version 1.6, ``cats`` for labels in projects with
spans, ``labels`` and ``doc_id`` in 2018. ``section`` and ``report`` are in the output of ``gongwen
search``; the Chinese names are those of the columns in its workbooks.
"""
_ALL_FIELD_NAMES = {name for names in FIELD_NAMES.values() for name in names}
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
Row = tuple[int, Sequence[str]]
"""The number of a line or row, counted from 1, and its cells."""
_ZIP_MAGIC = b"PK\x03\x04"
_OLE_MAGIC = b"\xd0\xcf\x11\xe0"
_WORKBOOK_SUFFIXES = (".xlsx", ".xlsm", ".xls", ".et")
_TABLE_SUFFIXES = (".csv", ".tsv")


# -- Files -----------------------------------------------------------------------------------------


class BadEntryError(Exception):
    """Raised when an entry is not a label; the caller adds the location (:class:`Location`)."""


@dataclass(frozen=True, slots=True)
class Location:
    """The location of an entry in a label file.

    Attributes:
        file: name of the file.
        unit: unit of ``number``: ``line``, ``row``, or ``entry`` in a JSON document.
        number: number of the line, row or entry, counted from 1.
    """

    file: str
    unit: str
    number: int

    def __str__(self) -> str:
        return f"{self.unit} {self.number}"

    def error(self, problem: object) -> SeedError:
        """Return an error with this location and ``problem`` on one line."""
        message = " ".join(str(problem).split())
        if self.unit == "entry":
            return SeedError(self.file, 0, f"{self}: {message}")
        return SeedError(self.file, self.number, message)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a label file.

    Attributes:
        location: its location in the file.
        fields: unchecked values by the keys of :data:`FIELD_NAMES`; a ``topic`` that is an empty
            list marks an entry that is not labelled yet.
    """

    location: Location
    fields: dict[str, Any]


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
        ReadError: the file is missing, empty, too large, not UTF-8, or an unreadable workbook.
        SeedError: the file is not valid JSON or CSV; names the file and line. Iteration over
            ``entries`` can raise it too.

    Example:
        A JSONL file with the line ``{"text": "办案。", "label": "执法"}`` has one entry, with the
        fields ``{"text": "办案。", "topic": "执法"}``.
    """
    data = _read_bytes(path)
    suffix = PurePath(path.name).suffix.lower()
    if data.startswith(_ZIP_MAGIC):
        entries = table_entries(xlsx_rows(path, data), path.name, "row")
        return LabelFile(entries, "fill in the topic column")
    if data.startswith(_OLE_MAGIC):
        raise ReadError(f"{path}: an old or protected Excel file; save it as .xlsx, unprotected")
    if suffix in _WORKBOOK_SUFFIXES:
        raise ReadError(f"{path}: not an Excel workbook but for its name; save it as .xlsx again")
    text = _decode(path, data, suffix)
    if suffix in _TABLE_SUFFIXES:
        entries = table_entries(csv_rows(text, path.name), path.name, "line")
        return LabelFile(entries, "fill in the topic column")
    document = _parse_document(text, path.name)
    entries = (
        _line_entries(text, path.name)
        if document is None
        else _document_entries(document, path.name)
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
    """Return the content as text, without a byte order mark."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        like = _likely_encoding(data)
        how = ", in Excel “CSV UTF-8”" if suffix in _TABLE_SUFFIXES else " first"
        raise ReadError(f"{path}: not UTF-8{like}; save it as UTF-8{how}") from None
    if "\0" in text:
        raise ReadError(f"{path}: a binary file, not labels; give JSONL, JSON, CSV, TSV or XLSX")
    return text


def _likely_encoding(data: bytes) -> str:
    """Return a hint at the encoding of a file that is not UTF-8, ``""`` for none."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return " (it looks like UTF-16)"
    try:
        data.decode("gb18030")
    except UnicodeDecodeError:
        return ""
    return " (it looks like GB18030)"


# -- JSON: own format, doccano, Label Studio -------------------------------------------------------


def _parse_document(text: str, file: str) -> list[Any] | None:
    """Return the entries of a file that is one JSON value, ``None`` if it is JSON lines."""
    source = text.strip()
    if source.startswith("["):
        entries: list[Any] = _parse_json(text, file, 1)
        return entries
    if source.startswith("{") and "\n" in source:
        try:
            return [json.loads(source)]  # one object over several lines
        except (ValueError, RecursionError):
            return None
    return None


def _document_entries(document: Iterable[Any], file: str) -> Iterator[Entry]:
    """Yield the entries of a JSON document."""
    for number, item in last_annotations(document):
        location = Location(file, "entry", number)
        fields = _checked_fields(item, location)
        # Exports include entries that are not labelled yet.
        yield Entry(location, fields if fields.get("topic") else fields | {"topic": []})


def _line_entries(text: str, file: str) -> Iterator[Entry]:
    """Yield the entries of JSON lines."""
    for number, line in numbered_lines(text):
        location = Location(file, "line", number)
        yield Entry(location, _checked_fields(_parse_json(line, file, number), location))


def _parse_json(source: str, file: str, line: int) -> Any:
    """Return the parsed JSON; ``line`` is the line in the file where ``source`` begins."""
    try:
        return json.loads(source)
    except json.JSONDecodeError as error:
        problem = f"not JSON ({error.msg}, column {error.colno})"
        raise SeedError(file, line + error.lineno - 1, problem) from None
    except (RecursionError, ValueError):
        problem = "not JSON that can be read (nested too deep, or too long a number)"
        raise SeedError(file, line, problem) from None


def _checked_fields(item: Any, location: Location) -> dict[str, Any]:
    """Return :func:`fields_of_entry` of ``item``, adding the location to an error."""
    try:
        return fields_of_entry(item)
    except BadEntryError as error:
        raise location.error(error) from None


def fields_of_entry(entry: Any) -> dict[str, Any]:
    """Return the fields of a JSON entry in the own format or that of doccano or Label Studio.

    Raises:
        BadEntryError: it is in none of these formats.

    Example:
        >>> fields_of_entry({"text": "办案12件。", "label": ["执法"]})
        {'text': '办案12件。', 'topic': ['执法']}
    """
    if not isinstance(entry, dict):
        raise BadEntryError('expected an object such as {"text": …, "topic": …}')
    if isinstance(entry.get("data"), dict):
        return _fields_of_task(entry, entry["data"])
    found = rename_fields(entry)
    if "topic" not in found and "annotations" in entry:
        raise BadEntryError("annotations by number; export with doccano 1.3 or newer, as names")
    if isinstance(found.get("topic"), dict):
        found["topic"] = found["topic"].get("choices")  # JSON-MIN with several choices
    return found


def rename_fields(source: Mapping[str, Any]) -> dict[str, Any]:
    """Return the known fields of ``source`` by the keys of :data:`FIELD_NAMES`; drop the others.

    Example:
        >>> rename_fields({"句子": "办案12件。", "note": "x"})
        {'text': '办案12件。'}
    """
    found: dict[str, Any] = {}
    for field, names in FIELD_NAMES.items():
        name = next((name for name in names if name in source), None)
        if name is not None:
            value = source[name]
            if name in ("section", "章节") and isinstance(value, str):
                value = value.rpartition(" > ")[2]
            found[field] = value
    return found


def _fields_of_task(task: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a task of Label Studio; topics come from its annotations only."""
    given = rename_fields(data)
    text = given.get("text")
    if not isinstance(text, str):
        strings = [
            v for name, v in data.items() if isinstance(v, str) and name not in _ALL_FIELD_NAMES
        ]
        if len(strings) != 1:
            raise BadEntryError("data needs the sentence as text")
        [text] = strings
    choices = _last_choices(task)
    found = rename_fields(choices)
    if "topic" not in found:
        unknown = [name for name in choices if name not in _ALL_FIELD_NAMES]
        if len(unknown) > 1:
            listed = " and ".join(unknown)
            raise BadEntryError(f"choices are named {listed}; name those of topics topic")
        found["topic"] = choices[unknown[0]] if unknown else []
    found["role"] = next(iter(found.get("role", [])), "")
    kept = {field: given[field] for field in ("heading", "group") if field in given}
    return kept | found | {"text": text, "id": task.get("id")}


def _last_choices(task: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return the choices of the last annotation not cancelled, by name of their control."""
    made = task.get("annotations", task.get("completions")) or []
    if not isinstance(made, list) or not all(isinstance(one, dict) for one in made):
        raise BadEntryError("annotations must be a list of objects; export as JSON")
    kept = [one for one in made if not (one.get("was_cancelled") or one.get("skipped"))]
    choices: dict[str, list[Any]] = {}
    if kept:
        last = sorted(kept, key=_created)[-1]
        results = last.get("result")
        for result in results if isinstance(results, list) else []:
            value = result.get("value") if isinstance(result, dict) else None
            chosen = value.get("choices") if isinstance(value, dict) else None
            if isinstance(chosen, list):
                choices.setdefault(str(result.get("from_name", "")), []).extend(chosen)
    return choices


def last_annotations(entries: Iterable[Any]) -> Iterable[tuple[int, Any]]:
    """Return the entries, numbered from 1; of several annotations of a task only the latest."""
    last: dict[Any, tuple[int, Any]] = {}
    for number, entry in enumerate(entries, 1):
        annotation = isinstance(entry, dict) and "annotation_id" in entry and "id" in entry
        key = str(entry["id"]) if annotation else number
        if key not in last or _created(entry) > _created(last[key][1]):
            last[key] = (number, entry)
    return last.values()


def _created(annotation: Mapping[str, Any]) -> str:
    """Return the time at which an annotation was made, ``""`` if it is not given."""
    return str(annotation.get("created_at") or "")


# -- Tables: CSV, TSV, XLSX ------------------------------------------------------------------------


def table_entries(rows: Iterable[Row], file: str, unit: str) -> Iterator[Entry]:
    """Yield the entries of a table whose first row is its header.

    Args:
        rows: rows with their numbers, the header first.
        file: name of the file, for messages.
        unit: unit of the row numbers, ``line`` or ``row``.

    Raises:
        SeedError: there is no column for the text or the topic; names the file and line.
    """
    rows = iter(rows)
    number, head = next(rows, (0, ()))
    known = {squeeze(name): name for names in FIELD_NAMES.values() for name in names}
    columns = [known.get(squeeze(cell)) for cell in head]
    for field in ("text", "topic"):
        if not set(FIELD_NAMES[field]) & set(columns):
            chinese = next(name for name in FIELD_NAMES[field] if not name.isascii())
            problem = f"no {field} column; call one {field} or {chinese} in the first row"
            raise SeedError(file, number, problem)
    for number, cells in rows:
        row = reversed(list(zip(columns, map(_cell_text, cells), strict=False)))
        fields: dict[str, Any] = rename_fields({name: cell for name, cell in row if name})
        fields.pop("hard", None)
        for field in ("topic", "also"):  # a cell may contain several names
            fields[field] = [fields[field]] if fields.get(field) else []
        yield Entry(Location(file, unit, number), fields)


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
    """Return the non-blank rows of the first visible sheet of a workbook.

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
    rows: list[Row] = []
    try:
        _check_size(path, data)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about features that openpyxl ignores
            book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
            sheet = next(s for s in book.worksheets if s.sheet_state == "visible")
            # Explicit limits replace the dimensions stored in the sheet, which may be wrong.
            values = sheet.iter_rows(max_row=_MAX_ROW_NUMBER, max_col=_MAX_COLUMN, values_only=True)
            for number, row in enumerate(values, 1):
                cells = [_value_to_text(value) for value in row]
                if any(cells):
                    rows.append((number, cells))
                if len(rows) > _MAX_ROWS:
                    raise _too_large(path)
    except ReadError:
        raise
    except Exception:  # openpyxl raises many types of error for damaged files
        problem = "not an Excel workbook, or a damaged or protected one; save it as .xlsx again"
        raise ReadError(f"{path}: {problem}") from None
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
