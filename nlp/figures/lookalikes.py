"""Recognize digits that are no figure: names, document numbers, telephones, clock times."""

from __future__ import annotations

import re
from functools import cache

from ..vocabulary import WordLists
from .quantities import unit_pattern

_LOOKALIKES = WordLists(
    "lookalikes",
    "day document-before document-behind hotline hotline-use ordinal ordinal-digits ordinal-words"
    " assembly age span-before span-behind of-age stage-behind stage-before slogan one",
)
_words = _LOOKALIKES.pattern


def _cases() -> dict[str, str]:
    """Return the pattern of each kind of lookalike."""
    return {
        "a day that is a name": (
            r"(?<![\d.])(?:1[0-2]|[1-9])[·.](?:[12]\d|3[01]|[1-9])(?=\"|国|全国|世界"
            rf"|(?!{unit_pattern()}|[百千万亿])[\u4e00-\u9fff]{{0,6}}{_words('day')}"
            r"(?![\u4e00-\u9fff]?\d))|\d{1,2}·\d{1,2}"
        ),
        "an address": r"\d{1,9}号院?(?:\d{1,9}(?:号?楼|[栋幢座层室]|单元))+",
        "a document number": (
            rf"\[\d{{4}}\]第?\d{{1,9}}号|{_words('document-before')}\d{{1,5}}号"
            rf"|\d{{4}}年第\d{{1,9}}号|\d{{1,9}}号{_words('document-behind')}?"
        ),
        "a footnote": r"\[\d{1,3}\]",
        "a telephone": (
            r"(?<!\d)0\d{2,3}-\d{7,8}|(?<!\d)1[3-9]\d{9}(?!\d)|(?<!\d)[48]00-?\d{3}-?\d{4}"
            r"|电话:?\d{7,12}"
        ),
        "a hotline": (
            r"(?<![\d.])1\d{2,4}(?=-\d{3,5}热线|\"?"
            rf"(?:[\u4e00-\u9fffa-z]{{0,8}}{_words('hotline')}|{_words('hotline-use')}))"
            r"|热线1\d{2,4}"
        ),
        "a code": r"\d{16,}",
        "an address of the web": r"(?:https?://|www\.)[!-~]+",
        "a number of letters and digits": (
            r"[a-z]{1,12}[-_.]?\d{1,9}(?:[.\-]\d{1,9})*[a-z+]*"
            r"|\d{1,9}(?:\.\d{1,9})?(?:g|d|k|a+|s|pro|x|n)(?![a-z])|\d{1,9}\+[\dn](?:\+[\dn])*"
            r"|\d{1,9}[×x*]\d{1,9}(?:小时)?|v\d|\d{1,9}(?:\.\d{1,9})?版"
        ),
        "round the clock": r"(?:7[×x*])?24小时(?!内|以内|之内)|365天|360度|全天候24小时",
        "a clock time": (
            r"(?<![\d.])\d{1,2}:\d{2}(?::\d{2})?(?![\d.:])|\d{1,2}时(?:\d{1,2}分)?(?!间)|[上下]午\d{1,2}[点时]"
        ),
        "an ordinal": (
            r"第\d{1,9}(?:[-至到、和]第?\d{1,9}){0,30}" + _words("ordinal", "ordinal-digits")
        ),
        "an ordinal in words": ("第[一二三四五六七八九十]+" + _words("ordinal", "ordinal-words")),
        "articles": r"\d{1,9}(?:[-至到、]\d{1,9}){1,30}条(?=规定)|\d{1,9}条第?\d{1,9}款",
        "an assembly": (
            r"\d{1,9}届(?:全国|[省市县区]|自治区)?(?:人大|政协|党委|委员会)(?:常委会?)?第?"
            r"(?:[一二三四五六七八九十]{1,3}|\d{1,9})次(?:全体)?(?:会议|全会)"
            r"|\d{1,9}届(?:[一二三四五六七八九十]{1,3}|\d{1,9})(?:次(?:全体)?(?:会议|全会)|中全会)"
            r"|\d{1,9}届|[一二三四五六七八九十]届[一二三四五六七八九十]+(?:次|中)"
            rf"|\d{{1,9}}次{_words('assembly')}"
        ),
        "an anniversary": rf"\d{{1,9}}{_words('age')}",
        "a span of time around the report": (
            rf"{_words('span-before')}\d{{1,9}}年|\d{{1,9}}年{_words('span-behind')}"
        ),
        "an age that is an attribute": (
            r"\d{1,9}(?:-\d{1,9})?(?:周)?岁(?:以上|以下|及以上)?(?:的)?"
            rf"(?=[\u4e00-\u9fff]{{0,6}}{_words('of-age')})"
        ),
        "a time limit of a circle": r"\d{1,9}(?:分钟|小时)[\u4e00-\u9fff\"]{0,8}圈",
        "a run of years": (
            r"连续(?:\d{1,9}(?:多|余)?|[一二两三四五六七八九十]+)(?:年|个?月|个?季度|天|届)"
        ),
        "a level": (
            r"\d{1,9}(?:[-至到]\d{1,9})?级(?!地震)|(?:[百千十]?[万亿]|[百千])?(?:吨|亿|元|人"
            r"|千瓦)级|\d{1,9}(?:\.\d{1,9})?[万亿]?(?:吨|千瓦|千伏|元|立方米)级"
        ),
        "a stage of works": (
            rf"\d期(?={_words('stage-behind')}|[和、]\d期)"
            rf"|{_LOOKALIKES.behind('stage-before')}\d期|(?<=期[、和])\d期"
            r"|\d{1,9}(?:单元|号楼|栋楼\d|室)"
        ),
        "a slogan": (
            rf"[一二两三四五六七八九十](?:个|项|大|种)?(?:{_words('slogan')}|中心(?![,;。]))"
            rf"|\d{{1,9}}(?:项规定|条禁令)|{_words('one')}"
        ),
    }


_QUOTED = re.compile(r'"([^"]*)"')
_NAME = 16
"""Characters of a quotation that is taken for a name."""


@cache
def _pattern() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{case})" for case in _cases().values()))


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
