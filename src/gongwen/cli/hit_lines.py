"""Lay out what a search found: two or three lines a hit, or one record a line for a pipe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..catalog import _, ngettext
from .options import relative
from .result_table import ResultTable
from .styled_lines import Line, excerpt, fold_line, joined, line_of, text_of
from .text_width import ELLIPSIS, clipped, columns, line_breaks

if TYPE_CHECKING:
    from ..nlp.topics.taxonomy import Taxonomy
    from ..results import Hit, Report, ReportHits, Variant

_ROWS = 2
"""Lines of a sentence that is not shown whole."""
_INDENT = "  "
_MATCH, _DIFFERS = "bold yellow", "bold"
"""Styles of what matched, and of what differs in a near-copy."""
_LEAST_TOPIC, _LEAST_REGION = 12, 8
"""Columns to which the name of a topic, and a region with its year, may be cut."""


def hit_lines(hits: Sequence[Hit], taxonomy: Taxonomy, width: int, wide: bool) -> list[Line]:
    """Return the lines of hits: the sentence, then a dim line that says where it stands.

    A sentence that is longer than two lines is cut around what matched first, with ``…``; with
    ``wide``, and where its neighbours are shown, it is whole.

    Args:
        hits: the hits.
        taxonomy: names topics and roles.
        width: columns of the terminal.
        wide: whether also topics, probability, citation and file are shown.
    """
    lines: list[Line] = []
    for n, hit in enumerate(hits):
        whole = wide or bool(hit.before or hit.after)
        if n and (whole or wide):
            lines.append([])
        for text in hit.before:
            lines += _indented(fold_line(line_of(text, style="dim"), width - len(_INDENT)))
        sentence = line_of(hit.text, hit.spans, _MATCH)
        if hit.before or hit.after:
            sentence.insert(0, ("> ", ""))  # seen without colours too
        lines += fold_line(sentence, width) if whole else excerpt(sentence, width, _ROWS, _MATCH)
        for text in hit.after:
            lines += _indented(fold_line(line_of(text, style="dim"), width - len(_INDENT)))
        lines += _wide_lines(hit, taxonomy, width) if wide else _about(hit, taxonomy, width)
        for variant in hit.variants:
            lines += _variant_lines(variant, width, wide)
    return lines


def is_cut(hit: Hit, width: int, in_report: bool) -> bool:
    """Return whether a sentence is longer than what is shown of it without ``wide``.

    Args:
        hit: the hit.
        width: columns of the terminal.
        in_report: whether it stands beneath its report.
    """
    if hit.before or hit.after:
        return False
    space = width - 2 * len(_INDENT) - columns(str(hit.n)) if in_report else width
    return len(line_breaks(" ".join(hit.text.split()), space)) >= _ROWS


def report_lines(reports: Sequence[ReportHits], width: int, wide: bool) -> list[Line]:
    """Return the lines of reports that were found: each with its best sentences beneath.

    Args:
        reports: the reports.
        width: columns of the terminal.
        wide: whether long sentences are shown whole.
    """
    lines: list[Line] = []
    for n, one in enumerate(reports):
        if n:
            lines.append([])
        report = one.report
        count = ngettext("{count} sentence", "{count} sentences", one.matches)
        head = joined(
            [
                line_of(report.id, style="bold"),
                line_of(f"《{report.title}》" if report.title else "", style="bold"),
                line_of(_known(report)),
                line_of(count.format(count=one.matches)),
            ]
        )
        lines += fold_line(head, width, len(_INDENT))
        left = max((columns(str(hit.n)) for hit in one.hits), default=0)
        indent = f"{_INDENT}{' ' * left}{_INDENT}"
        space = width - len(indent)
        for hit in one.hits:
            for text in hit.before:
                lines += _indented(fold_line(line_of(text, style="dim"), space), indent)
            sentence = line_of(hit.text, hit.spans, _MATCH)
            whole = wide or hit.before or hit.after
            folded = (
                fold_line(sentence, space) if whole else excerpt(sentence, space, _ROWS, _MATCH)
            )
            first, *others = folded
            lines.append([(f"{_INDENT}{hit.n:>{left}}{_INDENT}", "dim"), *first])
            lines += _indented(others, indent)
            for text in hit.after:
                lines += _indented(fold_line(line_of(text, style="dim"), space), indent)
            if copies := _copies(hit):
                lines += _indented([line_of(copies, style="cyan")], indent)
            for variant in hit.variants:
                lines += _indented(
                    _variant_lines(variant, width - left - 2, wide), " " * (left + 2)
                )
    return lines


def hit_records(hits: Sequence[Hit], taxonomy: Taxonomy, into: ResultTable) -> ResultTable:
    """Add hits and their near-copies to a table with the columns of :func:`record_heads`."""
    around = any(hit.before or hit.after for hit in hits)
    for hit in hits:
        more = [_neighbours(hit.before), _neighbours(hit.after)] if around else []
        into.add_row(
            hit.place,
            hit.report.region,
            str(hit.report.year),
            taxonomy.topics.zh(hit.topic),
            "、".join(map(taxonomy.topics.zh, hit.also)),
            f"{hit.probability:.2f}",
            taxonomy.roles.zh(hit.role),
            hit.section,
            str(hit.copies_reports),
            hit.text,
            *more,
        )
        for one in hit.variants:
            place = f"{one.report.id}:{one.n}"
            empty = [""] * (5 + len(more))
            into.add_row(
                place, one.report.region, str(one.report.year), *empty[:5], "", one.text,
                *empty[5:],
            )  # fmt: skip
    return into


def record_heads(hits: Sequence[Hit]) -> list[str]:
    """Return the heads of the columns of :func:`hit_records`."""
    heads = [
        _("Place"), _("Region"), _("Year"), _("Topic"), _("Also"), _("Probability"), _("Role"),
        _("Section"), _("Reports"), _("Sentence"),
    ]  # fmt: skip
    if any(hit.before or hit.after for hit in hits):
        heads += [_("Before"), _("After")]
    return heads


def report_records(reports: Sequence[ReportHits], into: ResultTable) -> ResultTable:
    """Add the best sentences of reports to a table with seven columns, a row each."""
    for one in reports:
        report = one.report
        for hit in one.hits:
            into.add_row(
                hit.place, report.region, str(report.year), report.title, str(one.matches),
                str(hit.copies_reports), hit.text,
            )  # fmt: skip
    return into


def report_record_heads() -> list[str]:
    """Return the heads of the columns of :func:`report_records`."""
    return [
        _("Place"), _("Region"), _("Year"), _("Title"), _("Matches"), _("Reports"), _("Sentence"),
    ]  # fmt: skip


def _neighbours(texts: Sequence[str]) -> str:
    return " ".join(texts)


def _known(report: Report) -> str:
    return " ".join(str(part) for part in (report.region, report.year) if part)


def _copies(hit: Hit) -> str:
    """Return in how many reports near-copies of a hit stand, ``""`` when there is none."""
    if hit.copies < 2:
        return ""
    said = ngettext(
        "{reports} report has this sentence", "{reports} reports have this sentence",
        hit.copies_reports,
    ).format(reports=hit.copies_reports)  # fmt: skip
    if hit.copies != hit.copies_reports:
        said += " " + _("({copies} times)").format(copies=hit.copies)
    return said


def _via(hit: Hit) -> str:
    return f"≈ {'、'.join(hit.via)}" if hit.via else ""


def _about(hit: Hit, taxonomy: Taxonomy, width: int) -> list[Line]:
    """Return the dim line of a hit: place, region and year, section, topic, role, copies.

    What is cut to make it fit is the section, then the topic, then the region, each with ``…``.
    The place is what other commands take, and is never cut: a very long one gets a second line.
    """
    topic, role = taxonomy.topics.zh(hit.topic), taxonomy.roles.zh(hit.role)
    known, copies, via = _known(hit.report), _copies(hit), _via(hit)
    space = width - len(_INDENT)

    def left() -> int:
        """Return the columns for the section."""
        others = [part for part in (hit.place, known, topic, role, via, copies) if part]
        return space - sum(map(columns, others)) - len(_INDENT) * len(others)

    section = "" if hit.section == hit.text else _section(hit.section, left())
    if not section and left() < -len(_INDENT):
        topic = clipped(topic, max(_LEAST_TOPIC, columns(topic) + left() + len(_INDENT)))
    if not section and left() < -len(_INDENT):
        known = clipped(known, max(_LEAST_REGION, columns(known) + left() + len(_INDENT)))
    about = joined(
        [
            *(line_of(part, style="dim") for part in (hit.place, known, section, topic, role)),
            line_of(via, style="dim"),
            line_of(copies, style="cyan"),
        ],
        _INDENT,
    )
    return _indented(fold_line(about, space))


def _section(section: str, space: int) -> str:
    """Return the headings above a sentence, as far as they fit: the last one rather than others."""
    if columns(section) <= space:
        return section
    *above, last = section.split(" > ")
    short = f"{ELLIPSIS}{last}" if above else last
    return clipped(short, space) if space > columns(ELLIPSIS) * 4 else ELLIPSIS[: max(space, 0)]


def _wide_lines(hit: Hit, taxonomy: Taxonomy, width: int) -> list[Line]:
    """Return all that is to be said of a hit: tags, citation and file."""
    zh = taxonomy.topics.zh
    topics = _(", ").join([f"{zh(hit.topic)} {hit.probability:.2f}", *map(zh, hit.also)])
    parts = [hit.place, _known(hit.report), topics, taxonomy.roles.zh(hit.role), _via(hit)]
    about = joined(
        [*(line_of(part, style="dim") for part in parts), line_of(_copies(hit), style="cyan")]
    )
    lines = [about, line_of(hit.citation, style="dim"), line_of(relative(hit.source), style="dim")]
    space = width - len(_INDENT)
    return _indented([part for line in lines for part in fold_line(line, space)])


def _variant_lines(one: Variant, width: int, wide: bool) -> list[Line]:
    """Return the lines of a near-copy, in which what differs is seen."""
    place = f"{one.report.id}:{one.n}  {_known(one.report)}"
    about = [(f"{_INDENT}≈ ", "cyan"), *line_of(place, style="dim")]
    text = line_of(one.text, one.differs, _DIFFERS)
    if columns(text_of(about)) + len(_INDENT) + columns(text_of(text)) <= width:
        return [joined([about, text], _INDENT)]
    indent = _INDENT * 2
    space = width - len(indent)
    folded = fold_line(text, space) if wide else excerpt(text, space, _ROWS, _DIFFERS)
    return [*fold_line(about, width, len(indent)), *_indented(folded, indent)]


def _indented(lines: Sequence[Line], indent: str = _INDENT) -> list[Line]:
    return [[(indent, ""), *line] for line in lines]
