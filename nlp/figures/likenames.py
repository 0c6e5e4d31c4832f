"""Which indicators are one and the same, written otherwise? 城镇新增就业, 新增城镇就业人数."""

from __future__ import annotations

import re
from functools import lru_cache

from ..fold import squeeze

_LEAD = re.compile(
    r"^(?:全年|年内|当年|今年|去年|一年来|[全我本][国省市县区州旗镇乡]|全(?:自治区|社会)"
    r"|实现|确保|力争|预计|共计?)+(?=..)"
)
"""When and where it is counted: the year and region of the report say so already."""
_TOTAL = re.compile(r"总(?=[量数额产](?!值)|面积|规模|里程)")
_COUNT = re.compile(
    r"(?<=..)(?:的?(?:总?数量|(?<![法工主])人数|(?<![农用商住租])户数|(?<![案文信事证稿])件数"
    r"|(?<![专国])家数|[总个起次]数|(?<![指系基倍岁参级])数)|(?<=产)量)$"
)
_MOVED = re.compile(r"新增|新建|新改建|新开工|新登记|净增|人均|户均|年均|累计")
"""Words that stand in front of the noun or inside it."""


@lru_cache(maxsize=1 << 14)
def indicator_key(name: str) -> str:
    """Return what near-identical names of one indicator have in common.

    Left out are scopes (全省), 总 in front of a measure, and a count at the end (人数); words such
    as 新增 go to the front. So 城镇新增就业, 全省新增城镇就业 and 城镇新增就业人数 have one key, as
    have 粮食产量, 粮食总产量 and 粮食总产. Names that differ in a noun have two.
    """
    return "·".join(map(_key, squeeze(name).split("·")))


def is_called(indicator: str, wanted: str) -> bool:
    """Say whether ``indicator`` holds the words ``wanted``, or is the same by its key."""
    asked = squeeze(wanted)
    return asked in squeeze(indicator) or indicator_key(wanted) == indicator_key(indicator)


def _key(part: str) -> str:
    core = _COUNT.sub("", _TOTAL.sub("", _LEAD.sub("", part)))
    moved = sorted(_MOVED.findall(core))
    noun = _MOVED.sub("", core)
    return "".join(moved) + noun if noun else core
