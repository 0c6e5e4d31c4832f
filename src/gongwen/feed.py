"""Bring an engine up to the store: cut what is new into words and feed it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from .index.engine import Engine, Entry, Retag
from .nlp.fold import squeeze
from .reading.records import LONGEST_CUT
from .results import Report, StoredSentence
from .segmenting import cut_batch, segmenter
from .store import Store
from .tasks import cut_call
from .workers import Workers

Progress = Callable[[str, int, int], None]

_BATCH = 500
"""Sentences that a worker cuts at a time."""
_BATCH_CHARACTERS = 1 << 20
"""Characters after which a batch is full before that."""
_BATCH_SECONDS = 300.0
"""Far more than a batch takes on any machine; a worker that hangs must not hang the rest."""


def feed(
    engine: Engine, store: Store, workers: Workers | None, most: int, progress: Progress
) -> None:
    """Feed ``engine`` with what changed in ``store`` since the engine's generation.

    Args:
        engine: is at some earlier generation.
        store: what the engine follows.
        workers: processes that cut text into words; none to do it here.
        most: sentences after which the engine makes a step visible; it always holds whole reports.
        progress: told of every batch.
    """
    total = store.count_changed(engine.generation)
    done = 0
    now = store.generation
    pending = bool(total or store.removed(engine.generation, now))
    if changes := [Retag(*change) for change in store.tags.changed(engine.generation)]:
        # Not the last step when more is pending: only that makes the generation visible.
        engine.retag(changes, engine.generation if pending else now)
    if engine.generation == now:
        return
    # An index from nothing need not agree with an earlier segmenter.
    recorded = (store.meta("segmenter") or "") if engine.generation else ""
    recorded = segmenter(recorded).fingerprint  # one name at every feed: it is loaded once
    cut_all = _cutter(recorded, workers if total > 4 * _BATCH else None)
    for first, last in store.steps(engine.generation, most):
        before = done

        def tell(count: int, before: int = before) -> None:
            progress("indexing", before + count, total)

        entries = _entries(store.changed(first, last), cut_all, tell)
        engine.feed(entries, store.removed(first, last), last)
        done += store.count_changed(first) - store.count_changed(last)
    with store.transaction(bump=False):
        store.set_meta("segmenter", segmenter(recorded).fingerprint)


def _cutter(
    recorded: str, workers: Workers | None
) -> Callable[[Iterable[list[str]]], Iterable[list[list[str]]]]:
    def here(batches: Iterable[list[str]]) -> Iterable[list[list[str]]]:
        return map(partial(cut_batch, recorded), batches)

    def there(batches: Iterable[list[str]]) -> Iterable[list[list[str]]]:
        assert workers
        calls = (cut_call(recorded, batch, _BATCH_SECONDS) for batch in batches)
        return (future.result() for future in workers.map(calls))

    return there if workers else here


def _entries(
    pairs: Iterable[tuple[StoredSentence, Report]],
    cut_all: Callable[[Iterable[list[str]]], Iterable[list[list[str]]]],
    fed: Callable[[int], None],
) -> Iterator[Entry]:
    batches: list[list[tuple[StoredSentence, Report, str]]] = []

    def texts() -> Iterator[list[str]]:
        for batch in _batched(pairs):
            batches.append(batch)
            yield [text[:LONGEST_CUT] for _, _, text in batch]

    count = 0
    for words_of_batch in cut_all(texts()):
        batch = batches.pop(0)
        for (sentence, report, text), words in zip(batch, words_of_batch, strict=True):
            yield entry_of(sentence, report, text, words)
        count += len(batch)
        fed(count)


def _batched(
    pairs: Iterable[tuple[StoredSentence, Report]],
) -> Iterator[list[tuple[StoredSentence, Report, str]]]:
    """Yield sentences with their squeezed text, some at a time, fewer of long ones."""
    batch: list[tuple[StoredSentence, Report, str]] = []
    size = 0
    for sentence, report in pairs:
        batch.append((sentence, report, text := squeeze(sentence.text)))
        size += len(text)
        if len(batch) == _BATCH or size > _BATCH_CHARACTERS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def entry_of(sentence: StoredSentence, report: Report, text: str, words: Sequence[str]) -> Entry:
    """Return a sentence as the engine takes it.

    Args:
        sentence: with its tags.
        report: where it stands.
        text: its text, squeezed.
        words: its words.
    """
    return Entry(
        id=sentence.id,
        text=text,
        words=words,
        topics=(sentence.topic, *sentence.also) if sentence.topic else (),
        role=sentence.role,
        kind=sentence.kind,
        report=report.id,
        region=report.region,
        year=str(report.year),
        probability=sentence.probability,
        heading=squeeze(f"{sentence.heading} {report.title}"),
    )
