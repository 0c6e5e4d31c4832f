"""Specifies where highlights stand in a sentence as it was written, and how they become HTML."""

from __future__ import annotations

import html
import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongwen.index.matching import spans, to_html
from gongwen.index.query import Text
from gongwen.nlp.text.normalize import squeeze, squeeze_offsets


def marked(text: str, *needles: str, whole: bool = False, open_end: bool = False) -> str:
    """Return ``text`` with brackets around what is highlighted."""
    wanted = [Text(squeeze(needle), whole, open_end) for needle in needles]
    out, last = "", 0
    for start, end in spans(text, wanted):
        out += f"{text[last:start]}[{text[start:end]}]"
        last = end
    return out + text[last:]


PLACES: list[tuple[str, list[str], str]] = [
    # (sentence with brackets where it is highlighted, strings, what it shows)
    ("聘请[法律顾问]26名", ["法律顾问"], "one"),
    ("[复议]案件和[复议]机构", ["复议"], "all"),
    ("[执法]检查", ["执法"], "at the front"),
    ("行政[执法]", ["执法"], "at the end"),
    ("行政执法", ["普法"], "none"),
    ("行政执法", [], "no string"),
    ("行政执法", [""], "an empty string"),
    ("", ["执法"], "an empty sentence"),
    # as it was written: width, case, Traditional, dots, quotes
    ("办结[７件]", ["7件"], "full width"),
    ("办结[7件]", ["７件"], "full width in the query"),
    ("網上可辦率達到[９０．７２％]", ["90.72%"], "full-width number"),
    ("依法辦理[行政復議]案件", ["行政复议"], "Traditional"),
    ("依法办理[行政复议]案件", ["行政復議"], "Traditional in the query"),
    ("[Internet]法院", ["INTERNET"], "case"),
    ("利用“[3•15]”日", ["3·15"], "dots"),
    ("深化[“放管服”改革]", ['"放管服"改革'], "quotes"),
    ("[党委（党组）]", ["党委(党组)"], "brackets"),
    # marks between, which the query has not, or has others
    ("推进“[放管服”改革]", ["放管服改革"], "closing quotes between"),
    ("按照《[行政复议法》规定]", ["行政复议法规定"], "a book title"),
    ("[国发〔2021〕5号]文件", ["国发（2021）5号"], "other brackets"),
    ("落实行政执法[“三项制度”]", ["“三项制度”"], "quotes that were typed"),
    ("落实[行政执法“三项制度]”", ["行政执法三项制度"], "quotes that were not typed"),
    ("迎接[3·15]", ["3.15"], "a decimal point for a dot"),
    ("迎接3·15件", ["315件"], "numbers stay apart"),
    # spaces and line breaks inside
    ("聘请[法律 顾问]26名", ["法律顾问"], "a space"),
    ("聘请[法\n律\u3000顾\u00a0问]26名", ["法律顾问"], "line break and wide spaces"),
    ("[深化 “放管服”]改革", ['深化"放管服"'], "a space before a quote"),
    ("收信[2\n54件]", ["254件"], "a number over two lines"),
    ("  [执法]  ", ["执法"], "spaces around are not highlighted"),
    ("[open  data]平台", ["open data"], "one space for many"),
    # numbers are not cut apart
    ("收信237件,办结[7件]", ["7件"], "7件 is not in 237件"),
    ("达到90.72%", ["72%"], "72% is not in 90.72%"),
    ("共1,236人", ["236"], "236 is not in 1,236"),
    ("共1,236人", ["1"], "1 is not in 1,236"),
    ("第[1],[2],3页", ["1", "2"], "a list is no number"),
    # what overlaps or touches is one
    ("[行政复议]案件", ["行政复议", "复议"], "inside another"),
    ("[行政复议]案件", ["行政复", "政复议"], "overlapping"),
    ("[行政复议]案件", ["行政", "复议"], "touching"),
    ("[哈哈哈]", ["哈哈"], "overlapping itself"),
    ("27件[7件7]", ["7件7"], "overlapping itself inside a number"),
    # astral characters before a highlight
    ("😀𠮷[执法]", ["执法"], "astral"),
]


@pytest.mark.parametrize(
    ("shown", "needles"), [case[:2] for case in PLACES], ids=[case[2] for case in PLACES]
)
def test_highlight_stands_where_the_string_was_written(shown: str, needles: list[str]) -> None:
    text = re.sub(r"[\[\]]", "", shown)
    assert marked(text, *needles) == shown


WHOLE: list[tuple[str, str, bool, bool, str]] = [
    ("一个app和happy", "app", True, False, "一个[app]和happy"),
    ("一个app和happy", "app", False, False, "一个[app]和h[app]y"),
    ("apps和happy", "app", True, True, "[app]s和happy"),
    ("2020年和12020年", "20", True, True, "[20]20年和12020年"),
]


@pytest.mark.parametrize(("text", "needle", "whole", "open_end", "shown"), WHOLE)
def test_latin_words(text: str, needle: str, whole: bool, open_end: bool, shown: str) -> None:
    assert marked(text, needle, whole=whole, open_end=open_end) == shown


# -- for any text ---------------------------------------------------------------------------------

UNITS = re.compile(r"[0-9]+(?:\.[0-9]+|,[0-9]{3}(?![0-9]))*")
texts = st.text("行政復议執法 \n\u3000０12７.,件%•·（(Ab", max_size=30)
needles = st.lists(st.text("行政复议执法127.,件%·(ab", min_size=1, max_size=4), max_size=4)


def places(text: str, needle: str) -> list[tuple[int, int]]:
    """Return where ``needle`` stands in squeezed ``text``, not cutting a number, by offsets."""
    folded, offsets = squeeze_offsets(text)
    inside = {i for unit in UNITS.finditer(folded) for i in range(unit.start() + 1, unit.end())}
    starts = (m.start() for m in re.finditer(f"(?={re.escape(needle)})", folded))
    return [
        (offsets[at], offsets[at + len(needle) - 1] + 1)
        for at in starts
        if at not in inside and at + len(needle) not in inside
    ]


@given(texts, needles)
@settings(deadline=None)
def test_highlights_are_all_places_merged_in_order(text: str, given_needles: list[str]) -> None:
    found = spans(text, [Text(needle, verbatim=True) for needle in given_needles])
    wanted = [place for needle in given_needles for place in places(text, needle)]
    assert {i for s, e in found for i in range(s, e)} == {i for s, e in wanted for i in range(s, e)}
    assert all(s < e for s, e in found)
    assert all(end < start for (_, end), (start, _) in pairwise(found))


@given(st.text(max_size=40), st.data())
@settings(deadline=None)
def test_any_part_of_any_text_is_highlighted(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    wanted = squeeze(text[start:end])
    if wanted and (start, end) in places(text, wanted):
        assert any(s <= start and end <= e for s, e in spans(text, [Text(wanted)]))


# -- HTML -----------------------------------------------------------------------------------------

HTML: list[tuple[str, list[tuple[int, int]], str]] = [
    ("行政执法", [(2, 4)], "行政<mark>执法</mark>"),
    ("行政执法", [(0, 2), (2, 4)], "<mark>行政</mark><mark>执法</mark>"),
    ("行政执法", [], "行政执法"),
    ("a<b>&c", [], "a&lt;b&gt;&amp;c"),
    ("a<b>&c", [(1, 4)], "a<mark>&lt;b&gt;</mark>&amp;c"),
    ("<script>执法</script>", [(8, 10)], "&lt;script&gt;<mark>执法</mark>&lt;/script&gt;"),
    ("&amp;", [(0, 1)], "<mark>&amp;</mark>amp;"),
    ("", [], ""),
]


@pytest.mark.parametrize(("text", "places", "shown"), HTML)
def test_html_is_escaped_and_marked(text: str, places: list[tuple[int, int]], shown: str) -> None:
    assert to_html(text, places) == shown


@given(st.text("<>&\"'执法mark/", max_size=30), st.lists(st.integers(0, 30), max_size=6))
@settings(deadline=None)
def test_html_without_its_marks_is_the_text(text: str, cuts: list[int]) -> None:
    ends = sorted({min(cut, len(text)) for cut in cuts})
    chosen = list(zip(ends[::2], ends[1::2], strict=False))
    shown = to_html(text, chosen)
    assert html.unescape(re.sub(r"</?mark>", "", shown)) == text
    inside = re.findall(r"<mark>(.*?)</mark>", shown, re.DOTALL)
    assert [html.unescape(part) for part in inside] == [text[s:e] for s, e in chosen]
