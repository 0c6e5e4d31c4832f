"""What a report says of itself in its title: region and kind of document."""

from __future__ import annotations

import re

from .years import YEAR

_HAN = "[\u4e00-\u9fff]"
_PLACE = re.compile(
    # A people's name comes before 自治县, and may itself hold 乡 (东乡族自治县).
    rf"{_HAN}{{1,8}}?(?:特别行政区|自治区|自治州|自治县|自治旗|开发区|新区|林区|特区|矿区|地区|街道"
    r"|[省市州盟县旗区镇乡](?![族域级属直辖城情内际上]))"
    rf"|{_HAN}{{2,18}}?自治[区州县旗]"
)
_GOES_ON = re.compile(r"州[省市县区](?!场)|[乡镇][市县区](?!场)|县区")
_NOT_PLACES = re.compile(
    r"^(?:全|我|本|各|该|上|示范|先行|试验|园|社|小|辖|城|山|景|库|灾|地|时|学|校|厂|超|都|农|创|申报)*"
    r"(?:省|市|县|区|镇|乡|州|旗)$|^[省市县区州盟旗镇乡街道]+$"
)
_LEAD = re.compile(rf"^(?:中共|关于|印发|转发|报送|下发|发布|(?:{YEAR})年度?|\s)+")

KINDS = (
    "法治政府建设年度报告",
    "法治政府建设情况报告",
    "法治政府建设情况的报告",
    "政府信息公开工作年度报告",
    "政府信息公开年度报告",
    "信息公开年报",
    "政府工作报告",
    "年度工作报告",
    "年度报告",
    "情况报告",
    "情况的报告",
    "工作报告",
    "工作总结",
    "工作情况",
    "工作要点",
    "工作计划",
    "实施方案",
    "工作方案",
    "实施意见",
    "统计公报",
    "公告",
    "公报",
    "年报",
    "通知",
    "通报",
    "意见",
    "方案",
    "总结",
    "汇报",
    "报告",
    "规划",
    "要点",
    "办法",
    "规定",
)
"""Kinds of document in the words of their titles, the more exact first."""


def region_of(title: str) -> str:
    """Return the finest place at the head of ``title`` as written (``武功县``), or ``""``."""
    rest = _LEAD.sub("", title)
    place = ""
    while match := _PLACE.match(rest):
        end = match.end()
        if _GOES_ON.match(rest, end - 1):
            end += 1  # 州 in 广州市 and 乡 in 新乡市 belong to the name
        if _NOT_PLACES.match(rest[:end]):  # 全县, 乡镇: words, not names
            break
        place, rest = rest[:end], rest[end:]
        if rest.startswith("委"):  # 武功县委…: the committee's words are no finer place
            break
    return place


def kind_of(title: str) -> str:
    """Return the kind of document in the words of ``title`` (``工作总结``), or ``""``."""
    bare = re.sub(r"\s", "", title)
    for words in (bare.rpartition("》")[2], bare):
        found = [
            (words.rfind(kind) + len(kind), len(kind), kind) for kind in KINDS if kind in words
        ]
        if found:
            return max(found)[2]
    return ""
