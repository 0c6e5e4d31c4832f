"""A cold search loads nothing of ours that only reading, moving or mending a library needs."""

from __future__ import annotations

import subprocess
import sys
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
    "nlp.places", "nlp.description", "nlp.metadata", "nlp.document", "nlp.figures.words",
    "nlp.fitting", "nlp.labels", "moving", "movedfields", "integrity", "salvage", "repairing",
    "reading.page", "reading.docx", "workers", "wire", "answers", "sandbox.seccomp", "preparing",
)  # fmt: skip


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
