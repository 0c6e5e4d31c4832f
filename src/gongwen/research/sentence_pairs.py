"""The words of a sentence, and a pair of sentences with the characters in which they differ.

The words of a sentence are the characters, numbers and Latin words that are left when marks, spaces
and the number of a list item at its head are taken away, folded to one width and script, numbers
written out in digits. Sentences with equal words are the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal, NamedTuple

from ..nlp.text.normalize import squeeze, squeeze_offsets
from ..nlp.text.numerals import in_values, in_values_offsets
from ..nlp.text.ordinary import ordinary
from ..nlp.text.paragraphs import heading_mark, item_mark
from ..results import StoredSentence

PairKind = Literal["kept", "changed", "new", "dropped"]
PAIR_KINDS: tuple[PairKind, ...] = ("changed", "new", "dropped", "kept")
"""The kinds of pairs, those that a reader looks for first."""
Moved = Literal["", "section", "order"]


# -- records -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """Characters that stand in one version of a sentence and not in the other.

    Attributes:
        before: what was taken out, ``""`` when something was only put in.
        after: what was put in, ``""`` when something was only taken out.
        before_span: where the first stands in the earlier text, ``(start, end)``.
        after_span: where the other stands in the later text.
        number: whether numbers differ.
    """

    before: str
    after: str
    before_span: tuple[int, int]
    after_span: tuple[int, int]
    number: bool

    def to_dict(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return {
            "before": self.before,
            "after": self.after,
            "before_span": list(self.before_span),
            "after_span": list(self.after_span),
            "number": self.number,
        }


@dataclass(frozen=True, slots=True)
class SentencePair:
    """A sentence of the earlier side and that of the later side that has its place.

    Attributes:
        kind: ``kept``, ``changed``, ``new`` or ``dropped``.
        before: its sentences on the earlier side: none when it is new, several when they were
            merged.
        after: its sentences on the later side: none when it is dropped, several when it was split.
        topic: slug of the topic of the later sentence, of a dropped one its own.
        likeness: share of the words in common, the rarer ones counting more, 0 to 1.
        changes: the characters that differ, those with numbers first; empty unless ``changed``.
        moved: ``section`` when it stands in another section now, ``order`` when it stands in the
            same one and has changed places with its neighbours, else ``""``.
        renumbered: whether only the number of its list item or heading is another.
    """

    kind: PairKind
    before: tuple[StoredSentence, ...]
    after: tuple[StoredSentence, ...]
    topic: str
    likeness: float
    changes: tuple[Change, ...] = ()
    moved: Moved = ""
    renumbered: bool = False

    @property
    def before_text(self) -> str:
        """The earlier text; several sentences one behind the other."""
        return "".join(sentence.text for sentence in self.before)

    @property
    def after_text(self) -> str:
        """The later text; several sentences one behind the other."""
        return "".join(sentence.text for sentence in self.after)

    @property
    def marked(self) -> str:
        """The later text with its changes marked: ``办案[-12-]{+15+}件``."""
        return "".join(
            text if how == "same" else f"[-{text}-]" if how == "out" else f"{{+{text}+}}"
            for how, text in self.parts()
        )

    def parts(self) -> list[tuple[Literal["same", "out", "in"], str]]:
        """Return the later text in parts that stayed, were taken out or put in, in order."""
        if self.kind in ("new", "dropped"):
            return [("in" if self.kind == "new" else "out", self.after_text or self.before_text)]
        parts: list[tuple[Literal["same", "out", "in"], str]] = []
        text, done = self.after_text, 0
        for one in sorted(self.changes, key=lambda one: (one.after_span, one.before_span)):
            start, end = one.after_span
            parts += [("same", text[done:start]), ("out", one.before), ("in", one.after)]
            done = end
        parts.append(("same", text[done:]))
        return [(how, part) for how, part in parts if part]

    def to_dict(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return {
            "kind": self.kind,
            "topic": self.topic,
            "moved": self.moved,
            "renumbered": self.renumbered,
            "split": len(self.after) > 1,
            "merged": len(self.before) > 1,
            "likeness": round(self.likeness, 3),
            "marked": self.marked,
            "before": [_sentence_dict(sentence) for sentence in self.before],
            "after": [_sentence_dict(sentence) for sentence in self.after],
            "changes": [change.to_dict() for change in self.changes],
        }


def _sentence_dict(s: StoredSentence) -> dict[str, Any]:
    return {"report": s.report, "n": s.n, "kind": s.kind, "section": s.section, "text": s.text}


PAIR_COLUMNS = (
    "kind", "topic", "topic_zh", "moved", "renumbered", "likeness", "before", "after", "marked",
    "numbers", "before_section", "after_section", "before_place", "after_place",
)  # fmt: skip
"""Columns of a table of pairs, for programs."""


def pair_row(pair: SentencePair, topics: Mapping[str, str]) -> dict[str, Any]:
    """Return a pair as a row with the columns :data:`PAIR_COLUMNS`.

    Args:
        pair: the pair.
        topics: Chinese names of topics by their slugs.
    """
    sides = {"before": pair.before, "after": pair.after}
    return {
        "kind": pair.kind,
        "topic": pair.topic,
        "topic_zh": topics.get(pair.topic, pair.topic),
        "moved": pair.moved,
        "renumbered": pair.renumbered,
        "likeness": round(pair.likeness, 3),
        "before": pair.before_text,
        "after": pair.after_text,
        "marked": pair.marked,
        "numbers": [f"{one.before}→{one.after}" for one in pair.changes if one.number],
        **{f"{name}_section": side[0].section if side else "" for name, side in sides.items()},
        **{f"{name}_place": places_of(side) for name, side in sides.items()},
    }


def places_of(sentences: Sequence[StoredSentence]) -> str:
    """Return where sentences stand, as ``gongwen show`` takes it: ``wugong-2020:27``."""
    return " ".join(f"{sentence.report}:{sentence.n}" for sentence in sentences)


# -- words -----------------------------------------------------------------------------------------

_DASHES = str.maketrans(dict.fromkeys("—–―─━‐‑‒", "~"))
"""Dashes that are never a minus."""
_WORD = re.compile(
    r"(?:(?<=[^\d年月日号时~-])-)?\d+(?:[.·]\d+)*"  # a number, with a minus behind a character
    r"|(?<=[\d年月日号时])[~-]+(?=\d)"  # from … to …
    r"|[a-zà-ÿα-ωа-я]+|[^\W\d_]|[%‰‱°℃+±×÷=≥≤$¥€£@&#]"
)
_DECIMAL = re.compile(r"\d+[.．]\d+")
_BEGINS_MARK = re.compile(r"[第（(〔【\d一二三四五六七八九十百〇零]")
_NO_WORD = re.compile(r"(?:[^\w%％‰‱°℃+±×÷=≥≤$¥€£@&#]|_)+")
_OTHER_FORM = re.compile(r"(?<=\d)·|~|--")
"""What stands in a text that has a word of :data:`_WORD` in another form than the usual."""
_NUMBER = "0"
"""What masks a number."""
_NUMBERS = re.compile(r"-?\d+(?:\.\d+)*")


class Words(NamedTuple):
    """The words of a sentence and where they stand in it.

    Attributes:
        words: characters, numbers in digits and Latin words, folded.
        spans: the offsets of each in the sentence.
    """

    words: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]


_LONGEST_MARK = 40
"""Characters in which the number of an item is looked for, spaces and unseen ones included."""


def _mark_length(text: str) -> int:
    """Return how many characters the number of a list item or heading takes at the head."""
    indent = len(text) - len(text.lstrip())
    plain = ordinary(text[indent : indent + _LONGEST_MARK])
    head = plain.text[:16]
    mark = heading_mark(head) if _BEGINS_MARK.match(head) else None
    if mark and _DECIMAL.fullmatch(head[: mark.length]) and not head[mark.length :][:1].isspace():
        mark = None  # 3.15 begins a sentence more often than it numbers one
    length = mark.length if mark else len(item_mark(head))
    length = plain.span(0, length)[1] if length else 0
    return indent + length if length and length < len(text) - indent else 0


def _plain(word: str) -> str:
    if len(word) == 1:
        return "-" if word == "~" else word
    return "-" if word[-1] in "~-" else word.replace("·", ".")


def bare_words(text: str) -> tuple[str, ...]:
    """Return the words of a sentence by which sentences are equal.

    Example:
        >>> "".join(bare_words("（一）办理“行政复議”案件十七件。"))
        '办理行政复议案件17件'
    """
    written = in_values(squeeze(text.translate(_DASHES)[_mark_length(text) :]))
    found = _WORD.findall(written)
    return tuple(map(_plain, found) if _OTHER_FORM.search(written) else found)


def words_of(text: str) -> Words:
    """Return the words of a sentence with their offsets."""
    head = _mark_length(text)
    squeezed, offsets = squeeze_offsets(text.translate(_DASHES)[head:])
    written, starts, ends = in_values_offsets(squeezed)
    words, spans = [], []
    for match in _WORD.finditer(written):
        words.append(_plain(match[0]))
        first, last = starts[match.start()], ends[match.end() - 1] - 1
        spans.append((head + offsets[first], head + offsets[last] + 1))
    return Words(tuple(words), tuple(spans))


def number_mark(text: str) -> str:
    """Return the number of a list item or heading at the head of a text, folded; mostly ``""``."""
    return squeeze(text[: _mark_length(text)])


def word_characters(text: str) -> int:
    """Return how many characters of words a text has, without marks and the number of its item."""
    return len(_NO_WORD.sub("", text[_mark_length(text) :]))


def masked_numbers(words: Sequence[str]) -> str:
    """Return words as one text in which every number is the same."""
    return _NUMBERS.sub(_NUMBER, "".join(words))


def is_number(word: str) -> bool:
    """Return whether a word is a number."""
    return word[-1].isdigit()


# -- which characters differ -----------------------------------------------------------------------


class Difference(NamedTuple):
    """Words that stand in one of two sentences and not in the other, as spans of their texts.

    Attributes:
        before: the span in the earlier text, empty when words were only put in.
        after: the span in the later text, empty when words were only taken out.
        number: whether numbers differ.
    """

    before: tuple[int, int]
    after: tuple[int, int]
    number: bool


def differences(before: str, after: str) -> tuple[list[Difference], int]:
    """Return where the words of two texts differ, and how many characters of words they share.

    Numbers are whole: 12 became 15, not 2 became 5. A single character that stands between two
    differences is no agreement, and belongs to them.

    Example:
        >>> differences("办案12件。", "办结案15件。")[0]
        [Difference(before=(1, 1), after=(1, 2), number=False), \
Difference(before=(2, 4), after=(3, 5), number=True)]
    """
    one, other = words_of(before), words_of(after)
    found, edits = [], _edits(one.words, other.words)
    for start, end, first, last in edits:
        number = list(filter(is_number, one.words[start:end])) != list(
            filter(is_number, other.words[first:last])
        )
        spans = _span(one.spans, start, end), _span(other.spans, first, last)
        found.append(Difference(*spans, number))
    changed = {
        i for _s, _e, first, last in _edits(one.words, other.words) for i in range(first, last)
    }
    kept = (span for i, span in enumerate(other.spans) if i not in changed)
    return found, sum(end - start for start, end in kept)


def _span(spans: Sequence[tuple[int, int]], start: int, end: int) -> tuple[int, int]:
    """Return the span of words ``start`` to ``end``; an empty one stands behind the word before."""
    if start < end:
        return spans[start][0], spans[end - 1][1]
    at = spans[start - 1][1] if start else spans[0][0] if spans else 0
    return at, at


def _edits(one: Sequence[str], other: Sequence[str]) -> list[tuple[int, int, int, int]]:
    """Return the words that differ, as ``(start, end, other start, other end)``, in order."""
    masked = [[_NUMBER if is_number(word) else word for word in words] for words in (one, other)]
    blocks = SequenceMatcher(None, masked[0], masked[1], autojunk=False).get_matching_blocks()
    equal: list[tuple[int, int, int]] = []
    for i, j, size in blocks[:-1]:
        # Two numbers at one place are one or two: what stands between them agrees.
        start = 0
        for k in range(size + 1):
            if k == size or one[i + k] != other[j + k]:
                if k > start:
                    equal.append((i + start, j + start, k - start))
                start = k + 1
    edits, i, j = list[tuple[int, int, int, int]](), 0, 0
    for at, to, size in (*equal, (len(one), len(other), 0)):
        if at > i or to > j:
            edits.append((i, at, j, to))
        i, j = at + size, to + size
    joined = list[tuple[int, int, int, int]]()
    for edit in edits:
        if joined and _is_chance(joined[-1], edit, one, other):
            edit = (joined[-1][0], edit[1], joined.pop()[2], edit[3])
        joined.append(edit)
    return joined


def _is_chance(
    left: tuple[int, int, int, int],
    right: tuple[int, int, int, int],
    one: Sequence[str],
    other: Sequence[str],
) -> bool:
    """Return whether two edits are one: one character between them agrees by chance."""
    if right[0] - left[1] != 1 or is_number(one[left[1]]):
        return False
    return all(
        any(not is_number(word) for word in (*one[e[0] : e[1]], *other[e[2] : e[3]]))
        for e in (left, right)
    )
