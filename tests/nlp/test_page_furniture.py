"""Contents pages and page furniture are told from the text of a report, and lists are not."""

from __future__ import annotations

import pytest

from gongwen.nlp import parse_document
from gongwen.nlp.document.blocks import Block, TextBuilder
from gongwen.nlp.document.page_furniture import with_contents, without_page_furniture

TITLE = "武功县2020年法治政府建设年度报告"
BODY = "全年办理行政复议案件12件，办结11件。"
LONG = "全县各级各部门认真落实法治政府建设各项任务，取得明显成效，" * 4 + "群众满意。"
TEXT = f"一、总体情况\n{BODY}\n二、存在问题\n力量不足。\n三、下一步打算\n加强培训。"


@pytest.mark.parametrize(
    "contents",
    [
        ["目录", "一、总体情况……1", "二、存在问题……3", "三、下一步打算……12"],
        ["目　录", "一、总体情况………… 1", "二、存在问题………… 3", "三、下一步打算…… 3"],
        ["目次", "一、总体情况........(1)", "二、存在问题........(2)", "三、下一步打算....(2)"],
        ["目錄", "一、总体情况····１", "二、存在问题····２", "三、下一步打算····３"],
        ["目录", "一、总体情况\t1", "二、存在问题\t3", "三、下一步打算\t4"],
        ["目录", "一、总体情况      1", "二、存在问题      3", "三、下一步打算      4"],
        ["目录", "一、总体情况", "二、存在问题", "三、下一步打算"],
        ["一、总体情况……1", "二、存在问题……3", "三、下一步打算……4"],
        ["一、总体情况", "二、存在问题", "三、下一步打算"],
    ],
)
def test_contents_pages(contents: list[str]) -> None:
    document = parse_document("\n".join([TITLE, *contents, TEXT]))
    assert [s.text for s in document.sentences if s.kind == "boilerplate"] == contents
    assert [s.text for s in document.sentences if s.kind == "heading"] == [
        "一、总体情况",
        "二、存在问题",
        "三、下一步打算",
    ]
    assert document.title == TITLE


@pytest.mark.parametrize(
    "lines",
    [
        ["办案……12", "应诉……24", "复议……36"],
        ["办案\t12", "应诉\t24", "复议\t36"],
        ["指标目录说明如下。", "办案……36", "应诉……24"],
        ["一是加强学习", "二是加强培训", "三是加强监督"],
    ],
)
def test_no_contents(lines: list[str]) -> None:
    assert with_contents("\n".join([TITLE, *lines, TEXT]), ()) == ()


@pytest.mark.parametrize(
    "numbers",
    [
        ["— 1 —", "— 2 —"],
        ["- 1 -", "- 2 -"],
        ["第 1 页 共 5 页", "第 2 页 共 5 页"],
        ["第１页", "第２页"],
        ["1 / 5", "2 / 5"],
        ["Page 1 of 2", "Page 2 of 2"],
        ["·1·", "·2·"],
        ["1", "2"],
        ["武功县司法局 第1页", "武功县司法局 第2页"],
    ],
)
def test_page_numbers(numbers: list[str]) -> None:
    first, second = numbers
    above = f"{TITLE}\n一、总体情况\n{LONG}\n全年办案12件，其中"
    left, _, _ = without_page_furniture(f"{above}\n\n{first}\n\n维持8件。{LONG}\n{second}", ())
    assert left.rstrip() == f"{above}维持8件。{LONG}"


@pytest.mark.parametrize(
    ("above", "below", "joined"),
    [
        ("全年办理行政处罚案件", "318件，其中听证24件。", True),
        ("全年办理行政复议案件12件，其中", "维持8件。", True),
        ("加强和", "改进执法工作。", True),
        ("办结11件。", "其中维持8件。", False),
        ("二、存在问题", "力量不足。", False),
        ("全年办理案件12件，其中", "（一）加强执法", False),
    ],
)
def test_a_sentence_goes_on_behind_a_page_number(above: str, below: str, joined: bool) -> None:
    left, _, _ = without_page_furniture(f"{BODY}\n{above}\n— 3 —\n{below}\n", ())
    assert (above + below in left) is joined
    assert "3 —" not in left


@pytest.mark.parametrize(
    "text",
    [
        f"要求如下：\n1\n{BODY}\n2\n{BODY}\n3\n{BODY}",
        "单位\t件数\n司法局\t1\n公安局\t2\n",
        "序号\n1\n司法局\n2\n公安局\n3\n财政局\n",
        f"{BODY}\n318\n{BODY}\n24\n",
        f"1 {BODY}\n2 {BODY}\n3 {BODY}\n4 {BODY}\n5 {BODY}",
        f"甲局\n主要做法\n{BODY}\n乙局\n主要做法\n{BODY}\n丙局\n主要做法\n{BODY}",
        f"{TITLE}\n{BODY}\n武功县司法局",
    ],
)
def test_what_stays(text: str) -> None:
    assert without_page_furniture(text, ()) == (text, (), ())


def test_watermarks_and_running_heads() -> None:
    page = f"{LONG}\n{LONG}\n全年办理行政复议案件12件，其中"
    text = f"{TITLE}\n" + "".join(
        f"{page}\n— {n} —\n武功县司法局工作报告\n维持8件。\n仅供内部使用\n" for n in range(1, 4)
    )
    left, _, notes = without_page_furniture(text, ())
    assert "仅供内部使用" not in left
    assert "司法局工作报告" not in left
    assert left.count("其中维持8件。") == 3
    assert any("仅供内部使用 (3 times)" in note for note in notes)


def test_one_watermark_stays() -> None:
    assert "征求意见稿" in without_page_furniture(f"{TITLE}\n征求意见稿\n{BODY}", ())[0]


def test_numbers_of_lines() -> None:
    lines = [TITLE, "一、总体情况", LONG[:30], LONG[30:60], LONG[60:], "二、存在问题", "力量不足。"]
    numbered = "\n".join(f"{n}  {line}" for n, line in enumerate(lines, 1))
    assert without_page_furniture(numbered, ()) == (
        "\n".join(lines),
        (),
        ("numbers of lines left out",),
    )


def test_blocks_are_moved_and_joined() -> None:
    builder = TextBuilder()
    for line in (BODY, "全年办理行政复议案件，", "- 1 -", "办结11件。", BODY):
        builder.add(line, "paragraph", apart=True)
    text, blocks, _ = without_page_furniture(builder.text, builder.blocks)
    assert [text[b.start : b.end] for b in blocks] == [
        BODY,
        "全年办理行政复议案件，办结11件。",
        BODY,
    ]


def test_a_row_of_a_table_is_no_page_number() -> None:
    text = f"{BODY}\n1\n{BODY}\n2"
    at = text.index("1\n全")
    rows = (Block(at, at + 1, "row"), Block(len(text) - 1, len(text), "row"))
    assert without_page_furniture(text, rows)[0] == text


@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.parametrize("page", [100, 25])
def test_numbers_of_every_fifth_line(padded: bool, page: int) -> None:
    lines = [TITLE, "一、总体情况", *(f"　　{LONG[:30]}", LONG[30:60], f"{LONG[60:]}") * 9]
    numbered = [
        f"{(n - 1) % page + 1:2} {line}" if n % 5 == 0 else "   " * padded + line
        for n, line in enumerate(lines, 1)
    ]
    left, _, notes = without_page_furniture("\n".join(numbered), ())
    assert left == "\n".join(lines)
    assert notes == ("numbers of lines left out",)


def test_numbers_of_items_are_none_of_lines() -> None:
    text = "\n".join(f"{n} {BODY}" if n % 5 == 0 else BODY for n in (1, 5, 2, 10, 3, 15, 4, 20))
    assert without_page_furniture(text, ())[0] == text


def test_one_watermark_within_a_sentence() -> None:
    text = f"{TITLE}\n{BODY}\n全年办理行政复议案件12件，\n征求意见稿\n办结11件。"
    assert "全年办理行政复议案件12件，办结11件。" in without_page_furniture(text, ())[0]
