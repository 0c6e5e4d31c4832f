"""The model card: that its figures are those of the model, and that the shipped one is current."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest

from gongwen.nlp import Taxonomy, TopicClassifier
from gongwen.nlp.seeds import shipped
from gongwen.nlp.topics.evaluation import Evaluation, Outcome, TopicScore
from gongwen.nlp.topics.labels import LabelledSentence, load_labels
from gongwen.nlp.topics.model_card import model_card
from gongwen.nlp.topics.model_file import FORMAT

LABELS = [
    LabelledSentence("开展执法检查3次。", "enforcement", role="achievement", group="甲", hard=True),
    LabelledSentence("评查执法案卷3份。", "enforcement", role="plan", group="甲"),
    LabelledSentence("办理复议案件3件。", "reconsideration", role="plan", group="乙"),
    LabelledSentence("维持复议决定3件。", "reconsideration", group="乙"),
]
SCORES = (
    TopicScore("enforcement", 0.5, 1.0, 0.6667, 2),
    TopicScore("reconsideration", 1.0, 0.25, 0.4, 2),
)


def evaluation(hard: float | None = 0.25, also: float | None = 0.125) -> Evaluation:
    return Evaluation(
        sentences=4,
        groups=2,
        accuracy=0.75,
        macro_f1=0.5334,
        plain_f1=0.625,
        hard_f1=hard,
        also_f1=also,
        ece=0.031,
        topics=SCORES,
        folds=5,
        outcomes=tuple(Outcome("enforcement", "enforcement", cluster) for cluster in (0, 0, 1, 2)),
        untested=(("oversight", 1),),
    )


CHECK = Evaluation(
    sentences=30, groups=1, accuracy=0.9, macro_f1=0.81, plain_f1=0.83, hard_f1=None,
    also_f1=None, ece=0.04, topics=(),
)  # fmt: skip


def card_of(found: Evaluation) -> str:
    topics = [label.topic for label in LABELS]
    model = TopicClassifier(C=2.0, heading_weight=0.4).fit(LABELS, topics)
    return model_card(
        model, LABELS, found, CHECK, Taxonomy.shipped(), ["seeds/labels.jsonl", "我的.jsonl"]
    )


@pytest.mark.parametrize(
    "words",
    [
        "`seeds/labels.jsonl`, `我的.jsonl`",
        "weight 0.4",
        "C = 2)",
        "4 labelled sentences in 2 groups",
        "1 of them marked hard",
        "achievement 1, plan 2.",
        "4 sentences, 3 distinct, 5 folds, no group cut",
        "cannot be compared",
        "Not measured, for fewer than two distinct labels: 行政权力制约监督与政务诚信 (1).",
        "| cross-validation | 0.533 | 0.625 | 0.250 | 0.750 | 0.125 | 0.031 |",
        "| check set | 0.810 | 0.830 | – | 0.900 | – | 0.040 |",
        "Check set: 30 sentences",
        "| enforcement | 行政执法 | 0.500 | 1.000 | 0.667 | 2 |",
        "| reconsideration | 行政复议与行政应诉 | 1.000 | 0.250 | 0.400 | 2 |",
    ],
)
def test_a_card_says(words: str) -> None:
    assert words in card_of(evaluation())


def test_a_card_says_what_was_chosen() -> None:
    texts = [
        f"{'执法' if n % 2 else '复议'}{chr(0x4E00 + 9 * n)}{chr(0x5000 + 9 * n)}"
        for n in range(16)
    ]
    model = TopicClassifier(meaning=None).fit(texts, ["a", "b"] * 8)
    card = model_card(model, LABELS, None, None, Taxonomy.shipped(), [])
    assert f"C = {model.C_:g})" in card
    assert f"{model.bayes_:g} parts" in card
    assert f"format {FORMAT}" in card
    assert "None" not in card


def test_a_card_of_keywords_alone() -> None:
    model = TopicClassifier(keywords={"a": ["甲"], "b": ["乙"]}).fit([], [])
    card = model_card(model, [], None, None, replace(Taxonomy.shipped(), shipped_labels=False), [])
    assert "from keywords alone" in card
    assert "Not measured: fewer than two topics have two distinct labels." in card
    assert "seeds/" not in card


def test_a_card_names_the_keywords_that_labels_contradict() -> None:
    model = TopicClassifier(keywords={"oversight": ["办案"]}).fit(
        LABELS, [label.topic for label in LABELS]
    )
    model.dropped_keywords_ = {"enforcement": ("复议",)}
    card = model_card(model, LABELS, evaluation(), None, Taxonomy.shipped(), [])
    assert "Keywords that labels contradict, not used: 复议 (行政执法)." in card


def test_a_figure_that_does_not_exist_is_a_dash() -> None:
    assert "| 0.533 | 0.625 | – | 0.750 | – | 0.031 |" in card_of(evaluation(None, None))


@pytest.fixture(scope="module")
def shipped_card() -> str:
    return (files("gongwen.models") / "README.md").read_text("utf-8")


def test_the_shipped_card_is_that_of_the_shipped_model(shipped_card: str) -> None:
    model = TopicClassifier.shipped()
    assert f"weight {model.heading_weight}" in shipped_card
    assert f"C = {model.C_:g}" in shipped_card
    assert f"{model.bayes_:g} parts of complement naive Bayes" in shipped_card
    assert f"({model.temperature_:.2f})" in shipped_card
    thresholds = model.also_thresholds_[np.isfinite(model.also_thresholds_)]
    assert f"from {thresholds.min():.2f} to {thresholds.max():.2f}" in shipped_card


def test_the_shipped_card_is_that_of_the_shipped_labels(shipped_card: str) -> None:
    labels = load_labels([shipped("labels.jsonl")], Taxonomy.shipped())
    groups, hard = {label.group for label in labels}, sum(label.hard for label in labels)
    assert f"{len(labels)} labelled sentences in {len(groups)} groups" in shipped_card
    assert f"{hard} of them marked hard" in shipped_card
    rows = re.findall(r"^\| ([a-z-]+) \| .* \| (\d+) \|$", shipped_card, re.MULTILINE)
    counts = {topic: int(count) for topic, count in rows}
    topics = [label.topic for label in labels]
    assert counts == {topic: topics.count(topic) for topic in Taxonomy.shipped().topics.slugs}
