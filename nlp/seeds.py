"""Load what users may edit: labelled sentences, synonyms, the user dictionary.

Every bad entry is reported as ``file:line: what is wrong``.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from .errors import ReadError, SeedError, UnknownNameError
from .fold import squeeze
from .taxonomy import LabelSet, Taxonomy


def shipped(name: str) -> Traversable:
    """Return a file of the seeds that come with gongwen."""
    return files("gongwen") / "seeds" / name


@dataclass(frozen=True, slots=True)
class LabelledSentence:
    """A sentence with the topic that a person gave it.

    Attributes:
        text: the sentence.
        topic: slug of the primary topic.
        also: slugs of further topics.
        role: slug of the role, ``""`` when it was not given.
        heading: the heading it stands under, ``""`` for none.
        kind: ``sentence``, ``heading``, ``title`` or ``boilerplate``.
        hard: whether its words alone do not give the topic away.
        group: document or author it comes from; folds never cut through a group.
    """

    text: str
    topic: str
    also: tuple[str, ...] = ()
    role: str = ""
    heading: str = ""
    kind: str = "sentence"
    hard: bool = False
    group: str = ""


def load_labels(paths: Iterable[Path | Traversable], taxonomy: Taxonomy) -> list[LabelledSentence]:
    """Read labelled sentences from JSONL files, one object a line with ``text`` and ``topic``.

    Topics and roles may go by any of their names. A sentence without a group forms one with the
    rest of its file.

    Raises:
        ReadError: a file is missing or not UTF-8.
        SeedError: a line is not such an object; names the file and line.
    """
    return [label for path in paths for label in _read_labels(path, taxonomy)]


def _read_labels(path: Path | Traversable, taxonomy: Taxonomy) -> Iterator[LabelledSentence]:
    for number, line in _lines(path):
        try:
            entry = json.loads(line)
        except json.JSONDecodeError as error:
            raise SeedError(
                path.name, number, f"not JSON ({error.msg}, column {error.colno})"
            ) from None
        if not isinstance(entry, dict):
            raise SeedError(path.name, number, 'expected an object such as {"text": …, "topic": …}')
        text = entry.get("text")
        if not isinstance(text, str) or not text.strip():
            raise SeedError(path.name, number, "text is missing or empty")
        also = entry.get("also", [])
        if not isinstance(also, list):
            raise SeedError(path.name, number, "also must be a list of topics")
        topic = _name(path, number, taxonomy.topics, entry.get("topic"))
        role = entry.get("role", "")
        yield LabelledSentence(
            text=text,
            topic=topic,
            also=tuple(
                slug for a in also if (slug := _name(path, number, taxonomy.topics, a)) != topic
            ),
            role=_name(path, number, taxonomy.roles, role) if role else "",
            heading=str(entry.get("heading") or ""),
            kind=str(entry.get("kind") or "sentence"),
            hard=bool(entry.get("hard", False)),
            group=str(entry.get("group") or path.name),
        )


def _name(path: Path | Traversable, number: int, labels: LabelSet, name: Any) -> str:
    if not isinstance(name, str) or not name:
        raise SeedError(path.name, number, "topic is missing")
    try:
        return labels.resolve(name)
    except UnknownNameError as error:
        raise SeedError(path.name, number, str(error)) from None


def _lines(path: Path | Traversable) -> Iterator[tuple[int, str]]:
    """Yield the lines that are neither blank nor comments, with their 1-based numbers."""
    try:
        source = path.read_text("utf-8-sig")
    except (FileNotFoundError, IsADirectoryError):
        raise ReadError(f"{path}: no such file") from None
    except UnicodeDecodeError:
        raise ReadError(f"{path}: not UTF-8; save it as UTF-8 first") from None
    for number, line in enumerate(source.splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            yield number, line


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
        SeedError: a file is not TOML, or a group is not a list of two words or more.
    """
    groups: list[list[str]] = []
    for path in paths:
        source = path.read_text("utf-8")
        try:
            entries = tomllib.loads(source).get("groups", [])
        except tomllib.TOMLDecodeError as error:
            line = re.search(r"line (\d+)", str(error))
            raise SeedError(path.name, int(line[1]) if line else 0, str(error)) from None
        places = [
            n for n, text in enumerate(source.splitlines(), 1) if text.lstrip().startswith("[")
        ]
        for number, group in enumerate(entries):
            good = (
                isinstance(group, list)
                and len(group) > 1
                and all(isinstance(word, str) and word.strip() for word in group)
            )
            if not good:
                at = places[number] if number < len(places) else 0
                raise SeedError(path.name, at, "a group is a list of two words or more")
            groups.append(group)
    return Synonyms(groups)


def load_userdict(path: Path | Traversable) -> list[str]:
    """Read a user dictionary: one term a line, ``#`` begins a comment line.

    Raises:
        SeedError: a line holds white space, is longer than 20 characters, or stands twice.
    """
    terms: dict[str, int] = {}
    for number, line in _lines(path):
        term = line.strip()
        if len(term.split()) != 1:
            raise SeedError(path.name, number, "one term a line, without white space")
        if len(term) > 20:
            raise SeedError(path.name, number, "a term has at most 20 characters")
        if term in terms:
            raise SeedError(path.name, number, f"{term} stands at line {terms[term]} already")
        terms[term] = number
    return list(terms)
