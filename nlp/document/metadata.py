"""Combine what the title, the header and the signature say into the metadata of a document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from ..records import Document, Year
from ..text.dates import YEAR, date_of, last_year, year_of
from .document_kind import kind_of
from .entities import Office, byline, office_at_head, office_line, read_places
from .gazetteer import locate
from .header import Head
from .signature import PageFields, Tail, read_page_fields, read_tail, signature

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
_STATE = re.compile(rf"(?:(?:{YEAR})年度?)?中华人民共和国(?={YEAR}|国民|第)")
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


@dataclass(frozen=True, slots=True)
class _Parts:
    """The parts of a report in which it speaks of itself.

    Attributes:
        head: title and what stands around it.
        opening: the first paragraphs of the text.
        tail: the signature.
        page: what the page says.
        speech: the line that says when and where a speech was given.
    """

    head: Head
    opening: Sequence[str]
    tail: Tail
    page: PageFields
    speech: re.Match[str] | None

    def year(self) -> tuple[Year, str]:
        """Return the year reported on and where it stands; the year of a signature is none."""
        if year := year_of(self.head.title):
            return year, "title"
        if self.speech and (date := self._spoken()):
            return int(date[:4]), "subtitle"
        below = (self.head.written, *self.head.subtitles)
        for lines, how in ((below, "subtitle"), (self.head.above, "head")):
            for line in lines:
                if not date_of(line) and (year := year_of(line)):
                    return year, how
        return "", ""

    def date(self) -> tuple[str, str]:
        """Return the date and where it stands: that of the report before that of the page."""
        head = self.head
        near = (*head.below[:_NEAR], *head.above)
        own = (
            (date_of(head.written.removeprefix(head.title)), "title"),
            (self.tail.date, "tail"),
            (self._spoken() if self.speech else "", "subtitle"),
            *((date_of(line), "subtitle") for line in head.subtitles),
            *((signed.date, "head") for line in near if (signed := signature(line))),
            (self.page.date, "page"),
        )
        return next(((date, how) for date, how in own if date), ("", ""))

    def _spoken(self) -> str:
        """Return the date of the speech, which may stand in a line of its own."""
        return date_of((self.speech and self.speech["date"]) or "\n".join(self.head.subtitles))

    def office(self) -> tuple[Office | None, str]:
        """Return the issuer and where it stands; of a relative name (县司法局) the fuller form."""
        found = [(office, how) for office, how in self._offices() if office]
        if not found:
            return None, ""
        first, how = found[0]
        if not first.places and not first.national:
            for other, where in found[1:]:
                if other.name.endswith(first.name) and other.places:
                    return other, where
        return first, how

    def _offices(self) -> Iterator[tuple[Office | None, str]]:
        """Yield what may name the issuer, the surest first, and where it stands."""
        head = self.head
        yield office_at_head(head.title), "title"
        for opener in _OPENER.finditer(head.written):
            yield office_line(head.written[opener.end() :].rstrip("）)】")), "title"
        for line in head.subtitles:
            yield signed.office if (signed := signature(line)) else None, "subtitle"
        if head.title:
            for line in (*reversed(head.above), *head.below[:_NEAR]):
                yield office_line(line.removesuffix("文件")), "head"
        for line in (*head.below, *([self.speech["rest"]] if self.speech else ())):
            yield byline(line), "head"
        if signers := self.tail.offices:
            yield replace(signers[0], name="、".join(office.name for office in signers)), "tail"
        for line in self.opening:
            if speaks := _SPEAKS_FOR.search(line, 0, _OPENING_SIZE):
                office = office_line(speaks["office"])
                yield office if office and (office.places or office.national) else None, "opening"
        yield self.page.office, "page"

    def of_the_state(self, office: Office | None, office_how: str) -> str:
        """Return where it stands that the report is of the whole state, ``""`` if nowhere."""
        if office and office.national:
            return office_how
        if _STATE.match(self.head.title):
            return "title"
        assembly = self.speech["assembly"] if self.speech else ""
        return "subtitle" if _NATIONAL_ASSEMBLY.search(assembly) else ""

    def region(self, office: Office | None, office_how: str) -> _Found:
        """Return the places of the region, with those that they lie in wherever these stand."""
        found = [each for each in self._places(office, office_how) if each.names]
        if not found:
            return _Found((), "")
        names, how = found[0]
        for other in found[1:]:
            if names[-1] in other.names:
                longer = other.names[: other.names.index(names[-1]) + 1]
                names = longer if len(longer) > len(names) else names
        return _Found(names, how)

    def _places(self, office: Office | None, office_how: str) -> Iterator[_Found]:
        """Yield the places that title, head and tail name, the surest first."""
        head = self.head
        yield _Found(read_places(head.title).names, "title")
        for opener in _OPENER.finditer(head.written):
            yield _Found(read_places(head.written[opener.end() :]).names, "title")
        if self.speech:
            yield _Found(read_places(self.speech["assembly"]).names, "subtitle")
        for line in head.subtitles:
            yield _Found(read_places(line.lstrip("—-（(在")).names, "subtitle")
        if head.title:
            for line in reversed(head.above):
                places = read_places(line)
                if office_line(line) or places.end == len(line):
                    yield _Found(places.names, "head")
        if office:
            yield _Found(office.places, office_how)
        for signer in self.tail.offices:
            yield _Found(signer.places, "tail")


def describe(text: str, lines: Sequence[str], head: Head) -> Document:
    """Return the report in ``text`` with what it says of itself, and without its sentences.

    Args:
        text: the whole text.
        lines: its paragraphs, stripped.
        head: where its head is.
    """
    rest = lines[head.end :]
    parts = _Parts(
        head=head,
        opening=rest[:_OPENING],
        tail=read_tail(rest),
        page=read_page_fields([*lines[: head.end], *rest[-_PAGE:]]),
        speech=_SPEECH.search("".join((head.written, *head.subtitles, *head.below))),
    )
    year, year_how = parts.year()
    date, date_how = parts.date()
    office, office_how = parts.office()
    kind = kind_of(head.title)
    document = Document(
        text=text,
        title=head.title,
        year=year,
        kind=kind or kind_of(head.written),
        agency=office.name if office else "",
        date=date,
        address=parts.page.address,
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
    if of_the_state := parts.of_the_state(office, office_how):
        return replace(document, level="national", how={**document.how, "level": of_the_state})
    names, region_how = parts.region(office, office_how)
    clues = "\n".join((*lines[: head.end], *parts.tail.lines, document.agency))
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
