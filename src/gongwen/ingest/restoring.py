"""Restore reports from the trash of a library, all of them or none."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..catalog import _
from ..nlp.duplicates.similarity import sketch
from ..nlp.errors import ConflictError, UnknownNameError
from ..nlp.text.normalize import squeeze
from ..nlp.topics.taxonomy import Taxonomy
from ..results import Similar
from ..storage.row_values import days_ago
from ..storage.store import Store
from ..storage.trash import Meanwhile, TrashEntry
from .pipeline import Recogniser
from .recompute import DAMAGE, recompute, stored_document


@dataclass(frozen=True, slots=True)
class RestoredReport:
    """A report that was restored.

    Attributes:
        report: its id.
        undone: numbers of its sentences whose correction was taken back while it was in the trash,
            with the number of that correction; they have to be tagged anew.
    """

    report: str
    undone: dict[int, int]


def find_entries(
    entries: Sequence[TrashEntry], names: Iterable[int | str], *, every: bool = False
) -> list[TrashEntry]:
    """Return the entries of the trash that ``names`` name, each once.

    Args:
        entries: what is in the trash, in the order of removal.
        names: ids of reports, or numbers of entries, also as text where no report has that id;
            or, unless ``every``, parts of an id or title that only one report has.
        every: all entries of a report instead of the one that was removed last.

    Raises:
        UnknownNameError: nothing in the trash has one of the names.
    """
    found: dict[int, TrashEntry] = {}
    for name in names:
        same = [entry for entry in entries if entry.report == name]
        if not same and str(name).isdecimal():
            same = [entry for entry in entries if entry.number == int(name)]
        if not same:
            known = list(dict.fromkeys(entry.report for entry in reversed(entries)))
            hint = "gongwen trash list shows what is in the trash"
            wanted = squeeze(str(name))
            parts = [e for e in entries if wanted and wanted in squeeze(f"{e.report} {e.title}")]
            near = [report for report in known if any(report == e.report for e in parts)]
            if every or len(near) != 1:
                raise UnknownNameError("entry", str(name), near[:3], hint)
            same = parts
        found |= {entry.number: entry for entry in (same if every else same[-1:])}
    return list(found.values())


def entries_to_delete(
    entries: Sequence[TrashEntry],
    names: Iterable[int | str] | None = None,
    older_than_days: float | None = None,
) -> list[TrashEntry]:
    """Return the entries of the trash that emptying it deletes.

    Args:
        entries: what is in the trash, in the order of removal.
        names: ids of reports or numbers of entries; ``None`` for all.
        older_than_days: only those that were removed longer ago than this.

    Raises:
        UnknownNameError: nothing in the trash has one of the names.
    """
    chosen = list(entries) if names is None else find_entries(entries, names, every=True)
    if older_than_days is None:
        return chosen
    before = days_ago(older_than_days)
    return [entry for entry in chosen if entry.removed < before]


def restore_entries(
    store: Store, entries: Iterable[TrashEntry], taxonomy: Taxonomy
) -> list[RestoredReport]:
    """Bring reports back from the trash in one transaction.

    Args:
        store: of the library whose lock for writing the caller holds.
        entries: what to bring back.
        taxonomy: gives the topics of corrections their present names.

    Raises:
        ConflictError: a report of that id, from that source or with that text was added meanwhile;
            nothing is changed then.
        DamagedError: an entry is not what was written; nothing is changed then.
    """
    done = []
    with store.transaction() as generation:
        for entry in entries:
            meanwhile = _restore(store, entry, generation)
            if meanwhile.made:
                store.tags.reapply(entry.report, generation, taxonomy)
            done.append(RestoredReport(entry.report, dict(meanwhile.undone)))
    return done


def _restore(store: Store, entry: TrashEntry, generation: int) -> Meanwhile:
    with store.trash.opened(entry.number) as rows:
        with contextlib.suppress(*DAMAGE):  # what is damaged comes back as it was
            if rows.execute("SELECT 1 FROM stale").fetchone():
                recompute(rows, entry.report)
        [(source,)] = rows.execute("SELECT source FROM reports")
        if store.has_report(entry.report):
            raise _in_the_way(entry, entry.report)
        if other := store.report_from(source) or store.sources.report_of_copy(source):
            raise _in_the_way(entry, other)
        similar: tuple[Similar, ...] = ()
        with contextlib.suppress(*DAMAGE):
            document = stored_document(rows, entry.report)[0]
            hashes = [int(h) for h in sketch(document)]
            known = Recogniser(store).recognise(document, hashes, source)
            similar = known.similar
            if known.same and store.reports([known.same])[0].added >= entry.removed:
                raise _in_the_way(entry, known.same)
        return store.trash.take_out(entry, rows, similar, generation)


def _in_the_way(entry: TrashEntry, other: str) -> ConflictError:
    if entry.report == other:
        message = _(
            "{report} cannot be restored: a report of that id is in the library; remove that one "
            "first (gongwen remove {other})"
        )
    else:
        message = _(
            "{report} cannot be restored: the same report was added meanwhile as {other}; remove "
            "that one first (gongwen remove {other})"
        )
    return ConflictError(message.format(report=entry.report, other=other))
