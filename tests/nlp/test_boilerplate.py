"""Which lines are furniture of the page, and which only sound like it."""

from __future__ import annotations

import pytest

from gongwen.nlp.text.paragraphs import is_boilerplate

FURNITURE = [
    "下载",
    "下载 打印 全屏 收藏",
    "下载打印全屏收藏",
    "【字号：",
    "】",
    "加大",
    "中",
    "字体：大 中 小",
    "【字号：大 中 小】",
    "【打印】 【关闭】",
    "打印本页",
    "返回顶部",
    "首页",
    ">",
    "首页 > 政务公开 > 法治政府建设",
    "当前位置：首页 > 信息公开",
    "您的位置:",
    "来源：",
    "来源：武功县司法局",
    "信息来源:武功县人民政府",
    "发布时间：2021-01-08 10:20",
    "时间：2026-02-09",
    "2026-02-03 09:02:33",
    "２０２１－０１－０８",
    "浏览次数：123",
    "阅读量：",
    "作者：李某",
    "责任编辑：张某",
    "编辑:王某 审核:赵某",
    "上一篇：关于印发普法工作要点的通知",
    "下一篇:没有了",
    "分享到：微信 微博",
    "分享:",
    "扫一扫在手机打开当前页",
    "版权所有：武功县人民政府",
    "陕ICP备05001234号",
    "陕公网安备 61043102000001号",
    "网站标识码：6104310001",
    "主办单位：武功县人民政府",
    "技术支持：某公司",
    "免责声明：本文仅供参考。",
    "文章内容来自网络,如有侵权,联系删除、联系电话:023-85238885",
    "本文来源于网络，侵删",
    "如有侵权，请联系删除。",
    "1/12",
    "- 3 -",
    "—3—",
    "第3页 共12页",
]


@pytest.mark.parametrize("line", FURNITURE)
def test_furniture(line: str) -> None:
    assert is_boilerplate(line)
    assert is_boilerplate(f"　{line}\u00a0")


REPORT = [
    "武功县2020年法治政府建设工作总结",
    "一、加强组织领导,提升法治政府建设水平",
    "七、推进政务信息公开,强化社会监督",
    "打印机采购项目全部公开招标。",
    "全县下载办事指南3000次。",
    "政务公开工作扎实推进。",
    "首页设置法治政府建设专栏,公开信息12条。",
    "来源于群众的监督不断加强。",
    "责任编辑制度进一步健全。",
    "时间紧、任务重,各镇办迎难而上。",
    "打击侵权假冒行为,立案12件。",
    "网信部门查处侵权账号12个,联系删除违法信息30条。",
    "微信公众号推送普法文章120篇。",
    "附件:任务分工表",
    "安平县司法局",
    "2021年1月8日",
    "各位代表：",
    "12",
    "",
]


@pytest.mark.parametrize("line", REPORT)
def test_text_of_the_report(line: str) -> None:
    assert not is_boilerplate(line)


@pytest.mark.parametrize("begin", ["来源：", "免责声明：", "当前位置："])
def test_a_long_paragraph_is_never_furniture(begin: str) -> None:
    assert is_boilerplate(f"{begin}{'政务公开' * 5}")
    assert not is_boilerplate(f"{begin}{'政务公开' * 40}")


@pytest.mark.parametrize(
    "line",
    [
        "审核：全年审核规范性文件35件。",
        "发布：全年发布政务信息1200条。",
        "来源：财政拨款35万元用于普法。",
        "时间2020年10月全县开展执法检查",
        "基本站稳脚跟并完成档案整理。",
    ],
)
def test_text_of_a_report_is_not_taken_for_the_page(line: str) -> None:
    assert not is_boilerplate(line)


@pytest.mark.parametrize(
    "line", ["首页 » 政务公开 » 年度报告", "字号" + "大" * 60 + "x", "】", "»"]
)
def test_furniture_with_odd_marks_is_told_at_once(line: str) -> None:
    assert is_boilerplate(line) is not line.endswith("x")
