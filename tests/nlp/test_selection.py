"""The choice of what a classifier is made of, by held-out labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse

from gongwen.nlp import TopicClassifier
from gongwen.nlp.topics.fitting import Examples, Recipe, spread_over_copies
from gongwen.nlp.topics.folds import UNLABELLED
from gongwen.nlp.topics.selection import DEFAULT, choose, without_keywords


def examples(
    codes: list[int], keyword: list[bool] | None = None, noise: float = 0.0, dimensions: int = 0
) -> Examples:
    """Rows with a term of their topic and four terms of their own, and perhaps vectors."""
    random = np.random.default_rng(3)
    rows, topics = len(codes), max(codes) + 1
    truth = np.where(np.array(codes) == UNLABELLED, np.arange(rows) % topics, codes)
    terms = np.zeros((rows, topics + 4 * rows))
    seen = np.where(random.random(rows) < noise, random.integers(0, topics, rows), truth)
    terms[np.arange(rows), seen] = 0.8
    for row in range(rows):
        terms[row, topics + 4 * row : topics + 4 * row + 4] = 0.3
    vectors = np.eye(topics, dimensions)[truth] if dimensions else np.zeros((rows, 0))
    return Examples(
        matrix=scipy.sparse.csr_matrix(np.hstack([terms, vectors]).astype(np.float32)),
        terms=terms.shape[1],
        codes=np.array(codes, np.int64),
        also=np.zeros((rows, topics), bool),
        weights=np.ones(rows),
        clusters=np.arange(rows),
        keyword=np.array(keyword or [False] * rows),
        guesses=np.full(rows, UNLABELLED),
    )


def test_what_is_given_is_taken() -> None:
    found = choose(examples([0, 1, 2] * 10), None, 0.7, 0.3, 5)
    assert (found.recipe.C, found.recipe.bayes) == (0.7, 0.3)


@pytest.mark.parametrize("count", [0, 1])
def test_without_folds_the_default_is_taken(count: int) -> None:
    found = choose(examples([0, 1] * 10), None, None, None, count)
    assert found.recipe == Recipe(DEFAULT.C, DEFAULT.bayes, 0.0)
    assert found.rounds == 0
    assert found.use_keywords


def test_without_labels_one_round_is_trained_on_what_keywords_suggest() -> None:
    rows = examples([0, 1, *[UNLABELLED] * 10], [True, True, *[False] * 10])
    found = choose(rows, None, None, None, 5)
    assert (found.rounds, found.use_keywords) == (1, True)
    assert found.trust.keywords.by_topic.min() > found.trust.labels.by_topic.max()


def test_vectors_are_used_where_there_are_some() -> None:
    codes = [0, 1, 2, 3] * 8
    assert choose(examples(codes), None, None, None, 4).recipe.meaning == 0.0
    assert choose(examples(codes, noise=0.5, dimensions=4), None, None, None, 4).recipe.meaning > 0


def test_the_same_rows_give_the_same_choice() -> None:
    rows = examples([0, 1, 2] * 12, noise=0.3)
    one, other = (choose(rows, None, None, None, 4) for _ in range(2))
    assert (one.recipe, one.rounds, one.use_keywords) == (
        other.recipe,
        other.rounds,
        other.use_keywords,
    )


def test_a_topic_that_only_has_keywords_keeps_them() -> None:
    codes = [0, 1] * 10 + [2]
    keyword = [False] * 20 + [True]
    assert choose(examples(codes, keyword), None, None, None, 4).use_keywords


def test_without_keywords_nothing_is_left_of_them() -> None:
    rows = examples([0, 1, 0, 1], [False, False, True, True])
    kept = without_keywords(rows)
    assert kept.codes.tolist() == [0, 1]
    assert not kept.keyword.any()
    assert set(kept.guesses.tolist()) == {UNLABELLED}


SPREADS: dict[str, tuple[list[int], list[float], list[float]]] = {
    "distinct": ([0, 1, 2], [1, 1, 1], [1, 1, 1]),
    "copies": ([0, 0, 1], [1, 1, 1], [0.5, 0.5, 1]),
    "all the same": ([0, 0, 0, 0], [1, 1, 1, 1], [0.25] * 4),
    "any scale": ([0, 1], [1000, 3000], [0.5, 1.5]),
    "gaps in the numbers": ([7, 7, 3], [1, 1, 1], [0.5, 0.5, 1]),
    "nothing": ([], [], []),
}


@pytest.mark.parametrize(("clusters", "weights", "wanted"), SPREADS.values(), ids=SPREADS)
def test_copies_share_the_weight_of_one_sentence(
    clusters: list[int], weights: list[float], wanted: list[float]
) -> None:
    found = spread_over_copies(np.array(clusters, np.int64), np.array(weights, float))
    assert found.tolist() == pytest.approx(wanted)


@pytest.mark.parametrize("given", [{"C": 0.7}, {"bayes": 0}, {"C": 3.0, "bayes": 0.25}])
def test_a_classifier_says_what_it_took(given: dict[str, Any]) -> None:
    texts = [
        f"{'执法复议'[2 * (n % 2) :][:2]}{chr(0x5000 + 7 * n)}{chr(0x6000 + 7 * n)}"
        for n in range(20)
    ]
    model = TopicClassifier(meaning=None, **given).fit(texts, ["a", "b"] * 10)
    chosen = {"C": model.C_, "bayes": model.bayes_}
    assert {name: chosen[name] for name in given} == given
    assert model.get_params()["C"] == given.get("C")
