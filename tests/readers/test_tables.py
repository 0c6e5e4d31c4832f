"""Tables with a report in every row."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from gongwen.nlp.errors import ReadError
from gongwen.readers import tables
from gongwen.readers.base import Blob, Extract, Limits
from gongwen.readers.detect import read

ONE, TWO = "甲县法治建设稳步推进，办案4件。", "乙市全年办理行政复议案件17件；\n调解9件。"


def extracts(data: str | bytes, name: str = "表.csv", **limits: int) -> list[Extract]:
    whole = data.encode() if isinstance(data, str) else data
    return list(read(Blob(name, whole, limits=Limits(**limits))))


def texts(data: str | bytes, name: str = "表.csv") -> list[tuple[str, str]]:
    return [(extract.part, extract.text) for extract in extracts(data, name)]


def error(data: str | bytes, name: str = "表.csv", **limits: int) -> str:
    with pytest.raises(ReadError) as raised:
        extracts(data, name, **limits)
    return str(raised.value)


def workbook(*sheets: Iterable[Sequence[Any]], hidden: str = "", **named: Any) -> bytes:
    book = Workbook()
    book.remove(book.active)
    for n, rows in enumerate(sheets, 1):
        sheet = book.create_sheet(f"表{n}")
        for row in rows:
            sheet.append(row)
        if sheet.title == hidden:
            sheet.sheet_state = "hidden"
    whole = io.BytesIO()
    book.save(whole)
    return whole.getvalue()


# -- columns ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "column",
    ["text", "TEXT", " Text ", "content", "正文", "內容", "全文", "文本", "ｔｅｘｔ"],
)
def test_a_column_of_texts_has_one_of_some_names(column: str) -> None:
    for delimiter in ",;\t":
        data = f"id{delimiter}{column}\n1{delimiter}{ONE}\n"
        assert texts(data) == [("line 2", ONE)]
    assert texts(json.dumps({column: ONE}), "a.jsonl") == [("line 1", ONE)]
    assert texts(workbook([[column], [ONE]]), "a.xlsx") == [("row 2", ONE)]


def test_of_two_columns_of_texts_the_first_name_that_is_filled_counts() -> None:
    assert texts(f"内容,正文\n摘要,{ONE}\n{ONE},\n") == [("line 2", ONE), ("line 3", ONE)]


@pytest.mark.parametrize(
    ("name", "column", "cell", "said"),
    [
        ("title", "标题", " 工作\n总结 ", "工作 总结"),
        ("title", "Title", "总结", "总结"),
        ("region", "地区", "甲县", "甲县"),
        ("year", "年份", "2020", "2020"),
        ("year", "年度", "2020年度", "2020"),
        ("year", "year", "2018-2020年", "2018-2020"),
        ("kind", "文种", "通知", "通知"),
        ("agency", "发文机关", "甲县司法局", "甲县司法局"),
        ("date", "发布日期", "2021-01-05", "2021-01-05"),
        ("address", "网址", "https://example.org/a", "https://example.org/a"),
        ("address", "来源", "www.example.org/a", "www.example.org/a"),
        ("address", "来源", "甲县政府办公室", None),
        ("id", "编号", "7", None),
        ("title", "标题", "", None),
    ],
)
def test_columns_say_what_a_report_is(name: str, column: str, cell: str, said: str | None) -> None:
    expected = {name: said} if said else {}
    whole = io.StringIO()
    csv.writer(whole).writerows([[column, "正文"], [cell, ONE]])
    assert extracts(whole.getvalue())[0].said == expected
    assert extracts(json.dumps({column: cell, "text": ONE}), "a.jsonl")[0].said == expected
    assert extracts(workbook([[column, "正文"], [cell, ONE]]), "a.xlsx")[0].said == expected


def test_a_table_without_texts_says_what_its_columns_are_called() -> None:
    expected = "no column of texts; call it text or 正文 (columns: '地区', '金额')"
    assert error("地区,金额\n甲,1\n") == f"表.csv: {expected}"
    assert error('{"地区": "甲", "金额": 1}', "a.jsonl") == f"a.jsonl: {expected}"
    assert error(workbook([["地区", "金额"], ["甲", 1]]), "a.xlsx") == f"a.xlsx: {expected}"
    assert "columns: " in error("a\tb" * 99 + "\n\n")


@pytest.mark.parametrize("above", [1, 9])
def test_the_names_of_columns_may_stand_below_a_heading(above: int) -> None:
    rows = [["各县报告汇总表"]] * above + [["序号", "正文"], ["1", ONE]]
    whole = io.StringIO()
    csv.writer(whole).writerows(rows)
    assert texts(whole.getvalue()) == [(f"line {above + 2}", ONE)]
    assert texts(workbook(rows), "a.xlsx") == [(f"row {above + 2}", ONE)]


# -- rows ------------------------------------------------------------------------------------------


def test_rows_without_a_text_are_counted() -> None:
    rows = [
        {"text": ""},
        {"text": ONE, "标题": "甲"},
        {"text": " "},
        {"text": None},
        {"text": "1."},
    ]
    whole = io.StringIO()
    writer = csv.DictWriter(whole, ["标题", "text"])
    writer.writeheader()
    writer.writerows({"标题": "x"} | row for row in rows)
    [extract] = extracts(whole.getvalue())
    assert (extract.part, extract.text) == ("line 3", ONE)
    assert extract.notes == ("3 rows without text left out, the first line 2",)
    [extract] = extracts("\n".join(map(json.dumps, rows)), "a.jsonl")
    assert extract.notes == ("3 rows without text left out, the first line 1",)
    assert error("text,id\n,1\n,2\n") == "表.csv: no texts in it"


def test_a_cell_may_have_line_breaks_and_delimiters() -> None:
    data = f'id,正文\r\n1,"{TWO}，“甲”,""乙"""\r\n2,{ONE}\r\n'
    assert texts(data) == [("line 2", f'{TWO}，“甲”,"乙"'), ("line 4", ONE)]


def test_a_table_of_one_column_needs_no_quotes() -> None:
    assert texts(f"text\n{ONE}, x; y\tz\n") == [("line 2", f"{ONE}, x; y\tz")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le"])
def test_a_table_may_be_in_any_encoding(encoding: str) -> None:
    data = f"标题,正文\n总结,{ONE}\n".encode(encoding)
    assert texts(data) == [("line 2", ONE)]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_lines_end_in_any_way(line_end: str) -> None:
    assert texts(line_end.join(["正文", ONE, ONE])) == [("line 2", ONE), ("line 3", ONE)]


def test_rows_that_cannot_be_read_are_left_out_and_noted() -> None:
    [one, two] = extracts(f'id,text\n1,{ONE}\n2,甲,乙\n3,"甲"乙\n4,{ONE}\n')
    assert (one.part, two.part) == ("line 2", "line 5")
    assert one.notes == ("2 rows left out, the first line 3 (3 cells under 2 columns)",)
    [one] = extracts(f'{{"text": "{ONE}"}}\n["甲"]\n', "a.jsonl")
    assert one.notes == ("1 row left out, line 2 (not a JSON object)",)
    assert error("x\n", "a.jsonl") == "a.jsonl: no row can be read: line 1 (not a JSON object)"


def test_a_quote_that_is_not_closed_is_an_error() -> None:
    said = "line 3: a quote is not closed; close or double it"
    assert error(f'id,text\n1,{ONE}\n2,"{ONE}\n3,{ONE}\n') == f"表.csv: {said}"


def test_a_cell_may_be_a_whole_report_and_the_limit_of_others_stays() -> None:
    before = csv.field_size_limit()
    long = ONE * 20_000
    assert texts(f'id,text\n1,"{long}"\n') == [("line 2", long)]
    assert csv.field_size_limit() == before


def test_labels_are_rows_like_others() -> None:
    assert texts(f"text,topic\n{ONE},行政执法\n") == [("line 2", ONE)]


def test_damage_of_the_text_is_noted_at_the_first_report() -> None:
    one, two = extracts(f"正文\n{ONE}\n{ONE}\n".encode() + b"\xff")
    assert one.notes[0].startswith("damaged: 1 byte left out")
    assert two.notes == ()


def test_a_table_of_too_many_rows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_MAX_REPORTS", 3)
    assert len(extracts("text\n" + "甲\n" * 3)) == 3
    assert "more than 3 reports; split it first" in error("text\n" + "甲\n" * 4)


# -- workbooks -------------------------------------------------------------------------------------


def test_cells_are_read_as_they_are_shown() -> None:
    day = datetime(2021, 1, 5)
    rows = [["正文", "年份", "日期", "标题"], [f"{ONE}_x000D_\n{TWO}", 2020.0, day, 12.5]]
    [extract] = extracts(workbook(rows), "a.xlsx")
    assert extract.text == f"{ONE}\n{TWO}"
    assert extract.said == {"year": "2020", "date": "2021-01-05", "title": "12.5"}


def test_all_visible_sheets_are_read() -> None:
    sheets = [["正文"], [ONE]], [["金额"], [1]], [["text"], [None], [TWO]], [["text"], ["暗"]]
    found = texts(workbook(*sheets, hidden="表4"), "a.xlsx")
    assert found == [("表1 row 2", ONE), ("表3 row 3", TWO)]


def test_formulas_give_their_values() -> None:
    """As a program that calculates has stored them; openpyxl writes none."""
    formula = f'<c r="A2" t="str"><f>"甲"&amp;B9</f><v>{ONE}</v></c>'.encode()
    data = with_second_cell(formula)
    assert texts(data, "a.xlsx") == [("row 2", ONE)]


def with_second_cell(cell: bytes, before: bytes = b"") -> bytes:
    """Return a workbook with ``cell`` under the name of its column."""

    def change(xml: bytes) -> bytes:
        return before + re.sub(rb'<c r="A2".*?</c>', lambda _: cell, xml, flags=re.DOTALL)

    return rewritten(workbook([["正文"], ["?"]]), "xl/worksheets/sheet1.xml", change)


def rewritten(data: bytes, part: str, change: Any) -> bytes:
    """Return a workbook with one of its parts changed."""
    whole = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            content = old.read(name)
            changed = change(content) if name == part else content
            assert name != part or changed != content
            new.writestr(name, changed)
    return whole.getvalue()


def test_a_workbook_that_is_damaged_says_so() -> None:
    data = rewritten(workbook([["正文"], [ONE]]), "xl/workbook.xml", lambda xml: xml[:99])
    assert error(data, "a.xlsx") == (
        "a.xlsx: a damaged or protected workbook; save it as .xlsx again"
    )


ENTITIES = b'<!DOCTYPE x [<!ENTITY a0 "aaaaaaaaaa">%s]>' % b"".join(
    b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10)
)


def test_entities_in_a_workbook_do_not_multiply() -> None:
    cell = b'<c r="A2" t="inlineStr"><is><t>%s&a9;</t></is></c>' % ONE.encode()
    data = with_second_cell(cell, ENTITIES)
    try:
        [extract] = extracts(data, "a.xlsx")
    except ReadError:
        return
    assert len(extract.text) < 1000


@pytest.mark.parametrize(
    ("part", "change", "said"),
    [
        (
            "xl/worksheets/sheet1.xml",
            lambda xml: xml + b" " * (3 << 20),
            "unpacks to more than 2 MB",
        ),
        ("xl/styles.xml", lambda xml: xml + b"<a>" * 100_001, "too many cells or styles"),
        ("xl/worksheets/sheet1.xml", lambda xml: b"<a>" * 4_000_001, "too many cells or styles"),
    ],
)
def test_a_workbook_that_grows_when_it_is_opened_is_not_opened(
    part: str, change: Any, said: str
) -> None:
    data = rewritten(workbook([["正文"], [ONE]]), part, change)
    limit = (2 << 20) if "MB" in said else (512 << 20)
    assert said in error(data, "a.xlsx", unpacked_bytes=limit)


def test_a_workbook_needs_the_extra_that_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    data = workbook([["正文"], [ONE]])
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    said = "reading .xlsx needs openpyxl: pip install openpyxl, or save it as CSV"
    assert error(data, "a.xlsx") == f"a.xlsx: {said}"


# -- properties ------------------------------------------------------------------------------------

_CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from('\n,;\t"'))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(_CELLS, _CELLS), min_size=1, max_size=5))
def test_what_is_written_as_csv_is_read_again(rows: list[tuple[str, str]]) -> None:
    whole = io.StringIO()
    csv.writer(whole).writerows([("正文", "标题"), *((f"文{text}", title) for text, title in rows)])
    found = extracts(whole.getvalue())
    drop = str.maketrans("", "", "\ufeff\ufffd\ufffe\uffff")
    same = str.maketrans({"\u2028": "\n", "\u2029": "\n"})
    assert [extract.text for extract in found] == [
        f"文{text}".strip().translate(drop).translate(same) for text, _ in rows
    ]


@settings(deadline=None)
@given(st.text(st.sampled_from("text,正文\n\r\"';\t{}[]:1")))
def test_no_table_raises_anything_but_a_clear_error(data: str) -> None:
    for name in ("a.csv", "a.tsv", "a.jsonl"):
        try:
            extracts(data, name)
        except ReadError as raised:
            assert len(str(raised).splitlines()) == 1
