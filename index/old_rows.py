"""Read the rows of an index that an older version wrote, until it is built anew.

Formats 2 to 5 keep each array in an ``.npy`` file of one folder, in the order of the documents of
the postings, and rewrite all of them with every change. In 2, 万 and 亿 are not written out; 2 and
3 have no text without marks; up to 4, Ⅳ is no IV and most radicals are no ideographs.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .array_files import Records
from .bigrams import BigramTable
from .column_writer import (
    CODED_COLUMNS,
    TAG_COLUMNS,
    JoinedTexts,
    UnmarkedTexts,
    unit_frequencies,
)
from .row_files import ROW, TAGS, RowArrays
from .term_dictionary import TermDictionary

OLD_FORMATS = (2, 3, 4, 5)
"""Formats of the manifest that are read; the index is then said to be outdated."""


class _InMemory(Records):
    """Records that were made in memory."""

    def __init__(self, records: NDArray[Any]) -> None:
        self._records = records

    def __len__(self) -> int:
        return len(self._records)

    def column(self, name: str) -> NDArray[Any]:
        """Return (records,) values of one field."""
        return np.ascontiguousarray(self._records[name])

    def all(self) -> NDArray[Any]:
        """Return all records."""
        return self._records.copy()


def read_old_rows(folder: Path) -> RowArrays:
    """Open the rows of an index of an older format.

    The words are not known: queries are cut as if there were none, and nothing is suggested.

    Args:
        folder: the folder of the rows.

    Raises:
        OSError: a file cannot be read.
        ValueError, LookupError: a file is damaged.
    """

    def array(name: str) -> NDArray[Any]:
        loaded: NDArray[Any] = np.load(folder / f"{name}.npy", allow_pickle=False)
        return loaded

    def mapped(name: str) -> NDArray[Any]:
        loaded: NDArray[Any] = np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
        return loaded.view(np.ndarray)

    text = JoinedTexts(mapped("text"), array("starts"))
    digits = JoinedTexts(mapped("digits"), array("digit-starts"))
    if (folder / "bare.npy").exists():
        bare, bare_digits = (
            UnmarkedTexts(mapped(name), array(f"{name}-starts"), mapped(f"{name}-marks"))
            for name in ("bare", "bare-digit")
        )
        unit_counts: NDArray[np.int32] = array("frequency")
    else:
        bare, bare_digits = UnmarkedTexts.strip(text), UnmarkedTexts.strip(digits)
        unit_counts = unit_frequencies(bare.units)
    values: dict[str, list[Any]] = json.loads((folder / "values.json").read_text("utf-8"))
    values["topics"] = [tuple(topics) for topics in values["topics"]]
    facts = zip(values["region"], values["year"], strict=True)
    ids = array("ids")
    rows, tags = np.zeros(len(ids), ROW), np.zeros(len(ids), TAGS)
    rows["id"], rows["length"] = ids, array("lengths")
    rows["serial"] = np.arange(len(ids))
    knows_copies = (folder / "copy-groups.npy").exists()
    if knows_copies:
        rows["copy_group"] = array("copy-groups")
    for name in CODED_COLUMNS:
        rows[name] = array(name)
    for name in (*TAG_COLUMNS, "probability"):
        tags[name] = array(name)
    return RowArrays(
        rows=_InMemory(rows),
        tags=_InMemory(tags),
        dead=ids == 0,
        knows_copies=knows_copies,
        text=text,
        digits=digits,
        digit_rows=array("digit-rows"),
        bare=bare,
        bare_digits=bare_digits,
        headings=JoinedTexts.of(values["heading"]),
        values={name: values[name] for name in ("kind", "report", *TAG_COLUMNS)},
        facts=dict(zip(values["report"], facts, strict=True)),
        unit_counts=unit_counts,
        bigrams=BigramTable(mapped("gram-keys"), mapped("gram-counts")),
        terms=TermDictionary.empty(),
    )
