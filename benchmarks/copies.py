"""Copies of a report: posted again elsewhere, used as a template, or quoted from.

Every maker takes a text and a source of chance and returns the copy's text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random

from gongwen.nlp import parse_document
from gongwen.nlp.text.normalize import fold
from gongwen.nlp.text.numerals import find_numerals

Maker = Callable[[str, Random], str]

_HEAD = (
    "首页 > 政务公开 > 法定主动公开内容 > 工作报告\n网站支持IPv6\n索 引 号：{0}-2/{1}-00{0}\n"
    "发布机构：办公室\n发布时间：2022-0{2}-1{2} 09:{0}\n浏览次数：{1}次\n【字体：大 中 小】\n打印\n"
)
_FOOT = (
    "\n扫一扫在手机打开当前页\n附件下载\n相关链接\n· 关于公布权责清单的公告 2022-03-07\n"
    "· 图解：一图读懂 2022-02-28\n上一篇：关于做好防汛抗旱工作的通知\n"
    "主办：人民政府办公室 电话：029-82345678\n网站标识码：6104310001\n已有{1}人阅读本文"
)
_OTHER_HEAD = "新闻中心\n要闻\n时间：{2}月1{2}日 {0}:05 阅读 {1}\n"
_OTHER_FOOT = (
    "\n（责任编辑：程晓）\n我要评论（{0}）\n今日热榜\n{2}. 本周末气温回升\n1{2}. 新线路开通运营\n"
    "增值电信业务经营许可证 B2-2021{1}\n客户端下载"
)
_RELATED = "\n热点推荐\n" + "\n".join(
    f"{place}召开{meeting}，研究部署{matter}"
    for place in ("东山县", "南塘镇", "西城区")
    for meeting in ("常务会议", "推进会", "座谈会")
    for matter in ("安全生产工作", "秋粮收购事宜", "旅游旺季服务保障")
)
_HALF_WIDTH = str.maketrans("，；：？！（）％“”", ',;:?!()%""')
_OTHER_MARKS = str.maketrans({"“": "「", "”": "」", "、": "，", "；": "。", ",": "，", "—": "-"})
_LINE, _PAGE = 34, 28
"""Characters of a printed line, and lines of a page."""


def with_furniture(text: str, rng: Random) -> str:
    """The page of a government's site around the report."""
    numbers = (rng.randint(11, 59), rng.randint(1000, 9999), rng.randint(1, 9))
    return _HEAD.format(*numbers) + text + _FOOT.format(*numbers)


def with_news(text: str, rng: Random) -> str:
    """The page of a news site around the report."""
    numbers = (rng.randint(11, 59), rng.randint(1000, 9999), rng.randint(1, 9))
    return _OTHER_HEAD.format(*numbers) + text + _OTHER_FOOT.format(*numbers)


def with_related(text: str, rng: Random) -> str:
    """A government's page with a long list of other news below the report."""
    return with_furniture(text, rng) + _RELATED


def half_width(text: str, rng: Random) -> str:
    """Half-width punctuation and full-width digits."""
    return text.translate(_HALF_WIDTH).translate({48 + i: 0xFF10 + i for i in range(10)})


def other_marks(text: str, rng: Random) -> str:
    """Other punctuation: corner quotes, commas for enumeration commas."""
    return text.translate(_OTHER_MARKS)


def spaced(text: str, rng: Random) -> str:
    """Spaces of several kinds where none belong, around numbers as editors put them."""
    text = re.sub(r"(?<=[\u4e00-\u9fff])(?=\d)|(?<=\d)(?=[\u4e00-\u9fff])", " ", text)
    return "".join(
        c + rng.choice("  \u3000\xa0\u200b") if rng.random() < 0.02 and not c.isdigit() else c
        for c in text
    )


def traditional(text: str, rng: Random) -> str:
    """Traditional characters; needs opencc."""
    from opencc import OpenCC

    return str(OpenCC("s2t").convert(text))


def typos(rate: float) -> Maker:
    """Characters lost, doubled, exchanged or replaced, ``rate`` of them."""

    def make(text: str, rng: Random) -> str:
        chars = list(text)
        for i in range(len(chars) - 1):
            if rng.random() < rate and not chars[i].isspace():
                kind = rng.randrange(6)
                if kind == 0:
                    chars[i] = ""
                elif kind == 1:
                    chars[i] *= 2
                elif kind == 2:
                    chars[i], chars[i + 1] = chars[i + 1], chars[i]
                elif chars[i].isdigit():
                    chars[i] = rng.choice("0123456789")
                else:
                    chars[i] = rng.choice(text)
        return "".join(chars)

    return make


def one_paragraph(text: str, rng: Random) -> str:
    """All line breaks lost."""
    return re.sub(r"\s*\n\s*", "", text)


def a_sentence_a_line(text: str, rng: Random) -> str:
    """A line break behind every sentence."""
    return re.sub(r"(?<=[。；！？])", "\n", text)


def printed(text: str, rng: Random) -> str:
    """The lines of a PDF, with a running header and page numbers."""
    lines = [
        paragraph[i : i + _LINE]
        for paragraph in text.splitlines()
        for i in range(0, len(paragraph), _LINE)
    ]
    pages = [lines[i : i + _PAGE] for i in range(0, len(lines), _PAGE)]
    return "\n".join(
        "\n".join(["工作报告汇编", *page, f"— {number} —"]) for number, page in enumerate(pages, 1)
    )


def title_twice(text: str, rng: Random) -> str:
    """The title above the report once more."""
    return (parse_document(text).title or "政府工作报告") + "\n\n" + text


def a_paragraph_lost(text: str, rng: Random) -> str:
    """One paragraph of the middle is missing."""
    lines = text.splitlines()
    del lines[rng.randrange(len(lines) // 4, len(lines) * 3 // 4)]
    return "\n".join(lines)


def together(*makers: Maker) -> Maker:
    """What each of ``makers`` does, one after the other."""

    def make(text: str, rng: Random) -> str:
        for maker in makers:
            text = maker(text, rng)
        return text

    return make


EVERYTHING = together(half_width, spaced, typos(0.001), printed, with_news)

REPOSTS: dict[str, Maker] = {
    "a government's page": with_furniture,
    "a news page": with_news,
    "a page with a list of news": with_related,
    "other width": half_width,
    "other punctuation": other_marks,
    "spaces": spaced,
    "Traditional": traditional,
    "typos, 1 in 1,000": typos(0.001),
    "typos, 5 in 1,000": typos(0.005),
    "no line breaks": one_paragraph,
    "a line a sentence": a_sentence_a_line,
    "PDF lines, headers, page numbers": printed,
    "title twice": title_twice,
    "a paragraph lost": a_paragraph_lost,
    "width, spaces, typos, PDF, news page": EVERYTHING,
}


def other_figures(share: float, years: bool = True, others: bool = True) -> Maker:
    """``share`` of the figures are others; years are the next."""

    def make(text: str, rng: Random) -> str:
        folded = fold(text)
        spans = {(n.start, n.end): n.digits for n in find_numerals(folded)}
        taken = {i for start, end in spans for i in range(start, end)}
        for match in re.finditer(r"[0-9]+(?:\.[0-9]+)?", folded):
            if match.start() not in taken:
                spans[match.span()] = match[0]
        changed = rng.sample(sorted(spans), round(share * len(spans)))
        for start, end in sorted(changed, reverse=True):
            digits = spans[start, end]
            if re.fullmatch(r"(?:19|20)[0-9]{2}", digits):
                other = str(int(digits) + 1) if years else digits
            else:
                other = _other_number(digits, rng) if others else text[start:end]
            text = text[:start] + other + text[end:]
        return text

    return make


def _other_number(digits: str, rng: Random) -> str:
    while True:
        other = "".join(str(rng.randrange(1, 10)) if c.isdigit() else c for c in digits)
        if other != digits:
            return other


def other_names(text: str, rng: Random) -> str:
    """The names of another place, or of another level of government, put in."""
    document = parse_document(text)
    region = document.region
    swaps = {
        region: "青岚市",
        re.sub(r"(?:壮族|回族|维吾尔)?自治区$|[省市县]$", "", region): "青岚",
    }
    if not region or region == "国务院":
        swaps = {"国务院": "省政府", "全国": "全省", "我国": "我省"}
    for name, other in swaps.items():
        text = text.replace(name, other)
    return text


def other_sentences(share: float, donors: Sequence[str]) -> Maker:
    """``share`` of the sentences are replaced by sentences of ``donors``."""

    def make(text: str, rng: Random) -> str:
        sentences = [s for s in parse_document(text).sentences if s.kind == "sentence"]
        chosen = rng.sample(sentences, max(1, round(share * len(sentences))))
        for sentence in sorted(chosen, key=lambda s: s.start, reverse=True):
            text = text[: sentence.start] + rng.choice(donors) + text[sentence.end :]
        return text

    return make


def templates(donors: Sequence[str]) -> dict[str, Maker]:
    """Return the makers of template copies; ``donors`` are sentences of other reports."""
    figures = other_figures(0.9)
    return {
        "years and figures": figures,
        "years alone": other_figures(1, others=False),
        "one figure in ten": other_figures(0.1, years=False),
        "names and figures": together(other_names, figures),
        "names alone": other_names,
        "5 % of sentences": other_sentences(0.05, donors),
        "20 % of sentences": other_sentences(0.2, donors),
        "50 % of sentences": other_sentences(0.5, donors),
        "figures, 5 % of sentences": together(figures, other_sentences(0.05, donors)),
        "figures, 20 % of sentences": together(figures, other_sentences(0.2, donors)),
        "names, figures, 50 % of sentences": together(
            other_names, figures, other_sentences(0.5, donors)
        ),
    }


def revisions(donors: Sequence[str]) -> dict[str, Maker]:
    """Return the makers of a report with a few corrections, which is neither same nor another."""
    return {
        "one sentence in a hundred": other_sentences(0.01, donors),
        "one figure in fifty": other_figures(0.02, years=False),
    }


def quoted(share: float) -> Maker:
    """A run of sentences, ``share`` of the report, below an introduction of its own."""

    def make(text: str, rng: Random) -> str:
        sentences = parse_document(text).sentences
        count = max(1, round(share * len(sentences)))
        first = rng.randrange(len(sentences) - count + 1)
        run = text[sentences[first].start : sentences[first + count - 1].end]
        return f"本报讯 记者日前从会议上获悉，有关工作取得新进展。报告要点如下：\n{run}"

    return make


def gathered(share: float) -> Maker:
    """Sentences from all over the report, ``share`` of them."""

    def make(text: str, rng: Random) -> str:
        sentences = parse_document(text).sentences
        chosen = sorted(rng.sample(range(len(sentences)), max(1, round(share * len(sentences)))))
        return "要闻摘登\n" + "\n".join(sentences[i].text for i in chosen)

    return make


EXCERPTS: dict[str, Maker] = {
    "a run of a tenth": quoted(0.1),
    "a run of a third": quoted(1 / 3),
    "a run of a half": quoted(0.5),
    "every third sentence": gathered(1 / 3),
}
