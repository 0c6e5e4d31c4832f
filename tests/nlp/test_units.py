"""Units: what they measure, and exact conversion between those that measure the same."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongwen.nlp.errors import QueryError, ReadError, SeedError
from gongwen.nlp.figures.quantities import UNITS
from gongwen.nlp.figures.units import (
    base_unit,
    convert,
    dimension_of,
    load_units,
    same_dimension,
    unit_of,
)
from gongwen.nlp.vocabulary import shipped_words

CONVERTED: list[tuple[str, str, str, str]] = [
    ("1", "吨", "公斤", "1000"),
    ("1", "公斤", "斤", "2"),
    ("1.5", "亿斤", "万吨", "7.5"),
    ("20", "担", "吨", "1"),
    ("350", "克", "千克", "0.35"),
    ("15", "亩", "公顷", "1"),
    ("1", "平方公里", "亩", "1500"),
    ("1", "公顷", "平方米", "10000"),
    ("2", "亩", "平方米", "1333.333333333333333333333333"),
    ("3", "里", "公里", "1.5"),
    ("1", "海里", "米", "1852"),
    ("2500", "升", "立方米", "2.5"),
    ("3.6", "亿度", "万千瓦时", "36000"),
    ("1", "吉瓦时", "千瓦小时", "1000000"),
    ("2.4", "万千瓦", "兆瓦", "24"),
    ("300", "千克标准煤", "吨标准煤", "0.3"),
    ("1.2", "亿元", "万元", "12000"),
    ("3", "万亿元", "亿元", "30000"),
    ("5", "角", "元", "0.5"),
    ("2", "万美元", "美元", "20000"),
    ("7", "港币", "港元", "7"),
    ("90", "分钟", "小时", "1.5"),
    ("2", "天", "个小时", "48"),
    ("2", "年", "个月", "24"),
    ("3", "‰", "%", "0.3"),
    ("1.5", "百分点", "个百分点", "1.5"),
    ("3", "万件", "件", "30000"),
    ("5", "万人次", "百人次", "500"),
    ("35", "微克/立方米", "毫克/立方米", "0.035"),
    ("8000", "元/平方米", "万元/公顷", "8000"),
    ("600", "公斤/亩", "吨/公顷", "9"),
    ("36", "公里/小时", "米/秒", "10"),
    ("4.5", "人/万人", "人/十万人", "45"),
]


@pytest.mark.parametrize(("value", "one", "other", "expected"), CONVERTED)
def test_conversion(value: str, one: str, other: str, expected: str) -> None:
    assert convert(Decimal(value), one, other) == Decimal(expected)


APART: list[tuple[str, str]] = [
    ("人", "人次"),
    ("件", "起"),
    ("件", "宗"),
    ("元", "美元"),
    ("欧元", "美元"),
    ("%", "个百分点"),
    ("天", "个工作日"),
    ("天", "个月"),
    ("千瓦", "千瓦时"),
    ("千瓦", "千伏安"),
    ("吨", "吨标准煤"),
    ("吨", "吨公里"),
    ("立方米", "平方米"),
    ("微克/立方米", "微克"),
    ("元/平方米", "美元/平方米"),
    ("", "件"),
]


@pytest.mark.parametrize(("one", "other"), APART)
def test_other_things_are_never_converted(one: str, other: str) -> None:
    assert not same_dimension(one, other)
    with pytest.raises(QueryError, match="cannot be converted"):
        convert(1, one, other)


@pytest.mark.parametrize(
    ("unit", "dimension", "base"),
    [
        ("万吨", "mass", "千克"),
        ("千克", "mass", "千克"),
        ("千件", "件", "件"),
        ("百万吨", "mass", "千克"),
        ("亿千瓦时", "energy", "千瓦时"),
        ("人/平方公里", "人/area", "人/平方米"),
        ("元", "CNY", "元"),
        ("", "", ""),
        ("万", "万", "万"),
        ("吨/年", "mass/calendar time", "千克/个月"),
    ],
)
def test_dimensions_and_base_units(unit: str, dimension: str, base: str) -> None:
    assert (dimension_of(unit), base_unit(unit)) == (dimension, base)
    assert unit_of(base).factor == 1


def test_units_of_the_table_are_read_in_texts() -> None:
    table = load_units(shipped_words("units.toml"))
    read = set(UNITS.texts(*UNITS.groups))
    never_written = {"伏", "月", "季", "季度", "kpa"}
    assert sorted(set(table) - read - never_written) == []


UNIT_NAMES = st.sampled_from(sorted(load_units(shipped_words("units.toml"))))


@given(st.decimals(0, 10**9, places=3), UNIT_NAMES, UNIT_NAMES)
def test_there_and_back_is_the_same(value: Decimal, one: str, other: str) -> None:
    if same_dimension(one, other):
        back = convert(convert(value, one, other), other, one)
        assert abs(back - value) <= abs(value) * Decimal("1e-20")
    else:
        with pytest.raises(QueryError):
            convert(value, one, other)


HEAD = '[[dimension]]\nname = "mass"\nbase = "千克"\n'

BAD: list[tuple[str, int, str]] = [
    ("", 0, "needs dimensions"),
    ("x = 1\n" + HEAD + 'units = ["千克 1"]\n', 0, "needs dimensions"),
    ('[[dimension]]\nname = "mass"\n', 1, "has name, base and units"),
    (HEAD + 'units = "千克 1"\n', 1, "has name, base and units"),
    (HEAD + 'units = ["吨 1000"]\n', 1, "the base 千克 must be a unit of factor 1"),
    (HEAD + 'units = ["千克 2"]\n', 1, "the base 千克 must be a unit of factor 1"),
    (HEAD + 'units = ["千克 1", "吨"]\n', 1, "is not a unit and its factor"),
    (HEAD + 'units = ["千克 1", "吨 0"]\n', 1, "is not a unit and its factor"),
    (HEAD + 'units = ["千克 1", "吨 1e3"]\n', 1, "is not a unit and its factor"),
    (HEAD + 'units = ["千克 1", 7]\n', 1, "is not a unit and its factor"),
    (HEAD + 'units = ["千克 1", "千克 1"]\n', 1, "千克 is in two dimensions"),
    (HEAD + 'units = ["千克 1", "克/升 1"]\n', 1, "克/升 has a /"),
    (f'{HEAD}units = ["千克 1"]\n{HEAD}units = ["吨 1"]\n', 5, "a name of its own"),
]


@pytest.mark.parametrize(("source", "line", "problem"), BAD)
def test_a_bad_table_is_reported(tmp_path: Path, source: str, line: int, problem: str) -> None:
    path = tmp_path / "units.toml"
    path.write_text(source, "utf-8")
    with pytest.raises(SeedError, match=problem) as caught:
        load_units(path)
    assert caught.value.line == line


def test_a_missing_table_is_reported(tmp_path: Path) -> None:
    with pytest.raises(ReadError):
        load_units(tmp_path / "units.toml")
