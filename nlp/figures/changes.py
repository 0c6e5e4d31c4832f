"""Growth and decline: 同比增长12.5%, 比上年减少3件, 高于全国1.8个百分点, 由A提高到B."""

from __future__ import annotations

import re

from .found import Found
from .records import Direction

_UP = (
    "增长|递增|增加|上升|提高|提升|上涨|扩大|增收|增产|攀升|增|升|涨|高于|快于|高出|多于|高|多"
    "|快|延长|加快|改善|回升|上调|净增|超出|前移|进位|跃升"
)
_DOWN = (
    "下降|递减|减少|降低|回落|缩小|缩减|压减|压缩|下滑|下跌|缩短|减|降|跌|低于|少于|慢于|低|少"
    "|精简|收窄|减产|减收|节约|压降|削减|下调|下浮|裁减|后移|退后"
)
_VERB = re.compile(
    rf"(?P<verb>(?P<up>(?<![新倍])(?:{_UP}))|(?P<down>{_DOWN}))"
    r"(?:了|达到?|为|约|(?:于)?全[国省市区](?:平均)?(?:水平)?|上年|去年|目标|预期|平均水平"
    r"|整体|总体)*$"
)
_NOUN = re.compile(r",?(?:(?P<up>[增涨升]幅)|(?P<down>[降跌]幅))(?:为|达到?|约|高达)?")
"""A noun alone that says which way what is in front of it went: 由268元降至251元,降幅6.3%."""
_CUT = re.compile(
    r"[,、]?(?:累计|全年|共|持续|大力)?(?:压减|压缩|减少|缩减|削减)[^,;:。]{1,100}(?<![由从自到至为])$"
)
"""A verb of decline in front of what declined: 压减一般性支出2300万元."""
_COMPARED = re.compile(
    r"同比|环比|同期|(?:[比较同]|相比|与)(?:上年|去年|前年|上月|同期|上一?年度?"
    r"|[^,;。]{1,12}(?:年|期|时|月|前|初|末|底|预算|平均|水平|全国|全省|\"))[^,;。]{0,10}$"
)
_FROM = re.compile(r"(?:[由从自]|(?:19|20)\d\d年的?)[^,;。:]{0,22}$")
_TO = re.compile(
    r"(?:提高|提升|增加|增长|上升|下降|降低|减少|扩大|缩短|压缩|压减|缩减|缩小|精简|跃升"
    r"|攀升|回落|拓展|调整|恢复|优化|整合|合并|翻番|升级|跃升|增|减|升|降|变|扩展|延长"
    r"|上调|下调)?(?:了)?(?:到|至|为|成)(?:了)?"
    r"(?:(?:19|20)\d\d年(?:末|底)?的?|今年的?|目前的?|现在的?|去年的?|上年的?|的)?$"
)
_CHANGES = ("percent", "quantity", "money", "ratio", "range", "change")


def mark_change(found: Found, left: int, previous: Found | None) -> int:
    """Make ``found`` a change where its words say so.

    Returns:
        Where the words of the change begin in the text between ``left`` and the number, the
        number itself when it is no change.
    """
    t, start = found.line.t, found.start
    if found.kind not in _CHANGES:
        return start
    noun = previous and found.unit in ("%", "倍") and _NOUN.fullmatch(t, left, start)
    if noun:
        _change(found, "up" if noun["up"] else "down")
        return left
    cut = found.kind in ("quantity", "money") and _CUT.match(t, left, start)
    if cut and not t.startswith(",其中", found.end):
        _change(found, "down")
        return start
    match = _VERB.search(t, left, start)
    if not match:
        if found.kind == "change" and not found.direction:
            found.role = found.role or "change"
        return start
    begin = match.start()
    compared = _COMPARED.search(t, left, begin)
    bare = found.unit in ("%", "‰", "个百分点", "倍", "番", "") or found.kind == "ratio"
    adverse = match["verb"] in (
        "高",
        "多",
        "少",
        "低",
        "快",
        "增",
        "减",
        "升",
        "降",
        "节约",
        "高于",
        "低于",
        "多于",
        "少于",
    )
    if (
        found.unit in ("%", "倍")
        and match["verb"] in ("高于", "低于", "多于", "少于", "高", "低", "多", "少", "快")
        and not compared
    ):
        return start
    if not bare and not compared and (adverse or not (previous or begin > left)):
        return start
    if (
        not bare
        and not compared
        and match["verb"] in ("增加", "减少", "压减", "提高")
        and begin == left
        and not previous
    ):
        return start
    _change(found, "up" if match["up"] else "down")
    return compared.start() if compared else begin


def _change(found: Found, direction: Direction) -> None:
    if found.number < 0:  # 同比增长-3.2%
        direction = "down" if direction == "up" else "up"
        found.numbers = (-found.number,)
    found.direction, found.role = direction, "change"
    if found.kind != "range":
        found.kind = "change"


def mark_levels(found: Found, previous: Found | None) -> bool:
    """Give 由A提高到B their roles, when ``found`` is B and ``previous`` is A.

    Returns:
        Whether ``found`` has a role, so that it needs no other.
    """
    if found.role or previous is None:
        return bool(found.role)
    if found.kind != previous.kind or found.unit != previous.unit:
        return False
    t = found.line.t
    between = t[previous.end : found.start]
    if (
        len(between) <= 20
        and _TO.fullmatch(between)
        and _FROM.search(t, max(0, previous.start - 26), previous.start)
    ):
        previous.role, found.role = "from", "to"
        return True
    return False
