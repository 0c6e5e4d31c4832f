"""Normalize text for comparison by folding each character to one character.

Both sides of every comparison are folded by :func:`fold`, so a query typed full-width, in
Traditional characters or with other quotation marks matches. Because folding keeps the length, an
offset in the folded text is also an offset in the original text; NFKC does not have this property.
:func:`squeeze` also removes insignificant white space; :func:`squeeze_offsets` gives the offsets.

Which character folds to which is in ``variants.txt``. Most of those that are folded (後, 裏, 隻)
are not written in Simplified text at all, so folding them cannot join two Simplified texts that
differ: 后 stands for 后 and 後 there already, and nothing in the text tells them apart. Some thirty
(乾, 著, 覆, 瞭) are ordinary Simplified characters too, in other words: 乾县 is not 干县, though
乾燥 is 干燥. For these ``variant-words.txt`` has the words that decide; where no word decides, the
character stays or folds as the file says of it. So a lone 乾 is 乾: it is found in 乾县, not in
干部 and not in 乾燥; a lone 徵 is 征, as it is in nearly all words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise

from .ordinary import (
    Ordinary,
    extended,
    invisible,
    lookalikes,
    ordinary_characters,
    significant_gaps,
)

_SPACES = "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000"
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


_UNDECIDED = "\uf8ff"
"""Stands for a character that its neighbours decide, until they have; of private use otherwise.

One character for all of them, because one is looked for faster than one of thirty.
"""
_EXTENDED = "\uf8fe"
"""Stands for a character whose ordinary form is not one character, such as Ⅳ, until it is known
whether the length must stay; of private use otherwise."""


@dataclass(frozen=True, slots=True)
class _Variant:
    """A character that is a variant of another in some words only.

    Attributes:
        char: the character, as 著.
        plain: what it is a variant of, as 着.
        folds: whether it is ``plain`` where no word decides.
        before: words by the character that they have before ``char``. Each has the offset of
            ``char`` in it, its characters with every variant folded, and whether ``char`` is
            ``plain`` in it; those where it stays come first.
        after: the words that begin with ``char``, by the character behind it.
    """

    char: str
    plain: str
    folds: bool
    before: dict[str, list[tuple[int, str, bool]]]
    after: dict[str, list[tuple[int, str, bool]]]

    def read(self, context: str, at: int) -> str:
        """Return what the character is that stands at ``at``; of two words that differ, it stays.

        ``context`` is the text with every variant folded. That is the same before and after
        anything is decided, and so :func:`fold` of a folded text changes nothing.
        """
        plain = self.folds
        for words in (
            self.before.get(context[at - 1 : at]),
            self.after.get(context[at + 1 : at + 2]),
        ):
            decided = _first(words, context, at) if words else None
            if decided is False:
                return self.char
            plain = decided or plain
        return self.plain if plain else self.char


def _first(words: Iterable[tuple[int, str, bool]], context: str, at: int) -> bool | None:
    """Return what the first of ``words`` says that is in ``context``, ``None`` if none is."""
    for offset, word, folds in words:
        if at >= offset and context.startswith(word, at - offset):
            return folds
    return None


@cache
def _tables() -> tuple[dict[int, str], dict[str, _Variant]]:
    """Return the translation table of :func:`fold` and what is decided by words.

    The table has the folded character of a code point, or ``_UNDECIDED``. Of a character that has
    ``_UNDECIDED``, the second has its entry.
    """
    table: dict[int, str] = {}
    table.update({ord(c): plain for c, plain in lookalikes().items() if len(plain) == 1})
    table.update({code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)})
    for space in (*_SPACES, *map(chr, range(0x2000, 0x200B)), *invisible()):
        table[ord(space)] = " "
    for plain, others in _EQUIVALENTS.items():
        table.update({ord(other): plain for other in others})
    for line in (files(__package__) / "variants.txt").read_text("utf-8").splitlines():
        plain, _, others = line.partition(" ")
        if plain != "#":
            table.update({ord(other): plain for other in others})
    words = _variant_words()
    plains = {char: table.pop(ord(char)) for char in words}
    # A translation is not repeated, so map each character to the end of its chain.
    for code, plain in table.items():
        table[code] = table.get(ord(plain), plain).lower()
    wholly = table | {ord(char): plain for char, plain in plains.items()}
    variants = {
        char: _variant(char, plains[char], listed, wholly) for char, listed in words.items()
    }
    for code, plain in list(table.items()):
        if plain in plains:  # 帳 is 帐, of which words decide whether it is 账
            variants[chr(code)] = variants[plain]
    table.update({ord(char): _UNDECIDED for char in variants})
    table.update({ord(char): _EXTENDED for char in extended()})
    for char in (*_common_ideographs(), *"。、《》"):
        table.setdefault(ord(char), char)
    return table, variants


def _common_ideographs() -> str:
    """Return the 3,755 ideographs of level 1 of GB 2312, of which nearly all text is made.

    They are in the table although they stay: for a character that is not in a table
    ``str.translate`` makes and drops an exception, which takes longer than all else that it does.
    """
    codes = (bytes((row, cell)) for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF))
    return b"".join(codes).decode("gb2312", "ignore")


def _variant_words() -> dict[str, dict[str, list[str]]]:
    """Return ``variant-words.txt``: character to ``folds`` and ``stays`` to their words."""
    words: dict[str, dict[str, list[str]]] = {}
    for line in (files(__package__) / "variant-words.txt").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            char, what, *listed = line.split()
            words.setdefault(char, {}).setdefault(what, []).extend(listed)
    return words


def _variant(
    char: str, plain: str, listed: Mapping[str, Sequence[str]], wholly: Mapping[int, str]
) -> _Variant:
    """Return the entry of a character; ``wholly`` is the table that folds every variant."""
    variant = _Variant(char, plain, "folds" not in listed, {}, {})
    every = [(word, what == "folds") for what, words in listed.items() for word in words]
    for word, folds in sorted(every, key=lambda one: one[1]):
        context = word.translate(wholly)
        for offset in (i for i, c in enumerate(word) if c == char):
            side = variant.before if offset else variant.after
            neighbour = context[offset - 1] if offset else context[1]
            side.setdefault(neighbour, []).append((offset, context, folds))
    return variant


_LONGEST_KEPT = 400
"""Characters of the longest text whose folded form is kept for the next time it is asked for."""


def fold(text: str) -> str:
    """Return ``text`` normalized for comparison, with the same length.

    Folds width, case, Traditional to Simplified and other variants of a character, dots, dashes,
    quotes, brackets and every kind of space. ``fold(fold(a)) == fold(a)``.

    ``fold(a) + fold(b) == fold(a + b)`` unless a word of ``variant-words.txt`` stands across the
    seam: 乾 and 燥 by themselves are 乾 and 燥, together 干燥. Only the characters that the file is
    about can differ, up to three characters from the seam. So a text is folded first and cut then;
    a piece that was cut is not folded again with other neighbours. White space between the
    characters of a word does not count, so that :func:`squeeze` finds it too.

    Example:
        >>> fold("執法１２件ＡＢ")
        '执法12件ab'
        >>> fold("乾縣氣候乾燥")
        '乾县气候干燥'
    """
    folded = _folded(text)
    return _kept(text, folded) if _EXTENDED in folded else folded


def _folded(text: str) -> str:
    """Return :func:`fold` of ``text`` with ``_EXTENDED`` for what has no form of one character."""
    return _folded_line(text) if len(text) <= _LONGEST_KEPT else _folded_text(text)


@lru_cache(maxsize=2048)
def _folded_line(line: str) -> str:
    """Return the same of a line; the parser asks several times for each."""
    return _folded_text(line)


def _folded_text(text: str) -> str:
    """Return the same of any text, made anew."""
    table, variants = _tables()
    folded = text.translate(table).lower()
    return _decided(text, folded, variants) if _UNDECIDED in folded else folded


def _kept(text: str, folded: str) -> str:
    """Return ``folded`` with characters as they are in place of ``_EXTENDED``, blanks for marks."""
    several = lookalikes()
    parts = folded.split(_EXTENDED)
    chars: list[str] = []
    at = -1
    for part in parts[:-1]:
        at += len(part) + 1
        chars.append(text[at].lower() if several.get(text[at], _EXTENDED) else " ")
    return _joined(parts, chars)


def _decided(text: str, folded: str, variants: Mapping[str, _Variant]) -> str:
    """Return ``folded`` with what stands for ``_UNDECIDED`` where ``text`` has a variant."""
    parts = folded.split(_UNDECIDED)
    bare = folded.replace(" ", "").split(_UNDECIDED) if " " in folded else parts
    found: list[_Variant | None] = []
    at = -1
    for part in parts[:-1]:
        at += len(part) + 1
        found.append(variants.get(text[at]))
    context = _joined(bare, [one.plain if one else _UNDECIDED for one in found])
    chars: list[str] = []
    at = -1
    for part, one in zip(bare, found, strict=False):
        at += len(part) + 1
        chars.append(one.read(context, at) if one else _UNDECIDED)
    return _joined(parts, chars)


def _joined(parts: Sequence[str], between: Sequence[str]) -> str:
    """Return ``parts`` with the characters of ``between``, one between every two parts."""
    pieces: list[str] = []
    for part, char in zip(parts, between, strict=False):
        pieces += (part, char)
    return "".join((*pieces, parts[-1]))


def simplified(text: str) -> str:
    """Return ``text`` with Chinese characters in their usual simplified form, nothing else changed.

    It has the same length: ``simplified("武功縣２０２０")`` is ``武功县２０２０``. A character that
    is simplified as well, in another meaning, stays: 乾县.
    """
    pattern = _variant_characters()
    if not pattern.search(text):
        return text
    folded = fold(text)

    def plain(found: re.Match[str]) -> str:
        char = folded[found.start()]
        return char if "\u4e00" <= char <= "\u9fff" else found[0]

    return pattern.sub(plain, text)


@cache
def _variant_characters() -> re.Pattern[str]:
    """Return the pattern of characters that :func:`simplified` may change.

    Those beyond the basic plane stand as one range: a class of single ones is searched slowly.
    """
    table, _ = _tables()
    chars = (
        chr(code)
        for code, plain in table.items()
        if "\u2e80" <= chr(code) <= "\uffff" and chr(code) != plain
        if plain == _UNDECIDED or "\u4e00" <= plain <= "\u9fff"
    )
    return re.compile(f"[{''.join(chars)}\U00010000-\U0010ffff]")


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

    The offsets ascend; one repeats where a character has a form of several (Ⅳ).

    Example:
        >>> squeeze_offsets("第 一条")
        ('第一条', [0, 2, 3])
    """
    folded = _folded(text)
    if _EXTENDED in folded:
        if plain := _in_ordinary_characters(text):
            squeezed, offsets = squeeze_offsets(plain.text)
            return squeezed, [plain.origin(offset) for offset in offsets]
        folded = _kept(text, folded)
    if " " not in folded:
        return folded, [*range(len(folded))]
    if gaps := _significant_spaces(text, folded):
        if plain := _in_ordinary_characters(text):  # what stands in a gap may be no space
            squeezed, offsets = squeeze_offsets(plain.text)
            return squeezed, [plain.origin(offset) for offset in offsets]
        gaps = significant_gaps(text, gaps)
    kept = set(gaps)
    offsets = [i for i, char in enumerate(folded) if char != " " or i in kept]
    return "".join(folded[i] for i in offsets), offsets


def _in_ordinary_characters(text: str) -> Ordinary | None:
    """Return ``text`` in ordinary characters, ``None`` when it is so already."""
    plain = ordinary_characters(text)
    return None if plain.text == text else plain


_FEWEST_AT_ONCE = 64
"""Texts from which :func:`squeeze_all` folds them in one array."""
_LAST_IN_TABLE = 0xFFFF


def squeeze_all(texts: Sequence[str]) -> list[str]:
    """Return :func:`squeeze` of each text; of many short texts it takes a fifth of the time.

    All characters are looked up in one array. Texts in which a character depends on its
    neighbours are then squeezed by themselves.

    Example:
        >>> squeeze_all(["全年 办案", "執法"])
        ['全年办案', '执法']
    """
    if len(texts) < _FEWEST_AT_ONCE:
        return [squeeze(text) for text in texts]
    import numpy as np  # late: what folds single texts does not need it

    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), "<u4")
    folded = np.frombuffer(_folded_plane(), "<u4")[np.minimum(codes, _LAST_IN_TABLE)]
    ends = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)))
    joined = folded.tobytes().decode("utf-32-le", "surrogatepass")
    pieces = [joined[start:end] for start, end in pairwise([0, *ends.tolist()])]
    squeezed = [
        _without_spaces(text, piece) if " " in piece else piece
        for text, piece in zip(texts, pieces, strict=True)
    ]
    dependent = np.searchsorted(ends, np.flatnonzero(folded == 0), side="right")
    for row in np.unique(dependent).tolist():
        squeezed[row] = squeeze(texts[row])
    return squeezed


@cache
def _folded_plane() -> bytes:
    """Return the folded form of each character of the basic plane, encoded as UTF-32-LE.

    It is NUL where the form depends on the neighbours, and for U+FFFF, which stands for all
    characters beyond the plane.
    """
    table, _ = _tables()
    folded = "".join(map(chr, range(_LAST_IN_TABLE))).translate(table).lower()
    folded = folded.replace(_UNDECIDED, "\0").replace(_EXTENDED, "\0")
    return (folded + "\0").encode("utf-32-le", "surrogatepass")


def squeeze(text: str) -> str:
    """Return the folded text without insignificant white space: the form that is searched.

    White space between Chinese characters or next to punctuation is removed. Between two Latin
    words or numbers one space is kept, except inside a number that is broken over two lines and
    between the digits or letters of text that is spaced out (:func:`~.ordinary.ordinary`).
    Characters are the ordinary ones also where one stands for several. What is squeezed need not
    be squeezed again; only single digits in columns would be joined then (``3 5 备注``).

    Example:
        >>> squeeze("全年 办案　12 件 Big  Data")
        '全年办案12件big data'
        >>> squeeze("案件 3 1 8 件，Ⅳ级")
        '案件318件,iv级'
    """
    folded = _folded(text)
    if _EXTENDED in folded:
        return squeeze_offsets(text)[0]
    return _without_spaces(text, folded) if " " in folded else folded


def _without_spaces(text: str, folded: str) -> str:
    """Return :func:`squeeze` of ``text``, of which :func:`fold` is ``folded``."""
    if not _significant_spaces(text, folded):
        return folded.replace(" ", "")
    return squeeze_offsets(text)[0]
