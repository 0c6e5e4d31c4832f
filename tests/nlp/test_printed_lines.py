"""Lines that were broken at the width of a page are joined, and true short lines are not."""

from __future__ import annotations

import pytest

from gongwen.nlp import parse_document
from gongwen.nlp.document.blocks import TextBuilder
from gongwen.nlp.document.printed_lines import columns, is_printed, joined_paragraphs
from gongwen.readers.base import Blob
from gongwen.readers.detect import read

PARAGRAPHS = [
    "武功县2020年法治政府建设工作报告",
    "2020年，武功县坚持依法行政，全年办理行政处罚案件1,318件，其中听证24件，罚没87.65万元，"
    "办结率99.2%。各级各部门认真落实《法治政府建设实施纲要》，任务完成过半。",
    "一、主要做法",
    "（一）严格规范公正文明执法",
    "全县共有行政执法人员326名，组织培训12场（含线上5场），参加2,145人次，考试合格率达到"
    "98.5%；抽查案卷120份，发现问题36个，已经全部整改。",
    "1.管住文件。全年报送备案规范性文件7件，报备率100%。清理2016年以来的文件132件，宣布"
    "失效21件，拟修改6件。",
    "2.用好顾问。法律顾问增至9名，审查合同45份，提出意见112条，采纳103条。",
    "（二）依法化解行政争议和社会矛盾纠纷",
    "一是行政复议提质。收到复议申请74件，受理68件，审结61件，其中维持39件、撤销8件，其余"
    "调解和解后终止，直接纠错率13.1%。",
    "二是人民调解增效。调解纠纷3,457件，成功3,391件，涉及金额2,145.9万元，没有一件升级。",
    "二、存在问题",
    "执法力量不足，乡镇综合执法队平均只有5.2人，持证率71.4%，比县直部门低24.1个百分点。",
]
CLOSING = "，。、；：！？）》”%"
SENTENCES = [s.text for s in parse_document("\n".join(PARAGRAPHS)).sentences]


def broken(paragraph: str, width: int, indent: int, shown: bool = True) -> list[str]:
    """Return the lines of a paragraph on a page of ``width`` columns."""
    lines, room = ["\u3000" * (indent // 2) if shown else ""], width - indent
    for char in paragraph:
        if room < columns(char) and char not in CLOSING:
            lines.append("")
            room = width
        lines[-1] += char
        room -= columns(char)
    return lines


def pages(width: int, indent: int, shown: bool = True) -> list[list[str]]:
    first, *others = PARAGRAPHS
    return [broken(first, width, 0), *(broken(p, width, indent, shown) for p in others)]


def sentences(text: str, name: str = "a.txt") -> list[str]:
    found = next(iter(read(Blob(name, text.encode()))))
    document = parse_document(found.text, found.blocks)
    assert all(found.text[s.start : s.end] == s.text for s in document.sentences)
    return ["".join(s.text.split()) for s in document.sentences if s.kind != "boilerplate"]


@pytest.mark.parametrize("width", [40, 56, 61, 76])
@pytest.mark.parametrize("shown", [True, False])
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("typed", "a.txt"),
        ("blank lines", "a.txt"),
        ("all apart", "a.txt"),
        ("pages", "a.txt"),
        ("one p a line", "a.html"),
        ("one br a line", "a.html"),
    ],
)
def test_every_way_to_break_lines(kind: str, name: str, width: int, shown: bool) -> None:
    found = pages(width, 4, shown)
    lines = [line for paragraph in found for line in paragraph]
    match kind:
        case "typed":
            text = "\n".join(lines)
        case "blank lines":
            text = "\n\n".join("\n".join(paragraph) for paragraph in found)
        case "all apart":
            text = "\n\n".join(lines)
        case "pages":
            text = ""
            for number, line in enumerate(lines, 1):
                text += line + "\n"
                text += f"\n{' ' * 30}— {number // 8} —\n\n" * (number % 8 == 0)
        case "one p a line":
            text = "<html><body>" + "".join(f"<p>{line}</p>" for line in lines)
        case _:
            text = "<html><body>" + "".join(f"<p>{'<br>'.join(lines)}</p>" for lines in found)
    assert sentences(text, name) == SENTENCES


def test_blocks_of_a_file_are_joined() -> None:
    builder = TextBuilder()
    for paragraph in pages(56, 4):
        for line in paragraph:
            builder.add(line, "paragraph")
    found = [
        ("".join(builder.text[s:e].split()), block and block.kind)
        for s, e, block in joined_paragraphs(builder.text, builder.blocks)
    ]
    assert found == [(p, "paragraph") for p in PARAGRAPHS]


def test_a_row_and_a_heading_stay() -> None:
    lines = [line for paragraph in pages(56, 0) for line in paragraph]
    builder = TextBuilder()
    for line in lines:
        builder.add(line)
    builder.add("行政执法案件的立案数和结案数以及罚没的金额（一）", "heading", 2)
    builder.add("甲局\t12", "row")
    assert joined_paragraphs(builder.text, builder.blocks)[-2:] == [
        (b.start, b.end, b) for b in builder.blocks
    ]


PARALLEL = (
    "坚持党的领导，推进依法治县 坚持人民至上，推进服务为民 坚持问题导向，推进整改落实".split()
)
TRUE_LINES = {
    "names": ["王小明　李大伟　张建国　刘志强　陈文华　杨秀英"] * 12,
    "slogans": PARALLEL * 4,
    "items with a semicolon": ["办理行政处罚案件318件，比上年增加24件；"] * 8 + ["以上。"],
    "numbered items": [f"{n}.开展行政执法培训，参加人员一百二十名" for n in range(1, 10)],
    "items in words": ["一是开展行政执法培训，参加人员一百二十名"] * 9,
    "a table with spaces": ["市场监督管理局  立案数  412  结案数  398  罚没156.3"] * 9,
    "one paragraph a line": [p for p in PARAGRAPHS if len(p) > 20],
    "a list of files": [f"武功县人民政府关于印发第{n}号规定的通知" for n in range(10, 20)],
}


@pytest.mark.parametrize("lines", TRUE_LINES.values(), ids=TRUE_LINES)
def test_true_lines_stay_apart(lines: list[str]) -> None:
    assert not is_printed(lines)
    text = "\n\n".join(lines)
    assert [text[s:e] for s, e, _ in joined_paragraphs(text, ())] == lines


def test_a_heading_over_two_lines() -> None:
    heading = "（三）坚持和完善重大行政决策程序制度并加强对规范性文件的监督和管理"
    found = [*pages(56, 4), broken(heading, 56, 4), broken(PARAGRAPHS[1], 56, 4)]
    text = "\n".join(line for paragraph in found for line in paragraph)
    parsed = parse_document(text).sentences
    assert heading in ["".join(s.text.split()) for s in parsed if s.kind == "heading"]


def test_signature_and_short_lines_stay_apart() -> None:
    end = [
        "　　特此报告。",
        "",
        "　　　　　　　　　　　　　武功县司法局",
        "　　　　　　2021年1月8日",
    ]
    text = "\n".join([line for paragraph in pages(56, 4) for line in paragraph] + end)
    assert sentences(text)[-3:] == ["特此报告。", "武功县司法局", "2021年1月8日"]


@pytest.mark.parametrize("parted", ["\n", "\n\n"])
def test_lines_that_were_broken_after_a_number_of_characters(parted: str) -> None:
    """Some programs count a digit like an ideograph, so that the lines end at no common width."""
    paragraphs = [
        "　　全区企业开办时间压缩至0.5个工作日，新登记企业3907户，同比增长14.2%，注销1208户。",
        "　　平台归集电子证照96类，群众办事平均少交材料2.7份，窗口办结12890件，网上办结45123件。",
    ]
    lines = [text[at : at + 23] for text in paragraphs for at in range(0, len(text), 23)]
    sentences = parse_document(parted.join(lines)).sentences
    assert ["".join(s.text.split()) for s in sentences] == [text.strip() for text in paragraphs]
