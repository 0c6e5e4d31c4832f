"""The head of a report: its title, and what stands around it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .boilerplate import is_boilerplate
from .fold import squeeze
from .markers import heading_mark
from .metadata import kind_of, region_of
from .records import Year
from .years import year_of

BLANK = " \t\n\r\v\f\u00a0\u3000\ufeff"
"""White space and byte order marks at the edges of a line."""

_LONGEST = 80
_SEARCHED = 40
"""Lines at the head among which the title is looked for."""
_NEAR = 15
"""Lines below the title that may still be the head: furniture lies in between."""
_ENDS = "。！？!?；;｡"
_NOT_TITLES = re.compile(r"^(?:各位|同志们|尊敬的|新华社|本报|[（(].{0,10}[）)]$)|日电$|[:：]$")
_WORDS = re.compile(
    r"报告|总结|汇报|要点|方案|通知|意见|公报|年报|规划|计划|情况|办法|规定|公告|通报"
)
_UNFINISHED = re.compile(r"关于[^,，。；]*$|\d{4}年度?(?:法治政府建设|[^,，。；、]{0,12})$")
_DATE = re.compile(r"[（(]\s*\d{4}年[^）)]{0,12}[）)]$")
_SUBTITLE = re.compile(rf"^(?:——|--|[（(]\d{{4}}年)[^{_ENDS}]{{1,60}}$")
_ASSEMBLY = re.compile(r"在([\u4e00-\u9fff]{2,16}?(?:省|自治区|市|自治州|州|盟|县|旗|区))第")


@dataclass(frozen=True, slots=True)
class Head:
    """What the head of a report says.

    Attributes:
        title: its title in one line, ``""`` when there is none.
        lines: numbers of the lines that are title or subtitle.
        region: the finest place named in title or head, ``""`` when none is.
        year: the year in title or head.
        kind: the kind of document in the words of the title.
    """

    title: str = ""
    lines: frozenset[int] = frozenset()
    region: str = ""
    year: Year = ""
    kind: str = ""


def read_head(lines: Sequence[str]) -> Head:
    """Return what the head of a report says; ``lines`` are its paragraphs, stripped."""
    last = _find(lines)
    if last is None:
        return Head()
    first = _beginning(lines, last)
    title = _clean("".join(lines[first : last + 1]))
    below = range(last + 1, _head_end(lines, last + 1))
    subtitles = [i for i in below if _SUBTITLE.match(lines[i])]
    again = squeeze(title)
    repeated = [i for i in below if squeeze(lines[i]) == again]
    around = [lines[i] for i in (*range(max(0, first - 2), first), *subtitles)]
    head = " ".join((*lines[first : last + 1], *around))
    return Head(
        title=title,
        lines=frozenset((*range(first, last + 1), *subtitles, *repeated)),
        region=region_of(title) or _region_near(head, around),
        year=year_of(title) or year_of(head),
        kind=kind_of(title),
    )


def _find(lines: Sequence[str]) -> int | None:
    """Return the number of the title's last line, ``None`` when the text begins without one."""
    for i, line in enumerate(lines[:_SEARCHED]):
        if not line or is_boilerplate(line) or _NOT_TITLES.search(line):
            continue
        if len(line) > _LONGEST or any(c in line for c in _ENDS) or heading_mark(line):
            return None
        if len(line) >= 4 and _WORDS.search(line):
            return i
    return None


def _beginning(lines: Sequence[str], last: int) -> int:
    """Return the first line of a title that was broken over several."""
    for i in range(last - 1, max(-1, last - 4), -1):
        if len(lines[i]) > _LONGEST // 2 or is_boilerplate(lines[i]):
            break
        if _UNFINISHED.search(lines[i]):
            return i
    return last


def _head_end(lines: Sequence[str], start: int) -> int:
    """Return the first line from ``start`` on that is text of the report, not of its head."""
    for i in range(start, min(start + _NEAR, len(lines))):
        text = any(c in lines[i] for c in _ENDS) or lines[i].startswith(("各位", "同志们"))
        if text and not is_boilerplate(lines[i]):
            return i
    return min(start + _NEAR, len(lines))


def _clean(line: str) -> str:
    title = re.split(r"——|--", line, maxsplit=1)[0] or line
    title = re.sub(r"\s+", " " if re.search(r"[A-Za-z]", title) else "", title).strip(BLANK)
    return _DATE.sub("", title) or title


def _region_near(head: str, around: Sequence[str]) -> str:
    if assembly := _ASSEMBLY.search(head):
        return region_of(assembly[1]) or assembly[1]
    return next((region for line in around if (region := region_of(line))), "")
