"""The table of divisions, and where a named place lies."""

from __future__ import annotations

import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from gongwen.nlp.document.entities import office_at_head, read_places
from gongwen.nlp.document.gazetteer import (
    Location,
    corps_region,
    is_place,
    is_province,
    is_same_place,
    lies_in,
    load_aliases,
    locate,
    place_at,
)
from gongwen.nlp.errors import SeedError

TABLE = (files("gongwen.nlp.document") / "regions.txt").read_text("utf-8")
ROWS = [line.split(" ") for line in TABLE.splitlines() if line[0] != "#"]
NOW = {row[0]: row[1] for row in ROWS if len(row) == 2 or row[2].endswith("-")}


def test_the_table_says_where_it_comes_from() -> None:
    head = " ".join(line for line in TABLE.splitlines() if line[0] == "#")
    for words in ("Ministry of Civil Affairs", "1981 to 2024", "CC0", "mid-2026"):
        assert words in head


def test_the_table_is_whole() -> None:
    codes = [code for code in NOW if not code.endswith("+")]
    provinces = [code for code in codes if code.endswith("0000")]
    cities = [code for code in codes if code.endswith("00") and code not in provinces]
    assert (len(provinces), len(cities), len(codes)) == (34, 333, 3214)
    assert NOW["610431"] == "武功县"


def test_every_row_can_be_read() -> None:
    for row in ROWS:
        code, name, *rest = row
        assert len(code.rstrip("+")) == 6
        assert code[:6].isdecimal()
        assert place_at(f"在{name}", 1) == name
        if rest and "-" in rest[0]:
            first, _, last = rest.pop(0).partition("-")
            assert 1981 <= int(first or 1981) < int(last or 9999)
        assert [len(now) for now in rest] in ([], [6]), row


def test_what_became_of_a_place_leads_to_a_code_of_the_table() -> None:
    codes = {row[0] for row in ROWS}
    for row in ROWS:
        if len(row) > 2 and "-" not in row[-1]:
            assert row[-1] in codes, row


def written() -> list[tuple[str, list[str]]]:
    """Return every division of now with its code, and with what it lies in before it."""
    whole = []
    for code, name in NOW.items():
        if not code.endswith("+"):
            above = (NOW.get(code[:2] + "0000", ""), NOW.get(code[:4] + "00", ""))
            whole.append((code, [*dict.fromkeys(n for n in (*above, name) if n)]))
    return whole


def test_every_division_of_now_is_found_by_its_whole_name() -> None:
    for code, names in written():
        title = "".join(names) + "2025年法治政府建设年度报告"
        assert read_places(title).names == tuple(names), title
        assert locate(names, 2025).adcode == code
        assert locate(names).adcode == code


@pytest.mark.parametrize("year", [2025, None])
def test_a_part_of_the_whole_name_leads_to_no_other_place(year: int | None) -> None:
    for code, names in written():
        if len(names) == 1:
            continue
        *above, name = names
        assert locate([above[-1], name], year).adcode == code
        assert locate([name], year, "".join(names)).adcode == code
        for location in (locate([above[0], name], year), locate([name], year, above[0])):
            assert location.adcode in (code, ""), (names, location)
            assert location.province == above[0]


@pytest.mark.parametrize("suffix", ["人民政府", "市场监督管理局", "城市管理局"])
def test_every_division_of_now_may_have_an_office(suffix: str) -> None:
    for _, names in written():
        name = "".join(names) + suffix
        office = office_at_head(name + "2025年工作总结")
        assert office is not None
        assert (office.name, office.places) == (name, tuple(names))


def test_the_table_is_read_when_it_is_needed() -> None:
    code = (
        "import gongwen.nlp.document.parse, gongwen.nlp.document.overrides\n"
        "from gongwen.nlp.document.gazetteer import _table\n"
        "assert _table.cache_info().currsize == 0"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


WHERE: dict[str, tuple[list[str], int | None, str, tuple[str, str, str, str, str]]] = {
    "a county": (["武功县"], None, "", ("陕西省", "咸阳市", "武功县", "610431", "county")),
    "a town": (["武功县", "普集镇"], 2020, "", ("陕西省", "咸阳市", "武功县", "610431", "town")),
    "a town alone": (["普集镇"], 2020, "", ("", "", "", "", "town")),
    "a city": (["咸阳市"], 2020, "", ("陕西省", "咸阳市", "", "610400", "city")),
    "a province": (["陕西省"], 2020, "", ("陕西省", "", "", "610000", "province")),
    "a municipality": (["上海市"], 2020, "", ("上海市", "", "", "310000", "province")),
    "a district of one": (["浦东新区"], 2020, "", ("上海市", "", "浦东新区", "310115", "county")),
    "run by the province": (["仙桃市"], 2020, "", ("湖北省", "", "仙桃市", "429004", "county")),
    "in Hainan": (["五指山市"], 2020, "", ("海南省", "", "五指山市", "469001", "county")),
    "of the corps": (
        ["新疆生产建设兵团", "第八师", "石河子市"],
        2020,
        "",
        ("新疆维吾尔自治区", "", "石河子市", "659001", "county"),
    ),
    "the corps": (
        ["新疆生产建设兵团"], 2020, "", ("新疆维吾尔自治区", "", "", "", "province"),
    ),
    "a division by itself": (["第八师"], 2020, "", ("新疆维吾尔自治区", "", "", "", "")),
    "a division and its city": (
        ["第九师白杨市"], 2024, "", ("新疆维吾尔自治区", "", "白杨市", "659012", "city"),
    ),
    "a division of the corps": (
        ["新疆生产建设兵团", "第八师"], 2020, "", ("新疆维吾尔自治区", "", "", "", ""),
    ),
    "one name, many places": (["鼓楼区"], 2020, "", ("", "", "鼓楼区", "", "county")),
    "a clue": (
        ["鼓楼区"], 2020, "南京市鼓楼区司法局", ("江苏省", "南京市", "鼓楼区", "320106", "county"),
    ),
    "half a clue": (["鼓楼区"], 2020, "江苏省", ("江苏省", "", "鼓楼区", "", "county")),
    "two clues that disagree": (
        ["鼓楼区"], 2020, "南京市、福州市", ("", "", "鼓楼区", "", "county"),
    ),
    "a clue that does not help": (["鼓楼区"], 2020, "西安市", ("", "", "鼓楼区", "", "county")),
    "all in one province": (["桥西区"], 2020, "", ("河北省", "", "桥西区", "", "county")),
    "the whole before the part": (
        ["朝阳区"], 2020, "北京市朝阳区，长春市", ("北京市", "", "朝阳区", "110105", "county"),
    ),
    "what is written before it counts more than a clue": (
        ["长春市", "朝阳区"], 2020, "北京市", ("吉林省", "长春市", "朝阳区", "220104", "county"),
    ),
    "not where it is said to be": (
        ["南京市", "和平区"], 2020, "", ("江苏省", "南京市", "和平区", "", "county"),
    ),
    "unknown": (["清泉县"], 2020, "", ("", "", "清泉县", "", "county")),
    "nothing": ([], 2020, "", ("", "", "", "", "")),
    "renamed, before": (["户县"], 2015, "", ("陕西省", "西安市", "户县", "610118", "county")),
    "renamed, after": (["鄠邑区"], 2020, "", ("陕西省", "西安市", "鄠邑区", "610118", "county")),
    "renamed, no year": (["户县"], None, "", ("陕西省", "西安市", "户县", "610118", "county")),
    "in a city that was renamed": (
        ["樊城区"], 2008, "", ("湖北省", "襄樊市", "樊城区", "420606", "county"),
    ),
    "the city by its new name": (
        ["襄阳市", "樊城区"], 2008, "", ("湖北省", "襄樊市", "樊城区", "420606", "county"),
    ),
    "moved, before": (["简阳市"], 2012, "", ("四川省", "资阳市", "简阳市", "510185", "county")),
    "moved, after": (["简阳市"], 2020, "", ("四川省", "成都市", "简阳市", "510185", "county")),
    "other rank, before": (["巢湖市"], 2009, "", ("安徽省", "巢湖市", "", "341400", "city")),
    "other rank, after": (["巢湖市"], 2020, "", ("安徽省", "合肥市", "巢湖市", "340181", "county")),
    "dissolved and split": (["莱芜市"], 2015, "", ("山东省", "莱芜市", "", "371200", "city")),
    "other province, before": (
        ["江津市"], 1995, "", ("四川省", "重庆市", "江津市", "500116", "county"),
    ),
    "other province, after": (["江津市"], 2000, "", ("重庆市", "", "江津市", "500116", "county")),
    "two of that name then": (["江北区"], 2019, "", ("", "", "江北区", "", "county")),
    "one of that name now": (
        ["江北区"], 2027, "", ("浙江省", "宁波市", "江北区", "330205", "county"),
    ),
    "a prefecture for short": (
        ["恩施州"], 2020, "", ("湖北省", "恩施土家族苗族自治州", "", "422800", "city"),
    ),
    "an autonomous county for short": (
        ["前郭县"], 2020, "", ("吉林省", "松原市", "前郭尔罗斯蒙古族自治县", "220721", "county"),
    ),
    "a name that once was full": (
        ["北川县"], 2000, "", ("四川省", "绵阳市", "北川县", "510726", "county"),
    ),
    "and is short now": (
        ["北川县"], 2020, "", ("四川省", "绵阳市", "北川羌族自治县", "510726", "county"),
    ),
    "a province for short": (["陕西"], 2020, "", ("陕西省", "", "", "610000", "province")),
    "a province and a city for short": (["吉林"], 2020, "", ("吉林省", "", "", "", "")),
    "a new area": (["雄安新区"], 2020, "", ("河北省", "", "", "", "")),
    "a new area in a city": (["江北新区"], 2020, "", ("江苏省", "南京市", "", "", "")),
    "a new area, before it was a district": (["两江新区"], 2018, "", ("重庆市", "", "", "", "")),
    "and after": (["两江新区"], 2026, "", ("重庆市", "", "两江新区", "500157", "county")),
    "a zone that begins with its city": (
        ["西安高新技术产业开发区"], 2020, "", ("陕西省", "西安市", "", "610100", ""),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("names", "year", "clues", "expected"), WHERE.values(), ids=WHERE)
def test_locate(
    names: list[str], year: int | None, clues: str, expected: tuple[str, str, str, str, str]
) -> None:
    found = locate(names, year, clues)
    assert (found.province, found.city, found.county, found.adcode, found.level) == expected


def test_a_place_is_only_what_is_in_the_table() -> None:
    assert is_place("武功县")
    assert is_place("户县")
    assert not is_place("武功")
    assert not is_place("清泉县")
    assert is_province("陕西")
    assert is_province("陕西省")
    assert not is_province("咸阳市")
    assert lies_in("武功县", "咸阳市")
    assert lies_in("武功县", "陕西")
    assert not lies_in("武功县", "西安市")
    assert not lies_in("武功县", "武功县")
    assert place_at("在陕西省咸阳市", 1) == "陕西省"
    assert place_at("海南藏族自治州", 0) == "海南藏族自治州"
    assert place_at("武功", 0) == ""
    assert locate(["武功"]) == Location()


def test_another_name_of_a_place_needs_nothing_but_a_line_of_data(tmp_path: Path) -> None:
    path = tmp_path / "places.txt"
    path.write_text("# 别名 全称\n羊城 广州市\n朝阳 北京市 长春市\n", "utf-8")
    assert load_aliases(path, TABLE) == {"羊城": ["广州市"], "朝阳": ["北京市", "长春市"]}
    assert read_places("湘西自治州2020年工作总结").names == ("湘西自治州",)
    assert locate(["湘西自治州"]) == locate(["湘西土家族苗族自治州"])
    assert locate(["湘西自治州", "凤凰县"]) == locate(["凤凰县"])


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("羊城", "needs the full name"),
        ("羊 广州市", "two characters"),
        ("广州市 广州市", "a full name already"),
        ("羊城 广州", "no division is called 广州 in full"),
        ("花城 广州市", "stands there twice"),
    ],
)
def test_a_bad_name_is_said_with_its_line(line: str, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "places.txt"
    path.write_text(f"# 别名 全称\n花城 广州市\n\n{line}\n", "utf-8")
    with pytest.raises(SeedError, match=rf"^places\.txt:4: .*{problem}"):
        load_aliases(path, TABLE)


def test_a_zone_lies_in_the_county_it_is_called_after() -> None:
    zone = locate(["张家港经济技术开发区"])
    assert (zone.province, zone.city, zone.county) == ("江苏省", "苏州市", "张家港市")
    assert zone.level == ""
    assert locate(["无此地高新技术产业开发区"]) == Location()


def test_a_division_and_its_city_are_one_region() -> None:
    assert corps_region(["第九师", "白杨市"]) == ("第九师白杨市",)
    assert corps_region(["新疆生产建设兵团", "第九师", "白杨市"])[-1] == "白杨市"
    assert corps_region(["第九师"]) == ("第九师",)
    assert corps_region(["第九师", "一六五团"]) == ("第九师", "一六五团")
    assert corps_region([]) == ()


@pytest.mark.parametrize(
    ("name", "other", "same"),
    [
        ("武功县", "武功县", True),
        ("恩施州", "恩施土家族苗族自治州", True),
        ("黔南州", "黔南布依族苗族自治州", True),
        ("武功县", "扶风县", False),
        ("鼓楼区", "鼓楼区", True),
        ("某地", "某处", False),
    ],
)
def test_is_same_place(name: str, other: str, same: bool) -> None:
    assert is_same_place(name, other) is same


@pytest.mark.parametrize("text", ["某某同志在武功县调研时的讲话", "十三届自治区政府工作报告"])
def test_words_before_a_place_are_no_part_of_its_name(text: str) -> None:
    assert read_places(text).names == ()
