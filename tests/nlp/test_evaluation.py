"""The figures of a classifier, on examples small enough to work out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from gongwen.nlp import Tag, Taxonomy, TopicClassifier
from gongwen.nlp.errors import TrainingError
from gongwen.nlp.seeds import shipped
from gongwen.nlp.topics.evaluation import (
    Evaluation,
    Outcome,
    TopicScore,
    cross_validate,
    evaluate,
)
from gongwen.nlp.topics.labels import LabelledSentence, load_labels
from gongwen.nlp.topics.significance import changes, worse


def truth(topics: str, groups: str = "", hard: str = "") -> list[LabelledSentence]:
    return [
        LabelledSentence(
            text=f"第{i}句。",
            topic=topic,
            group=groups[i] if groups else "甲",
            hard=bool(hard) and hard[i] == "h",
        )
        for i, topic in enumerate(topics)
    ]


def guesses(topics: str, sure: Sequence[float] = ()) -> list[Tag]:
    return [Tag(topic, probability=sure[i] if sure else 1.0) for i, topic in enumerate(topics)]


def test_all_right() -> None:
    found = evaluate(truth("aabb"), guesses("aabb"))
    assert (found.accuracy, found.macro_f1, found.plain_f1, found.ece) == (1, 1, 1, 0)
    assert (found.hard_f1, found.also_f1) == (None, None)
    assert (found.sentences, found.groups) == (4, 1)


def test_all_wrong() -> None:
    found = evaluate(truth("aabb"), guesses("bbaa"))
    assert (found.accuracy, found.macro_f1, found.ece) == (0, 0, 1)


def test_precision_recall_and_f1_of_each_topic() -> None:
    found = evaluate(truth("aaabbc", groups="甲甲乙乙丙丙"), guesses("aabbbb"))
    assert found.topics == (
        TopicScore("a", 1.0, 2 / 3, 0.8, 3),
        TopicScore("b", 0.5, 1.0, 2 / 3, 2),
        TopicScore("c", 0.0, 0.0, 0.0, 1),
    )
    assert found.accuracy == pytest.approx(4 / 6)
    assert found.macro_f1 == pytest.approx((0.8 + 2 / 3) / 3)
    assert found.groups == 3


def test_a_topic_that_is_only_guessed_counts_as_missed() -> None:
    found = evaluate(truth("aab"), guesses("aac"))
    assert found.topics[-1] == TopicScore("c", 0.0, 0.0, 0.0, 0)
    assert found.macro_f1 == pytest.approx(1 / 3)


def test_plain_and_hard_sentences_apart() -> None:
    found = evaluate(truth("aabbab", hard="....hh"), guesses("aabbaa"))
    assert found.plain_f1 == 1.0
    assert found.hard_f1 == pytest.approx((2 / 3 + 0) / 2)
    assert found.macro_f1 == pytest.approx((6 / 7 + 0.8) / 2)


def test_further_topics() -> None:
    wanted = [("b", "c"), (), ("a",), ()]
    given = [("b",), ("c", "a"), ("a",), ()]
    labels = [LabelledSentence(text="句", topic="d", also=also) for also in wanted]
    tags = [Tag("d", also=also) for also in given]
    # Three wanted, four given, two of them right.
    assert evaluate(labels, tags).also_f1 == pytest.approx(2 * 2 / (3 + 4))


def test_further_topics_that_nothing_found() -> None:
    labels = [LabelledSentence(text="句", topic="d", also=("a",))]
    assert evaluate(labels, [Tag("d")]).also_f1 == 0.0


def test_calibration() -> None:
    sure = [0.95, 0.85, 0.85, 0.45]
    found = evaluate(truth("aaaa"), guesses("aabb", sure))
    # Bins: 0.95 right; 0.85 half right; 0.45 wrong.
    assert found.ece == pytest.approx(0.05 / 4 + 0.35 * 2 / 4 + 0.45 / 4)


def test_full_confidence_is_in_the_last_bin() -> None:
    found = evaluate(truth("aa"), guesses("ba", [1.0, 0.9]))
    assert found.ece == pytest.approx(0.95 - 0.5)


def test_micro_f1_pools_the_decisions_of_all_topics() -> None:
    found = evaluate(truth("aaabbc"), guesses("aabbbb"))
    # Four right; each of the two wrong ones is one too many for a topic and one missed of another.
    assert found.micro_f1 == pytest.approx(2 * 4 / (2 * 4 + 2 + 2))


def test_hard_sentences_only() -> None:
    found = evaluate(truth("ab", hard="hh"), guesses("ab"))
    assert (found.plain_f1, found.hard_f1) == (None, 1.0)


def test_what_was_given_for_what() -> None:
    found = evaluate(truth("aaabbc"), guesses("aabbbb"))
    assert [score.topic for score in found.topics] == ["a", "b", "c"]
    assert found.confusion == ((2, 1, 0), (0, 2, 0), (0, 1, 0))
    assert [(m.truth, m.guess) for m in found.mistakes] == [("a", "b"), ("c", "b")]
    assert found.folds == 0


@pytest.mark.parametrize("guess", ["abcabcabc", "aaabbbccc", "aaaaaaaaa", "bccbacbbd"])
def test_the_figures_are_those_of_scikit_learn(guess: str) -> None:
    from sklearn import metrics

    wanted = "aaabbbccc"
    found = evaluate(truth(wanted), guesses(guess))
    topics = [score.topic for score in found.topics]
    pair = (list(wanted), list(guess))
    figures = metrics.precision_recall_fscore_support(*pair, labels=topics, zero_division=0)
    own = [(s.precision, s.recall, s.f1, s.support) for s in found.topics]
    assert own == [pytest.approx(row) for row in zip(*figures, strict=True)]
    for average, figure in (("macro", found.macro_f1), ("micro", found.micro_f1)):
        assert figure == pytest.approx(metrics.f1_score(*pair, average=average, zero_division=0))
    matrix = metrics.confusion_matrix(*pair, labels=topics)
    assert [list(row) for row in found.confusion] == matrix.tolist()


def test_labels_and_tags_must_match() -> None:
    with pytest.raises(ValueError, match="zip"):
        evaluate(truth("aab"), guesses("aa"))


# Cross-validation.


def own_words(*numbers: int) -> str:
    """Four characters that no other numbers below 20 give: no sentence is a near-copy."""
    place = sum(number * 20**i for i, number in enumerate(numbers))
    return "".join(chr(0x4E00 + 4 * place + i) for i in range(4))


def reports(topics: dict[str, tuple[str, str]]) -> list[LabelledSentence]:
    """Sentences that say 执法 or 复议, with the topics that each group gives them."""
    return [
        LabelledSentence(
            text=f"{word}{own_words(n, 2 * '甲乙丙丁'.index(group) + i)}。",
            topic=topic,
            group=group,
        )
        for group, (first, second) in topics.items()
        for i, (word, topic) in enumerate((("执法", first), ("复议", second)))
        for n in range(8)
    ]


def test_groups_that_agree_teach_each_other() -> None:
    labels = reports({"甲": ("a", "b"), "乙": ("a", "b")})
    found = cross_validate(labels, TopicClassifier())
    assert (found.accuracy, found.sentences, found.groups) == (1.0, 32, 2)


def test_a_group_never_teaches_itself() -> None:
    labels = reports({"甲": ("a", "b"), "乙": ("b", "a")})
    assert cross_validate(labels, TopicClassifier()).accuracy == 0.0


def test_one_group_is_cut_by_sentences() -> None:
    found = cross_validate(reports({"甲": ("a", "b")}), TopicClassifier())
    assert (found.accuracy, found.groups) == (1.0, 1)


def test_one_group_may_be_its_own_pool() -> None:
    labels = reports({"甲": ("a", "b")})
    found = cross_validate(labels, TopicClassifier(), pool=labels)
    assert found == cross_validate(labels, TopicClassifier())


@pytest.mark.parametrize("opening", ["", "今年以来，", "据统计，"])
def test_a_sentence_that_stands_twice_never_teaches_itself(opening: str) -> None:
    known = reports({"甲": ("a", "b")})
    copies = [
        replace(label, group=group, text=opening * (group != "甲") + label.text)
        for label in known
        for group in "甲乙丙"
    ]
    labels = [*copies, *reports({"丁": ("b", "a")})]
    for pool in (None, labels):
        found = cross_validate(labels, TopicClassifier(), pool=pool)
        assert found.accuracy == 0.0
        assert (found.sentences, found.distinct) == (64, 32)


def test_folds_are_counted_and_told() -> None:
    labels, told = reports(dict.fromkeys("甲乙丙", ("a", "b"))), []
    found = cross_validate(labels, TopicClassifier(), progress=lambda *step: told.append(step))
    assert found.folds == 3
    assert told == [("fold", 0, 3), ("fold", 1, 3), ("fold", 2, 3)]


def test_the_classifier_gives_the_parameters_and_stays_as_it_is() -> None:
    labels = reports({"甲": ("a", "b"), "乙": ("a", "b")})
    given = TopicClassifier(C=0.5, folds=2)
    before = dict(vars(given))
    cross_validate(labels, given)
    assert vars(given) == before


@pytest.mark.parametrize(
    "labels",
    [truth(""), truth("a"), truth("ab"), truth("aab")],
    ids=["none", "one", "one a topic", "one of a topic"],
)
def test_too_few_labels(labels: list[LabelledSentence]) -> None:
    with pytest.raises(TrainingError):
        cross_validate(labels, TopicClassifier())


def test_a_topic_a_group_is_cut_by_sentence() -> None:
    """Folds by group would hold out every sentence of a topic at once."""
    texts = [
        f"{word}{own_words(n, i)}" for i, word in enumerate(("复议", "普法")) for n in range(6)
    ]
    labels = [LabelledSentence(text, text[:2], group=text[:2]) for text in texts]
    assert cross_validate(labels, TopicClassifier()).macro_f1 == 1.0


@pytest.mark.parametrize("chosen", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_the_shipped_labels_make_a_good_classifier(chosen: bool) -> None:
    """With the strengths of the shipped model, or with what is chosen anew in every fold."""
    ours = TopicClassifier.shipped()
    strengths = {} if chosen else {"C": ours.C_, "bayes": ours.bayes_}
    every = load_labels([shipped("labels.jsonl")], Taxonomy.shipped())
    labels = [label for label in every if label.group != "general-reports"]
    model = TopicClassifier(folds=2, **strengths)
    found = cross_validate(labels, model, pool=every)
    assert found.macro_f1 > 0.88
    assert found.plain_f1 > 0.94
    assert found.hard_f1 is not None
    assert found.hard_f1 > 0.75
    assert found.also_f1 is not None
    assert found.also_f1 > 0.35
    assert found.ece < 0.06
    assert min(score.f1 for score in found.topics) > 0.8


# Comparison of two classifiers.


def changed(old: str, new: str, wanted: str, clusters: Sequence[int] = ()) -> list[str]:
    """Return the topics in which the new guesses are worse beyond chance."""

    def found(given: str) -> Evaluation:
        numbers = clusters or range(len(wanted))
        outcomes = tuple(map(Outcome, wanted, given, numbers))
        return replace(evaluate(truth(wanted), guesses(given)), outcomes=outcomes)

    return [change.topic for change in worse(changes(found(old), found(new), set(wanted)))]


@pytest.mark.parametrize(
    ("old", "new", "wanted", "topics"),
    [
        ("aabb" * 5, "aabb" * 5, "aabb" * 5, []),
        ("aaaa" + "b" * 9, "bbbb" + "b" * 9, "aaaa" + "b" * 9, []),
        ("aaaaaaa" + "b" * 9, "bbbbbbb" + "b" * 9, "aaaaaaa" + "b" * 9, ["", "a", "b"]),
        ("b" * 16, "aaaaaaa" + "b" * 9, "aaaaaaa" + "b" * 9, []),
        ("a" * 7 + "c" * 7 + "d" * 9, "d" * 7 + "b" * 7 + "d" * 9, "a" * 7 + "b" * 7 + "d" * 9,
         ["a", "d"]),
    ],
    ids=["equal", "too few to tell", "worse", "better", "as many won elsewhere"],
)  # fmt: skip
def test_worse_beyond_chance(old: str, new: str, wanted: str, topics: list[str]) -> None:
    assert changed(old, new, wanted) == topics


def test_near_copies_have_one_vote() -> None:
    old, new = "a" * 7 + "b" * 9, "b" * 16
    assert changed(old, new, old, clusters=[0] * 7 + list(range(1, 10))) == []
