"""Render pages in HTML with their charts: the evaluation of a model, and the values of a pivot.

A page loads no other file and contains no script, and equal input gives an equal page.

A chart loads nothing and contains no script. Names and figures are SVG text, so they can be read by
screen readers, searched and copied. Sizes are in pixels.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from html import escape

from ..catalog import _
from ..figures.pivot import Pivot
from ..nlp.topics.evaluation import Evaluation, ReliabilityBin, confusions
from ..nlp.topics.taxonomy import Taxonomy
from ..nlp.validation import CONTROL
from ..storage.models import Measure
from ..training.evaluate import EvaluatedModel

_STYLESHEET = """
:root { color-scheme: light; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1c2430; background: #fff;
  font: 15px/1.6 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC",
    "WenQuanYi Micro Hei", sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.3; margin: 0 0 1rem; }
h2 { font-size: 1.15rem; margin: 2.5rem 0 .5rem; border-bottom: 1px solid #d5dae1; }
p { margin: .5rem 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: 0; }
dt { color: #5b6675; }
dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: baseline; padding: .25rem .6rem .25rem 0;
  border-bottom: 1px solid #e6e9ee; }
th { color: #5b6675; font-weight: 600; white-space: nowrap; }
td { overflow-wrap: anywhere; }
.n { text-align: right; padding-right: 1.2rem; font-variant-numeric: tabular-nums;
  white-space: nowrap; }
.figure { font-size: 1.25rem; font-weight: 600; }
.topic { min-width: 9.2em; }
.topic small { color: #5b6675; }
.warn { background: #fff3e0; border-left: 4px solid #e08a2c; padding: .3rem .8rem; }
.wide { overflow-x: auto; }
svg { display: block; max-width: 100%; height: auto; font-family: inherit; }
svg text { fill: #1c2430; }
svg .end { text-anchor: end; }
svg .middle { text-anchor: middle; }
svg .light { fill: #fff; }
svg .axis { fill: #5b6675; }
svg .frame { fill: none; stroke: #9aa4b2; }
svg .grid { stroke: #e6e9ee; }
svg .ideal { stroke: #9aa4b2; stroke-dasharray: 5 4; }
svg .curve { fill: none; stroke: #2b6cb0; stroke-width: 2; }
svg .point { fill: #2b6cb0; }
svg .bar { fill: #b9cde4; }
@media print { body { margin: 0; max-width: none; font-size: 10pt; }
  h2, p { break-after: avoid; } svg, tr, dl { break-inside: avoid; } }
"""
_SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""Content security policy of a page: nothing but its own style sheet."""


def page(title: str, body: Sequence[str], style: str = "", language: str = "zh") -> str:
    """Return a complete HTML document.

    Args:
        title: its title and first heading, as text.
        body: parts of the body, which are HTML already.
        style: rules of style for this page, behind those of all.
        language: of its headings, ``en`` or ``zh``.
    """
    tag = "zh-Hans" if language == "zh" else language
    whole = "\n".join(
        [
            f'<!DOCTYPE html>\n<html lang="{tag}">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_SECURITY_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title>\n<style>{_STYLESHEET}{style}</style>\n</head>\n<body>",
            f"<h1>{escape(title)}</h1>",
            *body,
            "</body>\n</html>\n",
        ]
    )
    return CONTROL.sub("", whole)  # HTML allows no control characters


def html_table(
    heads: tuple[str, ...], rows: Iterable[tuple[str, ...]], numbers: tuple[int, ...]
) -> str:
    """Return an HTML table.

    Args:
        heads: headings of the columns, as HTML.
        rows: cells of each row, as HTML.
        numbers: indexes of the columns that are aligned to the right.
    """

    def row_html(tag: str, cells: tuple[str, ...]) -> str:
        made = (
            f'<{tag} class="n">{cell}</{tag}>' if i in numbers else f"<{tag}>{cell}</{tag}>"
            for i, cell in enumerate(cells)
        )
        return f"<tr>{''.join(made)}</tr>"

    body = "\n".join(row_html("td", row) for row in rows)
    return f"<table>\n<thead>{row_html('th', heads)}</thead>\n<tbody>\n{body}\n</tbody>\n</table>"


# -- evaluation of a model -----------------------------------------------------------------------

_MAX_MISTAKES = 50
_MAX_CONFUSIONS = 10
"""Limits of the mistakes and of the confused pairs of topics that a page shows."""


def evaluation_page(found: EvaluatedModel, taxonomy: Taxonomy) -> str:
    """Return an evaluation as an HTML page.

    Args:
        found: the evaluation.
        taxonomy: gives the Chinese names of the topics.
    """
    e, zh = found.evaluation, taxonomy.topics.zh
    title = f"gongwen: evaluation of topic {found.model} 主题分类器评估"
    return page(
        title,
        [
            _model_summary(found, zh),
            "<h2>Figures 总体指标</h2>",
            _overall_table(e),
            "<p>Figures of different kinds are of different sentences, and cannot be compared."
            " 不同来源的指标所测句子不同，不可相互比较。</p>",
            _measure_table(found.measures),
            "<h2>Coverage 覆盖率</h2>",
            "<p>Without the sentences that the model is least sure of, more of the rest are right;"
            " <code>--min-probability</code> takes the probability."
            " 去掉把握最小的句子，其余的更准。</p>",
            _coverage_table(e),
            "<h2>Topics 各主题</h2>",
            _topic_table(e, zh),
            "<h2>Confusion matrix 混淆矩阵</h2>",
            "<p>A row is the sentences of a topic, a column what the model says they are; the"
            " deeper the colour, the larger the share of the row."
            " 每行是该主题的句子，每列是模型的判断；蓝为判对，橙为判错，颜色越深占该行比例越大。"
            "</p>",
            f'<div class="wide">{heat_map(e.confusion, [zh(s.topic) for s in e.topics])}</div>',
            _confusion_table(e, zh),
            "<h2>Reliability 可靠性曲线</h2>",
            "<p>Of the sentences with a probability of about 0.8, some 80 % should be right: on the"
            " dashed line the model is as sure as it should be, below it too sure."
            " 概率约 0.8 的句子应有约 80 % 判对：落在虚线上最好，在虚线下方则过于自信。</p>",
            f'<div class="wide">{reliability_curve(e.reliability)}</div>',
            "<h2>Worst mistakes 最严重的错误</h2>",
            _mistake_table(e, zh),
        ],
    )


def _model_summary(found: EvaluatedModel, zh: Callable[[str], str]) -> str:
    """Return a list of facts about the model and the test data, with warnings."""
    trained = f"{found.labels} labelled sentences"
    trained += f", {found.created}" if found.created else ""
    rows = [
        ("Model 模型", found.model),
        ("Trained on 训练数据", trained),
        ("SHA-256 of its labels 标注校验值", found.labels_sha256),
        ("Tested on 测试数据", found.data),
        ("Split 划分", found.split),
    ]
    if found.dropped_keywords:
        words = (
            f"{word} ({zh(slug)})" for slug, own in found.dropped_keywords.items() for word in own
        )
        rows.append(("Keywords that labels contradict 与标注矛盾而未用的关键词", "、".join(words)))
    if untested := found.evaluation.untested:
        few = (f"{zh(slug)} ({count})" for slug, count in untested)
        rows.append(("Not measured, too few labels 标注太少而未评估", "、".join(few)))
    body = "\n".join(f"<dt>{name}</dt><dd>{escape(value)}</dd>" for name, value in rows if value)
    warnings = [found.split] if found.seen else []
    if found.unknown:
        names = "、".join(map(zh, found.unknown))
        warnings.append(f"The model does not have these topics, and cannot get them right: {names}")
    return f"<dl>\n{body}\n</dl>" + "".join(
        f'\n<p class="warn">{escape(warning)}</p>' for warning in warnings
    )


def _overall_table(e: Evaluation) -> str:
    """Return a table of the figures over all topics, with their meaning."""
    rows = [
        ("macro-F1", e.macro_f1, "mean F1 of the topics, each counts the same 各主题 F1 的平均"),
        ("plain 一般句", e.plain_f1, "macro-F1 where the words give the topic away 字面可辨的句子"),
        ("hard 难句", e.hard_f1, "macro-F1 where the words alone do not 字面难辨的句子"),
        ("accuracy 正确率", e.accuracy, "share of the sentences whose topic is right 判对的比例"),
        ("micro-F1", e.micro_f1, "the same: every sentence has one primary topic 与正确率相同"),
        ("also F1 兼", e.also_f1, "F1 of the further topics of a sentence 次要主题的 F1"),
        ("ECE 校准误差", e.ece, "expected gap between probability and accuracy 概率与正确率之差"),
    ]
    return html_table(
        ("Figure 指标", "Value 值", "Meaning 含义"),
        (
            (name, f'<span class="figure">{value:.3f}</span>', meaning)
            for name, value, meaning in rows
            if value is not None
        ),
        numbers=(1,),
    )


_KINDS = {
    "cross-validation": "cross-validation 交叉验证",
    "check set": "check set 测试集",
    "own file": "own file 自有文件",
}


def _measure_table(measures: Sequence[Measure]) -> str:
    """Return a table of the macro-F1 on each kind of sentences."""
    heads = (
        "Measured by 评估方式",
        "macro-F1",
        "Sentences 句",
        "Distinct 不同句",
        "Trained on 曾用于训练",
    )
    rows = (
        (
            _KINDS[m.kind],
            f"{m.macro_f1:.3f}",
            *("–" if count is None else str(count) for count in (m.sentences, m.distinct)),
            str(m.trained_on) if m.trained_on else "none 无",
        )
        for m in measures
    )
    return html_table(heads, rows, numbers=(1, 2, 3))


def _coverage_table(e: Evaluation) -> str:
    """Return a table of the accuracy at several thresholds of the probability."""
    heads = ("Coverage 覆盖率", "Probability from 概率不低于", "Sentences 句", "Accuracy 正确率")
    rows = (
        (f"{c.percent} %", f"{c.threshold:.3f}", str(c.sentences), f"{c.accuracy:.3f}")
        for c in e.coverage
    )
    return html_table(heads, rows, numbers=(0, 1, 2, 3))


def _topic_table(e: Evaluation, zh: Callable[[str], str]) -> str:
    """Return a table of precision, recall and F1 of every topic."""
    heads = ("Topic 主题", "Slug", "Precision 精确率", "Recall 召回率", "F1", "Support 句")
    rows = (
        (
            escape(zh(s.topic)),
            escape(s.topic),
            *(f"{value:.3f}" for value in (s.precision, s.recall, s.f1)),
            str(s.support),
        )
        for s in e.topics
    )
    return html_table(heads, rows, numbers=(2, 3, 4, 5))


def _confusion_table(e: Evaluation, zh: Callable[[str], str]) -> str:
    """Return a table of the topics that are confused most often, ``""`` without mistakes."""
    pairs = confusions(e.mistakes)[:_MAX_CONFUSIONS]
    if not pairs:
        return ""
    rows = (
        (
            _topic_cell(zh(pair.truth)),
            _topic_cell(zh(pair.guess)),
            str(pair.count),
            escape(pair.example.text),
        )
        for pair in pairs
    )
    heads = ("Truth 应为", "Guess 判为", "Count 句", "Example 例句")
    return "<h2>Most confused 最易混淆</h2>\n" + html_table(heads, rows, numbers=(2,))


def _mistake_table(e: Evaluation, zh: Callable[[str], str]) -> str:
    """Return a table of the mistakes with the highest probability."""
    worst = e.mistakes[:_MAX_MISTAKES]
    if not worst:
        return "<p>None: every sentence got its topic. 没有错误。</p>"
    rows = (
        (
            f"{m.probability:.3f}",
            _topic_cell(zh(m.truth), [zh(slug) for slug in m.also]),
            _topic_cell(zh(m.guess)),
            escape(m.heading),
            escape(m.text),
        )
        for m in worst
    )
    heads = ("P 概率", "Truth 应为", "Guess 判为", "Heading 标题", "Sentence 句子")
    return (
        f"<p>{len(worst)} of {len(e.mistakes)}, those that the model was surest of first."
        f" 共 {len(e.mistakes)} 句判错，按把握从大到小列出 {len(worst)} 句。</p>\n"
        + html_table(heads, rows, numbers=(0,))
    )


def _topic_cell(name: str, also: Sequence[str] = ()) -> str:
    """Return a table cell with the name of a topic and of further topics."""
    further = f"<br><small>also 兼 {escape('、'.join(also))}</small>" if also else ""
    return f'<div class="topic">{escape(name)}{further}</div>'


# -- pivot of an indicator -----------------------------------------------------------------------

_ROW_MARKUP = 80
"""Bytes of the markup of a row of the table of sources."""


def figure_page(found: Pivot, picture: str, most: int) -> str:
    """Return a pivot as an HTML page with its picture and a table of every value with its source.

    Args:
        found: the pivot.
        picture: an SVG element.
        most: about how many bytes the page may have; the table of sources is cut to that.
    """
    names = {"region": _("Region"), "year": _("Year"), "report": _("Report")}
    rows, size, every = [], len(picture.encode()), 0
    for cell in found.cells:
        for value in cell.values:
            every += 1
            row = (
                *(escape(name) for name in (cell.row, cell.column)[: len(found.dimensions)]),
                escape(f"{value.shown}{value.unit}"),
                escape(value.note),
                escape(value.row.figure.indicator),
                escape(f"{value.row.sentence}　{value.row.citation}"),
            )
            size += len("".join(row).encode("utf-8", "replace")) + _ROW_MARKUP
            if size <= most:
                rows.append(row)
    heads = (
        *(escape(names[name]) for name in found.dimensions),
        *(escape(head) for head in (_("Value"), _("Note"), _("Indicator"), _("Source"))),
    )
    body = [
        f'<div class="wide">{picture}</div>',
        f"<h2>{escape(_('Sources'))}</h2>",
        html_table(heads, rows, numbers=(len(found.dimensions),)),
    ]
    if every > len(rows):
        message = _("{count} further values are left out here; --format csv has them all.")
        body.append(f'<p class="warn">{escape(message.format(count=every - len(rows)))}</p>')
    return page(found.title, body)


_FONT = 12
_CELL_SIZE = 34
_DIGIT_WIDTH = 8
"""Size of the font, smallest side of a cell of the matrix, and width of a digit."""
_MAX_NAME_EMS = 17.0
"""Limit of the width of a name, in Chinese characters; a longer name is shortened."""
_SLANT = 0.7071
"""Sine and cosine of 45 degrees, the angle of the names of the columns."""

_CORRECT_HUE, _ERROR_HUE, _EMPTY_FILL = 212, 22, "#f4f5f7"
"""Hues of cells on and off the diagonal, and the colour of an empty cell."""
_LIGHT_TEXT_DEPTH = 0.8
"""Depth of a colour, 0 to 1, above which the text on it is white."""


def heat_map(counts: Sequence[Sequence[int]], names: Sequence[str]) -> str:
    """Return a confusion matrix as a heat map, blue on the diagonal and orange off it.

    Args:
        counts: (topics, topics) number of sentences of each topic (row) by predicted topic
            (column).
        names: (topics,) names of the topics.
    """
    shown = [_shorten(name) for name in names]
    longest = max(map(_ems, shown), default=0.0) * _FONT
    left, top = longest + 14, longest * _SLANT + 22
    cell = max(_CELL_SIZE, _DIGIT_WIDTH * (len(str(max(map(max, counts)))) + 1))
    side = cell * len(names)
    width, height = left + side + longest * _SLANT, top + side + 2
    parts = [
        f'<text x="{_px(left - 8)}" y="{_px(top - 26)}" class="axis end">guess 判为 →</text>',
        f'<text x="{_px(left - 8)}" y="{_px(top - 8)}" class="axis end">truth 应为 ↓</text>',
    ]
    for i, name in enumerate(shown):
        middle = cell * (i + 0.5)
        above = f"translate({_px(left + middle + 4)} {_px(top - 8)}) rotate(-45)"
        beside = f'x="{_px(left - 8)}" y="{_px(top + middle + 4)}"'
        parts += [
            f'<text transform="{above}">{escape(name)}</text>',
            f'<text {beside} class="end">{escape(name)}</text>',
        ]
    for row, line in enumerate(counts):
        total = sum(line)
        for column, count in enumerate(line):
            share = count / total if total else 0.0
            x, y = left + cell * column, top + cell * row
            # The square root makes a few mistakes in a row visible.
            hue, depth = (_CORRECT_HUE, share) if row == column else (_ERROR_HUE, share**0.5)
            fill = f"hsl({hue},70%,{95 - 55 * depth:.0f}%)" if count else _EMPTY_FILL
            parts.append(
                f'<rect x="{_px(x)}" y="{_px(y)}" width="{cell - 1}" height="{cell - 1}"'
                f' fill="{fill}"/>'
            )
            if count:
                tooltip = f"{names[row]} → {names[column]}: {count} ({share:.0%})"
                look = "middle light" if depth > _LIGHT_TEXT_DEPTH else "middle"
                parts.append(
                    f'<text x="{_px(x + cell / 2)}" y="{_px(y + cell / 2 + 4)}" class="{look}">'
                    f"<title>{escape(tooltip)}</title>{count}</text>"
                )
    return _svg("Confusion matrix 混淆矩阵", width, height, parts)


def reliability_curve(bins: Sequence[ReliabilityBin]) -> str:
    """Return a chart of accuracy by probability, with the number of sentences of each bin below."""
    side, left, top, bar = 400, 48, 12, 60
    floor = top + side
    base = floor + 56 + bar
    parts = [f'<rect x="{left}" y="{top}" width="{side}" height="{side}" class="frame"/>']
    for tenth in range(0, 11, 2):
        x, y = left + side * tenth / 10, floor - side * tenth / 10
        label = f"{tenth / 10:.1f}"
        parts += [
            f'<line x1="{left}" y1="{_px(y)}" x2="{left + side}" y2="{_px(y)}" class="grid"/>',
            f'<text x="{left - 6}" y="{_px(y + 4)}" class="end">{label}</text>',
            f'<text x="{_px(x)}" y="{floor + 16}" class="middle">{label}</text>',
        ]
    parts += [
        f'<line x1="{left}" y1="{floor}" x2="{left + side}" y2="{top}" class="ideal"/>',
        f'<text x="{left + 8}" y="{top + 18}" class="axis">accuracy 正确率 ↑</text>',
        f'<text x="{left + side}" y="{floor + 34}" class="axis end">probability 概率 →</text>',
        f'<text x="{left}" y="{floor + 34}" class="axis">sentences 句 ↓</text>',
    ]
    points = [(left + side * b.confidence, floor - side * b.accuracy) for b in bins]
    line = " ".join(f"{_px(x)},{_px(y)}" for x, y in points)
    parts.append(f'<polyline points="{line}" class="curve"/>')
    most = max((b.sentences for b in bins), default=1)
    for b, (x, y) in zip(bins, points, strict=True):
        tooltip = f"{b.low:.1f}–{b.high:.1f}: {b.sentences} sentences, {b.accuracy:.1%} right"
        parts.append(
            f'<circle cx="{_px(x)}" cy="{_px(y)}" r="5" class="point">'
            f"<title>{tooltip}, mean probability {b.confidence:.1%}</title></circle>"
        )
        tall, start = max(1.0, bar * b.sentences / most), left + side * b.low
        parts += [
            f'<rect x="{_px(start + 2)}" y="{_px(base - tall)}" width="{side / 10 - 4:.0f}"'
            f' height="{_px(tall)}" class="bar"/>',
            f'<text x="{_px(start + side / 20)}" y="{_px(base + 14)}" class="middle">'
            f"{b.sentences}</text>",
        ]
    return _svg("Reliability curve 可靠性曲线", left + side + 16, base + 20, parts)


def _svg(title: str, width: float, height: float, parts: Sequence[str]) -> str:
    """Return an SVG element with the elements ``parts``."""
    body = "\n".join(parts)
    return (
        f'<svg viewBox="0 0 {_px(width)} {_px(height)}" width="{_px(width)}" role="img"'
        f' aria-label="{escape(title)}" font-size="{_FONT}">\n{body}\n</svg>'
    )


def _ems(name: str) -> float:
    """Return the width of ``name`` in Chinese characters; a Latin character counts 0.6."""
    return sum(1.0 if unicodedata.east_asian_width(c) in "WFA" else 0.6 for c in name)


def _shorten(name: str) -> str:
    """Return ``name``, shortened with an ellipsis when it is too wide."""
    if _ems(name) <= _MAX_NAME_EMS:
        return name
    while _ems(name) > _MAX_NAME_EMS - 1:
        name = name[:-1]
    return f"{name}…"


def _px(value: float) -> str:
    """Return a coordinate as text, rounded to a tenth of a pixel."""
    return f"{value:.1f}".removesuffix(".0")
