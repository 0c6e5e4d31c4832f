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
    r"|进出口|增加值|产值|产量|总量|数量|总数|人数|户数|面积|投资|收入|支出|利润|营收|比重"
    r"|占比|普及率|覆盖率|参保率|办结率|满意率|率|标准|价格|企业|学位|里程|类案件|信访量"
    r"|用电量)$"
)

_SUBJECTS = re.compile(r"(?P<who>[^,;:。]{2,40})分别(?P<what>[^,;:。、]{2,20})$")
_SCOPE = re.compile(r"^全[国省市县区]")


def distribute(line: Line, founds: Sequence[Found], dates: Sequence[Date]) -> None:
    """Give the numbers of a list the subjects of the list in front of them, one each."""
    i = 0
    while i < len(founds):
        run = _run(line.t, founds, i)
        if len(run) >= 2:
            _share(line, run, dates)
        i += len(run)


def _run(t: str, founds: Sequence[Found], i: int) -> list[Found]:
    """Return the numbers from ``i`` on with nothing but marks of a list between them."""
    run = [founds[i]]
    for found in founds[i + 1 :]:
        if not _PARTED.fullmatch(t[run[-1].end : found.start]):
            break
        run.append(found)
    return run


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
    subjects = _SUBJECTS.search(line.t, 0, first.start)
    who = _ITEMS.split(subjects["who"]) if subjects else []
    if len(who) == len(run) and who[-1] not in name:
        for found, item in zip(run, who, strict=True):
            found.name = _SCOPE.sub("", item) + name
        return
    items = _ITEMS.split(name)
    if len(items) != len(run):
        return
    common = _COMMON.search(items[-1])
    for found, item in zip(run, items, strict=True):
        short = common and not _COMMON.search(item)
        found.name = item + common[0] if short and common else item
        found.base = None
