"""Find what the first paragraphs of a document say of its issuer, its place and its year."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from ..text.dates import YEAR, year_of
from .entities import Office, office_line, read_places
from .gazetteer import is_place, is_same_place

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
