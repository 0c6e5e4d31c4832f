"""The functions that read what comes from outside, and inputs of any size for each."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable

from make_docx import docx_bytes
from make_ofd import ofd, page, text_object, typeset
from working import Work

from gongwen.index.matching import spans
from gongwen.index.planner import cut_run
from gongwen.index.query import Text, parse_query
from gongwen.nlp.checking.check import check_text
from gongwen.nlp.document.page_furniture import with_contents, without_page_furniture
from gongwen.nlp.document.page_text import page_blocks
from gongwen.nlp.document.parse import parse_document
from gongwen.nlp.duplicates.similarity import compare, sketch
from gongwen.nlp.errors import GongwenError
from gongwen.nlp.figures.extract import extract_figures
from gongwen.nlp.records import Document
from gongwen.nlp.text.normalize import fold, squeeze_offsets
from gongwen.nlp.text.numerals import in_digits_offsets
from gongwen.nlp.text.ordinary import ordinary
from gongwen.nlp.topics.label_entries import fasttext_entries
from gongwen.readers.base import Blob, Extract
from gongwen.readers.damage import inspect, seen_in_page
from gongwen.readers.detect import read

PIECES = r"""一 十 亿 。 ； ： ， 、 （ ） 《 》 “ ” " . 0 a % 年 和 的 123 其中3件 (12件
；其中3件 占120%, 由3件到 从3件增加到5件 增长5% 2020年 2020、 、2021年 二〇二一年 三分之一 一是
（一） 1. 一、 关于 附件： 《法》 “三项” 分别为 同比增长 武功县 人民政府 2021年1月5日 https://a
a@b www.a.cn 第一 共计 总计3件 12件 3亿5000万 近百 翻番 其中 每人 来源: 在会议上 政府工作报告
x（。） “。” ”。 a- 1,234 百分之三 [1] 完成90%的目标 （公章） 居第3位 全县法治\n 一、总结\n
一是好。\n 武功县人民政府\n \n 办理案件12件,其中维持8件、驳回4件, 全.""".split()
PIECES = [piece.replace("\\n", "\n") for piece in PIECES] + [" ", "\n", "\u3000", "\t", "： "]
TEXTS: dict[str, tuple[Work, int]] = {  # and a size for which a run is short
    "parse": (parse_document, 1000),
    "figures": (extract_figures, 1000),  # within a sentence, of which 5,000 characters are read
    "check": (check_text, 1000),
    "fold": (lambda text: (fold(text), squeeze_offsets(text)), 2000),
    "digits": (in_digits_offsets, 2000),
    "sketch": (lambda text: sketch(Document(text)), 1000),
    "likeness": (lambda text: compare(Document(text), Document(text[1:])), 1000),
    "query": (lambda text: _asked(text), 1000),
    "cut": (lambda text: cut_run(text or "一", lambda word: len(word) == 2, 1000), 1000),
    "highlight": (lambda text: spans(text, [Text(w, whole=True) for w in NEEDLES]), 1000),
    "text": (lambda text: _read("x.txt", text.encode("gb18030")), 1000),
    "markdown": (lambda text: _read("x.md", f"# 一\n\n{text}".encode()), 1000),
    "html": (lambda text: _read("x.html", f"<html><p>{text}<p>一".encode()), 1000),
    "csv": (lambda text: _read("x.csv", f"标题,正文\n甲,{text}".encode()), 1000),
    "jsonl": (lambda text: _read("x.jsonl", json.dumps({"text": text}).encode()), 1000),
    "docx": (lambda text: _read("x.docx", docx_bytes([text])), 2000),
    "ordinary": (lambda text: _there_and_back(text), 2000),
    "pages": (lambda text: _of_pages(text), 2000),
    "mend": (lambda text: _mended(text), 1000),
    "mangled": (lambda text: _mended(text.encode().decode("latin-1")), 500),
    "json": (lambda text: _read("x.json", json.dumps([{"text": text}] * 2).encode()), 1000),
    "mail": (lambda text: _read("x.eml", f"From: a\nTo: b\nSubject: c\n\n{text}".encode()), 1000),
    "labels": (lambda text: [*fasttext_entries(f"__label__a {text}", "x")], 2000),
    "ofd": (lambda text: _read("x.ofd", ofd(*typeset([text]))), 1000),
}
NEEDLES = ["一", "七件", "12件", "法治", "3", "a", "。"]


def _asked(text: str) -> None:
    with contextlib.suppress(GongwenError):
        parse_query(text)


def _read(name: str, data: bytes) -> None:
    with contextlib.suppress(GongwenError):
        for _ in read(Blob(name, data)):
            pass


def _there_and_back(text: str) -> None:
    found = ordinary(text)
    found.offsets()
    found.visible(0, len(found.text))


def _of_pages(text: str) -> None:
    page_blocks(text)
    with_contents(text, ())
    without_page_furniture(text, ())


def _mended(text: str) -> None:
    with contextlib.suppress(GongwenError):
        inspect(Extract(text, seen=seen_in_page(text)), Blob("x.txt", b""))


def repeated(piece: str) -> Callable[[int], str]:
    """Return a maker of texts of about a size that say one thing again and again."""
    return lambda size: piece * (size // len(piece))


MARKUP = """<div> </div> <p> <b> <table><tr><td> <ol> <li> <a\\shref=x> <span> <!-- --> < <a
<a\\sb=' <style> <title> <script> & &# &#x; <p\\sstyle=' list-style: <meta\\s
charset= <iframe\\ssrcdoc=' <![CDATA[ </section> <td> <ul><li> <br> <pre> = "="
<h1>报告</h1>""".split()
MARKUP = [piece.replace("\\s", " ") for piece in MARKUP]


def read_markup(markup: str) -> None:
    """Read a web page with this in the middle."""
    _read("x.html", f"<html><body><p>一</p>{markup}<p>二。</p>".encode())


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
    "list": ("x.json", lambda size: json.dumps([{"text": "办理12件。"}] * (size // 8)).encode()),
    "columns": (
        "x.json",
        lambda size: json.dumps(
            {name: {str(n): "办理12件。" for n in range(size // 16)} for name in ("text", "title")}
        ).encode(),
    ),
    "no table": (
        "x.json",
        lambda size: json.dumps({f"text{n}": {str(n): "x"} for n in range(size // 16)}).encode(),
    ),
    "attachments": (
        "x.eml",
        lambda size: (
            b"From: a\nTo: b\nSubject: c\nContent-Type: multipart/mixed; boundary=a\n\n"
            + b"--a\nContent-Disposition: attachment; filename=x\n\nx\n" * (size // 16)
        ),
    ),
    "hidden": (
        "x.eml",
        lambda size: (
            b"From: a\nTo: b\nSubject: c\nContent-Type: text/html\n\n" + b"<script>" * (size // 8)
        ),
    ),
    "runs": ("x.ofd", lambda size: ofd(page(*[text_object(30, 40, "一是好。")] * (size // 8)))),
    "pages": ("x.ofd", lambda size: ofd(*typeset(["一是好。"] * (size // 8)))),
    "items": ("x.md", lambda size: b"1. a\n   - b\n" * (size // 8)),
    "cells of Markdown": ("x.md", lambda size: b"|a|b|\n|-|-|\n" + b"|c|d|\n" * (size // 4)),
    "contents": (
        "x.txt",
        lambda size: "一、甲……1\n二、乙……2\n三、丙……3\n".encode() * (size // 16),
    ),
    "signed and repeated": (
        "x.txt",
        lambda size: "".join(
            f"第{n}项工作已经全部按时完成。\n甲县人民政府\n" for n in range(size // 16)
        ).encode(),
    ),
    "headers": ("x.mht", lambda size: b"MIME-Version: 1.0\n" + b"X: y\n" * size),
    "boundaries": (
        "x.mht",
        lambda size: (
            b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=a\n\n"
            + b"--a\n\n" * size
        ),
    ),
}


def file_reader(name: str) -> Work:
    """Return the function that reads the bytes of a file of this name."""
    return lambda data: _read(name, data)
