"""Many at once: ``gongwen serve`` beside Datasette with FTS5, over the same sentences in one run.

``python -m benchmarks.serve [LIBRARY ...] [--seconds 20] [--clients 8]`` starts both servers over
each library (by default one of the reports of ``../shared/data/reports``), one after the other, and
lets locust send searches from so many clients without a pause: a third common words, a third rare
ones, a third exact strings, drawn from the sentences. Both answer JSON with 20 hits and their text.
Datasette has a table with the words that jieba cuts, separated by spaces, and FTS5 over it, as its
documentation says. Needs ``pip install '.[bench,web]'``.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import gongwen
from benchmarks.peers import words
from benchmarks.tables import print_table

ROOT = Path(__file__).parents[1]
REPORTS = ROOT.parent / "shared" / "data" / "reports"
QUERIES = 3000
"""Queries of each kind, so many that few are asked again in one run."""
_SEED = 0
FACETS = ("topic", "year")

CLIENT = """
import json, random
from locust import FastHttpUser, constant, task

PATHS = json.load(open("paths.json", encoding="utf-8"))
for path in PATHS:
    assert path.startswith("/")

class Reader(FastHttpUser):
    wait_time = constant(0)

    @task
    def search(self):
        self.client.get(random.choice(PATHS), name="search")
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("libraries", nargs="*", type=Path)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--clients", type=int, default=8)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        libraries = asked.libraries or [_library(Path(scratch))]
        for folder in libraries:
            _compare(folder, Path(scratch), asked.seconds, asked.clients)


def _library(scratch: Path) -> Path:
    with gongwen.open(scratch / "library") as library:
        library.add([REPORTS], workers=2)
    return scratch / "library"


def _compare(folder: Path, scratch: Path, seconds: int, clients: int) -> None:
    sentences = _sentences(folder)
    queries = _queries([text for _topic, _year, text in sentences])
    database = scratch / "sentences.db"
    _fts(database, sentences)
    rows = []
    for facets in (False, True):
        ours = [_path(kind, query, facets) for kind, query in queries]
        theirs = [_their_path(query, facets) for _kind, query in queries]
        what = " with counts by topic and year" if facets else ""
        with _served(["-m", "gongwen", "--library", str(folder), "serve"], "/health") as address:
            rows.append([f"gongwen serve{what}", *_load(scratch, address, ours, seconds, clients)])
        command = [
            "-m",
            "datasette",
            "serve",
            str(database),
            "--setting",
            "sql_time_limit_ms",
            "10000",
            "--setting",
            "suggest_facets",
            "off",
        ]
        with _served(command, "/-/versions.json") as address:
            rows.append([f"Datasette{what}", *_load(scratch, address, theirs, seconds, clients)])
    print(f"\n{len(sentences):,} sentences, {clients} clients, {seconds} s each\n")
    print_table(["server", "searches/s", "p50 ms", "p95 ms", "p99 ms", "failed"], rows)


def _sentences(folder: Path) -> list[tuple[str, str, str]]:
    """Return topic, year and text of every sentence."""
    with gongwen.open(folder, read_only=True) as library:
        return [
            (s.topic, str(report.year), s.text)
            for report in library.reports()
            for s in library.sentences(report.id)
            if s.kind != "boilerplate"
        ]


def _queries(texts: list[str]) -> list[tuple[str, str]]:
    """Return common words, rare words and exact strings, with their kind."""
    rng = random.Random(_SEED)
    counts = Counter(word for text in texts for word in set(words(text)) if 2 <= len(word) <= 4)
    common = [word for word, _count in counts.most_common(QUERIES)]
    seldom = sorted(word for word, count in counts.items() if count <= 5)
    rare = rng.sample(seldom, min(QUERIES, len(seldom)))
    exact = []
    for text in rng.choices([text for text in texts if len(text) > 20], k=QUERIES):
        start = rng.randrange(len(text) - 12)
        exact.append(text[start : start + rng.randint(4, 12)].strip('"“”'))
    found = [("common", q) for q in common] + [("rare", q) for q in rare]
    found += [("exact", q) for q in exact]
    rng.shuffle(found)
    return found


def _path(kind: str, query: str, facets: bool) -> str:
    text = f'"{query}"' if kind == "exact" else query
    counts = "".join(f"&counts={one}" for one in FACETS) if facets else ""
    return f"/api/v1/search?limit=20&q={quote(text, safe='')}{counts}"


def _their_path(query: str, facets: bool) -> str:
    text = " ".join(words(query)) or query
    counts = "".join(f"&_facet={one}" for one in FACETS) if facets else ""
    return f"/sentences/sentences.json?_size=20&_search={quote(text, safe='')}{counts}"


def _fts(database: Path, sentences: list[tuple[str, str, str]]) -> None:
    """Write the table that Datasette serves, with FTS5 over the words."""
    database.unlink(missing_ok=True)
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE sentences (topic, year, text, words)")
        connection.executemany(
            "INSERT INTO sentences VALUES (?, ?, ?, ?)",
            ((topic, year, text, " ".join(words(text))) for topic, year, text in sentences),
        )
        connection.execute(
            "CREATE VIRTUAL TABLE sentences_fts USING fts5(words, content='sentences')"
        )
        connection.execute("INSERT INTO sentences_fts (sentences_fts) VALUES ('rebuild')")
        for column in FACETS:
            connection.execute(f"CREATE INDEX by_{column} ON sentences ({column})")
    connection.close()


@contextmanager
def _served(command: list[str], ready: str) -> Iterator[str]:
    """Start a server on a free port, wait until it answers, and yield its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, *command, "--port", str(port)],
        env=environment,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _try in range(600):
            try:
                urllib.request.urlopen(address + ready, timeout=1).read()
                break
            except OSError:
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait()


def _load(scratch: Path, address: str, paths: list[str], seconds: int, clients: int) -> list[str]:
    """Let locust send searches, and return how many a second, the times, and how many failed."""
    (scratch / "paths.json").write_text(json.dumps(paths), "utf-8")
    (scratch / "client.py").write_text(CLIENT, "utf-8")
    arguments = [
        "-f",
        "client.py",
        "--headless",
        "-u",
        str(clients),
        "-r",
        str(clients),
        "--csv",
        "out",
    ]
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "locust",
            *arguments,
            "--host",
            address,
            "-t",
            f"{seconds}s",
            "--only-summary",
        ],
        cwd=scratch,
        capture_output=True,
        text=True,
    )
    with (scratch / "out_stats.csv").open(encoding="utf-8") as file:
        [row] = [one for one in csv.DictReader(file) if one["Name"] == "Aggregated"]
    if done.returncode not in (0, 1) or not int(row["Request Count"]):
        raise SystemExit(done.stderr)
    times = [row[name] for name in ("50%", "95%", "99%")]
    return [f"{float(row['Requests/s']):.0f}", *times, row["Failure Count"]]


if __name__ == "__main__":
    main()
