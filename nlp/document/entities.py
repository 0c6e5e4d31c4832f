"""Recognize names of places and of government offices in text."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import NamedTuple

from ..text.dates import YEAR
from ..vocabulary import WordLists
from .gazetteer import CORPS, DIVISION, is_alias, is_province, lies_in, place_at, short_place_at

_HAN = "[\u4e00-\u9fff]"
_CORPS = re.compile(rf"{CORPS}|{DIVISION}")
_GOES_ON = re.compile(r"[乡镇县旗市区][市县区乡镇](?![场村域长干])")
_OTHER_WORDS = {"市": "场", "区": "域块划间", "县": "域级"}
"""What makes another word of a name's last character: 东方市场, 河西区域."""
_COUNTY_WORD = re.compile(r"城(?![市乡管])|[情内际上属直辖]")
_YEARS = (
    rf"(?:{YEAR})(?:年?\s?(?:[-—–－~～至到、]|——)\s?(?:{YEAR}))?年度?"
    r"(?:\d{1,2}(?:[-—–~至]\d{1,2})?月|[上下]半年|第?[一二三四]季度)?"
)
_BETWEEN = re.compile(_YEARS)
_ABOUT = re.compile(rf"关于{_HAN}{{1,4}}$")
_MEANT = re.compile(
    rf"$|[\s“《（(]|{_YEARS}|人民政府|政府(?!信息)|党?委(?![托员])|关于|法治|依法|人大|管理?委|办事处|第"
    rf"|{_HAN}{{1,10}}(?:局|厅|委员会|办公室|法院|检察院|镇|乡|街道)"
)
"""What follows the name of a place that begins a title."""
_SHOWS_PROVINCE = re.compile(rf"(?:{_YEARS}|政府(?!信息|采购)|法治|人大|$)")


_WORDS = WordLists("placenames", "leads", "bodies", "zones", "small", "no-stems", "no-names")


@cache
def _unknown() -> re.Pattern[str]:
    """Return names of towns, zones and what will be founded: these are in no table."""
    return re.compile(
        rf"{_HAN}{{1,8}}?(?:街道|苏木|[市县旗区镇乡](?![族域级属直辖城情内际上]))"
        rf"|{_HAN}{{2,18}}?自治[区州县旗]"
        rf"|{_HAN}{{2,14}}?{_WORDS.pattern('zones')}"
        rf"|{_HAN}{{1,5}}?[省州盟](?![族域级属直辖城情内际上])"
    )


@cache
def _no_names() -> re.Pattern[str]:
    """Return what looks like the name of a place and is none."""
    stems, words = _WORDS.pattern("no-stems"), _WORDS.pattern("no-names")
    return re.compile(
        rf"^{stems}*(?:省|市|县|区|镇|乡|州|旗)$|^(?:特色)?小(?:城?镇|区)$|^村镇$|^自治[区州县旗]$"
        rf"|^国[家务]|^[省市县区州盟旗镇乡街道]+$|{words}|城市$|城镇$"
    )


@cache
def _small() -> re.Pattern[str]:
    """Return the ends of what is taken for a name wherever it follows that of a county."""
    return re.compile(rf"{_WORDS.pattern('small')}$")


@cache
def _lead() -> re.Pattern[str]:
    """Return what may stand before the place at the head of a title."""
    return re.compile(rf"[《【“\[]?(?:{_WORDS.pattern('leads')}|{_YEARS}|\s)*")


@cache
def _body() -> re.Pattern[str]:
    """Return what stands before a place in the name of an office."""
    return re.compile(_WORDS.pattern("bodies"))


class Written(NamedTuple):
    """Places as they are written one after the other.

    Attributes:
        issuer: where in the text the name of the office begins (中共武功县委).
        names: the places, the coarsest first, as they are written.
        end: offset behind the last.
    """

    issuer: int
    names: tuple[str, ...]
    end: int


def read_places(text: str) -> Written:
    """Return the places at the head of ``text``, which may begin with 关于, a year or a body."""
    lead = _lead().match(text)
    issuer = lead.end() if lead else 0
    body = _body().match(text, issuer)
    start = body.end() if body else issuer
    name = _step(text, start, ()) or (short_place_at(text, start) if body else "")
    if not name and (behind := _behind_about(text, issuer)):
        issuer = start = behind
        name = place_at(text, start)
    if not name:
        return Written(issuer, (), issuer)
    found, end = [name], start + len(name)
    while True:
        if text.startswith("委", end):  # 武功县委…: the committee's words are no finer place
            break
        if name := _step(text, end, tuple(found)):
            found.append(name)
            end += len(name)
        elif (year := _BETWEEN.match(text, end)) and (name := _below(text, year.end(), found[-1])):
            found.append(name)  # 南京市2020年鼓楼区…
            end = year.end() + len(name)
        else:
            break
    return Written(issuer, tuple(found), end)


def _behind_about(text: str, start: int) -> int:
    """Return where in 关于推进武功县… the place begins, 0 when there is none."""
    if text.startswith("关于"):
        for number in range(start + 1, start + 5):
            if len(place_at(text, number)) > 2 and _ABOUT.search(text, 0, number):
                return number
    return 0


def _below(text: str, start: int, above: str) -> str:
    name = place_at(text, start)
    return name if name and lies_in(name, above) else ""


def _step(text: str, start: int, above: tuple[str, ...]) -> str:
    """Return the place that is written at ``start``, ``""`` when there is none."""
    name = place_at(text, start)
    if name:
        return name if _is_named(text, start + len(name), name, above) else ""
    short = short_place_at(text, start)
    if short and _shows_itself(text, start, short):
        return short
    if corps := _CORPS.match(text, start):
        return corps[0]
    match = _unknown().match(text, start)
    if not match:
        return ""
    end = match.end()
    if _GOES_ON.match(text, end - 1):
        end += 1  # 旗 in 红旗乡 belongs to the name
    name = text[start:end]
    if _no_names().search(name):
        return ""
    return name if (above and _small().search(name)) or _MEANT.match(text, end) else ""


def _is_named(text: str, end: int, name: str, above: tuple[str, ...]) -> bool:
    """Say whether the full ``name`` is meant, and not a word that begins with it."""
    following = text[end : end + 1]
    if following and following in _OTHER_WORDS.get(name[-1], ""):
        return len(name) > 2 and name[-1] == "县"
    if len(name) > 2 and name != "市郊区":
        return True
    if above and lies_in(name, above[-1]):
        return True
    return name[-1] == "县" and not _COUNTY_WORD.match(text, end)  # 城区, 郊区 of which city?


def _shows_itself(text: str, start: int, short: str) -> bool:
    """Say whether the short name is clearly one: 恩施州, or 陕西 before 武功县 or a year."""
    end = start + len(short)
    if is_alias(short):
        return True
    if len(short) > 2 and short[-1] in "州县旗区":
        return text[end : end + 1] not in tuple("域级属场市")
    if _below(text, end, short):
        return True
    finer = short_place_at(text, end)
    if finer and lies_in(finer, short) and _shows_itself(text, end, finer):
        return True
    return is_province(short) and bool(_SHOWS_PROVINCE.match(text, end))


_OFFICE_WORDS = WordLists(
    "offices",
    "national",
    "branches",
    "branch-words",
    "ends",
    "strong-ends",
    "stops",
    "posts",
    "issues",
)
_WHOLE = ("部", "署", "银行", "会", "院", "中共中央", "大", "政协")
"""How the names of national bodies end that are whole with the words by which they are known."""
_GOVERNMENT = r"(?:(?<=[省市州县区旗镇乡])|(?<=自治区))政府(?=关于|印发|办|$|[0-9０-９二])"
"""政府 for 人民政府, not the first half of 政府工作报告."""
_LONGEST_LINE = 80
_SEPARATORS = "、 \t\u3000"
_GAP = re.compile(r"\s{2,}|\u3000|(?<=\S\S\S\S)\s(?=\S\S\S\S)")
_ALSO = re.compile(r"(?<=.{4})[（(][\u4e00-\u9fff]{2,20}[局厅委会室队][）)]$")
"""A second name of an office: 武功县城市管理局（武功县综合执法局）."""
_SEAL = re.compile(r"[（(](?:公章|盖章|章|印章|代章|印)[）)]$")


@cache
def _national() -> re.Pattern[str]:
    """Return how the names of national bodies begin; many are whole with that."""
    return re.compile(rf"(?:中华人民共和国)?{_OFFICE_WORDS.pattern('national')}")


@cache
def _run() -> re.Pattern[str]:
    """Return a run of characters in which the name of an office may go on."""
    return re.compile(rf"(?:(?!{_OFFICE_WORDS.pattern('stops')}){_HAN}){{1,32}}")


@cache
def _ends() -> re.Pattern[str]:
    """Return the words with which the names of offices end."""
    return re.compile(rf"(?=({_OFFICE_WORDS.pattern('ends')}|{_GOVERNMENT}))")


@cache
def _strong() -> re.Pattern[str]:
    """Return the names that are those of offices even without a place."""
    ends = _OFFICE_WORDS.pattern("strong-ends")
    return re.compile(rf"(?:[^我本各全该]{{1,12}}{ends}|[省市州县区旗]委.{{0,8}})$")


@cache
def _branch() -> re.Pattern[str]:
    return re.compile(_OFFICE_WORDS.pattern("branch-words"))


@cache
def _branch_of() -> re.Pattern[str]:
    return re.compile(_OFFICE_WORDS.pattern("branches"))


@cache
def _post() -> re.Pattern[str]:
    return re.compile(rf"(?:党委|党组)?(?:常务)?副?{_OFFICE_WORDS.pattern('posts')}[、兼]?")


@cache
def _issues() -> re.Pattern[str]:
    return re.compile(rf"$|[\s（(]|{_YEARS}|第|{_OFFICE_WORDS.pattern('issues')}")


@dataclass(frozen=True, slots=True)
class Office:
    """A body that issues reports.

    Attributes:
        name: its name as written; several that issue together are joined by ``、``.
        places: where it is, as written in its name, the coarsest first.
        national: it is a body of the whole state.
        end: offset behind it in the text that it was read from.
    """

    name: str
    places: tuple[str, ...]
    national: bool
    end: int


def office_at_head(text: str) -> Office | None:
    """Return the office at the head of ``text``, which may begin with 关于 or a year."""
    places = read_places(text)
    first = _office(text, places.issuer)
    if not first:
        return None
    names, end = [first.name], first.end
    while end < len(text):
        start = end + (text[end] in _SEPARATORS)
        more = _office(text, start)
        if not more or not _may_follow(more):
            break
        names.append(more.name)
        end = more.end
    return Office("、".join(names), first.places, first.national, end)


def office_line(line: str) -> Office | None:
    """Return the office when ``line`` is the name of one, or of several, and nothing else."""
    if len(line) > _LONGEST_LINE:
        return None
    parts = [part for part in _GAP.split(line.strip()) if part]
    if len(parts) > 1:  # two that sign together, not one with spaced letters
        offices = [office for part in parts if (office := office_line(part))]
        if len(offices) == len(parts) and all(map(_may_follow, offices)):
            return replace(offices[0], name="、".join(office.name for office in offices))
    bare = _ALSO.sub("", _SEAL.sub("", re.sub(r"\s+", "", line)))
    office = office_at_head(bare)
    whole = office and office.end == len(bare) and bare.startswith(office.name[:2])
    return office if whole else None


def _may_follow(office: Office) -> bool:
    """Say whether ``office`` may be named behind another: it has a place, or is a branch."""
    return bool(office.places) or office.national or bool(_branch_of().match(office.name))


def byline(line: str) -> Office | None:
    """Return the office before the post of a person: of 国务院总理 李克强 the 国务院."""
    bare = re.sub(r"\s+", "", line[:_LONGEST_LINE])
    for role in _post().finditer(bare):
        office = office_line(bare[: role.start()].removesuffix("代"))
        if office and (office.places or office.national):
            return office
    return None


def is_issuer(title: str, office: Office) -> bool:
    """Say whether the ``office`` at the head of ``title`` has issued it for sure.

    Others may have issued what bears only its name: 武功县人民政府法律顾问名单.
    """
    return bool(_issues().match(title, office.end))


def names_post(line: str) -> bool:
    """Say whether ``line`` names the post of a person: 武功县县长 李某."""
    return len(line) <= _LONGEST_LINE and bool(_post().search(line))


def _office(text: str, start: int) -> Office | None:
    """Return the office that is written at ``start``."""
    national = _national().match(text, start)
    inner = read_places(text[start:])
    if inner.issuer:
        return None
    root = max(national.end() if national else start, start + (inner.end if inner.names else 0))
    run = _run().match(text, root)
    end = _last_end(text, root, run.end()) if run else 0
    if inner.names and end and (again := text.find(inner.names[0], root, end)) > root:
        end = _last_end(text, root, again) or end  # 武功县委武功县人民政府: two of them
    if end and (branch := _branch_of().search(text, root, end)):
        end = _last_end(text, root, branch.start()) or end  # 武功县统计局国家统计局武功调查队
    if not end and national and not inner.names and national[0].endswith(_WHOLE):
        end = national.end()
    if not end:
        return None
    name = text[start:end]
    if not national and not inner.names and not _strong().match(name):
        return None
    of_state = bool(national) and not inner.names and not _branch().search(name)
    return Office(name, inner.names, of_state, end)


def _last_end(text: str, start: int, stop: int) -> int:
    """Return the end of the last word between that offices are called by, 0 when there is none."""
    found = (match.end(1) for match in _ends().finditer(text, start))
    return max((end for end in found if end <= stop), default=0)
