"""Any number of labels a sentence: label sets, matrices, thresholds and probabilities."""

from __future__ import annotations

import json
import pickle
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.preprocessing import MultiLabelBinarizer

from gongwen.nlp import TopicClassifier
from gongwen.nlp.topics.multilabel import probabilities_of

WORDS = {"flood": "堤防加固", "road": "公路养护", "school": "校舍修缮", "tree": "植树造林"}


def made_of(labels: tuple[str, ...], number: int) -> str:
    """A sentence of the words of its labels and four characters that no other sentence has."""
    own = "".join(chr(0x6000 + 4 * number + i) for i in range(4))
    return own + "，".join(WORDS[label] for label in labels)


def data(times: int = 5) -> tuple[list[str], list[tuple[str, ...]]]:
    """Sentences with no, one or two labels, as many of each choice."""
    choices = [(), *((one,) for one in WORDS), *combinations(WORDS, 2)] * times
    return [made_of(labels, n) for n, labels in enumerate(choices)], choices


TEXTS, SETS = data()
BINARIZER = MultiLabelBinarizer()
MATRIX = BINARIZER.fit_transform(SETS)


@pytest.fixture(scope="module")
def fitted() -> TopicClassifier:
    return TopicClassifier(meaning=None).fit(TEXTS, SETS)


def test_sets_are_predicted(fitted: TopicClassifier) -> None:
    found = fitted.predict(TEXTS)
    assert fitted.multilabel_
    assert fitted.classes_.tolist() == sorted(WORDS)
    assert (found.shape, found.dtype) == ((len(TEXTS),), object)
    assert found.tolist() == SETS
    assert BINARIZER.transform(found).tolist() == MATRIX.tolist()
    assert fitted.score(TEXTS, SETS) == 1.0
    assert fitted.score(TEXTS, [(*one, "road") for one in SETS]) == pytest.approx(
        np.mean(["road" in one for one in SETS])
    )


@pytest.mark.parametrize(
    "form",
    [np.asarray, scipy.sparse.csr_matrix, np.ndarray.tolist],
    ids=["dense", "sparse", "lists"],
)
def test_a_matrix_gives_a_matrix(form: Any, fitted: TopicClassifier) -> None:
    model = TopicClassifier(meaning=None).fit(TEXTS, form(MATRIX))
    found = model.predict(TEXTS)
    assert found.dtype.kind == "i"
    np.testing.assert_array_equal(found, MATRIX)
    np.testing.assert_array_equal(model.predict_proba(TEXTS), fitted.predict_proba(TEXTS))
    assert model.classes_.tolist() == [0, 1, 2, 3]
    assert model.score(TEXTS, form(MATRIX)) == 1.0


def test_all_forms_agree(fitted: TopicClassifier) -> None:
    some = [*TEXTS, "", "天气很好"]
    scores = fitted.decision_function(some)
    np.testing.assert_array_equal(fitted.predict_indicator(some), scores > 0)
    sets = [set(one) for one in fitted.predict(some)]
    for tag, labels, row in zip(
        fitted.predict_topics(some), sets, fitted.predict_proba(some), strict=True
    ):
        assert list(tag.probabilities.values()) == pytest.approx(row.tolist())
        assert tag.topic not in tag.also
        assert {tag.topic, *tag.also} >= labels
        assert set(tag.also) <= labels


def test_probabilities_are_of_each_label_by_itself(fitted: TopicClassifier) -> None:
    probabilities = fitted.predict_proba([*TEXTS, ""])
    assert ((probabilities >= 0) & (probabilities <= 1)).all()
    assert fitted.calibrated_
    assert fitted.measured_.all()
    given = probabilities[:-1][MATRIX == 1]
    absent = probabilities[:-1][MATRIX == 0]
    assert given.min() > absent.max()


def test_probabilities_grow_with_the_margin() -> None:
    margins = np.linspace(-3, 3, 7, dtype=np.float32)[:, None]
    found = probabilities_of(margins, 2.0, 0.0)[:, 0]
    assert (np.diff(found) > 0).all()
    assert found[3] == pytest.approx(0.5)
    assert probabilities_of(np.array([[1e6, -1e6]], np.float32), 5.0, 1.0).tolist() == [
        [1.0, pytest.approx(0.0)]
    ]


def test_empty_sets_are_examples_without_a_label(fitted: TopicClassifier) -> None:
    assert fitted.predict([made_of((), 9000)]).tolist() == [()]


def test_a_sentence_with_unknown_labels_is_left_out(fitted: TopicClassifier) -> None:
    model = TopicClassifier(meaning=None).fit([*TEXTS, "堤防加固"], [*SETS, None])
    np.testing.assert_array_equal(model.predict_proba(TEXTS), fitted.predict_proba(TEXTS))


def test_a_label_of_one_sentence_disturbs_no_other(fitted: TopicClassifier) -> None:
    rare = "".join(chr(0x7000 + i) for i in range(8))
    model = TopicClassifier(meaning=None).fit([*TEXTS, rare], [*SETS, ("zero",)])
    assert model.classes_.tolist() == [*sorted(WORDS), "zero"]
    assert model.measured_.tolist() == [True] * 4 + [False]
    assert model.predict(TEXTS).tolist() == SETS
    assert "zero" in model.predict([rare])[0]


def test_a_label_that_every_sentence_has() -> None:
    sets = [(*labels, "all") for labels in SETS]
    model = TopicClassifier(meaning=None).fit(TEXTS, sets)
    assert all("all" in labels for labels in model.predict([*TEXTS, "天气很好"]))


@pytest.mark.parametrize(
    "labels", [[3, 7], [False, True], ["甲", "乙"]], ids=["int", "bool", "str"]
)
def test_labels_of_all_kinds_are_saved(labels: list[Any], tmp_path: Path) -> None:
    names = dict(zip(("flood", "road"), labels, strict=True))
    sets = [tuple(sorted(names[one] for one in found if one in names)) for found in SETS]
    model = TopicClassifier(meaning=None).fit(TEXTS, sets)
    model.save(tmp_path / "sets.model")
    for other in (TopicClassifier.load(tmp_path / "sets.model"), pickle.loads(pickle.dumps(model))):
        assert other.multilabel_
        assert other.classes_.dtype == model.classes_.dtype
        assert other.predict(TEXTS).tolist() == model.predict(TEXTS).tolist() == sets
        np.testing.assert_allclose(
            other.predict_proba(TEXTS), model.predict_proba(TEXTS), atol=1e-2
        )


def test_scikit_learn_searches_over_matrices() -> None:
    model = TopicClassifier(meaning=None, folds=2)
    found = cross_val_score(model, TEXTS, MATRIX, cv=2, scoring="f1_micro", error_score="raise")
    assert found.min() > 0.8
    search = GridSearchCV(model, {"C": [0.5, 2.0]}, cv=2, error_score="raise").fit(TEXTS, MATRIX)
    assert search.best_score_ > 0.5


def test_unseen_sentences_get_their_labels(fitted: TopicClassifier) -> None:
    texts = [made_of(labels, 5000 + n) for n, labels in enumerate(SETS)]
    assert (
        np.mean([one == other for one, other in zip(fitted.predict(texts), SETS, strict=True)])
        > 0.9
    )


# The sentences of lease disputes that benchmarks/multilabel.py measures on.

LEASES = Path(__file__).parents[2] / "benchmarks" / "leases.jsonl"
LEASE_LABELS = set(
    "租金给付 押金返还 合同解除 转租 房屋维修 违约金"
    " 水电物业费 腾退房屋 装修补偿 优先购买权 合同效力 租赁登记".split()
)


def test_the_sentences_of_lease_disputes_are_sound() -> None:
    rows = [json.loads(line) for line in LEASES.read_text("utf-8").splitlines()]
    assert all(row.keys() == {"text", "labels", "group"} for row in rows)
    assert len({row["text"] for row in rows}) == len(rows) == 360
    assert all(row["text"] == row["text"].strip() != "" for row in rows)
    for row in rows:
        assert len(set(row["labels"])) == len(row["labels"]) <= 4, row["text"]
    assert {label for row in rows for label in row["labels"]} == LEASE_LABELS
    assert {len(row["labels"]) for row in rows} == set(range(5))
    cases = Counter(row["group"] for row in rows)
    assert (len(cases), set(cases.values())) == (40, {9})
