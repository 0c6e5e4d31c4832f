"""Fold text for comparison: one character to one character, so that offsets survive.

Both sides of every comparison go through :func:`fold`, so a query typed full-width, in
Traditional characters or with another kind of quote finds what it means. Because the fold keeps
the length, an offset in the folded text is an offset in the text (NFKC does not keep it).
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib.resources import files

_SPACES = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\xa0\xad\u1680\u180e\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
)
_SAME = {
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
"""The form compared, and what is folded to it beyond width and case."""


@cache
def _table() -> dict[int, str]:
    table: dict[int, str] = {}
    for start, stop in ((0x2E80, 0x2FE0), (0xF900, 0xFB00)):  # radicals, compatibility ideographs
        for code in range(start, stop):
            plain = unicodedata.normalize("NFKC", chr(code))
            if len(plain) == 1:
                table[code] = plain
    table.update({code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)})
    for space in (*_SPACES, *map(chr, range(0x2000, 0x2010))):
        table[ord(space)] = " "
    for plain, others in _SAME.items():
        table.update({ord(other): plain for other in others})
    for line in (files(__package__) / "variants.txt").read_text("utf-8").splitlines():
        plain, _, others = line.partition(" ")
        if plain != "#":
            table.update({ord(other): plain for other in others})
    # Mapped characters are looked up once: what they map to must be final.
    for code, plain in table.items():
        table[code] = table.get(ord(plain), plain).lower()
    return table


def fold(text: str) -> str:
    """Return the compared form of ``text``; it has the same length.

    Folds width, case, Traditional to Simplified and other variants of a character, dots, dashes,
    quotes, brackets and every kind of space. ``fold(a) + fold(b) == fold(a + b)``, and
    ``fold(fold(a)) == fold(a)``.
    """
    return text.translate(_table()).lower()


def simplified(text: str) -> str:
    """Return ``text`` with Chinese characters in their usual simplified form, nothing else changed.

    It has the same length: ``simplified("武功縣２０２０")`` is ``武功县２０２０``.
    """
    return "".join(
        plain if char != plain and char >= "\u2e80" and "\u4e00" <= plain <= "\u9fff" else char
        for char, plain in zip(text, fold(text), strict=True)
    )


_LATIN = "0-9a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0370-\u052f"
_APART = re.compile(rf"(?<=[{_LATIN}]) +(?=[{_LATIN}])")


def _separators(text: str, folded: str) -> list[int]:
    """Return the offsets of the spaces that part two words or numbers, one for each gap."""
    gaps = []
    for match in _APART.finditer(folded):
        start, end = match.span()
        wrapped = (
            "\n" in text[start:end]
        )  # a line break inside a unit is the scanner's or printer's
        if not (wrapped and folded[start - 1].isdigit() and folded[end].isdigit()):
            gaps.append(start)
    return gaps


def squeeze_offsets(text: str) -> tuple[str, list[int]]:
    """Return :func:`squeeze` of ``text`` and the offset in ``text`` of each of its characters."""
    folded = fold(text)
    kept = set(_separators(text, folded))
    offsets = [i for i, char in enumerate(folded) if char != " " or i in kept]
    return "".join(folded[i] for i in offsets), offsets


def squeeze(text: str) -> str:
    """Return the folded text with its white space closed up: the form that is searched.

    White space means nothing between Chinese characters or beside punctuation and is dropped.
    Between two Latin words or numbers it separates, and one space stays, but for a number that
    is broken over two lines.
    """
    folded = fold(text)
    if " " not in folded:
        return folded
    if not _separators(text, folded):
        return folded.replace(" ", "")
    return squeeze_offsets(text)[0]
