"""The suggest command, and the round trip from its sheet to a trained model."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gongwen.nlp import Taxonomy, TopicClassifier
from gongwen.nlp.topics.folds import near_copies
from gongwen.nlp.topics.labels import load_labels
from gongwen.results import StoredSentence
from gongwen.training.active_learning import suggest

from .conftest import Command

TEXT = """二〇二一年工作总结

今年我们在小区里装了七个充电棚，老人上下楼方便多了。
请人来讲怎么打官司，来了四十多人。
请人来讲怎么打官司，来了五十多人。
车棚怎么建先问了住户，问完才定。
上门收了三回意见，贴在楼道里。
一楼和二楼为漏水吵了半年，坐下来谈了两次就和好了。
检查了两家小饭馆，一家罚了款。
文件出台之前请律师看过。
"""


@pytest.fixture
def run(gongwen_in: Callable[[Path], Command], tmp_path: Path) -> Command:
    (tmp_path / "小区.txt").write_text(TEXT, "utf-8")
    command = gongwen_in(tmp_path / "library")
    assert command("add", str(tmp_path / "小区.txt")).code == 0
    return command


def test_the_least_certain_sentences_once_each(run: Command) -> None:
    rows = run("suggest", "-n", "5", "--format", "jsonl").lines()
    assert len(rows) == 5
    texts = [row["text"] for row in rows]
    assert len(set(near_copies(texts).tolist())) == 5
    assert sum("怎么打官司" in text for text in texts) <= 1
    for row in rows:  # each is less certain than the sentence that is plain
        [plain] = run("tag", "全年办理行政复议案件4件。", "--format", "jsonl").lines()
        assert row["probability"] < plain["probability"]
    assert all(0 <= row["probability"] <= 1 and row["guess"] != row["second"] for row in rows)
    assert "or " in run("suggest").out


def test_what_may_be_of_a_topic(run: Command) -> None:
    rows = run("suggest", "--topic", "普法", "--format", "jsonl").lines()
    assert rows
    assert all("普法宣传与法治文化" in (row["guess"], row["second"]) for row in rows)
    ran = run("suggest", "--topic", "没有")
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (1, "", 1)


def test_labelled_and_corrected_sentences_are_not_suggested(run: Command) -> None:
    first = run("suggest", "-n", "1", "--format", "jsonl").lines()[0]
    run("correct", f"{first['report']}:{first['n']}", "其他")
    assert first["text"] not in [r["text"] for r in run("suggest", "--format", "jsonl").lines()]


@pytest.mark.parametrize(
    ("labelled", "copies"),
    [
        ("请人来讲怎么打官司，来了六十多人。", 2),
        ("据统计，检查了9家小饭馆，一家罚了款。", 1),
        ("这一句在文库里没有。", 0),
    ],
)
def test_near_copies_of_a_labelled_sentence_are_not_suggested(
    run: Command, labelled: str, copies: int
) -> None:
    texts = TEXT.splitlines()[2:]
    sentences = [
        StoredSentence(n, "r", n, text, 0, 1, "", "", "achievement", "sentence", "other", (), 0.5)
        for n, text in enumerate(texts, 1)
    ]
    found = suggest(sentences, TopicClassifier.shipped(), [labelled], 20)
    suggested = [one.sentence.text for one in found]
    clusters = near_copies([labelled, *texts]).tolist()
    assert clusters.count(clusters[0]) == copies + 1
    expected = len(set(clusters[1:]) - {clusters[0]})
    assert len(suggested) == expected
    assert clusters[0] not in near_copies([labelled, *suggested]).tolist()[1:]


def test_the_seed_report_is_labelled_already(seed_cli: Command) -> None:
    ran = seed_cli("suggest")
    assert ran.code == 0
    assert "nothing to suggest" in ran.err


@pytest.mark.parametrize("name", ["待标注.xlsx", "待标注.csv", "待标注.jsonl"])
def test_fill_in_and_train(run: Command, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    ran = run("suggest", "-n", "6", "-o", str(path))
    assert (ran.code, ran.out) == (0, "")
    assert "fill in topic and gongwen train" in ran.err
    ran = run("train", str(path))
    assert (ran.code, ran.out) == (1, "")
    assert f"{name}: no labels; " in ran.err

    filled = fill_in(path, "矛盾纠纷化解")
    [label] = load_labels([path], Taxonomy.shipped())
    assert (label.text, label.topic) == (filled, "dispute-resolution")


def fill_in(path: Path, topic: str) -> str:
    """Give the second row of a file a topic, and return its text."""
    if path.suffix == ".xlsx":
        from openpyxl import load_workbook

        book = load_workbook(path)
        sheet = book.active
        head = [cell.value for cell in sheet[1]]
        sheet.cell(3, head.index("主题") + 1, topic)
        book.save(path)
        return str(sheet.cell(3, head.index("句子") + 1).value)
    if path.suffix == ".jsonl":
        rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        rows[1]["topic"] = topic
        lines = [json.dumps(row, ensure_ascii=False) for row in rows]
        path.write_text("\n".join(lines) + "\n", "utf-8")
        return str(rows[1]["text"])
    rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))
    rows[1]["topic"] = topic
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(out.getvalue(), "utf-8")
    return str(rows[1]["text"])


def test_a_file_that_is_there_is_not_overwritten(run: Command, tmp_path: Path) -> None:
    path = tmp_path / "标注.jsonl"
    path.write_text("[]", "utf-8")
    ran = run("suggest", "-o", str(path))
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (1, "", 1)
    assert "give another name" in ran.err
    assert path.read_text("utf-8") == "[]"


def test_a_start_for_topics_of_ones_own(run: Command, tmp_path: Path) -> None:
    topics = tmp_path / "主题.toml"
    topics.write_text(
        '[[topics]]\nslug = "law"\nzh = "法律"\nkeywords = ["官司", "律师"]\n'
        '[[topics]]\nslug = "home"\nzh = "住户"\nkeywords = ["小区", "楼道"]\n',
        "utf-8",
    )
    run("train", "--topics", str(topics), "--force")
    rows = run("suggest", "-n", "4", "--format", "jsonl").lines()
    assert len(rows) == 4
    assert {row["guess"] for row in rows} <= {"法律", "住户"}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--format", "xlsx"), 2, "xlsx needs a file"),
        (("-o", "待标注.doc"), 2, "name a .xlsx, .csv or .jsonl file"),
        (("--format", "table", "-o", "待标注.txt"), 2, "a table is not written"),
        (("-o", "没有/待标注.csv"), 1, "no such folder"),
        (("-n", "0"), 2, "0"),
    ],
)
def test_wrong_input(run: Command, arguments: tuple[str, ...], code: int, said: str) -> None:
    ran = run("suggest", *arguments)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
