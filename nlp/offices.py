"""Offices as they are written: 武功县司法局, 中共武功县委, 国务院办公厅."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .placenames import read_places

_HAN = "[\u4e00-\u9fff]"
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
