"""Sentences to index, queries drawn from them with what a plain scan finds, and who answers them.

A string matches where it stands anywhere in the folded text, as it does for a reader who looks for
it in an editor, exact ones whatever marks stand in between. Queries are as a user types them; only
the scan folds them itself.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, islice
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

from benchmarks.peers import words
from gongwen.nlp.text.marks import without_marks
from gongwen.nlp.text.normalize import squeeze

T = TypeVar("T")

QUERIES = 100
"""Queries of each kind."""
KINDS = {
    "rare": "rare word",
    "common": "common word",
    "and": "two words, AND",
    "or": "two words, OR",
    "exact": "exact string",
    "topic": "common word, one topic",
    "count": "count",
    "facet": "count by topic",
    "no word": "word that stands nowhere",
    "no string": "string that stands nowhere",
}
COMMONEST = 300
"""A common word is one of so many, by the sentences that hold it."""
RAREST = 5
"""A rare word stands in no more sentences than this."""
LIMIT = 20
"""Hits that a search fetches, with their text."""
EXACT = ("exact", "no string")
"""Kinds whose string is put in quotes."""
_SEED = 0
_QUOTES = frozenset("\"'“”‘’„‟«»「」『』﹁﹂﹃﹄＂″〝〞〟\\")


class Sentence(NamedTuple):
    """A sentence as every contender is given it."""

    id: int
    year: str
    topic: str
    text: str


@dataclass(frozen=True)
class Query:
    """A query and its answer.

    Attributes:
        kind: one of :data:`KINDS`.
        strings: words, or one exact string of :data:`EXACT`.
        topic: slug that the sentence must have, ``""`` for any.
        source: id of the sentence that an exact string was taken from.
        across: the exact string begins or ends inside a word as jieba cuts its sentence.
        total: sentences that match.
        by_topic: how many of them have each topic, for a count by topic.
    """

    kind: str
    strings: tuple[str, ...]
    topic: str = ""
    source: int = 0
    across: bool = False
    total: int = 0
    by_topic: dict[str, int] = field(default_factory=dict)


Cut = Callable[..., Iterable[Any]]


def typed(query: Query) -> str:
    """Return the query as it is typed where OR and quotes are known and a space means AND."""
    if query.kind in EXACT:
        return f'"{query.strings[0]}"'
    return (" OR " if query.kind == "or" else " ").join(query.strings)


class Hit(NamedTuple):
    """A sentence found, with its text."""

    id: int
    text: str


class Searcher(Protocol):
    """An opened index."""

    def find(self, query: Query) -> list[Hit]:
        """Return the best :data:`LIMIT` hits, best first, with the text that was given."""

    def count(self, query: Query) -> int:
        """Return how many sentences match."""

    def by_topic(self, query: Query) -> dict[str, int]:
        """Return how many sentences match with each topic."""

    def ids(self, query: Query) -> list[int]:
        """Return the id of every sentence that matches."""


def write(path: Path, sentences: Iterable[Sentence]) -> None:
    """Write one sentence a line, for :func:`read`."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines("\t".join(map(str, sentence)) + "\n" for sentence in sentences)


def read(path: Path) -> Iterator[Sentence]:
    """Yield the sentences of a file that :func:`write` wrote."""
    with path.open(encoding="utf-8", newline="\n") as file:
        for line in file:
            id_, year, topic, text = line.rstrip("\n").split("\t", 3)
            yield Sentence(int(id_), year, topic, text)


def draw(sentences: Sequence[Sentence]) -> list[Query]:
    """Return the queries, by kind; the same sentences give the same ones."""
    rng = random.Random(_SEED)
    cut = [words(sentence.text) for sentence in sentences]
    held = [list(dict.fromkeys(filter(_is_term, tokens))) for tokens in cut]
    frequency = Counter(word for tokens in held for word in tokens)
    rare = sorted(word for word, count in frequency.items() if count <= RAREST)
    common = sorted(word for word, _ in frequency.most_common(COMMONEST))
    topics = sorted({sentence.topic for sentence in sentences})
    pairs = [tokens for tokens in held if len(tokens) > 1]
    drawn = [Query("rare", (word,)) for word in _some(rng, rare)]
    drawn += [Query("common", (word,)) for word in _some(rng, common)]
    drawn += [Query("and", tuple(rng.sample(tokens, 2))) for tokens in _some(rng, pairs)]
    others = _some(rng, pairs)
    drawn += [
        Query("or", (rng.choice(one), rng.choice(other)))
        for one, other in zip(others, reversed(others), strict=True)
    ]
    for number in range(QUERIES):
        at, string = _exact(rng, sentences, cut, across=bool(number % 2))
        source = sentences[at].id
        drawn.append(Query("exact", (string,), source=source, across=bool(number % 2)))
    drawn += [Query("topic", (word,), topic=rng.choice(topics)) for word in _some(rng, common)]
    drawn += [Query("count", (word,)) for word in _some(rng, common)]
    drawn += [Query("facet", (word,)) for word in _some(rng, common)]

    def bare(text: str) -> str:
        return without_marks(squeeze(text))

    scanned = {fold: [fold(sentence.text) for sentence in sentences] for fold in (squeeze, bare)}
    all_text = "\n".join(scanned[bare])
    drawn += [Query("no word", (word,)) for word in _absent_words(rng, all_text)]
    drawn += [Query("no string", (string,)) for string in _absent_strings(rng, common, all_text)]
    folds = [bare if query.kind in EXACT else squeeze for query in drawn]
    return [
        _answered(query, sentences, scanned[fold], [fold(string) for string in query.strings])
        for query, fold in zip(drawn, folds, strict=True)
    ]


def _absent_words(rng: random.Random, text: str) -> list[str]:
    """Return words of jieba's dictionary that stand nowhere."""
    import jieba

    jieba.initialize()
    listed = rng.sample(sorted(filter(_is_term, jieba.dt.FREQ)), 100 * QUERIES)
    absent = (word for word in listed if jieba.dt.FREQ[word] and word not in text)
    return list(islice(absent, QUERIES))


def _absent_strings(rng: random.Random, common: Sequence[str], text: str) -> list[str]:
    """Return pairs of common words that stand nowhere in that order."""
    pairs = ("".join(rng.sample(common, 2)) for _ in range(100 * QUERIES))
    absent = dict.fromkeys(pair for pair in pairs if pair not in text)
    return list(islice(absent, QUERIES))


def _some(rng: random.Random, among: Sequence[T]) -> list[T]:
    return rng.sample(among, min(QUERIES, len(among)))


def _is_term(word: str) -> bool:
    return 2 <= len(word) <= 4 and all(map(_is_chinese, word))


def _is_chinese(char: str) -> bool:
    return "一" <= char <= "鿿"


def _exact(
    rng: random.Random, sentences: Sequence[Sentence], cut: Sequence[list[str]], across: bool
) -> tuple[int, str]:
    """Return a string of a sentence, and where that sentence stands.

    The string has 4 to 16 characters, Chinese ones at both ends and no quotes inside.
    """
    while True:
        at = rng.randrange(len(sentences))
        text = sentences[at].text
        start = rng.randrange(len(text))
        end = start + rng.randint(4, 16)
        string = text[start:end]
        borders = set(accumulate(map(len, cut[at]), initial=0))
        if (
            end <= len(text)
            and max(borders) == len(text)  # lower case has not changed the length
            and ({start, end} <= borders) != across
            and _is_chinese(string[0])
            and _is_chinese(string[-1])
            and not _QUOTES & set(string)
        ):
            return at, string


def _answered(
    query: Query, sentences: Sequence[Sentence], folded: Sequence[str], needles: Sequence[str]
) -> Query:
    """Return ``query`` with what a plain scan finds: its strings and all texts are folded alike."""
    enough = any if query.kind == "or" else all
    topics = Counter(
        sentence.topic
        for sentence, text in zip(sentences, folded, strict=True)
        if query.topic in ("", sentence.topic) and enough(needle in text for needle in needles)
    )
    return Query(
        query.kind,
        query.strings,
        query.topic,
        query.source,
        query.across,
        topics.total(),
        dict(topics) if query.kind == "facet" else {},
    )
