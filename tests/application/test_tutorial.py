"""The tutorial notebook runs, and shows what its readers see."""

from __future__ import annotations

import pytest
from tutorial import NOTEBOOK, run, shown

NEEDED = ("nbclient", "ipykernel", "pandas", "matplotlib")
MOST_BYTES = 80_000


def test_the_tutorial_shows_what_it_gives() -> None:
    for name in NEEDED:
        pytest.importorskip(name, reason=f'{name} is not installed: pip install ".[test]"')
    import nbformat

    stored = list(shown(nbformat.read(NOTEBOOK, as_version=4)))
    assert stored == list(shown(run())), "run python -m tests.tutorial and look at what changed"
    pictures = [kinds for _source, kinds, _text in stored if "image/svg+xml" in kinds]
    assert len(pictures) >= 2
    assert any("text/html" in kinds for _source, kinds, _text in stored)


def test_the_tutorial_is_small_and_names_no_machine() -> None:
    text = NOTEBOOK.read_text("utf-8")
    assert len(text.encode()) < MOST_BYTES
    for private in ("/tmp/", "/home/", "/root/"):
        assert private not in text
