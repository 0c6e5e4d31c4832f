"""Search engines that a user would pick, each built and asked as its own manual or a tutorial does.

All store the text of every sentence, and all fetch the text of their hits. Imports are late, so
that a process that builds or asks one of them loads nothing of the others.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.search_queries import EXACT, LIMIT, Cut, Hit, Query, Sentence, typed

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

        parsed = self._parser.parse(typed(query))
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


# -- Whoosh with as little as possible -----------------------------------------------------------


def our_cutter(name: str) -> Cut:
    """Return what the segmenter of that name in this project cuts with."""
    from gongwen.nlp.seeds import load_userdict, shipped
    from gongwen.nlp.text import segmenter

    cut: Cut = getattr(segmenter, name)(load_userdict(shipped("userdict.txt"))).cut
    return cut


def build_lean(folder: Path, sentences: Iterable[Sentence], cut: Cut) -> None:
    """Index words that are cut already, without positions, and store each text once."""
    from whoosh.fields import KEYWORD, STORED, Schema
    from whoosh.index import create_in

    from gongwen.nlp.text.normalize import squeeze

    folder.mkdir(parents=True)
    schema = Schema(
        id=STORED, words=KEYWORD(scorable=True), text=STORED, topic=KEYWORD(sortable=True)
    )
    writer = create_in(str(folder), schema).writer(limitmb=256)
    for s in sentences:
        joined = " ".join(cut(squeeze(s.text)))
        writer.add_document(id=s.id, words=joined, text=s.text, topic=s.topic)
    writer.commit()


class Lean:
    """Whoosh over words; a string is looked for in the texts that have all of its words."""

    def __init__(self, cutter: Callable[[], Cut], folder: Path) -> None:
        from whoosh.index import open_dir

        self._cut = cutter()
        self._searcher = open_dir(str(folder)).searcher()

    def _parsed(self, query: Query) -> Any:
        from whoosh.query import And, Or, Term

        from gongwen.nlp.text.normalize import squeeze

        def all_of(string: str) -> Any:
            return And([Term("words", word) for word in self._cut(squeeze(string))])

        parts = [all_of(string) for string in query.strings]
        parsed = Or(parts) if query.kind == "or" else And(parts)
        parsed = And([parsed, Term("topic", query.topic)]) if query.topic else parsed
        return parsed.normalize()

    def _numbers(self, query: Query) -> Iterator[int]:
        """Yield the numbers of the documents that match, those with an exact string only."""
        for number in self._searcher.docs_for_query(self._parsed(query)):
            if query.kind not in EXACT or query.strings[0] in self._stored(number)["text"]:
                yield number

    def _stored(self, number: int) -> dict[str, Any]:
        found: dict[str, Any] = self._searcher.stored_fields(number)
        return found

    def find(self, query: Query) -> list[Hit]:
        """Return the best hits with their stored text; those of a string in their own order."""
        if query.kind in EXACT:
            found = [self._stored(number) for number in islice(self._numbers(query), LIMIT)]
            return [Hit(one["id"], one["text"]) for one in found]
        hits = self._searcher.search(self._parsed(query), limit=LIMIT)
        return [Hit(hit["id"], hit["text"]) for hit in hits]

    def count(self, query: Query) -> int:
        """Return how many sentences match."""
        return sum(1 for _ in self._numbers(query))

    def by_topic(self, query: Query) -> dict[str, int]:
        """Group by the column of topics."""
        from whoosh.sorting import Count, FieldFacet

        by = FieldFacet("topic", maptype=Count)
        found = self._searcher.search(self._parsed(query), limit=None, groupedby=by)
        return dict(found.groups("topic"))

    def ids(self, query: Query) -> list[int]:
        """Return the id of every sentence that matches."""
        return [self._stored(number)["id"] for number in self._numbers(query)]


# -- words in another store ----------------------------------------------------------------------


def jieba_cutter() -> Cut:
    """Return jieba's cut for search engines: words, and shorter words inside them, as all use."""
    import jieba

    jieba.initialize()

    def cut(text: str) -> list[str]:
        found: list[str] = jieba.lcut_for_search(text.lower())
        return found

    return cut


def rjieba_cutter() -> Cut:
    """Return the same cut of jieba in Rust."""
    import rjieba

    rjieba.cut_for_search("")  # loads the dictionary

    def cut(text: str) -> list[str]:
        found: list[str] = rjieba.cut_for_search(text.lower())
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

    def __init__(self, cutter: Callable[[], Cut], folder: Path) -> None:
        self._database = sqlite3.connect(folder / "index.db")
        self._cut = cutter()

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

    def __init__(self, cutter: Callable[[], Cut], folder: Path) -> None:
        import tantivy

        self._index = tantivy.Index.open(str(folder))
        self._searcher = self._index.searcher()
        self._cut = cutter()

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


def _in_words(query: Query, cut: Cut) -> str:
    """Return the query over words joined by spaces: a phrase, or words joined by AND and OR."""
    parts = [[word for word in cut(string) if word.strip()] for string in query.strings]
    if query.kind in EXACT:
        return '"' + " ".join(parts[0]) + '"'
    either = " OR " if query.kind == "or" else " AND "
    return either.join("(" + " AND ".join(f'"{word}"' for word in part) + ")" for part in parts)
