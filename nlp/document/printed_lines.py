"""Join the lines of a text that was broken at the width of a printed page.

A text copied from a page, typed with a line end at the margin, or saved as a web page with one
element for each line has its paragraphs in pieces. That it is so shows in the whole text and in no
single line: no line is wider than some width, many reach it, and most of those stop inside a
sentence. Only then are lines joined here; where one paragraph ends is told by the indent of the
next, by a line that stops short of the margin, or by a blank line. A list of names or of slogans,
and a table drawn with spaces, has no such lines, and stays as it is.

Widths are counted in columns: a Chinese character has two, a half-width character has one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from ..text.paragraphs import heading_mark, is_boilerplate, starts_unit
from .blocks import Block, BlockKind, paragraphs_with_blocks

Paragraph = tuple[int, int, Block | None]
"""Start and end of a paragraph, and its block where the file gives one."""

_NARROWEST = 24
"""Columns of the narrowest page that is recognized."""
_SLACK = 2
"""Columns by which lines of one width differ, since a line holds an odd number of digits."""
_HANGING = 4
"""Columns by which a line may be wider: marks that hang in the margin or are set closer."""
_INDENT = 4
"""Columns of the indent of a paragraph."""
_FEWEST_BROKEN = 3
"""Lines that must reach the margin inside a sentence."""
_WIDER = 0.03
"""Share of the lines that may be wider than the page, such as a web address."""
_CENTRED = 10
"""Columns of an indent that is none of a paragraph: a title, a signature, a page number."""
_FINAL = frozenset("。！？!?；;：:｡")
_CLOSERS = "”’」』)）》】〕\"'"
_CLAUSE = re.compile("[，。；,;]")
_SENTENCE = re.compile("[。；！？]")
_COLUMNS = re.compile(r"\S(?:[ \u00a0]{2,40}|\u3000{1,40}|\t)\s{0,40}\S")
_FIRST_WORD = re.compile(
    r"[（(《“‘「『【〔]{0,3}(?:[0-9A-Za-z０-９][0-9A-Za-z.,:/%+-]{0,40}|.)"
    r"[，。、；：！？）)》”’」』】〕…%％∶]{0,3}"
)
"""What of a line could not stand alone at the end of the line above."""
_DECIMAL = re.compile(r"\d{1,3}[.．]\d")
_HEADINGS = 3
"""Level down to which a number in front of a line without clauses is that of a heading."""
_BELOW_TITLE = ("—", "(", "（", *"0123456789")
_TEXT: frozenset[BlockKind | None] = frozenset((None, "paragraph"))
"""Kinds of blocks that may be lines of one paragraph."""


@lru_cache(maxsize=8192)
def _columns_of(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WFA" else 1


_UNUSUAL = re.compile("[^\\x00-\\x7f\u3001-\u3011\u4e00-\u9fff，。；：！？（）“”‘’—…]")
"""All but ASCII, of one column, and the usual Chinese characters and marks, of two."""


def columns(line: str) -> int:
    """Return how many columns ``line`` takes, a Chinese character or mark two.

    Example:
        >>> columns("办案12件。"), columns("　　办案")
        (10, 8)
    """
    if _UNUSUAL.search(line):
        return sum(map(_columns_of, line))
    return 2 * len(line) - len(line.encode("ascii", "ignore"))


def _characters(line: str) -> int:
    """Return the columns of ``line`` where each of its characters takes two.

    Programs that break lines after so many characters count digits like ideographs.
    """
    return 2 * len(line)


Measure = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that may be a piece of a paragraph.

    Attributes:
        text: its characters without blanks at the ends.
        indent: columns of the blanks in front.
        width: columns up to its last character, from the left edge of the page.
    """

    text: str
    indent: int
    width: int

    @property
    def is_open(self) -> bool:
        """Whether it stops where no sentence or clause before a list does."""
        last = self.text.rstrip(_CLOSERS)[-1:] or self.text[-1]
        return last not in _FINAL


def _line(text: str, measure: Measure) -> _Line:
    bare = text.strip()
    indent = measure(text[: len(text) - len(text.lstrip())])
    return _Line(bare, indent, indent + measure(bare))


@dataclass(frozen=True, slots=True)
class _Page:
    """How the lines of a text are laid out.

    Attributes:
        width: columns of a full line.
        edge: columns in front of a line that is not indented.
        indented: whether the first line of a paragraph is indented.
        hidden: columns of an indent of first lines that the text does not have, as that of a style.
        spaced: whether a blank line stands between any two lines and so tells nothing.
        measure: gives the columns of a line.
    """

    width: int
    edge: int
    indented: bool = True
    hidden: int = 0
    spaced: bool = False
    measure: Measure = columns

    def is_full(self, line: _Line, following: _Line, first: bool = False) -> bool:
        """Say whether ``line`` has no room for the first word of the one below it.

        Args:
            line: the line.
            following: the one below it.
            first: whether it is the first of a paragraph.
        """
        word = _FIRST_WORD.match(following.text)
        room = self.width - line.width - _SLACK + 1 - self.hidden * first
        return (
            room < self.measure(word[0] if word else "") and line.width <= self.width + 2 * _HANGING
        )

    def is_indented(self, line: _Line) -> bool:
        """Say whether ``line`` begins at least most of an indent behind the left edge."""
        return line.indent >= self.edge + _INDENT - 1


def joined_paragraphs(text: str, blocks: Iterable[Block]) -> list[Paragraph]:
    r"""Return start, end and block of every paragraph that is not blank, in order.

    They are those of :func:`~.blocks.paragraphs_with_blocks`; where the lines of the whole text
    end at one width, those of one paragraph are joined. A paragraph is a span of the text with
    the line ends in it.

    Args:
        text: the text of a report.
        blocks: its blocks, ascending and without overlap.

    Example:
        >>> lines = ["　　全年办理行政处罚案件", "318件，其中听证案件24件，"]
        >>> lines += ["比上年减少3件。各级各部门", "认真落实。"]
        >>> text = "\n".join(lines * 2)
        >>> [text[s:e].count("\n") for s, e, _ in joined_paragraphs(text, ())]
        [3, 3]
    """
    paragraphs = list(paragraphs_with_blocks(text, blocks))
    for measure in (columns, _characters):
        if page := _page(_lines(text, paragraphs, measure), measure):
            return _joined(text, paragraphs, page)
    return paragraphs


def _lines(
    text: str, paragraphs: Iterable[Paragraph], measure: Measure
) -> list[tuple[_Line, bool]]:
    """Return the lines of text, and for each whether a blank line stands above it."""
    found: list[tuple[_Line, bool]] = []
    behind = 0
    for start, end, block in paragraphs:
        if block and block.kind not in _TEXT:
            behind = end
            continue
        start -= len(text[behind:start]) - len(text[behind:start].rstrip(" \t\u3000\u00a0"))
        parted = _parted(text[behind:start])
        for piece in text[start:end].split("\n"):
            if piece.strip():
                found.append((_line(piece, measure), parted))
                parted = False
        behind = end
    return found


def _parted(gap: str) -> bool:
    return len(gap.splitlines()) > 1 or "\f" in gap


def is_printed(lines: Iterable[str]) -> bool:
    """Say whether ``lines``, all of a text, were broken at one width.

    Example:
        >>> is_printed(["全年办理行政处罚案件318件，其中听证24件。", "加强培训。"])
        False
    """
    filled = [(_line(line, columns), False) for line in lines if line.strip()]
    return _page(filled, columns) is not None


def _page(all_lines: Sequence[tuple[_Line, bool]], measure: Measure) -> _Page | None:
    """Return how the lines of a text are laid out, ``None`` when it was not broken at a width.

    Args:
        all_lines: the lines, and for each whether a blank line stands above it.
        measure: gave their columns.
    """
    lines = [
        (line, parted)
        for line, parted in all_lines
        if line.indent < _CENTRED and not _COLUMNS.search(line.text)
    ]
    width = _common_width([line.width for line, _ in lines])
    if width < _NARROWEST:
        return None
    wider = sum(line.width > width + _HANGING for line, _ in lines)
    if wider > max(1, _WIDER * len(lines)):
        return None
    page = _Page(width, 0, measure=measure)
    pairs = [(a, b, parted) for (a, _), (b, parted) in pairwise(lines)]
    full = [a for a, b, _ in pairs if page.is_full(a, b)]
    broken = [
        (b, parted)
        for a, b, parted in pairs
        if a.is_open and page.is_full(a, b) and not starts_unit(b.text)
    ]
    if len(broken) < _FEWEST_BROKEN or len(broken) * 2 < len(full):
        return None
    prose = sum(bool(_CLAUSE.search(line.text[:-1])) for line in full)
    ended = sum(bool(_SENTENCE.search(line.text)) for line, _ in lines)
    reaching = sum(line.width * 2 > width for line, _ in lines)
    if prose * 2 < len(full) or ended * 8 < len(full) or len(full) * 3 < reaching:
        return None
    edge = min(b.indent for b, _ in broken)
    flush = sum(b.indent < edge + _INDENT - 1 for b, _ in broken)
    indents = sum(line.indent >= edge + _INDENT - 1 for line, _ in lines)
    indented = indents > 1 and flush * 5 >= len(broken) * 4
    spaced = sum(parted for _, parted in broken) * 5 >= len(broken) * 4
    hidden = 0 if indented else _hidden_indent(page, pairs)
    return _Page(width, edge, indented, hidden, spaced, measure)


def _hidden_indent(page: _Page, pairs: Sequence[tuple[_Line, _Line, bool]]) -> int:
    """Return by how many columns first lines are shorter than the others."""
    firsts = [
        b
        for (a, b, _), (_, c, _) in pairwise(pairs)
        if not a.is_open and a.width < page.width - 2 * _INDENT and b.is_open
        and page.width - 2 * _INDENT < b.width <= page.width + _HANGING
        and not starts_unit(c.text)
    ]  # fmt: skip
    shorter = sum(b.width < page.width - _SLACK for b in firsts)
    return _INDENT if len(firsts) > 1 and shorter * 4 >= len(firsts) * 3 else 0


def _common_width(widths: Sequence[int]) -> int:
    """Return the width that most lines have, give or take an odd digit, 0 without lines."""
    counts: dict[int, int] = {}
    for width in widths:
        counts[width] = counts.get(width, 0) + 1
    near = {w: sum(counts.get(w - d, 0) for d in range(_SLACK + 1)) for w in counts}
    return max(near, key=lambda w: (near[w], w), default=0) if near else 0


def _joined(text: str, paragraphs: Sequence[Paragraph], page: _Page) -> list[Paragraph]:
    found: list[Paragraph] = []
    begun = False
    several = False  # the last paragraph is more than one line
    for start, end, block in paragraphs:
        above = found[-1] if found else None
        behind = above[1] if above else 0
        gap = text[behind:start]
        indent = len(gap) - len(gap.rstrip(" \t\u3000\u00a0"))
        line = _line(text[start - indent : end].split("\n")[0], page.measure)
        lines = text[start:end].count("\n")
        if above and _kind(above[2]) in _TEXT and _kind(block) in _TEXT:
            last = text[_line_start(text, above[0], behind) : behind]
            upper = _line(last, page.measure)
            first = not several and "\n" not in text[above[0] : behind]
            of_text = begun or page.is_indented(upper) or _below_title(upper, line)
            if of_text and _goes_on(page, upper, line, _parted(gap), first):
                merged = replace(above[2], end=end) if above[2] and block else above[2]
                if (above[2] is None) == (block is None):
                    found[-1] = (above[0], end, merged)
                    several = True
                    begun = begun or bool(_CLAUSE.search(line.text))
                    continue
        found.append((start, end, block))
        several = lines > 0
        begun = begun or bool(_CLAUSE.search(text[start:end]))
    return found


def _below_title(line: _Line, following: _Line) -> bool:
    """Say whether a line above the text is one below its title: a date, an occasion."""
    return line.text.startswith(_BELOW_TITLE) and not following.text.startswith(_BELOW_TITLE)


def _kind(block: Block | None) -> BlockKind | None:
    return block.kind if block else None


def _line_start(text: str, start: int, end: int) -> int:
    """Return where the last line of a paragraph begins, with its indent."""
    at = text.rfind("\n", 0, end) + 1
    return at if at > start or not text[at:start].strip() else start


def _goes_on(page: _Page, line: _Line, following: _Line, parted: bool, first: bool) -> bool:
    """Say whether ``following`` is the next line of the paragraph that has ``line``."""
    if _COLUMNS.search(line.text) or _COLUMNS.search(following.text):
        return False
    if page.is_indented(following) or not page.is_full(line, following, first):
        return False
    if is_boilerplate(line.text) or is_boilerplate(following.text):
        return False
    marked = starts_unit(following.text)
    if parted and not page.spaced and (marked or not line.is_open):
        return False
    if page.indented:
        if line.is_open:
            return True
        ends = not following.is_open or following.width * 2 > page.width
        return ends and not marked
    if not line.is_open or (marked and not _DECIMAL.match(following.text)):
        return False
    # A heading that ends at the margin looks like one that is broken there.
    mark = heading_mark(line.text)
    if not mark or _CLAUSE.search(line.text):
        return True
    reaches = following.width + 2 * _INDENT > page.width
    return not marked and not (reaches and mark.level <= _HEADINGS)
