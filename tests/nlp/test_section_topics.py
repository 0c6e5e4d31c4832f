"""Units that their own words do not decide, and what stands around them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongwen.nlp import TopicClassifier, parse_document
from gongwen.nlp.records import Kind, Sentence
from gongwen.nlp.topics.predictions import Predictions
from gongwen.nlp.topics.section_topics import predict_units, rows_below, tag_units, with_sections

GOLD = Path(__file__).parent / "section_topics.txt"
TOPICS = ("a", "b", "other")


@pytest.fixture(scope="module")
def model() -> TopicClassifier:
    return TopicClassifier.shipped()


def unit(text: str, section: str = "", kind: Kind = "sentence") -> Sentence:
    return Sentence(1, text, 0, len(text), section=section, kind=kind)


def section(heading: str, count: int, title: str = "") -> list[Sentence]:
    above = title + heading
    return [unit(heading, above, "heading"), *(unit(f"{n}", above) for n in range(count))]


def said(*probabilities: Sequence[float]) -> Predictions:
    given = np.array(probabilities, float)
    return Predictions(TOPICS, given.argmax(axis=1), given, np.full(given.shape, -1, np.float32))


def topics(found: Predictions) -> list[str]:
    return [one.topic for one in found.assigned()]


def gold() -> Iterator[tuple[str, str, list[Sentence]]]:
    for block in GOLD.read_text("utf-8").split("\n\n"):
        lines = [line for line in block.splitlines() if line and not line.startswith("#")]
        if lines:
            decides, topic = lines[0].split()
            heading, *sentences = lines[1:]
            yield (
                decides,
                topic,
                [unit(heading, heading, "heading"), *(unit(text, heading) for text in sentences)],
            )


@pytest.mark.parametrize(("who", "least"), [("own", 30), ("below", 28)])
def test_headings_written_before_the_rule(model: TopicClassifier, who: str, least: int) -> None:
    cases = [(topic, units) for decides, topic, units in gold() if decides == who]
    assert len(cases) == 30
    right = [tag_units(model, units)[0].topic == topic for topic, units in cases]
    assert sum(right) >= least


HEADINGS = {
    "own words decide": ((0.95, 0.05, 0), [(0, 1, 0)] * 5, "a"),
    "own words do not decide": ((0.6, 0.4, 0), [(0, 1, 0)] * 3, "b"),
    "one sentence that is sure": ((0.4, 0.2, 0.4), [(0, 1, 0)], "b"),
    "one sentence that is not": ((0.5, 0.2, 0.3), [(0, 0.6, 0.4)], "a"),
    "the section is mixed": ((0.6, 0.3, 0.1), [(0, 1, 0), (0, 0, 1), (1, 0, 0)], "a"),
    "a heading without a telling word": ((0.05, 0, 0.95), [(0, 1, 0)] * 3, "b"),
    "a heading that tells of all": ((0.01, 0, 0.99), [(0, 1, 0)] * 3, "other"),
    "general talk below words that tell": ((0.7, 0, 0.3), [(0, 0, 1)] * 9, "a"),
    "general talk below words that hardly do": ((0.4, 0.3, 0.3), [(0, 0, 1)] * 9, "other"),
    "nothing below": ((0.4, 0.3, 0.3), [], "a"),
}


@pytest.mark.parametrize(("own", "below", "topic"), HEADINGS.values(), ids=HEADINGS)
def test_headings(own: tuple[float, ...], below: list[tuple[float, ...]], topic: str) -> None:
    found = with_sections(said(own, *below), section("一、某事", len(below)))
    assert topics(found)[0] == topic


def test_the_probability_is_the_mean_of_heading_and_sentences() -> None:
    found = with_sections(said((0.6, 0.4, 0), (0, 1, 0), (0.2, 0.8, 0)), section("一、", 2))
    np.testing.assert_allclose(found.probabilities[0], [0.8 / 3, 2.2 / 3, 0])


def test_secondary_topics_are_those_of_most_sentences() -> None:
    given = said((0.6, 0.4, 0), (0, 1, 0), (0, 1, 0), (0, 1, 0))
    given.margins[1:3, 0] = 0.1
    given.margins[0, 2] = 0.5  # of the heading, whose words do not decide
    first = next(with_sections(given, section("一、", 3)).assigned())
    assert (first.topic, first.also) == ("b", ("a",))


SENTENCES = {
    "own words decide": ((0.75, 0.25, 0), 3, "a"),
    "own words do not decide": ((0.55, 0.45, 0), 3, "b"),
    "a section weighs less than they": ((0.65, 0.05, 0.3), 3, "a"),
    "alone in its section": ((0.55, 0.45, 0), 0, "a"),
}


@pytest.mark.parametrize(("own", "others", "topic"), SENTENCES.values(), ids=SENTENCES)
def test_sentences(own: tuple[float, ...], others: int, topic: str) -> None:
    given = said((0.99, 0.01, 0), *[(0, 1, 0)] * others, own)
    assert topics(with_sections(given, section("一、", others + 1)))[-1] == topic


def test_what_stands_in_no_section_is_by_itself() -> None:
    given = said((0, 1, 0), (0.5, 0.4, 0.1), (0, 1, 0))
    assert topics(with_sections(given, [unit("1"), unit("2"), unit("3")])) == ["b", "a", "b"]


def test_a_section_holds_those_within_it_and_ends_at_the_next() -> None:
    units = [
        *section("一、", 1),
        *section("（一）", 2, "一、 > "),
        unit("表", "一、 > （一）", "boilerplate"),
        *section("二、", 1),
        *section("二、", 1),  # of another report
    ]
    assert rows_below(units, 0) == [1, 3, 4]
    assert rows_below(units, 2) == [3, 4]
    assert rows_below(units, 6) == [7]


TEXT = """某县2023年法治政府建设情况报告

一、主要工作
（一）开展规划实施情况评估
市委依法治市办组织中期评估。法治督察组对各县法治建设任务进行督导。
（二）关口前移
法律顾问审查合同240份。公职律师出具法律意见书30份。
"""


def test_several_documents_at_once_are_as_each_by_itself(model: TopicClassifier) -> None:
    one = list(parse_document(TEXT).sentences)
    alone = list(predict_units(model, one).assigned())
    assert alone[5 - 2].topic == "leadership"
    assert list(predict_units(model, one * 30).assigned()) == alone * 30


def test_no_units(model: TopicClassifier) -> None:
    assert tag_units(model, []) == []


rows = st.lists(st.floats(0.01, 1), min_size=3, max_size=3)


@settings(deadline=None)
@given(st.lists(st.tuples(rows, st.sampled_from(["一、", "二、", ""]), st.booleans()), max_size=8))
def test_probabilities_stay_such_and_the_primary_topic_is_the_most_probable(
    drawn: list[tuple[list[float], str, bool]],
) -> None:
    if not drawn:
        return
    given_ = said(*(np.array(row) / sum(row) for row, _, _ in drawn))
    before = given_.probabilities.copy()
    units = [unit("x", s, "heading" if h and s else "sentence") for _, s, h in drawn]
    found = with_sections(given_, units)
    np.testing.assert_array_equal(given_.probabilities, before)
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1)
    np.testing.assert_array_equal(found.probabilities.argmax(axis=1), found.primary)
