"""What a user would write instead: a script that reads each file with a library, splits it at full
stops, and puts the sentences into a ready-made index. None reads figures, knows a heading from a
sentence or recognises copies; one tags each sentence with a topic.

Imports are late, so that a process loads only what its script needs.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

from benchmarks import recipe

ROOT = Path(__file__).parents[1]
_SENTENCE = re.compile(r"[^。！？\s][^。！？\n]*[。！？]?")


@dataclass(frozen=True)
class Peer:
    """A script.

    Attributes:
        name: heads its row.
        needs: modules without which it is left out.
        pdf: reads a PDF.
        index: puts ``(id, text)`` pairs into a folder.
        tags: it needs a tagger, which :func:`fit_tagger` leaves beside that folder.
    """

    name: str
    needs: tuple[str, ...]
    pdf: Callable[[Path], str]
    index: Callable[[Path, Iterable[tuple[str, str]]], None]
    tags: bool = False

    def missing(self) -> list[str]:
        """Return the modules that it needs and that are not there."""
        return [module for module in self.needs if not find_spec(module)]


@dataclass
class Done:
    """What a script did.

    Attributes:
        sentences: how many were indexed.
        failed: files that were not read.
        read: seconds of CPU by format.
    """

    sentences: int = 0
    failed: list[str] = field(default_factory=list)
    read: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))


def run(peer: Peer, folder: Path, files: Sequence[Path]) -> Done:
    """Read, split and index ``files`` one after the other."""
    for module in (*peer.needs, "charset_normalizer"):
        import_module(module)  # not to be counted to the first file
    readers = {"txt": read_txt, "docx": read_docx, "html": read_html, "pdf": peer.pdf}
    done = Done()

    def sentences() -> Iterator[tuple[str, str]]:
        for number, path in enumerate(files):
            began = time.process_time()
            try:
                text = readers[path.suffix[1:]](path)
            except Exception as error:  # as such a script does, so that one file does not end it
                done.failed.append(f"{path.name}: {error}")
                continue
            done.read[path.suffix[1:]] += time.process_time() - began
            for n, sentence in enumerate(_SENTENCE.findall(text)):
                done.sentences += 1
                yield f"{number}:{n}", sentence

    peer.index(folder, sentences())
    return done


def read_txt(path: Path) -> str:
    from charset_normalizer import from_path

    return str(from_path(path).best())


def read_docx(path: Path) -> str:
    import docx

    return "\n".join(paragraph.text for paragraph in docx.Document(str(path)).paragraphs)


def read_html(path: Path) -> str:
    import trafilatura

    return trafilatura.extract(path.read_bytes()) or ""


def read_pdf(path: Path) -> str:
    import pdfplumber

    with pdfplumber.open(path) as pdf:
        return "\n".join(page.extract_text() for page in pdf.pages)


def read_pdf_fast(path: Path) -> str:
    import pypdfium2

    with closing(pypdfium2.PdfDocument(path)) as pdf:
        return "\n".join(page.get_textpage().get_text_range() for page in pdf)


def index_whoosh(folder: Path, sentences: Iterable[tuple[str, str]]) -> None:
    recipe.build(folder / "index", sentences)


def index_fts5(folder: Path, sentences: Iterable[tuple[str, str]]) -> None:
    with closing(sqlite3.connect(folder / "index.db")) as database, database:
        database.execute(
            "CREATE VIRTUAL TABLE sentences USING fts5(id UNINDEXED, text, tokenize = 'trigram')"
        )
        database.executemany("INSERT INTO sentences VALUES (?, ?)", sentences)


def index_words(folder: Path, sentences: Iterable[tuple[str, str]]) -> None:
    """Index the words that rjieba cuts, with the text beside them."""
    import rjieba

    cut = rjieba.cut_for_search
    with closing(sqlite3.connect(folder / "index.db")) as database, database:
        database.execute(
            "CREATE VIRTUAL TABLE sentences USING fts5(id UNINDEXED, words, text UNINDEXED)"
        )
        rows = ((id_, " ".join(cut(text.lower())), text) for id_, text in sentences)
        database.executemany("INSERT INTO sentences VALUES (?, ?, ?)", rows)


def index_words_and_topics(folder: Path, sentences: Iterable[tuple[str, str]]) -> None:
    """Tag every sentence with a topic, a thousand at a time, and index its words."""
    import rjieba

    from benchmarks.peers import Scikit

    cut, tagger, left = (
        rjieba.cut_for_search,
        Scikit.load(_tagger(folder)),
        iter(sentences),
    )
    with closing(sqlite3.connect(folder / "index.db")) as database, database:
        database.execute(
            "CREATE VIRTUAL TABLE sentences USING"
            " fts5(id UNINDEXED, words, text UNINDEXED, topic UNINDEXED)"
        )
        while batch := list(islice(left, 1000)):
            topics = tagger.predict([text for _, text in batch])
            rows = (
                (id_, " ".join(cut(text.lower())), text, topic)
                for (id_, text), topic in zip(batch, topics, strict=True)
            )
            database.executemany("INSERT INTO sentences VALUES (?, ?, ?, ?)", rows)


def _tagger(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}-tagger") / "tagger.joblib"


def fit_tagger(folder: Path) -> None:
    """Fit a linear support vector machine to the shipped labels, and write it beside an index."""
    import json

    from benchmarks.peers import char_svm

    lines = (ROOT / "seeds" / "labels.jsonl").read_text("utf-8").splitlines()
    labels = [json.loads(line) for line in lines if line.strip()]
    tagger = char_svm()
    tagger.fit([label["text"] for label in labels], [label["topic"] for label in labels])
    _tagger(folder).parent.mkdir()
    tagger.save(_tagger(folder))


USUAL = "pdfplumber, Whoosh + ChineseAnalyzer"
_FAST = ("docx", "trafilatura", "pypdfium2")
PEERS: Sequence[Peer] = (
    Peer(USUAL, ("docx", "trafilatura", "pdfplumber"), read_pdf, index_whoosh),
    Peer("pypdfium2, SQLite FTS5 trigram", _FAST, read_pdf_fast, index_fts5),
    Peer("pypdfium2, SQLite FTS5, rjieba", (*_FAST, "rjieba"), read_pdf_fast, index_words),
    Peer(
        "pypdfium2, SVM tagger, SQLite FTS5, rjieba",
        (*_FAST, "rjieba", "sklearn"),
        read_pdf_fast,
        index_words_and_topics,
        tags=True,
    ),
)
"""What tutorials say, and the fastest that there is: substrings, words, words and topics."""
