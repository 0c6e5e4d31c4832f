"""Segment folded text into words for the index, with jieba or rjieba and the user dictionary."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import tempfile
import warnings
from collections.abc import Callable, Iterable, Sequence
from functools import cache, cached_property
from importlib.util import find_spec
from math import inf, log
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


class LikeliestPath:
    """Cuts text into the words of jieba 0.42.1, twice as fast as jieba does.

    jieba lists all dictionary words at each offset of a run of characters first, then looks each
    up again to find the likeliest path. Here both is one pass from the end of the run to its
    beginning, and the logarithm of each frequency is computed once. Runs of characters that are
    no words go to jieba's hidden Markov model.

    Args:
        frequencies: jieba's dictionary: the frequency of each word, 0 for what only begins one.
            It is taken over: the frequencies are replaced by the logarithms of probabilities.
        total: the sum of the frequencies.
        cut_unknown: cuts a run of single characters, as ``jieba.finalseg.cut`` does.
    """

    _RUN = re.compile(r"([\u4e00-\u9fd5a-zA-Z0-9+#&._%\-]+)")
    _BETWEEN = re.compile(r"\r\n|.", re.DOTALL)

    def __init__(
        self,
        frequencies: dict[str, Any],
        total: int,
        cut_unknown: Callable[[str], Iterable[str]],
    ) -> None:
        self._cut_unknown = cut_unknown
        self._unknown = log(1) - log(total)
        weights = {n: log(n) - log(total) if n else 0.0 for n in {*frequencies.values()}}
        for word, frequency in frequencies.items():
            frequencies[word] = weights[frequency]
        self._weights: dict[str, float] = frequencies

    def tokens(self, text: str) -> list[str]:
        """Return all tokens of ``text``, also punctuation; joined they are ``text`` again."""
        tokens: list[str] = []
        for i, run in enumerate(self._RUN.split(text)):
            if i % 2:
                self._add_words(run, tokens)
            elif run:
                tokens += self._BETWEEN.findall(run)
        return tokens

    def inner_words(self, word: str) -> list[str]:
        """Return the dictionary words of two and of three characters inside a longer word."""
        size = len(word)
        parts = [word[i : i + 2] for i in range(size - 1)]
        if size > 3:
            parts += [word[i : i + 3] for i in range(size - 2)]
        return [*filter(self._weights.get, parts)]

    def _add_words(self, run: str, tokens: list[str]) -> None:
        """Add the tokens of a run of characters that words are made of."""
        ends = self._ends(run)
        start = known_until = 0
        while start < len(run):
            end = ends[start]
            if end - start > 1:
                if known_until < start:
                    self._add_single_characters(run[known_until:start], tokens)
                tokens.append(run[start:end])
                known_until = end
            start = end
        if known_until < start:
            self._add_single_characters(run[known_until:], tokens)

    def _add_single_characters(self, characters: str, tokens: list[str]) -> None:
        """Add the tokens of adjacent characters of which each is a word by itself."""
        if len(characters) == 1:
            tokens.append(characters)
        elif self._weights.get(characters):
            tokens += characters
        else:
            tokens += self._cut_unknown(characters)

    def _ends(self, run: str) -> list[int]:
        """Return for each offset of ``run`` where the word ends that begins there.

        It is the first word of the likeliest path from there to the end, the longest of equals.
        """
        weight_of = self._weights.get
        size = len(run)
        ends = [*range(1, size + 1)]
        scores = [0.0] * (size + 1)
        for start in range(size - 1, -1, -1):
            end = start + 1
            weight = weight_of(run[start])
            best = weight + scores[end] if weight else -inf
            while weight is not None and end < size:
                end += 1
                weight = weight_of(run[start:end])
                if weight and (score := weight + scores[end]) >= best:
                    best, ends[start] = score, end
            scores[start] = best if best > -inf else self._unknown + scores[start + 1]
        return ends


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
    def _path(self) -> LikeliestPath:
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
        return LikeliestPath(tokenizer.FREQ, tokenizer.total, jieba.finalseg.cut)

    def cut(self, text: str) -> list[str]:
        """Return the words of folded ``text`` without punctuation and white space."""
        words: list[str] = []
        path = self._path
        for token in path.tokens(text):
            if len(token) > 2:
                words += path.inner_words(token)
            words.append(token)
        return _words_among(words)

    def split(self, text: str) -> list[str]:
        """Return all tokens of ``text``, also punctuation; joined they are ``text`` again."""
        return list(self._path.tokens(text))


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
        return _words_among(self._tokenizer.cut_for_search(text))

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


def _words_among(tokens: Iterable[str]) -> list[str]:
    """Return the tokens that are words; nearly all of these have letters and digits only."""
    return [token for token in tokens if token.isalnum() or is_word(token)]


def is_word(token: str) -> bool:
    """Return whether ``token`` contains a letter, a digit or a Chinese character."""
    return any(map(str.isalnum, token))
