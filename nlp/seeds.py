"""Load the files that users may edit: synonyms, the user dictionary, and line-based seed files.

Every bad entry is reported as ``file:line: what is wrong``.
"""

from __future__ import annotations

import io
import re
import tomllib
from collections.abc import Iterable, Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from .errors import ReadError, SeedError
from .text.normalize import squeeze
from .validation import clean_line

SETTINGS_FILE = "config.toml"
"""Settings of a library, or of a user, for the command line, which alone reads them."""
_LARGEST = 32 << 20
"""Bytes; of sentences, a hundred thousand."""


def read_seed(path: Path | Traversable) -> str:
    """Return the text of a file.

    Raises:
        ReadError: it is missing, too large, or not UTF-8.
    """
    try:
        with path.open("rb") as file:
            data: bytes = file.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise ReadError(f"{path}: larger than {_LARGEST >> 20} MB; split it first")
        return io.TextIOWrapper(io.BytesIO(data), "utf-8-sig").read()
    except (FileNotFoundError, IsADirectoryError):
        raise ReadError(f"{path}: no such file") from None
    except OSError as error:
        raise ReadError(f"{path}: cannot be read ({error.strerror or error})") from None
    except UnicodeDecodeError:
        raise ReadError(f"{path}: not UTF-8; save it as UTF-8 first") from None


def numbered_lines(source: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that are neither blank nor comments, with their 1-based numbers."""
    # Not splitlines: U+2028 and its like may stand inside a string of JSON.
    for number, line in enumerate(source.split("\n"), 1):
        if line.strip() and not line.startswith("#"):
            yield number, line.removesuffix("\r")


def read_toml(path: Path | Traversable) -> tuple[dict[str, Any], str]:
    """Return what a TOML file holds, and its text.

    Raises:
        ReadError: it is missing or not UTF-8.
        SeedError: it is not TOML.
    """
    source = read_seed(path)
    return parse_toml(source, path.name), source


def parse_toml(source: str, file: object) -> dict[str, Any]:
    """Return what TOML holds.

    Args:
        source: the text.
        file: what messages call it.

    Raises:
        SeedError: it is not TOML.
    """
    try:
        return tomllib.loads(source)
    except (
        ValueError,
        RecursionError,
        OverflowError,
    ) as error:  # also of numbers that are too long
        line = re.search(r"line (\d+)", str(error))
        at_end = len(source.splitlines())
        problem = f"not TOML ({' '.join(str(error).split())})"
        raise SeedError(file, int(line[1]) if line else at_end, problem) from None


_MOST_WORDS = 100
"""Words of a group; each knows all others."""
_LONGEST_WORD = 100


def shipped(name: str) -> Traversable:
    """Return a file of the seeds that come with gongwen."""
    return files("gongwen.seeds") / name


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
        SeedError: a file is not TOML, or a group is not a list of 2 to 100 words; names the file
            and line.
    """
    return Synonyms(group for path in paths for group in check_synonyms(read_seed(path), path.name))


def check_synonyms(source: str, file: object) -> list[list[str]]:
    """Return the groups of synonyms in TOML.

    Args:
        source: the TOML.
        file: what messages call it.

    Raises:
        SeedError: it is not TOML, or a group is not a list of 2 to 100 words.
    """
    entries = parse_toml(source, file).get("groups", [])
    if not isinstance(entries, list):
        raise SeedError(file, _line_of(source, "groups"), "groups must be a list")
    places = [n for n, line in enumerate(source.splitlines(), 1) if line.lstrip()[:1] == "["]
    for number, group in enumerate(entries):
        if problem := _problem_of(group):
            one_a_line = len(places) == len(entries)
            line = places[number] if one_a_line else _line_of(source, "groups")
            raise SeedError(file, line, problem)
    return entries


def _problem_of(group: Any) -> str:
    """Return why a group is none, ``""`` when it is one."""
    is_list = isinstance(group, list) and all(isinstance(word, str) for word in group)
    if not is_list or len(group) < 2 or not all(map(squeeze, group)):
        return "a group is a list of two words or more"
    if len(group) > _MOST_WORDS:
        return f"a group has at most {_MOST_WORDS} words"
    if any(len(word) > _LONGEST_WORD or clean_line(word) != word for word in group):
        return f"a word has at most {_LONGEST_WORD} characters, and no control characters"
    return ""


def _line_of(source: str, part: str) -> int:
    """Return the first line that holds ``part``, counted from 1."""
    return next((n for n, line in enumerate(source.splitlines(), 1) if part in line), 1)


def load_userdict(path: Path | Traversable) -> list[str]:
    """Read a user dictionary: one term a line, ``#`` begins a comment line.

    Raises:
        ReadError: the file is missing or not UTF-8.
        SeedError: a line holds white space or control characters, is longer than 20 characters,
            or stands twice.
    """
    terms: dict[str, int] = {}
    for number, line in numbered_lines(read_seed(path)):
        term = line.strip()
        if len(term.split()) != 1:
            raise SeedError(path.name, number, "one term a line, without white space")
        if clean_line(term) != term or not squeeze(term):
            raise SeedError(path.name, number, "a term holds no control characters")
        if len(term) > 20:
            raise SeedError(path.name, number, "a term has at most 20 characters")
        if term in terms:
            raise SeedError(path.name, number, f"{term} stands at line {terms[term]} already")
        terms[term] = number
    return list(terms)
