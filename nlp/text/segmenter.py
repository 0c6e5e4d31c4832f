"""Segment a sentence into words for the index: folded text cut by jieba with the user dictionary."""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
import warnings
from collections.abc import Sequence
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol


class Segmenter(Protocol):
    """Cuts folded text into words.

    Attributes:
        fingerprint: names the segmenter and its dictionary; a library records it, because words
            of one segmenter do not rank together with those of another.
    """

    @property
    def fingerprint(self) -> str:
        """Name and version of the segmenter and its dictionary."""

    def cut(self, text: str) -> list[str]:
        """Return the words of ``text``, longer ones also with the words inside them."""


class JiebaSegmenter:
    """jieba in its search mode: every word, and the shorter dictionary words inside it.

    The dictionary is loaded at the first cut (about a second), never at construction.

    Args:
        terms: words that must not be cut apart.
        cache: a private folder for jieba's prepared dictionary, the user's own by default;
            jieba's default is a file of a predictable name in the shared temporary folder, which
            anyone could plant.
    """

    def __init__(self, terms: Sequence[str] = (), cache: Path | None = None) -> None:
        self._terms = tuple(terms)
        self._cache = cache

    @property
    def fingerprint(self) -> str:
        """``jieba-0.42.1`` and a hash of the terms."""
        return _fingerprint("jieba", "0.42.1", self._terms)

    @cached_property
    def _tokenizer(self) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # jieba's own escapes and its use of pkg_resources
            import jieba
        jieba.setLogLevel(logging.CRITICAL)
        tokenizer = jieba.Tokenizer()
        tokenizer.tmp_dir = str(_private_folder(self._cache or _user_cache()))
        tokenizer.initialize()
        for term in self._terms:
            tokenizer.add_word(term)
        return tokenizer

    def cut(self, text: str) -> list[str]:
        """Return the words of folded ``text``; punctuation and white space are left out."""
        return [word for word in self._tokenizer.cut_for_search(text) if is_word(word)]

    def split(self, text: str) -> list[str]:
        """Return ``text`` cut into words and what stands between them; joined they give it back."""
        return list(self._tokenizer.cut(text))


class RjiebaSegmenter:
    """jieba's algorithm and dictionary in Rust (rjieba), many times as fast and nearly alike.

    The dictionary is loaded at the first cut (0.2 seconds).

    Args:
        terms: words that must not be cut apart.

    Raises:
        ModuleNotFoundError: rjieba is not installed; ``pip install rjieba``.
    """

    def __init__(self, terms: Sequence[str] = ()) -> None:
        if not rjieba_is_here():
            raise ModuleNotFoundError("rjieba is not installed: pip install rjieba")
        self._terms = tuple(terms)

    @property
    def fingerprint(self) -> str:
        """``rjieba-`` with its version, and a hash of the terms."""
        from importlib.metadata import version

        return _fingerprint("rjieba", version("rjieba"), self._terms)

    @cached_property
    def _tokenizer(self) -> Any:
        import rjieba

        tokenizer = rjieba.Jieba()
        for term in self._terms:
            tokenizer.add_word(term, None, None)
        return tokenizer

    def cut(self, text: str) -> list[str]:
        """Return the words of folded ``text``; punctuation and white space are left out."""
        return [word for word in self._tokenizer.cut_for_search(text) if is_word(word)]


def rjieba_is_here() -> bool:
    """Say whether rjieba is installed."""
    return find_spec("rjieba") is not None


def segmenter_for(recorded: str, terms: Sequence[str]) -> Segmenter:
    """Return the segmenter of a library: its own kind where that is possible, else the fastest.

    Args:
        recorded: fingerprint of what cut the words that the library has, ``""`` for none.
        terms: words that must not be cut apart.
    """
    if rjieba_is_here() and not recorded.startswith("jieba-"):
        return RjiebaSegmenter(terms)
    return JiebaSegmenter(terms)


def _fingerprint(name: str, version: str, terms: Sequence[str]) -> str:
    digest = hashlib.sha256("\n".join(terms).encode()).hexdigest()
    return f"{name}-{version}+{digest[:12]}"


@cache
def plain_words() -> JiebaSegmenter:
    """Return jieba with its own dictionary alone; a process loads it once."""
    return JiebaSegmenter()


def _user_cache() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("gongwen", appauthor=False)


def _private_folder(wanted: Path) -> Path:
    """Return ``wanted``, or where it cannot be made a new temporary folder that is ours alone."""
    try:
        wanted.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.access(wanted, os.W_OK):
            return wanted
    except OSError:
        pass
    return Path(tempfile.mkdtemp(prefix="gongwen-"))


def is_word(token: str) -> bool:
    """Say whether ``token`` holds a letter, a digit or a Chinese character."""
    return any(char.isalnum() for char in token)
