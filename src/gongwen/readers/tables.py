"""Read tables with one report per row (CSV, JSON, Excel workbooks), and tables of statistics."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..nlp.errors import ReadError, quoted
from .base import Blob, Extract
from .detect import kind_of
from .detect import read as read_any
from .json_reports import json_items, names_in
from .plain_text import decode
from .report_columns import (
    cell_text,
    heads_of,
    is_known,
    metadata_in,
    names_text,
    text_in,
)
from .workbook import Row, Sheet, read_sheets

_DELIMITERS = ",\t;|"
_NO_DELIMITER = "\x1f"
"""The delimiter used for a table with only one column: a character that no text contains."""
_HEADER_ROWS = 10
"""Number of rows at the top in which the row with the names of the columns is looked for."""
_HEAD_LINES = 3
"""Most rows that the heads of a table of statistics take."""
_HEADER_CHARACTERS = 1 << 16
_MAX_LISTED_COLUMNS = 8
_MAX_NAMED_ROWS = 20
_MAX_REPORTS = 100_000
_REREAD = 8
"""Times the length of a CSV file that may be read again behind quotes that are not closed."""
_LONG_CELL = 20
"""Characters of a cell with a full stop that is a text and not a value."""
_MOST_CELLS = 0.6
"""Share of the cells of a column that are texts when the column is taken for that of the texts."""
_NUMBER = re.compile(r"[-+−]?\d[\d,，]*(?:\.\d+)?[%％‰]?[^\W\d_]{0,3}")
_YEAR = re.compile("(?:19|20)\\d\\d(?:年度?)?")
_TAG = re.compile(
    r"</?(?:p|div|br|span|h[1-6]|table|tbody|tr|t[dh]|li|[uo]l|section|article|strong|b|em|i|u|font"
    r"|a|img|html|body|center|style|script|!doctype)(?:[\s/][^<>]*)?>",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{1,6}|#[xX][0-9a-fA-F]{1,6});")
_MARKDOWN = re.compile(r"^#{1,6} \S|\*\*[^*\n]{1,200}\*\*|^\|[ :|-]{3,200}$", re.MULTILINE)
_GENERIC_SHEET = re.compile(r"(?:sheet|工作表|表)\s*\d*", re.IGNORECASE)


def read(blob: Blob) -> Iterator[Extract]:
    r"""Yield a report for every row with a text, with the metadata from its other columns.

    A table of statistics, without a column of texts, is one report with the rows of the table.

    Raises:
        ReadError: no column is named as the text and it is no table of statistics, no row has a
            text, or the file is a workbook that is damaged, too large, or cannot be read because
            openpyxl is missing.

    Example:
        >>> data = "text,year\n报告,2023年\n".encode()
        >>> [(extract.text, extract.part, extract.said) for extract in read(Blob("a.csv", data))]
        [('报告', 'line 2', {'year': '2023'})]
    """
    kind = kind_of(blob.data, blob.name)
    reports = _Reports(blob.name)
    if kind == "xlsx":
        sheets, notes = read_sheets(blob)
        reports.notes += notes
        for sheet in sheets:
            reports.add_table(sheet, "row", several=len(sheets) > 1)
        return reports.finish()
    decoded = decode(blob.data, blob.name, blob.encoding)
    reports.notes += decoded.notes
    if kind in ("json", "jsonl"):
        reports.add_json(decoded.text, lines=kind == "jsonl")
    else:
        reports.add_table(Sheet("", list(_csv_rows(decoded.text, reports))), "line")
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
    broken_from: int = 0
    """The line from which on rows must be whole, behind a quote that is not closed; 0 for none."""
    others: list[Sheet] = field(default_factory=list)
    """Sheets without a column of texts."""

    def add_table(self, sheet: Sheet, unit: str, *, several: bool = False) -> None:
        """Add the rows of a table below the row that names a column of texts."""
        rows = sheet.rows
        unit = f"{sheet.title} {unit}" if several else unit
        self.notes += [f"{sheet.title}: {note}" if several else note for note in sheet.notes]
        self.columns = self.columns or [cell_text(cell) for _, row in rows[:1] for cell in row]
        top = rows[:_HEADER_ROWS]
        index = next((n for n, (_, row) in enumerate(top) if names_text(heads_of(row))), -1)
        if index >= 0:
            heads = heads_of(rows[index][1])
        else:
            if (found := _column_of_texts(rows)) is None:
                if rows:
                    self.others.append(sheet)
                return
            index, column = found
            heads = heads_of(rows[index][1])
            name = cell_text(rows[index][1][column]) or str(column + 1)
            self.notes.append(f"column {quoted(name)} is taken for that of the texts")
            heads[column] = "text"
        below = index + 1
        while (
            below < len(rows)
            and below <= index + 2
            and (more := _further_heads(heads, rows[below][1]))
        ):
            heads, below = more, below + 1
        filled = _filled_down(sheet, heads)
        for number, cells in rows[below:]:
            if heads_of(cells) == heads:  # repeated at the top of a page
                continue
            part = f"{unit} {number}"
            wrong = any(cell_text(cell) for cell in cells[len(heads) :])
            if (wrong and unit == "line") or (
                0 < self.broken_from <= number and len(cells) != len(heads)
            ):
                self.unreadable.append(f"{part} ({len(cells)} cells under {len(heads)} columns)")
                continue
            fields: dict[str, Any] = {}
            for column, (head, cell) in enumerate(zip(heads, cells, strict=False)):
                value = cell or filled.get((number, column), "")
                if head and (head not in fields or not cell_text(fields[head])):
                    fields[head] = value
            for column in range(len(cells), len(heads)):
                if value := filled.get((number, column), ""):
                    fields.setdefault(heads[column], value)
            formula = any(
                (number, column + 1) in sheet.without_value and names_text([head])
                for column, head in enumerate(heads)
            )
            self._add(part, fields, "its text is a formula without a stored value" * formula)

    def add_json(self, text: str, *, lines: bool) -> None:
        """Add the reports in JSON."""
        items = list(json_items(text, self.name, lines=lines))
        self.columns = names_in(items, text)
        single = len(items) == 1 and not items[0].part.startswith("line ")
        for item in items:
            if item.fields is None:
                self.unreadable.append(f"{item.part} ({item.problem})")
            else:
                self.columns = self.columns or list(item.fields)
                whole = single and "entry" not in item.part
                self._add("" if whole else item.part, item.fields)

    def _add(self, part: str, fields: Mapping[str, Any], why_none: str = "") -> None:
        """Add the report in a row, given as cells by the keys of their columns."""
        self.has_texts = self.has_texts or names_text(fields)
        text = text_in(fields)
        if text.startswith("#") and text.rstrip("!?").isupper() and text[-1:] in "!?A":
            why_none = f"its text is the error {text}"  # of Excel: #REF!, #NAME?, #N/A
        if why_none:
            self.unreadable.append(f"{part} ({why_none})")
            return
        rendered = _rendered(text, self.name) if text else None
        if rendered is None:
            known = metadata_in(fields)[0]
            named = known.get("title") or known.get("region", "")
            self.without_text.append(f"{part} ({quoted(named)})" if named else part)
            return
        said, problems = metadata_in(fields)
        notes = [f"{part}: {problem}" if part else problem for problem in problems]
        said = {**rendered.said, **said}
        self.extracts.append(
            replace(rendered, part=part, said=said, notes=(*rendered.notes, *notes))
        )
        if len(self.extracts) > _MAX_REPORTS:
            raise ReadError(f"{self.name}: more than {_MAX_REPORTS:,} reports; split it first")

    def finish(self) -> Iterator[Extract]:
        """Yield the reports, with the notes of the whole table on the first one.

        Raises:
            ReadError: the table has no reports.
        """
        if not self.extracts and not self.has_texts:
            self._add_statistics()
        elif self.extracts and self.others:
            names = ", ".join(sheet.title for sheet in self.others[:_MAX_LISTED_COLUMNS])
            self.notes.append(f"sheets without a column of texts left out: {names}")
        if not self.extracts:
            raise ReadError(f"{self.name}: {self._reason_for_none()}")
        for places, what in ((self.without_text, " without text"), (self.unreadable, "")):
            places.sort(key=_number_in)
            if places:
                count = "1 row" if len(places) == 1 else f"{len(places)} rows"
                named = ", ".join(places[:_MAX_NAMED_ROWS])
                if len(places) > _MAX_NAMED_ROWS:
                    named += f" and {len(places) - _MAX_NAMED_ROWS} more"
                self.notes.append(f"{count}{what} left out: {named}")
        first = self.extracts[0]
        self.extracts[0] = replace(first, notes=(*self.notes, *first.notes))
        yield from self.extracts

    def _reason_for_none(self) -> str:
        """Return the error message for a table without reports."""
        if self.columns and not self.has_texts:
            names = ", ".join(quoted(name) for name in self.columns[:_MAX_LISTED_COLUMNS] if name)
            return f"no column of texts; call it text or 正文 (columns: {names or 'without names'})"
        return f"no row can be read: {self.unreadable[0]}" if self.unreadable else "no texts in it"

    # -- tables of statistics ----------------------------------------------------------------------

    def _add_statistics(self) -> None:
        """Make the sheets with numbers, or a sheet of one column of sentences, one report."""
        texts: list[str] = []
        left_out: list[str] = []
        for sheet in self.others:
            lines = _statistics(sheet) or _paragraphs(sheet)
            if lines and len(self.others) > 1 and "\t" in lines[0]:
                lines.insert(0, sheet.title)
            if lines:
                texts.append("\n".join(lines))
            else:
                left_out.append(sheet.title)
        if not texts:
            return
        if left_out:
            self.notes.append(f"sheets without numbers left out: {', '.join(left_out)}")
        title = texts[0].partition("\n")[0]
        sheet_title = self.others[0].title
        if "\t" in title:
            title = "" if not sheet_title or _GENERIC_SHEET.fullmatch(sheet_title) else sheet_title
        said = (
            {"title": title} if title and len(title) < _LONG_CELL * 5 and "。" not in title else {}
        )
        self.extracts.append(Extract("\n\n".join(texts), said=said))


def _number_in(place: str) -> int:
    """Return the first number in the name of a row, by which rows of a sheet are in order."""
    found = re.search(r"(?:line|row|entry) (\d{1,9})", place)
    return int(found[1]) if found else 0


def _is_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text)) and not _YEAR.fullmatch(text)


def _statistics(sheet: Sheet) -> list[str]:
    """Return the lines of a table of statistics: titles, one line of heads, and the rows.

    Returns:
        Cells are separated by tabs; an empty list when fewer than half of the rows have numbers.
    """
    filled = _filled_down(sheet, None)
    width = max(len(cells) for _, cells in sheet.rows)
    rows = [
        [_one_line(cells[c] if c < len(cells) and cells[c] else filled.get((number, c), ""))
         for c in range(width)]
        for number, cells in sheet.rows
    ]  # fmt: skip
    first = next((n for n, row in enumerate(rows) if any(map(_is_number, row))), None)
    if first is None:
        return []
    body = [row for row in rows[first:] if sum(map(bool, row)) > 1]
    if not body or sum(any(map(_is_number, row)) for row in body) * 2 < len(body):
        return []
    start = next((n for n, row in enumerate(rows[:first]) if sum(map(bool, row)) > 1), first)
    start = max(start, first - _HEAD_LINES)
    heads = _joined_heads(rows[start:first])
    kept = [c for c in range(width) if any(row[c] for row in (*heads, *rows[first:]))]
    lines = ["  ".join(filter(None, row)) for row in rows[:start]]
    for row in (*heads, *rows[first:]):
        whole = sum(map(bool, row)) > 1
        lines.append("\t".join(row[c] for c in kept) if whole else "".join(row))
    return lines


def _joined_heads(rows: list[list[str]]) -> list[list[str]]:
    """Return the heads of a table in one row when an upper row has the names of groups."""
    if len(rows) < 2 or not any(cell == "" for row in rows for cell in row):
        return rows
    joined: list[list[str]] = [[] for _ in rows[0]]
    for level, row in enumerate(rows):
        last = ""
        for column, cell in enumerate(row):
            below = any(later[column] for later in rows[level + 1 :])
            last = cell or (last if below and level < len(rows) - 1 else "")
            if last and last not in joined[column]:
                joined[column].append(last)
    return [["".join(parts) for parts in joined]]


def _paragraphs(sheet: Sheet) -> list[str]:
    """Return the lines of a report that stands in one column, a paragraph a row; else ``[]``."""
    lines = [[text for cell in cells if (text := cell_text(cell))] for _, cells in sheet.rows]
    if max(map(len, lines)) > 1 or not any("。" in text for line in lines for text in line):
        return []
    return [text for line in lines for text in line]


def _one_line(cell: Any) -> str:
    return " ".join(cell_text(cell).split())


# -- heads -----------------------------------------------------------------------------------------


def _further_heads(heads: list[str], cells: Sequence[Any]) -> list[str]:
    """Return the heads with those of a second row of heads, ``[]`` when the row is none."""
    more = heads_of(cells)
    filled = [head for head in more if head]
    if not filled or more == heads:
        return []
    if names_text(more):
        return [own or above for own, above in _pairs(more, heads)]
    column_of_text = next((n for n, head in enumerate(heads) if names_text([head])), len(heads))
    if column_of_text < len(more) and more[column_of_text]:
        return []
    if not all(map(is_known, filled)):
        return []
    return [own or above for own, above in _pairs(more, heads)]


def _pairs(one: list[str], other: list[str]) -> Iterator[tuple[str, str]]:
    for n in range(max(len(one), len(other))):
        yield one[n] if n < len(one) else "", other[n] if n < len(other) else ""


def _filled_down(sheet: Sheet, heads: list[str] | None) -> dict[tuple[int, int], Any]:
    """Return the values of cells that are merged with one above, by row (1) and column (0).

    Args:
        sheet: the table.
        heads: its heads; a text is not repeated. ``None`` for a table of statistics.
    """
    areas = [area for area in sheet.merged if area[2] > area[0]]
    if not areas:
        return {}
    by_number = dict(sheet.rows)
    found: dict[tuple[int, int], Any] = {}
    for top, left, bottom, _ in areas:
        cells = by_number.get(top, ())
        if left > len(cells) or not cells[left - 1]:
            continue
        if heads and (left > len(heads) or names_text([heads[left - 1]])):
            continue
        for number in range(top + 1, min(bottom, top + _MAX_REPORTS) + 1):
            if number in by_number:
                found[number, left - 1] = cells[left - 1]
    return found


def _column_of_texts(rows: Sequence[Row]) -> tuple[int, int] | None:
    """Return the row of heads and the column whose cells are mostly texts, when there is one."""
    columns: dict[int, int] = {}
    longest: dict[int, int] = {}
    for _, cells in rows:
        for column, cell in enumerate(cells):
            text = cell_text(cell)
            if len(text) >= _LONG_CELL and "。" in text:
                columns[column] = columns.get(column, 0) + 1
                longest[column] = longest.get(column, 0) + len(text)
    if not columns:
        return None
    column = max(columns, key=lambda one: longest[one])
    for index, (_, cells) in enumerate(rows[:_HEADER_ROWS]):
        name = cell_text(cells[column]) if column < len(cells) else ""
        if name and len(name) < _LONG_CELL and "。" not in name and sum(map(bool, cells)) > 1:
            below = len(rows) - index - 1
            return (index, column) if columns[column] >= _MOST_CELLS * below else None
    return None


# -- texts -----------------------------------------------------------------------------------------


def _rendered(text: str, name: str) -> Extract | None:
    """Return the text of a cell, of HTML and Markdown as their readers give it.

    Returns:
        ``None`` when there is no text in the HTML.
    """
    if _ENTITY.search(text):
        unescaped = html.unescape(text)
        text = text if _TAG.search(text) and not _TAG.search(unescaped) else unescaped
        text = text.replace("\xa0", " ").strip()
    suffix = ".html" if _TAG.search(text) else ".md" if _MARKDOWN.search(text) else ""
    if not suffix:
        return Extract(text)
    whole = re.sub("[\ud800-\udfff]", "\ufffd", text)
    if suffix == ".html" and not re.search("(?i)<body|<html", whole):
        whole = f"<html><body>{_with_breaks(whole)}</body></html>"
    try:
        return next(iter(read_any(Blob(name + suffix, b"\xef\xbb\xbf" + whole.encode()))))
    except ReadError:
        return None


def _with_breaks(markup: str) -> str:
    """Return HTML in which line ends between texts without tags of blocks are kept."""
    blocks = re.search(r"(?i)<(?:p|div|br|h[1-6]|li|tr|section)\b", markup)
    return markup if blocks else markup.replace("\n", "<br>")


# -- CSV -------------------------------------------------------------------------------------------


def _csv_rows(text: str, reports: _Reports) -> Iterator[Row]:
    """Yield the rows that are not blank; record invalid ones in ``reports``.

    Where a quote is not closed, its line is left out and reading begins anew on the next line.

    Raises:
        ReadError: there are too many such quotes.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    first, _, rest = text.partition("\n")
    delimiter, above = _delimiter(text), 0
    if found := re.fullmatch("(?i)sep=(.)", first.strip('" \ufeff')):  # written by Excel
        delimiter, above, text = found[1], 1, rest
    reader, budget = (
        csv.reader(io.StringIO(text), delimiter=delimiter, strict=True),
        len(text) * _REREAD,
    )
    while True:
        number = above + reader.line_num + 1
        try:
            cells = _next_row(reader, len(text))
        except StopIteration:
            return
        except csv.Error as error:
            problem = str(error)
            if above + reader.line_num > number or "unexpected end" in problem:
                # The quoted cell extends to another quote, or to the end of the file.
                problem = "a quote is not closed; close or double it"
                skipped = number - above
                budget -= len(text)
                text = text.split("\n", skipped)[skipped] if text.count("\n") >= skipped else ""
                if budget < 0:
                    raise ReadError(f"{reports.name}: line {number}: {problem}") from None
                above = number
                reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
                reports.broken_from = reports.broken_from or number
            reports.unreadable.append(f"line {number} ({problem})")
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
    """Return the delimiter of the line that names a column of texts, else the most frequent one."""
    lines = text[:_HEADER_CHARACTERS].split("\n")[:_HEADER_ROWS]
    for line in lines:
        for delimiter in sorted(_DELIMITERS, key=line.count, reverse=True):
            if names_text(heads_of([name.strip('" ') for name in line.split(delimiter)])):
                return delimiter if delimiter in line else _NO_DELIMITER
    return max(_DELIMITERS, key=lambda one: sum(line.count(one) > 0 for line in lines))
