"""Word's automatic numbers: those that stand on the page."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from make_docx import NUMBERING, a_list, definition, level, listed, package, paragraph

from gongwen.readers.base import Blob
from gongwen.readers.word.docx import read
from gongwen.readers.word.numbering import ordinal

ORDINALS: dict[str, dict[int, str]] = {
    "decimal": {1: "1", 12: "12", 0: "0"},
    "decimalZero": {1: "01", 10: "10"},
    "decimalFullWidth": {1: "１", 10: "１０"},
    "decimalEnclosedCircle": {1: "①", 20: "⑳", 21: "21", 0: "0"},
    "decimalEnclosedCircleChinese": {3: "③"},
    "decimalEnclosedParen": {1: "(1)", 12: "(12)"},
    "decimalEnclosedFullstop": {1: "1.", 12: "12."},
    "numberInDash": {1: "- 1 -"},
    "chineseCounting": {1: "一", 10: "十", 11: "十一", 20: "二十", 99: "九十九", 100: "一〇〇"},
    "taiwaneseCounting": {21: "二十一", 101: "一〇一"},
    "chineseCountingThousand": {
        1: "一", 10: "十", 19: "十九", 20: "二十", 100: "一百", 101: "一百零一", 110: "一百一十",
        111: "一百一十一", 1001: "一千零一", 1010: "一千零一十", 9999: "九千九百九十九",
        10000: "10000",
    },
    "japaneseCounting": {1: "一", 10: "十", 11: "十一", 101: "百一", 1210: "千二百十"},
    "chineseLegalSimplified": {1: "壹", 2: "贰", 10: "壹拾", 23: "贰拾叁", 105: "壹佰零伍"},
    "ideographLegalTraditional": {2: "貳", 3: "參", 6: "陸"},
    "ideographDigital": {1: "一", 10: "一〇", 21: "二一"},
    "taiwaneseDigital": {10: "一〇"},
    "ideographTraditional": {1: "甲", 10: "癸", 11: "11"},
    "ideographZodiac": {1: "子", 12: "亥", 13: "13"},
    "ideographZodiacTraditional": {1: "甲子", 11: "甲戌", 60: "癸亥", 61: "61"},
    "ideographEnclosedCircle": {1: "㊀", 10: "㊉"},
    "upperRoman": {4: "IV", 9: "IX", 1994: "MCMXCIV", 4000: "4000"},
    "lowerRoman": {8: "viii", 40: "xl"},
    "upperLetter": {1: "A", 26: "Z", 27: "AA", 54: "BBB"},
    "lowerLetter": {2: "b", 28: "bb", 100_000_000: "100000000"},
    "none": {1: ""},
    "bullet": {1: ""},
    "thaiLetters": {5: "5"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("style", "number", "written"),
    [(style, n, text) for style, cases in ORDINALS.items() for n, text in cases.items()],
)
def test_ordinals(style: str, number: int, written: str) -> None:
    assert ordinal(number, style) == written


def lines_of(body: Iterable[str], numbering: str, styles: str = "") -> list[str]:
    others = {"styles": styles, "numbering": numbering}
    (extract,) = read(Blob("年报.docx", package("".join(body), others=others)))
    return extract.text.split("\n")


def labels(places: Iterable[tuple[int, int]], numbering: str) -> list[str]:
    """Return the numbers of paragraphs with these lists and levels."""
    body = [listed("｜", depth, list_id) for list_id, depth in places]
    return [line.removesuffix("｜") for line in lines_of(body, numbering)]


def override(depth: int, inner: str) -> str:
    return f'<w:lvlOverride w:ilvl="{depth}">{inner}</w:lvlOverride>'


OUTLINE = definition(
    1,
    level(0, "第%1章", "chineseCountingThousand"),
    level(1, "%1.%2", "decimal"),
    level(2, "%1.%2.%3", "decimal", "<w:isLgl/>"),
    level(3, "%4)", "lowerLetter", '<w:lvlRestart w:val="0"/>'),
    level(4, "(%5)", "lowerRoman", '<w:lvlRestart w:val="1"/>'),
)


@pytest.mark.parametrize(
    ("places", "numbering", "expected"),
    [
        pytest.param(
            [(1, 0), (1, 1), (1, 1), (1, 2), (1, 0), (1, 1), (1, 2), (1, 2)],
            NUMBERING,
            "一、 （一） （二） 1. 二、 （一） 1. 2.",
            id="a report: lower levels begin again",
        ),
        pytest.param(
            [(1, 0), (1, 1), (1, 2), (1, 0), (1, 1), (1, 2)],
            OUTLINE + a_list(1, 1),
            "第一章_ 一.1_ 1.1.1_ 第二章_ 二.1_ 2.1.1_",
            id="levels of several numbers, and Arabic ones only",
        ),
        pytest.param(
            [(1, 0), (1, 3), (1, 1), (1, 3), (1, 0), (1, 3)],
            OUTLINE + a_list(1, 1),
            "第一章_ a) 一.2_ b) 第二章_ c)",
            id="a level that never begins again",
        ),
        pytest.param(
            [(1, 0), (1, 1), (1, 4), (1, 1), (1, 4), (1, 0), (1, 4)],
            OUTLINE + a_list(1, 1),
            "第一章_ 一.1_ (i) 一.2_ (ii) 第二章_ (i)",
            id="a level that begins again behind the first only",
        ),
        pytest.param(
            [(1, 1), (1, 1), (1, 0), (1, 1)],
            OUTLINE + a_list(1, 1),
            "一.1_ 一.2_ 第二章_ 二.1_",
            id="a level that is passed over counts",
        ),
        pytest.param(
            [(1, 0), (2, 0), (1, 0)],
            definition(1, level(0, "%1.")) + a_list(1, 1) + a_list(2, 1),
            "1. 2. 3.",
            id="two lists of one definition count together",
        ),
        pytest.param(
            [(1, 0), (1, 0), (2, 0), (2, 0), (1, 0)],
            definition(1, level(0, "%1."))
            + a_list(1, 1)
            + a_list(
                2, 1, '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride>'
            ),
            "1. 2. 1. 2. 3.",
            id="a list that says where it starts, once",
        ),
        pytest.param(
            [(1, 0), (2, 0), (3, 0)],
            definition(1, level(0, "%1."))
            + definition(2, level(0, "%1."))
            + a_list(1, 1)
            + a_list(2, 2)
            + a_list(3, 1),
            "1. 1. 2.",
            id="two definitions",
        ),
        pytest.param(
            [(1, 0), (1, 1), (1, 0), (1, 1)],
            definition(1, level(0, "%1.", start=5), level(1, "%1-%2", start=3)) + a_list(1, 1),
            "5. 5-3_ 6. 6-3_",
            id="starts other than 1",
        ),
        pytest.param(
            [(1, 0), (2, 0)],
            definition(1, level(0, "%1."))
            + a_list(1, 1)
            + a_list(2, 1, override(0, level(0, "(%1)"))),
            "1. (2)",
            id="a list that writes a level otherwise",
        ),
        pytest.param(
            [(1, 0), (1, 1)],
            '<w:abstractNum w:abstractNumId="1"><w:numStyleLink w:val="公文"/></w:abstractNum>'
            + definition(2, '<w:styleLink w:val="公文"/>', level(0, "%1、", "chineseCounting"))
            + a_list(1, 1)
            + a_list(2, 2),
            "一、 _",
            id="a list style, and a level that it has not",
        ),
        pytest.param(
            [(1, 0), (1, 1), (1, 0)],
            definition(
                1,
                level(0, "●", "bullet"),
                level(1, "%2.").replace("</w:lvl>", "<w:rPr><w:vanish/></w:rPr></w:lvl>"),
            )
            + a_list(1, 1),
            "_ _ _",
            id="bullets and hidden numbers",
        ),
        pytest.param(
            [(1, 0), (1, 1), (1, 2), (1, 3), (1, 4)],
            definition(
                1,
                level(0, "第%1条", more='<w:suff w:val="nothing"/>'),
                level(1, "第%2条", more='<w:suff w:val="space"/>'),
                level(2, "%3", "decimalEnclosedCircle"),
                level(3, "附件：", "none"),
                level(4, ""),
            )
            + a_list(1, 1),
            "第1条 第1条_ ① 附件： _",
            id="what stands between number and text",
        ),
        pytest.param(
            [(1, 0)],
            definition(
                1,
                level(0, "%1.").replace(
                    '<w:numFmt w:val="decimal"/>',
                    '<mc:AlternateContent><mc:Choice Requires="w14"><w:numFmt w:val="custom"'
                    ' w:format="001, 002"/></mc:Choice><mc:Fallback><w:numFmt w:val="decimalZero"/>'
                    "</mc:Fallback></mc:AlternateContent>",
                ),
            )
            + a_list(1, 1),
            "01.",
            id="a format of the user's own",
        ),
        pytest.param([(0, 0), (9, 0)], NUMBERING, "_ _", id="no list, and one that is not there"),
    ],
)
def test_numbers(places: list[tuple[int, int]], numbering: str, expected: str) -> None:
    found = [label.replace(" ", "_") or "_" for label in labels(places, numbering)]
    assert " ".join(found) == expected


def test_a_number_before_a_number() -> None:
    body = [listed("2020年", 0), listed("2020年", 1), listed("2020年", 2), listed("件", 2)]
    assert lines_of(body, NUMBERING) == ["一、2020年", "（一）2020年", "1. 2020年", "2.件"]


def style(
    name: str, based_on: str = "", list_id: int | None = None, depth: int | None = None
) -> str:
    place = "" if depth is None else f'<w:ilvl w:val="{depth}"/>'
    place += "" if list_id is None else f'<w:numId w:val="{list_id}"/>'
    return (
        f'<w:style w:type="paragraph" w:styleId="{name}"><w:basedOn w:val="{based_on}"/>'
        f"<w:pPr><w:numPr>{place}</w:numPr></w:pPr></w:style>"
    )


def test_numbers_by_style() -> None:
    numbering = definition(
        1,
        level(0, "%1、", "chineseCounting"),
        level(1, "（%2）", "chineseCounting", '<w:pStyle w:val="b"/>'),
        level(2, "%3."),
    ) + a_list(1, 1)
    styles = (
        style("a", list_id=1)
        + style("b", based_on="a")  # the list names the style of this level
        + style("c", based_on="b", depth=2)
        + style("d", based_on="a", list_id=0)
        + style("e", based_on="c").replace("<w:numPr></w:numPr>", "")
    )

    def by(name: str, own: str = "") -> str:
        return paragraph(name, f'<w:pStyle w:val="{name}"/>{own}')

    body = [
        by("a"), by("b"), by("b"), by("c"), by("e"), by("d"), by("a"), by("b"),
        by("b", '<w:numPr><w:numId w:val="0"/></w:numPr>'),
        by("b", '<w:numPr><w:ilvl w:val="2"/></w:numPr>'),
        by("b", '<w:numPr><w:numId w:val="1"/></w:numPr>'),
    ]  # fmt: skip
    assert lines_of(body, numbering, styles) == [
        "一、a", "（一）b", "（二）b", "1.c", "2.e", "d", "二、a", "（一）b", "b", "1.b", "（二）b",
    ]  # fmt: skip


def test_what_is_not_there_does_not_count() -> None:
    hidden, deleted = "<w:rPr><w:vanish/></w:rPr>", "<w:rPr><w:del/></w:rPr>"
    place = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
    body = [
        paragraph("", place + hidden),
        listed("甲"),
        paragraph("乙", place + deleted),
        listed("丙"),
        listed(""),  # Word shows the number of an empty paragraph
        listed(" 丁"),
        paragraph("戊。", place + hidden),
        paragraph("己"),
    ]
    assert lines_of(body, NUMBERING) == ["一、甲", "二、乙丙", "四、丁", "五、戊。己"]
