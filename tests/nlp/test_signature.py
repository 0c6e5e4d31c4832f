"""The tail of a report: who signed it, and when."""

from __future__ import annotations

import pytest

from gongwen.nlp.document.signature import read_tail

LONG = "全县上下深入学习贯彻习近平法治思想，法治政府建设取得新的进展，群众满意度不断提高。"

OFFICE = "武功县人民政府"

CASES: dict[str, tuple[list[str], list[str], str]] = {
    "office above the date": ([LONG, OFFICE, "2021年1月15日"], [OFFICE], "2021-01-15"),
    "a date and no office": ([LONG, "2021年1月15日"], [], "2021-01-15"),
    "a date and an annex": ([LONG, "2021年1月15日", "附件：清单"], [], "2021-01-15"),
    "a date with text behind it": ([LONG, "2021年1月15日", LONG], [], ""),
    "the last of two dates": ([LONG, "2020年3月2日", "2021年1月15日"], [], "2021-01-15"),
    "office below the date": ([LONG, "2021年1月15日", OFFICE], [OFFICE], "2021-01-15"),
    "an office and no date": ([LONG, OFFICE], [OFFICE], ""),
    "nothing": ([], [], ""),
}  # fmt: skip


@pytest.mark.parametrize(("lines", "offices", "date"), CASES.values(), ids=CASES)
def test_who_signed_and_when(lines: list[str], offices: list[str], date: str) -> None:
    tail = read_tail(lines)
    assert ([office.name for office in tail.offices], tail.date) == (offices, date)


def test_the_lines_of_the_tail_end_at_a_sentence() -> None:
    assert read_tail([LONG, "附件：清单", "2021年1月15日"]).lines == ("附件：清单", "2021年1月15日")
