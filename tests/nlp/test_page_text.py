"""The report and the page around it are told apart in text saved or pasted from the web."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gongwen.nlp import parse_document
from gongwen.nlp.document.page_evidence import LIKELY, evidence, is_caption_line, site_behind
from gongwen.nlp.document.page_text import lines_of_page

SOURCE = Path(__file__).with_name("pages.txt")


@dataclass
class Page:
    """An invented page, with what is to be found of the report on it."""

    name: str
    title: str
    region: str
    year: str
    lines: list[tuple[str, str]] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(line for _, line in self.lines)


def pages() -> Iterator[Page]:
    page = Page("", "", "", "")
    for line in SOURCE.read_text("utf-8").splitlines():
        mark, _, rest = line.partition(" ")
        if mark == "=":
            if page.name:
                yield page
            name, title, region, year = (part.strip() for part in rest.split("|"))
            page = Page(name, title, region, year)
        elif mark in tuple("TBFE"):
            page.lines.append((mark, rest))
    yield page


PAGES = list(pages())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages(page: Page) -> None:
    document = parse_document(page.text)
    kinds = [(s.start, s.kind) for s in document.sentences]
    wrong, at = [], 0
    for mark, line in page.lines:
        found = {kind for start, kind in kinds if at <= start < at + len(line)}
        at += len(line) + 1
        right = {"T": {"title"}, "B": {"sentence", "heading"}, "F": {"boilerplate"}, "E": set()}
        if not found <= right[mark] and not (mark == "F" and found <= {"title", "boilerplate"}):
            wrong.append(f"{mark} {line}")
    assert wrong == []
    assert (document.title, document.region, str(document.year)) == (
        page.title,
        page.region,
        page.year,
    )


@pytest.mark.parametrize(
    ("line", "caption"),
    [
        ("殷某同志作政府工作报告。", True),
        ("大会会场。（市融媒体中心供图）", True),
        ("7月6日，解放军官兵在江堤上加固子堤。 葛某 摄", True),
        ("（法规股供稿）", True),
        ("（原标题：武功县2021年工作总结）", True),
        ("(通讯员 李某)", True),
        ("全年作报告12场。", False),
        ("组织执法人员到现场。", False),
        ("全年办案12件。（见附图）", False),
        ("（一）加强编辑力量", False),
        ("", False),
    ],
)
def test_captions(line: str, caption: bool) -> None:
    assert (is_caption_line(line) if line else False) is caption


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("武功县2021年工作总结_武功县人民政府", "武功县2021年工作总结"),
        ("武功县2021年工作总结 - 武功县司法局门户网站", "武功县2021年工作总结"),
        ("武功县2021年工作总结|武功县司法局", "武功县2021年工作总结"),
        ("武功县2019-2021年工作总结", ""),
        ("武功县2021年工作总结", ""),
        ("首页-通知公告-正文", ""),
        ("", ""),
    ],
)
def test_titles_of_windows(line: str, title: str) -> None:
    assert site_behind(line) == title


@pytest.mark.parametrize(
    ("line", "of_page"),
    [
        ("打开适老化模式", True),
        ("切换到长者版", True),
        ("统计公报 → 年度公报 → 正文", True),
        ("首页 ▸ 公开 ▸ 正文", True),
        ("撰稿丨李某", True),
        ("（下转A03版）", True),
        ("您的浏览器版本过低，请升级浏览器。", True),
        ("协助文旅局查处未经许可转载他人作品案件2件。", False),
        ("建议使用统一身份认证登录，减少重复注册。", False),
        ("门户网站首页增设“长者模式”，发布政策解读54篇。", False),
        ("一、政务公开", False),
        ("", False),
    ],
)
def test_evidence_of_a_line(line: str, of_page: bool) -> None:
    assert (evidence(line).points >= LIKELY) is of_page


def test_lines_of_a_page_with_links() -> None:
    lines = ["首页", "信息公开", "甲县2021年工作总结", "全年办案12件。", "乙县新闻", "打印 关闭"]
    assert lines_of_page(lines, [True, True, False, False, True, False]) == {0, 1, 5}
    assert lines_of_page([]) == frozenset()
