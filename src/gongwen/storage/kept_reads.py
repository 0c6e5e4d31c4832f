"""Keep in memory what was read from the store and checked, for as long as it is known to be true.

What a thread has read is valid while its connection sees the same state of the store, which the
database tells (``Connection.known``). Texts are kept by their checksum, which is read each time the
state has changed, so that they stay valid for longer. The values themselves are kept once for all
threads.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import TypeVar

from ..results import Report

MOST_TEXT = 24_000_000
"""Characters of texts that are kept; those of about a thousand reports, two bytes each."""
MOST_REPORTS = 4_096
"""Reports that are kept for a thread; the rest is read each time."""
_Key = TypeVar("_Key", str, tuple[str, ...])
_Value = TypeVar("_Value", Report, Mapping[str, Mapping[str, str]])


class KeptReads:
    """Values that were read from one store, shared by its threads.

    Args:
        most_text: characters of texts that are kept at the most; 0 for none.

    Example:
        >>> kept = KeptReads(most_text=5)
        >>> kept.keep_text("one", "司法")
        >>> kept.keep_text("two", "行政")
        >>> kept.keep_text("three", "执法")  # the first goes, as there is room for two
        >>> kept.text("one"), kept.text("three")
        (None, '执法')
    """

    def __init__(self, most_text: int = MOST_TEXT) -> None:
        self._most_text = most_text
        self._texts: OrderedDict[str, str] = OrderedDict()
        self._characters = 0
        self._lock = threading.Lock()
        self._reports: dict[str, Report] = {}
        self._fields: dict[tuple[str, ...], Mapping[str, Mapping[str, str]]] = {}

    def text(self, checksum: str) -> str | None:
        """Return the text that has this checksum, ``None`` when it is not kept."""
        with self._lock:
            text = self._texts.get(checksum)
            if text is not None:
                self._texts.move_to_end(checksum)
            return text

    def keep_text(self, checksum: str, text: str) -> None:
        """Keep a text whose checksum was compared; the ones not used for longest make room."""
        if len(text) > self._most_text:
            return
        with self._lock:
            if checksum not in self._texts:
                self._texts[checksum] = text
                self._characters += len(text)
            while self._characters > self._most_text:
                self._characters -= len(self._texts.popitem(last=False)[1])

    def shared_report(self, report: Report) -> Report:
        """Return the equal report that another thread has read, or else this one."""
        if len(self._reports) >= MOST_REPORTS:
            self._reports = {}
        return _shared(self._reports, report.id, report)

    def shared_fields(
        self, names: tuple[str, ...], fields: Mapping[str, Mapping[str, str]]
    ) -> Mapping[str, Mapping[str, str]]:
        """Return the equal fields of all reports that another thread has read, or else these."""
        return _shared(self._fields, names, fields)


def _shared(known: dict[_Key, _Value], key: _Key, value: _Value) -> _Value:
    before = known.get(key)
    if before is not None and before == value:
        return before
    known[key] = value
    return value
