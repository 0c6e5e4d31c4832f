"""One page about how good a model is: figures, charts and mistakes, for reading and printing.

The page fetches nothing and runs nothing, and is the same for the same evaluation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from .charts import heat_map, reliability_curve
from .evaluating import EvaluatedModel
from .nlp.evaluation import Evaluation
from .nlp.mistakes import confusions
from .nlp.taxonomy import Taxonomy
from .page import html_table, page

_WORST = 50
_PAIRS = 10


def evaluation_page(found: EvaluatedModel, taxonomy: Taxonomy) -> str:
    """Return ``found`` as one HTML page; topics go by their Chinese names."""
    e, zh = found.evaluation, taxonomy.topics.zh
    title = f"gongwen: evaluation of topic {found.model} 主题分类器评估"
    return page(
        title,
        [
            _facts(found, zh),
            "<h2>Figures 总体指标</h2>",
            _headline(e),
            "<h2>Coverage 覆盖率</h2>",
            "<p>Without the sentences that the model is least sure of, more of the rest are right;"
            " <code>--min-probability</code> takes the probability."
            " 去掉把握最小的句子，其余的更准。</p>",
            _coverage(e),
            "<h2>Topics 各主题</h2>",
            _topics(e, zh),
            "<h2>Confusion matrix 混淆矩阵</h2>",
            "<p>A row is the sentences of a topic, a column what the model says they are; the"
            " deeper the colour, the larger the share of the row."
            " 每行是该主题的句子，每列是模型的判断；蓝为判对，橙为判错，颜色越深占该行比例越大。"
            "</p>",
            f'<div class="wide">{heat_map(e.confusion, [zh(s.topic) for s in e.topics])}</div>',
            _confused(e, zh),
            "<h2>Reliability 可靠性曲线</h2>",
            "<p>Of the sentences with a probability of about 0.8, some 80 % should be right: on the"
            " dashed line the model is as sure as it should be, below it too sure."
            " 概率约 0.8 的句子应有约 80 % 判对：落在虚线上最好，在虚线下方则过于自信。</p>",
            f'<div class="wide">{reliability_curve(e.reliability)}</div>',
            "<h2>Worst mistakes 最严重的错误</h2>",
            _mistakes(e, zh),
        ],
    )


def _facts(found: EvaluatedModel, zh: Callable[[str], str]) -> str:
    trained = f"{found.labels} labelled sentences"
    trained += f", {found.created}" if found.created else ""
    rows = [
        ("Model 模型", found.model),
        ("Trained on 训练数据", trained),
        ("SHA-256 of its labels 标注校验值", found.labels_sha256),
        ("Tested on 测试数据", found.data),
        ("Split 划分", found.split),
    ]
    body = "\n".join(f"<dt>{name}</dt><dd>{escape(value)}</dd>" for name, value in rows if value)
    warnings = [found.split] if found.seen else []
    if found.unknown:
        names = "、".join(map(zh, found.unknown))
        warnings.append(f"The model does not have these topics, and cannot get them right: {names}")
    return f"<dl>\n{body}\n</dl>" + "".join(
        f'\n<p class="warn">{escape(warning)}</p>' for warning in warnings
    )


def _headline(e: Evaluation) -> str:
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


def _coverage(e: Evaluation) -> str:
    heads = ("Coverage 覆盖率", "Probability from 概率不低于", "Sentences 句", "Accuracy 正确率")
    rows = (
        (f"{c.percent} %", f"{c.threshold:.3f}", str(c.sentences), f"{c.accuracy:.3f}")
        for c in e.coverage
    )
    return html_table(heads, rows, numbers=(0, 1, 2, 3))


def _topics(e: Evaluation, zh: Callable[[str], str]) -> str:
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


def _confused(e: Evaluation, zh: Callable[[str], str]) -> str:
    pairs = confusions(e.mistakes)[:_PAIRS]
    if not pairs:
        return ""
    rows = (
        (
            _topic(zh(pair.truth)),
            _topic(zh(pair.guess)),
            str(pair.count),
            escape(pair.example.text),
        )
        for pair in pairs
    )
    heads = ("Truth 应为", "Guess 判为", "Count 句", "Example 例句")
    return "<h2>Most confused 最易混淆</h2>\n" + html_table(heads, rows, numbers=(2,))


def _mistakes(e: Evaluation, zh: Callable[[str], str]) -> str:
    worst = e.mistakes[:_WORST]
    if not worst:
        return "<p>None: every sentence got its topic. 没有错误。</p>"
    rows = (
        (
            f"{m.probability:.3f}",
            _topic(zh(m.truth), [zh(slug) for slug in m.also]),
            _topic(zh(m.guess)),
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


def _topic(name: str, also: Sequence[str] = ()) -> str:
    further = f"<br><small>also 兼 {escape('、'.join(also))}</small>" if also else ""
    return f'<div class="topic">{escape(name)}{further}</div>'
