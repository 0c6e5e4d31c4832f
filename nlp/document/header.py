"""Find the title of a document and the lines around it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import pairwise

from ..text.dates import YEAR, date_of, year_of
from ..text.normalize import simplified, squeeze
from ..text.paragraphs import heading_mark, is_boilerplate
from .document_kind import is_news, kind_of, region_of
from .entities import office_line, read_places
from .gazetteer import lies_in, short_place_at
from .page_lines import (
    field_value,
    is_caption,
    is_column,
    is_cover_note,
    is_masthead,
    is_number,
    is_page_line,
    is_press_lead,
    is_salutation,
    site_owner,
)
from .signature import signature

BLANK = " \t\n\r\v\f\u00a0\u3000\ufeff"
"""White space and byte order marks at the edges of a line."""

_LONGEST = 80
SEARCHED = 40
"""Lines at the head among which the title is looked for."""
_NEAR = 15
"""Lines below the title, page furniture not counted, that may still be the head."""
_BROKEN = 3
"""Lines above and below a line of the title that may belong to it as well."""
_ABOVE = 3
"""Lines above the title that may name its issuer."""
_ENDS = "。！？!?；;｡"
_NOT_TITLES = re.compile(
    r"^[（(].{0,10}[）)]$|^(?:[^，。]{0,16}，)?现将|日电$|[:：]$|(?:记者|通讯员)[^\u4e00-\u9fff]"
)
_UNFINISHED = re.compile(
    rf"关于(?:(?!关于)[^,，。；])*$|(?:{YEAR})年度?(?:法治政府建设|[^,，。；、]{{0,12}})$"
    r"|^在(?!.*(?:会|上|班|式|时)的?(?:讲话|发言|致辞)).{2,}$"
)
_BEGINS = re.compile(rf"关于|印发|转发|(?:{YEAR})年|法治|《|工作(?:报告|总结|要点)$")
"""How the second line of a title begins when the first is the office or the place."""
_ORDERS = re.compile(r"关于|印发|转发|批转")
_SELF = re.compile(rf"关于|印发|转发|(?:{YEAR})年|《|在.{{2,60}}上的|政府工作报告$")
"""How the first line of a title may begin that names neither place nor office."""
_GOES_ON = tuple("的和与及暨情》")
_OPEN = tuple("的和与及暨")
_SPAN = rf"(?:{YEAR})年?\s?(?:[-—–－~～至到]|——)\s?(?:{YEAR})年?度?"
_BRACKETED = re.compile(
    rf"[（(](?:{_SPAN}|(?:{YEAR})年?度?|第[\d一二三四五六七八九十]+号)[）)]|{_SPAN}"
)
"""A line of its own that belongs to the title: （2016-2020年）, （第一号）."""
_ANNEX = re.compile(r"附件\s?[\d一二三四五六七八九十]{0,2}\s?[:：]\s?(?=.{4})")
_COLUMN = re.compile(r"^【[^】]{1,12}】(?=.{6})")
"""The column of a site in front of a title: 【政府工作报告】武功县2024年政府工作报告."""
_DATE = re.compile(rf"[（(]\s*(?:{YEAR})年[^）)]{{0,3}}月[^）)]{{0,8}}[）)]$")
_YEAR_ALONE = re.compile(rf"(?:{_SPAN}|(?:{YEAR})年度?)")
_TOLD = 30
"""Characters of the shortest paragraph that may tell the news of the headline above it."""
_SUBTITLE = re.compile(rf"^(?:——|--|──|[（(](?:{YEAR})年)[^{_ENDS}]{{1,60}}$")
_SPOKEN = re.compile(rf"[（(]?(?:(?:{YEAR})\s?年.{{2,16}})?在.{{4,40}}(?:会议|大会)上(?!的|讲)")
_BREAK = re.compile(rf"(?<![\d年〇零一二三四五六七八九])(?:——|--|──)|(?:——|--|──)(?!(?:{YEAR}))")
"""Dashes before a subtitle, not those between two years."""
_RUN_IN = re.compile(r"(.{0,200}?政府工作报告)(?![的和])..")
_SPEECH = re.compile(r"在.{2,40}(?:会议|大会)上")


@dataclass(frozen=True, slots=True)
class Head:
    """Where the head of a report is, and what stands in it, without page furniture.

    Attributes:
        title: the title in one line, ``""`` when there is none.
        simple: the same in simplified characters, as all that follows is.
        written: its lines as they are, with what is no part of the title (a date, a subtitle).
        lines: numbers of the lines that are title or subtitle.
        above: the lines right above the title and those of the letterhead, from the top.
        subtitles: the lines below it that are subtitles (``——2021年1月8日在…会议上``).
        below: the other lines between title and text, without those of the page; all lines when
            there is no title.
        page: the lines of the page or letterhead around it, as they are.
        end: number of the first line that is text of the report.
    """

    title: str = ""
    simple: str = ""
    written: str = ""
    lines: frozenset[int] = frozenset()
    above: tuple[str, ...] = ()
    subtitles: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    page: tuple[str, ...] = ()
    end: int = 0


def read_head(
    lines: Sequence[str],
    apart: Set[int] = frozenset(),
    titled: Sequence[int] = (),
    aside: Set[int] = frozenset(),
) -> Head:
    """Return the head of a report.

    Args:
        lines: its paragraphs, stripped.
        apart: numbers of those that have a blank line above.
        titled: numbers of those that are the title by what the file says.
        aside: numbers of those that are known to be of the page.
    """
    if not aside:
        return _read_head(lines, apart, titled, {})
    own = [n for n in range(len(lines)) if n not in aside]
    parted = (i for i, n in enumerate(own) if n in apart or (i and n - own[i - 1] > 1))
    bylines = {i: lines[n + 1] for i, n in enumerate(own[:_NEAR]) if n + 1 in aside}
    run = [i for i, n in enumerate(own[: 2 * SEARCHED]) if n in titled]
    head = _read_head([lines[n] for n in own], frozenset(parted), run, bylines)
    first = own[min(head.lines)] if head.lines else 0
    end = own[head.end] if head.end < len(own) else len(lines)
    page = (lines[n] for n in range(end) if n in aside)
    under = range(own[max(head.lines)] + 1 if head.lines else end, end)
    speakers = [simplified(lines[n]) for n in under if n in aside]
    named = "" if head.title else _named_title([*map(simplified, lines[:end])])
    if named:
        head = replace(head, title=named, simple=named, written=named)
    return replace(
        head,
        below=(*head.below, *_plain(speakers)),
        lines=frozenset(own[i] for i in head.lines),
        page=(*head.page, *page),
        end=max(end, first),
    )


def _read_head(
    lines: Sequence[str], apart: Set[int], titled: Sequence[int], bylines: Mapping[int, str]
) -> Head:
    """Return the head of a report without the lines of its page.

    Args:
        lines: its paragraphs, stripped.
        apart: numbers of those that have a blank line or one of the page above.
        titled: numbers of those that are the title by what the file says.
        bylines: the lines of the page right below some of them.
    """
    own, lines = lines, [*map(simplified, lines[: 2 * SEARCHED])]
    titled = titled or _said_twice(lines)
    run = _first_run([i for i in titled if not _is_around(lines[i])])
    found = run[0] if run else _find(lines, apart)
    if found is None:
        found = _headline(lines, bylines)
    if found is None:
        end = _text(lines, 0)
        named = _named_title(lines[:end])
        page = tuple(lines[:end])
        return Head(
            title=named, simple=named, written=named, below=_plain(lines[:end]), page=page, end=end
        )
    first = found if run else _beginning(lines, found, apart)
    last = run[-1] if run else _ending(lines, first, found, apart)
    written = "".join(lines[first : last + 1])
    simple = _clean(written)
    end = _text(lines, last + 1)
    under = range(last + 1, end)
    subtitles = [i for i in under if _SUBTITLE.match(lines[i])]
    again = squeeze(simple)
    repeated = [i for i in under if squeeze(lines[i]) == again]
    run_on = [line for line in lines[end : end + 1] if line.startswith(("——", "──"))]
    own_lines = {*subtitles, *repeated}
    return Head(
        title=_clean("".join(own[first : last + 1])),
        simple=simple,
        written=written,
        lines=frozenset((*range(first, last + 1), *own_lines)),
        above=_above(lines, first),
        subtitles=_plain([*(lines[i] for i in subtitles), *run_on]),
        below=_plain([lines[i] for i in under if i not in own_lines]),
        page=tuple(lines[:first]) + tuple(lines[i] for i in under if is_page_line(lines[i])),
        end=end,
    )


def _first_run(numbers: Sequence[int]) -> Sequence[int]:
    """Return the numbers up to the first gap.

    Example:
        >>> _first_run([3, 4, 9])
        [3, 4]
    """
    gaps = (i for i, number in enumerate(numbers) if number - numbers[0] > i)
    return numbers[: next(gaps, len(numbers))]


def _said_twice(lines: Sequence[str]) -> list[int]:
    """Return the number of a title that stands above the text twice, in a list, else ``[]``."""
    seen = dict[str, int]()
    for number, line in enumerate(lines[:SEARCHED]):
        if any(c in line for c in _ENDS):
            break
        bare = squeeze(line)
        if bare in seen:
            return [seen[bare]]
        if len(bare) > 8 and kind_of(bare).last and (region_of(bare) or year_of(bare) != ""):
            seen[bare] = number
    return []


def _find(lines: Sequence[str], apart: Set[int]) -> int | None:
    """Return the number of a line of the title, ``None`` when the text begins without one."""
    menu = None
    noted = False
    for i, line in enumerate(lines[:SEARCHED]):
        if not noted and menu is None and i < _NEAR and is_cover_note(line):
            noted = line[-1:] in _ENDS + ":："
            if noted:
                continue
        spoken = _SUBTITLE.match(line) or _SPOKEN.match(line)
        if menu is not None and (is_salutation(line) or spoken):
            break
        if _is_around(line) or _is_no_title(line) or spoken:
            continue
        if noted and apart.isdisjoint(range(i - _BROKEN, i + 1)):
            continue
        if len(line) > _LONGEST or any(c in line for c in _ENDS) or heading_mark(line):
            break
        bare = squeeze(line)
        if not kind_of(bare).written:
            continue
        if len(bare) < 4 and not _ends_title(lines, i):
            continue
        if is_column(bare) or _is_of_issue(lines, i):
            menu = i if menu is None else menu
        elif (
            menu is None
            or squeeze(lines[menu]) in bare
            or region_of(line)
            or bare.startswith("关于")
        ):
            return i
    return menu


def _is_of_issue(lines: Sequence[str], number: int) -> bool:
    """Say whether a line is the masthead of a bulletin (法治简报), its number below it."""
    return is_masthead(lines[number]) and any(map(is_page_line, lines[number + 1 : number + 2]))


def _ends_title(lines: Sequence[str], number: int) -> bool:
    """Say whether a line of two or three characters (决定) ends the title above it."""
    above = lines[number - 1] if number else ""
    if above and (_is_unfinished(above) or lines[number].startswith("的")):
        return True
    return _is_last_part(lines, number) or _start_of_parts(lines, number, frozenset()) < number


def _headline(lines: Sequence[str], bylines: Mapping[int, str]) -> int | None:
    """Return the number of the headline of a news item: right above its byline or its text."""
    for i in range(min(len(lines) - 1, _NEAR)):
        line, below = lines[i], lines[i + 1]
        if _is_around(line) or _is_no_title(line) or _SUBTITLE.match(line):
            continue
        if len(line) > _LONGEST or any(c in line for c in "。；;") or heading_mark(line):
            break
        published = is_page_line(below) and field_value(below, "source-labels") is not None
        published = published or bool(site_owner(below) and date_of(below))
        beside = bylines.get(i, "")
        published = published or field_value(beside, "source-labels") is not None
        published = published or is_press_lead(beside)
        told = len(below) >= _TOLD and below[-1] in _ENDS + "”" and _is_news_title(line)
        if len(line) > 5 and (published or is_press_lead(below) or told) and not office_line(line):
            return i
    return None


def _is_news_title(line: str) -> bool:
    """Say whether ``line`` tells news: a place and what it did (武功县召开…, 武功：…)."""
    if line[-1:] in _ENDS or is_masthead(line):
        return False
    place = short_place_at(line, 0)
    return is_news(line) or bool(place and line[len(place) : len(place) + 1] in tuple("：:"))


def _named_title(lines: Sequence[str]) -> str:
    """Return the title that a field of the page gives (标题：…), ``""`` when none does."""
    for line, below in pairwise((*lines, "")):
        value = field_value(line, "title-labels") if is_page_line(line) else None
        value = below if value == "" else value
        if value and kind_of(value).last:
            return _clean(value)
    return ""


def _is_no_title(line: str) -> bool:
    """Say whether ``line`` is of the report, and neither its title nor a part of that."""
    return bool(_NOT_TITLES.search(line)) or is_salutation(line) or is_press_lead(line)


def _is_around(line: str) -> bool:
    """Say whether ``line`` is not of the report: blank, page furniture, a letterhead."""
    return not line or is_boilerplate(line) or is_page_line(line)


def _beginning(lines: Sequence[str], found: int, apart: Set[int]) -> int:
    """Return the first line of a title that was broken over several."""
    first = found
    for i in range(found - 1, max(-1, found - 1 - _BROKEN), -1):
        if len(lines[i]) > _LONGEST // 2 or _is_around(lines[i]):
            break
        if signature(lines[i]):
            break
        if _is_unfinished(lines[i]):
            first = i
            break
    if first == found:
        first = _start_of_parts(lines, found, apart)
    while first and first not in apart and _is_last_part(lines, first):
        first -= 1
    issuers = _issuers_above(lines, first, apart)
    if issuers > 1 and not _ORDERS.match(lines[first]):
        return first  # they signed a report with a title of its own
    return first - issuers


def _is_unfinished(line: str) -> bool:
    """Say whether ``line`` begins a title and cannot be all of it, whatever its gaps."""
    return bool(_UNFINISHED.search(re.sub(r"\s", "", line)))


def _start_of_parts(lines: Sequence[str], found: int, apart: Set[int]) -> int:
    """Return the first of several lines of a title whose last, the found one, is but its kind."""
    if not _is_bare_kind(lines[found]):
        return found
    for i in range(found, max(0, found - _BROKEN), -1):
        above = lines[i - 1]
        if i in apart or not _may_go_on(above) or kind_of(above).last or office_line(above):
            break
        if signature(above) or is_masthead(above):
            break
        if i < found and (_SELF.match(above) or region_of(above) not in ("", squeeze(above))):
            return i - 1
    return found


def _is_bare_kind(line: str) -> bool:
    """Say whether ``line`` is the name of a kind of document and nothing else: 统 计 公 报."""
    return squeeze(kind_of(line).written) == squeeze(line) != ""


def _is_last_part(lines: Sequence[str], number: int) -> bool:
    """Say whether the line with ``number`` ends a title that the line above it begins."""
    above, line = lines[number - 1] if number else "", lines[number]
    if not above or office_line(line):
        return False
    if region_of(line):
        return bool(_YEAR_ALONE.fullmatch(above)) and not year_of(line)
    year = _YEAR_ALONE.match(line)
    if year:  # …县政府信息公开工作, then 2009年年度报告
        if year_of(above) or kind_of(above).last or above[-1] in "）)" or is_masthead(above):
            return False
    elif _SELF.match(line):
        return False
    if is_column(line) and (is_masthead(above) or kind_of(above).last):
        return False
    if len(above) > _LONGEST // 2 or _is_around(above) or _is_no_title(above):
        return False
    if any(c in above for c in _ENDS) or heading_mark(above) or office_line(above):
        return False
    return bool(region_of(above) or _SELF.match(above)) and region_of(above) != above


def _issuers_above(lines: Sequence[str], first: int, apart: Set[int]) -> int:
    """Return how many lines above a title name the office or place with which it begins."""
    number = 0
    while first - number > 0 and first - number not in apart:
        line, following = lines[first - number - 1], lines[first - number]
        within = _is_place(line) and _lies_below(following, line)
        begins = _BEGINS.match(squeeze(following)) and not region_of(following)
        if number == 0 and not (begins or within or _ORDERS.match(following)):
            break
        if (office := office_line(line)) and not following.startswith(line):
            number += 1 + office.name.count("、") * (1 if number else 0)
        elif _is_place(line):
            number += 1
            break
        else:
            break
    return number


def _is_place(line: str) -> bool:
    """Say whether ``line`` is the name of a place, or of one and those it lies in."""
    bare = re.sub(r"\s", "", line)
    places = read_places(bare)
    return bool(places.names) and places.end == len(bare)


def _lies_below(line: str, above: str) -> bool:
    """Say whether ``line`` begins with a place that lies in the one called ``above``."""
    names, outer = read_places(line).names, read_places(re.sub(r"\s", "", above)).names
    return bool(names and outer) and lies_in(names[0], outer[-1])


def _ending(lines: Sequence[str], first: int, found: int, apart: Set[int]) -> int:
    """Return the last line of a title that was broken over several from ``first`` on."""
    title, last = "".join(lines[first : found + 1]), found
    for i in range(found + 1, min(found + 1 + _BROKEN, len(lines))):
        line = lines[i]
        if _is_whole(title) and not line.startswith(_GOES_ON) and not _continues(title, line):
            break
        if not _BRACKETED.fullmatch(line) and not _may_go_on(line):
            break
        if i in apart and not title.endswith(_OPEN) and "《" not in title:
            break
        if office_line(line):
            break
        title += line
        if _is_whole(title):
            last = i
    return last


def _may_go_on(line: str) -> bool:
    """Say whether ``line`` may be a further line of a title, by itself."""
    if len(line) > _LONGEST // 2 or any(c in line for c in _ENDS) or heading_mark(line):
        return False
    return not (_is_around(line) or _SUBTITLE.match(line) or _is_no_title(line))


def _continues(title: str, line: str) -> bool:
    """Say whether ``line`` goes on with a title that might be whole without it."""
    if _BRACKETED.fullmatch(line):
        return True
    bare, kind = squeeze(line), kind_of(line)
    if not kind.last or is_column(bare):
        return False
    if squeeze(kind.written) == bare:  # …使用情况, then 自查报告
        return True
    open_ = "关于" in title and f"的{kind_of(title).written}" not in title
    return open_ and not _SELF.match(line) and not region_of(line)


def _is_whole(title: str) -> bool:
    """Say whether ``title`` ends in the kind of document, and has closed what it opened."""
    return kind_of(title).last and title.count("《") == title.count("》")


def _text(lines: Sequence[str], start: int) -> int:
    """Return the first line from ``start`` on that is text of the report, not of its head."""
    plain = 0
    for i in range(start, min(start + SEARCHED, len(lines))):
        if is_boilerplate(lines[i]) or is_caption(lines[i]):
            continue
        plain += not is_page_line(lines[i])
        text = any(c in lines[i] for c in _ENDS) and not is_page_line(lines[i])
        if text or is_salutation(lines[i]) or plain > _NEAR:
            return i
    return min(start + SEARCHED, len(lines))


def _above(lines: Sequence[str], first: int) -> tuple[str, ...]:
    """Return the lines of the letterhead, and those right above the title."""
    number = first
    while number and first - number < _ABOVE and not _is_around(lines[number - 1]):
        number -= 1
    letterhead = (
        line
        for line, below in pairwise(lines[: number + 1])
        if line.endswith("文件") or (not _is_around(line) and is_number(below))
    )
    return (*letterhead, *lines[number:first])


def _plain(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple(line for line in lines if not _is_around(line))


def _clean(line: str) -> str:
    line = _COLUMN.sub("", _ANNEX.sub("", line))
    title = _BREAK.split(line, maxsplit=1)[0] or line
    if _SPEECH.search(line, len(title)) and (run_in := _RUN_IN.match(title)):
        title = run_in[1]  # a subtitle that follows without a break
    title = re.sub(r"\s+", " " if re.search(r"[A-Za-z]", title) else "", title).strip(BLANK)
    return _DATE.sub("", title) or title


_LISTED = re.compile(
    r"[·•●◆▪*-]\s?\S.{4,90}?\s?[\[(（]?[12][0-9]{3}[-/.][01]?[0-9][-/.][0-3]?[0-9][\])）]?"
)


def not_titles(lines: Sequence[str], windows: Sequence[str]) -> frozenset[int]:
    """Return the numbers of lines that name a page, though none of them is the title of the text.

    They are entries of a list of other pages, with a mark in front and a date behind, and titles of
    windows where the title follows in a line of its own.

    Args:
        lines: the texts of the lines.
        windows: for each the title in it if it is the title of a window, else ``""``.

    Example:
        >>> sorted(not_titles(["· 市局召开执法评查会 2023-12-01", "甲县总结"], ["", ""]))
        [0]
    """
    bare = [squeeze(line) if len(line) < 100 else "" for line in lines]
    listed = {n for n, line in enumerate(lines) if bare[n] and _LISTED.fullmatch(line)}
    follows = (n for n, w in enumerate(windows) if w and squeeze(w) in bare[n + 1 : n + 60])
    return frozenset((*listed, *follows))
