"""The topic classifier: scikit-learn's conventions, tags, model files, and what ships."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongwen.nlp import Sentence, Taxonomy, TopicClassifier, parse_document
from gongwen.nlp.errors import TrainingError
from gongwen.nlp.seeds import shipped
from gongwen.nlp.topics.labels import LabelledSentence, load_labels
from gongwen.nlp.topics.preamble import opens_report

TEXTS = [
    *(f"开展行政执法检查{n}次,评查执法案卷{n}份。" for n in range(8)),
    *(f"办理行政复议案件{n}件,其中维持{n}件。" for n in range(8)),
    *(f"主动公开政府信息{n}条,依申请公开{n}件。" for n in range(8)),
]
TOPICS = ["enforcement"] * 8 + ["reconsideration"] * 8 + ["open-government"] * 8
BOTH = "公开行政执法检查信息,办理复议案件。"


@pytest.fixture(scope="module")
def small() -> TopicClassifier:
    return TopicClassifier().fit(TEXTS, TOPICS)


@pytest.fixture(scope="module")
def labels() -> list[LabelledSentence]:
    return load_labels([shipped("labels.jsonl")], Taxonomy.shipped())


@pytest.fixture(scope="module")
def fitted(labels: list[LabelledSentence]) -> TopicClassifier:
    model = TopicClassifier(keywords=Taxonomy.shipped().keywords)
    return model.fit(
        labels,
        [label.topic for label in labels],
        [label.group for label in labels],
        [label.also for label in labels],
    )


@pytest.fixture(scope="module")
def ours() -> TopicClassifier:
    return TopicClassifier.shipped()


# Fit and predict.


def test_it_learns(small: TopicClassifier) -> None:
    assert small.classes_.tolist() == ["enforcement", "open-government", "reconsideration"]
    assert small.predict(TEXTS).tolist() == TOPICS
    assert small.predict(["执法检查", "复议", "信息公开"]).tolist() == (
        ["enforcement", "reconsideration", "open-government"]
    )
    assert small.score(TEXTS, TOPICS) == 1.0


def test_score_is_the_share_of_right_primary_topics(small: TopicClassifier) -> None:
    topics = ["enforcement", "reconsideration", "enforcement", "enforcement"]
    assert small.score(["执法检查", "复议案件", "信息公开", "执法案卷"], topics) == 0.75
    further: list[Collection[str]] = [("enforcement", "reconsideration"), ("enforcement",)]
    assert small.score(["执法检查", "复议案件"], further) == 0.5


def test_probabilities(small: TopicClassifier) -> None:
    probabilities = small.predict_proba([*TEXTS, BOTH, "", "zzz"])
    assert probabilities.shape == (len(TEXTS) + 3, 3)
    assert ((probabilities >= 0) & (probabilities <= 1)).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-9)


def test_scores_probabilities_and_topics_agree(small: TopicClassifier) -> None:
    some = [*TEXTS, BOTH, ""]
    scores, probabilities = small.decision_function(some), small.predict_proba(some)
    assert scores.shape == probabilities.shape
    assert (scores.argmax(axis=1) == probabilities.argmax(axis=1)).all()
    assert (small.classes_[scores.argmax(axis=1)] == small.predict(some)).all()


def test_tags_agree_with_all_else(small: TopicClassifier) -> None:
    some = [*TEXTS, BOTH, ""]
    tags = small.predict_topics(some)
    assert [tag.topic for tag in tags] == small.predict(some).tolist()
    for tag, row in zip(tags, small.predict_proba(some), strict=True):
        assert list(tag.probabilities) == small.classes_.tolist()
        assert list(tag.probabilities.values()) == pytest.approx(row.tolist())
        assert tag.probability == tag.probabilities[tag.topic] == max(tag.probabilities.values())


def test_nothing_to_tag(small: TopicClassifier) -> None:
    assert small.predict([]).tolist() == []
    assert small.predict_proba([]).shape == (0, 3)
    assert small.decision_function([]).shape == (0, 3)
    assert small.predict_topics([]) == []


STRANGE: dict[str, str] = {
    "empty": "",
    "white space": " \n　",
    "unknown characters": "ԱԲԳ",
    "emoji": "👍🏽",
    "NUL": "\0\0",
    "half a surrogate pair": "\ud800执法",
    "very long": "执法检查" * 200_000,
}


@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE)
def test_strange_text_is_tagged_and_disturbs_nothing(small: TopicClassifier, text: str) -> None:
    before, tag, after = small.predict_topics(["复议案件", text, "执法检查"])
    assert tag.topic in small.classes_
    assert math.isclose(sum(tag.probabilities.values()), 1)
    assert [before, after] == small.predict_topics(["复议案件", "执法检查"])


def test_the_form_of_writing_does_not_matter(small: TopicClassifier) -> None:
    some = ["开展行政执法检查12次,评查案卷3份。", "開展 行政執法檢查１２次，評查案卷\n３份。"]
    one, other = small.decision_function(some)
    np.testing.assert_allclose(one, other, atol=1e-6)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from(TEXTS) | st.text(max_size=8), max_size=8))
def test_a_tag_does_not_depend_on_the_others(some: list[str]) -> None:
    model = TopicClassifier.shipped()
    assert model.predict_topics(some) == [model.predict_topics([text])[0] for text in some]


def test_many_sentences_are_tagged_like_few(small: TopicClassifier) -> None:
    many = [TEXTS[i % len(TEXTS)] for i in range(10_000)]
    assert small.predict(many).tolist() == [TOPICS[i % len(TEXTS)] for i in range(10_000)]


def test_texts_may_come_as_array_tuple_or_records(small: TopicClassifier) -> None:
    wanted = small.predict(TEXTS).tolist()
    records = [LabelledSentence(text=text, topic="other") for text in TEXTS]
    forms: list[Any] = [np.array(TEXTS), tuple(TEXTS), records]
    for some in forms:
        assert small.predict(some).tolist() == wanted


def test_the_heading_counts_beside_the_sentence() -> None:
    vague = ["一是健全机制。", "二是强化保障。", "三是狠抓落实。"] * 4
    headings = ["五、规范执法行为", "六、强化复议应诉"]
    samples = [
        LabelledSentence(text=text, topic="", heading=heading)
        for heading in headings
        for text in vague
    ]
    topics = ["enforcement"] * 12 + ["reconsideration"] * 12
    some = [
        Sentence(n=1, text="一是健全机制。", start=0, end=7, section=f"一、工作 > {heading}")
        for heading in headings
    ]
    model = TopicClassifier().fit(samples, topics)
    assert model.predict(some).tolist() == ["enforcement", "reconsideration"]
    without = TopicClassifier(heading_weight=0.0).fit(samples, topics)
    one, other = without.decision_function(some)
    assert (one == other).all()


def test_further_topics() -> None:
    both = [f"公开执法检查结果{n}条。" for n in range(8)]
    also: list[Collection[str]] = [()] * len(TOPICS) + [("open-government",)] * 8
    model = TopicClassifier().fit([*TEXTS, *both], [*TOPICS, *["enforcement"] * 8], also=also)
    assert math.isfinite(model.also_thresholds_[model.classes_ == "open-government"].item())
    tags = model.predict_topics([*both, *TEXTS])
    assert [(tag.topic, tag.also) for tag in tags[:8]] == [
        ("enforcement", ("open-government",))
    ] * 8
    assert sum(bool(tag.also) for tag in tags[8:]) <= 2
    assert all(tag.topic not in tag.also for tag in tags)


def test_a_topic_known_only_from_second_place_is_learnt() -> None:
    kinds = (("执法检查", "a", ()), ("复议案件", "b", ()), ("执法检查排查隐患", "a", ("safety",)))
    rows = [
        (f"{words}{words_of_its_own(3 * n + i)}", topic, also)
        for n in range(8)
        for i, (words, topic, also) in enumerate(kinds)
    ]
    texts, topics, also = (list(column) for column in zip(*rows, strict=True))
    model = TopicClassifier().fit(texts, topics, also=also)
    assert model.classes_.tolist() == ["a", "b", "safety"]
    assert model.predict(texts).tolist() == topics
    tags = model.predict_topics(["执法检查排查隐患", "执法检查", "复议案件"])
    assert [(tag.topic, tag.also) for tag in tags] == [("a", ("safety",)), ("a", ()), ("b", ())]


def test_the_strongest_further_topic_comes_first() -> None:
    kinds = (
        ("甲项工作", "a", ()), ("乙事办理", "b", ()), ("丙事会商", "c", ()),
        ("甲项工作乙事办理", "a", ("b",)), ("甲项工作丙事会商", "a", ("c",)),
        ("甲项工作乙事办理丙事会商", "a", ("b", "c")),
    )  # fmt: skip
    rows = [
        (f"{words}{words_of_its_own(6 * n + i)}", topic, also)
        for n in range(12)
        for i, (words, topic, also) in enumerate(kinds)
    ]
    texts, topics, also = (list(column) for column in zip(*rows, strict=True))
    model = TopicClassifier().fit(texts, topics, also=also)
    tags = model.predict_topics(
        ["甲项工作乙事办理丙事会商乙事办理", "甲项工作丙事会商乙事办理丙事会商"]
    )
    assert [(tag.topic, tag.also) for tag in tags] == [("a", ("b", "c")), ("a", ("c", "b"))]


def test_without_examples_there_are_no_further_topics(small: TopicClassifier) -> None:
    assert {tag.also for tag in small.predict_topics([*TEXTS, BOTH])} == {()}


def test_two_topics_suffice() -> None:
    model = TopicClassifier().fit(TEXTS[:16], TOPICS[:16])
    assert model.predict(TEXTS[:16]).tolist() == TOPICS[:16]
    np.testing.assert_allclose(model.predict_proba([BOTH]).sum(axis=1), 1)
    assert model.topic_scores([BOTH]).shape == (1, 2)


def test_one_sentence_a_topic_suffices() -> None:
    model = TopicClassifier().fit(["执法检查", "复议案件"], ["enforcement", "reconsideration"])
    assert model.predict(["执法", "复议"]).tolist() == ["enforcement", "reconsideration"]


UNTRAINABLE: dict[str, tuple[list[str], Sequence[Any], list[str] | None]] = {
    "nothing": ([], [], None),
    "one topic": (["执法", "复议"], ["enforcement", "enforcement"], None),
    "too few labels": (["执法", "复议", "公开"], ["enforcement", "reconsideration"], None),
    "too many labels": (["执法"], ["enforcement", "reconsideration"], None),
    "too few groups": (TEXTS, TOPICS, ["a", "b"]),
    "a label without a topic": (["执法", "复议", "公开"], ["a", "b", ""], None),
    "sets of one label": (["执法", "复议", "公开"], [("a",), ("a",), ()], None),
    "texts without a character": (["", " "], ["enforcement", "reconsideration"], None),
}


@pytest.mark.parametrize(("texts", "topics", "groups"), UNTRAINABLE.values(), ids=UNTRAINABLE)
def test_labels_that_train_nothing(
    texts: list[str], topics: Sequence[Any], groups: list[str] | None
) -> None:
    with pytest.raises(TrainingError) as caught:
        TopicClassifier().fit(texts, topics, groups)
    assert "\n" not in str(caught.value)


def test_fit_forgets_what_was_fitted() -> None:
    model = TopicClassifier().fit(TEXTS, TOPICS)
    model.fit(TEXTS[:16], ["a"] * 8 + ["b"] * 8)
    assert model.classes_.tolist() == ["a", "b"]
    assert model.predict(TEXTS[:1]).tolist() == ["a"]


# Groups.


def words_of_its_own(number: int) -> str:
    """Four characters that no other number has, so that no sentence is a near-copy of another."""
    return "".join(chr(0x4E00 + 4 * number + i) for i in range(4))


def test_calibration_never_cuts_through_a_group() -> None:
    rows = [
        (f"{group}{word}{words_of_its_own(48 * i + 24 * j + n)}", topic, group)
        for i, (group, topics) in enumerate((("甲", "ab"), ("乙", "ba")))
        for j, (word, topic) in enumerate(zip(("执法", "复议"), topics, strict=True))
        for n in range(12)
    ]
    texts, topics, groups = (list(column) for column in zip(*rows, strict=True))
    alone = TopicClassifier().fit(texts, topics).predict_proba(texts).max(axis=1)
    honest = TopicClassifier().fit(texts, topics, groups).predict_proba(texts).max(axis=1)
    assert alone.min() > 0.9  # the words of one's own report give the topic away
    assert honest.max() < 0.6  # those of another report never do


# What ships.


def test_the_shipped_model_knows_the_shipped_topics(ours: TopicClassifier) -> None:
    assert ours.classes_.tolist() == sorted(Taxonomy.shipped().topics.slugs)


def test_the_shipped_model_is_what_the_shipped_labels_give(
    ours: TopicClassifier, fitted: TopicClassifier, labels: list[LabelledSentence]
) -> None:
    assert float(np.mean(ours.predict(labels) == fitted.predict(labels))) > 0.995
    assert ours.temperature_ == pytest.approx(fitted.temperature_, rel=0.05)
    assert ours.also_thresholds_.tolist() == pytest.approx(
        fitted.also_thresholds_.tolist(), abs=0.1
    )


SEED: dict[str, str] = {
    "武功县2020年法治政府建设工作总结": "other",
    "现将武功县2020年度": "other",
    "先后召开县委全面依法治县工作会议": "leadership",
    "县政府常务会开展集体学法4次": "leadership",
    "二、深化 “放管服”改革": "licensing-reform",
    "网上可办率达到90.72%": "licensing-reform",
    "聘请我县法律工作者、公职律师": "legal-counsel",
    "2020年共清理行政规范性文件11件": "rulemaking",
    "将全县各类执法主体纳入": "enforcement",
    "2020年办理行政复议案4件": "reconsideration",
    "2020年县政府行政应诉案件4起": "reconsideration",
    "组建了12个镇办(社区)综治中心": "dispute-resolution",
    "全县公开政府信息2268条": "open-government",
    "书记信箱收信254件": "oversight",
    "“12•4”国家宪法日": "legal-publicity",
    "抓获犯罪嫌疑人349人": "public-safety",
    "三是全面推行行政执法“三项制度”。": "enforcement",
}


def test_obvious_sentences_of_the_seed_report(ours: TopicClassifier, seed_text: str) -> None:
    sentences = parse_document(seed_text).sentences
    topics = {
        s.text: t.topic for s, t in zip(sentences, ours.predict_topics(sentences), strict=True)
    }
    found = {words: [t for text, t in topics.items() if words in text] for words in SEED}
    assert found == {words: [topic] for words, topic in SEED.items()}


UNSEEN: dict[str, str] = {
    "县委书记主持召开常委会会议,专题研究全面依法治县工作。": "leadership",
    "政务大厅推行“一窗受理”,开办企业压缩至1个工作日。": "licensing-reform",
    "全年制定行政规范性文件5件,清理废止12件,报备率100%。": "rulemaking",
    "重大行政决策事项全部经过专家论证、风险评估和集体讨论决定。": "decision-making",
    "聘请12名律师担任政府法律顾问,审查合同86份。": "legal-counsel",
    "开展行政执法案卷评查2次,换发执法证件300本。": "enforcement",
    "收到行政复议申请25件,受理22件,维持18件,撤销2件。": "reconsideration",
    "各级调委会排查矛盾纠纷560件,调解成功552件。": "dispute-resolution",
    "办理人大代表建议45件、政协提案38件,办复率100%。": "oversight",
    "主动公开政府信息3200条,受理依申请公开18件。": "open-government",
    "开展宪法宣传周和民法典进乡村活动,发放宣传资料5000份。": "legal-publicity",
    "法律援助中心受理援助案件120件,为农民工讨薪80万元。": "public-legal-services",
    "破获电信网络诈骗案件36起,抓获犯罪嫌疑人52人。": "public-safety",
    "全年粮食总产量达到20万吨,农民人均收入增长8%。": "other",
    "現將２０２１年度法治政府建設情況報告如下：": "other",
}


@pytest.mark.parametrize(("text", "topic"), UNSEEN.items(), ids=UNSEEN.values())
def test_obvious_sentences_that_it_has_not_seen(
    ours: TopicClassifier, labels: list[LabelledSentence], text: str, topic: str
) -> None:
    assert text not in {label.text for label in labels}
    (tag,) = ours.predict_topics([text])
    assert tag.topic == topic
    assert tag.probability > 0.8


IMPORTS: dict[str, tuple[str, set[str]]] = {
    "the package": ("import gongwen.nlp", {"numpy", "sklearn", "scipy", "jieba"}),
    "splitting": (
        "from gongwen.nlp import split_sentences; split_sentences('好。')",
        {"numpy", "sklearn", "scipy", "jieba"},
    ),
    "tagging": (
        "from gongwen.nlp import TopicClassifier\n"
        "assert TopicClassifier.shipped().predict(['办理行政复议案件4件']) == ['reconsideration']",
        {"sklearn", "scipy", "jieba"},
    ),
}


@pytest.mark.parametrize(("code", "heavy"), IMPORTS.values(), ids=IMPORTS)
def test_heavy_imports_are_late(code: str, heavy: set[str]) -> None:
    report = "\nimport sys; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", code + report], capture_output=True, text=True, check=True
    )
    assert heavy & set(done.stdout.split()) == set()
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("text", "heading", "opens"),
    [
        (
            "在县委、县政府的坚强领导下，在市局的精心指导下，我局主要负责人切实履行推进法治建设第一责任人职责。",
            "",
            True,
        ),
        ("2023年，在区委的正确领导下，全区压实第一责任人职责。", "", True),
        ("今年以来，我镇在县委、县政府的坚强领导下，党委书记认真履行第一责任人职责。", "", True),
        ("在區委的堅強領導下,主要負責人履行第一責任人職責,取得新成效.", "", True),
        ("在县委的坚强领导下，我局主要负责人带头述法12次。", "", False),
        ("在县委的坚强领导下，主要负责人履行第一责任人职责。", "一、组织领导", False),
        ("党政主要负责人切实履行推进法治建设第一责任人职责。", "", False),
        ("在市场监管领域开展专项检查。", "", False),
        ("", "", False),
    ],
)
def test_a_preamble_is_of_no_subject(text: str, heading: str, opens: bool) -> None:
    sample = Sentence(1, text, 0, len(text), section=heading)
    assert opens_report(sample) is opens
    tag = TopicClassifier.shipped().predict_topics([sample])[0]
    if opens:
        assert tag.topic == "other"
        assert tag.also == ()
        assert tag.probability == max(tag.probabilities.values()) == tag.probabilities["other"]
    elif text.startswith(("党政", "在市场")):
        assert tag.topic != "other"
