"""A server of two processes with threads, eight clients, and a report added now and then.

``python tests/soak.py --minutes 10 --sentences 100000`` makes a library of real sentences, serves
it over HTTP from two processes whose threads share a library each, lets eight clients ask from a
fixed list, and lets a third process add a report every few seconds (``--only-search``: none).
Every answer is compared with a plain scan of the stored sentences, as of the reports that were
acknowledged by then. Prints a summary; exits 1 at any error, any wrong answer, or a new index.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import json
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from pathlib import Path
from typing import Any

from historytexts import code
from oracle import PlainScan

import gongwen
from gongwen.index.query import Text
from gongwen.nlp.errors import GongwenError
from gongwen.nlp.text.normalize import squeeze

DATA = Path(__file__).parents[2] / "shared" / "data" / "sentences-100k.txt.gz"
_REPORT = 100
"""Sentences of a report."""
_CLIENTS, _SERVERS = 8, 2
_RECONNECT = 25
"""Requests after which a client connects anew, and is served by another thread."""

Question = dict[str, Any]

QUESTIONS: list[Question] = [
    *(
        {"do": "search", "words": [word]}
        for word in "发展 政府 工作 经济 法律 企业 实施 改革".split()
    ),
    *(
        {"do": "search", "words": [word]}
        for word in "新增检查 行政复议 高质量发展 没有这个词".split()
    ),
    {"do": "search", "words": ["发展", "经济"], "counts": ["topic"]},
    {"do": "search", "words": ["工作", "加强"], "counts": ["year"]},
    {"do": "search", "words": ["企业"], "topics": ["licensing-reform"], "counts": ["kind"]},
    {"do": "search", "words": [], "topics": ["enforcement"], "counts": ["year"]},
    {"do": "search", "words": ["改革"], "years": [2000, 2010], "counts": ["report"]},
    {"do": "search", "words": ["政府"], "sort": "year", "context": 1},
    {"do": "search", "words": ["法律"], "by": "report"},
    {"do": "figures", "words": ["新增检查"]},
    {"do": "figures", "words": ["亿元"], "years": [2000, 2001]},
    {"do": "similar", "report": "r00003", "n": 5},
    {"do": "show", "report": "r00002"},
    {"do": "reports"},
]


def ask(library: gongwen.Library, question: Question) -> Any:
    """Return what is compared of an answer: how many, or what."""
    do = question["do"]
    if do == "show":
        return [s.text for s in library.sentences(question["report"])]
    if do == "reports":
        return len(library.reports())
    if do == "similar":
        found = library.similar(question["report"], question["n"], limit=5)
        assert all(hit.text and hit.report.title for hit in found)
        return len(found)
    query = " ".join(f'"{word}"' for word in question["words"])
    if do == "figures":
        return len(library.figures(query, years=question.get("years")))
    options = {
        k: v for k, v in question.items() if k in ("topics", "years", "sort", "by", "counts")
    }
    results = library.search(query, context=question.get("context", 0), **options)
    for hit in results:
        assert all(squeeze(word) in squeeze(hit.text) for word in question["words"]), hit
        assert hit.report.title
    for facet in question.get("counts", ()):
        if facet != "topic":  # a sentence may be of several
            assert sum(results.counts[facet].values()) == results.total, facet
    return results.total


def _meets(year: int | str, first: int, last: int) -> bool:
    """Say whether a year, or a span of years as ``2019-2023``, meets another span."""
    begin, _, end = str(year).partition("-")
    return int(begin) <= last and int(end or begin) >= first


class Truth:
    """Right answers by a plain scan of sentences as they are stored.

    Args:
        library: the library; it is only read report by report.
        reports: those that count.
    """

    def __init__(self, library: gongwen.Library, reports: Sequence[gongwen.Report]) -> None:
        self._sentences = [
            (s, int(report.year or 0)) for report in reports for s in library.sentences(report.id)
        ]
        self._texts = [squeeze(s.text) for s, _ in self._sentences]
        self._scan = PlainScan(self._texts)
        ids = [report.id for report in reports]
        self._figures = library.figures(reports=ids) if ids else []
        self._count = len(ids)

    def of(self, question: Question) -> int | None:
        """Return how many there must be, ``None`` where that is not what is asked."""
        if question["do"] == "reports":
            return self._count
        if question["do"] not in ("search", "figures"):
            return None
        rows = {
            number
            for number, (s, year) in enumerate(self._sentences)
            if s.kind != "boilerplate" and self._filtered(question, s, year)
        }
        for word in question["words"]:
            rows &= set(self._scan.rows(Text(squeeze(word))))
        if question["do"] == "search":
            return len(rows)
        places = {(self._sentences[n][0].report, self._sentences[n][0].start) for n in rows}
        first, last = question.get("years", (0, 9999))
        return sum(
            (row.report.id, row.sentence_start) in places
            and ("years" not in question or _meets(row.figure.year or row.report.year, first, last))
            for row in self._figures
        )

    @staticmethod
    def _filtered(question: Question, s: gongwen.StoredSentence, year: int) -> bool:
        topics = question.get("topics")
        if topics and not {s.topic, *s.also} & set(topics):
            return False
        if question["do"] == "figures" or "years" not in question:
            return True
        first, last = question["years"]
        return bool(first <= year <= last)


def make(folder: Path, sentences: int) -> None:
    """Make a library of so many real sentences."""
    files = folder / "files"
    files.mkdir()
    with gzip.open(DATA, "rt", encoding="utf-8") as lines:
        texts = [line.rstrip("\n").partition("\t")[2] for line in islice(lines, sentences)]
    for at in range(0, len(texts), _REPORT):
        number = at // _REPORT
        title = f"{code(number, 4)}县{1990 + number % 30}年工作总结"
        path = files / f"r{number:05}.txt"
        path.write_text("\n".join([title, *texts[at : at + _REPORT]]) + "\n", "utf-8")
    with gongwen.open(folder / "library") as library:
        outcomes = library.add(files)
        assert {o.status for o in outcomes} == {"added"}, Counter(o.status for o in outcomes)


def added_text(number: int) -> str:
    """Return the text of a report that is added during the run: like no other."""
    chosen = random.Random(number)
    lines = [f"{code(number, 5)}乡{1990 + number % 30}年工作总结"]
    for n in range(12):
        filling = code(chosen.getrandbits(80), 20)
        lines.append(f"{filling}，新增检查企业{number * 100 + n + 1000}家，改革发展经济工作。")
    return "\n".join(lines) + "\n"


# -- the processes -------------------------------------------------------------------------------


def serve(folder: Path) -> None:
    """Answer questions over HTTP, by number; the threads share one library."""
    library = gongwen.open(folder / "library")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            try:
                answer = {"answer": ask(library, QUESTIONS[int(self.path[1:])])}
            except Exception as error:
                raw = "" if isinstance(error, GongwenError) else "raw "
                answer = {"error": f"{raw}{type(error).__name__}: {error}"}
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    print(server.server_address[1], flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()  # until the parent is gone
    server.shutdown()


def add_on(folder: Path, pause: float) -> None:
    """Add a report every ``pause`` seconds, and tell when each was begun and acknowledged."""
    number = 0
    stop = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
    while not stop.wait(pause):
        number += 1
        path = folder / f"added-{number:05}.txt"
        path.write_text(added_text(number), "utf-8")
        print(json.dumps({"begin": time.monotonic(), "report": path.stem}), flush=True)
        with gongwen.open(folder / "library") as library:
            [outcome] = library.add(path)
        assert outcome.status == "added", outcome
        print(json.dumps({"end": time.monotonic(), "report": outcome.report}), flush=True)


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, __file__, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )


class Client(threading.Thread):
    """Asks one question after the other and keeps what it was told, and when."""

    def __init__(self, port: int, seed: int, going_on: Callable[[int], bool]) -> None:
        super().__init__()
        self._port, self._going_on = port, going_on
        self._chosen = random.Random(seed)
        self.told: list[tuple[int, float, float, dict[str, Any]]] = []

    def run(self) -> None:
        while self._going_on(len(self.told)):
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=120)
            try:
                for _ in range(_RECONNECT):
                    number = self._chosen.randrange(len(QUESTIONS))
                    began = time.monotonic()
                    try:
                        connection.request("GET", f"/{number}")
                        answer = json.loads(connection.getresponse().read())
                    except (OSError, http.client.HTTPException, ValueError) as error:
                        answer = {"error": f"no answer: {error!r}"}
                    self.told.append((number, began, time.monotonic(), answer))
                    if "error" in answer or not self._going_on(len(self.told)):
                        break
            finally:
                connection.close()


# -- the run -------------------------------------------------------------------------------------


def build_of(folder: Path) -> str:
    manifest = json.loads((folder / "library" / "index" / "manifest.json").read_text("utf-8"))
    return str(manifest["build"])


def run(
    folder: Path, seconds: float, sentences: int, pause: float | None, requests: int | None = None
) -> bool:
    """Run the server; say whether all was right, and print a summary.

    With ``requests`` it runs until every client has asked so many and two reports were added,
    however long that takes.
    """
    make(folder, sentences)
    with gongwen.open(folder / "library") as library:
        library.search("发展")
        base = Truth(library, library.reports())
        known = [ask(library, question) for question in QUESTIONS]
    right = [base.of(question) for question in QUESTIONS]
    build = build_of(folder)
    servers = [start("--serve", str(folder)) for _ in range(_SERVERS)]
    ports = [int(server.stdout.readline()) for server in servers if server.stdout]
    adder = start("--add", str(folder), "--pause", str(pause)) if pause is not None else None
    lines = list[str]()
    listener = threading.Thread(target=lambda: lines.extend(adder.stdout if adder else ()))
    listener.start()
    until = time.monotonic() + seconds

    def going_on(asked: int) -> bool:
        if requests is None:
            return time.monotonic() < until
        added = 2 if not adder or adder.poll() is not None else sum('"end"' in s for s in lines)
        return asked < requests or added < 2

    clients = [Client(ports[n % _SERVERS], n, going_on) for n in range(_CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    code = 0
    if adder and adder.stdin:
        adder.stdin.close()  # it ends
        code = adder.wait()
    listener.join()
    for server in servers:
        server.communicate()
    times: dict[str, tuple[float, float]] = {}
    for line in map(json.loads, lines):
        if "begin" in line:
            times[line["report"]] = (line["begin"], float("inf"))
        else:
            times[line["report"]] = (times[line["report"]][0], line["end"])
    with gongwen.open(folder / "library") as library:
        added = [(*times[r.id], Truth(library, [r])) for r in library.reports() if r.id in times]
        problems = library.status(deep=True)["problems"]
    steps = [[truth.of(question) or 0 for *_, truth in added] for question in QUESTIONS]
    wrong, errors, took = [], Counter[str](), []
    for client in clients:
        for number, began, ended, answer in client.told:
            took.append(ended - began)
            if "error" in answer:
                errors[answer["error"]] += 1
                continue
            certain = sum(end < began for _, end, _ in added)
            possible = sum(begin < ended for begin, _, _ in added)
            start_at = right[number]
            if start_at is None:
                allowed = [known[number]]
            else:
                more = steps[number]
                allowed = [start_at + sum(more[:n]) for n in range(certain, possible + 1)]
            if answer["answer"] not in allowed:
                wrong.append((QUESTIONS[number], answer["answer"], allowed))
    for question, told, allowed in wrong[:10]:
        print(f"WRONG {question}: {str(told)[:200]}, must be one of {str(allowed)[:200]}")
    for error, count in errors.most_common(10):
        print(f"ERROR {count} times: {error[:500]}")
    p50, p95 = (1000 * q for q in (statistics.median(took), statistics.quantiles(took, n=20)[-1]))
    same = build_of(folder) == build
    print(
        f"{len(took)} requests, {sum(errors.values())} errors, {len(wrong)} wrong, {len(added)} "
        f"reports added to {sentences} sentences, p50 {p50:.0f} ms, p95 {p95:.0f} ms, index "
        f"{'unchanged' if same else 'REBUILT'}, problems {problems}"
    )
    return not errors and not wrong and same and not problems and not code and len(took) > 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--requests", type=int, help="of each client, instead of minutes")
    parser.add_argument("--sentences", type=int, default=100_000)
    parser.add_argument("--pause", type=float, default=4.0, help="seconds between reports added")
    parser.add_argument("--only-search", action="store_true")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--add", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve:
        serve(asked.serve)
        return
    if asked.add:
        add_on(asked.add, asked.pause)
        return
    if not DATA.exists():
        sys.exit(f"the sentences ({DATA}) are not here")
    folder = Path(tempfile.mkdtemp(prefix="soak-"))
    try:
        sound = run(
            folder,
            asked.minutes * 60,
            asked.sentences,
            None if asked.only_search else asked.pause,
            asked.requests,
        )
    finally:
        shutil.rmtree(folder)
    sys.exit(0 if sound else 1)


if __name__ == "__main__":
    main()
