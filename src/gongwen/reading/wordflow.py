"""Paragraphs and table rows of a Word file on their way to lines."""

from __future__ import annotations

from dataclasses import dataclass, field

_ENDS = frozenset("。！？；!?;")


def split(text: str) -> list[str]:
    """Return the lines of a paragraph; white space at their edges is only layout."""
    return [line.strip() for line in text.split("\n") if line.strip()]


@dataclass(slots=True)
class Flow:
    """Lines on their way: of the document, a cell, a note, or what hangs on a paragraph."""

    lines: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    """Text of paragraphs that go on in the next, since the mark between them is gone."""
    tabular: bool = False
    continues: bool = False
    """A cell that goes on with the merged cell above."""

    def release(self) -> str:
        """Return what is held, and hold it no longer."""
        held, self.held = self.held, []
        return "".join(held)

    def flush(self) -> None:
        """End the paragraph that is held, since none comes that it could go on in."""
        self.lines += split(self.release())

    def add(self, lines: list[str]) -> None:
        """Add lines that are no paragraph."""
        self.flush()
        self.lines += lines


@dataclass(slots=True)
class Row:
    """A row of a table."""

    cells: list[list[str]] = field(default_factory=list)
    tabular: bool = False
    """Has a table in one of its cells."""
    deleted: bool = False

    def lines(self) -> list[str]:
        """Return the row as one line; where it only sets out text on the page, as that text.

        Whole sentences in the last cell (工作内容 | 一、…。二、…。) are text too.
        """
        if self.deleted:
            return []
        if len(self.cells) < 2 or self.tabular:
            return [line for cell in self.cells for line in cell]
        last = self.cells[-1]
        is_text = sum(line[-1] in _ENDS for line in last) > 1
        cells = [*self.cells[:-1], last[:1] if is_text else last]
        line = "\t".join(" ".join(cell).replace("\t", " ") for cell in cells).rstrip()
        return [*([line] if line else []), *(last[1:] if is_text else [])]
