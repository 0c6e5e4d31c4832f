"""Rows of an index in files of a test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from gongwen.index.column_writer import RowData
from gongwen.index.columns import Rows
from gongwen.index.engine import Entry
from gongwen.index.row_files import RowFiles, rows_of_ids


def add(files: RowFiles, entries: Sequence[Entry], removed: Iterable[int] = ()) -> RowFiles:
    """Add sentences to files and remove others by their ids."""
    known = files.read() if files.state else None
    gone = rows_of_ids(known.ids, removed) if known else np.zeros(0, np.int64)
    words = Counter(word for entry in entries for word in set(entry.words))
    return files.changed(known, RowData.of(entries), gone, words)


def on_disk(folder: Path, entries: Sequence[Entry]) -> Rows:
    """Write sentences to files in a folder of an index, and open them."""
    return Rows(add(RowFiles.create(folder), entries).read())
