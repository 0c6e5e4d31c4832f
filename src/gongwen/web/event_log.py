"""Write what a server does as lines of JSON, one event a line, for programs that collect logs.

A line has ``time`` (UTC), ``level`` and ``event``. What people asked or wrote never stands in one:
no query strings, bodies, tokens or texts, and of an error only its type and where it was raised.
"""

from __future__ import annotations

import contextlib
import errno
import json
import logging
import sys
import threading
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Protocol, TextIO

LEVELS = ("info", "warning", "error")
"""Levels of an event."""
_ALREADY_SAID = "Exception in ASGI application"
"""What uvicorn says of an error that :mod:`.observed` has told the log of before."""


class EventLog(Protocol):
    """Takes what happens in a server."""

    def event(self, level: str, name: str, /, **fields: Any) -> None:
        """Take an event.

        Args:
            level: one of :data:`LEVELS`.
            name: what happened, in one word.
            fields: what belongs to it, in JSON.
        """

    def failed(self, name: str, error: BaseException, /, **fields: Any) -> None:
        """Take an error of ours, whose place in the code the operator wants to know.

        Args:
            name: what failed, in one word.
            error: the error.
            fields: what belongs to it, in JSON.
        """


class TextLog:
    """The log of a server that a person started: errors with their traceback, and nothing else."""

    def event(self, level: str, name: str, /, **fields: Any) -> None:
        """Write nothing."""

    def failed(self, name: str, error: BaseException, /, **fields: Any) -> None:
        """Write the traceback to standard error."""
        traceback.print_exception(error)


class JsonLog:
    """The log of a server that programs watch: one JSON object a line.

    Args:
        stream: where the lines go, ``None`` for standard error.

    Example: ``JsonLog().event("info", "stopped")`` writes
    ``{"time": "2024-05-06T07:08:09.123Z", "level": "info", "event": "stopped"}``.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def event(self, level: str, name: str, /, **fields: Any) -> None:
        """Write a line; a log that cannot be written keeps no request from its answer."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00")
        line = json.dumps({"time": f"{now}Z", "level": level, "event": name} | fields, default=str)
        stream = self._stream or sys.stderr
        with self._lock, contextlib.suppress(OSError, ValueError):
            stream.write(line + "\n")
            stream.flush()

    def failed(self, name: str, error: BaseException, /, **fields: Any) -> None:
        """Write a line with the type of the error and where it was raised."""
        self.event("error", name, **fields, **described(error))


def described(error: BaseException) -> dict[str, str]:
    r"""Return the type of an error, and the calls that led to it.

    Its message is left out, as it may quote what somebody asked or wrote; an error of the operating
    system has its number instead.

    Example:
        >>> described(FileNotFoundError(2, "No such file or directory", "secret"))
        {'exception': 'FileNotFoundError', 'traceback': 'FileNotFoundError: ENOENT\n'}
    """
    parts: list[str] = []
    one: BaseException | None = error
    seen: set[int] = set()
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        parts.insert(0, "".join([*traceback.format_tb(one.__traceback__), _type_of(one), "\n"]))
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    return {"exception": type(error).__qualname__, "traceback": "\n".join(parts)}


def _type_of(error: BaseException) -> str:
    name = type(error).__qualname__
    number = error.errno if isinstance(error, OSError) else None
    return f"{name}: {errno.errorcode.get(number, number)}" if number else name


class _Records(logging.Handler):
    """Hands what other packages log to an :class:`EventLog`."""

    def __init__(self, log: EventLog) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line with the name of the logger and its message."""
        message = record.getMessage()
        if record.name == "uvicorn.error" and message.startswith(_ALREADY_SAID):
            return
        level = "error" if record.levelno >= logging.ERROR else "warning"
        error = record.exc_info[1] if record.exc_info else None
        fields = described(error) if error else {}
        self._log.event(level, "log", logger=record.name, message=message, **fields)


@contextlib.contextmanager
def other_packages_logged(log: EventLog) -> Iterator[None]:
    """Let what other packages log go to an event log as long as the block runs.

    Args:
        log: takes their warnings and errors as events ``log``.
    """
    handler, root = _Records(log), logging.getLogger()
    root.addHandler(handler)
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        root.removeHandler(handler)
