"""Which characters correspond, and what stands in place of what."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongwen.nlp.duplicates.similarity import align, gaps_of

BASE = "全县共有行政执法人员经过培训考试合格后持证上岗并且每年接受一次业务考核"

GAPS: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "nothing": (BASE, []),
    "a character": (BASE.replace("培", "陪"), [("培", "陪")]),
    "two characters apart": (
        BASE.replace("培", "陪").replace("考试", "考式"),
        [("培", "陪"), ("试", "式")],
    ),
    "a name": (BASE.replace("行政执法人员", "综治协管员"), [("行政执法人", "综治协管")]),
    "something added": (BASE.replace("并且", "并且自觉"), [("", "自觉")]),
    "something left out": (BASE.replace("经过培训", ""), [("经过培训", "")]),
    "added on both sides of a short run": (
        BASE.replace("考试合格", "一考试合格二"),
        [("", "一"), ("", "二")],
    ),
    "at both ends": ("首页" + BASE + "关闭", [("", "首页"), ("", "关闭")]),
    "other text around it": (
        BASE.replace("全县共有", "我局的").replace("业务考核", "法治轮训"),
        [("全县共有", "我局的"), ("业务考核", "法治轮训")],
    ),
    "all of it": ("一二三四五六七八九十", [(BASE, "一二三四五六七八九十")]),
    "empty": ("", [(BASE, "")]),
}


def differing(one: str, other: str) -> list[tuple[str, str]]:
    gaps = gaps_of(align(one, other), len(other))
    pieces = [(one[g.start : g.end], other[g.other_start : g.other_end]) for g in gaps]
    return [piece for piece in pieces if piece != ("", "")]


@pytest.mark.parametrize(("other", "pieces"), GAPS.values(), ids=GAPS)
def test_what_differs(other: str, pieces: list[tuple[str, str]]) -> None:
    assert differing(BASE, other) == pieces
    assert differing(other, BASE) == [(b, a) for a, b in pieces]


def test_what_was_replaced_is_not_what_was_added() -> None:
    gaps = gaps_of(align(BASE, BASE.replace("并且", "并且自觉").replace("培", "陪")), len(BASE) + 2)
    assert [gap.replaced for gap in gaps] == [0, 1, 0, 0]


def test_a_recurring_run_is_matched_with_its_recurrence() -> None:
    other = BASE.replace("培", "陪") + BASE
    assert align(BASE * 2, other).tolist() == [
        -1 if i == BASE.index("培") else i for i in range(2 * len(BASE))
    ]


def test_what_was_moved_is_no_match() -> None:
    head, tail = BASE[:12], BASE[12:]
    assert align(head + tail, tail + head).tolist() == [-1] * 12 + list(range(len(tail)))


TEXTS = st.text("甲乙丙", max_size=60) | st.lists(st.sampled_from([BASE, BASE[3:14], "且"])).map(
    "".join
)


@given(TEXTS, TEXTS)
def test_places_ascend_and_hold_the_same(one: str, other: str) -> None:
    places = align(one, other)
    assert len(places) == len(one)
    matched = [(i, at) for i, at in enumerate(places.tolist()) if at >= 0]
    assert all(one[i] == other[at] for i, at in matched)
    assert all(a[1] < b[1] for a, b in pairwise(matched))


@given(TEXTS)
def test_a_text_corresponds_to_itself(text: str) -> None:
    assert align(text, text).tolist() == list(range(len(text)))


@given(TEXTS, TEXTS)
def test_matches_and_gaps_make_up_both_texts(one: str, other: str) -> None:
    places = align(one, other)
    gaps = gaps_of(places, len(other))
    matched = int((places >= 0).sum())
    assert sum(gap.end - gap.start for gap in gaps) == len(one) - matched
    assert sum(gap.other_end - gap.other_start for gap in gaps) == len(other) - matched
    assert gaps[0].start == gaps[0].other_start == 0
    assert (gaps[-1].end, gaps[-1].other_end) == (len(one), len(other))
