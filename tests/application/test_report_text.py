"""Reports laid out for reading: nothing is lost, and paragraphs, headings and tables are found."""

from __future__ import annotations

from pathlib import Path

import pytest

import gongwen
from gongwen.nlp import parse_document
from gongwen.render.report_text import TextBlock, joined_lines, text_blocks
from gongwen.results import StoredSentence

ROOT = Path(__file__).parents[2]

REPORT = """甲县2020年法治政府建设情况报告

一、主要举措和成效

（一）推进行政执法规范化。全年开展执法监督检查12次。纠正不规范行为3件。

各乡镇检查情况如下。

乡镇\t检查次数\t备注
城关镇\t12\t检查合格。整改3处。
河口乡\t9\t无

二、存在的问题

一是执法力量不足。
二是普法宣传不够深入。
"""


def laid_out(text: str) -> list[TextBlock]:
    """Return the blocks of a text that is parsed as a plain file."""
    stored = [
        StoredSentence(
            s.n, "r", s.n, s.text, s.start, s.end, s.section, s.item, s.role, s.kind, "", (), 0.0
        )
        for s in parse_document(text).sentences
    ]
    blocks = list(text_blocks(text, stored))
    pieces = [piece for block in blocks for piece in block.pieces]
    places = [(piece.sentence.n, piece.start) for piece in pieces]
    assert places == sorted(set(places))
    for s in stored:
        own = [piece.text for piece in pieces if piece.sentence.n == s.n]
        assert "\t".join(own).replace("\t", "") == s.text.replace("\t", "")
    return blocks


def cells(block: TextBlock) -> list[list[str]]:
    """Return the text of each cell of a table."""
    return [["".join(piece.text for piece in cell) for cell in row] for row in block.rows]


def test_each_part_of_a_report_is_a_block_of_its_kind() -> None:
    blocks = laid_out(REPORT)
    assert [block.kind for block in blocks] == [
        "title", "heading", "heading", "paragraph", "paragraph", "table", "heading", "item",
        "item",
    ]  # fmt: skip
    assert [block.level for block in blocks if block.kind == "heading"] == [1, 2, 1]
    [table] = [block for block in blocks if block.kind == "table"]
    assert cells(table) == [
        ["乡镇", "检查次数", "备注"],
        ["城关镇", "12", "检查合格。整改3处。"],
        ["河口乡", "9", "无"],
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "办案12件。",
        "办案12件。 培训3次。\n\n下一段。",
        "甲\t\t乙\n丙\t丁",
        "\t甲\t乙\t\n",
        "第一行很长很长很长很长很长很长很长很长很长很长很长很长的一句没有说完，\n第二行接着说。",
        "Report of the year.\nIt has 12 cases.",
        (ROOT / "seeds" / "reports" / "wugong-2020.txt").read_text("utf-8"),
    ],
)
def test_no_character_of_a_unit_is_lost_or_doubled(text: str) -> None:
    laid_out(text)


def test_sentences_of_one_paragraph_stay_together_with_what_parts_them() -> None:
    [block] = laid_out("全年办案12件。 培训3次。")
    assert [(piece.gap, piece.text) for piece in block.pieces] == [
        ("", "全年办案12件。"),
        (" ", "培训3次。"),
    ]


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("办理案\n件12件", "办理案件12件"),
        ("办理案 \n  件", "办理案件"),
        ("of the\nyear", "of the year"),
        ("办理\n12件", "办理12件"),
        ("\n办理\n", "办理"),
        ("办理 12 件", "办理 12 件"),
    ],
)
def test_broken_lines_are_joined(text: str, joined: str) -> None:
    assert joined_lines(text) == joined


def test_a_library_gives_a_report_as_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "甲县2020.txt").write_text(REPORT, "utf-8")
    with gongwen.open(tmp_path / "library") as library:
        before = library.generation
        library.add(tmp_path / "甲县2020.txt")
        assert library.generation > before
        text = library.read("甲县")
    assert text.report.id == "甲县2020"
    assert [one.n for one in text.sentences] == list(range(1, len(text.sentences) + 1))
    assert text.headings[0].text == "一、主要举措和成效"
    found = {row.figure.raw for rows in text.figures.values() for row in rows}
    assert {"12次", "3件"} <= found
    table = next(block for block in text.blocks if block.kind == "table")
    assert text.block_of(table.n) is table
    with pytest.raises(KeyError):
        text.block_of(999)
