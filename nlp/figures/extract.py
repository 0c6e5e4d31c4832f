"""Extract the figures of a text: every number with its indicator, unit, place, time and status.

Under several years (这五年) a number that was added up (新增, 建成) or is a change or an average
covers all of them, period kind ``span``; one that is a level (达到71%, 居第9位) stands at their end
and speaks of the last year.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from ..document.parse import parse_document
from ..records import Document, Figure, Sentence, Year
from ..text.normalize import fold
from ..text.ordinary import is_ordinary, ordinary
from ..vocabulary import WordLists
from .comparisons import mark_change, mark_levels, ranks, ratios
from .context import Frames, frames_of
from .indicators import name_all
from .mentions import Found, Line, in_plain, line_of, matching_brackets
from .periods import Date, find_dates
from .quantities import quantities, unit_pattern
from .relations import LEVELS, Row, date_columns, distribute, link_parts, read_row, row_of
from .status import Carried, announces_plan, settle

_LONGEST = 5_000
"""Characters of a sentence whose numbers are read; what is longer is a table that lost its form,
and what stands in front of a number is looked at once for each number."""
_GOES_ON = ";:；：﹔︰"
"""Ends of a part of a sentence whose next part is read as another."""
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
    plain: Sequence[Sentence] = document.sentences
    if not is_ordinary(document.text):
        plain = [*map(in_plain, document.sentences)]
    if any(one is not own for one, own in zip(plain, document.sentences, strict=True)):
        frames = frames_of(replace(document, sentences=tuple(plain)), year)
    else:
        frames = frames_of(document, year)
    return list(_read_sentences(document, plain, frames))


def _read_sentences(
    document: Document, plain: Sequence[Sentence], frames: Frames
) -> Iterator[Found]:
    """Yield the numbers of the sentences, of which ``plain`` has the ordinary form."""
    context, carried = Context(), Carried()
    for written, sentence in zip(document.sentences, plain, strict=True):
        if sentence.kind == "boilerplate" or len(sentence.text) > _LONGEST:
            continue
        line = line_of(written)
        row = row_of(sentence.text, context.label, context.header)
        if row and written is not sentence:
            row = _in_file(row, written.text)
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
        if sentence.text.rstrip()[-1:] not in _GOES_ON:
            carried = Carried()
        elif not line:  # 主要预期目标是:
            carried.plans |= announces_plan(sentence.text)
        yield from founds


def _in_file(row: Row, text: str) -> Row:
    """Return ``row``, read from the ordinary form of ``text``, with its offsets in ``text``."""
    plain = ordinary(text)
    numbers = ((*plain.span(a, b), label, column) for a, b, label, column in row.numbers)
    return replace(row, numbers=tuple(numbers))


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
    elif t.endswith((";", ":")):
        settle(line, founds, dates, frame, sentence, frames.clock, carried)
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


_LOOKALIKES = WordLists(
    "lookalikes",
    "day document-before document-behind hotline hotline-use ordinal ordinal-digits ordinal-words"
    " assembly age span-before span-behind of-age stage-behind stage-before slogan one",
)
_words = _LOOKALIKES.pattern


def _cases() -> dict[str, str]:
    """Return the pattern of each kind of lookalike."""
    return {
        "a day that is a name": (
            r"(?<![\d.])(?:1[0-2]|[1-9])[·.](?:[12]\d|3[01]|[1-9])(?=\"|国|全国|世界"
            rf"|(?!{unit_pattern()}|[百千万亿])[\u4e00-\u9fff]{{0,6}}{_words('day')}"
            r"(?![\u4e00-\u9fff]?\d))|\d{1,2}·\d{1,2}"
        ),
        "an address": r"\d{1,9}号院?(?:\d{1,9}(?:号?楼|[栋幢座层室]|单元))+",
        "a document number": (
            rf"\[\d{{4}}\]第?\d{{1,9}}号|{_words('document-before')}\d{{1,5}}号"
            rf"|\d{{4}}年第\d{{1,9}}号|\d{{1,9}}号{_words('document-behind')}?"
        ),
        "a footnote": r"\[\d{1,3}\]",
        "a telephone": (
            r"(?<!\d)0\d{2,3}-\d{7,8}|(?<!\d)1[3-9]\d{9}(?![\d元万亿])|(?<!\d)[48]00-?\d{3}-?\d{4}(?![\d元万亿])"
            r"|电话:?\d{7,12}"
        ),
        "a hotline": (
            r"(?<![\d.])1\d{2,4}(?=-\d{3,5}热线|\"?"
            rf"(?:[\u4e00-\u9fffa-z]{{0,8}}{_words('hotline')}|{_words('hotline-use')}))"
            r"|热线1\d{2,4}"
        ),
        "a code": r"\d{16,}",
        "an address of the web": r"(?:https?://|www\.)[!-~]+",
        "a number of letters and digits": (
            r"[a-z]{1,12}[-_.]?\d{1,9}(?:[.\-]\d{1,9})*[a-z+]*"
            r"|\d{1,9}(?:\.\d{1,9})?(?:g|d|k|a+|s|pro|x|n)(?![a-z])|\d{1,9}\+[\dn](?:\+[\dn])*"
            r"|\d{1,9}[×x*]\d{1,9}(?:小时)?|v\d|\d{1,9}(?:\.\d{1,9})?版"
        ),
        "round the clock": r"(?:7[×x*])?24小时(?!内|以内|之内)|365天|360度|全天候24小时",
        "a clock time": (
            r"(?<![\d.])\d{1,2}:\d{2}(?::\d{2})?(?![\d.:])|\d{1,2}时(?:\d{1,2}分)?(?!间)|[上下]午\d{1,2}[点时]"
        ),
        "an ordinal": (
            r"第\d{1,9}(?:[-至到、和]第?\d{1,9}){0,30}" + _words("ordinal", "ordinal-digits")
        ),
        "an ordinal in words": ("第[一二三四五六七八九十]+" + _words("ordinal", "ordinal-words")),
        "articles": r"\d{1,9}(?:[-至到、]\d{1,9}){1,30}条(?=规定)|\d{1,9}条第?\d{1,9}款",
        "an assembly": (
            r"\d{1,9}届(?:全国|[省市县区]|自治区)?(?:人大|政协|党委|委员会)(?:常委会?)?第?"
            r"(?:[一二三四五六七八九十]{1,3}|\d{1,9})次(?:全体)?(?:会议|全会)"
            r"|\d{1,9}届(?:[一二三四五六七八九十]{1,3}|\d{1,9})(?:次(?:全体)?(?:会议|全会)|中全会)"
            r"|\d{1,9}届|[一二三四五六七八九十]届[一二三四五六七八九十]+(?:次|中)"
            rf"|\d{{1,9}}次{_words('assembly')}"
        ),
        "an anniversary": rf"\d{{1,9}}{_words('age')}",
        "a span of time around the report": (
            rf"{_words('span-before')}\d{{1,9}}年|\d{{1,9}}年{_words('span-behind')}"
        ),
        "an age that is an attribute": (
            r"\d{1,9}(?:-\d{1,9})?(?:周)?岁(?:以上|以下|及以上)?(?:的)?"
            rf"(?=[\u4e00-\u9fff]{{0,6}}{_words('of-age')})"
        ),
        "a time limit of a circle": r"\d{1,9}(?:分钟|小时)[\u4e00-\u9fff\"]{0,8}圈",
        "a run of years": (
            r"连续(?:\d{1,9}(?:多|余)?|[一二两三四五六七八九十]+)(?:年|个?月|个?季度|天|届)"
        ),
        "a level": (
            r"\d{1,9}(?:[-至到]\d{1,9})?级(?!地震)|(?:[百千十]?[万亿]|[百千])?(?:吨|亿|元|人"
            r"|千瓦)级|\d{1,9}(?:\.\d{1,9})?[万亿]?(?:吨|千瓦|千伏|元|立方米)级"
        ),
        "a stage of works": (
            rf"\d期(?={_words('stage-behind')}|[和、]\d期)"
            rf"|{_LOOKALIKES.behind('stage-before')}\d期|(?<=期[、和])\d期"
            r"|\d{1,9}(?:单元|号楼|栋楼\d|室)"
        ),
        "a slogan": (
            rf"[一二两三四五六七八九十](?:个|项|大|种)?(?:{_words('slogan')}|中心(?![,;。]))"
            rf"|\d{{1,9}}(?:项规定|条禁令)|{_words('one')}"
        ),
    }


_QUOTED = re.compile(r'"([^"]*)"')
_NAME = 16
"""Characters of a quotation that is taken for a name."""


_FIRST = "0-9a-z第连热电全上下一二两三四五六七八九十百千万亿吨元人\\["
"""First characters of the cases, as a set of a regular expression, besides those of words."""


@cache
def any_case() -> str:
    """Return the pattern of any lookalike."""
    return "|".join(f"(?:{case})" for case in _cases().values())


@cache
def _pattern() -> re.Pattern[str]:
    """Return the pattern of the first character of a lookalike, with the whole as a group.

    A pattern that begins with a set of characters is looked for many times faster than one that
    has twenty ways to begin.
    """
    words = {word[0] for word in _LOOKALIKES.texts("document-before", "span-before", "one")}
    first = _FIRST + "".join(sorted(words | {fold(word) for word in words}))
    return re.compile(rf"[{first}](?<=(?=(?P<whole>{any_case()})).)")


def _spans(t: str) -> Iterator[tuple[int, int]]:
    pattern, end = _pattern(), 0
    while match := pattern.search(t, end):
        start, end = match.span("whole")
        if start < end:
            yield start, end
        else:
            end = start + 1


def titles_in(t: str) -> list[tuple[int, int]]:
    """Return where titles in 《》 stand in ``t``."""
    spans = list[tuple[int, int]]()
    start = t.find("《")
    while start >= 0 and (close := t.find("》", start)) > 0:
        spans.append((start, close + 1))
        start = t.find("《", close)
    return spans


def lookalikes(t: str) -> list[tuple[int, int]]:
    """Return the parts of ``t`` in which no number is to be looked for."""
    spans = titles_in(t)
    spans += _spans(t)
    if t.count('"') % 2 == 0:  # a stray one would turn the others around
        spans += [m.span() for m in _QUOTED.finditer(t) if len(m[1]) <= _NAME]
    return spans
