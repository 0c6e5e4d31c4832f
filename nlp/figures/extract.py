"""Extract the figures of a text: every number with its indicator, unit and place."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from ..document.parse import parse_document
from ..records import Document, Figure, Sentence, Year
from .comparisons import mark_change, mark_levels, ranks, ratios
from .indicators import name_all
from .lookalikes import lookalikes, titles_in
from .mentions import Found, Line, line_of, matching_brackets
from .periods import Date, find_dates, times_of
from .quantities import quantities
from .relations import LEVELS, cell_labels, distribute, link_parts

_LONGEST = 5_000
"""Characters of a sentence whose numbers are read; what is longer is a table that lost its form,
and what stands in front of a number is looked at once for each number."""
_EDGE = re.compile(r"[,;:。!?|]")
_NEXT = re.compile(r"[、和及与]|以及|并")


def extract_figures(text: str, year: Year | None = None) -> list[Figure]:
    """Return the numbers of ``text`` with what they are the numbers of, in order.

    Args:
        text: a report, or a passage of one.
        year: the year that it reports on; by default the one that its title names.

    Returns:
        One figure for each number that counts, measures, dates or ranks something. Names that
        only look like numbers are left out, and sentences of more than 5,000 characters.
        ``text[f.start:f.end] == f.raw`` for each.
    """
    document = parse_document(text)
    return [found.figure() for found in read_document(document, year)]


def read_document(document: Document, year: Year | None = None) -> list[Found]:
    """Return the numbers of a parsed report, dates included, still linked to each other."""
    known = document.year if year is None else year
    return list(read_sentences(document.sentences, known))


def read_sentences(sentences: Iterable[Sentence], year: Year = "") -> Iterator[Found]:
    """Yield the numbers of consecutive ``sentences``, dates included."""
    context = Context()
    for sentence in sentences:
        if sentence.kind == "boilerplate" or len(sentence.text) > _LONGEST:
            continue
        line = line_of(sentence)
        row = _row(sentence.text, context)
        if line and row.numbers:
            founds = _read_row(line, row, year)
        elif line and not row.header:
            founds = read_line(line, year, context)
        else:
            founds = []
        if not founds or row.numbers:
            context = Context(label=row.label, header=row.header)
        yield from founds


@dataclass(slots=True)
class Context:
    """Totals of the previous sentence that the next sentence may refer to.

    Attributes:
        total: its last level, of which a 其中 at the beginning may name parts.
        running: the total whose parts it was listing up to its semicolon, and the first of them.
        label: the sentence itself, when it may be a cell whose number follows as a line.
        header: the names of the columns of the table whose rows follow.
    """

    total: Found | None = None
    running: tuple[Found, Found] | None = None
    label: str = ""
    header: tuple[str, ...] = ()


def read_line(line: Line, year: Year, context: Context) -> list[Found]:
    """Return the numbers of one line, and leave in ``context`` what the next may need."""
    t = line.t
    titles = titles_in(t)
    in_titles = {i for a, b in titles for i in range(a + 1, b)}
    dates = [d for d in find_dates(t, year) if d.start not in in_titles]
    spans = [(d.start, d.end) for d in dates] + lookalikes(t)
    founds = _numbers(line, spans)
    if founds:
        running = _read(line, founds, dates, year, context)
        levels = [f for f in founds if f.kind in LEVELS and f.role in ("", "to", "total", "part")]
        levels = [f for f in levels if not f.stated]
        context.total = levels[-1] if levels else None
        context.running = running if t.endswith(";") else None
    dated = [
        Found(line, d.start, d.start, d.end, "date", d.unit, text=d.value, year=d.year)
        for d in dates
    ]
    return sorted([*founds, *dated], key=lambda f: f.start)


def _numbers(line: Line, spans: list[tuple[int, int]]) -> list[Found]:
    masked = bytearray(len(line.t) + 1)
    for start, end in spans:
        masked[start:end] = b"\1" * (end - start)
    founds: list[Found] = []
    for found in ranks(line):
        _take(founds, found, masked)
    for found in ratios(line):
        _take(founds, found, masked)
    taken = spans + [(f.digits, f.end) for f in founds]
    founds += quantities(line, taken)
    return sorted(founds, key=lambda f: f.start)


def _take(founds: list[Found], found: Found, masked: bytearray) -> None:
    structure = len(found.numbers) > 2  # 18.9:36.1:45.0 holds what looks like a time of the day
    if structure or not any(masked[found.digits : found.end]):
        founds.append(found)
        masked[found.digits : found.end] = b"\1" * (found.end - found.digits)


def _read(
    line: Line, founds: list[Found], dates: Sequence[Date], year: Year, context: Context
) -> tuple[Found, Found] | None:
    t = line.t
    lefts = _lefts(t, founds)
    rights: dict[int, int] = {}
    times = times_of(t, dates, year)
    for i, found in enumerate(founds):
        previous = founds[i - 1] if i else None
        if not mark_levels(found, previous):
            rights[found.start] = mark_change(found, lefts[found.start], previous)
        found.year, found.period = times.at(found.start)
    name_all(line, founds, dates, lefts, rights)
    distribute(line, founds, dates)
    return link_parts(founds, lefts, context.total, context.running)


def _lefts(t: str, founds: Sequence[Found]) -> dict[int, int]:
    """Return for the start of each number where the words in front that are its own can begin."""
    starts = [f.start for f in founds]
    holding = {
        edge
        for opening, close in matching_brackets(t).items()
        if bisect_right(starts, opening) < bisect_left(starts, close)
        for edge in (opening, close)
    }
    edges = sorted({m.start() for m in _EDGE.finditer(t)} | holding)
    lefts: dict[int, int] = {}
    end = 0
    for found in founds:
        edge = bisect_left(edges, found.start)
        left = max(edges[edge - 1] + 1 if edge else 0, end)
        if (mark := _NEXT.match(t, left)) and left == end:
            left = mark.end()
        lefts[found.start] = min(left, found.start)
        end = found.end
    return lefts


# -- rows of tables ------------------------------------------------------------------------------

_CELLS = re.compile(r"\s*[|｜\t]\s*|\s{2,}")
_BARE_NUMBER = re.compile(r"\d[\d,，]*(?:\.\d+)?")
_LABEL_AND_NUMBERS = re.compile(r"(?P<label>\D{2,40}?)(?:[:：]|\s)\s*(?P<numbers>\d[\d,.\s]*)")
_NUMBERING = re.compile(
    r"[(（](?:[一二三四五六七八九十]{1,3}|\d{1,2})[)）]\s*|[一二三四五六七八九十]{1,3}、\s*"
    r"|\d{1,2}[.、．](?!\d)\s*|[①-⑳]\s*|其中[:：,，]?\s*"
)
_LIKE_A_ROW = re.compile(r"[|｜\t]|\s{2,}\S|[:：\s]\d")
_YEAR_CELL = re.compile(r"(?P<year>(?:19|20)\d\d)年?度?")
_APPLICANTS = (
    *("自然人", "商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他", "总计"),
)
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


def _row(text: str, context: Context) -> Row:
    """Read ``text`` as a row of a table: cells parted by ``|``, tabs or wide spaces.

    A number alone on a line belongs to the line in front, where that names a count.
    """
    own = text.strip().rstrip(";；。")
    if not _LIKE_A_ROW.search(text) and not context.label:
        return Row(label=own if len(own) <= _LONGEST_LABEL and cell_labels().fullmatch(own) else "")
    if context.label and _BARE_NUMBER.fullmatch(own):
        start = text.index(own)
        return Row(((start, start + len(own), context.label, ""),))
    cells = _cells(text, own)
    if len(cells) < 2:
        return Row(label=own if len(own) <= _LONGEST_LABEL and cell_labels().fullmatch(own) else "")
    if not any(c.isalnum() for c in own):  # |---|---|
        return Row(header=context.header)
    if any(len(cell) > _LONGEST_LABEL or cell[-1] in _ENDS for _, cell in cells):
        return Row()
    bare = [bool(_BARE_NUMBER.fullmatch(cell)) for _, cell in cells]
    if bare[0] or not any(bare):
        named = not any(c.isdigit() for _, cell in cells for c in _YEAR_CELL.sub("", cell))
        return Row(header=tuple(cell for _, cell in cells)) if named else Row()
    header = context.header if len(context.header) == len(cells) else ()
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
    return Row(tuple(numbers), context.header)


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
        if len(numbers) > 1 or cell_labels().fullmatch(match["label"].strip()):
            cells = [(begin, match["label"].strip())]
            cells += [(begin + m.start(), m[0]) for m in numbers]
    return cells


def _label(cell: str) -> str:
    """Return the label of a cell without its numbering: of （一）予以公开 it is 予以公开."""
    numbering = _NUMBERING.match(cell)
    return re.sub(r"\s+", "", cell[numbering.end() :] if numbering else cell).rstrip(":：")


def _read_row(line: Line, row: Row, year: Year) -> list[Found]:
    """Return the numbers of a row; those of the columns in front of 总计 are its parts."""
    starts = [line.span(i, i + 1)[0] - line.offset for i in range(len(line.t))]
    founds: list[Found] = []
    total: Found | None = None
    for begin, end, label, column in row.numbers:
        at, behind = bisect_left(starts, begin), bisect_left(starts, end)
        found = _cell(line, at, behind, re.sub("[,，]", "", line.text[begin:end]), label)
        found.year, found.period = times_of("", [], year).at(0)
        if year_of := _YEAR_CELL.fullmatch(column):
            found.year = int(year_of["year"])
        elif column in _TOTALS:
            total = found
        elif column:
            found.name = column
        founds.append(found)
    for found, (_, _, label, column) in zip(founds, row.numbers, strict=True):
        if column and total and found.name == column:
            found.whole, found.stated = total, True
            found.role, total.role = "part", "total"
        elif column and found.name == column:
            found.name = f"{label}·{column}"
    return founds


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
