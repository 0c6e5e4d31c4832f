"""Segment folded text into words for the index, with jieba or rjieba and the user dictionary."""

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
    """Protocol of a word segmenter for folded text.

    Attributes:
        fingerprint: identifies the segmenter and its dictionary; a library records it, because
            words of different segmenters cannot be ranked together.
    """

    @property
    def fingerprint(self) -> str:
        """Return the name and version of the segmenter and a hash of its dictionary."""

    def cut(self, text: str) -> list[str]:
        """Return the words of ``text``, and the shorter dictionary words inside long ones."""

    def split(self, text: str) -> list[str]:
        """Return all tokens of ``text``, also punctuation; joined they are ``text`` again."""


class JiebaSegmenter:
    """Segments with jieba in search mode: every word, and the shorter dictionary words inside it.

    The dictionary is loaded at the first cut (about a second), not by the constructor.

    Args:
        terms: words of the user dictionary, which are not split.
        cache: a private folder for jieba's prepared dictionary, by default the cache folder of the
            user. jieba's own default is a file with a predictable name in the shared temporary
            folder, where another user could place a manipulated file.

    Example:
        >>> JiebaSegmenter().cut("办理行政复议案件")
        ['办理', '行政', '复议', '行政复议', '案件']
    """

    def __init__(self, terms: Sequence[str] = (), cache: Path | None = None) -> None:
        self._terms = tuple(terms)
        self._cache = cache

    @property
    def fingerprint(self) -> str:
        """Return ``jieba-0.42.1`` and a hash of the terms."""
        return _fingerprint("jieba", "0.42.1", self._terms)

    @cached_property
    def _tokenizer(self) -> Any:
        """Load jieba and its dictionary with the terms."""
        with warnings.catch_warnings():
            # jieba has invalid escape sequences and uses the deprecated pkg_resources.
            warnings.simplefilter("ignore")
            import jieba  # late: heavy, with a dictionary that takes a second to load
        jieba.setLogLevel(logging.CRITICAL)
        tokenizer = jieba.Tokenizer()
        tokenizer.tmp_dir = str(_private_folder(self._cache or _user_cache()))
        tokenizer.initialize()
        for term in self._terms:
            tokenizer.add_word(term)
        return tokenizer

    def cut(self, text: str) -> list[str]:
        """Return the words of folded ``text`` without punctuation and white space."""
        return [word for word in self._tokenizer.cut_for_search(text) if is_word(word)]

    def split(self, text: str) -> list[str]:
        """Return all tokens of ``text``, also punctuation; joined they are ``text`` again."""
        return list(self._tokenizer.cut(text))


class RjiebaSegmenter:
    """Segments with rjieba: jieba's algorithm and dictionary in Rust, faster and nearly identical.

    The dictionary is loaded at the first cut (0.2 seconds).

    Args:
        terms: words of the user dictionary, which are not split.

    Raises:
        ModuleNotFoundError: rjieba is not installed; ``pip install rjieba``.
    """

    def __init__(self, terms: Sequence[str] = ()) -> None:
        if not has_rjieba():
            raise ModuleNotFoundError("rjieba is not installed: pip install rjieba")
        self._terms = tuple(terms)

    @property
    def fingerprint(self) -> str:
        """Return ``rjieba-`` with its version, and a hash of the terms."""
        # late: importlib.metadata is slow to import and not needed by a search
        from importlib.metadata import version

        return _fingerprint("rjieba", version("rjieba"), self._terms)

    @cached_property
    def _tokenizer(self) -> Any:
        """Load rjieba and its dictionary with the terms."""
        import rjieba  # late: an optional package that loads its dictionary

        tokenizer = rjieba.Jieba()
        for term in self._terms:
            tokenizer.add_word(term, None, None)
        return tokenizer

    def cut(self, text: str) -> list[str]:
        """Return the words of folded ``text`` without punctuation and white space."""
        return [word for word in self._tokenizer.cut_for_search(text) if is_word(word)]

    def split(self, text: str) -> list[str]:
        """Return all tokens of ``text``, also punctuation; joined they are ``text`` again."""
        return list(self._tokenizer.cut(text))


def has_rjieba() -> bool:
    """Return whether rjieba is installed."""
    return find_spec("rjieba") is not None


def segmenter_for(recorded: str, terms: Sequence[str]) -> Segmenter:
    """Return the segmenter for a library: the recorded one if possible, else the fastest installed.

    Args:
        recorded: fingerprint of the segmenter that the library was indexed with, ``""`` for none.
        terms: words of the user dictionary, which are not split.
    """
    if has_rjieba() and not recorded.startswith("jieba-"):
        return RjiebaSegmenter(terms)
    return JiebaSegmenter(terms)


def _fingerprint(name: str, version: str, terms: Sequence[str]) -> str:
    """Return ``name-version+hash``, with a hash of the terms."""
    digest = hashlib.sha256("\n".join(terms).encode()).hexdigest()
    return f"{name}-{version}+{digest[:12]}"


@cache
def default_jieba() -> JiebaSegmenter:
    """Return jieba without user dictionary, loaded once per process."""
    return JiebaSegmenter()


def _user_cache() -> Path:
    """Return the cache folder of gongwen for the current user."""
    # late: heavy, and needed only before jieba is loaded
    from platformdirs import user_cache_path

    return user_cache_path("gongwen", appauthor=False)


def _private_folder(wanted: Path) -> Path:
    """Create and return ``wanted``; if that fails, return a new private temporary folder."""
    try:
        wanted.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.access(wanted, os.W_OK):
            return wanted
    except OSError:
        pass
    return Path(tempfile.mkdtemp(prefix="gongwen-"))


def is_word(token: str) -> bool:
    """Return whether ``token`` contains a letter, a digit or a Chinese character."""
    return any(char.isalnum() for char in token)
