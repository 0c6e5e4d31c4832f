"""Nothing that comes from outside may take work that grows faster than it does.

Times are compared with each other and never with a clock: see ``growth``.
"""

from __future__ import annotations

import contextlib
import io
import json
import random
import re
from collections.abc import Callable
from typing import Any

import pytest
from growth import LINEAR, Work, find_all, growth, patterns, pumps, unseen
from make_docx import docx_bytes

from gongwen.index.matching import spans
from gongwen.index.planner import cut_run
from gongwen.index.query import Text, parse_query
from gongwen.nlp.checking import finding, sums
from gongwen.nlp.checking.check import check_text
from gongwen.nlp.document import document_kind, entities, page_lines
from gongwen.nlp.document.parse import parse_document
from gongwen.nlp.duplicates.similarity import compare, sketch
from gongwen.nlp.errors import GongwenError
from gongwen.nlp.figures.extract import extract_figures
from gongwen.nlp.records import Document
from gongwen.nlp.seeds import shipped
from gongwen.nlp.text import numerals, pinyin
from gongwen.nlp.text.normalize import fold, squeeze_offsets
from gongwen.nlp.text.numerals import in_digits_offsets
from gongwen.readers.base import Blob
from gongwen.readers.detect import read

TRIED_AT_ONE_PLACE = {
    "gongwen.cli.options.report_and_number",
    "gongwen.nlp.checking.sums.load_splits",
    "gongwen.nlp.validation._FORMULA",
    "gongwen.nlp.topics.taxonomy._read_labels",
    "gongwen.readers.detect._HTML",
    "gongwen.readers.web.parser._TAG_REST",
}
"""Patterns that are tried with ``match`` alone, so that what they begin with is read once.

How long a match takes is seen all the same.
"""

MADE_WHILE_RUNNING: dict[str, Callable[[], list[str]]] = {
    "gongwen.index.expansion._heard": lambda: ["[法发][制治]"],
    "gongwen.nlp.checking.finding.words": lambda: [
        finding.CHECKS.pattern(group) for group in finding.CHECKS.groups
    ],
    "gongwen.nlp.checking.sums._split": lambda: [
        side.pattern for split in sums._splits() for side in split
    ],
    "gongwen.nlp.document.document_kind.__init__": lambda: [
        pattern.pattern
        for rules in [document_kind.load_kinds(shipped("kinds.toml"))]
        for pattern in (rules._ends, rules._further)
    ],
    "gongwen.nlp.text.numerals._compiled": lambda: [
        value for value in vars(numerals).values() if isinstance(value, str) and "[" in value
    ],
    "gongwen.nlp.document.entities._strong": lambda: [entities._strong().pattern],
    "gongwen.nlp.document.page_lines._caption": lambda: [page_lines._caption().pattern],
    "gongwen.nlp.document.page_lines._field": lambda: [
        page_lines._field(group).pattern
        for group in ("title-labels", "issuer-labels", "source-labels")
    ],
    "gongwen.nlp.document.page_lines.date_label": lambda: [
        page_lines.date_label(group).pattern for group in ("signed-labels", "published-labels")
    ],
    "gongwen.nlp.document.page_lines._press": lambda: [page_lines._press().pattern],
    "gongwen.nlp.document.page_lines._label": lambda: [page_lines._label().pattern],
    "gongwen.nlp.text.pinyin.pattern": lambda: [
        found.pattern for word in ("fazhi", "xian", "xzfy") if (found := pinyin.pattern(word))
    ],
    "gongwen.nlp.document.entities._no_names": lambda: [entities._no_names().pattern],
    "gongwen.nlp.topics.taxonomy._read_labels": lambda: [r"\s*\[\[\s*[\"']?topic[\"']?\s*\]\]"],
    "gongwen.readers.web.parser.tokens": lambda: [r"</style(?=[\s/>])"],
}
"""Functions that put a pattern together while the program runs, and such as they make."""


def superlinear(most: int, seed: int) -> list[str]:
    """Return the patterns of the package that go back and forth, with what shows it."""
    found = patterns()
    for place, made in MADE_WHILE_RUNNING.items():
        found |= {re.compile(pattern): place for pattern in made()}
    assert len(found) > 300
    return [
        f"{place}: {make.__doc__}"
        for pattern, place in found.items()
        for make in pumps(pattern, seed, most)
        if growth(_work(pattern, place), make, 500, 2000) > LINEAR
    ]


def _work(pattern: re.Pattern[Any], place: str) -> Work:
    if place in TRIED_AT_ONE_PLACE:
        return lambda text: (pattern.match(text), pattern.fullmatch(text))
    return find_all(pattern)


def test_no_pattern_goes_back_and_forth() -> None:
    assert superlinear(most=8, seed=12) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_no_pattern_goes_back_and_forth_on_more_strings(seed: int) -> None:
    assert superlinear(most=60, seed=seed) == []


def test_no_pattern_is_made_unseen() -> None:
    assert set(unseen()) == set(MADE_WHILE_RUNNING)


@pytest.mark.parametrize(
    "pattern",
    [
        r"\s+$",
        r"关于[^,，。；]*$",
        r"[a-z0-9][a-z0-9.,·/:&'#%+~-]*$",
        r"占[^,;:。]*?(?:全|总|所有)",
        r".*(?:部|署|银行)$",
        r"(?:打印|关闭|[大中小:|\[\] ])+$",
        r"[\u4e00-\u9fff\d]+个[\u4e00-\u9fff]{1,8}、$",
        r"\d+分之[一二三]",
        r"《[^》]*》",
        r"(?:一|一一)+二",
        r"[^,]*年",
    ],
)
def test_a_pattern_that_goes_back_and_forth_is_found(pattern: str) -> None:
    compiled = re.compile(pattern)
    makers = pumps(compiled, seed=12, most=40)
    exponential = "一一" in pattern
    size = 5 if exponential else 500
    assert any(growth(find_all(compiled), m, size, 2000) > LINEAR for m in makers)


PIECES = """一 十 亿 。 ； ： ， 、 （ ） 《 》 “ ” " . 0 a % 年 和 的 123 其中3件 (12件
；其中3件 占120%, 由3件到 从3件增加到5件 增长5% 2020年 2020、 、2021年 二〇二一年 三分之一 一是
（一） 1. 一、 关于 附件： 《法》 “三项” 分别为 同比增长 武功县 人民政府 2021年1月5日 https://a
a@b www.a.cn 第一 共计 总计3件 12件 3亿5000万 近百 翻番 其中 每人 来源: 在会议上 政府工作报告
x（。） “。” ”。 a- 1,234 百分之三 [1] 完成90%的目标 （公章） 居第3位 全县法治\n 一、总结\n
一是好。\n 武功县人民政府\n \n 办理案件12件,其中维持8件、驳回4件, 全.""".split()
PIECES = [piece.replace("\\n", "\n") for piece in PIECES] + [" ", "\n", "\u3000", "\t", "： "]
TEXTS: dict[str, tuple[Work, int]] = {
    "parse": (parse_document, 4000),
    "figures": (extract_figures, 1200),  # within a sentence, of which 5,000 characters are read
    "check": (check_text, 4000),
    "fold": (lambda text: (fold(text), squeeze_offsets(text)), 8000),
    "digits": (in_digits_offsets, 8000),
    "sketch": (lambda text: sketch(Document(text)), 4000),
    "likeness": (lambda text: compare(Document(text), Document(text[1:])), 4000),
    "query": (lambda text: _asked(text), 4000),
    "cut": (lambda text: cut_run(text or "一", lambda word: len(word) == 2, 1000), 4000),
    "highlight": (lambda text: spans(text, [Text(w, whole=True) for w in NEEDLES]), 4000),
    "text": (lambda text: _read("x.txt", text.encode("gb18030")), 4000),
    "html": (lambda text: _read("x.html", f"<html><p>{text}<p>一".encode()), 4000),
    "csv": (lambda text: _read("x.csv", f"标题,正文\n甲,{text}".encode()), 4000),
    "jsonl": (lambda text: _read("x.jsonl", json.dumps({"text": text}).encode()), 4000),
    "docx": (lambda text: _read("x.docx", docx_bytes([text])), 8000),
}
NEEDLES = ["一", "七件", "12件", "法治", "3", "a", "。"]


def _asked(text: str) -> None:
    with contextlib.suppress(GongwenError):
        parse_query(text)


def _read(name: str, data: bytes) -> None:
    with contextlib.suppress(GongwenError):
        for _ in read(Blob(name, data)):
            pass


def _repeated(piece: str) -> Callable[[int], str]:
    return lambda size: piece * (size // len(piece))


def _too_fast(name: str, pieces: list[str]) -> dict[str, float]:
    work, size = TEXTS[name]
    work("武功县2020年工作报告\n一、办理案件12件。")  # what is loaded at the first use
    measured = {each: growth(work, _repeated(each), size, 8 * size) for each in pieces}
    return {each: times for each, times in measured.items() if times > LINEAR}


@pytest.mark.parametrize("name", TEXTS)
def test_the_work_is_in_proportion_to_the_text(name: str) -> None:
    assert _too_fast(name, random.Random(name).sample(PIECES, 6)) == {}


@pytest.mark.slow
@pytest.mark.parametrize("name", TEXTS)
def test_the_work_is_in_proportion_to_any_text(name: str) -> None:
    chosen = random.Random(name)
    mixed = ["".join(chosen.choices(PIECES, k=chosen.randint(2, 4))) for _ in range(100)]
    assert _too_fast(name, PIECES + mixed) == {}


MARKUP = """<div> </div> <p> <b> <table><tr><td> <ol> <li> <a\\shref=x> <span> <!-- --> < <a
<a\\sb=' <style> <title> <script> & &# &#x; <p\\sstyle=' list-style: <meta\\s
charset= <iframe\\ssrcdoc=' <![CDATA[ </section> <td> <ul><li> <br> <pre> = "="
<h1>报告</h1>""".split()


@pytest.mark.parametrize("piece", MARKUP)
def test_the_work_is_in_proportion_to_the_markup(piece: str) -> None:
    make = _repeated(piece.replace("\\s", " "))

    def work(markup: str) -> None:
        _read("x.html", f"<html><body><p>一</p>{markup}<p>二。</p>".encode())

    assert growth(work, make, 2000, 16000) <= LINEAR


def _sheet(size: int) -> bytes:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in [("标题", "正文"), *[("甲", "办理12件。")] * (size // 10)]:
        sheet.append(row)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


FILES: dict[str, tuple[str, Callable[[int], bytes]]] = {
    "paragraphs": ("x.docx", lambda size: docx_bytes(["一是好。"] * (size // 4))),
    "cells": ("x.docx", lambda size: docx_bytes(["一"], table=[["甲", "乙"]] * (size // 8))),
    "rows": ("x.csv", lambda size: ("标题,正文\n" + "甲,办理12件。\n" * (size // 8)).encode()),
    "quotes": ("x.csv", lambda size: ('标题,正文\n甲,"' + '""' * size).encode()),
    "lines": ("x.jsonl", lambda size: b'{"text": "x"}\n' * (size // 8)),
    "sheet": ("x.xlsx", _sheet),
    "damage": ("x.txt", lambda size: "一".encode("gbk") * size + b"\xff\xff\n" * size),
    "headers": ("x.mht", lambda size: b"MIME-Version: 1.0\n" + b"X: y\n" * size),
    "boundaries": (
        "x.mht",
        lambda size: (
            b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=a\n\n"
            + b"--a\n\n" * size
        ),
    ),
}


@pytest.mark.parametrize(("name", "make"), FILES.values(), ids=FILES)
def test_the_work_is_in_proportion_to_the_file(name: str, make: Callable[[int], bytes]) -> None:
    assert growth(lambda data: _read(name, data), make, 2000, 16000) <= LINEAR
