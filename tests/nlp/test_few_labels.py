"""What is learnt beside labels: keywords, unlabelled sentences, and how far each is trusted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongwen.nlp import TopicClassifier
from gongwen.nlp.topics.few_labels import (
    Precision,
    confident_guesses,
    contradicted_keywords,
    keyword_guesses,
    mixed_guesses,
)
from gongwen.nlp.topics.folds import UNLABELLED

NONE = UNLABELLED
GUESSES: dict[str, tuple[str, int]] = {
    "the only one": ("小麦丰收", 0),
    "none": ("召开会议", NONE),
    "two that are equal": ("小麦运上公路", NONE),
    "the longer one": ("小麦水稻运上公路", 0),
    "the same word twice counts once": ("小麦小麦运上公路", NONE),
    "nothing": ("", NONE),
}


@pytest.mark.parametrize(("text", "wanted"), GUESSES.values(), ids=GUESSES)
def test_guesses_by_keywords(text: str, wanted: int) -> None:
    assert keyword_guesses([text], {0: ["小麦", "水稻"], 1: ["公路"]}).tolist() == [wanted]


def test_no_keywords_no_guesses() -> None:
    assert keyword_guesses(["小麦"], {}).tolist() == [NONE]
    assert keyword_guesses([], {0: ["小麦"]}).tolist() == []


# Keywords that labels contradict.

CONTRADICTED: dict[str, tuple[list[int], list[int], dict[int, tuple[str, ...]]]] = {
    "three of another topic": ([1, 1, 1, 0], [0, 1, 2, 3], {0: ("小麦",)}),
    "two are too few": ([1, 1, NONE, 0], [0, 1, 2, 3], {}),
    "copies count once": ([1, 1, 1, 0], [0, 0, 0, 1], {}),
    "one in three is right": ([1, 1, 0, 0], [0, 1, 2, 3], {}),
    "a topic without a label keeps its words": ([1, 1, 1, 1], [0, 1, 2, 3], {}),
    "no labels": ([NONE] * 4, [0, 1, 2, 3], {}),
}


@pytest.mark.parametrize(("codes", "clusters", "wanted"), CONTRADICTED.values(), ids=CONTRADICTED)
def test_keywords_that_labels_contradict(
    codes: list[int], clusters: list[int], wanted: dict[int, tuple[str, ...]]
) -> None:
    texts = ["小麦收购价", "小麦运输", "小麦面粉", "水稻插秧"]
    found = contradicted_keywords(
        texts, np.array(codes), np.array(clusters), {0: ("小麦", "水稻"), 1: ("公路",)}
    )
    assert found == wanted


def test_a_classifier_names_the_keywords_it_drops() -> None:
    places = ["城关", "北坡", "河口", "南屏", "西岭", "东湾"]
    texts = [f"{place}公路施工" for place in places] + [f"{place}水稻插秧" for place in places]
    keywords = {"crop": ["公路", "水稻"], "road": ["公路"]}
    model = TopicClassifier(keywords=keywords, meaning=None)
    model.fit(texts, ["road"] * 6 + ["crop"] * 6)
    assert model.dropped_keywords_ == {"crop": ("公路",)}
    assert model.predict(["公路"]).tolist() == ["road"]
    assert model.keywords == keywords


# Trust.


def test_precision_of_few_guesses_is_drawn_to_that_of_all() -> None:
    guesses = np.array([0] * 20 + [1] + [NONE] * 5)
    truth = np.array([0] * 15 + [1] * 5 + [1] + [0] * 5)
    found = Precision.measured(guesses, truth, 3, fallback=0.5)
    overall = 16 / 21
    assert found.by_topic.tolist() == pytest.approx(
        [(15 + 4 * overall) / 24, (1 + 4 * overall) / 5, overall]
    )
    assert found.of(np.array([NONE, 0])).tolist() == [0.0, found.by_topic[0]]


def test_precision_without_guesses() -> None:
    none = np.full(4, NONE)
    assert Precision.measured(none, np.zeros(4, np.int64), 2, 0.3).by_topic.tolist() == [0.3, 0.3]


@given(
    st.lists(st.tuples(st.integers(NONE, 2), st.integers(NONE, 2)), max_size=20),
    st.lists(st.floats(0.01, 1), min_size=6, max_size=6),
)
def test_the_guess_that_is_more_often_right_is_taken(
    rows: list[tuple[int, int]], shares: list[float]
) -> None:
    by_labels, by_keywords = (np.array([row[i] for row in rows], np.int64) for i in (0, 1))
    labels, keywords = Precision(np.array(shares[:3])), Precision(np.array(shares[3:]))
    found = mixed_guesses(by_labels, by_keywords, labels, keywords)
    for one, other, taken in zip(by_labels, by_keywords, found, strict=True):
        sure = {NONE: 0.0, **{i: float(shares[i]) for i in range(3)}}
        sure_by_keyword = {NONE: 0.0, **{i: float(shares[3 + i]) for i in range(3)}}
        better = sure_by_keyword[int(other)] > sure[int(one)]
        assert taken == (other if better else one)


# Pseudo-labels.


def test_the_surest_four_fifths_of_each_topic_are_taken() -> None:
    scores = np.array([[1.0 + i / 10, 0] for i in range(10)] + [[0, 1.0]], np.float32)
    assert confident_guesses(scores).tolist() == [NONE, NONE, *[0] * 8, 1]


@given(st.lists(st.lists(st.floats(-5, 5, width=32), min_size=3, max_size=3), min_size=1))
def test_a_pseudo_label_is_the_best_topic(rows: list[list[float]]) -> None:
    scores = np.array(rows, np.float32)
    found = confident_guesses(scores)
    taken = found != NONE
    assert (found[taken] == scores.argmax(axis=1)[taken]).all()
    assert set(found[taken].tolist()) == set(scores.argmax(axis=1).tolist())


# Nothing that is added ruins what labels say.

FIELDS = {
    "crop": ["小麦亩产{}", "水稻插秧{}", "玉米脱粒{}", "大豆套种{}", "果树嫁接{}", "春耕备耕{}"],
    "road": ["公路改造{}", "桥梁加固{}", "隧道照明{}", "路基压实{}", "护栏更换{}", "标线施划{}"],
    "school": ["教师招聘{}", "课堂改革{}", "校舍修缮{}", "班额压降{}", "课后托管{}", "教材发放{}"],
}
PLACES = ["城关", "北坡", "河口", "南屏", "西岭", "东湾", "上坝", "石桥"]


def field_data() -> tuple[list[str], list[str], list[str], list[str]]:
    """Labelled texts and topics, and other ones to be tested on."""
    rows = [
        (pattern.format(place), topic, i)
        for topic, patterns in FIELDS.items()
        for pattern in patterns
        for i, place in enumerate(PLACES)
    ]
    known, new = ([row for row in rows if (row[2] < 2) is first] for first in (True, False))
    return [r[0] for r in known], [r[1] for r in known], [r[0] for r in new], [r[1] for r in new]


MISLEADING = {"crop": ["公路", "桥梁"], "road": ["教师", "课堂"], "school": ["小麦", "水稻"]}
HELPFUL = {"crop": ["小麦", "水稻"], "road": ["公路", "桥梁"], "school": ["教师", "课堂"]}


@pytest.mark.parametrize("keywords", [HELPFUL, MISLEADING], ids=["helpful", "misleading"])
@pytest.mark.parametrize("unlabelled", [False, True], ids=["labels", "texts"])
def test_keywords_and_texts_do_no_harm(keywords: dict[str, list[str]], unlabelled: bool) -> None:
    texts, topics, new, truth = field_data()
    more = new if unlabelled else []
    alone = TopicClassifier(meaning=None).fit(texts, topics)
    model = TopicClassifier(meaning=None, keywords=keywords)
    model.fit([*texts, *more], [*topics, *[None] * len(more)])
    assert alone.score(new, truth) == 1.0
    assert model.score(new, truth) > 0.99
