"""Words that make a number approximate: 近百场, 三千余人, 5%左右, 不少于20%."""

from __future__ import annotations

import re

BEFORE = re.compile(
    r"(?:不(?:少于|低于|超过|高于|多于|大于|小于|到|足)|少于|多于|大于|小于|超过|超出|突破"
    r"|将近|接近|大约|大概|约为|至少|最多|最低|最高"
    r"|(?<!赶)(?<!反)超|逾|(?<![最附临邻靠])近|(?<![节条合签预公履违邀])约"
    r"|(?<![达])上(?=[百千万亿]))$"
)
"""In front of the number: searched in the text that ends there."""

LONGEST_BEFORE = 3

WITHIN = "[余多几来]"
"""Between the number and its unit, on either side of 万 and 亿."""

BEHIND = re.compile(r"左右|上下|以上|以下|以内|之内|有余|开外|不等|之多|(?<=[天日年月时钟])内")
"""Behind the unit."""


def qualifier_before(t: str, start: int) -> str:
    """Return the qualifier that ends at ``start``, or ``""``."""
    match = BEFORE.search(t, max(0, start - LONGEST_BEFORE - 1), start)
    # The pattern is anchored to the end of the window, and $ also matches before a line feed.
    return match[0] if match and match.end() == start else ""


def qualifier_behind(t: str, end: int) -> str:
    """Return the qualifier that begins at ``end``, or ``""``."""
    match = BEHIND.match(t, end)
    return match[0] if match else ""
