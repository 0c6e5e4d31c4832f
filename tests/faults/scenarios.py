"""Commands that change files, each with the small library that it begins with."""

from __future__ import annotations

import json
import random
import shutil
from dataclasses import dataclass
from pathlib import Path

import gongwen

from ..make_docx import docx_bytes

_TOPICS = """
[[topics]]
slug = "law"
zh = "执法"
keywords = ["执法", "复议", "法治"]

[[topics]]
slug = "money"
zh = "资金"
keywords = ["资金", "投入", "万元"]
"""
_LABELS = [
    ("办理行政复议案件{}件。", "law"),
    ("投入资金{}万元。", "money"),
]


def report_text(number: int, version: int = 0) -> str:
    """Return the text of a small report; no two are the same, whatever their numbers are."""
    chosen = random.Random(f"{number} {version}")
    places = [chosen.choice("东西南北中上下") + chosen.choice("河山湖港桥原") for _ in range(3)]
    body = "".join(
        f"在{place}办理行政复议案件{chosen.randint(1, 99)}件，法治检查发现整改事项"
        f"{chosen.randint(1, 9999)}项。全年投入资金{chosen.randint(1, 9999)}万元。"
        for place in places
    )
    return f"第{number}号县{2000 + number}年法治政府建设工作总结\n一、执法情况\n{body}\n"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A command and what may be expected of it.

    Attributes:
        name: of the scenario.
        command: its arguments; ``{files}`` is the folder of input, the working folder that of
            output.
        begin: name of the library that it begins with.
        atomic: all of it happens or nothing.
        repeats: running it again after it was done leads to the same state, and exits with 0.
        refused: what it says on standard error when it is run again after it was done, if it
            may refuse that.
        old: names of output files that are there before, with a comment in each; those of the home
            of the user lie in the folder ``user``.
        stride: only every so many calls are tried, of a command that is slow.
    """

    name: str
    command: tuple[str, ...]
    begin: str = "base"
    atomic: bool = True
    repeats: bool = True
    refused: str = ""
    old: tuple[str, ...] = ()
    stride: int = 1


SCENARIOS = (
    Scenario("add", ("add", "{files}/4.txt", "{files}/5.txt", "{files}/changed"), atomic=False),
    Scenario("add-first", ("add", "{files}/1.txt", "{files}/2.txt"), begin="none", atomic=False),
    Scenario("add-docx", ("add", "{files}/6.docx"), stride=5),
    Scenario("remove", ("remove", "1", "2"), refused="unknown report"),
    Scenario("restore", ("restore", "1", "2"), begin="trashed", refused="unknown entry"),
    Scenario("trash-empty", ("trash", "empty", "--yes"), begin="trashed", atomic=False),
    Scenario("trash-empty-one", ("trash", "empty", "2", "--yes"), begin="trashed",
             refused="unknown entry"),
    Scenario("undo", ("correct", "1:4", "--undo", "--by", "小王"), refused="was not corrected"),
    Scenario("correct", ("correct", "2:4", "监督", "--by", "小王")),
    Scenario("describe", ("reports", "1", "--set", "region=武功县", "--set", "year=2011")),
    Scenario("retag", ("retag",), begin="untagged"),
    Scenario("reindex", ("reindex",)),
    Scenario("train", ("train", "{files}/labels.jsonl", "--topics", "{files}/topics.toml"),
             atomic=False, repeats=False),
    Scenario("train-out", ("train", "{files}/labels.jsonl", "--topics", "{files}/topics.toml",
                           "-o", "model"), atomic=False),
    Scenario("models-use", ("models", "use", "1")),
    Scenario("import", ("import", "{files}/export.jsonl"), begin="other", atomic=False),
    Scenario("import-first", ("import", "{files}/export.jsonl"), begin="none", atomic=False),
    Scenario("export", ("export", "-o", "all.jsonl"), old=("all.jsonl",)),
    Scenario("export-csv", ("export", "-o", "all.csv"), old=("all.csv",)),
    Scenario("export-xlsx", ("export", "-o", "all.xlsx"), old=("all.xlsx",)),
    Scenario("search-xlsx", ("search", "复议", "-o", "found.xlsx"), old=("found.xlsx",)),
    Scenario("search-csv", ("search", "复议", "-o", "found.csv"), old=("found.csv",)),
    Scenario("suggest", ("suggest", "-o", "todo.xlsx"), refused="there is such a file"),
    Scenario("suggest-csv", ("suggest", "-o", "todo.csv"), refused="there is such a file"),
    Scenario("evaluate", ("evaluate", "{files}/shipped.jsonl", "--html", "page.html"),
             old=("page.html",)),
    Scenario("figures", ("figures", "-o", "figures.xlsx"), old=("figures.xlsx",)),
    Scenario("plot", ("figures", "--pivot", "year,report", "-o", "figures.csv",
                      "--plot", "plot.html", "--merges", "merges.toml"),
             old=("figures.csv", "plot.html"), atomic=False),
    Scenario("annotate", ("check", "{files}/6.docx", "--annotate", "copy.docx"),
             old=("copy.docx",)),
    Scenario("config", ("config", "limit", "50"), old=("user/config.toml",)),
    Scenario("config-library", ("config", "limit", "50", "--library-wide")),
    Scenario("completion", ("--install-completion", "bash"), old=("user/.bashrc",)),
    Scenario("search-behind", ("search", "复议"), begin="behind"),
    Scenario("status", ("status",), begin="behind"),
    Scenario("tag", ("tag", "办理行政复议案件4件。")),
)  # fmt: skip


class Begin:
    """The libraries that the scenarios begin with, and the files that they read, in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.files = folder / "files"

    def path(self, name: str) -> Path:
        """Return the folder of a library."""
        return self._folder / "begin" / name

    def make(self) -> None:
        """Make all of them."""
        self._write_files()
        base = self.path("base")
        with gongwen.open(base) as library:
            library.add([self.files / f"{n}.txt" for n in (1, 2, 3)])
            library.add(self.files / "changed")
            library.correct("1", 4, "监督")
            library.train(
                [self.files / "labels.jsonl"], topics=self.files / "topics.toml", force=True
            )
            library.models.use(0)
        (self.files / "changed" / "7.txt").write_text(report_text(7, 2), "utf-8")
        shutil.copytree(base, self.path("trashed"))
        with gongwen.open(self.path("trashed")) as library:
            uploaded = self.path("trashed") / "files"
            uploaded.mkdir()
            (uploaded / "8.txt").write_text(report_text(8), "utf-8")
            library.add(uploaded)
            library.remove("1", "2", "8", by="小王")
        shutil.copytree(base, self.path("untagged"))
        with gongwen.open(self.path("untagged")) as library:
            library.models.use(1)
        shutil.copytree(base, self.path("behind"))
        shutil.rmtree(self.path("behind") / "index")
        with gongwen.open(self.path("other")) as library:
            library.add(self.files / "2.txt")
        other = self._folder / "exported"
        with gongwen.open(other) as library:
            library.add([self.files / f"{n}.txt" for n in (1, 2, 4)])
            library.correct("1", 4, "监督")
            library.correct("2", 4, "监督")
            library.train(
                [self.files / "labels.jsonl"], topics=self.files / "topics.toml", force=True
            )
            lines = [json.dumps(line, ensure_ascii=False) for line in library.export()]
        head = json.loads(lines[0]) | {"synonyms": 'groups = [["执法", "检查"]]\n'}
        lines[0] = json.dumps(head, ensure_ascii=False)
        (self.files / "export.jsonl").write_text("\n".join(lines) + "\n", "utf-8")

    def _write_files(self) -> None:
        (self.files / "changed").mkdir(parents=True)
        for number in range(1, 7):
            (self.files / f"{number}.txt").write_text(report_text(number), "utf-8")
        (self.files / "changed" / "7.txt").write_text(report_text(7, 1), "utf-8")
        (self.files / "6.docx").write_bytes(docx_bytes(report_text(6).splitlines()))
        (self.files / "topics.toml").write_text(_TOPICS, "utf-8")
        lines = [
            {"text": text.format(n), "topic": topic} for n in range(8) for text, topic in _LABELS
        ]
        written = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines) + "\n"
        (self.files / "labels.jsonl").write_text(written, "utf-8")
        shipped = [line | {"topic": "行政复议"} for line in lines if line["topic"] == "law"]
        written = "\n".join(json.dumps(line, ensure_ascii=False) for line in shipped) + "\n"
        (self.files / "shipped.jsonl").write_text(written, "utf-8")
