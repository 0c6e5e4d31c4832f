"""Drop watermarks that lie level over the text of a PDF page (征求意见稿, 仅供内部使用).

Watermarks that lie at an angle are in a direction of reading of their own, see
:class:`~.lines.Page`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from .lines import Page, Row
from .reflow import text_size

_MIN_SIZE_RATIO = 1.5
"""Smallest font size of a watermark, relative to the text; a line of text lies in its height."""
_LONGEST = 40
"""Most characters of a watermark."""
_MIN_COVERED = 2
"""Fewest lines that a watermark lies over; a large initial lies beside its lines."""
_DESCENT = 0.2
"""Depth of characters below their baseline, in em."""


def remove_watermarks(pages: Iterable[Page]) -> list[Page]:
    """Return ``pages`` without large lines that lie over several lines of smaller text.

    What lies over text on one page is left out on every other where it stands too, as on a last
    page with few lines.
    """
    pages = list(pages)
    marks = {row.text for page in pages for row in _covering(page.rows)}
    if not marks:
        return pages
    return [
        replace(page, rows=tuple(row for row in page.rows if not _is_mark(row, page.rows, marks)))
        for page in pages
    ]


def _is_mark(row: Row, rows: Sequence[Row], marks: set[str]) -> bool:
    return row.text in marks and row.size >= _MIN_SIZE_RATIO * text_size(rows)


def _covering(rows: Sequence[Row]) -> list[Row]:
    """Return the rows of a page that lie over others."""
    if len(rows) <= _MIN_COVERED:
        return []
    smallest = _MIN_SIZE_RATIO * text_size(rows)
    large = [row for row in rows if row.size >= smallest and len(row.text) <= _LONGEST]
    return [row for row in large if sum(_lies_over(row, other) for other in rows) >= _MIN_COVERED]


def _lies_over(row: Row, other: Row) -> bool:
    """Return whether a line of smaller text is inside the height and width of a large one."""
    if other.size * _MIN_SIZE_RATIO > row.size or other.standalone:
        return False
    within = row.baseline - row.size < other.baseline - other.size * (1 - _DESCENT)
    within &= other.baseline < row.baseline + _DESCENT * row.size
    return within and other.left < row.right and row.left < other.right
