"""Report text to tagged sentences: fold, structure, sentences, tokens, topics, classifier.

Names are imported on first use, so that ``import gongwen.nlp`` costs nothing and a search
never loads what only tagging or training needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .classifier import TopicClassifier
    from .document import parse_document, split_sentences
    from .records import Document, Sentence, Tag
    from .taxonomy import Taxonomy

_HOME = {
    "Document": "records",
    "Sentence": "records",
    "Tag": "records",
    "Taxonomy": "taxonomy",
    "TopicClassifier": "classifier",
    "parse_document": "document",
    "split_sentences": "document",
}

__all__ = [
    "Document",
    "Sentence",
    "Tag",
    "Taxonomy",
    "TopicClassifier",
    "parse_document",
    "split_sentences",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)
