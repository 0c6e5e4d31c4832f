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

LEVELS: Mapping[str, tuple[str, ...]] = {
    "national": ("全国", "国家", "国家级", "中央"),
    "province": ("省", "省级", "自治区", "直辖市"),
    "city": ("市", "市级", "地市", "地级", "州"),
    "county": ("县", "县级", "区县", "区", "旗"),
    "town": ("乡", "乡镇", "乡级", "镇", "街道"),
}
"""The levels of government, and how a user may name each in Chinese."""
