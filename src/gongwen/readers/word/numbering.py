"""Compute the automatic numbers of Word paragraphs (一、 (二) ①) and decode symbol fonts (☑).

A paragraph refers to a list (``numId``) and a level of it, directly or by its style. Lists that
share one definition (``abstractNum``) share its counters, unless a list overrides the first number
(ECMA-376-1 §17.9).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from string import ascii_lowercase, ascii_uppercase
from typing import ClassVar
from unicodedata import category

from .package import Attributes, Walker, is_on, value

# -- lists -----------------------------------------------------------------------------------------

_REFERENCE = re.compile("%([1-9])")
_MAX_LEVELS = 9
_MAX_TEMPLATE = 255
_MAX_BASE_STYLES = 64
"""Most styles in a chain of base styles; also ends circular chains."""


@dataclass(slots=True)
class Level:
    """One level of a list.

    Attributes:
        start: its first number.
        ordinals: its number format, see :func:`ordinal`.
        text: the template of the label, with ``%1`` for the number of the first level.
        restart: the level (1 to 9) after which it restarts, 0 for never, ``None`` for any higher
            level.
        arabic: whether the numbers of other levels in the label are in Arabic digits.
        joined: whether nothing separates the number and the text.
        style: the paragraph style that implies this level.
    """

    start: int = 1
    number_format: str = "decimal"
    template: str = ""
    restart: int | None = None
    arabic: bool = False
    joined: bool = False
    style: str = ""


@dataclass(slots=True)
class _List:
    """A list: its definition, and the first numbers and levels that it overrides."""

    definition: str = ""
    starts: dict[int, int] = field(default_factory=dict)
    levels: dict[int, Level] = field(default_factory=dict)


class Numbering(Walker):
    """The lists defined in ``numbering.xml``, and their counters."""

    def __init__(self) -> None:
        super().__init__()
        self._lists: dict[str, _List] = {}
        self._definitions: dict[str, dict[int, Level]] = {}
        self._links: dict[str, str] = {}
        """The list style that a definition refers to, for definitions without levels."""
        self._styles: dict[str, str] = {}
        """The definition of each list style."""
        self._counts: dict[str, dict[int, int]] = {}
        self._started: set[tuple[str, int]] = set()
        self._definition_id = self._list_id = ""
        self._level_index = 0
        self._level = Level()

    def next(self, list_id: str, depth: int) -> str:
        """Count one paragraph and return its label, ``""`` for none.

        Args:
            list_id: the list (``numId``).
            depth: the level, 0 (highest) to 8.

        Example:
            Two calls of ``next("1", 0)`` for a list 一、二、 -> ``"一、"``, then ``"二、"``
        """
        list_ = self._lists.get(list_id)
        if list_ is None:
            return ""
        levels = self._levels(list_)
        if depth not in levels:
            return ""
        counts = self._counts.setdefault(list_.definition, {})
        restarts = depth in list_.starts and (list_id, depth) not in self._started
        self._started.add((list_id, depth))
        starts = {n: list_.starts.get(n, level.start) for n, level in levels.items()}
        counts[depth] = counts[depth] + 1 if depth in counts and not restarts else starts[depth]
        for n, level in levels.items():
            if n < depth:
                counts.setdefault(n, starts[n])  # a higher level without a paragraph counts as used
            elif depth < (n if level.restart is None else min(n, level.restart)):
                counts.pop(n, None)
        return _label(levels, counts, depth)

    def depth_of(self, list_id: str, style: str) -> int | None:
        """Return the level of a list that a paragraph style implies, ``None`` for none."""
        levels = self._levels(self._lists.get(list_id, _List()))
        return next((n for n, level in levels.items() if level.style == style), None)

    def _levels(self, list_: _List) -> dict[int, Level]:
        """Return the levels of a list, from its definition or the list style it refers to."""
        definition = list_.definition
        definition = self._styles.get(self._links.get(definition, ""), definition)
        return self._definitions.get(definition, {}) | list_.levels

    def _begin_definition(self, attributes: Attributes) -> None:
        self._definition_id = value(attributes, "abstractNumId")
        self._definitions[self._definition_id] = {}

    def _begin_list(self, attributes: Attributes) -> None:
        self._list_id = value(attributes, "numId")
        self._lists[self._list_id] = _List()

    def _begin_override(self, attributes: Attributes) -> None:
        self._level_index = number(value(attributes, "ilvl"))

    def _begin_level(self, attributes: Attributes) -> None:
        self._level_index = number(value(attributes, "ilvl"))
        self._level = Level()
        if self._level_index >= _MAX_LEVELS:
            return
        if self.path[-2] == "abstractNum":
            self._definitions[self._definition_id][self._level_index] = self._level
        elif self.path[-2] == "lvlOverride" and self._list_id in self._lists:
            self._lists[self._list_id].levels[self._level_index] = self._level

    def _property(self, attributes: Attributes) -> None:
        parent, name = self.path[-2], self.path[-1]
        setting = value(attributes)
        match parent, name:
            case "abstractNum", "numStyleLink":
                self._links[self._definition_id] = setting
            case "abstractNum", "styleLink":
                self._styles[setting] = self._definition_id
            case "num", "abstractNumId":
                self._lists[self._list_id].definition = setting
            case "lvlOverride", "startOverride" if self._list_id in self._lists:
                self._lists[self._list_id].starts[self._level_index] = number(setting)
            case "lvl", "start":
                self._level.start = number(setting)
            case "lvl" | "Fallback", "numFmt":
                self._level.number_format = setting
            case "lvl", "lvlText":
                self._level.template = setting[:_MAX_TEMPLATE]
            case "lvl", "lvlRestart":
                self._level.restart = number(setting)
            case "lvl", "isLgl":
                self._level.arabic = is_on(attributes)
            case "lvl", "suff":
                self._level.joined = setting == "nothing"
            case "lvl", "pStyle":
                self._level.style = setting
            case "rPr", "vanish" if is_on(attributes):
                self._level.template = ""  # a hidden label is counted but not displayed

    starts: ClassVar = {
        "abstractNum": _begin_definition,
        "num": _begin_list,
        "lvlOverride": _begin_override,
        "lvl": _begin_level,
    } | dict.fromkeys(
        (
            "numStyleLink", "styleLink", "abstractNumId", "startOverride", "start", "numFmt",
            "lvlText", "lvlRestart", "isLgl", "suff", "pStyle", "vanish",
        ),
        _property,
    )  # fmt: skip


def _label(levels: dict[int, Level], counts: dict[int, int], depth: int) -> str:
    """Return the label of a paragraph on level ``depth`` with these counts."""
    level = levels[depth]
    if level.number_format == "bullet":
        return ""

    def number_for_level(match: re.Match[str]) -> str:
        n = int(match[1]) - 1
        if n not in counts:
            return ""
        style = levels[n].number_format
        arabic = level.arabic and n != depth and style != "none"
        return ordinal(counts[n], "decimal" if arabic else style)

    label = _REFERENCE.sub(number_for_level, level.template)
    # No space follows 一、 and (1), as people type them; one follows 1.1 and 第一条.
    ends_in_letter_or_digit = label and (
        category(label[-1]).startswith("L") or category(label[-1]) == "Nd"
    )
    return label + " " if ends_in_letter_or_digit and not level.joined else label


def number(digits: str) -> int:
    """Return the value of a numeric attribute, 0 if it is not a number of up to nine digits.

    Example:
        >>> number("12"), number("x")
        (12, 0)
    """
    return int(digits) if re.fullmatch("[0-9]{1,9}", digits) else 0


# -- styles ----------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Style:
    """The properties that a style sets itself; ``None`` where it inherits."""

    based_on: str = ""
    list_id: str | None = None
    depth: int | None = None
    is_hidden: bool | None = None
    is_contents: bool = False
    is_title: bool = False
    outline: int | None = None


@dataclass(frozen=True, slots=True)
class Properties:
    """The resolved properties of a style.

    Attributes:
        list_id: the list of its paragraphs, ``""`` for none.
        depth: the level in the list, from 0.
        is_hidden: whether its text is not displayed.
        is_contents: whether its paragraphs are entries of a table of contents.
        is_title: whether its paragraphs are the title.
        outline: the level of its paragraphs as headings, from 1, 0 when they are none.
    """

    list_id: str
    depth: int
    is_hidden: bool
    is_contents: bool
    is_title: bool = False
    outline: int = 0


class Styles(Walker):
    """The styles in ``styles.xml``: their lists, hidden text, and tables of contents."""

    def __init__(self, numbering: Numbering) -> None:
        super().__init__()
        self._numbering = numbering
        self._styles: dict[str, _Style] = {}
        self._style = _Style()
        self._default = ""
        self._known: dict[str, Properties] = {}

    def properties(self, style: str) -> Properties:
        """Return the properties of a style, including those of the styles it is based on.

        ``styles.xml`` and ``numbering.xml`` must have been walked before.

        Args:
            style: the id of the style, ``""`` for the default style of paragraphs.
        """
        if style not in self._known:
            self._known[style] = self._resolve(style)
        return self._known[style]

    def _resolve(self, style: str) -> Properties:
        chain = list(self._base_styles(style))
        list_id = next((s.list_id for _, s in chain if s.list_id is not None), "")
        depths = (
            depth
            for name, s in chain
            for depth in (s.depth, self._numbering.depth_of(list_id, name))
            if depth is not None
        )
        return Properties(
            list_id,
            next(depths, 0),
            next((s.is_hidden for _, s in chain if s.is_hidden is not None), False),
            any(s.is_contents for _, s in chain),
            any(s.is_title for _, s in chain[:1]),
            next((s.outline for _, s in chain if s.outline is not None), 0),
        )

    def _base_styles(self, name: str) -> Iterator[tuple[str, _Style]]:
        """Yield a style (``""`` for the default) and the chain of styles that it is based on."""
        name = name if name in self._styles else self._default
        for _ in range(_MAX_BASE_STYLES):
            if (style := self._styles.get(name)) is None:
                return
            yield name, style
            name = style.based_on

    def _begin(self, attributes: Attributes) -> None:
        name = value(attributes, "styleId")
        self._style = self._styles[name] = _Style()
        default = value(attributes, "default", "0") not in ("0", "false", "off")
        if default and value(attributes, "type") == "paragraph":
            self._default = name

    def _property(self, attributes: Attributes) -> None:
        setting = value(attributes)
        match self.path[3:]:
            case ["basedOn"]:
                self._style.based_on = setting
            case ["name"]:
                self._style.is_contents = bool(_CONTENTS_STYLE.fullmatch(setting))
                self._style.is_title = bool(_TITLE_STYLE.fullmatch(setting))
                if heading := _HEADING_STYLE.fullmatch(setting):
                    self._style.outline = int(heading[1])
            case ["pPr", "outlineLvl"]:
                self._style.outline = outline_level(setting)
            case ["pPr", "numPr", "numId"]:
                self._style.list_id = setting
            case ["pPr", "numPr", "ilvl"]:
                self._style.depth = number(setting)
            case ["rPr", "vanish"]:
                self._style.is_hidden = is_on(attributes)

    starts: ClassVar = {"style": _begin} | dict.fromkeys(
        ("basedOn", "name", "numId", "ilvl", "vanish", "outlineLvl"), _property
    )


_CONTENTS_STYLE = re.compile(r"toc [1-9]|(?:WPSOffice\s?手动)?目录\s?[1-9]", re.IGNORECASE)
_TITLE_STYLE = re.compile("title|标题", re.IGNORECASE)
_HEADING_STYLE = re.compile(r"(?:heading|标题) ?([1-9])", re.IGNORECASE)


def outline_level(setting: str) -> int:
    """Return the level of a heading, from 1, for an ``outlineLvl``; 0 for body text.

    Example:
        >>> outline_level("0"), outline_level("9")
        (1, 0)
    """
    level = number(setting)
    return level + 1 if level < _MAX_LEVELS else 0


# -- number formats --------------------------------------------------------------------------------

_STEMS, _BRANCHES = "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥"
_DIGITS = "〇一二三四五六七八九"
_FULL_WIDTH = "０１２３４５６７８９"
_NUMERALS = "一二三四五六七八九十百千"
_FORMAL_NUMERALS = {
    "chineseLegalSimplified": str.maketrans(_NUMERALS, "壹贰叁肆伍陆柒捌玖拾佰仟"),
    "ideographLegalTraditional": str.maketrans(_NUMERALS, "壹貳參肆伍陸柒捌玖拾佰仟"),
    "japaneseLegal": str.maketrans(_NUMERALS, "壱弐参四伍六七八九拾百阡"),
}
_ROMAN = tuple(
    zip(
        (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1),
        "m cm d cd c xc l xl x ix v iv i".split(),
        strict=True,
    )
)
_LARGEST_NUMERAL, _LARGEST_ROMAN, _LARGEST_LETTER = 9_999, 3_999, 780


def ordinal(number: int, style: str) -> str:
    """Return ``number`` in a number format of Word.

    Args:
        number: the number; it is written in Arabic digits if it is outside of the style's range.
        style: name of the format in ECMA-376-1 §17.18.59 (``chineseCounting``). Formats of
            languages other than Chinese, Japanese and English give Arabic digits.

    Example:
        >>> ordinal(12, "chineseCounting"), ordinal(3, "decimalEnclosedCircle")
        ('十二', '③')
    """
    if style in ("none", "bullet"):
        return ""
    if number > 0 and style in _SEQUENCES and number <= len(_SEQUENCES[style]):
        return _SEQUENCES[style][number - 1]
    return _FORMATTERS[style](number) if number > 0 and style in _FORMATTERS else str(number)


def _in_digits(digits: str) -> Callable[[int], str]:
    """Return a function that writes a number with the ten given digits."""
    table = str.maketrans("0123456789", digits)
    return lambda number: str(number).translate(table)


def _full_numerals(number: int) -> str:
    """Return the number in full Chinese numerals: 一十二, 一百零一."""
    if number > _LARGEST_NUMERAL:
        return str(number)
    places = zip(f"{number:04}", ("千", "百", "十", ""), strict=True)
    numerals = "".join("零" if d == "0" else _DIGITS[int(d)] + unit for d, unit in places)
    return re.sub("零+", "零", numerals).strip("零")


def _numerals(number: int) -> str:
    """Return the number in Chinese numerals as usual in text: 十二, 一百零一."""
    numerals = _full_numerals(number)
    return numerals[1:] if numerals.startswith("一十") else numerals


def _counting(number: int) -> str:
    """Return 十二 for 12 and 一〇一 for 101: Word uses numerals up to 99, and digits above."""
    return _numerals(number) if number < 100 else _in_digits(_DIGITS)(number)


def _japanese(number: int) -> str:
    """Return the number in Japanese numerals, without 一 before a unit and without zeros."""
    return re.sub("一(?=[十百千])|零", "", _full_numerals(number))


def _formal_numerals(style: str) -> Callable[[int], str]:
    """Return a function that writes a number in formal (financial) numerals."""
    return lambda number: _full_numerals(number).translate(_FORMAL_NUMERALS[style])


def _letters(alphabet: str) -> Callable[[int], str]:
    """Return a function that writes a number as a letter, repeated after the last one: aa, bb."""

    def letters(number: int) -> str:
        if number > _LARGEST_LETTER:
            return str(number)
        return alphabet[(number - 1) % 26] * ((number - 1) // 26 + 1)

    return letters


def _roman(number: int) -> str:
    """Return the number as a lower-case Roman numeral."""
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
_FORMATTERS: dict[str, Callable[[int], str]] = {
    "decimalZero": lambda number: f"{number:02}",
    "decimalFullWidth": _in_digits(_FULL_WIDTH),
    "decimalFullWidth2": _in_digits(_FULL_WIDTH),
    # Word uses one character (⑴ ⒈); several are returned, as people type them.
    "decimalEnclosedParen": lambda number: f"({number})",
    "decimalEnclosedFullstop": lambda number: f"{number}.",
    "numberInDash": lambda number: f"- {number} -",
    "ideographDigital": _in_digits(_DIGITS),
    "japaneseDigitalTenThousand": _in_digits(_DIGITS),
    "taiwaneseDigital": _in_digits(_DIGITS),
    "chineseCounting": _counting,
    "taiwaneseCounting": _counting,
    "chineseCountingThousand": _numerals,
    "taiwaneseCountingThousand": _numerals,
    "japaneseCounting": _japanese,
    "lowerLetter": _letters(ascii_lowercase),
    "upperLetter": _letters(ascii_uppercase),
    "lowerRoman": _roman,
    "upperRoman": lambda number: _roman(number).upper(),
} | {style: _formal_numerals(style) for style in _FORMAL_NUMERALS}


# -- symbol fonts ----------------------------------------------------------------------------------


def _row(first: int, characters: str) -> dict[int, str]:
    """Return a table of consecutive codes from ``first`` on; a space leaves a code out."""
    return {first + i: char for i, char in enumerate(characters) if char != " "}


_SYMBOL_FONTS = {
    "symbol": {
        **_row(0x20, " !∀#∃%&∍()∗+,−./0123456789:;<=>?"),
        **_row(0x40, "≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_"),
        **_row(0x61, "αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼"),
        **_row(0xA2, "′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…"),
        **_row(0xC4, "⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠ ®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊"),
        0xE5: "∑",
        0xF2: "∫",
    },
    "wingdings": {
        **_row(0x81, "①②③④⑤⑥⑦⑧⑨⑩"),
        **_row(0x8C, "❶❷❸❹❺❻❼❽❾❿"),
        **_row(0x6C, "●❍■□"),
        **_row(0xFB, "✗✓☒☑"),
        0x28: "☎", 0x2A: "✉", 0x75: "◆", 0x76: "❖", 0x9F: "•", 0xA1: "○", 0xA7: "▪", 0xA8: "□",
        0xAB: "★", 0xD8: "➢", 0xDF: "←", 0xE0: "→", 0xE8: "➔",
    },
    "wingdings 2": {
        **_row(0x4F, "✗✓☒☑☒☒"),
        **_row(0x6A, "①②③④⑤⑥⑦⑧⑨⑩"),
        **_row(0x75, "❶❷❸❹❺❻❼❽❾❿"),
        0xA3: "□",
    },
}  # fmt: skip
"""Unicode characters for the codes of symbol fonts, from the mappings of their makers."""

_PRIVATE_USE = 0xF000
"""Offset (private use area) that Word adds to the codes of symbols, but not to typed letters."""


@lru_cache(maxsize=8)
def symbols(font: str) -> dict[int, str]:
    r"""Return the Unicode characters for the codes of a symbol font, for ``str.translate``.

    Codes without an equivalent map to ``""``. The table is empty for other fonts.

    Example:
        >>> "\uf0fe".translate(symbols("Wingdings"))
        '☑'
    """
    codes = _SYMBOL_FONTS.get(font.lower(), {})
    unknown = dict.fromkeys(range(_PRIVATE_USE, _PRIVATE_USE + 0x100), "") if codes else {}
    return codes | unknown | {_PRIVATE_USE + code: char for code, char in codes.items()}


def symbol(font: str, code: str) -> str:
    """Return the Unicode character for a code of a font, ``""`` when there is none.

    Args:
        font: the name of the font.
        code: the code, in hexadecimal.

    Example:
        >>> symbol("Wingdings", "F0FE")
        '☑'
    """
    number = int(code, 16) if re.fullmatch("[0-9A-Fa-f]{1,4}", code) else 0
    character = chr(number).translate(symbols(font))
    return character if character.isprintable() else ""
