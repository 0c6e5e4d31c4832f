"""Tags from arrays: the same as one by one, whatever stands in the batch."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongwen.nlp import Taxonomy, TopicClassifier
from gongwen.nlp.errors import QueryError
from gongwen.nlp.records import UNSURE
from gongwen.nlp.seeds import shipped
from gongwen.nlp.text.normalize import squeeze, squeeze_all
from gongwen.nlp.topics.labels import LabelledSentence, load_labels
from gongwen.nlp.topics.predictions import Predictions

THANKS = "在县委、县政府的坚强领导下，我局主要负责人切实履行第一责任人职责。"


@pytest.fixture(scope="module")
def model() -> TopicClassifier:
    return TopicClassifier.shipped()


@pytest.fixture(scope="module")
def labels() -> list[LabelledSentence]:
    return load_labels([shipped("labels.jsonl")], Taxonomy.shipped())[:600]


def test_a_batch_gives_what_each_sentence_gives(
    model: TopicClassifier, labels: list[LabelledSentence]
) -> None:
    together = model.predict_topics([*labels, *labels[::7]])
    alone = [model.predict_topics([label])[0] for label in labels[::7]]
    assert together[: len(labels) : 7] == together[len(labels) :] == alone


@pytest.mark.parametrize("least", [0.0, 0.5, 0.97, 1.0])
def test_topics_without_probabilities_are_those_of_the_tags(
    model: TopicClassifier, labels: list[LabelledSentence], least: float
) -> None:
    tags = model.predict_topics(labels, least)
    found = model.predictions(labels)
    assert list(found.assigned(least)) == [(t.topic, t.also, t.probability) for t in tags]
    for tag, row in zip(tags, found.probabilities, strict=True):
        assert list(tag.probabilities.values()) == row.tolist()
        assert tag.probability == max(row)
        assert (tag.topic == UNSURE) == (tag.probability < least)


def test_scores_are_the_product_of_features_and_coefficients(
    model: TopicClassifier, labels: list[LabelledSentence]
) -> None:
    rows = model._vectorizer.transform(model.channels_of(labels))
    wanted = rows.dot(model._learned.coef[: len(model._learned.keys)])
    found = model._vectorizer.project(model.channels_of(labels), model._learned.coef)
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_secondary_topics_come_in_order_without_the_primary_one() -> None:
    found = Predictions(
        ("a", "b", "c"),
        np.array([0, 1]),
        np.array([[0.8, 0.1, 0.1], [0.2, 0.5, 0.3]]),
        np.array([[0.9, 0.1, 0.2], [-0.1, 0.1, 0.0]], np.float32),
    )
    assert [one.also for one in found.assigned()] == [("c", "b"), ()]
    assert [one.topic for one in found.assigned(0.6)] == ["a", UNSURE]
    for least in (-0.1, 1.1, float("nan")):
        with pytest.raises(QueryError):
            list(found.assigned(least))


def test_a_preamble_is_of_the_general_topic_only(model: TopicClassifier) -> None:
    [found, other] = model.predict_topics([THANKS, "全年办理行政复议案件17件。"])
    assert (found.topic, found.also, other.topic) == ("other", (), "reconsideration")
    assert found.probabilities["other"] == found.probability == max(found.probabilities.values())
    assert sum(found.probabilities.values()) == pytest.approx(1)


def test_another_topic_that_the_model_lacks_changes_nothing(model: TopicClassifier) -> None:
    found = model.predictions([THANKS])
    assert found.with_topic([0], "none") is found


odd = st.text(
    st.characters(codec="utf-32-le") | st.sampled_from("乾縣著Ⅳ　 \n\0\uf8fe\uf8ff\uffffΣς𠀀a1，"),
    max_size=12,
)


@settings(deadline=None)
@given(st.lists(odd, max_size=90))
def test_many_texts_are_squeezed_as_each_is(texts: list[str]) -> None:
    many = [*texts, *("乾縣 氣候 乾燥", "Big  Data 1 2", "\ud800", "") * 20]
    assert squeeze_all(many) == [squeeze(text) for text in many]
