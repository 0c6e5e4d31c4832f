"""The loop in which users teach a library: correct, train, compare, retag, roll back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import gongwen
from gongwen.nlp import TopicClassifier
from gongwen.nlp.records import Tag
from gongwen.results import TagChange

from .conftest import SEED_REPORTS, Command

REPORT = """{region}2022年法治政府建设工作总结

  一、推进“阳光窗口”建设
  全年窗口接件{n}件。窗口人员轮流坐班。群众评议满意。
  二、开展“法治赶集”活动
  在集市摆摊{n}场。赠送小礼品。
"""


@pytest.fixture
def library(tmp_path: Path) -> gongwen.Library:
    folder = tmp_path / "reports"
    folder.mkdir()
    for n, region in enumerate(("甲县", "乙县", "丙县"), 3):
        (folder / f"{region}.txt").write_text(REPORT.format(region=region, n=n), "utf-8")
    opened = gongwen.open(tmp_path / "library")
    opened.add([folder])
    return opened


def place(library: gongwen.Library, report: str, text: str) -> int:
    return next(s.n for s in library.sentences(report) if text in s.text)


def test_a_correction_is_seen_at_once_and_never_overwritten(library: gongwen.Library) -> None:
    n = place(library, "甲县", "轮流坐班")
    for topic in ("放管服", "行政执法"):
        fixed = library.correct("甲县", n, topic, also=["监督"], author="小王", note="试")
    assert (fixed.topic, fixed.also, fixed.probability) == ("enforcement", ("oversight",), 1.0)
    assert fixed.corrected
    [hit] = library.search("轮流坐班", topics=["行政执法"], reports=["甲县"])
    assert (hit.topic, hit.also) == ("enforcement", ("oversight",))
    assert library.search("轮流坐班", topics=["监督"], reports=["甲县"]).total == 1
    assert [c.topic for c in library.corrections()] == ["licensing-reform", "enforcement"]
    assert {c.author for c in library.corrections()} == {"小王"}


def test_a_correction_keeps_the_words_of_the_index(library: gongwen.Library) -> None:
    before = [(h.place, h.score) for h in library.search("窗口人员")]
    library.correct("甲县", place(library, "甲县", "轮流坐班"), "普法", role="问题")
    assert [(h.place, h.score) for h in library.search("窗口人员")] == before
    assert [h.report.id for h in library.search("role:问题")] == ["甲县"]


def test_a_correction_survives_reindexing_and_a_changed_report(
    library: gongwen.Library, tmp_path: Path
) -> None:
    library.correct("甲县", place(library, "甲县", "轮流坐班"), "普法")
    library.reindex()
    assert library.search("轮流坐班", topics=["普法"]).total == 1
    path = tmp_path / "reports" / "甲县.txt"
    path.write_text("甲县的新标题总结\n\n" + path.read_text("utf-8"), "utf-8")
    assert [o.status for o in library.add([path])] == ["replaced"]
    assert library.search("轮流坐班", topics=["普法"]).total == 1
    assert library.search("轮流坐班", reports=["甲县"]).hits[0].topic == "legal-publicity"


def test_a_library_that_was_closed_before_indexing_a_correction_catches_up(
    library: gongwen.Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gongwen.index.whoosh_engine import WhooshEngine

    def dies(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(WhooshEngine, "retag", dies)
        with pytest.raises(KeyboardInterrupt):
            library.correct("甲县", place(library, "甲县", "轮流坐班"), "普法")
    library.close()
    with gongwen.open(library.folder) as again:
        assert again.search("轮流坐班", topics=["普法"]).total == 1


OUTLINE = """某县2023年法治政府建设情况报告

一、主要工作
（一）开展规划实施情况评估
市委依法治市办组织中期评估。法治督察组对各县法治建设任务进行督导。
（二）关口前移
法律顾问审查合同240份。公职律师出具法律意见书30份。
"""


def test_tagging_again_gives_what_adding_gives(tmp_path: Path) -> None:
    """Also where headings take topics from sections, and reports begin as others end."""
    for number in range(3):
        (tmp_path / f"{number}.txt").write_text(OUTLINE.replace("某", "甲乙丙"[number]), "utf-8")
    with gongwen.open(tmp_path / "library") as library:
        library.add(sorted(tmp_path.glob("*.txt")))
        generation = library.status()["generation"]
        assert not list(library.tag_changes())
        assert not library.retag()
        assert library.status()["generation"] == generation  # nothing was written
        stored = list(library._store.all_sentences())
        assert {s.topic for s in stored if "关口前移" in s.text} == {"legal-counsel"}
        assert {s.topic for s in stored if "规划实施" in s.text} == {"leadership"}
        changes = [TagChange(s, Tag("unsure", (), 0.1)) for s in stored]
        library._store.tags.retag(changes)
        assert len(library.retag()) == sum(s.kind != "boilerplate" for s in stored)
        again = list(library._store.all_sentences())
        assert again == stored


@pytest.mark.usefixtures("shipped_labels")
def test_the_whole_story(library: gongwen.Library) -> None:
    """Add reports, correct tags, train, compare, retag, find the sentence, roll back."""
    wrong = ["轮流坐班", "窗口接件", "集市摆摊", "赠送小礼品", "群众评议"]
    for report in ("甲县", "乙县"):
        for text in wrong:
            library.correct(report, place(library, report, text), "public-safety")
    before = {h.topic for h in library.search("轮流坐班", reports=["丙县"])}
    assert before != {"public-safety"}

    comparison = library.train(force=True)
    assert comparison.version == 1 and comparison.activated
    assert comparison.after.sentences == comparison.before.sentences
    assert [(m.version, m.active) for m in library.models.versions()] == [(0, False), (1, True)]

    planned = [(c.sentence.report, c.sentence.n) for c in library.tag_changes()]
    assert "丙县" in {report for report, _ in planned}
    changed = library.retag()
    assert any("轮流坐班" in c.sentence.text for c in changed)
    assert library.search("轮流坐班", topics=["平安"]).total == 3
    assert not library.retag()

    library.models.use(0)
    library.retag()
    assert {h.topic for h in library.search("轮流坐班", reports=["丙县"])} == before
    assert {h.topic for h in library.search("轮流坐班", reports=["甲县"])} == {"public-safety"}


SAID = (
    "早春开工", "汛期停摆过", "由乡里出钱", "请专家看了", "冬闲时修整", "群众都满意", "缺人照管",
    "比去年好些", "账目已公示", "明年再扩建",
)  # fmt: skip
"""Ten things to say of anything, so that no sentence is a near-copy of another."""


def test_a_model_that_is_worse_is_kept_but_not_used(
    library: gongwen.Library, tmp_path: Path
) -> None:
    """Labels from which what is learnt in one group is wrong in the other."""
    topics = tmp_path / "topics.toml"
    words = {"farm": ("农田", "小麦亩产", "水稻"), "road": ("道路", "公路里程", "桥梁")}
    topics.write_text(
        "".join(f'[[topics]]\nslug = "{s}"\nzh = "{zh[0]}"\n' for s, zh in words.items()), "utf-8"
    )

    every = [(s, word, group) for s, zh in words.items() for word in zh[1:] for group in "甲乙"]

    def labels(name: str, ending: str, topic: dict[str, str] | None = None) -> Path:
        path = tmp_path / name
        rows = [
            {
                "text": f"{word}{ending}{said}，{SAID[::-1][(n + shift) % len(SAID)]}",
                "topic": topic[group] if topic else slug,
                "group": group,
            }
            for shift, (slug, word, group) in enumerate(every)
            for n, said in enumerate(SAID)
        ]
        rows = [row | {"text": f"{row['group']}{row['text']}"} for row in rows]
        path.write_text("\n".join(json.dumps(r, ensure_ascii=False) for r in rows) + "\n", "utf-8")
        return path

    good = labels("good.jsonl", "第")
    # What one group says of these sentences, the other contradicts.
    nonsense = labels("nonsense.jsonl", "补录", {"甲": "farm", "乙": "road"})
    first = library.train([good], topics=topics)
    assert first.activated and first.before is None
    result = library.train([good, nonsense])
    assert result.worse and not result.activated
    assert library.models.active == first.version
    assert library.models.numbers() == [0, first.version, result.version]
    forced = library.train([good, nonsense], force=True)
    assert forced.worse and forced.activated


def test_explanations_add_up_to_the_score() -> None:
    classifier = TopicClassifier.shipped()
    for text in ("全年办理行政复议案件4件。", "聘请３名律师 担任縣政府法律顧問。", "。", "𠀀"):
        first, *_ = why = classifier.explain(text)
        scores = classifier.decision_function([text])[0]
        assert next(w.topic for w in why) == classifier.predict([text])[0]
        assert first.score == pytest.approx(scores.max(), abs=1e-4)
        for one in why:
            for part in one.parts:
                assert part.text == text[part.start : part.end]
                assert part.weight
    strongest = classifier.explain("全年办理行政复议案件4件。")[0].parts[0]
    assert "复议" in strongest.text and strongest.weight > 0


def test_commands(gongwen_in: Callable[[Path], Command], tmp_path: Path, label_count: int) -> None:
    run = gongwen_in(tmp_path / "library")
    run("add", str(SEED_REPORTS))
    ran = run("correct", "wugong-2020:81", "行政执法", "--also", "监督", "--by", "小王")
    assert (ran.code, ran.out) == (0, "")
    assert "corrected wugong-2020:81 from " in ran.err and " to 行政执法" in ran.err
    [shown] = [
        u for u in run("show", "wugong-2020:81", "--format", "json").json()["units"] if u["n"] == 81
    ]
    assert (shown["topic"], shown["also"], shown["corrected"]) == (
        "enforcement",
        ["oversight"],
        True,
    )
    [model] = run("models", "list", "--format", "json").json()["models"]
    assert (model["version"], model["active"], model["labels"]) == (0, True, label_count)
    assert run("models", "show", "0").out.startswith("# Model card")
    assert "0 sentences would change" in run("retag", "--dry-run").err
    row = run("tag", "全年办理行政复议案件4件。", "--explain", "--format", "jsonl").lines()[0]
    assert next(topic["topic"] for topic in row["explanation"]) == "reconsideration"
    assert "复议" in run("tag", "全年办理行政复议案件4件。", "--explain").out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("correct", "wugong-2020:27", "执发"), "did you mean 行政执法"),
        (("correct", "wugong-2020:27", "执法", "--also", "没有"), "unknown topic '没有'"),
        (("correct", "wugong-2020:27", "执法", "--role", "没有"), "unknown role '没有'"),
        (("correct", "wugong-2020:99", "执法"), "unknown sentence"),
        (("correct", "没有:1", "执法"), "unknown report"),
        (("correct", "wugong-2020", "执法"), "give a sentence as REPORT:N"),
        (("models", "use", "7"), "unknown model version '7'; there are 0"),
        (("models", "show", "7"), "unknown model version '7'"),
        (("train", "没有.jsonl"), "no such file"),
    ],
)
def test_bad_input_says_what_to_do(
    seed_cli: Command, arguments: tuple[str, ...], said: str
) -> None:
    ran = seed_cli(*arguments)
    assert (ran.code, ran.out) == (1, "")
    assert said in ran.err
    assert len(ran.err.splitlines()) == 1


def test_models_as_csv(seed_cli: Command, label_count: int) -> None:
    head, row = seed_cli("models", "list", "--format", "csv").out.splitlines()
    assert head.removeprefix("\ufeff").startswith("version,active,created,labels")
    assert row.startswith(f"0,True,,{label_count},")
