"""Ten thousand bad inputs: no traceback, no hang, and the figure is printed."""

from __future__ import annotations

import io
import json
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest
from fuzzing import TARGETS, bad_inputs
from make_docx import docx_bytes
from make_html import html_bytes
from make_pdf import pdf_bytes

from gongwen import GongwenError, Library

LINES = [
    "武功县2020年法治政府建设工作总结",
    "一、推行法律顾问制度，完善决策机制",
    "（一）全县聘请法律顾问12名，其中律师7名；办理行政复议案件4件。",
    "二、存在的问题",
    "一是“三项制度”落实不够(执法公示、全过程记录、法制审核)。二是力量不足。",
]
_HANG = 5
"""Seconds that one input may take."""
COUNTS = {
    "text": 1500,
    "html": 1200,
    "docx": 1500,
    "pdf": 1000,
    "csv": 700,
    "jsonl": 700,
    "xlsx": 300,
    "splitter": 1200,
    "fold": 1500,
    "query": 1200,
    "importer": 800,
}


@pytest.fixture(scope="module")
def good(seed_library: Library) -> dict[str, list[bytes]]:
    from openpyxl import Workbook

    text = "\n".join(LINES)
    book = Workbook()
    for row in (("标题", "正文"), (LINES[0], text)):
        book.active.append(row)
    sheet = io.BytesIO()
    book.save(sheet)
    exported = list(seed_library.moving.lines())[:12]
    rows = f'title,text\n"{LINES[0]}","{text}"\n'
    return {
        "text": [text.encode(), text.encode("gb18030"), text.encode("utf-16")],
        "html": [html_bytes(LINES), html_bytes(LINES, encoding="utf-8", menus=False)],
        "docx": [docx_bytes(LINES), docx_bytes(LINES, table=[["甲", "乙"], ["1", "2"]])],
        "pdf": [pdf_bytes(LINES, header="武功县司法局")],
        "csv": [rows.encode(), rows.encode("gb18030")],
        "jsonl": ["".join(json.dumps({"text": t}) + "\n" for t in LINES).encode()],
        "xlsx": [sheet.getvalue()],
        "splitter": [text.encode()],
        "fold": [text.encode(), "９０．７２％ 行政復議 “·” ﹁〇".encode()],
        "query": ['topic:执法 "法律顾问" OR -复议 year:2018..2021 7件 fazhi*'.encode()],
        "importer": ["".join(json.dumps(e) + "\n" for e in exported).encode()],
    }


@pytest.fixture(scope="module")
def tried() -> Iterator[dict[str, float]]:
    figures: dict[str, float] = {}
    yield figures
    longest = max(figures.values(), default=0)
    print(f"\n{sum(COUNTS[name] for name in figures)} bad inputs, no traceback, the longest "
          f"took {longest:.2f} s", file=sys.__stderr__)  # fmt: skip


def test_the_figure_that_was_promised() -> None:
    assert sum(COUNTS.values()) >= 10_000
    assert set(COUNTS) == set(TARGETS)


def _late(_signal: int, _frame: FrameType | None) -> None:
    raise TimeoutError


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there is no such clock here")
@pytest.mark.parametrize("name", COUNTS)
def test_bad_inputs_are_taken_or_refused(
    name: str, good: dict[str, list[bytes]], tried: dict[str, float], seed_library: Library
) -> None:
    before = signal.signal(signal.SIGALRM, _late)
    longest = 0.0
    try:
        for number, data in enumerate(bad_inputs(good[name], COUNTS[name], seed=2020)):
            begun = time.perf_counter()
            signal.setitimer(signal.ITIMER_REAL, _HANG)
            try:
                TARGETS[name](data)
                if name == "query":
                    seed_library.search(data.decode("utf-8", "replace"), limit=3)
            except GongwenError:
                assert name == "query"
            except BaseException as error:
                kept = Path("fuzzed.bin")
                kept.write_bytes(data)
                raise AssertionError(f"input {number} of {name}, kept as {kept}") from error
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
            longest = max(longest, time.perf_counter() - begun)
    finally:
        signal.signal(signal.SIGALRM, before)
    tried[name] = longest
