"""A cold command loads nothing that only reading, moving or mending a library needs."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import gongwen

PROBE = """
import sys
from gongwen.cli import main
sys.argv = ["gongwen", "--library", *sys.argv[1:]]
try:
    main()
finally:
    print(*sys.modules)
"""
NOT_NEEDED = (
    "index.opensearch_address", "index.opensearch_client", "index.opensearch_factory",
    "nlp.document.gazetteer", "nlp.document.metadata", "nlp.document.parse", "nlp.vocabulary",
    "nlp.figures.extract", "nlp.meaning.encoder", "nlp.meaning.static_vectors",
    "nlp.text.segmenter", "nlp.topics.fitting", "nlp.topics.labels",
    "transfer.export", "transfer.jsonl_format",
    "recovery.integrity", "recovery.repair", "recovery.salvage", "recovery.verification",
    "readers.detect", "readers.pdf.page", "readers.word.docx",
    "ingest.message_codec", "ingest.messages", "ingest.prepare", "ingest.worker",
    "ingest.worker_pool", "sandbox.linux",
)  # fmt: skip


def test_the_modules_that_a_search_does_not_need_exist() -> None:
    assert [name for name in NOT_NEEDED if find_spec(f"gongwen.{name}") is None] == []


HEAVY = (
    "jieba", "http.client", "ssl", "email.parser", "numpy.ma", "openpyxl", "sklearn", "scipy",
    "opensearchpy", "urllib3",
)  # fmt: skip
"""What no question needs, of others."""
TABLE = ("rich", *HEAVY)
"""What a table of numbers needs no more than that."""


@pytest.fixture(scope="module")
def of_numpy() -> set[str]:
    """Return the modules that NumPy loads by itself: before its version 2 numpy.ma was one."""
    code = "import numpy, sys; print(*sys.modules)"
    return set(subprocess.check_output([sys.executable, "-c", code], text=True).split())


@pytest.fixture(scope="module")
def counties(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cold")
    for name in ("甲县", "乙县"):
        text = f"{name}2020年工作总结\n复议案件4件。\n办理复议案件，推进依法行政工作。\n"
        (folder / f"{name}.txt").write_text(text, "utf-8")
    with gongwen.open(folder / "library") as library:
        library.add([folder / "甲县.txt", folder / "乙县.txt"])
        library.words()  # cuts the sentences into words, once
    return folder / "library"


@pytest.mark.parametrize(
    ("arguments", "others", "needed"),
    [
        (["search", "复议"], HEAVY, ()),
        (["search", "复议", "--kwic"], TABLE, ()),
        (["counts", "复议", "--by", "region,year"], TABLE, ()),
        (["words"], TABLE, ("nlp.vocabulary",)),
        (["copies"], HEAVY, ("nlp.document.gazetteer", "nlp.vocabulary")),
        (["compare", "甲县", "乙县"], HEAVY, ("nlp.document.gazetteer", "nlp.vocabulary")),
        (["figures"], HEAVY, ("nlp.document.gazetteer", "nlp.vocabulary")),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_cold_command_loads_little(
    counties: Path,
    of_numpy: set[str],
    arguments: list[str],
    others: tuple[str, ...],
    needed: tuple[str, ...],
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROBE, str(counties), *arguments],
        capture_output=True, encoding="utf-8", check=True,
    )  # fmt: skip
    loaded = set(done.stdout.split())
    assert "gongwen.library" in loaded
    assert not loaded & {f"gongwen.{name}" for name in NOT_NEEDED if name not in needed}
    assert not loaded & (set(others) - of_numpy)
    commands = {f"gongwen.cli.{name}" for name in ("check", "library", "show", "tag", "train")}
    assert not loaded & commands


OF_A_LIBRARY = (
    "library", "core", "results", "search", "storage.store", "storage.models", "index.engine",
    "index.query", "nlp.topics.taxonomy", "readers.base", "readers.files", "translation",
)  # fmt: skip
"""What answers questions, and so is not needed by one who asks for help."""


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "arguments", [["--help"], ["help"], ["帮助"], ["search", "-h"]], ids=" ".join
)
def test_help_loads_nothing_that_reads_a_library(
    tmp_path: Path, arguments: list[str], language: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROBE, str(tmp_path / "library"), *arguments],
        capture_output=True, encoding="utf-8", check=True,
        env=os.environ | {"GONGWEN_LANG": language},
    )  # fmt: skip
    assert "figures" in done.stdout or "--topic" in done.stdout
    loaded = set(done.stdout.split())
    assert "gongwen.cli.app" in loaded
    assert not loaded & {f"gongwen.{name}" for name in (*NOT_NEEDED, *OF_A_LIBRARY)}
    assert not loaded & {"numpy", "whoosh", "sqlite3", "rich", "hashlib", *HEAVY}


MADE = """
import sys
from gongwen.cli import app, main
made = app.whole()
app.whole = lambda: made
sys.argv = ["gongwen", *sys.argv[1:]]
try:
    main()
finally:
    print("made:", *made.commands._made)
"""


@pytest.mark.parametrize(
    ("arguments", "made"),
    [
        (["--help"], []),
        (["search", "--help"], ["search"]),
        (["topics", "--format", "json"], ["topics"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_only_the_command_that_is_asked_for_is_made(arguments: list[str], made: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", MADE, *arguments], capture_output=True, encoding="utf-8"
    )
    assert done.stdout.splitlines()[-1].split() == ["made:", *made]


READ = """
import sys
from gongwen import catalog
from gongwen.cli import chinese_names, main
sys.argv = ["gongwen", "--library", *sys.argv[1:]]
try:
    main()
finally:
    once = catalog._translations.cache_info().misses
    print("read:", chinese_names.chinese_names.cache_info().misses, once)
"""


@pytest.mark.parametrize(
    ("arguments", "language", "names", "catalogues"),
    [
        (["search", "复议", "--topic", "行政执法"], "en", 0, 1),
        (["search", "复议", "--topic", "行政执法"], "zh", 0, 1),
        (["搜索", "复议"], "zh", 1, 1),
        (["search", "复议", "--主题", "行政执法"], "en", 1, 1),
        (["--help"], "en", 0, 1),
        (["--help"], "zh", 1, 1),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_names_and_catalogues_are_read_when_they_are_needed_and_once(
    counties: Path, arguments: list[str], language: str, names: int, catalogues: int
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", READ, str(counties), *arguments],
        capture_output=True, encoding="utf-8", env=os.environ | {"GONGWEN_LANG": language},
    )  # fmt: skip
    assert done.stdout.splitlines()[-1].split() == ["read:", str(names), str(catalogues)]


def test_a_cold_tag_loads_no_vectors(tmp_path: Path) -> None:
    (tmp_path / "甲县.txt").write_text("办理复议案件4件。\n", "utf-8")
    done = subprocess.run(
        [sys.executable, "-c", PROBE, str(tmp_path / "library"), "tag", str(tmp_path / "甲县.txt")],
        capture_output=True, encoding="utf-8", check=True,
    )  # fmt: skip
    loaded = set(done.stdout.split())
    assert "gongwen.nlp.topics.classifier" in loaded
    assert not {name for name in loaded if name.startswith("gongwen.nlp.meaning.")}


IMPORTS = """
import sys
from importlib import import_module
for name in sys.argv[1:]:
    import_module(name)
from gongwen.nlp.vocabulary import WordLists
lists = {v for m in list(sys.modules.values()) for v in vars(m).values() if type(v) is WordLists}
print(len(lists), *(w.name for w in lists if "_words" in vars(w)))
"""


def test_importing_reads_no_word_list() -> None:
    modules = ("gongwen.nlp.checking.check", "gongwen.nlp.document.parse", "gongwen.library")
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS, *modules], capture_output=True, encoding="utf-8", check=True
    )
    count, *read = done.stdout.split()
    assert int(count) >= 14
    assert read == []


def test_what_whoosh_does_not_use_is_there_for_others() -> None:
    """``urllib.request`` is loaded when a name in it is used, by either form of import."""
    probe = """
import sys
from gongwen.cli import main
sys.argv = ["gongwen", "--version"]
try:
    main()
except SystemExit:
    pass
import urllib.request
assert "http.client" not in sys.modules
from urllib.request import Request
assert urllib.request.urlopen and Request.__module__ == "urllib.request"
assert "http.client" in sys.modules
"""
    subprocess.run([sys.executable, "-c", probe], check=True, capture_output=True)
