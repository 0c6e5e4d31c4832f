"""Report text to tagged sentences: normalization, document structure, topics, figures, checks.

Names are imported on first use, so that ``import gongwen.nlp`` costs nothing and a search
never loads what only tagging or training needs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .checking.check import check_text
    from .document.parse import parse_document, split_sentences
    from .figures.extract import extract_figures
    from .records import Document, Figure, Finding, Sentence, Tag
    from .topics.classifier import TopicClassifier
    from .topics.taxonomy import Taxonomy


def lazy_names(package: str, home: Mapping[str, str]) -> Callable[[str], Any]:
    """Return the ``__getattr__`` of ``package``; ``home`` names the module of each public name."""

    def get(name: str) -> Any:
        if name not in home:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f".{home[name]}", package), name)

    return get


_HOME = {
    "Document": "records",
    "Figure": "records",
    "Finding": "records",
    "Sentence": "records",
    "Tag": "records",
    "Taxonomy": "topics.taxonomy",
    "TopicClassifier": "topics.classifier",
    "check_text": "checking.check",
    "extract_figures": "figures.extract",
    "parse_document": "document.parse",
    "split_sentences": "document.parse",
}

__all__ = [
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

__getattr__ = lazy_names(__name__, _HOME)
