"""The report and the page around it are told apart in text that was saved or pasted from the web."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gongwen.nlp import parse_document

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
            page = Page(*(part.strip() for part in rest.split("|")))
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
