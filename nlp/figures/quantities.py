"""Read quantities: the number, its unit, and whether it is approximate (26个, 3.2万人次, 近百场).

A word that begins like a unit is none (人民, 项目, 家庭): each unit names what may not follow it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from ..records import FigureKind
from .mentions import Found, Line

_CURRENCIES = (
    "元人民币|[美欧日港加澳韩]元|港币|英镑|卢布|瑞士法郎|元(?![旦月素宵首宇谋帅老])|人民币"
)
_SHARES = "个百分点|百分点|个点(?=[,;。、)]|$)|%|‰"
_LONG = (
    "万?吨标准煤|吨标煤|微克/立方米|毫克/升|人/平方公里|平方公里|平方千米|平方米|平米"
    "|公里|千米|海里"
    "|亿?立方米|立方|公顷|公斤|千克|毫克|微克|毫米|厘米|毫升|摄氏度|千瓦时|千瓦|兆瓦时"
    "|兆瓦|千伏安|千伏|标准箱|标箱"
    "|个工作日|工作日|个半?小时|个半?月|小时|分钟|课时|学时|平方|cm|mm|km|mw|kw|teu"
)
_TIMES = (  # times a thing is done, by thing
    "人次|件次|场次|批次|户次|家次|台次|车次|架次|班次|列次|辆次|艘次|例次|频次|册次|组次"
    "|篇次|条次|项次|人份|剂次"
    "|车位|床位(?=[,;。、)]|$)|票次|大类|小类|大项|大件"
)
_COUNTS = (
    "个(?![别性体])|件(?!套)|项(?!目)|条(?![例件约])|名(?![单称字录誉义牌额胜师])"
    "|人(?![民大才口均力工文类体物事])"
    "|户(?![籍口外])|家(?![庭长属园具乡渠])|所(?![有以在属])|起(?![到来步草诉点伏跑])"
    "|次(?![产生氯要级序])|例(?![如行外])"
    "|宗(?![教旨])|份(?!额)|场(?![所地馆景面合域])|期(?![间望货待盼])|批(?![准评复])"
    "|部(?![门委分长队署])"
    "|台(?![账阶])|套|辆|架(?!构)|艘|列(?![为入席])|座|栋|幢|处(?![理置罚分长级])|间|张"
    "|册|本(?![质身地科级市省县区])"
    "|篇(?!幅)|幅(?!度)|枚|颗|只(?![有要能是])|匹|羽|尾|株|棵|支(?!持|付|部|出|撑"
    "|队(?!伍)|行)|组(?![织建成合])"
    "|队(?!伍)|班(?![子列])|对(?![于接外口标象应])|轮(?!换)|类(?![似型])|种(?![植养子类])"
    "|款(?![项式待])|门(?!口|类)|道(?![路德理])"
    "|节(?![约能日假点])|堂|面(?![积向对临])|片(?!区)|块|层(?![次级面])"
    "|位(?![于置居列次数])|桌|口(?![岸径号])|眼|盏|单(?![位项元独])"
    "|票|桩|站(?!点)|届|章(?!程)|字|句|页|卷|箱|袋|瓶|桶|份|根|把|枝|封(?![闭山锁控存顶堵面关育])|笔(?![试记录者直])"
    "|则(?![有为会由])|集(?![中体团聚合市成约群贸训装大])|剂(?!量)|盒|通(?=[,;。、)]|电话|$)|趟|遍(?![布及])|针(?!对)|蒲式耳|头(?!部|雁)"
    "|席(?!位)|团(?!体|队|伙|结)|档(?!案)"
)
_MEASURES = (
    "亩|吨|斤|克(?!服)|升(?![级至到高为格学位值温])|米(?![粉饭])|度(?![假过夏汛])"
    "|倍(?!增)|瓦|天(?![然津气])"
    "|分(?![别为布钟之类公局享支散级管会工行解析层配期])|秒|岁|年(?![级轻])"
    "|周(?![年边期转末])|日(?![常趋益均电])"
)
_RATED = (
    "(?:[/每](?:吨|亩|[十百千万]?人|月|年|天|日|件|户|平方米|立方米|千瓦时|公斤|斤|度|公里|小时))?"
)

UNIT = f"(?:(?:{_LONG}|{_CURRENCIES}|{_TIMES}|{_MEASURES}){_RATED}|{_SHARES}|{_COUNTS})"
"""A unit, behind the number and its 万 or 亿; the first that matches counts."""

_MONEY = re.compile(f"(?:{_CURRENCIES})")
_YUAN = ("元人民币", "人民币")
PHYSICAL = re.compile(
    f"(?:{_LONG}|{_CURRENCIES}|亩|吨|斤|克|升|米|度|倍|瓦|天|秒|岁|年|周|日|分)(?!次)"
)
"""Units of what is measured, not counted: their noun stands in front of the number."""


def kind_of_unit(unit: str) -> FigureKind:
    """Return the kind of figure that ``unit`` makes."""
    if unit in ("%", "‰"):
        return "percent"
    if unit.endswith(("百分点", "个点")):
        return "change"
    if unit == "倍":
        return "ratio"
    return "money" if _MONEY.match(unit) else "quantity"


def canonical(unit: str) -> str:
    """Return the name under which ``unit`` stands in the table."""
    return "元" if unit in _YUAN else "个百分点" if unit in ("百分点", "个点") else unit


BEFORE = re.compile(
    r"(?:不(?:少于|低于|超过|高于|多于|大于|小于|到|足)|少于|多于|大于|小于|超过|超出|突破"
    r"|将近|接近|大约|大概|约为|至少|最多|最低|最高"
    r"|(?<!赶)(?<!反)超|逾|(?<![最附临邻靠])近|(?<![节条合签预公履违邀])约"
    r"|(?<![达])上(?=[百千万亿]))$"
)
"""In front of the number: searched in the text that ends there."""

LONGEST_BEFORE = 3

WITHIN = "[余多几来]"
"""Between the number and its unit, on either side of 万 and 亿."""

BEHIND = re.compile(r"左右|上下|以上|以下|以内|之内|有余|开外|不等|之多|(?<=[天日年月时钟])内")
"""Behind the unit."""


def qualifier_before(t: str, start: int) -> str:
    """Return the qualifier that ends at ``start``, or ``""``."""
    match = BEFORE.search(t, max(0, start - LONGEST_BEFORE - 1), start)
    # The pattern is anchored to the end of the window, and $ also matches before a line feed.
    return match[0] if match and match.end() == start else ""


def qualifier_behind(t: str, end: int) -> str:
    """Return the qualifier that begins at ``end``, or ``""``."""
    match = BEHIND.match(t, end)
    return match[0] if match else ""


_SIZES = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "亿": 10**8}
_SMALL = {c: i for i, c in enumerate("零一二三四五六七八九十")} | {"两": 2}

_NUMBER = r"(?:[1-9]\d{0,2}(?: \d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
_SCALE = r"(?:[十百千]?万亿|[十百千]?[万亿]|百(?!分)|千(?![瓦米克伏卡帕分]))"
_ARABIC = re.compile(
    rf"(?<![\d.a-z/])(?P<n>{_NUMBER})(?P<more1>{WITHIN}(?=[十百千万亿]|{UNIT}))?"
    rf"(?:(?P<yi>亿)零?(?P<rest>\d+)万|(?P<scale>{_SCALE}))?"
    rf"(?P<more2>{WITHIN}(?={UNIT}|[\u4e00-\u9fff]))?(?![a-z])"
)
_PAIR = re.compile(
    rf"(?<![一二三四五六七八九十百千第])(?P<a>[一二三四五六七八])(?P<b>[二三四五六七八九])(?P<scale>[十百千]?[万亿]?)(?={UNIT})"
)
_BARE = re.compile(rf"(?<=[近上逾超过])(?P<scale>[百千]?[万亿]|百|千)(?P<more>[余多])?(?={UNIT})")
_ONE = re.compile(
    r"(?<![一二三四五六七八九十百千万第几数每分\d])(?P<c>[两二三四五六七八九十])(?=个|项"
    r"|类|大类|批|支|张|座|套|位|种|级|所|条|家|处|部|门|期|场)"
)
_COUNTING = re.compile(
    r"(?:设立|建立|成立|组建|新建|建成|建设|开展|实施|推出|出台|打造|培育|新增|增加|共"
    r"|确定|选取|选定|抽调|形成|划分为?|聚焦|派出|举办|创建|召开|制定|印发"
    r"|修订|发布|查处|完成|落实|获得|荣获|涉及|包括|[覆复]盖|下设|设置?|有|分|等|为"
    r"|全[县市省区镇乡州旗国]|[及和]"
    r"|[^,;:。、\"一二三四五六七八九十]{2,12}、[^,;:。、\"]{1,12}"
    r"|[\u4e00-\u9fff\d]个[\u4e00-\u9fff]{1,8}、)了?$"
)
_COUNTABLE = re.compile(
    r"(?:[两二三四五六七八九十])(?:个|家|支|所|座|处|条|批)(?:[省市县区]级|[县市区]直|重点"
    r"|专项|基层|试点|示范|行政)?"
    r"(?:部门|单位|乡镇|镇|乡|街道|社区|村|县|区|市|省|领域|方面|环节|工作组|专班|检查组"
    r"|督查组|督导组|小组|专业|队伍|企业|项目|示范|中心|站|基地|批次|次)"
)


@dataclass(frozen=True, slots=True)
class Amount:
    """A number in a line.

    Attributes:
        start: offset of its first character.
        end: offset behind it, its 万 or 亿, and its 余 or 多.
        numbers: its value, or two for 七八.
        step: what one more in its last digit is worth.
        more: 余, 多, 几, or ``""``.
        size: what its 万 or 亿 multiplies by.
    """

    start: int
    end: int
    numbers: tuple[Decimal, ...]
    step: Decimal
    more: str = ""
    size: int = 1


def amounts(t: str) -> Iterator[Amount]:
    """Yield the numbers of ``t``, ascending; they do not overlap."""
    found = [_arabic(m) for m in _ARABIC.finditer(t)]
    found += [_pair(m) for m in _PAIR.finditer(t)]
    found += [_bare(m) for m in _BARE.finditer(t)]
    found += [
        Amount(m.start(), m.end(), (Decimal(_SMALL[m["c"]]),), Decimal(1))
        for m in _ONE.finditer(t)
        if _COUNTABLE.match(t, m.start()) or _COUNTING.search(t, max(0, m.start() - 26), m.start())
    ]
    end = 0
    for amount in sorted(found, key=lambda a: (a.start, -a.end)):
        if amount.start >= end:
            yield amount
            end = amount.end


def amount_at(t: str, start: int) -> Amount | None:
    """Return the number in digits that begins at ``start``."""
    match = _ARABIC.match(t, start)
    return _arabic(match) if match else None


def _arabic(match: re.Match[str]) -> Amount:
    number, scale = match["n"].replace(" ", ""), match["scale"] or match["yi"] or ""
    size = _size(scale)
    value = Decimal(number) * size
    decimals = len(number.partition(".")[2])
    step = Decimal(size).scaleb(-decimals)
    if rest := match["rest"]:
        value += Decimal(rest) * 10**4
        step = Decimal(10**4)
    more = match["more1"] or match["more2"] or ""
    return Amount(match.start(), match.end(), (value,), step, more, size)


def _pair(match: re.Match[str]) -> Amount:
    low, high = _SMALL[match["a"]], _SMALL[match["b"]]
    if high != low + 1:
        return Amount(match.start(), match.start(), (), Decimal(1))
    size = _size(match["scale"])
    numbers = (Decimal(low * size), Decimal(high * size))
    return Amount(match.start(), match.end(), numbers, Decimal(size), size=size)


def _bare(match: re.Match[str]) -> Amount:
    size = _size(match["scale"])
    one = Decimal(size)
    return Amount(match.start(), match.end(), (one,), one, match["more"] or "", size)


def _size(scale: str) -> int:
    size = 1
    for char in scale:
        size *= _SIZES[char]
    return size


_UNIT = re.compile(UNIT)
_TO = re.compile(r"--?|~|[至到]")
_FROM = re.compile(r"[由从自][^,;。:、]{0,24}$")
_MINUS = re.compile("[率额值差长降幅为是达至到]-$")
"""A sign, not a dash: 自然增长率-1.29‰."""
_SHARED = re.compile(r"(?:[、和与及]|以及)(?=\d)")
_LONGEST_LIST = 12
_INDEX = re.compile(
    r"(?:指数|系数|得分|评分|比值|均分|分值|强度)(?:为|达到?|是|升至|降至|提高到|上升到"
    r"|下降到)?了?$"
)
_TERM = re.compile(
    r"(?:徒刑|期限?|时间|年限|寿命|任职|工作|服务|执业|缩短|延长|长达|至少|不少于|超过"
    r"|不低于|满)(?:为|了|至|到|不少于|超过|满)?$"
)
"""Years are counted behind these words; elsewhere they are the time that is spoken of."""
_OF_PEOPLE = re.compile(
    r"[\u4e00-\u9fff]{0,8}?(?:人口|群众|职工|农民工?|学生|居民|老人|老年人|儿童|毕业生"
    r"|劳动力|人才|党员|干部|青年|妇女|用户|劳动者)"
)


def quantities(line: Line, taken: Sequence[tuple[int, int]]) -> Iterator[Found]:
    """Yield the numbers with a unit of ``line`` that do not touch the spans ``taken``."""
    t = line.t
    blocked = bytearray(len(t) + 1)
    for start, end in taken:
        blocked[start:end] = b"\1" * (end - start)
    done = 0
    for amount in amounts(t):
        if amount.start < done or not amount.numbers or any(blocked[amount.start : amount.end]):
            continue
        for found in _read(line, amount, blocked):
            done = found.end
            yield found


def _read(line: Line, amount: Amount, blocked: bytearray) -> list[Found]:
    t = line.t
    unit = _unit(t, amount.end)
    behind = amount.end + len(unit)
    to = _TO.match(t, behind)
    other = amount_at(t, to.end()) if to and len(amount.numbers) == 1 else None
    if to and other and not any(blocked[other.start : other.end]):
        last = _unit(t, other.end)
        if last and unit in ("", last):
            return _two(line, amount, other, last, to[0])
    if not unit:
        shared = _shared_unit(t, amount.end, blocked)
        if shared:
            return [_found(line, amount.start, amount.end, amount, shared)]
        if amount.size > 1:
            people = _OF_PEOPLE.match(t, amount.end)
            return [_found(line, amount.start, amount.end, amount, "人" if people else "")]
        if _INDEX.search(t, max(0, amount.start - 10), amount.start):
            return [_found(line, amount.start, amount.end, amount, "")]
        return []
    if unit == "个" and _shared_unit(t, behind, blocked) == "个百分点":  # 3.4个、1个百分点
        return [_found(line, amount.start, behind, amount, "个百分点")]
    if unit == "年" and not _TERM.search(t, max(0, amount.start - 8), amount.start):
        return []
    return [_found(line, amount.start, behind, amount, unit)]


def _two(line: Line, low: Amount, high: Amount, unit: str, to: str) -> list[Found]:
    """Return the two levels of 由3件到5件, or one range."""
    t = line.t
    end = high.end + len(unit)
    if to in "至到" and _FROM.search(t, max(0, low.start - 26), low.start):
        before = _found(line, low.start, low.end + len(_unit(t, low.end)), low, unit)
        after = _found(line, high.start, end, high, unit)
        before.role, after.role = "from", "to"
        return [before, after]
    first = low.numbers[0]
    if low.size == 1 and not _unit(t, low.end):  # 3-5万元
        first *= high.size
    both = Amount(low.start, high.end, (first, high.numbers[0]), high.step)
    found = _found(line, low.start, end, both, unit)
    found.kind = "range"
    return [found]


def _found(line: Line, start: int, end: int, amount: Amount, unit: str) -> Found:
    numbers = amount.numbers
    if len(numbers) == 1 and _MINUS.search(line.t, max(0, start - 2), start):
        start, numbers = start - 1, (-numbers[0],)
    before = qualifier_before(line.t, start)
    behind = qualifier_behind(line.t, end)
    kind = kind_of_unit(unit)
    return Found(
        line=line,
        start=start - len(before),
        digits=start,
        end=end + len(behind),
        kind="range" if len(numbers) > 1 else kind,
        unit=canonical(unit),
        numbers=numbers,
        step=amount.step,
        qualifier=before + amount.more + behind,
    )


def _unit(t: str, start: int) -> str:
    match = _UNIT.match(t, start)
    return match[0] if match else ""


def _shared_unit(t: str, end: int, blocked: bytearray) -> str:
    """Return the unit of the list that goes on at ``end``: of 3、5和8件 it is 件."""
    for _ in range(_LONGEST_LIST):
        mark = _SHARED.match(t, end)
        if not mark:
            break
        following = amount_at(t, mark.end())
        if not following or any(blocked[following.start : following.end]):
            return ""
        if unit := _unit(t, following.end):
            return unit
        end = following.end
    return ""
