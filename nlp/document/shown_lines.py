"""Take a text apart into the lines that a page shows, each with what it shows by itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..text.normalize import simplified
from .blocks import NOT_SPOKEN, Block
from .header import BLANK
from .page_evidence import LIKELY, LONGEST_LOOKED_AT, Evidence, evidence, is_prose, title_in

_LINE = re.compile(r"[^\r\n\v\f\x85\u2028\u2029]+")


@dataclass(slots=True)
class ShownLine:
    """A line of a text, or a paragraph that its file gives.

    Attributes:
        start: offset of its first character.
        end: offset after its last character.
        text: without blanks at its ends, in simplified characters.
        block: what the file says of it, if anything.
        evidence: what it shows by itself.
        prose: whether it has the marks of a sentence.
        page: whether it is of the page, as far as that is decided.
    """

    start: int
    end: int
    text: str
    block: Block | None
    evidence: Evidence
    prose: bool
    page: bool = False

    @property
    def points(self) -> float:
        """Points for the page; a sentence that is no note to visitors has none."""
        return self.evidence.points


def lines_in(text: str, blocks: Iterable[Block]) -> Iterator[ShownLine]:
    """Yield the lines of ``text`` that are not blank, in order; a block is one line.

    Args:
        text: the text of a report.
        blocks: what its file says of parts of it, ascending and without overlap.
    """
    at = 0
    for block in (*blocks, None):
        until = block.start if block else len(text)
        for found in _LINE.finditer(text, at, until):
            yield from _split_line(text, found.start(), found.end())
        if block:
            if made := line_at(text, block.start, block.end, block):
                yield made
            at = block.end


def line_at(text: str, start: int, end: int, block: Block | None = None) -> ShownLine | None:
    """Return the line from ``start`` to ``end`` of ``text``, ``None`` where it is blank."""
    raw = text[start:end]
    bare = raw.strip(BLANK)
    if not bare:
        return None
    if len(bare) < end - start:
        start += len(raw) - len(raw.lstrip(BLANK))
        end = start + len(bare)
    of_page = block is not None and block.kind in NOT_SPOKEN
    if len(bare) > LONGEST_LOOKED_AT:
        return ShownLine(start, end, bare, block, Evidence(), True, of_page)
    bare = simplified(bare)
    prose = is_prose(bare)
    known = of_page or (block is not None and block.kind == "title")
    said = Evidence() if known else evidence(bare, prose)
    return ShownLine(start, end, bare, block, said, prose, of_page)


def _split_line(text: str, start: int, end: int) -> Iterator[ShownLine]:
    """Yield a line, or its parts where a title was glued to what the page has beside it."""
    line = line_at(text, start, end)
    if not line:
        return
    parts = None if line.prose and line.points < LIKELY else title_in(line.text)
    if not parts:
        yield line
        return
    first, last = parts
    for begin, stop in ((0, first), (first, last), (last, len(line.text))):
        if begin < stop and (made := line_at(text, line.start + begin, line.start + stop)):
            yield made
