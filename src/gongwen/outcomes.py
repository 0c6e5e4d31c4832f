"""What became of the files that were to be added."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from .nlp.errors import GongwenError, StoppedError

Outcome = Literal["added", "replaced", "unchanged", "copy", "failed"]
_FULL = re.compile("is full|No space left|quota exceeded", re.IGNORECASE)
"""What SQLite and systems say of a full disk."""


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """What became of one file that was to be added.

    Attributes:
        source: the file.
        status: added, replaced, unchanged, a copy of a report that is there, or failed.
        report: id of the report, ``""`` when it failed.
        sentences: units of text of the report.
        message: why it failed, what it is the same as, or what is to be known of it.
    """

    source: str
    status: Outcome
    report: str = ""
    sentences: int = 0
    message: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON object."""
        return {
            "source": self.source,
            "status": self.status,
            "report": self.report,
            "sentences": self.sentences,
            "message": self.message,
        }


def stopped(
    error: Exception, done: int, total: int, what: str, outcomes: Iterable[FileOutcome]
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
