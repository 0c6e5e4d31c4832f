"""Feed an engine with the sentences of a store, cut into words."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ..index.engine import Engine, Entry, Retag
from ..nlp.text.normalize import squeeze, squeeze_all
from ..results import Report, StoredSentence
from .store import Store

if TYPE_CHECKING:
    from ..ingest.worker_pool import Workers

Segment = Callable[[Iterable[list[str]]], Iterable[list[list[str]]]]
"""Returns the words of each text of each batch, in order."""

_BATCH_SENTENCES = 500
"""Maximum sentences that a worker segments in one call."""
_BATCH_CHARACTERS = 1 << 20
"""Characters at which a batch is closed even with fewer sentences."""
_BATCH_SECONDS = 300.0
"""Time limit of a batch, far more than any takes; it ends a worker that hangs."""


@dataclass(frozen=True, slots=True)
class KnownWords:
    """Words of sentences that were cut before they came into the store.

    Attributes:
        fingerprint: of the segmenter that cut them.
        of: the words of each sentence by the id of the report.

    Example:
        >>> KnownWords("jieba-0.42.1+0", {"甲县": [["行政", "复议"]]}).of["甲县"][0]
        ['行政', '复议']
    """

    fingerprint: str
    of: Mapping[str, Sequence[Sequence[str]]]

    def words(self, sentence: StoredSentence) -> Sequence[str] | None:
        """Return the words of a sentence, ``None`` when they are not known."""
        words = self.of.get(sentence.report, ())
        return words[sentence.n - 1] if sentence.n <= len(words) else None


NO_WORDS = KnownWords("", {})


def feed(
    engine: Engine,
    store: Store,
    workers: Workers | None,
    step_sentences: int,
    progress: Callable[[str, int, int], None],
    known: KnownWords = NO_WORDS,
) -> None:
    """Feed an engine with the changes of a store since the engine's generation.

    Args:
        engine: the engine, at the same or an earlier generation.
        store: the store.
        workers: processes that segment text into words; ``None`` for this process.
        step_sentences: maximum sentences of a step, unless one report has more; a step holds whole
            reports and can be found when it is done.
        progress: called after each batch.
        known: words that were cut already; they are used when the index has the same segmenter.
    """
    given = engine, workers, step_sentences, progress, known
    if not store.address:  # the lock keeps everybody away who could change the file
        cut_with = _feed_all(store, *given)
    else:
        with contextlib.closing(store.apart()) as moment, moment.snapshot():
            cut_with = _feed_all(moment, *given)
    if cut_with:
        store.keep_segmenter(cut_with, engine.capabilities.local_files)


def _feed_all(
    store: Store,
    engine: Engine,
    workers: Workers | None,
    step_sentences: int,
    progress: Callable[[str, int, int], None],
    known: KnownWords,
) -> str:
    """Feed an engine from a store that does not change meanwhile.

    Returns:
        What sentences were cut into words with, ``""`` when there were none.
    """
    total = store.count_changed(engine.generation)
    done = 0
    now = store.generation
    pending = bool(total or store.removed(engine.generation, now))
    if changes := [Retag(*change) for change in store.tags.changed(engine.generation)]:
        # While more is pending the engine keeps its generation, which only the last step raises.
        engine.retag(changes, engine.generation if pending else now)
    if engine.generation == now:
        return ""
    from ..ingest.worker import segmenter  # late: a search must not load the worker processes

    # A new index need not agree with the segmenter of an earlier one.
    local = engine.capabilities.local_files
    recorded = store.segmenter(local) if engine.generation else known.fingerprint
    recorded = segmenter(recorded).fingerprint  # resolved, so that the cache has one entry
    if known.fingerprint != recorded:
        known = NO_WORDS
    here = bool(known.of) or total <= 4 * _BATCH_SENTENCES
    segment = _segmentation(recorded, None if here else workers)
    for first, last in store.steps(engine.generation, step_sentences):
        before = done

        def tell(count: int, before: int = before) -> None:
            progress("indexing", before + count, total)

        entries = _entries(store.changed(first, last), segment, tell, known)
        engine.feed(entries, store.removed(first, last), last)
        done += store.count_changed(first) - store.count_changed(last)
    return recorded


def _segmentation(recorded: str, workers: Workers | None) -> Segment:
    """Return a function that yields the words of each text of each batch, in order."""
    # late: a search must not load the worker processes
    from ..ingest.worker import segment_batch, segment_call

    def segment_here(batches: Iterable[list[str]]) -> Iterable[list[list[str]]]:
        return map(partial(segment_batch, recorded), batches)

    def segment_in_workers(batches: Iterable[list[str]]) -> Iterable[list[list[str]]]:
        assert workers
        calls = (segment_call(recorded, batch, _BATCH_SECONDS) for batch in batches)
        return (future.result() for future in workers.map(calls))

    return segment_in_workers if workers else segment_here


def _entries(
    pairs: Iterable[tuple[StoredSentence, Report]],
    segment: Segment,
    tell: Callable[[int], None],
    known: KnownWords,
) -> Iterator[Entry]:
    """Yield sentences as the engine takes them, and tell after each batch how many there were."""
    # late: only feeding the engine needs it
    from ..readers.base import LONGEST_CUT

    batches: list[list[tuple[StoredSentence, Report, str]]] = []

    def texts() -> Iterator[list[str]]:
        for batch in _batched(pairs):
            batches.append(batch)
            yield [text[:LONGEST_CUT] for s, _, text in batch if known.words(s) is None]

    count = 0
    for cut in segment(texts()):
        batch, words_of_others = batches.pop(0), iter(cut)
        for sentence, report, text in batch:
            words = known.words(sentence)
            yield entry_of(
                sentence, report, text, next(words_of_others) if words is None else words
            )
        count += len(batch)
        tell(count)


def _batched(
    pairs: Iterable[tuple[StoredSentence, Report]],
) -> Iterator[list[tuple[StoredSentence, Report, str]]]:
    """Yield batches of sentences, each with its report and its text without spaces."""
    batch: list[tuple[StoredSentence, Report]] = []
    size = 0
    for pair in pairs:
        batch.append(pair)
        size += len(pair[0].text)
        if len(batch) == _BATCH_SENTENCES or size > _BATCH_CHARACTERS:
            yield _squeezed(batch)
            batch, size = [], 0
    if batch:
        yield _squeezed(batch)


def _squeezed(
    batch: Sequence[tuple[StoredSentence, Report]],
) -> list[tuple[StoredSentence, Report, str]]:
    texts = squeeze_all([sentence.text for sentence, _ in batch])
    return [(*pair, text) for pair, text in zip(batch, texts, strict=True)]


def entry_of(sentence: StoredSentence, report: Report, text: str, words: Sequence[str]) -> Entry:
    """Return a sentence as the engine takes it.

    Args:
        sentence: the sentence with its tags.
        report: the report that it is in.
        text: its text as :func:`~gongwen.nlp.text.normalize.squeeze` returns it.
        words: its words, as the segmenter returns them; empty where only the rest is compared.
    """
    from ..nlp.duplicates.near_copies import own_names  # late: a search does not need it

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
        names=own_names(report.region, report.county, report.city, report.province, report.agency),
    )
