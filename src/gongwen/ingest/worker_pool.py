"""A pool of worker processes: confined, bounded in time and memory, replaced when they die.

They are started by a command of their own, not by :mod:`multiprocessing`, which would run the
caller's script once more in every one of them. Calls and answers are data (:mod:`.messages`): a
worker that was taken over by the file that it reads can be wrong, and no more.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Timer
from typing import Any, Self, TypeVar

from ..nlp.errors import GongwenError, ModelError, ReadError
from ..readers.base import Blob, Extract
from ..readers.detect import kind_of, read
from ..readers.files import Source, find_sources, load
from ..sandbox.confinement import Confinement
from ..sandbox.launch import command, environment, readable_folders
from .messages import Reader, WireError, Writer, receive, send
from .worker import ANSWER, ERROR, FAILURE, NEEDS_PROGRAM, Call, confinement_call

T = TypeVar("T")
_AHEAD = 2
"""Calls in work or waiting for each process; more would only take memory."""
_ERRORS = {error.__name__: error for error in (GongwenError, ReadError, ModelError)}
"""What a worker may raise here; any other error of ours becomes the first of these."""
_LONGEST_NAME, _LONGEST_MESSAGE = 100, 5_000
_TEMPORARY = ("TMPDIR", "TMP", "TEMP")
_MOST_FILE_BYTES = 512 << 20
"""Size of a file that a worker may write into its folder."""


class WorkerLostError(GongwenError):
    """A process that took too long, needed too much memory, crashed, or answered nonsense."""


class Workers:
    """A number of processes; they start when they are first needed.

    Args:
        count: how many.
        memory_bytes: memory that each may use, where the system can say so.
    """

    def __init__(self, count: int, memory_bytes: int = 2 << 30) -> None:
        self._count = count
        self._free: SimpleQueue[_Worker] = SimpleQueue()
        self._all = [_Worker(memory_bytes) for _ in range(count)]
        for worker in self._all:
            self._free.put(worker)
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="gongwen-worker")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End all processes at once, whatever they are doing."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in self._all:
            worker.close()
        self._threads.shutdown(wait=True)

    def call(self, call: Call[T]) -> Future[T]:
        """Let a process answer ``call``.

        When it raises one of our errors, the future does; :class:`WorkerLostError` when it takes
        too long, dies, or gives an answer that cannot be right. The next call gets a new process.
        """
        return self._threads.submit(self._run, call)

    def _run(self, call: Call[T]) -> T:
        worker = self._free.get()
        try:
            return worker.run(call)
        finally:
            self._free.put(worker)

    def map(self, calls: Iterable[Call[T]]) -> Iterator[Future[T]]:
        """Yield the futures of ``calls`` in order, few of them ahead of the caller."""
        pending: deque[Future[T]] = deque()
        for call in calls:
            pending.append(self.call(call))
            if len(pending) >= self._count * _AHEAD:
                yield pending.popleft()
        yield from pending


def worker_confinement() -> Confinement:
    """Return what a worker is confined by; nothing when none can be started."""
    try:
        return _asked()
    except GongwenError:
        return Confinement()


@cache
def _asked() -> Confinement:
    """Start a worker and ask it; it is the same for all that this process starts."""
    with Workers(1) as workers:
        return workers.call(confinement_call()).result()


class _Worker:
    """One process, started anew when it was lost, or when a call needs one with other rights."""

    def __init__(self, memory_bytes: int) -> None:
        self._memory = memory_bytes
        self._process: _Process | None = None
        self._closed = False

    def run(self, call: Call[T]) -> T:
        try:
            status, answer = self._ask(call)
            if status == NEEDS_PROGRAM:
                # late: a search does not need it
                from ..readers.libreoffice import program

                status, answer = self._ask(call, program())
                self.end()  # with all that the program may have left
            if status in (ERROR, FAILURE):
                raise _error(status, answer)
            result = call.take(answer)
            answer.end()
            return result
        except WireError:
            self.end()
            raise WorkerLostError(
                "its reader gave an answer that cannot be right; the file may be made to do harm"
            ) from None

    def _ask(self, call: Call[Any], program: Path | None = None) -> tuple[int, Reader]:
        """Return the answer to a call, and of which kind it is."""
        process = self._process
        if process is None or not process.suits(call, program):
            process = self._start(call, program)
        timed_out = Event()

        def give_up() -> None:
            timed_out.set()
            process.end()

        late = Timer(call.seconds, give_up)
        late.daemon = True
        late.start()
        try:
            answer = process.ask(call)
            status = answer.integer(ANSWER, NEEDS_PROGRAM)
        except (OSError, EOFError, ValueError):
            self.end()
            if timed_out.is_set():
                raise WorkerLostError(f"took longer than {call.seconds:g} seconds") from None
            raise WorkerLostError("needed too much memory, or crashed") from None
        finally:
            late.cancel()
        if timed_out.is_set():  # just as the answer came
            self.end()
        return status, answer

    def _start(self, call: Call[Any], program: Path | None) -> _Process:
        readable = call.readable + (self._process.readable if self._process else ())
        self.end()
        try:
            process = self._process = _Process(self._memory, program, readable)
        except OSError as error:
            raise WorkerLostError(
                f"no process can be started to read it ({error.strerror or error})"
            ) from None
        if self._closed:  # while it was starting
            self.end()
        return process

    def close(self) -> None:
        """End the process, and any that is just being started."""
        self._closed = True
        self.end()

    def end(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process:
            process.end()


class _Process:
    """A running worker and the folder that it may write to.

    Args:
        memory_bytes: memory that it may use.
        program: another program that it may start, ``None`` for none.
        readable: what it may read, besides what every worker does.

    Raises:
        OSError: it cannot be started.
    """

    def __init__(self, memory_bytes: int, program: Path | None, readable: tuple[Path, ...]) -> None:
        self._program = program
        self.readable = tuple(dict.fromkeys(readable))
        self._scratch = Path(tempfile.mkdtemp(prefix="gongwen-")).resolve()
        paths = map(str, (*readable_folders(), *self.readable))
        limits = (str(memory_bytes), str(_MOST_FILE_BYTES))
        arguments = (str(self._scratch), *limits, str(program or ""), *paths)
        try:
            self._process = subprocess.Popen(
                command("ingest.worker", *arguments),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # a file must not speak to the terminal
                cwd=self._scratch,
                env=environment() | dict.fromkeys(_TEMPORARY, str(self._scratch)),
                start_new_session=True,  # it ends with all that it has started
            )
        except BaseException:
            self._forget()
            raise

    def suits(self, call: Call[Any], program: Path | None) -> bool:
        """Say whether this process has the rights that a call needs."""
        return program == self._program and set(call.readable) <= set(self.readable)

    def ask(self, call: Call[Any]) -> Reader:
        """Return the answer to a call.

        Raises:
            OSError, EOFError, ValueError: the process has ended.
            WireError: the answer is none.
        """
        assert self._process.stdin and self._process.stdout
        message = Writer()
        message.text(call.task)
        message.real(call.seconds)
        message.raw(call.data)
        send(self._process.stdin, message.data())
        return Reader(receive(self._process.stdout))

    def end(self) -> None:
        """End the process and all that it has started; done twice it does nothing."""
        process = self._process
        if process.returncode is None:
            if sys.platform != "win32":
                with suppress(OSError):
                    os.killpg(process.pid, signal.SIGKILL)
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                with suppress(OSError):
                    pipe.close()
        self._forget()

    def _forget(self) -> None:
        shutil.rmtree(self._scratch, ignore_errors=True)


def _error(status: int, answer: Reader) -> GongwenError:
    """Return the error that a worker tells of."""
    name, message = answer.text(_LONGEST_NAME), answer.text(_LONGEST_MESSAGE)
    answer.end()
    if not name.isidentifier() or "\n" in message:
        raise WireError("no such error")
    if status == FAILURE:
        return WorkerLostError(f"its reader failed ({name})")
    return _ERRORS.get(name, GongwenError)(message)


_HARMLESS_BYTES = 256 << 10
"""Size of a text that is read here: four times the largest report that was seen. Nothing but our
own code reads it, in time that grows with it; what is larger also gets the limits of a worker."""


def is_harmless(name: str, data: bytes) -> bool:
    """Say whether a file needs no worker: a short plain text."""
    return len(data) <= _HARMLESS_BYTES and kind_of(data, name) == "text"


def read_apart(blob: Blob) -> Iterable[Extract]:
    """Return what :func:`~.kinds.read` does, without parsing an unknown file in this process.

    Raises:
        ReadError: it cannot be read, takes too long, or needs too much memory.
    """
    if is_harmless(blob.name, blob.data):
        return read(blob)
    # late: a search does not need it
    from .worker import extract_call

    try:
        with Workers(1, blob.limits.memory_bytes) as workers:
            return workers.call(extract_call(blob)).result()
    except WorkerLostError as error:
        raise ReadError(f"{blob.name}: {error}") from None


def whole_text(path: Path) -> str:
    """Return the text of a file of any kind; that of several reports in it one below the other.

    Raises:
        ReadError: it is missing, a folder, or cannot be read.
    """
    for found in find_sources([path]):
        if isinstance(found, ReadError):
            raise found
    if path.is_dir():
        raise ReadError(f"{path}: a folder; give one file")
    data, _ = load(Source(path))
    return text_of(data, str(path))


def text_of(data: bytes, name: str) -> str:
    """Return the text of the bytes of a file; ``name`` is for messages."""
    return "\n".join(extract.text for extract in read_apart(Blob(name, data)))
