"""gongwen runs from a checkout without symbolic links, and from an unpacked source archive."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest
from make_docx import docx_bytes
from make_pdf import pdf_bytes

import gongwen
from gongwen.checkout import FOLDERS, folders

ROOT = Path(__file__).parents[1]
TEXT = "武功县2020年法治政府建设工作报告\n本年聘请法律顾问17名，同比下降3%。\n"


@pytest.fixture(scope="module", params=["links written as text", "no links"])
def checkout(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this checkout in which ``src/gongwen`` links to none of the four folders."""
    top = tmp_path_factory.mktemp("checkout") / "gongwen"
    for name in FOLDERS:
        copytree(ROOT / name, top / name, ignore=ignore_patterns("__pycache__"))
    package = top / "src" / "gongwen"
    copytree(
        ROOT / "src" / "gongwen",
        package,
        ignore=lambda folder, _: [
            "__pycache__",
            *(FOLDERS if Path(folder) == ROOT / "src" / "gongwen" else ()),
        ],
    )
    if request.param == "links written as text":
        for name in FOLDERS:
            (package / name).write_text(f"../../{name}", "utf-8")  # as Git writes a link
    return top


def run(checkout: Path, *arguments: str) -> str:
    """Return what a fresh Python prints that imports gongwen from ``checkout``."""
    variables = {"PYTHONPATH": str(checkout / "src"), "COLUMNS": "88"}
    done = subprocess.run(
        [sys.executable, "-P", *arguments],
        cwd=checkout, env=os.environ | variables, capture_output=True, encoding="utf-8",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_each_link_of_this_checkout_leads_to_its_folder() -> None:
    for name, found in zip(FOLDERS, folders(), strict=True):
        assert found == (ROOT / name).resolve()
        [path] = import_module(f"gongwen.{name}").__path__
        assert Path(path).resolve() == found
        link = Path(gongwen.__file__).parent / name
        if link.is_file():  # a checkout without symbolic links
            assert link.read_text("utf-8") == f"../../{name}"


def test_modules_and_data_come_from_the_folders_at_the_top(checkout: Path) -> None:
    code = """
import gongwen.index.query, gongwen.nlp.errors
from importlib.resources import files
from gongwen.checkout import folders
from gongwen.nlp.seeds import shipped
for name in ("nlp", "index"):
    print(getattr(gongwen, name).__file__)
for file in (shipped("labels.jsonl"), files("gongwen.models") / "topics.npz"):
    assert file.read_bytes()
    print(file)
print(*folders(), sep="\\n")
"""
    expected = "nlp/__init__.py index/__init__.py seeds/labels.jsonl models/topics.npz".split()
    top = checkout.resolve()
    assert run(checkout, "-c", code).splitlines() == [str(top / p) for p in (*expected, *FOLDERS)]


def test_nothing_else_at_the_top_becomes_a_part_of_the_package(checkout: Path) -> None:
    (checkout / "benchmarks").mkdir(exist_ok=True)
    (checkout / "benchmarks" / "__init__.py").touch()
    code = """
import gongwen
from importlib.util import find_spec
print(find_spec("gongwen.benchmarks"), len(gongwen.__path__))
"""
    assert run(checkout, "-c", code) == "None 1\n"


def test_the_main_job_reads_files_in_processes_of_their_own(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "报告.docx").write_bytes(docx_bytes(TEXT.splitlines()))
    (tmp_path / "通报.pdf").write_bytes(pdf_bytes(TEXT.replace("武功", "乾").splitlines()))
    start = ("-m", "gongwen", "--library", str(tmp_path / "library"))
    added = run(checkout, *start, "add", "seeds/reports", str(tmp_path), "--format", "json")
    assert added.count('"status": "added"') == 3
    found = run(checkout, *start, "search", "法律顾问", "--format", "csv")
    assert "推进依法行政" in run(checkout, *start, "show", "wugong-2020")
    for line in ("本年聘请法律顾问17名", "率先落实法律顾问"):
        assert line in found


def test_an_installed_package_does_without(checkout: Path, tmp_path: Path) -> None:
    """The folders lie in the package; nothing beside the package is looked at."""
    copytree(checkout / "src" / "gongwen", tmp_path / "gongwen", ignore=ignore_patterns(*FOLDERS))
    for name in FOLDERS:
        copytree(checkout / name, tmp_path / "gongwen" / name)
    code = """
import sys, gongwen.index
from gongwen.nlp.seeds import shipped
print("gongwen.checkout" in sys.modules, shipped("topics.toml"))
"""
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], check=True, capture_output=True, encoding="utf-8",
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
    )  # fmt: skip
    assert done.stdout == f"False {tmp_path / 'gongwen' / 'seeds' / 'topics.toml'}\n"
