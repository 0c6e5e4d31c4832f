"""The lines of an exported library, checked: what another program wrote is not taken on trust."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .moved import Moved, MovedReport
from .movedfields import FORMAT, correction_of, library_of, model_of, report_of, sentence_of
from .nlp.errors import GongwenError, ReadError
from .nlp.validation import shown

__all__ = ["FORMAT", "read_moved"]

_TYPES = ("report", "sentence", "correction", "model")
_LONGEST_LINE = 256 << 20
"""Characters; the longest line is a model."""


def read_moved(path: Path) -> Iterator[Moved]:
    """Yield what an export holds, cleaned and checked; a report comes when all of it was read.

    Corrections that come by themselves are of reports that were removed.

    Raises:
        ReadError: the file is missing, no export of a library, or holds a value that ``add`` and
            ``describe`` would not have kept; names the line.
    """
    lines = _Lines()
    number = 0
    for number, entry in _entries(path):
        try:
            yield from lines.take(number, entry)
        except KeyError as error:
            raise ReadError(f"{path}:{number}: {error.args[0]!r} is missing") from None
        except (ValueError, GongwenError) as error:
            raise ReadError(f"{path}:{number}: {error}") from None
    if not number:
        raise ReadError(f"{path}: the file is empty")
    try:
        yield from lines.finish()
    except ValueError as error:
        raise ReadError(f"{path}:{number}: {error}") from None


class _Lines:
    """What was read of an export so far."""

    def __init__(self) -> None:
        self._started = False
        self._report: MovedReport | None = None
        self._ids: dict[str, int] = {}
        self._sources: dict[str, int] = {}

    def take(self, number: int, entry: dict[str, Any]) -> Iterator[Moved]:
        """Take a line, and yield what is whole with it."""
        report, kind = self._report, entry["type"]
        if self._started and kind not in _TYPES:
            raise ValueError(f"unknown type {shown(kind)}")
        if not self._started:
            if kind != "library":
                raise ValueError("no export of a library; give what gongwen export wrote")
            self._started = True
            yield library_of(entry)
        elif kind == "sentence":
            if report is None or entry["report"] != report.id:
                raise ValueError("a sentence without its report in front of it")
            report.add(*sentence_of(entry, report))
        elif kind == "correction" and report and entry["report"] == report.id:
            report.corrections.append(correction_of(entry))
        else:
            yield from self.finish()
            if kind == "report":
                self._report = self._new(report_of(entry), number)
            elif kind == "model":
                yield model_of(entry, number)
            else:
                yield correction_of(entry)

    def finish(self) -> Iterator[MovedReport]:
        """Yield the report whose lines came last, if it was not yet."""
        if report := self._report:
            self._report = None
            yield report.whole()

    def _new(self, report: MovedReport, number: int) -> MovedReport:
        for what, name, seen in (
            ("report", report.id, self._ids),
            ("source", report.source, self._sources),
        ):
            before = seen.setdefault(name, number)
            if before != number:
                raise ValueError(f"{what} {shown(name)} stands at line {before} already")
        return report


def _entries(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    number = 0
    try:
        with path.open(encoding="utf-8-sig", newline="\n") as file:
            while line := file.readline(_LONGEST_LINE):
                number += 1
                try:
                    entry = json.loads(line)
                except (ValueError, RecursionError):
                    raise ReadError(
                        f"{path}:{number}: not a line of JSON; gongwen import takes what "
                        "gongwen export --format jsonl writes"
                    ) from None
                if not isinstance(entry, dict):
                    raise ReadError(f"{path}:{number}: not a JSON object")
                yield number, entry
    except OSError as error:
        raise ReadError(f"{path}: cannot be read ({error.strerror or error})") from None
    except UnicodeDecodeError:
        raise ReadError(f"{path}:{number + 1}: not UTF-8") from None
