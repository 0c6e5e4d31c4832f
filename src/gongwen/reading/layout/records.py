"""A page as its reader sees it: characters and strokes with their places, then lines.

All places are in points (1/72 inch) from the corner where reading begins: ``x`` grows along a line,
``y`` from line to line. For a page that is set sideways, or in vertical lines, the axes are turned
accordingly, so that whoever looks at lines need not know.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Glyph(NamedTuple):
    """One character; ``base`` is the ``y`` of the line that it stands on, ``size`` its em."""

    text: str
    left: float
    right: float
    base: float
    size: float


class Stroke(NamedTuple):
    """A drawn line along one of the axes: the box from ``left, top`` to ``right, bottom``."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands on one page in one direction of reading.

    Attributes:
        width: extent along the lines.
        height: extent from line to line.
        glyphs: the characters, in the order of the file.
        strokes: the lines that are drawn.
    """

    width: float
    height: float
    glyphs: tuple[Glyph, ...]
    strokes: tuple[Stroke, ...] = ()


class Span(NamedTuple):
    """Characters of one line without a wide gap between them.

    Attributes:
        text: the characters; spaces only where words of another script need them.
        left: where it begins.
        right: where it ends.
        base: the ``y`` of the line.
        size: the em of most of its characters.
        lead: width of what had to stand together at its beginning: a word, or one Chinese
            character, with the marks that may not be parted from it.
    """

    text: str
    left: float
    right: float
    base: float
    size: float
    lead: float = 0.0


@dataclass(frozen=True, slots=True)
class Row:
    """All that stands on one line of a page.

    Attributes:
        spans: its parts, from left to right; there is at least one.
        apart: a paragraph of its own, whatever stands around it: the row of a table.
        unfinished: of the row of a table, the cells whose text may go on over the page.
    """

    spans: tuple[Span, ...]
    apart: bool = False
    unfinished: frozenset[int] = frozenset()

    @property
    def text(self) -> str:
        """What stands on the line, its parts with a space between them."""
        return " ".join(span.text for span in self.spans)

    @property
    def left(self) -> float:
        """Where its first character begins."""
        return self.spans[0].left

    @property
    def right(self) -> float:
        """Where its last character ends."""
        return self.spans[-1].right

    @property
    def base(self) -> float:
        """The ``y`` of the line."""
        return self.spans[0].base

    @property
    def size(self) -> float:
        """The em of most of its characters."""
        return max(self.spans, key=lambda span: len(span.text)).size

    @property
    def lead(self) -> float:
        """Width of what had to stand together at its beginning."""
        return self.spans[0].lead

    def as_one(self, gap: str = " ") -> Span:
        """Return the line as one span, with ``gap`` between its parts."""
        text = gap.join(span.text for span in self.spans)
        return Span(text, self.left, self.right, self.base, self.size, self.lead)


@dataclass(frozen=True, slots=True)
class Page:
    """The lines of one page, from top to bottom.

    Attributes:
        number: 1 for the first page of the file.
        width: extent along the lines.
        height: extent from line to line.
        rows: the lines.
        aside: the lines that are set in another direction.
    """

    number: int
    width: float
    height: float
    rows: tuple[Row, ...]
    aside: tuple[Row, ...] = ()
