"""Kill a process that changes a library, again and again, and look what is left of the library.

Run as a program, with nothing but gongwen loaded: every victim is a fork of it, so that a kill
costs no start. Prints what happened as JSON.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import gongwen
from gongwen.ingest.worker import segmenter
from gongwen.nlp.text.normalize import squeeze

_FILES = 12
_MOST_LINES = 8
"""Lines that a victim may say; then it has some seconds left."""
_LONGEST_WAIT = 0.05
"""Seconds; most changes take about as long."""
_STRINGS = ("复议", "法治", "执法", "“整改事项”", "7件")


def report_text(number: int, version: int) -> str:
    """Return the text of a small report; no two are the same, whatever their numbers are."""
    chosen = random.Random(f"{number} {version}")
    places = [chosen.choice("东西南北中上下") + chosen.choice("河山湖港桥原") for _ in range(6)]
    body = "".join(
        f"在{place}办理行政复议案件{chosen.randint(1, 99)}件，法治检查发现整改事项"
        f"{chosen.randint(1, 9999)}项，第{chosen.randint(1, 9999)}号执法文书已经归档。"
        for place in places
    )
    return f"第{number}号县{2000 + number}年法治政府建设工作总结\n一、执法情况\n{body}\n"


def victim(folder: Path, files: list[Path], seed: int, tell: int) -> None:
    """Change the library until killed; say what was done after each change."""
    chosen = random.Random(seed)
    library = gongwen.open(folder)
    library.search("复议")
    os.write(tell, b"ready\n")
    while True:
        path = chosen.choice(files)
        act = chosen.choices(("add", "remove", "retag", "reindex"), (8, 3, 2, 1))[0]
        if act == "add":
            path.write_text(report_text(int(path.stem), chosen.randrange(1 << 30)), "utf-8")
            os.write(tell, f"begin {path.stem}\n".encode())
            [outcome] = library.add(path)
            assert outcome.status in ("added", "replaced"), outcome
            os.write(tell, f"has {path.stem} {outcome.sentences}\n".encode())
        elif act == "remove":
            known = {report.id for report in library.reports()}
            if path.stem in known:
                os.write(tell, f"begin {path.stem}\n".encode())
                library.remove(path.stem)
                os.write(tell, f"lost {path.stem}\n".encode())
        elif act == "retag":
            library.min_probability = chosen.choice((0.0, 0.3, 0.6))
            library.retag()
        else:
            library.reindex()


def check(folder: Path, acknowledged: dict[str, int], open_: set[str]) -> dict[str, int]:
    """Open the library as any user does, and return its reports with their sizes.

    Every report that was acknowledged must be there, but for what was in work; and a search finds
    what a look at every stored sentence finds.
    """
    with gongwen.open(folder) as library:
        stored = {r.id: library.sentences(r.id) for r in library.reports()}
        sizes = {report: len(sentences) for report, sentences in stored.items()}
        for report, size in acknowledged.items():
            assert report in open_ or sizes.get(report) == size, (report, size, sizes)
        assert set(sizes) <= set(acknowledged) | open_, (sizes, acknowledged, open_)
        for sentences in stored.values():
            assert [s.n for s in sentences] == list(range(1, len(sentences) + 1))
        for string in _STRINGS:
            bare = squeeze(string.strip("“”"))
            wanted = {
                (s.report, s.n)
                for sentences in stored.values()
                for s in sentences
                if _holds(squeeze(s.text), bare)
            }
            found = {(h.report.id, h.n) for h in library.search(string, limit=10_000, group=False)}
            if string[0] == "“" or found or wanted:
                assert found == wanted, (string, found ^ wanted)
        problems = library.status(deep=True)["problems"]
        assert not problems, problems
    return sizes


def _holds(text: str, string: str) -> bool:
    """Say whether ``string`` stands in ``text`` and cuts no number."""
    at = text.find(string)
    while at >= 0:
        end = at + len(string)
        cut = string[0].isdigit() and at > 0 and (text[at - 1].isdigit() or text[at - 1] in ".,")
        if not cut and not (string[-1].isdigit() and text[end : end + 1].isdigit()):
            return True
        at = text.find(string, at + 1)
    return False


def main(folder: Path, kills: int, seed: int) -> None:
    """Kill ``kills`` times, checking the library after each."""
    chosen = random.Random(seed)
    files = [folder / f"{number}.txt" for number in range(1, _FILES + 1)]
    library = folder / "library"
    segmenter("").cut("先把词典读进来")
    files[0].write_text(report_text(1, 0), "utf-8")
    with gongwen.open(library) as opened:  # loads what the victims need
        opened.add(files[0])
        opened.retag()
        opened.remove("1")
    known: dict[str, int] = {}
    begun = time.monotonic()
    acknowledged = 0
    for number in range(kills):
        ear, mouth = os.pipe()
        child = os.fork()
        if not child:
            os.close(ear)
            try:
                victim(library, files, seed + number, mouth)
            finally:
                os._exit(1)  # it ends by being killed, and by nothing else
        os.close(mouth)
        told = os.fdopen(ear, encoding="utf-8")
        assert told.readline() == "ready\n"
        lines = []
        for _ in range(chosen.randrange(_MOST_LINES)):
            lines.append(told.readline())
        time.sleep(chosen.uniform(0.0, _LONGEST_WAIT))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status), "the victim has failed by itself"
        with told:
            lines += told
        open_: set[str] = set()
        for what, report, *size in (line.split() for line in lines if line.endswith("\n")):
            if what == "begin":
                open_.add(report)
                continue
            open_.discard(report)
            acknowledged += 1
            if what == "has":
                known[report] = int(size[0])
            else:
                known.pop(report, None)
        known = check(library, known, open_)
    seconds = round(time.monotonic() - begun, 1)
    print(json.dumps({"kills": kills, "acknowledged": acknowledged, "seconds": seconds}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
