"""Sheets to fill in: what is written is what is read, and nothing in them runs."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from openpyxl import load_workbook

from gongwen.nlp import Taxonomy
from gongwen.nlp.errors import GongwenError
from gongwen.nlp.topics.labels import LabelledSentence, load_labels
from gongwen.render.xlsx import write_sheet

TEXTS = [
    "全年查处违法案件3件,公开处罚决定。",
    "=HYPERLINK(1)",
    "-2%",
    "@甲",
    "#N/A",
    "'单引号'",
    "第一行\n第二行更长一些",
    "窗外下雨。",
    "1.10",
]


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    path = tmp_path / "labels.xlsx"
    rows = [{"id": n, "text": text, "also": ["甲", "乙"]} for n, text in enumerate(TEXTS, 1)]
    topics = [label.zh for label in Taxonomy.shipped().topics]
    write_sheet(path, rows, ("id", "text", "topic", "also", "note"), {"topic": topics})
    return path


def test_a_sheet_is_filled_in_and_read_as_labels(sheet: Path) -> None:
    taxonomy = Taxonomy.shipped()
    book = load_workbook(sheet)
    for row in range(2, 9):  # the last one is not labelled yet
        book.worksheets[0].cell(row, 3, taxonomy.topics[row].zh)
        book.worksheets[0].cell(row, 4, "执法、其他")
    book.save(sheet)
    labels = load_labels([sheet], taxonomy)
    assert [label.text for label in labels] == TEXTS[:7]
    assert [label.topic for label in labels] == list(taxonomy.topics.slugs[2:9])
    assert labels[0] == LabelledSentence(
        TEXTS[0], "rulemaking", also=("enforcement", "other"), group="labels.xlsx"
    )


def test_no_text_is_a_formula_or_an_error(sheet: Path) -> None:
    cells = [row[1] for row in load_workbook(sheet).worksheets[0].iter_rows(min_row=2)]
    assert [cell.value for cell in cells] == TEXTS
    assert {cell.data_type for cell in cells} == {"s"}
    assert [cell.value for cell in cells if cell.quotePrefix] == TEXTS[1:4]


def test_the_sheet_can_be_worked_in(sheet: Path) -> None:
    book = load_workbook(sheet)
    page, names, store = book.worksheets
    assert (page.freeze_panes, page.auto_filter.ref) == ("A2", "A1:E10")
    assert [cell.value for cell in page[1]] == ["编号", "句子", "主题", "兼", "注"]
    assert list(names.iter_rows(values_only=True)) == [
        ("列名", "英文名"), ("编号", "id"), ("句子", "text"), ("主题", "topic"), ("兼", "also"),
        ("注", "note"),
    ]  # fmt: skip
    assert [cell.value for cell in page[2]] == [1, TEXTS[0], None, "甲;乙", None]
    widths = {name: page.column_dimensions[name].width for name in "ABC"}
    assert widths == {"A": 10, "B": 36, "C": 33}
    (rule,) = page.data_validations.dataValidation
    assert (str(rule.sqref), rule.type) == ("C2:C1048576", "list")
    assert (rule.formula1, store.sheet_state) == ("可选名称!$A$1:$A$14", "hidden")
    assert [cell.value for cell in store["A"]] == [lb.zh for lb in Taxonomy.shipped().topics]


def test_what_a_sheet_cannot_hold(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_sheet(path, [{"text": "甲\x00\x07乙\t丙"}], ["text"])
    assert load_workbook(path).worksheets[0]["A2"].value == "甲乙\t丙"
    with pytest.raises(GongwenError, match=r"a\.xlsx: row 2 is too long for a cell"):
        write_sheet(path, [{"text": "甲" * 40_000}], ["text"])


def test_without_openpyxl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(GongwenError, match=r"needs openpyxl: pip install openpyxl, or write CSV"):
        write_sheet(tmp_path / "a.xlsx", [], ["text"])


EXPORTS = [
    "report,n,text,topic,also,probability,role,kind",
    "句子,主题,兼,作用,章节,报告标题,地区,年份,出处,报告,句序,概率,类别,文件",
    "左侧,搜索词,右侧,主题,作用,出处,句子,报告,句序,类别",
    "report,n,text,topic,score,citation",
]


@pytest.mark.parametrize("head", EXPORTS)
def test_topics_of_a_model_are_no_labels(tmp_path: Path, head: str) -> None:
    names = head.split(",")
    row = {"text": "查处3件。", "句子": "查处3件。", "topic": "执法", "主题": "执法", "n": "3"}
    table = tmp_path / "a.csv"
    table.write_text(f"{head}\n{','.join(row.get(name, '') for name in names)}\n", "utf-8")
    lines = tmp_path / "a.jsonl"
    lines.write_text(json.dumps({name: row.get(name, "") for name in names}), "utf-8")
    for path in (table, lines):
        with pytest.raises(GongwenError, match="the model's own, not labels"):
            load_labels([path], Taxonomy.shipped())
    found = tmp_path / "a.json"
    found.write_text(json.dumps({"query": "", "hits": [row]}, indent=1), "utf-8")
    with pytest.raises(GongwenError, match="the model's own, not labels"):
        load_labels([found], Taxonomy.shipped())


def test_a_guess_may_be_copied_as_the_label(tmp_path: Path) -> None:
    topics = Taxonomy.shipped().topics
    path = tmp_path / "a.csv"
    head = "句子,主题,兼,模型判断,概率,次选,标题,报告,句序\n"
    rows = (f"句子{n},{one.zh},,{one.zh},0.4,其他,,甲,{n}\n" for n, one in enumerate(topics))
    path.write_text(head + "".join(rows), "utf-8")
    assert [one.topic for one in load_labels([path], Taxonomy.shipped())] == list(topics.slugs)


def test_a_report_is_no_label_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("甲县2020年工作总结\n查处3件。\n", "utf-8")
    with pytest.raises(GongwenError, match=r"no label file; give \.xlsx or \.csv"):
        load_labels([path], Taxonomy.shipped())
