"""What all pages of a server share: library, threads to ask it in, sessions, jobs, log, audit."""

from __future__ import annotations

import asyncio
import contextvars
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Any, ParamSpec, TypeVar

from starlette.requests import HTTPConnection

from ..library import Library
from ..nlp.atomic_write import append_line
from ..nlp.errors import GongwenError
from ..nlp.validation import json_visible
from .accounts import Accounts, Session
from .event_log import EventLog, JsonLog, TextLog
from .jobs import Jobs
from .readiness import Probe
from .settings import ServeSettings

AUDIT_FILE = "audit.jsonl"
"""File in the folder of the library that has a line for every change made through the page."""
_P = ParamSpec("_P")
_T = TypeVar("_T")
_LONG_THREADS = 2
"""Threads for questions that take long (figures, copies, checks), so that searches never wait."""


class BusyError(GongwenError):
    """Raised when too many requests wait for an answer already."""


class Threads:
    """Threads that answer questions of one kind.

    Args:
        count: how many.
        name: their name, for those who look at the process.

    Attributes:
        asked: questions that are answered or wait for it.
        running: questions that are answered now.
    """

    def __init__(self, count: int, name: str) -> None:
        self._pool = ThreadPoolExecutor(count, thread_name_prefix=name)
        self._lock = threading.Lock()
        self.asked = self.running = 0

    @property
    def waiting(self) -> int:
        """Questions that wait for a thread."""
        return max(self.asked - self.running, 0)

    async def ask(self, question: Callable[[], _T]) -> _T:
        """Ask in one of the threads, in the language of the request."""
        self.asked += 1  # only the thread of the event loop changes it
        try:
            loop = asyncio.get_running_loop()
            run = contextvars.copy_context().run
            return await loop.run_in_executor(self._pool, run, self._counted, question)
        finally:
            self.asked -= 1

    def _counted(self, question: Callable[[], _T]) -> _T:
        with self._lock:
            self.running += 1
        try:
            return question()
        finally:
            with self._lock:
                self.running -= 1

    def close(self) -> None:
        """Wait for what runs."""
        self._pool.shutdown()


class Site:
    """What all pages of a server share.

    Args:
        settings: how it is served.

    Attributes:
        settings: as given.
        library: the library; threads may share it.
        accounts: who may do what.
        jobs: long work.
        log: takes what happens.
        probe: says whether the library can be asked.
        searching: threads for what is answered quickly.
        working: threads for what may take seconds, so that searches never wait for it.
        answering: requests that are being answered, also those that no thread is asked for.

    Raises:
        LibraryError: the library cannot be opened.
        ReadError, SeedError: the users file cannot be used.
    """

    def __init__(self, settings: ServeSettings) -> None:
        self.settings = settings
        self.accounts = Accounts(settings)
        self.library = Library(
            settings.folder,
            create=not settings.read_only,
            read_only=settings.read_only,
            store=settings.store,
            engine=settings.engine,
        )
        self.log: EventLog = JsonLog() if settings.log == "json" else TextLog()
        self.jobs = Jobs(self.log)
        self.probe = Probe(self.library, self.log)
        self.searching = Threads(settings.searches, "gongwen-search")
        self.working = Threads(_LONG_THREADS, "gongwen-work")
        self.answering = 0
        self._audit_lock = threading.Lock()

    @property
    def may_change(self) -> bool:
        """Whether anything can be changed at all."""
        return not (self.settings.read_only or self.library.read_only)

    async def search(self, ask: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Ask something quick in a thread for searches, in the language of the request.

        Raises:
            BusyError: too many wait.
        """
        return await self._run(self.searching, partial(ask, *args, **kwargs))

    async def work(self, ask: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Ask something that may take seconds, or change something, in a thread of its own kind.

        Raises:
            BusyError: too many wait.
        """
        return await self._run(self.working, partial(ask, *args, **kwargs))

    async def _run(self, threads: Threads, question: Callable[[], _T]) -> _T:
        if self.searching.asked + self.working.asked >= self.settings.waiting:
            raise BusyError("too many requests at the same time; try again in a second")
        return await threads.ask(question)

    def audit(self, connection: HTTPConnection, status: int, **what: Any) -> None:
        """Write a line on a change: when, who, from where, what, and what came of it.

        Args:
            connection: the request.
            status: status of the answer.
            what: what was changed; long values are cut.
        """
        session: Session = connection.state.session
        line = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "by": session.name,
            "client": connection.client.host if connection.client else "",
            "method": connection.scope.get("method", ""),
            "path": connection.url.path,
            "status": status,
            **{name: _short(value) for name, value in what.items()},
        }
        with self._audit_lock:
            append_line(
                self.settings.folder / AUDIT_FILE,
                json_visible(json.dumps(line, ensure_ascii=False)),
            )

    def close(self) -> None:
        """Wait for what runs, and release the library."""
        self.jobs.close()
        self.searching.close()
        self.working.close()
        self.probe.close()
        self.library.close()


_LONGEST, _MOST_VALUES, _LONGEST_LINE = 300, 100, 20_000
"""Characters of a text, values of a list, and characters of all that a line of the audit keeps."""


def _short(value: Any) -> Any:
    cut = _cut(value)
    text = json.dumps(cut, ensure_ascii=False, default=str)
    return cut if len(text) <= _LONGEST_LINE else text[:_LONGEST_LINE] + "…"


def _cut(value: Any) -> Any:
    """Return a value with long texts cut, and of long lists the beginning and how long they are."""
    if isinstance(value, str):
        return value if len(value) <= _LONGEST else value[:_LONGEST] + "…"
    if isinstance(value, dict):
        return {_cut(str(name)): _cut(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        more = [f"… {len(value)}"] if len(value) > _MOST_VALUES else []
        return [*map(_cut, value[:_MOST_VALUES]), *more]
    return value


def site_of(connection: HTTPConnection) -> Site:
    """Return the site that a request is made to."""
    site: Site = connection.app.state.site
    return site
