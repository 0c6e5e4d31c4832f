"""Tell the report from the page around it, in text that was saved or pasted from a web page.

A list of words alone cannot: 政务公开 is an entry of a menu and may be a heading, and a report may
end with its own 联系电话. So each line gets points for what it looks like (:func:`evidence`), and
the decision depends on where it stands:

- above the title most lines of a page are of the page, so that one sure line of it is enough for
  the short ones beside it;
- between title and text stand bylines and the name of a speaker;
- within the text only captions, buttons and the like are taken out, and no sentence is;
- below the signature, or the last sentence, everything from the first sure line on is of the page.

A value below its label is of the page with the label, and so are other pages named behind a line
such as 相关阅读, and a title and opening that are repeated at the end. A text in which no line is
sure (typed or from Word) stays as it is.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import NamedTuple

from ..text.dates import date_of, year_of
from ..text.normalize import fold, simplified, squeeze
from ..text.paragraphs import heading_mark, is_boilerplate, item_mark
from ..vocabulary import WordLists
from .blocks import NOT_SPOKEN, Block
from .document_kind import kind_of, region_of
from .entities import names_post, office_line
from .header import BLANK, Head, read_head
from .page_lines import is_caption, is_masthead, is_number, is_press_lead, is_salutation, labels_of
from .signature import signature

_WORDS = WordLists(
    "pasted-pages",
    "entry entry-beginning entry-end label own related visitor notice site-beginning site-end"
    " performed pictured file",
)
_LONGEST = 160
"""Characters of the longest line that may be of the page, but for notes to visitors."""
_LONGEST_LOOKED_AT = 400
"""Characters of the longest line that is looked at; a longer one is a paragraph of the report."""
_LONGEST_PART = 12
_LONGEST_CAPTION = 45
_LONGEST_SHORT = 40
"""Characters of a line that is taken for one of the page for its neighbours alone."""
_SHORTEST_REPEATED = 12
"""Characters of the shortest line that counts as repeated."""
_SHORTEST_PROSE = 15
_MOST_OTHER = 0.35
"""Share of a text's sentences, by characters, that may stand in notes about other pages."""
_LONGEST_SUMMARY = 120
_LONGEST_VALUE = 60
"""Characters of the longest value below its label."""
_CRUMB = frozenset((">", ">>", "»", "|"))
"""Marks between the entries of a menu that stand in lines of their own."""
SURE, LIKELY = 3.0, 2.0
"""Points from which a line is of the page anywhere but in the text, and from which at its edges."""

_LINE = re.compile(r"[^\r\n\v\f\x85\u2028\u2029]+")
_BARS = re.compile(r"[|│┃丨¦>»›＞《<\[\]【】·•/]+")
_SPLIT = re.compile(
    r"[|│┃丨¦｜>»›＞<\[\]【】·•/－]+|\s[-–—]\s|[ \t\xa0]{2,}|\u3000+|\t|(?<=\S\S)\s(?=\S\S)"
    r"|[:：]\s*"
)
_HAN = re.compile("[\u2e80-\u9fff]")
_ADDRESS = re.compile(r"https?://|www\.|@")
_DATE = re.compile(
    r"(?:今天是:?)?(?:[12][0-9]{3}\s?[-/.年]\s?[01]?[0-9]\s?[-/.月]\s?[0-3]?[0-9]\s?日?|[0-9]{2}-[0-9]{2})"
)
_CLOCK = re.compile(r"[0-2]?[0-9][:时][0-5][0-9](?:[:分][0-5][0-9]秒?)?")
_WEEKDAY = re.compile(r"(?:星期|周|礼拜)[一二三四五六日天]")
_NEXT = re.compile(
    r"^[<>《\[]?[上下前后]一?(?:[篇条页则个期版]|篇文章)[:>\]\s]|没有了$|^[上下]一[篇条页则期版个]$"
)
_LEAF = re.compile(
    r"^\(?.{0,8}(?:下转|上接|紧接|详见|见)第?[0-9一二三四五六七八九十]{1,3}版|^(?:第?[0-9]{1,3}版|[a-d][0-9]{1,2}(?:版|$|\s))(?:[:\s].{0,12})?$"
)
_BY = re.compile(
    r"^[(【]?(?:文|图|撰文|文字|图文|图片|摄影|视频|来源|制图|海报)\s?[/|丨:]\s?\S{1,30}"
)
_POINTER = re.compile(r"^[▲△▼▽◀▶↑↓☝☟👆👇↑↓★☆◎]+")
_COUNT = re.compile(
    r"^(?:本[页文]|[已被共总]){0,4}(?:阅读|浏览|点击|点赞|在看|评论|收藏|转发|赞)(?:[次人]?数|量)?"
    r"[:\s(\[]{0,3}(?:[0-9.]+[万+]?|loading|-)?\W{0,6}(?:人?次)?$"
)
_RULE = re.compile(r"^[-—–_*=~·.。…\s]{0,40}(?:END|end|完|the end)?[-—–_*=~·.。…\s]{0,40}$")
_CUT = re.compile(r"(?:(?<!…)…+|(?<!\.)\.{3,}|(?<!。)。{3,})(?:\[?(?:详细|详情|更多|全文)\]?)?$")
"""The end of a sentence that was cut off: a list of other pages shows how these begin."""
_COPYRIGHT = re.compile(r"copyright|©|all ?rights ?reserved", re.IGNORECASE)
_ENDS = frozenset("。！？!?；;…｡")
_ANNEX = re.compile(r"^附(?:件|表|录|图)\s?[0-9一二三四五六七八九十]{0,2}\s?[:：、.]?")
_BRACKETED = re.compile(r"^[（(【].{1,80}[）)】]$")
_NAME = re.compile(r"^[\u4e00-\u9fff·]{2,4}$")


class Evidence(NamedTuple):
    """What a line shows by itself.

    Attributes:
        points: how much speaks for the page, ``SURE`` from where it needs no other sign.
        within: whether it would be of the page in the middle of the text too.
        label: whether it is the name of a field whose value must stand below.
    """

    points: float = 0
    within: bool = False
    label: bool = False


@dataclass(slots=True)
class _Line:
    """A line of a text, or a paragraph that its file gives.

    Attributes:
        start: offset of its first character.
        end: offset after its last character.
        text: without blanks at its ends, in simplified characters.
        block: what the file says of it, if anything.
        evidence: what it shows by itself.
        prose: whether it has the marks of a sentence.
        page: whether it is of the page, as far as that is decided.
    """

    start: int
    end: int
    text: str
    block: Block | None
    evidence: Evidence
    prose: bool
    page: bool = False

    @property
    def points(self) -> float:
        """Points for the page; a sentence that is no note to visitors has none."""
        return self.evidence.points


@cache
def _entries() -> frozenset[str]:
    return frozenset(map(squeeze, _WORDS.texts("entry")))


@cache
def _entry_edges() -> tuple[tuple[str, ...], tuple[str, ...]]:
    return _WORDS.texts("entry-beginning"), _WORDS.texts("entry-end")


@cache
def _related() -> re.Pattern[str]:
    return re.compile(
        rf"[>》»◆■●▌|\[【#]{{0,3}}{_WORDS.pattern('related')}[\]】]?(?::.{{0,40}}|[:>》»]*|\(.*)"
    )


@cache
def _visitor() -> re.Pattern[str]:
    return re.compile(_WORDS.pattern("visitor"))


@cache
def _notice() -> re.Pattern[str]:
    return re.compile(_WORDS.pattern("notice"))


@cache
def _site() -> re.Pattern[str]:
    w = _WORDS.pattern
    return re.compile(rf"^{w('site-beginning')}.{{0,8}}$|^.{{2,16}}{w('site-end')}$")


@cache
def _performed() -> re.Pattern[str]:
    return re.compile(
        rf"^[^,，。:：;；0-9]{{0,18}}(?:同志|代表|县长|市长|区长|省长|主席|主任|书记|镇长|乡长|局长|总理|某+|州长|旗长|盟长|院长|检察长)"
        rf"[^,，。:：;；0-9]{{0,24}}(?<!的){_WORDS.pattern('performed')}[。.]?$"
    )


@cache
def _pictured() -> re.Pattern[str]:
    words = _WORDS.pattern("pictured")
    return re.compile(
        rf"^[(（]?(?:上|下|左|右|本)?图(?:[为是:：①-⑩]|片[来由:：/])|[(（]{words}[)）]?[。.]?$|[(（](?:.{{0,16}}[\s/])?摄[)）]$"
        rf"|^[^,，;；]{{0,24}}{words}[。.]?(?:\S{{2,6}}\s?摄)?$"
        rf"|^[^;；]{{2,40}}[。.\s(（](?:本报记者|记者|通讯员)?\s?[\u4e00-\u9fff]{{2,4}}\s?[/／]?摄[)）]?$"
    )


@cache
def _files() -> re.Pattern[str]:
    return re.compile(rf"{_WORDS.pattern('file')}(?:\s?[(\[].{{0,20}}[)\]])?(?:\s?点击下载|下载)?$")


@cache
def _cue() -> re.Pattern[str]:
    """Return the pattern of entries after which a title may follow without a break."""
    words = sorted((w for w in _WORDS.texts("entry") if len(w) > 1), key=len, reverse=True)
    return re.compile(rf"(?:{'|'.join(map(re.escape, words))}|{_WEEKDAY.pattern})")


def _is_entry(part: str) -> bool:
    bare = re.sub(r"\s", "", part)
    begins, ends = _entry_edges()
    if bare in _entries():
        return True
    return 2 < len(bare) <= 6 and (bare.startswith(begins) or bare.endswith(ends))


def _parts(line: str) -> list[str]:
    pieces = (re.sub(r"\s+", " ", piece).strip(" :：，,。（）()") for piece in _SPLIT.split(line))
    return [piece for piece in pieces if piece]


def is_caption_line(line: str) -> bool:
    """Say whether ``line``, a whole paragraph, is the caption of a picture, or its credit.

    Example:
        >>> is_caption_line("殷某同志作政府工作报告。"), is_caption_line("全年作报告12场。")
        (True, False)
    """
    bare = squeeze(line)
    if len(bare) > _LONGEST_CAPTION or heading_mark(line):
        return False
    return bool(_performed().match(bare) or _pictured().search(bare)) or is_caption(line)


def evidence(line: str) -> Evidence:
    """Return what ``line`` shows by itself of being a line of the page.

    Args:
        line: its text in simplified characters, without blanks at its ends.

    Example:
        >>> evidence("日期：2022-01-20 作者：司法局 点击：[89]").points >= SURE
        True
        >>> evidence("全年办理案件12件。").points
        0
    """
    return _evidence(line) if len(line) <= _LONGEST_LOOKED_AT else Evidence()


@lru_cache(maxsize=1024)
def _evidence(line: str) -> Evidence:
    bare = squeeze(line)
    if not bare:
        return Evidence()
    prose = _is_prose(line)
    notices = len(set(_notice().findall(bare)))
    visitor = len(set(_visitor().findall(bare))) + notices
    if len(bare) > _LONGEST:
        return Evidence(LIKELY * (notices > 0 and visitor > 1))
    if is_boilerplate(line):
        label = bare in _CRUMB or bare.rstrip(":") in _bare_labels()
        return Evidence(SURE + 1, within=True, label=label)
    folded = fold(line).strip()
    if _NEXT.search(folded) or _LEAF.search(bare) or _COUNT.match(bare) or _COPYRIGHT.search(bare):
        return Evidence(SURE + 1, within=True)
    if is_caption_line(line) or (
        _BY.match(bare) and len(bare) < _LONGEST_SHORT and bare[-1] not in _ENDS
    ):
        return Evidence(SURE, within=True)
    if _RULE.match(bare):
        return Evidence(SURE if re.search("[a-z完]", bare) else LIKELY, within=True)
    if _POINTER.match(bare) and len(bare) <= _LONGEST_CAPTION:
        return Evidence(SURE, within=True)
    if _files().search(bare) and not any(c in bare[:-1] for c in "。;"):
        return Evidence(SURE + 1, within=len(bare) < _LONGEST_CAPTION)
    names, own = _labels(folded)
    if prose:  # a sentence may name what pages have: 全面完成网站无障碍改造。
        told = notices > 0 or visitor > 2 or names > 1
        return Evidence(LIKELY + (visitor > 1) if told else 0)
    points = LIKELY * visitor
    if bare.rstrip(":") in _entries() and not own:
        return Evidence(max(points, LIKELY), label=bare[-1] == ":" and names > 0)
    if bare.rstrip(":") in _bare_labels():
        return Evidence(LIKELY + 0.5, label=True)
    if names:
        points += LIKELY + (names > 1) * LIKELY + 0.5 * bool(own)
    points += _of_menu(line, bare) + _of_time(bare)
    if _related().fullmatch(bare):
        points += LIKELY
    if not _HAN.search(bare):
        points += SURE if _ADDRESS.search(bare) or re.search("[a-z]{4}", bare) else 0.5
    noted = notices > 0 and len(bare) <= _LONGEST_SHORT
    points += noted
    within = noted or names > 2 or (points >= SURE and _is_bar(line))
    return Evidence(points, within and points >= LIKELY)


@cache
def _bare_labels() -> frozenset[str]:
    own = set(map(squeeze, _WORDS.texts("own")))
    labels = frozenset(map(squeeze, (*_WORDS.texts("label"), *labels_of())))
    return labels - own - _entries() | {"标题", "名称", "文号"}


@cache
def _label() -> re.Pattern[str]:
    words = sorted(
        {*map(fold, (*_WORDS.texts("label", "own"), *labels_of()))}, key=len, reverse=True
    )
    spaced = "|".join(r"\s{0,4}".join(map(re.escape, word)) for word in words)
    return re.compile(
        rf"(?:^|[\s|\[(【】\]),;/\u3000》>·]|(?<=[0-9次]))({spaced})\s?(?:[:：\]】|]|(?=$)|(?=\[)|\t)"
    )


@cache
def _own() -> frozenset[str]:
    return frozenset(map(squeeze, _WORDS.texts("own")))


def _labels(folded: str) -> tuple[int, int]:
    """Return how many labels of a page a folded line has, and how many that a report has too."""
    found = [re.sub(r"\s", "", each[1]) for each in _label().finditer(folded)]
    own = sum(name in _own() for name in found)
    return len(found) - own, own


def _of_menu(line: str, bare: str) -> float:
    """Return the points of a line that is a menu, bread crumbs, or a bar of buttons."""
    parts = _parts(line)
    if not parts or any(c in bare for c in "。;"):
        return 0
    entries = sum(map(_is_entry, parts))
    if entries == len(parts) > 0:
        return SURE + 1 if entries > 1 else LIKELY + bool(_BARS.search(line))
    short = all(len(part) <= _LONGEST_PART for part in parts)
    bars = len(_BARS.findall(line.strip("[]【】《》")))
    crumbs = len(re.findall(r"[>»›＞]", line))
    if crumbs > 1 or (crumbs and entries):
        return SURE
    if len(parts) > 2 and short and entries * 4 >= len(parts):
        return SURE
    if bars > 1 and short and len(parts) > 2 and not re.search("[0-9]", bare):
        return LIKELY
    return LIKELY if entries * 2 >= len(parts) and bars else 0


def _is_bar(line: str) -> bool:
    parts = _parts(line)
    return len(parts) > 1 and all(map(_is_entry, parts))


def _of_time(bare: str) -> float:
    """Return the points of a line that is a time stamp, perhaps with a name beside it."""
    if not (dated := _DATE.search(bare)):
        return LIKELY if _WEEKDAY.fullmatch(bare) or _CLOCK.fullmatch(bare) else 0
    rest = bare[: dated.start()] + bare[dated.end() :]
    exact = _CLOCK.search(rest) or _WEEKDAY.search(rest)
    rest = _WEEKDAY.sub("", _CLOCK.sub("", rest)).strip(" ()[],:|")
    if exact and len(rest) <= _LONGEST_PART + 4 and not re.search("[,。;、]", rest):
        return SURE
    if not rest and dated[0][:1].isdigit() and "年" not in dated[0]:
        return LIKELY + 0.5
    return 0


def _is_prose(text: str) -> bool:
    """Say whether ``text`` has the marks of a sentence."""
    if len(text) > _LONGEST_LOOKED_AT:
        return True
    bare = squeeze(text)
    if len(bare) < 2:
        return False
    if bare[-1] in _ENDS or (bare[-1] == "." and len(bare) > 8 and _HAN.search(bare)):
        return True
    return len(bare) >= _SHORTEST_PROSE and bool(re.search("[,;。]", bare))


def page_blocks(text: str, blocks: Sequence[Block] = ()) -> list[Block]:
    r"""Return the blocks of a text, with one of kind ``furniture`` for each line of the page.

    Args:
        text: the text of a report.
        blocks: what its file says of parts of it, ascending and without overlap.

    Returns:
        Those blocks and the new ones, ascending; a given block that is found to be of the page is
        replaced.

    Example:
        >>> [text[b.start:b.end] for text in ["首页 | 政务公开 | 正文\n甲县2021年工作总结"]
        ...  for b in page_blocks(text)]
        ['首页 | 政务公开 | 正文']
    """
    lines = list(_lines(text, blocks))
    _decide(lines)
    found = list[Block]()
    replaced = set[int]()
    for line in lines:
        if line.page and not (line.block and line.block.kind in NOT_SPOKEN):
            page = line.block.page if line.block else 0
            found.append(Block(line.start, line.end, "furniture", page=page))
            replaced.update([line.block.start] if line.block else [])
    kept = (block for block in blocks if block.start not in replaced)
    return sorted((*kept, *found), key=lambda block: block.start)


def lines_of_page(lines: Sequence[str], linked: Sequence[bool] = ()) -> frozenset[int]:
    """Return the numbers of those of ``lines``, all that a page shows, that are not of the report.

    Args:
        lines: the lines in the order of the page.
        linked: for each whether it is a link to another page.

    Example:
        >>> lines_of_page(["首页", "信息公开", "甲县2021年工作总结", "全年办案12件。", "打印 关闭"])
        frozenset({0, 1, 4})
    """
    numbers, made = list[int](), list[_Line]()
    for number, text in enumerate(lines):
        if line := _line(text, 0, len(text)):
            numbers.append(number)
            made.append(line)
            if linked and linked[number] and not line.prose and not _ANNEX.match(line.text):
                line.evidence = line.evidence._replace(points=line.points + 1)
    _decide(made)
    return frozenset(n for n, line in zip(numbers, made, strict=True) if line.page)


def _lines(text: str, blocks: Iterable[Block]) -> Iterator[_Line]:
    at = 0
    for block in (*blocks, None):
        until = block.start if block else len(text)
        for found in _LINE.finditer(text, at, until):
            yield from _split_line(text, found.start(), found.end())
        if block:
            if made := _line(text, block.start, block.end, block):
                yield made
            at = block.end


def _line(text: str, start: int, end: int, block: Block | None = None) -> _Line | None:
    raw = text[start:end]
    bare = simplified(raw.strip(BLANK))
    if not bare:
        return None
    start += len(raw) - len(raw.lstrip(BLANK))
    end -= len(raw) - len(raw.rstrip(BLANK))
    said = evidence(bare) if not (block and block.kind in ("title", *NOT_SPOKEN)) else Evidence()
    of_page = block is not None and block.kind in NOT_SPOKEN
    if of_page:
        said = Evidence(0)
    return _Line(start, end, bare, block, said, _is_prose(bare), of_page)


def _split_line(text: str, start: int, end: int) -> Iterator[_Line]:
    """Yield a line, or its parts where a title was glued to what the page has beside it."""
    raw = simplified(text[start:end])
    first, last = _title_in(raw) or (0, len(raw))
    for begin, stop in ((0, first), (first, last), (last, len(raw))):
        if begin < stop and (made := _line(text, start + begin, start + stop)):
            yield made


def _title_in(line: str) -> tuple[int, int] | None:
    """Return where the title stands in a line of the page that has one, ``None`` without one."""
    if not 16 < len(line) <= _LONGEST or any(c in line for c in "。；，,;"):
        return None
    stop = len(line)
    for label in _label().finditer(fold(line)):
        if kind_of(squeeze(line[: label.start()])).last and label.start() > 8:
            stop = label.start()
            break
    best = 0
    for cue in _cue().finditer(line, 0, stop):
        rest = line[cue.end() : stop]
        bare = squeeze(rest).lstrip("|>:-/ ")
        gap = rest[:1] in tuple(" \t\u3000|｜>")
        before = line[: cue.end()]
        dated = bool(_WEEKDAY.search(before)) or len(_parts(before)) > 1
        named = bool(region_of(bare)) or year_of(bare) != ""
        if (gap or dated) and named and len(bare) > 7 and kind_of(bare).last:
            best = cue.end()
    if best and not kind_of(squeeze(line[best:stop])).last:
        best = 0
    while best and line[best : best + 1] in tuple(" \t\u3000|｜>:：-/"):
        best += 1
    return (best, stop) if best or stop < len(line) else None


def _decide(lines: list[_Line]) -> None:
    """Mark the lines that are of the page."""
    _mark_values(lines)
    first, start, head = _find_head(lines)
    end = _find_end(lines, start, head)
    below = _below(lines, start, end, head)
    _mark_above(lines, first, start)
    _mark_head(lines, head, first, start)
    for line in lines[start:below]:
        if line.evidence.within and line.points >= SURE and not _is_kept(line):
            line.page = True
    for line in lines[max(below, start) :]:
        line.page = True


def _is_kept(line: _Line) -> bool:
    """Say whether a line within the text is of the report for all its looks."""
    if line.block and line.block.kind == "row":
        return True
    if line.prose and not is_caption_line(line.text):
        return not is_boilerplate(line.text)
    return bool(heading_mark(line.text)) and not _files().search(squeeze(line.text))


def _mark_values(lines: Sequence[_Line]) -> None:
    """Mark the labels that stand alone, and the values below them."""
    for number, line in enumerate(lines[:-1]):
        if not line.evidence.label or line.points < LIKELY or line.prose:
            continue
        value = lines[number + 1]
        bare = squeeze(value.text)
        if (
            value.prose
            or value.evidence.label
            or value.points >= LIKELY
            or heading_mark(value.text)
        ):
            continue
        again = any(squeeze(other.text) == bare for other in lines[number + 2 : number + 60])
        titled = kind_of(bare).last or (region_of(bare) and year_of(bare) != "")
        if titled and len(bare) > 8 and not again:
            continue
        if len(bare) <= _LONGEST_VALUE:
            value.evidence = Evidence(SURE)


def _is_shown(line: _Line) -> bool:
    """Say whether a line may be of the report: not if it is surely of the page."""
    return not line.page and (line.points < LIKELY or (line.prose and line.points < LIKELY))


def _find_head(lines: Sequence[_Line]) -> tuple[int, int, Head]:
    """Return the first line of the title, that of the text, and the head.

    Without a title the first two are the same.
    """
    aside = frozenset(n for n, line in enumerate(lines) if not _is_shown(line))
    titled = [n for n, line in enumerate(lines) if line.block and line.block.kind == "title"]
    head = read_head([line.text for line in lines], frozenset(), titled, aside)
    own = sorted(head.lines)
    last = own[-1] if own else -1
    start = len(lines)
    for number in range(last + 1, len(lines)):
        line = lines[number]
        if line.points >= LIKELY or line.page:
            continue
        opens = heading_mark(line.text) or is_salutation(line.text) or item_mark(line.text)
        headed = line.block is not None and line.block.kind == "heading" and bool(own)
        if line.prose or opens or headed or (own and line.text[-1] in "：:"):
            start = number
            break
    return own[0] if own else start, start, head


class _Repeated:
    """Tells which lines stand further above already; it takes time in proportion to the lines."""

    def __init__(self, lines: Sequence[_Line]) -> None:
        self._lines = lines

    @cached_property
    def _sorted(self) -> list[tuple[str, int]]:
        return sorted((squeeze(line.text), number) for number, line in enumerate(self._lines))

    def has(self, number: int) -> bool:
        """Say whether a line is one from further above again, perhaps cut off."""
        bare = _CUT.sub("", squeeze(self._lines[number].text[:_LONGEST_LOOKED_AT]))
        if len(bare) < _SHORTEST_REPEATED:
            return False
        for at in range(bisect_left(self._sorted, (bare, -1)), len(self._sorted)):
            text, other = self._sorted[at]
            if not text.startswith(bare):
                return False
            if other < number:
                return True
        return False


def _find_end(lines: Sequence[_Line], start: int, head: Head) -> int:
    """Return the number of the last line that has a sentence of the report, at least ``start``."""
    total = sum(len(line.text) for line in lines[start:] if line.prose)
    stop = len(lines)
    other = 0
    for number in range(len(lines) - 1, start, -1):
        line = lines[number]
        if line.prose:
            other += 0 if _CUT.search(line.text) and number > start + 1 else len(line.text)
            if len(line.text) > _LONGEST_SUMMARY:
                break
        if other > _MOST_OTHER * total or (
            heading_mark(line.text) and line.points < LIKELY and not line.prose
        ):
            break
        if _related().fullmatch(squeeze(line.text)):
            stop = number
    title, repeated = squeeze(head.simple), _Repeated(lines)
    end = start
    parted = False
    for number in range(start, stop):
        line = lines[number]
        if title and squeeze(line.text) == title and number > start:
            parted = True
        parted = parted or line.points >= SURE or bool(signature(line.text))
        if not line.prose or line.page:
            continue
        if line.points >= LIKELY or is_caption_line(line.text):
            continue
        if parted and repeated.has(number):
            continue
        end = number
        parted = False
    return end


def _below(lines: Sequence[_Line], start: int, end: int, head: Head) -> int:
    """Return the first line below the report: all from there on is of the page."""
    title = squeeze(head.simple)
    annexed = False
    for number in range(end + 1, len(lines)):
        line = lines[number]
        bare = squeeze(line.text)
        annexed = annexed or bool(_ANNEX.match(bare))
        if _related().fullmatch(bare) or (title and bare == title):
            return number
        if _files().search(bare):
            return number - _heads_files(lines, number, end)
        if is_caption_line(line.text) or line.points < LIKELY:
            continue
        if line.evidence.label and bare.rstrip(":") in _own():
            continue
        if _is_own_end(line) and number + 1 < len(lines) and line.points < SURE:
            continue
        return number
    return len(lines)


def _heads_files(lines: Sequence[_Line], number: int, end: int) -> int:
    """Return 1 where the line above a file name is 附件： and nothing else, else 0."""
    above = squeeze(lines[number - 1].text) if number - 1 > end else ""
    return 1 if above and _ANNEX.fullmatch(above) else 0


def _is_own_end(line: _Line) -> bool:
    """Say whether a line is of the kind with which a report ends: a signature, 附件, a contact."""
    if len(line.text) > _LONGEST:
        return False
    if signature(line.text) or _BRACKETED.match(line.text) or _ANNEX.match(squeeze(line.text)):
        return True
    names, own = _labels(fold(line.text))
    return own > names or bool(office_line(line.text) and len(line.text) < _LONGEST_SHORT)


def _mark_above(lines: Sequence[_Line], first: int, start: int) -> None:
    """Mark the lines of the page above the title, or above the text where there is no title."""
    above = lines[:first]
    of_page = any(line.points >= LIKELY or line.page for line in above)
    near = True
    for number in range(first - 1, -1, -1):
        line = lines[number]
        if line.points >= LIKELY and (not line.prose or line.points >= LIKELY):
            line.page = True
            near = False
            continue
        if line.prose or (line.block and line.block.kind == "title"):
            near = False
            continue
        bare = squeeze(line.text)
        letterhead = is_number(line.text) or bare.endswith("文件") or is_salutation(line.text)
        signed = near and first < len(lines) and bool(office_line(line.text)) and not of_page
        untitled = first == start and len(bare) > 7 and (region_of(bare) or year_of(bare) != "")
        if letterhead or signed or len(bare) > _LONGEST_SHORT or (untitled and not line.points):
            continue
        site = is_masthead(line.text) or (number == 0 and bool(_site().match(bare)))
        if of_page or site:
            line.page = True


def _mark_head(lines: Sequence[_Line], head: Head, first: int, start: int) -> None:
    """Mark the lines of the page between title and text, and the name of a speaker."""
    spoken = False
    for number in range(first, start):
        line = lines[number]
        if number in head.lines:
            continue
        bare = squeeze(line.text)
        if line.points >= LIKELY:
            line.page = True
            continue
        if line.prose or line.text[-1] in "：:" or line.block:
            continue
        post = names_post(line.text) and len(bare) <= 24 and not date_of(line.text)
        speaker = post and not kind_of(bare).last and not (office_line(line.text))
        named = bool(_NAME.match(bare)) and (spoken or "上" in lines[number - 1].text)
        spoken = speaker
        if speaker or named or is_press_lead(line.text):
            line.page = True
            continue
        beside = lines[number - 1].page or (
            number + 1 < start and lines[number + 1].points >= LIKELY
        )
        if not beside or len(bare) > 16:
            continue
        if not (office_line(line.text) or signature(line.text) or region_of(bare)):
            line.page = not is_number(line.text)
