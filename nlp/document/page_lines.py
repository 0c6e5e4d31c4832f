"""Lines around a title that are no part of it: of a web page, a newspaper, a letterhead."""

from __future__ import annotations

import re
from functools import cache

from ..text.normalize import fold, squeeze
from ..vocabulary import WordLists

_WORDS = WordLists(
    "head",
    "labels",
    "title-labels",
    "issuer-labels",
    "source-labels",
    "sites",
    "menu",
    "columns",
    "captions",
    "signed-labels",
    "published-labels",
    "salutations",
    "press",
    "papers",
    "label-ends",
    "furniture",
    "mastheads",
    "made-by",
    "cover-notes",
    "author-acts",
    "no-author",
)
_LONGEST = 200
"""Characters of the longest line that is looked at."""
_LONGEST_PART = 10
"""Characters of the longest entry of a menu."""
_LONGEST_GREETING = 40
_HAN = re.compile("[\u2e80-\u9fff]|^[(]?[12][0-9]{3}[-~][12][0-9]{3}[)]?$")
"""What a line without is none of Chinese text; years in brackets may belong to a title."""
_GAP = re.compile(r"\s+|[|│┃·]")
_CRUMBS = re.compile(r"[^<>]>|^>|[|│┃]|[\u4e00-\u9fff]\s/\s[\u4e00-\u9fff]|^首页\s?[-/—]")
_NUMBER = re.compile(r"[^\s,。]{1,16}\s?[\[(][0-9]{4}[\])]\s?第?\s?[0-9]{1,5}\s?号(?:\s.*)?")
"""The number of an official document: 武政发〔2021〕6号."""
_ISSUE = re.compile(
    r"(?:总)?(?:[0-9]{4}年)?第?\s?[0-9一二三四五六七八九十百]{1,4}\s?[号期](?:\(.{1,12}\))?"
    r"|\S{2,16}人民政府公报"
)
"""The number of an issue, the masthead of a gazette."""
_PRINTED = re.compile(r"[0-9]日印发$")
"""The line at the foot of a document that says who printed it and when."""
_PRESENTED = re.compile(r"会议(?:文件|材料|资料)(?:之?[0-9一二三四五六七八九十]+)?(?:\(.{1,4}\))?$")
_NEWSPAPER = re.compile(r"\S{2,10}报\s+[0-9]{4}年[0-9]{1,2}月[0-9]{1,2}日")
"""The head of a newspaper's page: 汉中日报 2020年9月24日 星期四."""
_ENDS = "。;!?"
_PAGE = re.compile(r"^第?[0-9]{1,3}版")
_ADDRESS = re.compile(r"https?://|www\.")


@cache
def _label() -> re.Pattern[str]:
    """Return the pattern of a label and what shows that it is one, in folded text."""
    words = _spaced("labels")
    ends = _WORDS.pattern("label-ends")
    return re.compile(
        rf"(?:^|[\s\[(【|])(?:{words})\s?(?:[:\])】|]|\s(?=\S))|^(?:{words})$"
        rf"|^[\u4e00-\u9fff]{{2,6}}{ends}:"
    )


def labels_of() -> tuple[str, ...]:
    """Return the names of the fields of a page."""
    return _WORDS.texts("labels")


def _spaced(group: str) -> str:
    """Return a pattern for the words of a group, which may have gaps in them: 索 引 号."""
    words = sorted(_WORDS.texts(group), key=len, reverse=True)
    return "|".join(r"\s{0,4}".join(map(re.escape, fold(word))) for word in words)


@cache
def _caption() -> re.Pattern[str]:
    words = _WORDS.pattern("captions")
    return re.compile(rf"^图为|(?:记者|通讯员).{{0,20}}{words}|(?:{words})(?:[/。]\S{{0,12}})?$")


@cache
def _furniture() -> re.Pattern[str]:
    return re.compile(_WORDS.pattern("furniture"))


@cache
def _made_by() -> re.Pattern[str]:
    return re.compile(rf"(?<=.{{4}})\s?{_WORDS.pattern('made-by')}$")


def maker(line: str) -> str:
    """Return whom ``line`` names as the maker of a book or paper, without the word for that.

    Example:
        >>> maker("武功县人民法院  编")
        '武功县人民法院'
    """
    return _made_by().sub("", line.strip("（）()")).rstrip()


@cache
def _cover_note() -> re.Pattern[str]:
    return re.compile(_WORDS.pattern("cover-notes"))


def is_cover_note(line: str) -> bool:
    """Say whether ``line`` announces the document below it: 现将报告全文公开."""
    return bool(_cover_note().search(line))


@cache
def _masthead() -> re.Pattern[str]:
    return re.compile(rf"{_WORDS.pattern('mastheads')}$")


def is_masthead(line: str) -> bool:
    """Say whether ``line`` names a site, a column of one or a newspaper, not a document."""
    return bool(_masthead().search(line.strip()))


@cache
def _menu() -> frozenset[str]:
    return frozenset(map(squeeze, _WORDS.texts("menu")))


@cache
def _columns() -> frozenset[str]:
    return frozenset(map(squeeze, _WORDS.texts("columns")))


@cache
def _site() -> re.Pattern[str]:
    return re.compile(rf"{_WORDS.pattern('sites')}$")


@cache
def _field(group: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?:^|[\s\[(【|])(?:{_spaced(group)})\s?(?:[:\])】|]|\s(?=\S)|$)\s*(?P<value>[^\s\])】:|]*)"
    )


def is_page_line(line: str) -> bool:
    """Say whether ``line`` is of the page: a bread crumb, a menu, a field, a caption, a number."""
    if not line or len(line) > _LONGEST:
        return False
    folded = fold(line).strip()
    if _furniture().search(folded):
        return True
    if folded[-1:] in _ENDS:
        return is_caption(line)
    if not _HAN.search(folded) or _ADDRESS.search(folded) or _PAGE.search(folded):
        return True
    if (
        _label().search(folded)
        or is_number(line)
        or _ISSUE.fullmatch(folded)
        or _NEWSPAPER.match(folded)
        or _PRINTED.search(folded)
        or _PRESENTED.search(folded)
    ):
        return True
    return is_caption(line) or is_crumbs(folded) or _is_menu(folded)


def is_number(line: str) -> bool:
    """Say whether ``line`` is the number of an official document: 武政发〔2021〕6号."""
    return len(line) <= _LONGEST and bool(_NUMBER.fullmatch(fold(line).strip()))


def is_caption(line: str) -> bool:
    """Say whether ``line`` stands beside a picture: 省长作政府工作报告。本报记者 李某 摄."""
    return len(line) <= _LONGEST and bool(_caption().search(fold(line).strip()))


def is_column(line: str) -> bool:
    """Say whether ``line`` is the name of a column on a web site: 通知公告, 政府工作报告."""
    return squeeze(line) in _columns()


def is_crumbs(line: str) -> bool:
    """Say whether ``line`` is a trail of bread crumbs: 首页 > 政务公开 > 正文."""
    return bool(_CRUMBS.search(fold(line)))


def _is_menu(folded: str) -> bool:
    parts = [part for part in _GAP.split(folded) if part]
    if len(parts) == 2:
        return all(part in _menu() for part in parts)
    if len(parts) < 3 or any(len(part) > _LONGEST_PART for part in parts):
        return False
    return any(len(part) > 1 for part in parts) and any(part in _menu() for part in parts)


@cache
def _acts() -> re.Pattern[str]:
    return re.compile(_WORDS.pattern("author-acts"))


@cache
def _no_author() -> re.Pattern[str]:
    return re.compile(_WORDS.pattern("no-author"))


def acts(text: str) -> bool:
    """Say whether ``text``, what follows a name, says what its bearer did: 认真落实…."""
    return not text or bool(_acts().match(text))


def not_a_place(stem: str, name: str) -> bool:
    """Say whether a name that ends like that of a place is none: 全县, 社区.

    Args:
        stem: the name without its last word.
        name: the whole name.
    """
    return bool(_no_author().search(name)) or stem[:1] in tuple("我本全各该在")


def is_salutation(line: str) -> bool:
    """Say whether ``line`` speaks to those who listen: 各位代表：, 主任、各位委员：."""
    if line.startswith(_salutations()):
        return True
    greets = line[-1:] in tuple(":：") and "，" not in line and len(line) <= _LONGEST_GREETING
    return greets and any(f"、{word}" in line for word in _salutations())


@cache
def _salutations() -> tuple[str, ...]:
    return _WORDS.texts("salutations")


@cache
def _press() -> re.Pattern[str]:
    papers = _WORDS.pattern("press")
    other = rf"[\u4e00-\u9fff]{{2,8}}?{_WORDS.pattern('papers')}"
    return re.compile(
        rf"{papers}[\s（(]|[^\s，。]{{2,8}}(?:讯|电)[\s（(]|[(（【].{{0,12}}记者"
        rf"|[^\s，。：:]{{0,12}}\d{{1,2}}月\d{{1,2}}日(?:讯|电)"
        rf"|(?:{papers}|{other})?(?:全媒体|融媒体|融媒)?(?:见习|特约|实习|首席)?(?:记者|通讯员)\s?\S"
    )


def is_press_lead(line: str) -> bool:
    """Say whether ``line`` begins as the text of a news item, or is its byline: 本报讯（记者…."""
    return bool(_press().match(line))


@cache
def date_label(kind: str) -> re.Pattern[str]:
    """Return the pattern of a label and the date behind it, which may stand in the next line.

    Args:
        kind: ``signed-labels`` or ``published-labels``.
    """
    return re.compile(rf"{_WORDS.pattern(kind)}[:：]\s*(.{{6,20}})?")


def site_owner(line: str) -> str:
    """Return whose site or newspaper ``line`` names (of 武功县人民政府网站 武功县人民政府).

    Of bread crumbs it is that of the first; ``""`` when it names none.
    """
    first = re.split(r"[>＞»›|│\s]", line.strip(), maxsplit=1)[0]
    owner = first
    while found := _site().search(owner):  # 临沧日报数字报
        owner = owner[: found.start()]
    return owner if owner != first else ""


def field_value(line: str, group: str) -> str | None:
    """Return the value of a field in ``line``, ``""`` when it stands below, ``None`` for no field.

    Args:
        line: a line of the page.
        group: which fields: ``title-labels``, ``issuer-labels``, ``source-labels``.
    """
    if len(line) > _LONGEST or not (found := _field(group).search(fold(line))):
        return None
    return line[found.start("value") : found.end("value")]
