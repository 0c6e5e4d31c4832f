"""Run long work, such as adding files or training, beside the requests, and tell how far it is."""

from __future__ import annotations

import contextvars
import secrets
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

from ..nlp.errors import GongwenError
from .event_log import EventLog

State = Literal["waiting", "running", "done", "failed"]
Tell = Callable[[str, int, int], None]
"""Told of every step: the task, how many are done, and of how many."""
_KEPT = 100
"""Jobs that are remembered; the oldest finished ones are forgotten."""
PRIVATE = ("check",)
"""Kinds of jobs that are not listed: their files are no business of others."""
_BESIDE_THREADS = 2
"""Threads for jobs that change nothing, which need not wait for those that do."""


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
        answer: makes of its result what programs are told, in JSON; the result itself if ``None``.
        forgotten: called once when the job is forgotten, as to remove its files.
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
    answer: Callable[[Any], Any] | None = None
    forgotten: Callable[[], None] | None = None

    @property
    def ended(self) -> bool:
        """Whether it is done or failed."""
        return self.state in ("done", "failed")

    def now(self) -> Job:
        """Return the job as it is at this moment, which does not go on while a page is made."""
        return replace(self, progress=dict(self.progress))

    def told(self) -> Any:
        """Return what programs are told of its result: JSON, ``None`` until it is done."""
        if self.state != "done":
            return None
        return self.result if self.answer is None else self.answer(self.result)

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

    Jobs that change nothing run beside them.

    Args:
        log: told of jobs that begin and end.

    Attributes:
        ended: how many jobs of a kind are done or have failed, by kind and state.

    Example:
        >>> from gongwen.web.event_log import TextLog
        >>> jobs = Jobs(TextLog())
        >>> job = jobs.start("add", lambda tell: 1 + 1)
        >>> jobs.close(); job.result
        2
    """

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self.ended: Counter[tuple[str, State]] = Counter()
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="gongwen-job")
        self._beside = ThreadPoolExecutor(_BESIDE_THREADS, thread_name_prefix="gongwen-beside")

    def start(
        self,
        kind: str,
        work: Callable[[Tell], Any],
        *,
        by: str = "",
        beside: bool = False,
        kept: int = _KEPT,
        answer: Callable[[Any], Any] | None = None,
        forgotten: Callable[[], None] | None = None,
        **details: Any,
    ) -> Job:
        """Start a job and return it at once.

        Args:
            kind: what it does.
            work: does it; is given a function that it tells its progress.
            by: who started it.
            beside: it changes nothing, and so does not wait for the jobs before it.
            kept: jobs of this kind that are remembered; the oldest finished ones are forgotten.
            answer: makes of its result what programs are told; needed if that is no JSON.
            forgotten: called once when the job is forgotten, or the server ends.
            details: what the page that starts it wants to remember.
        """
        now = datetime.now(UTC).isoformat(timespec="seconds")
        job = Job(
            secrets.token_urlsafe(12), kind, by, now,
            details=details, answer=answer, forgotten=forgotten,
        )  # fmt: skip
        with self._lock:
            self._jobs[job.id] = job
            known = list(self._jobs.values())
        alike = [one for one in known if one.kind == kind]
        old = [one for one in alike if one.ended][: max(len(alike) - kept, 0)]
        old += [one for one in known if one.ended][: max(len(known) - _KEPT, 0)]
        for one in old:
            self.forget(one.id)
        pool = self._beside if beside else self._pool
        pool.submit(contextvars.copy_context().run, self._run, job, work)
        return job

    def forget(self, id_: str) -> None:
        """Forget a job that has ended, and what it has kept."""
        with self._lock:
            job = self._jobs.pop(id_, None)
        if job is not None and job.forgotten is not None:
            job.forgotten()

    def _run(self, job: Job, work: Callable[[Tell], Any]) -> None:
        job.state = "running"
        self._log.event("info", "job", kind=job.kind, state=job.state)

        def tell(task: str, done: int, total: int) -> None:
            job.progress.pop(task, None)
            job.progress[task] = (done, total)

        try:
            job.result = work(tell)
        except GongwenError as error:
            job.error, job.state = str(error), "failed"
        except Exception as error:
            self._log.failed("job", error, kind=job.kind)
            job.error, job.state = f"internal error: {type(error).__name__}", "failed"
        else:
            job.state = "done"
        with self._lock:
            self.ended[job.kind, job.state] += 1
        level = "info" if job.state == "done" else "warning"
        self._log.event(level, "job", kind=job.kind, state=job.state)

    def get(self, id_: str) -> Job | None:
        """Return the job of this id, ``None`` when it is not known any more."""
        return self._jobs.get(id_)

    def list(self) -> list[Job]:
        """Return the jobs that are remembered, the latest first."""
        with self._lock:
            return list(reversed(self._jobs.values()))

    def close(self) -> None:
        """Wait for the jobs that run, and forget all."""
        self._pool.shutdown(cancel_futures=True)
        self._beside.shutdown(cancel_futures=True)
        for job in self.list():
            self.forget(job.id)
