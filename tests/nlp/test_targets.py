"""Reading the labels that a classifier is fitted on, in every form they may be given in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import MultiLabelBinarizer

from gongwen.nlp import TopicClassifier
from gongwen.nlp.errors import TrainingError
from gongwen.nlp.topics.folds import UNLABELLED
from gongwen.nlp.topics.targets import label_sets, read_targets

TEXTS = ["执法检查", "普法讲座", "复议案件", "执法处罚", "普法宣传", "复议决定"]

# One label a sentence.

KINDS: dict[str, tuple[Any, list[Any], str]] = {
    "text": (["b", "a", "b"], ["a", "b"], "U"),
    "text of NumPy": (np.array(["b", "a", "b"]), ["a", "b"], "U"),
    "text in an array of objects": (np.array(["b", "a", "b"], dtype=object), ["a", "b"], "U"),
    "a column": (np.array([["b"], ["a"], ["b"]]), ["a", "b"], "U"),
    "integers": ([2, 1, 2], [1, 2], "i"),
    "integers of NumPy": (np.array([2, 1, 2], np.int8), [1, 2], "i"),
    "negative and large integers": ([10**12, -5, 10**12], [-5, 10**12], "i"),
    "whole numbers": ([2.0, 1.0, 2.0], [1.0, 2.0], "f"),
    "truth values": ([True, False, True], [False, True], "b"),
    "truth values of NumPy": (np.array([True, False, True]), [False, True], "b"),
    "a tuple": (("b", "a", "b"), ["a", "b"], "U"),
    "a generator": ((label for label in "bab"), ["a", "b"], "U"),
}


@pytest.mark.parametrize(("y", "classes", "kind"), KINDS.values(), ids=KINDS)
def test_labels_of_every_kind(y: Any, classes: list[Any], kind: str) -> None:
    found = read_targets(y)
    assert found.classes.tolist() == classes
    assert found.classes.dtype.kind == kind
    assert list(map(type, found.classes.tolist())) == list(map(type, classes))
    assert found.codes.tolist() == [1, 0, 1]
    assert (found.form, found.multilabel) == ("single", False)
    assert not found.members.any()


@pytest.mark.parametrize(
    "labels", [["x", "y"], [3, 7], [3.0, 7.0], [False, True]], ids=["str", "int", "float", "bool"]
)
def test_predictions_are_of_the_kind_of_the_labels(labels: list[Any]) -> None:
    y = [labels[i % 3 == 0] for i in range(6)]
    model = TopicClassifier(meaning=None, folds=0).fit(TEXTS, y)
    found = model.predict(TEXTS)
    assert found.tolist() == y
    assert found.dtype == model.classes_.dtype
    assert {type(one) for one in found.tolist()} == {type(labels[0])}
    assert model.score(TEXTS, y) == 1.0


def test_none_is_no_label() -> None:
    found = read_targets(["b", None, "a"])
    assert found.codes.tolist() == [1, UNLABELLED, 0]
    assert found.labelled.tolist() == [True, False, True]


def test_further_topics_and_topics_of_keywords_are_known() -> None:
    also = [("d", "a"), None, ["e"], ("f",)]
    found = read_targets(["a", "b", "b", None], also, ["c"])
    assert found.classes.tolist() == ["a", "b", "c", "d", "e"]
    assert found.members.astype(int).tolist() == [
        [0, 0, 0, 1, 0],  # its own topic is no further one
        [0, 0, 0, 0, 0],
        [0, 0, 0, 0, 1],
        [0, 0, 0, 0, 0],  # without a topic of its own, further ones do not count
    ]


# Several labels a sentence.

SETS = [("c", "a"), (), ("b",), ("a", "c", "a"), None, ("c",)]
FORMS: dict[str, Any] = {
    "tuples": SETS,
    "lists": [None if one is None else list(one) for one in SETS],
    "an array of objects": np.array([*SETS, "end"], dtype=object)[:-1],
}


@pytest.mark.parametrize("y", FORMS.values(), ids=FORMS)
def test_collections_of_labels(y: Any) -> None:
    found = read_targets(y)
    assert (found.form, found.multilabel) == ("sets", True)
    assert found.classes.tolist() == ["a", "b", "c"]
    assert found.members.astype(int).tolist() == [
        [1, 0, 1], [0, 0, 0], [0, 1, 0], [1, 0, 1], [0, 0, 0], [0, 0, 1],
    ]  # fmt: skip
    assert found.codes.tolist() == [2, UNLABELLED, 1, 0, UNLABELLED, 2]  # the first is the primary
    assert found.labelled.tolist() == [True, True, True, True, False, True]


def test_a_label_known_only_from_second_place() -> None:
    y = [["cat", "bird"], ["cat"], ["dog"], ["cat", "bird"], ["dog"], ["fish"]]
    assert read_targets(y).classes.tolist() == ["bird", "cat", "dog", "fish"]


@given(st.lists(st.sets(st.integers(0, 5)), min_size=1))
def test_sets_are_read_as_scikit_learn_reads_them(y: list[set[int]]) -> None:
    binarizer = MultiLabelBinarizer()
    wanted = binarizer.fit_transform(y)
    found = read_targets(y)
    assert found.classes.tolist() == binarizer.classes_.tolist()
    assert found.members.astype(int).tolist() == wanted.tolist()
    assert label_sets(found.members, found.classes).tolist() == binarizer.inverse_transform(wanted)


MATRIX = np.array([[1, 0, 1], [0, 0, 0], [0, 1, 0], [1, 1, 1]])
MATRICES: dict[str, Any] = {
    "integers": MATRIX,
    "numbers": MATRIX.astype(float),
    "truth values": MATRIX.astype(bool),
    "objects": MATRIX.astype(object),
    "sparse": scipy.sparse.csr_matrix(MATRIX),
    "a sparse array": scipy.sparse.coo_array(MATRIX),
    "lists": MATRIX.tolist(),
    "tuples": [tuple(row) for row in MATRIX.tolist()],
    "arrays in a list": list(MATRIX),
}


@pytest.mark.parametrize("y", MATRICES.values(), ids=MATRICES)
def test_matrices_of_labels(y: Any) -> None:
    found = read_targets(y)
    assert (found.form, found.multilabel) == ("matrix", True)
    assert found.classes.tolist() == [0, 1, 2]
    assert found.members.astype(int).tolist() == MATRIX.tolist()
    assert found.codes.tolist() == [0, UNLABELLED, 1, 0]
    assert found.labelled.all()


def test_sets_of_the_labels_0_and_1_are_sets() -> None:
    for y in ([{0, 1}, {0}, {1}], [[0, 1], [0], [1]], [[0], [1], [1]]):
        assert read_targets(y).form == "sets"  # a matrix has rows of one length above 1


# What is no label.

WRONG: dict[str, tuple[Any, str]] = {
    "none at all": (None, "target y is None"),
    "one text": ("abc", "give a list of labels"),
    "a number": (3, "give a list of labels"),
    "a mapping": ({"a": 1}, "give a list of labels"),
    "a single value": (np.array(3), "0 dimensions"),
    "three dimensions": (np.ones((2, 2, 2)), "3 dimensions"),
    "text and numbers": (["a", 1], "give one kind"),
    "text and numbers in sets": ([["a"], [1]], "give one kind"),
    "an empty label": (["a", ""], "a label is empty"),
    "an empty label in a set": ([["a"], [""]], "a label is empty"),
    "NaN": ([1.0, float("nan")], "a label is NaN"),
    "NaN in an array of text": (np.array(["a", np.nan], dtype=object), "a label is NaN"),
    "NaN in a set": ([["a"], [float("nan")]], "a label is NaN"),
    "fractions": ([0.5, 1.5], "continuous"),
    "without bound": ([1.0, float("inf")], "continuous"),
    "complex numbers": ([1j, 2j], "neither text nor a number"),
    "bytes": ([b"a", b"b"], "neither text nor a number"),
    "dates": (np.array(["2020-01-01"], "datetime64[D]"), "neither text nor a number"),
    "mappings": ([{"a": 1}], "neither text nor a number"),
    "two lines": (["a\nb", "c"], "write it on one line"),
    "control characters": (["a\x07", "c"], "write it on one line"),
    "more than 64 bits": ([2**64, 1], "over 64 bits"),
    "unsigned and signed": ([2**63, -1], "over 64 bits"),
    "a label among sets": ([["a"], "b"], "stands among collections"),
    "NaN among sets": ([["a"], float("nan")], "None where its labels are unknown"),
    "sets in sets": ([[["a"]], [["b"]]], "neither text nor a number"),
    "a matrix of counts": (2 * MATRIX, "0 and 1 only"),
    "a matrix of text": (np.array([["a", "b"]]), "0 and 1 only"),
    "a matrix of 0 and 1 as text": (MATRIX.astype(str), "0 and 1 only"),
    "a matrix with NaN": (np.full((2, 2), np.nan), "0 and 1 only"),
}


@pytest.mark.parametrize(("y", "words"), WRONG.values(), ids=WRONG)
def test_what_is_no_label(y: Any, words: str) -> None:
    with pytest.raises(TrainingError, match=words) as caught:
        read_targets(y)
    assert isinstance(caught.value, ValueError)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


WRONG_FURTHER: dict[str, tuple[Any, Any, str]] = {
    "too few": (["a", "b"], [()], "2 labels but 1 sets"),
    "text instead of a collection": (["a", "b"], ["ab", "c"], "stands among collections"),
    "a number": (["a", "b"], [3, 4], "stands among collections"),
    "an empty label": (["a", "b"], [("",), ()], "a label is empty"),
    "numbers beside text": (["a", "b"], [(1,), ()], "give one kind"),
    "beside sets": ([["a"], ["b"]], [(), ()], "labels are sets already"),
    "beside a matrix": (MATRIX, [()] * 4, "labels are sets already"),
}


@pytest.mark.parametrize(("y", "also", "words"), WRONG_FURTHER.values(), ids=WRONG_FURTHER)
def test_what_is_no_further_topic(y: Any, also: Any, words: str) -> None:
    with pytest.raises(TrainingError, match=words):
        read_targets(y, also)


def test_groups_and_lengths_are_checked() -> None:
    model, y = TopicClassifier(meaning=None), ["a", "b"] * 3
    for groups, words in (
        ("abcdef", "a name for each"),
        (3, "a name for each"),
        (["x"], "1 groups"),
    ):
        with pytest.raises(TrainingError, match=words):
            model.fit(TEXTS, y, groups=groups)  # type: ignore[arg-type]
    with pytest.raises(TrainingError, match="6 sentences but 5 labels"):
        model.fit(TEXTS, y[:5])
