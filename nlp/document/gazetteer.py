"""The gazetteer of China's administrative divisions: where a named place lies, by year and context.

The table is ``regions.txt``: all divisions at county level and above since 1981 with their years,
so a report of 2015 finds 户县 and one of 2020 finds 鄠邑区, both with the same code. Other names of
places are data that may be added to: ``seeds/places.txt``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from ..errors import SeedError
from ..records import Level
from ..seeds import numbered_lines, read_seed

CORPS = "新疆生产建设兵团"
"""It has the rank of a province and no code."""

DIVISION = r"第[一二三四五六七八九十]{1,3}师"
"""Regular expression of a division of the corps."""
_DIVISION = re.compile(DIVISION)
_CORPS_PROVINCE = "新疆维吾尔自治区"
_ALWAYS = 9999
_LATEST = _ALWAYS - 1
_FIRST_YEAR = 1981
_NEW_AREA = "+"
_LONGEST_NAME = 16

_PEOPLES = (
    "蒙古|回|藏|维吾尔|苗|彝|壮|布依|朝鲜|满|侗|瑶|白|土家|哈尼|哈萨克|傣|黎|傈僳|佤|畲|拉祜|水|东乡|纳西|"
    "景颇|柯尔克孜|土|达斡尔|仫佬|羌|布朗|撒拉|毛南|仡佬|锡伯|普米|塔吉克|怒|保安|裕固|独龙|各"
)
_AUTONOMOUS = re.compile(rf"(.{{2,16}}?)(?:(?:{_PEOPLES})族?){{1,6}}自治(?=[州县旗区]$)")
_UNIT = re.compile(r"(?:省|市|特别行政区|自治区|地区|盟)$")
_TOWN = re.compile(r"(?:镇|乡|街道|苏木)$")
_COUNTY = re.compile(r"(?:县|旗)$")


@dataclass(frozen=True, slots=True)
class Place:
    """One division in the years in which it was so named and had this code.

    Attributes:
        code: its six digits in GB/T 2260; of a state-level new area those of what it lies in.
        name: its full official name.
        first: the first year at whose end it was in force.
        last: the first year at whose end it was no longer, 9999 when it is in force.
        now: code of the division that is there now; its own when it is in force or was split.
        level: ``""`` for a new area.
    """

    code: str
    name: str
    first: int
    last: int
    now: str
    level: Level

    def years_off(self, year: int) -> int:
        """Return how far ``year`` lies outside of its years, 0 inside."""
        return max(self.first - year, year - self.last + 1, 0)


@dataclass(frozen=True, slots=True)
class Location:
    """Where a place lies: full official names, ``""`` for what is not there or not known.

    Attributes:
        province: province, autonomous region or municipality.
        city: city or prefecture; municipalities have none, nor do counties run by the province.
        county: county, district, banner or county-level city.
        adcode: code of the finest of them that is in force there now, of a split one its last.
        level: the level of the place itself.
    """

    province: str = ""
    city: str = ""
    county: str = ""
    adcode: str = ""
    level: Level = ""


class _Table:
    """The lines of the table by name and by code; a line is taken apart when it is asked for."""

    def __init__(self, text: str, aliases: Mapping[str, Sequence[str]]) -> None:
        self._named: dict[str, list[str]] = {}
        self._coded: dict[str, list[str]] = {}
        self._short: dict[str, list[str]] = {}
        for line in text.splitlines():
            if line[0] == "#":
                continue
            code, name = line.split(" ", 2)[:2]
            self._named.setdefault(name, []).append(line)
            if code[4:] == "00":
                self._coded.setdefault(code, []).append(line)
        for name, lines in self._named.items():
            if any(line[4:6] == "00" for line in lines) or "自治" in name:
                for short in _short_names(name):
                    self._short.setdefault(short, []).append(name)
        self.aliases = frozenset(aliases)
        for alias, names in aliases.items():
            known = self._short.setdefault(alias, [])
            known += [name for name in names if name not in known]

    def __contains__(self, name: str) -> bool:
        return name in self._named

    @cached_property
    def full_names(self) -> frozenset[str]:
        return frozenset(self._named)

    @cached_property
    def short_names(self) -> frozenset[str]:
        return frozenset(self._short) - self.full_names

    def named(self, name: str) -> list[Place]:
        """Return all that bore the full ``name``."""
        return [_place(line) for line in self._named.get(name, ())]

    def called(self, name: str) -> list[Place]:
        """Return all that are called ``name`` for short."""
        return [place for full in self._short.get(name, ()) for place in self.named(full)]

    def is_short(self, name: str) -> bool:
        return name in self._short and name not in self._named

    def above(self, place: Place, year: int) -> tuple[str, str]:
        """Return the names of the province and the city in which ``place`` lay in ``year``."""
        city = place.code[:4] + "00"
        in_city = city[2:] != "0000" and place.level in ("county", "")
        return (
            self._coded_name(place.code[:2] + "0000", year) if place.level != "province" else "",
            self._coded_name(city, year) if in_city else "",
        )

    def _coded_name(self, code: str, year: int) -> str:
        places = [_place(line) for line in self._coded.get(code, ())]
        return min(places, key=lambda place: place.years_off(year)).name if places else ""


@cache
def _table() -> _Table:
    text = (files(__package__) / "regions.txt").read_text("utf-8")
    seeds = files("gongwen.seeds")
    return _Table(text, load_aliases(seeds / "places.txt", text))


def load_aliases(path: Path | Traversable, table: str) -> dict[str, list[str]]:
    """Read other names of places: in each line the name, then the full names of what it means.

    Args:
        path: the file.
        table: the text of the table of divisions.

    Raises:
        ReadError: the file is missing or not UTF-8.
        SeedError: a line has no full name, an unknown one, or a name that stands there already;
            names the file and line.
    """
    aliases: dict[str, list[str]] = {}
    names: frozenset[str] | None = None
    for number, line in numbered_lines(read_seed(path)):
        alias, *means = line.split()
        if not means:
            raise SeedError(
                path.name, number, f"{alias} needs the full name that it means behind it"
            )
        if len(alias) < 2:
            raise SeedError(path.name, number, f"{alias}: a name has two characters at least")
        if names is None:
            names = frozenset(row.split(" ", 2)[1] for row in table.splitlines() if row[0] != "#")
        if alias in names:
            raise SeedError(path.name, number, f"{alias} is a full name already")
        if alias in aliases:
            raise SeedError(path.name, number, f"{alias} stands there twice; join the two lines")
        if unknown := next((name for name in means if name not in names), ""):
            raise SeedError(path.name, number, f"no division is called {unknown} in full")
        aliases[alias] = means
    return aliases


def _place(line: str) -> Place:
    code, name, *rest = line.split(" ")
    years = rest.pop(0) if rest and "-" in rest[0] else "-"
    first, _, last = years.partition("-")
    level: Level = "province" if code[2:] == "0000" else "city" if code[4:] == "00" else "county"
    return Place(
        code=code[:6],
        name=name,
        first=int(first or _FIRST_YEAR),
        last=int(last or _ALWAYS),
        now=rest[0] if rest else code[:6],
        level="" if code.endswith(_NEW_AREA) else level,
    )


def _short_names(name: str) -> set[str]:
    """Return what a province, city or autonomous county is called for short."""
    bare = _AUTONOMOUS.sub(r"\1", name) if "自治" in name else name
    bare = re.sub(r"族?自治(?=[州县旗]$)", "", bare)
    names = {bare, bare[:2] + bare[-1]} if "自治" in name and bare[-1] in "县旗" else {bare}
    if bare[-1] in "区州市省盟":
        stem = _UNIT.sub("", bare.removesuffix("州") if "自治州" in name else bare)
        stem = stem.removesuffix("区") if "自治区" in name else stem
        names |= {stem} | ({stem + "自治区"} if "自治区" in name else set())
    return {short for short in names if len(short) > 1 and short != name}


def full_names() -> frozenset[str]:
    """Return the full names of all divisions, of now and of before."""
    return _table().full_names


def short_names() -> frozenset[str]:
    """Return the short names of provinces, cities and autonomous counties, and other names."""
    return _table().short_names


def is_place(name: str) -> bool:
    """Say whether ``name`` is the full name of a division, of now or of before."""
    return name in _table()


def place_at(text: str, start: int) -> str:
    """Return the longest full name of a division in ``text`` at ``start``, or ``""``."""
    table = _table()
    for end in range(min(start + _LONGEST_NAME, len(text)), start + 1, -1):
        if text[start:end] in table:
            return text[start:end]
    return ""


def short_place_at(text: str, start: int) -> str:
    """Return the longest short name of a province or city (``陕西``, ``恩施州``), or ``""``."""
    table = _table()
    for end in range(min(start + _LONGEST_NAME, len(text)), start + 1, -1):
        if table.is_short(text[start:end]):
            return text[start:end]
    return ""


def is_alias(name: str) -> bool:
    """Say whether ``name`` stands in ``seeds/places.txt`` as another name of a place."""
    return name in _table().aliases


def is_province(name: str) -> bool:
    """Say whether ``name`` is the full or short name of a province."""
    table = _table()
    return any(p.level == "province" for p in (*table.named(name), *table.called(name)))


def lies_in(name: str, above: str) -> bool:
    """Say whether some division called ``name`` lies or once lay in one called ``above``."""
    table = _table()
    return any(_within(place, above) for place in (*table.named(name), *table.called(name)))


def locate(names: Sequence[str], year: int | None = None, clues: str = "") -> Location:
    """Return where the last of ``names`` lies.

    Args:
        names: a place as written with those that it lies in, the coarsest first
            (``["咸阳市", "武功县"]``).
        year: the year that is spoken of; places moved and were renamed.
        clues: other text in which the city or province of an ambiguous name may be written.

    Nothing is guessed: of a name that several places bear only that is returned in which all
    that come into question agree.
    """
    for number in range(len(names) - 1, -1, -1):
        found = _candidates(names[: number + 1], year, clues)
        if not found:
            continue
        location = _agreed(found, year)
        finest = names[-1]
        if number == len(names) - 1:
            return location
        county = location.county or _county_name(finest)
        return Location(
            location.province,
            location.city,
            county,
            location.adcode if county == location.county else "",
            _level_of_unknown(finest),
        )
    if names and (division := _DIVISION.match(names[-1])) and division[0] != names[-1]:
        return replace(locate([names[-1][division.end() :]], year, clues), level="city")
    if names and (names[0] == CORPS or _DIVISION.fullmatch(names[0])):
        level: Level = "province" if names[-1] == CORPS else ""
        return Location(province=_CORPS_PROVINCE, level=level)
    finest = names[-1] if names else ""
    if len(names) == 1 and (short := short_place_at(finest, 0)):  # 西安高新技术产业开发区
        where = locate([short], year, clues)
        return Location(where.province, where.city, "", where.adcode, _level_of_unknown(finest))
    if len(names) == 1 and finest.endswith("区") and (county := _county_of_zone(finest)):
        return replace(locate([county], year, clues), level=_level_of_unknown(finest))
    return Location(county=_county_name(finest), level=_level_of_unknown(finest))


def corps_region(names: Sequence[str]) -> tuple[str, ...]:
    """Return ``names`` with a division and its city as one, unless the corps stands in front.

    The two have one government, which calls itself by both, and has the rank of a city.

    Example:
        >>> corps_region(["第九师", "白杨市"])
        ('第九师白杨市',)
    """
    if len(names) == 2 and _DIVISION.fullmatch(names[0]) and is_place(names[1]):
        return (names[0] + names[1],)
    return tuple(names)


def is_same_place(name: str, other: str) -> bool:
    """Say whether two names, each full or short, are those of one place.

    Example:
        >>> is_same_place("恩施州", "恩施土家族苗族自治州")
        True
    """
    if name == other:
        return True
    code = locate([name]).adcode
    return bool(code) and code == locate([other]).adcode


def _county_of_zone(name: str) -> str:
    """Return the county with whose bare name that of a zone begins, ``""`` unless there is one.

    Of 张家港经济技术开发区 it is 张家港市.
    """
    for end in range(4, 1, -1):
        stem = name[:end]
        found = [stem + unit for unit in "市县区旗" if is_place(stem + unit)]
        now = [full for full in found if any(p.last == _ALWAYS for p in _table().named(full))]
        if len(now) == 1:
            return now[0]
    return ""


def _county_name(name: str) -> str:
    return name if _level_of_unknown(name) == "county" else ""


def _level_of_unknown(name: str) -> Level:
    """Return the level of a place that is not in the table, or not where it is said to be."""
    if _TOWN.search(name):
        return "town"
    known = any(place.level == "county" for place in _table().named(name))
    return "county" if known or _COUNTY.search(name) else ""


def _candidates(names: Sequence[str], year: int | None, clues: str) -> list[Place]:
    """Return the places that the last of ``names`` may be, by what is written and the year."""
    table = _table()
    when = _LATEST if year is None else year
    found = table.named(names[-1])
    if all(place.years_off(when) > 1 for place in found):
        found = table.called(names[-1]) or found  # 北川县 ended; now it is 北川羌族自治县 for short
    for above in names[-2::-1]:
        found = [p for p in found if _within(p, above)] or ([] if is_place(above) else found)
    # Those that became one place are one: of them the one of that year.
    by_year = sorted(found, key=lambda place: -place.years_off(when))
    found = list({place.now: place for place in by_year}.values())
    written = {place: _written_above(place, clues) for place in found}
    found = [place for place in found if any(written[place])] or found
    # A report of the year before may bear the new name, one of the year after still the old.
    near = [place for place in found if place.years_off(when) <= 1] or found
    near = [place for place in near if written[place] and all(written[place])] or near
    exact = [place for place in near if not place.years_off(when)]
    return exact if exact and len({place.code[:2] for place in near}) == 1 else near


def _written_above(place: Place, clues: str) -> list[bool]:
    """Return for the province and the city of ``place`` whether they are written in ``clues``."""
    return [any(name in clues for name in names) for names in _names_above(place) if names]


def _names_above(place: Place) -> tuple[set[str], set[str]]:
    """Return the names of the provinces and of the cities in which ``place`` lay over its years."""
    table = _table()
    years = (place.first, min(place.last, _ALWAYS) - 1)
    above = [table.above(place, year) for year in years]
    return {province for province, _ in above if province}, {city for _, city in above if city}


def _within(place: Place, above: str) -> bool:
    if above == CORPS:
        return place.code.startswith("65")
    provinces, cities = _names_above(place)
    full = {above, *(p.name for p in _table().called(above))}
    return place.name != above and bool(full & (provinces | cities))


def _agreed(found: Sequence[Place], year: int | None) -> Location:
    """Return what all of ``found`` have in common."""
    first, *others = (_location(place, year) for place in found)
    if not others:
        return first
    return Location(
        province=first.province if all(o.province == first.province for o in others) else "",
        city=first.city if all(o.city == first.city for o in others) else "",
        county=first.county if all(o.county == first.county for o in others) else "",
        level=first.level if all(o.level == first.level for o in others) else "",
    )


def _location(place: Place, year: int | None) -> Location:
    when = min(max(year or place.last - 1, place.first), place.last - 1)
    province, city = _table().above(place, when)
    return Location(
        province=place.name if place.level == "province" else province,
        city=place.name if place.level == "city" else city,
        county=place.name if place.level == "county" else "",
        adcode=place.now if place.level else "",
        level=place.level,
    )
