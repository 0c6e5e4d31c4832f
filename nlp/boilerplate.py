"""Text of the page that is not text of the report: buttons, bread crumbs, bylines, footers."""

from __future__ import annotations

import re

from .fold import squeeze

_LABELS = frozenset(
    squeeze(label)
    for label in (
        "下载 打印 全屏 收藏 首页 返回 返回顶部 返回首页 关闭 关闭窗口 打印本页 加大 还原 "
        "减小 放大 缩小 大 中 小 默认 分享 分享: 分享到 分享到: 分享到微信 微信 微博 qq "
        "朋友圈 复制链接 > >> » / | [ ] × x 】 【 字体: 字号: [字号: [字体: 来源: 时间: "
        "发布时间: 发表时间: 发布日期: 阅读量: 浏览量: 浏览次数: 点击数: 点击量: 作者: 编辑: "
        "责任编辑: 您的位置: 当前位置: 您现在的位置: 相关报道: 相关文档: 相关链接: 相关新闻: "
        "相关附件: 相关阅读: 上一篇: 下一篇: 上一篇 下一篇 扫一扫 无障碍 无障碍阅读 长者版 "
        "网站地图 联系我们 政府信息公开 政务公开 政务信息 信息公开 语音播报 朗读 纠错 [打印] "
        "[关闭] [打印本页] [关闭窗口] [收藏] [大] [中] [小] 阅读原文 点击下载 附件下载 "
    ).split()
)
"""Lines that are furniture when they stand alone, folded as what they are compared with."""

_LINES = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?:信息|稿件|文章|内容)?来源[:].{1,24}$",
        r"(?:发布|发表|更新|成文)?(?:时间|日期)[:]?"
        r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?[\d: ]{0,120}$",
        r"(?:\d{4}-\d{1,2}-\d{1,2}|\d{4}/\d{1,2}/\d{1,2})\s?(?:\d{1,2}:\d{2}(?::\d{2})?)?$",
        r"(?:浏览|点击|阅读|访问)(?:次数|量|数)?[:]?\d{0,120}次?$",
        r"\[?字(?:体|号)[:]?[\[\]大中小加减放缩还原号]{0,120}$",
        r"(?:作者|编辑|责任编辑|责编|审核|校对|供稿|初审|复审|终审|编审|撰稿|录入|发布人?)[:].{0,20}$",
        r"(?:您(?:的|现在的)|当前|你的)位置[:].{0,80}$",
        r"首页[>》-].{0,80}$",
        r"扫一扫.{0,30}$",
        r"(?:上|下)一(?:篇|条|页)[:].{0,80}$",
        r"分享(?:到|至)?[:].{0,40}$",
        r"(?:打印|关闭|收藏|下载|分享到?|全屏|纠错"
        r"|返回顶部|本页|窗口|字[体号]|[大中小:|\[\] ]){1,60}$",
        r"第?\d{1,3}/\d{1,3}页?$|-\d{1,3}-$|第\d{1,3}页(?:共\d{1,3}页)?$",
        r"(?:主办|承办|协办|技术支持|主管)(?:单位)?[:].{1,60}$",
        r"》》?.{0,20}(?:点击|进入专题).{0,20}$",
        r"\(?(?:本文|更多).{0,10}(?:公众号|关注).{0,40}$",
        r"(?:文字|图文|视频)?(?:解读|朗读)[:]?(?:点击.{0,20})?$",
    )
)
_FOOTERS = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?:.{0,20}小编|(?:.{0,20}[,。:])?本[站网]).{0,20}(?:整理|收集|推荐|收藏).{0,60}$",
        r".{0,40}(?:版权所有|网站标识码|公网安备).{0,80}$",
        r".{0,40}[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]icp备.{0,80}$",
        r"(?:文章|本文|图片|资料|以上).{0,8}(?:来自|来源于|摘自|转载自?)于?(?:网络|互联网).{0,80}$",
        r".{0,40}(?:如有侵权|侵权必究|侵删).{0,60}$",
        r".{0,40}联系(?:我们|本站|管理员|作者)?删除[,、。]?(?:(?:联系|电话).{0,40})?$",
        r"(?:免责声明|版权声明|特别声明)[:].{0,120}$",
    )
)
"""Footers; only these may end like a sentence."""
_SENTENCE_ENDS = frozenset("。;!?")
_LONGEST = 120
"""Characters of the longest line that can be furniture; a report's paragraph is not thrown away."""


def is_boilerplate(line: str) -> bool:
    """Say whether ``line``, a whole paragraph, is page furniture or a scraper's footer."""
    if len(line) > 3 * _LONGEST:
        return False
    bare = squeeze(line)
    if len(bare) > _LONGEST:
        return False
    if any(pattern.match(bare) for pattern in _FOOTERS):
        return True
    if bare[-1:] in _SENTENCE_ENDS:
        return False
    return bare in _LABELS or any(pattern.match(bare) for pattern in _LINES)
