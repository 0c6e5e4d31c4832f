"""Combine what the title, the header and the signature say into the metadata of a document."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from typing import NamedTuple

from ..records import Document, Year
from ..text.dates import YEAR, date_of, last_year, year_of
from .document_kind import kind_of, looks_back
from .entities import (
    Office,
    byline,
    is_issuer,
    names_post,
    office_at_head,
    office_line,
    read_places,
)
from .gazetteer import corps_region, is_same_place, locate, short_place_at
from .header import Head
from .page_lines import maker
from .signature import (
    PageFields,
    Tail,
    census_year,
    charged_by,
    full_name,
    held_in,
    joined,
    led_by,
    office_in_full,
    opening_author,
    read_page_fields,
    read_tail,
    signature,
    speaks_for,
)

_NEAR = 3
"""Lines below the title in which a bare name is that of the issuer."""
_OPENING = 3
"""Paragraphs at the beginning in which a speaker says for whom he speaks."""
_BEGINNING = 8
"""Paragraphs at the beginning in which a town may say who leads it."""
_SHORTEST = 10
"""Characters of the shortest line that opens the text: not 你们好！."""
_OPENING_SIZE = 300
"""Characters of such a paragraph that are looked at."""
_PAGE = 30
"""Lines at the end that may say something of the page."""
_SPEECH = re.compile(
    rf"(?P<date>(?:{YEAR})年.{{2,16}}?)?在(?P<assembly>.{{0,40}}?(?:会议?|[班式])(?=上))上"
    r"(?:的(?:讲话|发言|致[辞词]|报告))?(?P<rest>.{0,40})"
)
_STATE = re.compile(rf"(?:(?:{YEAR})年度?)?中华人民共和国(?={YEAR}|国民|第)")
_NATIONAL_ASSEMBLY = re.compile(r"全国人民代表大会|全国人大")
_OPENER = re.compile(r"[（(【]|——|--")
_ISSUED = re.compile(r"[〔\[（(﹝]((?:19|20)\d\d)[〕\]）)﹞]\s?第?\s?\d{1,5}\s?号")
"""The year in the number of a document: 武政发〔2021〕6号."""
_SURE_FROM = 5
"""Month from which such a report is taken for one of its own year."""
_OPENS = re.compile(rf"(?:今年以来[,，])?({YEAR})年")
_QUOTED = re.compile(rf"《[^《》]*(?:{YEAR})年?\s?(?:[-—–－~～至到]|——)[^《》]*》|“[^“”]*”")
GOVERNMENT = "政府工作报告"
"""The kind of report that a people's government gives to the congress of its place."""
_GOVERNMENTS = ("政府", "公署", "国务院", "管委会", "管理委员会", "办事处")
_COUNCIL = "国务院"
_FULL = tuple("省市县区州盟旗镇乡")
NATION = "全国"
"""The region of a report of the whole state."""
_ADDRESSED = re.compile(r"^([^,，。；]{2,40})[:：]$")
_BRANCH = re.compile(r"(?P<place>.{2,6}?)[市县区旗](?P<what>.{2,12})分局")
_GOVERNMENT_WITHIN = re.compile(r"人民政府(?=.)")
SPEECH = "讲话"
"""The kind of document that a person gives, and no office."""


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
        beginning: more of these.
        tail: the signature.
        page: what the page says.
        speech: the line that says when and where a speech was given.
    """

    head: Head
    opening: Sequence[str]
    beginning: Sequence[str]
    tail: Tail
    page: PageFields
    speech: re.Match[str] | None

    def year(self, kind: str) -> tuple[Year, str]:
        """Return the year reported on and where it stands.

        Where neither title nor subtitle names it, the first paragraph may, and last the date or
        number under which it was issued; that of a signature at the end is none.
        """
        if year := year_of(self.head.simple):
            return year, "title"
        if "普查" in self.head.simple and (year := census_year(self.opening) or ""):
            return year, "opening"
        if self.speech and (date := self._spoken()):
            return int(date[:4]), "subtitle"
        below = (self.head.written, *self.head.subtitles)
        for lines, how in ((below, "subtitle"), (self.head.above, "head")):
            for line in lines:
                if not date_of(line) and (year := year_of(line)):
                    return year, how
        if not self.head.title:
            own = opening_author(self.opening).year
            return own, "opening" if own else ""
        opening = next(filter(_opens_text, self.opening), "")
        opens = _OPENS.match(opening)
        issued = self._issued(kind)
        if opens and (year := year_of(opens[0])):
            return year, "opening"
        if issued and not looks_back(kind):
            return issued
        named = year_of(_QUOTED.sub("", opening[:_OPENING_SIZE]))
        if isinstance(named, int):
            return named, "opening"
        return issued or ("", "")

    def _issued(self, kind: str) -> tuple[Year, str] | None:
        """Return the year in which it was issued as its head says, and where that stands."""
        head = self.head
        for line in (*head.page, *head.above, *head.below[:_NEAR]):
            if (number := _ISSUED.search(line)) and not looks_back(kind):
                return int(number[1]), "head"
        for date, how in (*self._head_dates(), (self.page.date, "page")):
            early = looks_back(kind) and int(date[5:7] or 0) < _SURE_FROM
            if date and not early:
                return int(date[:4]), how
        return None

    def date(self) -> tuple[str, str]:
        """Return the date and where it stands: that of the report before that of the page."""
        head = self.head
        own = (
            (date_of(head.written.removeprefix(head.simple)), "title"),
            (self.tail.date, "tail"),
            (self._spoken() if self.speech else "", "subtitle"),
            *self._head_dates(),
            (self.page.date, "page"),
        )
        return next(((date, how) for date, how in own if date), ("", ""))

    def _head_dates(self) -> Iterator[tuple[str, str]]:
        """Yield the dates in the lines around the title, and where they stand."""
        for line in self.head.subtitles:
            yield date_of(line), "subtitle"
        for line in (*self.head.below[:_NEAR], *self.head.above):
            if signed := signature(line):
                yield signed.date, "head"

    def _spoken(self) -> str:
        """Return the date of the speech, which may stand in a line of its own."""
        return date_of((self.speech and self.speech["date"]) or "\n".join(self.head.subtitles))

    def office(self) -> tuple[Office | None, str]:
        """Return the issuer and where it stands, in the fullest form of its name that there is."""
        found = [(office, how) for office, how in self._offices() if office]
        if not found:
            return None, ""
        first, how = found[0]
        for other, where in found[1:] if how != "tail" else ():
            site = where == "page" and other.name in self.page.sites
            if not site and _is_fuller(other.name, first.name):
                return other, where
        if not first.places and not first.national:
            for other, where in found[1:]:
                if other.name.endswith(first.name) and other.places:
                    return other, where
        return first, how

    def _offices(self) -> Iterator[tuple[Office | None, str]]:
        """Yield what may name the issuer, the surest first, and where it stands."""
        head = self.head
        title = office_at_head(head.simple)
        if title and not is_issuer(head.simple, title):  # 县人民政府法律顾问名单
            yield self._signed(), "tail"
        yield title, "title"
        for opener in _OPENER.finditer(head.written):
            yield office_line(head.written[opener.end() :].rstrip("）)】")), "title"
        for line in head.subtitles:
            yield signed.office if (signed := signature(line)) else None, "subtitle"
        if head.title:
            above = (line.removesuffix("文件") for line in reversed(head.above))
            near = _signers(above, upwards=True)
            if near and near.name.endswith("人民政府") and (named := self._named_by_page()):
                yield named, "page"  # 人民政府 is the name of the site
            yield near, "head"
            yield _signers(map(maker, head.below[:_NEAR])), "head"
        rest = (self.speech["rest"],) if self.speech else ()
        speakers = [*filter(None, map(byline, (*head.below, *rest)))]
        if charged := charged_by((*head.below, *self.opening)):
            here = speakers[0].places if speakers else ()
            place = ("", *(self.region(None, "").names or here))[-1]
            yield office_in_full(charged, place, self.tail.offices), "opening"
        for speaker in speakers:
            yield speaker, "head"
        yield self._signed(), "tail"
        for body in speaks_for(self.opening):
            yield body, "opening"
        yield self.page.office, "page"
        if not head.title:
            return
        for name in (*self.page.sources, *self.page.sites):
            if self._may_issue(office := office_line(name)):
                yield office, "page"

    def _signed(self) -> Office | None:
        """Return the offices that signed the document as one, the first with its place."""
        signers = self.tail.offices
        return joined(signers) if signers else None

    def _named_by_page(self) -> Office | None:
        """Return the office that a field of the page names as issuer or source, if it may be."""
        named = (self.page.office, *map(office_line, self.page.sources))
        return next((office for office in named if self._may_issue(office)), None)

    def _may_issue(self, office: Office | None) -> bool:
        """Say whether a body that the page names may be the issuer: it is of the title's place."""
        if not office or not (office.national or office.places):
            return False
        known = read_places(self.head.simple).names[-1:]
        return office.national or not known or is_same_place(known[0], office.places[-1])

    def of_the_state(self, office: Office | None, office_how: str) -> str:
        """Return where it stands that the report is of the whole state, ``""`` if nowhere."""
        if office and office.national:
            return office_how
        if _STATE.match(self.head.simple):
            return "title"
        assembly = self.speech["assembly"] if self.speech else ""
        return "subtitle" if _NATIONAL_ASSEMBLY.search(assembly) else ""

    def region(self, office: Office | None, office_how: str) -> _Found:
        """Return the places of the region, with those that they lie in wherever these stand."""
        found = [each for each in self._places(office, office_how) if any(each.names)]
        if not found:
            return _Found((), "")
        names, how = corps_region(found[0].names), found[0].how
        for other in found[1:]:
            if names[-1] in other.names:
                longer = other.names[: other.names.index(names[-1]) + 1]
                names = longer if len(longer) > len(names) else names
        if not locate(names).province:  # a town, which is in no table: who is it under?
            nearby = [office.name] if office else []
            above = (
                *(read_places(line).names for line in (*nearby, *self._above())),
                *led_by(self.beginning),
            )
            names = next(((*p, *names) for p in above if p and locate(p).province), names)
        return _Found(names, how)

    def _above(self) -> Iterator[str]:
        """Yield the names of bodies that the report may come from or go to."""
        for line in (*self.head.above, *self.head.below[:_NEAR]):
            if office_line(line):
                yield line
            if to := _ADDRESSED.match(line):
                yield to[1]
        yield from self.page.sites
        yield from self.page.sources

    def _is_news(self) -> bool:
        return bool(self.head.title) and not kind_of(self.head.simple).kind

    def _places(self, office: Office | None, office_how: str) -> Iterator[_Found]:
        """Yield the places that title, head and tail name, the surest first."""
        head = self.head
        yield _Found(read_places(head.simple).names, "title")
        for opener in _OPENER.finditer(head.written):
            yield _Found(read_places(head.written[opener.end() :]).names, "title")
        if self.speech:
            yield _Found(read_places(self.speech["assembly"]).names, "subtitle")
        for line in head.subtitles:
            yield _Found(read_places(line.lstrip("—-（(在")).names, "subtitle")
        if head.title:
            if office and office_how == "head":
                yield _Found(office.places, "head")
            for line in reversed(head.above):
                places = read_places(line)
                if office_line(line) or places.end == len(line):
                    yield _Found(places.names, "head")
        if office:
            yield _Found(office.places, office_how)
        for signer in self.tail.offices:
            yield _Found(signer.places, "tail")
        if not head.title:
            yield _Found(opening_author(self.opening).places, "opening")
            return
        if self._is_news() and (name := full_name(head.simple, self.opening)):
            yield _Found((name,), "opening")
        for name in (*self.page.sources, *self.page.sites):
            if short_place_at(name, 0) == name:  # of 咸阳日报
                where = locate([name])
                yield _Found((where.city or where.province,), "page")
            yield _Found(read_places(name).names, "page")
        if not self._is_speech():
            return
        for line in filter(names_post, head.below[:_NEAR]):
            yield _Found(read_places(re.sub(r"\s", "", line)).names, "head")
        for names in held_in(self.opening):
            yield _Found(names, "opening")

    def _is_speech(self) -> bool:
        return kind_of(self.head.simple).kind == SPEECH


def describe(
    text: str, lines: Sequence[str], head: Head, aside: Set[int] = frozenset()
) -> Document:
    """Return the report in ``text`` with what it says of itself, and without its sentences.

    Args:
        text: the whole text.
        lines: its paragraphs, stripped.
        head: where its head is.
        aside: numbers of those that are of the page.
    """
    rest = [line for n, line in enumerate(lines[head.end :], head.end) if n not in aside]
    parts = _Parts(
        head=head,
        opening=rest[:_OPENING],
        beginning=rest[:_BEGINNING],
        tail=read_tail(rest),
        page=read_page_fields([*lines[: head.end], *lines[head.end :][-_PAGE:]]),
        speech=_SPEECH.search("".join((head.written, *head.subtitles, *head.below))),
    )
    kind, kind_how = kind_of(head.simple), "title"
    if not kind.written:
        kind, kind_how = kind_of(head.written), "subtitle"
    year, year_how = parts.year(kind.kind)
    date, date_how = parts.date()
    office, office_how = parts.office()
    of_the_state = parts.of_the_state(office, office_how)
    names, region_how = parts.region(office, office_how) if not of_the_state else ((), "")
    agency = office.name if office else ""
    if kind.kind == GOVERNMENT:
        made = _COUNCIL if of_the_state else government_of(names)
        if made and not (office and agency.endswith(_GOVERNMENTS) and _is_of(office, names)):
            agency, office_how = made, of_the_state or region_how
    if kind.kind == SPEECH:
        agency = ""
    document = Document(
        text=text,
        title=head.title,
        year=year,
        kind=kind.kind,
        kind_as_written=kind_of(head.title).written or kind.written,
        agency=agency,
        date=date,
        address=parts.page.address,
    )
    how = {
        "title": "title",
        "year": year_how,
        "kind": kind_how,
        "agency": office_how,
        "date": date_how,
        "address": "page",
    }
    document = replace(document, how={key: how[key] for key in how if getattr(document, key)})
    if of_the_state:
        return national(document, of_the_state)
    clues = "\n".join((*lines[: head.end], *parts.tail.lines, document.agency))
    return placed(document, names, region_how, clues)


def _signers(lines: Iterable[str], upwards: bool = False) -> Office | None:
    """Return the office that the first of ``lines`` with one names.

    Where the next lines name others of the same place, or branches without one, all are named.

    Args:
        lines: lines of the head, the nearest to the title first.
        upwards: whether these stand one above the other, the last one first.
    """
    signers = list[Office]()
    for line in lines:
        signed = signature(line)
        office = signed.office if signed else office_line(line)
        if not office:
            if signers:
                break
            continue
        if signers and not _sign_together(signers[-1], office):
            break
        if all(office.name != signer.name for signer in signers):
            signers.append(office)
    if not signers:
        return None
    ordered = signers[::-1] if upwards else signers
    first = next((signer for signer in ordered if signer.places), ordered[0])
    return replace(joined(ordered), places=first.places)


def _opens_text(line: str) -> bool:
    """Say whether ``line`` is a paragraph of the text, not one that addresses the readers."""
    return len(line) > _SHORTEST and not _ADDRESSED.match(line)


def _is_fuller(name: str, short: str) -> bool:
    """Say whether ``name`` is ``short`` with the places above it written in front.

    That of a branch has its own place last: 岚山区公安分局 is 日照市公安局岚山分局.
    """
    branch = _BRANCH.fullmatch(short)
    if branch and name.endswith(f"{branch['what']}局{branch['place']}分局"):
        return True
    if len(name) <= len(short) or name.count("、") != short.count("、"):
        return False
    bare, without = (_GOVERNMENT_WITHIN.sub("", each) for each in (name, short))
    return bare.endswith(without) and bool(read_places(bare).names)


def _sign_together(one: Office, other: Office) -> bool:
    """Say whether two offices in adjoining lines are of one place."""
    if not one.places or not other.places:
        return True
    here, there = one.places[-1], other.places[-1]
    return here.startswith(there) or there.startswith(here)  # 天水市统计局, 国家统计局天水调查队


def _is_of(office: Office, names: Sequence[str]) -> bool:
    """Say whether ``office`` is of the region with ``names``, or of the whole state."""
    return office.national or (bool(office.places) and office.places[-1:] == tuple(names[-1:]))


def government_of(names: Sequence[str]) -> str:
    """Return the name of the people's government of a region, ``""`` when there is none.

    Args:
        names: the region as written with the places that it lies in, the coarsest first.

    Example:
        >>> government_of(["贵州省"])
        '贵州省人民政府'
    """
    if not names:
        return ""
    place = names[-1]
    if not place.endswith(_FULL):  # 陕西
        where = locate(names)
        place = where.county or where.city or where.province
    return f"{place}{'行政公署' if place.endswith(('盟', '地区')) else '人民政府'}" if place else ""


def national(document: Document, how: str) -> Document:
    """Return ``document`` as one of the whole state; ``how`` says where that was written."""
    made = {**document.how, "level": how, "region": how}
    return replace(document, level="national", region=NATION, how=made)


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
    names = corps_region(names)
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
