"""Numbers in Chinese characters: which are put in digits, which stay, and where they came from."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongwen.nlp import extract_figures
from gongwen.nlp.document.parse import parse_document
from gongwen.nlp.figures.extract import read_document
from gongwen.nlp.figures.quantities import amounts
from gongwen.nlp.text.normalize import squeeze
from gongwen.nlp.text.numerals import (
    Numeral,
    find_numerals,
    find_values,
    in_digits,
    in_digits_offsets,
    in_values,
    in_values_offsets,
)

PIECES = list(
    '〇○零一二三四五六七八九十百千万亿两点第分之至到-、,."余多几数年月日件个次会议元统0123'
    "壹贰伍陆拾佰仟廿卅半上倍"
)
PIECES += [
    "百分之",
    "千分之",
    "万分之",
    "3亿5千万",
    "1万2",
    "5千多万",
    "三亿二千多万",
    "个半",
    "二〇二〇",
    "1,236",
    ",236",
    "千瓦",
    "个月",
    "以上",
    "期间",
    "着",
]
NUMBERISH = st.lists(st.sampled_from(PIECES), max_size=24).map("".join)

CONVERTED: dict[str, tuple[str, str]] = {
    "a year, 〇": ("二〇二〇年总结", "2020年总结"),
    "a year, 零": ("二零二零年", "2020年"),
    "a year, ○": ("二○二○年", "2020年"),
    "a year, Latin O as folded": ("二o一八年", "2018年"),
    "a year without zero": ("一九九八年", "1998年"),
    "a year in a document number": ("武政发[二〇二〇]十五号", "武政发[2020]15号"),
    "a span of years, dash": ("一九八一-一九八五年", "1981-1985年"),
    "a span of years, double dash": ("二〇一八--二〇二〇年", "2018--2020年"),
    "a span of years, 至": ("二〇一八至二〇二〇年", "2018至2020年"),
    "a span of years, 年 twice": ("二〇一八年至二〇二〇年", "2018年至2020年"),
    "a list of years": ("二〇一八、二〇一九和二〇二〇年", "2018、2019和2020年"),
    "年度": ("二〇二〇年度", "2020年度"),
    "a decade with its century": ("一九八〇年代", "1980年代"),
    "a decade": ("八十年代", "80年代"),
    "a date": ("十二月三十一日", "12月31日"),
    "a date of single digits": ("五月一日", "5月1日"),
    "二月 is February": ("二月二日", "2月2日"),
    "a quarter": ("前三季度,一季度", "前3季度,1季度"),
    "an anniversary": ("七十周年,五周年", "70周年,5周年"),
    "things": ("办理十七件", "办理17件"),
    "things, one digit": ("三件,九起,五人", "3件,9起,5人"),
    "一 before a thing": ("制定一件法规", "制定1件法规"),
    "ten": ("十件,十年", "10件,10年"),
    "两 is two": ("两件,两名,两个月", "2件,2名,2个月"),
    "两 in front of 百 and 千": ("两千两百亩", "2200亩"),
    "二 of terms and dates": ("二期工程,二个月,二年", "2期工程,2个月,2年"),
    "二 in laws": ("二人以上,二件", "2人以上,2件"),
    "hundreds": ("三百件,一百零五件,一百一十件", "300件,105件,110件"),
    "thousands": ("三千二百亩,一千零五十户", "3200亩,1050户"),
    "ten thousands": ("一万二千三百件", "12300件"),
    "zeros between": ("一万零三百件,十万零一十件", "10300件,100010件"),
    "〇 as the zero between": ("一百〇八条", "108条"),
    "万 at the end is the unit": ("一百二十万元", "120万元"),
    "亿 at the end is the unit": ("二十一亿元", "21亿元"),
    "万亿": ("三十二万亿元", "32万亿元"),
    "万 within what 亿 counts": ("一万二千亿元", "12000亿元"),
    "both units": ("三亿五千万元,三亿零五百万元", "3.5亿元,3.05亿元"),
    "万 and 亿 count without measure word": ("五百万群众", "500万群众"),
    "余": ("一百二十余件", "120余件"),
    "多": ("二十多个,三千多万元", "20多个,3000多万元"),
    "几, 来": ("十几个,十来年", "10几个,10来年"),
    "余万": ("三十余万元,两万余人", "30余万元,2万余人"),
    "ten and some": ("十余个部门,十多项", "10余个部门,10多项"),
    "decimals": ("八点五亿元,三点二万人次", "8.5亿元,3.2万人次"),
    "a decimal below one": ("零点五公顷", "0.5公顷"),
    "decimals of trillions": ("一点二万亿元", "1.2万亿元"),
    "a decimal before 级": ("七点八级地震", "7.8级地震"),
    "two characters before any measure word": (
        "十一个,二十项,三十种,十二级",
        "11个,20项,30种,12级",
    ),
    "千瓦 is the unit, not the number": ("三百万千瓦,五百千伏", "300万千瓦,500千伏"),
    "a range": ("三至五件,十到十五个", "3至5件,10到15个"),
    "a range of amounts": ("三到五万元", "3到5万元"),
    "a range of ordinals": ("第十条至第十五条,第三至第五条", "第10条至第15条,第3至第5条"),
    "time limits": ("一年以上三年以下,七日内", "1年以上3年以下,7日内"),
    "a fine": ("五百元以上一千元以下", "500元以上1000元以下"),
    "working days": ("五个工作日", "5个工作日"),
    "points": ("两个百分点", "2个百分点"),
    "a limit without measure word": ("三百以上", "300以上"),
    "an article": ("第十三条第一款第二项", "第13条第1款第2项"),
    "an added article": ("第二百六十条之一", "第260条之一"),
    "a chapter and a section": ("第三章第二节", "第3章第2节"),
    "a meeting": ("第二十次会议,第一次会议", "第20次会议,第1次会议"),
    "sessions": ("十三届全国人大一次会议", "13届全国人大1次会议"),
    "三中 is no number": ("十八届三中全会", "18届三中全会"),
    "a document's name": ("中央一号文件", "中央1号文件"),
    "percent": ("百分之九十八", "98%"),
    "percent with decimals": ("百分之八点五", "8.5%"),
    "percent below one": ("百分之零点九", "0.9%"),
    "percent above a hundred": ("百分之一百二十", "120%"),
    "a hundred percent": ("百分之百", "100%"),
    "per mille": ("千分之五", "5‰"),
    "a range of percentages": ("百分之四至百分之五", "4%至5%"),
    "thousands separators": ("1,236件", "1236件"),
    "millions with separators and decimals": ("12,345,678.5元", "12345678.5元"),
    "separators before a Chinese comma, folded": ("共1,236,其中", "共1236,其中"),
    "in a long quotation": ('"全年共办理行政复议案件十七件"', '"全年共办理行政复议案件17件"'),
    "behind a number and a comma": ("占1/3,三十家,增长2.5,五件", "占1/3,30家,增长2.5,5件"),
    "behind a quotation": ('"放管服"改革十七项', '"放管服"改革17项'),
}

KEPT: dict[str, str] = {
    "a slogan": "三集中三到位",
    "points of a list": "一是改革,二是创新",
    "headings": "一、工作(二)问题,三,其他",
    "the Belt and Road": "一带一路",
    "names with 个": "三个代表,四个全面",
    "names with 位": "五位一体,三位一体",
    "names with 项, unquoted": "三项制度,八项规定",
    "one digit before 批 and 级": "一批,两级,三类",
    "five-year plans by number": "十四五,十三五规划,十三五期间",
    "a plan of one number": "十五计划,十五期间",
    "the party congress": "党的二十大",
    "the three of the countryside": "三农",
    "the first secretary": "第一书记",
    "an industry by number": "第三产业",
    "who answers first": "第一责任人",
    "the third party of a law suit": "第三人",
    "a numbered hospital": "第二人民医院",
    "integration": "一体化",
    "words that end in 一": "统一,唯一,之一,星期一",
    "统一 before a measure word": "统一号码,统一年度",
    "统一 before a number": "统一十二个",
    "一致": "一致",
    "hearts as one": "万众一心",
    "万 without a number": "千家万户,上万人,近百场",
    "百姓": "百姓",
    "一些, 一定": "一些,一定",
    "一部分": "一部分",
    "一次性": "一次性",
    "一起, together": "一起推进",
    "一条龙": "一条龙",
    "一把手": "一把手",
    "一方面": "一方面",
    "one each": "一人一策,一户一档,一件一议",
    "one after the other": "一件接着一件",
    "一家人": "一家人",
    "year by year": "一年一度,一年来",
    "one thing done well": "高效办成一件事",
    "十分": "十分,十足",
    "days that became names": "九一八,五四,三八,五一期间",
    "a holiday that reads like a number": "十一期间",
    "digits in a row": "一二三",
    "three to five years": "三五年",
    "seven or eight": "七八个",
    "two or three hundred": "二、三百亿度,三、四月",
    "paragraphs with one 第": "第一、二款",
    "fifteen or sixteen": "十五六岁",
    "four or five hundred": "四五百人",
    "tens, how many is open": "几十件,数十家,几十万元",
    "150 or 105": "一百五件",
    "350 million or less": "三亿五千件",
    "no number at all": "十百件,百十千万件,二十百件,两十件,二十两件",
    "two months are not February": "两月",
    "secondary": "二次供水,二次创业,二元结构,二人转",
    "fractions": "三分之二,十分之一",
    "a percentage that is open": "百分之几",
    "a percentage with a range of figures that is a year's": "百分之三五",
    "a clock time": "五点三十分",
    "a place": "五台县,三元区,五家渠市",
    "a school year": "三年级,一二三四年级",
    "八部门 counts departments": "八部门",
    "an idiom": "十万火急",
    "a short quotation": '"八项规定","二十条","三个一百年"',
    "behind Arabic digits": "3.2万,5千,1.2亿3千万",
    "parts that may mean two numbers": "3亿5千件,超10亿5家,5千6",
    "parts out of order": "3千5万,2百3千件,5万3亿元,12万34567元",
    "other words with formal characters": "队伍万余人,大陆,收拾,五卅运动,陆续",
    "a half of other words": "两个半岛,一个半决赛,3个半成品,一年半载,2020年半年报",
    "the tail of an Arabic number": "1二百件",
    "a number of a list": "4.十四届全国人大",
    "separators of other widths": "1,23和11,2345",
    "a list of numbers": "249,5",
    "separators behind a zero": "0,123",
    "decimals with separators": "3.141,592",
    "Arabic digits": "2020年办理17件",
    "no numbers": "深化行政执法体制改革。",
    "empty": "",
}


@pytest.mark.parametrize(("text", "digits"), CONVERTED.values(), ids=CONVERTED)
def test_in_digits(text: str, digits: str) -> None:
    assert in_digits(text) == digits


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT)
def test_what_stays(text: str) -> None:
    assert find_numerals(text) == []
    assert in_digits(text) is text


@pytest.mark.parametrize("text", [text for text, _ in CONVERTED.values()] + list(KEPT.values()))
def test_the_tables_hold_squeezed_text(text: str) -> None:
    assert squeeze(text) == text


def test_find_numerals() -> None:
    assert find_numerals("二〇二〇年办理一百余件,占百分之八点五") == [
        Numeral(0, 4, "2020"),
        Numeral(7, 9, "100"),
        Numeral(13, 19, "8.5%"),
    ]


def test_offsets() -> None:
    digits, starts, ends = in_digits_offsets("办十七件")
    assert digits == "办17件"
    assert starts == [0, 1, 1, 3]
    assert ends == [1, 3, 3, 4]


def chinese(number: int) -> str:
    """Write 1 to 99,999,999 in Chinese characters."""
    high, low = divmod(number, 10000)
    if high:
        gap = "零" if 0 < low < 1000 else ""
        return chinese(high) + "万" + gap + (_below_10000(low, first=False) if low else "")
    return _below_10000(low, first=True)


def _below_10000(number: int, first: bool) -> str:
    written, gap = "", False
    for unit, size in (("千", 1000), ("百", 100), ("十", 10), ("", 1)):
        digit = number // size % 10
        if digit:
            written += "零" if gap and written else ""
            written += "零一二三四五六七八九"[digit] + unit
        gap = not digit
    return written.removeprefix("一") if first and 10 <= number < 20 else written


@given(st.integers(1, 99_999_999) | st.integers(1, 11_000))
def test_a_number_reads_as_it_is_written(number: int) -> None:
    digits = f"{number // 10_000}万" if number % 10_000 == 0 else str(number)
    assert in_digits(f"办理{chinese(number)}件") == f"办理{digits}件"


@given(st.integers(1, 100_000_000))
def test_separators_do_not_change_a_number(number: int) -> None:
    assert in_digits(f"共{number:,}件") == f"共{number}件"


@given(NUMBERISH)
def test_in_digits_is_idempotent(text: str) -> None:
    assert in_digits(in_digits(text)) == in_digits(text)


@given(NUMBERISH | st.text())
def test_offsets_agree_with_the_text(text: str) -> None:
    digits, starts, ends = in_digits_offsets(text)
    assert digits == in_digits(text)
    assert len(digits) == len(starts) == len(ends)
    spans = list(dict.fromkeys(zip(starts, ends, strict=True)))
    assert "".join(text[start:end] for start, end in spans) == text
    within = {(n.start, n.end) for n in find_numerals(text)}
    assert all(end - start == 1 for start, end in spans if (start, end) not in within)


@given(NUMBERISH)
def test_numerals_are_in_order(text: str) -> None:
    found = find_numerals(text)
    assert all(n.start < n.end for n in found)
    assert all(a.end <= b.start for a, b in pairwise(found))


@given(
    st.text(
        st.characters(
            exclude_characters="〇○零一二三四五六七八九十百千万亿两,壹贰叁肆伍陆柒捌玖拾佰仟廿卅半"
        )
    )
)
def test_text_without_numbers_is_the_same_object(text: str) -> None:
    assert in_digits(text) is text


@pytest.mark.parametrize(
    "text",
    [
        "一" * 50_000,
        "二〇二〇、" * 20_000,
        "三至" * 50_000,
        "三点" * 50_000,
        "百分之" * 30_000,
        '"' * 50_000,
        "1,111" * 20_000,
        "1" + ",111" * 20_000 + "1",
    ],
    ids=lambda text: text[:6],
)
def test_odd_text_takes_no_time(text: str) -> None:
    # Nothing here may take time that grows with the square of the length: it would not end.
    assert in_digits(in_digits(text)) == in_digits(text)


def test_real_reports(shared_reports: list[Path]) -> None:
    for path in shared_reports:
        for line in path.read_text("utf-8").splitlines():
            text = squeeze(line)
            digits, starts, _ = in_digits_offsets(text)
            assert in_digits(digits) == digits
            assert starts == sorted(starts)


# -- every way of writing a number -----------------------------------------------------------------

WRITTEN = """
# digits
46件 46 件
0件 0 件
1,236件 1236 件
１，２３６件 1236 件
12,345,678.5元 12345678.5 元
1 236 件 1236 件
４６件 46 件
95.4% 95.4 %
５．２‰ 5.2 ‰
# digits and one multiplier
3.2万人次 32000 人次
5千元 5000 元
8百户 800 户
3十万元 300000 元
5百万元 5000000 元
5千万元 50000000 元
12000万元 120000000 元
1.2亿元 120000000 元
2.15万亿元 2150000000000 元
０．５亿元 50000000 元
12,345.67万元 123456700 元
300万千瓦 3000000 千瓦
500千伏 500 千伏
5.2亿千瓦时 520000000 千瓦时
# several parts
3亿5千万元 350000000 元
2千500元 2500 元
2百50元 250 元
1万3千5百20元 13520 元
3千2百15人 3215 人
1亿3千500万元 135000000 元
1万3千500元 13500 元
３亿５千万元 350000000 元
3亿5000万元 350000000 元
3亿零500万元 305000000 元
3亿500万元 305000000 元
14亿7000万斤 1470000000 斤
1亿2345万6789元 123456789 元
3亿2345.6万元 323456000 元
2亿3千万吨 230000000 吨
13万2千元 132000 元
12万5000元 125000 元
12万500元 120500 元
12万3456.78元 123456.78 元
1万零20人 10020 人
1万2千名 12000 名
1万2千3百人 12300 人
1万2人 12000 人
1亿2元 120000000 元
2千3百件 2300 件
2千3百5十件 2350 件
2千零5十件 2050 件
5万3千吨 53000 吨
3万五千件 35000 件
3亿五千万元 350000000 元
三亿5千万元 350000000 元
三亿5000万元 350000000 元
3万5千亿元 3500000000000 元
3万亿5千亿元 3500000000000 元
1,200万5千元 12005000 元
2万5千千瓦 25000 千瓦
3亿5千萬元 350000000 元
1億2千万元 120000000 元
# characters
十七件 17 件
二十件 20 件
一百零五件 105 件
一百一十件 110 件
三百二十件 320 件
两千两百亩 2200 亩
四千三百份 4300 份
一千零五十户 1050 户
一万二千三百件 12300 件
一万零三百件 10300 件
十万零一十件 100010 件
十二万五千元 125000 元
一百二十万元 1200000 元
三千万元 30000000 元
二十一亿元 2100000000 元
九亿七千万人 970000000 人
两亿三千万亩 230000000 亩
三亿五千万元 350000000 元
三亿零五百万元 305000000 元
一亿二千三百四十五万六千七百八十九元 123456789 元
一万二千亿斤 1200000000000 斤
三十二万亿元 32000000000000 元
一亿七千零五十万人 170500000 人
三点五万件 35000 件
八点五亿元 850000000 元
一点二万亿元 1200000000000 元
零点五公顷 0.5 公顷
两个百分点 2 个百分点
零点八个百分点 0.8 个百分点
三万五元 35000 元
一万二人 12000 人
一百〇八件 108 件
廿件 20 件
廿五名 25 名
卅户 30 户
一百廿五人 125 人
# formal characters
伍仟元 5000 元
伍仟圆 5000 元
壹拾贰万叁仟圆 123000 元
壹万元 10000 元
壹拾元 10 元
拾万元 100000 元
贰拾叁万元 230000 元
壹拾贰万叁仟元 123000 元
叁佰肆拾伍元 345 元
壹仟零陆元 1006 元
柒亿捌仟万元 780000000 元
玖佰份 900 份
伍萬元 50000 元
貳拾元 20 元
陸拾元 60 元
叁份 3 份
贰佰零伍元叁角伍分 205.35 元
八十一元六角 81.6 元
12元5角 12.5 元
三毛五分钱 0.35 元
八分钱 0.08 元
两块钱 2 元
3块5毛钱 3.5 元
# 余, 多, 几, 来
120余件 120 件 ~
一百二十余件 120 件 ~
三千多人 3000 人 ~
三千多万亩 30000000 亩 ~
30余万元 300000 元 ~
三十余万元 300000 元 ~
3万5千多人 35000 人 ~
2亿3千多万人 230000000 人 ~
2亿3千余万人 230000000 人 ~
四亿零七百多万吨 407000000 吨 ~
三亿二千多万吨 320000000 吨 ~
一亿五千余万吨 150000000 吨 ~
一亿一千四百多万吨 114000000 吨 ~
5千多万元 50000000 元 ~
5千余万元 50000000 元 ~
5000余万元 50000000 元 ~
3万多亿元 3000000000000 元 ~
一万多亿元 1000000000000 元 ~
1.2万亿多元 1200000000000 元 ~
3亿多元 300000000 元 ~
3亿几千万元 300000000 元 ~
3万几千人 30000 人 ~
十几次 10 次 ~
十几万人 100000 人 ~
二十几人 20 人 ~
十来户 10 户 ~
2百多人 200 人 ~
# told by the multiplier alone
百余家 100 家 ~
千余人 1000 人 ~
万余亩 10000 亩 ~
百多户 100 户 ~
百来人 100 人 ~
百余万元 1000000 元 ~
上百家 100 家 ~
上千名 1000 名 ~
上万人 10000 人 ~
上亿元 100000000 元 ~
上百万册 1000000 册 ~
上千亿元 100000000000 元 ~
上百余家 100 家 ~
数十个 10 个 ~
数百名 100 名 ~
数千人 1000 人 ~
数万件 10000 件 ~
数十万元 100000 元 ~
数百万元 1000000 元 ~
数千万元 10000000 元 ~
数亿元 100000000 元 ~
数十亿元 1000000000 元 ~
数百余人 100 人 ~
几十件 10 件 ~
几百条 100 条 ~
几千户 1000 户 ~
几万人 10000 人 ~
几十万元 100000 元 ~
几亿元 100000000 元 ~
近百场 100 场 ~
近千人 1000 人 ~
近万亩 10000 亩 ~
近百亿元 10000000000 元 ~
近百余家 100 家 ~
逾百户 100 户 ~
逾千人 1000 人 ~
超百家 100 家 ~
超千亿元 100000000000 元 ~
超过百家 100 家 ~
过百亿元 10000000000 元 ~
突破万亿元 1000000000000 元 ~
不到百户 100 户 ~
约百人 100 人 ~
# qualifiers around
近3亿元 300000000 元 ~
约3万5千名 35000 名 ~
逾3千家 3000 家 ~
超12万5000人 125000 人 ~
3亿5千万元以上 350000000 元 ~
3亿5千万元左右 350000000 元 ~
不少于一百二十件 120 件 ~
伍仟元以上 5000 元 ~
# halves
一个半月 1.5 个月
3个半月 3.5 个月
一个半小时 1.5 个小时
3个半小时 3.5 个小时
两个半百分点 2.5 个百分点
两年半 2.5 年
三天半 3.5 天
两倍半 2.5 倍
5亩半 5.5 亩
# fractions, tenths, per cent
百分之九十八 98 %
百分之十二点五 12.5 %
百分之零点九 0.9 %
百分之一百二十 120 %
百分之百 100 %
百分之30 30 %
百分之3.5 3.5 %
百分之二十多 20 % ~
千分之三 3 ‰
千分之三点五 3.5 ‰
万分之五 5 ‱
三分之二 0.6667 -
五分之四 0.8 -
十分之一 0.1 -
四成 0.4 -
一成五 0.15 -
六成五 0.65 -
三成多 0.3 - ~
近三成 0.3 - ~
# two numbers
七八个 7..8 个
两三户 2..3 户
十五六人 15..16 人
二十七八名 27..28 名
四五百人 400..500 人
一两百家 100..200 家
七八万元 70000..80000 元
3-5万元 30000..50000 元
3至5万元 30000..50000 元
3万至5万元 30000..50000 元
三到五万元 30000..50000 元
1亿2千万至1亿5千万元 120000000..150000000 元
伍仟至捌仟元 5000..8000 元
百分之七八十 70..80 %
百分之三到五 3..5 %
百分之三至百分之五 3..5 %
30%-40% 30..40 %
"""
"""Forms, each with its value, its unit (``-`` for none), and ``~`` when it is approximate."""


def written_numbers() -> list[tuple[str, list[float], str, bool]]:
    rows = []
    for line in WRITTEN.strip().splitlines():
        if not line.startswith("#"):
            *form, value, unit = line.removesuffix(" ~").split(" ")
            values = [float(one) for one in value.split("..")]
            rows.append((" ".join(form), values, unit.replace("-", ""), line.endswith(" ~")))
    return rows


def test_the_table_has_every_kind_of_number() -> None:
    forms = [form for form, *_ in written_numbers()]
    assert len(forms) >= 200
    assert len(set(forms)) == len(forms)


@pytest.mark.parametrize("row", written_numbers(), ids=lambda row: row[0])
def test_a_written_number_is_read_whole(row: tuple[str, list[float], str, bool]) -> None:
    form, values, unit, approximate = row
    (figure,) = extract_figures(f"合计为{form}。")
    assert figure.raw == form
    assert (figure.value if isinstance(figure.value, list) else [figure.value]) == values
    assert (figure.unit, figure.approximate) == (unit, approximate)


@pytest.mark.parametrize(
    ("written", "step"),
    [
        ("46件", 1),
        ("3.25万元", 100),
        ("3250万元", 10**4),
        ("3亿5千万元", 10**7),
        ("3亿5000万元", 10**4),
        ("3亿2345.6万元", 1000),
        ("三亿五千万元", 10**7),
        ("四亿零七百多万吨", 10**6),
        ("13万2千元", 1000),
        ("12万5000元", 1),
        ("12万3456.78元", "0.01"),
        ("1万2人", 1000),
        ("2千3百件", 100),
        ("3万5千亿元", 10**11),
        ("一百二十件", 1),
        ("一百二十万元", 10**4),
        ("三点五万件", 1000),
        ("5千多万元", 10**7),
        ("数十万元", 10**5),
        ("百分之十二点五", "0.1"),
        ("八十一元六角", "0.1"),
    ],
)
def test_what_one_more_in_the_last_digit_is_worth(written: str, step: int | str) -> None:
    (found,) = read_document(parse_document(f"合计为{written}。"))
    assert found.step == Decimal(step)


SIZED = {1: "", 10**4: "万", 10**8: "亿"}
FORMAL = str.maketrans("一二三四五六七八九十百千", "壹贰叁肆伍陆柒捌玖拾佰仟")
WIDE = str.maketrans("0123456789.,", "０１２３４５６７８９．，")


def in_characters(number: int) -> str:
    """Write 1 to 10**12 in Chinese characters."""
    high, low = divmod(number, 10**8)
    if not high:
        return chinese(low)
    gap = "零" if 0 < low < 10**7 else ""
    return chinese(high) + "亿" + gap + (_below_yi(low) if low else "")


def _below_yi(number: int) -> str:
    high, low = divmod(number, 10**4)
    if not high:
        return _below_10000(low, first=False)
    gap = "零" if 0 < low < 1000 else ""
    tail = gap + _below_10000(low, first=False) if low else ""
    return _below_10000(high, first=False) + "万" + tail


def in_parts(number: int) -> str:
    """Write a number as digits with 亿 and 万 between: 3亿500万20."""
    yi, rest = divmod(number, 10**8)
    wan, ones = divmod(rest, 10**4)
    parts = [(yi, "亿"), (wan, "万"), (ones, "")]
    written, gap = "", False
    for part, unit in parts:
        if part:
            small = bool(written) and (gap or part < 1000)
            written += f"{'零' if small else ''}{part}{unit}"
        gap = bool(written) and not part
    return written


def in_thousands(number: int) -> str:
    """Write a number with 千 and 百 in each part where it is round: 3亿5千万, 13万2千."""
    parts = []
    for size, unit in ((10**8, "亿"), (10**4, "万"), (1, "")):
        part = number // size % 10**4
        if part:
            thousands, rest = divmod(part, 1000)
            round_ = thousands and not rest
            parts.append(f"{thousands}千{unit}" if round_ else f"{part}{unit}")
    return "".join(parts)


def every_form(number: int) -> dict[str, str]:
    """Return the ways of writing a number, by name."""
    forms = {
        "digits": str(number),
        "commas": f"{number:,}",
        "full width": str(number).translate(WIDE),
        "full width with commas": f"{number:,}".translate(WIDE),
        "characters": in_characters(number),
        "formal": in_characters(number).translate(FORMAL),
        "parts": in_parts(number),
    }
    for size, unit in SIZED.items():
        if size > 1 and number >= size // 100:
            forms[f"decimals of {unit}"] = f"{Decimal(number) / size:f}{unit}"
            forms[f"decimals of {unit} with zeros"] = f"{Decimal(number) / size:.9f}{unit}"
    if (number < 10**12 and number % 10**7 == 0) or (number < 10**8 and number % 1000 == 0):
        forms["thousands"] = in_thousands(number)
    return forms


COUNTED = st.one_of(
    st.integers(11, 10**4),
    st.integers(11, 10**12),
    st.integers(1, 9999).map(lambda n: n * 10**7),
    st.integers(1, 99999).map(lambda n: n * 1000),
    st.integers(1, 99999).map(lambda n: n * 10**4),
).filter(lambda n: n > 10)


@given(COUNTED)
def test_a_number_in_any_form_is_read_back(number: int) -> None:
    for name, form in every_form(number).items():
        figures = extract_figures(f"合计为{form}元。")
        assert [(f.value, f.unit, f.raw) for f in figures] == [(number, "元", f"{form}元")], name


@given(COUNTED)
def test_every_form_of_a_number_is_one_in_a_search(number: int) -> None:
    for name, form in every_form(number).items():
        assert in_values(squeeze(f"共{form}元")) == f"共{number}元", name


@pytest.mark.parametrize("text", ["0万", "000亿元", "0,000万", "0.0亿", "00万亿"])
def test_the_end_of_a_number_is_not_zero(text: str) -> None:
    assert in_values(text) == text


@given(NUMBERISH)
def test_values_are_written_out_once(text: str) -> None:
    assert in_values(in_values(text)) == in_values(text)


@given(NUMBERISH | st.text())
def test_offsets_of_values_agree_with_the_text(text: str) -> None:
    values, starts, ends = in_values_offsets(text)
    assert values == in_values(text)
    assert len(values) == len(starts) == len(ends)
    spans = list(dict.fromkeys(zip(starts, ends, strict=True)))
    assert "".join(text[start:end] for start, end in spans) == text
    found = find_values(text)
    assert all(a.end <= b.start for a, b in pairwise(found))


@given(NUMBERISH)
def test_numbers_of_a_text_do_not_overlap(text: str) -> None:
    found = list(amounts(in_digits(text)))
    assert all(a.end <= b.start for a, b in pairwise(found))
