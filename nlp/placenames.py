"""Places as they are written: at the head of a title, or of the name of an office."""

from __future__ import annotations

import re
from typing import NamedTuple

from .places import CORPS, is_province, lies_in, place_at, short_place_at
from .years import YEAR

_HAN = "[\u4e00-\u9fff]"
_CORPS = re.compile(rf"{CORPS}|第[一二三四五六七八九十]{{1,3}}师")
_UNKNOWN = re.compile(
    # Towns and zones are not in the table of divisions, nor is what will be founded.
    rf"{_HAN}{{1,8}}?(?:街道|苏木|[市县旗区镇乡](?![族域级属直辖城情内际上]))"
    rf"|{_HAN}{{2,18}}?自治[区州县旗]"
    rf"|{_HAN}{{2,14}}?(?:开发|示范|实验|合作|度假|工业园|产业园)区"
    rf"|{_HAN}{{1,5}}?[省州盟](?![族域级属直辖城情内际上])"
)
_SMALL = re.compile(
    r"(?:镇|乡|街道|苏木|(?:开发|新|高新|经开|园|度假|合作|实验|管理|保税|风景|景|集聚)区)$"
)
"""What is taken for a name wherever it follows that of a county."""
_GOES_ON = re.compile(r"[乡镇县旗市区][市县区乡镇](?![场村域长干])")
_NO_NAMES = re.compile(
    r"^(?:全|我|本|各|该|上|示范|先行|试验|园|社|辖|城|山|景|库|灾|地|时|学|校|厂|超|都|农|创|申报|片|街|老|旧"
    r"|重点|特色|中心|专业|文明|美丽|卫生|贫困|新型|集|建制|棚户|住宅|居民|开发|工业)*(?:省|市|县|区|镇|乡|州|旗)$"
    r"|^(?:特色)?小(?:城?镇|区)$|^村镇$|^自治[区州县旗]$|^国[家务]|^[省市县区州盟旗镇乡街道]+$"
    r"|政府|人大|关于|法治|依法|行政执法|工作|全[省市州县区旗]|各[市县区镇乡]|推进|办公|委员|部门|司法"
    r"|公安|信息|服务|监督|系统|统计|领导|落实|加强|开展|促进|经济社会|乡村|城乡|加快|实施|优化|持续|完善"
    r"|神州|九州|联盟|同盟|提升|深化|支持|推动|强化|做好|抓好|整治|改造|防治|创建|巩固|提高|城市$|城镇$"
)
_OTHER_WORDS = {"市": "场", "区": "域块划间", "县": "域级"}
"""What makes another word of a name's last character: 东方市场, 河西区域."""
_COUNTY_WORD = re.compile(r"城(?![市乡管])|[情内际上属直辖]")
_YEARS = (
    rf"(?:{YEAR})(?:年?\s?(?:[-—–－~～至到、]|——)\s?(?:{YEAR}))?年度?"
    r"(?:\d{1,2}(?:[-—–~至]\d{1,2})?月|[上下]半年|第?[一二三四]季度)?"
)
_BETWEEN = re.compile(_YEARS)
_LEAD = re.compile(
    rf"[《【“\[]?(?:关于|印发|转发|报送|呈报|上报|下发|发布|公布|公开|提请审议|对|{_YEARS}|\s)*"
)
_ABOUT = re.compile(rf"关于{_HAN}{{1,4}}$")
_BODY = re.compile(
    r"中国共产党|中共|中国人民政治协商会议|政协|共青团|国家(?:税务总局|统计局|外汇管理局|金融监督管理总局|矿山安全监察局)|中国人民银行"
)
"""What stands before a place in the name of an office."""
_MEANT = re.compile(
    rf"$|[\s“《（(]|{_YEARS}|人民政府|政府(?!信息)|党?委(?![托员])|关于|法治|依法|人大|管理?委|办事处|第"
    rf"|{_HAN}{{1,10}}(?:局|厅|委员会|办公室|法院|检察院|镇|乡|街道)"
)
"""What follows the name of a place that begins a title."""
_SHOWS_PROVINCE = re.compile(rf"(?:{_YEARS}|政府(?!信息|采购)|法治|人大|$)")


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
    lead = _LEAD.match(text)
    issuer = lead.end() if lead else 0
    body = _BODY.match(text, issuer)
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
    match = _UNKNOWN.match(text, start)
    if not match:
        return ""
    end = match.end()
    if _GOES_ON.match(text, end - 1):
        end += 1  # 旗 in 红旗乡 belongs to the name
    name = text[start:end]
    if _NO_NAMES.search(name):
        return ""
    return name if (above and _SMALL.search(name)) or _MEANT.match(text, end) else ""


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
    if len(short) > 2 and short[-1] in "州县旗区":
        return text[end : end + 1] not in tuple("域级属场市")
    if _below(text, end, short):
        return True
    finer = short_place_at(text, end)
    if finer and lies_in(finer, short) and _shows_itself(text, end, finer):
        return True
    return is_province(short) and bool(_SHOWS_PROVINCE.match(text, end))
