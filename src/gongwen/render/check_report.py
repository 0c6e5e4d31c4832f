"""Show what a check of reports found: names for people, rows, an HTML page, a workbook, comments.

All texts are in the current language; the words that programs read (``FAIL``, ``ratio``) stay.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any

from ..catalog import _, current_language, gettext_noop, ngettext
from ..figures.report_check import CheckResult, Place, Unreadable, note_text
from ..nlp.checking.check import Note
from ..nlp.records import Finding
from .word_comments import Comment
from .xlsx import Sheet, write_book

Checked = CheckResult | Unreadable

STATUSES = {
    "PASS": gettext_noop("PASS"),
    "FAIL": gettext_noop("FAIL"),
    "UNCERTAIN": gettext_noop("UNCERTAIN"),
}
_KINDS = {
    "total=parts": gettext_noop("total and parts"),
    "ratio": gettext_noop("share"),
    "change": gettext_noop("change"),
    "repeat": gettext_noop("stated twice"),
    "over100": gettext_noop("more than all"),
    "year": gettext_noop("year"),
}
MISSING = {
    "part": gettext_noop("Required parts missing"),
    "topic": gettext_noop("Topics not touched"),
}
"""The names of statuses of findings, of kinds of checks, and of what a report leaves out."""
COLUMNS = (
    "report", "status", "kind", "equation", "reason", "section", "paragraph", "paragraph_text",
    "n", "sentence", "start", "end", "citation", "title",
)  # fmt: skip
"""Columns of a table of findings, for programs."""
UNREADABLE, INCOMPLETE = "UNREADABLE", "INCOMPLETE"
"""Statuses of rows that are no findings: a file that was not checked, or not all of it."""


# -- names -----------------------------------------------------------------------------------------


def status_name(status: str) -> str:
    """Return the name of a status in the current language: ``FAIL``, 不符."""
    return _(STATUSES.get(status, status))


def kind_name(kind: str) -> str:
    """Return the name of a kind of check in the current language: ``share``, 占比."""
    return _(_KINDS.get(kind, kind))


def reason_text(finding: Finding) -> str:
    """Return the reason of a finding in the current language, ``""`` when it has none."""
    return _(finding.reason) if finding.reason else ""


def place_text(place: Place, *, opening: bool = True) -> str:
    """Return where a finding is, for a person who looks for it in the document.

    Args:
        place: the place.
        opening: whether to name the beginning of the paragraph where the sentence is not it.

    Example: ``"paragraph 12 (“全年收到…”), under “一、主要举措和成效”"``
    """
    parts = [_("paragraph {number}").format(number=place.paragraph)]
    if opening and not place.first:
        text = place.opening[:_SHORT_OPENING]
        more = "" if place.whole and text == place.opening else "…"
        parts.append(_("beginning “{text}”").format(text=text + more))
    if place.section:
        parts.append(_("under “{section}”").format(section=place.section))
    return _(", ").join(parts)


_SHORT_OPENING = 16


def missing_names(notes: Iterable[Note], kind: str) -> str:
    """Return what a report leaves out of a kind: in Chinese, and in English with the slugs."""
    slugs = current_language() != "zh"
    return "、".join(f"{n.zh} ({n.name})" if slugs else n.zh for n in notes if n.kind == kind)


def counts_text(results: Iterable[CheckResult]) -> str:
    """Return the counts of findings over some reports: ``12 passed, 1 failed, 2 uncertain``."""
    found = list(results)
    return _("{passed} passed, {failed} failed, {uncertain} uncertain").format(
        passed=sum(r.count("PASS") for r in found),
        failed=sum(r.count("FAIL") for r in found),
        uncertain=sum(r.count("UNCERTAIN") for r in found),
    )


def nothing_found(result: CheckResult) -> str:
    """Return what is said of a report in which no numbers could be checked by each other."""
    if not result.unrelated:
        return _("There are no numbers in it.")
    message = ngettext(
        "There is {count} number, and no other to check it by.",
        "There are {count} numbers, of which none can be checked by others.",
        result.unrelated,
    )
    return message.format(count=result.unrelated)


def summary_text(result: CheckResult) -> str:
    """Return the line on one report: ``甲县-2021.docx: 12 passed, 1 failed, 2 uncertain``."""
    name = result.name or result.title
    counts = counts_text([result])
    counts = _("{name}: {counts}").format(name=name, counts=counts) if name else counts
    return counts + (_(" (incomplete)") if result.damage else "")


# -- rows ------------------------------------------------------------------------------------------


def finding_rows(
    checked: Iterable[Checked], statuses: Collection[str] = tuple(STATUSES)
) -> Iterator[dict[str, Any]]:
    """Yield a row for each finding, with the columns :data:`COLUMNS`.

    A file that could not be read, and one that is damaged or was read in part, has a row of its own
    with the status ``UNREADABLE`` or ``INCOMPLETE`` and the reason.

    Args:
        checked: the reports in order.
        statuses: the statuses of the findings to give.
    """
    for one in checked:
        if isinstance(one, Unreadable):
            yield {"report": one.name, "status": UNREADABLE, "reason": one.reason}
            continue
        about = {"report": one.name, "title": one.title}
        for line in one.damage_lines():
            yield about | {"status": INCOMPLETE, "reason": line}
        for finding in one.findings:
            if finding.status in statuses:
                yield about | one.finding_dict(finding) | {"citation": one.place(finding)}


def checked_dict(
    checked: Sequence[Checked], statuses: Collection[str] = tuple(STATUSES)
) -> dict[str, Any]:
    """Return all results as one JSON object, the same for one report as for many.

    Its lists are ``findings`` and ``notes``, each entry with the ``report`` that it is of,
    ``reports`` with the counts and the damage of each, and ``unreadable``.
    """
    results = [one for one in checked if isinstance(one, CheckResult)]
    whole = [result.to_dict() for result in results]
    notes = [{"report": one["report"]} | note for one in whole for note in one.pop("notes")]
    return {
        "findings": [
            {"report": one["report"]} | finding
            for one in whole
            for finding in one.pop("findings")
            if finding["status"] in statuses
        ],
        "notes": notes,
        "reports": whole,
        "unreadable": [
            {"report": one.name, "reason": one.reason}
            for one in checked
            if isinstance(one, Unreadable)
        ],
    }


# -- a workbook ------------------------------------------------------------------------------------


def write_check_book(
    path: Path, checked: Sequence[Checked], statuses: Collection[str] = tuple(STATUSES)
) -> None:
    """Write a workbook with the sheets findings, reports, and what the reports leave out.

    Raises:
        GongwenError: openpyxl is not installed, or a text is too long for a cell.
        WriteError: the file cannot be written; an existing file is unchanged.
    """
    heads = {
        "report": _("Report"),
        "status": _("Verdict"),
        "kind": _("Check"),
        "equation": _("Equation"),
        "reason": _("Reason"),
        "section": _("Section"),
        "paragraph": _("Paragraph"),
        "paragraph_text": _("Beginning of the paragraph"),
        "sentence": _("Sentence"),
        "citation": _("Place"),
    }
    names = {UNREADABLE: _("could not be read"), INCOMPLETE: _("incomplete")}
    findings = [
        {key: value for key, value in row.items() if key in heads}
        | {
            "status": names.get(row["status"]) or status_name(row["status"]),
            "kind": kind_name(row["kind"]) if "kind" in row else "",
        }
        for row in finding_rows(checked, statuses)
    ]
    write_book(
        path,
        [
            Sheet(_("Findings"), findings, list(heads), frozen=2, heads=heads),
            Sheet(_("Reports checked"), *_summary_rows(checked), frozen=1),
            Sheet(_("Missing"), *_missing_rows(checked), frozen=1),
        ],
    )


def _summary_rows(checked: Iterable[Checked]) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the rows and columns of the sheet with one row a report."""
    columns = [
        _("Report"),
        _("Title"),
        *map(status_name, STATUSES),
        *map(_, MISSING.values()),
        _("Remarks"),
    ]
    rows: list[dict[str, Any]] = []
    for one in checked:
        if isinstance(one, Unreadable):
            remark = _("could not be read: {reason}").format(reason=one.reason)
            values: list[Any] = [one.name, "", "", "", "", "", "", remark]
        else:
            counts = [one.count(status) for status in ("PASS", "FAIL", "UNCERTAIN")]
            missing = [sum(n.kind == kind for n in one.notes) for kind in MISSING]
            values = [one.name, one.title, *counts, *missing, "\n".join(one.damage_lines())]
        rows.append(dict(zip(columns, values, strict=True)))
    return rows, columns


def _missing_rows(checked: Iterable[Checked]) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the rows and columns of the sheet with one row for each missing part or topic."""
    columns = [_("Report"), _("What"), _("Name"), _("Remark")]
    rows = [
        dict(zip(columns, (one.name, _(MISSING[n.kind]), n.zh, note_text(n)), strict=True))
        for one in checked
        if isinstance(one, CheckResult)
        for n in one.notes
    ]
    return rows, columns


# -- a page ----------------------------------------------------------------------------------------

_STYLE = """
.wide td:first-child { min-width: 9em; }
.counts span { margin-right: 1rem; white-space: nowrap; }
.finding { border-left: 5px solid #9aa4b2; padding: .35rem .9rem; margin: .7rem 0;
  break-inside: avoid; }
.finding.PASS { border-color: #2f855a; } .finding.FAIL { border-color: #c53030; }
.finding.UNCERTAIN { border-color: #b7791f; }
.word { display: inline-block; min-width: 2.6em; padding: 0 .45em; border-radius: 3px;
  color: #fff; font-weight: 600; text-align: center; white-space: nowrap; }
.word.PASS { background: #2f855a; } .word.FAIL { background: #c53030; }
.word.UNCERTAIN { background: #975a16; }
.equation { font-weight: 600; margin: 0 .6rem; overflow-wrap: anywhere; }
.kind, .place { color: #5b6675; } .place { font-size: .9em; }
.sentence { margin: .25rem 0; white-space: pre-line; overflow-wrap: anywhere; }
mark { background: #fff3bf; color: inherit; padding: .05em 0; }
.FAIL mark { background: #fed7d7; } .PASS mark { background: #e3f4ea; }
mark u { text-decoration-thickness: 2px; text-underline-offset: 2px; font-weight: 600; }
@media print { .finding { margin: .4rem 0; } h2 { break-before: auto; } }
"""
_DIGITS = re.compile(r"[0-9０-９]+(?:[.,．，][0-9０-９]+)*(?:[十百千万亿]+)?[%％]?")


def check_page(checked: Sequence[Checked], statuses: Collection[str] = tuple(STATUSES)) -> str:
    """Return the results as an HTML page that loads no other file: a summary, then each report.

    Args:
        checked: the reports in order.
        statuses: the statuses of the findings to show; the summary counts all.
    """
    # late: loads what evaluates models
    from .html_reports import page

    body = [_page_summary(checked)]
    for number, one in enumerate(checked, 1):
        if isinstance(one, CheckResult):
            body += _page_report(number, one, statuses)
    return page(_("Check of reports"), body, _STYLE, current_language())


def _page_summary(checked: Sequence[Checked]) -> str:
    """Return the table with one row a report, as HTML."""
    # late: loads what evaluates models
    from .html_reports import html_table

    heads = [_("Report"), *map(status_name, STATUSES), *map(_, MISSING.values()), _("Remarks")]
    rows: list[tuple[str, ...]] = []
    for number, one in enumerate(checked, 1):
        if isinstance(one, Unreadable):
            remark = _("could not be read: {reason}").format(reason=one.reason)
            rows.append((escape(one.name), "", "", "", "", "", _warning(remark)))
            continue
        link = f'<a href="#r{number}">{escape(_name(one))}</a>'
        counts = (_count(one, status) for status in STATUSES)
        missing = (str(sum(n.kind == kind for n in one.notes)) for kind in MISSING)
        rows.append((link, *counts, *missing, "".join(map(_warning, one.damage_lines()))))
    return f'<div class="wide">{html_table(tuple(map(escape, heads)), rows, (1, 2, 3, 4, 5))}</div>'


def _name(result: CheckResult) -> str:
    return result.name or result.title or _("text on standard input")


def _count(result: CheckResult, status: Any) -> str:
    number = result.count(status)
    return f'<span class="word {status}">{number}</span>' if number else "0"


def _warning(text: str) -> str:
    return f'<p class="warn">{escape(text)}</p>'


def _page_report(number: int, result: CheckResult, statuses: Collection[str]) -> Iterator[str]:
    """Yield the parts of the page on one report, as HTML."""
    yield f'<h2 id="r{number}">{escape(result.title or _name(result))}</h2>'
    name = f"{escape(result.name)}　" if result.title and result.name else ""
    yield f'<p class="counts">{name}{escape(counts_text([result]))}</p>'
    yield from map(_warning, result.damage_lines())
    shown = [finding for finding in result.findings if finding.status in statuses]
    if not shown:
        text = _("None of the findings is shown.") if result.findings else nothing_found(result)
        yield f"<p>{escape(text)}</p>"
    yield from (_page_finding(result, finding) for finding in shown)
    for kind, heading in MISSING.items():
        names = [
            n.zh if current_language() == "zh" else f"{n.zh} ({n.name})"
            for n in result.notes
            if n.kind == kind
        ]
        if names:
            yield f"<p><strong>{escape(_(heading))}</strong>：{escape('、'.join(names))}</p>"


def _page_finding(result: CheckResult, finding: Finding) -> str:
    """Return a finding as HTML, with its numbers underlined in the sentence."""
    start, end = result.span(finding)
    sentence = finding.sentence
    numbers = _DIGITS.sub(lambda m: f"<u>{m[0]}</u>", escape(sentence[start:end]))
    place = _(", ").join((place_text(result.where(finding)), result.place(finding)))
    reason = f'<div class="reason">{escape(reason_text(finding))}</div>' if finding.reason else ""
    return (
        f'<div class="finding {finding.status}"><span class="word {finding.status}">'
        f'{escape(status_name(finding.status))}</span><span class="equation">'
        f'{escape(finding.equation)}</span><span class="kind">{escape(kind_name(finding.kind))}'
        f'</span><div class="sentence">{escape(sentence[:start])}<mark>{numbers}</mark>'
        f"{escape(sentence[end:])}</div>{reason}"
        f'<div class="place">{escape(place)}</div></div>'
    )


# -- comments --------------------------------------------------------------------------------------


def comments_on(findings: Iterable[Finding]) -> list[Comment]:
    """Return a comment for each finding: its status, check and equation, and below the reason."""
    return [
        Comment(
            finding.start,
            finding.end,
            (
                _("{status} ({kind}): {equation}").format(
                    status=status_name(finding.status),
                    kind=kind_name(finding.kind),
                    equation=finding.equation,
                ),
                *([reason_text(finding)] if finding.reason else []),
            ),
        )
        for finding in findings
    ]
