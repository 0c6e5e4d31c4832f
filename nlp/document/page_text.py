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
from collections.abc import Sequence
from itertools import groupby, pairwise

from ..text.dates import date_of, year_of
from ..text.normalize import squeeze
from ..text.paragraphs import heading_mark, is_boilerplate, item_mark
from .blocks import NOT_SPOKEN, Block
from .document_kind import is_news, kind_of, region_of
from .entities import names_post, office_at_head, office_line
from .header import SEARCHED, Head, not_titles, read_head
from .page_evidence import (
    ANNEX,
    CUT,
    LIKELY,
    LONGEST,
    LONGEST_SHORT,
    SURE,
    Evidence,
    Repeated,
    files_named,
    is_caption_line,
    is_site,
    labels_in,
    may_name_scene,
    own_labels,
    related,
    site_behind,
)
from .page_lines import is_masthead, is_number, is_press_lead, is_salutation
from .shown_lines import ShownLine, line_at, lines_in
from .signature import signature

_MOST_OTHER = 0.35
"""Share of a text's sentences, by characters, that may stand in notes about other pages."""
_MOST_BELOW = 0.15
"""The same for what stands below the buttons under a report."""
_LONGEST_SUMMARY = 120
_LONGEST_VALUE = 60
"""Characters of the longest value below its label."""
_LONGEST_BARE = 12
"""Characters of a line that may be a heading above a title and names neither place nor year."""
_LONGEST_NOTE = 120
"""Characters of a sentence above a title that is of the page with the lines around it."""
_TEXT_FROM = 4
"""Paragraphs below which no title is looked for."""
_MOST_NOTES = 2
"""Notes to visitors that may stand above a title."""
_BARS = re.compile("[|｜]")
_COUNT = re.compile(r"[0-9０-９][0-9０-９.,，]{0,20}[%％]?")
_BRACKETED = re.compile(r"^[（(【].{1,80}[）)】]$")
_NAME = re.compile(r"^[\u4e00-\u9fff·]{2,4}$")
_FIELD = re.compile(r"[\u4e00-\u9fff][\u4e00-\u9fff\s]{1,10}[:：]\s{0,4}[^\s,，。;；].{0,48}")
"""A line that may be a field of the page by its form: 公开责任部门：县司法局."""


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
    lines = list(lines_in(text, blocks))
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
    numbers, made = list[int](), list[ShownLine]()
    for number, text in enumerate(lines):
        if line := line_at(text, 0, len(text)):
            numbers.append(number)
            made.append(line)
            if linked and linked[number] and not line.prose and not ANNEX.match(line.text):
                line.evidence = line.evidence._replace(points=line.points + 1)
    _decide(made)
    return frozenset(n for n, line in zip(numbers, made, strict=True) if line.page)


def _decide(lines: list[ShownLine]) -> None:
    """Mark the lines that are of the page."""
    _keep_rows(lines)
    windows = [site_behind(line.text) for line in lines[:SEARCHED]]
    for number in not_titles([line.text for line in lines], windows):
        if not lines[number].block:
            lines[number].evidence = Evidence(SURE)
    _mark_values(lines)
    first, start, head = _find_head(lines)
    end = _find_end(lines, start, head)
    below = _below(lines, start, end, head)
    _mark_above(lines, first, start)
    _mark_head(lines, head, first, start)
    for line in lines[start:below]:
        if line.evidence.within and line.points >= SURE and not _is_kept(line):
            line.page = True
    rest = lines[max(below, start) :]
    for is_row, run in groupby(rest, lambda line: "\t" in line.text):
        run_lines = list(run)
        counted = sum(any(map(_COUNT.fullmatch, line.text.split("\t"))) for line in run_lines)
        for line in run_lines:
            line.page = not (is_row and counted > 1)  # a table of counts is of the report
    if any(line.page and line.points >= SURE for line in lines):
        _mark_scenes(lines, start, below)


def _is_kept(line: ShownLine) -> bool:
    """Say whether a line within the text is of the report for all its looks."""
    if line.block and line.block.kind == "row":
        return True
    if line.prose and not is_caption_line(line.text):
        return not is_boilerplate(line.text)
    return bool(heading_mark(line.text)) and not files_named().search(squeeze(line.text))


def _keep_rows(lines: Sequence[ShownLine]) -> None:
    """Let the rows of a table whose cells stand between bars show nothing of a page."""
    for above, line in pairwise(lines):
        if "|" in line.text or "｜" in line.text:
            cells, others = ([*map(str.strip, _BARS.split(x.text))] for x in (line, above))
            if len(cells) == len(others) > 1 and any(map(_COUNT.fullmatch, cells)):
                line.evidence = above.evidence = Evidence()


def _mark_values(lines: Sequence[ShownLine]) -> None:
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


def _is_shown(line: ShownLine) -> bool:
    """Say whether a line may be of the report: not if it is surely of the page."""
    return not line.page and (line.points < LIKELY or (line.prose and line.points < LIKELY))


def _find_head(lines: Sequence[ShownLine]) -> tuple[int, int, Head]:
    """Return the first line of the title, that of the text, and the head.

    Without a title the first two are the same.
    """
    titled = [n for n, line in enumerate(lines) if line.block and line.block.kind == "title"]
    head = Head()
    if titled:
        head = _head(lines, titled, frozenset())
    else:
        weak = _no_titles(lines)
        head = _head(lines, titled, weak)
        if weak and not head.lines:
            head = _head(lines, titled, frozenset())
    own = sorted(head.lines)
    if own and not titled and _is_of_menu(head, lines, own[0]):
        lines[own[0]].evidence = Evidence(LIKELY)
        own, head = [], Head()
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


def _head(lines: Sequence[ShownLine], titled: Sequence[int], weak: frozenset[int]) -> Head:
    """Return the head of the report; lines of the page and those of ``weak`` are not in it."""
    told = 0
    end = len(lines)
    for number, line in enumerate(lines):
        told += line.prose and len(line.text) > LONGEST_SHORT and _is_shown(line)
        if told == _TEXT_FROM:
            end = number + 1
            break
    near = lines[: max(end, titled[-1] + 1 if titled else 0)]
    own = (n for n, line in enumerate(near) if not _is_shown(line) or n in weak)
    return read_head([line.text for line in near], frozenset(), titled, frozenset(own))


def _no_titles(lines: Sequence[ShownLine]) -> frozenset[int]:
    """Return the lines above the text that look like titles and are not, for a better one follows.

    They name a column of the site (行政执法公示), are the title of the window or a note to visitors
    among the lines of the page, and a line below them names a kind of document with its place, its
    year or its subject.
    """
    found, weak = list[int](), list[int]()
    best = -1
    seen = 0
    for number, line in enumerate(lines[:SEARCHED]):
        of_page = line.page or line.points >= LIKELY
        seen += of_page
        if of_page:
            continue
        if line.prose:
            if not seen or found or len(line.text) > _LONGEST_NOTE or len(weak) > _MOST_NOTES:
                break
            weak.append(number)
            continue
        bare = squeeze(line.text)
        if not found and (window := site_behind(line.text)) and kind_of(window).last:
            weak.append(number)
            continue
        if len(bare) > LONGEST or not kind_of(bare).written:
            continue
        found.append(number)
        if _is_full_title(bare):
            best = number
            break
    if best < 0:
        return frozenset()
    if any(lines[n].prose and not _is_beside_page(lines, n) for n in weak):
        return frozenset()
    short = [n for n in found[:-1] if len(squeeze(lines[n].text)) <= _LONGEST_BARE]
    return frozenset((*weak, *(short if seen or len(short) > 1 else ())))


def _is_beside_page(lines: Sequence[ShownLine], number: int) -> bool:
    """Say whether lines of the page stand right above and right below a line."""
    beside = (*lines[max(0, number - 1) : number], *lines[number + 1 : number + 2])
    return len(beside) == 2 and all(line.page or line.points >= LIKELY for line in beside)


def _is_full_title(bare: str) -> bool:
    """Say whether a line names a kind of document with its place, its year or its subject."""
    kind = kind_of(bare)
    if not kind.last or len(bare) <= len(kind.written):
        return False
    named = bool(region_of(bare)) or bool(office_at_head(bare)) or year_of(bare) != ""
    return named or bare.startswith("关于")


def _is_of_menu(head: Head, lines: Sequence[ShownLine], number: int) -> bool:
    """Say whether what was taken for a title is but a short line on a page: 服务大厅."""
    bare = squeeze(head.simple)
    if kind_of(bare).written or region_of(bare) or year_of(bare) != "" or is_news(bare):
        return False
    if len(bare) > _LONGEST_BARE or lines[number].block or any(c in bare for c in ':",!?'):
        return False
    around = (*lines[max(0, number - 1) : number], *lines[number + 1 : number + 2])
    return all(line.points >= LIKELY or line.page for line in around)


def _find_end(lines: Sequence[ShownLine], start: int, head: Head) -> int:
    """Return the number of the last line that has a sentence of the report, at least ``start``."""
    stop = min(_other_pages(lines, start), _foot(lines, start))
    title, repeated = squeeze(head.simple), Repeated([line.text for line in lines])
    end = start
    parted = False
    for number in range(start, stop):
        line = lines[number]
        short = len(line.text) <= LONGEST
        if short and number > start and title and squeeze(line.text) == title:
            parted = True
        parted = parted or line.points >= SURE or (short and bool(signature(line.text)))
        if not line.prose or line.page or line.points >= LIKELY:
            continue
        if parted and repeated.has(number):
            continue
        end = number
        parted = False
    return end


def _other_pages(lines: Sequence[ShownLine], start: int) -> int:
    """Return the line from which the names of other pages follow, such as 相关阅读."""
    total = sum(len(line.text) for line in lines[start:] if line.prose)
    stop = len(lines)
    other = 0
    for number in range(len(lines) - 1, start, -1):
        line = lines[number]
        if line.prose:
            other += 0 if CUT.search(line.text) and number > start + 1 else len(line.text)
            if len(line.text) > _LONGEST_SUMMARY:
                break
        if other > _MOST_OTHER * total or (
            heading_mark(line.text) and line.points < LIKELY and not line.prose
        ):
            break
        if len(line.text) <= LONGEST_SHORT and related().fullmatch(squeeze(line.text)):
            stop = number
    return stop


def _foot(lines: Sequence[ShownLine], start: int) -> int:
    """Return the first line of the page below which there is little text, and no numbered part.

    These are its buttons, the names of editors, links to other pages. What is written below them
    is addressed to its readers, whatever its words.
    """
    total = sum(len(line.text) for line in lines[start:] if line.prose)
    stop = len(lines)
    other = 0
    for number in range(len(lines) - 1, start, -1):
        line = lines[number]
        if line.points >= SURE and not line.evidence.inside:
            stop = number
            continue
        if line.prose and line.points < LIKELY:
            other += len(line.text)
        marked = line.points < LIKELY and heading_mark(line.text)
        if other > _MOST_BELOW * total or (marked and (line.prose or marked.level < 4)):
            break
    return stop


def _below(lines: Sequence[ShownLine], start: int, end: int, head: Head) -> int:
    """Return the first line below the report: all from there on is of the page."""
    title = squeeze(head.simple)
    annexed = False
    for number in range(end + 1, len(lines)):
        line = lines[number]
        bare = squeeze(line.text)
        annexed = annexed or bool(ANNEX.match(bare))
        if related().fullmatch(bare) or (title and bare == title):
            return number
        if files_named().search(bare):
            return number - _heads_files(lines, number, end)
        if line.evidence.inside or line.points < LIKELY:
            continue
        if line.evidence.label and bare.rstrip(":") in own_labels():
            continue
        if _is_own_end(line) and number + 1 < len(lines) and line.points < SURE:
            continue
        return number
    return len(lines)


def _heads_files(lines: Sequence[ShownLine], number: int, end: int) -> int:
    """Return 1 where the line above a file name is 附件： and nothing else, else 0."""
    above = squeeze(lines[number - 1].text) if number - 1 > end else ""
    return 1 if above and ANNEX.fullmatch(above) else 0


def _is_own_end(line: ShownLine) -> bool:
    """Say whether a line is of the kind with which a report ends: a signature, 附件, a contact."""
    if len(line.text) > LONGEST:
        return False
    if signature(line.text) or _BRACKETED.match(line.text) or ANNEX.match(squeeze(line.text)):
        return True
    names, own = labels_in(line.text)
    return own > names or bool(office_line(line.text) and len(line.text) < LONGEST_SHORT)


def _mark_above(lines: Sequence[ShownLine], first: int, start: int) -> None:
    """Mark the lines of the page above the title, or above the text where there is no title."""
    above = lines[:first]
    of_page = any(line.points >= LIKELY or line.page for line in above)
    near = True
    for number in range(first - 1, -1, -1):
        line = lines[number]
        if line.points >= LIKELY:
            line.page = True
            near = False
            continue
        if line.prose and first < start and len(line.text) <= _LONGEST_NOTE:
            line.page = _is_beside_page(lines, number)
        if line.prose or (line.block and line.block.kind == "title"):
            near = False
            continue
        bare = squeeze(line.text)
        letterhead = is_number(line.text) or bare.endswith("文件") or is_salutation(line.text)
        signed = near and first < len(lines) and bool(office_line(line.text)) and not of_page
        untitled = first == start and len(bare) > 7 and (region_of(bare) or year_of(bare) != "")
        if letterhead or signed or len(bare) > LONGEST_SHORT or (untitled and not line.points):
            continue
        site = is_masthead(line.text) or (number == 0 and is_site(line.text))
        site = site or (first < start and bool(site_behind(line.text)))
        if of_page or site:
            line.page = True


def _mark_head(lines: Sequence[ShownLine], head: Head, first: int, start: int) -> None:
    """Mark the lines of the page between title and text, and the name of a speaker."""
    spoken = False
    for number in range(first, start):
        line = lines[number]
        if number in head.lines:
            continue
        bare = squeeze(line.text)
        if line.points >= LIKELY:
            heads = number + 1 == start and line.points < SURE and line.evidence.entry
            line.page = not (heads and not _has_numbers(lines, start))
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
        if not beside:
            continue
        own = len(bare) > 16 or office_line(line.text) or signature(line.text) or region_of(bare)
        if _FIELD.fullmatch(line.text) or not own:
            line.page = not is_number(line.text)


def _has_numbers(lines: Sequence[ShownLine], start: int) -> bool:
    """Say whether the headings of the text are numbered, so that none is called 依法行政 alone."""
    return any(heading_mark(line.text) for line in lines[start:] if not line.page)


def _mark_scenes(lines: Sequence[ShownLine], start: int, below: int) -> None:
    """Mark captions that are no sentences and stand where no heading can: right above a heading.

    Such a line says who does what (我镇开展普法宣传活动), and the text above it is complete.
    """
    for number in range(start + 1, min(below, len(lines)) - 1):
        line = lines[number]
        if line.page or line.prose or line.block or heading_mark(line.text):
            continue
        if not lines[number - 1].prose or lines[number - 1].text[-1] in "：:":
            continue
        following = heading_mark(lines[number + 1].text)
        if following and following.level < 4 and may_name_scene(line.text):
            line.page = True
