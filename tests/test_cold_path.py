"""A cold search loads nothing of ours that only reading, moving or mending a library needs."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import gongwen

PROBE = """
import sys
from gongwen.cli import main
sys.argv = ["gongwen", "--library", sys.argv[1], "search", "复议"]
try:
    main()
finally:
    print(*sys.modules)
"""
NOT_NEEDED = (
    "nlp.document.gazetteer", "nlp.document.metadata", "nlp.document.parse", "nlp.vocabulary",
    "nlp.figures.extract", "nlp.text.segmenter", "nlp.topics.fitting", "nlp.topics.labels",
    "transfer.export", "transfer.jsonl_format",
    "recovery.integrity", "recovery.repair", "recovery.salvage", "recovery.verification",
    "readers.detect", "readers.pdf.page", "readers.word.docx",
    "ingest.messages", "ingest.prepare", "ingest.worker", "ingest.worker_pool", "sandbox.linux",
)  # fmt: skip


def test_the_modules_that_a_search_does_not_need_exist() -> None:
    assert [name for name in NOT_NEEDED if find_spec(f"gongwen.{name}") is None] == []


def test_a_cold_search_loads_little(tmp_path: Path) -> None:
    (report := tmp_path / "甲县.txt").write_text("甲县2020年工作总结\n复议案件4件。\n", "utf-8")
    with gongwen.open(tmp_path / "library") as library:
        library.add(report)
    done = subprocess.run(
        [sys.executable, "-c", PROBE, str(tmp_path / "library")],
        capture_output=True, encoding="utf-8", check=True,
    )  # fmt: skip
    loaded = set(done.stdout.split())
    assert "gongwen.library" in loaded
    assert not loaded & {f"gongwen.{name}" for name in NOT_NEEDED}


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
