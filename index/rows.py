"""The rows of an index: folded text to scan, and columns to filter and count by.

One row a sentence, in the order of the engine's documents. The files are written once and never
changed; a new generation gets a new folder. Text lies joined in one UTF-8 file that is mapped
into memory: an exact string is found by scanning it, which cannot miss whatever the words are.
"""

from __future__ import annotations

import itertools
import json
import mmap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .engine import Entry
from .query import Text

Mask = NDArray[np.bool_]

_CODED = ("role", "kind", "report")
_BY_REPORT = ("region", "year")
_ARRAYS = ("ids", "starts", "lengths", "topics", "probability", *_CODED)
_DIGIT = frozenset(b"0123456789")
_POINT = frozenset(b".,")
_LETTER = frozenset(b"abcdefghijklmnopqrstuvwxyz")


@dataclass(slots=True)
class RowData:
    """Rows in memory, before they are written.

    ``text`` and every list have one entry a row; a row whose sentence was deleted has id 0.
    """

    ids: list[int]
    text: list[bytes]
    lengths: list[int]
    probability: list[float]
    topics: list[tuple[str, ...]]
    coded: dict[str, list[str]]
    reports: dict[str, tuple[str, str]]
    """Region and year of every report."""

    @classmethod
    def empty(cls) -> RowData:
        """Return no rows."""
        return cls([], [], [], [], [], {name: [] for name in _CODED}, {})

    def add(self, entry: Entry) -> None:
        """Append the row of ``entry``."""
        self.ids.append(entry.id)
        self.text.append(entry.text.replace("\n", " ").encode("utf-8", "replace"))
        self.lengths.append(len(entry.words))
        self.probability.append(entry.probability)
        self.topics.append(entry.topics)
        for name in _CODED:
            self.coded[name].append(getattr(entry, name))
        self.reports[entry.report] = (entry.region, entry.year)

    def select(self, rows: Iterable[int]) -> RowData:
        """Return ``rows`` in the order given; -1 stands for a deleted row."""
        out = RowData.empty()
        for row in rows:
            gone = row < 0
            out.ids.append(0 if gone else self.ids[row])
            out.text.append(b"" if gone else self.text[row])
            out.lengths.append(0 if gone else self.lengths[row])
            out.probability.append(0.0 if gone else self.probability[row])
            out.topics.append(() if gone else self.topics[row])
            for name in _CODED:
                out.coded[name].append("" if gone else self.coded[name][row])
        used = set(out.coded["report"])
        out.reports = {name: value for name, value in self.reports.items() if name in used}
        return out

    def write(self, folder: Path) -> None:
        """Write the rows to a new ``folder``."""
        folder.mkdir(parents=True)
        size = len(self.ids)
        ends = np.cumsum([len(text) + 1 for text in self.text], dtype=np.int64)
        (folder / "text.utf8").write_bytes(b"\n".join(self.text) + b"\n")
        arrays: dict[str, NDArray[Any]] = {
            "ids": np.array(self.ids, np.int64),
            "starts": np.concatenate([[0], ends]).astype(np.int64),
            "lengths": np.array(self.lengths, np.int32),
            "probability": np.array(self.probability, np.float32),
        }
        values: dict[str, Any] = {}
        for name in _CODED:
            names = sorted(set(self.coded[name]))
            codes = {value: code for code, value in enumerate(names)}
            arrays[name] = np.array([codes[value] for value in self.coded[name]], np.int32)
            values[name] = names
        topics = sorted({topic for row in self.topics for topic in row})
        member = np.zeros((size, len(topics)), bool)
        index = {topic: code for code, topic in enumerate(topics)}
        for row, given in enumerate(self.topics):
            for topic in given:
                member[row, index[topic]] = True
        arrays["topics"] = np.packbits(member, axis=1)
        values["topic"] = topics
        for place, name in enumerate(_BY_REPORT):
            values[name] = [
                self.reports.get(report, ("", ""))[place] for report in values["report"]
            ]
        for name, array in arrays.items():
            np.save(folder / f"{name}.npy", array, allow_pickle=False)
        (folder / "values.json").write_text(json.dumps(values, ensure_ascii=False), "utf-8")


class Rows:
    """Rows on disk, opened for reading."""

    def __init__(self, folder: Path) -> None:
        self._values: dict[str, list[str]] = json.loads((folder / "values.json").read_text("utf-8"))
        # All at once: a writer may remove the folder while this reader still uses it.
        self._arrays: dict[str, NDArray[Any]] = {
            name: np.load(folder / f"{name}.npy", allow_pickle=False) for name in _ARRAYS
        }
        self.ids: NDArray[np.int64] = self._arrays["ids"]
        self.lengths: NDArray[np.int32] = self._arrays["lengths"]
        self.probability: NDArray[np.float32] = self._arrays["probability"]
        self._file = (folder / "text.utf8").open("rb")
        # An empty file cannot be mapped; one without rows holds a line feed all the same.
        self._text = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        self.live: Mask = self.ids > 0

    def close(self) -> None:
        """Release the files."""
        self._text.close()
        self._file.close()
        self._arrays.clear()

    def __len__(self) -> int:
        return len(self.ids)

    def load(self) -> RowData:
        """Return everything in memory, to write it anew with changes."""
        starts = self._arrays["starts"].tolist()
        topics = self._values["topic"]
        held: list[list[str]] = [[] for _ in range(len(self))]
        for row, topic in np.argwhere(self._members()).tolist():
            held[row].append(topics[topic])
        return RowData(
            ids=self.ids.tolist(),
            text=[self._text[s : e - 1] for s, e in itertools.pairwise(starts)],
            lengths=self.lengths.tolist(),
            probability=self._arrays["probability"].tolist(),
            topics=[tuple(own) for own in held],
            coded={
                name: [self._values[name][code] for code in self._arrays[name].tolist()]
                for name in _CODED
            },
            reports={
                report: (region, year)
                for report, region, year in zip(
                    self._values["report"],
                    self._values["region"],
                    self._values["year"],
                    strict=True,
                )
            },
        )

    def _members(self) -> Mask:
        width = len(self._values["topic"])
        packed = self._arrays["topics"]
        if not width:
            return np.zeros((len(self), 0), bool)
        return np.unpackbits(packed, axis=1, count=width).astype(bool)

    def occurrences(self, text: Text) -> NDArray[np.int64]:
        """Return the row of every occurrence of ``text``, ascending, with repeats."""
        needle = text.text.encode("utf-8", "replace")
        if not needle:
            return np.zeros(0, np.int64)
        places = self._places(needle)  # twice to six times as fast as a regular expression
        if _has_edges(needle, text):
            places = (at for at in places if stands_whole(self._text, at, text))
        found = np.fromiter(places, np.int64)
        return np.searchsorted(self._arrays["starts"], found, side="right") - 1

    def _places(self, needle: bytes) -> Iterator[int]:
        """Yield every place of ``needle``, also where two overlap (7件7 in 27件7件7)."""
        at = self._text.find(needle)
        while at >= 0:
            yield at
            at = self._text.find(needle, at + 1)

    def filter(self, field: str, values: Sequence[str]) -> Mask:
        """Return which rows have one of ``values`` in ``field``; a region matches in part.

        Of ``probability`` the value is the least that a row must have.
        """
        if field == "probability":
            return np.asarray(self._arrays[field] >= np.float32(min(map(float, values))))
        if field == "topic":
            columns = [i for i, topic in enumerate(self._values["topic"]) if topic in values]
            return np.asarray(self._members()[:, columns].any(axis=1))
        if field in _BY_REPORT:
            matches = _in_region if field == "region" else _in_years
            wanted = [
                i
                for i, have in enumerate(self._values[field])
                if any(matches(have, v) for v in values)
            ]
            return np.isin(self._arrays["report"], wanted)
        wanted = [i for i, have in enumerate(self._values[field]) if have in values]
        return np.isin(self._arrays[field], wanted)

    def counts(self, field: str, mask: Mask) -> dict[str, int]:
        """Return how many rows in ``mask`` have each value of ``field``, most frequent first."""
        if field == "topic":
            pairs = zip(
                self._values["topic"], self._members()[mask].sum(axis=0).tolist(), strict=True
            )
        else:
            column = "report" if field in _BY_REPORT else field
            codes = np.bincount(self._arrays[column][mask], minlength=len(self._values[column]))
            pairs = zip(self._values[field], codes.tolist(), strict=True)
        total: Counter[str] = Counter()
        for value, count in pairs:
            if count and value:
                total[value] += count
        return dict(sorted(total.items(), key=lambda item: (-item[1], item[0])))

    def years(self) -> NDArray[np.int32]:
        """Return the last year that each row's report speaks of, 0 when unknown."""
        last = np.array([int(year[-4:]) if year else 0 for year in self._values["year"]], np.int32)
        return np.asarray(last[self._arrays["report"]])

    def kinds(self, *kinds: str) -> Mask:
        """Return which rows are of one of ``kinds``."""
        return self.filter("kind", kinds)


def _in_region(have: str, wanted: str) -> bool:
    return bool(have and wanted) and (wanted in have or have in wanted)


def _in_years(have: str, wanted: str) -> bool:
    """Say whether the year or span ``have`` meets ``wanted``, ``"2018..2021"`` with open ends."""
    if not have:
        return False
    first, last = int(have[:4]), int(have[-4:])
    low, _, high = wanted.partition("..")
    return first <= int(high or 9999) and last >= int(low or 0)


Buffer = bytes | mmap.mmap


def _has_edges(needle: bytes, text: Text) -> bool:
    """Say whether an occurrence of ``needle`` can begin or end inside a number or Latin word."""
    edges = {needle[0], needle[-1]}
    return bool(edges & (_DIGIT | _POINT)) or (text.whole and bool(edges & _LETTER))


def stands_whole(data: Buffer, at: int, text: Text) -> bool:
    """Say whether ``text`` at byte ``at`` of folded ``data`` cuts no number or whole word."""
    needle = text.text.encode("utf-8", "replace")
    # Five bytes either side are enough to tell a decimal point and a group of thousands.
    around = data[max(0, at - 5) : at + len(needle) + 5]
    start = min(at, 5)
    if _splits(around, start, text.whole):
        return False
    return text.open_end or not _splits(around, start + len(needle), text.whole)


def _splits(data: bytes, at: int, whole: bool) -> bool:
    """Say whether ``at`` lies inside a number (or, for ``whole``, a Latin word) of ``data``."""
    if at == 0 or at >= len(data):
        return False
    before, after = data[at - 1], data[at]
    if before in _DIGIT and after in _DIGIT:
        return True
    if whole and before in _LETTER and after in _LETTER:
        return True
    if before in _DIGIT and after in _POINT:
        return _joins(data, at)
    return before in _POINT and after in _DIGIT and _joins(data, at - 1)


def _joins(data: bytes, point: int) -> bool:
    """Say whether the ``.`` or ``,`` at ``point`` stands inside a number: 90.72, 1,236."""
    if (
        not 0 < point < len(data) - 1
        or data[point - 1] not in _DIGIT
        or data[point + 1] not in _DIGIT
    ):
        return False
    if data[point] == ord("."):
        return True
    group = data[point + 1 : point + 5]
    return (
        all(c in _DIGIT for c in group[:3])
        and len(group) >= 3
        and (len(group) == 3 or group[3] not in _DIGIT)
    )
