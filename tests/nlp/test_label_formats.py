"""Label files in every format: what is read from them, and what is said when they are bad."""

from __future__ import annotations

import io
import json
import sys
import tracemalloc
import zipfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongwen.nlp import Taxonomy
from gongwen.nlp.errors import GongwenError, ReadError, SeedError
from gongwen.nlp.topics import label_formats
from gongwen.nlp.topics.labels import LabelledSentence, load_labels


@pytest.fixture(scope="module")
def taxonomy() -> Taxonomy:
    return Taxonomy.shipped()


def workbook(*rows: Sequence[Any], **more: Sequence[Sequence[Any]]) -> bytes:
    """Return an XLSX with ``rows`` in its first sheet, and further sheets."""
    book = openpyxl.Workbook()
    for title, lines in {"labels": rows, **more}.items():
        sheet = book.create_sheet(title)
        for line in lines:
            sheet.append(line)
    del book["Sheet"]
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def repacked(data: bytes, part: str, old: str, new: str) -> bytes:
    """Return a workbook with a piece of one of its parts replaced."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            text = source.read(name)
            if name == part:
                written = old.encode()
                if written not in text:  # where lxml is installed, openpyxl writes &#26597;
                    written = old.encode("ascii", "xmlcharrefreplace")
                assert written in text
                text = text.replace(written, new.encode(), 1)
            target.writestr(name, text)
    return out.getvalue()


def zipped(name: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        target.writestr(name, "甲")
    return out.getvalue()


def choices(*topics: str, name: str = "sentiment", **more: Any) -> dict[str, Any]:
    """Return an annotation of Label Studio."""
    result = {"type": "choices", "from_name": name, "value": {"choices": list(topics)}}
    return {"result": [result], "was_cancelled": False, **more}


def task(data: dict[str, Any], *annotations: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": 7, "data": data, "annotations": list(annotations), "predictions": [], **more}


def read(
    folder: Path, taxonomy: Taxonomy, name: str, source: str | bytes | list[Any]
) -> list[LabelledSentence]:
    path = folder / name
    if isinstance(source, list):
        source = json.dumps(source, ensure_ascii=False)
    path.write_bytes(source if isinstance(source, bytes) else source.encode())
    return load_labels([path], taxonomy)


BOTH = (("查处3件。", "enforcement", ()), ("公开5条。", "open-government", ()))
ALSO = (("查处3件。", "enforcement", ("open-government",)),)
ONE = (("查处3件。", "enforcement", ()),)
SHEET = (("text", "topic"), ("查处3件。", "执法"), ("公开5条。", "政务公开"))

FILES: dict[str, tuple[str, str | bytes | list[Any], tuple[Any, ...]]] = {
    # CSV and TSV.
    "CSV": ("a.csv", "text,topic\n查处3件。,执法\n公开5条。,政务公开\n", BOTH),
    "CSV with Chinese names": ("a.csv", "主题,句子\n执法,查处3件。\n公开,公开5条。", BOTH),
    "CSV of Excel": ("a.csv", "\ufeff文本,标签\r\n查处3件。,执法\r\n公开5条。,公开\r\n", BOTH),
    "upper-case suffix": ("A.CSV", "Text , TOPIC\n查处3件。,执法\n公开5条。,公开\n", BOTH),
    "semicolons": ("a.csv", "text;topic;also\n查处3件。;执法;公开\n", ALSO),
    "tabs in a CSV": ("a.csv", "text\ttopic\talso\n查处3件。\t执法\t公开, 普法\n", (
        ("查处3件。", "enforcement", ("open-government", "legal-publicity")),)),
    "TSV": ("a.tsv", "内容\t主题\t兼\n查处3件。\t执法\t公开\n", ALSO),
    "several topics in a cell": ("a.csv", "text,topic\n查处3件。,执法、公开\n", ALSO),
    "other columns": ("a.csv",
        "no,text,note,topic,,\n1,查处3件。,甲,执法,,\n2,公开5条。,,公开,,", BOTH),
    "short rows": ("a.csv", "topic,text,also,note\n执法,查处3件。\n公开,公开5条。\n", BOTH),
    "the first of two columns counts": ("a.csv", "text,text,topic,标签\n查处3件。,,执法,\n", ONE),
    "not filled in yet": ("a.csv",
        "text,topic\n甲,\n查处3件。,执法\n乙,unsure\n丙,未定\n,\n丁\n", ONE),
    "blank lines": ("a.csv", "\n\ntext,topic\n\n查处3件。,执法\n,\n公开5条。,公开\n\n", BOTH),
    "quotes": ("a.csv", '"text","topic"\n"查处""3""件,\n共4次。",执法\n', (
        ('查处"3"件,\n共4次。', "enforcement", ()),)),
    "a guarded formula": ("a.csv", "text,topic\n'=1+1,执法\n'-2%,执法\n'好',执法\n", (
        ("=1+1", "enforcement", ()), ("-2%", "enforcement", ()), ("'好'", "enforcement", ()))),
    "spaces around": ("a.csv", "text,topic\n 查处3件。　, 执法 \n", ONE),
    "GB18030": ("a.csv", "句子,主题\n查处3件。,执法\n公开5条。,政务公开\n".encode("gbk"), BOTH),
    "GB18030 lines": ("a.jsonl",
        '{"text": "查处3件。", "topic": "执法"}'.encode("gb18030"), ONE),
    "UTF-16": ("a.tsv", "text\ttopic\n查处3件。\t执法\n公开5条。\t公开\n".encode("utf-16"), BOTH),
    "a title above": ("a.csv",
        "标注结果（第一批）,,\n句子,主题,备注\n查处3件。,执法,\n公开5条。,公开,\n", BOTH),
    "a short title above, tabs": ("a.csv",
        "标注结果\n\n句子\t主题\n查处3件。\t执法\n公开5条。\t公开\n", BOTH),
    "Label Studio CSV": ("a.csv",
        'id,text,topic,annotator,annotation_id,created_at\n'
        '1,查处3件。,"{""choices"": [""\\u884c\\u653f\\u6267\\u6cd5"", ""政务公开""]}",1,5,2022\n'
        '2,甲,,1,6,2022\n', ALSO),
    "Label Studio CSV, another control": ("a.csv",
        'annotation_id,annotator,created_at,id,lead_time,text,分类,updated_at\n'
        '3,1,2022,1,2.5,查处3件。,普法,2022\n4,1,2023,1,2.5,查处3件。,行政执法,2023\n', ONE),
    "names in a list": ("a.csv", 'text,topic\n查处3件。,"[""执法"", ""公开""]"\n', ALSO),
    # fastText.
    "fastText": ("a.txt", "__label__行政执法 查处3件。\n\n__label__政务公开 公开5条。\n", BOTH),
    "fastText, several labels": ("a.txt",
        "__label__行政执法 __label__政务公开 查处3件。\n", ALSO),
    "fastText, commas and tabs": ("a.train",
        "__label__执法, __label__公开\t查处3件。\r\n", ALSO),
    "fastText, labels behind": ("a.txt",
        "__label__执法 查处3件。\n公开5条。 __label__公开\n", BOTH),
    "fastText, labels behind from the first line on": ("a.ft",
        "查处3件。\t__label__执法\n公开5条。\t__label__公开\n", BOTH),
    "names of others": ("a.csv", "序号,语句,类别\n1,查处3件。,执法\n2,公开5条。,公开\n", BOTH),
    "a kind beside the topic": ("a.csv", "句子,类别,主题\n查处3件。,sentence,执法\n", ONE),
    "English names of others": ("a.tsv", "content\tcategory\n查处3件。\t执法\n", ONE),
    "fastText, cut into words": ("a.txt", "__label__执法 查处 3 件 。\n", ONE),
    # XLSX.
    "XLSX, a title above": ("a.xlsx", workbook(["标注结果"], [], *SHEET), BOTH),
    "XLSX, labels in the second sheet": ("a.xlsx", workbook(["说明"], 标注=SHEET), BOTH),
    "XLSX, labels in two sheets": ("a.xlsx", workbook(*SHEET[:2], 二=(SHEET[0], SHEET[2])), BOTH),
    "XLSX": ("a.xlsx", workbook(*SHEET), BOTH),
    "XLSX without its suffix": ("a.dat", workbook(*SHEET), BOTH),
    "XLSX, first sheet only": ("a.xlsx", workbook(*SHEET, notes=[["text"], ["甲"]]), BOTH),
    "XLSX, partly filled in": ("a.xlsx", workbook(
        [None], ["id", "句子", "主题", "兼"], [1, "甲"],
        [2.0, "查处3件。", "执法", "公开;公开"]), ALSO),
    "XLSX, numbers": ("a.xlsx", workbook(["text", "topic"], [3, "执法"], [4.5, "执法"]), (
        ("3", "enforcement", ()), ("4.5", "enforcement", ()))),
    "XLSX that lies about its size": ("a.xlsx", repacked(
        workbook(*SHEET), "xl/worksheets/sheet1.xml", 'ref="A1:B3"', 'ref="A1"'), BOTH),
    "XLSX whose rows are far apart": ("a.xlsx", repacked(
        workbook(*SHEET[:2]), "xl/worksheets/sheet1.xml", '<row r="2">', '<row r="99999">'), ONE),
    "XLSX with a carriage return": ("a.xlsx", workbook(
        ["text", "topic"], ["甲_x000D_\n乙", "执法"]), (("甲\n乙", "enforcement", ()),)),
    # doccano.
    "doccano JSONL": ("a.jsonl",
        '{"id":1,"text":"查处3件。","label":["行政执法","政务公开"],"Comments":[]}\n'
        '{"id":2,"text":"甲","label":[],"Comments":["难"]}\n', ALSO),
    "doccano JSON": ("a.json", [
        {"id": 1, "text": "查处3件。", "label": ["行政执法"]}, {"id": 2, "text": "甲", "label": []},
        {"id": 3, "text": "公开5条。", "label": ["政务公开"]}], BOTH),
    "doccano CSV": ("a.csv",
        "id,text,label,Comments\n1,查处3件。,行政执法#政务公开,\n2,甲,,\n", ALSO),
    "doccano 1.5 JSONL": ("a.jsonl", '{"id":1,"data":"查处3件。","label":["执法","公开"]}', ALSO),
    "doccano 1.5 CSV": ("a.csv", "id,data,label\n1,查处3件。,执法#公开\n", ALSO),
    "doccano with spans": ("a.jsonl",
        '{"id":1,"text":"查处3件。","cats":["执法"],"entities":[[0,2,"动作"]]}', ONE),
    "doccano 2018": ("a.jsonl",
        '{"doc_id":1,"text":"查处3件。","labels":["执法"],"username":"admin"}', ONE),
    # Label Studio.
    "tasks": ("a.json", [
        task({"text": "查处3件。"}, choices("行政执法", "政务公开"), id=1),
        task({"text": "甲"}, id=2), task({"text": "乙"}, choices(), id=3)], ALSO),
    "tasks over several lines": ("a.json", json.dumps(
        [task({"text": "查处3件。"}, choices("执法"))], indent=2), ONE),
    "one task over several lines": ("a.json", json.dumps(
        task({"text": "查处3件。"}, choices("执法")), indent=2), ONE),
    "one task a line": ("a.jsonl", json.dumps(
        task({"text": "查处3件。"}, choices("执法"))), ONE),
    "the only string is the text": ("a.json", [
        task({"sentence": "查处3件。", "page": 3, "group": "甲"}, choices("执法"))], ONE),
    "what the data says of topics does not count": ("a.json", [
        task({"text": "查处3件。", "topic": "普法", "label": "普法"}, choices("执法"))], ONE),
    "the last annotation counts": ("a.json", [task({"text": "查处3件。"},
        choices("普法", created_at="2024-05-01T08:00:00Z"),
        choices("执法", created_at="2024-05-03T08:00:00Z"),
        choices("复议", created_at="2024-05-02T08:00:00Z"))], ONE),
    "without dates the last one": ("a.json", [
        task({"text": "查处3件。"}, choices("普法"), choices("执法"))], ONE),
    "a cancelled annotation does not count": ("a.json", [task({"text": "查处3件。"},
        choices("执法", created_at="1"),
        choices("普法", created_at="2") | {"was_cancelled": True})], ONE),
    "completions of old": ("a.json", [{"id": 1, "data": {"text": "查处3件。"}, "completions": [
        choices("普法") | {"skipped": True}, choices("执法")]}], ONE),
    "other results": ("a.json", [task({"text": "查处3件。"}, {"result": [
        {"type": "rating", "from_name": "sure", "value": {"rating": 4}},
        *choices("执法")["result"]]})], ONE),
    "choices with a known name": ("a.json", [task({"text": "查处3件。"}, {"result": [
        *choices("好", name="quality")["result"], *choices("执法", name="主题")["result"],
        *choices("公开", name="also")["result"]]})], ALSO),
    "JSON-MIN": ("a.json", [
        {"id": 1, "text": "查处3件。", "label": "行政执法", "annotator": 1, "annotation_id": 1},
        {"id": 2, "text": "公开5条。", "label": {"choices": ["政务公开"]}, "annotation_id": 2},
        {"id": 3, "text": "甲", "annotation_id": None}], BOTH),
    "JSON-MIN, several annotations": ("a.json", [
        {"id": 1, "text": "查处3件。", "topic": "执法", "annotation_id": 9, "created_at": "2024"},
        {"id": 1, "text": "查处3件。", "topic": "普法", "annotation_id": 8, "created_at": "2023"},
        {"id": 2, "text": "公开5条。", "topic": "普法", "annotation_id": 6, "created_at": "2023"},
        {"id": 2, "text": "公开5条。", "topic": "公开", "annotation_id": 7, "created_at": "2024"},
    ], BOTH),
    "JSON-MIN, another control": ("a.json", [
        {"id": 1, "text": "查处3件。", "文书类别": "行政执法", "annotator": 1, "annotation_id": 1},
        {"id": 2, "text": "公开5条。", "页": 3, "类": {"choices": ["公开"]}, "annotation_id": 2,
         "网址": "https://example.org"}], BOTH),
    "JSON-MIN without numbers of annotations": ("a.json", [
        {"id": 1, "sentence": "查处3件。", "choice": {"choices": ["执法"]}},
        {"id": 2, "sentence": "公开5条。", "甲": {"choices": ["公开"]}}], BOTH),
    # Ours.
    "a JSON list": ("a.json", [{"text": "查处3件。", "topic": "执法", "also": ["公开"]}], ALSO),
    "a list that is called JSONL": ("a.jsonl", [{"text": "查处3件。", "topic": "执法"}], ONE),
    "lines that are called JSON": ("a.json",
        '{"text": "查处3件。", "topic": "执法"}\n' * 2, ONE * 2),
}  # fmt: skip


@pytest.mark.parametrize(("name", "source", "wanted"), FILES.values(), ids=FILES)
def test_formats(
    tmp_path: Path,
    taxonomy: Taxonomy,
    name: str,
    source: str | bytes | list[Any],
    wanted: tuple[Any, ...],
) -> None:
    found = read(tmp_path, taxonomy, name, source)
    assert tuple((label.text, label.topic, label.also) for label in found) == wanted


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("a.csv", "text,topic,role,heading,kind,group\n甲,执法,问题,一、执法,sentence,安平\n"),
        ("a.csv", "句子,主题,作用,标题,kind,分组\n甲,执法,不足,一、执法,,安平\n"),
        # As our own search writes it.
        ("a.csv",
            "report,n,text,section,role,kind,topic\n安平,3,甲,总结 > 一、执法,problem,,执法\n"),
        ("a.json", [task(
            {"text": "甲", "heading": "一、执法", "group": "安平"},
            {"result": choices("执法", name="topic")["result"]
                + choices("问题", name="role")["result"]})]),
    ],
)  # fmt: skip
def test_all_that_a_label_may_say(
    tmp_path: Path, taxonomy: Taxonomy, name: str, source: str | list[Any]
) -> None:
    assert read(tmp_path, taxonomy, name, source) == [
        LabelledSentence("甲", "enforcement", role="problem", heading="一、执法", group="安平")
    ]


BAD: dict[str, tuple[str, str | bytes | list[Any], str]] = {
    # Any file.
    "empty": ("a.csv", "", "a.csv: the file is empty; give sentences"),
    "blank": ("a.jsonl", "\ufeff \n", "a.jsonl: the file is empty; give sentences"),
    "an empty workbook file": ("a.xlsx", b"", "a.xlsx: the file is empty"),
    "no encoding": ("a.csv", b"text,topic\n\xff\xff\xff,x\n",
        "a.csv: not UTF-8 or GB18030; save it"),
    "binary": ("a.csv", bytes(range(100)), "a.csv: a binary file"),
    "too large": ("a.csv", b" " * (64 << 20) + b"x", "a.csv: larger than 64 MB"),
    # CSV.
    "no text column": ("a.csv", "\nremark,topic\n甲,执法\n",
        "a.csv:2: no text column; call one text or 句子 in the first row"),
    "no topic column": ("a.csv", "text,remark\n甲,执法\n",
        "a.csv:1: no topic column; call one topic or 主题 in the first row"),
    "no header": ("a.csv", "甲,执法\n乙,普法\n", "a.csv:1: no text column"),
    "only a header": ("a.csv", "text,topic\n", "a.csv: no labels; fill in the topic column"),
    "nothing filled in": ("a.csv", "text,topic\n甲,\n乙,未定\n",
        "a.csv: no labels; fill in the topic column"),
    "unknown topic": ("a.csv", 'text,topic\n"甲\n乙",执法\n丙,enforcment\n',
        "a.csv:4: unknown topic 'enforcment'; did you mean 行政执法 (enforcement)"),
    "topic without a text": ("a.csv", "text,topic\n,执法\n", "a.csv:2: text is missing or empty"),
    "unknown further topic": ("a.csv", "text,topic,also\n甲,执法,法院\n", "a.csv:2: unknown topic"),
    "unknown role": ("a.csv", "text,topic,role\n甲,执法,目标\n", "a.csv:2: unknown role '目标'"),
    "a comma in a text": ("a.csv", "text,topic\n查处,共3件。,执法\n",
        "a.csv:2: 3 cells under 2 columns; put a text with ',' in double quotes"),
    "a quote that stays open": ("a.csv", 'text,topic\n甲,执法\n"乙,普法\n丙,普法\n',
        "a.csv:3: not CSV (unexpected end of data); is a quote missing?"),
    "an enormous field": ("a.csv", f"text,topic\n{'甲' * 200_000},执法\n",
        "a.csv:2: not CSV (field larger than field limit"),
    "a large field": ("a.csv", f"text,topic\n{'甲' * 100_000},执法\n",
        "a.csv:2: text has 100,000 characters; at most 10,000, a label is one sentence"),
    "a large topic": ("a.csv", f"text,topic\n甲,{'甲' * 100_000}\n",
        "a.csv:2: topic must be a name"),
    "an id twice": ("a.csv", "id,text,topic\n12,甲,执法\n12,乙,普法\n",
        "a.csv:3: id 12 stands at line 2 already"),
    "two topics for a sentence": ("a.csv", "text,topic\n甲\t乙,执法\n甲\t乙,政务公开\n",
        "a.csv:3: 甲 乙 is 行政执法 at line 2 and 政务公开 here; decide for one"),
    "a line of fastText without a label": ("a.txt", "__label__执法 甲\n乙\n",
        "a.txt:2: no topic; begin the line with __label__"),
    "an unknown label of fastText": ("a.txt", "__label__执发 甲\n",
        "a.txt:1: unknown topic '执发'"),
    "several names for choices": ("a.json", [{"id": 1, "text": "甲", "annotation_id": 2,
        "类": "执法", "网址": "x"}],
        "a.json: entry 1: topics may stand in 类 and 网址; name those of topics topic"),
    # XLSX.
    "a bad row in another sheet": ("a.xlsx", workbook(["说明"], 标注=(*SHEET, ["甲", "执发"])),
        "a.xlsx (标注):4: unknown topic '执发'"),
    "an old workbook": ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512),
        "a.xls: an old or protected Excel file; save it as .xlsx"),
    "a page that is called a workbook": ("a.xls", "<html>", "a.xls: not an Excel workbook"),
    "CSV that is called a workbook": ("a.xlsx", "text,topic\n", "a.xlsx: not an Excel workbook"),
    "a workbook without sheets": ("a.xlsx", repacked(
        workbook(*SHEET), "xl/workbook.xml", "<sheets>", "</workbook>"), "not an Excel workbook"),
    "another zip": ("a.zip", zipped("甲.txt"), "a.zip: not an Excel workbook"),
    "half a workbook": ("a.xlsx", workbook(*SHEET)[:2000], "a.xlsx: not an Excel workbook"),
    "an empty sheet": ("a.xlsx", workbook(), "a.xlsx: no text column"),
    "no text column in a sheet": ("a.xlsx", workbook([None], ["文件", "主题"]),
        "a.xlsx:2: no text column"),
    "a bad row": ("a.xlsx", workbook(*SHEET, [], ["甲", "执发"]), "a.xlsx:5: unknown topic '执发'"),
    "a topic that is an error": ("a.xlsx", workbook(SHEET[0], ["甲", "#N/A"]), "a.xlsx:2: unknown"),
    "an id twice in a sheet": ("a.xlsx", workbook(
        ["id", "text", "topic"], [1, "甲", "执法"], [1.0, "乙", "执法"]),
        "a.xlsx:3: id 1 stands at row 2 already"),
    # JSON.
    "broken JSON": ("a.json", '[{"text": "甲",\n "topic" "执法"}]',
        "a.json:2: not JSON (Expecting ':' delimiter, column 10)"),
    "a list that ends early": ("a.json", '[{"text": "甲", "topic": "执法"},\n',
        "a.json:2: not JSON"),
    "nested too deep": ("a.json", "[" * 100_000, "a.json:1: not JSON that can be read"),
    "objects nested too deep": ("a.json", '{"text":\n' * 100_000, "a.json:1: not JSON"),
    "an empty list": ("a.json", "[]", "a.json: no labels; give the entries a topic or label"),
    "entries without labels": ("a.json", [{"id": 1, "text": "甲", "sentiment": "好"}],
        "a.json: no labels; give the entries a topic or label"),
    "comments only": ("a.jsonl", "# mine\n", "a.jsonl: no labels; give the entries"),
    "not an object": ("a.json", [{"text": "甲", "topic": "执法"}, "乙"],
        "a.json: entry 2: expected an object"),
    "unknown topic in a list": ("a.json", [{"text": "甲", "label": ["执发"]}],
        "a.json: entry 1: unknown topic '执发'; did you mean"),
    "a label that is a number": ("a.json", [{"text": "甲", "label": [7]}],
        "a.json: entry 1: topic must be a name"),
    "doccano by number": ("a.jsonl", '{"id": 1, "text": "甲", "annotations": [{"label": 7}]}',
        "a.jsonl:1: annotations by number; export with doccano 1.3"),
    "an id twice in a list": ("a.json", [
        {"id": 1, "text": "甲", "topic": "执法"}, {"id": 1, "text": "乙", "topic": "执法"}],
        "a.json: entry 2: id 1 stands at entry 1 already"),
    "a task without a text": ("a.json", [task({"a": "甲", "b": "乙"}, choices("执法"))],
        "a.json: entry 1: data needs the sentence as text"),
    "annotations that are left out": ("a.json", [{"data": {"text": "甲"}, "annotations": [31]}],
        "a.json: entry 1: annotations must be a list of objects"),
    "two kinds of choices": ("a.json", [task({"text": "甲"}, {"result": [
        *choices("执法", name="甲类")["result"], *choices("好", name="乙\n类")["result"]]})],
        "a.json: entry 1: choices are named 甲类 and 乙 类; name those of topics topic"),
    "strange tasks": ("a.json", [
        task({"text": "甲"}, {"result": 3}, {"result": [3, {"value": 3}]})],
        "a.json: no labels"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "source", "said"), BAD.values(), ids=BAD)
def test_bad_files_get_one_clear_line(
    tmp_path: Path,
    taxonomy: Taxonomy,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    source: str | bytes | list[Any],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(GongwenError) as caught:
        read(Path(), taxonomy, name, source)
    assert isinstance(caught.value, ReadError | SeedError)
    assert said in str(caught.value)
    assert str(caught.value).startswith(name)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


WORDS = st.sampled_from(
    "text data topic label also role group id annotations result value choices from_name"
    " annotation_id created_at 执法 甲 未定".split()
)
VALUES = st.recursive(
    WORDS | st.none() | st.integers(0, 3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=20,
)
CELLS = st.text("执法甲,;\t\n\"'#=", max_size=20)
SOURCES = (
    st.binary(max_size=50)
    | st.builds(lambda value: json.dumps(value).encode(), VALUES)
    | st.builds(lambda value: json.dumps([value]).encode(), VALUES)
    | st.builds(lambda text: f"text,topic\n{text}".encode(), CELLS)
    | st.builds(
        lambda data, at, byte: data[: at % len(data)] + byte + data[at % len(data) + 1 :],
        st.just(workbook(*SHEET)), st.integers(0, 10_000), st.binary(min_size=1, max_size=1),
    )
)  # fmt: skip


@given(SOURCES, st.sampled_from(["a.json", "a.jsonl", "a.csv", "a.xlsx"]))
def test_whatever_a_file_holds_it_is_read_or_there_is_one_clear_line(
    tmp_path_factory: pytest.TempPathFactory, source: bytes, name: str
) -> None:
    try:
        labels = read(tmp_path_factory.getbasetemp(), Taxonomy.shipped(), name, source)
    except GongwenError as error:
        assert "\n" not in str(error)
    else:
        assert labels


def test_a_file_that_is_missing_or_a_folder(tmp_path: Path, taxonomy: Taxonomy) -> None:
    with pytest.raises(ReadError, match=r"a\.csv: no such file"):
        load_labels([tmp_path / "a.csv"], taxonomy)
    with pytest.raises(ReadError, match=f"{tmp_path.name}: a folder; give the label files"):
        load_labels([tmp_path], taxonomy)


def test_without_openpyxl(
    tmp_path: Path, taxonomy: Taxonomy, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = workbook(*SHEET)
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ReadError) as caught:
        read(Path(), taxonomy, "a.xlsx", data)
    assert str(caught.value) == (
        "a.xlsx: reading XLSX needs openpyxl: pip install openpyxl, or save it as CSV"
    )
    assert read(Path(), taxonomy, "a.csv", "text,topic\n甲,执法\n")


SHEET_PART = "xl/worksheets/sheet1.xml"
BOMBS: dict[str, tuple[str, str, str]] = {
    "bytes": (SHEET_PART, "查处3件。", "零" * (22 << 20)),
    "cells": (SHEET_PART, '<row r="2">', '<row r="2">' + "<c/>" * 1_000_001),
    "styles": ("xl/styles.xml", "</styleSheet>", "<xf/>" * 100_001 + "</styleSheet>"),
}


@pytest.mark.parametrize(("part", "old", "new"), BOMBS.values(), ids=BOMBS)
def test_a_small_file_cannot_fill_the_memory(
    tmp_path: Path, taxonomy: Taxonomy, part: str, old: str, new: str
) -> None:
    bomb = repacked(workbook(*SHEET), part, old, new)
    del new
    assert len(bomb) < 1 << 20
    tracemalloc.start()
    with pytest.raises(ReadError, match=r"a\.xlsx: too large for a sheet of labels"):
        read(tmp_path, taxonomy, "a.xlsx", bomb)
    assert tracemalloc.get_traced_memory()[1] < 100 << 20
    tracemalloc.stop()


@pytest.mark.parametrize("most", [2_000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_too_many_rows(
    tmp_path: Path, taxonomy: Taxonomy, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    assert label_formats._MAX_ROWS == 100_000
    monkeypatch.setattr(label_formats, "_MAX_ROWS", most)
    rows = "<row><c><v>1</v></c></row>" * (most + 1)
    many = repacked(workbook(*SHEET), SHEET_PART, "</sheetData>", f"{rows}</sheetData>")
    with pytest.raises(ReadError, match=r"a\.xlsx: too large for a sheet of labels; split it"):
        read(tmp_path, taxonomy, "a.xlsx", many)


def test_texts_that_name_each_other_do_not_grow(tmp_path: Path, taxonomy: Taxonomy) -> None:
    grow = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in pairwise("abcdefghi"))
    head = f'<!DOCTYPE x [<!ENTITY a "{"ha" * 50}">{grow}]>'
    bomb = repacked(workbook(*SHEET), SHEET_PART, "<worksheet ", f"{head}<worksheet ")
    bomb = repacked(bomb, SHEET_PART, "查处3件。", "&i;")
    with pytest.raises(ReadError, match="not an Excel workbook"):
        read(tmp_path, taxonomy, "a.xlsx", bomb)
