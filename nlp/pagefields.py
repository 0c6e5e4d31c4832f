"""What the page around a report says of it: who published it, when, and where it comes from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .offices import Office, office_line
from .years import date_of

_PUBLISHER = re.compile(
    r"(?:发布机构|发布单位|发文机关|发文单位|制发机关|成文单位|印发机关)[:：]\s*([^\s:：]{2,40})?"
)
_SIGNED = re.compile(r"(?:成文|生成|印发|签发)(?:日期|时间)[:：]\s*(.{6,20})?")
_PUBLISHED = re.compile(r"(?:发布|发表|公开|更新)?(?:日期|时间)[:：]\s*(.{6,20})?")
_BARE_DATE = re.compile(r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?(?:\s+\d{1,2}:\d{2}(?::\d{2})?)?")
_PRINTED = re.compile(r"(\d{4}年\d{1,2}月\d{1,2}日)印发$")
_NOTED = re.compile(r"《.{2,20}》\s*[（(].{0,3}\d{4}年.{1,14}[）)]")
_ADDRESS = re.compile(
    r"(?:来源|原文|出处|链接|网址|地址|转自)[^:：]{0,8}[:：]\s*(https?://[^\s<>\"'，。；、）)】》]+)"
)


@dataclass(frozen=True, slots=True)
class PageFields:
    """What a page says of the report on it.

    Attributes:
        office: the body that issued or published it.
        date: when it was signed, else when it was published (``2021-01-15``), or ``""``.
        address: the URL that is given as its source, or ``""``.
    """

    office: Office | None
    date: str
    address: str


def read_page_fields(lines: Sequence[str]) -> PageFields:
    """Return what ``lines``, those above and below the text, say of the page.

    A label and its value may stand in two lines.
    """
    publisher = _value(lines, _PUBLISHER)
    address = next((found[1] for line in lines if (found := _ADDRESS.search(line))), "")
    dates = (
        date_of(_value(lines, _SIGNED)),
        date_of(_value(lines, _PUBLISHED)),
        *(date_of(found[1]) for line in lines if (found := _PRINTED.search(line))),
        *(date_of(line) for line in lines if _BARE_DATE.fullmatch(line) or _NOTED.fullmatch(line)),
    )
    return PageFields(
        office=office_line(publisher),
        date=next(filter(None, dates), ""),
        address=address,
    )


def _value(lines: Sequence[str], label: re.Pattern[str]) -> str:
    for number, line in enumerate(lines):
        if found := label.search(line):
            below = lines[number + 1 : number + 2] if found.end() == len(line) else ()
            return found[1] or next(iter(below), "")
    return ""
