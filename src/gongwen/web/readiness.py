"""Say whether a server can answer questions: ``/ready``, for proxies and those who start servers.

It is ready when its store answers and its index, which an engine holds, is not behind the store.
Both are asked by a thread of their own, so that neither a long search nor an engine that hangs
keeps ``/ready`` from its answer, and at most once a second however often it is asked for.
"""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..nlp.errors import GongwenError
from .event_log import EventLog

if TYPE_CHECKING:
    from ..library import Library

OK = "ok"
SILENT = "silent"
NOT_ASKED = "unknown"
UNAVAILABLE = "unavailable"
BEHIND = "behind"
_FRESH_SECONDS = 1.0
_PATIENCE_SECONDS = 3.0
_KEPT_SECONDS = 15.0
"""How long an answer stands for one that is late, so that a busy machine does not seem to fail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """What was found when store and engine were asked.

    Attributes:
        store: ``ok``, ``unavailable``, or ``silent`` while it does not answer.
        engine: likewise; ``behind`` when the index lacks changes of the store, and ``unknown``
            when the store does not work.
        generation: number of the store's last change, -1 if it is not known.
        indexed: number of the last change that the index has, -1 if it is not known.
        message: what is wrong, for the operator; may name machines, so it is not for visitors.

    Example:
        >>> Readiness(store="ok", engine="behind", generation=8, indexed=7).ready
        False
    """

    store: str = SILENT
    engine: str = NOT_ASKED
    generation: int = -1
    indexed: int = -1
    message: str = ""

    @property
    def ready(self) -> bool:
        """Whether questions are answered, and from all that is stored."""
        return self.store == OK and self.engine == OK

    def told(self) -> dict[str, object]:
        """Return what everybody may know of it, in JSON."""
        return {"ready": self.ready, "store": self.store, "engine": self.engine}


class Probe:
    """Asks store and engine of a library whether they answer.

    Args:
        library: the library.
        log: told when the answer is another one than before.
        fresh_seconds: how long an answer counts, before they are asked anew.
        patience_seconds: how long they may take; then the last answer stands for a while, and after
            that what is known so far. They are not asked anew before they have answered.
    """

    def __init__(
        self,
        library: Library,
        log: EventLog,
        *,
        fresh_seconds: float = _FRESH_SECONDS,
        patience_seconds: float = _PATIENCE_SECONDS,
    ) -> None:
        self._library = library
        self._log = log
        self._fresh, self._patience = fresh_seconds, patience_seconds
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="gongwen-probe")
        self._lock = threading.Lock()
        self._asked: Future[Readiness] | None = None
        self._answered_at = 0.0
        self._so_far = Readiness()
        self._last = Readiness(store=OK, engine=OK)

    def now(self) -> Readiness:
        """Return how it is; called by a thread that may wait a moment."""
        asked = self._ask()
        try:
            return asked.result(self._patience)
        except TimeoutError:
            return self._known()

    async def soon(self) -> Readiness:
        """Return how it is, while the event loop goes on."""
        asked = asyncio.wrap_future(self._ask())
        done, _late = await asyncio.wait([asked], timeout=self._patience)
        return asked.result() if done else self._known()

    def close(self) -> None:
        """Wait for the question that is being answered."""
        self._pool.shutdown(cancel_futures=True)

    def _known(self) -> Readiness:
        """Return the last answer if it is not old, else what is known of the one that is late."""
        late = time.monotonic() - self._answered_at >= _KEPT_SECONDS
        return self._so_far if late or not self._answered_at else self._last

    def _ask(self) -> Future[Readiness]:
        """Return the question that is being answered, or was a moment ago; else ask anew."""
        with self._lock:
            asked = self._asked
            old = time.monotonic() - self._answered_at >= self._fresh
            if asked is None or (asked.done() and old):
                self._so_far = Readiness()
                self._asked = asked = self._pool.submit(self._check)
            return asked

    def _check(self) -> Readiness:
        """Ask the store and then the engine, and keep what is known in between."""
        try:
            found = self._checked()
        except Exception as error:  # whatever it is, they do not work
            self._log.failed("readiness", error)
            known = self._so_far
            found = replace(known, store=UNAVAILABLE)
            if known.store == OK:
                found = replace(known, engine=UNAVAILABLE)
        self._so_far, last, self._last = found, self._last, found
        if (found.store, found.engine) != (last.store, last.engine):
            level = "info" if found.ready else "warning"
            self._log.event(level, "readiness", **found.told(), message=found.message)
        self._answered_at = time.monotonic()
        return found

    def _checked(self) -> Readiness:
        try:
            generation = self._library.generation
        except (GongwenError, OSError) as error:
            return Readiness(store=UNAVAILABLE, message=str(error))
        known = self._so_far = Readiness(store=OK, engine=SILENT, generation=generation)
        indexed, why = self._library.index_state()
        if indexed < 0:
            return replace(known, engine=UNAVAILABLE, message=why)
        engine = OK if indexed >= generation else BEHIND
        return replace(known, engine=engine, indexed=indexed)
