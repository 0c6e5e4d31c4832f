"""What stands behind a number: measure words, units, currencies.

A word that begins like a unit is none (人民, 项目, 家庭): each unit names what may not follow it.
"""

from __future__ import annotations

import re

from .records import FigureKind

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
