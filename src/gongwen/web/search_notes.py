"""What is said of a search beside its hits: how many there are, what was widened, what to try."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..catalog import _, gettext_noop
from ..conditions import without_text
from ..index.query import WithoutFilters
from ..nlp.topics.taxonomy import Taxonomy
from ..research.concordance import Concordance
from ..results import Results
from .page_messages import without_commands
from .search_question import Question

DOUBTFUL = 0.5
"""Probability below which a topic is more likely wrong than right, and is marked."""
_ALSO = gettext_noop(
    "also shown, behind the others, are sentences with words that mean the same (≈)"
)
_WIDENED: Mapping[str, str] = {
    "synonym": gettext_noop(
        "no sentence has these words; shown are sentences with words that mean the same"
    ),
    "pinyin": gettext_noop(
        "no sentence has these letters; shown are sentences with words that sound so (拼音)"
    ),
    "any": gettext_noop(
        "no sentence has all of these words; shown are sentences with some of them"
    ),
}


@dataclass(frozen=True, slots=True)
class Note:
    """A line on a search.

    Attributes:
        text: what is said.
        links: what can be done, each as text and address.
        widened: whether hits are there that do not have what was typed.
    """

    text: str
    links: tuple[tuple[str, str], ...] = ()
    widened: bool = False


def _without(question: Question, one: WithoutFilters) -> str:
    """Return the address of a search without some filters."""
    query = question.filters.query
    for dropped in one.dropped:
        if dropped.typed:
            query = query.replace(dropped.typed, " ", 1)
    names = {dropped.field for dropped in one.dropped if not dropped.typed}
    kept = [("q", " ".join(query.split()))] if query.strip() else []
    return question.link(drop=("q", *names), add=tuple(kept))


def notes_on(
    question: Question, results: Results, lines: Concordance | None, taxonomy: Taxonomy
) -> list[Note]:
    """Return what is to be said of a search.

    Args:
        question: the search.
        results: its hits and counts.
        lines: of a concordance its occurrences.
        taxonomy: names topics and roles.
    """
    notes = []
    literal = ((_("only the words as typed"), question.with_value(synonyms="never")),)
    if results.match == "synonym" and question.synonyms == "always":
        notes.append(Note(_(_ALSO), literal, True))
    elif results.match in _WIDENED:
        usable = literal if results.match == "synonym" else ()
        notes.append(Note(_(_WIDENED[results.match]), usable, True))
    if results.suggestions:
        links = tuple((one, question.with_value(q=one)) for one in results.suggestions)
        notes.append(Note(_("did you mean:"), links))
    for one in results.without_filters:
        notes.append(Note("", ((without_text(one, taxonomy), _without(question, one)),)))
    exact = results.total_exact if results.match == "all" else None
    if exact is not None and exact < results.total:
        counted = _("{total} sentences have all of the words, {exact} of them unbroken")
        notes.append(Note(counted.format(total=results.total, exact=exact)))
    if lines is not None and lines.apart:
        message = _('{count} of the sentences have the words only apart; "…" leaves them out')
        notes.append(Note(message.format(count=lines.apart)))
    if results.more_by_synonyms:
        more = _("{count} more sentences have words that mean the same: {words}")
        text = more.format(count=results.more_by_synonyms, words="、".join(results.synonyms))
        notes.append(Note(text, ((_("find these too"), question.with_value(synonyms="always")),)))
    if results.total_distinct is None:
        old = _("near-copies are listed one by one until the index is new: gongwen reindex")
        notes.append(Note(without_commands(old)))
    return notes


def found_text(results: Results) -> str:
    """Return how much was found in all."""
    found = _("{count} sentences").format(count=results.total)
    if results.total_distinct not in (None, results.total):
        found = _("{found}, {count} different").format(found=found, count=results.total_distinct)
    if results.total_reports:
        message = _("{count} reports with {found}")
        found = message.format(count=results.total_reports, found=found)
    return found


def total_of(question: Question, results: Results, lines: Concordance | None) -> int:
    """Return of how many the pages have some: occurrences, reports, or sentences."""
    if lines is not None:
        return lines.total
    if question.by == "report":
        return results.total_reports
    return (results.total_distinct if results.grouped else None) or results.total
