"""What a user would write instead: a script that reads each file with a library, splits it at full
stops, and puts the sentences into a ready-made index. It tags nothing and recognises no copies.

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
from pathlib import Path

from benchmarks import recipe

_SENTENCE = re.compile(r"[^。！？\s][^。！？\n]*[。！？]?")


@dataclass(frozen=True)
class Peer:
    """A script.

    Attributes:
        name: heads its row.
        needs: modules without which it is left out.
        pdf: reads a PDF.
        index: puts ``(id, text)`` pairs into a new folder.
    """

    name: str
    needs: tuple[str, ...]
    pdf: Callable[[Path], str]
    index: Callable[[Path, Iterable[tuple[str, str]]], None]

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


def index_fts5(folder: Path, sentences: Iterable[tuple[str, str]]) -> None:
    folder.mkdir(parents=True)
    with closing(sqlite3.connect(folder / "index.db")) as database, database:
        database.execute(
            "CREATE VIRTUAL TABLE sentences USING fts5(id UNINDEXED, text, tokenize = 'trigram')"
        )
        database.executemany("INSERT INTO sentences VALUES (?, ?)", sentences)


USUAL = "pdfplumber, Whoosh + ChineseAnalyzer"
PEERS: Sequence[Peer] = (
    Peer(USUAL, ("docx", "trafilatura", "pdfplumber"), read_pdf, recipe.build),
    Peer(
        "pypdfium2, SQLite FTS5 trigram",
        ("docx", "trafilatura", "pypdfium2"),
        read_pdf_fast,
        index_fts5,
    ),
)
"""What tutorials say, and the fastest that there is."""
