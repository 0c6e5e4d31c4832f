"""Sentences with gold figures, written without sight of the rules: how many are read right.

150, and 80 of other domains that were written when the rules had been mended by the first.
``-s`` prints the tables.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from figure_scores import GOLD, GOLD2, Gold, gold_rows, plain, same_value, score, table


@pytest.fixture(scope="module")
def rows() -> list[Gold]:
    return gold_rows()


@pytest.mark.parametrize(("path", "sentences", "tricky"), [(GOLD, 150, 50), (GOLD2, 80, 45)])
def test_the_gold_is_sound(path: Path, sentences: int, tricky: int) -> None:
    rows = gold_rows(path)
    assert len(rows) == sentences
    assert sum(row["tricky"] for row in rows) == tricky
    for row in rows:
        for gold in row["figures"]:
            assert row["text"][gold["start"] : gold["end"]] == gold["raw"]


@pytest.mark.parametrize("path", [GOLD, GOLD2], ids=["first", "second"])
def test_values_units_and_indicators_are_read_right(path: Path) -> None:
    rows = gold_rows(path)
    print("\n" + "\n".join(table(rows)))
    total = score(rows)
    assert total.precision >= 0.97
    assert total.recall >= 0.97
    assert total.indicator >= 0.88
    assert total.kinds >= 0.97 * total.paired
    for what in ("approximate", "direction", "role"):
        agree, either = total.agree[what]
        assert agree >= 0.95 * either


def test_the_score_tells_wrong_from_right(rows: list[Gold]) -> None:
    assert same_value([3, 5], [3, 5.00001])
    assert not same_value([3, 5], [3, 6])
    assert not same_value("2022-06", 2022)
    assert plain("全县“双随机”检查次数") == plain("双随机检查次")
    broken = [
        {**row, "figures": [{**gold, "value": -1} for gold in row["figures"]]} for row in rows[:20]
    ]
    assert score(broken).recall == 0
    assert score([{**row, "text": "无。"} for row in rows[:20]]).recall == 0
