"""Lines of pages to paragraphs: no PDF, only characters with their places."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import count, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongwen.readers.pdf.lines import Glyph, Page, Sheet, Stroke
from gongwen.readers.pdf.pdf import layout_page, text_of

EM = 10.0
LEFT = 60.0
WIDTH, HEIGHT = 420.0, 600.0
LEADING = 18.0
FULL = 30
"""Characters of a full line: the page is 42 em wide, its margins are 6 em."""


def glyphs(text: str, x: float, y: float, size: float = EM) -> list[Glyph]:
    """Set ``text``: a Chinese character is one em wide, any other half an em."""
    found = []
    for character in text:
        wide = size if ord(character) > 0x2000 else size / 2
        found.append(Glyph(character, x, x + wide, y, size))
        x += wide
    return found


def width(text: str) -> float:
    return sum(1.0 if ord(character) > 0x2000 else 0.5 for character in text)


def lines(*texts: str, top: float = 80.0, size: float = EM) -> list[Glyph]:
    """Set one line below the other; an empty one leaves a gap of a line."""
    return [
        glyph
        for i, text in enumerate(texts)
        for glyph in glyphs(text, LEFT, top + i * LEADING * size / EM, size)
    ]


def centred(text: str, y: float, size: float = EM) -> list[Glyph]:
    return glyphs(text, (WIDTH - width(text) * size) / 2, y, size)


def pages(*contents: Iterable[Glyph], strokes: Sequence[Stroke] = ()) -> list[Page]:
    return [
        layout_page(i, [Sheet(WIDTH, HEIGHT, tuple(content), tuple(strokes))])
        for i, content in enumerate(contents, 1)
    ]


def read(*contents: Iterable[Glyph], strokes: Sequence[Stroke] = ()) -> list[str]:
    return text_of(pages(*contents, strokes=strokes)).split("\n")


def full(text: str, indent: int = 0) -> str:
    """Return ``text`` as a full line, indented: filled up with 〇."""
    return "　" * indent + text + "〇" * int(FULL - indent - width(text))


BODY = [full("甲", 2), full("乙"), full("丙"), "丁。", full("戊", 2), full("己"), "庚。"]
"""Two paragraphs with an indent: enough of a page to tell its margins."""
PLAIN = [
    full("甲", 2)[2:] + full("乙") + full("丙") + "丁。",
    full("戊", 2)[2:] + full("己") + "庚。",
]


def other(texts: Iterable[str], n: int) -> list[str]:
    """Return ``texts`` as another page says it."""
    return [text.replace("〇", "零壹贰叁肆伍陆柒捌玖"[n]) for text in texts]


def body(n: int) -> list[Glyph]:
    return lines(*other(BODY, n))


def plain(n: int) -> list[str]:
    """Return the paragraphs of ``n`` pages."""
    return [text for i in range(n) for text in other(PLAIN, i)]


PARAGRAPHS = {
    "an indent begins a paragraph": (BODY, PLAIN),
    "a full line that ends a sentence goes on at the margin": (
        [*BODY, full("天", 2), full("地")[:-1] + "。", full("玄"), "黄。"],
        [*PLAIN, full("天", 2)[2:] + full("地")[:-1] + "。" + full("玄") + "黄。"],
    ),
    "a heading stays a line of its own": (
        [*BODY, "　　一、加强组织领导", full("一是", 2), "宇。"],
        [*PLAIN, "一、加强组织领导", full("一是", 2)[2:] + "宇。"],
    ),
    "a heading that fills its line, before an indented paragraph": (
        [*BODY, full("一、", 2), full("天", 2), "地。"],
        [*PLAIN, full("一、", 2)[2:], full("天", 2)[2:] + "地。"],
    ),
    "a heading over two lines": (
        [*BODY, full("一、", 2), "能力建设", full("天", 2), "地。"],
        [*PLAIN, full("一、", 2)[2:] + "能力建设", full("天", 2)[2:] + "地。"],
    ),
    "a heading at the margin below a full line": (
        [*BODY, full("天", 2), full("地")[:-1] + "。", "（二）健全工作机制", full("玄", 2), "黄。"],
        [
            *PLAIN,
            full("天", 2)[2:] + full("地")[:-1] + "。",
            "（二）健全工作机制",
            full("玄", 2)[2:] + "黄。",
        ],
    ),
    "paragraphs without an indent end with a short line": (
        [
            "一、工作情况",
            full("甲"),
            full("乙"),
            "丙。",
            full("丁"),
            full("戊"),
            "己。",
            full("庚"),
        ],
        [
            "一、工作情况",
            full("甲") + full("乙") + "丙。",
            full("丁") + full("戊") + "己。",
            full("庚"),
        ],
    ),
    "what does not fit begins the next line, with the marks that belong to it": (
        [*BODY, full("天", 2)[:-3], "《纲要》，" + full("地")[5:], "玄。"],
        [*PLAIN, full("天", 2)[2:-3] + "《纲要》，" + full("地")[5:] + "玄。"],
    ),
    "a number does not fit": (
        [*BODY, full("天", 2)[:-4], "12345.67%" + full("地")[5:], "玄。"],
        [*PLAIN, full("天", 2)[2:-4] + "12345.67%" + full("地")[5:] + "玄。"],
    ),
    "some programs keep a quote with what stands before it": (
        [*BODY, full("天", 2)[:-3], "进“放管服”" + full("地")[6:], "玄。"],
        [*PLAIN, full("天", 2)[2:-3] + "进“放管服”" + full("地")[6:] + "玄。"],
    ),
    "a number that is broken": (
        [*BODY, full("天", 2)[:-1] + "20", "21年" + full("地")[2:], "玄。"],
        [*PLAIN, full("天", 2)[2:-1] + "2021年" + full("地")[2:] + "玄。"],
    ),
    "words of Latin letters": (
        [*BODY, full("天", 2)[:-5] + "the public", "credit system " + full("地")[7:], "玄。"],
        [*PLAIN, full("天", 2)[2:-5] + "the public credit system" + full("地")[7:] + "玄。"],
    ),
    "a hyphen at the end of a full line": (
        [*BODY, full("天", 2)[:-4] + "credit i-", "nformation system", full("地", 2), "玄。"],
        [*PLAIN, full("天", 2)[2:-4] + "credit information system", full("地", 2)[2:] + "玄。"],
    ),
    "spaces between Chinese characters, and between words": (
        [*BODY, "　　全 县 2021 年 的 GDP per capita 是 3.2 万 元 。"],
        [*PLAIN, "全县2021年的GDP per capita是3.2万元。"],
    ),
    "a gap that is meant": (
        [*BODY, "　　县长　张三"],
        [*PLAIN, "县长 张三"],
    ),
    "characters that are set apart": ([*BODY, "　　目　　录"], [*PLAIN, "目录"]),
    "items with a hanging indent": (
        [*BODY, full("1.天"), full("地", 2), "　　玄。", "2.黄。"],
        [*PLAIN, full("1.天") + full("地", 2)[2:] + "玄。", "2.黄。"],
    ),
    "a larger distance parts": (
        [full("甲")[:-1] + "。", "", full("乙"), full("丙")[:-1] + "。", "", full("丁"), "戊。"],
        [full("甲")[:-1] + "。", full("乙") + full("丙")[:-1] + "。", full("丁") + "戊。"],
    ),
    "a table of contents": (
        [*BODY, "一、总体情况…………………………3", "二、存在问题 ............. 12"],
        [*PLAIN, "一、总体情况\t3", "二、存在问题\t12"],
    ),
    "columns that are not ruled": (
        [*BODY, "事项　　　数量　　　单位", "复议　　　17　　　　件"],
        [*PLAIN, "事项\t数量\t单位", "复议\t17\t件"],
    ),
}


@pytest.mark.parametrize(("given_lines", "expected"), PARAGRAPHS.values(), ids=PARAGRAPHS)
def test_paragraphs(given_lines: list[str], expected: list[str]) -> None:
    assert read(lines(*given_lines)) == expected


def test_a_paragraph_goes_on_over_the_page() -> None:
    rest = [full("天"), full("地"), "玄。", full("黄", 2), "宇。"]
    found = read(lines(*BODY[:6]), lines(*rest))
    assert found == [
        PLAIN[0],
        full("戊", 2)[2:] + full("己") + full("天") + full("地") + "玄。",
        full("黄", 2)[2:] + "宇。",
    ]


def test_a_title_is_told_by_its_size_and_stays_in_its_lines() -> None:
    title = [*centred("青岚县人民政府关于", 40, 18), *centred("法治政府建设的报告", 70, 18)]
    assert read([*title, *lines(*BODY, top=110)]) == [
        "青岚县人民政府关于",
        "法治政府建设的报告",
        *PLAIN,
    ]


def test_a_title_that_was_wrapped_is_one() -> None:
    title = [
        *centred("青岚县人民政府二〇二一年度法治政府建设", 40, 15),
        *centred("工作情况报告", 65, 15),
    ]
    assert read([*title, *lines(*BODY, top=110)])[0] == (
        "青岚县人民政府二〇二一年度法治政府建设工作情况报告"
    )


def test_a_signature_on_the_right_stays_apart() -> None:
    signed = [
        *glyphs("青岚县人民政府", LEFT + 230, 240),
        *glyphs("2021年1月5日", LEFT + 235, 258),
    ]
    assert read([*lines(*BODY), *signed]) == [*PLAIN, "青岚县人民政府", "2021年1月5日"]


def test_a_note_at_the_foot_comes_after_the_paragraph_that_it_interrupts() -> None:
    note = glyphs("①指行政机关负责人出庭应诉。", LEFT, 500, 8)
    rest = lines(full("天"), "地。", full("玄", 2), full("黄"), full("宇"), "宙。")
    assert read([*lines(*BODY[:6]), *note], rest) == [
        PLAIN[0],
        full("戊", 2)[2:] + full("己") + full("天") + "地。",
        "①指行政机关负责人出庭应诉。",
        full("玄", 2)[2:] + full("黄") + full("宇") + "宙。",
    ]


def test_a_raised_note_mark_belongs_to_its_line() -> None:
    line = [*glyphs("办结案件", LEFT, 230), *glyphs("①", LEFT + 40, 225.5, 6)]
    assert read([*lines(*BODY), *line, *glyphs("17件。", LEFT + 46, 230)])[-1] == "办结案件①17件。"


def test_signs_of_pronunciation_are_no_part_of_the_line() -> None:
    line = [*glyphs("岚", LEFT, 230), *glyphs("lan", LEFT + 0.5, 223, 5)]
    assert read([*lines(*BODY), *line])[-2:] == ["lan", "岚"]


def test_characters_that_are_set_twice_to_look_bold_are_read_once() -> None:
    twice = [*glyphs("一、依法行政", LEFT, 230), *glyphs("一、依法行政", LEFT + 0.6, 230)]
    assert read([*lines(*BODY), *twice])[-1] == "一、依法行政"


def test_the_parts_of_a_ligature_are_both_kept() -> None:
    ff = [Glyph("f", LEFT + 5, LEFT + 12, 230, EM)] * 2
    word = [*glyphs("o", LEFT, 230), *ff, *glyphs("ice", LEFT + 12, 230)]
    assert read([*lines(*BODY), *word])[-1] == "office"


def test_words_a_scanner_found_a_little_off_the_line() -> None:
    off = [*glyphs("全县办结", LEFT, 230), *glyphs("复议案件17件。", LEFT + 41, 232)]
    assert read([*lines(*BODY), *off])[-1] == "全县办结复议案件17件。"


# Columns


def column(x: float, first: str, n: int, top: float = 80.0) -> list[Glyph]:
    """Set a column of ``n`` lines of 14 characters, the last one short."""
    texts = [first + "〇" * 13, *["乙" + "〇" * 13] * (n - 2), "丙。"]
    return [g for i, text in enumerate(texts) for g in glyphs(text, x, top + i * LEADING)]


def test_two_columns_are_read_one_after_the_other() -> None:
    page = [*column(LEFT, "左", 8), *column(LEFT + 160, "右", 8, top=83.0)]
    rest = "乙" + "〇" * 13
    assert read(page) == [
        "左" + "〇" * 13 + rest * 6 + "丙。",
        "右" + "〇" * 13 + rest * 6 + "丙。",
    ]


def test_a_paragraph_goes_on_in_the_next_column() -> None:
    left = [g for i in range(8) for g in glyphs("左" + "〇" * 13, LEFT, 80 + i * LEADING)]
    assert read([*left, *column(LEFT + 160, "右", 8)]) == [
        ("左" + "〇" * 13) * 8 + "右" + "〇" * 13 + ("乙" + "〇" * 13) * 6 + "丙。"
    ]


def test_a_title_over_both_columns_comes_first_and_notes_over_both_last() -> None:
    page = [
        *centred("青岚县人民政府公报二〇二一年第三期", 50, 16),
        *column(LEFT, "左", 8),
        *column(LEFT + 160, "右", 8),
        *lines(full("注"), top=80 + 9 * LEADING),
    ]
    found = read(page)
    assert [text[0] for text in found] == ["青", "左", "右", "注"]


def test_lines_of_two_columns_that_stand_close_are_not_mixed() -> None:
    heading = glyphs("甲乙丙丁戊己", LEFT, 86, 20)
    page = [*heading, *column(LEFT, "左", 8, top=110), *column(LEFT + 160, "右", 10)]
    assert read(page)[0] == "甲乙丙丁戊己"


# Ruled tables


def beside(left: Sequence[str], right: Sequence[str]) -> list[Glyph]:
    """Set short lines in two columns beside each other."""
    return [
        glyph
        for x, texts in ((LEFT, left), (LEFT + 170, right))
        for i, text in enumerate(texts)
        for glyph in glyphs(text, x, 80 + i * LEADING)
    ]


def test_short_columns_of_text_are_read_one_after_the_other() -> None:
    left = ["全县共办理行政处罚案件", "318件，其中听证24件，", "罚没款全部上缴国库。"]
    right = ["开展法治宣传活动120场，", "发放资料三万余份，覆盖", "全部乡镇和村。"]
    text = "".join(read(beside(left, right)))
    assert text.index("上缴国库") < text.index("开展法治宣传")


SMALL_TABLES = [
    "县司法局行政复议科室|办理行政复议应诉案件 县公安局法制大队窗口|审核行政处罚卷宗材料"
    " 县市场监管局法规科室|负责规范性文件的审查",
    "办理案件，结案率提高。|完成任务，考核为优秀。 组织培训，效果较明显。|完成任务，考核为良好。",
    "指标|2020年 办案|12件 应诉|9件",
]


@pytest.mark.parametrize("table", SMALL_TABLES)
def test_a_small_table_is_read_by_rows(table: str) -> None:
    left, right = zip(*(row.split("|") for row in table.split()), strict=True)
    assert read(beside(left, right)) == [row.replace("|", "\t") for row in table.split()]


def test_a_watermark_that_lies_level_is_left_out() -> None:
    mark = glyphs("征求意见稿", 120, 150, 40)
    assert read([*body(1), *mark]) == read(body(1))
    title = centred("甲县工作总结", 50, 18)
    assert read([*title, *body(1), *mark]) == ["甲县工作总结", *read(body(1))]
    last = lines("戊。", top=80)
    assert read([*body(1), *mark], [*last, *mark]) == [*read(body(1)), "戊。"]


def test_a_large_title_lies_over_nothing() -> None:
    title = centred("甲县工作总结", 60, 40)
    assert read([*title, *body(1)]) == ["甲县工作总结", *read(body(1))]


def ruled(xs: Sequence[float], ys: Sequence[float], sides: bool = True) -> list[Stroke]:
    """Draw all lines of a table, each side of a cell by itself, as office programs do."""
    across = [Stroke(a, y, b, y + 0.5) for y in ys for a, b in pairwise(xs)]
    uprights = xs if sides else xs[1:-1]
    down = [Stroke(x, a, x + 0.5, b) for x in uprights for a, b in pairwise(ys)]
    return across + down


XS, YS = (60.0, 110.0, 240.0, 360.0), (300.0, 340.0, 380.0)


def cell(text: str, column: int, row: int, line: int = 0) -> list[Glyph]:
    return glyphs(text, XS[column] + 4, YS[row] + 14 + line * 16)


TABLE = [
    *cell("序号", 0, 0), *cell("任务", 1, 0), *cell("单位", 2, 0),
    *cell("1", 0, 1), *cell("健全行政执法公示制度并抽", 1, 1), *cell("查案卷。", 1, 1, 1),
    *cell("司法局", 2, 1), *cell("财政局", 2, 1, 1),
]  # fmt: skip


@pytest.mark.parametrize("sides", [True, False], ids=["closed", "open at the sides"])
def test_a_row_of_a_ruled_table_is_one_line(sides: bool) -> None:
    found = read([*lines(*BODY), *TABLE], strokes=ruled(XS, YS, sides))
    assert found == [
        *PLAIN,
        "序号\t任务\t单位",
        "1\t健全行政执法公示制度并抽查案卷。\t司法局 财政局",
    ]


def test_cells_over_several_columns_and_rows() -> None:
    inner = Stroke(XS[1], YS[0], XS[1] + 0.5, YS[1]), Stroke(XS[2], YS[1], XS[3], YS[1] + 0.5)
    strokes = [stroke for stroke in ruled(XS, YS) if stroke not in inner]
    text = [*cell("合计", 0, 0), *cell("备注", 2, 0), *cell("甲", 0, 1), *cell("乙", 1, 1)]
    assert read(text, strokes=strokes) == ["合计\t备注", "甲\t乙"]


def test_a_frame_is_no_table() -> None:
    frame = ruled((50.0, 370.0), (60.0, 300.0))
    assert read(lines(*BODY), strokes=frame) == PLAIN


def test_long_paragraphs_in_a_cell_follow_one_another() -> None:
    xs, ys = (60.0, 100.0, 365.0), (70.0, 500.0)
    long = [full("天")[:25], full("地")[:25], "玄。"] * 4
    inside = [g for i, text in enumerate(long) for g in glyphs(text, 105, 90 + i * LEADING)]
    found = read([*glyphs("内容", 65, 90), *inside], strokes=ruled(xs, ys))
    assert found == ["内容", *[long[0] + long[1] + "玄。"] * 4]


def test_the_head_of_a_table_comes_once_and_a_cut_row_is_whole() -> None:
    head = [*cell("序号", 0, 0), *cell("任务", 1, 0), *cell("单位", 2, 0)]
    cut = [*cell("1", 0, 1), *cell("健全行政执法公示制度并抽", 1, 1), *cell("司法局", 2, 1)]
    found = read([*head, *cut], [*head, *cell("查案卷。", 1, 1)], strokes=ruled(XS, YS))
    assert found == ["序号\t任务\t单位", "1\t健全行政执法公示制度并抽查案卷。\t司法局"]


def test_rows_of_the_next_page_are_rows_of_their_own() -> None:
    first = [*cell("1", 0, 0), *cell("公示", 1, 0), *cell("2", 0, 1), *cell("抽查", 1, 1)]
    second = [*cell("3", 0, 0), *cell("培训", 1, 0), *cell("4", 0, 1), *cell("考核", 1, 1)]
    assert read(first, second, strokes=ruled(XS, YS)) == [
        "1\t公示",
        "2\t抽查",
        "3\t培训",
        "4\t考核",
    ]


# Furniture

NUMBERS = [
    "－ {} －", "— {} —", "-{}-", "- {} -", "第{}页", "第 {} 页 共 4 页", "第{}页/共4页",
    "共4页 第{}页", "{}", "{}/4", "({})", "· {} ·", "Page {} of 4",
]  # fmt: skip


@pytest.mark.parametrize("number", NUMBERS)
def test_page_numbers_go(number: str) -> None:
    numbered = [[*body(i), *centred(number.format(i + 1), 560)] for i in range(4)]
    assert read(*numbered) == plain(4)


def test_page_numbers_that_do_not_begin_with_one() -> None:
    assert read(*[[*body(i), *centred(str(i + 17), 560)] for i in range(3)]) == plain(3)


def test_roman_page_numbers_go() -> None:
    numbers = enumerate(["iii", "iv", "v", "vi"])
    assert read(*[[*body(i), *centred(roman, 560)] for i, roman in numbers]) == plain(4)


def test_chinese_page_numbers_go() -> None:
    numbers = enumerate(["九", "十", "十一"])
    assert read(*[[*body(i), *centred(f"第{n}页", 560)] for i, n in numbers]) == plain(3)


def test_the_number_of_a_single_page_goes_where_it_stands_apart() -> None:
    assert read([*lines(*BODY), *centred("1", 560)]) == PLAIN
    assert read([*lines(*BODY), *centred("17", 560)]) == [*PLAIN, "17"]


def test_running_headers_go_on_left_and_right_pages_and_with_chapters() -> None:
    headers = "青岚县年鉴 第一章总述 青岚县年鉴 第一章总述 青岚县年鉴 第二章法治".split()
    headers += "青岚县年鉴 第二章法治".split()
    found = read(*[[*centred(header, 40), *body(i)] for i, header in enumerate(headers)])
    assert found == plain(8)


def test_a_header_that_counts_and_a_web_address_go() -> None:
    made = [
        [
            *glyphs("2021/1/5", LEFT, 30),
            *glyphs("青岚县人民政府", 300, 30),
            *body(i),
            *glyphs("https://example.gov.cn/art/2021/1/5/art_17.html", LEFT, 580),
            *glyphs(f"{i + 1}/3", 340, 580),
        ]
        for i in range(3)
    ]
    assert read(*made) == plain(3)


def test_a_header_a_little_higher_on_the_first_page_goes_too() -> None:
    headers = [centred("青岚县2021年统计公报", y) for y in (33, 40, 40)]
    assert read(*[[*header, *body(i)] for i, header in enumerate(headers)]) == plain(3)


TEXT_AT_THE_EDGE = {
    "attachments, one a page": ["附件1", "附件2", "附件3"],
    "numbered headings": ["1.培训", "2.培训", "3.培训"],
    "years": ["2019年度", "2021年度", "2023年度"],
    "different lines": ["天地", "玄黄", "宇宙"],
}


@pytest.mark.parametrize("firsts", TEXT_AT_THE_EDGE.values(), ids=TEXT_AT_THE_EDGE)
def test_text_at_the_edge_stays(firsts: list[str]) -> None:
    found = read(*[lines(first, *other(BODY, i)) for i, first in enumerate(firsts)])
    assert [text for text in found if text not in plain(3)] == firsts


def test_what_lies_further_in_than_text_stays() -> None:
    made = [lines(first, "同样的一行", *other(BODY, i)) for i, first in enumerate("天地玄")]
    assert read(*made).count("同样的一行") == 3


def test_a_header_ends_no_sentence() -> None:
    assert (
        read(*[lines("同样的一行。", *other(BODY, i)) for i in range(3)]).count("同样的一行。") == 3
    )


# Other directions


def test_what_is_set_in_another_direction_does_not_interrupt_a_sentence() -> None:
    def page(number: int, content: Sequence[str], side: str) -> Page:
        main = Sheet(WIDTH, HEIGHT, tuple(lines(*content)))
        return layout_page(number, [main, Sheet(HEIGHT, WIDTH, tuple(glyphs(side, 100, 20)))])

    made = [page(1, BODY[:6], "内部资料"), page(2, [*BODY[6:], *BODY], "表一")]
    assert text_of(made).split("\n") == [*PLAIN, "内部资料", *PLAIN, "表一"]
    spine = [page(i, other(BODY, i), "青岚县年鉴") for i in (0, 1)]
    assert text_of(spine).split("\n") == plain(2)


def test_nothing_on_any_page() -> None:
    assert text_of([]) == ""
    assert text_of([layout_page(1, []), layout_page(2, [Sheet(WIDTH, HEIGHT, ())])]) == ""
    assert text_of([layout_page(1, [Sheet(WIDTH, HEIGHT, tuple(glyphs("  ", 60, 60)))])]) == ""


# Properties

CLOSING = "，。、》”"
words = st.text(st.sampled_from("天地玄黄宇宙洪荒"), min_size=1, max_size=12)
clauses = st.lists(words, min_size=1, max_size=6).map("，".join)
documents = st.lists(st.lists(clauses, min_size=1, max_size=5), min_size=1, max_size=10)


def sentences(document: list[list[str]]) -> Iterator[list[str]]:
    """Yield the sentences of each paragraph; all are different."""
    number = count(0x4E10)
    for paragraph in document:
        yield [f"{chr(next(number))}{clause}。" for clause in paragraph]


def wrap(text: str, indent: int) -> list[str]:
    """Break ``text`` into lines; none begins with a closing mark."""
    made, line = [], "　" * indent
    for unit in re.findall(rf".[{CLOSING}]*", text):
        if len(line) + len(unit) > FULL:
            made.append(line)
            line = ""
        line += unit
    return [*made, line]


@settings(max_examples=80, deadline=None)
@given(documents, st.sampled_from([0, 2]), st.integers(8, 28))
def test_no_sentence_is_cut_or_lost(document: list[list[str]], indent: int, per_page: int) -> None:
    expected = list(sentences(document))
    made = [line for paragraph in expected for line in wrap("".join(paragraph), indent)]
    sheets = [made[i : i + per_page] for i in range(0, len(made), per_page)]
    numbered = [[*lines(*sheet), *centred(f"— {i} —", 590)] for i, sheet in enumerate(sheets, 1)]
    found = [s for text in read(*numbered) for s in re.findall("[^。]+。?", text)]
    assert found == [sentence for paragraph in expected for sentence in paragraph]


places = st.floats(-50, 700)
anything = st.builds(
    lambda text, x, y, w, size: Glyph(text, x, x + w, y, size),
    st.sampled_from([*"一1.年。x ——\t①\u3000"]),
    places,
    places,
    st.floats(0, 40),
    st.floats(0.1, 40),
)
drawn = st.builds(lambda x, y, w, h: Stroke(x, y, x + w, y + h), places, places, places, places)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.lists(anything, max_size=40), max_size=4), st.lists(drawn, max_size=12))
def test_no_character_is_lost_but_at_the_edges(
    contents: list[list[Glyph]], strokes: list[Stroke]
) -> None:
    made = pages(*contents, strokes=strokes)
    text_of(made)  # whatever stands where, there is a text
    for page, content in zip(made, contents, strict=True):
        kept = "".join([row.text for row in page.rows] + [*page.watermarks])
        given_characters = {glyph.text for glyph in content if not glyph.text.isspace()}
        assert {char for char in kept if not char.isspace()} == given_characters
