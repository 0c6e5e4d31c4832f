"""Tables with a report in every row."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
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
from gongwen.readers import workbook as workbook_reader
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
    assert error("地区,金额\n甲,乙\n") == f"表.csv: {expected}"
    assert error('{"地区": "甲", "金额": 1}', "a.jsonl") == f"a.jsonl: {expected}"
    assert error('{"地区": "甲", "金额": 1}', "a.json") == f"a.json: {expected}"
    assert error(workbook([["地区", "金额"], ["甲", "乙"]]), "a.xlsx") == f"a.xlsx: {expected}"
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
    assert extract.notes == (
        "3 rows without text left out: line 2 ('x'), line 4 ('x'), line 5 ('x')",
    )
    [extract] = extracts("\n".join(map(json.dumps, rows)), "a.jsonl")
    assert extract.notes == ("3 rows without text left out: line 1, line 3, line 4",)
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
    assert one.notes == (
        "2 rows left out: line 3 (3 cells under 2 columns), line 4 (',' expected after '\"')",
    )
    [one] = extracts(f'{{"text": "{ONE}"}}\n["甲"]\n', "a.jsonl")
    assert one.notes == ("1 row left out: line 2 (not a JSON object)",)
    assert error("x\n", "a.jsonl") == "a.jsonl: no row can be read: line 1 (not a JSON object)"


@pytest.mark.parametrize(
    ("data", "left", "lines"),
    [
        (f'id,text\n1,{ONE}\n2,"{ONE}\n3,{ONE}\n', [3], [2, 4]),
        (f'id,text\n1,"{ONE}\n2,{ONE}\n3,"{ONE}"\n4,{ONE}\n', [2], [3, 4, 5]),
        (f'id,text\n1,"{ONE}\n2,"{ONE}\n3,{ONE}\n', [2, 3], [4]),
        (f'sep=;\nid;text\n1;"{ONE}\n2;{ONE}\n', [3], [4]),
    ],
)
def test_a_quote_that_is_not_closed_is_named_and_the_other_rows_are_read(
    data: str, left: list[int], lines: list[int]
) -> None:
    found = extracts(data)
    assert [(one.part, one.text) for one in found] == [(f"line {n}", ONE) for n in lines]
    for number in left:
        assert f"line {number} (a quote is not closed; close or double it)" in found[0].notes[-1]


def test_quotes_that_stay_open_on_every_line_are_refused() -> None:
    said = "a quote is not closed; close or double it"
    assert said in error("id,text\n" + f'1,"{ONE}\n' * 500)


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


# -- values ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "year"),
    [
        ("2021", "2021"),
        ("2021年", "2021"),
        ("２０２１年度", "2021"),
        ("二〇二一年", "2021"),
        ("二零二一", "2021"),
        ("2021.0", "2021"),
        ("2021-12-31", "2021"),
        ("2021/1/5 10:00", "2021"),
        ("2021年12月31日", "2021"),
        ("2021年上半年", "2021"),
        ("2018—2020年", "2018-2020"),
        ("2018至2020", "2018-2020"),
        ("去年", None),
        ("21年", None),
        ("44561", None),
    ],
)
def test_a_year_may_be_written_in_many_ways_and_none_is_guessed(
    cell: str, year: str | None
) -> None:
    whole = io.StringIO()
    csv.writer(whole).writerows([["标题", "正文", "年份"], ["甲", ONE, cell], ["乙", TWO, "2020"]])
    one, two = extracts(whole.getvalue())
    assert one.said == {"title": "甲"} | ({"year": year} if year else {})
    assert one.notes == (() if year else (f"line 2: year {cell!r} is unknown",))
    assert two.said == {"title": "乙", "year": "2020"}


@pytest.mark.parametrize(
    ("value", "date"),
    [
        ("2022-01-18T10:20:00Z", "2022-01-18"),
        ("2022/1/18 10:20", "2022-01-18"),
        ("2022年1月18日", "2022-01-18"),
        (20220118, "2022-01-18"),
        (1642464000000, "2022-01-18"),
        ("近日", None),
    ],
)
def test_a_date_may_be_written_in_many_ways(value: str | int, date: str | None) -> None:
    [one] = extracts(json.dumps({"pub_date": value, "content": ONE}), "a.json")
    assert one.said == ({"date": date} if date else {})
    assert bool(one.notes) == (date is None)


@pytest.mark.parametrize(
    ("value", "number_format", "shown"),
    [
        (0.1234, "0.0%", "12.3%"),
        (0.5, "0%", "50%"),
        (1234567, "#,##0", "1,234,567"),
        (1234.5, "#,##0.00_);[Red](#,##0.00)", "1,234.50"),
        (12, '0"件"', "12件"),
        (3, "000", "003"),
        (0.1 + 0.2, "General", "0.3"),
        (2021.0, "General", "2021"),
        (123456789012.0, "General", "123456789012"),
        (-5, "0;-0", "-5"),
        (True, "General", "TRUE"),
        (datetime(2021, 3, 1), 'yyyy"年"m"月"', "2021年3月"),
        (datetime(2021, 3, 1), "yyyy-mm-dd h:mm:ss", "2021-03-01"),
        (datetime(2021, 3, 1, 9, 5), "yyyy/m/d h:mm", "2021/3/1 9:05"),
        (datetime(2021, 3, 1), "mm-dd-yy", "2021-03-01"),
        ("甲_x000D_\n乙", "@", "甲\n乙"),
    ],
)
def test_numbers_and_dates_are_read_as_they_are_shown(
    value: Any, number_format: str, shown: str
) -> None:
    assert str(workbook_reader.shown(value, number_format)) == shown


# -- sheets of statistics and of reports -----------------------------------------------------------

STATISTICS: list[list[Any]] = [
    ["2021年行政执法统计表"],
    ["单位", "行政处罚（件）", "行政许可（件）"],
    ["司法局", 12, 0],
    ["城管局", 98, 45],
]


def test_a_table_of_statistics_is_one_report() -> None:
    whole = io.StringIO()
    csv.writer(whole).writerows(STATISTICS)
    wanted = (
        "2021年行政执法统计表\n单位\t行政处罚（件）\t行政许可（件）\n司法局\t12\t0\n城管局\t98\t45"
    )
    for data, name in (
        (workbook(STATISTICS), "a.xlsx"),
        (whole.getvalue().encode("gbk"), "a.csv"),
        (whole.getvalue().replace(",", "\t").encode("utf-16"), "a.tsv"),
    ):
        [one] = extracts(data, name)
        assert (one.part, one.text, one.said) == ("", wanted, {"title": "2021年行政执法统计表"})


def arranged(change: Any) -> bytes:
    """Return a workbook whose first sheet ``change`` has filled."""
    book = Workbook()
    change(book.active)
    whole = io.BytesIO()
    book.save(whole)
    return whole.getvalue()


def test_heads_in_two_rows_and_merged_cells_of_statistics() -> None:
    def fill(sheet: Any) -> None:
        sheet.append(["单位", "行政处罚", None, "办结率"])
        sheet.append([None, "立案", "结案", None])
        sheet.append(["司法局", 12, 10, 0.1234])
        sheet.append([None, 8, 1234, 0.5])
        for area in ("A1:A2", "B1:C1", "D1:D2", "A3:A4"):
            sheet.merge_cells(area)
        for row in (3, 4):
            sheet.cell(row, 4).number_format = "0.0%"
            sheet.cell(row, 3).number_format = "#,##0"

    [one] = extracts(arranged(fill), "a.xlsx")
    assert one.text.split("\n") == [
        "单位\t行政处罚立案\t行政处罚结案\t办结率",
        "司法局\t12\t10\t12.3%",
        "司法局\t8\t1,234\t50.0%",
    ]


def test_a_list_with_groups_of_heads_merged_cells_and_hidden_rows() -> None:
    def fill(sheet: Any) -> None:
        sheet.append(["各县报告汇总"])
        sheet.append(["基本信息", None, "正文"])
        sheet.append(["地区", "年份", None])
        sheet.append(["甲县", datetime(2021, 12, 31), ONE])
        sheet.append([None, "去年", TWO])
        sheet.append(["丙县", 2021, None])
        for area in ("A2:B2", "C2:C3", "A4:A5"):
            sheet.merge_cells(area)
        sheet.row_dimensions[5].hidden = True

    one, two = extracts(arranged(fill), "a.xlsx")
    assert (one.part, one.said) == ("row 4", {"region": "甲县", "year": "2021"})
    assert (two.part, two.said) == ("row 5", {"region": "甲县"})
    assert one.notes == ("hidden row 5 read too", "1 row without text left out: row 6 ('丙县')")
    assert two.notes == ("row 5: year '去年' is unknown",)


def test_sheets_that_are_left_out_are_named() -> None:
    sheets = [["正文"], [ONE]], STATISTICS, [["正文"], ["暗"]]
    [one] = extracts(workbook(*sheets, hidden="表3"), "a.xlsx")
    assert one.notes == (
        "hidden sheets left out: 表3",
        "sheets without a column of texts left out: 表2",
    )
    [one] = extracts(workbook(STATISTICS, [["说明"]], STATISTICS[1:]), "a.xlsx")
    assert one.text.split("\n")[4:7] == ["", "表3", "单位\t行政处罚（件）\t行政许可（件）"]
    assert one.notes == ("sheets without numbers left out: 表2",)


def test_a_formula_without_a_stored_value_is_named() -> None:
    rows = [["标题", "正文", "年份"], ["甲", '="受理"&12&"件。"', 2021], ["乙", ONE, "=2020+1"]]
    [one] = extracts(workbook(rows), "a.xlsx")
    assert (one.part, one.said) == ("row 3", {"title": "乙"})
    assert one.notes == (
        "2 formulas have no stored value (B2, C3); open and save the file in Excel or LibreOffice",
        "1 row left out: row 2 (its text is a formula without a stored value)",
    )


def test_a_workbook_is_read_where_the_types_of_the_system_may_not_be() -> None:
    code = (
        "import builtins, io, sys\n"
        "real = open\n"
        "def no_system(name, *more, **named):\n"
        "    if str(name).endswith('mime.types'): raise PermissionError(name)\n"
        "    return real(name, *more, **named)\n"
        "builtins.open = no_system\n"
        "from gongwen.readers.detect import read\n"
        "from gongwen.readers.base import Blob\n"
        "print(len(list(read(Blob('a.xlsx', sys.stdin.buffer.read())))))\n"
    )
    data = workbook([["正文"], [ONE]])
    run = subprocess.run([sys.executable, "-c", code], input=data, capture_output=True, check=True)
    assert run.stdout.strip() == b"1"


# -- columns that are not named --------------------------------------------------------------------


def test_a_column_of_long_texts_by_another_name_is_taken_and_said() -> None:
    long = "全年受理行政复议案件12件，审结11件。调解成功3件。"
    one, _ = extracts(f"县名,报告主体\n甲县,{long}\n乙县,{long}\n")
    assert (one.part, one.text) == ("line 2", long)
    assert one.notes == ("column '报告主体' is taken for that of the texts",)


# -- HTML and JSON ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        ("<p>受理12件。</p><p>审结11件。</p>", "受理12件。\n审结11件。"),
        ("&lt;p&gt;受理12件。&lt;/p&gt;", "受理12件。"),
        ("受理12件。<br/>审结11件。", "受理12件。\n审结11件。"),
        ("受理&nbsp;12&nbsp;件，A&amp;B。", "受理 12 件，A&B。"),
        ("<b>一、做法</b>\n受理12件。", "一、做法\n受理12件。"),
        ("案件数<12件，>3件。", "案件数<12件，>3件。"),
    ],
)
def test_a_text_may_be_html(text: str, read_as: str) -> None:
    [one] = extracts(json.dumps({"title": "甲", "content": text}), "a.jsonl")
    assert re.sub("\n+", "\n", one.text) == read_as
    [one] = extracts(workbook([["正文"], [text]]), "a.xlsx")
    assert re.sub("\n+", "\n", one.text) == read_as


REPORT = {"标题": "甲县报告", "content": ONE}


@pytest.mark.parametrize(
    ("document", "parts"),
    [
        ([REPORT, REPORT], ["entry 1", "entry 2"]),
        (REPORT, [""]),
        ({"data": REPORT}, [""]),
        ({"data": {"list": [REPORT]}}, ["data.list entry 1"]),
        ({"code": 0, "message": "成功。", "data": [REPORT]}, ["data entry 1"]),
        ({"hits": {"hits": [{"_id": 1, "_source": REPORT}]}}, ["hits.hits entry 1 _source"]),
        ({"columns": ["标题", "text"], "data": [["甲县报告", ONE]]}, ["entry 1"]),
        ({"标题": {"0": "甲县报告"}, "text": {"0": ONE}}, ["entry 1"]),
        ({"标题": ["甲县报告"] * 2, "text": [ONE, ONE]}, ["entry 1", "entry 2"]),
        ({"标题": "甲县报告", "data": {"html": f"<p>{ONE}</p>"}}, [""]),
        ({"标题": "甲县报告", "text": [ONE]}, [""]),
    ],
)
def test_reports_are_found_in_json(document: Any, parts: list[str]) -> None:
    for indent in (None, 1):
        found = extracts(json.dumps(document, indent=indent), "a.json")
        assert [one.part for one in found] == parts
        assert {one.text for one in found} == {ONE}
        assert {one.said["title"] for one in found} == {"甲县报告"}


def test_the_parts_of_one_report_in_json_are_joined() -> None:
    parts = [
        {"heading": "一、做法", "text": "办案4件。"},
        {"heading": "二、问题", "text": "力量不足。"},
    ]
    [one] = extracts(json.dumps({"title": "甲县报告", "sections": parts}), "a.json")
    assert one.text == "一、做法\n办案4件。\n二、问题\n力量不足。"


def test_what_is_no_report_in_json_is_named() -> None:
    [one] = extracts(json.dumps({"list": [REPORT, {"标题": "无"}, 3]}), "a.json")
    assert one.notes == ("2 rows left out: list entry 2 (no text), list entry 3 (not an object)",)
    first, _ = extracts(
        f'[{{"text": "{ONE}"}},\n{{"text" 1}},\n{{"text": "{TWO[:9]}。"}}]', "a.json"
    )
    assert first.notes == ("1 row left out: entry 2 (not JSON on line 2)",)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ('{"name": "x", "content": "utf-8"}', "no column of texts; call it text or 正文"),
        ('{"a": [1, 2]}', "no column of texts"),
        ('{"text": "甲"', "line 1: not JSON (Expecting ',' delimiter)"),
        ("[" * 100_000, "nested too deep"),
        ("[]", "no texts in it"),
    ],
)
def test_json_without_a_report_is_refused_in_one_line(data: str, said: str) -> None:
    found = error(data, "a.json")
    assert said in found
    assert len(found.splitlines()) == 1


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
    for name in ("a.csv", "a.tsv", "a.jsonl", "a.json"):
        try:
            extracts(data, name)
        except ReadError as raised:
            assert len(str(raised).splitlines()) == 1
