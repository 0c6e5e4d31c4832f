"""Checks and copies of a report, which take longer than its text and are asked for after it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..figures.report_check import CheckResult, note_text
from ..library import Library
from ..nlp.errors import LibraryError
from ..nlp.records import Finding
from ..render.check_report import counts_text, kind_name, reason_text, status_name
from ..research.copies import ReportCopies, TakenSentence
from .page_messages import without_commands

_KEPT = 32
"""Reports whose checks and copies are remembered."""
_ASKING = ("FAIL", "UNCERTAIN")
"""Statuses of findings that stand beside the text; those that pass are only counted."""


@dataclass(frozen=True, slots=True)
class FindingView:
    """A finding as it is shown.

    Attributes:
        finding: the finding.
        css: ``fail`` or ``uncertain``.
        name: its status in words.
        kind: what was checked, in words.
        reason: why, in words, ``""`` when the equation says all.
    """

    finding: Finding
    css: str
    name: str
    kind: str
    reason: str

    @classmethod
    def of(cls, finding: Finding) -> FindingView:
        """Return how a finding is shown."""
        status, kind = status_name(finding.status), kind_name(finding.kind)
        return cls(finding, finding.status.lower(), status, kind, reason_text(finding))


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was checked in a report, and what of it stands elsewhere.

    Attributes:
        check: the checks.
        copies: the copies, ``None`` when they could not be looked for.
        problem: why not, in the English of the library's errors.
        taken: sentences that stand elsewhere, by number.
    """

    check: CheckResult
    copies: ReportCopies | None
    problem: str = ""
    taken: Mapping[int, TakenSentence] = field(default_factory=dict)

    def findings(self, n: int = 0) -> list[FindingView]:
        """Return what does not hold or is in doubt, in sentence ``n`` or all."""
        return [
            FindingView.of(one)
            for one in self.check.findings
            if one.status in _ASKING and (not n or one.n == n)
        ]

    def passed(self, n: int) -> list[FindingView]:
        """Return what was checked in a sentence and holds."""
        return [
            FindingView.of(one)
            for one in self.check.findings
            if one.status == "PASS" and one.n == n
        ]

    @property
    def counts(self) -> str:
        """How many findings there are of each status, in words."""
        return counts_text([self.check])

    @property
    def notes(self) -> list[str]:
        """What the report leaves out, and what of its file was not checked, in words."""
        return [
            *map(without_commands, self.check.damage_lines()),
            *map(note_text, self.check.notes),
        ]

    def count(self, status: Any) -> int:
        """Return how many findings have a status."""
        return self.check.count(status)


class EvidenceCache:
    """Remembers checks and copies of the reports that were looked at last.

    They are of the last change of the library, and asked for anew after every change.
    """

    def __init__(self) -> None:
        self._found: OrderedDict[tuple[str, int], Evidence] = OrderedDict()
        self._lock = threading.Lock()

    def known(self, library: Library, report: str) -> Evidence | None:
        """Return the evidence of a report if it is in memory and nothing has changed since."""
        return self._known((report, library.generation))

    def _known(self, key: tuple[str, int]) -> Evidence | None:
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
            return self._found.get(key)

    def of(self, library: Library, report: str) -> Evidence:
        """Return the evidence of a report, from memory when nothing has changed.

        Args:
            library: the library.
            report: id of the report.

        Raises:
            UnknownNameError: there is no such report.
        """
        key = report, library.generation
        if found := self._known(key):
            return found
        made = _evidence(library, report)
        with self._lock:
            self._found[key] = made
            while len(self._found) > _KEPT:
                self._found.popitem(last=False)
        return made


def _evidence(library: Library, report: str) -> Evidence:
    check = library.check(report)
    try:
        copies = library.copies(report)
    except LibraryError as error:  # an index of an older version does not know them
        return Evidence(check, None, str(error))
    assert isinstance(copies, ReportCopies)
    return Evidence(check, copies, "", {one.n: one for one in copies})
