"""Mistakes and confusions, in the order in which a reader wants them."""

from __future__ import annotations

import pytest

from gongwen.nlp import Tag
from gongwen.nlp.topics.evaluation import Mistake, confusion_matrix, confusions, mistakes_of
from gongwen.nlp.topics.labels import LabelledSentence

LABELS = [
    LabelledSentence("一。", "a", also=("b",), heading="标题"),
    LabelledSentence("二。", "a"),
    LabelledSentence("三。", "b"),
    LabelledSentence("四。", "a"),
    LabelledSentence("五。", "c"),
]
TAGS = [
    Tag("b", (), 0.5),
    Tag("a", (), 0.9),
    Tag("c", (), 0.7),
    Tag("b", (), 0.6),
    Tag("a", (), 0.7),
]


def test_the_most_confident_mistakes_come_first_and_equal_ones_in_order() -> None:
    found = mistakes_of(LABELS, TAGS)
    assert [m.text for m in found] == ["三。", "五。", "四。", "一。"]
    assert found[-1] == Mistake("一。", "标题", "a", ("b",), "b", 0.5)


def test_confused_pairs_are_counted_with_their_surest_example() -> None:
    found = confusions(mistakes_of(LABELS, TAGS))
    assert [(c.truth, c.guess, c.count, c.example.text) for c in found] == [
        ("a", "b", 2, "四。"),
        ("b", "c", 1, "三。"),
        ("c", "a", 1, "五。"),
    ]


def test_without_mistakes() -> None:
    assert mistakes_of([], []) == ()
    assert confusions(()) == ()


def test_labels_and_tags_must_match() -> None:
    with pytest.raises(ValueError, match="zip"):
        mistakes_of(LABELS, TAGS[:2])


@pytest.mark.parametrize(
    ("truth", "guess", "counts"),
    [
        ("", "", ((0, 0, 0), (0, 0, 0), (0, 0, 0))),
        ("abc", "abc", ((1, 0, 0), (0, 1, 0), (0, 0, 1))),
        ("aaab", "abbc", ((1, 2, 0), (0, 0, 1), (0, 0, 0))),
    ],
)
def test_confusion_matrix(truth: str, guess: str, counts: tuple[tuple[int, ...], ...]) -> None:
    assert confusion_matrix(truth, guess, "abc") == counts
