"""Which parts leave nothing over: 有效 and 失效, 已办结 and 正在处理, 维持 and 驳回."""

from __future__ import annotations

import re
from collections.abc import Sequence

_SPLITS: tuple[tuple[str, ...], ...] = (
    (
        r"(?<!未)(?<!未)(?:办结|审结|结案|办理完[毕成]|处理完毕|整改(?:完成|到位)?$|完成整改"
        r"|化解|答复)",
        r"在办|正在|办理中|处理中|审理中|未结|未办结|未审结|尚未|未化解|未整改|结转|待",
    ),
    (r"(?<![无失])有效", r"失效|废止|无效"),
    (r"(?<![无失])有效|保留", r"修[改订]", r"失效|废止|无效"),
    (r"网上|线上|互联网|网络|在线", r"信件|邮寄|信函|现场|当面|窗口|线下|来信|来访"),
    (r"(?<!不予)(?<!不)受理", r"不予受理|未受理|不受理"),
    (r"(?<!不)合格|达标", r"不合格|未达标"),
    (r"(?<!未)(?<!不)采纳", r"未采纳|不予采纳|不采纳"),
    (r"胜诉", r"败诉"),
    (r"男", r"女"),
    (r"中央", r"地方"),
    (r"城镇|城市", r"农村|乡村"),
    (r"专职", r"兼职|公职"),
    (r"县级|区级|市级", r"镇级|乡级|乡镇|街道"),
    (r"出口", r"进口"),
    (r"(?<!不)通过", r"未通过|不通过"),
)
"""Each row parts a whole: every part is of one of its words, and each word is there."""

_OUTCOMES = re.compile(
    r"维持|驳回|撤销|变更|确认违法|责令履行|终止|调解|和解|撤回|不予受理|在办|正在|未结"
    r"|受理|审理中|尚未"
)
"""What becomes of an application; a report may leave some out."""

CARRIED = re.compile(
    r"结转(?![到至下])|(?:上|去|前|往|历)(?:一)?年度?(?:末|底)?(?:未|存|在办|留|转|案件|受理|收)"
    r"|旧[存案]|遗留|积存|存案|跨年"
)
"""Cases of an earlier year, which were not among those that came in but are among the settled."""


def parts_a_whole(names: Sequence[str]) -> bool:
    """Say whether parts of these ``names`` leave nothing of the whole over."""
    return any(
        all(re.search(side, " ".join(names)) for side in sides)
        and all(any(re.search(side, name) for side in sides) for name in names)
        for sides in _SPLITS
    )


def are_outcomes(names: Sequence[str]) -> bool:
    """Say whether all ``names`` are outcomes of a case, most often given in full."""
    return all(_OUTCOMES.search(name) for name in names)
