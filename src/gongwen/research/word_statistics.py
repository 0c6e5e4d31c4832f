"""Statistics of words: the measures, and the rows of the tables that have them.

The terms and formulas are those that corpus linguistics uses:

- *Relative frequency*: occurrences per 10,000 words of the selection.
- *Dispersion over reports*: the deviation of proportions, normalized (DPnorm), from 0 (spread over
  the reports as their sizes are) to 1 (all in the smallest report). It suits parts of unequal
  size, which reports are; Juilland's D does not. Gries, S. Th. (2008), Dispersions and adjusted
  frequencies in corpora, IJCL 13(4); normalized as by Lijffijt, J. & Gries, S. Th. (2012), IJCL
  17(1).
- *Keyness*: the log-likelihood G2 says how sure it is that two selections differ. Dunning, T.
  (1993), Accurate methods for the statistics of surprise and coincidence, Computational Linguistics
  19(1); in the form with two terms of Rayson, P. & Garside, R. (2000), Comparing corpora using
  frequency profiling, which other programs for corpora calculate as well.
- *Log ratio*: how large the difference is, the binary logarithm of the ratio of the two relative
  frequencies; 1 is twice as frequent. Hardie, A. (2014), Log Ratio: an informal introduction.
- *logDice*: how strongly a collocate belongs to a word, by how many of the occurrences of both they
  are together; at most 14 in theory, one point more is twice as often. Rychlý, P. (2008), A
  lexicographer-friendly association score, RASLAN 2008.

The functions take numbers or arrays of one shape and return floats of that shape.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Any, Literal, SupportsIndex, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..catalog import _, choice_names, cited
from ..nlp.errors import QueryError
from ..nlp.text.normalize import fold
from ..nlp.vocabulary import WordLists, any_of
from ..tabular import Tabular

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]
WordSort = Literal["", "count", "g2", "ratio", "logdice"]
SORTS: tuple[WordSort, ...] = ("count", "g2", "ratio", "logdice")
PER = 10_000
"""Words that relative frequencies are of."""
LEVELS = ((15.13, "****"), (10.83, "***"), (6.63, "**"), (3.84, "*"))
"""Critical values of G2 with one degree of freedom, for p < 0.0001, 0.001, 0.01 and 0.05."""
_ZERO = 0.5
"""What stands for a frequency of 0 in a log ratio, as in Hardie (2014)."""
LONGEST_NGRAM = 10
_LISTS = WordLists("words", "function measure terms")
_NUMERALS = "0123456789.,%+〇零一二三四五六七八九十百千万亿两几数余多半第-"


# -- measures ------------------------------------------------------------------------------------


def log_likelihood(a: ArrayLike, b: ArrayLike, words_a: float, words_b: float) -> Floats:
    """Return G2 of words that occur ``a`` and ``b`` times in selections of so many words.

    With E = words_a (a + b) / (words_a + words_b), and F for the other selection likewise, it is
    2 (a ln(a / E) + b ln(b / F)); a term with frequency 0 is 0.

    Example:
        >>> float(log_likelihood(20, 10, 1000, 1000).round(4))
        3.398
    """
    first, second = np.asarray(a, float), np.asarray(b, float)
    share = (first + second) / (words_a + words_b)
    terms = _times_log(first, words_a * share) + _times_log(second, words_b * share)
    return np.asarray(2 * terms)


def _times_log(count: Floats, expected: Floats) -> Floats:
    ratio = np.divide(count, expected, out=np.ones_like(count), where=count > 0)
    return np.asarray(count * np.log(ratio))


def log_ratio(a: ArrayLike, b: ArrayLike, words_a: float, words_b: float) -> Floats:
    """Return the binary logarithm of the ratio of two relative frequencies; 0 counts as 0.5.

    Example:
        >>> float(log_ratio(24, 6, 1000, 1000))
        2.0
    """
    first, second = (np.where(np.asarray(n) == 0, _ZERO, n) for n in (a, b))
    return np.asarray(np.log2((first / words_a) / (second / words_b)))


def significance(g2: float) -> str:
    """Return stars for the level that a G2 reaches: one for p < 0.05, four for p < 0.0001."""
    return next((stars for least, stars in LEVELS if g2 >= least), "")


def log_dice(together: ArrayLike, word: ArrayLike, collocate: ArrayLike) -> Floats:
    """Return 14 + log2(2 together / (word + collocate)), from three frequencies.

    Example:
        >>> float(log_dice(300, 300, 300))
        14.0
    """
    sums = np.asarray(word, float) + np.asarray(collocate, float)
    return np.asarray(14 + np.log2(2 * np.asarray(together, float) / sums))


def dispersion(parts: Numbers, items: Numbers, counts: Numbers, sizes: Numbers) -> Floats:
    """Return DPnorm of items over the parts of a corpus, 0 (even) to 1.

    DP is half the sum over all parts of |v - s|: v the share of the item's occurrences in a part, s
    the share of all words in it. DPnorm is DP / (1 - the smallest s).

    Args:
        parts: (n,) the part of each entry of a table of occurrences.
        items: (n,) its item, from 0; no pair of part and item twice.
        counts: (n,) how often the item occurs in the part, above 0.
        sizes: (parts,) words of each part, above 0.

    Returns:
        (items,) values; NaN where there is one part only.
    """
    many = int(items.max()) + 1 if len(items) else 0
    if len(sizes) < 2:
        return np.full(many, np.nan)
    shares = sizes / sizes.sum()
    total = np.bincount(items, counts, many)
    expected = shares[parts]
    # Parts without the item add their share; all shares together are 1.
    differences = np.abs(counts / total[items] - expected) - expected
    return np.asarray((1 + np.bincount(items, differences, many)) / 2 / (1 - shares.min()))


# -- records -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WordCount:
    """A word, or a sequence of words with spaces between, in a selection of sentences.

    Attributes:
        word: as folded: Latin letters are small, characters simplified.
        count: occurrences.
        per_10000: of 10,000 words of the selection.
        sentences: how many have it.
        reports: likewise.
        dispersion: DPnorm over the reports, 0 to 1; ``None`` in a single report.
    """

    word: str
    count: int
    per_10000: float
    sentences: int
    reports: int
    dispersion: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON object."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Keyword(WordCount):
    """A word that is compared between the selection and a reference.

    Attributes:
        reference_count: occurrences in the reference.
        reference_per_10000: of 10,000 words of it.
        reference_reports: reports of the reference that have it.
        direction: ``more`` frequent than in the reference (positive keyword), or ``less``.
        g2: log-likelihood, 0 or more.
        log_ratio: effect size; positive when more frequent.
        significance: stars, as :func:`significance` gives them.
    """

    reference_count: int
    reference_per_10000: float
    reference_reports: int
    direction: Literal["more", "less"]
    g2: float
    log_ratio: float
    significance: str


@dataclass(frozen=True, slots=True)
class Collocate(WordCount):
    """A word near another one; ``count`` and what follows are of all its occurrences.

    Attributes:
        together: occurrences of it within the window of the other word.
        left: those of them in front of it.
        right: those behind it.
        log_dice: association score, mostly 0 to 14.
    """

    together: int
    left: int
    right: int
    log_dice: float


@dataclass(frozen=True, slots=True)
class Extent:
    """How large a selection of sentences is: its sentences, words, and reports with any word."""

    sentences: int
    words: int
    reports: int


@dataclass(frozen=True, slots=True, repr=False)
class WordTable(Sequence[WordCount], Tabular):
    """Words with their statistics: a sequence of the rows, and a table for notebooks and pandas.

    Attributes:
        kind: ``words``, ``keywords`` or ``collocates``.
        rows: the rows; of keywords first those that are more frequent, then the others.
        total: rows that there are without a limit.
        extent: the selection.
        reference: what it is compared with.
        shared: sentences that are in both.
        node: the word whose collocates these are, ``""`` for none.
        node_count: its occurrences in the selection.
        inside: longer words that hold it, with their frequency, which are not counted.
    """

    kind: Literal["words", "keywords", "collocates"]
    rows: tuple[WordCount, ...]
    total: int
    extent: Extent
    reference: Extent | None = None
    shared: int = 0
    node: str = ""
    node_count: int = 0
    inside: tuple[tuple[str, int], ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, index: SupportsIndex) -> WordCount: ...
    @overload
    def __getitem__(self, index: slice) -> WordTable: ...
    def __getitem__(self, index: SupportsIndex | slice) -> WordCount | WordTable:
        if isinstance(index, slice):
            return replace(self, rows=self.rows[index])
        return self.rows[index]

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return the rows as JSON objects."""
        return [row.to_dict() for row in self.rows]

    def table_columns(self) -> Sequence[str]:
        """Return the columns of CSV and XLSX."""
        return COLUMNS[self.kind]

    def to_dict(self) -> dict[str, Any]:
        """Return the whole table as a JSON object."""
        whole: dict[str, Any] = {"kind": self.kind, "total": self.total, **asdict(self.extent)}
        if self.reference is not None:
            whole |= {"reference": asdict(self.reference), "shared_sentences": self.shared}
        if self.node:
            inside = [{"word": word, "count": count} for word, count in self.inside]
            whole |= {"node": self.node, "node_count": self.node_count, "inside_words": inside}
        return whole | {"rows": self.to_dicts()}


COLUMNS = {
    "words": ("word", "count", "per_10000", "sentences", "reports", "dispersion"),
    "keywords": (
        "word", "direction", "g2", "significance", "log_ratio", "count", "per_10000",
        "reference_count", "reference_per_10000", "sentences", "reports", "reference_reports",
        "dispersion",
    ),
    "collocates": (
        "word", "log_dice", "together", "left", "right", "count", "per_10000", "sentences",
        "reports", "dispersion",
    ),
}  # fmt: skip
"""Columns of a table of each kind, in CSV and XLSX."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WordOptions:
    """What a list of words has.

    Attributes:
        ngrams: fewest and most words of a sequence.
        stop: leave out function words, measure words and numbers, and sequences that begin or end
            with one; they count among the words of the selection all the same.
        min_length: fewest characters, without the spaces of a sequence.
        min_count: fewest occurrences, of a keyword in one of the two selections, of a collocate
            beside the word; ``None`` for 1, and 3 of sequences and collocates.
        limit: rows, of keywords in each direction; ``None`` for all.
        sort: by ``count``, ``g2``, ``ratio`` or ``logdice``; ``""`` for the measure of the list.
        window: words on either side in which a collocate is looked for.
        only: the words to list, in place of all; each counts wherever it stands as an exact
            string, whatever the words, and is listed with 0 where it stands nowhere.

    Raises:
        QueryError: a number is out of range.
    """

    ngrams: tuple[int, int] = (1, 1)
    stop: bool = True
    min_length: int = 1
    min_count: int | None = None
    limit: int | None = None
    sort: WordSort = ""
    window: int = 5
    only: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        least, most = self.ngrams
        if not 1 <= least <= most <= LONGEST_NGRAM:
            message = _("sequences have from 1 to {most} words; give 2, or 2-4")
            raise QueryError(message.format(most=LONGEST_NGRAM))
        for name, least in (("min_length", 1), ("min_count", 1), ("limit", 0), ("window", 1)):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, int) or value < least):
                message = _("{name} must be a whole number from {least}")
                raise QueryError(message.format(name=name, least=least))
        if self.sort and self.sort not in SORTS:
            message = _("sort must be {choices}, not {given}")
            raise QueryError(
                message.format(choices=choice_names("sort", SORTS), given=cited(self.sort))
            )


# -- words that are left out ---------------------------------------------------------------------


def terms() -> tuple[str, ...]:
    """Return the terms that are not cut, folded."""
    return tuple(map(fold, _LISTS.texts("terms")))


@cache
def _numbers() -> re.Pattern[str]:
    """Return the pattern of a number, alone or with a measure word."""
    return re.compile(f"[{_NUMERALS}]+{any_of(_LISTS.texts('measure'))}?")


def stop_words(words: Sequence[str]) -> NDArray[np.bool_]:
    """Return for each word whether it is a function word, a measure word or a number.

    Example:
        >>> stop_words(["的", "2026", "三项", "改革", "十五五"]).tolist()
        [True, True, True, False, False]
    """
    listed = frozenset(map(fold, _LISTS.texts("function", "measure")))
    kept, number, begins = frozenset(terms()), _numbers(), frozenset(_NUMERALS)
    return np.array(
        [
            word in listed
            # Few words begin as a number does, and the pattern takes longer than this.
            or (word[:1] in begins and word not in kept and bool(number.fullmatch(word)))
            for word in words
        ],
        bool,
    )
