"""Count the rows of an index by several facets at once, with NumPy.

Each axis is an array of integer codes. The codes of the axes of a cell are combined into one
number, and equal numbers are counted, so nothing is done for a row in Python. The topics of a row
are a tuple: rows are repeated, once for each of their topics, where topics are an axis.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations

import numpy as np
from numpy.typing import NDArray

from .column_writer import JoinedTexts
from .columns import Rows
from .grouping import Codes
from .matching import Matcher, WordPostings
from .query import Node
from .requests import Axis, Cell, Counted

Numbers = NDArray[np.int64]

_DENSE_CELLS = 1 << 20
"""Cells up to which an array of all of them is counted in; of more, the codes are sorted."""
_CHUNK_ROWS = 1 << 16
"""Rows whose texts are hashed at a time."""
_UNITS = 1 << 16


def tabulate(
    rows: Rows | None, words: WordPostings, queries: Sequence[Node], axes: Sequence[Axis]
) -> list[Mapping[Cell, Counted]]:
    """Count rows, as :meth:`~gongwen.index.engine.Engine.tabulate` describes.

    Args:
        rows: the rows; ``None`` for an index without any.
        words: the words of the index.
        queries: planned trees.
        axes: the facets.

    Returns:
        For each query how many rows each cell has; cells without any are left out, but not the
        total of all cells.

    Example:
        >>> tabulate(rows, words, [Text("复议")], [Axis("role")])
        [{('achievement',): Counted(2, 1), ('problem',): Counted(1, 1), (None,): Counted(3, 2)}]
    """
    if rows is None:
        return [{(None,) * len(axes): Counted(0, 0)} for _ in queries]
    matcher = Matcher(rows, words)
    coded = [
        _CodedAxis.of(rows.column("topics" if axis.facet == "topic" else axis.facet), axis)
        for axis in axes
    ]
    keys = copy_keys(rows)
    return [
        _count(coded, matched := np.flatnonzero(matcher.mask(query) & rows.live), keys[matched])
        for query in queries
    ]


def tabulate_columns(
    columns: Mapping[str, Codes | None], copy_keys: Numbers, axes: Sequence[Axis]
) -> dict[Cell, Counted]:
    """Count all of some sentences by several facets.

    Args:
        columns: (n,) what each sentence is, by the name of the facet; topics are tuples.
        copy_keys: (n,) a number for each that is equal for near-copies.
        axes: the facets.
    """
    coded = []
    for axis in axes:
        column = columns[axis.facet]
        assert column is not None
        coded.append(_CodedAxis.of(column, axis))
    return _count(coded, np.arange(len(copy_keys)), copy_keys)


@dataclass(frozen=True, slots=True)
class _CodedAxis:
    """The labels of every row along one axis.

    Attributes:
        labels: the labels.
        starts: (rows,) where in ``codes`` the labels of each row begin.
        sizes: (rows,) how many labels each row has, 1 or more.
        codes: indexes of labels.
    """

    labels: list[str]
    starts: Numbers
    sizes: Numbers
    codes: Numbers

    @classmethod
    def of(cls, column: Codes, axis: Axis) -> _CodedAxis:
        labels: dict[str, int] = {}
        of_value: list[list[int]] = []  # codes of the labels of each value of the column
        for value in column.values:
            parts = value if isinstance(value, tuple) else (value,)
            if axis.labels is not None:
                parts = tuple(axis.labels.get(part, "") for part in parts)
            distinct = dict.fromkeys(parts or ("",))
            of_value.append([labels.setdefault(label, len(labels)) for label in distinct])
        sizes = np.array([len(codes) for codes in of_value], np.int64)
        starts = np.cumsum(sizes) - sizes
        codes = np.array(list(chain.from_iterable(of_value)), np.int64)
        return cls(list(labels), starts[column.codes], sizes[column.codes], codes)

    @property
    def several(self) -> bool:
        """Whether a row can have several labels."""
        return len(self.sizes) > 0 and int(self.sizes.max()) > 1


def _count(axes: Sequence[_CodedAxis], matched: Numbers, keys: Numbers) -> dict[Cell, Counted]:
    """Return how many of the rows ``matched`` each cell has, with all totals.

    Args:
        axes: the axes.
        matched: (rows,) indexes of rows.
        keys: (rows,) a number for each of them that is equal for copies.
    """
    copies = _dense(keys)
    of_copy = np.bincount(copies)
    counted: dict[Cell, Counted] = {(None,) * len(axes): Counted(len(matched), len(of_copy))}
    if not len(matched):
        return counted
    has_copies = (of_copy > 1)[copies]
    for chosen in _choices(len(axes)):
        items, codes = _codes_of([axes[i] for i in chosen], matched)
        cells, sentences = _occurrences(codes, [len(axes[i].labels) for i in chosen])
        # A row without copies is one distinct sentence; of the others each copy is one in a cell.
        repeated = has_copies[items]
        pairs = _sorted_distinct(codes[repeated] * len(of_copy) + copies[items[repeated]])
        distinct = sentences - _count_among(codes[repeated], cells)
        distinct += _count_among(pairs // len(of_copy), cells)
        for cell, n, m in zip(
            _named(cells, [axes[i].labels for i in chosen], chosen, len(axes)),
            sentences.tolist(),
            distinct.tolist(),
            strict=True,
        ):
            counted[cell] = Counted(n, m)
    return counted


def _count_among(codes: Numbers, cells: Numbers) -> Numbers:
    """Return how often each of the ascending ``cells`` occurs in ``codes``, which has no others."""
    return np.bincount(np.searchsorted(cells, codes), minlength=len(cells))


def _sorted_distinct(numbers: Numbers) -> Numbers:
    """Return the different numbers, ascending; faster than ``numpy.unique``, which hashes."""
    ordered = np.sort(numbers)
    first = np.ones(len(ordered), bool)
    first[1:] = ordered[1:] != ordered[:-1]
    return ordered[first]


def _choices(count: int) -> Iterator[tuple[int, ...]]:
    """Yield every choice of one or more of ``count`` axes, all of them first."""
    for size in range(count, 0, -1):
        yield from combinations(range(count), size)


def _codes_of(axes: Sequence[_CodedAxis], matched: Numbers) -> tuple[Numbers, Numbers]:
    """Return for every row and every combination of its labels the code of the cell.

    Returns:
        (n,) indexes in ``matched``, and (n,) codes of cells; n is the number of rows when each has
        one label on every axis.
    """
    items = np.arange(len(matched))
    codes = np.zeros(len(matched), np.int64)
    for axis in axes:
        at = matched[items]
        if axis.several:
            sizes = axis.sizes[at]
            first = np.repeat(axis.starts[at], sizes)
            further = np.arange(len(first)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
            items, codes = np.repeat(items, sizes), np.repeat(codes, sizes)
            own = axis.codes[first + further]
        else:
            own = axis.codes[axis.starts[at]]
        codes = codes * len(axis.labels) + own
    return items, codes


def _occurrences(codes: Numbers, sizes: Sequence[int]) -> tuple[Numbers, Numbers]:
    """Return the different ``codes``, ascending, and how often each occurs."""
    size = int(np.prod(sizes, dtype=object))
    if size > max(_DENSE_CELLS, len(codes)):
        cells = _sorted_distinct(codes)
        return cells, _count_among(codes, cells)
    counts = np.bincount(codes, minlength=size)
    cells = np.flatnonzero(counts)
    return cells, counts[cells]


def _named(
    cells: Numbers, labels: Sequence[list[str]], chosen: Sequence[int], axes: int
) -> Iterator[Cell]:
    """Yield the labels of each cell, ``None`` for the axes that are not among ``chosen``."""
    columns: list[list[str | None]] = [[None] * len(cells) for _ in range(axes)]
    rest = cells
    for i, own in zip(reversed(chosen), reversed(labels), strict=True):
        columns[i] = [own[code] for code in (rest % len(own)).tolist()]
        rest = rest // len(own)
    return zip(*columns, strict=True)


# -- copies --------------------------------------------------------------------------------------


def copy_keys(rows: Rows) -> Numbers:
    """Return (rows,) numbers that are equal for near-copies of one sentence.

    Those of an index that an older version wrote are equal for equal texts only.
    """
    groups = rows.copy_groups
    return text_keys(rows.text) if groups is None else groups.astype(np.int64)


def _dense(keys: Numbers) -> Numbers:
    """Return the keys as numbers from 0, equal for equal keys."""
    return np.searchsorted(_sorted_distinct(keys), keys)


def text_keys(texts: JoinedTexts) -> Numbers:
    """Return (rows,) numbers of 64 bits that are equal for rows of equal text.

    Each UTF-16 unit has a random number, which is multiplied by one for its place in the row; the
    sum tells texts apart but for one pair in some 10^18.
    """
    sizes = np.diff(texts.starts)  # 1 or more: every text has a line feed behind it
    unit_numbers = _random_numbers(_UNITS, 1)
    place_numbers = _random_numbers(int(sizes.max(initial=0)), 2)
    keys = [np.zeros(0, np.int64)]
    for first in range(0, len(sizes), _CHUNK_ROWS):
        own = sizes[first : first + _CHUNK_ROWS]
        start, end = texts.starts[first], texts.starts[first + len(own)]
        begins = np.cumsum(own) - own
        places = np.arange(end - start) - np.repeat(begins, own)
        products = unit_numbers[texts.units[start:end]] * place_numbers[places]
        keys.append(np.add.reduceat(products, begins).view(np.int64))
    return np.concatenate(keys)


def _random_numbers(count: int, seed: int) -> NDArray[np.uint64]:
    """Return ``count`` odd numbers of 64 bits, the same each time, by the mixer of SplitMix64."""
    mixed = (np.arange(count, dtype=np.uint64) << np.uint64(2)) + np.uint64(seed)
    mixed *= np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (mixed ^ (mixed >> np.uint64(31))) | np.uint64(1)
