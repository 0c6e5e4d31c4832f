"""The recipe of most tutorials: Whoosh with jieba's ``ChineseAnalyzer``, in a script.

``python -m benchmarks.recipe INDEX_FOLDER QUERY`` searches a folder that :func:`build` made.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable
from pathlib import Path

warnings.simplefilter("ignore")


def build(folder: Path, sentences: Iterable[tuple[str, str]]) -> None:
    """Index ``(id, text)`` pairs as the tutorials do."""
    from jieba.analyse import ChineseAnalyzer
    from whoosh.fields import ID, TEXT, Schema
    from whoosh.index import create_in

    folder.mkdir(parents=True)
    schema = Schema(
        id=ID(stored=True, unique=True), text=TEXT(stored=True, analyzer=ChineseAnalyzer())
    )
    writer = create_in(str(folder), schema).writer()
    for id_, text in sentences:
        writer.add_document(id=id_, text=text)
    writer.commit()


def search(folder: Path, query: str) -> list[str]:
    """Search as the tutorials do."""
    from whoosh.index import open_dir
    from whoosh.qparser import QueryParser

    index = open_dir(str(folder))
    with index.searcher() as searcher:
        parsed = QueryParser("text", index.schema).parse(query)
        return [hit["text"] for hit in searcher.search(parsed, limit=20)]


if __name__ == "__main__":
    import logging

    import jieba

    jieba.setLogLevel(logging.CRITICAL)
    for text in search(Path(sys.argv[1]), sys.argv[2]):
        print(text)
