"""Run long work, such as adding files or training, beside the requests, and tell how far it is."""

from __future__ import annotations

import contextvars
import secrets
import threading
import traceback
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from ..nlp.errors import GongwenError

State = Literal["waiting", "running", "done", "failed"]
Tell = Callable[[str, int, int], None]
"""Told of every step: the task, how many are done, and of how many."""
_KEPT = 100
"""Jobs that are remembered; the oldest finished ones are forgotten."""


@dataclass(slots=True)
class Job:
    """One piece of long work.

    Attributes:
        id: its name in addresses; cannot be guessed.
        kind: what it does (``add``, ``train``, ``retag``, ``check``, ...).
        by: who started it.
        started: when, ISO 8601 in UTC.
        state: waiting for the job before it, running, done, or failed.
        progress: for each task how many are done, and of how many.
        result: what it gave, when it is done.
        error: why it failed, in the English of the library's errors.
        details: what the page that started it wants to remember.
    """

    id: str
    kind: str
    by: str = ""
    started: str = ""
    state: State = "waiting"
    progress: dict[str, tuple[int, int]] = field(default_factory=dict)
    result: Any = None
    error: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def ended(self) -> bool:
        """Whether it is done or failed."""
        return self.state in ("done", "failed")

    def share(self) -> float:
        """Return how much of the task that runs now is done, 0 to 1."""
        if self.state == "done":
            return 1.0
        if not self.progress:
            return 0.0
        done, total = list(self.progress.values())[-1]
        return min(done / total, 1.0) if total else 0.0


class Jobs:
    """The long work of a server: one job after the other, for a library has one writer.

    Example:
        >>> jobs = Jobs()
        >>> job = jobs.start("add", lambda tell: 1 + 1)
        >>> jobs.close(); job.result
        2
    """

    def __init__(self) -> None:
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="gongwen-job")

    def start(self, kind: str, work: Callable[[Tell], Any], *, by: str = "", **details: Any) -> Job:
        """Start a job and return it at once.

        Args:
            kind: what it does.
            work: does it; is given a function that it tells its progress.
            by: who started it.
            details: what the page that starts it wants to remember.
        """
        now = datetime.now(UTC).isoformat(timespec="seconds")
        job = Job(secrets.token_urlsafe(12), kind, by, now, details=details)
        with self._lock:
            self._jobs[job.id] = job
            for old in [one.id for one in self._jobs.values() if one.ended]:
                if len(self._jobs) <= _KEPT:
                    break
                del self._jobs[old]
        self._pool.submit(contextvars.copy_context().run, self._run, job, work)
        return job

    def _run(self, job: Job, work: Callable[[Tell], Any]) -> None:
        job.state = "running"

        def tell(task: str, done: int, total: int) -> None:
            job.progress.pop(task, None)
            job.progress[task] = (done, total)

        try:
            job.result = work(tell)
        except GongwenError as error:
            job.error, job.state = str(error), "failed"
        except Exception as error:
            traceback.print_exc()
            job.error, job.state = f"internal error: {type(error).__name__}", "failed"
        else:
            job.state = "done"

    def get(self, id_: str) -> Job | None:
        """Return the job of this id, ``None`` when it is not known any more."""
        return self._jobs.get(id_)

    def list(self) -> list[Job]:
        """Return the jobs that are remembered, the latest first."""
        with self._lock:
            return list(reversed(self._jobs.values()))

    def close(self) -> None:
        """Wait for the job that runs, and forget those that wait."""
        self._pool.shutdown(cancel_futures=True)
