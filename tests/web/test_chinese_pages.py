"""Every page of a library in Chinese: all links are followed, and no English word is left."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest
from selectolax.lexbor import LexborHTMLParser, LexborNode

import gongwen

from .conftest import ADDRESS, Visitor, visiting
from .test_library_page import report, settle

BEGIN = (
    "/", "/search?q=执法&context=1", "/search?q=没有这样的词语", "/search?q=xzfy",
    "/search?q=主题:执发",
    "/search?year=2021..2019", "/search?q=法律顾问&synonyms=always", "/search?q=执法&page=999",
    "/figures?view=pivot&indicator=行政复议申请", "/figures?view=year", "/figures?view=region",
    "/figures?year=soon", "/counts?by=topic&by=region&by=year&by=role", "/counts?by=region&by=year",
    "/counts?by=topic&share=1", "/counts?year=soon&by=year", "/library?year=soon",
    "/library?sort=notes", "/compare?before_year=2019&after_year=2020", "/compare?before=甲县2019",
    "/compare?before=none&after=甲县2020", "/compare?before_year=soon&after_year=2020",
    "/check?report=乙县2020", "/check?report=none", "/check/none", "/jobs/none", "/reports/none",
    "/reports/乙县2020?checks=1&at=8", "/reports/乙县2020/999", "/teach?start=1&size=2",
    "/teach?queue=x", "/teach/jobs/none", "/teach/models/9", "/login", "/none",
    "/similar?report=wugong-2020&n=27",
)  # fmt: skip
"""Addresses where the walk begins: what no link leads to, wrong ones among them."""
WORD = re.compile(r"[A-Za-z][A-Za-z'’]+")
ALLOWED = frozenset(
    "gongwen Excel Word PDF OFD CSV JSON JSONL TOML XLSX UTF GB Big MB OR NOT F1 macro xzfy Esc"
    " Enter utf gb big kB KB OCR whoosh tantivy".split()
)
"""Names and units that are Latin in Chinese text too."""
SHOWN = ("title", "aria-label", "placeholder", "alt", "data-chosen", "data-large", "data-many")
"""Attributes that are shown or read aloud."""
NAME = re.compile(r"[\w./()-]+\.(?:txt|docx|jsonl|toml)|wugong-\d+|\{\w+\}|\bnone\b|\bsoon\b")
"""Names of files and reports, places of values in texts for scripts, and what was asked above."""
FILTER = re.compile(r"(?:主题|作用|年份|地区|省|市|县|文种|发文机关|级别|报告):")
COLON = re.compile(r"(?<=[\u4e00-\u9fff]): ?(?=[\u4e00-\u9fff“《])|[\u4e00-\u9fff]: ")
FAULT = re.compile(r"[A-Za-z]{2}|[\u4e00-\u9fff]:")
UTC = re.compile(r"\bUTC\b|\d{4}-\d\d-\d\dT\d\d")


def kinds(address: str) -> set[str]:
    """Return the path of an address, and the path with the name of each parameter."""
    split = urlsplit(address)
    path = re.sub(r"(?<=^/reports/)[^/]+|(?<=^/jobs/).+|(?<=^/check/)[^/]+|\d+", "x", split.path)
    return {path} | {f"{path}?{name}" for name, _value in parse_qsl(split.query)}


def said(page: str) -> Iterator[str]:
    """Yield what a page shows, each text of an element by itself."""
    tree = LexborHTMLParser(page)
    for node in tree.root.traverse(include_text=True) if tree.root else ():
        if node.is_text_node:
            around = ancestors(node)
            if any(one.tag in ("script", "style", "code", "kbd") for one in around):
                continue
            if not any((one.attributes.get("lang") or "") == "en" for one in around):
                yield " ".join((node.text(deep=False) or "").split())
        elif (node.attributes.get("lang") or "") != "en":
            for name in SHOWN:
                yield node.attributes.get(name) or ""


def ancestors(node: LexborNode) -> list[LexborNode]:
    found = []
    parent = node.parent
    while parent is not None:
        found.append(parent)
        parent = parent.parent
    return found


def links(page: str) -> Iterator[str]:
    """Yield the addresses that a page leads to, but for files and the other language."""
    for node in LexborHTMLParser(page).css("a[href]"):
        href = node.attributes["href"] or ""
        if "download" not in node.attributes and "hreflang" not in node.attributes:
            yield href.partition("#")[0]


def walk(visitor: Visitor) -> Iterator[tuple[str, str]]:
    """Yield address and text of all pages that links lead to."""
    waiting, seen = deque((one, True) for one in BEGIN), set[str]()
    while waiting:
        address, wanted = waiting.popleft()
        if kinds(address) <= seen and not wanted:
            continue  # only values are others than on pages that were read
        seen |= kinds(address)
        answer = visitor.get(address)
        assert answer.status_code < 500, address
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        yield address, answer.text
        for href in links(answer.text):
            target = urljoin(str(answer.url), href).removeprefix(ADDRESS)
            if target.startswith("/") and not target.startswith("/static/"):
                waiting.append((target, False))


@pytest.fixture
def used(own_library: Path) -> Iterator[tuple[Visitor, list[str]]]:
    """A visitor of a library in which everything was done once, and all names in it."""
    with gongwen.open(own_library) as library:
        library.correct(
            "乙县2020", 8, "执法", also=["监督", "普法", "其他"], author="王科员", note="看标题"
        )
        library.remove("甲县2019")
    with visiting(own_library, language="zh") as visitor:
        files = [("files", ("戊县2021.txt", report("戊县"))), ("files", ("坏.docx", b"PK\3\4no"))]
        settle(visitor, visitor.post("/library/add", files=files))
        settle(visitor, visitor.post("/check", files=files, data={"text": report("己县").decode()}))
        settle(visitor, visitor.post("/library/verify"))
        with gongwen.open(own_library, read_only=True) as library:
            names = {one.text for found in library.reports() for one in library.sentences(found.id)}
            for one in library.reports():
                names |= {one.id, one.title, one.source, *one.copies}
        yield visitor, sorted((NAME.sub("", one) for one in names), key=len, reverse=True)


def test_no_page_has_an_english_word(used: tuple[Visitor, list[str]]) -> None:
    visitor, names = used
    faults, pages = dict[str, str](), 0
    for address, page in walk(visitor):
        pages += 1
        for text in said(page):
            left = FILTER.sub("", NAME.sub("", text))
            if not FAULT.search(left):
                continue
            for name in names:
                left = left.replace(name, "")
            words = {one for one in WORD.findall(left) if one not in ALLOWED}
            if words or COLON.search(left) or UTC.search(left):
                faults.setdefault(text, address)
    assert pages > 60
    assert not faults, "\n".join(f"{where}: {text}" for text, where in faults.items())
