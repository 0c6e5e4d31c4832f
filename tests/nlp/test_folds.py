"""Folds and near-copies: nothing of a test fold is in its training, every label is tested once."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongwen.nlp.topics.folds import UNLABELLED, Codes, Folds, divide, near_copies

NEAR_COPIES = {
    "other numbers": ("全年办理复议案件12件。", "全年办理复议案件305件。"),
    "another opening": ("据统计，全年开展执法检查十余次。", "截至年底，全年开展执法检查十余次。"),
    "other marks": ("公开信息，办理申请；接受监督。", "公开信息办理申请接受监督"),
    "other width": ("公开信息１２条，办理申请3件", "公开信息8条,办理申请15件"),
    "traditional characters": ("開展行政執法監督檢查", "开展行政执法监督检查"),
    "a word put in": ("组织开展法治宣传教育活动", "组织开展系列法治宣传教育活动"),
    "the same": ("办案。", "办案。"),
    "one character": ("好", "好"),
    "empty": ("", ""),
    "nothing but marks": ("。", "！？"),
}
OTHERS = {
    "other words": ("开展执法检查12次。", "办理复议案件12件。"),
    "one word in common": ("持续优化营商环境工作", "认真研究部署防汛工作"),
    "a short one inside a long one": (
        "办案",
        "组织办案人员到各乡镇走访群众、化解矛盾、宣讲政策，受到普遍好评",
    ),
    "one character": ("好", "坏"),
    "empty and not": ("", "好"),
}
REST = [
    "保护耕地",
    "修缮校舍",
    "清理河道",
    "检修管网",
    "培训医生",
    "发放补贴",
    "招考教师",
    "植树造林",
]


@pytest.mark.parametrize(("one", "other"), NEAR_COPIES.values(), ids=NEAR_COPIES)
def test_near_copies_have_one_cluster(one: str, other: str) -> None:
    first, second, *rest = near_copies([one, other, *REST]).tolist()
    assert first == second
    assert first not in rest


@pytest.mark.parametrize(("one", "other"), OTHERS.values(), ids=OTHERS)
def test_what_only_has_words_in_common_is_no_copy(one: str, other: str) -> None:
    first, second, *_ = near_copies([one, other, *REST]).tolist()
    assert first != second


def test_no_texts_have_no_clusters() -> None:
    assert near_copies([]).tolist() == []


def test_an_opening_that_all_share_makes_no_copies() -> None:
    texts = [f"今年以来，在各级领导的关心支持下，{work}" for work in REST]
    assert len(set(near_copies(texts).tolist())) == len(REST)


def test_copies_of_copies_are_one_cluster() -> None:
    sentence = "甲乙丙丁戊己庚辛壬癸子丑寅卯"
    texts = [sentence[i : i + 9] for i in range(6)]
    assert set(near_copies([*texts, *REST]).tolist()[:6]) == {0}


@given(st.lists(st.text("甲乙丙1。 ", max_size=6), max_size=12), st.randoms())
def test_clusters_do_not_depend_on_the_order(texts: list[str], random: object) -> None:
    order = list(range(len(texts)))
    random.shuffle(order)  # type: ignore[attr-defined]
    clusters = near_copies(texts)
    shuffled = near_copies([texts[i] for i in order])
    same = clusters[order][:, None] == clusters[order][None, :]
    assert (same == (shuffled[:, None] == shuffled[None, :])).all()
    assert set(clusters.tolist()) == set(range(len(set(clusters.tolist()))))


# Dividing.

ROWS = st.lists(
    st.tuples(
        st.integers(UNLABELLED, 3),  # topic
        st.integers(0, 9),  # cluster of near-copies
        st.sampled_from("甲乙丙丁"),  # group
    ),
    max_size=40,
)
TOPIC_COUNT = 4


def columns(rows: list[tuple[int, int, str]]) -> tuple[Codes, Codes, list[str]]:
    codes, clusters, groups = zip(*rows, strict=True) if rows else ((), (), ())
    return np.array(codes, np.int64), np.array(clusters, np.int64), list(groups)


def check(found: Folds, codes: Codes, clusters: Codes) -> None:
    """What holds of all folds, with groups or without."""
    labelled = codes != UNLABELLED
    measured = labelled & found.measured[codes]
    if found.splits:
        assert len(found.splits) > 1
        assert Counter(i for _, test in found.splits for i in test.tolist()) == Counter(
            dict.fromkeys(np.flatnonzero(measured).tolist(), 1)
        )
        assert found.tested.tolist() == np.flatnonzero(measured).tolist()
    else:
        assert not found.measured.any()
        assert not len(found.tested)
    for train, test in found.splits:
        assert set(np.flatnonzero(~measured).tolist()) <= set(train.tolist())
        tested = set(clusters[test].tolist())
        trained = measured[train]
        assert not tested & set(clusters[train[trained]].tolist())
        assert len(set(train.tolist())) == len(train)
        assert not set(train.tolist()) & set(test.tolist())


@given(ROWS, st.integers(0, 6))
def test_near_copies_of_a_test_fold_are_not_trained_on(
    rows: list[tuple[int, int, str]], count: int
) -> None:
    codes, clusters, _ = columns(rows)
    found = divide(codes, TOPIC_COUNT, clusters, None, count)
    check(found, codes, clusters)
    assert len(found.splits) <= max(count, 0)
    distinct = [len(set(clusters[codes == topic].tolist())) for topic in range(TOPIC_COUNT)]
    if found.splits:
        assert found.measured.tolist() == [n >= 2 for n in distinct]


@given(ROWS, st.integers(0, 6))
def test_no_group_is_cut(rows: list[tuple[int, int, str]], count: int) -> None:
    codes, clusters, groups = columns(rows)
    found = divide(codes, TOPIC_COUNT, clusters, groups, count)
    check(found, codes, clusters)
    names = np.array(groups)
    several = [len(set(names[codes == topic].tolist())) > 1 for topic in range(TOPIC_COUNT)]
    if len(set(groups)) < 2:
        return
    # Only a topic of a single group is cut by near-copies instead.
    whole = np.array([code != UNLABELLED and several[code] for code in codes.tolist()], bool)
    for train, test in found.splits:
        assert not set(names[test[whole[test]]].tolist()) & set(names[train[whole[train]]].tolist())


@given(ROWS, st.booleans())
def test_the_same_rows_are_divided_alike(rows: list[tuple[int, int, str]], grouped: bool) -> None:
    codes, clusters, groups = columns(rows)
    one, other = (
        divide(codes, TOPIC_COUNT, clusters, groups if grouped else None, 3) for _ in range(2)
    )
    assert [(a.tolist(), b.tolist()) for a, b in one.splits] == (
        [(a.tolist(), b.tolist()) for a, b in other.splits]
    )


@given(ROWS)
def test_a_repeated_row_changes_no_fold(rows: list[tuple[int, int, str]]) -> None:
    codes, clusters, _ = columns(rows)
    once = divide(codes, TOPIC_COUNT, clusters, None, 3)
    twice = divide(np.repeat(codes, 2), TOPIC_COUNT, np.repeat(clusters, 2), None, 3)
    assert once.measured.tolist() == twice.measured.tolist()
    assert [(2 * test).tolist() for _, test in once.splits] == (
        [test[::2].tolist() for _, test in twice.splits]
    )


def test_topics_are_spread_evenly() -> None:
    codes = np.repeat(np.arange(4), [40, 20, 10, 5])
    found = divide(codes, 4, np.arange(75), None, 5)
    assert [np.bincount(codes[test]).tolist() for _, test in found.splits] == [[8, 4, 2, 1]] * 5


def test_a_topic_with_one_sentence_is_trained_on_in_every_fold() -> None:
    codes = np.array([0, 0, 0, 1, 1, 1, 2])
    found = divide(codes, 3, np.arange(7), None, 3)
    assert found.measured.tolist() == [True, True, False]
    assert all(6 in train and 6 not in test for train, test in found.splits)


def test_a_topic_whose_sentences_are_copies_is_not_measured() -> None:
    codes = np.array([0, 0, 0, 1, 1, 1])
    assert divide(codes, 2, np.array([0, 1, 2, 3, 3, 3]), None, 3).measured.tolist() == [
        True,
        False,
    ]


def test_too_few_for_folds() -> None:
    for codes in ([], [0], [0, 1], [0, UNLABELLED]):
        rows = np.array(codes, np.int64)
        assert divide(rows, 2, np.arange(len(rows)), None, 5).splits == ()
    assert divide(np.array([0, 0, 1, 1]), 2, np.arange(4), None, 1).splits == ()
