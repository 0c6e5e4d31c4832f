"""Tables of answers, for notebooks and pandas: what every answer of the library has in common.

An answer is a sequence or table of rows (hits, figures, counts, words, changed sentences). It
inherits :class:`Tabular`, gives its rows as dictionaries, and so gets a pandas data frame, a view
in notebooks and a short representation. Chinese names of columns stand in :data:`COLUMN_NAMES`,
which workbooks use too.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, Generic, Protocol, SupportsIndex, TypeVar, overload
from zlib import crc32

from .catalog import _
from .nlp.errors import GongwenError
from .nlp.fields import FIELDS
from .nlp.validation import CONTROL, UNDECODABLE

if TYPE_CHECKING:
    from pandas import DataFrame

COLUMN_NAMES: dict[str, str] = {
    **{one.name: one.chinese[0] for one in FIELDS},
    # A column that is called 标题 is the heading of a sentence in a file of labels.
    "title": "报告标题", "heading": "标题", "section": "章节", "kind": "类别",
    # sentences
    "report": "报告", "n": "句序", "text": "句子", "sentence": "所在句子", "topic": "主题",
    "also": "兼", "probability": "概率", "role": "作用", "item": "条目", "source": "文件",
    "start": "起点", "end": "终点", "score": "得分", "citation": "出处", "via": "近义词",
    "before": "前文", "after": "后文", "highlight": "标记", "corrected": "已更正",
    "report_score": "报告得分", "report_matches": "报告句数", "place": "位置",
    # reports
    "sentences": "句数", "sha256": "校验值", "added": "加入时间", "how": "来历", "notes": "说明",
    "copies": "副本", "copies_reports": "同句报告数", "variants": "雷同句", "similar": "相似报告",
    "id": "编号",
    # labels and suggestions
    "hard": "难句", "group": "分组", "author": "作者", "note": "注", "at": "时间",
    "guess": "模型判断", "second": "次选", "reason": "原因", "example": "例句",
    # figures
    "indicator": "指标", "value": "数值", "unit": "单位", "normalized_value": "换算数值",
    "normalized_unit": "换算单位", "period": "时期", "period_kind": "时期类别",
    "period_start": "时期起", "period_end": "时期止", "period_source": "时期依据",
    "status": "性质", "measure": "计量", "part_of": "所属", "direction": "增减",
    "qualifier": "限定", "approximate": "约数", "raw": "原文", "row": "行", "column": "列",
    "shown": "已显示", "group_name": "组",
    # comparisons of figures
    "year_before": "上年", "value_before": "上年数值", "note_before": "上年注", "change": "变化",
    "change_unit": "变化单位", "rate": "增长率", "doubts": "存疑", "stated": "报告所述",
    "verdict": "核对", "other_values": "其他数值", "place_before": "上年位置",
    "citation_before": "上年出处", "sentence_before": "上年句子", "place_stated": "所述位置",
    "citation_stated": "所述出处", "sentence_stated": "所述句子", "rank": "名次", "of": "参比数",
    "share": "占比", "difference_to_mean": "与均值之差", "difference_unit": "差值单位",
    # counts
    "count": "次数", "total": "合计", "total_exact": "连写句数", "total_distinct": "不同句数",
    "exact": "连写", "distinct": "不同",
    "matches": "命中句数", "best": "最佳句",
    # words and concordances
    "word": "词", "per_10000": "每万词", "reports": "报告数", "dispersion": "离散度DPnorm",
    "g2": "对数似然G2", "significance": "显著性", "log_ratio": "对数比", "together": "共现",
    "reference_count": "参照次数", "reference_per_10000": "参照每万词",
    "reference_reports": "参照报告数", "log_dice": "搭配强度logDice", "left": "左侧",
    "node": "搜索词", "right": "右侧",
    # copies
    "years": "各年份", "undated": "年份不明", "likeness": "相似度", "first_report": "最早报告",
    "first_n": "最早句序", "first_year": "最早年份", "first_region": "最早地区",
    "first_text": "最早句子", "in_reports": "所在报告",
    # comparisons of reports
    "topic_zh": "主题名称", "moved": "位置变动", "renumbered": "序号变动", "marked": "改动标记",
    "numbers": "数字变动", "difference": "差值", "paired": "句子对应", "remark": "备注",
    "before_section": "前份章节", "after_section": "后份章节", "before_place": "前份位置",
    "after_place": "后份位置", "before_status": "前份性质", "after_status": "后份性质",
    "before_year": "前份年份", "after_year": "后份年份", "before_note": "前份注",
    "after_note": "后份注", "before_sentence": "前份句子", "after_sentence": "后份句子",
}  # fmt: skip
"""The Chinese name of each column of a table of ours, by its English name; no two are equal."""
SHOWN_ROWS = 20
"""Rows of a table that a notebook shows; the others are counted."""
_LONGEST_CELL = 300
"""Characters of a cell that a notebook shows."""
_EDGE = "border-bottom:1px solid #8885"
CELL_STYLE = f"padding:.3em .8em .3em 0;vertical-align:top;text-align:left;{_EDGE}"
"""Style of a cell; it inherits the colours of the page, so that it is legible on dark ones."""
_NUMBER_STYLE = CELL_STYLE.replace("text-align:left", "text-align:right")


def column_name(name: str) -> str:
    """Return the Chinese name of a column, and the name itself of one that has none.

    Example:
        >>> column_name("topic"), column_name("武功县")
        ('主题', '武功县')
    """
    return COLUMN_NAMES.get(name, name)


class Tabular(ABC):
    """An answer that is a table.

    A class that inherits it gives :meth:`to_dicts`, and may give :meth:`table_columns` and
    :meth:`summary`. A data class that inherits it is declared with ``repr=False``, as it would
    otherwise replace ``__repr__``.

    Example:
        >>> class Squares(Tabular):
        ...     def to_dicts(self): return [{"value": n * n} for n in range(3)]
        >>> Squares()
        <Squares: 3 rows: value=0; value=1; value=4>
    """

    __slots__ = ()

    @abstractmethod
    def to_dicts(self) -> list[dict[str, Any]]:
        """Return the rows as dictionaries, with the keys of JSON and CSV."""

    def table_columns(self) -> Sequence[str]:
        """Return the columns in order: by default all keys of the rows, as they first occur."""
        return list(dict.fromkeys(name for row in self.to_dicts() for name in row))

    def shown_rows(self) -> list[dict[str, Any]]:
        """Return the rows as people see them: by default :meth:`to_dicts`."""
        return self.to_dicts()

    def shown_columns(self) -> Sequence[str]:
        """Return the columns that people see: by default all, or the keys of other rows."""
        rows, columns = self.shown_rows(), self.table_columns()
        return columns if not rows or set(rows[0]) <= set(columns) else list(rows[0])

    def summary(self) -> str:
        """Return in a few words how much this is; by default the number of rows."""
        count = len(self.to_dicts())
        return _("1 row") if count == 1 else _("{count} rows").format(count=count)

    def to_pandas(self) -> DataFrame:
        """Return the rows as a pandas data frame, one column a key.

        Raises:
            GongwenError: pandas is not installed; says how to.
        """
        try:
            import pandas  # late: heavy, and may not be installed
        except ImportError:
            message = _("to_pandas() needs pandas: pip install pandas")
            raise GongwenError(message) from None
        return pandas.DataFrame(self.to_dicts(), columns=list(self.table_columns()))

    def __repr__(self) -> str:
        columns = self.shown_columns()
        said = "; ".join(
            ", ".join(f"{name}={shortened(row[name], 16)}" for name in columns[:4] if name in row)
            for row in self.shown_rows()[:3]
        )
        return f"<{type(self).__name__}: {self.summary()}{f': {said}' if said else ''}>"

    def _repr_html_(self) -> str:
        """Return the first rows as an HTML table, which notebooks show."""
        columns = self.shown_columns()
        rows = self.shown_rows()
        numeric = {
            name
            for name in columns
            if any(_is_number(row.get(name)) for row in rows)
            and all(_is_number(row.get(name)) or row.get(name) in (None, "") for row in rows)
        }
        body = (
            [(_cell(row.get(name)), name in numeric) for name in columns]
            for row in rows[:SHOWN_ROWS]
        )
        return html_view(self.summary(), columns, body, len(rows) - SHOWN_ROWS)


def html_view(
    summary: str,
    columns: Sequence[str],
    rows: Iterable[Iterable[tuple[str, bool]]],
    left_out: int = 0,
) -> str:
    """Return a table in HTML that needs no style sheet and no script.

    Args:
        summary: a line above it, as text.
        columns: English names of its columns; the Chinese ones stand above these.
        rows: for each row its cells, as HTML, and whether each is aligned to the right.
        left_out: how many rows are not shown.
    """
    heads = "".join(
        f'<th style="{CELL_STYLE};white-space:nowrap">{_head(name)}</th>' for name in columns
    )
    body = "\n".join(
        "<tr>"
        + "".join(
            f'<td style="{_NUMBER_STYLE if right else CELL_STYLE}">{cell}</td>'
            for cell, right in row
        )
        + "</tr>"
        for row in rows
    )
    more = f"<p>{escape(_('and {count} more').format(count=left_out))}</p>" if left_out > 0 else ""
    whole = (
        f'<div style="overflow-x:auto;line-height:1.5"><p>{escape(summary)}</p>\n'
        f'<table style="border-collapse:collapse">\n<thead><tr>{heads}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody>\n</table>{more}</div>"
    )
    return CONTROL.sub("", UNDECODABLE.sub("\ufffd", whole))  # HTML allows none of them


def topics_html(names: Mapping[str, str]) -> str:
    """Return topics as HTML, each on a colour of its own, which is the same everywhere.

    Args:
        names: the Chinese name of each topic by its slug.
    """
    return "<br>".join(
        f'<span title="{escape(slug)}" style="background:hsla({_hue(slug)},70%,50%,.22);'
        f'border-radius:.4em;padding:.1em .5em;white-space:nowrap">{escape(name)}</span>'
        for slug, name in names.items()
    )


def _hue(slug: str) -> int:
    return crc32(slug.encode("utf-8", "replace")) % 360


def sentence_html(
    highlight: str, place: str, before: Iterable[str] = (), after: Iterable[str] = ()
) -> str:
    """Return a sentence as HTML, with its neighbours, and below it where it stands.

    Args:
        highlight: the sentence as HTML, with ``<mark>`` around what matched.
        place: where it stands, as text.
        before: neighbours in front, as text.
        after: neighbours behind.
    """
    marked = highlight.replace(
        "<mark>", '<mark style="background:rgba(255,196,0,.45);color:inherit">'
    )
    return "<br>".join(
        (*map(_dim, before), marked, *map(_dim, after), f"<small>{_dim(place)}</small>")
    )


def _dim(text: str) -> str:
    return f'<span style="opacity:.65">{escape(text)}</span>'


def _head(name: str) -> str:
    chinese = column_name(name)
    if chinese == name:
        return escape(name)
    return f'{escape(chinese)}<br><small style="opacity:.65">{escape(name)}</small>'


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _cell(value: Any) -> str:
    """Return a value as the HTML of a cell."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1 else f"{round(value, 2):g}"
    if isinstance(value, list | tuple):
        value = "；".join(map(str, value))
    return escape(shortened(value, _LONGEST_CELL))


def shortened(value: Any, most: int) -> str:
    """Return a value as text on one line, cut to ``most`` characters.

    Example:
        >>> shortened("办理行政复议案件4件", 6)
        '办理行政复…'
    """
    text = " ".join(str(value).split())
    return text if len(text) <= most else f"{text[: most - 1]}…"


class Row(Protocol):
    """One row of an answer."""

    def to_dict(self) -> dict[str, Any]:
        """Return the row by column."""


RowT = TypeVar("RowT", bound=Row)


class Rows(list[RowT], Tabular, Generic[RowT]):
    """A list of rows that is a table as well; slices of it are too.

    Args:
        rows: the rows.

    Example: ``library.figures("行政复议")[:5].to_pandas()``.
    """

    __slots__ = ()
    __repr__ = Tabular.__repr__

    @overload
    def __getitem__(self, index: SupportsIndex) -> RowT: ...
    @overload
    def __getitem__(self, index: slice) -> Rows[RowT]: ...
    def __getitem__(self, index: SupportsIndex | slice) -> RowT | Rows[RowT]:
        if isinstance(index, slice):
            return type(self)(super().__getitem__(index))
        return super().__getitem__(index)

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return the rows as dictionaries."""
        return [row.to_dict() for row in self]
