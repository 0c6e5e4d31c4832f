"""Is this report here already, from somewhere else, and which is it like?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .nlp.likeness import candidates, compare, of_other_subjects, overlap
from .nlp.records import Document
from .results import Report, Similar
from .store import Store

_COMPARED = 8
"""Reports that are looked at, the likeliest first."""
_LISTED = 3
"""Reports of another year or place that are listed as similar."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """What is there of a report already.

    Attributes:
        same: id of the same report from elsewhere, ``""`` when there is none.
        similar: reports that it is like, the nearest first.
    """

    same: str = ""
    similar: tuple[Similar, ...] = ()


class Recogniser:
    """Recognises reports.

    Args:
        store: what is there.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def recognise(self, document: Document, sketch: Sequence[int], place: str) -> Recognised:
        """Say what is there of a report that comes from ``place``.

        A report that has come from there before is another version of itself, whatever else it
        is like.
        """
        older = self._store.report_from(place)
        shared = self._store.sources.sharing(sketch)
        shared.pop(older or "", None)
        counts = {report: count for report, (count, _) in shared.items()}
        sizes = {report: size for report, (_, size) in shared.items()}
        likely = candidates(counts, sizes, len(sketch))[:_COMPARED]
        known = {report.id: report for report in self._store.reports(likely)}
        similar: list[Similar] = []
        for report in likely:
            other = _said(known[report])
            apart = bool(older) or of_other_subjects(document, other)
            if apart and len(similar) >= _LISTED:
                continue
            other = replace(other, text=self._spoken(report))
            likeness = overlap(document, other) if apart else compare(document, other)
            if likeness.verdict == "same":
                return Recognised(report)
            if likeness.verdict == "similar":
                jaccard, contained = round(likeness.jaccard, 4), round(likeness.containment, 4)
                similar.append(Similar(report, jaccard, contained))
        return Recognised("", tuple(sorted(similar, key=lambda s: (-s.jaccard, s.report))))

    def _spoken(self, report: str) -> str:
        """Return the text of a report that is there, from its title on, without page furniture."""
        spoken = [s for s in self._store.sentences_of(report) if s.kind != "boilerplate"]
        first = next((i for i, s in enumerate(spoken) if s.kind == "title"), 0)
        return "\n".join(s.text for s in spoken[first:])


def _said(report: Report) -> Document:
    return Document(
        text="",
        title=report.title,
        region=report.region,
        year=report.year,
        adcode=report.adcode,
        level=report.level,  # type: ignore[arg-type]  # it was one when it was stored
        how=report.how,
    )
