"""Topics of one's own, in another field: customer reviews of a restaurant."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gongwen.catalog import use_language
from gongwen.nlp import Taxonomy, TopicClassifier
from gongwen.training.train import check_labels

from .conftest import Command, Ran

TOPICS = """
[[topics]]
slug = "taste"
zh = "口味"
keywords = ["好吃", "味道", "太咸", "鲜美", "难吃"]

[[topics]]
slug = "service"
zh = "服务"
keywords = ["服务员", "态度", "热情", "上菜慢", "老板"]

[[topics]]
slug = "price"
zh = "价格"
aliases = ["价钱"]
keywords = ["便宜", "太贵", "性价比", "优惠", "团购"]
"""
REVIEWS = """二月十日用餐点评

红烧肉味道正宗，肥而不腻。酸菜鱼鲜美，鱼片滑嫩。毛血旺太咸，花椒放多了。花椒鸡好吃，鱼片也新鲜。
服务员倒水很勤快。老板热情，还帮忙照看孩子。前台态度冷淡，叫了三遍才来倒水。上菜慢，前台也不催。
人均六十，便宜实惠。团购套餐两个人够吃，人均四十。酒水太贵，结账吓一跳。优惠券结账时不能用。
花椒和鱼片都很新鲜。前台忘了倒水。人均不到五十，结账爽快。
"""


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    yield
    use_language("en")


@pytest.fixture
def topics(tmp_path: Path) -> Path:
    path = tmp_path / "点评.toml"
    path.write_text(TOPICS, "utf-8")
    return path


@pytest.fixture
def run(gongwen_in: Callable[[Path], Command], tmp_path: Path) -> Command:
    (tmp_path / "点评.txt").write_text(REVIEWS, "utf-8")
    command = gongwen_in(tmp_path / "library")
    assert command("add", str(tmp_path / "点评.txt")).code == 0
    return command


def topic_of(run: Command, text: str) -> str:
    [row] = run("tag", text, "--format", "jsonl").lines()
    return str(row["topic"])


def test_keywords_then_labels_then_back(run: Command, topics: Path, tmp_path: Path) -> None:
    ran = run("train", "--topics", str(topics), "--force")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err.splitlines() == [
        "learnt from 15 keywords, 16 sentences without a label",
        "not measured: that takes two topics with two distinct labels each",
        "model 1 is active by --force (not measured); gongwen retag tags with it",
    ]
    assert run("retag").code == 0
    # A word that is no keyword was learnt from the library's own sentences.
    found = {hit["text"] for hit in run("search", "topic:口味", "--format", "jsonl").lines()}
    assert "花椒和鱼片都很新鲜。" in found and "前台忘了倒水。" not in found
    assert [t["topic"] for t in run("topics", "--format", "json").json()["topics"]] == [
        "taste",
        "service",
        "price",
    ]
    assert topic_of(run, "鱼片新鲜") == "taste"
    assert run("search", "--topic", "行政执法").code == 1
    assert "from keywords alone" in run("models", "show", "1").out

    # A few labels: measured, kept as another version of the same topics.
    labels = tmp_path / "标注.csv"
    rows = [("打包盒两块一个", "价钱"), ("停车免费", "价格"), ("等位一小时", "服务"),
            ("包间要提前订", "服务"), ("米饭夹生", "口味"), ("饺子皮厚", "口味")]  # fmt: skip
    labels.write_text("text,topic\n" + "".join(f"{t},{topic}\n" for t, topic in rows), "utf-8")
    ran = run("train", str(labels), "--force")
    assert ran.code == 0, ran.err
    assert "learnt from 6 labels of yours, 15 keywords" in ran.err
    assert "macro-F1" in ran.out
    assert topic_of(run, "等位一小时") == "service"
    figures = run("evaluate", str(labels), "--format", "json").json()
    assert (figures["accuracy"], figures["data"]["trained_on"]) == (1.0, 6)
    assert run("evaluate", "--cross-validate", "--format", "json").json()["data"]["folds"] == 2
    ran = run("evaluate")
    assert (ran.code, "give files of labels" in ran.err) == (1, True)

    # Corrections are of these topics.
    place = run("search", "结账爽快", "--format", "jsonl").lines()[0]
    assert run("correct", f"{place['report']}:{place['n']}", "服务").code == 0
    [hit] = run("search", "结账爽快 topic:服务", "--format", "jsonl").lines()
    assert hit["probability"] == 1

    # The way back: the shipped model and the shipped topics.
    assert run("models", "use", "0").code == 0
    assert run("retag").code == 0
    assert topic_of(run, "全年办理行政复议案件4件。") == "reconsideration"
    assert run("search", "--topic", "行政执法").code == 0
    assert run("search", "topic:口味", "--format", "json").code == 1
    # And forward again: the correction was kept all the while.
    run("models", "use", "2")
    run("retag")
    [hit] = run("search", "结账爽快 topic:服务", "--format", "jsonl").lines()
    assert hit["probability"] == 1


def test_rename_merge_and_split(run: Command, topics: Path, tmp_path: Path) -> None:
    run("train", "--topics", str(topics), "--force")
    run("retag")
    place = run("search", "结账爽快", "--format", "jsonl").lines()[0]
    run("correct", f"{place['report']}:{place['n']}", "服务")
    other = run("search", "花椒和鱼片", "--format", "jsonl").lines()[0]
    run("correct", f"{other['report']}:{other['n']}", "口味")

    # price gets another slug, service and taste are split off or merged through aliases.
    topics.write_text(
        TOPICS.replace('"service"\nzh = "服务"', '"staff"\nzh = "人员"\naliases = ["service"]')
        .replace('"taste"\nzh = "口味"', '"dish"\nzh = "菜品"'),
        "utf-8",
    )  # fmt: skip
    ran = run("train", "--topics", str(topics), "--force")
    assert "1 labels are of topics that there are not" in ran.err
    assert "1 corrections" in ran.err
    assert run("retag").code == 0
    hit = run("search", "结账爽快", "--format", "jsonl").lines()[0]
    assert (hit["topic"], hit["probability"]) == ("staff", 1)
    hit = run("search", "花椒和鱼片", "--format", "jsonl").lines()[0]
    assert hit["topic"] == "dish" and hit["probability"] < 1


def test_the_shipped_labels_serve_a_copy_of_the_shipped_topics(
    gongwen_in: Callable[[Path], Command], tmp_path: Path
) -> None:
    run = gongwen_in(tmp_path / "library")
    source = run("topics", "--source").out
    own = tmp_path / "own.toml"
    own.write_text(
        source.replace('slug = "enforcement"', 'slug = "law"').replace(
            '"行政执法"\naliases = [', '"行政执法"\naliases = ["enforcement", '
        ),
        "utf-8",
    )
    taxonomy = Taxonomy.load(own)
    assert taxonomy.topics.find("enforcement") == "law"
    assert taxonomy.shipped_labels
    checked = check_labels(taxonomy)
    assert "law" in {label.topic for label in checked}
    assert len(checked) == len(check_labels(Taxonomy.shipped()))


BAD: dict[str, tuple[str, str]] = {
    "one topic": (
        '[[topics]]\nslug = "a"\nzh = "甲"\nkeywords = ["甲乙"]\n',
        "at least two topics are needed",
    ),
    "no keywords and no labels": (
        '[[topics]]\nslug = "a"\nzh = "甲"\n[[topics]]\nslug = "b"\nzh = "乙"\n',
        "labels or keywords of at least two topics are needed",
    ),
    "no topics": ("", "needs at least one [[topics]] entry"),
    "not TOML": ("[[topics", "点评.toml:1: "),
}


@pytest.mark.parametrize(("source", "said"), BAD.values(), ids=BAD)
def test_topics_that_cannot_be_trained(run: Command, topics: Path, source: str, said: str) -> None:
    topics.write_text(source, "utf-8")
    ran = run("train", "--topics", str(topics))
    assert (ran.code, ran.out) == (1, "")
    assert said in ran.err.splitlines()[-1]
    assert len(ran.err.splitlines()) == 1


@pytest.mark.usefixtures("shipped_labels")
def test_roles_of_ones_own_beside_the_shipped_labels(run: Command, topics: Path) -> None:
    source = run("topics", "--source").out
    begin = source.index("[[roles]]")
    topics.write_text(source[:begin] + '[[roles]]\nslug = "deed"\nzh = "做法"\n', "utf-8")
    assert run("train", "--topics", str(topics), "--force").code == 0
    assert run("suggest", "-n", "2").code == 0


def test_files_that_disagree_but_for_a_space(run: Command, topics: Path, tmp_path: Path) -> None:
    files = []
    for name, text, topic in (("一.jsonl", "打包盒 ", "价格"), ("二.jsonl", "打包盒", "服务")):
        files.append(tmp_path / name)
        files[-1].write_text(json.dumps({"text": text, "topic": topic}) + "\n", "utf-8")
    ran = run("train", "--topics", str(topics), *map(str, files))
    assert "learnt from 1 labels of yours" in ran.err  # the last file counts
    assert run("suggest", "-n", "2").code == 0


DISHES = "红烧鱼块 凉拌木耳 酸辣粉丝 清炒豆苗 糖醋排骨 梅菜扣肉 蒜蓉生蚝 椒盐大虾".split()
STAFF = "领班 迎宾 收银 传菜 店长 保洁 厨师 值班".split()
SUMS = "二十 三十 四百 五百 六千 七千 八万 九万".split()


def sheet(path: Path, rows: list[tuple[str, str]]) -> Path:
    path.write_text("text,topic\n" + "".join(f"{t},{topic}\n" for t, topic in rows), "utf-8")
    return path


def rows_of(count: int) -> list[tuple[str, str]]:
    """Return ``count`` labels of each topic, plain ones, none like another."""
    return [
        *((f"{dish}火候正好", "口味") for dish in DISHES[:count]),
        *((f"{person}笑脸相迎招呼周到", "服务") for person in STAFF[:count]),
        *((f"结账付了{amount}块", "价格") for amount in SUMS[:count]),
    ]


def last_two(ran: Ran) -> list[str]:
    """Return what was compared, and what follows from it."""
    assert ran.code == 0, ran.err
    return ran.err.splitlines()[-2:]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            [
                "not measured: that takes two topics with two distinct labels each",
                "model 1 is not active (not measured); train --force or gongwen models use 1 takes"
                " it all the same",
            ],
        ),
        (
            "zh",
            [
                "未评估：须有两个主题，各有两条不同的标注",
                "模型 1 未启用（未评估）；仍要启用，请训练时加“--强制”，"
                "或执行“gongwen 模型 启用 1”",
            ],
        ),
    ],
)
def test_a_first_model_of_keywords_alone_is_not_used_by_itself(
    run: Command, topics: Path, language: str, said: list[str]
) -> None:
    assert last_two(run("--lang", language, "train", "--topics", str(topics))) == said
    assert topic_of(run, "全年办理行政复议案件4件。") == "reconsideration"


@pytest.mark.usefixtures("folds")
def test_a_first_model_that_is_measured_is_used_though_there_is_nothing_to_compare_with(
    run: Command, topics: Path, tmp_path: Path
) -> None:
    labels = sheet(tmp_path / "标注.csv", rows_of(8))
    compared, decision = last_two(run("train", "--topics", str(topics), str(labels)))
    assert "of 24 sentences (" in compared
    assert "model 0 has other topics, so there is nothing to compare with" in compared
    assert decision == (
        "model 1 is active (it was measured); gongwen retag tags the library with it"
    )


@pytest.mark.usefixtures("folds")
def test_what_cannot_be_measured_does_not_replace_what_could(
    run: Command, topics: Path, tmp_path: Path
) -> None:
    labels = sheet(tmp_path / "标注.csv", rows_of(8))
    assert "model 1 is active" in run("train", "--topics", str(topics), str(labels)).err
    assert "model 2 is not active (not measured)" in run("train").err
    # A topic that was measured and is not any more counts as not measured.
    fewer = [row for row in rows_of(8) if row[1] != "价格"] + [("停车免费", "价格")]
    compared, decision = last_two(run("train", str(sheet(tmp_path / "少.csv", fewer))))
    assert "compared with model 1 on the same" in compared
    assert "model 3 is not active (measured before and not now: 价格)" in decision
    forced = last_two(run("train", str(tmp_path / "少.csv"), "--force"))[1]
    assert "model 4 is active by --force (measured before and not now: 价格)" in forced


@pytest.mark.usefixtures("folds")
def test_one_label_of_a_new_topic_leaves_the_rest_measured_and_used(
    run: Command, topics: Path, tmp_path: Path
) -> None:
    labels = sheet(tmp_path / "标注.csv", rows_of(8))
    run("train", "--topics", str(topics), str(labels))
    topics.write_text(TOPICS + '[[topics]]\nslug = "view"\nzh = "环境"\n', "utf-8")
    one = sheet(tmp_path / "新.csv", [("窗外是湖", "环境")])
    ran = run("train", "--topics", str(topics), str(labels), str(one))
    compared, decision = last_two(ran)
    assert "not measured, for fewer than two distinct labels: 环境 (1)" in ran.err
    assert "compared with model 1 on the same" in compared and "of 24 sentences" in compared
    assert "model 2 is active (worse in no topic beyond chance)" in decision
    assert topic_of(run, "窗外是湖") in ("view", "taste", "service", "price")
    data = run("evaluate", "--cross-validate", "--format", "json").json()["data"]
    assert (data["apart"], data["untested_topics"]) == (1, {"view": 1})


def test_an_unknown_topic_hints_at_topics_of_ones_own(run: Command, tmp_path: Path) -> None:
    labels = sheet(tmp_path / "标注.csv", [("窗外是湖", "餐具")])
    ran = run("train", str(labels))
    assert (ran.code, len(ran.err.splitlines())) == (1, 1)
    assert "标注.csv:2: unknown topic '餐具'" in ran.err
    assert ran.err.endswith("; for topics of your own: gongwen train --topics FILE\n")
    ran = run("--lang", "zh", "train", str(labels))
    assert "标注.csv：第 2 行：没有这一主题：“餐具”" in ran.err
    assert ran.err.endswith("；使用自定主题，请执行：“gongwen 训练 --主题文件 文件名”\n")


def test_a_correction_of_a_topic_that_is_gone_stays_away_when_the_report_changes(
    run: Command, topics: Path, tmp_path: Path
) -> None:
    place = run("search", "结账爽快", "--format", "jsonl").lines()[0]
    run("correct", f"{place['report']}:{place['n']}", "行政执法")
    run("train", "--topics", str(topics), "--force")
    run("retag")
    (tmp_path / "点评.txt").write_text(REVIEWS + "鱼片新鲜。\n", "utf-8")
    assert run("add", str(tmp_path / "点评.txt")).code == 0
    hit = run("search", "结账爽快", "--format", "jsonl").lines()[0]
    assert hit["topic"] in ("taste", "service", "price")


def test_a_topic_with_nothing_to_learn_from_is_named(run: Command, topics: Path) -> None:
    topics.write_text(TOPICS + '[[topics]]\nslug = "view"\nzh = "环境"\n', "utf-8")
    ran = run("train", "--topics", str(topics))
    assert "neither labels nor keywords: 环境; no sentence will get them" in ran.err


def test_texts_beside_the_library(
    gongwen_in: Callable[[Path], Command], topics: Path, tmp_path: Path
) -> None:
    run = gongwen_in(tmp_path / "empty")
    lines = tmp_path / "点评句子.txt"
    lines.write_text(REVIEWS.replace("。", "。\n"), "utf-8")
    ran = run("train", "--topics", str(topics), "--texts", str(lines), "--force")
    assert "16 sentences without a label" in ran.err
    assert topic_of(run, "鱼片新鲜") == "taste"


def test_train_elsewhere(run: Command, topics: Path, tmp_path: Path) -> None:
    ran = run("train", "--topics", str(topics), "--output", str(tmp_path / "out"))
    assert ran.code == 0
    model = TopicClassifier.load(tmp_path / "out" / "topics.npz")
    assert model.predict(["服务员热情"]).tolist() == ["service"]
    assert json.dumps(model.meta_["files"]) == "[]"
