"""Convert numbers written in Chinese characters to digits: 十七件 to 17件, 百分之八点五 to 8.5%.

The input is text normalized by :func:`gongwen.nlp.text.normalize.squeeze`. An ambiguous number is
not converted. A missed conversion costs little, because a search also matches the literal text; a
name or idiom converted by mistake (三项制度, 统一, 七八个) gives wrong matches.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

_DIGITS = {char: i for i, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0, "两": 2}
_MULTIPLIERS = {"十": 10, "百": 100, "千": 1000}
_TO_ARABIC = str.maketrans({c: str(i) for c, i in _DIGITS.items()} | {"◯": "0", "o": "0"})

_DIGIT = "一二三四五六七八九"
_ZERO = "[零〇○]"
_NUMERAL_CHARS = f"{_DIGIT}两十百千万亿零〇○"
_RANGE_MARK = "(?:--?|[~至到])"

# Grammar of well-formed numbers; it rejects 两十, 十百, 三五, 一百五 (150?) and 三亿五千 (3.5亿?).
_BELOW_100 = f"(?:[{_DIGIT}]?十[{_DIGIT}]?|[{_DIGIT}])"
_AFTER_100 = f"(?:{_ZERO}[{_DIGIT}]|[{_DIGIT}]十[{_DIGIT}]?)?"
_BELOW_1000 = f"(?:[{_DIGIT}两]百{_AFTER_100}|{_BELOW_100})"
_THOUSANDS = f"[{_DIGIT}两]千(?:{_ZERO}{_BELOW_100}|[{_DIGIT}两]百{_AFTER_100})?"
_BELOW_WAN = f"(?:{_THOUSANDS}|{_BELOW_1000}|两)"
_AFTER_WAN = f"(?:{_ZERO}?{_THOUSANDS}|{_ZERO}{_BELOW_1000})?"
_BELOW_YI = f"{_BELOW_WAN}(?:万{_AFTER_WAN})?"
_AFTER_YI = f"(?:{_ZERO}(?:{_THOUSANDS}|{_BELOW_1000})|{_ZERO}?{_BELOW_WAN}万{_AFTER_WAN})?"
_VALID = f"{_BELOW_YI}(?:亿{_AFTER_YI})?|(?:{_BELOW_YI}|{_ZERO})点[{_DIGIT}零〇○]+万?亿?"

# Measure words, each with the characters that must not follow it: 部 is a measure word, but 部门
# is a noun.
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
_SECTIONS = "届|期(?![间望限刊货待盼末]|叠加)|条(?![例件约])|款(?![项式待])|章(?!程)"
_COUNTED = f"{_UNITS}|{_THINGS}|{_SECTIONS}|年(?![级轻])|日(?![报常子趋益])"
_CALENDAR = "月(?![球饼])|号(?![召称令码脉])|季度"
_COLLECTIVE = (
    "个(?![别性体])|项(?!目)|种(?![植养子])|批(?![准评复])|级|位(?![于置])|类(?![似型])|层|张|座|套"
    "|支(?![持部付])|间|栋|幢|块|株|头|只(?![有要能是])|匹|口(?![径岸])|颗|枚|艘|架(?!构)|门(?!口)"
    "|列(?![为入席])|对(?![于外口])|节(?![约能日假])|课|集(?![中体团])|页|字|句|轮|趟|省(?!级)"
    "|市(?![场民值])|县|区(?!域)|乡|镇|村(?!民)|国(?![家内际民有务])|周(?!边)|度(?!假)|斤|秒|世纪"
    "|平方|立方|时(?![间期代刻候任常])|克(?!服)|摄氏度|以[上下内]|左右"
)

_APPROXIMATE = "[余多几来]"
_MEASURE_OF_MANY = (
    f"{_APPROXIMATE}?万?亿?(?:{_COUNTED}|{_CALENDAR}|{_COLLECTIVE})|{_APPROXIMATE}[万亿]"
)
_MEASURE_OF_DECIMAL = f"{_COUNTED}|[级度]"
# A numeral of one character also occurs in names and idioms (三个代表), so it needs a measure word
# of things or dates.
_MEASURE_OF_ONE = f"{_COUNTED}|{_CALENDAR}"
_MEASURE_OF_ORDINAL = f"(?!人)(?:{_MEASURE_OF_ONE}|[节编](?![约制])|批(?![准评复])|项(?!目))"
_MEASURE_BY_DIGIT = {
    "一": (
        f"(?:{_UNITS}|件(?![事件])|名(?![单称义])|例(?![如行外])|宗|台(?!阶)|辆|亩|吨|岁|倍)"
        f"(?![{_NUMERAL_CHARS}多接0-9])"  # 一人一策, 一件接着一件
        f"|{_CALENDAR}|届|期(?![间望限待])|年(?=以[上下内]|内|期)|(?<=月一)日|次(?=会议|全会)"
    ),
    "二": (  # things are counted with 两 except in legal texts
        f"{_UNITS}|{_SECTIONS}|{_CALENDAR}|年(?![级轻])|[日岁倍件]|[人名元](?=以[上下])"
    ),
    "两": _COUNTED,  # 两月 does not mean February
}
_FORMS_WORD_WITH_YI = frozenset("统同唯单专合划归逐不之周其进每这那某任上下另又着")
"""Characters that form a word with a following single 一 (之一, 这一), which is then no number."""
_ALWAYS_FORMS_WORD_WITH_YI = frozenset("统唯专划归")
"""Characters that form a word with 一 even when 一 begins a longer numeral (统一十二个)."""

_CHINESE = re.compile(f"[{_NUMERAL_CHARS}]")
_THOUSANDS_COMMA = re.compile(",[0-9]{3}")
_RUN = f"[{_NUMERAL_CHARS}]++(?:点[{_DIGIT}零〇○]++[万亿]*+(?![{_NUMERAL_CHARS}]))?"
_FOUR_DIGITS = f"[{_DIGIT}零〇○◯o]{{4}}"
_NUMERAL = (
    rf"(?<![0-9a-z])(?P<year>(?=[一二]){_FOUR_DIGITS})"
    rf"(?=(?:(?:年?{_RANGE_MARK}|[和、]){_FOUR_DIGITS}){{,4}}(?:年(?!级)|\]))"
    rf"|(?P<share>[百千]分之)(?P<part>{_RUN})(?!(?:{_RANGE_MARK}|、)?(?![百千]分之)[{_NUMERAL_CHARS}0-9])"
    rf"|(?P<run>{_RUN})"
    r"|(?<![0-9.,])(?P<groups>[1-9][0-9]{0,2}(?:,[0-9]{3})+)(?![0-9]|,[0-9])"
)
_RANGE = f"{_RANGE_MARK}第?({_RUN})"
_INSIDE_NUMBER = re.compile(rf"(?:[0-9][.,]?|点|分之|[{_DIGIT}]、)\Z")
"""Text before a match that shows it is the rest of a longer number: 3万, 三分之二, 二、三百."""
_QUOTED = re.compile('"([^"]*)"')
_MAX_NAME = 12
"""Longest quotation, in characters, that counts as a name; no number in a name is converted."""


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number in a text and its form in digits.

    Attributes:
        start: offset of its first character.
        end: offset after its last character.
        digits: the number in digits, such as ``17`` or ``8.5%``.
    """

    start: int
    end: int
    digits: str


def find_numerals(text: str) -> list[Numeral]:
    """Return the numbers of squeezed ``text`` whose form in digits differs, in text order.

    Numbers do not overlap. The function finds years, percentages, numbers before a measure word,
    and Arabic numbers with thousands separators, except in quotations of at most 12 characters.

    Example:
        >>> find_numerals("办理十七件")
        [Numeral(start=2, end=4, digits='17')]
    """
    if not _CHINESE.search(text) and not _THOUSANDS_COMMA.search(text):
        return []
    names: set[int] = set()
    if '"' in text and text.count('"') % 2 == 0:  # an odd count leaves the pairs unknown
        for quoted in _QUOTED.finditer(text):
            if len(quoted[1]) <= _MAX_NAME:
                names.update(range(*quoted.span(1)))
    found = []
    for match in _compiled(_NUMERAL).finditer(text):
        if match.start() not in names and (numeral := _numeral(text, match)):
            found.append(numeral)
    return found


def in_digits(text: str) -> str:
    """Return squeezed ``text`` with the numbers of :func:`find_numerals` in digits.

    Example:
        >>> in_digits("办理十七件，增长百分之八点五")
        '办理17件，增长8.5%'
    """
    numerals = find_numerals(text)
    if not numerals:
        return text
    parts, done = list[str](), 0
    for numeral in numerals:
        parts += text[done : numeral.start], numeral.digits
        done = numeral.end
    return "".join(parts) + text[done:]


def in_digits_offsets(text: str) -> tuple[str, list[int], list[int]]:
    """Return :func:`in_digits` of ``text`` with the source offsets of each character.

    Returns:
        The text in digits, and for each of its characters the start and the end offset in ``text``
        of its source: one character, or the whole number for a character of a converted number.

    Example:
        >>> in_digits_offsets("第十七条")
        ('第17条', [0, 1, 1, 3], [1, 3, 3, 4])
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
    """Compile ``pattern`` at first use, because most searches need none of the patterns."""
    return re.compile(pattern)


def _numeral(text: str, match: re.Match[str]) -> Numeral | None:
    """Return the number of a match of :data:`_NUMERAL`, ``None`` if it is not to be converted."""
    start, end = match.span()
    if groups := match["groups"]:
        return Numeral(start, end, groups.replace(",", ""))
    if year := match["year"]:
        return Numeral(start, end, year.translate(_TO_ARABIC))
    if _INSIDE_NUMBER.search(text, max(0, start - 2), start):
        return None
    if share := match["share"]:
        part = "一百" if match["part"] == "百" else match["part"]
        sign = "%" if share[0] == "百" else "‰"
        return (
            Numeral(start, end, _to_digits(part) + sign)
            if _compiled(_VALID).fullmatch(part)
            else None
        )
    run = match["run"]
    if run[-1] == "千" and text[end : end + 1] in ("克", "伏", "瓦"):
        run, end = run[:-1], end - 1  # in 三百万千瓦 the number is 三百万 and 千 is of the unit
    if _compiled(_VALID).fullmatch(run) and _is_counted(text, run, start, end):
        return Numeral(start, end, _to_digits(run))
    return None


def _is_counted(text: str, run: str, start: int, end: int) -> bool:
    """Return whether ``run`` is a number: a measure word follows it, or follows its range (至)."""
    before = text[start - 1] if start else ""
    if run[0] == "一" and before in (
        _FORMS_WORD_WITH_YI if run == "一" else _ALWAYS_FORMS_WORD_WITH_YI
    ):
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
    """Return whether the measure word that ``run`` needs as a number follows at ``end``."""
    if run[-1] in "万亿" and run != "十万":  # 十万 may be the idiom 十万火急
        return True
    if "点" in run:
        return bool(_compiled(_MEASURE_OF_DECIMAL).match(text, end))
    if len(run) > 1 or (run == "十" and text[end : end + 1] in ("余", "多", "几", "来")):
        return bool(_compiled(_MEASURE_OF_MANY).match(text, end))
    if text[start - 1 : start] == "第":
        return bool(_compiled(_MEASURE_OF_ORDINAL).match(text, end))
    return bool(_compiled(_MEASURE_BY_DIGIT.get(run, _MEASURE_OF_ONE)).match(text, end))


def _to_digits(number: str) -> str:
    """Return a well-formed ``number`` in digits, keeping a final 万 or 亿 as a unit."""
    if number[-1] in "万亿":
        head, unit = number[:-1], number[-1]
        yi, between, wan = head.partition("亿")
        if between:  # 三亿五千万
            return f"{_to_digits(yi)}亿{_value(wan)}{unit}"
        return _to_digits(head) + unit
    whole, point, decimals = number.partition("点")
    return str(_value(whole)) + ("." if point else "") + decimals.translate(_TO_ARABIC)


def _value(number: str) -> int:
    """Return the value of a well-formed Chinese integer."""
    for unit, size in (("亿", 10**8), ("万", 10**4)):
        high, found, low = number.partition(unit)
        if found:
            return _value(high) * size + _value(low)
    total = digit = 0
    for char in number:
        if char in _MULTIPLIERS:
            total += (digit or 1) * _MULTIPLIERS[char]
            digit = 0
        else:
            digit = _DIGITS[char]
    return total + digit
