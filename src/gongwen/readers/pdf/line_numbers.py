"""Drop the numbers of lines in the margin of a PDF page, such as drafts for discussion have.

Every line has a number, or every fifth or tenth. They are told from the numbers of a list or table
by their place, which is outside of all text, by their steps, which are as many as the lines, and by
the text beside them, which runs on from line to line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from math import ceil
from statistics import median
from typing import NamedTuple

from .lines import Glyph, Numbering, Page, Sheet

_MAX_DIGITS = 4
_MIN_GAP = 0.4
"""Smallest gap between a number and the text, in em of the number."""
_MAX_OFFSET = 0.4
"""Largest distance of the edges of two numbers that are aligned, in em."""
_MAX_SHIFT = 4.0
"""Largest distance of the edges of the numbers of two pages, in points."""
_MAX_OUTSIDE = 0.1
"""Largest share of lines that may begin further out than the numbers, such as page numbers."""
_MIN_NUMBERS = {1: 5, 2: 4}
_MIN_NUMBERS_OF_LARGE_STEPS = 3
"""Fewest numbers of a page that are certain to be of lines, by their step."""
_MIN_REGULAR = 0.7
"""Smallest share of the steps that are as large as the number of lines between them."""
_MIN_FULL = 0.35
"""Smallest share of full lines of text; the items of a list are of all lengths."""
_WIDEST = 0.95
"""Quantile of the ends of lines that is taken as the end of a full one."""
_MIN_WIDTH = 12.0
"""Smallest width of text, in em."""
_MAX_FULL_SLACK = 2.5
"""Largest space at the end of a full line, in em."""
_CELL_GAP = 2.5
"""Smallest gap between the cells of a table, in em."""
_MAX_CELLS = 0.5
"""Largest share of lines with such a gap."""


class _Number(NamedTuple):
    """A number at the side of a line.

    Attributes:
        line: index of the line.
        value: its value.
        glyphs: its digits.
    """

    line: int
    value: int
    glyphs: Sequence[Glyph]

    @property
    def left(self) -> float:
        """Its left edge in points."""
        return self.glyphs[0].left

    @property
    def right(self) -> float:
        """Its right edge in points."""
        return self.glyphs[-1].right

    @property
    def size(self) -> float:
        """Its font size in points."""
        return self.glyphs[0].size


def find_line_numbers(
    sheet: Sheet, grouped: Sequence[Sequence[Glyph]]
) -> tuple[Sheet, Numbering | None]:
    """Return a sheet without the numbers of its lines, and what they are.

    Numbers that are too few to be certain are left out too; the caller has to decide by the other
    pages whether they are of lines.

    Args:
        sheet: the sheet.
        grouped: its characters by lines, as :func:`~.lines.group_lines` returns them.
    """
    lines = [[glyph for glyph in line if not glyph.text.isspace()] for line in grouped]
    for at_left in (True, False):
        numbers = _outside(lines, list(_numbers(lines, at_left)), at_left)
        run = _longest_run(numbers)
        if not run:
            continue
        dropped = {id(glyph) for number in run for glyph in number.glyphs}
        numbering = Numbering(
            at_left,
            run[0].right if at_left else run[0].left,
            tuple(number.value for number in run),
            _are_certain(run, _without(lines, dropped)),
        )
        kept = tuple(glyph for glyph in sheet.glyphs if id(glyph) not in dropped)
        if kept:
            return replace(sheet, glyphs=kept), numbering
    return sheet, None


def remove_line_numbers(pages: Sequence[Page]) -> list[Page]:
    """Return ``pages`` without the numbers that go on with those of the lines of other pages."""
    certain = [page.numbering for page in pages if page.numbering and page.numbering.certain]
    if not certain:
        return list(pages)
    result = []
    last = 0
    for page in pages:
        found = page.numbering
        if found and not found.certain and _goes_on(found, certain, last):
            page = replace(page, rows=page.unnumbered)
        if found:
            last = found.values[-1]
        result.append(page)
    return result


def _goes_on(found: Numbering, certain: Sequence[Numbering], last: int) -> bool:
    """Return whether numbers are at the place of others, and go on from ``last`` or begin anew."""
    return any(
        other.at_left == found.at_left
        and abs(other.edge - found.edge) < _MAX_SHIFT
        and found.values[0] in (last + other.step, other.step, 1)
        for other in certain
    )


def _numbers(lines: Sequence[Sequence[Glyph]], at_left: bool) -> Iterator[_Number]:
    """Yield the numbers that begin or end lines, with a gap to the text."""
    for i, line in enumerate(lines):
        ordered = line if at_left else line[::-1]
        count = 0
        while count < len(ordered) and _is_digit(ordered[count]):
            if count and _gap(ordered[count - 1], ordered[count]) >= _MIN_GAP * ordered[0].size:
                break
            count += 1
        if not 0 < count <= _MAX_DIGITS:
            continue
        digits = sorted(ordered[:count], key=lambda glyph: glyph.left)
        if (
            count < len(ordered)
            and _gap(ordered[count - 1], ordered[count]) < _MIN_GAP * digits[0].size
        ):
            continue
        yield _Number(i, int("".join(glyph.text for glyph in digits)), digits)


def _is_digit(glyph: Glyph) -> bool:
    return glyph.text.isascii() and glyph.text.isdigit()


def _gap(one: Glyph, other: Glyph) -> float:
    """Return the distance between two characters of a line, in points."""
    return max(one.left, other.left) - min(one.right, other.right)


def _outside(
    lines: Sequence[Sequence[Glyph]], numbers: Sequence[_Number], at_left: bool
) -> list[_Number]:
    """Return the numbers that are aligned with each other and lie outside of all text."""
    if not numbers:
        return []
    found: list[_Number] = []
    for edge in ("right", "left"):
        groups = Counter(round(getattr(n, edge) / (_MAX_OFFSET * n.size)) for n in numbers)
        common = groups.most_common(1)[0][0]
        aligned = [
            n for n in numbers if abs(getattr(n, edge) / (_MAX_OFFSET * n.size) - common) <= 1
        ]
        if len(aligned) > len(found):
            found = aligned
    dropped = {id(glyph) for number in found for glyph in number.glyphs}
    rest = _without(lines, dropped)
    if at_left:
        bound = max(number.right for number in found)
        beyond = sum(line[0].left < bound for line in rest)
    else:
        bound = min(number.left for number in found)
        beyond = sum(line[-1].right > bound for line in rest)
    return found if beyond <= _MAX_OUTSIDE * len(rest) else []


def _without(lines: Iterable[Sequence[Glyph]], dropped: set[int]) -> list[list[Glyph]]:
    """Return the lines without the characters of which ``dropped`` has the identities."""
    rest = ([glyph for glyph in line if id(glyph) not in dropped] for line in lines)
    return [line for line in rest if line]


def _longest_run(numbers: Sequence[_Number]) -> list[_Number]:
    """Return the longest run of numbers that increase by the same step from one to the next."""
    steps = Counter(b.value - a.value for a, b in pairwise(numbers) if b.value > a.value)
    if not steps:
        return list(numbers[:1])
    step = steps.most_common(1)[0][0]
    best: list[_Number] = []
    run: list[_Number] = []
    for number in numbers:
        if run and number.value - run[-1].value != step:
            run = []
        run.append(number)
        if len(run) > len(best):
            best = list(run)
    return best


def _are_certain(run: Sequence[_Number], rest: Sequence[Sequence[Glyph]]) -> bool:
    """Return whether numbers are those of lines.

    Args:
        run: the numbers.
        rest: the lines of the page without them.
    """
    if len(run) < 2:
        return False
    step = run[1].value - run[0].value
    if len(run) < _MIN_NUMBERS.get(step, _MIN_NUMBERS_OF_LARGE_STEPS):
        return False
    regular = sum(b.line - a.line == step for a, b in pairwise(run))
    if regular < _MIN_REGULAR * (len(run) - 1):
        return False
    if not rest:
        return False
    size = median(line[0].size for line in rest)
    edge = sorted(line[-1].right for line in rest)[ceil(_WIDEST * (len(rest) - 1))]
    if edge - min(line[0].left for line in rest) < _MIN_WIDTH * size:
        return False
    full = sum(edge - line[-1].right <= _MAX_FULL_SLACK * size for line in rest)
    cells = sum(any(_gap(a, b) > _CELL_GAP * size for a, b in pairwise(line)) for line in rest)
    return full >= _MIN_FULL * len(rest) and cells <= _MAX_CELLS * len(rest)
