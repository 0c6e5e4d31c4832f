"""Label files to entries: which format is it, and where does each entry stand?"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path, PurePath
from typing import Any

from .errors import ReadError, SeedError
from .labelentries import BadEntryError, Entry, Place, fields_of, last_annotations
from .labelsheets import LARGEST, csv_rows, sheet_entries, xlsx_rows
from .seedfile import numbered_lines

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0"
_WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".et")
_TABLES = (".csv", ".tsv")


@dataclass(frozen=True, slots=True)
class LabelFile:
    """A label file.

    Attributes:
        entries: its entries in order, read as they are asked for.
        to_fill: where its topics are to be given, for messages.
    """

    entries: Iterator[Entry]
    to_fill: str


def read_label_file(path: Path | Traversable) -> LabelFile:
    """Read a label file; a workbook and JSON are known by their content, CSV and TSV by name.

    Raises:
        ReadError: it is missing, empty, too large, not UTF-8, or a workbook that cannot be read.
        SeedError: it is not JSON or CSV; names the file and line. Also raised by ``entries``.
    """
    data = _bytes(path)
    suffix = PurePath(path.name).suffix.lower()
    if data.startswith(_ZIP):
        entries = sheet_entries(xlsx_rows(path, data), path.name, "row")
        return LabelFile(entries, "fill in the topic column")
    if data.startswith(_OLE):
        raise ReadError(f"{path}: an old or protected Excel file; save it as .xlsx, unprotected")
    if suffix in _WORKBOOKS:
        raise ReadError(f"{path}: not an Excel workbook but for its name; save it as .xlsx again")
    text = _text(path, data, suffix)
    if suffix in _TABLES:
        entries = sheet_entries(csv_rows(text, path.name), path.name, "line")
        return LabelFile(entries, "fill in the topic column")
    document = _document(text, path.name)
    entries = _json_lines(text, path.name) if document is None else _items(document, path.name)
    return LabelFile(entries, "give the entries a topic or label")


def _bytes(path: Path | Traversable) -> bytes:
    try:
        if path.is_dir():
            raise ReadError(f"{path}: a folder; give the label files in it by name")
        with path.open("rb") as file:
            data: bytes = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise ReadError(f"{path}: no such file") from None
    except OSError as error:
        raise ReadError(f"{path}: cannot be read ({error.strerror or error})") from None
    if len(data) > LARGEST:
        raise ReadError(f"{path}: larger than {LARGEST >> 20} MB; split it first")
    if not data.removeprefix(codecs.BOM_UTF8).strip():
        raise ReadError(f"{path}: the file is empty; give sentences with their topics")
    return data


def _text(path: Path | Traversable, data: bytes, suffix: str) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        like = _likely_encoding(data)
        how = ", in Excel “CSV UTF-8”" if suffix in _TABLES else " first"
        raise ReadError(f"{path}: not UTF-8{like}; save it as UTF-8{how}") from None
    if "\0" in text:
        raise ReadError(f"{path}: a binary file, not labels; give JSONL, JSON, CSV, TSV or XLSX")
    return text


def _likely_encoding(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return " (it looks like UTF-16)"
    try:
        data.decode("gb18030")
    except UnicodeDecodeError:
        return ""
    return " (it looks like GB18030)"


def _parsed(source: str, file: str, line: int) -> Any:
    try:
        return json.loads(source)
    except json.JSONDecodeError as error:
        problem = f"not JSON ({error.msg}, column {error.colno})"
        raise SeedError(file, line + error.lineno - 1, problem) from None
    except (RecursionError, ValueError):
        problem = "not JSON that can be read (nested too deep, or too long a number)"
        raise SeedError(file, line, problem) from None


def _document(text: str, file: str) -> list[Any] | None:
    """Return the entries of a file that is one JSON value, ``None`` when it is lines of JSON."""
    source = text.strip()
    if source.startswith("["):
        entries: list[Any] = _parsed(text, file, 1)
        return entries
    if source.startswith("{") and "\n" in source:
        try:
            return [json.loads(source)]  # one task over several lines
        except (ValueError, RecursionError):
            return None
    return None


def _items(document: Iterable[Any], file: str) -> Iterator[Entry]:
    for number, item in last_annotations(document):
        place = Place(file, "entry", number)
        fields = _fields(item, place)
        # An export also lists what is not labelled yet.
        yield Entry(place, fields if fields.get("topic") else fields | {"topic": []})


def _json_lines(text: str, file: str) -> Iterator[Entry]:
    for number, line in numbered_lines(text):
        place = Place(file, "line", number)
        yield Entry(place, _fields(_parsed(line, file, number), place))


def _fields(item: Any, place: Place) -> dict[str, Any]:
    try:
        return fields_of(item)
    except BadEntryError as error:
        raise place.error(error) from None
