"""Load what users may edit beside labels and topics: synonyms, the user dictionary.

Every bad entry is reported as ``file:line: what is wrong``.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from .errors import SeedError
from .fold import squeeze
from .seedfile import numbered_lines, read_seed, read_toml


def shipped(name: str) -> Traversable:
    """Return a file of the seeds that come with gongwen."""
    return files("gongwen") / "seeds" / name


class Synonyms:
    """Groups of words that mean the same.

    Args:
        groups: each group's words; a word may stand in several groups.
    """

    def __init__(self, groups: Iterable[Iterable[str]]) -> None:
        self._others: dict[str, tuple[str, ...]] = {}
        for group in groups:
            words = list(dict.fromkeys(squeeze(word) for word in group))
            for word in words:
                known = self._others.get(word, ())
                new = (w for w in words if w != word and w not in known)
                self._others[word] = (*known, *new)

    def __len__(self) -> int:
        return len(self._others)

    def of(self, word: str) -> tuple[str, ...]:
        """Return the other words for ``word`` (folded), nearest group first."""
        return self._others.get(squeeze(word), ())

    def words_in(self, run: str) -> list[str]:
        """Return the words with synonyms in the folded ``run``, in order; longer ones win."""
        found: list[tuple[int, int]] = []
        for word in sorted((w for w in self._others if w in run), key=lambda w: (-len(w), w)):
            at = run.find(word)
            while at >= 0:
                if all(at + len(word) <= s or at >= e for s, e in found):
                    found.append((at, at + len(word)))
                at = run.find(word, at + 1)
        return [run[s:e] for s, e in sorted(found)]


def load_synonyms(paths: Iterable[Path | Traversable]) -> Synonyms:
    """Read synonym groups from TOML files: ``groups = [["放管服", "简政放权"], …]``.

    Raises:
        ReadError: a file is missing or not UTF-8.
        SeedError: a file is not TOML, or a group is not a list of two words or more.
    """
    groups: list[list[str]] = []
    for path in paths:
        data, source = read_toml(path)
        entries = data.get("groups", [])
        if not isinstance(entries, list):
            raise SeedError(path.name, _line_of(source, "groups"), "groups must be a list")
        places = [n for n, line in enumerate(source.splitlines(), 1) if line.lstrip()[:1] == "["]
        for number, group in enumerate(entries):
            good = isinstance(group, list) and len(group) > 1
            if not good or not all(isinstance(word, str) and word.strip() for word in group):
                one_a_line = len(places) == len(entries)
                line = places[number] if one_a_line else _line_of(source, "groups")
                raise SeedError(path.name, line, "a group is a list of two words or more")
            groups.append(group)
    return Synonyms(groups)


def _line_of(source: str, part: str) -> int:
    """Return the first line that holds ``part``, counted from 1."""
    return next((n for n, line in enumerate(source.splitlines(), 1) if part in line), 1)


def load_userdict(path: Path | Traversable) -> list[str]:
    """Read a user dictionary: one term a line, ``#`` begins a comment line.

    Raises:
        ReadError: the file is missing or not UTF-8.
        SeedError: a line holds white space, is longer than 20 characters, or stands twice.
    """
    terms: dict[str, int] = {}
    for number, line in numbered_lines(read_seed(path)):
        term = line.strip()
        if len(term.split()) != 1:
            raise SeedError(path.name, number, "one term a line, without white space")
        if len(term) > 20:
            raise SeedError(path.name, number, "a term has at most 20 characters")
        if term in terms:
            raise SeedError(path.name, number, f"{term} stands at line {terms[term]} already")
        terms[term] = number
    return list(terms)
