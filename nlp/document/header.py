"""Find the title of a document and the lines around it."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass

from ..text.dates import YEAR
from ..text.normalize import squeeze
from ..text.paragraphs import heading_mark, is_boilerplate
from .document_kind import kind_of, region_of
from .entities import office_line

BLANK = " \t\n\r\v\f\u00a0\u3000\ufeff"
"""White space and byte order marks at the edges of a line."""

_LONGEST = 80
SEARCHED = 40
"""Lines at the head among which the title is looked for."""
_NEAR = 15
"""Lines below the title, page furniture not counted, that may still be the head."""
_BROKEN = 3
"""Lines above and below a line of the title that may belong to it as well."""
_ENDS = "。！？!?；;｡"
_SALUTATION = ("各位", "同志们", "尊敬的")
_NOT_TITLES = re.compile(r"^(?:各位|同志们|尊敬的|新华社|本报|[（(].{0,10}[）)]$)|日电$|[:：]$")
_WORDS = re.compile(
    r"报告|总结|汇报|要点|方案|通知|意见|公报|年报|规划|计划|情况|办法|规定|公告|通报|通告|纲要|白皮书|批复|决定"
)
_MENU = re.compile(
    r"(?:法治政府建设)?(?:工作总结|年度报告|工作报告|情况报告)|政府工作报告|通知公告|政府公报|规划计划|统计公报"
    r"|(?:政府)?信息公开(?:工作)?(?:年报|年度报告)"
)
"""Names of columns on web sites; the title of a report of its own says more."""
_UNFINISHED = re.compile(
    r"关于(?:(?!关于)[^,，。；])*$|\d{4}年度?(?:法治政府建设|[^,，。；、]{0,12})$"
)
_BEGINS = re.compile(rf"关于|印发|转发|(?:{YEAR})年|法治|《")
"""How the second line of a title begins when the first is the office or the place."""
_GOES_ON = tuple("的和与及暨情》")
_ANNEX = re.compile(r"附件\s?[\d一二三四五六七八九十]{0,2}\s?[:：]\s?(?=.{4})")
_DATE = re.compile(rf"[（(]\s*(?:{YEAR})年[^）)]{{0,3}}月[^）)]{{0,8}}[）)]$")
_SUBTITLE = re.compile(rf"^(?:——|--|[（(]\d{{4}}年)[^{_ENDS}]{{1,60}}$")
_RUN_IN = re.compile(r"(.{0,200}?政府工作报告)(?![的和])..")
_SPEECH = re.compile(r"在.{2,40}(?:会议|大会)上")


@dataclass(frozen=True, slots=True)
class Head:
    """Where the head of a report is, and what stands in it, without page furniture.

    Attributes:
        title: the title in one line, ``""`` when there is none.
        written: its lines as they are, with what is no part of the title (a date, a subtitle).
        lines: numbers of the lines that are title or subtitle.
        above: the two lines above the title.
        subtitles: the lines below it that are subtitles (``——2021年1月8日在…会议上``).
        below: the other lines between title and text; all lines when there is no title.
        end: number of the first line that is text of the report.
    """

    title: str = ""
    written: str = ""
    lines: frozenset[int] = frozenset()
    above: tuple[str, ...] = ()
    subtitles: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    end: int = 0


def read_head(lines: Sequence[str], apart: Set[int] = frozenset()) -> Head:
    """Return the head of a report.

    Args:
        lines: its paragraphs, stripped.
        apart: numbers of those that have a blank line above.
    """
    found = _find(lines)
    if found is None:
        end = _text(lines, 0)
        return Head(below=_plain(lines[:end]), end=end)
    first, last = _beginning(lines, found, apart), _ending(lines, found, apart)
    written = "".join(lines[first : last + 1])
    title = _clean(written)
    end = _text(lines, last + 1)
    below = range(last + 1, end)
    subtitles = [i for i in below if _SUBTITLE.match(lines[i])]
    again = squeeze(title)
    repeated = [i for i in below if squeeze(lines[i]) == again]
    run_on = [line for line in lines[end : end + 1] if line.startswith("——")]
    named = {*subtitles, *repeated}
    return Head(
        title=title,
        written=written,
        lines=frozenset((*range(first, last + 1), *named)),
        above=_plain(lines[max(0, first - 2) : first]),
        subtitles=_plain([*(lines[i] for i in subtitles), *run_on]),
        below=_plain([lines[i] for i in below if i not in named]),
        end=end,
    )


def _find(lines: Sequence[str]) -> int | None:
    """Return the number of a line of the title, ``None`` when the text begins without one."""
    menu = None
    for i, line in enumerate(lines[:SEARCHED]):
        if menu is not None and (line.startswith(_SALUTATION) or _SUBTITLE.match(line)):
            break
        if not line or is_boilerplate(line) or _NOT_TITLES.search(line):
            continue
        if len(line) > _LONGEST or any(c in line for c in _ENDS) or heading_mark(line):
            break
        if len(line) < 4 or not _WORDS.search(line):
            continue
        if _MENU.fullmatch(line):
            menu = i if menu is None else menu
        elif menu is None or lines[menu] in line or region_of(line) or line.startswith("关于"):
            return i
    return menu


def _beginning(lines: Sequence[str], found: int, apart: Set[int]) -> int:
    """Return the first line of a title that was broken over several."""
    first = found
    for i in range(found - 1, max(-1, found - 1 - _BROKEN), -1):
        if len(lines[i]) > _LONGEST // 2 or is_boilerplate(lines[i]):
            break
        if _UNFINISHED.search(lines[i]):
            first = i
            break
    while first and first not in apart and _heads(lines[first - 1], lines[first]):
        first -= 1
    return first


def _heads(line: str, following: str) -> bool:
    """Say whether ``line`` is the office or the place with which a title begins."""
    if not _BEGINS.match(following) and not office_line(following):
        return False
    return bool(office_line(line)) or region_of(line) == line != ""


def _ending(lines: Sequence[str], found: int, apart: Set[int]) -> int:
    """Return the last line of a title that was broken over several."""
    title, last = lines[found], found
    for i in range(found + 1, min(found + 1 + _BROKEN, len(lines))):
        line = lines[i]
        whole = _is_whole(title)
        if whole and not line.startswith(_GOES_ON):
            break
        if len(line) > _LONGEST // 2 or any(c in line for c in _ENDS) or heading_mark(line):
            break
        if is_boilerplate(line) or _NOT_TITLES.search(line) or _SUBTITLE.match(line):
            break
        if i in apart and not title.endswith(_GOES_ON[:5]) and "《" not in title:
            break
        title += line
        if _is_whole(title):
            last = i
    return last


def _is_whole(title: str) -> bool:
    """Say whether ``title`` ends in the kind of document, and has closed what it opened."""
    bare = re.sub(r"[（(][^（()）]*[）)]$", "", squeeze(title)).rstrip("》>")
    kind = kind_of(bare)
    return bool(kind) and bare.endswith(kind) and title.count("《") == title.count("》")


def _text(lines: Sequence[str], start: int) -> int:
    """Return the first line from ``start`` on that is text of the report, not of its head."""
    plain = 0
    for i in range(start, min(start + SEARCHED, len(lines))):
        if is_boilerplate(lines[i]):
            continue
        plain += 1
        text = any(c in lines[i] for c in _ENDS) or lines[i].startswith(_SALUTATION[:2])
        if text or plain > _NEAR:
            return i
    return min(start + SEARCHED, len(lines))


def _plain(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple(line for line in lines if line and not is_boilerplate(line))


def _clean(line: str) -> str:
    line = _ANNEX.sub("", line)
    title = re.split(r"——|--", line, maxsplit=1)[0] or line
    if _SPEECH.search(line, len(title)) and (run_in := _RUN_IN.match(title)):
        title = run_in[1]  # a subtitle that follows without a break
    title = re.sub(r"\s+", " " if re.search(r"[A-Za-z]", title) else "", title).strip(BLANK)
    return _DATE.sub("", title) or title
