"""An engine written from the protocol alone: a JSON file, and a look at every sentence."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, astuple, replace
from functools import lru_cache
from pathlib import Path
from secrets import token_hex
from typing import Any

import numpy as np

from gongwen.index.engine import (
    Candidates,
    Capabilities,
    Column,
    Engine,
    EngineFacet,
    Entry,
    Field,
    Fields,
    Retag,
    Statistics,
)
from gongwen.index.engines import LocalFactory
from gongwen.index.query import And, Filter, Node, Not, Or, Run, Text
from gongwen.index.sentence_spans import Sentence, SpanFinder
from gongwen.nlp.errors import IndexLostError

TUPLES = ("words", "topics", "names")
COLUMNS = ("report", "kind", "topics", "role", "heading")
NUMBERS: dict[str, Callable[[Entry], Any]] = {
    "probability": lambda entry: entry.probability,
    "words": lambda entry: len(entry.words),
    "copy_key": Entry.copy_key,
}


class PlainEngine(Engine):
    name, outdated = "plain", False
    capabilities = Capabilities(exact=True, local_files=True)

    def __init__(self, location: Path, owner: str = "", staged: bool = False) -> None:
        self._path, self._staged = location / "plain.json", staged
        self._state: dict[str, Any] = {"generation": 0, "owner": owner, "build": token_hex(4)}
        self._entries: dict[int, Entry] = {}
        self._found: dict[Node, list[Entry]] = {}
        self._seen = self._stamp()
        if self._seen and not staged:
            try:
                self._state = json.loads(self._path.read_text("utf-8"))
                for one in self._state.pop("entries"):
                    given = one | {name: tuple(one[name]) for name in TUPLES}
                    self._entries[one["id"]] = Entry(**given)
            except (OSError, ValueError, LookupError, TypeError) as error:
                raise IndexLostError(f"{self._path}: damaged; run gongwen reindex") from error
            if owner != self._state["owner"]:
                raise IndexLostError(f"{self._path}: another library's; run gongwen reindex")

    def _stamp(self) -> int:
        return self._path.stat().st_ino if self._path.exists() else 0

    generation = property(lambda self: self._state["generation"])
    build = property(lambda self: self._state["build"])
    replaced = property(lambda self: self._seen != self._stamp())

    def feed(self, entries: Iterable[Entry], delete: Iterable[int], generation: int) -> None:
        gone = set(delete)
        kept = {id_: entry for id_, entry in self._entries.items() if id_ not in gone}
        self._write(kept | {entry.id: entry for entry in entries}, generation)

    def retag(self, changes: Iterable[Retag], generation: int) -> None:
        entries = dict(self._entries)
        for id_, *tags in (astuple(change) for change in changes):
            if id_ in entries:
                new = dict(zip(("topics", "role", "probability"), tags, strict=True))
                entries[id_] = replace(entries[id_], **new)
        self._write(entries, generation)

    def _write(self, entries: dict[int, Entry], generation: int) -> None:
        state = self._state | {"generation": generation}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        written = state | {"entries": [asdict(entry) for entry in entries.values()]}
        self._path.with_suffix(".next").write_text(json.dumps(written), "utf-8")
        self._entries, self._state, self._found = entries, state, {}
        if not self._staged:
            self.publish()

    def publish(self) -> None:
        self._path.with_suffix(".next").replace(self._path)
        self._staged, self._seen = False, self._stamp()

    def verify(self) -> list[str]:
        try:
            PlainEngine(self._path.parent, self._state["owner"])
        except IndexLostError as error:
            return [str(error)]
        return []

    def _test(self, node: Node) -> Callable[[Entry], bool]:
        """Return whether a sentence matches."""
        match node:
            case Text():
                finder = SpanFinder(node)
                return lambda entry: bool(finder.spans(_sentence(entry.text)))
            case Run(words=words, any=one_is_enough):
                slots = tuple(Or(alternatives) for alternatives in words)
                return self._test(Or(slots) if one_is_enough else And(slots))
            case Filter(field="topic", values=values):
                return lambda entry: not set(values).isdisjoint(entry.topics)
            case Filter(field="probability", values=values):
                return lambda entry: entry.probability >= min(map(float, values))
            case Filter(field=field, values=values):
                return lambda entry: str(getattr(entry, field)) in values
            case And(parts=parts) | Or(parts=parts):
                tests, joined = [*map(self._test, parts)], all if isinstance(node, And) else any
                return lambda entry: joined(test(entry) for test in tests)
            case Not(part=part):
                test = self._test(part)
                return lambda entry: not test(entry)

    def _matching(self, query: Node) -> list[Entry]:
        if query not in self._found:
            self._found[query] = [*filter(self._test(query), self._entries.values())]
        return self._found[query]

    def count(self, query: Node) -> int:
        return len(self._matching(query))

    def ids(self, query: Node) -> Iterator[int]:
        yield from sorted(entry.id for entry in self._matching(query))

    def facets(self, query: Node, names: Sequence[EngineFacet]) -> Any:
        matching, found = self._matching(query), {}
        for name in names:
            values = [e.topics if name == "topic" else (getattr(e, name),) for e in matching]
            counts = Counter(value for several in values for value in several if value)
            found[name] = dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
        return found

    def top(self, query: Node, most: int) -> Candidates:
        ids = [*self.ids(query)][:most]
        return Candidates(np.array(ids, np.int64), np.zeros(len(ids)))

    def fields(self, ids: Sequence[int], names: Collection[Field]) -> Fields:
        some = [self._entries[int(id_)] for id_ in ids]
        columns = {n: Column.of(getattr(one, n) for one in some) for n in names if n in COLUMNS}
        numbers = {
            n: np.array([of(one) for one in some]) for n, of in NUMBERS.items() if n in names
        }
        return Fields(**columns, **numbers)

    def statistics(self) -> Statistics:
        bigrams = [entry.bigrams().tolist() for entry in self._entries.values()]
        distinct, total = sum(len(set(one)) for one in bigrams), sum(map(len, bigrams))
        lengths = Counter(len(entry.words) for entry in self._entries.values())
        return Statistics(lengths, total + len(bigrams), total, distinct)

    def frequency(self, word: str) -> int:
        return sum(word in entry.words for entry in self._entries.values())

    def word_counts(self, words: Sequence[str], ids: Sequence[int]) -> Any:
        return np.array([[self._entries[int(i)].words.count(word) for i in ids] for word in words])

    def bigram_frequencies(self, keys: Any) -> Any:
        counts = Counter(key for e in self._entries.values() for key in set(e.bigrams().tolist()))
        return np.array([counts[key] for key in keys.tolist()], np.int64)


_sentence = lru_cache(maxsize=100_000)(Sentence)
PLAIN = LocalFactory("plain", __name__, "PlainEngine")
