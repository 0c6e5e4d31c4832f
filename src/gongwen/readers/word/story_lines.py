"""Lines of a Word file: paragraphs that were broken by hand, rows of tables, broken titles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from typing import NamedTuple

from ...nlp.document.blocks import BlockKind
from ...nlp.text.normalize import squeeze
from ...nlp.text.paragraphs import heading_mark, starts_unit
from ...nlp.vocabulary import WordLists

_WORDS = WordLists("pages", "contents watermark")

_SENTENCE_ENDS = frozenset("。！？；!?;")
_LINE_ENDS = _SENTENCE_ENDS | frozenset(":：")
_CLOSERS = "”’」』)）》】〕\"'"
_LONGEST_BROKEN = 60
"""Characters of the longest line that may be part of a sentence which goes on in the next."""
_TITLE_LABELS = frozenset("标题 题目 文章标题 报告标题 文件标题 文件名称 名称".split())
_TEXT_LABELS = frozenset("正文 内容 正文内容 文章内容 报告正文 报告内容 全文".split())
"""Labels of forms beside which the title and the text of a report stand."""


class Line(NamedTuple):
    """A line of the text, or several that are one paragraph, with what the file says of it."""

    text: str
    kind: BlockKind | None = None
    level: int = 0
    size: int = 0
    """Size of its characters in half-points if it is centred and they all have one, else 0."""


@cache
def _contents_heads() -> frozenset[str]:
    return frozenset(map(squeeze, _WORDS.texts("contents")))


def mark_contents_head(lines: list[Line]) -> None:
    """Mark the last line as one of the contents if it is their heading (目录).

    It is for the heading above entries that were left out: without them it looks like a sentence.

    Example:
        >>> lines = [Line("甲县工作报告", "title"), Line("目  录")]
        >>> mark_contents_head(lines)
        >>> lines[-1].kind
        'contents'
    """
    if lines and not lines[-1].kind and squeeze(lines[-1].text).strip("[]") in _contents_heads():
        lines[-1] = lines[-1]._replace(kind="contents")


_HEAD_LINES = 12
"""Lines at the start of a file in which a title may stand that is known by its size alone."""
_TITLE_SIZE = 36
"""Smallest size of such a title, in half-points; titles have 44, text has 32."""
_TITLE_LINES = 4
_RED_HEAD = "文件"
"""What ends the name of an office above a document on its official paper, which is no title."""


def join_titles(lines: Iterable[Line]) -> list[Line]:
    r"""Return ``lines`` with each title that is broken over paragraphs in one.

    These are titles by their style, and at the start of a file centred lines of one large size.

    Example:
        >>> join_titles([Line("甲县人民政府", size=44), Line("2021年工作报告", size=44)])
        [Line(text='甲县人民政府\n2021年工作报告', kind='paragraph', level=0, size=44)]
    """
    joined: list[Line] = []
    for (kind, size), group in groupby(lines, lambda line: (line.kind, line.size)):
        found = list(group)
        large = not kind and size >= _TITLE_SIZE and len(joined) < _HEAD_LINES
        if large and found[0].text.endswith(_RED_HEAD):
            joined.append(found.pop(0))
        if (large or kind == "title") and 1 < len(found) <= _TITLE_LINES:
            text = "\n".join(line.text for line in found)
            found = [Line(text, kind or "paragraph", size=size)]
        joined += found
    return joined


def split_lines(
    text: str, kind: BlockKind | None = None, level: int = 0, size: int = 0
) -> list[Line]:
    r"""Return the lines of a paragraph that are not blank, without white space at their edges.

    Lines that a sentence goes through are one: 办理\n案件12件。 was broken by hand.

    Example:
        >>> [line.text for line in split_lines("一、总体情况\n全年办理\n案件12件。")]
        ['一、总体情况', '全年办理\n案件12件。']
    """
    pieces = [piece.strip() for piece in text.split("\n") if piece.strip()]
    if len(pieces) < 2 or kind:
        return [Line(piece, kind, level, size) for piece in pieces]
    lines: list[Line] = []
    opened: list[str] = []
    for piece in pieces:
        if opened and (starts_unit(piece) or len(opened[-1]) > _LONGEST_BROKEN):
            lines += map(Line, opened)
            opened = []
        opened.append(piece)
        closed = piece.rstrip(_CLOSERS)[-1:] in _LINE_ENDS
        if closed or (len(opened) == 1 and heading_mark(piece)):
            lines.append(Line("\n".join(opened), "paragraph" if len(opened) > 1 else None))
            opened = []
    return [*lines, *map(Line, opened)]


@dataclass(slots=True)
class LineCollector:
    """Collects the lines of a container: the document, a cell, a note, or text boxes."""

    lines: list[Line] = field(default_factory=list)
    pending: list[str] = field(default_factory=list)
    """Text of paragraphs that continue in the next one, since their paragraph mark is deleted."""
    has_table: bool = False
    """Whether it contains a row of a table."""
    continues: bool = False
    """Whether it is a cell that is merged with the cell above."""

    def take_pending(self) -> str:
        """Return the pending text and clear it."""
        pending, self.pending = self.pending, []
        return "".join(pending)

    def flush(self) -> None:
        """End the pending paragraph, since no paragraph follows in which it could continue."""
        self.lines += split_lines(self.take_pending())

    def add(self, lines: list[Line]) -> None:
        """Add lines that are not a paragraph, such as rows of a table."""
        self.flush()
        self.lines += lines


@dataclass(slots=True)
class Row:
    """A row of a table."""

    cells: list[list[Line]] = field(default_factory=list)
    has_table: bool = False
    """Whether one of its cells contains a table."""
    deleted: bool = False

    def lines(self) -> list[Line]:
        r"""Return the row as one line, or as its paragraphs if the table is only layout.

        Several sentences in the last cell (工作内容 | 一、…。二、…。) are paragraphs too, and what
        stands beside the label of a form (标题 | 甲县工作总结).

        Example:
            >>> Row([[Line("姓名")], [Line("张三")]]).lines()
            [Line(text='姓名\t张三', kind='row', level=0, size=0)]
        """
        if self.deleted:
            return []
        if len(self.cells) < 2 or self.has_table:
            return [line for cell in self.cells for line in cell]
        last = self.cells[-1]
        if len(self.cells) == 2 and len(self.cells[0]) == 1 and last:
            label = "".join(self.cells[0][0].text.split()).rstrip(":：")
            if label in _TITLE_LABELS:
                return [Line(line.text, "title") for line in last]
            if label in _TEXT_LABELS and len(last) > 1:
                return last
        is_text = sum(line.text[-1] in _SENTENCE_ENDS for line in last) > 1
        cells = [*self.cells[:-1], last[:1] if is_text else last]
        line = "\t".join(" ".join(part.text for part in cell).replace("\t", " ") for cell in cells)
        rest = last[1:] if is_text else []
        return [*([Line(line.rstrip(), "row")] if line.strip() else []), *rest]
