"""Join the lines of columns into paragraphs."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from ...nlp.document.blocks import BlockKind
from ...nlp.text.paragraphs import heading_mark, starts_unit
from .lines import Page, Row, is_wide

_MAX_SIZE_RATIO = 1.12
"""Largest ratio of font sizes within a paragraph.

Text recognition errs by a tenth; headings are larger than the text by more.
"""
_MAX_FULL_SLACK = 1.0
"""Largest space at the end of a full line beyond the width of the next word, in em."""
MIN_INDENT = 0.8
"""Smallest shift to the right or left that is intended, in em; the usual indent is two."""
_MIN_BROKEN_WIDTH = 0.6
"""Smallest width of a line that is broken after a number of characters, relative to its block."""
_MAX_INDENT = 3.0
"""Largest indent of the first line of a paragraph, in em."""
_MIN_CERTAIN_INDENT = 1.5
"""Smallest indent with which a paragraph certainly begins, in em."""
_MIN_CENTRED_INDENT = 3.0
"""Smallest distance of a centred line from the left margin, in em; an indent is smaller."""
_MAX_OFF_CENTRE = 1.5
"""Largest distance of the middle of a centred line from the middle of its block, in em."""
_MAX_CENTRE_SHIFT = 0.5
"""Largest distance between the middles of two lines of a centred paragraph, in em."""
_PARAGRAPH_SPACING = 1.3
"""Distance of lines above which they are separate paragraphs, relative to the line spacing."""
_PARAGRAPH_SPACING_IN_SENTENCE = 1.6
"""The same, if the first of the two lines ends within a sentence."""
_MAX_NOTE_SIZE = 0.88
"""Largest size of footnotes, relative to the text."""
_MAX_OPEN_SLACK = 3.0
"""Largest space at the end of a line whose sentence continues after the footnotes, in em."""

_SENTENCE_ENDS = frozenset("。！？；：…!?;:")
_CLAUSE_ENDS = "，。；：,;"
_CLOSERS = "”’」』)）》】〕\"'"
_NOTE_MARK = re.compile(r"[\[［〔【]\d{1,3}[\]］〕】]")
_BULLET = re.compile(r"[•●■◆▪►➢✓*·-]")


@dataclass(frozen=True, slots=True)
class Block:
    """Lines with common margins: a page, a column or a cell. Distances are in points.

    Attributes:
        rows: the lines, from top to bottom.
        left: the left margin.
        right: the right margin.
        line_spacing: the distance of lines within a paragraph, 0 when it is unknown.
        indented: whether paragraphs begin with an indent.
        aside: whether the lines interrupt the surrounding text.
        beside: whether it is one of several columns beside each other.
    """

    rows: tuple[Row, ...]
    left: float
    right: float
    line_spacing: float = 0.0
    indented: bool = False
    aside: bool = False
    beside: bool = False

    def shift(self, row: Row) -> float:
        """Return the distance of the start of ``row`` from the left margin, in em."""
        return (row.left - self.left) / row.size

    def is_centred(self, row: Row) -> bool:
        """Return whether ``row`` is centred."""
        distance = (row.left + row.right - self.left - self.right) / 2
        return (
            row.left - self.left > _MIN_CENTRED_INDENT * row.size
            and abs(distance) < _MAX_OFF_CENTRE * row.size
        )

    def slack(self, row: Row) -> float:
        """Return the width of the line that ``row`` leaves empty, in points."""
        if self.is_centred(row):
            return (self.right - self.left) - (row.right - row.left)
        return self.right - row.right


class Paragraph(NamedTuple):
    """A paragraph of a document.

    Attributes:
        text: its characters.
        kind: ``"row"`` for a row of a table, ``"paragraph"`` if the layout leaves no doubt that it
            begins and ends here, else ``None``: then it may be a part of one.
    """

    text: str
    kind: BlockKind | None


def join_paragraphs(blocks: Iterable[Block]) -> Iterator[Paragraph]:
    """Yield the paragraphs of ``blocks``, which are in reading order.

    A paragraph may continue in the next block. Footnotes, and blocks that are aside, follow the
    paragraph that they interrupt.
    """
    opened: list[Row] = []
    before: Block | None = None
    interruptions: list[Block] = []
    begins = True  # whether the open paragraph certainly begins where it does
    for block in blocks:
        if block.aside:
            interruptions.append(replace(block, aside=False))
            continue
        body, notes = _split_footnotes(block)
        for row in body.rows:
            if before is None or not _continues(opened, before, row, body):
                ends = before is None or _is_certain_break(opened[-1], before, row, body)
                yield from _finish(opened, interruptions, begins and ends)
                opened, interruptions, begins = [], [], ends
            opened.append(row)
            before = body
        if notes.rows:
            interruptions.append(notes)
    yield from _finish(opened, interruptions, begins)


def _finish(
    opened: Sequence[Row], interruptions: Sequence[Block], certain: bool
) -> Iterator[Paragraph]:
    """Yield an open paragraph and then those of the blocks that interrupted it."""
    if opened:
        kind: BlockKind | None = "paragraph" if certain else None
        if opened[0].standalone:
            kind = None if opened[0].leads_to_page else "row" if "\t" in opened[0].text else kind
        yield Paragraph(join_lines(*(row.text for row in opened)), kind)
    for block in interruptions:
        yield from join_paragraphs([block])


def _split_footnotes(block: Block) -> tuple[Block, Block]:
    """Split ``block`` into its text and the footnotes that interrupt a sentence."""
    max_note_size = _MAX_NOTE_SIZE * text_size(block.rows)
    end = len(block.rows)
    while end and block.rows[end - 1].size < max_note_size and not block.rows[end - 1].standalone:
        end -= 1
    last = block.rows[end - 1]
    if last.standalone or ends_sentence(last) or block.slack(last) > _MAX_OPEN_SLACK * last.size:
        end = len(block.rows)
    return replace(block, rows=block.rows[:end]), replace(block, rows=block.rows[end:])


def _continues(opened: Sequence[Row], before: Block, row: Row, block: Block) -> bool:
    """Return whether ``row`` continues a paragraph.

    Args:
        opened: the lines of the paragraph so far.
        before: the block of the last of them.
        row: the next line.
        block: the block of ``row``.
    """
    last = opened[-1]
    if last.standalone or row.standalone or not similar_size(row.size, last.size):
        return False
    if _is_on_the_right(last, before):
        return False  # a signature or a date
    sentence_ended = ends_sentence(last)
    if before is block and block.line_spacing:
        allowed = _PARAGRAPH_SPACING if sentence_ended else _PARAGRAPH_SPACING_IN_SENTENCE
        if row.baseline - last.baseline > allowed * block.line_spacing:
            return False
    if before.slack(last) > row.lead_width + _MAX_FULL_SLACK * row.size and not (
        _goes_on(opened, before, row, block)
    ):
        return False  # the next word would have fitted, so the line break is intended
    if sentence_ended and (starts_unit(row.text) or _NOTE_MARK.match(row.text)):
        return False
    shift = block.shift(row)
    shift_change = shift - before.shift(last)
    if shift_change <= -MIN_INDENT:
        return len(opened) == 1  # from the indented first line to the margin
    if shift_change < MIN_INDENT:
        return shift < MIN_INDENT or not (sentence_ended or (block.indented and len(opened) == 1))
    if sentence_ended or starts_unit(row.text):
        return False
    hanging = len(opened) == 1 and (starts_unit(last.text) or bool(_BULLET.match(last.text)))
    return hanging or (
        before is block
        and (
            _share_middle(last, row) or (len(opened) == 1 and _is_rest_of_centred(last, row, block))
        )
    )


def _share_middle(last: Row, row: Row) -> bool:
    """Return whether two lines are centred on the same position."""
    distance = abs(last.left + last.right - row.left - row.right) / 2
    return distance < _MAX_CENTRE_SHIFT * row.size


def _is_on_the_right(row: Row, block: Block) -> bool:
    """Return whether a line begins in the right half of a block."""
    return row.left > (block.left + block.right) / 2 and row.left > block.left + 4 * row.size


def _is_rest_of_centred(first: Row, row: Row, block: Block) -> bool:
    """Return whether ``row`` is the centred rest of a line with an indent, such as a caption.

    Some programs indent the first line of a centred paragraph, so that its middle is further right
    by half of the indent.
    """
    middle = (block.left + block.right) / 2
    off = (first.left + first.right) / 2 - middle
    return (
        abs((row.left + row.right) / 2 - middle) < _MAX_CENTRE_SHIFT * row.size
        and row.right - row.left < first.right - first.left
        and MIN_INDENT / 2 * row.size <= off <= _MAX_INDENT / 2 * row.size
        and block.slack(first) <= row.lead_width + _MAX_FULL_SLACK * row.size + off
    )


def _is_certain_break(last: Row, before: Block, row: Row, block: Block) -> bool:
    """Return whether nothing in the wording of two lines can show that they are one paragraph.

    Args:
        last: the last line of a paragraph.
        before: the block of ``last``.
        row: the line below it, which does not continue it.
        block: the block of ``row``.
    """
    return (
        last.standalone
        or row.standalone
        or not similar_size(row.size, last.size)
        or ends_sentence(last)
        or starts_unit(row.text)
        or before.slack(last) > row.lead_width + _MAX_OPEN_SLACK * row.size
        or block.shift(row) >= _MIN_CERTAIN_INDENT
    )


def _goes_on(opened: Sequence[Row], before: Block, row: Row, block: Block) -> bool:
    """Return whether a line goes on with an open sentence although the one above is not full.

    Some programs break lines after a number of characters, however wide these are. What shows that
    a sentence goes on is that paragraphs begin with an indent and this line does not, or that a
    column ends within it.
    """
    last = opened[-1]
    if ends_sentence(last) or starts_unit(row.text) or block.shift(row) >= MIN_INDENT:
        return False
    prose = any(mark in line.text for line in opened for mark in _CLAUSE_ENDS)
    indented = len(opened) == 1 and before.shift(last) >= MIN_INDENT
    if before is not block:
        return before.beside and block.beside and (prose or indented)
    wide = last.right - last.left >= _MIN_BROKEN_WIDTH * (before.right - before.left)
    return (
        block.indented
        and wide
        and (prose or indented)
        and not (len(opened) == 1 and heading_mark(last.text))
    )


def text_size(rows: Iterable[Row]) -> float:
    """Return the most frequent font size in ``rows``, of which there is at least one, in points."""
    sizes: Counter[float] = Counter()
    for row in rows:
        sizes[row.size] += len(row.text)
    return sizes.most_common(1)[0][0]


def similar_size(size: float, other: float) -> bool:
    """Return whether text of these two font sizes can be in one paragraph.

    Example:
        >>> similar_size(16.0, 15.0), similar_size(22.0, 16.0)
        (True, False)
    """
    return 1 / _MAX_SIZE_RATIO < size / other < _MAX_SIZE_RATIO


def ends_sentence(row: Row) -> bool:
    """Return whether ``row`` ends with the end of a sentence."""
    return (row.text.rstrip(_CLOSERS) or row.text)[-1] in _SENTENCE_ENDS


def join_lines(*lines: str) -> str:
    """Join the lines of one paragraph, with spaces and hyphens as its text needs them.

    Example:
        >>> join_lines("依法行", "政"), join_lines("rule of", "law"), join_lines("ad-", "min")
        ('依法行政', 'rule of law', 'admin')
    """
    return "".join(map(_prepare_join, lines, [*lines[1:], ""]))


def _prepare_join(text: str, following: str) -> str:
    """Return ``text`` with the hyphen removed or space added that ``following`` requires."""
    end, start = text[-1], following[:1]
    if end == "-" and text[-2:-1].isalpha() and start.islower():
        return text[:-1]
    # Some programs break lines within numbers, such as 96.4 after the point.
    broken = start.isdigit() and (end.isdigit() or (end in ".," and text[-2:-1].isdigit()))
    if not start or is_wide(end) or is_wide(start) or broken or end in "-/":
        return text
    return f"{text} "


_MIN_MEASURED_LINES = 6
"""Fewest lines from which margins can be measured."""
_MAX_LEFT_DEVIATION = 0.5
_MAX_RIGHT_DEVIATION = 1.5
"""Largest distance of lines from the left and right margin, in em; not all are justified."""
_MIN_LEFT_SHARE = 0.1
"""Smallest share of the lines of a block that begin at its left margin."""
_MIN_RIGHT_PEAK = 0.5
"""Smallest number of lines that end at the right margin, relative to the most frequent end."""
_MIN_WIDTH_SHARE = 0.6
"""Smallest share of the width of a page that its lines fill if some of them are full."""
_SPACING_QUANTILE = 0.3
"""Quantile of the distances of lines taken as line spacing; wider ones separate paragraphs."""


@dataclass(frozen=True, slots=True)
class _MeasuredColumn:
    """A column with measured margins, the number of its page, and its font size in points."""

    page: int
    size: float
    block: Block


def measure_margins(columns: Sequence[tuple[Page, Sequence[Row], bool]]) -> Iterator[Block]:
    """Yield a block for each column; a column with few lines takes the margins of a similar one.

    Args:
        columns: the page and the lines of each column, in reading order, and whether it is one of
            several columns beside each other.
    """
    on_page = Counter(page.number for page, _, _ in columns)
    measured = [
        _measure(page, rows, beside, alone=on_page[page.number] == 1)
        for page, rows, beside in columns
    ]
    measured_columns = [m for m in measured if m]
    widths: dict[int, float] = {}
    for page, rows, beside in columns:
        if beside:
            widths[page.number] = max(_width(rows), widths.get(page.number, 0.0))
    blocks = [
        result.block
        if result
        else _with_similar_margins(
            page, rows, measured_columns, widths[page.number] if beside else None
        )
        for (page, rows, beside), result in zip(columns, measured, strict=True)
    ]
    indents = [_count_indents(block) for block in blocks]
    indented = sum(indents) > 0
    for block, count in zip(blocks, indents, strict=True):
        yield replace(block, indented=count > 0 if count else indented)


def _width(rows: Sequence[Row]) -> float:
    """Return the width of the text of a column, in points."""
    text = [row for row in rows if not row.standalone] or rows
    return max(row.right for row in text) - min(row.left for row in text)


def _measure(page: Page, rows: Sequence[Row], beside: bool, alone: bool) -> _MeasuredColumn | None:
    """Return the column with its margins, ``None`` if it has too few full lines."""
    text = [row for row in rows if not row.standalone]
    size = text_size(text or rows)
    body = [row for row in text if similar_size(row.size, size)]
    if len(body) < _MIN_MEASURED_LINES:
        return None
    left, right = _left_margin(body, size), _right_margin(body, size)
    if alone and right - left < _MIN_WIDTH_SHARE * (page.width - 2 * left):
        return None  # a list of short lines, or one of two columns
    block = Block(tuple(rows), left, right, _line_spacing(rows, size), beside=beside)
    return _MeasuredColumn(page.number, size, block)


def _left_margin(body: Sequence[Row], size: float) -> float:
    """Return the leftmost position at which enough lines begin, in points."""
    lefts = sorted(row.left for row in body)
    needed = max(2, round(_MIN_LEFT_SHARE * len(lefts)))
    for i, left in enumerate(lefts[: len(lefts) - needed + 1]):
        if lefts[i + needed - 1] - left <= _MAX_LEFT_DEVIATION * size:
            return left
    return lefts[0]


def _right_margin(body: Sequence[Row], size: float) -> float:
    """Return the rightmost position at which many lines end, in points."""
    rights = sorted(row.right for row in body)
    ends = [
        (
            bisect_right(rights, right) - bisect_left(rights, right - _MAX_RIGHT_DEVIATION * size),
            right,
        )
        for right in rights
    ]
    most = max(count for count, _ in ends)
    return max(right for count, right in ends if count >= _MIN_RIGHT_PEAK * most)


def _line_spacing(rows: Sequence[Row], size: float) -> float:
    """Return the distance of lines within paragraphs, in points, 0 when it is unknown."""
    steps = sorted(
        below.baseline - row.baseline
        for row, below in pairwise(rows)
        if not row.standalone and not below.standalone and similar_size(below.size, size)
    )
    return steps[int(_SPACING_QUANTILE * len(steps))] if steps else 0.0


def _count_indents(block: Block) -> int:
    """Return how many lines return to the margin after an indented one, minus those that do not."""
    indents = 0
    for row, below in pairwise(block.rows):
        if block.shift(row) >= MIN_INDENT and block.slack(row) < _MAX_RIGHT_DEVIATION * row.size:
            indents += block.shift(below) < MIN_INDENT
            same = abs(block.shift(below) - block.shift(row)) < MIN_INDENT
            indents -= same and not ends_sentence(row)
    return indents


def _with_similar_margins(
    page: Page,
    rows: Sequence[Row],
    measured_columns: Iterable[_MeasuredColumn],
    width: float | None,
) -> Block:
    """Return ``rows`` with the margins of the narrowest, then nearest, block that contains them.

    Args:
        page: the page.
        rows: the lines of a column that has too few for its own margins.
        measured_columns: the columns of the document that have their own margins.
        width: the width of the widest column of the page in points, ``None`` if it has no columns.
    """
    text = [row for row in rows if not row.standalone] or rows
    size = text_size(text)
    left, right = min(row.left for row in text), max(row.right for row in text)
    fitting = [
        (round((m.block.right - m.block.left) / m.size), abs(m.page - page.number), m)
        for m in measured_columns
        if m.block.left - m.size <= left
        and right <= m.block.right + _MAX_RIGHT_DEVIATION * m.size
        and (width is None or m.block.beside)
    ]
    if not fitting:
        broken_at = _broken_at([row for row in text if similar_size(row.size, size)], left, size)
        end = broken_at or max(right, page.width - left)
        if width is not None:
            end = max(right, left + width)
        return Block(tuple(rows), left, end, _line_spacing(rows, size), beside=width is not None)
    model = min(fitting, key=lambda item: item[:2])[2]
    same = similar_size(model.size, size)
    line_spacing = model.block.line_spacing if same else _line_spacing(rows, size)
    return replace(model.block, rows=tuple(rows), line_spacing=line_spacing)


def _broken_at(body: Sequence[Row], left: float, size: float) -> float:
    """Return the right end of a few lines if one of them is broken there, else 0.

    A line of prose that ends within a sentence as far right as any, and is followed by a line from
    the left margin, shows where lines are broken.
    """
    right = max((row.right for row in body), default=0.0)
    for row, below in pairwise(body):
        if (
            row.right > right - _MAX_RIGHT_DEVIATION * size
            and any(mark in row.text for mark in _CLAUSE_ENDS)
            and not ends_sentence(row)
            and below.left < left + MIN_INDENT * size
            and not starts_unit(below.text)
        ):
            return right
    return 0.0
