"""Lines to paragraphs: rejoin broken lines, recognize outline markers, and mark boilerplate."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import NamedTuple

from ..vocabulary import WordLists
from .normalize import squeeze
from .ordinary import ordinary

MARKERS = WordLists("markers", "sequence point point-too")

_NUMERAL = "[一二三四五六七八九十百〇零]{1,4}"

_HEADING_MARKS: tuple[tuple[int, re.Pattern[str]], ...] = (
    (1, re.compile(r"第[一二三四五六七八九十百\d]{1,4}(?:编|章|部分|部(?=[\s　、]))")),
    (2, re.compile(r"第[一二三四五六七八九十百\d]{1,4}节")),
    (2, re.compile(rf"{_NUMERAL}[、.．,，]")),
    (
        2,
        re.compile(
            r"(?=[IVXivx])(?:X{0,2}(?:I[XV]|V?I{0,3})|x{0,2}(?:i[xv]|v?i{0,3}))[、.．](?![\dA-Za-z])"
        ),
    ),
    (3, re.compile(r"[(（](?=[IVXivx])(?:X{0,2}(?:I[XV]|V?I{0,3})|x{0,2}(?:i[xv]|v?i{0,3}))[)）]")),
    (3, re.compile(rf"[(（〔【]{_NUMERAL}[)）〕】]")),
    (6, re.compile(r"\d{1,2}(?:[.．]\d{1,2}){2,3}(?!\d)")),
    (
        5,
        re.compile(
            r"\d{1,2}[.．]\d{1,2}(?![\d年月日时%％万亿千百个倍元件吨米户]|人[次,，。、]|公[里斤顷]|平方)"
        ),
    ),
    (4, re.compile(r"\d{1,2}[.．、](?!\d)")),
    (5, re.compile(r"[(（]\d{1,2}[)）]")),
)
"""Level of the heading (1 is the highest) and its mark; the first that matches counts."""

_ARTICLE = re.compile(r"第[一二三四五六七八九十百零〇\d]{1,6}条(?=[\s　]|之)")


@cache
def _item() -> re.Pattern[str]:
    return re.compile(
        rf"{_NUMERAL}{MARKERS.pattern('point', 'point-too')}"
        r"|其[一二三四五六七八九十](?=[,，、:：])"
        r"|第[一二三四五六七八九十](?=[,，、])"
        rf"|{MARKERS.pattern('sequence')}(?=[,，、])"
        r"|[(（](?:\d{1,2}|[一二三四五六七八九十]{1,3})[)）]"
        r"|[①-⑳]"
    )


@cache
def list_after_colon() -> re.Pattern[str]:
    """Return the pattern of what follows a colon that ends a lead-in: 主要做法有:一是….

    (1) stays with its lead-in.
    """
    return re.compile(rf"\s{{0,200}}(?![(（]\d)(?:{_item().pattern})")


class HeadingMark(NamedTuple):
    """The numbering at the beginning of a heading.

    Attributes:
        level: 1 for 第一章, 2 for 一、, 3 for (一), 4 for 1., 5 for (1) and 1.1, 6 for 1.1.1.
        length: characters of the mark.
    """

    level: int
    length: int


def heading_mark(line: str) -> HeadingMark | None:
    """Return the numbering that ``line`` begins with, ``None`` when there is none.

    Args:
        line: a line in ordinary characters (:func:`~.ordinary.ordinary`).
    """
    for level, pattern in _HEADING_MARKS:
        if match := pattern.match(line):
            return HeadingMark(level, match.end())
    return None


def is_mark(line: str) -> bool:
    """Say whether ``line`` is the number of a heading and nothing else.

    Example:
        >>> is_mark("一、"), is_mark("（二）"), is_mark("一、总体情况")
        (True, True, False)
    """
    if len(line) > _LONGEST_NUMBER:
        return False
    mark = heading_mark(ordinary(line).text.strip())
    return mark is not None and mark.length == len(line.strip())


_LONGEST_NUMBER = 8
"""Characters of the longest number of a heading, spaces included."""


def item_mark(text: str) -> str:
    """Return the item marker that ``text`` begins with (``一是``, ``首先``, ``①``), or ``""``.

    Args:
        text: a text in ordinary characters (:func:`~.ordinary.ordinary`).
    """
    match = _item().match(text)
    return match[0] if match else ""


_LONGEST_MARK = 40
"""Characters at the beginning of a line that are looked at, spaces and unseen ones included."""


def starts_unit(line: str) -> bool:
    """Say whether ``line`` begins with a mark that always opens a new line of its own."""
    return _starts_unit(ordinary(line[:_LONGEST_MARK]).text.lstrip())


def _starts_unit(line: str) -> bool:
    """Say the same of a line in ordinary characters."""
    return bool(heading_mark(line) or item_mark(line) or _ARTICLE.match(line))


_BOILERPLATE = WordLists(
    "boilerplate",
    "line button open source published read by position tool maker collected rights copied"
    " copied-from claim remover notice",
)
_SYMBOLS = frozenset("> >> » / | [ ] × x 】 【".split())
"""Marks that are furniture when they stand alone."""
_SENTENCE_ENDS = frozenset("。;!?")
_LONGEST = 120
"""Characters of the longest line that can be furniture; a report's paragraph is not thrown away."""


@cache
def _labels() -> frozenset[str]:
    """Return the lines that are furniture when they stand alone, folded."""
    texts = _BOILERPLATE.texts
    labels = [*_SYMBOLS, *texts("line")]
    labels += [f"[{word}]" for word in texts("button")] + [f"[{word}" for word in texts("open")]
    return frozenset(map(squeeze, labels))


@cache
def _boilerplate_lines() -> tuple[re.Pattern[str], ...]:
    w = _BOILERPLATE.pattern
    patterns = (
        rf"{w('source')}?来源[:].{{1,24}}$",
        rf"{w('published')}?(?:时间|日期)[:]?"
        r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?[\d: ]{0,120}$",
        r"(?:\d{4}-\d{1,2}-\d{1,2}|\d{4}/\d{1,2}/\d{1,2})\s?(?:\d{1,2}:\d{2}(?::\d{2})?)?$",
        rf"{w('read')}(?:次数|量|数)?[:]?\d{{0,120}}次?$",
        r"\[?字(?:体|号)[:]?[\[\]大中小加减放缩还原号]{0,120}$",
        rf"{w('by')}[:].{{0,20}}$",
        rf"{w('position')}位置[:].{{0,80}}$",
        r"首页[>》-].{0,80}$",
        r"扫一扫.{0,30}$",
        r"(?:上|下)一(?:篇|条|页)[:].{0,80}$",
        r"分享(?:到|至)?[:].{0,40}$",
        rf"(?:{w('tool')}|[:|\[\] ]){{1,60}}$",
        r"第?\d{1,3}/\d{1,3}页?$|-\d{1,3}-$|第\d{1,3}页(?:共\d{1,3}页)?$",
        rf"{w('maker')}(?:单位)?[:].{{1,60}}$",
        r"》》?.{0,20}(?:点击|进入专题).{0,20}$",
        r"\(?(?:本文|更多).{0,10}(?:公众号|关注).{0,40}$",
        r"(?:文字|图文|视频)?(?:解读|朗读)[:]?(?:点击.{0,20})?$",
    )
    return tuple(map(re.compile, patterns))


@cache
def _footers() -> tuple[re.Pattern[str], ...]:
    """Return the patterns of footers; only these may end like a sentence."""
    w = _BOILERPLATE.pattern
    patterns = (
        rf"(?:.{{0,20}}小编|(?:.{{0,20}}[,。:])?本[站网]).{{0,20}}{w('collected')}.{{0,60}}$",
        rf".{{0,40}}{w('rights')}.{{0,80}}$",
        r".{0,40}[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]icp备.{0,80}$",
        rf"{w('copied')}.{{0,8}}{w('copied-from')}于?(?:网络|互联网).{{0,80}}$",
        rf".{{0,40}}{w('claim')}.{{0,60}}$",
        rf".{{0,40}}联系{w('remover')}?删除[,、。]?(?:(?:联系|电话).{{0,40}})?$",
        rf"{w('notice')}[:].{{0,120}}$",
    )
    return tuple(map(re.compile, patterns))


def is_boilerplate(line: str) -> bool:
    """Say whether ``line``, a whole paragraph, is page furniture or a scraper's footer."""
    if len(line) > 3 * _LONGEST:
        return False
    bare = squeeze(line)
    return len(bare) <= _LONGEST and _is_furniture(bare)


@lru_cache(maxsize=1024)
def _is_furniture(bare: str) -> bool:
    """Say the same of a line that is folded and squeezed; the parser asks several times."""
    if any(pattern.match(bare) for pattern in _footers()):
        return True
    if bare[-1:] in _SENTENCE_ENDS:
        return False
    return bare in _labels() or any(pattern.match(bare) for pattern in _boilerplate_lines())


_LINE = re.compile(r"[^\r\n\v\f\x85\u2028\u2029]+")
_GAP = re.compile(r"(?<=[。！？：:])[ \u00a0\u3000]{2,}(?=\S)")
"""A gap within a line where two paragraphs were glued together."""
_ENDS = frozenset("。！？!?;；:：.．…｡")
_CLOSERS = "”’」』)）》】〕\"'"
_HANGS = frozenset(",，、（(“《")
_COLONS = frozenset(":：")
_LONG = 18
"""Characters that a line must have before it can be one that ran into the margin."""


_CLAUSES = re.compile(r"[,，。；;]")
"""What the text of a report has, and neither its title nor the page around it."""
_HEAD = 40
"""Lines before which the text of a report begins; those above it stand alone."""
_MARGIN = 1.3
"""How much wider the next line may be; half-width characters make lines of one width unequal."""
HEADINGS = WordLists(
    "headings",
    "title done done-beside problem problem-beside plan review alone later other time timely",
)


@cache
def _title() -> re.Pattern[str]:
    """Return the pattern of a line that is a title, which is whole, however long it is."""
    return re.compile(
        rf"[^,，。、;；:：]{{0,400}}?{HEADINGS.pattern('title')}(?:[（(][^（）()]{{1,12}}[)）])?"
    )


def paragraph_spans(
    text: str, first: int = 0, last: int | None = None, above: int = 0
) -> Iterator[tuple[int, int]]:
    """Yield ``(start, end)`` of the paragraphs of ``text`` that are not blank, in order.

    A paragraph is a line, or several that were one before they were wrapped: the next line is
    neither indented nor numbered, and this one is long and has no final mark, or ends in a comma.
    A line that begins with a mark which can only go on (。，) belongs to the one above it, and one
    that closes a bracket (）》) does so also where blank lines part them.

    Args:
        text: the text of a report.
        first: offset at which to begin.
        last: offset at which to end, ``None`` for the end of the text.
        above: number of lines of the report above ``first``.
    """
    start = end = -1
    previous = ""
    begun = parted = False
    stop = len(text) if last is None else last
    for number, (line_start, line_end) in enumerate(_lines(text, first, stop), above):
        line = text[line_start:line_end]
        if not line.strip():
            parted = True
            continue
        adjoining = start >= 0 and not parted and _one_break(text, end, line_start)
        may_close = start >= 0 and line.lstrip()[0] in (_GO_ON if adjoining else _CLOSED_BY)
        if may_close and _closes(text[max(start, end - _LOOKED_BACK) : end], line):
            end, previous, parted = line_end, line, False
            continue
        if start >= 0 and parted:
            yield start, end
            start = -1
        parted = False
        begun = begun or number >= _HEAD or bool(_CLAUSES.search(previous))
        if adjoining and _wrapped(previous, line, at_head=not begun):
            end = line_end
        else:
            if start >= 0:
                yield start, end
            start, end = line_start, line_end
        previous = line
    if start >= 0:
        yield start, end


def _lines(text: str, first: int, last: int) -> Iterator[tuple[int, int]]:
    for line in _LINE.finditer(text, first, last):
        start = line.start()
        for gap in _GAP.finditer(text, *line.span()):
            yield start, gap.start()
            start = gap.start()  # the gap is the indent of what follows
        yield start, line.end()


_CLOSED_BY = {
    "）": "（(",
    ")": "（(",
    "》": "《",
    "”": "“",
    "】": "【",
    "」": "「",
    "』": "『",
    "〕": "〔",
}
_GOES_ON = frozenset("，。；、！？")
"""Marks with which no line begins that is not the rest of another."""
_GO_ON = _GOES_ON | set(_CLOSED_BY)
_LOOKED_BACK = 500
"""Characters in which the mark that a line closes is looked for."""


def _closes(above: str, line: str) -> bool:
    """Say whether ``line`` begins with a mark that closes what the line above has opened."""
    first = line.lstrip()[0]
    if opening := _CLOSED_BY.get(first):
        forms = "）)" if first in "）)" else first
        return sum(map(above.count, opening)) > sum(map(above.count, forms))
    return first in _GOES_ON and above.rstrip()[-1] not in _ENDS


def _one_break(text: str, end: int, start: int) -> bool:
    return text[end:start] in ("\n", "\r\n", "\r", "\x85", "\u2028", "\v")


_IDEOGRAPH = re.compile(r"[\u3400-\u9fff]")
_WORDS = re.compile(r"(?<![A-Za-z])[A-Za-z]{2,}[ ,.]+[A-Za-z(]")


def _is_latin(line: str) -> bool:
    """Say whether ``line`` is of words in Latin letters, without a Chinese character."""
    return not _IDEOGRAPH.search(line) and bool(_WORDS.search(line))


def _wrapped(line: str, following: str, at_head: bool) -> bool:
    """Say whether ``following`` goes on with the sentence that ``line`` leaves open.

    Args:
        line: a line.
        following: the line below it.
        at_head: whether they stand above the text: among the lines of its title and of the page.
    """
    if following[0].isspace() or following.startswith(("——", "附件")) or "\t" in line + following:
        return False
    if _starts_unit(following) or is_boilerplate(following) or is_boilerplate(line):
        return False
    bare, after = line.rstrip(), following.rstrip()
    if is_mark(bare) or (_is_latin(bare) and not _is_latin(after)):
        return False
    last = bare.rstrip(_CLOSERS)[-1:] or bare[-1]
    if last in _ENDS or (after[-1] in _COLONS and len(after) < _LONG):
        return False
    if last in _HANGS or bare[-1] in _HANGS:
        return True
    if _title().fullmatch(bare) or (at_head and not line[0].isspace()):
        return False
    if len(after.lstrip()) > _MARGIN * len(bare.lstrip()):
        return False  # the next line is wider: this one did not reach the margin
    goes_on = len(after) * 2 >= len(bare) or after[-1] in _ENDS
    return goes_on and len(bare.lstrip()) >= _LONG and not _starts_unit(line.lstrip())
