"""Answers as tables: for pandas, for notebooks, and in one line."""

from __future__ import annotations

import sys
from collections import Counter
from html.parser import HTMLParser
from typing import Any

import pytest

from gongwen.nlp.errors import GongwenError
from gongwen.tabular import COLUMN_NAMES, Rows, Tabular, column_name, shortened


class Made(Tabular):
    def __init__(self, *rows: dict[str, Any]) -> None:
        self._rows = list(rows)

    def to_dicts(self) -> list[dict[str, Any]]:
        return self._rows


class One:
    def __init__(self, n: int) -> None:
        self.n = n

    def to_dict(self) -> dict[str, Any]:
        return {"n": self.n, "text": f"第{self.n}句"}


class Strict(HTMLParser):
    """Fails on a tag that is closed before one inside it."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: Counter[str] = Counter()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen[tag] += 1
        if tag not in ("br", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def parsed(html: str) -> Counter[str]:
    parser = Strict()
    parser.feed(html)
    assert parser.open == []
    return parser.seen


def test_no_two_columns_have_one_chinese_name() -> None:
    assert [name for name, n in Counter(COLUMN_NAMES.values()).items() if n > 1] == []
    assert not [name for name in COLUMN_NAMES.values() if name.isascii()]
    assert column_name("topic") == "主题"
    assert column_name("武功县") == "武功县"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "<Made: 0 rows>"),
        ([{"topic": "复议", "count": 4}], "<Made: 1 row: topic=复议, count=4>"),
        ([{"n": n} for n in range(9)], "<Made: 9 rows: n=0; n=1; n=2>"),
        ([{"text": "长\n" * 40}], "<Made: 1 row: text=长 长 长 长 长 长 长 长…>"),
    ],
)
def test_the_representation_is_one_short_line(rows: list[dict[str, Any]], said: str) -> None:
    assert repr(Made(*rows)) == said


def test_a_view_is_escaped_and_counts_what_it_leaves_out() -> None:
    html = Made(*({"text": f"<b>{n}\0&", "count": n} for n in range(25)))._repr_html_()
    seen = parsed(html)
    assert seen["tr"] == 21
    assert not seen["b"]
    assert "&lt;b&gt;19&amp;" in html
    assert "and 5 more" in html
    assert "句子" in html
    assert not seen["script"]
    assert "\0" not in html
    for colour in ("color:#", "background:#", "background:white"):
        assert colour not in html.replace(" ", "")


def test_rows_are_a_list_whose_slices_are_rows() -> None:
    rows = Rows(map(One, range(5)))
    assert len(rows) == 5
    assert rows[1].n == 1
    assert [row.n for row in rows[1:3]] == [1, 2]
    assert isinstance(rows[1:3], Rows)
    assert rows == list(rows)
    assert rows[:2].to_dicts() == [{"n": 0, "text": "第0句"}, {"n": 1, "text": "第1句"}]
    assert repr(rows) == "<Rows: 5 rows: n=0, text=第0句; n=1, text=第1句; n=2, text=第2句>"


def test_without_pandas_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(GongwenError, match=r'pip install "gongwen\[pandas\]"'):
        Made({"n": 1}).to_pandas()


def test_a_data_frame_has_the_columns_also_when_it_is_empty() -> None:
    pytest.importorskip("pandas", reason="pandas is not installed: pip install pandas")
    frame = Made({"n": 1, "text": "甲"}, {"n": 2, "year": 2020}).to_pandas()
    assert list(frame.columns) == ["n", "text", "year"]
    assert frame["n"].sum() == 3
    assert len(Made().to_pandas()) == 0


def test_shortened() -> None:
    assert shortened("甲乙丙", 3) == "甲乙丙"
    assert shortened("甲乙丙丁", 3) == "甲乙…"
