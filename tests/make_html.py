"""Saved web pages of the kinds that government sites have, around the lines of a report."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from itertools import pairwise

SITE = "武功县人民政府"
PUBLISHED = "2021-02-26"
ADDRESS = "http://www.example.gov.cn/zwgk/fzzf/202102/t20210226_100.html"

_CHARSETS = {"gb18030": "gb2312", "gbk": "gbk", "big5": "big5", "utf-8": "utf-8"}
_MENU = (
    "网站首页",
    "走进武功",
    "政务公开",
    "政务服务",
    "互动交流",
    "专题专栏",
    "数据发布",
    "投资武功",
)
_NEWS = (
    "县委理论学习中心组召开专题学习会议，研究部署年度重点工作",
    "县政府召开第十二次常务会议",
    "我县开展安全生产大检查，消除各类隐患",
    "县司法局组织开展“宪法宣传周”活动",
    "全县春季农业生产现场会召开",
)
_NOTES = "本网站由武功县人民政府主办，未经授权不得转载。建议使用IE9以上浏览器，分辨率1366*768。"


def html_bytes(
    lines: Sequence[str], *, encoding: str = "gb18030", style: str = "trs", menus: bool = True
) -> bytes:
    """Return a saved page with a report.

    Args:
        lines: the report, one paragraph a line, the title first.
        encoding: what the page is in and says, ``utf-16`` with a byte order mark.
        style: one of :data:`STYLES`.
        menus: with the menus, buttons, news and footer of the site.
    """
    title, *paragraphs = (line for line in lines if line.strip())
    page = STYLES[style](title, paragraphs)
    if not menus:
        page = re.sub(r"<!--site-->.*?<!--/site-->", "", page, flags=re.DOTALL)
    page = re.sub(r"<!--/?site-->", "", page)
    page = page.replace("CHARSET", _CHARSETS.get(encoding, encoding))
    if encoding == "big5":  # has one dot for two characters
        page = page.replace("•", "&bull;")
    return page.encode(encoding, "xmlcharrefreplace")


def _text(line: str) -> str:
    return html.escape(line.strip(), quote=False)


def _site(markup: str) -> str:
    return f"<!--site-->{markup}<!--/site-->"


def _links(texts: Sequence[str], form: str = "<li><a href='/c/{n}.html'>{text}</a></li>") -> str:
    return "\n".join(form.format(n=n, text=text) for n, text in enumerate(texts))


def _page(title: str, body: str, head: str = "") -> str:
    return (
        "<!DOCTYPE html>\n<html>\n<head>\n"
        '<meta http-equiv="Content-Type" content="text/html; charset=CHARSET">\n'
        f"<title>{_text(title)}_部门文件_{SITE}</title>\n{head}"
        "<style>.TRS_Editor P{margin-top:0px;line-height:2;}</style>\n"
        "<script>var a = '</div><p>不是正文。这是脚本。</p>'; if (1<2) a += '';</script>\n"
        f"</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


_HEADER = _site(
    '<div class="header"><div class="logo"><a href="/">武功县人民政府门户网站</a></div>'
    "<span>今天是2024年5月6日 星期一</span>"
    f'<ul class="nav">{_links(_MENU)}</ul></div>\n'
    '<div class="dqwz">您现在的位置：<a href="/">首页</a> &gt; '
    '<a href="/zwgk">政务公开</a> &gt; 法治政府</div>\n'
)
_BYLINE = _site(
    f'<div class="info"><span>发布时间：{PUBLISHED} 16:20</span>&nbsp;&nbsp;'
    "<span>来源：县司法局</span>"
    '<span>浏览次数：<script>document.write("12")</script>128</span>'
    '<span>【字体：<a href="javascript:doZoom(16)">大</a> <a href="javascript:doZoom(14)">中</a> '
    '<a href="javascript:doZoom(12)">小</a>】</span>'
    '<a href="javascript:window.print()">打印</a></div>\n'
)
_BUTTONS = _site(
    '<div class="bdsharebuttonbox"><span>分享到：</span><a class="bds_weixin">微信</a>'
    '<a class="bds_tsina">新浪微博</a><a class="bds_qzone">QQ空间</a></div>\n'
    '<div class="ewm"><p>扫一扫在手机打开当前页</p></div>\n'
    '<p align="right"><a href="javascript:window.print()">【打印本页】</a> '
    '<a href="javascript:window.close()">【关闭窗口】</a></p>\n'
    "<p>上一篇：<a href='/c/8.html'>县政府召开第十一次常务会议</a></p>\n<p>下一篇：没有了</p>\n"
    f'<div class="xgxx"><h3>相关信息</h3><ul>{_links(_NEWS)}</ul></div>\n'
)
_FOOTER = _site(
    '<div class="footer"><p>主办：武功县人民政府办公室　承办：武功县政务信息中心</p>'
    f"<p>{_NOTES}</p>"
    "<p>陕ICP备05000001号　网站标识码：6104310001　陕公网安备61043102000001号</p>"
    "<p>地址：武功县普集镇人民路1号　邮编：712200</p></div>\n"
)


def _trs(title: str, paragraphs: Sequence[str]) -> str:
    text = "\n".join(
        f'<p style="text-indent: 2em"><font face="宋体">　　{_text(p)}</font></p>'
        for p in paragraphs
    )
    return _page(
        title,
        f'{_HEADER}<div class="main"><div class="xl_con"><h1 class="bt">{_text(title)}</h1>\n'
        f'{_BYLINE}<div id="zoom"><div class="TRS_Editor">{text}</div></div>\n'
        f"{_BUTTONS}</div></div>{_FOOTER}",
        f'<meta name="ArticleTitle" content="{_text(title)}">\n'
        f'<meta name="PubDate" content="{PUBLISHED} 16:20">\n'
        f'<meta name="Url" content="{ADDRESS}">\n',
    )


def _ucap(title: str, paragraphs: Sequence[str]) -> str:
    text = " ".join(
        f'<p style="text-indent: 2em; font-family: 宋体;"><span style="font-size: 12pt">{_text(p)}'
        "</span></p>"
        for p in paragraphs
    )
    half = "".join(paragraphs)[:200]
    return _page(
        title,
        f'{_HEADER}<div class="content"><div class="article oneColumn">'
        f"<h1>\n  {_text(title)}\n</h1>"
        + _site(
            f'<div class="pages-date">{PUBLISHED} 16:20<span class="font">来源： 县司法局</span>'
            '<div class="pages_print"><span>字号：<span class="on">默认</span> <span>大</span> '
            '<span>超大</span></span><span class="split">|</span><span>打印</span></div></div>'
        )
        + f'<div class="pages_content" id="UCAP-CONTENT">{text}<div style="display:none">编辑备注。'
        "</div></div>"
        + _site(
            '<div class="editor"><span><a href="/jiucuo">【我要纠错】</a></span>'
            "责任编辑：张三</div>"
            '<div id="qr_container">扫一扫在手机打开当前页</div>'
            f'<div class="share-title" style="display:none">{_text(title)}</div>'
            f'<div class="share-substr" style="display: none;">{_text(half)}</div>'
            '<div class="related"><div class="pannel-title">相关稿件</div>'
            f"<ul>{_links(_NEWS)}</ul></div>"
        )
        + f"</div></div>{_FOOTER}",
    )


def _tables(title: str, paragraphs: Sequence[str]) -> str:
    text = "<BR>\n".join(f"&nbsp;&nbsp;&nbsp; {_text(p)}" for p in paragraphs)
    menu = _links(_MENU, "<TR><TD height=24><A href=list{n}.asp>{text}</A></TD></TR>")
    return (
        "<HTML><HEAD><META http-equiv=Content-Type content='text/html; charset=CHARSET'>"
        f"<TITLE>{SITE}--信息公开</TITLE></HEAD><BODY bgColor=#ffffff>\n"
        + _site(
            "<TABLE width=980 align=center><TR><TD><IMG src=top.jpg></TD>"
            "<TD>设为首页 | 加入收藏</TD></TR>"
            f"<TR><TD>{_links(_MENU, '<A href=m{n}.asp>{text}</A> |')}</TD>"
            "<TD>2021年2月26日</TD></TR></TABLE>"
        )
        + "<TABLE width=980 align=center><TR>"
        + _site(f"<TD width=180 vAlign=top><TABLE>{menu}</TABLE></TD>")
        + f"<TD vAlign=top><TABLE width='100%'><TR><TD align=middle><FONT size=5><B>{_text(title)}"
        "</B></FONT></TD></TR>"
        + _site(
            "<TR><TD align=middle>作者：佚名　来源：本站原创　点击数：56　"
            f"更新时间：{PUBLISHED}</TD></TR>"
        )
        + f"<TR><TD><FONT size=3><P>{text}</P></FONT></TD></TR>"
        + _site(
            "<TR><TD align=right>【<A href='#'>返回顶部</A>】"
            "【<A href='javascript:window.close()'>关闭窗口</A>】</TD></TR>"
        )
        + "</TABLE></TD></TR></TABLE>"
        + _site(
            "<TABLE width=980 align=center>"
            "<TR><TD align=middle>版权所有：武功县人民政府　技术支持：某某科技</TD></TR>"
            "<TR><TD align=middle>您是第12345位访问者</TD></TR></TABLE>"
        )
        + "</BODY></HTML>"
    )


def _breaks(title: str, paragraphs: Sequence[str]) -> str:
    text = "<br />\n<br />\n".join(f"　　{_text(p)}" for p in paragraphs)
    return _page(
        title,
        f'{_HEADER}<div class="con"><div class="title">{_text(title)}</div>{_BYLINE}'
        f'<div class="text">{text}<br /></div>{_BUTTONS}</div>{_FOOTER}',
    )


def _word(title: str, paragraphs: Sequence[str]) -> str:
    def paragraph(line: str) -> str:
        half = len(line) // 2
        first, second = _text(line[:half]), _text(line[half:])
        third = len(first) // 2
        return (
            "<p class=MsoNormal style='text-indent:32.0pt;mso-char-indent-count:2.0'><span\n"
            f"style='font-size:16.0pt;font-family:仿宋_GB2312'>{first[:third]}</span><span\n"
            f"lang=EN-US style='font-size:16.0pt'>{first[third:]}<o:p></o:p></span><b\n"
            f"style='mso-bidi-font-weight:normal'>{second}</b>"
            "<span lang=EN-US><o:p></o:p></span></p>\n"
        )

    text = "".join(map(paragraph, paragraphs))
    return _page(
        title,
        _HEADER + "<div class=WordSection1>"
        "<!--[if gte mso 9]><xml><w:WordDocument><w:View>Normal</w:View></w:WordDocument></xml>"
        "<![endif]-->"
        f"<p class=MsoTitle align=center><![if !supportLists]><span>{_text(title)}</span>"
        f"<![endif]></p>{_BYLINE}{text}</div>{_BUTTONS}{_FOOTER}",
    )


def _wrapped(title: str, paragraphs: Sequence[str]) -> str:
    text = "\n".join(
        "<p>" + "\n      ".join(re.findall(r"(?s).{1,30}(?![\w.%])|.+", _text(p))) + "</p>"
        for p in paragraphs
    )
    return _page(
        title, f"{_HEADER}<div class='article-content'><h2>{_text(title)}</h2>{text}</div>{_FOOTER}"
    )


def _pre(title: str, paragraphs: Sequence[str]) -> str:
    text = "\n\n".join(map(_text, (title, *paragraphs)))
    return _page(title, f"{_HEADER}<pre>{text}\n</pre>{_BUTTONS}{_FOOTER}")


def _flat(title: str, paragraphs: Sequence[str]) -> str:
    text = "\n".join(f"<p>{_text(p)}</p>" for p in paragraphs)
    menu = _site(f"<p>{_links(_MENU, '<a href=/{n}>{text}</a> |')}</p>")
    return _page(title, f"{menu}<center><h2>{_text(title)}</h2></center>\n{text}\n{menu}")


def _fragment(title: str, paragraphs: Sequence[str]) -> str:
    return "".join(f"<p>{_text(line)}</p>" for line in (title, *paragraphs))


def _divs(title: str, paragraphs: Sequence[str]) -> str:
    text = "".join(f'<div class="c{n % 3}">{_text(p)}</div>' for n, p in enumerate(paragraphs))
    digest = _links(
        _NEWS,
        "<div class='item'><a href='/d/{n}'>{text}</a>"
        "<div>摘要：{text}，与会人员作了发言。</div></div>"
        "<div class='more'><a href='/d/{n}'>查看全文查看全文查看全文查看全文</a></div>",
    )
    return _page(
        title,
        f"{_HEADER}<div class='w1'>{_site(f'<div class=w2>{digest}</div>')}<div class='w3'>"
        f"<div class='w4'>{_text(title)}</div>{_BYLINE}<div class='w5'>{text}</div>{_BUTTONS}</div>"
        f"</div>{_FOOTER}",
    )


def _split(title: str, paragraphs: Sequence[str]) -> str:
    """Return a page whose text is in parts beside each other, the last one small."""
    cut = (0, len(paragraphs) // 2, len(paragraphs) - 1, len(paragraphs))
    parts = "".join(
        "<div class='part'>" + "".join(f"<p>{_text(p)}</p>" for p in paragraphs[a:b]) + "</div>"
        for a, b in pairwise(cut)
    )
    return _page(
        title,
        f"{_HEADER}<div class='box'><div class='biaoti'>{_text(title)}</div>{_BYLINE}{parts}"
        f"{_BUTTONS}</div>{_FOOTER}",
    )


def _card(title: str, paragraphs: Sequence[str]) -> str:
    text = "".join(f"<p style='text-align:justify'>{_text(p)}</p>" for p in paragraphs)
    card = _site(
        "<table class='bd1'><tbody><tr><td><b>索 引 号：</b></td><td>116104310/2021-00012</td>"
        "<td><b>主题分类：</b></td><td>综合政务\\其他</td></tr><tr><td><b>发布机构：</b></td>"
        f"<td>武功县司法局</td><td><b>成文日期：</b></td><td>2021年02月20日</td></tr>"
        f"<tr><td><b>标　　题：</b></td><td colspan=3>{_text(title)}</td></tr>"
        f"<tr><td><b>发文字号：</b></td><td></td><td><b>发布日期：</b></td><td>{PUBLISHED}</td></tr>"
        "</tbody></table>"
    )
    return _page(
        title,
        f"{_HEADER}<div class='wrap'>{card}<table width=930><tr><td width=675><table><tr>"
        f"<td class='b12c' id='UCAP-CONTENT'><p align=center><b>{_text(title)}</b></p>{text}"
        "</td></tr></table></td>"
        + _site(f"<td width=255><p>相关政策</p><ul>{_links(_NEWS)}</ul></td>")
        + f"</tr></table></div>{_FOOTER}",
    )


def _semantic(title: str, paragraphs: Sequence[str]) -> str:
    text = "".join(f"<p>{_text(p)}</p>" for p in paragraphs)
    return _page(
        title,
        _site(f"<header><nav><ul>{_links(_MENU)}</ul></nav></header>")
        + f"<main><article><header><h1>{_text(title)}</h1>"
        + _site(f"<time>{PUBLISHED}</time>")
        + f"</header>{text}</article>"
        + _site(f"<aside><h2>热点新闻</h2><ul>{_links(_NEWS)}</ul></aside>")
        + "</main>"
        + _site(f"<footer><p>{_NOTES}</p><p>版权所有：武功县人民政府</p></footer>"),
    )


def _careless(title: str, paragraphs: Sequence[str]) -> str:
    """Return a page in which nothing is closed, or what is not open."""
    text = "".join(f"<P align=left><FONT size=3>{_text(p)}</SPAN></I>" for p in paragraphs)
    menu = _site("<ul class=menu>" + "".join(f"<LI><A HREF=/{t}>{t}" for t in _MENU) + "</ul>")
    return (
        f"<html><meta charset=CHARSET><title>{_text(title)}</title>{menu}<table><tr><td></div>"
        f"</div><h3>{_text(title)}</h3>{text}<tr>"
        + _site("<td>版权所有：武功县人民政府 <a href=/>网站地图")
    )


def _discussed(title: str, paragraphs: Sequence[str]) -> str:
    text = "".join(f"<p>{_text(p)}</p>" for p in paragraphs)
    comments = "".join(
        f"<div class='comment'><p>网友{n}：</p>"
        "<p>说得好，希望把这些工作落到实处，让群众都满意。</p></div>"
        for n in range(12)
    )
    return _page(
        title,
        f"{_HEADER}<div class='news_content'><h1>{_text(title)}</h1>{_BYLINE}{text}"
        + _site(f"<div class='pinglun'><h4>网友评论</h4>{comments}</div>")
        + f"{_BUTTONS}</div>{_FOOTER}",
    )


def _concealed(title: str, paragraphs: Sequence[str]) -> str:
    """Return a page that a script was to show."""
    text = "".join(f"<p>{_text(p)}</p>" for p in paragraphs)
    return _page(
        title,
        f"{_HEADER}<div id='print-content' class='main-footer' style='display:none'>"
        f"<h1>{_text(title)}</h1>{text}</div>{_FOOTER}",
    )


def _source(title: str, paragraphs: Sequence[str]) -> str:
    """Return a browser's view of the source of a page."""
    rows = "".join(
        f"<tr><td class='line-number' value='{n}'></td>"
        f"<td class='line-content'>{html.escape(line)}</td></tr>\n"
        for n, line in enumerate(_trs(title, paragraphs).splitlines(), start=1)
    )
    return (
        "<html><head><meta charset=CHARSET></head><body><div class='line-gutter-backdrop'></div>"
        f"<table><tbody>{rows}</tbody></table></body></html>"
    )


def _inner(title: str, paragraphs: Sequence[str]) -> str:
    """Return a page whose text stands in a frame that was saved with it."""
    frame = html.escape(_breaks(title, paragraphs))
    return _page(title, f'{_HEADER}<iframe width="100%" srcdoc="{frame}"></iframe>{_FOOTER}')


STYLES: dict[str, Callable[[str, Sequence[str]], str]] = {
    "trs": _trs,
    "ucap": _ucap,
    "tables": _tables,
    "breaks": _breaks,
    "word": _word,
    "wrapped": _wrapped,
    "pre": _pre,
    "flat": _flat,
    "fragment": _fragment,
    "divs": _divs,
    "split": _split,
    "card": _card,
    "semantic": _semantic,
    "careless": _careless,
    "discussed": _discussed,
    "concealed": _concealed,
    "source": _source,
    "inner": _inner,
}
