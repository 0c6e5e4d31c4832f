"""Read many files on the workers of a Dask cluster, on this machine or others, into Parquet.

What travels to a worker is the names of the files of a shard, and what comes back is what became of
them. The rows stay where they are made.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from multiprocessing import resource_tracker
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..catalog import _
from ..ingest.pipeline import failed
from ..ingest.worker import segmenter
from ..nlp.errors import EngineUnavailable, GongwenError, ReadError, StoppedError
from ..readers.base import Limits, display_name
from ..results import FileOutcome
from ..storage.models import SHIPPED, ModelStore
from ..translation import in_language
from .addresses import FileStamp, absolute, list_files, stamp_of
from .bulk_folder import BulkFolder, ReadFile, ReadItem, ReadSettings, Shard, shard_name
from .shard_reading import ShardFailure, ShardTask, model_files, read_shard

if TYPE_CHECKING:
    from ..storage.index_sync import Progress

_PACKAGES = ("dask", "distributed", "fsspec", "pyarrow")
_LEAST_BYTES, _MOST_BYTES, _MOST_FILES = 256 << 10, 16 << 20, 400
"""Bounds of a shard. Less is not worth a task and three files, of more too much would be lost when
its worker dies."""
_SHARDS_LEFT = 4
"""Shards that each worker gets of what is left: the last are small, and end about together."""
_DEATHS = 2
"""Times that a worker may die of a shard before the shard is taken apart."""
_CONNECT_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class BulkRequest:
    """What is to be read, and how.

    Attributes:
        source: a file, folder or archive, or an address that fsspec opens.
        out: the folder that the rows go to.
        models: the models of the library whose active one tags; ``None`` for the one that ships.
        min_probability: below it the topic of a sentence is ``unsure``.
        segmenter: fingerprint of the segmenter of the library's index, ``""`` for the best here.
        encoding: forces the encoding of the files.
        limits: the limits for a file.
    """

    source: str
    out: str
    models: ModelStore | None = None
    min_probability: float = 0.0
    segmenter: str = ""
    encoding: str = ""
    limits: Limits = field(default_factory=Limits)


def check_packages() -> None:
    """See that what bulk reading needs is installed.

    Raises:
        EngineUnavailable: it is not; the message says what to install.
    """
    missing = [name for name in _PACKAGES if find_spec(name) is None]
    if not missing:
        try:
            import_module("pyarrow")
        except ImportError:  # one that is compiled for another NumPy
            missing = ["pyarrow"]
    if missing:
        raise EngineUnavailable(
            f"gongwen bulk needs {', '.join(missing)}: pip install '.[dask]' where gongwen was "
            "installed from"
        )


def read_bulk(
    request: BulkRequest,
    *,
    scheduler: str = "",
    workers: int = 0,
    progress: Progress = lambda what, done, total: None,
    ended: Callable[[FileOutcome], object] = bool,
) -> list[FileOutcome]:
    """Read files into Parquet, and return what became of each, in their order.

    Files that are in the folder already and have not changed are not read again, those that could
    not be read are.

    Args:
        request: what is read.
        scheduler: address of the scheduler of a running Dask cluster; ``""`` starts workers here.
        workers: how many are started here, 0 for one a processor.
        progress: told of the files that are done (``reading``).
        ended: told what became of each file that was read, as soon as it is known.

    Raises:
        EngineUnavailable: a package is missing, or the scheduler does not answer.
        ReadError: there is nothing to read, or the folder was read in another way.
        WriteError: the folder cannot be written to.
        StoppedError: the scheduler was lost, or nothing more can be written; has the outcomes up
            to there.
    """
    check_packages()
    settings = _settings(request)
    found = list(_distinct(list_files(request.source)))
    errors = [one for one in found if isinstance(one, ReadError)]
    if len(errors) == len(found):
        raise errors[0]
    out = BulkFolder(absolute(request.out))
    model = model_files(request.models, settings.model) if request.models else {}
    out.begin(settings, model)
    stamps = [one for one in found if isinstance(one, FileStamp)]
    live = out.shards()
    count = workers or _cores()
    tasks, kept = plan(stamps, live, settings, out.address, request.limits, count)
    run = _Run(out, tasks, len(found), len(found) - sum(len(t.files) for t in tasks))
    with contextlib.ExitStack() as stack:
        if tasks:
            client = stack.enter_context(_connected(scheduler, min(count, len(tasks))))
            run.on(client, progress, ended)
    out.remove(name for task in tasks for name in task.replaces)
    return list(_outcomes(found, kept, run.done))


def _settings(request: BulkRequest) -> ReadSettings:
    models = request.models or ModelStore(Path("none"))
    version = models.active if request.models else SHIPPED
    return ReadSettings(
        gongwen=__version__,
        model=version,
        model_sha256=models.sha256(version),
        min_probability=request.min_probability,
        segmenter=segmenter(request.segmenter).fingerprint,
        encoding=request.encoding,
    )


def _distinct(found: Iterable[FileStamp | ReadError]) -> Iterator[FileStamp | ReadError]:
    """Yield each file once, even if several links lead to it."""
    seen = set()
    for one in found:
        if isinstance(one, FileStamp):
            if one.address in seen:
                continue
            seen.add(one.address)
        yield one


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# -- what is read in one go ------------------------------------------------------------------------


def plan(
    stamps: Sequence[FileStamp],
    live: Iterable[Shard],
    settings: ReadSettings,
    out: str,
    limits: Limits,
    workers: int,
) -> tuple[list[ShardTask], dict[str, ReadFile]]:
    """Return the shards that are to be read, and the files by address that need not be.

    Of a shard with a file that has changed all files are read again, in shards that replace it.

    Args:
        stamps: the files as they are now.
        live: the shards that are there.
        settings: how files are read.
        out: where the rows go.
        limits: the limits for a file.
        workers: how many read.
    """
    there = {file.stamp.address: (file, shard) for shard in live for file in shard.files}
    for shard in live:  # of a file that failed before, what was read later counts
        there |= {f.stamp.address: (f, shard) for f in shard.files if not f.failed}
    kept: dict[str, ReadFile] = {}
    replaced: dict[str, Shard] = {}
    for stamp in stamps:
        if found := there.get(stamp.address):
            file, shard = found
            if file.stamp != stamp or file.failed:
                if any(item.sha256 for item in file.items):
                    replaced[shard.name] = shard
            else:
                kept[stamp.address] = file
    listed = {stamp.address for stamp in stamps}
    again: list[FileStamp] = []
    for shard in replaced.values():
        for file in shard.files:
            kept.pop(file.stamp.address, None)
            unlisted = file.stamp.address not in listed
            if unlisted and (now := stamp_of(file.stamp.address)):
                again.append(now)
    wanted = [*(stamp for stamp in stamps if stamp.address not in kept), *again]
    groups = list(_grouped(wanted, workers))
    names = tuple(sorted(replaced))
    tasks = []
    for group in groups:
        name = shard_name(settings, group)
        tasks.append(
            ShardTask(
                out, name, tuple(group), settings, limits, tuple(n for n in names if n != name)
            )
        )
    return tasks, kept


def _grouped(stamps: Sequence[FileStamp], workers: int) -> Iterator[list[FileStamp]]:
    """Yield files in runs of about as many bytes; the fewer are left, the smaller."""
    left = sum(stamp.size for stamp in stamps)
    group: list[FileStamp] = []
    size = 0
    most = 0
    for stamp in stamps:
        if not group:
            most = min(max(left // (_SHARDS_LEFT * workers), _LEAST_BYTES), _MOST_BYTES)
        group.append(stamp)
        size += stamp.size
        if size >= most or len(group) == _MOST_FILES:
            yield group
            left -= size
            group, size = [], 0
    if group:
        yield group


def _outcomes(
    found: Iterable[FileStamp | ReadError],
    kept: Mapping[str, ReadFile],
    done: Mapping[str, ReadFile],
) -> Iterator[FileOutcome]:
    for one in found:
        if isinstance(one, ReadError):
            yield failed(str(one).partition(": ")[0], one)
        elif one.address in kept:
            for item in kept[one.address].items:
                yield FileOutcome(item.name, "unchanged", sentences=item.sentences)
        elif one.address in done:
            yield from map(_outcome, done[one.address].items)


def _outcome(item: ReadItem) -> FileOutcome:
    if not item.sha256:
        message = _("{place}: {problem}").format(place=item.name, problem=in_language(item.message))
        return FileOutcome(item.name, "failed", message=message)
    message = _("; ").join(map(in_language, item.message.split("; "))) if item.message else ""
    return FileOutcome(item.name, "read", sentences=item.sentences, message=message)


# -- the run ---------------------------------------------------------------------------------------


class _Run:
    """The shards that are read in one run, and what became of their files.

    Attributes:
        done: files by address.
    """

    def __init__(self, out: BulkFolder, tasks: Sequence[ShardTask], total: int, kept: int) -> None:
        self._out = out
        self._tasks = tasks
        self._total = total
        self._kept = kept
        self.done: dict[str, ReadFile] = {}

    def on(self, client: Any, progress: Progress, ended: Callable[[FileOutcome], object]) -> None:
        """Let a cluster read all shards.

        A shard that its workers die of is taken apart, until the file is found of which they do;
        that is read once more by itself at the end, as another may have been the reason.

        Args:
            client: the client of the cluster.
            progress: told of the files that are done.
            ended: told of each file.
        """
        distributed: Any = import_module("distributed")
        progress("reading", self._kept, self._total)
        futures = {_submitted(client, task): task for task in self._tasks}
        completed = distributed.as_completed(list(futures), loop=client.loop)
        suspects: list[ShardTask] = []  # single files on workers that died
        alone: set[str] = set()  # those that were read again with nothing beside them
        try:
            for future in completed:
                task = futures.pop(future)
                if future.status == "cancelled" or client.status in ("closed", "closing"):
                    raise OSError("the connection was lost")
                more: list[ShardTask] = []
                found = future.result() if future.status == "finished" else _lost(future)
                if isinstance(found, ShardFailure):
                    if found.everywhere:
                        raise GongwenError(found.message)
                    more = list(_halves(task)) if len(task.files) > 1 else []
                    if not more and found.message == _DIED and task.name not in alone:
                        suspects.append(task)
                    elif not more:
                        found = self._given_up(task, found.message)
                if not futures and not more and suspects:
                    more = [suspects.pop()]
                    alone.add(more[0].name)
                for one in more:
                    again = _submitted(client, one)
                    futures[again] = one
                    completed.add(again)
                if isinstance(found, ShardFailure):
                    continue
                for file in found.files:
                    self.done[file.stamp.address] = file
                    for outcome in map(_outcome, file.items):
                        ended(outcome)
                progress("reading", self._kept + len(self.done), self._total)
            if futures:
                raise OSError("the connection was lost")
        except KeyboardInterrupt:
            self._cancel(client, futures)
            raise
        except GongwenError as error:
            self._cancel(client, futures)
            raise self._stopped(str(error)) from None
        except (OSError, TimeoutError) as error:  # of distributed, too
            raise self._stopped(f"the scheduler does not answer any more ({error})") from None

    def _cancel(self, client: Any, futures: Iterable[Any]) -> None:
        with contextlib.suppress(Exception):  # the cluster may be gone
            client.cancel(list(futures), force=True)

    def _stopped(self, why: str) -> StoppedError:
        outcomes = [_outcome(item) for file in self.done.values() for item in file.items]
        done = self._kept + len(self.done)
        return StoppedError(
            f"{why}; stopped after {done} of {self._total} files, and what was read stays; give "
            "the same command again to go on",
            outcomes,
        )

    def _given_up(self, task: ShardTask, message: str) -> Shard:
        """Write and return the record of a single file that no worker can read."""
        [stamp] = task.files
        name = display_name(stamp.address)
        if message != _DIED:
            message = f"cannot be read ({message}); save it anew, or as plain text"
        item = ReadItem(name, name, "", message=message)
        shard = Shard(
            task.name, task.settings.segmenter, 0, (ReadFile(stamp, (item,)),), {}, task.replaces
        )
        self._out.write(shard, {})
        return shard


_DIED = "the workers that read it die; save it anew"


def _lost(future: Any) -> ShardFailure:
    """Return why a worker gave no answer: it died of the shard, or cannot run the function."""
    error = future.exception()
    if type(error).__name__ == "KilledWorker":
        return ShardFailure(_DIED, everywhere=False)
    reason = " ".join(str(error).split())[:120]
    return ShardFailure(f"a worker cannot run gongwen ({reason})", everywhere=True)


def _submitted(client: Any, task: ShardTask) -> Any:
    return client.submit(
        read_shard, task, pure=False, key=f"gongwen-{task.name}-{os.urandom(4).hex()}"
    )


def _halves(task: ShardTask) -> Iterator[ShardTask]:
    middle = len(task.files) // 2
    for files in (task.files[:middle], task.files[middle:]):
        name = shard_name(task.settings, files)
        yield ShardTask(task.out, name, files, task.settings, task.limits, task.replaces)


# -- the cluster -----------------------------------------------------------------------------------


@contextlib.contextmanager
def _connected(scheduler: str, workers: int) -> Iterator[Any]:
    """Yield the client of a cluster: one that runs, or one that is started for this time."""
    if not scheduler:
        with _local_cluster(workers) as client:
            yield client
        return
    distributed: Any = import_module("distributed")
    try:
        client = distributed.Client(scheduler, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        reason = " ".join(str(error).split())[:120]
        raise EngineUnavailable(
            f"{scheduler}: no scheduler of Dask answers there ({reason}); start one with dask "
            "scheduler, and its workers with dask worker"
        ) from None
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    try:
        _check_workers(client, scheduler)
        yield client
    finally:
        with contextlib.suppress(Exception):  # the scheduler may be gone
            client.close(timeout=2)


def _check_workers(client: Any, scheduler: str) -> None:
    """See that there are workers and that they have the same gongwen.

    Raises:
        EngineUnavailable: there are none, or one has another; says which and what.
    """
    from importlib.metadata import version  # late: a function that every worker has

    found: Mapping[str, Any] = client.run(version, "gongwen", on_error="return")
    if not found:
        raise EngineUnavailable(f"{scheduler}: has no workers; start them with dask worker")
    for worker, there in sorted(found.items()):
        if isinstance(there, BaseException):
            raise EngineUnavailable(f"{worker}: the worker has no gongwen; install {__version__}")
        if there != version("gongwen"):
            raise EngineUnavailable(
                f"{worker}: the worker has gongwen {there}, and here is {version('gongwen')}; "
                "install the same"
            )


_OF_CLUSTER = {
    "distributed.scheduler.allowed-failures": _DEATHS,
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.terminate": False,
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.tick.limit": "60s",
    "distributed.worker.profile.enabled": False,
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
}
"""Settings of the cluster that is started: workers hold names only, and nobody looks on."""


@contextlib.contextmanager
def _local_cluster(workers: int) -> Iterator[Any]:
    """Yield the client of a cluster of processes that are started here and end with this one."""
    dask: Any = import_module("dask")
    distributed: Any = import_module("distributed")
    with contextlib.ExitStack() as stack:
        scratch = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="gongwen-", ignore_cleanup_errors=True)
        )
        stack.enter_context(dask.config.set(_OF_CLUSTER))
        with _interrupts_kept_off():
            cluster = distributed.LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",  # a free port; 8787 may be taken
                scheduler_kwargs={"dashboard": False},
                silence_logs=logging.CRITICAL,
                local_directory=scratch,
                memory_limit=0,
                security=_security(distributed),
            )
            stack.enter_context(cluster)
        yield stack.enter_context(distributed.Client(cluster, set_as_default=False))


@contextlib.contextmanager
def _interrupts_kept_off() -> Iterator[None]:
    """Keep Ctrl-C from the threads and processes that are started, which end with this process.

    They inherit the mask of signals of the thread that starts them. This thread gets a Ctrl-C of
    meanwhile when the block ends.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # begun later, it would let signals in again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _security(distributed: Any) -> Any:
    """Return certificates for this run where they can be made, so that no other user gets in."""
    return distributed.Security.temporary() if find_spec("cryptography") else None
