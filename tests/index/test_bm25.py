"""Specifies the weights of the ranking, against the formula written out."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongwen.index import bm25


def weights(
    inside: list[int],
    as_word: list[int],
    lengths: list[int],
    documents: int | None = None,
    count: int | None = None,
) -> list[float]:
    rows = len(inside) if count is None else count
    norm = bm25.length_norm(np.array(lengths), sum(lengths), len(lengths))
    got = bm25.term_scores(
        np.array(inside, np.float32),
        np.array(as_word, np.float32),
        sum(n > 0 for n in inside) if documents is None else documents,
        rows,
        norm,
    )
    return [float(w) for w in got]


def expected(
    inside: int, as_word: int, length: int, average: float, documents: int, count: int
) -> float:
    """Return Okapi BM25 with Lucene's idf; what is only inside other words counts half."""
    frequency = as_word + 0.5 * max(inside - as_word, 0)
    idf = math.log(1 + (count - documents + 0.5) / (documents + 0.5))
    return (
        idf
        * frequency
        * (bm25.K1 + 1)
        / (frequency + bm25.K1 * (1 - bm25.B + bm25.B * length / average))
    )


rows = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(1, 60)), min_size=1, max_size=30
)


@given(rows)
@settings(deadline=None)
def test_weight_is_bm25(given_rows: list[tuple[int, int, int]]) -> None:
    inside, as_word, lengths = (list(column) for column in zip(*given_rows, strict=True))
    documents = max(sum(n > 0 for n in inside), 1)
    average = sum(lengths) / len(lengths)
    assert weights(inside, as_word, lengths, documents) == pytest.approx(
        [expected(i, w, n, average, documents, len(given_rows)) for i, w, n in given_rows],
        rel=1e-5,
    )


@given(rows)
@settings(deadline=None)
def test_no_weight_is_negative_or_undefined(given_rows: list[tuple[int, int, int]]) -> None:
    inside, as_word, lengths = (list(column) for column in zip(*given_rows, strict=True))
    found = weights(inside, as_word, lengths)
    assert all(math.isfinite(w) and w >= 0 for w in found)
    assert all(w == 0 for w, i, a in zip(found, inside, as_word, strict=True) if not i and not a)


BETTER: list[tuple[str, tuple[int, int, int], tuple[int, int, int]]] = [
    ("a word by itself before a chance string", (1, 1, 10), (1, 0, 10)),
    ("two occurrences before one", (2, 2, 10), (1, 1, 10)),
    ("ten occurrences before nine", (10, 10, 10), (9, 9, 10)),
    ("a short sentence before a long one", (1, 1, 10), (1, 1, 40)),
    ("one word before two of which none is a word", (1, 1, 10), (1, 0, 5)),
    ("a chance string before nothing", (1, 0, 40), (0, 0, 5)),
]


@pytest.mark.parametrize(
    ("better", "worse"), [case[1:] for case in BETTER], ids=[case[0] for case in BETTER]
)
def test_better_before_worse(better: tuple[int, int, int], worse: tuple[int, int, int]) -> None:
    inside, as_word, lengths = (list(column) for column in zip(better, worse, strict=True))
    first, second = weights(inside, as_word, lengths, documents=2, count=100)
    assert first > second


def test_a_rare_string_weighs_more_than_a_common_one() -> None:
    [rare] = weights([1], [1], [10], documents=2, count=1_000)
    [common] = weights([1], [1], [10], documents=800, count=1_000)
    assert rare > 5 * common > 0


def test_more_occurrences_help_less_and_less() -> None:
    found = weights([1, 2, 3, 4], [1, 2, 3, 4], [10] * 4)
    gains = np.diff(found)
    assert (gains > 0).all()
    assert (np.diff(gains) < 0).all()


@pytest.mark.parametrize(("total", "count"), [(0, 0), (0, 5), (5, 0)])
def test_length_of_an_index_without_words_is_no_division_by_zero(total: int, count: int) -> None:
    assert np.isfinite(bm25.length_norm(np.zeros(5), total, count)).all()


NORMALIZATIONS: list[tuple[str, list[int], float, float]] = [
    ("no rows", [], 1.5, 0.3),
    ("rows without words", [0, 0], 1.5, 0.3),
    ("rows of one length", [20, 20, 20], 2.0, 0.3),
    ("rows that repeat nothing", [1, 20, 300], 1.0, 0.3),
    # lengths 1/2 and 3/2 of the mean deviate from it by half of it
    ("rows that vary and repeat a little", [10, 30], 1.1, 0.3 + 2.2 * 0.1 * 0.5),
    ("rows that vary and repeat much", [10, 30], 2.0, 0.75),
    # the longest counts as five times the mean, which is 10.99
    (
        "one row of a table",
        [10] * 999 + [1000],
        1.1,
        0.3 + 2.2 * 0.1 * float(np.std([10 / 10.99] * 999 + [5])),
    ),
]


@pytest.mark.parametrize(
    ("lengths", "repetition", "b"),
    [case[1:] for case in NORMALIZATIONS],
    ids=[case[0] for case in NORMALIZATIONS],
)
def test_length_normalization_is_that_of_the_collection(
    lengths: list[int], repetition: float, b: float
) -> None:
    found = bm25.length_normalization(np.array(lengths, np.int32), repetition)
    assert found == pytest.approx(b)
    norm = bm25.length_norm(np.array([20, 40]), 40, 2, found)  # the average is 20
    assert norm.tolist() == pytest.approx([bm25.K1, bm25.K1 * (1 + b)])


def test_string_that_stands_nowhere_weighs_nothing() -> None:
    assert weights([0, 0], [0, 0], [3, 4]) == [0, 0]


def test_heading_is_a_little_lighter() -> None:
    assert 0.5 < bm25.HEADING_ROW_WEIGHT < 1
