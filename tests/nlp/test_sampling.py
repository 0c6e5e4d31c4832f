"""What is worth labelling next."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from gongwen.nlp.topics.folds import near_copies
from gongwen.nlp.topics.labels import choose_batch, choose_start, density_of, rows_of

THEMES = ["小麦亩产{}斤", "公路改造{}公里", "教师招聘{}名", "调解纠纷{}起"]
TEXTS = [theme.format(n) for n in range(10, 30) for theme in THEMES]
NONE = np.zeros(0, np.int64)


def margins(*sure: int) -> np.ndarray:
    """Return scores that are certain but for the rows of ``sure``, the first the least certain."""
    scores = np.tile(np.float32([3, 0, -1]), (len(TEXTS), 1))
    for rank, row in enumerate(sure):
        scores[row, :2] = [0.01 * (rank + 1), 0]
    return scores


def test_the_start_stands_for_all_themes() -> None:
    chosen = choose_start(rows_of(TEXTS), 4)
    assert sorted(int(i) % 4 for i in chosen) == [0, 1, 2, 3]


def test_a_start_of_all() -> None:
    assert choose_start(rows_of(TEXTS[:3]), 5).tolist() == [0, 1, 2]


def test_the_least_certain_are_chosen() -> None:
    doubtful = list(range(0, 80, 4))  # twenty: the shortlist of one choice
    [chosen] = choose_batch(margins(*doubtful), rows_of(TEXTS), 1, NONE)
    assert int(chosen) in doubtful


def test_the_least_certain_come_first() -> None:
    order = [5, 2, 8, 3, *(i for i in range(len(TEXTS)) if i not in (5, 2, 8, 3))]
    chosen = choose_batch(margins(*order), rows_of(TEXTS), 4, NONE).tolist()
    assert len(set(chosen)) == 4
    assert chosen == sorted(chosen, key=order.index)


def test_what_has_a_label_is_not_chosen() -> None:
    known = np.arange(0, len(TEXTS), 2)
    chosen = choose_batch(margins(0, 2, 4), rows_of(TEXTS), 6, known)
    assert len(chosen) == 6
    assert not set(chosen.tolist()) & set(known.tolist())


def test_fewer_are_left() -> None:
    known = np.arange(3, len(TEXTS))
    assert sorted(choose_batch(margins(1), rows_of(TEXTS), 5, known).tolist()) == [0, 1, 2]
    assert not len(choose_batch(margins(), rows_of(TEXTS), 5, np.arange(len(TEXTS))))


@pytest.mark.parametrize("choose", [lambda rows: choose_batch(margins(5, 9), rows, 4, NONE),
                                    lambda rows: choose_start(rows, 6)])  # fmt: skip
def test_the_same_again(choose) -> None:  # type: ignore[no-untyped-def]
    rows = rows_of(TEXTS)
    assert choose(rows).tolist() == choose(rows).tolist()


def test_what_stands_for_many_is_denser_than_what_stands_alone() -> None:
    density = density_of(rows_of([*TEXTS, "月球背面有一座环形山"]))
    assert density.shape == (len(TEXTS) + 1,)
    assert density[-1] < density[:-1].min()
    assert density_of(rows_of(["独一句"])).tolist() == [0]


def test_density_counts_beside_doubt() -> None:
    density = np.zeros(len(TEXTS), np.float32)
    density[1::4] = 1  # twenty texts, the shortlist of one choice
    [chosen] = choose_batch(margins(0, 2, 3), rows_of(TEXTS), 1, NONE, density)
    assert chosen % 4 == 1


def test_near_duplicates_are_left_out() -> None:
    texts = [
        "全年共办理行政复议案件37件，审结35件。",
        "全年共办理行政复议案件39件，审结35件。",
        "举办普法讲座12场。",
        "全年共办理行政複議案件37件,审结35件。",
        "",
        "。",
    ]
    clusters = near_copies(texts).tolist()
    assert [clusters.index(number) for number in dict.fromkeys(clusters)] == [0, 2, 4]


def test_near_copies_are_those_that_comparing_all_pairs_finds() -> None:
    openings = ["", "据统计，", "今年以来，我县"]
    texts = [opening + text for opening in openings for text in TEXTS[::7]]
    grams = [
        {line[i : i + 3] for i in range(max(1, len(line) - 2))}
        for line in ("".join("0" if c.isdigit() else c for c in t if c.isalnum()) for t in texts)
    ]
    different = {frozenset(own) for own in grams}
    counts = Counter(gram for own in different for gram in own)
    idf = {gram: np.log((1 + len(different)) / n) + 1 for gram, n in counts.items()}
    length = [np.sqrt(sum(idf[gram] ** 2 for gram in own)) for own in grams]
    like = np.array(
        [
            [
                sum(idf[g] ** 2 for g in a & b) / (length[i] * length[j]) >= 0.5
                for j, b in enumerate(grams)
            ]
            for i, a in enumerate(grams)
        ]
    )
    reached = np.linalg.matrix_power(like.astype(float), 16) > 0
    clusters = near_copies(texts)
    assert ((clusters[:, None] == clusters[None, :]) == reached).all()
    assert len(set(clusters.tolist())) == 4
