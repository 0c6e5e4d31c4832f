"""Who takes part in :mod:`benchmarks.search`, and how each is started anew for one search.

A fresh start is the command that a user types: ``gongwen search WORD`` of a whole library, and for
the others a script of a few lines that loads what it needs, opens the index and prints the texts.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from benchmarks import search_ours, search_peers
from benchmarks.search_queries import LIMIT, Cut, Searcher, Sentence

ROOT = Path(__file__).parents[1]
Command = Callable[[Path, str], list[str]]


@dataclass(frozen=True)
class Contender:
    """An engine of the comparison.

    Attributes:
        name: heads its row.
        needs: modules without which it is left out.
        cutter: makes the function that cuts text, whose time is taken apart.
        build: indexes sentences in a new folder with that function.
        open: opens what ``build`` made.
        command: what is run to search that folder for a word in a fresh process.
    """

    name: str
    needs: tuple[str, ...]
    cutter: Callable[[], Cut]
    build: Callable[[Path, Iterable[Sentence], Cut], None]
    open: Callable[[Path], Searcher]
    command: Command

    def missing(self) -> list[str]:
        """Return the modules that it needs and that are not there."""
        return [module for module in self.needs if not find_spec(module)]


@dataclass(frozen=True)
class Started:
    """What a fresh process took, in milliseconds.

    Attributes:
        wall: from its start to its end.
        cpu: of the processor.
    """

    wall: float
    cpu: float


def start(command: Sequence[str], environment: Mapping[str, str] = os.environ) -> Started:
    """Run a command to its end.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    began = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Started(1000 * wall, 1000 * (used.ru_utime + used.ru_stime))


# -- fresh processes -----------------------------------------------------------------------------

_CUT = {
    "jieba": """
import logging, sys, warnings
warnings.simplefilter("ignore")
import jieba
jieba.setLogLevel(logging.CRITICAL)
cut = jieba.lcut_for_search
""",
    "rjieba": """
import sys
from rjieba import cut_for_search as cut
""",
}
_WHOOSH = f"""
from whoosh.index import open_dir
from whoosh.query import And, Term
asked = And([Term("words", word) for word in cut(sys.argv[2].lower())]).normalize()
with open_dir(sys.argv[1]).searcher() as searcher:
    print(*(hit["text"] for hit in searcher.search(asked, limit={LIMIT})), sep="\\n")
"""
_FTS5 = f"""
import sqlite3
asked = " AND ".join('"' + word + '"' for word in cut(sys.argv[2].lower()))
rows = sqlite3.connect(sys.argv[1] + "/index.db").execute(
    "SELECT text FROM sentences WHERE sentences MATCH ? ORDER BY rank LIMIT {LIMIT}", (asked,)
)
print(*(text for (text,) in rows), sep="\\n")
"""
_TANTIVY = f"""
import tantivy
asked = " AND ".join('"' + word + '"' for word in cut(sys.argv[2].lower()))
index = tantivy.Index.open(sys.argv[1])
searcher = index.searcher()
hits = searcher.search(index.parse_query(asked, ["words"]), limit={LIMIT}, count=False).hits
print(*(bytes(searcher.doc(at)["text"][0]).decode() for _, at in hits), sep="\\n")
"""


def our_command(library: Path, word: str) -> list[str]:
    """Return the command of this project that searches a library."""
    return [sys.executable, "-m", "gongwen", "--library", str(library), "search", word]


def recipe_command(folder: Path, word: str) -> list[str]:
    """Return the command that searches as tutorials do."""
    return [sys.executable, "-m", "benchmarks.recipe", str(folder), word]


def script(cut: str, rest: str) -> Command:
    """Return what runs a script that cuts with jieba or rjieba."""
    return lambda folder, word: [sys.executable, "-c", _CUT[cut] + rest, str(folder), word]


# -- all of them ---------------------------------------------------------------------------------

RECIPE = "Whoosh + ChineseAnalyzer"
LEAN = "Whoosh, lean, rjieba"


def _with(name: str) -> list[Contender]:
    """Return all that cut with jieba, or all that cut with rjieba."""
    needs = ("rjieba",) if name == "rjieba" else ()
    cut = getattr(search_peers, f"{name}_cutter")
    our_words = partial(search_peers.our_cutter, f"{name.capitalize()}Segmenter")
    return [
        Contender(
            f"gongwen, {name}",
            needs,
            partial(search_ours.library_cutter, name),
            search_ours.build_library,
            search_ours.OurLibrary,
            our_command,
        ),
        Contender(
            f"Whoosh, lean, {name}",
            needs,
            our_words,
            search_peers.build_lean,
            partial(search_peers.Lean, our_words),
            script(name, _WHOOSH),
        ),
        Contender(
            f"SQLite FTS5, {name}",
            needs,
            cut,
            search_peers.build_fts5,
            partial(search_peers.Fts5, cut),
            script(name, _FTS5),
        ),
        Contender(
            f"tantivy, {name}",
            (*needs, "tantivy"),
            cut,
            search_peers.build_tantivy,
            partial(search_peers.Tantivy, cut),
            script(name, _TANTIVY),
        ),
    ]


CONTENDERS: Sequence[Contender] = (
    Contender(
        RECIPE,
        (),
        search_peers.recipe_cutter,
        search_peers.build_recipe,
        search_peers.Recipe,
        recipe_command,
    ),
    *_with("jieba"),
    *_with("rjieba"),
)
