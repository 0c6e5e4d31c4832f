"""Divide labelled sentences into folds that near-copies and groups do not cross.

A sentence and its near-copy (another opening, other numbers) in different folds would be training
and test data at once, and the figures of a cross-validation would be too good. The same holds for
sentences of one document or author, the *groups*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..text.normalize import squeeze

UNLABELLED = -1
"""Topic number of a sentence without a label."""
_LIKENESS = 0.5
"""Cosine similarity of the trigrams of two sentences from which they are near-copies."""
_SHINGLE = 3
"""Characters of a shingle."""
_MOST_FREQUENT = 1000
"""Sentences with a shingle beyond which it is not used to find pairs, to bound the work."""

Codes = NDArray[np.int64]
"""Topic numbers or row indices."""


# -- Near-copies -----------------------------------------------------------------------------------


def near_copies(texts: Sequence[str]) -> Codes:
    """Return (n,) for each text the number of its cluster of near-copies, counted from 0.

    Two texts are near-copies if the cosine similarity of their character trigrams is at least 0.5.
    Trigrams are weighted by their inverse document frequency, so that an opening that many texts
    share counts little. Numbers are taken as equal, and marks are ignored. Clusters are the
    connected components of near-copies.

    Args:
        texts: n sentences.

    Example:
        >>> near_copies(["全年办案12件。", "据统计，全年办案15件", "开展法治培训。"]).tolist()
        [0, 0, 1]
    """
    first: dict[str, int] = {}
    of_text = np.array([first.setdefault(_skeleton(text), len(first)) for text in texts], np.int64)
    shingles = _Shingles.of(list(first))
    parent = list(range(len(first)))

    def root(text: int) -> int:
        while parent[text] != text:
            parent[text] = parent[parent[text]]
            text = parent[text]
        return text

    for text in range(len(first)):
        for other in shingles.earlier_like(text).tolist():
            one, two = sorted((root(text), root(other)))
            parent[two] = one
    roots = np.array([root(text) for text in range(len(first))], np.int64)
    return np.asarray(np.unique(roots, return_inverse=True)[1], np.int64)[of_text]


def _skeleton(text: str) -> str:
    """Return the letters of ``text`` with ``0`` for every digit."""
    return "".join("0" if c.isdigit() else c for c in squeeze(text) if c.isalnum())


@dataclass(frozen=True, slots=True)
class _Shingles:
    """The idf-weighted shingles of texts, by text and by shingle.

    Attributes:
        columns: shingle numbers, text after text.
        weights: their weights; those of a text have unit length.
        starts: (texts + 1,) where the shingles of each text begin.
        rows: text numbers, shingle after shingle, ascending for each.
        row_weights: the weights of these.
        row_starts: (shingles + 1,) where the texts of each shingle begin.
        compared: (shingles,) whether a shingle is used to find pairs.
    """

    columns: Codes
    weights: NDArray[np.float64]
    starts: Codes
    rows: Codes
    row_weights: NDArray[np.float64]
    row_starts: Codes
    compared: NDArray[np.bool_]

    @classmethod
    def of(cls, texts: Sequence[str]) -> _Shingles:
        """Return the shingles of ``texts``."""
        numbers: dict[str, int] = {}
        found: list[int] = []
        starts = [0]
        for text in texts:
            own = {text[i : i + _SHINGLE] for i in range(max(1, len(text) - _SHINGLE + 1))}
            found += sorted(numbers.setdefault(shingle, len(numbers)) for shingle in own)
            starts.append(len(found))
        columns = np.array(found, np.int64)
        counts = np.bincount(columns, minlength=len(numbers))
        weights = (np.log((1 + len(texts)) / np.maximum(1, counts)) + 1)[columns]
        rows = np.repeat(np.arange(len(texts)), np.diff(starts))
        weights /= np.sqrt(np.bincount(rows, weights=weights**2, minlength=len(texts)))[rows]
        order = np.argsort(columns, kind="stable")
        return cls(
            columns=columns,
            weights=weights,
            starts=np.array(starts, np.int64),
            rows=rows[order],
            row_weights=weights[order],
            row_starts=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            compared=(counts > 1) & (counts <= _MOST_FREQUENT),
        )

    def earlier_like(self, text: int) -> Codes:
        """Return the texts before number ``text`` that are its near-copies."""
        own = slice(self.starts[text], self.starts[text + 1])
        chosen = self.compared[self.columns[own]]
        columns, weights = self.columns[own][chosen], self.weights[own][chosen]
        begins = self.row_starts[columns]
        counts = self.row_starts[columns + 1] - begins
        offsets = begins - np.concatenate([[0], np.cumsum(counts)])[: len(columns)]
        places = np.repeat(offsets, counts) + np.arange(counts.sum())
        products = self.row_weights[places] * np.repeat(weights, counts)
        likeness = np.bincount(self.rows[places], weights=products, minlength=text)[:text]
        return np.flatnonzero(likeness >= _LIKENESS)


# -- Folds -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Folds:
    """The folds of a cross-validation.

    Attributes:
        splits: for each fold the indices to train on and those to test on. Near-copies of a test
            sentence are in neither part of its fold.
        measured: (topics,) whether a topic has sentences in two folds, so that it is tested. The
            sentences of the other topics are trained on in every fold and tested in none.
    """

    splits: tuple[tuple[Codes, Codes], ...]
    measured: NDArray[np.bool_]

    @property
    def tested(self) -> Codes:
        """Return the indices of the sentences that are tested in a fold, ascending."""
        if not self.splits:
            return np.zeros(0, np.int64)
        return np.sort(np.concatenate([test for _, test in self.splits]))


def divide(
    codes: Codes,
    topics: int,
    clusters: Codes,
    groups: Sequence[str] | None,
    count: int,
) -> Folds:
    """Divide labelled sentences into folds that neither groups nor near-copies cross.

    A topic with sentences in one group only is divided by its clusters of near-copies instead, and
    a topic with a single cluster is not measured.

    Args:
        codes: (n,) topic number of each sentence, :data:`UNLABELLED` for one that is in no fold.
        topics: number of topics.
        clusters: (n,) cluster of near-copies of each sentence (:func:`near_copies`).
        groups: n names of documents or authors, ``None`` to divide by near-copies only.
        count: number of folds; there are fewer if there are fewer groups, or fewer clusters of
            every topic, and none if there are not enough for two.
    """
    labelled = np.flatnonzero(codes != UNLABELLED)
    units = _units(codes, topics, clusters, groups)
    pairs = np.unique(np.stack([codes[labelled], units[labelled]]), axis=1)
    per_topic = np.bincount(pairs[0], minlength=topics)
    measured = per_topic >= 2
    tested = labelled[measured[codes[labelled]]]
    # More folds than sentences of a topic would leave a topic out for being tested, and no other.
    most = len(np.unique(units[tested])) if groups is not None else int(per_topic.max(initial=0))
    count = min(count, most)
    if count < 2 or not measured.any():
        return Folds((), np.zeros(topics, bool))
    fold_of = _deal(codes[tested], units[tested], clusters[tested], count)
    splits = []
    for fold in range(count):
        test = tested[fold_of == fold]
        left_out = np.isin(clusters, clusters[test]) & (codes != UNLABELLED) & measured[codes]
        kept = np.ones(len(codes), bool)
        kept[test] = kept[left_out] = False
        train = np.flatnonzero(kept)
        if len(test) and len(train):
            splits.append((train, test))
    return Folds(tuple(splits), measured) if len(splits) > 1 else Folds((), np.zeros(topics, bool))


def _units(codes: Codes, topics: int, clusters: Codes, groups: Sequence[str] | None) -> Codes:
    """Return (n,) the number of what is not to be divided: a group, or a cluster of near-copies."""
    own = np.unique(clusters, return_inverse=True)[1].astype(np.int64)
    if groups is None or len(set(groups)) < 2:
        return own
    of_group = np.unique(np.asarray(groups, dtype=str), return_inverse=True)[1].astype(np.int64)
    units: Codes = of_group + own.max() + 1
    for topic in range(topics):
        rows = np.flatnonzero(codes == topic)
        if len(rows) and len(np.unique(of_group[rows])) < 2:
            units[rows] = own[rows]
    return units


def _deal(codes: Codes, units: Codes, clusters: Codes, count: int) -> Codes:
    """Return (n,) the fold of each sentence, with the topics spread evenly over the folds.

    Units are taken in descending size, each into the fold that has the fewest sentences of its
    topics so far, and of all topics among equals. Near-copies count as one sentence, so that
    sentences that stand there twice are dealt like those that stand there once.
    """
    distinct = np.unique(np.stack([units, codes, clusters]), axis=1)
    names, starts = np.unique(distinct[0], return_index=True)
    topics_of = np.split(distinct[1], starts[1:])
    first = np.unique(units, return_index=True)[1]
    rank = np.empty(len(names))
    # In the order in which they first stand there: a sentence more at the end moves no other.
    rank[np.argsort(first)] = np.random.default_rng(0).random(len(names))
    by_size = sorted(range(len(names)), key=lambda i: (-len(topics_of[i]), rank[i]))
    counts = np.zeros((count, int(codes.max()) + 1))
    totals = np.zeros(count)
    fold_of_unit = np.zeros(len(names), np.int64)
    for unit in by_size:
        here, sizes = np.unique(topics_of[unit], return_counts=True)
        load = counts[:, here] @ sizes.astype(float)
        fold = int(np.lexsort((totals, load))[0])
        counts[fold, here] += sizes
        totals[fold] += sizes.sum()
        fold_of_unit[unit] = fold
    return np.asarray(fold_of_unit[np.searchsorted(names, units)])
