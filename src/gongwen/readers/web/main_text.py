"""Find the main text of a web page, without boilerplate, and join the rows of its data tables.

No rule depends on a particular site or template. The characters of sentences are counted in every
block. The search descends from the page while one inner block holds nearly all of them, and then
widens again to the outermost block that adds only text. A sentence outside of that block is kept
too, unless it is in a list of news or in a block named like comments or footers. A block with most
of the page's sentences is main text whatever its name, since names may mislead and no sentence of
the report may be lost.

On 18 kinds of page of our own, and on 58 of www.gov.cn with menus around them, this keeps every
sentence and nothing else; trafilatura 2.3 keeps 8 more lines on each of the latter and up to 62 on
the former, and loses three titles and one whole text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple

from ...nlp.text.normalize import squeeze
from ...nlp.text.paragraphs import is_boilerplate
from ...nlp.vocabulary import WordLists
from .parser import Line, Page
from .tag_blocks import join_rows

# -- main text -------------------------------------------------------------------------------------

_MIN_INNER_SHARE = 0.9
"""Smallest share of a block's sentences in an inner block for the search to descend into it."""
_MIN_INNER_LINES = 2
_MIN_LINKED_SHARE = 0.6
_MIN_NEWS_LINK_SHARE = 0.4
"""Share of the characters of a block in lines of links, above which it may be a list of news."""
_MIN_NEWS = 3
_MAX_ADJACENT_LINKS = 3
_MAX_BOILERPLATE_BESIDE = 150
"""Most characters of boilerplate beside the main text: buttons have fewer, menus more."""
_MAIN_BLOCK_SHARE = 0.8
"""Share of all sentences above which a block is main text, whatever its name and style."""
_SHORTEST_SENTENCE = 4
_SHORTEST_UNENDED = 30
_LONGEST_VALUE = 30
"""Most characters of the value below a label that has a line of its own."""
_SENTENCE_END = re.compile("[。！？；;!?]")
_PAUSES = re.compile("[，,、]")


_NOT_BOILERPLATE, _KEEP_SENTENCES, _KEEP_NOTHING = range(3)
"""Levels of boilerplate of a block: none, all but its sentences, or everything in it."""


class MainText(NamedTuple):
    """The main text of a page, and the lines around it.

    Attributes:
        lines: the main text; a row of a table is one line with tabs between the cells.
        above: lines above it that are visible and not links.
        below: such lines among and below it.
        visible: all visible lines of the page, links too, in order.
    """

    lines: list[Line]
    above: list[Line]
    below: list[Line]
    visible: list[Line]


class _PageView(NamedTuple):
    """A page with the classification of its lines and blocks.

    Attributes:
        page: the page.
        lines: its lines, with each row of a data table joined to one.
        scores: for each line, the number of characters of its sentences outside of links.
        visible: indices of the lines that are not hidden.
        boilerplate: for each block, its level of boilerplate.
    """

    page: Page
    lines: list[Line]
    scores: list[int]
    visible: list[int]
    boilerplate: list[int]

    def is_link(self, i: int) -> bool:
        """Return whether line ``i`` is a link and not a sentence that contains one."""
        return _is_link(self.lines[i], self.scores[i])

    def boilerplate_at(self, i: int) -> int:
        """Return the level of boilerplate of the block of line ``i``."""
        return self.boilerplate[self.lines[i].owner]


def main_text(page: Page) -> MainText:
    """Return the main text of ``page`` and the lines around it.

    If the page has no sentences, all visible lines that are neither links nor boilerplate are the
    main text.
    """
    lines = join_rows(page)
    scores = [_score(line) for line in lines]
    hidden, boilerplate = _classify_blocks(page, lines, scores)
    visible = [i for i, line in enumerate(lines) if not hidden[line.owner]]
    view = _PageView(page, lines, scores, visible, boilerplate)
    sentences = [i for i in visible if scores[i] and view.boilerplate_at(i) < _KEEP_NOTHING]
    if sentences:
        kept = _report_lines(view, sentences)
    else:
        kept = [
            i
            for i in visible
            if not (view.boilerplate_at(i) or view.is_link(i) or is_edge_boilerplate(lines[i].text))
        ]
    first = kept[0] if kept else len(lines)
    others = set(visible).difference(kept)
    unlinked = [i for i in sorted(others) if not view.is_link(i)]
    return MainText(
        lines=[lines[i] for i in kept],
        above=[lines[i] for i in unlinked if i < first],
        below=[lines[i] for i in unlinked if i > first],
        visible=[lines[i] for i in visible],
    )


def _length(text: str) -> int:
    """Return the number of characters without white space."""
    return sum(map(len, text.split()))


def _score(line: Line) -> int:
    """Return the number of characters of sentences in the line, outside of links."""
    text = line.text
    length = _length(text) - line.linked
    if length < _SHORTEST_SENTENCE:
        return 0
    # A linked headline may contain ? or !: in lines that are mostly links, only the end counts.
    ended = _SENTENCE_END.search(text if line.linked < length else text.rstrip()[-1:])
    if not ended and (length < _SHORTEST_UNENDED or not _PAUSES.search(text)):
        return 0
    return (
        0 if is_site_notice(text) or is_metadata_row(text) or is_edge_boilerplate(text) else length
    )


def _is_link(line: Line, score: int) -> bool:
    return not score and line.linked >= _MIN_LINKED_SHARE * _length(line.text)


def is_linked(line: Line) -> bool:
    """Return whether nearly all of ``line`` is a link to another page."""
    return line.linked > 0 and _is_link(line, 0)


def _totals_per_block(page: Page, amounts: Iterable[tuple[int, int]]) -> list[int]:
    """Return for every block the sum of the amounts in it, given as pairs of block and amount."""
    totals = [0] * len(page.elements)
    for owner, amount in amounts:
        totals[owner] += amount
    for number in range(len(totals) - 1, 0, -1):
        totals[page.elements[number].parent] += totals[number]
    return totals


def _classify_blocks(
    page: Page, lines: list[Line], scores: list[int]
) -> tuple[list[bool], list[int]]:
    """Return for every block whether it is hidden, and its level of boilerplate."""
    score_totals = _totals_per_block(
        page, ((line.owner, w) for line, w in zip(lines, scores, strict=True))
    )
    news = _find_news_lists(page, lines, scores)
    hidden = [False] * len(score_totals)
    boilerplate = [_NOT_BOILERPLATE] * len(score_totals)
    for number, element in enumerate(page.elements[1:], start=1):
        hidden[number] = hidden[element.parent]
        boilerplate[number] = boilerplate[element.parent]
        if score_totals[number] > _MAIN_BLOCK_SHARE * score_totals[0]:
            continue
        hidden[number] |= element.hidden
        if news[number]:
            boilerplate[number] = _KEEP_NOTHING
        elif is_boilerplate_block(element.tag, element.name):
            foreign = is_foreign_block(element.tag, element.name)
            own = _KEEP_NOTHING if foreign else _KEEP_SENTENCES
            boilerplate[number] = max(boilerplate[number], own)
    return hidden, boilerplate


def _find_news_lists(page: Page, lines: list[Line], scores: list[int]) -> list[bool]:
    """Return for every block whether it is a list of news: linked headlines with summaries.

    In such a list a large share of the characters is in links, and sentences repeatedly follow
    links. A block that only contains such a list is not one itself.
    """
    news = [False] * len(page.elements)
    sizes, linked, alternations = ([0] * len(news) for _ in range(3))
    headline = -1
    for line, score in zip(lines, scores, strict=True):
        sizes[line.owner] += _length(line.text)
        if _is_link(line, score):
            linked[line.owner] += line.linked
            headline = line.owner
        elif score and headline >= 0:
            alternations[_common_block(page, headline, line.owner)] += 1
            headline = -1
    for number in range(len(news) - 1, 0, -1):
        parent = page.elements[number].parent
        news[number] = alternations[number] >= _MIN_NEWS and (
            linked[number] > _MIN_NEWS_LINK_SHARE * sizes[number]
        )
        if not news[number]:
            for amounts in (sizes, linked, alternations):
                amounts[parent] += amounts[number]
    return news


def _common_block(page: Page, one: int, other: int) -> int:
    """Return the index of the innermost block that contains both blocks."""
    while one != other:
        if one > other:
            one = page.elements[one].parent
        else:
            other = page.elements[other].parent
    return one


def _report_lines(view: _PageView, sentences: list[int]) -> list[int]:
    """Return the indices of the lines of the report, given the lines with its sentences."""
    page, lines, scores, visible, _ = view
    score_totals = _totals_per_block(page, ((lines[i].owner, scores[i]) for i in sentences))
    line_totals = _totals_per_block(page, ((line.owner, 1) for line in lines))
    path = _path_to_innermost(page, score_totals, line_totals)
    path_index = _path_indices(page, path)
    outermost = _outermost_text_block(view, path_index, len(path) - 1)
    first, last = sentences[0], sentences[-1]
    kept: list[int] = []
    links: list[int] = []
    label = ""
    for i in visible:
        text = lines[i].text
        inside = path_index[lines[i].owner] >= outermost
        between = first <= i <= last
        boilerplate = view.boilerplate_at(i)
        if view.is_link(i):
            if boilerplate:
                continue
            if inside and is_attachment(text):
                kept.append(i)
            elif between:
                links.append(i)
            continue
        if boilerplate == _KEEP_NOTHING or (
            boilerplate and not scores[i] and not (inside and between)
        ):
            continue
        if len(links) < _MAX_ADJACENT_LINKS:
            kept += links
        links.clear()
        if between:
            kept.append(i)
        elif inside:
            value_of_label = label.endswith((":", "：")) and len(text) < _LONGEST_VALUE
            label = ""
            if i < first and is_metadata_row(text):
                label = text.rstrip()
            elif not value_of_label and not is_edge_boilerplate(text):
                kept.append(i)
    return sorted(kept)


def _path_to_innermost(page: Page, score_totals: list[int], line_totals: list[int]) -> list[int]:
    """Return the blocks from the page to the innermost one with nearly all sentences.

    A block of a single line is a paragraph and never on this path.
    """
    largest = [0] * len(score_totals)
    for number, element in enumerate(page.elements[1:], start=1):
        if (
            not largest[element.parent]
            or score_totals[number] > score_totals[largest[element.parent]]
        ):
            largest[element.parent] = number
    path = [0]
    while inner := largest[path[-1]]:
        if (
            score_totals[inner] < _MIN_INNER_SHARE * score_totals[path[-1]]
            or line_totals[inner] < _MIN_INNER_LINES
        ):
            break
        path.append(inner)
    return path


def _path_indices(page: Page, path: Sequence[int]) -> list[int]:
    """Return for every block the index in ``path`` of the innermost block that contains it."""
    index_of = {number: index for index, number in enumerate(path)}
    indices = [0] * len(page.elements)
    for number, element in enumerate(page.elements[1:], start=1):
        indices[number] = index_of.get(number, indices[element.parent])
    return indices


def _outermost_text_block(view: _PageView, path_index: list[int], innermost: int) -> int:
    """Return the index in the path of the outermost block that adds only text."""
    boilerplate_sizes = [0] * innermost
    for i in view.visible:
        line = view.lines[i]
        index = path_index[line.owner]
        if index == innermost:
            continue
        if view.boilerplate_at(i) and not view.scores[i]:
            boilerplate_sizes[index] += _length(line.text)
        elif view.is_link(i) or is_metadata_row(line.text) or is_edge_boilerplate(line.text):
            boilerplate_sizes[index] += _MAX_BOILERPLATE_BESIDE + 1
    return next(
        (
            p + 1
            for p in reversed(range(innermost))
            if boilerplate_sizes[p] > _MAX_BOILERPLATE_BESIDE
        ),
        0,
    )


# -- boilerplate -----------------------------------------------------------------------------------

_WHOLE_NAME = r"(?<!\S)(?:{})(?!\S)"
_NAME_PART = r"(?<![a-z])(?:{})(?![a-z])"
# Many names are abbreviated Pinyin: dqwz 当前位置, ewm 二维码, xgxx 相关信息, yqlj 友情链接,
# mzsm 免责声明.
_FOREIGN_NAMES = re.compile(
    _WHOLE_NAME.format("hot|links?|xg|recommend")
    + "|"
    + _NAME_PART.format(
        r"footer|foot|copyright|related|relevant|xg(?:xx|wz|xw|news|lj|wd|yd|jd|zc|bd|wj)"
        r"|comments?|pinglun|disclaimer|mzsm|recommend\w*|friendlink\w*|yqlj|sitemap"
    )
)
"""Ids and classes of blocks whose sentences are not the report's: comments, news, footers."""
_BOILERPLATE_NAMES = re.compile(
    _WHOLE_NAME.format("top|bottom|position|location|print|close|prev|next|copy|ads?|gg")
    + "|"
    + _NAME_PART.format(
        r"nav|navi|navbar|navigation|menu|header|tools?|breadcrumb\w*|crumbs?|dqwz|weizhi"
        r"|mianbao\w*|topbar|toolbar|banner|logo|search\w*|login|sidebar|share\w*|bdshare\w*|bshare\w*|jiathis\w*|fenxiang"
        r"|noprint|dayin|fontsize|zihao|ewm|erweima|qr|qrcode|weixin|wechat|weibo|sweep|saoma|pager"
        r"|pagination|sxy|sxp|rank|backtop|gotop|totop|back_top|jiucuo|langdu"
    )
)
"""Ids and classes of blocks with buttons, menus and captions."""
_BOILERPLATE_TAGS = frozenset(("nav", "menu", "footer", "dialog"))

WEB_PAGES = WordLists(
    "web-pages",
    "notice card label related page explained explaining visitor visitor-act action action-on scan"
    " scan-act menu menu-beginning maker registered title site-behind site untitled page-name",
)
_LONGEST_NOTICE = 100

_DATE = r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?[\d:]*"
_LONGEST_EDGE = 120
_LONGEST_LABEL = 24
_SENTENCE_ENDS = frozenset("。;!?")
_ATTACHED_FILE = re.compile(
    r"附(?:件|表|图)|.{0,150}\.(?:docx?|xlsx?|pdf|wps|et|ofd|zip|rar|pptx?|txt|jpe?g|png)$",
    re.IGNORECASE,
)


@cache
def _notice() -> re.Pattern[str]:
    """Return the pattern of a site's notices to its visitors, which are rare in reports."""
    return re.compile(rf"{WEB_PAGES.pattern('notice')}|未经.{{0,8}}(?:授权|许可)")


@cache
def _metadata_label() -> re.Pattern[str]:
    """Return the pattern of the first label of a row in the table of metadata above a document."""
    return re.compile(rf"{WEB_PAGES.pattern('card')}[:]")


@cache
def _edge() -> re.Pattern[str]:
    """Return the pattern of boilerplate at the edges of a text: bylines, buttons, links."""
    w = WEB_PAGES.pattern
    label = f"{w('label')}[:]"
    patterns = (
        rf"[\[(]?(?:{_DATE})?{label}.{{0,80}}$",
        rf".{{0,30}}{label}.{{0,40}}{label}.{{0,40}}$",
        rf"\[?{w('related')}{w('page')}+\]?[:]?$|猜你喜欢",
        rf"\[?{w('explained')}?{w('explaining')}\]?[:]?$",
        rf"\[?{w('visitor')}{w('visitor-act')}\]?$",
        rf"\[?{w('action')}{w('action-on')}\]?$",
        rf"用?{w('scan')}.{{0,8}}{w('scan-act')}.{{0,20}}$",
        r"(?:上|下|前|后)一?(?:篇|条|页|则|个)[:>].{0,80}$|没有了$",
        rf"(?:{w('menu')}|{w('menu-beginning')}.{{0,4}}|[|·/>-]){{1,60}}$",
        rf"{w('maker')}[:].{{0,80}}{w('registered')}.{{0,60}}$",
        r"copyright.{0,80}$|.{0,20}all ?rights ?reserved.{0,60}$",
        r"(?:您是)?第\d+位(?:访客|访问者)$|今天是.{0,30}$",
        r"-{2,120}>?$|[*_=.。…]{3,120}$",
    )
    return re.compile("|".join(patterns))


def is_boilerplate_block(tag: str, name: str) -> bool:
    """Return whether a block is named as boilerplate.

    Args:
        tag: its tag in lower case.
        name: its id and classes in lower case, separated by spaces.

    Example:
        >>> is_boilerplate_block("div", "main-nav"), is_boilerplate_block("div", "content")
        (True, False)
    """
    return (
        tag in _BOILERPLATE_TAGS
        or bool(_BOILERPLATE_NAMES.search(name))
        or is_foreign_block(tag, name)
    )


def is_foreign_block(tag: str, name: str) -> bool:
    """Return whether not even the sentences of a boilerplate block belong to the report."""
    return tag == "footer" or bool(_FOREIGN_NAMES.search(name))


def is_site_notice(text: str) -> bool:
    """Return whether ``text`` may be a notice of the site to its visitors."""
    return len(text) <= _LONGEST_NOTICE and bool(_notice().search(squeeze(text)))


def is_metadata_row(text: str) -> bool:
    """Return whether ``text`` is a row of the metadata table above a document.

    Example:
        >>> is_metadata_row("索 引 号：123")
        True
    """
    return bool(_metadata_label().match(squeeze(text[:_LONGEST_LABEL])))


def is_edge_boilerplate(text: str) -> bool:
    """Return whether ``text`` is boilerplate if it is before or after all text of a report.

    Example:
        >>> is_edge_boilerplate("打印本页 关闭窗口")
        True
    """
    if len(text) > 3 * _LONGEST_EDGE:
        return False
    if is_boilerplate(text):
        return True
    squeezed = squeeze(text)
    if not squeezed or len(squeezed) > _LONGEST_EDGE or squeezed[-1] in _SENTENCE_ENDS:
        return not squeezed
    if _edge().match(squeezed):
        return True
    parts = [part for part in re.split(r"[\s|]+|(?<=[】\]])", text) if part]
    return len(parts) > 1 and all(map(is_edge_boilerplate, parts))


def is_attachment(text: str) -> bool:
    """Return whether ``text``, the text of a link, names a file attached to the report."""
    return bool(_ATTACHED_FILE.match(text.strip()))
