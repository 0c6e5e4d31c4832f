"""The words around an indicator that are not part of it: times, scopes, adverbs, verbs.

The words are in ``seeds/vocabulary/indicators.txt``; here stands how they combine. A pattern is
compiled when it is first used.
"""

from __future__ import annotations

import re
from functools import cache

from ..text.paragraphs import MARKERS
from ..vocabulary import WordLists

INDICATORS = WordLists(
    "indicators",
    "time after-year whose adverb kept light light-noun telling telling-noun predicate"
    " handling-noun sum-adverb sum-noun time-between done office office-did leader leader-did"
    " towards giving end end-change other-basis head people people-noun stop rate outcome"
    " before-outcome after-outcome reaching further-done how-done to-whom goal share-number"
    " list-verb own-subject measured-by case rate-adverb attribute measure-end spending",
)
_words = INDICATORS.pattern

_NUMERAL = "[一二三四五六七八九十]{1,3}"


def _time() -> str:
    return (
        rf"(?:19|20)\d\d年{_words('after-year')}?"
        r"|截[至止][^,;。]{0,14}?(?:底|末|日|月|目前|止|年)"
        rf"|{_words('time')}"
        r"|[近过去这前今后两三四五六七八九十\d]{1,4}年(?:来|间|内)?(?:累计)?"
        r"|(?:前|第)?[一二三四1-4]个?季度(?:起|以来)?|前\d+个月"
        r"|\"?十[一二三四五]五\"?(?:时期|期间|以来)?(?:,)?"
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
        r"|[,:、\"'](?![^\"]{0,200}\")|-{1,2}|[了的于]|在(?![办建校岗册编籍职审侦]))"
    )


@cache
def kept_words() -> re.Pattern[str]:
    """Return the pattern of nouns that begin like :func:`lead_words` and stay."""
    return re.compile(rf"{_words('kept')}|建议$")


@cache
def light_verbs() -> re.Pattern[str]:
    """Return the pattern of verbs that say nothing of what is counted."""
    return re.compile(
        rf"(?:{_words('light')}|完成(?!..$))(?:了|过|到|起)?(?!{_words('light-noun')})"
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


@cache
def end_words() -> re.Pattern[str]:
    """Return the pattern of what an indicator does not end with."""
    return re.compile(
        r"(?:[比较](?:[上去前]年|同期|\d{4}年|全[国省市])[^,;。]{0,6}"
        r"|(?:是|为|相当于)[^,;。是为]{1,14}的(?<=的)|现有?(?=$)"
        r"|(?<=[,;。、])[较比][^,;。]{1,12}(?:末|底|初|年|时)的"
        r"|(?:过去|[这近前])?[\d两三四五六七八九十]{1,3}年(?:来|间)?"
        rf"|{_words('end-change')}(?:在|到|至|为|了)"
        r"|(?<![平高])等(?:\d*)|连续.{1,3}年|(?:达到)?或?(?:略)?[高低]于"
        r"|(?:为|按)?(?:每(?:平方米|公斤|[亩吨人户年月天日件次个])){1,4}"
        r"|(?<![\d比较同与到至前第])(?:前|第)?[一二三四1-4]个?季度"
        r"|按?(?:同|可比|不变)(?:口径|价格?)(?:计算)?|扣除[^,;。]{1,6}因素"
        r"|[位名]?(?<![系陈行班专序阵队])列"
        r"|(?:[位跃]?居|位列|名列|列)(?:全[国省市县区州球]|世界|[东中西]部|[东西][南北])(?:地区|各省|城市)?"
        rf"|{_words('end')})$"
    )


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
        rf"{_words('after-outcome')}?"
    )


@cache
def reaching_verbs() -> re.Pattern[str]:
    """Return the pattern of verbs whose object is the number: of 培训14期,覆盖2300人次 覆盖."""
    return re.compile(rf"(?:共|累计|已)?(?P<verb>{_words('reaching')})(?:到|了|约|近)?")


@cache
def elided_objects() -> re.Pattern[str]:
    """Return the pattern of a verb, or of 日均, whose noun was said before the number in front."""
    return re.compile(
        r"(?:本年度?|全年|当年|年内)?(?:已|共|均|现|并|再)?"
        r"(?P<verb>上一?年度?结转|结转[至到]?[下本]一?年度?|办理[答回]复|[日月年人户亩]均|平均每[人户亩天月个]"
        rf"|新?{_words('how-done')}?{_words('done', 'further-done')}"
        rf"(?:到位|完成|完毕|{_words('to-whom')}(?:机关|部门))?)(?:了|达到?|为|约)?"
    )
