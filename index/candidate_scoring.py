"""Score the candidates of an engine by their texts, and rank them as those of any other engine.

An engine names the candidates by a score of its own. Here their texts are read, the query's strings
are counted in them by the rule by which they match, and BM25 over words is computed from the
engine's statistics, so that the same candidates have the same scores and the same order whatever
the engine (:mod:`~gongwen.index.reranking`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..nlp.text.marks import without_marks
from ..nlp.text.numerals import find_values
from .bm25 import (
    HEADING_MATCH_WEIGHT,
    inverse_document_frequency,
    length_norm,
    length_normalization,
    term_scores,
)
from .column_writer import JoinedTexts, UnmarkedTexts
from .engine import Engine, Fields
from .planner import filters
from .query import And, Filter, Node, Not, Or, Text
from .reranking import (
    RERANK_DEPTH,
    Scored,
    asks_for_any,
    broken_runs,
    has_bigrams,
    ranking_order,
    rerank,
    row_weights,
    scored_texts,
)
from .scan import at_token_boundaries, divider_of, find, find_string, ignores_marks, units_of
from .sentence_spans import Sentence, SpanFinder

_CANDIDATES_OF_WORDS = 100
"""Candidates that are read at a time for a query of single words and exact strings. Among 102,000
sentences in tantivy they hold 94 % of the best 20, with 50 candidates 85 % and with 200 97 %; each
takes about 15 microseconds."""

Texts = Callable[[Sequence[int]], list[str]]
"""Gives the folded text of each of some sentences."""


class EngineCollection:
    """What is known of all sentences of an engine together.

    Args:
        engine: gives its statistics.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._statistics = engine.statistics()
        self.sentences = self._statistics.sentences
        self.words = self._statistics.words
        self.characters = self._statistics.characters

    @cached_property
    def b(self) -> float:
        """Length normalization of this collection."""
        known = self._statistics
        lengths = np.fromiter(known.lengths.keys(), np.int64, len(known.lengths))
        counts = np.fromiter(known.lengths.values(), np.int64, len(known.lengths))
        repetition = max(known.bigrams / max(known.distinct_bigrams, 1), 1.0)
        return length_normalization(lengths, repetition, counts)

    def bigram_frequencies(self, keys: NDArray[np.uint32]) -> NDArray[np.int64]:
        """Return (n,) in how many sentences each bigram stands."""
        return self._engine.bigram_frequencies(keys)


class CandidateTexts:
    """The texts of candidates, in which strings are counted.

    Args:
        texts: folded texts.

    Attributes:
        text: the texts.
        bare: the same without their marks.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = [text.replace("\n", " ") for text in texts]
        self.text = JoinedTexts.of(self._texts)
        self.bare = UnmarkedTexts.strip(self.text)

    def __len__(self) -> int:
        return len(self._texts)

    def counts(self, text: Text) -> NDArray[np.int64]:
        """Return (n,) how often each text holds a string, whatever its marks and numbers."""
        if _is_plain(text):
            return self._plain_counts(text)
        finder = SpanFinder(text)
        counts = [len(finder.spans(sentence)) for sentence in self._sentences]
        return np.array(counts, np.int64)

    def _plain_counts(self, text: Text) -> NDArray[np.int64]:
        """Return how often each text holds a string that has neither marks nor numbers."""
        bare = self.bare
        at = find_string(bare.units, text.text)
        at = at[at_token_boundaries(bare.units, at, text, bare.is_marked)]
        if len(at) and (divider := divider_of(text)):
            marked = bare if divider == "mark" else self._clauses
            at = at[marked.without_marks_inside(at, len(units_of(text.text)))]
        return np.bincount(_text_of(bare, at), minlength=len(self))

    @cached_property
    def _sentences(self) -> list[Sentence]:
        return [Sentence(text) for text in self._texts]

    @cached_property
    def _clauses(self) -> UnmarkedTexts:
        return self.bare.with_clause_ends(self.text)

    def written_otherwise(self, text: Text, counts: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return (n,) whether each text holds a string only with other marks or numbers.

        Args:
            text: the string.
            counts: (n,) how often each text holds it.
        """
        literal = np.zeros(len(self), bool)
        literal[_text_of(self.text, find(self.text.units, text))] = True
        return np.asarray((counts > 0) & ~literal)


def _is_plain(text: Text) -> bool:
    """Return whether a string has neither marks nor numbers, so that it is written in one way."""
    string = text.text
    return (
        ignores_marks(text)
        and without_marks(string) == string
        and not any(char.isdigit() for char in string)
        and not find_values(string)
    )


def _text_of(texts: JoinedTexts, at: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the index of the text in which each offset lies."""
    return np.searchsorted(texts.starts, at, side="right") - 1


class CandidateScorer:
    """Scores candidates for one query.

    Args:
        engine: has found them.
        texts: gives their texts.
        collection: all sentences of the engine.
        query: the query that they match.
    """

    def __init__(
        self, engine: Engine, texts: Texts, collection: EngineCollection, query: Node
    ) -> None:
        self._engine = engine
        self._texts = texts
        self._collection = collection
        self._query = query
        self._strings = dict(scored_texts(query))
        self._broken = broken_runs(query)
        self._documents: dict[Text, int] = {}
        self._of_topic = any(one.field == "topic" for one in filters(query))

    @property
    def has_strings(self) -> bool:
        """Whether the query has strings to score; otherwise it has filters only."""
        return bool(self._strings)

    @property
    def has_topics(self) -> bool:
        """Whether the query has a filter on topics, whose probability is a score."""
        return self._of_topic

    def ranked(
        self, ids: NDArray[np.int64], tiers: NDArray[np.int64], first: bool
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return candidates in their order, and their scores.

        Args:
            ids: (n,) the candidates.
            tiers: (n,) a number for each by which they are sorted before all else.
            first: whether these are the first of all, for which the score over bigrams is added.
        """
        if not len(ids) or not (self._strings or self._of_topic):
            return ids, np.zeros(len(ids))
        candidates = _Read.of(self._engine, self._texts, ids)
        scores, others = self._word_scores(candidates)
        if self._of_topic and not scores.any():  # the query contains only filters
            assert candidates.fields.probability is not None
            scores = candidates.fields.probability.astype(float)
        scores *= candidates.all_weights
        keys = [] if asks_for_any(self._query) else [others]
        keys += self._unbroken(candidates.texts)
        scored = Scored(ids, scores, [*keys, tiers])
        if first:
            order = rerank(self._query, scored, candidates, self._collection)
        else:
            order = ranking_order(scored)
        return ids[order], scored.scores[order]

    def _word_scores(self, candidates: _Read) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return BM25 over words, and how many strings each candidate writes in another way."""
        collection, texts = self._collection, candidates.texts
        total, others = np.zeros(len(texts)), np.zeros(len(texts), np.int64)
        if not self._strings:
            return total, others
        assert candidates.fields.words is not None
        norm = length_norm(
            candidates.fields.words, collection.words, collection.sentences, collection.b
        )
        of_words = self._word_counts(candidates.ids)
        for text, as_typed in self._strings.items():
            counts = texts.counts(text)
            others += texts.written_otherwise(text, counts)
            # A string that was typed as one counts in full at every occurrence.
            words = counts if as_typed else of_words.get(text.text, np.zeros(len(texts), np.int64))
            documents = self._count(text)
            total += term_scores(
                counts.astype(np.float32),
                np.where(counts > 0, words, 0).astype(np.float32),
                documents,
                collection.sentences,
                norm,
            ).astype(np.float32)
            weight = HEADING_MATCH_WEIGHT * inverse_document_frequency(
                documents, collection.sentences
            )
            total += weight * candidates.has_heading(text.text)
        return total, others

    def _word_counts(self, ids: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
        """Return how often each candidate has each string of the query among its words."""
        words = list(
            dict.fromkeys(
                text.text for text, as_typed in self._strings.items() if text.whole and not as_typed
            )
        )
        return dict(zip(words, self._engine.word_counts(words, ids), strict=True)) if words else {}

    def _count(self, text: Text) -> int:
        """Return in how many sentences a string stands."""
        if text not in self._documents:
            self._documents[text] = self._engine.count(text)
        return self._documents[text]

    def _unbroken(self, texts: CandidateTexts) -> list[NDArray[np.int64]]:
        """Return keys that sort candidates with more of the query's runs unbroken to the front."""
        held, as_typed = np.zeros(len(texts), np.int64), np.zeros(len(texts), np.int64)
        for text in self._broken:
            counts = texts.counts(text)
            held += counts > 0
            as_typed += (counts > 0) & ~texts.written_otherwise(text, counts)
        return [-as_typed, -held] if self._broken else []


@dataclass(slots=True)
class _Read:
    """Candidates that were read, as :class:`~gongwen.index.reranking.Candidates`.

    Attributes:
        engine: has found them.
        ids: (n,) their ids.
        texts: their texts.
        fields: what the engine keeps of them.
        all_weights: (n,) factor of each score.
    """

    engine: Engine
    ids: NDArray[np.int64]
    texts: CandidateTexts
    fields: Fields
    all_weights: NDArray[np.float64]

    @classmethod
    def of(cls, engine: Engine, texts: Texts, ids: NDArray[np.int64]) -> _Read:
        """Return the candidates of these ids."""
        read = CandidateTexts(texts(ids.tolist()))
        fields = engine.fields(ids, ("report", "kind", "heading", "probability", "words"))
        assert fields.kind is not None
        heading = np.array([kind in ("title", "heading") for kind in fields.kind.values], bool)
        weights = row_weights(np.diff(read.text.starts), heading[fields.kind.codes])
        return cls(engine, ids, read, fields, weights)

    def has_heading(self, string: str) -> NDArray[np.bool_]:
        """Return (n,) whether a string stands above each candidate."""
        column = self.fields.heading
        assert column is not None
        has = np.array([string in heading for heading in column.values], bool)
        return np.asarray(has[column.codes])

    def sizes(self, at: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return (n,) the UTF-16 units of each text without its marks, and one more."""
        return np.diff(self.texts.bare.starts)[at]

    def bare(self, at: NDArray[np.int64]) -> JoinedTexts:
        """Return the texts without their marks."""
        return self.texts.bare.gather(at)

    def weights(self, at: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return (n,) the factor of each score."""
        return self.all_weights[at]

    def reports(self, at: NDArray[np.int64]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return (n,) a number for the report of each, and how many sentences that has."""
        column = self.fields.report
        assert column is not None
        codes = column.codes[at]
        named = [column.values[code] for code in sorted(set(codes.tolist()))]
        sizes = self.engine.facets(Filter("report", tuple(named)), ("report",))["report"]
        return codes, np.array([sizes[column.values[code]] for code in codes.tolist()], np.int64)


class Ranking:
    """The order of all sentences that match a query, of which only the first are read.

    Candidates are read in blocks of a fixed size, so that pages of the order do not overlap. Within
    a block the shared score decides, from one block to the next the engine's own.

    Args:
        engine: names the candidates.
        scorer: scores them.
        query: the query that they match.
        prefer: a query whose matches come before all others.
        parts: parts of the matches that come one after the other, by a condition each.
    """

    def __init__(
        self,
        engine: Engine,
        scorer: CandidateScorer,
        query: Node,
        prefer: Node | None = None,
        parts: Sequence[Node] = (),
    ) -> None:
        self._engine = engine
        self._scorer = scorer
        self._query = query
        self._tiers = _tiers(query, prefer, parts)
        self._block = RERANK_DEPTH if has_bigrams(query) else _CANDIDATES_OF_WORDS

    def first(self, most: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the ids of the ``most`` first sentences or a few more, and their scores."""
        wanted = -(-most // self._block) * self._block
        found, tiers = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        have = 0
        for number, tier in enumerate(self._tiers):
            if have >= wanted:
                break
            ids = self._candidates(tier, wanted - have)
            found.append(ids)
            tiers.append(np.full(len(ids), number))
            have += len(ids)
        ids, of_tier = np.concatenate(found), np.concatenate(tiers)
        ranked = [
            self._scorer.ranked(
                ids[start : start + self._block], of_tier[start : start + self._block], not start
            )
            for start in range(0, len(ids), self._block)
        ] or [(ids, np.zeros(0))]
        return np.concatenate([one for one, _ in ranked]), np.concatenate([s for _, s in ranked])

    def _candidates(self, tier: Node, most: int) -> NDArray[np.int64]:
        """Return the first candidates of a tier."""
        if self._scorer.has_strings:
            return self._engine.top(tier, most).ids
        if not self._scorer.has_topics:  # in order of id
            return np.fromiter(islice(self._engine.ids(tier), most), np.int64)
        ids = np.fromiter(self._engine.ids(tier), np.int64)
        fields = self._engine.fields(ids, ("probability", "kind"))
        assert fields.probability is not None and fields.kind is not None
        heading = np.array([kind in ("title", "heading") for kind in fields.kind.values], bool)
        lengths = np.full(len(ids), np.iinfo(np.int64).max)  # not read yet
        scores = fields.probability * row_weights(lengths, heading[fields.kind.codes])
        return ids[np.lexsort([ids, -scores])[:most]]


def _tiers(query: Node, prefer: Node | None, parts: Sequence[Node]) -> list[Node]:
    """Return the queries whose matches come one after the other, all of them together ``query``."""
    tiers: list[Node] = [And((query, part)) for part in parts] or [query]
    for first in (prefer, _any_unbroken(query)):
        if first is not None:
            tiers = [And((tier, one)) for tier in tiers for one in (first, Not(first))]
    return tiers


def _any_unbroken(query: Node) -> Node | None:
    """Return the condition that one of the query's runs of several words stands unbroken."""
    broken = broken_runs(query)
    return Or(tuple(broken)) if broken else None
