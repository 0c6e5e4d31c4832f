"""The independent model of the history checker: what may a library say, by what was acknowledged?

Knows the texts that the checker writes and the log of what its processes did, and nothing of how
gongwen stores or finds. A report is a register whose value is the version of its text, ``None``
when it is not there; what was said of it is another; the topic of each of its sentences a third.
An acknowledged change has taken effect between its begin and its end; one that was interrupted or
killed has taken effect before that, or never.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from historytexts import (
    COMMON,
    WRITES,
    lines_of,
    said_by,
    said_number,
    slot_id,
    slot_of,
    version_in,
)

Op = dict[str, Any]


BEHIND = "the index is behind the store; run gongwen reindex"
"""What a reader may say after a writer has died."""


class ViolationError(AssertionError):
    """The library said or did what it must not; ``slot`` is the report, if it is one."""

    def __init__(self, message: str, slot: int | None = None) -> None:
        super().__init__(message)
        self.slot = slot


@dataclass
class Write:
    """A change of a register; one that is not ``sure`` may never have taken effect."""

    value: Any
    begin: float
    end: float
    sure: bool = True
    acked: bool = True


@dataclass
class Register:
    """A value that is changed by writes whose order is known where they do not overlap."""

    initial: Any = None
    writes: list[Write] = field(default_factory=list)

    def allowed(self, begin: float, end: float) -> set[Any]:
        """Return the values that a read between ``begin`` and ``end`` may see."""
        floor = max((w.begin for w in self.writes if w.sure and w.end < begin), default=-math.inf)
        values = {w.value for w in self.writes if w.begin < end and w.end >= floor}
        return values | ({self.initial} if floor == -math.inf else set())

    def saw(self, value: Any, end: float) -> None:
        """Note that a read that ended at ``end`` saw ``value``, which only one write makes."""
        found = [write for write in self.writes if write.value == value]
        if len(found) == 1 and value != self.initial:
            found[0].sure, found[0].end = True, min(found[0].end, end)

    def window(self, value: Any) -> tuple[float, float]:
        """Return after when and until when the register may have had ``value``."""
        found = [w for w in self.writes if w.value == value]
        if len(found) + (value == self.initial) != 1:
            return -math.inf, math.inf
        begin, end = (found[0].begin, found[0].end) if found else (-math.inf, -math.inf)
        later = (w.end for w in self.writes if w.sure and w.begin > end)
        return begin, min(later, default=math.inf)


class Model:
    """What a round of operations may have made of a library, from what it was before."""

    def __init__(self, slots: int) -> None:
        self.versions = [Register() for _ in range(slots)]
        self.said = [Register("") for _ in range(slots)]
        self.topics: dict[tuple[int, str], Register] = defaultdict(Register)
        self.notes: dict[str, tuple[int, str, str]] = {}
        """Of every correction that is kept its report, text and topic."""
        self._begun: dict[str, float] = {}
        self._ended: dict[str, float] = {}
        self._writers: list[tuple[float, float]] = []
        self._died: list[float] = []
        self._unseen: list[list[Write]] = [[] for _ in range(slots)]

    # -- what was done ---------------------------------------------------------------------

    def take(self, ops: Sequence[Op], kept: Sequence[Sequence[Any]]) -> None:
        """Note a round.

        Args:
            ops: the operations, each with ``begin``, ``end`` and ``ok``, ``error`` or neither.
            kept: the corrections of the library at its end: note, report, text and topic.
        """
        found = {note: (slot_of(report), text, topic) for note, report, text, topic in kept}
        order = [note for note, *_ in kept]
        if len(found) != len(order):
            raise ViolationError("a correction is kept twice")
        for note, what in self.notes.items():
            if found.get(note) != what:
                raise ViolationError(f"a correction is lost or changed: {note} {what}", what[0])
        for op in ops:
            self._note(op, found)
        for note, what in found.items():
            if note not in self.notes:
                raise ViolationError(f"a correction that nobody made: {note} {what}", what[0])
        self.notes = {note: found[note] for note in order}  # the last of a sentence counts
        place = {note: number for number, note in enumerate(order)}
        for earlier, end in self._ended.items():
            for later, begin in self._begun.items():
                if end < begin and place[earlier] > place[later]:
                    raise ViolationError(f"corrections in another order: {earlier} before {later}")

    def _note(self, op: Op, found: dict[str, tuple[int, str, str]]) -> None:
        do, begin, end = op["do"], op["begin"], op["end"]
        ok, error = op.get("ok"), op.get("error")
        if error and do == "correct" and op["op"] in found:
            raise ViolationError(f"refused, and yet kept: {op}", op["slot"])
        if error or do not in (*WRITES, "retag", "reindex"):
            return
        acked = ok is not None
        if acked:
            self._writers.append((begin, end))
        else:
            self._died.append(end)
        if do == "add":
            for slot, version in op["adds"]:
                write = Write(version, begin, end, acked, acked)
                self.versions[slot].writes.append(write)
                self._unseen[slot].append(replace(write))
        elif do == "remove":
            self.versions[op["slot"]].writes.append(Write(None, begin, end, acked, acked))
            self.said[op["slot"]].writes.append(Write("", begin, end, acked, acked))
        elif do == "describe":
            value = said_by(op["number"])["agency"]
            write = Write(value, begin, end, acked, acked)
            self.said[op["slot"]].writes.append(write)
            self._unseen[op["slot"]].append(replace(write))
        elif do == "correct":
            self._note_correction(op, acked, found)

    def _note_correction(self, op: Op, acked: bool, found: dict[str, tuple[int, str, str]]) -> None:
        note, slot = op["op"], op["slot"]
        if note not in found:
            if acked:
                raise ViolationError(f"an acknowledged correction is lost: {op}", slot)
            return
        at, text, topic = found[note]
        if (at, topic) != (slot, op["topic"]) or (acked and text != op["ok"]["sentence"][1]):
            raise ViolationError(f"a correction became another: {op}, kept as {found[note]}", slot)
        self.notes[note] = found[note]
        self.topics[slot, text].writes.append(Write(topic, op["begin"], op["end"], True, acked))
        self._begun[note], self._ended[note] = op["begin"], op["end"]

    def settle(self, final: Sequence[Op]) -> None:
        """Forget the round: what is kept of it is what the ``final`` reads have seen."""
        last = {(slot, text): topic for slot, text, topic in self.notes.values()}
        self.topics = defaultdict(Register)
        self.topics |= {key: Register(topic) for key, topic in last.items()}
        slots = len(self.versions)
        self.versions = [Register() for _ in range(slots)]
        self.said = [Register("") for _ in range(slots)]
        for op in final:
            for slot, version in self._versions_seen(op).items():
                self.versions[slot].initial = version
            for report, agency, _ in (op.get("ok") or {}).get("reports", ()):
                self.said[slot_of(report)].initial = agency
        self._begun, self._ended, self._writers, self._died = {}, {}, [], []
        self._unseen = [[] for _ in range(slots)]

    # -- what was seen ---------------------------------------------------------------------

    def learn(self, op: Op) -> None:
        """Note which changes an answer proves to have taken effect."""
        for slot, version in self._versions_seen(op).items():
            self.versions[slot].saw(version, op["end"])
        for report, agency, _ in (op.get("ok") or {}).get("reports", ()):
            if agency:
                self.said[slot_of(report)].saw(agency, op["end"])

    def _versions_seen(self, op: Op) -> dict[int, int]:
        texts: dict[int, list[str]] = defaultdict(list)
        for report, _, text, *_ in (op.get("ok") or {}).get("sentences", ()):
            texts[slot_of(report)].append(text)
        seen = {}
        for slot, of in texts.items():
            versions = version_in(of)
            if len(versions) > 1:
                raise ViolationError(f"two versions of a report in one answer: {op}", slot)
            for version in versions:
                seen[slot] = version
        return seen

    def check(self, op: Op) -> None:
        """Check what an operation answered, or with which error it was refused."""
        if error := op.get("error"):
            self._check_error(op, *error)
            return
        ok, do = op.get("ok"), op["do"]
        if ok is None:
            return
        if do == "status":
            if any(one != BEHIND or not self._is_behind(op) for one in ok["problems"]):
                raise ViolationError(f"a false alarm: {ok['problems']} in {op}")
        elif do == "add":
            self._check_added(op, ok["outcomes"])
        elif do == "correct":
            self._check_corrected(op, *ok["sentence"])
        elif do == "describe":
            [[report, agency, year]] = ok["reports"]
            wanted = said_by(op["number"])
            if (report, agency, str(year)) != (
                slot_id(op["slot"]),
                wanted["agency"],
                wanted["year"],
            ):
                raise ViolationError(f"described, and not so: {op}", op["slot"])
        elif do == "remove":
            if ok["removed"] != [slot_id(op["slot"])]:
                raise ViolationError(f"removed something else: {op}", op["slot"])
        else:
            self._check_read(op, ok)

    def _check_error(self, op: Op, kind: str, message: str) -> None:
        if kind == "LibraryInUseError" and op["do"] in (*WRITES, "retag", "reindex"):
            return
        slot = op.get("slot")
        if kind == "UnknownNameError" and slot is not None:
            allowed = self.versions[slot].allowed(op["begin"], op["end"])
            if None in allowed:
                return
            if any(op.get("n", 0) > len(lines_of(slot, version)) for version in allowed):
                return
        raise ViolationError(f"{kind}: {message}, from {op}", slot)

    def _check_added(self, op: Op, outcomes: Sequence[Sequence[Any]]) -> None:
        wanted = sorted((slot_id(slot), len(lines_of(slot, v))) for slot, v in op["adds"])
        if sorted((report, size) for _, report, size in outcomes) != wanted:
            raise ViolationError(f"added something else: {op}", op["adds"][0][0])
        for (slot, version), (status, *_) in zip(sorted(op["adds"]), outcomes, strict=True):
            before = self.versions[slot].allowed(op["begin"], op["end"])
            expected = {"added" if v is None else "replaced" for v in before - {version}}
            if version in before:
                expected |= {"unchanged"}
            if status not in expected:
                raise ViolationError(f"{status}, where it must be {expected}: {op}", slot)

    def _check_corrected(self, op: Op, n: int, text: str, topic: str, also: list[str]) -> None:
        slot = op["slot"]
        allowed = self.versions[slot].allowed(op["begin"], op["end"]) - {None}
        texts = {lines[n - 1] for v in allowed if len(lines := lines_of(slot, v)) >= n}
        if n != op["n"] or text not in texts or topic != op["topic"] or also:
            raise ViolationError(f"corrected, and another is returned: {op}", slot)

    def _check_read(self, op: Op, ok: Op) -> None:
        by_slot: dict[int, list[Sequence[Any]]] = defaultdict(list)
        for report, *sentence in ok.get("sentences", ()):
            by_slot[slot_of(report)].append(sentence)
        for slot in op.get("all", ()):
            self._check_sentences(op, slot, by_slot[slot])
        for slot in by_slot.keys() - set(op.get("all", ())):
            self._check_sentences(op, slot, by_slot[slot], part=True)
        self._check_moment(op)
        if "counts" in ok:
            hits = Counter(report for report, *_ in ok["sentences"])
            if ok["total"] != hits.total() or ok["counts"] != hits:
                raise ViolationError(f"counts and hits differ: {op}", op.get("slot"))
        if "figures" in ok:
            self._check_figures(op, ok["figures"])
        self._check_reports(op, ok)
        if "notes" in ok:
            missing = {n for n, end in self._ended.items() if end < op["begin"]} - set(ok["notes"])
            if missing:
                raise ViolationError(f"an export without corrections {missing}")

    def _check_moment(self, op: Op) -> None:
        """Check that all that was seen stood there together at some moment."""
        windows = {s: self.versions[s].window(v) for s, v in self._versions_seen(op).items()}
        if windows:
            first = max(windows, key=lambda slot: windows[slot][0])
            last = min(windows, key=lambda slot: windows[slot][1])
            if windows[first][0] > windows[last][1]:
                raise ViolationError(
                    f"reports {first} and {last} were never so together: {op}", last
                )

    def _check_reports(self, op: Op, ok: Op) -> None:
        begin, end = op["begin"], op["end"]
        for report, agency, year in ok.get("reports", ()):
            slot = slot_of(report)
            if agency not in self.said[slot].allowed(begin, end):
                raise ViolationError(f"what was said of a report is lost: {agency!r} in {op}", slot)
            number = "" if not agency else 1950 + said_number(agency) % 70
            if str(year) != str(number):
                raise ViolationError(f"half of what was said of a report: {op}", slot)
        if op["do"] in ("reports", "export"):
            there = {slot_of(report) for report, *_ in ok["reports"]}
            for slot, register in enumerate(self.versions):
                allowed = register.allowed(begin, end)
                if (None not in allowed) if slot not in there else allowed == {None}:
                    raise ViolationError(f"a report is there or not, and must not: {op}", slot)

    def _check_sentences(
        self, op: Op, slot: int, seen: list[Sequence[Any]], part: bool = False
    ) -> None:
        begin, end = op["begin"], op["end"]
        allowed = self.versions[slot].allowed(begin, end)
        wanted = op.get("topic")
        if not seen:
            if None in allowed or (op.get("indexed") and self._lags(slot, begin, end)):
                return
            if wanted and not all(self._must_have(op, slot, v, wanted) for v in allowed):
                return
            raise ViolationError(f"a report is missing: {op}", slot)
        versions = version_in(text for _, text, *_ in seen)
        if not versions <= allowed:
            raise ViolationError(f"a version that cannot be there: {op}", slot)
        fitting = [
            version
            for version in versions or allowed - {None}
            for lines in [lines_of(slot, version)]
            if all(n <= len(lines) and lines[n - 1] == text for n, text, *_ in seen)
        ]
        if not fitting:
            raise ViolationError(f"sentences of no version: {op}", slot)
        numbers = [n for n, *_ in seen]
        # Sentences without a mark of their version may be of several.
        if len(set(numbers)) != len(numbers) or not any(
            part or set(numbers) == self._whole(op, slot, version, set(numbers))
            for version in fitting
        ):
            raise ViolationError(f"a report is seen in part: {op}", slot)
        for _, text, topic, also in seen:
            topics = self.topics[slot, text].allowed(begin, end)
            if None not in topics and (topic not in topics or also):
                raise ViolationError(
                    f"topic {topic} {also} of {text}, must be {topics}: {op}", slot
                )
            if wanted and wanted not in (topic, *also):
                raise ViolationError(f"{text} is not of topic {wanted}: {op}", slot)

    def _check_figures(self, op: Op, seen: Sequence[Sequence[Any]]) -> None:
        slot, begin, end = op["slot"], op["begin"], op["end"]
        allowed = self.versions[slot].allowed(begin, end)
        if not seen and (None in allowed or self._lags(slot, begin, end)):
            return
        for version in allowed - {None}:
            lines = enumerate(lines_of(slot, version), 1)
            if sorted(seen) == sorted([t, version * 10 + n] for n, t in lines if COMMON in t):
                return
        raise ViolationError(f"figures of no version: {op}", slot)

    def _whole(self, op: Op, slot: int, version: int, seen: set[int]) -> set[int]:
        """Return the sentences of a version that an answer with those in ``seen`` must have."""
        lines = enumerate(lines_of(slot, version), 1)
        whole = {n for n, line in lines if op.get("holds", "") in line}
        wanted = op.get("topic")
        return whole & (seen | self._must_have(op, slot, version, wanted)) if wanted else whole

    def _must_have(self, op: Op, slot: int, version: int | None, topic: str) -> set[int]:
        """Return the sentences of a version that have ``topic`` for certain."""
        if version is None:
            return set()
        return {
            n
            for n, text in enumerate(lines_of(slot, version), 1)
            if op.get("holds", "") in text
            and (slot, text) in self.topics
            and self.topics[slot, text].allowed(op["begin"], op["end"]) == {topic}
        }

    def _is_behind(self, op: Op) -> bool:
        """Say whether a writer died whose report the index does not know until others write."""
        return any(
            died < op["end"] and not any(b > died and e < op["begin"] for b, e in self._writers)
            for died in self._died
        )

    def _lags(self, slot: int, begin: float, end: float) -> bool:
        """Say whether the index may not know the report yet: its writer is still at it, or died.

        Where it died, until somebody else has written, and the index with it.
        """
        for write in self._unseen[slot]:
            if write.begin < end and (
                write.end >= begin
                or not (write.acked or any(b > write.end and e < begin for b, e in self._writers))
            ):
                return True
        return False
