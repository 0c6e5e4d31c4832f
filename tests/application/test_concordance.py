"""Concordances: which occurrences there are, in which order, and how they are printed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import gongwen
from gongwen.cli.kwic import aligned
from gongwen.cli.text_width import columns
from gongwen.index.query import Text
from gongwen.nlp.errors import QueryError
from gongwen.nlp.text.pinyin import sort_key
from gongwen.research.concordance import nodes

from .conftest import Command


@pytest.mark.parametrize(
    ("text", "needles", "expected"),
    [
        ("执法和执法", ["执法"], ["执法", "执法"]),
        ("执法执法", ["执法"], ["执法", "执法"]),  # side by side they are two
        ("优化营商环境和生态环境", ["营商环境", "营商", "环境"], ["营商环境"]),
        ("营商的环境", ["营商环境", "营商", "环境"], ["营商", "环境"]),
        ("执执执", ["执执"], ["执执"]),
        ("深化“放管服”改革", ["放管服改革"], ["放管服”改革"]),
        ("办理十七件", ["17件"], ["十七件"]),
        ("全年 ＧＤＰ 增长", ["gdp"], ["ＧＤＰ"]),
        ("行政執法", ["执法"], ["執法"]),
        ("没有", ["执法"], []),
    ],
)
def test_nodes(text: str, needles: list[str], expected: list[str]) -> None:
    found = nodes(text, [Text(needle, whole=True) for needle in needles])
    assert [text[start:end] for start, end in found] == expected


@pytest.mark.parametrize(
    "texts",
    [
        ["1", "A", "安全", "复议", "执法", "执行", "重点"],
        ["", "发", "发展", "发展好"],
        ["事实", "事业", "市场", "是否"],  # of one sound: one character after the other
        ["行政执法", "行政執法人员", "行政执行"],
    ],
)
def test_texts_are_sorted_by_sound(texts: list[str]) -> None:
    shuffled = [*texts[1::2], *texts[::2]]
    assert sorted(shuffled, key=sort_key) == texts


TEXTS = {
    "甲县2019年工作总结": "持续优化营商环境。打造一流营商环境，营商环境更好。",
    "乙县2021年工作总结": "改善营商环境。ＧＤＰ和Big Data增长，营商环境ok。复议案件4件。",
    "丙县2020年工作总结": "安定的营商环境。营商的环境。",
}


@pytest.fixture
def made(tmp_path: Path) -> gongwen.Library:
    for title, text in TEXTS.items():
        (tmp_path / f"{title}.txt").write_text(f"{title}\n{text}\n", "utf-8")
    library = gongwen.open(tmp_path / "library")
    library.add([tmp_path / f"{title}.txt" for title in TEXTS])
    return library


def test_every_occurrence_is_a_line(made: gongwen.Library) -> None:
    with made:
        found = made.concordance('"营商环境"')
        assert (found.total, found.sentences, found.reports) == (6, 5, 3)
        assert len(found) == 6
        for line in found:
            assert line.left + line.node + line.right == line.sentence.text
            row = line.to_dict()
            text = made._store.text(line.report.id)
            assert text[row["start"] : row["end"]] == line.node == "营商环境"
            assert row["citation"] == line.citation
            assert f"第{row['n']}句" in line.citation
        # Of the words typed together the sentence that has them apart gives each.
        loose = made.concordance("营商环境")
        apart = [line.node for line in loose if line.sentence.text == "营商的环境。"]
        assert apart in ([], ["营商", "环境"])
        assert loose.apart == loose.sentences - found.sentences
        assert found.apart == 0


@pytest.mark.parametrize("sort", ["left", "right"])
def test_all_occurrences_are_sorted(made: gongwen.Library, sort: str) -> None:
    with made:
        found = made.concordance('"营商环境"', sort=sort)  # type: ignore[arg-type]

        def key(text: str) -> list[tuple[str, str]]:
            return sort_key("".join(char for char in text if char.isalnum()))

        if sort == "left":
            keys = [key(line.left[::-1]) for line in found]
        else:
            keys = [key(line.right) for line in found]
        assert keys == sorted(keys)
        pages = [
            made.concordance('"营商环境"', sort=sort, limit=2, offset=at).lines  # type: ignore[arg-type]
            for at in (0, 2, 4)
        ]
        assert [line for page in pages for line in page] == list(found)


def test_by_year_the_latest_first(made: gongwen.Library) -> None:
    with made:
        years = [line.report.year for line in made.concordance('"营商环境"', sort="year")]
        assert years == [2021, 2021, 2020, 2019, 2019, 2019]


@pytest.mark.parametrize("window", [0, 1, 3, 100])
def test_the_window_cuts_both_sides(made: gongwen.Library, window: int) -> None:
    with made:
        for line in made.concordance('"营商环境"', window=window):
            start, end = line.span
            text = line.sentence.text
            assert line.left == text[max(0, start - window) : start]
            assert line.right == text[end : end + window]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"query": "", "years": 2020}, "needs words"),
        ({"query": "年份:2020"}, "needs words"),
        ({"query": "复议", "window": -1}, "window must be"),
        ({"query": "复议", "sort": "up"}, "sort must be"),
        ({"query": ""}, "nothing to search for"),
    ],
)
def test_what_cannot_be_asked(
    made: gongwen.Library, arguments: dict[str, object], message: str
) -> None:
    with made, pytest.raises(QueryError, match=message):
        made.concordance(**arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("width", [40, 80, 120, 200])
def test_lines_are_aligned(made: gongwen.Library, width: int) -> None:
    with made:
        found = made.concordance('"营商环境"')
        lines = aligned(found.lines, width)
        assert {columns(left) for left, _node, _right in lines} == {columns(lines[0][0])}
        for (left, node, right), line in zip(lines, found, strict=True):
            whole = left + node + right
            assert columns(whole) <= width
            assert node == "营商环境"
            tail = whole[whole.index(line.report.region) :]
            assert columns(whole) - columns(tail) == columns(
                lines[0][0] + lines[0][1] + lines[0][2]
            ) - columns(tail)
            assert str(line.report.year) in tail
            assert line.left.endswith(left.strip()) and left.endswith(" ")


@pytest.fixture
def run(made: gongwen.Library, gongwen_in: Callable[[Path], Command]) -> Command:
    made.close()
    return gongwen_in(made.folder)


def test_the_command_prints_lines(run: Command) -> None:
    ran = run("search", '"营商环境"', "--kwic", "--sort", "left", "-n", "4")
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert len(lines) == 4
    assert "1-4 of 6 occurrences, in 5 sentences of 3 reports" in ran.err
    ran = run("search", "fuyi", "--kwic")
    assert "复议" in ran.out
    assert "拼音" in ran.err
    assert "nothing found" in run("search", '"没有的词"', "--kwic").err


@pytest.mark.parametrize("name", ["k.json", "k.jsonl", "k.csv", "k.xlsx"])
def test_the_command_writes_files(run: Command, tmp_path: Path, name: str) -> None:
    ran = run("search", '"营商环境"', "--kwic", "-o", str(tmp_path / name))
    assert ran.code == 0, ran.err
    assert "wrote 6 occurrences" in ran.err
    if name.endswith("xlsx"):
        from openpyxl import load_workbook

        rows = list(load_workbook(tmp_path / name).worksheets[0].values)
        assert len(rows) == 7
        assert all("营商环境" in row for row in rows[1:])
    else:
        assert (tmp_path / name).read_text("utf-8-sig").count("营商环境") >= 6


def test_json_has_the_totals(run: Command) -> None:
    found = run("search", '"营商环境"', "--kwic", "--format", "json", "-n", "1").json()
    assert (found["total"], found["sentences"], found["reports"]) == (6, 5, 3)
    assert len(found["lines"]) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("--sort", "left"),
        ("--sort", "right"),
        ("--window", "3"),
        ("--kwic", "--by", "report"),
        ("--kwic", "--counts", "year"),
        ("--kwic", "--context", "1"),
    ],
)
def test_options_that_do_not_go_together(run: Command, arguments: tuple[str, ...]) -> None:
    ran = run("search", "复议", *arguments)
    assert ran.code == 2
    assert "--kwic" in ran.err


def test_the_real_reports(real_library: gongwen.Library) -> None:
    found = real_library.concordance('"营商环境"', sort="left")
    texts = [s.text for r in real_library.reports() for s in real_library.sentences(r.id)
             if s.kind != "boilerplate"]  # fmt: skip
    assert found.total == sum(text.count("营商环境") for text in texts)
    assert found.sentences == sum("营商环境" in text for text in texts)
