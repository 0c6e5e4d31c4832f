"""Report text to tagged sentences: fold, structure, sentences, tokens, topics, classifier.

Names are imported on first use, so that ``import gongwen.nlp`` costs nothing and a search
never loads what only tagging or training needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .lazy import lazy_names

if TYPE_CHECKING:
    from .checking.check import check_text
    from .checking.records import Finding
    from .classifier import TopicClassifier
    from .document import parse_document, split_sentences
    from .figures.extract import extract_figures
    from .figures.records import Figure
    from .records import Document, Sentence, Tag
    from .taxonomy import Taxonomy

_HOME = {
    "Document": "records",
    "Figure": "figures.records",
    "Finding": "checking.records",
    "Sentence": "records",
    "Tag": "records",
    "Taxonomy": "taxonomy",
    "TopicClassifier": "classifier",
    "check_text": "checking.check",
    "extract_figures": "figures.extract",
    "parse_document": "document",
    "split_sentences": "document",
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
