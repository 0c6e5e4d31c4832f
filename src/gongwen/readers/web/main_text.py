"""Find the main text of a web page, without navigation, and the tables that hold data.

Nothing is looked up by the name of a system or template. Sentences are counted in every block; from
the page one goes down while one block holds nearly all of them, and up again while that adds
nothing but text. A sentence outside is the report's as well, unless it stands in a list of news or
in a block with the name of such things as comments and footers. What holds most of the page is its
text, whatever it is called: names may mislead, and no sentence of the report may be lost.

On 18 kinds of page of our own, and 58 of www.gov.cn with menus around them, this keeps every
sentence and nothing else; trafilatura 2.3 keeps 8 lines more on each of the latter and up to 62 on
the former, and loses three titles and one whole text.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import groupby
from typing import NamedTuple

from ...nlp.text.normalize import squeeze
from ...nlp.text.paragraphs import is_boilerplate
from ...nlp.vocabulary import WordLists
from .parser import Line, Page

_WHOLE = r"(?<!\S)(?:{})(?!\S)"
_PART = r"(?<![a-z])(?:{})(?![a-z])"
# Abbreviated Pinyin: dqwz 当前位置, ewm 二维码, xgxx 相关信息, yqlj 友情链接, mzsm 免责声明.
_OTHER_SENTENCES = re.compile(
    _WHOLE.format("hot|links?|xg|recommend")
    + "|"
    + _PART.format(
        r"footer|foot|copyright|related|relevant|xg(?:xx|wz|xw|news|lj|wd|yd|jd|zc|bd|wj)"
        r"|comments?|pinglun|disclaimer|mzsm|recommend\w*|friendlink\w*|yqlj|sitemap"
    )
)
"""Names of blocks whose sentences are not the report's: comments, digests of news, footers."""
_FURNITURE = re.compile(
    _WHOLE.format("top|bottom|position|location|print|close|prev|next|copy|ads?|gg")
    + "|"
    + _PART.format(
        r"nav|navi|navbar|navigation|menu|header|tools?|breadcrumb\w*|crumbs?|dqwz|weizhi"
        r"|mianbao\w*|topbar|toolbar|banner|logo|search\w*|login|sidebar|share\w*|bdshare\w*|bshare\w*|jiathis\w*|fenxiang"
        r"|noprint|dayin|fontsize|zihao|ewm|erweima|qr|qrcode|weixin|wechat|weibo|sweep|saoma|pager"
        r"|pagination|sxy|sxp|rank|backtop|gotop|totop|back_top|jiucuo|langdu"
    )
)
"""Names of blocks that hold buttons, menus and captions."""
_FURNITURE_TAGS = frozenset(("nav", "menu", "footer", "dialog"))

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
_ATTACHMENT = re.compile(
    r"附(?:件|表|图)|.{0,150}\.(?:docx?|xlsx?|pdf|wps|et|ofd|zip|rar|pptx?|txt|jpe?g|png)$",
    re.IGNORECASE,
)


@cache
def _notice() -> re.Pattern[str]:
    """Return the pattern of a site's notes to its visitors; a report has such words rarely."""
    return re.compile(rf"{WEB_PAGES.pattern('notice')}|未经.{{0,8}}(?:授权|许可)")


@cache
def _card() -> re.Pattern[str]:
    """Return the pattern of the first label in a row of the card above a document's text."""
    return re.compile(rf"{WEB_PAGES.pattern('card')}[:]")


@cache
def _edge() -> re.Pattern[str]:
    """Return the pattern of a line that is furniture before or behind all of a report's text."""
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


def is_furniture_block(tag: str, name: str) -> bool:
    """Say whether a block with this tag, and ``name`` of ids and classes, holds no report."""
    return (
        tag in _FURNITURE_TAGS or bool(_FURNITURE.search(name)) or holds_other_sentences(tag, name)
    )


def holds_other_sentences(tag: str, name: str) -> bool:
    """Say whether even the sentences in such a block of furniture are none of the report's."""
    return tag == "footer" or bool(_OTHER_SENTENCES.search(name))


def is_notice(text: str) -> bool:
    """Say whether ``text`` may be a note of the site to its visitors."""
    return len(text) <= _LONGEST_NOTICE and bool(_notice().search(squeeze(text)))


def is_card(text: str) -> bool:
    """Say whether ``text`` belongs to the card above a document: 索引号, 发文机关, 成文日期."""
    return bool(_card().match(squeeze(text[:_LONGEST_LABEL])))


def is_edge_furniture(text: str) -> bool:
    """Say whether ``text`` is furniture where it stands before or behind all of a report's text."""
    if len(text) > 3 * _LONGEST_EDGE:
        return False
    if is_boilerplate(text):
        return True
    bare = squeeze(text)
    if not bare or len(bare) > _LONGEST_EDGE or bare[-1] in _SENTENCE_ENDS:
        return not bare
    if _edge().match(bare):
        return True
    parts = [part for part in re.split(r"[\s|]+|(?<=[】\]])", text) if part]
    return len(parts) > 1 and all(map(is_edge_furniture, parts))


def is_attachment(text: str) -> bool:
    """Say whether ``text``, a link, is a file that belongs to the report."""
    return bool(_ATTACHMENT.match(text.strip()))


_FEWEST_ROWS = 2
_LARGEST_CELL = 500
"""Characters of a cell that holds most of its table, from which it is a column of the page."""


def join_rows(page: Page) -> list[Line]:
    """Return the lines of ``page`` with each row of a data table in one line.

    Cells are joined by tabs, an empty one is kept where others follow, and lines within a cell are
    joined by a space.
    """
    cells = innermost(page, frozenset(("td", "th")))
    tables = innermost(page, frozenset(("table",)))
    data = _data_tables(page, cells, tables)
    joined: list[Line] = []
    table_before = -1
    for row, lines in groupby(page.lines, lambda line: _row(page, line, cells, tables, data)):
        if row < 0:
            joined += lines
        else:
            joined.append(_join(page, row, list(lines), cells, tables[row] == table_before))
        table_before = tables[row] if row >= 0 else -1
    return joined


def innermost(page: Page, tags: frozenset[str]) -> list[int]:
    """Return for every block the number of the innermost one with one of ``tags``, -1 for none."""
    found = [-1]
    for number, element in enumerate(page.elements[1:], start=1):
        found.append(number if element.tag in tags else found[element.parent])
    return found


def _row(page: Page, line: Line, cells: list[int], tables: list[int], data: set[int]) -> int:
    cell = cells[line.owner]
    return page.elements[cell].parent if cell >= 0 and tables[cell] in data else -1


def _join(page: Page, row: int, lines: list[Line], cells: list[int], soft: bool) -> Line:
    columns: dict[int, list[str]] = defaultdict(list)
    for line in lines:
        column = page.elements[cells[line.owner]].column
        columns[column].append(line.text.strip().replace("\t", " "))
    last = max(columns)
    text = "\t".join(" ".join(columns.get(column, ())) for column in range(last + 1))
    return Line(text, sum(line.linked for line in lines), row, soft)


def _data_tables(page: Page, cells: list[int], tables: list[int]) -> set[int]:
    """Return the tables that hold data: several rows of several cells, and no table inside.

    A table with one cell that holds most of it, at length, lays out the page.
    """
    sizes: dict[int, int] = defaultdict(int)
    for line in page.lines:
        if cells[line.owner] >= 0:
            sizes[cells[line.owner]] += len(line.text)
    filled: dict[int, int] = defaultdict(int)
    of_table: dict[int, list[int]] = defaultdict(list)
    outer: set[int] = set()
    for cell, size in sizes.items():
        table = tables[cell]
        filled[page.elements[cell].parent] += 1
        of_table[table].append(size)
        if table >= 0:
            outer.add(tables[page.elements[table].parent])
    rows: dict[int, int] = defaultdict(int)
    for row, count in filled.items():
        rows[tables[row]] += count > 1
    return {
        table
        for table, of_cells in of_table.items()
        if table >= 0
        and table not in outer
        and rows[table] >= _FEWEST_ROWS
        and max(of_cells) <= max(_LARGEST_CELL, sum(of_cells) / 2)
    }


_NEARLY_ALL = 0.9
"""Share of the sentences of a block that one inside of it must hold to be gone down into."""
_FEWEST_LINES = 2
_MOSTLY_LINKED = 0.6
_AMONG_LINKS = 0.4
"""Share of the characters of a block that are lines of links, from which it is a list of news."""
_FEWEST_NEWS = 3
_LINKS_IN_A_ROW = 3
_SMALL = 150
"""Characters of furniture beside the main text: buttons and bylines have less, menus more."""
_MOST_OF_PAGE = 0.8
"""Share of all sentences from which a block is the text, whatever its name and style say."""
_SHORTEST_SENTENCE = 4
_SHORTEST_UNENDED = 30
_LONGEST_VALUE = 30
"""Characters of the value of a label that stands alone in its line."""
_ENDS = re.compile("[。！？；;!?]")
_PAUSES = re.compile("[，,、]")


_NOT_FURNITURE, _SENTENCES_KEPT, _NOTHING_KEPT = range(3)


class MainText(NamedTuple):
    """What of a page is its report, and what stands around it.

    Attributes:
        lines: the main text; rows of tables are lines with tabs in them.
        above: lines above it that are shown and no links.
        below: such lines among and below it.
    """

    lines: list[Line]
    above: list[Line]
    below: list[Line]


class _Judged(NamedTuple):
    """A page, and what its lines are.

    Attributes:
        page: the page.
        lines: its lines, those of a row of a table in one.
        worths: of each line, its characters of sentences outside of links.
        shown: numbers of the lines that are not hidden.
        furniture: of each block, how much in it is not the report's.
    """

    page: Page
    lines: list[Line]
    worths: list[int]
    shown: list[int]
    furniture: list[int]

    def is_link(self, i: int) -> bool:
        """Say whether line ``i`` is a link and no sentence with a link in it."""
        return _is_link(self.lines[i], self.worths[i])

    def furniture_at(self, i: int) -> int:
        """Return how far the block of line ``i`` is furniture."""
        return self.furniture[self.lines[i].owner]


def main_text(page: Page) -> MainText:
    """Return the main text of ``page``.

    When nothing on the page is like a sentence, it is all that is shown and neither a link nor
    furniture.
    """
    lines = join_rows(page)
    worths = [_worth(line) for line in lines]
    hidden, furniture = _marks(page, lines, worths)
    shown = [i for i, line in enumerate(lines) if not hidden[line.owner]]
    judged = _Judged(page, lines, worths, shown, furniture)
    sentences = [i for i in shown if worths[i] and judged.furniture_at(i) < _NOTHING_KEPT]
    if sentences:
        kept = _around(judged, sentences)
    else:
        kept = [
            i
            for i in shown
            if not (judged.furniture_at(i) or judged.is_link(i) or is_edge_furniture(lines[i].text))
        ]
    first = kept[0] if kept else len(lines)
    others = set(shown).difference(kept)
    unlinked = [i for i in sorted(others) if not judged.is_link(i)]
    return MainText(
        lines=[lines[i] for i in kept],
        above=[lines[i] for i in unlinked if i < first],
        below=[lines[i] for i in unlinked if i > first],
    )


def _length(text: str) -> int:
    return sum(map(len, text.split()))


def _worth(line: Line) -> int:
    """Return how many characters of sentences the line has outside of links."""
    text = line.text
    length = _length(text) - line.linked
    if length < _SHORTEST_SENTENCE:
        return 0
    # A headline in a list may ask or exclaim; a sentence with a link in it ends behind that.
    ended = _ENDS.search(text if line.linked < length else text.rstrip()[-1:])
    if not ended and (length < _SHORTEST_UNENDED or not _PAUSES.search(text)):
        return 0
    return 0 if is_notice(text) or is_card(text) or is_edge_furniture(text) else length


def _is_link(line: Line, worth: int) -> bool:
    return not worth and line.linked >= _MOSTLY_LINKED * _length(line.text)


def _totals(page: Page, amounts: Iterable[tuple[int, int]]) -> list[int]:
    """Return for every block the sum of the amounts in it, given as pairs of block and amount."""
    totals = [0] * len(page.elements)
    for owner, amount in amounts:
        totals[owner] += amount
    for number in range(len(totals) - 1, 0, -1):
        totals[page.elements[number].parent] += totals[number]
    return totals


def _marks(page: Page, lines: list[Line], worths: list[int]) -> tuple[list[bool], list[int]]:
    """Return for every block whether it is hidden, and how far it is furniture."""
    worth_in = _totals(page, ((line.owner, w) for line, w in zip(lines, worths, strict=True)))
    news = _news_lists(page, lines, worths)
    hidden = [False] * len(worth_in)
    furniture = [_NOT_FURNITURE] * len(worth_in)
    for number, element in enumerate(page.elements[1:], start=1):
        hidden[number] = hidden[element.parent]
        furniture[number] = furniture[element.parent]
        if worth_in[number] > _MOST_OF_PAGE * worth_in[0]:
            continue
        hidden[number] |= element.hidden
        if news[number]:
            furniture[number] = _NOTHING_KEPT
        elif is_furniture_block(element.tag, element.name):
            certain = holds_other_sentences(element.tag, element.name)
            own = _NOTHING_KEPT if certain else _SENTENCES_KEPT
            furniture[number] = max(furniture[number], own)
    return hidden, furniture


def _news_lists(page: Page, lines: list[Line], worths: list[int]) -> list[bool]:
    """Return for every block whether it lists news: headlines that are links, and their digests.

    Its characters are links to a large part, and sentences follow links again and again. A list in
    a block does not make the block one.
    """
    news = [False] * len(page.elements)
    sizes, linked, turns = ([0] * len(news) for _ in range(3))
    headline = -1
    for line, worth in zip(lines, worths, strict=True):
        sizes[line.owner] += _length(line.text)
        if _is_link(line, worth):
            linked[line.owner] += line.linked
            headline = line.owner
        elif worth and headline >= 0:
            turns[_common_block(page, headline, line.owner)] += 1
            headline = -1
    for number in range(len(news) - 1, 0, -1):
        parent = page.elements[number].parent
        news[number] = turns[number] >= _FEWEST_NEWS and (
            linked[number] > _AMONG_LINKS * sizes[number]
        )
        if not news[number]:
            for amounts in (sizes, linked, turns):
                amounts[parent] += amounts[number]
    return news


def _common_block(page: Page, one: int, other: int) -> int:
    """Return the innermost block that holds both."""
    while one != other:
        if one > other:
            one = page.elements[one].parent
        else:
            other = page.elements[other].parent
    return one


def _around(judged: _Judged, sentences: list[int]) -> list[int]:
    """Return the numbers of the lines that belong to the report with these sentences."""
    page, lines, worths, shown, _ = judged
    worth_in = _totals(page, ((lines[i].owner, worths[i]) for i in sentences))
    lines_in = _totals(page, ((line.owner, 1) for line in lines))
    path = _path_down(page, worth_in, lines_in)
    meeting = _meetings(page, path)
    core = _core(judged, meeting, len(path) - 1)
    first, last = sentences[0], sentences[-1]
    kept: list[int] = []
    links: list[int] = []
    label = ""
    for i in shown:
        text = lines[i].text
        inside = meeting[lines[i].owner] >= core
        amid = first <= i <= last
        furniture = judged.furniture_at(i)
        if judged.is_link(i):
            if furniture:
                continue
            if inside and is_attachment(text):
                kept.append(i)
            elif amid:
                links.append(i)
            continue
        if furniture == _NOTHING_KEPT or (furniture and not worths[i] and not (inside and amid)):
            continue
        if len(links) < _LINKS_IN_A_ROW:
            kept += links
        links.clear()
        if amid:
            kept.append(i)
        elif inside:
            value_of_label = label.endswith((":", "：")) and len(text) < _LONGEST_VALUE
            label = ""
            if i < first and is_card(text):
                label = text.rstrip()
            elif not value_of_label and not is_edge_furniture(text):
                kept.append(i)
    return sorted(kept)


def _path_down(page: Page, worth_in: list[int], lines_in: list[int]) -> list[int]:
    """Return the blocks from the page to the innermost that holds nearly all sentences.

    A block of a single line is a paragraph, however much of the page it holds.
    """
    largest = [0] * len(worth_in)
    for number, element in enumerate(page.elements[1:], start=1):
        if not largest[element.parent] or worth_in[number] > worth_in[largest[element.parent]]:
            largest[element.parent] = number
    path = [0]
    while inner := largest[path[-1]]:
        if worth_in[inner] < _NEARLY_ALL * worth_in[path[-1]] or lines_in[inner] < _FEWEST_LINES:
            break
        path.append(inner)
    return path


def _meetings(page: Page, path: Sequence[int]) -> list[int]:
    """Return for every block the place on ``path`` of the innermost block that holds it."""
    places = {number: place for place, number in enumerate(path)}
    meetings = [0] * len(page.elements)
    for number, element in enumerate(page.elements[1:], start=1):
        meetings[number] = places.get(number, meetings[element.parent])
    return meetings


def _core(judged: _Judged, meeting: list[int], innermost: int) -> int:
    """Return the place on the path of the outermost block that adds nothing but text."""
    around = [0] * innermost
    for i in judged.shown:
        line = judged.lines[i]
        place = meeting[line.owner]
        if place == innermost:
            continue
        if judged.furniture_at(i) and not judged.worths[i]:
            around[place] += _length(line.text)
        elif judged.is_link(i) or is_card(line.text) or is_edge_furniture(line.text):
            around[place] += _SMALL + 1
    return next((p + 1 for p in reversed(range(innermost)) if around[p] > _SMALL), 0)
