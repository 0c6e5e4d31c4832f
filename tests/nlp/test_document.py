"""From text to Document: title, region, year and kind, and where every sentence stands."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

import gongwen.nlp
from gongwen.nlp import Document, Sentence, parse_document, split_sentences
from gongwen.nlp.records import Kind, Role, Year


def outline(text: str) -> list[tuple[str, str]]:
    return [(s.text, s.section) for s in parse_document(text).sentences]


def only(document: Document, words: str) -> Sentence:
    (found,) = [s for s in document.sentences if words in s.text]
    return found


# The seed report.


@pytest.fixture(scope="module")
def seed(seed_text: str) -> Document:
    return parse_document(seed_text)


def test_the_seed_says_what_it_is(seed: Document) -> None:
    assert seed.title == "武功县2020年法治政府建设工作总结"
    assert (seed.region, seed.year, seed.kind) == ("武功县", 2020, "工作总结")


def test_the_seed_is_kept_as_it_is(seed: Document, seed_text: str) -> None:
    assert seed.text == seed_text
    assert all(seed_text[s.start : s.end] == s.text for s in seed.sentences)
    left = list(seed_text)
    for sentence in seed.sentences:
        left[sentence.start : sentence.end] = [" "] * len(sentence.text)
    assert not "".join(left).strip()


def test_the_seed_has_a_title_eight_headings_and_a_footer(seed: Document) -> None:
    kinds = Counter(s.kind for s in seed.sentences)
    assert kinds == {"title": 1, "heading": 8, "sentence": 80, "boilerplate": 1}
    assert [s.text[:2] for s in seed.sentences if s.kind == "heading"] == [
        f"{numeral}、" for numeral in "一二三四五六七八"
    ]


@pytest.mark.parametrize(
    ("words", "section", "item", "role", "kind"),
    [
        ("武功县2020年法治政府建设工作总结", "", "", "background", "title"),
        ("现将武功县2020年度", "", "", "background", "sentence"),
        (
            "一、加强组织领导",
            "一、加强组织领导,提升法治政府建设水平",
            "",
            "achievement",
            "heading",
        ),
        (
            "集体学法4次",
            "一、加强组织领导,提升法治政府建设水平",
            "三是",
            "achievement",
            "sentence",
        ),
        (
            "二、深化 “放管服”改革",
            "二、深化 “放管服”改革,积极打造高效服务政府",
            "",
            "achievement",
            "heading",
        ),
        (
            "网上可办率达到90.72%",
            "二、深化 “放管服”改革,积极打造高效服务政府",
            "一是",
            "achievement",
            "sentence",
        ),
        (
            "部门行政应诉案件7件。",
            "六、强化复议应诉,拓宽救济渠道",
            "二是",
            "achievement",
            "sentence",
        ),
        (
            "扫黑除恶专项斗争",
            "八、深化普法宣传,营造良好法治环境",
            "三是",
            "achievement",
            "sentence",
        ),
        ("我们的工作还存在一些短板", "", "", "problem", "sentence"),
        ("一是部分领导干部学习", "", "一是", "problem", "sentence"),
        ("“重实体轻程序”现象", "", "三是", "problem", "sentence"),
        ("下一步,我们将进一步加强领导", "", "", "plan", "sentence"),
        ("各级党委、政府要加强", "", "一是", "plan", "sentence"),
        ("切实规范执法行为,加强对", "", "三是", "plan", "sentence"),
        ("联系电话:023-85238885", "", "", "background", "boilerplate"),
    ],
)
def test_where_a_sentence_of_the_seed_stands(
    seed: Document, words: str, section: str, item: str, role: Role, kind: Kind
) -> None:
    sentence = only(seed, words)
    assert (sentence.section, sentence.item) == (section, item)
    assert (sentence.role, sentence.kind) == (role, kind)


def test_the_seed_names_its_reform_in_a_heading_only(seed: Document) -> None:
    found = [s for s in seed.sentences if "放管服" in s.text]
    assert [s.kind for s in found] == ["heading"]
    below = [s for s in seed.sentences if "放管服" in s.section and s.kind == "sentence"]
    assert len(below) == 11


def test_all_of_the_seeds_problems_and_plans_stand_outside_of_sections(seed: Document) -> None:
    roles = Counter(s.role for s in seed.sentences)
    assert roles == {"background": 4, "achievement": 72, "problem": 6, "plan": 8}
    assert {s.section for s in seed.sentences if s.role in ("problem", "plan")} == {""}


# What a report says of itself.

TITLES: dict[str, tuple[str, str, str, Year, str]] = {
    "the usual": (
        "武功县2020年法治政府建设工作总结\n\n　　一年来,工作有序。",
        "武功县2020年法治政府建设工作总结",
        "武功县",
        2020,
        "工作总结",
    ),
    "a year in Chinese": (
        "二〇二〇年武功县法治政府建设工作总结\n\n　　一年来,工作有序。",
        "二〇二〇年武功县法治政府建设工作总结",
        "武功县",
        2020,
        "工作总结",
    ),
    "a full-width year": (
        "武功县２０２０年法治政府建设工作总结\n\n　　一年来,工作有序。",
        "武功县２０２０年法治政府建设工作总结",
        "武功县",
        2020,
        "工作总结",
    ),
    "several years": (
        "武功县2018-2020年法治政府建设工作总结\n\n　　三年来,工作有序。",
        "武功县2018-2020年法治政府建设工作总结",
        "武功县",
        "2018-2020",
        "工作总结",
    ),
    "white space and a byte order mark": (
        "\ufeff　　武功县2020年 法治政府建设工作总结　\r\n\r\n　　一年来。",
        "武功县2020年法治政府建设工作总结",
        "武功县",
        2020,
        "工作总结",
    ),
    "the text right below, not indented": (
        "武功县2020年法治政府建设工作总结\n一年来,法治建设有序推进。\n",
        "武功县2020年法治政府建设工作总结",
        "武功县",
        2020,
        "工作总结",
    ),
    "the date below": (
        "武功县2020年法治政府建设工作总结\n（2021年1月8日）\n\n　　一年来,工作有序。",
        "武功县2020年法治政府建设工作总结",
        "武功县",
        2020,
        "工作总结",
    ),
    "the date behind, in brackets": (
        "武功县2020年工作总结（2021年1月8日）\n\n　　一年来,工作有序。",
        "武功县2020年工作总结",
        "武功县",
        2020,
        "工作总结",
    ),
    "page furniture above": (
        "下载\n打印\n全屏\n当前位置：首页 > 公开\n武功县2020年工作总结\n来源：司法局\n　　有序。",
        "武功县2020年工作总结",
        "武功县",
        2020,
        "工作总结",
    ),
    "the title twice, with furniture between": (
        "武功县2020年工作总结\n\n下载\n【字号：\n加大\n】\n武功县2020年工作总结\n　　有序。",
        "武功县2020年工作总结",
        "武功县",
        2020,
        "工作总结",
    ),
    "a telegram line above": (
        "新华社北京3月16日电\n　　政府工作报告\n　　——2019年3月5日在大会上\n　　各位代表：",
        "政府工作报告",
        "",
        2019,
        "政府工作报告",
    ),
    "region and year in the line below": (
        "政府工作报告\n——2021年1月8日在安平县第十届人民代表大会第一次会议上\n各位代表：\n",
        "政府工作报告",
        "安平县",
        2021,
        "政府工作报告",
    ),
    "region and year in the line below, behind furniture": (
        "政府工作报告\n来源：云南日报\n【字体：\n大\n中\n小\n】\n"
        "——2026年1月28日在云南省第十四届人民代表大会第四次会议上\n各位代表：\n",
        "政府工作报告",
        "云南省",
        2026,
        "政府工作报告",
    ),
    "region and year in the same line, behind a dash": (
        "政府工作报告——2021年1月8日在安平县第十届人民代表大会第一次会议上\n\n各位代表：\n",
        "政府工作报告",
        "安平县",
        2021,
        "政府工作报告",
    ),
    "the finest of two regions in the line below": (
        "政府工作报告\n——2021年1月8日在云南省昆明市第十届人民代表大会第一次会议上\n各位代表：",
        "政府工作报告",
        "昆明市",
        2021,
        "政府工作报告",
    ),
    "the issuer in a line above": (
        "安平县人民政府\n\n关于2021年度法治政府建设情况的报告\n\n　　一年来,工作有序。",
        "关于2021年度法治政府建设情况的报告",
        "安平县",
        2021,
        "情况报告",
    ),
    "a notice": (
        "关于印发《安平县2021年普法工作要点》的通知\n\n各镇人民政府：\n　　现印发。",
        "关于印发《安平县2021年普法工作要点》的通知",
        "",
        2021,
        "通知",
    ),
    "no title, a salutation": ("各位代表：\n　　现在,我代表县政府报告工作。", "", "", "", ""),
    "no title, a sentence": ("今年以来,武功县2020年工作报告已印发。\n全年6次。", "", "", "", ""),
    "no title, a heading": ("一、2020年工作总结\n　　武功县工作有序。", "", "", "", ""),
    "no title, a plain line": ("安平县司法局\n\n　　一年来,我们抓学习。", "", "", "", ""),
    "the title alone": ("武功县2020年工作总结", "武功县2020年工作总结", "武功县", 2020, "工作总结"),
    "empty": ("", "", "", "", ""),
    "white space": (" \n　\r\n", "", "", "", ""),
}


@pytest.mark.parametrize(("text", "title", "region", "year", "kind"), TITLES.values(), ids=TITLES)
def test_what_the_head_says(text: str, title: str, region: str, year: Year, kind: str) -> None:
    document = parse_document(text)
    assert (document.title, document.region) == (title, region)
    assert (document.year, document.kind) == (year, kind)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("安平县人民政府关于2021年度法治政府建设", "情况的报告"),
        ("安平县人民政府关于2021年度", "法治政府建设情况的报告"),
        ("安平县2021年度法治政府建设", "工作总结"),
    ],
)
def test_a_title_that_was_broken_over_two_lines_is_one(first: str, second: str) -> None:
    document = parse_document(f"{first}\n{second}\n\n　　一年来,工作有序。")
    assert document.title == first + second
    assert (document.region, document.year) == ("安平县", 2021)


def test_furniture_between_the_titles_is_no_title() -> None:
    text = (
        "武功县2020年工作总结\n\n下载\n打印\n武功县2020年工作总结\n来源：司法局\n　　有序。\n关闭"
    )
    assert [s.kind for s in split_sentences(text)] == (
        ["title", "boilerplate", "boilerplate", "title", "boilerplate", "sentence", "boilerplate"]
    )


def test_a_dashed_line_belongs_to_the_title_only_near_it() -> None:
    head = "政府工作报告\n——2021年1月8日在安平县人民代表大会上\n"
    body = "各位代表：\n　　一年来,成效明显。\n　　——经济总量再上新台阶\n　　全年增长8%。"
    assert [s.kind for s in split_sentences(head + body)] == ["title"] * 2 + ["sentence"] * 4


# Sections.

OUTLINES: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "one level": (
        "一、加强领导\n　　开会3次。\n二、完善制度\n　　清理文件。",
        [
            ("一、加强领导", "一、加强领导"),
            ("开会3次。", "一、加强领导"),
            ("二、完善制度", "二、完善制度"),
            ("清理文件。", "二、完善制度"),
        ],
    ),
    "nested, and out again": (
        "一、主要工作\n（一）加强领导\n1.强化培训\n　　培训6次。\n"
        "（二）完善制度\n　　清理文件。\n二、其他\n　　无。",
        [
            ("一、主要工作", "一、主要工作"),
            ("（一）加强领导", "一、主要工作 > （一）加强领导"),
            ("1.强化培训", "一、主要工作 > （一）加强领导 > 1.强化培训"),
            ("培训6次。", "一、主要工作 > （一）加强领导 > 1.强化培训"),
            ("（二）完善制度", "一、主要工作 > （二）完善制度"),
            ("清理文件。", "一、主要工作 > （二）完善制度"),
            ("二、其他", "二、其他"),
            ("无。", "二、其他"),
        ],
    ),
    "chapters": (
        "第一章 总则\n一、原则\n　　依法。\n第二章 附则\n　　施行。",
        [
            ("第一章 总则", "第一章 总则"),
            ("一、原则", "第一章 总则 > 一、原则"),
            ("依法。", "第一章 总则 > 一、原则"),
            ("第二章 附则", "第二章 附则"),
            ("施行。", "第二章 附则"),
        ],
    ),
    "headings in numbers with dots": (
        "1.1 工作机制\n　　成立专班。\n1.2 工作成效\n　　办结32项。",
        [
            ("1.1 工作机制", "1.1 工作机制"),
            ("成立专班。", "1.1 工作机制"),
            ("1.2 工作成效", "1.2 工作成效"),
            ("办结32项。", "1.2 工作成效"),
        ],
    ),
    "headings without numbers": (
        "主要做法\n　　抓学习。\n存在问题\n　　力量不足。\n下一步打算\n　　抓整改。",
        [
            ("主要做法", "主要做法"),
            ("抓学习。", "主要做法"),
            ("存在问题", "存在问题"),
            ("力量不足。", "存在问题"),
            ("下一步打算", "下一步打算"),
            ("抓整改。", "下一步打算"),
        ],
    ),
    "a heading that its text follows in the line": (
        "（一）强化领导。召开会议3次。印发要点。",
        [
            ("（一）强化领导。", "（一）强化领导"),
            ("召开会议3次。", "（一）强化领导"),
            ("印发要点。", "（一）强化领导"),
        ],
    ),
    "the same, with a dot": (
        "1.强化保障.落实经费。",
        [("1.强化保障.", "1.强化保障"), ("落实经费。", "1.强化保障")],
    ),
    "numbered sentences are no headings": (
        "一、主要工作\n1.印发方案3份,召开推进会2次,培训执法人员260人次,执法水平明显提升。",
        [
            ("一、主要工作", "一、主要工作"),
            (
                "1.印发方案3份,召开推进会2次,培训执法人员260人次,执法水平明显提升。",
                "一、主要工作",
            ),
        ],
    ),
    "white space within a heading": (
        "二、深化 “放管服”\u3000改革\n　　压缩时限。",
        [
            ("二、深化 “放管服”\u3000改革", "二、深化 “放管服” 改革"),
            ("压缩时限。", "二、深化 “放管服” 改革"),
        ],
    ),
    "boilerplate is in no section": (
        "一、主要工作\n　　工作有序。\n打印 关闭",
        [("一、主要工作", "一、主要工作"), ("工作有序。", "一、主要工作"), ("打印 关闭", "")],
    ),
}


@pytest.mark.parametrize(("text", "expected"), OUTLINES.values(), ids=OUTLINES)
def test_sections(text: str, expected: list[tuple[str, str]]) -> None:
    assert outline(text) == expected


def test_the_nearest_heading_of_a_sentence() -> None:
    text = "一、主要工作\n（一）加强领导\n　　开会3次。"
    assert [s.heading for s in split_sentences(text)] == [
        "一、主要工作",
        "（一）加强领导",
        "（一）加强领导",
    ]
    assert [s.heading for s in split_sentences("全年开会3次。")] == [""]


# Items.

ITEMS: dict[str, tuple[str, list[str]]] = {
    "an item holds until the next": ("一是抓学。学6次。二是抓干。", ["一是", "一是", "二是"]),
    "a lead-in is in no item": ("做法有:一是抓学;二是抓干。", ["", "一是", "二是"]),
    "items over paragraphs": ("　　一是抓学。\n　　二是抓干。", ["一是", "二是"]),
    "a new paragraph ends the item": ("　　一是抓学。\n　　全年6次。", ["一是", ""]),
    "a heading ends the item": ("一是抓学。\n二、成效\n　　好。", ["一是", "", ""]),
    "a heading that its text follows ends the item": (
        "一是抓学。\n二、强化领导。召开会议。",
        ["一是", "", ""],
    ),
    "first, next": ("首先,学。其次,干。", ["首先", "其次"]),
    "circled": ("如下:①学。②干。", ["", "①", "②"]),
}


@pytest.mark.parametrize(("text", "items"), ITEMS.values(), ids=ITEMS)
def test_items(text: str, items: list[str]) -> None:
    assert [s.item for s in split_sentences(text)] == items


# Roles.

ROLES: dict[str, tuple[str, list[Role]]] = {
    "the heading decides for all below": (
        "二、存在的问题\n　　取得成效。\n三、下一步打算\n　　力量不足。",
        ["problem", "problem", "plan", "plan"],
    ),
    "a heading below inherits": (
        "三、下一步工作打算\n（一）加强领导\n　　开会。",
        ["plan", "plan", "plan"],
    ),
    "a heading below may decide anew": (
        "二、不足和原因\n（一）下一步打算\n　　抓整改。\n三、其他\n　　无。",
        ["problem", "plan", "plan", "achievement", "achievement"],
    ),
    "problems and plans without headings": (
        "　　我县工作还存在一些短板:一是力量不足。\n　　下一步,我们将认真抓好各项落实。二是抓学。",
        ["problem", "problem", "plan", "plan"],
    ),
    "a short plan behind problems": (
        "　　我县工作还存在一些短板。\n　　下一步,我们抓落实。",
        ["problem", "plan"],
    ),
    "the words of one sentence in a section of achievements": (
        "一、加强执法\n　　办案12件。基层力量有待进一步加强。下一步,将招录人员。",
        ["achievement", "achievement", "problem", "plan"],
    ),
    "a numbered item that opens the plan, and what follows it": (
        "一、工作情况\n1. 办案12件，化解纠纷3起，群众满意度不断提升，成效明显，受到好评，"
        "再创佳绩。\n"
        "2. 下一步，我们将健全制度，完善机制，压实责任，加大培训力度，建成示范点8个，惠及群众。\n"
        "培训干部200人次。\n二、工作成效\n办案12件。",
        ["achievement", "achievement", "plan", "plan", "achievement", "achievement"],
    ),
    "the introduction is background": (
        "　　一年来,成效明显。现将情况报告如下:\n一、加强领导\n　　开会3次。",
        ["background", "background", "achievement", "achievement"],
    ),
    "signature and date": (
        "三、下一步打算\n　　抓落实。\n　　特此报告。\n安平县司法局\n2021年1月8日",
        ["plan", "plan", "background", "background", "background"],
    ),
    "title and furniture": ("武功县2020年工作总结\n打印", ["background", "background"]),
    "a text without structure": ("全年办案12件。", ["achievement"]),
}


@pytest.mark.parametrize(("text", "roles"), ROLES.values(), ids=ROLES)
def test_roles(text: str, roles: list[Role]) -> None:
    assert [s.role for s in split_sentences(text)] == roles


# Real reports.


def test_real_reports_are_covered_whole(shared_reports: list[Path]) -> None:
    for path in shared_reports:
        text = path.read_text("utf-8")
        last = 0
        for number, sentence in enumerate(split_sentences(text), 1):
            assert sentence.n == number
            assert last <= sentence.start < sentence.end
            assert text[sentence.start : sentence.end] == sentence.text
            assert not text[last : sentence.start].strip()
            last = sentence.end
        assert not text[last:].strip()


def test_real_reports_name_their_region_and_year(shared_reports: list[Path]) -> None:
    provinces = [path for path in shared_reports if path.name.startswith("2026-")]
    read = [parse_document(path.read_text("utf-8")) for path in provinces]
    assert {(d.region, d.year, d.kind) for d in read} == {
        (path.name.split("-")[1], 2026, "政府工作报告") for path in provinces
    }


def test_real_reports_have_furniture_at_the_edges_only(shared_reports: list[Path]) -> None:
    for path in shared_reports:
        sentences = split_sentences(path.read_text("utf-8"))
        middle = sentences[len(sentences) // 4 : -len(sentences) // 4]
        assert [s.text for s in middle if s.kind == "boilerplate"] == []


# The package.


@pytest.mark.parametrize("name", gongwen.nlp.__all__)
def test_public_names_are_what_they_are_called(name: str) -> None:
    public = getattr(gongwen.nlp, name)
    assert callable(public)
    assert public.__name__ == name


def test_other_names_do_not() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        gongwen.nlp.no_such_name  # noqa: B018


@pytest.mark.parametrize(("paragraphs", "role"), [(8, "background"), (9, "achievement")])
def test_an_introduction_has_eight_paragraphs_at_most(paragraphs: int, role: str) -> None:
    lines = [f"全县推进依法行政工作，第{n}项制度得到落实。" for n in range(paragraphs)]
    text = "\n\n".join(["武功县2020年工作总结", *lines, "一、加强领导", "健全机制。"])
    said = {s.text: s.role for s in parse_document(text).sentences}
    assert [said[line] for line in lines[:8]] == ["background"] * 8
    assert said[lines[-1]] == role


@pytest.mark.parametrize(("behind", "role"), [(0, "background"), (3, "background"), (4, "plan")])
def test_a_closing_formula_stands_in_the_last_four_paragraphs(behind: int, role: str) -> None:
    lines = ["武功县2020年工作总结", "一、工作情况", "完善制度，落实责任。", "二、下一步打算"]
    lines += ["特此报告。", *["加强队伍建设，提高执法能力水平。"] * behind]
    text = "\n\n".join(lines)
    said = {s.text: s.role for s in parse_document(text).sentences}
    assert said["特此报告。"] == role
