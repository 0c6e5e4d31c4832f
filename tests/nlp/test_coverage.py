"""What a yearly report leaves out: topics, and the parts that it must have."""

from __future__ import annotations

import pytest

from gongwen.nlp import Taxonomy, parse_document
from gongwen.nlp.checking.check import Note, notes

ALL = set(Taxonomy.shipped().topics.slugs)
TITLE = "某县2020年法治政府建设工作报告\n\n"
PROGRESS = "一、主要举措和成效\n全年审查规范性文件12件。\n"
DUTIES = "二、履职情况\n县政府主要负责人认真履行推进法治建设第一责任人职责。\n"
PROBLEMS = "三、存在的问题\n执法力量不足。\n"
PLAN = "四、下一步工作打算\n加强执法培训。\n"
FULL = TITLE + PROGRESS + DUTIES + PROBLEMS + PLAN


def missing(text: str, topics: set[str] = ALL) -> list[tuple[str, str]]:
    return [(note.kind, note.name) for note in notes(parse_document(text), topics)]


def test_a_report_that_has_everything() -> None:
    assert missing(FULL) == []


@pytest.mark.parametrize(
    ("part", "name"),
    [
        (PROGRESS + DUTIES, "progress"),
        (DUTIES, "duties"),
        (PROBLEMS, "problems"),
        (PLAN, "plan"),
    ],
)
def test_a_missing_part(part: str, name: str) -> None:
    assert ("part", name) in missing(FULL.replace(part, ""))
    assert ("part", name) not in missing(FULL)


@pytest.mark.parametrize(
    ("plan", "lacks"),
    [
        ("（一）下一步，我们将加强培训。", False),
        ("1.下一步,我们将加强培训.\n2.压实责任.", False),
        ("(1)下一步,我们将加强培训;", False),
        ("1.下一步，加强培训", False),
        ("三是下一步，加强培训。", False),
        ("1.加强培训。", True),
        ("1.下一步工作思路不清。", True),
    ],
)
def test_a_plan_in_an_item_is_not_missing(plan: str, lacks: bool) -> None:
    text = FULL.replace(PLAN, plan)
    assert (("part", "plan") in missing(text)) == lacks


def test_headings_that_are_items_say_something() -> None:
    text = TITLE + "一、主要举措\n1.审查文件12件。\n2.办案3件。\n二、存在的问题\n1.力量不足。\n"
    assert missing(text) == [("part", "plan"), ("part", "duties")]
    assert missing(TITLE + "一、主要举措\n二、存在的问题\n") == []


@pytest.mark.parametrize(
    "words",
    [
        "党政主要负责人切实履行推进法治建设第一责任人职责。",
        "各级党政主要负责人带头落实法治建设责任。",
        "县委书记、县长带头履行推进法治建设职责。",
        "县長履行法治職責，壓實第一責任人責任。",
    ],
)
def test_wordings_of_the_first_responsible_person(words: str) -> None:
    text = FULL.replace("县政府主要负责人认真履行推进法治建设第一责任人职责。", words)
    assert ("part", "duties") not in missing(text)


def test_other_leaders_are_no_such_wording() -> None:
    text = FULL.replace("县政府主要负责人认真履行推进法治建设第一责任人职责。", "领导小组开会。")
    assert ("part", "duties") in missing(text)


def test_a_report_on_something_else_need_not_speak_of_that_duty() -> None:
    text = FULL.replace(DUTIES, "")
    assert ("part", "duties") in missing(text)
    assert ("part", "duties") in missing(text.removeprefix(TITLE))
    assert ("part", "duties") not in missing(text.replace(TITLE, "某县2020年政府工作报告\n\n"))


def test_topics_in_the_order_of_the_taxonomy() -> None:
    found = missing(FULL, ALL - {"reconsideration", "enforcement", "other"})
    assert found == [("topic", "enforcement"), ("topic", "reconsideration")]


def test_a_note_says_what_is_missing_in_one_line() -> None:
    (note,) = notes(parse_document(FULL), ALL - {"reconsideration"})
    assert note == Note(
        "topic",
        "reconsideration",
        "行政复议与行政应诉",
        "No sentence is about reconsideration (行政复议与行政应诉).",
    )
    for note in notes(parse_document("某县工作报告\n\n已完成。"), set()):
        assert note.zh in note.text
        assert "\n" not in note.text


@pytest.mark.parametrize("text", ["", "\n", "某县2020年法治政府建设工作报告"])
def test_a_text_without_sentences_has_no_notes(text: str) -> None:
    assert missing(text, set()) == []


def test_the_seed_has_every_part(seed_text: str) -> None:
    assert missing(seed_text) == []
