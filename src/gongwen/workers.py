"""Processes that work for this one: what they do is bounded in time and memory, and they may die.

They are started by a command of their own, not by :mod:`multiprocessing`, which would run the
caller's script once more in every one of them. Calls and answers are pickles over pipes between
processes of ours.
"""

from __future__ import annotations

import pickle
import struct
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import SimpleQueue
from threading import Event, Timer
from typing import Any, Self, TypeVar

from .nlp.errors import GongwenError

T = TypeVar("T")
_AHEAD = 2
"""Calls in work or waiting for each process; more would only take memory."""
_SIZE = struct.Struct("<Q")


class WorkerLostError(GongwenError):
    """A process that took too long, needed too much memory, or crashed."""


class Workers:
    """A number of processes; they start when they are first needed.

    Args:
        count: how many.
        memory_bytes: memory that each may use, where the system can say so.
    """

    def __init__(self, count: int, memory_bytes: int = 2 << 30) -> None:
        self._count = count
        self._memory = memory_bytes
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

    def call(self, function: Callable[..., T], *arguments: Any, seconds: float) -> Future[T]:
        """Let a process call ``function``, which it finds by its module and name.

        What the function raises, the future raises; :class:`WorkerLostError` when it takes longer
        than ``seconds`` or its process dies. The next call gets a new process.
        """
        return self._threads.submit(self._run, function, arguments, seconds)

    def _run(self, function: Callable[..., T], arguments: tuple[Any, ...], seconds: float) -> T:
        worker = self._free.get()
        try:
            result: T = worker.run(function, arguments, seconds)
            return result
        finally:
            self._free.put(worker)

    def map(
        self, function: Callable[..., T], calls: Iterable[tuple[Any, ...]], *, seconds: float
    ) -> Iterator[Future[T]]:
        """Yield the futures of ``function(*call)`` in order, few of them ahead of the caller."""
        pending: deque[Future[T]] = deque()
        for arguments in calls:
            pending.append(self.call(function, *arguments, seconds=seconds))
            if len(pending) >= self._count * _AHEAD:
                yield pending.popleft()
        yield from pending


class _Worker:
    """One process, started anew when it was lost."""

    def __init__(self, memory_bytes: int) -> None:
        self._memory = memory_bytes
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    def run(self, function: Callable[..., T], arguments: tuple[Any, ...], seconds: float) -> T:
        process = self._process or self._start()
        assert process.stdin and process.stdout
        timed_out = Event()

        def give_up() -> None:
            timed_out.set()
            self.end()

        late = Timer(seconds, give_up)
        late.daemon = True
        late.start()
        try:
            send(process.stdin, (function, arguments))
            answer, raised = receive(process.stdout)
        except (OSError, EOFError, ValueError, pickle.UnpicklingError):
            self.end()
            if timed_out.is_set():
                raise WorkerLostError(f"took longer than {seconds:g} seconds") from None
            raise WorkerLostError("needed too much memory, or crashed") from None
        finally:
            late.cancel()
        if raised:
            raise answer
        result: T = answer
        return result

    def _start(self) -> subprocess.Popen[bytes]:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "gongwen.worker", str(self._memory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        process = self._process
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
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    with suppress(OSError):
                        pipe.close()


def send(pipe: Any, value: Any) -> None:
    """Write ``value`` to ``pipe``."""
    data = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    pipe.write(_SIZE.pack(len(data)))
    pipe.write(data)
    pipe.flush()


def receive(pipe: Any) -> Any:
    """Read the next value from ``pipe``.

    Raises:
        EOFError: there is none any more.
    """
    header = pipe.read(_SIZE.size)
    if len(header) < _SIZE.size:
        raise EOFError
    (size,) = _SIZE.unpack(header)
    data = pipe.read(size)
    if len(data) < size:
        raise EOFError
    return pickle.loads(data)
