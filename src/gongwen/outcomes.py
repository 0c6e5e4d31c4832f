"""What became of the files that were to be added."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Outcome = Literal["added", "replaced", "unchanged", "copy", "failed"]


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
