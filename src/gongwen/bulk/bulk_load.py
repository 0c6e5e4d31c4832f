"""Load what ``gongwen bulk read`` has written into a library: one writer, file after file.

Reports take the way of those that ``add`` has read, so that the same files in the same order give
the same library. Their sentences were cut into words by the workers; these are used when the index
of the library has the same segmenter.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import count, islice

from ..ingest.pipeline import Begun, Place, Storing
from ..ingest.prepare import PreparedFile
from ..ingest.worker import rows_call, segmenter
from ..ingest.worker_pool import Workers
from ..nlp.errors import GongwenError, LibraryError, ReadError
from ..nlp.topics.taxonomy import Taxonomy
from ..readers.base import Limits
from ..results import FileOutcome
from ..storage.feeding import KnownWords
from ..storage.models import ModelStore
from ..storage.store import Store
from .bulk_folder import BulkFolder, ReadItem, Shard
from .shard_tables import CutReport

_STEP = 200_000
"""Sentences after which the index follows; their words are kept until then."""
_MOST_CHARACTERS = 30_000_000
"""Characters of a shard up to which its words fit into one answer of a confined process."""
_SECONDS = 600.0
"""Time limit for reading the tables of a shard, far more than any takes."""
_OPEN_SHARDS = 3
"""Shards whose rows are held: that which is stored, the one after it, and one more."""
_LOOK_AHEAD = 1_000
"""Files among which the next shard is looked for."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A file that is to be loaded.

    Attributes:
        shard: the shard that it is in.
        number: its place among the files of the shard that have reports, -1 if it has none.
        item: what became of it when it was read.
    """

    shard: Shard
    number: int
    item: ReadItem


class BulkLoad:
    """Brings the shards of a folder into a store.

    Args:
        folder: the folder.
        store: where the reports go.
        taxonomy: the topics of the library.
        workers: confined processes that read the tables.

    Raises:
        ReadError: the folder is none of ``gongwen bulk read``, or a newer gongwen has written it.

    Attributes:
        settings: how the files were read.
        cut_anew: how many sentences are cut into words again, as another segmenter did it.
    """

    def __init__(
        self, folder: BulkFolder, store: Store, taxonomy: Taxonomy, workers: Workers
    ) -> None:
        self.settings = folder.settings()
        self.cut_anew = 0
        self._folder = folder
        self._store = store
        self._workers = workers
        self._storing = Storing(
            store, taxonomy, first_step=_STEP, growth=1.0, stored=self._keep_words
        )
        recorded = store.index_segmenter or self.settings.segmenter
        self._segmenter = segmenter(recorded).fingerprint
        self._rows: OrderedDict[str, Future[list[list[CutReport]]]] = OrderedDict()
        self._words: dict[str, Sequence[Sequence[str]]] = {}
        self._current: Sequence[CutReport] = ()

    def check_model(self, models: ModelStore, min_probability: float) -> None:
        """See that the sentences were tagged as the library would tag them.

        Args:
            models: the models of the library.
            min_probability: that of the library.

        Raises:
            ReadError: they were not.
        """
        same = models.sha256(models.active) == self.settings.model_sha256
        if not same or min_probability != self.settings.min_probability:
            what = "with another least probability" if same else "by another model"
            raise ReadError(
                f"{self._folder.name}: tagged {what} than the library has; read the files anew "
                "with gongwen --library LIBRARY bulk read, into another folder"
            )

    def run(
        self,
        follow: Callable[[KnownWords], None],
        progress: Callable[[str, int, int], None],
        ended: Callable[[FileOutcome], object] = bool,
        turn: Callable[[], Taxonomy | None] = lambda: None,
    ) -> list[FileOutcome]:
        """Store all files in the order of their names, and return what became of them.

        Args:
            follow: lets the index follow, with the words that are known.
            progress: told of every file.
            ended: told what became of each report, as soon as it is known.
            turn: as of :meth:`~gongwen.ingest.pipeline.Storing.run`.

        Raises:
            StoppedError: the library cannot be written any more; has the outcomes up to there.
        """
        damaged: list[ReadError] = []
        entries = list(_entries(self._folder.shards(damaged.append)))

        def follow_with_words() -> None:
            follow(KnownWords(self._segmenter, self._words))
            self._words = {}

        begun = self._begun(damaged, entries)
        total = len(damaged) + len(entries)
        return self._storing.run(begun, total, follow_with_words, progress, ended, turn)

    def _begun(self, damaged: Sequence[ReadError], entries: Sequence[_Entry]) -> Iterator[Begun]:
        """Yield every file when its turn comes; of a shard that cannot be read, only the first."""
        for error in damaged:
            name = str(error).partition(": ")[0]
            yield Begun(Place(name, name, name), error)
        given_up: set[str] = set()
        for at, entry in enumerate(entries):
            item, shard = entry.item, entry.shard
            place = Place(item.name, item.name, item.stem)
            if not item.sha256:
                yield Begun(place, ReadError(f"{item.name}: {item.message}"))
                continue
            if shard.name in given_up:
                continue
            if outcomes := self._storing.unchanged(place, item.sha256):
                yield Begun(place, outcomes)
                continue
            self._open(shard)
            self._open_next(shard, entries, at)
            done: Future[PreparedFile] = Future()
            try:
                self._current = self._rows[shard.name].result()[entry.number]
            except LibraryError as error:
                done.set_exception(error)
                yield Begun(place, done)
            except GongwenError as error:
                given_up.add(shard.name)
                name = f"{self._folder.name}/shards/{shard.name}.json"
                problem = str(error).removeprefix(f"{self._folder.name}/")
                yield Begun(
                    Place(name, name, name),
                    ReadError(
                        f"{name}: its tables cannot be read ({problem}); remove this file and give "
                        "gongwen bulk read again"
                    ),
                )
            else:
                prepared = tuple(one.prepared for one in self._current)
                done.set_result(PreparedFile(item.sha256, prepared))
                yield Begun(place, done)

    def _open(self, shard: Shard) -> None:
        """Let the rows of a shard be read, and drop those that were not needed for longest."""
        if shard.name in self._rows:
            self._rows.move_to_end(shard.name)
            return
        with_words = shard.segmenter == self._segmenter and shard.characters <= _MOST_CHARACTERS
        rows: Future[list[list[CutReport]]] = Future()
        try:
            tables = self._folder.tables(shard)
            call = rows_call(tables, shard.counts, Limits(), _SECONDS, with_words)
            rows = self._workers.call(call)
        except GongwenError as error:
            rows.set_exception(error)
        self._rows[shard.name] = rows
        while len(self._rows) > _OPEN_SHARDS:
            self._rows.popitem(last=False)

    def _open_next(self, shard: Shard, entries: Sequence[_Entry], at: int) -> None:
        """Let the rows of the shard after this one be read meanwhile, if they are needed."""
        for after in islice(entries, at + 1, at + 1 + _LOOK_AHEAD):
            if after.shard.name != shard.name:
                if after.shard.name not in self._rows and after.item.sha256:
                    known = self._store.sources.of_file(after.item.name)
                    if set(known.values()) != {after.item.sha256}:
                        self._open(after.shard)
                        self._rows.move_to_end(shard.name)
                return

    def _keep_words(self, prepared: PreparedFile, ids: Sequence[str]) -> None:
        """Remember the words of the reports of a file by the ids that they got."""
        for id_, one in zip(ids, self._current, strict=True):
            if id_ and one.words:
                self._words[id_] = one.words
            elif id_:
                self.cut_anew += len(one.prepared.tags)


def _entries(shards: Iterable[Shard]) -> Iterator[_Entry]:
    """Yield all files in the order of their names, each once: one that was read before one not."""
    found: dict[str, tuple[bool, list[_Entry]]] = {}
    for shard in shards:
        numbers = count()
        for file in shard.files:
            entries = [
                _Entry(shard, next(numbers) if item.sha256 else -1, item) for item in file.items
            ]
            address = file.stamp.address
            if address not in found or found[address][0] > file.failed:
                found[address] = file.failed, entries
    for address in sorted(found, key=lambda address: address.split("/")):
        yield from found[address][1]
