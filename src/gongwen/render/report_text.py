"""Lay the text of a report out for reading: titles, headings, paragraphs, list items and tables.

A library stores the text of a report and its units (sentences, headings, ...), not its paragraphs.
Paragraphs are found again as the parser found them; a line with tabs is a row of a table. Every
character of every unit is in the result once, in the order of the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from ..figures.figure_table import FigureRow
from ..nlp.text.paragraphs import paragraph_spans
from ..results import Report, StoredSentence

if TYPE_CHECKING:
    from ..storage.store import Store

BlockKind = Literal["title", "heading", "paragraph", "item", "table", "furniture"]
"""What a block of a page is; ``furniture`` is what is no text of the report (page numbers, ...)."""
DEEPEST = 4
"""Deepest level of headings that are told apart."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a sentence that stands in one cell of a table; outside of tables all of it.

    Attributes:
        sentence: the sentence.
        start: first character in the sentence's text.
        end: offset behind the last.
        gap: white space between the piece in front and this one, ``""`` where a line begins.
    """

    sentence: StoredSentence
    start: int
    end: int
    gap: str = ""

    @property
    def text(self) -> str:
        """The characters of the piece."""
        return self.sentence.text[self.start : self.end]


Cell = tuple[Piece, ...]
Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A part of a page: a paragraph, a heading, a table.

    Attributes:
        kind: what it is.
        rows: of a table its rows; else one row of one cell with the sentences.
        level: of a heading 1 for the outermost, at most :data:`DEEPEST`; else 0.
    """

    kind: BlockKind
    rows: tuple[Row, ...]
    level: int = 0

    @property
    def pieces(self) -> Iterator[Piece]:
        """All pieces in order."""
        return (piece for row in self.rows for cell in row for piece in cell)

    @property
    def n(self) -> int:
        """Number of its first sentence."""
        return next(self.pieces).sentence.n


@dataclass(frozen=True, slots=True)
class ReportText:
    """A report as it is read, as of one moment of the library.

    Attributes:
        report: the report.
        blocks: its text in order.
        sentences: all its units in order; unit ``n`` is at ``n - 1``.
        figures: for each number of a sentence its figures in order, dates left out.
        generation: number of the last change of the library.
    """

    report: Report
    blocks: tuple[TextBlock, ...]
    sentences: tuple[StoredSentence, ...]
    figures: Mapping[int, tuple[FigureRow, ...]] = field(default_factory=dict)
    generation: int = 0

    @property
    def headings(self) -> list[StoredSentence]:
        """The headings in order."""
        return [one for one in self.sentences if one.kind == "heading"]

    def block_of(self, n: int) -> TextBlock:
        """Return the block that sentence ``n`` stands in.

        Raises:
            KeyError: there is no such sentence.
        """
        for block in self.blocks:
            if any(piece.sentence.n == n for piece in block.pieces):
                return block
        raise KeyError(n)


def read_report(store: Store, report: Report) -> ReportText:
    """Return a report as it is read; the caller holds a snapshot of the store.

    Args:
        store: has the text, the units and the figures.
        report: the report.
    """
    sentences = store.sentences_of(report.id)
    rows = []
    for figure in store.figures.find({report.id}):
        if figure.kind != "date" and 0 < figure.n <= len(sentences):
            s = sentences[figure.n - 1]
            rows.append(FigureRow(figure, report, s.text, s.start, s.role, s.section))
    return ReportText(
        report,
        text_blocks(store.text(report.id), sentences),
        tuple(sentences),
        by_number(rows),
        store.generation,
    )


def heading_level(sentence: StoredSentence) -> int:
    """Return the level of a heading by the sections that it lies in, 1 to :data:`DEEPEST`."""
    return min(sentence.section.count(" > ") + 1, DEEPEST)


def text_blocks(text: str, sentences: Sequence[StoredSentence]) -> tuple[TextBlock, ...]:
    r"""Return the text of a report in blocks.

    Args:
        text: the whole text.
        sentences: its units in order.
    """
    blocks: list[TextBlock] = []
    for group in _paragraphs(text, sentences):
        row = _row(text, group)
        first = group[0]
        if len(row) > 1:
            if blocks and blocks[-1].kind == "table":
                blocks[-1] = TextBlock("table", (*blocks[-1].rows, row))
            else:
                blocks.append(TextBlock("table", (row,)))
        elif first.kind == "heading":
            blocks.append(TextBlock("heading", (row,), heading_level(first)))
        else:
            blocks.append(TextBlock(_kind(first), (row,)))
    return tuple(blocks)


def _kind(first: StoredSentence) -> BlockKind:
    if first.kind == "title":
        return "title"
    if first.kind == "boilerplate":
        return "furniture"
    return "item" if first.item else "paragraph"


def _paragraphs(
    text: str, sentences: Sequence[StoredSentence]
) -> Iterator[tuple[StoredSentence, ...]]:
    """Yield the units of each paragraph; a heading, title or boilerplate is one by itself.

    A row of a table stays together, whatever kinds of units it has.
    """
    starts = [start for start, _end in paragraph_spans(text)]
    group: list[StoredSentence] = []
    for sentence in sentences:
        if group and not _belongs(text, starts, group[-1], sentence):
            yield tuple(group)
            group = []
        group.append(sentence)
    if group:
        yield tuple(group)


def _belongs(
    text: str, starts: Sequence[int], before: StoredSentence, sentence: StoredSentence
) -> bool:
    """Return whether a unit stands in the paragraph of the one before it."""
    gap = text[before.end : sentence.start]
    if "\t" in gap and "\n" not in gap:
        return True
    if bisect_right(starts, max(before.end - 1, 0)) != bisect_right(starts, sentence.start):
        return False
    return before.kind == sentence.kind == "sentence"


def _row(text: str, group: Sequence[StoredSentence]) -> Row:
    """Return the cells of a paragraph, which tabs part; most often it is one."""
    cells: list[list[Piece]] = [[]]
    behind = group[0].start
    for sentence in group:
        gap = text[behind : sentence.start]
        cells.extend([] for _tab in range(gap.count("\t")))
        at = 0
        for n, part in enumerate(sentence.text.split("\t")):
            if n:
                cells.append([])
            if part:
                front = gap if not n and cells[-1] else ""
                cells[-1].append(Piece(sentence, at, at + len(part), front))
            at += len(part) + 1
        behind = sentence.end
    return tuple(map(tuple, cells))


def by_number(rows: Iterable[FigureRow]) -> dict[int, tuple[FigureRow, ...]]:
    """Return figures by the number of their sentence, in the order of the text."""
    found: dict[int, list[FigureRow]] = {}
    for row in rows:
        found.setdefault(row.figure.n, []).append(row)
    return {n: tuple(sorted(of, key=lambda row: row.span)) for n, of in found.items()}


_BROKEN_LINE = re.compile(r"[^\S\n]*\n\s*")


def joined_lines(text: str) -> str:
    r"""Return a text whose lines were broken as one line, as it is shown.

    Words of Latin letters are parted by a space, Chinese characters by nothing.

    Example:
        >>> joined_lines("办理案\n件of the\nyear")
        '办理案件of the year'
    """

    def joint(match: re.Match[str]) -> str:
        before, after = text[match.start() - 1 : match.start()], text[match.end() :][:1]
        return " " if before.isascii() and after.isascii() and before and after else ""

    return _BROKEN_LINE.sub(joint, text) if "\n" in text else text
