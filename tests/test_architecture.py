"""The house: imports point down, public names are pinned, nothing heavy loads on the way in."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import mean, median

import pytest
from layout import MOST_LINES, ROOT, SMALLEST_MEAN, SMALLEST_MEDIAN, imports_of, this_layout

import gongwen
import gongwen.nlp

PACKAGES = {"nlp": ROOT / "nlp", "index": ROOT / "index", "app": ROOT / "src" / "gongwen"}
FOLDERS = ("nlp", "index", "models", "seeds")
HEAVY = (
    "sklearn", "scipy", "jieba", "rich", "platformdirs", "whoosh", "openpyxl",
    "pypdfium2", "selectolax", "matplotlib", "pandas",
)  # fmt: skip


def modules() -> Iterator[tuple[str, Path]]:
    """Yield every module of ours with the level that it lives on."""
    for level, folder in PACKAGES.items():
        for path in sorted(folder.rglob("*.py")):
            inside = path.relative_to(folder).parts[0]
            if level == "app" and inside in FOLDERS:
                continue
            yield level, path


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Yield what a module imports, absolute, and whether that happens when it is imported."""
    level = next(name for name, folder in PACKAGES.items() if path.is_relative_to(folder))
    folder = PACKAGES[level]
    package = [
        "gongwen",
        *([] if level == "app" else [level]),
        *path.relative_to(folder).parts[:-1],
    ]
    for node, late, typing in imports_of(ast.parse(path.read_text("utf-8"))):
        at_once = not (late or typing)
        if isinstance(node, ast.Import):
            yield from ((alias.name, at_once) for alias in node.names)
        else:
            base = package[: len(package) - node.level + 1] if node.level else []
            name = ".".join([*base, *([node.module] if node.module else [])])
            yield name, at_once
            yield from ((f"{name}.{alias.name}", at_once) for alias in node.names)


def test_imports_point_down() -> None:
    for level, path in modules():
        for name, _ in imports(path):
            if level == "nlp":
                assert not name.startswith("gongwen") or name.startswith("gongwen.nlp"), path
            if level == "index" and name.startswith("gongwen"):
                assert name == "gongwen" or name.startswith(("gongwen.nlp", "gongwen.index")), path
            if level == "app" and "cli" not in path.parts and path.name != "__main__.py":
                assert not name.startswith("gongwen.cli"), path


def test_records_and_errors_lie_at_the_bottom() -> None:
    below: dict[str, set[str]] = {"fields.py": set(), "errors.py": set(), "records.py": {"fields"}}
    for name, others in below.items():
        ours = {n for n, _ in imports(ROOT / "nlp" / name) if n.startswith("gongwen")}
        assert {n.split(".")[2] for n in ours if n != "gongwen.nlp"} <= others, name


def test_heavy_packages_are_imported_late() -> None:
    for _, path in modules():
        if path.name == "whoosh_postings.py":
            continue  # the one home of Whoosh, itself imported late
        for name, at_once in imports(path):
            assert not (at_once and name.split(".")[0] in HEAVY), f"{path}: {name}"


def test_only_the_command_line_prints_exits_or_reads_the_environment() -> None:
    for _, path in modules():
        if "cli" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            assert called not in ("print", "sys.exit", "exit", "input", "os.getenv"), path
            # chooses what a child process is given of it; reads what opens the way to a cluster
            if path.name not in ("confinement.py", "opensearch_address.py"):
                assert not (isinstance(node, ast.Attribute) and node.attr == "environ"), path


def test_there_are_few_files_and_each_has_a_subject_worth_one() -> None:
    assert mean(this_layout().lines.values()) >= SMALLEST_MEAN
    assert median(this_layout().lines.values()) >= SMALLEST_MEDIAN
    assert not {name: n for name, n in this_layout().lines.items() if n > MOST_LINES}


def test_a_file_name_occurs_once() -> None:
    assert not this_layout().names_twice()


def test_no_files_import_one_another() -> None:
    assert not this_layout().circles()


def test_an_import_inside_a_function_says_why() -> None:
    assert not this_layout().silent_late_imports()


def test_every_folder_is_one_of_the_house() -> None:
    folders = {name.rpartition("/")[0] for name in this_layout().files}
    house = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    assert not [folder for folder in folders if f"`{folder}/`" not in house]


def test_public_names() -> None:
    assert sorted(gongwen.__all__) == [
        "FileOutcome",
        "GongwenError",
        "Hit",
        "Library",
        "LibraryError",
        "ModelError",
        "NewerLibraryError",
        "QueryError",
        "ReadError",
        "Repaired",
        "Report",
        "Results",
        "SeedError",
        "StoredSentence",
        "TrainingError",
        "UnknownNameError",
        "__version__",
        "open",
        "repair",
    ]
    assert sorted(gongwen.nlp.__all__) == [
        "Document",
        "Figure",
        "Finding",
        "Sentence",
        "Tag",
        "Taxonomy",
        "TopicClassifier",
        "check_text",
        "extract_figures",
        "parse_document",
        "split_sentences",
    ]
    for module in (gongwen, gongwen.nlp):
        for name in module.__all__:
            assert getattr(module, name) is not None
        with pytest.raises(AttributeError):
            module.no_such_name  # noqa: B018


def test_every_error_has_the_one_base_and_stands_in_the_drawing() -> None:
    from gongwen.nlp import errors

    for name, value in vars(errors).items():
        if isinstance(value, type) and issubclass(value, Exception):
            assert issubclass(value, gongwen.GongwenError)
            assert name in (errors.__doc__ or "")


def loaded(code: str) -> set[str]:
    """Return the top-level packages that a fresh process has loaded after running ``code``."""
    probe = f"import sys\n{code}\nprint('\\n'.join({{m.split('.')[0] for m in sys.modules}}))"
    done = subprocess.run(
        [sys.executable, "-c", probe], check=True, capture_output=True, text=True, encoding="utf-8"
    )
    return set(done.stdout.split())


def test_importing_loads_nothing_heavy() -> None:
    assert not loaded("import gongwen, gongwen.nlp") & {*HEAVY, "numpy", "sqlite3"}


def test_a_search_loads_neither_scikit_learn_nor_jieba(seed_library: gongwen.Library) -> None:
    code = f"""
import gongwen
library = gongwen.open({str(seed_library.folder)!r})
assert library.search("法律顾问", topics=["行政执法"], counts=["topic"]).total == 1
assert library.search("打黑除恶").match == "synonym"
assert library.search("律师怎么办理火星移民").match == "any"
"""
    packages = loaded(code)
    assert "whoosh" in packages
    assert not packages & {"sklearn", "scipy", "jieba", "rich"}


def test_an_exact_search_does_not_even_load_whoosh(seed_library: gongwen.Library) -> None:
    code = f"""
import gongwen
assert gongwen.open({str(seed_library.folder)!r}).search('"行政规范性文件"').total == 3
"""
    assert "whoosh" not in loaded(code)


def test_the_command_line_searches_without_them_too(seed_library: gongwen.Library) -> None:
    code = f"""
sys.argv = ["gongwen", "--library", {str(seed_library.folder)!r}, "search", "复议"]
sys.argv += ["--format", "json", "-o", "/dev/null"]
from gongwen.cli import main
try:
    main()
except SystemExit as error:
    assert not error.code
"""
    assert not loaded(code) & {"sklearn", "scipy", "jieba"}


def test_tagging_loads_numpy_only() -> None:
    code = """
from gongwen.nlp import TopicClassifier
assert TopicClassifier.shipped().predict(["全年办理行政复议案件4件。"])[0] == "reconsideration"
"""
    packages = loaded(code)
    assert "numpy" in packages
    assert not packages & {"sklearn", "scipy", "jieba", "whoosh"}


def test_evaluating_loads_numpy_only() -> None:
    code = """
from pathlib import Path
from statistics import mean, median
from gongwen.training.evaluate import evaluate_model
from gongwen.storage.models import ModelStore
assert evaluate_model(ModelStore(Path("none"))).evaluation.macro_f1 > 0.9
"""
    packages = loaded(code)
    assert "numpy" in packages
    assert not packages & {"sklearn", "scipy", "jieba", "whoosh"}


WRITES = re.compile(
    r"(?<!super\(\))\.write_(text|bytes)\("
    r"""|open\([^)]*["'][wax]b?\+?["']|np\.save|\.rename\("""
)
IN_NEW_FOLDERS = {
    "index/array_files.py",
    "index/tantivy_engine.py",
    "readers/libreoffice.py",
    "readers/unpack_task.py",
    "readers/unpacked.py",
    "recovery/repair.py",
    "web/check_page.py",
    "web/teach_page.py",
    "web/uploads.py",
}
"""Write into folders that they have just made, which are named or removed as wholes."""
BY_THEMSELVES = {
    "index/manifest.py",
    "index/whoosh_engine.py",
    "storage/index_sync.py",
    "storage/lock.py",
    "cli/__init__.py",
    "research/word_tokens.py",  # makes an archive in memory, which is then written whole
}


def test_files_are_written_in_one_place() -> None:
    found = {
        ("" if level == "app" else f"{level}/") + path.relative_to(PACKAGES[level]).as_posix()
        for level, path in modules()
        if WRITES.search(path.read_text("utf-8"))
    }
    assert found - IN_NEW_FOLDERS - BY_THEMSELVES == {"nlp/atomic_write.py"}, (
        "use nlp/atomic_write.py"
    )
