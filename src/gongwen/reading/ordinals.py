"""The numbers of Word's automatic numbering as it writes them: 一, 十二, 壹, ①, 甲, iv."""

from __future__ import annotations

import re
from collections.abc import Callable
from string import ascii_lowercase, ascii_uppercase

_STEMS, _BRANCHES = "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥"
_DIGITS = "〇一二三四五六七八九"
_FULL_WIDTH = "０１２３４５６７８９"
_WORDS = "一二三四五六七八九十百千"
_LEGAL = {
    "chineseLegalSimplified": str.maketrans(_WORDS, "壹贰叁肆伍陆柒捌玖拾佰仟"),
    "ideographLegalTraditional": str.maketrans(_WORDS, "壹貳參肆伍陸柒捌玖拾佰仟"),
    "japaneseLegal": str.maketrans(_WORDS, "壱弐参四伍六七八九拾百阡"),
}
_ROMAN = tuple(
    zip(
        (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1),
        "m cm d cd c xc l xl x ix v iv i".split(),
        strict=True,
    )
)
_LARGEST_WORD, _LARGEST_ROMAN, _LARGEST_LETTER = 9_999, 3_999, 780


def ordinal(number: int, style: str) -> str:
    """Return ``number`` as Word writes it in a list.

    Args:
        number: the number; beyond those that a style knows it is written in Arabic digits.
        style: name of the style in ECMA-376-1 §17.18.59 (``chineseCounting``). Styles of languages
            other than Chinese, Japanese and English give Arabic digits.
    """
    if style in ("none", "bullet"):
        return ""
    if number > 0 and style in _SEQUENCES and number <= len(_SEQUENCES[style]):
        return _SEQUENCES[style][number - 1]
    return _STYLES[style](number) if number > 0 and style in _STYLES else str(number)


def _in_digits(digits: str) -> Callable[[int], str]:
    table = str.maketrans("0123456789", digits)
    return lambda number: str(number).translate(table)


def _long_words(number: int) -> str:
    """Return 一十二 and 一百零一."""
    if number > _LARGEST_WORD:
        return str(number)
    places = zip(f"{number:04}", ("千", "百", "十", ""), strict=True)
    words = "".join("零" if d == "0" else _DIGITS[int(d)] + unit for d, unit in places)
    return re.sub("零+", "零", words).strip("零")


def _words(number: int) -> str:
    """Return 十二 and 一百零一."""
    words = _long_words(number)
    return words[1:] if words.startswith("一十") else words


def _counting(number: int) -> str:
    """Return 十二 and 一〇一: Word knows words up to 99 in this style."""
    return _words(number) if number < 100 else _in_digits(_DIGITS)(number)


def _japanese(number: int) -> str:
    return re.sub("一(?=[十百千])|零", "", _long_words(number))


def _legal(style: str) -> Callable[[int], str]:
    return lambda number: _long_words(number).translate(_LEGAL[style])


def _letters(alphabet: str) -> Callable[[int], str]:
    """Return how Word goes on behind z: aa, bb, cc."""

    def letters(number: int) -> str:
        if number > _LARGEST_LETTER:
            return str(number)
        return alphabet[(number - 1) % 26] * ((number - 1) // 26 + 1)

    return letters


def _roman(number: int) -> str:
    if number > _LARGEST_ROMAN:
        return str(number)
    letters = ""
    for size, letter in _ROMAN:
        letters += letter * (number // size)
        number %= size
    return letters


_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_SEQUENCES: dict[str, str | list[str]] = {
    "decimalEnclosedCircle": _CIRCLED,
    "decimalEnclosedCircleChinese": _CIRCLED,
    "ideographEnclosedCircle": "㊀㊁㊂㊃㊄㊅㊆㊇㊈㊉",
    "ideographTraditional": _STEMS,
    "ideographZodiac": _BRANCHES,
    "ideographZodiacTraditional": [_STEMS[i % 10] + _BRANCHES[i % 12] for i in range(60)],
}
_STYLES: dict[str, Callable[[int], str]] = {
    "decimalZero": lambda number: f"{number:02}",
    "decimalFullWidth": _in_digits(_FULL_WIDTH),
    "decimalFullWidth2": _in_digits(_FULL_WIDTH),
    # One character in Word (⑴ ⒈), but nobody types these.
    "decimalEnclosedParen": lambda number: f"({number})",
    "decimalEnclosedFullstop": lambda number: f"{number}.",
    "numberInDash": lambda number: f"- {number} -",
    "ideographDigital": _in_digits(_DIGITS),
    "japaneseDigitalTenThousand": _in_digits(_DIGITS),
    "taiwaneseDigital": _in_digits(_DIGITS),
    "chineseCounting": _counting,
    "taiwaneseCounting": _counting,
    "chineseCountingThousand": _words,
    "taiwaneseCountingThousand": _words,
    "japaneseCounting": _japanese,
    "lowerLetter": _letters(ascii_lowercase),
    "upperLetter": _letters(ascii_uppercase),
    "lowerRoman": _roman,
    "upperRoman": lambda number: _roman(number).upper(),
} | {style: _legal(style) for style in _LEGAL}
