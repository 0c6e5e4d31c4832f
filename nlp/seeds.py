"""Load what users may edit: labelled sentences, synonyms, the user dictionary.

Every bad entry is reported as ``file:line: what is wrong``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, get_args

from .errors import SeedError, UnknownNameError
from .fold import squeeze
from .records import Kind
from .seedfile import read_seed, read_toml
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
            yield _label(line, taxonomy, path.name)
        except _BadEntryError as error:
            raise SeedError(path.name, number, str(error)) from None


class _BadEntryError(Exception):
    """Why an entry is not a label."""


def _label(line: str, taxonomy: Taxonomy, file: str) -> LabelledSentence:
    try:
        entry = json.loads(line)
    except json.JSONDecodeError as error:
        raise _BadEntryError(f"not JSON ({error.msg}, column {error.colno})") from None
    except (RecursionError, ValueError):
        raise _BadEntryError("not JSON that can be read") from None
    if not isinstance(entry, dict):
        raise _BadEntryError('expected an object such as {"text": …, "topic": …}')
    text = _string(entry, "text")
    if not text.strip():
        raise _BadEntryError("text is missing or empty")
    also = entry.get("also") or []
    if not isinstance(also, list):
        raise _BadEntryError("also must be a list of topics")
    kind = _string(entry, "kind") or "sentence"
    if kind not in get_args(Kind):
        raise _BadEntryError(f"kind {kind!r} must be one of {', '.join(get_args(Kind))}")
    hard = entry.get("hard", False)
    if not isinstance(hard, bool):
        raise _BadEntryError("hard must be true or false")
    topic = _resolve(taxonomy.topics, "topic", entry.get("topic"))
    further = dict.fromkeys(_resolve(taxonomy.topics, "also", name) for name in also)
    role = entry.get("role") or ""
    return LabelledSentence(
        text=text,
        topic=topic,
        also=tuple(slug for slug in further if slug != topic),
        role=_resolve(taxonomy.roles, "role", role) if role != "" else "",
        heading=_string(entry, "heading"),
        kind=kind,
        hard=hard,
        group=_string(entry, "group") or file,
    )


def _string(entry: dict[str, Any], name: str) -> str:
    value = entry.get(name)
    if value is not None and not isinstance(value, str):
        raise _BadEntryError(f"{name} must be a string")
    return value or ""


def _resolve(labels: LabelSet, field: str, name: Any) -> str:
    if not isinstance(name, str) or not name:
        raise _BadEntryError(
            f"{field} is missing" if name in (None, "") else f"{field} must be a name"
        )
    try:
        return labels.resolve(name)
    except UnknownNameError as error:
        raise _BadEntryError(str(error)) from None


def _lines(path: Path | Traversable) -> Iterator[tuple[int, str]]:
    """Yield the lines that are neither blank nor comments, with their 1-based numbers."""
    # Not splitlines: U+2028 and its like may stand inside a string of JSON.
    for number, line in enumerate(read_seed(path).split("\n"), 1):
        if line.strip() and not line.startswith("#"):
            yield number, line.removesuffix("\r")


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
