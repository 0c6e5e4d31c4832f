"""Tables of a web page: those that hold data become rows; those that lay out the page do not."""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby

from .page import Line, Page

_FEWEST_ROWS = 2
_LARGEST_CELL = 500
"""Characters of a cell that holds most of its table, from which it is a column of the page."""


def join_rows(page: Page) -> list[Line]:
    """Return the lines of ``page`` with each row of a data table in one line.

    Cells are joined by tabs, an empty one is kept where others follow, and lines within a cell are
    joined by a space.
    """
    cells = innermost(page, frozenset(("td", "th")))
    tables = innermost(page, frozenset(("table",)))
    data = _data_tables(page, cells, tables)
    joined: list[Line] = []
    table_before = -1
    for row, lines in groupby(page.lines, lambda line: _row(page, line, cells, tables, data)):
        if row < 0:
            joined += lines
        else:
            joined.append(_join(page, row, list(lines), cells, tables[row] == table_before))
        table_before = tables[row] if row >= 0 else -1
    return joined


def innermost(page: Page, tags: frozenset[str]) -> list[int]:
    """Return for every block the number of the innermost one with one of ``tags``, -1 for none."""
    found = [-1]
    for number, element in enumerate(page.elements[1:], start=1):
        found.append(number if element.tag in tags else found[element.parent])
    return found


def _row(page: Page, line: Line, cells: list[int], tables: list[int], data: set[int]) -> int:
    cell = cells[line.owner]
    return page.elements[cell].parent if cell >= 0 and tables[cell] in data else -1


def _join(page: Page, row: int, lines: list[Line], cells: list[int], soft: bool) -> Line:
    columns: dict[int, list[str]] = defaultdict(list)
    for line in lines:
        column = page.elements[cells[line.owner]].column
        columns[column].append(line.text.strip().replace("\t", " "))
    last = max(columns)
    text = "\t".join(" ".join(columns.get(column, ())) for column in range(last + 1))
    return Line(text, sum(line.linked for line in lines), row, soft)


def _data_tables(page: Page, cells: list[int], tables: list[int]) -> set[int]:
    """Return the tables that hold data: several rows of several cells, and no table inside.

    A table with one cell that holds most of it, at length, lays out the page.
    """
    sizes: dict[int, int] = defaultdict(int)
    for line in page.lines:
        if cells[line.owner] >= 0:
            sizes[cells[line.owner]] += len(line.text)
    filled: dict[int, int] = defaultdict(int)
    of_table: dict[int, list[int]] = defaultdict(list)
    outer: set[int] = set()
    for cell, size in sizes.items():
        table = tables[cell]
        filled[page.elements[cell].parent] += 1
        of_table[table].append(size)
        if table >= 0:
            outer.add(tables[page.elements[table].parent])
    rows: dict[int, int] = defaultdict(int)
    for row, count in filled.items():
        rows[tables[row]] += count > 1
    return {
        table
        for table, of_cells in of_table.items()
        if table >= 0
        and table not in outer
        and rows[table] >= _FEWEST_ROWS
        and max(of_cells) <= max(_LARGEST_CELL, sum(of_cells) / 2)
    }
