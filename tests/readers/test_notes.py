"""Notes of readers are shown in the language of the user."""

from __future__ import annotations

import io
import json

import openpyxl
import pytest

from gongwen.catalog import use_language
from gongwen.readers.base import Blob
from gongwen.readers.detect import read
from gongwen.translation import in_language

NOTES = [
    ("damaged: 1 lost character on line 3", "第 3 行"),
    ("damaged: 12 bytes left out, the first at byte 7 (line 2)", "12 个字节"),
    ("on its pages, left out: 内部资料 (3 times)", "内部资料"),
    ("2 rows without text left out: row 4, row 9", "第 4 行、第 9 行"),
    ("pages 2-3 of 9: damaged, left out", "第 2-3 页（共 9 页）"),
    ("page 4 of 9: 17 characters left out, the font does not say which they are", "第 4 页"),
    ("an embedded document was left out: a.xml: damaged", "a.xml：已损坏"),
]


@pytest.fixture(autouse=True)
def in_chinese() -> object:
    use_language("zh")
    yield
    use_language("en")


@pytest.mark.parametrize(("note", "part"), NOTES)
def test_a_note_is_translated_with_what_stands_in_it(note: str, part: str) -> None:
    shown = in_language(note)
    assert part in shown
    assert shown != note


def test_other_notes_stay_as_they_are() -> None:
    assert in_language("甲乙: row") == "甲乙: row"


def workbook() -> bytes:
    book = openpyxl.Workbook()
    book.active.append(["地区", "正文"])
    book.active.append(["甲县", "甲县全年办案12件。"])
    book.active.append(["乙县", None])
    book.create_sheet("说明").append(["填写说明"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.txt", "甲县2021年工作总结\n全年办案12件，".encode() + b"\xff" + "查处3件。\n".encode()),
        ("a.md", "# 甲县2021年工作总结\n\n全年办案12件。\n\n```\nx = 1\n```\n".encode()),
        ("a.xlsx", workbook()),
        ("a.csv", "地区,正文\n甲县,全年办案12件。\n乙县,\n".encode()),
        ("a.json", json.dumps([{"正文": "全年办案12件。"}, {"正文": ""}]).encode()),
    ],
)
def test_every_note_of_a_file_is_translated(name: str, data: bytes) -> None:
    notes = [note for extract in read(Blob(name, data)) for note in extract.notes]
    assert notes
    assert [note for note in notes if in_language(note) == note] == []
