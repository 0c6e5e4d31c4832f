"""The roles of sections: by heading, place and what they say, in outlines and in real reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest

from gongwen.nlp.document.document_kind import load_kinds, plans_ahead, reviews_and_plans
from gongwen.nlp.document.parse import parse_document
from gongwen.nlp.document.roles import (
    frames,
    opens_list,
    parts_of_heading,
    reviews,
    role_of_heading,
    role_of_opening,
    stands_apart,
)
from gongwen.nlp.document.section_roles import Line, Outline, tense_of
from gongwen.nlp.errors import SeedError
from gongwen.nlp.records import Role, Sentence
from gongwen.nlp.vocabulary import shipped_words

Outlined = list[tuple[str, str]]
"""Lines of a report, each with its role in front."""


def outlines() -> Iterator[tuple[str, Outlined]]:
    """Yield the name and the lines of every report in ``outlines.txt``."""
    name, lines = "", Outlined()
    for line in (Path(__file__).parent / "outlines.txt").read_text("utf-8").splitlines():
        if line.startswith("== "):
            if lines:
                yield name, lines
            name, lines = line[3:], []
        elif line and not line.startswith("#"):
            role, _, text = line.partition("\t")
            lines.append((role, text))
    yield name, lines


OUTLINES = dict(outlines())


def test_there_are_enough_outlines() -> None:
    assert len(OUTLINES) >= 30
    roles = Counter(role for lines in OUTLINES.values() for role, _ in lines)
    assert set(roles) == {"achievement", "problem", "plan", "background"}
    assert min(roles.values()) > 50


@pytest.mark.parametrize("lines", OUTLINES.values(), ids=OUTLINES)
def test_every_line_of_an_outline_has_its_role(lines: Outlined) -> None:
    text = "\n".join(line for _, line in lines)
    units = parse_document(text).sentences
    wrong = []
    at = 0
    for role, line in lines:
        end = at + len(line)
        found = {u.role for u in units if u.start < end and u.end > at}
        if found != {role}:
            wrong.append((line, role, found))
        at = end + 1
    assert wrong == []


@pytest.mark.parametrize("lines", OUTLINES.values(), ids=OUTLINES)
def test_blank_lines_change_no_role(lines: Outlined) -> None:
    def roles(joint: str) -> list[Role]:
        return [u.role for u in parse_document(joint.join(t for _, t in lines)).sentences]

    assert roles("\n\n") == roles("\n")


# Real reports.

_MOST_BESIDE = 10
"""Units of results that a section of a plan may have, which old reports put into it."""


def top_sections(units: tuple[Sentence, ...]) -> Iterator[tuple[str, Counter[Role]]]:
    """Yield the top-level sections of a report, each with its roles counted."""
    for name, run in groupby(units, lambda unit: unit.section.split(" > ")[0]):
        yield name, Counter(unit.role for unit in run)


def test_plans_of_real_reports_are_plans(shared_reports: list[Path]) -> None:
    recent = [path for path in shared_reports if path.name.startswith("2026-")]
    assert recent
    for path in recent:
        document = parse_document(path.read_text("utf-8"))
        seen = False
        for name, roles in top_sections(document.sentences):
            if seen and "成就" not in name and "草案" not in name:
                assert roles["achievement"] <= _MOST_BESIDE, (path.name, name, roles)
            seen = seen or roles["problem"] > 1
        counted = Counter(unit.role for unit in document.sentences)
        assert counted["plan"] > 0.3 * len(document.sentences), (path.name, counted)
        assert counted["achievement"] > 0.15 * len(document.sentences), (path.name, counted)


# Single rules.

HEADINGS: dict[str, Role | None] = {
    "二、“十五五”发展的主要考虑": "plan",
    "“十五五”主要目标任务": "plan",
    "二、2025年预算草案": "plan",
    "一、重点任务完成情况": None,
    "二、2025年目标任务落实情况": None,
    "一、突出问题专项整治": None,
    "（二）治理拖欠工资突出问题": None,
    "三、帮扶困难群众": None,
    "（一）聚焦突出问题，集中攻坚": None,
    "三、尚未整改到位的问题及原因": "problem",
    "三、面临的困难和挑战": "problem",
    "二、正视问题，保持清醒": "problem",
    "二、机遇与挑战": "background",
    "一、指导思想": "background",
    "二、发展环境": "background",
    "附件1": "background",
    "《政府工作报告》名词解释": "background",
    "（附件齐全）": None,
}


@pytest.mark.parametrize(("heading", "role"), HEADINGS.items(), ids=HEADINGS)
def test_headings(heading: str, role: Role | None) -> None:
    assert role_of_heading(heading) == role


@pytest.mark.parametrize(
    ("heading", "parts"),
    [
        ("一、1998年工作回顾和1999年工作的总体要求", "review and plan"),
        ("“十四五”时期发展成就和“十五五”时期主要目标任务", "review and plan"),
        ("三、存在的问题及下一步打算", "problems and plan"),
        ("三、存在问题", None),
        ("四、下一步打算", None),
        ("一、2023年工作回顾", None),
    ],
)
def test_headings_of_two_parts(heading: str, parts: str | None) -> None:
    assert parts_of_heading(heading) == parts


@pytest.mark.parametrize("heading", ["名词解释", "附件", "附件2：清单", "附录一", "注释"])
def test_what_stands_behind_a_report(heading: str) -> None:
    assert stands_apart(heading)
    assert not reviews(heading)


@pytest.mark.parametrize(
    ("text", "framed"),
    [
        ("各位代表！", True),
        ("尊敬的各位领导：", True),
        ("县长　李某某", True),
        ("述职人：张某", True),
        ("——2025年1月12日在海州市第十六届人民代表大会第四次会议上", True),
        ("表1 主要指标", True),
        ("图3-2　产业布局", True),
        ("各位代表，让我们一起努力。", False),
        ("表扬先进集体12个", False),
        ("县长带队走访企业", False),
        ("图书馆2座", False),
    ],
)
def test_units_of_no_part(text: str, framed: bool) -> None:
    assert frames(text) == framed


def test_what_opens_a_list() -> None:
    assert opens_list("主要存在以下问题：")
    assert opens_list("下一步做好以下几项工作。")
    assert not opens_list("工作中还存在一些问题。")


@pytest.mark.parametrize(
    ("paragraph", "role"),
    [
        ("我们也要看到，有效需求仍然不足。", "problem"),
        ("我们也要看到，发展的基础更加坚实。", None),
        ("我们深知，前进路上还面临不少挑战。", "problem"),
        ("成绩固然可喜，问题也不容忽视。", "problem"),
        ("针对上述问题，我们将建立台账。", "plan"),
        ("二、2024年主要工作", None),
    ],
)
def test_openings(paragraph: str, role: Role | None) -> None:
    assert role_of_opening(paragraph) == role


def test_tense() -> None:
    assert tense_of("去年新增就业3万人，增长4.2%，取得新成绩。").tells_results
    assert tense_of("要加快建设，力争新增就业3万人。").tells_plans
    assert not tense_of("主要工作由重要部门承担。").planned
    assert tense_of("1998年，外交工作开展顺利。", 1999).done == 1
    assert tense_of("1999年，外交工作继续开展。", 1999).done == 0


def roles_of(lines: list[str], kind: str = "", year: int = 0) -> list[Role | None]:
    """Return the roles of the sections of lines; those that begin with # are headings."""
    made = [Line(x.lstrip("#"), 2 * x.startswith("#"), x[1:] if x[0] == "#" else "") for x in lines]
    outline = Outline(made, kind, year)
    found = []
    for at, line in enumerate(made):
        (outline.open if line.level else outline.read)(at)
        found.append(outline.role_at(at))
    return found


REVIEW = ["#一、2023年工作回顾", "全年新增就业3万人。"]
RHETORIC = ["#二、扬帆起航再出发", "加快建设，力争新增就业3万人。"]


def test_what_follows_a_review_is_a_plan() -> None:
    assert roles_of(REVIEW + RHETORIC) == [None, None, "plan", "plan"]
    assert roles_of(RHETORIC, "情况报告") == [None, None]


def test_results_behind_a_review_are_none() -> None:
    done = ["#二、外交工作", "去年先后签署了12项协定，取得了新的成绩。"]
    assert roles_of(REVIEW + done) == [None] * 4
    assert roles_of([*REVIEW, *RHETORIC, done[1]])[-1] is None


def test_kinds_that_plan() -> None:
    assert plans_ahead("实施方案")
    assert not plans_ahead("工作总结")
    assert reviews_and_plans("政府工作报告")
    assert roles_of(RHETORIC, "实施方案") == ["plan", "plan"]


@pytest.mark.parametrize("name", ["plans_ahead", "reviews_and_plans"])
def test_a_kind_that_plans_is_a_kind(name: str, tmp_path: Path) -> None:
    path = tmp_path / "kinds.toml"
    path.write_text(
        f'kinds = ["总结"]\n{name} = ["方案"]\n[[rules]]\nkind = "总结"\nends = ["总结"]\n', "utf-8"
    )
    with pytest.raises(SeedError, match="方案 is not among kinds") as raised:
        load_kinds(path)
    assert raised.value.line == 2


def test_an_annex_lasts_to_the_end_or_to_a_document() -> None:
    annex = [*REVIEW, "附件1", "民生实事清单", "#一、新建学校5所", "投入3亿元。"]
    assert roles_of(annex)[2:] == ["background"] * 4
    inside = [*REVIEW, "附件", "某县2024年工作要点", "#一、抓产业", "新建冷库2座。"]
    assert roles_of(inside)[2:] == ["background", "background", "plan", "plan"]


def test_problems_end_where_measures_begin() -> None:
    lines = [
        "#三、存在的问题",
        "一是力量不足。",
        "针对上述问题，我们将建立巡查制度。",
        "压实责任。",
    ]
    assert roles_of(lines) == ["problem", "problem", "plan", "plan"]


def test_problems_inside_a_plan_do_not_end_it() -> None:
    lines = [*REVIEW, *RHETORIC, "但工作中还存在不少困难和问题。", "加强队伍建设。"]
    assert roles_of(lines)[2:] == ["plan", "plan", "problem", "plan"]


def test_words_of_tense_are_of_one_group() -> None:
    lines = shipped_words("tense.txt").read_text("utf-8").splitlines()
    words = [line.split()[0] for line in lines if line and line[0] not in "#["]
    assert [word for word, times in Counter(words).items() if times > 1] == []


# Numbers that stand alone, and English.


def test_a_number_alone_swallows_no_line() -> None:
    text = "某县2020年工作总结\n一、\n加强领导\n全年开会12次。\n二、\n全年办案12件，群众满意。"
    units = parse_document(text).sentences
    assert [(u.text, u.kind) for u in units[1:]] == [
        ("一、", "heading"),
        ("加强领导", "heading"),
        ("全年开会12次。", "sentence"),
        ("二、", "heading"),
        ("全年办案12件，群众满意。", "sentence"),
    ]
    assert [u.section for u in units[1:]] == ["一、加强领导"] * 3 + ["二、"] * 2


ENGLISH = "Two training sessions were held for foreign firms in May."


@pytest.mark.parametrize(
    "lines",
    [
        ["一、成效", ENGLISH, "办案12件。"],
        ["一、成效", "办案12件。", ENGLISH],
        ["一、成效", "Annual Report on Law-based Government in Our County", "办案12件，群众满意。"],
    ],
)
def test_english_lines_are_text(lines: list[str]) -> None:
    units = parse_document("\n".join(["某县2020年工作总结", *lines])).sentences
    assert [u.text for u in units[1:]] == lines
    assert {u.role for u in units[1:]} == {"achievement"}
    assert "boilerplate" not in {u.kind for u in units}
