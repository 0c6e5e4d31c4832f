"""Numbers in Chinese characters: which are put in digits, which stay, and where they came from."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongwen.nlp.text.normalize import squeeze
from gongwen.nlp.text.numerals import Numeral, find_numerals, in_digits, in_digits_offsets

PIECES = list(
    '〇○零一二三四五六七八九十百千万亿两点第分之至到-、,."余多几数年月日件个次会议元统0123'
)
PIECES += ["百分之", "千分之", "二〇二〇", "1,236", ",236", "千瓦", "个月", "以上", "期间", "着"]
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
    "the tail of an Arabic number": "1,二百件",
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


@given(st.text(st.characters(exclude_characters="〇○零一二三四五六七八九十百千万亿两,")))
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
