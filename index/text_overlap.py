"""Find texts that share much of their wording with others, by their runs of six characters."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .column_writer import JoinedTexts
from .scan import Units

Mask = NDArray[np.bool_]

RUN = 6
"""Characters of a run by which sentences that share text are found."""
_LEAST_SHARED = 0.25
"""Share of the runs of a sentence that another must have."""
_SCANNED_UNITS = 1 << 20


def shared_runs(
    wanted: JoinedTexts, texts: JoinedTexts, allowed: Mask, most: int
) -> dict[int, NDArray[np.int64]]:
    """Return for each of the ``wanted`` texts the other texts that share most of its runs.

    Args:
        wanted: texts.
        texts: (n,) texts among which to look; all are read, because that is faster than gathering
            those that are allowed.
        allowed: (n,) whether each of them may be returned.
        most: texts to return for each.

    Returns:
        Indexes into ``texts`` by the index into ``wanted``, the nearest first.
    """
    keys, starts = _run_keys(wanted.units)
    if not len(keys):
        return {}
    of_key = np.searchsorted(wanted.starts, starts, side="right") - 1
    order = np.argsort(keys, kind="stable")
    keys, of_key = keys[order], of_key[order]
    distinct, first = np.unique(keys, return_index=True)
    counts = np.diff(first, append=len(keys))
    may_be_run = np.zeros(1 << _TABLE_BITS, bool)
    may_be_run[_table_places(distinct)] = True
    found: list[NDArray[np.int64]] = []
    for begin in range(0, len(texts.units), _SCANNED_UNITS):
        part = texts.units[begin : begin + _SCANNED_UNITS + RUN - 1]
        part_keys, places = _run_keys(part)
        likely = may_be_run[_table_places(part_keys)]
        part_keys, places = part_keys[likely], places[likely]
        at = np.minimum(np.searchsorted(distinct, part_keys), len(distinct) - 1)
        hit = distinct[at] == part_keys
        at, row = at[hit], np.searchsorted(texts.starts, places[hit] + begin, side="right") - 1
        at, row = at[allowed[row]], row[allowed[row]]
        # Each hit counts for every wanted text that has the run.
        repeat = counts[at]
        offset = np.arange(repeat.sum()) - np.repeat(np.cumsum(repeat) - repeat, repeat)
        text = of_key[np.repeat(first[at], repeat) + offset]
        found.append(text << 32 | np.repeat(row, repeat))
    return _nearest(np.concatenate(found), np.bincount(of_key, minlength=len(wanted)), most)


def _nearest(
    hits: NDArray[np.int64], sizes: NDArray[np.int64], most: int
) -> dict[int, NDArray[np.int64]]:
    """Return the nearest texts from (n,) common runs: wanted text << 32 | other text."""
    pairs, shared = np.unique(hits, return_counts=True)
    text, other = pairs >> 32, pairs & 0xFFFFFFFF
    enough = shared >= _LEAST_SHARED * sizes[text]
    text, other, shared = text[enough], other[enough], shared[enough]
    order = np.lexsort([other, -shared, text])
    text, other = text[order], other[order]
    starts = np.flatnonzero(np.diff(text, prepend=-1))
    return {
        int(text[start]): other[start:end][:most]
        for start, end in pairwise((*starts.tolist(), len(text)))
    }


def _run_keys(units: Units) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Return a hash of each run of :data:`RUN` units inside one text, and where it starts."""
    count = len(units) - RUN + 1
    if count < 1:
        return np.zeros(0, np.uint64), np.zeros(0, np.int64)
    keys = np.zeros(count, np.uint64)
    whole = np.ones(count, bool)
    for i in range(RUN):
        part = units[i : i + count]
        keys = keys * _MULTIPLIER + part
        whole &= part != _LINE_FEED
    starts = np.flatnonzero(whole)
    return keys[starts], starts


_TABLE_BITS = 20
"""Bits of the table that says which runs need not be looked up among those that are sought."""


def _table_places(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    return keys >> np.uint64(64 - _TABLE_BITS)


_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_LINE_FEED = ord("\n")
