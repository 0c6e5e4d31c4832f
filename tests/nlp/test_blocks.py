"""What a file says of the parts of its text decides over how they are worded."""

from __future__ import annotations

import pytest

from gongwen.nlp import Document, parse_document
from gongwen.nlp.document.blocks import BlockKind, TextBuilder, furniture_of, heading_levels

Part = tuple[str, BlockKind | None] | tuple[str, BlockKind | None, int]
BODY = "全年办理行政复议案件12件，办结11件。"


def read(*parts: Part) -> Document:
    builder = TextBuilder()
    for text, kind, *level in parts:
        builder.add(text, kind, *level)
    return parse_document(builder.text, builder.blocks)


def test_a_heading_needs_no_number() -> None:
    document = read(
        ("武功县2020年工作总结", None),
        ("总体情况", "heading", 1),
        (BODY, None),
        ("执法监督工作", "heading", 2),
        (BODY, None),
        ("存在困难", "heading", 1),
        (BODY, None),
    )
    assert [s.kind for s in document.sentences] == ["title", *["heading", "sentence"] * 3]
    assert [s.section for s in document.sentences if s.kind == "sentence"] == [
        "总体情况",
        "总体情况 > 执法监督工作",
        "存在困难",
    ]


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("一、总体情况", None, "heading"),
        ("一、总体情况", "paragraph", "heading"),
        ("一、总体情况", "item", "sentence"),
        ("一、总体情况", "row", "sentence"),
        ("一、总体情况", "note", "sentence"),
        ("一、总体情况", "contents", "boilerplate"),
        ("一、总体情况", "furniture", "boilerplate"),
        ("一、总体情况", "caption", "boilerplate"),
        ("总体情况概述", "heading", "heading"),
        ("总体情况概述", None, "sentence"),
        # A style of headings on a whole paragraph makes no heading of it.
        (BODY * 3, "heading", "sentence"),
    ],
)
def test_kinds(text: str, kind: BlockKind | None, found: str) -> None:
    document = read(("武功县2020年工作总结", None), (BODY, None), (text, kind), (BODY, None))
    assert {s.kind for s in document.sentences if s.text in text} == {found}


def test_a_paragraph_is_one_whatever_line_ends_are_in_it() -> None:
    document = read((BODY, None), ("办理\n行政应诉\n案件9件。", "paragraph"), (BODY, None))
    assert [s.text for s in document.sentences] == [
        "全年办理行政复议案件12件，办结11件。",
        "办理\n行政应诉\n案件9件。",
        "全年办理行政复议案件12件，办结11件。",
    ]


def test_text_between_blocks_is_read_as_plain_text() -> None:
    wrapped = "全县各级各部门认真落实法治政府建设各项任务，\n取得明显成效。"
    document = read((wrapped, None), ("表", "row"), (wrapped, None))
    assert [s.text for s in document.sentences] == [wrapped, "表", wrapped]


def test_the_title_is_what_the_file_calls_so() -> None:
    document = read(
        ("内部资料", "furniture"),
        ("依法治县", "title"),
        ("一年回眸", "title"),
        (BODY, None),
    )
    assert document.title == "依法治县一年回眸"
    assert [s.kind for s in document.sentences] == ["boilerplate", "title", "title", "sentence"]


def test_furniture_is_known_when_a_stored_report_is_parsed_again() -> None:
    first = read(("武功县2020年工作总结", None), ("陕西日报客户端", "furniture"), (BODY, None))
    again = parse_document(first.text, furniture_of(first.sentences))
    assert [s.kind for s in again.sentences] == [s.kind for s in first.sentences]


@pytest.mark.parametrize(
    ("marks", "levels"),
    [
        ([], {}),
        ([(1, 0)], {1: 2}),
        ([(1, 2), (2, 3), (3, 4)], {1: 2, 2: 3, 3: 4}),
        ([(1, 0), (2, 2)], {1: 1, 2: 2}),
        ([(1, 0), (2, 0), (3, 0)], {1: 2, 2: 3, 3: 4}),
        ([(1, 0), (2, 1)], {1: 0.5, 2: 1}),
        ([(2, 2), (3, 0), (4, 3)], {2: 2, 3: 2.5, 4: 3}),
        ([(2, 2), (3, 0), (4, 4)], {2: 2, 3: 3, 4: 4}),
    ],
)
def test_levels(marks: list[tuple[int, int]], levels: dict[int, float]) -> None:
    assert heading_levels(marks) == levels


def test_sentences_cover_the_text() -> None:
    document = read(
        ("甲县报告", "title"), (BODY, "paragraph"), ("第 1 页", "furniture"), (BODY, None)
    )
    covered = "".join(s.text for s in document.sentences)
    assert "".join(covered.split()) == "".join(document.text.split())
    assert all(document.text[s.start : s.end] == s.text for s in document.sentences)
