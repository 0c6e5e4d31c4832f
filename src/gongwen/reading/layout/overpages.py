"""Tables that go on over the page: their head comes again, a row may be cut in two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

from .paragraphs import run_on
from .records import Page, Row

_HEAD = 3
"""Rows of the head of a table, at most."""


def with_whole_tables(pages: Sequence[Page]) -> list[Page]:
    """Return ``pages`` with the rows of a table that were cut by the end of a page in one.

    The head of a table is left out where it comes again on the next page.
    """
    result: list[Page] = []
    head: list[str] = []  # the first rows of the table at the end of the page before
    for page in pages:
        rows = list(page.rows)
        for above in head:
            if not rows or not rows[0].apart or rows[0].text != above:
                break
            del rows[0]
        start = len(rows)
        while start and rows[start - 1].apart:
            start -= 1
        goes_on = not start and bool(head)
        if rows and result and result[-1].rows and _cut(result[-1].rows[-1], rows[0]):
            whole = _whole(result[-1].rows[-1], rows.pop(0))
            result[-1] = replace(result[-1], rows=(*result[-1].rows[:-1], whole))
        if not goes_on:
            head = [row.text for row in rows[start : start + _HEAD]]
        result.append(replace(page, rows=tuple(rows)))
    return result


def _cut(row: Row, below: Row) -> bool:
    """Say whether ``below`` is the second half of ``row``: it goes on with some of its cells."""
    above, filled = ({i for i, cell in enumerate(r.text.split("\t")) if cell} for r in (row, below))
    return row.apart and below.apart and filled <= row.unfinished and filled < above


def _whole(row: Row, below: Row) -> Row:
    cells = zip_longest(row.text.split("\t"), below.text.split("\t"), fillvalue="")
    text = "\t".join(run_on(upper, lower) if lower else upper for upper, lower in cells)
    span = row.spans[0]._replace(text=text)
    return replace(row, spans=(span,), unfinished=below.unfinished)
