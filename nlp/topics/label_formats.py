"""Read label files of several tools and formats (JSON, JSONL, CSV, XLSX) into labels."""

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

NAMES: dict[str, tuple[str, ...]] = {
    "text": ("text", "data", "句子", "文本", "内容"),
    "topic": ("topic", "label", "labels", "cats", "主题", "标签"),
    "also": ("also", "兼"),
    "role": ("role", "作用"),
    "heading": ("heading", "标题", "section"),
    "kind": ("kind",),
    "hard": ("hard",),
    "group": ("group", "分组", "report"),
    "id": ("id", "doc_id"),
}
"""What files call each field; the first that is there counts.

``data`` was doccano's text before 1.6, ``cats`` is its name for labels where spans are marked too,
``labels`` and ``doc_id`` are of 2018. ``section`` and ``report`` are those of our own search.
"""
_KNOWN = {name for names in NAMES.values() for name in names}


class BadEntryError(Exception):
    """Why an entry is not a label; who knows its place says it with the place."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry stands.

    Attributes:
        file: name of the file.
        unit: what is counted: ``line``, ``row``, or ``entry`` where lines mean nothing.
        number: which one, from 1.
    """

    file: str
    unit: str
    number: int

    def __str__(self) -> str:
        return f"{self.unit} {self.number}"

    def error(self, problem: object) -> SeedError:
        """Return the error that says what is wrong here, on one line."""
        said = " ".join(str(problem).split())
        if self.unit == "entry":
            return SeedError(self.file, 0, f"{self}: {said}")
        return SeedError(self.file, self.number, said)


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a label file.

    Attributes:
        place: where it stands.
        fields: what it says, by our names of fields; a ``topic`` that is an empty list says that
            it is not labelled yet.
    """

    place: Place
    fields: dict[str, Any]


def pick(source: Mapping[str, Any]) -> dict[str, Any]:
    """Return what ``source`` says by our names of fields; the rest is left out."""
    found: dict[str, Any] = {}
    for field, names in NAMES.items():
        name = next((name for name in names if name in source), None)
        if name is not None:
            value = source[name]
            if name == "section" and isinstance(value, str):
                value = value.rpartition(" > ")[2]
            found[field] = value
    return found


def fields_of(entry: Any) -> dict[str, Any]:
    """Return the fields of an entry of JSON: ours, of doccano, or of Label Studio.

    Raises:
        BadEntryError: it is none of these.
    """
    if not isinstance(entry, dict):
        raise BadEntryError('expected an object such as {"text": …, "topic": …}')
    if isinstance(entry.get("data"), dict):
        return _task(entry, entry["data"])
    found = pick(entry)
    if "topic" not in found and "annotations" in entry:
        raise BadEntryError("annotations by number; export with doccano 1.3 or newer, as names")
    if isinstance(found.get("topic"), dict):
        found["topic"] = found["topic"].get("choices")  # several choices in JSON-MIN
    return found


def _task(task: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a task of Label Studio; what its data says of topics does not count."""
    given = pick(data)
    text = given.get("text")
    if not isinstance(text, str):
        strings = [v for name, v in data.items() if isinstance(v, str) and name not in _KNOWN]
        if len(strings) != 1:
            raise BadEntryError("data needs the sentence as text")
        [text] = strings
    choices = _choices(task)
    found = pick(choices)
    if "topic" not in found:
        unknown = [name for name in choices if name not in _KNOWN]
        if len(unknown) > 1:
            listed = " and ".join(unknown)
            raise BadEntryError(f"choices are named {listed}; name those of topics topic")
        found["topic"] = choices[unknown[0]] if unknown else []
    found["role"] = next(iter(found.get("role", [])), "")
    kept = {field: given[field] for field in ("heading", "group") if field in given}
    return kept | found | {"text": text, "id": task.get("id")}


def _choices(task: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return what was chosen in the last annotation that was not cancelled, by name of the tag."""
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
    """Return numbered entries; of several annotations of a task (JSON-MIN) only the last made."""
    last: dict[Any, tuple[int, Any]] = {}
    for number, entry in enumerate(entries, 1):
        annotation = isinstance(entry, dict) and "annotation_id" in entry and "id" in entry
        key = str(entry["id"]) if annotation else number
        if key not in last or _created(entry) > _created(last[key][1]):
            last[key] = (number, entry)
    return last.values()


def _created(annotation: Mapping[str, Any]) -> str:
    return str(annotation.get("created_at") or "")


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
    return unescape_formula(cell).strip()


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
