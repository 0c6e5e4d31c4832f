"""Read text as it looks: the ordinary characters in place of others that are printed like them.

Files have characters that a reader does not see or cannot tell apart: radicals in place of
ideographs (⻓⻔⼀, from the fonts of PDF files), zero-width and direction marks, soft hyphens,
variation selectors, Ⅳ as one character, ㈠ for (一), and, from text recognition and letterheads,
a space between all characters of a line. :func:`ordinary` gives the text without them, with the
offsets that lead back. The text of a report stays as it is in its file; all that looks for
something in a text looks into its ordinary form. :mod:`.normalize` builds on it for what is
compared, and adds what is not ordinary there: width, case, Traditional characters.

What stays: characters of private use and U+FFFD, which show that something is wrong; superscript
digits, which after a number are footnotes and exponents; ① to ⑳, which number items; ℃ and №.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_INVISIBLE = (
    (0x00, 0x08), (0x0E, 0x1B), (0x7F, 0x84), (0x86, 0x9F), (0xAD, 0xAD), (0x61C, 0x61C),
    (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E),
    (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFFC), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
)  # fmt: skip
"""Controls that are no white space, and what Unicode says to ignore where it is not known."""
_COMBINING = (
    (0x300, 0x36F), (0x483, 0x489), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20F0),
    (0x302A, 0x302F), (0x3099, 0x309A), (0xFE20, 0xFE2F),
)  # fmt: skip
"""Marks over, under and around the character in front: accents, underlines, keycaps."""
_ALIKE = (
    (0x2080, 0x2089), (0x2E80, 0x2FD5), (0xF900, 0xFAD9), (0xFE10, 0xFE19), (0xFE31, 0xFE44),
    (0xFE47, 0xFE48), (0xFE50, 0xFE6B), (0xFF61, 0xFF65), (0x1D400, 0x1D7FF), (0x2F800, 0x2FA1D),
)  # fmt: skip
"""Characters for each of which NFKC has one other."""
_SEVERAL = (
    (0x2160, 0x217F), (0x2474, 0x24B5), (0x3220, 0x3247), (0x32C0, 0x32CB), (0x33E0, 0x33FE),
    (0xFB00, 0xFB06), (0x1F100, 0x1F129), (0x3358, 0x33DF),
)  # fmt: skip
"""Characters for each of which NFKC has one or several: Ⅳ ⑴ ⒈ ㈠ ㋀ ㎡ ㏠ ﬁ."""
_UNITS = 0x3358
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩"
_LIKE_CIRCLED = "❶❷❸❹❺❻❼❽❾❿", "➀➁➂➃➄➅➆➇➈➉", "➊➋➌➍➎➏➐➑➒➓", "⓵⓶⓷⓸⓹⓺⓻⓼⓽⓾"
_FURTHER_CIRCLED = "⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳", "⓫⓬⓭⓮⓯⓰⓱⓲⓳⓴"
_SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉"


@cache
def _number_follows() -> re.Pattern[str]:
    """Return the pattern of what goes on as a number."""
    return re.compile(rf"[{_SUBSCRIPTS}.]{{0,8}}[0-9０-９]")


_ENDS_LIKE_NUMBER = tuple("0123456789.")
_NUMBERS = "一二三四五六七八九十"
_OWN = {"︰": "：", "﹕": "：", "﹐": "，", "﹔": "；", "﹖": "？", "﹗": "！", "\u2800": " "} | {
    chr(0x3280 + i): f"({number})" for i, number in enumerate(_NUMBERS)
}  # ㊀ numbers an item as ㈠ does


@cache
def lookalikes() -> dict[str, str]:
    """Return the characters that have an ordinary form, and that: a character, several, or none."""
    table = {chr(c): "" for a, b in (*_INVISIBLE, *_COMBINING) for c in range(a, b + 1)}
    for first, last in (*_ALIKE, *_SEVERAL):
        for char in map(chr, range(first, last + 1)):
            plain = unicodedata.normalize("NFKC", char).replace("\u2215", "/")
            if first == _UNITS and plain[-1] in "23":
                plain = plain[:-1] + "²³"[int(plain[-1]) - 2]  # ㎡ is m², which is a unit
            if plain != char and plain.strip() == plain:
                table[char] = plain
    for line in (files(__package__) / "radicals.txt").read_text("utf-8").splitlines():
        plain, *others = line.split(" ")
        if plain != "#":
            table.update(dict.fromkeys(others, plain))
    for row in _LIKE_CIRCLED:
        table.update(zip(row, _CIRCLED, strict=True))
    table.update(zip(*reversed(_FURTHER_CIRCLED), strict=True))
    return table | _OWN


_LAST_OF_PLANE = 0xFFFF


@cache
def _combining() -> frozenset[str]:
    return frozenset(chr(c) for first, last in _COMBINING for c in range(first, last + 1))


@cache
def invisible() -> str:
    """Return the characters that are not seen, and not those that change the one in front."""
    return "".join(chr(c) for first, last in _INVISIBLE for c in range(first, last + 1))


@cache
def extended() -> str:
    """Return the characters whose ordinary form is not one character, or depends on the next."""
    several = "".join(char for char, plain in lookalikes().items() if len(plain) > 1)
    return "".join(_combining()) + several + _SUBSCRIPTS


@cache
def _may_be_lookalike() -> re.Pattern[str]:
    """Return the pattern of a lookalike or of any character beyond U+FFFF.

    It is fast: up to there a set of characters is a table, beyond it each range takes its own time.
    """
    ranges: list[list[int]] = []
    for code in sorted(code for code in map(ord, lookalikes()) if code <= _LAST_OF_PLANE):
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    below = "".join(f"\\u{a:04x}-\\u{b:04x}" for a, b in ranges)
    return re.compile(f"[{below}\\U00010000-\\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Ordinary:
    """A text in ordinary characters and where they come from.

    Attributes:
        text: the ordinary form.
        source: the text as it stands.
    """

    text: str
    source: str
    _starts: tuple[int, ...] = ()
    """Offsets in ``text`` from which on the distance to the offset in ``source`` is another."""
    _sources: tuple[int, ...] = ()
    """Offsets in ``source`` of these."""
    _still: tuple[bool, ...] = ()
    """Whether the characters from there on are all of one character of ``source``."""

    def origin(self, offset: int) -> int:
        """Return where in ``source`` the character at ``offset`` of ``text`` comes from."""
        if not self._starts:
            return offset
        at = bisect_right(self._starts, offset) - 1
        return self._sources[at] + (0 if self._still[at] else offset - self._starts[at])

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return where in ``source`` the characters of ``text[start:end]`` come from.

        Args:
            start: offset of the first of them.
            end: offset behind the last, more than ``start``.

        Example:
            >>> ordinary("\u200b⼀、Ⅳ级").span(0, 4)
            (1, 4)
        """
        if not self._starts:
            return start, end
        last = self.origin(end - 1) + 1
        while self.source[last : last + 1] in _combining():  # an accent belongs to its letter
            last += 1
        return self.origin(start), last

    def position(self, offset: int) -> int:
        """Return the offset in ``text`` of the first character from ``offset`` of ``source`` on.

        Example:
            >>> ordinary("\u200b⼀、Ⅳ级").position(4)
            4
        """
        if not self._starts:
            return offset
        return bisect_left(range(len(self.text)), offset, key=self.origin)

    def offsets(self) -> list[int]:
        """Return where in ``source`` each character of ``text`` comes from."""
        return [*map(self.origin, range(len(self.text)))]

    def visible(self, start: int, end: int) -> str:
        """Return the characters of ``source`` that ``text[start:end]`` comes from.

        They are as they stand in the file, without those that the ordinary form leaves out.

        Example:
            >>> found = ordinary("⼆ 、\u200b存在问题")
            >>> found.visible(0, len(found.text))
            '⼆、存在问题'
        """
        if not self._starts:
            return self.text[start:end]
        return "".join(self.source[i] for i in dict.fromkeys(map(self.origin, range(start, end))))


def ordinary(text: str) -> Ordinary:
    """Return ``text`` in ordinary characters, without the spaces of lines that are spaced out.

    Example:
        >>> ordinary("（ 一 ） 加 强 执 法 3 1 8 件").text
        '（一）加强执法318件'
    """
    characters = ordinary_characters(text)
    gaps = sorted(set(_gaps(characters.text)))
    if not gaps:
        return characters
    parts: list[str] = []
    edits: list[tuple[int, int, bool]] = []
    done = size = 0
    for gap in gaps:
        if gap > done:
            edits += _moved(characters, done, gap, size)
            parts.append(characters.text[done:gap])
            size += gap - done
        done = gap + 1
    if done < len(characters.text):
        edits += _moved(characters, done, len(characters.text), size)
        parts.append(characters.text[done:])
    return _made("".join(parts), text, edits)


def is_ordinary(text: str) -> bool:
    """Return whether ``text`` is sure to be its own ordinary form, which is told fast."""
    return not _may_be_lookalike().search(text) and not _hint().search(text)


def ordinary_characters(text: str) -> Ordinary:
    """Return ``text`` in ordinary characters, with all its white space.

    Example:
        >>> ordinary_characters("⻓安区 Ⅳ级").text
        '长安区 IV级'
    """
    pattern = _may_be_lookalike()
    if not pattern.search(text):
        return Ordinary(text, text)
    table, combining = lookalikes(), _combining()
    parts: list[str] = []
    edits: list[tuple[int, int, bool]] = []
    done = size = 0
    for match in pattern.finditer(text):
        at, char = match.start(), match[0]
        if (plain := table.get(char)) is None:
            continue
        if plain.endswith(_ENDS_LIKE_NUMBER) and _number_follows().match(text, at + 1):
            if char in _SUBSCRIPTS:
                continue  # CO₂12吨 is not CO212吨
            plain = f"({plain[:-1]})" if len(plain) > 1 else plain  # nor is ⒈5家 1.5家
        if at > done:
            edits.append((size, done, False))
            parts.append(text[done:at])
            size += at - done
        if char in combining and parts:
            composed = unicodedata.normalize("NFC", parts[-1][-1] + char)
            if len(composed) == 1:
                parts[-1] = parts[-1][:-1] + composed
        elif plain:
            edits.append((size, at, len(plain) > 1))
            parts.append(plain)
            size += len(plain)
        done = at + 1
    if done < len(text):
        edits.append((size, done, False))
        parts.append(text[done:])
    return _made("".join(parts), text, edits)


def with_ideographs(text: str) -> str:
    """Return ``text`` with ideographs for radicals and without what is not seen; Ⅳ and ㎡ stay.

    Example:
        >>> with_ideographs("⾏政\u200b处罚Ⅳ级")
        '行政处罚Ⅳ级'
    """
    if not _may_be_lookalike().search(text):
        return text
    table = lookalikes()
    return "".join(
        plain if not (plain := table.get(char, char)) or plain >= _FIRST_IDEOGRAPH else char
        for char in text
    )


_FIRST_IDEOGRAPH = "\u3400"


def _made(text: str, source: str, edits: list[tuple[int, int, bool]]) -> Ordinary:
    if not edits:
        return Ordinary(text, source)
    starts, sources, still = zip(*edits, strict=True)
    return Ordinary(text, source, starts, sources, still)


def _moved(found: Ordinary, start: int, end: int, to: int) -> Iterator[tuple[int, int, bool]]:
    """Yield the edits of ``found.text[start:end]`` where it is put at ``to``."""
    if not found._starts:
        yield to, start, False
        return
    at = bisect_right(found._starts, start) - 1
    yield to, found.origin(start), found._still[at]
    for i in range(at + 1, bisect_right(found._starts, end - 1)):
        yield to + found._starts[i] - start, found._sources[i], found._still[i]


_SPACE = "[ \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]"
_HAN = "\u3400-\u9fff\u3007\U00020000-\U0003ffff"
_SIGNS = "、。，；：！？（）()《》〈〉“”‘’「」『』【】〔〕—…·%％‰,.;:!?．"
_DIGIT = "0-9０-９"


@cache
def _spaced_line() -> re.Pattern[str]:
    """Return the pattern of what a line has that is spaced out.

    It is an ideograph that stands alone, and so does what follows.
    """
    return re.compile(rf"{_SPACE}[{_HAN}]{_SPACE}\S{_SPACE}\S(?!\S)")


_LEAST_ALONE, _SHARE_ALONE = 4, 0.7
"""Characters that stand alone in such a line, and their share of what stands between spaces."""
_MEASURE = (
    r"[年月日件起人名次份场例宗户家所台辆亩元天吨册本篇岁米部倍届期条款章号个项种批级位类层张座套支间"
    r"栋幢块株头只匹颗枚艘架列节课集页句轮趟万亿千百余多斤秒克%％‰℃]|公[里斤顷]|小时|分钟|平方|立方|美元"
)
"""What is counted or measured, and so shows that single digits in front of it are one number."""
_FIRST = rf"[{_DIGIT}](?<![{_DIGIT}].)(?<![{_DIGIT}]{_SPACE}.)(?<![{_DIGIT}][.,．，].)"
"""The first digit of a number."""
_NO_ZERO = rf"(?:(?<=[1-9１-９])|(?={_SPACE}?[.．]))"
_MORE = (
    rf"(?:{_SPACE}?[.,．，]{_SPACE}?[{_DIGIT}](?![{_DIGIT}])|{_SPACE}[{_DIGIT}](?![{_DIGIT}])){{1,15}}"
    rf"(?!{_SPACE}?[{_DIGIT}])"
)
"""Its further digits, each by itself."""
_JOINS = r"\-/:：—~～+"
"""Marks between numbers of one date or range."""


@cache
def _counted() -> re.Pattern[str]:
    """Return the pattern of single digits that are one number.

    They are counted, or the text goes on at both ends.
    """
    return re.compile(
        rf"{_FIRST}(?:{_NO_ZERO}{_MORE}(?={_SPACE}?(?:{_MEASURE})|[{_HAN}％%‰℃])"
        rf"|(?<=\S.){_MORE}(?=[^\s{_DIGIT}])|(?<=[{_DIGIT}][{_JOINS}].){_MORE}(?!.))"
    )


_JOINED = rf"(?:(?<=[{_JOINS}].)|(?<=[{_JOINS}]{_SPACE}.))"


@cache
def _before_text() -> re.Pattern[str]:
    """Return the pattern of the same in a line that is spaced out.

    A number at its end may be several of a table.
    """
    return re.compile(
        rf"{_FIRST}(?:(?:{_NO_ZERO}|{_JOINED}){_MORE}(?={_SPACE}?[^\s|｜{_DIGIT}A-Za-z])"
        rf"|{_JOINED}{_MORE}(?!.))"
    )


@cache
def _letters() -> re.Pattern[str]:
    """Return the pattern of single letters and digits that are one word, in such a line."""
    return re.compile(
        rf"[{_DIGIT}A-Za-z](?<![{_DIGIT}A-Za-z].)(?:(?<=[A-Za-z])|(?=[{_DIGIT} ]{{1,16}}[A-Za-z]))"
        rf"(?:{_SPACE}[{_DIGIT}A-Za-z](?![{_DIGIT}A-Za-z])){{1,24}}"
    )


_ZERO = "〇○零Oo"
_YEAR_ENDS = rf"(?={_SPACE}?(?:年|[、和至到\-—~～]{_SPACE}?[12１２一二]))"


@cache
def _year() -> re.Pattern[str]:
    """Return the pattern of a year with spaces in it."""
    return re.compile(
        rf"[12１２](?<![{_DIGIT}].)(?<![{_DIGIT}]{_SPACE}.)"
        rf"(?:(?<=[1１]){_SPACE}?[9９]|(?<=[2２]){_SPACE}?[0０])"
        rf"{_SPACE}?[{_DIGIT}]{_SPACE}?[{_DIGIT}]{_YEAR_ENDS}"
        rf"|[一二](?<![一二三四五六七八九十].)(?:(?<=一){_SPACE}?九|(?<=二){_SPACE}?[{_ZERO}])"
        rf"{_SPACE}?[{_ZERO}一二三四五六七八九]{_SPACE}?[{_ZERO}一二三四五六七八九]{_YEAR_ENDS}"
    )


_NUMERAL = rf"(?:[一二三四五六七八九十百零〇](?:{_SPACE}?[一二三四五六七八九十百零〇]){{0,4}})"
_ONE_OR_TWO = rf"[{_DIGIT}](?:{_SPACE}?[{_DIGIT}])?"


@cache
def _mark() -> re.Pattern[str]:
    """Return the pattern of a number with spaces in it that begins a heading or an item."""
    return re.compile(
        rf"^[ \t\u00a0\u3000]{{0,40}}"
        rf"(?:[(（〔【]{_SPACE}{{0,2}}(?:{_NUMERAL}|{_ONE_OR_TWO}){_SPACE}{{0,2}}[)）〕】]"
        rf"|(?:{_NUMERAL}|{_ONE_OR_TWO}|[IVXivx]{{1,5}}){_SPACE}{{0,2}}[、.．](?![{_DIGIT}])"
        rf"|{_NUMERAL}{_SPACE}(?:是|要)(?={_SPACE})"
        rf"|第{_SPACE}?(?:{_NUMERAL}|[{_DIGIT}]{{1,3}}){_SPACE}?(?:[章节编条]|部{_SPACE}?分)(?={_SPACE}|[{_HAN}]))"
        rf"{_SPACE}{{0,2}}",
        re.M,
    )


@cache
def _hint() -> re.Pattern[str]:
    """Return the pattern of what a text has in which any of these patterns can match."""
    return re.compile(
        rf"{_SPACE}(?:[{_HAN}]{_SPACE}\S{_SPACE}\S(?!\S)"
        rf"|(?<=[{_DIGIT}]{_SPACE})[{_DIGIT}]|(?<=[一二〇○零九]{_SPACE})[{_ZERO}一二三四五六七八九]"
        rf"|(?<=[(（〔【第]{_SPACE})|(?<=[{_DIGIT}一二三四五六七八九十百零〇IVXivx]{_SPACE}){_SPACE}?"
        rf"[、.．)）〕】是要章节编条部])"
    )


_ANY_SPACE = re.compile(_SPACE)
_WORD = re.compile(rf"[{_DIGIT}A-Za-z\u00c0-\u024f\u0370-\u052f]")
_TOKENS = re.compile(r"\S+")


def _gaps(text: str) -> Iterator[int]:
    """Yield the offsets of the spaces that stand inside a word, a number or a mark."""
    if not _hint().search(text):
        return
    for pattern in (_mark(), _year(), _counted()):
        for match in pattern.finditer(text):
            first = match.end() - len(match[0].lstrip())
            last = match.start() + len(match[0].rstrip())
            if not _ANY_SPACE.search(text, first, last):
                continue
            for space in _ANY_SPACE.finditer(text, first, match.end()):
                yield space.start()
    at = 0
    while found := _spaced_line().search(text, at):
        start = text.rfind("\n", 0, found.start()) + 1
        at = text.find("\n", found.end())
        at = len(text) if at < 0 else at
        if is_spaced_out(text[start:at]):
            yield from _line_gaps(text, start, at)


def is_spaced_out(line: str) -> bool:
    """Say whether the characters of ``line`` have spaces between them that mean nothing.

    Example:
        >>> is_spaced_out("共 办 理 案 件 3 1 8 件"), is_spaced_out("出席：王　伟　李小明")
        (True, False)
    """
    if not _spaced_line().search(line):
        return False
    tokens = _TOKENS.findall(line)
    alone = sum(len(token.strip(_SIGNS)) <= 1 for token in tokens)
    return alone >= _LEAST_ALONE and alone >= _SHARE_ALONE * len(tokens)


def _line_gaps(text: str, start: int, end: int) -> Iterator[int]:
    """Yield the gaps of a line that is spaced out: single spaces but for those of columns."""
    kept: set[int] = set()
    for space in _ANY_SPACE.finditer(text, start, end):
        at = space.start()
        before, behind = text[at - 1 : at], text[at + 1 : at + 2]
        if not before.strip() or not behind.strip():
            continue
        if _WORD.match(before) and _WORD.match(behind):
            kept.add(at)
        else:
            yield at
    for pattern in (_before_text(), _letters()):
        for match in pattern.finditer(text, start, end):
            yield from (at for at in range(*match.span()) if at in kept)


def significant_gaps(text: str, gaps: list[int]) -> list[int]:
    """Return those of ``gaps``, spaces between letters or digits, that are not inside a word.

    Args:
        text: a text in ordinary characters.
        gaps: offsets of spaces in it.

    Example:
        >>> significant_gaps("案 件 共 3 1 8 件 App 12", [7, 9, 17])
        [17]
    """
    inside = set(_gaps(text))
    return [gap for gap in gaps if gap not in inside]
