"""The vectorizer: the weights of scikit-learn's, in channels, in NumPy alone."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer as ScikitVectorizer

from gongwen.nlp import Taxonomy
from gongwen.nlp.seeds import shipped
from gongwen.nlp.text.normalize import squeeze
from gongwen.nlp.topics.features import SparseRows, TfidfVectorizer
from gongwen.nlp.topics.labels import load_labels


@pytest.fixture(scope="module")
def texts() -> list[str]:
    labels = load_labels([shipped("labels.jsonl")], Taxonomy.shipped())
    return [squeeze(label.text) for label in labels]


def matrix(rows: SparseRows) -> scipy.sparse.csr_matrix:
    shape = (len(rows.starts) - 1, rows.width)
    return scipy.sparse.csr_matrix((rows.values, rows.columns, rows.starts), shape=shape)


def dense(rows: SparseRows) -> NDArray[np.float32]:
    return np.asarray(matrix(rows).todense())


def terms(text: str) -> list[str]:
    edged = f"\x02{text}\x02"
    return [*text, *map("".join, pairwise(edged))]


def test_the_weights_are_scikit_learns(texts: list[str]) -> None:
    known, unseen = texts[::2], texts[1::2]
    theirs = ScikitVectorizer(analyzer=terms, sublinear_tf=True).fit(known)
    ours = TfidfVectorizer((1.0,)).fit([known])
    assert len(ours.keys) == len(theirs.vocabulary_)
    for some in (known, unseen):
        our_rows, their_rows = matrix(ours.transform([some])), theirs.transform(some)
        assert our_rows.nnz == their_rows.nnz
        np.testing.assert_allclose(
            np.sort(our_rows.data), np.sort(their_rows.data), rtol=1e-5, atol=1e-6
        )
        likeness = our_rows @ matrix(ours.transform([known])).T
        wanted = their_rows @ theirs.transform(known).T
        assert abs(likeness - wanted).max() < 1e-5


def test_each_channel_is_scaled_by_itself(texts: list[str]) -> None:
    headings = ["六、强化复议应诉", "", *["五、规范执法行为"] * (len(texts) - 2)]
    rows = TfidfVectorizer((1.0, 0.3)).fit([texts, headings]).transform([texts, headings])
    lengths = np.sqrt(np.asarray(matrix(rows).power(2).sum(axis=1)).ravel())
    assert lengths[0] == pytest.approx((1 + 0.3**2) ** 0.5, rel=1e-5)
    assert lengths[1] == pytest.approx(1.0, rel=1e-5)


def test_channels_do_not_share_terms() -> None:
    vectorizer = TfidfVectorizer((1.0, 1.0)).fit([["执法"], ["执法"]])
    rows = dense(vectorizer.transform([["执法", ""], ["", "执法"]]))
    assert rows.shape == (2, 10)
    assert (rows[0] * rows[1] == 0).all()


def test_a_pair_never_spans_two_texts() -> None:
    vectorizer = TfidfVectorizer((1.0,)).fit([["甲", "乙"]])
    assert len(vectorizer.keys) == 6  # each by itself, at the beginning and at the end


def test_words_count_themselves() -> None:
    vectorizer = TfidfVectorizer((1.0, 1.0)).fit([["执法检查"], [["执法", "检查"]]])
    rows = dense(vectorizer.transform([["", ""], [["检查", "执法"], ["执法检查"]]]))
    assert sorted(rows[0][rows[0] > 0]) == pytest.approx([0.5**0.5] * 2)
    assert not rows[1].any()


def test_the_words_of_two_channels_are_not_the_same() -> None:
    vectorizer = TfidfVectorizer((1.0, 1.0)).fit([[["执法"]], [["执法"]]])
    assert len(vectorizer.keys) == 2


def test_a_channel_of_weight_zero_counts_for_nothing() -> None:
    vectorizer = TfidfVectorizer((1.0, 0.0)).fit([["执法", "复议"], ["标题", "标题"]])
    with_heading, without = (vectorizer.transform([["执法"], [h]]) for h in ("标题", ""))
    assert (dense(with_heading) == dense(without)).all()


@pytest.mark.parametrize("text", ["", "ԱԲԳ", "🐼", "\0", "\x02"])
def test_nothing_known_is_a_row_of_zeros(text: str) -> None:
    rows = (
        TfidfVectorizer((1.0,)).fit([["执法检查", "复议案件"]]).transform([["执法", text, "复议"]])
    )
    lengths = np.linalg.norm(dense(rows), axis=1)
    assert lengths == pytest.approx([1, 0, 1], rel=1e-6)


def test_no_texts_and_no_ngrams() -> None:
    vectorizer = TfidfVectorizer((1.0,)).fit([["执法检查"]])
    assert dense(vectorizer.transform([[]])).shape == (0, len(vectorizer.keys))
    assert dense(TfidfVectorizer((1.0,)).transform([["执法"]])).shape == (1, 0)


TEXTS = st.lists(st.text(st.sampled_from("执法复议a1 🐼\0\x02") | st.characters()), max_size=6)


@given(TEXTS, st.integers(1, 3))
def test_the_product_with_a_matrix(some: Sequence[str], width: int) -> None:
    vectorizer = TfidfVectorizer((1.0,)).fit([["执法复议", "a1 执🐼"]])
    rows = vectorizer.transform([some])
    weights = np.arange(len(vectorizer.keys) * width, dtype=np.float32).reshape(-1, width)
    np.testing.assert_allclose(rows.dot(weights), dense(rows) @ weights, rtol=1e-4)


@given(TEXTS)
def test_columns_ascend_within_a_row(some: Sequence[str]) -> None:
    rows = TfidfVectorizer((1.0, 1.0)).fit([["执法复议"], ["a1"]]).transform([some, some])
    assert len(rows.starts) == len(some) + 1
    for start, stop in zip(rows.starts, rows.starts[1:], strict=False):
        assert (np.diff(rows.columns[start:stop]) > 0).all()


@given(TEXTS)
def test_a_row_does_not_depend_on_the_others(some: Sequence[str]) -> None:
    vectorizer = TfidfVectorizer((1.0,)).fit([["执法复议", "a1 执🐼"]])
    together = dense(vectorizer.transform([some]))
    alone = [dense(vectorizer.transform([[text]]))[0] for text in some]
    for row, own in zip(together, alone, strict=True):
        np.testing.assert_array_equal(row, own)
