"""Say what a single line shows of being of a web page, and not of the report on it.

A line gets points (:func:`evidence`) for what it looks like: entries of a menu, buttons, bread
crumbs, names of fields, time stamps, credits, words to visitors. What the points mean depends on
where the line stands, which :mod:`.page_text` decides.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from functools import cache, cached_property
from typing import NamedTuple

from ..text.dates import year_of
from ..text.normalize import fold, squeeze
from ..text.paragraphs import heading_mark, is_boilerplate
from ..vocabulary import WordLists, any_of
from .document_kind import kind_of, region_of
from .entities import office_line
from .page_lines import is_caption, is_masthead, labels_of, site_owner

_WORDS = WordLists(
    "pasted-pages",
    "entry entry-beginning entry-end action label own related visitor notice doubtful"
    " site-beginning site-end performed pictured credit file act actor",
)
LONGEST = 160
"""Characters of the longest line that may be of the page, but for notes to visitors."""
LONGEST_LOOKED_AT = 400
"""Characters of the longest line that is looked at; a longer one is a paragraph of the report."""
_LONGEST_PART = 12
_LONGEST_CAPTION = 45
_LONGEST_CREDITED = 70
"""Characters of the longest caption that has its credit in brackets."""
LONGEST_SHORT = 40
"""Characters of a line that is taken for one of the page for its neighbours alone."""
_SHORTEST_PROSE = 15
_LONGEST_SCENE = 30
"""Characters of the longest line that may name what a picture shows and has no other sign."""
_CRUMB = frozenset((">", ">>", "»", "|", "→"))
"""Marks between the entries of a menu that stand in lines of their own."""
SURE, LIKELY = 3.0, 2.0
"""Points from which a line is of the page anywhere but in the text, and from which at its edges."""

_ARROWS = ">»›＞→▸►➤⇒❯"
_BARS = re.compile(rf"[|│┃丨¦∨∧▾{_ARROWS}《<\[\]【】·•/]+")
_SPLIT = re.compile(
    rf"[|│┃丨¦∨∧▾｜{_ARROWS}<\[\]【】·•/－]+|\s[-–—]\s|[ \t\xa0]{{2,}}|\u3000+|\t"
    r"|(?<=\S\S)\s(?=\S\S)|[:：]\s*"
)
_HAN = re.compile("[\u2e80-\u9fff]")
_ADDRESS = re.compile(r"https?://|www\.|@")
_DATE = re.compile(
    r"(?:今天是:?)?(?:[12][0-9]{3}\s?[-/.年]\s?[01]?[0-9]\s?[-/.月]\s?[0-3]?[0-9]\s?日?|[0-9]{2}-[0-9]{2})"
)
_CLOCK = re.compile(r"[0-2]?[0-9][:时][0-5][0-9](?:[:分][0-5][0-9]秒?)?")
_WEEKDAY = re.compile(r"(?:星期|周|礼拜)[一二三四五六日天]")
_NEXT = re.compile(
    r"^[<>《\[]?[上下前后]一?(?:[篇条页则个期版]|篇文章)[:>\]\s]|没有了$|^[上下]一[篇条页则期版个]$"
)
_LEAF = re.compile(
    r"^\(?.{0,8}(?:[下上紧]?[转接]|详见|见)第?[a-d]?[0-9一二三四五六七八九十]{1,3}版|^(?:第?[0-9]{1,3}版|[a-d][0-9]{1,2}(?:版|$|\s))(?:[:\s].{0,12})?$"
)
_BY = re.compile(
    r"^[(【]?(?:文|图|撰文|文字|图文|图片|摄影|视频|来源|制图|海报)\s?[/|丨:]\s?\S{1,30}"
    r"|^[\u4e00-\u9fff]{2,6}丨\S{1,30}$"
)
_POINTER = re.compile(r"^[▲△▼▽◀▶↑↓☝☟👆👇↑↓★☆◎]+")
_COUNT = re.compile(
    r"^(?:本[页文]|[已被共总]){0,4}(?:阅读|浏览|点击|点赞|在看|评论|收藏|转发|赞)(?:[次人]?数|量)?"
    r"[:\s(\[]{0,3}(?:[0-9.]+[万+]?|loading|-)?\W{0,6}(?:人?次)?$"
)
_RULE = re.compile(r"^[-—–_*=~·.。…\s]{0,40}(?:END|end|完|the end)?[-—–_*=~·.。…\s]{0,40}$")
_SHORTEST_REPEATED = 12
"""Characters of the shortest line that counts as repeated."""
CUT = re.compile(r"(?:(?<!…)…+|(?<!\.)\.{3,}|(?<!。)。{3,})(?:\[?(?:详细|详情|更多|全文)\]?)?$")
"""The end of a sentence that was cut off: a list of other pages shows how these begin."""
_COPYRIGHT = re.compile(r"copyright|©|all ?rights ?reserved", re.IGNORECASE)
_ENDS = frozenset("。！？!?；;…｡﹖﹗﹔")
_CLAUSES = re.compile("[,，﹐;；﹔。｡]")
_IN_ENGLISH = re.compile(r"[\"“]?[A-Z](?:[^\s|]{0,30}[ \n]){4,}[^\s|]{1,30}[.!?][\"”]?")
"""A sentence of at least five words in Latin letters."""
_ORNAMENT = re.compile(r"(?:part\.?|no\.?|第)?\s?0[0-9](?:/[0-9]{2})?")
"""The number above a heading that stands in a line of its own: 01, PART.02."""
_SHOWN = frozenset(("图片", "视频", "音频", "动图"))
"""What stands in the place of a picture or a film when a page is copied."""
_WINDOW = re.compile(
    r"(?P<title>[^|_]{6,80}?)\s?(?:[_|│丨]|--|——|\s[-–—]\s|-(?=[^-]+$))\s?(?P<site>[^_|│丨]{2,24})(?:[-_|].{0,24})?"
)
_LONGEST_LABEL = 10
_PARTED = re.compile(r"[:：﹕∶|｜│┃丨\[\]【】〔〕［］〖〗\s]")
"""Marks of which one parts the name of a field from its value, or from what stands in front."""
_ODD = re.compile("[\\s|│┃丨…A-Za-zａ-ｚＡ-Ｚ@＠]")
"""What a sentence seldom has; its words may stand apart, or be such as are not folded yet."""
_HINTS = tuple(
    "摄 一篇 一条 一页 转第 上接 编辑 作者 来源 通讯员 记者 删除 小编 转载 声明 侵 本站 本网"
    " 网安备 版权 备案 整理 收集 推荐".split()
)
"""What else a line of a page may have that ends like a sentence or begins with a number."""
_TO_READER = re.compile(
    r"您|本[站网报刊平]|请[^示求教]|欢迎[访光浏您关来]|浏览器|分辨率|公众号|二维码|长按|点[击个亮赞]|关注"
)
"""Of these a sentence has one that speaks to the visitors of a page, not of what an office did."""
_TO_VISITORS = tuple("您 本站 本网 版权 转载 侵权 浏览器 联系我们".split())
"""Of these a long note to visitors has one."""
_GOES = re.compile("[到赴进至往向]")
_BEGINS = frozenset("▲△▼▽◀▶↑↓☝☟👆👇★☆◎(（【[文图>》»《")
ANNEX = re.compile(r"^附(?:件|表|录|图)\s?[0-9一二三四五六七八九十]{0,2}\s?[:：、.]?")


class Evidence(NamedTuple):
    """What a line shows by itself.

    Attributes:
        points: how much speaks for the page, ``SURE`` from where it needs no other sign.
        within: whether it would be of the page in the middle of the text too.
        label: whether it is the name of a field whose value must stand below.
        inside: whether it is the caption of a picture or a mark in the text, so that text follows.
        entry: whether it is one entry of a menu, as a heading may be called too.
    """

    points: float = 0
    within: bool = False
    label: bool = False
    inside: bool = False
    entry: bool = False


@cache
def _entries() -> frozenset[str]:
    return frozenset(map(squeeze, _WORDS.texts("entry")))


@cache
def _entry_edges() -> tuple[tuple[str, ...], tuple[str, ...]]:
    return _WORDS.texts("entry-beginning"), _WORDS.texts("entry-end")


@cache
def _action() -> re.Pattern[str]:
    """Return the pattern of what a button does, and with what: 打开适老化模式."""
    return re.compile(rf"{_WORDS.pattern('action')}(?P<of>.{{2,}})")


@cache
def related() -> re.Pattern[str]:
    """Return the pattern of a squeezed line below which other pages are named: 相关阅读."""
    return re.compile(
        rf"[>》»◆■●▌|\[【#]{{0,3}}{_WORDS.pattern('related')}[\]】]?(?::.{{0,40}}|[:>》»]*|\(.*)"
    )


@cache
def _visitor() -> re.Pattern[str]:
    return re.compile(_WORDS.pattern("visitor"))


@cache
def _notice() -> re.Pattern[str]:
    return re.compile(_WORDS.pattern("notice"))


@cache
def _site() -> re.Pattern[str]:
    w = _WORDS.pattern
    return re.compile(rf"^{w('site-beginning')}.{{0,8}}$|^.{{2,16}}{w('site-end')}$")


@cache
def _performed() -> re.Pattern[str]:
    return re.compile(
        rf"^[^,，。:：;；0-9]{{0,18}}(?:同志|代表|县长|市长|区长|省长|主席|主任|书记|镇长|乡长|局长|总理|某+|州长|旗长|盟长|院长|检察长)"
        rf"[^,，。:：;；0-9]{{0,24}}(?<!的){_WORDS.pattern('performed')}[。.]?$"
    )


@cache
def _pictured() -> re.Pattern[str]:
    words = _WORDS.pattern("pictured")
    return re.compile(
        rf"^[(（]?(?:上|下|左|右|本)?图(?:[为是:：①-⑩]|片[来由:：/])|[(（]{words}[)）]?[。.]?$|[(（](?:.{{0,16}}[\s/])?摄[)）]$"
        rf"|^[^,，;；]{{0,24}}{words}[。.]?(?:\S{{2,6}}\s?摄)?$"
        rf"|^[^;；]{{2,40}}[。.\s(（](?:本报记者|记者|通讯员)?\s?[\u4e00-\u9fff]{{2,4}}\s?[/／]?摄[)）]?$"
    )


@cache
def files_named() -> re.Pattern[str]:
    """Return the pattern of the name of a file at the end of a squeezed line."""
    return re.compile(rf"{_WORDS.pattern('file')}(?:\s?[(\[].{{0,20}}[)\]])?(?:\s?点击下载|下载)?$")


@cache
def _cue() -> re.Pattern[str]:
    """Return the pattern of entries after which a title may follow without a break."""
    words = sorted((w for w in _WORDS.texts("entry") if len(w) > 1), key=len, reverse=True)
    return re.compile(rf"(?:{'|'.join(map(re.escape, words))}|{_WEEKDAY.pattern})")


def _is_entry(part: str) -> bool:
    bare = re.sub(r"\s", "", part)
    begins, ends = _entry_edges()
    if bare in _entries():
        return True
    if 2 < len(bare) <= 6 and (bare.startswith(begins) or bare.endswith(ends)):
        return True
    acted = _action().match(bare) if len(bare) <= _LONGEST_PART else None
    return acted is not None and (acted["of"] in _entries() or acted["of"].endswith(ends))


def _parts(line: str) -> list[str]:
    pieces = (re.sub(r"\s+", " ", piece).strip(" :：，,。（）()") for piece in _SPLIT.split(line))
    return [piece for piece in pieces if piece]


@cache
def _credited() -> re.Pattern[str]:
    """Return the pattern of what ends with who made it or sent it in, in brackets."""
    by = _WORDS.pattern("credit")
    made = r"(?:摄|拍摄|摄影|供图|配图|制图|绘图|[/／]图|(?:资料|航拍)(?:图片?|照片))"
    return re.compile(
        rf"^[(（【\[][^()（）]{{0,24}}{by}[^()（）]{{0,40}}[)）】\]]$"
        rf"|^[^;；]{{2,50}}[。.!！\s][(（][^()（）。]{{1,24}}{made}[)）]$"
        rf"|^[^;；。]{{2,40}}[(（][^()（）。]{{0,24}}(?:摄|摄影|拍摄|供图)[)）]$"
        rf"|^[(（][^()（）。,，;；]{{0,24}}(?:摄|摄影|拍摄|供图|供稿)[)）]$"
    )


@cache
def _scene() -> re.Pattern[str]:
    """Return the pattern of who does what in a picture, without a figure or a stop."""
    return re.compile(
        rf"^(?:[^,，。:：;；]{{0,12}}{_WORDS.pattern('actor')}|[我本][\u4e00-\u9fff])"
        rf"[^,，。:：;；]{{0,18}}{_WORDS.pattern('act')}"
    )


def is_caption_line(line: str) -> bool:
    """Say whether ``line``, a whole paragraph, is the caption of a picture, or its credit.

    Example:
        >>> is_caption_line("殷某同志作政府工作报告。"), is_caption_line("全年作报告12场。")
        (True, False)
        >>> is_caption_line("大会会场。（市融媒体中心供图）")
        True
    """
    bare = squeeze(line)
    if len(bare) > _LONGEST_CREDITED or heading_mark(line):
        return False
    if _credited().search(bare):
        return True
    if len(bare) > _LONGEST_CAPTION:
        return False
    if bare[-1] in "。." and _GOES.search(bare) and not bare.startswith(("图", "上图", "下图")):
        return bool(_performed().match(bare)) or is_caption(line)  # 组织执法人员到现场。
    return bool(_performed().match(bare) or _pictured().search(bare)) or is_caption(line)


def may_name_scene(line: str) -> bool:
    """Say whether ``line`` may be a caption that has no sign of one: 我镇开展普法宣传活动.

    So may a heading begin; where the line stands decides.
    """
    bare = squeeze(line)
    return len(bare) <= _LONGEST_SCENE and bool(_scene().search(bare)) and not is_prose(line)


def site_behind(line: str) -> str:
    """Return the title in the title of a window, ``""`` where ``line`` is none.

    Example:
        >>> site_behind("甲县2021年工作总结_甲县人民政府")
        '甲县2021年工作总结'
        >>> site_behind("2019-2021年工作总结")
        ''
    """
    if len(line) > LONGEST_LOOKED_AT or not (parted := _WINDOW.fullmatch(line)):
        return ""
    site = parted["site"].strip()
    named = office_line(site) or site_owner(site) or is_masthead(site) or _site().match(site)
    return parted["title"].strip() if named else ""


def evidence(line: str, prose: bool | None = None) -> Evidence:
    """Return what ``line`` shows by itself of being a line of the page.

    Args:
        line: its text in simplified characters, without blanks at its ends.
        prose: whether it has the marks of a sentence (:func:`is_prose`), ``None`` if not known.

    Example:
        >>> evidence("日期：2022-01-20 作者：司法局 点击：[89]").points >= SURE
        True
        >>> evidence("全年办理案件12件。").points
        0
    """
    if len(line) > LONGEST_LOOKED_AT:
        return Evidence()
    if _is_field_row(line):
        return Evidence(SURE + 1)
    prose = is_prose(line) if prose is None else prose
    if (prose or heading_mark(line)) and not _is_hinted(line):
        return Evidence()
    bare = squeeze(line)
    if not bare:
        return Evidence()
    noticed = set(_notice().findall(bare))
    notices = len(noticed)
    visitor = len(set(_visitor().findall(bare))) + notices
    if len(bare) > LONGEST:
        return Evidence(LIKELY * (notices > 0 and visitor > 1))
    if is_boilerplate(line):
        label = bare in _CRUMB or bare.rstrip(":") in _bare_labels()
        return Evidence(SURE + 1, within=True, label=label)
    folded = fold(line).strip()
    if _NEXT.search(folded) or _LEAF.search(bare) or _COUNT.match(bare) or _COPYRIGHT.search(bare):
        return Evidence(SURE + 1, within=True)
    if is_caption_line(line) or (
        _BY.match(bare) and len(bare) < LONGEST_SHORT and bare[-1] not in _ENDS
    ):
        return Evidence(SURE, within=True, inside=True)
    if _RULE.match(bare):
        return Evidence(SURE if re.search("[a-z完]", bare) else LIKELY, within=True, inside=True)
    if _ORNAMENT.fullmatch(bare) or bare in _SHOWN:
        return Evidence(SURE, within=True, inside=True)
    if _POINTER.match(bare) and len(bare) <= _LONGEST_CAPTION:
        return Evidence(SURE, within=True, inside=True)
    if files_named().search(bare) and not any(c in bare[:-1] for c in "。;"):
        return Evidence(SURE + 1, within=len(bare) < _LONGEST_CAPTION)
    names, own = labels_in(line)
    if prose:  # a sentence may name what pages have: 全面完成网站无障碍改造。
        told = visitor > 2 or names > 1 or (notices > 0 and _is_told(noticed, bare))
        return Evidence(LIKELY + (visitor > 1) if told else 0)
    points = LIKELY * visitor
    if bare.rstrip(":") in _entries() and not own:
        points = max(points, LIKELY)
        return Evidence(points, label=bare[-1] == ":" and names > 0, entry=len(bare) > 3)
    if bare.rstrip(":") in _bare_labels():
        return Evidence(LIKELY + 0.5, label=True)
    if names:
        points += LIKELY + (names > 1) * LIKELY + 0.5 * bool(own)
    points += _of_menu(line, bare) + _of_time(bare)
    if related().fullmatch(bare):
        points += LIKELY
    if not _HAN.search(bare):
        points += SURE if _ADDRESS.search(bare) or re.search("[a-z]{4}", bare) else 0.5
    noted = notices > 0 and len(bare) <= LONGEST_SHORT
    points += noted
    within = noted or names > 2 or (points >= SURE and _is_bar(line))
    return Evidence(points, within and points >= LIKELY)


def _is_field_row(line: str) -> bool:
    """Say whether a line has names of fields and their values by turns, with tabs between."""
    if "\t" not in line or len(line) > LONGEST:
        return False
    names = [squeeze(cell).rstrip(":") for cell in line.split("\t")][::2]
    return sum(name in _bare_labels() for name in names) * 2 >= len(names)


def _is_told(noticed: set[str], bare: str) -> bool:
    """Say whether a sentence with these words of a notice speaks to the visitors of a page."""
    return bool(noticed - set(_WORDS.texts("doubtful")) or _TO_READER.search(bare))


@cache
def _hint() -> re.Pattern[str]:
    """Return the pattern of what a sentence of a page has, in text without variants or gaps."""
    words = _WORDS.texts("visitor", "notice", "performed", "pictured", "credit", "file")
    return re.compile(any_of((*words, *_HINTS)))


def _is_hinted(line: str) -> bool:
    """Say whether a sentence or a numbered line has to be looked at; most have nothing to see."""
    if len(line) > LONGEST:
        return any(word in line for word in _TO_VISITORS)
    if line[0] in _BEGINS or line.count("：") + line.count(":") > 1:
        return True
    return bool(_ODD.search(line) or _hint().search(line))


@cache
def _bare_labels() -> frozenset[str]:
    own = set(map(squeeze, _WORDS.texts("own")))
    labels = frozenset(map(squeeze, (*_WORDS.texts("label"), *labels_of())))
    return labels - own - _entries() | {"标题", "名称", "文号"}


@cache
def _label() -> re.Pattern[str]:
    words = sorted(
        {*map(fold, (*_WORDS.texts("label", "own"), *labels_of()))}, key=len, reverse=True
    )
    spaced = "|".join(r"\s{0,4}".join(map(re.escape, word)) for word in words)
    return re.compile(
        rf"(?:^|[\s|\[(【】\]),;/\u3000》>·]|(?<=[0-9次]))({spaced})\s?(?:[:：\]】|]|(?=$)|(?=\[)|\t)"
    )


@cache
def own_labels() -> frozenset[str]:
    """Return the names of fields that a report may have as well, such as 联系电话."""
    return frozenset(map(squeeze, _WORDS.texts("own")))


def labels_in(line: str) -> tuple[int, int]:
    """Return how many labels of a page ``line`` has, and how many that a report has too.

    Example:
        >>> labels_in("来源：县司法局　点击：12　联系人：王某")
        (2, 1)
    """
    if len(line) > _LONGEST_LABEL and not _PARTED.search(line):
        return 0, 0
    found = [re.sub(r"\s", "", each[1]) for each in _label().finditer(fold(line))]
    own = sum(name in own_labels() for name in found)
    return len(found) - own, own


def _of_menu(line: str, bare: str) -> float:
    """Return the points of a line that is a menu, bread crumbs, or a bar of buttons."""
    parts = _parts(line)
    if not parts or any(c in bare for c in "。;"):
        return 0
    entries = sum(map(_is_entry, parts))
    if entries == len(parts) > 0:
        return SURE + 1 if entries > 1 else LIKELY + bool(_BARS.search(line))
    short = all(len(part) <= _LONGEST_PART for part in parts)
    bars = len(_BARS.findall(line.strip("[]【】《》")))
    crumbs = len(re.findall(rf"[{_ARROWS}]", line))
    if crumbs > 1 or (crumbs and entries):
        return SURE
    if len(parts) > 2 and short and entries * 4 >= len(parts):
        return SURE
    if bars > 1 and short and len(parts) > 2 and not re.search("[0-9]", bare):
        return LIKELY
    return LIKELY if entries * 2 >= len(parts) and bars else 0


def _is_bar(line: str) -> bool:
    parts = _parts(line)
    return len(parts) > 1 and all(map(_is_entry, parts))


def _of_time(bare: str) -> float:
    """Return the points of a line that is a time stamp, perhaps with a name beside it."""
    if not (dated := _DATE.search(bare)):
        return LIKELY if _WEEKDAY.fullmatch(bare) or _CLOCK.fullmatch(bare) else 0
    rest = bare[: dated.start()] + bare[dated.end() :]
    exact = _CLOCK.search(rest) or _WEEKDAY.search(rest)
    rest = _WEEKDAY.sub("", _CLOCK.sub("", rest)).strip(" ()[],:|")
    if exact and len(rest) <= _LONGEST_PART + 4 and not re.search("[,。;、]", rest):
        return SURE
    if not rest and dated[0][:1].isdigit() and "年" not in dated[0]:
        return LIKELY + 0.5
    return 0


def is_prose(text: str) -> bool:
    """Say whether ``text``, without blanks at its ends, has the marks of a sentence.

    Example:
        >>> is_prose("全年办理案件12件。"), is_prose("行政执法公示")
        (True, False)
    """
    size = len(text)
    if size > LONGEST_LOOKED_AT:
        return True
    if size < 2:
        return False
    if not _HAN.search(text):
        return bool(_IN_ENGLISH.fullmatch(text))
    if text[-1] in _ENDS or (text[-1] in ".．" and size > 8):
        return True
    return (
        size >= _SHORTEST_PROSE
        and len("".join(text.split())) >= _SHORTEST_PROSE
        and bool(_CLAUSES.search(text))
    )


def title_in(line: str) -> tuple[int, int] | None:
    """Return where the title stands in a line of the page that has one, ``None`` without one."""
    if not 16 < len(line) <= LONGEST or any(c in line for c in "。；，,;"):
        return None
    stop = len(line)
    for label in _label().finditer(fold(line)):
        if kind_of(squeeze(line[: label.start()])).last and label.start() > 8:
            stop = label.start()
            break
    best = 0
    for cue in _cue().finditer(line, 0, stop):
        rest = line[cue.end() : stop]
        bare = squeeze(rest).lstrip("|>:-/ ")
        gap = rest[:1] in tuple(" \t\u3000|｜>")
        before = line[: cue.end()]
        dated = bool(_WEEKDAY.search(before)) or len(_parts(before)) > 1
        named = bool(region_of(bare)) or year_of(bare) != ""
        if (gap or dated) and named and len(bare) > 7 and kind_of(bare).last:
            best = cue.end()
    if best and not kind_of(squeeze(line[best:stop])).last:
        best = 0
    while best and line[best : best + 1] in tuple(" \t\u3000|｜>:：-/"):
        best += 1
    return (best, stop) if best or stop < len(line) else None


def is_site(line: str) -> bool:
    """Say whether ``line`` is the name of a site, a paper or a channel.

    Example:
        >>> is_site("甲县人民政府网"), is_site("甲县2021年工作总结")
        (True, False)
    """
    return is_masthead(line) or bool(_site().match(squeeze(line)))


class Repeated:
    """Tells which lines stand further above already; it takes time in proportion to the lines.

    Args:
        lines: the texts of the lines of a page.

    Example:
        >>> Repeated(["甲县2021年依法行政工作总结", "乙", "甲县2021年依法行政工作…"]).has(2)
        True
    """

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines

    @cached_property
    def _sorted(self) -> list[tuple[str, int]]:
        return sorted((squeeze(line), number) for number, line in enumerate(self._lines))

    def has(self, number: int) -> bool:
        """Say whether a line is one from further above again, perhaps cut off."""
        bare = CUT.sub("", squeeze(self._lines[number][:LONGEST_LOOKED_AT]))
        if len(bare) < _SHORTEST_REPEATED:
            return False
        for at in range(bisect_left(self._sorted, (bare, -1)), len(self._sorted)):
            text, other = self._sorted[at]
            if not text.startswith(bare):
                return False
            if other < number:
                return True
        return False
