"""Normalize text for comparison by folding each character to one character.

Both sides of every comparison are folded by :func:`fold`, so a query typed full-width, in
Traditional characters or with other quotation marks matches. Because folding keeps the length, an
offset in the folded text is also an offset in the original text; NFKC does not have this property.
:func:`squeeze` also removes insignificant white space; :func:`squeeze_offsets` gives the offsets.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib.resources import files

_SPACES = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\xa0\xad\u1680\u180e\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
)
_EQUIVALENTS = {
    '"': "“”„‟«»「」『』﹁﹂﹃﹄＂″〝〞〟",
    "'": "‘’‚‛′＇`´",
    "·": "•‧∙⋅・･●▪",
    "-": "—–―－‐‑‒−﹣─━",
    "~": "～〜∼",
    "。": "｡",
    "、": "､﹑",
    "《": "〈«‹",
    "》": "〉»›",
    "[": "〔【［〖",
    "]": "〕】］〗",
    "(": "（﹙❨",
    ")": "）﹚❩",
    ",": "，﹐",
    ";": "；﹔",
    ":": "：﹕∶",
    "?": "？﹖",
    "!": "！﹗",
    "%": "％﹪",
    "i": "İ",
    "σ": "Σς",
}
"""Folded form of a character to the characters that fold to it, beyond width and case."""


@cache
def _fold_table() -> dict[int, str]:
    """Return the translation table of :func:`fold`, code point to folded character."""
    table: dict[int, str] = {}
    for start, stop in ((0x2E80, 0x2FE0), (0xF900, 0xFB00)):  # radicals, compatibility ideographs
        for code in range(start, stop):
            plain = unicodedata.normalize("NFKC", chr(code))
            if len(plain) == 1:
                table[code] = plain
    table.update({code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)})
    for space in (*_SPACES, *map(chr, range(0x2000, 0x2010))):
        table[ord(space)] = " "
    for plain, others in _EQUIVALENTS.items():
        table.update({ord(other): plain for other in others})
    for line in (files(__package__) / "variants.txt").read_text("utf-8").splitlines():
        plain, _, others = line.partition(" ")
        if plain != "#":
            table.update({ord(other): plain for other in others})
    # A translation is not repeated, so map each character to the end of its chain.
    for code, plain in table.items():
        table[code] = table.get(ord(plain), plain).lower()
    return table


def fold(text: str) -> str:
    """Return ``text`` normalized for comparison, with the same length.

    Folds width, case, Traditional to Simplified and other variants of a character, dots, dashes,
    quotes, brackets and every kind of space. ``fold(a) + fold(b) == fold(a + b)``, and
    ``fold(fold(a)) == fold(a)``.

    Example:
        >>> fold("執法１２件ＡＢ")
        '执法12件ab'
    """
    return text.translate(_fold_table()).lower()


_SIMPLIFIED_TOO = "乾"
"""Traditional for 干 in one reading; in the other, that of 乾县, there is no other form."""


def simplified(text: str) -> str:
    """Return ``text`` with Chinese characters in their usual simplified form, nothing else changed.

    It has the same length: ``simplified("武功縣２０２０")`` is ``武功县２０２０``. A character that
    is simplified as well, in another meaning, stays: 乾县.
    """
    return "".join(
        plain
        if char != plain
        and char >= "\u2e80"
        and "\u4e00" <= plain <= "\u9fff"
        and char not in _SIMPLIFIED_TOO
        else char
        for char, plain in zip(text, fold(text), strict=True)
    )


_LATIN = "0-9a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0370-\u052f"
_SIGNIFICANT_SPACE = re.compile(rf"(?<=[{_LATIN}]) +(?=[{_LATIN}])")


def _significant_spaces(text: str, folded: str) -> list[int]:
    """Return the offsets of the spaces that separate two words or numbers, one for each gap."""
    gaps = []
    for match in _SIGNIFICANT_SPACE.finditer(folded):
        start, end = match.span()
        # A line break between digits is layout: the number was broken over two lines.
        wrapped = "\n" in text[start:end]
        if not (wrapped and folded[start - 1].isdigit() and folded[end].isdigit()):
            gaps.append(start)
    return gaps


def squeeze_offsets(text: str) -> tuple[str, list[int]]:
    """Return :func:`squeeze` of ``text`` and the offset in ``text`` of each of its characters.

    Example:
        >>> squeeze_offsets("第 一条")
        ('第一条', [0, 2, 3])
    """
    folded = fold(text)
    kept = set(_significant_spaces(text, folded))
    offsets = [i for i, char in enumerate(folded) if char != " " or i in kept]
    return "".join(folded[i] for i in offsets), offsets


def squeeze(text: str) -> str:
    """Return the folded text without insignificant white space: the form that is searched.

    White space between Chinese characters or next to punctuation is removed. Between two Latin
    words or numbers one space is kept, except inside a number that is broken over two lines.

    Example:
        >>> squeeze("全年 办案　12 件 Big  Data")
        '全年办案12件big data'
    """
    folded = fold(text)
    if " " not in folded:
        return folded
    if not _significant_spaces(text, folded):
        return folded.replace(" ", "")
    return squeeze_offsets(text)[0]
