"""Rebuild Word's automatic numbers and symbols: 一、 (二) ① ☑, though nobody typed them.

A paragraph names a list (``numId``) and a level of it, itself or by its style. Lists that share
one definition (``abstractNum``) share its counters as well, unless a list says with which number
it starts (ECMA-376-1 §17.9).
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


_REFERENCE = re.compile("%([1-9])")
_LEVELS = 9
_LONGEST_TEXT = 255
_LONGEST_LINEAGE = 64
"""Styles that a style can be based on; ends a circle too."""


@dataclass(slots=True)
class Level:
    """One level of a list.

    Attributes:
        start: its first number.
        ordinals: how numbers are written, as :func:`ordinal` takes it.
        text: what is written, with ``%1`` for the number of the first level.
        restart: the level (1 to 9) behind which it starts again, 0 for never, ``None`` for any
            that is higher than itself.
        arabic: the numbers of other levels in its text are in Arabic digits.
        joined: nothing stands between the number and the text.
        style: the paragraph style that means this level.
    """

    start: int = 1
    ordinals: str = "decimal"
    text: str = ""
    restart: int | None = None
    arabic: bool = False
    joined: bool = False
    style: str = ""


@dataclass(slots=True)
class _List:
    """A list, and in what it differs from its definition."""

    definition: str = ""
    starts: dict[int, int] = field(default_factory=dict)
    levels: dict[int, Level] = field(default_factory=dict)


class Numbering(Walker):
    """The lists that ``numbering.xml`` defines, and how far each has counted."""

    def __init__(self) -> None:
        super().__init__()
        self._lists: dict[str, _List] = {}
        self._definitions: dict[str, dict[int, Level]] = {}
        self._links: dict[str, str] = {}
        """Definitions that only name a list style."""
        self._styles: dict[str, str] = {}
        """The definition of each list style."""
        self._counts: dict[str, dict[int, int]] = {}
        self._begun: set[tuple[str, int]] = set()
        self._open_definition = self._open_list = ""
        self._open_level = 0
        self._level = Level()

    def next(self, list_id: str, depth: int) -> str:
        """Count one paragraph, and return what stands before its text, ``""`` for nothing.

        Args:
            list_id: the list.
            depth: the level, 0 for the highest.
        """
        its_list = self._lists.get(list_id)
        if its_list is None:
            return ""
        levels = self._levels(its_list)
        if depth not in levels:
            return ""
        counts = self._counts.setdefault(its_list.definition, {})
        begins = depth in its_list.starts and (list_id, depth) not in self._begun
        self._begun.add((list_id, depth))
        starts = {n: its_list.starts.get(n, level.start) for n, level in levels.items()}
        counts[depth] = counts[depth] + 1 if depth in counts and not begins else starts[depth]
        for n, level in levels.items():
            if n < depth:
                counts.setdefault(n, starts[n])  # a level that was passed over counts as used
            elif depth < (n if level.restart is None else min(n, level.restart)):
                counts.pop(n, None)
        return _label(levels, counts, depth)

    def depth_of(self, list_id: str, style: str) -> int | None:
        """Return the level of a list that a paragraph style means, ``None`` when none does."""
        levels = self._levels(self._lists.get(list_id, _List()))
        return next((n for n, level in levels.items() if level.style == style), None)

    def _levels(self, its_list: _List) -> dict[int, Level]:
        """Return the levels of a list; a definition may only name the list style that has them."""
        definition = its_list.definition
        definition = self._styles.get(self._links.get(definition, ""), definition)
        return self._definitions.get(definition, {}) | its_list.levels

    def _begin_definition(self, attributes: Attributes) -> None:
        self._open_definition = value(attributes, "abstractNumId")
        self._definitions[self._open_definition] = {}

    def _begin_list(self, attributes: Attributes) -> None:
        self._open_list = value(attributes, "numId")
        self._lists[self._open_list] = _List()

    def _begin_override(self, attributes: Attributes) -> None:
        self._open_level = number(value(attributes, "ilvl"))

    def _begin_level(self, attributes: Attributes) -> None:
        self._open_level = number(value(attributes, "ilvl"))
        self._level = Level()
        if self._open_level >= _LEVELS:
            return
        if self.path[-2] == "abstractNum":
            self._definitions[self._open_definition][self._open_level] = self._level
        elif self.path[-2] == "lvlOverride" and self._open_list in self._lists:
            self._lists[self._open_list].levels[self._open_level] = self._level

    def _property(self, attributes: Attributes) -> None:
        parent, name = self.path[-2], self.path[-1]
        said = value(attributes)
        match parent, name:
            case "abstractNum", "numStyleLink":
                self._links[self._open_definition] = said
            case "abstractNum", "styleLink":
                self._styles[said] = self._open_definition
            case "num", "abstractNumId":
                self._lists[self._open_list].definition = said
            case "lvlOverride", "startOverride" if self._open_list in self._lists:
                self._lists[self._open_list].starts[self._open_level] = number(said)
            case "lvl", "start":
                self._level.start = number(said)
            case "lvl" | "Fallback", "numFmt":
                self._level.ordinals = said
            case "lvl", "lvlText":
                self._level.text = said[:_LONGEST_TEXT]
            case "lvl", "lvlRestart":
                self._level.restart = number(said)
            case "lvl", "isLgl":
                self._level.arabic = is_on(attributes)
            case "lvl", "suff":
                self._level.joined = said == "nothing"
            case "lvl", "pStyle":
                self._level.style = said
            case "rPr", "vanish" if is_on(attributes):
                self._level.text = ""  # counts, and is not seen

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
    level = levels[depth]
    if level.ordinals == "bullet":
        return ""

    def written(match: re.Match[str]) -> str:
        n = int(match[1]) - 1
        if n not in counts:
            return ""
        style = levels[n].ordinals
        arabic = level.arabic and n != depth and style != "none"
        return ordinal(counts[n], "decimal" if arabic else style)

    label = _REFERENCE.sub(written, level.text)
    # 一、 and (1) are followed by the text at once, as they are typed; 1.1 and 第一条 are not.
    open_end = label and (category(label[-1]).startswith("L") or category(label[-1]) == "Nd")
    return label + " " if open_end and not level.joined else label


def number(digits: str) -> int:
    """Return the number that an attribute says, 0 when it says none of a list."""
    return int(digits) if re.fullmatch("[0-9]{1,9}", digits) else 0


@dataclass(slots=True)
class _Style:
    """What a style says itself; ``None`` where it says nothing."""

    based_on: str = ""
    list_id: str | None = None
    depth: int | None = None
    is_hidden: bool | None = None
    is_contents: bool = False


@dataclass(frozen=True, slots=True)
class Properties:
    """What a style means for the paragraphs or runs that have it.

    Attributes:
        list_id: their list, ``""`` for none.
        depth: the level of it.
        is_hidden: they are not shown.
        is_contents: they are entries of a table of contents.
    """

    list_id: str
    depth: int
    is_hidden: bool
    is_contents: bool


class Styles(Walker):
    """What ``styles.xml`` says that matters to text: lists, and what is hidden."""

    def __init__(self, numbering: Numbering) -> None:
        super().__init__()
        self._numbering = numbering
        self._styles: dict[str, _Style] = {}
        self._style = _Style()
        self._default = ""
        self._known: dict[str, Properties] = {}

    def properties(self, style: str) -> Properties:
        """Return what a style means, ``""`` for that of paragraphs without one.

        Both parts must have been walked before.
        """
        if style not in self._known:
            self._known[style] = self._resolve(style)
        return self._known[style]

    def _resolve(self, style: str) -> Properties:
        lineage = list(self._lineage(style))
        list_id = next((s.list_id for _, s in lineage if s.list_id is not None), "")
        depths = (
            depth
            for name, s in lineage
            for depth in (s.depth, self._numbering.depth_of(list_id, name))
            if depth is not None
        )
        return Properties(
            list_id,
            next(depths, 0),
            next((s.is_hidden for _, s in lineage if s.is_hidden is not None), False),
            any(s.is_contents for _, s in lineage),
        )

    def _lineage(self, name: str) -> Iterator[tuple[str, _Style]]:
        """Yield a style (``""`` for the default) and those that it is based on."""
        name = name if name in self._styles else self._default
        for _ in range(_LONGEST_LINEAGE):
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
        said = value(attributes)
        match self.path[3:]:
            case ["basedOn"]:
                self._style.based_on = said
            case ["name"]:
                self._style.is_contents = bool(re.fullmatch("toc [1-9]", said, re.IGNORECASE))
            case ["pPr", "numPr", "numId"]:
                self._style.list_id = said
            case ["pPr", "numPr", "ilvl"]:
                self._style.depth = number(said)
            case ["rPr", "vanish"]:
                self._style.is_hidden = is_on(attributes)

    starts: ClassVar = {"style": _begin} | dict.fromkeys(
        ("basedOn", "name", "numId", "ilvl", "vanish"), _property
    )


def _row(first: int, characters: str) -> dict[int, str]:
    return {first + i: char for i, char in enumerate(characters) if char != " "}


_FONTS = {
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
"""What the codes of a font show, in Unicode (the fonts' mappings by their makers)."""

_PRIVATE = 0xF000
"""What Word adds to the codes, so that they are no letters; letters that were typed lack it."""


@lru_cache(maxsize=8)
def symbols(font: str) -> dict[int, str]:
    """Return what the characters of a font show, for ``str.translate``; empty for other fonts."""
    codes = _FONTS.get(font.lower(), {})
    unknown = dict.fromkeys(range(_PRIVATE, _PRIVATE + 0x100), "") if codes else {}
    return codes | unknown | {_PRIVATE + code: char for code, char in codes.items()}


def symbol(font: str, code: str) -> str:
    """Return the character that is shown for a code of a font, ``""`` when there is none for it.

    Args:
        font: its name.
        code: in hexadecimal.
    """
    number = int(code, 16) if re.fullmatch("[0-9A-Fa-f]{1,4}", code) else 0
    shown = chr(number).translate(symbols(font))
    return shown if shown.isprintable() else ""
