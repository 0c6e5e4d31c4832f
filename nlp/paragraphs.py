"""Lines to paragraphs: a line that was broken by a printer or a scanner is joined to the next."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .boilerplate import is_boilerplate
from .markers import starts_unit

_LINE = re.compile(r"[^\r\n\v\f\x85\u2028\u2029]+")
_GAP = re.compile(r"(?<=[。！？：:])[ \u00a0\u3000]{2,}(?=\S)")
"""A gap within a line where two paragraphs were glued together."""
_ENDS = frozenset("。！？!?;；:：.．…｡")
_CLOSERS = "”’」』)）》】〕\"'"
_HANGS = frozenset(",，、（(“《")
_TITLE = re.compile(
    r"[^,，。、;；:：]{0,400}?(?:报告|总结|汇报|要点|方案|通知|意见|公报|年报|规划|公告|通报)"
    r"(?:[（(][^（）()]{1,12}[)）])?"
)
"""A line that is a title is whole, however long it is."""
_COLONS = frozenset(":：")
_LONG = 18
"""Characters that a line must have before it can be one that ran into the margin."""


_MARGIN = 1.3
"""How much wider the next line may be; half-width characters make lines of one width unequal."""


def paragraph_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield ``(start, end)`` of the paragraphs of ``text`` that are not blank, in order.

    A paragraph is a line, or several that were one before they were wrapped: the next line is
    neither indented nor numbered, and this one is long and has no final mark, or ends in a comma.
    """
    start = end = -1
    previous = ""
    for line_start, line_end in _lines(text):
        line = text[line_start:line_end]
        if not line.strip():
            if start >= 0:
                yield start, end
            start = -1
            continue
        adjoining = start >= 0 and _one_break(text, end, line_start)
        if adjoining and _wrapped(previous, line):
            end = line_end
        else:
            if start >= 0:
                yield start, end
            start, end = line_start, line_end
        previous = line
    if start >= 0:
        yield start, end


def _lines(text: str) -> Iterator[tuple[int, int]]:
    for line in _LINE.finditer(text):
        start = line.start()
        for gap in _GAP.finditer(text, *line.span()):
            yield start, gap.start()
            start = gap.start()  # the gap is the indent of what follows
        yield start, line.end()


def _one_break(text: str, end: int, start: int) -> bool:
    return text[end:start] in ("\n", "\r\n", "\r", "\x85", "\u2028", "\v")


def _wrapped(line: str, following: str) -> bool:
    """Say whether ``following`` goes on with the sentence that ``line`` leaves open."""
    if following[0].isspace() or following.startswith(("——", "附件")) or "\t" in line + following:
        return False
    if starts_unit(following) or is_boilerplate(following) or is_boilerplate(line):
        return False
    bare, after = line.rstrip(), following.rstrip()
    last = bare.rstrip(_CLOSERS)[-1:] or bare[-1]
    if last in _ENDS or (after[-1] in _COLONS and len(after) < _LONG):
        return False
    if last in _HANGS or bare[-1] in _HANGS:
        return True
    if _TITLE.fullmatch(bare):
        return False
    if len(after.lstrip()) > _MARGIN * len(bare.lstrip()):
        return False  # the next line is wider: this one did not reach the margin
    goes_on = len(after) * 2 >= len(bare) or after[-1] in _ENDS
    return goes_on and len(bare.lstrip()) >= _LONG and not starts_unit(line.lstrip())
