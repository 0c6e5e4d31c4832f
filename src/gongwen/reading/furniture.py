"""What on a web page is not the report: by the names of its blocks, and by its words."""

from __future__ import annotations

import re

from ..nlp.boilerplate import is_boilerplate
from ..nlp.fold import squeeze

_WHOLE = r"(?<!\S)(?:{})(?!\S)"
_PART = r"(?<![a-z])(?:{})(?![a-z])"
# Abbreviated Pinyin: dqwz 当前位置, ewm 二维码, xgxx 相关信息, yqlj 友情链接, mzsm 免责声明.
_OTHER_SENTENCES = re.compile(
    _WHOLE.format("hot|links?|xg|recommend")
    + "|"
    + _PART.format(
        r"footer|foot|copyright|related|relevant|xg(?:xx|wz|xw|news|lj|wd|yd|jd|zc|bd|wj)"
        r"|comments?|pinglun|disclaimer|mzsm|recommend\w*|friendlink\w*|yqlj|sitemap"
    )
)
"""Names of blocks whose sentences are not the report's: comments, digests of news, footers."""
_FURNITURE = re.compile(
    _WHOLE.format("top|bottom|position|location|print|close|prev|next|copy|ads?|gg")
    + "|"
    + _PART.format(
        r"nav|navi|navbar|navigation|menu|header|tools?|breadcrumb\w*|crumbs?|dqwz|weizhi"
        r"|mianbao\w*|topbar|toolbar|banner|logo|search\w*|login|sidebar|share\w*|bdshare\w*|bshare\w*|jiathis\w*|fenxiang"
        r"|noprint|dayin|fontsize|zihao|ewm|erweima|qr|qrcode|weixin|wechat|weibo|sweep|saoma|pager"
        r"|pagination|sxy|sxp|rank|backtop|gotop|totop|back_top|jiucuo|langdu"
    )
)
"""Names of blocks that hold buttons, menus and captions."""
_FURNITURE_TAGS = frozenset(("nav", "menu", "footer", "dialog"))

_NOTICE = re.compile(
    r"浏览器|分辨率|ipv6|无障碍|适老化|不良信息|未经.{0,8}(?:授权|许可)|版权|技术支持|copyright|"
    r"icp备|公网安备|网站标识码|客户端|扫码|扫一扫|二维码|公众号|微信|微博|登录|注册|本网站|本站|"
    r"网站(?:声明|地图)|访客|转载|镜像|邮编|邮政编码|javascript|flash"
)
"""Words of a site's notes to its visitors; in a report they are rare enough not to be counted."""
_LONGEST_NOTICE = 100

_CARD = re.compile(
    r"(?:索引号|信息索引|发布机构|发文机关|发文单位|发布单位|制发机关|公开单位|信息分类|主题分类|体裁分类|组配分类"
    r"|公开类别|公开方式|公开范围|公开时限|公开形式|公开日期|服务对象|成文日期|发文日期|生成日期|生效日期|废止日期"
    r"|失效日期|发布日期|有效性|时效性|是否有效|效力状态|公文种类|文种|主题词|关键词|内容概述|内容概要|信息名称"
    r"|名称|标题|文号|发文字号|文件编号|统一编号|规范性文件编号)[:]"
)
"""The first label in a row of the card with the data of a document that stands above its text."""
_LABEL = (
    r"(?:(?:信息|稿件|文章|内容)?来源|作者|编辑|责任编辑|责编|审核|校对|发布人|发布者|录入|浏览(?:次数|量)|点击(?:次数|数|量|率)"
    r"|(?:阅读|访问)(?:次数|量)|(?:发布|发表|更新|录入|上传)(?:时间|日期)|字体(?:大小)?|字号|分享到?|打印|保护视力色)[:]"
)
_DATE = r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?[\d:]*"
_EDGE = re.compile(
    "|".join(
        (
            rf"[\[(]?(?:{_DATE})?{_LABEL}.{{0,80}}$",
            rf".{{0,30}}{_LABEL}.{{0,40}}{_LABEL}.{{0,40}}$",
            r"\[?(?:相关|延伸|推荐|热点|热门|更多)(?:稿件|信息|新闻|文章|文件|文档|链接|政策|解读|阅读|报道|附件|推荐"
            r"|内容|专题|资讯)+\]?[:]?$|猜你喜欢",
            r"\[?(?:政策|文件|图文|部门)?(?:解读|图解)\]?[:]?$",
            r"\[?(?:我要|网页|网友|内容|信息)(?:纠错|评论|收藏|留言|分享|打印|咨询)\]?$",
            r"\[?(?:打印|关闭|返回|回到|分享|收藏|下载|推荐)(?:本页|此页|页面|正文|本?窗口|顶部|首页|列表|上页"
            r"|全文|文件|本文|此文|附件|给好友|朋友圈)\]?$",
            r"用?(?:手机|微信|扫码|扫描|扫一扫).{0,8}(?:扫|看|打开|分享|关注).{0,20}$",
            r"(?:上|下|前|后)一?(?:篇|条|页|则|个)[:>].{0,80}$|没有了$",
            r"(?:网站地图|联系我们|关于我们|网站声明|隐私声明|法律声明|使用帮助|设为首页|加入收藏|网站首页|友情链接"
            r"|无障碍.{0,4}|长者.{0,4}|适老.{0,4}|简体|繁体|english|登录|注册|搜索|[|·/>-]){1,60}$",
            r"(?:主办|承办|协办|版权所有|技术支持|(?:政府)?网站标识码|地址|邮编|联系电话)[:].{0,80}"
            r"(?:icp备|标识码|公网安备|邮编|版权).{0,60}$",
            r"copyright.{0,80}$|.{0,20}all ?rights ?reserved.{0,60}$",
            r"(?:您是)?第\d+位(?:访客|访问者)$|今天是.{0,30}$",
            r"-{2,120}>?$|[*_=.。…]{3,120}$",
        )
    )
)
_LONGEST_EDGE = 120
_LONGEST_LABEL = 24
_SENTENCE_ENDS = frozenset("。;!?")
_ATTACHMENT = re.compile(
    r"附(?:件|表|图)|.{0,150}\.(?:docx?|xlsx?|pdf|wps|et|ofd|zip|rar|pptx?|txt|jpe?g|png)$",
    re.IGNORECASE,
)


def is_furniture_block(tag: str, name: str) -> bool:
    """Say whether a block with this tag, and ``name`` of ids and classes, holds no report."""
    return (
        tag in _FURNITURE_TAGS or bool(_FURNITURE.search(name)) or holds_other_sentences(tag, name)
    )


def holds_other_sentences(tag: str, name: str) -> bool:
    """Say whether even the sentences in such a block of furniture are none of the report's."""
    return tag == "footer" or bool(_OTHER_SENTENCES.search(name))


def is_notice(text: str) -> bool:
    """Say whether ``text`` may be a note of the site to its visitors."""
    return len(text) <= _LONGEST_NOTICE and bool(_NOTICE.search(squeeze(text)))


def is_card(text: str) -> bool:
    """Say whether ``text`` belongs to the card above a document: 索引号, 发文机关, 成文日期."""
    return bool(_CARD.match(squeeze(text[:_LONGEST_LABEL])))


def is_edge_furniture(text: str) -> bool:
    """Say whether ``text`` is furniture where it stands before or behind all of a report's text."""
    if len(text) > 3 * _LONGEST_EDGE:
        return False
    if is_boilerplate(text):
        return True
    bare = squeeze(text)
    if not bare or len(bare) > _LONGEST_EDGE or bare[-1] in _SENTENCE_ENDS:
        return not bare
    if _EDGE.match(bare):
        return True
    parts = [part for part in re.split(r"[\s|]+|(?<=[】\]])", text) if part]
    return len(parts) > 1 and all(map(is_edge_furniture, parts))


def is_attachment(text: str) -> bool:
    """Say whether ``text``, a link, is a file that belongs to the report."""
    return bool(_ATTACHMENT.match(text.strip()))
