"""Convert numbers written in Chinese characters to digits: 十七件 is 17件, 百分之八点五 is 8.5%.

Works on text as :func:`gongwen.nlp.text.normalize.squeeze` gives it. Where in doubt a number stays as it is:
what is literally the same is found in any case, so a number that is not converted loses little,
and a name or idiom that is (三项制度, 统一, 七八个) confuses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

_DIGITS = {char: i for i, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0, "两": 2}
_TENS = {"十": 10, "百": 100, "千": 1000}
_ARABIC = str.maketrans({c: str(i) for c, i in _DIGITS.items()} | {"◯": "0", "o": "0"})

_D = "一二三四五六七八九"
_ZERO = "[零〇○]"
_ANY = f"{_D}两十百千万亿零〇○"
_TO = "(?:--?|[~至到])"

# A number written out in full; 两十, 十百, 三五, 一百五 (150?) and 三亿五千 (3.5亿?) are none.
_BELOW_100 = f"(?:[{_D}]?十[{_D}]?|[{_D}])"
_BEHIND_100 = f"(?:{_ZERO}[{_D}]|[{_D}]十[{_D}]?)?"
_BELOW_1000 = f"(?:[{_D}两]百{_BEHIND_100}|{_BELOW_100})"
_THOUSANDS = f"[{_D}两]千(?:{_ZERO}{_BELOW_100}|[{_D}两]百{_BEHIND_100})?"
_BELOW_WAN = f"(?:{_THOUSANDS}|{_BELOW_1000}|两)"
_BEHIND_WAN = f"(?:{_ZERO}?{_THOUSANDS}|{_ZERO}{_BELOW_1000})?"
_BELOW_YI = f"{_BELOW_WAN}(?:万{_BEHIND_WAN})?"
_BEHIND_YI = f"(?:{_ZERO}(?:{_THOUSANDS}|{_BELOW_1000})|{_ZERO}?{_BELOW_WAN}万{_BEHIND_WAN})?"
_VALID = f"{_BELOW_YI}(?:亿{_BEHIND_YI})?|(?:{_BELOW_YI}|{_ZERO})点[{_D}零〇○]+万?亿?"

# Measure words, each with what may not follow it: 部 is one, but 部门 is a word.
_UNITS = (
    "公[里斤顷]|平米|平方(?:公里|千米|米)|立方米|[厘毫]米|千[克伏瓦]|兆瓦|小时|分钟|周[年岁]"
    "|[美欧日港]元|英[镑里尺]|个(?:月|小时|工作日|百分点)"
)
_THINGS = (
    "件|起(?![到来步草诉点伏跑])|人(?![民大才口均心文类体物力事])|名(?![单称字录誉义牌额胜师])"
    "|次(?![产分生氯要级序]|供水|能源|创业|污染|开发|利用)|份(?!额)|场(?![所地馆景面合域])"
    "|例(?![如行外])|宗(?![教旨])|户(?![籍口外])|家(?![庭长属园具乡渠])|所(?![有以在属镇])"
    "|台(?![山县河区阶账湾海风])|辆|处(?![理于置罚分方长])|亩|元(?![月旦素宵首区桥里材催锂])"
    "|天(?![然津文气下地空])|吨|册|本(?![质身地科级届人部市省县区月报])|篇(?![章幅])|岁"
    "|米(?![粉饭面])|部(?![分门委长队署位下落])|倍(?![增数感受])"
)
_PARTS = "届|期(?![间望限刊货待盼末]|叠加)|条(?![例件约])|款(?![项式待])|章(?!程)"
_COUNTED = f"{_UNITS}|{_THINGS}|{_PARTS}|年(?![级轻])|日(?![报常子趋益])"
_CALENDAR = "月(?![球饼])|号(?![召称令码脉])|季度"
_COLLECTIVE = (
    "个(?![别性体])|项(?!目)|种(?![植养子])|批(?![准评复])|级|位(?![于置])|类(?![似型])|层|张|座|套"
    "|支(?![持部付])|间|栋|幢|块|株|头|只(?![有要能是])|匹|口(?![径岸])|颗|枚|艘|架(?!构)|门(?!口)"
    "|列(?![为入席])|对(?![于外口])|节(?![约能日假])|课|集(?![中体团])|页|字|句|轮|趟|省(?!级)"
    "|市(?![场民值])|县|区(?!域)|乡|镇|村(?!民)|国(?![家内际民有务])|周(?!边)|度(?!假)|斤|秒|世纪"
    "|平方|立方|时(?![间期代刻候任常])|克(?!服)|摄氏度|以[上下内]|左右"
)

_ABOUT = "[余多几来]"
_MANY = f"{_ABOUT}?万?亿?(?:{_COUNTED}|{_CALENDAR}|{_COLLECTIVE})|{_ABOUT}[万亿]"
_FRACTION = f"{_COUNTED}|[级度]"
# One character makes names and idioms as well (三个代表): a thing or a date must follow.
_SINGLE = f"{_COUNTED}|{_CALENDAR}"
_ORDINAL = f"(?!人)(?:{_SINGLE}|[节编](?![约制])|批(?![准评复])|项(?!目))"
_BY_DIGIT = {
    "一": (
        f"(?:{_UNITS}|件(?![事件])|名(?![单称义])|例(?![如行外])|宗|台(?!阶)|辆|亩|吨|岁|倍)"
        f"(?![{_ANY}多接0-9])"  # 一人一策, 一件接着一件
        f"|{_CALENDAR}|届|期(?![间望限待])|年(?=以[上下内]|内|期)|(?<=月一)日|次(?=会议|全会)"
    ),
    "二": (  # things are counted with 两, but in laws
        f"{_UNITS}|{_PARTS}|{_CALENDAR}|年(?![级轻])|[日岁倍件]|[人名元](?=以[上下])"
    ),
    "两": _COUNTED,  # 两月 is no February
}
_NO_ONE = frozenset("统同唯单专合划归逐不之周其进每这那某任上下另又着")
_NO_NUMBER = frozenset("统唯专划归")
"""Behind these 一 is of another word (之一, 这一), and even in front of a digit (统一十二个)."""

_CHINESE = re.compile(f"[{_ANY}]")
_COMMA = re.compile(",[0-9]{3}")
_RUN = f"[{_ANY}]++(?:点[{_D}零〇○]++[万亿]*+(?![{_ANY}]))?"
_FOUR = f"[{_D}零〇○◯o]{{4}}"
_NUMERAL = (
    rf"(?<![0-9a-z])(?P<year>(?=[一二]){_FOUR})"
    rf"(?=(?:(?:年?{_TO}|[和、]){_FOUR}){{,4}}(?:年(?!级)|\]))"
    rf"|(?P<share>[百千]分之)(?P<part>{_RUN})(?!(?:{_TO}|、)?(?![百千]分之)[{_ANY}0-9])"
    rf"|(?P<run>{_RUN})"
    r"|(?<![0-9.,])(?P<groups>[1-9][0-9]{0,2}(?:,[0-9]{3})+)(?![0-9]|,[0-9])"
)
_RANGE = f"{_TO}第?({_RUN})"
_TORN = re.compile(rf"(?:[0-9][.,]?|点|分之|[{_D}]、)\Z")
"""Behind these stands the rest of a number, not one: 3万, 三分之二, 二、三百."""
_QUOTED = re.compile('"([^"]*)"')
_NAME = 12
"""Characters of a quotation that is taken for a name, in which nothing is converted."""


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number in a text.

    Attributes:
        start: offset of its first character.
        end: offset behind its last character.
        digits: what is put in its place.
    """

    start: int
    end: int
    digits: str


def find_numerals(text: str) -> list[Numeral]:
    """Return the numbers of squeezed ``text`` that have another form in digits.

    They are ascending and do not overlap. Found are years, percentages, numbers before a measure
    word, and Arabic numbers with commas between the thousands; in a short quotation nothing is.
    """
    if not _CHINESE.search(text) and not _COMMA.search(text):
        return []
    names: set[int] = set()
    if '"' in text and text.count('"') % 2 == 0:  # a stray one would turn the others around
        for quoted in _QUOTED.finditer(text):
            if len(quoted[1]) <= _NAME:
                names.update(range(*quoted.span(1)))
    found = []
    for match in _compiled(_NUMERAL).finditer(text):
        if match.start() not in names and (numeral := _numeral(text, match)):
            found.append(numeral)
    return found


def in_digits(text: str) -> str:
    """Return squeezed ``text`` with its numbers in digits; ``text`` itself when it has none."""
    numerals = find_numerals(text)
    if not numerals:
        return text
    parts, done = list[str](), 0
    for numeral in numerals:
        parts += text[done : numeral.start], numeral.digits
        done = numeral.end
    return "".join(parts) + text[done:]


def in_digits_offsets(text: str) -> tuple[str, list[int], list[int]]:
    """Return :func:`in_digits` of ``text``, and where each of its characters comes from.

    Returns:
        The text in digits, and for each of its characters the start and the end in ``text`` of
        what it stands for: of itself, or of the whole number when it is part of one.
    """
    parts, starts, ends, done = list[str](), list[int](), list[int](), 0
    for numeral in (*find_numerals(text), Numeral(len(text), len(text), "")):
        parts += text[done : numeral.start], numeral.digits
        starts += *range(done, numeral.start), *[numeral.start] * len(numeral.digits)
        ends += *range(done + 1, numeral.start + 1), *[numeral.end] * len(numeral.digits)
        done = numeral.end
    return "".join(parts), starts, ends


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Return the compiled pattern: not at import, for most searches need none of them."""
    return re.compile(pattern)


def _numeral(text: str, match: re.Match[str]) -> Numeral | None:
    start, end = match.span()
    if groups := match["groups"]:
        return Numeral(start, end, groups.replace(",", ""))
    if year := match["year"]:
        return Numeral(start, end, year.translate(_ARABIC))
    if _TORN.search(text, max(0, start - 2), start):
        return None
    if share := match["share"]:
        part = "一百" if match["part"] == "百" else match["part"]
        sign = "%" if share[0] == "百" else "‰"
        return (
            Numeral(start, end, _written(part) + sign)
            if _compiled(_VALID).fullmatch(part)
            else None
        )
    run = match["run"]
    if run[-1] == "千" and text[end : end + 1] in ("克", "伏", "瓦"):
        run, end = run[:-1], end - 1  # of 三百万千瓦 the number is 三百万
    if _compiled(_VALID).fullmatch(run) and _is_counted(text, run, start, end):
        return Numeral(start, end, _written(run))
    return None


def _is_counted(text: str, run: str, start: int, end: int) -> bool:
    """Tell whether what follows says that ``run`` is a number: a measure word, or 至 and one."""
    before = text[start - 1] if start else ""
    if run[0] == "一" and before in (_NO_ONE if run == "一" else _NO_NUMBER):
        return False
    if run[0] == "十" and before in ("几", "数"):
        return False
    if _has_measure(text, run, start, end):
        return True
    if to := _compiled(_RANGE).match(text, end):
        last = to[1]
        return bool(_compiled(_VALID).fullmatch(last)) and _has_measure(
            text, last, to.start(1), to.end()
        )
    return False


def _has_measure(text: str, run: str, start: int, end: int) -> bool:
    if run[-1] in "万亿" and run != "十万":  # 十万火急
        return True
    if "点" in run:
        return bool(_compiled(_FRACTION).match(text, end))
    if len(run) > 1 or (run == "十" and text[end : end + 1] in ("余", "多", "几", "来")):
        return bool(_compiled(_MANY).match(text, end))
    if text[start - 1 : start] == "第":
        return bool(_compiled(_ORDINAL).match(text, end))
    return bool(_compiled(_BY_DIGIT.get(run, _SINGLE)).match(text, end))


def _written(number: str) -> str:
    """Return a valid ``number`` in digits; 万 or 亿 at its end stays, as the unit."""
    if number[-1] in "万亿":
        head, unit = number[:-1], number[-1]
        yi, between, wan = head.partition("亿")
        if between:  # 三亿五千万
            return f"{_written(yi)}亿{_value(wan)}{unit}"
        return _written(head) + unit
    whole, point, decimals = number.partition("点")
    return str(_value(whole)) + ("." if point else "") + decimals.translate(_ARABIC)


def _value(number: str) -> int:
    for unit, size in (("亿", 10**8), ("万", 10**4)):
        high, found, low = number.partition(unit)
        if found:
            return _value(high) * size + _value(low)
    total = digit = 0
    for char in number:
        if char in _TENS:
            total += (digit or 1) * _TENS[char]
            digit = 0
        else:
            digit = _DIGITS[char]
    return total + digit
