"""The time that a figure speaks of, where that was found, and whether it was reached or planned."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gongwen.nlp import Figure, extract_figures
from gongwen.nlp.document.overrides import from_name
from gongwen.nlp.document.parse import parse_document
from gongwen.nlp.figures.extract import read_document
from gongwen.nlp.figures.periods import Period
from gongwen.nlp.text.dates import of_plan


def read(text: str, year: int | None = None) -> list[Figure]:
    return [f for f in extract_figures(text, year) if f.kind != "date"]


def time(f: Figure) -> tuple[str, str, str]:
    return f.period_kind, f.period_start, f.period_end


@pytest.mark.parametrize(
    ("written", "span"),
    [
        ("一五", (1953, 1957)),
        ("二五", (1958, 1962)),
        ("三五", (1966, 1970)),
        ("五五", (1976, 1980)),
        ("七五", (1986, 1990)),
        ("九五", (1996, 2000)),
        ("十五", (2001, 2005)),
        ("十一五", (2006, 2010)),
        ("十四五", (2021, 2025)),
        ("十五五", (2026, 2030)),
    ],
)
def test_the_years_of_a_five_year_plan(written: str, span: tuple[int, int]) -> None:
    assert of_plan(written) == span


@pytest.mark.parametrize(
    ("period", "year"),
    [
        (Period("year", "2021", "2021"), 2021),
        (Period("span", "2021", "2025"), "2021-2025"),
        (Period("part", "2021-01", "2021-06"), 2021),
        (Period("span", "2020-07", "2021-06"), "2020-2021"),
        (Period("until", "", "2021-12"), 2021),
        (Period("cumulative", "2018", "2021"), "2018-2021"),
        (Period("cumulative", "", "2021"), 2021),
        (Period("span", "", "", "年均"), ""),
        (Period(), ""),
    ],
)
def test_the_year_agrees_with_the_period(period: Period, year: int | str) -> None:
    assert period.year == year


# Sentences of a report on 2023.

TIMES: dict[str, list[tuple[str, str, str]]] = {
    "受理案件12件。": [("year", "2023", "2023")],
    "全年受理案件12件。": [("year", "2023", "2023")],
    "2021年受理案件12件。": [("year", "2021", "2021")],
    "二〇二一年受理案件12件。": [("year", "2021", "2021")],
    "去年受理案件12件，今年受理15件。": [("year", "2022", "2022"), ("year", "2023", "2023")],
    "2018年、2019年分别受理案件3件、5件。": [("year", "2018", "2018"), ("year", "2019", "2019")],
    "受理案件12件，比2019年增长20%。": [("year", "2023", "2023")] * 2,
    "受理案件12件，比2019年的10件增长20%。": [
        ("year", "2023", "2023"),
        ("year", "2019", "2019"),
        ("year", "2023", "2023"),
    ],
    "比上年增长20%。": [("year", "2023", "2023")],
    "2021年同形势困难的2015年相比，增长20%。": [("year", "2021", "2021")],
    "五年来，在提高效益的基础上年均增长7%。": [("span", "2019", "2023")],
    "占比由上年的3%上升到4%。": [("year", "2022", "2022"), ("year", "2023", "2023")],
    "里程由2015年的12公里增加到2020年的18公里。": [
        ("year", "2015", "2015"),
        ("year", "2020", "2020"),
    ],
    "截至2022年底，有企业12家。": [("until", "", "2022-12")],
    "截止2022年底，有企业12家。": [("until", "", "2022-12")],
    "截至2023年6月30日，有企业12家。": [("until", "", "2023-06")],
    "截至２０２２年底，有企業１２家。": [("until", "", "2022-12")],
    "年末总人口30万人。": [("until", "", "2023-12")],
    "去年底有企业12家。": [("until", "", "2022-12")],
    "上半年受理案件12件。": [("part", "2023-01", "2023-06")],
    "下半年受理案件12件。": [("part", "2023-07", "2023-12")],
    "去年上半年受理案件12件。": [("part", "2022-01", "2022-06")],
    "2021年上半年受理案件12件。": [("part", "2021-01", "2021-06")],
    "一季度受理案件12件，前三季度受理30件。": [
        ("part", "2023-01", "2023-03"),
        ("part", "2023-01", "2023-09"),
    ],
    "1—6月受理案件12件。": [("part", "2023-01", "2023-06")],
    "1-6月受理案件12件.": [("part", "2023-01", "2023-06")],
    "6月受理案件12件。": [("part", "2023-06", "2023-06")],
    "2018年以来累计受理案件120件。": [("cumulative", "2018", "2023")],
    "党的十八大以来，受理案件120件。": [("cumulative", "2012", "2023")],
    "党的十九大以来，受理案件120件。": [("cumulative", "2017", "2023")],
    "改革开放以来，受理案件120件。": [("cumulative", "1978", "2023")],
    "累计受理案件120件。": [("cumulative", "", "2023")],
    "去年累计受理案件120件。": [("year", "2022", "2022")],
    "五年累计受理案件120件。": [("span", "2019", "2023")],
    "连续三年累计受理案件120件。": [("span", "2021", "2023")],
    "近三年受理案件120件。": [("span", "2021", "2023")],
    "五年来受理案件120件。": [("span", "2019", "2023")],
    "五年来年均受理案件12件。": [("span", "2019", "2023")],
    "五年来城镇化率达到70%。": [("year", "2023", "2023")],
    "五年来城镇化率从60%提高到70%。": [("year", "2018", "2018"), ("year", "2023", "2023")],
    "五年来，里程居全省第2位。": [("year", "2023", "2023")],
    "五年来，新建学校达到12所。": [("span", "2019", "2023")],
    "“十三五”时期受理案件120件。": [("span", "2016", "2020")],
    "“七五”期间受理案件120件。": [("span", "1986", "1990")],
    "「十三五」時期受理案件120件。": [("span", "2016", "2020")],
    "2016—2020年受理案件120件。": [("span", "2016", "2020")],
    "PM2.5年均浓度为26微克/立方米。": [("year", "2023", "2023")],
}


@pytest.mark.parametrize("text", TIMES)
def test_the_time_that_a_sentence_says(text: str) -> None:
    assert [time(f) for f in read(text, 2023)] == TIMES[text]


@pytest.mark.parametrize("text", ["受理案件12件。", "去年受理案件12件。", "上半年受理案件12件。"])
def test_nothing_is_guessed_where_the_year_is_not_known(text: str) -> None:
    [figure] = read(text)
    assert (figure.year, figure.period_start, figure.period_end) == ("", "", "")
    assert figure.period_source == ""


WORDS_OF_TIME = """
1—4月 1至9月份 1月3日至4月5日 7月 7月5日 今年 去年 前年 明年 今年初 去年底 今年末 今年以来
去年以来 一季度 上半年 下半年 年初 年底 年末 年均 每年 全年 全年累计 近三年 三年来 五年来
本届政府 截至目前 截至7月 截至7月底 截至7月5日 7月以来 当年 上年 同年 上年末 年初以来 未来五年
今后三年 前三季度 1—3季度 第二季度 明年初 今年1—4月 去年7月 今年上半年
""".split()


@pytest.mark.parametrize("words", WORDS_OF_TIME)
def test_the_time_of_an_unknown_year_is_not_made_up(words: str) -> None:
    for text in (f"{words}受理案件12件。", f"{words},受理案件12件,比去年同期增长3%。"):
        for figure in read(text):
            assert (figure.year, figure.period_start, figure.period_end) == ("", "", ""), figure


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("五年来受理案件12件。", "五年来"),
        ("1—6月受理案件12件。", "1—6月"),
        ("截至2022年底，有企业12家。", "2022年底"),
        ("“十三五”时期受理案件12件。", "十三五时期"),
        ("五年来年均受理案件12件。", "年均"),
        ("受理案件12件。", ""),
        ("2021年受理案件12件。", ""),
    ],
)
def test_the_period_is_kept_as_it_is_written(text: str, period: str) -> None:
    assert [f.period for f in read(text, 2023)] == [period]


STATUS: dict[str, list[str]] = {
    "受理案件12件。": ["result"],
    "2020年受理案件12件。": ["result"],
    "完成招商引资12亿元，为目标任务的120%。": ["result", "result"],
    "超额完成年度计划，完成率102%。": ["result"],
    "计划生育率98%。": ["result"],
    "将标准提高到每人每月500元。": ["result"],
    "办理时限压缩到5个工作日。": ["result"],
    "罚款12万元。": ["result"],
    "力争全年受理案件12件。": ["plan"],
    "主要预期目标是：生产总值增长5%左右；新增就业300人；城镇化率达到60%。": ["plan"] * 3,
    "主要预期目标是：\n生产总值增长5%；\n失业率不升；\n新增就业300人。\n培训干部200人次。": [
        "plan",
        "plan",
        "result",
    ],
    "到2025年，城镇化率达到70%。": ["plan"],
    "明年新建学校3所。": ["plan"],
    "“十四五”时期新建学校3所。": ["plan"],
    "计划投资3亿元。": ["plan"],
    "今年安排投资3亿元，粮食产量要求达到5吨。": ["plan", "plan"],
    "力争到2026年，茶园面积由现有8000亩扩大到1.2万亩。": ["result", "plan"],
    "初步核算，全年生产总值12亿元。": ["result"],
    "半数以上的公社普及了小学教育。": ["result"],
    "下一步，我们将新建学校3所，确保达标率达到95%以上。": ["plan", "plan"],
    "3. 下一步，我们将新建学校3所。培训干部200人次。": ["plan", "plan"],
    "（三）下一步，新建学校3所。\n培训干部200人次。": ["plan", "plan"],
    "下一步，新建学校3所，已建成1所。": ["plan", "result"],
    "预计全年生产总值12亿元，增长5%。": ["forecast", "forecast"],
    "生产总值有望突破12亿元。": ["forecast"],
    "合格率不低于95%的标准。": ["standard"],
    "处以500元以下罚款。": ["standard"],
    "罚款5万元以上10万元以下。": ["standard", "standard"],
    "按每人200元标准发放。": ["standard"],
    "办结时限20个工作日。": ["standard"],
    "在5个工作日内办结。": ["standard"],
    "引进投资500万元以上项目30个。": ["standard", "result"],
}


@pytest.mark.parametrize("text", STATUS)
def test_the_status(text: str) -> None:
    assert [f.status for f in read(text, 2023)] == STATUS[text]


@pytest.mark.parametrize(
    ("text", "measures"),
    [
        ("受理案件12件，增长20%。", ["level", "change"]),
        ("合格率98%，提高3个百分点。", ["level", "change"]),
        ("农业占比12%。", ["share"]),
        ("工业产值占生产总值的31%。", ["share"]),
        ("三分之一的企业停产。", ["share"]),
        ("城乡收入比缩小至2.3:1。", ["level"]),
        ("由3件增加到5件。", ["level", "level"]),
    ],
)
def test_the_measure(text: str, measures: list[str]) -> None:
    assert [f.measure for f in read(text, 2023)] == measures


# Parts of reports: what each number speaks of, its status, and where the time was found.

WORK = "2026年丙县政府工作报告\n（2026年1月20日在丙县第三届人民代表大会上）\n"
Row = tuple[str, str, str, str, str]
PARTS: dict[str, tuple[str, list[Row]]] = {
    "a review speaks of the year before": (
        f"{WORK}一、工作回顾\n造林3亩。",
        [("result", "year", "2025", "2025", "report")],
    ),
    "a heading says the year": (
        f"{WORK}一、2025年工作回顾\n造林3亩。\n二、2026年工作安排\n造林5亩。",
        [
            ("result", "year", "2025", "2025", "section"),
            ("plan", "year", "2026", "2026", "section"),
        ],
    ),
    "a five-year plan, and the year that a paragraph opens": (
        f"{WORK}一、“十四五”时期工作回顾\n新增就业30人。失业率达到5%。\n"
        "刚刚过去的2025年，成绩显著。\n新增就业7人。\n（一）稳就业。\n新增就业8人。",
        [
            ("result", "span", "2021", "2025", "section"),
            ("result", "year", "2025", "2025", "section"),
            ("result", "year", "2025", "2025", "item"),
            ("result", "year", "2025", "2025", "item"),
        ],
    ),
    "two times in one heading": (
        f"{WORK}一、2025年和“十四五”时期工作回顾\n造林3亩。\n这五年，成绩显著。\n造林5亩。\n"
        "二、“十五五”时期主要目标和2026年重点工作\n造林7亩。\n今年主要工作：\n造林9亩。",
        [
            ("result", "year", "2025", "2025", "section"),
            ("result", "span", "2021", "2025", "item"),
            ("plan", "span", "2026", "2030", "section"),
            ("plan", "year", "2026", "2026", "item"),
        ],
    ),
    "a line that is a heading by its words": (
        f"{WORK}“十四五”时期工作回顾\n造林3亩。\n2026年重点工作\n造林5亩。\n（一）农业\n造林7亩。",
        [
            ("result", "span", "2021", "2025", "section"),
            ("plan", "year", "2026", "2026", "section"),
            ("plan", "year", "2026", "2026", "section"),
        ],
    ),
    "what is no review is a plan": (
        f"{WORK}一、2025年工作回顾\n造林3亩。\n二、促进农业发展\n造林5亩。",
        [
            ("result", "year", "2025", "2025", "section"),
            ("plan", "year", "2026", "2026", "report"),
        ],
    ),
    "a look back in a plan": (
        f"{WORK}一、2025年工作回顾\n好。\n二、2026年工作安排\n去年造林3亩，今年造林5亩。造林7亩。\n"
        "已建成学校3所。\n过去一年，成绩显著。造林2亩。\n今年，造林9亩。",
        [
            ("result", "year", "2025", "2025", "sentence"),
            ("plan", "year", "2026", "2026", "sentence"),
            ("result", "year", "2025", "2025", "item"),
            ("result", "year", "2025", "2025", "report"),
            ("result", "year", "2025", "2025", "item"),
            ("plan", "year", "2026", "2026", "sentence"),
        ],
    ),
    "no results of a year that has only begun": (
        f"{WORK}一、2025年工作回顾\n今年一季度造林3亩。2026年造林5亩。",
        [
            ("plan", "part", "2026-01", "2026-03", "sentence"),
            ("plan", "year", "2026", "2026", "sentence"),
        ],
    ),
    "last year's result is still an estimate": (
        f"{WORK}一、2025年工作回顾\n预计财政收入3亿元。",
        [("forecast", "year", "2025", "2025", "section")],
    ),
    "五年 of an office ends with the year that is reviewed": (
        "2003年丙县政府工作报告\n（2003年1月20日在丙县人民代表大会上）\n一、过去五年工作回顾\n造林3亩。",
        [("result", "span", "1998", "2002", "section")],
    ),
    "a report that is given at the end of the year": (
        "1981年丙县政府工作报告\n（1981年11月30日在丙县人民代表大会上）\n一、工作回顾\n造林3亩。\n"
        "二、今后工作打算\n造林5亩。",
        [
            ("result", "year", "1981", "1981", "report"),
            ("plan", "year", "1982", "1982", "section"),
        ],
    ),
    "other reports speak of the year of their title and plan for the next": (
        "2020年丙县法治政府建设工作总结\n一、工作成效\n办案3件。\n二、下一步工作打算\n培训5人次。"
        "截至目前，已培训2人次。",
        [
            ("result", "year", "2020", "2020", "title"),
            ("plan", "year", "2021", "2021", "section"),
            ("result", "year", "2020", "2020", "report"),
        ],
    ),
    "a bulletin": (
        "2020年丙县国民经济和社会发展统计公报\n丙县统计局\n2021年3月12日\n粮食产量3吨，比上年增长5%。",
        [
            ("result", "year", "2020", "2020", "title"),
            ("result", "year", "2020", "2020", "title"),
        ],
    ),
    "explanations of words are neither": (
        f"{WORK}一、2025年工作回顾\n造林3亩。\n名词解释\n示范镇：面积5平方公里。",
        [("result", "year", "2025", "2025", "section"), ("", "", "", "", "")],
    ),
}


@pytest.mark.parametrize("case", PARTS)
def test_what_the_parts_of_a_report_speak_of(case: str) -> None:
    text, expected = PARTS[case]
    found = [f for f in read(text) if "届" not in f.raw]
    assert [(f.status, *time(f), f.period_source) for f in found] == expected


JOBS = """
1997-国务院 80 7000000 result year 1996 1996
2005-国务院 21 9800000 result year 2004 2004
2005-国务院 190 9000000 plan year 2005 2005
2007-国务院 23 11840000 result year 2006 2006
2007-国务院 175 9000000 plan year 2007 2007
2009-国务院 17 11130000 result year 2008 2008
2009-国务院 149 9000000 plan year 2009 2009
2011-国务院 16 57710000 result span 2006 2010
2011-国务院 189 45000000 plan span 2011 2015
2011-国务院 213 11680000 result year 2010 2010
2011-国务院 223 9000000 plan year 2011 2011
2013-国务院 7 58700000 result span 2008 2012
2013-国务院 43 12660000 result year 2012 2012
2013-国务院 194 9000000 plan year 2013 2013
2015-国务院 12 13220000 result year 2014 2014
2015-国务院 148 10000000 plan year 2015 2015
2017-国务院 13 13140000 result year 2016 2016
2017-国务院 162 11000000 plan year 2017 2017
2017-国务院 169 1000000 plan year 2017 2017
2019-国务院 16 13610000 result year 2018 2018
2019-国务院 179 11000000 plan year 2019 2019
2021-国务院 24 11860000 result year 2020 2020
2021-国务院 122 60000000 result span 2016 2020
2021-国务院 191 11000000 plan year 2021 2021
2026-上海市 117 641000 result year 2025 2025
2026-上海市 389 600000 plan year 2026 2026
2026-云南省 82 2616000 result span 2021 2025
2026-云南省 219 500000 plan year 2026 2026
2026-内蒙古自治区 53 1060000 result span 2021 2025
2026-内蒙古自治区 112 180000 plan year 2026 2026
2026-内蒙古自治区 360 180000 plan year 2026 2026
2026-吉林省 77 228900 result year 2025 2025
2026-吉林省 140 1242700 result span 2021 2025
2026-吉林省 298 210000 plan year 2026 2026
2026-宁夏回族自治区 168 85500 result year 2025 2025
2026-宁夏回族自治区 245 410000 result span 2021 2025
2026-宁夏回族自治区 486 82000 plan year 2026 2026
2026-安徽省 82 757000 result year 2025 2025
2026-安徽省 223 680000 plan year 2026 2026
2026-山东省 122 1249000 result year 2025 2025
2026-山东省 238 1100000 plan year 2026 2026
2026-山西省 152 473000 result year 2025 2025
2026-山西省 222 450000 plan year 2026 2026
2026-广东省 75 1494000 result year 2025 2025
2026-广东省 141 7000000 result span 2021 2025
2026-广东省 501 1100000 plan year 2026 2026
2026-广西壮族自治区 58 423000 result year 2025 2025
2026-新疆维吾尔自治区 69 2392000 result span 2021 2025
2026-新疆维吾尔自治区 128 488100 result year 2025 2025
2026-新疆维吾尔自治区 195 470000 plan year 2026 2026
2026-海南省 65 177800 result year 2025 2025
2026-海南省 225 862200 result span 2021 2025
2026-海南省 542 170000 plan year 2026 2026
2026-湖南省 87 827000 result year 2025 2025
2026-湖南省 257 700000 plan year 2026 2026
2026-甘肃省 173 300000 result span 2021 2025
2026-甘肃省 243 317000 result year 2025 2025
2026-甘肃省 558 300000 plan year 2026 2026
2026-陕西省 24 441000 result year 2025 2025
2026-陕西省 123 400000 result span 2021 2025
2026-陕西省 156 400000 plan year 2026 2026
"""
"""城镇新增就业 in the real reports, read by hand: report, number of the sentence, value in persons,
status, and kind, first and last year of the period."""


NEW_JOBS = re.compile("城镇(?:累计)?新增就业|新增城镇就业")


def test_new_jobs_in_the_real_reports(shared_reports: list[Path]) -> None:
    expected: dict[str, list[tuple[str, ...]]] = {}
    for line in JOBS.split("\n")[1:-1]:
        report, *cells = line.split()
        expected.setdefault(report, []).append(tuple(cells))
    read: dict[str, list[tuple[str, ...]]] = {}
    for path in shared_reports:
        document = from_name(parse_document(path.read_text("utf-8")), path.stem)
        persons = [f for found in read_document(document) if (f := found.figure()).unit == "人"]
        for sentence in document.sentences:
            said = NEW_JOBS.search(sentence.text)
            start = sentence.start + said.end() if said else sentence.end
            if first := next((p for p in persons if start <= p.start < sentence.end), None):
                row = (str(first.n), str(first.value), first.status, *time(first))
                read.setdefault("-".join(path.stem.split("-")[:2]), []).append(row)
    assert read == expected
