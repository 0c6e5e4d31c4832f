"""The fields of a report's metadata, each declared once: name, Chinese names, type, and uses.

Everything that handles metadata follows from :data:`FIELDS`: the columns of the library's database,
JSON, CSV and XLSX, what ``gongwen reports --set`` takes, filters and facets of searches, export and
import. A new field is an attribute of :class:`Metadata` with its :class:`ReportField`, a function
that finds it (``nlp/document/metadata.py``), and a migration step (``storage/migrations.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

Year = int | str
"""Reporting year: ``2020``, a span of years ``"2018-2020"``, or ``""`` when unknown."""

Level = Literal["national", "province", "city", "county", "town", ""]
"""Administrative level of the region of a report; ``""`` when it is unknown or has no level."""

Matching = Literal["contains", "equals", "place", "year", ""]


@dataclass(frozen=True, slots=True)
class ReportField:
    """How one field of a report is called and used.

    Attributes:
        name: its name in Python, JSON, CSV headers, the database and the query language.
        chinese: its Chinese names in the query language and in tables of reports; the first is
            the one that is shown.
        type: what its values are: ``text``, ``place`` (a name of a division), ``year`` (a number
            or a span such as ``"2018-2020"``), ``date`` (ISO 8601), ``level``, ``code``, ``url``.
        settable: whether a person may set it.
        matching: how a filter compares: the value ``contains`` or ``equals`` what is wanted,
            is a ``place`` in it, or is a ``year`` in its range; ``""`` when it is no filter.
        facet: whether searches can count by it.
        example: a value, for help texts.
    """

    name: str
    chinese: tuple[str, ...]
    example: str
    type: str = "text"
    settable: bool = True
    matching: Matching = ""
    facet: bool = False


def _declare(
    *chinese: str,
    example: str,
    type: str = "text",
    settable: bool = True,
    matching: Matching = "",
    facet: bool = False,
) -> Any:
    about = {"chinese": chinese, "example": example, "type": type, "settable": settable}
    return field(default="", metadata={"report": {**about, "matching": matching, "facet": facet}})


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What is known of a report; each attribute is ``""`` when it is not known.

    Attributes:
        title: the title in one line.
        region: the finest place that the report is about, as written (``武功县``).
        province: full name of the province of the region in the year reported on.
        city: full name of its city or prefecture; districts of a municipality and counties run by
            the province have none.
        county: full name of the county, district, banner or county-level city.
        adcode: six digits (GB/T 2260) of what is now where the finest of these is or was.
        level: ``national``, ``province``, ``city``, ``county`` or ``town``; ``national`` when the
            issuer is.
        year: the year reported on: a number, or a span ``"2018-2020"``.
        kind: the normalized kind of document (``情况报告``), one of ``seeds/kinds.toml``.
        kind_as_written: the kind in the title's own words (``法治政府建设情况的报告``).
        agency: the body that issued it, as written (``武功县司法局``).
        date: when it was signed, given or published, as far as written: ``2021-01-15`` or
            ``2021-01``.
        address: URL that the page names as its source.
    """

    title: str = _declare("标题", "题目", example="武功县2020年法治政府建设情况报告")
    region: str = _declare(
        "地区", "区域", "地域", example="武功县", type="place", matching="place", facet=True
    )
    province: str = _declare(
        "省", "省份", example="陕西省", type="place", matching="contains", facet=True
    )
    city: str = _declare(
        "市", "地市", example="咸阳市", type="place", matching="contains", facet=True
    )
    county: str = _declare(
        "县", "区县", example="武功县", type="place", matching="contains", facet=True
    )
    adcode: str = _declare("行政区划代码", example="610431", type="code", settable=False)
    level: Level = _declare(  # noqa: RUF009
        "级别", "层级", example="县", type="level", matching="equals", facet=True
    )
    year: Year = _declare(  # noqa: RUF009
        "年份", "年", "年度", example="2018..2021", type="year", matching="year", facet=True
    )
    kind: str = _declare("文种", "类型", example="工作总结", matching="contains", facet=True)
    kind_as_written: str = _declare("文种原文", example="法治政府建设情况的报告", settable=False)
    agency: str = _declare("发文机关", "机关", example="司法局", matching="contains", facet=True)
    date: str = _declare("日期", "成文日期", "发布日期", example="2021-01-15", type="date")
    address: str = _declare("网址", "链接", example="https://example.gov.cn/1.html", type="url")


FIELDS = tuple(ReportField(f.name, **f.metadata["report"]) for f in fields(Metadata))
"""All fields, in the order of columns."""
FIELD_NAMES = tuple(one.name for one in FIELDS)
SETTABLE = tuple(one.name for one in FIELDS if one.settable)
"""Fields that a person may set."""
REPORT_COLUMNS = (
    "report", "title", "region", "year", "kind", "sentences", "source", "sha256", "added",
    *(name for name in FIELD_NAMES if name not in ("title", "region", "year", "kind")),
    "notes", "copies", "similar",
)  # fmt: skip
"""Columns of a table of reports."""

LEVELS: Mapping[str, tuple[str, ...]] = {
    "national": ("全国", "国家", "国家级", "中央"),
    "province": ("省", "省级", "自治区", "直辖市"),
    "city": ("市", "市级", "地市", "地级", "州"),
    "county": ("县", "县级", "区县", "区", "旗"),
    "town": ("乡", "乡镇", "乡级", "镇", "街道"),
}
"""The levels of government, and how a user may name each in Chinese."""


# -- values of options -----------------------------------------------------------------------------

_BY_FIELD = {name: one.name for one in FIELDS for name in one.chinese}
_ALL = {"全部": "all", "所有": "all", "不限": "all", "不明": "unknown", "未知": "unknown"}
CHOICES: Mapping[str, Mapping[str, str]] = {
    "sort": {
        "相关": "relevance", "相关度": "relevance", "相关性": "relevance",
        "年份": "year", "年": "year", "年度": "year", "时间": "year",
        "左": "left", "左边": "left", "左侧": "left",
        "右": "right", "右边": "right", "右侧": "right",
        "次数": "count", "频次": "count", "词频": "count", "名称": "name",
        "显著性": "g2", "对数似然": "g2", "比率": "ratio", "倍数": "ratio", "搭配强度": "logdice",
    },
    "by": {
        **_BY_FIELD, "句子": "sentence", "句": "sentence", "报告": "report",
        "主题": "topic", "作用": "role", "角色": "role", "句类": "unit",
    },
    "synonyms": {
        "自动": "auto", "总是": "always", "一直": "always", "始终": "always", "用": "always",
        "从不": "never", "不用": "never", "不": "never", "禁用": "never",
    },
    "group": {
        "开": "on", "开启": "on", "是": "on",
        "关": "off", "关闭": "off", "否": "off",
    },
    "format": {
        "表格": "table", "表": "table", "网页": "html", "工作簿": "xlsx", "电子表格": "xlsx",
    },
    "log": {"文本": "text", "文字": "text"},
    "lang": {"中文": "zh", "汉语": "zh", "英文": "en", "英语": "en"},
    "against": {"其余": "rest", "其他": "rest"},
    "pivot": {**_BY_FIELD, "报告": "report"},
    "compare": _BY_FIELD,
    "status": {
        "完成": "result", "结果": "result", "已完成": "result", "实际": "result", "实绩": "result",
        "计划": "plan", "目标": "plan", "规划": "plan", "安排": "plan",
        "预测": "forecast", "预计": "forecast", "预期": "forecast",
        "标准": "standard", "规定": "standard", **_ALL,
    },
    "period": {
        "全年": "year", "年": "year", "年度": "year", "年份": "year",
        "多年": "span", "跨年": "span", "几年": "span",
        "年内": "part", "部分": "part", "半年": "part", "季度": "part", "月": "part",
        "截至": "until", "截止": "until", "时点": "until", "累计": "cumulative", **_ALL,
    },
    "figure": {
        "数量": "quantity", "百分数": "percent", "百分比": "percent",
        "比例": "ratio", "比": "ratio",
        "金额": "money", "钱": "money", "位次": "rank", "排名": "rank", "名次": "rank",
        "增减": "change", "变化": "change", "变动": "change", "区间": "range", "范围": "range",
        "日期": "date",
    },
    "only": {
        "不符": "fail", "错误": "fail", "有误": "fail", "不通过": "fail", "未通过": "fail",
        "存疑": "uncertain", "不能确定": "uncertain", "不确定": "uncertain", "待核": "uncertain",
        "相符": "pass", "正确": "pass", "无误": "pass", "通过": "pass",
    },
}  # fmt: skip
"""The English values of options that have fixed ones, by the option and the Chinese name.

``figure`` is the kind of a figure, which the option ``--kind`` of ``gongwen figures`` takes.
"""
UNIT_NAMES: Mapping[str, tuple[str, ...]] = {
    "标题": ("title", "heading"), "总标题": ("title",), "大标题": ("title",), "题目": ("title",),
    "报告标题": ("title",), "小标题": ("heading",), "分标题": ("heading",),
    "章节标题": ("heading",),
    "句子": ("sentence",), "正文": ("sentence",), "套话": ("boilerplate",),
    "格式": ("boilerplate",),
    "格式语": ("boilerplate",),
}  # fmt: skip
"""The kinds of units of text by their Chinese names; 标题 are the titles of parts as well."""


def english(option: str, value: str) -> str:
    """Return the English value of an option for a Chinese one; any other value as it is.

    Args:
        option: a key of :data:`CHOICES`.
        value: what was typed, folded (:func:`~gongwen.nlp.text.normalize.fold`).

    Example:
        >>> english("sort", "年份"), english("sort", "year"), english("status", "计划")
        ('year', 'year', 'plan')
    """
    return CHOICES[option].get(value, value)


def chinese(option: str, value: str) -> str:
    """Return the first Chinese name of a fixed value of an option; any other value as it is.

    Args:
        option: a key of :data:`CHOICES`.
        value: the English value.

    Example:
        >>> chinese("sort", "year"), chinese("format", "csv")
        ('年份', 'csv')
    """
    return next((name for name, known in CHOICES[option].items() if known == value), value)


def settable_name(name: str) -> str:
    """Return the English name of a field that a person may set, and any other name as it is.

    Example:
        >>> settable_name("年份"), settable_name("year")
        ('year', 'year')
    """
    return next((one.name for one in FIELDS if one.settable and name in one.chinese), name)
