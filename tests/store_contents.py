"""What the tests of stores put into them, and a picture of everything that is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gongwen.ingest.prepare import figures_of
from gongwen.nlp.document.parse import parse_document
from gongwen.nlp.duplicates.similarity import sketch
from gongwen.nlp.records import Tag
from gongwen.nlp.topics.taxonomy import Taxonomy
from gongwen.results import Correction, Similar
from gongwen.storage.new_reports import FileContent, NewReport
from gongwen.storage.store import Store

TAXONOMY = Taxonomy.shipped()
TOPICS = ("enforcement", "reconsideration", "oversight")
AT = "2026-01-02T03:04:05Z"


def new_report(
    id_: str, text: str, source: str = "", similar: Sequence[Similar] = (), **said: str
) -> NewReport:
    document = parse_document(text)
    tags = [
        Tag(TOPICS[s.n % 3], (TOPICS[(s.n + 1) % 3],) if s.n % 2 else (), 0.12345 + s.n / 1000)
        for s in document.sentences
    ]
    return NewReport(
        id=id_,
        source=source or f"/x/{id_}.txt",
        document=document,
        tags=tags,
        sketch=[int(h) for h in sketch(document)],
        figures=figures_of(document),
        notes=("一条说明",),
        similar=similar,
        stated={"title": "文件题名"},
        said=said,
    )


def put(store: Store, *reports: NewReport, file: str = "", sha256: str = "") -> list[str]:
    content = FileContent(file or reports[0].source, sha256 or "ab" * 32, reports)
    return [id_ for id_, _ in store.put(content, TAXONOMY)]


def correction(
    report: str, n: int, text: str, topic: str = "enforcement", **more: Any
) -> Correction:
    values: dict[str, Any] = {
        "heading": "",
        "also": (),
        "role": "",
        "author": "我",
        "note": "",
        "at": AT,
    }
    return Correction(report=report, n=n, text=text, topic=topic, **{**values, **more})


def picture(store: Store) -> dict[str, Any]:
    """Return everything that a store says of what it holds, in a form that is compared."""
    reports = store.reports()
    ids = [report.id for report in reports]
    sentences = {id_: store.sentences_of(id_) for id_ in ids}
    numbers = {s.id: (s.report, s.n) for found in sentences.values() for s in found}
    in_order = sorted(numbers)
    return {
        "ids": store.report_ids(),
        "reports": [{**r.to_dict(), "added": "", "how": dict(r.how)} for r in reports],
        "fields": store.report_fields(["title", "region", "year", "kind", "agency"]),
        "texts": {id_: store.text(id_) for id_ in ids},
        "sentences": {id_: [s.to_dict() for s in found] for id_, found in sentences.items()},
        "order": [numbers[id_] for id_ in in_order],
        "all": [(s.report, s.n) for s in store.all_sentences()],
        "figures": [(numbers[id_], f) for id_, f in store.figures.of_library()],
        "of sentences": [f for _, f in store.figures.of_sentences(in_order[:400])],
        "indicators": sorted(store.figures.indicators()),
        "corrections": list(store.tags.corrections().items()),
        "numbered": list(store.tags.numbered("").items()),
        "topics": store.tags.topic_counts(TOPICS),
        "sources": sorted(store.sources.all()),
        "copies": store.sources.copies(ids),
        "similar": store.sources.similar(ids),
        "kept": {id_: store.sources.kept(id_) for id_ in ids},
        "counts": (store.count_reports(), store.count_sentences(), store.sources.count_copies(),
                   store.tags.count_corrections(), store.count_changed(0)),
        "trash": [(e.report, e.title, e.sentences, e.by) for e in store.trash.entries()],
        "trash sources": sorted(store.trash.sources()),
        "generation": store.generation,
        "removed": len(store.removed(0, store.generation)),
        "checksums": store._db.execute(
            "SELECT report, text, places, tags, figures FROM checksums ORDER BY report"
        ).fetchall(),
        "problems": list(store.problems()),
    }  # fmt: skip
