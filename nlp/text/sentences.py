"""Split a paragraph into sentences by rules on punctuation.

A sentence ends at 。！？ and their half-width and compatibility forms, and at a semicolon. A colon
before a list (一是 (一) ①) ends the introductory clause. There is no boundary inside brackets,
《》, numbers, web addresses, or a quotation that the sentence continues after. An unpaired bracket
or quotation mark is treated as an ordinary character, so a typing error cannot join the rest of
the paragraph into one sentence.
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
_INTRODUCES_SPEECH = _COLON | _CLOSING_QUOTES | _FINAL | frozenset(",，")
_MAX_MARK = 8
"""Longest number that begins a heading or list item, in characters."""

_CLOSER_OF_OPENER = {
    "(": ")",
    "（": ")",
    "[": "]",
    "［": "]",
    "〔": "]",
    "【": "]",
    "{": "}",
    "《": "》",
}
_CLOSER_OF_OPENER |= {"〈": "〉", "“": "”", "‘": "’", "「": "」", "『": "』"}
_CLOSER_FORMS = {
    ")": ")",
    "）": ")",
    "]": "]",
    "］": "]",
    "〕": "]",
    "】": "]",
    "}": "}",
    "》": "》",
}
_CLOSER_FORMS |= {"〉": "〉", "”": "”", "’": "’", "」": "」", "』": "』"}
_QUOTES = frozenset("“‘「『\"'")

_ADDRESS = re.compile(
    # Bounded repetitions keep the time linear on hostile input, such as a line of digits.
    r"(?:https?://|www\.)[!-~]+"
    r"|(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"
    r"|(?<![\w.-])(?:[\w-]{1,63}\.){1,8}(?:com|cn|net|org)\b",
    re.ASCII | re.IGNORECASE,
)
_BRACKETS = re.compile(f'[{re.escape("".join((*_CLOSER_OF_OPENER, *_CLOSER_FORMS)))}"]')
_STOPS = re.compile(
    f'[{re.escape("".join((*_FINAL, *_DOT, *_SEMICOLON, *_COLON, *_CLOSER_OF_OPENER)))}"]'
)
"""Characters at which a sentence may end, or brackets or a quotation begin."""
_FOOTNOTE = re.compile(r"\s?(?:[\[［〔]\d{1,3}[\]］〕])+|[⁰¹²³⁴-⁹]+")
_CONTINUES = frozenset("的地等之是,，、;；:：。!！?？)）》…—-")
"""Characters after a closing quotation mark that continue the sentence."""


def _is_cjk(char: str) -> bool:
    """Return whether ``char`` is a Chinese character."""
    return "\u3400" <= char <= "\u9fff" or "\uf900" <= char <= "\ufaff" or char in "〇々"


def _closing_partners(text: str) -> dict[int, int]:
    """Return the offset of each paired opening bracket or quote with that of its closing one."""
    partner: dict[int, int] = {}
    stack: list[tuple[str, int]] = []
    straight: dict[str, int] = {}
    for found in _BRACKETS.finditer(text):
        i, char = found.start(), found[0]
        if char in _CLOSER_OF_OPENER:
            stack.append((_CLOSER_OF_OPENER[char], i))
        elif char in _CLOSER_FORMS:
            closer = _CLOSER_FORMS[char]
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
    """Return the start offset of each web or mail address with its end offset."""
    spans: dict[int, int] = {}
    if "." not in text and "://" not in text:  # every address has one of them
        return spans
    for match in _ADDRESS.finditer(text):
        end = match.start() + len(match[0].rstrip(".,;:!?)\"'"))
        spans[match.start()] = end
    return spans


def _dot_ends(text: str, i: int, start: int) -> bool:
    """Return whether the dot at ``i`` ends a sentence.

    It does when a Chinese character or a closing mark precedes it and a Chinese character, an
    opening mark, a digit or the end follows. The dot after the number of a list item
    (二.规范执法行为) does not; ``start`` is the start offset of the sentence.
    """
    before = text[i - 1] if i else ""
    after = text[i + 1 : i + 2]
    if not before or not (_is_cjk(before) or before in "”’」』)）》％%"):
        return False
    if i - start < _MAX_MARK:
        number = text[start : i + 1].lstrip()
        mark = heading_mark(number)
        if mark and mark.length == len(number):
            return False
    return (
        not after or after.isspace() or _is_cjk(after) or after in "“‘「『(（《" or after.isdigit()
    )


def _quote_ends(text: str, opening: int, closing: int) -> bool:
    """Return whether the sentence ends with the quotation ``text[opening:closing + 1]``.

    It does when the quotation ends with final punctuation, the text after it does not continue the
    sentence, and the quotation is speech: it follows a colon, a comma, final punctuation or another
    quotation.
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
    return before >= 0 and text[before] in _INTRODUCES_SPEECH


def sentence_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield the offsets ``(start, end)`` of the sentences of one paragraph, in order.

    The spans do not overlap, begin and end with a character that is not white space, and together
    cover all such characters. The time is linear in the length of ``text``.

    Example:
        >>> list(sentence_spans("全年办案12件。同比增长10%。"))
        [(0, 8), (8, 16)]
    """
    partner = _closing_partners(text)
    addresses = _address_ends(text)
    size = len(text)
    start = 0
    first = _skip_space(text, 0)  # offset of the first character of the sentence
    i = 0
    while i < size:
        if not addresses:  # the next character that matters; else each is looked up
            stop = _STOPS.search(text, i)
            if not stop:
                break
            i = stop.start()
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
                end = i + 1  # the whole sentence is in brackets
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
            first = _skip_space(text, start)
        else:
            i += 1
    yield from _trimmed(text, start, size)


def _skip_space(text: str, i: int) -> int:
    """Return the offset of the first character at or after ``i`` that is not white space."""
    while i < len(text) and text[i].isspace():
        i += 1
    return i


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the span without white space at its ends, nothing if it is all white space."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield start, end
