"""OFD files: text, lines, pages, several documents, and what cannot be read."""

from __future__ import annotations

import pytest

from gongwen.nlp.errors import ReadError
from gongwen.readers.base import Blob, Extract, Limits
from gongwen.readers.detect import kind_of, read
from gongwen.readers.ofd.page_objects import distances

from .. import make_ofd as make
from ..make_ofd import ofd, page, text_object


def extracts(data: bytes, **limits: int) -> list[Extract]:
    return list(read(Blob("a.ofd", data, limits=Limits(**limits))))


def text_of(*objects: str, **parts: object) -> str:
    [extract] = extracts(ofd(page(*objects), **parts))  # type: ignore[arg-type]
    return extract.text


SENTENCE = "全年办理行政处罚案件318件。"

ONE_LINE = (
    ("a group of distances", text_object(30, 50, SENTENCE)),
    ("distances one by one", text_object(30, 50, SENTENCE, deltas=" ".join(["5"] * 14))),
    (
        "digits of half the width",
        text_object(30, 50, SENTENCE, deltas="g 9 5 5 2.5 2.5 2.5 5"),
    ),
    ("no distances", text_object(30, 50, SENTENCE, deltas="")),
    (
        "a piece a character",
        "".join(text_object(30 + 5 * i, 50, c) for i, c in enumerate(SENTENCE)),
    ),
    (
        "pieces in another order",
        text_object(80, 50, "318件。") + text_object(30, 50, SENTENCE[:10]),
    ),
    ("scaled by a matrix", text_object(30, 50, SENTENCE, 2.5, ' CTM="2 0 0 2 0 0"')),
    (
        "drawn twice to look bold",
        text_object(30, 50, SENTENCE) + text_object(30, 50, SENTENCE),
    ),
    (
        "two codes in one object",
        text_object(30, 50, "全年").replace(
            "</ofd:TextObject>",
            '<ofd:TextCode X="10" DeltaX="g 12 5">办理行政处罚案件318件。</ofd:TextCode>'
            "</ofd:TextObject>",
        ),
    ),
    (
        "in a block of the page",
        f'<ofd:PageBlock ID="7">{text_object(30, 50, SENTENCE)}</ofd:PageBlock>',
    ),
    ("radicals", text_object(30, 50, SENTENCE.replace("行", "⾏"))),
)


@pytest.mark.parametrize(("objects"), [c[1] for c in ONE_LINE], ids=[c[0] for c in ONE_LINE])
def test_a_line_is_read(objects: str) -> None:
    assert text_of(objects) == SENTENCE


LEFT_OUT = (
    ("invisible", text_object(30, 80, "看不见", more=' Visible="false"')),
    ("slanted", text_object(30, 150, "征求意见稿", more=' CTM="0.7 0.7 -0.7 0.7 0 0"')),
    ("outside of the page", text_object(300, 80, "页外")),
)


@pytest.mark.parametrize("other", [c[1] for c in LEFT_OUT], ids=[c[0] for c in LEFT_OUT])
def test_what_is_not_seen_is_not_read(other: str) -> None:
    assert text_of(text_object(30, 50, SENTENCE), other) == SENTENCE


def test_spaces_between_words_are_kept() -> None:
    words = text_object(30, 50, "rule of law", deltas="g 10 2.6")
    assert text_of(words) == "rule of law"


def test_lines_are_joined_and_page_numbers_and_heads_left_out() -> None:
    body = "各镇街道各部门认真落实上级决策部署，扎实推进法治政府建设，取得了新的成效，"
    paragraphs = [f"第{n}项工作中{body}全年办理案件{n}件。" for n in range(1, 40)]
    [extract] = extracts(ofd(*make.typeset(paragraphs, "甲县人民政府公报")))
    assert extract.text.split("\n") == paragraphs
    assert extract.notes == ()


def test_a_line_that_is_broken_on_a_short_page_is_joined() -> None:
    lines = (
        text_object(40, 40, "甲县2021年法治政府建设年度报告", 7),
        text_object(30, 60, "一、主要举措"),
        text_object(40, 70, "全年办理行政处罚案件318件，其中听证"),
        text_object(30, 80, "24件。"),
    )
    assert text_of(*lines).split("\n")[1:] == [
        "一、主要举措",
        "全年办理行政处罚案件318件，其中听证24件。",
    ]


def test_templates_and_composite_objects_belong_to_the_page() -> None:
    unit = (
        '<ofd:Res xmlns:ofd="http://www.ofdspec.org/2016"><ofd:CompositeGraphicUnits>'
        '<ofd:CompositeGraphicUnit ID="9" Width="210" Height="297"><ofd:Content>'
        f"{text_object(30, 20, '二、存在问题')}</ofd:Content></ofd:CompositeGraphicUnit>"
        '<ofd:CompositeGraphicUnit ID="8" Width="1" Height="1"><ofd:Content>'
        f"{text_object(30, 20, '未引用')}</ofd:Content></ofd:CompositeGraphicUnit>"
        "</ofd:CompositeGraphicUnits></ofd:Res>"
    )
    composite = '<ofd:CompositeObject ID="4" ResourceID="9" Boundary="0 40 210 297"/>'
    parts = make.document_parts(
        "Doc_0",
        [page(text_object(30, 50, SENTENCE), composite, templates=["5"])],
        templates={"5": page(text_object(30, 30, "一、主要举措"))},
    )
    parts["Doc_0/Document.xml"] = parts["Doc_0/Document.xml"].replace(
        "</ofd:PageArea>", "</ofd:PageArea><ofd:DocumentRes>Res.xml</ofd:DocumentRes>"
    )
    [extract] = extracts(make.ofd_of([parts], others={"Doc_0/Res.xml": unit}))
    assert extract.text.split("\n") == ["一、主要举措", SENTENCE, "二、存在问题"]


def test_every_document_is_a_report() -> None:
    documents = [
        make.document_parts(f"Doc_{n}", [page(text_object(30, 50, f"{SENTENCE[:-1]}{n}件。"))])
        for n in range(2)
    ]
    found = extracts(make.ofd_of(documents))
    assert [e.part for e in found] == ["document 1", "document 2"]
    assert [e.text for e in found] == [
        "全年办理行政处罚案件318件0件。",
        "全年办理行政处罚案件318件1件。",
    ]


SAID = (
    ("<ofd:Title>甲县2021年工作总结</ofd:Title>", {"title": "甲县2021年工作总结"}),
    ("<ofd:Title>Microsoft Word - 报告1.docx</ofd:Title>", {}),
    ("<ofd:Title>无标题文档</ofd:Title><ofd:Author>admin</ofd:Author>", {}),
    ("<ofd:Author>甲县司法局</ofd:Author>", {"agency": "甲县司法局"}),
    ("<ofd:CreationDate>2022-01-05</ofd:CreationDate>", {"date": "2022-01-05"}),
)


@pytest.mark.parametrize(("info", "said"), SAID)
def test_properties_are_said_when_they_are_real(info: str, said: dict[str, str]) -> None:
    [extract] = extracts(ofd(page(text_object(30, 50, SENTENCE)), info=info))
    assert dict(extract.said) == said


def test_properties_do_not_contradict_the_text() -> None:
    title = text_object(40, 40, "乙县2020年法治政府建设年度报告", 7)
    info = "<ofd:Title>甲县2021年工作总结</ofd:Title>"
    [extract] = extracts(ofd(page(title, text_object(30, 60, SENTENCE)), info=info))
    assert "title" not in extract.said


GLYPHS = (
    '<ofd:TextObject ID="1" Boundary="30 45 170 7" Font="2" Size="5"><ofd:CGTransform'
    ' CodePosition="0" CodeCount="3" GlyphCount="3"><ofd:Glyphs>7 8 9</ofd:Glyphs>'
    '</ofd:CGTransform><ofd:TextCode X="0" Y="5" DeltaX="g 2 5">{}</ofd:TextCode></ofd:TextObject>'
)
PICTURE = '<ofd:ImageObject ID="4" ResourceID="9" Boundary="0 0 210 297"/>'

REFUSED = (
    ("glyphs without text", ofd(page(GLYPHS.format("   "))), "name no characters"),
    ("private codes", ofd(page(GLYPHS.format("\ue001\ue002"))), "name no characters"),
    ("a picture", ofd(page(PICTURE)), "OCR"),
    ("no text", ofd(page()), "no text on any page"),
    ("no page there", ofd(), "no text on any page"),
    (
        "a page that is missing",
        make.ofd_of(
            [{"Doc_0/Document.xml": make.document_parts("Doc_0", ["x"])["Doc_0/Document.xml"]}]
        ),
        "damaged",
    ),
    ("no list of documents", make.packed({"OFD.xml": "<a/>"}), "names no document"),
    ("no XML", make.packed({"OFD.xml": "x"}), "damaged"),
    (
        "entities",
        make.packed({"OFD.xml": '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}),
        "entities",
    ),
    (
        "encrypted parts",
        ofd(page(text_object(30, 50, SENTENCE)), others={"Encryptions.xml": "<a/>"}),
        "encrypted",
    ),
    ("cut off", ofd(page(text_object(30, 50, SENTENCE)))[:-40], "damaged"),
)


@pytest.mark.parametrize(("data", "words"), [c[1:] for c in REFUSED], ids=[c[0] for c in REFUSED])
def test_what_cannot_be_read_is_one_line(data: bytes, words: str) -> None:
    with pytest.raises(ReadError, match=words) as raised:
        extracts(data)
    assert str(raised.value).startswith("a.ofd: ") and "\n" not in str(raised.value)


NOTES = (
    ("glyphs", page(GLYPHS.format("   ")), "page 2 of 2: 3 characters left out"),
    ("a picture", page(PICTURE), "page 2 of 2: a scan or pictures without text"),
    ("damage", "<ofd:Page>", "page 2 of 2: missing or damaged"),
)


@pytest.mark.parametrize(("second", "note"), [c[1:] for c in NOTES], ids=[c[0] for c in NOTES])
def test_a_page_that_is_left_out_is_noted(second: str, note: str) -> None:
    [extract] = extracts(ofd(page(text_object(30, 50, SENTENCE)), second))
    assert extract.text == SENTENCE
    assert [n[: len(note)] for n in extract.notes] == [note]


LIMITS = (
    ({"pages": 1}, ofd(page(text_object(30, 50, SENTENCE)), page()), "2 pages, more than 1"),
    ({"characters": 5}, ofd(page(text_object(30, 50, SENTENCE))), "more than 5 characters"),
)


@pytest.mark.parametrize(("limits", "data", "words"), LIMITS)
def test_limits(limits: dict[str, int], data: bytes, words: str) -> None:
    with pytest.raises(ReadError, match=words):
        extracts(data, **limits)


HOSTILE = (
    ("a unit that draws itself", '<ofd:CompositeObject ID="4" ResourceID="9" Boundary="0 0 9 9"/>'),
    ("a huge group", text_object(30, 90, "甲乙", deltas="g 999999999999 5")),
    ("no numbers", text_object(30, 90, "甲乙", deltas="g x y nan inf 1e999")),
    ("a matrix of nothing", text_object(30, 90, "甲乙", more=' CTM="0 0 0 0 0 0"')),
    (
        "a path without end",
        '<ofd:PathObject Boundary="0 0 9 9"><ofd:AbbreviatedData>M 0'
        "</ofd:AbbreviatedData></ofd:PathObject>",
    ),
)


@pytest.mark.parametrize("other", [c[1] for c in HOSTILE], ids=[c[0] for c in HOSTILE])
def test_odd_values_do_no_harm(other: str) -> None:
    assert SENTENCE in text_of(text_object(30, 50, SENTENCE), other)


def test_ruled_tables_are_rows() -> None:
    def line(x: float, y: float, width: float, height: float) -> str:
        data = f"M 0 0 L {width:g} {height:g}"
        return (
            f'<ofd:PathObject ID="6" Boundary="{x:g} {y:g} {width:g} {height:g}">'
            f"<ofd:AbbreviatedData>{data}</ofd:AbbreviatedData></ofd:PathObject>"
        )

    grid = [line(30, 40 + 10 * i, 120, 0) for i in range(3)]
    grid += [line(30 + 60 * i, 40, 0, 20) for i in range(3)]
    cells = [
        text_object(35, 47, "项目"),
        text_object(95, 47, "件数"),
        text_object(35, 57, "行政处罚"),
        text_object(95, 57, "318"),
    ]
    assert text_of(*grid, *cells) == "项目\t件数\n行政处罚\t318"


def test_distances_of_groups_are_bounded() -> None:
    assert distances("g 2 5 7") == [5.0, 5.0, 7.0]
    assert len(distances("g 999999999 1 g 999999999 1")) == 100_000
    assert distances("g 2") == [] and distances("a") == []


def test_the_kind_is_told_by_content() -> None:
    assert kind_of(ofd(page()), "a.zip") == "ofd"
