"""What a title says of its report: the region and the kind of document."""

from __future__ import annotations

from pathlib import Path

import pytest

from gongwen.nlp.document.document_kind import (
    KindOf,
    document_kinds,
    kind_of,
    load_kinds,
    region_of,
)
from gongwen.nlp.errors import SeedError

REGIONS: dict[str, tuple[str, str]] = {
    "county": ("武功县2020年法治政府建设工作总结", "武功县"),
    "the year first": ("2020年武功县法治政府建设工作总结", "武功县"),
    "the year first, in Chinese": ("二〇二〇年度武功县工作总结", "武功县"),
    "关于 first": ("关于武功县2020年度法治政府建设情况的报告", "武功县"),
    "the issuer first": ("武功县人民政府关于2020年度法治政府建设情况的报告", "武功县"),
    "a Party committee": ("中共武功县委关于2020年度法治建设情况的报告", "武功县"),
    "an office of the county": ("武功县市场监督管理局2020年工作总结", "武功县"),
    "the finest of three": ("陕西省咸阳市武功县2020年工作总结", "武功县"),
    "town": ("武功县普集镇2020年工作总结", "普集镇"),
    "street office": ("北京市东城区东华门街道2021年情况报告", "东华门街道"),
    "province": ("2026年陕西省政府工作报告", "陕西省"),
    "autonomous region": ("2026年宁夏回族自治区政府工作报告", "宁夏回族自治区"),
    "autonomous prefecture": ("延边朝鲜族自治州2020年工作总结", "延边朝鲜族自治州"),
    "league": ("内蒙古自治区锡林郭勒盟2020年工作总结", "锡林郭勒盟"),
    "autonomous banner": ("鄂温克族自治旗2020年工作总结", "鄂温克族自治旗"),
    "special region": ("香港特别行政区2020年报告", "香港特别行政区"),
    "new area": ("上海市浦东新区2022年工作总结", "浦东新区"),
    "forest district": ("神农架林区2021年工作总结", "神农架林区"),
    "prefecture": ("大兴安岭地区2021年工作总结", "大兴安岭地区"),
    "a name with 镇 and 市": ("镇江市2020年工作总结", "镇江市"),
    "a city named …州": ("广州市2021年法治政府建设年度报告", "广州市"),
    "a district of a city named …州": ("杭州市西湖区2021年政府工作报告", "西湖区"),
    "a province named …州": ("贵州省2026年政府工作报告", "贵州省"),
    "a city named …乡": ("新乡市2020年工作总结", "新乡市"),
    "a district named …州": ("北京市通州区2020年工作总结", "通州区"),
    "a town, then 乡村": ("武功县普集镇乡村振兴工作总结", "普集镇"),
    "a town, then 市场": ("武功县普集镇市场监管工作总结", "普集镇"),
    "关于印发 first": ("关于印发安平县2021年普法工作要点的通知", "安平县"),
    "关于报送 first": ("关于报送武功县2020年工作总结的报告", "武功县"),
    "whole, without a name": ("全县法治政府建设工作总结", ""),
    "our, without a name": ("我市2020年工作总结", ""),
    "an office without a place": ("县司法局2020年工作总结", ""),
    "乡 of 乡村 is no place": ("乡村振兴工作总结", ""),
    "社区 is no place": ("社区矫正工作总结", ""),
    "乡镇 is no place": ("乡镇法治建设情况报告", ""),
    "市场 is no place": ("市场监督管理局2020年工作总结", ""),
    "a span first": ("2018-2020年武功县工作总结", "武功县"),
    "half a year first": ("2021年上半年武功县工作总结", "武功县"),
    "a body of the state, then the county": ("国家税务总局武功县税务局2020年年报", "武功县"),
    "关于 and a verb first": ("关于推进武功县法治建设的报告", "武功县"),
    "a province for short": ("陕西2026年政府工作报告", "陕西"),
    "provinces and cities for short": ("陕西咸阳武功县2020年工作总结", "武功县"),
    "a prefecture for short": ("恩施州2020年工作总结", "恩施州"),
    "a city named …州 and a park": ("苏州工业园区2020年工作总结", "苏州工业园区"),
    "a long zone": ("西安高新技术产业开发区2020年工作总结", "西安高新技术产业开发区"),
    "a district behind a year": ("南京市2020年鼓楼区工作总结", "鼓楼区"),
    "a division of the corps": ("新疆生产建设兵团第八师石河子市2020年总结", "石河子市"),
    "an office that begins with 城": ("武功县城市管理综合执法局2020年总结", "武功县"),
    "a county of two characters, and such an office": ("河北省赵县城市管理局2020年总结", "赵县"),
    "the county's words are no place": ("武功县政府关于全县工作的报告", "武功县"),
    "棚户区 is no place": ("武功县棚户区改造工作总结", "武功县"),
    "重点镇 is no place": ("武功县重点镇建设工作总结", "武功县"),
    "a suburb with its city": ("阳泉市郊区2020年工作总结", "郊区"),
    "a suburb of no city": ("郊区2020年工作总结", ""),
    "市场 behind the beginning of a name": ("东方市场监管工作总结", ""),
    "区域 behind the beginning of a name": ("河西区域协同工作总结", ""),
    "新县城 is not 新县": ("新县城建设工作总结", ""),
    "开发区 in general": ("加快开发区建设工作总结", ""),
    "a university": ("湖南大学2020年年度报告", ""),
    "a whole state": ("国家级经济技术开发区工作总结", ""),
    "none": ("2020年政府工作报告", ""),
    "empty": ("", ""),
}


@pytest.mark.parametrize(("title", "region"), REGIONS.values(), ids=REGIONS)
def test_region_of(title: str, region: str) -> None:
    assert region_of(title) == region


DOCUMENT_KINDS: dict[str, tuple[str, str, str]] = {
    "summary": ("武功县2020年法治政府建设工作总结", "工作总结", "工作总结"),
    "the yearly report": (
        "广州市2021年法治政府建设年度报告",
        "法治政府建设年度报告",
        "法治政府建设年度报告",
    ),
    "the yearly report, by its older name": (
        "武功县2012年度推进依法行政工作年度报告",
        "法治政府建设年度报告",
        "依法行政工作年度报告",
    ),
    "the yearly report of a year": (
        "武功县2021年度法治政府建设报告",
        "法治政府建设年度报告",
        "法治政府建设报告",
    ),
    "how things stand": ("关于2020年法治政府建设情况的报告", "情况报告", "法治政府建设情况的报告"),
    "how things stand, short": (
        "武功县2020年度法治政府建设情况报告",
        "情况报告",
        "法治政府建设情况报告",
    ),
    "how the work stands": ("某街道2019年度法治政府建设工作情况", "情况报告", "工作情况"),
    "how it was carried out": ("关于实施纲要落实情况的汇报", "情况报告", "情况的汇报"),
    "a plan carried out, and the next": (
        "关于2020年计划执行情况与2021年计划草案的报告",
        "情况报告",
        "报告",
    ),
    "work report": ("2026年陕西省政府工作报告", "政府工作报告", "政府工作报告"),
    "work report of a government in full": (
        "武功县人民政府工作报告",
        "政府工作报告",
        "政府工作报告",
    ),
    "work report of a court": ("武功县人民法院工作报告", "工作报告", "工作报告"),
    "work report on the rule of law": ("武功县2022年法治政府建设工作报告", "工作报告", "工作报告"),
    "disclosure": (
        "武功县2021年政府信息公开工作年度报告",
        "信息公开年报",
        "政府信息公开工作年度报告",
    ),
    "disclosure, of an office": (
        "司法局2020年信息公开工作年度报告",
        "信息公开年报",
        "信息公开工作年度报告",
    ),
    "disclosure, short": ("武功县2021年政府信息公开年报", "信息公开年报", "信息公开年报"),
    "statistics": ("武功县2021年国民经济和社会发展统计公报", "统计公报", "统计公报"),
    "a census": ("武功县第七次全国人口普查公报（第一号）", "统计公报", "普查公报"),
    "main points": ("武功县2020年法治政府建设工作要点", "工作要点", "工作要点"),
    "plan of action": ("扫黑除恶专项斗争实施方案", "实施方案", "实施方案"),
    "a plan for the tasks of a report": ("政府工作报告任务分工方案", "实施方案", "分工方案"),
    "a draft for comment": ("武功县法治政府建设实施方案（征求意见稿）", "实施方案", "实施方案"),
    "a plan for years": ("法治政府建设实施纲要（2021-2025年）", "计划", "实施纲要"),
    "a programme": ("武功县2021年度行政执法监督工作计划", "计划", "工作计划"),
    "self-inspection": ("关于法治政府建设自查情况的报告", "自查报告", "自查情况的报告"),
    "self-inspection, short": ("2020年安全生产责任制落实情况自查报告", "自查报告", "自查报告"),
    "inspection": ("关于某区法治政府建设情况的督察报告", "督察报告", "督察报告"),
    "what an inspection led to": ("关于法治督察反馈问题整改情况的报告", "情况报告", "情况的报告"),
    "an office of inspection reports": (
        "县委督查室关于2020年工作情况的报告",
        "情况报告",
        "情况的报告",
    ),
    "white book": ("2020年行政审判白皮书", "白皮书", "白皮书"),
    "a notice of main points": ("关于武功县2020年工作要点的通知", "通知", "通知"),
    "a notice that encloses main points": ("关于印发《武功县普法工作要点》的通知", "通知", "通知"),
    "opinions": ("关于加快法治建设的实施意见", "意见", "实施意见"),
    "a decision": ("关于废止部分规范性文件的决定", "决定", "决定"),
    "an inspection of what was mended": ("关于问题整改的督察报告", "督察报告", "督察报告"),
    "what followed an inspection": ("关于督察反馈问题整改的报告", "其他", "报告"),
    "a letter to all": ("致全县农民的一封信", "其他", "一封信"),
    "an answer": ("关于第15号建议的答复", "其他", "答复"),
    "a public notice": ("关于公布执法主体名单的公告", "公告", "公告"),
    "a speech": ("在全县法治工作会议上的讲话", "讲话", "讲话"),
    "a report that encloses a summary": ("关于报送《2020年工作总结》的报告", "其他", "报告"),
    "a reply": ("国务院关于同意规划的批复", "其他", "批复"),
    "a study": ("关于基层执法情况的调研报告", "其他", "调研报告"),
    "a list": ("武功县2024年度重大行政决策事项目录", "其他", "目录"),
    "a title in title marks": ("《武功县2020年工作总结》", "工作总结", "工作总结"),
    "white space within": ("武功县 2020年 工作 总结", "工作总结", "工作总结"),
    "spaced letters": ("政 府 工 作 报 告", "政府工作报告", "政府工作报告"),
    "Traditional characters": ("武功縣2020年工作總結", "工作总结", "工作總結"),
    "the longer words win": ("2020年度工作报告", "工作报告", "年度工作报告"),
    "a summary and a plan": ("2020年工作总结和2021年工作计划", "工作总结", "工作总结"),
    "a summary and what comes next": ("上半年工作总结及下半年工作安排", "工作总结", "工作总结"),
    "a report on a summary and a plan": (
        "关于2020年工作总结和2021年工作计划的报告",
        "工作总结",
        "报告",
    ),
    "a draft": ("武功县2020年工作总结（送审稿）", "工作总结", "工作总结"),
    "the full text": ("2026年武功县政府工作报告全文", "政府工作报告", "政府工作报告"),
    "news of a meeting": ("武功县召开法治政府建设情况通报会", "", "情况通报"),
    "news of a plan": ("武功县出台法治乡村建设实施方案", "", "实施方案"),
    "none": ("武功县法治政府建设", "", ""),
    "empty": ("", "", ""),
}


@pytest.mark.parametrize(("title", "kind", "written"), DOCUMENT_KINDS.values(), ids=DOCUMENT_KINDS)
def test_kind_of(title: str, kind: str, written: str) -> None:
    found = kind_of(title)
    assert (found.kind, found.written) == (kind, written)


def test_the_kinds_are_those_that_are_documented() -> None:
    assert document_kinds() == (
        "法治政府建设年度报告", "情况报告", "工作总结", "工作报告", "政府工作报告", "信息公开年报",
        "统计公报", "实施方案", "工作要点", "计划", "自查报告", "督察报告", "白皮书", "通知",
        "意见", "决定", "公告", "讲话", "其他",
    )  # fmt: skip
    assert set(document_kinds()) == {kind for _, kind, _ in DOCUMENT_KINDS.values()} - {""}


RULES = """kinds = ["总结", "其他"]
trailers = ["全文"]

[news]
verbs = ["召开"]

[[rules]]
kind = "总结"
ends = ["小结"]
has = ["工作"]
lacks = ["会议"]

[[rules]]
kind = "其他"
ends = ["小结"]
"""


def test_a_rule_needs_nothing_but_a_line_of_data(tmp_path: Path) -> None:
    path = tmp_path / "kinds.toml"
    path.write_text(RULES, "utf-8")
    kinds = load_kinds(path)
    assert kinds.names == ("总结", "其他")
    assert kinds.of("年度工作小结").kind == "总结"
    assert kinds.of("年度工作小结全文（一）").kind == "总结"
    assert kinds.of("工作会议小结").kind == "其他"
    assert kinds.of("年度小结").kind == "其他"
    assert kinds.of("工作总结") == KindOf()
    assert kinds.of("某县召开工作小结").kind == ""
    path.write_text(RULES.replace('ends = ["小结"]\nhas', 'ends = ["小结", "回顾"]\nhas'), "utf-8")
    assert load_kinds(path).of("年度工作回顾").kind == "总结"


BAD: dict[str, tuple[str, str, int, str]] = {
    "not TOML": ("kinds = [", "kinds = [[", 0, "not TOML"),
    "an unknown key": ("lacks", "lack", 7, "unknown key lack"),
    "an unknown table": ("[news]", "[old]", 4, "unknown old"),
    "an unknown list of news": ("verbs", "words", 4, "news has"),
    "a kind that is not listed": ('"总结", "其他"', '"其他"', 7, "总结 is not among kinds"),
    "no kind": ('kind = "总结"', 'kind = ""', 7, "needs kind"),
    "no ends": ('ends = ["小结"]\nhas', "has", 7, "needs ends"),
    "a word that is none": ('["会议"]', "[3]", 7, "must be a list"),
    "a word for a list": ('["会议"]', '"会议"', 7, "must be a list"),
    "an empty word": ('["会议"]', '["会 议"]', 7, "no word"),
    "a word twice": ('["全文"]', '["全文", "全文"]', 2, "stands there twice"),
}


@pytest.mark.parametrize(("old", "new", "line", "problem"), BAD.values(), ids=BAD)
def test_a_bad_rule_is_said_with_its_line(
    old: str, new: str, line: int, problem: str, tmp_path: Path
) -> None:
    path = tmp_path / "kinds.toml"
    assert old in RULES
    path.write_text(RULES.replace(old, new, 1), "utf-8")
    with pytest.raises(SeedError, match=problem) as raised:
        load_kinds(path)
    assert str(raised.value).startswith("kinds.toml")
    assert not line or raised.value.line == line


def test_a_file_without_rules(tmp_path: Path) -> None:
    path = tmp_path / "kinds.toml"
    path.write_text("kinds = []\n", "utf-8")
    with pytest.raises(SeedError, match=r"needs at least one \[\[rules\]\]"):
        load_kinds(path)


@pytest.mark.parametrize(
    ("title", "region"),
    [
        ("东乡族自治县2020年法治政府建设工作总结", "东乡族自治县"),
        ("甘肃省积石山保安族东乡族撒拉族自治县2021年总结", "积石山保安族东乡族撒拉族自治县"),
        ("双江拉祜族佤族布朗族傣族自治县2020年总结", "双江拉祜族佤族布朗族傣族自治县"),
        ("内蒙古自治区呼伦贝尔市鄂温克族自治旗2021年", "鄂温克族自治旗"),
        ("恩施土家族苗族自治州2020年", "恩施土家族苗族自治州"),
        ("上海市浦东新区2021年", "浦东新区"),
        ("沙县区2022年总结", "沙县区"),
        ("中共武功县委全面依法治县委员会2020年总结", "武功县"),
        ("2020年推进县域医共体工作总结", ""),
        ("关于加强市域社会治理的报告", ""),
    ],
)
def test_peoples_in_names_and_words_that_are_no_names(title: str, region: str) -> None:
    assert region_of(title) == region
