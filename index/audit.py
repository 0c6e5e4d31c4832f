"""Does an index hold what it was fed with? Row by row, all that a search is answered from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from .engine import Entry
from .rowdata import CODED
from .rows import Rows


def differences(rows: Rows, entries: Iterable[Entry], all_of_them: bool = True) -> Iterator[str]:
    """Yield what the rows of an index say otherwise than ``entries``, a line a sentence.

    Args:
        rows: of the index.
        entries: sentences as they should be in it; their words are not looked at.
        all_of_them: whether there should be no others.
    """
    places = {id_: row for row, id_ in enumerate(rows.ids.tolist()) if id_ > 0}
    columns = {name: rows.codes(name).decoded() for name in CODED}
    of_report = rows.load().reports
    for entry in entries:
        row = places.pop(entry.id, None)
        if row is None:
            yield f"sentence {entry.id} of the report {entry.report} is missing"
            continue
        here: dict[str, Any] = {name: column[row] for name, column in columns.items()}
        region, year = of_report.get(here["report"], ("", ""))
        here |= {"text": _text(rows, row), "region": region, "year": year}
        there: dict[str, Any] = {name: getattr(entry, name) for name in here}
        there["topics"] = tuple(there["topics"])
        wrong = [name for name, value in there.items() if here[name] != value]
        if rows.probability[row] != np.float32(entry.probability):
            wrong.append("probability")
        if wrong:
            yield f"{' and '.join(wrong)} of sentence {entry.id} of {entry.report} are others"
    if places and all_of_them:
        yield f"{len(places)} sentences are not in the library"


def _text(rows: Rows, row: int) -> str:
    try:
        return rows.string(row)
    except ValueError:
        return "\0"
