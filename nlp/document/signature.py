"""Find who issued a document and when, in its opening, its signature and around it on the page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from ..records import Year
from ..text.dates import DATE, YEAR, date_of, year_of
from ..text.normalize import simplified
from ..text.paragraphs import is_boilerplate
from .entities import Office, office_at_head, office_line, read_places
from .gazetteer import is_place, is_same_place
from .page_lines import acts, date_label, field_value, is_page_line, not_a_place, site_owner

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


_SIZE = 300
"""Characters of a paragraph that are looked at."""
_HAN = "[\u4e00-\u9fff]"
_SPEAKS_FOR = re.compile(
    rf"我(?:谨)?(?:代表|受)(?P<office>{_HAN}{{2,30}}?)(?:的?委托)?[,，](?:[^。]{{0,60}}?[,，])?"
    rf"向(?:大会|本次|会议|{_HAN}{{0,12}}(?:代表大会|常委会))"
)
_CHARGED = re.compile(rf"受(?P<office>{_HAN}{{2,30}}?)的?委托")
_UNIT = re.compile(r"(?:自治[区州县旗]|[省市县区旗州镇乡])(?=.{2})")
"""The kind of place with which the relative name of an office begins: 市人民政府."""
_HELD = re.compile(rf"(?:召开|举办|举行|组织|参加)(?:了|全)?(?={_HAN}{{2}})")
_LED_BY = re.compile(
    rf"在(?={_HAN}{{2,24}}?委(?:[、和及，的]|{_HAN}{{0,2}}政府))[^。]{{4,60}}?领导下"
)
_CENSUS = re.compile(
    rf"(?P<before>(?:{YEAR})年)[^。]{{0,16}}标准时点|标准时点[^。]{{0,4}}(?P<behind>(?:{YEAR})年)"
)
_AUTHORED = re.compile(
    rf"(?:(?:一年来|今年以来|近年来|年初以来)[,，])?(?:自?(?P<year>(?:{YEAR})年)(?:度|以来)?[,，]?)?(?P<rest>.*)"
)
_REPORTED = re.compile(
    rf"现将(?P<before>[^。]{{0,30}}?)(?P<year>(?:{YEAR})年)度?(?P<behind>[^。]{{0,40}}?)"
    rf"(?:报告|汇报|总结|公布|公开|通报|公示)如下"
)
_UNKNOWN_PLACE = re.compile(
    rf"(?P<name>(?P<stem>{_HAN}{{2,6}}?)(?:自治[县旗州区]|[省市州盟县区旗镇乡]|街道|开发区|管委会))"
)
_UNITS = "市县区旗"
_STEM = range(4, 1, -1)


def speaks_for(lines: Iterable[str]) -> Iterator[Office]:
    """Yield the offices, with their place, for which a speaker says that he reports."""
    for line in lines:
        if said := _SPEAKS_FOR.search(line, 0, _SIZE):
            office = office_line(said["office"])
            if office and (office.places or office.national):
                yield office


def charged_by(lines: Iterable[str]) -> str:
    """Return the name of the body on whose behalf a report is given, ``""`` when none is named.

    Example:
        >>> charged_by(["受市人民政府委托，我报告2021年的工作。"])
        '市人民政府'
    """
    said = next((said for line in lines if (said := _CHARGED.search(line, 0, _SIZE))), None)
    return said["office"] if said else ""


def office_in_full(name: str, place: str, known: Iterable[Office]) -> Office | None:
    """Return the office that ``name`` means in a document about ``place``.

    Args:
        name: what it is called, perhaps without its place (``市政府``).
        place: the region of the document, ``""`` when it is not known.
        known: offices that are named elsewhere in the document.

    Example:
        >>> office_in_full("市政府", "咸阳市", []).name
        '咸阳市人民政府'
    """
    office = office_line(name)
    if office and (office.places or office.national):
        return office
    unit = _UNIT.match(name)
    if not unit:
        return None
    bare = name[unit.end() :]
    bare = "人民政府" if bare == "政府" else bare
    for other in known:
        here = other.places[-1] if other.places else ""
        if place and not is_same_place(here, place):
            continue
        if here.endswith(unit[0]) and other.name.endswith(f"{here}{bare}"):
            return other
    return office_line(place + bare) if place.endswith(unit[0]) else None


def held_in(lines: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Yield the places of the meetings that ``lines`` say were held: 召开武功县…推进会."""
    for line in lines:
        for held in _HELD.finditer(line[:_SIZE]):
            yield read_places(line[held.end() :]).names


def led_by(lines: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Yield the places whose committees led the work: 在穆棱市委、市政府的正确领导下."""
    for line in lines:
        for led in _LED_BY.finditer(line[:_SIZE]):
            yield read_places(line[led.start() + 1 :]).names


class Author(NamedTuple):
    """The place that opens a report as its author, with those it lies in, and the year."""

    places: tuple[str, ...] = ()
    year: Year = ""


def opening_author(lines: Iterable[str]) -> Author:
    """Return of which place and year a report speaks in its first sentences, as its author.

    Args:
        lines: its first paragraphs. Only a sentence that begins with the year or 现将 counts; a
            committee of a place (武功县委) may be one above the author's.

    Example:
        >>> opening_author(["2025年,大中街道在区委的领导下,认真履职。"])
        Author(places=('大中街道',), year=2025)
        >>> opening_author(["现将我局2024年度法治政府建设有关情况报告如下："])
        Author(places=(), year=2024)
    """
    places: tuple[str, ...] = ()
    year: Year = ""
    for line in lines:
        bare = re.sub(r"\s", "", simplified(line[:_SIZE]))
        opens = _AUTHORED.match(bare)
        if opens and opens.start("rest"):
            here = _author_place(opens["rest"])
            office = office_at_head(opens["rest"])
            acting = office is not None and "委、" not in opens["rest"][: office.end + 1]
            if here or acting:
                places = places or here
                year = year or (year_of(opens["year"]) if opens["year"] else "")
        if said := _REPORTED.search(bare):
            year = year or year_of(said["year"])
            places = places or _author_place(said["before"]) or _author_place(said["behind"])
        if places and year:
            break
    return Author(places, year)


def _author_place(text: str) -> tuple[str, ...]:
    """Return the place with which ``text`` begins when it is the one that acts, else ``()``."""
    found = read_places(text)
    if found.names:
        own = not text.startswith("委", found.end)
        acting = acts(text[found.end :]) or office_at_head(text) is not None
        return found.names if own and acting else ()
    unknown = _UNKNOWN_PLACE.match(text)
    if not unknown or not_a_place(unknown["stem"], unknown["name"]):
        return ()
    return (unknown["name"],) if acts(text[unknown.end() :]) else ()


def census_year(lines: Iterable[str]) -> int | None:
    """Return the year at which a census counted: 以2020年11月1日零时为标准时点."""
    for line in lines:
        if said := _CENSUS.search(line, 0, _SIZE):
            year = year_of(said["before"] or said["behind"])
            if isinstance(year, int):
                return year
    return None


def full_name(title: str, lines: Sequence[str]) -> str:
    """Return the county with whose bare name a headline begins, as the text writes it in full.

    Args:
        title: the headline (``武功开展执法检查``).
        lines: the first paragraphs.

    Returns:
        Its full name (``武功县``), ``""`` when the text does not have it.
    """
    for size in _STEM:
        for unit in _UNITS:
            name = title[:size] + unit
            if is_place(name) and any(name in line[:_SIZE] for line in lines):
                return name
    return ""
