"""What a classifier learns from: labels, keywords, and sentences without a label."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from sklearn.base import clone

from gongwen.nlp import TopicClassifier
from gongwen.nlp.errors import TrainingError
from gongwen.nlp.topics.few_labels import keyword_guesses
from gongwen.nlp.topics.folds import UNLABELLED

KEYWORDS = {"crop": ["小麦", "水稻"], "road": ["公路", "桥梁"], "school": ["教师", "课堂"]}
UNLABELLED_TEXTS = [
    *(f"今年小麦亩产{n}斤，收割机下地{n}台。" for n in range(300, 330)),
    *(f"水稻插秧{n}亩，收割机检修{n}台。" for n in range(30)),
    *(f"收割机补贴到户{n}万元。" for n in range(8)),
    *(f"公路改造{n}公里，沥青铺设{n}吨。" for n in range(30)),
    *(f"桥梁加固{n}座，沥青摊铺{n}天。" for n in range(30)),
    *(f"沥青拌和站停工{n}天。" for n in range(8)),
    *(f"教师招聘{n}名，班额下降{n}人。" for n in range(30)),
    *(f"课堂改革推进到{n}所，班额控制在{n}人。" for n in range(30)),
]


def test_keywords_alone_are_enough() -> None:
    model = TopicClassifier(keywords=KEYWORDS).fit([], [])
    assert model.classes_.tolist() == ["crop", "road", "school"]
    assert model.predict(["小麦丰收", "桥梁通车", "教师节"]).tolist() == ["crop", "road", "school"]


def test_words_beside_the_keywords_are_learnt_from_sentences_without_labels() -> None:
    unseen = ["收割机到位", "沥青到货", "班额达标"]
    model = TopicClassifier(keywords=KEYWORDS).fit(UNLABELLED_TEXTS, [None] * len(UNLABELLED_TEXTS))
    assert model.predict(unseen).tolist() == ["crop", "road", "school"]
    assert TopicClassifier(keywords=KEYWORDS).fit([], []).predict(unseen).tolist() != [
        "crop",
        "road",
        "school",
    ]


def test_labels_spread_to_sentences_without() -> None:
    labels: list[str | None] = [None] * len(UNLABELLED_TEXTS)
    for row in range(0, len(UNLABELLED_TEXTS), 40):
        text = UNLABELLED_TEXTS[row]
        labels[row] = "crop" if "收割机" in text else "road" if "沥青" in text else "school"
    model = TopicClassifier().fit(UNLABELLED_TEXTS, labels)
    assert model.predict(["收割机到位", "沥青到货", "班额达标"]).tolist() == [
        "crop",
        "road",
        "school",
    ]


def test_a_label_counts_more_than_a_keyword() -> None:
    texts = ["小麦研究会召开课堂交流"] * 3 + UNLABELLED_TEXTS
    model = TopicClassifier(keywords=KEYWORDS)
    model.fit(texts, [*["school"] * 3, *[None] * len(UNLABELLED_TEXTS)])
    assert model.predict(texts[:1]).tolist() == ["school"]


def test_the_same_input_gives_the_same_classifier() -> None:
    one, other = (
        TopicClassifier(keywords=KEYWORDS).fit(UNLABELLED_TEXTS, [None] * len(UNLABELLED_TEXTS))
        for _ in range(2)
    )
    np.testing.assert_array_equal(
        one.decision_function(UNLABELLED_TEXTS), other.decision_function(UNLABELLED_TEXTS)
    )


def test_keywords_are_a_parameter_like_others() -> None:
    copy = clone(TopicClassifier(keywords=KEYWORDS))
    assert copy.get_params()["keywords"] == KEYWORDS


@pytest.mark.parametrize(
    ("keywords", "labels"), [({}, []), ({"crop": ["小麦"]}, []), ({"crop": ["小麦"]}, ["crop"])]
)
def test_one_topic_is_not_enough(keywords: dict[str, Sequence[str]], labels: list[str]) -> None:
    with pytest.raises(TrainingError, match="at least two topics"):
        TopicClassifier(keywords=keywords).fit(["小麦"] * len(labels), labels)


GUESSES = {
    "the only one": ("小麦丰收", 0),
    "none": ("召开会议", UNLABELLED),
    "two that are equal": ("小麦运上公路", UNLABELLED),
    "the longer one": ("小麦水稻运上公路", 0),
    "the same word twice counts once": ("小麦小麦运上公路", UNLABELLED),
}


@pytest.mark.parametrize(("text", "wanted"), GUESSES.values(), ids=GUESSES)
def test_guesses(text: str, wanted: int) -> None:
    keywords = {0: ["小麦", "水稻"], 1: ["公路"]}
    assert keyword_guesses([text], keywords).tolist() == [wanted]


@pytest.mark.parametrize("features", ["char", "word", "both"])
def test_features(features: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    topics = ["crop"] * 68 + ["road"] * 68 + ["school"] * 60
    model = TopicClassifier(features=features).fit(UNLABELLED_TEXTS, topics)  # type: ignore[arg-type]
    assert model.score(UNLABELLED_TEXTS, topics) == 1.0
    path = tmp_path_factory.mktemp("model") / "my.model"
    model.save(path)
    loaded = TopicClassifier.load(path)
    assert loaded.get_params() == model.get_params()
    assert loaded.predict(UNLABELLED_TEXTS).tolist() == topics
    for sample in ("今年小麦亩产 300 斤", "", "教师，课堂"):
        best = loaded.explain(sample)[0]
        for part in best.parts:
            assert sample[part.start : part.end] == part.text
    parts = {part.text for part in loaded.explain("沥青和桥梁")[0].parts if part.weight > 0}
    assert any("沥青" in part for part in parts)


def test_unknown_features() -> None:
    with pytest.raises(ValueError, match="char, word or both"):
        TopicClassifier(features="bytes").fit(["甲", "乙"], ["a", "b"])  # type: ignore[arg-type]


def test_a_topic_that_every_sentence_touches() -> None:
    texts = [f"{'甲' if n < 6 else '乙'}{n}" for n in range(12)]
    also = [("b",)] * 6 + [()] * 6
    model = TopicClassifier().fit(texts, ["a"] * 6 + ["b"] * 6, also=also)
    assert model.predict(["甲", "乙"]).tolist() == ["a", "b"]


def test_without_labels_nothing_is_calibrated_nor_certain() -> None:
    model = TopicClassifier(keywords=KEYWORDS).fit(UNLABELLED_TEXTS, [None] * len(UNLABELLED_TEXTS))
    assert not model.calibrated_
    assert model.predict_proba(["今天天气很好"]).max() < 0.9


def test_sentences_without_a_label_do_not_count_in_the_score() -> None:
    model = TopicClassifier(keywords=KEYWORDS).fit([], [])
    assert model.score(["小麦", "公路", "小麦"], ["crop", "road", None]) == 1.0


class Leaning:
    """Vectors of two kinds of text, beside a part that all have in common."""

    name, dim = "leaning", 3

    def __init__(self, common: float) -> None:
        self.common = common

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        rows = np.array([[self.common, "甲" in t, "甲" not in t] for t in texts], np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.parametrize("common", [0.0, 3.0])
def test_what_all_vectors_have_in_common_tells_nothing(
    monkeypatch: pytest.MonkeyPatch, common: float
) -> None:
    vectors = Leaning(common)
    monkeypatch.setattr(TopicClassifier, "embedder", lambda self, count: vectors)
    monkeypatch.setattr(TopicClassifier, "_embedder_of_model", lambda self: vectors)
    texts = [*(f"甲{n}" for n in "山水田林湖草沙石"), "乙山", "乙水"]
    topics = ["a"] * 8 + ["b"] * 2
    model = TopicClassifier(folds=0).fit(texts, topics)
    dense = model._learned.coef[-3:]
    assert abs(dense[0, :2]).max() < 0.02 * abs(dense[1, :2]).max()  # the common part
    assert model.predict(texts).tolist() == topics
