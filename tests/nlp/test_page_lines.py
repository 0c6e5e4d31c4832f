"""Lines of a web page, a newspaper or a letterhead around a title."""

from __future__ import annotations

import pytest

from gongwen.nlp.document.page_lines import (
    field_value,
    is_caption,
    is_column,
    is_cover_note,
    is_masthead,
    is_number,
    is_page_line,
    is_press_lead,
    is_salutation,
    maker,
    site_owner,
)

AROUND = (
    "首页 > 政务公开 > 正文",
    "首页│机构设置│政务公开│在线服务",
    "首页  机构概况  信息公开  办事服务",
    ">> 您的位置：首页 >> 信息公开",
    "http://www.example.gov.cn",
    "Wugong County Bureau of Justice",
    "索 引 号：610431/2021-00012　发布机构：武功县司法局",
    "发布机构\t武功县司法局\t成文日期\t2021-01-12",
    "[主题分类] 法治      [发布机构] 某街道办事处",
    "【时间：2018-03-06】【来源：武功县司法局】",
    "2021-01-22 09:30   来源：武功县司法局",
    "武政发〔2021〕6号",
    "武政发〔2021〕6号                签发人：张某",
    "━━━━━━━━━━━━",
    "第四次会议文件（十一）",
    "第01版：要闻",
    "陕西某报 2020年9月24日 星期四  A2 综合新闻",
    "上一版  下一版",
    "上一篇  下一篇  返回目录",
    "您好，欢迎访问武功县司法局网站！  今天是",
    "武功县人民政府 www.example.gov.cn",
    "公开目录：双随机一公开 / 抽查计划",
    "首页 / 政务公开 / 正文",
    "征求意见时间：2020-04-07 至 2020-04-20",
    "所属栏目：部门文件",
    "2021年第3期",
    "武功县人民政府公报",
    "武功县人民政府办公室　　2021年12月30日印发",
    "省长李某作政府工作报告。本报记者 王某 摄",
    "图为大会会场。记者 李某 摄/某报",
)
NOT_AROUND = (
    "武功县2021年法治政府建设年度报告",
    "武功县人民政府",
    "武功县统计局　国家统计局武功调查队",
    "政 府 工 作 报 告",
    "决  定",
    "（2016-2020年）",
    "2016-2020",
    "关于2020年第二季度药品抽检结果的公告",
    "——2021年1月8日在武功县第十八届人民代表大会第五次会议上",
    "各镇人民政府：",
    "根据武政发〔2018〕19号文件精神，我县进行了自查，现报告如下。",
    "来源于生活的法治实践",
    "本报告所列数据的统计期限自2021年1月1日起，到2021年12月31日止。",
    "",
)


@pytest.mark.parametrize("line", AROUND)
def test_lines_of_the_page(line: str) -> None:
    assert is_page_line(line)


@pytest.mark.parametrize("line", NOT_AROUND)
def test_lines_that_may_be_of_the_report(line: str) -> None:
    assert not is_page_line(line)


def test_captions_and_numbers() -> None:
    assert is_caption("省长李某作政府工作报告。本报记者 王某 摄")
    assert not is_caption("摄影家协会2021年工作总结")
    assert is_number("武政发〔2021〕6号")
    assert is_number("武政发[2021]第6号")
    assert not is_number("武政发〔2021〕6号文件精神")


@pytest.mark.parametrize(
    ("line", "is_one"),
    [("政府工作报告", True), ("通 知 公 告", True), ("武功县政府工作报告", False), ("", False)],
)
def test_columns(line: str, is_one: bool) -> None:
    assert is_column(line) == is_one


@pytest.mark.parametrize(
    ("line", "owner"),
    [
        ("武功县人民政府门户网站", "武功县人民政府"),
        ("武功县司法局网站 > 政务公开", "武功县司法局"),
        ("咸阳日报数字报    第01版：要闻", "咸阳"),
        ("武功县人民政府", ""),
        ("法治政府建设年度报告", ""),
        ("", ""),
    ],
)
def test_whose_site_it_is(line: str, owner: str) -> None:
    assert site_owner(line) == owner


@pytest.mark.parametrize(
    ("line", "group", "value"),
    [
        ("发布机构：武功县司法局 公开日期：2021-01-19", "issuer-labels", "武功县司法局"),
        ("索 引 号：61/1　发 布 机 构：武功县司法局", "issuer-labels", "武功县司法局"),
        ("发布机构\t武功县司法局", "issuer-labels", "武功县司法局"),
        ("索引号|61|发布机构|武功县司法局|", "issuer-labels", "武功县司法局"),
        ("发布机构：", "issuer-labels", ""),
        ("[ 来源：武功县司法局 ]", "source-labels", "武功县司法局"),
        ("名　　称　武功县2020年年度报告", "title-labels", "武功县2020年年度报告"),
        ("武功县司法局2020年工作总结", "issuer-labels", None),
        ("", "issuer-labels", None),
    ],
)
def test_fields(line: str, group: str, value: str | None) -> None:
    assert field_value(line, group) == value


@pytest.mark.parametrize(
    ("line", "leads"),
    [
        ("陕西日报武功5月19日电 “这种做法很好。”", True),
        ("武功5月19日讯（记者 李某）", True),
        ("咸阳日报记者 李某 通讯员 王某", True),
        ("某县融媒体中心全媒体记者 李某", True),
        ("本报首席记者 李某", True),
        ("武功县召开记者见面会", False),
        ("5月19日，武功县召开会议。", False),
        ("武功县司法局2021年5月19日", False),
    ],
)
def test_what_leads_a_news_item(line: str, leads: bool) -> None:
    assert is_press_lead(line) is leads


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("武功县人民法院  编", "武功县人民法院"),
        ("武功县人民检察院编印", "武功县人民检察院"),
        ("（武功县司法局编制）", "武功县司法局"),
        ("武功县司法局", "武功县司法局"),
        ("县编", "县编"),
    ],
)
def test_who_made_a_book(line: str, name: str) -> None:
    assert maker(line) == name


@pytest.mark.parametrize(
    ("line", "greets"),
    [
        ("各位代表：", True),
        ("主任、各位副主任、各位委员：", True),
        ("主任、副主任、各位委员:", True),
        ("武功县司法局：", False),
        ("会上，主任、各位委员听取了以下报告：", False),
        ("主任、各位委员参加了会议", False),
    ],
)
def test_salutations(line: str, greets: bool) -> None:
    assert is_salutation(line) is greets


def test_notes_above_a_document_and_names_of_papers() -> None:
    assert is_cover_note("按照规定，现将报告全文公开，接受监督。")
    assert not is_cover_note("现将有关情况报告如下。")
    assert is_masthead("武功县法治政府建设专栏")
    assert is_masthead("武功县人民政府门户网站")
    assert not is_masthead("武功县政府信息公开工作")
    assert not is_masthead("武功县2021年统计公报")
