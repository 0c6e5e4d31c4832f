"""Find every occurrence of strings in one sentence, for highlights and for counts within a row.

The rule is that of :mod:`~gongwen.index.scan`, which searches the joined text of all rows with
NumPy. A sentence is so short that the methods of ``str`` are several times as fast. What depends on
the string alone is computed once (:class:`SpanFinder`), what depends on the sentence alone too
(:class:`Sentence`), because a search looks for several strings in each of its hits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ..nlp.text.marks import CLAUSE_ENDS, without_marks, without_marks_offsets
from ..nlp.text.numerals import find_values, in_values, in_values_offsets
from .query import Text
from .scan import Divider, divider_of, forms, ignores_marks

Span = tuple[int, int]
"""Start and end of a match, as offsets of characters."""

_DIGITS = frozenset("0123456789")
_SEPARATORS = frozenset(".,")
_LATIN_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")


class Sentence:
    """A sentence in the forms in which strings are looked for, each made when first needed.

    Args:
        text: the sentence, folded and squeezed.

    Attributes:
        text: the same.
    """

    __slots__ = ("_bare", "_bare_values", "_inside", "_values", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._bare: tuple[str, Sequence[int]] | None = None
        self._values: tuple[str, Sequence[int], Sequence[int]] | None = None
        self._bare_values: tuple[str, Sequence[int]] | None = None
        self._inside: frozenset[int] | None = None

    def stripped(self, of_marks: bool) -> tuple[str, Sequence[int]]:
        """Return the text, without its marks if asked for, and the offset of each character."""
        if not of_marks:
            return self.text, range(len(self.text))
        if self._bare is None:
            self._bare = without_marks_offsets(self.text)
        return self._bare

    def in_values(self) -> tuple[str, Sequence[int], Sequence[int]]:
        """Return the text with numbers written out, and where the source of each character is."""
        if self._values is None:
            self._values = in_values_offsets(self.text)
        return self._values

    def stripped_values(self, of_marks: bool) -> tuple[str, Sequence[int]]:
        """Return as :meth:`stripped` the text with numbers written out."""
        values = self.in_values()[0]
        if not of_marks:
            return values, range(len(values))
        if self._bare_values is None:
            self._bare_values = without_marks_offsets(values)
        return self._bare_values

    def inside_numerals(self) -> frozenset[int]:
        """Return the offsets at which a number would be split."""
        if self._inside is None:
            self._inside = frozenset(
                i for number in find_values(self.text) for i in range(number.start + 1, number.end)
            )
        return self._inside


class SpanFinder:
    """Finds a string in sentences.

    Args:
        needle: the string to look for.

    Example:
        >>> SpanFinder(Text("放管服改革17件")).spans(Sentence('深化"放管服"改革十七件'))
        [(3, 12)]
    """

    __slots__ = ("_forms",)

    def __init__(self, needle: Text) -> None:
        self._forms = [_Form.of(form) for form in forms(needle)]

    def spans(self, sentence: Sentence) -> list[Span]:
        """Return the offsets of every match, ascending, as :func:`find_spans` does."""
        found: set[Span] = set()
        for form in self._forms:
            if form.literal.text in sentence.stripped(form.bare)[0]:
                found.update(form.literal_spans(sentence))
            if form.values is not None:
                found.update(form.value_spans(sentence))
        return sorted(found) if found else []


def find_spans(text: str, needle: Text) -> list[Span]:
    """Return the ``(start, end)`` offsets of every match of ``needle`` in one sentence, ascending.

    Marks inside the match do not count, neither those of the sentence nor those of the needle,
    unless ``needle.verbatim`` is set; but some divide words, for which ``needle.whole`` is set, as
    :func:`~gongwen.index.scan.divider_of` says. Numbers match however they are written (17件
    matches 十七件, 1.2亿元 matches 12000万元). A number at the start or end of ``needle`` does not
    match a part of a longer number in digits (7件 is not found in 237件), nor in characters or with
    万 and 亿 when ``needle.whole`` is set (七件 is not found in 十七件).

    Args:
        text: the sentence, folded and squeezed.
        needle: the string to look for.

    Example:
        >>> find_spans('深化"放管服"改革十七件', Text("放管服改革17件"))
        [(3, 12)]
    """
    return SpanFinder(needle).spans(Sentence(text))


def contains(text: str, needle: Text) -> bool:
    """Return whether ``needle`` matches anywhere in folded and squeezed ``text``."""
    return bool(find_spans(text, needle))


@dataclass(frozen=True, slots=True)
class _Form:
    """One way of writing a string, and what is known of it before any sentence is looked at.

    Attributes:
        front: marks in front of the rest of the string as it was typed.
        back: marks behind it.
        bare: whether marks do not count.
        divider: which marks may not stand inside a match.
        literal: the string as it is looked for.
        values: the same with its numbers written out; ``None`` when it has no number.
        numeral_first: whether it begins with a number that may not be cut.
        numeral_last: whether it ends with one.
    """

    front: str
    back: str
    bare: bool
    divider: Divider
    literal: _Literal
    values: _Literal | None
    numeral_first: bool
    numeral_last: bool

    @classmethod
    def of(cls, form: Text) -> _Form:
        typed, plain, bare = form.text, without_marks(form.text), ignores_marks(form)
        has_edges = plain and len(plain) < len(typed)
        numerals = find_values(form.text)
        has_number = bool(numerals) or any(char.isdigit() for char in form.text)
        whole = numerals if form.whole else []

        def literal(text: str) -> _Literal:
            return _Literal.of(without_marks(text) if bare else text, form)

        return cls(
            typed[: typed.find(plain[0])] if has_edges else "",
            typed[typed.rfind(plain[-1]) + 1 :] if has_edges else "",
            bare,
            divider_of(form),
            literal(form.text),
            literal(in_values(form.text)) if has_number else None,
            bool(whole) and whole[0].start == 0,
            bool(whole) and whole[-1].end == len(form.text),
        )

    def literal_spans(self, sentence: Sentence) -> Iterator[Span]:
        """Yield the matches of the string as it is written."""
        own, offsets = sentence.stripped(self.bare)
        for i, j in self.literal.spans(own, offsets):
            if _is_divided(sentence.text, offsets[i:j], self.divider):
                continue
            span = self._with_edge_marks(sentence.text, offsets[i], offsets[j - 1] + 1)
            if self.numeral_first and span[0] in sentence.inside_numerals():
                continue
            if self.numeral_last and span[1] in sentence.inside_numerals():
                continue
            yield span

    def _with_edge_marks(self, text: str, start: int, end: int) -> Span:
        """Return a span with the marks at either edge of the typed string that stand there too."""
        if self.front and text.endswith(self.front, 0, start):
            start -= len(self.front)
        if self.back and text.startswith(self.back, end):
            end += len(self.back)
        return start, end

    def value_spans(self, sentence: Sentence) -> Iterator[Span]:
        """Yield the matches of the string with numbers written out, here and there."""
        assert self.values is not None
        written, starts, ends = sentence.in_values()
        if written == sentence.text and self.values.text == self.literal.text:
            return
        own, offsets = sentence.stripped_values(self.bare)
        for i, j in self.values.spans(own, offsets):
            if not _is_divided(written, offsets[i:j], self.divider):
                yield starts[offsets[i]], ends[offsets[j - 1]]


@dataclass(frozen=True, slots=True)
class _Literal:
    """A string that must stand in a text exactly so.

    Attributes:
        text: the string.
        latin: whether it may not begin or end inside a Latin word.
        splits: whether it could begin or end inside a number or a Latin word at all.
        open_end: whether its end may be anywhere.
    """

    text: str
    latin: bool
    splits: bool
    open_end: bool

    @classmethod
    def of(cls, text: str, needle: Text) -> _Literal:
        edges = {text[:1], text[-1:]}
        latin = needle.whole and not edges.isdisjoint(_LATIN_LETTERS)
        number = not (edges.isdisjoint(_DIGITS) and edges.isdisjoint(_SEPARATORS))
        return cls(text, latin, latin or number, needle.open_end)

    def spans(self, text: str, offsets: Sequence[int]) -> Iterator[Span]:
        """Yield the spans at which it stands in ``text``, at the boundaries of tokens.

        Args:
            text: a sentence, with or without marks.
            offsets: offset of each of its characters in the text with marks.
        """
        size = len(self.text)
        start = text.find(self.text) if size else -1
        while start >= 0:
            end = start + size
            if not self.splits or not (
                self._is_inside(text, offsets, start)
                or (not self.open_end and self._is_inside(text, offsets, end))
            ):
                yield start, end
            start = text.find(self.text, start + 1)

    def _is_inside(self, text: str, offsets: Sequence[int], at: int) -> bool:
        """Return whether ``at`` is inside a number, or inside a Latin word where that counts."""
        if not 0 < at < len(text):
            return False
        before, after = text[at - 1], text[at]
        if self.latin and before in _LATIN_LETTERS and after in _LATIN_LETTERS:
            # Two Latin words that only a mark separates are two words.
            return offsets[at] - offsets[at - 1] == 1
        if before in _DIGITS:
            return after in _DIGITS or (after in _SEPARATORS and _joins_digits(text, at))
        return before in _SEPARATORS and after in _DIGITS and _joins_digits(text, at - 1)


def _joins_digits(text: str, point: int) -> bool:
    """Return whether the ``.`` or ``,`` at an offset is a decimal point or separates thousands."""
    behind = [char in _DIGITS for char in text[point + 1 : point + 5]]
    if not point or text[point - 1] not in _DIGITS or not behind or not behind[0]:
        return False
    return text[point] == "." or (behind[:3] == [True] * 3 and behind[3:] != [True])


def _is_divided(text: str, offsets: Sequence[int], divider: Divider) -> bool:
    """Return whether between the characters at these ``offsets`` such a mark was removed.

    Args:
        text: the text with its marks.
        offsets: offset in it of each character of a match, ascending.
        divider: which marks count.
    """
    if not divider or offsets[-1] - offsets[0] == len(offsets) - 1:
        return False
    return divider == "mark" or any(
        not CLAUSE_ENDS.isdisjoint(text[before + 1 : after]) for before, after in pairwise(offsets)
    )
