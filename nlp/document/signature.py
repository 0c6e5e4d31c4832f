"""Find the signature and date at the end of a document, and publishing details of its web page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from ..text.dates import DATE, date_of
from ..text.paragraphs import is_boilerplate
from .entities import Office, office_line
from .page_lines import date_label, field_value, is_page_line, site_owner

_SEARCHED = 12
"""Lines at the end among which a signature without a date is looked for."""
_LONGEST = 45
_SIGNERS = 6
"""Offices that sign together, at most."""
_DATED = re.compile(
    rf"[（(]?(?P<before>.{{0,{_LONGEST}}}?)[（(]?(?<!\s)\s*+(?P<date>{DATE})\s*+"
    rf"(?P<behind>[^）)]{{0,{_LONGEST}}})[）)]?"
)
_ENDS = "。！？!?；;"
_WITHIN = re.compile(r"(?:办公室|小组)$")
_RELATIVE = re.compile(r"[省市县区旗州][^委]")


class Signature(NamedTuple):
    """A date (``2021-01-15``), and the office that stands in the same line."""

    office: Office | None
    date: str


@dataclass(frozen=True, slots=True)
class Tail:
    """What stands under a report.

    Attributes:
        offices: the offices that signed it, the first first.
        date: the date of the signature (``2021-01-15``), or ``""``.
        lines: the short lines at the end, without page furniture.
    """

    offices: tuple[Office, ...] = ()
    date: str = ""
    lines: tuple[str, ...] = ()


def read_tail(lines: Sequence[str]) -> Tail:
    """Return what stands under a report; ``lines`` are its paragraphs below the head, stripped.

    A signature with a date may have annexes below it; one without must be at the very end.
    """
    end = _short_lines_at_the_end(lines)
    for number in range(len(lines) - 1, -1, -1):
        signed = signature(lines[number])
        if not signed:
            continue
        offices = (signed.office,) if signed.office else _offices_above(lines, number)
        if not offices and number + 1 < len(lines):  # the date stands first
            below = office_line(lines[number + 1])
            offices = (below,) if below and below.places else ()
        if offices or lines[number] in end:
            return Tail(offices, signed.date, end)
    return Tail(tuple(o for o in _offices_above(end, len(end)) if o.places), "", end)


def signature(line: str) -> Signature | None:
    """Return the signature when ``line`` is a date, or an office and a date, and nothing else."""
    dated = _DATED.fullmatch(line) if len(line) <= _LONGEST else None
    if not dated or not (date := date_of(dated["date"])):
        return None
    rest = (dated["before"] + dated["behind"]).strip()
    office = office_line(rest)
    return Signature(office, date) if office or not rest else None


def _short_lines_at_the_end(lines: Sequence[str]) -> tuple[str, ...]:
    last = list[str]()
    for line in reversed(lines[-4 * _SEARCHED :]):
        if not line or is_boilerplate(line):
            continue
        if len(line) > _LONGEST or line[-1] in _ENDS or len(last) == _SEARCHED:
            break
        last.append(line)
    return tuple(reversed(last))


def _offices_above(lines: Sequence[str], number: int) -> tuple[Office, ...]:
    """Return the offices in the lines right above the one with ``number``."""
    found = list[Office]()
    while number and len(found) < _SIGNERS and len(lines[number - 1]) <= _LONGEST:
        office = office_line(lines[number - 1])
        if number > 1 and (whole := _over_two_lines(lines[number - 2], lines[number - 1])):
            office = whole
            number -= 1
        if not office:
            break
        found.append(office)
        number -= 1
    return tuple(reversed(found))


def _over_two_lines(above: str, line: str) -> Office | None:
    """Return the office whose name begins in one line and ends in the next: …委员会, 办公室."""
    if not _WITHIN.search(line) or _RELATIVE.match(line):
        return None
    first, second = office_line(above), office_line(line)
    if not first or not first.places or (second and (second.places or second.national)):
        return None
    return office_line(above + line)


def joined(offices: Sequence[Office]) -> Office:
    """Return offices in lines one below the other as one, their names joined by ``、``.

    What is an office within the one above it, without a place of its own, goes on with its name:
    of 中共武功县委全面依法治县委员会 and 办公室 it is that office.
    """
    names = [offices[0].name]
    for office in offices[1:]:
        within = not office.places and not office.national and _WITHIN.search(office.name)
        if within and not _RELATIVE.match(office.name):
            names[-1] += office.name
        else:
            names.append(office.name)
    return replace(offices[0], name="、".join(names))


_FIRST = re.compile(r"\s*[>＞»›|│·\s]\s*")
_LEADING_DATE = re.compile(r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?\s")
_PAPER = re.compile(r"\S{2,10}(?:报|报社)\s+\d{4}年\d{1,2}月\d{1,2}日")
"""The head of a newspaper's page: 汉中日报 2020年9月24日 星期四."""
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
        sources: the names of those that it was taken from: offices, newspapers without 日报.
        sites: the names of those whose site, or whose letterhead, it stands on.
    """

    office: Office | None
    date: str
    address: str
    sources: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()


def read_page_fields(lines: Sequence[str]) -> PageFields:
    """Return what ``lines``, those above and below the text, say of the page.

    A label and its value may stand in two lines.
    """
    publisher = next(iter(_values(lines, "issuer-labels")), "")
    address = next((found[1] for line in lines if (found := _ADDRESS.search(line))), "")
    dates = (
        date_of(_value(lines, date_label("signed-labels"))),
        date_of(_value(lines, date_label("published-labels"))),
        *(date_of(found[1]) for line in lines if (found := _PRINTED.search(line))),
        *(date_of(line) for line in lines if _BARE_DATE.fullmatch(line) or _NOTED.fullmatch(line)),
        *(date_of(line) for line in lines if _LEADING_DATE.match(line) and is_page_line(line)),
        *(date_of(line) for line in lines if _PAPER.match(line)),
        *(date_of(line) for line in lines if is_page_line(line) and _has_source(line)),
    )
    return PageFields(
        office=office_line(publisher),
        date=next(filter(None, dates), ""),
        address=address,
        sources=tuple(site_owner(value) or value for value in _values(lines, "source-labels")),
        sites=tuple(filter(None, (_owner(line) for line in lines))),
    )


def _has_source(line: str) -> bool:
    return field_value(line, "source-labels") is not None


def _owner(line: str) -> str:
    """Return whose site or letterhead ``line`` names, ``""`` when it names none."""
    if owner := site_owner(line):
        return owner
    first = _FIRST.split(line.strip(), maxsplit=1)[0]
    return first if office_line(first) else ""


def _values(lines: Sequence[str], group: str) -> Iterator[str]:
    """Yield the values of the fields of a group; one may stand in the line below its label."""
    for number, line in enumerate(lines):
        value = field_value(line, group)
        if value == "" and number + 1 < len(lines):
            value = lines[number + 1]
        if value:
            yield value


def _value(lines: Sequence[str], label: re.Pattern[str]) -> str:
    for number, line in enumerate(lines):
        if found := label.search(line):
            below = lines[number + 1 : number + 2] if found.end() == len(line) else ()
            return found[1] or next(iter(below), "")
    return ""
