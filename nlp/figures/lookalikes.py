"""Recognize digits that are no figure: names, document numbers, telephones, clock times."""

from __future__ import annotations

import re
from functools import cache

from .quantities import UNIT

_CASES: dict[str, str] = {
    "a day that is a name": (
        r"(?<![\d.])(?:1[0-2]|[1-9])[·.](?:[12]\d|3[01]|[1-9])(?=\"|国|全国|世界"
        rf"|(?!{UNIT}|[百千万亿])[\u4e00-\u9fff]{{0,6}}(?:日|案|事件|事故|活动|惨案|精神)"
        r"(?![\u4e00-\u9fff]?\d))|\d{1,2}·\d{1,2}"
    ),
    "an address": r"\d{1,9}号院?(?:\d{1,9}(?:号?楼|[栋幢座层室]|单元))+",
    "a document number": (
        r"\[\d{4}\]第?\d{1,9}号|(?:第|发|函|办|字)\d{1,5}号|\d{4}年第\d{1,9}号|\d{1,9}号(?:文"
        r"|令|公告|线|楼|院|门|台风|泊位|机组)?"
    ),
    "a footnote": r"\[\d{1,3}\]",
    "a telephone": (
        r"(?<!\d)0\d{2,3}-\d{7,8}|(?<!\d)1[3-9]\d{9}(?!\d)|(?<!\d)[48]00-?\d{3}-?\d{4}"
        r"|电话:?\d{7,12}"
    ),
    "a hotline": (
        r"(?<![\d.])1\d{2,4}(?=-\d{3,5}热线|\"?(?:[\u4e00-\u9fffa-z]{0,8}(?:热线|平台)|报警"
        r"|投诉|举报|电话|接处?警|市民|便民|政务服务便民))|热线1\d{2,4}"
    ),
    "a code": r"\d{16,}",
    "an address of the web": r"(?:https?://|www\.)[!-~]+",
    "a number of letters and digits": (
        r"[a-z]{1,12}[-_.]?\d{1,9}(?:[.\-]\d{1,9})*[a-z+]*|\d{1,9}(?:\.\d{1,9})?(?:g|d|k|a+|s"
        r"|pro|x|n)(?![a-z])|\d{1,9}\+[\dn](?:\+[\dn])*|\d{1,9}[×x*]\d{1,9}(?:小时)?|v\d"
        r"|\d{1,9}(?:\.\d{1,9})?版"
    ),
    "round the clock": r"(?:7[×x*])?24小时(?!内|以内|之内)|365天|360度|全天候24小时",
    "a clock time": (
        r"\d{1,2}:\d{2}(?::\d{2})?(?!\d)|\d{1,2}时(?:\d{1,2}分)?(?!间)"
        r"|[上下]午\d{1,2}[点时]"
    ),
    "an ordinal": (
        r"第\d{1,9}(?:[-至到、和]第?\d{1,9}){0,30}(?:批次?|季度|次|届|期|集|个|章|节|条|款|项|编|部分?"
        r"|轮|年|天|产业|代|版|号|类|种|方|步|阶段|线|书记|责任人|大|家|例|座|张|课|学期"
        r"|人民医院|中学|小学)"
    ),
    "an ordinal in words": (
        r"第[一二三四五六七八九十]+(?:批次?|季度|次|届|期|集|个|章|节|条|款|项|编|部分?|轮|年|天"
        r"|产业|代|版|号|类|种|方|步|阶段|线|书记|责任人|大|家|例|座|张|课|师|枪|时间)"
    ),
    "articles": r"\d{1,9}(?:[-至到、]\d{1,9}){1,30}条(?=规定)|\d{1,9}条第?\d{1,9}款",
    "an assembly": (
        r"\d{1,9}届(?:[一二三四五六七八九十]{1,3}|\d{1,9})(?:次(?:全体)?(?:会议|全会)|中全会)"
        r"|\d{1,9}届|[一二三四五六七八九十]届[一二三四五六七八九十]+(?:次|中)|\d{1,9}次(?:全会"
        r"|党代会|会议精神|常委会会议|代表大会)"
    ),
    "an anniversary": r"\d{1,9}周年|\d{1,9}年代|\d{1,9}世纪|\d{1,9}周岁",
    "a span of time around the report": (
        r"(?:近|过去|今后|未来|前|后|这|最近|过渡期|往后)\d{1,9}年|\d{1,9}年(?:来|前|后|间|期"
        r"|规划|行动|计划|滚动|过渡期|攻坚|以来|远景|一遇)"
    ),
    "an age that is an attribute": (
        r"\d{1,9}(?:-\d{1,9})?(?:周)?岁(?:以上|以下"
        r"|及以上)?(?:的)?(?=[\u4e00-\u9fff]{0,6}(?:人|儿童|妇女|婴幼儿|青少年|学生|公民|老年"
        r"|患者|女|男))"
    ),
    "a time limit of a circle": r"\d{1,9}(?:分钟|小时)[\u4e00-\u9fff\"]{0,8}圈",
    "a run of years": (
        r"连续\d{1,9}(?:多|余)?(?:年|个?月|个?季度|天|届)|连续[一二两三四五六七八九十]+(?:年"
        r"|个?月|个?季度|天|届)"
    ),
    "a level": (
        r"\d{1,9}(?:[-至到]\d{1,9})?级(?!地震)|(?:[百千十]?[万亿]|[百千])?(?:吨|亿|元|人"
        r"|千瓦)级|\d{1,9}(?:\.\d{1,9})?[万亿]?(?:吨|千瓦|千伏|元|立方米)级"
    ),
    "a stage of works": (
        r"\d期(?=工程|项目|建设|[和、]\d期|试验|配套|改造|用地)"
        r"|(?<=[厂站电坝程路线网园港核])\d期|(?<=期[、和])\d期"
        r"|\d{1,9}(?:单元|号楼|栋楼\d|室)"
    ),
    "a slogan": (
        r"[一二两三四五六七八九十](?:个|项|大|种)?(?:代表|自信|意识|维护|全面|确立|坚持|统筹"
        r"|不变|务必|规定|禁令|文明|支柱|基本原则|基本点|中心(?![,;。])|现代化|面向|大局"
        r"|一百年|伟大|毫不动摇|结合|倾斜|关键|方针|战役|革命|转变|根本|务实|重点,)"
        r"|\d{1,9}(?:项规定|条禁令)|1件事|1站式|1网|1次(?:办|性|告知|不跑|跑)|最多跑1次"
        r"|只跑1次|1窗|1类事|1家人|1号(?:文件|工程)"
    ),
}  # fmt: skip

_QUOTED = re.compile(r'"([^"]*)"')
_NAME = 16
"""Characters of a quotation that is taken for a name."""


@cache
def _pattern() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{case})" for case in _CASES.values()))


def titles_in(t: str) -> list[tuple[int, int]]:
    """Return where titles in 《》 stand in ``t``."""
    spans = list[tuple[int, int]]()
    start = t.find("《")
    while start >= 0 and (close := t.find("》", start)) > 0:
        spans.append((start, close + 1))
        start = t.find("《", close)
    return spans


def lookalikes(t: str) -> list[tuple[int, int]]:
    """Return the parts of ``t`` in which no number is to be looked for."""
    spans = titles_in(t)
    spans += [match.span() for match in _pattern().finditer(t) if match[0]]
    if t.count('"') % 2 == 0:  # a stray one would turn the others around
        spans += [m.span() for m in _QUOTED.finditer(t) if len(m[1]) <= _NAME]
    return spans
