"""Split a paragraph into sentences.

Policy: 。！？ and their half-width and odd forms end a sentence, and so does ``;``; a
colon before a list (一是 (一) ①) ends the lead-in. Nothing is cut inside brackets, 《》,
numbers, addresses of the web, or a quotation that goes on. A bracket or quote without its
partner is an ordinary character, so a typing error never swallows the rest of a paragraph.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .paragraphs import heading_mark, list_after_colon

_FINAL = frozenset("。！？｡!?")
_SEMICOLON = frozenset(";；")
_DOT = frozenset(".．")
_COLON = frozenset(":：")
_CLOSING_QUOTES = frozenset("”’」』\"'")
_INTRODUCES = _COLON | _CLOSING_QUOTES | _FINAL | frozenset(",，")
_LONGEST_MARK = 8
"""Characters of the number that opens a heading or item."""

_PAIRS = {"(": ")", "（": ")", "[": "]", "［": "]", "〔": "]", "【": "]", "{": "}", "《": "》"}
_PAIRS |= {"〈": "〉", "“": "”", "‘": "’", "「": "」", "『": "』"}
_CLOSERS = {")": ")", "）": ")", "]": "]", "］": "]", "〕": "]", "】": "]", "}": "}", "》": "》"}
_CLOSERS |= {"〉": "〉", "”": "”", "’": "’", "」": "」", "』": "』"}
_QUOTES = frozenset("“‘「『\"'")

_ADDRESS = re.compile(
    # Lengths are bounded and beginnings fixed: a line of nothing but digits must not take long.
    r"(?:https?://|www\.)[!-~]+"
    r"|(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"
    r"|(?<![\w.-])(?:[\w-]{1,63}\.){1,8}(?:com|cn|net|org)\b",
    re.ASCII | re.IGNORECASE,
)
_FOOTNOTE = re.compile(r"\s?(?:[\[［〔]\d{1,3}[\]］〕])+|[⁰¹²³⁴-⁹]+")
_CONTINUES = frozenset("的地等之是,，、;；:：。!！?？)）》…—-")
"""Characters behind a closing quote that say the sentence goes on."""


def _cjk(char: str) -> bool:
    return "\u3400" <= char <= "\u9fff" or "\uf900" <= char <= "\ufaff" or char in "〇々"


def _partners(text: str) -> dict[int, int]:
    """Map the offset of every opening bracket or quote to that of its partner."""
    partner: dict[int, int] = {}
    stack: list[tuple[str, int]] = []
    straight: dict[str, int] = {}
    for i, char in enumerate(text):
        if char in _PAIRS:
            stack.append((_PAIRS[char], i))
        elif char in _CLOSERS:
            closer = _CLOSERS[char]
            depth = next(
                (
                    d
                    for d in range(len(stack) - 1, max(-1, len(stack) - 9), -1)
                    if stack[d][0] == closer
                ),
                None,
            )
            if depth is not None:
                partner[stack[depth][1]] = i
                del stack[depth:]
        elif char == '"':
            if char in straight:
                partner[straight.pop(char)] = i
            else:
                straight[char] = i
    return partner


def _address_ends(text: str) -> dict[int, int]:
    """Map the beginning of every address of the web to its end."""
    spans = {}
    for match in _ADDRESS.finditer(text):
        end = match.start() + len(match[0].rstrip(".,;:!?)\"'"))
        spans[match.start()] = end
    return spans


def _dot_ends(text: str, i: int, start: int) -> bool:
    """Say whether the dot at ``i`` is a full stop: Chinese before it, Chinese or the end behind.

    The dot of a number that opens the sentence (二.规范执法行为) is none; ``start`` is where the
    sentence begins.
    """
    before = text[i - 1] if i else ""
    after = text[i + 1 : i + 2]
    if not before or not (_cjk(before) or before in "”’」』)）》％%"):
        return False
    if i - start < _LONGEST_MARK:
        number = text[start : i + 1].lstrip()
        mark = heading_mark(number)
        if mark and mark.length == len(number):
            return False
    return not after or after.isspace() or _cjk(after) or after in "“‘「『(（《" or after.isdigit()


def _quote_ends(text: str, opening: int, closing: int) -> bool:
    """Say whether the sentence ends with the quotation ``text[opening:closing + 1]``.

    It does when a final mark stands inside at the end, what follows does not go on, and the
    quotation is speech: introduced by a colon or comma, or right behind another quotation.
    """
    inner = closing - 1
    while inner > opening and text[inner] in _CLOSING_QUOTES:
        inner -= 1
    if inner <= opening or text[inner] not in _FINAL:
        return False
    after = text[closing + 1 : closing + 2]
    if not after or after.isspace():
        return True
    if after in _CONTINUES:
        return False
    before = opening - 1
    while before >= 0 and text[before].isspace():
        before -= 1
    return before >= 0 and text[before] in _INTRODUCES


def sentence_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield ``(start, end)`` of the sentences of one paragraph, in order.

    The spans do not overlap, begin and end with a character that is not white space, and cover
    every such character. Time is linear in the length of ``text``.
    """
    partner = _partners(text)
    addresses = _address_ends(text)
    size = len(text)
    start = 0
    first = _not_blank(text, 0)  # the first character of the sentence
    i = 0
    while i < size:
        char = text[i]
        end = 0
        if i in addresses:
            i = max(addresses[i], i + 1)
            continue
        if i in partner:
            opening, i = i, partner[i]
            if char in _QUOTES:
                if _quote_ends(text, opening, i):
                    end = i + 1
            elif text[i - 1] in _FINAL and first == opening:
                end = i + 1  # a sentence that stands in brackets by itself
        elif char in _FINAL or (char in _DOT and _dot_ends(text, i, start)):
            while i + 1 < size and (text[i + 1] in _FINAL or text[i + 1] in _DOT):
                i += 1
            while i + 1 < size and text[i + 1] in _CLOSING_QUOTES and i + 1 not in partner:
                i += 1
            end = i + 1
        elif char in _SEMICOLON or (char in _COLON and list_after_colon().match(text, i + 1)):
            end = i + 1
        if end:
            if note := _FOOTNOTE.match(text, end):
                end = note.end()
            yield from _trimmed(text, start, end)
            start = i = end
            first = _not_blank(text, start)
        else:
            i += 1
    yield from _trimmed(text, start, size)


def _not_blank(text: str, i: int) -> int:
    """Return the offset of the first character from ``i`` on that is not white space."""
    while i < len(text) and text[i].isspace():
        i += 1
    return i


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield start, end
