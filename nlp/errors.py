"""All errors of gongwen, in one tree.

::

    GongwenError             base: catch this to catch everything of ours
    ├── ReadError            a file that is missing, empty, binary or not text
    ├── SeedError            a bad entry in a label, topic, synonym or dictionary file (file:line)
    ├── UnknownNameError     a topic, role or report that does not exist (with the nearest names)
    ├── QueryError           nothing to search for, or a filter value that cannot be read
    ├── ModelError           a model file that is damaged, newer, or not a model
    ├── TrainingError        labels from which no classifier can be trained
    ├── WriteError           a file of output that cannot be written; the old one is as it was
    └── LibraryError         a folder that is not a library, or cannot be written
        ├── NewerLibraryError    written by a newer version of gongwen
        ├── LibraryInUseError    another process is writing to it (says which)
        ├── DamagedError         the library's own file is damaged (says where; gongwen repair)
        ├── StoppedError         an add or import that had to stop; knows what was stored before
        └── IndexLostError       an index that is damaged or another library's; it is rebuilt

Every message is one line that says what is wrong and what to do; the command line prints it
as it stands.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

_LONGEST_QUOTED = 80


def quoted(typed: str) -> str:
    """Return what a user typed as a message shows it: in quotes, on one line, not too long."""
    return repr(typed if len(typed) <= _LONGEST_QUOTED else typed[: _LONGEST_QUOTED - 1] + "…")


class GongwenError(Exception):
    """Base of every error that gongwen raises on purpose."""


class ReadError(GongwenError):
    """A file or folder that cannot be read as a report."""


class SeedError(GongwenError):
    """A bad entry in one of the text files that a user may edit.

    Args:
        path: the file as the user knows it.
        line: 1-based line (of a workbook: row) of the entry, 0 when the whole file is meant.
        problem: what is wrong and what is expected.
    """

    def __init__(self, path: object, line: int, problem: str) -> None:
        self.path, self.line, self.problem = str(path), line, problem
        where = f"{path}:{line}" if line else str(path)
        super().__init__(f"{where}: {problem}")


class UnknownNameError(GongwenError):
    """A name that is not in a closed list.

    Args:
        what: what the name should have been (``topic``, ``role``, ``report``).
        name: the name given.
        nearest: names that exist and look alike, best first.
        otherwise: what to do when none does.
    """

    def __init__(
        self, what: str, name: str, nearest: Iterable[str] = (), otherwise: str = ""
    ) -> None:
        self.what, self.name, self.nearest = what, name, tuple(nearest)
        hint = f"did you mean {' or '.join(self.nearest)}?" if self.nearest else otherwise
        super().__init__(f"unknown {what} {quoted(name)}" + (f"; {hint}" if hint else ""))


class QueryError(GongwenError):
    """A query that asks for nothing, or a filter whose value cannot be read."""


class ModelError(GongwenError):
    """A model file that cannot be used."""


class TrainingError(GongwenError):
    """Labels from which no classifier can be trained."""


class WriteError(GongwenError):
    """A file of output that cannot be written; one that was there before is as it was."""


class LibraryError(GongwenError):
    """A library folder that cannot be opened or written."""


class NewerLibraryError(LibraryError):
    """A library that a newer version of gongwen has written."""


class LibraryInUseError(LibraryError):
    """A library that another process is writing to."""


class DamagedError(LibraryError):
    """A library whose own file does not hold what was written to it.

    Args:
        what: what is damaged, and how.
    """

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what}; gongwen status --deep says what else is damaged, gongwen repair makes a new "
            "library of what is whole"
        )


class StoppedError(LibraryError):
    """An add or import that had to stop before its end; what was stored before stays.

    Args:
        message: why, how far it came, and what to do.
        outcomes: what became of the files or reports before, each a
            :class:`~gongwen.results.FileOutcome`.
    """

    def __init__(self, message: str, outcomes: Iterable[Any] = ()) -> None:
        self.outcomes = tuple(outcomes)
        super().__init__(message)


class IndexLostError(LibraryError):
    """An index that is damaged, or belongs to another library; the store can rebuild it."""
