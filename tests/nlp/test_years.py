"""How years and dates are written, and which of the years a title names."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongwen.nlp.records import Year
from gongwen.nlp.text.dates import date_of, last_year, year_number, year_of

YEARS: dict[str, tuple[str, Year]] = {
    "Arabic": ("武功县2020年法治政府建设工作总结", 2020),
    "full-width": ("武功县２０２０年法治政府建设工作总结", 2020),
    "Chinese, 〇": ("武功县二〇二〇年工作总结", 2020),
    "Chinese, ○": ("武功县二○二○年工作总结", 2020),
    "Chinese, 零": ("武功县二零二零年工作总结", 2020),
    "Chinese, Latin O": ("武功县二OO八年工作总结", 2008),
    "Chinese, a zero in figures": ("武功县二0二一年工作总结", 2021),
    "Chinese, a full-width O": ("武功县二Ｏ二Ｏ年工作总结", 2020),
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
    "years in a row": ("2018、2019、2020年工作总结", "2018-2020"),
    "two years in a row": ("2019年和2020年工作总结", "2019-2020"),
    "span, in brackets without 年": ("法治政府建设实施纲要（2021-2025）", "2021-2025"),
    "span, without 年": ("武功县2018-2020法治政府建设工作总结", "2018-2020"),
    "a month": ("2020年1-6月工作总结", 2020),
    "the year of a day is none": ("情况报告（2021年1月15日）", ""),
    "the year of a day in Chinese is none": ("情况报告二〇二一年一月十五日", ""),
    "a year before the year of a day": ("2020年情况报告（2021年1月15日）", 2020),
    "a day in figures": ("2021-01-15工作总结", ""),
    "none": ("政府工作报告", ""),
    "empty": ("", ""),
}


@pytest.mark.parametrize(("title", "year"), YEARS.values(), ids=YEARS)
def test_year_of(title: str, year: Year) -> None:
    assert year_of(title) == year


DATES: dict[str, tuple[str, str]] = {
    "a day": ("武功县司法局 2021年1月8日", "2021-01-08"),
    "a day, full-width": ("２０２１年１月８日", "2021-01-08"),
    "a day, with spaces": ("2021 年 1 月 8 日", "2021-01-08"),
    "a day, 号": ("2021年1月8号", "2021-01-08"),
    "a day in Chinese": ("二〇二一年一月八日", "2021-01-08"),
    "tens in Chinese": ("二○二一年十二月三十一日", "2021-12-31"),
    "ten in Chinese": ("二〇二一年十月十日", "2021-10-10"),
    "twenty in Chinese": ("二〇二一年二月二十日", "2021-02-20"),
    "the first month": ("二〇二一年元月五日", "2021-01-05"),
    "a month": ("（2021年1月）", "2021-01"),
    "ISO": ("发布时间：2021-01-08 09:30", "2021-01-08"),
    "slashes": ("2021/1/8", "2021-01-08"),
    "dots": ("2021.1.8", "2021-01-08"),
    "the first of several": ("2021年1月8日至2021年2月1日", "2021-01-08"),
    "no such month": ("2021年13月1日", ""),
    "no such day, then another date": ("2021年2月30日，2021年3月1日", "2021-03-01"),
    "too early": ("1921年7月1日", ""),
    "a year alone": ("2021年", ""),
    "a day without a year": ("1月8日", ""),
    "a number": ("029-12345678", ""),
    "none": ("", ""),
}


@pytest.mark.parametrize(("text", "date"), DATES.values(), ids=DATES)
def test_date_of(text: str, date: str) -> None:
    assert date_of(text) == date


@given(day=st.dates(datetime.date(1949, 1, 1), datetime.date(2099, 12, 31)))
def test_every_day_is_read(day: datetime.date) -> None:
    assert date_of(f"武功县司法局{day.year}年{day.month}月{day.day}日") == day.isoformat()
    assert date_of(f"发布日期：{day.isoformat()} 10:00") == day.isoformat()


@pytest.mark.parametrize(("year", "last"), [(2020, 2020), ("2018-2020", 2020), ("", None)])
def test_last_year(year: Year, last: int | None) -> None:
    assert last_year(year) == last


@pytest.mark.parametrize("digits", ["0123456789", "０１２３４５６７８９", "〇一二三四五六七八九"])
@given(number=st.integers(1949, 2099))
def test_a_year_reads_the_same_in_all_digits(digits: str, number: int) -> None:
    written = "".join(digits[int(digit)] for digit in str(number))
    assert year_number(written) == number
    assert year_of(f"武功县{written}年工作总结") == number
