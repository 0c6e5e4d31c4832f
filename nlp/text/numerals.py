"""The grammar of written numbers, which figures, checks and search share.

The input is text normalized by :func:`gongwen.nlp.text.normalize.squeeze`. There are two forms:

- :func:`in_digits` writes every number in digits and keeps a final 万 or 亿, so that the last digit
  still says how exact the number is: 十七件 is 17件, 百分之八点五 is 8.5%, 3亿5千万元 is 3.5亿元,
  四亿零七百多万吨 is 4.07亿多吨. Figures and checks read this form.
- :func:`in_values` also writes out 万 and 亿: 1.2亿元, 1亿2千万元 and 12000万元 are 120000000元.
  Search compares texts and queries in this form.

An ambiguous number (三亿五千件, 3亿5千件) is not converted. A missed conversion costs little,
because a search also matches the literal text; a name or idiom converted by mistake (三项制度,
统一) gives wrong matches.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from math import prod

_DIGITS = {char: i for i, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0, "两": 2}
_MULTIPLIERS = {"十": 10, "百": 100, "千": 1000}
_TO_ARABIC = str.maketrans({c: str(i) for c, i in _DIGITS.items()} | {"◯": "0", "o": "0"})

_DIGIT = "一二三四五六七八九"
_FORMAL = "壹贰叁肆伍陆柒捌玖拾佰仟"
"""Characters of financial documents, in which nobody can turn one into another: 伍仟元."""
_TENS = "廿卅"
_PLAIN = str.maketrans(
    dict(zip(_FORMAL, f"{_DIGIT}十百千", strict=True)) | {"廿": "二十", "卅": "三十"}
)
_ZERO = "[零〇○]"
_NUMERAL_CHARS = f"{_DIGIT}两十百千万亿零〇○{_TENS}"
_RANGE_MARK = "(?:--?|[~至到])"

SIZES = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "亿": 10**8}
"""What a multiplier behind a number multiplies by; 万亿 multiplies by both."""
NUMBER = r"(?:[1-9]\d{0,2}(?: \d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
"""Regular expression of a number in digits; spaces may part groups of three: 1 236."""
SCALE = r"(?:[十百千]?万亿|[十百千]?[万亿]|百(?!分)|千(?![瓦米克伏卡帕分]))"
"""Regular expression of the multipliers behind a number in digits; 千 of 千瓦 is of the unit."""
MORE = "[余多几来]"
"""Regular expression of the characters inside a number that make it a lower bound: 三千多万."""

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
    "|[美欧日港]元|英[镑里尺]|个[多余来]?(?:月|小时|工作日|百分点)"
)
_THINGS = (
    "[角毛块分]钱|[角毛](?=[一二三四五六七八九]分)|件|起(?![到来步草诉点伏跑])|人(?![民大才口均心文类体物力事])|名(?![单称字录誉义牌额胜师])"
    "|次(?![产分生氯要级序]|供水|能源|创业|污染|开发|利用)|份(?!额)|场(?![所地馆景面合域])"
    "|例(?![如行外])|宗(?![教旨])|户(?![籍口外])|家(?![庭长属园具乡渠])|所(?![有以在属镇])"
    "|台(?![山县河区阶账湾海风])|辆|处(?![理于置罚分方长])|亩|圆(?=整|[,;。、)]|$)|元(?![月旦素宵首区桥里材催锂])"
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

_MEASURE_OF_MANY = f"{MORE}?万?亿?(?:{_COUNTED}|{_CALENDAR}|{_COLLECTIVE})|{MORE}[万亿]"
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

_CHINESE = re.compile(f"[{_NUMERAL_CHARS}{_FORMAL}半]")
_SCALE_BEHIND_DIGIT = re.compile("[十百千万亿](?<=[0-9余多几来].)")
_THOUSANDS_COMMA = re.compile(",[0-9]{3}")
_RUN = f"[{_NUMERAL_CHARS}]++(?:点[{_DIGIT}零〇]++[万亿]*+(?![{_NUMERAL_CHARS}]))?"
_FOUR_DIGITS = f"[{_DIGIT}零〇○◯o]{{4}}"
_ARABIC = r"[0-9]++(?:,[0-9]{3}(?![0-9]))*+(?:\.[0-9]++)?"
_NUMBER_BEGINS = "(?<![0-9])(?<![0-9][.,])"
_OUTER = f"{MORE}(?:万亿|[万亿])(?![{_NUMERAL_CHARS}0-9])"
_REST = (
    rf"(?:{_ZERO}?(?:{_ARABIC}|[{_DIGIT}两](?=[十百千万亿]))(?:[十百万亿]|千(?![瓦克伏]))*+)++"
    f"(?:{_OUTER})?"
)
"""What goes on behind 3亿: 5千万, 零五百多万."""
_CLAUSE_END = r"[,;:。、)!?]|$"
_HALF_OF = rf"个半(?=月(?![板形刊])|小时|钟头|百分点|工作日|学期|世纪|[多左以]|{_CLAUSE_END})"
_HALF_MORE = rf"[年天周倍斤亩里]半(?=[内来的以前后多制左时]|{_CLAUSE_END})"
_ENDS_SHARE = rf"(?=[的之以左内上]|{_CLAUSE_END})"
_WAYS = (
    rf"(?<![0-9a-z])(?P<year>(?=[一二]){_FOUR_DIGITS})"
    rf"(?=(?:(?:年?{_RANGE_MARK}|[和、]){_FOUR_DIGITS}){{,4}}(?:年(?!级)|\]))"
    rf"|(?P<share>[百千万]分之)(?:(?P<low>{_RUN}|{_ARABIC}){_RANGE_MARK}(?P<high>{_RUN}){_ENDS_SHARE}"
    rf"|(?P<pair>[{_DIGIT}]{{2}}十?){_ENDS_SHARE}|(?P<part>{_RUN}|{_ARABIC}(?![百千万]))(?P<over>[多余几]?)"
    rf"(?!(?:{_RANGE_MARK}|[、.])?(?![百千万]分之)[{_NUMERAL_CHARS}0-9]))"
    rf"|{_NUMBER_BEGINS}(?<![{_NUMERAL_CHARS}])(?P<half>[{_DIGIT}两十{_TENS}]{{1,3}}|[0-9]{{1,2}})"
    rf"(?P<of>{_HALF_OF}|{_HALF_MORE})"
    rf"|{_NUMBER_BEGINS}(?<![a-z])(?P<mixed>{_ARABIC}[十百千万亿]{{1,3}}+(?:{_REST}|{_OUTER}))"
    rf"|(?P<formal>[{_FORMAL}][{_FORMAL}万亿零〇]*+)"
    rf"|(?P<run>{_RUN})(?P<rest>(?<=[百千万亿])(?=零?[0-9]){_REST})?"
    rf"|{_NUMBER_BEGINS}(?P<groups>[1-9][0-9]{{0,2}}(?:,[0-9]{{3}})+)(?![0-9]|,[0-9])"
)
_NUMERAL = rf"[0-9{_NUMERAL_CHARS}{_FORMAL}](?<=(?=(?P<number>{_WAYS})).)"
"""Pattern that matches the first character of a number, with the number as a group: a pattern that
begins with a set of characters is looked for at once, one with a condition in front is not."""
_RANGE = f"{_RANGE_MARK}第?({_RUN}|[{_FORMAL}][{_FORMAL}万亿零〇]*+)"
_INSIDE_NUMBER = re.compile(rf"(?:[0-9]\.?|点|分之|[{_DIGIT}]、)\Z")
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
        digits: the number in digits, such as ``17``, ``8.5%`` or ``3.5亿``.
    """

    start: int
    end: int
    digits: str


def find_numerals(text: str) -> list[Numeral]:
    """Return the numbers of squeezed ``text`` whose form in digits differs, in text order.

    Numbers do not overlap. The function finds years, percentages, numbers before a measure word,
    numbers of several parts (3亿5千万), a half behind a measure word (两年半), and Arabic numbers
    with thousands separators, except in quotations of at most 12 characters.

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
    found, pattern, end = list[Numeral](), _compiled(_NUMERAL), 0
    while match := pattern.search(text, end):
        end = match.end("number")
        if match.start() not in names and (numeral := _numeral(text, match)):
            found.append(numeral)
            end = numeral.end
    return found


def in_digits(text: str) -> str:
    """Return squeezed ``text`` with the numbers of :func:`find_numerals` in digits.

    Example:
        >>> in_digits("办理十七件，增长百分之八点五，投资3亿5千万元")
        '办理17件，增长8.5%，投资3.5亿元'
    """
    return _replaced(text, find_numerals(text))


def in_digits_offsets(text: str) -> tuple[str, list[int], list[int]]:
    """Return :func:`in_digits` of ``text`` with the source offsets of each character.

    Returns:
        The text in digits, and for each of its characters the start and the end offset in ``text``
        of its source: one character, or the whole number for a character of a converted number.

    Example:
        >>> in_digits_offsets("第十七条")
        ('第17条', [0, 1, 1, 3], [1, 3, 3, 4])
    """
    return _replaced_offsets(text, find_numerals(text))


def find_values(text: str) -> list[Numeral]:
    """Return the numbers of squeezed ``text`` that :func:`in_values` writes otherwise, in order.

    They are those of :func:`find_numerals` and those in digits with 万 or 亿, written out.

    Example:
        >>> find_values("投资1.2亿元")
        [Numeral(start=2, end=6, digits='120000000')]
    """
    numerals = find_numerals(text)
    if not _SCALE_BEHIND_DIGIT.search(digits := _replaced(text, numerals)):
        return numerals
    _, starts, ends = _replaced_offsets(text, numerals)
    scaled = [
        Numeral(starts[match.start()], ends[match.end() - 1], _written_out(match))
        for match in _compiled(_SCALED).finditer(digits)
        if not _compiled(_CUT).match(match[0])  # 0万 is the end of a number that was cut
    ]
    by_start = {numeral.start: numeral for numeral in (*numerals, *scaled)}
    return [by_start[start] for start in sorted(by_start)]


def in_values(text: str) -> str:
    """Return squeezed ``text`` with every number of :func:`find_values` written out.

    All ways of writing one number become one: 1.2亿元, 1亿2千万元, 一亿二千万元, 12000万元 and
    120,000,000元. A search compares text and query in this form.

    Example:
        >>> in_values("投资1.2亿元"), in_values("三十余万人")
        ('投资120000000元', '300000余人')
    """
    return _replaced(text, find_values(text))


def in_values_offsets(text: str) -> tuple[str, list[int], list[int]]:
    """Return :func:`in_values` of ``text`` with the source offsets of each character.

    Returns:
        As :func:`in_digits_offsets`.

    Example:
        >>> in_values_offsets("3万人")
        ('30000人', [0, 0, 0, 0, 0, 2], [2, 2, 2, 2, 2, 3])
    """
    return _replaced_offsets(text, find_values(text))


def size_of(scale: str) -> int:
    """Return what the multipliers behind a number multiply by.

    Example:
        >>> size_of("万亿"), size_of("")
        (1000000000000, 1)
    """
    return prod(SIZES[char] for char in scale)


def _replaced(text: str, numerals: list[Numeral]) -> str:
    parts, done = list[str](), 0
    for numeral in numerals:
        parts += text[done : numeral.start], numeral.digits
        done = numeral.end
    return "".join(parts) + text[done:]


def _replaced_offsets(text: str, numerals: list[Numeral]) -> tuple[str, list[int], list[int]]:
    if not numerals:
        return text, [*range(len(text))], [*range(1, len(text) + 1)]
    parts, starts, ends, done = list[str](), list[int](), list[int](), 0
    for numeral in (*numerals, Numeral(len(text), len(text), "")):
        parts += text[done : numeral.start], numeral.digits
        starts += *range(done, numeral.start), *[numeral.start] * len(numeral.digits)
        ends += *range(done + 1, numeral.start + 1), *[numeral.end] * len(numeral.digits)
        done = numeral.end
    return "".join(parts), starts, ends


_CUT = "[0.,]+(?![0-9.,])"
_SCALED = (
    rf"{_NUMBER_BEGINS}(?<![a-z百千万亿])(?<!分之)(?P<number>{NUMBER})(?P<more>{MORE})?(?P<scale>(?>{SCALE}))(?P<over>[余多])?+"
    rf"(?!{_ZERO}?[0-9]|[十百千万亿]|分之)"
)


def _written_out(match: re.Match[str]) -> str:
    """Return the number of a match of :data:`_SCALED` in digits alone, and its 余 behind it."""
    value = Decimal(match["number"].replace(" ", "")) * size_of(match["scale"])
    written = f"{value:f}"
    plain = written.rstrip("0").rstrip(".") if "." in written else written
    return plain + (match["more"] or "") + (match["over"] or "")


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compile ``pattern`` at first use, because most searches need none of the patterns."""
    return re.compile(pattern)


def _numeral(text: str, match: re.Match[str]) -> Numeral | None:
    """Return the number of a match of :data:`_NUMERAL`, ``None`` if it is not to be converted."""
    start, end = match.span("number")
    run, rest, formal, groups, year = match.group("run", "rest", "formal", "groups", "year")
    if run and not rest:
        return _of_run(text, run, start, end)
    if formal:
        is_number = not text[end : end + 1].isdigit() and _is_formal(text, formal, start, end)
        found = _of_run(text, formal.translate(_PLAIN), start, end) if is_number else None
        if found and text.startswith("圆", found.end):  # 伍仟圆整
            return Numeral(start, found.end + 1, f"{found.digits}元")
        return found
    if groups:
        return Numeral(start, end, groups.replace(",", ""))
    if year:
        return Numeral(start, end, year.translate(_TO_ARABIC))
    if _INSIDE_NUMBER.search(text, max(0, start - 2), start):
        return None
    if match["share"]:
        written = _share(match)
        return Numeral(start, end, written) if written else None
    if (half := match["half"]) and (written := _checked(half)):  # 两年半 is 2.5年
        return Numeral(start, end, f"{written}.5{match['of'].replace('半', '')}")
    if half:
        return None
    return _of_parts(text, match["number"], start, end)


def _share(match: re.Match[str]) -> str:
    """Return the percentage (or per mille) of a match, ``""`` if it is not well-formed."""
    sign = "%" if match["share"][0] == "百" else "‰" if match["share"][0] == "千" else "‱"
    if pair := match["pair"]:  # 百分之七八, 百分之七八十
        low, high = _DIGITS[pair[0]], _DIGITS[pair[1]]
        tens = "0" if pair[2:] else ""
        return f"{low}{tens}-{high}{tens}{sign}" if high == low + 1 else ""
    if part := match["part"]:
        written = _checked("一百" if part == "百" else part)
        return written + match["over"] + sign if written else ""
    first, last = _checked(match["low"]), _checked(match["high"])
    return f"{first}-{last}{sign}" if first and last else ""


def _checked(number: str) -> str:
    """Return a number of characters or digits in digits, ``""`` if it is not well-formed."""
    if number[0] in "0123456789":
        return number.replace(",", "")
    number = number.translate(_PLAIN)
    return _to_digits(number) if _compiled(_VALID).fullmatch(number) else ""


def _of_run(text: str, run: str, start: int, end: int) -> Numeral | None:
    """Return the number of a run of characters between ``start`` and ``end``, if it is one."""
    if _INSIDE_NUMBER.search(text, max(0, start - 2), start):
        return None
    if run[-1] == "千" and text[end : end + 1] in ("克", "伏", "瓦"):
        run, end = run[:-1], end - 1  # in 三百万千瓦 the number is 三百万 and 千 is of the unit
    plain = run.translate(_PLAIN)
    if not plain:
        return None
    if "亿" in plain or plain[-1] == "万":
        outer = _compiled(_OUTER).match(text, end)
        if outer and outer[0][1:] != plain[-1]:  # 三亿二千多万, 一万多亿
            whole = plain + outer[0][1:]
            if not _compiled(_VALID).fullmatch(whole):
                return None
            return Numeral(start, outer.end(), _to_digits(whole) + outer[0][0])
    if _compiled(_VALID).fullmatch(plain):
        if _is_counted(text, plain, start, end):
            return Numeral(start, end, _to_digits(plain))
    elif _compiled(_ELLIPTICAL).fullmatch(plain) and _compiled(_BEHIND_ELLIPTICAL).match(text, end):
        return Numeral(start, end, _canonical(*(_parts(plain) or (Decimal(0), Decimal(1)))))
    return None


_ELLIPTICAL = rf"{_BELOW_YI}亿[{_DIGIT}]|{_BELOW_WAN}万[{_DIGIT}]"
"""A number whose last digit is of the next place below: 三万五 is 35000."""
_BEHIND_ELLIPTICAL = (
    f"[余多元块人亩吨斤米平]|公[里斤顷]|千[瓦米克伏]|美元|左右|以[上下内]|{_CLAUSE_END}"
)
"""What follows such a number; 超10亿5家 has two numbers."""
_OTHER_WORDS = {"伍": "队退入行落", "陆": "大内登着水海空", "拾": "收捡"}  # 队伍, 大陆, 收拾


def _is_formal(text: str, run: str, start: int, end: int) -> bool:
    """Return whether ``run``, characters of financial documents, is a number."""
    if start and text[start - 1] in _OTHER_WORDS.get(run[0], ""):
        return False
    return len(run) > 1 or text[end : end + 1] in ("元", "圆", "份", "角")


def _of_parts(text: str, written: str, start: int, end: int) -> Numeral | None:
    """Return the number of several parts, some of them in digits: 3亿5千万, 12万5000, 5千多万."""
    more = ""
    if outer := _compiled(f"(.*?)({MORE})(万亿|[万亿])").fullmatch(written):
        written, more = outer[1] + outer[3], outer[2]
        if simple := _compiled(rf"({_ARABIC})({SCALE})").fullmatch(written):
            return Numeral(start, end, simple[1].replace(",", "") + simple[2] + more)
    is_elliptical = len(written) > 1 and written[-2] in "万亿"
    if len(written) > _LONGEST or (
        is_elliptical and not _compiled(_BEHIND_ELLIPTICAL).match(text, end)
    ):
        return None
    parts = _parts(written.replace(",", "").translate(_PLAIN))
    return Numeral(start, end, _canonical(*parts) + more) if parts else None


_LONGEST = 24
"""Characters of a number of several parts; a Decimal has 28 digits."""
_DIGIT_OF_PART = f"(?:[1-9]|[{_DIGIT}两])"
_PART = (
    rf"(?P<arabic>[0-9]+(?:\.[0-9]+)?)|(?P<chinese>{_BELOW_WAN})"
    rf"|(?:(?P<千>{_DIGIT_OF_PART})千)?(?:{_ZERO}?(?P<百>{_DIGIT_OF_PART})百)?"
    rf"(?:(?P<rest>{_ZERO}?[0-9]{{2,3}})"
    rf"|(?:{_ZERO}?(?P<十>{_DIGIT_OF_PART})十)?(?:{_ZERO}?(?P<一>{_DIGIT_OF_PART}))?)"
)
_Parts = tuple[Decimal, Decimal]
"""The value of a number, and what one more in its last written digit is worth."""


def _parts(written: str) -> _Parts | None:
    """Return the value of a number of several parts, ``None`` if it is not well-formed.

    ``None`` also for 3亿5千, which some mean as 3.5亿.
    """
    written = re.sub("万亿(?=[^亿]+亿$)", "万", written)  # 3万亿5千亿
    high, scale, low = written.partition("亿")
    if scale and ((low and not re.fullmatch(_BEHIND_YI, low)) or high[-2:-1] == "万"):
        return None
    if not scale:
        high, scale, low = written.partition("万")
    if not scale:
        return _part(written)
    size, above = SIZES[scale], _parts(high)
    if above is None or not low:
        return (above[0] * size, above[1] * size) if above else None
    if re.fullmatch(_DIGIT_OF_PART, low):  # 1万2
        tenth = Decimal(size // 10)
        below: _Parts | None = (_digit(low) * tenth, tenth)
    else:
        below = _parts(low)
    if below is None or below[0] >= size or above[1] < 1:
        return None
    return above[0] * size + below[0], below[1]


_BEHIND_YI = rf".*万.*|{_ZERO}.*|[0-9]{{5,8}}|{_DIGIT_OF_PART}"
"""What may follow 3亿; of 3亿5千 nobody knows whether it is less than 3.1亿."""


def _part(written: str) -> _Parts | None:
    """Return the number of a part without 万 and 亿: 5, 5千, 2千3百, 零五百, 三百二十."""
    match = _compiled(_PART).fullmatch(written.lstrip("零〇○"))
    if not match or not match[0]:
        return None
    if arabic := match["arabic"]:
        return Decimal(arabic), Decimal(1).scaleb(-len(arabic.partition(".")[2]))
    value, step = Decimal(0), Decimal(1)
    if chinese := match["chinese"]:
        last = next((size for unit, size in _MULTIPLIERS.items() if chinese[-1] == unit), 1)
        return Decimal(_value(chinese)), Decimal(last)
    for unit, size in (("千", 1000), ("百", 100), ("十", 10), ("一", 1)):
        if digit := match[unit]:
            value, step = value + _digit(digit) * size, Decimal(size)
    if rest := match["rest"]:  # 2千500, 3千2百15; of 2千50 nobody knows
        whole = rest[0] in "零〇○" or Decimal(10) ** len(rest) == step
        return (value + Decimal(rest.lstrip("零〇○")), Decimal(1)) if whole else None
    if match["一"] and not match["十"] and written[-2] not in "零〇○":
        return None  # 5千6
    return value, step


def _digit(char: str) -> Decimal:
    return Decimal(char if char.isascii() else _DIGITS[char])


def _canonical(value: Decimal, step: Decimal) -> str:
    """Return ``value`` in digits so that one more in the last of them is worth ``step``."""
    scales = ("", "万", "亿", "万亿")
    scale = next((scale for scale in scales if size_of(scale) >= step), "万亿")
    size = size_of(scale)
    return f"{(value / size).quantize(min(step / size, Decimal(1))):f}{scale}"


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
        last = to[1].translate(_PLAIN)
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
        if "亿" in head and (parts := _parts(number)):  # 三亿五千万
            return _canonical(*parts)
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
            total, digit = total + (digit or 1) * _MULTIPLIERS[char], 0
        else:
            digit = _DIGITS[char]
    return total + digit
