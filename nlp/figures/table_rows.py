"""Read the rows of tables: numbers without a unit, each with the labels of its row and column."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from ..records import Sentence
from ..text.normalize import fold
from .mentions import Found, Line, line_of
from .periods import one_year
from .quantities import quantities
from .relations import cell_labels

_CELLS = re.compile(r"\s*[|｜\t]\s*|\s{2,}")
_BARE_NUMBER = re.compile(r"\d[\d,，]*(?:\.\d+)?")
_LABEL_AND_NUMBERS = re.compile(r"(?P<label>\D{2,40}?)(?:[:：]|\s)\s*(?P<numbers>\d[\d,.\s]*)")
_NUMBERING = re.compile(
    r"[(（](?:[一二三四五六七八九十]{1,3}|\d{1,2})[)）]\s*|[一二三四五六七八九十]{1,3}、\s*"
    r"|\d{1,2}[.、．](?!\d)\s*|[①-⑳]\s*|其中[:：,，]?\s*"
)
_LIKE_A_ROW = re.compile(r"[|｜\t]|\s{2,}\S|[:：\s]\d")
_YEAR_CELL = re.compile(r"(?P<year>(?:19|20)\d\d)年?度?")
_APPLICANTS = (*("自然人", "商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他", "总计"),)
"""Columns of the tables on requests that the annual reports of open government have in common."""
_LONGEST_LABEL = 40
_ENDS = "。!！?？,，"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: its numbers without a unit, and what each is the number of.

    Attributes:
        numbers: for each number where it begins and ends in the sentence, its label, and the
            label of the column, ``""`` for none.
        header: the names of the columns, for the rows that follow.
        label: the sentence, when it is the label of a number on the line that follows.
    """

    numbers: tuple[tuple[int, int, str, str], ...] = ()
    header: tuple[str, ...] = ()
    label: str = ""


def row_of(text: str, label_before: str, header_above: tuple[str, ...]) -> Row | None:
    """Read ``text`` as a row of a table: cells parted by ``|``, tabs or wide spaces.

    A number alone on a line belongs to the line in front, where that names a count.

    Args:
        text: the sentence.
        label_before: the sentence in front, when it may be the label of a number, else ``""``.
        header_above: the names of the columns of the table that the sentence stands in.

    Returns:
        The row, ``None`` for a sentence that is none and no label of one.
    """
    if not label_before and not _LIKE_A_ROW.search(text):
        if len(text) > _LONGEST_LABEL or not _names_count(text):
            return None
        return Row(label=text.strip())
    own = text.strip().rstrip(";；。")
    if label_before and _BARE_NUMBER.fullmatch(own):
        start = text.index(own)
        return Row(((start, start + len(own), label_before, ""),))
    cells = _cells(text, own)
    if len(cells) < 2:
        return Row(label=own) if len(own) <= _LONGEST_LABEL and _names_count(own) else None
    if not any(c.isalnum() for c in own):  # |---|---|
        return Row(header=header_above)
    if any(len(cell) > _LONGEST_LABEL or cell[-1] in _ENDS for _, cell in cells):
        return None
    bare = [bool(_BARE_NUMBER.fullmatch(cell)) for _, cell in cells]
    if bare[0] or not any(bare):
        named = not any(c.isdigit() for _, cell in cells for c in _YEAR_CELL.sub("", cell))
        return Row(header=tuple(cell for _, cell in cells)) if named else None
    header = header_above if len(header_above) == len(cells) else ()
    if not header and len(cells) == 1 + len(_APPLICANTS) and all(bare[1:]):
        header = ("", *_APPLICANTS)
    numbers: list[tuple[int, int, str, str]] = []
    above = label = ""
    for i, (start, cell) in enumerate(cells):
        if bare[i]:
            column = header[i] if header else ""
            name = f"{above}·{label}" if above and above != label else label
            numbers.append((start, start + len(cell), name, column))
        else:
            if i and not bare[i - 1]:
                above = label
            label = _label(cell)
    return Row(tuple(numbers), header_above)


def _names_count(label: str) -> bool:
    return fold(label).endswith(cell_labels())


def _cells(text: str, own: str) -> list[tuple[int, str]]:
    """Return the cells of ``own``, each with where it begins in ``text``."""
    begin = text.index(own)
    spans: list[tuple[int, int]] = []
    at = 0
    for mark in _CELLS.finditer(own):
        spans.append((at, mark.start()))
        at = mark.end()
    spans.append((at, len(own)))
    cells = [(begin + a, own[a:b]) for a, b in spans if a < b]
    if len(cells) == 1 and (match := _LABEL_AND_NUMBERS.fullmatch(own)):
        numbers = list(_BARE_NUMBER.finditer(own, match.start("numbers")))
        if len(numbers) > 1 or _names_count(match["label"].strip()):
            cells = [(begin, match["label"].strip())]
            cells += [(begin + m.start(), m[0]) for m in numbers]
    return cells


def _label(cell: str) -> str:
    """Return the label of a cell without its numbering: of （一）予以公开 it is 予以公开."""
    numbering = _NUMBERING.match(cell)
    return re.sub(r"\s+", "", cell[numbering.end() :] if numbering else cell).rstrip(":：")


def read_row(line: Line, row: Row) -> list[Found]:
    """Return the numbers of a row; those of the columns in front of 总计 are its parts."""
    starts = [line.span(i, i + 1)[0] - line.offset for i in range(len(line.t))]
    founds: list[Found] = []
    total: Found | None = None
    for begin, end, label, column in row.numbers:
        at, behind = bisect_left(starts, begin), bisect_left(starts, end)
        found = _cell(line, at, behind, re.sub("[,，]", "", line.text[begin:end]), label)
        if fold(column) in _TOTALS:
            total = found
        elif column and not _YEAR_CELL.fullmatch(column):
            found.name = column
        founds.append(found)
    for found, (_, _, label, column) in zip(founds, row.numbers, strict=True):
        if column and total and found.name == column:
            found.whole, found.stated = total, True
            found.role, total.role = "part", "total"
        elif column and found.name == column:
            found.name = f"{label}·{column}"
    return founds


def date_columns(founds: Sequence[Found], row: Row) -> None:
    """Set the year of the numbers of columns that are headed by one."""
    for found, (*_, column) in zip(founds, row.numbers, strict=True):
        if year := _YEAR_CELL.fullmatch(column):
            found.speaks_of(one_year(int(year["year"])), "sentence")


_UNIT_OF_LABEL = re.compile(r"[(（](?P<unit>[^\d()（）]{1,8})[)）]$")


def _cell(line: Line, start: int, end: int, number: str, label: str) -> Found:
    """Return the number of a cell with the unit that its label has in brackets: 投资（万元）."""
    if said := _UNIT_OF_LABEL.search(label):
        words = number + said["unit"]
        read = line_of(Sentence(0, words, 0, len(words)))
        own = list(quantities(read, ())) if read else []
        if len(own) == 1 and own[0].end == len(words):
            name = label[: said.start()]
            return replace(own[0], line=line, start=start, digits=start, end=end, name=name)
    return Found(line, start, start, end, "quantity", "", (Decimal(number),), name=label)


_TOTALS = ("总计", "合计", "小计", "总数", "共计")
