"""Choosing what to label as suggest does, against choosing at random."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from gongwen.nlp import TopicClassifier
from gongwen.nlp.topics.labels import choose_batch, choose_start, density_of, rows_of

START_A_CLASS, BATCH, MOST = 5, 20, 400


Indices = NDArray[np.int64]


def compare(
    pool: tuple[Sequence[str], Sequence[str]],
    score: Callable[[TopicClassifier], float],
    seeds: Sequence[int],
    *,
    self_training: bool,
) -> dict[str, tuple[list[int], list[float]]]:
    """Label a pool step by step in three ways.

    Args:
        pool: its texts, and the labels that stay hidden until a text is chosen.
        score: how good a fitted classifier is.
        seeds: one for each draw; the scores are means over the draws.
        self_training: whether the texts without a label are learnt from too.

    Returns:
        by strategy the numbers of labels and the mean scores at them.
    """
    texts, labels = pool[0], np.array(pool[1])
    rows = rows_of(texts)
    density = density_of(rows) if self_training else None

    def fit(known: Indices) -> TopicClassifier:
        model = TopicClassifier(folds=0)  # the order of scores is all that is asked for
        if not self_training:
            return model.fit([texts[i] for i in known], labels[known].tolist())
        given: list[str | None] = [None] * len(texts)
        for i in known:
            given[i] = str(labels[i])
        return model.fit(texts, given)

    def at_random(model: TopicClassifier, known: Indices, count: int, seed: int) -> Indices:
        left = np.setdiff1d(np.arange(len(texts)), known)
        return np.random.default_rng([seed, len(known)]).choice(left, count, replace=False)

    def chosen(model: TopicClassifier, known: Indices, count: int, seed: int) -> Indices:
        return choose_batch(model.topic_scores(texts), rows, count, known, density, seed)

    def run(start: Indices, step: Callable[..., Indices], seed: int) -> dict[int, float]:
        known, curve = start, {}
        while True:
            model = fit(known)
            curve[len(known)] = score(model)
            count = min(BATCH, MOST - len(known), len(texts) - len(known))
            if count <= 0:
                return curve
            known = np.concatenate([known, step(model, known, count, seed)])

    curves: dict[str, list[dict[int, float]]] = {}
    for seed in seeds:
        rng = np.random.default_rng(seed)
        drawn = np.concatenate(
            [
                rng.permutation(np.flatnonzero(labels == label))[:START_A_CLASS]
                for label in np.unique(labels)
            ]
        )
        spread = choose_start(rows, len(drawn), seed)
        for name, start, step in (
            ("random", drawn, at_random),
            ("suggest, same start", drawn, chosen),
            ("suggest, k-means start", spread, chosen),
        ):
            curves.setdefault(name, []).append(run(start, step, seed))
    return {
        name: (list(runs[0]), np.mean([list(run.values()) for run in runs], axis=0).tolist())
        for name, runs in curves.items()
    }


def labels_needed(counts: Sequence[int], scores: Sequence[float], level: float) -> float:
    """Return with how many labels ``level`` is first reached, linear between two batches.

    Args:
        counts: numbers of labels, ascending.
        scores: the score at each; the first is below ``level``, the highest is not.
        level: the score wanted.
    """
    i = next(i for i, score in enumerate(scores) if score >= level)
    part = (level - scores[i - 1]) / (scores[i] - scores[i - 1])
    return counts[i - 1] + part * (counts[i] - counts[i - 1])
