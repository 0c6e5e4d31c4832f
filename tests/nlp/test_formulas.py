"""No cell of ours is run by a spreadsheet, and what was defused is read back as it was."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from gongwen.nlp import Taxonomy
from gongwen.nlp.topics.labels import load_labels
from gongwen.nlp.validation import escape_formula, is_formula, unescape_formula
from gongwen.render.delimited import cell, csv_text
from gongwen.render.xlsx import write_sheet

RUN = [
    "=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠x",
    " =1", "　=1", "\u200b=1", "\ufeff=1", "\xa0+1", '"=1', "'=1", "''=1", "\0=1", "\u202e@x",
    " \u200b'＝HYPERLINK(1)", "﹦1", "﹢1", "﹣1", "﹫x", "−1", "\t甲", "=", "'+",
]  # fmt: skip
NOT_RUN = ["", "甲=1", "1=1", "'单引号'", "“=1”", "——甲", "—1", " 甲", "#N/A", "3-1", "（=）", "'"]


@pytest.mark.parametrize("text", RUN)
def test_a_formula_is_defused(text: str) -> None:
    assert is_formula(text)
    assert cell(text) == "'" + text
    assert cell([text, "甲"]).startswith("'")
    assert unescape_formula(escape_formula(text)) == text


@pytest.mark.parametrize("text", NOT_RUN)
def test_other_text_is_left_alone(text: str) -> None:
    assert not is_formula(text)
    assert cell(text) == text == unescape_formula(text)


@pytest.mark.parametrize("number", [-3, 5, -0.5, 0, None, True])
def test_a_number_stays_one(number: object) -> None:
    assert cell(number) is number


@given(st.text(st.sampled_from("=＝+－@'\" \t\r\n\u200b\ufeff甲1")))
def test_a_defused_cell_is_read_back_and_never_runs(text: str) -> None:
    assert unescape_formula(escape_formula(text)) == text
    assert escape_formula(text)[:1] not in tuple("=+-@＝＋－＠\t\r\n")


def test_all_cells_of_a_table_are(tmp_path: Path) -> None:
    rows = [dict.fromkeys(("＝a", "b"), text) for text in RUN]
    read = list(csv.reader(io.StringIO(csv_text(rows, ("＝a", "b")).lstrip("\ufeff"), newline="")))
    assert read == [["'＝a", "b"], *([f"'{text}"] * 2 for text in RUN)]
    rows += [{"＝a": -3, "b": -0.5}, {"＝a": "甲\x1b\ud800\uffff乙", "b": "\x07"}]
    write_sheet(tmp_path / "a.xlsx", rows, ("＝a", "b"), {"b": ["=1", "\x07甲"]})
    sheet = load_workbook(tmp_path / "a.xlsx").worksheets[0]
    assert {c.data_type for row in sheet.iter_rows(max_row=len(RUN) + 1) for c in row} == {"s"}
    assert [c.value for c in sheet[len(RUN) + 2]] == [-3, -0.5]
    assert sheet[len(RUN) + 3][0].value == "甲乙"


def test_labels_come_back_as_they_were(tmp_path: Path) -> None:
    texts = [text.strip() for text in RUN if text.strip() == text and "\0" not in text]
    rows = [{"text": text, "topic": "其他"} for text in dict.fromkeys(texts)]
    (tmp_path / "a.csv").write_text(csv_text(rows, ("text", "topic")), "utf-8", newline="")
    write_sheet(tmp_path / "b.xlsx", rows, ("text", "topic"))
    for name in ("a.csv", "b.xlsx"):
        labels = load_labels([tmp_path / name], Taxonomy.shipped())
        # A sheet may come from a CSV that Excel saved anew: there the quote is one of ours.
        kept = [unescape_formula(t["text"]) if name == "b.xlsx" else t["text"] for t in rows]
        assert [label.text for label in labels] == [text.replace("\ufeff", "") for text in kept]
