"""Is this report here already, from somewhere else, and which is it like?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from .nlp.likeness import candidates, compare, of_other_subjects
from .nlp.records import Document, Sentence
from .results import Report, Similar, StoredSentence
from .store import Store

_COMPARED = 8
"""Reports that are looked at, the likeliest first."""
_LISTED = 0.2
"""Containment from which a report is listed as similar. A template with all its figures, years and
names changed has 0.26 in common with itself, two reports that have nothing to do with each other
at most 0.06 (benchmarks/duplicates.py)."""


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
        document = _spoken(document)
        shared = self._store.sources.sharing(sketch)
        shared.pop(older or "", None)
        counts = {report: count for report, (count, _) in shared.items()}
        sizes = {report: size for report, (_, size) in shared.items()}
        likely = candidates(counts, sizes, len(sketch))[:_COMPARED]
        known = {report.id: report for report in self._store.reports(likely)}
        similar: list[Similar] = []
        for report in likely:
            other = _said(known[report])
            if older or of_other_subjects(document, other):
                similar.append(_estimated(report, counts[report], sizes[report], len(sketch)))
                continue
            other = replace(other, text=_joined(self._store.sentences_of(report)))
            likeness = compare(document, other)
            if likeness.verdict == "same":
                return Recognised(report)
            jaccard, contained = round(likeness.jaccard, 4), round(likeness.containment, 4)
            similar.append(Similar(report, jaccard, contained))
        similar = [s for s in similar if s.containment >= _LISTED]
        return Recognised("", tuple(sorted(similar, key=lambda s: (-s.jaccard, s.report))))


def _estimated(report: str, shared: int, size: int, own: int) -> Similar:
    """Return how alike two reports are by their sketches: right to about 0.05."""
    return Similar(
        report, round(shared / (own + size - shared), 2), round(shared / min(own, size), 2)
    )


def _spoken(document: Document) -> Document:
    """Return a report with its text from the title on, without page furniture, as one piece."""
    return replace(document, text=_joined(document.sentences), sentences=())


def _joined(units: Iterable[Sentence] | Iterable[StoredSentence]) -> str:
    spoken = [unit for unit in units if unit.kind != "boilerplate"]
    first = next((i for i, unit in enumerate(spoken) if unit.kind == "title"), 0)
    return "\n".join(unit.text for unit in spoken[first:])


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
