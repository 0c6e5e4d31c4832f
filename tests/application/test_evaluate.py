"""The evaluate command: which model, on which sentences, what it says and what it refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from gongwen.catalog import use_language
from gongwen.cli import evaluate as evaluate_command
from gongwen.cli import output
from gongwen.cli.text_width import columns
from gongwen.nlp import Taxonomy
from gongwen.nlp.seeds import shipped
from gongwen.storage.models import ModelStore
from gongwen.training.train import train_model

from .conftest import Command

TWO = ["提出复议。", "参加普法。"]
TOPICS = ["reconsideration", "legal-publicity"]


def label_file(path: Path, rows: list[dict[str, object]]) -> Path:
    lines = (json.dumps(row, ensure_ascii=False) for row in rows)
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def two_topics(count: int, group: str = "") -> list[dict[str, object]]:
    """Return ``count`` sentences of each of two topics, none of them like another."""
    return [
        {"text": f"{name(f'{group}{topic}{n}')}{text}", "topic": topic, "group": group}
        for n in range(count)
        for text, topic in zip(TWO, TOPICS, strict=True)
    ]


def name(seed: str) -> str:
    """Return six characters that no other name has in this order."""
    return "".join(chr(0x4E00 + b * 64) for b in sha256(seed.encode()).digest()[:6])


@pytest.fixture
def own_model(tmp_path: Path) -> ModelStore:
    """A library whose active model knows two topics only."""
    folder = tmp_path / "library"
    folder.mkdir()
    models = ModelStore(folder / "models")
    topics = tmp_path / "topics.toml"
    topics.write_text(
        "".join(
            f'[[topics]]\nslug = "{topic}"\nzh = "{topic}"\n'
            for topic in (*TOPICS, "open-government")
        ),
        "utf-8",
    )
    labels = label_file(tmp_path / "两类.jsonl", two_topics(6))
    trained = train_model([labels], Taxonomy.load(topics), created="2024-05-06T07:08:09Z")
    models.use(models.add(trained))
    return models


def test_the_shipped_model_on_the_check_set(cli: Command, label_count: int) -> None:
    found = cli("evaluate", "--format", "json").json()
    assert found["model"]["version"] == 0
    assert found["model"]["labels"] == label_count
    assert found["data"]["files"] == ["seeds/check.jsonl"]
    assert (found["data"]["sentences"], found["data"]["trained_on"]) == (408, 0)
    assert found["macro_f1"] > 0.93
    assert found["micro_f1"] == found["accuracy"]
    matrix = found["confusion"]["counts"]
    assert found["confusion"]["topics"] == [t["topic"] for t in found["topics"]]
    assert [sum(row) for row in matrix] == [t["support"] for t in found["topics"]]
    right = sum(matrix[i][i] for i in range(len(matrix)))
    assert right == 408 - len(found["mistakes"])
    assert sum(pair["count"] for pair in found["confused"]) == len(found["mistakes"])
    assert sum(b["sentences"] for b in found["reliability"]) == 408
    assert [c["percent"] for c in found["coverage"]] == [100, 90, 80]
    assert found["coverage"][0]["accuracy"] == found["accuracy"]


def test_what_a_person_sees(cli: Command) -> None:
    ran = cli("evaluate")
    assert ran.code == 0
    for slug in Taxonomy.shipped().topics.slugs:
        assert slug in ran.out
    for words in ("macro-F1", "micro-F1", "also F1", "plain", "hard", "accuracy", "(ECE)"):
        assert words in ran.out
    assert "at 90 % coverage" in ran.out and "at 80 % coverage" in ran.out
    model, trained_on, dropped = ran.err.splitlines()
    assert (
        model == "model 0 (shipped), 408 sentences (408 distinct) in 1 group of seeds/check.jsonl"
    )
    assert dropped.startswith("keywords that labels contradict, and that are not used: ")
    assert trained_on == "none of these sentences was trained on"


def test_sentences_that_were_trained_on_are_counted(cli: Command, tmp_path: Path) -> None:
    seen = shipped("labels.jsonl").read_text("utf-8").splitlines()[:37]
    unseen = shipped("check.jsonl").read_text("utf-8").splitlines()[:13]
    path = tmp_path / "混合.jsonl"
    path.write_text("\n".join([*seen, *unseen]), "utf-8")
    ran = cli("evaluate", str(path), "--format", "json")
    assert ran.json()["data"]["trained_on"] == 37
    assert "37 of these 50 sentences were trained on: the figures flatter" in ran.err


def test_the_active_model_is_the_one_that_is_evaluated(
    cli: Command, own_model: ModelStore, tmp_path: Path
) -> None:
    path = label_file(tmp_path / "新.jsonl", two_topics(9))
    found = cli("evaluate", str(path), "--format", "json").json()
    assert found["model"] == {
        "version": 1, "created": "2024-05-06T07:08:09Z", "labels": 12,
        "labels_sha256": own_model.load().meta_["labels_sha256"], "dropped_keywords": {},
    }  # fmt: skip
    assert (found["data"]["trained_on"], found["data"]["sentences"]) == (12, 18)
    own_model.use(0)
    assert cli("evaluate", str(path), "--format", "json").json()["model"]["version"] == 0


def test_topics_that_the_model_does_not_have_are_named(
    cli: Command, own_model: ModelStore, tmp_path: Path
) -> None:
    rows = [*two_topics(2), {"text": "政务公开。", "topic": "open-government"}]
    ran = cli("evaluate", str(label_file(tmp_path / "三类.jsonl", rows)), "--format", "json")
    assert ran.json()["data"]["unknown_topics"] == ["open-government"]
    assert ran.json()["accuracy"] == 0.8
    assert "does not have these topics, and cannot get them right: open-government" in ran.err
    ran = cli("evaluate", str(label_file(tmp_path / "他类.jsonl", rows[-1:])))
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.splitlines() == [
        "gongwen: the model has none of these topics: open-government; train it on them first"
    ]


def test_one_topic_is_enough_to_test_on(cli: Command, tmp_path: Path) -> None:
    path = label_file(tmp_path / "一类.jsonl", [{"text": "办理行政复议案件4件。", "topic": "复议"}])
    [topic] = cli("evaluate", str(path), "--format", "json").json()["topics"]
    assert (topic["topic"], topic["recall"], topic["support"]) == ("reconsideration", 1.0, 1)


# Cross-validation.


def test_cross_validation_of_what_the_model_was_trained_on(
    cli: Command, own_model: ModelStore
) -> None:
    ran = cli("evaluate", "--cross-validate", "--format", "json")
    data = ran.json()["data"]
    assert (data["files"], data["sentences"], data["folds"]) == (["两类.jsonl"], 12, 6)
    assert data["trained_on"] == 0
    assert ran.json()["accuracy"] == 1.0
    assert "6 folds by sentence, for there is one group" in ran.err


def test_cross_validation_of_labels_by_group(cli: Command, tmp_path: Path) -> None:
    rows = [row for group in "甲乙丙" for row in two_topics(3, group=group)]
    ran = cli("evaluate", str(label_file(tmp_path / "组.jsonl", rows)), "--cross-validate")
    assert ran.code == 0
    assert "18 sentences (18 distinct) in 3 groups of 组.jsonl" in ran.err
    assert "cross-validation, 3 folds by group" in ran.err


def test_a_topic_that_cannot_be_held_out_is_named_and_the_rest_is_measured(
    cli: Command, tmp_path: Path
) -> None:
    rows = [row for group in "甲乙" for row in two_topics(3, group=group)]
    rows += [{"text": "修路三公里。", "topic": "其他", "group": "丙"}]
    path = label_file(tmp_path / "组.jsonl", rows)
    ran = cli("evaluate", str(path), "--cross-validate", "--format", "json")
    data = ran.json()["data"]
    assert (data["sentences"], data["apart"], data["untested_topics"]) == (12, 1, {"other": 1})
    assert "1 more are trained on in every fold" in ran.err
    assert "not measured, for fewer than two distinct labels: 其他 (1)" in ran.err


# Kinds of figures.


def test_near_copies_are_counted_once(cli: Command, tmp_path: Path) -> None:
    openings = ("", "据统计，", "今年以来，", "全年共计，", "经汇总，")
    rows = [
        {"text": opening + text, "topic": topic} for opening in openings for text, topic in DISTINCT
    ]
    path = label_file(tmp_path / "近似.jsonl", rows)
    for more in ((), ("--cross-validate", "--html", str(tmp_path / "页.html"))):
        ran = cli("evaluate", str(path), *more, "--format", "json")
        data = ran.json()["data"]
        assert (data["sentences"], data["distinct"]) == (40, 8)
        assert "40 sentences (8 distinct)" in ran.err
    assert "40 sentences (8 distinct)" in (tmp_path / "页.html").read_text("utf-8")


DISTINCT = [
    ("维持复议决定若干件", "reconsideration"),
    ("出庭应诉负责人到场", "reconsideration"),
    ("败诉案件逐一复盘", "reconsideration"),
    ("受理窗口搬进大厅", "reconsideration"),
    ("送法进校园讲民法典", "legal-publicity"),
    ("宪法宣誓在广场举行", "legal-publicity"),
    ("普法短剧赶集演出", "legal-publicity"),
    ("法治灯谜挂满长廊", "legal-publicity"),
]
"""Sentences that have hardly a word in common."""


def test_each_figure_has_its_kind(cli: Command, own_model: ModelStore, tmp_path: Path) -> None:
    path = label_file(tmp_path / "新.jsonl", two_topics(9))
    ran = cli("evaluate", str(path), "--format", "json")
    own, earlier = ran.json()["measures"]
    assert own == {
        "kind": "own file", "macro_f1": 1.0, "sentences": 18, "distinct": 18, "trained_on": 12,
    }  # fmt: skip
    assert (earlier["kind"], earlier["trained_on"]) == ("cross-validation", 0)
    shown = cli("evaluate", str(path)).out
    assert re.search(r"own file +1\.000 +18 +18 +12\n", shown)
    assert re.search(r"cross-validation +[01]\.\d+ +12 +12 +none\n", shown)
    own_model.use(0)
    kinds = [one["kind"] for one in cli("evaluate", "--format", "json").json()["measures"]]
    assert kinds[:2] == ["check set", "cross-validation"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_name_is_broken_at_eighty_columns(
    seed_cli: Command, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    monkeypatch.setattr(evaluate_command, "width", lambda: 80)
    monkeypatch.setattr(output, "width", lambda: 80)
    ran = seed_cli("--lang", language, "evaluate")
    listed = seed_cli("--lang", language, "models", "list")
    use_language("en")
    for topic in Taxonomy.shipped().topics:
        assert topic.zh in ran.out
    assert ("自带标注" if language == "zh" else "shipped labels") in listed.out
    for line in (*ran.out.splitlines(), *listed.out.splitlines()):
        assert columns(line) <= 80


# What cannot be evaluated.


@pytest.mark.parametrize("more", [(), ("--cross-validate",)])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "labels.jsonl: no such file"),
        (b"", "the file is empty"),
        (b"\n# nothing\n", "no labels"),
        ('{"text": "执法。", "topic": "执发"}'.encode(), "labels.jsonl:1: unknown topic '执发'"),
        (
            '{"text": "执法。", "topic": "执法"}'.encode("gbk") + b"\xff\xff",
            "not UTF-8 or GB18030; save it as UTF-8 first",
        ),
        (b"{", "labels.jsonl:1: not JSON"),
        (b'{"topic": "other"}', "labels.jsonl:1: text is missing"),
    ],
)
def test_bad_labels_get_one_line(
    cli: Command, tmp_path: Path, content: bytes | None, said: str, more: tuple[str, ...]
) -> None:
    path = tmp_path / "labels.jsonl"
    if content is not None:
        path.write_bytes(content)
    ran = cli("evaluate", str(path), *more)
    assert (ran.code, ran.out) == (1, "")
    assert len(ran.err.splitlines()) == 1
    assert said in ran.err


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            two_topics(1),
            "too few labels to cross-validate: give two or more distinct sentences of each",
        ),
        (two_topics(3)[::2], "labels of at least two topics are needed"),
    ],
    ids=["one a topic", "one topic"],
)
def test_labels_that_cannot_be_cut_get_one_line(
    cli: Command, tmp_path: Path, rows: list[dict[str, object]], said: str
) -> None:
    ran = cli("evaluate", str(label_file(tmp_path / "少.jsonl", rows)), "--cross-validate")
    assert (ran.code, ran.out) == (1, "")
    assert len(ran.err.splitlines()) == 1
    assert said in ran.err


def test_a_damaged_model_gets_one_line(cli: Command, own_model: ModelStore) -> None:
    own_model.path(1).write_bytes(b"junk")
    ran = cli("evaluate")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("gongwen: 0001.npz: damaged")


# The page.


def test_a_page_is_written_whole_and_is_the_same_each_time(cli: Command, tmp_path: Path) -> None:
    page, again = tmp_path / "评估.html", tmp_path / "再评.html"
    ran = cli("evaluate", "--html", str(page))
    assert ran.code == 0 and "macro-F1" in ran.out
    assert ran.err.splitlines()[-1] == f"wrote {page}"
    again.write_text("an older page", "utf-8")
    cli("evaluate", "--html", str(again))
    assert again.read_bytes() == page.read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([page.name, again.name])


def test_a_page_goes_through_a_link(cli: Command, tmp_path: Path) -> None:
    link, page = tmp_path / "链接.html", tmp_path / "评估.html"
    link.symlink_to(page)
    assert cli("evaluate", "--html", str(link)).code == 0
    assert link.is_symlink() and page.read_text("utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("place", "said"),
    [(".", "a folder; name a file to write"), ("没有/评估.html", "no such folder; make it first")],
)
def test_a_page_that_cannot_be_written_is_said_before_the_work(
    gongwen_in: Callable[[Path], Command],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    said: str,
) -> None:
    import gongwen.training.evaluate

    monkeypatch.setattr(gongwen.training.evaluate, "cross_validate_model", None)
    run = gongwen_in(tmp_path / "library")
    ran = run("evaluate", "--cross-validate", "--html", str(tmp_path / place))
    assert (ran.code, ran.out) == (1, "")
    assert len(ran.err.splitlines()) == 1
    assert said in ran.err


def test_labels_are_never_overwritten_by_a_page(cli: Command, tmp_path: Path) -> None:
    path = label_file(tmp_path / "标注.jsonl", two_topics(1))
    before = path.read_bytes()
    ran = cli("evaluate", str(path), "--html", str(path))
    assert (ran.code, ran.out) == (2, "")
    assert path.read_bytes() == before
