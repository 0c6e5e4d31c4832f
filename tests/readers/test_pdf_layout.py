"""Line numbers, short columns, tables without lines, and the end of a report, from places only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest

from gongwen.nlp import parse_document
from gongwen.readers.pdf.lines import Glyph, Page, Sheet
from gongwen.readers.pdf.pdf import compose, layout_page, text_of

EM = 10.0
LEFT = 60.0
WIDTH, HEIGHT = 420.0, 600.0
LEADING = 18.0


def glyphs(text: str, x: float, y: float, size: float = EM) -> list[Glyph]:
    """Set ``text``: a Chinese character is one em wide, any other half an em."""
    found = []
    for character in text:
        wide = size if ord(character) > 0x2000 else size / 2
        found.append(Glyph(character, x, x + wide, y, size))
        x += wide
    return found


def width(text: str, size: float = EM) -> float:
    return sum(glyph.right - glyph.left for glyph in glyphs(text, 0, 0, size))


def pages(*contents: Iterable[Glyph]) -> list[Page]:
    return [
        layout_page(i, [Sheet(WIDTH, HEIGHT, tuple(content))])
        for i, content in enumerate(contents, 1)
    ]


def read(*contents: Iterable[Glyph]) -> list[str]:
    return text_of(pages(*contents)).split("\n")


# Line numbers

TEXT = [
    "　　甲县全年办理行政复议案件三百一十八件，审结三百零二件，",
    "其中维持二百四十件，撤销或者确认违法二十一件，其余的调解或",
    "者和解后终止，直接纠错率比上年低两个百分点。",
    "　　二是健全制度。修订行政执法公示办法十二项，清理规范性文",
    "件九十七件，废止十四件，宣布失效二十件，拟修改六件，结果都",
    "已经向社会公布，群众可以在网上查询。",
    "　　三是开展培训。全年举办行政执法人员培训班十六期，参加的",
    "人员有一千二百名，考试合格后发给证件。",
]
PARAGRAPHS = ["".join(TEXT[:3]).strip(), "".join(TEXT[3:6]).strip(), "".join(TEXT[6:]).strip()]


def numbered(
    lines: Sequence[str], first: int, step: int, at_left: bool, size: float = 8.0
) -> list[Glyph]:
    """Set lines with a number at every ``step``-th of them, close to the text."""
    found = []
    for i, line in enumerate(lines):
        y = 80 + i * LEADING
        found += glyphs(line, LEFT, y)
        if (first + i) % step == 0:
            number = str(first + i)
            x = LEFT - 8 - width(number, size) if at_left else LEFT + 300
            found += glyphs(number, x, y, size)
    return found


@pytest.mark.parametrize("at_left", [True, False], ids=["left", "right"])
@pytest.mark.parametrize(("step", "size"), [(1, 8.0), (1, 10.0), (5, 8.0)])
def test_numbers_of_lines_go(step: int, size: float, at_left: bool) -> None:
    first = numbered(TEXT * 3, 1, step, at_left, size)
    second = numbered(TEXT, 1 + len(TEXT) * 3, step, at_left, size)
    assert read(first, second) == PARAGRAPHS * 4


def test_few_numbers_go_if_they_go_on_with_those_of_another_page() -> None:
    last = numbered(TEXT[6:], 25, 1, at_left=True)
    assert read(numbered(TEXT * 3, 1, 1, at_left=True), last)[-1] == PARAGRAPHS[2]
    assert read(last)[-1] != PARAGRAPHS[2]


def test_numbers_of_a_list_stay() -> None:
    items = [
        "全面落实责任",
        "建章立制",
        "抓好执法人员的轮训工作",
        "强化监督",
        "化解行政争议",
        "普法",
    ]
    page = [
        glyph
        for i, item in enumerate(items, 1)
        for glyph in [
            *glyphs(str(i), LEFT - 10, 80 + i * LEADING),
            *glyphs(item, LEFT, 80 + i * LEADING),
        ]
    ]
    text = "".join(read(page))
    assert all(str(i) in text for i in range(1, 7))


# Columns


def set_columns(
    left: Sequence[str], right: Sequence[str], top: float = 100.0, shift: float = 0.0
) -> list[Glyph]:
    """Set two columns; a full-width space at the start of a line is an indent."""
    return [
        glyph
        for x, y, texts in ((LEFT, top, left), (LEFT + 165, top + shift, right))
        for i, text in enumerate(texts)
        for glyph in glyphs(text, x, y + i * LEADING)
    ]


COLUMNS = {
    "headings, no line broken": (
        ["　　一、制度建设", "　　修订制度七项。", "　　建立台账五十二本。"],
        ["　　二、行政执法", "　　办理案件一百六十八件。"],
        "一、制度建设|修订制度七项。|建立台账五十二本。|二、行政执法|办理案件一百六十八件。",
    ),
    "a sentence over the gutter": (
        ["　　（一）成绩", "　　全年建成公园六处，新", "增停车泊位三百余个，群"],
        ["众都说方便了许多。", "　　（二）短板", "　　照明不足。"],
        "（一）成绩|全年建成公园六处，新增停车泊位三百余个，群众都说方便了许多。|（二）短板|照明不足。",
    ),
    "unequal, without headings": (
        [
            "　　全县开展宣传活动一百",
            "二十场，发放资料三万份，",
            "群众满意。",
            "　　另有三项工作。",
        ],
        ["　　聘请法律顾问二十七名，", "参与决策论证十九次。"],
        "全县开展宣传活动一百二十场，发放资料三万份，群众满意。|另有三项工作。"
        "|聘请法律顾问二十七名，参与决策论证十九次。",
    ),
}


@pytest.mark.parametrize("shift", [0.0, 7.0], ids=["level", "shifted"])
@pytest.mark.parametrize(("left", "right", "expected"), COLUMNS.values(), ids=COLUMNS)
def test_short_columns(left: list[str], right: list[str], expected: str, shift: float) -> None:
    title = glyphs("甲县二〇二一年工作简报", 130, 50, 16)
    assert read([*title, *set_columns(left, right, shift=shift)])[1:] == expected.split("|")


@pytest.mark.parametrize("lines", [3, 12])
def test_three_columns(lines: int) -> None:
    texts = [["　　" + c * 7 + "，", *[c * 10] * lines, c * 5 + "。"] for c in "甲乙丙"]
    made = [
        glyph
        for x, column in zip((40, 170, 300), texts, strict=True)
        for i, text in enumerate(column)
        for glyph in glyphs(text, x, 80 + i * LEADING)
    ]
    assert read(made) == ["".join(column).strip() for column in texts]


NO_COLUMNS = {
    "wrapped cells": [
        ("开展执法检查，发现问题", "县司法局，县财政局"),
        ("组织人员培训，提高能力", "县人社局，县委党校"),
    ],
    "two halves of a budget": [
        ("一、税收收入", "一、公共服务支出"),
        ("二、其他收入", "二、公共安全支出"),
        ("三、上级补助", "三、教育事业支出"),
    ],
}


@pytest.mark.parametrize("rows", NO_COLUMNS.values(), ids=NO_COLUMNS)
def test_rows_of_a_table_are_no_columns(rows: list[tuple[str, str]]) -> None:
    left, right = zip(*rows, strict=True)
    assert read(set_columns(left, right)) == ["\t".join(row) for row in rows]


# Tables without lines

XS = (60.0, 170.0, 240.0, 310.0)


def table(lines: Sequence[tuple[float, Sequence[str]]]) -> list[Glyph]:
    """Set lines of cells at their heights in steps of half a line."""
    return [
        glyph
        for step, cells in lines
        for x, cell in zip(XS, cells, strict=True)
        for glyph in glyphs(cell, x, 100 + step * LEADING / 2)
    ]


def test_cells_of_several_lines_beside_the_middle_of_others() -> None:
    made = table(
        [
            (0, ("", "立案数", "结案数", "金额")), (1, ("单位", "", "", "")),
            (2, ("", "（件）", "（件）", "（元）")), (4, ("县公安局", "12", "10", "156.3")),
            (6, ("县生态环境局执法", "", "", "")), (7, ("", "36", "33", "212.4")),
            (8, ("大队", "", "", "")), (10, ("县农业农村局", "7", "7", "18.06")),
        ]
    )  # fmt: skip
    assert read(made) == [
        "单位\t立案数（件）\t结案数（件）\t金额（元）",
        "县公安局\t12\t10\t156.3",
        "县生态环境局执法大队\t36\t33\t212.4",
        "县农业农村局\t7\t7\t18.06",
    ]


def test_the_rest_of_a_cell_in_the_next_line() -> None:
    made = table(
        [
            (0, ("单位", "立案", "结案", "金额")), (2, ("县生态环境局执法", "36", "33", "212.4")),
            (4, ("大队", "", "", "")), (6, ("县农业农村局", "7", "7", "18.06")),
        ]
    )  # fmt: skip
    assert read(made)[1:] == ["县生态环境局执法大队\t36\t33\t212.4", "县农业农村局\t7\t7\t18.06"]


# The end of a report, captions


@pytest.mark.parametrize("office", ["禾川县人民政府", "禾川县司法局"])
def test_attachments_signature_and_date_stay_apart(office: str) -> None:
    end = ["　　附件：1.2021年任务完成情况一览表", "　　　　　2.2021年应诉案件统计一览表"]
    y = 80 + (len(TEXT) + 2) * LEADING
    last = [
        glyph
        for i, text in enumerate((office, "2022年1月18日"))
        for glyph in glyphs(text, LEFT + 290 - width(text), y + i * LEADING)
    ]
    body = [g for i, line in enumerate([*TEXT, *end]) for g in glyphs(line, LEFT, 80 + i * LEADING)]
    story = compose(pages([*body, *last]))
    assert story.text.split("\n")[-4:] == [end[0].strip(), end[1].strip(), office, "2022年1月18日"]
    found = [s.text for s in parse_document(story.text, story.blocks).sentences]
    assert found[-2:] == [office, "2022年1月18日"]


def test_the_centred_rest_of_a_caption() -> None:
    body = [g for i, line in enumerate(TEXT) for g in glyphs(line, LEFT, 80 + i * LEADING)]
    y = 80 + (len(TEXT) + 1) * LEADING
    caption = "表一甲县二〇二一年主要行政执法单位全年办理行政案件的情"
    first = glyphs(caption, LEFT + 10 + (290 - width(caption)) / 2, y)
    rest = glyphs("况", LEFT + 140, y + LEADING)
    assert read([*body, *first, *rest])[-1] == caption + "况"


# Watermarks


def test_a_watermark_beside_a_line_goes() -> None:
    body = [g for i, line in enumerate(TEXT) for g in glyphs(line, LEFT, 80 + i * LEADING)]
    over = glyphs("严禁翻印", 120, 150, 24)
    beside = [*glyphs("四、其他", LEFT, 150), *glyphs("严禁翻印", 140, 150, 24)]
    rest = glyphs("没有其他事项。", LEFT, 168)
    assert read([*body, *over], [*beside, *rest])[-2:] == ["四、其他", "没有其他事项。"]


def test_what_watermarks_usually_say_goes_where_it_is_large() -> None:
    body = [g for i, line in enumerate(TEXT) for g in glyphs(line, LEFT, 80 + i * LEADING)]
    assert read([*body, *glyphs("仅供内部使用", 120, 400, 24)]) == PARAGRAPHS
    assert read([*body, *glyphs("仅供内部使用", 120, 400)])[-1] == "仅供内部使用"


def test_large_text_at_one_place_of_several_pages_goes() -> None:
    made = [
        [
            *[g for i, line in enumerate(TEXT) for g in glyphs(line, LEFT, 80 + i * LEADING)],
            *glyphs("甲县司法局", 120, 400, 24),
        ]
        for _ in range(2)
    ]
    assert read(*made) == PARAGRAPHS * 2
