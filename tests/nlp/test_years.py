"""How years are written, and which of them a title names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongwen.nlp.records import Year
from gongwen.nlp.years import year_number, year_of

YEARS: dict[str, tuple[str, Year]] = {
    "Arabic": ("武功县2020年法治政府建设工作总结", 2020),
    "full-width": ("武功县２０２０年法治政府建设工作总结", 2020),
    "Chinese, 〇": ("武功县二〇二〇年工作总结", 2020),
    "Chinese, ○": ("武功县二○二○年工作总结", 2020),
    "Chinese, 零": ("武功县二零二零年工作总结", 2020),
    "Chinese, Latin O": ("武功县二OO八年工作总结", 2008),
    "Chinese, the last century": ("一九九八年工作总结", 1998),
    "年度": ("关于2021年度法治政府建设情况的报告", 2021),
    "a space before 年": ("2008 年工作回顾", 2008),
    "span, hyphen": ("法治政府建设实施纲要(2018-2020年)", "2018-2020"),
    "span, dash": ("2018—2020年工作总结", "2018-2020"),
    "span, double dash": ("2018——2020年工作总结", "2018-2020"),
    "span, wave": ("2018~2020年度工作总结", "2018-2020"),
    "span, 至": ("2018至2020年工作总结", "2018-2020"),
    "span, 年 twice": ("2018年至2020年工作总结", "2018-2020"),
    "span, full-width": ("２０１８－２０２０年工作总结", "2018-2020"),
    "span, Chinese": ("二〇一八至二〇二〇年工作总结", "2018-2020"),
    "a span that runs backwards is none": ("2020-2018年工作总结", 2018),
    "the first of several years": ("2020年总结和2021年计划", 2020),
    "a number without 年 is no year": ("武政发〔2020〕15号", ""),
    "four digits of a longer number": ("共计20201年限", ""),
    "too early": ("1948年工作总结", ""),
    "the first year that counts": ("1949年工作总结", 1949),
    "the last year that counts": ("2099年工作总结", 2099),
    "too late": ("2100年工作总结", ""),
    "an implausible year is passed over": ("3000年前和2021年", 2021),
    "none": ("政府工作报告", ""),
    "empty": ("", ""),
}


@pytest.mark.parametrize(("title", "year"), YEARS.values(), ids=YEARS)
def test_year_of(title: str, year: Year) -> None:
    assert year_of(title) == year


@pytest.mark.parametrize("digits", ["0123456789", "０１２３４５６７８９", "〇一二三四五六七八九"])
@given(number=st.integers(1949, 2099))
def test_a_year_reads_the_same_in_all_digits(digits: str, number: int) -> None:
    written = "".join(digits[int(digit)] for digit in str(number))
    assert year_number(written) == number
    assert year_of(f"武功县{written}年工作总结") == number
