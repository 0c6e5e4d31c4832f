"""Extract the figures of a text: every number with its indicator, unit, place, time and status.

Under several years (这五年) a number that was added up (新增, 建成) or is a change or an average
covers all of them, period kind ``span``; one that is a level (达到71%, 居第9位) stands at their end
and speaks of the last year.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..document.parse import parse_document
from ..records import Document, Figure, Sentence, Year
from .comparisons import mark_change, mark_levels, ranks, ratios
from .context import Frames, frames_of
from .indicators import name_all
from .lookalikes import lookalikes, titles_in
from .mentions import Found, Line, line_of, matching_brackets
from .periods import Date, find_dates
from .quantities import quantities
from .relations import LEVELS, date_columns, distribute, link_parts, read_row, row_of
from .status import Carried, settle

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
    """Return the numbers of a parsed report, dates included, still linked to each other.

    Args:
        document: a parsed report; its sentences may be only some of it.
        year: the year that it reports on; by default that of the document.
    """
    return list(_read_sentences(document, frames_of(document, year)))


def _read_sentences(document: Document, frames: Frames) -> Iterator[Found]:
    context, carried = Context(), Carried()
    for sentence in document.sentences:
        if sentence.kind == "boilerplate" or len(sentence.text) > _LONGEST:
            continue
        line = line_of(sentence)
        row = row_of(sentence.text, context.label, context.header)
        if row and line and row.numbers:
            founds = read_row(line, row)
            settle(line, founds, (), frames.of(sentence), sentence, frames.clock, carried)
            date_columns(founds, row)
        elif line and not (row and row.header):
            founds = read_line(line, sentence, frames, context, carried)
        else:
            founds = []
        if row:
            context = Context(label=row.label, header=row.header)
        elif not founds:
            context = Context()
        if not line:
            carried = Carried()
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


def read_line(
    line: Line, sentence: Sentence, frames: Frames, context: Context, carried: Carried
) -> list[Found]:
    """Return the numbers of one line, and leave in ``context`` what the next may need."""
    t = line.t
    frame = frames.of(sentence)
    year = frame.period.year
    titles = titles_in(t)
    in_titles = {i for a, b in titles for i in range(a + 1, b)}
    dates = [d for d in find_dates(t, year, frames.clock.this) if d.start not in in_titles]
    spans = [(d.start, d.end) for d in dates] + lookalikes(t)
    founds = _numbers(line, spans)
    if founds:
        running = _read(line, founds, dates, context)
        settle(line, founds, dates, frame, sentence, frames.clock, carried)
        levels = [f for f in founds if f.kind in LEVELS and f.role in ("", "to", "total", "part")]
        levels = [f for f in levels if not f.stated]
        context.total = levels[-1] if levels else None
        context.running = running if t.endswith(";") else None
    dated = []
    for d in dates:
        date = Found(line, d.start, d.start, d.end, "date", d.unit, text=d.value)
        date.speaks_of(d.period(), "sentence")
        dated.append(date)
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
    if not any(masked[found.digits : found.end]):
        founds.append(found)
        masked[found.digits : found.end] = b"\1" * (found.end - found.digits)


def _read(
    line: Line, founds: list[Found], dates: Sequence[Date], context: Context
) -> tuple[Found, Found] | None:
    t = line.t
    lefts = _lefts(t, founds)
    rights: dict[int, int] = {}
    for i, found in enumerate(founds):
        previous = founds[i - 1] if i else None
        if not mark_levels(found, previous):
            rights[found.start] = mark_change(found, lefts[found.start], previous)
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
