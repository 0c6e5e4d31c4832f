"""Report text to tagged sentences: fold, structure, sentences, tokens, topics, classifier.

Names are imported on first use, so that ``import gongwen.nlp`` costs nothing and a search
never loads what only tagging or training needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .lazy import lazy_names

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

__getattr__ = lazy_names(__name__, _HOME)
