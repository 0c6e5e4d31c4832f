"""Search engines that a user would pick, each built and asked as its own manual or a tutorial does.

Imports are late, so that a process that builds or asks one of them loads nothing of the others.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from benchmarks.search_queries import Query, Sentence

LIMIT = 20
"""Hits that a search fetches."""
Cut = Callable[..., Iterable[Any]]


class Hit(NamedTuple):
    """A sentence found; ``text`` is ``""`` from an engine that does not store it."""

    id: int
    text: str


class Searcher(Protocol):
    """An opened index."""

    def find(self, query: Query) -> list[Hit]:
        """Return the best :data:`LIMIT` hits, best first."""

    def count(self, query: Query) -> int:
        """Return how many sentences match."""

    def by_topic(self, query: Query) -> dict[str, int]:
        """Return how many sentences match with each topic."""

    def ids(self, query: Query) -> list[int]:
        """Return the id of every sentence that matches."""


@dataclass(frozen=True)
class Contender:
    """An engine of the comparison.

    Attributes:
        name: heads its row.
        needs: modules without which it is left out.
        cutter: makes the function that cuts text, whose time is taken apart.
        build: indexes sentences in a new folder with that function.
        open: opens what ``build`` made.
    """

    name: str
    needs: tuple[str, ...]
    cutter: Callable[[], Cut]
    build: Callable[[Path, Iterable[Sentence], Cut], None]
    open: Callable[[Path], Searcher]

    def missing(self) -> list[str]:
        """Return the modules that it needs and that are not there."""
        return [module for module in self.needs if not find_spec(module)]


# -- this engine ---------------------------------------------------------------------------------


def our_cutter(name: str) -> Cut:
    """Return what the segmenter of that name cuts with, with the terms that are shipped."""
    from gongwen.nlp.seeds import load_userdict, shipped
    from gongwen.nlp.text import segmenter

    cut: Cut = getattr(segmenter, name)(load_userdict(shipped("userdict.txt"))).cut
    return cut


def build_ours(folder: Path, sentences: Iterable[Sentence], cut: Cut) -> None:
    """Index as ``gongwen add`` does; the year stands for the report."""
    from gongwen.index.engine import Entry
    from gongwen.index.whoosh_engine import WhooshEngine
    from gongwen.nlp.text.normalize import squeeze

    def entries() -> Iterable[Entry]:
        for sentence in sentences:
            text = squeeze(sentence.text)
            yield Entry(
                id=sentence.id,
                text=text,
                words=list(cut(text)),
                topics=(sentence.topic,),
                role="",
                kind="sentence",
                report=sentence.year,
                region="",
                year=sentence.year,
            )

    engine = WhooshEngine(folder)
    engine.feed(entries(), (), 1)
    engine.close()


class Ours:
    """This engine, asked as the library asks it."""

    def __init__(self, folder: Path) -> None:
        from gongwen.index.planner import Planner
        from gongwen.index.whoosh_engine import WhooshEngine
        from gongwen.nlp.seeds import load_synonyms, shipped
        from gongwen.nlp.topics.taxonomy import Taxonomy

        self._synonyms = cache(lambda: load_synonyms([shipped("synonyms.toml")]))
        self._engine = WhooshEngine(folder)
        self._planner = Planner(self._engine, cache(Taxonomy.shipped), lambda name: name)

    def _plan(self, query: Query) -> Any:
        from gongwen.index.query import parse_query

        topic = f" topic:{query.topic}" if query.topic else ""
        return self._planner.plan(parse_query(_typed(query) + topic))

    def _run(self, query: Query, limit: int, **options: Any) -> list[int]:
        from gongwen.index.expansion import run
        from gongwen.index.requests import SearchRequest

        request = SearchRequest(limit=limit, **options)
        return run(self._engine, self._plan(query), self._synonyms, request).found.ids

    def find(self, query: Query) -> list[Hit]:
        """Return the best hits; their text is in the library's store, not in the engine."""
        return [Hit(id_, "") for id_ in self._run(query, LIMIT)]

    def count(self, query: Query) -> int:
        """Return how many sentences match."""
        return self._engine.count(self._plan(query))

    def by_topic(self, query: Query) -> dict[str, int]:
        """Return the facet of topics."""
        found = self._engine.search(self._plan(query), limit=0, facets=("topic",))
        return dict(found.counts["topic"])

    def ids(self, query: Query) -> list[int]:
        """Return the id of every sentence that matches, each near-copy by itself."""
        from gongwen.index.requests import SearchRequest

        # An earlier checkout has no near-copies.
        every = {"group": False} if "group" in SearchRequest.__dataclass_fields__ else {}
        return self._run(query, 1_000_000_000, **every)


# -- the recipe ----------------------------------------------------------------------------------


def recipe_cutter() -> Cut:
    """Return the function that ``ChineseAnalyzer`` cuts with."""
    import jieba

    cut: Cut = jieba.tokenize
    return cut


def build_recipe(folder: Path, sentences: Iterable[Sentence], cut: Cut) -> None:
    """Index as in :mod:`benchmarks.recipe`, with a column for the topic."""
    import jieba
    from jieba.analyse import ChineseAnalyzer
    from whoosh.fields import ID, KEYWORD, TEXT, Schema
    from whoosh.index import create_in

    jieba.tokenize = cut
    folder.mkdir(parents=True)
    schema = Schema(
        id=ID(stored=True, unique=True),
        text=TEXT(stored=True, analyzer=ChineseAnalyzer()),
        topic=KEYWORD(sortable=True),
    )
    writer = create_in(str(folder), schema).writer()
    for sentence in sentences:
        writer.add_document(id=str(sentence.id), text=sentence.text, topic=sentence.topic)
    writer.commit()


class Recipe:
    """Whoosh with jieba's analyzer."""

    def __init__(self, folder: Path) -> None:
        from whoosh.index import open_dir
        from whoosh.qparser import QueryParser

        index = open_dir(str(folder))
        self._searcher = index.searcher()
        self._parser = QueryParser("text", index.schema)

    def _parsed(self, query: Query) -> Any:
        from whoosh.query import And, Term

        parsed = self._parser.parse(_typed(query))
        return And([parsed, Term("topic", query.topic)]) if query.topic else parsed

    def find(self, query: Query) -> list[Hit]:
        """Return the best hits with their stored text."""
        found = self._searcher.search(self._parsed(query), limit=LIMIT)
        return [Hit(int(hit["id"]), hit["text"]) for hit in found]

    def count(self, query: Query) -> int:
        """Count without ranking, which is faster than the length of a search's results."""
        return len(list(self._searcher.docs_for_query(self._parsed(query))))

    def by_topic(self, query: Query) -> dict[str, int]:
        """Group by the column of topics."""
        from whoosh.sorting import Count, FieldFacet

        by = FieldFacet("topic", maptype=Count)
        found = self._searcher.search(self._parsed(query), limit=None, groupedby=by)
        return dict(found.groups("topic"))

    def ids(self, query: Query) -> list[int]:
        """Return the id of every sentence that matches."""
        numbers = self._searcher.docs_for_query(self._parsed(query))
        return [int(self._searcher.stored_fields(number)["id"]) for number in numbers]


# -- jieba's words in another store --------------------------------------------------------------


def jieba_cutter() -> Cut:
    """Return jieba's cut for search engines: words, and shorter words inside them, as all use."""
    import jieba

    jieba.initialize()

    def cut(text: str) -> list[str]:
        found: list[str] = jieba.lcut_for_search(text.lower())
        return found

    return cut


def build_fts5(folder: Path, sentences: Iterable[Sentence], cut: Cut) -> None:
    """Index words joined by spaces, with the text and its topic beside them."""
    folder.mkdir(parents=True)
    with closing(sqlite3.connect(folder / "index.db")) as database, database:
        database.execute(
            "CREATE VIRTUAL TABLE sentences USING"
            " fts5(words, text UNINDEXED, topic UNINDEXED, tokenize = 'unicode61')"
        )
        database.executemany(
            "INSERT INTO sentences (rowid, words, text, topic) VALUES (?, ?, ?, ?)",
            ((s.id, " ".join(cut(s.text)), s.text, s.topic) for s in sentences),
        )


class Fts5:
    """SQLite's full-text search."""

    def __init__(self, folder: Path) -> None:
        self._database = sqlite3.connect(folder / "index.db")
        self._cut = jieba_cutter()

    def _rows(self, what: str, query: Query, rest: str = "") -> list[tuple[Any, ...]]:
        values = [_in_words(query, self._cut)]
        where = "sentences MATCH ?"
        if query.topic:
            where += " AND topic = ?"
            values.append(query.topic)
        statement = f"SELECT {what} FROM sentences WHERE {where} {rest}"
        return self._database.execute(statement, values).fetchall()

    def find(self, query: Query) -> list[Hit]:
        """Return the best hits with their stored text."""
        return [
            Hit(*row) for row in self._rows("rowid, text", query, f"ORDER BY rank LIMIT {LIMIT}")
        ]

    def count(self, query: Query) -> int:
        """Return how many sentences match."""
        return int(self._rows("count(*)", query)[0][0])

    def by_topic(self, query: Query) -> dict[str, int]:
        """Group by topic."""
        return dict(self._rows("topic, count(*)", query, "GROUP BY topic"))

    def ids(self, query: Query) -> list[int]:
        """Return the id of every sentence that matches."""
        return [id_ for (id_,) in self._rows("rowid", query)]


def build_tantivy(folder: Path, sentences: Iterable[Sentence], cut: Cut) -> None:
    """Index words joined by spaces, with the text and its topic beside them."""
    import tantivy

    folder.mkdir(parents=True)
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("id", stored=True)
    builder.add_text_field("words", tokenizer_name="whitespace")
    builder.add_bytes_field("text", stored=True)  # a text field cannot be stored alone
    builder.add_text_field("topic", tokenizer_name="raw", fast=True)
    writer = tantivy.Index(builder.build(), path=str(folder)).writer()
    for s in sentences:
        joined = " ".join(cut(s.text))
        document = tantivy.Document(id=s.id, words=joined, text=s.text.encode(), topic=s.topic)
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()


class Tantivy:
    """tantivy, the library in Rust, through its own Python package."""

    def __init__(self, folder: Path) -> None:
        import tantivy

        self._index = tantivy.Index.open(str(folder))
        self._searcher = self._index.searcher()
        self._cut = jieba_cutter()

    def _parsed(self, query: Query) -> Any:
        typed = _in_words(query, self._cut)
        if query.topic:
            typed = f'({typed}) AND topic:"{query.topic}"'
        return self._index.parse_query(typed, ["words"])

    def _found(self, query: Query, limit: int) -> list[Hit]:
        found = self._searcher.search(self._parsed(query), limit=limit, count=False)
        documents = (self._searcher.doc(address) for _, address in found.hits)
        return [Hit(d["id"][0], bytes(d["text"][0]).decode()) for d in documents]

    def find(self, query: Query) -> list[Hit]:
        """Return the best hits with their stored text."""
        return self._found(query, LIMIT)

    def count(self, query: Query) -> int:
        """Return how many sentences match."""
        found: Any = self._searcher.search(self._parsed(query), limit=1, count=True)
        return int(found.count)

    def by_topic(self, query: Query) -> dict[str, int]:
        """Aggregate by the column of topics."""
        wanted = {"topic": {"terms": {"field": "topic", "size": 100}}}
        found = self._searcher.aggregate(self._parsed(query), wanted)
        return {bucket["key"]: bucket["doc_count"] for bucket in found["topic"]["buckets"]}

    def ids(self, query: Query) -> list[int]:
        """Return the id of every sentence that matches."""
        return [hit.id for hit in self._found(query, max(self.count(query), 1))]


def _typed(query: Query) -> str:
    """Return the query as it is typed where OR and quotes are known and a space means AND."""
    if query.kind == "exact":
        return f'"{query.strings[0]}"'
    return (" OR " if query.kind == "or" else " ").join(query.strings)


def _in_words(query: Query, cut: Cut) -> str:
    """Return the query over words joined by spaces: a phrase, or words joined by AND and OR."""
    parts = [[word for word in cut(string) if word.strip()] for string in query.strings]
    if query.kind == "exact":
        return '"' + " ".join(parts[0]) + '"'
    either = " OR " if query.kind == "or" else " AND "
    return either.join("(" + " AND ".join(f'"{word}"' for word in part) + ")" for part in parts)


OURS = "gongwen, jieba"
RECIPE = "Whoosh + ChineseAnalyzer"
CONTENDERS: Sequence[Contender] = (
    Contender(RECIPE, (), recipe_cutter, build_recipe, Recipe),
    Contender(OURS, (), partial(our_cutter, "JiebaSegmenter"), build_ours, Ours),
    Contender(
        "gongwen, rjieba", ("rjieba",), partial(our_cutter, "RjiebaSegmenter"), build_ours, Ours
    ),
    Contender("SQLite FTS5, jieba", (), jieba_cutter, build_fts5, Fts5),
    Contender("tantivy, jieba", ("tantivy",), jieba_cutter, build_tantivy, Tantivy),
)
