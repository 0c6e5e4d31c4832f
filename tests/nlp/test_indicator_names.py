"""Which names are one indicator, and which are not."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongwen.nlp.figures.indicators import indicator_key, is_called

SAME = [
    ("城镇新增就业", "新增城镇就业", "城镇新增就业人数", "全年城镇新增就业", "实现城镇新增就业"),
    ("粮食产量", "粮食总产量", "粮食总产", "全省粮食总产量"),
    ("行政复议案件", "全县行政复议案件数", "行政复议案件总数", "行政复议案件数量"),
    ("城镇居民人均可支配收入", "人均城镇居民可支配收入"),
    ("受理", "受理件数"),
    ("互联网用户", "互联网用户数"),
    ("行政复议案件·驳回", "行政复议案件数·驳回"),
    ("就業人數", "就业"),
    ("企业法人", "企业法人数"),
]
APART = [
    ("城镇新增就业", "新增就业", "城镇新增就业预期目标", "城镇就业"),
    ("行政复议案件", "行政诉讼案件", "行政复议案件·驳回"),
    ("居民消费价格指数", "居民消费价格"),
    ("地区生产总值", "人均地区生产总值", "国内生产总值"),
    ("投资", "累计投资"),
    ("总数", "人数"),
    ("粮食产量", "粮食产能"),
]


@pytest.mark.parametrize("names", SAME, ids=lambda names: names[0])
def test_names_of_one_indicator(names: tuple[str, ...]) -> None:
    assert len(set(map(indicator_key, names))) == 1
    assert all(is_called(a, b) for a, b in combinations(names, 2))


@pytest.mark.parametrize("names", APART, ids=lambda names: names[0])
def test_names_of_different_indicators(names: tuple[str, ...]) -> None:
    assert len(set(map(indicator_key, names))) == len(names)


def test_words_of_an_indicator_call_it() -> None:
    assert is_called("全县行政复议案件·驳回", "复议案件")
    assert not is_called("行政诉讼", "行政复议")


@given(st.text(alphabet="全省年总产量数人新增就业·粮食 A=", max_size=12))
def test_every_name_has_a_key(name: str) -> None:
    key = indicator_key(name)
    assert bool(key.strip("·")) == bool(name.replace(" ", "").strip("·"))
    assert is_called(name, name)
