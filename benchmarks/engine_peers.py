"""Engines that :mod:`benchmarks.engines` builds and asks, all with the same texts and words.

Imports are late, so that a process that builds or asks one of them loads nothing of the others.
Every search fetches the texts of its hits from the index.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, Protocol

LIMIT = 20
"""Hits that a search fetches."""
_GAP = "\x1f"
"""Parts words in the file of rows."""


class Row(NamedTuple):
    """A sentence as every contender is given it: folded, and cut into words."""

    id: int
    topic: str
    report: str
    text: str
    words: list[str]

    def line(self) -> str:
        """Return the row as a line of a file."""
        return "\t".join((str(self.id), self.topic, self.report, self.text, _GAP.join(self.words)))

    @classmethod
    def read(cls, line: str) -> Row:
        """Return the row of a line."""
        id_, topic, report, text, words = line.rstrip("\n").split("\t")
        return cls(int(id_), topic, report, text, words.split(_GAP))


class Asked(Protocol):
    """An opened index. ``words`` of an exact string are those into which it is cut."""

    def word(self, word: str) -> list[str]:
        """Return the texts of the best hits of a word."""

    def exact(self, string: str, words: list[str]) -> list[str]:
        """Return the texts of the best hits of an exact string."""

    def found(self, string: str, words: list[str]) -> list[int]:
        """Return the id of every sentence in which an exact string is found."""

    def count(self, word: str) -> int:
        """Return how many sentences hold a word."""

    def facet(self, word: str) -> dict[str, int]:
        """Return how many sentences with a word have each topic."""


@dataclass(frozen=True)
class Peer:
    """An engine of the comparison.

    Attributes:
        name: heads its row.
        module: what must be installed.
        build: indexes rows in a new folder.
        open: opens what ``build`` made.
        add: adds one row to the index and makes it visible.
        like: folder of another peer, whose index it asks; it builds none.
        address: address of a cluster that holds its index, ``""`` for files in a folder.
    """

    name: str
    module: str
    build: Callable[[Path, Iterable[Row]], None]
    open: Callable[[Path], Asked]
    add: Callable[[Path, Row], None]
    like: str = ""
    address: str = ""

    def nodes_seconds(self) -> float:
        """Return the processor time that the nodes of the cluster have taken so far."""
        nodes = self._get("/_nodes/stats/process")["nodes"].values() if self.address else ()
        return float(sum(one["process"]["cpu"]["total_in_millis"] for one in nodes)) / 1000

    def megabytes(self, folder: Path) -> float:
        """Return how large its index is."""
        if self.address:
            return (
                float(self._get("/_stats/store")["_all"]["total"]["store"]["size_in_bytes"]) / 1e6
            )
        files = [path for path in folder.rglob("*") if path.is_file()]
        return sum(path.stat().st_size for path in files) / 1e6

    def _get(self, path: str) -> dict[str, Any]:
        from gongwen.index.opensearch_address import Address, Secrets
        from gongwen.index.opensearch_client import Client

        address = Address.read(self.address)
        of_index = f"/{address.name}-*" if path == "/_stats/store" else ""
        found: dict[str, Any] = Client(address, Secrets.of(), 30).get(of_index + path)
        return found


# -- this project --------------------------------------------------------------------------------


def _engine(name: str) -> Callable[[Path], Any]:
    def opened(folder: Path) -> Any:
        from gongwen.index.engines import factory

        return factory(name).open(folder, "benchmark")

    return opened


def _entries(rows: Iterable[Row]) -> Iterator[Any]:
    from gongwen.index.engine import Entry

    for row in rows:
        yield Entry(
            row.id, row.text, row.words, (row.topic,), "plan", "sentence", row.report, "", ""
        )


def _build_ours(name: str) -> Callable[[Path, Iterable[Row]], None]:
    def build(folder: Path, rows: Iterable[Row]) -> None:
        from gongwen.index.engines import factory

        factory(name).drop(folder, "benchmark")
        engine = _engine(name)(folder)
        engine.feed(_entries(rows), (), 1)
        engine.close()

    return build


def _add_ours(name: str) -> Callable[[Path, Row], None]:
    def add(folder: Path, row: Row) -> None:
        engine = _engine(name)(folder)
        engine.feed(_entries([row]), (), engine.generation + 1)
        engine.close()

    return add


class _Trees:
    """Queries as the library plans them: no boilerplate, unless it is asked for."""

    def __init__(self) -> None:
        from gongwen.index.query import And, Filter, Not, Run, Text

        self._and, self._run, self._text = And, Run, Text
        self._none = Not(Filter("kind", ("boilerplate",)))

    def word(self, word: str) -> Any:
        run = self._run(word, ((self._text(word, whole=True),),))
        return self._and((run, self._none))

    def exact(self, string: str) -> Any:
        return self._and((self._text(string), self._none))


class OwnEngine(_Trees):
    """An engine of this project by its primitives, with its own ranking by words."""

    def __init__(self, folder: Path, name: str = "tantivy") -> None:
        super().__init__()
        self._engine = _engine(name)(folder)

    def _best(self, tree: Any) -> list[str]:
        found: list[str] = self._engine.texts(self._engine.top(tree, LIMIT).ids.tolist())
        return found

    def word(self, word: str) -> list[str]:
        """Return the texts of the best hits by the engine's own score."""
        return self._best(super().word(word))

    def exact(self, string: str, words: list[str]) -> list[str]:
        """Return the texts of the best hits by the engine's own score."""
        return self._best(super().exact(string))

    def found(self, string: str, words: list[str]) -> list[int]:
        """Return the id of every sentence in which an exact string is found."""
        return list(self._engine.ids(super().exact(string)))

    def count(self, word: str) -> int:
        """Return how many sentences hold a word."""
        return int(self._engine.count(super().word(word)))

    def facet(self, word: str) -> dict[str, int]:
        """Return how many sentences with a word have each topic."""
        found: dict[str, int] = self._engine.facets(super().word(word), ("topic",))["topic"]
        return found


class OwnSearch(_Trees):
    """A whole search of this project: exact totals, near-copies once, the final order."""

    def __init__(self, folder: Path, name: str) -> None:
        super().__init__()
        from gongwen.index.engines import searcher_of

        self._engine = _engine(name)(folder)
        self._searcher: Any = searcher_of(self._engine, lambda: self)  # type: ignore[arg-type, return-value]

    def reports(self) -> dict[str, tuple[str, str]]:
        """Return the region and year of each report: none are asked for."""
        return {}

    def _best(self, tree: Any) -> list[str]:
        ids = self._searcher.search(tree, limit=LIMIT, group="best").ids
        found: list[str] = self._engine.texts(ids)
        return found

    def word(self, word: str) -> list[str]:
        """Return the texts of the best hits."""
        return self._best(super().word(word))

    def exact(self, string: str, words: list[str]) -> list[str]:
        """Return the texts of the best hits."""
        return self._best(super().exact(string))

    def found(self, string: str, words: list[str]) -> list[int]:
        """Return the id of every sentence in which an exact string is found."""
        return list(self._searcher.ids(super().exact(string)))

    def count(self, word: str) -> int:
        """Return how many sentences hold a word."""
        return int(self._searcher.count(super().word(word)))

    def facet(self, word: str) -> dict[str, int]:
        """Return how many sentences with a word have each topic."""
        found = self._searcher.search(super().word(word), limit=0, facets=("topic",))
        return dict(found.counts["topic"])


# -- tantivy alone -------------------------------------------------------------------------------


def _document(row: Row) -> Any:
    import tantivy

    made = tantivy.Document()
    made.add_unsigned("id", row.id)
    made.add_text("words", " ".join(row.words))
    made.add_bytes("text", row.text.encode())
    made.add_text("topic", row.topic)
    return made


def build_tantivy(folder: Path, rows: Iterable[Row]) -> None:
    """Index words joined by spaces, with the text and its topic beside them."""
    import tantivy

    folder.mkdir(parents=True)
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("id", stored=True, indexed=True, fast=True)
    builder.add_text_field("words", tokenizer_name="whitespace")
    builder.add_bytes_field("text", stored=True)  # a text field cannot be stored alone
    builder.add_text_field("topic", tokenizer_name="raw", fast=True)
    writer = tantivy.Index(builder.build(), path=str(folder)).writer()
    for row in rows:
        writer.add_document(_document(row))
    writer.commit()
    writer.wait_merging_threads()


def add_to_tantivy(folder: Path, row: Row) -> None:
    """Open a writer, add and commit."""
    import tantivy

    writer = tantivy.Index.open(str(folder)).writer(32 << 20, 1)
    writer.add_document(_document(row))
    writer.commit()
    writer.wait_merging_threads()


class Tantivy:
    """tantivy through its own Python package; an exact string is a phrase of words."""

    def __init__(self, folder: Path) -> None:
        import tantivy

        self._query = tantivy.Query
        self._index = tantivy.Index.open(str(folder))
        self._searcher = self._index.searcher()

    def _word(self, word: str) -> Any:
        return self._query.term_query(self._index.schema, "words", word)

    def _phrase(self, words: list[str]) -> Any:
        if len(words) == 1:
            return self._word(words[0])
        return self._query.phrase_query(self._index.schema, "words", list(words))

    def _best(self, query: Any) -> list[str]:
        hits = self._searcher.search(query, limit=LIMIT, count=False).hits
        return [self._searcher.doc(at).get_first("text").decode() for _, at in hits]

    def word(self, word: str) -> list[str]:
        """Return the texts of the best hits of a word."""
        return self._best(self._word(word))

    def exact(self, string: str, words: list[str]) -> list[str]:
        """Return the texts of the best hits of a phrase."""
        return self._best(self._phrase(words))

    def found(self, string: str, words: list[str]) -> list[int]:
        """Return the id of every sentence that has the phrase."""
        query = self._phrase(words)
        count: int = self._searcher.search(query, limit=1, count=True).count  # type: ignore[attr-defined]
        hits = self._searcher.search(query, limit=max(count, 1), count=False).hits
        ids: list[int] = self._searcher.fast_field_values("id", [at for _, at in hits])
        return ids

    def count(self, word: str) -> int:
        """Return how many sentences have a word."""
        found: Any = self._searcher.search(self._word(word), limit=1, count=True)
        return int(found.count)

    def facet(self, word: str) -> dict[str, int]:
        """Aggregate by the column of topics."""
        wanted = {"topic": {"terms": {"field": "topic", "size": 100}}}
        found = self._searcher.aggregate(self._word(word), wanted)
        return {bucket["key"]: bucket["doc_count"] for bucket in found["topic"]["buckets"]}


# -- SQLite --------------------------------------------------------------------------------------

_INSERT = "INSERT INTO sentences (rowid, words, text, topic) VALUES (?, ?, ?, ?)"


def _values(row: Row) -> tuple[Any, ...]:
    return row.id, " ".join(row.words), row.text, row.topic


def build_fts5(folder: Path, rows: Iterable[Row]) -> None:
    """Index words joined by spaces, with the text and its topic beside them."""
    folder.mkdir(parents=True)
    with closing(sqlite3.connect(folder / "index.db")) as database, database:
        database.execute(
            "CREATE VIRTUAL TABLE sentences USING"
            " fts5(words, text UNINDEXED, topic UNINDEXED, tokenize = 'unicode61')"
        )
        database.executemany(_INSERT, map(_values, rows))


def add_to_fts5(folder: Path, row: Row) -> None:
    """Insert in a transaction of its own."""
    with closing(sqlite3.connect(folder / "index.db")) as database, database:
        database.execute(_INSERT, _values(row))


class Fts5:
    """SQLite's full-text search; an exact string is a phrase of words."""

    def __init__(self, folder: Path) -> None:
        self._database = sqlite3.connect(folder / "index.db")

    def _rows(self, what: str, words: list[str], rest: str = "") -> list[tuple[Any, ...]]:
        phrase = '"' + " ".join(words).replace('"', '""') + '"'
        statement = f"SELECT {what} FROM sentences WHERE sentences MATCH ? {rest}"
        return self._database.execute(statement, (phrase,)).fetchall()

    def word(self, word: str) -> list[str]:
        """Return the texts of the best hits of a word."""
        return self.exact(word, [word])

    def exact(self, string: str, words: list[str]) -> list[str]:
        """Return the texts of the best hits of a phrase."""
        return [text for (text,) in self._rows("text", words, f"ORDER BY rank LIMIT {LIMIT}")]

    def found(self, string: str, words: list[str]) -> list[int]:
        """Return the id of every sentence that has the phrase."""
        return [id_ for (id_,) in self._rows("rowid", words)]

    def count(self, word: str) -> int:
        """Return how many sentences have a word."""
        return int(self._rows("count(*)", [word])[0][0])

    def facet(self, word: str) -> dict[str, int]:
        """Group by topic."""
        return dict(self._rows("topic, count(*)", [word], "GROUP BY topic"))


# -- Whoosh --------------------------------------------------------------------------------------


def build_whoosh(folder: Path, rows: Iterable[Row]) -> None:
    """Index words joined by spaces, with the text and its topic beside them."""
    from whoosh.analysis import SpaceSeparatedTokenizer
    from whoosh.fields import ID, KEYWORD, STORED, TEXT, Schema
    from whoosh.index import create_in

    folder.mkdir(parents=True)
    schema = Schema(
        id=ID(stored=True, unique=True),
        words=TEXT(analyzer=SpaceSeparatedTokenizer()),
        text=STORED,
        topic=KEYWORD(sortable=True),
    )
    writer = create_in(str(folder), schema).writer(limitmb=128)
    for row in rows:
        writer.add_document(
            id=str(row.id), words=" ".join(row.words), text=row.text, topic=row.topic
        )
    writer.commit()


def add_to_whoosh(folder: Path, row: Row) -> None:
    """Open a writer, add and commit."""
    from whoosh.index import open_dir

    writer = open_dir(str(folder)).writer()
    writer.add_document(id=str(row.id), words=" ".join(row.words), text=row.text, topic=row.topic)
    writer.commit()


class Whoosh:
    """Whoosh; an exact string is a phrase of words."""

    def __init__(self, folder: Path) -> None:
        from whoosh.index import open_dir

        self._searcher = open_dir(str(folder)).searcher()

    def _query(self, words: list[str]) -> Any:
        from whoosh.query import Phrase, Term

        return Term("words", words[0]) if len(words) == 1 else Phrase("words", words)

    def word(self, word: str) -> list[str]:
        """Return the texts of the best hits of a word."""
        return self.exact(word, [word])

    def exact(self, string: str, words: list[str]) -> list[str]:
        """Return the texts of the best hits of a phrase."""
        return [hit["text"] for hit in self._searcher.search(self._query(words), limit=LIMIT)]

    def found(self, string: str, words: list[str]) -> list[int]:
        """Return the id of every sentence that has the phrase."""
        numbers = self._searcher.docs_for_query(self._query(words))
        return [int(self._searcher.stored_fields(number)["id"]) for number in numbers]

    def count(self, word: str) -> int:
        """Return how many sentences have a word."""
        return len(list(self._searcher.docs_for_query(self._query([word]))))

    def facet(self, word: str) -> dict[str, int]:
        """Group by the column of topics."""
        from whoosh.sorting import Count, FieldFacet

        by = FieldFacet("topic", maptype=Count)
        found = self._searcher.search(self._query([word]), limit=None, groupedby=by)
        return dict(found.groups("topic"))


@cache
def peers(address: str = "") -> dict[str, Peer]:
    """Return the engines by the names of their folders.

    Args:
        address: address of a cluster of OpenSearch that is one of them, ``""`` for none.
    """
    whoosh = "whoosh"
    client = "opensearchpy"
    in_cluster = {
        "own-opensearch": Peer(
            "gongwen's engine opensearch", client, _build_ours(address),
            lambda folder: OwnEngine(folder, address), _add_ours(address), "", address,
        ),
        "search-opensearch": Peer(
            "a whole search over it", client, _build_ours(address),
            lambda folder: OwnSearch(folder, address), _add_ours(address), "own-opensearch",
            address,
        ),
    }  # fmt: skip
    return {
        "tantivy": Peer("tantivy alone", "tantivy", build_tantivy, Tantivy, add_to_tantivy),
        "own-tantivy": Peer(
            "gongwen's engine tantivy", "tantivy", _build_ours("tantivy"), OwnEngine,
            _add_ours("tantivy"),
        ),
        "search-tantivy": Peer(
            "a whole search over it", "tantivy", _build_ours("tantivy"),
            lambda folder: OwnSearch(folder, "tantivy"), _add_ours("tantivy"), "own-tantivy",
        ),
        "own-whoosh": Peer(
            "gongwen's default engine, a whole search", whoosh, _build_ours("whoosh"),
            lambda folder: OwnSearch(folder, "whoosh"), _add_ours("whoosh"),
        ),
        "fts5": Peer("SQLite FTS5", "sqlite3", build_fts5, Fts5, add_to_fts5),
        "whoosh": Peer("Whoosh", whoosh, build_whoosh, Whoosh, add_to_whoosh),
    } | (in_cluster if address else {})  # fmt: skip


def timed(ask: Callable[..., Any], *arguments: Any) -> float:
    """Return the milliseconds of processor time that a call takes, those of all threads."""
    began = time.process_time()
    ask(*arguments)
    return 1000 * (time.process_time() - began)
