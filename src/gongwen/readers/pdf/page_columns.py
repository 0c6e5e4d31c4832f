"""Decide whether lines beside each other are columns of text, and no rows of a table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

from ...nlp.text.paragraphs import heading_mark, starts_unit
from .lines import Row

_MIN_LINES = 5
_MIN_LINES_OF_LONGER = 8
"""Fewest lines of each of two columns, and of the longer one, that are told by full lines alone."""
_FEWEST_LINES = 2
"""Fewest lines of short columns, which are told by their sentences and headings."""
MIN_WIDTH = 8.0
"""Smallest width of a column, in em; anything narrower is a cell."""
_MAX_SLACK = 1.0
"""Largest distance of the end of a full line from the edge of its column, in em."""
_MIN_FULL_SHARE = 0.4
"""Smallest share of full lines in two columns."""
_MIN_OVERLAP = 0.5
"""Smallest share of the height of the shorter column that is beside the other."""
_MAX_SEVERAL = 0.2
"""Largest share of lines of a column with a wide gap in them; rows of a table have one each."""
_MIN_WIDE_SHARE = 0.6
"""Smallest share of wide spans where several columns are on one side of another."""
_MAX_STEP = 1.9
"""Largest distance of lines of a short column, relative to the smallest of the page; the cells of
a table that are shorter than their row leave a gap of a line or more."""
_MAX_BROKEN_SLACK = 4.0
"""Largest space at the end of a line that is broken within a sentence, in em."""
_MIN_BROKEN = 2
"""Fewest lines of short columns that are broken within a sentence."""
_MAX_SHIFT = 0.8
"""Largest distance of the start of a line from the margin, in em; an indent is wider."""
_SENTENCE_ENDS = frozenset("。！？；：!?;:")
_CLOSERS = "”’」』)）》】〕\"'"
_CLAUSE = re.compile("[，。；、,;]")
"""What text has and the cells of a table seldom have: one for every three lines at least."""
_DIGITS = {digit: value for value, digit in enumerate("一二三四五六七八九", 1)}
_NUMERAL = re.compile(r"\d{1,3}|[一二三四五六七八九十]{1,3}")


def are_side_by_side(left: Sequence[Row], right: Sequence[Row]) -> bool:
    """Return whether lines are side by side, for a gutter that is known from elsewhere.

    Args:
        left: the lines left of the gutter, from top to bottom.
        right: those right of it.
    """
    shorter = min(_height(left), _height(right))
    beside = min(left[-1].baseline, right[-1].baseline) - max(left[0].baseline, right[0].baseline)
    if beside < _MIN_OVERLAP * shorter:
        return False
    # A single line beside a long column is the rest of the text.
    return min(len(left), len(right)) > 1 or (
        max(len(left), len(right)) >= _MIN_LINES_OF_LONGER
        and _are_full(left if len(left) > 1 else right)
    )


def are_columns(left: Sequence[Row], right: Sequence[Row]) -> bool:
    """Return whether lines on two sides of a white strip are columns of text.

    Long columns have many full lines. Short ones have sentences that are broken from line to line,
    or headings whose numbers go on from the left to the right.

    Args:
        left: the lines left of the strip, from top to bottom.
        right: those right of it.
    """
    if not are_side_by_side(left, right):
        return False
    sides = [
        _nearest([row for row in left if not row.standalone], -1),
        _nearest([row for row in right if not row.standalone], 0),
    ]
    if min(map(len, sides)) < _FEWEST_LINES:
        return False
    left, right = sides
    if (
        min(len(left), len(right)) >= _MIN_LINES
        and max(len(left), len(right)) >= _MIN_LINES_OF_LONGER
    ):
        wide = all(
            median((row.right - row.left) / row.size for row in side) >= MIN_WIDTH for side in sides
        )
        full = sum(_full_lines(left) + _full_lines(right))
        if wide and full >= _MIN_FULL_SHARE * (len(left) + len(right)):
            return True
    if not all(map(_is_text, sides)):
        return False
    return _headings_go_on(left, right) or _sentences_go_on(left, right)


def _nearest(rows: Sequence[Row], which: int) -> list[Row]:
    """Return the lines of the column next to a strip, none if its side has cells of a table.

    Args:
        rows: the lines on one side of the strip, which may have several columns.
        which: index of the span of each line that is next to the strip.
    """
    spans = [span for row in rows for span in row.spans]
    if len(spans) - len(rows) <= _MAX_SEVERAL * len(rows):
        return list(rows)
    wide = sum(span.right - span.left >= MIN_WIDTH * span.size for span in spans)
    if wide < _MIN_WIDE_SHARE * len(spans):
        return []
    return [replace(row, spans=(row.spans[which],)) for row in rows]


def _height(rows: Sequence[Row]) -> float:
    return rows[-1].baseline - rows[0].baseline


def _full_lines(rows: Sequence[Row]) -> list[bool]:
    """Return for each line whether it ends at the edge of its column."""
    edge = max(row.right for row in rows)
    return [edge - row.right < _MAX_SLACK * row.size for row in rows]


def _are_full(rows: Sequence[Row]) -> bool:
    return sum(_full_lines(rows)) >= _MIN_FULL_SHARE * len(rows)


def _is_text(rows: Sequence[Row]) -> bool:
    """Return whether lines have as many marks of punctuation as text, and headings."""
    widest = max((row.right - row.left) / row.size for row in rows)
    clauses = sum(len(_CLAUSE.findall(row.text)) for row in rows)
    return widest >= MIN_WIDTH and clauses * 3 >= len(rows)


def _headings_go_on(left: Sequence[Row], right: Sequence[Row]) -> bool:
    """Return whether the first heading on the right has the number after the last on the left."""
    before = [mark for row in left if (mark := _number(row.text))]
    after = [mark for row in right if (mark := _number(row.text))]
    if not before or not after:
        return False
    level, number = after[0]
    same = [value for other, value in before if other == level]
    return bool(same) and same[-1] + 1 == number and same == sorted(set(same))


def _number(text: str) -> tuple[int, int] | None:
    """Return the level and the number of the heading that a line is, ``None`` if it is none.

    Example:
        >>> _number("十二、存在问题")
        (2, 12)
    """
    mark = heading_mark(text)
    found = _NUMERAL.search(text, 0, mark.length) if mark else None
    if not mark or not found:
        return None
    if found[0].isdigit():
        return mark.level, int(found[0])
    tens, ten, ones = found[0].partition("十")
    if not ten:
        return (mark.level, _DIGITS[tens]) if tens in _DIGITS else None
    return mark.level, 10 * _DIGITS.get(tens, 1) + _DIGITS.get(ones, 0)


def _sentences_go_on(left: Sequence[Row], right: Sequence[Row]) -> bool:
    """Return whether sentences go on from line to line on either side, and not within rows."""
    steps = [[b.baseline - a.baseline for a, b in pairwise(side)] for side in (left, right)]
    least = min(map(min, steps))
    if max(map(max, steps)) > _MAX_STEP * least:
        return False
    broken = [_broken(side) for side in (left, right)]
    if sum(map(len, broken)) < _MIN_BROKEN or not all(broken):
        return False
    if not any(mark in row.text for side in (left, right) for row in side for mark in "。！？"):
        return False
    # The paragraphs of a table begin in the same lines on both sides.
    starts = [
        {round(row.baseline) for i, row in enumerate(side[1:], 1) if i not in lines}
        for side, lines in zip((left, right), broken, strict=True)
    ]
    indented = any(
        row.left - min(r.left for r in side) > _MAX_SHIFT * row.size
        for side in (left, right)
        for row in side
    )
    return indented or not starts[0] or not starts[1] or starts[0] != starts[1]


def _broken(rows: Sequence[Row]) -> set[int]:
    """Return the indices of the lines that go on with the sentence of the line above."""
    margin, edge = min(row.left for row in rows), max(row.right for row in rows)
    return {
        i
        for i, (row, below) in enumerate(pairwise(rows), 1)
        if (row.text.rstrip(_CLOSERS) or row.text)[-1] not in _SENTENCE_ENDS
        and row.right - row.left >= MIN_WIDTH * row.size
        and edge - row.right <= _MAX_BROKEN_SLACK * row.size
        and below.left - margin <= _MAX_SHIFT * row.size
        and not starts_unit(below.text)
    }
