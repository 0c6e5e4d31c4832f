"""Metadata from the name of the file, and metadata that a person sets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple, cast, get_args

from ..errors import QueryError, quoted
from ..fields import LEVELS, SETTABLE
from ..records import Document, Level, Year
from ..text.dates import YEAR, date_of, last_year, year_of
from ..text.ordinary import ordinary
from ..validation import line as one_line
from .document_kind import kind_of
from .entities import Office, is_issuer, office_at_head, read_places
from .gazetteer import lies_in, locate
from .metadata import GOVERNMENT, SPEECH, government_of, national, placed

FILE_NAME = "file name"
"""How a guess was made that comes from the name of the file."""

_AREAS = ("province", "city", "county")
_FOLLOWING = (*_AREAS, "adcode", "level")
"""What follows from the region."""

_SEPARATORS = re.compile(r"[-_\s.,，—–·]+")
_NUMBER = r"(?<!\d)((?:19[5-9]|20[0-4])\d)(?!\d)"
_YEAR = re.compile(rf"{_NUMBER}(?:[-_—–~～至]{_NUMBER})?")
_SAID_YEAR = re.compile(rf"(?:{YEAR})(?:年?\s?(?:[-—–－~～至到]|——)\s?({YEAR}))?年?度?")
_NUMBERED = re.compile(r"[\d\s._-]{0,20}")
"""The name of a file that is a number and no title: 04."""
_ISO_DATE = re.compile(r"\d{4}-\d{2}(?:-\d{2})?", re.ASCII)


class _Name(NamedTuple):
    """What the name of a file says."""

    title: str
    year: Year
    names: tuple[str, ...]
    office: Office | None


def from_name(document: Document, stem: str) -> Document:
    """Return ``document`` with what it does not say of itself taken from the name of its file.

    A name of the form year, place, kind makes a title that reads naturally: of
    ``2021-国务院-政府工作报告`` 2021年国务院政府工作报告. Any other name is
    the title as it stands, but for a bare
    number, which is none.

    Args:
        document: what the text says.
        stem: the name of the file without folder and suffix.
    """
    document = _from_name(document, ordinary(stem).text)
    if document.kind == GOVERNMENT and not document.agency and document.level != "national":
        places = filter(None, (document.province, document.city, document.county, document.region))
        made = government_of(tuple(places))
        how = document.how.get("region", FILE_NAME)
        document = _changed(document, {"agency": made} if made else {}, how)
    return document


def from_title(document: Document) -> Document:
    """Return ``document`` with what it does not say of itself taken from its title.

    The title may come from elsewhere than from the text: from a column of a table, or a page.

    Example:
        >>> from_title(Document("公开318条。", title="武功县2021年年度报告")).county
        '武功县'
    """
    kind, office = kind_of(document.title), office_at_head(document.title)
    found = {
        "year": year_of(document.title),
        "kind": kind.kind,
        "agency": office.name if office and is_issuer(document.title, office) else "",
    }
    new = {key: value for key, value in found.items() if value and not getattr(document, key)}
    document = _changed(document, new, "title")
    if new.get("kind"):
        document = replace(document, kind_as_written=kind.written)
    if document.region or document.level == "national":
        return document
    if office and office.national:
        return national(document, "title")
    names = read_places(document.title).names
    return placed(document, names, "title", document.title) if names else document


def _from_name(document: Document, stem: str) -> Document:
    name = _read(stem)
    kind = kind_of(name.title)
    speech = SPEECH in (document.kind, kind.kind)
    found = {
        "title": "" if _NUMBERED.fullmatch(name.title) else name.title,
        "year": name.year,
        "kind": kind.kind,
        "agency": name.office.name if name.office and not speech else "",
        "date": "" if name.year else date_of(stem),
    }
    new = {key: value for key, value in found.items() if value and not getattr(document, key)}
    document = _changed(document, new, FILE_NAME)
    if new.get("title"):
        document = replace(document, kind_as_written=kind.written)
    if not document.region and document.level != "national":
        if name.office and name.office.national:
            return national(document, FILE_NAME)
        return placed(document, name.names, FILE_NAME, stem)
    if (
        document.region and not document.province and document.level != "national"
    ):  # 鼓楼区: the name may say which
        names = name.names if document.region in name.names else (document.region,)
        return placed(document, names, document.how.get("region", FILE_NAME), stem)
    return document


def _read(stem: str) -> _Name:
    year = year_of(stem)
    if not year and not date_of(stem) and (number := _YEAR.search(stem)):
        ends_later = number[2] and number[1] < number[2]
        year = f"{number[1]}-{number[2]}" if ends_later else int(number[1])
    parts = [p for p in _SEPARATORS.split(stem) if p and not p.isdecimal()]
    whole = [p for p in parts if kind_of(p).written and (read_places(p).names or year_of(p))]
    if whole:  # a title by itself
        title = max(whole, key=len)
        return _Name(title, year, read_places(title).names, office_at_head(title))
    names: tuple[str, ...] = ()
    office, known = None, 0
    for part in parts:
        here, places = office_at_head(part), read_places(part)
        known += places.end == len(part) or (here is not None and here.end == len(part))
        office = office or here
        if places.names and (not names or lies_in(places.names[0], names[-1])):
            names += places.names
    kinds = [p for p in parts if kind_of(p).last]
    if len(kinds) == 1 and known == len(parts) - 1:
        issuer = office.name if office else "".join(names[-1:])
        return _Name((f"{year}年" if year else "") + issuer + kinds[0], year, names, office)
    return _Name(stem, year, names, office)


def with_said(document: Document, said: Mapping[str, str], how: str = "set") -> Document:
    """Return ``document`` with what a person, or the page, says of it in place of the guesses.

    Where the region lies is looked up again unless that is said too.

    Args:
        document: what the text and the name of the file say.
        said: values by their names (:data:`~gongwen.nlp.fields.SETTABLE`); ``""`` takes a guess
            back.
        how: how these were made.

    Raises:
        QueryError: for an unknown name, or a year, date or level that cannot be read.
    """
    values: dict[str, str | int] = {key: said_value(key, said[key]) for key in said}
    region = str(values.pop("region", document.region))
    areas = {key: str(values.pop(key)) for key in _AREAS if key in values}
    document = _changed(document, values, how)
    if "region" in said or areas or ("year" in said and document.region):
        document = _relocated(document, region, areas, "region" in said, how)
    return _changed(document, {"level": values["level"]} if "level" in values else {}, how)


def _relocated(
    document: Document, region: str, areas: Mapping[str, str], region_said: bool, how: str
) -> Document:
    """Return ``document`` in ``region``, with ``areas`` as they were said."""
    known = {} if region_said else {key: getattr(document, key) for key in _AREAS}
    written = [areas.get(key, known.get(key, "")) for key in _AREAS]
    names = list(read_places(region).names or ([region] if region else filter(None, written)))
    made = document.how.get("region", how) if not region_said else how
    kept = {key: made for key, made in document.how.items() if key not in (*_FOLLOWING, "region")}
    bare = replace(
        document, region="", province="", city="", county="", adcode="", level="", how=kept
    )
    document = placed(bare, names, made, "\n".join(filter(None, written)))
    document = _changed(document, areas, how)
    located = [value for key in _AREAS if (value := getattr(document, key))]
    adcode = locate(located, last_year(document.year)).adcode if areas else document.adcode
    return _changed(document, {"adcode": adcode}, "table")


def _changed(document: Document, values: Mapping[str, object], how: str) -> Document:
    """Return ``document`` with other ``values``, and how these were made."""
    made = {key: value for key, value in document.how.items() if key not in values}
    made |= {key: how for key, value in values.items() if value}
    return replace(document, **{**values, "how": made})  # type: ignore[arg-type]


def said_value(key: str, written: str) -> str | int:
    """Return what was said in the form that a document keeps.

    Raises:
        QueryError: for an unknown name, or a value that cannot be read.
    """
    if key not in SETTABLE:
        raise QueryError(f"cannot set {quoted(key)}; what can be set: {', '.join(SETTABLE)}")
    try:
        value = ordinary(one_line(key, written)).text.strip()
    except ValueError as error:
        raise QueryError(str(error)) from None
    if not value:
        return ""
    if key == "year":
        said = _SAID_YEAR.fullmatch(value)
        year = year_of(value.removesuffix("度").removesuffix("年") + "年") if said else ""
        if not said or not year or bool(said[1]) != isinstance(year, str):
            raise QueryError(f"not a year: {quoted(value)}; write 2020 or 2018-2020")
        return year
    if key == "date":
        date = value if _ISO_DATE.fullmatch(value) else date_of(value)
        if not date or not date_of(f"{date}-01"[:10]):
            raise QueryError(f"not a date: {quoted(value)}; write 2021-01-15 or 2021-01")
        return date
    if key == "level":
        value = next((level for level, names in LEVELS.items() if value in names), value)
    if key == "level" and value not in get_args(Level):
        levels = ", ".join(filter(None, cast("tuple[str, ...]", get_args(Level))))
        raise QueryError(f"unknown level {quoted(value)}; write one of {levels}")
    return value
