"""Show a comparison of reports as an HTML page with both sides beside one another, or as XLSX.

The page loads no other file and has no script; its filters are check boxes and style rules.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..catalog import _, current_language, gettext_noop
from ..figures.figure_table import readable, status_name
from ..research.compare_reports import FigureChange, ReportComparison
from ..research.sentence_pairs import (
    PAIR_KINDS,
    Change,
    PairKind,
    SentencePair,
    places_of,
)
from ..results import Report

if TYPE_CHECKING:
    from .xlsx import Sheet

KIND_NAMES = {
    "changed": gettext_noop("changed"),
    "new": gettext_noop("new"),
    "dropped": gettext_noop("dropped"),
    "kept": gettext_noop("kept"),
    "moved": gettext_noop("moved"),
    "split": gettext_noop("split"),
    "merged": gettext_noop("merged"),
}
"""Names of the kinds of pairs, and of what else is counted of them."""


# -- words, which the command line uses too --------------------------------------------------------


def kind_name(kind: str) -> str:
    """Return the name of a kind of pair in the current language: ``changed``, 改动."""
    return _(KIND_NAMES.get(kind, kind))


def remarks(pair: SentencePair) -> list[str]:
    """Return in words what is to be known of a pair: moved, renumbered, split, merged."""
    found = []
    if pair.moved == "section":
        found.append(_("moved to another section"))
    elif pair.moved == "order":
        found.append(_("in another order"))
    if pair.renumbered:
        found.append(_("numbered otherwise"))
    if len(pair.after) > 1:
        found.append(_("split into {count}").format(count=len(pair.after)))
    if len(pair.before) > 1:
        found.append(_("merged from {count}").format(count=len(pair.before)))
    return found


def side_text(side: Iterable[Report]) -> str:
    """Return the reports of one side with their titles."""
    return _("; ").join(f"{report.id}《{report.title}》" for report in side)


def share_text(found: ReportComparison) -> str:
    """Return in words how much of the later side is taken over."""
    message = _("{share} of the later side's characters are taken over ({taken} of {all})")
    return message.format(share=f"{found.share:.1%}", taken=found.taken_over, all=found.characters)


def topic_name(found: ReportComparison, topic: str) -> str:
    """Return the Chinese name of a topic, or that there is none."""
    return found.topics.get(topic) or _("no topic")


def figure_cells(one: FigureChange) -> dict[str, str]:
    """Return a number that changed as text: indicator, both values, difference, rate, status."""
    unit = one.unit
    change, rate = one.difference, one.rate
    signs = "" if change is None or change < 0 else "+"
    return {
        "indicator": one.after.figure.indicator or one.before.figure.indicator,
        "before": readable(one.before_value, unit),
        "after": readable(one.after_value, unit),
        "difference": "" if change is None else signs + readable(change, one.difference_unit),
        "rate": "" if rate is None else f"{rate:+g}%",
        "status": _status(one),
    }


def _status(one: FigureChange) -> str:
    """Return the status of both numbers, once when it is one, with what else sets them apart."""
    # late: only rows need it
    from ..figures.figure_table import marks

    said = []
    for row in (one.before, one.after):
        words = [status_name(row.status), *marks(row)]
        said.append("，".join(dict.fromkeys(words)))
    return said[0] if said[0] == said[1] else " → ".join(said)


def total_rows(found: ReportComparison) -> tuple[list[dict[str, Any]], list[str]]:
    """Return a row of counts for each topic, the sum last, and the names of the columns."""
    names = [kind_name(kind) for kind in KIND_NAMES]
    topic = _("Topic")
    rows = [
        {topic: name} | dict(zip(names, _counts(found, slug), strict=True))
        for slug, name in ((slug, topic_name(found, slug)) for slug in found.topics)
    ]
    rows.append({topic: _("all")} | dict(zip(names, _counts(found, None), strict=True)))
    return rows, [topic, *names]


def _counts(found: ReportComparison, topic: str | None) -> list[int]:
    totals = found.totals(topic)
    return [totals[kind] for kind in KIND_NAMES]


_COLOURS = {"same": "", "out": "C53030", "in": "1F7A3F"}
"""Colours of the characters of a sheet, in hexadecimal."""


# -- a workbook ------------------------------------------------------------------------------------


def write_comparison_book(
    path: Path, found: ReportComparison, kinds: Collection[str] = PAIR_KINDS
) -> None:
    """Write a workbook with the sheets sentences, figures and totals.

    The characters that changed are coloured, those of the earlier side struck through.

    Args:
        path: the file.
        found: the comparison.
        kinds: the kinds of pairs to write; the totals count all.

    Raises:
        GongwenError: openpyxl is not installed, or a text is too long for a cell.
        WriteError: the file cannot be written; an existing file is unchanged.
    """
    # late: only workbooks need it
    from .xlsx import Sheet, write_book

    heads = {
        "kind": _("Kind"), "topic_zh": _("Topic"), "before": _("Earlier"), "after": _("Later"),
        "numbers": _("Numbers"), "remark": _("Remark"), "before_place": _("Earlier place"),
        "after_place": _("Later place"),
    }  # fmt: skip
    sentences = [
        dict(zip(heads, _book_row(found, pair), strict=True))
        for pair in found
        if pair.kind in kinds
    ]
    totals, columns = total_rows(found)
    about = [_("What"), _("Value")]
    facts = [
        (_("Earlier"), side_text(found.before)),
        (_("Later"), side_text(found.after)),
        (_("Taken over"), share_text(found)),
        *((_("Note"), note) for note in found.notes),
    ]
    write_book(
        path,
        [
            Sheet(_("Sentence by sentence"), sentences, list(heads), frozen=2, heads=heads),
            _figure_sheet(found),
            Sheet(_("Totals"), totals, columns, counted=columns[1:], frozen=1),
            Sheet(_("Overview"), [dict(zip(about, fact, strict=True)) for fact in facts], about),
        ],
    )


def _book_row(found: ReportComparison, pair: SentencePair) -> list[Any]:
    # late: only workbooks need it
    from .xlsx import MarkedText

    whole = pair.kind != "changed"  # the kind says of the others what there is to see
    sides = [
        MarkedText.of((text, "" if whole else _COLOURS[how], how == "out") for text, how in side)
        for side in (_side(pair, 0), _side(pair, 1))
    ]
    return [
        kind_name(pair.kind),
        topic_name(found, pair.topic),
        *sides,
        [f"{one.before}→{one.after}" for one in pair.changes if one.number],
        "\n".join([*remarks(pair), *_sections(pair)]),
        places_of(pair.before),
        places_of(pair.after),
    ]


def _sections(pair: SentencePair) -> list[str]:
    """Return the headings above a sentence before and after it moved to another section."""
    if pair.moved != "section":
        return []
    return [" → ".join(side[0].section or _("no heading") for side in (pair.before, pair.after))]


def _side(pair: SentencePair, side: int) -> Iterator[tuple[str, str]]:
    """Yield the parts of the text of one side, each with ``same``, ``out`` or ``in``."""
    text = (pair.before_text, pair.after_text)[side]
    how, done = ("out", "in")[side], 0
    if pair.kind in ("new", "dropped"):
        yield text, how if text else "same"
        return
    for start, end in sorted((one.before_span, one.after_span)[side] for one in pair.changes):
        yield text[done:start], "same"
        yield text[start:end], how
        done = end
    yield text[done:], "same"


def _figure_sheet(found: ReportComparison) -> Sheet:
    # late: only workbooks need it
    from .xlsx import Sheet

    heads = {
        "indicator": _("Indicator"), "topic": _("Topic"), "before": _("Earlier"),
        "after": _("Later"), "unit": _("Unit"), "difference": _("Difference"),
        "difference_unit": _("Unit of the difference"), "rate": _("Change in %"),
        "status": _("Status"), "before_year": _("Earlier year"), "after_year": _("Later year"),
        "paired": _("Sentences are a pair"), "before_place": _("Earlier place"),
        "after_place": _("Later place"), "before_sentence": _("Earlier sentence"),
        "after_sentence": _("Later sentence"),
    }  # fmt: skip
    rows = []
    for one in found.figures:
        row = one.to_dict()
        values = [
            row["indicator"], topic_name(found, one.topic), _cell(row["before"]),
            _cell(row["after"]), row["unit"], row["difference"], row["difference_unit"],
            row["rate"], _status(one), row["before_year"], row["after_year"],
            _("yes") if one.paired else _("no"), row["before_place"], row["after_place"],
            row["before_sentence"], row["after_sentence"],
        ]  # fmt: skip
        rows.append(dict(zip(heads, values, strict=True)))
    counted = ("before", "after", "difference")
    return Sheet(_("Figures"), rows, list(heads), counted=counted, frozen=2, heads=heads)


def _cell(value: Any) -> Any:
    return "–".join(map(str, value)) if isinstance(value, list) else value


# -- a page ----------------------------------------------------------------------------------------

_STYLE = """
body { max-width: 90rem; }
.sides { display: grid; grid-template-columns: 1fr 1fr; gap: 0 1.5rem; }
.sides p { margin: .2rem 0; overflow-wrap: anywhere; }
.show { margin-left: 0; } .show + label { margin-right: 1.2rem; }
.pairs { table-layout: fixed; }
.pairs th:first-child, .pairs td:first-child { width: 7em; }
.pairs td { vertical-align: top; padding-right: 1rem; white-space: pre-line; }
.pairs small { color: #5b6675; display: block; }
.kind { display: inline-block; padding: 0 .45em; border-radius: 3px; color: #fff;
  font-weight: 600; white-space: nowrap; background: #5b6675; }
.changed .kind { background: #975a16; } .new .kind { background: #1f7a3f; }
.dropped .kind { background: #c53030; }
del { background: #fed7d7; color: #8f1d1d; text-decoration: line-through; }
ins { background: #d3f0dc; color: #14532d; text-decoration: underline; }
.number { font-weight: 700; }
.heading td, .title td { font-weight: 600; } .kept td { color: #5b6675; }
@media print { @page { size: A4 landscape; margin: 12mm; }
  .filter { display: none; } .pairs thead { display: table-header-group; }
  body { font-size: 9pt; line-height: 1.4; } h2 { margin-top: 1rem; }
  td { padding-top: .1rem; padding-bottom: .1rem; }
  .pairs td + td small { display: inline; margin-left: .5em; } }
"""


def comparison_page(found: ReportComparison, kinds: Collection[str] = PAIR_KINDS) -> str:
    """Return a comparison as an HTML page: totals, the sentences by topic, figures that changed.

    Args:
        found: the comparison.
        kinds: the kinds of pairs to show; the totals count all.
    """
    # late: loads what evaluates models
    from .html_reports import html_table, page

    totals = found.totals()
    rows, columns = total_rows(found)
    cells = [tuple(escape(str(row[name])) for name in columns) for row in rows]
    shown = [kind for kind in PAIR_KINDS if kind in kinds]
    hidden = "\n".join(
        f"#show-{kind}:not(:checked) ~ section .{kind} {{ display: none; }}" for kind in shown
    )
    body = [
        f'<div class="sides">{_page_side(_("Earlier"), found.before)}'
        f"{_page_side(_('Later'), found.after)}</div>",
        f"<p><strong>{escape(share_text(found))}</strong></p>",
        *(f'<p class="warn">{escape(note)}</p>' for note in found.notes),
        *_filters(shown, totals),
    ]
    for slug in found.topics:
        body += _page_topic(found, slug, shown)
    body.append(f"<h2>{escape(_('Figures that changed'))}</h2>")
    if found.figures:
        names = (
            _("Indicator"), _("Earlier"), _("Later"), _("Difference"), _("Change in %"),
            _("Status"), _("Place"),
        )  # fmt: skip
        figures = [
            (
                *(escape(cell) for cell in figure_cells(one).values()),
                escape(f"{one.before.place} → {one.after.place}")
                + ("" if one.paired else f"<br>{escape(_('in sentences that are no pair'))}"),
            )
            for one in found.figures
        ]
        body.append(html_table(tuple(map(escape, names)), figures, (1, 2, 3, 4)))
    else:
        body.append(f"<p>{escape(_('No figures changed.'))}</p>")
    body.append(f"<h2>{escape(_('Totals'))}</h2>")
    body.append(html_table(tuple(map(escape, columns)), cells, tuple(range(1, len(columns)))))
    return page(_("Comparison of reports"), body, _STYLE + hidden, current_language())


def _filters(kinds: Sequence[PairKind], totals: dict[str, int]) -> Iterator[str]:
    for kind in kinds:
        yield (
            f'<input class="filter show" type="checkbox" id="show-{kind}" checked>'
            f'<label class="filter" for="show-{kind}">{escape(kind_name(kind))}'
            f" {totals[kind]}</label>"
        )


def _page_side(name: str, side: Iterable[Report]) -> str:
    reports = "".join(f"<p>{escape(report.id)}　{escape(report.title)}</p>" for report in side)
    return f"<div><p><strong>{escape(name)}</strong></p>{reports}</div>"


def _page_topic(found: ReportComparison, topic: str, kinds: Sequence[str]) -> Iterator[str]:
    """Yield the section of a topic, nothing when no sentence of it is shown."""
    pairs = [pair for pair in found if pair.topic == topic and pair.kind in kinds]
    if not pairs:
        return
    counts = found.totals(topic)
    said = _("; ").join(f"{kind_name(kind)} {counts[kind]}" for kind in PAIR_KINDS if counts[kind])
    yield f"<section><h2>{escape(topic_name(found, topic))}</h2><p>{escape(said)}</p>"
    yield (
        f'<table class="pairs"><thead><tr><th>{escape(_("Kind"))}</th>'
        f"<th>{escape(_('Earlier'))}</th><th>{escape(_('Later'))}</th></tr></thead><tbody>"
    )
    yield from map(_page_pair, pairs)
    yield "</tbody></table></section>"


def _page_pair(pair: SentencePair) -> str:
    unit = (pair.after or pair.before)[0].kind
    said = "".join(f"<small>{escape(one)}</small>" for one in remarks(pair))
    sides = "".join(
        f"<td>{_page_text(pair, side)}<small>{escape(places_of(of))}</small></td>"
        for side, of in enumerate((pair.before, pair.after))
    )
    name = f'<span class="kind">{escape(kind_name(pair.kind))}</span>'
    return f'<tr class="{pair.kind} {unit}"><td>{name}{said}</td>{sides}</tr>'


def _page_text(pair: SentencePair, side: int) -> str:
    """Return the text of one side as HTML with what changed marked."""
    text, tag = (pair.before_text, pair.after_text)[side], ("del", "ins")[side]
    if not pair.changes:
        return escape(text)

    def place(one: Change) -> tuple[int, int]:
        return (one.before_span, one.after_span)[side]

    parts, done = list[str](), 0
    for one in sorted(pair.changes, key=place):
        start, end = place(one)
        parts.append(escape(text[done:start]))
        if start < end:
            look = ' class="number"' if one.number else ""
            parts.append(f"<{tag}{look}>{escape(text[start:end])}</{tag}>")
        done = end
    return "".join(parts) + escape(text[done:])
