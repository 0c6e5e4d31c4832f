"""Read the files of a shard on a worker and write their rows: a function of names and settings.

Nothing of the content of a file travels to the process that has asked for it. Files that are not
short plain text are read in a confined process beside the worker, which is kept for all shards.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from .. import __version__
from ..ingest.prepare import Prepared, PreparedFile, Recipe, prepare_loaded
from ..ingest.worker import prepare_call, segment_batch, segmenter, texts_to_cut
from ..ingest.worker_pool import Workers, is_short_plain_text
from ..nlp.errors import GongwenError, ReadError
from ..readers.base import Limits
from ..readers.files import Source, expand, load
from ..storage.models import SHIPPED, ModelStore
from .addresses import FileStamp, opened_source
from .bulk_folder import BulkFolder, ReadFile, ReadItem, ReadSettings, Shard, digests
from .shard_tables import CutReport, packed

_PATIENCE = 1.25
"""A confined process is given up later than a reader gives up by itself."""


@dataclass(frozen=True, slots=True)
class ShardTask:
    """A shard that is to be read.

    Attributes:
        out: the address of the folder that its rows go to.
        name: its name.
        files: its files.
        settings: how they are read.
        limits: the limits for a file.
        replaces: names of shards that hold older versions of these files.
    """

    out: str
    name: str
    files: tuple[FileStamp, ...]
    settings: ReadSettings
    limits: Limits
    replaces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShardFailure:
    """Why a shard could not be read as a whole.

    It is returned, not raised: an exception travels with what it refers to, and may not arrive.

    Attributes:
        message: what is wrong, in one line.
        everywhere: whether no other shard can be read or written there either.
    """

    message: str
    everywhere: bool


def read_shard(task: ShardTask) -> Shard | ShardFailure:
    """Read the files of a shard, write its tables and its record, and return the record.

    A file that cannot be read is an outcome; the others are read.
    """
    try:
        return _read_shard(task)
    except GongwenError as error:
        return ShardFailure(str(error), everywhere=True)
    except Exception as error:  # one shard must not stop the others
        return ShardFailure(type(error).__name__, everywhere=False)


def _read_shard(task: ShardTask) -> Shard:
    if __version__ != task.settings.gongwen:
        raise GongwenError(
            f"a worker has gongwen {__version__}, and here is {task.settings.gongwen}; install the "
            "same"
        )
    folder = BulkFolder(task.out)
    settings = task.settings
    models = _models(task.out, settings.model, settings.model_sha256)
    recipe = Recipe(
        models, settings.model, settings.min_probability, settings.encoding or None, task.limits
    )
    cut = partial(segment_batch, settings.segmenter)
    files: list[ReadFile] = []
    rows: list[tuple[str, Sequence[CutReport]]] = []
    characters = 0
    for stamp in task.files:
        items = []
        for item, reports in _items_of(stamp, recipe):
            items.append(item)
            if not item.sha256:
                continue
            texts = [texts_to_cut(one.document.sentences) for one in reports]
            characters += sum(len(text) for of_report in texts for text in of_report)
            pairs = zip(reports, map(cut, texts), strict=True)
            rows.append((item.name, [CutReport(*pair) for pair in pairs]))
        files.append(ReadFile(stamp, tuple(items)))
    tables = packed(rows) if rows else {}
    fingerprint = segmenter(settings.segmenter).fingerprint
    shard = Shard(
        task.name, fingerprint, characters, tuple(files), digests(tables), task.replaces
    )  # fmt: skip
    folder.write(shard, tables)
    return shard


def _items_of(stamp: FileStamp, recipe: Recipe) -> Iterator[tuple[ReadItem, tuple[Prepared, ...]]]:
    """Yield what became of a file, or of each member of an archive, with the reports in it."""
    name = BulkFolder(stamp.address).name
    try:
        with opened_source(stamp, recipe.limits) as source:
            for found in expand(source, recipe.limits):
                if isinstance(found, ReadError):
                    place = str(found).partition(": ")[0]
                    yield _failed(place, found), ()
                    continue
                try:
                    prepared = _prepared(found, recipe)
                except GongwenError as error:
                    yield _failed(found.key, error, str(found)), ()
                    continue
                sentences = sum(len(one.document.sentences) for one in prepared.reports)
                notes = "; ".join(note for one in prepared.reports for note in one.notes)
                yield (
                    ReadItem(
                        found.key, found.stem, prepared.sha256, len(prepared.reports), sentences,
                        notes[:_MOST_NOTES],
                    ),
                    prepared.reports,
                )  # fmt: skip
    except ReadError as error:
        yield _failed(name, error), ()


_MOST_NOTES = 5_000


def _failed(name: str, error: GongwenError, shown: str = "") -> ReadItem:
    problem = str(error).removeprefix(f"{shown or name}: ")
    return ReadItem(name, name, "", message=" ".join(problem.split())[:_MOST_NOTES])


def _prepared(source: Source, recipe: Recipe) -> PreparedFile:
    data, digest = load(source, recipe.limits)
    if is_short_plain_text(source.name, data):
        return prepare_loaded(source, recipe, data, digest)
    call = prepare_call(source, recipe, data, digest, recipe.limits.seconds * _PATIENCE)
    return _confined(recipe.limits.memory_bytes).call(call).result()


@cache
def _confined(memory_bytes: int) -> Workers:
    """Return the confined process beside this worker, which ends with it."""
    workers = Workers(1, memory_bytes)
    atexit.register(workers.close)
    return workers


@cache
def _models(out: str, version: int, sha256: str) -> Path:
    """Return a folder with the model that tags, fetched once in a process.

    Raises:
        GongwenError: it is another one than was asked for.
    """
    folder = Path(tempfile.mkdtemp(prefix="gongwen-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    store = ModelStore(folder)
    if version != SHIPPED:
        store.put(version, BulkFolder(out).model())
    if store.sha256(version) != sha256:
        raise GongwenError("a worker has another model than the one here; install the same gongwen")
    return folder


def model_files(store: ModelStore, version: int) -> Mapping[str, str]:
    """Return the files of a model for workers, none for the one that ships."""
    return store.packed(version) if version != SHIPPED else {}
