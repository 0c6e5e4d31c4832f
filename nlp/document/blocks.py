"""Describe the parts of a report that its file tells apart: headings, rows, notes, page furniture.

A reader knows some parts for certain: by the style of a heading, the cells of a row, the tag of a
list item, the place of a page number. It gives the text with a :class:`Block` for each of these,
and none for text of which it knows nothing; of that the parser finds the paragraphs and headings
by their wording, as it does for plain text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from ..records import Kind
from ..text.ordinary import Ordinary
from ..text.paragraphs import paragraph_spans

BlockKind = Literal[
    "title", "heading", "paragraph", "item", "row", "note", "caption", "contents", "furniture"
]
"""Kinds of blocks.

A ``paragraph`` may still be a heading by its wording; an ``item`` of a list, a ``row`` of a table
and a ``note`` are none. A ``caption`` of a picture, a line of the ``contents`` and page
``furniture`` (running heads, page numbers, watermarks, menus) are no text of the report.
"""
NOT_SPOKEN: frozenset[BlockKind] = frozenset(("caption", "contents", "furniture"))
"""Kinds of blocks that are no text of the report."""


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a report as its file gives it: one paragraph, whatever line ends are in it.

    Attributes:
        start: offset of its first character in the text of the report.
        end: offset after its last character.
        kind: what it is.
        level: level of a heading as the file counts, 1 for the highest, 0 when it is not known.
        page: number of the page on which it begins, from 1, 0 when it is not known.
    """

    start: int
    end: int
    kind: BlockKind
    level: int = 0
    page: int = 0


@dataclass(slots=True)
class TextBuilder:
    r"""Puts the text of a report together, with its blocks.

    Attributes:
        blocks: those added so far, ascending.

    Example:
        >>> builder = TextBuilder()
        >>> builder.add("一、总体情况", "heading", level=1)
        >>> builder.add("全年办案12件。")
        >>> builder.text, builder.blocks
        ('一、总体情况\n全年办案12件。', [Block(start=0, end=6, kind='heading', level=1, page=0)])
    """

    blocks: list[Block] = field(default_factory=list)
    _pieces: list[str] = field(default_factory=list)
    _length: int = 0

    def add(
        self,
        text: str,
        kind: BlockKind | None = None,
        level: int = 0,
        page: int = 0,
        apart: bool = False,
    ) -> None:
        """Add a line or paragraph; blank text is left out.

        Args:
            text: its characters.
            kind: what it is, ``None`` when that is not known.
            level: level of a heading.
            page: number of its page.
            apart: put a blank line in front.
        """
        if not text.strip():
            return
        if self._pieces:
            break_ = "\n\n" if apart else "\n"
            self._pieces.append(break_)
            self._length += len(break_)
        if kind:
            start = self._length + len(text) - len(text.lstrip())
            end = self._length + len(text.rstrip())
            self.blocks.append(Block(start, end, kind, level, page))
        self._pieces.append(text)
        self._length += len(text)

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self._pieces)


def in_ordinary(blocks: Iterable[Block], plain: Ordinary) -> list[Block]:
    """Return ``blocks`` with their offsets in the ordinary form of their text.

    Args:
        blocks: blocks of ``plain.source``.
        plain: the text in ordinary characters.

    Example:
        >>> from gongwen.nlp.text.ordinary import ordinary
        >>> in_ordinary([Block(1, 5, "heading")], ordinary("\u200b⼀、总则"))
        [Block(start=0, end=4, kind='heading', level=0, page=0)]
    """
    if plain.text is plain.source:
        return list(blocks)
    position = plain.position
    return [replace(b, start=position(b.start), end=position(b.end)) for b in blocks]


def paragraphs_with_blocks(
    text: str, blocks: Iterable[Block]
) -> Iterator[tuple[int, int, Block | None]]:
    r"""Yield start, end and block of every paragraph that is not blank, in order.

    Args:
        text: the text of a report.
        blocks: its blocks, ascending and without overlap; text between them is split into
            paragraphs by :func:`~gongwen.nlp.text.paragraphs.paragraph_spans`.

    Example:
        >>> list(paragraphs_with_blocks("甲县\n办案12\n件。", [Block(3, 11, "paragraph")]))
        [(0, 2, None), (3, 11, Block(start=3, end=11, kind='paragraph', level=0, page=0))]
    """
    at = lines = 0
    for block in blocks:
        yield from ((s, e, None) for s, e in paragraph_spans(text, at, block.start, lines))
        lines += text.count("\n", at, block.end)
        at = block.end
        if text[block.start : block.end].strip():
            yield block.start, block.end, block
    yield from ((s, e, None) for s, e in paragraph_spans(text, at, len(text), lines))


def heading_levels(marks: Iterable[tuple[int, int]]) -> dict[int, float]:
    """Return the level in the report's outline for each level at which its file has headings.

    The number of a heading says its level (2 for 一、, 3 for （一）). Headings without a number are
    between those of the next levels of the file that have numbers.

    Args:
        marks: for each heading its level in the file, and that of its number, 0 without one.

    Example:
        >>> heading_levels([(1, 2), (2, 0), (3, 3)])
        {1: 2, 2: 2.5, 3: 3}
    """
    numbered: dict[int, list[int]] = {}
    for level, number in marks:
        numbered.setdefault(level, []).extend([number] if number else [])
    levels: dict[int, float] = {}
    above = 0.0
    for level in sorted(numbered):
        deeper = [n for other, found in numbered.items() if other > level for n in found]
        own = [n for n in numbered[level] if n > above]
        below = min((n for n in deeper if n > above), default=max(4, above + 2))
        above = levels[level] = min(own) if own else (above + below) / 2
    return levels


class Unit(Protocol):
    """A unit of a report that has been split: where it stands, and what it is."""

    @property
    def start(self) -> int:
        """Offset of its first character."""

    @property
    def end(self) -> int:
        """Offset after its last character."""

    @property
    def kind(self) -> Kind:
        """Its kind."""


def furniture_of(sentences: Iterable[Unit]) -> list[Block]:
    """Return the blocks of what is no text of a report, from how it was split.

    With these a stored report is parsed again as it was when its file was read, as far as its
    metadata goes; its title is among what its file states.

    Example:
        >>> from gongwen.nlp import Sentence
        >>> unit = Sentence(1, "第 1 页", 0, 5, "", "", "background", "boilerplate")
        >>> furniture_of([unit])
        [Block(start=0, end=5, kind='furniture', level=0, page=0)]
    """
    return [Block(s.start, s.end, "furniture") for s in sentences if s.kind == "boilerplate"]
