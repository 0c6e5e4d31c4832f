"""Sentences to words, for the index."""

from __future__ import annotations

from functools import cache

from .nlp.seeds import load_userdict, shipped
from .nlp.tokens import Segmenter, segmenter_for
from .reading.records import LONGEST_CUT


@cache
def segmenter(recorded: str) -> Segmenter:
    """Return the segmenter of a library; a process loads its dictionary once."""
    return segmenter_for(recorded, load_userdict(shipped("userdict.txt")))


def cut_batch(recorded: str, texts: list[str]) -> list[list[str]]:
    """Return the words of each of ``texts``, of a very long one those at its beginning."""
    cut = segmenter(recorded).cut
    return [cut(text[:LONGEST_CUT]) for text in texts]
