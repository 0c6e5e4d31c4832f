"""Recognize names of places and of government offices in text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from ..text.dates import YEAR
from .gazetteer import CORPS, is_province, lies_in, place_at, short_place_at

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


_NATIONAL = re.compile(
    r"(?:中华人民共和国)?(?:中共中央|国务院|全国人民代表大会|全国人大|全国政协|最高人民法院|最高人民检察院"
    r"|国家(?!级|赔偿|机关|公职|安全观|司法考)|中央(?=依法治国|网络|政法|军委|纪委|组织部|宣传部|统战部|全面)"
    r"|(?:外交|国防|教育|科学技术|科技|工业和信息化|公安|民政|司法|财政|人力资源和社会保障|自然资源"
    r"|国土资源|生态环境|环境保护|住房和城乡建设|交通运输|水利|农业农村|农业|商务|文化和旅游|文化"
    r"|退役军人事务|应急管理|铁道|卫生)部"
    r"|中国人民银行|中国证监会|中国银保监会|审计署|海关总署)"
)
"""How the names of national bodies begin; many are whole with that."""
_WHOLE = ("部", "署", "银行", "会", "院", "中共中央", "大", "政协")
_STOP = (
    "关于|印发|转发|推进|开展|落实|贯彻|加强|深化|情况|总结|报告|通知|意见|方案|的|年度|上半年|下半年"
    "|履行|学习|全[省市县区州旗]|法治政府建设(?!领导|工作领导)|信息公开(?!办)"
    "|工作(?!部|委|领导|局|中心|站|办|专班)|对(?!外)|我|本"
)
_SUFFIX = (
    r"(?:人民政府|(?:(?<=[省市州县区旗镇乡])|(?<=自治区))政府(?=关于|印发|办|$|[0-9０-９二])|公署"
    r"|局(?!长|部|面|势|域)|厅(?!长|级)|(?:委员|常委|管委|协|学|商|总工|联合|红十字|基金|总|监)会(?!议)"
    r"|委(?!员|托|派|任|常|办|书记)|办公[室厅](?!主任)|委办(?!公)|府办(?!公)|编办|馆(?!藏)|法院|检察院|医院|学院|研究院"
    r"|(?<!干)(?<!全)(?<!各)部(?!分|门|署|队|长)|总?[支大]?队(?<=[总支大]队)(?!长|伍)|分局|中心(?!城|区|组|任务)"
    r"|派出所|司法所|监管所|办事处|管理处|指挥部|领导小组|兵团|人大|政协|妇联|团委|工商联|残联"
    r"|大学|中学|小学|学校|公司|集团|税务所|供销社|专班|调查队|(?<=[市县区省旗州府])办(?![理法事学案公结]))"
)
_RUN = re.compile(rf"(?:(?!{_STOP}){_HAN}){{1,32}}")
_ENDS = re.compile(_SUFFIX)
_STRONG = re.compile(
    r"(?:[^我本各全该]{1,12}(?:局|厅|人民政府|办公室|委员会|法院|检察院|领导小组)|[省市州县区旗]委.{0,8})$"
)
_BRANCH = re.compile(r"分局|分行|支行|支队|调查")
_LONGEST_LINE = 80
_SEPARATORS = "、 \t\u3000"
_SEAL = re.compile(r"[（(](?:公章|盖章|章|印章|代章|印)[）)]$")
_ROLE = re.compile(
    r"(?:党委|党组)?(?:副?书记|总理|副?主席|[省市县区州旗盟镇乡局厅部院行署]长|主任|检察长)[、兼]?"
)


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
        if not more or not (more.places or more.national):
            break
        names.append(more.name)
        end = more.end
    return Office("、".join(names), first.places, first.national, end)


def office_line(line: str) -> Office | None:
    """Return the office when ``line`` is the name of one, or of several, and nothing else."""
    bare = _SEAL.sub("", re.sub(r"\s+", "", line)) if len(line) <= _LONGEST_LINE else ""
    office = office_at_head(bare)
    whole = office and office.end == len(bare) and bare.startswith(office.name[:2])
    return office if whole else None


def byline(line: str) -> Office | None:
    """Return the office before the post of a person: of 国务院总理 李克强 the 国务院."""
    bare = re.sub(r"\s+", "", line[:_LONGEST_LINE])
    for role in _ROLE.finditer(bare):
        office = office_line(bare[: role.start()])
        if office and (office.places or office.national):
            return office
    return None


def _office(text: str, start: int) -> Office | None:
    """Return the office that is written at ``start``."""
    national = _NATIONAL.match(text, start)
    inner = read_places(text[start:])
    if inner.issuer:
        return None
    root = max(national.end() if national else start, start + (inner.end if inner.names else 0))
    run = _RUN.match(text, root)
    end = _last_end(text, root, run.end()) if run else 0
    if inner.names and end and (again := text.find(inner.names[0], root, end)) > root:
        end = _last_end(text, root, again) or end  # 武功县委武功县人民政府: two of them
    if not end and national and not inner.names and national[0].endswith(_WHOLE):
        end = national.end()
    if not end:
        return None
    name = text[start:end]
    if not national and not inner.names and not _STRONG.match(name):
        return None
    of_state = bool(national) and not inner.names and not _BRANCH.search(name)
    return Office(name, inner.names, of_state, end)


def _last_end(text: str, start: int, stop: int) -> int:
    """Return the end of the last word between that offices are called by, 0 when there is none."""
    return max((m.end() for m in _ENDS.finditer(text, start) if m.end() <= stop), default=0)
