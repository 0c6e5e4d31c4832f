"""What the tags of a web page say: rows of tables, headings, items of lists, captions and notes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from itertools import groupby

from ...nlp.document.blocks import BlockKind
from ...nlp.text.dates import date_of
from ...nlp.text.normalize import squeeze
from ...nlp.text.paragraphs import starts_unit
from .parser import Line, Page

# -- rows of data tables ---------------------------------------------------------------------------

_MIN_DATA_ROWS = 2
_LONG_CELL = 500
"""Characters of a cell from which a table is layout, if the cell holds most of the table."""


def join_rows(page: Page) -> list[Line]:
    """Return the lines of ``page`` with each row of a data table joined to one line.

    Cells are separated by tabs, empty cells are kept except at the end, and lines within a cell
    are joined by a space.
    """
    cells = innermost(page, frozenset(("td", "th")))
    tables = innermost(page, frozenset(("table",)))
    data = _data_tables(page, cells, tables)
    joined: list[Line] = []
    table_before = -1
    for row, lines in groupby(page.lines, lambda line: _row_of(page, line, cells, tables, data)):
        if row < 0:
            joined += lines
        else:
            joined.append(_join_row(page, row, list(lines), cells, tables[row] == table_before))
        table_before = tables[row] if row >= 0 else -1
    return joined


def innermost(page: Page, tags: frozenset[str]) -> list[int]:
    """Return for every block the index of the innermost block around it with one of ``tags``.

    A block with such a tag is its own; -1 means that there is none. The result has the length of
    ``page.elements``.
    """
    found = [-1]
    for number, element in enumerate(page.elements[1:], start=1):
        found.append(number if element.tag in tags else found[element.parent])
    return found


def _row_of(page: Page, line: Line, cells: list[int], tables: list[int], data: set[int]) -> int:
    """Return the index of the row of a data table that contains the line, -1 for none."""
    cell = cells[line.owner]
    return page.elements[cell].parent if cell >= 0 and tables[cell] in data else -1


def _join_row(page: Page, row: int, lines: list[Line], cells: list[int], soft: bool) -> Line:
    """Return the lines of a row of a table as one line."""
    columns: dict[int, list[str]] = defaultdict(list)
    for line in lines:
        column = page.elements[cells[line.owner]].column
        columns[column].append(line.text.strip().replace("\t", " "))
    last = max(columns)
    text = "\t".join(" ".join(columns.get(column, ())) for column in range(last + 1))
    return Line(text, sum(line.linked for line in lines), row, soft)


def _data_tables(page: Page, cells: list[int], tables: list[int]) -> set[int]:
    """Return the tables that hold data: with several rows of several cells, and no inner table.

    A table in which one long cell holds most of the text is used for layout.
    """
    sizes: dict[int, int] = defaultdict(int)
    for line in page.lines:
        if cells[line.owner] >= 0:
            sizes[cells[line.owner]] += len(line.text)
    filled_cells: dict[int, int] = defaultdict(int)
    cell_sizes: dict[int, list[int]] = defaultdict(list)
    outer: set[int] = set()
    for cell, size in sizes.items():
        table = tables[cell]
        filled_cells[page.elements[cell].parent] += 1
        cell_sizes[table].append(size)
        if table >= 0:
            outer.add(tables[page.elements[table].parent])
    rows: dict[int, int] = defaultdict(int)
    for row, count in filled_cells.items():
        rows[tables[row]] += count > 1
    return {
        table
        for table, cell_sizes_of_table in cell_sizes.items()
        if table >= 0
        and table not in outer
        and rows[table] >= _MIN_DATA_ROWS
        and max(cell_sizes_of_table) <= max(_LONG_CELL, sum(cell_sizes_of_table) / 2)
    }


# -- kinds of lines --------------------------------------------------------------------------------

Kind = tuple[BlockKind | None, int]
"""What a line is, ``None`` where the page does not say, and its level as a heading."""

_HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())
_LISTS = frozenset("ol ul menu dir".split())
_LONGEST_HEADING = 80
_LONGEST_CAPTION = 80
_MOST_HEADINGS = 0.5
"""Share of lines in headings above which a page uses their tags for the size of its text."""
_INNER_END = re.compile("[。！？!?；;]")
_NOTE_NAME = re.compile(r"(?<![a-z])(?:ftn|edn|fn|footnotes?|endnotes?)(?![a-z])")
"""Ids and classes of notes, as Word, Pandoc and others write them."""


def kinds(page: Page, lines: Sequence[Line]) -> list[Kind]:
    """Return what the tags of the page say of each of ``lines``.

    Only what is certain is said: a heading is none if it reads like a sentence, an address or a
    date, nor if most lines are in such tags; an item has another one beside it.

    Args:
        page: the page.
        lines: lines of it, in order, as :func:`join_rows` returns them.

    Example:
        >>> from .parser import read_page
        >>> page = read_page("<h2>一、总体情况</h2><p>全年办案12件。</p><ul><li>甲<li>乙</ul>")
        >>> kinds(page, page.lines)
        [('heading', 2), (None, 0), ('item', 0), ('item', 0)]
    """
    headings = innermost(page, _HEADINGS)
    items = innermost(page, frozenset(("li",)))
    captions = innermost(page, frozenset(("figcaption",)))
    notes = _noted(page)
    with_tables = _parents(page, "table")
    found: list[Kind] = []
    for n, line in enumerate(lines):
        text, owner = line.text.strip(), line.owner
        kind: BlockKind | None = None
        level = 0
        if page.elements[owner].tag == "tr":
            kind = "row" if "\t" in text else None
        elif notes[owner]:
            kind = "note"
        elif (heading := headings[owner]) >= 0:
            if _may_be_heading(text):
                kind, level = "heading", int(page.elements[heading].tag[1])
        elif (caption := captions[owner]) >= 0:
            of_table = page.elements[caption].parent in with_tables
            if not of_table and len(text) <= _LONGEST_CAPTION:
                kind = "caption"
        elif items[owner] >= 0 and not starts_unit(text[line.marker :]):
            beside = (*lines[max(n - 1, 0) : n], *lines[n + 1 : n + 2])
            if any(_are_siblings(page, items[owner], items[other.owner]) for other in beside):
                kind = "item"
        found.append((kind, level))
    if sum(level > 0 for _, level in found) > _MOST_HEADINGS * len(lines):
        return [(None, 0) if level else (kind, level) for kind, level in found]
    return found


def without_default_numbers(lines: Sequence[Line], kinds: Sequence[Kind]) -> list[Line]:
    """Return ``lines`` without numbers of headings that do not tell their levels apart.

    LibreOffice writes headings of all levels as items of lists whose style it does not give, so
    that 一、, （一） and 1. all become 1., which a browser shows.

    Example:
        >>> lines = [Line("1.总体情况", 0, 1, marker=2), Line("1.办案", 0, 2, marker=2)]
        >>> [line.text for line in without_default_numbers(lines, [("heading", 1), ("heading", 2)])]
        ['总体情况', '办案']
    """
    numbered = [
        bool(level and line.text[: line.marker].strip()[:-1].isdecimal())
        for line, (_, level) in zip(lines, kinds, strict=True)
    ]
    levels = {level for (_, level), is_one in zip(kinds, numbered, strict=True) if is_one}
    if len(levels) < 2:
        return list(lines)
    return [
        line._replace(text=line.text[line.marker :].lstrip(), marker=0) if is_one else line
        for line, is_one in zip(lines, numbered, strict=True)
    ]


def _may_be_heading(text: str) -> bool:
    squeezed = squeeze(text)
    return (
        1 < len(squeezed) <= _LONGEST_HEADING
        and squeezed[-1] not in ",:"
        and not _INNER_END.search(text[:-1])
        and not date_of(text)
    )


def _are_siblings(page: Page, one: int, other: int) -> bool:
    """Return whether two elements are different items of one list."""
    if one == other or other < 0:
        return False
    return page.elements[one].parent == page.elements[other].parent


def _parents(page: Page, tag: str) -> set[int]:
    """Return the blocks that hold one of ``tag`` directly or in one block."""
    parents = {e.parent for e in page.elements[1:] if e.tag == tag}
    return parents | {page.elements[parent].parent for parent in parents}


def _noted(page: Page) -> list[bool]:
    """Return for every block whether it is in a note, by its id or class."""
    noted = [False]
    for element in page.elements[1:]:
        own = element.tag in ("div", "li", "p") and bool(_NOTE_NAME.search(element.name))
        noted.append(noted[element.parent] or own)
    return noted
