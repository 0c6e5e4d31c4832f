"""Bring an engine up to the store: cut what is new into words and feed it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, partial
from itertools import islice

from .index.engine import Engine, Entry, Retag
from .nlp.fold import squeeze
from .nlp.seeds import load_userdict, shipped
from .nlp.tokens import Segmenter, segmenter_for
from .results import Report, StoredSentence
from .store import Store
from .workers import Workers

Progress = Callable[[str, int, int], None]

_BATCH = 500
"""Sentences that a worker cuts at a time."""
_BATCH_SECONDS = 300.0
"""Far more than a batch takes on any machine; a worker that hangs must not hang the rest."""


@cache
def segmenter(recorded: str) -> Segmenter:
    """Return the segmenter of a library; a process loads its dictionary once."""
    return segmenter_for(recorded, load_userdict(shipped("userdict.txt")))


def cut_batch(recorded: str, texts: list[str]) -> list[list[str]]:
    """Return the words of each of ``texts``; runs in a worker."""
    cut = segmenter(recorded).cut
    return [cut(text) for text in texts]


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
        calls = ((recorded, batch) for batch in batches)
        futures = workers.map(cut_batch, calls, seconds=_BATCH_SECONDS)
        return (future.result() for future in futures)

    return there if workers else here


def _entries(
    pairs: Iterable[tuple[StoredSentence, Report]],
    cut_all: Callable[[Iterable[list[str]]], Iterable[list[list[str]]]],
    fed: Callable[[int], None],
) -> Iterator[Entry]:
    batches: list[list[tuple[StoredSentence, Report, str]]] = []

    def texts() -> Iterator[list[str]]:
        iterator = iter(pairs)
        while batch := [(s, r, squeeze(s.text)) for s, r in islice(iterator, _BATCH)]:
            batches.append(batch)
            yield [text for _, _, text in batch]

    count = 0
    for words_of_batch in cut_all(texts()):
        batch = batches.pop(0)
        for (sentence, report, text), words in zip(batch, words_of_batch, strict=True):
            yield entry_of(sentence, report, text, words)
        count += len(batch)
        fed(count)


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
