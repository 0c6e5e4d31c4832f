"""Concordances: every occurrence of what a query looks for, with the text to its left and right.

This is the form called keyword in context (KWIC). An occurrence is called the node. Of words that
were typed without a space the whole is a node where it stands in a sentence, else each of its words
is; marks inside a node are those of the text. Left and right end with the sentence.

Texts are compared by their pronunciation (:func:`~gongwen.nlp.text.pinyin.sort_key`), marks and
white space left out; the text to the left is read backwards from the node, so that what stands
directly before the node comes together.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, SupportsIndex, get_args, overload

from ..catalog import _, choice_names, cited
from ..index.query import Text
from ..index.requests import SearchRequest
from ..index.sentence_spans import find_spans
from ..nlp.errors import QueryError
from ..nlp.text.normalize import squeeze_offsets
from ..nlp.text.pinyin import sort_key
from ..results import Report, Span, StoredSentence, citation
from ..tabular import Tabular

if TYPE_CHECKING:
    from ..search import Searching
    from ..storage.store import Store

ConcordanceSort = Literal["relevance", "year", "left", "right"]
COLUMNS = (
    "left", "node", "right", "report", "n", "region", "year", "title", "section", "topic", "also",
    "role", "kind", "start", "end", "source", "citation", "text",
)  # fmt: skip
"""Columns of a concordance in CSV and XLSX, and the keys of a line in JSON."""
_COMPARED = 24
"""Characters on either side by which lines are sorted."""


@dataclass(frozen=True, slots=True)
class ConcordanceLine:
    """An occurrence with its context.

    Attributes:
        left: the text before it in its sentence, at most ``window`` characters.
        node: the occurrence, as the text has it.
        right: the text behind it.
        sentence: the sentence that it stands in, with its tags.
        report: the report of that.
        span: its offsets in the sentence.
    """

    left: str
    node: str
    right: str
    sentence: StoredSentence
    report: Report
    span: Span

    @property
    def place(self) -> str:
        """Where it stands, as ``gongwen show`` takes it (``wugong-2020:27``)."""
        return f"{self.report.id}:{self.sentence.n}"

    @property
    def citation(self) -> str:
        """Where it stands, ready to paste."""
        return citation(self.report, self.sentence.section, self.sentence.n, self.sentence.text)

    def to_dict(self) -> dict[str, Any]:
        """Return the line as a JSON object; ``start`` and ``end`` are offsets in the report."""
        s, first = self.sentence, self.sentence.start
        known = {
            "left": self.left,
            "node": self.node,
            "right": self.right,
            "report": self.report.id,
            "n": s.n,
            "region": self.report.region,
            "year": self.report.year,
            "title": self.report.title,
            "section": s.section,
            "topic": s.topic,
            "also": list(s.also),
            "role": s.role,
            "kind": s.kind,
            "start": first + self.span[0],
            "end": first + self.span[1],
            "source": self.report.source,
            "citation": self.citation,
            "text": s.text,
        }
        return {name: known[name] for name in COLUMNS}


@dataclass(frozen=True, slots=True, repr=False)
class Concordance(Sequence[ConcordanceLine], Tabular):
    """The occurrences of what a query looks for: a sequence of the lines of the page, and a table.

    Attributes:
        query: the query as it was typed.
        total: occurrences in all.
        sentences: sentences that have them.
        reports: reports that have them.
        apart: sentences that have the words that were typed together only apart; ``"…"`` leaves
            them out.
        match: how far the search had to widen, as in :class:`~gongwen.Results`.
        lines: the page.
        suggestions: other queries, where words of this one stand in no sentence.
    """

    query: str
    total: int
    sentences: int
    reports: int
    apart: int
    match: str
    lines: tuple[ConcordanceLine, ...]
    suggestions: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.lines)

    @overload
    def __getitem__(self, index: SupportsIndex) -> ConcordanceLine: ...
    @overload
    def __getitem__(self, index: slice) -> Concordance: ...
    def __getitem__(self, index: SupportsIndex | slice) -> ConcordanceLine | Concordance:
        if isinstance(index, slice):
            return replace(self, lines=self.lines[index])
        return self.lines[index]

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return the lines of the page as JSON objects."""
        return [line.to_dict() for line in self.lines]

    def table_columns(self) -> Sequence[str]:
        """Return the columns of CSV and XLSX."""
        return COLUMNS

    def shown_columns(self) -> Sequence[str]:
        """Return the columns that a notebook shows."""
        return ("left", "node", "right", "region", "year", "citation")

    def summary(self) -> str:
        """Return how many occurrences there are."""
        message = _("{total} occurrences, in {sentences} sentences of {reports} reports")
        return message.format(total=self.total, sentences=self.sentences, reports=self.reports)

    def to_dict(self) -> dict[str, Any]:
        """Return the page and the totals as a JSON object."""
        out: dict[str, Any] = {
            "query": self.query,
            "total": self.total,
            "sentences": self.sentences,
            "reports": self.reports,
            "apart": self.apart,
            "match": self.match,
            "lines": self.to_dicts(),
        }
        return out | ({"suggestions": list(self.suggestions)} if self.suggestions else {})


def nodes(text: str, needles: Sequence[Text]) -> list[Span]:
    """Return where the occurrences of ``needles`` stand in a sentence, ascending, none twice.

    A needle that is a part of another one counts only where no such longer one is in the sentence.
    Of two that overlap the first counts, of two that begin together the longer one.

    Args:
        text: the sentence.
        needles: the strings that a search highlights.

    Returns:
        Offsets in ``text``.

    Example:
        >>> nodes("优化营商环境和生态环境", [Text("营商环境"), Text("营商"), Text("环境")])
        [(2, 6)]
    """
    folded, offsets = squeeze_offsets(text)
    found: list[Span] = []
    whole: list[str] = []
    for needle in sorted(dict.fromkeys(needles), key=lambda one: -len(one.text)):
        if any(needle.text in longer and needle.text != longer for longer in whole):
            continue
        if spans := find_spans(folded, needle):
            found += spans
            whole.append(needle.text)
    kept: list[Span] = []
    for start, end in sorted(found, key=lambda span: (span[0], -span[1])):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return [(offsets[start], offsets[end - 1] + 1) for start, end in kept]


def concordance(
    searching: Searching,
    store: Store,
    request: SearchRequest,
    sort: ConcordanceSort = "relevance",
    window: int | None = None,
) -> Concordance:
    """Return the occurrences of what ``request`` looks for.

    Args:
        searching: answers the query.
        store: has the sentences.
        request: the query and its conditions; ``limit`` and ``offset`` count occurrences.
        sort: as the search found the sentences, by year (latest first), by the text to the left or
            to the right. All occurrences are sorted, not those of the page alone.
        window: characters on either side; ``None`` for all of the sentence.

    Raises:
        QueryError: the query has no words, or an argument cannot be used.
    """
    if sort not in get_args(ConcordanceSort):
        choices = choice_names("sort", get_args(ConcordanceSort))
        message = _("sort must be {choices}, not {given}")
        raise QueryError(message.format(choices=choices, given=cited(str(sort))))
    if window is not None and (not isinstance(window, int) or window < 0):
        message = _("{name} must be a whole number from {least}")
        raise QueryError(message.format(name="window", least=0))
    whole = replace(
        request, limit=sys.maxsize, offset=0, sort="year" if sort == "year" else "relevance"
    )
    answer = searching.answer(whole)
    if answer.found.total and not answer.needles:
        raise QueryError(_("a concordance needs words to look for; filters alone have none"))
    sentences = store.sentences(answer.found.ids)
    found = [(s, span) for s in sentences for span in nodes(s.text, answer.needles)]
    if sort in ("left", "right"):
        found.sort(key=lambda one: _sort_key(one[0].text, one[1], sort == "left"))
    having = {(s.report, s.n) for s, _span in found}
    page = found[request.offset : request.offset + request.limit]
    reports = {report.id: report for report in store.reports({s.report for s, _span in page})}
    together = answer.found.total_exact if answer.match == "all" else None
    return Concordance(
        query=request.query,
        total=len(found),
        sentences=len(having),
        reports=len({report for report, _n in having}),
        apart=0 if together is None else answer.found.total - together,
        match=answer.match,
        lines=tuple(_line(s, reports[s.report], span, window) for s, span in page),
        suggestions=answer.suggestions,
    )


def _line(
    sentence: StoredSentence, report: Report, span: Span, window: int | None
) -> ConcordanceLine:
    start, end = span
    text = sentence.text
    first = 0 if window is None else max(0, start - window)
    last = len(text) if window is None else end + window
    return ConcordanceLine(
        text[first:start], text[start:end], text[end:last], sentence, report, span
    )


def _sort_key(text: str, span: Span, by_left: bool) -> tuple[list[tuple[str, str]], ...]:
    left = [char for char in reversed(text[: span[0]]) if char.isalnum()][:_COMPARED]
    right = [char for char in text[span[1] :] if char.isalnum()][:_COMPARED]
    keys = sort_key("".join(left)), sort_key("".join(right))
    return keys if by_left else keys[::-1]
