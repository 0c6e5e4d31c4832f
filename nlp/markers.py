"""The marks that number headings and items: 一、 (一) 1. 第二章 一是 首先 ①."""

from __future__ import annotations

import re
from typing import NamedTuple

_NUMERAL = "[一二三四五六七八九十百〇零]{1,4}"

_HEADING_MARKS: tuple[tuple[int, re.Pattern[str]], ...] = (
    (1, re.compile(r"第[一二三四五六七八九十百\d]{1,4}(?:编|章|部分|部(?=[\s　、]))")),
    (2, re.compile(r"第[一二三四五六七八九十百\d]{1,4}节")),
    (2, re.compile(rf"{_NUMERAL}[、.．,，]")),
    (3, re.compile(rf"[(（〔【]{_NUMERAL}[)）〕】]")),
    (6, re.compile(r"\d{1,2}(?:[.．]\d{1,2}){2,3}(?!\d)")),
    (
        5,
        re.compile(
            r"\d{1,2}[.．]\d{1,2}(?![\d年月日时%％万亿千百个倍元件吨米户]|人[次,，。、]|公[里斤顷]|平方)"
        ),
    ),
    (4, re.compile(r"\d{1,2}[.．、](?!\d)")),
    (5, re.compile(r"[(（]\d{1,2}[)）]")),
)
"""Level of the heading (1 is the highest) and its mark; the first that matches counts."""

_ITEM = re.compile(
    rf"{_NUMERAL}(?:是(?!否)|则|要(?![素点件害义道闻务]|求(?!真)|领(?!导)))"
    rf"|其[一二三四五六七八九十](?=[,，、:：])"
    rf"|第[一二三四五六七八九十](?=[,，、])"
    r"|(?:首先|其次|再次|最后)(?=[,，、])"
    r"|[(（](?:\d{1,2}|[一二三四五六七八九十]{1,3})[)）]"
    r"|[①-⑳]"
)

_ARTICLE = re.compile(r"第[一二三四五六七八九十百零〇\d]{1,6}条(?=[\s　]|之)")

LIST_AFTER_COLON = re.compile(rf"\s{{0,200}}(?![(（]\d)(?:{_ITEM.pattern})")
"""What follows a colon that ends a lead-in (主要做法有:一是…); (1) stays with its lead-in."""


class HeadingMark(NamedTuple):
    """The numbering at the beginning of a heading.

    Attributes:
        level: 1 for 第一章, 2 for 一、, 3 for (一), 4 for 1., 5 for (1) and 1.1, 6 for 1.1.1.
        length: characters of the mark.
    """

    level: int
    length: int


def heading_mark(line: str) -> HeadingMark | None:
    """Return the numbering that ``line`` begins with, ``None`` when there is none."""
    for level, pattern in _HEADING_MARKS:
        if match := pattern.match(line):
            return HeadingMark(level, match.end())
    return None


def item_mark(text: str) -> str:
    """Return the item marker that ``text`` begins with (``一是``, ``首先``, ``①``), or ``""``."""
    match = _ITEM.match(text)
    return match[0] if match else ""


def starts_unit(line: str) -> bool:
    """Say whether ``line`` begins with a mark that always opens a new line of its own."""
    return bool(heading_mark(line) or item_mark(line) or _ARTICLE.match(line))
