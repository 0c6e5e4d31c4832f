"""Rows as text for other programs: JSON, JSON lines, and CSV that spreadsheets open as it is."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..nlp.validation import escape_formula, json_visible


def json_text(value: Any, indent: int | None = None) -> str:
    """Return JSON in which lone surrogates and control characters are escaped.

    Args:
        value: what ``json.dumps`` takes.
        indent: spaces of each level; ``None`` for one line.

    Example:
        >>> json_text({"region": "武功县"})
        '{"region": "武功县"}'
    """
    return json_visible(json.dumps(value, ensure_ascii=False, indent=indent))


def jsonl_text(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return one JSON object per line."""
    return "".join(json_text(row) + "\n" for row in rows)


def csv_text(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """Return CSV for Excel: with a byte order mark, and with formulas escaped.

    Args:
        rows: the rows by column; a missing column is empty.
        columns: the columns in order.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(map(cell, columns))
    for row in rows:
        writer.writerow([cell(row.get(column, "")) for column in columns])
    return "\ufeff" + out.getvalue()


def cell(value: Any) -> Any:
    """Return a value as a cell of a CSV file: lists joined by ``;``, formulas escaped.

    Example:
        >>> cell(["a", "b"]), cell("=1+1")
        ('a;b', "'=1+1")
    """
    if isinstance(value, list | tuple):
        value = ";".join(map(str, value))
    return escape_formula(value) if isinstance(value, str) else value
