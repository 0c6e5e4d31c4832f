"""Know the fields of a report by the usual names of columns and keys, and check their values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from ..nlp.document.overrides import said_value
from ..nlp.errors import QueryError, quoted
from ..nlp.fields import FIELDS
from ..nlp.text.dates import year_of
from ..nlp.text.normalize import fold, squeeze

TEXT_NAMES = tuple(
    "text 正文 全文 content 内容 文本 body article 正文内容 报告正文 报告内容 报告全文 文章内容"
    " 文章正文 文件内容 文件正文 信息内容 原文 文章 报告文本 fulltext bodytext maintext articletext"
    " articlecontent articlebody contenttext textcontent contents doccontent newscontent"
    " infocontent rawtext html bodyhtml contenthtml htmlcontent texthtml markdown md contentmd"
    " zhengwen neirong".split()
)
"""Names of the text of a report, as :func:`key_of` gives them; the first that is filled counts."""
PART_NAMES = tuple("sections 章节 paragraphs 段落 chapters blocks parts 部分".split())
"""Names of a list of the parts of one report, each a string or an object with a text."""
_NAMES: dict[str, str] = {
    "title": "标题 题目 报告标题 报告名称 文件标题 文件名称 文章标题 信息标题 名称 篇名 主标题"
    " headline subject doctitle articletitle reporttitle biaoti",
    "region": "区县 县区 县市区 行政区 行政区划 所在地区 所属地区 县 area district county place",
    "year": "报告年度 报告年份 所属年度 所属年份 年份年度 reportyear",
    "kind": "公文种类 文件类型 doctype",
    "agency": "发文机关 机关 单位 发文单位 发布机构 发布单位 发布机关 制发机关 制文机关 印发机关"
    " 编制单位 报送单位 责任单位 部门 publisher author organization organisation issuer dept"
    " department",
    "date": "公开日期 发文日期 印发日期 落款日期 生成日期 发布时间 成文时间 公开时间 时间 pubdate"
    " publishdate publishdate pubtime publishtime publishedat publishtime published releasedate"
    " releasetime datetime time issuedate docdate",
    "address": "url 网址 链接 来源 来源网址 原文链接 原文网址 文章链接 link href source sourceurl"
    " pageurl docurl",
    "number": "文号 发文字号 发文号 文件编号 docnumber docno wenhao",
    "source": "来源 信息来源 文章来源 稿源 source",
}
"""Further names of columns, by the field of a report; of a field that reports lack none is used."""
METADATA_NAMES: Mapping[str, tuple[str, ...]] = {
    one.name: (one.name, *one.chinese, *_NAMES.get(one.name, "").split())
    for one in FIELDS
    if one.settable and one.name not in ("province", "city", "county", "level")
}
"""Names of the columns with metadata of a report, by the name of the report's field."""
_KNOWN = {name for names in METADATA_NAMES.values() for name in names}

_NAME_MARKS = re.compile(r"[\s_\-*:.]|\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】")
_WEB_ADDRESS = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_YEAR_OF_DATE = re.compile(r"(\d{4})(?:[-/.]\d{1,2}(?:$|[-/.]\d{1,2}(?!\d))|年\d{1,2}月)")
_YEAR_AND_PART = re.compile(
    r"(\d{4})年?(?:全年|上半年|下半年|前?[一二三四1-4]季度|第[一二三四1-4]季度)"
)
_YEAR_IN_CHARACTERS = re.compile("[〇零○一二三四五六七八九]{4}")
_NO_FRACTION = re.compile(r"(\d{4})\.0+")
_CHINA = timedelta(hours=8)
_MOST_PARTS = 10_000


class DateCell(str):
    """A cell with a date: as text what the workbook shows.

    Attributes:
        day: the date.
    """

    __slots__ = ("day",)
    day: date

    def __new__(cls, shown: str, day: date) -> DateCell:
        """Return the cell."""
        made = super().__new__(cls, shown)
        made.day = day
        return made


def key_of(name: str) -> str:
    """Return the name of a column or key in the form of :data:`TEXT_NAMES`.

    Case, width, spaces, marks and what stands in brackets make no difference.

    Example:
        >>> key_of("Pub_Date"), key_of("正文（全文）*"), key_of("　標 題")
        ('pubdate', '正文', '标题')
    """
    squeezed = squeeze(name)
    return _NAME_MARKS.sub("", squeezed) or squeezed


def names_text(keys: Iterable[str]) -> bool:
    """Return whether one of the keys is a name of the text."""
    return not set(TEXT_NAMES).isdisjoint(keys)


def is_known(key: str) -> bool:
    """Return whether a key is a name of the text or of metadata."""
    return key in TEXT_NAMES or key in _KNOWN


def cell_text(value: Any) -> str:
    """Return the text of a cell; dates and whole numbers lose their empty decimals."""
    if isinstance(value, datetime) and not (value.hour or value.minute or value.second):
        value = value.date()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip() if isinstance(value, str | int | float | date) else ""


def text_in(fields: Mapping[str, Any]) -> str:
    r"""Return the text of a report from its fields by :func:`key_of`, ``""`` when there is none.

    Example:
        >>> text_in({"标题": "总结", "content": ["一、总体情况", "办案12件。"]})
        '一、总体情况\n办案12件。'
    """
    for name in TEXT_NAMES:
        if text := _joined(fields.get(name)):
            return text
    for name in PART_NAMES:
        if isinstance(fields.get(name), list) and (text := _joined(fields[name])):
            return text
    return ""


def _joined(value: Any, depth: int = 0) -> str:
    """Return the text of a value: of a list that of its parts, of an object heading and text."""
    if isinstance(value, list) and depth < 4:
        return "\n".join(filter(None, (_joined(one, depth + 1) for one in value[:_MOST_PARTS])))
    if isinstance(value, dict) and depth < 4:
        fields = {key_of(str(name)): value[name] for name in value}
        heading = next(
            filter(None, (cell_text(fields.get(n)) for n in ("heading", "title", "标题"))), ""
        )
        names = (*TEXT_NAMES, "rendered", "value", *PART_NAMES)
        text = next(filter(None, (_joined(fields.get(name), depth + 1) for name in names)), "")
        return "\n".join(filter(None, (heading, text))) if text else ""
    return cell_text(value)


def metadata_in(fields: Mapping[str, Any]) -> tuple[dict[str, str], list[str]]:
    """Return the metadata in the fields of a report, and what is wrong with other values.

    Args:
        fields: values by :func:`key_of` of their names.

    Example:
        >>> metadata_in({"年份": "二〇二一年", "发布时间": "2022/1/5 10:00"})
        ({'year': '2021', 'date': '2022-01-05'}, [])
        >>> metadata_in({"年份": "去年"})
        ({}, ["year '去年' is unknown"])
    """
    said: dict[str, str] = {}
    problems: list[str] = []
    for field, names in METADATA_NAMES.items():
        bad = ""
        for name in (name for name in dict.fromkeys(names) if name in fields):
            cell = fields[name]
            if not (written := " ".join(cell_text(cell).split())):
                continue
            if value := _checked(field, cell, written):
                said[field] = value
                break
            bad = bad or written
        if bad and field not in said and field in ("year", "date"):
            problems.append(f"{field} {quoted(bad)} is unknown")
    return said, problems


def _checked(field: str, cell: Any, written: str) -> str:
    """Return the value of a field in a cell, ``""`` if it is not valid."""
    day = cell.day if isinstance(cell, DateCell) else cell if isinstance(cell, date) else None
    if field == "year":
        written = str(day.year) if day else _year(written)
    elif field == "date":
        written = day.isoformat()[:10] if day else _date(written)
    elif field == "address" and not _WEB_ADDRESS.fullmatch(written):
        return ""  # 来源 may also name the publisher instead of an address
    try:
        value = said_value(field, written)
        return str(value) if field in ("year", "date") else written
    except QueryError:
        return ""


def _year(written: str) -> str:
    """Return a year or span in the form in which a person sets it; it may not be one."""
    text = fold(written)
    if found := _YEAR_OF_DATE.match(text):
        return found[1]
    text = text.replace(" ", "")
    if found := _YEAR_AND_PART.fullmatch(text):
        return found[1]
    if found := _NO_FRACTION.fullmatch(text):
        return found[1]
    bare = re.sub("(?:年度|年份|年|度)$", "", text)
    if _YEAR_IN_CHARACTERS.fullmatch(bare):
        return str(year_of(f"{bare.replace('○', '〇')}年"))
    return re.sub("年?(?:--?|—+|–|~|至|到)", "-", bare)


def _date(written: str) -> str:
    """Return a date in a form that :func:`said_value` knows; seconds since 1970 are taken too."""
    text = fold(written)
    if re.fullmatch(r"\d{8}", text):
        return f"{text[:4]}-{text[4:6]}-{text[6:]}"
    if re.fullmatch(r"\d{10}|\d{13}", text):
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(text[:10])) + _CHINA
        return moment.date().isoformat()
    return re.sub(r"[tT]\d.*$", "", text) if re.match(r"\d{4}-\d\d-\d\d[tT]", text) else text


def heads_of(cells: Sequence[Any]) -> list[str]:
    """Return the keys of the names of columns in a row."""
    return [key_of(cell_text(cell)) for cell in cells]
