"""Pages to text: what stands on them in reading order, one paragraph a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from .columns import columns_of, distinct, gutters_of
from .furniture import without_furniture
from .lines import rows_of
from .margins import with_margins
from .overpages import with_whole_tables
from .paragraphs import Block, paragraphs
from .records import Page, Row, Sheet
from .tables import tables_of

_NEAR = 6.0
"""Points that the columns of two pages may be off one another."""


def page_of(number: int, sheets: Sequence[Sheet]) -> Page:
    """Return the lines of page ``number``.

    Args:
        number: 1 for the first page of the file.
        sheets: what stands on it by direction of reading, that of most characters first.
    """
    if not sheets:
        return Page(number, 0.0, 0.0, ())
    rows, *aside = [_rows(sheet) for sheet in sheets]
    others = [replace(row, apart=True) for rows in aside for row in rows]
    return Page(number, sheets[0].width, sheets[0].height, tuple(rows), tuple(others))


def _rows(sheet: Sheet) -> list[Row]:
    table_rows, rest = tables_of(sheet)
    return sorted([*table_rows, *rows_of(rest)], key=lambda row: row.base)


def text_of(pages: Sequence[Page]) -> str:
    """Return the text of ``pages``, one paragraph a line."""
    return "\n".join(paragraphs(_blocks(with_whole_tables(without_furniture(pages)))))


def _blocks(pages: Sequence[Page]) -> Iterator[Block]:
    gutters: dict[int, list[float]] = {}
    for page in pages:
        gutters.setdefault(round(page.width), []).extend(gutters_of(page.rows))
    known = {width: distinct(found, _NEAR) for width, found in gutters.items()}
    columns = [list(columns_of(page.rows, known[round(page.width)])) for page in pages]
    measured = with_margins(
        [(page, rows) for page, found in zip(pages, columns, strict=True) for rows in found]
    )
    for page, found in zip(pages, columns, strict=True):
        yield from islice(measured, len(found))
        if page.aside:
            yield Block(page.aside, 0.0, page.width, aside=True)
