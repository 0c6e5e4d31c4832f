"""Define the exceptions of gongwen, one class hierarchy below :class:`GongwenError`.

::

    GongwenError             base class: catches every error that gongwen raises
    ├── ReadError            a file that is missing, empty, binary or not text
    ├── SeedError            a bad entry in a label, topic, synonym or dictionary file (file:line)
    ├── UnknownNameError     a topic, role or report that does not exist (with the nearest names)
    ├── QueryError           nothing to search for, or a filter value that cannot be read
    ├── ModelError           a model file that is damaged, newer, or not a model
    ├── TrainingError        labels no classifier can be trained from (a ValueError too)
    ├── SampleError          what is no text among the samples of a classifier (a ValueError too)
    ├── ParameterError       a parameter of a classifier out of range (a ValueError too)
    ├── WriteError           an output file that cannot be written; the old one is unchanged
    ├── UnstorableError      a text that the store of the library cannot hold
    └── LibraryError         a folder that is not a library, or cannot be written
        ├── NewerLibraryError    written by a newer version of gongwen
        ├── LibraryInUseError    another process is writing to it (says which)
        ├── ConflictError        a report that cannot come back, as another is in its place
        ├── DamagedError         the library's database is damaged (says where; gongwen repair)
        ├── StoppedError         an add or import that ended early; lists what was stored before
        ├── IndexLostError       an index that is damaged or another library's; it is rebuilt
        ├── EngineUnavailable    an engine that does not answer or is not installed; try again later
        └── StoreUnavailable     a server of the store that does not answer, or refuses us

Every message is one line that says what is wrong and what to do; the command line prints it
unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

_MAX_QUOTED = 80


def quoted(value: str) -> str:
    """Return user input for an error message: quoted, on one line, at most 80 characters.

    Example:
        >>> quoted("甲县")
        "'甲县'"
    """
    return repr(value if len(value) <= _MAX_QUOTED else value[: _MAX_QUOTED - 1] + "…")


class GongwenError(Exception):
    """Base class of every error that gongwen raises deliberately."""


class ReadError(GongwenError):
    """Raised when a file or folder cannot be read."""


class SeedError(GongwenError):
    """Raised for a bad entry in one of the text files that a user may edit.

    Args:
        path: the file, as the message names it.
        line: 1-based line (in a workbook: row) of the entry, 0 for the whole file.
        problem: what is wrong and what is expected.

    Example:
        >>> str(SeedError("topics.toml", 3, "unknown key name"))
        'topics.toml:3: unknown key name'
    """

    def __init__(self, path: object, line: int, problem: str) -> None:
        self.path, self.line, self.problem = str(path), line, problem
        where = f"{path}:{line}" if line else str(path)
        super().__init__(f"{where}: {problem}")


class UnknownNameError(GongwenError):
    """Raised for a topic, role, report or other name that does not exist.

    Args:
        what: the kind of name (``topic``, ``role``, ``report``).
        name: the unknown name.
        nearest: similar names that exist, best first.
        otherwise: advice for the message when there are no similar names.
    """

    def __init__(
        self, what: str, name: str, nearest: Iterable[str] = (), otherwise: str = ""
    ) -> None:
        self.what, self.name, self.nearest = what, name, tuple(nearest)
        hint = f"did you mean {' or '.join(self.nearest)}?" if self.nearest else otherwise
        super().__init__(f"unknown {what} {quoted(name)}" + (f"; {hint}" if hint else ""))

    def with_advice(self, advice: str) -> UnknownNameError:
        """Return this error with ``advice`` at the end of its message."""
        error = UnknownNameError(self.what, self.name, self.nearest)
        error.args = (f"{self}; {advice}",)
        return error


class QueryError(GongwenError):
    """Raised for a query without search terms, or a filter value that cannot be read."""


class ModelError(GongwenError):
    """Raised when a model file is missing, damaged, newer, or not a model."""


class TrainingError(GongwenError, ValueError):
    """Raised when no classifier can be trained from the given labels."""


class SampleError(GongwenError, ValueError):
    """Raised when what is to be classified is not text."""


class ParameterError(GongwenError, ValueError):
    """Raised when a parameter of a classifier is unknown or out of range."""


class WriteError(GongwenError):
    """Raised when an output file cannot be written; an existing file is unchanged."""


class UnstorableError(GongwenError):
    """Raised for a text that the store of a library cannot hold; nothing of it is stored."""


class LibraryError(GongwenError):
    """Raised when a library folder cannot be opened or written."""


class NewerLibraryError(LibraryError):
    """Raised for a library that was written by a newer version of gongwen."""


class LibraryInUseError(LibraryError):
    """Raised when another process is writing to the library."""


class ConflictError(LibraryError):
    """Raised when a report cannot be restored because another one is in its place."""


class DamagedError(LibraryError):
    """Raised when the database of a library does not hold what was written to it.

    Args:
        what: what is damaged, and how.
    """

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what}; gongwen status --deep says what else is damaged, gongwen repair makes a new "
            "library of what is whole"
        )


class StoppedError(LibraryError):
    """Raised when an add or import ends early; what was stored before is kept.

    Args:
        message: why it stopped, what was done before, and what to do.
        outcomes: the results of the files or reports processed before, each a
            :class:`~gongwen.results.FileOutcome`.
    """

    def __init__(self, message: str, outcomes: Iterable[Any] = ()) -> None:
        self.outcomes = tuple(outcomes)
        super().__init__(message)


class IndexLostError(LibraryError):
    """Raised for an index that is damaged or of another library; the store can rebuild it."""


class EngineUnavailable(LibraryError):  # noqa: N818 the protocol of engines names it so
    """Raised when an engine does not answer, or is not installed.

    Nothing is known of its index then, so the index is neither rebuilt nor dropped; the same
    command is given again when the engine is back.
    """


class StoreUnavailable(LibraryError):  # noqa: N818 like that of an engine
    """Raised when the server that holds a library does not answer, or does not let us in.

    What was stored before is there when the server is back; the same command is given again then.
    """


_FULL = re.compile("is full|No space left|quota exceeded", re.IGNORECASE)
"""What SQLite and systems say of a full disk."""


def stopped(
    error: Exception, done: int, total: int, what: str, outcomes: Iterable[Any]
) -> StoppedError:
    """Return the error of an add or import that ends before its end: why, and where.

    Args:
        error: what went wrong.
        done: how many were finished.
        total: of how many.
        what: these are, in the plural.
        outcomes: what became of those.
    """
    why = str(error) if isinstance(error, GongwenError) else f"the library cannot be used ({error})"
    free = "free some space and " if _FULL.search(why) else ""
    where = f"stopped after {done} of {total} {what}, and what is stored stays"
    return StoppedError(f"{why}; {where}; {free}give the same command again to go on", outcomes)
