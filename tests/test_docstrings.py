"""The examples in docstrings: each gives what it says."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOTS = {
    "gongwen.nlp": ROOT / "nlp",
    "gongwen.index": ROOT / "index",
    "gongwen": ROOT / "src/gongwen",
}
NOT_RUN = {
    "gongwen.index.tabulation": "the rows of an index",
    "gongwen.library": "a library with reports",
    "gongwen.questions": "a library with reports",
    "gongwen.web.app": "a library",
    "gongwen.render.plot": "a library with reports",
    "gongwen.storage.lock": "a library with reports",
    "gongwen.tabular": "a reader of English",
}
"""Modules whose examples need what an example cannot make, and what that is."""
LINKED = ("nlp", "index", "models", "seeds")


def modules_with_examples() -> list[str]:
    """The dotted names of our modules in which an example stands."""
    found = []
    for package, folder in ROOTS.items():
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder).with_suffix("").parts
            if package == "gongwen" and parts[0] in LINKED:
                continue
            name = ".".join([package, *(part for part in parts if part != "__init__")])
            if ">>> " in path.read_text("utf-8") and name not in NOT_RUN:
                found.append(name)
    return found


@pytest.mark.parametrize("name", modules_with_examples())
def test_examples(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # an example that writes a file leaves none in the checkout
    result = doctest.testmod(import_module(name))
    assert result.attempted
    assert not result.failed
