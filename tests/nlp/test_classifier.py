"""The topic classifier: scikit-learn's conventions, tags, model files, and what ships."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from gongwen.nlp import Sentence, Taxonomy, TopicClassifier, parse_document
from gongwen.nlp.errors import ModelError, TrainingError
from gongwen.nlp.seeds import shipped
from gongwen.nlp.topics.classifier import opens_report
from gongwen.nlp.topics.fitting import split_folds
from gongwen.nlp.topics.labels import LabelledSentence, load_labels
from gongwen.nlp.topics.model_file import FORMAT, read_model, write_model

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
    topics = [(label.topic, *label.also) for label in labels]
    keywords = Taxonomy.shipped().keywords
    return TopicClassifier(keywords=keywords).fit(labels, topics, [lb.group for lb in labels])


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
    topics: list[Collection[str]] = [(topic,) for topic in TOPICS]
    topics += [("enforcement", "open-government")] * 8
    model = TopicClassifier().fit([*TEXTS, *both], topics)
    assert math.isfinite(model.also_threshold_)
    tags = model.predict_topics([*both, *TEXTS])
    assert [(tag.topic, tag.also) for tag in tags[:8]] == [
        ("enforcement", ("open-government",))
    ] * 8
    assert sum(bool(tag.also) for tag in tags[8:]) <= 2
    assert all(tag.topic not in tag.also for tag in tags)


def test_the_strongest_further_topic_comes_first() -> None:
    rows: list[tuple[str, Collection[str]]] = []
    for n in range(12):
        rows += [(f"甲项工作{n}", ["a"]), (f"乙事{n}", ["b"]), (f"丙事{n}", ["c"])]
        rows += [(f"甲项工作{n}乙事", ["a", "b"]), (f"甲项工作{n}丙事", ["a", "c"])]
    model = TopicClassifier().fit([text for text, _ in rows], [topics for _, topics in rows])
    tags = model.predict_topics(["甲项工作乙事丙事乙", "甲项工作丙事乙事丙"])
    assert [(tag.topic, tag.also) for tag in tags] == [("a", ("b", "c")), ("a", ("c", "b"))]


def test_without_examples_there_are_no_further_topics(small: TopicClassifier) -> None:
    assert {tag.also for tag in small.predict_topics([*TEXTS, BOTH])} == {()}


def test_two_topics_suffice() -> None:
    model = TopicClassifier().fit(TEXTS[:16], TOPICS[:16])
    assert model.predict(TEXTS[:16]).tolist() == TOPICS[:16]
    np.testing.assert_allclose(model.predict_proba([BOTH]).sum(axis=1), 1)
    assert model.decision_function([BOTH]).shape == (1, 2)


def test_one_sentence_a_topic_suffices() -> None:
    model = TopicClassifier().fit(["执法检查", "复议案件"], ["enforcement", "reconsideration"])
    assert model.predict(["执法", "复议"]).tolist() == ["enforcement", "reconsideration"]


Targets = Sequence[str] | Sequence[Collection[str]]
UNTRAINABLE: dict[str, tuple[list[str], Targets, list[str] | None]] = {
    "nothing": ([], [], None),
    "one topic": (["执法", "复议"], ["enforcement", "enforcement"], None),
    "too few labels": (["执法", "复议", "公开"], ["enforcement", "reconsideration"], None),
    "too many labels": (["执法"], ["enforcement", "reconsideration"], None),
    "too few groups": (TEXTS, TOPICS, ["a", "b"]),
    "a label without a topic": (["执法", "复议", "公开"], [("a",), ("b",), ()], None),
    "texts without a character": (["", " "], ["enforcement", "reconsideration"], None),
}


@pytest.mark.parametrize(("texts", "topics", "groups"), UNTRAINABLE.values(), ids=UNTRAINABLE)
def test_labels_that_train_nothing(
    texts: list[str], topics: Targets, groups: list[str] | None
) -> None:
    with pytest.raises(TrainingError) as caught:
        TopicClassifier().fit(texts, topics, groups)
    assert "\n" not in str(caught.value)


# The conventions of scikit-learn.


def test_parameters() -> None:
    model = TopicClassifier(C=2.0, heading_weight=0.5, folds=3)
    others = {"features": "char", "bayes": 0.5, "keywords": None}
    assert model.get_params() == {"C": 2.0, "heading_weight": 0.5, "folds": 3, **others}
    assert model.set_params(C=0.5, folds=4) is model
    assert model.get_params() == {"C": 0.5, "heading_weight": 0.5, "folds": 4, **others}
    with pytest.raises(ValueError, match="max_depth"):
        model.set_params(max_depth=3)


def test_clone_copies_the_parameters_only(small: TopicClassifier) -> None:
    copy = clone(small)
    assert copy.get_params() == small.get_params()
    assert not hasattr(copy, "classes_")


def test_fit_forgets_what_was_fitted() -> None:
    model = TopicClassifier().fit(TEXTS, TOPICS)
    model.fit(TEXTS[:16], ["a"] * 8 + ["b"] * 8)
    assert model.classes_.tolist() == ["a", "b"]
    assert model.predict(TEXTS[:1]).tolist() == ["a"]


def test_cross_val_score() -> None:
    assert cross_val_score(TopicClassifier(), TEXTS, TOPICS, cv=4).tolist() == [1.0] * 4


def test_grid_search() -> None:
    search = GridSearchCV(TopicClassifier(), {"C": [0.1, 1.0]}, cv=2).fit(TEXTS, TOPICS)
    assert search.best_score_ == 1.0


def test_pipeline() -> None:
    strip = FunctionTransformer(lambda texts: [text.strip() for text in texts])
    pipeline = make_pipeline(strip, TopicClassifier())
    assert pipeline.fit(TEXTS, TOPICS).predict([" 执法检查 "]).tolist() == ["enforcement"]


# Groups.


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("甲乙丙丁")), min_size=2))
def test_folds_never_cut_a_group(rows: list[tuple[str, str]]) -> None:
    topics, groups = np.array([topic for topic, _ in rows]), [group for _, group in rows]
    pairs = split_folds(topics, groups, 3)
    if len(set(groups)) < 2:
        return
    assert sorted(i for _, test in pairs for i in test) == list(range(len(rows)))
    for train, test in pairs:
        assert not {groups[i] for i in train} & {groups[i] for i in test}
        assert sorted([*train, *test]) == list(range(len(rows)))


@given(st.lists(st.sampled_from("ab"), min_size=4))
def test_folds_without_groups_keep_every_topic_in_training(topics: list[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pairs = split_folds(np.array(topics), None, 3)
    assert bool(pairs) == (min(topics.count(topic) for topic in set(topics)) >= 2)
    for train, _ in pairs:
        assert {topics[i] for i in train} == set(topics)


def test_calibration_never_cuts_through_a_group() -> None:
    rows = [
        (f"{group}{word}第{n}期", topic, group)
        for group, topics in (("甲", "ab"), ("乙", "ba"))
        for word, topic in zip(("执法", "复议"), topics, strict=True)
        for n in range(8)
    ]
    texts, topics, groups = (list(column) for column in zip(*rows, strict=True))
    alone = TopicClassifier().fit(texts, topics).predict_proba(texts).max(axis=1)
    honest = TopicClassifier().fit(texts, topics, groups).predict_proba(texts).max(axis=1)
    assert alone.min() > 0.9  # the words of one's own report give the topic away
    assert honest.max() < 0.6  # those of another report never do


# Model files.


def test_saved_and_loaded_it_predicts_the_same(
    fitted: TopicClassifier, labels: list[LabelledSentence], tmp_path: Path
) -> None:
    fitted.save(tmp_path / "my.model")
    loaded = TopicClassifier.load(tmp_path / "my.model")
    assert loaded.get_params() == fitted.get_params()
    assert loaded.classes_.tolist() == fitted.classes_.tolist()
    assert (loaded.predict(labels) == fitted.predict(labels)).all()
    assert [tag.also for tag in loaded.predict_topics(labels)] == (
        [tag.also for tag in fitted.predict_topics(labels)]
    )
    np.testing.assert_allclose(
        loaded.predict_proba(labels), fitted.predict_proba(labels), atol=1e-3
    )


def test_saved_again_it_is_the_same_file(small: TopicClassifier, tmp_path: Path) -> None:
    one, two = tmp_path / "one.model", str(tmp_path / "two.model")
    small.save(one, note="法治")
    TopicClassifier.load(str(one)).save(two, note="法治")
    assert Path(two).read_bytes() == one.read_bytes()


def test_same_labels_same_file(labels: list[LabelledSentence], tmp_path: Path) -> None:
    some = labels[::4]
    paths = [tmp_path / "one.model", tmp_path / "two.model"]
    for path in paths:
        TopicClassifier().fit(some, [(lb.topic, *lb.also) for lb in some]).save(path, note="法治")
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_a_file_keeps_what_is_said_of_it(small: TopicClassifier, tmp_path: Path) -> None:
    small.save(tmp_path / "my.model", labels=24, files=["我的.jsonl"])
    meta, _ = read_model(tmp_path / "my.model", {})
    assert meta["meta"] == {"labels": 24, "files": ["我的.jsonl"]}


Change = Callable[[dict[str, Any], dict[str, np.ndarray[Any, Any]]], object]
SHAPES = {"keys": ("u", 1), "idf": ("f", 1), "coef": ("f", 2), "intercept": ("f", 1)}
DAMAGE: dict[str, Change] = {
    "of another kind": lambda meta, _: meta.update(kind="synonyms"),
    "no parameters": lambda meta, _: meta.pop("params"),
    "a parameter too many": lambda meta, _: meta["params"].update(max_depth=3),
    "parameters as a list": lambda meta, _: meta.update(params=[1.0, 0.3]),
    "no topics": lambda meta, _: meta.pop("classes"),
    "fewer topics": lambda meta, _: meta["classes"].pop(),
    "topics as text": lambda meta, _: meta.update(classes="enforcement"),
    "topics as a number": lambda meta, _: meta.update(classes=3),
    "topics as null": lambda meta, _: meta.update(classes=None),
    "topics in topics": lambda meta, _: meta.update(classes=[[t] for t in meta["classes"]]),
    "no temperature": lambda meta, _: meta.pop("temperature"),
    "temperature as text": lambda meta, _: meta.update(temperature="warm"),
    "threshold as a list": lambda meta, _: meta.update(also_threshold=[0]),
    "fewer n-grams": lambda _, arrays: arrays.update(keys=arrays["keys"][:-1]),
    "fewer weights": lambda _, arrays: arrays.update(coef=arrays["coef"][:-1]),
    "fewer columns": lambda _, arrays: arrays.update(coef=arrays["coef"][:, :3]),
    "weights in a row": lambda _, arrays: arrays.update(coef=arrays["coef"].ravel()),
    "fewer frequencies": lambda _, arrays: arrays.update(idf=arrays["idf"][:-1]),
    "fewer intercepts": lambda _, arrays: arrays.update(intercept=arrays["intercept"][:-1]),
    "n-grams as fractions": lambda _, arrays: arrays.update(keys=arrays["keys"].astype(float)),
    "no weights": lambda _, arrays: arrays.pop("coef"),
}


@pytest.mark.parametrize("change", DAMAGE.values(), ids=DAMAGE)
def test_a_model_that_does_not_fit_together(
    small: TopicClassifier, tmp_path: Path, change: Change
) -> None:
    path = tmp_path / "my.model"
    small.save(path)
    meta, arrays = read_model(path, SHAPES)
    change(meta, arrays)
    write_model(path, meta, arrays)
    with pytest.raises(ModelError, match=r"my\.model: ") as caught:
        TopicClassifier.load(path)
    assert "\n" not in str(caught.value)


def test_a_model_of_a_newer_format(small: TopicClassifier, tmp_path: Path) -> None:
    small.save(tmp_path / "my.model")
    with zipfile.ZipFile(tmp_path / "my.model") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["meta.json"] = json.dumps({"format": FORMAT + 1}).encode()
    with zipfile.ZipFile(tmp_path / "newer.model", "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(ModelError, match="update gongwen"):
        TopicClassifier.load(tmp_path / "newer.model")


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.9, 0.999])
def test_a_model_cut_short(small: TopicClassifier, tmp_path: Path, share: float) -> None:
    path = tmp_path / "my.model"
    small.save(path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(ModelError, match=r"my\.model"):
        TopicClassifier.load(path)


def test_a_damaged_model(small: TopicClassifier, tmp_path: Path) -> None:
    path = tmp_path / "my.model"
    small.save(path)
    whole, right = path.read_bytes(), TopicClassifier.load(path).predict_topics(TEXTS)
    noticed = 0
    for at in range(0, len(whole) - 20, 40):
        path.write_bytes(whole[:at] + bytes(20) + whole[at + 20 :])
        try:
            assert TopicClassifier.load(path).predict_topics(TEXTS) == right
        except ModelError as error:
            assert str(error).startswith("my.model: ")
            noticed += 1
    assert noticed > len(whole) / 40 * 0.8


def test_a_missing_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"my\.model: no such model file"):
        TopicClassifier.load(tmp_path / "my.model")


# What ships.


def test_the_shipped_model_knows_the_shipped_topics(ours: TopicClassifier) -> None:
    assert ours.classes_.tolist() == sorted(Taxonomy.shipped().topics.slugs)


def test_the_shipped_model_is_what_the_shipped_labels_give(
    ours: TopicClassifier, fitted: TopicClassifier, labels: list[LabelledSentence]
) -> None:
    assert float(np.mean(ours.predict(labels) == fitted.predict(labels))) > 0.995
    assert ours.temperature_ == pytest.approx(fitted.temperature_, rel=0.05)
    assert ours.also_threshold_ == pytest.approx(fitted.also_threshold_, abs=0.1)


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


def test_what_scikit_learn_users_expect_of_misuse() -> None:
    from sklearn.exceptions import NotFittedError

    with pytest.raises(NotFittedError, match="call fit or load first"):
        TopicClassifier().predict(["复议"])
    with pytest.raises(ValueError, match="give a list of sentences"):
        TopicClassifier.shipped().predict("复议")


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
