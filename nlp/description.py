"""What a report says of itself, put together from its title, head and tail."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from .metadata import kind_of
from .offices import Office, byline, office_at_head, office_line
from .pagefields import PageFields, read_page_fields
from .placenames import read_places
from .places import locate
from .records import Document, Year
from .tails import Tail, read_tail, signature
from .titles import Head
from .years import YEAR, date_of, last_year, year_of

_NEAR = 3
"""Lines below the title in which a bare name is that of the issuer."""
_OPENING = 3
"""Paragraphs at the beginning in which a speaker says for whom he speaks."""
_OPENING_SIZE = 300
"""Characters of such a paragraph that are looked at."""
_PAGE = 30
"""Lines at the end that may say something of the page."""
_SPEECH = re.compile(
    rf"(?P<date>(?:{YEAR})年.{{2,16}}?)?在(?P<assembly>.{{0,40}}?(?:会议|大会))上(?P<rest>.{{0,40}})"
)
_STATE = re.compile(rf"(?:(?:{YEAR})年度?)?(?:中华人民共和国|全国)")
_NATIONAL_ASSEMBLY = re.compile(r"全国人民代表大会|全国人大")
_SPEAKS_FOR = re.compile(
    r"我(?:谨)?(?:代表|受)(?P<office>[\u4e00-\u9fff]{2,30}?)(?:的?委托)?[,，](?:[^。]{0,60}?[,，])?"
    r"向(?:大会|本次|会议|[\u4e00-\u9fff]{0,12}(?:代表大会|常委会))"
)
_OPENER = re.compile(r"[（(【]|——|--")


class _Found(NamedTuple):
    """Places as written, and where."""

    names: tuple[str, ...]
    how: str


def describe(text: str, lines: Sequence[str], head: Head) -> Document:
    """Return the report in ``text`` with what it says of itself, and without its sentences.

    Args:
        text: the whole text.
        lines: its paragraphs, stripped.
        head: where its head is.
    """
    rest = lines[head.end :]
    tail = read_tail(rest)
    page = read_page_fields([*lines[: head.end], *rest[-_PAGE:]])
    speech = _SPEECH.search("".join((head.written, *head.subtitles, *head.below)))
    office, office_how = _office(head, speech, rest, tail, page)
    year, year_how = _year(head, speech)
    date, date_how = _date(head, speech, tail, page)
    kind = kind_of(head.title)
    document = Document(
        text=text,
        title=head.title,
        year=year,
        kind=kind or kind_of(head.written),
        agency=office.name if office else "",
        date=date,
        address=page.address,
    )
    how = {
        "title": "title",
        "year": year_how,
        "kind": "title" if kind else "subtitle",
        "agency": office_how,
        "date": date_how,
        "address": "page",
    }
    document = replace(document, how={key: how[key] for key in how if getattr(document, key)})
    if national := _speaks_of_the_state(head, speech, office, office_how):
        return replace(document, level="national", how={**document.how, "level": national})
    names, region_how = _merged(list(_places(head, speech, office, office_how, tail)))
    clues = "\n".join((*lines[: head.end], *tail.lines, document.agency))
    return placed(document, names, region_how, clues)


def placed(document: Document, names: Sequence[str], how: str, clues: str = "") -> Document:
    """Return ``document`` with its region and where that lies.

    Args:
        document: a report without a region.
        names: the region as written with the places it lies in, the coarsest first.
        how: where it was written.
        clues: other text that may say where it lies.
    """
    if not names:
        return document
    location = locate(names, last_year(document.year), clues)
    made = dict(document.how) | {"region": how}
    for key in ("province", "city", "county", "adcode", "level"):
        if value := getattr(location, key):
            made[key] = how if value in names else "table"
    return replace(
        document,
        region=names[-1],
        province=location.province,
        city=location.city,
        county=location.county,
        adcode=location.adcode,
        level=location.level,
        how=made,
    )


def _speaks_of_the_state(
    head: Head, speech: re.Match[str] | None, office: Office | None, office_how: str
) -> str:
    """Return where it stands that the report is one of the whole state, ``""`` if nowhere."""
    if office and office.national:
        return office_how
    if _STATE.match(head.title):
        return "title"
    return "subtitle" if speech and _NATIONAL_ASSEMBLY.search(speech["assembly"]) else ""


def _office(
    head: Head, speech: re.Match[str] | None, text: Sequence[str], tail: Tail, page: PageFields
) -> tuple[Office | None, str]:
    """Return the issuer and where its name stands; of a relative one (县司法局) the fuller form."""
    found = [(o, how) for o, how in _offices(head, speech, text, tail, page) if o]
    if not found:
        return None, ""
    first, how = found[0]
    if not first.places and not first.national:
        for other, where in found[1:]:
            if other.name.endswith(first.name) and other.places:
                return other, where
    return first, how


def _offices(
    head: Head, speech: re.Match[str] | None, text: Sequence[str], tail: Tail, page: PageFields
) -> Iterator[tuple[Office | None, str]]:
    yield office_at_head(head.title), "title"
    for opener in _OPENER.finditer(head.written):
        yield office_line(head.written[opener.end() :].rstrip("）)】")), "title"
    for line in head.subtitles:
        yield signed.office if (signed := signature(line)) else None, "subtitle"
    if head.title:
        for line in (*reversed(head.above), *head.below[:_NEAR]):
            yield office_line(line.removesuffix("文件")), "head"
    for line in (*head.below, *([speech["rest"]] if speech else ())):
        yield byline(line), "head"
    if tail.offices:
        first = tail.offices[0]
        yield replace(first, name="、".join(office.name for office in tail.offices)), "tail"
    for line in text[:_OPENING]:
        if speaks := _SPEAKS_FOR.search(line, 0, _OPENING_SIZE):
            office = office_line(speaks["office"])
            yield office if office and (office.places or office.national) else None, "opening"
    yield page.office, "page"


def _places(
    head: Head,
    speech: re.Match[str] | None,
    office: Office | None,
    office_how: str,
    tail: Tail,
) -> Iterator[_Found]:
    """Yield the places that title, head and tail name, the surest first."""
    yield _Found(read_places(head.title).names, "title")
    for bracket in _OPENER.finditer(head.written):
        yield _Found(read_places(head.written[bracket.end() :]).names, "title")
    if speech:
        yield _Found(read_places(speech["assembly"]).names, "subtitle")
    for line in head.subtitles:
        yield _Found(read_places(line.lstrip("—-（(在")).names, "subtitle")
    if head.title:
        for line in reversed(head.above):
            places = read_places(line)
            if office_line(line) or places.end == len(line):
                yield _Found(places.names, "head")
    if office:
        yield _Found(office.places, office_how)
    for signed in tail.offices:
        yield _Found(signed.places, "tail")


def _merged(found: Sequence[_Found]) -> _Found:
    """Return the first places, with those that they lie in as another of ``found`` says."""
    named = [each for each in found if each.names]
    if not named:
        return _Found((), "")
    names, how = named[0]
    for other in named[1:]:
        if names[-1] in other.names:
            longer = other.names[: other.names.index(names[-1]) + 1]
            names = longer if len(longer) > len(names) else names
    return _Found(names, how)


def _year(head: Head, speech: re.Match[str] | None) -> tuple[Year, str]:
    """Return the year reported on and where it stands; the year of a signature is none."""
    if year := year_of(head.title):
        return year, "title"
    if speech and (date := _spoken(head, speech)):
        return int(date[:4]), "subtitle"
    for lines, how in (((head.written, *head.subtitles), "subtitle"), (head.above, "head")):
        for line in lines:
            if not date_of(line) and (year := year_of(line)):
                return year, how
    return "", ""


def _date(
    head: Head, speech: re.Match[str] | None, tail: Tail, page: PageFields
) -> tuple[str, str]:
    """Return the date of the report and where it stands: its own before that of the page."""
    near = (*head.below[:_NEAR], *head.above)
    own = (
        (date_of(head.written.removeprefix(head.title)), "title"),
        (tail.date, "tail"),
        (_spoken(head, speech) if speech else "", "subtitle"),
        *((date_of(line), "subtitle") for line in head.subtitles),
        *((signed.date, "head") for line in near if (signed := signature(line))),
        (page.date, "page"),
    )
    return next(((date, how) for date, how in own if date), ("", ""))


def _spoken(head: Head, speech: re.Match[str]) -> str:
    """Return the date of a speech, which may stand in a line of its own."""
    return date_of(speech["date"] or "\n".join(head.subtitles))
