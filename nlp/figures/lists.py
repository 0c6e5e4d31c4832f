"""Lists that share a verb: 城镇、农村居民收入分别增长4.8%、5.9%."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .dates import Date
from .found import Found
from .line import Line

_PARTED = re.compile(r"[、,]|和|以及|与|及")
_ITEMS = re.compile(r"、|(?<![饱温缓总调])和(?![谐美平])|以及|(?<![参给])与|(?<![普涉])及(?!格)")
_COMMON = re.compile(
    r"(?:水质优良比例|居民人均可支配收入|居民收入|人均可支配收入|低保标准|低保平均标准"
    r"|基本生活标准|案件数?|起数|死亡人数|受伤人数|贷款余额|存款余额|余额|零售额|销售额"
    r"|进出口|(?:产业)?增加值|建成区面积|产值|产量|总量|数量|总数|人数|户数|面积|投资|收入|支出|利润|营收|比重"
    r"|占比|普及率|[覆复]盖率|参保率|办结率|满意率|率|标准|价格|企业|学位|里程|类案件|信访量|排放量"
    r"|用电量)(?:同比|环比)?(?:增速|增幅|降幅|总额|总值|总数|数)?$"
)

_SUBJECTS = re.compile(
    r"(?P<who>[^,;:。]{2,40}?)(?:同比|环比|比上年|每[年月人]){0,4}分别(?P<what>[^,;:。、]{2,20})$"
)
_LONGEST_SUBJECTS = 80
"""Characters that the subjects of a list can take, with 分别 and what is said of each."""
_EACH = re.compile(r",?(?:同比|环比|比上年|较上年)?分别[^,;:。、]{0,16}")
_SCOPE = re.compile(r"^(?:全[国省市县区]|在(?![校编建册籍岗职]))")
_BROUGHT = re.compile(r"^(?:建成(?!区)|新建|建立|设立|成立|组建|配备|打造|开设|拥有)(?=..)")
"""Verbs that no name needs beside whose the thing is."""


def distribute(line: Line, founds: Sequence[Found], dates: Sequence[Date]) -> None:
    """Give the numbers of a list the subjects of the list in front of them, one each."""
    i = 0
    while i < len(founds):
        run = _run(line.t, founds, i)
        if len(run) >= 2 and not _answer(line.t, founds[:i], run):
            _share(line, run, dates)
        i += len(run)


def _run(t: str, founds: Sequence[Found], i: int) -> list[Found]:
    """Return the numbers from ``i`` on with nothing but marks of a list between them."""
    run = [founds[i]]
    for found in founds[i + 1 :]:
        if not _PARTED.fullmatch(t[run[-1].end : found.start]) or _relative(found) != _relative(
            run[0]
        ):
            break
        run.append(found)
    return run


def _relative(found: Found) -> bool:
    """Say whether it is a share or a change: none stands in one list with counts."""
    return found.unit in ("%", "‰", "个百分点", "倍") or found.kind == "ratio"


def _answer(t: str, earlier: Sequence[Found], run: list[Found]) -> bool:
    """Name numbers behind a bare 分别 after as many before: A5万亩,B3万吨,分别增长1%和2%."""
    said = [f for f in earlier[-len(run) :] if f.name and f.role != "change"]
    if len(said) != len(run) or run[0].base is None:
        return False
    if not _EACH.fullmatch(t, said[-1].end, run[0].start):
        return False
    for found, other in zip(run, said, strict=True):
        found.name, found.base = other.name, other
        found.role, found.kind = run[0].role, found.kind if found.kind == "range" else run[0].kind
        found.direction = run[0].direction
    return True


def _share(line: Line, run: list[Found], dates: Sequence[Date]) -> None:
    first = run[0]
    name = first.name
    for found in run[1:]:
        found.direction = found.direction or first.direction
        if first.role == "change":
            found.role = "change"
            found.kind = "change" if found.kind != "range" else "range"
        if not found.name:
            found.name = name
    said = [d for d in dates if d.end <= first.start]
    if len(said) >= len(run) and "分别" in line.t[said[-1].end : first.start]:
        for found, date in zip(run, said[-len(run) :], strict=True):
            found.name, found.year = name, date.year
        return
    subjects = _SUBJECTS.search(line.t, max(0, first.start - _LONGEST_SUBJECTS), first.start)
    who = _ITEMS.split(line.words(*subjects.span("who"))) if subjects else []
    if subjects and len(who) == len(run) and "分别" in name:
        what = line.words(*subjects.span("what"))
        _name_each(run, who, what)
        return
    if len(who) == len(run) and who[-1] not in name and len(_ITEMS.split(name)) == 1:
        _name_each(run, who, name)
        return
    items = who if len(who) == len(run) and name in who[-1] else _ITEMS.split(name)
    if len(items) != len(run):
        return
    common = _COMMON.search(items[-1])
    for found, item in zip(run, items, strict=True):
        short = common and not _COMMON.search(item)
        tail = common[0].removeprefix("产业" if item.endswith("产业") else "") if common else ""
        found.name = item + tail if short else item
        found.base = None


def _name_each(run: list[Found], who: list[str], what: str) -> None:
    for found, item in zip(run, who, strict=True):
        found.name = _SCOPE.sub("", item) + _BROUGHT.sub("", what)
