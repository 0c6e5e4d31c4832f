"""Recognize the region and the kind of a document in its title."""

from __future__ import annotations

import re

from ..text.dates import YEAR
from .entities import read_places

_FURTHER = re.compile(rf"(?:和|及|与|暨|、|以及)(?:(?:{YEAR})年?度?|下一?年度?|明年|今后)")

KINDS = (
    "法治政府建设年度报告",
    "法治政府建设情况报告",
    "法治政府建设情况的报告",
    "政府信息公开工作年度报告",
    "政府信息公开年度报告",
    "信息公开工作年度报告",
    "信息公开年度报告",
    "信息公开年报",
    "政府工作报告",
    "年度工作报告",
    "年度报告",
    "情况报告",
    "情况的报告",
    "情况汇报",
    "情况通报",
    "工作报告",
    "工作总结",
    "工作汇报",
    "工作情况",
    "工作要点",
    "工作计划",
    "工作规划",
    "工作安排",
    "行动计划",
    "实施方案",
    "工作方案",
    "行动方案",
    "实施意见",
    "指导意见",
    "实施纲要",
    "实施细则",
    "应急预案",
    "统计公报",
    "年度总结",
    "自查报告",
    "述职报告",
    "述法报告",
    "调研报告",
    "评估报告",
    "审计报告",
    "白皮书",
    "公告",
    "公报",
    "年报",
    "通知",
    "通报",
    "通告",
    "意见",
    "方案",
    "总结",
    "汇报",
    "报告",
    "规划",
    "计划",
    "纲要",
    "要点",
    "办法",
    "规定",
    "细则",
    "条例",
    "决定",
    "批复",
    "请示",
    "纪要",
    "简报",
)
"""Kinds of document in the words of their titles, the more exact first."""


def region_of(title: str) -> str:
    """Return the finest place at the head of ``title`` as written (``武功县``), or ``""``."""
    return (read_places(title).names or ("",))[-1]


def kind_of(title: str) -> str:
    """Return the kind of document in the words of ``title`` (``工作总结``), or ``""``.

    It is what the title ends with, not what it encloses in 《》; of 总结和2021年计划 the first.
    """
    bare = re.sub(r"\s", "", title)
    behind = max(bare.rfind("的"), bare.rfind("》")) + 1
    if (further := _FURTHER.search(bare, behind)) and kind_of(bare[: further.start()]):
        bare = bare[: further.start()]
    for words in (bare.rpartition("》")[2], bare):
        found = [
            (words.rfind(kind) + len(kind), len(kind), kind) for kind in KINDS if kind in words
        ]
        if found:
            return max(found)[2]
    return ""
