"""What the thirty-seven real reports say of themselves, read by a person; skipped where absent."""

from __future__ import annotations

from pathlib import Path

import pytest

from gongwen.nlp import Document, parse_document
from gongwen.nlp.document.gazetteer import locate
from gongwen.nlp.document.overrides import from_name
from gongwen.nlp.records import Year

WORK = "政府工作报告"

# Of the State Council: title, year and day of the speech. Without a title there is neither; the
# day of 2021 is that of the newspaper. 1985, 1989 and 1991 have a subtitle in the title's line.
STATE: dict[int, tuple[str, Year, str]] = {
    1979: ("1979年政府工作报告", 1979, "1979-06-18"),
    1981: ("1981年政府工作报告", 1981, "1981-11-30"),
    1983: ("1983年政府工作报告", 1983, "1983-06-06"),
    1985: ("1985年政府工作报告", 1985, "1985-03-27"),
    1987: ("1987年政府工作报告", 1987, "1987-03-25"),
    1989: ("1989年政府工作报告", 1989, "1989-03-20"),
    1991: ("1991年政府工作报告", 1991, "1991-03-26"),
    1993: ("1993年政府工作报告", 1993, "1993-03-15"),
    1995: ("1995年政府工作报告", 1995, "1995-03-05"),
    1997: ("1997年政府工作报告", 1997, "1997-03-01"),
    1999: ("1999年政府工作报告", 1999, "1999-03-05"),
    2001: ("2001年政府工作报告", 2001, "2001-03-05"),
    2003: ("2003年政府工作报告", 2003, "2003-03-05"),
    2005: ("2005年政府工作报告", 2005, "2005-03-05"),
    2007: ("政府工作报告", 2007, "2007-03-05"),
    2009: ("", "", ""),
    2011: ("政府工作报告", 2011, "2011-03-05"),
    2013: ("", "", ""),
    2015: ("", "", ""),
    2017: ("", "", ""),
    2019: ("政府工作报告", 2019, "2019-03-05"),
    2021: ("", "", "2021-03-13"),
}

# Of the provinces, all of 2026: title, code, issuer, day.
PROVINCES: dict[str, tuple[str, str, str, str]] = {
    "上海市": ("2026年上海市政府工作报告", "310000", "上海市人民政府", "2026-02-03"),
    "云南省": ("2026年政府工作报告", "530000", "云南省人民政府", "2026-01-28"),
    "内蒙古自治区": (
        "2026年内蒙古自治区政府工作报告",
        "150000",
        "内蒙古自治区人民政府",
        "2026-02-04",
    ),
    "吉林省": ("2026年吉林省政府工作报告", "220000", "吉林省人民政府", "2026-01-27"),
    "宁夏回族自治区": (
        "2026年宁夏回族自治区政府工作报告",
        "640000",
        "宁夏回族自治区人民政府",
        "2026-02-03",
    ),
    "安徽省": ("2026年安徽省政府工作报告", "340000", "安徽省人民政府", "2026-02-05"),
    "山东省": ("2026年山东省政府工作报告", "370000", "山东省人民政府", "2026-01-27"),
    "山西省": ("2026年山西省政府工作报告", "140000", "山西省人民政府", "2026-02-02"),
    "广东省": ("2026年广东省政府工作报告", "440000", "广东省人民政府", "2026-01-26"),
    "广西壮族自治区": (
        "2026年广西壮族自治区政府工作报告",
        "450000",
        "广西壮族自治区人民政府",
        "2026-02-02",
    ),
    "新疆维吾尔自治区": (
        "2026年新疆维吾尔自治区政府工作报告",
        "650000",
        "新疆维吾尔自治区人民政府",
        "2026-01-27",
    ),
    "海南省": ("2026年海南省政府工作报告", "460000", "海南省人民政府", "2026-01-27"),
    "湖南省": ("2026年湖南省政府工作报告", "430000", "湖南省人民政府", "2026-02-03"),
    "甘肃省": ("2026年甘肃省政府工作报告", "620000", "甘肃省人民政府", "2026-01-27"),
    "陕西省": ("陕西省2026年政府工作报告", "610000", "陕西省人民政府", "2026-01-27"),
}


@pytest.fixture(scope="module")
def documents(shared_reports: list[Path]) -> dict[str, Document]:
    return {path.stem: parse_document(path.read_text("utf-8")) for path in shared_reports}


def test_all_are_in_the_tables(documents: dict[str, Document]) -> None:
    state = {f"{year}-国务院-政府工作报告" for year in STATE}
    assert set(documents) == state | {f"2026-{name}-政府工作报告" for name in PROVINCES}
    assert len(documents) == 37


@pytest.mark.parametrize("number", STATE)
def test_a_report_of_the_state_council(number: int, documents: dict[str, Document]) -> None:
    title, year, day = STATE[number]
    document = documents[f"{number}-国务院-政府工作报告"]
    assert (document.title, document.year, document.date) == (title, year, day)
    assert document.kind == (WORK if title else "")
    assert (document.region, document.province, document.adcode) == ("全国", "", "")
    assert (document.level, document.agency) == ("national", "国务院")


@pytest.mark.parametrize("name", PROVINCES)
def test_a_report_of_a_province(name: str, documents: dict[str, Document]) -> None:
    title, code, agency, day = PROVINCES[name]
    document = documents[f"2026-{name}-政府工作报告"]
    assert (document.title, document.year, document.kind) == (title, 2026, WORK)
    assert (document.region, document.province, document.adcode) == (name, name, code)
    assert (document.city, document.county, document.level) == ("", "", "province")
    assert (document.agency, document.date) == (agency, day)


def test_the_name_of_the_file_says_the_rest(documents: dict[str, Document]) -> None:
    for stem, document in documents.items():
        year, name, _ = stem.split("-")
        whole = from_name(document, stem)
        assert (whole.title, whole.year) == (
            document.title or f"{year}年国务院政府工作报告",
            int(year),
        )
        assert whole.kind == WORK
        assert (whole.agency if whole.region == "全国" else whole.region) == name


def test_how_it_is_known(documents: dict[str, Document]) -> None:
    for document in documents.values():
        assert document.how.get("title", "title") == "title"
        assert document.how.get("year", "title") in ("title", "subtitle")
        assert document.how.get("region", "title") in ("title", "subtitle", "head", "opening")
        assert document.how.get("agency", "head") in (
            "head", "opening", "title", "subtitle", "page",
        )  # fmt: skip


def test_the_seed(seed_text: str) -> None:
    document = parse_document(seed_text)
    assert (document.region, document.level, document.agency) == ("武功县", "county", "")
    assert (document.province, document.city, document.county) == ("陕西省", "咸阳市", "武功县")
    assert document.adcode == locate(["武功县"]).adcode == "610431"
    assert document.date == ""
