"""Define the taxonomy: topics and roles with their names, loaded from a TOML file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import zip_longest
from pathlib import Path
from typing import Any

from ..errors import SeedError, UnknownNameError, quoted
from ..records import UNSURE
from ..seeds import read_toml
from ..text.normalize import squeeze
from ..validation import SLUG, clean_text, shown

_NAMES_OF_NO_TOPIC = {UNSURE: "不确定"}
UNDECIDED_NAMES = frozenset({UNSURE, "不确定", "未定"})
"""Names that mark a sentence as not labelled yet; no topic may have them."""
_LIST_FIELDS = ("aliases", "boundary", "keywords", "headings")
_FIELDS = frozenset({"slug", "zh", "definition", "sections", "cues", *_LIST_FIELDS})
_EXAMPLE_FIELDS = ("text", "topic", "also", "why")
_MAX_TEXT = 10_000
"""Most characters of a definition or rule."""
_MAX_ENTRIES = 10_000
"""Most entries of a list of a topic, such as its keywords."""


@dataclass(frozen=True, slots=True)
class Label:
    """A topic or a role.

    Attributes:
        slug: identifier in data (``enforcement``).
        zh: Chinese name for display (``行政执法``).
        aliases: further names that a user may type.
        definition: description of what belongs to it.
        boundary: rules that distinguish it from similar labels.
        keywords: words that indicate it.
        headings: headings that its sentences typically have.
    """

    slug: str
    zh: str
    aliases: tuple[str, ...] = ()
    definition: str = ""
    boundary: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    headings: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Return all names of this label."""
        return (self.slug, self.zh, *self.aliases)


class LabelSet(Sequence[Label]):
    """An ordered set of labels of one kind, with look-up by any of their names.

    Args:
        what: kind of the labels, for messages (``topic``).
        labels: the labels in display order.

    Example:
        >>> topics = LabelSet("topic", [Label("enforcement", "行政执法", ("执法",))])
        >>> topics.find("执法"), topics.resolve("enforce"), topics.zh("enforcement")
        ('enforcement', 'enforcement', '行政执法')
    """

    def __init__(self, what: str, labels: Iterable[Label]) -> None:
        self._what = what
        self._labels = tuple(labels)
        self._slugs = {label.slug: label for label in self._labels}
        self._names = {squeeze(name): label for label in self._labels for name in label.names}

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, index: Any) -> Any:
        return self._labels[index]

    def __iter__(self) -> Iterator[Label]:
        return iter(self._labels)

    @property
    def slugs(self) -> tuple[str, ...]:
        """Return the slugs in order."""
        return tuple(self._slugs)

    def zh(self, slug: str) -> str:
        """Return the Chinese name of ``slug``, or ``slug`` itself if it is unknown."""
        label = self._slugs.get(slug)
        return label.zh if label else _NAMES_OF_NO_TOPIC.get(slug, slug)

    def find(self, name: str) -> str:
        """Return the slug of the label with the full name ``name``, ``""`` if there is none."""
        label = self._names.get(squeeze(name))
        return label.slug if label else ""

    def resolve(self, name: str) -> str:
        """Return the slug for a slug, a Chinese name, an alias, or an unambiguous part of one.

        Raises:
            UnknownNameError: no label has this name, or it is a part of the names of several.
        """
        wanted = squeeze(name)
        if label := self._names.get(wanted):
            return label.slug
        found = {lb.slug for n, lb in self._names.items() if wanted and wanted in n}
        if len(found) == 1:
            return found.pop()
        from difflib import get_close_matches  # late: for errors alone

        near = get_close_matches(wanted, self._names, n=3, cutoff=0.3) if not found else []
        slugs = dict.fromkeys([*sorted(found), *(self._names[n].slug for n in near)])
        shown = [f"{self.zh(slug)} ({slug})" for slug in list(slugs)[:4]]
        listed = f"{self._what}s are {', '.join(label.zh for label in self)}"
        raise UnknownNameError(self._what, name, shown, listed)


@dataclass(frozen=True, slots=True)
class AlsoExample:
    """A sentence that shows when a sentence has further topics and when it has not.

    Attributes:
        text: the sentence.
        topic: slug of its primary topic.
        also: slugs of its secondary topics, empty when another topic is only mentioned.
        why: reason, in a few words.
    """

    text: str
    topic: str
    also: tuple[str, ...]
    why: str = ""


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """The topics and roles with which sentences are tagged.

    Attributes:
        topics: the topics.
        roles: the roles; those of the shipped taxonomy when a file defines none.
        shipped_labels: whether the topics of the shipped labels are names of these topics, so that
            the shipped labels can be used for training.
        source: TOML text that it was read from.
        also_rule: rule by which labellers give a sentence secondary topics, ``""`` for none.
        also_examples: sentences labelled by this rule.
    """

    topics: LabelSet
    roles: LabelSet
    shipped_labels: bool = False
    source: str = ""
    also_rule: str = ""
    also_examples: tuple[AlsoExample, ...] = ()

    def present(self, topic: str, also: Iterable[str]) -> tuple[str, tuple[str, ...]]:
        """Return the slugs here of a primary and secondary topics, given by any of their names.

        The primary topic is ``""`` if it is unknown here; unknown secondary ones are dropped.
        """
        first = self.topics.find(topic)
        further = dict.fromkeys(slug for name in also if (slug := self.topics.find(name)))
        further.pop(first, None)
        return first, tuple(further)

    @property
    def keywords(self) -> dict[str, list[str]]:
        """Return the keywords of each topic with keywords, by slug."""
        return {topic.slug: list(topic.keywords) for topic in self.topics if topic.keywords}

    @classmethod
    def shipped(cls) -> Taxonomy:
        """Return the taxonomy that is part of the package: 14 topics and 4 roles."""
        return _shipped()

    @classmethod
    def load(cls, path: Path | Traversable) -> Taxonomy:
        """Read a taxonomy from a TOML file.

        Raises:
            ReadError: the file is missing or not UTF-8.
            SeedError: the file is not TOML, or an entry is invalid; names the file and line.
        """
        data, source = read_toml(path)
        topics = LabelSet(
            "topic", _read_labels(path.name, source, "topics", data.get("topics", []))
        )
        roles = (
            LabelSet("role", _read_labels(path.name, source, "roles", data["roles"]))
            if "roles" in data
            else cls.shipped().roles
        )
        ships = data.get("shipped_labels", False)
        if not isinstance(ships, bool):
            raise SeedError(path.name, 0, "shipped_labels must be true or false")
        rule, examples = _read_also(path.name, source, data.get("also", {}), topics)
        return cls(topics, roles, ships, source, rule, examples)


@cache  # it cannot be changed, and a command asks for it several times
def _shipped() -> Taxonomy:
    return Taxonomy.load(files("gongwen.seeds") / "topics.toml")


def _read_labels(file: str, source: str, table: str, entries: Any) -> Iterator[Label]:
    """Yield the labels in the array of tables ``table``, checking that their names are unique."""
    header = re.compile(rf"\s*\[\[\s*[\"']?{table}[\"']?\s*\]\]")
    lines = [n for n, line in enumerate(source.splitlines(), 1) if header.match(line)]
    if not isinstance(entries, list) or not entries:
        raise SeedError(file, lines[0] if lines else 0, f"needs at least one [[{table}]] entry")
    taken: dict[str, tuple[Label, int]] = {}
    for entry, line in zip_longest(entries, lines[: len(entries)], fillvalue=0):
        label = _read_label(file, line, entry)
        for name in map(squeeze, label.names):
            other, there = taken.setdefault(name, (label, line))
            if other is not label:
                problem = f"{label.slug}: {name} means {other.slug} already, at line {there}"
                raise SeedError(file, line, problem)
        yield label


def _read_label(file: str, line: int, entry: Any) -> Label:
    """Return the label of one entry, whose table begins at ``line``."""
    unknown = sorted(set(entry) - _FIELDS) if isinstance(entry, dict) else []
    if unknown:
        raise SeedError(
            file, line, f"unknown key {unknown[0]}; the keys are {', '.join(sorted(_FIELDS))}"
        )
    slug = entry.get("slug", "") if isinstance(entry, dict) else ""
    if not isinstance(slug, str) or not SLUG.fullmatch(slug):
        raise SeedError(
            file, line, f"slug {shown(slug)} must be lower-case letters, digits and '-'"
        )
    if squeeze(slug) in UNDECIDED_NAMES:
        raise SeedError(file, line, f"{slug} means that there is no topic; give another name")
    zh = entry.get("zh")
    if not isinstance(zh, str) or not zh.strip():
        raise SeedError(file, line, f"{slug} needs zh, its name in Chinese")
    lists: dict[str, tuple[str, ...]] = {}
    for name in _LIST_FIELDS:
        value = entry.get(name, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise SeedError(file, line, f"{slug}: {name} must be a list of strings")
        if len(value) > _MAX_ENTRIES or not all(map(squeeze, value)):
            raise SeedError(file, line, f"{slug}: {name} has an empty entry, or too many")
        lists[name] = tuple(value)
    definition = entry.get("definition", "")
    if not isinstance(definition, str):
        raise SeedError(file, line, f"{slug}: definition must be a string")
    for text in (zh, definition, *(text for texts in lists.values() for text in texts)):
        if not _is_clean(text) or (text == zh and "\n" in text):
            problem = f"{slug}: {quoted(text)} is too long, or holds control characters"
            raise SeedError(file, line, problem)
    if reserved := [name for name in (zh, *lists["aliases"]) if squeeze(name) in UNDECIDED_NAMES]:
        problem = f"{reserved[0]} means that there is no topic; give {slug} another name"
        raise SeedError(file, line, problem)
    return Label(slug=slug, zh=zh, definition=definition, **lists)


def _read_also(
    file: str, source: str, table: Any, topics: LabelSet
) -> tuple[str, tuple[AlsoExample, ...]]:
    """Return the rule for secondary topics and its examples, from the table ``[also]``.

    An example whose topics a copy of the shipped file no longer has is left out.
    """
    header = re.compile(r"\s*\[\[?\s*[\"']?also\b")
    numbered = enumerate(source.splitlines(), 1)
    line = next((number for number, text in numbered if header.match(text)), 0)
    if not isinstance(table, dict):
        raise SeedError(file, line, "also must be a table: [also] with rule and examples")
    if unknown := sorted(set(table) - {"rule", "examples"}):
        problem = f"also: unknown key {unknown[0]}; the keys are examples, rule"
        raise SeedError(file, line, problem)
    rule, entries = table.get("rule", ""), table.get("examples", [])
    if not isinstance(rule, str) or not _is_clean(rule):
        raise SeedError(file, line, "also: rule must be a string without control characters")
    if not isinstance(entries, list) or len(entries) > _MAX_ENTRIES:
        raise SeedError(file, line, "also: examples must be a list of tables")
    found = (_read_example(file, line, entry, topics) for entry in entries)
    return rule, tuple(example for example in found if example)


def _read_example(file: str, line: int, entry: Any, topics: LabelSet) -> AlsoExample | None:
    """Return one example of ``[also]``, ``None`` when a topic of it is not among ``topics``."""
    keys = ", ".join(_EXAMPLE_FIELDS)
    if not isinstance(entry, dict) or set(entry) - set(_EXAMPLE_FIELDS):
        raise SeedError(file, line, f"also: an example is a table with the keys {keys}")
    text, topic, why = (entry.get(key, "") for key in ("text", "topic", "why"))
    also = entry.get("also", [])
    if not isinstance(also, list):
        raise SeedError(file, line, "also: also of an example must be a list of topics")
    for value in (text, topic, why, *also):
        if not isinstance(value, str) or not _is_clean(value):
            problem = f"also: {shown(value)} in an example must be a string, not too long"
            raise SeedError(file, line, problem)
    if not squeeze(text) or not squeeze(topic):
        raise SeedError(file, line, "also: an example needs text and topic")
    first, *further = (topics.find(name) for name in (topic, *also))
    if not first or not all(further):
        return None
    if first in further:
        problem = f"also: {topic} is the topic of {quoted(text)} and cannot be among its also"
        raise SeedError(file, line, problem)
    return AlsoExample(text, first, tuple(dict.fromkeys(further)), why)


def _is_clean(text: str) -> bool:
    """Return whether ``text`` is of acceptable length and without control characters."""
    return clean_text(text) == text and len(text) <= _MAX_TEXT
