"""Count words in selections of sentences: tables of frequencies, keywords and collocates.

Everything is counted with NumPy over :class:`~.word_tokens.WordTokens`; :mod:`.word_statistics` has
the measures and the rows of the tables.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..catalog import _
from ..index.query import Filter
from ..nlp.errors import QueryError
from ..nlp.text.marks import without_marks
from ..nlp.text.normalize import squeeze
from .word_statistics import (
    PER,
    Collocate,
    Extent,
    Floats,
    Keyword,
    Numbers,
    WordCount,
    WordOptions,
    WordSort,
    WordTable,
    dispersion,
    log_dice,
    log_likelihood,
    log_ratio,
    significance,
    stop_words,
    terms,
)
from .word_tokens import MARK, WordTokens, word_tokens

if TYPE_CHECKING:
    from ..search import Searching
    from ..storage.index_sync import Progress
    from ..storage.store import Store

REST = ("rest", "其余")
"""What is asked for as the reference to compare with all other sentences."""
_LATIN = "0-9a-z"
_CUT = re.compile("\0")
_CUT_LATIN = re.compile(rf"(?<=[{_LATIN}])\0+(?=[{_LATIN}])")
_EVERYTHING = Filter("kind", ("title", "heading", "sentence"))


@dataclass(frozen=True, slots=True)
class Selections:
    """Which sentences are counted.

    Attributes:
        query: in the query language, ``""`` for all that meet the conditions.
        filters: conditions besides the query.
        against: query of the sentences to compare with, one of :data:`REST`, or ``""``.
        collocates: the word whose collocates are wanted, ``""`` for none.
    """

    query: str = ""
    filters: Sequence[Filter] = ()
    against: str = ""
    collocates: str = ""


def find_words(
    searching: Searching,
    store: Store,
    folder: Path,
    chosen: Selections,
    options: WordOptions,
    progress: Progress,
) -> WordTable:
    """Return the table that ``Library.words`` is asked for.

    Args:
        searching: finds the sentences.
        store: has them, as of the same moment.
        folder: the folder of the library.
        chosen: which sentences.
        options: what is listed.
        progress: told of the sentences that are cut into words.

    Raises:
        QueryError: a query cannot be read, or what is asked for does not go together.
    """
    if chosen.collocates and (chosen.against or options.ngrams != (1, 1) or options.only):
        raise QueryError(
            _("collocates go without sequences, without chosen words and without a comparison")
        )
    tokens = word_tokens(store, folder, terms(), progress)

    def rows(query: str, filters: Sequence[Filter]) -> NDArray[np.bool_]:
        conditions = filters if query.strip() or filters else (_EVERYTHING,)
        return tokens.rows([*searching.ids(query, conditions)])

    wanted = rows(chosen.query, chosen.filters)
    if chosen.collocates:
        return collocate_table(tokens, wanted, chosen.collocates, options)
    if not chosen.against:
        return word_table(tokens, wanted, options)
    if chosen.against.strip() in REST:
        return word_table(tokens, wanted, options, rows("", ()) & ~wanted)
    return word_table(tokens, wanted, options, rows(chosen.against, ()))


@dataclass(frozen=True, slots=True)
class _Items:
    """Occurrences of words or sequences in the sentences of a library.

    Attributes:
        codes: (n,) the item of each occurrence.
        rows: (n,) its sentence.
        parts: (items, words) the numbers of the words of each item, filled up with marks.
        names: what the items are called, where it is not their words.
    """

    codes: Numbers
    rows: Numbers
    parts: NDArray[np.int32]
    names: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class _Counted:
    """Statistics of items in a selection: (items,) each."""

    count: Numbers
    sentences: Numbers
    reports: Numbers
    dispersion: Floats


def _single_words(tokens: WordTokens, wanted: NDArray[np.bool_]) -> _Items:
    """Return every word in the sentences ``wanted``, (rows,)."""
    rows = tokens.row_of_token()
    kept = wanted[rows] & (tokens.tokens != MARK)
    parts = np.arange(len(tokens.words), dtype=np.int32)[:, None]
    return _Items(tokens.tokens[kept].astype(np.int64), rows[kept], parts)


def _sequences(tokens: WordTokens, wanted: NDArray[np.bool_], least: int, most: int) -> _Items:
    """Return every sequence of ``least`` to ``most`` words without a mark between them."""
    rows, words = tokens.row_of_token(), tokens.tokens.astype(np.int64)
    at = np.flatnonzero(wanted[rows] & (words != MARK))
    codes, found, parts = words[at], [], np.arange(len(tokens.words), dtype=np.int32)[:, None]
    base = 0
    for size in range(1, most + 1):
        if size > 1:
            ends = at + size - 1
            kept = ends < len(words)
            kept[kept] &= (rows[ends[kept]] == rows[at[kept]]) & (words[ends[kept]] != MARK)
            at, codes = at[kept], codes[kept]
            following = words[at + size - 1]
            pairs, codes = np.unique(codes * len(tokens.words) + following, return_inverse=True)
            front, last = np.divmod(pairs, len(tokens.words))
            parts = np.concatenate([parts[front], last[:, None].astype(np.int32)], axis=1)
        if size >= least:
            padded = np.pad(parts, ((0, 0), (0, most - size)), constant_values=MARK)
            found.append(_Items(codes + base, rows[at], padded))
            base += len(parts)
    return _Items(
        np.concatenate([one.codes for one in found]),
        np.concatenate([one.rows for one in found]),
        np.concatenate([one.parts for one in found]),
    )


def _chosen_words(tokens: WordTokens, wanted: NDArray[np.bool_], only: Sequence[str]) -> _Items:
    """Return every occurrence of ``only``, inside words or across them, as exact strings are found.

    Marks in a string and between words do not count; a number is never cut.

    Raises:
        QueryError: one of them is empty.
    """
    typed = {without_marks(squeeze(word)): word.strip() for word in reversed(only)}
    typed = dict(reversed(typed.items()))
    if not all(typed):
        raise QueryError(_("name the words that are to be counted"))
    words = [without_marks(word) for word in tokens.words]
    texts = {}
    for row in np.flatnonzero(wanted).tolist():
        own = tokens.tokens[tokens.starts[row] : tokens.starts[row + 1]].tolist()
        texts[row] = _CUT.sub("", _CUT_LATIN.sub(" ", "\0".join([words[n] for n in own])))
    codes: list[int] = []
    rows: list[int] = []
    for code, name in enumerate(typed):
        pattern = whole_word(name)
        for row, text in texts.items():
            many = len(pattern.findall(text))
            codes += [code] * many
            rows += [row] * many
    parts = np.full((len(typed), 1), MARK, np.int32)
    return _Items(np.array(codes, np.int64), np.array(rows, np.int64), parts, [*typed.values()])


def whole_word(name: str) -> re.Pattern[str]:
    """Return what finds ``name``, a string without marks, where it does not cut a number.

    Example:
        >>> whole_word("100").findall("100件,1000件,100.5%,2.100")
        ['100']
    """
    before = r"(?<!\d)(?<!\d\.)" if name[0].isdecimal() else ""
    behind = r"(?!\.?\d)" if name[-1].isdecimal() else ""
    return re.compile(before + re.escape(name) + behind)


def _counted(items: _Items, tokens: WordTokens, wanted: NDArray[np.bool_]) -> _Counted:
    """Return the statistics of ``items`` in the sentences ``wanted``."""
    many = len(items.parts)
    kept = wanted[items.rows]
    codes, rows = items.codes[kept], items.rows[kept]
    count = np.bincount(codes, minlength=many)
    pairs = np.sort(codes * len(wanted) + rows)
    first = np.diff(pairs, prepend=-1) > 0  # numpy.unique takes thirty times as long
    sentences = np.bincount(pairs[first] // max(len(wanted), 1), minlength=many)
    sizes = _words_of_reports(tokens, wanted)
    number = np.cumsum(sizes > 0) - 1  # reports without words are no parts of the selection
    parts = number[tokens.reports[rows]]
    reports = max(int(np.count_nonzero(sizes)), 1)
    pairs, counts = np.unique(codes * reports + parts, return_counts=True)
    found, part = np.divmod(pairs, reports)
    in_reports = np.bincount(found, minlength=many)
    present, entry = np.unique(found, return_inverse=True)
    spread = np.full(many, np.nan)
    spread[present] = dispersion(part, entry, counts, sizes[sizes > 0])
    return _Counted(count, sentences, in_reports, spread)


def _words_of_reports(tokens: WordTokens, wanted: NDArray[np.bool_]) -> Numbers:
    """Return (reports,) the words of each report in the sentences ``wanted``."""
    of_rows = _words_of_rows(tokens)
    sizes = np.bincount(tokens.reports[wanted], of_rows[wanted], len(tokens.names))
    return np.asarray(sizes.astype(np.int64))


def _words_of_rows(tokens: WordTokens) -> Numbers:
    until = np.concatenate(([0], np.cumsum(tokens.tokens != MARK)))
    return np.asarray(np.diff(until[tokens.starts]))


def _extent(tokens: WordTokens, wanted: NDArray[np.bool_]) -> Extent:
    sizes = _words_of_reports(tokens, wanted)
    return Extent(int(np.count_nonzero(wanted)), int(sizes.sum()), int(np.count_nonzero(sizes)))


def _eligible(items: _Items, tokens: WordTokens, options: WordOptions) -> NDArray[np.bool_]:
    """Return (items,) whether each may be listed, by its words alone."""
    kept = np.ones(len(items.parts), bool)
    if options.min_length > 1:
        lengths = np.array([len(word) for word in tokens.words])
        kept &= lengths[items.parts].sum(axis=1) >= options.min_length
    if options.stop:
        stop = stop_words(tokens.words)
        last = np.count_nonzero(items.parts != MARK, axis=1) - 1
        ends = items.parts[np.arange(len(items.parts)), np.maximum(last, 0)]
        kept &= ~stop[items.parts[:, 0]] & ~stop[ends]
    return kept


def word_table(
    tokens: WordTokens,
    wanted: NDArray[np.bool_],
    options: WordOptions,
    reference: NDArray[np.bool_] | None = None,
) -> WordTable:
    """Return the words of the sentences ``wanted``, against a reference if there is one.

    Args:
        tokens: the words of the library.
        wanted: (rows,) the sentences of the selection.
        options: what is listed.
        reference: (rows,) the sentences that it is compared with.

    Raises:
        QueryError: the selections have no word, or the order is none of this list.
    """
    least, most = options.ngrams
    if options.only and most > 1:
        raise QueryError(_("chosen words go without sequences"))
    _check_sort(options.sort, ("count",) if reference is None else ("count", "g2", "ratio"))
    either = wanted if reference is None else wanted | reference
    if options.only:
        items = _chosen_words(tokens, either, options.only)
    elif most == 1:
        items = _single_words(tokens, either)
    else:
        items = _sequences(tokens, either, least, most)
    fewest = options.min_count or (0 if options.only else 1 if most == 1 else 3)
    found, extent = _counted(items, tokens, wanted), _extent(tokens, wanted)
    kept = np.ones(len(items.parts), bool) if options.only else _eligible(items, tokens, options)
    if reference is None:
        chosen = np.flatnonzero(kept & (found.count >= fewest))
        chosen = chosen[np.argsort(-found.count[chosen], kind="stable")]
        rows = [
            WordCount(**_common(items, tokens, found, extent, n))
            for n in chosen[: options.limit].tolist()
        ]
        return WordTable("words", tuple(rows), len(chosen), extent)
    other, base = _counted(items, tokens, reference), _extent(tokens, reference)
    if not extent.words or not base.words:
        raise QueryError(_("nothing to compare: the selection or its reference has no words"))
    sizes = extent.words, base.words
    g2 = log_likelihood(found.count, other.count, *sizes)
    ratios = log_ratio(found.count, other.count, *sizes)
    more = found.count * sizes[1] >= other.count * sizes[0]
    measure = {"ratio": np.abs(ratios), "count": np.maximum(found.count, other.count)}.get(
        options.sort, g2
    )
    kept &= np.maximum(found.count, other.count) >= fewest
    chosen = np.flatnonzero(kept)
    chosen = chosen[np.lexsort((-g2[chosen], -measure[chosen]))]
    keywords = [
        Keyword(
            **_common(items, tokens, found, extent, n),
            reference_count=int(other.count[n]),
            reference_per_10000=round(other.count[n] / base.words * PER, 2),
            reference_reports=int(other.reports[n]),
            direction="more" if more[n] else "less",
            g2=round(float(g2[n]), 2),
            log_ratio=round(float(ratios[n]), 2),
            significance=significance(float(g2[n])),
        )
        for direction in (more, ~more)
        for n in chosen[direction[chosen]][: options.limit].tolist()
    ]
    shared = int(np.count_nonzero(wanted & reference))
    return WordTable("keywords", tuple(keywords), len(chosen), extent, base, shared)


def _check_sort(sort: WordSort, possible: Sequence[str]) -> None:
    if sort and sort not in possible:
        message = _("this list is sorted by {possible}, not by {sort}")
        raise QueryError(message.format(possible=", ".join(possible), sort=sort))


def _common(
    items: _Items, tokens: WordTokens, found: _Counted, extent: Extent, n: int
) -> dict[str, Any]:
    """Return what all rows of tables have."""
    count, spread = int(found.count[n]), float(found.dispersion[n])
    own = " ".join(tokens.shown[part] for part in items.parts[n].tolist() if part != MARK)
    return {
        "word": items.names[n] if items.names else own,
        "count": count,
        "per_10000": round(count / max(extent.words, 1) * PER, 2),
        "sentences": int(found.sentences[n]),
        "reports": int(found.reports[n]),
        "dispersion": None if np.isnan(spread) else round(spread, 3),
    }


# -- collocates ----------------------------------------------------------------------------------


def occurrences(tokens: WordTokens, word: str) -> tuple[Numbers, Numbers]:
    """Return where a word begins and ends among the tokens, whether it was cut in parts or not.

    Args:
        tokens: the words of the library.
        word: folded, without spaces.

    Returns:
        (n,) first tokens, ascending, and (n,) the tokens behind the last ones.
    """
    numbers = {known: n for n, known in enumerate(tokens.words) if known and known in word}
    # From the offset reached in ``word``: first tokens, and the tokens that follow.
    reached: dict[int, list[tuple[Numbers, Numbers]]] = {}
    for known, n in numbers.items():
        if word.startswith(known):
            at = np.flatnonzero(tokens.tokens == n)
            reached.setdefault(len(known), []).append((at, at + 1))
    for offset in range(1, len(word)):
        for first, following in reached.pop(offset, ()):
            inside = following < len(tokens.tokens)
            first, following = first[inside], following[inside]
            for known, n in numbers.items():
                if word.startswith(known, offset):
                    fits = tokens.tokens[following] == n
                    if fits.any():
                        states = reached.setdefault(offset + len(known), [])
                        states.append((first[fits], following[fits] + 1))
    found = reached.get(len(word), [])
    first = np.concatenate([one for one, _ in found] or [np.zeros(0, np.int64)])
    ends = np.concatenate([one for _, one in found] or [np.zeros(0, np.int64)])
    rows = np.searchsorted(tokens.starts, first, side="right")
    whole = rows == np.searchsorted(tokens.starts, ends - 1, side="right")
    order = np.argsort(first[whole], kind="stable")
    return first[whole][order], ends[whole][order]


def collocate_table(
    tokens: WordTokens, wanted: NDArray[np.bool_], word: str, options: WordOptions
) -> WordTable:
    """Return the words near ``word`` in the sentences ``wanted``.

    A word within the window counts once, on its side of the nearest occurrence; between two that
    are as near it counts as left. The window ends with the sentence; marks in it are no words.

    Raises:
        QueryError: ``word`` is empty, or the order is none of this list.
    """
    _check_sort(options.sort, ("count", "logdice"))
    node = squeeze(word)
    if not node.strip():
        raise QueryError(_("name the word whose collocates are wanted"))
    rows = tokens.row_of_token()
    first, ends = occurrences(tokens, node)
    within = wanted[rows[first]]
    first, ends = first[within], ends[within]
    items, extent = _single_words(tokens, wanted), _extent(tokens, wanted)
    left, right = _beside(tokens, first, ends, rows, options.window)
    together = left + right
    found = _counted(items, tokens, wanted)
    kept = _eligible(items, tokens, options) & (together >= (options.min_count or 3))
    chosen = np.flatnonzero(kept)
    scores = np.zeros(len(together))
    scores[chosen] = log_dice(together[chosen], len(first), found.count[chosen])
    measure = together if options.sort == "count" else scores
    chosen = chosen[np.lexsort((-together[chosen], -measure[chosen]))]
    listed = [
        Collocate(
            **_common(items, tokens, found, extent, n),
            together=int(together[n]),
            left=int(left[n]),
            right=int(right[n]),
            log_dice=round(float(scores[n]), 2),
        )
        for n in chosen[: options.limit].tolist()
    ]
    longer = [n for n, known in enumerate(tokens.words) if node in known and known != node]
    counts = {n: int(found.count[n]) for n in longer if found.count[n]}
    inside = tuple((tokens.shown[n], counts[n]) for n in sorted(counts, key=lambda n: -counts[n]))
    return WordTable(
        "collocates", tuple(listed), len(chosen), extent,
        node=node, node_count=len(first), inside=inside,
    )  # fmt: skip


def _beside(
    tokens: WordTokens, first: Numbers, ends: Numbers, rows: Numbers, window: int
) -> tuple[Numbers, Numbers]:
    """Return (words,) how often each word stands left and right of the places within the window."""
    many = len(tokens.words)
    words = tokens.tokens != MARK
    ordinal = np.cumsum(words) - 1  # the number of a word when marks are not counted
    places = np.flatnonzero(words)
    own = np.zeros(len(tokens.tokens), bool)
    distance = np.full(len(tokens.tokens), 2 * window + 1)
    side = np.zeros(len(tokens.tokens), np.int8)
    for begin, end in zip(first.tolist(), ends.tolist(), strict=True):
        own[begin:end] = True
    for step in range(1, window + 1):
        for offset, edge, which in ((-step, first, 1), (step, ends - 1, 2)):
            target = ordinal[edge] + offset
            inside = (target >= 0) & (target < len(places))
            at = places[target[inside]]
            at = at[(rows[at] == rows[edge[inside]]) & ~own[at] & (distance[at] > step)]
            distance[at], side[at] = step, which
    left = np.bincount(tokens.tokens[side == 1], minlength=many)
    right = np.bincount(tokens.tokens[side == 2], minlength=many)
    return left, right
