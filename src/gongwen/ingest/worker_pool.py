"""Run a pool of confined worker processes, and read files from strangers in them.

Workers have limits of time and memory and are replaced when they die. They are started by a command
of their own, not by :mod:`multiprocessing`, which would run the caller's script again in each of
them. Calls and answers are data (:mod:`.messages`), so a worker that was taken over by the file
that it reads can return wrong results but cannot run code in this process.
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
from ..sandbox.confinement import Confinement, command, environment, readable_folders
from .message_codec import MessageError, MessageReader, MessageWriter, receive, send
from .worker import ANSWER, ERROR, FAILURE, NEEDS_PROGRAM, Call, confinement_call, extract_call

T = TypeVar("T")
_CALLS_PER_WORKER = 2
"""Maximum calls running or queued for each process; more would only take memory."""
_ERRORS = {error.__name__: error for error in (GongwenError, ReadError, ModelError)}
"""Errors that a worker may raise in this process, by name; any other error of ours becomes a
GongwenError."""
_MAX_NAME_LENGTH, _MAX_MESSAGE_LENGTH = 100, 5_000
_TEMPORARY_VARIABLES = ("TMPDIR", "TMP", "TEMP")
_MAX_FILE_BYTES = 512 << 20
"""Maximum size of a file that a worker writes into its scratch folder."""


class WorkerLostError(GongwenError):
    """A worker exceeded its time or memory, crashed, or gave a malformed answer."""


class Workers:
    """A pool of worker processes, each started when it is first needed.

    Args:
        count: the number of processes.
        memory_bytes: the memory limit of each, where the operating system can enforce one.

    Example:
        >>> with Workers(2) as workers:
        ...     [text] = workers.call(extract_call(Blob("a.html", b"<p>text</p>"))).result()
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
        """Kill all processes at once and cancel the calls that wait."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in self._all:
            worker.close()
        self._threads.shutdown(wait=True)

    def call(self, call: Call[T]) -> Future[T]:
        """Submit a call to the pool and return the future of its answer.

        The future raises the error of ours that the task raised, and :class:`WorkerLostError` when
        the process takes too long, dies, or gives a malformed answer. Such a process is replaced.
        """
        return self._threads.submit(self._run, call)

    def _run(self, call: Call[T]) -> T:
        worker = self._free.get()
        try:
            return worker.run(call)
        finally:
            self._free.put(worker)

    def map(self, calls: Iterable[Call[T]]) -> Iterator[Future[T]]:
        """Submit calls and yield their futures in order, only a few calls ahead of the caller."""
        pending: deque[Future[T]] = deque()
        for call in calls:
            pending.append(self.call(call))
            if len(pending) >= self._count * _CALLS_PER_WORKER:
                yield pending.popleft()
        yield from pending


def worker_confinement() -> Confinement:
    """Return the confinement in force in a worker; an empty one when no worker can be started."""
    try:
        return _query_confinement()
    except GongwenError:
        return Confinement()


@cache
def _query_confinement() -> Confinement:
    """Start a worker and ask for its confinement, which is the same for all workers."""
    with Workers(1) as workers:
        return workers.call(confinement_call()).result()


class _Worker:
    """A slot of the pool: one process, replaced when it dies or when a call needs other rights."""

    def __init__(self, memory_bytes: int) -> None:
        self._memory_bytes = memory_bytes
        self._process: _Process | None = None
        self._closed = False

    def run(self, call: Call[T]) -> T:
        try:
            status, answer = self._ask(call)
            if status == NEEDS_PROGRAM:
                from ..readers.libreoffice import program  # late: loads the Word reader

                status, answer = self._ask(call, program())
                self.end()  # also kills what the program may have left running
            if status in (ERROR, FAILURE):
                raise _received_error(status, answer)
            result = call.read_answer(answer)
            answer.end()
            return result
        except MessageError:
            self.end()
            raise WorkerLostError(
                "its reader gave an answer that cannot be right; the file may be made to do harm"
            ) from None

    def _ask(self, call: Call[Any], program: Path | None = None) -> tuple[int, MessageReader]:
        """Send a call, and return the kind of the answer and the rest of the answer."""
        process = self._process
        if process is None or not process.suits(call, program):
            process = self._start(call, program)
        timed_out = Event()

        def end_late() -> None:
            timed_out.set()
            process.end()

        timer = Timer(call.seconds, end_late)
        timer.daemon = True
        timer.start()
        try:
            answer = process.ask(call)
            status = answer.integer(ANSWER, NEEDS_PROGRAM)
        except (OSError, EOFError, ValueError):
            self.end()
            if timed_out.is_set():
                raise WorkerLostError(f"took longer than {call.seconds:g} seconds") from None
            raise WorkerLostError("needed too much memory, or crashed") from None
        finally:
            timer.cancel()
        if timed_out.is_set():  # at the moment when the answer came
            self.end()
        return status, answer

    def _start(self, call: Call[Any], program: Path | None) -> _Process:
        readable = call.readable + (self._process.readable if self._process else ())
        self.end()
        try:
            process = self._process = _Process(self._memory_bytes, program, readable)
        except OSError as error:
            raise WorkerLostError(
                f"no process can be started to read it ({error.strerror or error})"
            ) from None
        if self._closed:  # while it was starting
            self.end()
        return process

    def close(self) -> None:
        """End the process, also one that another thread is just starting."""
        self._closed = True
        self.end()

    def end(self) -> None:
        """End the process, if one is running."""
        process, self._process = self._process, None
        if process:
            process.end()


class _Process:
    """A running worker process and its scratch folder, the only one that it may write to.

    Args:
        memory_bytes: the memory limit.
        program: the only other program that it may start, ``None`` for none.
        readable: folders that it may read, besides those that every worker may read.

    Raises:
        OSError: the process cannot be started.
    """

    def __init__(self, memory_bytes: int, program: Path | None, readable: tuple[Path, ...]) -> None:
        self._program = program
        self.readable = tuple(dict.fromkeys(readable))
        self._scratch = Path(tempfile.mkdtemp(prefix="gongwen-")).resolve()
        paths = map(str, (*readable_folders(), *self.readable))
        limits = (str(memory_bytes), str(_MAX_FILE_BYTES))
        arguments = (str(self._scratch), *limits, str(program or ""), *paths)
        try:
            self._process = subprocess.Popen(
                command("ingest.worker", *arguments),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # a hostile file must not write to the terminal
                cwd=self._scratch,
                env=environment() | dict.fromkeys(_TEMPORARY_VARIABLES, str(self._scratch)),
                start_new_session=True,  # so that all that it starts can be killed with it
            )
        except BaseException:
            self._remove_scratch()
            raise

    def suits(self, call: Call[Any], program: Path | None) -> bool:
        """Return whether this process has the program and all folders that a call needs."""
        return program == self._program and set(call.readable) <= set(self.readable)

    def ask(self, call: Call[Any]) -> MessageReader:
        """Send a call and return its answer.

        Raises:
            OSError, EOFError, ValueError: the process has ended.
            MessageError: the answer is too large.
        """
        assert self._process.stdin and self._process.stdout
        message = MessageWriter()
        message.text(call.task)
        message.real(call.seconds)
        message.raw(call.data)
        send(self._process.stdin, message.data())
        return MessageReader(receive(self._process.stdout))

    def end(self) -> None:
        """Kill the process and all that it has started; a second call does nothing."""
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
        self._remove_scratch()

    def _remove_scratch(self) -> None:
        shutil.rmtree(self._scratch, ignore_errors=True)


def _received_error(status: int, answer: MessageReader) -> GongwenError:
    """Return the error that a worker reports.

    Raises:
        MessageError: the report is malformed.
    """
    name, message = answer.text(_MAX_NAME_LENGTH), answer.text(_MAX_MESSAGE_LENGTH)
    answer.end()
    if not name.isidentifier() or "\n" in message:
        raise MessageError("no such error")
    if status == FAILURE:
        return WorkerLostError(f"its reader failed ({name})")
    return _ERRORS.get(name, GongwenError)(message)


# -- reading files from strangers ------------------------------------------------------------------

_MAX_PLAIN_TEXT_BYTES = 256 << 10
"""Maximum size of a plain text that is read in this process: four times the largest report seen.
Only our own code reads it, in linear time; a larger text is read under the limits of a worker."""


def is_short_plain_text(name: str, data: bytes) -> bool:
    """Return whether a file is a short plain text, which is safe to read without a worker."""
    return len(data) <= _MAX_PLAIN_TEXT_BYTES and kind_of(data, name) == "text"


def read_isolated(blob: Blob) -> Iterable[Extract]:
    """Return the texts of a file, read in a worker unless it is a short plain text.

    Raises:
        ReadError: the file cannot be read, takes too long, or needs too much memory.

    Example:
        >>> [extract.text for extract in read_isolated(Blob("a.txt", "一、总体情况".encode()))]
        ['一、总体情况']
    """
    if is_short_plain_text(blob.name, blob.data):
        return read(blob)
    try:
        with Workers(1, blob.limits.memory_bytes) as workers:
            return workers.call(extract_call(blob)).result()
    except WorkerLostError as error:
        raise ReadError(f"{blob.name}: {error}") from None


def file_text(path: Path) -> str:
    """Return the text of a file of any format; texts of several reports in it are joined by lines.

    Raises:
        ReadError: the file is missing, is a folder, or cannot be read.
    """
    for found in find_sources([path]):
        if isinstance(found, ReadError):
            raise found
    if path.is_dir():
        raise ReadError(f"{path}: a folder; give one file")
    data, _ = load(Source(path))
    return bytes_text(data, str(path))


def bytes_text(data: bytes, name: str) -> str:
    """Return the text of a file that was read into memory; ``name`` is used in errors."""
    return "\n".join(extract.text for extract in read_isolated(Blob(name, data)))
