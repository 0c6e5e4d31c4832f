"""The words around an indicator that are not part of it, and the phrase without them.

The words are in ``seeds/vocabulary/indicators.txt``; here stands how they combine. A pattern is
compiled when it is first used.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from operator import eq

from ..text.normalize import fold
from ..text.paragraphs import MARKERS
from ..vocabulary import WordLists

INDICATORS = WordLists(
    "indicators",
    "time after-year whose adverb kept light light-noun telling telling-noun predicate"
    " handling-noun sum-adverb sum-noun time-between done office office-did leader leader-did"
    " towards giving end end-change other-basis head people people-noun stop rate outcome"
    " before-outcome after-outcome reaching further-done how-done to-whom goal share-number"
    " list-verb own-subject measured-by case rate-adverb attribute measure-end spending"
    " attributive",
)
_words = INDICATORS.pattern
LISTS = WordLists("lists", "common common-tail creating side cell")

SHORTEST = 2
"""Characters of the shortest noun."""
EDGES = ",;:。|"
"""Marks between which the words of a number stand."""
_NUMERAL = "[一二三四五六七八九十]{1,3}"


def _time() -> str:
    return (
        rf"(?:19|20)\d\d年{_words('after-year')}?"
        r"|截[至止][^,;。]{0,14}?(?:底|末|日|月|目前|止|年)"
        rf"|{_words('time')}"
        r"|[近过去这前今后两三四五六七八九十\d]{1,4}年(?:来|间|内|中(?!小学?))?(?:累计)?"
        r"|(?:前|第)?[一二三四1-4]个?季度(?:起|以来)?|前\d+个月"
        r"|\"?十[一二三四五]五\"?(?:时期|期间|以来|末期?|初期?|前)?(?:,)?"
        rf"|\"?[^,;:。\"]{{1,12}}\"?(?:活动)?期间|\d{{1,2}}月(?:份|底)?"
    )


def _scope() -> str:
    return (
        r"我[省市县区局州国旗镇乡街道办委厅]+|全(?:[省市县区州国旗镇乡局村]|系统|地区|公社|大队|街道|自治区|社区|集团|行业|流域)(?![域级])"
        r"|本[省市县区局州]|[省市县区州][委级]?[、和](?:[省市县区州]级?)"
        rf"|{_words('whose')}"
    )


@cache
def lead_words() -> re.Pattern[str]:
    """Return the pattern of what an indicator does not begin with."""
    item = (
        rf"(?:{_NUMERAL}(?:是(?!否)|要|、)|[(（](?:{_NUMERAL}|\d{{1,2}})[)）]"
        rf"|\d{{1,2}}[.、](?!\d)|[①-⑳]|{MARKERS.pattern('sequence')}"
        r"|第[一二三四五六七八九十](?=,))[,:]?"
    )
    return re.compile(
        rf"(?:{item}|(?<=[年月])(?:[末底初度份][以之]?前?|前)|{_time()}|{_scope()}|{_words('adverb')}"
        r"|[,:、\"'](?![^\"]{0,200}\")|-{1,2}|[了的于]|在(?![办建校岗册编籍职审侦园训读营]))"
    )


@cache
def kept_words() -> re.Pattern[str]:
    """Return the pattern of nouns that begin like :func:`lead_words` and stay."""
    return re.compile(rf"{_words('kept')}|建议$")


@cache
def light_verbs() -> re.Pattern[str]:
    """Return the pattern of verbs that say nothing of what is counted."""
    return re.compile(
        rf"(?:{_words('light')}|完成(?!..$))(?:了|过|到|起|好)?(?!{_words('light-noun')})"
    )


@cache
def telling_verbs() -> re.Pattern[str]:
    """Return the pattern of verbs that say what happened, which stay part of the indicator."""
    return re.compile(rf"{_words('telling')}(?:了|到|起|出)?(?!{_words('telling-noun')})")


@cache
def predicates() -> re.Pattern[str]:
    """Return the pattern of verbs that are no part of a noun: the subject ends in front of them."""
    return re.compile(rf"{_words('predicate')}|办理(?=[^,]{{2}})(?!{_words('handling-noun')})")


@cache
def summing_adverbs() -> re.Pattern[str]:
    """Return the pattern of adverbs between a subject and what it did."""
    return re.compile(rf"{_words('sum-adverb')}(?!{_words('sum-noun')})(?=.)")


@cache
def times_between() -> re.Pattern[str]:
    """Return the pattern of times between a subject and what it did."""
    return re.compile(rf"{_words('time-between')}(?=完成(?!..$)|{_words('light', 'telling')})")


@cache
def offices() -> re.Pattern[str]:
    """Return the pattern of the end of an office's name, in front of what the office did."""
    return re.compile(
        rf"{_words('office')}(?={_words('done', 'office-did')})"
        rf"|{_words('leader')}(?={_words('leader-did')})"
    )


@cache
def towards() -> re.Pattern[str]:
    """Return the pattern of what stands in front of whom or what something is done to."""
    return re.compile(_words("towards"))


@cache
def done_verbs() -> re.Pattern[str]:
    """Return the pattern of verbs that say what is done to them."""
    return re.compile(_words("done"))


@cache
def giving_verbs() -> re.Pattern[str]:
    """Return the pattern of verbs of money whose object stands behind the sum."""
    return re.compile(rf"{_words('giving')}了?$")


def tails() -> str:
    """Return the pattern of what an indicator does not end with, up to the end of the text."""
    return (
        r"(?:[比较](?:[上去前]年|同期|\d{4}年|全[国省市])[^,;。]{0,6}"
        r"|(?:是|为|相当于)[^,;。是为]{1,14}的(?<=的)|现有?(?=$)"
        r"|(?<=[,;。、])[较比][^,;。]{1,12}(?:末|底|初|年|时)的"
        r"|(?:过去|[这近前])?[\d两三四五六七八九十]{1,3}年(?:来|间)?"
        rf"|{_words('end-change')}(?:在|到|至|为|了)"
        r"|(?<![平高])等(?:\d*)|连续.{1,3}年|(?:达到)?或?(?:略)?[高低]于"
        r"|(?:为|按)?(?:每(?:平方米|公斤|[亩吨人户年月天日件次个])){1,4}"
        r"|(?<![\d比较同与到至前第])(?:前|第)?[一二三四1-4]个?季度"
        r"|[由从](?:[\d一二三四五六七八九十]{1,3}年前|年初|[上前去]年|原来|当初|最初)的?"
        r"|按?(?:同|可比|不变)(?:口径|价格?)(?:计算)?|扣除[^,;。]{1,6}因素"
        r"|[位名]?(?<![系陈行班专序阵队])列"
        r"|(?:[位跃稳]?居|位列|名列|列)(?:全[国省市县区州球]|世界|[东中西]部|[东西][南北])(?:地区|各省|城市)?"
        rf"|{_words('end')})$"
    )


_TAILS_BEGIN = (
    r"\d两三四五六七八九十一二比较是为相现过这近前等连达或略高低按每第由从同可不扣位名列跃稳居"
)
"""First characters of :func:`tails`, as a set of a regular expression, besides those of words."""


@cache
def end_words() -> re.Pattern[str]:
    """Return the pattern of the first character of :func:`tails`, with the whole as ``tail``.

    A pattern that begins with a set of characters is looked for several times faster.
    """
    words = INDICATORS.texts("end-change", "end")
    first = "".join(sorted({form[0] for word in words for form in (word, fold(word))}))
    return re.compile(rf"[{_TAILS_BEGIN}{first}](?<=(?=(?P<tail>{tails()})).)")


@cache
def other_basis() -> re.Pattern[str]:
    """Return the pattern of what gives a change another basis than the amounts that are stated."""
    return re.compile(rf"{_words('other-basis')}|扣除[^,;。]{{1,6}}因素")


@cache
def heads() -> re.Pattern[str]:
    """Return the pattern of a phrase behind a number up to the noun that ends it."""
    return re.compile(rf".{{0,6}}?{_words('head')}")


@cache
def heads_of_people() -> re.Pattern[str]:
    """Return the same pattern for the phrase behind a number of people."""
    return re.compile(rf".{{0,8}}?{_words('people')}(?!{_words('people-noun')})")


@cache
def stop_words() -> re.Pattern[str]:
    """Return the pattern of what ends the noun phrase behind a number."""
    return re.compile(rf"{_words('stop')}|建设(?=的|了|完|$)|获$|[,;:。!?、()\d~|-]")


@cache
def rates() -> re.Pattern[str]:
    """Return the pattern of the end of the name of a rate or a share."""
    return re.compile(rf"{_words('rate')}$")


@cache
def outcomes() -> re.Pattern[str]:
    """Return the pattern of what became of cases.

    Alone in front of a number it makes that a part of the number before.
    """
    return re.compile(
        rf"(?:依法|目前|现|现已|全部)?{_words('before-outcome')}?{_words('outcome')}"
        rf"(?:[和或]{_words('outcome')})?{_words('after-outcome')}?"
    )


@cache
def reaching_verbs() -> re.Pattern[str]:
    """Return the pattern of verbs whose object is the number: of 培训14期,覆盖2300人次 覆盖."""
    return re.compile(rf"(?:共|累计|已)?(?P<verb>{_words('reaching')})(?:到|了|约|近)?")


@cache
def elided_objects() -> re.Pattern[str]:
    """Return the pattern of a verb, or of 日均, whose noun was said before the number in front."""
    return re.compile(
        r"(?:本年度?|全年|当年|年内)?(?:已|共|均|现|并|再|累计|基本)?"
        r"(?P<verb>上一?年度?结转|结转[至到]?[下本]一?年度?|办理[答回]复|[日月年人户亩]均|平均每[人户亩天月个]"
        rf"|新?{_words('how-done')}?{_words('done', 'further-done')}"
        rf"(?:到位|完成|完毕|{_words('to-whom')}(?:机关|部门))?)(?:了|达到?|为|约)?"
    )


@cache
def per_unit() -> re.Pattern[str]:
    """Return the pattern of words of a rate per head or per unit: 每万人, 人均."""
    return re.compile(_words("measured-by"))


@cache
def _case() -> re.Pattern[str]:
    return re.compile(rf"{_words('case')}$")


@cache
def _rate_with_adverb() -> re.Pattern[str]:
    return re.compile(rf"{_words('rate-adverb')}[^,;:。]{{0,8}}(?:率|占比|比例|比重)$")


@cache
def _attributive() -> re.Pattern[str]:
    return re.compile(_words("attributive"))


@cache
def goal_reached() -> re.Pattern[str]:
    """Return the pattern of a goal of which a share is reached: 完成年度计划的98%."""
    return re.compile(
        r"(?P<verb>(?:超额|提前|基本|胜利|全面)?(?:完成|达到|实现))了?"
        rf"(?P<of>[^,;。:]{{0,16}}?{_words('goal')}(?:任务|数|值)?)的?$"
    )


@cache
def predicate_behind() -> re.Pattern[str]:
    """Return the pattern of what a share of something does: 三分之二的乡镇建成司法所."""
    return re.compile(rf"的(?P<what>(?!{_words('share-number')})[^,;:。!?、]{{4,18}})(?=[,;。!?])")


@cache
def list_verbs() -> re.Pattern[str]:
    """Return the pattern of verbs that hold for the whole of a list."""
    return re.compile(_words("list-verb"))


@cache
def own_subject() -> re.Pattern[str]:
    """Return the pattern of how items of a list begin that do not share its verb."""
    return re.compile(_words("own-subject"))


@cache
def reaching_behind_subject() -> re.Pattern[str]:
    """Return the pattern of a verb behind its subject, whose object is behind the number."""
    return re.compile(rf"(?<=..){_words('reaching')}$")


@cache
def each_has() -> re.Pattern[str]:
    """Return the pattern of what a list shares: 每百户拥有自行车83辆、缝纫机41架."""
    return re.compile(rf"{_words('measured-by')}[^,;:。]{{0,5}}?(?:拥有|配备|有)")


@cache
def done_so_often() -> re.Pattern[str]:
    """Return the pattern of what was done a number of times: 三次提高出口退税率."""
    return re.compile(r"[^,;:。!?、()]{4,14}(?=[,;。!?、])")


@cache
def spending() -> re.Pattern[str]:
    """Return the pattern of words of spending that name nothing alone: 投资480万元."""
    return re.compile(_words("spending"))


@cache
def spent_on() -> re.Pattern[str]:
    """Return the pattern of what money was spent on, behind the sum."""
    light = "(?:实施|开展|用于|推进|完成|进行|落实)"
    return re.compile(
        rf"(?:资金)?(?:{light}了?|(?={list_verbs().pattern}|{telling_verbs().pattern}))"
        r"(?P<what>[^,;:。!?、()]{4,20})(?=[,;:。!?、]|$)"
    )


@cache
def attributes() -> re.Pattern[str]:
    """Return the pattern of nouns that say nothing alone: 总产量, 增速."""
    return re.compile(_words("attribute"))


@cache
def measure_ends() -> re.Pattern[str]:
    """Return the pattern of ends of names in whose place such a noun stands."""
    return re.compile(rf"(?<=..){_words('measure-end')}$")


# -- phrases --------------------------------------------------------------------------------------

_LONGEST_TAIL = 24
"""Characters from the end of a phrase in which what it does not end with is looked for."""


def strip(t: str, a: int, b: int, rate: bool = False) -> tuple[int, int]:
    """Return the span without times, scopes, adverbs and light verbs at its ends.

    Of a ``rate`` the adverb stays (按时办结率).
    """
    while a < b and (tail := end_words().search(t, max(a, b - _LONGEST_TAIL), b)):
        b = tail.start()
    while a < b:
        if kept_words().match(t, a, b) or (rate and _rate_with_adverb().match(t, a, b)):
            break
        lead = lead_words().match(t, a, b)
        if lead and lead.end() > a:
            a = lead.end()
            continue
        light = light_verbs().match(t, a, b)
        if light and light.end() <= b - SHORTEST:
            a = light.end()
            continue
        if light and light.end() == b:
            a = b
        break
    return a, b


_AGE = re.compile(r"\d{1,3}(?:-\d{1,3})?周?岁(?:及?以[上下])?的?")
_DONE_TO = re.compile(r"[^,;:。了]{2,10}?(?=[^,;:。了]{2}了)")
"""What is done something to: of 217名残疾人办理了残疾证 it is 残疾人."""
_JOINS = re.compile("和|与|及(?!以[上下])|以及|及以上|或")
_PLACES = "县市区省镇乡村人"
"""Nouns of one character."""
ATTRIBUTE = "级型类式性"
"""Ends of attributes whose noun follows: 国家级, 大中型."""


def phrase_behind(
    t: str, start: int, following: int | None, people: bool, object_of: bool = False
) -> tuple[int, int] | None:
    """Return the span of the noun phrase right behind a number, ``None`` when none is there.

    Args:
        t: the text.
        start: where the number ends.
        following: where the next number begins, ``None`` for no other.
        people: whether it counts people.
        object_of: whether a verb stands in front of the number, so that what follows is its object
            also where it begins like a verb (出台69项支持政策).
    """
    if t[start : start + 1] == "的":
        start += 1
    end = len(t) if following is None else following
    age = _AGE.match(t, start, end)
    stop = stop_words().search(t, age.end() if age else start, end)
    if stop and stop.start() == start and object_of and stop[0].isalpha():
        stop = stop_words().search(t, stop.end(), end)
    limit = _joined(t, start, stop.start(), end) if stop else end
    if t.find("了", start, limit) > 0 and (done := _DONE_TO.match(t, start, limit)):
        limit = done.end()
    if limit == following:
        limit = _before_verb(t, start, limit)
    quote = t.count('"', start, limit)
    if quote % 2:
        limit = t.rfind('"', start, limit)
    if head := (heads_of_people() if people else heads()).match(t, start, limit):
        limit = head.end()
    if bracket := _bracketed(t, start, end, limit):
        limit = bracket
    if limit == following and limit - start > 8:
        return None
    telling = telling_verbs().match(t, start, limit)
    if (
        telling
        and following is None
        and telling.end() - start >= 2
        and limit - start <= telling.end() - start
    ):
        return None
    if t[limit - 1 : limit + 1] == "中,":  # of 46件案件中,维持30件 it is 案件
        limit -= 1
    if limit - start < SHORTEST and not (limit - start == 1 and t[start] in _PLACES):
        return None
    return start, limit


def _joined(t: str, start: int, stop: int, end: int) -> int:
    """Return the end of a phrase with 和 in it: 12个部门和单位, 30座大中型和重点小型水库.

    What stands behind 和 belongs to it when what stands in front is an attribute, or when it is
    short and ends the clause.
    """
    join = _JOINS.match(t, stop, end)
    if not join or stop - start < SHORTEST:
        return stop
    following = stop_words().search(t, join.end(), end)
    last = following.start() if following else end
    ends = last == len(t) or t[last] in EDGES
    if last - join.end() >= SHORTEST and (
        t[stop - 1] in ATTRIBUTE or (ends and last - join.end() <= 6)
    ):
        return last
    return stop


def _before_verb(t: str, start: int, end: int) -> int:
    """Return where the noun of a number ends, when a verb and its object reach the next number.

    In 为29个省份保供煤炭35亿吨 the noun of 29个 is 省份.
    """
    verbs = telling_verbs().finditer(t, start + (1 if t[start] in _PLACES else SHORTEST), end)
    own = (v for v in verbs if end - v.end() >= SHORTEST and not _attributive().match(t, v.end()))
    return max((v.start() for v in own), default=end)


def _bracketed(t: str, start: int, end: int, limit: int) -> int:
    """Return the end of a phrase that goes on behind a short bracket: 镇办(社区)综治中心."""
    if t[limit : limit + 1] != "(" or limit == start:
        return 0
    close = t.find(")", limit, min(end, limit + 8))
    if close < 0 or any(c in t[limit:close] for c in ",;:"):
        return 0
    stop = stop_words().search(t, close + 1, end)
    rest = stop.start() if stop else end
    return rest if rest > close + 1 else 0


def tidy(name: str) -> str:
    """Return ``name`` as the table shows it: no loose mark at its ends, 复议案 as 复议案件."""
    name = name.strip("、，,:：;；·的|").lstrip("和与及")
    for opening, closing in ("()", "（）", "“”", '""'):
        if name.count(opening) != name.count(closing):
            name = name.strip(opening + closing)
    return name + "件" if _case().search(name) and len(name) > 2 else name


@cache
def _sides() -> re.Pattern[str]:
    """Return the pattern of words that stand side by side: 城镇 and 农村."""
    return re.compile(LISTS.pattern("side"))


def complete(name: str, before: str) -> str:
    """Return ``name`` with the noun that the name in front has: 农村 after 城市低保标准."""
    size = len(name)
    if len(before) > size and _sides().fullmatch(name) and _sides().fullmatch(before[:size]):
        return name + before[size:]
    return ""


def same_form(items: Sequence[str]) -> str:
    """Return what the last item of a list shares with the others, which it begins like.

    Of 养老、失业、工伤保险参保人数 it is 保险参保人数.
    They share a character (炼铁、炼钢) or stand side by side (城镇、农村居民收入).
    """
    size = len(items[0])
    begin, rest = items[-1][:size], items[-1][size:]
    if size < 2 or len(rest) < 2 or any(len(item) != size for item in items[:-1]):
        return ""
    alike = all(any(map(eq, item, begin)) for item in items[:-1])
    pair = all(_sides().fullmatch(item) for item in (*items[:-1], begin))
    return rest if alike or pair else ""
